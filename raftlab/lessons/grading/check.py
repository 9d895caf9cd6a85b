"""A named check, what it is asked of, and what becomes of asking it.

    election = Stage("election")

    @election.clause("votes once in a term", 3, "§5.2", "FollowerVote")
    def votes_once(case):
        bench = case.server(current_term=4)
        ...
        bench.must(not reply.vote_granted, "S1 votes for S3 as well")

A clause builds one server in a state and gives it one message, timer or request (`bench.py`). A
story lets a cluster of such servers meet something (`story.py`), a search looks at all that may
happen within bounds (`search.py`); both come after the stage's `gate`, a plain story without which
nothing could be seen in them. Each check is deterministic: a seed gives the same schedules.
"""

from functools import partial

from ...core import Impossible
from ..exercise import Part
from ..judging import Trouble, in_handler, raised, within
from ..question import Luck

CLAUSE, STORY, SEARCH = "clause", "story", "search"
# How long a check may take, in s of computing: what loops is given up then. A search runs the
# learner's handlers thousands of times, and may do so on a slow machine.
SECONDS = {CLAUSE: 3, STORY: 10, SEARCH: 30}
STAGES = {}  # name → Stage


# What one sees at the cursor of a run that does not show by itself what goes wrong.
_BEFORE = (
    "it ends just before the event in which that happens: an event whose handler does not come to "
    "its end does not happen."
)
_BOOTED = "it stands at event 0: with the boot alone it has gone wrong."


class Unmet(Exception):
    """A check is not met: `told` says how, `run` shows it at its cursor (or is None)."""

    def __init__(self, told, run=None):
        super().__init__(told)
        self.told, self.run = told, run


class Check:
    """`id` is a word for programs, `name` a claim for people, `points` what it is worth; `aliases`
    are the names under which others ask the same."""

    def __init__(self, stage, way, name, points, section, aliases, asks):
        self.id, self.stage, self.way, self.name = asks.__name__, stage, way, name
        self.points, self.section, self.aliases = points, section, aliases
        self.asks = asks

    def __repr__(self):
        return f"<{self.stage.name}: {self.name}>"


class Stage:
    """The checks of one stage, in the order in which they are asked; `gate` is one of them."""

    def __init__(self, name):
        self.name, self.checks, self.gate = name, [], None
        STAGES[name] = self

    def clause(self, name, points, section, *aliases):
        return partial(self._entered, CLAUSE, name, points, section, aliases)

    def story(self, name, points, section, *aliases, gate=False):
        def enter(asks):
            check = self._entered(STORY, name, points, section, aliases, asks)
            self.gate = check if gate else self.gate
            return check

        return enter

    def search(self, name, points, section, *aliases):
        return partial(self._entered, SEARCH, name, points, section, aliases)

    def _entered(self, way, name, points, section, aliases, asks):
        check = Check(self, way, name, points, section, aliases, asks)
        if any(check.id == other.id for stage in STAGES.values() for other in stage.checks):
            raise ValueError(f"there are two checks {check.id!r}")
        self.checks.append(check)
        return check

    @property
    def points(self):
        return sum(check.points for check in self.checks)


class Case:
    """What a check gets: the class `kind` it is asked of, and `luck` of its own.

    It is asked of a class that should be as far as `stage`.
    `term` is a term and `a`, `b` two other servers of three, other ones for each seed; `run` the
    history that was made last.
    """

    def __init__(self, kind, seed, name="", stage=""):
        self.kind, self.seed, self.stage = kind, seed, stage
        self.luck = Luck(seed, 0, name)
        self.term = 3 + self.luck.below(6)
        self.a, self.b = self.luck.shuffled(["S2", "S3"])
        self.run = None

    def must(self, holds, told):
        if not holds:
            raise Unmet(told, self.run)

    def server(self, members=3, **fields):
        """One server in a state, and others that say what the check wants: a `Bench`."""
        from .bench import Bench

        return Bench(self, members, fields)

    def elected(self, members=3, **fields):
        """The same, once it has won an election. `fields` are those before it; `current_term` is
        the term that it then leads, `case.term` if left out."""
        term = fields.pop("current_term", self.term)
        return self.server(members, current_term=term - 1, **fields).elected()

    def story(self, servers=3, **dials):
        """A cluster to which something happens: a `Story`."""
        from .story import Story

        return Story(self, servers, dials)

    def search(self, servers=3, **bounds):
        """All that may happen within bounds; a property that breaks is told, with the run."""
        from .search import search

        search(self, servers, bounds)


def asked(check, kind, seed=0, stage=""):
    """(the `Part` for one check, whether it is worth while to ask others).

    Whatever the class does, this comes back. What loops once will loop again, and each time costs
    seconds: then it is not worth while.
    """
    case, goes_on = Case(kind, seed, check.id, stage or check.stage.name), True
    told, run, seen = "", None, _BEFORE
    try:
        within(lambda: check.asks(case), SECONDS[check.way])
    except Unmet as unmet:
        told, run = unmet.told, unmet.run
        seen = _BOOTED if run is not None and run.position == 0 else ""
    except Trouble as trouble:
        told, run, goes_on = str(trouble), case.run, False
    except NotImplementedError as error:
        told = str(error) or "a method of it is not written yet"
    except Impossible as error:
        told, run = str(error), case.run
    except BaseException as error:
        told, run = f"{in_handler(error) or 'it'} raises {raised(error)}", case.run
    if check.way == SEARCH:  # its run goes to where something broke, or is where it begins
        seen = ""
    shows = None if run is None else (run, seen)
    return Part(check.name, check.points, told, shows, check.section), goes_on


def unasked(check, why):
    """The `Part` for a check that was not asked."""
    return Part(check.name, check.points, why, None, check.section, asked=False)

"""Is there any run, within bounds, in which a property breaks? And the shortest one, if so.

`explore(run)` compiles the cluster at the run's cursor (`engine.py`), searches it (`search.py`,
`walks.py`), and replays what it finds on the real cluster (`replay.py`). It says what it covered
as plainly as what it found: a search that found nothing in its bounds has proved nothing beyond
them, and one that never elected a leader has not even looked.
"""

import re
from contextlib import nullcontext

from ..core import Duplicate, Impossible, Request
from ..sim.clients import operations
from ..sim.collector import collector_resting
from ..sim.scenario_text import text_of
from .asked import refuse_counts, refuse_slips, refuse_unknown_kinds
from .bounds import Bounds
from .engine import BagEngine, SetEngine
from .holding import one_holder
from .invariants import ASKED, LINEARIZABILITY, TAKE_TIME, TITLES, Verdict
from .linearizable import linearizable
from .reactions import RAISES
from .replay import actions_of, played, shortened
from .rounds import ByRounds
from .search import ByMessages
from .symmetry import MOST_SERVERS, Symmetry
from .uses import ONE_HOLDER
from .walks import ByWalks

WAYS = {"rounds": ByRounds, "messages": ByMessages, "walks": ByWalks}
STATES = 1_000_000
WALKS, STEPS = 200, 200


class Explored:
    """What a search found and what it covered.

    `ok` is False if a property broke, True if everything within the bounds was seen and none
    did, None if the search stopped before (or if something in `sometimes` was never seen, so
    that a pass would say little). `reached` tells whether the goal (`until`) was. `run` is a
    history whose cursor is on the step that breaks a property, or reaches the goal; `verdicts`
    say what broke there; `raised` is what a node's handler raised behind that step, if that is
    what broke. `states`, `transitions` and `depth` (in `unit`s) were visited, and of the states
    `levels` at each depth; `stopped` says why not everything was; `sometimes` gives the depth at
    which each was first seen, None for never. `goal` is what `until` asked for. `before` is what
    the stage before found, whose run is this one's start; None if there was none. `aside` is a
    word of advice, or "". A search that stopped goes on with `more()`.
    """

    before = None
    aside = ""
    watched = nullcontext  # makes what shows how far `more` has got: a context that gives `tick`

    def __init__(self, start, search, bounds, way):
        self.start = start
        self.bounds = bounds
        self.way = way
        self.run, self.verdicts, self.raised = None, (), None
        self._search = search

    def __getstate__(self):
        """For another process: what was found, without all that was visited on the way."""
        return {**self.__dict__, "_search": None}

    def noted(self):
        """Keep what the search has to say."""
        search = self._search
        self.states, self.transitions = len(search.order), search.transitions
        last = self.way != "walks" and (search.found or search.reached)
        self.depth, self.unit = search.depth + bool(last), search.unit
        self.levels = tuple(search.levels)
        self.covers, self.stopped = search.covers, search.stopped
        self.finished, self.reached = search.finished, search.reached is not None
        self.sometimes = dict(search.seen_sometimes)
        self.goal = search.until
        start = self.start.state
        has_terms = any(start.observe(id).term is not None for id in start.config.servers)
        self.seen = _seen(search.engine.ghosts) if has_terms else ()
        return self

    def joined(self, earlier):
        """What this search of some walks says, with what those of the walks before it saw."""
        for part in reversed(earlier):
            self.states += part.states
            self.transitions += part.transitions
            self.depth = max(self.depth, part.depth)
            self.sometimes |= {name: d for name, d in part.sometimes.items() if d is not None}
            self.seen = tuple(map(max, self.seen, part.seen)) if part.seen else self.seen
        self._search = None
        return self

    @property
    def ok(self):
        if self.verdicts:
            return False
        return True if self.finished and None not in self.sometimes.values() else None

    @property
    def actions(self):
        """What happens in `run` behind the place where the search began: a tuple of actions."""
        if self.run is None:
            return ()
        steps = self.run.steps[self.start.position + 1 : self.run.position + 1]
        return tuple(step.action for step in steps)

    def scenario(self, title="", watch=""):
        """What was found as the text of a scenario, which `rl.scenario` plays."""
        if self.run is None:
            raise Impossible("this search found no run that could be written down")
        told = self.verdicts[0].why if self.verdicts else "the goal of a search"
        asked = [verdict.name for verdict in self.verdicts if verdict.name in ASKED]
        return text_of(self.run, title or told, watch, broken=asked)

    def more(self, states=None, depth=None):
        """Search on where a limit or an interrupt stopped this search, and return it.

        It goes on to `states` in total (left out, to a million more than now) and to a `depth` of
        so many rounds, events or steps (left out, without end). Raises Impossible if it has found
        what it looked for, or nothing is left to search.
        """
        if self._search is None:
            raise Impossible("this search ran on an executor and is gone; explore again")
        if self.run is not None:
            raise Impossible("this search has found what it looked for; explore from its run")
        if self._search.over:
            raise Impossible(self._search.over)
        states = self.states + STATES if states is None else states
        refuse_counts(states=states, depth=depth)
        with self.watched() as tick:
            self.searched(states, depth, tick)
            if tick:
                tick(self.states)
        return self

    def searched(self, states, depth, tick):
        """Let the search run up to these limits, and keep what it has to say."""
        with collector_resting():
            self._search.run(states, depth, tick)
            self.noted()
            if self._search.found or self.reached:
                _replayed(self, self._search)
        return self

    def __repr__(self):
        told = [f"{self.before!r}\nFrom there:"] if self.before else []
        lines = [*told, self._outcome()]
        lines += [f"  {verdict.why}\n  {_title(verdict.name)}" for verdict in self.verdicts]
        lines += [self._shortest()] if self.actions else []
        for name, depth in self.sometimes.items():
            lines.append(f"  never seen, so this says little: {name}" if depth is None
                         else f"  seen after {_counted(depth, self.unit)}: {name}")  # fmt: skip
        lines.append(
            f"Searched {_counted(self.states, 'states')} of {self._searched()}, "
            f"{_counted(self.depth, self.unit)} deep; {self.bounds}."
        )
        lines.append(f"Covered: {self.covers}.")
        lines += [_told(*self.seen)] if self.seen else []
        return "\n".join([*lines, *([self.aside] if self.aside else [])])

    def _searched(self):
        """What was searched: results of several searches stand one under the other."""
        servers = len(self.start.state.config.servers)
        return f"{self.start.about['protocol']} with {_counted(servers, 'servers')}"

    def _outcome(self):
        if self.verdicts:
            return f"Broken after {_counted(len(self.actions), 'events')}:"
        if self.reached:
            return f"Reached after {_counted(len(self.actions), 'events')}{_goal(self.goal)}."
        if self.finished and self.ok:
            return "Nothing broke, and everything within the bounds was seen."
        if self.finished:
            return "Nothing broke within the bounds, but not all that should be possible was seen:"
        on = "; .more() searches on" if self._search and not self._search.over else ""
        return f"Nothing broke so far. Stopped by {self.stopped}: not everything was seen{on}."

    def _shortest(self):
        """In which sense what was found is the shortest there is."""
        if self.way == "messages":
            doubled = any(type(action) is Duplicate for action in self.actions)
            besides = ", not counting that a message is doubled" * doubled
            return f"Shortest in events: no run within the bounds has fewer{besides}."
        left = "" if self.raised else "; none of its events can be left out"
        if self.way == "walks":
            return f"Not the shortest, but one of many walks{left}."
        return (
            f"Shortest in rounds ({self.depth:,}){left}. "
            'by="messages" finds what is shortest in events.'
        )


def explore(run, by="rounds", against=(), until=None, always=None, sometimes=None, symmetry=None,
            cut=True, duplicates=True, states=STATES, depth=None, walks=WALKS, steps=STEPS, seed=0,
            tick=None, **bounds):  # fmt: skip
    """Search every run that begins at the cursor of `run`, within `bounds` (see `Bounds`).

    `by` is "rounds" (finds deep bugs fast, covers rounds only, see `rounds.py`; with `cut` a
    round may be cut off at any point, without it ends when all is quiet; what is found is shortest
    in rounds), "messages" (covers everything; shortest in events) or "walks" (`walks` random runs
    of `steps` events each, from `seed`; not the shortest). `against` names the properties
    whose violation counts; left out, all that the protocol claims; "linearizability" judges the
    answers that clients get. `until` is a goal, a predicate of the cluster state: the search
    stops where it holds, and another may begin there (`staged`). `always` and `sometimes` are
    {name: predicate}. `symmetry=False` tells states apart that differ by names only; left out,
    they are one where the protocol says that they may be and no predicate is asked, for that may
    name a server; `symmetry=True` says that it does not. With `duplicates=False` a message
    arrives at most once. `states` and `depth` bound the search. `tick(states, depth)` is called
    now and then; an interrupt ends the search and keeps what it has; `more()` goes on.
    """
    if by not in WAYS:
        raise Impossible(f"a search goes by {', '.join(WAYS)}, not by {by!r}")
    counts = {"states": states, "depth": depth, "walks": walks, "steps": steps, "seed": seed}
    refuse_slips(bounds, until, always, sometimes, **counts)
    against = (against,) if isinstance(against, str) else tuple(against)
    for name in against:
        if name in TAKE_TIME:
            raise Impossible(
                f"a search leaves out time, and {name} is a matter of time; let a scenario wait "
                f"for it: run 3000, and then expect not broken {name}"
            )
        if name not in (*TITLES, LINEARIZABILITY, ONE_HOLDER):
            known = ", ".join((*TITLES, LINEARIZABILITY, ONE_HOLDER))
            raise Impossible(f"there is no property {name!r}; there are {known}")
    past = run.steps[: run.position + 1]
    bounds = Bounds(**bounds, first_serial=_last_serial(past) + 1)
    for option, ids in (("acts", bounds.acts), ("asked", bounds.asked)):
        unknown = [id for id in ids or () if id not in run.state.config.places]
        if unknown:
            raise Impossible(f"{option} names {unknown[0]!r}, which does not exist")
    if by != "rounds" and bounds.late:
        raise Impossible("late messages are bounded in a search by rounds; others have them anyway")
    refuse_unknown_kinds(bounds.late_kinds or (), run.state)
    kind = type(run.state.hosts[0].node)
    network = SetEngine if duplicates or by == "rounds" else BagEngine
    with collector_resting():
        properties = getattr(run.monitor, "properties", kind.properties)
        properties = (*properties, *(name for name in against if name == ONE_HOLDER))
        known = run.steps[run.position].known
        engine = network(run.state, known, bounds, properties, against)
        if engine.ghosts.judges_answers:
            engine.ghosts.past = _answered(past)
        why_not = _why_not_symmetric(run, kind, by)
        if symmetry and why_not:
            raise Impossible(why_not)
        if symmetry is None:
            symmetry = not (why_not or until or always or sometimes)
        alike = Symmetry(engine) if symmetry else None
        more = {"until": until, "always": always, "sometimes": sometimes}
        if by == "walks":
            search = ByWalks(engine, walks, steps, seed, **more)
        elif by == "rounds":
            search = ByRounds(engine, alike, cut, **more)
        else:
            search = ByMessages(engine, alike, **more)
    return Explored(run, search, bounds, by).searched(states, depth, tick)


def staged(run, stages, **common):
    """A search in stages: each is {option: value} for `explore` and begins at the run that the
    one before found; all but the last have a goal, `until`. What all have in common, `common`
    gives. Back comes the last stage that was searched, the others are `before` it.

    A reader who knows half of a story finds the rest so: many events away, nothing is found in
    one go. What such a search does not find may still be there, on another way to the goals.
    """
    stages = list(stages)
    if not stages or not all(isinstance(stage, dict) for stage in stages):
        raise Impossible("stages is a list of dicts, each with the options of one search")
    for number, stage in enumerate(stages[:-1], 1):
        if not stage.get("until"):
            raise Impossible(f"stage {number} has no goal (until), so the next begins nowhere")
    found = None
    for stage in stages:
        before, found = found, explore(found.run if found else run, **{**common, **stage})
        found.before = before
        if not found.reached:
            break
    return found


def _replayed(found, search):
    """Let what the search found happen on the real cluster, as shortly as it can."""
    run, judged = found.start, search.found[2] if search.found else ()
    actions = actions_of(search.engine, search.trail())
    if search.raised:
        found.run = played(run, actions[:-1])
        found.verdicts, found.raised = judged, search.raised
        return
    names = {verdict.name for verdict in judged}
    before = len(run.verdicts)

    def broken(history):
        """What broke behind the start, of that which the search found broken."""
        fresh = [verdict for verdict in history.verdicts[before:] if verdict.name in names]
        fresh += [v for v in judged if v.name in search.always
                  and not search.always[v.name](history.state)]  # fmt: skip
        if LINEARIZABILITY in names:
            seen = linearizable(history)
            if seen.ok is False:
                fresh.append(Verdict(LINEARIZABILITY, False, history.state.step_no, seen.why))
        if ONE_HOLDER in names and one_holder(history).ok is False:
            fresh.append(one_holder(history))
        return tuple(fresh)

    def there(history):
        return search.until(history.state) if found.reached else broken(history)

    history = played(run, actions)
    if not there(history):
        raise AssertionError("the search and the cluster disagree; please report this run")
    if found.way != "messages":  # its way is the shortest there is
        actions = [step.action for step in history.steps[run.position + 1 :]]
        history = shortened(run, actions, there) or history
    found.run, found.verdicts = history, broken(history)


def _last_serial(steps):
    """The highest number that an anonymous request got; what is asked next is another one."""
    asked = [step.action for step in steps if type(step.action) is Request]
    return max((one.serial for one in asked if one.client is None), default=0)


def _answered(steps):
    """What clients saw before a search begins, dated before its moment 0."""
    now = steps[-1].state.step_no + 1
    return operations(steps, stamp=lambda step: float(step.state.step_no - now))


def _why_not_symmetric(run, kind, by):
    if by == "walks":
        return "a random walk does not look at all states; symmetry is for searches that do"
    if not getattr(kind, "symmetric", False):
        return f"{kind.__name__} does not say that it is symmetric (symmetric = True on the class)"
    servers = run.state.config.servers
    alike = all(type(run.state[id]) is kind for id in servers) and not run.state.cuts
    if not alike or len(servers) > MOST_SERVERS:
        return f"symmetry needs up to {MOST_SERVERS} servers of one class, and no link cut"
    return None


def _seen(ghosts):
    """What was possible, whether or not anybody asked: the most terms with a leader, and entries
    committed; () if nothing is known."""
    known = [known for known, *_ in ghosts if known is not None]
    if not known:
        return ()
    return max(len(one.leaders) for one in known), max(one.committed for one in known)


def _told(terms, committed):
    return (
        f"Seen in one run: up to {_counted(terms, 'terms')} with a leader and "
        f"{_counted(committed, 'entries')} committed."
    )


def _title(name):
    return {RAISES: "", **ASKED, **TITLES}.get(name, name)


def _goal(until):
    """ ": S1 leads" of a goal that is a function `s1_leads`."""
    told = re.sub(r"\bs(?=\d)", "S", getattr(until, "__name__", "").replace("_", " "))
    return f": {told}" if told and "<" not in told else ""


def _counted(count, things):
    """ "1 event", "1,234 states": `things` is the plural."""
    one = {"entries": "entry", "steps a walk": "step a walk"}.get(things, things[:-1])
    return f"{count:,} {one if count == 1 else things}"

"""The tree of histories, as the stage draws it, and what one can do there: visit, name, compare.

What was done in a branch is found once and then only looked for in new steps, because the tree is
told after each act.
"""

from zlib import crc32

from ..core import Deliver, Drop, Fire, Wait
from ..sim import actor, headline
from ..sim.compare import compare
from ..views import text
from .track import Track, beyond

BEFORE, AFTER, AHEAD = 12, 60, 60  # events told before and after two histories part; looked ahead
# What time alone brings as well.
_BY_ITSELF = (Deliver, Drop, Fire, Wait)


class Scan:
    """What there is to tell of one branch behind its fork: `terms`, [[position, highest term so
    far]] where it changes, `acts`, [[position, ms, words]], and `broken`, where a property was."""

    def __init__(self, begin, term):
        self.done, self.term = begin, term
        self.terms = [[begin, term]]
        self.acts = []
        self.broken = None

    def follow(self, steps):
        for position in range(self.done + 1, len(steps)):
            step = steps[position]
            who = actor(step.action)
            term = step.state.observe(who).term if who else None
            if term and term > self.term:
                self.term = term
                self.terms.append([position, term])
            if type(step.action) not in _BY_ITSELF:
                self.acts.append([position, round(step.state.time, 1), text.happened(step)])
            known = step.known
            if self.broken is None and known and known.broken and not _broken(steps[position - 1]):
                self.broken = position
        self.done = len(steps) - 1


def _broken(step):
    return step.known.broken if step.known else ()


class Tree:
    """The branches of the lab's history, each looked through only once."""

    def __init__(self):
        self.run, self.scans = None, {}

    def of(self, run):
        """What the browser draws: a dict for each branch, in the order in which they began."""
        if run is not self.run:
            self.run, self.scans = run, {}
        return [self._told(run, branch) for branch in run.branches]

    def _told(self, run, branch):
        scan = self.scans.get(branch)
        if scan is None:
            scan = self.scans[branch] = Scan(*self._begin(run, branch))
        scan.follow(branch.steps)
        return {
            "name": branch.name, "parent": branch.parent, "from": branch.forked_at,
            "end": len(branch.steps) - 1, "told": told(branch, scan.acts), "terms": scan.terms,
            "acts": scan.acts, "broken": scan.broken,
        }  # fmt: skip

    def _begin(self, run, branch):
        """(where a branch begins to be its own, the highest term before)."""
        if branch.parent is None:
            state = branch.steps[0].state
            return 0, max([state.observe(id).term or 0 for id in state.config.servers])
        before = self.scans[run.branches[branch.parent]].terms
        at = branch.forked_at
        return at, max([term for position, term in before if position <= at], default=0)


def told(branch, acts):
    """What was done in a branch, in a few words: what tells it from the others."""
    words = ", ".join(f"{what} at {time:.0f} ms" for _, time, what in acts[:1])
    if len(acts) > 1:
        words += f" and {len(acts) - 1} more"
    if branch.parent is None:
        return words or "nobody has interfered"
    if not acts:  # told by what came first there: a message or a timer that was preferred
        begin = branch.forked_at + 1
        after = [step.action for step in branch.steps[begin : begin + 2]]
        first = next((headline(action) for action in after if type(action) is not Wait), "")
        return f"{first} first" if first else "as it was"
    return words


def forks(run):
    """The positions on the present branch behind which another branch parts from it, or it from
    the one that it left."""
    found, branch, last = set(), run.branch, len(run)
    while branch is not None:
        here = run.branches.index(branch)
        found |= {b.forked_at for b in run.branches if b.parent == here and b.forked_at <= last}
        last = branch.forked_at
        branch = None if branch.parent is None else run.branches[branch.parent]
    return sorted(found)


def key(run):
    """[the present branch's number, a number that tells one set of names from another]: small,
    because it travels with each patch; what is new is asked for by whoever shows the tree."""
    names = "\n".join(branch.name for branch in run.branches)
    return [run.branches.index(run.branch), crc32(names.encode())]


# -- what the stage asks (queries.py) -----------------------------------------------------


def tree(lab, ask):
    """The tree of histories."""
    return {"branches": lab.tree.of(lab._run)}


def comparison(lab, ask):
    """Two histories at the first event that differs: `one` and `other` are numbers of branches,
    or as many as there are branches for the run that `lab.compare` has put beside. Left out: the
    present one, and the one beside it, or which it left, or the newest."""
    run, beside = lab._run, lab.beside
    names = _names(lab) + ([beside.name] if beside else [])
    if len(names) < 2:
        return {"names": names}
    one, other = ask.get("one"), ask.get("other")
    here = run.branches.index(run.branch)
    if one is None or not 0 <= one < len(names):
        one = here
    if other is None or not 0 <= other < len(names) or one == other:
        left = run.branches[one].parent if one < len(run.branches) else here
        other = len(names) - 1 if beside and one != len(names) - 1 else left
        if other is None:
            other = len(names) - 1
    pair = [_going_on(lab, at) for at in (one, other)]
    found = compare(*pair, (names[one], names[other]), beside.replayed if beside else "")
    rows = found.rows(BEFORE, AFTER)
    sides = [_side(run, steps, [row[at] for row in rows if row[at] is not None])
             for at, steps in enumerate((found.first, found.second))]  # fmt: skip
    return {
        "names": names, "pair": [one, other], "why": found.why, "at": found.at, "ends": found.ends,
        "servers": found.servers, "rows": rows, "parting": found.parting(BEFORE), "sides": sides,
        "beside": len(run.branches) if beside else None,
        "replayed": found.replayed if len(run.branches) in (one, other) else "",
    }  # fmt: skip


class Beside:
    """A run to compare with: `name`, its steps, and what a replay met (a sentence, or "")."""

    def __init__(self, name, run, replayed=""):
        self.name, self.run, self.replayed = name, run, replayed

    @property
    def steps(self):
        return self.run.steps


class _Line:
    """Steps of a branch, and those that time alone would bring after them."""

    def __init__(self, steps):
        self.steps = steps


def _going_on(lab, number):
    run = lab._run
    if number == len(run.branches):
        run, steps = lab.beside.run, lab.beside.steps
    else:
        steps = run.branches[number].steps
    return _Line(steps + beyond(run, steps[-1], AHEAD)[0])


def _side(run, steps, positions):
    """A track of the events that are shown of a run, and the position of the first of them."""
    first = max(0, positions[0] - 1)
    track = Track(run)
    track.held = steps[first : positions[-1] + 1]
    return {"first": first, **track.whole()}


# -- what the stage does (lab.act) --------------------------------------------------------


def visit(lab, branch, position):
    """Go to an event of any branch."""
    run = lab._run
    run.goto(min(position, len(run.branches[branch].steps) - 1), branch)
    lab._note = {}
    lab._moved(run.now)


def name(lab, branch, name):
    """Give a branch another name."""
    lab._run.rename(name, lab._run.branches[branch])
    lab._tell()


TRAVEL = {"visit": visit, "name": name}


def put_beside(lab, other, name=None):
    """Let the stage compare the present history with another run (`Lab.compare`)."""
    from ..comparer import played  # which needs pictures that a lab does not

    run, replayed = played(lab._run, other)
    found = compare(lab._run, run, replayed=replayed)
    if name is None:
        name = found.names[1] if found.names[1] not in _names(lab) else "the other run"
    lab.beside = Beside(name, run, replayed)


def _names(lab):
    return [branch.name for branch in lab._run.branches]

"""A learner's own function in a whole Raft, and the shortest run in which that goes wrong.

A unit of the exercises is one rule. It is plugged in as a break is (`protocols/breaks.py`): a mixin
that puts it in the place of ours. Where such a rule is known to cost something, the break that does
it knows on which Raft, within which bounds, and by which schedule one sees it; that is looked for
here, with the learner's rule instead of the break.
"""

from ..checks.invariants import ASKED, LINEARIZABILITY, PROGRESS, TITLES
from ..checks.linearizable import linearizable
from ..checks.stalls import progress
from ..core import Impossible
from ..protocols import BREAKS, protocol
from ..protocols.raft_log import Log

# A search takes about a second, then. What a break breaks is found earlier: by rounds after at most
# 9,405 states, by messages, which are quicker to visit, after 16,601.
STATES = {"rounds": 10_000, "messages": 20_000}
MOST_STEPS, ROUNDS = 1000, 200
_JUDGES = {LINEARIZABILITY: linearizable, PROGRESS: progress}


def raft_with(mixin, *parts):
    """The class of a Raft with these parts and the rules of `mixin` in the place of its own."""
    base = protocol("".join(["raft", *(f"+{part}" for part in parts)]))
    about = {"replaces_values": True, "__doc__": "Raft with a rule of your own."}
    return type("YourRaft", (mixin, base), about)


# The place of a command in a plugged-in unit is taken by the whole entry: no unit looks at
# commands, so it comes back whole.


def pairs(log):
    """A log, or the entries of a message, as a unit has it: a list of (term, command)."""
    return [(entry.term, entry) for entry in log]


def log_of(held):
    """The `Log` of such a list."""
    return Log([entry for _, entry in held])


def broken_by(mixin, *breaks):
    """(a run in which `mixin` costs what one of these breaks does, what is seen there), or None.

    The shortest that a search finds; else what comes of the schedule of the break.
    """
    return first(_broken_by(mixin, name) for name in breaks)


def _broken_by(mixin, name):
    twin = BREAKS[name]
    kind = raft_with(mixin, *getattr(twin, "needs", ()))
    return _searched(kind, twin.bounds, twin.breaks) or in_scenario(
        f"breaks/{name}", kind, twin.breaks
    )


def first(found):
    """The first of several looks that found something, or None; those behind it are not taken if
    they come one by one."""
    return next(filter(None, found), None)


def _searched(kind, bounds, against):
    """The shortest violation, where a search of one stage may find it."""
    if not bounds or "stages" in bounds:
        return None
    return searched(kind, against=against, **bounds)


def searched(kind, **bounds):
    """(the shortest run of `kind` within `bounds` in which a property breaks, what is seen there),
    or None if a second's search finds none."""
    from .. import explore

    states = STATES[bounds.get("by", "rounds")]
    found = explore(kind, progress=False, states=states, **bounds)
    return found.run and (found.run, _told(found.verdicts[0].name, found.verdicts[0].why))


# What hinders nobody who follows the rules: nothing, a follower that is down, a leader that is; and
# two that are left, of which the one with the shorter log must lead.
_LEFT = """
server S1 term=2 log=1,1,1
server S2 term=2 log=1,2
server S3 term=2 log=1,2"""
_HARMLESS = tuple(
    f"# Who goes on?\ncluster raft servers=3 seed=1{servers}\n----\n\n"
    f"{verbs} ; begin ; run 3200\n----\n"
    for servers, verbs in (
        ("", "run 0"),
        ("", "elect S1 ; settle ; crash S2 ; request x=1 at S1"),
        ("", "elect S1 ; settle ; crash S1"),
        (_LEFT, "crash S3"),
    )
)


def stuck(kind):
    """(the plainest run in which `kind` does not go on, what is seen there), or None if it does."""
    return first(in_scenario(schedule, kind, PROGRESS) for schedule in _HARMLESS)


def in_scenario(name, kind, against=""):
    """(a scenario of the catalog, played by `kind` up to where a property breaks, what is seen
    there), or None if none breaks. `against` may name one that no monitor watches."""
    from .. import scenario

    try:
        run = scenario(name, protocol=kind)
    except Impossible:
        return None
    begun = run.position
    run.goto(len(run))
    found = at_first_verdict(run, against)
    if found and run.position > MOST_STEPS:  # a few rounds of what never ends are enough to see it
        run.goto(begun + ROUNDS)
        found = run.copy(), found[1]
    return found


def refusals(kind):
    """(a run in which two followers hold fifty entries that are wrong, how often they refuse), or
    None if that is no oftener than need be (§5.3, the optimisation)."""
    from .. import scenario

    run, usual = (scenario("backing-up-fast", protocol=one) for one in (kind, "raft"))
    times, needed = _refused(run), _refused(usual)
    if times <= needed:
        return None
    return run, f"Until the logs agree two followers refuse {times} times; {needed} would do."


def _refused(run):
    """How many refusals of entries arrive behind the cursor."""
    arrived = (getattr(step.action, "message", None) for step in run.steps[run.position :])
    return sum(getattr(message, "success", True) is False for message in arrived)


def at_first_verdict(run, against=""):
    """(the run, its cursor where a property breaks, what is seen there), or None."""
    if run.verdicts:
        verdict = run.verdicts[0]
        run.goto(verdict.position(run.steps))
        return run, _told(verdict.name, verdict.why)
    if against in _JUDGES:
        verdict = _JUDGES[against](run)
        if verdict.ok is False:
            return run, _told(against, verdict.why)
    return None


def _told(name, why):
    """A verdict in words, and the property that it speaks of."""
    title = {**TITLES, **ASKED}.get(name, "")
    return f"{why.rstrip('.')}. {title}".strip()

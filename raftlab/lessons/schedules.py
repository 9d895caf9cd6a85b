"""A learner's schedule, played on a protocol with a broken rule and on the right one.

A schedule is the text of a scenario (`sim/scenario.py`), or a history made by hand, which is
written down as one. It may say what happens and when, and nothing else: a field set by hand,
another protocol or a disk that lies would break what is right as well, and then shows nothing.

    Schedule(text, "raft!votes-twice")     read, or refused with the line
    .on(kind)                              what becomes of it there: an `Outcome`
"""

from functools import lru_cache

from .. import _made
from ..checks.invariants import ASKED, LINEARIZABILITY, TITLES
from ..checks.linearizable import linearizable
from ..core import Impossible, Sync, Unsync, Wipe
from ..protocols import mended, protocol
from ..sim import DOWN, History
from ..sim.scenario import play, read
from ..sim.scenario_lines import lines
from ..sim.scenario_macros import Endless
from ..sim.scenario_text import text_of
from .judging import Trouble, within

MOST_EVENTS = 2000  # of a schedule; the longest of the catalog's breaks has some 400
DISKS = {Unsync: "unsync", Sync: "sync", Wipe: "wipe"}


class Schedule:
    """A schedule for the protocol called `name`. Impossible, with the line, if it is none."""

    def __init__(self, text, name):
        self.text = text
        self.broken, self.right = protocol(name), mended(protocol(name))
        try:
            scenario = read(text)
        except Impossible as error:
            raise Impossible(on_one_line(error)) from None
        self._refuse(scenario, name)

    def _refuse(self, scenario, name):
        if "nodes" in scenario.about and any(fields for _, fields in scenario.about["nodes"]):
            raise Impossible(
                "server lines set fields by hand, and by hand anything can be broken: leave them "
                "out, and let events bring the servers to where you want them"
            )
        given = scenario.about["protocol"]
        try:
            kind = protocol(given)
        except Impossible:
            kind = None
        if kind not in (self.broken, self.right, protocol("raft")):
            raise Impossible(
                f"it is written for another protocol, {given}: its first line must be that of "
                f"the task, cluster {name} …"
            )

    def on_broken(self, strictly=True):
        return _outcome(self.text, self.broken, strictly)

    def on_right(self, strictly=False):
        return _outcome(self.text, self.right, strictly)


class Outcome:
    """What became of a schedule: `run`, its cursor at the end; `passed`, what was passed over as
    impossible: (line number, text, why) …; `stuck`, a sentence on where it could not be played on,
    or ""."""

    def __init__(self, run, passed=(), stuck=""):
        self._run, self.passed, self.stuck = run, tuple(passed), stuck

    @property
    def run(self):
        """A copy, for whoever plays on."""
        return self._run.copy()

    @property
    def verdicts(self):
        return self._run.verdicts if self._run else ()

    @property
    def steps(self):
        return self._run.steps[: self._run.position + 1] if self._run else ()

    def fell(self, name):
        """(the step, why) where the property `name` first fell, or None. Of what clients saw no
        step can be named: there it is the last."""
        for verdict in self.verdicts:
            if verdict.name == name:
                return verdict.position(self.steps), verdict.why
        if name == LINEARIZABILITY and self._run:
            seen = linearizable(self._run)
            if seen.ok is False:
                return self._run.position, seen.why
        return None

    def first(self):
        """(its name, the step, why) of what fell first, or None."""
        if not self.verdicts:
            return None
        verdict = self.verdicts[0]
        return verdict.name, verdict.position(self.steps), verdict.why

    def shown(self, position=None):
        """The run up to a step, to be opened in the lab."""
        run = self.run
        if position is not None:
            run.goto(position)
        return run


class _Counted:
    """A monitor that lets so many events happen and no more, so that every schedule ends."""

    def __init__(self, monitor):
        self.monitor, self.properties = monitor, monitor.properties

    def __call__(self, known, before, step):
        if step.state.step_no > MOST_EVENTS:
            raise Endless(f"a schedule has {MOST_EVENTS:,} events at most, and this is one more")
        return self.monitor(known, before, step)


@lru_cache(maxsize=256)
def _outcome(text, kind, strictly):
    """Pure: the same text on the same class ends in the same way. A wrong answer is compared with
    each that is known, and the known ones need to be played but once."""
    try:
        return within(lambda: _played(text, kind, strictly))
    except Trouble:
        return Outcome(None, stuck="it did not come to an end: does it repeat something for ever?")


def _played(text, kind, strictly):
    made = []

    def make(about):
        run = _made(about, kind)
        run.monitor = _Counted(run.monitor)
        made.append(run)
        return run

    passed, stuck = (), ""
    try:
        passed = play(read(text), make, expecting=False, passing=not strictly).passed
    except Impossible as error:
        stuck = on_one_line(error)
    if not made:
        return Outcome(None, passed, stuck)
    made[0].monitor = made[0].monitor.monitor
    return Outcome(made[0], passed, stuck)


def on_one_line(error):
    """An error of a scenario, which has the line that it speaks of above it."""
    return ": ".join(line.strip() for line in str(error).splitlines())


# -- a history made by hand ------------------------------------------------------------------


def as_text(given):
    """A schedule as text, if it is a history up to its cursor; anything else as it is."""
    if not isinstance(given, History):
        return given
    if given.position > MOST_EVENTS:
        raise Impossible(
            f"a schedule has {MOST_EVENTS:,} events at most; this run has {given.position:,}"
        )
    if given.about.get("nodes"):
        raise Impossible(
            "its servers were built by hand, and by hand anything can be broken: begin with "
            f"rl.cluster({given.about['protocol']!r}, servers=3)"
        )
    text = text_of(given)
    try:
        protocol(given.about["protocol"])
    except Impossible:
        return text  # of a class of somebody's own: whoever reads the text says so
    again = play(read(text), _made, expecting=False).run
    if again.digest() != given.digest():
        raise Impossible(
            "played again, the events of this run lead elsewhere: something was set by hand. Let "
            "only events happen (run.deliver, run.crash, …)"
        )
    return text


# -- in words -------------------------------------------------------------------------------


def title(name):
    """A property in a few words: "Election Safety", "a committed entry never changes"."""
    return {**TITLES, **ASKED}[name].partition(":")[0].partition(" (")[0]


def standing(run):
    """Who leads at the cursor."""
    told = [f"{id} leads term {term}" for id, term in leaders(run.state)]
    return " and ".join(told) or "nobody leads"


def condition(run):
    """What the servers are and hold at the cursor, on one line."""
    told = lines(run.steps, run.position)
    return "; ".join(" ".join(line.split()) for line in told if not line.startswith("broken "))


def leaders(state):
    """[(id, term)] of the servers that are up and take themselves for leaders."""
    up = [state.observe(id) for id in state.config.servers if state.host(id).mode != DOWN]
    return [(seen.id, seen.term) for seen in up if seen.role == "leader"]


def disk_verbs(outcome):
    """The verbs of disks that lie or are lost, among the events of an outcome."""
    return [DISKS[type(step.action)] for step in outcome.steps if type(step.action) in DISKS]

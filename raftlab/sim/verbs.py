"""The verbs of a history: each names an action in the learner's words and takes it.

A message is named by what it is called and its link, a request goes to whoever leads; what that
means is read off the state at the cursor.
"""

from ..core import (
    Crash,
    CrashDuring,
    Cut,
    Delay,
    Deliver,
    Drift,
    Drop,
    Duplicate,
    Fire,
    Heal,
    Impossible,
    Partition,
    Pause,
    Rearm,
    Request,
    Restart,
    Resume,
    Sync,
    Tune,
    Unsync,
    Wipe,
)
from .cluster import INTERRUPTIBLE, crashes_during, step
from .network import named
from .notice import tell
from .state import rank

_INTERRUPTIBLE = tuple(kind.__name__.lower() for kind in INTERRUPTIBLE)
_OF_THESE = ", ".join(_INTERRUPTIBLE[:-1]) + " or " + _INTERRUPTIBLE[-1]


class Verbs:
    """Interfering, by name. Whoever has these verbs has a `state`, a `leader` and `take`."""

    def deliver(self, kind, src, dst, nth=0):
        """Deliver the (nth) `kind` message, such as "RequestVote", on the link src→dst now."""
        return self.take(self._message(Deliver, kind, src, dst, nth))

    def drop(self, kind, src, dst, nth=0):
        return self.take(self._message(Drop, kind, src, dst, nth))

    def duplicate(self, kind, src, dst, nth=0):
        return self.take(self._message(Duplicate, kind, src, dst, nth))

    def delay(self, kind, src, dst, ms, nth=0):
        """Put a message off by `ms` ms more."""
        found = self._message(Deliver, kind, src, dst, nth)
        return self.take(Delay(src, dst, found.message, found.nth, ms))

    def _message(self, action, kind, src, dst, nth):
        chosen = named(self.state, kind, src, dst, nth)
        return action(src, dst, chosen.message, rank(self.state.network, chosen))

    def fire(self, node, timer="election"):
        return self.take(Fire(node, timer))

    def request(self, command, to=None, client=None, serial=0):
        """Ask `to` (a server or client id; the leader if left out) for `command`.

        `client` and `serial` name the request to the service, so that a repeat is executed
        once (§8); without a client it is anonymous and its serial is the step's number.
        """
        to = to or self.leader or self.state.config.servers[0]
        return self.take(Request(to, command, client, serial or self.state.step_no + 1))

    def crash(self, node):
        return self.take(Crash(node))

    def restart(self, node):
        return self.take(Restart(node))

    def crash_during(self, verb, *args, written=None, **more):
        """Crash in the middle of what a verb would do (deliver, fire, request or restart):

            run.crash_during("deliver", "RequestVote", "S3", "S2", written=0)

        What S2 writes as it votes it writes in groups (`Node.writes`), one after the other; the
        first `written` of those that change are on its disk. Left out: all but the last.
        """
        action = verb
        if isinstance(verb, str):
            if verb not in _INTERRUPTIBLE:
                raise Impossible(f"one crashes in the middle of {_OF_THESE}, not of {verb!r}")
            action = getattr(_Named(self.state), verb)(*args, **more)
        if written is None:
            return self.take(latest_crash(self.state, action))
        return self.take(CrashDuring(action, written))

    def unsync(self, node):
        """From now on the node's disk lies: a crash brings back what it holds now."""
        return self.take(Unsync(node))

    def sync(self, node):
        """Let a disk that lies write down what it has acknowledged, and lie no longer."""
        return self.take(Sync(node))

    def wipe(self, node):
        """Lose the disk of a crashed node."""
        return self.take(Wipe(node))

    def drift(self, node, rate):
        """Let the node's clock run `rate` times as fast as time does (0.1 to 10; 1 is right)."""
        return self.take(Drift(node, rate))

    def rearm(self, node, ms, timer="election"):
        """Let the node's running timer run out in `ms` ms, whatever time it had left."""
        return self.take(Rearm(node, timer, ms))

    def pause(self, node):
        return self.take(Pause(node))

    def resume(self, node):
        return self.take(Resume(node))

    def partition(self, *groups):
        """Only nodes of the same group can talk: partition(["S1", "S2"], ["S3", "S4", "S5"])."""
        return self.take(Partition(tuple(map(_group, groups))))

    def cut(self, src, dst):
        """Cut one direction of one link."""
        return self.take(Cut(src, dst))

    def heal(self, src=None, dst=None):
        return self.take(Heal(src, dst))

    def tune(self, **dials):
        """Turn dials: loss, latency, jitter, duplicate, or a timing setting, in ms."""
        turns = [Tune(name, tuple(setting) if isinstance(setting, list) else setting)
                 for name, setting in dials.items()]  # fmt: skip
        state = self.state
        for turn in turns:  # all of them must be possible before the first is taken
            state, _ = step(state, turn)
        for turn in turns:
            self.take(turn)
        for warning in self.warnings():
            tell(warning)


class _Named(Verbs):
    """The same verbs, for the action they name: nothing is done."""

    def __init__(self, state):
        self.state = state
        self.leader = state.leader

    def take(self, action):
        return action


def latest_crash(state, action):
    """The CrashDuring in the middle of `action` that leaves most on disk; if `action` writes
    nothing, one that will be refused."""
    return (crashes_during(state, action) or (CrashDuring(action),))[-1]


def _group(ids):
    """A group as a tuple; a set has no order of its own. What is no group stays as it is."""
    ids = sorted(ids, key=str) if isinstance(ids, (set, frozenset)) else ids
    return tuple(ids) if isinstance(ids, list) else ids

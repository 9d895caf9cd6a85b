"""`rl.compare`: where two runs part, as a picture.

rl.compare(run, other)            two runs, each its present branch
rl.compare(run)                   the present branch and the one it left
rl.compare(run, "raft+pre-vote")  the same schedule on another protocol, or a class of your own
"""

from . import _made
from .core import Impossible
from .sim import History
from .sim.compare import compare as found
from .sim.compare import replay
from .views.compare import compared

__all__ = ["compare", "played"]


def compare(run, other=None, names=None):
    """Where do two runs part, and why? A picture with `at`, `why`, `servers`, `sent` and `ends`.

    `run` and `other` are histories (each its present branch, to its end) or branches of one
    (`run.branches`). Left out, `other` is the branch that the present one left. A protocol's name
    or a Node class stands for a replay: the same cluster with that protocol, on which what
    happened in `run` happens again until something is impossible; from there on time decides, and
    what was done is done at its time. `names` says what to call the two. `at` is the position in
    both of the first event that differs in what happens, or in an observation, a message sent or
    an answer; None if there is none. Raises Impossible if the two have other nodes.
    """
    if other is None:
        if getattr(getattr(run, "branch", None), "parent", None) is None:
            raise Impossible(
                "the present branch left no other; name another run: rl.compare(run, other)"
            )
        return compared(found(run.branches[run.branch.parent], run.branch, names))
    other, replayed = played(run, other)
    return compared(found(run, other, names, replayed))


def played(run, other):
    """(`other`, or, where that is a protocol, the replay of `run` on it; what the replay met)."""
    if hasattr(other, "steps"):
        return other, ""
    if not isinstance(run, History):
        raise Impossible("a replay needs a run to take what happened from: rl.compare(run, …)")
    on = _made(run.about, other)
    return on, replay(run, on).told

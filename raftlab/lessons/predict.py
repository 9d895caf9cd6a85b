"""`rl.predict("vote", seed=3)`: endless questions whose answers the model computes.

A kind of question is one function of a `Luck`: it draws a situation, lets the model run on, and
gives the parts of a `Question`, or None if the draw is not worth asking or has two answers. It
enters here by `@kind("name")`.
"""

from importlib import import_module
from pathlib import Path

from ..core import Impossible
from .question import Luck, Question

KINDS = {}  # name → function; filled by the modules that `_known` imports
_ATTEMPTS = 500


def kind(name):
    """Make a function that draws a situation a kind of question."""

    def enter(function):
        KINDS[name] = function
        return function

    return enter


def _known():
    """All kinds: each file `about_….py` beside this one enters its own."""
    for path in sorted(Path(__file__).parent.glob("about_*.py")):
        import_module(f".{path.stem}", __package__)

    return KINDS


def predict(kind, seed=1):
    """A question about what happens next; seed, seed + 1 … give ever new ones.

    Kinds: "vote" (is it granted, and why?), "winner" (who wins the next election?), "majority"
    (how many votes does it take?), "crash" (who leads soon after a crash?), "term" (what has a
    server that was cut off done to the term?), "commit" (is an entry committed now?), "logs" (what
    does an AppendEntries do to a log?), "overwrite" (can an entry still be lost?), "restart" (what
    does a server know when it is back?), "split" (which side of a cut can do what?), "size" (how
    many crashes does a cluster survive?), "read" (what does a read get, and is it fresh?), "fence"
    (what becomes of what a late holder of a lock writes?), "holder" (who believes to hold a lock on
    Redis?); and of the simplified Raft "missing" (which rule does it lack?) and "repair" (which one
    next?).
    `question.choose("b")` answers it.
    """
    kinds = _known()
    if kind not in kinds:
        raise Impossible(f"there is no kind of question {kind!r}; there are {', '.join(kinds)}")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise Impossible(f"a seed is a whole number, not {seed!r}")
    for attempt in range(_ATTEMPTS):
        parts = kinds[kind](Luck(seed, attempt, kind))
        if parts:
            return Question(kind, seed, **parts)
    raise Impossible(f"seed {seed} finds no good question of the kind {kind!r}; try another")

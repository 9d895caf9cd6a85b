"""`rl.suspect(3)`: a Raft with one rule broken, which does not say which.

All its rules look alike from outside: each is a method that asks another one. What it does is to be
found out by runs, in the lab or by `rl.explore`, as with a system whose source one cannot read.
"""

from ..core import Impossible
from ..protocols import BREAKS, protocol
from ..protocols.composed import replaced
from .question import Luck

# Breaks of the plain Raft that replace a method and do not rest on it by `super()`.
MUTANTS = (
    "votes-twice", "counts-stale-votes", "wins-with-half", "compares-length-only",
    "votes-for-anybody", "never-steps-down", "obeys-old-leaders", "always-truncates",
    "never-checks-the-previous-entry", "commits-with-half",
)  # fmt: skip
RAFT = protocol("raft")
RULES = (*RAFT.rules(), "stored_by_majority")
CAUTION = (
    "here a rule is broken, and the sentences at each step say what Raft would mean by it, not "
    "what is so: check them against the fields"
)
_MADE = {}


def suspect(number):
    """A class of Raft servers in which one rule is broken: find out which.

    Each number from 1 on is another draw, and the same one always the same. What is broken shows
    with three servers, or with four, within three terms. `rl.cluster(rl.suspect(1), servers=3)`
    makes a cluster of it, and `rl.explore(rl.suspect(1), servers=3, terms=3, requests=1)` searches.
    The sentences of a run are Raft's own: they say what Raft would mean by a step ("its vote was
    free"), and whether it is so the fields say.
    """
    if type(number) is not int or number < 1:
        raise Impossible(f"suspects are numbered from 1, not {number!r}")
    if number not in _MADE:
        twin = BREAKS[culprit(number)]
        rules = {name: _asking(name, getattr(RAFT, name)) for name in RULES}
        rules[replaced(twin)] = _asking(replaced(twin), vars(twin)[replaced(twin)])
        about = {"replaces_values": True, "caution": CAUTION, **rules}
        about["__doc__"] = f"Raft with a rule broken: {CAUTION}."
        _MADE[number] = type(f"Suspect{number}", (RAFT,), about)
    return _MADE[number]


def culprit(number):
    """The name of the break. Suspects 1 to 10 are ten different ones, and so on by tens."""
    block, at = divmod(number - 1, len(MUTANTS))
    return Luck(block, 0, "suspect").shuffled(MUTANTS)[at]


def _asking(name, rule):
    def asks(self, *given):
        return rule(self, *given)

    asks.__name__, asks.__qualname__ = name, f"Suspect.{name}"
    if name in RAFT.rules():
        asks.section = RAFT.rules()[name]
    return asks

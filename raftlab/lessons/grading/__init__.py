"""Grading a Raft of the learner's own: some 180 named checks in five stages, in a few seconds.

`grade(kind, stage, seed)` asks a class what a stage asks for and gives a `Part` for each check,
with its points, a sentence if it is not met and a run that shows it. `demands()` is the list of
all checks with points, sections and the names that others give them. A seed changes the schedules
and what chance decides in them, not what is asked.
"""

from ...bar import progress
from ...core import Impossible
from .. import raft_skeleton as own
from . import (  # noqa: F401  each enters its checks: clauses, and then what a cluster lives through
    compaction,
    compaction_stories,
    election,
    election_stories,
    persistence,
    recovery,
    recovery_stories,
    replication,
    replication_followers,
    replication_stories,
)
from .behaved import behaved, fits, misbehaves
from .check import CLAUSE, STAGES, asked, unasked
from .demands import Demands

__all__ = ["STAGES", "asking", "demands", "grade", "worth"]

_LOOPS = "not asked: something loops, and would again"


def asking(stage):
    """What is asked in a stage, in order. Good behaviour has points of its own in the first."""
    return [*(behaved.checks if stage == "election" else ()), *STAGES[stage].checks]


def worth(stage):
    """The points of a stage."""
    return sum(check.points for check in asking(stage))


def grade(kind, stage, seed=0, only=None, watched=False):
    """A list of `Part`s: what `stage` asks of the class `kind`, met or not.

    First whether it behaves as a node must; then clauses; then stories and searches, which come
    only behind the stage's gate, a story without which they could show nothing. What is not asked
    says why, and gets no points. In a later stage than the first a class that misbehaves gets
    none at all. `only` are the ids of those checks that matter (and the gate). With `watched` a
    bar is shown.
    Raises Impossible if it is no such class at all.
    """
    fits(kind, stage)
    gate, why, closed, parts = STAGES[stage].gate, "", "", []
    checks = [c for c in asking(stage) if only is None or c.id in only or c is gate]
    found = None if stage == "election" else misbehaves(kind, seed, stage)
    if found:
        told, goes_on = found
        why = _LOOPS if not goes_on else f"not asked: first “{told.name}” must be met"
        parts.append(told)
    with progress("checks", len(checks), watched) as tick:
        for done, check in enumerate(checks, 1):
            if why or (closed and check.way != CLAUSE):
                parts.append(unasked(check, why or closed))
                continue
            part, goes_on = asked(check, kind, seed, stage)
            parts.append(part)
            why = "" if goes_on else _LOOPS
            if check is gate and not part.is_met:
                closed = f"not asked: nothing could be seen before “{gate.name}” is met"
            tick(done)
    return parts


def demands(stage=None):
    """All that is asked, or what one stage asks: a table."""
    if stage not in (None, *own.STAGES):
        raise Impossible(f"there is no stage {stage!r}; there are {', '.join(own.STAGES)}")
    return Demands({name: asking(name) for name in ([stage] if stage else own.STAGES)})

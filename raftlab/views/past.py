"""What a step rests on, for the space-time diagram, and how the rest is made faint."""

from ..core import replace
from ..sim import actor, causal_past
from .scene import Text


class Past:
    """What happened before the step at `about`: `words` say how much that is, `last` has the
    last step of each node that counts, of the steps that are `shown`."""

    def __init__(self, steps, about, shown):
        self.held = {about, *causal_past(steps, about)}
        self.last = {}
        for at in sorted(self.held.intersection(shown)):
            who = actor(steps[at].action)
            if who is not None:
                self.last[who] = at
        count, earlier = len(self.held - {0, about}), max(0, about - 1)
        self.words = f"step {about} rests on {count} of the {earlier} steps before it"

    def holds(self, at):
        """Whether a step is the one in question or happened before it."""
        return at in self.held

    def joins(self, way):
        """Whether a message (a Flight) brought something of it."""
        return way.position in self.held


def faint(mark, is_faint=True):
    """The mark in a colour for what does not matter here, if `is_faint`."""
    return replace(mark, shapes=tuple(map(_faint, mark.shapes))) if is_faint else mark


def _faint(shape):
    if isinstance(shape, Text):
        return replace(shape, fill="muted")
    changes = {"stroke": shape.stroke and "faint"}
    if getattr(shape, "fill", None):
        changes["fill"] = "faint" if shape.fill in ("ink", "line") else "card"
    return replace(shape, **changes)

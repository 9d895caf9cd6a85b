"""Where does this run stand, and how did it get there? What is left of a lab on a page.

The ring at an instant; below it, once something has happened, the last events as a space-time
diagram. One picture, for a notebook that is read without a kernel.
"""

from ..core import replace
from . import feed, ring, spacetime, text
from .picture import Picture
from .scene import Curve, Poly, Scene

LAST = 12  # events told, heartbeats not counted


def glance(run, at=None):
    """The run at step `at` (the cursor if left out): the ring and the last events."""
    steps, position = text.moment(run, at)
    made = scene(steps, position)
    return Picture(made, made.words)


def scene(steps, position):
    """The scene of a glance at `position` of a list of steps."""
    above = ring.scene(steps, position)
    if position == 0:
        return above
    first = _first(steps, position)
    below = spacetime.scene(steps, first, position, heartbeats=False)
    marks = (*above.marks, *(_moved(mark, above.height) for mark in below.marks))
    told = feed.twin(feed.told(steps, position, LAST))
    words = f"{above.words}\n\nThe last events:\n{told}"
    width = max(above.width, below.width)
    return Scene(width, above.height + below.height, above.title, words, marks)


def _first(steps, position):
    """The step to begin with, so that LAST events are told which are not about heartbeats."""
    left, at = LAST, position
    while at > 0 and left:
        left -= not spacetime.is_beat(steps, at)
        at -= 1
    return at


def _moved(mark, down):
    """`mark`, `down` pixels further down."""
    shapes = tuple(_lowered(shape, down) for shape in mark.shapes)
    return replace(mark, y=mark.y + down, shapes=shapes)


def _lowered(shape, down):
    if type(shape) is Poly:
        return replace(shape, points=tuple((x, y + down) for x, y in shape.points))
    if type(shape) is Curve:
        return replace(shape, y0=shape.y0 + down, cy=shape.cy + down, y1=shape.y1 + down)
    return replace(shape, y=shape.y + down)

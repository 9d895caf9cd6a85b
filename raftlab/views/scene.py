"""What a picture consists of: marks with a place and a meaning, made of a few plain shapes.

A scene is a value: it knows no renderer and no history. `svg` and `plotly` draw the same one,
so they cannot disagree. Places are in pixels, y grows downwards; colours are names from
`style.THEMES` or hex colours; `fill` or `stroke` None means not drawn.
"""

from math import cos, hypot, sin

from ..core import value
from . import style
from .style import ring_layout

__all__ = [
    "Arc", "Circle", "Curve", "Mark", "Poly", "Rect", "Room", "Scene", "Text", "along", "glyph",
    "outline", "ring_layout", "sign", "wrap",
]  # fmt: skip


@value
class Circle:
    x: float
    y: float
    r: float
    fill: str | None = None
    stroke: str | None = "ink"
    width: float = 1.5
    dash: str = "solid"


@value
class Rect:
    """A box; `x` and `y` are its upper left corner, `round` the radius of its corners."""

    x: float
    y: float
    w: float
    h: float
    fill: str | None = None
    stroke: str | None = "ink"
    width: float = 1
    dash: str = "solid"
    round: float = 0


@value
class Poly:
    """A line through `points` ((x, y), …), closed to a polygon if `closed`."""

    points: tuple
    closed: bool = False
    fill: str | None = None
    stroke: str | None = "ink"
    width: float = 1.5
    dash: str = "solid"


@value
class Arc:
    """Part of a circle, clockwise from angle `start` to `end` in radians, less than a turn."""

    x: float
    y: float
    r: float
    start: float
    end: float
    stroke: str = "ink"
    width: float = 4


@value
class Curve:
    """A curve from (x0, y0) to (x1, y1), drawn towards (cx, cy)."""

    x0: float
    y0: float
    cx: float
    cy: float
    x1: float
    y1: float
    stroke: str = "line"
    width: float = 1
    dash: str = "solid"


@value
class Text:
    """Words at (x, y), the middle of the line; `anchor` is start, middle or end.

    With a `halo` a seam in the card's colour keeps them readable across lines.
    """

    x: float
    y: float
    text: str
    size: float = 12
    fill: str = "ink"
    anchor: str = "start"
    bold: bool = False
    halo: bool = False


@value
class Mark:
    """One thing that means something: its `kind`, whom or what it is `about` (an id, a link),
    a sentence as `title` (tooltip and screen reader), its place and its shapes."""

    kind: str
    about: str
    title: str
    x: float
    y: float
    shapes: tuple


@value
class Scene:
    """A whole picture: `title` is one line, `words` all it says, for those who cannot see it."""

    width: int
    height: int
    title: str
    words: str
    marks: tuple

    def of(self, kind):
        """The marks of a kind, in the order they are drawn."""
        return [mark for mark in self.marks if mark.kind == kind]


# -- helpers for those who compose scenes -------------------------------------------------


def outline(shape, x, y, r, **look):
    """A server's outline (`style.SHAPES`) of radius `r` at (x, y)."""
    points = style.SHAPES[shape]
    if points is None:
        return Circle(x, y, r, **look)
    return Poly(tuple((x + r * a, y + r * b) for a, b in points), True, **look)


def sign(lines, x, y, r, stroke="ink", width=1.5):
    """Strokes such as `style.CROSS`, scaled to radius `r`, as a tuple of shapes."""
    return tuple(
        Poly(tuple((x + r * a, y + r * b) for a, b in line), stroke=stroke, width=width)
        for line in lines
    )


def glyph(kind, x, y, r, term, **look):
    """A message's sign (`style.GLYPHS`) at (x, y), as a tuple of shapes."""
    sort = style.GLYPHS[kind]
    fill = style.term_colour(term) if sort["filled"] else None
    ink = style.ink_on(fill) if fill else "ink"
    points = tuple((x + r * a, y + r * b) for a, b in sort["outline"])
    body = Poly(points, True, fill or "card", **{"stroke": "ink", "width": 1.2, **look})
    return (body, *sign(sort["signs"], x, y, r, ink, 1.3))


def bent(a, b, margin, bend=None):
    """The curve on which messages travel from place `a` to place `b`, `margin` clear of both
    ends: ((x0, y0), (cx, cy), (x1, y1)). It bends to the right of its direction."""
    bend = style.BEND if bend is None else bend
    (ax, ay), (bx, by) = a, b
    dx, dy = bx - ax, by - ay
    length = hypot(dx, dy) or 1
    clear = min(margin, 0.38 * length) / length
    start = (ax + dx * clear, ay + dy * clear)
    end = (bx - dx * clear, by - dy * clear)
    middle = ((ax + bx) / 2 - dy * bend, (ay + by) / 2 + dx * bend)
    # The ends move aside a little too, so that the two directions are apart where they begin.
    aside = min(4, length * bend / 2) / length
    shift = (-dy * aside, dx * aside)
    return (
        (start[0] + shift[0], start[1] + shift[1]), middle, (end[0] + shift[0], end[1] + shift[1])
    )  # fmt: skip


def along(curve, part):
    """The place at `part` (0 to 1) of a curve ((x0, y0), (cx, cy), (x1, y1))."""
    (ax, ay), (cx, cy), (bx, by) = curve
    rest = 1 - part
    return (
        rest * rest * ax + 2 * rest * part * cx + part * part * bx,
        rest * rest * ay + 2 * rest * part * cy + part * part * by,
    )


def first_part(curve, part):
    """The control points of the piece of a curve from its beginning to `part`."""
    (ax, ay), (cx, cy), _ = curve
    return (ax, ay), (ax + (cx - ax) * part, ay + (cy - ay) * part), along(curve, part)


def around(x, y, r, angle):
    """The place at `angle` on a circle."""
    return x + r * cos(angle), y + r * sin(angle)


class Room:
    """Keeps what is drawn from lying on one another: boxes (left, top, right, bottom)."""

    BAND = 24  # pixels: a box is compared only with those near its height

    def __init__(self):
        self.bands = {}

    def take(self, box):
        """Whether the box touched nothing taken before; then it is taken."""
        left, top, right, bottom = box
        near = range(int(top // self.BAND), int(bottom // self.BAND) + 1)
        for band in near:
            for a, b, c, d in self.bands.get(band, ()):
                if left < c and a < right and top < d and b < bottom:
                    return False
        for band in near:
            self.bands.setdefault(band, []).append(box)
        return True


def wrap(text, size, width):
    """`text` as lines that fit into `width` pixels."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and style.text_width(longer, size) > width:
            lines.append(line)
            longer = word
        line = longer
    return [*lines, line] if line else lines


def cut_short(text, size, width):
    """`text`, or as much of it as fits into `width` pixels, with an ellipsis."""
    most = int(width / (0.61 * size))
    return text if len(text) <= most else text[: max(1, most - 1)] + "…"

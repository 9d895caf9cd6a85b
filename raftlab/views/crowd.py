"""Where does one result stand among many? Each of the others is a dot, one's own is a line.

Dots of equal results are piled up. Without a result of one's own only the crowd is drawn.
"""

from ..core import Impossible, value
from . import style
from .picture import Picture
from .scene import Circle, Mark, Poly, Scene, Text

LEFT, RIGHT, TOP = 40, 640, 64
_DOT = 5


@value
class Standing:
    """How a result lies among the others: how many are `below`, `equal` and `above` it."""

    below: int
    equal: int
    above: int


def standing(results, mine):
    return Standing(
        sum(one < mine for one in results),
        sum(one == mine for one in results),
        sum(one > mine for one in results),
    )


def crowd(results, top, title, axis, who, mine=None, step=None, source=""):
    """The picture of `results`, numbers from 0 to `top`, of `who` (a plural: "students").

    `mine` is one's own result or None; `step` joins results into bins of that width.
    """
    results = sorted(results)
    if not results or not 0 <= results[0] <= results[-1] <= top:
        raise Impossible(f"results lie between 0 and {top}")
    if mine is not None and not 0 <= mine <= top:
        raise Impossible(f"a result lies between 0 and {top}, not at {mine}")
    return Picture(_scene(results, top, title, axis, who, mine, step, source),
                   words(results, top, title, who, mine))  # fmt: skip


def words(results, top, title, who, mine):
    """The same in a sentence or two."""
    mean = sum(results) / len(results)
    told = f"{title}: {len(results)} {who}, on average {mean:.1f} of {top:g} points"
    told += f", from {min(results):g} to {max(results):g}."
    if mine is not None:
        one = standing(results, mine)
        told += f" You: {mine:g}. {one.below} of them have fewer, {one.equal} as many, {one.above}"
        told += " more."
    return told


def _scene(results, top, title, axis, who, mine, step, source):
    small = style.SIZES["small"]
    bins = {}
    for one in results:
        at = one if step is None else min(one // step * step + step / 2, top)
        bins.setdefault(at, []).append(one)
    deepest = max(map(len, bins.values()))
    low = TOP + 2 * _DOT * deepest + 12
    said = words(results, top, title, who, mine)

    def x(points):
        return round(LEFT + (RIGHT - LEFT) * points / top, 1)

    marks = [Mark("header", "", "", 16, 22, (
        Text(16, 22, title, style.SIZES["title"], bold=True),
        Text(16, 42, f"each dot one of {len(results)} {who}{source}", small, "muted"),
    ))]  # fmt: skip
    every = 1 if top <= 10 else 5
    shapes = [Poly(((LEFT, low), (RIGHT, low)), stroke="line", width=1)]
    for tick in range(0, int(top) + 1, every):
        shapes.append(Poly(((x(tick), low), (x(tick), low + 4)), stroke="line", width=1))
        shapes.append(Text(x(tick), low + 14, str(tick), small, "muted", "middle"))
    shapes.append(Text((LEFT + RIGHT) / 2, low + 34, axis, small, anchor="middle"))
    marks.append(Mark("axes", "", "", LEFT, low, tuple(shapes)))
    for at, these in sorted(bins.items()):
        for level, one in enumerate(these):
            y = low - 8 - 2 * _DOT * level
            marks.append(Mark("one", f"{one:g}", f"{one:g} of {top:g} points", x(at), y,
                              (Circle(x(at), y, _DOT - 1, "line", None),)))  # fmt: skip
    if mine is not None:
        anchor = "start" if mine < top / 2 else "end"
        aside = 6 if mine < top / 2 else -6
        marks.append(Mark("mine", f"{mine:g}", f"you: {mine:g} of {top:g}", x(mine), TOP, (
            Poly(((x(mine), TOP - 6), (x(mine), low)), stroke="ink", width=2.5),
            Text(x(mine) + aside, TOP - 4, f"you: {mine:g}", style.SIZES["label"], "ink", anchor,
                 True, True),
        )))  # fmt: skip
    return Scene(style.WIDTH, low + 46, title, said, tuple(marks))

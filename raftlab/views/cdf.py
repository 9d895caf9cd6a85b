"""How often is it done within how many ms? Distributions side by side, on a logarithmic axis.

A point of a curve says: this share of the trials was done within this time. A curve further to
the left is faster; one that ends below 100 % has trials that were never done. Each curve has a
number, a colour and a dash pattern of its own, and the number stands on it. A diamond is a point
that others have measured; the number in it says for which curve.
"""

import struct
from base64 import b64encode
from math import log10

from ..core import Impossible, value
from . import plotly, style
from .picture import Picture
from .scene import Circle, Mark, Poly, Rect, Scene, Text, wrap

# Six looks, (colour, dash): each colour keeps 3 to 1 on both cards.
LOOKS = (
    ("#b3463d", "solid"), ("#b85a14", "dashed"), ("#8c6d00", "solid"), ("#00805a", "dashed"),
    ("#0072b2", "solid"), ("#8459cf", "dashed"),
)  # fmt: skip

LEFT, RIGHT, TOP, LOW = 54, 430, 54, 344  # the plot; the legend stands right of it
LEGEND, HEIGHT = 456, 396
SHARE = "share of trials over by then"
_POINTS = 120  # of a curve at most: a thousand trials look no different
_TICKS = (1, 2, 5)
_PLACES = (0.5, 0.5, 0.62, 0.86, 0.2, 0.38)  # where on each curve its number stands


@value
class Curve:
    """`label` names it, `note` says its gist in a few words; `times` in ms, None: never done.

    `known` are points measured by others, ((ms, share, words), …).
    """

    label: str
    note: str
    times: tuple
    known: tuple = ()


def cdf(curves, title, axis, words, source="", theme="light"):
    """The picture of some `Curve`s, at most six. `axis` names the times, `words` is the text twin,
    `source` says in a few words who measured the known points."""
    curves = tuple(curves)
    if not 0 < len(curves) <= len(LOOKS):
        raise Impossible(f"a chart holds 1 to {len(LOOKS)} curves, not {len(curves)}")
    return Chart(curves, title, axis, words, source, theme)


class Chart(Picture):
    """A picture of curves whose interactive twin is a real chart: zoom, and values on hover."""

    def __init__(self, curves, title, axis, words, source, theme="light", interactive=True):
        self._made = (curves, title, axis, words, source)
        super().__init__(scene(*self._made), words, interactive, theme)

    def plotly(self):
        return Chart(*self._made, self.theme)

    def still(self):
        return Chart(*self._made, self.theme, interactive=False)

    def dark(self):
        return Chart(*self._made, "dark", self.interactive)

    def _json(self):
        return chart(*self._made, self.theme)


def points(times):
    """The curve of some times as [(ms, share of all that were done by then)], thinned evenly."""
    done = sorted(time for time in times if time is not None)
    every = max(1, len(done) // _POINTS)
    kept = [at for at in range(len(done)) if at % every == 0 or at >= len(done) - 10]
    return [(done[at], (at + 1) / len(times)) for at in kept]


def scene(curves, title, axis, words, source):
    low, high = span(curves)
    place = _Places(low, high)
    head = Text(16, 22, title, style.SIZES["title"], bold=True)
    marks = [Mark("header", "", "", 16, 22, (head,))]
    marks.append(Mark("axes", "", "", LEFT, LOW, tuple(_axes(place, axis))))
    numbers = []
    for number, curve in enumerate(curves, 1):
        colour, dash = LOOKS[number - 1]
        line = points(curve.times)
        path = [(LEFT, LOW)] + _stairs(place, line)
        path.append((RIGHT, path[-1][1]))
        said = f"{curve.label}: {curve.note}"
        drawn = Poly(tuple(path), stroke=colour, width=2, dash=dash)
        marks.append(Mark("curve", curve.label, said, *path[-1], (drawn,)))
        x, y = _halfway(place, line, _PLACES[number - 1])
        numbers.append(_number(number, x, y, colour, said))
    for number, curve in enumerate(curves, 1):
        for time, share, said in curve.known:
            marks.append(_known(number, place.x(time), place.y(share), said))
    marks += numbers + _legend(curves, source)
    return Scene(style.WIDTH, HEIGHT, title, words, tuple(marks))


class _Places:
    """Where a time and a share stand in the plot."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def x(self, time):
        part = log10(max(time, self.low) / self.low) / log10(self.high / self.low)
        return round(LEFT + (RIGHT - LEFT) * min(part, 1), 1)

    def y(self, share):
        return round(LOW - (LOW - TOP) * share, 1)


def span(curves):
    """The round times, in ms, between which all curves lie."""
    found = [time for curve in curves for time in curve.times if time is not None]
    found += [known[0] for curve in curves for known in curve.known]
    low, high = (min(found), max(found)) if found else (100, 1000)
    ticks = [step * 10**power for power in range(-1, 7) for step in _TICKS]
    low = max((tick for tick in ticks if tick <= low), default=ticks[0])
    high = min((tick for tick in ticks if tick >= high and tick > low), default=ticks[-1])
    return low, high


def ticks(low, high):
    """The times at which the axis has a word."""
    return [
        step * 10**power
        for power in range(-1, 7) for step in _TICKS
        if low <= step * 10**power <= high
    ]  # fmt: skip


def spoken(time):
    """A time in few characters: "200 ms", "1.5 s"."""
    return f"{round(time / 1000, 1):g} s" if time >= 1000 else f"{round(time, 1):g} ms"


def _axes(place, axis):
    small = style.SIZES["small"]
    for tick in ticks(place.low, place.high):
        x = place.x(tick)
        yield Poly(((x, TOP), (x, LOW)), stroke="faint", width=1)
        yield Text(x, LOW + 15, spoken(tick), small, "muted", "middle")
    for percent in (0, 25, 50, 75, 100):
        y = place.y(percent / 100)
        yield Poly(((LEFT, y), (RIGHT, y)), stroke="faint", width=1)
        yield Text(LEFT - 6, y, f"{percent} %", small, "muted", "end")
    yield Poly(((LEFT, LOW), (RIGHT, LOW)), stroke="line", width=1)
    yield Text((LEFT + RIGHT) / 2, LOW + 36, axis, small, anchor="middle")
    yield Text(16, TOP - 14, SHARE, small)


def _stairs(place, line):
    path, y = [], LOW
    for time, share in line:
        x = place.x(time)
        path += [(x, y), (x, place.y(share))]
        y = place.y(share)
    return path or [(LEFT, LOW)]


def _halfway(place, line, share):
    """Where a curve first reaches `share` of its own end; on the axis if it has no points."""
    if not line:
        return (LEFT + RIGHT) / 2, LOW
    goal = share * line[-1][1]
    time, _ = next(point for point in line if point[1] >= goal)
    return place.x(time), place.y(goal)


def _number(number, x, y, colour, said):
    ink = style.ink_on(colour)
    return Mark("number", str(number), said, x, y, (
        Circle(x, y, 8.5, colour, "card", 1.5),
        Text(x, y, str(number), style.SIZES["small"], ink, "middle", True),
    ))  # fmt: skip


def _known(number, x, y, said):
    """A point that others have measured, with the number of its curve; "n" in the legend."""
    colour = "ink" if number == "n" else LOOKS[number - 1][0]
    diamond = ((x, y - 11), (x + 11, y), (x, y + 11), (x - 11, y))
    words = Text(x, y, str(number), style.SIZES["small"], "ink", "middle", True)
    return Mark("known", said, said, x, y, (Poly(diamond, True, "card", colour, 2), words))


def _legend(curves, source):
    y, marks = TOP + 6, []
    for number, curve in enumerate(curves, 1):
        colour, dash = LOOKS[number - 1]
        x = LEGEND + 8
        marks.append(_number(number, x, y, colour, ""))
        marks.append(Mark("legend", curve.label, "", x, y, (
            Poly(((x + 14, y), (x + 32, y)), stroke=colour, width=2, dash=dash),
            Text(x + 38, y, curve.label, style.SIZES["note"], bold=True),
            Text(x + 38, y + 15, curve.note, style.SIZES["small"], "muted"),
        )))  # fmt: skip
        y += 40
    if any(curve.known for curve in curves):
        x = LEGEND + 8
        marks.append(_known("n", x, y, ""))
        lines = wrap(_whose(source), style.SIZES["small"], style.WIDTH - x - 26)
        marks.append(Mark("legend", source, "", x, y, tuple(
            Text(x + 16, y + 14 * at, line, style.SIZES["small"], "muted")
            for at, line in enumerate(lines)
        )))  # fmt: skip
        y += 14 * (len(lines) - 1)
    wide, tall = style.WIDTH - LEGEND - 2, y + 34 - TOP
    box = Rect(LEGEND - 10, TOP - 14, wide, tall, "panel", None, round=6)
    return [Mark("panel", "", "", LEGEND, TOP, (box,)), *marks]


def _whose(source):
    return f"{source}, for curve n"


def chart(curves, title, axis, words, source, theme="light"):
    """The same as Plotly's plain values, with a logarithmic axis of its own."""
    colours = plotly.colours_of(theme)
    low, high = span(curves)
    traces = []
    for number, curve in enumerate(curves, 1):
        colour, dash = LOOKS[number - 1]
        line = points(curve.times)
        xs, ys = [t for t, _ in line], [round(100 * share, 2) for _, share in line]
        traces.append({
            "type": "scatter", "mode": "lines", "name": f"{number}  {curve.label}: {curve.note}",
            "x": _packed([low, *xs, high]), "y": _packed([0, *ys, ys[-1] if ys else 0]),
            "line": {"color": colour, "width": 2, "shape": "hv",
                     "dash": "dash" if dash == "dashed" else dash},
            "hovertemplate": f"{curve.label}: %{{y:.1f}} % within %{{x:,.0f}} ms<extra></extra>",
        })  # fmt: skip
    traces.append(_numbers(curves, colours, (low * high) ** 0.5))
    known = [(at, *point) for at, curve in enumerate(curves) for point in curve.known]
    if known:
        traces.append({
            "type": "scatter", "mode": "markers+text", "name": _whose(source),
            "x": [time for _, time, _, _ in known], "y": [100 * part for _, _, part, _ in known],
            "hovertext": [said for *_, said in known], "hoverinfo": "text",
            "text": [f"<b>{at + 1}</b>" for at, *_ in known], "textposition": "middle center",
            "textfont": {"size": style.SIZES["small"], "color": [
                colours["ink"] if theme == "dark" else LOOKS[at][0] for at, *_ in known]},
            "cliponaxis": False,
            "marker": {"symbol": "diamond", "size": 21, "color": colours["card"], "opacity": 1,
                       "line": {"color": [LOOKS[at][0] for at, *_ in known], "width": 2}},
        })  # fmt: skip
    return {
        "data": traces, "layout": _layout(colours, theme, title, axis, low, high),
        "config": {"displayModeBar": False},
    }  # fmt: skip


def _packed(numbers):
    """Numbers as Plotly takes them in a few characters; in a notebook each would fill a line."""
    raw = struct.pack(f"<{len(numbers)}f", *numbers)
    return {"dtype": "f4", "bdata": b64encode(raw).decode()}


def _numbers(curves, colours, middle):
    """The curves' numbers, standing on them as in the static picture; the number of one that has
    no point stands on the axis, in the middle."""
    spots = []
    for number, curve in enumerate(curves):
        line = points(curve.times)
        goal = _PLACES[number] * (line[-1][1] if line else 0)
        spots.append(next(((t, share) for t, share in line if share >= goal), (middle, 0)))
    return {
        "type": "scatter", "mode": "markers+text", "showlegend": False, "hoverinfo": "skip",
        "x": [time for time, _ in spots], "y": [round(100 * share, 2) for _, share in spots],
        "text": [f"<b>{at}</b>" for at in range(1, len(spots) + 1)],
        "textposition": "middle center", "cliponaxis": False,
        "textfont": {"size": style.SIZES["small"],
                     "color": [style.ink_on(colour) for colour, _ in LOOKS[: len(spots)]]},
        "marker": {"size": 17, "color": [colour for colour, _ in LOOKS[: len(spots)]],
                   "opacity": 1,
                   "line": {"color": colours["card"], "width": 1.5}},
    }  # fmt: skip


def _layout(colours, theme, title, axis, low, high):
    line = {"gridcolor": colours["faint"], "linecolor": colours["line"], "zeroline": False}
    steps = ticks(low, high)
    return {
        "width": style.WIDTH, "height": 520,
        "margin": {"l": 74, "r": 16, "t": 46, "b": 190},
        "paper_bgcolor": plotly.ground(theme), "plot_bgcolor": plotly.ground(theme),
        "font": {"family": style.FONT, "color": colours["ink"], "size": style.SIZES["note"]},
        "title": {"text": f"<b>{title}</b>", "x": 0.02, "font": {"size": style.SIZES["title"]}},
        "xaxis": {**line, "type": "log", "range": [log10(low), log10(high)],
                  "title": {"text": axis}, "tickvals": steps, "ticktext": list(map(spoken, steps))},
        "yaxis": {**line, "range": [-1, 104], "tickvals": [0, 25, 50, 75, 100],
                  "ticktext": [f"{percent} %" for percent in (0, 25, 50, 75, 100)],
                  "title": {"text": SHARE}},
        "legend": {"orientation": "h", "x": 0, "y": -0.22, "yanchor": "top", "entrywidth": 300,
                   "font": {"size": style.SIZES["note"]}},
        "hovermode": "closest", "template": {},
        "hoverlabel": plotly.hover(theme),
    }  # fmt: skip

"""A scene as a Plotly figure: small, deterministic JSON, with words under the pointer.

One unit of the axes is one pixel of the scene, so that the figure and the static picture look
alike. Shapes of one look become one trace; the words of all marks become one more, invisible.
plotly itself is not needed to make the JSON and is never inlined.

A figure cannot know whether its page is light or dark, so it has no ground of its own and colours
that both bear (`style.EITHER`). JupyterLab adds a picture of it on saving, as wide as the cell
and not as the figure, and shows that when the notebook is opened again: hence the fixed scale.
"""

from math import ceil

from . import style
from .scene import Arc, Circle, Curve, Poly, Rect, Scene, Text, along, around, wrap

_SOLID = {"solid": "solid", "dashed": "dash", "dotted": "dot"}


def colours_of(theme):
    """The colours of a figure: those for either page, or the dark ones if it is to be dark."""
    return style.THEMES["dark"] if theme == "dark" else style.EITHER


def ground(theme):
    """What a figure lies on: a dark card, or the page itself."""
    return style.THEMES["dark"]["card"] if theme == "dark" else "rgba(0,0,0,0)"


def hover(theme):
    """The look of the words under the pointer, which always bring a ground."""
    own = style.THEMES["dark" if theme == "dark" else "light"]
    return {
        "bgcolor": own["panel"], "bordercolor": own["line"], "align": "left",
        "font": {"color": own["ink"], "size": style.SIZES["note"]},
    }  # fmt: skip


def figure(scene, theme="light"):
    """The figure as plain values: {"data": [traces], "layout": …, "config": …}."""
    colours = colours_of(theme)
    traces, kinds = {}, {}
    for mark in scene.marks:
        kinds.setdefault(mark.kind, len(kinds))
        for depth, shape in enumerate(mark.shapes):
            kind, place = _TRACES[type(shape)]
            look = kind(shape, colours)
            key = (mark.kind, str(sorted(look.items(), key=str)))
            trace = traces.setdefault(key, [kinds[mark.kind], depth, look, []])
            trace[1] = min(trace[1], depth)
            trace[3].append(place(shape))
    # Kinds lie on each other as in the scene; within a kind, what each mark draws first is
    # below: all outlines, then all words on them.
    ordered = sorted(traces.values(), key=lambda trace: trace[:2])
    data = [_trace(look, parts) for _, _, look, parts in ordered]
    data.append(_words(scene, colours))
    return {
        "data": data,
        "layout": _layout(scene, colours, theme),
        "config": {"displayModeBar": False},
    }


def scene_of(graph, frame):
    """The scene that a networkx graph holds: its edges' marks, its nodes', then the frame's.

    Each edge and node carries the marks that stand for it as `marks`; `frame` lends size,
    words, and the marks that belong to no node or edge, such as the legend.
    """
    own = [mark for _, _, held in graph.edges(data="marks") for mark in held or ()]
    own += [mark for _, held in graph.nodes(data="marks") for mark in held or ()]
    known = set(map(id, own))
    order = {id(mark): at for at, mark in enumerate(frame.marks)}
    marks = own + [mark for mark in frame.marks if id(mark) not in known]
    marks.sort(key=lambda mark: order.get(id(mark), 0))
    return Scene(frame.width, frame.height, frame.title, frame.words, tuple(marks))


# -- shapes: the look of a trace, and the place of one shape in it ------------------------


def _line(s, colours):
    look = {"mode": "lines", "line": {"width": 0}}
    if s.stroke:
        look["line"] = {"color": colours.get(s.stroke, s.stroke), "width": round(s.width, 1)}
        dash = _SOLID[getattr(s, "dash", "solid")]
        if dash != "solid":
            look["line"]["dash"] = dash
    if getattr(s, "fill", None):
        look["fill"] = "toself"
        look["fillcolor"] = colours.get(s.fill, s.fill)
    return look


def _poly(s):
    return (*s.points, s.points[0]) if s.closed else s.points


def _rect(s):
    x, y, right, low = s.x, s.y, s.x + s.w, s.y + s.h
    return ((x, y), (right, y), (right, low), (x, low), (x, y))


def _bent(s, colours):
    """A line that Plotly rounds between its points, so that a few are enough."""
    look = _line(s, colours)
    return {**look, "line": {**look["line"], "shape": "spline"}}


def _arc(s):
    pieces = max(2, ceil((s.end - s.start) * s.r / 8))
    turn = (s.end - s.start) / pieces
    return tuple(around(s.x, s.y, s.r, s.start + i * turn) for i in range(pieces + 1))


def _curve(s):
    ends = ((s.x0, s.y0), (s.cx, s.cy), (s.x1, s.y1))
    return tuple(along(ends, i / 8) for i in range(9))


def _dot(s, colours):
    line = _line(s, colours)["line"]
    if line.get("dash"):  # markers have no dashes: a line does
        return _bent(s, colours)
    fill = colours.get(s.fill, s.fill) if s.fill else "rgba(0,0,0,0)"
    marker = {"color": fill, "size": round(2 * s.r, 1), "opacity": 1, "line": line}
    return {"mode": "markers", "marker": marker}


def _dot_place(s):
    if s.stroke and s.dash != "solid":
        return tuple(around(s.x, s.y, s.r, i * 0.2618) for i in range(25))
    return ((s.x, s.y),)


_ANCHORS = {"start": "middle right", "middle": "middle center", "end": "middle left"}


def _label(s, colours):
    font = {"color": colours.get(s.fill, s.fill), "size": s.size}
    return {"mode": "text", "textposition": _ANCHORS[s.anchor], "textfont": font}


def _label_place(s):
    text = s.text.replace("&", "&amp;").replace("<", "&lt;")
    # Plotly keeps 3 px between a place and the words beside it.
    x = s.x + {"start": -3, "middle": 0, "end": 3}[s.anchor]
    return ((x, s.y), f"<b>{text}</b>" if s.bold else text)


_TRACES = {
    Circle: (_dot, _dot_place),
    Rect: (_line, _rect),
    Poly: (_line, _poly),
    Arc: (_bent, _arc),
    Curve: (_bent, _curve),
    Text: (_label, _label_place),
}


def _trace(look, parts):
    trace = {"type": "scatter", "hoverinfo": "skip", "showlegend": False, **look}
    if look["mode"] == "text":
        trace["text"] = [text for _, text in parts]
        points = [place for place, _ in parts]
    else:
        points = []
        for part in parts:
            if points and look["mode"] == "lines":
                points.append((None, None))  # lift the pen
            points += part
    trace["x"] = [_rounded(x) for x, _ in points]
    trace["y"] = [_rounded(y) for _, y in points]
    return trace


def _words(scene, colours):
    """One invisible marker on every mark that has something to say."""
    told = [mark for mark in scene.marks if mark.title]
    return {
        "type": "scatter", "mode": "markers", "showlegend": False, "hoverinfo": "text",
        "x": [_rounded(mark.x) for mark in told], "y": [_rounded(mark.y) for mark in told],
        "hovertext": [_folded(mark.title) for mark in told],
        "marker": {"size": 18, "opacity": 0, "color": colours["card"]},
    }  # fmt: skip


def _folded(text):
    """Words for a tooltip: lines of at most about sixty characters."""
    lines = [line for part in text.split("\n") for line in wrap(part, 10, 350)]
    return "<br>".join(line.replace("&", "&amp;").replace("<", "&lt;") for line in lines)


def _rounded(length):
    if length is None:
        return None
    length = round(length, 1)
    return int(length) if length == int(length) else length


def _layout(scene, colours, theme):
    """The small template: a bare card, nothing of Plotly's default one (6.4 kB a figure)."""
    axis = {"visible": False, "fixedrange": False, "showgrid": False, "zeroline": False,
            "constrain": "domain"}  # fmt: skip
    return {
        "width": scene.width,
        "height": scene.height,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": ground(theme),
        "plot_bgcolor": ground(theme),
        "font": {"family": style.FONT, "color": colours["ink"], "size": style.SIZES["note"]},
        "xaxis": {**axis, "range": [0, scene.width], "constraintoward": "left"},
        "yaxis": {**axis, "range": [scene.height, 0], "constraintoward": "top",
                  "scaleanchor": "x"},
        "shapes": [_edge(scene, colours)],
        "dragmode": "zoom",
        "hovermode": "closest",
        "hoverlabel": hover(theme),
        "showlegend": False,
        "template": {},
    }  # fmt: skip


def _edge(scene, colours, r=8):
    """The frame of the static picture, with its round corners."""
    low, right, bottom = 0.5, scene.width - 0.5, scene.height - 0.5
    path = (
        f"M{r},{low}L{right - r},{low}Q{right},{low} {right},{r}L{right},{bottom - r}"
        f"Q{right},{bottom} {right - r},{bottom}L{r},{bottom}Q{low},{bottom} {low},{bottom - r}"
        f"L{low},{r}Q{low},{low} {r},{low}Z"
    )
    return {"type": "path", "path": path, "line": {"color": colours["edge"], "width": 1},
            "layer": "below"}  # fmt: skip

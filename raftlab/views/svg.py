"""A scene as SVG text: small, accessible, the same bytes every time.

Colours are written out, not inherited, and the picture brings its own card: shown as an
`<img>` it cannot see the page's CSS, and the theme of JupyterLab is not that of the system.
"""

from math import pi
from xml.sax.saxutils import escape

from . import style
from .scene import Arc, Circle, Curve, Poly, Rect, Text, around


def render(scene, theme="light", words=True):
    """The SVG document of `scene` in a theme ("light" or "dark").

    `words=False` leaves out titles and descriptions, which nobody can reach in an `<img>`: its
    alternative text stands for them.
    """
    colours = style.THEMES[theme]
    inside = "".join(_mark(mark, colours, words) for mark in scene.marks)
    told = (
        f'<title id="t">{escape(scene.title)}</title><desc id="d">{escape(scene.words)}</desc>'
        if words else ""
    )  # fmt: skip
    labelled = ' role="img" aria-labelledby="t d"' if words else ""
    size = f'width="{scene.width}" height="{scene.height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {scene.width} {scene.height}"{labelled} '
        f'font-family="{escape(style.FONT, _QUOTE)}">'
        f'{told}<rect x=".5" y=".5" width="{scene.width - 1}" height="{scene.height - 1}" rx="8" '
        f'fill="{colours["card"]}" stroke="{colours["edge"]}"/>{inside}</svg>'
    )


_QUOTE = {'"': "&quot;"}


def _mark(mark, colours, words):
    shapes = "".join(_DRAW[type(shape)](shape, colours) for shape in mark.shapes)
    if not words:
        return shapes
    title = f"<title>{escape(mark.title)}</title>" if mark.title else ""
    return f'<g class="{escape(mark.kind, _QUOTE)}">{title}{shapes}</g>' if shapes else ""


def number(length):
    """A length with at most one digit behind the point."""
    text = f"{length:.1f}"
    text = text[:-2] if text.endswith(".0") else text
    return "0" if text == "-0" else text


def colour(name, colours):
    return colours.get(name, name)


def _look(shape, colours, fill=True):
    parts = []
    if fill:
        parts.append(f'fill="{colour(shape.fill, colours) if shape.fill else "none"}"')
    else:
        parts.append('fill="none"')
    if shape.stroke:
        parts.append(f'stroke="{colour(shape.stroke, colours)}"')
        if shape.width != 1:
            parts.append(f'stroke-width="{number(shape.width)}"')
        dash = style.DASHES[getattr(shape, "dash", "solid")]
        if dash:
            parts.append(f'stroke-dasharray="{dash}"')
    return " ".join(parts)


def _circle(s, colours):
    return f'<circle cx="{number(s.x)}" cy="{number(s.y)}" r="{number(s.r)}" {_look(s, colours)}/>'


def _rect(s, colours):
    corner = f' rx="{number(s.round)}"' if s.round else ""
    return (
        f'<rect x="{number(s.x)}" y="{number(s.y)}" width="{number(s.w)}" '
        f'height="{number(s.h)}"{corner} {_look(s, colours)}/>'
    )


def _poly(s, colours):
    points = " ".join(f"{number(x)},{number(y)}" for x, y in s.points)
    cap = ' stroke-linecap="round"' if not s.closed and s.dash == "solid" else ""
    join = ' stroke-linejoin="round"' if s.closed else ""
    name = "polygon" if s.closed else "polyline"
    return f'<{name} points="{points}" {_look(s, colours)}{cap}{join}/>'


def _arc(s, colours):
    (x0, y0), (x1, y1) = around(s.x, s.y, s.r, s.start), around(s.x, s.y, s.r, s.end)
    large = int(s.end - s.start > pi)
    r = number(s.r)
    d = f"M{number(x0)} {number(y0)}A{r} {r} 0 {large} 1 {number(x1)} {number(y1)}"
    return f'<path d="{d}" {_look(s, colours, False)}/>'


def _curve(s, colours):
    ends = [number(v) for v in (s.x0, s.y0, s.cx, s.cy, s.x1, s.y1)]
    d = f"M{ends[0]} {ends[1]}Q{' '.join(ends[2:])}"
    return f'<path d="{d}" {_look(s, colours, False)}/>'


def _text(s, colours):
    parts = [f'x="{number(s.x)}" y="{number(s.y + 0.36 * s.size)}" font-size="{number(s.size)}"']
    parts.append(f'fill="{colour(s.fill, colours)}"')
    if s.anchor != "start":
        parts.append(f'text-anchor="{s.anchor}"')
    if s.bold:
        parts.append('font-weight="600"')
    if s.halo:
        parts.append(
            f'stroke="{colours["card"]}" stroke-width="3" paint-order="stroke" '
            'stroke-linejoin="round"'
        )
    return f"<text {' '.join(parts)}>{escape(s.text)}</text>"


_DRAW = {Circle: _circle, Rect: _rect, Poly: _poly, Arc: _arc, Curve: _curve, Text: _text}

"""A scene as SVG text: small, accessible, the same bytes every time.

Colours are written out, not inherited, and the picture brings its own card: shown as an
`<img>` it cannot see the page's CSS. It can know one thing of its page: `prefers-color-scheme`
inside an `<img>` answers with the `color-scheme` of the `<img>` (Media Queries 5), which
JupyterLab and Notebook set by their theme. A page that sets none lets the system decide.
"""

from math import pi
from xml.sax.saxutils import escape

from . import style
from .scene import Arc, Circle, Curve, Poly, Rect, Text, around


def render(scene, theme="light", words=True, adapts=False):
    """The SVG document of `scene` in a theme ("light" or "dark").

    `words=False` leaves out titles and descriptions, which nobody can reach in an `<img>`: its
    alternative text stands for them. With `adapts` the picture is dark on a page that is.
    """
    colours = style.THEMES[theme]
    inside = "".join(_mark(mark, colours, words) for mark in scene.marks)
    told = (
        f'<title id="t">{escape(scene.title)}</title><desc id="d">{escape(scene.words)}</desc>'
        if words else ""
    )  # fmt: skip
    labelled = ' role="img" aria-labelledby="t d"' if words else ""
    size = f'width="{scene.width}" height="{scene.height}"'
    card = (
        f'<rect x=".5" y=".5" width="{scene.width - 1}" height="{scene.height - 1}" rx="8" '
        f'fill="{colours["card"]}" stroke="{colours["edge"]}"/>'
    )
    drawn = card + inside
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {scene.width} {scene.height}"{labelled} '
        f'font-family="{escape(style.FONT, _QUOTE)}">'
        f"{told}{_dark(drawn, colours) if adapts else ''}{drawn}</svg>"
    )


def _dark(drawn, colours):
    """A style sheet that says for each colour of a theme in `drawn` what it is on a dark page.

    The attributes stay as they are, for whatever reads SVG without its style sheets.
    """
    pairs = {light: style.THEMES["dark"][name] for name, light in colours.items()}
    rules = "".join(
        f'[{kind}="{light}"]{{{kind}:{dark}}}'
        for light, dark in pairs.items()
        for kind in ("fill", "stroke")
        if f'{kind}="{light}"' in drawn
    )
    return f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"


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
    """The colour of a name. One that is no name is the same in every theme, such as words on a
    term's colour: in capitals, so that `_dark` leaves white words white and turns the card."""
    return colours.get(name) or name.upper()


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

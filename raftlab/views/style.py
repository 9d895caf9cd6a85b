"""Every colour, glyph, size and font of every picture, and where servers stand on the ring.

Plain constants and tiny pure functions, so that three renderers (static SVG, Plotly, the live
stage in the browser) cannot disagree. What the signs mean is the same everywhere and never rests
on colour alone:

term = colour *and* the printed number; role = shape; committed = solid, uncommitted = dashed;
crashed = grey with a cross; paused = two bars; lost = an ×.

Lengths are in pixels of a picture at its own size; angles in radians, 0 at the right,
growing clockwise because y grows downwards.
"""

from math import cos, pi, sin, tau

WIDTH = 680  # a JupyterLab cell in a 1280-pixel window leaves a little more than 700

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
SIZES = {"title": 15, "label": 13, "note": 12, "small": 11, "tiny": 10}

# Two themes, one vocabulary. `ink` and `muted` are for words (AA: 4.5 to 1 on card and panel),
# `line` for shapes that carry meaning (3 to 1), `faint` for decoration only.
THEMES = {
    "light": {
        "card": "#ffffff",
        "edge": "#d0d7de",
        "panel": "#f3f5f8",
        "ink": "#1c2128",
        "muted": "#545d68",
        "line": "#818b98",
        "faint": "#d5dbe2",
        "down": "#dfe3e8",
        "downink": "#4b535d",
        "lost": "#b3261e",
        "commit": "#1c2128",
        "focus": "#0b57d0",
    },
    "dark": {
        "card": "#15191f",
        "edge": "#3a434e",
        "panel": "#1f252d",
        "ink": "#e8edf2",
        "muted": "#a9b3be",
        "line": "#7d8794",
        "faint": "#39424d",
        "down": "#343c46",
        "downink": "#b4bdc7",
        "lost": "#ff9289",
        "commit": "#e8edf2",
        "focus": "#8ab4ff",
    },
}

# For an interactive figure, which cannot know its page: no card of its own, and lines and words
# that a white page and a dark one bear alike (4 to 1 on both; more than 4.6 is impossible).
# Shapes that must hide what lies below stay light, as the colours of terms do.
EITHER = {
    "card": "#ffffff",
    "edge": "rgba(125,133,143,0.55)",
    "panel": "rgba(125,133,143,0.13)",
    "ink": "#737982",
    "muted": "#737982",
    "line": "#868e98",
    "faint": "rgba(125,133,143,0.4)",
    "down": "#a9b1ba",
    "downink": "#10141a",
    "lost": "#d64a40",
    "commit": "#737982",
    "focus": "#3d7be0",
}

# The colours of terms 1, 2, 3 …, then from the start again: the palette of Okabe and Ito, made
# for all common colour-vision deficiencies, without its purple (which is the green's twin for
# some), in the order that keeps neighbours farthest apart. The same in both themes; the outline
# in `ink` sets each off from the card.
TERM_COLOURS = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#0072b2", "#d55e00")
TERM_INK = {"dark": "#10141a", "light": "#ffffff"}  # words on a term's colour

# Stroke patterns, as SVG's stroke-dasharray has them.
DASHES = {"solid": "", "dashed": "4 3", "dotted": "1.5 3"}

# The outline of a server by role, in units of the server's radius: an unknown role is a circle.
ROLE_SHAPES = {
    "follower": "circle",
    "candidate": "diamond",
    "leader": "star",
    "client": "square",
    # beside the servers: who holds a lease of the cluster, and who does what it says
    "holder": "hexagon",
    "primary": "hexagon",
    "scheduler": "hexagon",
    "store": "square",
    "copy": "square",
    "worker": "square",
    "watcher": "square",
    "sentinel": "square",
}


def _star(points, outer, inner):
    return [
        [round((inner if i % 2 else outer) * f(pi * i / points - pi / 2), 4) for f in (cos, sin)]
        for i in range(2 * points)
    ]


REACH = 1.25  # how far an outline sticks out, in units of the radius; the timer runs outside it

# Outlines as polygons in units of the radius; None is a circle of radius 1. Each leaves room
# for two lines of text in the middle.
SHAPES = {
    "circle": None,
    "diamond": [[0, -REACH], [REACH, 0], [0, REACH], [-REACH, 0]],
    "star": _star(8, REACH, 0.98),
    "square": [[-0.95, -0.8], [0.95, -0.8], [0.95, 0.8], [-0.95, 0.8]],
    "hexagon": [[-1.2, 0], [-0.7, -1], [0.7, -1], [1.2, 0], [0.7, 1], [-0.7, 1]],
}

_TICK = [[-0.45, 0.05], [-0.1, 0.4], [0.5, -0.35]]
_BAR = [[-0.45, 0], [0.45, 0]]
_DIAMOND = [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]]
_SQUARE = [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]
_LETTER = [[-1.15, -0.8], [1.15, -0.8], [1.15, 0.8], [-1.15, 0.8]]
_ROUND = [[round(cos(tau * i / 16), 4), round(sin(tau * i / 16), 4)] for i in range(16)]

# Messages, in units of GLYPH_RADIUS: the outline tells the family (diamond = votes, square =
# log entries, letter = clients, circle = anything else), the sign inside what it says (tick =
# yes, bar = no, rows = entries, box = snapshot). `filled` with the colour of the message's term,
# else hollow. `words` is the legend.
GLYPHS = {
    "vote-request": {"outline": _DIAMOND, "signs": [], "filled": True, "words": "vote request"},
    "vote-yes": {"outline": _DIAMOND, "signs": [_TICK], "filled": True, "words": "vote granted"},
    "vote-no": {"outline": _DIAMOND, "signs": [_BAR], "filled": True, "words": "vote refused"},
    "heartbeat": {
        "outline": [[0.7 * x, 0.7 * y] for x, y in _SQUARE],
        "signs": [], "filled": True, "words": "heartbeat",
    },
    "entries": {
        "outline": _SQUARE,
        "signs": [[[-0.5, y], [0.5, y]] for y in (-0.4, 0, 0.4)],
        "filled": True, "words": "log entries",
    },
    "snapshot": {
        "outline": _SQUARE,
        "signs": [[[0.45 * x, 0.45 * y] for x, y in (*_SQUARE, _SQUARE[0])]],
        "filled": True, "words": "snapshot",
    },
    "ack": {"outline": _SQUARE, "signs": [_TICK], "filled": True, "words": "log matches"},
    "nack": {"outline": _SQUARE, "signs": [_BAR], "filled": True, "words": "log differs"},
    "request": {
        "outline": _LETTER,
        "signs": [[[-1.15, -0.8], [0, 0.2], [1.15, -0.8]]],
        "filled": False, "words": "client request",
    },
    "answer": {"outline": _LETTER, "signs": [_TICK], "filled": False, "words": "answer to client"},
    "refusal": {"outline": _LETTER, "signs": [_BAR], "filled": False, "words": "redirect"},
    "message": {"outline": _ROUND, "signs": [], "filled": True, "words": "message"},
}  # fmt: skip
GLYPH_RADIUS = 7
CROSS = [[[-0.7, -0.7], [0.7, 0.7]], [[-0.7, 0.7], [0.7, -0.7]]]  # crashed, lost
BARS = [[[-0.3, -0.5], [-0.3, 0.5]], [[0.3, -0.5], [0.3, 0.5]]]  # paused

# A link bends by this share of its length, to the right of its direction, so that what goes
# S1→S2 never lies on what goes S2→S1.
BEND = 0.1

# Round a server, measured from REACH * radius outwards: the arc of its timer, which starts at
# twelve o'clock and shrinks to it, and a candidate's vote slots, one for each server, side by
# side (`VOTE_STEP` apart) about the direction away from the ring's middle.
TIMER_GAP, TIMER_WIDTH = 5, 4
VOTE_GAP, VOTE_RADIUS, VOTE_STEP = 13, 3.2, 8.5


def term_colour(term):
    """The colour of a term: a hex colour, or None for term 0 and no term (drawn hollow)."""
    return TERM_COLOURS[(term - 1) % len(TERM_COLOURS)] if term else None


def ink_on(fill):
    """The colour for words on `fill`, whichever contrasts more."""
    return max(TERM_INK.values(), key=lambda ink: contrast(ink, fill))


def contrast(one, other):
    """The contrast ratio of two hex colours as WCAG 2 defines it: 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def ring_layout(count):
    """Where `count` servers stand on a circle of radius 1: the first on top, then clockwise."""
    if count == 1:
        return [(0.0, 0.0)]
    turns = [tau * i / count - pi / 2 for i in range(count)]
    return [(round(cos(turn), 6), round(sin(turn), 6)) for turn in turns]


def ring_sizes(count, clients=0, aside=0):
    """The ring picture for `count` servers, in pixels.

    `radius` of the ring, `node` the radius of a server, `x` and `y` the ring's middle,
    `width` and `height` of the whole, `glyph` the radius of a message; `text` and `subtext`
    are font sizes inside a server. Clients stand in a column left of the ring, at `client`, every
    other one `aside` of it; the legend begins at `legend`.
    """
    fits = [row for row in _RING if count <= row[0]]
    _, radius, node, text, subtext, glyph = fits[0] if fits else _RING[-1]
    if not fits:  # beyond what is promised: let the ring grow with its servers
        radius = round(count * 64 / tau)
    reach = round(radius + REACH * node + VOTE_GAP + 5)
    left = 62 + aside if clients else 8
    return {
        "radius": radius, "node": node, "text": text, "subtext": subtext, "glyph": glyph,
        "x": left + reach, "y": HEADER + reach, "client": 34, "aside": aside,
        "legend": left + 2 * reach + 14,
        "width": left + 2 * reach + 160, "height": HEADER + max(2 * reach, 300) + 8,
    }  # fmt: skip


HEADER = 50  # room for a headline and a line below it

# servers up to, ring radius, server radius, id size, term size, message radius
_RING = (
    (1, 60, 34, 16, 11, 7),
    (5, 135, 30, 15, 11, 7),
    (7, 150, 28, 14, 10.5, 7),
    (9, 165, 26, 14, 10, 6.5),
    (13, 185, 21, 12, 9, 6),
    (20, 200, 17, 11, 9, 5),
)


def text_width(text, size, bold=False):
    """Roughly how wide `text` is in pixels: no renderer is asked, so it is a safe guess."""
    return round(len(str(text)) * size * (0.7 if bold else 0.61), 1)


SMALLEST = 8.5  # px to which words shrink that are too long for an outline
INSIDE = 1.6  # how wide these may be, in units of its radius


def fitting_size(text, size, width):
    """`size`, or the smaller one at which `text` is `width` pixels wide, if that can be read."""
    fits = size * width / (text_width(text, size) or 1)
    return round(min(size, max(SMALLEST, fits)), 1)

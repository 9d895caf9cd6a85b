"""The live stage as a widget: one track goes to the browser, which keeps the clock.

This file knows no cluster and decides nothing: `lab.py` answers what the stage asks. Playing,
scrubbing and stepping happen in the browser alone. What a person does arrives in the trait
`asks`, not as a message, because trait changes are handled even while a cell runs and button
clicks are not.
"""

import json
import re
import zlib
from functools import cache
from pathlib import Path
from uuid import uuid4

import anywidget
import traitlets
from ipywidgets import widget_serialization

from ..views import style, text
from ..views.ring import places, sizes_of

_HERE = Path(__file__).parent / "front"
# In this order: each file may use what stands before it. The panes come in theirs, too.
_SCRIPTS = ("dom", "track", "patience", "player", "effects", "links", "ring", "quorums", "logs",
            "deeds", "next", "lights", "scrub", "ask", "menu", "letters", "keys", "shelf", "acts",
            "explain", "tour", "tabs", "legend", "feed", "values", "diagram", "weave", "spacetime",
            "histories", "compare", "changes", "picture", "keep", "stage")  # fmt: skip
_STYLES = ("stage", "scrub", "ring", "quorums", "logs", "values", "story", "lights", "menu",
           "shelf", "explain", "tour", "tabs", "spacetime", "compare", "histories",
           "keep", "contrast")  # fmt: skip
_WIDEST = 372  # pixels of a ring of up to 9 servers: beside it the logs must have room
_DARK = ('[data-jp-theme-light="false"]', ".vscode-dark", "html[theme=dark]")


def script():
    """The stage's JavaScript as one module."""
    return "\n".join(map(bare_script, _SCRIPTS))


def bare_script(name):
    """A script of the folder without its comments and indentation."""
    lines = []
    for line in _read(f"{name}.js").splitlines():
        line = re.sub(r"(^|\s)// .*", "", line).strip()
        if line:
            lines.append(line)
    return "\n".join(lines)


def styles():
    """The stage's CSS: the colours of `views.style` as variables, then the files of the folder."""
    light, dark = (_variables(style.THEMES[name]) for name in ("light", "dark"))
    fonts = f"--rl-font: {style.FONT}; --rl-mono: {style.MONO};"
    terms = "".join(f"--rl-term{at}: {c};" for at, c in enumerate(style.TERM_COLOURS, 1))
    green = style.TERM_COLOURS[2]
    good = f"--rl-good: {green}; --rl-on-good: {style.ink_on(green)};"
    made = [f".raftlab-stage {{ {light} {fonts} {terms} {good} }}"]
    made.append(f":is({', '.join(_DARK)}) .raftlab-stage {{ {dark} }}")
    made.append(".rl-term0 { --rl-fill: var(--rl-card); --rl-on: var(--rl-ink); }")
    made.append(".rl-down { --rl-fill: var(--rl-down); --rl-on: var(--rl-downink); }")
    for at, colour in enumerate(style.TERM_COLOURS, 1):
        made.append(f".rl-term{at} {{ --rl-fill: {colour}; --rl-on: {style.ink_on(colour)}; }}")
    made += [_read(f"{name}.css") for name in _STYLES]
    return _bare("\n".join(made))


def bare_styles(name):
    """A style sheet of the folder without its comments and spaces."""
    return _bare(_read(f"{name}.css"))


def _bare(styles):
    bare = re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL)
    return re.sub(r"\s*([{};])\s*", r"\1", bare)


def _read(name):
    return (_HERE / name).read_text(encoding="utf-8")


def _variables(theme):
    return " ".join(f"--rl-{name}: {colour};" for name, colour in theme.items())


def looks(state):
    """Shapes, sizes and places of the ring for this cluster, as the browser needs them."""
    config = state.config
    sizes = sizes_of(state)
    found = places(state, sizes)
    x, y = sizes["x"], sizes["y"]
    reach = style.REACH * sizes["node"] + style.VOTE_GAP + 7
    left, right = (f(place[0] for place in found.values()) for f in (min, max))
    low, high = (f(place[1] for place in found.values()) for f in (min, max))
    left = left - 26 if config.clients else left - reach
    return {
        "box": [round(left, 1), round(low - reach, 1), round(right + reach - left, 1),
                round(high - low + 2 * reach, 1)],
        "width": _WIDEST if len(config.servers) <= 9 else None,
        "places": [
            [round(side, 2) for side in found[id]] if id in found else None
            for id in (*config.servers, *config.clients)
        ],
        "talk": bool(state.hosts[0].node.company),  # programs beside the servers do
        "middle": [x, y], "radius": sizes["radius"], "node": sizes["node"], "client": 22,
        "text": sizes["text"], "subtext": sizes["subtext"], "glyph": sizes["glyph"],
        "margin": style.REACH * sizes["node"] + style.TIMER_GAP + style.TIMER_WIDTH
        + sizes["glyph"],
        "smallest": style.SMALLEST, "inside": style.INSIDE,
        "bend": style.BEND, "reach": style.REACH, "roles": style.ROLE_SHAPES,
        "shapes": style.SHAPES, "glyphs": style.GLYPHS, "cross": style.CROSS, "bars": style.BARS,
        "timerGap": style.TIMER_GAP, "timerWidth": style.TIMER_WIDTH,
        "voteGap": style.VOTE_GAP, "voteRadius": style.VOTE_RADIUS, "voteStep": style.VOTE_STEP,
    }  # fmt: skip


def signs(state):
    """The kinds of messages that can occur in this cluster, for the legend: by their names, as
    `text.glyph_of` judges them. A node that does not say what it sends sends just messages."""
    sent = {cls.__name__ for host in state.hosts for cls in getattr(host.node, "messages", ())}
    found = {kind for name in sent for kind in _signs_of(name)} or {"message"}
    if state.config.clients:
        found |= {"request", "answer", "refusal"}
    return [kind for kind in style.GLYPHS if kind in found]


def _signs_of(name):
    for part, kinds in _SIGNS.items():
        if part in name:
            return kinds
    return ("message",)


_SIGNS = {
    "Vote": ("vote-request", "vote-yes", "vote-no"),
    "Append": ("heartbeat", "entries", "ack", "nack"),
    "Snapshot": ("snapshot", "ack", "nack"),
}


def shown(state):
    """What else the legend must explain here: the roles that a node can have, and whether its
    servers have terms, election timers and clients."""
    seen = [state.observe(id) for id in state.config.servers]
    beside = []
    for id in state.config.clients:
        beside += [getattr(state[id], "role_in_office", ""), state.observe(id).role]
    elects = any("election_timeout" in host.node.settings for host in state.hosts)
    return {
        "roles": [*_roles(seen), *(r for r in dict.fromkeys(beside) if r and r != "client")],
        "terms": any(one.term is not None for one in seen),
        "elects": elects,
    }


def _roles(seen):
    """What the servers can be; who is one of Raft's three can be any."""
    roles = dict.fromkeys(one.role for one in seen if one.role)
    usual = ("follower", "candidate", "leader")
    return [*usual, *(r for r in roles if r not in usual)] if roles.keys() & usual else [*roles]


def about(state, title, properties):
    """Who is on the stage and what is watched, for a cluster; it does not change."""
    config = state.config
    return {
        "title": title, "servers": list(config.servers), "clients": list(config.clients),
        "nodes": [*config.servers, *config.clients], "properties": properties,
        "signs": signs(state), **shown(state),
        "words": [text.term_word(host.node) for host in state.hosts],
        "company": any(host.node.company for host in state.hosts),
    }  # fmt: skip


def packed(patch):
    """A patch as bytes, which travel as they are; text would be escaped once more."""
    return json.dumps(patch, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def code():
    """Script and style sheet as the browser gets them: deflated, a fifth of their size."""
    both = json.dumps({"script": script(), "styles": styles()}, ensure_ascii=False)
    return zlib.compress(both.encode(), 9)


class _Code(anywidget.AnyWidget):
    """The code as a model of its own: a notebook with five labs gets it once. An anywidget,
    because a plain one loses its bytes when a notebook saves its widgets."""

    _esm = "export default {}"
    packed = traitlets.Bytes().tag(sync=True)


@cache
def _sent():
    return _Code(packed=code())


def _shared():
    if _sent().comm is None:  # somebody has closed all widgets
        _sent.cache_clear()
    return _sent()


class Stage(anywidget.AnyWidget):
    """`track` is everything the browser must know, `patch` what changed since (track.py).

    From the browser: `asks`, a list of {n, do, at, t, …} not yet answered; `rest`, where the
    clock last stood still, as [position, time in ms, how often it rested]. `trouble` is an error
    to show: {"text": sentence, "trace": where it happened}. `answer` is what the ask `n` wanted
    to know: {"n": its number, …}.
    """

    _esm = _read("loader.js")

    code = traitlets.Instance(_Code).tag(sync=True, **widget_serialization)
    key = traitlets.Unicode().tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    look = traitlets.Dict().tag(sync=True)
    track = traitlets.Bytes().tag(sync=True)
    patch = traitlets.Bytes().tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    speed = traitlets.Float(40.0).tag(sync=True)
    # Nobody else listens to these two: sending them back would only delay the answer.
    asks = traitlets.List().tag(sync=True, echo_update=False)
    rest = traitlets.List([0, 0.0, 0]).tag(sync=True, echo_update=False)
    call = traitlets.Int(0).tag(sync=True)
    trouble = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)

    def __init__(self, state, title, properties, whole, **traits):
        self.whole = whole  # gives the present track, for a page that opens later
        super().__init__(
            key=uuid4().hex,
            code=_shared(),
            about=about(state, title, properties),
            look=looks(state),
            **traits,
        )

    def get_state(self, key=None, drop_defaults=False):
        """What a page is told. One that asks for everything gets the present track, not the
        first one with a patch that no longer fits it."""
        state = super().get_state(key, drop_defaults)
        if key is None:
            state["track"], state["patch"] = self.whole(), b""
        return state

"""A run as one page that plays without a kernel: the stage's own code, a track, and the words.

The page asks nothing of any server: what it shows is inside. Whoever has no JavaScript sees a
picture of where the run ended and reads the list of its events.
"""

import json
import zlib
from base64 import b85encode
from html import escape

from ..core import Impossible, Wait
from ..sim import History, headline
from ..views import style
from ..views.ring import ring
from .scenarios import note_of
from .stage import about, bare_script, bare_styles, code, looks
from .titles import properties_of, title_of
from .track import Track

_LISTED = 250  # events in the list of words; of a longer run those that change something
_LONGEST = 2000  # characters of a compact text that the page shows
_SPEED = 40.0
# Only what the page itself holds: a page of somebody else's must not call home.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)


def replay(run, title=None, height=780):
    """The present branch of `run` as a page that plays by itself: a `Replay`.

    It begins at the run's cursor, or, if that is its end, at the boot. One can play, step, scrub
    and look at everything that needs no kernel, in any browser, without a network. `title` is
    the page's (left out: the scenario's, or the cluster's); `height` in pixels is how much room
    it takes in a notebook.
    """
    if not isinstance(run, History):
        raise Impossible(
            f"a replay is of a run, as rl.cluster makes one, not of {type(run).__name__}"
        )
    if type(height) is not int or height < 1:
        raise Impossible(f"height is a number of pixels, not {height!r}")
    if title is None:
        title = run.scenario.title if run.scenario else title_of(run)
    return Replay(_page(run, str(title)), str(title), height)


class Replay:
    """A page: `html` is all of it, `save(path)` writes it, a notebook shows it in a frame.

    Some 110 kB for 500 events, most of it the code of the stage.
    """

    def __init__(self, html, title, height):
        self.html = html
        self.title = title
        self.height = height

    def save(self, path):
        """Write the page to the file `path`, which ends in .html."""
        if not str(path).lower().endswith((".html", ".htm")):
            raise Impossible(f"{path} should end in .html: a replay is a page for a browser")
        try:
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(self.html)
        except OSError as error:
            raise Impossible(f"{path} cannot be written: {error.strerror}") from None

    def _repr_mimebundle_(self, include=None, exclude=None):
        """A frame of its own without access to the notebook; it may run, download and copy."""
        frame = (
            f'<iframe sandbox="allow-scripts allow-downloads" title="{escape(self.title)}" '
            f'allow="clipboard-write" style="width:100%;height:{self.height}px;border:0" '
            f'srcdoc="{escape(self.html)}"></iframe>'
        )
        return {"text/plain": repr(self), "text/html": frame}

    def __repr__(self):
        size = len(self.html.encode()) / 1000
        return f"<replay of {self.title}: {size:.0f} kB; .save('run.html') writes it>"


def _page(run, title):
    light, dark = (style.THEMES[name] for name in ("light", "dark"))
    colours = "".join(f"--{name}:{light[name]};" for name in _USED)
    nights = "".join(f"--{name}:{dark[name]};" for name in _USED)
    fonts = f"--font:{style.FONT};--mono:{style.MONO}"
    css = f":root{{{colours}{fonts}}}:root[theme=dark]{{{nights}}}{bare_styles('replay')}"
    return "\n".join([
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{escape(title)}</title><style>{css}</style></head><body>",
        f"<header><h1>{escape(title)}</h1><label>speed "
        '<input id="speed" type="range" min="0.6" max="3" step="0.05"><span id="pace"></span>'
        '</label><button id="theme" type="button"></button></header>',
        f'<main><div id="stage"></div><div id="still">{ring(run, len(run)).html()}</div></main>',
        _words(run), _keep(run),
        f'<script type="text/plain" id="code">{_letters(code())}</script>',
        f'<script type="text/plain" id="run">{_letters(_packed(run))}</script>',
        f'<script type="module">{bare_script("replay")}</script></body></html>\n',
    ])  # fmt: skip


def _letters(held):
    """Bytes as text for a script element: five letters for four bytes, and no "<" or "&"."""
    return b85encode(held).decode().translate(str.maketrans("<&", ":."))


_USED = ("card", "edge", "panel", "ink", "muted", "focus")


def _packed(run):
    """What a model would hold, and the whole track, deflated."""
    track = Track(run, ahead=0)
    at = run.position if run.position < len(run) else 0
    whole = {
        **track.whole(), "real": len(run), "done": 0, "note": {}, "question": note_of(run),
        "warnings": run.warnings(), "ending": "This is the end of the recording.",
        "cursor": [at, run.steps[at].state.time],
    }  # fmt: skip
    held = {
        "about": {**about(run.state, title_of(run), properties_of(run)), "recording": True},
        "look": looks(run.state), "speed": _SPEED, "track": whole,
    }  # fmt: skip
    return zlib.compress(json.dumps(held, ensure_ascii=False, separators=(",", ":")).encode(), 9)


def _words(run):
    """The events as a list, for those who read or print it."""
    steps = run.steps
    told = [at for at in range(1, len(steps)) if type(steps[at].action) is not Wait]
    if len(told) > _LISTED:
        told = [at for at in told if run.is_interesting(at)]
    left_out = len(told) - _LISTED
    lines = "".join(
        f"<li><span>{steps[at].state.time:.1f}</span>{escape(headline(steps[at].action))}"
        for at in told[-_LISTED:]
    )
    more = f"; {left_out} earlier ones are left out" if left_out > 0 else ""
    return (
        f'<details id="events" open><summary>What happened, at which ms, in words'
        f"{more}</summary><ol>{lines}</ol></details>"
    )


def _keep(run):
    """How to come from the page back to a lab."""
    try:
        text = run.code(False)
    except Impossible:
        return ""
    if len(text) > _LONGEST:
        return ""
    line = escape(f'rl.lab(rl.load("{text}"))')
    return f'<div class="keep">To act on this run, open it in a lab:<code>{line}</code></div>'

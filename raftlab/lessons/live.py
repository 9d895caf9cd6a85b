"""What the live cards share (a question, an item of the quiz, the recall questions): a face in the
browser, errors that are shown, and what a notebook is told.

The browser has all that a card shows, so that choosing an answer needs no kernel. Only wishes need
one: another question, or a lab that stands where something happens. They come as traits, which
Jupyter hands on even while a cell is running.
"""

import traceback
from pathlib import Path
from threading import RLock

import anywidget
import traitlets
from ipywidgets import VBox

_HERE = Path(__file__).parent


def script(name):
    """A card's JavaScript as one module: what all of them use, and the file `name`."""
    return "\n".join((_HERE / file).read_text(encoding="utf-8") for file in ("live.js", name))


class Face(anywidget.AnyWidget):
    """What the browser shows. `card` is all that there is to show; `trouble` an error in words."""

    _css = _HERE / "card.css"

    card = traitlets.Dict().tag(sync=True)
    trouble = traitlets.Unicode().tag(sync=True)


class LiveCard(VBox):
    """The widget: a face, and below it what somebody wishes to play. `hears` maps a trait of the
    face to what is done with its changes: a function of the change that gives words of trouble,
    or nothing."""

    def __init__(self, face, **hears):
        self._lock = RLock()
        self.face = face
        super().__init__([face])
        for trait, work in hears.items():
            face.observe(lambda change, work=work: self._guarded(work, change), trait)

    def _guarded(self, work, change):
        """An error is shown on the card, because nobody sees a callback's exception."""
        with self._lock:
            try:
                self.face.trouble = work(change) or ""
            except Exception:
                self.face.trouble = traceback.format_exc()

    def bundle(self):
        """What a notebook is told: the widget, and one line for those without widgets."""
        return self._repr_mimebundle_() | {"text/plain": repr(self)}

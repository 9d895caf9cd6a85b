"""A question as a live card. The browser has all of it, so that choosing an answer needs no kernel.

Only two wishes need one: another question, and a lab that stands where the question was asked.
They come as traits, which Jupyter hands on even while a cell is running.
"""

import traceback
from pathlib import Path
from threading import RLock

import anywidget
import traitlets
from ipywidgets import VBox

from .question import Feedback

_HERE = Path(__file__).parent


class Face(anywidget.AnyWidget):
    """What the browser shows. `card` is `Question.packed()`; `chosen` the number of the option
    answered, -1 before; `more` and `play` count wishes; `tally` is [right, answered]; `trouble`
    an error in words."""

    _esm = _HERE / "card.js"
    _css = _HERE / "card.css"

    card = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)
    tally = traitlets.List([0, 0]).tag(sync=True)
    more = traitlets.Int(0).tag(sync=True)
    play = traitlets.Int(0).tag(sync=True)
    trouble = traitlets.Unicode().tag(sync=True)


class Card(VBox):
    """The widget: a face, and below it a lab if somebody wants to play what happened."""

    def __init__(self, question):
        self.question = question
        self._lock = RLock()
        self.face = Face(card=question.packed())
        super().__init__([self.face])
        self.face.observe(lambda _: self._guarded(self._another), "more")
        self.face.observe(lambda _: self._guarded(self._play), "play")
        self.face.observe(lambda _: self._guarded(self._keep), "chosen")

    def _guarded(self, work):
        """An error is shown on the card, because nobody sees a callback's exception."""
        with self._lock:
            try:
                self.face.trouble = work() or ""
            except Exception:
                self.face.trouble = traceback.format_exc()

    def _keep(self):
        if self.face.chosen >= 0:
            return Feedback(self.question, self.face.chosen).keep()

    def _another(self):
        self.question = self.question.next()
        self.children = [self.face]
        with self.face.hold_sync():
            self.face.card = self.question.packed()
            self.face.chosen = -1

    def _play(self):
        from ..widgets import Lab

        self.question.run.goto(self.question.asked_at)
        self.children = [self.face, Lab(self.question.run)]

    def bundle(self):
        """What a notebook is told: the widget, and one line for those without widgets."""
        return self._repr_mimebundle_() | {"text/plain": repr(self)}

    def __repr__(self):
        asked = f"{self.question.kind}, seed {self.question.seed}"
        return f"<question: {asked}; run this cell to answer it here>"

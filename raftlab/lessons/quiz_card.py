"""An item of the quiz as a live card. The browser marks it; the kernel keeps the mark, brings the
same item with other logs, and opens a lab with the model's run."""

import traceback
from pathlib import Path
from threading import RLock

import anywidget
import traitlets
from ipywidgets import VBox

from .quiz import Marked, quiz

_HERE = Path(__file__).parent


class QuizFace(anywidget.AnyWidget):
    """What the browser shows. `card` is `Item.packed()`; `chosen` the number of the choice in each
    part, empty before; `more` and `play` count wishes; `trouble` an error in words."""

    _esm = _HERE / "quiz.js"
    _css = _HERE / "card.css"

    card = traitlets.Dict().tag(sync=True)
    chosen = traitlets.List().tag(sync=True)
    more = traitlets.Int(0).tag(sync=True)
    play = traitlets.Int(0).tag(sync=True)
    trouble = traitlets.Unicode().tag(sync=True)


class QuizCard(VBox):
    """The widget: a face, and below it a lab if somebody wants to play the model's run."""

    def __init__(self, item):
        self.item = item
        self._lock = RLock()
        self.face = QuizFace(card=item.packed())
        super().__init__([self.face])
        self.face.observe(lambda _: self._guarded(self._marked), "chosen")
        self.face.observe(lambda _: self._guarded(self._another), "more")
        self.face.observe(lambda _: self._guarded(self._play), "play")

    def _guarded(self, work):
        """An error is shown on the card, because nobody sees a callback's exception."""
        with self._lock:
            try:
                self.face.trouble = work() or ""
            except Exception:
                self.face.trouble = traceback.format_exc()

    def _marked(self):
        if self.face.chosen:
            return Marked(self.item, self.face.chosen).keep()

    def _another(self):
        self.item = quiz(self.item.number, self.item.seed + 1)
        self.children = [self.face]
        with self.face.hold_sync():
            self.face.chosen = []
            self.face.card = self.item.packed()

    def _play(self):
        from ..widgets import Lab

        run = self.item.run.copy()
        run.goto(self.item.shown[0])
        self.children = [self.face, Lab(run)]

    def bundle(self):
        """What a notebook is told: the widget, and one line for those without widgets."""
        return self._repr_mimebundle_() | {"text/plain": repr(self)}

    def __repr__(self):
        asked = f"item {self.item.number}, seed {self.item.seed}"
        return f"<quiz: {asked}; run this cell to answer it here>"

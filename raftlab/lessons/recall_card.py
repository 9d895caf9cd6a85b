"""The recall questions as a live card: unfold an answer, say whether you knew it, see it happen."""

import traceback
from pathlib import Path
from threading import RLock

import anywidget
import traitlets
from ipywidgets import VBox

from .learned import keep
from .recall import answer, inline

_HERE = Path(__file__).parent


class RecallFace(anywidget.AnyWidget):
    """What the browser shows. `card` holds the questions; `marks` {number: whether one knew it};
    `play` is [number, how many wishes so far]; `trouble` an error in words."""

    _esm = _HERE / "recall.js"
    _css = _HERE / "card.css"

    card = traitlets.Dict().tag(sync=True)
    marks = traitlets.Dict().tag(sync=True)
    play = traitlets.List([0, 0]).tag(sync=True)
    trouble = traitlets.Unicode().tag(sync=True)


class RecallCard(VBox):
    """The widget: the questions, and below them what one wishes to see happen."""

    def __init__(self, recall):
        self.recall = recall
        self._lock = RLock()
        self.face = RecallFace(card={"questions": [
            {"ask": inline(card.ask), "level": card.level, "answer": answer(card),
             "plays": "#" not in card.show}
            for card in recall.cards
        ]})  # fmt: skip
        super().__init__([self.face])
        self.face.observe(lambda change: self._guarded(self._marked, change), "marks")
        self.face.observe(lambda change: self._guarded(self._play, change), "play")

    def _guarded(self, work, change):
        """An error is shown on the card, because nobody sees a callback's exception."""
        with self._lock:
            try:
                self.face.trouble = work(change) or ""
            except Exception:
                self.face.trouble = traceback.format_exc()

    def _marked(self, change):
        for at, knew in change.new.items():
            if change.old.get(at) != knew:
                return keep("recall", id=self.recall.cards[int(at)].id, right=bool(knew))

    def _play(self, change):
        show = self.recall.cards[change.new[0]].show
        if show.startswith("predict "):
            from .card import Card
            from .predict import predict

            below = Card(predict(show.split()[1]))
        else:
            from ..scenarios import scenario
            from ..widgets import Lab

            below = Lab(scenario(show))
        self.children = [self.face, below]

    def bundle(self):
        """What a notebook is told: the widget, and one line for those without widgets."""
        return self._repr_mimebundle_() | {"text/plain": repr(self)}

    def __repr__(self):
        return f"<recall: {self.recall.topic}; run this cell to mark what you knew>"

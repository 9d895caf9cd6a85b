"""An item of the quiz as a live card. The browser marks it; the kernel keeps the mark, brings the
same item with other logs, and opens a lab with the model's run."""

import traitlets

from .live import Face, LiveCard, script
from .quiz import Marked, quiz


class QuizFace(Face):
    """`card` is `Item.packed()`; `chosen` the number of the choice in each part, empty before;
    `more` and `play` count wishes."""

    _esm = script("quiz.js")

    chosen = traitlets.List().tag(sync=True)
    more = traitlets.Int(0).tag(sync=True)
    play = traitlets.Int(0).tag(sync=True)


class QuizCard(LiveCard):
    """The widget: a face, and below it a lab if somebody wants to play the model's run."""

    def __init__(self, item):
        self.item = item
        super().__init__(
            QuizFace(card=item.packed()),
            chosen=self._marked, more=self._another, play=self._play,
        )  # fmt: skip

    def _marked(self, change):
        if change.new:
            return Marked(self.item, change.new).keep()

    def _another(self, _):
        self.item = quiz(self.item.number, self.item.seed + 1)
        self.children = [self.face]
        with self.face.hold_sync():
            self.face.chosen = []
            self.face.card = self.item.packed()

    def _play(self, _):
        from ..widgets import Lab

        run = self.item.run.copy()
        run.goto(self.item.shown[0])
        self.children = [self.face, Lab(run)]

    def __repr__(self):
        asked = f"item {self.item.number}, seed {self.item.seed}"
        return f"<quiz: {asked}; run this cell to answer it here>"

"""A question as a live card."""

import traitlets

from .live import Face, LiveCard, script
from .question import Feedback


class QuestionFace(Face):
    """`card` is `Question.packed()`; `chosen` the number of the option answered, -1 before; `more`
    and `play` count wishes; `tally` is [right, answered]."""

    _esm = script("card.js")

    chosen = traitlets.Int(-1).tag(sync=True)
    tally = traitlets.List([0, 0]).tag(sync=True)
    more = traitlets.Int(0).tag(sync=True)
    play = traitlets.Int(0).tag(sync=True)


class Card(LiveCard):
    """The widget: a face, and below it a lab if somebody wants to play what happened."""

    def __init__(self, question):
        self.question = question
        super().__init__(
            QuestionFace(card=question.packed()),
            more=self._another, play=self._play, chosen=self._keep,
        )  # fmt: skip

    def _keep(self, change):
        if change.new >= 0:
            return Feedback(self.question, change.new).keep()

    def _another(self, _):
        self.question = self.question.next()
        self.children = [self.face]
        with self.face.hold_sync():
            self.face.card = self.question.packed()
            self.face.chosen = -1

    def _play(self, _):
        from ..widgets import Lab

        self.question.run.goto(self.question.asked_at)
        self.children = [self.face, Lab(self.question.run)]

    def __repr__(self):
        asked = f"{self.question.kind}, seed {self.question.seed}"
        return f"<question: {asked}; run this cell to answer it here>"

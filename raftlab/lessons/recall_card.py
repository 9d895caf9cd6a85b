"""The recall questions as a live card: unfold an answer, say whether you knew it, see it happen."""

import traitlets

from .learned import keep
from .live import Face, LiveCard, script
from .recall import answer, inline


class RecallFace(Face):
    """`card` holds the questions; `marks` {number: whether one knew it}; `play` is [number, how
    many wishes so far]."""

    _esm = script("recall.js")

    marks = traitlets.Dict().tag(sync=True)
    play = traitlets.List([0, 0]).tag(sync=True)


class RecallCard(LiveCard):
    """The widget: the questions, and below them what one wishes to see happen."""

    def __init__(self, recall):
        self.recall = recall
        questions = [
            {"ask": inline(card.ask), "level": card.level, "answer": answer(card),
             "plays": "#" not in card.show}
            for card in recall.cards
        ]  # fmt: skip
        super().__init__(
            RecallFace(card={"questions": questions}), marks=self._marked, play=self._play
        )

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

    def __repr__(self):
        return f"<recall: {self.recall.topic}; run this cell to mark what you knew>"

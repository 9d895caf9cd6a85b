"""A prediction: a situation, a question about what comes next, and the model's own answer.

The answer is read off the run, which has already happened when the question is asked; nobody
types it in. Wrong options come from what learners are known to believe, and each is answered
with the fact of this very run that speaks against it.
"""

from html import escape

from ..core import Impossible
from ..sim.chance import draw, luck, stream
from ..sim.notice import tell
from ..views import show
from .asked import publish
from .learned import keep

LETTERS = "abcdefgh"


class Luck:
    """Lots drawn for one question; the same seed draws the same on every Python."""

    def __init__(self, seed, attempt=0, kind=""):
        self._steady = luck(stream(seed), sum(kind.encode()))
        self._luck = luck(stream(seed), attempt)
        self._drawn = 0

    def wanted(self, count):
        """A number from 0 to count - 1 that stays while one attempt after the other is drawn: a
        kind that returns None until this outcome comes asks for each as often as for any."""
        return int(draw(self._steady, 0) * count)

    def below(self, count):
        """A whole number from 0 to count - 1."""
        self._drawn += 1
        return int(draw(self._luck, self._drawn) * count)

    def between(self, low, high):
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def pick(self, among):
        return among[self.below(len(among))]

    def shuffled(self, items):
        rest = list(items)
        return [rest.pop(self.below(len(rest))) for _ in range(len(rest))]


class Option:
    """One answer to choose: its words, whether the model says so, and the reason in this run."""

    __slots__ = ("text", "right", "because")

    def __init__(self, text, right, because):
        self.text = text
        self.right = right
        self.because = because


class Question:
    """What a kind of question makes, and what a notebook shows.

    `run` is the history, its cursor where the question is asked; what happened then lies ahead
    of it. `ask` is one sentence or two; `facts` a table, (names, rows), of all one needs to know
    beside the picture, if there is one. `ends` is the step at which the answer is settled.
    """

    def __init__(self, kind, seed, run, ask, facts, options, ends, picture=None):
        self.kind, self.seed, self.run = kind, seed, run
        self.ask, self.facts, self.picture = ask, facts, picture
        self.options = tuple(options)
        self.asked_at, self.ends = run.position, ends
        right = [number for number, option in enumerate(self.options) if option.right]
        texts = {option.text for option in self.options}
        if len(right) != 1 or len(texts) != len(self.options) or len(texts) < 2:
            raise ValueError(f"question {kind!r}, seed {seed}: {len(right)} right of {len(texts)}")
        self._right = right[0]

    @property
    def answer(self):
        """The letter of the option that the model says is right."""
        return LETTERS[self._right]

    def choose(self, letter):
        """Answer the question; what comes back says whether and why, and what happened then."""
        letters = LETTERS[: len(self.options)]
        if not isinstance(letter, str) or len(letter) != 1 or letter.lower() not in letters:
            raise Impossible(f"choose one of {', '.join(letters)}; {letter!r} is none of them")
        feedback = Feedback(self, letters.index(letter.lower()))
        trouble = feedback.keep()
        if trouble:
            tell(trouble, "Progress")
        return feedback

    def next(self):
        """Another question of the same kind."""
        from .predict import predict

        return predict(self.kind, self.seed + 1)

    def replay(self):
        """The events from the question to its answer, with their reasons."""
        steps = self.ends - self.asked_at
        if steps <= 6:
            return show.feed(self.run, at=self.ends, last=steps, interesting=False)
        told = sum(map(self.run.is_interesting, range(self.asked_at + 1, self.ends + 1)))
        return show.feed(self.run, at=self.ends, last=min(max(told, 1), 14))

    # -- as words, as a page without a kernel has it, and alive --

    @property
    def text(self):
        """The question in words, without the answer."""
        lines = [self.ask, ""]
        lines += [f"  {line}" for line in columns(*self.facts)] + [""]
        for letter, option in zip(LETTERS, self.options, strict=False):
            lines.append(f"  {letter}) {option.text}")
        lines += ["", 'Answer with question.choose("a"), or whichever letter you believe in.']
        return "\n".join(lines)

    def situation(self):
        """The picture and the table as HTML."""
        image = f"<div>{self.picture.html()}</div>" if self.picture else ""
        return image + table(*self.facts)

    def html(self):
        """The question for a page without a kernel; the answer can be unfolded."""
        # Letters of our own: a page that sanitizes what is saved would number a list 1, 2, 3.
        items = "".join(
            f"<p>{letter}) {escape(option.text)}</p>"
            for letter, option in zip(LETTERS, self.options, strict=False)
        )
        return (
            f"<p><strong>{escape(self.ask)}</strong></p>{self.situation()}"
            f"{items}<details><summary>The model’s answer</summary>{self.solution()}</details>"
        )

    def solution(self):
        """The right answer, its reason and what happened, as HTML."""
        option = self.options[self._right]
        told = f"{self.answer}) {option.text}. {_capital(option.because)}"
        return f"<p>{escape(told)}</p>{self.replay().html()}"

    def _ipython_display_(self, **_):
        publish(self, "card", "Card")

    def packed(self):
        """Everything the live card shows, answers included: the browser needs no kernel then."""
        return {
            "ask": self.ask, "situation": self.situation(), "right": self._right,
            "options": [option.text for option in self.options],
            "verdicts": [Feedback(self, at).verdict() for at in range(len(self.options))],
            "replay": self.replay().html(), "name": f"{self.kind}, seed {self.seed}",
        }  # fmt: skip

    def __repr__(self):
        return self.text


class Feedback:
    """What an answer brings: `right`, the reason, and the events that settled it."""

    def __init__(self, question, chosen):
        self.question, self.chosen = question, chosen
        self.right = chosen == question._right

    def keep(self):
        """Keep that this was answered, in the learner's own file; "", or why it could not be."""
        asked = self.question
        return keep("predict", kind=asked.kind, seed=asked.seed, letter=LETTERS[self.chosen],
                    right=self.right)  # fmt: skip

    def sentences(self):
        """(verdict, what speaks against the choice or "", the right answer and why)."""
        options, right = self.question.options, self.question._right
        because = _capital(options[right].because)
        if self.right:
            return "Right.", "", because
        told = f"The model says {LETTERS[right]}: “{options[right].text}”. {because}"
        against = _capital(options[self.chosen].because)
        return "Not this time.", "" if against == because else against, told

    @property
    def text(self):
        parts = [part for part in self.sentences() if part]
        return "\n".join([*parts, "", "What happened:", self.question.replay().text])

    def verdict(self):
        """Whether and why, as HTML, without the events."""
        verdict, wrong, told = map(escape, self.sentences())
        first = wrong or told
        return f"<p><strong>{verdict}</strong> {first}</p>" + (f"<p>{told}</p>" if wrong else "")

    def html(self):
        return self.verdict() + self.question.replay().html()

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": self.text, "text/html": self.html()}

    def __repr__(self):
        return self.text


def _capital(sentence):
    return sentence[:1].upper() + sentence[1:]


def columns(names, rows):
    """The lines of a table in words."""
    rows = [[str(cell) for cell in row] for row in (names, *rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def table(names, rows):
    """A table as HTML; its first column names the rows."""
    left = 'style="text-align:left"'  # notebooks set tables flush right
    head = "".join(f'<th scope="col" {left}>{escape(str(name))}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row" {left}>{escape(str(row[0]))}</th>'
        + "".join(f"<td {left}>{escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

"""Free text, marked by whoever wrote it, against a rubric.

No machine here reads what is written: words can be found by a search, understanding cannot. What is
looked for is whether there is anything to mark. Then the rubric is shown, point by point, with its
sources, and the learner ticks what the text says; after that come three answers, a good one, a
middling one and a poor one, each marked by the same rubric, to compare one's own marks with.

    rl.check("split-brain/explain", text)               the rubric
    rl.check("split-brain/explain", text).tick("1 2 4 b")   the points, what is missing, the answers
"""

import re
from html import escape

from ..core import Impossible
from ..sim.notice import tell
from . import learned

RUBRICS = {}  # id → Rubric; filled by the files of `parts`, like the exercises
LEAST = 40  # words below which there is nothing to mark
_LETTERS = "abcdefgh"


class Demand:
    """What a complete answer says, in a sentence, with its source; or, in `costs`, what no right
    one may say, and why."""

    def __init__(self, says, source, why=""):
        self.says, self.source, self.why = says, source, why


class Model:
    """An answer somebody could have given: how good it is, its text, and its marks, as "1 2 b"."""

    def __init__(self, grade, text, marks):
        self.grade, self.text, self.marks = grade, " ".join(text.split()), marks


class Rubric:
    """A task for free text. `demands` are numbered and worth a point each; `costs` are lettered
    and take one away each; `models` are three answers, the best first."""

    def __init__(self, id, asks, demands, costs, models, minutes=15, misconceptions=()):
        self.id, self.asks, self.minutes = id, asks, minutes
        self.demands, self.costs, self.models = tuple(demands), tuple(costs), tuple(models)
        self.misconceptions = tuple(misconceptions)
        if id in RUBRICS:
            raise ValueError(f"there are two rubrics {id!r}")
        RUBRICS[id] = self

    @property
    def points(self):
        return len(self.demands)

    @property
    def rows(self):
        """(mark, what it is, its source) of all that can be ticked."""
        numbered = [(str(n), one.says, one.source) for n, one in enumerate(self.demands, 1)]
        return numbered + [
            (letter, f"It says: {one.says} {one.why}", one.source)
            for letter, one in zip(_LETTERS, self.costs, strict=False)
        ]

    def read(self, marks):
        """(the numbers, the letters) of "1 2 4 b"; Impossible if one is no mark of this rubric."""
        if not isinstance(marks, str):
            raise Impossible(f'write the marks as a text, such as "1 2 b", not {marks!r}')
        given = re.findall(r"[^\s,;]+", marks.lower())
        known = [mark for mark, _, _ in self.rows]
        for mark in given:
            if mark not in known:
                raise Impossible(f"{mark!r} is no mark; there are {', '.join(known)}")
        unique = [mark for mark in known if mark in given]
        return [m for m in unique if m.isdigit()], [m for m in unique if not m.isdigit()]

    def worth(self, marks):
        """The points for such marks, never below 0."""
        numbers, letters = self.read(marks)
        return max(len(numbers) - len(letters), 0)


def marking(rubric, given):
    """What `rl.check` shows: `Marking`, or `Nothing` if there is nothing to mark."""
    if not isinstance(given, str):
        raise Impossible(f"a text is wanted: {rubric.id} is answered in your own words")
    words = len(re.findall(r"\w+", given))
    if words < LEAST:
        return Nothing(rubric, words)
    return Marking(rubric)


class Nothing:
    """Too little to mark: the rubric stays covered, or one would write what it lists."""

    points = 0

    def __init__(self, rubric, words):
        self.text = (
            f"… Nothing to mark yet: {rubric.asks} {rubric.points} points are asked for, and there "
            f"are {words} words; write at least {LEAST}. The rubric is shown when you have."
        )

    def tick(self, marks):
        """There is nothing to mark, whatever the marks: the same again."""
        return self

    def __repr__(self):
        return self.text


class Marking:
    """The rubric, to mark one's own text by."""

    def __init__(self, rubric):
        self.rubric = rubric

    def tick(self, marks):
        """Say what your text says, as "1 2 4 b"; "" if it says none of it. What comes back has the
        points, what is missing, and three answers to compare your marks with."""
        return Marked(self.rubric, marks)

    _HEAD = (
        "Read your text again as if another had written it, and mark what it says in so many "
        "words, not what you meant. Nobody else reads it here."
    )

    @property
    def text(self):
        rubric = self.rubric
        lines = [self._HEAD, "", "A point for each:"]
        for mark, says, source in rubric.rows:
            if mark == _LETTERS[0]:
                lines += ["", "A point less for each:"]
            lines.append(f"  {mark}  {says} ({source})")
        return "\n".join([*lines, "", self._how()])

    def _how(self):
        return (
            f"Then write your marks behind this call, such as "
            f'rl.check({self.rubric.id!r}, …).tick("1 2 {_LETTERS[0]}"): that counts them'
            f"{', and shows three answers to compare with' if self.rubric.models else ''}."
        )

    def html(self):
        def rows(kind):
            for mark, says, source in self.rubric.rows:
                if mark.isdigit() == kind:
                    yield (f'<p style="margin:4px 0"><strong>{mark}</strong> {escape(says)} '
                           f"<small>({escape(source)})</small></p>")  # fmt: skip

        return (
            f"<p>{escape(self._HEAD)}</p><p><strong>A point for each</strong></p>"
            f"{''.join(rows(True))}<p><strong>A point less for each</strong></p>"
            f"{''.join(rows(False))}<p>{escape(self._how())}</p>"
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": self.text, "text/html": self.html()}

    def __repr__(self):
        return self.text


class Marked(Marking):
    """A text that its writer has marked: `points`, what is missing, and the three answers."""

    def __init__(self, rubric, marks):
        super().__init__(rubric)
        self.numbers, self.letters = rubric.read(marks)
        self.points = rubric.worth(marks)
        trouble = learned.keep("essay", id=rubric.id, points=self.points, of=rubric.points)
        if trouble:
            tell(trouble, "Progress")

    # The edition without answers has none of these either.
    _COMPARE = "Three answers, marked by the same rubric. Would you have marked them so?"

    @property
    def head(self):
        return f"By your own marks {self.points} of {self.rubric.points} points."

    @property
    def missing(self):
        """The sentences that the text lacks, and those against what it should not say."""
        lost = [f"{mark}  {says} ({source})" for mark, says, source in self.rubric.rows
                if mark.isdigit() and mark not in self.numbers]  # fmt: skip
        wrong = [f"{mark}  {says} ({source})" for mark, says, source in self.rubric.rows
                 if mark in self.letters]  # fmt: skip
        return lost, wrong

    def _answers(self):
        for model in self.rubric.models:
            worth = self.rubric.worth(model.marks)
            yield (f"{model.grade}: {worth} of {self.rubric.points} points, by the marks "
                   f"{model.marks}", model.text)  # fmt: skip

    @property
    def text(self):
        lost, wrong = self.missing
        lines = [self.head]
        lines += ["", "It could also say:", *(f"  {one}" for one in lost)] if lost else []
        lines += ["", "It should not say:", *(f"  {one}" for one in wrong)] if wrong else []
        if self.rubric.models:
            lines += ["", self._COMPARE]
        for head, told in self._answers():
            lines += ["", head, f"  {told}"]
        return "\n".join(lines)

    def html(self):
        lost, wrong = self.missing

        def listed(title, them):
            items = "".join(f"<p style='margin:4px 0'>{escape(one)}</p>" for one in them)
            return f"<p><strong>{title}</strong></p>{items}" if them else ""

        answers = "".join(
            f"<details><summary>{escape(head)}</summary><p>{escape(told)}</p></details>"
            for head, told in self._answers()
        )
        return (
            f"<p><strong>{escape(self.head)}</strong></p>{listed('It could also say', lost)}"
            f"{listed('It should not say', wrong)}"
            f"{f'<p>{self._COMPARE}</p>' if answers else ''}{answers}"
        )

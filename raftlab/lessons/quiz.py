"""`rl.quiz(2)`: the Raft quiz of a user study of 2013, asked and marked by the model.

Eight items, 60 points, after appendix A of D. Ongaro's dissertation, in our own words. Students
wrote sentences and a person marked them; here one chooses, an answer and its reason apart, and what
is right the model finds out on runs of its own. Points follow the rubric's shape: a right answer
for a wrong reason is worth something, and so is the half of the truth.
"""

from html import escape
from itertools import product

from ..core import Impossible
from ..views.crowd import crowd, standing
from . import learned, study
from .asked import publish
from .question import LETTERS, Luck, columns, table

_BUILDERS = {}  # number → function of a Luck; filled by the modules that `_known` imports


def item(number):
    """Make a function that builds item `number` of the quiz."""

    def enter(function):
        _BUILDERS[number] = function
        return function

    return enter


def _known():
    from . import quiz_logs, quiz_worlds  # noqa: F401  they enter their items

    return _BUILDERS


def quiz(number=None, seed=1):
    """Item 1 to 8 of the quiz; without a number, your marks so far beside those of 45 students.

    Other seeds ask with other logs and other names. `quiz.choose("abba")` answers, one letter for
    each part; in a notebook the card does.
    """
    if number is None:
        return Score(learned.answers())
    builders = _known()
    if number not in builders:
        raise Impossible(f"there is no item {number!r}; there are 1 to {len(builders)}")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise Impossible(f"a seed is a whole number, not {seed!r}")
    luck = Luck(seed, number, "quiz")
    return Item(number, seed, **builders[number](luck))


class Choice:
    """One answer to choose: its words, what it is worth, and what the model has to say to it."""

    __slots__ = ("text", "points", "because")

    def __init__(self, text, points, because):
        self.text, self.points, self.because = text, points, because


class Part:
    """One thing asked: `ask`, and the choices, of which the one worth most is right."""

    def __init__(self, ask, choices):
        self.ask, self.choices = ask, tuple(choices)
        best = max(choice.points for choice in self.choices)
        right = [at for at, choice in enumerate(self.choices) if choice.points == best]
        if len(right) != 1 or len({choice.text for choice in self.choices}) != len(self.choices):
            raise ValueError(f"{ask!r} has {len(right)} right answers")
        self.right, self.most = right[0], best


class Item:
    """What a notebook shows. `run` is the model's evidence, `shown` (first, last) of its steps;
    `story` what is to be known, `facts` a table of it, (names, rows), or None."""

    def __init__(self, number, seed, story, parts, lesson, run=None, shown=None, facts=None):
        self.number, self.seed = number, seed
        self.story, self.facts, self.lesson = story, facts, lesson
        self.parts, self.run, self.shown = tuple(parts), run, shown
        self.most = sum(part.most for part in self.parts)
        if self.most != study.MOST[number - 1]:
            raise ValueError(f"item {number} is worth {self.most} points")

    @property
    def title(self):
        return f"Item {self.number} of 8: {study.SUBJECTS[self.number - 1]} ({self.most:g} points)"

    @property
    def right(self):
        """The letters of the model's answers."""
        return "".join(LETTERS[part.right] for part in self.parts)

    @property
    def by_chance(self):
        """The points that one gets on average who chooses blindly."""
        ways = list(product(*(part.choices for part in self.parts)))
        return sum(max(sum(choice.points for choice in way), 0) for way in ways) / len(ways)

    def choose(self, letters):
        """Answer all parts, a letter each; what comes back says what each was worth, and why."""
        chosen = [LETTERS.find(one) for one in letters.lower()] if isinstance(letters, str) else []
        if len(chosen) != len(self.parts) or any(
            not 0 <= at < len(part.choices) for at, part in zip(chosen, self.parts, strict=True)
        ):
            wanted = ", ".join(f"a to {LETTERS[len(part.choices) - 1]}" for part in self.parts)
            raise Impossible(
                f"{letters!r} does not answer it: give {len(self.parts)} letters ({wanted}), such"
                f" as {'a' * len(self.parts)!r}"
            )
        marked = Marked(self, chosen)
        marked.keep()
        return marked

    # -- as words, as a page without a kernel has it, and alive --

    @property
    def text(self):
        """The item in words, without its answers."""
        lines = [self.title, "", self.story, ""]
        if self.facts:
            lines += [f"  {line}" for line in columns(*self.facts)] + [""]
        for number, part in enumerate(self.parts, 1):
            lines.append(f"{number}. {part.ask}" if len(self.parts) > 1 else part.ask)
            lines += [f"   {letter}) {choice.text}"
                      for letter, choice in zip(LETTERS, part.choices, strict=False)]  # fmt: skip
        letters = "a" * len(self.parts)
        lines += ["", f'Answer with item.choose("{letters}"), or whichever letters you believe in.']
        return "\n".join(lines)

    def situation(self):
        """What is to be known, as HTML."""
        told = f"<p><strong>{escape(self.title)}</strong></p><p>{escape(self.story)}</p>"
        return told + (table(*self.facts) if self.facts else "")

    def html(self):
        """The item for a page without a kernel; the answers can be unfolded."""
        asked = ""
        for number, part in enumerate(self.parts, 1):
            asked += f"<p><strong>{number}. {escape(part.ask)}</strong></p><p>" + "<br>".join(
                f"{letter}) {escape(choice.text)}"
                for letter, choice in zip(LETTERS, part.choices, strict=False)
            ) + "</p>"  # fmt: skip
        return (
            f"{self.situation()}{asked}<details><summary>The model’s answers</summary>"
            f"{self.solution()}</details>"
        )

    def solution(self):
        """The model's answers with their reasons, its evidence, and what the students scored."""
        told = "".join(
            f"<p><strong>{number}. {LETTERS[part.right]})</strong>"
            f" {escape(part.choices[part.right].text)}."
            f" {escape(part.choices[part.right].because)}</p>"
            for number, part in enumerate(self.parts, 1)
        )
        return f"{told}<p>{escape(self.lesson)}</p><p>{escape(self.crowd_in_words())}</p>"

    def crowd_in_words(self):
        points = study.of_item(self.number)
        full = sum(one == self.most for one in points)
        none = sum(one == 0 for one in points)
        mean = sum(points) / len(points)
        return (
            f"The {study.STUDENTS} students of 2013 had {mean:.1f} of {self.most:g} points on"
            f" average; {full} had all, {none} none."
        )

    def replay(self):
        """The steps of the model's run that decide it, as a feed, or None."""
        if self.run is None:
            return None
        from ..views import show

        first, last = self.shown
        return show.feed(self.run, at=last, last=last - first)

    def packed(self):
        """Everything the live card shows, answers included: the browser needs no kernel then."""
        replay = self.replay()
        return {
            "situation": self.situation(), "most": self.most, "lesson": self.lesson,
            "plays": self.run is not None, "replay": replay.html() if replay else "",
            "crowd": [list(one) for one in sorted(study.ITEMS[self.number - 1].items())],
            "words": self.crowd_in_words(),
            "parts": [
                {"ask": part.ask, "right": part.right, "most": part.most,
                 "choices": [[c.text, c.points, c.because] for c in part.choices]}
                for part in self.parts
            ],
        }  # fmt: skip

    def _ipython_display_(self, **_):
        publish(self, "quiz_card", "QuizCard")

    def __repr__(self):
        return self.text


class Marked:
    """What an answer brings: `points`, and for each part what it was worth and why."""

    def __init__(self, item, chosen):
        self.item, self.chosen = item, tuple(chosen)
        got = [part.choices[at].points for part, at in zip(item.parts, self.chosen, strict=True)]
        self.points = max(sum(got), 0)

    def keep(self):
        """Keep the mark in the learner's own file; "", or why it could not be."""
        letters = "".join(LETTERS[at] for at in self.chosen)
        return learned.keep("quiz", item=self.item.number, seed=self.item.seed, letters=letters,
                            points=self.points, of=self.item.most)  # fmt: skip

    @property
    def text(self):
        item, lines = self.item, []
        for number, (part, at) in enumerate(zip(item.parts, self.chosen, strict=True), 1):
            choice, right = part.choices[at], part.choices[part.right]
            lines.append(f"{number}. {choice.points:g} of {part.most:g}: {choice.because}")
            if at != part.right:
                why = "" if right.because == choice.because else f" {right.because}"
                lines.append(f"   The model says {LETTERS[part.right]}: “{right.text}”.{why}")
        one = standing(study.of_item(item.number), self.points)
        lines += ["", item.lesson, "", f"{self.points:g} of {item.most:g} points."
                  f" {item.crowd_in_words()} {one.below} had fewer than you, {one.equal} as many,"
                  f" {one.above} more."]  # fmt: skip
        return "\n".join(lines)

    def __repr__(self):
        return self.text


class Score:
    """Your marks so far beside those of the students: `marks` {item: points}."""

    def __init__(self, answers):
        latest = {one.get("item"): one for one in answers if one["asked"] == "quiz"}
        self.marks = {
            number: latest[number].get("points", 0) for number in range(1, 9) if number in latest
        }

    @property
    def points(self):
        """Your total, or None before all eight items are answered."""
        return sum(self.marks.values()) if len(self.marks) == 8 else None

    def picture(self):
        """The students' totals as dots, and yours as a line."""
        return crowd(study.TOTALS, 60, "The Raft quiz of 2013", "points of 60", "students",
                     self.points, 2, ", after one hour of video")  # fmt: skip

    @property
    def rows(self):
        rows, blind = [], [quiz(number).by_chance for number in range(1, 9)]
        for number, most in enumerate(study.MOST, 1):
            mean = sum(study.of_item(number)) / study.STUDENTS
            mine = f"{self.marks[number]:g}" if number in self.marks else "–"
            rows.append((f"{number} {study.SUBJECTS[number - 1]}", mine, f"{mean:.1f}",
                         f"{blind[number - 1]:.1f}", most))  # fmt: skip
        mine = f"{sum(self.marks.values()):g}" if self.marks else "–"
        mean = sum(study.TOTALS) / study.STUDENTS
        return [*rows, ("all", mine, f"{mean:.1f}", f"{sum(blind):.1f}", sum(study.MOST))]

    _NAMES = ("item", "you", "students, on average", "blind choice", "of")

    @property
    def text(self):
        return "\n".join([self.picture().text, "", *columns(self._NAMES, self.rows)])

    def html(self):
        return self.picture().html() + table(self._NAMES, self.rows)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": self.text, "text/html": self.html()}

    def __repr__(self):
        return self.text

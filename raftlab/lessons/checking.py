"""`rl.check`, `rl.hint`, `rl.answer`: an exercise in a notebook.

rl.check("quorums/majority", majority)     a verdict, and a run that shows what goes wrong
rl.hint("quorums/majority")                the next of three hints
rl.answer("quorums/majority")              the answer, once the hints are used up or it is right
"""

from html import escape
from inspect import getsource
from textwrap import dedent, indent

from ..core import Impossible
from ..sim.notice import tell
from . import graded, kept, learned
from .exercise import ALMOST, KIND, MISSING, NOT_YET, RIGHT, exercise, judged, known, written_out
from .question import columns, table
from .rubric import RUBRICS, Marking, Nothing, marking

_SIGN = {MISSING: "…", KIND: "?", ALMOST: "~", NOT_YET: "✗", RIGHT: "✓"}
_HEAD = {
    MISSING: "Nothing to check yet",
    KIND: "This is another kind of thing",
    ALMOST: "Almost",
    NOT_YET: "Not yet",
    RIGHT: "Right",
}
_RUN, _YOUR_RUN = "The run:", "The run with your code in it:"
_STYLE = "border-left:4px solid currentColor;padding:2px 12px;margin:4px 0;max-width:72em"


def check(id=None, given=None, seed=0):
    """Judge an answer to the exercise `id`: a function, a class or a text, as it asks for.

    What comes back says one of five things: nothing there yet, the wrong kind of thing, almost (a
    slip that is known, with the reason), not yet (with the first demand that is not met and, where
    there is one, a run of your own code that shows it, opened in the lab), or right. `.points`,
    `.parts` and `.run` have the details. Another `seed` asks the same with other draws, and then
    nothing is kept. Without an answer, the task in words, with what the seed draws of it; without
    arguments, the list of all exercises.
    """
    if id is None:
        return Listed()
    if (rubric := rubric_of(id)) is not None:
        if given is None:
            return Unmarked(rubric.asks, (f"Answer in your own words: rl.check({id!r}, text).",))
        # Whoever grades sees the rubric however little is there to be marked by it.
        found = Marking(rubric) if graded.student() else marking(rubric, given)
        if graded.is_kept_back(id) and not isinstance(found, Nothing):
            return Unmarked(f"{id} is graded here: whoever assigned it marks your text, and shows "
                            "the rubric when the work is given back.")  # fmt: skip
        return found
    found = exercise(id)
    if given is None:
        drawn = found.poses(seed) if found.poses else ()
        more = f", seed={seed}" if seed else ""
        return Told(found.asks, (*drawn, f"Hand over your answer: rl.check({id!r}, …{more})."))
    kept.refuse_seed(id, seed)
    verdict = judged(found, given, seed)
    trouble = "" if seed else learned.keep(
        "exercise", id=id, level=verdict.level, points=verdict.points, of=verdict.of
    )  # fmt: skip
    if trouble:
        tell(trouble, "Progress")
    return Shown(verdict)


def rubric_of(id):
    """The rubric of that id, or None if it is an exercise, or nothing."""
    known()
    return RUBRICS.get(id) if isinstance(id, str) else None


def hint(id):
    """The next hint for the exercise `id`: three in all, each says more than the last. Free text
    has none, and that is said."""
    if rubric_of(id) is not None:
        return _in_your_own_words(id, "no hints")
    found, kept_back = exercise(id), graded.is_kept_back(id) or kept.knows(id)
    used = _hints_used(id)
    if used >= len(found.hints):
        _keep_hint(id, used)
        told = "There were three hints, and these were they."
        return Told(told if kept_back else f"{told} rl.answer({id!r}) is the answer.", found.hints)
    _keep_hint(id, used + 1)
    left = len(found.hints) - used - 1
    last = "the last" if kept_back else f"the last; after it there is rl.answer({id!r})"
    more = f"{left} more" if left else last
    return Told(f"Hint {used + 1} of {len(found.hints)} ({more}):", (found.hints[used],))


def answer(id):
    """The answer to the exercise `id`, for whoever has had its three hints or has solved it; not
    where it is graded and not yet given back (`graded.py`), or in the edition without answers."""
    if rubric_of(id) is not None:
        return _in_your_own_words(id, "not one answer")
    found = exercise(id)
    kept.refuse_answer(id)
    if graded.is_kept_back(id):
        raise Impossible(
            f"{id} is graded here, so its answer comes from whoever assigned it, when the work is "
            f"given back; rl.hint({id!r}) goes on helping"
        )
    solved = any(
        one["asked"] == "exercise" and one.get("id") == id and one.get("level") == RIGHT
        for one in learned.answers()
    )
    used = _hints_used(id)
    if used < len(found.hints) and not solved and learned.place() is not None:
        raise Impossible(
            f"first the hints: rl.hint({id!r}) has {len(found.hints) - used} more; or solve it"
        )
    return Told(found.why, (), source_of(found.reference))


def _in_your_own_words(id, lacks):
    """What there is for free text, which has no hints and no answer."""
    head = f"{id} is answered in your own words: it has {lacks}."
    if graded.is_kept_back(id):
        return Told(head, ("It is graded here: whoever assigned it marks your text.",))
    return Told(head, (
        f"rl.check({id!r}, text) shows the rubric when you have written, and .tick(…) behind it "
        "three answers that are marked by it.",
    ))  # fmt: skip


def source_of(reference):
    """An answer as text."""
    if isinstance(reference, dict):
        return written_out(reference)
    return reference.strip("\n") if isinstance(reference, str) else dedent(getsource(reference))


_session = {}  # id → hints shown, where no file is kept


def _hints_used(id):
    if learned.place() is None:
        return _session.get(id, 0)
    return max(
        (one["used"] for one in learned.answers()
         if one["asked"] == "hint" and one.get("id") == id and isinstance(one.get("used"), int)),
        default=0,
    )  # fmt: skip


def _keep_hint(id, used):
    _session[id] = used
    learned.keep("hint", id=id, used=used)


# -- as a notebook shows it ---------------------------------------------------------------


class Shown:
    """A verdict, shown; it has what the `Verdict` has."""

    def __init__(self, verdict):
        self.verdict = verdict

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.verdict, name)

    def _run_of(self):
        """A schedule or a table has no code in it."""
        return _YOUR_RUN if callable(self.verdict.exercise.reference) else _RUN

    def _of_missed(self):
        """What is said of the first part that is not met, a sentence at a time."""
        missed = self.verdict.missed
        if missed and self.verdict.level == ALMOST:
            yield missed.told
        if missed and missed.section:
            yield f"See {missed.section}."
        if missed and missed.seen:
            yield f"{self._run_of()} {missed.seen}"

    @property
    def text(self):
        verdict = self.verdict
        lines = [f"{_SIGN[verdict.level]} {_head(verdict)}: {verdict.told}"]
        lines += [f"  {told}" for told in self._of_missed()]
        if verdict.parts:
            lines += ["", _sum(verdict)]
            lines += columns(("", "what is asked", "points"), _rows(verdict))
        if verdict.level in (ALMOST, NOT_YET, MISSING):
            lines += ["", f"rl.hint({verdict.exercise.id!r}) helps."]
        if verdict.level == RIGHT and verdict.exercise.read:
            lines += ["", f"Read on: {verdict.exercise.read}"]
        if verdict.printed:
            lines += ["", "Your code printed:", indent(verdict.printed, "    ")]
        return "\n".join(lines)

    def html(self):
        verdict = self.verdict
        head = f"<strong>{_SIGN[verdict.level]} {_head(verdict)}.</strong>"
        body = [f"<p>{head} {escape(verdict.told)}</p>"]
        body += [f"<p>{escape(told)}</p>" for told in self._of_missed()]
        if verdict.parts:
            body.append(f"<details><summary>{_sum(verdict)}</summary>")
            body.append(table(("", "what is asked", "points"), _rows(verdict)) + "</details>")
        if verdict.level in (ALMOST, NOT_YET, MISSING):
            body.append(f"<p><code>rl.hint({escape(repr(verdict.exercise.id))})</code> helps.</p>")
        if verdict.level == RIGHT and verdict.exercise.read:
            body.append(f"<p>Read on: {escape(verdict.exercise.read)}</p>")
        if verdict.printed:
            body.append(f"<p>Your code printed:</p><pre>{escape(verdict.printed)}</pre>")
        return f'<div style="{_STYLE}">{"".join(body)}</div>'

    def lab(self):
        """The run that shows what is not met, in the lab; Impossible if there is none."""
        from ..widgets import lab

        if self.verdict.run is None:
            raise Impossible("there is no run to show: .told says it all")
        return lab(self.verdict.run)

    def _ipython_display_(self):
        from IPython.display import display

        display({"text/plain": self.text, "text/html": self.html()}, raw=True)
        if self.verdict.run is not None:
            display(self.lab())

    def __repr__(self):
        return self.text


def _head(verdict):
    """A slip that is known is close to the answer, unless nothing is right with it."""
    if verdict.level == ALMOST and not verdict.points:
        return "A known slip"
    return _HEAD[verdict.level]


def _sum(verdict):
    """The points, and how many demands were not asked."""
    left = sum(not part.asked for part in verdict.parts)
    more = f"; {left} of {len(verdict.parts)} checks, marked –, were not asked" if left else ""
    return f"{verdict.points} of {verdict.of} points{more}"


def _rows(verdict):
    return [
        ("✓" if part.is_met else "✗" if part.asked else "–", part.name,
         f"{part.points * part.is_met} of {part.points}")
        for part in verdict.parts
    ]  # fmt: skip


class Told:
    """A few sentences, and perhaps a piece of source."""

    def __init__(self, head, lines=(), source=""):
        self.head, self.lines, self.source = head, tuple(lines), source

    def __repr__(self):
        rest = [f"  {line}" for line in self.lines]
        return "\n".join([self.head, *rest, *([self.source] if self.source else [])])

    def _repr_html_(self):
        lines = "".join(f"<p>{escape(line)}</p>" for line in self.lines)
        source = f"<pre>{escape(self.source)}</pre>" if self.source else ""
        head = f"<p><strong>{escape(self.head)}</strong></p>"
        return f'<div style="{_STYLE}">{head}{lines}{source}</div>'


class Unmarked(Told):
    """What is said of free text where there is nothing for its writer to mark."""

    def tick(self, marks):
        """There is nothing to mark, whatever the marks: the same again."""
        return self


class Listed:
    """All exercises, and how far you are with each."""

    def __init__(self):
        best = {}
        for one in learned.answers():
            if one["asked"] in ("exercise", "essay") and isinstance(
                one.get("points"), (int, float)
            ):
                best[one.get("id")] = max(best.get(one.get("id"), 0), one["points"])
        self.rows = [
            (each.id, each.asks, f"{each.minutes} min", best.get(each.id, ""))
            for each in (*known().values(), *RUBRICS.values())
        ]  # fmt: skip

    names = ("exercise", "what is asked", "time", "points so far")

    def __repr__(self):
        return "\n".join(columns(self.names, self.rows))

    def _repr_html_(self):
        return table(self.names, self.rows)

    def for_instructors(self):
        """The same for whoever assigns them: minutes, points, and which misconceptions (M1 to M18)
        the known wrong answers come from. Takes some seconds: the points are those that the
        reference gets."""
        return ForInstructors()


class ForInstructors:
    """Every exercise with its minutes, points, misconceptions and the wrong answers it knows."""

    names = ("exercise", "minutes", "points", "misconceptions", "wrong answers it knows")

    def __init__(self):
        self.rows = [
            (each.id, each.minutes, f"{each.points:g}", ", ".join(each.misconceptions) or "–",
             ", ".join(each.wrong))
            for each in known().values()
        ]  # fmt: skip
        self.rows += [
            (each.id, each.minutes, f"{each.points:g}", "–", "read and marked by you")
            for each in RUBRICS.values()
        ]

    def __repr__(self):
        return "\n".join(columns(self.names, self.rows))

    def _repr_html_(self):
        return table(self.names, self.rows)

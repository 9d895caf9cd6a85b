"""`rl.progress()`: what you have predicted and recalled so far, and what is worth repeating.

Of a prediction the first answer to each question counts, of a recall question the latest one, of an
exercise the best.
"""

from html import escape

from ..core import Impossible
from . import bank, learned
from .question import columns, table

NAMES = ("what", "about", "right", "to repeat")
_NONE = (
    f"No answers yet. What you answer is kept in {learned.FILE} beside the notebook, on this"
    " machine only, for you to see here, to export and to delete."
)
_ENOUGH = 0.75  # the share of right predictions below which a kind is to be repeated


def progress():
    """What you have answered so far, as a table; `.export(path)` copies it, `.delete()` forgets it.

    It is kept in `.raftlab-progress.json` beside the notebook you answer in, unless the
    environment's RAFTLAB_PROGRESS names another file ("off": none). Only an answer of yours
    writes it, and it goes nowhere.
    """
    return Progress(learned.answers())


class Progress:
    """What a learner has answered: `answers` in their order, each a dict; `rows` as shown."""

    def __init__(self, answers):
        self.answers = tuple(answers)
        self.rows = [
            *_predicted(self.answers), *_quizzed(self.answers), *_recalled(self.answers),
            *_exercised(self.answers), *_marked(self.answers),
        ]  # fmt: skip

    def export(self, path):
        """Write the answers to the file `path` as JSON."""
        if not self.answers:
            raise Impossible("there is nothing to export: no question has been answered yet")
        learned.write_to(path, self.answers)

    def delete(self):
        """Forget all answers: the file is deleted."""
        self.answers, self.rows = (), []
        return learned.forget()

    @property
    def text(self):
        if not self.rows:
            return _NONE
        return "\n".join([*columns(NAMES, self.rows), "", self._where()])

    def html(self):
        """The same as a table for a notebook."""
        if not self.rows:
            return f"<p>{_NONE}</p>"
        return f"{table(NAMES, self.rows)}<p>{escape(self._where())}</p>"

    def _where(self):
        return (
            f"Kept in {learned.place()}, on this machine only: rl.progress().export(path) copies"
            " it, rl.progress().delete() deletes it."
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": self.text, "text/html": self.html()}

    def __repr__(self):
        return self.text


def _predicted(answers):
    first = {}
    for one in answers:
        if one["asked"] == "predict":
            first.setdefault((one.get("kind"), one.get("seed")), one)
    for kind in dict.fromkeys(kind for kind, _ in first):
        these = [one for (its, _), one in first.items() if its == kind]
        right = sum(bool(one.get("right")) for one in these)
        again = max(one.get("seed") or 0 for one in these) + 1
        weak = right < _ENOUGH * len(these)
        yield ("predictions", kind, f"{right} of {len(these)}",
               f'rl.predict("{kind}", seed={again})' if weak else "–")  # fmt: skip


def _quizzed(answers):
    latest = {one.get("item"): one for one in answers if one["asked"] == "quiz"}
    if latest:
        got = sum(one.get("points", 0) for one in latest.values())
        of = sum(one.get("of", 0) for one in latest.values())
        weak = [str(item) for item, one in sorted(latest.items())
                if one.get("points", 0) < _ENOUGH * one.get("of", 0)]  # fmt: skip
        again = f"items {', '.join(weak)}" if weak else "–"
        yield ("quiz", f"{len(latest)} of 8 items", f"{got:g} of {of:g} points", again)


def _recalled(answers):
    latest = {one.get("id"): one for one in answers if one["asked"] == "recall"}
    topics = dict.fromkeys(str(id).rpartition("/")[0] for id in latest)
    for topic in topics:
        these = {id: one for id, one in latest.items() if str(id).startswith(f"{topic}/")}
        weak = [id.rpartition("/")[2] for id, one in these.items() if not one.get("right")]
        all = len(bank.cards(topic)) if topic in bank.topics() else len(these)
        again = f'rl.recall("{topic}"), {", ".join(sorted(weak, key=int))}' if weak else "–"
        yield ("recall", topic, f"{len(these) - len(weak)} of {all}", again)


def _exercised(answers):
    best = {}
    for one in answers:
        if one["asked"] == "exercise" and isinstance(one.get("points"), int | float):
            if one["points"] >= best.get(one.get("id"), {"points": -1})["points"]:
                best[one.get("id")] = one
    for id, one in best.items():
        weak = one["points"] < one.get("of", 0)
        again = f'rl.hint("{id}")' if weak else "–"
        yield ("exercise", id, f"{one['points']:g} of {one.get('of', 0):g} points", again)


def _marked(answers):
    """Free text, by its writer's own marks, the latest."""
    latest = {one.get("id"): one for one in answers if one["asked"] == "essay"}
    for id, one in latest.items():
        got, of = one.get("points", 0), one.get("of", 0)
        again = f'rl.check("{id}", …)' if got < _ENOUGH * of else "–"
        yield ("free text", id, f"{got:g} of {of:g} points, by yourself", again)

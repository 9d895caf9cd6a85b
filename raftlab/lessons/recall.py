"""`rl.recall("raft-leader-election")`: the questions at a notebook's end, their answers folded.

Nothing is marked here by the model: who answers aloud and then unfolds knows best whether they
knew it. The questions stand in the bank, by number; nothing is written twice.
"""

import json
import re
from functools import cache
from html import escape

from .asked import publish
from .bank import cards
from .refresh import NOTEBOOKS


def recall(topic):
    """The recall questions of a topic: answer each aloud, then unfold its answer.

    The topic is a notebook's name without its number, such as "raft-leader-election".
    """
    return Recall(topic, cards(topic))


class Recall:
    """What a notebook shows: `cards` are the questions of the `topic`, in their order."""

    def __init__(self, topic, cards):
        self.topic, self.cards = topic, cards

    @property
    def text(self):
        """Questions first and answers after all of them, so that one can read the former alone."""
        lines = []
        for number, card in enumerate(self.cards, 1):
            lines.append(f"{number}. {card.ask} ({card.level})")
        lines += ["", "Answers", ""]
        for number, card in enumerate(self.cards, 1):
            lines += [f"{number}. {card.short}", f"   {_one_line(card.full)}"]
            lines += [f"   Often heard: {_one_line(card.wrong)}"]
            lines += [f"   To see it: {seen_by(card.show)}", ""]
        return "\n".join(lines[:-1])

    def html(self):
        """The questions for a page without a kernel; each answer can be unfolded."""
        asked = "".join(
            f"<p><strong>{number}. {inline(card.ask)}</strong> <small>({card.level})</small></p>"
            f"<details><summary>Answer</summary>{answer(card)}</details>"
            for number, card in enumerate(self.cards, 1)
        )
        return f"<p>Answer aloud first, then unfold.</p>{asked}"

    def _ipython_display_(self, **_):
        publish(self, "recall_card", "RecallCard")

    def __repr__(self):
        return self.text


def answer(card):
    """The short answer, the full one, the wrong one, and where one sees it, as HTML."""
    full = "".join(f"<p>{inline(part)}</p>" for part in card.full.split("\n\n"))
    wrong = "".join(f"<p>{inline(part)}</p>" for part in f"Often heard: {card.wrong}".split("\n\n"))
    return (
        f"<p><strong>{inline(card.short)}</strong></p>{full}{wrong}<p>To see it: {_link(card.show)}"
        "</p>"
    )


def seen_by(show):
    """What to type, or where to look, to see what `show` names."""
    if show.startswith("predict "):
        return f'rl.predict("{show.split()[1]}")'
    if "#" in show:
        notebook, _, cell = show.partition("#")
        under = _heading(notebook, cell)
        return f"notebook {notebook}" + (f", under “{under}”" if under else "")
    return f'rl.lab(rl.scenario("{show}"))'


def _link(show):
    notebook, _, cell = show.partition("#")
    if cell:
        to = f"{notebook}.ipynb#{_heading(notebook, cell).replace(' ', '-')}".rstrip("#")
        return f'<a href="{escape(to)}">{escape(seen_by(show))}</a>'
    return f"<code>{escape(seen_by(show))}</code>"


@cache
def _heading(notebook, cell):
    """Below which heading of a notebook a cell stands; "" where the notebook is not at hand."""
    path, found = NOTEBOOKS / f"{notebook}.ipynb", ""
    if not path.is_file():
        return ""
    for one in json.loads(path.read_text("utf-8"))["cells"]:
        if one["cell_type"] == "markdown":
            found = (re.findall(r"^#+ +(.*?) *$", "".join(one["source"]), re.M) or [found])[-1]
        if one["id"] == cell:
            return found
    return ""


def inline(text):
    """One paragraph of a bank file as HTML: `code`, **bold** and *emphasis*, nothing else."""
    told = escape(text, quote=False)
    told = re.sub(r"`([^`]+)`", r"<code>\1</code>", told)
    told = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", told)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", told)


def _one_line(text):
    return " ".join(text.split())

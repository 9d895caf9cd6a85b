"""The bank of recall questions, and how they are shown. All banks are walked."""

import json
import re

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import bank
from raftlab.lessons.predict import KINDS, _known
from raftlab.lessons.recall import inline
from raftlab.lessons.refresh import NOTEBOOKS

CARDS = [card for topic in bank.topics() for card in bank.cards(topic)]
by_id = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)

GOOD = """# Recall

## here/1
level: junior
ask: Why?
short: Because
  of that.
full: One.

  Two.
wrong: “No.” It is.
show: split-vote
"""


@pytest.mark.parametrize("topic", bank.topics())
def test_a_bank_has_five_questions_and_no_two_alike(topic):
    found = bank.cards(topic)
    assert len(found) >= 5 and len({card.ask for card in found}) == len(found)
    assert [card.id for card in found] == [f"{topic}/{n}" for n in range(1, len(found) + 1)]


@by_id
def test_a_question_says_what_is_wrong_and_why(card):
    assert card.ask.endswith("?") and card.level in bank.LEVELS
    said = re.match(r"“[^”]+”", card.wrong)
    assert said, "begin with what is said, in quotation marks: “…”"
    assert len(card.wrong[said.end() :].split()) >= 5, "and then why it is wrong"
    assert 3 <= len(card.short.split()) <= 40 and len(card.full.split()) >= 15


@by_id
@pytest.mark.filterwarnings("ignore::UserWarning")  # of dials that are bad on purpose
def test_what_a_question_shows_plays(card):
    notebook, is_cell, cell = card.show.partition("#")
    if is_cell:
        cells = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text("utf-8"))["cells"]
        (found,) = [one for one in cells if one["id"] == cell]
        assert found["cell_type"] == "code" and found["outputs"]
    elif card.show.startswith("predict "):
        assert _known() and card.show.split(" ", 1)[1] in KINDS
    else:
        assert len(rl.scenario(card.show)) > 0


@pytest.mark.parametrize("topic", bank.topics())
def test_a_bank_is_asked_in_the_notebook_of_its_name(topic):
    notebooks = [path for path in NOTEBOOKS.glob("*.ipynb") if path.stem[3:] == topic]
    for path in notebooks:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        last = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"][-1]
        assert last == f'rl.recall("{topic}")'


def test_the_parts_of_a_question_are_read_over_several_lines():
    (card,) = bank.read("here", GOOD)
    assert (card.id, card.short, card.full) == ("here/1", "Because of that.", "One.\n\nTwo.")


@pytest.mark.parametrize("change, told", [
    (("## here/1", "## here/2"), "line 3: this is question here/1, not 'here/2'"),
    (("level: junior\n", ""), "here/1 has no 'level'"),
    (("level: junior", "level: easy"), "level 'easy'; there are junior, mid, senior"),
    (("wrong: “No.” It is.\n", "wrong:\n"), "here/1 has no 'wrong'"),
    (("full: One.", "short: One."), "line 8: here/1 has its 'short' twice"),
    (("level: junior", "hard: yes\nlevel: junior"), "line 4: 'hard: yes' belongs to no part"),
    (("## here/1", "here"), "bank/here.md has no question; one begins with “## here/1”"),
])  # fmt: skip
def test_a_slip_in_a_bank_is_told_with_its_place(change, told):
    with pytest.raises(Impossible, match=re.escape(told)):
        bank.read("here", GOOD.replace(*change))


def test_a_topic_that_is_not_there_names_those_that_are():
    with pytest.raises(Impossible, match="no topic 'raft-leader-elections'.*raft-leader-election"):
        rl.recall("raft-leader-elections")
    with pytest.raises(Impossible, match="no topic 7"):
        rl.recall(7)


def test_questions_are_shown_before_answers_and_answers_folded():
    shown = rl.recall("raft-leader-election")
    first = shown.cards[0]
    asked, _, answers = shown.text.partition("\nAnswers\n")
    assert first.ask in asked and first.short not in asked and first.short in answers
    page = shown.html()
    assert page.count("<details>") == page.count("</details>") == 5
    folded = re.findall(r"<details>(.*?)</details>", page, re.DOTALL)
    assert first.short in folded[0] and "Often heard: " in folded[0]
    assert first.short not in re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert "rl.lab(rl.scenario(" in folded[0]
    assert 'href="10-raft-leader-election.ipynb#Why-not-shorter?"' in folded[4]
    assert "notebook 10-raft-leader-election, under “Why not shorter?”" in answers


def test_words_of_a_bank_are_marked_up_and_nothing_else_is():
    assert inline("`a < b` **is** *so*") == (
        "<code>a &lt; b</code> <strong>is</strong> <em>so</em>"
    )
    assert "<script" not in inline("<script>")

"""A learner's answers: kept in a file of their own, shown, exported, deleted, and never lost."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import learned
from raftlab.lessons.learned import FILE, answers, keep
from raftlab.lessons.refresh import NOTEBOOKS

ROOT = Path(__file__).parent.parent


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The place of a notebook of somebody who learns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAFTLAB_PROGRESS")
    return tmp_path


def written(here, name=FILE):
    return json.loads((here / name).read_text("utf-8"))["answers"]


def wrong_letter(question):
    return next(x for x in "abc" if x != question.answer)


# -- what is kept -------------------------------------------------------------------------


def test_only_an_answer_writes(here):
    question = rl.predict("vote", 8)
    question.html(), question.packed(), rl.recall("raft-leader-election").html(), rl.progress().text
    assert list(here.iterdir()) == []
    question.choose(question.answer)
    assert written(here) == [{"asked": "predict", "kind": "vote", "seed": 8,
                              "letter": question.answer, "right": True}]  # fmt: skip


def test_an_answer_on_the_card_is_kept_and_another_question_is_none(here):
    from raftlab.lessons.card import Card

    card = Card(rl.predict("vote", 3))
    card.face.chosen = 1
    card.face.more += 1
    card.face.chosen = 0
    assert [(one["seed"], one["letter"]) for one in written(here)] == [(3, "b"), (4, "a")]
    assert card.face.trouble == ""


def test_what_one_says_of_a_recall_question_is_kept(here):
    from raftlab.lessons.recall_card import RecallCard

    card = RecallCard(rl.recall("raft-leader-election"))
    card.face.marks = {"0": True}
    card.face.marks = {"0": True, "2": False}
    card.face.marks = {"0": True, "2": True}
    assert [(one["id"], one["right"]) for one in written(here)] == [
        ("raft-leader-election/1", True), ("raft-leader-election/3", False),
        ("raft-leader-election/3", True),
    ]  # fmt: skip


def test_what_a_recall_question_shows_comes_below_it():
    from raftlab.lessons.recall_card import RecallCard
    from raftlab.widgets import Lab

    card = RecallCard(rl.recall("raft-leader-election"))
    card.face.play = [0, 1]
    assert card.face.trouble == "" and isinstance(card.children[1], Lab)
    assert [one["plays"] for one in card.face.card["questions"]] == [True] * 4 + [False]
    assert "run this cell to mark" in card.bundle()["text/plain"]


def test_nothing_is_kept_where_nobody_learns(here, monkeypatch):
    """nbval and the tests: conftest.py says so to all that they start."""
    monkeypatch.setenv("RAFTLAB_PROGRESS", "off")
    assert keep("predict", kind="vote", seed=1, letter="a", right=True) == ""
    assert list(here.iterdir()) == [] and rl.progress().text.startswith("No answers yet.")


def test_no_notebook_answers_for_its_reader():
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            assert cell["cell_type"] != "code" or ".choose(" not in "".join(cell["source"])


def test_another_place_can_be_named(here, monkeypatch):
    monkeypatch.setenv("RAFTLAB_PROGRESS", str(here / "mine.json"))
    keep("recall", id="raft-leader-election/1", right=True)
    assert len(written(here, "mine.json")) == 1 and not (here / FILE).exists()
    assert "mine.json" in rl.progress().text


def test_the_file_is_not_committed():
    assert ".raftlab-progress*" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


# -- what can go wrong --------------------------------------------------------------------


def test_two_notebooks_at_once_lose_nothing(here):
    code = (
        "from raftlab.lessons.learned import keep\n"
        "import sys\n"
        "for n in range(40): keep('recall', id=f'{sys.argv[1]}/{n}', right=True)"
    )
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: subprocess.run([sys.executable, "-c", code, name], check=True),
                      "abc"))  # fmt: skip
    found = [one["id"] for one in written(here)]
    assert len(found) == len(set(found)) == 120
    assert [id for id in found if id[0] == "a"] == [f"a/{n}" for n in range(40)]


@pytest.mark.parametrize("damage", ["", "{", "[]", "3", '{"answers": [{}]}', '{"answers": [1]}'])
def test_a_damaged_file_is_put_aside_and_that_is_said(here, damage):
    (here / FILE).write_text(damage)
    with pytest.warns(UserWarning, match="was damaged. It is kept as .raftlab-progress.damaged-1"):
        keep("recall", id="raft-leader-election/1", right=True)
    assert (here / ".raftlab-progress.damaged-1.json").read_text() == damage
    assert len(written(here)) == 1
    (here / FILE).write_text("again")
    with pytest.warns(UserWarning, match="damaged-2"):
        assert rl.progress().rows == []


def test_an_answer_counts_where_nothing_can_be_written(here, monkeypatch):
    monkeypatch.setenv("RAFTLAB_PROGRESS", str(here / "no" / "such.json"))
    question = rl.predict("vote", 8)
    with pytest.warns(UserWarning, match="it could not be kept in .*such.json: No such file"):
        assert question.choose(question.answer).right


# -- what is shown ------------------------------------------------------------------------


def test_progress_shows_what_was_right_and_what_to_repeat(here):
    for seed in (1, 2, 3):
        question = rl.predict("vote", seed)
        question.choose(question.answer if seed < 3 else wrong_letter(question))
    question.choose(question.answer)  # having seen it: the first answer counts
    keep("recall", id="raft-leader-election/1", right=False)
    keep("recall", id="raft-leader-election/2", right=False)
    keep("recall", id="raft-leader-election/2", right=True)  # the latest counts
    keep("quiz", item=1, points=4, of=4)
    keep("quiz", item=2, points=1, of=6)
    shown = rl.progress()
    assert shown.rows == [
        ("predictions", "vote", "2 of 3", 'rl.predict("vote", seed=4)'),
        ("quiz", "2 of 8 items", "5 of 10 points", "items 2"),
        ("recall", "raft-leader-election", "1 of 5", 'rl.recall("raft-leader-election"), 1'),
    ]
    assert FILE in shown.text and "2 of 3" in shown.text
    assert shown.html().count("<tr>") == 4 and "&quot;vote&quot;" in shown.html()


def test_what_is_mastered_is_not_to_be_repeated(here):
    for seed in (1, 2, 3, 4):
        question = rl.predict("vote", seed)
        question.choose(question.answer if seed > 1 else wrong_letter(question))
    assert rl.progress().rows == [("predictions", "vote", "3 of 4", "–")]


def test_progress_is_exported_and_deleted(here):
    with pytest.raises(Impossible, match="nothing to export"):
        rl.progress().export("mine.json")
    keep("recall", id="raft-leader-election/1", right=True)
    with pytest.raises(Impossible, match="is a folder; name a file in it"):
        rl.progress().export(here)
    with pytest.raises(Impossible, match="cannot be written: No such file"):
        rl.progress().export("no/such.json")
    rl.progress().export("mine.json")
    assert written(here, "mine.json") == answers()
    shown = rl.progress()
    assert shown.delete() == f"{FILE} is deleted." and shown.rows == []
    assert [path.name for path in here.iterdir()] == ["mine.json"]
    assert shown.delete() == "Nothing was kept, so nothing is deleted."
    assert rl.progress().text.startswith("No answers yet.")


def test_what_others_wrote_into_the_file_does_no_harm(here):
    keep("exercise", id="later/1")
    keep("predict", kind="gone")
    keep("recall", id="gone/1", right=True)
    assert [row[1] for row in rl.progress().rows] == ["gone", "gone"]
    assert learned.forget()


def test_the_bars_of_long_searches_do_not_take_its_name():
    """A submodule `raftlab.progress` would."""
    rl.explore("raft!votes-twice")
    assert callable(rl.progress)

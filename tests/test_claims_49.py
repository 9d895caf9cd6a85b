"""What the page for instructors says is so."""

import re
import subprocess
import sys

from claims import read
from tasks import tasks

import raftlab as rl
from raftlab.lessons import question
from raftlab.lessons.exercise import known
from raftlab.lessons.refresh import NOTEBOOKS
from raftlab.lessons.rubric import RUBRICS
from raftlab.scenarios import find

PAGE = read("49-for-instructors")
PROSE = "\n".join("".join(cell["source"]) for cell in PAGE if cell["cell_type"] == "markdown")


def test_the_table_has_every_exercise_with_its_points():
    rows = {row[0]: row for row in rl.check().for_instructors().rows}
    assert set(rows) == {*known(), *RUBRICS}
    assert rows["quorums/majority"][1:4] == (5, "2", "M4, M5")
    assert "half" in rows["quorums/majority"][4] and "quorums/majority" in repr(
        rl.check().for_instructors()
    )
    assert "<table>" in rl.check().for_instructors()._repr_html_()


def test_every_misconception_that_a_row_names_is_x_it():
    named = {each for task in known().values() for each in task.misconceptions}
    assert named and all(re.search(rf"\b{each}\b (\(of Paxos\) )?\*", PROSE) for each in named)


def test_the_commands_on_the_page_are_understood(tmp_path):
    (line,) = re.findall(r"python -m raftlab\.lessons\.edition (.+)", PROSE)
    words = ["-m", "raftlab.lessons.edition", *line.split()]
    done = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    name = "40-quorums-and-elections"
    assert f"nbgrader generate_assignment {name}" in PROSE and name in done.stdout
    assert (tmp_path / "course" / "source" / name / f"{name}.ipynb").is_file()


def test_what_is_drawn_is_where_the_page_says(monkeypatch):
    """By which exercises ask chance for anything with the seed that they are given."""
    seed, drawn, luck = 987654, set(), question.Luck.__init__

    def asked(self, *given):
        drawn.update({id} if seed in given else ())
        luck(self, *given)

    monkeypatch.setattr(question.Luck, "__init__", asked)
    for id, task in known().items():
        if not id.startswith("own-raft/"):  # takes long, and test_own_raft.py tries other seeds
            task.judge(task.reference, seed)
    same = {id for id in known() if not id.startswith("own-raft/")} - drawn
    schedules = {id for id in same if isinstance(known()[id].reference, str)}
    assert {id.split("/")[0] for id in schedules} == {"expose", "games", "split-brain"}
    topics = {id.split("/")[0] for id in same - schedules - {"discovery/choose"}}
    assert topics == {"wholes", "find"}
    assert all(id in drawn for id in known() if id.startswith("fix/"))
    assert {"discovery/foretell", "split-brain/leader-with-two"} <= drawn
    assert "Nothing is drawn where a student writes a schedule (`expose`, `games`)" in PROSE


def test_free_text_is_where_the_page_says():
    numbers = {
        path.name[:2] for path in NOTEBOOKS.glob("*.ipynb") if "essay:" in path.read_text("utf-8")
    }
    assert numbers - {"49"} == {"45", "46"} and "Free text (`45`, `46`)" in PROSE


def test_points_are_what_the_page_says():
    points = {number: sum(task.points for task, _, _ in tasks(name)) for number, name in
              (("18", "18-build-your-own-raft"), ("40", "40-quorums-and-elections"),
               ("45", "45-split-brain"))}  # fmt: skip
    points["45"] += RUBRICS["split-brain/explain"].points
    assert points == {"18": 430, "40": 39, "45": 39}
    assert "`18` has 430 of them, `40` and `45` have 39 each" in PROSE


def test_a_schedule_of_the_catalog_is_a_right_answer_as_the_page_says():
    text = find("breaks/votes-twice").text
    assert rl.check("expose/votes-twice", text).points == known()["expose/votes-twice"].points


def test_a_call_that_does_not_end_is_given_up_after_as_long_as_the_page_says():
    from raftlab.lessons import judging

    assert judging.SECONDS == 5 and "given up after five seconds of computing" in PROSE

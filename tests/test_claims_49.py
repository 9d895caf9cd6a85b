"""What the page for instructors says is so, and every exercise is asked in one notebook."""

import json
import re
import subprocess
import sys
from collections import Counter

import raftlab as rl
from raftlab.lessons import edition
from raftlab.lessons.exercise import known
from raftlab.lessons.refresh import NOTEBOOKS
from raftlab.lessons.rubric import RUBRICS

PAGE = json.loads((NOTEBOOKS / "49-for-instructors.ipynb").read_text("utf-8"))
PROSE = "\n".join("".join(c["source"]) for c in PAGE["cells"] if c["cell_type"] == "markdown")


def asked():
    """The exercise of each cell that checks one, in all notebooks."""
    found = []
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for tag in cell["metadata"].get("tags", ()):
                found += [tag.partition(":")[2]] if tag.startswith("check:") else []
    return found


def test_every_exercise_is_asked_in_one_notebook_and_no_other_is():
    ids = Counter(asked())
    assert set(ids) == set(known())
    assert [id for id, times in ids.items() if times > 1] == []


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


def test_free_text_is_where_the_page_says():
    numbers = {
        path.name[:2] for path in NOTEBOOKS.glob("*.ipynb") if "essay:" in path.read_text("utf-8")
    }
    assert numbers - {"49"} == {"45", "46"} and "(`45`, `46`)" in PROSE


def test_a_call_that_does_not_end_is_given_up_after_as_long_as_the_page_says():
    from raftlab.lessons import judging

    assert judging.SECONDS == 5 and "given up after five seconds" in PROSE


def test_a_course_can_be_made_of_every_exercise_notebook(tmp_path):
    assert {name[:2] for name, _ in edition.write(tmp_path)} == set(edition.exercise_notebooks())

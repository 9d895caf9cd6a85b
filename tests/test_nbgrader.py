"""nbgrader on all exercise notebooks: each is written as source, released, handed in by four
students (right, partly right, wrong, untouched), validated, graded, given back and exported, by
nbgrader itself in its own process (nbgrader_course.py). Its commands are tried in test_edition.py,
on a small notebook."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from claims import read
from tasks import BOOKS, defined, tasks

import raftlab as rl
from raftlab.lessons import edition, graded
from raftlab.lessons.exercise import exercise, judged

SEED = 11
COMMENT = "# YOUR CODE HERE"
# What a student has done with the exercises, one after the other and again from the first: "r" for
# the reference, "f" and "l" for the first and the last of the wrong answers, "." for nothing.
DID = {"right": "r", "partly": "rl.", "wrong": "f", "empty": "."}
# In 18 a class grows out of the one before. Who passes over stage 4 has the points of the others.
PASSED_OVER = "rrr.r"
OWN_RAFT = "18-build-your-own-raft"


def submitted(name, student):
    """What stands in the learner's cells of a submission: {the id of the exercise: source}."""
    did = PASSED_OVER if (name, student) == (OWN_RAFT, "partly") else DID[student]
    return {
        task.id: handed_in("".join(yours["source"]), task, did[at % len(did)])
        for at, (task, yours, _) in enumerate(tasks(name))
    }


def handed_in(starter, task, did):
    if did == ".":
        return starter
    if did == "r":
        lines = edition.with_solution(starter, task).splitlines()
        return "\n".join(line for line in lines if not line.strip().startswith("###"))
    wrong = list(task.wrong)[0 if did == "f" else -1]
    return (
        "from raftlab.lessons.exercise import exercise\n\n"
        f"{defined(starter)} = exercise({task.id!r}).wrong[{wrong!r}].answer"
    )


def points(name, student):
    """What `rl.check` gives for each, with the draws that are shown and with the hidden ones."""
    space, found = {"rl": rl, "own": rl.own, "__name__": "cell"}, {}
    hidden = edition.hidden_seed(edition.seed_of(SEED, name), student)
    for id, source in submitted(name, student).items():
        exec(source, space)
        given, task = space[defined(source)], exercise(id)
        found[id] = min(judged(task, given, seed).points for seed in (0, hidden))
    return found


def nbgrader(course, what):
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("nbgrader_course.py")), what], cwd=course,
        capture_output=True, text=True,
        env={**os.environ, "PATH": path, **{one: str(course.parent / one) for one in places}},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def essays(name):
    """The ids of the cells with free text."""
    tags = {cell["id"]: cell["metadata"].get("tags", ()) for cell in read(name)}
    return [id for id in tags if any(tag.startswith("essay:") for tag in tags[id])]


def book_of(course, *place, name):
    return nbformat.read(course.joinpath(*place, name, f"{name}.ipynb"), as_version=4)


@pytest.fixture(scope="module")
def graded_course(tmp_path_factory):
    """A course in which all is done: its folder, and what nbgrader said."""
    course = tmp_path_factory.mktemp("graded") / "course"
    edition.write(course, seed=SEED)
    same = nbgrader(course, "release")
    for name in BOOKS:
        for student in DID:
            book = book_of(course, "release", name=name)
            given = submitted(name, student)
            for task, yours, _ in tasks(name):
                cell = next(cell for cell in book.cells if cell.id == yours["id"])
                if given[task.id] != "".join(yours["source"]):  # or it stays as it was released
                    cell.source = given[task.id]
            for cell in book.cells:
                if cell.id in essays(name) and student == "right":
                    cell.source = f'{defined(cell.source)} = "{"A majority decides. " * 20}"'
            target = course / "submitted" / student / name
            target.mkdir(parents=True)
            nbformat.write(book, target / f"{name}.ipynb")
    return SimpleNamespace(course=course, same=same, **nbgrader(course, "grade"))


def released(cell):
    """What a learner's cell, or another, is in a release without its comment."""
    return "\n".join(line for line in cell.source.splitlines() if line.strip() != COMMENT)


@pytest.mark.slow
@pytest.mark.parametrize("name", BOOKS)
def test_a_release_is_the_learners_notebook_with_the_visible_halves_and_no_more(
    graded_course, name
):
    assert graded_course.same[name]  # the same bytes, when it is made again
    book = book_of(graded_course.course, "release", name=name)
    ours = [cell for cell in book.cells if not cell.id.startswith("graded-")]
    assert [released(cell) for cell in ours] == ["".join(cell["source"]) for cell in read(name)]
    for cell in book.cells:
        if cell.id.startswith("graded-"):
            first, last = cell.source.splitlines()
            assert first.startswith("points = rl.check(") and first.endswith(").points")
            assert last == "points"
    assert {path.name for path in (graded_course.course / "release" / name).iterdir()} == {
        f"{name}.ipynb", graded.FILE
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", BOOKS)
def test_an_untouched_release_fails_in_graded_cells_only(graded_course, name):
    book = book_of(graded_course.course, "autograded", "empty", name=name)
    raised = [cell.id for cell in book.cells for output in cell.get("outputs", ())
              if output.output_type == "error"]  # fmt: skip
    assert raised == []
    release = book_of(graded_course.course, "release", name=name).cells
    asked = [
        cell.source.strip() for cell in release if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert graded_course.validated[f"empty/{name}"] == asked
    assert graded_course.validated.get(f"right/{name}", []) == []


@pytest.mark.slow
@pytest.mark.parametrize("student", DID)
@pytest.mark.parametrize("name", BOOKS)
def test_the_points_of_each_graded_cell_are_what_the_check_says(graded_course, name, student):
    got = {cell: (given, by_hand) for who, where, cell, given, by_hand in graded_course.grades
           if (who, where) == (student, name)}  # fmt: skip
    wanted = points(name, student) if student in ("partly", "wrong") else {
        task.id: task.points if student == "right" else 0 for task, _, _ in tasks(name)
    }  # fmt: skip
    by_hand = (None, True) if student == "right" else (0, False)  # nobody else has written one
    assert got == {
        **{"graded-" + id.replace("/", "-"): (each, False) for id, each in wanted.items()},
        **dict.fromkeys(essays(name), by_hand),
    }


@pytest.mark.slow
def test_feedback_and_marks_are_there_for_everybody(graded_course):
    course = graded_course.course
    for name in BOOKS:
        for student in DID:
            page = course / "feedback" / student / name / f"{name}.html"
            plain = re.sub("<[^>]+>", "", page.read_text("utf-8"))
            assert plain.count("points = rl.check(") == len(list(tasks(name)))
    with open(course / "grades.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = {(row["student_id"], row["assignment"]): float(row["score"]) for row in rows}
    assert set(told) == {(student, name) for student in DID for name in BOOKS}
    for name in BOOKS:
        assert told["right", name] == sum(task.points for task, _, _ in tasks(name))
        assert told["right", name] > told["partly", name] > told["empty", name] == 0


@pytest.mark.slow
def test_free_text_is_marked_as_the_page_for_instructors_shows(graded_course, tmp_path):
    """On a copy of the gradebook, and in the name of the student who has written one."""
    shutil.copy(graded_course.course / "gradebook.db", tmp_path)
    prose = "\n".join("".join(cell["source"]) for cell in read("49-for-instructors"))
    (code,) = re.findall(r"```python\n(from nbgrader.+?)```", prose, re.DOTALL)
    words = [sys.executable, "-c", code.replace('"ada"', '"right"')]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    waiting = [f"right {name} {cell}" for name in BOOKS for cell in essays(name)]
    assert sorted(done.stdout.splitlines()) == waiting, done.stderr
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert sorted(done.stdout.splitlines()) == waiting[1:], "one is marked by now"

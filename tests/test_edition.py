"""Exercise notebooks as an nbgrader course: written from one source, the same bytes each time, and
graded by nbgrader itself on a right, a partly right, a wrong and an empty submission."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import edition
from raftlab.lessons.exercise import RIGHT, exercise, judged, known

ID = "quorums/majority"


def cells():
    return [
        new_markdown_cell("# Ours", id="title"),
        new_code_cell("import raftlab as rl", id="import"),
        new_code_cell(exercise(ID).starter, id="majority", metadata={"tags": ["exercise"]}),
        new_code_cell(f'rl.check("{ID}", majority)', id="ask", metadata={"tags": [f"check:{ID}"]}),
        new_markdown_cell("Say why.", id="why", metadata={"tags": ["essay:5"]}),
    ]


@pytest.fixture
def ours(tmp_path, monkeypatch):
    """A folder with one exercise notebook, in place of the project's."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(new_notebook(cells=cells()), folder / "40-ours.ipynb")
    nbformat.write(new_notebook(cells=cells()[:2]), folder / "10-story.ipynb")
    monkeypatch.setattr(edition, "NOTEBOOKS", folder)
    return tmp_path


def written(folder, **more):
    assert edition.write(folder, **more) == [("40-ours", 7)]
    return nbformat.read(folder / "source" / "40-ours" / "40-ours.ipynb", as_version=4)


def test_the_learners_cell_gets_the_answer_between_nbgraders_marks(ours):
    cell = written(ours / "course").cells[2]
    assert cell.metadata.nbgrader.solution and not cell.metadata.nbgrader.grade
    assert cell.source.splitlines() == [
        "def majority(count):",
        '    """How many of `count` servers are a majority of them."""',
        "    ### BEGIN SOLUTION",
        "    return count // 2 + 1",
        "    ### END SOLUTION",
        "    ...",
    ]


def test_a_graded_cell_ends_in_points_and_hides_its_other_draws(ours):
    cell = written(ours / "course", seed=5).cells[4]
    assert cell.metadata.nbgrader.points == 2 and cell.metadata.nbgrader.locked
    shown, hidden = cell.source.split("### BEGIN HIDDEN TESTS")
    assert 'points = rl.check("quorums/majority", majority).points' in shown
    assert f"majority, points, seed={edition.seed_of(5, '40-ours')})" in hidden
    assert cell.source.splitlines()[-1] == "points"
    exec(cell.source, space := {"rl": rl, "majority": exercise(ID).reference})
    assert space["points"] == 2


def test_free_text_is_marked_by_a_person(ours):
    cell = written(ours / "course").cells[5]
    told = cell.metadata.nbgrader
    assert (told.solution, told.grade, told.points, told.cell_type) == (True, True, 5, "markdown")


def test_to_write_it_twice_writes_the_same_bytes(ours):
    for name in ("one", "two"):
        written(ours / name)
    path = "source/40-ours/40-ours.ipynb"
    assert (ours / "one" / path).read_bytes() == (ours / "two" / path).read_bytes()


def test_each_student_is_asked_other_draws_and_the_same_student_always_the_same(
    monkeypatch, tmp_path
):
    seeds = []
    for student in ("ada", "ben", "ada"):
        place = tmp_path / "autograded" / student / "40-ours"
        place.mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(place)
        seeds.append(edition.hidden_seed(1))
    assert seeds[0] == seeds[2] != seeds[1] and edition.hidden_seed(2) != seeds[0]


def test_what_feedback_shows_of_one_assignment_tells_nothing_of_the_next():
    seeds = {edition.seed_of(*each) for each in ((1, "40-a"), (1, "41-b"), (2, "40-a"))}
    assert len(seeds) == 3 and 1 not in seeds


@pytest.mark.parametrize("id", sorted(known()))
def test_without_the_answer_a_learners_cell_is_the_starter_again(id):
    """So nothing raises where an answer is missing, and what is to be mended is still there."""
    task, left, inside = exercise(id), [], False
    starter = task.starter
    if isinstance(task.reference, str):
        starter = f'answer = """\n{starter}\n"""'
    for line in edition.with_solution(starter, task).splitlines():
        inside = inside or line.strip() == "### BEGIN SOLUTION"
        if not inside:
            left.append(line)
        inside = inside and line.strip() != "### END SOLUTION"
    assert "\n".join(left) == starter


@pytest.mark.parametrize("id", sorted(known()))
def test_every_reference_still_answers_when_it_stands_in_the_learners_cell(id):
    task = exercise(id)
    space = {"rl": rl, "__name__": "cell", **task.names}
    starter = task.starter
    if isinstance(task.reference, str):
        starter = f'answer = """\n{starter}\n"""'
    exec(edition.with_solution(starter, task), space)
    name = getattr(task.reference, "__name__", "answer")
    given = space[name] if name in space else list(space.values())[-1]  # a dict, by its own name
    assert judged(task, given, seed=3).level == RIGHT


@pytest.mark.parametrize("tags, source, told", [
    (["exercise"], "rl.check('other/one', majority)", "does not call rl.check"),
    ([], f"rl.check('{ID}', majority)", "has no cell tagged `exercise` before it"),
])  # fmt: skip
def test_a_notebook_that_does_not_fit_together_is_told(tags, source, told):
    book = new_notebook(cells=cells())
    book.cells[2].metadata["tags"], book.cells[3].source = tags, source
    with pytest.raises(Impossible, match=told):
        edition.source(book)


def test_wrong_words_are_answered(ours, capsys):
    assert edition.main([str(ours / "course"), "77"]) == 1
    assert "no exercises in 77; there are 40" in capsys.readouterr().err
    assert edition.main([str(ours / "course"), "40"]) == 0
    assert "40-ours: 7 points" in capsys.readouterr().out


def main(capsys, *words):
    """(exit code, what is said) of the command."""
    code = edition.main([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_the_secret_is_drawn_once_and_kept_in_the_course(ours, capsys):
    course = ours / "course"
    code, told = main(capsys, course)
    secret = (course / "secret.txt").read_text("utf-8").strip()
    assert code == 0 and len(secret) == 32 and f"{course / 'secret.txt'}: keep that" in told
    before = (course / "source" / "40-ours" / "40-ours.ipynb").read_bytes()
    assert str(edition.seed_of(secret, "40-ours")).encode() in before
    assert main(capsys, course)[0] == 0 and main(capsys, course, "--seed", secret)[0] == 0
    assert (course / "source" / "40-ours" / "40-ours.ipynb").read_bytes() == before
    code, told = main(capsys, course, "--seed", "another")
    assert code == 1 and "holds another secret" in told and "autograde --force" in told
    other = ours / "other"
    assert main(capsys, other)[0] == 0
    assert (other / "secret.txt").read_text("utf-8").strip() != secret


def test_what_an_instructor_has_changed_is_not_written_over(ours, capsys):
    course = ours / "course"
    main(capsys, course)
    source = course / "source" / "40-ours" / "40-ours.ipynb"
    before = source.read_text("utf-8")
    source.write_text(before.replace("rl.check", "rl.check "), "utf-8")
    code, told = main(capsys, course)
    assert code == 1 and "40-ours.ipynb is not as it would be written" in told
    assert source.read_text("utf-8") != before
    assert main(capsys, course, "--force")[0] == 0 and source.read_text("utf-8") == before


@pytest.mark.parametrize("words, told", [
    (["40"], "40 is a notebook; first comes the folder of the course"),
    (["here.txt"], "here.txt is a file"),
    (["course/course"], None),
    (["course", "77"], "no exercises in 77"),
])  # fmt: skip
def test_a_folder_that_nobody_means_is_refused_before_anything_is_written(
    ours, capsys, monkeypatch, words, told
):
    monkeypatch.chdir(ours)
    (ours / "here.txt").write_text("")
    if told is None:
        main(capsys, "course")
        monkeypatch.chdir(ours / "course")
        words, told = ["course"], "you are in the folder of a course already"
    there = sorted(ours.rglob("*"))
    code, said = main(capsys, *words)
    assert code == 1 and told in said and len(said.splitlines()) == 1
    assert sorted(ours.rglob("*")) == there


def test_points_lost_to_hidden_draws_are_explained(capsys):
    """Who has the answers to the published questions only."""
    task = exercise(ID)
    given = {1: 1, 2: 2, 3: 2, 4: 3, 5: 3, 7: 4}.get
    with_seed = edition.check(ID, lambda count: given(count, 0), seed=edition.hidden_seed(5))
    assert edition.hidden_points(ID, lambda count: given(count, 0), 9, 5) == with_seed.points < 2
    assert capsys.readouterr().out.startswith("With other draws:\n")
    assert edition.hidden_points(ID, task.reference, 2, 5) == 2 and not capsys.readouterr().out


def test_a_package_that_is_missing_is_told_in_a_sentence(ours, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    assert edition.main([str(ours / "course")]) == 1
    told = capsys.readouterr().err
    assert "has no package nbformat: first `source .venv/bin/activate`" in told
    assert len(told.splitlines()) == 1


def test_nbgrader_that_is_missing_is_in_what_to_do_next(ours, capsys, monkeypatch):
    assert edition.main([str(ours / "course")]) == 0
    assert "\nNext: cd " in capsys.readouterr().out
    monkeypatch.setattr(edition, "find_spec", lambda name: None)
    assert edition.main([str(ours / "course")]) == 0
    assert "\nNext: pip install nbgrader && cd " in capsys.readouterr().out


def test_a_configuration_of_ones_own_is_kept_and_what_it_lacks_is_told(ours, capsys):
    edition.main([str(ours / "course")])
    assert edition.STUB not in capsys.readouterr().out
    own = ours / "course" / "nbgrader_config.py"
    own.write_text("c = get_config()\n", "utf-8")
    edition.main([str(ours / "course")])
    assert edition.STUB in capsys.readouterr().out
    assert own.read_text("utf-8") == "c = get_config()\n"


# -- answers to what is graded ------------------------------------------------------------

OTHER = "quorums/tolerated"
ESSAY = "split-brain/explain"


def assignment(folder, monkeypatch, *places):
    """The folder that a student has of an assignment: the first exercise is graded, the second, to
    which no tag belongs, is not; nor is the essay's cell tagged, unless nbgrader's is."""
    book = new_notebook(cells=cells())
    book.cells += [new_code_cell(f'rl.check("{OTHER}", tolerated)', id="other")]
    book.cells += [new_code_cell(f'rl.check("{ESSAY}", text)', id="essay")]
    nbformat.write(book, folder / "notebooks" / "40-ours.ipynb")
    course = folder.joinpath("course", *places)
    edition.write(course)
    monkeypatch.chdir(course / "source" / "40-ours")
    monkeypatch.setenv("RAFTLAB_PROGRESS", "off")
    return course / "source" / "40-ours"


def test_the_answer_to_what_is_graded_is_kept_back_until_the_file_is_deleted(ours, monkeypatch):
    place = assignment(ours, monkeypatch)
    with pytest.raises(Impossible, match=f"{ID} is graded here, so its answer comes from whoever"):
        rl.answer(ID)
    hints = [repr(rl.hint(ID)) for _ in range(4)]
    assert all(exercise(ID).hints[at] in hints[at] for at in range(3))
    assert not any("rl.answer" in one for one in hints)
    (place / "raftlab-graded.txt").unlink()
    assert "count // 2 + 1" in repr(rl.answer(ID)) and "rl.answer" in repr(rl.hint(ID))


def test_what_is_not_graded_is_answered_beside_what_is(ours, monkeypatch):
    place = assignment(ours, monkeypatch)
    kept = (place / "raftlab-graded.txt").read_text("utf-8").splitlines()
    assert [line for line in kept if not line.startswith("#")] == [ID, ESSAY]
    assert "count - 1" in repr(rl.answer(OTHER)) or "// 2" in repr(rl.answer(OTHER))
    monkeypatch.chdir(ours)  # and elsewhere so is all
    assert "count // 2 + 1" in repr(rl.answer(ID))


def test_the_rubric_of_a_graded_essay_is_shown_to_whoever_marks_it(ours, monkeypatch):
    place, text = assignment(ours, monkeypatch), "A majority of all decides. " * 20
    assert f"{ESSAY} is graded here" in repr(rl.check(ESSAY, text))
    assert repr(rl.check(ESSAY, text).tick("1 2")) == repr(rl.check(ESSAY, text))
    assert "write at least" in repr(rl.check(ESSAY, "too short"))
    for asked in (rl.hint, rl.answer):
        assert "It is graded here: whoever assigned it marks" in repr(asked(ESSAY))
    marked = ours / "course" / "autograded" / "ada" / "40-ours"
    shutil.copytree(place, marked)
    monkeypatch.chdir(marked)
    assert "A point for each" in repr(rl.check(ESSAY, text))
    assert "A point for each" in repr(rl.check(ESSAY, "too short"))


def test_a_course_can_be_made_of_every_exercise_notebook(tmp_path):
    written = edition.write(tmp_path)
    assert {name[:2] for name, _ in written} == set(edition.exercise_notebooks())
    assert all(points > 0 for _, points in written)


# -- nbgrader itself ----------------------------------------------------------------------

ANSWERS = {
    "right": "    return count // 2 + 1",
    "partly": "    return (count + 1) // 2",
    "wrong": "    return count",
    "empty": None,
}


def nbgrader(course, *words, fails=False):
    homes = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython",
        "JUPYTER_RUNTIME_DIR": "runtime",
    }  # fmt: skip
    # As in an activated environment: nbgrader calls its database's tool by name.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words], cwd=course, capture_output=True, text=True,
        env={**os.environ, "PATH": path,
             **{key: str(course.parent / name) for key, name in homes.items()}},
    )  # fmt: skip
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_nbgrader_releases_grades_and_exports_four_submissions(ours):
    course = ours / "course"
    written(course, seed=11)
    nbgrader(course, "generate_assignment", "40-ours", "--create")
    path = course / "release" / "40-ours" / "40-ours.ipynb"
    first = path.read_bytes()
    text = path.read_text("utf-8")
    for secret in ("count // 2 + 1", "hidden_seed", "HIDDEN TESTS", "BEGIN SOLUTION"):
        assert secret not in text, secret
    nbgrader(course, "generate_assignment", "40-ours", "--force")
    assert path.read_bytes() == first

    told = nbgrader(course, "validate", str(path))
    assert "FAILED ON 2 CELL(S)" in told  # the graded one, and the free text: no other
    assert "points = rl.check" in told and "You did not provide a response" in told

    for student, answer in ANSWERS.items():
        target = course / "submitted" / student / "40-ours"
        target.mkdir(parents=True)
        shutil.copy(path, target)
        if answer:
            book = json.loads((target / "40-ours.ipynb").read_text("utf-8"))
            cell = next(one for one in book["cells"] if one.get("id") == "majority")
            cell["source"] = "def majority(count):\n" + answer
            (target / "40-ours.ipynb").write_text(json.dumps(book), "utf-8")
    nbgrader(course, "autograde", "40-ours", "--create")
    nbgrader(course, "generate_feedback", "40-ours")
    nbgrader(course, "export")

    with sqlite3.connect(course / "gradebook.db") as book:
        rows = book.execute(
            "select student.id, sum(grade.auto_score) from grade join submitted_notebook on"
            " grade.notebook_id = submitted_notebook.id join submitted_assignment on"
            " submitted_notebook.assignment_id = submitted_assignment.id join student on"
            " submitted_assignment.student_id = student.id group by student.id"
        ).fetchall()  # fmt: skip
    assert dict(rows) == {"right": 2, "partly": 1, "wrong": 0, "empty": 0}
    feedback = (course / "feedback" / "wrong" / "40-ours" / "40-ours.html").read_text("utf-8")
    assert "majority(3) gives 3; it must be 2" in feedback
    assert "right" in (course / "grades.csv").read_text("utf-8")

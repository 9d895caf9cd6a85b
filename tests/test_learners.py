"""The edition without answers: nothing of them is left in it, and rl.check says the same there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from raftlab.core import Impossible
from raftlab.lessons import learners
from raftlab.lessons.checking import source_of
from raftlab.lessons.exercise import known
from raftlab.lessons.rubric import RUBRICS

LESSONS = learners.PROJECT / learners.PACKAGE
HERE = Path(__file__).parent
# Of a whole Raft a stage takes seconds: these are judged beside the others, the rest by the record.
STAGES = [id for id in known() if id.startswith("own-raft/")]
SHORT = [id for id in known() if id not in STAGES] + ["own-raft/election"]


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """The folder of an edition, written once."""
    folder = tmp_path_factory.mktemp("learners") / "edition"
    learners.write(folder)
    return folder


@pytest.fixture(scope="module")
def said(edition, tmp_path_factory):
    """{(id, what is handed over): what is said to it}, by the whole package and by the edition."""
    answers = tmp_path_factory.mktemp("answers")
    shutil.copytree(LESSONS / "parts", answers / "parts", ignore=shutil.ignore_patterns("__*__"))
    shutil.copy(LESSONS / "parts" / "__init__.py", answers / "parts")
    for name in ("own_reference.py", "redis_rules.py"):
        shutil.copy(LESSONS / name, answers)
    asked = [
        subprocess.Popen(
            [sys.executable, HERE / "learners_outside.py", answers, *SHORT], text=True,
            stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(project)},
        )
        for project in (learners.PROJECT, edition)
    ]  # fmt: skip
    both = []
    for one in asked:
        lines = one.communicate()[0].splitlines()
        assert one.returncode == 0
        both.append({tuple(words): told for *words, told in map(json.loads, lines)})
    return both


# -- what is left -------------------------------------------------------------------------------


def texts(folder):
    """{name: text} of what is written by people in an edition, and of its record."""
    found = {}
    for path in folder.rglob("*"):
        if path.suffix in (".py", ".ipynb", ".md", ".txt"):
            name = path.relative_to(folder).as_posix()
            found[name] = path.read_text("utf-8")
            if path.suffix == ".ipynb":
                cells = json.loads(found[name])["cells"]
                found[name] = "\n".join("".join(cell["source"]) for cell in cells)
    return found


def lines_of(text):
    return {line.strip() for line in text.splitlines()}


def distinctive():
    """{id: the lines of its reference that stand in no starter, in no scenario of the catalog, and
    nowhere in what judges}."""
    elsewhere = set().union(*(lines_of(task.starter) for task in known().values()))
    for name in learners.files():
        if name.endswith((".py", ".txt")) and not learners.has_answers(name):
            elsewhere |= lines_of((learners.PROJECT / name).read_text("utf-8"))
    found = {}
    for id, task in known().items():
        held = source_of(task.reference)
        body = held.partition('"""')[2].partition('"""')[2] if callable(task.reference) else held
        found[id] = {line for line in lines_of(body or held) - elsewhere if len(line) > 15}
    return found


def left_in(there):
    """[(id, the file, the line)] of answers in the texts of an edition. A notebook may show a line
    of one, as a help, but no answer whole."""
    lines, found = {name: lines_of(text) for name, text in there.items()}, []
    for id, own in distinctive().items():
        for name, held in lines.items():
            if not name.endswith(".ipynb") or own <= held:
                found += [(id, name, line) for line in sorted(own & held)]
    return found


def test_no_line_of_an_answer_is_left(edition):
    there = distinctive()
    assert sum(map(bool, there.values())) > 60, "nearly every answer has lines of its own"
    assert left_in(texts(edition)) == []


@pytest.mark.parametrize("id", ["quorums/tolerated", "own-raft/recovery", "expose/votes-twice",
                                "discovery/choose", "redis-scheduler/lead"])  # fmt: skip
def test_an_answer_that_is_left_in_is_found(edition, id):
    there = texts(edition)
    there["raftlab/lessons/parts/quorums.py"] += source_of(known()[id].reference)
    assert id in {found for found, _, _ in left_in(there)}, "others may have the same line"


def test_no_wrong_answer_is_left_either(edition):
    """Most are the reference but for a line."""
    parts = "\n".join(texts(edition)[f"raftlab/lessons/parts/{name}.py"]
                      for name in ("quorums", "own_raft", "games_agree", "wholes"))  # fmt: skip
    for name in ("rounded_up", "CountsHalf", "_HALF", "counts_so) == ", "leader_commit ="):
        assert name not in parts
    assert "candidates_that_count_so" in parts and "plugged_together" in parts


def test_what_instructors_need_is_not_in_it_and_all_else_is(edition):
    there = {path.relative_to(edition).as_posix() for path in edition.rglob("*")}
    assert {"run.py", "pyproject.toml", "README.md", "notebooks/00-start-here.ipynb"} <= there
    assert not any(name.startswith(("tests", "benchmarks", ".ci")) for name in there)
    assert not {f"raftlab/lessons/{name}.py" for name in ("edition", "learners")} & there
    assert os.access(edition / "run.py", os.X_OK) == os.access(learners.PROJECT / "run.py", os.X_OK)


def test_what_git_does_not_know_is_not_handed_out(tmp_path):
    """A course with its hidden tests and grades may lie in the project's folder."""
    for name in ("run.py", "course/secret.txt", "grades.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "run.py"], cwd=tmp_path, check=True)
    assert learners.files(tmp_path) == ["run.py"]


def test_no_answer_in_free_text_is_left(edition):
    there = "\n".join(texts(edition).values())
    known()
    for rubric in RUBRICS.values():
        assert rubric.demands[0].says.split()[0] in there and len(rubric.models) == 3
        for model in rubric.models:
            assert model.text[:60] not in there
    code = (
        "import raftlab as rl\n"
        "print(rl.check('split-brain/explain', 'word ' * 60).tick('1 2'))\n"
        "print(rl.hint('quorums/majority'), rl.hint('quorums/majority'), "
        "rl.hint('quorums/majority'), rl.hint('quorums/majority'))"
    )
    there = {**os.environ, "PYTHONPATH": str(edition), "RAFTLAB_PROGRESS": "off"}
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=edition, capture_output=True, text=True, env=there)
    assert "By your own marks 2 of 8 points" in done.stdout, done.stderr
    assert "Three answers" not in done.stdout and "rl.answer" not in done.stdout


def test_to_write_it_twice_writes_the_same_bytes(edition, tmp_path):
    count = learners.write(tmp_path / "again")
    one, two = ({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*")
                 if path.is_file() and "__pycache__" not in path.parts}
                for folder in (edition, tmp_path / "again"))  # fmt: skip
    assert one == two and len(one) == count


@pytest.mark.parametrize("make, told", [
    (lambda folder: (folder / "mine.txt").write_text("x"), "is not empty"),
    (lambda folder: folder.rmdir() or folder.write_text("a file"), "is not empty"),
])  # fmt: skip
def test_nothing_is_written_over(tmp_path, make, told):
    folder = tmp_path / "mine"
    folder.mkdir()
    make(folder)
    with pytest.raises(Impossible, match=told):
        learners.write(folder)


def test_it_is_not_written_into_the_project_nor_from_an_installed_package(tmp_path):
    with pytest.raises(Impossible, match="choose a folder outside"):
        learners.write(learners.PROJECT / "mine")
    with pytest.raises(Impossible, match="is not the project"):
        learners.write(tmp_path / "one", project=tmp_path)


def test_without_git_it_is_what_the_folders_hold_without_caches(tmp_path):
    for name in ("run.py", "raftlab/a.py", "raftlab/__pycache__/a.pyc", ".venv/x.py", "tests/t.py",
                 "ours/nbgrader_config.py", "ours/source/40/40.ipynb"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert learners.files(tmp_path) == ["raftlab/a.py", "run.py"]


# -- what is said -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("id", SHORT)
def test_every_answer_is_told_the_same(said, id):
    """The starter, the right answer, and each wrong one: verdict, words, points, and the run."""
    whole, edition = ({what: told for (one, what), told in each.items() if one == id}
                      for each in said)  # fmt: skip
    assert whole.keys() == edition.keys() and len(whole) > 5
    for what, told in whole.items():
        if what not in ("answer", "seed 1"):
            assert edition[what] == told, what
    assert whole["reference"]["level"] == "right" and whole["starter"]["level"] == "missing"
    assert (
        "keeps the answers back: whoever has handed it out has them"
        in (edition["answer"]["refused"])
    )


@pytest.mark.slow
def test_another_seed_is_asked_where_the_answer_is_not_needed_and_refused_elsewhere(said):
    whole, edition = said
    needed = set(learners.record_of_gives())
    assert "quorums/majority" in needed and "split-brain/any-sides" not in needed
    for id in SHORT:
        told = edition[id, "seed 1"]
        if id in needed:
            assert "asks the draws of seed 0 only" in told["refused"]
        else:
            assert told == whole[id, "seed 1"]

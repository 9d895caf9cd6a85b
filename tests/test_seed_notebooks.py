"""The notebooks of the seed's exercises 2 and 3: their cells and records fit, solved they are
right, and what they say of their runs is so."""

import json

import nbformat
import pytest

import raftlab as rl
from raftlab.lessons import edition
from raftlab.lessons.exercise import RIGHT, exercise, known
from raftlab.lessons.parts.discovery import ROWS
from raftlab.lessons.refresh import NOTEBOOKS
from raftlab.lessons.rubric import RUBRICS

TOPICS = {"45-split-brain": "split-brain", "46-zookeeper-or-etcd": "discovery"}
by_notebook = pytest.mark.parametrize("name", TOPICS)


def code(name):
    """(id, tags, source, what is shown as text) of each code cell."""
    for cell in json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            texts = ["".join(out.get("data", {}).get("text/plain", "")) for out in cell["outputs"]]
            tags = cell["metadata"].get("tags", [])
            yield cell["id"], tags, "".join(cell["source"]), "".join(texts)


def shown(name, id):
    return next(text for its, _, _, text in code(name) if its == id)


def handed(source):
    """The name of what rl.check("…", NAME) judges."""
    return source.rpartition(", ")[2].rstrip(")")


@by_notebook
def test_a_cell_to_fill_in_is_the_starter_of_what_judges_it(name):
    cells, there = list(code(name)), []
    for (_, before, yours, _), (_, tags, judges, told) in zip(cells, cells[1:], strict=False):
        for id in (tag.removeprefix("check:") for tag in tags if tag.startswith("check:")):
            task = exercise(id)
            there.append(id)
            starter = task.starter
            if isinstance(task.reference, str):
                starter = f'{handed(judges)} = """\n{starter}\n"""'
            assert before == ["exercise"] and yours == starter
            assert judges.startswith(f'rl.check("{id}", ')
            assert told.startswith("… Nothing to check yet")
    assert sorted(there) == sorted(id for id in known() if id.split("/")[0] == TOPICS[name])


@by_notebook
def test_solved_it_is_right_from_top_to_bottom(name):
    """The answers in the place of what is given, and nothing else changed."""
    space = {}
    for _, tags, source, _ in code(name):
        for tag in tags:
            if tag.startswith("check:"):
                space[handed(source)] = exercise(tag.removeprefix("check:")).reference
                assert eval(source, space).level == RIGHT, source
        if not tags or tags[0].startswith("essay:"):
            exec(source, space)


@by_notebook
def test_free_text_has_a_prompt_of_its_own_and_as_many_points_as_its_rubric(name):
    """nbgrader replaces the cell of the text, so the task stands in the one before it."""
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    tagged = [(at, tag) for at, cell in enumerate(cells) for tag in cell.metadata.get("tags", ())
              if tag.startswith("essay:")]  # fmt: skip
    [(at, tag)] = tagged
    assert cells[at - 1].cell_type == "markdown" and "words" in cells[at - 1].source
    [rubric] = [one for id, one in RUBRICS.items() if id.split("/")[0] == TOPICS[name]]
    assert tag == f"essay:{rubric.points}"
    assert cells[at + 1].source.startswith(f'rl.check("{rubric.id}", ')


@by_notebook
def test_an_edition_keeps_what_one_must_know_beside_the_solution(name, tmp_path):
    """Of a table the names, of a schedule its first lines: both are needed to answer."""
    [(_, points)] = edition.write(tmp_path, [name[:2]])
    ids = [id for id in known() if id.split("/")[0] == TOPICS[name]]
    essay = sum(one.points for id, one in RUBRICS.items() if id.split("/")[0] == TOPICS[name])
    assert points == sum(exercise(id).points for id in ids) + essay
    book = nbformat.read(tmp_path / "source" / name / f"{name}.ipynb", as_version=4)
    for cell in book.cells:
        if "### BEGIN SOLUTION" in cell.source and cell.metadata.nbgrader.solution:
            rest = cell.source.split("### BEGIN SOLUTION")[0]
            assert "def " in rest or "..." in rest, cell.id


# -- what is said of the runs ---------------------------------------------------------------


def test_whoever_counts_those_within_reach_has_two_primaries_and_two_truths():
    told = shown("45-split-brain", "both-answer")
    assert "S2: x?, asked at 1600 ms, answered at 1620 ms: 1" in told
    assert "S3: x?, asked at 1600 ms, answered at 1620 ms: 2" in told


def test_the_longest_log_is_that_of_the_old_leader_and_nothing_of_it_is_committed():
    told = shown("45-split-brain", "run-it").splitlines()
    assert "S2 leader term 1: [1:t1 no-op, 2:t1 x=1, 3:t1 x=2] committed to 1" in "\n".join(told)
    assert any(line.startswith("S1 leader term 3: [1:t1 no-op, 2:t3 no-op]") for line in told)


def test_the_search_saw_all_within_its_bounds():
    assert "everything within the bounds was seen" in shown("45-split-brain", "searched")
    assert rl.explore("raft!commits-with-half", progress=False).ok is False


def test_of_four_quick_changes_one_watcher_saw_the_last_and_the_other_all():
    assert shown("46-zookeeper-or-etcd", "two-watchers") == "[(3,), (1, 2, 1, 3)]"


def test_a_read_from_a_leaders_own_copy_was_outdated():
    told = shown("46-zookeeper-or-etcd", "stale")
    assert told.startswith("not linearizable") and "C2's x? → 1" in told


def test_the_decision_table_is_the_one_that_answers_are_judged_by():
    """Each row by its name, with both columns and its source, as it stands in the record."""
    cells = nbformat.read(NOTEBOOKS / "46-zookeeper-or-etcd.ipynb", as_version=4).cells
    [text] = [cell.source for cell in cells if cell.id == "table"]
    lines = text.splitlines()
    for name, (one, other, source) in ROWS.items():
        assert f"| `{name}` | {one} | {other} | {source} |" in lines
    assert len([line for line in lines if line.startswith("| `")]) == len(ROWS)


def test_who_stood_still_past_its_lease_acts_although_another_is_listed():
    assert shown("46-zookeeper-or-etcd", "still-listed") == "('D2/2', ['D1', 'D2'])"

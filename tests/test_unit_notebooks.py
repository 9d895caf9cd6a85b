"""The notebooks of the small units: their cells and their records fit, solved they are right, and
what they say of their first run is so."""

import json

import pytest

import raftlab as rl
from raftlab.lessons.exercise import RIGHT, exercise, known
from raftlab.lessons.refresh import NOTEBOOKS

UNITS = ("40-quorums-and-elections", "41-logs-and-commit", "42-clients-snapshots-and-leases")
TOPICS = {"quorums", "elections", "logs", "clients", "snapshots", "leases", "wholes"}
by_notebook = pytest.mark.parametrize("name", UNITS)


def code(name):
    """(tags, source, what is shown as text) of each code cell."""
    for cell in json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            texts = ["".join(out.get("data", {}).get("text/plain", "")) for out in cell["outputs"]]
            yield cell["metadata"].get("tags", []), "".join(cell["source"]), "".join(texts)


def checked(name):
    """The ids that the notebook's cells judge, in their order."""
    tags = [tag for tags, _, _ in code(name) for tag in tags]
    return [tag.removeprefix("check:") for tag in tags if tag.startswith("check:")]


@by_notebook
def test_a_cell_to_fill_in_is_the_starter_of_what_judges_it(name):
    cells = list(code(name))
    for (before, yours, _), (tags, judges, shown) in zip(cells, cells[1:], strict=False):
        for id in (tag.removeprefix("check:") for tag in tags if tag.startswith("check:")):
            task = exercise(id)
            assert before == ["exercise"] and yours == task.starter
            assert judges == f'rl.check("{id}", {task.reference.__name__})'
            assert shown.startswith("… Nothing to check yet")


def test_every_unit_stands_in_one_notebook():
    there = [id for name in UNITS for id in checked(name)]
    assert sorted(there) == sorted(id for id in known() if id.split("/")[0] in TOPICS)


@by_notebook
def test_solved_it_is_right_from_top_to_bottom(name):
    """The answers in the place of what is given, and nothing else changed."""
    space = {}
    for tags, source, _ in code(name):
        if "exercise" in tags:
            continue
        for tag in tags:
            task = exercise(tag.removeprefix("check:"))
            space[task.reference.__name__] = task.reference
        *lines, last = source.splitlines()
        exec("\n".join(lines), space)
        if tags:
            assert eval(last, space).level == RIGHT, last


@pytest.mark.parametrize("name, least, most", [(UNITS[0], 100, 130), (UNITS[1], 110, 140),
                                               (UNITS[2], 110, 140)])  # fmt: skip
def test_a_notebook_takes_about_the_two_hours_that_it_says(name, least, most):
    assert least <= sum(exercise(id).minutes for id in checked(name)) <= most


# -- what is said of the first run ----------------------------------------------------------


def terms(run, id):
    return [entry.term for entry in run.state.observe(id).log]


def test_the_longest_log_wins_and_index_2_holds_something_else():
    run = rl.scenario("breaks/compares-length-only")
    assert terms(run, "S1") == [1, 1, 1, 1] and terms(run, "S2") == terms(run, "S3") == [1, 2]
    assert run.state.observe("S2").commit_index == 2
    run.goto(len(run))
    assert run.leader == "S1" and terms(run, "S1")[1] == terms(run, "S3")[1] == 1
    assert run.state.observe("S2").last_applied == 2


def test_an_old_message_takes_from_s2_what_it_had_acknowledged():
    run = rl.scenario("breaks/always-truncates")
    assert terms(run, "S2") == [1, 1, 1] and run.operations()[-1].result == 2
    assert run.state.observe("S1").match_index["S2"] == 3
    run.goto(len(run))
    held = {id: terms(run, id) for id in ("S1", "S2", "S3")}
    assert held == {"S1": [1, 1, 1], "S2": [1, 1], "S3": []}


def test_what_was_asked_for_once_has_happened_twice():
    run = rl.scenario("breaks/ignores-sessions", at="end")
    (asked,) = run.operations()
    assert asked.call == ("add", "x", 1) and asked.result == 2 and not run.verdicts

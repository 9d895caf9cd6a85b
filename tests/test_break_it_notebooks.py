"""Notebooks 43 and 44: their cells and the records fit, solved they are right, and what they say of
their first runs is so."""

import json
import re

import pytest

import raftlab as rl
from raftlab.lessons.exercise import RIGHT, exercise, known
from raftlab.lessons.refresh import NOTEBOOKS
from raftlab.lessons.suspects import RULES

BOOKS = ("43-find-expose-fix", "44-break-it")
TOPICS = {"find", "expose", "fix", "games"}


def cells(name):
    return json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))["cells"]


def code(name):
    """(tags, source, what is shown as text) of each code cell."""
    for cell in cells(name):
        if cell["cell_type"] == "code":
            texts = ["".join(out.get("data", {}).get("text/plain", "")) for out in cell["outputs"]]
            yield cell["metadata"].get("tags", []), "".join(cell["source"]), "".join(texts)


def prose(name):
    return "\n".join("".join(one["source"]) for one in cells(name) if one["cell_type"] != "code")


def tasks(name):
    """(the exercise, the learner's cell, the cell that judges it, what that shows)."""
    there = list(code(name))
    for (before, yours, _), (tags, judges, shown) in zip(there, there[1:], strict=False):
        for id in (tag.removeprefix("check:") for tag in tags if tag.startswith("check:")):
            assert before == ["exercise"]
            yield exercise(id), yours, judges, shown


def held_in(yours, task):
    """What the learner's cell defines, and under which name."""
    exec(yours, space := {"rl": rl})
    name = getattr(task.reference, "__name__", None) or [n for n in space if n[:2] != "__"][-1]
    return name, space[name]


@pytest.mark.parametrize("name", BOOKS)
def test_a_cell_to_fill_in_is_the_starter_of_what_judges_it(name):
    for task, yours, judges, shown in tasks(name):
        variable, held = held_in(yours, task)
        assert (held.strip("\n") if isinstance(held, str) else yours) == task.starter
        assert judges == f'rl.check("{task.id}", {variable})'
        assert shown.startswith("… Nothing to check yet")


def test_every_task_stands_in_one_notebook():
    there = [task.id for name in BOOKS for task, *_ in tasks(name)]
    assert sorted(there) == sorted(id for id in known() if id.split("/")[0] in TOPICS)


@pytest.mark.parametrize("name", BOOKS)
def test_solved_it_is_right_from_top_to_bottom(name):
    for task, yours, judges, _ in tasks(name):
        variable, _ = held_in(yours, task)
        assert eval(judges, {"rl": rl, variable: task.reference}).level == RIGHT, task.id


def test_a_broken_method_stands_in_the_prose_too():
    """A course leaves the learner's cell empty, and one must know what is to be mended."""
    for task, *_ in tasks(BOOKS[0]):
        if task.id.startswith("fix/"):
            assert f"```python\n{task.starter}\n```" in prose(BOOKS[0])


def test_the_lists_in_the_prose_are_complete():
    told = prose(BOOKS[0])
    assert set(RULES) <= set(re.findall(r"`(\w+)`", told))
    from raftlab.lessons.parts.expose_suite import FAMILY

    assert "The ten: " + ", ".join(f"`{name}`" for name in FAMILY) + "." in told
    assert all(name in told for name in type(rl.cluster()["S1"]).properties)


def test_the_verbs_in_the_table_can_be_played():
    table = [line for line in prose(BOOKS[0]).splitlines() if line.startswith("| `")]
    verbs = {verb.split()[0] for line in table for verb in re.findall(r"`([^`]+)`", line)}
    from raftlab.sim.scenario_macros import usages

    assert len(table) == 9 and verbs <= {usage.split()[0] for usage in usages()}


# -- what is said of the first runs -------------------------------------------------------


def test_the_demo_goes_well_and_a_run_of_two_terms_does_not():
    demo, found = list(code(BOOKS[0]))[:2]
    exec(demo[1].rpartition("\n")[0], space := {})
    logs = {tuple(space["demo"].state.observe(id).log) for id in ("S1", "S2", "S3")}
    assert len(logs) == 1 and not space["demo"].verdicts
    assert "Leader Completeness" in found[2] and "terms up to 2" in found[2]


def test_a_kind_network_gives_the_majority_its_wish():
    (_, source, shown), *_ = code(BOOKS[1])
    assert "S1 decides 1, after 65 of your choices" in shown
    assert "(1, 1, 1, 0, 0), patience=60" in source

"""The notebooks of the small units: how long they take, and what they say of their first run.

That their cells and their records fit is tested in test_exercise_notebooks.py.
"""

import pytest
from tasks import tasks

import raftlab as rl


@pytest.mark.parametrize("name, least, most", [
    ("40-quorums-and-elections", 100, 130), ("41-logs-and-commit", 110, 140),
    ("42-clients-snapshots-and-leases", 110, 140),
])  # fmt: skip
def test_a_notebook_takes_about_the_two_hours_that_it_says(name, least, most):
    assert least <= sum(task.minutes for task, _, _ in tasks(name)) <= most


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

"""A timer set by hand: it runs out when it is told to, and nothing else is different."""

import pytest

import raftlab as rl
from raftlab.core import Rearm
from raftlab.scenarios import text_of


def left(run, id, name="election"):
    due = {timer: due for due, timer in run.state.host(id).timers}
    return round(due[name] - run.now, 3)


@pytest.fixture
def run():
    run = rl.cluster("raft", servers=3, seed=1)
    run.run(20)
    return run


@pytest.mark.parametrize("ms", [0, 0.5, 40, 1000])
def test_a_timer_runs_out_in_as_many_ms_as_it_is_told(run, ms):
    others = [left(run, id) for id in ("S2", "S3")]
    run.rearm("S1", ms)
    assert left(run, "S1") == ms
    assert [left(run, id) for id in ("S2", "S3")] == others
    assert run.now == 20 and not run.state.network


def test_it_fires_then_and_before_all_others(run):
    run.rearm("S2", 3)
    assert run.step() == 1
    assert run.now == 23 and run.state.observe("S2").role == "candidate"


def test_of_several_timers_only_the_named_one_is_set():
    run = rl.cluster("raft", servers=3, seed=1)
    run.until(lambda run: run.leader)
    run.rearm(run.leader, 7, "heartbeat")
    assert left(run, run.leader, "heartbeat") == 7


def test_it_is_told_and_is_nothing_to_stop_at(run):
    run.rearm("S1", 40)
    assert repr(run.steps[run.position]).startswith(
        "20 ms  S1's election timer now runs out in 40 ms\n  somebody has set S1's election timer"
    )
    assert not run.is_interesting(run.position)


def test_it_comes_back_from_a_file_and_from_a_scenario(run):
    run.rearm("S1", 40.5)
    run.rearm("S3", 0)
    run.until(lambda run: run.leader)
    assert rl.load(run.dump()).digest() == run.digest()
    text = text_of(run)
    assert "rearm S1 in 40.5\n" in text
    assert rl.scenario(text, at="end").digest() == run.digest()


def test_the_same_act_in_the_past_follows_the_same_branch(run):
    at = run.position
    run.rearm("S1", 40)
    run.goto(at)
    run.take(Rearm("S1", "election", 40))
    assert len(run.branches) == 1
    run.goto(at)
    run.rearm("S1", 41)
    assert len(run.branches) == 2

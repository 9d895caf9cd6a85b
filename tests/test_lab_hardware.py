"""The lab's buttons for disks and clocks, without a browser: asks in, history and track out."""

import json

import pytest

import raftlab as rl
from raftlab.core import CrashDuring, Impossible


@pytest.fixture
def lab():
    return rl.lab("raft", servers=3, seed=7)


def did(lab):
    return [type(step.action).__name__ for step in lab.run.steps[1:]]


def changes_of(lab, place):
    """What the newest row says of the host at `place`."""
    patch = json.loads(lab.stage.patch)
    row = patch["rows"][lab.run.position - patch["from"]]
    return dict(row.get("n", [])).get(place, {})


def test_losing_the_disk_of_a_running_server_crashes_it_first(lab):
    lab.act("wipe", node="S1")
    lab.act("wipe", node="S1")
    assert did(lab) == ["Crash", "Wipe", "Wipe"]
    lab.act("undo")
    lab.act("undo")
    assert lab.run.state.host("S1").mode == "up" and lab.run.position == 0


def test_a_disk_lies_and_is_flushed_and_the_stage_is_told(lab):
    lab.act("unsync", node="S2")
    assert changes_of(lab, 1) == {"q": 1.0, "d": 1}
    lab.act("sync", node="S2")
    assert changes_of(lab, 1) == {"q": 1.0, "d": 0}
    assert did(lab) == ["Unsync", "Sync"]


def test_a_clock_drifts_and_the_stage_is_told_how_long_its_timers_take(lab):
    lab.act("drift", node="S3", rate=2)
    changes = changes_of(lab, 2)
    (_, deadline, span) = changes["e"][0]
    assert (changes["q"], changes["d"], span) == (2.0, 0, 150)
    assert deadline == lab.run.state.host("S3").timers[0][0]


def test_a_server_crashes_over_a_message_with_as_much_on_disk_as_can_be():
    lab = rl.lab("raft!writes-vote-and-term-apart", servers=3, seed=7)
    lab.run.fire("S1")
    lab.refresh()
    envelope = lab.run.state.network[0]
    lab.act("crash-during", src="S1", dst=envelope.dst, place=0)
    step = lab.run.steps[-1]
    assert (type(step.action), step.action.written) == (CrashDuring, 1)
    node = lab.run[envelope.dst]
    assert (node.current_term, node.voted_for) == (0, "S1")


def test_a_server_crashes_as_its_timer_runs_out(lab):
    lab.act("crash-during", node="S1", timer="election")
    assert lab.run.steps[-1].action.written == 0 and lab.run["S1"].current_term == 0


def test_where_nothing_is_written_there_is_no_middle_to_crash_in(lab):
    run = lab.run
    run.until(lambda run: run.leader)
    run.run(100)
    run.fire(run.leader, "heartbeat")
    lab.refresh()
    beats = [at for at, e in enumerate(run.state.network) if e.src == run.leader]
    envelope = run.state.network[beats[-1]]
    before = run.dump()
    with pytest.raises(Impossible, match=f"{envelope.dst} writes nothing in the middle of"):
        lab.act("crash-during", src=envelope.src, dst=envelope.dst, place=beats[-1])
    assert run.dump() == before

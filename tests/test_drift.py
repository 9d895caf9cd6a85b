"""Clocks that run at different rates: progress rests on them (§5.6), safety does not."""

import pytest
from hand import elect, elected

import raftlab as rl
from raftlab.core import Drift, Node
from raftlab.sim import SOUND, WEIGHTS, random_walk
from raftlab.views import text


class Sleeper(Node):
    """Two timers of a fixed length, set anew whenever they run out."""

    naps = 0

    def start(self):
        self.set_timer("short", 100)
        self.set_timer("long", 1000)

    def on_timer(self, name):
        self.naps += 1
        self.set_timer(name, 100 if name == "short" else 1000)


def timers(run, id="S1"):
    return {name: due for due, name in run.state.host(id).timers}


@pytest.mark.parametrize("rate, short, long", [
    (2, 70, 520), (0.5, 160, 1960), (10, 46, 136), (0.1, 640, 9640), (3, 60, 360), (1, 100, 1000),
])  # fmt: skip
def test_running_timers_keep_the_share_of_their_time_that_is_left(rate, short, long):
    run = rl.cluster(Sleeper, servers=2)
    run.run(40)
    run.drift("S1", rate)
    assert timers(run) == {"short": short, "long": long}
    assert timers(run, "S2") == {"short": 100, "long": 1000}
    assert run.now == 40 and run.state.host("S1").hardware.rate == rate


@pytest.mark.parametrize("rate, count", [(1, 10), (2, 20), (0.5, 5), (10, 100)])
def test_timers_set_from_now_on_take_so_much_longer_or_shorter(rate, count):
    run = rl.cluster(Sleeper, servers=1)
    run.drift("S1", rate)
    run.run(999)
    run.run(1)
    assert run["S1"].naps == count + (rate >= 1) * int(rate)  # the long one, too


def test_rates_follow_one_another_and_one_is_right():
    run = rl.cluster(Sleeper, servers=1)
    run.drift("S1", 3)
    assert timers(run) == {"short": 33.333, "long": 333.333}  # rounded like all times
    run.drift("S1", 1)
    assert timers(run) == {"short": 99.999, "long": 999.999}
    assert run.state.host("S1").hardware is SOUND
    assert run.why() == ("S1's clock runs right again",)


def test_a_timer_that_is_overdue_stays_so():
    run = rl.cluster(Sleeper, servers=2)
    run.pause("S1")
    run.run(150)
    run.drift("S1", 0.5)
    assert timers(run) == {"short": 100, "long": 1850}
    run.resume("S1")
    run.step()
    assert run.now == 150 and run["S1"].naps == 1


def test_a_clock_drifts_on_through_crashes_pauses_and_lies_of_the_disk():
    run = rl.cluster(Sleeper, servers=1)
    run.drift("S1", 4)
    run.unsync("S1")
    run.pause("S1")
    run.resume("S1")
    run.crash("S1")
    run.restart("S1")
    assert timers(run) == {"short": 25, "long": 250}
    run.crash("S1")
    run.drift("S1", 2)  # also while it is down
    run.wipe("S1")
    run.restart("S1")
    assert timers(run) == {"short": 50, "long": 500}


def test_drifting_is_undone_repeated_and_saved_like_any_action():
    run = elected()
    step = run.drift("S1", 1.7)
    run.run(500)
    digest = run.digest()
    back = rl.load(run.dump())
    assert back.digest() == digest and back.dump() == run.dump()
    run.goto(run.steps.index(step) - 1)
    assert run.state.host("S1").hardware is SOUND
    assert run.take(Drift("S1", 1.7)) is step and len(run.branches) == 1


def test_what_happened_is_told_in_words():
    run = rl.cluster(Sleeper, servers=1)
    assert run.drift("S1", 0.5) and run.why() == (
        "S1's clock runs half as fast: each of its timers takes 2 times as long as it should",
    )
    run.drift("S1", 1.25)
    assert rl.sim.headline(run.steps[-1].action) == "S1's clock runs 1.25 times as fast"
    assert "takes 0.8 times as long" in run.why()[0]


# -- what it does to Raft -----------------------------------------------------------------


def test_the_server_with_the_fastest_clock_stands_first():
    for seed in range(5):
        run = rl.cluster("raft", servers=5, seed=seed)
        run.drift("S4", 5)
        run.until(lambda run: run.leader)
        assert run.leader == "S4"


def test_a_leader_whose_clock_is_slow_is_deposed():
    """§5.6: its heartbeats, 500 ms apart, are too late for those who wait 150 to 300 ms."""
    right, slow = elected(), elected()
    first = slow.leader
    right.run(500)
    slow.run(500)
    slow.drift(first, 0.1)
    right.run(2000)
    slow.run(2000)
    assert right.leader == first and right[first].current_term == 1
    assert slow.leader not in (first, None) and slow[slow.leader].current_term > 1
    assert not slow.verdicts


def test_no_property_breaks_however_the_clocks_run():
    weights = {**WEIGHTS, "Drift": 20}
    for servers, seed in ((3, 0), (3, 1), (5, 2), (5, 3)):
        run = rl.cluster("raft", servers=servers, seed=seed, loss=0.03, duplicate=0.03)
        random_walk(run, 3000, seed, weights)
        assert not run.verdicts
        drifted = sum(type(step.action) is Drift for step in run.steps)
        assert drifted > 30 and max(run.state.observe(id).term for id in ("S1", "S2")) > 5


# -- how it looks -------------------------------------------------------------------------


def test_a_picture_shows_whose_clock_is_wrong_and_a_full_arc_stays_full():
    run = rl.cluster("raft", servers=3, seed=1)
    elect(run, "S1", "S2", "S3")
    run.drift("S2", 2)
    run.unsync("S3")
    picture = rl.show.ring(run)
    (line,) = [line for line in picture.text.splitlines() if line.startswith("S2:")]
    assert line.endswith(", its clock runs 2 times as fast")
    assert "S3: follower" in picture.text and "its disk lies" in picture.text
    drawn = {mark.about: mark for mark in picture.scene.marks if mark.kind == "server"}
    texts = {id: [shape.text for shape in mark.shapes if hasattr(shape, "text")]
             for id, mark in drawn.items()}  # fmt: skip
    assert "×2" in texts["S2"] and "disk?" in texts["S3"]
    assert not {"×1", "disk?"} & {*texts["S1"]}
    legend = {mark.about for mark in picture.scene.marks if mark.kind == "legend"}
    assert {"a clock's speed", "its disk lies"} <= legend
    host = run.state.host("S2")
    assert text.span(run.steps, run.position, host, min(host.timers)) == 300 / 2

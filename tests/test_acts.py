"""What the stage asks to be done, as actions of the world: timers spread or aligned, links, all.

Without a browser: `lab.act` takes what the stage sends.
"""

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.sim import DOWN, PAUSED, UP


@pytest.fixture
def lab():
    return rl.lab("raft", servers=5, seed=7)


def election_timers(lab):
    run = lab.run
    return {
        host.node.id: round(due - run.now, 3)
        for host in run.state.hosts for due, name in host.timers if name == "election"
    }  # fmt: skip


def same_after(lab, *what, match, **more):
    """Doing it is refused in words, and nothing has changed."""
    before = lab.run.dump()
    with pytest.raises(Impossible, match=match):
        lab.act(*what, **more)
    assert lab.run.dump() == before


@pytest.mark.parametrize("servers", [2, 3, 4, 5, 7, 9])
@pytest.mark.parametrize("seed", range(6))
def test_spread_timers_let_the_first_server_win_at_once(servers, seed):
    """§5.2: who stands well before all others has its majority before they stand."""
    lab = rl.lab("raft", servers=servers, seed=seed)
    lab.act("spread")
    lab.run.until(lambda run: run.leader)
    assert lab.run.leader == "S1" and lab.run["S1"].current_term == 1


@pytest.mark.parametrize("servers", [2, 3, 4, 5, 7, 9])
@pytest.mark.parametrize("seed", range(6))
def test_aligned_timers_split_the_vote(servers, seed):
    lab = rl.lab("raft", servers=servers, seed=seed)
    lab.act("align")
    run = lab.run
    run.until(lambda run: any(run[id].current_term == 2 for id in run.state.config.servers))
    leaders = [
        id for step in run.steps for id in run.state.config.servers
        if step.state.observe(id).role == "leader" and step.state.observe(id).term == 1
    ]  # fmt: skip
    assert leaders == []


def test_timers_are_spread_evenly_over_the_election_timeout_in_the_order_of_servers(lab):
    lab.act("spread")
    assert election_timers(lab) == {"S1": 150, "S2": 180, "S3": 210, "S4": 240, "S5": 270}


def test_timers_are_aligned_at_the_earliest(lab):
    first = min(election_timers(lab).values())
    lab.act("align")
    assert set(election_timers(lab).values()) == {first}
    assert len(lab.run) == 4, "the earliest itself stays as it is"


def test_one_undo_takes_all_of_it_back(lab):
    before = election_timers(lab)
    lab.act("spread")
    lab.act("undo")
    assert election_timers(lab) == before and lab.run.position == 0


def test_timers_that_stand_still_are_left_alone(lab):
    lab.act("crash", node="S2")
    lab.act("pause", node="S3")
    standing = election_timers(lab)["S3"]
    lab.act("spread")
    assert election_timers(lab) == {"S1": 150, "S3": standing, "S4": 200, "S5": 250}


def test_what_cannot_be_spread_or_aligned_is_said(lab):
    lab.act("align")
    same_after(lab, "align", match="run out together already")
    lab.act("spread")
    same_after(lab, "spread", match="evenly spread already")
    for id in ("S1", "S2", "S3", "S4"):
        lab.act("crash", node=id)
    same_after(lab, "spread", match="only that of S5 runs")
    same_after(lab, "align", match="only that of S5 runs")
    lab.act("crash", node="S5")
    same_after(lab, "align", match="none runs")


def test_without_a_range_there_is_nothing_to_spread_over():
    lab = rl.lab("raft", servers=3, election_timeout=(200, 200))
    same_after(lab, "spread", match="every election timeout is 200 ms")


def test_a_timer_is_set_to_a_time(lab):
    lab.act("rearm", node="S4", timer="election", ms=10)
    assert election_timers(lab)["S4"] == 10
    same_after(lab, "rearm", match="no timer 'nap'", node="S4", timer="nap", ms=10)


def test_everybody_comes_back(lab):
    same_after(lab, "revive", match="nobody is down or paused")
    lab.act("crash", node="S1")
    lab.act("pause", node="S2")
    assert [h.mode for h in lab.run.state.hosts][:2] == [DOWN, PAUSED]
    lab.act("revive")
    assert {h.mode for h in lab.run.state.hosts} == {UP}


def test_links_are_cut_one_way_or_both_and_healed(lab):
    lab.act("cut", links=[["S1", "S2"]])
    assert lab.run.state.cuts == {("S1", "S2")}
    same_after(lab, "cut", match="S1→S2: cut already", links=[["S1", "S2"]])
    lab.act("cut", links=[["S1", "S2"], ["S2", "S1"]])
    assert lab.run.state.cuts == {("S1", "S2"), ("S2", "S1")}
    lab.act("mend", links=[["S1", "S2"], ["S2", "S1"]])
    assert not lab.run.state.cuts
    same_after(lab, "mend", match="S1→S2: not cut", links=[["S1", "S2"]])

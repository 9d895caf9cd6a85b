"""Disks that lie and disks that are lost: they break Raft, whatever its rules.

What a server has promised must be on disk before anybody hears of it (Figure 2). A disk that
forgets what it acknowledged breaks that promise, and no rule can keep it.
"""

import pytest
from hand import carry, elect, elected, lose_all, reboot, started
from test_disk import notebooks, on_disk, walked

import raftlab as rl
from raftlab.protocols.raft import Raft
from raftlab.sim import DOWN, SOUND

# -- a disk that lies ---------------------------------------------------------------------


def test_a_crash_brings_back_what_the_disk_held_when_it_began_to_lie():
    run = notebooks()
    run.request("kept", to="S1")
    run.unsync("S1")
    run.request("gone", to="S1")
    assert on_disk(run, "S1") == ("opened 0", ["kept", "gone"], 2)
    run.crash("S1")
    assert on_disk(run, "S1") == ("opened 0", ["kept"], 1)
    assert run.why() == (
        "S1 crashes, and its disk had lied: pages and count are as when that began",
    )
    run.restart("S1")
    run.request("more", to="S1")
    assert on_disk(run, "S1") == ("opened 1", ["kept", "more"], 2)
    run.crash("S1")  # the lie ended with the restart
    assert on_disk(run, "S1") == ("opened 1", ["kept", "more"], 2)
    assert run.why()[0].startswith("its disk keeps title, pages, count")


def test_a_disk_that_is_flushed_has_everything():
    run = notebooks()
    run.unsync("S1")
    run.request("kept", to="S1")
    run.sync("S1")
    run.crash("S1")
    assert on_disk(run, "S1") == ("opened 0", ["kept"], 1)
    assert run.state.host("S1").hardware is SOUND


def test_a_lie_without_a_write_costs_nothing():
    run = notebooks()
    run.unsync("S1")
    run.crash("S1")
    assert on_disk(run, "S1") == ("opened 0", [], 0)
    assert run.why() == ("S1 crashes, and its disk had lied: it missed nothing",)


def test_a_paused_server_has_a_disk_too_and_what_it_runs_on_survives_the_pause():
    run = started()
    run.pause("S2")
    run.unsync("S2")
    run.resume("S2")
    run.tune(election_timeout=(200, 400))
    run.deliver("RequestVote", "S1", "S2")
    run.crash("S2")
    assert run["S2"].voted_for is None
    assert run["S2"].election_timeout == (200, 400)  # a setting is not on that disk


def test_of_a_crash_in_the_middle_a_lying_disk_keeps_nothing():
    run = notebooks()
    run.unsync("S1")
    run.request("gone", to="S1")
    assert run.crash_during("request", "x", "S1").action.written == 0
    assert on_disk(run, "S1") == ("opened 0", [], 0)
    assert run.why()[1] == (
        "S1 crashes, and its disk had lied: pages and count are as when that began"
    )


def the_voter_reboots(run, before_the_crash=()):
    """C13 with a disk: S2 votes for S1, forgets it, and votes for S3 in the same term."""
    run.unsync("S2")
    elect(run, "S1", "S2")
    for act in before_the_crash:
        act(run)
    reboot(run, "S2")
    run.fire("S3")
    run.deliver("RequestVote", "S3", "S2")
    run.deliver("RequestVoteReply", "S2", "S3")


def test_a_lying_disk_makes_two_leaders_of_one_term_though_every_rule_is_right():
    """Outside the model: no rule can keep a promise that the disk has lost."""
    run = rl.cluster("raft", servers=3, seed=1)
    the_voter_reboots(run)
    assert "election_safety" in [verdict.name for verdict in run.verdicts]
    run = rl.cluster("raft", servers=3, seed=1)
    the_voter_reboots(run, [lambda run: run.sync("S2")])
    assert run.verdicts == ()


# -- a disk that is lost ------------------------------------------------------------------


def test_a_lost_disk_leaves_the_settings_and_nothing_else():
    run = elected(election_timeout=(120, 240))
    run.run(200)
    run.crash("S2")
    assert run["S2"].current_term > 0
    run.wipe("S2")
    fresh = Raft("S2", ["S1", "S2", "S3"], election_timeout=(120, 240))
    assert run["S2"].fields() == fresh.fields() and run.state.host("S2").mode == DOWN
    (told,) = run.why()
    assert "does not know its current_term, voted_for or log any more" in told
    assert "It must not come back as S2, but as a new server under a new name" in told


def the_majority_forgets(run, lose):
    """What S1 and S2 hold is committed; S3 never had it, and S2 no longer."""
    elect(run, "S1", "S2")
    run.request(("set", "x", 1), to="S1")
    carry(run, "S1", "S2")
    lose_all(run)
    run.crash("S2")
    lose(run)
    run.restart("S2")
    run.fire("S3")  # term 1 has a leader; S3 is to stand in the next
    lose_all(run)
    elect(run, "S3", "S2")


def test_a_server_that_comes_back_without_its_disk_loses_what_was_committed():
    """B1: whoever has lost its disk must return as somebody else."""
    run = rl.cluster("raft", servers=3, seed=1)
    the_majority_forgets(run, lambda run: run.wipe("S2"))
    assert "leader_completeness" in [verdict.name for verdict in run.verdicts]
    run = rl.cluster("raft", servers=3, seed=1)
    the_majority_forgets(run, lambda run: None)
    assert run.verdicts == () and run["S3"].role != "leader"


def test_a_lost_disk_makes_two_leaders_of_one_term():
    """E15: three steps and a reboot."""
    run = rl.cluster("raft", servers=3, seed=1)
    run.fire("S1")
    run.fire("S3")
    run.deliver("RequestVote", "S1", "S2")
    run.deliver("RequestVoteReply", "S2", "S1")
    run.crash("S2")
    run.wipe("S2")
    run.restart("S2")
    run.deliver("RequestVote", "S3", "S2")
    run.deliver("RequestVoteReply", "S2", "S3")
    assert "election_safety" in [verdict.name for verdict in run.verdicts]


@pytest.mark.parametrize("kind", ["Unsync", "Wipe"])
def test_walks_with_disks_that_forget_break_even_the_right_protocol(kind):
    found = {verdict.name for seed in range(4) for verdict in walked(
        "raft", 3, seed, 2500, **{kind: 5}).verdicts}  # fmt: skip
    assert "term_never_falls" in found


def test_what_befalls_a_disk_is_told_in_pictures_as_well():
    run = notebooks()
    run.unsync("S1")
    run.request("x", to="S1")
    run.crash_during("deliver", "page", "S1", "S2")
    run.sync("S1")
    run.crash("S1")
    run.wipe("S1")
    told = rl.show.spacetime(run).text
    for words in ("S1's disk begins to lie", "page S1→S2: S2 crashes in the middle of it",
                  "S1's disk is flushed", "S1 loses its disk"):  # fmt: skip
        assert words in told
    rl.show.feed(run)

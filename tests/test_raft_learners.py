"""Learners by hand: who is sent the log, decides nothing, and may come to vote later.

Dissertation §4.2.1; etcd's design of learners.
"""

from hand import FIVE, THREE, heartbeat, sent, server, timers
from schedules_membership import LEARNERS, leader, member, refusal, stored, voters

from raftlab.core import CancelTimer
from raftlab.protocols.raft_configuration import Configuration
from raftlab.protocols.raft_messages import AppendEntries, RequestVote


def learning(*caught_up, **fields):
    """A leader of three with the learners S4 and S5, of which some have caught up."""
    log = [(1,), (1, ("members", tuple(THREE), ("S4", "S5")))]
    return member("leader", LEARNERS, current_term=1, log=log, commit_index=2,
                  caught_up=frozenset(caught_up), **fields)  # fmt: skip


def test_a_learner_is_sent_the_log_and_counts_for_nothing():
    """Dissertation §4.2.1."""
    node = learning()
    assert set(sent(node.request(("set", "x", 1)), AppendEntries)) == {"S2", "S3", "S4", "S5"}
    stored(node, "S4", 3)
    stored(node, "S5", 3)
    assert node.commit_index == 2 and node.members == tuple(THREE)
    node.step_down()
    assert set(sent(node.fire("election"), RequestVote)) == {"S2", "S3"}


def test_a_learner_does_not_stand_but_votes_if_asked():
    """etcd: it may have been promoted without knowing it."""
    node = server(members=FIVE, id="S4", kind=LEARNERS, initial_members=3,
                  log=[(1, ("members", tuple(THREE), ("S4",)))])  # fmt: skip
    assert node.fire("election") == []
    assert sent(node.receive("S2", RequestVote(2, "S2", 1, 1)))["S2"].vote_granted


def test_learners_come_and_go_by_request():
    node = leader(LEARNERS)
    node.request(("learner", "S4"))
    assert node.configuration == Configuration(tuple(THREE), ("S4",)) and "S4" in node.peers
    stored(node, "S2", 2)
    node.request(("forget", "S4"))
    assert node.configuration == Configuration(tuple(THREE)) and "S4" not in node.peers
    stored(node, "S3", 3)
    assert "S2 votes" in refusal(node.request(("learner", "S2")))


def test_a_server_that_has_not_caught_up_is_not_made_a_voter():
    node = learning("S5")
    assert "S4 has not caught up" in refusal(node.request(voters(1, 2, 3, 4)))
    node.request(voters(1, 2, 3, 5))
    assert node.configuration == Configuration(("S1", "S2", "S3", "S5"), ("S4",))
    assert node.caught_up == frozenset()


def test_a_round_ends_with_what_the_leader_had_when_it_began():
    """Dissertation §4.2.1: what came meanwhile is the next round's."""
    node = learning()
    assert "round of S4" in timers(node.fire("heartbeat")) and node.rounds["S4"] == (2, True)
    node.request(("set", "x", 1))
    stored(node, "S4", 1)
    assert not node.caught_up and node.rounds["S4"] == (2, True)
    effects = stored(node, "S4", 2)
    assert node.caught_up == {"S4"} and node.rounds["S4"] == (3, True)
    assert "round of S4" in timers(effects)


def test_a_round_that_takes_an_election_timeout_does_not_count():
    node = learning("S4")
    node.fire("heartbeat")
    node.fire("round of S4")
    assert not node.caught_up and node.rounds["S4"] == (2, False)
    stored(node, "S4", 2)
    assert not node.caught_up  # it took too long; the next one may do better
    stored(node, "S4", 2)
    assert node.caught_up == {"S4"}


def test_who_steps_down_counts_no_rounds():
    node = learning("S4")
    node.fire("heartbeat")
    effects = node.receive("S2", heartbeat(2))
    assert (node.rounds, node.caught_up) == ({}, frozenset())
    assert {CancelTimer("round of S4"), CancelTimer("round of S5")} <= set(effects)

"""Reads rule by rule: through the log, at once, by ReadIndex, by lease (dissertation §6.4).

Here servers are driven by hand; what becomes of it in a cluster is told in test_stale_reads.py.
"""

import pytest
from hand import FIVE, THREE, answers, heartbeat, sent, server, timers

import raftlab as rl
from raftlab.core import CancelTimer, NotLeader, SetTimer
from raftlab.protocols import protocol
from raftlab.protocols.raft_messages import AppendEntriesReply, RequestVote
from raftlab.protocols.raft_reads import ConfirmLeader, ConfirmLeaderReply, lease_of

GET = ("get", "x")
LOG = [(1, ("set", "x", 5)), (3, None)]


def of(parts, role="leader", **fields):
    """A server of term 3 that knows x = 5, which was written in term 1, and its own no-op."""
    kind = protocol(f"raft+{parts}")
    return server(role, kind=kind, **{"current_term": 3, "log": LOG, "commit_index": 2, **fields})


# -- Without any part, and with the naive ones --------------------------------------------


def test_plain_raft_reads_through_its_log():
    """Paper §8: a read is an entry; it is answered when it is applied."""
    node = server("leader", current_term=3, log=LOG, commit_index=2)
    assert answers(node.request(GET)) == [] and len(node.log) == 3
    assert answers(node.receive("S2", AppendEntriesReply(3, True, 3))) == [5]


def test_whoever_believes_that_it_leads_answers_at_once():
    """§6.4: without the log, and without asking anybody."""
    node = of("local-reads")
    effects = node.request(GET)
    assert answers(effects) == [5] and not sent(effects) and len(node.log) == 2
    node.request(("set", "x", 6))
    assert answers(node.request(GET)) == [5]  # not committed, so not seen


def test_a_follower_sends_readers_to_its_leader():
    for part in ("local-reads", "read-index", "lease-reads"):
        assert answers(of(part, "follower", leader_id="S2").request(GET)) == [NotLeader("S2")]


@pytest.mark.parametrize("role", ["follower", "candidate", "leader"])
def test_with_follower_reads_everybody_answers_as_it_is(role):
    """§6.4: cheap, and as old as that server's copy."""
    assert answers(of("follower-reads", role).request(GET)) == [5]
    assert answers(of("follower-reads", role, commit_index=0).request(GET)) == [None]


@pytest.mark.parametrize("part", ["local-reads", "follower-reads", "read-index", "lease-reads"])
def test_writes_take_the_way_they_always_took(part):
    node = of(part)
    assert answers(node.request(("set", "x", 6))) == [] and len(node.log) == 3
    assert answers(node.receive("S2", AppendEntriesReply(3, True, 3))) == [6]


@pytest.mark.parametrize("one, other", [
    ("local-reads", "follower-reads"),
    ("local-reads", "read-index"), ("follower-reads", "read-index"),
    ("local-reads", "lease-reads"), ("follower-reads", "lease-reads"),
])  # fmt: skip
def test_one_server_reads_in_one_way(one, other):
    with pytest.raises(rl.Impossible, match=f"'{one}' and '{other}' are two ways of doing one"):
        rl.cluster(f"raft+{other}+{one}")


# -- ReadIndex (§6.4) ---------------------------------------------------------------------


def test_a_read_is_answered_when_a_majority_says_who_leads():
    """§6.4, steps 2, 3 and 5: nothing is appended."""
    node = of("read-index", members=FIVE)
    effects = node.request(GET)
    assert sent(effects) == dict.fromkeys(FIVE[1:], ConfirmLeader(3, "S1", 1))
    assert not answers(effects) and len(node.log) == 2
    assert not answers(node.receive("S2", ConfirmLeaderReply(3, 1)))
    assert not answers(node.receive("S2", ConfirmLeaderReply(3, 1)))  # the same one, doubled
    assert answers(node.receive("S4", ConfirmLeaderReply(3, 1))) == [5]
    assert not answers(node.receive("S5", ConfirmLeaderReply(3, 1)))


def test_a_leader_that_is_alone_asks_nobody():
    assert answers(of("read-index", members=["S1"]).request(GET)) == [5]


def test_a_new_leader_waits_until_an_entry_of_its_own_term_is_committed():
    """§6.4, step 1: until then it cannot know what its predecessors committed."""
    node = of("read-index", commit_index=0)
    assert not sent(node.request(GET), ConfirmLeader)
    effects = node.receive("S2", AppendEntriesReply(3, True, 2))  # the no-op is on a majority
    assert set(sent(effects, ConfirmLeader)) == {"S2", "S3"}
    assert answers(node.receive("S3", ConfirmLeaderReply(3, 1))) == [5]


def test_an_old_entry_at_the_commit_index_is_not_enough():
    """§6.4, rule: knows_what_is_committed."""
    node = of("read-index", commit_index=1)
    assert not sent(node.request(GET), ConfirmLeader)


def test_one_round_serves_all_reads_that_came_before_it():
    """§6.4: those that come while it is under way need the next one."""
    node = of("read-index")
    node.request(GET, "C1")
    for client in ("C2", "C3"):
        assert not sent(node.request(GET, client))
    effects = node.receive("S2", ConfirmLeaderReply(3, 1))
    assert answers(effects) == [5]
    assert sent(effects) == dict.fromkeys(THREE[1:], ConfirmLeader(3, "S1", 2))
    assert not answers(node.receive("S3", ConfirmLeaderReply(3, 1)))  # that was the last round's
    assert answers(node.receive("S3", ConfirmLeaderReply(3, 2))) == [5, 5]


def test_a_read_sees_what_was_committed_before_it_was_answered():
    node = of("read-index")
    node.request(("set", "x", 6))
    node.request(GET)
    node.receive("S2", AppendEntriesReply(3, True, 3))
    assert answers(node.receive("S2", ConfirmLeaderReply(3, 1))) == [6]


def test_a_lost_round_goes_out_again_with_the_heartbeat_under_its_old_number():
    node = of("read-index")
    assert not sent(node.fire("heartbeat"), ConfirmLeader)
    node.request(GET)
    assert set(sent(node.fire("heartbeat"), ConfirmLeader).values()) == {ConfirmLeader(3, "S1", 1)}
    assert answers(node.receive("S2", ConfirmLeaderReply(3, 1))) == [5]
    assert not sent(node.fire("heartbeat"), ConfirmLeader)


@pytest.mark.parametrize("ended", [
    RequestVote(4, "S2", 9, 9), heartbeat(4), ConfirmLeaderReply(4, 1), ConfirmLeader(4, "S2", 1),
], ids=lambda message: type(message).__name__)  # fmt: skip
def test_a_leader_that_steps_down_refuses_the_reads_that_wait(ended):
    """§6.4: it does not lead any more, and does not know yet who does."""
    node = of("read-index")
    for client in ("C1", "C2"):
        node.request(GET, client)
    assert answers(node.receive("S2", ended)) == [NotLeader(None)] * 2
    assert (node.role, node.asked, node.unasked) == ("follower", (), ())
    assert not answers(node.receive("S3", ConfirmLeaderReply(3, 1)))


def test_answers_of_an_earlier_term_confirm_nothing():
    node = of("read-index")
    node.request(GET)
    assert not answers(node.receive("S2", ConfirmLeaderReply(2, 1)))


@pytest.mark.parametrize("role", ["follower", "candidate"])
def test_whoever_is_asked_follows_and_waits_anew(role):
    """§6.4: it is a heartbeat; a lease counts on the election timer that it restarts."""
    node = of("read-index", role)
    effects = node.receive("S2", ConfirmLeader(3, "S2", 7))
    assert sent(effects) == {"S2": ConfirmLeaderReply(3, 7)} and "election" in timers(effects)
    assert (node.role, node.leader_id) == ("follower", "S2")


def test_a_deposed_leader_is_told_the_new_term():
    """Paper §5.1: and steps down."""
    node = of("read-index", "follower", leader_id="S3")
    effects = node.receive("S2", ConfirmLeader(2, "S2", 7))
    assert sent(effects) == {"S2": ConfirmLeaderReply(3, 7)} and not timers(effects)
    assert node.leader_id == "S3"


# -- Leases (§6.4.1) ----------------------------------------------------------------------


def leased(**fields):
    """A leader that holds the lease of round 1."""
    node = of("lease-reads", **fields)
    node.fire("heartbeat")
    node.receive("S2", ConfirmLeaderReply(3, 1))
    assert node.holds_lease()
    return node


def read(node):
    """Ask `node` for x and let 0 ms pass: the effects of that."""
    assert SetTimer("read", 0, 0) in node.request(GET)
    return node.fire("read")


def test_leases_bring_along_what_they_rest_on():
    """§6.4.1: followers must not help to elect another leader before the lease is over."""
    kind = protocol("raft+lease-reads")
    assert kind is protocol("raft+sticky-leader+lease-reads+read-index")
    assert kind.__qualname__ == "raft+read-index+lease-reads+sticky-leader"


def test_the_lease_counts_from_when_the_round_was_sent():
    """§6.4.1: start + election timeout / clock drift bound."""
    node = of("lease-reads", election_timeout=(220, 300))
    effects = node.fire("heartbeat")
    assert set(sent(effects, ConfirmLeader).values()) == {ConfirmLeader(3, "S1", 1)}
    assert SetTimer(lease_of(1), 220 / 1.1, 220 / 1.1) in effects
    effects = node.receive("S2", ConfirmLeaderReply(3, 1))
    assert node.holds_lease() and not timers(effects)


@pytest.mark.parametrize("bound, ms", [(1, 150), (1.5, 100), (3, 50), (0.5, 150)])
def test_the_more_clocks_may_differ_the_shorter_the_lease(bound, ms):
    """§6.4.1; and never longer than what followers promise."""
    assert of("lease-reads", clock_drift_bound=bound).lease_time() == ms


def test_while_the_lease_holds_nobody_is_asked():
    """§6.4.1."""
    node = leased()
    effects = read(node)
    assert answers(effects) == [5] and not sent(effects)


def test_without_a_lease_it_asks_as_with_read_index():
    node = of("lease-reads")
    assert set(sent(read(node))) == {"S2", "S3"}
    assert answers(node.receive("S2", ConfirmLeaderReply(3, 1))) == [5]
    node.fire(lease_of(1))
    assert not node.holds_lease()
    effects = read(node)
    assert not answers(effects) and set(sent(effects).values()) == {ConfirmLeader(3, "S1", 2)}


def test_a_new_lease_takes_the_place_of_the_old_one():
    node = leased()
    node.fire("heartbeat")
    assert CancelTimer(lease_of(1)) in node.receive("S3", ConfirmLeaderReply(3, 2))
    assert node.lease == 2


def test_answers_that_come_when_the_time_is_over_give_no_lease():
    node = of("lease-reads")
    node.fire("heartbeat")
    node.fire(lease_of(1))
    node.receive("S2", ConfirmLeaderReply(3, 1))
    assert not node.holds_lease()
    assert set(sent(node.fire("heartbeat"), ConfirmLeader).values()) == {ConfirmLeader(3, "S1", 2)}


def test_a_round_that_is_repeated_counts_from_its_first_sending():
    node = of("lease-reads")
    node.fire("heartbeat")
    effects = node.fire("heartbeat")
    assert set(sent(effects, ConfirmLeader).values()) == {ConfirmLeader(3, "S1", 1)}
    assert timers(effects) == ["heartbeat"]


def test_there_is_no_lease_before_an_entry_of_the_own_term_is_committed():
    """§6.4, step 1."""
    node = of("lease-reads", commit_index=1)
    assert not sent(node.fire("heartbeat"), ConfirmLeader)


def test_a_leader_that_steps_down_has_no_lease_and_refuses_its_reads():
    node = leased()
    node.fire("heartbeat")
    node.request(GET)
    effects = node.receive("S2", AppendEntriesReply(4, False))
    assert answers(effects) == [NotLeader(None)] and not node.holds_lease()
    assert {CancelTimer(lease_of(1)), CancelTimer(lease_of(2))} <= set(effects)
    assert answers(node.fire("read")) == []


def test_who_tells_another_to_stand_has_no_lease_in_that_term_any_more():
    """§6.4.1: a leader must expire its lease before it hands over, and the word to stand may
    still be on its way when the transfer is given up."""
    node = of("lease-reads+transfer", match_index={"S2": 2, "S3": 2})
    node.fire("heartbeat")
    node.receive("S2", ConfirmLeaderReply(3, 1))
    assert node.holds_lease()
    node.request(("transfer", "S2"))
    assert not node.holds_lease()
    node.fire("transfer")
    node.fire("heartbeat")
    node.receive("S3", ConfirmLeaderReply(3, 2))
    assert not node.holds_lease()
    assert set(sent(read(node)).values()) == {ConfirmLeader(3, "S1", 3)}

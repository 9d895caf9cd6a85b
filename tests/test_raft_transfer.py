"""Leadership transfer (dissertation §3.10), by hand and together with everything else."""

import pytest
from hand import (
    FIVE,
    SUBSETS,
    answers,
    heartbeat,
    log_of,
    mutant,
    sent,
    server,
    timers,
    told,
    with_leader,
)

from raftlab.core import CancelTimer, NotLeader, Refused, read_command, write_command
from raftlab.protocols import protocol
from raftlab.protocols.raft_messages import AppendEntriesReply, RequestVote, RequestVoteReply
from raftlab.protocols.raft_transfer import PermittedRequestVote, TimeoutNow


def of(role="follower", **fields):
    """A server that can hand over, in any state."""
    return server(role, kind=protocol("raft+transfer"), **fields)


def leader_with(matched, **fields):
    """A leader of term 3 with three entries; `matched` is what it knows S2 and S3 to hold."""
    return of("leader", current_term=3, log=log_of(1, 1, 3), **fields,
              match_index=dict(zip(("S2", "S3"), matched, strict=True)))  # fmt: skip


def test_a_target_that_is_level_is_told_to_stand_at_once():
    """§3.10, step 3."""
    node = leader_with((3, 0))
    effects = node.request(("transfer", "S2"))
    assert sent(effects) == {"S2": TimeoutNow(3)} and not answers(effects)
    assert timers(effects) == ["transfer"] and node.role == "leader"


def test_a_target_that_is_behind_is_brought_level_first():
    """§3.10, step 2."""
    node = leader_with((3, 1))
    effects = node.request(("transfer", "S3"))
    assert [type(m).__name__ for m in sent(effects).values()] == ["AppendEntries"]
    assert not sent(node.receive("S2", AppendEntriesReply(3, True, 3)), TimeoutNow)
    assert not sent(node.receive("S3", AppendEntriesReply(3, True, 2)), TimeoutNow)
    assert sent(node.receive("S3", AppendEntriesReply(3, True, 3))) == {"S3": TimeoutNow(3)}
    # The word may be lost: every further answer is a chance to repeat it.
    assert sent(node.receive("S3", AppendEntriesReply(3, True, 3))) == {"S3": TimeoutNow(3)}


def test_a_leader_that_hands_over_takes_no_requests():
    """§3.10, step 1: its log must not grow any more."""
    node = leader_with((3, 1))
    node.request(("transfer", "S3"))
    assert answers(node.request(("set", "x", 1))) == [NotLeader("S3")] and len(node.log) == 3


@pytest.mark.parametrize("target, why", [
    ("S1", "S1 leads already"),
    ("S9", "there is no other server 'S9' that votes; there are S2, S3"),
    (None, "there is no other server None that votes; there are S2, S3"),
])  # fmt: skip
def test_a_transfer_that_cannot_be_is_refused_in_words(target, why):
    node = leader_with((3, 3))
    effects = node.request(("transfer", target))
    assert answers(effects) == [Refused(why)] and not sent(effects)
    assert answers(node.request(("set", "x", 1))) == []  # it goes on taking requests


def test_a_transfer_is_asked_for_by_a_command_like_any_other():
    assert read_command("transfer S2") == ("transfer", "S2")
    assert write_command(("transfer", "S2")) == "transfer S2"


def test_one_transfer_at_a_time():
    node = leader_with((3, 1))
    node.request(("transfer", "S3"))
    assert answers(node.request(("transfer", "S2"))) == [Refused("a transfer to S3 is under way")]


def test_who_does_not_lead_cannot_hand_over():
    node = of(leader_id="S3", current_term=3)
    assert answers(node.request(("transfer", "S2"))) == [NotLeader("S3")]


def test_after_an_election_timeout_without_success_it_leads_as_before():
    """§3.10: the target may have failed; the cluster must resume client operations."""
    node = leader_with((3, 1))
    node.request(("transfer", "S3"))
    assert answers(node.fire("transfer")) == [Refused("S3 did not lead within 150 ms")]
    assert answers(node.request(("set", "x", 1))) == [] and len(node.log) == 4
    assert not sent(node.receive("S3", AppendEntriesReply(3, True, 4)), TimeoutNow)


@pytest.mark.parametrize("winner", ["S2", "S3"])
def test_the_answer_is_who_leads_then(winner):
    """§3.10: most likely the target; when another was faster, it is that one."""
    node = leader_with((3, 3))
    node.request(("transfer", "S3"))
    assert answers(node.receive("S3", PermittedRequestVote(4, "S3", 3, 3))) == []
    effects = node.receive(winner, heartbeat(4, 3, 3, leader=winner))
    assert answers(effects) == [winner] and CancelTimer("transfer") in effects
    assert (node.transfer_to, node.transfer_asked) == (None, None)


def test_a_word_of_an_earlier_leader_does_not_end_a_transfer():
    node = leader_with((3, 3))
    node.request(("transfer", "S3"))
    assert answers(node.receive("S3", heartbeat(2, leader="S3"))) == []


def test_whoever_is_told_to_stand_stands_at_once_and_says_by_whose_leave():
    """§3.10, §4.2.3: as if its timer had run out, with a mark on the requests for votes."""
    node = of(current_term=3, log=log_of(1, 1, 3))
    effects = node.receive("S2", TimeoutNow(3))
    assert (node.role, node.current_term) == ("candidate", 4)
    ask = PermittedRequestVote(4, "S1", 3, 3)
    assert sent(effects) == {"S2": ask, "S3": ask}
    assert set(sent(node.fire("election")).values()) == {RequestVote(5, "S1", 3, 3)}


@pytest.mark.parametrize("term, role", [(2, "follower"), (2, "leader"), (3, "leader")])
def test_a_word_to_stand_that_comes_too_late_is_ignored(term, role):
    node = of(role, current_term=3)
    assert not sent(node.receive("S2", TimeoutNow(term)))
    assert (node.role, node.current_term) == (role, 3)


def test_a_permitted_request_for_a_vote_is_otherwise_like_any_other():
    """§5.4.1: who lacks entries is refused, permission or not."""
    node = of(current_term=3, log=log_of(1, 3))
    refused = sent(node.receive("S2", PermittedRequestVote(4, "S2", 1, 1)))["S2"]
    assert refused == RequestVoteReply(4, False)
    assert sent(node.receive("S3", PermittedRequestVote(4, "S3", 2, 3)))["S3"].vote_granted


# -- Together -----------------------------------------------------------------------------


def handed_over(run):
    """How many ms a transfer took, and its answer, or None if there is no answer in 400 ms."""
    run.run(100)
    target = next(id for id in FIVE if id != run.leader)
    began = run.now
    run.request(("set", "x", 1), to=run.leader)  # so that the target is not level yet
    run.request(("transfer", target), to=run.leader)
    run.run(400)
    op = run.operations()[-1]
    assert op.call == ("transfer", target) and not run.verdicts
    if op.status == "ok":
        assert (op.result, run.leader) == (target, target)
    return op.status, (op.completed_at or run.now) - began


@pytest.mark.parametrize("others", [s for s in SUBSETS if "transfer" not in s], ids=told)
def test_a_transfer_needs_no_timeout_whatever_else_is_on(others):
    """§3.10, §4.2.3: the target does not ask around, and voters who hear a leader let it pass."""
    for seed in range(5):
        status, took = handed_over(with_leader((*others, "transfer"), seed))
        assert status == "ok" and took < 150


class StandsWithoutSayingWhy:
    """Told to stand, it sends plain requests for votes."""

    def on_timeout_now(self, src, message):
        self.start_election()


class AsksAroundFirst:
    """Told to stand, it does what it does when its timer runs out."""

    def on_timeout_now(self, src, message):
        self.on_timer("election")


@pytest.mark.parametrize("mixin, part", [
    (StandsWithoutSayingWhy, "sticky-leader"), (AsksAroundFirst, "pre-vote"),
])  # fmt: skip
def test_without_the_exception_no_transfer_gets_through(mixin, part):
    """§4.2.3: the conflict that the mark is there for; and a question that everybody denies."""
    status, _ = handed_over(with_leader(mutant(mixin, part, "transfer")))
    assert status == "fail"

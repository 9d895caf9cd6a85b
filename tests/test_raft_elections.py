"""Pre-vote, check-quorum, sticky leader: rule by rule, and in any combination.

The sections are those of Ongaro's dissertation unless they say "paper". What the rules are for is
told in test_disruption.py.
"""

import pytest
from hand import (
    FIVE,
    ROLES,
    SUBSETS,
    answers,
    heartbeat,
    log_of,
    named,
    sent,
    server,
    timers,
    told,
    with_leader,
)

import raftlab as rl
from raftlab.core import CancelTimer, NotLeader, SetTimer
from raftlab.protocols import protocol
from raftlab.protocols.machine import EMPTY
from raftlab.protocols.raft_elections import RequestPreVote, RequestPreVoteReply
from raftlab.protocols.raft_messages import AppendEntriesReply, RequestVote, RequestVoteReply
from raftlab.protocols.raft_reads import ConfirmLeader
from raftlab.protocols.raft_snapshot import InstallSnapshot
from raftlab.sim import random_walk


def of(part, role="follower", **fields):
    """A server of plain Raft with one part, in any state."""
    return server(role, kind=protocol(named(part)), **fields)


# -- Pre-vote (§9.6) ----------------------------------------------------------------------


def test_a_server_whose_timer_runs_out_asks_first_and_keeps_its_term():
    """§9.6: it increments its term only after a majority would be willing to vote for it."""
    node = of("pre-vote", members=FIVE, current_term=3, log=log_of(1, 3))
    effects = node.fire("election")
    assert (node.role, node.current_term, node.voted_for) == ("follower", 3, None)
    assert sent(effects) == dict.fromkeys(FIVE[1:], RequestPreVote(4, "S1", 2, 3))
    assert timers(effects) == ["election"]  # to ask again when nobody answers


def test_a_majority_of_willing_voters_starts_the_election():
    """§9.6."""
    node = of("pre-vote", members=FIVE, current_term=3)
    node.fire("election")
    assert not sent(node.receive("S2", RequestPreVoteReply(3, 4, True)))
    effects = node.receive("S5", RequestPreVoteReply(2, 4, True))
    assert (node.role, node.current_term, node.voted_for) == ("candidate", 4, "S1")
    assert sent(effects) == dict.fromkeys(FIVE[1:], RequestVote(4, "S1", 0, 0))


def test_a_server_that_is_alone_needs_to_ask_nobody():
    node = of("pre-vote", members=["S1"])
    node.fire("election")
    assert (node.role, node.current_term) == ("leader", 1)


def asked(node, next_term=4, index=0, term=0):
    reply = sent(node.receive("S2", RequestPreVote(next_term, "S2", index, term)))["S2"]
    assert (reply.term, reply.next_term) == (node.current_term, next_term)
    return reply.vote_granted


def test_the_voter_must_find_the_log_good_enough():
    """§9.6, §5.4.1: it would not vote in the election either."""
    node = of("pre-vote", current_term=3, log=log_of(1, 3))
    assert asked(node, index=2, term=3) and asked(node, index=3, term=3)
    assert not asked(node, index=1, term=3) and not asked(node, index=9, term=2)


def test_the_voter_must_not_have_heard_a_leader_for_a_minimum_election_timeout():
    """§9.6."""
    node = of("pre-vote", current_term=3, election_timeout=(200, 300))
    effects = node.receive("S3", heartbeat(3, leader="S3"))
    assert SetTimer("heard-leader", 200, 200) in effects
    assert not asked(node)
    node.fire("heard-leader")
    assert asked(node)


def test_a_stale_leader_is_no_leader_to_be_heard():
    node = of("pre-vote", current_term=3)
    node.receive("S3", heartbeat(2, leader="S3"))
    assert asked(node)


def test_a_leader_hears_itself():
    assert not asked(of("pre-vote", "leader", current_term=3))


@pytest.mark.parametrize("next_term", [2, 3])
def test_nobody_would_vote_again_in_a_term_that_has_begun(next_term):
    """The refusal brings the term, so that whoever asked can ask for the next one."""
    node = of("pre-vote", current_term=3)
    assert not asked(node, next_term)
    asking = of("pre-vote", current_term=next_term - 1)
    asking.fire("election")
    asking.receive("S2", RequestPreVoteReply(3, next_term, False))
    assert (asking.role, asking.current_term, asking.pre_votes) == ("follower", 3, frozenset())


@pytest.mark.parametrize("role", ROLES)
def test_to_be_asked_and_to_answer_changes_nothing(role):
    """§9.6: neither a term nor a vote nor a timer, however high the term asked about."""
    node = of("pre-vote", role, current_term=3, log=log_of(1))
    before = node.fields()
    effects = node.receive("S2", RequestPreVote(99, "S2", 1, 1))
    assert node.fields() == before and not timers(effects)


@pytest.mark.parametrize("ended", [
    lambda node: node.receive("S3", heartbeat(3, leader="S3")),
    lambda node: node.receive("S3", heartbeat(5, leader="S3")),
    lambda node: node.receive("S3", RequestVote(4, "S3", 0, 0)),
], ids=["by its leader", "by a new leader", "by a new term"])  # fmt: skip
def test_answers_that_come_when_nobody_asks_any_more_elect_nobody(ended):
    """§9.6: once it hears from a leader it returns to the follower state."""
    node = of("pre-vote", members=FIVE, current_term=3)
    node.fire("election")
    ended(node)
    for voter in ("S2", "S4", "S5"):
        assert not sent(node.receive(voter, RequestPreVoteReply(3, 4, True)))
    assert (node.role, node.pre_votes) == ("follower", frozenset())


def test_an_answer_about_another_term_does_not_count():
    node = of("pre-vote", members=FIVE, current_term=3)
    node.fire("election")
    for voter in FIVE[1:]:
        node.receive(voter, RequestPreVoteReply(3, 3, True))
        node.receive(voter, RequestPreVoteReply(3, 4, False))
    assert (node.role, node.current_term) == ("follower", 3)


def test_a_candidate_whose_election_came_to_nothing_asks_again_as_a_follower():
    """§9.6: each attempt begins with the question; votes of the last one are void."""
    node = of("pre-vote", "candidate", members=FIVE, current_term=4)
    node.fire("election")
    assert (node.role, node.current_term, node.voted_for) == ("follower", 4, "S1")
    for voter in FIVE[1:]:
        node.receive(voter, RequestVoteReply(4, True))
    assert node.role == "follower"


def test_a_server_that_restarts_takes_for_granted_that_it_heard_a_leader():
    """So that a quick restart cannot break a promise; at the first start of all there was none."""
    for part in ("pre-vote", "sticky-leader"):
        fresh, back = of(part), of(part, current_term=3).reborn()
        assert timers(fresh.boot()) == ["election"] and not fresh.heard_leader
        assert timers(back.boot()) == ["election", "heard-leader"] and back.heard_leader


# -- Check-quorum (§6.2) ------------------------------------------------------------------


def test_a_leader_without_answers_of_a_majority_steps_down():
    """§6.2: it keeps its term and its vote, and names no leader to its clients."""
    node = of("check-quorum", "leader", members=FIVE, current_term=3, voted_for="S1")
    assert SetTimer("quorum", 150, 150) in node.boot()
    node.receive("S2", AppendEntriesReply(3, True, 0))
    effects = node.fire("quorum")
    assert (node.role, node.current_term, node.voted_for) == ("follower", 3, "S1")
    assert "election" in timers(effects) and CancelTimer("heartbeat") in effects
    assert answers(node.request("x")) == [NotLeader(None)]


def test_a_leader_with_answers_of_a_majority_leads_on_and_counts_anew():
    """§6.2."""
    node = of("check-quorum", "leader", members=FIVE, current_term=3)
    for peer in ("S2", "S3"):
        node.receive(peer, AppendEntriesReply(3, True, 0))
    assert timers(node.fire("quorum")) == ["quorum"] and node.role == "leader"
    node.fire("quorum")
    assert node.role == "follower"


@pytest.mark.parametrize("message", [
    AppendEntriesReply(2, True, 0), RequestVote(3, "S2", 9, 9), RequestVote(2, "S2", 9, 9),
    ConfirmLeader(2, "S2", 1),
], ids=lambda message: type(message).__name__)  # fmt: skip
def test_what_is_no_answer_of_this_term_does_not_count(message):
    kind = protocol("raft+read-index+check-quorum")
    node = server("leader", kind=kind, current_term=3, voted_for="S1")
    node.receive("S2", message)
    node.fire("quorum")
    assert node.role == "follower"


def test_a_refusal_is_an_answer_too():
    """A follower whose log must be repaired first follows all the same."""
    node = of("check-quorum", "leader", current_term=3, log=log_of(1, 2))
    node.receive("S2", AppendEntriesReply(3, False, 0, 1, None))
    node.fire("quorum")
    assert node.role == "leader"


def test_the_count_begins_when_a_leader_is_elected_and_ends_when_it_steps_down():
    node = of("check-quorum", "candidate", current_term=3)
    assert "quorum" in timers(node.receive("S2", RequestVoteReply(3, True)))
    assert CancelTimer("quorum") in node.receive("S3", RequestVote(4, "S3", 9, 9))
    assert node.role == "follower" and node.answered == frozenset()


def test_a_leader_cut_off_from_all_others_gives_up_within_two_election_timeouts():
    """§6.2: its clients are told to look elsewhere; without the rule it never would."""
    for parts, role in ((("check-quorum",), "follower"), ((), "leader")):
        run = with_leader(parts)
        first = run.leader
        run.partition([first])
        run.request(("set", "x", 1), to=first)
        run.run(300)
        assert run[first].role == role


# -- Sticky leader (§4.2.3, paper §6) -----------------------------------------------------


def test_a_request_for_a_vote_is_ignored_while_a_leader_is_heard():
    """Paper §6: the server does not update its term or grant its vote."""
    node = of("sticky-leader", current_term=3)
    node.receive("S3", heartbeat(3, leader="S3"))
    effects = node.receive("S2", RequestVote(7, "S2", 9, 9))
    assert (node.current_term, node.voted_for, node.leader_id) == (3, None, "S3")
    assert not sent(effects) and not timers(effects)


def test_it_votes_once_the_leader_was_silent_for_a_minimum_election_timeout():
    """Paper §6: this does not affect normal elections."""
    node = of("sticky-leader", current_term=3)
    node.receive("S3", heartbeat(3, leader="S3"))
    node.fire("heard-leader")
    assert sent(node.receive("S2", RequestVote(7, "S2", 9, 9)))["S2"].vote_granted


def test_a_leader_ignores_rivals_too_but_not_the_term_in_an_answer():
    node = of("sticky-leader", "leader", current_term=3)
    assert not sent(node.receive("S2", RequestVote(7, "S2", 9, 9)))
    assert (node.role, node.current_term) == ("leader", 3)
    node.receive("S2", AppendEntriesReply(7, False))
    assert (node.role, node.current_term) == ("follower", 7)


def test_the_promise_outlives_a_new_term_learned_otherwise():
    """A lease of the leader that was heard still counts on it."""
    node = of("sticky-leader", current_term=3)
    node.receive("S3", heartbeat(3, leader="S3"))
    node.receive("S2", AppendEntriesReply(5, False))
    assert not sent(node.receive("S2", RequestVote(6, "S2", 9, 9)))
    assert (node.current_term, node.leader_id) == (5, None)


@pytest.mark.parametrize("part", ["pre-vote", "sticky-leader"])
@pytest.mark.parametrize("other, message", [
    ("read-index", ConfirmLeader(3, "S3", 1)), ("snapshots", InstallSnapshot(3, "S3", 1, 1, EMPTY)),
], ids=["read-index", "snapshots"])  # fmt: skip
def test_whatever_names_its_leader_lets_it_be_heard(part, other, message):
    node = server(kind=protocol(named(other, part)), current_term=3)
    node.receive("S3", message)
    assert node.believes_in_leader()


# -- Together -----------------------------------------------------------------------------


@pytest.mark.parametrize("parts", SUBSETS, ids=told)
def test_a_crashed_leader_is_replaced_whatever_is_on(parts):
    """Paper §5.2: none of it may keep a cluster from electing a leader when it needs one."""
    for seed in range(3):
        run = with_leader(parts, seed)
        run.run(100)
        run.crash(run.leader)
        run.until(lambda run: run.leader, limit=2000)


@pytest.mark.parametrize("servers", [3, 5, 7])
@pytest.mark.parametrize("parts", SUBSETS, ids=told)
def test_no_property_breaks_in_a_random_walk(parts, servers):
    """5,000 steps of everything that can go wrong, with transfers among the requests."""
    run = rl.cluster(named(*parts), servers=servers, seed=servers, loss=0.03, duplicate=0.03)
    for part in range(25):
        command = ("transfer", "S2") if part % 5 == 4 else ("add", "x", 1)
        random_walk(run, 200, seed=servers, command=command)
    assert len(run) == 5000 and run.verdicts == ()
    seen = [run.state.observe(id) for id in run.state.config.servers]
    assert max(one.commit_index for one in seen) > 20 and max(one.term for one in seen) > 2

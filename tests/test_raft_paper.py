"""Raft, sentence by sentence: terms, votes, elections and clients (Figure 2, §5.1, §5.2, §8).

Every test builds a server in the state the sentence speaks of, gives it one message, timer or
request, and looks at its fields and at the effects it asks for. No cluster, no time, no chance.
The log has a file of its own, test_raft_paper_log.py.
"""

import pytest
from hand import FIVE, ROLES, THREE, answers, heartbeat, log_of, sent, server, terms, timers

from raftlab.core import CancelTimer, ClientRequest, NotLeader, SetTimer, Superseded
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_log import Entry
from raftlab.protocols.raft_messages import (
    AppendEntries,
    AppendEntriesReply,
    RequestVote,
    RequestVoteReply,
)

# -- Starting, and what the disk keeps (Figure 2: State) ----------------------------------


def test_a_server_starts_as_a_follower_in_term_0_with_an_election_timer():
    """§5.2: when servers start up, they begin as followers."""
    node = Raft("S1", THREE)
    effects = node.boot()
    assert (node.role, node.current_term, node.voted_for, len(node.log)) == ("follower", 0, None, 0)
    assert (node.commit_index, node.last_applied) == (0, 0)
    assert timers(effects) == ["election"] and not sent(effects)


def test_term_vote_and_log_survive_a_crash_and_nothing_else():
    """Figure 2: currentTerm, votedFor, log[] are persistent; the rest is volatile."""
    node = server("leader", current_term=3, voted_for="S1", log=log_of(1, 2), commit_index=2)
    node.request(("set", "x", 1))
    back = node.reborn()
    assert (back.current_term, back.voted_for, terms(back)) == (3, "S1", [1, 2, 3])
    assert (back.role, back.commit_index, back.last_applied) == ("follower", 0, 0)
    assert (back.machine.data, back.next_index, back.match_index) == ({}, {}, {})
    assert (back.waiting, back.votes_granted, back.leader_id) == ({}, frozenset(), None)


@pytest.mark.parametrize("act", [
    lambda node: node.receive("S2", RequestVote(4, "S2", 9, 9)),
    lambda node: node.receive("S2", heartbeat(4, entries=[(4, "x")])),
    lambda node: node.fire("election"),
])  # fmt: skip
def test_what_was_promised_is_on_disk_before_the_answer_leaves(act):
    """Figure 2: persistent state is updated on stable storage before responding."""
    node = server(current_term=3)
    assert sent(act(node))
    back = node.reborn()
    for name in ("current_term", "voted_for", "log"):
        assert getattr(back, name) == getattr(node, name)
    assert back.current_term == 4


# -- Terms (§5.1) -------------------------------------------------------------------------

NEWER = [
    RequestVote(7, "S2", 0, 0),
    RequestVoteReply(7, False),
    AppendEntries(7, "S2", 0, 0),
    AppendEntriesReply(7, False),
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("message", NEWER, ids=lambda m: type(m).__name__)
def test_a_higher_term_in_any_message_makes_any_server_a_follower_of_that_term(role, message):
    """§5.1, rules: adopt_term, is_newer. If one server's term is smaller, it updates it."""
    node = server(role, current_term=5)
    node.receive("S2", message)
    assert (node.role, node.current_term) == ("follower", 7)
    assert node.voted_for == ("S2" if type(message) is RequestVote else None)


@pytest.mark.parametrize("role", ["follower", "candidate", "leader"])
def test_the_higher_term_is_taken_over_first_and_the_message_handled_then(role):
    """§5.1: with a fresh vote, the request that brought the term can be granted at once."""
    node = server(role, current_term=5, **({} if role == "candidate" else {"voted_for": "S3"}))
    effects = node.receive("S2", RequestVote(7, "S2", 0, 0))
    assert sent(effects) == {"S2": RequestVoteReply(7, True)}


@pytest.mark.parametrize("role", ROLES)
def test_a_stale_request_is_rejected_with_the_servers_own_term(role):
    """§5.1, rule: is_stale. A request with a stale term number is rejected."""
    node = server(role, current_term=5)
    vote = sent(node.receive("S2", RequestVote(4, "S2", 99, 99)))["S2"]
    append = sent(node.receive("S2", heartbeat(4, entries=[(4, "x")], commit=1)))["S2"]
    assert (vote.term, vote.vote_granted) == (5, False)
    assert (append.term, append.success) == (5, False)
    assert (node.role, len(node.log), node.commit_index) == (role, 0, 0)


def test_a_stale_vote_is_not_counted():
    """§5.2, rule: counts_vote. A vote given in an earlier term elects nobody now."""
    node = server("candidate", current_term=5)
    node.receive("S2", RequestVoteReply(4, True))
    assert (node.role, node.votes_granted) == ("candidate", {"S1"})


@pytest.mark.parametrize("role", ["follower", "leader"])
def test_a_vote_for_an_election_that_is_over_changes_nothing(role):
    """§5.2, rule: counts_vote."""
    node = server(role, current_term=5)
    node.receive("S2", RequestVoteReply(5, True))
    assert (node.role, node.votes_granted) == (role, frozenset())


def test_a_stale_append_reply_is_ignored():
    """§5.3, rule: counts_reply. An answer to a leader's earlier term says nothing about this."""
    node = server("leader", current_term=5, log=log_of(1, 5))
    before = node.next_index, node.match_index
    for reply in (AppendEntriesReply(4, True, 2), AppendEntriesReply(4, False, 0, 1, None)):
        assert not sent(node.receive("S2", reply))
    assert (node.next_index, node.match_index, node.commit_index) == (*before, 0)


@pytest.mark.parametrize("role", ["follower", "candidate"])
def test_only_a_leader_counts_append_replies(role):
    """§5.3, rule: counts_reply."""
    node = server(role, current_term=5, log=log_of(5))
    node.receive("S2", AppendEntriesReply(5, True, 1))
    assert (node.commit_index, node.match_index) == (0, {})


def test_stepping_down_in_the_same_term_keeps_the_vote():
    """§5.2: a server votes for at most one candidate in a term, also after giving way."""
    node = server("candidate", current_term=5)
    node.receive("S2", heartbeat(5))
    assert (node.role, node.current_term, node.voted_for) == ("follower", 5, "S1")
    assert sent(node.receive("S3", RequestVote(5, "S3", 9, 9))) == {
        "S3": RequestVoteReply(5, False)
    }


def test_a_rejection_with_a_higher_term_ends_leadership_and_leaves_next_index_alone():
    """§5.1: the term decides first; the refusal is not one of the log."""
    node = server("leader", current_term=5, log=log_of(1, 1))
    effects = node.receive("S2", AppendEntriesReply(6, False, 0, 1, None))
    assert node.role == "follower" and not sent(effects)
    assert CancelTimer("heartbeat") in effects and timers(effects) == ["election"]


# -- Votes (§5.2, §5.4.1) -----------------------------------------------------------------


def test_a_server_votes_once_per_term():
    """§5.2, rule: has_vote_for. At most one candidate in a term, first come first served."""
    node = server(current_term=3)
    assert sent(node.receive("S2", RequestVote(4, "S2", 0, 0)))["S2"].vote_granted
    assert not sent(node.receive("S3", RequestVote(4, "S3", 9, 9)))["S3"].vote_granted
    assert node.voted_for == "S2"
    assert sent(node.receive("S3", RequestVote(5, "S3", 0, 0)))["S3"].vote_granted


def test_a_repeated_request_of_the_same_candidate_is_granted_again():
    """Figure 2, rule: has_vote_for. votedFor is null *or candidateId*: the reply may be lost."""
    node = server(current_term=4, voted_for="S2")
    assert sent(node.receive("S2", RequestVote(4, "S2", 0, 0)))["S2"].vote_granted


def test_a_server_that_voted_and_crashed_does_not_vote_again():
    """§5.2: the vote is on disk."""
    node = server(current_term=4, voted_for="S2").reborn()
    assert not sent(node.receive("S3", RequestVote(4, "S3", 9, 9)))["S3"].vote_granted


@pytest.mark.parametrize("mine, last_term, last_index, granted", [
    ([], 0, 0, True),
    ([1], 0, 0, False),
    ([1, 1], 1, 2, True),
    ([1, 1], 1, 1, False),  # equal terms: the longer log
    ([1, 1], 1, 3, True),
    ([1, 1, 1, 1], 2, 1, True),  # a later term beats any length
    ([1, 2], 1, 9, False),
])  # fmt: skip
def test_a_vote_goes_only_to_a_log_at_least_as_up_to_date(mine, last_term, last_index, granted):
    """§5.4.1, rule: is_up_to_date. Later last term wins; with equal terms the longer log."""
    node = server(current_term=3, log=log_of(*mine))
    effects = node.receive("S2", RequestVote(4, "S2", last_index, last_term))
    assert sent(effects)["S2"] == RequestVoteReply(4, granted)
    assert node.voted_for == ("S2" if granted else None)


# -- Timers and elections (§5.2) ----------------------------------------------------------


@pytest.mark.parametrize("message, restarts", [
    (heartbeat(5), True),  # the current leader
    (heartbeat(5, prev=9, prev_term=9), True),  # also when its entries do not fit
    (heartbeat(4), False),  # a leader of the past
    (RequestVote(5, "S2", 2, 5), True),  # a vote granted
    (RequestVote(5, "S2", 0, 0), False),  # a vote refused for the log
    (RequestVote(4, "S2", 9, 9), False),  # a vote refused for the term
    (RequestVote(6, "S2", 0, 0), False),  # a newer term alone is no reason to wait
    (RequestVoteReply(5, True), False),
])  # fmt: skip
def test_only_the_current_leader_or_a_vote_granted_restarts_the_election_timer(message, restarts):
    """§5.2 and Figure 2, followers: …without receiving AppendEntries from the current leader
    or granting a vote to a candidate."""
    node = server(current_term=5, log=log_of(1, 5))
    assert ("election" in timers(node.receive("S2", message))) == restarts


def test_a_vote_refused_because_it_was_given_does_not_restart_the_timer():
    """§5.2."""
    node = server(current_term=5, voted_for="S3")
    assert timers(node.receive("S2", RequestVote(5, "S2", 9, 9))) == []


@pytest.mark.parametrize("role", ["follower", "candidate"])
def test_an_election_timeout_starts_a_new_term_and_asks_all_others_for_votes(role):
    """§5.2, rule: may_start_election. Term + 1, vote for oneself, timer reset, RequestVote to
    all other servers; a candidate whose election came to nothing does the same again."""
    node = server(role, FIVE, current_term=5, log=log_of(1, 4), leader_id="S3")
    effects = node.fire("election")
    assert (node.role, node.current_term, node.voted_for) == ("candidate", 6, "S1")
    assert (node.votes_granted, node.leader_id) == ({"S1"}, None)
    assert sent(effects) == dict.fromkeys(FIVE[1:], RequestVote(6, "S1", 2, 4))
    assert timers(effects) == ["election"]


def test_a_leader_never_stands_against_itself():
    """§5.2, rule: may_start_election."""
    node = server("leader", current_term=5)
    assert not sent(node.fire("election")) and (node.role, node.current_term) == ("leader", 5)


def test_election_timeouts_are_drawn_from_a_range_each_time():
    """§5.2: randomized, from a fixed interval such as 150–300 ms."""
    node = Raft("S1", THREE)
    asked = [e for effects in (node.boot(), node.fire("election"), node.fire("election"))
             for e in effects if type(e) is SetTimer]  # fmt: skip
    assert asked == [SetTimer("election", 150, 300)] * 3


@pytest.mark.parametrize("members, needed", [(["S1", "S2"], 1), (THREE, 1), (FIVE, 2),
                                             (["S1", "S2", "S3", "S4"], 2)])  # fmt: skip
def test_votes_of_a_majority_of_all_servers_make_a_leader(members, needed):
    """§5.2, rule: wins_election. Not of those that answer: of the full cluster."""
    node = server("candidate", members, current_term=2)
    for count, peer in enumerate(members[1:], 1):
        assert (node.role == "leader") == (count > needed)
        node.receive(peer, RequestVoteReply(2, True))
    assert node.role == "leader"


def test_a_repeated_vote_counts_once():
    """§5.2, rule: wins_election. Messages may be doubled."""
    node = server("candidate", FIVE, current_term=2)
    for _ in range(4):
        node.receive("S2", RequestVoteReply(2, True))
    assert node.role == "candidate"


def test_a_refused_vote_does_not_count():
    """§5.2, rule: counts_vote."""
    node = server("candidate", current_term=2)
    node.receive("S2", RequestVoteReply(2, False))
    assert (node.role, node.votes_granted) == ("candidate", {"S1"})


def test_a_server_alone_elects_itself_and_commits_alone():
    """§5.2: its own vote is the majority of one."""
    node = Raft("S1", ["S1"])
    effects = [*node.fire("election"), *node.request(("set", "x", 1))]
    assert (node.role, node.current_term, node.commit_index) == ("leader", 1, 2)
    assert answers(effects) == [1]


def test_a_new_leader_sends_heartbeats_at_once_and_then_repeatedly():
    """§5.2: it then sends heartbeat messages to all other servers to prevent new elections."""
    node = server("candidate", current_term=2)
    effects = node.receive("S2", RequestVoteReply(2, True))
    assert set(sent(effects, AppendEntries)) == {"S2", "S3"}
    assert SetTimer("heartbeat", 50, 50) in effects and CancelTimer("election") in effects
    again = node.fire("heartbeat")
    assert set(sent(again, AppendEntries)) == {"S2", "S3"} and timers(again) == ["heartbeat"]


@pytest.mark.parametrize("term", [5, 6])
def test_a_candidate_yields_to_a_leader_of_its_own_or_a_later_term(term):
    """§5.2: the candidate recognizes the leader as legitimate and returns to follower state."""
    node = server("candidate", current_term=5)
    effects = node.receive("S2", heartbeat(term))
    assert (node.role, node.leader_id, node.current_term) == ("follower", "S2", term)
    assert sent(effects)["S2"].success and timers(effects) == ["election"]


def test_a_candidate_stays_one_when_a_past_leader_speaks():
    """§5.2: if the term in the RPC is smaller, the candidate rejects it."""
    node = server("candidate", current_term=5)
    node.receive("S2", heartbeat(4))
    assert (node.role, node.leader_id) == ("candidate", None)


def test_a_heartbeat_timer_that_outlives_leadership_sends_nothing():
    """§5.2: only leaders send heartbeats."""
    assert not server("follower", current_term=5).fire("heartbeat")


def test_split_votes_resolve_in_the_next_term():
    """§5.2: each candidate times out and starts a new election; whoever is first wins."""
    a, b = (server(members=["S1", "S2", "S3", "S4"], id=id) for id in ("S1", "S2"))
    voters = [server(members=["S1", "S2", "S3", "S4"], id=id) for id in ("S3", "S4")]
    asked = {node.id: sent(node.fire("election")) for node in (a, b)}
    for node, voter in ((a, voters[0]), (b, voters[1])):
        reply = sent(voter.receive(node.id, asked[node.id][voter.id]))[node.id]
        node.receive(voter.id, reply)
    assert a.role == b.role == "candidate"  # two votes each, three needed
    again = sent(a.fire("election"))
    for voter in (b, *voters):
        a.receive(voter.id, sent(voter.receive("S1", again[voter.id]))["S1"])
    assert (a.role, a.current_term, b.role) == ("leader", 2, "follower")


def test_a_server_that_returns_with_a_higher_term_deposes_a_healthy_leader():
    """§5.1, §6: the plain rules let a disruptive server do that; PreVote is a later remedy."""
    leader = server("leader", current_term=5, log=log_of(5), commit_index=1)
    asked = sent(server(id="S3", current_term=8).fire("election"))["S1"]
    assert not sent(leader.receive("S3", asked))["S3"].vote_granted
    assert (leader.role, leader.current_term) == ("follower", 9)


# -- Requests (§5.3, §8) ------------------------------------------------------------------


def test_a_request_is_appended_replicated_and_answered_only_when_applied():
    """§5.3: the leader appends the command, sends it out, and replies after applying it."""
    node = server("leader", current_term=2, log=log_of(2))
    node.receive("S2", AppendEntriesReply(2, True, 1))
    effects = node.request(("set", "x", 5), "C1", 1)
    entry = Entry(2, ("set", "x", 5), "C1", 1)
    assert node.log[2] == entry and not answers(effects)
    assert sent(effects)["S2"] == AppendEntries(2, "S1", 1, 2, (entry,), 1)
    effects = node.receive("S2", AppendEntriesReply(2, True, 2))
    assert answers(effects) == [5] and node.machine.data == {"x": 5}


@pytest.mark.parametrize("role, leader_id", [("follower", "S3"), ("follower", None),
                                             ("candidate", None)])  # fmt: skip
def test_a_server_that_does_not_lead_names_the_leader_it_knows(role, leader_id):
    """§8: it rejects the client's request and supplies the most recent leader it heard from."""
    node = server(role, current_term=2, leader_id=leader_id)
    assert answers(node.request("x")) == [NotLeader(leader_id)]
    assert len(node.log) == 0


def test_a_request_whose_slot_went_to_another_entry_is_told_so():
    """§8: an index alone does not tell that one's own command was executed."""
    node = server("leader", current_term=2, log=log_of(2))
    node.request("lost", "C1", 1)
    effects = node.receive("S2", heartbeat(3, 1, 2, [(3, "other")], commit=2))
    assert answers(effects) == [Superseded(2)]


def test_a_deposed_leader_still_answers_when_its_entry_is_committed_by_the_next():
    """§5.3: the entry is the same one (index and term), so it did happen."""
    node = server("leader", current_term=2, log=log_of(2))
    node.request(("set", "x", 1), "C1", 1)
    kept = Entry(2, ("set", "x", 1), "C1", 1)
    effects = node.receive("S2", AppendEntries(3, "S2", 1, 2, (kept, Entry(3)), 3))
    assert answers(effects) == [1]


def test_a_repeated_request_is_executed_once_and_answered_alike():
    """§8: the state machine tracks the latest serial number per client, with its response."""
    node = Raft("S1", ["S1"])
    node.fire("election")
    told = [answers(node.request(("add", "x", 1), "C1", serial)) for serial in (1, 1, 2, 2)]
    assert told == [[1], [1], [2], [2]] and node.machine.data == {"x": 2}


def test_repeats_are_recognised_by_every_server_that_applies_the_log():
    """§8: the sessions are part of the state machine, not of the leader."""
    twice = [Entry(1, ("add", "x", 1), "C1", 1)] * 2
    node = server(current_term=1)
    node.receive("S2", AppendEntries(1, "S2", 0, 0, tuple(twice), 2))
    assert (node.last_applied, node.machine.data) == (2, {"x": 1})


def test_a_new_leader_opens_its_term_with_a_no_op():
    """§8, rule: open_term. A blank entry into the log at the start of its term."""
    node = server("candidate", current_term=4, log=log_of(1, 2))
    node.receive("S2", RequestVoteReply(4, True))
    assert terms(node) == [1, 2, 4] and node.log[3] == Entry(4)
    assert node.machine.apply(node.log[3]) == (node.machine, None)


def test_a_client_request_that_arrives_as_a_message_is_a_request():
    """§8: clients talk to servers over the same network."""
    asked = ClientRequest("C1", 3, "x")
    assert server().receive("C1", asked) == server().request("x", "C1", 3)

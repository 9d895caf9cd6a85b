"""Raft, sentence by sentence: the log and commitment (Figure 2, §5.3, §5.4, Figures 7 and 8).

Built and driven by hand like test_raft_paper.py; at the end, every rule of Raft must be named
by a test of one of the two files.
"""

from pathlib import Path

import pytest
from hand import FIVE, THREE, answers, exchange, heartbeat, log_of, sent, server, terms

from raftlab.protocols import protocol
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_log import Entry
from raftlab.protocols.raft_messages import AppendEntriesReply, RequestVoteReply

# -- AppendEntries, the receiver (§5.3) ---------------------------------------------------


@pytest.mark.parametrize("entries", [(), [(2, "new")]], ids=["heartbeat", "entries"])
@pytest.mark.parametrize("mine, prev, prev_term, accepts", [
    ([], 0, 0, True),
    ([1], 1, 1, True),
    ([1, 1], 1, 1, True),
    ([], 1, 1, False),  # nothing there
    ([1], 1, 2, False),  # another term there
    ([1, 1], 3, 1, False),
])  # fmt: skip
def test_entries_are_refused_unless_the_one_before_them_is_held(
    mine, prev, prev_term, accepts, entries
):
    """§5.3, rule: follows_from. The consistency check, also for an empty AppendEntries."""
    node = server(current_term=2, log=log_of(*mine))
    reply = sent(node.receive("S2", heartbeat(2, prev, prev_term, entries, commit=9)))["S2"]
    assert (reply.term, reply.success) == (2, accepts)
    if not accepts:
        assert terms(node) == mine and node.commit_index == 0


@pytest.mark.parametrize("mine, prev, new, result", [
    ([], 0, [1, 1], [1, 1]),  # append what is missing
    ([1, 1], 2, [2], [1, 1, 2]),
    ([1, 1, 1], 1, [2], [1, 2]),  # a conflict deletes the entry and all that follow
    ([1, 2, 2], 0, [1, 3, 3, 3], [1, 3, 3, 3]),
    ([1, 1, 1], 0, [1], [1, 1, 1]),  # an old, shorter message deletes nothing
    ([1, 1, 1], 1, [1, 1], [1, 1, 1]),  # a repeat changes nothing
    ([1, 1, 1], 1, [], [1, 1, 1]),  # a heartbeat changes nothing
    ([1, 1], 1, [1, 2], [1, 1, 2]),  # overlapping: keep what agrees, append the rest
])  # fmt: skip
def test_only_a_conflict_deletes_entries(mine, prev, new, result):
    """Figure 2, rule: merged. If an existing entry conflicts (same index, other term), delete
    it and all that follow; append entries not already in the log."""
    node = server(current_term=3, log=log_of(*mine))
    prev_term = node.log.term_at(prev)
    named = [(term, f"{term}@{prev + offset}") for offset, term in enumerate(new, 1)]
    reply = sent(node.receive("S2", heartbeat(3, prev, prev_term, named)))["S2"]
    assert terms(node) == result and reply.success
    assert [(entry.term, entry.command) for entry in node.log] == log_of(*result)


def test_the_same_message_twice_is_as_good_as_once():
    """§5.5: Raft RPCs are idempotent."""
    node = server(current_term=1)
    message = heartbeat(1, entries=[(1, "x"), (1, "y")], commit=1)
    first = sent(node.receive("S2", message))
    state = node.fields()
    assert sent(node.receive("S2", message)) == first and node.fields() == state


def test_messages_overtaken_on_the_way_do_no_harm():
    """§5.5: a long message arrives before the shorter one that was sent first."""
    node = server(current_term=1)
    node.receive("S2", heartbeat(1, entries=[(1, "x"), (1, "y")], commit=2))
    node.receive("S2", heartbeat(1, entries=[(1, "x")], commit=1))
    assert (terms(node), node.commit_index) == ([1, 1], 2)


@pytest.mark.parametrize("mine, prev, new, leader_commit, commit", [
    ([1, 1], 2, [], 1, 1),
    ([1, 1], 2, [], 5, 2),  # no further than what was checked
    ([1, 1, 1], 1, [], 3, 1),  # our tail may not be the leader's
    ([1, 1, 1], 1, [1], 3, 2),  # the last *new* entry, not the last entry
    ([1], 1, [2, 2], 2, 2),
    ([1], 1, [2, 2], 0, 0),
])  # fmt: skip
def test_a_follower_commits_no_further_than_the_last_new_entry(
    mine, prev, new, leader_commit, commit
):
    """Figure 2, rule: commit_index_from, matched_up_to. min(leaderCommit, index of last new)."""
    node = server(current_term=2, log=log_of(*mine))
    named = [(term, f"{term}@{prev + offset}") for offset, term in enumerate(new, 1)]
    node.receive("S2", heartbeat(2, prev, node.log.term_at(prev), named, leader_commit))
    assert node.commit_index == node.last_applied == commit


def test_the_commit_index_never_falls():
    """Figure 2: commitIndex increases monotonically."""
    node = server(current_term=2, log=log_of(1, 1), commit_index=2)
    node.receive("S2", heartbeat(2, 2, 1, commit=1))
    assert node.commit_index == 2


def test_committed_entries_are_applied_once_and_in_order():
    """Figure 2, all servers; §5.4.3: apply log[lastApplied] while commitIndex > lastApplied."""
    adds = [(1, ("set", "x", "a")), (1, ("get", "x")), (1, ("cas", "x", "a", "b"))]
    node = server(current_term=1)
    node.receive("S2", heartbeat(1, entries=adds, commit=2))
    assert (node.last_applied, node.machine.data) == (2, {"x": "a"})
    node.receive("S2", heartbeat(1, 3, 1, commit=3))
    assert (node.last_applied, node.machine.data) == (3, {"x": "b"})
    machine = node.machine
    node.receive("S2", heartbeat(1, 3, 1, commit=3))
    assert node.machine is machine


def test_a_follower_says_how_far_it_was_checked_not_how_much_it_holds():
    """§5.3, rule: matched_up_to. The rest of its log may differ from the leader's."""
    node = server(current_term=2, log=log_of(1, 1, 1, 1))
    reply = sent(node.receive("S2", heartbeat(2, 1, 1, [(1, "1@2")])))["S2"]
    assert reply.match_index == 2


# -- AppendEntries, the leader (§5.3) -----------------------------------------------------


def test_a_new_leader_expects_its_followers_to_hold_its_whole_log():
    """§5.3: nextIndex starts just after the last one in its log, matchIndex at 0."""
    node = server("candidate", current_term=3, log=log_of(1, 2))
    node.receive("S2", RequestVoteReply(3, True))
    assert node.next_index == {"S2": 3, "S3": 3} and node.match_index == {"S2": 0, "S3": 0}


def test_a_leader_sends_each_follower_what_it_lacks():
    """Figure 2, leaders: if last log index ≥ nextIndex, send entries from nextIndex on."""
    node = server("leader", current_term=2, log=log_of(1, 1, 2), next_index={"S2": 2, "S3": 4})
    out = sent(node.fire("heartbeat"))
    assert (out["S2"].prev_log_index, out["S2"].prev_log_term) == (1, 1)
    assert [entry.term for entry in out["S2"].entries] == [1, 2]
    assert (out["S3"].prev_log_index, out["S3"].entries) == (3, ())


def test_match_index_is_what_was_acknowledged_never_more():
    """Figure 2, leaders: update nextIndex and matchIndex from the request that succeeded."""
    node = server("leader", current_term=2, log=log_of(1, 2, 2, 2))
    node.receive("S2", AppendEntriesReply(2, True, 2))
    assert (node.match_index["S2"], node.next_index["S2"]) == (2, 3)


def test_a_late_acknowledgement_takes_nothing_back():
    """§5.5: replies are reordered too."""
    node = server("leader", current_term=2, log=log_of(2, 2, 2))
    for match_index in (3, 1):
        node.receive("S2", AppendEntriesReply(2, True, match_index))
    assert (node.match_index["S2"], node.next_index["S2"]) == (3, 4)
    node.receive("S2", AppendEntriesReply(2, False, 0, 1, None))
    assert node.match_index["S2"] == 3 and node.next_index["S2"] == 4


@pytest.mark.parametrize("mine, theirs, tried", [
    ([1, 4, 4], [1], 2),  # shorter: go on behind its end
    ([1, 4, 4, 4], [1, 2, 2, 2], 2),  # a term we do not know: before all of it
    ([1, 2, 4, 4], [1, 2, 2, 2], 3),  # a term we know: behind our last entry of it
    ([4, 4, 4], [], 1),
])  # fmt: skip
def test_after_a_refusal_the_leader_tries_further_back(mine, theirs, tried):
    """§5.3, rule: backed_up. One refusal for each conflicting term, not for each entry."""
    leader = server("leader", current_term=5, log=log_of(*mine))
    leader.next_index = {peer: len(mine) + 1 for peer in leader.peers}
    follower = server(id="S2", current_term=5, log=log_of(*theirs))
    asked = sent(leader.fire("heartbeat"))["S2"]
    refusal = sent(follower.receive("S1", asked))["S1"]
    assert not refusal.success
    again = sent(leader.receive("S2", refusal))
    assert leader.next_index["S2"] == tried and again["S2"].prev_log_index == tried - 1


def test_backing_up_always_moves_and_never_below_what_is_known_to_match():
    """§5.3, rule: backed_up."""
    node = server("leader", current_term=5, log=log_of(1, 1, 5, 5), match_index={"S2": 2, "S3": 0},
                  next_index={"S2": 4, "S3": 4})  # fmt: skip
    node.receive("S2", AppendEntriesReply(5, False, 0, 1, None))
    assert node.next_index["S2"] == 3
    node.receive("S3", AppendEntriesReply(5, False, 0, 9, None))  # nonsense, but no standstill
    assert node.next_index["S3"] == 3


FIGURE_7 = {
    "a": [1, 1, 1, 4, 4, 5, 5, 6, 6],
    "b": [1, 1, 1, 4],
    "c": [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    "d": [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    "e": [1, 1, 1, 4, 4, 4, 4],
    "f": [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
}


@pytest.mark.parametrize("which", FIGURE_7)
def test_every_follower_of_figure_7_is_repaired(which):
    """Figure 7: the leader of term 8 makes each log equal to its own, deleting what it must."""
    ids = ["L", *FIGURE_7]
    leader = server("candidate", ids, "L", current_term=8, log=log_of(1, 1, 1, 4, 4, 5, 5, 6, 6, 6))
    follower = server("follower", ids, which, current_term=7, log=log_of(*FIGURE_7[which]))
    for voter in "abe":
        effects = leader.receive(voter, RequestVoteReply(8, True))
    assert leader.role == "leader"
    exchange({"L": leader, which: follower}, "L", effects)
    assert follower.log == leader.log and terms(leader) == [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8]
    assert leader.match_index[which] == 11 and leader.next_index[which] == 12


def test_figure_7_is_repaired_as_a_whole_and_committed():
    """Figure 7, §5.4: who may vote for the leader of term 8, and who follows it in the end."""
    ids = ["L", *FIGURE_7]
    nodes = {id: server(members=ids, id=id, current_term=7, log=log_of(*FIGURE_7[id]))
             for id in FIGURE_7}  # fmt: skip
    nodes["L"] = leader = server(members=ids, id="L", current_term=7,
                                 log=log_of(1, 1, 1, 4, 4, 5, 5, 6, 6, 6))  # fmt: skip
    asked = sent(leader.fire("election"))
    votes = {id: sent(nodes[id].receive("L", asked[id]))["L"] for id in FIGURE_7}
    assert {id for id, vote in votes.items() if vote.vote_granted} == set("abef")
    for id, vote in votes.items():
        exchange(nodes, "L", leader.receive(id, vote))
    exchange(nodes, "L", leader.fire("heartbeat"))
    assert all(node.log == leader.log and node.commit_index == 11 for node in nodes.values())


# -- Commitment (§5.3, §5.4.2) ------------------------------------------------------------


@pytest.mark.parametrize("stored_by, committed", [(1, 0), (2, 2)])
def test_an_entry_is_committed_when_a_majority_stores_it(stored_by, committed):
    """§5.3: once the leader that created the entry has replicated it on a majority."""
    node = server("leader", FIVE, current_term=2, log=log_of(2, 2))
    for peer in FIVE[1 : 1 + stored_by]:
        node.receive(peer, AppendEntriesReply(2, True, 2))
    assert node.commit_index == committed


def test_only_entries_of_the_current_term_are_committed_by_counting():
    """§5.4.2, rule: may_commit. An old entry on all servers is not yet committed."""
    node = server("leader", current_term=4, log=log_of(1, 2))
    for peer in THREE[1:]:
        node.receive(peer, AppendEntriesReply(4, True, 2))
    assert node.commit_index == 0


def test_committing_an_entry_commits_all_before_it():
    """§5.3, §5.4.2: including entries created by previous leaders."""
    node = server("leader", current_term=4, log=log_of(1, 2, 4))
    node.receive("S2", AppendEntriesReply(4, True, 3))
    assert node.commit_index == node.last_applied == 3


def test_followers_learn_from_the_next_message_what_is_committed():
    """§5.3: the leader includes the highest committed index in future AppendEntries."""
    leader = server("leader", current_term=1, log=log_of(1))
    follower = server(id="S2", current_term=1)
    both = {"S1": leader, "S2": follower}
    exchange(both, "S1", leader.fire("heartbeat"))
    assert (leader.commit_index, follower.commit_index) == (1, 0)
    exchange(both, "S1", leader.fire("heartbeat"))
    assert (leader.commit_index, follower.commit_index) == (1, 1)


def figure_8(kind):
    """Figure 8 up to (c): S1 leads term 4 and has spread its entry of term 2 to S1, S2, S3.
    Entry 2 of term 3 sits on S5 alone. S1's no-op of term 4 has reached nobody."""
    two, three = [(1, "a"), (2, "b")], [(1, "a"), (3, "c")]
    s1 = server("leader", FIVE, "S1", kind, current_term=4, voted_for="S1", log=[*two, (4, None)],
                next_index=dict.fromkeys(FIVE[1:], 3))  # fmt: skip
    s2, s3 = (server("follower", FIVE, id, kind, current_term=4, voted_for="S1", log=two)
              for id in ("S2", "S3"))  # fmt: skip
    s4 = server("follower", FIVE, "S4", kind, current_term=4, log=[(1, "a")])
    s5 = server("follower", FIVE, "S5", kind, current_term=3, voted_for="S5", log=three)
    for peer in ("S2", "S3"):
        s1.receive(peer, AppendEntriesReply(4, True, 2))
    return {node.id: node for node in (s1, s2, s3, s4, s5)}


def s5_takes_over(nodes):
    """(d): S1 is gone; S5 stands until somebody's vote is free, then spreads its log."""
    others = {id: node for id, node in nodes.items() if id != "S1"}
    for _ in range(2):  # the first time it learns of term 4, the second it can win
        exchange(others, "S5", nodes["S5"].fire("election"))
    exchange(others, "S5", nodes["S5"].fire("heartbeat"))


def test_figure_8_an_old_entry_on_a_majority_can_still_be_overwritten():
    """Figure 8 (d), rule: may_commit. So the leader must not call it committed, and does not."""
    nodes = figure_8(Raft)
    assert nodes["S1"].commit_index == 0
    s5_takes_over(nodes)
    assert nodes["S5"].role == "leader" and nodes["S2"].log[2] == Entry(3, "c")
    assert nodes["S5"].commit_index == 3


def test_figure_8_goes_wrong_when_old_entries_are_committed_by_counting():
    """Figure 8 (d): the same schedule on servers without the rule commits b, then c, at 2."""
    nodes = figure_8(protocol("raft!commits-old-terms"))
    assert nodes["S1"].commit_index == 2 and nodes["S1"].log[2].command == "b"
    s5_takes_over(nodes)
    assert nodes["S5"].commit_index >= 2 and nodes["S5"].log[2].command == "c"


def test_figure_8_an_entry_of_the_current_term_on_a_majority_settles_the_past():
    """Figure 8 (e): then S5 cannot win, and the entry of term 2 is committed with it."""
    nodes = figure_8(Raft)
    three = {id: nodes[id] for id in ("S1", "S2", "S3")}
    exchange(three, "S1", nodes["S1"].fire("heartbeat"))
    assert nodes["S1"].commit_index == 3
    s5_takes_over(nodes)
    assert nodes["S5"].role == "candidate" and nodes["S2"].log[2] == Entry(2, "b")


def test_a_leader_answers_its_client_when_the_majority_has_stored():
    """§5.3: a slow or crashed follower does not delay the answer."""
    node = server("leader", FIVE, current_term=1, log=log_of(1))
    node.request(("set", "x", 7), "C1", 1)
    told = [answers(node.receive(peer, AppendEntriesReply(1, True, 2))) for peer in FIVE[1:4]]
    assert told == [[], [7], []]


# -- Every rule has its sentence ----------------------------------------------------------


def test_every_rule_of_raft_is_named_by_a_test_with_its_section():
    """A rule that no test speaks of could be changed unseen."""
    here = Path(__file__).parent
    text = "".join((here / f"test_raft_paper{part}.py").read_text("utf-8") for part in ("", "_log"))
    docs = [part.split('"""')[1] for part in text.split("\ndef test_")[1:] if '"""' in part]
    for name, section in Raft.rules().items():
        naming = [doc for doc in docs if "rule" in doc and name in doc]
        assert naming, f"no paper test names the rule {name}"
        assert any(f"§{section}" in doc or "Figure" in doc for doc in naming), (name, section)

"""Snapshots, sentence by sentence: §7 and Figure 13 of the extended paper.

Servers are built and driven by hand; whole clusters are in test_raft_snapshot_runs.py.
"""

from pathlib import Path

import pytest
from hand import ROLES, answers, exchange, heartbeat, sent, server, terms, timers
from schedules_snapshot import ADD, STORE, UP_TO_5, adding, behind_5, bounds, node

from raftlab.core import Note
from raftlab.protocols import protocol
from raftlab.protocols.machine import KeyValue
from raftlab.protocols.raft_log import Entry, Log
from raftlab.protocols.raft_messages import AppendEntries, AppendEntriesReply, RequestVote
from raftlab.protocols.raft_snapshot import (
    InstallSnapshot,
    InstallSnapshotReply,
    Snapshot,
    Snapshots,
)


def install(term=3, index=5, index_term=2, store=STORE, leader="S2"):
    return InstallSnapshot(term, leader, index, index_term, store)


def noted(effects):
    """The codes of what was noted."""
    return {effect.code for effect in effects if type(effect) is Note}


# -- Taking a snapshot --------------------------------------------------------------------


def test_a_server_replaces_what_it_has_executed_by_a_snapshot_of_the_result():
    """§7, rule: is_snapshot_due. Its own decision, once its log holds so many executed entries."""
    one = node(log=adding(1, 1, 2), commit_index=3, snapshot_after=3)
    one.receive("S2", heartbeat(3, 3, 2, [(3, ADD)], commit=4))
    assert one.snapshot == Snapshot(3, 2, KeyValue({"x": 3}, {}))
    assert bounds(one) == (3, 2, 4) and (one.last_applied, one.machine.data) == (4, {"x": 4})


@pytest.mark.parametrize("executed, due", [(2, False), (3, True), (4, True)])
def test_a_server_waits_until_a_snapshot_is_worth_it(executed, due):
    """§7, rule: is_snapshot_due."""
    one = node(log=adding(1, 1, 1, 1), commit_index=executed, snapshot_after=3)
    assert one.is_snapshot_due() == due
    assert behind_5(2, 3, 3, commit_index=7, snapshot_after=3).is_snapshot_due() is False


@pytest.mark.parametrize("role", ROLES)
def test_every_server_takes_its_own_whatever_its_role(role):
    """§7: that is no departure from the strong leader, since the data is agreed on already."""
    one = node(role, log=adding(1, 1, 3), commit_index=2, snapshot_after=1)
    one.commit(3)
    assert bounds(one) == (2, 1, 3)


def test_only_executed_entries_go_into_a_snapshot():
    """§7: it covers committed entries; what is not committed stays in the log."""
    one = node(log=adding(1, 1, 1, 2, 2), commit_index=2, snapshot_after=1)
    one.commit(3)
    assert bounds(one) == (2, 1, 5) and terms(one) == [1, 2, 2]


def test_a_snapshot_remembers_index_and_term_of_its_last_entry():
    """§7: the consistency check of the entry behind it asks for them. Rule: follows_from."""
    one = behind_5()
    assert (one.log.term_at(5), one.log.last_term, one.log.last_index) == (2, 2, 5)
    refused = sent(one.clone().receive("S2", heartbeat(3, 5, 1, [(3, ADD)])))["S2"]
    taken = sent(one.receive("S2", heartbeat(3, 5, 2, [(3, ADD)])))["S2"]
    assert (refused.success, taken.success, taken.match_index) == (False, True, 6)


def test_a_snapshot_holds_the_machine_with_its_client_sessions():
    """§8, rule: state_to_keep. Without them a repeat would be executed again."""
    log = [Entry(1, ADD, "C1", 1), Entry(1, ADD, "C1", 2)]
    one = node(log=log, commit_index=2, snapshot_after=2)
    assert one.state_to_keep() is one.machine
    one.receive("S2", heartbeat(3, 2, 1, [(3, ADD, "C1", 2)], commit=3))
    assert one.snapshot.machine == KeyValue({"x": 2}, {"C1": (2, 2)})
    assert one.machine.data == {"x": 2}  # the repeat changed nothing


def test_a_later_snapshot_takes_the_place_of_an_earlier_one():
    """§7: after it is written, the log up to there and any prior snapshot may go."""
    one = behind_5(3, 3, commit_index=7, snapshot_after=2)
    one.receive("S2", heartbeat(3, 7, 3, [(3, ADD)], commit=8))
    assert one.snapshot == Snapshot(7, 3, KeyValue({"x": 7}, STORE.sessions))
    assert bounds(one) == (7, 3, 8)


def test_a_leader_answers_its_clients_whether_or_not_it_compacts():
    one = node("leader", log=adding(3, 3), commit_index=2, snapshot_after=1)
    for number in (3, 4):
        one.request(ADD, "C1", number)
        assert answers(one.receive("S2", AppendEntriesReply(3, True, number))) == [number]
    assert bounds(one) == (3, 3, 4) and one.waiting == {}


# -- The leader ---------------------------------------------------------------------------


@pytest.mark.parametrize("next_index, kind", [
    (1, InstallSnapshot), (5, InstallSnapshot), (6, AppendEntries), (7, AppendEntries),
])  # fmt: skip
def test_a_leader_sends_its_snapshot_only_if_the_next_entry_is_gone(next_index, kind):
    """§7, rule: has_discarded."""
    one = behind_5(3, 3, role="leader", next_index={"S2": next_index, "S3": 8})
    told = sent(one.fire("heartbeat"))
    assert type(told["S2"]) is kind and type(told["S3"]) is AppendEntries
    if kind is InstallSnapshot:
        assert told["S2"] == install(leader="S1")
    else:
        assert told["S2"].prev_log_index == next_index - 1 >= 5
        assert told["S2"].prev_log_term == one.log.term_at(next_index - 1)


def test_a_new_leader_tries_entries_first():
    """§7: to send a snapshot is the exception; next_index begins behind the log as ever."""
    one = behind_5(3, role="candidate", current_term=4)
    one.votes_granted |= {"S2"}
    one.lead_if_elected()
    assert one.next_index == {"S2": 7, "S3": 7} and one.log.last_term == 4


@pytest.mark.parametrize("conflict_index, conflict_term, then", [
    (1, None, InstallSnapshot),  # its log is empty
    (3, 1, InstallSnapshot),  # a term of which this log knows nothing any more
    (4, 2, AppendEntries),  # a term that this log knows from its base
    (6, None, AppendEntries),
])  # fmt: skip
def test_a_refusal_leads_back_to_the_base_and_then_to_the_snapshot(
    conflict_index, conflict_term, then
):
    """§5.3, §7, rule: backed_up."""
    one = behind_5(3, 3, 3, role="leader", next_index={"S2": 9, "S3": 9})
    answer = AppendEntriesReply(3, False, 0, conflict_index, conflict_term)
    message = sent(one.receive("S2", answer))["S2"]
    assert type(message) is then
    if then is AppendEntries:
        assert (message.prev_log_index, message.prev_log_term) == (5, 2)


def test_the_answer_to_a_snapshot_moves_the_indexes_of_that_follower():
    """Figure 13, §5.3: it is as good as having sent the entries."""
    one = behind_5(3, 3, role="leader", next_index={"S2": 2, "S3": 8})
    one.receive("S2", InstallSnapshotReply(3, 5))
    assert (one.match_index["S2"], one.next_index["S2"]) == (5, 6)
    one.receive("S2", AppendEntriesReply(3, True, 7))
    one.receive("S2", InstallSnapshotReply(3, 5))  # a repeat that comes late
    assert (one.match_index["S2"], one.next_index["S2"]) == (7, 8)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("term", [1, 2, 3])
def test_an_answer_counts_in_its_own_term_only(role, term):
    """§5.1, rule: counts_reply."""
    one = behind_5(3, role=role, next_index={"S2": 2, "S3": 2}, match_index={"S2": 0, "S3": 0})
    one.receive("S2", InstallSnapshotReply(term, 5))
    assert one.match_index["S2"] == (5 if role == "leader" and term == 3 else 0)


def test_a_leader_that_hears_of_a_later_term_follows():
    """§5.1: rules for all servers, whatever the message."""
    one = behind_5(3, role="leader")
    one.receive("S2", InstallSnapshotReply(4))
    assert (one.role, one.current_term, one.voted_for) == ("follower", 4, None)


def test_a_snapshot_never_commits_by_counting():
    """§5.4.2: what it covers is committed already; an older entry behind it is not."""
    one = behind_5(2, role="leader", commit_index=5)
    for peer in ("S2", "S3"):
        one.receive(peer, InstallSnapshotReply(3, 5))
    assert one.commit_index == 5


# -- The follower: what to do with its log ------------------------------------------------


def test_a_snapshot_from_a_past_term_is_refused_at_once():
    """Figure 13, receiver 1; §5.1."""
    one = node(log=adding(1), voted_for="S3")
    before = one.fields()
    effects = one.receive("S2", install(term=2))
    assert sent(effects)["S2"] == InstallSnapshotReply(3, 0)
    assert one.fields() == before and timers(effects) == []


@pytest.mark.parametrize("log", [[], [1], [1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]])
def test_what_is_new_takes_the_place_of_the_whole_log(log):
    """§7, rule: what_follows. It is all superseded, and may conflict with the snapshot."""
    one = node(log=adding(*log), commit_index=min(1, len(log)))
    effects = one.receive("S2", install())
    assert sent(effects)["S2"] == InstallSnapshotReply(3, 5)
    assert bounds(one) == (5, 2, 5) and one.snapshot == UP_TO_5
    assert (one.machine, one.last_applied, one.commit_index) == (STORE, 5, 5)


@pytest.mark.parametrize("log, rest", [
    ([1, 1, 2, 2, 2], []), ([1, 1, 2, 2, 2, 2, 3], [2, 3]), ([2, 2, 2, 2, 2, 3], [3]),
])  # fmt: skip
def test_a_snapshot_of_a_prefix_of_the_log_leaves_what_follows(log, rest):
    """§7, rule: is_in_log. Entries that it covers go, those that follow are still valid."""
    one = node(log=adding(*log), commit_index=2)
    effects = one.receive("S2", install())
    assert sent(effects)["S2"] == InstallSnapshotReply(3, 5)
    assert bounds(one) == (5, 2, len(log)) and terms(one) == rest
    # It executes its own entries, which are the same; so their clients can be answered.
    assert (one.commit_index, one.last_applied, one.machine.data) == (5, 5, {"x": 5})


def test_whose_own_entries_are_covered_answers_its_clients():
    """§5.3: it was the leader that took them, and can tell that they happened."""
    one = node("leader", current_term=2, log=adding(1, 1, 2, 2), commit_index=2)
    one.request(ADD, "C1", 1)
    one.receive("S3", RequestVote(3, "S3", 9, 2))
    assert answers(one.receive("S2", install())) == [5] and one.waiting == {}


def test_whose_log_is_dropped_cannot_tell_its_clients_what_happened():
    """§8: their entries may be among those of the snapshot or not, so they must ask again."""
    one = node("leader", current_term=2, log=adding(1), commit_index=1)
    for serial in (1, 2):
        one.request(ADD, "C1", serial)
    one.receive("S3", RequestVote(3, "S3", 9, 3))
    effects = one.receive("S2", install(index=2, index_term=3))
    assert answers(effects) == [] and list(one.waiting) == [3]
    assert "cannot-answer" in noted(effects)
    one.receive("S2", heartbeat(3, 2, 3, [(3, ADD)], commit=3))
    assert one.waiting == {}  # entry 3 is another's: superseded


@pytest.mark.parametrize("base", [5, 6])
def test_an_older_snapshot_is_ignored(base):
    """Figure 13, receiver 5; rule: is_outdated (§7). A machine never goes back."""
    snapshot = Snapshot(base, 2, KeyValue({"x": base}, {}))
    one = node(snapshot=snapshot, log=Log(adding(3, 3), base, 2), commit_index=base + 2)
    before = one.fields()
    effects = one.receive("S2", install())
    assert sent(effects)["S2"] == InstallSnapshotReply(3, 5)
    assert {**one.fields(), "leader_id": None} == before and timers(effects) == ["election"]


def test_a_snapshot_of_what_is_executed_already_leaves_the_machine_alone():
    """§7: only a log that it replaces takes the machine with it."""
    one = node(log=adding(1, 1, 2, 2, 2, 3, 3), commit_index=7)
    machine = one.machine
    one.receive("S2", install(store=KeyValue({"x": "not looked at"}, {})))
    assert one.machine is machine and (one.last_applied, one.commit_index) == (7, 7)
    assert bounds(one) == (5, 2, 7)


def test_the_same_snapshot_twice_is_as_good_as_once():
    """§5.5."""
    one = node(log=adding(1))
    first = sent(one.receive("S2", install()))
    before = one.fields()
    assert sent(one.receive("S2", install())) == first and one.fields() == before


@pytest.mark.parametrize("role, term", [("candidate", 3), ("candidate", 4), ("leader", 4)])
def test_a_snapshot_is_a_sign_of_life_of_the_leader(role, term):
    """§5.2: a candidate gives up, the timer starts anew, clients are sent there."""
    one = node(role, log=adding(1))
    effects = one.receive("S2", install(term=term))
    assert (one.role, one.leader_id, one.current_term) == ("follower", "S2", term)
    assert "election" in timers(effects)


def test_messages_with_equal_snapshots_are_equal_and_can_be_keys():
    """A search looks for messages in tables."""
    lists = KeyValue({"x": [1, 2]}, {"C1": (1, [1, 2])})
    again = KeyValue({"x": [1, 2]}, {"C1": (1, [1, 2])})
    assert {install(store=lists): 1}[install(store=again)] == 1
    assert install(store=lists) != install(store=STORE)


# -- Entries below the base ---------------------------------------------------------------


@pytest.mark.parametrize("prev, new, result, match", [
    (5, [3], [3], 6), (4, [2, 3], [3], 6), (2, [2, 2, 2, 3, 3], [3, 3], 7),
    (2, [2], [], 5), (0, [], [], 5), (4, [], [], 5), (0, [1, 1, 2, 2, 2], [], 5),
])  # fmt: skip
def test_what_a_snapshot_covers_is_passed_over(prev, new, result, match):
    """§7, rule: beyond_base. It was committed, so any later leader has the same there."""
    one = behind_5()
    prev_term = {5: 2, 4: 2, 2: 1, 0: 0}[prev]
    reply = sent(one.receive("S2", heartbeat(3, prev, prev_term, [(t, ADD) for t in new])))["S2"]
    assert reply == AppendEntriesReply(3, True, match)
    assert terms(one) == result and bounds(one)[:2] == (5, 2)


def test_a_late_message_from_below_the_base_deletes_nothing():
    """Figure 2, rule: merged, with §7: only a conflict deletes."""
    one = behind_5(3, 3, commit_index=7)
    one.receive("S2", heartbeat(3, 3, 2, [(2, ADD), (2, ADD), (3, ADD)], commit=4))
    assert terms(one) == [3, 3] and one.commit_index == 7


@pytest.mark.parametrize("prev, prev_term, conflict", [(6, 1, (6, 3)), (9, 3, (8, None))])
def test_a_refusal_behind_the_base_says_where_to_go_on(prev, prev_term, conflict):
    """§5.3: with the base in sight the follower still knows where its log parts."""
    one = behind_5(3, 3)
    reply = sent(one.receive("S2", heartbeat(3, prev, prev_term, [(3, ADD)])))["S2"]
    assert not reply.success and (reply.conflict_index, reply.conflict_term) == conflict


@pytest.mark.parametrize("last_term, last_index, granted", [
    (2, 5, True), (2, 4, False), (1, 9, False), (3, 1, True),
])  # fmt: skip
def test_a_compacted_log_is_as_up_to_date_as_it_was(last_term, last_index, granted):
    """§5.4.1, rule: is_up_to_date. Index and term of the last entry, even if it is gone."""
    reply = sent(behind_5().receive("S2", RequestVote(4, "S2", last_index, last_term)))["S2"]
    assert reply.vote_granted == granted
    asked = sent(behind_5().fire("election"))["S2"]
    assert (asked.last_log_index, asked.last_log_term) == (5, 2)


def test_plain_heartbeats_ask_at_the_base_for_what_is_gone():
    """Figure 2, §7: below the base there is no term to check, so the follower has to say no."""
    kind = protocol("raft+plain-heartbeats+snapshots")
    one = server("leader", kind=kind, current_term=3, snapshot=UP_TO_5, log=Log(adding(3), 5, 2),
                 next_index={"S2": 1, "S3": 7})  # fmt: skip
    message = sent(one.fire("heartbeat"))["S2"]
    assert (message.prev_log_index, message.prev_log_term, message.entries) == (5, 2, ())
    empty = server(id="S2", kind=kind, current_term=3)
    exchange({"S1": one, "S2": empty}, "S1", one.fire("heartbeat"))
    assert empty.log.base_index == 5 and one.match_index["S2"] >= 5


# -- Every rule has its sentence ----------------------------------------------------------


def test_every_rule_of_snapshots_is_named_by_a_test_with_its_section():
    text = Path(__file__).read_text("utf-8")
    docs = [part.split('"""')[1] for part in text.split("\ndef test_")[1:] if '"""' in part]
    rules = {name: held.section for name, held in vars(Snapshots).items()
             if hasattr(held, "section")}  # fmt: skip
    assert len(rules) >= 7
    for name, section in rules.items():
        assert any("rule" in doc and name in doc and f"§{section}" in doc for doc in docs), name

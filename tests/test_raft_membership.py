"""Configurations by hand: what one server does with them (§6, dissertation chapter 4)."""

import pytest
from hand import FIVE, THREE, answers, exchange, heartbeat, sent, server, timers
from hypothesis import given
from hypothesis import strategies as st
from schedules_membership import JOINT, SINGLE, leader, member, refusal, stored, voters

from raftlab.core import Impossible, NotLeader
from raftlab.protocols import protocol
from raftlab.protocols.raft_configuration import Configuration, configuration_of, in_order
from raftlab.protocols.raft_messages import AppendEntries, RequestVote

FOUR = FIVE[:4]

# -- Configurations -----------------------------------------------------------------------

ids = st.sampled_from(FIVE)
groups = st.sets(ids, min_size=1).map(in_order)


@given(groups, groups, st.sets(ids))
def test_a_joint_decision_needs_a_majority_of_both(old, new, who):
    """§6: separate majorities, however the two overlap."""
    joint = Configuration(new, old_voters=old)
    assert joint.is_quorum(who) == all(2 * len(who & set(g)) > len(g) for g in (old, new))
    assert Configuration(new).is_quorum(who) == (2 * len(who & set(new)) > len(new))
    assert set(joint.members) == {*old, *new}


@given(groups, groups, st.dictionaries(ids, st.integers(0, 4)))
def test_the_index_stored_by_both_majorities_is_the_highest_such(old, new, stored):
    """Against a slow twin that tries every index."""
    joint = Configuration(new, old_voters=old)
    slow = max(i for i in range(5) if joint.is_quorum({s for s in FIVE if stored.get(s, 0) >= i}))
    assert joint.stored_by_quorum(stored) == slow


@given(groups, groups, st.booleans(), st.booleans())
def test_a_configuration_is_read_back_from_its_entry(one, other, joint, learners):
    rest = tuple(id for id in other if id not in one) if learners else ()
    held = Configuration(one, rest, other if joint else ())
    assert configuration_of(held.command()) == held


@pytest.mark.parametrize("command", [
    None, "members", ("members",), ("members", ()), ("members", "S1"), ("members", 5),
    ("members", ("S1", 2)), ("members", ("S1",), 3), ("joint", ("S1",)), ("joint", (), ("S1",)),
    ("set", "members", 1), ("learner", "S4"), ["members", ("S1",)], (),
])  # fmt: skip
def test_other_commands_are_no_configuration(command):
    assert configuration_of(command) is None


def test_the_order_in_which_servers_are_named_means_nothing():
    assert configuration_of(("members", ("S10", "S2", "S2"))).voters == ("S2", "S10")


@pytest.mark.parametrize("initial, found", [
    (None, FIVE), (2, FIVE[:2]), (5, FIVE), (("S4", "S1"), ["S1", "S4"]), (["S2"], ["S2"]),
])  # fmt: skip
def test_a_cluster_begins_with_the_initial_members(initial, found):
    node = member(initial=initial)
    assert node.members == tuple(found) == node.initial_members
    assert set(node.peers) == {*found} - {"S1"}


@pytest.mark.parametrize("initial", [0, 6, -1, 2.5, "S1", (), ("S9",), ("S1", 2), [["S1"]]])
def test_initial_members_that_cannot_be_are_answered_with_those_that_can(initial):
    with pytest.raises(Impossible, match="a number from 1 to 5 or some of S1, S2, S3, S4, S5"):
        member(initial=initial)


# -- Which configuration a server goes by -------------------------------------------------


def test_a_server_goes_by_the_latest_configuration_in_its_log_committed_or_not():
    """§6: it does not wait for commitment."""
    node = member(log=[(1, voters(1, 2, 3, 4)), (1, ("set", "x", 1)), (2, voters(2, 3, 4))])
    assert node.members == ("S2", "S3", "S4") and node.configured_at == 3
    assert node.commit_index == 0


def test_a_configuration_is_taken_up_with_the_entry_that_brings_it():
    node = member()
    node.receive("S2", heartbeat(1, entries=[(1,), (1, voters(1, 2, 3, 4)), (1, ("get", "x"))]))
    assert node.members == ("S1", "S2", "S3", "S4") and node.configured_at == 2
    node.receive("S2", heartbeat(1, prev=3, prev_term=1, entries=[(1, voters(1, 2, 4))]))
    assert (node.members, node.peers) == (("S1", "S2", "S4"), ("S2", "S4"))


def test_a_server_falls_back_when_the_entry_is_removed():
    """Dissertation §4.1: to the configuration before it in its log, or to the first one."""
    log = [(1, voters(1, 2, 3, 4)), (1, voters(1, 2, 3, 4, 5)), (1, voters(1, 2, 3, 5))]
    node = member(log=log, current_term=1)
    node.receive("S2", heartbeat(2, prev=1, prev_term=1, entries=[(2,)]))
    assert node.configured_at == 1 and node.members == tuple(FOUR)
    node.receive("S3", heartbeat(3, entries=[(3,), (3,)], leader="S3"))
    assert node.configured_at == 0 and node.members == tuple(THREE)


def test_a_configuration_may_replace_another_at_the_same_index():
    node = member(log=[(1, voters(1, 2, 3, 4))], current_term=1)
    node.receive("S2", heartbeat(2, entries=[(2, voters(1, 2, 3, 5))]))
    assert node.members == ("S1", "S2", "S3", "S5") and node.configured_at == 1


def test_a_restarted_server_reads_its_configuration_from_its_log():
    """What the disk holds is enough, also while the server is down."""
    node = member(log=[(1, voters(1, 2, 4))], initial=2)
    back = node.reborn()
    assert back.members == node.members and back.initial_members == ("S1", "S2")
    lost = node.reborn({})
    assert lost.members == ("S1", "S2")


def test_a_server_answers_whoever_asks():
    """Dissertation §4.1: the caller's configuration counts, or nobody could ever be added."""
    node = member()
    assert sent(node.receive("S5", RequestVote(1, "S5", 0, 0)))["S5"].vote_granted
    assert sent(node.receive("S4", heartbeat(2, leader="S4", entries=[(2,)])))["S4"].success


# -- Who stands, who votes ----------------------------------------------------------------


def test_a_host_outside_the_configuration_waits():
    node = server(members=FIVE, id="S5", kind=SINGLE, initial_members=3)
    assert node.fire("election") == [] and node.role == "follower"
    assert node.current_term == 0


def test_only_members_are_asked_for_their_votes():
    assert set(sent(member().fire("election"), RequestVote)) == {"S2", "S3"}


def test_a_server_removed_without_knowing_it_stands_again_and_again():
    """Dissertation §4.2.3: it goes by an older configuration, which still names it."""
    node = member(log=[(1,)], current_term=1)
    for term in (2, 3, 4):
        assert sent(node.fire("election"), RequestVote)["S2"].term == term


def test_a_server_stands_until_its_removal_is_committed():
    """Dissertation §4.2.2: it may be needed until then."""
    node = member(log=[(1,), (1, voters(2, 3))], current_term=1, commit_index=1)
    assert sent(node.fire("election"), RequestVote)
    gone = member(log=[(1,), (1, voters(2, 3))], current_term=1, commit_index=2)
    assert gone.fire("election") == []


def test_a_candidate_outside_its_configuration_does_not_count_its_own_vote():
    """Dissertation §4.2.2."""
    node = member(log=[(1,), (1, voters(2, 3))], current_term=1)
    asked = sent(node.fire("election"), RequestVote)["S2"]
    assert node.votes_granted == frozenset() and node.voted_for == "S1"
    for voter, role in (("S2", "candidate"), ("S3", "leader")):
        other = server(members=FIVE, id=voter, kind=SINGLE, initial_members=3)
        node.receive(voter, sent(other.receive("S1", asked))["S1"])
        assert node.role == role
    assert node.match_index.keys() == {"S2", "S3"}


def test_the_last_but_one_server_may_have_to_lead_once_more_to_be_removed():
    """Dissertation Figure 4.6: S1 removes itself from a cluster of two, and S2 lacks the entry."""
    s1 = leader(members=FIVE[:2], initial=2)
    s2 = server(members=FIVE[:2], id="S2", kind=SINGLE, current_term=1, log=[(1,)])
    s1.request(voters(2))  # lost on its way to S2
    s1 = s1.reborn()
    nodes = {"S1": s1, "S2": s2}
    exchange(nodes, "S2", s2.fire("election"))  # S1's log is longer
    assert s2.role == "candidate"
    exchange(nodes, "S1", s1.fire("election"))
    exchange(nodes, "S1", s1.fire("election"))
    assert (s1.role, s1.commit_index, s2.members) == ("follower", 3, ("S2",))
    exchange(nodes, "S2", s2.fire("election"))
    assert s2.role == "leader"


# -- The leader, one server at a time -----------------------------------------------------


def test_a_new_configuration_goes_to_its_servers_and_counts_at_once():
    node = leader()
    stored(node, "S3", 1)
    messages = sent(node.request(voters(1, 2, 3, 4), client="C1", serial=7), AppendEntries)
    assert set(messages) == {"S2", "S3", "S4"} and node.members == tuple(FOUR)
    assert node.match_index == {"S2": 0, "S3": 1, "S4": 0}  # what is known stays known
    assert (node.log[2].client, node.log[2].serial) == ("C1", 7)
    stored(node, "S2", 2)
    assert node.commit_index == 1  # two of four
    assert answers(stored(node, "S4", 2)) == [None] and node.commit_index == 2


def test_a_removed_server_is_sent_nothing_and_its_answer_is_ignored():
    node = leader()
    assert set(sent(node.request(voters(1, 2)), AppendEntries)) == {"S2"}
    assert set(node.match_index) == set(node.next_index) == {"S2"}
    assert [e.code for e in stored(node, "S3", 2)] == ["ignores-stranger"]
    assert node.commit_index == 1 and node.match_index == {"S2": 0}


def test_a_change_of_more_than_one_server_is_refused():
    """Dissertation §4.1."""
    for wanted in (voters(1, 2, 3, 4, 5), voters(1), voters(1, 2, 4)):
        node = leader()
        assert "no one step leads from S1 S2 S3 to" in refusal(node.request(wanted))
        assert len(node.log) == 1 and node.members == tuple(THREE)


def test_a_second_change_waits_for_the_first():
    """Dissertation §4.1."""
    node = leader()
    node.request(voters(1, 2, 3, 4))
    assert "the change in entry 2 is not committed yet" in refusal(node.request(voters(1, 2, 3)))
    stored(node, "S2", 2)
    stored(node, "S3", 2)
    assert answers(node.request(voters(1, 2, 3))) == [] and node.members == tuple(THREE)


def test_a_change_waits_for_an_entry_of_the_leaders_own_term():
    """Ongaro on raft-dev, 10 July 2015."""
    node = member("leader", log=[(1,), (2,)], current_term=2, commit_index=1)
    assert "no entry of term 2 is committed yet" in refusal(node.request(voters(1, 2, 3, 4)))
    stored(node, "S2", 2)
    assert answers(node.request(voters(1, 2, 3, 4))) == [] and node.members == tuple(FOUR)


def test_asking_for_what_is_there_changes_nothing_and_succeeds():
    """So that a client whose answer was lost may ask again."""
    node = leader()
    node.request(voters(3, 2, 1))
    assert answers(stored(node, "S2", 2)) == [None] and node.members == tuple(THREE)


@pytest.mark.parametrize("command", [
    ("members", ()), ("members", 3), ("members", ("S1", "S2"), ("S3",)), ("members", ("S1", 4)),
    ("joint", ("S1",), ("S2",)), ("learner", "S4"), ("forget", "S4"),
])  # fmt: skip
def test_what_cannot_be_asked_for_never_gets_into_the_log(command):
    """A joint configuration is the leader's affair; without the part there are no learners."""
    node = leader()
    assert "is no change that can be asked for here" in refusal(node.request(command))
    assert len(node.log) == 1


def test_who_does_not_lead_says_so():
    assert answers(member().request(voters(1, 2))) == [NotLeader(None)]


def test_a_leader_outside_the_configuration_does_not_count_itself():
    """§6: it manages a cluster that it is no part of."""
    node = leader(initial=4)
    node.request(voters(2, 3, 4))
    node.request(("set", "x", 1))
    assert node.commit_index == 1 and node.role == "leader"
    stored(node, "S2", 3)
    assert node.commit_index == 1  # with itself two of three, without itself one
    effects = stored(node, "S3", 3)
    assert (node.commit_index, node.role) == (3, "follower")
    assert answers(effects) == [None, 1] and "election" in timers(effects)


def test_the_only_server_left_decides_alone():
    node = leader(members=FIVE[:2], initial=2)
    assert answers(node.request(voters(1))) == [None] and node.commit_index == 2


# -- Joint consensus ----------------------------------------------------------------------


def test_a_joint_configuration_needs_both_majorities_to_commit():
    """§6: not even all of the new voters will do, nor all of the old."""
    for first, last in ((("S4", "S5"), "S2"), (("S2", "S3"), "S5")):
        node = leader(JOINT)
        node.request(voters(1, 4, 5))
        assert node.log[2].command == ("joint", tuple(THREE), ("S1", "S4", "S5"))
        assert set(node.peers) == {"S2", "S3", "S4", "S5"}
        for follower in first:
            stored(node, follower, 2)
        assert node.commit_index == 1
        stored(node, last, 2)
        assert node.commit_index == 2 and node.log[3].command == voters(1, 4, 5)


def test_the_new_configuration_follows_the_joint_one_and_needs_its_own_majority_only():
    node = leader(JOINT)
    node.request(voters(1, 4, 5), client="C1", serial=1)
    stored(node, "S2", 2)
    effects = stored(node, "S4", 2)
    assert set(sent(effects, AppendEntries)) == {"S4", "S5"} == set(node.peers)
    assert answers(effects) == []  # the change is complete when C_new is committed
    assert answers(stored(node, "S5", 3)) == [None] and node.commit_index == 3


def test_a_joint_candidate_needs_both_majorities():
    """§6: in elections too."""
    joint = (1, ("joint", tuple(THREE), ("S1", "S4", "S5")))
    for voters_, role in ((("S4", "S5"), "candidate"), (("S2", "S4"), "leader")):
        node = member(kind=JOINT, log=[joint], current_term=1)
        asked = sent(node.fire("election"), RequestVote)
        assert set(asked) == {"S2", "S3", "S4", "S5"}
        for voter in voters_:
            other = server(members=FIVE, id=voter, kind=JOINT, initial_members=3)
            node.receive(voter, sent(other.receive("S1", asked[voter]))["S1"])
        assert node.role == role


@pytest.mark.parametrize("committed", [False, True])
def test_a_new_leader_completes_the_change_that_it_finds(committed):
    """§6: with C_old,new in its log it goes on with it, be that known to be committed or not."""
    log = [(1,), (1, ("joint", tuple(THREE), ("S3", "S4")))]
    node = member("candidate", JOINT, log=log, current_term=2, commit_index=2 * committed)
    for voter in ("S2", "S3", "S4"):
        node.receive(voter, sent(server(members=FIVE, id=voter, kind=JOINT, initial_members=3,
                     current_term=1).receive("S1", RequestVote(2, "S1", 2, 1)))["S1"])  # fmt: skip
    assert node.role == "leader"
    if not committed:
        assert "not committed yet" in refusal(node.request(voters(1, 2)))
        stored(node, "S2", 3)
        stored(node, "S4", 3)
        assert node.configuration.is_joint  # two of the old three, but one of the new two
        stored(node, "S3", 3)
    assert node.log[4].command == voters(3, 4) and node.members == ("S3", "S4")
    stored(node, "S3", 4)
    stored(node, "S4", 4)
    assert node.role == "follower" and node.commit_index == 4


@pytest.mark.parametrize("other", [None, ("joint", tuple(THREE), ("S2", "S4"))])
def test_a_joint_change_is_superseded_when_another_entry_takes_its_place(other):
    node = leader(JOINT)
    node.request(voters(1, 4, 5))
    effects = node.receive("S2", heartbeat(2, 1, 1, [(2, other)], commit=2))
    assert [type(found).__name__ for found in answers(effects)] == ["Superseded"]
    assert node.members == (tuple(THREE) if other is None else tuple(FOUR))


def test_learners_need_no_joint_configuration_and_outlive_one():
    node = leader(protocol("raft+joint-consensus+learners"))
    node.request(("learner", "S4"))
    assert node.log[2].command == ("members", tuple(THREE), ("S4",))
    stored(node, "S2", 2)
    node.request(voters(1, 2))
    assert node.log[3].command == ("joint", tuple(THREE), ("S1", "S2"), ("S4",))
    stored(node, "S2", 3)
    assert node.log[4].command == ("members", ("S1", "S2"), ("S4",))


def test_the_two_ways_of_changing_voters_exclude_each_other():
    with pytest.raises(Impossible, match="two ways of doing one thing"):
        protocol("raft+joint-consensus+single-server")

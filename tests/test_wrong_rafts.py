"""One broken rule, one schedule: the named property breaks, and with the rule it does not.

Each schedule is written out by hand and runs twice, on the wrong server and on the right one.
"""

import pytest
import wrong_rafts
from hand import carry, elect, lose_all, reboot

import raftlab as rl
from raftlab.protocols.raft import Raft


def two_candidates_one_voter(run):
    for candidate in ("S1", "S3"):
        run.fire(candidate)
        run.deliver("RequestVote", candidate, "S2")
        run.deliver("RequestVoteReply", "S2", candidate)


def the_voter_restarts(run):
    run.fire("S1")
    run.fire("S3")
    run.deliver("RequestVote", "S1", "S2")
    reboot(run, "S2")
    run.deliver("RequestVote", "S3", "S2")
    for candidate in ("S1", "S3"):
        run.deliver("RequestVoteReply", "S2", candidate)


def a_vote_of_the_last_term_arrives(run):
    run.fire("S1")
    run.deliver("RequestVote", "S1", "S2")  # the vote of term 1 stays on the way
    run.fire("S1")
    run.fire("S3")
    run.fire("S3")
    run.deliver("RequestVote", "S3", "S2", nth=1)
    run.deliver("RequestVoteReply", "S2", "S3")
    run.deliver("RequestVoteReply", "S2", "S1")


def half_of_four_votes(run):
    for candidate, voter in (("S1", "S3"), ("S2", "S4")):
        run.fire(candidate)
        run.deliver("RequestVote", candidate, voter)
        run.deliver("RequestVoteReply", voter, candidate)


def a_disk_is_wiped(run):
    elect(run, "S1", "S2")  # its no-op is on S1 and S2: committed
    lose_all(run)
    reboot(run, "S2")
    elect(run, "S3", "S2")


def a_long_log_of_old_entries_stands(run):
    elect(run, "S1", "S2")
    for number in range(3):
        run.request(("set", "x", number), to="S1")
    lose_all(run)
    elect(run, "S2", "S3")  # commits an entry of term 2
    reboot(run, "S1")
    elect(run, "S1", "S3")


def a_short_message_comes_late(run):
    elect(run, "S1", "S2")
    run.request(("set", "x", 1), to="S1")
    run.delay("AppendEntries", "S1", "S2", 5000)
    run.request(("set", "x", 2), to="S1")
    carry(run, "S1", "S2")  # both entries are on a majority: committed
    run.fire("S1", "heartbeat")
    carry(run, "S1", "S2")  # and S2 knows
    run.deliver("AppendEntries", "S1", "S2")  # the delayed one, with x = 1 only


def a_tail_of_its_own(run):
    """S3 leads term 1 and then writes three entries that nobody else sees."""
    elect(run, "S3", "S1", "S2")
    lose_all(run)
    for number in range(3):
        run.request(("set", "x", number), to="S3")
    lose_all(run)


def a_new_leader_begins_behind_another_tail(run):
    a_tail_of_its_own(run)
    elect(run, "S1", "S2")
    for number in range(2):
        run.request(("set", "y", number), to="S1")
        carry(run, "S1", "S2")
    lose_all(run)
    reboot(run, "S1")
    elect(run, "S1", "S2")
    carry(run, "S1", "S3")


def a_heartbeat_meets_another_tail(run):
    a_tail_of_its_own(run)
    elect(run, "S1", "S2")
    run.request(("set", "y", 1), to="S1")
    carry(run, "S1", "S2")
    lose_all(run)
    run.fire("S1", "heartbeat")
    run.deliver("AppendEntries", "S1", "S3")


def a_tail_is_counted_as_a_copy(run):
    elect(run, "S3", "S2")
    for number in range(2):
        run.request(("set", "x", number), to="S3")
    lose_all(run)
    elect(run, "S1", "S2")
    carry(run, "S1", "S3")  # an empty message, which S3 answers
    run.request(("set", "y", 1), to="S1")
    lose_all(run)
    elect(run, "S3", "S2")


def figure_8_with_three_servers(run):
    elect(run, "S1", "S3")
    run.request(("set", "x", 1), to="S1")  # term 1, on S1 alone
    lose_all(run)
    elect(run, "S3", "S2")
    run.request(("set", "x", 2), to="S3")  # term 2, on S3 alone
    lose_all(run)
    reboot(run, "S1")
    elect(run, "S1", "S2")  # term 3: the entry of term 1 is now on a majority
    lose_all(run)
    reboot(run, "S3")
    elect(run, "S3", "S2")  # term 4: last term 2 beats last term 1


SCHEDULES = [
    ("VotesTwice", two_candidates_one_voter, "election_safety"),
    ("ForgetsItsVote", the_voter_restarts, "election_safety"),
    ("ForgetsItsTerm", the_voter_restarts, "election_safety"),
    ("CountsStaleVotes", a_vote_of_the_last_term_arrives, "election_safety"),
    ("WinsWithHalf", half_of_four_votes, "election_safety"),
    ("ForgetsItsLog", a_disk_is_wiped, "leader_completeness"),
    ("ComparesLengthOnly", a_long_log_of_old_entries_stands, "leader_completeness"),
    ("AlwaysTruncates", a_short_message_comes_late, "commit_never_changes"),
    ("NeverChecksThePreviousEntry", a_new_leader_begins_behind_another_tail, "log_matching"),
    ("TrustsLeaderCommit", a_heartbeat_meets_another_tail, "state_machine_safety"),
    ("AcknowledgesAllItHolds", a_tail_is_counted_as_a_copy, "leader_completeness"),
    ("CommitsOldTerms", figure_8_with_three_servers, "leader_completeness"),
]


@pytest.mark.parametrize("name, schedule, property", SCHEDULES)
def test_a_broken_rule_breaks_its_property_and_the_rule_saves_it(name, schedule, property):
    kind = getattr(wrong_rafts, name)
    servers = 4 if schedule is half_of_four_votes else 3
    right, wrong = (rl.cluster(k, servers=servers) for k in (kind.__base__, kind))
    schedule(right)
    schedule(wrong)
    assert right.verdicts == ()
    assert property in [verdict.name for verdict in wrong.verdicts]


def test_every_wrong_raft_has_its_schedule():
    assert {name for name, _, _ in SCHEDULES} == {kind.__name__ for kind in wrong_rafts.WRONG}


@pytest.mark.parametrize("kind", wrong_rafts.WRONG, ids=lambda kind: kind.__name__)
def test_a_wrong_raft_replaces_exactly_one_thing_that_exists(kind):
    replaced = [name for name in vars(kind) if not name.startswith("_") and hasattr(Raft, name)]
    invented = {name for name in vars(kind) if not hasattr(Raft, name)} - {"declared"}
    replaced = [name for name in replaced if name in Raft.rules() or name == "persistent"]
    assert len(replaced) == 1 and not invented

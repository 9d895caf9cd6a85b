"""One broken rule, one schedule: the named property breaks, and with the rule it does not.

Each schedule is written out by hand and runs twice, on the wrong server and on the right one.
"""

import pickle
from itertools import combinations

import pytest
import schedules_membership
import schedules_snapshot
from hand import carry, elect, lose_all, reboot

import raftlab as rl
from raftlab.protocols import BASES, BREAKS, PARTS, mended, name_of, protocol
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


def a_crash_between_vote_and_term(run):
    """S1 leads term 1 by its own vote and S3's; S2 has asked it for its vote in term 1, too."""
    run.fire("S1")
    run.fire("S2")
    run.deliver("RequestVote", "S1", "S3")
    run.deliver("RequestVoteReply", "S3", "S1")
    run.fire("S3")
    run.deliver("AppendEntries", "S1", "S3")  # S3 is in term 2 and says so
    run.crash_during("deliver", "AppendEntriesReply", "S3", "S1")
    run.restart("S1")
    run.deliver("RequestVote", "S2", "S1")
    run.deliver("RequestVoteReply", "S1", "S2")


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
    ("votes-twice", two_candidates_one_voter, "election_safety"),
    ("forgets-its-vote", the_voter_restarts, "election_safety"),
    ("forgets-its-term", the_voter_restarts, "election_safety"),
    ("writes-vote-and-term-apart", a_crash_between_vote_and_term, "election_safety"),
    ("counts-stale-votes", a_vote_of_the_last_term_arrives, "election_safety"),
    ("wins-with-half", half_of_four_votes, "election_safety"),
    ("forgets-its-log", a_disk_is_wiped, "leader_completeness"),
    ("compares-length-only", a_long_log_of_old_entries_stands, "leader_completeness"),
    ("always-truncates", a_short_message_comes_late, "commit_never_changes"),
    ("never-checks-the-previous-entry", a_new_leader_begins_behind_another_tail, "log_matching"),
    ("trusts-leader-commit", a_heartbeat_meets_another_tail, "state_machine_safety"),
    ("acknowledges-all-it-holds", a_tail_is_counted_as_a_copy, "leader_completeness"),
    ("commits-old-terms", figure_8_with_three_servers, "leader_completeness"),
    *schedules_membership.SCHEDULES,
    *schedules_snapshot.SCHEDULES,
]

# The clusters of those that do not begin with three servers.
CLUSTERS = {
    half_of_four_votes: {"servers": 4}, **schedules_membership.CLUSTERS,
    **schedules_snapshot.CLUSTERS,
}  # fmt: skip


@pytest.mark.parametrize("name, schedule, property", SCHEDULES)
def test_a_broken_rule_breaks_its_property_and_the_rule_saves_it(name, schedule, property):
    kind = rl.broken("raft", name)
    about = CLUSTERS.get(schedule, {"servers": 3})
    right, wrong = (rl.cluster(k, **about) for k in (mended(kind), kind))
    schedule(right)
    schedule(wrong)
    assert right.verdicts == ()
    assert property == BREAKS[name].breaks
    assert property in [verdict.name for verdict in wrong.verdicts]


def test_every_break_has_its_schedule():
    assert {name for name, _, _ in SCHEDULES} == set(BREAKS)


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_replaces_exactly_one_thing_that_exists(name):
    """So that a rename in raft.py cannot silently disarm it."""
    told = {"breaks", "source", "needs"}
    replaced = [n for n in vars(BREAKS[name]) if not n.startswith("__") and n not in told]
    assert len(replaced) == 1 and hasattr(mended(rl.broken("raft", name)), replaced[0])
    assert BREAKS[name].__doc__ and BREAKS[name].source


def test_a_name_means_the_same_class_everywhere():
    """Also in another process: pickle finds it by its name."""
    kind = rl.broken("raft", "votes-twice", "forgets-its-log")
    assert kind is protocol(" raft ! votes-twice!forgets-its-log")
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert name_of(kind) == "raft!votes-twice!forgets-its-log"
    assert protocol("raft") is Raft and name_of(Raft) == "raft"
    assert mended(protocol("raft!commits-old-terms")) is protocol("raft+without-no-op")
    assert mended(protocol("raft!votes-twice")) is Raft


def test_parts_are_composed_in_one_order():
    one, other = PARTS if len(PARTS) == 2 else list(PARTS)[:2]
    assert protocol(f"raft+{one}+{other}") is protocol(f"raft+{other}+{one}")


def made_by(part):
    """What a part brings by name: {name: (the class that has it, what it is)}."""
    about = {"says", "settings", "derived", "messages", "needs", "rivals", "persistent", "writes"}
    return {
        name: (kind, held) for kind in reversed(part.__mro__[:-1])
        for name, held in vars(kind).items() if name[:2] != "__" and name not in about
    }  # fmt: skip


@pytest.mark.parametrize("inner, outer", list(combinations(PARTS, 2)))
def test_no_part_hides_by_accident_what_another_brings(inner, outer):
    """A name that both made up is one thing of a common base, or the outer goes on to the inner."""
    rivals = (*getattr(PARTS[inner], "rivals", ()), *getattr(PARTS[outer], "rivals", ()))
    if inner in getattr(PARTS[outer], "needs", ()) or {inner, outer} & {*rivals}:
        return  # the outer knows what it replaces, or the two never meet
    mine, its = made_by(PARTS[inner]), made_by(PARTS[outer])
    for name in mine.keys() & its.keys() - set(dir(Raft)):
        (a, one), (b, other) = mine[name], its[name]
        common = a in PARTS[outer].__mro__ or b in PARTS[inner].__mro__
        same_field = not callable(one) and one == other
        assert common or same_field or "super" in other.__code__.co_names, name


@pytest.mark.parametrize("name, says", [
    ("rift", "there is no protocol 'rift'; there is raft"),
    ("", "there is no protocol ''"),
    ("raft+", "no protocol 'raft+'"),
    ("raft+moon", "there is no part 'moon'; there are without-no-op"),
    ("raft!moon", "there is no break 'moon'; there are votes-twice"),
])  # fmt: skip
def test_a_name_that_means_nothing_is_answered_with_what_there_is(name, says):
    with pytest.raises(rl.Impossible, match=says.replace("+", r"\+")):
        rl.cluster(name)


def test_a_run_of_a_broken_protocol_is_saved_by_name():
    run = rl.cluster("raft!votes-twice", servers=3, seed=1)
    run.run(400)
    again = rl.load(run.dump())
    assert again.digest() == run.digest() and type(again["S1"]) is type(run["S1"])
    assert set(BASES) == {"raft", "simplified"}

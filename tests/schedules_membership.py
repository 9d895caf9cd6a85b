"""What tests of membership share: servers built by hand, and a schedule for each break.

A schedule kills the broken servers of `breaks_membership.py` only. Most of them bring about two
groups of servers that go by different configurations.
"""

from hand import FIVE, answers, carry, elect, lose_all, reboot, server

from raftlab.core import Refused
from raftlab.protocols import protocol
from raftlab.protocols.raft_messages import AppendEntriesReply

SINGLE, JOINT = protocol("raft+single-server"), protocol("raft+joint-consensus")
LEARNERS = protocol("raft+single-server+learners")


def member(role="follower", kind=SINGLE, members=FIVE, initial=3, **fields):
    """S1 in a cluster of `members`, of which the first `initial` begin as voters."""
    return server(role, members, kind=kind, initial_members=initial, **fields)


def leader(kind=SINGLE, members=FIVE, initial=3, **fields):
    """S1 leads term 1; entry 1, its no-op, is committed."""
    return member("leader", kind, members, initial, current_term=1, log=[(1,)], commit_index=1,
                  **fields)  # fmt: skip


def refusal(effects):
    """The words with which a request was refused."""
    (found,) = answers(effects)
    assert type(found) is Refused
    return found.why


def stored(node, src, index):
    """`src` tells the leader `node` that it stores everything up to `index`."""
    return node.receive(src, AppendEntriesReply(node.current_term, True, index))


def voters(*numbers):
    """The command that asks for these voters: voters(1, 2) is ("members", ("S1", "S2"))."""
    return "members", tuple(f"S{number}" for number in numbers)


# -- Schedules ----------------------------------------------------------------------------


def committed(run, leader, *others):
    """Bring the others level with the leader, and tell them what is committed."""
    for _ in range(2):
        run.fire(leader, "heartbeat")
        for other in others:
            carry(run, leader, other)
    lose_all(run)


def one_added_one_removed(run):
    """The bug of 2015. S1's branch is on S1 and S5, S2's on S2 and S3; S4 has neither."""
    elect(run, "S1", "S2", "S3")
    committed(run, "S1", "S2", "S3")
    run.request(voters(1, 2, 3, 4, 5), to="S1")
    carry(run, "S1", "S5")
    lose_all(run)
    run.fire("S2")
    for voter in ("S3", "S4"):
        run.deliver("RequestVote", "S2", voter)
        run.deliver("RequestVoteReply", voter, "S2")
    lose_all(run)
    run.request(voters(2, 3, 4), to="S2")  # refused, unless broken: term 2 has committed nothing
    run.fire("S2", "heartbeat")
    carry(run, "S2", "S3")  # committed by two of three
    lose_all(run)
    reboot(run, "S1")
    elect(run, "S1", "S4", "S5")  # by three of five


def both_sides_elect(run):
    """In term 2, S1 by two of the old three, S3 by three of the new five."""
    lose_all(run)
    elect(run, "S1", "S2")
    lose_all(run)
    reboot(run, "S3")
    elect(run, "S3", "S4", "S5")


def three_become_five(run):
    elect(run, "S3", "S1", "S2")
    lose_all(run)
    run.request(voters(1, 2, 3, 4, 5), to="S3")
    carry(run, "S3", "S4")
    carry(run, "S3", "S5")
    both_sides_elect(run)


def one_is_added_and_then_another(run):
    elect(run, "S3", "S1", "S2")
    lose_all(run)
    run.request(voters(1, 2, 3, 4), to="S3")
    run.request(voters(1, 2, 3, 4, 5), to="S3")
    carry(run, "S3", "S4")
    carry(run, "S3", "S5")
    both_sides_elect(run)


def two_restart_after_the_changes(run):
    """A restart forgets what is committed: S2 and S3 would be back in a cluster of three."""
    elect(run, "S1", "S2", "S3")
    run.request(voters(1, 2, 3, 4), to="S1")
    committed(run, "S1", "S2", "S3", "S4")
    run.request(voters(1, 2, 3, 4, 5), to="S1")
    committed(run, "S1", "S2", "S3", "S4", "S5")
    committed(run, "S1", "S5")
    reboot(run, "S2")
    reboot(run, "S3")
    elect(run, "S3", "S2")
    lose_all(run)
    elect(run, "S4", "S1", "S5")


def a_change_is_overwritten(run):
    """S4 removes S1 on its own and loses that entry; meanwhile S1 adds S5."""
    elect(run, "S4", "S1", "S2", "S3")
    committed(run, "S4", "S1", "S2", "S3")
    run.request(voters(2, 3, 4), to="S4")
    lose_all(run)
    elect(run, "S1", "S2", "S3")
    carry(run, "S1", "S4")
    lose_all(run)
    run.request(voters(1, 2, 3, 4, 5), to="S1")
    carry(run, "S1", "S2")
    carry(run, "S1", "S5")  # committed by three of five
    lose_all(run)
    elect(run, "S4", "S3")  # two of the four that S4 is back to


def a_leader_removes_itself_and_goes_on(run):
    """C_new is on S3 and S4 too, the entry behind it on S1 and S2 only."""
    elect(run, "S1", "S2", "S3", "S4")
    lose_all(run)
    run.request(voters(2, 3, 4), to="S1")
    run.deliver("AppendEntries", "S1", "S3")
    run.deliver("AppendEntries", "S1", "S4")
    lose_all(run)
    run.request(("set", "x", 1), to="S1")
    carry(run, "S1", "S2")  # one of three; two with itself
    lose_all(run)
    elect(run, "S3", "S4")


def only_learners_store_it(run):
    elect(run, "S1", "S2", "S3")
    for learner in ("S4", "S5"):
        run.request(("learner", learner), to="S1")
        committed(run, "S1", "S2", "S3", learner)
    run.request(("set", "x", 1), to="S1")
    carry(run, "S1", "S4")
    carry(run, "S1", "S5")
    lose_all(run)
    elect(run, "S2", "S3")


SCHEDULES = [
    ("changes-before-own-commit", one_added_one_removed, "leader_completeness"),
    ("changes-several-at-once", three_become_five, "election_safety"),
    ("overlaps-changes", one_is_added_and_then_another, "election_safety"),
    ("switches-directly", three_become_five, "election_safety"),
    ("elects-by-the-new-side-only", three_become_five, "election_safety"),
    ("uses-committed-configuration-only", two_restart_after_the_changes, "election_safety"),
    ("never-falls-back", a_change_is_overwritten, "leader_completeness"),
    ("counts-itself-though-removed", a_leader_removes_itself_and_goes_on, "leader_completeness"),
    ("counts-learners", only_learners_store_it, "leader_completeness"),
]

# The cluster that a schedule begins with: five hosts, so many of them members.
CLUSTERS = {
    one_added_one_removed: {"servers": 5, "initial_members": 4},
    three_become_five: {"servers": 5, "initial_members": 3},
    one_is_added_and_then_another: {"servers": 5, "initial_members": 3},
    two_restart_after_the_changes: {"servers": 5, "initial_members": 3},
    a_change_is_overwritten: {"servers": 5, "initial_members": 4},
    a_leader_removes_itself_and_goes_on: {"servers": 4},
    only_learners_store_it: {"servers": 5, "initial_members": 3},
}

"""What tests of membership share: servers built by hand, and the story of the bug of 2015."""

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

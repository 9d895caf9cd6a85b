"""What tests of snapshots share: servers built by hand, and a snapshot that comes late.

In schedules S3 hears nothing until the others have compacted what it lacks.
"""

from hand import THREE, carry, elect, lose_all, server

from raftlab.protocols import protocol
from raftlab.protocols.machine import KeyValue
from raftlab.protocols.raft_log import Log
from raftlab.protocols.raft_snapshot import Snapshot

ADD = ("add", "x", 1)
KIND = protocol("raft+snapshots")
STORE = KeyValue({"x": 5}, {"C1": (3, 5)})
UP_TO_5 = Snapshot(5, 2, STORE)


def node(role="follower", members=THREE, id="S1", **fields):
    return server(role, members, id, KIND, **{"current_term": 3, **fields})


def adding(*terms):
    """A log in which each entry adds 1 to x."""
    return [(term, ADD) for term in terms]


def behind_5(*terms, **fields):
    """A server whose log begins behind index 5 of term 2."""
    return node(snapshot=UP_TO_5, log=Log(adding(*terms), 5, 2), **fields)


def bounds(one):
    """(base index, base term, last index) of a server's log."""
    return one.log.base_index, one.log.base_term, one.log.last_index


# -- Schedules ----------------------------------------------------------------------------


def agree(run, *others, times):
    """S1, which leads, commits so many requests with the others alone."""
    for _ in range(times):
        run.request(ADD, to="S1")
        for other in others:
            carry(run, "S1", other)


def beat(run, *others):
    """A heartbeat of S1 that the others hear; what else is under way is lost."""
    lose_all(run)
    run.fire("S1", "heartbeat")
    for other in others:
        carry(run, "S1", other)


def a_snapshot_comes_late(run):
    elect(run, "S1", "S2")
    agree(run, "S2", times=4)
    lose_all(run)
    run.fire("S1", "heartbeat")
    run.duplicate("InstallSnapshot", "S1", "S3")
    run.delay("InstallSnapshot", "S1", "S3", 5000)
    carry(run, "S1", "S3")
    agree(run, "S2", "S3", times=4)  # now S3 has a later snapshot of its own
    run.deliver("InstallSnapshot", "S1", "S3")

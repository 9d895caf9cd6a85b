"""The protocols by name. Each file is to be read beside its paper; all rest on `core` alone."""

from .breaks import BREAKS
from .composed import breaks_in, broken, mended, name_of, protocol, register
from .raft import Raft
from .raft_changes import JointConsensus, SingleServer
from .raft_elections import CheckQuorum, PreVote, StickyLeader
from .raft_learners import Learners
from .raft_reads import FollowerReads, LeaseReads, LocalReads, ReadIndex
from .raft_snapshot import Snapshots
from .raft_transfer import Transfer
from .raft_variants import PlainHeartbeats, WithoutNoOp

BASES = {"raft": Raft}
PARTS = {
    "without-no-op": WithoutNoOp,
    "plain-heartbeats": PlainHeartbeats,
    "joint-consensus": JointConsensus,
    "single-server": SingleServer,
    "learners": Learners,
    "local-reads": LocalReads,
    "follower-reads": FollowerReads,
    "read-index": ReadIndex,
    "lease-reads": LeaseReads,
    "pre-vote": PreVote,
    "check-quorum": CheckQuorum,
    "sticky-leader": StickyLeader,
    "transfer": Transfer,
    "snapshots": Snapshots,
}
register("raft", Raft, PARTS, BREAKS)

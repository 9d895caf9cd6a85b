"""The protocols by name. Each file is to be read beside its paper; all rest on `core` alone."""

from .agree import Agree, Coin, Zero
from .breaks import BREAKS
from .composed import breaks_in, broken, mended, name_of, protocol, register
from .generals import General
from .leases import Leases
from .naive_primary import DESIGNS
from .raft import Raft
from .raft_changes import JointConsensus, SingleServer
from .raft_elections import CheckQuorum, PreVote, StickyLeader
from .raft_learners import Learners
from .raft_reads import FollowerReads, LeaseReads, LocalReads, ReadIndex
from .raft_snapshot import Snapshots
from .raft_transfer import Transfer
from .raft_variants import PlainHeartbeats, WithoutNoOp
from .simplified import Simplified
from .simplified_ladder import LADDER
from .simplified_repairs import (
    CallsAtOnce,
    ClearsVote,
    CommitsOwnTerm,
    ComparesLength,
    ComparesTerms,
    KeepsOnDisk,
    KeepsTime,
    StepsDown,
    StoresEntries,
)

BASES = {"raft": Raft, "simplified": Simplified, "agree": Agree, "two-generals": General, **DESIGNS}
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
    "leases": Leases,
}
REPAIRS = {
    "clears-vote": ClearsVote,
    "steps-down": StepsDown,
    "keeps-on-disk": KeepsOnDisk,
    "calls-at-once": CallsAtOnce,
    "stores-entries": StoresEntries,
    "compares-length": ComparesLength,
    "compares-terms": ComparesTerms,
    "commits-own-term": CommitsOwnTerm,
    "keeps-time": KeepsTime,
}
register("raft", Raft, PARTS, BREAKS)
register("simplified", Simplified, REPAIRS)
register("agree", Agree, {"coin": Coin, "zero": Zero})
register("two-generals", General)
for _name, _design in DESIGNS.items():
    register(_name, _design)

from .systems import LOCKS, SYSTEMS  # noqa: E402  they are built of what stands above
from .watched import Watched  # noqa: E402

BASES["watched"] = Watched
register("watched", Watched)

for _shelf, _systems in (("uses", SYSTEMS), ("redis", LOCKS)):
    for _name, (_system, _breaks) in _systems.items():
        BASES[_name] = _system
        register(_name, _system, (), _breaks, _shelf)

"""The protocols by name. Each file is to be read beside its paper; all rest on `core` alone."""

from .breaks import BREAKS
from .composed import broken, mended, name_of, protocol, register
from .raft import Raft
from .raft_variants import PlainHeartbeats, WithoutNoOp

BASES = {"raft": Raft}
PARTS = {"without-no-op": WithoutNoOp, "plain-heartbeats": PlainHeartbeats}
register(BASES, PARTS, BREAKS)

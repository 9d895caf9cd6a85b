"""The protocols by name. Each file is to be read beside its paper; all rest on `core` alone."""

from .raft import Raft

BY_NAME = {"raft": Raft}

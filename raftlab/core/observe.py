"""The narrow window on a node: checks and pictures read this and nothing else."""

from types import MappingProxyType
from typing import Any

from .commands import write_command
from .values import value

NOTHING = MappingProxyType({})


class Observation:
    """What a node shows of itself.

    `role` is a word ("follower", "candidate", "leader"). `log` is a `Log`-like value
    (1-based, `base_index`, `last_index`, `term_at`, `starts_with`), or None for a protocol
    without one.
    `next_index` and `match_index` map peers to indexes on a leader, `machine` is the
    applied state. `members` are the sets of servers each of which must give a majority, by the
    configuration that this node uses; None means all servers, in one set. `decided` is what a
    node that decides once has decided for good, or None. `fields` holds everything else worth
    showing, by name: a protocol of one's own needs no more than that.
    """

    __slots__ = (
        "id", "role", "term", "leader", "log", "commit_index", "last_applied", "voted_for",
        "votes", "next_index", "match_index", "machine", "fields", "members",
        "decided",
    )  # fmt: skip

    def __init__(
        self, id, role="", term=None, leader=None, log=None, commit_index=0, last_applied=0,
        voted_for=None, votes=frozenset(), next_index=NOTHING, match_index=NOTHING,
        machine=NOTHING, fields=NOTHING, members=None,
        decided=None,
    ):  # fmt: skip
        self.id = id
        self.role = role
        self.term = term
        self.leader = leader
        self.log = log
        self.commit_index = commit_index
        self.last_applied = last_applied
        self.voted_for = voted_for
        self.votes = votes
        self.next_index = next_index
        self.match_index = match_index
        self.machine = machine
        self.fields = fields
        self.members = members
        self.decided = decided


@value
class Op:
    """One operation as its client saw it.

    `status` is "ok", "fail" (it surely did not happen) or "unknown": after a time-out
    nobody can tell, and `completed_at` is None. Times are in ms.
    """

    client: str
    call: Any
    invoked_at: float
    completed_at: float | None
    result: Any
    status: str

    def __str__(self):
        told = f"{self.client}: {write_command(self.call)}, asked at {self.invoked_at:g} ms, "
        if self.status == "ok":
            told += f"answered at {self.completed_at:g} ms: {self.result}"
        elif self.status == "fail":
            told += f"refused at {self.completed_at:g} ms: {self.result}"
        else:
            told += "no answer: it may or may not have happened"
        return told

    def _repr_pretty_(self, printer, cycle):
        """A line that fits a notebook's cell, where `repr` would break in the middle of a word."""
        printer.text(str(self))

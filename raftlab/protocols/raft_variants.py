"""Two ways in which the paper's own Raft is plainer than ours, and as safe.

Some rules are there for servers that the paper allows but ours are not: a new leader of ours
always opens its term with a no-op (§8), and always sends all that a follower lacks. With these
parts a server does it the other way, so that the rule behind it can be seen at work, or broken.
"""

from .raft import HEARTBEAT, LEADER
from .raft_messages import AppendEntries


class WithoutNoOp:
    """§5.4.2 alone: old entries wait for the first request of the new term."""

    def open_term(self):
        pass


class PlainHeartbeats:
    """Heartbeats as Figure 2 has them, without entries; entries travel with requests only."""

    def on_timer(self, name):
        if name != HEARTBEAT or self.role != LEADER:
            super().on_timer(name)
            return
        self.note("heartbeat")
        for peer in self.peers:
            # Below its base a log has no term to check: who lacks what is there will say so.
            prev = max(self.next_index[peer] - 1, self.log.base_index)
            self.send(peer, AppendEntries(
                self.current_term, self.id, prev, self.log.term_at(prev), (), self.commit_index
            ))  # fmt: skip
        self.set_timer(HEARTBEAT, self.heartbeat_interval)

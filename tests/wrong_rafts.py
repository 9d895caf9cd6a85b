"""Raft with exactly one rule broken, one class each: what the rule was good for shows in a test.

Some rules are there for servers that the paper allows but ours are not: a new leader of ours
always opens its term with a no-op, and always sends all that a follower lacks. Such a rule is
broken on a server that does it the other way, which is as safe as ours while the rule holds.
"""

from raftlab.protocols.raft import HEARTBEAT, Raft
from raftlab.protocols.raft_messages import AppendEntries


class WithoutNoOp(Raft):
    """Safe: §5.4.2 alone. Old entries wait for the first request of the new term."""

    def open_term(self):
        pass


class SendsEmptyHeartbeats(Raft):
    """Safe: heartbeats as Figure 2 has them, without entries."""

    def on_timer(self, name):
        if name != HEARTBEAT or self.role != "leader":
            super().on_timer(name)
            return
        for peer in self.peers:
            prev = self.next_index[peer] - 1
            self.send(peer, AppendEntries(self.current_term, self.id, prev, self.log.term_at(prev),
                                          (), self.commit_index))  # fmt: skip
        self.set_timer(HEARTBEAT, self.heartbeat_interval)


class VotesTwice(Raft):
    def has_vote_for(self, candidate_id):
        return True


class ForgetsItsVote(Raft):
    persistent = ("current_term", "log")


class ForgetsItsLog(Raft):
    persistent = ("current_term", "voted_for")


class ForgetsItsTerm(Raft):
    persistent = ("log",)


class CountsStaleVotes(Raft):
    def counts_vote(self, reply):
        return self.role == "candidate"


class ComparesLengthOnly(Raft):
    def is_up_to_date(self, ask):
        return ask.last_log_index >= self.log.last_index


class AlwaysTruncates(Raft):
    def merged(self, append):
        return self.log.truncate(append.prev_log_index).extend(append.entries)


class NeverChecksThePreviousEntry(Raft):
    def follows_from(self, append):
        return append.prev_log_index <= self.log.last_index


class TrustsLeaderCommit(SendsEmptyHeartbeats):
    def commit_index_from(self, append):
        return min(append.leader_commit, self.log.last_index)


class AcknowledgesAllItHolds(WithoutNoOp):
    def matched_up_to(self, append):
        return self.log.last_index


class CommitsOldTerms(WithoutNoOp):
    def may_commit(self, index):
        return True


class WinsWithHalf(Raft):
    def wins_election(self):
        return 2 * len(self.votes_granted) >= len(self.members)


WRONG = [
    VotesTwice, ForgetsItsVote, ForgetsItsLog, ForgetsItsTerm, CountsStaleVotes,
    ComparesLengthOnly, AlwaysTruncates, NeverChecksThePreviousEntry, TrustsLeaderCommit,
    AcknowledgesAllItHolds, CommitsOldTerms, WinsWithHalf,
]  # fmt: skip

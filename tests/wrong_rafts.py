"""Raft with exactly one rule broken, one class each: what the rule was good for shows in a test."""

from raftlab.protocols.raft import Raft


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


class TrustsLeaderCommit(Raft):
    def commit_index_from(self, append):
        return min(append.leader_commit, self.log.last_index)


class AcknowledgesAllItHolds(Raft):
    def matched_up_to(self, append):
        return self.log.last_index


class CommitsOldTerms(Raft):
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

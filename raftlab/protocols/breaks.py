"""Raft with one rule broken: a mixin for each documented bug, and nothing in `raft.py` about it.

Each class replaces exactly one thing that exists, and says which property that costs (`breaks`),
where the bug was seen (`source`), and on which plainer Raft it shows (`needs`: parts, see
`raft_variants.py`). `broken("raft", "votes-twice")` puts one together. Every break has a stored
schedule that kills it and leaves the unbroken protocol unharmed. Those of membership changes and
of snapshots have files of their own (`breaks_membership.py`, `breaks_snapshot.py`).
"""

from .breaks_membership import BREAKS as OF_MEMBERSHIP
from .breaks_snapshot import BREAKS as OF_SNAPSHOTS


class VotesTwice:
    """Forgets to look whether its vote is still free."""

    breaks = "election_safety"
    source = "Figure 2, RequestVote 2; DSLabs' staff: the commonest first mistake"

    def has_vote_for(self, candidate_id):
        return True


class ForgetsItsVote:
    """Keeps its vote in memory only."""

    breaks = "election_safety"
    source = "eliben/raft#26: voted_for not persisted when an election starts"
    persistent = ("current_term", "log")


class ForgetsItsTerm:
    """Keeps its term in memory only."""

    breaks = "election_safety"
    source = "eliben/raft, commit 0ae7b34: becomeFollower does not persist"
    persistent = ("log",)


class ForgetsItsLog:
    """Keeps its log in memory only."""

    breaks = "leader_completeness"
    source = "Ongaro's user study, Raft quiz Q6 (dissertation, app. A)"
    persistent = ("current_term", "voted_for")


class WritesVoteAndTermApart:
    """Writes its vote first, and then the term in which it is one.

    A crash in between leaves the vote of the new term, mostly "none", in the old one, where it
    has voted already. The other order is unsafe only if such a vote counts without a look at the
    log: a new term with an old vote can still serve but one candidate.
    """

    breaks = "election_safety"
    source = "hashicorp/raft#661: term and vote are separate writes, and a crash can part them"
    needs = ("without-no-op",)
    writes = (("voted_for",), ("current_term",), ("log",))


class CountsStaleVotes:
    """Takes a vote from an earlier election for one in this election."""

    breaks = "election_safety"
    source = "eliben/raft#27; Students' Guide to Raft, “Term confusion”"

    def counts_vote(self, reply):
        return self.role == "candidate"


class WinsWithHalf:
    """Takes half of the servers for a majority."""

    breaks = "election_safety"
    source = "DSLabs, IncorrectSingleInstancePaxos: acks * 2 >= n - 1"

    def wins_election(self):
        return 2 * len(self.votes_granted) >= len(self.members)


class ComparesLengthOnly:
    """Lets the longest log win."""

    breaks = "leader_completeness"
    source = "§5.4.1; Students' Guide to Raft: vote granted by log length"

    def is_up_to_date(self, ask):
        return ask.last_log_index >= self.log.last_index


class AlwaysTruncates:
    """Cuts its log after prev_log_index, conflict or not."""

    breaks = "commit_never_changes"
    source = "Students' Guide to Raft: a delayed, shorter AppendEntries"

    def merged(self, append):
        return self.log.truncate(append.prev_log_index).extend(append.entries)


class NeverChecksThePreviousEntry:
    """Stores entries behind an entry of another term."""

    breaks = "log_matching"
    source = "§5.3, the consistency check left out"

    def follows_from(self, append):
        return append.prev_log_index <= self.log.last_index


class TrustsLeaderCommit:
    """Takes leader_commit as it comes, beyond the entries that were checked."""

    breaks = "state_machine_safety"
    source = "Students' Guide to Raft: min(leaderCommit, index of last new entry)"
    needs = ("plain-heartbeats",)

    def commit_index_from(self, append):
        return min(append.leader_commit, self.log.last_index)


class AcknowledgesAllItHolds:
    """Reports the length of its log as what matches the leader's."""

    breaks = "leader_completeness"
    source = "Students' Guide to Raft: matchIndex is not len(log)"
    needs = ("without-no-op",)

    def matched_up_to(self, append):
        return self.log.last_index


class CommitsOldTerms:
    """Commits entries of earlier terms by counting copies."""

    breaks = "leader_completeness"
    source = "§5.4.2, Figure 8; found by David Mazières in the first version of Raft"
    needs = ("without-no-op",)

    def may_commit(self, index):
        return True


BREAKS = {
    "votes-twice": VotesTwice,
    "forgets-its-vote": ForgetsItsVote,
    "forgets-its-term": ForgetsItsTerm,
    "forgets-its-log": ForgetsItsLog,
    "writes-vote-and-term-apart": WritesVoteAndTermApart,
    "counts-stale-votes": CountsStaleVotes,
    "wins-with-half": WinsWithHalf,
    "compares-length-only": ComparesLengthOnly,
    "always-truncates": AlwaysTruncates,
    "never-checks-the-previous-entry": NeverChecksThePreviousEntry,
    "trusts-leader-commit": TrustsLeaderCommit,
    "acknowledges-all-it-holds": AcknowledgesAllItHolds,
    "commits-old-terms": CommitsOldTerms,
    **OF_MEMBERSHIP,
    **OF_SNAPSHOTS,
}

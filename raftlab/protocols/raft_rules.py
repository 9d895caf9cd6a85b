"""The rules of Raft: each thing on which safety or progress rests, as one short method.

Hold Figure 2 beside it, and §5 for the reasons; the decorator names the section. A rule decides
or computes, from what the server knows, and leaves the doing to `raft.py`; two of them (adopting
a term, opening one) are the doing. A rule can be read, tested and broken alone: a break is a
mixin that replaces exactly one of these methods (`breaks.py`).
"""

from ..core import Node, rule
from .raft_log import Entry

FOLLOWER, CANDIDATE, LEADER = "follower", "candidate", "leader"


class Rules(Node):
    """What a Raft server may do and must conclude; its fields are those of `Raft`."""

    # -- Rules: terms (§5.1) --

    @rule("5.1")
    def is_newer(self, term):
        return term > self.current_term

    @rule("5.1")
    def is_stale(self, term):
        return term < self.current_term

    @rule("5.1")
    def adopt_term(self, term):
        """A higher term ends whatever this server was doing, and brings a fresh vote."""
        self.note("adopts-term", term, self.current_term, self.role)
        self.current_term = term
        self.voted_for = None
        self.step_down()

    # -- Rules: votes (§5.2, §5.4.1) --

    @rule("5.2")
    def may_start_election(self):
        return self.role != LEADER

    @rule("5.2")
    def has_vote_for(self, candidate_id):
        """One vote a term, first come first served; a repeat of the same request is granted."""
        return self.voted_for is None or self.voted_for == candidate_id

    @rule("5.4.1")
    def is_up_to_date(self, ask):
        """Is the candidate's log at least as up to date as ours? Last term first, then length.

        A committed entry is on a majority; so is a winner's vote; the server in both refuses
        every candidate without the entry. Length alone would not do: a long log may be full
        of entries that nobody committed.
        """
        return (ask.last_log_term, ask.last_log_index) >= (self.log.last_term, self.log.last_index)

    @rule("5.2")
    def counts_vote(self, reply):
        """Only an answer to *this* election counts; one from an earlier term is old news."""
        return self.role == CANDIDATE and reply.term == self.current_term

    @rule("5.2")
    def wins_election(self):
        return self.is_quorum(self.votes_granted)

    # -- Rules: the log (§5.3) --

    @rule("5.3")
    def follows_from(self, append):
        """Do we hold the entry just before the new ones? Also asked of an empty message:
        answering yes without looking would tell the leader that the logs match."""
        return self.log.term_at(append.prev_log_index) == append.prev_log_term

    @rule("5.3")
    def merged(self, append):
        """Our log with the leader's entries in it.

        Only a *conflict* (same index, other term) removes anything. Cutting the log after
        prev_log_index every time would let a late, shorter message undo entries that this
        server has already acknowledged.
        """
        log, index = self.log, append.prev_log_index
        for offset, entry in enumerate(append.entries):
            held = log.term_at(index + offset + 1)
            if held is None:
                return log.extend(append.entries[offset:])
            if held != entry.term:
                self.note("overwrites", index + offset + 1, log.last_index, held, append.leader_id)
                return log.truncate(index + offset).extend(append.entries[offset:])
        return log

    @rule("5.3")
    def matched_up_to(self, append):
        """How far our log surely equals the leader's: what was checked, not all we hold."""
        return append.prev_log_index + len(append.entries)

    @rule("5.3")
    def counts_reply(self, reply):
        return self.role == LEADER and reply.term == self.current_term

    @rule("5.3")
    def backed_up(self, peer, reply):
        """Where to try next after a refusal: past a whole conflicting term, not one entry."""
        guess = reply.conflict_index
        if reply.conflict_term is not None:
            ours = self.log.last_index_of_term(reply.conflict_term)
            guess = guess if ours is None else ours + 1
        return max(self.match_index[peer] + 1, min(guess, self.next_index[peer] - 1))

    # -- Rules: commitment (§5.3, §5.4.2) --

    @rule("5.4.2")
    def may_commit(self, index):
        """Only an entry of the leader's own term is committed by counting (Figure 8).

        An older entry can sit on a majority and still be overwritten by a server whose last
        entry has a later term; it is safe only behind an entry of the current one.
        """
        return self.log.term_at(index) == self.current_term

    @rule("5.3")
    def commit_index_from(self, append):
        """No further than the entries just checked: what lies behind may not be the leader's."""
        return min(append.leader_commit, self.matched_up_to(append))

    @rule("8")
    def open_term(self):
        """A new leader's no-op: an entry of its own term, through which older ones commit."""
        self.log = self.log.append(Entry(self.current_term))

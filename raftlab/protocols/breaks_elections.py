"""Elections with one rule broken: terms, votes, and who may win by them. As in `breaks.py`.

Each of these lets two servers lead one term, or lets somebody lead who lacks what is committed.
"""

from .raft_rules import CANDIDATE


class VotesTwice:
    """Forgets to look whether its vote is still free."""

    breaks = "election_safety"
    source = "Figure 2, RequestVote 2; DSLabs' staff: the commonest first mistake"
    bounds = {"terms": 1, "requests": 0}

    def has_vote_for(self, candidate_id):
        return True


class TakesItsVoteBack:
    """Clears its vote whenever it steps down, also when the term goes on.

    A candidate that gives way has lost nothing by it: whoever it gives way to has won. But a
    leader that resigns within its term (dissertation §6.2) gave its own vote to get there, and
    now gives it to somebody else.
    """

    breaks = "election_safety"
    source = "eliben/raft#27: becomeFollower cleared voted_for without a new term"
    needs = ("check-quorum", "without-no-op")
    bounds = {"terms": 1, "requests": 0}

    def step_down(self):
        super().step_down()
        self.voted_for = None


class CountsStaleVotes:
    """Takes a vote from an earlier election for one in this election."""

    breaks = "election_safety"
    source = "eliben/raft#27; Students' Guide to Raft, “Term confusion”"
    bounds = {"terms": 2, "requests": 0, "by": "messages"}

    def counts_vote(self, reply):
        return self.role == CANDIDATE


class WinsWithHalf:
    """Takes half of the servers for a majority."""

    breaks = "election_safety"
    source = "DSLabs, IncorrectSingleInstancePaxos: acks * 2 >= n - 1"
    bounds = {"servers": 4, "terms": 1, "requests": 0}

    def wins_election(self):
        return 2 * len(self.votes_granted) >= len(self.members)


class ComparesLengthOnly:
    """Lets the longest log win."""

    breaks = "leader_completeness"
    source = "§5.4.1; Students' Guide to Raft: vote granted by log length"
    bounds = {"terms": 3, "requests": 1, "cut": False}

    def is_up_to_date(self, ask):
        return ask.last_log_index >= self.log.last_index


class VotesForAnybody:
    """Votes without a look at the candidate's log."""

    breaks = "leader_completeness"
    source = "§5.4.1, the election restriction left out"
    bounds = {"terms": 2, "requests": 0}

    def is_up_to_date(self, ask):
        return True


class NeverStepsDown:
    """Takes over a higher term and goes on leading in it, as nobody has elected it to."""

    breaks = "election_safety"
    source = "§5.1; Students' Guide to Raft: follow the rules for all servers"
    bounds = {"terms": 2, "requests": 0}

    def adopt_term(self, term):
        self.note("adopts-term", term, self.current_term, self.role)
        self.current_term = term
        self.voted_for = None


class ObeysOldLeaders:
    """Does what it is told, also in the name of a term that is over."""

    breaks = "commit_never_changes"
    source = "§5.1; Figure 2, AppendEntries 1: reply false if term < currentTerm"
    bounds = {"terms": 2, "requests": 0}

    def is_stale(self, term):
        return False


BREAKS = {
    "votes-twice": VotesTwice,
    "takes-its-vote-back": TakesItsVoteBack,
    "counts-stale-votes": CountsStaleVotes,
    "wins-with-half": WinsWithHalf,
    "compares-length-only": ComparesLengthOnly,
    "votes-for-anybody": VotesForAnybody,
    "never-steps-down": NeverStepsDown,
    "obeys-old-leaders": ObeysOldLeaders,
}

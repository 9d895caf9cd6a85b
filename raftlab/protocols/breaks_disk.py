"""The disk used wrongly: what is left out of it, or written apart. As in `breaks.py`.

No method is replaced here, only a line of data: which fields are persistent, and what is written
at once. Nothing shows until a server crashes.
"""


class ForgetsItsVote:
    """Keeps its vote in memory only."""

    breaks = "election_safety"
    source = "eliben/raft#26: voted_for not persisted when an election starts"
    bounds = {"terms": 1, "requests": 0, "crashes": 1}
    persistent = ("current_term", "log")


class ForgetsItsTerm:
    """Keeps its term in memory only."""

    breaks = "election_safety"
    source = "eliben/raft, commit 0ae7b34: becomeFollower does not persist"
    bounds = {"terms": 1, "requests": 0, "crashes": 1}
    persistent = ("log",)


class ForgetsItsLog:
    """Keeps its log in memory only."""

    breaks = "leader_completeness"
    source = "Ongaro's user study, Raft quiz Q6 (dissertation, app. A)"
    bounds = {"terms": 2, "requests": 0, "crashes": 1}
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
    bounds = {"terms": 2, "requests": 0, "crashes": 1, "disk": True, "by": "messages"}
    writes = (("voted_for",), ("current_term",), ("log",))


BREAKS = {
    "forgets-its-vote": ForgetsItsVote,
    "forgets-its-term": ForgetsItsTerm,
    "forgets-its-log": ForgetsItsLog,
    "writes-vote-and-term-apart": WritesVoteAndTermApart,
}

"""The two calls of Figure 2 and their replies."""

from ..core import value


@value
class RequestVote:
    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int


@value
class RequestVoteReply:
    term: int
    vote_granted: bool


@value
class AppendEntries:
    """Entries to store behind (prev_log_index, prev_log_term); none of them: a heartbeat."""

    term: int
    leader_id: str
    prev_log_index: int
    prev_log_term: int
    entries: tuple = ()
    leader_commit: int = 0


@value
class AppendEntriesReply:
    """`match_index`: how far the logs now surely agree. On a refusal `conflict_index` and
    `conflict_term` say where the follower's log parts (§5.3, the optimisation)."""

    term: int
    success: bool
    match_index: int = 0
    conflict_index: int = 1
    conflict_term: int | None = None


MESSAGES = (RequestVote, RequestVoteReply, AppendEntries, AppendEntriesReply)

"""Snapshots: what becomes of a follower's log when one comes (§7)."""

from ...protocols.raft_log import Log
from ..exercise import Exercise, Wrong, by_cases
from ..plugged import in_scenario, pairs, raft_with, searched

# -- what a follower keeps ------------------------------------------------------------------


def install(log, base_index, base_term, end, term):
    """(log, base_index, base_term) of a follower to which a snapshot has come."""
    if end <= base_index:
        return log, base_index, base_term
    place = end - base_index - 1
    if place < len(log) and log[place][0] == term:
        return log[place + 1 :], end, term
    return [], end, term


def takes_any(log, base_index, base_term, end, term):
    place = end - base_index - 1
    if 0 <= place < len(log) and log[place][0] == term:
        return log[place + 1 :], end, term
    return [], end, term


def keeps_nothing(log, base_index, base_term, end, term):
    return (log, base_index, base_term) if end <= base_index else ([], end, term)


def keeps_the_rest(log, base_index, base_term, end, term):
    if end <= base_index:
        return log, base_index, base_term
    return log[end - base_index :], end, term


def if_it_is_longer(log, base_index, base_term, end, term):
    if end <= base_index + len(log):
        return log, base_index, base_term
    return [], end, term


def keeps_the_last(log, base_index, base_term, end, term):
    after, *base = install(log, base_index, base_term, end, term)
    place = end - base_index - 1
    return (log[place:], *base) if after else (after, *base)


def _entries_of(*terms):
    return [(term, f"x={number}") for number, term in enumerate(terms, 1)]


def _longer(luck):
    base = luck.between(0, 5)
    of = 1 if base else 0
    return [([], base, of, base + 4, 2), (_entries_of(1, 1), base, of, base + 5, 2),
            (_entries_of(1, 1), base, of, base + 3, 2)]  # fmt: skip


def _holds_it(luck):
    base = luck.between(1, 5)
    return [
        (_entries_of(1, 1, 2, 2), base, 1, base + 2, 1), (_entries_of(1, 1, 1), 0, 0, 1, 1),
        (_entries_of(1, 2), base, 1, base + 2, 2),
    ]  # fmt: skip


def _holds_another(luck):
    base = luck.between(1, 5)
    return [
        (_entries_of(1, 1, 1, 1), base, 1, base + 2, 3),
        (_entries_of(2, 2), base, 1, base + 1, 4),
        (_entries_of(1, 3, 3), base, 1, base + 2, 2),
    ]


def _outdated(luck):
    base = luck.between(3, 7)
    return [(_entries_of(2, 2), base, 2, base - 1, 1), (_entries_of(2), base, 2, base, 2),
            ([], base, 2, 1, 1)]  # fmt: skip


# S3 has said that it stores four entries. Before S1 hears it, it sends a snapshot of two of them.
ACKNOWLEDGED = """# S3 holds four entries, and gets a snapshot of the first two.
cluster raft+snapshots+without-no-op servers=3 seed=1 jitter=0 snapshot_after=2
----

elect S1 ; settle ; request x=1 ; request x=2 ; deliver all AppendEntries to S2
deliver all replies ; lose all ; request x=3 ; request x=4 ; deliver AppendEntries S1->S2 #1
deliver AppendEntries S1->S3 #2 ; deliver AppendEntriesReply S2->S1 ; lose all AppendEntries
fire S1 heartbeat ; begin ; deliver InstallSnapshot S1->S3 ; lose all AppendEntries
deliver AppendEntriesReply S3->S1 ; crash S1 ; lose all ; run 2000
----
"""
# S3 has led for itself and holds five entries; the others have something else there.
LONG_AND_WRONG = """# S3's log is long enough, and wrong. It is needed: S2 is down.
cluster raft+snapshots servers=3 seed=1 snapshot_after=2
----

fire S3 ; deliver RequestVote S3->S2 ; deliver RequestVoteReply S2->S3
repeat 4 { request y+=1 at S3 } ; lose all ; fire S1 ; lose all ; elect S1 with S2
repeat 4 { request x+=1 at S1 ; settle among S1 S2 } ; lose all ; crash S2 ; request x=9 at S1
begin ; run 3200
----
"""


def followers_that_install_so(arguments, given):
    class Theirs:
        def install(self, src, snapshot):
            log, end = self.log, snapshot.last_included_index
            entries, base, term = given(
                pairs(log), log.base_index, log.base_term, end, snapshot.last_included_term
            )
            if base == log.base_index:
                self.note("ignores-snapshot", src, end, log.base_index)
                return
            kept = Log([entry for _, entry in entries], base, term)
            if len(kept) and end > self.commit_index:
                self.commit(end)
            self.snapshot, self.log = snapshot, kept
            if not len(kept) or self.last_applied < base:
                self.reset_machine()

    kind = raft_with(Theirs, "snapshots")
    return (
        in_scenario(ACKNOWLEDGED, raft_with(Theirs, "snapshots", "without-no-op"))
        or in_scenario(LONG_AND_WRONG, kind, "progress")
        or searched(kind, snapshot_after=1, terms=1, requests=2, late=1, cut=False)
    )


Exercise(
    id="snapshots/install",
    asks="What does a follower keep of its log when a snapshot comes?",
    starter='''
        def install(log, base_index, base_term, end, term):
            """(log, base_index, base_term) of a follower when the leader's snapshot has come.

            The snapshot covers the entries up to the index `end`, of which the last has `term`.
            `log` is a list of the (term, command) behind base_index.
            """
            ...
    ''',
    hints=(
        "Three cases. The first: does the follower's own snapshot (its base) reach as far?",
        "Does it hold the very entry with which the snapshot ends, same index and same term?",
        "If it does, it keeps what stands behind that. If not, nothing of its log follows from it.",
    ),
    reference=install,
    wrong={
        "any": Wrong(takes_any, "a snapshot that comes late would set the state machine back: "
                                "what was executed stays executed"),
        "nothing": Wrong(keeps_nothing, "what stands behind the snapshot it may have "
                                        "acknowledged, and the leader counts on it"),
        "rest": Wrong(keeps_the_rest, "if another entry stands where the snapshot ends, what is "
                                      "behind it is another history"),
        "longer": Wrong(if_it_is_longer, "a log that is long enough may hold the wrong entries; "
                                         "and if they are right, they can be compacted now"),
        "last": Wrong(keeps_the_last, "the entry with which it ends is covered by the snapshot, "
                                      "and goes too"),
    },
    judge=by_cases(
        install,
        ("its log ends before that", 1, "§7", _longer),
        ("it holds the entry where the snapshot ends", 2, "§7", _holds_it),
        ("it holds another one there", 1, "§7", _holds_another),
        ("its own snapshot reaches as far", 1, "§7", _outdated),
        shows=followers_that_install_so,
    ),
    why="a snapshot describes a prefix of the log: what follows from the same entry stays, what "
        "follows from another goes, and nothing goes back",
    read="13-raft-in-practice",
    minutes=20,
)  # fmt: skip

"""Logs: what a follower does with entries that a leader sends (§5.3)."""

from ...protocols.raft_messages import AppendEntriesReply
from ..exercise import Exercise, Wrong, by_cases
from ..plugged import broken_by, in_scenario, log_of, pairs, raft_with, searched, stuck

# -- does a message fit ---------------------------------------------------------------------


def follows_from(log, prev_index, prev_term, entries):
    """Whether a follower whose log has these terms may take `entries` behind (prev_index, term)."""
    if prev_index == 0:
        return True
    return prev_index <= len(log) and log[prev_index - 1] == prev_term


def long_enough(log, prev_index, prev_term, entries):
    return prev_index <= len(log)


def heartbeats_pass(log, prev_index, prev_term, entries):
    return not entries or follows_from(log, prev_index, prev_term, entries)


def from_zero(log, prev_index, prev_term, entries):
    return prev_index < len(log) and log[prev_index] == prev_term


def last_one_only(log, prev_index, prev_term, entries):
    return (prev_index, prev_term) == (len(log), log[-1] if log else 0)


def wraps_around(log, prev_index, prev_term, entries):
    return prev_index <= len(log) and log[prev_index - 1] == prev_term


def _fits(luck):
    term = luck.between(2, 6)
    return [([1, 1, term], 3, term, [(term, "x=1")]), ([1, 1, term], 2, 1, [(term, "x=1")]),
            ([1, term], 2, 1, [(term, "x=1")]), ([1], 3, 1, [(1, "x=1")]),
            ([1, 1, 2, 2], 2, 1, [(2, "y=2")])]  # fmt: skip


def _ends(luck):
    return [([], 0, 0, [(1, "x=1")]), ([], 1, 1, [(1, "x=1")]), ([2, 2], 0, 0, [(3, "x=1")]),
            ([1, 2, 3], 0, 0, [])]  # fmt: skip


def _heartbeats(luck):
    term = luck.between(2, 6)
    return [([1, 1], 2, 1, []), ([1, 1, 1], 3, term, []), ([1], 4, 1, []), ([], 0, 0, [])]


def plugged_follows_from(given):
    class Theirs:
        def follows_from(self, append):
            return given(
                [entry.term for entry in self.log], append.prev_log_index, append.prev_log_term,
                pairs(append.entries),
            )  # fmt: skip

        def refuse_entries(self, src, append):
            """Whatever was refused: begin at 1. What is refused there is so for ever."""
            if append.prev_log_index:
                self.send(src, AppendEntriesReply(self.current_term, False))

        def commit_index_from(self, append):
            """Whoever said yes too easily cannot execute what it does not hold."""
            return min(super().commit_index_from(append), self.log.last_index)

    return Theirs


def followers_that_check_so(arguments, given):
    theirs = plugged_follows_from(given)
    return broken_by(theirs, "never-checks-the-previous-entry", "agrees-to-heartbeats") or stuck(
        raft_with(theirs)
    )


Exercise(
    id="logs/follows-from",
    asks="Do a leader's entries fit behind what a follower holds?",
    starter='''
        def follows_from(log, prev_index, prev_term, entries):
            """Whether a follower may take `entries`, which stand behind prev_index.

            `log` has the term of each entry: log[0] is that of the entry with index 1. The
            leader's entry at prev_index has prev_term; 0 and 0 mean that there is none before.
            `entries` is a list of (term, command), empty in a heartbeat.
            """
            ...
    ''',
    hints=(
        "What must the follower hold at prev_index, and what if its log does not reach so far?",
        "The entry with index i is log[i - 1]. And before index 1 all logs are alike.",
        "Leave `entries` out of it: a heartbeat asks the same question, and yes has consequences.",
    ),
    reference=follows_from,
    wrong={
        "length": Wrong(long_enough, "the term at prev_index must be the same too: else entries "
                                     "come to stand behind another history"),
        "heartbeats": Wrong(heartbeats_pass, "a heartbeat is an AppendEntries like any other; "
                                             "yes tells the leader that the logs match up to "
                                             "there"),
        "zero": Wrong(from_zero, "the first entry has index 1, and stands at log[0]"),
        "last": Wrong(last_one_only, "it need not be the last entry: what stands behind "
                                     "prev_index may be older, and may be right"),
        "wraps": Wrong(wraps_around, "log[0 - 1] is the *last* entry, in Python; prev_index 0 "
                                     "fits every log"),
    },
    judge=by_cases(
        follows_from,
        ("the entry before the new ones", 2, "§5.3", _fits),
        ("before the first entry, and in an empty log", 1, "§5.3", _ends),
        ("a heartbeat is no exception", 1, "§5.3", _heartbeats),
        shows=followers_that_check_so,
    ),
    why="that is the induction behind Log Matching: whoever says yes holds the same as the leader "
        "up to prev_index, and after taking the entries up to their last",
    read="11-raft-log-replication",
    minutes=15,
    misconceptions=("M11",),
)  # fmt: skip


# -- what becomes of the log ----------------------------------------------------------------


def merged(log, prev_index, entries):
    """The follower's log, a list of (term, command), with the leader's entries in it."""
    for offset, (term, _) in enumerate(entries):
        at = prev_index + offset
        if at >= len(log) or log[at][0] != term:
            return log[:at] + entries[offset:]
    return log


def cuts_always(log, prev_index, entries):
    return log[:prev_index] + entries


def cuts_for_any(log, prev_index, entries):
    return log[:prev_index] + entries if entries else log


def appends(log, prev_index, entries):
    return log + entries


def keeps_its_own(log, prev_index, entries):
    return log + entries[len(log) - prev_index :]


def starts_over(log, prev_index, entries):
    after = merged(log, prev_index, entries)
    return after if after[: len(log)] == log else entries


def looks_at_the_last(log, prev_index, entries):
    end = prev_index + len(entries)
    if entries and end <= len(log) and log[end - 1][0] == entries[-1][0]:
        return log
    return log[:prev_index] + entries


def overwrites_only(log, prev_index, entries):
    return log[:prev_index] + entries + log[prev_index + len(entries) :]


def _named(*terms):
    return [(term, f"x={number}") for number, term in enumerate(terms, 1)]


def _behind(luck):
    term = luck.between(1, 5)
    return [(_named(1, 1), 2, [(term, "y=1"), (term, "y=2")]), ([], 0, _named(1, 1, term)),
            (_named(1, 1), 1, _named(1, 1, term)[1:]), (_named(1, 2), 2, [])]  # fmt: skip


def _conflicting(luck):
    return [(_named(1, 1, 2, 2), 1, [(3, "y=1")]), (_named(1, 1, 1), 0, [(2, "y=1"), (2, "y=2")]),
            (_named(1, 2, 2, 2), 1, [(2, "x=2"), (3, "y=1")]),
            (_named(4, 4, 5), 2, [(6, "y=1")]),
            (_named(1, 3, 3), 1, [(2, "y=1"), (2, "y=2")])]  # fmt: skip


def _late(luck):
    size = luck.between(3, 6)
    long = _named(*[1] * size)
    return [(long, 0, long[:1]), (long, 1, long[1:2]), (long, 1, []), (long, 0, long),
            (_named(1, 2, 3), 0, _named(1, 2))]  # fmt: skip


# A leader whose log is shorter than those of two followers, and right.
SHORTER = """# S1 overwrites what S2 has of term 2, and has nothing for index 3.
cluster raft servers=5 seed=1 jitter=0
server S1 term=2 log=1
server S2 term=2 log=1,2,2
server S3 term=2 log=1,2,2
server S4 term=2 log=1
server S5 term=2 log=1
----

elect S1 with S4 S5 ; begin ; deliver AppendEntries S1->S2 ; fire S1 heartbeat ; settle among S1 S2
----
"""


def plugged_merged(given):
    class Theirs:
        def merged(self, append):
            before = pairs(self.log)
            after = given(before, append.prev_log_index, pairs(append.entries))
            return self.log if after == before else log_of(after)

    return Theirs


def followers_that_merge_so(arguments, given):
    theirs = plugged_merged(given)
    kind = raft_with(theirs)
    return (
        broken_by(theirs, "starts-over", "always-truncates")
        or in_scenario(SHORTER, kind)
        or searched(kind, terms=3, requests=0)
    )


Exercise(
    id="logs/merged",
    asks="What becomes of a follower's log when it takes a leader's entries?",
    starter='''
        def merged(log, prev_index, entries):
            """The follower's log with the leader's entries in it: a new list.

            `log` and `entries` are lists of (term, command); log[0] has index 1, and the first of
            `entries` belongs behind prev_index. That they fit there has been checked.
            """
            ...
    ''',
    hints=(
        "Go through the entries: is there one of another term, or none, where it should stand?",
        "The first such place decides. All from there on is the leader's. All before stays.",
        "If there is no such place, the log stays as it is, also what stands behind the entries.",
    ),
    reference=merged,
    wrong={
        "cuts": Wrong(cuts_always, "only a conflict removes entries: a message that comes late "
                                   "and is short must not undo what has come since"),
        "cuts-if-any": Wrong(cuts_for_any, "a heartbeat you spare, but a late message with few "
                                           "entries still cuts off what came after it"),
        "appends": Wrong(appends, "the first of the entries belongs at prev_index + 1, and some "
                                  "of them may be there already"),
        "keeps": Wrong(keeps_its_own, "where terms differ the leader is right: the follower's "
                                      "own entry goes, and all behind it"),
        "starts-over": Wrong(starts_over, "what stands before prev_index has been checked, and "
                                          "stays"),
        "last": Wrong(looks_at_the_last, "that its last entry is the same leaves the log alone, "
                                         "and rightly; but a heartbeat has no last entry, and "
                                         "cuts off what came since"),
        "overwrites": Wrong(overwrites_only, "behind an entry that is replaced nothing may stay: "
                                             "it followed from another history"),
    },
    judge=by_cases(
        merged,
        ("entries that it lacks", 1, "§5.3", _behind),
        ("a conflict", 2, "§5.3", _conflicting),
        ("a late or repeated message", 2, "§5.3", _late),
        shows=followers_that_merge_so,
    ),
    why="same index and same term is the same entry, with the same before it; so only another "
        "term is a conflict, and only a conflict may cost anything",
    read="11-raft-log-replication",
    minutes=20,
    misconceptions=("M12",),
)  # fmt: skip


# -- how far it is committed ----------------------------------------------------------------


def commit_index_from(commit_index, leader_commit, prev_index, count, last_index):
    """A follower's commit index after a message with `count` entries behind prev_index."""
    return max(commit_index, min(leader_commit, prev_index + count))


def as_the_leader(commit_index, leader_commit, prev_index, count, last_index):
    return max(commit_index, leader_commit)


def as_far_as_it_holds(commit_index, leader_commit, prev_index, count, last_index):
    return max(commit_index, min(leader_commit, last_index))


def goes_back(commit_index, leader_commit, prev_index, count, last_index):
    return min(leader_commit, prev_index + count)


def all_that_is_new(commit_index, leader_commit, prev_index, count, last_index):
    return max(commit_index, prev_index + count)


def if_there_are_any(commit_index, leader_commit, prev_index, count, last_index):
    if not count:
        return commit_index
    return max(commit_index, min(leader_commit, prev_index + count))


def _ordinary(luck):
    at = luck.between(3, 9)
    return [(at, at + 2, at, 2, at + 2), (at, at, at, 3, at + 3), (0, 2, 0, 5, 5),
            (at, at + 1, at + 1, 0, at + 1)]  # fmt: skip


def _unchecked(luck):
    at = luck.between(3, 9)
    return [(at, at + 3, at, 0, at + 3), (at, at + 5, at, 2, at + 4), (1, 9, 3, 1, 8)]


def _old_news(luck):
    at = luck.between(4, 9)
    return [(at, at - 2, at, 0, at), (at, at, 1, 1, at + 2), (at, 2, 0, 2, at)]


# Two of five store an entry; the other three elect somebody who does not.
STORED_BY_TWO = """# S2 stores what S1 has sent. What does it know?
cluster raft servers=5 seed=1 jitter=0
----

elect S1 with S2 S3 ; lose all ; request x=1 ; deliver AppendEntries S1->S2 ; lose all ; begin
elect S3 with S4 S5
----
"""


def plugged_commit_index_from(given):
    class Theirs:
        def commit_index_from(self, append):
            last = self.log.last_index
            prev, count = append.prev_log_index, len(append.entries)
            # What it does not hold it cannot execute, whatever it believes.
            return min(given(self.commit_index, append.leader_commit, prev, count, last), last)

    return Theirs


def followers_that_commit_so(arguments, given):
    theirs = plugged_commit_index_from(given)
    return broken_by(theirs, "trusts-leader-commit") or in_scenario(
        STORED_BY_TWO, raft_with(theirs)
    )


Exercise(
    id="logs/follower-commit",
    asks="How far does a follower know its log to be committed?",
    starter='''
        def commit_index_from(commit_index, leader_commit, prev_index, count, last_index):
            """A follower's commit index after it has taken a message.

            It had `commit_index`. The message says leader_commit, and brought `count` entries
            behind prev_index (0 in a heartbeat). Its log now ends at last_index.
            """
            ...
    ''',
    hints=(
        "Up to where does the follower know that its log is the leader's? Not up to last_index.",
        "What was checked and what was brought: prev_index + count. No further than that.",
        "The smaller of leader_commit and that, but never less than it knew before.",
    ),
    reference=commit_index_from,
    wrong={
        "leader": Wrong(as_the_leader, "the leader speaks of its own log; behind what this "
                                       "message has checked the follower may hold something else"),
        "length": Wrong(as_far_as_it_holds, "what lies between the last new entry and the end of "
                                            "its log was not checked, and may be another leader's"),
        "back": Wrong(goes_back, "a message may come late; what is committed stays committed"),
        "new": Wrong(all_that_is_new, "that it stores them does not say that a majority does"),
        "any": Wrong(if_there_are_any, "a heartbeat tells it too: it is how followers hear of "
                                       "the last commit"),
    },
    judge=by_cases(
        commit_index_from,
        ("what is new and committed", 1, "§5.3", _ordinary),
        ("not beyond what was checked", 2, "§5.3", _unchecked),
        ("never back", 1, "§5.3", _old_news),
        shows=followers_that_commit_so,
    ),
    why="min(leaderCommit, index of the last *new* entry): the min is there for safety, because "
        "behind that entry the follower may still hold what another leader wrote",
    read="11-raft-log-replication",
    minutes=10,
    misconceptions=("M1", "M11"),
)  # fmt: skip

"""Snapshots: a log that no longer begins at index 1 (§7)."""

from ...protocols.raft_messages import AppendEntries, AppendEntriesReply
from ...protocols.raft_snapshot import InstallSnapshot
from ..exercise import Exercise, Wrong, by_cases
from ..plugged import in_scenario, raft_with

# -- which term stands where ----------------------------------------------------------------


def term_at(log, base_index, base_term, index):
    """The term at `index`, in a log of which the entries up to base_index are compacted."""
    if index == base_index:
        return base_term
    if base_index < index <= base_index + len(log):
        return log[index - base_index - 1]
    return None


def as_if_not_compacted(log, base_index, base_term, index):
    return log[index - 1] if 1 <= index <= len(log) else None


def wraps_around(log, base_index, base_term, index):
    if index == base_index:
        return base_term
    return log[index - base_index - 1] if index <= base_index + len(log) else None


def nothing_at_base(log, base_index, base_term, index):
    if base_index < index <= base_index + len(log):
        return log[index - base_index - 1]
    return None


def one_too_far(log, base_index, base_term, index):
    if index == base_index:
        return base_term
    if base_index < index < base_index + len(log):
        return log[index - base_index]
    return None


def base_for_all_below(log, base_index, base_term, index):
    return base_term if index < base_index else term_at(log, base_index, base_term, index)


def _held(luck):
    base = luck.between(2, 9)
    return [([3, 3, 4], base, 2, base + 1), ([3, 3, 4], base, 2, base + 3), ([1, 2], 0, 0, 1),
            ([5], 7, 5, 8)]  # fmt: skip


def _base(luck):
    base = luck.between(2, 9)
    return [([3, 3, 4], base, 2, base), ([], base, 3, base), ([1, 2], 0, 0, 0)]


def _not_held(luck):
    base = luck.between(3, 9)
    return [([3, 3, 4], base, 2, base - 1), ([3, 4], base, 2, base + 3), ([3], base, 2, 1),
            ([], base, 2, base + 1)]  # fmt: skip


# S3 has missed some entries: so many that it needs a snapshot, or just as many that it does not.
LAGGARDS = tuple(
    f"""# S3 lacks {missed} entries, of which S1 has compacted some. It is needed: S2 is down.
cluster raft+snapshots servers=3 seed=1 snapshot_after=2
----

fire S1 ; run 60 ; crash S3 ; repeat {missed} {{ request x+=1 at S1 ; run 60 }}
restart S3 ; crash S2
request x=9 at S1 ; begin ; run 3200
----
"""
    for missed in range(1, 7)
)


def left_behind(mixin):
    """(a run in which somebody who has missed entries never gets them, what is seen), or None."""
    kind = raft_with(mixin, "snapshots")
    found = (in_scenario(schedule, kind, "progress") for schedule in LAGGARDS)
    return next(filter(None, found), None)


def followers_that_look_so(arguments, given):
    class Theirs:
        def follows_from(self, append):
            held, log = [entry.term for entry in self.log], self.log
            found = given(held, log.base_index, log.base_term, append.prev_log_index)
            return found == append.prev_log_term

        def refuse_entries(self, src, append):
            """Whatever was refused: begin behind the base."""
            index = self.log.first_index
            self.send(src, AppendEntriesReply(self.current_term, False, 0, index))

    return left_behind(Theirs)


Exercise(
    id="snapshots/term-at",
    asks="Which term stands at an index of a compacted log?",
    starter='''
        def term_at(log, base_index, base_term, index):
            """The term of the entry at `index`, or None if the log cannot say.

            `log` has the terms of the entries behind base_index: log[0] is that of base_index + 1.
            The entries up to base_index are compacted; the last of them had base_term. In a log
            that was never compacted both are 0.
            """
            ...
    ''',
    hints=(
        "Three ranges: below the base, the base itself, behind it. And what is behind the end?",
        "Of what is compacted one term is still known, because the next check asks for it.",
        "Behind the base: log[index - base_index - 1]. Beware, Python's log[-1] is the last.",
    ),
    reference=term_at,
    wrong={
        "plain": Wrong(as_if_not_compacted, "the first entry of the list has index base_index + "
                                            "1 now, and not 1"),
        "wraps": Wrong(wraps_around, "below the base your place in the list is negative, and "
                                     "Python counts from the end: a wrong entry instead of none"),
        "base": Wrong(nothing_at_base, "the base's own term is known, and the consistency check "
                                       "of the next entry asks for it"),
        "off-by-one": Wrong(one_too_far, "log[0] is the entry at base_index + 1: you are one too "
                                         "far"),
        "below": Wrong(base_for_all_below, "of entries below the base nothing is known; only the "
                                           "last of them has base_term for sure"),
    },
    judge=by_cases(
        term_at,
        ("what it holds", 1, "§7", _held),
        ("the base", 1, "§7", _base),
        ("what it does not hold", 1, "§7", _not_held),
        shows=followers_that_look_so,
    ),
    why="index and term of the last compacted entry are kept, for the consistency check of the "
        "first one behind it; of all others below, nothing",
    read="13-raft-in-practice",
    minutes=10,
)  # fmt: skip


# -- what a leader sends --------------------------------------------------------------------


def news(log, base_index, base_term, next_index):
    """What a leader sends to a follower that needs the entries from next_index on."""
    if next_index <= base_index:
        return ("snapshot", base_index, base_term)
    prev = next_index - 1
    held = prev - base_index
    return ("entries", prev, log[held - 1] if held else base_term, log[held:])


def snapshot_too_late(log, base_index, base_term, next_index):
    if next_index < base_index:
        return ("snapshot", base_index, base_term)
    held = next_index - base_index - 1
    return ("entries", next_index - 1, log[held - 1] if held else base_term, log[max(0, held) :])


def snapshot_too_early(log, base_index, base_term, next_index):
    if next_index <= base_index + 1 and base_index:
        return ("snapshot", base_index, base_term)
    return news(log, base_index, base_term, next_index)


def always_entries(log, base_index, base_term, next_index):
    if next_index <= base_index:
        return ("entries", base_index, base_term, log)
    return news(log, base_index, base_term, next_index)


def forgets_the_base(log, base_index, base_term, next_index):
    if next_index <= base_index:
        return ("snapshot", base_index, base_term)
    return ("entries", next_index - 1, base_term, log[next_index - base_index - 1 :])


def _entries(luck):
    base = luck.between(2, 9)
    return [([3, 3, 4], base, 2, base + 2), ([3, 3, 4], base, 2, base + 4), ([1, 2], 0, 0, 2)]


def _at_the_edge(luck):
    base = luck.between(2, 9)
    return [([3, 4], base, 2, base + 1), ([3, 4], base, 2, base), ([1, 2], 0, 0, 1),
            ([], base, 2, base + 1)]  # fmt: skip


def _gone(luck):
    base = luck.between(3, 9)
    return [([3, 4], base, 2, base - 1), ([3, 4], base, 2, 1), ([], base, 2, 1)]


def leaders_that_send_so(arguments, given):
    class Theirs:
        def news_for(self, peer):
            held, log = [entry.term for entry in self.log], self.log
            what, index, term, *rest = given(
                held, log.base_index, log.base_term, self.next_index[peer]
            )
            if what == "snapshot":
                return InstallSnapshot(
                    self.current_term, self.id, index, term, self.snapshot.machine
                )
            entries = tuple(self.log)[len(held) - len(rest[0]) :]
            return AppendEntries(
                self.current_term, self.id, index, term, entries, self.commit_index
            )

    return left_behind(Theirs)


Exercise(
    id="snapshots/send",
    asks="Entries or the snapshot: what does a leader send?",
    starter='''
        def news(log, base_index, base_term, next_index):
            """What a leader sends to a follower that needs the entries from next_index on.

            ("entries", prev_index, prev_term, the terms of the entries behind), as long as it has
            them all; else ("snapshot", base_index, base_term). `log`, base_index and base_term as
            in term_at.
            """
            ...
    ''',
    hints=(
        "Which is the first entry that the leader still has? Is next_index before it?",
        "It has all from base_index + 1 on. prev_index may be the base: its term is known.",
        "The entries behind prev_index are log[prev_index - base_index:].",
    ),
    reference=news,
    wrong={
        "late": Wrong(snapshot_too_late, "the entry at base_index is compacted as well: who "
                                         "needs that one needs the snapshot"),
        "early": Wrong(snapshot_too_early, "who needs base_index + 1 and what follows can have "
                                           "entries: the base's term is known for the check"),
        "entries": Wrong(always_entries, "entries that begin behind what the follower lacks do "
                                         "not fit: it refuses them for ever"),
        "base-term": Wrong(forgets_the_base, "prev_term is the term at prev_index; that is the "
                                             "base's only if prev_index is the base"),
    },
    judge=by_cases(
        news,
        ("what it has", 1, "§5.3", _entries),
        ("at the edge", 2, "§7", _at_the_edge),
        ("what is gone", 1, "§7", _gone),
        shows=leaders_that_send_so,
    ),
    why="a leader sends the snapshot only when the next entry that a follower needs has been "
        "discarded; else entries, which are less",
    read="13-raft-in-practice",
    minutes=15,
)  # fmt: skip

"""Mend one method of a broken Raft: votes and what is committed."""

from ..exercise import Wrong
from ..fixing import fix

# -- whose log is good enough ---------------------------------------------------------------


def is_up_to_date(self, ask):
    """Whether the log of whoever asks is at least as up to date as ours."""
    return (ask.last_log_term, ask.last_log_index) >= (self.log.last_term, self.log.last_index)


def any_later(self, ask):
    return ask.last_log_term >= self.log.last_term


def both_at_least(self, ask):
    return ask.last_log_term >= self.log.last_term and ask.last_log_index >= self.log.last_index


def must_be_ahead(self, ask):
    return (ask.last_log_term, ask.last_log_index) > (self.log.last_term, self.log.last_index)


def same_log(self, ask):
    return (ask.last_log_term, ask.last_log_index) == (self.log.last_term, self.log.last_index)


fix(
    "compares-length-only",
    is_up_to_date,
    alike=("last-term-beats-length", "re-election"),
    asks="A voter lets the longest log win. Mend it.",
    hints=(
        "Where can a long log come from that nobody else has? From a leader that nobody heard.",
        "Compare the terms of the last entries first, and the lengths only if those are equal.",
        "Two pairs, (last term, last index), compared with >=.",
    ),
    wrong={
        "term-only": Wrong(any_later, "of two logs that end in one term the shorter one lacks "
                                      "entries, and they may be committed"),
        "both": Wrong(both_at_least, "a later last term is enough, however short the log: else "
                                     "those who were left alone with theirs elect nobody"),
        "ahead": Wrong(must_be_ahead, "who holds just the same is good enough, or nobody is ever "
                                      "elected"),
        "same": Wrong(same_log, "a candidate may hold more than its voters; that is no reason to "
                                "refuse it"),
    },
    why="last term first, then length: so the server that is in both majorities refuses whoever "
        "lacks what is committed (§5.4.1)",
    read="12-raft-safety-and-figure-8",
    misconceptions=("M9",),
)  # fmt: skip


# -- an entry of an old term ----------------------------------------------------------------


def may_commit(self, index):
    """Whether a leader may take entry `index`, which a majority stores, for committed."""
    return self.log.term_at(index) == self.current_term


def nothing(self, index):
    return False


def any_term_up_to_ours(self, index):
    return self.log.term_at(index) <= self.current_term


def by_the_last_entry(self, index):
    return self.log.last_term == self.current_term


def next_one_only(self, index):
    return index == self.commit_index + 1


fix(
    "commits-old-terms",
    may_commit,
    alike=("figure-8-right",),
    asks="A leader counts copies of entries of any term. Mend it.",
    hints=(
        "Figure 8: who can still overwrite an entry that is on a majority?",
        "Somebody whose last entry is of a later term. Of which entry can no such one be left?",
        "Of one of the leader's own term: compare self.log.term_at(index) with self.current_term.",
    ),
    wrong={
        "nothing": Wrong(nothing, "nothing is ever lost so, and nothing is ever done"),
        "up-to": Wrong(any_term_up_to_ours, "no term in a log is above the leader's own, so this "
                                            "allows all of them"),
        "last": Wrong(by_the_last_entry, "the last entry is the leader's own, but it is entry "
                                         "`index` whose copies were counted"),
        "next": Wrong(next_one_only, "it matters of which term an entry is, not whether it is the "
                                     "next"),
    },
    why="an entry of the leader's own term on a majority bars every candidate that lacks it, and "
        "with it all that stand before it (§5.4.2)",
    read="12-raft-safety-and-figure-8",
    misconceptions=("M1", "M12"),
)  # fmt: skip


# -- stored by a majority -------------------------------------------------------------------


def stored_by_majority(self):
    """The highest index that a majority stores, this leader included."""
    copies = sorted([self.log.last_index, *self.match_index.values()], reverse=True)
    return copies[len(self.members) // 2]


def rounded_down(self):
    copies = sorted([self.log.last_index, *self.match_index.values()], reverse=True)
    return copies[(len(self.members) + 1) // 2 - 1]


def by_everybody(self):
    return min([self.log.last_index, *self.match_index.values()])


def by_anybody(self):
    return max(self.match_index.values())


fix(
    "commits-with-half",
    stored_by_majority,
    alike=(
        "basic-agreement", "crash-after-commit", "follower-failure", "minority-leader",
        "even-cluster", "alone",
    ),
    asks="A leader commits what half of the servers store. Mend it.",
    hints=(
        "Five servers, sorted from who holds most. Whose copy is the third?",
        "copies[0] is the longest, so copies[k] is stored by k + 1 servers. Which k is a majority?",
        "len(self.members) // 2, with the leader's own log among the copies.",
    ),
    wrong={
        "rounded": Wrong(rounded_down, "of three or five that is a majority; of four it is half, "
                                       "and the other half can decide otherwise"),
        "everybody": Wrong(by_everybody, "then one server that is down stops them all: a majority "
                                         "must do"),
        "anybody": Wrong(by_anybody, "one follower and the leader are two: of three a majority, of "
                                     "five not"),
    },
    why="what is sorted needs no counting: the entry in the middle is on a majority (§5.3)",
    read="14-split-brain-and-quorums",
    misconceptions=("M4", "M5"),
)  # fmt: skip

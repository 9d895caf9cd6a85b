"""Logs: how a leader finds out, in few messages, where a follower's log parts from its own (§5.3).

The paper describes the optimisation in a paragraph and leaves the rest to its reader.
"""

from ...protocols.raft_messages import AppendEntriesReply
from ..exercise import Exercise, Wrong, by_cases
from ..plugged import raft_with, refusals, stuck

# -- what a follower says -------------------------------------------------------------------


def conflict(log, prev_index):
    """(term, index) that a follower tells a leader whose entry at prev_index it does not hold."""
    if prev_index > len(log):
        return None, len(log) + 1
    term = log[prev_index - 1]
    return term, log.index(term) + 1


def the_entry_itself(log, prev_index):
    if prev_index > len(log):
        return None, len(log) + 1
    return log[prev_index - 1], prev_index


def last_index_held(log, prev_index):
    if prev_index > len(log):
        return None, len(log)
    term = log[prev_index - 1]
    return term, log.index(term)


def term_of_the_last(log, prev_index):
    if not log:
        return None, 1
    term = log[min(prev_index, len(log)) - 1]
    return term, log.index(term) + 1


def too_short_from_one(log, prev_index):
    return (None, 1) if prev_index > len(log) else conflict(log, prev_index)


def last_of_the_term(log, prev_index):
    if prev_index > len(log):
        return None, len(log) + 1
    term = log[prev_index - 1]
    return term, len(log) - log[::-1].index(term)


def _too_short(luck):
    size = luck.between(1, 5)
    return [([1] * size, size + luck.between(1, 4)), ([], 1), ([1, 2, 2], 7)]


def _other_term(luck):
    first, second = luck.between(1, 3), luck.between(2, 4)
    return [([1] * first + [2] * second, first + second), ([4, 4, 4], 3), ([1, 2, 2, 2, 3], 4),
            ([1, 1, 5], 2), ([1, 2, 2], 2)]  # fmt: skip


def plugged_conflict(given):
    class Theirs:
        def refuse_entries(self, src, append):
            held = [entry.term for entry in self.log]
            term, index = given(held, append.prev_log_index)
            self.send(src, AppendEntriesReply(self.current_term, False, 0, index, term))

    return Theirs


def followers_that_say_so(arguments, given):
    kind = raft_with(plugged_conflict(given))
    return stuck(kind) or refusals(kind)


Exercise(
    id="logs/conflict",
    asks="What does a follower say, when a leader's entries do not fit?",
    starter='''
        def conflict(log, prev_index):
            """What a follower tells a leader whose entry at prev_index it does not hold.

            `log` has the term of each entry, log[0] is that of index 1. Give (term, index): the
            term that it holds at prev_index, and the first index of that term in its log. If its
            log does not reach so far, None and the index behind its last entry.
            """
            ...
    ''',
    hints=(
        "Two cases. Begin with the one in which there is no entry at prev_index.",
        "Else: the entry with index i is log[i - 1]. Where does its term begin?",
        "log.index(term) finds the first place of a term, and places count from 0.",
    ),
    reference=conflict,
    wrong={
        "itself": Wrong(the_entry_itself, "with the entry itself you win nothing: the leader goes "
                                          "back entry by entry. All of that term are in doubt"),
        "off-by-one": Wrong(last_index_held, "indexes count from 1: you are one too low"),
        "last-term": Wrong(term_of_the_last, "if there is no entry at prev_index, none "
                                             "conflicts: what it holds may all be right"),
        "from-one": Wrong(too_short_from_one, "that is safe, but asks for the whole log where a "
                                              "few entries are missing"),
        "end": Wrong(last_of_the_term, "the *first* of that term is wanted: the leader may hold "
                                       "none of them"),
    },
    judge=by_cases(
        conflict,
        ("its log is too short", 1, "§5.3", _too_short),
        ("it holds another term there", 2, "§5.3", _other_term),
        shows=followers_that_say_so,
    ),
    why="one refusal per conflicting *term* and not per entry: the leader can pass over all that "
        "the follower has of a term that it lacks",
    read="11-raft-log-replication",
    minutes=10,
)  # fmt: skip


# -- what the leader makes of it ------------------------------------------------------------


def backed_up(log, next_index, match_index, term, index):
    """Where a leader with this log tries next, when a follower has told it (term, index)."""
    guess = index
    if term in log:
        guess = len(log) - log[::-1].index(term) + 1
    return max(match_index + 1, min(guess, next_index - 1))


def one_step(log, next_index, match_index, term, index):
    return max(match_index + 1, next_index - 1)


def index_only(log, next_index, match_index, term, index):
    return max(match_index + 1, min(index, next_index - 1))


def the_first_of_it(log, next_index, match_index, term, index):
    guess = log.index(term) + 1 if term in log else index
    return max(match_index + 1, min(guess, next_index - 1))


def the_last_of_it(log, next_index, match_index, term, index):
    guess = len(log) - log[::-1].index(term) if term in log else index
    return max(match_index + 1, min(guess, next_index - 1))


def below_what_is_known(log, next_index, match_index, term, index):
    guess = len(log) - log[::-1].index(term) + 1 if term in log else index
    return min(guess, next_index - 1)


def maybe_further_on(log, next_index, match_index, term, index):
    guess = len(log) - log[::-1].index(term) + 1 if term in log else index
    return max(match_index + 1, guess)


def from_the_beginning(log, next_index, match_index, term, index):
    return match_index + 1


def _short(luck):
    size = luck.between(1, 4)
    return [([1, 1, 1, 2, 2, 3], 7, 0, None, size), ([1, 1], 3, 0, None, 1)]


def _lacking(luck):
    return [([1, 1, 4, 4, 5], 6, 0, 2, 3), ([1, 5, 5, 5], 5, 0, 3, 2), ([4, 4], 3, 0, 1, 1)]


def _sharing(luck):
    return [([1, 1, 2, 2, 5, 5], 7, 0, 2, 3), ([1, 3, 3, 3, 6], 6, 0, 3, 2),
            ([1, 1, 1, 2], 5, 0, 1, 1)]  # fmt: skip


def _bounded(luck):
    return [([1, 1, 1, 2, 2], 5, 3, 1, 1), ([1, 1, 2, 2, 2], 5, 0, 2, 3), ([1, 1], 2, 0, 1, 1),
            ([1, 2, 2], 3, 1, None, 1)]  # fmt: skip


def plugged_backed_up(given):
    class Theirs:
        def backed_up(self, peer, reply):
            index = given(
                [entry.term for entry in self.log], self.next_index[peer],
                self.match_index[peer], reply.conflict_term, reply.conflict_index,
            )  # fmt: skip
            return max(1, min(index, self.log.last_index + 1))

    return Theirs


def leaders_that_go_back_so(arguments, given):
    return refusals(raft_with(plugged_backed_up(given)))


Exercise(
    id="logs/back-off",
    asks="Where does a leader go on, when it hears of a conflicting term?",
    starter='''
        def backed_up(log, next_index, match_index, term, index):
            """The next_index of a follower that has refused and told (term, index).

            `term` is what it holds before next_index, and `index` where that term begins in its
            log; None and the index behind its last entry, if it holds nothing there. `log` has the
            term of each of the leader's entries. The follower is known to store match_index.
            """
            ...
    ''',
    hints=(
        "Does the leader hold entries of that term itself? If not, it goes to where it begins "
        "there.",
        "If so, the logs may agree up to its own last entry of it: the one behind that is next.",
        "Never as far as before (next_index - 1), and never what is known (match_index + 1).",
    ),
    reference=backed_up,
    wrong={
        "step": Wrong(one_step, "right, and slow: one refusal for each entry. What the follower "
                                "told you is not made use of"),
        "index": Wrong(index_only, "if the leader has entries of that term too, the logs may "
                                   "agree on some of them: it need not go back so far"),
        "first": Wrong(the_first_of_it, "not to the first entry of that term in your log but "
                                        "behind the last one"),
        "last": Wrong(the_last_of_it, "next_index is the first that is *sent*; the last entry of "
                                      "that term is what it is to follow"),
        "below": Wrong(below_what_is_known, "what the follower is known to store need not be "
                                            "sent again"),
        "further": Wrong(maybe_further_on, "it must go back: what it sent from next_index was "
                                           "refused, so it may not try that again or further on"),
        "beginning": Wrong(from_the_beginning, "that fits always, and sends the whole log to "
                                               "somebody who lacks a few entries"),
    },
    judge=by_cases(
        backed_up,
        ("the follower's log is too short", 1, "§5.3", _short),
        ("a term that the leader lacks", 1, "§5.3", _lacking),
        ("a term that both have", 1, "§5.3", _sharing),
        ("back, but not behind what is known", 1, "§5.3", _bounded),
        shows=leaders_that_go_back_so,
    ),
    why="past a whole conflicting term at each refusal. It is only a guess that is corrected by "
        "trying, so a leader that goes back one by one is as safe, and slower",
    read="11-raft-log-replication",
    minutes=20,
)  # fmt: skip

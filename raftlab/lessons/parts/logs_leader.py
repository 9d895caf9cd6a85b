"""Logs: what a leader concludes from the answers of its followers (§5.3, §5.4.2)."""

from ..exercise import Exercise, Wrong, by_cases
from ..plugged import broken_by, in_scenario, raft_with, stuck

# -- what it may commit ---------------------------------------------------------------------


def leader_commit(log, stored, commit_index, current_term):
    """A leader's commit index, by its log's terms and the last index that each server stores."""
    index = sorted(stored, reverse=True)[len(stored) // 2]
    if index > commit_index and log[index - 1] == current_term:
        return index
    return commit_index


def of_any_term(log, stored, commit_index, current_term):
    return max(commit_index, sorted(stored, reverse=True)[len(stored) // 2])


def one_after_the_other(log, stored, commit_index, current_term):
    reached = sorted(stored, reverse=True)[len(stored) // 2]
    while commit_index < reached and log[commit_index] == current_term:
        commit_index += 1
    return commit_index


def by_the_last_entry(log, stored, commit_index, current_term):
    index = sorted(stored, reverse=True)[len(stored) // 2]
    if log and log[-1] == current_term:
        return max(commit_index, index)
    return commit_index


def on_all(log, stored, commit_index, current_term):
    index = min(stored)
    if index > commit_index and log[index - 1] == current_term:
        return index
    return commit_index


def may_go_back(log, stored, commit_index, current_term):
    index = sorted(stored, reverse=True)[len(stored) // 2]
    return index if index and log[index - 1] == current_term else commit_index


def _of_its_term(luck):
    term = luck.between(1, 6)
    log = [term] * 4
    return [(log, [4, 4, 1], 0, term), (log, [4, 2, 1], 1, term), (log, [4, 3, 3, 1, 0], 2, term),
            (log, luck.shuffled([4, 0, 3, 0, 4]), 1, term),
            (log, [4, 4, 3, 2], 1, term)]  # fmt: skip


def _of_earlier_terms(luck):
    return [([1, 2, 4], [3, 2, 2, 1, 1], 1, 4), ([1, 2], [2, 2, 0], 0, 4),
            ([2, 2, 2], [3, 3, 3], 1, 3), ([1, 1, 2, 3], [4, 3, 3], 0, 3)]  # fmt: skip


def _with_those_before(luck):
    return [([1, 2, 4], [3, 3, 3, 1, 1], 1, 4), ([1, 1, 2], [3, 3, 0], 0, 2),
            ([1, 2, 2, 5], [4, 4, 4], 1, 5)]  # fmt: skip


def _known_already(luck):
    return [([1, 1, 1], [3, 1, 1], 2, 1), ([2, 2, 2], [3, 0, 0], 3, 2), ([], [0, 0, 0], 0, 1)]


# As in the break "commits-old-terms", but here S1 has an entry of its own term behind the old one.
OLD_ONE_FIRST = """# S1 knows that S2 stores x=1, of term 1, and nothing more. What is committed?
cluster raft+without-no-op servers=3 seed=1 jitter=0
----

elect S1 with S3 ; request x=1 ; lose all ; elect S3 with S2 ; request x=2 at S3 ; lose all
reboot S1 ; fire S1 ; lose all ; fire S1 ; deliver RequestVote S1->S2
deliver RequestVoteReply S2->S1 ; deliver AppendEntries S1->S2 ; deliver AppendEntriesReply S2->S1
request x=3 at S1 ; deliver AppendEntries S1->S2 #1 ; deliver AppendEntriesReply S2->S1 ; lose all
begin ; reboot S3 ; fire S3 ; lose all ; elect S3 with S2
----
"""

# S2 holds an entry of S1, which was never committed, and leads now.
INHERITED = """# S2 has an entry of term 1 to pass on, and one of its own.
cluster raft servers=3 seed=1
----

elect S1 with S2 ; lose all ; elect S2 with S3 ; request x=2 at S2 ; begin ; run 3200
----
"""


def plugged_leader_commit(given):
    class Theirs:
        def advance_commit_index(self):
            stored = [self.log.last_index, *self.match_index.values()]
            terms = [entry.term for entry in self.log]
            index = given(terms, stored, self.commit_index, self.current_term)
            if index > self.commit_index:
                self.commit(index)

    return Theirs


def leaders_that_commit_so(arguments, given):
    theirs = plugged_leader_commit(given)
    kind = raft_with(theirs)
    return (
        stuck(kind)
        or in_scenario(INHERITED, kind, "progress")
        or broken_by(theirs, "commits-old-terms")
        or in_scenario(OLD_ONE_FIRST, raft_with(theirs, "without-no-op"))
    )


Exercise(
    id="logs/commit",
    asks="How far may a leader commit?",
    starter='''
        def leader_commit(log, stored, commit_index, current_term):
            """A leader's commit index, by what has come so far; never less than it was.

            `log` has the term of each of its entries; log[0] is that of index 1. `stored` is the
            last index that each server is known to store, the leader included.
            """
            ...
    ''',
    hints=(
        "First the highest index that a majority stores (“quorums/stored-by-majority”).",
        "Is the entry there of current_term? If not, it may still be overwritten (Figure 8).",
        "If it is, all before it are committed with it, whatever their terms.",
    ),
    reference=leader_commit,
    wrong={
        "any-term": Wrong(of_any_term, "an entry of an earlier term may be on a majority and "
                                       "still be overwritten, by a leader whose last entry is of "
                                       "a later term (Figure 8)"),
        "one-by-one": Wrong(one_after_the_other, "an old entry in between does not stop it: one "
                                                 "of its own behind that commits all before it, "
                                                 "too"),
        "last": Wrong(by_the_last_entry, "that its own last entry is of this term does not help: "
                                         "the entry that a majority stores must be"),
        "all": Wrong(on_all, "a majority is enough; who waits for all waits for a server that is "
                             "down"),
        "back": Wrong(may_go_back, "a commit index never falls: what a majority was known to "
                                   "store is stored"),
    },
    judge=by_cases(
        leader_commit,
        ("entries of its own term", 1, "§5.3", _of_its_term),
        ("an old entry is not committed by counting", 3, "§5.4.2", _of_earlier_terms),
        ("but with one of its own behind it", 1, "§5.4.2", _with_those_before),
        ("never back", 1, "§5.3", _known_already),
        shows=leaders_that_commit_so,
    ),
    why="stored by a majority is committed only if it is of the leader's own term: from then on "
        "whoever lacks it loses every election, because its last term is older",
    read="12-raft-safety-and-figure-8",
    minutes=20,
    misconceptions=("M1", "M12"),
)  # fmt: skip


# -- how far the logs agree -----------------------------------------------------------------


def matched(match_index, prev_index, count, next_index, last_index):
    """What a leader knows a follower to store, when it has said yes."""
    return max(match_index, prev_index + count)


def all_it_holds(match_index, prev_index, count, next_index, last_index):
    return last_index


def all_it_meant_to_send(match_index, prev_index, count, next_index, last_index):
    return next_index - 1


def one_too_far(match_index, prev_index, count, next_index, last_index):
    return max(match_index, prev_index + count + 1)


def what_came_before(match_index, prev_index, count, next_index, last_index):
    return max(match_index, prev_index)


def adds_up(match_index, prev_index, count, next_index, last_index):
    return match_index + count


def falls(match_index, prev_index, count, next_index, last_index):
    return prev_index + count


def _answered(luck):
    at = luck.between(2, 9)
    return [(0, at, 2, at + 1, at + 2), (at, at, 1, at + 1, at + 1), (0, 0, 3, 1, 3),
            (0, at, 0, at + 1, at)]  # fmt: skip


def _grown_since(luck):
    at = luck.between(2, 9)
    return [(0, at, 1, at + 1, at + 4), (at, at, 1, at + 5, at + 4), (0, 0, 1, 1, 8)]


def _answered_late(luck):
    at = luck.between(4, 9)
    return [(at, 1, 2, at + 1, at), (at, at - 2, 1, at + 1, at + 1), (at, at, 0, at + 1, at)]


def plugged_matched(given):
    class Theirs:
        def on_append_entries_reply(self, src, reply):
            if not reply.success or not self.counts_reply(reply):
                super().on_append_entries_reply(src, reply)
                return
            # Our reply says prev_index + count; the request began at next_index, which a leader of
            # ours moves only when it is answered.
            last, end = self.log.last_index, reply.match_index
            prev = min(self.next_index[src] - 1, end)
            index = given(self.match_index[src], prev, end - prev, self.next_index[src], last)
            index = max(0, min(index, last))
            self.match_index = {**self.match_index, src: index}
            self.next_index = {**self.next_index, src: index + 1}
            self.advance_commit_index()

    return Theirs


def leaders_that_credit_so(arguments, given):
    theirs = plugged_matched(given)
    return broken_by(theirs, "credits-all-it-sent") or stuck(raft_with(theirs))


Exercise(
    id="logs/match-index",
    asks="What does a leader know of a follower's log, when it has said yes?",
    starter='''
        def matched(match_index, prev_index, count, next_index, last_index):
            """What a leader knows a follower to store, when it has said yes.

            It knew of match_index. The request that is answered had `count` entries behind
            prev_index. By now next_index is where it would go on, and its log ends at last_index.
            """
            ...
    ''',
    hints=(
        "The answer is to a request. What stood in the *request*, and not: what do I hold by now?",
        "Yes means: I hold what you hold up to prev_index, and the `count` entries behind it.",
        "The answers may overtake each other. What was known stays known.",
    ),
    reference=matched,
    wrong={
        "length": Wrong(all_it_holds, "its log has grown since it sent that request, and the "
                                      "follower has said yes to no more than stood in there"),
        "next": Wrong(all_it_meant_to_send, "next_index is a guess, made to be quick; "
                                            "match_index must be a fact"),
        "far": Wrong(one_too_far, "the first of them has index prev_index + 1, so the last has "
                                  "prev_index + count"),
        "before": Wrong(what_came_before, "yes says that it stores the entries, too, and not "
                                          "only what came before them"),
        "adds": Wrong(adds_up, "a request may be sent and answered twice; then you count its "
                               "entries twice"),
        "falls": Wrong(falls, "an answer that comes late is to an earlier request; what was "
                              "known since stays known"),
    },
    judge=by_cases(
        matched,
        ("by the request", 1, "§5.3", _answered),
        ("the log has grown meanwhile", 2, "§5.3", _grown_since),
        ("a late answer", 1, "§5.3", _answered_late),
        shows=leaders_that_credit_so,
    ),
    why="what is counted for commitment must be a fact: what the request said, not what the "
        "leader holds when the answer comes. next_index may be wrong, match_index may not",
    read="11-raft-log-replication",
    minutes=10,
    misconceptions=("M1",),
)  # fmt: skip


# -- where to go on after a no --------------------------------------------------------------


def after_refusal(next_index, match_index, sent_in, reply_term, current_term):
    """Where a leader goes on, when a request that it sent in term sent_in was refused."""
    if sent_in != current_term or reply_term != current_term:
        return next_index
    return max(match_index + 1, next_index - 1)


def steps_back_anyway(next_index, match_index, sent_in, reply_term, current_term):
    return max(match_index + 1, next_index - 1)


def forgets_what_it_knows(next_index, match_index, sent_in, reply_term, current_term):
    if sent_in != current_term or reply_term != current_term:
        return next_index
    return next_index - 1


def tries_again(next_index, match_index, sent_in, reply_term, current_term):
    return next_index


def looks_at_the_reply_only(next_index, match_index, sent_in, reply_term, current_term):
    return next_index if reply_term != current_term else max(match_index + 1, next_index - 1)


def goes_to_what_it_knows(next_index, match_index, sent_in, reply_term, current_term):
    if sent_in != current_term or reply_term != current_term:
        return next_index
    return match_index + 1


def _does_not_fit(luck):
    term, at = luck.between(2, 9), luck.between(5, 9)
    return [
        (at, 0, term, term, term),
        (at, at - 3, term, term, term),
        (at + 4, 2, term, term, term),
    ]


def _as_far_as_known(luck):
    term, at = luck.between(2, 9), luck.between(2, 9)
    return [(at + 1, at, term, term, term), (1, 0, term, term, term)]


def _other_reasons(luck):
    term, at = luck.between(3, 9), luck.between(4, 9)
    return [(at, 0, term, term + 1, term), (at, 0, term - 1, term, term),
            (at, 1, term - 1, term - 1, term)]  # fmt: skip


def leaders_that_go_on_so(arguments, given):
    class Theirs:
        def backed_up(self, peer, reply):
            term = self.current_term
            index = given(self.next_index[peer], self.match_index[peer], term, reply.term, term)
            return max(1, index)

    return broken_by(Theirs, "never-backs-up")


Exercise(
    id="logs/next-index",
    asks="Where does a leader go on after a no?",
    starter='''
        def after_refusal(next_index, match_index, sent_in, reply_term, current_term):
            """The next_index of a follower, after it has refused a request: one step back at most.

            The request was sent in term sent_in, the refusal is of reply_term, and the leader is
            in current_term now. match_index is what the follower is known to store.
            """
            ...
    ''',
    hints=(
        "Why may a follower say no? Because the entries do not fit, or because of a term.",
        "Only in the first case is next_index wrong. Then both terms are the leader's own.",
        "One step back, but what is known to be stored there need not be tried again.",
    ),
    reference=after_refusal,
    wrong={
        "anyway": Wrong(steps_back_anyway, "a no because of a *term* says nothing about the log: "
                                           "a higher one deposes the leader, an old one is over"),
        "below": Wrong(forgets_what_it_knows, "what the follower is known to store it need not "
                                              "be asked; and before index 1 there is nothing"),
        "again": Wrong(tries_again, "who sends the same again is refused again, for ever"),
        "reply": Wrong(looks_at_the_reply_only, "a follower in the new term refuses what was "
                                                "sent in the old one: the reply is of this term, "
                                                "the request was not"),
        "match": Wrong(goes_to_what_it_knows, "that is right in the end, but may send the whole "
                                              "log to somebody who lacks one entry; the paper "
                                              "goes back by one"),
    },
    judge=by_cases(
        after_refusal,
        ("it does not fit", 1, "§5.3", _does_not_fit),
        ("no further back than what is known", 1, "§5.3", _as_far_as_known),
        ("refused because of a term", 2, "§5.1", _other_reasons),
        shows=leaders_that_go_on_so,
    ),
    why="next_index is a guess and is corrected by trying; match_index is a fact and bounds it. A "
        "refusal for its term is about the leader, not about the follower's log",
    read="11-raft-log-replication",
    minutes=10,
)  # fmt: skip

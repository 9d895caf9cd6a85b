"""Elections: who may have a vote, and when one stands."""

from ...core import SetTimer
from ...protocols.raft import ELECTION, LEADER
from ...protocols.raft_messages import AppendEntries, RequestVote, RequestVoteReply
from ..exercise import Exercise, Wrong, by_cases
from ..plugged import broken_by, raft_with, stuck

# -- whose log is good enough ---------------------------------------------------------------


def is_up_to_date(its_term, its_index, my_term, my_index):
    """Whether a candidate's log is at least as up to date as mine, by the last entry of each."""
    return (its_term, its_index) >= (my_term, my_index)


def longest_wins(its_term, its_index, my_term, my_index):
    return its_index >= my_index


def term_only(its_term, its_index, my_term, my_index):
    return its_term >= my_term


def must_be_ahead(its_term, its_index, my_term, my_index):
    return (its_term, its_index) > (my_term, my_index)


def both_at_least(its_term, its_index, my_term, my_index):
    return its_term >= my_term and its_index >= my_index


def anybody(its_term, its_index, my_term, my_index):
    return True


def _same_term(luck):
    term, index = luck.between(1, 9), luck.between(2, 9)
    return [(term, index, term, index), (term, index - 1, term, index), (term, 9, term, 3),
            (0, 0, 0, 0), (2, 3, 2, 3)]  # fmt: skip


def _other_term(luck):
    later, earlier = luck.between(5, 9), luck.between(1, 4)
    return [
        (2, 1, 1, 9), (1, 9, 2, 1), (3, 5, 2, 5), (2, 7, 3, 6), (1, 4, 0, 0), (0, 0, 1, 1),
        (later, luck.between(1, 9), earlier, luck.between(1, 9)),
    ]  # fmt: skip


def plugged_is_up_to_date(given):
    class Theirs:
        def is_up_to_date(self, ask):
            mine = self.log
            return given(ask.last_log_term, ask.last_log_index, mine.last_term, mine.last_index)

    return Theirs


def voters_that_compare_so(arguments, given):
    theirs = plugged_is_up_to_date(given)
    return stuck(raft_with(theirs)) or broken_by(
        theirs, "compares-length-only", "votes-for-anybody"
    )


Exercise(
    id="elections/up-to-date",
    asks="Is a candidate's log at least as up to date as mine?",
    starter='''
        def is_up_to_date(its_term, its_index, my_term, my_index):
            """Whether a candidate's log is at least as up to date as mine.

            Term and index are those of the last entry of each log; 0 and 0 if it is empty.
            """
            ...
    ''',
    hints=(
        "Which of the two numbers says more? A long log may be full of entries nobody committed.",
        "The later last term wins, however short the log. Only between equal terms length counts.",
        "Python compares pairs so: the first of each, and the second only if those are equal.",
    ),
    reference=is_up_to_date,
    wrong={
        "length": Wrong(longest_wins, "the longest log may be full of entries that nobody "
                                      "committed; the last term comes first"),
        "term": Wrong(term_only, "between two logs that end in the same term the shorter one "
                                 "lacks entries, and they may be committed"),
        "ahead": Wrong(must_be_ahead, "at least as up to date: who holds the same is good "
                                      "enough, or else nobody could be the first leader"),
        "both": Wrong(both_at_least, "a later last term is enough, however short the log: what "
                                     "the longer one has more cannot be committed"),
        "anybody": Wrong(anybody, "without a look at the logs a server that missed everything "
                                  "may lead, and what was committed is gone"),
    },
    judge=by_cases(
        is_up_to_date,
        ("last entries of one term", 1, "§5.4.1", _same_term),
        ("last entries of two terms", 2, "§5.4.1", _other_term),
        shows=voters_that_compare_so,
    ),
    why="a committed entry is on a majority, and a majority elects; the server in both refuses "
        "whoever lacks the entry. Last term first, then length: that order makes it true",
    read="12-raft-safety-and-figure-8",
    minutes=10,
    misconceptions=("M9",),
)  # fmt: skip


# -- the handler of RequestVote -------------------------------------------------------------


def answer_vote(term, voted_for, asked_term, candidate, up_to_date):
    """What a server does, in this order, when it is asked for its vote."""
    before = term, voted_for
    if asked_term > term:
        term, voted_for = asked_term, None
    granted = asked_term == term and voted_for in (None, candidate) and up_to_date
    if granted:
        voted_for = candidate
    written = [("write", term, voted_for)] if (term, voted_for) != before else []
    return [*written, ("reply", term, granted)]


def votes_again(term, voted_for, asked_term, candidate, up_to_date):
    if asked_term < term or not up_to_date:
        return answer_vote(term, voted_for, asked_term, candidate, up_to_date)
    return [("write", asked_term, candidate), ("reply", asked_term, True)]


def replies_first(term, voted_for, asked_term, candidate, up_to_date):
    return answer_vote(term, voted_for, asked_term, candidate, up_to_date)[::-1]


def keeps_vote(term, voted_for, asked_term, candidate, up_to_date):
    before = term, voted_for
    term = max(term, asked_term)
    granted = asked_term == term and voted_for in (None, candidate) and up_to_date
    voted_for = candidate if granted else voted_for
    written = [("write", term, voted_for)] if (term, voted_for) != before else []
    return [*written, ("reply", term, granted)]


def writes_grants_only(term, voted_for, asked_term, candidate, up_to_date):
    did = answer_vote(term, voted_for, asked_term, candidate, up_to_date)
    return did if did[-1][2] else did[-1:]


def grants_old_terms(term, voted_for, asked_term, candidate, up_to_date):
    if asked_term < term and voted_for in (None, candidate) and up_to_date:
        return [("write", term, candidate), ("reply", term, True)]
    return answer_vote(term, voted_for, asked_term, candidate, up_to_date)


def skips_the_log(term, voted_for, asked_term, candidate, up_to_date):
    return answer_vote(term, voted_for, asked_term, candidate, True)


def _this_term(luck):
    term = luck.between(2, 9)
    return [
        (term, None, term, "S1", True), (term, "S2", term, "S1", True),
        (term, "S1", term, "S1", True), (term, None, term, "S3", False),
        (1, "S3", 1, "S1", True),
    ]  # fmt: skip


def _new_term(luck):
    term = luck.between(2, 8)
    return [
        (term, "S2", term + 1, "S1", True), (term, None, term + 1, "S1", True),
        (term, "S2", term + 2, "S1", False), (0, None, 1, "S1", True),
    ]  # fmt: skip


def _old_term(luck):
    term = luck.between(3, 9)
    return [(term, None, term - 1, "S1", True), (term, "S1", term - 2, "S1", True)]


def plugged_answer_vote(given):
    """The disk has what was written before the reply; what comes behind it a crash may cut off."""
    did = given(0, None, 1, "S1", True)
    late = did and did[0][0] == "reply"

    class Theirs:
        persistent = ("current_term", "log") if late else ("current_term", "voted_for", "log")

        def on_message(self, src, message):
            if type(message) is not RequestVote:
                super().on_message(src, message)
                return
            for what, term, more in given(
                self.current_term, self.voted_for, message.term, message.candidate_id,
                self.is_up_to_date(message),
            ):  # fmt: skip
                if what == "write":
                    if term > self.current_term:
                        self.adopt_term(term)
                    self.voted_for = more
                else:
                    if more:
                        self.restart_election_timer()
                    self.send(src, RequestVoteReply(term, more))

    return Theirs


def servers_that_vote_so(arguments, given):
    theirs = plugged_answer_vote(given)
    return broken_by(
        theirs, "votes-twice", "forgets-its-vote", "votes-for-anybody", "keeps-its-vote"
    )


Exercise(
    id="elections/vote",
    asks="What does a server do when it is asked for its vote?",
    starter='''
        def answer_vote(term, voted_for, asked_term, candidate, up_to_date):
            """What a server does, in this order, when it is asked for its vote.

            It is in `term` and has voted for `voted_for` there (None: for nobody). `candidate` asks
            in `asked_term`; `up_to_date` is what it has found about the candidate's log. Give a
            list: ("reply", term, granted), and if its term or vote changes, where it belongs,
            ("write", term, voted_for), which is on disk before what follows in the list.
            """
            ...
    ''',
    hints=(
        "First the term: a higher one is taken over and brings a fresh vote, whatever comes next.",
        "Granted if it asks in our term, our vote is free or already its own, and its log is good.",
        "Compare term and vote with what they were. If they differ: write, and then reply.",
    ),
    reference=answer_vote,
    wrong={
        "again": Wrong(votes_again, "one vote a term: who has voted for another must refuse, or "
                                    "two candidates get a majority"),
        "reply-first": Wrong(replies_first, "once the reply is out the vote counts; a crash "
                                            "before the write, and the server votes again"),
        "keeps": Wrong(keeps_vote, "a new term brings a fresh vote; else the first leader is the "
                                   "last"),
        "grants-only": Wrong(writes_grants_only, "a new term must be on disk too, though the "
                                                 "vote is refused: the term of a reply must not "
                                                 "be taken back"),
        "old": Wrong(grants_old_terms, "who asks in a term that is over is refused, and told the "
                                       "term that it has missed"),
        "log": Wrong(skips_the_log, "a free vote is not enough: it must not go to a log that is "
                                    "behind"),
    },
    judge=by_cases(
        answer_vote,
        ("it asks in our term", 2, "§5.2, §5.4.1", _this_term),
        ("it asks in a higher term", 2, "§5.1", _new_term),
        ("it asks in a term that is over", 1, "§5.1", _old_term),
        shows=servers_that_vote_so,
    ),
    why="one vote a term, to a log that is good enough, and on disk before anybody hears of it: "
        "these three are what Election Safety and Leader Completeness rest on",
    read="10-raft-leader-election#vote-on-disk",
    minutes=20,
    misconceptions=("M16",),
)  # fmt: skip


# -- when the election timer starts anew ----------------------------------------------------


def restarts_timer(event, term, current_term):
    """Whether a follower or candidate restarts its election timer."""
    if event == "AppendEntries":
        return term == current_term
    return event in ("vote granted", "election started")


def any_message(event, term, current_term):
    return event != "client request"


def any_call(event, term, current_term):
    return event in ("AppendEntries", "vote granted", "vote refused", "election started")


def any_leader(event, term, current_term):
    return event in ("AppendEntries", "vote granted", "election started")


def leaders_only(event, term, current_term):
    return event == "AppendEntries" and term == current_term


def stands_once(event, term, current_term):
    return event == "vote granted" or (event == "AppendEntries" and term == current_term)


def _leaders(luck):
    term = luck.between(3, 9)
    return [("AppendEntries", term, term), ("AppendEntries", term - 1, term)]


def _votes(luck):
    term = luck.between(3, 9)
    return [("vote refused", term, term), ("vote granted", term, term),
            ("vote refused", term - 1, term), ("RequestVoteReply", term, term)]  # fmt: skip


def _rest(luck):
    term = luck.between(3, 9)
    return [("election started", term, term), ("client request", term, term)]


def plugged_restarts_timer(given):
    class Theirs:
        def on_message(self, src, message):
            led = self.role == LEADER
            super().on_message(src, message)
            event = self.event_of(message)
            if event and not led and self.role != LEADER:
                self.as_they_say(event, message.term)

        def on_timer(self, name):
            super().on_timer(name)
            if name == ELECTION and self.role != LEADER:
                self.as_they_say("election started", self.current_term)

        def event_of(self, message):
            if type(message) is RequestVote:
                replies = [one.message for one in self.outbox if hasattr(one, "message")]
                return "vote granted" if replies[-1].vote_granted else "vote refused"
            return {AppendEntries: "AppendEntries", RequestVoteReply: "RequestVoteReply"}.get(
                type(message)
            )

        def as_they_say(self, event, term):
            rest = [one for one in self.outbox if type(one) is not SetTimer or one.name != ELECTION]
            if given(event, term, self.current_term):
                if len(rest) == len(self.outbox):
                    self.restart_election_timer()
            else:
                self.outbox[:] = rest

    return Theirs


def servers_that_wait_so(arguments, given):
    theirs = plugged_restarts_timer(given)
    return broken_by(
        theirs, "waits-for-any-candidate", "waits-for-old-leaders", "stands-once"
    ) or stuck(raft_with(theirs))


Exercise(
    id="elections/timer",
    asks="When does the election timer start anew?",
    starter='''
        def restarts_timer(event, term, current_term):
            """Whether a follower or candidate in `current_term` restarts its election timer.

            `event` is "AppendEntries", "vote granted" and "vote refused" (what it has answered to
            a RequestVote), "election started" (by itself), "RequestVoteReply" or "client request".
            `term` is that of the message. A higher term has been taken over before.
            """
            ...
    ''',
    hints=(
        "The timer says: I have given somebody a chance to lead. To whom has one given a chance?",
        "To the leader of this term, to a candidate that one votes for, and to oneself.",
        "Of AppendEntries, only one of the current term. A refused candidate has got nothing.",
    ),
    reference=restarts_timer,
    wrong={
        "message": Wrong(any_message, "then whoever talks keeps everybody waiting, also a "
                                      "candidate that cannot win"),
        "call": Wrong(any_call, "a candidate that one refuses must not be waited for: its log "
                                "may be useless, and its clock fast"),
        "leader": Wrong(any_leader, "a leader whose term is over is no leader: it may send "
                                    "heartbeats for ever and commit nothing"),
        "leaders": Wrong(leaders_only, "who has just voted, or stands itself, must wait as well, "
                                       "or it disturbs the election that it is in"),
        "once": Wrong(stands_once, "a candidate needs a timer too: when the vote is split, "
                                   "somebody has to stand again"),
    },
    judge=by_cases(
        restarts_timer,
        ("a leader is heard", 1, "§5.2", _leaders),
        ("a candidate is heard", 1, "§5.2", _votes),
        ("one's own election", 1, "§5.2", _rest),
        shows=servers_that_wait_so,
    ),
    why="the timer runs while somebody has a chance that one gave them. No timer protects safety: "
        "restarted wrongly it only stops the cluster, and that is bad enough",
    read="10-raft-leader-election",
    minutes=10,
    misconceptions=("M10", "M11"),
)  # fmt: skip

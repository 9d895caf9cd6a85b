"""Leadership kept steady: pre-vote, check-quorum, sticky leader.

Hold beside it: D. Ongaro, "Consensus: Bridging Theory and Practice" (2014), §4.2.3, §6.2 and §9.6,
and the end of §6 of the extended paper. Each class is a part: a mixin over `Raft`, alone or with
any of the others (`composed.py`). They decide who may disturb a leader and when a leader gives
up; that there is at most one leader a term they leave to the votes, and cannot harm.

A server has no clock. What happened lately is a timer that still runs: HEARD while a leader was
heard within a minimum election timeout, QUORUM until a leader counts who has answered it.
"""

from ..core import rule, value
from .raft import ELECTION, LEADER
from .raft_messages import RequestVote

HEARD, QUORUM = "heard-leader", "quorum"


@value
class RequestPreVote:
    """Would you vote for me in `next_term`? There is no `term` in it: to ask changes nobody's."""

    next_term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int


@value
class RequestPreVoteReply:
    """`term` is the voter's own, so that whoever asks from behind can catch up."""

    term: int
    next_term: int
    vote_granted: bool


def showing(seen, **more):
    """The Observation `seen` with `more` of what a part has to show."""
    seen.fields = {**seen.fields, **more}
    return seen


class HearsLeaders:
    """What pre-vote and sticky leader share: knowing whether a leader was heard lately."""

    heard_leader = False  # within a minimum election timeout; its timer runs exactly then

    def start(self):
        """A crash forgets whom a server heard: after one it takes for granted that there was
        somebody, or a leader would lose a promise (see `LeaseReads`) to a quick restart."""
        super().start()
        if self.current_term > 0:
            self.hear_leader()

    def on_message(self, src, message):
        """A leader is heard by what only leaders send: each such message names its leader.

        Here and not in `handle`, where another part may keep a message of its own to itself.
        """
        if getattr(message, "leader_id", None) is not None and not self.is_stale(message.term):
            self.hear_leader()
        super().on_message(src, message)

    def on_timer(self, name):
        if name == HEARD:
            self.note("hears-nobody", self.election_timeout[0])
            self.heard_leader = False
        else:
            super().on_timer(name)

    def hear_leader(self):
        self.heard_leader = True
        self.set_timer(HEARD, self.election_timeout[0])

    @rule("dissertation 4.2.3")
    def believes_in_leader(self):
        """Heard within a *minimum* election timeout, which every candidate has waited at least:
        so servers that lose a leader together do not keep each other waiting."""
        return self.role == LEADER or self.heard_leader

    def observe(self):
        return showing(super().observe(), hears_leader=self.believes_in_leader())


HEARD_SAYS = {
    "hears-nobody": "has heard no leader for {0} ms, the shortest election timeout: it will help"
    " to elect another (dissertation §4.2.3)",
}


class PreVote(HearsLeaders):
    """Raise the term only after a majority says it would vote (dissertation §9.6).

    A server that was cut off comes back with the term it left with, and a healthy leader stays.
    Whoever asks around stands for nothing yet: it is a follower whose timer has run out.
    `start_election` remains what it was, so that whoever is told to stand need not ask.
    """

    messages = (RequestPreVote, RequestPreVoteReply)
    says = {
        **HEARD_SAYS,
        "asks-around": "has heard no leader for its election timeout: it asks who would vote for it"
        " in term {0}, and stays in term {1} meanwhile (dissertation §9.6)",
        "would-vote": "would vote for {0} in term {1}: it hears no leader and {0}'s log is good"
        " enough (dissertation §9.6)",
        "would-not-vote-stale": "would not vote for {0} in term {1}: it is in term {2} already",
        "would-not-vote-leader": "would not vote for {0} in term {1}: it hears its leader {2}"
        " (dissertation §9.6)",
        "would-not-vote-log": "would not vote for {0} in term {1}: {0}'s log ends with term {2} at"
        " index {3}, its own with term {4} at index {5} (§5.4.1)",
        "would-have": "would have the vote of {0} in term {1}: {2} of {3} (dissertation §9.6)",
        "would-be-denied": "would be refused by {0} in term {1} (dissertation §9.6)",
        "ignores-pre-vote": "ignores what {0} would have done in term {1}: it no longer asks",
    }

    pre_votes = frozenset()  # who would vote for this server; empty unless it is asking

    def on_timer(self, name):
        if name == ELECTION and self.may_start_election():
            self.ask_around()
        else:
            super().on_timer(name)

    def ask_around(self):
        self.step_down()  # a candidacy that came to nothing is over
        self.pre_votes = frozenset((self.id,))
        self.note("asks-around", self.current_term + 1, self.current_term)
        self.restart_election_timer()
        last = self.log
        self.broadcast(
            RequestPreVote(self.current_term + 1, self.id, last.last_index, last.last_term)
        )
        self.stand_if_wanted()

    def stand_if_wanted(self):
        if self.is_quorum(self.pre_votes):
            self.start_election()

    def handle(self, src, message):
        match message:
            case RequestPreVote():
                self.on_request_pre_vote(src, message)
            case RequestPreVoteReply():
                self.on_request_pre_vote_reply(src, message)
            case _:
                super().handle(src, message)

    def on_request_pre_vote(self, src, ask):
        """An answer binds nobody: no term, no vote and no timer changes."""
        granted = False
        if not self.is_newer(ask.next_term):
            self.note("would-not-vote-stale", src, ask.next_term, self.current_term)
        elif self.believes_in_leader():
            self.note("would-not-vote-leader", src, ask.next_term, self.leader_id)
        elif not self.is_up_to_date(ask):
            self.note("would-not-vote-log", src, ask.next_term, ask.last_log_term,
                      ask.last_log_index, self.log.last_term, self.log.last_index)  # fmt: skip
        else:
            granted = True
            self.note("would-vote", src, ask.next_term)
        self.send(src, RequestPreVoteReply(self.current_term, ask.next_term, granted))

    def on_request_pre_vote_reply(self, src, reply):
        if not self.counts_pre_vote(reply):
            self.note("ignores-pre-vote", src, reply.next_term)
        elif not reply.vote_granted:
            self.note("would-be-denied", src, reply.next_term)
        else:
            self.pre_votes |= {src}
            told = len(self.pre_votes), len(self.members)
            self.note("would-have", src, reply.next_term, *told)
            self.stand_if_wanted()

    @rule("dissertation 9.6")
    def counts_pre_vote(self, reply):
        return bool(self.pre_votes) and reply.next_term == self.current_term + 1

    # Standing, following and hearing a leader all end the asking.

    def start_election(self):
        self.pre_votes = frozenset()
        super().start_election()

    def step_down(self):
        self.pre_votes = frozenset()
        super().step_down()

    def hear_leader(self):
        self.pre_votes = frozenset()
        super().hear_leader()

    def observe(self):
        asking = {"pre_votes": tuple(sorted(self.pre_votes))} if self.pre_votes else {}
        return showing(super().observe(), **asking)


class CheckQuorum:
    """A leader steps down when an election timeout passes without answers of a majority
    (dissertation §6.2).

    Its clients then ask elsewhere, and those who still hear it stop protecting it: pre-vote
    alone can keep a leader that commits nothing (Howard and Abraham, 2020).
    """

    says = {
        "gives-up": "has had answers of {0} only, within {1} ms: that is no majority of {2}, so it"
        " leads no longer (dissertation §6.2)",
        "has-quorum": "has had answers of {0} within {1} ms: with itself a majority of {2}, so it"
        " leads on (dissertation §6.2)",
    }

    answered = frozenset()  # who answered this leader since it last counted

    def start(self):
        super().start()
        if self.role == LEADER:  # only a server built by hand
            self.await_quorum()

    def lead_if_elected(self):
        super().lead_if_elected()
        if self.role == LEADER:
            self.await_quorum()

    def await_quorum(self):
        self.answered = frozenset()
        self.set_timer(QUORUM, self.election_timeout[0])

    def on_timer(self, name):
        if name != QUORUM:
            super().on_timer(name)
        elif self.role == LEADER:
            told = tuple(sorted(self.answered)), self.election_timeout[0], len(self.members)
            if self.has_quorum():
                self.note("has-quorum", *told)
                self.await_quorum()
            else:
                self.note("gives-up", *told)
                self.step_down()

    @rule("dissertation 6.2")
    def has_quorum(self):
        return self.is_quorum(self.answered | {self.id})

    def on_message(self, src, message):
        """Whatever comes from a server of this term is an answer, except a rival's request."""
        super().on_message(src, message)
        if self.role == LEADER and type(message) is not RequestVote:
            if getattr(message, "term", 0) == self.current_term:
                self.answered |= {src}

    def step_down(self):
        if self.role == LEADER:
            self.answered = frozenset()
            self.cancel_timer(QUORUM)
        super().step_down()


class StickyLeader(HearsLeaders):
    """A RequestVote is ignored within a minimum election timeout of hearing a leader (§6).

    Its term is not adopted either, so that a server which does not know that it was removed
    deposes nobody. A leader believes in itself. Whoever was told to stand by the leader says so
    by another message (`raft_transfer.py`), which is always let through.
    """

    says = {
        **HEARD_SAYS,
        "ignores-candidate": "ignores {0}, who asks for its vote in term {1}: it hears its leader"
        " {2} and stays in term {3} (§6)",
    }

    def on_message(self, src, message):
        if self.may_be_heard(message):
            super().on_message(src, message)
        else:
            self.note("ignores-candidate", src, message.term, self.leader_id, self.current_term)

    @rule("6")
    def may_be_heard(self, message):
        return type(message) is not RequestVote or not self.believes_in_leader()

"""The simplified Raft mended, one rule after the other, until what is left to do is Raft itself.

Each class is a part over `Simplified` and mends one rule, or as little of it as means anything. In
the order of the ladder (`simplified_ladder.py`) each uncovers what the one before had hidden. They
combine as they like: `simplified+clears-vote+steps-down`, or all but one of them.
"""

from ..core import rule
from .machine import EMPTY
from .raft_log import Entry
from .raft_messages import AppendEntries
from .raft_rules import Rules
from .simplified import ELECTION, FOLLOWER, LEADER, AppendEntryReply, RequestVote

HEARTBEAT = "heartbeat"


class ClearsVote:
    """A new term brings a fresh vote; within it, a repeated question gets the same answer."""

    says = {
        "adopts-term": "learns of term {0}, it was in {1}: its vote is free again (§5.1)",
        "votes": "votes for {0} in term {1}, and for nobody else in this term (§5.2)",
    }

    def on_request_vote(self, src, ask):
        if ask.term > self.current_term:
            self.adopt_term(ask.term)
        super().on_request_vote(src, ask)

    @rule("5.1")
    def adopt_term(self, term):
        self.note("adopts-term", term, self.current_term)
        self.current_term = term
        self.voted_for = None

    @rule("5.2")
    def may_vote_for(self, ask):
        is_now = ask.term == self.current_term
        return is_now and self.has_vote_for(ask.candidate_id) and self.likes_log_of(ask)


class StepsDown:
    """Whoever hears of a higher term, by a call or by an answer, follows in it (§5.1)."""

    needs = ("clears-vote",)
    says = {
        "steps-down": "is a follower: its term is over (§5.1)",
        "refuses-entry": "refuses the entry of {0}: term {1} is over, this is term {2}; its answer"
        " says so (§5.1)",
    }

    def on_message(self, src, message):
        is_heard = self.call is None or hasattr(message, "call")  # who waits hears answers only
        if is_heard and (message.term or 0) > self.current_term:
            self.adopt_term(message.term)
        super().on_message(src, message)

    def adopt_term(self, term):
        super().adopt_term(term)
        if self.role != FOLLOWER:
            self.step_down()

    def step_down(self):
        self.note("steps-down")
        if self.role == LEADER:
            self.check_again()
        self.role = FOLLOWER
        self.end_call()

    def term_to_tell(self):
        return self.current_term


class KeepsOnDisk:
    """Term, vote and log survive a crash (Figure 2)."""

    persistent = ("current_term", "voted_for", "log")
    writes = (("current_term", "voted_for"), ("log",))


class CallsAtOnce:
    """Calls all peers at once, and gives up at once all that have not answered in time: one that is
    down costs no more time than several, and the order of the peers no longer means anything."""

    symmetric = True

    def called(self):
        return self.still_to_answer()

    def ring(self):
        if len(self.to_answer) == len(self.known_peers()):  # none has answered yet
            super().ring()


class StoresEntries:
    """The leader stores each entry in its own log first, with its term. Then it calls the others
    with its whole log, and they make theirs like it: the repair of logs (§5.3), idealised.

    What a majority has taken is committed, by counting; the others learn of it from the next call,
    and everybody executes it. A heartbeat is a call like any other, and no entry. Who asks while
    the leader waits for answers waits with it; the next call has it all.
    """

    needs = ("steps-down",)
    messages = (AppendEntries,)
    derived = ("last_applied", "machine")
    says = {
        "appends": "takes the request: entry {0} of term {1} is in its own log (§5.3)",
        "makes-log-alike": "makes its log like that of {0}, up to {1} (§5.3)",
        "overwrites": "drops entries {0} to {1}: at {0} it held term {2}, its leader {3} says"
        " otherwise (§5.3)",
        "commits": "executes entries {0} to {1}, which it takes to be committed (§5.3)",
        "sends-heartbeats": "gives everybody its log",
    }

    last_applied = 0
    machine = EMPTY
    waiting = {}  # index → the request to answer when that entry is executed

    def take(self, request):
        self.log = self.log.append(
            Entry(self.current_term, request.command, request.client, request.serial)
        )
        index = self.log.last_index
        self.waiting = {**self.waiting, index: request}
        self.note("appends", index, self.current_term)
        if self.call is None:
            self.give_log()

    def send_heartbeats(self):
        self.note("sends-heartbeats")
        self.give_log()

    def give_log(self):
        self.call_each(AppendEntries(
            self.current_term, self.id, 0, 0, self.log.after(0), self.commit_index
        ))  # fmt: skip

    def on_return(self, call, asked, said_yes):
        if type(call) is not AppendEntries:
            super().on_return(call, asked, said_yes)
            return
        index = len(call.entries)
        if index > self.commit_index and self.is_majority(len(said_yes)) and self.may_commit(index):
            self.commit(index)
        if self.log.last_index > index:
            self.give_log()

    @rule("5.4.2")
    def may_commit(self, index):
        """A majority has it: what more could one want?"""
        return True

    def handle(self, src, message):
        if type(message) is AppendEntries:
            self.on_append_entries(src, message)
        else:
            super().handle(src, message)

    def on_append_entries(self, src, append):
        heard = self.may_hear(append)
        if heard:
            self.await_leader()
            self.role = FOLLOWER
            self.log = self.merged(append)
            end = len(append.entries)
            self.note("makes-log-alike", src, end)
            if min(append.leader_commit, end) > self.commit_index:
                self.commit(min(append.leader_commit, end))
        else:
            self.note("refuses-entry", src, append.term, self.current_term)
        self.send(src, AppendEntryReply(append, heard, self.term_to_tell()))

    # Only a conflict removes anything: a call that comes late must not shorten a log.
    merged = Rules.merged

    def commit(self, index):
        self.note("commits", self.commit_index + 1, index)
        self.commit_index = index
        while self.last_applied < index:
            self.last_applied += 1
            self.machine, result = self.machine.apply(self.log[self.last_applied])
            if self.last_applied in self.waiting:
                self.respond(self.waiting[self.last_applied], result)
        self.waiting = {at: asked for at, asked in self.waiting.items() if at > index}

    def step_down(self):
        """Whoever waits is not answered: his entry may still be committed, by somebody else."""
        super().step_down()
        self.waiting = {}

    def observe(self):
        seen = super().observe()
        seen.last_applied, seen.machine = self.last_applied, self.machine.data
        return seen


class ComparesLength:
    """A candidate's log must be at least as long: what the listing's third parameter suggests."""

    @rule("5.4.1")
    def likes_log_of(self, ask):
        return ask.last_log_index >= self.log.last_index


class ComparesTerms:
    """The later last term decides, and length only among equals (§5.4.1)."""

    def ballot(self):
        last = self.log
        return RequestVote(self.current_term, self.id, last.last_index, last.last_term)

    @rule("5.4.1")
    def likes_log_of(self, ask):
        last = self.log.last_term, self.log.last_index
        return (ask.last_log_term, ask.last_log_index) >= last


class CommitsOwnTerm:
    """Only an entry of the leader's own term is committed by counting; older ones behind it."""

    needs = ("stores-entries",)

    @rule("5.4.2")
    def may_commit(self, index):
        return self.log.term_at(index) == self.current_term


class KeepsTime:
    """Heartbeats go on, and each wait for a leader is drawn afresh: when one is heard, when a vote
    is given, and when an election begins (§5.2)."""

    settings = ("heartbeat_interval",)
    says = {
        "sends-heartbeats": "gives everybody its log, and will do so again and again (§5.2)",
        "loses": "has {1} of {2} votes, too few, and waits for another election (§5.2)",
    }

    heartbeat_interval = 50

    def await_leader(self):
        self.set_timer(ELECTION, *self.election_timeout)

    def check_again(self):
        self.await_leader()

    def on_request_vote(self, src, ask):
        super().on_request_vote(src, ask)
        if self.role == FOLLOWER and self.voted_for == src:
            self.await_leader()

    def send_heartbeats(self):
        super().send_heartbeats()
        self.set_timer(HEARTBEAT, self.heartbeat_interval)

    def on_timer(self, name):
        if name != HEARTBEAT:
            super().on_timer(name)
        elif self.role != LEADER:
            return
        elif self.call is None:
            self.send_heartbeats()
        else:
            self.set_timer(HEARTBEAT, self.heartbeat_interval)

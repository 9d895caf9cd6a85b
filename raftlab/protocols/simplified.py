"""The “simplified Raft” of tutorials: a listing in JavaScript, as it behaves, in our lab.

Election and heartbeats in seventy lines, and a demo in which nothing fails. Here the same handlers
meet the same conditions in a world where things do fail; `simplified.md` lists what then happens,
each with its scenario, and `simplified_repairs.py` mends one rule after the other until it is Raft.
Where a rule of Raft is missing, it is missing here.

Three things had to be decided.

A call. In the listing one server calls the next as one calls a method: nothing else happens until
it returns. So a server here calls its peers one after the other, in the order of their ids, each
when the one before has answered; and whoever waits for an answer hears nobody else and looks at no
clock: who calls it meanwhile gets none. A call that is not answered within `call_timeout` counts
as a no. That much is ours: the listing would wait for ever, which is to be seen with a
`call_timeout` of an hour (C18). A call can get lost, or arrive and its answer get lost. A return
finds its own call, so each answer carries the call it belongs to. As a call of the listing takes no
time, a cluster with latency=1 and jitter=0 is nearest to it; so are the scenarios.

Time. The listing draws its election timeout once, in the constructor, and leaves it to somebody
else to look at the wall clock now and then. Here chance belongs to the world, which would draw
anew each time; so the timeouts are spread evenly over `election_timeout`, shortest first, and each
server keeps its own. Once it has passed, each look at the clock, every `check_interval`, starts
another election, until a heartbeat comes. A clock that is set wrong is one that drifts.

What is not there. Nothing asks for heartbeats a second time: `request heartbeat` does. Nothing
takes a command from a client: here a leader gives it to each peer as it gives them a heartbeat, and
answers “acknowledged” when, itself included, a majority took it. An entry has no term in the
listing; ours keeps that of the call it came with, for whoever looks at the logs: no rule does.
"""

from ..core import Impossible, Node, NotLeader, Observation, Refused, majority, rule, value
from .raft_log import Entry, Log
from .simplified_words import SAYS

FOLLOWER, CANDIDATE, LEADER = "follower", "candidate", "leader"
ELECTION, CALL = "election", "call"
BEAT = ("heartbeat",)
_NOBODY = frozenset()


@value
class RequestVote:
    """The listing sends three things and looks at two; `last_log_term` is for a repair."""

    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int | None = None


@value
class RequestVoteReply:
    """A bare yes or no to `call`; `term` is for a repair."""

    call: RequestVote
    vote_granted: bool
    term: int | None = None


@value
class AppendEntry:
    """Take `entry`, wherever your log ends. A heartbeat is an entry like any other."""

    term: int
    entry: Entry


@value
class AppendEntryReply:
    call: object
    success: bool
    term: int | None = None


class Simplified(Node):
    settings = ("election_timeout", "check_interval", "call_timeout")
    replaces_values = True
    messages = (RequestVote, RequestVoteReply, AppendEntry, AppendEntryReply)
    says = SAYS
    properties = (
        "election_safety", "leader_append_only", "log_matching",
        "leader_completeness", "state_machine_safety",
    )  # fmt: skip

    # What the listing has. Nothing of it is on a disk: `persistent` is empty.
    current_term = 0
    voted_for = None  # nobody ever clears it
    log = Log()
    commit_index = 0  # stays 0
    role = FOLLOWER
    wired = True  # whether it knows its peers; the listing's constructor is given an empty list

    # The call that this server waits in (ours).
    call = None  # what it says to each peer; None if it waits in no call
    to_answer = _NOBODY  # the peers that have still to do so; the first is being called
    said_yes = _NOBODY  # who said yes so far, itself included
    asked = None  # the client's request that the call carries
    acknowledged = ()  # the commands of which it has told a client that they are safe

    # Configuration, in ms.
    election_timeout = (150, 300)
    check_interval = 100
    call_timeout = 50

    def __init__(self, id, members, **fields):
        super().__init__(id, members, **fields)
        if type(self.log) is not Log:
            self.log = Log(self.log)

    # -- Rules, such as they are --

    @rule("5.2")
    def may_vote_for(self, ask):
        """A term that is new, and a vote that is free: one vote, for ever."""
        is_new = ask.term > self.current_term
        return is_new and self.has_vote_for(ask.candidate_id) and self.likes_log_of(ask)

    @rule("5.2")
    def has_vote_for(self, candidate_id):
        return self.voted_for is None or self.voted_for == candidate_id

    @rule("5.4.1")
    def likes_log_of(self, ask):
        """The length of the candidate's log is sent, and never looked at."""
        return True

    @rule("5.1")
    def may_hear(self, append):
        """From an old term no; from a newer one yes, without learning of it."""
        return append.term >= self.current_term

    @rule("5.2")
    def is_majority(self, count):
        """Of the configured cluster, as it should be; one is enough for who knows no peers."""
        return count >= majority(len(self.known_peers()) + 1)

    # -- Starting, timers, clients --

    def start(self):
        if self.role != LEADER:  # only a server built by hand starts as one
            self.await_leader()

    def await_leader(self):
        """As long as ever: the timeout was drawn once and for all."""
        low, high = self.election_timeout
        place = self.members.index(self.id)
        self.set_timer(ELECTION, low + (high - low) * place / len(self.members))

    def check_again(self):
        """The timeout has passed, and stays passed: whoever looks next finds it so."""
        self.set_timer(ELECTION, self.check_interval)

    def on_timer(self, name):
        if name == CALL and self.call is not None:
            self.note("no-answer", self.called(), self.call_timeout)
            self.hear_answers(self.called(), False)
        elif name == ELECTION and self.role != LEADER:
            self.check_again()
            if self.call is None:
                self.start_election()
            else:
                self.note("looks-at-no-clock", self.called())

    def on_request(self, request):
        match request.command:
            case ("members", [*ids]):
                self.wire(request, ids)
            case _ if self.role != LEADER:
                self.note("leads-not")
                self.respond(request, NotLeader(None))
            case ("heartbeat",) if self.call is None:
                self.send_heartbeats()
            case ("heartbeat",):
                self.refuse(request)
            case _:
                self.take(request)

    def wire(self, request, ids):
        """The demo tells its servers their peers after it has made them."""
        if len(ids) == len(self.members) and all(id in ids for id in self.members):
            self.wired = True
            self.note("is-wired", self.known_peers())
        else:
            self.respond(request, Refused(f"its cluster is {' '.join(self.members)}"))

    def take(self, request):
        if self.call is not None:
            self.refuse(request)
            return
        entry = Entry(self.current_term, request.command, request.client, request.serial)
        self.call_each(AppendEntry(self.current_term, entry), request)

    def refuse(self, request):
        self.respond(request, Refused(f"{self.id} waits for {' and '.join(self.called())}"))

    def known_peers(self):
        return self.peers if self.wired else ()

    # -- Roles --

    def start_election(self):
        self.role = CANDIDATE
        self.current_term += 1
        self.voted_for = self.id
        self.note("starts-election", self.current_term)
        self.call_each(self.ballot())

    def ballot(self):
        return RequestVote(self.current_term, self.id, self.log.last_index)

    def end_election(self, votes):
        told = len(votes), len(self.members)
        if self.is_majority(len(votes)):
            self.role = LEADER
            self.note("wins", self.current_term, *told)
            self.cancel_timer(ELECTION)
            self.send_heartbeats()
        else:
            self.role = FOLLOWER
            self.note("loses", self.current_term, *told)

    def send_heartbeats(self):
        self.note("sends-heartbeats")
        self.call_each(AppendEntry(self.current_term, Entry(self.current_term, BEAT)))

    def count_acks(self, request, acks):
        told = len(acks), len(self.members)
        if self.is_majority(len(acks)):
            self.note("acknowledges", *told)
            self.acknowledged = (*self.acknowledged, request.command)
            self.respond(request, "acknowledged")
        else:  # and that is all: it leads on, and does not try again
            self.note("lacks-acks", *told)

    # -- Calls, one after the other --

    def call_each(self, call, asked=None):
        self.call, self.asked = call, asked
        self.to_answer = frozenset(self.known_peers())
        self.said_yes = frozenset((self.id,))
        self.ring()
        self.return_if_done()

    def called(self):
        """Whose answer is awaited now."""
        return self.still_to_answer()[:1]

    def still_to_answer(self):
        return tuple(peer for peer in self.peers if peer in self.to_answer)

    def ring(self):
        for peer in self.called():
            self.send(peer, self.call)
            self.set_timer(CALL, self.call_timeout)

    def hear_answers(self, peers, yes):
        self.to_answer -= {*peers}
        if yes:
            self.said_yes |= {*peers}
        self.ring()
        self.return_if_done()

    def return_if_done(self):
        if not self.to_answer:
            call, asked, said_yes = self.call, self.asked, self.said_yes
            self.end_call()
            self.on_return(call, asked, said_yes)

    def end_call(self):
        self.call, self.asked, self.to_answer, self.said_yes = None, None, _NOBODY, _NOBODY
        self.cancel_timer(CALL)

    def on_return(self, call, asked, said_yes):
        """All peers have answered, or been given up."""
        if type(call) is RequestVote:
            self.end_election(said_yes)
        elif asked is not None:
            self.count_acks(asked, said_yes)

    # -- Messages --

    def on_message(self, src, message):
        if type(message) in (RequestVoteReply, AppendEntryReply):
            self.on_reply(src, message)
        elif self.call is not None:
            self.note("is-busy", src, self.called())
        else:
            self.handle(src, message)

    def handle(self, src, message):
        match message:
            case RequestVote():
                self.on_request_vote(src, message)
            case AppendEntry():
                self.on_append_entry(src, message)
            case _:
                raise Impossible(f"{self.id} knows no message {type(message).__name__}")

    def on_reply(self, src, reply):
        if reply.call != self.call or src not in self.called():
            self.note("ignores-answer", src)
            return
        yes = reply.vote_granted if type(reply) is RequestVoteReply else reply.success
        self.note("answer-yes" if yes else "answer-no", src)
        self.hear_answers((src,), yes)

    def on_request_vote(self, src, ask):
        """No role is looked at, and no timer restarted."""
        granted = self.may_vote_for(ask)
        if granted:
            self.note("votes", src, ask.term)
            self.current_term = ask.term
            self.voted_for = ask.candidate_id
        else:
            self.note("refuses-vote", src, ask.term, self.current_term, self.voted_for)
        self.send(src, RequestVoteReply(ask, granted, self.term_to_tell()))

    def on_append_entry(self, src, append):
        """Whoever calls is taken for the leader; the term stays what it was."""
        heard = self.may_hear(append)
        if heard:
            self.await_leader()
            self.role = FOLLOWER
            self.log = self.log.append(append.entry)
            self.note("stores", src, append.term, self.log.last_index)
        else:
            self.note("refuses-entry", src, append.term, self.current_term)
        self.send(src, AppendEntryReply(append, heard, self.term_to_tell()))

    def term_to_tell(self):
        """An answer says yes or no, and nothing of terms."""
        return None

    def observe(self):
        standing = self.said_yes if type(self.call) is RequestVote else _NOBODY
        fields = {} if self.wired else {"knows_no_peers": True}
        if self.to_answer:
            fields["calls"] = " ".join(self.called())
        return Observation(
            self.id, self.role, self.current_term, self.id if self.role == LEADER else None,
            self.log, self.commit_index, 0, self.voted_for, standing, fields=fields,
        )  # fmt: skip

"""Reads that leave the log alone: naive, by ReadIndex, by lease.

Hold beside it: D. Ongaro, "Consensus: Bridging Theory and Practice" (2014), §6.4 and §6.4.1.
Plain Raft needs no part for reading: there a ("get", key) is an entry like any other, and what
it finds when it is applied is as fresh as the log. With one of these parts a leader answers a
("get", key) itself and appends nothing. Only one part at a time decides how.

What makes it hard: a leader may have been deposed without knowing it. "local-reads" does not ask,
"read-index" asks a majority, "lease-reads" asks beforehand and trusts clocks for a while.
"""

from ..core import NotLeader, rule, value
from .machine import execute
from .raft import FOLLOWER, HEARTBEAT, LEADER
from .raft_elections import showing

READ = "read"


@value
class ConfirmLeader:
    """Am I still your leader? To whom it comes this is a heartbeat without a log."""

    term: int
    leader_id: str
    round: int


@value
class ConfirmLeaderReply:
    term: int
    round: int


def is_read(command):
    """Whether a command only looks: ("get", key)."""
    match command:
        case ("get", _):
            return True
    return False


class Reads:
    """What all parts below share: an answer from this server's own copy of the state."""

    def answer_read(self, code, request, *facts):
        _, found = execute(self.machine.data, request.command)
        self.note(code, request.command[1], found, self.last_applied, *facts)
        self.respond(request, found)


class LocalReads(Reads):
    """Whoever believes that it leads answers at once. Wrong: a deposed leader believes it too,
    and a new one may not know yet what its predecessors committed."""

    rivals = ("follower-reads", "lease-reads", "read-index")
    says = {
        "reads-locally": "answers {0} = {1} from its own copy, up to entry {2}, because it believes"
        " that it leads; it asked nobody (dissertation §6.4)",
    }

    def on_request(self, request):
        if self.role == LEADER and is_read(request.command):
            self.answer_read("reads-locally", request)
        else:
            super().on_request(request)


class FollowerReads(Reads):
    """Every server answers from its own copy, as old as that may be: cheap, and so stale that
    one client can see time run backwards when it changes servers (dissertation §6.4.1)."""

    rivals = ("lease-reads", "read-index")
    says = {
        "reads-as-it-is": "answers {0} = {1} from its own copy, which ends at entry {2}, however"
        " old that is (dissertation §6.4)",
    }

    def on_request(self, request):
        if is_read(request.command):
            self.answer_read("reads-as-it-is", request)
        else:
            super().on_request(request)


class ReadIndex(Reads):
    """A leader asks a majority whether it still leads, and answers then (dissertation §6.4).

    1. It waits until an entry of its own term is committed. 2. It remembers its commit index: the
    read will see at least that. 3. It sends a round of ConfirmLeader; with the answers of a
    majority, nobody led a later term when the round was sent. 4. It waits until the state
    machine has got there, which is no wait here, because `commit` applies in the same step.
    5. It answers. One round serves all reads that came before it; those that come while it is
    under way wait for the next, because what it proves may be older than they are.
    """

    messages = (ConfirmLeader, ConfirmLeaderReply)
    says = {
        "takes-read": "takes the read of {0} and appends nothing: {1} reads wait"
        " (dissertation §6.4)",
        "begins-round": "asks in round {0} whether it still leads; {1} reads will see at least"
        " entry {2} (dissertation §6.4)",
        "awaits-own-entry": "has nothing committed in term {0} yet: it cannot know what earlier"
        " leaders committed, so reads wait (dissertation §6.4)",
        "confirms-leader": "tells {0} that {0} still leads term {1} (dissertation §6.4)",
        "denies-leader": "tells {0} that term {1} is over: this is term {2} (§5.1)",
        "is-confirmed": "is confirmed by {0}: {1} of {2} say in round {3} that it still leads"
        " (dissertation §6.4)",
        "ignores-round": "ignores the answer of {0} to round {1} of term {2}: it awaits none",
        "reads-confirmed": "answers {0} = {1} from its own copy, up to entry {2}: it led when the"
        " round was sent (dissertation §6.4)",
        "refuses-reads": "leads no longer: {0} reads must be asked elsewhere (dissertation §6.4)",
    }

    round = 0  # number of the latest round; never falls while the server runs
    confirmed_by = frozenset()  # who has answered the round under way; empty if there is none
    asked = ()  # reads that the round under way will answer
    unasked = ()  # reads that wait for the next round

    def on_request(self, request):
        if self.role != LEADER or not is_read(request.command):
            super().on_request(request)
            return
        self.unasked = (*self.unasked, request)
        self.note("takes-read", request.command[1], len(self.asked) + len(self.unasked))
        self.serve()

    def serve(self):
        """See to the reads that wait."""
        if not self.knows_what_is_committed():
            self.note("awaits-own-entry", self.current_term)
        elif not self.confirmed_by:
            self.begin_round()

    @rule("dissertation 6.4")
    def knows_what_is_committed(self):
        """A new leader holds all that is committed but learns which entries those are only when
        one of its own is; until then its commit index may be behind an answered write."""
        return self.log.term_at(self.commit_index) == self.current_term

    def begin_round(self):
        self.round += 1
        self.asked, self.unasked = self.unasked, ()
        self.confirmed_by = frozenset((self.id,))
        self.note("begins-round", self.round, len(self.asked), self.commit_index)
        self.send_round()
        self.answer_if_confirmed()  # alone it is a majority already

    def send_round(self):
        self.broadcast(ConfirmLeader(self.current_term, self.id, self.round))

    def on_timer(self, name):
        """A round that was lost goes out again with the heartbeats, under its old number: an
        answer to either copy says that this server led after the round had begun."""
        super().on_timer(name)
        if name == HEARTBEAT and self.confirmed_by:
            self.send_round()

    def commit(self, index):
        super().commit(index)
        if self.role == LEADER and self.unasked:
            self.serve()

    def handle(self, src, message):
        match message:
            case ConfirmLeader():
                self.on_confirm_leader(src, message)
            case ConfirmLeaderReply():
                self.on_confirm_leader_reply(src, message)
            case _:
                super().handle(src, message)

    def on_confirm_leader(self, src, ask):
        """An answer says "I know of no later term"; a lease counts on the timer that restarts."""
        if self.is_stale(ask.term):
            self.note("denies-leader", src, ask.term, self.current_term)
        else:
            if self.role != FOLLOWER:
                self.note("concedes", src, self.current_term)
                self.step_down()
            self.leader_id = ask.leader_id
            self.restart_election_timer()
            self.note("confirms-leader", src, self.current_term)
        self.send(src, ConfirmLeaderReply(self.current_term, ask.round))

    def on_confirm_leader_reply(self, src, reply):
        if not self.counts_confirmation(reply):
            self.note("ignores-round", src, reply.round, reply.term)
            return
        self.confirmed_by |= {src}
        told = len(self.confirmed_by), len(self.members), self.round
        self.note("is-confirmed", src, *told)
        self.answer_if_confirmed()

    @rule("dissertation 6.4")
    def counts_confirmation(self, reply):
        """An answer to an earlier round was given before the reads of this one came."""
        under_way = bool(self.confirmed_by) and reply.round == self.round
        return under_way and reply.term == self.current_term

    @rule("dissertation 6.4")
    def is_confirmed(self):
        return self.is_quorum(self.confirmed_by)

    def answer_if_confirmed(self):
        if self.is_confirmed():
            self.end_round()

    def end_round(self):
        answered, self.asked, self.confirmed_by = self.asked, (), frozenset()
        for request in answered:
            self.answer_read("reads-confirmed", request)
        if self.unasked:
            self.serve()

    def step_down(self):
        """Nobody knows yet who leads now, so there is nobody to send the clients to."""
        super().step_down()
        refused = (*self.asked, *self.unasked)
        if refused:
            self.note("refuses-reads", len(refused))
        for request in refused:
            self.respond(request, NotLeader(None))
        self.asked, self.unasked, self.confirmed_by = (), (), frozenset()

    def observe(self):
        waiting = len(self.asked) + len(self.unasked)
        return showing(super().observe(), **({"reads": waiting} if waiting else {}))


def lease_of(round):
    """The name of the timer that ends the lease of a round."""
    return f"lease-{round}"


class LeaseReads:
    """While its lease holds a leader answers without asking; else by ReadIndex (dissertation
    §6.4.1).

    With every heartbeat goes a round. Once a majority has answered it, they will help to elect
    nobody else within a minimum election timeout of hearing it: that is what StickyLeader sees to,
    and why this part needs it; so does Raft's own rule that a follower that hears its leader
    starts its timer anew. The lease therefore lasts for a minimum election timeout, less what
    the clocks may differ, and it counts from when the round was *sent*: the answers come later
    than the promise was made. It ends by itself, so that CheckQuorum is not needed for it.

    Three things void a lease: a server that restarts and has forgotten its promise (see
    `HearsLeaders.start`), a leader that has told another to stand (see `Transfer`), and a clock
    that runs faster than `clock_drift_bound` times another. Against the last there is no rule.
    """

    needs = ("read-index", "sticky-leader")
    settings = ("clock_drift_bound",)
    says = {
        "holds-lease": "has the answers of a majority to round {0}: until {1} ms after that was"
        " sent it need not ask (dissertation §6.4.1)",
        "lease-ends": "has no lease any more: round {0} was sent {1} ms ago (dissertation §6.4.1)",
        "reads-by-lease": "answers {0} = {1} from its own copy, up to entry {2}: its lease of"
        " round {3} holds, so nobody else can lead (dissertation §6.4.1)",
    }

    clock_drift_bound = 1.1  # how many times faster one server's clock may run than another's
    lease = None  # the round that gave the lease; its timer runs exactly then
    offered = None  # the round under way, while it can still become the lease
    permission_given_in = 0  # set by `Transfer`: a term in which another was told to stand

    @rule("dissertation 6.4.1")
    def lease_time(self):
        """In ms of this server's clock. A bound below 1 would be more than followers promise."""
        return self.election_timeout[0] / max(1, self.clock_drift_bound)

    @rule("dissertation 6.4.1")
    def holds_lease(self):
        return self.lease is not None and self.permission_given_in != self.current_term

    def serve(self):
        """Answer not now but in 0 ms, after whatever was due by then.

        A server has no clock; a timer that is due at once is how it asks for the time. If the
        process stood still, its lease ran out meanwhile without its knowing, but that timer comes
        first. So the lease is looked at when the answer is given, not when it was asked for.
        """
        self.set_timer(READ, 0)

    def on_timer(self, name):
        if name == READ:
            self.serve_now()
        elif name in (lease_of(self.lease), lease_of(self.offered)):
            self.end_lease(name)
        else:
            super().on_timer(name)
            if name == HEARTBEAT and self.role == LEADER and self.knows_what_is_committed():
                if not self.confirmed_by:
                    self.begin_round()

    def serve_now(self):
        if not self.unasked:
            return
        if not self.holds_lease():
            super().serve()
            return
        answered, self.unasked = self.unasked, ()
        for request in answered:
            self.answer_read("reads-by-lease", request, self.lease)

    def begin_round(self):
        """The time of the lease runs from here, whenever the answers come."""
        self.offered = self.round + 1
        self.set_timer(lease_of(self.offered), self.lease_time())
        super().begin_round()

    def end_round(self):
        if self.offered is not None:
            if self.lease is not None:
                self.cancel_timer(lease_of(self.lease))
            self.lease, self.offered = self.offered, None
            self.note("holds-lease", self.lease, round(self.lease_time()))
        super().end_round()

    def end_lease(self, name):
        if name == lease_of(self.offered):
            self.offered = None
        else:
            self.note("lease-ends", self.lease, round(self.lease_time()))
            self.lease = None

    def step_down(self):
        for ended in (self.lease, self.offered):
            if ended is not None:
                self.cancel_timer(lease_of(ended))
        self.lease = self.offered = None
        super().step_down()

    def observe(self):
        leads = {"holds_lease": self.holds_lease()} if self.role == LEADER else {}
        return showing(super().observe(), **leads)

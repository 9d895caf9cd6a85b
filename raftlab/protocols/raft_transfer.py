"""Leadership transfer: a leader hands over to a server of its choice.

Hold beside it: D. Ongaro, "Consensus: Bridging Theory and Practice" (2014), §3.10, and the last
paragraph of §4.2.3. It is as if the clock of the chosen server jumped forward, so nothing about
safety changes; what it saves is the election timeout that the cluster would sit idle.
"""

from ..core import NotLeader, Refused, rule, value
from .raft import LEADER
from .raft_elections import showing
from .raft_messages import RequestVote

TRANSFER = "transfer"  # runs while a leader hands over; then it takes its leadership back


@value
class TimeoutNow:
    """Stand for election at once, as if your timer had run out (dissertation §3.10)."""

    term: int


@value
class PermittedRequestVote:
    """A RequestVote of a server whom the leader itself told to stand (dissertation §4.2.3)."""

    term: int
    candidate_id: str
    last_log_index: int
    last_log_term: int


class Transfer:
    """A leader hands over to a server of its choice (dissertation §3.10).

    Asked for by the command ("transfer", "S3"): it takes no more requests, brings S3's log level
    with its own, and tells S3 to stand at once. The answer is the id of whoever then leads, or
    Refused. After an election timeout without success it goes on as before.
    """

    messages = (TimeoutNow, PermittedRequestVote)
    says = {
        "starts-election": "stands in term {0} and votes for itself (§5.2)",
        "hands-over": "is asked to hand over to {0}: it takes no more requests and brings {0}'s"
        " log level with its own (dissertation §3.10)",
        "refuses-transfer": "does not hand over: {0}",
        "takes-no-request": "hands over to {0} and takes no request meanwhile (dissertation §3.10)",
        "tells-to-stand": "tells {0}, whose log is level with its own, to stand now"
        " (dissertation §3.10)",
        "is-told-to-stand": "is told by its leader {0} to stand (dissertation §3.10)",
        "ignores-permission": "ignores {0}'s word to stand: term {1} is over, this is term {2}",
        "has-handed-over": "hears that {0} leads now: the transfer is over (dissertation §3.10)",
        "keeps-leading": "has waited {1} ms for {0} to lead, in vain: the transfer is off"
        " (dissertation §3.10)",
    }

    transfer_to = None  # to whom this server is handing over
    transfer_asked = None  # the request that asked for it
    # The last term in which this leader told somebody to stand. That word may be long on its
    # way and cannot be taken back, so it ends the leases of the whole term (dissertation §6.4.1).
    permission_given_in = 0
    is_permitted = False  # only while `start_election` runs at a leader's word

    def on_request(self, request):
        match request.command:
            case ("transfer", target) if self.role == LEADER:
                why = self.refusal_of_transfer(target)
                if why is None:
                    self.begin_transfer(target, request)
                else:
                    self.note("refuses-transfer", why)
                    self.respond(request, Refused(why))
            case _ if self.role == LEADER and self.transfer_to is not None:
                self.note("takes-no-request", self.transfer_to)
                self.respond(request, NotLeader(self.transfer_to))
            case _:
                super().on_request(request)

    def refusal_of_transfer(self, target):
        """Why this leader cannot hand over to `target`, in words; None if it can."""
        if target == self.id:
            return f"{self.id} leads already"
        voters = [member for member in self.members if member != self.id]
        if target not in voters:
            return f"there is no other server {target!r} that votes; there are {', '.join(voters)}"
        if self.transfer_to is not None:
            return f"a transfer to {self.transfer_to} is under way"
        return None

    def begin_transfer(self, target, request):
        self.note("hands-over", target)
        self.transfer_to, self.transfer_asked = target, request
        self.set_timer(TRANSFER, self.election_timeout[0])
        if not self.is_level(target):
            self.replicate_to(target)
        self.tell_to_stand(target)

    @rule("dissertation 3.10")
    def is_level(self, target):
        """Only a target that holds all this leader holds is sure to be good enough to win."""
        return self.match_index.get(target) == self.log.last_index

    def tell_to_stand(self, target):
        if self.is_level(target):
            self.note("tells-to-stand", target)
            self.permission_given_in = self.current_term
            self.send(target, TimeoutNow(self.current_term))

    def on_append_entries_reply(self, src, reply):
        """Each answer of the target is a chance to say it, once more if the word was lost."""
        super().on_append_entries_reply(src, reply)
        if src == self.transfer_to and self.counts_reply(reply):
            self.tell_to_stand(src)

    def on_append_entries(self, src, append):
        super().on_append_entries(src, append)
        if self.transfer_asked is not None and self.leader_id not in (None, self.id):
            self.note("has-handed-over", self.leader_id)
            self.end_transfer(self.leader_id)

    def on_timer(self, name):
        if name != TRANSFER:
            super().on_timer(name)
        elif self.transfer_asked is not None:
            waited = self.election_timeout[0]
            self.note("keeps-leading", self.transfer_to, waited)
            self.end_transfer(Refused(f"{self.transfer_to} did not lead within {waited} ms"))

    def end_transfer(self, result):
        self.respond(self.transfer_asked, result)
        self.transfer_to = self.transfer_asked = None
        self.cancel_timer(TRANSFER)

    # -- On the target's side --

    def handle(self, src, message):
        match message:
            case TimeoutNow():
                self.on_timeout_now(src, message)
            case PermittedRequestVote():
                self.on_request_vote(src, message)  # in all else a RequestVote
            case _:
                super().handle(src, message)

    def on_timeout_now(self, src, message):
        if self.is_stale(message.term) or not self.may_start_election():
            self.note("ignores-permission", src, message.term, self.current_term)
            return
        self.note("is-told-to-stand", src)
        self.is_permitted = True
        self.start_election()
        self.is_permitted = False

    def broadcast(self, message):
        """Say in the requests themselves whose idea this was: "I have permission to disturb"."""
        if self.is_permitted and type(message) is RequestVote:
            message = PermittedRequestVote(
                message.term, message.candidate_id, message.last_log_index, message.last_log_term
            )
        super().broadcast(message)

    def observe(self):
        handing_over = {"transfer_to": self.transfer_to} if self.transfer_to else {}
        return showing(super().observe(), **handing_over)

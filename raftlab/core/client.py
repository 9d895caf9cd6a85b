"""A client of a replicated service: a node like any other, so that its messages can be lost, its
redirects watched and its retries counted."""

from .commands import write_command
from .errors import Impossible
from .events import ClientReply, ClientRequest, NotLeader, Superseded
from .node import Node
from .observe import Observation


class Client(Node):
    """Asks one request after the other, follows redirects, and asks again when nobody answers.

    A repeat carries the same serial number, so the service can tell it from a new request
    (§8). `members` are the servers it knows.
    """

    persistent = ("serial",)
    settings = ("retry_after",)
    replaces_values = True
    says = {
        "asks": "asks {0} for {1} (request {2})",
        "asks-again": "has no answer after {0} ms and asks {1} the same again (request {2}, §8)",
        "is-redirected": "is told that {0} leads and asks there (§8)",
        "finds-no-leader": "is told by {0} that it knows no leader, and waits",
        "is-answered": "has its answer to request {0}: {1}",
        "ignores-answer": "ignores an answer to request {0}: that one is settled",
    }

    serial = 0
    server = None  # whom it believes to lead
    waiting = ()  # what the world has asked and has no answer yet; the first is under way

    retry_after = 500

    def on_request(self, request):
        self.waiting = (*self.waiting, request)
        if len(self.waiting) == 1:
            self.begin()

    def begin(self):
        self.serial += 1
        self.server = self.server or self.members[0]
        self.note("asks", self.server, write_command(self.waiting[0].command), self.serial)
        self.ask()

    def ask(self):
        self.send(self.server, ClientRequest(self.id, self.serial, self.waiting[0].command))
        self.set_timer("retry", self.retry_after)

    def on_timer(self, name):
        after = self.members.index(self.server) + 1
        self.server = self.members[after % len(self.members)]
        self.note("asks-again", self.retry_after, self.server, self.serial)
        self.ask()

    def on_message(self, src, message):
        if type(message) is not ClientReply:
            raise Impossible(f"client {self.id} knows no message {type(message).__name__}")
        if message.serial != self.serial or not self.waiting:
            self.note("ignores-answer", message.serial)
            return
        result = message.result
        if type(result) is NotLeader and result.leader_id is None:
            self.note("finds-no-leader", src)  # the retry timer is running
        elif type(result) is NotLeader:
            self.server = result.leader_id
            self.note("is-redirected", self.server)
            self.ask()
        elif type(result) is Superseded:
            self.ask()
        else:
            self.note("is-answered", self.serial, result)
            self.server = src
            self.cancel_timer("retry")
            self.answered(self.waiting[0], result)
            self.waiting = self.waiting[1:]
            if self.waiting:
                self.begin()

    def answered(self, request, result):
        """The cluster has carried out `request`: what a client of another kind does with that is
        its own affair (`protocols/tenant.py`)."""
        self.respond(request, result)

    def observe(self):
        return Observation(
            self.id, "client", leader=self.server,
            fields={"serial": self.serial, "waiting": len(self.waiting)},
        )  # fmt: skip

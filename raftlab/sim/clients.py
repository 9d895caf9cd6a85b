"""Clients: how requests reach a cluster, and what became of them.

A `Client` is a node like any other, so its messages can be lost, its redirects watched and
its retries counted. `operations` reads off a run what every client saw.
"""

from ..core import (
    REFUSALS,
    ClientReply,
    ClientRequest,
    Impossible,
    Node,
    NotLeader,
    Observation,
    Op,
    Request,
    Respond,
    Superseded,
    write_command,
)
from .story import begun


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
            self.respond(self.waiting[0], result)
            self.waiting = self.waiting[1:]
            if self.waiting:
                self.begin()

    def observe(self):
        return Observation(
            self.id, "client", leader=self.server,
            fields={"serial": self.serial, "waiting": len(self.waiting)},
        )  # fmt: skip


def operations(steps, stamp=lambda item: item.state.time):
    """The client operations in `steps`, in order of their start: a list of `Op`.

    `stamp` dates a step, in ms if left out; who must know which of two things at one instant
    came first dates by `state.step_no` instead.

    An operation without an answer is "unknown", not failed: it may still take effect.
    Attempts by the same client with the same serial are one operation, which has failed only
    when every one of them was refused.
    """
    found, open_attempts = {}, {}
    for item in steps:
        action = begun(item.action)
        if type(action) is Request:
            name = action.client or action.node
            key = (action.client, action.client or action.node, action.serial)
            op = found.setdefault(key, [name, action.command, stamp(item), None, None, "unknown"])
            open_attempts[key] = open_attempts.get(key, 0) + 1
            if op[5] == "fail":
                op[3:] = None, None, "unknown"
        for effect in item.effects:
            if type(effect) is not Respond:
                continue
            # What a server answers a client node is that node's affair; its own answer counts.
            asked = effect.request
            key = (asked.client, asked.client or _actor(item), asked.serial)
            op = found.get(key)
            if op is None or op[5] == "ok":
                continue
            if type(effect.result) not in REFUSALS:
                op[3:] = stamp(item), effect.result, "ok"
                continue
            open_attempts[key] -= 1
            if not open_attempts[key]:
                op[3:] = stamp(item), effect.result, "fail"
    return [Op(*op) for op in found.values()]


def _actor(item):
    action = item.action
    return getattr(action, "dst", None) or getattr(action, "node", None)

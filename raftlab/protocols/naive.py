"""Designs that fail: a store with copies, as one would build it before having heard of consensus.

Each is small, plausible, and claims to look like one copy (`linearizability`); each but the first
is refuted by a short history, which `rl.explore` finds with the class's own `bounds` and a reader
finds by hand. None of them is a protocol of a paper. In the order in which one thinks of them:

    coordinator              one server does everything: nothing wrong is ever said, until it dies
    write-to-one             any server takes a write and answers; the others hear of it later
    write-to-all             any server takes a write and answers when all copies have it
    primary-without-quorum   one server takes the writes; who misses it for long takes its place
    reachable-quorum         a primary needs a majority of the servers that it can reach
    configured-quorum        a primary needs a majority of all servers, within reach or not

The last three stand in `naive_primary.py`. The last one counts as Raft does and fails all the same:
what it lacks is the term (§5.1).
"""

from ..core import Node, NotLeader, Observation, execute, value, write_command
from .machine import EMPTY, KeyValue


@value
class Write:
    """Store this."""

    number: int
    command: tuple


@value
class Stored:
    """What you asked me to store under this number is stored."""

    number: int


SAYS = {
    "answers": "answers {0} by its own copy, and asks nobody",
    "stores": "stores {0}, as {1} says",
    "waits": "stores {0} itself, and waits for all the others to store it, too",
    "waits-for-some": "carries out {0} itself, and waits for a majority to hold it, too",
    "all-have": "has heard from all: every copy holds {0}, and the client is told",
    "sends-on": "sends the client to {0}",
    "takes-over": "is the primary from now on",
    "steps-down": "hears of the primary {0}, which comes before it, and gives up",
    "stays": "hears that {0} leads, but was asked more often or comes first: it stays",
    "hears": "hears from its primary, {0}",
    "copies": "takes over the data of {0} in place of its own",
    "asks-around": "misses the primary, and asks the others whether they miss it, too",
    "has-enough": "counts {0} of {1} within reach, in a cluster of {2}: enough",
    "has-too-few": "counts {0} of {1} within reach, in a cluster of {2}: too few",
    "is-enough": "has it on {0} copies, with {1} of {2} servers within reach: it tells the client",
}


def is_read(command):
    return command[0] == "get"


class Copy(Node):
    """A server with a copy of the data. The base of all designs here."""

    persistent = ("data",)
    replaces_values = True
    properties = ("linearizability",)
    says = SAYS

    data = EMPTY

    def execute(self, command):
        """Carry a command out on the own copy; its result."""
        data, result = execute(self.data.data, command)
        self.data = KeyValue(data, {})
        return result

    def answer(self, request):
        self.note("answers", write_command(request.command))
        self.respond(request, self.execute(request.command))

    def store(self, src, message):
        self.note("stores", write_command(message.command), src)
        self.execute(message.command)

    def observe(self):
        return Observation(self.id, fields=self.data.data)


class Coordinator(Copy):
    """The first server decides alone; the others only say who that is."""

    replaces_values = True
    bounds = {"requests": [("set", "x", 1), ("get", "x")], "terms": None, "crashes": 1}

    def on_request(self, request):
        if self.id == self.members[0]:
            self.answer(request)
        else:
            self.note("sends-on", self.members[0])
            self.respond(request, NotLeader(self.members[0]))

    def observe(self):
        role = "leader" if self.id == self.members[0] else "follower"
        return Observation(self.id, role, fields=self.data.data)


class WriteToOne(Copy):
    """Whoever is asked answers at once, and tells the others afterwards."""

    replaces_values = True
    messages = (Write,)
    bounds = {"requests": [("set", "x", 1), ("get", "x")], "terms": None, "by": "messages"}

    def on_request(self, request):
        self.answer(request)
        if not is_read(request.command):
            self.broadcast(Write(request.serial, request.command))

    def on_message(self, src, message):
        self.store(src, message)


class WriteToAll(Copy):
    """Whoever is asked to write answers when every copy has it; reads are answered at once."""

    replaces_values = True
    messages = (Write, Stored)
    bounds = {
        "requests": [("set", "x", 1), ("get", "x"), ("get", "x")], "terms": None, "by": "messages",
    }  # fmt: skip
    waiting = ()  # (number, request, its result, who stores it): not on all copies yet
    numbered = 0

    def on_request(self, request):
        if is_read(request.command):
            self.answer(request)
            return
        result = self.execute(request.command)
        self.numbered += 1
        self.note("waits", write_command(request.command))
        self.waiting = (*self.waiting, (self.numbered, request, result, frozenset((self.id,))))
        self.broadcast(Write(self.numbered, request.command))
        self.answer_what_all_have()

    def on_message(self, src, message):
        if type(message) is Write:
            self.store(src, message)
            self.send(src, Stored(message.number))
            return
        self.waiting = tuple(
            (number, request, result, stored | {src} if number == message.number else stored)
            for number, request, result, stored in self.waiting
        )
        self.answer_what_all_have()

    def answer_what_all_have(self):
        for _, request, result, stored in self.waiting:
            if len(stored) == len(self.members):
                self.note("all-have", write_command(request.command))
                self.respond(request, result)
        self.waiting = tuple(one for one in self.waiting if len(one[-1]) < len(self.members))

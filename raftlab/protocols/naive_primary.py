"""Designs that fail, continued from `naive.py`: one server leads, and another takes its place.

Somebody has to notice that the primary is gone, and all they have is silence. So two may lead at a
time; the question is only whether both may answer. Who has missed the primary for its election
timeout takes over at once, or after a majority has agreed: of those within reach, or of all.
"""

from ..core import NotLeader, Observation, majority, value, write_command
from .naive import Coordinator, Copy, WriteToAll, WriteToOne

BEAT, SILENCE, COUNT = "heartbeat", "election", "count"  # the first two are names the lab knows


@value
class Lead:
    """I am the primary, and this is the data after I was `asked` so many times."""

    asked: int
    data: object


@value
class Following:
    """I follow you, and hold your data as of so many requests."""

    asked: int


@value
class MayILead:
    """I miss the primary. Do you?"""


@value
class YouMay:
    """Whether I miss it, too."""

    yes: bool


class Primary(Copy):
    """Whoever has missed the primary for long takes its place. The primary answers at once."""

    settings = ("election_timeout", "heartbeat_interval")
    persistent = ("data", "asked")
    replaces_values = True
    messages = (Lead,)
    bounds = {"requests": [("set", "x", 1), ("get", "x")], "terms": None, "by": "messages"}

    role = "follower"
    leader_id = None
    asked = 0  # how many requests have made the data what it is

    # Configuration, in ms.
    election_timeout = (150, 300)
    heartbeat_interval = 50

    # -- what the designs below do otherwise --

    def on_silence(self):
        self.take_over()

    def settle(self, request, result):
        """The request is carried out here; when may its client be told?"""
        self.note("answers", write_command(request.command))
        self.respond(request, result)

    # -- timers, clients --

    def start(self):
        self.set_timer(SILENCE, *self.election_timeout)

    def on_timer(self, name):
        if name == SILENCE:
            self.on_silence()
        else:
            self.beat()

    def on_request(self, request):
        if self.role != "leader":
            self.note("sends-on", self.leader_id or "nobody: it knows no primary")
            self.respond(request, NotLeader(self.leader_id))
            return
        result = self.execute(request.command)
        self.asked += 1
        self.settle(request, result)
        self.broadcast(Lead(self.asked, self.data))

    # -- roles --

    def take_over(self):
        self.role, self.leader_id = "leader", self.id
        self.note("takes-over")
        self.cancel_timer(SILENCE)
        self.beat()

    def beat(self):
        self.broadcast(Lead(self.asked, self.data))
        self.set_timer(BEAT, self.heartbeat_interval)

    def follow(self, src, message):
        if self.role == "leader":
            self.note("steps-down", src)
            self.cancel_timer(BEAT)
        self.role, self.leader_id = "follower", src
        self.note("hears" if self.data == message.data else "copies", src)
        self.data, self.asked = message.data, message.asked
        self.set_timer(SILENCE, *self.election_timeout)

    def on_message(self, src, message):
        if self.role == "leader" and self.outranks(src, message):
            self.note("stays", src)
        else:
            self.follow(src, message)

    def outranks(self, src, message):
        """Of two primaries the busier stays, of equal ones the first by name."""
        return (message.asked, self.members.index(self.id)) < (
            self.asked, self.members.index(src)
        )  # fmt: skip

    def observe(self):
        return Observation(self.id, self.role, leader=self.leader_id, fields=self.data.data)


class ReachableQuorum(Primary):
    """To lead, and to answer, takes a majority of the servers that one can reach.

    Whoever misses the primary asks the others whether they miss it too, and counts after a while;
    those who answered are those it can reach. A primary can reach those who answered its beat.
    """

    settings = (*Primary.settings, "count_after")
    replaces_values = True
    messages = (Lead, Following, MayILead, YouMay)
    bounds = {
        "requests": [("set", "x", 1), ("get", "x")], "terms": None, "by": "messages", "servers": 2,
    }  # fmt: skip

    misses = False  # whether it has heard no primary for its election timeout
    reachable = frozenset()  # who answered the last time, itself included
    answering = frozenset()  # who has answered since
    agreeing = frozenset()  # who misses the primary, too
    stored = {}  # of each follower: how many requests its data has seen
    waiting = ()  # (number, request, result) that clients have not been told of

    count_after = 50

    def may_decide(self, servers):
        """Whether these servers are enough: a majority of those within reach."""
        return len(servers & self.reachable) >= majority(len(self.reachable))

    # -- to lead --

    def on_silence(self):
        self.misses, self.role = True, "candidate"
        self.answering = self.agreeing = frozenset((self.id,))
        self.note("asks-around")
        self.broadcast(MayILead())
        self.set_timer(COUNT, self.count_after)

    def on_timer(self, name):
        if name == COUNT:
            self.count()
        else:
            super().on_timer(name)

    def count(self):
        if self.role != "candidate":
            return
        self.reachable = self.answering
        told = len(self.agreeing), len(self.reachable), len(self.members)
        if self.may_decide(self.agreeing):
            self.note("has-enough", *told)
            self.take_over()
        else:
            self.note("has-too-few", *told)
            self.role = "follower"
            self.set_timer(SILENCE, *self.election_timeout)

    # -- to answer --

    def settle(self, request, result):
        self.note("waits-for-some", write_command(request.command))
        self.waiting = (*self.waiting, (self.asked, request, result))
        self.answer_what_is_enough()

    def beat(self):
        self.reachable = self.answering | {self.id}
        self.answering = frozenset((self.id,))
        super().beat()
        self.answer_what_is_enough()

    def take_over(self):
        self.misses, self.waiting, self.stored = False, (), {}
        super().take_over()

    def answer_what_is_enough(self):
        for number, request, result in self.waiting:
            holding = {id for id in self.peers if self.stored.get(id, -1) >= number} | {self.id}
            if self.may_decide(holding):
                self.note("is-enough", len(holding), len(self.reachable), len(self.members))
                self.respond(request, result)
                self.waiting = tuple(one for one in self.waiting if one[0] != number)

    # -- messages --

    def on_message(self, src, message):
        match message:
            case MayILead():
                self.send(src, YouMay(self.misses))
            case YouMay():
                self.answering |= {src}
                if message.yes:
                    self.agreeing |= {src}
            case Following():
                if self.role == "leader":
                    self.answering |= {src}
                    self.stored = {**self.stored, src: message.asked}
                    self.answer_what_is_enough()
            case Lead():
                super().on_message(src, message)

    def follow(self, src, message):
        self.misses, self.waiting = False, ()
        self.cancel_timer(COUNT)
        super().follow(src, message)
        self.send(src, Following(self.asked))


def two_lead(state):
    """Whether two servers take themselves for the primary."""
    return sum(state.observe(id).role == "leader" for id in state.config.servers) > 1


class ConfiguredQuorum(ReachableQuorum):
    """The same, but a majority is one of all servers, dead, cut off or alive."""

    replaces_values = True
    bounds = {
        "terms": None,
        "stages": [
            {"until": two_lead, "requests": 0},
            {"requests": [("set", "x", 1), ("get", "x")]},
        ],
    }

    def may_decide(self, servers):
        return self.is_quorum(servers)


DESIGNS = {
    "coordinator": Coordinator,
    "write-to-one": WriteToOne,
    "write-to-all": WriteToAll,
    "primary-without-quorum": Primary,
    "reachable-quorum": ReachableQuorum,
    "configured-quorum": ConfiguredQuorum,
}

"""Configuration: V1 and V2 look again and again which version of it the cluster has.

The key "config" holds the number of the version in force. Two questions. Is what a watcher is told
still true? Only if whoever answers has asked a majority whether it still leads. And can a watcher
go back? It can if it changes to a server that is behind the one before, so it remembers the
highest version that it has seen, and takes no older one: that needs no majority, but tells it only
that it is not worse off than before.
"""

from ..core import Client, Observation, rule
from .composed import protocol
from .tenant import Program

LOOK = "look"


class Watcher(Program):
    """Asks for the configuration, acts by it, and asks again."""

    settings = ("retry_after", "look_interval")
    replaces_values = True
    words = {"term": "version"}
    says = {
        **Client.says,
        "goes-by": "goes by version {0} from now on",
        "ignores-older": "is told version {0} by {2}, and has seen {1}: it stays with that",
    }

    version = 0  # of the configuration that it goes by
    look_interval = 60

    def start(self):
        self.look()

    def look(self):
        self.tell(("get", "config"))

    def on_timer(self, name):
        if name == LOOK:
            self.look()
        else:
            super().on_timer(name)

    def told(self, command, result):
        version = result if type(result) is int else 0
        if version != self.version and self.may_go_by(version):
            self.note("goes-by", version)
            self.version = version
        elif version < self.version:
            self.note("ignores-older", version, self.version, self.server)
        self.set_timer(LOOK, self.look_interval)

    @rule("versions")
    def may_go_by(self, version):
        """An older version than the one it has seen is out of force, whoever names it."""
        return version >= self.version

    def observe(self):
        return Observation(self.id, "watcher", term=self.version or None, leader=self.server)


class Configuration(protocol("raft+read-index")):
    """A cluster that keeps a configuration, and two who go by it."""

    company = {"V1": Watcher, "V2": Watcher}
    replaces_values = True
    symmetric = False
    properties = (*protocol("raft").properties, "versions_in_order")
    bounds = {"servers": 3, "terms": 2, "cut": False, "asked": ("S1", "S2", "S3"),
              "acts": ("S1", "S2", "S3"),
              "requests": [("set", "config", 1), ("get", "config")]}  # fmt: skip


class AnswersFromMemory:
    """Answers a read before anybody has confirmed that it still leads."""

    breaks = "linearizability"
    source = "dissertation §6.4, step 3 left out"
    bounds = Configuration.bounds

    def is_confirmed(self):
        return True


class TakesOlderVersions:
    """Goes by whatever version it is told."""

    of = Watcher
    breaks = "versions_in_order"
    source = "a watcher that restarts its view with every server it asks"
    bounds = None  # what has to go wrong besides, an answer of a deposed leader, is another rule's

    def may_go_by(self, version):
        return True


BREAKS = {
    "answers-from-memory": AnswersFromMemory,
    "takes-older-versions": TakesOlderVersions,
}

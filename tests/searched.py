"""What the tests of the search share."""

import raftlab as rl
from raftlab.core import Node

X = ("set", "x", 1)


def cluster(name="raft", servers=3):
    return rl.cluster(name, servers=servers, seed=1)


def explore(run="raft", **options):
    return rl.explore(run, progress=False, **options)


def leaders(state):
    return [id for id in state.config.servers if state.observe(id).role == "leader"]


def s1_leads(state):
    return "S1" in leaders(state)


def two_lead(state):
    return len(leaders(state)) == 2


class Trips(Node):
    """Falls over its third message."""

    heard = 0

    def start(self):
        self.set_timer("send", 10)

    def on_timer(self, name):
        self.broadcast("hello")
        self.set_timer("send", 10)

    def on_message(self, src, message):
        self.heard += 1
        if self.heard == 3:
            raise ValueError("too many")

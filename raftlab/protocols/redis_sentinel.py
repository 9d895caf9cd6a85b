"""The Sentinel: a program that makes a replica of a Redis the primary when the primary is silent.

It is one program here and not a majority of several, so it cannot be wrong about who agreed, and it
is one thing to lose. Servers tell it that they are alive; a real one asks (PING). Left out are
configuration epochs, the choice between replicas by how far they have got, and TILT (Redis
documentation, *high availability with Redis Sentinel*).
"""

from ..core import Node, Observation, value
from .redis import Alive, Follow


@value
class WhoIsPrimary:
    pass


@value
class PrimaryIs:
    id: str


class Sentinel(Node):
    """Makes a replica the primary when it has not heard from the primary for `down_after` ms."""

    persistent = ("primary",)
    settings = ("down_after",)
    replaces_values = True
    messages = (Alive, Follow, WhoIsPrimary, PrimaryIs)
    says = {
        "is-down": "has not heard from {0} for {1} ms: it takes it to be down",
        "promotes": "makes {0} the primary, and tells all",
        "finds-none": "finds nobody to make the primary",
        "corrects": "hears that {0} goes by another primary, and tells it to go by {1}",
    }

    primary = None
    down = ()  # the servers that it takes to be down
    clients = ()  # whom it tells

    down_after = 300  # ms

    def start(self):
        self.primary = self.primary or self.members[0]
        for server in self.members if self.peers[1:] else ():
            self.set_timer(server, self.down_after)

    def on_timer(self, server):
        self.note("is-down", server, self.down_after)
        self.down = (*self.down, server)
        self.see_to_it()

    def on_message(self, src, message):
        match message:
            case WhoIsPrimary():
                self.send(src, PrimaryIs(self.primary))
            case Alive(primary):
                self.down = tuple(one for one in self.down if one != src)
                self.set_timer(src, self.down_after)
                self.see_to_it()
                if primary != self.primary:
                    self.note("corrects", src, self.primary)
                    self.send(src, Follow(self.primary))

    def see_to_it(self):
        """Who takes over is chosen by who is up: what it knows, nobody asks."""
        if self.primary not in self.down:
            return
        up = [server for server in self.members if server not in self.down]
        if not up:
            self.note("finds-none")
            return
        self.primary = up[0]
        self.note("promotes", self.primary)
        for server in up:  # the others are told when they say that they are alive
            self.send(server, Follow(self.primary))
        for client in self.clients:
            self.send(client, PrimaryIs(self.primary))

    def observe(self):
        down = {"down": self.down} if self.down else {}
        return Observation(self.id, "sentinel", leader=self.primary, fields=down)

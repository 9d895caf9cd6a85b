"""A Redis, as far as a lock needs one: a few commands, keys whose time runs out, a replica.

The primary answers first and tells its replica afterwards, in a numbered stream; what is lost of
that shows when the replica says, once in a while, how far it has got, and then it is sent all. So a
replica that takes over may not know what the primary has answered (Redis documentation,
*replication*). Who is the primary is the word of a Sentinel (`redis_sentinel.py`), not of the data.

The time of a key runs on the server's own clock. A node here has timers and no clock, so a key that
is read from disk or copied whole begins its time anew, where a real one knows the moment of its
end. A replica does not end a key by itself: it shows it no more and waits for the primary's word.
What is written is on disk before it is answered (appendfsync always; real ones do so if told to).
"""

from ..core import Node, NotLeader, Observation, Refused, value, write_command

ALIVE, ACK = "alive", "ack"  # the timers of a server; all others are those of its keys


# -- between servers, and with the Sentinel -----------------------------------------------


@value
class Feed:
    """Change `offset` of the stream: what `key` holds now (None: it is gone), for `ttl` ms."""

    offset: int
    key: str
    held: object
    ttl: float | None


@value
class Ack:
    """I have the stream up to `offset`; None: send me all that you hold."""

    offset: int | None


@value
class Copy:
    """All keys as they are behind change `offset`."""

    offset: int
    keys: object


@value
class Alive:
    """I am up, and go by this primary."""

    primary: str


@value
class Follow:
    """From now on `primary` is the primary."""

    primary: str


class Redis(Node):
    """A server. The first is the primary, the others are its replicas."""

    persistent = ("keys", "offset", "primary")
    settings = ("alive_every", "ack_every")
    replaces_values = True
    symmetric = False
    messages = (Feed, Ack, Copy, Alive, Follow)
    says = {
        "executes": "executes {0}: {1}",
        "is-replica": "does not execute {0}: it is a replica, and read-only",
        "expires": "lets go of {0}: {2} ms are over, and it was {1}",
        "waits-for-word": "shows {0} no more: its {2} ms are over; the primary will say so",
        "begins-anew": "has read {0} = {1} from its disk, and lets its {2} ms begin anew",
        "hears": "hears of change {0}: {1} = {2}",
        "misses": "hears of change {0} and knows only {1}: it asks for all",
        "sends-all": "sends {0} all that it holds",
        "takes-all": "takes over all keys of {0}, and forgets its own",
        "is-promoted": "is the primary from now on, with what it knows",
        "follows": "is a replica of {0} from now on",
    }

    keys = {}  # {key: (what it holds, its ttl in ms or None)}
    overdue = ()  # of a replica: the keys whose time is over, and it has not been told so
    offset = 0  # how many changes have made the keys what they are
    primary = None
    wronged = ()  # "A ends B#2": who did what to whose lock. For those who judge, not for Redis
    sentinel = "sentinel"

    # Configuration, in ms.
    alive_every = 50
    ack_every = 1000

    # -- commands --

    def on_request(self, request):
        command = request.command
        reads = isinstance(command, tuple) and command[:1] == ("GET",)
        if self.primary != self.id and not reads:
            self.note("is-replica", write_command(command))
            self.respond(request, NotLeader(None))
            return
        self.watch(command, request.client)
        result = self.execute(command)
        self.note("executes", write_command(command), "nil" if result is None else result)
        self.respond(request, result)

    def execute(self, command):
        """The result of a command, as Redis has it: "OK" or nothing, 1 or 0, or what is held."""
        match command:
            case ("GET", key):
                return self.held(key)
            case ("SET", key, new, "NX", "PX", ttl):
                return None if key in self.keys else self.put(key, new, ttl)
            case ("SET", key, new, "IFEQ", held, "PX", ttl):
                return self.put(key, new, ttl) if self.held(key) == held else None
            case ("SET", key, new):
                return self.put(key, new)
            case ("SETNX", key, new):
                return 0 if key in self.keys else int(self.put(key, new) == "OK")
            case ("PEXPIRE", key, ttl):
                return int(key in self.keys and self.put(key, self.held(key), ttl) == "OK")
            case ("DEL", key):
                return self.remove(key)
            case ("DELEX", key, "IFEQ", held):
                return self.remove(key) if self.held(key) == held else 0
            case ("INCR", key) if isinstance(self.held(key) or 0, int):
                self.put(key, (self.held(key) or 0) + 1, self.keys.get(key, (0, None))[1])
                return self.held(key)
        return Refused(f"{write_command(command)} is no command of this Redis")

    def held(self, key):
        return None if key in self.overdue else self.keys.get(key, (None, None))[0]

    def put(self, key, new, ttl=None):
        self.store(key, new, ttl)
        self.feed(key)
        return "OK"

    def remove(self, key):
        if key not in self.keys:
            return 0
        self.drop(key)
        self.feed(key)
        return 1

    def watch(self, command, client):
        """Write down, for those who judge, who ends or renews a lock that is another's: it holds
        "B#2", and the command is not B's."""
        match command:
            case ("DEL", key):
                deed = "ends"
            case ("PEXPIRE", key, _):
                deed = "renews"
            case _:
                return
        self.blame(client, deed, self.held(key))

    def blame(self, client, deed, owner):
        if isinstance(owner, str) and "#" in owner and owner.partition("#")[0] != client:
            self.wronged = (*self.wronged, f"{client} {deed} {owner}")

    # -- keys and their time --

    def store(self, key, new, ttl):
        self.keys = {**self.keys, key: (new, ttl)}
        self.overdue = tuple(one for one in self.overdue if one != key)
        if ttl is None:
            self.cancel_timer(key)
        else:
            self.set_timer(key, ttl)

    def drop(self, key):
        self.keys = {one: held for one, held in self.keys.items() if one != key}
        self.overdue = tuple(one for one in self.overdue if one != key)
        self.cancel_timer(key)

    def expire(self, key):
        held, ttl = self.keys[key]
        if self.primary == self.id:
            self.note("expires", key, held, ttl)
            self.remove(key)
        else:
            self.note("waits-for-word", key, held, ttl)
            self.overdue = (*self.overdue, key)

    # -- the stream to the replicas --

    def feed(self, key):
        """Tell the replicas what became of a key. The client has its answer by then."""
        self.offset += 1
        held, ttl = self.keys.get(key, (None, None))
        for replica in self.replicas():
            self.send(replica, Feed(self.offset, key, held, ttl))

    def replicas(self):
        return self.peers

    def follow_stream(self, message):
        if message.offset > self.offset + 1:
            self.note("misses", message.offset, self.offset)
            self.send(self.primary, Ack(None))
        elif message.offset == self.offset + 1:
            self.offset, held = message.offset, message.held
            self.note("hears", message.offset, message.key, "nothing" if held is None else held)
            if held is None:
                self.drop(message.key)
            else:
                self.store(message.key, held, message.ttl)

    def take_all(self, src, message):
        self.note("takes-all", src)
        for key in self.keys:
            self.drop(key)
        self.offset = message.offset
        for key, (held, ttl) in message.keys.items():
            self.store(key, held, ttl)

    # -- roles --

    def start(self):
        self.primary = self.primary or self.members[0]
        for key, (held, ttl) in self.keys.items():
            if ttl is not None:
                self.note("begins-anew", key, held, ttl)
                self.set_timer(key, ttl)
        if self.replicas():
            self.set_timer(ALIVE, self.alive_every)
            self.listen()

    def listen(self):
        if self.primary != self.id:
            self.send(self.primary, Ack(self.offset))
            self.set_timer(ACK, self.ack_every)

    def follow(self, primary):
        if primary == self.primary:
            return
        self.primary = primary
        if primary != self.id:
            self.note("follows", primary)
            self.send(primary, Ack(None))
            self.set_timer(ACK, self.ack_every)
            return
        self.note("is-promoted")
        self.cancel_timer(ACK)
        for key in self.overdue:
            self.remove(key)

    def on_timer(self, name):
        if name in self.keys:
            self.expire(name)
        elif name == ALIVE:
            self.send(self.sentinel, Alive(self.primary))
            self.set_timer(ALIVE, self.alive_every)
        elif name == ACK:
            self.listen()

    def on_message(self, src, message):
        match message:
            case Feed() if src == self.primary:
                self.follow_stream(message)
            case Ack(offset) if self.primary == self.id and offset != self.offset:
                self.note("sends-all", src)
                self.send(src, Copy(self.offset, self.keys))
            case Copy() if src == self.primary:
                self.take_all(src, message)
            case Follow(primary):
                self.follow(primary)

    def observe(self):
        role = "primary" if self.primary == self.id else "replica"
        follows = None if role == "primary" else self.primary
        seen = {key: held for key, (held, _) in self.keys.items() if key not in self.overdue}
        seen |= {"wronged": self.wronged} if self.wronged else {}
        return Observation(self.id, role, leader=follows, fields=seen)

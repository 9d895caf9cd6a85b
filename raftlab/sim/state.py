"""What a cluster is at one instant, and what would happen next in it.

Everything here is looked at, never changed: `cluster.step` makes the next state.
"""

from operator import attrgetter

from ..core import Deliver, Drop, Fire, Impossible, value

UP, DOWN, PAUSED = "up", "down", "paused"
NEVER = float("inf")


@value
class Config:
    """What never changes in a run. `places` maps a node id to its place in `State.nodes`."""

    seed: int
    chance: int
    servers: tuple
    clients: tuple
    places: dict


@value
class Hardware:
    """What a node runs on: a clock that runs `rate` times as fast as time does, and a disk.

    `disk` is None while the disk is honest. If it lies, `disk` is what it really holds, a tuple
    of (field, value): all that has been written since is in a cache, and gone in a crash.
    """

    rate: float = 1.0
    disk: tuple | None = None


SOUND = Hardware()


class Host:
    """A node with its timers and condition: "up", "down" (crashed) or "paused".

    `timers` is a tuple of (deadline in ms, name). A crashed host's node is what its disk
    holds, not yet started.
    """

    __slots__ = ("node", "timers", "mode", "hardware", "wakes_at")

    def __init__(self, node, timers=(), mode=UP, hardware=SOUND):
        self.node = node
        self.timers = timers
        self.mode = mode
        self.hardware = hardware
        if mode is not UP or not timers:
            self.wakes_at = NEVER
        elif len(timers) == 1:
            self.wakes_at = timers[0][0]
        else:
            self.wakes_at = min(timers)[0]


_wakes_at = attrgetter("wakes_at")


class State:
    """A whole cluster at one instant. Never changed; `step` makes the next one.

    `network` holds the messages in flight, earliest first; `cuts` the directed links
    (src, dst) that are broken; `time` is in ms.
    """

    __slots__ = ("config", "step_no", "time", "hosts", "network", "cuts", "dials", "_next")

    def __init__(self, config, step_no, time, hosts, network, cuts, dials):
        self.config = config
        self.step_no = step_no
        self.time = time
        self.hosts = hosts
        self.network = network
        self.cuts = cuts
        self.dials = dials
        self._next = None

    @property
    def next(self):
        """(when in ms, what) comes next in time: a host whose timer runs out, an envelope
        that arrives, or None; a message goes before a timer of the same instant."""
        found = self._next
        if found is None:
            hosts = self.hosts
            due = min(map(_wakes_at, hosts))
            what = None
            for envelope in self.network:
                if envelope.deliver_at > due:
                    break
                if hosts[self.config.places[envelope.dst]].mode != PAUSED:
                    due, what = envelope.deliver_at, envelope
                    break
            if what is None and due is not NEVER:
                what = next(host for host in hosts if host.wakes_at == due)
            found = self._next = (due if due > self.time else self.time, what)
        return found

    def forget_next(self):
        """A history keeps many states; what came next in each is not worth keeping too."""
        self._next = None

    def host(self, id):
        try:
            return self.hosts[self.config.places[id]]
        except (KeyError, TypeError):
            raise Impossible(unknown(self.config, id)) from None

    def but(self, time=None, hosts=None, network=None, cuts=None, dials=None):
        """The state one step later, with what is given in place of what was."""
        return State(
            self.config,
            self.step_no + 1,
            self.time if time is None else time,
            self.hosts if hosts is None else hosts,
            self.network if network is None else network,
            self.cuts if cuts is None else cuts,
            self.dials if dials is None else dials,
        )

    def with_host(self, host, **more):
        """The state one step later, with `host` in place of the host of the same node."""
        at = self.config.places[host.node.id]
        return self.but(hosts=self.hosts[:at] + (host,) + self.hosts[at + 1 :], **more)

    def __getitem__(self, id):
        """The node `id`, to look at; on a crashed host, what its disk holds."""
        return self.host(id).node

    def observe(self, id):
        return self.host(id).node.observation()

    @property
    def leader(self):
        """The id of the running leader with the highest term, or None."""
        best = None
        for host in self.hosts:
            if host.mode != DOWN:
                seen = host.node.observation()
                if seen.role == "leader" and (best is None or (seen.term or 0) > (best.term or 0)):
                    best = seen
        return best and best.id


def next_action(state):
    """What happens next if nobody interferes, or None when nothing ever will.

    Messages to a paused node wait for it; one that nobody will receive is dropped.
    """
    what = state.next[1]
    if what is None:
        return None
    if type(what) is Host:
        return Fire(what.node.id, min(what.timers)[1])
    kind = Drop if loss_of(state, what) else Deliver
    nth = 0 if what is state.network[0] else rank(state.network, what)
    return kind(what.src, what.dst, what.message, nth)


def running(host, name):
    """The timer `name` of `host`, as (deadline, name); Impossible if it does not run."""
    for timer in host.timers:
        if timer[1] == name:
            return timer
    there = ", ".join(name for _, name in host.timers) or "none"
    told = f"{host.node.id} has no timer {name!r} running; it has {there}"
    seen = host.node.observation()
    if name == "election" and seen.role == "leader":
        word = host.node.words.get("term", "term")
        now = "" if seen.term is None else f" {word} {seen.term}"
        told += (
            f". {seen.id} still leads{now}: a leader stands again only after a reboot (a crash and "
            f"a restart), or when it has heard of a later {word}"
        )
    raise Impossible(told)


def loss_of(state, envelope):
    """Why `envelope` will not arrive: "loss", "cut", "down", or None if it will."""
    if envelope.fate is not None:
        return envelope.fate
    if state.cuts and (envelope.src, envelope.dst) in state.cuts:
        return "cut"
    if state.hosts[state.config.places[envelope.dst]].mode == DOWN:
        return "down"
    return None


def rank(network, envelope):
    """How many equal messages on the same link come before `envelope`."""
    before = 0
    for other in network:
        if other is envelope:
            break
        same_link = other.src == envelope.src and other.dst == envelope.dst
        if same_link and other.message == envelope.message:
            before += 1
    return before


def unknown(config, id):
    clients = f" and {', '.join(config.clients)}" if config.clients else ""
    told = f"there is no node {id!r}; there are {', '.join(config.servers)}{clients}"
    # The usual way to name nobody: run.crash(run.leader).
    return told if id is not None else f"{told} (while nobody leads, run.leader is None)"

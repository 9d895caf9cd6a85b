"""Real Redis servers on 127.0.0.1: a primary and its replicas, to use and to ill-treat.

    with rl.real.Redis(replicas=1) as redis:
        redis.client().set("x", 5)
        redis.cut("S2")          # what S1 answers from now on does not reach S2
        redis.promote("S2")      # and now S2 is the primary

Servers are S1, S2 … as in the model, and what can be done to them has the model's names. Between a
replica and its primary lies a `link`, which can be cut or paused by itself.
"""

import sys

import redis

from ..core import Impossible
from .clock import OwnClock
from .found import redis_server
from .process import HERE, Process
from .servers import Servers

DISKS = {
    "none": ("--save", "", "--appendonly", "no"),
    "everysec": ("--save", "", "--appendonly", "yes", "--appendfsync", "everysec"),
    "always": ("--save", "", "--appendonly", "yes", "--appendfsync", "always"),
}


def connect(port, timeout=500):
    """A client of the server at `port` that waits `timeout` ms for an answer and then gives up.

    It asks once: the library's own default is to ask ten times more, so that a call to a server
    that stands still comes back after 12 s and more (measured).
    """
    seconds = timeout / 1000
    return redis.Redis(
        host="127.0.0.1", port=port, decode_responses=True, retry=None, socket_timeout=seconds,
        socket_connect_timeout=seconds,
    )  # fmt: skip


class Redis(Servers):
    """A primary, S1, and `replicas` more, each of them a process. They serve when this returns.

    `disk` says what a killed server still knows when it starts again: "none" (nothing),
    "everysec" or "always" (an append-only file, written through every second or at each
    command). `server` asks for the "installed" one, the one in the "wheel" or the "stand-in",
    else the first that there is; `server` of the object says which one it is. With `clock` each
    server goes by a clock of its own, which `jump` sets. Raises Impossible if there is no server,
    or it does not start, or it lacks what is asked for: a stand-in has no replicas, disk or clock.
    """

    def __init__(self, replicas=0, disk="none", server=None, clock=False):
        super().__init__()
        if disk not in DISKS:
            raise Impossible(f"there is no disk {disk!r}; there are {', '.join(DISKS)}")
        if type(replicas) is not int or not 0 <= replicas <= 5:
            raise Impossible(f"replicas must be a number from 0 to 5, not {replicas!r}")
        self.server, self.disk = redis_server(server), disk
        if not self.server.is_real and (replicas or disk != "none" or clock):
            lacks = (
                "has no replicas" if replicas else
                "keeps nothing on a disk" if disk != "none" else "goes by this machine's clock"
            )  # fmt: skip
            raise Impossible(
                f"this is {self.server}, and it {lacks}; rl.real.doctor() says what is here"
            )
        self.clock = OwnClock() if clock else None
        self.ahead = {}  # server → ms that its clock is ahead of the machine's
        self.primary = "S1"
        self.follows = {}  # replica → the port at which it finds its primary
        try:
            self._serve("S1")
            for number in range(2, replicas + 2):
                self._add_replica(f"S{number}")
        except BaseException:
            self.stop()
            raise

    def client(self, name=None, timeout=500):
        """A client (redis-py) of a server, if none is named of the primary; it waits `timeout`
        ms for an answer, and does not ask twice."""
        return connect(self.process(name or self.primary).port, timeout)

    def promote(self, name):
        """Make a replica the primary, as an operator or a Sentinel does. The old one is not asked:
        if it still runs, it still believes to be the primary."""
        self._ask(name, "REPLICAOF", "NO", "ONE")
        self.follows.pop(name, None)
        self.primary = name

    def follow(self, name, primary=None):
        """Make a server the replica of another: what only it had is gone."""
        primary = primary or self.primary
        if name == primary:
            raise Impossible(f"{name} cannot be a replica of itself")
        self._lay_link(name, primary)
        self._ask(name, "REPLICAOF", "127.0.0.1", self.follows[name])
        self._wait_for(name)

    def jump(self, name, ms):
        """Set the clock of a server, so that it is `ms` later there; earlier, if below 0."""
        process = self.process(name)
        if self.clock is None:
            raise Impossible(f"{name} goes by the clock of this machine: Redis(clock=True)")
        before = self._time(name)
        self.ahead[name] = self.ahead.get(name, 0) + ms
        self.clock.set(process.folder, self.ahead[name])
        half = abs(ms) / 2  # some ms pass meanwhile
        self.wait(lambda: abs(self._time(name) - before) > half, f"the clock of {name} has jumped")

    def _time(self, name):
        """ms since 1970, by the clock of a server."""
        seconds, rest = self.client(name).time()
        return seconds * 1000 + rest / 1000

    # -- the link between a replica and its primary --

    def cut(self, name):
        """Cut the link between the replica `name` and its primary."""
        self._link(name).kill()

    def delay(self, name):
        """Let what goes over that link wait, in the middle, until it is healed."""
        self._link(name).pause()

    def heal(self, name):
        """Let the link work again; what has waited goes on."""
        link = self._link(name)
        if link.is_paused():
            link.resume()
        elif not link.is_running():
            link.start()
        self._wait_for(name)

    # -- how it is made --

    def _serve(self, name):
        def command(port, folder):
            if not self.server.is_real:
                return [*self.server.command, port]
            follows = self.follows.get(name)  # asked again at each start: a replica may have risen
            program = [
                *self.server.command, "--port", port, "--bind", "127.0.0.1", "--dir", folder,
                "--daemonize", "no", "--repl-diskless-sync", "yes", "--repl-diskless-sync-delay",
                "0", *DISKS[self.disk], *(["--replicaof", "127.0.0.1", follows] if follows else []),
            ]  # fmt: skip
            return self.clock.around(program, folder) if self.clock else program

        self.add(Process(name, command, _serves))

    def _add_replica(self, name):
        self._lay_link(name, "S1")
        self._serve(name)
        self._wait_for(name)

    def _lay_link(self, name, primary):
        """Let a link lead from `name` to a primary, in place of the one there was."""
        target = self.process(primary).port
        if f"link-{name}" in self.processes:
            self.processes.pop(f"link-{name}").stop()
        link = Process(
            f"link-{name}",
            lambda port, folder: [sys.executable, "-P", HERE / "link.py", port, target],
        )
        self.add(link, inner=True)
        self.follows[name] = link.port

    def _wait_for(self, name):
        port, link = self.process(name).port, self._link(name)
        try:
            self.wait(lambda: _in_step(port), f"{name} has what its primary has")
        except Impossible as error:
            told = f"{name} wrote at last:\n{self.log(name)}\nIts link: {link.tail() or 'nothing'}"
            raise Impossible(f"{error}. {told}") from None

    def _link(self, name):
        self.process(name)
        link = self.processes.get(f"link-{name}")
        if link is None:
            raise Impossible(f"{name} was started as a primary: no link leads to it")
        return link

    def _ask(self, name, *command):
        try:
            self.client(name).execute_command(*command)
        except redis.RedisError as error:
            raise Impossible(f"{name} cannot do {' '.join(map(str, command))}: {error}") from None


def _serves(port):
    try:
        return bool(connect(port).ping())
    except redis.RedisError:
        return False


def _in_step(port):
    """Whether the server at `port` has all that its primary had, and gets what comes."""
    try:
        told = connect(port).info("replication")
    except redis.RedisError:
        return False
    return told.get("master_link_status") == "up"

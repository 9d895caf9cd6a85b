"""A distributed lock in use: A and B each change what a disk holds, one at a time.

The lock is a lease of the cluster, the disk is no part of the cluster. To add 1 to x, a holder
reads x, computes, and writes: in between the lock must be its own, and that is what no lock can
promise, because nothing stops a process from standing still there. So every request to the disk
carries the holder's token, and the disk, where the deeds arrive, refuses the older ones (fencing).

Another lock service needs servers of another class with a `company` like this one's: holders and
disk know nothing of Raft but ("acquire", key, who) and ("release", key, held).
"""

from ..core import Node, Observation, Refused, execute, rule, value, write_command
from .composed import protocol
from .tenant import Tenant

# -- between holders and the disk ---------------------------------------------------------


@value
class Read:
    token: int
    key: str


@value
class ReadReply:
    token: int
    held: object


@value
class Write:
    token: int
    key: str
    value: object


@value
class WriteReply:
    token: int


@value
class Denied:
    """A newer token has been here: `newest`."""

    token: int
    newest: int


class Holder(Tenant):
    """Carries out a command on the disk while it holds the lock: read, compute, write, let go."""

    messages = (Read, Write)
    says = {
        **Tenant.says,
        "wants-lock": "is to do {0}, and asks the cluster for the lock",
        "reads-disk": "reads {0} from the disk, with its token {1}",
        "writes-disk": "has read {0} and writes {1}={2}, with its token {3}",
        "is-done": "is done: {0}, by token {1}",
        "was-too-late": "is refused by the disk: it came with token {0}, and {1} was there before",
        "gives-up": "gives up: it had written nothing when its lease ran out",
        "ignores-disk": "ignores an answer of the disk: what it was for is over",
    }

    disk = "disk"
    jobs = ()  # what the world has asked for; the first is under way
    writing = None  # (what is being written, what to answer when that is done)

    def on_request(self, request):
        self.jobs = (*self.jobs, request)
        if len(self.jobs) == 1:
            self.begin_job()

    def begin_job(self):
        self.note("wants-lock", write_command(self.jobs[0].command))
        self.apply_for_it()

    def take_office(self):
        key = self.jobs[0].command[1]
        self.note("reads-disk", key, self.token)
        self.send(self.disk, Read(self.token, key))

    def leave_office(self):
        """What has not been written will not be; of what is on its way nobody knows yet."""
        if self.jobs and self.writing is None:
            self.note("gives-up")
            self.end_job(Refused("its lease ran out before it had written"))

    def on_mail(self, src, message):
        match message:
            case ReadReply(token, held) if token == self.token and self.writing is None:
                self.write(held)
            case WriteReply(token) if self.writing and token == self.writing[0].token:
                result, self.writing = self.writing[1], None
                self.note("is-done", write_command(self.jobs[0].command), token)
                self.end_job(result)
            case Denied(token, newest) if token == self.under_way():
                self.note("was-too-late", token, newest)
                self.writing = None
                self.end_job(Refused(f"token {token} is older than {newest}"))
            case _:
                self.note("ignores-disk")

    def under_way(self):
        """The token of what is asked of the disk now, or None."""
        return self.writing[0].token if self.writing else self.token

    def write(self, held):
        command = self.jobs[0].command
        key = command[1]
        data, result = execute({} if held is None else {key: held}, command)
        ask = Write(self.token, key, data.get(key))
        self.note("writes-disk", held, key, ask.value, self.token)
        self.writing = ask, result
        self.send(self.disk, ask)

    def end_job(self, result):
        request, self.jobs = self.jobs[0], self.jobs[1:]
        self.respond(request, result)
        if self.token is not None:
            self.resign()
        if self.jobs:
            self.begin_job()

    def wants_office(self):
        return super().wants_office() and bool(self.jobs) and self.writing is None

    def shows(self):
        return {"jobs": len(self.jobs)} if self.jobs else {}


class Disk(Node):
    """Holds data that is not the cluster's, and looks at the token of whoever asks."""

    persistent = ("data", "newest", "done")
    replaces_values = True
    words = {"term": "token"}
    says = {
        "gives": "gives {0} {1} = {2} (token {3})",
        "stores": "stores {1}={2} of {0} (token {3})",
        "denies": "refuses {0}: its token {1} is older than {2}, which has been here",
    }

    data = {}
    newest = 0  # the newest token that has been here; never falls
    done = ()  # "x=1@A/3" for each write, by lease 3 of A: for those who judge, not for the disk

    def on_message(self, src, message):
        if not self.admits(message.token):
            self.note("denies", src, message.token, self.newest)
            self.send(src, Denied(message.token, self.newest))
            return
        self.remember(message)
        match message:
            case Read(token, key):
                self.note("gives", src, key, self.data.get(key), token)
                self.send(src, ReadReply(token, self.data.get(key)))
            case Write(token, key, new):
                self.note("stores", src, key, new, token)
                self.data = {**self.data, key: new}
                self.done = (*self.done, f"{key}={new}@{src}/{token}")
                self.send(src, WriteReply(token))

    @rule("fencing")
    def admits(self, token):
        """Who holds the lock has the newest token; an older one's holder has lost it."""
        return token >= self.newest

    @rule("fencing")
    def remember(self, message):
        """A read raises the fence as well: what is written later rests on what it saw."""
        self.newest = max(self.newest, message.token)

    def observe(self):
        return Observation(
            self.id, "store", term=self.newest or None, machine=self.data,
            fields={"done": self.done},
        )  # fmt: skip


class Lock(protocol("raft+leases")):
    """A cluster that keeps a lock, two who want it, and the disk that the lock is for."""

    company = {"A": Holder, "B": Holder, "disk": Disk}
    replaces_values = True
    symmetric = False
    properties = (*protocol("raft").properties, "no_stale_deed")
    bounds = {
        "by": "messages", "duplicates": False, "servers": 1, "terms": 2, "acts": ("S1",),
        "asked": ("A", "B"), "requests": [("add", "x", 1), ("add", "x", 1)],
    }  # fmt: skip


class TakesAnyToken:
    """Stores what anybody writes, whatever token it carries."""

    of = Disk
    breaks = "no_stale_deed"
    source = "Redis documentation, distributed locks: the lock's owner may have lost it unawares"
    bounds = Lock.bounds

    def admits(self, token):
        return True


class FencesWritesOnly:
    """Lets a read pass without remembering its token."""

    of = Disk
    breaks = "linearizability"
    source = "a consequence of reading before writing; found by the search"
    bounds = Lock.bounds

    def remember(self, message):
        if type(message) is Write:
            self.newest = max(self.newest, message.token)


BREAKS = {"takes-any-token": TakesAnyToken, "fences-writes-only": FencesWritesOnly}

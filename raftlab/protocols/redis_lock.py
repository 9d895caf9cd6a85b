"""The lock of `uses_lock.py` on a Redis instead of a cluster: A and B change what a disk holds.

`SET lock A#1 NX PX 600` takes it, for 600 ms, under a name that nobody else uses (real ones draw 20
random bytes). Ended and renewed it is only as long as it still holds that name, in one command, so
that nobody touches a lock that has become another's (Redis documentation, *distributed locks*).
`DELEX … IFEQ` and `SET … IFEQ` are commands of Redis 8.4; before, a short script did the same.

The number of a lease, its fencing token, is not Redis's: what Redis counts may be lost with a
failover, and then it counts the same again. Who has got the lock asks the disk for a number, and
the disk refuses what comes with an older one from then on. So the disk alone would do; the lock is
there to save work, and may fail.
"""

from ..core import ClientReply, ClientRequest, NotLeader, rule, value, write_command
from .redis import Redis
from .redis_sentinel import PrimaryIs, Sentinel, WhoIsPrimary
from .tenant import AGAIN, LEASES, RENEW, RENEWALS, Tenant
from .uses_lock import Disk, Holder, Lock

ORDER = "order"  # the timer that runs while a command has no answer
DOCUMENT = "distributed locks"  # the page of the Redis documentation


@value
class Enter:
    """I have the lock, as `owner`: give my lease a number."""

    owner: str


@value
class Entered:
    owner: str
    number: int


class RedisLease(Tenant):
    """How a tenant gets, keeps and gives back a lease that a Redis holds."""

    persistent = (*Tenant.persistent, "number")
    settings = (*Tenant.settings, "ttl")
    replaces_values = True
    messages = (Enter, Entered, WhoIsPrimary, PrimaryIs)
    says = {
        **Tenant.says,
        "orders": "asks {0}: {1}",
        "has-lock": "has {0}, as {1}, and asks {2} for a number for this lease",
        "has-not": "does not get {0} as {1}: somebody has it",
        "is-late": "gets {0} so late that it may be over, and gives it back",
        "is-read-only": "is told that {0} is a replica",
        "no-word": "has no answer after {0} ms: it asks {1} for the primary, and asks {2} again",
        "moves": "hears that {0} is the primary from now on",
        "was-deposed": "hears that {0} is no longer held by {1}",
    }

    sentinel = "sentinel"
    registrar = "disk"  # who numbers the leases
    primary = None  # whom it believes to be the primary
    number = 0  # of its last command; the name of a lock is made of it, so it is on disk
    owner = None  # the name under which it holds the lock, or is about to
    ordered = ()  # the commands that it takes until it has the lock; the first is under way
    renewal = None  # the number of the renewal under way

    ttl = 600  # ms for which Redis is to keep the lock
    lease_time = 500  # ms of these in which it works: the rest is for clocks that differ

    # -- the rules --

    @rule(DOCUMENT)
    def locks_by(self):
        """One command, so that there is no lock without an end, whenever its holder dies."""
        return (("SET", self.office, self.owner, "NX", "PX", self.ttl),)

    @rule(DOCUMENT)
    def unlocks_by(self):
        """End it if it is still our own."""
        return ("DELEX", self.office, "IFEQ", self.owner)

    @rule(DOCUMENT)
    def renews_by(self):
        """Let its time begin anew if it is still our own."""
        return ("SET", self.office, self.owner, "IFEQ", self.owner, "PX", self.ttl)

    @rule(DOCUMENT)
    def counts_from(self, moment):
        """The time of a lease runs from when it is asked for: Redis begins to count later."""
        return moment == "asked"

    @rule(DOCUMENT)
    def is_in_time(self):
        """What took so long to get may be over by now."""
        return self.in_time

    @rule("fencing")
    def number_lease(self):
        """The token comes from where it is checked, which forgets nothing."""
        self.note("has-lock", self.office, self.owner, self.registrar)
        self.send(self.registrar, Enter(self.owner))

    # -- to get it --

    def apply_for_it(self):
        self.owner = f"{self.id}#{self.number + 1}"
        self.ordered = self.locks_by()
        self.in_time = False
        self.begin_to_count("asked")
        self.order()

    def begin_to_count(self, moment):
        if self.counts_from(moment):
            self.in_time = True
            self.set_timer(LEASES[self.counting], self.lease_time)

    def order(self):
        self.number += 1
        self.primary = self.primary or self.members[0]
        self.note("orders", self.primary, write_command(self.ordered[0]))
        self.send_order()

    def send_order(self):
        self.send(self.primary, ClientRequest(self.id, self.number, self.ordered[0]))
        self.set_timer(ORDER, self.retry_after)

    def on_silence(self):
        """Asked again, the command may have been carried out already, and then it fails: the lock
        is ours, nobody knows, and it ends when its time is over."""
        self.note("no-word", self.retry_after, self.sentinel, self.primary)
        self.send(self.sentinel, WhoIsPrimary())
        self.send_order()

    def on_answer(self, src, result):
        """The command under way has been carried out."""
        self.cancel_timer(ORDER)
        done, self.ordered = self.ordered[0], self.ordered[1:]
        if done[0] == "INCR":
            self.is_numbered(result)
        elif result in (None, 0):
            self.note("has-not", self.office, self.owner)
            self.fail()
        elif self.ordered:
            self.order()
        else:
            self.number_lease()

    def fail(self):
        self.owner, self.ordered = None, ()
        self.cancel_timer(LEASES[self.counting])
        self.set_timer(AGAIN, self.again_after)

    def is_numbered(self, number):
        self.begin_to_count("answered")
        if not self.is_in_time():
            self.come_late()
            return
        self.token = number
        self.note("takes-office", self.office, number)
        self.set_timer(RENEW, self.ttl / 3)
        self.take_office()

    def come_late(self):
        self.note("is-late", self.office)
        self.give_back()
        self.fail()

    # -- to keep it --

    def renew(self):
        if self.token is None:
            return
        self.asked = RENEWALS[self.counting == RENEWALS[0]]
        self.number += 1
        self.renewal = self.number
        self.note("renews", self.office, self.token)
        if self.counts_from("asked"):
            self.set_timer(LEASES[self.asked], self.lease_time)
        self.set_timer(RENEW, self.ttl / 3)
        self.send_all(self.renews_by())

    def send_all(self, command):
        """To all that keep the lock, which is one."""
        self.send(self.primary, ClientRequest(self.id, self.number, command))

    def on_renewal(self, src, result):
        if result in (None, 0):
            self.note("was-deposed", self.office, self.owner)
            self.lose_office()
            self.set_timer(AGAIN, self.again_after)
        else:
            self.is_renewed()

    def is_renewed(self):
        self.note("renewed", self.office, self.token)
        self.cancel_timer(LEASES[self.counting])
        self.counting, self.asked, self.renewal = self.asked, None, None
        self.begin_to_count("answered")

    # -- to give it back --

    def resign(self):
        self.note("leaves-office", self.office, self.token)
        self.forget_lease()
        self.give_back()

    def give_back(self):
        """Nobody waits for an answer: if this gets lost, the time of the lock will be over."""
        self.number += 1
        self.send_all(self.unlocks_by())
        self.owner = None

    def lose_office(self):
        self.owner = None
        super().lose_office()

    # -- messages and timers --

    def on_message(self, src, message):
        match message:
            case ClientReply(number, result) if src in self.members:
                self.on_reply(src, number, result)
            case PrimaryIs(id):
                self.move(id)
            case Entered(owner, number):
                if owner == self.owner and self.token is None and not self.ordered:
                    self.is_numbered(number)
            case _:
                super().on_message(src, message)

    def on_reply(self, src, number, result):
        if type(result) is NotLeader:
            self.note("is-read-only", src)  # a timer is running: then it asks the Sentinel
        elif self.ordered and number == self.number:
            self.on_answer(src, result)
        elif self.token is not None and number == self.renewal and self.asked is not None:
            self.on_renewal(src, result)

    def move(self, primary):
        if primary == self.primary:
            return
        self.note("moves", primary)
        self.primary = primary
        if self.ordered:
            self.send_order()

    def on_timer(self, name):
        if name == ORDER:
            if self.ordered:
                self.on_silence()
            return
        super().on_timer(name)
        waits = self.owner and self.token is None and not self.ordered
        if name == LEASES[self.counting] and waits and not self.is_in_time():
            self.come_late()

    def wants_office(self):
        return super().wants_office() and self.owner is None

    def shows(self):
        return {**super().shows(), **({"owner": self.owner} if self.owner else {})}


class Numbers:
    """Where deeds arrive: a lease gets a number there, and those with a lower one are refused."""

    def number_for(self, src, owner):
        """The number of the lease `owner`; asked again, the same. It is in force from now on."""
        if owner != self.entered:
            self.newest, self.entered = self.newest + 1, owner
        self.note("numbers", owner, self.newest)
        self.send(src, Entered(owner, self.newest))


class RedisHolder(RedisLease, Holder):
    replaces_values = True
    says = {**Holder.says, **RedisLease.says, "wants-lock": "is to do {0}, and wants the lock"}


class NumberingDisk(Numbers, Disk):
    persistent = (*Disk.persistent, "entered")
    replaces_values = True
    says = {**Disk.says, "numbers": "gives the lease of {0} the number {1}, and takes no older one"}

    entered = None  # whose lease has the newest number

    def on_message(self, src, message):
        if type(message) is Enter:
            self.number_for(src, message.owner)
        else:
            super().on_message(src, message)


class LockSentinel(Sentinel):
    replaces_values = True
    clients = ("A", "B")


class RedisLock(Redis):
    """A primary with its replicas, two who want the lock that it keeps, and the disk."""

    company = {"A": RedisHolder, "B": RedisHolder, "disk": NumberingDisk, "sentinel": LockSentinel}
    replaces_values = True
    properties = ("no_stale_deed", "token_once", "own_lock_only")
    bounds = Lock.bounds


# The same with a replica and a Sentinel that may at any time take the primary to be down; nothing
# else begins by itself, so no time runs out.
FAILOVER = {**RedisLock.bounds, "servers": 2, "acts": ("sentinel",)}

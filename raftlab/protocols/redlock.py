"""Redlock: the lock of `redis_lock.py` on a majority of primaries that know nothing of each other.

Whoever wants it asks all of them under one name, and has it if a majority says yes before its time
is over; else it ends what it has got and tries again after a moment drawn by lot. That is meant to
outlive servers; it is no agreement between them. A server that forgets, or whose clock jumps, gives
the lock once more, and a pause does what it does to every lease (M. Kleppmann, *How to do
distributed locking*, 2016; Redis documentation, *distributed locks*).

It gives no fencing token: the names of locks are in no order. So the disk numbers the leases here,
too.
"""

from ..core import ClientRequest, Refused, majority
from .redis import Redis
from .redis_lock import ORDER, NumberingDisk, RedisHolder
from .tenant import AGAIN, LEASES


class RedlockHolder(RedisHolder):
    settings = (*RedisHolder.settings, "answer_within")
    replaces_values = True
    says = {
        **RedisHolder.says,
        "orders": "asks all: {1}",
        "no-word": "has too few answers after {0} ms: it ends what it may have got",
        "is-granted": "gets {0} from {1}: {2} of {3}",
        "is-denied": "does not get {0} from {1}",
    }

    granted = frozenset()  # who has said yes
    denied = frozenset()  # who has said no

    answer_within = 100  # ms

    def send_order(self):
        self.granted = self.denied = frozenset()
        self.send_all(self.ordered[0])
        self.set_timer(ORDER, self.answer_within)

    def send_all(self, command):
        for server in self.members:
            self.send(server, ClientRequest(self.id, self.number, command))

    def on_silence(self):
        self.note("no-word", self.answer_within)
        self.fail()

    def on_answer(self, src, result):
        if result in (None, 0):
            self.denied |= {src}
            self.note("is-denied", self.office, src)
        else:
            self.granted |= {src}
            self.note("is-granted", self.office, src, len(self.granted), len(self.members))
        if self.is_quorum(self.granted):
            self.cancel_timer(ORDER)
            self.ordered = ()
            self.number_lease()
        elif not self.may_still_win(self.denied):
            self.fail()

    def may_still_win(self, denied):
        return len(self.members) - len(denied) >= majority(len(self.members))

    def fail(self):
        """Who waited equally long would meet again."""
        self.cancel_timer(ORDER)
        if self.owner:
            self.give_back()
        self.ordered = ()
        self.cancel_timer(LEASES[self.counting])
        self.set_timer(AGAIN, self.again_after, 2 * self.again_after)

    def renew(self):
        self.granted = self.denied = frozenset()
        super().renew()

    def on_renewal(self, src, result):
        if type(result) is Refused or result in (None, 0):
            self.denied |= {src}
        else:
            self.granted |= {src}
        if self.is_quorum(self.granted):
            self.is_renewed()
        elif not self.may_still_win(self.denied):
            super().on_renewal(src, None)

    def shows(self):
        return {**super().shows(), **({"has": tuple(sorted(self.granted))} if self.owner else {})}


class Redlock(Redis):
    """A primary of its own, without a replica, one of an odd number."""

    company = {"A": RedlockHolder, "B": RedlockHolder, "disk": NumberingDisk}
    replaces_values = True
    properties = ("no_stale_deed", "token_once", "own_lock_only")
    bounds = {
        "by": "messages", "duplicates": False, "servers": 3, "terms": 2, "acts": ("S2",),
        "asked": ("A", "B"), "requests": [("add", "x", 1), ("add", "x", 1)],
    }  # fmt: skip

    def replicas(self):
        return ()

    def start(self):
        self.primary = self.id
        super().start()

"""Leases: an office that a client of the cluster holds for a limited time.

A lock that nobody can take away is lost with its holder, so the cluster gives it for a while: for
`ttl` ms, unless the holder asks again in time. Who holds it, and by which lease, stands in the
replicated data ("acquire", "release": `core/commands.py`); that the time has run out is the
leader's word, and goes through the log as well. Time itself is not agreed upon: a new leader begins
to count anew, so a lease may live longer than its ttl, but not shorter.

The number of the lease is the *fencing token*: it grows with every holder. What it is good for is
not decided here, but where the holder's deeds arrive (`uses_lock.py`).
"""

from ..core import FREE, Refused, lease_of, rule
from .raft import LEADER
from .raft_log import Entry


class Leases:
    """A leader that lets leases run out. Holders renew theirs by a read of the key, which a
    deposed leader cannot answer (dissertation §6.4)."""

    needs = ("read-index",)
    settings = ("ttl",)
    says = {
        "is-held": "does not give {0} to {1}: {2} holds it",
        "lease-begins": "lets the lease of {0}, {1}, run for {2} ms from now",
        "lease-renewed": "hears from {1} in time: its lease of {0} runs for {2} ms from now",
        "lease-over": "has not heard from {1} for {2} ms: the lease of {0} is over",
    }

    ttl = 500  # ms that a lease lasts if nobody renews it

    def holder(self, key):
        """Who holds `key` by this server's copy of the data."""
        return (lease_of(self.machine.data.get(key)) or (FREE, 0))[0]

    def on_request(self, request):
        match request.command:
            case ("acquire", key, who) if self.role == LEADER and not self.may_lock(key, who):
                # Not worth an entry: whoever asks will ask again.
                self.note("is-held", key, who, self.holder(key))
                self.respond(request, Refused(f"{self.holder(key)} holds {key}"))
            case _:
                super().on_request(request)

    def may_lock(self, key, who):
        """Who held it before it forgot all in a crash gets a new lease, with a new number."""
        return self.holder(key) in (FREE, who)

    # -- the time of a lease --

    def lead_if_elected(self):
        super().lead_if_elected()
        if self.role == LEADER:
            for key in self.leases():
                self.begin_lease(key)

    def apply_committed(self):
        before = self.machine.data
        super().apply_committed()
        if self.role == LEADER and self.machine.data is not before:
            for key, held in self.leases().items():
                if before.get(key) != held:
                    self.begin_lease(key)

    def answer_read(self, code, request, *facts):
        """A holder that asks for its own lease renews it."""
        super().answer_read(code, request, *facts)
        _, key = request.command
        if key in self.leases() and self.holder(key) == request.client:
            self.note("lease-renewed", key, request.client, self.ttl)
            self.set_timer(key, self.ttl)

    def begin_lease(self, key):
        self.note("lease-begins", key, self.machine.data[key], self.ttl)
        self.set_timer(key, self.ttl)

    def on_timer(self, name):
        if name not in self.leases():
            if lease_of(self.machine.data.get(name)) is None:
                super().on_timer(name)
        elif self.role == LEADER:
            self.note("lease-over", name, self.holder(name), self.ttl)
            held = self.machine.data[name]
            self.log = self.log.append(Entry(self.current_term, ("release", name, held)))
            self.replicate()
            self.advance_commit_index()

    @rule("leases")
    def leases(self):
        """{key: who holds it, as "A/3"} of all leases that somebody holds."""
        found = {}
        for key, held in self.machine.data.items():
            lease = lease_of(held)
            if lease and lease[0] != FREE:
                found[key] = held
        return found

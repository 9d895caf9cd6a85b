"""Programs beside the cluster: its clients, who also talk to each other.

A tenant is one that acts only while it holds a lease (`leases.py`), and knows what every holder of
one must know: ask for it, renew it when a third of its time has passed, count the time from when it
*asked* and not from when it was answered, and stop when it is over. What it does meanwhile is a
subclass's affair: `take_office` and `leave_office`.

It has no clock, only timers, as every node here. So a tenant that stood still finds its lease run
out only when it looks, and what was waiting for it comes first. That is how real ones fail, too.
"""

from ..core import Client, ClientReply, ClientRequest, NotLeader, Observation, Refused, rule

AGAIN, RENEW = "again", "renew"
RENEWALS = -1, -2  # serials of renewals, in turns: a late answer to the last but one is not taken
LEASES = {serial: f"lease{serial}" for serial in RENEWALS}  # the timer that each may start


class Program(Client):
    """Asks the cluster for things of its own accord, and talks to others beside it."""

    persistent = ("serial",)
    settings = ("retry_after",)
    replaces_values = True

    retry_after = 150

    def tell(self, command):
        """Ask the cluster for `command`, after what was asked before; `told` gets the answer."""
        self.waiting = (*self.waiting, ClientRequest(None, 0, command))
        if len(self.waiting) == 1:
            self.begin()

    def told(self, command, result):
        """The cluster has carried out `command`."""

    def on_mail(self, src, message):
        """A message that is no answer of the cluster."""

    def on_request(self, request):
        self.respond(request, Refused(f"{self.id} takes no requests"))

    def answered(self, request, result):
        self.told(request.command, result)

    def on_message(self, src, message):
        if type(message) is ClientReply:
            super().on_message(src, message)
        else:
            self.on_mail(src, message)

    def on_timer(self, name):
        if self.waiting:
            super().on_timer(name)


class Tenant(Program):
    """Wants the lease `office`. `token` is the number of the lease that it believes to hold."""

    settings = ("retry_after", "again_after", "lease_time")
    persistent = ("serial",)
    replaces_values = True
    words = {"term": "token"}
    says = {
        **Client.says,
        "is-refused": "does not get {0}: {1}",
        "takes-office": "holds {0} now, by lease {1}",
        "leaves-office": "lets go of {0}, which it held by lease {1}",
        "lease-ran-out": "has had no word for {2} ms that {0} is still its own: it stops (lease"
        " {1})",
        "renews": "asks whether lease {1} of {0} still stands",
        "renewed": "hears that lease {1} of {0} stands: its time runs from when it asked",
        "was-deposed": "hears that {0} is no longer its own: {1}",
    }

    office = "lock"
    role_in_office = "holder"
    token = None  # the number of the lease held, as far as this tenant knows
    counting = RENEWALS[0]  # whose time is running: the lease it has
    asked = None  # the renewal under way
    in_time = False  # whether a lease that comes now would still have time

    again_after = 100  # ms until it asks once more for what another holds
    lease_time = 350  # ms, less than the cluster's ttl by what clocks and messages may differ

    # -- what a subclass says --

    def take_office(self):
        """It has the lease; `token` is its number."""

    def leave_office(self):
        """It has lost the lease; `token` is None."""

    # -- asking for it --

    def apply_for_it(self):
        self.tell(("acquire", self.office, self.id))

    def begin(self):
        self.in_time = False
        super().begin()

    def ask(self):
        """The time of a lease runs from the first time that it is asked for; asking a server that
        could not give it does not count."""
        super().ask()
        if self.waiting[0].command[0] == "acquire" and not self.in_time:
            self.in_time = True
            self.set_timer(LEASES[self.counting], self.lease_time)

    def resign(self):
        """Give the lease back: it is over for us before the cluster knows."""
        held = f"{self.id}/{self.token}"
        self.note("leaves-office", self.office, self.token)
        self.forget_lease()
        self.tell(("release", self.office, held))

    def lose_office(self):
        self.forget_lease()
        self.leave_office()

    def forget_lease(self):
        self.token = self.asked = None
        for timer in (RENEW, *LEASES.values()):
            self.cancel_timer(timer)

    def answered(self, request, result):
        if request.command[0] == "release":
            return
        if request.command[0] != "acquire":
            self.told(request.command, result)
        elif type(result) is Refused:
            # It did not happen, so its number may be used again (§8).
            self.serial -= 1
            self.note("is-refused", self.office, result.why)
            self.set_timer(AGAIN, self.again_after)
        elif result is False:
            self.set_timer(AGAIN, self.again_after)
        elif not self.in_time:  # so long on its way that it may be over
            self.tell(("release", self.office, f"{self.id}/{result}"))
            self.set_timer(AGAIN, self.again_after)
        else:
            self.token = result
            self.note("takes-office", self.office, self.token)
            self.set_timer(RENEW, self.lease_time / 4)  # some of its time has passed already
            self.take_office()

    # -- the lease --

    def on_timer(self, name):
        if name == AGAIN:
            if self.wants_office():
                self.apply_for_it()
        elif name == RENEW:
            self.renew()
        elif name == LEASES[self.counting] and self.token is not None:
            self.run_out()
        elif name == LEASES[self.counting]:
            self.in_time = False
        elif name in LEASES.values():
            self.asked = None  # the answer, if it comes, comes too late to count
        else:
            super().on_timer(name)

    @rule("leases")
    def run_out(self):
        """Stop before the lease is over, whatever is under way: another may hold it from then."""
        self.note("lease-ran-out", self.office, self.token, self.lease_time)
        self.lose_office()
        self.set_timer(AGAIN, self.again_after)

    def wants_office(self):
        return self.token is None and not self.waiting

    def renew(self):
        """Ask, and let the time of the new lease run from now on; it counts if an answer comes.
        Asked again for want of an answer, it runs on: the answer may be one to the first."""
        if self.token is None:
            return
        if self.asked is None:
            self.asked = RENEWALS[self.counting == RENEWALS[0]]
            self.set_timer(LEASES[self.asked], self.lease_time)
        self.note("renews", self.office, self.token)
        self.set_timer(RENEW, self.lease_time / 2)
        self.send(self.server, ClientRequest(self.id, self.asked, ("get", self.office)))

    def on_message(self, src, message):
        if getattr(message, "serial", None) not in RENEWALS:
            if self.token is None and type(getattr(message, "result", None)) is NotLeader:
                self.in_time = False
            super().on_message(src, message)
        elif self.token is not None and message.serial == self.asked:
            self.on_renewal(message.result)

    def on_renewal(self, result):
        if result == f"{self.id}/{self.token}":
            self.note("renewed", self.office, self.token)
            self.cancel_timer(LEASES[self.counting])
            self.counting, self.asked = self.asked, None
        elif isinstance(result, str):
            self.note("was-deposed", self.office, result)
            self.lose_office()
            self.set_timer(AGAIN, self.again_after)
        else:  # NotLeader: the next server may know more
            others = [id for id in self.members if id != self.server] or self.members
            self.server = getattr(result, "leader_id", None) or others[0]

    def observe(self):
        role = self.role_in_office if self.token is not None else "client"
        return Observation(self.id, role, term=self.token, fields=self.shows())

    def shows(self):
        return {}

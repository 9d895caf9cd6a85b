"""The job scheduler of `uses_scheduler.py` with its lock on a Redis: who assigns jobs is a lease
there, and what has to last stands in a database, `jobs`.

The database numbers the leases (the epoch that each order carries), keeps how many jobs are done,
and each job's claim: whoever runs a job writes its name beside the number first, by a conditional
write. It is one copy, as most of them are; what matters is that it forgets nothing.
"""

from ..core import Node, Observation
from .machine import EMPTY
from .redis import Redis
from .redis_breaks import NeverStepsDown, RenewsBlindly
from .redis_lock import Enter, Numbers, RedisLease
from .redis_sentinel import Sentinel
from .uses_scheduler import RunsUnclaimed, Scheduler, Scheduling, TakesOldOrders, Worker

STORE = "jobs"


class AsksStore:
    """A program whose commands go to the database, and nowhere else if there is no answer."""

    def tell(self, command):
        self.server = STORE
        super().tell(command)

    def on_timer(self, name):
        if name != "retry":
            super().on_timer(name)
        elif self.waiting:
            self.note("asks-again", self.retry_after, self.server, self.serial)
            self.ask()


class RedisScheduler(AsksStore, RedisLease, Scheduler):
    """Applies for the lock of its own accord, and assigns jobs while it has it."""

    settings = (*Scheduler.settings, "ttl")
    replaces_values = True
    says = {
        **Scheduler.says,
        **RedisLease.says,
        "looks-up": "takes over as scheduler {0} and asks how many jobs are done",
    }

    registrar = STORE


class RedisWorker(AsksStore, Worker):
    replaces_values = True
    says = {**Worker.says, "claims": "is to run job {0}, and claims it in the database"}


class Jobs(Numbers, Node):
    """The database: one copy of some data, which carries out each request once (§8)."""

    persistent = ("newest", "entered", "store")
    replaces_values = True
    words = {"term": "epoch"}
    says = {"numbers": "gives the lease of {0} the number {1}"}

    newest = 0  # the number of the newest lease
    entered = None  # whose it is
    store = EMPTY

    def on_request(self, request):
        self.store, result = self.store.apply(request)
        self.respond(request, result)

    def on_message(self, src, message):
        if type(message) is Enter:
            self.number_for(src, message.owner)

    def observe(self):
        return Observation(self.id, "store", term=self.newest or None, machine=self.store.data)


class SchedulerSentinel(Sentinel):
    replaces_values = True
    clients = ("K1", "K2")


class RedisScheduling(Redis):
    """A primary with its replicas, two who would be the scheduler, two workers, the database."""

    company = {
        "K1": RedisScheduler, "K2": RedisScheduler, "W1": RedisWorker, "W2": RedisWorker,
        STORE: Jobs, "sentinel": SchedulerSentinel,
    }  # fmt: skip
    replaces_values = True
    properties = ("each_job_once", "token_once", "own_lock_only")
    bounds = Scheduling.bounds


class WritesBlindly:
    """Writes down that a job is done whatever stands there: it never hears of another scheduler."""

    of = RedisScheduler
    breaks = "each_job_once"
    source = "UPDATE jobs SET done = 7, and no WHERE done = 6"
    bounds = None  # alone it does no harm: whoever claims first runs the job

    def writes_down(self, job):
        return ("set", "done", job)


BREAKS = {
    "renews-blindly": RenewsBlindly,
    "never-steps-down": NeverStepsDown,
    "takes-old-orders": TakesOldOrders,
    "runs-unclaimed": RunsUnclaimed,
    "writes-blindly": WritesBlindly,
}

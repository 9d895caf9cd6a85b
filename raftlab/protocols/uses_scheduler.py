"""A job scheduler: K1 and K2 may both assign jobs, but only one of them is to, and W1 and W2 run
them. Each job sends an e-mail, which cannot be taken back.

Which one assigns is a lease of the cluster; how many jobs are done stands there as well, and a
scheduler adds to it only what follows on what it knows (a conditional write). Two fences. A worker
refuses a scheduler of an older epoch than it has met, which is good only for a worker that has
met a newer one. And before a worker runs a job it claims it by the job's number, in the cluster,
so that of all workers only one ever can.
"""

from ..core import Client, Observation, rule, value
from .composed import protocol
from .tenant import Program, Tenant


@value
class Assign:
    job: int
    epoch: int


@value
class JobDone:
    job: int
    epoch: int


@value
class Denied:
    """There is a scheduler of a newer epoch."""

    epoch: int
    newest: int


class Scheduler(Tenant):
    """Assigns one job after the other while it is in office."""

    settings = ("retry_after", "again_after", "lease_time", "answer_timeout", "last_job")
    replaces_values = True
    messages = (Assign, JobDone, Denied)
    words = {"term": "epoch"}
    says = {
        **Tenant.says,
        "looks-up": "takes over as scheduler {0} and asks the cluster how many jobs are done",
        "assigns": "assigns job {0} to {1}",
        "assigns-again": "has heard nothing of job {0} for {2} ms and assigns it to {1}",
        "hears-done": "hears from {0} that job {1} is done",
        "is-past": "finds that another has gone past job {0}: it is the scheduler no more",
        "is-denied": "hears of scheduler {0}: it is the scheduler no more",
    }

    office, role_in_office = "scheduler", "scheduler"
    workers = ("W1", "W2")
    finished = None  # how many jobs are done, as far as it knows
    tries = 0  # how often it has assigned the present one

    answer_timeout = 150  # ms after which it gives the job to the other worker
    last_job = 3

    def start(self):
        self.apply_for_it()

    def take_office(self):
        self.note("looks-up", self.token)
        self.finished = None
        self.tell(("get", "done"))

    def leave_office(self):
        self.finished = None
        self.cancel_timer("answer")

    def told(self, command, result):
        if self.token is None:
            return
        if command[0] == "get":
            self.finished, self.tries = result or 0, 0
            self.assign()
        elif result is False:
            self.note("is-past", self.finished + 1)
            self.lose_office()
        else:
            self.finished, self.tries = self.finished + 1, 0
            self.assign()

    @rule("conditional write")
    def writes_down(self, job):
        """That a job is done, if nobody has gone past it: else there is another scheduler."""
        return ("cas", "done", self.finished or None, job)

    def assign(self):
        job = self.finished + 1
        if job > self.last_job:
            return
        worker = self.workers[(job + self.token + self.tries) % 2]
        if self.tries:
            self.note("assigns-again", job, worker, self.answer_timeout)
        else:
            self.note("assigns", job, worker)
        self.send(worker, Assign(job, self.token))
        self.set_timer("answer", self.answer_timeout)

    def on_timer(self, name):
        if name != "answer":
            super().on_timer(name)
        elif self.token is not None and self.finished is not None:
            self.tries = 1 - self.tries
            self.assign()

    def on_mail(self, src, message):
        match message:
            case JobDone(job, epoch) if epoch == self.token and job == (self.finished or 0) + 1:
                if not self.waiting:
                    self.note("hears-done", src, job)
                    self.cancel_timer("answer")
                    self.tell(self.writes_down(job))
            case Denied(epoch, newest) if epoch == self.token:
                self.note("is-denied", newest)
                self.lose_office()

    def shows(self):
        return {} if self.finished is None else {"finished": self.finished}


class Worker(Program):
    """Runs the jobs that it is assigned. `done` is what it has done to the world."""

    persistent = ("serial", "newest", "done")
    replaces_values = True
    messages = (Assign, JobDone, Denied)
    words = {"term": "epoch"}
    says = {
        **Client.says,
        "denies": "refuses job {1} of {0}: scheduler {2} is over, it has met {3}",
        "claims": "is to run job {0}, and claims it in the cluster",
        "runs": "runs job {0}: an e-mail leaves",
        "is-taken": "does not run job {0}: another has claimed it",
    }

    newest = 0  # the newest scheduler that it has met; never falls
    done = ()  # "job2@K1/3" for each job that it ran, as K1 had assigned it by its lease 3
    orders = ()  # (who, Assign) of those that wait for their claims

    def on_mail(self, src, message):
        if not self.admits(message.epoch):
            self.note("denies", src, message.job, message.epoch, self.newest)
            self.send(src, Denied(message.epoch, self.newest))
            return
        self.newest = max(self.newest, message.epoch)
        self.take(src, message)

    @rule("fencing")
    def admits(self, epoch):
        """Who has met a newer scheduler takes no more orders of an older one."""
        return epoch >= self.newest

    @rule("idempotence")
    def take(self, src, order):
        """A job has a number, and whoever writes its name beside the number first may run it."""
        self.note("claims", order.job)
        self.orders = (*self.orders, (src, order))
        self.tell(("cas", f"job{order.job}", None, self.id))

    def told(self, command, result):
        (src, order), self.orders = self.orders[0], self.orders[1:]
        if result is True:
            self.run_job(src, order)
        else:
            self.note("is-taken", order.job)
            self.send(src, JobDone(order.job, order.epoch))

    def run_job(self, src, order):
        self.note("runs", order.job)
        self.done = (*self.done, f"job{order.job}@{src}/{order.epoch}")
        self.send(src, JobDone(order.job, order.epoch))

    def observe(self):
        return Observation(
            self.id, "worker", term=self.newest or None, fields={"done": self.done},
        )  # fmt: skip


class Scheduling(protocol("raft+leases")):
    """A cluster that chooses the scheduler, two who would be it, and two workers."""

    company = {"K1": Scheduler, "K2": Scheduler, "W1": Worker, "W2": Worker}
    replaces_values = True
    symmetric = False
    properties = (*protocol("raft").properties, "each_job_once")
    bounds = {
        "by": "messages", "duplicates": False, "servers": 1, "terms": 2, "acts": ("S1",),
        "requests": 0,
    }  # fmt: skip


class RunsUnclaimed:
    """Runs what it is assigned at once, whoever else may have been assigned it."""

    of = Worker
    breaks = "each_job_once"
    source = "a side effect outside the store: an e-mail, a payment"
    bounds = Scheduling.bounds

    def take(self, src, order):
        self.run_job(src, order)


class TakesOldOrders:
    """Takes orders from schedulers that have been replaced."""

    of = Worker
    breaks = "each_job_once"
    source = "an order without an epoch"
    bounds = None  # alone it does no harm: whoever claims first runs the job

    def admits(self, epoch):
        return True


BREAKS = {"runs-unclaimed": RunsUnclaimed, "takes-old-orders": TakesOldOrders}

"""A worker of the job scheduler, a process of its own: competes for the lock, assigns jobs to all
workers while it believes to hold it, and runs those that are assigned to itself.

    python -m raftlab.real.worker W1 SHARED

In the folder SHARED are `jobs.db` (the `Store`), `run.json` (what
`scheduler.py` started it for) and `primary`, the port of the Redis that is the primary now. That is
looked up when one has no office: whoever holds the lock goes on with the Redis it got it from.

**How the worst moment is hit.** Between the look at the clock and the write lies no time worth
mentioning, and a pause from outside would hardly ever fall into it. So a file `stand-still` in
SHARED names a job, and whoever is about to assign that one stops itself (SIGSTOP) right there. It
is a real stop of a real process; only the moment is chosen. A garbage collector chooses its own.
"""

import json
import sys
import time
from pathlib import Path

import psutil
import redis

from .clock import now
from .lock import Lease, delete, extend, set_nx_px
from .redis import connect
from .store import REFUSED, Store

STAND_STILL = "stand-still"
OWN = "own.py"  # the text of the rules by which `own_worker.py` goes
RUN_EVERY = 20  # ms between two looks for jobs of one's own
KEY = "scheduler"


class Belief(Lease):
    """A lock as it is often written: the key says that somebody holds it, not who; it is renewed
    and ended without comparing, and who once got it believes to hold it until it hears otherwise.
    """

    def is_held(self):
        return self.until > float("-inf")

    def _take(self):
        return set_nx_px(self.client, self.key, "locked", self.ttl)

    def _extend(self):
        return extend(self.client, self.key, self.ttl)

    def _drop(self):
        return delete(self.client, self.key)


LEASES = {"believed": Belief, "compared": Lease}


def stand_still():
    """Stop at once, until somebody lets us go on."""
    psutil.Process().suspend()


class Worker:
    """One of `workers`; `lock` says which Lease it goes by, `epoch` where its epochs come from:
    "store", "redis", or "" (it has none). Times in ms."""

    def __init__(self, id, shared, workers, jobs, lock, epoch, ttl, retry, pace):
        self.id, self.shared, self.workers, self.jobs = id, Path(shared), workers, jobs
        self.kind, self.counts_in = LEASES[lock], epoch
        self.ttl, self.retry, self.pace = ttl, retry, pace
        self.store = Store(self.shared / "jobs.db")
        self.port = self.lease = None
        self.in_office = False
        self.next_try = self.next_run = 0

    def live(self):
        while True:
            if now() >= self.next_run:
                self.store.run_all(self.id)
                self.next_run = now() + RUN_EVERY
            if self.in_office:
                self.serve()
            elif now() >= self.next_try:
                self.next_try = now() + self.retry
                self.apply()
            time.sleep(self.pace / 1000)

    # -- the office --

    def apply(self):
        """Try once to get the lock, and with it the office."""
        port = int((self.shared / "primary").read_text())
        if port != self.port:
            self.port = port
            client = connect(port, timeout=self.ttl / 3)
            self.lease = self.kind(client, KEY, self.ttl, name=self.id)
        if not self.lease.acquire():
            return
        epoch = None
        if self.counts_in == "redis":
            try:
                epoch = self.lease.client.incr("epoch")
            except redis.RedisError:
                self.lease.release()
                return
        self.epoch, self.next_job = self.store.enter(self.id, epoch)
        self.in_office = True
        self.tell_lease()

    def serve(self):
        """Assign one job, if one still believes to be the one who may."""
        until = self.lease.until
        if not self.lease.keep():
            self.leave("its lease is over")
            return
        if self.lease.until != until:
            self.tell_lease()
        if self.next_job > self.jobs:
            return
        if self.assign(self.next_job, self.epoch) == REFUSED:
            self.lease.release()
            self.leave("the store knows a newer epoch")
        self.next_job += 1

    def assign(self, job, epoch):
        """Assign a job to whose turn it is: what the store says to it."""
        self.be_still_if_told(job)
        return self.store.assign(job, self.workers[job % len(self.workers)], self.id, epoch)

    def leave(self, why):
        self.in_office = False
        self.port = None  # a new lease next time, perhaps of another Redis
        self.store.leave(self.id, why)

    def tell_lease(self):
        self.store.holds(self.id, self.lease.asked, self.lease.until)

    def be_still_if_told(self, job):
        order = self.shared / STAND_STILL
        if not order.exists() or int(order.read_text()) != job:
            return
        order.unlink()
        self.store.note(self.id, "stands still", f"before it assigns job {job}")
        stand_still()
        self.store.note(self.id, "goes on", f"assigns job {job}")


def started(kind, id, shared, **more):
    """Let a worker of this `kind` live, once all are there."""
    shared = Path(shared)
    worker = kind(id, shared, **more, **json.loads((shared / "run.json").read_text()))
    worker.store.note(id, "is there")
    while not (shared / "go").exists():
        time.sleep(0.005)
    worker.live()


if __name__ == "__main__":
    started(Worker, *sys.argv[1:])

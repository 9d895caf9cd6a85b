"""A worker of the job scheduler that goes by somebody's own rules (`handed.py`), in a process of
its own.

    python -m raftlab.real.own_worker W1 SHARED

What it shares with `worker.py` is how it competes, runs its jobs, and stands still when told to.
Its rules are in SHARED/own.py. One that raises or does not come back ends the process, and its log
says where.
"""

import signal
import sys
from functools import partial
from pathlib import Path

from .clock import now
from .handed import RULES
from .lock import Lease
from .store import ACCEPTED, DUPLICATE, REFUSED, Store
from .worker import OWN, Worker, started

LIMIT = 3  # s that a rule may take


def rules_in(shared):
    """{name: function} of SHARED/own.py, none of which takes longer than LIMIT."""
    path = Path(shared) / OWN
    space = {"__name__": "own"}
    exec(compile(path.read_text("utf-8"), str(path), "exec"), space)
    return {name: partial(_limited, rule) for name, rule in space[RULES].items()}


def _limited(rule, *given):
    """What a rule gives. The alarm is off while the process stands still: it does that between two
    rules. Windows has no such alarm; there the run is given up when nothing goes on."""
    if not hasattr(signal, "setitimer"):
        return rule(*given)
    signal.signal(signal.SIGALRM, partial(_give_up, rule.__name__))
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        return rule(*given)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _give_up(name, *signalled):
    raise TimeoutError(f"{name} did not come to an end within {LIMIT} s: does it loop?")


class OwnLease(Lease):
    """A lock that is taken, renewed, given back and counted by the rules."""

    def __init__(self, rules, *given, **named):
        super().__init__(*given, **named)
        self.rules = rules

    def _take(self):
        return bool(self.rules["acquire"](self.client, self.key, self.owner, self.ttl))

    def _extend(self):
        return bool(self.rules["renew"](self.client, self.key, self.owner, self.ttl))

    def _drop(self):
        return bool(self.rules["release"](self.client, self.key, self.owner))

    def _count(self):
        self.hear(True)

    def hear(self, answer):
        self.until = self.rules["held_until"](
            max(0, self.until), self.asked, self.clock(), answer, self.ttl, self.margin
        )

    def renew(self):
        if self.owner is not None:
            self.asked = self.clock()
            self.hear(self._told(self._extend))


class OwnStore(Store):
    """A database that admits what the rules admit."""

    def __init__(self, path, rule):
        super().__init__(path)
        self.rule = rule

    def verdict(self, job, epoch):
        verdict, newest = self.rule(self._newest(), self.assigned(), job, epoch)
        if verdict not in (ACCEPTED, REFUSED, DUPLICATE):
            raise ValueError(f"admit gives {verdict!r}")
        self.base.execute("UPDATE epochs SET newest = ?", (newest,))
        return verdict

    def assigned(self):
        """{job: epoch} of all that was accepted."""
        question = "SELECT job, epoch FROM assignments WHERE verdict = ? ORDER BY number"
        return dict(self.rows(question, ACCEPTED))


class OwnWorker(Worker):
    """Leads by the rules: what next, and with which epoch."""

    def __init__(self, id, shared, rules, **settings):
        super().__init__(id, shared, **settings)
        self.store.close()
        self.store = OwnStore(self.shared / "jobs.db", rules["admit"])
        self.kind = partial(OwnLease, rules)
        self.lead = rules["lead"]

    def apply(self):
        super().apply()
        if self.in_office:
            self.assigned, self.last = list(self.store.assigned()), None

    def serve(self):
        """Renew the lock if that is due; then do what is decided on."""
        until = self.lease.until
        if self.lease.clock() >= self.lease.asked + self.lease.renew_every:
            self.lease.renew()
        if self.lease.until != until:
            self.tell_lease()
        deed, *more = self.lead(
            now(), self.lease.until, self.epoch, tuple(self.assigned), self.jobs, self.last
        )
        if deed == "assign":
            job, epoch = more
            self.last = self.assign(job, epoch)
            if self.last != REFUSED:
                self.assigned.append(job)
        elif deed == "stop":
            self.lease.release()
            self.leave("it stops")
        elif deed != "wait":
            raise ValueError(f"lead gives {deed!r}")


def main(id, shared):
    started(OwnWorker, id, shared, rules=rules_in(shared))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A job scheduler: any of some workers may assign jobs, but only one of them is to. Real processes,
a real lock, a real database, and something goes wrong.

    rl.real.schedule("naive", "pause")      1,000 jobs, and the scheduler stands still
    rl.real.schedules("pause")              the same for all variants, as a table

Which of the workers assigns is decided by a lock on Redis. Jobs and assignments stand in a database
that is not Redis (`store.py`), and each job sends an e-mail, which cannot be taken back.
`protocols/redis_scheduler.py` is the same on the model.
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from ..bar import progress
from ..core import Impossible, value
from . import board, recorded
from .clock import now
from .course import Course, Courses, Told
from .process import Process, home
from .redis import Redis
from .servers import Servers
from .store import ACCEPTED, Store
from .worker import OWN, STAND_STILL


@value
class Variant:
    """How careful one is. `lock`: "believed" (the key has no owner, nobody looks at a clock) or
    "compared" (a `Lease`, looked at before each assignment). `epoch` is who numbers those who take
    office, for every assignment to carry the number: "store" or "redis", and the store refuses
    older ones; or "": then nobody looks at it. `once`: the store accepts each job once. `own` is
    the text of rules of somebody's own, by which all of that goes then (`handed.py`)."""

    lock: str
    epoch: str = ""
    once: bool = False
    own: str = ""


VARIANTS = {
    "naive": Variant("believed"),
    "token": Variant("compared"),
    "token + epoch": Variant("compared", "store"),
    "token + epoch + idempotent": Variant("compared", "store", True),
    "epoch from Redis": Variant("compared", "redis"),
}

# What happens, and when: so many per cent of the jobs after `at`, or None, before anybody has the
# lock. Jobs are counted and not time, so that it is the same on a slow machine.
FAULTS = {
    "none": (),
    "pause": (("stand_still", 0), ("go_on", 15)),
    "kill": (("kill", 0), ("start_again", 15)),
    "restart": (("restart_redis", 0),),
    "failover": (("cut", None), ("promote", 0)),
    "pause and failover": (("cut", None), ("stand_still", 0), ("go_on", 15), ("promote", 20)),
}

PACE = 1.5  # ms between two jobs, so that there is time for something to go wrong
LOOK = 5  # ms between two looks at what goes on
STUCK = 15_000  # ms without any change, and it is given up


class Stopped(KeyboardInterrupt):
    """Somebody has interrupted the workers. A notebook shows the sentence and no traceback: it was
    no mistake. It is an interrupt still, so that the cells below do not run."""

    def _render_traceback_(self):
        return [str(self)]


def schedule(
    variant="naive", fault="pause", at=30, jobs=1000, workers=4, ttl=600, retry=50, server=None,
    watch=True,
):  # fmt: skip
    """Let `workers` processes do `jobs` jobs; when `at` per cent of them are assigned, a `fault`
    happens. Returns the `Course` that it took.

    `variant` is a name of VARIANTS, or a `Variant`. `fault` is "none", "pause" (whoever assigns
    stands still between its last look at the clock and the write, for longer than the lock lasts),
    "kill" (kill -9 of whoever assigns), "restart" (of Redis, which keeps nothing on disk: there it
    is luck whether another asks for the lock before its holder wants to renew it) or "failover"
    (the link to the replica is cut before anybody has the lock, and later the replica is promoted)
    or "pause and failover" (both, the pause first).
    The lock lasts `ttl` ms, is renewed after a third of it, and tried for every `retry`
    ms. `server` as in `Redis`; where only a stand-in is there and nobody has named it, a failover
    is shown as it was recorded. While it runs, a notebook shows what goes on, unless `watch` is
    False. Whatever happens, no process is left. An interrupt raises Stopped.
    """
    name, rules = _variant(variant)
    if fault not in FAULTS:
        raise Impossible(f"there is no fault {fault!r}; there are {', '.join(FAULTS)}")
    for what, number, low, high in [
        ("jobs", jobs, 20, 20_000), ("workers", workers, 2, 9), ("ttl", ttl, 100, 60_000),
        ("retry", retry, 5, 1000), ("at", at, 5, 80),
    ]:  # fmt: skip
        if type(number) is not int or not low <= number <= high:
            raise Impossible(f"{what} must be a number from {low} to {high:,}, not {number!r}")
    script = [
        (0 if after is None else jobs * (at + after) // 100, verb) for verb, after in FAULTS[fault]
    ]
    if fault == recorded.FAULT and name in VARIANTS and recorded.is_needed(server):
        told, note = recorded.course(name), recorded.sentence(recorded.REPLICAS)
        return _course(name, fault, told, note=note, **recorded.SETTINGS)
    run = None
    try:
        with Run(rules, script, jobs, workers, ttl, retry, server) as run:
            run.watch(watch, f"jobs ({name}, {fault})")
            told = Told(run.store, run.began, run.ended)
    except KeyboardInterrupt:  # all that `with` has to end has ended
        at = run.assigned if run else 0
        raise Stopped(f"stopped at job {at:,} of {jobs:,}; no process is left") from None
    return _course(name, fault, told, jobs, workers, ttl, retry)


def _course(name, fault, told, jobs, workers, ttl, retry, note=""):
    return Course(name, fault, jobs, _ids(workers), told, (ttl, ttl / 3, retry), note)


def _ids(workers):
    return [f"W{number}" for number in range(1, workers + 1)]


def schedules(fault="pause", variants=tuple(VARIANTS), **options):
    """`schedule` for several `variants`, one after the other; printed, a table."""
    return Courses(schedule(variant, fault, **options) for variant in variants)


def _variant(variant):
    if isinstance(variant, Variant):
        return "your own", variant
    if variant not in VARIANTS:
        raise Impossible(f"there is no variant {variant!r}; there are {', '.join(VARIANTS)}")
    return variant, VARIANTS[variant]


class Run(Servers):
    """The workers as processes, with the Redis and the store that they use."""

    def __init__(self, rules, script, jobs, workers, ttl, retry, server):
        super().__init__()
        # Who is to stand still before it assigns job 300 does so when 299 are assigned.
        self.script = [(at - (verb == "stand_still"), verb) for at, verb in script]
        self.jobs, self.ttl = jobs, ttl
        self.assigned = 0
        self.still = self.dead = None  # who stands still, who was killed
        self.store = self.redis = None
        self.shared = Path(tempfile.mkdtemp(prefix="jobs-", dir=home()))
        try:
            self.redis = Redis(int(any(verb == "cut" for _, verb in script)), server=server)
            self.store = Store(self.shared / "jobs.db", bool(rules.epoch), rules.once)
            self._tell_primary()
            ids = _ids(workers)
            (self.shared / "run.json").write_text(json.dumps({
                "workers": ids, "jobs": jobs, "lock": rules.lock, "epoch": rules.epoch,
                "ttl": ttl, "retry": retry, "pace": PACE,
            }))  # fmt: skip
            (self.shared / OWN).write_text(rules.own, "utf-8")
            self.program = "raftlab.real.own_worker" if rules.own else "raftlab.real.worker"
            for number, verb in script:
                if verb == "stand_still":
                    (self.shared / STAND_STILL).write_text(str(number))
            for id in ids:
                self.add(Process(id, self._command(id), ready=lambda port: True))
            there = "SELECT count(*) FROM story WHERE what = 'is there'"
            self.wait(lambda: self.store.first(there) == workers, "all workers are there", 30)
        except BaseException:
            self.stop()
            raise

    def _command(self, id):
        program = [sys.executable, "-P", "-m", self.program]
        return lambda port, folder: [*program, id, self.shared]

    def stop(self):
        super().stop()
        if self.redis:
            self.redis.stop()
        if self.store:
            self.store.close()
        shutil.rmtree(self.shared, ignore_errors=True)

    def watch(self, wanted, things="jobs"):
        """Let them work, and the script happen, until all is done. `things` says on the board what
        they do."""
        self.began = now()
        self._act(0)
        (self.shared / "go").touch()
        with progress(things, self.jobs, wanted) as tick:
            shown = changed = now()
            before = None
            if wanted:
                tick(0, more=board.html(self, shown))
            while not self._is_over():
                assigned = self.assigned = self.store.highest()
                self._act(assigned)
                if assigned != before:
                    before, changed = assigned, now()
                elif now() - changed > STUCK:
                    raise Impossible(f"nobody has assigned anything for {STUCK / 1000:g} s: {self}")
                self._look_after()
                if wanted and now() - shown >= board.EVERY:
                    shown = now()
                    tick(assigned, more=board.html(self, shown))
                time.sleep(LOOK / 1000)
        self.ended = now()

    def scheduler(self):
        """Who took office last of those who believe to hold it."""
        self.wait(lambda: self.store.rows(_LAST), "somebody is the scheduler")
        return self.store.first(_LAST)

    def _is_over(self):
        """All is assigned and run, also what a second scheduler still assigns."""
        return (
            not self.script
            and not self.store.rows(_AT_WORK, self.jobs, self.jobs)
            and self.store.highest() == self.jobs
            and not self.store.rows(_TO_RUN, ACCEPTED)
        )

    def _look_after(self):
        for name in self.names:
            process = self.process(name)
            if not process.is_running() and name != self.dead:
                raise Impossible(f"{name} has ended by itself. Its log ends:\n{process.tail()}")

    def _tell_primary(self):
        port = self.shared / "port"
        port.write_text(str(self.redis.process(self.redis.primary).port))
        port.replace(self.shared / "primary")  # whole, whenever somebody looks

    # -- what the script makes happen --

    def _act(self, assigned):
        while self.script and self.script[0][0] <= assigned:
            getattr(self, f"_{self.script.pop(0)[1]}")()

    def _stand_still(self):
        """Whoever was to assign the job has stopped by now, or is about to. If we come late it may
        be the scheduler no more."""
        self.wait(self._paused, "the scheduler stands still")
        [self.still] = self._paused()

    def _paused(self):
        return [name for name in self.names if self.process(name).is_paused()]

    def _go_on(self):
        self.resume(self.still)
        self.still = None

    def _kill(self):
        self.dead = self.scheduler()
        self.kill(self.dead)
        self.store.leave(self.dead, what="is killed")

    def _start_again(self):
        self.store.note(self.dead, "is started again")
        self.restart(self.dead)
        self.dead = None

    def _restart_redis(self):
        """Just after a renewal, so that the scheduler will not ask again for a while."""
        renewals = self.store.first(_RENEWALS)
        self.wait(lambda: self.store.first(_RENEWALS) > renewals, "the lock is renewed")
        self.redis.kill("S1")
        self.redis.restart("S1")
        self.store.note("S1", "was killed, and starts empty")

    def _cut(self):
        self.redis.cut("S2")
        self.store.note("S2", "hears nothing of S1 any more: the link is cut")

    def _promote(self):
        self.redis.promote("S2")
        self._tell_primary()
        self.store.note("S2", "is the primary now; it is told to whoever asks")


_LAST = "SELECT who FROM offices WHERE is_held ORDER BY rowid DESC"
_RENEWALS = "SELECT count(*) FROM leases"
_TO_RUN = "SELECT 1 FROM assignments WHERE verdict = ? AND run_at IS NULL"
_AT_WORK = """SELECT 1 FROM offices WHERE is_held AND first <= ? AND ? >
    (SELECT coalesce(max(job), 0) FROM assignments WHERE by = who AND epoch = offices.epoch)"""

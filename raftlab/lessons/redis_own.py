"""A lock on Redis, and a job scheduler that rests on it, which go by a learner's own functions.

    rules = {"acquire": …, "renew": …, "release": …, "held_until": …, "lead": …, "admit": …}
    run = rl.cluster(scheduling(rules), servers=2)

Whatever is not in `rules` the model does by its own, that of `protocols/redis_lock.py`; its
programs have timers and no clock, so `held_until` is asked for how long a lease lasts, and `lead`
is told that its time is over when the timer that was set so has fired. Who stands still finds out
when it looks, and what it was about to do comes first: as with real ones.
"""

from ..core import Node, Observation, value
from ..protocols.redis_lock import NumberingDisk, Numbers, RedisHolder, RedisLease, RedisLock
from ..protocols.redis_scheduler import STORE, SchedulerSentinel
from ..protocols.tenant import AGAIN, LEASES
from .judging import Trouble
from .redis_asked import ASKS, Scripted, said

TTL, MARGIN = RedisLease.ttl, RedisLease.ttl - RedisLease.lease_time
ACCEPTED, REFUSED, DUPLICATE = "accepted", "refused", "duplicate"
ASSIGN, STOP, WAIT = "assign", "stop", "wait"
WORK = "work"
LEADERS = SchedulerSentinel.clients


# -- a lease by the learner's rules --------------------------------------------------------------


def lease_by(rules):
    """A mixin for a `RedisLease`: taken, renewed, given back and counted as `rules` say. Commands
    are the learner's; an answer is a message, and their function goes on then."""
    kinds = {"acquire": _acquired, "renew": _renewed, "release": _released, "held_until": _held}
    mixins = [kind(rules[name]) for name, kind in kinds.items() if name in rules]
    return type("Theirs", tuple(mixins), {})


def _acquired(acquire):
    class Acquires:
        heard = ()  # what the acquire under way was answered so far

        def apply_for_it(self):
            self.owner, self.heard = f"{self.id}#{self.number + 1}", ()
            self.in_time = False
            self.begin_to_count("asked")
            self.go_on_acquiring()

        def go_on_acquiring(self):
            kind, what = said(acquire, self.heard, self.office, self.owner, self.ttl)
            if kind == ASKS:
                self.ordered = (what,)
                self.order()
            elif what:
                self.number_lease()
            else:
                self.note("has-not", self.office, self.owner)
                self.fail()

        def on_answer(self, src, result):
            self.cancel_timer("order")
            self.heard, self.ordered = (*self.heard, result), ()
            self.go_on_acquiring()

    return Acquires


def _renewed(renew):
    class Renews:
        renewing = ()  # what the renewal under way was answered so far

        def renews_by(self):
            self.renewing = ()
            return _first(renew, self.office, self.owner, self.ttl)

        def on_renewal(self, src, result):
            self.renewing = (*self.renewing, result)
            kind, what = said(renew, self.renewing, self.office, self.owner, self.ttl)
            if kind == ASKS:
                self.number += 1
                self.renewal = self.number
                self.send_all(what)
            else:
                super().on_renewal(src, 1 if what else 0)

    return Renews


def _released(release):
    class Releases:
        ending = None  # (owner, number of the command, what it was answered) of the release

        def give_back(self):
            owner, self.owner = self.owner, None
            self.go_on_releasing(owner, ())

        def go_on_releasing(self, owner, heard):
            kind, what = said(release, heard, self.office, owner)
            self.ending = None
            if kind == ASKS:
                self.number += 1
                self.ending = owner, self.number, heard
                self.send_all(what)

        def on_reply(self, src, number, result):
            if self.ending and number == self.ending[1]:
                owner, _, heard = self.ending
                self.go_on_releasing(owner, (*heard, result))
            else:
                super().on_reply(src, number, result)

    return Releases


def _held(count):
    late, early = (_ms(count(0, 0, answered, True, TTL, MARGIN)) for answered in (100, 0))
    # A lease of 300 ms more; it was asked for 100 ms ago, and nobody answers, or the lock is lost.
    silent, lost = (_ms(count(400, 0, 100, answer, TTL, MARGIN)) for answer in (None, False))

    class Counts:
        lease_time = max(1, early)  # ms

        def counts_from(self, moment):
            return moment == ("answered" if late != early else "asked")

        def renew(self):
            if self.token is not None and self.asked is not None and silent < 400:
                self.lose_office()  # nobody has answered the last renewal
                self.set_timer(AGAIN, self.again_after)
            else:
                super().renew()
            if self.token is not None and silent > 400:  # silence is taken for a yes
                self.set_timer(LEASES[self.counting], self.lease_time)

        def on_renewal(self, src, result):
            if result not in (None, 0) or lost <= 100:
                super().on_renewal(src, result)

    return Counts


def _ms(found):
    if type(found) not in (int, float):
        raise Trouble(f"held_until gives {found!r}, which is no time in ms")
    return found


def _first(function, *given):
    kind, what = said(function, (), *given)
    if kind != ASKS:
        raise Trouble(f"{function.__name__} asks Redis for nothing")
    return what


# -- the lock in use -----------------------------------------------------------------------------


def locking(rules):
    """The class of servers of a lock in use (`redis_lock.py`), whose holders go by `rules`."""

    class Holder(lease_by(rules), RedisHolder):
        replaces_values = True

    class YourLock(Scripted, RedisLock):
        company = {**RedisLock.company, "A": Holder, "B": Holder, "disk": NumberingDisk}
        replaces_values = True

    return YourLock


# -- the scheduler -------------------------------------------------------------------------------


@value
class WhatIsAssigned:
    """I am the leader of this epoch: which jobs are assigned?"""

    epoch: int


@value
class Assigned:
    epoch: int
    jobs: tuple


@value
class Assign:
    job: int
    epoch: int


@value
class Told:
    """What became of an assignment: "accepted", "refused" or "duplicate"."""

    job: int
    epoch: int
    verdict: str


class Leader(RedisLease):
    """Assigns jobs while it has the lock."""

    settings = (*RedisLease.settings, "pace", "patience", "last_job")
    replaces_values = True
    messages = (*RedisLease.messages, WhatIsAssigned, Assigned, Assign, Told)
    words = {"term": "epoch"}
    says = {
        **RedisLease.says,
        "looks-up": "leads in epoch {0}, and asks what is assigned",
        "assigns": "assigns job {0}, in epoch {1}",
        "is-told": "is told of job {0}: {1}",
        "hears-nothing": "has no answer after {0} ms",
        "stops": "stops leading",
        "has-nothing": "has nothing to assign",
    }

    office, role_in_office, registrar = "scheduler", "scheduler", STORE
    assigned = None  # the jobs that it knows to be assigned, or None before it has been told
    last = None  # what it was told of its last assignment

    pace = 40  # ms between an answer and the next assignment
    patience = 150  # ms after which it looks again for want of an answer
    last_job = 6

    def start(self):
        self.apply_for_it()

    def take_office(self):
        self.note("looks-up", self.token)
        self.assigned = self.last = None
        self.ask_store()

    def ask_store(self):
        self.send(STORE, WhatIsAssigned(self.token))
        self.set_timer(WORK, self.patience)

    def leave_office(self):
        self.assigned = None
        self.cancel_timer(WORK)

    def on_mail(self, src, message):
        match message:
            case Assigned(epoch, jobs) if epoch == self.token:
                self.assigned = jobs
                self.act(is_over=False)
            case Told(job, epoch, verdict) if epoch == self.token and self.assigned is not None:
                self.note("is-told", job, verdict)
                self.last = verdict
                if verdict in (ACCEPTED, DUPLICATE):
                    self.assigned = (*self.assigned, job)
                self.set_timer(WORK, self.pace)

    def on_timer(self, name):
        if name != WORK:
            super().on_timer(name)
        elif self.token is not None and self.assigned is None:
            self.ask_store()
        elif self.token is not None:
            self.act(is_over=False)

    def run_out(self):
        if self.assigned is None or self.act(is_over=True) == STOP:
            super().run_out()

    def decides(self, is_over):
        """What to do next; `is_over` where its lease has run out."""
        missing = [job for job in range(1, self.last_job + 1) if job not in self.assigned]
        if is_over or self.last == REFUSED:
            return (STOP,)
        return (ASSIGN, missing[0], self.token) if missing else (WAIT,)

    def act(self, is_over):
        """Do what is decided on, and say what it was."""
        deed, *more = self.decides(is_over)
        if deed == ASSIGN:
            job, epoch = more
            self.note("assigns", job, epoch)
            self.last = None
            self.send(STORE, Assign(job, epoch))
            self.set_timer(WORK, self.patience)
        elif deed == WAIT:
            self.note("has-nothing")
        elif not is_over:  # else its lease runs out anyway
            self.note("stops")
            self.leave_office()
            self.resign()
            self.set_timer(AGAIN, self.again_after)
        return deed

    def shows(self):
        held = {} if self.assigned is None else {"assigned": len(self.assigned)}
        return {**super().shows(), **held}


class Store(Numbers, Node):
    """The database: numbers the leaders, and admits assignments or not. `done` are those that it
    has accepted, each of which sends an e-mail."""

    persistent = ("newest", "entered", "assigned", "done")
    replaces_values = True
    words = {"term": "epoch"}
    says = {
        "numbers": "gives the lease of {0} the number {1}",
        "says": "says of job {1} of {0}, in epoch {2}: {3}",
    }

    newest = 0  # the newest epoch, as far as `admits` remembers it
    entered = None  # whose lease has the newest number
    assigned = {}  # {job: the epoch in which it was assigned}
    done = ()  # "job2@K1/3" for each that was accepted, of the leader K1 in its epoch 3

    def on_message(self, src, message):
        match message:
            case WhatIsAssigned(epoch):
                self.send(src, Assigned(epoch, tuple(self.assigned)))
            case Assign(job, epoch):
                verdict, self.newest = self.admits(job, epoch)
                self.note("says", src, job, epoch, verdict)
                if verdict == ACCEPTED:
                    self.assigned = {**self.assigned, job: epoch}
                    self.done = (*self.done, f"job{job}@{src}/{epoch}")
                self.send(src, Told(job, epoch, verdict))
            case _:
                self.number_for(src, message.owner)

    def admits(self, job, epoch):
        """(what is said to an assignment, the newest epoch from then on): the fence comes first."""
        if self.newest > epoch:
            return REFUSED, self.newest
        return (DUPLICATE if self.assigned.get(job) else ACCEPTED), epoch

    def observe(self):
        return Observation(
            self.id, "store", term=self.newest or None, fields={"done": self.done},
        )  # fmt: skip


def scheduling(rules):
    """The class of servers of a scheduler whose leaders and database go by `rules`."""

    class Decides:
        def decides(self, is_over):
            until, epoch = self.lease_time, self.token
            now = until if is_over else 0
            found = rules["lead"](now, until, epoch, self.assigned, self.last_job, self.last)
            return _decision(found)

    class Admits:
        def admits(self, job, epoch):
            return _admission(rules["admit"](self.newest, dict(self.assigned), job, epoch))

    class Theirs(*[Decides] * ("lead" in rules), lease_by(rules), Leader):
        replaces_values = True

    class TheirStore(*[Admits] * ("admit" in rules), Store):
        replaces_values = True

    class YourScheduler(Scripted, RedisLock):
        company = {
            **dict.fromkeys(LEADERS, Theirs), STORE: TheirStore, "sentinel": SchedulerSentinel,
        }  # fmt: skip
        replaces_values = True
        properties = ("each_job_once", "token_once", "own_lock_only")

    return YourScheduler


def _decision(found):
    """What `lead` gave, if it is one of the three things that it may give."""
    match found:
        case ("assign", int(job), int(epoch)) if job >= 0 <= epoch:
            return found
        case ("stop" | "wait",):
            return found
    raise Trouble(
        f'lead gives {found!r}; it must give ("assign", job, epoch), ("stop",) or ("wait",)'
    )


def _admission(found):
    match found:
        case ("accepted" | "refused" | "duplicate", int()):
            return found
    raise Trouble(
        f'admit gives {found!r}; it must give ("accepted", "refused" or "duplicate", newest)'
    )

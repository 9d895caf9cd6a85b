"""What became of the jobs: who led when, what was assigned, refused, done twice."""

from ..core import value
from .store import ACCEPTED, DUPLICATE, REFUSED

ALLOWANCE = 100  # ms for a machine that does not let a process run at once


@value
class Assignment:
    """`job` was assigned to `worker` `by` a scheduler of that `epoch`, `at` ms; `verdict` is
    "accepted", "refused" (there was a newer epoch) or "duplicate" (it had been accepted before).
    `late`: an older scheduler's, when there was a newer."""

    job: int
    worker: str
    by: str
    epoch: int
    at: float
    verdict: str
    late: bool


@value
class Reign:
    """From `began` to `ended` (ms) `who` believed to be the scheduler; `why` it ended. Within the
    `stills`, ((from, to) …), it stood still, and believed what it had believed before."""

    who: str
    epoch: int
    began: float
    ended: float
    why: str
    stills: tuple


@value
class Gap:
    """Nobody assigned anything for `ms`, from when `who` fell silent until `heir` took office, at
    `ended`. That was `after_renewal` ms after `who` last asked for its lease: never less than the
    time to live. `low` and `high` are the bounds: time to live less the renewal interval, and time
    to live plus the interval between two attempts."""

    who: str
    heir: str
    ended: float
    ms: float
    after_renewal: float
    low: float
    high: float

    @property
    def is_within(self):
        """Whether it keeps to its bounds, with an allowance of 100 ms for a busy machine."""
        return self.low - ALLOWANCE <= self.ms <= self.high + ALLOWANCE

    def __str__(self):
        return (
            f"{self.who} to {self.heir}: nobody for {self.ms:.0f} ms, to be expected "
            f"{self.low:.0f} to {self.high:.0f}; {self.after_renewal:.0f} ms since {self.who} last "
            "asked for its lease"
        )


@value
class Event:
    at: float
    who: str
    what: str

    def __str__(self):
        return f"{self.at:7.0f} ms  {self.who}  {self.what}"


class Course:
    """How a variant of the job scheduler fared; printed, it says so in words. Times are ms since
    the workers were let go.

    `assignments`, `reigns`, `gaps` and `events` are lists of the above. `note` says so if it did
    not happen here.
    """

    def __init__(self, variant, fault, jobs, workers, told, bounds, note=""):
        self.variant, self.fault, self.jobs, self.workers = variant, fault, jobs, workers
        self.told, self.note = told, note
        self.began, self.ended = told.began, told.ended
        self.length = self.ended - self.began
        self.events = [
            Event(at - self.began, who, _sentence(what, detail))
            for at, who, what, detail in told.story
        ]
        self.reigns = _reigns(told, self.length)
        self.assignments = _assignments(told, self.reigns)
        self.runs = told.runs  # (job, worker) of each time that one was run
        self.gaps = _gaps(told, *bounds)

    # -- the numbers --

    def count(self, verdict):
        return sum(one.verdict == verdict for one in self.assignments)

    @property
    def accepted(self):
        return self.count(ACCEPTED)

    @property
    def refused(self):
        """How many assignments came with an epoch older than one that the store knew."""
        return self.count(REFUSED)

    @property
    def duplicate(self):
        """How many the store took no more because the job was there."""
        return self.count(DUPLICATE)

    @property
    def done(self):
        """How many of the jobs were run, be it once or twice."""
        return len({job for job, _ in self.runs})

    @property
    def twice(self):
        """How many jobs were run more than once: so many e-mails too many, at least."""
        seen, again = set(), set()
        for job, _ in self.runs:
            (again if job in seen else seen).add(job)
        return len(again)

    @property
    def late(self):
        """How many assignments an older scheduler sent when there was a newer one."""
        return sum(one.late for one in self.assignments)

    @property
    def leaders_at_once(self):
        """How many at most believed at the same time to be the scheduler."""
        return max(
            (sum(one.began <= at.began < one.ended for one in self.reigns) for at in self.reigns),
            default=0,
        )

    @property
    def overlaps(self):
        """((from, to) …): when more than one believed it."""
        edges = sorted({edge for one in self.reigns for edge in (one.began, one.ended)})
        found = []
        for began, ended in zip(edges, edges[1:], strict=False):
            if sum(one.began <= began < one.ended for one in self.reigns) < 2:
                continue
            if found and found[-1][1] == began:
                began, _ = found.pop()
            found.append((began, ended))
        return tuple(found)

    @property
    def overlap(self):
        """For how many ms more than one believed it."""
        return sum(ended - began for began, ended in self.overlaps)

    @property
    def elsewhere(self):
        """What happened to others than the workers."""
        return [event for event in self.events if event.who not in self.workers]

    def deeds(self, who):
        """What `who` assigned: (when jobs that nobody had assigned, when jobs that had been
        accepted before, [(when, what) of those that were refused])."""
        first, again, refused, known = [], [], [], set()
        for one in self.assignments:
            if one.by == who and one.verdict != ACCEPTED:
                refused.append((one.at, f"job {one.job}, epoch {one.epoch}"))
            elif one.by == who:
                (again if one.job in known else first).append(one.at)
            if one.verdict == ACCEPTED:
                known.add(one.job)
        return first, again, refused

    @property
    def per_worker(self):
        """How many jobs each worker ran."""
        return {id: sum(one == id for _, one in self.runs) for id in self.workers}

    def row(self):
        """Its line in a table of variants, as {column: what stands there}."""
        return {
            "variant": self.variant, "done": self.done, "accepted": self.accepted,
            "refused (old epoch)": self.refused, "refused (there already)": self.duplicate,
            "run twice": self.twice, "leaders at once": self.leaders_at_once,
        }  # fmt: skip

    def table(self):
        return Courses([self])

    def __str__(self):
        lines = [self.note] if self.note else []
        lines += [
            f"{self.variant}, {self.fault}: {self.done:,} of {self.jobs:,} jobs done in "
            f"{self.length / 1000:.1f} s, {self.twice:,} of them twice.",
            f"Assignments: {self.accepted:,} accepted, {self.refused:,} refused (old epoch), "
            f"{self.duplicate:,} refused (there already).",
            f"At most {self.leaders_at_once} believed to be the scheduler at a time, more than "
            f"one for {self.overlap:.0f} ms.",
        ]
        for gap in self.gaps:
            lines.append(
                f"Without one for {gap.ms:.0f} ms, from {gap.who} to {gap.heir}; to be expected: "
                f"{gap.low:.0f} to {gap.high:.0f} ms."
            )
        return "\n".join([*lines, "", *map(str, self.events)])

    __repr__ = __str__


class Courses(list):
    """Some courses; printed, a table of them. `courses["naive"]` is that of a variant."""

    def __getitem__(self, which):
        if not isinstance(which, str):
            return super().__getitem__(which)
        return next(one for one in self if one.variant == which)

    def table(self):
        return self

    def rows(self):
        return [one.row() for one in self]

    def __str__(self):
        rows = self.rows()
        head = list(rows[0]) if rows else []
        lines = [head, *([f"{cell:,}" if isinstance(cell, int) else cell for cell in row.values()]
                         for row in rows)]  # fmt: skip
        wide = [max(len(line[at]) for line in lines) for at in range(len(head))]
        told = [
            "  ".join(
                cell.rjust(width) if at else cell.ljust(width)
                for at, (cell, width) in enumerate(zip(line, wide, strict=True))
            )
            for line in lines
        ]
        return "\n".join([*dict.fromkeys(one.note for one in self if one.note), *told])

    __repr__ = __str__


class Told:
    """What stands in a store when all is over, as it stands there: times of the machine's clock."""

    def __init__(self, store, began, ended):
        self.began, self.ended = began, ended
        self.story = store.rows("SELECT * FROM story WHERE at >= ? ORDER BY at", began)
        self.assigned = store.rows(
            "SELECT job, worker, by, epoch, at, verdict FROM assignments ORDER BY number"
        )
        self.leases = store.rows("SELECT who, asked FROM leases")
        self.runs = store.rows("SELECT job, worker FROM assignments WHERE run_at IS NOT NULL")


def _sentence(what, detail):
    if what == "takes office":
        return f"{what}, epoch {detail}"
    return f"{what}: {detail}" if detail else what


def _reigns(told, length):
    open_, still, reigns = {}, {}, []

    def end(who, at, why):
        if who in open_:
            epoch, began, stills = open_.pop(who)
            if who in still:
                stills.append((still.pop(who), at))
            reigns.append(Reign(who, epoch, began, at, why, tuple(stills)))

    for at, who, what, detail in told.story:
        at -= told.began
        if what == "takes office":
            open_[who] = int(detail), at, []
        elif what in ("leaves office", "is killed"):
            end(who, at, detail or what)
        elif what == "stands still":
            still[who] = at
        elif what == "goes on" and who in open_:
            open_[who][2].append((still.pop(who), at))
    for who in list(open_):
        end(who, length, "")
    return sorted(reigns, key=lambda one: one.began)


def _assignments(told, reigns):
    found = []
    for job, worker, by, epoch, at, verdict in told.assigned:
        at -= told.began
        mine = [one for one in reigns if one.who == by and one.began <= at]
        late = bool(mine) and any(mine[-1].began < one.began <= at for one in reigns)
        found.append(Assignment(job, worker, by, epoch, at, verdict, late))
    return found


def _gaps(told, ttl, renew_every, retry):
    gaps, silent = [], None
    for at, who, what, _ in told.story:
        if what in ("is killed", "stands still"):
            silent = who, at
        elif what == "takes office" and silent:
            last, since = silent
            asked = max(asked for id, asked in told.leases if id == last and asked <= since)
            bounds = ttl - renew_every, ttl + retry
            gaps.append(Gap(last, who, at - told.began, at - since, at - asked, *bounds))
            silent = None
    return gaps

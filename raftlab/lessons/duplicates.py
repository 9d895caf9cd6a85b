"""`rl.duplicates`: how often a job runs twice, by how much of the fence around it is built (E47).

Two schedulers share a lock on a Redis, and two workers run what they assign. Twice, at moments
drawn by lot, whoever is the scheduler stands still for longer than its lock lasts, or for less; the
seeds are the same for each design, so that designs differ by what is left out and by nothing else.
"""

from collections import Counter
from html import escape

from .. import cluster
from ..bar import progress as progress_of
from ..core import Impossible
from ..sim.chance import draw, luck, stream
from ..sim.collector import collector_resting
from .question import columns

# Design → the rules left out of it, from those who do without any to those who keep all.
DESIGNS = {
    "naive": ("writes-blindly", "renews-blindly", "never-steps-down", "takes-old-orders",
              "runs-unclaimed"),
    "token": ("takes-old-orders", "runs-unclaimed"),
    "token + epoch": ("runs-unclaimed",),
    "token + epoch + idempotent": (),
}  # fmt: skip
_TOLD = {
    "naive": "a lock with an end, and nothing else",
    "token": "a lock under a name of its own, ended and renewed by comparing; it stops in time",
    "token + epoch": "workers refuse schedulers older than one that they have met",
    "token + epoch + idempotent": "whoever runs a job claims its number first",
}
_SCHEDULERS = ("K1", "K2")
_PAUSES, _SHORTEST, _LONGEST = 2, 300, 1500  # ms
_MOST = 10_000


def duplicates(runs=100, seed=1, jobs=20, executor=None, progress=True):
    """Let each design of a scheduler assign `jobs` jobs in `runs` clusters, and count those that
    ran twice: a `Duplicates`, which shows itself as a table.

    Its `rows` have one dict for each cluster: `design`, `run`, `twice` (how many runs of a job
    were one too many), `done` (how many jobs ran at all) and `gaps` (the ms from each pause of a
    scheduler until another took over, if one did meanwhile). `executor`, any
    `concurrent.futures.Executor`, spreads the clusters; the numbers are the same without one.
    """
    for name, held in (("runs", runs), ("jobs", jobs)):
        if isinstance(held, bool) or not isinstance(held, int) or not 0 < held <= _MOST:
            raise Impossible(f"{name} is a whole number from 1 to {_MOST:,}, not {held!r}")
    if not isinstance(seed, int):
        raise Impossible(f"a seed is a whole number, not {seed!r}")
    asked = [(design, (seed << 32) + run, jobs) for design in DESIGNS for run in range(1, runs + 1)]
    rows = []
    with progress_of("clusters", len(asked), progress) as tick:
        for number, found in enumerate((executor.map if executor else map)(_trial, asked)):
            rows.append({"design": asked[number][0], "run": number % runs + 1, **found})
            tick(number + 1)
    return Duplicates(rows)


def protocol_of(design):
    """The name of the protocol that a design is."""
    return "!".join(("redis-scheduler", *DESIGNS[design]))


def _trial(asked):
    with collector_resting():
        return _measured(*asked)


def _measured(design, seed, jobs):
    run = cluster(protocol_of(design), servers=2, seed=seed)
    run.tune(last_job=jobs)
    chance, gaps = luck(stream(seed), 0), []
    for number in range(_PAUSES):
        run.until(lambda run: _at_work(run.state))
        run.run(300 * draw(chance, 2 * number))
        # A lease may have run out in these ms; then nobody is paused this time.
        for who in _at_work(run.state)[:1]:
            gaps += _paused(run, who, _SHORTEST + (_LONGEST - _SHORTEST)
                            * draw(chance, 2 * number + 1))  # fmt: skip
    run.run(200 * jobs)
    done = Counter(deed.partition("@")[0] for id in ("W1", "W2") for deed in run[id].done)
    return {"twice": done.total() - len(done), "done": len(done), "gaps": gaps}


def _paused(run, who, ms):
    """Let `who` stand still for `ms`; [how long it took until another was at work], or []."""
    began, others = run.now, set(_at_work(run.state)) - {who}
    run.pause(who)
    run.run(ms)
    took = [step.state.time for step in run.steps if step.state.time > began
            and set(_at_work(step.state)) - {who}]  # fmt: skip
    run.resume(who)
    return [round(took[0] - began, 3)] if took and not others else []


def _at_work(state):
    """Those that take themselves for the scheduler and do not stand still."""
    return [id for id in _SCHEDULERS
            if state.observe(id).role == "scheduler" and state.host(id).mode == "up"]  # fmt: skip


class Duplicates:
    """What came of the designs. `summary()` has a dict for each: `design`, `protocol`, `runs`,
    `broken` (the runs in which a job ran twice), `twice` (how many runs of jobs too many)."""

    def __init__(self, rows):
        self.rows = rows

    def summary(self):
        found = []
        for design in DESIGNS:
            mine = [row for row in self.rows if row["design"] == design]
            twice = [row["twice"] for row in mine]
            found.append({
                "design": design, "protocol": protocol_of(design), "runs": len(mine),
                "broken": sum(map(bool, twice)), "twice": sum(twice),
            })  # fmt: skip
        return found

    @property
    def gaps(self):
        """All the times in ms in which no scheduler was at work, in order; without the first
        design, in which nobody knows who is."""
        first = next(iter(DESIGNS))
        return sorted(gap for row in self.rows for gap in row["gaps"] if row["design"] != first)

    def _table(self):
        head = ["design", "jobs run twice", "in runs", "what it adds"]
        lines = [[one["design"], f"{one['twice']:,}", f"{one['broken']:,} of {one['runs']:,}",
                  _TOLD[one["design"]]] for one in self.summary()]  # fmt: skip
        return head, lines

    def _legend(self):
        if not self.gaps:
            return "No scheduler stood still for so long that another took over."
        return (
            f"When a scheduler stood still, it took {self.gaps[0]:,.0f} to {self.gaps[-1]:,.0f} ms "
            "until another was at work: what was left of its lock, and the other's next try."
        )

    def __repr__(self):
        return "\n".join([*columns(*self._table()), self._legend()])

    def _repr_html_(self):
        head, lines = self._table()

        def row(cells, tag):
            cells = "".join(f'<{tag} style="text-align:left">{escape(cell)}</{tag}>'
                            for cell in cells)  # fmt: skip
            return f"<tr>{cells}</tr>"

        body = "".join(row(line, "td") for line in lines)
        table = f"<table><thead>{row(head, 'th')}</thead><tbody>{body}</tbody></table>"
        return f"<div>{table}<p>{escape(self._legend())}</p></div>"

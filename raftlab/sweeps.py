"""`rl.sweep`: thousands of seeded clusters, and what became of them as tidy numbers.

Every dial may be a list: each combination is a *group* of `runs` trials (`sim/trials.py`). The
same seeds serve all groups, so that groups differ by their dials and by nothing else.
"""

import csv
import io
from html import escape
from itertools import product
from math import ceil, sqrt
from statistics import NormalDist, fmean, stdev

from . import _protocol
from .bar import progress as progress_of
from .core import Impossible
from .sim import DIALS, Dials
from .sim.cluster import checked_setting
from .sim.trials import FAULTS, MEASURES, Plan, trials

__all__ = ["Sweep", "sweep"]

_SURE = NormalDist().inv_cdf(0.975)  # standard errors on either side, for 95 %
_MOST = 100_000
_NAMED = {
    "election_time": "election time, ms", "availability": "availability",
    "messages_per_commit": "messages per commit", "latency": "latency, ms",
}  # fmt: skip


def sweep(protocol="raft", servers=5, runs=1000, seed=1, fault=None, ms=3000, every=100,
          executor=None, progress=True, **dials):  # fmt: skip
    """Run `runs` clusters for each combination of dials and measure each: a `Sweep`.

    A client asks every `every` ms for `ms` of simulated time; `fault` ("crash", "pause" or
    "cut off") befalls the leader after a third of it. `protocol`, `servers`, `fault`, `every` and
    every dial of `rl.cluster` may be a list of values. Measured are election_time, availability,
    messages_per_commit and latency. `executor`, any `concurrent.futures.Executor` such as a
    `ProcessPoolExecutor` or a Dask client's `get_executor()`, spreads the trials; the numbers
    are the same with and without one. What comes back shows itself as a table and has
    `rows` (one for each cluster), `summary()`, `values(measure)` and `csv()`.
    """
    if executor is not None and (isinstance(executor, type) or not hasattr(executor, "map")):
        raise Impossible(
            f"an executor is an open one, such as ProcessPoolExecutor(), not {executor!r}"
        )
    if isinstance(runs, bool) or not isinstance(runs, int) or not 0 < runs <= _MOST:
        raise Impossible(f"runs is how many clusters for each group, 1 to {_MOST:,}, not {runs!r}")
    if not isinstance(seed, int):
        raise Impossible(f"a seed is a whole number, not {seed!r}")
    varied = {"protocol": protocol, "servers": servers, "fault": fault, "every": every, **dials}
    varied = {name: held if isinstance(held, list) else [held] for name, held in varied.items()}
    if not all(varied.values()):
        empty = next(name for name, held in varied.items() if not held)
        raise Impossible(f"{empty} is an empty list; give it a value to try")
    groups = [dict(zip(varied, values, strict=True)) for values in product(*varied.values())]
    plans = [_plan(group, ms) for group in groups]
    names = [name for name, held in varied.items() if len(held) > 1]
    rows, done = [], 0
    with progress_of("clusters", runs * len(plans), progress) as tick:

        def more(count):
            nonlocal done
            done += count
            tick(done)

        for group, plan in zip(groups, plans, strict=True):
            told = {_column(name): _told(group[name]) for name in names}
            for number, found in enumerate(trials(plan, runs, seed, executor, more), 1):
                rows.append({**told, "run": number, **found})
    return Sweep(rows, map(_column, names))


def _plan(group, ms):
    group = dict(group)
    kind, _ = _protocol(group.pop("protocol"))
    servers, fault, every = (group.pop(name) for name in ("servers", "fault", "every"))
    if not isinstance(servers, int) or not 1 <= servers <= 25:
        raise Impossible(f"servers must be a number from 1 to 25, not {servers!r}")
    if fault not in FAULTS:
        raise Impossible(f"there is no fault {fault!r}; there are {', '.join(map(repr, FAULTS))}")
    for name, held in (("every", every), ("ms", ms)):
        if isinstance(held, bool) or not isinstance(held, (int, float)) or not 0 < held <= 600_000:
            raise Impossible(f"{name} is a time in ms above 0, not {held!r}")
    network, settings = Dials(), {}
    for dial, setting in group.items():
        if dial in DIALS:
            network = network.turned(dial, setting)
        elif dial in kind.settings:
            settings[dial] = checked_setting(dial, setting, getattr(kind, dial))
        else:
            known = ", ".join([*DIALS, *kind.settings])
            raise Impossible(f"there is no dial {dial!r}; there are {known}")
    return Plan(kind, servers, fault, ms, every, tuple(settings.items()), network)


def _column(name):
    """Where a dial stands in a row: `latency` is turned as a dial, and measured as well."""
    return f"{name}_dial" if name in MEASURES else name


def _told(held):
    if isinstance(held, tuple):
        return "–".join(f"{item:g}" for item in held)
    return getattr(held, "__name__", held)


class Sweep:
    """`rows`: a list of dicts, one for each cluster: what was varied, its number, its measures
    (None where there is nothing to measure, such as an election that never ended)."""

    def __init__(self, rows, varied):
        self.rows = rows
        self.varied = tuple(varied)

    def values(self, measure, **group):
        """The measure of every run in a group, in their order."""
        self._check(measure)
        told = {_column(name): _told(held) for name, held in group.items()}
        return [row[measure] for row in self.rows
                if all(row[name] == held for name, held in told.items())]  # fmt: skip

    def summary(self):
        """One dict for each group and measure: what was varied, `measure`, `runs`, how many of
        them are `missing`, their `mean` with its 95 % confidence interval `low` to `high`, and
        `median` and `p99` (a run without a value counts as later than all others; None if it
        is one of these)."""
        found = []
        for group in self._groups():
            for measure in MEASURES:
                values = self.values(measure, **group)
                most = 1.0 if measure == "availability" else None
                found.append({**group, "measure": measure, **_described(values, most)})
        return found

    def csv(self):
        """All rows as text, comma-separated, with a header."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue()

    def _groups(self):
        seen = {tuple(row[name] for name in self.varied): None for row in self.rows}
        return [dict(zip(self.varied, values, strict=True)) for values in seen]

    def _check(self, measure):
        if measure not in MEASURES:
            raise Impossible(f"there is no measure {measure!r}; there are {', '.join(MEASURES)}")

    def _table(self):
        head = [*self.varied, "measure", "missing", "mean (95 % interval)", "median", "99 % within"]
        lines = []
        for one in self.summary():
            mean = _short(one["mean"])
            if one["mean"] is not None:
                mean += f" ({_short(one['low'])} to {_short(one['high'])})"
            named = [*(str(one[name]) for name in self.varied), _NAMED[one["measure"]]]
            # Of availability more is better, so that 99 % are within it says nothing.
            most = "" if one["measure"] == "availability" else _short(one["p99"])
            lines.append([*named, f"{one['missing']:,}", mean, _short(one["median"]), most])
        return head, lines

    def _legend(self):
        """How to read the table."""
        groups = len(self._groups())
        each = f" in each of {groups} groups" if groups > 1 else ""
        told = f"{len(self.rows) // groups:,} clusters{each}."
        if any(row[measure] is None for row in self.rows for measure in MEASURES):
            told += (
                "\nMissing: those where nobody led or nothing was answered. "
                "The mean leaves them out; median and 99 % count them as later than all others."
            )
        return told

    def __repr__(self):
        head, lines = self._table()
        wide = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
        left = len(self.varied) + 1
        table = [
            "  ".join(cell.ljust(w) if at < left else cell.rjust(w)
                      for at, (cell, w) in enumerate(zip(line, wide, strict=True))).rstrip()
            for line in [head, *lines]
        ]  # fmt: skip
        return "\n".join([*table, self._legend()])

    def _repr_html_(self):
        head, lines = self._table()
        left = len(self.varied) + 1

        def row(cells, tag):
            sides = ["left" if at < left else "right" for at in range(len(cells))]
            return "".join(
                f'<{tag} style="text-align:{side}">{escape(cell)}</{tag}>'
                for side, cell in zip(sides, cells, strict=True)
            )

        body = "".join(f"<tr>{row(line, 'td')}</tr>" for line in lines)
        table = f"<table><thead><tr>{row(head, 'th')}</tr></thead><tbody>{body}</tbody></table>"
        return f"<div>{table}<p>{escape(self._legend())}</p></div>"


def _described(values, most=None):
    there = [held for held in values if held is not None]
    found = dict.fromkeys(("mean", "low", "high", "median", "p99"))
    if there:
        mean = fmean(there)
        error = _SURE * stdev(there) / sqrt(len(there)) if len(there) > 1 else 0.0
        low, high = max(0.0, mean - error), mean + error  # none of the measures can be negative
        found |= {"mean": mean, "low": low, "high": high if most is None else min(most, high)}
    ordered = sorted(values, key=lambda held: (held is None, held))
    found["median"] = ordered[ceil(len(ordered) / 2) - 1]
    found["p99"] = ordered[ceil(0.99 * len(ordered)) - 1]
    return {"runs": len(values), "missing": len(values) - len(there), **found}


def _short(number):
    if number is None:
        return "–"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"

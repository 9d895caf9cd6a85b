"""Why are election timeouts random? Figure 16 of the Raft paper, run again on our own Raft.

`raftlab.sim.elections` says what a trial is. Here the trials become a chart beside the numbers
that the paper prints (§9.3), and the same in words.
"""

from ..bar import progress as progress_of
from ..core import Impossible
from ..protocols import protocol as named
from ..sim.elections import HORIZON, downtimes
from ..views.cdf import Chart, Curve, spoken

TIMEOUTS = ((150, 150), (150, 151), (150, 155), (150, 175), (150, 200), (150, 300))

# What the paper says in words of its 1,000 trials: (low, high) → (ms, share, sentence).
PUBLISHED = {
    (150, 155): (287, 0.5, "half within 287 ms"),
    (150, 200): (513, 1.0, "worst 513 ms"),
    (12, 24): (152, 1.0, "worst 152 ms"),
}


def elections(timeout=None, trials=1000, seed=1, servers=5, protocol="raft", executor=None,
              progress=True):  # fmt: skip
    """Crash a leader `trials` times for each election timeout; how long until the next one?

    `timeout` is one (low, high) in ms or a list of them; left out, the six ranges of the paper's
    Figure 16. A range without any randomness gets a tenth of the trials, as in the paper.
    `executor`, any `concurrent.futures.Executor`, spreads the trials; the result is the same.
    """
    kind = protocol if isinstance(protocol, type) else named(protocol)
    if not isinstance(servers, int) or not 3 <= servers <= 25:
        raise Impossible(f"after a crash a majority must remain: 3 to 25 servers, not {servers!r}")
    ranges = _ranges(timeout)
    counts = [max(1, trials // 10) if low == high else trials for low, high in ranges]
    found, done = {}, 0
    with progress_of("elections", sum(counts), progress) as tick:

        def more(count):
            nonlocal done
            done += count
            tick(done)

        for one, count in zip(ranges, counts, strict=True):
            found[one] = downtimes(kind, one, count, seed, executor, more, servers=servers)
    return Elections(found, servers)


def _ranges(timeout):
    if timeout is None:
        return TIMEOUTS
    numbers = (int, float)
    if isinstance(timeout, (list, tuple)) and timeout and isinstance(timeout[0], numbers):
        return (tuple(timeout),)
    try:
        ranges = tuple(dict.fromkeys(tuple(one) for one in timeout))
    except TypeError:
        ranges = ()
    if not 0 < len(ranges) <= 6 or any(len(one) != 2 for one in ranges):
        raise Impossible(f"timeout is (low, high) in ms, or a list of 1 to 6 such, not {timeout!r}")
    return ranges


class Elections(Chart):
    """The outcome: a picture with `.text`, `.svg`, `.plotly()`, and `times`: (low, high) → the
    ms without a leader in each trial, None where no leader came within the horizon."""

    def __init__(self, times, servers=5, theme="light", interactive=True):
        self.times = times
        self.servers = servers
        curves = [
            Curve(_named(one), self._gist(one), tuple(found), self._known(one))
            for one, found in times.items()
        ]
        super().__init__(
            curves, f"After a crash: time without a leader ({servers} servers)",
            "time since the crash, logarithmic", self._words(), "printed in the paper (§9.3)",
            theme, interactive,
        )  # fmt: skip

    def plotly(self):
        return Elections(self.times, self.servers, self.theme)

    def still(self):
        return Elections(self.times, self.servers, self.theme, interactive=False)

    def dark(self):
        return Elections(self.times, self.servers, "dark", self.interactive)

    def percentile(self, timeout, percent):
        """The ms within which `percent` per cent of the trials had a leader, or None."""
        try:
            found = self.times[tuple(timeout)]
        except (KeyError, TypeError):
            ran = ", ".join(map(str, self.times))
            raise Impossible(f"no trials ran with {timeout!r}; they ran with {ran}") from None
        if not 0 < percent <= 100:
            raise Impossible(f"a percentile lies above 0 and up to 100, not at {percent!r}")
        ordered = sorted(found, key=lambda time: (time is None, time))
        return ordered[-int(-percent * len(ordered) // 100) - 1]

    def _gist(self, one):
        half = self.percentile(one, 50)
        if half is None:
            done = sum(time is not None for time in self.times[one])
            return f"{done or 'none'} of {len(self.times[one])} within {spoken(HORIZON)}"
        worst = self.percentile(one, 100)
        worst = spoken(round(worst)) if worst is not None else f"over {spoken(HORIZON)}"
        return f"half in {spoken(round(half))}, worst {worst}"

    def _known(self, one):
        if one not in PUBLISHED or self.servers != 5:
            return ()
        time, share, said = PUBLISHED[one]
        return ((time, share, f"{_named(one)} in the paper: {said}"),)

    def _words(self):
        lines = [
            f"{'election timeout':18}{'trials':>7}{'half within':>14}{'99 % within':>14}"
            f"{'worst':>12}   in the paper"
        ]
        for one, found in self.times.items():
            cells = [self.percentile(one, percent) for percent in (50, 99, 100)]
            told = [f"{t:,.0f} ms" if t is not None else f"> {spoken(HORIZON)}" for t in cells]
            known = PUBLISHED[one][2] if self._known(one) else ""
            if one[0] == one[1] and one[0] == 150 and self.servers == 5:
                known = "often over 10 s"
            lines.append(
                f"{_named(one):18}{len(found):7,}{told[0]:>14}{told[1]:>14}{told[2]:>12}   {known}"
                .rstrip()
            )  # fmt: skip
        return "\n".join(lines)


def _named(one):
    return f"{one[0]:g}–{one[1]:g} ms"

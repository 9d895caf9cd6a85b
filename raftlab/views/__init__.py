"""Pictures of a history: a question, an answer one can look at, and the same answer in words.

`show` is what notebooks use: `rl.show.ring(run)`. The views are pure functions of a run and a
step; nothing here changes a history, draws lots or keeps state.
"""

from importlib import import_module

__all__ = ["show"]


class Show:
    """The views. Each takes a run and a step (`at`, the cursor if left out) and gives a picture
    with `.text`, `.svg`, `.plotly()`, `.dark()` and `.save("x.svg")`."""

    def ring(self, run, at=None):
        """Who leads, who stands, what is on its way, and who can reach whom, at one instant?"""
        return _view("ring")(run, at)

    def logs(self, run, at=None, first=None, last=None):
        """Who holds which entries, and what is committed, at one instant?

        `first` and `last` choose the indexes shown; left out, as many of the newest as fit.
        """
        return _view("logs")(run, at, first, last)

    def spacetime(self, run, at=None, first=None, heartbeats=True, past=None):
        """Who knew what when: every message from its sending to its end, up to step `at`.

        `first` is the step to begin with (left out: at most 300 steps back);
        `heartbeats=False` hides heartbeats that change nothing, and the answers to them. `past`,
        a step, makes faint all that did not happen before it and so cannot have influenced it.
        """
        return _view("spacetime")(run, at, first, heartbeats, past)

    def feed(self, run, at=None, last=20, interesting=True):
        """What happened, and why: the `last` events up to step `at`, in words.

        `interesting=False` also tells of heartbeats, acknowledgements and losses; `last=None`
        goes back to the boot.
        """
        return _view("feed")(run, at, last, interesting)

    def timeline(self, run, at=None):
        """Did each operation of the clients take effect at one instant between call and answer?

        `run` may also be a list of `Op`, or JSON as `raftlab.checks.oplog` describes it.
        """
        return _view("timeline")(run, at)

    def quorums(self, count, size=None):
        """Have any two groups of `size` (left out: a majority) of `count` servers one in common?"""
        return _view("quorums")(count, size)

    def leaders(self, course):
        """Who led when, and what did each assign? Of real processes: `rl.real.schedule()`."""
        return _view("leaders")(course)

    def __repr__(self):
        lines = [
            f"rl.show.{name}(run) — {getattr(self, name).__doc__.splitlines()[0]}"
            for name in ("ring", "logs", "spacetime", "feed", "timeline")
        ]
        lines.append(f"rl.show.quorums(5) — {self.quorums.__doc__}")
        lines.append(f"rl.show.leaders(course) — {self.leaders.__doc__}")
        return "\n".join(lines)


def _view(name):
    return getattr(import_module(f".{name}", __name__), name)


show = Show()

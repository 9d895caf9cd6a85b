"""The dials: sliders for the settings of the network and of the protocol."""

from ipywidgets import (
    FloatSlider,
    HBox,
    IntRangeSlider,
    IntSlider,
    Label,
    Layout,
    SliderStyle,
    VBox,
)

from ..core import Tune
from ..sim.story import unit

# dial → (kind of slider, from, to, step, what it means)
_DIALS = {
    "latency": (FloatSlider, 0, 100, 1, "the least time that a message takes, one way"),
    "jitter": (FloatSlider, 0, 100, 1, "how much longer than the latency it may take, by chance"),
    "loss": (FloatSlider, 0, 1, 0.05, "how many of the messages never arrive, by chance"),
    "duplicate": (FloatSlider, 0, 1, 0.05, "how many of the messages arrive twice, by chance"),
    "election_timeout": (IntRangeSlider, 10, 1000, 10, "who hears no leader for so long stands; "
                         "drawn anew from this range each time"),
    "heartbeat_interval": (IntSlider, 5, 500, 5, "how often a leader lets itself be heard"),
    "snapshot_after": (IntSlider, 1, 100, 1, "after how many applied entries a log is compacted"),
}  # fmt: skip


class Dials(VBox):
    """The network's and the protocol's settings. `sliders` has each by its name."""

    quiet = False  # while the sliders follow the lab and not the learner

    def __init__(self, lab):
        self.lab = lab
        run, look = lab.run, {
            "layout": Layout(width="360px"), "style": SliderStyle(description_width="152px"),
        }  # fmt: skip
        settings = {name for host in run.state.hosts for name in host.node.settings}
        self.sliders = {}
        for dial, (kind, low, high, step, words) in _DIALS.items():
            if dial in settings or hasattr(run.state.dials, dial):
                now = _setting(run.state, dial, kind)
                most = max(high, now[-1] if type(now) is tuple else now)
                ms = unit(dial) == "ms"
                form = {"readout_format": ".1f" if ms else ".0%"} if kind is FloatSlider else {}
                made = kind(
                    value=now, min=low, max=most, step=step, tooltip=words,
                    description=dial.replace("_", " ") + (", ms" if ms else ""),
                    continuous_update=False, **form, **look,
                )  # fmt: skip
                made.observe(lambda change, dial=dial: self._tune(dial, change["new"]), "value")
                self.sliders[dial] = made
        told = "A message takes the latency and, by chance, up to the jitter more, one way."
        row = Layout(flex_flow="row wrap", align_items="flex-end")
        super().__init__([HBox([*self.sliders.values()], layout=row), Label(told)])

    def _tune(self, dial, setting):
        if not self.quiet:
            self.lab.when_still(lambda: self.lab.take(Tune(dial, setting)))

    def follow(self, state):
        """Show the dials as they stand. What does not differ is not set: it would travel."""
        self.quiet = True
        try:
            for dial, slider in self.sliders.items():
                now = _setting(state, dial, type(slider))
                if now != slider.value:
                    slider.max = max(slider.max, now[-1] if type(now) is tuple else now)
                    slider.value = now
        finally:
            self.quiet = False


def _setting(state, dial, kind):
    """What a dial stands at: a number, or for a range slider a pair."""
    now = getattr(state.dials, dial, None)
    if now is None:
        nodes = (host.node for host in state.hosts)
        now = next(getattr(node, dial) for node in nodes if dial in node.settings)
    if kind is IntRangeSlider:
        return tuple(map(int, now)) if type(now) is tuple else (int(now), int(now))
    return now

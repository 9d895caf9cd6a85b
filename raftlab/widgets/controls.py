"""What the lab has around its stage: the speed above, the dials below.

Whatever one does to a server, a link or a message stands in the stage itself, and so do scenarios
and histories. Each control acts through the lab, which shows whatever goes wrong.
"""

from functools import cached_property

from ipywidgets import FloatLogSlider, HBox, Layout, SliderStyle, ToggleButton, VBox, jslink

from .forms import Dials


class Controls:
    """`top` and `bottom` are what the lab puts above and below the stage."""

    def __init__(self, lab):
        self.lab = lab
        self.plain = Layout()
        self.top = self._top()
        # No accordion, whose header no key reaches, and no single tab, which is always open.
        self.fold = ToggleButton(
            description="Dials", tooltip="settings of the network and of the protocol",
            layout=Layout(width="auto"),
        )  # fmt: skip
        self.fold.observe(self._unfold, "value")
        self.bottom = VBox([self.fold], layout=self.plain)
        self.update()

    def _top(self):
        self.speed = FloatLogSlider(
            value=40, min=0.6, max=3, step=0.05, description="speed, ms/s", readout_format=".0f",
            layout=Layout(width="280px"), style=SliderStyle(description_width="initial"),
            tooltip="speed: simulated milliseconds in a second of play",
        )  # fmt: skip
        # In the browser alone: the kernel may be busy.
        self.link = jslink((self.speed, "value"), (self.lab.stage, "speed"))
        return HBox([self.speed], layout=self.plain)

    # Made when they are opened first: every widget in them travels, and most labs need none.
    @cached_property
    def dials(self):
        return Dials(self.lab)

    def _unfold(self, change):
        self.bottom.children = [self.fold, self.dials] if change["new"] else [self.fold]

    def update(self):
        """Show the dials as they stand."""
        if "dials" in self.__dict__:
            self.dials.follow(self.lab._run.state)

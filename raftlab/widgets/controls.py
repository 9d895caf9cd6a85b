"""What the lab has around its stage: the speed above, the dials below.

Whatever one does to a server, a link or a message stands in the stage itself, and so do scenarios
and histories. Each control acts through the lab, which shows whatever goes wrong.
"""

from functools import cached_property

from ipywidgets import FloatLogSlider, HBox, Layout, SliderStyle, Tab, VBox, jslink

from .forms import Dials


class Controls:
    """`top` and `bottom` are what the lab puts above and below the stage."""

    def __init__(self, lab):
        self.lab = lab
        self.plain = Layout()
        self.top = self._top()
        nothing = VBox(layout=self.plain)
        # A tab and no accordion, whose header no key reaches.
        self.bottom = Tab([nothing], titles=["Dials"], selected_index=None, layout=self.plain)
        self.bottom.observe(self._unfold, "selected_index")
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
        if change["new"] is not None:
            self.bottom.children = [self.dials]

    def update(self):
        """Show the dials as they stand."""
        if "dials" in self.__dict__:
            self.dials.follow(self.lab._run.state)

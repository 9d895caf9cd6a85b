"""What the lab has around its stage: scenario, branch and speed above, three forms below.

What needs no words stands in the stage itself. Each control acts through the lab, which shows
whatever goes wrong.
"""

from functools import cached_property

from ipywidgets import Dropdown, FloatLogSlider, HBox, Layout, SliderStyle, Tab, VBox, jslink
from ipywidgets.widgets.widget_description import DescriptionStyle

from ..core import Deliver, Drop, Fire, Wait
from ..sim import headline
from .forms import Cuts, Dials, Requests
from .scenarios import choices


class Controls:
    """`top` and `bottom` are what the lab puts above and below the stage."""

    def __init__(self, lab):
        self.lab = lab
        self.quiet = False  # while the controls follow the lab and not the learner
        self.plain = Layout()
        self.top = self._top()
        nothing = VBox(layout=self.plain)
        self.bottom = Tab(
            [nothing] * 3, titles=["Requests", "Cuts", "Dials"], selected_index=None,
            layout=self.plain,
        )  # fmt: skip
        self.bottom.observe(self._unfold, "selected_index")
        self.update()

    def _top(self):
        options = choices(self.lab._run)
        # Shared, because each of them is a model that travels.
        picker = Layout(flex="1 1 200px", width="auto", min_width="200px")
        tight = DescriptionStyle(description_width="initial")
        self.scenario = Dropdown(
            options=options, layout=picker, style=tight, disabled=len(options) < 2,
            tooltip="start from a situation, or with a scenario and the cluster that it needs",
        )  # fmt: skip
        self.scenario.observe(self._begin, "index")
        self.branch = Dropdown(
            options=["main"], description="branch", layout=picker, style=tight,
            tooltip="what has happened, and what else has: each goes its own way from an event on",
        )  # fmt: skip
        self.branch.observe(self._open, "index")
        self.speed = FloatLogSlider(
            value=40, min=0.6, max=3, step=0.05, description="speed, ms/s", readout_format=".0f",
            layout=Layout(width="240px"), style=SliderStyle(description_width="initial"),
            tooltip="speed: simulated milliseconds in a second of play",
        )  # fmt: skip
        # In the browser alone: the kernel may be busy.
        self.link = jslink((self.speed, "value"), (self.lab.stage, "speed"))
        row = Layout(flex_flow="row wrap", align_items="flex-end")
        return HBox([self.scenario, self.branch, self.speed], layout=row)

    # -- the forms --

    @cached_property
    def requests(self):
        return Requests(self.lab)

    @cached_property
    def cuts(self):
        return Cuts(self.lab)

    @cached_property
    def dials(self):
        return Dials(self.lab)

    def _unfold(self, change):
        if change["new"] is not None:
            form = getattr(self, ("requests", "cuts", "dials")[change["new"]])
            children = list(self.bottom.children)
            children[change["new"]] = form
            self.bottom.children = children

    # -- what the learner does --

    def _begin(self, change):
        name = self.scenario.value
        if not self.quiet and name:
            self.lab.stage.playing = False
            self.lab.guarded(self.lab.begin, name)

    def _open(self, change):
        if not self.quiet and change["new"] is not None:
            self.lab.stage.playing = False
            branch = self.lab._run.branches[change["new"]]
            self.lab.guarded(self.lab.open_branch, branch)

    # -- following the lab --

    def chosen(self, name):
        """Show the scenario `name` as the one chosen, without starting it again."""
        self.quiet, quiet = True, self.quiet
        self.scenario.value = name
        self.quiet = quiet

    def update(self):
        """Show the branches there are and the dials as they stand."""
        run = self.lab._run
        self.quiet = True
        try:
            # What does not differ is not set: it would travel, and before the picture is painted.
            names = tuple(_named(run, branch) for branch in run.branches)
            if names != self.branch.options:
                self.branch.options = names
            self.branch.index = run.branches.index(run.branch)
        finally:
            self.quiet = False
        if "dials" in self.__dict__:
            self.dials.follow(run.state)


def _named(run, branch):
    """A branch by what was done in it, which is what tells it from the others."""
    begin = branch.forked_at + 1 if branch.parent else 1
    acts = [step for step in branch.steps[begin:] if type(step.action) not in _BY_ITSELF]
    told = ", ".join(f"{headline(step.action)} at {step.state.time:.0f} ms" for step in acts[:1])
    if len(acts) > 1:
        told += f" and {len(acts) - 1} more"
    if branch.parent is None:
        return f"{branch.name}: {told or 'nobody has interfered'}"
    if not acts:  # told by what came first there: a message or a timer that was preferred
        after = [step.action for step in branch.steps[begin : begin + 2]]
        told = next((headline(action) for action in after if type(action) is not Wait), "")
        told = f"{told} first" if told else "as it was"
    return f"{branch.name}: {told} (from event {branch.forked_at})"


# What time alone brings as well.
_BY_ITSELF = (Deliver, Drop, Fire, Wait)

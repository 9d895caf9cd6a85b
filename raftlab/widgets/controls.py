"""The lab's forms: scenario, branch, speed, requests, network and timing, as ipywidgets.

What needs no words stands in the stage itself. Each form acts through the lab, which shows
whatever goes wrong.
"""

from ipywidgets import (
    Button,
    Dropdown,
    FloatLogSlider,
    FloatSlider,
    HBox,
    IntRangeSlider,
    IntSlider,
    Layout,
    SelectMultiple,
    Tab,
    Text,
    VBox,
    jslink,
)

from ..core import Cut, Impossible, Partition, Tune, Wait
from ..sim import headline
from .scenarios import SCENARIOS

_ANY_LEADER = "the leader"


class Controls:
    """`top` and `bottom` are what the lab puts above and below the stage."""

    def __init__(self, lab):
        self.lab = lab
        self.quiet = False  # while the controls follow the lab and not the learner
        self.wide = Layout(width="240px")
        self.long = Layout(width="340px")
        self.small = Layout(width="auto")
        self.row = Layout(flex_flow="row wrap", align_items="flex-end")
        self.top = self._top()
        self.bottom = Tab(
            [self._requests(), self._network(), self._dials()],
            titles=["Requests", "Cuts", "Dials"], selected_index=None,
        )  # fmt: skip
        self.update()

    def _top(self):
        self.scenario = Dropdown(
            options=["choose a scenario", *SCENARIOS], layout=self.wide,
            tooltip="start from a named situation",
        )  # fmt: skip
        self.scenario.observe(self._begin, "index")
        self.branch = Dropdown(options=["main"], description="branch", layout=self.wide)
        self.branch.observe(self._open, "index")
        self.speed = FloatLogSlider(
            40, min=0.6, max=3, step=0.05, description="ms a second", readout_format=".0f",
            layout=self.wide, tooltip="speed: simulated milliseconds in a second of play",
        )  # fmt: skip
        # In the browser alone: the kernel may be busy.
        jslink((self.speed, "value"), (self.lab.stage, "speed"))
        return HBox([self.scenario, self.branch, self.speed], layout=self.row)

    def _requests(self):
        config = self.lab._run.state.config
        self.text = Text("x=5", description="command", layout=self.wide)
        self.to = Dropdown(
            options=[_ANY_LEADER, *config.clients, *config.servers], description="to",
            layout=self.wide,
        )  # fmt: skip
        self.ask = self._button("Ask", self._ask, "x=5, x+=1, x-=1, x?, del x or x: 1->2")
        return HBox([self.text, self.to, self.ask], layout=self.row)

    def _network(self):
        config = self.lab._run.state.config
        nodes = [*config.servers, *config.clients]
        self.side = SelectMultiple(
            options=nodes, rows=min(5, len(nodes)), description="one side", layout=self.wide,
            tooltip="the servers on one side of the wall; the others are on the other",
        )  # fmt: skip
        self.part = self._button("Partition", self._partition, "a wall between them and the rest")
        self.src = Dropdown(options=nodes, description="from", layout=self.wide)
        self.dst = Dropdown(options=nodes, value=nodes[-1], description="to", layout=self.wide)
        self.cut = self._button("Cut one direction", self._cut, "messages that way get lost")
        self.heal = self._button("Heal all", lambda: self.lab.act("heal"), "mend every link")
        return HBox(
            [self.side, self.part, VBox([self.src, self.dst]), self.cut, self.heal],
            layout=self.row,
        )

    def _dials(self):
        self.dials = {
            "latency": FloatSlider(10, min=0, max=100, step=1, readout_format=".0f"),
            "jitter": FloatSlider(10, min=0, max=100, step=1, readout_format=".0f"),
            "loss": FloatSlider(0, min=0, max=1, step=0.05),
            "duplicate": FloatSlider(0, min=0, max=1, step=0.05),
        }
        settings = {name for host in self.lab._run.state.hosts for name in host.node.settings}
        if "election_timeout" in settings:
            self.dials["election_timeout"] = IntRangeSlider(
                value=(150, 300), min=10, max=1000, step=10
            )
        if "heartbeat_interval" in settings:
            self.dials["heartbeat_interval"] = IntSlider(50, min=5, max=500, step=5)
        for name, slider in self.dials.items():
            slider.description = name.replace("_", " ")
            slider.style.description_width = "120px"
            slider.layout = self.long
            slider.continuous_update = False
            slider.observe(lambda change, dial=name: self._tune(dial, change["new"]), "value")
        return HBox(list(self.dials.values()), layout=self.row)

    def _button(self, words, work, tooltip):
        made = Button(description=words, tooltip=tooltip, layout=self.small)
        made.on_click(lambda _: self.lab.when_still(work))
        return made

    # -- what the learner does --

    def _begin(self, change):
        name = self.scenario.value
        if not self.quiet and name in SCENARIOS:
            self.lab.stage.playing = False
            self.lab.guarded(self.lab.begin, name)

    def _open(self, change):
        if not self.quiet and change["new"] is not None:
            self.lab.stage.playing = False
            branch = self.lab._run.branches[change["new"]]
            self.lab.guarded(self.lab.open_branch, branch)

    def _ask(self):
        to = self.to.value
        if to == _ANY_LEADER:
            self.lab._reach(self.lab._at[0])
            to = self.lab._run.leader
            if to is None:
                raise Impossible("nobody leads now; choose a server or a client to ask")
        self.lab.act("request", node=to, text=self.text.value)

    def _partition(self):
        if not self.side.value:
            raise Impossible("choose the servers of one side first")
        mine = tuple(self.side.value)
        rest = tuple(id for id in self.lab._run.state.config.servers if id not in mine)
        self.lab.take(Partition((mine, rest) if rest else (mine,)))

    def _cut(self):
        self.lab.take(Cut(self.src.value, self.dst.value))

    def _tune(self, dial, setting):
        if not self.quiet:
            self.lab.when_still(lambda: self.lab.take(Tune(dial, setting)))

    # -- following the lab --

    def update(self):
        """Show the branches there are and the dials as they stand."""
        run = self.lab._run
        self.quiet = True
        try:
            self.branch.options = [_named(run, branch) for branch in run.branches]
            self.branch.index = run.branches.index(run.branch)
            for dial, slider in self.dials.items():
                now = getattr(run.state.dials, dial, None)
                if now is None:
                    nodes = (host.node for host in run.state.hosts)
                    now = next(getattr(n, dial) for n in nodes if dial in n.settings)
                if type(slider.value) is tuple and type(now) is not tuple:
                    now = (now, now)  # a setting without a range
                if now != slider.value:
                    slider.max = max(slider.max, now[-1] if type(now) is tuple else now)
                    slider.value = now
        finally:
            self.quiet = False


def _named(run, branch):
    """A branch with where it left its parent, and by what."""
    if branch.parent is None:
        return f"{branch.name}, {len(branch.steps) - 1} events"
    after = [step.action for step in branch.steps[branch.forked_at + 1 : branch.forked_at + 3]]
    did = next((headline(action) for action in after if type(action) is not Wait), "as it was")
    return f"{branch.name}, from event {branch.forked_at}: {did}"

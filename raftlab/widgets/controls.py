"""The lab's forms: scenario, branch, speed, requests, network and timing, as ipywidgets.

What needs no words stands in the stage itself. Each form acts through the lab, which shows
whatever goes wrong.
"""

from ipywidgets import (
    HTML,
    Button,
    ButtonStyle,
    Dropdown,
    FloatLogSlider,
    FloatSlider,
    HBox,
    IntRangeSlider,
    IntSlider,
    Layout,
    SliderStyle,
    Tab,
    Text,
    ToggleButton,
    VBox,
    jslink,
)
from ipywidgets.widgets.widget_bool import ToggleButtonStyle
from ipywidgets.widgets.widget_description import DescriptionStyle

from ..core import Cut, Deliver, Drop, Fire, Heal, Impossible, Partition, Tune, Wait
from ..sim import headline
from ..sim.story import unit
from .scenarios import choices

_ANY_LEADER = "the leader"

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


class Side(HBox):
    """Nodes to choose, a button each: pressed are those on one side. `value` names them."""

    def __init__(self, nodes, narrow):
        style = ToggleButtonStyle()
        super().__init__(
            [
                ToggleButton(
                    description=id, tooltip=f"{id} is on this side", layout=narrow, style=style
                )
                for id in nodes
            ],
            layout=Layout(flex_flow="row wrap"),
        )

    @property
    def value(self):
        return tuple(button.description for button in self.children if button.value)

    @value.setter
    def value(self, ids):
        for button in self.children:
            button.value = button.description in ids


class Controls:
    """`top` and `bottom` are what the lab puts above and below the stage."""

    def __init__(self, lab):
        self.lab = lab
        self.quiet = False  # while the controls follow the lab and not the learner
        # Shared, because each of them is a model that travels: 1.7 kB a layout.
        self.plain = Layout()
        self.wide = Layout(width="240px")
        self.long = Layout(width="360px")
        self.picker = Layout(flex="1 1 200px", width="auto", min_width="200px")
        self.row = Layout(flex_flow="row wrap", align_items="flex-end")
        self.slider = SliderStyle(description_width="152px")
        self.label = DescriptionStyle()
        self.tight = DescriptionStyle(description_width="initial")
        self.pressed = ButtonStyle()
        self.top = self._top()
        self.bottom = Tab(
            [self._requests(), self._network(), self._dials()],
            titles=["Requests", "Cuts", "Dials"], selected_index=None, layout=self.plain,
        )  # fmt: skip
        self.update()

    def _top(self):
        options = choices(self.lab._run)
        self.scenario = Dropdown(
            options=options, layout=self.picker, style=self.label, disabled=len(options) < 2,
            tooltip="start from a situation, or with a scenario and the cluster that it needs",
        )  # fmt: skip
        self.scenario.observe(self._begin, "index")
        self.branch = Dropdown(
            options=["main"], description="branch", layout=self.picker,
            style=self.tight,
            tooltip="what has happened, and what else has: each goes its own way from an event on",
        )  # fmt: skip
        self.branch.observe(self._open, "index")
        self.speed = FloatLogSlider(
            value=40, min=0.6, max=3, step=0.05, description="speed, ms/s",
            readout_format=".0f", layout=Layout(width="240px"),
            style=SliderStyle(description_width="initial"),
            tooltip="speed: simulated milliseconds in a second of play",
        )  # fmt: skip
        # In the browser alone: the kernel may be busy.
        self.link = jslink((self.speed, "value"), (self.lab.stage, "speed"))
        return HBox([self.scenario, self.branch, self.speed], layout=self.row)

    def _requests(self):
        config = self.lab._run.state.config
        self.text = Text("x=5", description="command", layout=self.wide)
        self.to = Dropdown(
            options=[_ANY_LEADER, *config.clients, *config.servers], description="to",
            layout=self.wide, style=self.label,
        )  # fmt: skip
        self.ask = self._button("Ask", self._ask, "x=5, x+=1, x-=1, x?, del x or x: 1->2")
        return HBox([self.text, self.to, self.ask], layout=self.row)

    def _network(self):
        config = self.lab._run.state.config
        nodes = [*config.servers, *config.clients]
        self.side = Side(nodes, Layout(width="52px", margin="2px"))
        self.part = self._button("Partition", self._partition, "a wall between them and the rest")
        short = {"layout": Layout(width="130px"), "style": self.tight}
        self.src = Dropdown(options=nodes, description="from", **short)
        self.dst = Dropdown(options=nodes, description="to", value=nodes[-1], **short)
        self.cut = self._button("Cut one direction", self._cut, "messages that way get lost")
        self.mend = self._button("Heal that direction", self._mend, "messages that way pass again")
        self.heal = self._button("Heal all", lambda: self.lab.act("heal"), "mend every link")
        parts = HBox([HTML("one side of a wall:"), self.side, self.part, self.heal],
                     layout=self.row)  # fmt: skip
        links = HBox([self.src, self.dst, self.cut, self.mend], layout=self.row)
        return VBox([parts, links], layout=self.plain)

    def _dials(self):
        run = self.lab._run
        settings = {name for host in run.state.hosts for name in host.node.settings}
        self.dials = {}
        for dial, (kind, low, high, step, words) in _DIALS.items():
            if dial in settings or hasattr(run.state.dials, dial):
                now = _setting(run.state, dial, kind)
                most = max(high, now[-1] if type(now) is tuple else now)
                form = {"ms": ".1f", "%": ".0%"} if kind is FloatSlider else {}
                shown = {"readout_format": form[unit(dial)]} if form else {}
                named = ", ms" if unit(dial) == "ms" else ""
                made = kind(
                    value=now, min=low, max=most, step=step, tooltip=words,
                    description=dial.replace("_", " ") + named, continuous_update=False,
                    layout=self.long, style=self.slider, **shown,
                )  # fmt: skip
                made.observe(lambda change, dial=dial: self._tune(dial, change["new"]), "value")
                self.dials[dial] = made
        told = HTML("A message takes the latency and, by chance, up to the jitter more, one way.")
        return VBox([HBox(list(self.dials.values()), layout=self.row), told], layout=self.plain)

    def _button(self, words, work, tooltip):
        made = Button(description=words, tooltip=tooltip, layout=self.plain, style=self.pressed)
        made.on_click(lambda _: self.lab.when_still(work))
        return made

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

    def _mend(self):
        self.lab.take(Heal(self.src.value, self.dst.value))

    def _tune(self, dial, setting):
        if not self.quiet:
            self.lab.when_still(lambda: self.lab.take(Tune(dial, setting)))

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
            for dial, slider in self.dials.items():
                now = _setting(run.state, dial, type(slider))
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

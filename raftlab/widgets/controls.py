"""The lab's forms: scenario, branch, speed, requests, network and timing, as ipywidgets.

What needs no words stands in the stage itself. Each form acts through the lab, which shows
whatever goes wrong.
"""

from ipywidgets import (
    Button,
    ButtonStyle,
    Dropdown,
    FloatLogSlider,
    FloatSlider,
    HBox,
    IntRangeSlider,
    IntSlider,
    Layout,
    SelectMultiple,
    SliderStyle,
    Tab,
    Text,
    VBox,
    jslink,
)
from ipywidgets.widgets.widget_description import DescriptionStyle

from ..core import Cut, Impossible, Partition, Tune, Wait
from ..sim import headline
from .scenarios import choices

_ANY_LEADER = "the leader"


class Controls:
    """`top` and `bottom` are what the lab puts above and below the stage."""

    def __init__(self, lab):
        self.lab = lab
        self.quiet = False  # while the controls follow the lab and not the learner
        # Shared, because each of them is a model that travels: 1.7 kB a layout.
        self.plain = Layout()
        self.wide = Layout(width="240px")
        self.long = Layout(width="360px")
        self.row = Layout(flex_flow="row wrap", align_items="flex-end")
        self.slider = SliderStyle(description_width="152px")
        self.label = DescriptionStyle()
        self.pressed = ButtonStyle()
        self.top = self._top()
        self.bottom = Tab(
            [self._requests(), self._network(), self._dials()],
            titles=["Requests", "Cuts", "Dials"], selected_index=None, layout=self.plain,
        )  # fmt: skip
        self.update()

    def _top(self):
        self.scenario = Dropdown(
            options=choices(), layout=self.long, style=self.label,
            tooltip="start from a situation, or with a scenario and the cluster that it needs",
        )  # fmt: skip
        self.scenario.observe(self._begin, "index")
        self.branch = self._choice(["main"], "branch")
        self.branch.observe(self._open, "index")
        self.speed = FloatLogSlider(
            value=40, min=0.6, max=3, step=0.05, description="speed, ms a second",
            readout_format=".0f", layout=self.long, style=self.slider,
            tooltip="speed: simulated milliseconds in a second of play",
        )  # fmt: skip
        # In the browser alone: the kernel may be busy.
        self.link = jslink((self.speed, "value"), (self.lab.stage, "speed"))
        return HBox([self.scenario, self.branch, self.speed], layout=self.row)

    def _requests(self):
        config = self.lab._run.state.config
        self.text = Text("x=5", description="command", layout=self.wide)
        self.to = self._choice([_ANY_LEADER, *config.clients, *config.servers], "to")
        self.ask = self._button("Ask", self._ask, "x=5, x+=1, x-=1, x?, del x or x: 1->2")
        return HBox([self.text, self.to, self.ask], layout=self.row)

    def _network(self):
        config = self.lab._run.state.config
        nodes = [*config.servers, *config.clients]
        self.side = SelectMultiple(
            options=nodes, rows=min(5, len(nodes)), description="one side", layout=self.wide,
            style=self.label,
            tooltip="the servers on one side of the wall; the others are on the other",
        )  # fmt: skip
        self.part = self._button("Partition", self._partition, "a wall between them and the rest")
        self.src = self._choice(nodes, "from")
        self.dst = self._choice(nodes, "to", value=nodes[-1])
        self.cut = self._button("Cut one direction", self._cut, "messages that way get lost")
        self.heal = self._button("Heal all", lambda: self.lab.act("heal"), "mend every link")
        parts = HBox([self.side, self.part, self.heal], layout=self.row)
        return VBox(
            [parts, HBox([self.src, self.dst, self.cut], layout=self.row)], layout=self.plain
        )

    def _dials(self):
        run = self.lab._run
        settings = {name for host in run.state.hosts for name in host.node.settings}
        shapes = {
            "latency": (FloatSlider, 0, 100, 1), "jitter": (FloatSlider, 0, 100, 1),
            "loss": (FloatSlider, 0, 1, 0.05), "duplicate": (FloatSlider, 0, 1, 0.05),
            "election_timeout": (IntRangeSlider, 10, 1000, 10),
            "heartbeat_interval": (IntSlider, 5, 500, 5),
            "snapshot_after": (IntSlider, 1, 100, 1),
        }  # fmt: skip
        self.dials = {}
        for dial, (kind, low, high, step) in shapes.items():
            if dial in settings or hasattr(run.state.dials, dial):
                now = _setting(run.state, dial, kind)
                most = max(high, now[-1] if type(now) is tuple else now)
                words = dial.replace("_", " ") + (", ms" if high > 1 else "")
                form = {"readout_format": ".1f"} if kind is FloatSlider and high > 1 else {}
                made = kind(
                    value=now, min=low, max=most, step=step, description=words,
                    continuous_update=False, layout=self.long, style=self.slider, **form,
                )  # fmt: skip
                made.observe(lambda change, dial=dial: self._tune(dial, change["new"]), "value")
                self.dials[dial] = made
        return HBox(list(self.dials.values()), layout=self.row)

    def _choice(self, options, words, **more):
        return Dropdown(
            options=options, description=words, layout=self.wide, style=self.label, **more
        )

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
    """A branch with where it left its parent, and by what."""
    if branch.parent is None:
        return branch.name
    after = [step.action for step in branch.steps[branch.forked_at + 1 : branch.forked_at + 3]]
    did = next((headline(action) for action in after if type(action) is not Wait), "as it was")
    return f"{branch.name}, from event {branch.forked_at}: {did}"

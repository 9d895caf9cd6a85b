"""The lab's three forms: requests, cuts, dials. Each is made when its tab is opened first, because
every widget in them travels (a layout alone is 1.5 kB) and most labs need none of them.
"""

from ipywidgets import (
    Button,
    ButtonStyle,
    Dropdown,
    FloatSlider,
    HBox,
    IntRangeSlider,
    IntSlider,
    Label,
    Layout,
    SliderStyle,
    Text,
    ToggleButton,
    VBox,
)
from ipywidgets.widgets.widget_bool import ToggleButtonStyle
from ipywidgets.widgets.widget_description import DescriptionStyle

from ..core import Cut, Heal, Impossible, Partition, Tune
from ..sim.story import unit

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

_ROW = {"flex_flow": "row wrap", "align_items": "flex-end"}


class _Form(VBox):
    """`lab` is asked to do what a button says, at the moment that the stage shows."""

    def __init__(self, lab):
        self.lab = lab
        self.row, self.wide = Layout(**_ROW), Layout(width="240px")
        self.label, self.pressed = DescriptionStyle(description_width="initial"), ButtonStyle()
        super().__init__(self.rows())

    def line(self, *widgets):
        return HBox(widgets, layout=self.row)

    def button(self, words, work, tooltip):
        made = Button(description=words, tooltip=tooltip, layout=Layout(), style=self.pressed)
        made.on_click(lambda _: self.lab.when_still(work))
        return made

    def choice(self, options, words, **more):
        return Dropdown(options=options, description=words, layout=self.wide, style=self.label,
                        **more)  # fmt: skip


class Requests(_Form):
    """A command, and whom to ask for it."""

    def rows(self):
        config = self.lab.run.state.config
        self.text = Text("x=5", description="command", layout=self.wide)
        self.to = self.choice([_ANY_LEADER, *config.clients, *config.servers], "to")
        self.ask = self.button("Ask", self._ask, "x=5, x+=1, x-=1, x?, del x or x: 1->2")
        return [self.line(self.text, self.to, self.ask)]

    def _ask(self):
        to = self.to.value
        if to == _ANY_LEADER:
            to = self.lab.here().leader
            if to is None:
                raise Impossible("nobody leads now; choose a server or a client to ask")
        self.lab.act("request", node=to, text=self.text.value)


class Cuts(_Form):
    """Walls between nodes, and single links."""

    def rows(self):
        config = self.lab.run.state.config
        nodes = [*config.servers, *config.clients]
        self.side = Side(nodes)
        self.part = self.button("Partition", self._partition, "a wall between them and the rest")
        self.src = self.choice(nodes, "from")
        self.dst = self.choice(nodes, "to", value=nodes[-1])
        self.cut = self.button("Cut one direction", self._cut, "messages that way get lost")
        self.mend = self.button("Heal that direction", self._mend, "messages that way pass again")
        self.heal = self.button("Heal all", lambda: self.lab.act("heal"), "mend every link")
        return [
            self.line(Label("one side of a wall:"), self.side, self.part, self.heal),
            self.line(self.src, self.dst, self.cut, self.mend),
        ]

    def _partition(self):
        mine = self.side.value
        if not mine:
            raise Impossible("choose the servers of one side first")
        rest = tuple(id for id in self.lab.run.state.config.servers if id not in mine)
        self.lab.take(Partition((mine, rest) if rest else (mine,)))

    def _cut(self):
        self.lab.take(Cut(self.src.value, self.dst.value))

    def _mend(self):
        self.lab.take(Heal(self.src.value, self.dst.value))


class Side(HBox):
    """Nodes to choose, a button each: pressed are those on one side. `value` names them."""

    def __init__(self, nodes):
        look = {"layout": Layout(width="52px"), "style": ToggleButtonStyle()}
        super().__init__(
            [ToggleButton(description=id, tooltip=f"{id} is on this side", **look) for id in nodes],
            layout=Layout(flex_flow="row wrap"),
        )

    @property
    def value(self):
        return tuple(button.description for button in self.children if button.value)

    @value.setter
    def value(self, ids):
        for button in self.children:
            button.value = button.description in ids


class Dials(_Form):
    """The network's and the protocol's settings. `sliders` has each by its name."""

    quiet = False  # while the sliders follow the lab and not the learner

    def rows(self):
        run, look = self.lab.run, {
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
        return [self.line(*self.sliders.values()), Label(told)]

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

"""What a button of the stage means, as actions for the world, judged by the state it stands at."""

from ..core import (
    Crash,
    Delay,
    Deliver,
    Drift,
    Drop,
    Duplicate,
    Fire,
    Heal,
    Impossible,
    Partition,
    Pause,
    Request,
    Restart,
    Resume,
    Sync,
    Unsync,
    Wipe,
    read_command,
)
from ..sim import DOWN, latest_crash, rank

_ON_NODES = {"crash": Crash, "restart": Restart, "pause": Pause, "resume": Resume,
             "unsync": Unsync, "sync": Sync}  # fmt: skip
_ON_MESSAGES = {"deliver": Deliver, "drop": Drop, "duplicate": Duplicate, "delay": Delay}


def actions_for(state, kind, what):
    """The actions, taken together, that the wish `kind` with `what` means: a list."""
    if kind in _ON_NODES:
        return [_ON_NODES[kind](what["node"])]
    if kind == "wipe":
        down = state.host(what["node"]).mode == DOWN
        return [Wipe(what["node"])] if down else [Crash(what["node"]), Wipe(what["node"])]
    if kind == "drift":
        return [Drift(what["node"], what["rate"])]
    if kind == "crash-during":
        [action] = actions_for(state, "fire" if "timer" in what else "deliver", what)
        return [latest_crash(state, action)]
    if kind == "fire":
        return [Fire(what["node"], what["timer"])]
    if kind == "request":
        serial = state.step_no + 1
        return [Request(what["node"], read_command(what["text"]), None, serial)]
    if kind == "isolate":
        mine = what["node"]
        others = [id for id in state.config.servers if id != mine]
        return [Partition(((mine,), tuple(others)))]
    if kind == "rejoin":
        return [Heal(a, b) for a, b in sorted(state.cuts) if what["node"] in (a, b)]
    if kind == "heal":
        return [Heal()]
    if kind == "partition":
        return [Partition(tuple(map(tuple, what["groups"])))]
    if kind in _ON_MESSAGES:
        envelope = _envelope(state, what)
        named = (envelope.src, envelope.dst, envelope.message, rank(state.network, envelope))
        return [_ON_MESSAGES[kind](*named, *([what["ms"]] if kind == "delay" else []))]
    raise Impossible(f"the lab cannot {kind!r}")


def _envelope(state, what):
    place = what["place"]
    if isinstance(place, int) and 0 <= place < len(state.network):
        envelope = state.network[place]
        if (envelope.src, envelope.dst) == (what["src"], what["dst"]):
            return envelope
    raise Impossible(f"that message {what['src']}→{what['dst']} is no longer on its way")

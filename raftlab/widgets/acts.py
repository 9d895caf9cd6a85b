"""What a button of the stage means, as actions for the world, judged by the state it stands at."""

from ..core import (
    Crash,
    Cut,
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
    Rearm,
    Request,
    Restart,
    Resume,
    Sync,
    Unsync,
    Wipe,
    read_command,
)
from ..sim import DOWN, PAUSED, UP, latest_crash, rank

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
    if kind == "rearm":
        return [Rearm(what["node"], what["timer"], what["ms"])]
    if kind in ("spread", "align"):
        return _timers(state, kind)
    if kind == "revive":
        return _revived(state)
    if kind in ("cut", "mend"):
        return _links(state, kind, what["links"])
    if kind == "fire":
        return [Fire(what["node"], what["timer"])]
    if kind == "request":
        serial = state.step_no + 1
        return [Request(what["node"], read_command(what["text"]), None, serial)]
    if kind == "isolate":
        mine, config = what["node"], state.config
        everybody = (*config.servers, *(config.clients if mine in config.clients else ()))
        others = [id for id in everybody if id != mine]
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


def _timers(state, kind):
    """Spread: the election timers run out one after another, in the order of the servers and
    evenly over the range from which chance draws them. Align: all of them with the first."""
    due = {
        host.node.id: at
        for host in state.hosts if host.mode == UP
        for at, name in host.timers if name == "election"
    }  # fmt: skip
    if len(due) < 2:
        alone = f"only that of {', '.join(due)}" if due else "none"
        raise Impossible(f"of the running servers' election timers {alone} runs: wait for more")
    if kind == "align":
        first = max(0.0, min(due.values()) - state.time)
        left = dict.fromkeys(due, round(first, 3))
    else:
        timeout = next(
            host.node.election_timeout
            for host in state.hosts if "election_timeout" in host.node.settings
        )  # fmt: skip
        low, high = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        if low == high:
            raise Impossible(
                f"every election timeout is {low:g} ms: there is no range to spread the timers "
                "over; set election_timeout to (low, high)"
            )
        left = {id: round(low + (high - low) * place / len(due), 3) for place, id in enumerate(due)}
    found = [
        Rearm(id, "election", ms)
        for id, ms in left.items() if due[id] != round(state.time + ms, 3)
    ]  # fmt: skip
    if not found:
        how = "together" if kind == "align" else "evenly spread"
        raise Impossible(f"the election timers run out {how} already")
    return found


def _revived(state):
    """Everybody who is down or paused goes on."""
    found = [
        (Restart if host.mode == DOWN else Resume)(host.node.id)
        for host in state.hosts if host.mode in (DOWN, PAUSED)
    ]  # fmt: skip
    if not found:
        raise Impossible("everybody is running: nobody is down or paused")
    return found


def _links(state, kind, links):
    """Cut or mend those of the directed `links` ([src, dst] each) that are not so already."""
    found = [
        (Cut if kind == "cut" else Heal)(src, dst)
        for src, dst in links if ((src, dst) in state.cuts) != (kind == "cut")
    ]  # fmt: skip
    if not found:
        told = ", ".join(f"{src}→{dst}" for src, dst in links)
        raise Impossible(f"{told}: {'cut already' if kind == 'cut' else 'not cut'}")
    return found


def _envelope(state, what):
    place = what["place"]
    if isinstance(place, int) and 0 <= place < len(state.network):
        envelope = state.network[place]
        if (envelope.src, envelope.dst) == (what["src"], what["dst"]):
            return envelope
    raise Impossible(f"that message {what['src']}→{what['dst']} is no longer on its way")

"""Who picks what happens next: here chance does, and is as unkind as a network can be.

`random_walk` mixes the ordinary course of time with messages out of order, lost and doubled,
timers that run out early, crashes, pauses, partitions and requests. Its draws are named by
(seed, step number) like all others, so a walk can be repeated, continued or shrunk.
"""

from itertools import accumulate

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
    Request,
    Restart,
    Resume,
    Sync,
    Unsync,
    Wipe,
)
from .chance import draw, luck, stream
from .cluster import crashes_during
from .collector import collector_resting
from .state import DOWN, PAUSED, UP, next_action, rank

# How often each kind of action is tried, relative to the others. "time" lets happen what
# comes next by itself. Repairs are likelier than faults, so that a cluster gets somewhere. The last
# line is for whoever asks for it: against a disk that forgets no protocol is safe.
WEIGHTS = {
    "time": 750, "Deliver": 100, "Request": 50, "Fire": 5, "Drop": 15, "Duplicate": 15,
    "Delay": 15, "Crash": 4, "Restart": 20, "Pause": 4, "Resume": 20, "Partition": 2, "Cut": 4,
    "Heal": 12,
    "CrashDuring": 0, "Unsync": 0, "Sync": 0, "Wipe": 0, "Drift": 0,
}  # fmt: skip

# When nothing comes next by itself, what may set a cluster going again.
_REVIVING = ("Restart", "Resume", "Request")

# How fast a clock may come to run, once it drifts.
_RATES = (0.5, 0.8, 1, 1.25, 2)

# Beyond so many messages in flight none is doubled any more: a walk should not drown.
_CROWDED = 100


def random_walk(history, steps, seed=0, weights=WEIGHTS, command=("add", "x", 1)):
    """Take `steps` actions at the history's cursor, each drawn by chance from what is possible.

    `weights` says how often each kind of action is tried; kinds left out never happen. Requests
    ask for `command`. The same history, seed and weights give the same walk, whether it is
    taken at once or in parts. Gives the number of actions taken: fewer than `steps` only when
    nothing can ever happen again.
    """
    unknown = [kind for kind in weights if kind not in WEIGHTS]
    if unknown or not sum(weights.values()) > 0:
        raise Impossible(
            f"weights name {', '.join(map(repr, unknown)) or 'nothing that may happen'}; a walk "
            f"mixes {', '.join(WEIGHTS)}"
        )
    start = stream(~seed)  # not the cluster's own luck, should both have the same seed
    with collector_resting():
        for taken in range(steps):
            action = _drawn(history.state, start, weights, command)
            if action is None:
                return taken
            history.take(action)
    return steps


def _drawn(state, start, weights, command):
    """One action for this state; what cannot be done now gives way to the course of time."""
    chance = luck(start, state.step_no)
    target = draw(chance, 0) * sum(weights.values())
    ends = accumulate(weights.values())
    kind = next((name for name, end in zip(weights, ends, strict=True) if target < end), "time")

    def pick(among, nth=1):
        return among[int(draw(chance, nth) * len(among))]

    action = None if kind == "time" else _CHOOSE[kind](state, pick, command)
    action = action or next_action(state)
    for kind in _REVIVING if action is None else ():
        if kind in weights:
            action = action or _CHOOSE[kind](state, pick, command)
    return action


def _hosts(state, *modes):
    return [host for host in state.hosts if host.mode in modes]


def _message(kind, among, state, pick):
    if not among:
        return None
    chosen = pick(among)
    return kind(chosen.src, chosen.dst, chosen.message, rank(state.network, chosen))


def _deliver(state, pick, command):
    up = {host.node.id for host in _hosts(state, UP)}
    among = [e for e in state.network if e.dst in up and (e.src, e.dst) not in state.cuts]
    return _message(Deliver, among, state, pick)


def _drop(state, pick, command):
    return _message(Drop, state.network, state, pick)


def _duplicate(state, pick, command):
    if len(state.network) > _CROWDED:
        return None
    return _message(Duplicate, state.network, state, pick)


def _delay(state, pick, command):
    found = _message(Deliver, state.network, state, pick)
    return found and Delay(found.src, found.dst, found.message, found.nth, pick(range(1, 400), 2))


def _fire(state, pick, command):
    among = [(host, timer) for host in _hosts(state, UP) for timer in host.timers]
    if not among:
        return None
    host, (_, name) = pick(among)
    return Fire(host.node.id, name)


def _request(state, pick, command):
    among = _hosts(state, UP)
    if not among:
        return None
    return Request(pick(among).node.id, command, None, state.step_no + 1)


def _to_a_host(kind, *modes):
    def choose(state, pick, command):
        among = _hosts(state, *modes)
        return kind(pick(among).node.id) if among else None

    return choose


def _crash_during(state, pick, command):
    """A crash before anything is written; half of the time between two writes, where one can."""
    up = [host for host in _hosts(state, UP) if host.node.persistent]
    ids = {host.node.id for host in up}
    among = [Fire(host.node.id, name) for host in up for _, name in host.timers]
    among += [Request(host.node.id, command, None, state.step_no + 1) for host in up]
    among += [
        Deliver(e.src, e.dst, e.message, rank(state.network, e)) for e in state.network
        if e.dst in ids and (e.src, e.dst) not in state.cuts
    ]  # fmt: skip
    found = [crash for action in among for crash in crashes_during(state, action)]
    torn = [crash for crash in found if crash.written]
    among = pick((found, torn or found), 2)
    return pick(among) if among else None


def _to_a_disk(kind, lies):
    def choose(state, pick, command):
        among = [
            host.node.id for host in _hosts(state, UP, PAUSED)
            if (host.hardware.disk is not None) is lies and host.node.persistent
        ]  # fmt: skip
        return kind(pick(among)) if among else None

    return choose


def _drift(state, pick, command):
    return Drift(pick(state.hosts).node.id, pick(_RATES, 2))


def _partition(state, pick, command):
    servers = state.config.servers
    group = tuple(id for nth, id in enumerate(servers, 1) if pick((True, False), nth))
    return Partition((group,)) if 0 < len(group) < len(servers) else None


def _cut(state, pick, command):
    ids = [host.node.id for host in state.hosts]
    if len(ids) < 2:
        return None
    src = pick(ids)
    return Cut(src, pick([id for id in ids if id != src], 2))


def _heal(state, pick, command):
    if not state.cuts:
        return None
    return Heal(*pick([(None, None), *sorted(state.cuts)]))


_CHOOSE = {
    "Deliver": _deliver, "Drop": _drop, "Duplicate": _duplicate, "Delay": _delay, "Fire": _fire,
    "Request": _request, "Crash": _to_a_host(Crash, UP, PAUSED),
    "Restart": _to_a_host(Restart, DOWN), "Pause": _to_a_host(Pause, UP),
    "Resume": _to_a_host(Resume, PAUSED), "Partition": _partition, "Cut": _cut, "Heal": _heal,
    "CrashDuring": _crash_during, "Unsync": _to_a_disk(Unsync, lies=False),
    "Sync": _to_a_disk(Sync, lies=True), "Wipe": _to_a_host(Wipe, DOWN), "Drift": _drift,
}  # fmt: skip

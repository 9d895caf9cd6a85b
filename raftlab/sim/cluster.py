"""The world: one frozen value, and one pure function that moves it.

`step(state, action)` gives the next state and what the acting node asked for. Only the
node that acts is copied; everything else is shared with the state before, which is why a
history with every state in it costs about a kilobyte a step.
"""

from math import isfinite

from ..core import (
    CancelTimer,
    ClientReply,
    Crash,
    CrashDuring,
    Cut,
    Delay,
    Deliver,
    Drift,
    Drop,
    Duplicate,
    Envelope,
    Fire,
    Heal,
    Impossible,
    Note,
    Partition,
    Pause,
    Rearm,
    Request,
    Respond,
    Restart,
    Resume,
    Send,
    SetTimer,
    Sync,
    Tune,
    Unsync,
    Wait,
    Wipe,
    copied,
)
from .chance import draw, luck, stream
from .hardware import crash_points, crashed, crashed_during, drift, rearm, sync, unsync, wipe
from .network import DIALS, TIMER_DRAWS, Dials, find, insert, posted, whole_groups
from .state import DOWN, PAUSED, SOUND, UP, Config, Host, State, loss_of, next_action, running
from .story import actor, message_name


def boot(nodes, clients=(), seed=0, dials=None):
    """(the first state, its effects): every node started, nothing yet happened."""
    everyone = (*nodes, *clients)
    if not nodes:
        raise Impossible("a cluster needs at least one server")
    places = {node.id: at for at, node in enumerate(everyone)}
    if len(places) != len(everyone):
        raise Impossible(f"two nodes share an id: {', '.join(node.id for node in everyone)}")
    config = Config(
        seed, stream(seed), tuple(n.id for n in nodes), tuple(c.id for c in clients), places
    )
    state = State(config, 0, 0.0, tuple(map(Host, everyone)), (), frozenset(), dials or Dials())
    effects = []
    for at, node in enumerate(everyone):
        twin = node.clone()
        # Each node has luck of its own, so that adding one changes no other's.
        chance = luck(config.chance, -1 - at)
        state, kept = _acted(state, twin, (), twin.boot(), 0.0, state.network, UP, 0, chance)
        effects += kept
    return state, tuple(effects)


def step(state, action):
    """(the state after `action`, the effects it had); raises Impossible and changes nothing."""
    try:
        act = _ACTS[type(action)]
    except KeyError:
        raise Impossible(
            f"{action!r} is not an action; actions are {', '.join(c.__name__ for c in _ACTS)}"
        ) from None
    outcome = act(state, action)
    state.forget_next()
    return outcome


def advance(state):
    """(action, state, effects) of what happens next in time if nobody interferes, or None.

    The same as `step(state, next_action(state))`, without searching for what is at hand.
    """
    due, what = state.next
    if what is None:
        return None
    if type(what) is Envelope and not loss_of(state, what):
        # Of equal messages on a link the first comes first, so there is none before it.
        action = Deliver(what.src, what.dst, what.message)
        at = 0 if what is state.network[0] else state.network.index(what)
        moved, effects = _arrive(state, what, at, due)
    else:
        action = next_action(state)
        moved, effects = _ACTS[type(action)](state, action)
    state.forget_next()
    return action, moved, effects


# -- the acts, one for each kind of action ------------------------------------------------


def _deliver(state, action):
    at = find(state.network, action)
    mode = state.host(action.dst).mode
    if mode != UP:
        raise Impossible(f"{action.dst} is {_SAID[mode]} and receives nothing")
    if (action.src, action.dst) in state.cuts:
        raise Impossible(f"the link {action.src}→{action.dst} is cut; heal it first")
    envelope = state.network[at]
    return _arrive(state, envelope, at, _now(state, envelope))


def _arrive(state, envelope, at, now):
    network = state.network
    host = state.hosts[state.config.places[envelope.dst]]
    node = host.node.clone()
    message = envelope.message
    effects = node.receive(envelope.src, message if node.replaces_values else copied(message))
    rest = network[:at] + network[at + 1 :] if at else network[1:]
    return _acted(state, node, host.timers, effects, now, rest)


def _drop(state, action):
    network = state.network
    at = find(network, action)
    envelope = network[at]
    why = loss_of(state, envelope)
    now = _now(state, envelope) if why else state.time
    rest = network[:at] + network[at + 1 :]
    facts = (action.src, action.dst, message_name(envelope.message))
    return state.but(now, network=rest), (Note(f"lost-{why or 'by hand'}", facts),)


def _duplicate(state, action):
    at = find(state.network, action)
    twin = state.network[at]
    flying = list(state.network)
    insert(flying, Envelope(twin.src, twin.dst, twin.message, state.time, twin.deliver_at,
                            state.step_no + 1, twin.fate))  # fmt: skip
    return state.but(network=tuple(flying)), ()


def _delay(state, action):
    if not isinstance(action.ms, (int, float)) or not 0 < action.ms <= 3_600_000:
        raise Impossible(f"a delay is a number of ms above 0, not {action.ms!r}")
    at = find(state.network, action)
    old = state.network[at]
    flying = list(state.network)
    del flying[at]
    due = round(max(old.deliver_at, state.time) + action.ms, 3)
    insert(flying, Envelope(old.src, old.dst, old.message, old.sent_at, due, old.sent_step,
                            old.fate))  # fmt: skip
    return state.but(network=tuple(flying)), ()


def _fire(state, action):
    host = state.host(action.node)
    if host.mode != UP:
        raise Impossible(f"{action.node} is {_SAID[host.mode]}; its timers stand still")
    timer = running(host, action.timer)
    node = host.node.clone()
    effects = node.fire(action.timer)
    now = _now(state, host) if timer == min(host.timers) else state.time
    timers = tuple(t for t in host.timers if t is not timer)
    return _acted(state, node, timers, effects, now, state.network)


def _request(state, action):
    host = state.host(action.node)
    if host.mode != UP:
        raise Impossible(f"{action.node} is {_SAID[host.mode]} and takes no request")
    if not isinstance(action.client, (str, type(None))):
        raise Impossible(f"a client is named by a word, or not at all, not by {action.client!r}")
    if not isinstance(action.serial, int):
        raise Impossible(f"a serial is a whole number, not {action.serial!r}")
    node = host.node.clone()
    command = action.command if node.replaces_values else copied(action.command)
    effects = node.request(command, action.client, action.serial)
    return _acted(state, node, host.timers, effects, state.time, state.network)


def _crash(state, action):
    host = state.host(action.node)
    if host.mode == DOWN:
        raise Impossible(f"{action.node} is already down; restart it first")
    return crashed(state, host)


def _restart(state, action):
    host = state.host(action.node)
    if host.mode != DOWN:
        raise Impossible(f"{action.node} is {_SAID[host.mode]}; only a crashed node restarts")
    node = host.node.clone()
    effects = node.boot()
    return _acted(state, node, (), effects, state.time, state.network)


def _crash_during(state, action):
    if type(action.action) not in INTERRUPTIBLE:
        raise Impossible(f"a crash comes in the middle of a {_OF_THESE}, not of {action.action!r}")
    moved, _ = _ACTS[type(action.action)](state, action.action)
    return crashed_during(state, action, moved)


def crashes_during(state, action):
    """Every CrashDuring that can come in the middle of `action`, the least written first; none
    if `action` writes nothing. Impossible if `action` is, or is nothing one can crash in."""
    if type(action) not in INTERRUPTIBLE:
        _crash_during(state, CrashDuring(action))
    id = actor(action)
    _, numbers = crash_points(state.host(id), step(state, action)[0][id])
    return tuple(CrashDuring(action, written) for written in numbers)


def _pause(state, action):
    host = state.host(action.node)
    if host.mode != UP:
        raise Impossible(f"{action.node} is {_SAID[host.mode]} and cannot be paused")
    return state.with_host(Host(host.node, host.timers, PAUSED, host.hardware)), ()


def _resume(state, action):
    host = state.host(action.node)
    if host.mode != PAUSED:
        raise Impossible(f"{action.node} is {_SAID[host.mode]}, not paused")
    return state.with_host(Host(host.node, host.timers, UP, host.hardware)), ()


def _partition(state, action):
    groups = whole_groups(state.config, action.groups)
    cuts = {(a, b) for one in groups for other in groups if one is not other
            for a in one for b in other}  # fmt: skip
    return state.but(cuts=frozenset(cuts)), ()


def _cut(state, action):
    for id in (action.src, action.dst):
        state.host(id)
    if action.src == action.dst:
        raise Impossible(f"{action.src} has no link to itself")
    return state.but(cuts=state.cuts | {(action.src, action.dst)}), ()


def _heal(state, action):
    if (action.src is None) != (action.dst is None):
        raise Impossible("name both ends of a link to heal it, or neither to heal them all")
    if action.src is None:
        return state.but(cuts=frozenset()), ()
    if (action.src, action.dst) not in state.cuts:
        cut = ", ".join(f"{a}→{b}" for a, b in sorted(state.cuts)) or "none"
        raise Impossible(f"the link {action.src}→{action.dst} is not cut; cut are: {cut}")
    return state.but(cuts=state.cuts - {(action.src, action.dst)}), ()


def _tune(state, action):
    if action.dial in DIALS:
        return state.but(dials=state.dials.turned(action.dial, action.setting)), ()
    settings = sorted({name for host in state.hosts for name in host.node.settings})
    if action.dial not in settings:
        raise Impossible(
            f"there is no dial {action.dial!r}; there are {', '.join([*DIALS, *settings])}"
        )
    like = next(h.node for h in state.hosts if action.dial in h.node.settings)
    if getattr(type(like), action.dial, 0) is None:
        raise Impossible(f"{action.dial} is settled when a cluster is made; make another")
    setting = checked_setting(action.dial, action.setting, getattr(like, action.dial))
    hosts = []
    for host in state.hosts:
        node = host.node
        if action.dial in node.settings:
            node = node.clone()
            setattr(node, action.dial, setting)
        hosts.append(Host(node, host.timers, host.mode, host.hardware))
    return state.but(hosts=tuple(hosts)), ()


def checked_setting(name, setting, like):
    """A setting above 0, or a pair (low, high) of them if `like` is one; else an error.

    One that has no first value (`like` None) is no time: the node itself looks at it.
    """
    if like is None:
        return setting
    pair = isinstance(like, (tuple, list))
    parts = tuple(setting) if isinstance(setting, (tuple, list)) else (setting,)
    fine = all(isinstance(p, (int, float)) and 0 < p <= 3_600_000 for p in parts)
    if isinstance(setting, (tuple, list)) != pair or len(parts) != 1 + pair:
        fine = False
    if not fine or parts[0] > parts[-1]:
        of_ms = " of ms" if name.endswith(("_timeout", "_interval")) else ""
        form = "(low, high), both ms above 0" if pair else f"a number{of_ms} above 0"
        raise Impossible(f"{name} must be {form}, not {setting!r}")
    return parts if pair else setting


def _wait(state, action):
    if not isinstance(action.until, (int, float)) or not isfinite(action.until):
        raise Impossible(f"one waits until a number of ms, not until {action.until!r}")
    if action.until < state.time:
        raise Impossible(f"{action.until} ms is past; it is {state.time} ms now")
    due = state.next[0]
    if due < action.until:
        raise Impossible(f"something happens at {due} ms, before {action.until} ms")
    return state.but(action.until), ()


_ACTS = {
    Deliver: _deliver, Fire: _fire, Request: _request, Drop: _drop, Duplicate: _duplicate,
    Delay: _delay, Crash: _crash, Restart: _restart, Pause: _pause, Resume: _resume,
    Partition: _partition, Cut: _cut, Heal: _heal, Tune: _tune, Wait: _wait,
    CrashDuring: _crash_during, Unsync: unsync, Sync: sync, Wipe: wipe, Drift: drift,
    Rearm: rearm,
}  # fmt: skip
# What a node does in a handler, and can crash in the middle of.
INTERRUPTIBLE = (Deliver, Fire, Request, Restart)
_OF_THESE = ", ".join(kind.__name__ for kind in INTERRUPTIBLE[:-1]) + " or Restart"
_SAID = {UP: "running", DOWN: "down", PAUSED: "paused"}


# -- carrying effects out -----------------------------------------------------------------


def _acted(state, node, timers, effects, now, network, mode=UP, step_no=None, chance=None):
    """(the state in which `node` has acted and its effects are under way, what to remember).

    Sends and timers stand in the state itself; of the effects, notes and answers are kept.
    """
    config = state.config
    at = config.places[node.id]
    hosts = list(state.hosts)
    hardware = hosts[at].hardware
    if step_no is None:
        step_no = state.step_no + 1
        chance = luck(config.chance, step_no)
    sends, kept, draws = [], [], 0
    for effect in effects:
        kind = type(effect)
        if kind is Note:
            kept.append(effect)
        elif kind is Send:
            sends.append(effect)
        elif kind is SetTimer:
            name, after, high = effect.name, effect.low, effect.high
            if high > after:
                after += (high - after) * draw(chance, draws % TIMER_DRAWS)
                draws += 1
            if hardware is not SOUND:
                after /= hardware.rate
            timers = (*[t for t in timers if t[1] != name], (round(now + after, 3), name))
        elif kind is CancelTimer:
            timers = tuple([t for t in timers if t[1] != effect.name])
        elif kind is Respond:
            kept.append(effect)
            request = effect.request
            if request.client in config.places:
                sends.append(Send(request.client, ClientReply(request.serial, effect.result)))
        else:
            raise Impossible(f"{node.id} asks for {effect!r}, which is no effect")
    if sends:
        if not node.replaces_values:  # it may go on changing what it has sent
            sends = [Send(send.dst, copied(send.message)) for send in sends]
        network = posted(state, network, chance, step_no, now, node.id, sends)
    node.outbox = ()  # its effects are under way: a history need not keep them
    hosts[at] = Host(node, timers, mode, hardware)
    moved = State(config, step_no, now, tuple(hosts), network, state.cuts, state.dials)
    return moved, tuple(kept)


def _now(state, what):
    """The clock moves to what was next in time; what is picked out of turn happens now."""
    due, first = state.next
    return due if what is first else state.time

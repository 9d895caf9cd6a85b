"""The world: one frozen value, and one pure function that moves it.

`step(state, action)` gives the next state and what the acting node asked for. Only the
node that acts is copied; everything else is shared with the state before, which is why a
history with every state in it costs about a kilobyte a step.
"""

from ..core import (
    CancelTimer,
    ClientReply,
    ClientRequest,
    Crash,
    Cut,
    Delay,
    Deliver,
    Drop,
    Duplicate,
    Envelope,
    Fire,
    Heal,
    Impossible,
    Note,
    Partition,
    Pause,
    Request,
    Respond,
    Restart,
    Resume,
    Send,
    SetTimer,
    Tune,
    Wait,
)
from .chance import draw, stream
from .network import DIALS, Dials, find, insert, posted
from .state import DOWN, PAUSED, UP, Config, Host, State, loss_of, unknown

# Timer draws of a step are numbered from here, behind any draw for a message.
_TIMER_DRAWS = 1 << 32


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
        wanted = twin.boot()
        # Each node draws from a place of its own, so that adding one changes no other's luck.
        state = _settle(state, twin, (), wanted, UP, 0.0, state.network, at << 8, 0)
        effects += wanted
    return state, tuple(effects)


def step(state, action):
    """(the state after `action`, the effects it had); raises Impossible and changes nothing."""
    try:
        act = _ACTS[type(action)]
    except KeyError:
        raise Impossible(
            f"{action!r} is not an action; actions are {', '.join(c.__name__ for c in _ACTS)}"
        ) from None
    return act(state, action)


# -- the acts, one for each kind of action ------------------------------------------------


def _deliver(state, action):
    network = state.network
    at = find(network, action)
    envelope = network[at]
    host = state.host(action.dst)
    if host.mode != UP:
        raise Impossible(f"{action.dst} is {_SAID[host.mode]} and receives nothing")
    if (action.src, action.dst) in state.cuts:
        raise Impossible(f"the link {action.src}→{action.dst} is cut; heal it first")
    now = _now(state, envelope)
    node = host.node.clone()
    message = envelope.message
    effects = node.receive(action.src, message)
    return _after(state, host, node, effects, now, network[:at] + network[at + 1 :])


def _drop(state, action):
    network = state.network
    at = find(network, action)
    envelope = network[at]
    why = loss_of(state, envelope)
    now = _now(state, envelope) if why else state.time
    rest = network[:at] + network[at + 1 :]
    facts = (action.src, action.dst, type(envelope.message).__name__)
    return _moved(state, now, network=rest), (Note(f"lost-{why or 'by hand'}", facts),)


def _duplicate(state, action):
    at = find(state.network, action)
    twin = state.network[at]
    flying = list(state.network)
    insert(flying, Envelope(twin.src, twin.dst, twin.message, state.time, twin.deliver_at,
                            state.step_no + 1, twin.fate))  # fmt: skip
    return _moved(state, network=tuple(flying)), ()


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
    return _moved(state, network=tuple(flying)), ()


def _fire(state, action):
    host = state.host(action.node)
    if host.mode != UP:
        raise Impossible(f"{action.node} is {_SAID[host.mode]}; its timers stand still")
    for timer in host.timers:
        if timer[1] == action.timer:
            break
    else:
        running = ", ".join(name for _, name in host.timers) or "none"
        raise Impossible(f"{action.node} has no timer {action.timer!r} running; it has {running}")
    node = host.node.clone()
    effects = node.fire(action.timer)
    now = _now(state, host)
    timers = tuple(t for t in host.timers if t is not timer)
    return _after(state, host, node, effects, now, state.network, timers)


def _request(state, action):
    host = state.host(action.node)
    if host.mode != UP:
        raise Impossible(f"{action.node} is {_SAID[host.mode]} and takes no request")
    node = host.node.clone()
    effects = node.request(action.command, action.client, action.serial)
    return _after(state, host, node, effects, state.time, state.network)


def _crash(state, action):
    host = state.host(action.node)
    if host.mode == DOWN:
        raise Impossible(f"{action.node} is already down; restart it first")
    return _moved(state, hosts=_with(state, Host(host.node.reborn(), (), DOWN))), ()


def _restart(state, action):
    host = state.host(action.node)
    if host.mode != DOWN:
        raise Impossible(f"{action.node} is {_SAID[host.mode]}; only a crashed node restarts")
    node = host.node.clone()
    effects = node.boot()
    return _after(state, host, node, effects, state.time, state.network, (), UP)


def _pause(state, action):
    host = state.host(action.node)
    if host.mode != UP:
        raise Impossible(f"{action.node} is {_SAID[host.mode]} and cannot be paused")
    return _moved(state, hosts=_with(state, Host(host.node, host.timers, PAUSED))), ()


def _resume(state, action):
    host = state.host(action.node)
    if host.mode != PAUSED:
        raise Impossible(f"{action.node} is {_SAID[host.mode]}, not paused")
    return _moved(state, hosts=_with(state, Host(host.node, host.timers, UP))), ()


def _partition(state, action):
    groups = whole_groups(state.config, action.groups)
    cuts = {(a, b) for one in groups for other in groups if one is not other
            for a in one for b in other}  # fmt: skip
    return _moved(state, cuts=frozenset(cuts)), ()


def whole_groups(config, groups):
    """The groups as tuples, with the servers that none of them names as one more group."""
    groups = [tuple(group) for group in groups]
    named = [id for group in groups for id in group]
    for id in named:
        if id not in config.places:
            raise Impossible(unknown(config, id))
        if named.count(id) > 1:
            raise Impossible(f"{id} stands in two groups; a node belongs to one")
    if not all(groups) or not groups:
        raise Impossible("a group is empty; name at least one server in each")
    rest = tuple(id for id in config.servers if id not in named)
    if rest:
        groups.append(rest)
    if len(groups) < 2:
        raise Impossible("one group of everybody is no partition; leave some servers out of it")
    return groups


def _cut(state, action):
    for id in (action.src, action.dst):
        state.host(id)
    if action.src == action.dst:
        raise Impossible(f"{action.src} has no link to itself")
    return _moved(state, cuts=state.cuts | {(action.src, action.dst)}), ()


def _heal(state, action):
    if action.src is None:
        return _moved(state, cuts=frozenset()), ()
    if (action.src, action.dst) not in state.cuts:
        cut = ", ".join(f"{a}→{b}" for a, b in sorted(state.cuts)) or "none"
        raise Impossible(f"the link {action.src}→{action.dst} is not cut; cut are: {cut}")
    return _moved(state, cuts=state.cuts - {(action.src, action.dst)}), ()


def _tune(state, action):
    if action.dial in DIALS:
        return _moved(state, dials=state.dials.turned(action.dial, action.setting)), ()
    settings = sorted({name for host in state.hosts for name in host.node.settings})
    if action.dial not in settings:
        raise Impossible(
            f"there is no dial {action.dial!r}; there are {', '.join([*DIALS, *settings])}"
        )
    setting = checked_setting(action.dial, action.setting)
    hosts = []
    for host in state.hosts:
        node = host.node
        if action.dial in node.settings:
            node = node.clone()
            setattr(node, action.dial, setting)
        hosts.append(Host(node, host.timers, host.mode))
    return _moved(state, hosts=tuple(hosts)), ()


def checked_setting(name, setting):
    """A timing setting in ms, or a pair (low, high) of them; else an error."""
    parts = tuple(setting) if isinstance(setting, (tuple, list)) else (setting,)
    fine = all(isinstance(p, (int, float)) and 0 < p <= 3_600_000 for p in parts)
    if not fine or len(parts) not in (1, 2) or parts[0] > parts[-1]:
        raise Impossible(f"{name} must be ms above 0, or (low, high) of them, not {setting!r}")
    return parts if isinstance(setting, (tuple, list)) else setting


def _wait(state, action):
    if not action.until >= state.time:
        raise Impossible(f"{action.until} ms is past; it is {state.time} ms now")
    due = state.next[0]
    if due < action.until:
        raise Impossible(f"something happens at {due} ms, before {action.until} ms")
    return _moved(state, action.until), ()


_ACTS = {
    Deliver: _deliver, Fire: _fire, Request: _request, Drop: _drop, Duplicate: _duplicate,
    Delay: _delay, Crash: _crash, Restart: _restart, Pause: _pause, Resume: _resume,
    Partition: _partition, Cut: _cut, Heal: _heal, Tune: _tune, Wait: _wait,
}  # fmt: skip
_SAID = {UP: "running", DOWN: "down", PAUSED: "paused"}


# -- carrying effects out -----------------------------------------------------------------


def _after(state, host, node, effects, now, network, timers=None, mode=UP):
    timers = host.timers if timers is None else timers
    settled = _settle(state, node, timers, effects, mode, now, network, 0, state.step_no + 1)
    return settled, tuple(effects)


def _settle(state, node, timers, effects, mode, now, network, draws, step_no):
    """The state in which `node` has acted and its effects are under way."""
    chance = state.config.chance
    sends = []
    for effect in effects:
        kind = type(effect)
        if kind is Send:
            sends.append(effect)
        elif kind is SetTimer:
            name, after = effect.name, effect.low
            if effect.high > after:
                span = effect.high - after
                after += span * draw(chance, step_no, _TIMER_DRAWS + draws)
                draws += 1
            timers = (*(t for t in timers if t[1] != name), (round(now + after, 3), name))
        elif kind is CancelTimer:
            timers = tuple(t for t in timers if t[1] != effect.name)
        elif kind is Respond and effect.request.client in state.config.places:
            reply = ClientReply(effect.request.serial, effect.result)
            sends.append(Send(effect.request.client, reply))
    if sends:
        for send in sends:
            if send.dst not in state.config.places:
                raise Impossible(unknown(state.config, send.dst))
        network = posted(network, state.dials, state.cuts, chance, step_no, now, node.id, sends)
    hosts = _with(state, Host(node, timers, mode))
    return State(state.config, step_no, now, hosts, network, state.cuts, state.dials)


def _moved(state, time=None, hosts=None, network=None, cuts=None, dials=None):
    return State(
        state.config,
        state.step_no + 1,
        state.time if time is None else time,
        state.hosts if hosts is None else hosts,
        state.network if network is None else network,
        state.cuts if cuts is None else cuts,
        state.dials if dials is None else dials,
    )


def _with(state, host):
    at = state.config.places[host.node.id]
    return state.hosts[:at] + (host,) + state.hosts[at + 1 :]


def _now(state, what):
    """The clock moves to what was next in time; what is picked out of turn happens now."""
    due, first = state.next
    return due if what is first else state.time

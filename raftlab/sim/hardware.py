"""What a node runs on, and how it fails: crashes, disks that lie or are lost, clocks that drift,
timers that run out at another time.

A node's persistent fields are on disk before anything that it sends leaves (Figure 2). In that
model Raft is safe, and a crash between two writes belongs to it. Outside of it are a disk that
forgets what it has acknowledged, and a disk that is gone: against those no vote helps. Clocks may
run as they like; only progress depends on them (§5.6).
"""

from ..core import Deliver, Impossible, Note, replace
from .network import find
from .state import DOWN, PAUSED, SOUND, UP, Host, running
from .story import actor, headline, stable

SLOWEST, FASTEST = 0.1, 10
_ABSENT = object()


def crashed(state, host):
    """(the state with `host` down, what to tell): what its disk holds is all that is left."""
    return state.with_host(_down(host)), _unsynced(host)


def crash_points(host, after):
    """(the groups of fields that `host` writes on its way to the node `after`, in the order of
    writing; how many of them can be on its disk when it crashes on that way)."""
    old, new = host.node.on_disk(), after.on_disk()
    groups = tuple(
        group for group in after.write_groups()
        if not all(_same(old.get(name, _ABSENT), new.get(name, _ABSENT)) for name in group)
    )  # fmt: skip
    return groups, range(len(groups) if host.hardware.disk is None else min(1, len(groups)))


def crashed_during(state, action, moved):
    """The same as `crashed`, for a CrashDuring; `moved` is the state had it not crashed."""
    did, written = action.action, action.written
    id = actor(did)
    host, after = state.host(id), moved[id]
    groups, numbers = crash_points(host, after)
    if not groups:
        raise Impossible(
            f"{id} writes nothing in the middle of {headline(did)}; crash it before or after that"
        )
    if isinstance(written, bool) or not isinstance(written, int) or written not in numbers:
        how = "one after the other" if len(groups) > 1 else "in one"
        if host.hardware.disk is not None:
            how = "but its disk lies and keeps none of it"
        raise Impossible(
            f"in the middle of {headline(did)} {id} writes {_told(groups)}, {how}: "
            f"{' or '.join(map(str, numbers))} of these can be on disk when it crashes, not "
            f"{written!r}"
        )
    disk = host.node.on_disk()
    there = [name for group in groups[:written] for name in group]
    missing = [name for group in groups[written:] for name in group]
    disk |= {name: held for name, held in after.on_disk().items() if name in there}
    network = state.network
    if type(did) is Deliver:
        at = find(network, did)
        network = network[:at] + network[at + 1 :]
    told = Note("crashes-during", (id, tuple(there), tuple(missing)))
    down = _down(host, disk if host.hardware.disk is None else None)
    return state.with_host(down, time=moved.time, network=network), (told, *_unsynced(host))


def unsync(state, action):
    host = state.host(action.node)
    if host.mode == DOWN:
        raise Impossible(f"{action.node} is down and writes nothing; restart it first")
    if host.hardware.disk is not None:
        raise Impossible(f"{action.node}'s disk lies already; sync it or crash {action.node}")
    return _on(state, host, disk=tuple(host.node.on_disk().items())), ()


def sync(state, action):
    host = state.host(action.node)
    if host.mode == DOWN:
        raise Impossible(f"{action.node} is down; what its disk had only cached is gone")
    if host.hardware.disk is None:
        raise Impossible(f"{action.node}'s disk does not lie: there is nothing to write down")
    return _on(state, host, disk=None), ()


def wipe(state, action):
    host = state.host(action.node)
    if host.mode != DOWN:
        raise Impossible(
            f"{action.node} is {'running' if host.mode == UP else 'paused'}; crash it, and then "
            "its disk can be lost"
        )
    return state.with_host(Host(host.node.reborn({}), (), DOWN, host.hardware)), ()


def drift(state, action):
    """Running timers keep the share of their time that is left; those overdue stay so."""
    host, rate = state.host(action.node), action.rate
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not (
        SLOWEST <= rate <= FASTEST
    ):  # fmt: skip
        raise Impossible(
            f"a clock's rate is a number from {SLOWEST} to {FASTEST}, and 1 is right; not {rate!r}"
        )
    now, change = state.time, host.hardware.rate / rate
    timers = tuple(
        (round(now + (due - now) * change, 3) if due > now else due, name)
        for due, name in host.timers
    )
    return _on(state, Host(host.node, timers, host.mode, host.hardware), rate=float(rate)), ()


def rearm(state, action):
    host, ms = state.host(action.node), action.ms
    if host.mode != UP:
        how = "paused" if host.mode == PAUSED else "down"
        raise Impossible(f"{action.node} is {how}; its timers stand still")
    timer = running(host, action.timer)
    if isinstance(ms, bool) or not isinstance(ms, (int, float)) or not 0 <= ms <= 3_600_000:
        raise Impossible(f"a timer runs out in a number of ms from 0 on, not in {ms!r}")
    due = (round(state.time + ms, 3), action.timer)
    timers = tuple(due if one is timer else one for one in host.timers)
    return state.with_host(Host(host.node, timers, host.mode, host.hardware)), ()


def _on(state, host, **changes):
    """The next state, in which `host` runs on hardware with `changes`."""
    hardware = replace(host.hardware, **changes)
    return state.with_host(
        Host(host.node, host.timers, host.mode, SOUND if hardware == SOUND else hardware)
    )


def _down(host, disk=None):
    """`host` after a crash, with `disk` ({field: value}) on its disk, or what that really holds.

    A disk that lied is honest again: its cache is gone.
    """
    hardware = host.hardware
    if hardware.disk is not None:
        disk = dict(hardware.disk)
        hardware = SOUND if hardware.rate == 1 else replace(hardware, disk=None)
    return Host(host.node.reborn(disk), (), DOWN, hardware)


def _unsynced(host):
    """What to tell of a crash about a disk that lied, as a tuple of Notes."""
    if host.hardware.disk is None:
        return ()
    held = dict(host.hardware.disk)
    lost = tuple(
        name for name, now in host.node.on_disk().items()
        if not _same(held.get(name, _ABSENT), now)
    )  # fmt: skip
    return (Note("crashes-unsynced", (host.node.id, lost)),)


def _same(one, other):
    """Equal, also for objects that do not say when they are: each handler has its own copy."""
    if one is other or one == other:
        return True
    return type(one).__eq__ is object.__eq__ and stable(one) == stable(other)


def _told(groups):
    return " and then ".join(" with ".join(group) for group in groups)

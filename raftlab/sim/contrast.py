"""How what a node shows differs in two states, in words. Which runs they are of is not asked."""

from ..core import write_command
from .state import DOWN, PAUSED
from .story import stable


def same(one, other):
    """Whether two values are equal, whatever their classes: by what they look like."""
    return one == other or stable(one) == stable(other)


_SHOWN = {
    "role": "role", "term": "term", "leader": "leader it knows", "voted_for": "vote",
    "votes": "votes it has", "members": "configuration", "log": "log",
    "commit_index": "committed to", "last_applied": "applied to", "next_index": "next index",
    "match_index": "match index", "machine": "state machine", "decided": "decision",
}  # fmt: skip
_OF_LOG = ("commit_index", "last_applied", "next_index", "match_index")
_MODES = {DOWN: "crashed", PAUSED: "paused"}


def unseen(one, other):
    """What the nodes of only one of two runs show, and is therefore no difference."""
    pairs = [(a.node.observation(), b.node.observation())
             for a, b in zip(one.hosts, other.hosts, strict=True)]  # fmt: skip
    ignored = {name for name, blank in (("role", ""), ("term", None), ("log", None),
                                        ("members", None))
               if all((getattr(a, name) == blank) != (getattr(b, name) == blank)
                      for a, b in pairs)}  # fmt: skip
    return ignored.union(_OF_LOG) if "log" in ignored else ignored


def seen(one, other, id, ignored=()):
    """How a node differs in two states, as a list of (what, here, there) in words."""
    host, twin = one.host(id), other.host(id)
    found = []
    if host.mode != twin.mode:
        found.append(("condition", _MODES.get(host.mode, "up"), _MODES.get(twin.mode, "up")))
    here, there = host.node.observation(), twin.node.observation()
    if here is there:
        return found
    for name, what in _SHOWN.items():
        mine, theirs = getattr(here, name), getattr(there, name)
        if mine is theirs or name in ignored or mine == theirs:
            continue
        if name == "log":
            found += _logs(mine, theirs)
        elif stable(mine) != stable(theirs):
            found.append((what, words(mine), words(theirs)))
    for name in here.fields:
        if name in there.fields and not same(here.fields[name], there.fields[name]):
            found.append((name, words(here.fields[name]), words(there.fields[name])))
    return found


def everywhere(one, other, ignored):
    found = {host.node.id: seen(one, other, host.node.id, ignored) for host in one.hosts}
    return {id: differences for id, differences in found.items() if differences}


def _logs(one, other):
    """Two logs from the first entry on that differs; nothing if only classes do."""
    entries = [_entries(log) for log in (one, other)]
    first = next((at for at in sorted({*entries[0], *entries[1]})
                  if entries[0].get(at) != entries[1].get(at)), None)  # fmt: skip
    if first is None:
        return []
    told = [" ".join(entry for at, entry in held.items() if at >= first) or "nothing"
            for held in entries]  # fmt: skip
    return [(f"log from entry {first}", *told)]


def _entries(log):
    if not hasattr(log, "after"):
        return dict(enumerate(map(str, log or ()), 1))
    begin = log.base_index
    return {at: f"{entry.term}:{write_command(entry.command)}"
            for at, entry in enumerate(log.after(begin), begin + 1)}  # fmt: skip


def words(held):
    """A value in a few words."""
    if held is None or held == "":
        return "none"
    if isinstance(held, (set, frozenset, tuple, list)):
        parts = held if isinstance(held, (tuple, list)) else sorted(held, key=stable)
        return ", ".join(map(words, parts)) or "none"
    if hasattr(held, "items"):
        return ", ".join(f"{name}={words(inside)}" for name, inside in held.items()) or "none"
    return str(held)

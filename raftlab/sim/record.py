"""A history as a file: how the cluster is made, and what happened that time alone does not explain.

Because a run is determined by its seed and its actions, the file holds no states. Events
that simply came next are counted, not listed; a message is named by the text of its
content, so the file needs no knowledge of the protocol's classes and stays readable.
"""

import json
import warnings

from ..core import ACTIONS, ON_MESSAGES, CrashDuring, Impossible, Request
from .state import next_action
from .story import stable

FORMAT, VERSION = "raftlab history", 1


def dump(history):
    """The history, all branches, as JSON text. The same history gives the same text."""
    if history.about.get("nodes", ()) is None:
        raise Impossible(
            "this history began with nodes built by hand that hold more than plain values; "
            "it cannot be written to a file"
        )
    branches = []
    for branch in history.branches:
        first = branch.forked_at + 1 if branch.parent is not None else 1
        branches.append({
            "name": branch.name,
            "parent": branch.parent,
            "forked_at": branch.forked_at,
            "steps": listed(branch.steps, first),
        })  # fmt: skip
    here = history.branches.index(history.branch)
    return json.dumps({
        "format": FORMAT, "version": VERSION, "about": history.about,
        "branches": branches, "branch": here, "position": history.position,
        "digest": history.digest(),
    }, separators=(",", ":"))  # fmt: skip


def load(text, make):
    """The history that `dump` wrote. `make(about)` builds the fresh cluster.

    Raises Impossible, saying what is wrong, for anything that is not such a file.
    """
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise Impossible("this is not a raftlab history: it is not JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise Impossible(f'this is not a raftlab history: it has no "format": "{FORMAT}"')
    version = found.get("version")
    if not isinstance(version, int) or version < 1:
        raise Impossible(f"this history has no valid version, but {version!r}")
    if version > VERSION:
        raise Impossible(
            f"this history has format version {version}; this raftlab reads up to {VERSION}: "
            "update raftlab"
        )

    def fill(history):
        replay(history, found["branches"])
        history.goto(found["position"], found["branch"])
        return found["digest"]

    return made(lambda: make(found["about"]), fill)


def made(make, fill):
    """The history that `make()` builds and `fill(history)` plays, which gives the digest it had,
    or its beginning. What does not fit is Impossible; what leads elsewhere is warned of."""
    try:
        history = make()
        digest = fill(history)
        if not isinstance(digest, str) or not digest:
            raise TypeError("no digest")
    except Impossible:
        raise
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise Impossible(
            f"this history is damaged ({type(error).__name__}: {error}); save it anew"
        ) from None
    if not history.digest().startswith(digest):
        warnings.warn(
            "this history was saved by other rules: replayed here, it ends in another state",
            stacklevel=4,
        )
    return history


def plain_nodes(nodes):
    """Nodes built by hand as plain values, [[id, {field: value}] …]: what differs from the
    first values of their class. None if a field cannot be written so."""
    listed, ids = [], [node.id for node in nodes]
    for node in nodes:
        fresh = type(node)(node.id, ids)
        fields = {}
        for name, held in node.fields().items():
            if name in node.derived or held == getattr(fresh, name, None):
                continue
            fields[name] = (
                sorted(held, key=stable) if isinstance(held, (frozenset, set)) else _plain(held)
            )
        listed.append([node.id, fields])
    try:
        same = stable(json.loads(json.dumps(listed))) == stable(listed)  # keys that are no words?
    except TypeError:
        return None
    return listed if same else None


def built_nodes(kind, listed):
    """The nodes that `plain_nodes` described, of class `kind`."""
    ids = [id for id, _ in listed]
    nodes = []
    for id, fields in listed:
        given = {}
        for name, held in fields.items():
            first = kind.declared.get(name)
            held = _compacted(first, **held) if _is_compacted(first, held) else _tuples(held)
            given[name] = type(first)(held) if isinstance(first, (frozenset, set, list)) else held
        nodes.append(kind(id, ids, **given))
    return nodes


def _plain(held):
    """A log or another sequence of values as lists; anything else as it is."""
    names = getattr(type(held), "__match_args__", None)
    if names:
        return [_plain(getattr(held, name)) for name in names]
    if getattr(held, "base_index", 0):
        entries = [_plain(item) for item in held]
        return {"base_index": held.base_index, "base_term": held.base_term, "entries": entries}
    if hasattr(held, "last_index") or isinstance(held, (list, tuple)):
        return [_plain(item) for item in held]
    return held


def _is_compacted(first, held):
    """Whether `held` is what `_plain` makes of a compacted log, in a field that begins as one."""
    return hasattr(first, "base_index") and isinstance(held, dict)


def _compacted(first, entries, base_index, base_term):
    return type(first)(_tuples(entries), base_index, base_term)


def listed(steps, first, write=None):
    """The actions from step `first` on, as `write(state, action)` writes them (`written` if left
    out); what time alone brings is counted."""
    found = []
    for position in range(first, len(steps)):
        action = steps[position].action
        if action == next_action(steps[position - 1].state):
            if found and isinstance(found[-1], int):
                found[-1] += 1
            else:
                found.append(1)
        else:
            state = steps[position - 1].state
            found.append(write(state, action) if write else written(action))
    return found


def written(action):
    """An action as a list of plain values; a message becomes its text."""
    fields = [getattr(action, name) for name in type(action).__match_args__]
    if type(action) in ON_MESSAGES:
        fields[2] = stable(fields[2])
    elif type(action) is CrashDuring:
        fields[0] = written(action.action)
    elif type(action) is Request:
        _check_plain(action.command)
    return [type(action).__name__, *fields]


def _check_plain(command):
    """A command must come back from the file as what it was."""
    try:
        same = stable(json.loads(json.dumps(command))) == stable(command)
    except (TypeError, ValueError):
        same = False
    if not same:
        raise Impossible(
            f"the command {command!r} cannot be written to a file; words, numbers, tuples and "
            "dicts with words as keys can"
        )


def replay(history, branches, actions=None):
    """Play on a fresh history what `branches` list; `actions(item, state)` gives the actions that
    an item means which is no count (left out: as `written` lists one)."""
    if not branches:
        raise Impossible("this history is damaged: it has no branches")
    for number, branch in enumerate(branches):
        if number:
            history.goto(branch["forked_at"], branch["parent"])
            history.fork()
        _name(history, branch["name"])
        for item in branch["steps"]:
            at = len(history)
            try:
                if isinstance(item, int):
                    if item < 1 or history.step(item) != item:
                        raise Impossible(f"only {len(history) - at} of {item} events happen")
                elif actions is None:
                    history.take(read(item, history.state))
                else:
                    for action in actions(item, history.state):
                        history.take(action)
            except Impossible as error:
                raise Impossible(f"branch {branch['name']!r}, step {at + 1}: {error}") from None


def _name(history, name):
    """Call the present branch what it was called: in old files a name may be of any length."""
    if not isinstance(name, str) or not name:
        raise Impossible(f"this history is damaged: a branch is named by a word, not {name!r}")
    if name in [other.name for other in history.branches if other is not history.branch]:
        raise Impossible(f"there is a branch {name!r} already; choose another name")
    history.branch.name = name


def read(item, state):
    """The action that `written` listed as `item`."""
    name, *fields = item
    if name not in ACTIONS:
        raise Impossible(f"{name!r} is not an action; actions are {', '.join(ACTIONS)}")
    kind = ACTIONS[name]
    if len(fields) != len(kind.__match_args__):
        raise Impossible(f"{name} takes {', '.join(kind.__match_args__) or 'nothing'}")
    if kind in ON_MESSAGES:
        fields[2] = _message(state, *fields[:3])
    elif kind is CrashDuring:
        fields[0] = read(fields[0], state)
    elif kind is not Request or isinstance(fields[1], list):
        fields = [_tuples(field) for field in fields]
    return kind(*fields)


def _message(state, src, dst, text):
    for envelope in state.network:
        if envelope.src == src and envelope.dst == dst and stable(envelope.message) == text:
            return envelope.message
    flying = ", ".join(f"{stable(e.message)} {e.src}→{e.dst}" for e in state.network) or "nothing"
    raise Impossible(f"{text} {src}→{dst} is not in flight; in flight: {flying}")


def _tuples(held):
    return tuple(map(_tuples, held)) if isinstance(held, list) else held

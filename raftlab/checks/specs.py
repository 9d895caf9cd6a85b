"""What a service does when it is alone: the yardstick for what its clients saw.

A `Spec` knows nothing of servers, messages or time. It says what each call would do if calls
came one at a time, as a pure function: (state, call) → (state after it, result). A history of
clients is then held against it (`linearizable.py`), whoever served them: Raft here, Redis or
etcd elsewhere.
"""

from collections.abc import Callable

from ..core import Impossible, execute, value, write_command


@value
class Spec:
    """A service as one would have it alone; `name` is what sentences call it.

    `step(state, call)` gives (the state after `call`, its result) and changes nothing in place.
    `part(call)` is the independent part of the service that `call` touches, such as a key: parts
    are judged one by one. It raises Impossible for a call that cannot be judged. `first(part)` is
    the state in which a part begins. `words(call)` is how a person writes the call.
    States are plain values, or hashable.

    Two promises make a search shorter and a contradiction smaller. `reads(call, answer)`: a call
    so answered never changes the state. `resets(call)`: the call leaves the same state behind
    and is answered alike, whatever the state.
    """

    name: str
    step: Callable
    part: Callable
    first: Callable
    words: Callable = str
    reads: Callable = lambda call, answer: False
    resets: Callable = lambda call: False

    def __repr__(self):
        return f"<{self.name}>"


def key_value(data=None):
    """The key/value store of `core/commands.py`, which begins with `data` ({key: value}).

    A key that nobody has set holds nothing: `x?` answers None.
    """
    data = dict(data or {})

    def first(key):
        return {key: data[key]} if key in data else {}

    return Spec("key/value store", execute, _key, first, write_command, _only_reads, _sets)


def _key(call):
    match call:
        case ("get" | "del", key) | ("set" | "add", key, _) | ("cas", key, _, _):
            try:
                hash(key)
                return key
            except TypeError:
                pass
    raise Impossible(f"{write_command(call)!r} touches no key of a key/value store")


def _only_reads(call, answer):
    return call[0] == "get" or (call[0] == "cas" and answer is False)


def _sets(call):
    return call[0] == "set"


def lock():
    """Locks, each held by at most one owner at a time.

    ("acquire", lock, owner) gives True, or False while anybody holds it, the owner included;
    ("release", lock, owner) gives True, or False if somebody else or nobody holds it. Nothing
    releases a lock but its owner: two who hold it at once, as after a lease that ran out, are
    not linearizable.
    """
    return Spec("lock", _locked, _lock, lambda name: None, _lock_words, _is_refused)


def _locked(holder, call):
    verb, _, owner = call
    if verb == "acquire":
        return (owner, True) if holder is None else (holder, False)
    return (None, True) if holder == owner else (holder, False)


def _lock(call):
    match call:
        case ("acquire" | "release", str(name), owner) if owner is not None:
            return name
    raise Impossible(f"{call!r} neither acquires nor releases a lock")


def _is_refused(call, answer):
    return answer is False


def _lock_words(call):
    match call:
        case ("acquire" | "release" as verb, name, owner):
            return f"{owner} {verb}s {name}"
    return str(call)

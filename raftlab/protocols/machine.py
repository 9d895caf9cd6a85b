"""The replicated state machine: a key/value store that executes each request once (§8).

A command is a tuple: ("set", key, value), ("get", key), ("add", key, amount),
("cas", key, expected, value), ("del", key). Anything else is carried through the log and
changes nothing. How a person writes them is said in `core/commands.py`.

The store is a value: `apply` gives a new one. Because the table of client sessions is part
of it, every replica recognises the same repeats; a table kept beside the log would not.
"""

from weakref import ref


class KeyValue:
    """`data` by key; `sessions`: client → (serial of its last request, its result).

    Replicas execute the same entries in the same order, so a store remembers, as long as
    somebody holds it, which store followed: they then share it instead of each copying
    the data again.
    """

    __slots__ = ("data", "sessions", "_entry", "_outcome", "_follower", "__weakref__")
    __match_args__ = ("data", "sessions")

    def __init__(self, data, sessions):
        self.data = data
        self.sessions = sessions
        self._entry = self._outcome = self._follower = None

    def apply(self, entry):
        """(the store after `entry`, the result for its client)."""
        if entry is self._entry:
            after = self._follower()
            if after is not None:
                return after, self._outcome
        after, outcome = self._executed(entry)
        if after is not self:
            self._entry, self._outcome, self._follower = entry, outcome, ref(after)
        return after, outcome

    def _executed(self, entry):
        """§8: a repeat changes nothing and is given the answer of the first time."""
        if entry.client is not None:
            serial, result = self.sessions.get(entry.client, (0, None))
            if entry.serial <= serial:
                return self, result if entry.serial == serial else None
        data, result = execute(self.data, entry.command)
        if entry.client is None:
            return (self if data is self.data else KeyValue(data, self.sessions)), result
        return KeyValue(data, {**self.sessions, entry.client: (entry.serial, result)}), result

    def __eq__(self, other):
        if not isinstance(other, KeyValue):
            return NotImplemented
        return self.data == other.data and self.sessions == other.sessions

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return f"KeyValue({self.data!r}, {self.sessions!r})"


EMPTY = KeyValue({}, {})


def execute(data, command):
    """(the data after `command`, its result); `data` itself is left alone.

    A command that makes no sense, such as one with a list as its key, changes nothing: every
    replica must refuse it alike, and none may fall over it.
    """
    try:
        return _execute(data, command)
    except TypeError:
        return data, None


def _execute(data, command):
    match command:
        case ("set", key, new):
            return {**data, key: new}, new
        case ("get", key):
            return data, data.get(key)
        case ("add", key, amount):
            held = data.get(key, 0)
            if type(held) is not int or type(amount) is not int:
                return data, None
            return {**data, key: held + amount}, held + amount
        case ("cas", key, expected, new):
            if data.get(key) != expected:
                return data, False
            return {**data, key: new}, True
        case ("del", key):
            return {k: v for k, v in data.items() if k != key}, data.get(key)
    return data, None

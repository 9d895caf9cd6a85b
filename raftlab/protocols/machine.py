"""The replicated state machine: a key/value store that executes each request once (§8).

What each command does and how a person writes it is said in `core/commands.py`; anything that is
no command is carried through the log and changes nothing.

The store is a value: `apply` gives a new one. Because the table of client sessions is part
of it, every replica recognises the same repeats; a table kept beside the log would not.
"""

from weakref import ref

from ..core import execute


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

    def __hash__(self):
        """By its keys alone: a value need not be hashable, but a message with a store must be."""
        return hash((frozenset(self.data), frozenset(self.sessions)))

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        return KeyValue, (self.data, self.sessions)

    def __repr__(self):
        return f"KeyValue({self.data!r}, {self.sessions!r})"


EMPTY = KeyValue({}, {})

"""The log: a 1-based sequence of entries that is a value, yet cheap to append to.

Every step of a history keeps its own log. A tuple would be copied whole on each append;
here successive logs share one growing list and differ only in how much of it they call
theirs. Only a log that is *not* the longest owner of the list copies when it appends,
which is exactly what happens after a truncation or a fork.

Index 0 is "before everything" and has term 0 (Figure 2: "first index is 1").
"""

from ..core import value


@value
class Entry:
    """A command and the term in which a leader received it (Figure 2).

    `command` None is the no-op of a new leader (§8). (client, serial) names the client's
    request, so that a repeat is applied only once.
    """

    term: int
    command: object = None
    client: str | None = None
    serial: int = 0


class Log:
    __slots__ = ("_shared", "last_index")

    def __init__(self, entries=()):
        """A log of `entries`; a pair (term, command) stands for an entry."""
        self._shared = [entry if type(entry) is Entry else Entry(*entry) for entry in entries]
        self.last_index = len(self._shared)

    # -- reading --

    @property
    def last_term(self):
        return self._shared[self.last_index - 1].term if self.last_index else 0

    def term_at(self, index):
        """The term of the entry at `index`; 0 at index 0; None where there is no entry."""
        if 0 < index <= self.last_index:
            return self._shared[index - 1].term
        return 0 if index == 0 else None

    def __getitem__(self, index):
        """The entry at `index`, which counts from 1."""
        if 0 < index <= self.last_index:
            return self._shared[index - 1]
        raise IndexError(f"no entry {index}; the log holds 1…{self.last_index}")

    def after(self, index):
        """The entries behind `index`, as a tuple."""
        return tuple(self._shared[index : self.last_index])

    def first_index_of_term(self, term):
        """The index of the first entry of `term`, or None."""
        for index, entry in enumerate(self, 1):
            if entry.term == term:
                return index
        return None

    def last_index_of_term(self, term):
        """The index of the last entry of `term`, or None."""
        for index in range(self.last_index, 0, -1):
            if self._shared[index - 1].term == term:
                return index
        return None

    def starts_with(self, other):
        """Whether `other` is a prefix of this log."""
        if self._shared is other._shared:
            return other.last_index <= self.last_index
        return self._shared[: other.last_index] == other._shared[: other.last_index] and (
            other.last_index <= self.last_index
        )

    def __len__(self):
        return self.last_index

    def __iter__(self):
        return iter(self.after(0))

    def __eq__(self, other):
        if not isinstance(other, Log):
            return NotImplemented
        if self._shared is other._shared:
            return self.last_index == other.last_index
        return self.after(0) == other.after(0)

    def __hash__(self):
        return hash(self.after(0))

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        return "[" + ", ".join(f"({entry.term}, {entry.command!r})" for entry in self) + "]"

    # -- growing and shrinking: each gives another log --

    def append(self, entry):
        return self.extend((entry,))

    def extend(self, entries):
        shared = self._shared
        if len(shared) != self.last_index:  # somebody else has grown this list: leave it be
            shared = shared[: self.last_index]
        shared.extend(entries)
        return self._sharing(shared, len(shared))

    def truncate(self, last_index):
        """The log up to and including `last_index`."""
        return self._sharing(self._shared, min(last_index, self.last_index))

    @classmethod
    def _sharing(cls, shared, last_index):
        log = cls.__new__(cls)
        log._shared = shared
        log.last_index = last_index
        return log

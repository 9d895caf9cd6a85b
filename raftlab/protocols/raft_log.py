"""The log: a 1-based sequence of entries that is a value, yet cheap to append to.

Every step of a history keeps its own log. A tuple would be copied whole on each append;
here successive logs share one growing list and differ only in how much of it they call
theirs. Only a log that is *not* the longest owner of the list copies when it appends,
which is exactly what happens after a truncation or a fork.

Index 0 is "before everything" and has term 0 (Figure 2: "first index is 1"). A log may have
been compacted (§7): then it begins behind its *base*, of which it still knows index and term,
because the consistency check asks for them. What lies below the base was committed; this log
can say nothing about it.
"""

from ..core import Impossible, value


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
    """Entries base_index + 1 … last_index. Without compaction the base is index 0, term 0."""

    # The list holds the entry of `index` at index - base_index - 1. Logs that share a list have
    # the same base, so each of them finds its entries there without looking at the others.
    __slots__ = ("_shared", "last_index", "base_index", "base_term")

    def __init__(self, entries=(), base_index=0, base_term=0):
        """A log of `entries` behind the base; a pair (term, command) stands for an entry."""
        if min(base_index, base_term) < 0 or (base_term and not base_index):
            raise Impossible(
                f"a log begins behind index 0, which has term 0, or behind a later index and its "
                f"term, not behind index {base_index} of term {base_term}"
            )
        self._shared = [entry if type(entry) is Entry else Entry(*entry) for entry in entries]
        self.last_index = base_index + len(self._shared)
        self.base_index = base_index
        self.base_term = base_term

    # -- reading --

    @property
    def first_index(self):
        """Where entries begin; in an empty log, where the next one will stand."""
        return self.base_index + 1

    @property
    def last_term(self):
        held = self.last_index - self.base_index
        return self._shared[held - 1].term if held else self.base_term

    def term_at(self, index):
        """The term of the entry at `index`, also at the base (0 at index 0); None where this
        log holds nothing: behind its end and below its base."""
        base = self.base_index
        if base < index <= self.last_index:
            return self._shared[index - base - 1].term
        return self.base_term if index == base else None

    def __getitem__(self, index):
        """The entry at `index`, which counts from 1."""
        base = self.base_index
        if base < index <= self.last_index:
            return self._shared[index - base - 1]
        self._refuse_below(index)
        held = f"holds {base + 1}…{self.last_index}" if self.last_index > base else "is empty"
        raise IndexError(f"no entry {index}; the log {held}")

    def after(self, index):
        """The entries behind `index`, as a tuple."""
        base = self.base_index
        if index < base:
            self._refuse_below(index + 1)
        return tuple(self._shared[index - base : self.last_index - base])

    def first_index_of_term(self, term):
        """The first index known to be of `term`, the base included, or None."""
        if term == self.base_term and self.base_index:
            return self.base_index
        for index, entry in enumerate(self, self.first_index):
            if entry.term == term:
                return index
        return None

    def last_index_of_term(self, term):
        """The last index known to be of `term`, the base included, or None."""
        for index in range(self.last_index, self.base_index, -1):
            if self._shared[index - self.base_index - 1].term == term:
                return index
        return self.base_index if term == self.base_term and self.base_index else None

    def starts_with(self, other):
        """Whether `other` is a prefix of this log, as far as both still hold what they held."""
        if self._shared is other._shared:
            return other.last_index <= self.last_index
        if other.last_index > self.last_index:
            return False
        mine, its = self.base_index, other.base_index
        both = max(mine, its)
        if other.last_index < both:  # nothing of `other` is left here to compare
            return True
        return (
            self.term_at(both) == other.term_at(both)
            and self._shared[both - mine : other.last_index - mine]
            == other._shared[both - its : other.last_index - its]
        )

    def __len__(self):
        """How many entries it holds: as many as its last index only if nothing is compacted."""
        return self.last_index - self.base_index

    def __iter__(self):
        return iter(self.after(self.base_index))

    def __eq__(self, other):
        if not isinstance(other, Log):
            return NotImplemented
        if self._shared is other._shared:
            return self.last_index == other.last_index
        return (self.base_index, self.base_term) == (other.base_index, other.base_term) and (
            self.after(self.base_index) == other.after(other.base_index)
        )

    def __hash__(self):
        return hash(self.after(self.base_index))

    def __deepcopy__(self, memo):
        return self

    def __repr__(self):
        told = [f"({entry.term}, {entry.command!r})" for entry in self]
        if self.base_index:
            told.insert(0, f"1…{self.base_index} compacted at term {self.base_term}")
        return f"[{', '.join(told)}]"

    # -- growing and shrinking: each gives another log --

    def append(self, entry):
        return self.extend((entry,))

    def extend(self, entries):
        base, shared = self.base_index, self._shared
        if len(shared) != self.last_index - base:  # somebody else has grown this list: leave it be
            shared = shared[: self.last_index - base]
        shared.extend(entries)
        return self._sharing(shared, base + len(shared), base, self.base_term)

    def truncate(self, last_index):
        """The log up to and including `last_index`, which may be the base but not below it."""
        if last_index < self.base_index:
            self._refuse_below(last_index + 1)
        last_index = min(last_index, self.last_index)
        return self._sharing(self._shared, last_index, self.base_index, self.base_term)

    def compact(self, index):
        """The log behind `index`: entries up to there are gone, term and index of the last of
        them are its base (§7)."""
        if index == self.base_index:
            return self
        base, term = self.base_index, self[index].term
        kept = self._shared[index - base : self.last_index - base]
        return self._sharing(kept, self.last_index, index, term)

    def _refuse_below(self, index):
        if 0 < index <= self.base_index:
            raise IndexError(
                f"entry {index} is compacted; the log begins behind index {self.base_index}"
            )

    @classmethod
    def _sharing(cls, shared, last_index, base_index, base_term):
        log = cls.__new__(cls)
        log._shared = shared
        log.last_index = last_index
        log.base_index = base_index
        log.base_term = base_term
        return log

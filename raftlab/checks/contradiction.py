"""Why is there no order? What could have been answered, and which operations contradict it.

Leaving operations out of a history proves nothing: without the write, every read of it looks
impossible. What may be done is to demand less. An operation can be *loosened*: its answer is
forgotten, and it may take effect at any time after its call, or never. If there is no order even
then, the operations that were not loosened contradict each other, whatever the others did; and
only then do the others leave the picture.
"""

from functools import cached_property

from .ordering import ASKED, search

_BUDGET = 20_000  # states visited in one search for a smaller history
_WORK = 1_500_000  # operations looked at in all of them: a few seconds
_MOST = 60  # operations in a contradiction: a larger one explains nothing
_ANSWERS = 40  # other answers tried


class Contradiction:
    """Why there is no order of the `entries` of a part, whose search was `blocked` by an answer.

    `impossible` is the number of the first answer that no order explains; what had been answered
    before it has one, `order`. `stuck` are the numbers of the operations that were under way then
    and cannot come next. `possible` are the answers that could have been given instead of the
    impossible one, () if that takes too long to find out. `core` has the numbers of a few
    operations that contradict each other, in order of their beginning, () if no few were found;
    all but the impossible one can be explained by them alone.
    """

    def __init__(self, service, entries, blocked):
        self.service = service
        self.work = _WORK
        self.last = self._first_impossible(entries, blocked)
        self.impossible = self.last.number
        self.known = _known_at(entries, self.last.end)
        self.all = entries
        self.end, self.fixed = self._recent()

    def _search(self, entries):
        """(an order of `entries` or None, whether it was found out)."""
        pending = sum(entry.end is None for entry in entries)
        budget = min(_BUDGET, self.work // (pending + 1))
        if budget < 1:
            return None, False
        found = search(self.service, entries, budget)
        self.work -= (found.visited + 1) * (pending + 1)
        return (found.order if found.ok else None), found.ok is not None

    def _has_none(self, entries):
        order, known = self._search(entries)
        return known and order is None

    def _first_impossible(self, entries, blocked):
        """The entry whose answer is the first that no order explains.

        The search saw later answers too, and may have been blocked by them before.
        """
        answered = sorted((e for e in entries if e.end is not None), key=lambda entry: entry.end)
        low = next(at for at, entry in enumerate(answered) if entry.number == blocked)
        high = len(answered) - 1
        while low < high:
            middle = (low + high) // 2
            if self._has_none(_known_at(entries, answered[middle].end)):
                high = middle
            else:
                low = middle + 1
        return answered[low]

    @cached_property
    def order(self):
        """An order of what had been answered before the impossible answer; if there is one in
        which also those under way get the answers they later got, that."""
        last = self.last
        for considered in (_known_at(self.all, last.end, keep=True), self.known):
            order, _ = self._search(_with(considered, last.loose()))
            if order is not None:
                return order
        return ()

    @cached_property
    def stuck(self):
        free = {entry.number: entry.free for entry in self.known}
        state = 0
        for number in self.order:
            state = self.service.after(state, free[number])
        under_way = [
            entry.number for entry in self.all
            if entry.end is not None and entry.number in free and entry.number not in self.order
            and self.service.after(state, entry.kind) < 0
        ]  # fmt: skip
        return tuple(under_way) if self.impossible in under_way else (self.impossible, *under_way)

    @cached_property
    def possible(self):
        """Every answer with which the history up to it would have been linearizable."""
        call = self.service.kinds[self.last.kind][0]
        asked = self.service.kind(call, ASKED)
        if not self._has_none(_with(self.end, self.last.of_kind(asked))):
            return ()
        answers, fitting = self.service.kinds[asked][2], []
        for answer in answers if len(answers) <= _ANSWERS else ():
            kind = self.service.kind(call, answer)
            order, found_out = self._search(_with(self.known, self.last.of_kind(kind)))
            if not found_out:
                return ()
            if order is not None:
                fitting.append(answer)
        return tuple(fitting)

    def _recent(self):
        """(the end of the history, the numbers of what must stay in it).

        The end is what is not over before an operation that leaves the same state behind whatever
        happened before it, such as x=5. What that one overlaps with may have been answered
        anything. All of the history, if no end of it is without an order already.
        """
        count, due = 0, 1
        for reset in reversed(self.known):
            if reset.end is None or reset.end > self.last.begin or not self._resets(reset):
                continue
            count += 1
            if count < due:
                continue
            due *= 2  # further back, in long strides
            end = [
                entry.of_kind(entry.free) if entry.end and entry.begin < reset.end else entry
                for entry in self.known if entry.end is None or entry.end > reset.begin
            ]  # fmt: skip
            if self._has_none(end):
                return end, {self.impossible, reset.number}
        return self.known, {self.impossible}

    def _resets(self, entry):
        """Whether the operation leaves the same state whatever the state, and is answered so."""
        call = self.service.kinds[entry.kind][0]
        return self.service.spec.resets(call) and self.service.after(0, entry.kind) >= 0

    # -- a small contradiction --

    @cached_property
    def core(self):
        tries = [(self.end, self.fixed), (self.known, {self.impossible})]
        for entries, fixed in tries if self.end is not self.known else tries[1:]:
            strict = self._grown(entries, fixed)
            if strict is None:
                continue
            kept = strict | set(self._support(entries, strict))
            for entry in entries:
                fewer = kept - {entry.number}
                if entry.number not in fixed and len(fewer) < len(kept):
                    if self._has_none(_loosened(entries, fewer)) and self._explained(fewer):
                        kept = fewer
            if self._explained(kept):
                return tuple(entry.number for entry in entries if entry.number in kept)
        return ()

    def _grown(self, entries, fixed):
        """Numbers of operations that contradict each other, grown from those in `fixed`: as long
        as there is an order with all others loosened, something in it is not as it was. None if
        they become too many, or the work too much."""
        strict = set(fixed)
        while len(strict) < min(_MOST, len(entries) + 1) and self.work > 0:
            order, found_out = self._search(_loosened(entries, strict))
            if order is None and found_out:
                return strict
            strict.add(self._misused(entries, order or (), strict))
        return None

    def _misused(self, entries, order, strict):
        """The operation to insist on next: one that `order` places where it was not or answers as
        it was not; else, of those it leaves out, the one answered last."""
        by_number = {entry.number: entry for entry in entries}
        state, latest = 0, -1
        for number in order:
            entry = by_number[number]
            latest = max(latest, entry.begin)
            if entry.end is not None and number not in strict:
                if entry.end < latest or self.service.after(state, entry.kind) < 0:
                    return number
            state = self.service.after(state, entry.free)
        left = [
            entry for entry in entries
            if entry.end is not None and entry.number not in strict and entry.number not in order
        ]  # fmt: skip
        return max(left, key=lambda entry: entry.end).number

    def _support(self, entries, strict):
        """What it takes of `order` to explain the answers of `strict` but the impossible one:
        large pieces are left out first, then smaller ones."""
        kinds = {
            entry.number: entry.free if entry.end is None else entry.kind
            for entry in _with(entries, self.last.loose())
        }  # fmt: skip
        kept = [number for number in self.order if number in kinds]
        size = len(kept)
        while size:
            for start in range(0, len(kept), size):
                fewer = [
                    number for at, number in enumerate(kept)
                    if not start <= at < start + size or number in strict
                ]  # fmt: skip
                if len(fewer) < len(kept) and self._replays(kinds[number] for number in fewer):
                    kept = fewer
            size //= 2
        return kept

    def _replays(self, kinds):
        state = 0
        for kind in kinds:
            state = self.service.after(state, kind)
            if state < 0:
                return False
        return True

    def _explained(self, numbers):
        """Whether `numbers` alone explain each other's answers, the impossible one forgotten."""
        alone = [entry for entry in self.known if entry.number in numbers]
        return self._search(_with(alone, self.last.loose()))[0] is not None


def _known_at(entries, until, keep=False):
    """What was known when the answer at `until` came: later answers were still to come, and what
    had not begun cannot have made this one impossible. `keep`: those under way may take effect,
    but only with the answers they later got."""
    known = []
    for entry in entries:
        if entry.begin < until:
            late = entry.end is not None and entry.end > until
            known.append(entry.loose(keep) if late else entry)
    return known


def _with(entries, other):
    """The entries with `other` in the place of the one of its number."""
    return [other if entry.number == other.number else entry for entry in entries]


def _loosened(entries, strict):
    """The entries with all but those numbered in `strict` loosened."""
    return [entry if entry.number in strict else entry.loose() for entry in entries]


def refuted(service, entries, blocked):
    """A Contradiction if the `entries` up to the answer that `blocked` a search can be seen to
    have no order, however large the rest; None if not. For a search that ran out of its budget:
    without answers there are many ways to get far, and one look at the end may tell that none of
    them leads on."""
    last = next(entry for entry in entries if entry.number == blocked)
    why = Contradiction(service, _known_at(entries, last.end), blocked)
    return why if why.end is not why.known else None

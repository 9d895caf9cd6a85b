"""Can these operations have happened one at a time? The search for an order that explains them.

J. Wing and C. Gong (1993): of the operations that may come next, take one that the service, as
it then is, would have answered alike; go on; turn back where none is left. An operation may come
next if it began before every other that is still to be placed ended. G. Lowe (2017): remember
each (operations placed, state of the service) and never go on from it twice.

Here a place in the search is a value of three small numbers and a state, so turning back means
forgetting it. Four more rules keep it small; each only leaves out what another order covers:

1.  What only reads, and would be answered so now, is placed at once. Whatever order there is
    with it later, there is one with it now.
2.  An operation without an answer is left out where it would change nothing.
3.  Of several alike without an answer, the one that began first is placed first.
4.  An operation without an answer must make a difference to the very next one. If that could
    have come without it, to the same effect, the order without it is tried as well.
"""

from ..core import Impossible
from .oplog import plain

_NEVER = float("inf")


class Service:
    """The states of one part of a service, and how operations move it, numbered as they are met.

    A kind of operation is a call and what it was answered: `ANY` if nobody knows, `ASKED` if the
    question is what it might have been answered.
    """

    def __init__(self, spec, first):
        self.spec = spec
        self.states, self.numbers = [], {}
        self.kinds, self.kind_numbers, self.reads = [], {}, []
        self.moves = {}
        self._number(first)  # state 0

    def kind(self, call, answer):
        """The number of a kind of operation."""
        key = (frozen(call), frozen(answer))
        if key not in self.kind_numbers:
            self.kind_numbers[key] = len(self.kinds)
            self.kinds.append((call, plain(answer), []))
            self.reads.append(answer not in (ANY, ASKED) and self.spec.reads(call, answer))
        return self.kind_numbers[key]

    def after(self, state, kind):
        """The state after an operation of `kind` in `state`, below 0 if its answer is another."""
        try:
            return self.moves[state, kind]
        except KeyError:
            after = self.moves[state, kind] = self._after(state, kind)
            return after

    def _after(self, state, kind):
        call, answer, given = self.kinds[kind]
        following, result = self.spec.step(self.states[state], call)
        following, result = self._number(following), plain(result)
        if answer is ASKED:  # never fits, but one answer is not the other
            if result not in given:
                given.append(result)
            return -2 - given.index(result)
        if answer is not ANY and result != answer:
            return -1
        if self.reads[kind] and following != state:
            raise Impossible(
                f"the spec of a {self.spec.name} promises that {self.spec.words(call)} answered "
                f"{answer!r} only reads, but it changes {self.states[state]!r}"
            )
        return following

    def _number(self, state):
        key = frozen(state)
        if key not in self.numbers:
            self.numbers[key] = len(self.states)
            self.states.append(state)
        return self.numbers[key]


class _Word:
    """Stands for an answer; equal to no answer there is."""


ANY, ASKED = _Word(), _Word()


def frozen(held):
    """`held` as something that can be looked up, equal only to what acts alike: 1 is not True."""
    kind = type(held)
    if kind is int or kind is str or held is None:
        return held
    if kind is list or kind is tuple:
        return ("list", *map(frozen, held))
    if kind is dict:
        return "dict", frozenset((frozen(name), frozen(inside)) for name, inside in held.items())
    try:
        hash(held)
    except TypeError:
        raise Impossible(
            f"{held!r} cannot be compared with other states and results: it is neither a plain "
            "value nor hashable"
        ) from None
    return kind.__name__, held


class Entry:
    """One operation of a part. `begin` and `end` say what came before what: no two in a history
    are equal. `end` is None without an answer. `kind` is that of call and answer, `free` that of
    the call whatever the answer."""

    __slots__ = ("number", "begin", "end", "kind", "free")

    def __init__(self, number, begin, end, kind, free):
        self.number = number
        self.begin = begin
        self.end = end
        self.kind = kind
        self.free = free

    def loose(self, keep=False):
        """The same operation, which need not take effect; its answer is forgotten, or kept."""
        return Entry(self.number, self.begin, None, None, self.kind if keep else self.free)

    def of_kind(self, kind):
        """The same operation with another answer."""
        return Entry(self.number, self.begin, self.end, kind, self.free)


class Found:
    """What a search found. `ok`: an order, none (False), or the budget ran out (None).

    `order` has the numbers of the operations placed; without one, `blocked` is the number of the
    answer that no place visited got past. `visited` counts those places.
    """

    def __init__(self, ok, order, visited, blocked=None):
        self.ok = ok
        self.order = order
        self.visited = visited
        self.blocked = blocked


def search(service, entries, budget):
    """Look for an order of `entries` (sorted by their beginning); visit at most `budget` states."""
    after, reads = service.after, service.reads
    answered = [entry for entry in entries if entry.end is not None]
    begins = [entry.begin for entry in answered]
    ends = [entry.end for entry in answered]
    kinds = [entry.kind for entry in answered]
    numbers = [entry.number for entry in answered]
    pending, width = _alike([entry for entry in entries if entry.end is None])
    helps = _helps(service, pending)
    count, mask = len(begins), (1 << width) - 1
    seen = set()
    furthest, blocked = -1, None
    # A place: the first `low` answered operations and those whose bits are set in `window` behind
    # them are placed; `used` counts, `width` bits for each kind, the pending ones that are. `base`
    # is the state before the pending operation that came last, `trail` the way here, newest first.
    places = [(0, 0, 0, 0, None, None)]
    while places:
        low, window, used, state, base, trail = places.pop()
        at = low
        while True:
            at, placed, deadline, first, options, asked = low, window, _NEVER, None, [], []
            while at < count and begins[at] < deadline:
                if not placed & 1:
                    kind = kinds[at]
                    following = after(state, kind)
                    if following == state and reads[kind]:
                        break
                    asked.append(kind)
                    if ends[at] < deadline:
                        deadline, first = ends[at], at
                    if following >= 0:
                        options.append((ends[at], at, following))
                at += 1
                placed >>= 1
            else:
                break
            window |= 1 << at - low  # rule 1
            while window & 1:
                window >>= 1
                low += 1
            trail, base = (numbers[at], trail), None
        if low == count:
            return Found(True, _order(trail), len(seen))
        here = (low, window, used, state)
        if here in seen:
            continue
        if len(seen) == budget:
            return Found(None, (), budget, blocked)
        seen.add(here)
        if deadline > furthest:
            furthest, blocked = deadline, numbers[first]
        for at, (kind, alike) in enumerate(pending):
            if alike[0].begin > deadline:
                break
            placed = used >> at * width & mask
            if placed == len(alike) or alike[placed].begin > deadline:  # rule 3
                continue
            following = after(state, kind)
            if following < 0 or following == state:  # rule 2
                continue
            if base is not None and after(base, kind) == following:  # rule 4
                continue
            if helps(state, following, asked):  # rule 4, looking ahead
                new_trail = (alike[placed].number, trail)
                places.append((low, window, used + (1 << at * width), following, state, new_trail))
        # Those answered first are tried first: most often that is the order it happened in.
        for _, at, following in sorted(options, reverse=True):
            if base is not None and after(base, kinds[at]) == following:  # rule 4
                continue
            new_low, new_window = low, window | 1 << at - low
            while new_window & 1:
                new_window >>= 1
                new_low += 1
            places.append((new_low, new_window, used, following, None, (numbers[at], trail)))
    return Found(False, (), len(seen), blocked)


def _order(trail):
    order = []
    while trail:
        number, trail = trail
        order.append(number)
    return tuple(reversed(order))


def _alike(pending):
    """([(kind, the pending entries of it)], how many bits it takes to count those of one kind)."""
    found = {}
    for entry in pending:
        found.setdefault(entry.free, []).append(entry)
    return list(found.items()), max(map(len, found.values()), default=0).bit_length()


def _helps(service, pending):
    """A function that tells whether it can make a difference to what comes next that the service
    is in the state `following` instead of `state`: to one of `asked` or to a pending one."""
    after = service.after
    kinds = [kind for kind, _ in pending]
    known = {}

    def helps(state, following, asked):
        if any(after(state, kind) != after(following, kind) for kind in asked):
            return True
        pair = (state, following)
        if pair not in known:
            known[pair] = any(after(state, kind) != after(following, kind) for kind in kinds)
        return known[pair]

    return helps

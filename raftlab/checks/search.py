"""Breadth-first search of a compiled cluster: the first violation found is a shortest one.

`Search` visits each state of `engine.py` once, in a fixed order; it may be stopped at any moment
and run on. `ByMessages` takes one event at a time; `rounds.py` takes many.
"""

from array import array

from .engine import MASK
from .ghosts import broken_claim
from .reactions import Raised

_CHECK_EVERY = 1024  # states between two looks at the limits


class Search:
    """`order` lists the states found, `parents` from which place in it each came.

    `until(view)` names a goal; `always` is {name: predicate}, each of which must hold in every
    state; `sometimes` is {name: predicate}, each of which must hold in some. Predicates see the
    nodes and not the messages: a state differs for them only if a node does.
    """

    covers = "every order of events"

    def __init__(self, engine, symmetry=None, until=None, always=None, sometimes=None):
        self.engine = engine
        self.symmetry = symmetry
        self.until = until
        self.always = dict(always or {})
        self.sometimes = dict(sometimes or {})
        start = symmetry.canonical(engine.start) if symmetry else engine.start
        self.order = [start]
        self.parents = array("q", [-1])
        self.seen = {start}
        self.depth = 0  # how many events (or rounds) the states found last take
        self.levels = [1]  # how many states were found at each depth
        self.transitions = 0
        self.next = 0  # the state in `order` to look at next
        self.level_ends = 1  # where the states of this depth end in `order`
        self.stopped = None  # why it stopped before everything was seen: a sentence, or None
        self.found = None  # (place of the state before, the event, the verdicts) once it is broken
        self.reached = None  # the place in `order` of the goal
        self.seen_sometimes = dict.fromkeys(self.sometimes)  # name → depth at which it was seen
        self.raised = None  # what a handler raised, as its own exception
        self._judged = set()
        self._judge(0)

    @property
    def finished(self):
        """Whether every state within the bounds has been seen."""
        return self.next >= len(self.order)

    @property
    def over(self):
        """Why there is nothing to search on for: a sentence, or None."""
        return "everything within the bounds was seen; give wider ones" if self.finished else None

    def run(self, states=None, depth=None, tick=None):
        """Search on until something is found, nothing is left, or a limit is met.

        `states` bounds the states found in total, `depth` the events or rounds. `tick(states,
        depth)` is called now and then.
        """
        self.stopped = None
        try:
            while self.found is None and self.reached is None and not self.finished:
                if self.next == self.level_ends:
                    self.level_ends = len(self.order)
                if depth is not None and self.depth >= depth:
                    self.stopped = f"{depth} {self.unit if depth != 1 else self.unit[:-1]}"
                    return self
                self._level(states, tick)
                if self.found or self.reached is not None or self.stopped:
                    return self
                if len(self.order) > self.level_ends:
                    self.depth += 1
                    self.levels.append(len(self.order) - self.level_ends)
        except KeyboardInterrupt:
            self.stopped = "an interrupt"
        return self

    def _failed(self, place, failure):
        """A node's handler raised when the state at `place` was looked at."""
        self.raised = failure.__cause__
        self.next = place
        self.found = (place, failure.trail, (failure.verdict(self.engine.ids),))

    def _level(self, states, tick):
        """Look at the states of one depth, those before `level_ends`."""
        end = self.level_ends
        while self.next < end:
            left = _CHECK_EVERY if states is None else max(1, (states - len(self.order)) // 8)
            stop = min(end, self.next + min(left, _CHECK_EVERY))
            first_new = len(self.order)
            self._expand(stop)
            if self.until or self.always or self.sometimes:
                for place in range(first_new, len(self.order)):
                    self._judge(place)
                    if self.reached is not None:
                        break
            if self.found or self.reached is not None:
                return
            if tick:
                tick(len(self.order), self.depth + 1)
            if states is not None and len(self.order) >= states and not self.finished:
                self.stopped = f"{states:,} states"
                return

    # -- predicates --

    def _judge(self, place):
        engine, state = self.engine, self.order[place]
        parts, _ = engine.taken_apart(state)
        key = tuple([of[part] for of, part in zip(engine.local_of, parts, strict=True)])
        if key in self._judged or not (self.until or self.always or self.sometimes):
            return
        self._judged.add(key)
        view = engine.view(state)
        depth = self.depth + 1 if place else 0
        for name, holds in self.sometimes.items():
            if self.seen_sometimes[name] is None and holds(view):
                self.seen_sometimes[name] = depth
        for name, holds in self.always.items():
            if self.found is None and not holds(view):
                self.found = (self.parents[place], None, (broken_claim(name),), place)
        if self.until and self.reached is None and self.until(view):
            self.reached = place

    # -- the way there --

    def trail(self):
        """The events that lead from the start to what was found: [(place of the host, event) …].

        The search keeps no events, only which state came from which: they are found again.
        """
        if self.reached is not None:
            return self._trail_to(self.reached)[0]
        before, last, _, *place = self.found
        if place:
            return self._trail_to(place[0])[0]
        events, state = self._trail_to(before)
        return events + (self._raising(state) if self.raised else self._last(state, last))

    def _raising(self, state):
        """The events in `state` that end with the one on which a handler raises."""
        try:
            for _ in self._steps(state):
                pass
        except Raised as failure:
            return failure.trail
        raise AssertionError("a handler raised, and now it does not: it is not deterministic")

    def _trail_to(self, place):
        """(the events up to a state in `order`, that state as they really lead to it)."""
        places = []
        while place >= 0:
            places.append(place)
            place = self.parents[place]
        state, events = self.engine.start, []
        for place in reversed(places[:-1]):
            wanted = self.order[place]
            for happened, there in self._steps(state):
                same = self.symmetry.canonical(there) if self.symmetry else there
                if same == wanted:
                    events += happened
                    state = there
                    break
            else:
                raise AssertionError("a state was found that nothing leads to")
        return events, state


class ByMessages(Search):
    unit = "events"

    def _expand(self, stop):
        """Look at the states up to place `stop`. Written out: this is where the time goes."""
        engine, order, seen, parents = self.engine, self.order, self.seen, self.parents
        shifts, ghost_shift, moves = engine.shifts, engine.ghost_shift, engine.moves
        ghosts, broken = engine.ghosts, engine.ghosts.broken
        canonical = self.symmetry and self.symmetry.canonical
        count = 0
        for place in range(self.next, stop):
            state = order[place]
            ghost = state >> ghost_shift
            parts = [(state >> shift) & MASK for shift in shifts]
            for at, part in enumerate(parts):
                able = moves[at][part]
                if able is None:
                    try:
                        able = engine.expand(at, part)
                    except Raised as failure:
                        self._failed(place, failure)
                        return
                for add, tables, watch, event in able:
                    after = state + add
                    for table in tables:
                        part = (state >> table[0]) & MASK
                        more = table[1].get(part)
                        after += engine.posted(table, part) if more is None else more
                    if watch is not None:
                        known = None if watch.looks_around else watch.found.get(ghost)
                        if known is None:
                            known = ghosts.after(ghost, watch, engine.here(parts))
                            if known is None:
                                continue
                        after += (known - ghost) << ghost_shift
                        if known in broken and known != ghost:
                            self.transitions += count
                            self.next = place
                            self.found = (place, (at, event), broken[known])
                            return
                    count += 1
                    if canonical:
                        after = canonical(after)
                    if after not in seen:
                        seen.add(after)
                        order.append(after)
                        parents.append(place)
        self.transitions += count
        self.next = stop

    def _steps(self, state):
        for happened, there in self.engine.successors(state):
            yield [happened], there

    def _last(self, state, wanted):
        """The event that breaks it, as it happens in `state` (which symmetry may have turned)."""
        for happened, there in self.engine.successors(state):
            ghost, before = there >> self.engine.ghost_shift, state >> self.engine.ghost_shift
            if ghost in self.engine.ghosts.broken and ghost != before:
                if self.symmetry or happened == wanted:
                    return [happened]
        raise AssertionError("what broke it does not happen")

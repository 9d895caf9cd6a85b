"""Breadth-first search by rounds: deep bugs in few steps, and no claim about all the rest.

A round is one event, and then, among a chosen set of hosts that can reach each other, all that it
sets off, in the order it was sent and up to any point; what has not arrived by then is lost. It
is a run like any other, so what is found is real, and a bug that takes thirty messages takes five
rounds; but what rounds do not find may still be there, and the result says so. `late` lets some
lost messages arrive after all, rounds later; the more kinds of them, the more states.
"""

from collections import deque
from functools import partial

from .reactions import Raised
from .search import Search

_ENDLESS = 300  # deliveries after which a round is taken for a livelock, and cut


class ByRounds(Search):
    """With `cut`, a round may end after any of its events; without, only when it is quiet."""

    unit = "rounds"

    def __init__(self, engine, symmetry=None, cut=False, **more):
        self.cut = cut
        hosts = range(len(engine.ids))
        self._reaches = [
            [tuple(one for one in hosts if one == at or bits >> one & 1)
             for bits in range(1 << len(hosts)) if not bits >> at & 1]
            for at in hosts
        ]  # fmt: skip
        self._scripts = {}
        # Messages already under way when the search begins are lost, unless they may be late.
        ghost, inboxes, here = self._open(engine, engine.start)
        inboxes = [
            engine.with_messages(engine.empty, self._late(engine, at, engine.numbers_in(inbox)))
            for at, inbox in enumerate(inboxes)
        ]
        engine.start = self._whole(engine, ghost, inboxes, here)
        super().__init__(engine, symmetry, **more)

    @property
    def covers(self):
        ends = "up to any moment" if self.cut else "until all is quiet"
        rest = "all other messages are lost" + ", or late" * bool(self.engine.bounds.late)
        return (
            "rounds only. A round is one event and what it sets off: messages arrive among some "
            f"of the nodes {ends}, and {rest}"
        )

    @staticmethod
    def _open(engine, state):
        parts, ghost = engine.taken_apart(state)
        taken = [engine.parts[at][part] for at, part in enumerate(parts)]
        return ghost, [inbox for _, inbox in taken], [local for local, _ in taken]

    @staticmethod
    def _late(engine, at, numbers):
        """Those of the messages to the host at `at` that may arrive late."""
        kinds = engine.messages[at]
        return [n for n in numbers if engine.bounds.may_be_late(type(kinds[n][1]).__name__)]

    @staticmethod
    def _whole(engine, ghost, inboxes, here):
        """The state of these local states; what may not be late is lost."""
        total = ghost << engine.ghost_shift
        late = engine.bounds.late and engine.bounds.late_left(engine.ghosts[ghost][1])
        for at, local in enumerate(here):
            total += engine.part(at, local, inboxes[at] if late else 0) << engine.shifts[at]
        return total

    def _expand(self, stop):
        order, seen, parents, symmetry = self.order, self.seen, self.parents, self.symmetry
        for place in range(self.next, stop):
            try:
                found = list(self._rounds(order[place]))
            except Raised as failure:
                self._failed(place, failure)
                return
            for after, _, verdicts in found:
                if verdicts:
                    self.next = place
                    self.found = (place, None, verdicts)
                    return
                self.transitions += 1
                if symmetry:
                    after = symmetry.canonical(after)
                if after not in seen:
                    seen.add(after)
                    order.append(after)
                    parents.append(place)
        self.next = stop

    def _steps(self, state):
        for there, events, _ in self._rounds(state):
            yield events(), there

    def _last(self, state, _):
        return next(events() for _, events, verdicts in self._rounds(state) if verdicts)

    def _rounds(self, state):
        """(state after, what gives its events, verdicts or ()) of each round from `state`."""
        engine = self.engine
        ghost, inboxes, here = self._open(engine, state)
        for at, local in enumerate(here):
            for event, _, effect in engine.effects(at, local, inboxes[at]):
                paid = ghost
                if event[0] == "m":
                    kind = type(engine.messages[at][event[1]][1]).__name__
                    paid = engine.ghosts.spent(ghost, ("late", kind))
                if paid is None:
                    continue
                for reach in self._reaches[at]:
                    key = (at, event, reach, *[here[one] for one in reach])
                    scripts = self._scripts.get(key)
                    if scripts is None:
                        scripts = self._written(here, at, event, effect, reach)
                        self._scripts[key] = scripts
                    for script in scripts:
                        yield from self._played(paid, inboxes, here, script)

    def _written(self, here, at, event, effect, reach):
        """The scripts of a round: as it goes, and each way in which somebody crashes between
        two writes while a message of the round arrives. Those that change nothing are left out."""
        torn = []
        scripts = [self._script(here, at, event, effect, reach, torn)]
        scripts += [self._script(here, at, event, effect, reach, [], one) for one in torn]
        return [script for script in scripts if script]

    def _script(self, here, at, event, effect, reach, torn, wanted=None):
        """What happens in a round: [(host, event, local state after, watch, what may be late) …];
        [] if in the end nothing has changed. `torn` gets (which arrival, which of the ways in
        which it can happen) for each that is not whole; `wanted` is one such to happen."""
        engine, before, here = self.engine, here, here.copy()
        late = engine.bounds.late
        steps, queue, arrived = [], deque([(at, event, effect)]), 0
        while queue and len(steps) < _ENDLESS:
            at, event, effect = queue.popleft()
            if effect is None:
                if at not in reach:
                    continue
                try:
                    arrivals = engine.arrivals(at, here[at], event[1])
                except Raised as failure:
                    failure.trail = [*_events(steps), *failure.trail]
                    raise
                arrived += 1
                if len(arrivals) > 1:
                    torn += [(arrived, way) for way, _ in arrivals if way != event]
                    if wanted and wanted[0] == arrived:
                        event = wanted[1]
                effect = next((effect for way, effect in arrivals if way == event), None)
                if effect is None:
                    continue
            after, own, tables, watch = effect
            sent = [(table[2], table[3]) for table in tables]
            if own:
                sent.append((at, own))
            for dst, numbers in sent:
                queue += [(dst, ("m", number), None) for number in numbers]
            if late:  # else what nobody takes in this round is lost
                sent = [(dst, self._late(engine, dst, numbers)) for dst, numbers in sent]
            steps.append((at, event, after, watch, sent))
            here[at] = after
        if here == before and not late and not any(step[3] for step in steps):
            return []
        return steps

    def _played(self, ghost, inboxes, here, script):
        engine, ghosts = self.engine, self.engine.ghosts
        here, late = here.copy(), engine.bounds.late
        inboxes = inboxes.copy() if late else inboxes
        for number, (at, _, after, watch, sent) in enumerate(script, 1):
            if watch is not None:
                known = None if watch.looks_around else watch.found.get(ghost)
                if known is None:
                    locals = [engine.locals[host][local] for host, local in enumerate(here)]
                    known = ghosts.after(ghost, watch, locals)
                    if known is None:
                        return
                if known in ghosts.broken and known != ghost:
                    yield None, partial(_events, script, number), ghosts.broken[known]
                    return
                ghost = known
            here[at] = after
            for dst, numbers in sent if late else ():
                inboxes[dst] = engine.with_messages(inboxes[dst], numbers)
            if self.cut and number < len(script):
                yield (
                    self._whole(engine, ghost, inboxes, here),
                    partial(_events, script, number),
                    (),
                )
        yield self._whole(engine, ghost, inboxes, here), partial(_events, script), ()


def _events(steps, count=None):
    """The events of the first `count` steps of a script."""
    return [(at, event) for at, event, *_ in steps[:count]]

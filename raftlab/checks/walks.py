"""Random deep walks through a compiled cluster: no proof of anything, but far down.

Each step draws one of the things that can happen, each host first and then one of its moves, so
that a host with many messages waiting does not drown the others. Draws are named by (seed, walk,
step), so a walk can be repeated alone, and what comes of many does not depend on where they ran.
"""

from ..sim.chance import draw, luck, stream
from ..sim.story import stable
from .ghosts import broken_claim
from .reactions import Raised


class ByWalks:
    """Looks like a `Search`: `order` counts the states it went through, `found`, `reached`.
    `walks` is how many, or the range of their numbers."""

    unit = "steps a walk"
    covers = "random walks only, each state as often as it was met"

    def __init__(self, engine, walks, steps, seed, until=None, always=None, sometimes=None):
        self.engine = engine
        numbers = walks if isinstance(walks, range) else range(walks)
        self.walks = numbers.stop
        self.steps = steps
        self.seed = seed
        self.until = until
        self.always = dict(always or {})
        self.sometimes = dict(sometimes or {})
        self.seen_sometimes = dict.fromkeys(self.sometimes)
        self.order = range(0)
        self.transitions = 0
        self.depth = 0
        self.levels = ()
        self.stopped = None
        self.found = None
        self.raised = None
        self.reached = None
        self.next = numbers.start
        self._events = []
        self._names = {}

    finished = False  # a walk never sees everything

    @property
    def over(self):
        """Why there is nothing to search on for: a sentence, or None."""
        taken = self.next >= self.walks
        return "all its walks were taken; give more walks, or another seed" if taken else None

    def run(self, states=None, depth=None, tick=None):
        """Take the walks that are left; stops at the first that breaks something."""
        self.stopped = None
        steps = self.steps if depth is None else min(depth, self.steps)
        try:
            while self.next < self.walks and not self.found and self.reached is None:
                self._walk(steps)
                self.next += 1
                self.order = range(self.transitions)
                if tick:
                    tick(self.transitions, self.next)
                if states is not None and self.transitions >= states and self.next < self.walks:
                    self.stopped = f"{states:,} states"
                    return self
        except KeyboardInterrupt:
            self.stopped = "an interrupt"
            return self
        if not self.found and self.reached is None:
            self.stopped = f"the end of {self.walks} walks"
        return self

    def trail(self):
        return self._events

    def _walk(self, steps):
        engine, state = self.engine, self.engine.start
        start = stream((self.seed << 32) + self.next)
        self._events = []
        for number in range(steps):
            try:
                taken = self._step(state, luck(start, number))
            except Raised as failure:
                self.raised = failure.__cause__
                self._events += failure.trail
                self.found = (None, None, (failure.verdict(engine.ids),))
                return
            if taken is None:
                return
            happened, after = taken
            self._events.append(happened)
            self.transitions += 1
            self.depth = max(self.depth, number + 1)
            ghost = after >> engine.ghost_shift
            if ghost in engine.ghosts.broken and ghost != state >> engine.ghost_shift:
                self.found = (None, happened, engine.ghosts.broken[ghost])
                return
            state = after
            if self._judged(state, number + 1):
                return

    def _step(self, state, chance):
        """((place of the host, event), the state after it) drawn by lot, or None."""
        engine = self.engine
        by_host = {}
        for (at, event), after in engine.successors(state):
            if after != state:
                by_host.setdefault(at, []).append(((at, event), after))
        if not by_host:
            return None
        hosts = sorted(by_host)
        moves = by_host[hosts[int(draw(chance, 0) * len(hosts))]]
        moves.sort(key=lambda move: self._name(*move[0]))
        return moves[int(draw(chance, 1) * len(moves))]

    def _name(self, at, event):
        """What an event is called in every search: messages have other numbers in each."""
        if event[0] == "torn":
            return "torn", self._name(at, event[1]), event[2]
        if event[0] != "m":
            return event
        name = self._names.get((at, event[1]))
        if name is None:
            name = self._names[at, event[1]] = "m", stable(self.engine.messages[at][event[1]])
        return name

    def _judged(self, state, depth):
        if not (self.until or self.always or self.sometimes):
            return False
        view = self.engine.view(state)
        for name, holds in self.sometimes.items():
            if self.seen_sometimes[name] is None and holds(view):
                self.seen_sometimes[name] = depth
        for name, holds in self.always.items():
            if not holds(view):
                self.found = (None, None, (broken_claim(name),))
                return True
        if self.until and self.until(view):
            self.reached = depth
            return True
        return False

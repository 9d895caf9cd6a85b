"""A cluster compiled for search: every local state, message and reaction gets a small number.

A node's handler is a pure function of (its state, its input), so each reaction is computed once
and then looked up: a learner's handler runs some hundred times for millions of cluster states,
which is why readable nodes and a fast search are the same design. A cluster state is one whole
number: for each host the number of its *part* (its local state together with the messages on
their way to it), and the number of a *ghost* (`ghosts.py`). A move adds a difference to it.

Time is left out: any running timer may run out at any moment and any message may arrive at any
moment, or never. That is more than a real network does, so what is safe here is safe there; what
is found here is replayed on the real cluster before anybody is told.

Two networks. As a *set*, a message once sent can arrive any number of times: loss is "never
delivered", duplication costs nothing, and there are far fewer states. As a *bag*, each message
arrives at most once.
"""

from ..core import Impossible
from ..sim.hardware import crash_points
from ..sim.state import DOWN, UP, Host, State
from .reactions import Reactions

WIDTH = 21  # bits for the number of a part: two million for each host
MASK = (1 << WIDTH) - 1
_COSTLY = ("r", "reboot", "torn")


class Engine(Reactions):
    """The compiled cluster; `start` is the number of the state it begins in.

    `state` is where to begin and `known` what the monitor knows there; `bounds` is a `Bounds`;
    `properties` are what the protocol claims; with `against`, only violations of the properties
    named there count.
    """

    def __init__(self, state, known, bounds, properties, against=()):
        super().__init__(state, known, bounds, properties, against)
        count = len(self.ids)
        self.shifts = tuple(WIDTH * at for at in range(count))
        self.ghost_shift = WIDTH * count
        # For each host, by number:
        self.parts = [[] for _ in self.ids]  # (number of a local state, inbox)
        self.local_of = [[] for _ in self.ids]  # the local state of each part
        self.moves = [[] for _ in self.ids]  # what each part can do; None until somebody asks
        self._by_itself = [{} for _ in self.ids]  # what a local state does without a message
        self._part_numbers = [{} for _ in self.ids]
        self._arrivals = [{} for _ in self.ids]
        self._tables = [{} for _ in self.ids]
        self.start = self._start(state)

    def _start(self, state):
        inboxes = [self.empty for _ in self.ids]
        for envelope in state.network:
            if envelope.fate is None:
                at = self.places[envelope.dst]
                number = self.message(at, envelope.src, envelope.message)
                inboxes[at] = self.with_messages(inboxes[at], (number,))
        total = self.ghosts.start << self.ghost_shift
        for at, id in enumerate(self.ids):
            host = state.host(id)
            if host.hardware.disk is not None:
                raise Impossible(f"{id}'s disk lies; sync it before a search begins from here")
            timers = frozenset(name for _, name in host.timers)
            local = self.local(at, host.node, timers, host.mode)
            total += self.part(at, local, inboxes[at]) << self.shifts[at]
        return total

    # -- parts, and what they can do --

    def part(self, at, local, inbox):
        key = (local, inbox)
        number = self._part_numbers[at].get(key)
        if number is None:
            number = self._part_numbers[at][key] = len(self.parts[at])
            if number > MASK:
                raise Impossible("the search has more local states than it can number; bound it")
            self.parts[at].append(key)
            self.local_of[at].append(local)
            self.moves[at].append(None)
        return number

    def expand(self, at, part):
        """Every move of the host at place `at` whose part has the number `part`, as a list of
        (what it adds to the state, tables of what it sends, watch, event)."""
        local, inbox = self.parts[at][part]
        shift, number_of = self.shifts[at], self._part_numbers[at]
        found = []
        for event, rest, (after, own, tables, watch) in self.effects(at, local, inbox):
            if own:
                rest = self.with_messages(rest, own)
            there = number_of.get((after, rest))
            if there is None:
                there = self.part(at, after, rest)
            if there != part or tables or watch is not None:
                found.append(((there - part) << shift, tables, watch, event))
        self.moves[at][part] = found
        return found

    def effects(self, at, local, inbox):
        """(event, the inbox without what it consumes, its effect) for all that has one; an
        effect is (local state after, own messages, tables for others' messages, watch)."""
        by_itself = self._by_itself[at].get(local)
        if by_itself is None:
            by_itself = self._by_itself[at][local] = self._without_message(at, local)
        for event, effect in by_itself:
            yield event, inbox, effect
        yield from self.arriving(at, local, inbox)

    def _without_message(self, at, local):
        """[(event, effect) …] of timers, requests and restarts."""
        host, events = self.locals[at][local], []
        acts = self._acts(at)
        if host.mode == UP and acts:
            events += [("t", timer) for timer in sorted(host.timers)]
        if host.mode == UP and (acts if self.bounds.asked is None else self._asked(at)):
            events += [("r", number) for number in range(len(self.bounds.requests))]
        if at < len(self.config.servers):
            if host.mode == DOWN:
                events.append(("up",))
            elif host.mode == UP and self.bounds.crashes and acts:
                torn = [self._torn(at, local, event) for event in events if self.bounds.disk]
                events += [("reboot",), *[one for some in torn for one in some]]
        return self._with_effects(at, local, events)

    def _acts(self, at):
        """Whether the bounds let this host begin anything by itself."""
        return self.bounds.acts is None or self.ids[at] in self.bounds.acts

    def _asked(self, at):
        return self.ids[at] in self.bounds.asked

    def arrivals(self, at, local, number):
        """[(event, effect) …] of one message: that it arrives, or that the host crashes then."""
        found = self._arrivals[at].get((local, number))
        if found is None:
            found = []
            if (self.messages[at][number][0], self.ids[at]) not in self.cuts:
                event = ("m", number)
                torn = self.bounds.crashes and self.bounds.disk and at < len(self.config.servers)
                torn = torn and self._acts(at)
                events = [event, *(self._torn(at, local, event) if torn else ())]
                found = self._with_effects(at, local, events)
            self._arrivals[at][local, number] = found
        return found

    def _torn(self, at, local, event):
        """The crashes in the middle of `event`."""
        reaction = self.react(at, local, event)
        if reaction is None:
            return []
        points = crash_points(Host(self.locals[at][local].node), self.locals[at][reaction[0]].node)
        return [("torn", event, written) for written in points[1]]

    def _with_effects(self, at, local, events):
        found = [(event, self._effect(at, local, event)) for event in events]
        return [(event, effect) for event, effect in found if effect is not None]

    def _effect(self, at, local, event):
        reaction = self.react(at, local, event)
        if reaction is None:
            return None
        after, sends, answers = reaction
        others = {}
        for dst, number in sends:
            others.setdefault(dst, []).append(number)
        own = tuple(others.pop(at, ()))
        cost = event if event[0] in _COSTLY else None
        old, new = self.locals[at][local], self.locals[at][after]
        watch = self.ghosts.watch(at, old, new, cost, answers)
        tables = tuple(self._table(dst, tuple(numbers)) for dst, numbers in sorted(others.items()))
        return after, own, tables, watch

    def _table(self, dst, numbers):
        """(shift, {part → difference}, receiver, messages) for those who send these messages."""
        table = self._tables[dst].get(numbers)
        if table is None:
            table = self._tables[dst][numbers] = (self.shifts[dst], {}, dst, numbers)
        return table

    def posted(self, table, part):
        """The difference that sent messages make to the receiver's part; remembered."""
        shift, known, dst, numbers = table
        local, inbox = self.parts[dst][part]
        there = self.part(dst, local, self.with_messages(inbox, numbers))
        known[part] = found = (there - part) << shift
        return found

    # -- whole states --

    def taken_apart(self, state):
        """(the numbers of the parts, the number of the ghost)."""
        return [(state >> shift) & MASK for shift in self.shifts], state >> self.ghost_shift

    def here(self, parts):
        """The local state of each host, by the numbers of the parts."""
        return [locals[of[part]] for locals, of, part in zip(self.locals, self.local_of, parts)]  # noqa: B905  a quarter faster

    def successors(self, state):
        """[((place of the host, event), the state after it) …]; the search does the same."""
        parts, ghost = self.taken_apart(state)
        here = self.here(parts)
        found = []
        for at, part in enumerate(parts):
            moves = self.moves[at][part]
            for add, tables, watch, event in self.expand(at, part) if moves is None else moves:
                there = state + add
                for table in tables:
                    receiver = (state >> table[0]) & MASK
                    more = table[1].get(receiver)
                    there += self.posted(table, receiver) if more is None else more
                if watch is not None:
                    after = self.ghosts.after(ghost, watch, here)
                    if after is None:
                        continue
                    there += (after - ghost) << self.ghost_shift
                found.append(((at, event), there))
        return found

    def view(self, state):
        """The cluster state as predicates get it: a `State` whose time stands still."""
        hosts = tuple(
            Host(local.node, tuple((0.0, name) for name in sorted(local.timers)), local.mode)
            for local in self.here(self.taken_apart(state)[0])
        )
        return State(self.config, 0, 0.0, hosts, (), self.cuts, self.dials)


class SetEngine(Engine):
    """Messages as a set: an inbox is a number whose bits are the messages that may arrive."""

    empty = 0

    def __init__(self, *args):
        self._examined = {}
        super().__init__(*args)

    def with_messages(self, inbox, numbers):
        for number in numbers:
            inbox |= 1 << number
        return inbox

    def numbers_in(self, inbox):
        found, number = [], 0
        while inbox:
            if inbox & 1:
                found.append(number)
            inbox >>= 1
            number += 1
        return found

    def arriving(self, at, local, inbox):
        examined, known = self._examined.get((at, local), (0, []))
        fresh = inbox & ~examined
        if fresh:
            known = known + [
                (1 << number, event, effect)
                for number in self.numbers_in(fresh)
                for event, effect in self.arrivals(at, local, number)
            ]
            self._examined[at, local] = (examined | fresh, known)
        return [(event, inbox, effect) for bit, event, effect in known if inbox & bit]


class BagEngine(Engine):
    """Messages as a bag: an inbox is a sorted tuple, and what arrives is gone."""

    empty = ()

    def with_messages(self, inbox, numbers):
        return tuple(sorted((*inbox, *numbers)))

    def numbers_in(self, inbox):
        return inbox

    def arriving(self, at, local, inbox):
        for number in dict.fromkeys(inbox):
            place = inbox.index(number)
            for event, effect in self.arrivals(at, local, number):
                yield event, inbox[:place] + inbox[place + 1 :], effect

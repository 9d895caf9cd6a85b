"""Servers that differ only by name: of states that are the same but for names, one is enough.

A protocol is symmetric if nothing it does depends on the order of ids (`symmetric = True` on its
class). Then renaming the servers in a state, in all that nodes, messages and the monitor hold,
gives a state with the same future, and the search keeps one of them. Which one: servers are put
in the order of their *shapes*, which is what they show of themselves without any names; only
among servers of equal shape several orders are tried, and the least number wins. Requests that
name servers stay what they are, and so do those who may act: only renamings that leave them alone
are used.
"""

from itertools import permutations
from operator import is_

from ..core import Impossible
from .engine import MASK
from .keys import never_changes

MOST_SERVERS = 5  # 120 orders; beyond that states with many equal servers cost too much


class Symmetry:
    def __init__(self, engine):
        servers = engine.config.servers
        if len(servers) > MOST_SERVERS:
            raise Impossible(f"symmetry is for up to {MOST_SERVERS} servers, not {len(servers)}")
        if engine.cuts:
            raise Impossible("with links cut the servers are not alike; search without symmetry")
        self.engine = engine
        self._servers = range(len(servers))
        self._shapes = [{} for _ in servers]  # for each host: part → number of its shape
        self._numbers = {}
        self._orders = {}  # shapes of the servers → the renamings that sort them
        self._renamings = {}
        bounds = engine.bounds
        asked = (*(command for command, *_ in bounds.requests), bounds.acts, bounds.asked)
        self._allowed = [
            order for order in permutations(self._servers)
            if self._same(asked, self._renaming(order))
        ]  # fmt: skip

    def _same(self, asked, renaming):
        """Whether a renaming leaves requests as they are; a group of servers has no order."""
        ids = frozenset(self.engine.config.servers)
        return not renaming or _unordered(renaming.renamed(asked), ids) == _unordered(asked, ids)

    def canonical(self, state):
        """The representative of all states that differ from `state` by names only."""
        engine = self.engine
        parts = [(state >> shift) & MASK for shift in engine.shifts]
        shapes = []
        for at in self._servers:
            shape = self._shapes[at].get(parts[at])
            shapes.append(self._shape(at, parts[at]) if shape is None else shape)
        shapes = tuple(shapes)
        orders = self._orders.get(shapes)
        if orders is None:
            orders = self._orders[shapes] = self._sorting(shapes)
        ghost = state >> engine.ghost_shift
        best = None
        for renaming in orders:
            if renaming is None:  # the names they have
                total = state
            else:
                total = renaming.ghosts.get(ghost)
                if total is None:
                    total = renaming.ghost(ghost)
                for at, part in enumerate(parts):
                    more = renaming.parts[at].get(part)
                    total += renaming.part(at, part) if more is None else more
            if best is None or total < best:
                best = total
        return best

    def _shape(self, at, part):
        """A number for what a server shows without names."""
        engine = self.engine
        local, inbox = engine.parts[at][part]
        host = engine.locals[at][local]
        seen = host.node.observation()
        vote = seen.voted_for if seen.voted_for is None else seen.voted_for == seen.id
        log = None if seen.log is None else tuple(entry.term for entry in seen.log)
        key = (
            host.mode, host.timers, seen.role, seen.term, vote, len(seen.votes), log,
            seen.commit_index, seen.last_applied, tuple(sorted(seen.next_index.values())),
            tuple(sorted(seen.match_index.values())), len(engine.numbers_in(inbox)),
        )  # fmt: skip
        number = self._numbers.setdefault(key, len(self._numbers))
        self._shapes[at][part] = number
        return number

    def _sorting(self, shapes):
        """The renamings after which servers of these shapes stand in the least order there is."""
        found, least = [], None
        for order in self._allowed:  # order[at]: the place it gets
            placed = [0] * len(shapes)
            for at, to in enumerate(order):
                placed[to] = shapes[at]
            if least is None or placed < least:
                found, least = [], placed
            if placed == least:
                found.append(self._renaming(order))
        return found

    def _renaming(self, order):
        if order == tuple(self._servers):
            return None
        if order not in self._renamings:
            servers, hosts = self.engine.config.servers, len(self.engine.ids)
            names = {servers[at]: servers[to] for at, to in enumerate(order)}
            places = (*order, *range(len(servers), hosts))
            self._renamings[order] = _Renaming(self.engine, names, places)
        return self._renamings[order]


class _Renaming:
    """One renaming of the servers; what it makes of each part and ghost is remembered."""

    def __init__(self, engine, names, places):
        self.engine = engine
        self.names = names
        self.places = places  # place → place after renaming
        self.parts = [{} for _ in places]
        self.ghosts = {}
        self._locals = [{} for _ in places]
        self._messages = [{} for _ in places]
        self._kept = {}  # id of what never changes → (it, what it is renamed to)

    def part(self, at, part):
        engine, to = self.engine, self.places[at]
        local, inbox = engine.parts[at][part]
        arriving = [self._message(at, number) for number in engine.numbers_in(inbox)]
        there = engine.part(
            to, self._local(at, local), engine.with_messages(engine.empty, arriving)
        )
        self.parts[at][part] = found = there << engine.shifts[to]
        return found

    def ghost(self, number):
        known, budget, seen = self.engine.ghosts[number]
        there = self.engine.ghosts.number(self.renamed(known), budget, self.renamed(seen))
        self.ghosts[number] = found = there << self.engine.ghost_shift
        return found

    def _local(self, at, number):
        found = self._locals[at].get(number)
        if found is None:
            local = self.engine.locals[at][number]
            node = local.node.clone()
            for name, held in vars(local.node).items():
                # Its id changes too, which a class of somebody's own refuses.
                object.__setattr__(node, name, self.renamed(held))
            # A configuration is a set, whose order means nothing: it is kept in one order.
            node.members = tuple(sorted(node.members, key=self.engine.ids.index))
            node.peers = tuple(id for id in node.members if id != node.id)
            node.outbox = ()
            to = self.places[at]
            found = self.engine.local(to, node, local.timers, local.mode)
            self._locals[at][number] = found
        return found

    def _message(self, at, number):
        found = self._messages[at].get(number)
        if found is None:
            src, message = self.engine.messages[at][number]
            to = self.places[at]
            src, message = self.names.get(src, src), self.renamed(message)
            found = self._messages[at][number] = self.engine.message(to, src, message)
        return found

    def renamed(self, held):
        """`held` with every server id in it replaced; the very same object if there is none."""
        kind = type(held)
        if kind is str:
            return self.names.get(held, held)
        if kind in _PLAIN:
            return held
        if kind in (tuple, list, set, frozenset):
            inside = [self.renamed(item) for item in held]
            same = all(map(is_, inside, held))
            return held if same else kind(inside)
        if kind is dict:
            pairs = {self.renamed(k): self.renamed(v) for k, v in held.items()}
            same = all(k in pairs and pairs[k] is v for k, v in held.items())
            return held if same else pairs
        kept = self._kept.get(id(held))
        if kept is None:
            kept = held, held if callable(held) else self._object(held, kind)
            if never_changes(held, kind):
                self._kept[id(held)] = kept
        return kept[1]

    def _object(self, held, kind):
        """An object of another class: a value by its fields, any other by its attributes."""
        names = getattr(kind, "__match_args__", None)
        if names:
            inside = [getattr(held, name) for name in names]
            changed = [self.renamed(item) for item in inside]
            return held if all(map(is_, inside, changed)) else kind(*changed)
        slots = [name for base in kind.__mro__ for name in getattr(base, "__slots__", ())]
        inside = {n: getattr(held, n) for n in slots if n[:2] != "__" and hasattr(held, n)}
        inside |= getattr(held, "__dict__", {})
        changed = {name: self.renamed(item) for name, item in inside.items()}
        if all(changed[name] is item for name, item in inside.items()):
            return held
        twin = kind.__new__(kind)
        for name, item in changed.items():
            setattr(twin, name, item)
        return twin


_PLAIN = frozenset((int, float, bool, bytes, type(None)))


def _unordered(held, ids):
    """`held` with each group of server ids in it sorted."""
    if not isinstance(held, (tuple, list)):
        return held
    if held and all(isinstance(item, str) and item in ids for item in held):
        return tuple(sorted(held))
    return tuple(_unordered(item, ids) for item in held)

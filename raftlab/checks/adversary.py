"""The network as an adversary: which message next, so that nobody ever decides?

A position is what the servers are and what is under way. A move delivers one message, and each
message must be delivered within `patience` moves of its being sent: nothing is ever lost. If the
protocol leaves nothing to chance, the network is alone in this game. It can go on for ever exactly
if some way through the positions comes back to one that it has been in, counting rounds from where
the servers are; there are finitely many such positions, so a search tells.

Where servers toss coins, no way can be planned past a toss. Then the network plans one round: a
way on which every server comes to toss.

A server (`protocols/agree.py`) must have a `round`, `decided`, and `seen_from(round)`: what it is,
its rounds counted from there; a message must have a `round` and say whether it `proposes()`.
"""

from ..core import Send, replace
from ..sim import DOWN

POSITIONS = 50_000


class Plan:
    """Moves, in their order: (src, dst, message). `endless`: those from number `again` on can be
    repeated for ever, each time `rounds` later. Else they are the most that can be had before
    somebody decides or a message has waited too long, if that is `sure`, and else the most that
    was found. `positions` were looked at."""

    def __init__(self, moves, positions, sure=True, again=None, rounds=0):
        self.moves, self.positions, self.sure = tuple(moves), positions, sure
        self.again, self.rounds = again, rounds

    @property
    def endless(self):
        return self.again is not None

    def __repr__(self):
        looked = f"{self.positions:,} positions looked at"
        count = len(self.moves)
        if self.endless:
            return f"for ever: {self.again} choices, and then {count - self.again} that repeat"
        if self.sure:
            return f"{count} choices at most ({looked})"
        return f"{count} choices or more: not everything was seen ({looked})"

    def move(self, number):
        """The move of this number, counted from 0; of an endless plan any, of another None behind
        its end."""
        if number < len(self.moves):
            return self.moves[number]
        if not self.endless:
            return None
        times, at = divmod(number - self.again, len(self.moves) - self.again)
        src, dst, message = self.moves[self.again + at]
        return src, dst, replace(message, round=message.round + times * self.rounds)


def plan(state, waited, patience, positions=POSITIONS):
    """The best that the network can do from a cluster's `state` on: a `Plan`, found by looking at
    `positions` at most. `waited` gives for each message under way how many moves it has waited
    (in the order of `state.network`)."""
    nodes = {host.node.id: host.node for host in state.hosts if host.mode != DOWN}
    flying = [
        (e.src, e.dst, e.message, waits)
        for e, waits in zip(state.network, waited, strict=True)
        if e.dst in nodes
    ]
    begin = Position(nodes, flying, {})
    if any(hasattr(node, "toss") for node in nodes.values()):
        return _searched(begin, patience, True, begin.base, positions)
    # Careful moves alone mostly do, and are few; only if they do not lead on for ever, look at all.
    careful = _searched(begin, patience, True, None, positions)
    if careful.endless:
        return careful
    found = _searched(begin, patience, False, None, positions)
    return max(careful, found, key=lambda one: len(one.moves)) if not found.sure else found


class Position:
    """`flying` lists (src, dst, message, how many moves it has waited). `key` is equal for
    positions in which the same can happen; `known` remembers the keys of messages."""

    __slots__ = ("nodes", "flying", "base", "key", "known")

    def __init__(self, nodes, flying, known):
        self.nodes, self.flying, self.known = nodes, flying, known
        self.base = base = min([node.round for node in nodes.values()])
        keys = []
        for src, dst, message, waits in flying:
            key = known.get((message, base))
            if key is None:
                key = known[message, base] = repr(replace(message, round=message.round - base))
            keys.append((src, dst, waits, key))
        keys.sort()
        self.key = (*[node.seen_from(base) for node in nodes.values()], *keys)

    def moves(self, patience, careful=False):
        """((src, dst, message) delivered, the position then), for each that does not end it.
        A `careful` network lets nobody propose a value, for who sees it will take it over, and
        delivers nothing of a later round before the receiver has come that far."""
        due = [held for held in self.flying if held[3] + 1 >= patience]
        if len(due) > 1:
            return
        # The oldest first: a way on which messages pile up ends soon, and leads nowhere.
        for chosen in due or sorted(self.flying, key=lambda held: -held[3]):
            src, dst, message, _ = chosen
            if careful and not due and message.round > self.nodes[dst].round:
                continue
            node = self.nodes[dst].clone()
            effects = node.receive(src, message)
            node.outbox = ()
            says = [effect for effect in effects if type(effect) is Send]
            if careful and any(one.message.proposes() for one in says):
                continue
            if node.decided is None:
                rest = [(*held[:3], held[3] + 1) for held in self.flying if held is not chosen]
                rest += [(dst, one.dst, one.message, 0) for one in says if one.dst in self.nodes]
                yield chosen[:3], Position({**self.nodes, dst: node}, rest, self.known)

    def is_past(self, round):
        """Whether every server has tossed its coin in this round, or is beyond it."""
        return all(node.round > round or node.tosses() for node in self.nodes.values())


def _searched(begin, patience, careful, until, positions):
    """A depth-first search for a way that comes back, or past the round `until`."""
    way, on_it, longest = [], {begin.key: 0}, {}
    stack = [(begin, begin.moves(patience, careful))]
    while stack:
        here, moves = stack[-1]
        if until is not None and here.is_past(until):
            return Plan(way, len(longest))
        found = next(moves, None)
        if found is None:
            stack.pop()
            del on_it[here.key]
            longest.setdefault(here.key, ())
            if way:
                _noted(longest, stack[-1][0].key, way.pop(), here.key)
            continue
        move, there = found
        if there.key in on_it and until is None:
            again = on_it[there.key]
            rounds = there.base - stack[again][0].base
            return Plan((*way, move), len(longest), True, again, rounds)
        if there.key in longest or there.key in on_it:
            _noted(longest, here.key, move, there.key)
            continue
        if len(longest) > positions:
            return Plan(way, len(longest), False)
        on_it[there.key] = len(stack)
        way.append(move)
        stack.append((there, there.moves(patience, careful)))
    return Plan(_unrolled(longest.get(begin.key)), len(longest), not careful)


def _noted(longest, key, move, after):
    """Remember the longest way from a position: (its length, the move, the rest of it)."""
    rest = longest.get(after) or ()
    length = 1 + (rest[0] if rest else 0)
    if not longest.get(key) or longest[key][0] < length:
        longest[key] = (length, move, rest)


def _unrolled(way):
    moves = []
    while way:
        _, move, way = way
        moves.append(move)
    return tuple(moves)

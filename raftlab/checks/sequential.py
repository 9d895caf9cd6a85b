"""Is there one order that every client could believe? The weaker question, on small histories.

A history is sequentially consistent (L. Lamport, 1979) if one order of all operations explains
all answers and keeps the order of each client's own; what one client did before another began
does not count. Unlike linearizability this cannot be asked key by key: two keys may each have
such an order and both together none. So everything is ordered at once, which soon takes too long.
"""

from ..core import Impossible
from .linearizable import KEY_VALUE, Judgement, Part, ranked
from .oplog import taken, told
from .ordering import ANY, Service

BUDGET = 100_000  # states visited


def sequential(source, spec=KEY_VALUE, budget=BUDGET, at=None):
    """Whether `source` is sequentially consistent: a Judgement with one part, everything.

    An operation without an answer comes behind what its client had finished before it, or never.
    """
    return of_taken(*taken(source, at), spec, budget)


def of_taken(operations, moments, unit="ms", spec=KEY_VALUE, budget=BUDGET):
    """The same of operations with their moments and unit, as `oplog.taken` gives them."""
    ranks = ranked(operations, moments)
    placing = {}  # number → (place of its part, its kind there)
    services = {}
    for number, op in enumerate(operations):
        if op.status == "fail":
            continue
        try:
            part = spec.part(op.call)
        except Impossible as error:
            why = f"undecided: {told(op, spec.words, unit)} cannot be judged, for {error}"
            return Judgement(None, why, operations, (), spec, moments, unit)
        service = services.setdefault(part, Service(spec, spec.first(part)))
        answer = op.result if op.status == "ok" else ANY
        placing[number] = list(services).index(part), service.kind(op.call, answer)
    before = {
        number: _mask(
            other for other in placing
            if operations[other].client == operations[number].client
            and ranks[other][1] is not None and ranks[other][1] < ranks[number][0]
        )
        for number in placing
    }  # fmt: skip
    needed = _mask(number for number in placing if operations[number].status == "ok")
    ok, order, visited = _search(placing, before, needed, list(services.values()), budget)
    part = Part("everything", ok, order, (), (), None, (), (), visited)
    why = _why(ok, order, operations, visited, spec, unit)
    return Judgement(ok, why, operations, (part,), spec, moments, unit)


def _search(placing, before, needed, services, budget):
    """(verdict, order, states visited): brute force, but no place is searched twice."""
    seen = set()
    places = [(0, (0,) * len(services), ())]
    while places:
        placed, states, order = places.pop()
        if placed & needed == needed:
            return True, order, len(seen)
        if (placed, states) in seen:
            continue
        if len(seen) == budget:
            return None, (), budget
        seen.add((placed, states))
        for number, (part, kind) in reversed(placing.items()):
            if placed >> number & 1 or before[number] & ~placed:
                continue
            following = services[part].after(states[part], kind)
            if following >= 0:
                moved = (*states[:part], following, *states[part + 1 :])
                places.append((placed | 1 << number, moved, (*order, number)))
    return False, (), len(seen)


def _mask(numbers):
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask


def _why(ok, order, operations, visited, spec, unit):
    if ok is None:
        return (f"undecided: {visited:,} states were visited without finding an order, and more "
                "are left; give a larger budget or fewer operations")  # fmt: skip
    if ok is False:
        return ("not sequentially consistent: no order explains every answer and keeps what each "
                "client did in its own order")  # fmt: skip
    listed = "; ".join(told(operations[number], spec.words, unit) for number in order[:8])
    more = f"; and {len(order) - 8} more" if len(order) > 8 else ""
    return f"sequentially consistent, in this order: {listed or 'nothing was asked'}{more}"

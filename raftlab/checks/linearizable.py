"""Did it look to its clients as if there were one copy, and each request took effect at once?

A history is linearizable (M. Herlihy and J. Wing, 1990) if every operation can be given one
instant between its call and its answer, so that the service, alone and asked in the order of
these instants, gives the very answers that were given. An operation that surely failed has no
instant; one without an answer has one at any time after its call, or none.

    linearizable(run)           what the clients of a history saw, up to the cursor
    linearizable(operations)    a list of core.Op
    linearizable("log.json")    a file, or JSON text; `oplog.py` says what stands in it

The verdict is True with an order, False with the operations that contradict each other, or None:
it was not found out within the budget (a number of states, never of seconds), or an operation is
no business of the service it is held against (`specs.py`). Keys are judged one by one: a history
is linearizable exactly if the operations on each key are. Two operations that touch, one ending
at the instant at which the other begins, count as overlapping.
"""

from ..core import value
from .contradiction import Contradiction, refuted
from .oplog import answer, dump_operations, load_operations, taken, told
from .ordering import ANY, Entry, Impossible, Service, search
from .specs import Spec, key_value, lock

__all__ = [
    "Judgement", "Part", "Spec", "dump_operations", "key_value", "linearizable",
    "load_operations", "lock",
]  # fmt: skip

KEY_VALUE = key_value()
BUDGET = 200_000  # states visited for each key
_LISTED = 8  # operations in a sentence


@value
class Part:
    """The verdict on one part (a key). Operations are numbers: places in `Judgement.operations`.

    `order` are those that took effect, in order, and `points` the instants at which they may have.
    If there is no order of all, it is one of what had been answered before the answer of
    `impossible`, which no order explains; `stuck` are the operations under way then that cannot
    come next, `possible` the answers that could have been given instead, and `core` a few
    operations that contradict each other, whatever the others did between their calls and their
    answers, the impossible one among them. What could not be found out is (). `visited` counts
    the states of the search.
    """

    part: object
    ok: bool | None
    order: tuple
    points: tuple
    stuck: tuple
    impossible: int | None
    possible: tuple
    core: tuple
    visited: int


class Judgement:
    """`ok` True, False or None, `why` in a sentence, and a `Part` for each key in `parts`, for
    the `operations` held against `spec`; `moments` and `unit` as `oplog.taken` gives them."""

    def __init__(self, ok, why, operations, parts, spec, moments, unit="ms"):
        self.ok = ok
        self.why = why
        self.operations = operations
        self.parts = parts
        self.spec = spec
        self.moments = moments
        self.unit = unit

    def __repr__(self):
        return self.why


def linearizable(source, spec=KEY_VALUE, budget=BUDGET, at=None):
    """Whether `source` is linearizable: a Judgement.

    `source` is a history (up to step `at`, the cursor if left out), a list of `Op`, a file's
    path or JSON text. `spec` says what the service does alone. At most `budget` states are
    visited for each key.
    """
    if type(budget) is not int or budget < 1:
        raise Impossible(f"a budget is how many states to visit, from 1, not {budget!r}")
    operations, moments, unit = taken(source, at)
    parts = {}
    for number, op in enumerate(operations):
        if op.status == "fail":
            continue
        try:
            parts.setdefault(spec.part(op.call), []).append(number)
        except Impossible as error:
            why = f"undecided: {told(op, spec.words, unit)} cannot be judged, for {error}"
            return Judgement(None, why, operations, (), spec, moments, unit)
    ranks = ranked(operations, moments)
    judged = tuple(
        _part(part, spec, operations, ranks, numbers, budget) for part, numbers in parts.items()
    )
    verdicts = [part.ok for part in judged]
    ok = False if False in verdicts else None if None in verdicts else True
    why = _why(ok, operations, judged, spec, unit)
    return Judgement(ok, why, operations, judged, spec, moments, unit)


def ranked(operations, moments):
    """(begin, end) of each operation as places in one row of all calls and answers; `end` is
    None unless it was answered. At one instant calls come before answers."""
    events = []
    for number, (op, (invoked, completed)) in enumerate(zip(operations, moments, strict=True)):
        events.append((invoked, 0, number))
        if op.status == "ok":
            events.append((completed, 1, number))
    ranks = [[None, None] for _ in operations]
    for rank, (_, which, number) in enumerate(sorted(events)):
        ranks[number][which] = rank
    return ranks


def _part(part, spec, operations, ranks, numbers, budget):
    service = Service(spec, spec.first(part))
    entries = []
    for number in sorted(numbers, key=lambda number: ranks[number]):
        op = operations[number]
        free = service.kind(op.call, ANY)
        kind = service.kind(op.call, op.result) if op.status == "ok" else None
        entries.append(Entry(number, *ranks[number], kind, free))
    found = search(service, entries, budget)
    why = None
    if not found.ok:
        explain = refuted if found.ok is None else Contradiction
        why = explain(service, entries, found.blocked)
    if why is None:
        points = placed(found.order, operations)
        return Part(part, found.ok, found.order, points, (), None, (), (), found.visited)
    return Part(part, False, why.order, placed(why.order, operations), why.stuck, why.impossible,
                why.possible, why.core, found.visited)  # fmt: skip


def placed(order, operations):
    """An instant for each operation in `order`: in this order, each between its call and
    its answer, and apart from each other where there is room."""
    last = max((op.completed_at or op.invoked_at for op in operations), default=0)
    latest, bound = [], float("inf")
    for number in reversed(order):
        op = operations[number]
        bound = min(bound, op.completed_at if op.status == "ok" else float("inf"))
        latest.append(bound)
    latest.reverse()
    following = [0] * len(order)  # how many right behind have the same latest instant
    for at in range(len(order) - 2, -1, -1):
        following[at] = following[at + 1] + 1 if latest[at] == latest[at + 1] else 0
    points, now = [], float("-inf")
    for at, number in enumerate(order):
        low = max(now, operations[number].invoked_at)
        high = latest[at] if latest[at] < float("inf") else max(last, low)
        now = low + (high - low) / (following[at] + 2)
        points.append(now)
    return tuple(points)


# -- in words -----------------------------------------------------------------------------


def _why(ok, operations, parts, spec, unit):
    if ok:
        return _fine(operations, parts)
    if ok is None:
        open_ = next(part for part in parts if part.ok is None)
        return (f"undecided: {open_.visited:,} states of {open_.part} were visited without finding "
                "an order, and more are left; give a larger budget")  # fmt: skip
    bad = [part for part in parts if part.ok is False]
    first = min(bad, key=lambda part: operations[part.impossible].completed_at)
    name = told(operations[first.impossible], spec.words, unit)
    why = f"not linearizable: {name} is impossible{_instead(first.possible)}."
    why += _contradiction(first, operations, spec, unit)
    others = [str(part.part) for part in bad if part is not first]
    if others:
        verb = "is" if len(others) == 1 else "are"
        why += f" What was asked of {_listed(others, 'and')} {verb} not linearizable either."
    return why


def _instead(possible):
    if not possible:
        return ": no order explains it"
    return f": only {_listed([answer(result) for result in possible], 'or')} could be the answer"


def _contradiction(part, operations, spec, unit):
    names = [told(operations[number], spec.words, unit) for number in part.core]
    if not names:
        return ""
    if len(names) == 1:
        return " Nothing that was asked leads to it."
    listed = "; ".join(names[:_LISTED])
    more = f"; and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f" No order holds these {len(names)}, whatever the others did: {listed}{more}."


def _fine(operations, parts):
    count = {status: sum(op.status == status for op in operations)
             for status in ("ok", "fail", "unknown")}  # fmt: skip
    if not parts:
        return "linearizable: there is nothing to put in order"
    where = _listed([str(part.part) for part in parts], "and")
    answered = sum(operations[number].status == "ok" for part in parts for number in part.order)
    took = sum(len(part.order) for part in parts) - answered
    why = f"linearizable: there is an order of all {answered} answered operations on {where}"
    if count["unknown"]:
        why += f"; of {count['unknown']} without an answer {took or 'none'} took effect in it"
    return why + (f"; {count['fail']} failed" if count["fail"] else "")


def _listed(words, joint):
    if len(words) > _LISTED:
        words = [*words[:_LISTED], f"{len(words) - _LISTED} more"]
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"

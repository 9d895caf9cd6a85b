"""Client histories for tests: by hand, by chance, and a slow twin of the check that judges them."""

from random import Random

from raftlab.core import Op, execute


def op(client, call, invoked_at, completed_at, result=None):
    """An operation: unknown if `completed_at` is None, else answered with `result`."""
    status = "unknown" if completed_at is None else "ok"
    return Op(client, call, invoked_at, completed_at, result, status)


def write(client, new, invoked_at, completed_at, key="x"):
    result = None if completed_at is None else new
    return op(client, ("set", key, new), invoked_at, completed_at, result)


def read(client, result, invoked_at, completed_at, key="x"):
    return op(client, ("get", key), invoked_at, completed_at, result)


def loosened(one):
    return Op(one.client, one.call, one.invoked_at, None, None, "unknown")


def random_history(seed, count=6, clients=3):
    """A history as a store would give it, of which some answers are then exchanged for others
    that the same call might have got. Some operations fail, some are never answered."""
    chance = Random(seed)
    free = [0] * clients
    asked, points = [], {}
    for number in range(count):
        who = chance.randrange(clients)
        begin = free[who] + chance.randint(0, 3)
        end = begin + chance.randint(0, 8)
        free[who] = end + chance.randint(0, 2)
        status = chance.choices(("ok", "unknown", "fail"), (8, 2, 1))[0]
        asked.append((f"C{who + 1}", random_call(chance), begin, end, status))
        if status == "ok" or (status == "unknown" and chance.random() < 0.6):
            points[number] = chance.uniform(begin, end if status == "ok" else end + 6)
    data, results = {}, {}
    for number in sorted(points, key=points.get):
        data, results[number] = execute(data, asked[number][1])
    history = []
    for number, (client, call, begin, end, status) in enumerate(asked):
        result = results.get(number) if status == "ok" else None
        if status == "ok" and chance.random() < 0.3:
            other = chance.choice(({}, {"x": 0}, {"x": 1}, {"x": 2}, {"x": 3}))
            result = execute(other, call)[1]
        completed = None if status == "unknown" else end
        history.append(Op(client, call, begin, completed, result, status))
    chance.shuffle(history)
    return history


def random_call(chance):
    kind = chance.choice(("set", "get", "get", "add", "cas", "del"))
    if kind == "set":
        return "set", "x", chance.randint(0, 2)
    if kind == "add":
        return "add", "x", chance.choice((1, 1, 2))
    if kind == "cas":
        return "cas", "x", chance.choice((None, 0, 1)), chance.randint(0, 2)
    return kind, "x"


def busy_history(seed, count=2000, clients=5, kinds=("set", "get", "add", "cas", "del"),
                 unknown=0.0):  # fmt: skip
    """A linearizable history of `clients` that ask for one key as fast as they are answered; a
    share of `unknown` is never answered."""
    chance = Random(seed)
    free = [chance.uniform(0, 5) for _ in range(clients)]
    asked, points = [], {}
    for number in range(count):
        who = min(range(clients), key=free.__getitem__)
        begin = free[who]
        end = begin + chance.uniform(1, 20)
        free[who] = end + chance.uniform(0, 4)
        kind, value = chance.choice(kinds), chance.randrange(10)
        call = {"set": ("set", "x", value), "get": ("get", "x"), "add": ("add", "x", 1),
                "cas": ("cas", "x", value, value + 1), "del": ("del", "x")}[kind]  # fmt: skip
        lost = chance.random() < unknown
        asked.append((f"C{who + 1}", call, begin, end, lost))
        if not lost or chance.random() < 0.5:
            points[number] = chance.uniform(begin, end + 100 * lost)
    data, results = {}, {}
    for number in sorted(points, key=points.get):
        data, results[number] = execute(data, asked[number][1])
    return [
        op(client, call, begin, None if lost else end, None if lost else results[number])
        for number, (client, call, begin, end, lost) in enumerate(asked)
    ]


def has_order(history, core=None):
    """The slow twin: every order is tried. With `core`, a set of places in the history, the
    others may have been answered anything and need not have taken effect, but not after their
    answer."""
    tried = [(one, core is None or at in core) for at, one in enumerate(history)
             if one.status != "fail"]  # fmt: skip
    return _tried(tried, {}, -1)


def _tried(left, data, now):
    needed = [one.completed_at for one, strict in left if strict and one.status == "ok"]
    if not needed:
        return True
    for at, (one, strict) in enumerate(left):
        over = one.status == "ok" and one.completed_at < now
        if one.invoked_at > min(needed) or over:
            continue
        after, result = execute(data, one.call)
        if one.status == "unknown" or not strict or result == one.result:
            rest = left[:at] + left[at + 1 :]
            if _tried(rest, after, max(now, one.invoked_at)):
                return True
    return False


def known_at(history, number):
    """The history as it was known when the answer of operation `number` came."""
    last = history[number]
    known = {}
    for at, one in enumerate(history):
        if one.status == "fail" or one.invoked_at > last.completed_at:
            continue
        # Answers of one instant count in the order of the list.
        late = one.status == "ok" and (one.completed_at, at) > (last.completed_at, number)
        known[at] = loosened(one) if late else one
    return known

"""A lock on Redis, taken (Redis documentation, *distributed locks*): tried alone, with others that
come between its commands, and shown on the model with two who want the lock."""

from ..exercise import Exercise, Wrong
from ..redis_desk import KEY, Desk, demanding, key_told, nth, some_ttl
from ..redis_rules import acquire
from ..redis_stories import DOCUMENT, both_hold, holders, reached, wants

# -- acquire ----------------------------------------------------------------------------------


def sets_then_expires(client, key, owner, ttl):
    if not client.setnx(key, owner):
        return False
    client.pexpire(key, ttl)
    return True


def looks_first(client, key, owner, ttl):
    if client.get(key) is not None:
        return False
    client.set(key, owner, px=ttl)
    return True


def without_an_end(client, key, owner, ttl):
    return bool(client.set(key, owner, nx=True))


def over_whoever_has_it(client, key, owner, ttl):
    return bool(client.set(key, owner, px=ttl))


def in_seconds(client, key, owner, ttl):
    return bool(client.set(key, owner, nx=True, ex=ttl))


def without_a_name(client, key, owner, ttl):
    return bool(client.set(key, "locked", nx=True, px=ttl))


def says_nothing(client, key, owner, ttl):
    client.set(key, owner, nx=True, px=ttl)


def _gets_a_free_one(given, luck):
    desk, ttl = Desk(), some_ttl(luck)
    got = desk.plays(given, "A", KEY, "A#1", ttl)
    held = desk.holds(KEY)
    if held is None:
        return "the lock is free, and afterwards the key is not there"
    if held[0] != "A#1":
        return f"the key holds {held[0]!r}: nobody can tell from it that it is A#1 that has it"
    return "" if got else f"A#1 has got the lock, and is given {got!r}: that means no"


def _leaves_a_held_one(given, luck):
    desk, ttl = Desk(), some_ttl(luck)
    desk.give(KEY, "B#1")
    before = desk.changes
    got = desk.plays(given, "A", KEY, "A#1", ttl)
    if desk.changes != before:
        return f"B#1 has the lock, A#1 comes, and it is changed: {key_told(desk)}"
    return f"B#1 has the lock, and A#1 is given {got!r}: that means yes" if got else ""


def _ends_by_itself(given, luck):
    desk, ttl = Desk(), some_ttl(luck)
    desk.plays(given, "A", KEY, "A#1", ttl)
    held = desk.holds(KEY)
    if held and held[1] is None:
        return "the key has no end: if A#1 dies, nobody has the lock ever again"
    if held and held[1] != ttl:
        return f"the key is to last {ttl} ms, and lasts {held[1]:,} ms"
    return _dies_between(given, ttl)


def _dies_between(given, ttl):
    """A process may die between any two of its commands."""
    desk, died = Desk(), []

    def dies(number):
        held = desk.holds(KEY)
        if held and held[1] is None:
            died.append(number)

    desk.plays(given, "A", KEY, "A#1", ttl, before=dies)
    if not died:
        return ""
    return f"A#1 may die after its {nth(died[0])} command, and then the key has no end"


def _one_of_two(given, luck):
    ttl = some_ttl(luck)
    for gap in range(1, Desk().commands(given, "A", KEY, "A#1", ttl)):
        desk, got = Desk(), []

        def comes(number, gap=gap, desk=desk, got=got):
            if number == gap:
                got.append(desk.plays(given, "B", KEY, "B#1", ttl))

        both = desk.plays(given, "A", KEY, "A#1", ttl, before=comes) and any(got)
        if both:
            return f"B#1 comes after the {nth(gap)} command of A#1, and both are given the lock"
    return ""


def two_at_once(given):
    run = holders(acquire=given)
    wants(run, "A"), wants(run, "B")
    return both_hold(run)


def one_after_the_other(given):
    run = holders(acquire=given)
    wants(run, "A")
    reached(run, lambda run: run["A"].token)
    run.delay("Read", "A", "disk", 2000)
    wants(run, "B")
    return both_hold(run)


def a_holder_dies(given):
    run = holders(acquire=given)
    wants(run, "A")
    reached(run, lambda run: KEY in run["S1"].keys)
    run.crash("A")
    wants(run, "B")
    if reached(run, lambda run: run["B"].token):
        return None
    return run, f"A is dead, the key is still there after {run.now:,.0f} ms, and B waits."


Exercise(
    id="redis-scheduler/acquire",
    asks="Get a lock on Redis, so that its holder may die at any moment.",
    starter='''
        def acquire(client, key, owner, ttl):
            """Try once to get the lock `key` for `ttl` ms, as `owner`; whether it was got.

            `client` is one of redis-py: client.set(…), client.get(…), client.eval(script,
            numkeys, key, …) and so on. `owner` is a name that nobody else has, new each time.
            """
            ...
    ''',
    hints=(
        "Between any two commands you may die, and others may come. How many commands are enough?",
        "One: SET has options for *only if it is not there* and for *until when*.",
        "client.set(key, owner, nx=True, px=ttl) gives True, or None if somebody has it.",
    ),
    reference=acquire,
    wrong={
        "two": Wrong(sets_then_expires, "SETNX and then PEXPIRE, as it was before Redis 2.6.12: "
                                        "whoever dies between the two locks for ever"),
        "looks": Wrong(looks_first, "you look, and then you set: another may look in between, and "
                                    "see what you have seen"),
        "no-end": Wrong(without_an_end, "a lock must have an end, for the case that its holder "
                                        "dies: give SET a time"),
        "over": Wrong(over_whoever_has_it, "SET sets, whoever has the lock; it must do so only if "
                                           "the key is not there (NX)"),
        "seconds": Wrong(in_seconds, "`ex` is in seconds and `px` in ms: a lock that is to last "
                                     "half a second lasts minutes"),
        "nameless": Wrong(without_a_name, "a lock without its owner's name cannot be renewed or "
                                          "ended safely: nobody knows whose it is"),
        "silent": Wrong(says_nothing, "the caller must hear whether it has the lock"),
    },
    judge=demanding(
        ("a free lock is got, under its owner's name", 1, DOCUMENT, _gets_a_free_one, None),
        ("a lock that is held is left alone", 1, DOCUMENT, _leaves_a_held_one,
         one_after_the_other),
        ("it ends by itself, whenever its holder dies", 2, DOCUMENT, _ends_by_itself,
         a_holder_dies),
        ("of two who come at once one gets it", 2, DOCUMENT, _one_of_two, two_at_once),
    ),
    why="one command, SET key owner NX PX ttl: nobody can come or die in the middle of it. Until "
        "when you may *act* by it is another question",
    read="30-redis-leader-election",
    minutes=10,
    misconceptions=("M13",),
)  # fmt: skip

"""A lock on Redis, renewed and given back: by whoever has it, and nobody else (Redis documentation,
*distributed locks*)."""

from ..exercise import Exercise, Wrong
from ..plugged import at_first_verdict
from ..redis_desk import KEY, Desk, demanding, key_told, nth, some_ttl
from ..redis_rules import release, renew
from ..redis_stories import DOCUMENT, holders, reached, wants

_TEXT = ("this client gives texts (decode_responses=True), and no text is equal to bytes: your own "
         "lock looks like another's")  # fmt: skip

# -- renew ------------------------------------------------------------------------------------


def extends_blindly(client, key, owner, ttl):
    return bool(client.pexpire(key, ttl))


def looks_then_extends(client, key, owner, ttl):
    if client.get(key) != owner:
        return False
    return bool(client.pexpire(key, ttl))


def sets_anew(client, key, owner, ttl):
    return bool(client.set(key, owner, px=ttl))


def sets_if_there(client, key, owner, ttl):
    return bool(client.set(key, owner, xx=True, px=ttl))


def takes_it_again(client, key, owner, ttl):
    return renew(client, key, owner, ttl) or bool(client.set(key, owner, nx=True, px=ttl))


def extends_by_seconds(client, key, owner, ttl):
    script = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then
            return redis.call('EXPIRE', KEYS[1], ARGV[2])
        end"""
    return bool(client.eval(script, 1, key, owner, ttl))


def compares_bytes(client, key, owner, ttl):
    return client.get(key) == owner.encode() and renew(client, key, owner, ttl)


def renews_silently(client, key, owner, ttl):
    renew(client, key, owner, ttl)


def _renews_its_own(given, luck):
    desk, ttl = Desk(), some_ttl(luck)
    desk.give(KEY, "A#1", ttl + 100)
    before = desk.changes
    got = desk.plays(given, "A", KEY, "A#1", ttl)
    if desk.changes == before:
        return "A#1 renews its own lock, and nothing happens: the lock ends as it would have"
    if desk.holds(KEY) != ("A#1", ttl):
        return f"A#1 renews its own lock for {ttl} ms, and afterwards {key_told(desk)}"
    return "" if got else f"A#1 has renewed its lock, and is given {got!r}: that means no"


def _of_another(deed):
    """How a function fails that must leave the lock of another alone."""

    def looks(given, luck):
        desk = Desk()
        desk.give(KEY, "B#1")
        before = desk.changes
        got = desk.plays(given, "A", KEY, "A#1", *_more(deed, luck))
        if desk.changes != before:
            return f"B#1 has the lock by now; A#1 comes to {deed} its own, and {key_told(desk)}"
        return f"B#1 has the lock, and A#1 is given {got!r}: that means yes" if got else ""

    return looks


def _that_is_gone(deed):
    def looks(given, luck):
        desk = Desk()
        got = desk.plays(given, "A", KEY, "A#1", *_more(deed, luck))
        if desk.holds(KEY):
            return f"the lock is over; A#1 comes to {deed} it, and {key_told(desk)}"
        return f"the lock is over, and A#1 is given {got!r}: that means yes" if got else ""

    return looks


def _in_between(deed):
    """The same where the lock becomes another's between two commands."""

    def looks(given, luck):
        more = _more(deed, luck)
        first = Desk()
        first.give(KEY, "A#1")
        for gap in range(1, first.commands(given, "A", KEY, "A#1", *more)):
            desk = Desk()
            desk.give(KEY, "A#1")
            seen = []

            def goes_over(number, gap=gap, desk=desk, seen=seen):
                if number == gap and desk.holds(KEY):
                    desk.give(KEY, "B#1")
                    seen.append(desk.changes)

            desk.plays(given, "A", KEY, "A#1", *more, before=goes_over)
            if seen and desk.changes != seen[0]:
                return (
                    f"after the {nth(gap)} command of A#1 its lock runs out, and B#1 gets it; "
                    f"A#1 goes on, and {key_told(desk)}"
                )
        return ""

    return looks


def _more(deed, luck):
    return (some_ttl(luck),) if deed == "renew" else ()


def a_slow_clock(given):
    """A comes with its renewal when the lock is B's. Both have a slow disk."""
    run = holders(renew=given)
    run.drift("A", 0.33)
    return _wronged(run)


def between_two_commands(given):
    """A's clock is slow, and the second command of its renewal late: the lock is B's by then."""
    run = holders(renew=given)
    run.drift("A", 0.5)
    return _wronged(run, lambda message: message.serial == run["A"].renewal and run["A"].renewing)


def _wronged(run, is_late=None):
    """A and B both have a slow disk; let time pass until one of them touches the other's lock."""
    for who in "AB":
        wants(run, who)
        if not reached(run, lambda run, who=who: run[who].token, 1500):
            return None
        run.delay("Read", who, "disk", 5000)
        if is_late and who == "A":
            reached(run, lambda run: _late_one(run, is_late), 700)
    reached(run, lambda run: run.verdicts, 1500)
    return at_first_verdict(run)


def _late_one(run, is_late):
    """Put off the message of A that is to be late, if it is on its way."""
    for one in run.state.network:
        if (one.src, one.dst) == ("A", "S1") and is_late(one.message):
            run.delay("ClientRequest", "A", "S1", 300)
            return True
    return False


Exercise(
    id="redis-scheduler/renew",
    asks="Let the time of a lock begin anew, if it is still one's own.",
    starter='''
        def renew(client, key, owner, ttl):
            """Let the lock last for `ttl` ms from now on, if it is still the owner's; whether it
            was.

            If it is another's by now, or has ended, nothing may change.
            """
            ...
    ''',
    hints=(
        "To compare and to extend must be one step, or the lock changes hands in between.",
        "client.eval(script, 1, key, owner, ttl) runs a script during which Redis does nothing "
        "else: KEYS[1], ARGV[1] and ARGV[2] are there, and redis.call('GET', KEYS[1]).",
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], "
        "ARGV[2]) end. Without a return the answer is None.",
    ),
    reference=renew,
    wrong={
        "blindly": Wrong(extends_blindly, "PEXPIRE does not ask whose lock it is: you keep another "
                                          "in office, and believe it is you"),
        "looks": Wrong(looks_then_extends, "GET and PEXPIRE are two commands: the lock may run out "
                                           "and become another's in between"),
        "anew": Wrong(sets_anew, "SET makes the lock yours, whoever has it by now"),
        "there": Wrong(sets_if_there, "XX asks whether there is a lock, not whose it is"),
        "again": Wrong(takes_it_again, "what has ended is lost: others may have held it since. To "
                                       "get it again is to acquire it, with a new name and epoch"),
        "seconds": Wrong(extends_by_seconds, "EXPIRE counts in seconds, PEXPIRE in ms"),
        "bytes": Wrong(compares_bytes, _TEXT),
        "silent": Wrong(renews_silently, "the caller must hear whether the lock is still its own"),
    },
    judge=demanding(
        ("its own lock lasts anew", 1, DOCUMENT, _renews_its_own, None),
        ("the lock of another is left alone", 2, DOCUMENT, _of_another("renew"), a_slow_clock),
        ("a lock that has ended stays so", 1, DOCUMENT, _that_is_gone("renew"), None),
        ("also if it changes hands in between", 2, DOCUMENT, _in_between("renew"),
         between_two_commands),
    ),
    why="compared and extended in one step: by a script, or by SET … IFEQ on a Redis from 8.4 on. "
        "If it was not your own any more you have lost the lock, and hear of it",
    read="30-redis-leader-election",
    minutes=15,
    misconceptions=("M13",),
)  # fmt: skip


# -- release ----------------------------------------------------------------------------------


def deletes_blindly(client, key, owner):
    return bool(client.delete(key))


def looks_then_deletes(client, key, owner):
    return client.get(key) == owner and bool(client.delete(key))


def deletes_if_there(client, key, owner):
    return bool(client.exists(key) and client.delete(key))


def lets_it_end(client, key, owner):
    return client.get(key) == owner


def deletes_by_a_script(client, key, owner):
    return bool(client.eval("return redis.call('DEL', KEYS[1])", 1, key))


def compares_with_bytes(client, key, owner):
    return client.get(key) == owner.encode() and release(client, key, owner)


def ends_silently(client, key, owner):
    release(client, key, owner)


def _ends_its_own(given, luck):
    desk = Desk()
    desk.give(KEY, "A#1")
    got = desk.plays(given, "A", KEY, "A#1")
    if desk.holds(KEY):
        return (
            f"A#1 gives its lock back, and afterwards {key_told(desk)}: others wait for it to end"
        )
    return "" if got else f"A#1 has ended its lock, and is given {got!r}: that means no"


def a_late_release(given):
    """What A sends to give the lock back is late, and arrives when it is B's."""
    return _late(given, lambda ending: ending)


def a_late_second_command(given):
    return _late(given, lambda ending: ending and ending[2])


def _late(given, is_sent):
    run = holders(release=given)
    wants(run, "A")
    if not reached(run, lambda run: is_sent(run["A"].ending)):
        return None
    run.delay("ClientRequest", "A", "S1", 700)
    wants(run, "B")
    reached(run, lambda run: run["B"].token)
    run.delay("Read", "B", "disk", 2000)
    reached(run, lambda run: run.verdicts, 1500)
    return at_first_verdict(run)


Exercise(
    id="redis-scheduler/release",
    asks="Give a lock back, if it is still one's own.",
    starter='''
        def release(client, key, owner):
            """End the lock, if it is still the owner's; whether it was."""
            ...
    ''',
    hints=(
        "It is the same question as in renew: whose is it, in the very moment in which you end it?",
        "A script again, with DEL instead of PEXPIRE.",
        "client.eval(\"if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', "
        'KEYS[1]) end", 1, key, owner)',
    ),
    reference=release,
    wrong={
        "blindly": Wrong(deletes_blindly, "DEL ends the lock of whoever has it by now, and lets a "
                                          "third one in"),
        "looks": Wrong(looks_then_deletes, "GET and DEL are two commands: the lock may run out and "
                                           "become another's in between"),
        "there": Wrong(deletes_if_there, "that there is a lock does not make it yours: compare its "
                                         "owner"),
        "waits": Wrong(lets_it_end, "that it ends by itself is for the case that you die; until "
                                    "then all others wait"),
        "script": Wrong(deletes_by_a_script, "a script is one step, and still has to compare"),
        "bytes": Wrong(compares_with_bytes, _TEXT),
        "silent": Wrong(ends_silently, "the caller must hear whether it was still its own: if not, "
                                       "another may have worked beside it"),
    },
    judge=demanding(
        ("its own lock is free at once", 1, DOCUMENT, _ends_its_own, None),
        ("the lock of another is left alone", 2, DOCUMENT, _of_another("release"), a_late_release),
        ("also if it changes hands in between", 2, DOCUMENT, _in_between("release"),
         a_late_second_command),
        ("a lock that has ended stays so", 1, DOCUMENT, _that_is_gone("release"), None),
    ),
    why="compared and deleted in one step: by a script, by DELEX … IFEQ (Redis 8.4) or DELIFEQ "
        "(Valkey 9.0)",
    read="30-redis-leader-election",
    minutes=10,
    misconceptions=("M13",),
)  # fmt: skip

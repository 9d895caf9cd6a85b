"""A learner's function alone with a Redis: asked command by command, with something in between.

desk = Desk()
desk.plays(acquire, "A", "lock", "A#1", 600)     what it gives
desk.holds("lock")                               ("A#1", 600)
"""

from functools import partial

from ..core import Impossible, Refused, Respond
from ..protocols.redis_lock import RedisLock
from .exercise import Part
from .judging import Trouble, within
from .question import Luck
from .redis_asked import ASKS, Scripted, said

KEY = "lock"


class _Server(Scripted, RedisLock):
    """One Redis without replicas or company."""

    replaces_values = True
    company = {}


class Desk:
    """A Redis in no cluster, and no time that passes by itself."""

    def __init__(self):
        self.node = _Server("S1", ("S1",))
        self.node.boot()

    def ask(self, who, command):
        """What the Redis answers to `who`."""
        [told] = [one for one in self.node.request(command, who) if type(one) is Respond]
        if type(told.result) is Refused:
            raise Impossible(f"Redis refuses it: {told.result.why}")
        return told.result

    def give(self, key, owner, ttl=600):
        """Let `owner` have the lock, whoever had it."""
        self.node.drop(key)
        self.ask(owner, ("SET", key, owner, "PX", ttl))

    def expire(self, key):
        self.node.drop(key)

    def holds(self, key):
        """(who has the lock, for how many ms from its last change on), or None if nobody has."""
        return self.node.keys.get(key)

    @property
    def changes(self):
        """How many commands have changed something."""
        return self.node.offset

    def plays(self, function, who, *given, before=None):
        """What `function(client, *given)` gives to `who`. `before(number)` happens before the
        answer to each command but the first is acted on: in the gap in which others may come."""
        heard, asked = (), []
        while True:
            kind, what = within(lambda heard=heard: said(function, heard, *given))
            if kind != ASKS:
                self._check_same(function, given, heard, asked, what)
                return what
            if before and heard:
                before(len(heard))
            asked.append(what)
            heard = (*heard, self.ask(who, what))

    def _check_same(self, function, given, heard, asked, gave):
        """With the same answers it must ask for the same: the model relies on it."""
        for number in range(len(asked) + 1):
            kind, what = within(lambda number=number: said(function, heard[:number], *given))
            wanted = asked[number] if number < len(asked) else gave
            if what != wanted:
                raise Trouble(
                    f"{function.__name__} asks for something else when it is called again with the "
                    "same: it may use no chance, no clock and nothing it remembers; the owner's "
                    "name is given to it, and is new each time"
                )

    def commands(self, function, who, *given):
        """How many commands it takes, if nobody comes between."""
        count = []
        self.plays(function, who, *given, before=count.append)
        return len(count) + 1


# -- a judge of such functions ------------------------------------------------------------------


def demanding(*demands):
    """A judge: each demand is (name, points, section, what tells of a function and a `Luck` how it
    is not met, what shows that in a run)."""

    def judge(given, seed):
        parts = []
        for name, points, section, looks, shows in demands:
            told = looks(given, Luck(seed, 0, name))
            run = partial(shown, shows, given) if told and shows else None
            parts.append(Part(name, points, told, run, section))
        return parts

    return judge


def shown(shows, given):
    """(a run with the learner's own function in it, what one sees there), or None."""
    try:
        return within(lambda: shows(given))
    except Exception:
        return None


def some_ttl(luck):
    return 100 * luck.between(3, 9)


def nth(number):
    return ("first", "second", "third")[number - 1] if number < 4 else f"{number}th"


def key_told(desk):
    held = desk.holds(KEY)
    if held is None:
        return "the key is gone"
    owner, ttl = held
    return f"the key holds {owner}, " + ("without an end" if ttl is None else f"for {ttl:,} ms")

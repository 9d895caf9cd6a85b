"""A lock on Redis: one idea after the other, each a few lines to hold beside what is said of it.

    lease = rl.real.Lease(redis.client(), ttl=600)
    if lease.acquire():
        while lease.keep():      # renews it when that is due
            ...                  # and here one may stand still for longer than it lasts

`client` is a client of redis-py. A lock is a key; its value says whose it is. Who holds it and goes
by the `Lease` stops in time, unless it stands still: no lock on its own excludes a late holder.
After the Redis documentation, *Distributed locks with Redis*; `protocols/redis_lock.py` is the same
on the model.
"""

import secrets
from weakref import WeakKeyDictionary

import redis

from ..core import Impossible
from .clock import now

# -- to take it -----------------------------------------------------------------------------


def setnx(client, key, owner):
    """Whether `owner` is the first. If it dies before it deletes the key, nobody is ever again."""
    return bool(client.setnx(key, owner))


def setnx_then_expire(client, key, owner, ttl, between=lambda: None):
    """The same, and the key ends after `ttl` ms: by a second command. `between` is what happens
    before that, and who dies there leaves a key without an end."""
    if not client.setnx(key, owner):
        return False
    between()
    client.pexpire(key, ttl)
    return True


def set_nx_px(client, key, owner, ttl):
    """Whether `owner` is the first, with the end of the key after `ttl` ms in the same command."""
    return bool(client.set(key, owner, nx=True, px=ttl))


def new_owner(name=""):
    """A value that nobody else uses, so that nobody takes a lock for its own that is not: 20
    random bytes, as the documentation proposes, behind a `name` for those who look on."""
    return f"{name}#{secrets.token_hex(20)}"


# -- to give it back, and to keep it --------------------------------------------------------


def delete(client, key):
    """End the lock, whosever it is by now."""
    return bool(client.delete(key))


def extend(client, key, ttl):
    """Let the time of the lock begin anew, whosever it is by now."""
    return bool(client.pexpire(key, ttl))


def compare_and_delete(client, key, owner):
    """End the lock if it is still the `owner`'s; whether it was. Compared and done in one step: by
    a command of the server if it has one, else by a script."""
    return (_DELETES.get(commands(client)[0]) or delete_by_script)(client, key, owner)


def compare_and_extend(client, key, owner, ttl):
    """Let the time of the lock begin anew if it is still the `owner`'s; whether it was."""
    own = commands(client)[1] == "SET IFEQ"
    return (extend_by_command if own else extend_by_script)(client, key, owner, ttl)


def delete_by_script(client, key, owner):
    return bool(client.eval(_IF_OWN.format("'DEL', KEYS[1]"), 1, key, owner))


def extend_by_script(client, key, owner, ttl):
    return bool(client.eval(_IF_OWN.format("'PEXPIRE', KEYS[1], ARGV[2]"), 1, key, owner, ttl))


def extend_by_command(client, key, owner, ttl):
    """Redis 8.4, Valkey 8.1."""
    return bool(client.execute_command("SET", key, owner, "IFEQ", owner, "PX", ttl))


# Nothing else is done by the server while a script runs.
_IF_OWN = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call({}) end return 0"

_DELETES = {
    # Redis 8.4
    "DELEX": lambda client, *own: bool(client.execute_command("DELEX", own[0], "IFEQ", own[1])),
    # Valkey 9.0
    "DELIFEQ": lambda client, *own: bool(client.execute_command("DELIFEQ", *own)),
}
_KNOWN = WeakKeyDictionary()  # the connections of a client → what its server has


def commands(client):
    """By what its server compares and deletes, and compares and extends: (DELEX, DELIFEQ or EVAL,
    SET IFEQ or EVAL). The server is asked once, by COMMAND INFO and COMMAND DOCS."""
    pool = client.connection_pool
    if pool not in _KNOWN:
        there = _asked(pool, "INFO", *_DELETES) or []
        deletes = [name for name, told in zip(_DELETES, there, strict=False) if told]
        extends = "IFEQ" in str(_asked(pool, "DOCS", "SET"))
        _KNOWN[pool] = (*deletes, "EVAL")[0], "SET IFEQ" if extends else "EVAL"
    return _KNOWN[pool]


def _asked(pool, *words):
    """What a server says of its own commands. On a connection of its own, and not through
    redis-py, which cannot read what is said of a command that is not there."""
    connection = pool.make_connection()
    try:
        connection.send_command("COMMAND", *words)
        return connection.read_response()
    except redis.ResponseError:  # it cannot be asked, so it is old, or a stand-in
        return None
    finally:
        connection.disconnect()


# -- all of it --------------------------------------------------------------------------------


class Lease:
    """A lock that somebody holds for `ttl` ms at a time, and knows for how long still.

    What it goes by is its own clock: from *before* it asks (Redis begins to count later), for
    `ttl` less a `margin` (left out: a sixth), since clocks differ. What nobody answered is not
    had: whoever does not know whether it holds the lock does not.
    `owner` is the value that the key has while this lease holds it.
    """

    def __init__(self, client, key="lock", ttl=600, margin=None, name="", clock=now):
        self.client, self.key, self.ttl, self.name = client, key, ttl, name
        self.margin = ttl / 6 if margin is None else margin
        if not 0 <= self.margin < ttl:
            raise Impossible(f"of {ttl:g} ms a margin of {self.margin:g} ms leaves nothing")
        self.clock = clock
        self.owner = None
        self.until = self.asked = float("-inf")

    @property
    def left(self):
        """For how many ms it is still held, as far as one knows."""
        return max(0, self.until - self.clock())

    def is_held(self):
        return self.left > 0

    @property
    def renew_every(self):
        """ms: two renewals may get lost before the lease does."""
        return self.ttl / 3

    def starts(self, asked, answered):
        """When a lease begins to run that was `asked` for and `answered` at these times."""
        return asked

    def acquire(self, replicas=0, within=100):
        """Try once to get it; whether it is held now. Given `replicas`, so many of them must
        have the lock `within` ms, or it is given back: then a failover may still lose it (WAIT
        promises no consistency), but not if the link is cut."""
        if self.owner:
            self.release()  # what an earlier attempt may have got without hearing of it
        self.owner = new_owner(self.name)
        self.asked = self.clock()
        taken = self._told(self._take)
        if not taken:
            self.owner = None if taken is False else self.owner
            return False
        # The pool hands out the connection used last, and WAIT speaks of what that one wrote.
        if replicas and (self._told(self.client.wait, replicas, within) or 0) < replicas:
            self.release()
            return False
        self._count()
        if not self.is_held():  # it took so long that it may be over
            self.release()
        return self.is_held()

    def renew(self):
        """Let it run anew. True, or False if it was lost, or None if nobody answered: then it
        ends when it would have ended."""
        if self.owner is None:
            return False
        self.asked = self.clock()
        renewed = self._told(self._extend)
        if renewed:
            self._count()
        elif renewed is False:
            self.until = float("-inf")
        return renewed

    def keep(self):
        """Renew it if it was asked for a third of `ttl` ago; whether it is held."""
        if self.is_held() and self.clock() >= self.asked + self.renew_every:
            self.renew()
        return self.is_held()

    def release(self):
        """Stop holding it, then end it if it is still one's own. Returns as `renew` does."""
        self.until = float("-inf")
        if self.owner is None:
            return False
        ended = self._told(self._drop)
        if ended is not None:
            self.owner = None
        return ended

    def _count(self):
        self.until = self.starts(self.asked, self.clock()) + self.ttl - self.margin

    def _told(self, ask, *more):
        """What the server answers, False if it refuses, None if nobody knows."""
        try:
            return ask(*more)
        except redis.ResponseError:  # such as that of a replica, which takes no orders
            return False
        except redis.RedisError:
            return None

    def _take(self):
        return set_nx_px(self.client, self.key, self.owner, self.ttl)

    def _extend(self):
        return compare_and_extend(self.client, self.key, self.owner, self.ttl)

    def _drop(self):
        return compare_and_delete(self.client, self.key, self.owner)


class Redlock(Lease):
    """The same lock on several servers that know nothing of each other: held by whoever has it on a
    majority, in time. `granted` says on how many the last question succeeded.

    What it assumes: that clocks run at about the same rate (`margin`, left out: 1 % and 2 ms),
    that nobody stands still for long after it was granted, and that no server forgets a lock.
    Let the clients wait for a short time only: they are asked one after the other.
    """

    def __init__(self, clients, key="lock", ttl=600, margin=None, name="", clock=now):
        drift = ttl / 100 + 2
        super().__init__(clients, key, ttl, drift if margin is None else margin, name, clock)
        self.granted = 0

    def acquire(self):
        return super().acquire()

    def _take(self):
        if self._by_majority(set_nx_px, self.ttl):
            return True
        self._by_each(compare_and_delete)  # also those that did not answer may have it
        return False

    def _extend(self):
        return self._by_majority(compare_and_extend, self.ttl)

    def _drop(self):
        return self._by_majority(compare_and_delete)

    def _by_majority(self, do, *more):
        """Whether a majority does it."""
        self.granted = self._by_each(do, *more)
        return self.granted > len(self.client) // 2

    def _by_each(self, do, *more):
        asked = [self._told(do, one, self.key, self.owner, *more) for one in self.client]
        return sum(map(bool, asked))

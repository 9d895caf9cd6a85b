"""What is usually left out of a lock on Redis: one rule each, and what it costs.

Some are of a server, some of whoever wants the lock, and one of the disk, which is that of
`uses_lock.py`. Where a break has no bounds, it is because the search leaves out time: any lease may
run out at any moment in it, so that it finds two holders where all is right
(`rl.explore("redis-lock", against="one_holder")`).
"""

from .redis_lock import FAILOVER, RedisLease, RedisLock
from .uses_lock import TakesAnyToken

REDIS = "Redis documentation, distributed locks"


class SetsThenExpires:
    """Takes the lock with one command and gives it an end with the next: a lock from the time
    before SET had options."""

    of = RedisLease
    breaks = "free_again"
    source = "Redis documentation, SETNX, the older pattern; NX and PX came with 2.6.12"
    bounds = None  # its harm is that nothing happens

    def locks_by(self):
        return (("SETNX", self.office, self.owner), ("PEXPIRE", self.office, self.ttl))


class DeletesBlindly:
    """Ends the lock when it is done, whosever it is by then."""

    of = RedisLease
    breaks = "own_lock_only"
    source = REDIS + ": a client may delete a lock that another has got meanwhile"
    bounds = RedisLock.bounds

    def unlocks_by(self):
        return ("DEL", self.office)


class RenewsBlindly:
    """Renews the lock without a look at whose it is."""

    of = RedisLease
    breaks = "own_lock_only"
    source = REDIS + ": extend it only if it still holds the client's random value"
    bounds = {**RedisLock.bounds, "acts": None, "asked": None, "terms": 1}

    def renews_by(self):
        return ("PEXPIRE", self.office, self.ttl)


class CountsFromReply:
    """Lets the time of its lease run from the moment in which it hears that it has it."""

    of = RedisLease
    breaks = "one_holder"
    source = "a lease that begins on its way: Redis has counted since it carried out the command"
    bounds = None  # it is a matter of time

    def counts_from(self, moment):
        return moment == "answered"


class TakesLateGrants:
    """Takes the lock however long it took to get it."""

    of = RedisLease
    breaks = "one_holder"
    source = REDIS + ": a lock whose time is over once a majority has given it is not held"
    bounds = None  # it is a matter of time

    def is_in_time(self):
        return True


class NeverStepsDown:
    """Goes on when its lease has run out and nobody has answered."""

    of = RedisLease
    breaks = "one_holder"
    source = "a leader that stops only when it is told to; Kubernetes's stops 5 s before the end"
    bounds = None  # it is a matter of time

    def run_out(self):
        pass


class CountsInRedis:
    """Takes the fencing token from a counter in the Redis that keeps the lock."""

    of = RedisLease
    breaks = "token_once"
    source = "a consequence of asynchronous replication; seen on real servers"
    bounds = FAILOVER

    def number_lease(self):
        self.ordered = (("INCR", "tokens"),)
        self.order()


class ForgetsAtRestart:
    """Keeps its keys in memory only: a server that starts again is empty."""

    breaks = "one_holder"
    source = "the default of redis.conf, appendonly no: what is not in a snapshot is gone"
    bounds = None  # a timer that runs out early is found first, and needs no restart

    persistent = ("primary",)


LOCK_BREAKS = {
    "sets-then-expires": SetsThenExpires,
    "deletes-blindly": DeletesBlindly,
    "renews-blindly": RenewsBlindly,
    "counts-from-reply": CountsFromReply,
    "never-steps-down": NeverStepsDown,
    "takes-any-token": TakesAnyToken,
    "counts-in-redis": CountsInRedis,
    "forgets-at-restart": ForgetsAtRestart,
}
REDLOCK_BREAKS = {
    "takes-late-grants": TakesLateGrants,
    "forgets-at-restart": ForgetsAtRestart,
    "takes-any-token": TakesAnyToken,
}

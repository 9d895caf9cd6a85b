"""What leaders are for: programs on top of a cluster, each with a failure and a fence of its own.

A system is a class of servers with `company`, the programs that stand beside them, so that
`rl.cluster("lock")` is three kinds of nodes in one run. Its names and its breaks go by the rules of
`composed.py`; each break has a scenario of its name in `sim/catalog/uses`, or in `redis` if there
is no consensus below.
"""

from . import redis_breaks, redis_scheduler, uses_config, uses_lock, uses_primary, uses_scheduler
from .redis_lock import RedisLock
from .redlock import Redlock

# Name → (class of its servers, {name: break}).
SYSTEMS = {
    "lock": (uses_lock.Lock, uses_lock.BREAKS),
    "primary": (uses_primary.Primary, uses_primary.BREAKS),
    "scheduler": (uses_scheduler.Scheduling, uses_scheduler.BREAKS),
    "config": (uses_config.Configuration, uses_config.BREAKS),
}
LOCKS = {
    "redis-lock": (RedisLock, redis_breaks.LOCK_BREAKS),
    "redis-scheduler": (redis_scheduler.RedisScheduling, redis_scheduler.BREAKS),
    "redlock": (Redlock, redis_breaks.REDLOCK_BREAKS),
}

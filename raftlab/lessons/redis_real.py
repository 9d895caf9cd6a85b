"""A learner's scheduler among real processes and on a real Redis: only what is certain is judged.

The leader stops (SIGSTOP) between its decision and its write, until another leads; then, where the
server has replicas, a failover lets two of them lead. How long all that takes is luck; that
nothing is accepted twice, and that the late one is refused, is not.
"""

import os
from functools import lru_cache

from ..core import Impossible
from ..real import found
from .judging import Trouble, within

JOBS, WORKERS, LEASE = 100, 3, 400
NAME = "on a real Redis"


class NotRun(Exception):
    """It could not be tried here; the text says why."""


def judged_on_real(rules):
    """(the name of the demand, "" or a sentence on how it is not met) of {name: function}."""
    try:
        server, told = _tried(rules)
    except NotRun as error:
        if os.environ.get(found.STRICT) == "1":
            return NAME, f"it was not run, and {found.STRICT} is set: {error}"
        return f"{NAME}: not run, and it costs nothing ({error})", ""
    except (Impossible, Trouble) as error:
        return NAME, str(error)
    if told:
        return NAME, told
    faults = "SIGSTOP and failover" if server.is_real else "SIGSTOP"
    said = f"{faults}; what came late was refused, nothing accepted twice"
    return f"{NAME} ({server.name}): {said}", ""


def _tried(rules):
    """(the server, what went wrong or "")."""
    try:
        from ..real.handed import TooOld, own, tried
        from ..real.redis import Redis

        server = found.redis_server()
    except (ImportError, Impossible) as error:
        raise NotRun(str(error)) from None
    variant = own(rules)
    with Redis() as redis:
        try:
            within(lambda: tried(rules, redis.client()))
        except TooOld as error:
            raise NotRun(f"{server.kind} says: {error}") from None
    return server, _harm(variant, "pause and failover" if server.is_real else "pause")


@lru_cache(maxsize=8)
def _harm(variant, fault):
    """What goes wrong when these rules are at work, or "". The same text fares the same, so it is
    tried once."""
    from ..real.scheduler import schedule

    course = schedule(variant, fault, jobs=JOBS, workers=WORKERS, ttl=LEASE, watch=False)
    if course.twice:
        return f"while leaders stood still and failed over, {course.twice} of {JOBS} jobs ran twice"
    if not course.refused:
        return "a leader stood still (SIGSTOP), and its late assignment was not refused"
    return ""

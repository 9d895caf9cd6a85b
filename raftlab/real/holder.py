"""A program that wants the lock, in a process of its own, so that it can be stopped and killed.

    python -m raftlab.real.holder ID PORT HOW TTL STORE

It does what HOW says with the Redis at PORT, and stands still (SIGSTOP) at the worst moment.
"""

import sys

from .lock import Lease, set_nx_px, setnx_then_expire
from .redis import connect
from .store import Store
from .worker import stand_still

TWO_STEPS, ONE_STEP, LATE, PROMPT = "two-steps", "one-step", "late", "prompt"
KEY, JOB = "lock", 7


def main(id, port, how, ttl, path):
    client, ttl = connect(int(port)), float(ttl)
    if how == TWO_STEPS:
        setnx_then_expire(client, KEY, id, int(ttl), between=stand_still)
    elif how == ONE_STEP:
        set_nx_px(client, KEY, id, int(ttl))
        stand_still()
    else:
        assign(id, Lease(client, KEY, int(ttl), name=id), how, Store(path))


def assign(id, lease, how, store):
    """Get the lock, look at it once more, assign a job: between the last two lies the moment."""
    epoch = None
    while not lease.is_held() or epoch is None:
        if lease.acquire():
            epoch, _ = store.enter(id)
    if how == LATE:
        stand_still()
    store.assign(JOB, "W1", id, epoch)


if __name__ == "__main__":
    main(*sys.argv[1:])

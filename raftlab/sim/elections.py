"""How long is a cluster without a leader? The worst case of the paper's §9.3, trial by trial.

The last broadcast of the leader reaches all followers at one instant, so that their timers
start together. Every server's log is one entry shorter than the one before, so that of five
servers two of the four that survive cannot win a majority. The leader crashes at a moment drawn
uniformly from its heartbeat interval, which is half the shortest timeout.

A trial is the node class itself on bare states, without a history: nothing but the answer is
kept. Messages take `DELAYS` one way; together with the answer that is a broadcast time of up to
12 ms, a little under the paper's 15 ms, because here nobody writes to a disk.
"""

from ..core import Crash, Deliver, Impossible
from .chance import draw, luck, stream
from .cluster import advance, boot, checked_setting, step
from .network import Dials

DELAYS = Dials(latency=0.5, jitter=5.5)
HORIZON = 20_000  # ms after which a trial is given up
_CHUNK = 50  # trials handed to an executor at once


def downtime(kind, timeout, seed, servers=5, delays=DELAYS, horizon=HORIZON):
    """Ms from the leader's crash to the next leader, or None if `horizon` ms bring none.

    `kind` is a node class with Raft's fields, `timeout` its election timeout (low, high) in ms.
    """
    ids = tuple(f"S{number}" for number in range(1, servers + 1))
    nodes = [
        kind(id, ids, current_term=1, log=[(1, "x")] * (servers - at), election_timeout=timeout)
        for at, id in enumerate(ids)
    ]
    state, _ = boot(nodes, (), seed, delays)
    # Nobody hears from the old leader any more: it may as well be gone from the beginning.
    state, _ = step(state, Crash(ids[0]))
    crashed_at = draw(luck(stream(~seed), 0), 0) * timeout[0] / 2
    while state.next[0] <= crashed_at + horizon:
        moved = advance(state)
        if moved is None:
            return None
        action, state, _ = moved
        if type(action) is Deliver and state.observe(action.dst).role == "leader":
            return round(state.time - crashed_at, 3)
    return None


def downtimes(kind, timeout, trials, seed=1, executor=None, tick=None, **more):
    """`downtime` for `trials` trials, in their order: a list of ms, None where nobody was elected.

    `executor` is any `concurrent.futures.Executor`; the list is the same with and without one.
    `tick(count)` is called whenever `count` more trials are done.
    """
    timeout = checked_setting("timeout", timeout, (150, 300))
    if isinstance(trials, bool) or not isinstance(trials, int) or trials < 1:
        raise Impossible(f"trials is how many elections to run, from 1, not {trials!r}")
    if not isinstance(seed, int):
        raise Impossible(f"a seed is a whole number, not {seed!r}")
    first = seed << 32  # the trials of one seed are never those of another
    parts = [
        (kind, timeout, range(first + at, first + min(at + _CHUNK, trials)), more)
        for at in range(0, trials, _CHUNK)
    ]
    found = []
    for part in executor.map(_chunk, parts) if executor else map(_chunk, parts):
        found += part
        if tick:
            tick(len(part))
    return found


def _chunk(part):
    kind, timeout, seeds, more = part
    return [downtime(kind, timeout, seed, **more) for seed in seeds]

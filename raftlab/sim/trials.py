"""What thousands of seeded clusters do under one plan: elections, answers, messages, waiting.

A trial is a cluster on bare states, without a history: nothing but four numbers is kept of it.
A client asks for something at regular intervals; half-way something may happen to the leader.
The same seed gives the same trial, whoever computes it.
"""

from ..core import (
    Client,
    Crash,
    Deliver,
    Drop,
    Impossible,
    Partition,
    Pause,
    Request,
    Respond,
    Wait,
    value,
)
from .chance import draw, luck, stream
from .cluster import advance, boot, step
from .collector import collector_resting
from .network import Dials

_CHUNK = 20  # trials handed to an executor at once

FAULTS = {
    None: (lambda leader: ()),
    "crash": (lambda leader: (Crash(leader),)),
    "pause": (lambda leader: (Pause(leader),)),
    "cut off": (lambda leader: (Partition(((leader,),)),)),
}

# What is measured, and what it means.
MEASURES = {
    "election_time": "ms until there is a leader: from the fault, or from the start without one",
    "availability": "share of the requests that were answered before the trial ended",
    "messages_per_commit": "messages sent between servers for each request answered",
    "latency": "ms from a request to its answer, on the average of those answered",
}


@value
class Plan:
    """`ms` of simulated time; a request every `every` ms, but none in the first sixth, when
    there may be no leader yet, and none in the last quarter or half second; after `ms` / 3 and a
    moment drawn by lot, `fault` befalls the leader."""

    kind: object
    servers: int = 5
    fault: str | None = None
    ms: float = 3000
    every: float = 100
    settings: tuple = ()  # ((name, setting) …) of the node class
    dials: Dials = Dials()


def trial(plan, seed):
    """One trial as {measure: number, or None where there is nothing to measure}."""
    ids = [f"S{number}" for number in range(1, plan.servers + 1)]
    nodes = [plan.kind(id, ids, **dict(plan.settings)) for id in ids]
    state, _ = boot(nodes, [Client("C1", ids)], seed, plan.dials)
    # Within one heartbeat or so, so that trials differ in where between two of them it happens.
    fault_at = plan.ms / 3 + 100 * draw(luck(stream(~seed), 0), 0) if plan.fault else None
    asked, answered, sent = {}, {}, 0
    last_ask = plan.ms - min(500, plan.ms / 4)
    led_at, waits_since, next_ask = None, 0.0, round(plan.ms / 6, 3)
    deposed = None
    while True:
        stops = [plan.ms] + ([fault_at] if fault_at is not None else [])
        stops += [next_ask] if next_ask <= last_ask else []
        stop = min(stops)
        if state.next[0] <= stop:
            action, state, effects = advance(state)
            if type(action) in (Deliver, Drop):
                sent += action.src != "C1" != action.dst
            for effect in effects:
                if type(effect) is Respond and effect.request.client is None:
                    answered[effect.request.serial] = state.time
            if led_at is None and waits_since is not None:
                node = getattr(action, "dst", None) or getattr(action, "node", None)
                if node in ids and node != deposed and state.observe(node).role == "leader":
                    led_at = state.time
            continue
        if state.time < stop:
            state, _ = step(state, Wait(stop))
        if stop == plan.ms:
            break
        if stop == fault_at:
            fault_at = None
            leader = state.leader
            if leader:
                deposed, led_at, waits_since = leader, None, state.time
                for action in FAULTS[plan.fault](leader):
                    state, _ = step(state, action)
            else:
                led_at, waits_since = None, None  # nobody to lose: no such election to time
        else:
            number = len(asked) + 1
            asked[number] = state.time
            state, _ = step(state, Request("C1", ("add", "x", 1), None, number))
            next_ask += plan.every
    waits = [time - asked[number] for number, time in answered.items()]
    return {
        "election_time": None if led_at is None else round(led_at - waits_since, 3),
        "availability": round(len(answered) / len(asked), 6) if asked else None,
        "messages_per_commit": round(sent / len(answered), 3) if answered else None,
        "latency": round(sum(waits) / len(waits), 3) if waits else None,
    }


def trials(plan, runs, seed=1, executor=None, tick=None):
    """`trial` for `runs` seeds, in their order: a list. `executor` is any
    `concurrent.futures.Executor`; the list is the same with and without one. `tick(count)` is
    called whenever `count` more are done."""
    if plan.fault not in FAULTS:
        raise Impossible(
            f"there is no fault {plan.fault!r}; there are {', '.join(map(repr, FAULTS))}"
        )
    first = seed << 32  # the trials of one seed are never those of another
    parts = [
        (plan, range(first + at, first + min(at + _CHUNK, runs))) for at in range(0, runs, _CHUNK)
    ]
    found = []
    for part in executor.map(_chunk, parts) if executor else map(_chunk, parts):
        found += part
        if tick:
            tick(len(part))
    return found


def _chunk(part):
    plan, seeds = part
    with collector_resting():
        return [trial(plan, seed) for seed in seeds]

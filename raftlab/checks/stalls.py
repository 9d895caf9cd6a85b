"""Progress: does a cluster go on, once a majority is up and connected?

What never happens shows at no step; one can only wait long enough. Long enough is here ten of the
longest election timeouts, up to the cursor. All that time a majority of the servers must have been
up and able to hear each other, every message between them must have arrived, and nobody may have
interfered: timers ran out and messages came by themselves, and clients asked. If then none of these
servers has led, or somebody has waited throughout and nobody was answered, the cluster is stuck. No
clock is looked at: the times are those of the model, so the verdict is the same everywhere.

A correct cluster can be unlucky for ten timeouts, too (§5.6: availability depends on timing). So
no monitor watches this: it is asked of a given run, beside the same run of another protocol.
"""

from itertools import combinations

from ..core import Deliver, Drop, Fire, Request, Wait, majority
from ..sim import UP
from ..sim.clients import operations
from ..sim.state import next_action
from .invariants import PROGRESS, Verdict

TIMEOUTS = 10


def progress(history):
    """The `Verdict` on progress up to the cursor: False if the cluster is stuck, True if it goes
    on, None if nothing can be asked of it."""
    steps = history.steps[: history.position + 1]
    ok, why, evidence = _judged(steps)
    return Verdict(PROGRESS, ok, steps[-1].state.step_no, why, evidence)


def _judged(steps):
    servers = steps[0].state.config.servers
    longest = _longest_timeout(steps[-1].state)
    if longest is None:
        return None, "this protocol has no election timeout, so nobody knows how long is long", ()
    patience = TIMEOUTS * longest
    since = round(steps[-1].state.time - patience, 3)  # as times are
    if since < 0:
        passed = steps[-1].state.time
        return None, f"it takes {patience:g} ms to tell, and only {passed:g} ms have passed", ()
    first = max(at for at, step in enumerate(steps) if step.state.time <= since)
    if any(map(interferes, steps[first:], steps[first + 1 :])):
        return None, f"somebody interfered within the last {patience:g} ms", ()
    linked = _linked(steps[first:], servers)
    together = {
        id
        for some in combinations(servers, majority(len(servers)))
        if all(pair in linked for pair in combinations(some, 2))
        for id in some
    }
    if not together:
        return None, f"no majority was up and connected for {patience:g} ms", ()
    fit = [id for id in servers if id in together]
    for_long = f"{_listed(fit)} have been up and connected for {patience:g} ms"
    leaders = [{id for id in fit if step.state.observe(id).role == "leader"}
               for step in steps[first:]]  # fmt: skip
    if not any(leaders):
        return False, f"{for_long}, and none of them has led", tuple(fit)
    committed = [max(steps[at].state.observe(id).commit_index for id in fit) for at in (first, -1)]
    waits = _waits(steps, since, set.intersection(*leaders))
    if waits and committed[0] == committed[1]:
        return False, f"{for_long}, and {waits} still waits for an answer, like all others", (*fit,)
    return True, f"{for_long}, and they go on", tuple(fit)


def _longest_timeout(state):
    given = [host.node.election_timeout for host in state.hosts
             if "election_timeout" in host.node.settings]  # fmt: skip
    return max((one[-1] if isinstance(one, tuple) else one for one in given), default=None)


def interferes(before, step):
    """Whether `step` is neither the course of time nor somebody's request."""
    action = step.action
    if type(action) in (Deliver, Drop, Fire):
        return action != next_action(before.state)
    return type(action) not in (Request, Wait)


def _linked(steps, servers):
    """The pairs of servers that were up in all `steps` and lost no message to each other."""
    up, lost = set(servers), set()
    for step in steps:
        up -= {id for id in up if step.state.host(id).mode != UP}
        lost |= step.state.cuts
    for step in steps[1:]:
        if type(step.action) is Drop:
            lost.add((step.action.src, step.action.dst))
    return {
        (a, b) for a, b in combinations(servers, 2)
        if {a, b} <= up and (a, b) not in lost and (b, a) not in lost
    }  # fmt: skip


def _waits(steps, since, leading):
    """Who has asked before `since` and waits, if nobody was answered afterwards; else None.

    Only requests that cannot have got lost count: those of clients, who repeat them, and those
    asked of servers that have been `leading` all the while.
    """
    asked = operations(steps)
    if any(op.status == "ok" and op.completed_at > since for op in asked):
        return None
    lasting = {*steps[0].state.config.clients, *leading}
    waiting = [op for op in asked if op.status == "unknown" and op.invoked_at <= since]
    return next((op.client for op in waiting if op.client in lasting), None)


def _listed(ids):
    return f"{', '.join(ids[:-1])} and {ids[-1]}" if ids[1:] else ids[0]

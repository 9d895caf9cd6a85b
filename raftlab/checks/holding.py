"""Did two ever believe at once that they hold the lease? And does it ever come free?

No fence prevents it and no lease can: it happens whenever a holder stands still for long enough. So
no monitor watches for it, a correct system would be blamed; it is asked of a given run.
Nor does what never happens show at any step: that a lock is lost with its holder one learns by
waiting long enough.
"""

from ..sim import UP
from .invariants import Verdict
from .stalls import interferes
from .uses import FREE_AGAIN, ONE_HOLDER, both, in_office

PATIENCE = 5  # times the ttl


def one_holder(history):
    """The `Verdict` on One Holder up to the cursor: False, with the two, from the first step on at
    which there were two."""
    steps = history.steps[: history.position + 1]
    for step in steps:
        offices = {}
        for one in in_office(step.state):
            other = offices.setdefault(one.role, one)
            if other is not one:
                return Verdict(ONE_HOLDER, False, step.state.step_no, *both(other, one))
    told = "at no time did two believe that they hold it"
    return Verdict(ONE_HOLDER, True, steps[-1].state.step_no, told)


def free_again(history):
    """The `Verdict` on Free Again up to the cursor: False if for five times the `ttl` of the lock
    somebody has wanted it and nobody has believed to hold it; None if too little time has passed.

    Who wants it shows the number of its `jobs`. All that time it must have been up, no link cut,
    and nobody may have interfered: a lock that nobody can reach comes free unseen.
    """
    steps = history.steps[: history.position + 1]
    ok, why, evidence = _freed(steps)
    return Verdict(FREE_AGAIN, ok, steps[-1].state.step_no, why, evidence)


def _freed(steps):
    now = steps[-1].state
    ttls = [host.node.ttl for host in now.hosts if "ttl" in host.node.settings]
    if not ttls:
        return None, "nothing here has a ttl, so nobody knows how long is long", ()
    patience = PATIENCE * max(ttls)
    since = round(now.time - patience, 3)
    if since < 0:
        return None, f"it takes {patience:g} ms to tell, and only {now.time:g} ms have passed", ()
    first = max(at for at, step in enumerate(steps) if step.state.time <= since)
    if any(map(interferes, steps[first:], steps[first + 1 :])):
        return None, f"somebody interfered within the last {patience:g} ms", ()
    lately = [step.state for step in steps[first:]]
    if lately[0].cuts:
        return None, f"a link was cut within the last {patience:g} ms", ()
    if any(map(in_office, lately)):
        return True, f"within the last {patience:g} ms somebody held it", ()
    waiting = [id for id in now.config.clients if all(_wants(state, id) for state in lately)]
    if not waiting:
        return True, "nobody waits for it", ()
    told = f"for {patience:g} ms it was wanted by {' and '.join(waiting)} and held by nobody"
    return False, told, tuple(waiting)


def _wants(state, id):
    return state.host(id).mode == UP and state.observe(id).fields.get("jobs", 0) > 0

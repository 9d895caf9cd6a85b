"""Did two ever believe at once that they hold the lease?

No fence prevents it and no lease can: it happens whenever a holder stands still for long enough. So
no monitor watches for it, a correct system would be blamed; it is asked of a given run.
"""

from .invariants import Verdict
from .uses import ONE_HOLDER, both, in_office


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

"""What became of what was asked: what each client (`core/client.py`) saw, read off a run."""

from ..core import REFUSALS, Op, Request, Respond
from .story import begun


def operations(steps, stamp=lambda item: item.state.time):
    """The client operations in `steps`, in order of their start: a list of `Op`.

    `stamp` dates a step, in ms if left out; who must know which of two things at one instant
    came first dates by `state.step_no` instead.

    An operation without an answer is "unknown", not failed: it may still take effect.
    Attempts by the same client with the same serial are one operation, which has failed only
    when every one of them was refused.
    """
    found, open_attempts = {}, {}
    for item in steps:
        action = begun(item.action)
        if type(action) is Request:
            name = action.client or action.node
            key = (action.client, action.client or action.node, action.serial)
            op = found.setdefault(key, [name, action.command, stamp(item), None, None, "unknown"])
            open_attempts[key] = open_attempts.get(key, 0) + 1
            if op[5] == "fail":
                op[3:] = None, None, "unknown"
        for effect in item.effects:
            if type(effect) is not Respond:
                continue
            # What a server answers a client node is that node's affair; its own answer counts.
            asked = effect.request
            key = (asked.client, asked.client or _actor(item), asked.serial)
            op = found.get(key)
            if op is None or op[5] == "ok":
                continue
            if type(effect.result) not in REFUSALS:
                op[3:] = stamp(item), effect.result, "ok"
                continue
            open_attempts[key] -= 1
            if not open_attempts[key]:
                op[3:] = stamp(item), effect.result, "fail"
    return [Op(*op) for op in found.values()]


def _actor(item):
    action = item.action
    return getattr(action, "dst", None) or getattr(action, "node", None)

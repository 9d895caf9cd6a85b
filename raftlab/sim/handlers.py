"""In which node's handler code was or is, and how it is ended if it loops.

Whoever lets somebody else's node act has two questions when that goes wrong: where it was, and how
to get out. How long to wait, in which thread and in which words to say so is theirs: the lab's
guard (`widgets/guard.py`) and the judge of exercises (`lessons/judging.py`) differ in all three.
"""

import ctypes

from ..core import Node

HANDLERS = ("start", "on_message", "on_timer", "on_request", "observe")


def handlers(frames):
    """The handlers in frames as `traceback.walk_tb` or `walk_stack` give them, in that order:
    "S2's on_message" …"""
    for frame, _ in frames:
        held, name = frame.f_locals.get("self"), frame.f_code.co_name
        if isinstance(held, Node) and name in HANDLERS:
            yield f"{held.id}'s {name}"


def raise_in(thread, kind):
    """Let an exception of this kind be raised in the thread of this number, wherever it is."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))

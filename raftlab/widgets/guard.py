"""A limit on how long a node's handler may take, so that one that loops does not hang the lab.

The model knows no clock, and no number of lines is too many for a handler. But somebody waits for
the picture, and a kernel that hangs takes the whole notebook with it: here, and only here, real
time counts. The work stays in the caller's thread, which holds the lab's lock and sends to the
browser; so it is ended there, and not given up as an exercise's is (`lessons/judging.py`).
"""

import threading
from traceback import walk_tb

from ..core import Impossible
from ..sim.handlers import handlers, raise_in

SECONDS = 2.0


class _Endless(Exception):
    """Raised in a thread from outside, wherever it happens to be."""


class within:
    """`with within(2.0): run.step()` ends what takes longer and raises Impossible, which names the
    node and its handler. Where no thread can be started (Pyodide) it does nothing."""

    def __init__(self, seconds=None):
        self.seconds = SECONDS if seconds is None else seconds
        self._lock = threading.Lock()
        self._over = False

    def __enter__(self):
        self._timer = threading.Timer(self.seconds, self._end, [threading.get_ident()])
        self._timer.daemon = True
        try:
            self._timer.start()
        except RuntimeError:
            self._timer = None
        return self

    def _end(self, thread):
        with self._lock:
            if not self._over:
                raise_in(thread, _Endless)

    def __exit__(self, kind, error, trace):
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._over = True
        if kind is _Endless:
            raise Impossible(
                f"{_where(trace) or 'this'} did not come to an end within {self.seconds:g} s: does "
                "it loop? Nothing of it has happened; mend the class and open the lab again"
            ) from error
        return False


def told(error):
    """An error in one sentence, with the node and the handler in which it happened."""
    if isinstance(error, Impossible):
        return str(error)
    place = _where(error.__traceback__)
    return (f"{place} fails: " if place else "") + f"{type(error).__name__}: {error}"


def _where(trace):
    """The node's handler on the way to where it was stopped or failed: "S2's on_message"."""
    return next(handlers(walk_tb(trace)), "")

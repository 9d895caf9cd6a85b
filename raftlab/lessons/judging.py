"""Running what a learner wrote, so that whatever it does is told in a sentence and nothing hangs.

Time counts here, as in the guard of the lab: somebody waits. Everything else about a verdict must
not depend on it, so limits are generous, only ever end what loops, and are of computing time where
a system tells it: a machine that is busy with other things must not change a verdict.
The work is done in a thread of its own, because what cannot be ended (it catches everything, or
waits) must be given up; the guard of the lab (`widgets/guard.py`) cannot do that.
"""

import io
import sys
import threading
import time
import traceback
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import FunctionType

from ..core import Impossible
from ..core.node import copied
from ..sim.handlers import handlers, raise_in

SECONDS = 5.0  # that one question to the learner's code may take
PATIENCE = 10  # times as much may pass on the clock, for it may wait or others may compute
_PACKAGE = Path(__file__).parents[1]


class Trouble(Exception):
    """The learner's code did something no answer may do; the text says what, as a sentence."""


class Raised(Trouble):
    """An error of theirs, at this one question: others may go well."""


class Printed(io.TextIOBase):
    """What a learner's code prints while it is judged. A loop prints without end, and a rule is
    asked hundreds of times: the first lines are kept, and those behind them counted."""

    MOST, LINES = 1000, 10  # characters and lines

    def __init__(self):
        self.kept, self.more = "", 0

    def write(self, text):
        room = self.MOST - len(self.kept)
        self.kept += text[:room]
        self.more += text[room:].count("\n") if len(text) > room else 0
        return len(text)

    @property
    def text(self):
        whole = self.kept.rpartition("\n")[0] if self.more else self.kept.rstrip()
        lines = whole.split("\n")
        more = self.more + len(lines[self.LINES :])
        told = [f"… and {more:,} more line{'s' * (more != 1)}"] if more else []
        return "\n".join([*lines[: self.LINES], *told])


_heard = []  # who listens now: the last


@contextmanager
def listening():
    """Gives the `Printed` of all that is judged meanwhile, in place of lines above the verdict."""
    _heard.append(Printed())
    try:
        yield _heard[-1]
    finally:
        _heard.pop()


class _Endless(BaseException):
    """Raised in a thread from outside. No Exception, so that `except Exception` lets it through."""


def within(work, seconds=None):
    """`work()`, in a thread of its own, given up after `seconds` (SECONDS): then Trouble says what
    loops. What it prints goes to whoever is `listening`, and else nowhere.

    Where no thread can be started (Pyodide) it runs here and has no limit.
    """
    seconds = SECONDS if seconds is None else seconds
    box = {}

    def run():
        try:
            box["result"] = work()
        except BaseException as error:  # also SystemExit: exit() in a handler must not end us
            box["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    with redirect_stdout(_heard[-1] if _heard else Printed()):
        try:
            thread.start()
        except RuntimeError:
            run()
        else:
            _await(thread, seconds)
    if "error" in box:
        raise box["error"]
    return box.get("result")


def _await(thread, seconds):
    began = time.monotonic()
    while thread.is_alive() and not _over(thread, began, seconds):
        thread.join(min(0.1, seconds))
    if thread.is_alive():
        place = _now_in(thread)
        _end(thread)
        raise Trouble(f"{place or 'it'} did not come to an end within {seconds:g} s: does it loop?")


def _over(thread, began, seconds):
    """Whether a thread has computed for `seconds`, or been at it for far longer."""
    passed = time.monotonic() - began
    try:
        spent = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    except (AttributeError, OSError):  # only some systems tell
        spent = passed
    return spent >= seconds or passed >= PATIENCE * seconds


def _end(thread):
    """Ask a thread to stop wherever it is, a few times: it may catch everything."""
    for _ in range(20):
        raise_in(thread.ident, _Endless)
        thread.join(0.05)
        if not thread.is_alive():
            return


def called(function, *given):
    """What `function` makes of `given`; Trouble if it raises, loops, or changes what it was given.

    It is called twice with equal things, because an answer that differs rests on something that
    is not the question: chance, the time, or what it remembers.
    """
    name = getattr(function, "__name__", "it")
    asked = f"{name}({', '.join(map(shown, given))})"
    results = []
    for _ in range(2):
        handed = [copied(one) for one in given]
        try:
            results.append(within(lambda handed=handed: function(*handed)))
        except NotImplementedError:
            raise
        except Trouble as trouble:
            told = str(trouble)
            raise Trouble(told.replace("it did", f"{asked} did", 1)) from None
        except BaseException as error:
            raise Raised(f"{asked} raises {raised(error)}") from error
        for one, before in zip(handed, given, strict=True):
            if not same(one, before):
                raise Trouble(
                    f"{asked} changes what it was given: {shown(before)} has become {shown(one)}. "
                    "The caller still needs it as it was: make a new one"
                )
    if not same(*results):
        raise Trouble(
            f"{asked} gives {shown(results[0])}, and asked the same again {shown(results[1])}: "
            "the same question must have the same answer, so it may use no chance, no clock and "
            "nothing it remembers"
        )
    return results[0]


def raised(error):
    """An error in one sentence, with the learner's own line where it happened."""
    if isinstance(error, Impossible):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    lines = [one for one in traceback.extract_tb(error.__traceback__) if _is_theirs(one.filename)]
    if isinstance(error, SyntaxError) or not lines:
        return text
    last = lines[-1]
    return f"{text} (line {last.lineno}: {last.line})" if last.line else text


def in_handler(error):
    """The innermost handler on the way to where an error was raised: "S2's on_message", or ""."""
    found = list(handlers(traceback.walk_tb(error.__traceback__)))
    return found[-1] if found else ""


def _now_in(thread):
    """The same for a thread that still runs."""
    frame = sys._current_frames().get(thread.ident)
    return next(handlers(traceback.walk_stack(frame)), "") if frame else ""


def _is_theirs(filename):
    """Whether a file is the learner's: a cell of a notebook, or a file outside the package."""
    file = Path(filename)
    return _PACKAGE not in file.parents and "lib/python" not in file.as_posix()


def same(one, other):
    """Equality, of the same type: True is no 1, and an object that claims to equal everything is
    no number."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, FunctionType):  # made anew at each call, of the same lines
        return one.__code__ is other.__code__
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    try:
        return bool(one == other)
    except Exception:
        return False


def shown(held):
    """A value as a learner would write it, and not too much of it."""
    text = repr(held)
    return text if len(text) <= 80 else text[:79] + "…"

"""Python's garbage collector and a history do not mix."""

import gc
from contextlib import contextmanager


@contextmanager
def collector_resting():
    """Let nobody search the history for garbage while it grows.

    It holds no cycles, and walking all of it again and again doubles the time of a run.
    Freezing and unfreezing moves what was made meanwhile to the oldest generation, unwalked.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if gc.get_freeze_count() == 0:  # somebody else's frozen objects stay frozen
            gc.freeze()
            gc.unfreeze()
        gc.enable()

"""A bar for what takes long: in a notebook a picture, in a terminal a line, else nothing."""

import sys
from contextlib import contextmanager


@contextmanager
def progress(things, total=None, wanted=True):
    """Gives tick(done, note="", more=""): `done` of `total` `things` (a plural; None: nobody knows
    how many) are done; `more` is HTML that a notebook shows below, each time anew. Afterwards a
    notebook keeps the total, or nothing if nobody knew it."""
    bar = None
    if wanted and _in_notebook():
        bar = _Picture(things, total)
    elif wanted and sys.stderr.isatty():
        bar = _Line(things, total)
    try:
        yield bar.tick if bar else _nothing
    finally:
        if bar:
            bar.close()


def _in_notebook():
    """Whether this is the kernel of a notebook. That ipykernel is imported is not enough: widgets
    import it in any script, and there a display has nobody to update it for."""
    if "ipykernel" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def _nothing(done, note="", more=""):
    pass


class _Line:
    def __init__(self, things, total):
        from tqdm import tqdm

        self.line = tqdm(total=total, unit=f" {things}", leave=False)

    def tick(self, done, note="", more=""):
        self.line.set_postfix_str(note, refresh=False)
        self.line.update(done - self.line.n)

    def close(self):
        self.line.close()


class _Picture:
    """One display that is updated in place. Not a widget: a closed widget leaves a hole in the
    saved notebook. It begins and ends with the same words, so that what is saved does not depend
    on who listens to updates."""

    def __init__(self, things, total):
        from IPython.display import display

        self.things, self.total, self.shown = things, total, None
        self.words = f"{total:,} {things}" if total else ""
        self.handle = display({"text/plain": self.words}, raw=True, display_id=True)

    def tick(self, done, note="", more=""):
        shown = 100 * done // self.total if self.total else done
        if shown != self.shown or more:
            self.shown = shown
            of = f" of {self.total:,}" if self.total else ""
            words = f"{done:,}{of} {self.things}{', ' * bool(note)}{note}"
            value = f' max="{self.total}" value="{done}"' if self.total else ""
            bar = f"<progress{value}></progress> {words}{more}"
            self.handle.update({"text/plain": words, "text/html": bar}, raw=True)

    def close(self):
        self.handle.update({"text/plain": self.words}, raw=True)

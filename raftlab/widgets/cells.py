"""Looking again after each cell of a notebook."""

import weakref


def watch_cells(lab):
    """Let the lab look again after each cell: the cell may have acted on `lab.run`."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    held = weakref.ref(lab)

    def look(*_):
        alive = held()
        if alive is None:
            shell.events.unregister("post_run_cell", look)
        else:
            alive.guarded(alive.refresh)

    shell.events.register("post_run_cell", look)

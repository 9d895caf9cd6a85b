"""Ends what works in a folder, and removes the folder, when whoever started us is gone.

    python reaper.py FOLDER

Standard input is a pipe that nobody writes to. It closes when our parent ends, in whatever way:
also kill -9 and the restart of a notebook's kernel leave nobody to tidy up, but close the pipe.
What belongs to the folder is told by where it works (its current directory), so that nothing has
to be announced that might be forgotten, and no number of a process is taken for that of another.
"""

import shutil
import signal
import sys
import time
from pathlib import Path

import psutil


def inside(folder):
    """The processes that work in `folder` or below it, ourselves left out."""
    found = []
    for process in psutil.process_iter():
        try:
            where = Path(process.cwd())
        except (psutil.Error, OSError):  # gone meanwhile, or not ours to look at
            continue
        if process.pid != psutil.Process().pid and folder in (where, *where.parents):
            found.append(process)
    return found


def clear(folder):
    """End all that works in `folder`, paused or not, and remove it."""
    folder = Path(folder).resolve()
    for _ in range(50):  # what is being started just now shows up in the next round
        running = inside(folder)
        for process in running:
            try:
                process.kill()
            except psutil.Error:
                pass
        psutil.wait_procs(running, timeout=1)
        shutil.rmtree(folder, ignore_errors=True)
        if not running and not folder.exists():
            return
        time.sleep(0.05)


def main(folder):
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # only the end of the pipe is meant for us
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    sys.stdin.buffer.read()
    clear(folder)


if __name__ == "__main__":
    main(sys.argv[1])

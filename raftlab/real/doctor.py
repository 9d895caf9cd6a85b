"""What of all that raftlab can use is there, and how to get the rest: `rl.real.doctor()`, or
`python3 run.py doctor` in a terminal."""

import importlib.util
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..core import Impossible, value
from . import found

GOOD, LESS, MISSING = "ok", "less", "missing"
_SIGN = {GOOD: "✓", LESS: "~", MISSING: "✗"}
_PACKAGES = (
    ("JupyterLab", "jupyterlab", "the notebooks"),
    ("ipywidgets", "ipywidgets", "the lab"),
    ("anywidget", "anywidget", "the lab"),
    ("redis-py", "redis", "talking to Redis"),
    ("psutil", "psutil", "pausing and ending servers"),
)


@value
class Part:
    """One thing that is looked for. `state` is "ok", "less" (something stands in for it) or
    "missing"; `told` says what is there, `remedy` the line that brings what is not."""

    name: str
    state: str
    told: str
    remedy: str


class Diagnosis:
    """All parts that were looked for; prints itself as a table."""

    def __init__(self, parts):
        self.parts = parts

    @property
    def is_well(self):
        """Whether every notebook runs here, be it with a stand-in."""
        return all(part.state != MISSING for part in self.parts)

    def __str__(self):
        wide = max(len(part.name) for part in self.parts)
        lines = []
        for part in self.parts:
            lines.append(f"{_SIGN[part.state]} {part.name.ljust(wide)}  {part.told}")
            if part.remedy:
                lines.append(f"  {' ' * wide}  → {part.remedy}")
        lines.append("")
        if all(part.state == GOOD for part in self.parts):
            lines.append("Everything is here.")
        elif self.is_well:
            lines.append("Every notebook runs. Lines with ~ make do; → says how to have it whole.")
        else:
            lines.append("Something is missing; → says what to do.")
        return "\n".join(lines)

    __repr__ = __str__


def doctor():
    """Look for everything that raftlab uses on this machine. Starts nothing, changes nothing."""
    return Diagnosis([_python(), *map(_package, _PACKAGES), _server(), _clock()])


def _python():
    """It is new enough, or this would not have been installed."""
    path = Path(sys.executable)
    if path.is_relative_to(Path.cwd().parent):  # short, and the same wherever the project lies
        path = os.path.relpath(path)
    return Part("Python", GOOD, f"{platform.python_version()} ({path})", "")


def _package(package):
    name, module, use = package
    try:
        if importlib.util.find_spec(module) is None:
            raise PackageNotFoundError
        return Part(name, GOOD, f"{version(module)}, for {use}", "")
    except (PackageNotFoundError, ValueError):
        return Part(name, MISSING, f"not there; it is for {use}", 'pip install -e ".[lab]"')


def _server():
    name, line = "Redis server", found.install_line()
    try:
        server = found.redis_server()
    except Impossible as error:
        return Part(name, MISSING, str(error).partition(";")[0], line)
    if server.how == found.INSTALLED:
        return Part(name, GOOD, str(server), "")
    if server.is_real:
        return Part(name, GOOD, f"{server}: real, and enough for all notebooks", "")
    why = "no Redis server is installed, and none comes as a wheel"
    return Part(name, LESS, f"{server}: {why}", line)


def _clock():
    name = "libfaketime"
    if found.clock_library():
        return Part(name, GOOD, "the clock of one server can jump", "")
    on_linux = sys.platform == "linux"
    where = "not there" if on_linux else "used on Linux only"
    told = f"{where}: that a clock jumps is shown as it was recorded (notebook 30)"
    return Part(name, LESS, told, found.install_line(found.CLOCK) if on_linux else "")


if __name__ == "__main__":
    diagnosis = doctor()
    print(diagnosis)
    sys.exit(0 if diagnosis.is_well else 1)

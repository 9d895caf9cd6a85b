"""Leases: what keeps out a holder who does not know that its lease is over (fencing)."""

from ...protocols import protocol
from ...protocols.uses_lock import Disk, Read
from ..exercise import Exercise, Wrong, by_cases
from ..plugged import searched


def admit(newest, token, operation):
    """(whether a resource lets `operation` in, the newest token that has been here afterwards)."""
    return token >= newest, max(newest, token)


def anybody(newest, token, operation):
    return True, max(newest, token)


def newer_only(newest, token, operation):
    return token > newest, max(newest, token)


def forgets(newest, token, operation):
    return token >= newest, newest


def writes_only(newest, token, operation):
    if operation == "read":
        return True, newest
    return token >= newest, max(newest, token)


def remembers_writes(newest, token, operation):
    return token >= newest, max(newest, token) if operation == "write" else newest


def goes_down(newest, token, operation):
    return token >= newest, token


def one_after_the_other(newest, token, operation):
    return token in (newest, newest + 1), max(newest, token)


def _holder(luck):
    token = luck.between(1, 9)
    return [(token, token, "write"), (0, 1, "write"), (token, token, "read")]


def _next(luck):
    token = luck.between(1, 9)
    return [(token, token + 1, "write"), (token, token + luck.between(2, 5), "read"),
            (token, token + 1, "read")]  # fmt: skip


def _late(luck):
    token = luck.between(3, 9)
    return [(token, token - 1, "write"), (token, 1, "write"), (token, token - 2, "read")]


def disks_that_admit_so(arguments, given):
    """Two holders and the learner's disk, with A's lease over and A not knowing it."""
    lock = protocol("lock")

    class Theirs(Disk):
        replaces_values = True

        def on_message(self, src, message):
            self.operation = "read" if type(message) is Read else "write"
            super().on_message(src, message)

        operation = ""  # what has come, for the two rules below

        def admits(self, token):
            return given(self.newest, token, self.operation)[0]

        def remember(self, message):
            self.newest = given(self.newest, message.token, self.operation)[1]

    class YourLock(lock):
        company = {**lock.company, "disk": Theirs}
        replaces_values = True

    for broken in ("no_stale_deed", "linearizability"):
        found = searched(YourLock, against=broken, **lock.bounds)
        if found:
            return found
    return None


Exercise(
    id="leases/fence",
    asks="Whom does a resource let in, when each request carries the number of a lease?",
    starter='''
        def admit(newest, token, operation):
            """(whether it lets the request in, the newest token that has been here afterwards).

            `token` is the number of the lease by which somebody asks: each lease has a higher one
            than those before it. `newest` is the highest that has been here. `operation` is "read"
            or "write"; what is written was computed from what was read before.
            """
            ...
    ''',
    hints=(
        "A lower number than newest: a later holder has been here. What of the same number?",
        "A holder may come several times, so the same number is let in. Numbers may be left out.",
        "A read tells as much as a write of who holds the lease: it must raise the fence, too.",
    ),
    reference=admit,
    wrong={
        "anybody": Wrong(anybody, "a holder that has stood still writes over what the next one "
                                  "has written: the lease was held, and was not exclusion"),
        "newer": Wrong(newer_only, "a holder may come again under the same lease: first it "
                                   "reads, then it writes"),
        "forgets": Wrong(forgets, "whoever does not remember the newest token knows nobody to be "
                                  "late"),
        "writes": Wrong(writes_only, "a read must raise the fence: what is written later rests "
                                     "on what was read, and somebody may write in between"),
        "remembers": Wrong(remembers_writes, "late readers you refuse, but an early one does not "
                                             "raise the fence: the holder before it may still "
                                             "write what makes its read untrue"),
        "down": Wrong(goes_down, "a late token must not lower the fence for others that are "
                                 "late, too"),
        "next": Wrong(one_after_the_other, "a lease may never have come here: the next number "
                                           "that does may be two or more higher"),
    },
    judge=by_cases(
        admit,
        ("who holds the lease, again", 1, "notebook 16, fencing", _holder),
        ("the next holder", 1, "notebook 16, fencing", _next),
        ("who comes too late", 2, "notebook 16, fencing", _late),
        shows=disks_that_admit_so,
    ),
    why="nobody can stop a process from standing still while its lease runs out. So what it does "
        "is checked where it arrives, by a number that only grows",
    read="16-what-leaders-are-for",
    minutes=10,
    misconceptions=("M3", "M13"),
)  # fmt: skip

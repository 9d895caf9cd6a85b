"""How far a search may go, and what is left of it: a part of every state it visits."""

from ..core import Impossible

BOUNDS = ("requests", "terms", "crashes", "late", "disk", "acts", "asked")


class Bounds:
    """`requests`: how many, asked one after the other, or the commands themselves, each of which
    may be asked once, in any order, of any server; (command, client, serial) names a request, so
    that a repeat is one. `terms`: the highest term that anybody may reach (None: no bound).
    `crashes`: how often servers may crash and start again; `disk`: whether (True or False) such a
    crash may come between two writes, too. `late`: how many lost messages may arrive after all, in
    a search by rounds; or of which kinds, such as ["AppendEntriesReply"], one message for each: the
    others need not be remembered, which saves most states. `acts`: the servers whose timers may run
    out, who may be asked and who may crash (None: all); the others only answer. `asked`: who
    may be asked, whether or not they act (None: all who act). Requests that nobody named are
    numbered from `first_serial`.
    """

    def __init__(
        self, requests=1, terms=2, crashes=0, late=0, disk=False, acts=None, first_serial=1,
        asked=None,
    ):  # fmt: skip
        # Requests that differ only by their value may as well come in one order.
        self.in_order = _count(requests, 0)
        if self.in_order:
            requests = [("set", "x", number) for number in range(1, requests + 1)]
        if not isinstance(requests, (list, tuple)):
            raise Impossible(f"requests is a number or a list of commands, not {requests!r}")
        if terms is not None and not _count(terms, 1):
            raise Impossible(f"terms is the highest term a server may reach, from 1, not {terms!r}")
        if not _count(crashes, 0):
            raise Impossible(f"crashes is how many there may be, from 0, not {crashes!r}")
        if not isinstance(disk, bool):
            raise Impossible(
                "disk says whether a crash may come between two writes: True or False, "
                f"not {disk!r}"
            )
        if disk and not crashes:
            raise Impossible(
                "disk=True lets a crash come between two writes, and without crashes there is "
                "none; crashes=1 allows one"
            )
        self.late_kinds = None if _count(late, 0) else late
        kinds = self.late_kinds or ()
        if not (isinstance(kinds, (list, tuple)) and all(isinstance(k, str) for k in kinds)):
            raise Impossible(f"late is a number or a list of kinds of message, not {late!r}")
        numbered = enumerate(requests, first_serial)
        self.requests = tuple(_named(number, asked) for number, asked in numbered)
        self.terms = terms
        self.crashes = crashes
        self.late = late if self.late_kinds is None else len(late)
        self.disk = disk
        self.acts = None if acts is None else (acts,) if isinstance(acts, str) else tuple(acts)
        self.asked = None if asked is None else (asked,) if isinstance(asked, str) else tuple(asked)
        left = late if self.late_kinds is None else tuple(sorted(late))
        self.budget = ((1 << len(self.requests)) - 1, crashes, left)

    def charged(self, budget, cost):
        """What is left after `cost`, or None if that is more than there is."""
        if cost is None:
            return budget
        requests, crashes, late = budget
        if cost[0] == "r":
            bit = 1 << cost[1]
            if self.in_order and requests & bit - 1:
                return None
            return (requests - bit, crashes, late) if requests & bit else None
        if cost[0] == "late":
            late = self._without(late, cost[1])
            return None if late is None else (requests, crashes, late)
        return (requests, crashes - 1, late) if crashes else None

    def late_left(self, budget):
        return budget[2]

    def may_be_late(self, kind):
        """Whether any message of this kind (the name of its class) may arrive late."""
        return bool(self.late) if self.late_kinds is None else kind in self.late_kinds

    def _without(self, late, kind):
        """What is left of `late` after a message of `kind`, or None if it may not be late."""
        if self.late_kinds is None:
            return late - 1 if late else None
        if kind not in late:
            return None
        at = late.index(kind)
        return late[:at] + late[at + 1 :]

    def __str__(self):
        told = ["any term" if self.terms is None else f"terms up to {self.terms}"]
        for count, what in (
            (len(self.requests), "request"), (self.crashes, "crash"), (self.late, "late message"),
        ):  # fmt: skip
            plural = "es" if what == "crash" else "s"
            told.append(f"{count or 'no'} {what}{plural if count != 1 else ''}")
        if self.late_kinds:
            told[-1] += f" ({', '.join(self.late_kinds)})"
        if self.acts is not None:
            told.append(f"nobody but {', '.join(self.acts)} begins anything")
        if self.asked is not None:
            told.append(f"only {', '.join(self.asked)} may be asked")
        return ", ".join(told)


def _count(held, least):
    return isinstance(held, int) and not isinstance(held, bool) and held >= least


def _named(number, asked):
    """(command, client, serial); an anonymous request is named by its number."""
    if isinstance(asked, tuple) and len(asked) == 3 and isinstance(asked[0], tuple):
        return asked
    return asked, None, number

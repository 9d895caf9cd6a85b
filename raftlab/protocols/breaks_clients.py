"""What clients are told, with one rule broken: executing and answering. As in `breaks.py`.

The logs agree and every property of Figure 3 holds, yet no single copy could have given these
answers: only the clients can tell (`checks/linearizable.py`).
"""

from ..core import execute
from .machine import KeyValue


class AppliesTwice:
    """Begins to execute at the entry that it executed last, and executes that again.

    It comes of two places that apply, each with an idea of its own of how far that has got.
    Clients with a session are spared: the machine knows a repeat (§8).
    """

    breaks = "linearizability"
    source = "Students' Guide to Raft: apply from one place only"
    bounds = {"terms": 1, "requests": [("add", "x", 1)] * 2}

    def apply_committed(self):
        self.last_applied = max(self.log.base_index, self.last_applied - 1)
        super().apply_committed()


class AppliesOutOfOrder:
    """Executes what has become committed beginning with the newest entry."""

    breaks = "linearizability"
    source = "Students' Guide to Raft: entries must be applied in order"
    bounds = {"terms": 2, "requests": [("set", "x", 1), ("add", "x", 1)]}

    def apply_committed(self):
        for index in range(self.commit_index, self.last_applied, -1):
            entry = self.log[index]
            self.machine, result = self.machine.apply(entry)
            if index in self.waiting:
                self.answer(index, entry.term, result)
        self.last_applied = self.commit_index


class Sessionless(KeyValue):
    """A key/value store that executes whatever comes, repeats too."""

    __slots__ = ()

    def _executed(self, entry):
        data, result = execute(self.data, entry.command)
        return (self if data is self.data else Sessionless(data, self.sessions)), result

    def __reduce__(self):
        return Sessionless, (self.data, self.sessions)


class IgnoresSessions:
    """Executes a request as often as it is asked, though a client only repeats it."""

    breaks = "linearizability"
    source = "§8; Students' Guide to Raft: duplicate detection"
    bounds = {"terms": 2, "cut": False, "requests": [(("add", "x", 1), "C9", 1)] * 2}
    machine = Sessionless({}, {})


class AnswersByIndex:
    """Answers whoever waits at an index when any entry is executed there."""

    breaks = "linearizability"
    source = "Students' Guide to Raft: the same index does not mean the same request"
    bounds = {"terms": 2, "cut": False, "requests": [("add", "x", 1)] * 2}

    def answer(self, index, term, result):
        asked_in, _ = self.waiting[index]
        super().answer(index, asked_in, result)


BREAKS = {
    "applies-twice": AppliesTwice,
    "applies-out-of-order": AppliesOutOfOrder,
    "ignores-sessions": IgnoresSessions,
    "answers-by-index": AnswersByIndex,
}

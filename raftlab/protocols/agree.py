"""Agreement on one bit, by M. Ben-Or (PODC 1983), with a coin, and without.

Each server is asked for x=0 or x=1. A round has two phases. First everybody *reports* its value
and waits until it has heard from `wait_for` servers, itself included: more it cannot wait for,
for the others may have crashed. Who saw a majority of all servers report the same value *proposes*
it; the others propose nothing. Who then sees more proposals of a value than servers may crash
*decides* it; who sees one takes that value into the next round. And who sees none?

    agree         keeps its value. Then nothing here is left to chance, so by M. Fischer, N. Lynch
                  and M. Paterson (JACM 1985) there must be a run without end, though every message
                  arrives and nobody crashes: `checks/adversary.py` plays it.
    agree+coin    tosses a coin. Whoever decides when messages arrive cannot decide how coins fall.
    agree+zero    takes 0. So where wishes differ 0 or 1 may come of it, as messages arrive, and by
                  the same theorem this ends as little as `agree` does.

All are safe: two majorities share a server, so no round has proposals of both values; and who
decides has seen so many proposals that everybody else has seen one of them.

A node draws no lots. It sets two timers, heads and tails, and the world says which runs out first:
the chance that Raft's election timers draw on (§5.2).
"""

from ..core import Impossible, Node, Observation, majority, value

REPORT, PROPOSE, TOSS, DONE = "report", "propose", "toss", "done"
HEADS, TAILS = "heads", "tails"


@value
class Report:
    round: int
    bit: int

    def proposes(self):
        return False


@value
class Proposal:
    """`bit` is None if its sender saw no majority."""

    round: int
    bit: int | None

    def proposes(self):
        return self.bit is not None


class Agree(Node):
    settings = ("wait_for", "last_round")
    persistent = ("bit", "round", "phase", "heard", "decided", "decided_in", "asked")
    replaces_values = True
    properties = ("agreement",)
    messages = (Report, Proposal)
    says = {
        "reports": "reports {1} in round {0}",
        "has-majority": "has heard {0} reports, and {1} is a majority of {2}: it proposes {1}",
        "has-none": "has heard {0} reports, and none is a majority of {2}: it proposes nothing",
        "adopts": "sees {1} proposed: it takes {1} into the next round",
        "sees-nothing": "sees nothing proposed",
        "keeps": "keeps its value, {0}",
        "gives-in": "takes 0, as agreed for that case",
        "tosses": "tosses a coin",
        "falls": "has tossed {0}: its value is {1}",
        "decides": "sees {0} proposed by {1}: it decides {0}",
        "is-late": "no longer needs that",
        "keeps-for-later": "is not that far yet, and keeps it",
    }

    bit = None  # its value; None until somebody asks
    round = 0
    phase = REPORT
    heard = frozenset()  # (sender, message) of this phase and later ones
    decided = None
    decided_in = None  # in which round
    asked = None  # the client's request

    wait_for = None  # of how many servers; left out, as many as a majority
    last_round = None  # a search needs an end: a server stops behind this round

    def __init__(self, id, members, **fields):
        super().__init__(id, members, **fields)
        low, high = majority(len(self.members)), len(self.members)
        if self.wait_for is not None and not low <= self.wait_for <= high:
            raise Impossible(
                f"wait_for is of how many servers to wait for, {low} to {high}, not {self.wait_for}"
            )

    # -- the rules --

    def enough(self):
        return self.wait_for or majority(len(self.members))

    def may_crash(self):
        return len(self.members) - self.enough()

    def on_request(self, request):
        if self.asked is None:
            self.asked = request
            self.bit = int(bool(request.command[-1]))
            self.next_round()

    def next_round(self):
        """Who has decided takes part in one more round: in that one all the others decide."""
        if self.round == self.last_round or (self.decided_in or self.round) < self.round:
            self.phase, self.heard = DONE, frozenset()
            return
        self.round += 1
        self.note("reports", self.round, self.bit)
        self.enter(REPORT, Report(self.round, self.bit))

    def count_reports(self, bits):
        """A majority of all servers, not of those heard: so a round proposes one value at most."""
        told = [bit for bit in (0, 1) if bits.count(bit) >= majority(len(self.members))]
        proposed = told[0] if told else None
        code = "has-majority" if told else "has-none"
        self.note(code, len(bits), proposed, len(self.members))
        self.enter(PROPOSE, Proposal(self.round, proposed))

    def count_proposals(self, bits):
        proposed = [bit for bit in bits if bit is not None]
        if not proposed:
            self.note("sees-nothing")
            self.break_tie()
            return
        self.bit = proposed[0]
        if len(proposed) > self.may_crash():
            if self.decided is None:
                self.note("decides", self.bit, len(proposed))
                self.decided, self.decided_in = self.bit, self.round
                self.respond(self.asked, self.bit)
        else:
            self.note("adopts", len(proposed), self.bit)
        self.next_round()

    def break_tie(self):
        self.note("keeps", self.bit)
        self.next_round()

    # -- phases and messages --

    def enter(self, phase, message):
        self.phase = phase
        self.heard = frozenset(held for held in self.heard if not self.is_late(held[1]))
        self.broadcast(message)
        self.hear(self.id, message)

    def hear(self, src, message):
        self.heard |= {(src, message)}
        kind = Report if self.phase == REPORT else Proposal
        bits = [m.bit for _, m in self.heard if type(m) is kind and m.round == self.round]
        if self.phase not in (TOSS, DONE) and len(bits) >= self.enough():
            if kind is Report:
                self.count_reports(bits)
            else:
                self.count_proposals(bits)

    def on_message(self, src, message):
        if self.is_late(message):
            self.note("is-late")
        else:
            if (message.round, type(message)) != (self.round, self.awaited()):
                self.note("keeps-for-later")
            self.hear(src, message)

    def awaited(self):
        return Report if self.phase == REPORT else Proposal

    def is_late(self, message):
        """Whether this server has passed the phase that a message belongs to."""
        its, mine = (message.round, type(message) is Proposal), (self.round, self.phase != REPORT)
        return its < mine or self.phase == DONE or (self.phase == TOSS and its[0] == mine[0])

    def seen_from(self, base):
        """What this server is, rounds counted from `base`: equal if it will act equally."""
        heard = sorted((src, type(m).__name__, m.round - base, m.bit is None, m.bit or 0)
                       for src, m in self.heard)  # fmt: skip
        return self.bit, self.round - base, self.phase, self.decided, tuple(heard)

    def observe(self):
        shown = "" if self.bit is None else f"{self.bit}{'?' if self.decided is None else '!'}"
        fields = {"x": shown or "-", "round": self.round, "phase": self.phase}
        return Observation(self.id, fields=fields, decided=self.decided)


class Zero:
    """Who sees nothing proposed takes 0. It is somebody's value: else all had reported 1."""

    def break_tie(self):
        self.bit = 0
        self.note("gives-in")
        self.next_round()


class Coin:
    """Who sees nothing proposed tosses a coin."""

    def break_tie(self):
        self.note("tosses")
        self.toss()

    def tosses(self):
        return self.phase == TOSS

    def toss(self):
        self.phase = TOSS
        self.set_timer(HEADS, 0, 1)
        self.set_timer(TAILS, 0, 1)

    def on_timer(self, name):
        self.cancel_timer(TAILS if name == HEADS else HEADS)
        self.bit = int(name == HEADS)
        self.note("falls", name, self.bit)
        self.next_round()

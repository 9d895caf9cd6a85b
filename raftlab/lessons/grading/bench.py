"""One server of a learner's class on a bench: the check is all the others.

The server is S1 of a small cluster. A message of the check's own making is laid in its way and
delivered; what S1 sends, answers and sets is read off the step. So every clause leaves a history
behind that can be looked at step by step.
"""

from ... import cluster
from ...core import Deliver, Envelope, Fire, Request, Respond
from ...protocols.raft_log import Entry
from ...protocols.raft_messages import AppendEntries, AppendEntriesReply, RequestVoteReply
from ...sim.state import State
from ..situation import ids_of
from .check import Unmet

ME = "S1"


def log_of(*terms):
    """A log with an entry of each term; the commands name their place, so that two are equal
    exactly if they have the same index and term."""
    return [(term, ("set", "x", f"{term}@{index}")) for index, term in enumerate(terms, 1)]


def entries_of(*terms, first=1):
    """The same as a tuple of entries, of which the first has the index `first`."""
    return tuple(
        Entry(term, ("set", "x", f"{term}@{index}")) for index, term in enumerate(terms, first)
    )


def terms_of(log):
    """The terms of a log's entries, as a person writes a log."""
    return [entry.term for entry in log]


class Bench:
    """`seen` is what S1 shows of itself now; each of the verbs gives what it sent: [(to, message)].

    `term` is the term that S1 leads, if it was `elected`.
    """

    def __init__(self, case, members, fields):
        self.case = case
        ids = ids_of(members)
        servers = [case.kind(ME, ids, **fields), *(case.kind(id, ids) for id in ids[1:])]
        self.run = case.run = cluster(case.kind, servers=servers, jitter=0)
        # What the check lays in the server's way no file could repeat, so none is written.
        self.run.about["nodes"] = None
        self.peers = ids[1:]
        self.term = None

    # -- what is to be seen --

    @property
    def seen(self):
        return self.run.state.observe(ME)

    @property
    def node(self):
        """The server itself: a copy."""
        return self.run[ME]

    @property
    def answers(self):
        """The results it gave to clients in the last step."""
        step = self.run.steps[-1]
        return [effect.result for effect in step.effects if type(effect) is Respond]

    def runs(self, timer):
        return any(name == timer for _, name in self.run.state.host(ME).timers)

    def restarted(self, timer):
        """Whether the last step set `timer`: it was not running, or it now ends otherwise."""
        before, after = (
            [ends for ends, name in step.state.host(ME).timers if name == timer]
            for step in self.run.steps[-2:]
        )
        return bool(after) and before != after

    def must(self, holds, told):
        if not holds:
            raise Unmet(told, self.run)

    # -- what happens to it --

    def later(self, at=None, laid=()):
        """It is `at` ms (left out, 1 ms later than it was), and the messages `laid` are there:
        (from, message). Nothing else happens meanwhile, whatever is due: the check decides."""
        step = self.run.steps[-1]
        old = step.state
        now = old.time + 1 if at is None else at
        laid = [Envelope(src, ME, message, now, now, old.step_no) for src, message in laid]
        step.state = State(
            old.config, old.step_no, now, old.hosts, (*laid, *old.network), old.cuts, old.dials
        )

    def gets(self, src, message):
        """`message` arrives from `src`."""
        self.later(laid=[(src, message)])
        return self._sent(Deliver(src, ME, message))

    def fires(self, timer, at=None):
        self.must(self.runs(timer), f"its {timer} timer does not run, so it cannot run out")
        self.later(at)
        return self._sent(Fire(ME, timer))

    def asks(self, command=("set", "y", 1), client=None, serial=1):
        """A client asks for `command`."""
        self.later()
        return self._sent(Request(ME, command, client, serial))

    def _sent(self, action):
        self.run.take(action)
        state = self.run.state
        return [
            (e.dst, e.message) for e in state.network
            if e.src == ME and e.sent_step == state.step_no
        ]  # fmt: skip

    # -- what often happens to it --

    def answer(self, src, message, kind):
        """Its answer of this kind to `message` from `src`; not met if there is none."""
        sent = self.gets(src, message)
        found = [m for dst, m in sent if dst == src and type(m) is kind]
        self.must(found, f"it does not answer {src}'s {type(message).__name__}")
        return found[-1]

    def appended(self, src, term, prev=0, prev_term=0, entries=(), commit=0):
        """Its answer to an AppendEntries."""
        message = AppendEntries(term, src, prev, prev_term, tuple(entries), commit)
        return self.answer(src, message, AppendEntriesReply)

    def stored_by(self, *peers, index=None):
        """`peers` say that they store everything up to `index` (left out, up to its last)."""
        sent = []
        for peer in peers:
            last = self.seen.log.last_index if index is None else index
            sent += self.gets(peer, AppendEntriesReply(self.term, True, last))
        return sent

    def elected(self):
        """It stands, and gets the votes it needs."""
        self.fires("election")
        self.term = self.seen.term
        for peer in self.peers[: len(self.peers) // 2 + len(self.peers) % 2]:
            if self.seen.role != "leader":
                self.gets(peer, RequestVoteReply(self.term, True))
        self.must(self.seen.role == "leader", "a majority voted for it, and it does not lead")
        return self

    def let_pass(self, ms):
        """Let `ms` pass for it alone: what the others would do does not happen."""
        end = self.run.now + ms
        sent = []
        while True:
            timers = [one for one in self.run.state.host(ME).timers if one[0] <= end]
            if not timers:
                return sent
            sent += self.fires(min(timers)[1], min(timers)[0])

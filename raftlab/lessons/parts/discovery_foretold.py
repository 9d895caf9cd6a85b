"""Service discovery: what a list of instances tells, and when it is wrong, foretold."""

from ..exercise import Wrong
from ..foretold import Cell, foretell
from ..situation import listed, new_cluster

OLD, NEW = 1, 2
STILL = 1500  # ms that an instance stands still: longer than its lease
APART = 3  # ms between two changes, less than a message takes


class Case:
    """What one seed draws, as runs of their own: `local` and `confirmed` (the same cut, with two
    kinds of reads), `leased` and `watched`; and the positions in them at which one looks."""

    def __init__(self, luck):
        self.local, self.confirmed = _Cut(luck, "follower-reads"), _Cut(luck, "read-index")
        self.leased, self.watched = _Leased(luck), _Watched(luck, luck.between(3, 6))

    @property
    def told(self):
        return " ".join(one.told for one in (self.local, self.leased, self.watched))

    @property
    def is_usual(self):
        return all((self.local.leader, self.confirmed.leader, self.leased.successor))


class _Cut:
    """x was 1. The leader is cut off with one other; the three elect, x becomes 2, and both sides
    are asked for it."""

    def __init__(self, luck, reads):
        self.run = run = new_cluster(5, luck, f"raft+{reads}")
        run.until(lambda run: run.leader)
        run.run(100)
        run.request(("set", "x", OLD))
        run.run(200)
        self.old = run.leader
        others = luck.shuffled([id for id in run.state.config.servers if id != self.old])
        self.two, self.three = sorted([self.old, others[0]]), sorted(others[1:])
        run.partition(self.two, self.three)
        run.run(1000)
        self.leader = next((id for id in self.three if run[id].role == "leader"), None)
        if self.leader is None:
            return
        run.request(("set", "x", NEW), to=self.leader)
        run.run(100)
        for asked in (self.old, self.leader):
            run.request(("get", "x"), to=asked)
        run.run(200)

    @property
    def told(self):
        beside = listed([id for id in self.two if id != self.old])
        return f"{self.old} led and is cut off with {beside}; {self.leader} leads the others."

    def read(self, server):
        """What a read of x at this server gave, until the end."""
        op = next(op for op in self.run.operations() if (op.client, op.call[0]) == (server, "get"))
        words = {OLD: "old", NEW: "new"}
        return words.get(op.result, "no answer") if op.status == "ok" else "no answer"


class _Leased:
    """A primary holds its office by a lease, and stands still for longer than that lasts."""

    def __init__(self, luck):
        self.run = run = new_cluster(3, luck, "primary")
        run.until(lambda run: _holder(run), limit=5000)
        run.run(300)
        self.holder = _holder(run)
        self.successor = None
        if self.holder is None:
            return
        run.pause(self.holder)
        run.run(STILL)
        held = run[run.leader].machine.data["primary"] if run.leader else "-/0"
        self.successor = held.partition("/")[0]
        self.late = run.position
        run.resume(self.holder)
        self.resumed = run.position
        self.believes = run.state.observe(self.holder).role == "primary"
        run.run(300)

    @property
    def told(self):
        return (
            f"{self.holder} holds an office by a lease of 500 ms and stands still for {STILL:,} ms."
        )


def _holder(run):
    ids = ("D1", "D2", "D3")
    return next((id for id in ids if run.state.observe(id).role == "primary"), None)


class _Watched:
    """Two watchers; changes come in quick succession, then more while both are cut off."""

    def __init__(self, luck, count):
        self.run = run = new_cluster(3, luck, "watched")
        run.until(lambda run: run.leader)
        run.run(500)
        self.quick = range(1, count + 1)
        for new in self.quick:
            run.request(("set", "config", new))
            run.run(APART)
        run.run(600)
        self.after_quick = run.position
        run.partition(run.state.config.servers, ["once", "stream"])
        self.missed = range(count + 1, 2 * count + 1)
        for new in self.missed:
            run.request(("set", "config", new))
            run.run(60)
        run.heal()
        run.run(1000)

    @property
    def told(self):
        return (
            f"{len(self.quick)} changes come {APART} ms apart, and as many while both watchers are "
            "cut off."
        )

    def saw(self, watcher, changes, at):
        """How many of `changes` a watcher has seen: all, the last with some missing, or less."""
        seen = self.run.steps[at].state.observe(watcher).fields["seen"]
        if all(new in seen for new in changes):
            return "all"
        return "the last" if changes[-1] in seen else "less"


def drawn(luck):
    case = Case(luck)
    return case if case.is_usual else None


def _read(of, leader):
    def seen(case):
        cut = getattr(case, of)
        return cut.read(cut.leader if leader else cut.old), len(cut.run), cut

    return seen


def _listed(case):
    leased = case.leased
    gone = leased.successor != leased.holder
    return "no longer listed" if gone else "still listed", leased.late, leased


def _believes(case):
    return case.leased.believes, case.leased.resumed, case.leased


def _saw(watcher, quick):
    def seen(case):
        watched = case.watched
        at = watched.after_quick if quick else len(watched.run)
        return watched.saw(watcher, watched.quick if quick else watched.missed, at), at, watched

    return seen


_THESIS = "Ongaro's dissertation"
_ONCE = (
    "The word of a change says that there was one. Until the watcher has read and watches anew, "
)
CELLS = (
    Cell("asked at the old leader, its own copy says", {
        "old": "",
        "new": "Nobody of the larger side reaches it, so it cannot have the new one.",
        "no answer": "A copy of its own needs nobody else: it answers at once, and cannot know "
                     "that the answer is outdated.",
    }, f"{_THESIS} §6.4", _read("local", False)),
    Cell("asked there, a read that a majority confirms gives", {
        "no answer": "",
        "old": "It would have to ask a majority first whether it still leads, and two of "
                         "five are none: rather no answer than a wrong one.",
        "new": "It cannot have it, and may not answer before a majority says that it "
                         "still leads.",
    }, f"{_THESIS} §6.4", _read("confirmed", False)),
    Cell("asked at the new leader, such a read gives", {
        "new": "",
        "old": "The new leader committed the new value itself.",
        "no answer": "Three of five confirm that it leads: here a majority is within reach.",
    }, f"{_THESIS} §6.4", _read("confirmed", True)),
    Cell("who stands still past its lease is then", {
        "no longer listed": "",
        "still listed": "A lease ends by itself when nobody renews it: that is what it is for. The "
                        "cluster decides when, and gives it to another.",
    }, f"{_THESIS} §6.4.1; leases", _listed),
    Cell("when it goes on, it still believes that it is listed", {
        True: "",
        False: "Nobody tells a process that stands still. It finds out when it looks, and until "
               "then acts on what it knew: hence fencing tokens.",
    }, "leases and pauses", _believes),
    Cell("of quick changes a one-shot watch sees", {
        "the last": "",
        "all": _ONCE + "others pass unseen.",
        "less": "It reads after the word, so it ends with the latest value: what it "
                             "misses is in between.",
    }, "watches", _saw("once", True)),
    Cell("of quick changes a stream from a revision sees", {
        "all": "",
        "the last": "Each change has a revision, and the stream carries every one of them "
                             "in order.",
        "less": "Each change has a revision, and the stream carries every one of them "
                             "in order.",
    }, "watches", _saw("stream", True)),
    Cell("of changes during a cut the one-shot watch sees later", {
        "the last": "",
        "all": "When it is back it reads what is there now. That others were there before "
                       "is written nowhere.",
        "less": "When it is back it reads and watches anew, and finds what is there "
                             "now.",
    }, "watches", _saw("once", False)),
    Cell("of changes during a cut the stream sees later", {
        "all": "",
        "the last": "It says up to which revision it has heard, and gets what came "
                             "behind, as far as the history reaches.",
        "less": "It asks again from its last revision when it is back.",
    }, "watches", _saw("stream", False)),
)  # fmt: skip

RIGHT = {
    "asked at the old leader, its own copy says": "old",
    "asked there, a read that a majority confirms gives": "no answer",
    "asked at the new leader, such a read gives": "new",
    "who stands still past its lease is then": "no longer listed",
    "when it goes on, it still believes that it is listed": True,
    "of quick changes a one-shot watch sees": "the last",
    "of quick changes a stream from a revision sees": "all",
    "of changes during a cut the one-shot watch sees later": "the last",
    "of changes during a cut the stream sees later": "all",
}

foretell(
    "discovery/foretell",
    table="behaviour",
    cells=CELLS,
    kind="discovery-foretold",
    draw=drawn,
    asks="Reads, leases and watches: what does a client of each kind see?",
    hints=(
        "Who answers a read alone can answer at any time, and cannot know how old its copy is. Who "
        "must ask a majority first may have to stay silent.",
        "A lease is over when the cluster says so. Who tells a process that stands still?",
        "A one-shot watch: word, read, watch anew. What happens between the word and the read? A "
        "stream: every change has a number, so a gap can be seen, and asked for.",
    ),
    reference=RIGHT,
    wrong={
        "always fresh": Wrong(
            {**RIGHT, "asked at the old leader, its own copy says": "new",
             "asked there, a read that a majority confirms gives": "new"},
            "that there is consensus inside does not make every read fresh: that depends on "
            "whom the reader asks, and whether that one asks others first",
        ),
        "watch sees all": Wrong(
            {**RIGHT, "of quick changes a one-shot watch sees": "all",
             "of changes during a cut the one-shot watch sees later": "all"},
            "you took a watch for a queue. It says that something changed; what it was in between "
            "is gone",
        ),
        "knows at once": Wrong(
            {**RIGHT, "when it goes on, it still believes that it is listed": False},
            "one cell: the cluster ends a lease, and whoever stood still learns of it later",
        ),
        "stream like a watch": Wrong(
            {**RIGHT, "of quick changes a stream from a revision sees": "the last",
             "of changes during a cut the stream sees later": "the last"},
            "a stream has numbers: it can be told from where to go on, and that is its point",
        ),
    },
    why="how old an answer may be, who notices that an instance is gone, and what a watcher may "
        "miss: these three decide more often than the name of the protocol inside",
    read="13-raft-in-practice (reads), 16-what-leaders-are-for (leases)",
    minutes=12,
    misconceptions=("M6", "M14"),
)  # fmt: skip

"""What "Naive designs that fail" says has happened, has happened (as `claims.py`)."""

from functools import cache

from claims import Seen, claimed, told

import raftlab as rl
from raftlab.core import Crash, Drop, NotLeader, Partition

LAST = "configured-quorum"
HERE = "02-naive-designs-that-fail"
X1, X2, X3, GET = ("set", "x", 1), ("set", "x", 2), ("set", "x", 3), ("get", "x")


def held(seen, *ids):
    return [seen[id].data.data.get("x") for id in ids or seen.ids]


def primaries(seen):
    return [id for id in seen.ids if seen[id].role == "leader"]


@cache
def found(design):
    """What the search finds, as it found it in the cell."""
    return Seen(rl.explore(design, progress=False).run)


def said_yes(action):
    """To whom a message says yes."""
    return action.dst if action.message.yes else None


def trouble(seen):
    return [step for step in seen.steps if isinstance(step.action, (Crash, Drop, Partition))]


CLAIMS = [
    ("import", "Nothing: the write was *done*, its client was told so, and a later read does not"
     " see it. The message to `S2` is still on its way.",
     lambda at: told(*at.one.ops) == [(X1, 1, "ok"), (GET, None, "ok")] and at.value.ok is False
     and "S2" in [e.dst for e in at.one.state.network]),
    ("crossing", "`S3` heard of `x=1` after its own write and holds 1; `S1` and `S2` heard of `x=2`"
     " last and hold 2.", lambda at: held(at.cross) == [2, 2, 1]),
    ("crossing", "Nothing is on its way any more (no message, no timer)",
     lambda at: not at.cross.state.network and not any(h.timers for h in at.cross.state.hosts)
     and not at.cross.acted("Drop")),
    ("search-one", "Two events: a write, and a read elsewhere.",
     lambda at: [a.command for a in at.value.actions] == [X1, GET]
     and at.value.actions[0].node != at.value.actions[1].node),
    ("all-reads", "The first reader saw it, the second one, who asked *afterwards*, did not.",
     lambda at: told(*at.every.ops) == [(X1, 1, "ok"), (GET, 1, "ok"), (GET, None, "ok")]
     and at.every.ops[2].invoked_at > at.every.ops[1].completed_at and at.value.ok is False),
    ("all-crash", "No answer after a minute, and none as long as `S3` is down.",
     lambda at: told(at.value) == [(X2, None, "unknown")] and at.every.up == ["S1", "S2"]
     and at.every.now - at.value.invoked_at == 60_000 and not at.every.state.network),
    ("all-crash", "If each server is up 99 % of the time, independently, all three are up 97 % of"
     " the time", lambda at: round(100 * 0.99**3) == 97),
    ("primary-cut", "Two: `S1`, which never noticed anything, and `S3`, which missed it.",
     lambda at: primaries(at.pair) == ["S1", "S3"]),
    ("primary-cut", "A backup that has missed the primary for 150 to 300 ms takes its place.",
     lambda at: at.pair["S1"].election_timeout == (150, 300)
     and at.pair["S1"].heartbeat_interval == 50),
    ("two-writes", "All, and once 3 is written and answered, one read says 3 and the other 1: no"
     " order of these five explains it. Each side goes on as if it were the whole",
     lambda at: told(*at.pair.ops) == [(X1, 1, "ok"), (X2, 2, "ok"), (X3, 3, "ok"),
                                       (("get", "x"), 1, "ok"), (("get", "x"), 3, "ok")]
     and at.value.ok is False),
    ("primary-after", "It is gone: `S1` took over the data of `S3`, and nobody tells the client.",
     lambda at: held(at.pair) == [3] * 5 and primaries(at.pair) == ["S3"]
     and told(at.pair.ops[0]) == [(X1, 1, "ok")]
     and ("S1", ("S3",)) in [(who, f) for _, who, f in at.pair.told("steps-down")]),
    ("search-primary", "Four, without any cut, crash or loss: `S1` becomes primary, does a write,"
     " `S2`'s timer runs out before it has heard of that, and `S2` is asked.",
     lambda at: [(getattr(a, "node", None), type(a).__name__)
                 for a in (s.action for s in found("primary-without-quorum").steps[1:])]
     == [("S1", "Fire"), ("S1", "Request"), ("S2", "Fire"), ("S2", "Request")]),
    ("reach", "Both writes were answered, so there are two again.",
     lambda at: told(*at.reach.ops) == [(X1, 1, "ok"), (X2, 2, "ok")]
     and primaries(at.reach) == ["S1", "S3"] and held(at.reach) == [1, 1, 2, 2, 2]),
    ("counted", "`S1`, cut off from the primary `S3`, “counts 2 of 2 within reach, in a cluster of"
     " 5: enough”. Two of two is a majority, and so is three of three.",
     lambda at: "S1 counts 2 of 2 within reach, in a cluster of 5: enough" in at.shown
     and {(who, f[1:]) for _, who, f in at.reach.told("is-enough")}
     == {("S1", (2, 5)), ("S3", (3, 5))}),
    ("configured", "Only the side of three.", lambda at: told(*at.right.ops)[1] == (X2, 2, "ok")
     and primaries(at.right) == ["S3"]),
    ("configured", "their client is sent away, to `S3`, which it cannot reach: it *knows* that its"
     " write did not happen", lambda at: at.right.ops[0].status == "fail"
     and at.right.ops[0].result == NotLeader("S3") and ("S1", "S3") in at.right.state.cuts),
    ("search-configured", "No, and it takes no crash and no cut, only 15 events.",
     lambda at: len(found(LAST).steps) == 16 and not trouble(found(LAST))),
    ("search-configured", "`S1` misses the primary, and says so to `S2` (event 4) *and* to `S3`"
     " (event 8): each counts two of three, and leads.",
     lambda at: [said_yes(found(LAST).steps[n].action) for n in (4, 8)] == ["S2", "S3"]
     and [(who, f) for _, who, f in found(LAST).told("has-enough")]
     == [("S2", (2, 2, 3)), ("S3", (2, 2, 3))] and primaries(found(LAST)) == ["S2", "S3"]),
    ("search-configured", "It stores `x=1` for `S2`, and a moment later takes over `S3`'s data, in"
     " which there is no `x`.", lambda at: held(found(LAST)) == [None, 1, None]
     and [f for _, who, f in found(LAST).told("copies") if who == "S1"] == [("S2",), ("S3",)]),
    ("raft", "Nothing broke, and everything within the bounds was seen, two leaders in one run"
     " included", lambda at: at.value.ok is True and at.value.seen[0] == 2),
    ("all-designs", "here is how many events the shortest history it finds has",
     lambda at: [line.split()[-1] for line in at.printed.splitlines()]
     == ["broken", "2", "3", "4", "6", "15"]),
    ("predict-split", "A last question, about Raft and a cut",
     lambda at: "A cut parts" in at.value.ask),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


def test_crossing_writes_break_the_design_that_waits_for_all_as_well():
    """What the reader is told to try."""
    run = rl.cluster("write-to-all", servers=3, seed=1)
    run.request(X1, to="S1")
    run.request(X2, to="S3")
    run.run(1000)
    assert len({str(run[id].data.data) for id in ("S1", "S2", "S3")}) == 2
    assert [op.status for op in run.operations()] == ["ok", "ok"]


def test_the_lab_begins_where_all_three_have_just_missed_the_primary():
    run = rl.scenario("naive/configured-quorum")
    assert all(run[id].misses for id in ("S1", "S2", "S3")) and len(run.state.network) == 6

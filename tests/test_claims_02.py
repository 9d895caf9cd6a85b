"""What "Naive designs that fail" says has happened, has happened (as `claims.py`)."""

import re
from functools import cache

from claims import Seen, claimed, told

import raftlab as rl
from raftlab.core import Crash, Drop, Partition

LAST = "configured-quorum"
HERE = "02-naive-designs-that-fail"
X1, X2, ADD, GET = ("set", "x", 1), ("set", "x", 2), ("add", "x", 1), ("get", "x")


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
    ("import", "Nothing: the client of the write was told that it is done, and a later read does"
     " not see it.",
     lambda at: told(*at.one.ops) == [(X1, 1, "ok"), (GET, None, "ok")] and at.value.ok is False
     and "S2" in [e.dst for e in at.one.state.network]),
    ("crossing", "Both, for ever: `S1` and `S2` heard of `x=2` last and hold 2, `S3` heard of `x=1`"
     " last.", lambda at: held(at.cross) == [2, 2, 1]),
    ("crossing", "Nothing is on its way any more",
     lambda at: not at.cross.state.network and not any(h.timers for h in at.cross.state.hosts)
     and not at.cross.acted("Drop")),
    ("all-reads", "Until it is answered, a write may count as done or not yet, but not as done"
     " first and not done later.",
     lambda at: told(*at.every.ops) == [(X1, 1, "ok"), (GET, 1, "ok"), (GET, None, "ok")]
     and at.every.ops[2].invoked_at > at.every.ops[1].completed_at and at.value.ok is False),
    ("all-crash", "No answer after a minute, and none as long as `S3` is down.",
     lambda at: told(at.value) == [(X2, None, "unknown")] and at.every.up == ["S1", "S2"]
     and at.every.now - at.value.invoked_at == 60_000 and not at.every.state.network),
    ("all-crash", "If each server is up 99 % of the time, independently, all three are up 97 % of"
     " the time", lambda at: round(100 * 0.99**3) == 97),
    ("primary-cut", "Two: `S1`, which never noticed anything, and `S3`, which missed it.",
     lambda at: primaries(at.pair) == ["S1", "S3"]),
    ("primary-cut", "Who has missed it for 150 to 300 ms takes its place.",
     lambda at: at.pair["S1"].election_timeout == (150, 300)
     and at.pair["S1"].heartbeat_interval == 50),
    ("two-writes", "All, with 1, 1 and 2: of one copy, three additions make 3.",
     lambda at: told(*at.pair.ops) == [(ADD, 1, "ok"), (ADD, 1, "ok"), (ADD, 2, "ok")]
     and at.value.ok is False),
    ("primary-heals", "2: `S1` took over the data of `S3`; an addition that was answered is gone",
     lambda at: held(at.pair) == [2] * 5 and primaries(at.pair) == ["S3"]
     and told(at.pair.ops[0]) == [(ADD, 1, "ok")]
     and ("S1", ("S3",)) in [(who, f) for _, who, f in at.pair.told("steps-down")]),
    ("search-primary", "Four, without any cut, crash or loss: `S1` becomes primary, does a write,"
     " `S2`'s timer runs out before it has heard of that, and `S2` is asked.",
     lambda at: [(getattr(a, "node", None), type(a).__name__)
                 for a in (s.action for s in found("primary-without-quorum").steps[1:])]
     == [("S1", "Fire"), ("S1", "Request"), ("S2", "Fire"), ("S2", "Request")]),
    ("reach", "The primary is `S3`",
     lambda at: [who for _, who, _ in at.reach.told("takes-over")][-2:] == ["S3", "S1"]),
    ("reach", "It does: `S1` “counts 2 of 2 within reach, in a cluster of 5: enough”.",
     lambda at: "S1 counts 2 of 2 within reach, in a cluster of 5: enough" in at.shown
     and primaries(at.reach) == ["S1", "S3"]),
    ("counted", "The old value, and a majority has confirmed it.",
     lambda at: told(*at.reach.ops) == [(X1, 1, "ok"), (X2, 2, "ok"), (GET, 1, "ok")]
     and at.value.ok is False and {(who, f[1:]) for _, who, f in at.reach.told("is-enough")}
     == {("S1", (2, 5)), ("S3", (3, 5))}),
    ("configured", "Only `x=2`. Both believe that they are primary, but two are no majority of"
     " five: `S3` is alive, and of no use.",
     lambda at: told(*at.right.ops) == [(X1, None, "unknown"), (X2, 2, "ok")]
     and primaries(at.right) == ["S3", "S5"]
     and at.right.now - at.right.ops[0].invoked_at == 60_000),
    ("configured", "the other side chooses `S5`",
     lambda at: [who for _, who, _ in at.right.told("takes-over")][-2:] == ["S3", "S5"]),
    ("predict-majority", "Its primary is called *leader*, and the servers *vote* for it",
     lambda at: "votes" in at.value.ask and "leader" in at.value.ask),
    ("search-configured", "No, and it takes no crash and no cut, only 15 events.",
     lambda at: len(found(LAST).steps) == 16 and not trouble(found(LAST))),
    ("search-configured", "`S1` says yes to `S2` (event 4) *and* to `S3` (event 8): each counts"
     " two of three, and leads.",
     lambda at: [said_yes(found(LAST).steps[n].action) for n in (4, 8)] == ["S2", "S3"]
     and [(who, f) for _, who, f in found(LAST).told("has-enough")]
     == [("S2", (2, 2, 3)), ("S3", (2, 2, 3))] and primaries(found(LAST)) == ["S2", "S3"]),
    ("search-configured", "`S1` stores `x=1` for `S2`, and then takes over `S3`'s data, in"
     " which there is no `x`.", lambda at: held(found(LAST)) == [None, 1, None]
     and [f for _, who, f in found(LAST).told("copies") if who == "S1"] == [("S2",), ("S3",)]),
    ("left-out", "Each falls within nine events: two leaders of one term; something decided that is"
     " removed; a leader that lacks something decided.",
     lambda at: [line.split()[1] for line in at.printed.splitlines()] == ["6", "9", "9"]
     and [word in line for word, line in zip(("both lead term 1", "removed entry 1, which it knew",
          "leads term 2 without entry 1"), at.printed.splitlines(), strict=True)] == [True] * 3),
    ("raft", "Nothing broke, and everything within the bounds was seen, two leaders in one run"
     " included", lambda at: at.value.ok is True and at.value.seen[0] == 2),
    ("all-designs", "how many events does the shortest history within them have?",
     lambda at: [line.split()[1] for line in at.printed.splitlines()]
     == ["none", "2", "3", "4", "6", "15"]),
    ("all-designs", "two servers are enough for the fifth, and the second stale read took a third"
     " request", lambda at: [re.findall(r"(\d) (?:servers|requests)", line)
                             for line in at.printed.splitlines()[2:5:2]]
     == [["3", "3"], ["2", "2"]]),
    ("all-designs", "15 may not be the least, but none of these events can be left out",
     lambda at: "none of its events can be left out" in repr(rl.explore(LAST, progress=False))),
    ("all-designs", "The `coordinator` may crash and still says nothing wrong",
     lambda at: "1 crash" in at.printed.splitlines()[0]),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


def test_the_lab_begins_where_all_three_have_just_missed_the_primary():
    run = rl.scenario("naive/configured-quorum")
    assert all(run[id].misses for id in ("S1", "S2", "S3")) and len(run.state.network) == 6


# -- now you drive ---------------------------------------------------------------------------


def led(run, *yes):
    """Let these answers to candidates be asked for and given; then S2 and S3 count."""
    for candidate, voter in yes:
        run.deliver("MayILead", candidate, voter)
        run.deliver("YouMay", voter, candidate)
    run.fire("S2", "count")
    run.fire("S3", "count")
    return run


def test_two_lead_by_the_yes_of_one_and_answer_against_each_other():
    """The first two tasks."""
    run = led(rl.scenario("naive/configured-quorum"), ("S2", "S1"), ("S3", "S1"))
    assert primaries(Seen(run)) == ["S2", "S3"]
    for leader, command in (("S2", X1), ("S3", GET)):
        run.request(command, to=leader)
        for envelope in [e for e in run.state.network if (e.src, e.dst) == (leader, "S1")]:
            if type(envelope.message).__name__ == "Lead":
                run.deliver("Lead", leader, "S1")
                run.deliver("Following", "S1", leader)
    found = rl.linearizable(run)
    assert told(*run.operations()) == [(X1, 1, "ok"), (GET, None, "ok")]
    assert found.ok is False and "only 1 could be the answer" in found.text


def test_the_yes_of_another_candidate_is_as_good():
    run = led(rl.scenario("naive/configured-quorum"), ("S2", "S1"), ("S3", "S2"))
    assert primaries(Seen(run)) == ["S2", "S3"]


def test_on_some_seeds_two_lead_though_nothing_fails():
    found = []
    for seed in (1, 2, 3, 4):
        run = rl.cluster("configured-quorum", servers=3, seed=seed)
        run.run(2000)
        most = max(
            sum(step.state.observe(id).role == "leader" for id in ("S1", "S2", "S3"))
            for step in run.steps
        )
        found.append(most)
        assert not trouble(Seen(run))
    assert found == [1, 1, 2, 2]

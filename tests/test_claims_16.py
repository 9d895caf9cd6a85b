"""What "What leaders are for" says has happened, has happened (as `claims.py`)."""

import pytest
from claims import claimed, prose, told

import raftlab as rl
from raftlab.checks.holding import one_holder
from raftlab.core import Refused

HERE = "16-what-leaders-are-for"
ADD = ("add", "x", 1)
LATE = Refused("token 1 is older than 2")
GIVEN_UP = Refused("its lease ran out before it had written")


def scene(name, **more):
    return rl.scenario(f"uses/{name}", at="end", **more)


def timer_first(seen):
    """(the operations, what the disk holds) if A's timer rings before the disk's answer comes."""
    run = rl.cluster("lock!takes-any-token", servers=3, seed=3)
    for step in seen.steps[1:]:
        run.take(step.action)
    run.resume("A")
    run.fire("A", "lease-1")
    run.run(500)
    return run.operations(), run["disk"].data


def happened_after_the_pause(seen):
    """What came to A from its resuming on, in its order."""
    came = [s.action for s in seen.steps
            if "A" in (getattr(s.action, "dst", ""), getattr(s.action, "node", ""))]  # fmt: skip
    names = [getattr(one, "timer", type(one).__name__) for one in came]
    return names[names.index("Resume") :][:4]


CLAIMS = [
    # -- the lock --
    ("lock", "`A` holds the lock (the hexagon) and has just asked the disk for `x`.",
     lambda at: at.lock["A"].token == 1 and "Read(token=1, key=x) A→disk" in at.shown),
    ("lock", "after 500 ms without a word the cluster takes it back. Its holder stops when a timer"
     " of its own rings, after 350 ms",
     lambda at: at.lock["S1"].ttl == 500 and at.lock["A"].lease_time == 350),
    ("paused", "the lease of `A` ran out, `B` got the lock, read nothing, wrote 1, was answered,"
     " and let go. `A` has no answer.", lambda at: at.value[0] == {"x": 1}
     and told(*at.lock.ops) == [(ADD, None, "unknown"), (ADD, 1, "ok")]
     and at.lock["S1"].machine.data == {"lock": "-/2"}),
    ("resumed", "Both were told *done*, and `x` is 1.",
     lambda at: told(*at.lock.ops) == [(ADD, 1, "ok")] * 2 and at.lock["disk"].data == {"x": 1}
     and at.value.ok is False and "disk does x=1 of A, by lease 1, after" in at.printed),
    ("resumed", "The disk's answer came first, by chance: `A` computed 0 + 1 from it and wrote;"
     " its timer rang right after that.", lambda at: happened_after_the_pause(at.lock)
     == ["Resume", "Deliver", "renew", "lease-1"]),
    ("paused", "Had it rung first, `A` would have given up.",
     lambda at: (lambda ops, x: told(*ops) == [(ADD, GIVEN_UP, "fail"), (ADD, 1, "ok")]
     and x == {"x": 1})(*timer_first(at.lock))),
    ("rule", "This is the rule that was left out:", lambda at: "Disk.admits" in at.shown),
    ("fenced", "Two holders again, 1 and 2;", lambda at: at.printed == "tokens: 1 2\n"
     and one_holder(at.runs["fenced"].run).ok is False),
    ("fenced", "the disk had seen 2, `A` came with 1, and its request is *refused*",
     lambda at: told(*at.fenced.ops) == [(ADD, LATE, "fail"), (ADD, 1, "ok")]
     and not at.fenced.verdicts),
    ("late-write", "Never two holders: `A` stopped at 586 ms, `B` began at 888.",
     lambda at: at.printed.count("A stops at 586 ms, B begins at 888 ms") == 2
     and one_holder(at.late.run).ok is True),
    ("late-write", "two were answered and `x` is 1; with the fence, one was refused",
     lambda at: "{'x': 1} [1, 1]" in at.printed and f"{{'x': 1}} [{LATE!r}, 1]" in at.printed),
    ("late-write", "if clocks run alike and nobody stands still", lambda at: any(
        facts[1] == 1 for _, who, facts in at.late.told("lease-ran-out") if who == "A")),
    ("search-fenced", "No stale write; and two holders after 8 events.",
     lambda at: at.printed.startswith("Nothing broke, and everything within the bounds was seen.")
     and "Broken after 8 events:\n  A and B both believe" in at.printed
     and "with 1 server" in at.printed and "no crashes" in at.printed),
    ("reads-too", "The search needs 16 events for that",
     lambda at: len(rl.explore("lock!fences-writes-only", progress=False).actions) == 16),
    ("reads-too", "Both writes came in the order of their tokens",
     lambda at: rl.explore("lock!fences-writes-only", progress=False).run["disk"].done
     == ("x=1@A/1", "x=1@B/2")),
    # -- the primary --
    ("async", "`x=2` was acknowledged, and is gone.", lambda at: at.value.ok is False
     and [op.result for op in at.data.ops] == [1, 2, 1]),
    ("async", "there were never two primaries: `D1` had stopped when `D3` began",
     lambda at: one_holder(at.runs["data"].run).ok is True
     and "when D3 begins: [None, None, 2]" in at.printed),
    ("majority", "Nothing: *unknown*, and honest.", lambda at: at.printed == "True ()\n"
     and at.value[1].call == ("set", "x", 2) and at.value[1].status == "unknown"),
    ("epochs", "Without epochs `D3` obeys both, in turn, and each overwrites the other:"
     " `x=1` is answered last, and `D2` still says 2 (`False`: not linearizable).",
     lambda at: at.printed.startswith("primary!obeys-old-primaries"
     " [('D2', 'ok', 2), ('D1', 'ok', 1), ('D2', 'ok', 2)]\n    ['D1 does x=1 of D1, by lease 1,"
     " after x=2 of D2, by lease 2'] False\n")
     and scene("obeys-old-primaries")["D3"].data == {"x": 1}
     and scene("obeys-old-primaries").state.time == scene(
         "obeys-old-primaries", protocol="primary").state.time),
    ("epochs", "two hexagons, two epochs", lambda at: [line[:20] for line in at.shown.splitlines()
     if ": primary" in line] == ["D1: primary, epoch 1", "D2: primary, epoch 2"]),
    ("epochs", "With them it refuses `D1`, which learns from it that its time is over.",
     lambda at: "primary [('D2', 'ok', 2), ('D1', 'unknown', None), ('D2', 'ok', 2)]\n    [] True"
     in at.printed
     and scene("obeys-old-primaries", protocol="primary")["D1"].token is None),
    ("epochs", "In the second story `D2` gives nothing, `None`, if it asks nobody, and 1 if it asks"
     " `D3`.", lambda at: "('D2', 'ok', None), ('D2', 'ok', None)]\n    [] False"
     in at.printed
     and at.printed.endswith("primary [('D1', 'ok', 1), ('D2', 'ok', 1), ('D2', 'ok', 1)]"
     "\n    [] True\n")),
    # -- jobs --
    ("twice", "All, some, none.", lambda at: at.printed.splitlines()[0].endswith(
        "{1: 40, 2: 40, 3: 40, 4: 40} of 40 runs") and at.printed.splitlines()[2].endswith(
        "{1: 0, 2: 0, 3: 0, 4: 0} of 40 runs")),
    ("twice", "span and seed decide whether it has", lambda at: at.printed.splitlines()[1].endswith(
        "{1: 13, 2: 9, 3: 13, 4: 13} of 40 runs")),
    # -- configuration --
    ("stale", "Version 1 in both. But first the deposed leader says *1*, then nothing",
     lambda at: [line.strip() for line in at.printed.splitlines()][::2]
     == ["config!answers-from-memory V1: 1 V2: 2", "config V1: 1 V2: 2"]
     and ": 1" in at.printed.splitlines()[1] and "no answer" in at.printed.splitlines()[3]),
    ("conditional", "The plain write always succeeds", lambda at: told(*at.value)[0][1:]
     == (3, "ok")),
    ("conditional", "The conditional one, *from 2 to 3*, is answered `False`",
     lambda at: [op.result for op in at.value] == [3, False, True]),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


# -- what the things to try in the lab show -------------------------------------------------


def story(protocol):
    """The lab's run where it stands, without the future that is recorded in it."""
    more = {"protocol": protocol} if protocol else {}
    return rl.scenario("uses/takes-any-token", **more).copy()


def until_over(crash):
    """How long after the pause of A the cluster's timer for its lease rings, in ms."""
    run = story(None)
    began = run.now
    run.pause("A")
    if crash:
        run.crash("S1")
    run.until(lambda run: run.leader and run[run.leader].machine.data.get("lock") == "-/1")
    return [
        round(step.state.time - began) for step in run.steps
        if getattr(step.action, "timer", None) == "lock"
    ]  # fmt: skip


def test_a_new_leader_of_the_cluster_makes_a_lease_last_longer_not_shorter():
    assert "it is over 796 ms after the pause; with `S1` alive, 485" in prose(HERE)
    assert (until_over(crash=True), until_over(crash=False)) == ([796], [485])


@pytest.mark.parametrize("pause, protocol, results", [
    (800, None, [1, 1]), (300, None, [1, 2]), (800, "lock", [LATE, 1]), (300, "lock", [1, 2]),
])  # fmt: skip
def test_how_long_a_holder_stands_still_decides_whether_an_addition_is_lost(
    pause, protocol, results
):
    run = story(protocol)
    run.pause("A")
    run.request(ADD, to="B")
    run.run(pause)
    run.resume("A")
    run.run(1000)
    assert [op.result for op in run.operations()] == results
    assert results != [1, 1] or run["disk"].done == ("x=1@B/2", "x=1@A/1")


@pytest.mark.parametrize("cut, protocol, results, x", [
    (True, None, [1, 1], 1), (False, None, [1, 2], 2), (True, "lock", [LATE, 1], 1),
])  # fmt: skip
def test_a_late_message_is_as_good_as_a_late_process_if_its_sender_cannot_renew(
    cut, protocol, results, x
):
    run = story(protocol)
    run.until(lambda run: run["A"].writing)
    run.delay("Write", "A", "disk", 1500)
    if cut:
        run.partition(["A"], ["S1", "S2", "S3"])
    run.request(ADD, to="B")
    run.run(2500)
    assert [op.result for op in run.operations()] == results and run["disk"].data == {"x": x}

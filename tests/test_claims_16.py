"""What "What leaders are for" says has happened, has happened (as `claims.py`)."""

import pytest
from claims import claimed, told

import raftlab as rl
from raftlab.checks.holding import one_holder
from raftlab.core import Refused

HERE = "16-what-leaders-are-for"
ADD = ("add", "x", 1)
LATE = Refused("token 1 is older than 2")


def scene(name, **more):
    return rl.scenario(f"uses/{name}", at="end", **more)


CLAIMS = [
    # -- the lock --
    ("lock", "`A` holds the lock (the hexagon) and has just asked the disk for `x`.",
     lambda at: at.lock["A"].token == 1 and "Read(token=1, key=x) A→disk" in at.shown),
    ("lock", "after 500 ms without a word the cluster takes it back",
     lambda at: at.lock["S1"].ttl == 500),
    ("paused", "the lease of `A` ran out, `B` got the lock, read nothing, wrote 1, was answered,"
     " and let go. `A` has no answer.", lambda at: at.value[0] == {"x": 1}
     and told(*at.lock.ops) == [(ADD, None, "unknown"), (ADD, 1, "ok")]
     and at.lock["S1"].machine.data == {"lock": "-/2"}),
    ("resumed", "Both were told *done*, and `x` is 1.",
     lambda at: told(*at.lock.ops) == [(ADD, 1, "ok")] * 2 and at.lock["disk"].data == {"x": 1}
     and at.value.ok is False and "disk does x=1 of A, by lease 1, after" in at.printed),
    ("resumed", "The answer of the disk had waited for `A`, so that came first",
     lambda at: (lambda kinds: kinds[kinds.index("Resume") + 1])(
         [type(s.action).__name__ for s in at.lock.steps
          if getattr(s.action, "dst", getattr(s.action, "node", "")) == "A"]) == "Deliver"),
    ("rule", "This is the rule that was left out:", lambda at: "Disk.admits" in at.shown),
    ("fenced", "Two holders again, 1 and 2.", lambda at: at.printed == "tokens: 1 2\n"
     and one_holder(at.runs["fenced"].run).ok is False),
    ("fenced", "the disk had seen 2, `A` came with 1, and its request is *refused*",
     lambda at: told(*at.fenced.ops) == [(ADD, LATE, "fail"), (ADD, 1, "ok")]
     and not at.fenced.verdicts),
    ("late-write", "two were answered and `x` is 1, or one was refused",
     lambda at: "any-token: {'x': 1}, [1, 1]" in at.printed
     and f"lock: {{'x': 1}}, [{LATE!r}, 1]" in at.printed),
    ("late-write", "so it stops being the holder, and knows it", lambda at: any(
        facts[1] == 1 for _, who, facts in at.late.told("lease-ran-out") if who == "A")),
    ("search-fenced", "No stale write in any of them; and two holders after 8 events.",
     lambda at: at.printed.startswith("Nothing broke, and everything within the bounds was seen.")
     and "Broken after 8 events:\n  A and B both believe" in at.printed),
    ("reads-too", "The search needs 16 events for that",
     lambda at: len(rl.explore("lock!fences-writes-only", progress=False).actions) == 16),
    ("reads-too", "Both writes came in the order of their tokens",
     lambda at: rl.explore("lock!fences-writes-only", progress=False).run["disk"].done
     == ("x=1@A/1", "x=1@B/2")),
    # -- the primary --
    ("async", "`x=2` was acknowledged, and is gone.", lambda at: at.value.ok is False
     and [op.result for op in at.data.ops] == [1, 2, 1]),
    ("async", "this time there were never two primaries",
     lambda at: one_holder(at.runs["data"].run).ok is True and "tokens: None 2" in at.printed),
    ("majority", "Nothing: *unknown*, and honest.", lambda at: at.printed == "True ()\n"
     and at.value[1].call == ("set", "x", 2) and at.value[1].status == "unknown"),
    ("epochs", "Without epochs `D3` obeys both, in turn, and each overwrites the other.",
     lambda at: "obey" in at.printed and scene("obeys-old-primaries")["D3"].data == {"x": 1}
     and scene("obeys-old-primaries").state.time == scene(
         "obeys-old-primaries", protocol="primary").state.time),
    ("epochs", "two hexagons, two epochs", lambda at: [line[:20] for line in at.shown.splitlines()
     if ": primary" in line] == ["D1: primary, epoch 1", "D2: primary, epoch 2"]),
    ("epochs", "With them it refuses `D1`, which learns from it that its time is over.",
     lambda at: "primary [('D2', 'ok'), ('D1', 'unknown')]\n    []" in at.printed
     and scene("obeys-old-primaries", protocol="primary")["D1"].token is None),
    # -- jobs --
    ("twice", "All of them, 13, none.", lambda at: [
        line.split(": ")[1].split()[0] for line in at.printed.splitlines()] == ["40", "13", "0"]),
    ("claims", "`job1` was assigned to both workers, and `W2` was the first to claim it.",
     lambda at: at.value["job1"] == "W2" and {"W1", "W2"} == {
         s.action.dst for s in at.claimed.steps
         if getattr(getattr(s.action, "message", None), "job", 0) == 1
         and type(s.action.message).__name__ == "Assign"}),
    # -- configuration --
    ("stale", "Version 1 in both.", lambda at: at.printed
     == "config!answers-from-memory 1 2 ok\nconfig 1 2 unknown\n"),
    ("conditional", "The plain write always succeeds", lambda at: told(*at.value)[0][1:]
     == (3, "ok")),
    ("conditional", "The conditional one, *from 2 to 3*, is answered `False`",
     lambda at: [op.result for op in at.value] == [3, False, True]),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


def test_a_new_leader_of_the_cluster_makes_a_lease_last_longer_not_shorter():
    """What the third thing to try in the lab shows."""
    run = rl.scenario("uses/takes-any-token")
    began = run.now
    run.pause("A")
    run.crash("S1")
    run.until(lambda run: run.leader and run[run.leader].machine.data.get("lock") == "-/1")
    assert run.now > began + 500


@pytest.mark.parametrize("pause, lost", [(800, True), (300, False)])
def test_how_long_a_holder_stands_still_decides_whether_an_addition_is_lost(pause, lost):
    """What the first two things to try in the lab show."""
    run = rl.scenario("uses/takes-any-token")
    run.pause("A")
    run.request(ADD, to="B")
    run.run(pause)
    run.resume("A")
    run.run(1000)
    assert run["disk"].data == {"x": 1 if lost else 2}
    assert all(op.status == "ok" for op in run.operations())

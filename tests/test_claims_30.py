"""What "Redis leader election" says has happened, has happened (as `claims.py`): on the model, on
the servers that this machine has, and on those that it would have otherwise."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from claims import claimed, prose, told

import raftlab as rl
from raftlab.checks.holding import one_holder
from raftlab.core import Refused
from raftlab.real import found
from raftlab.real.lock import new_owner
from raftlab.scenarios import find

pytestmark = pytest.mark.slow
HERE = "30-redis-leader-election"
ADD = ("add", "x", 1)
LATE = Refused("token 1 is older than 2")


def scene(name, **more):
    return rl.scenario(f"redis/{name}", at="end", **more)


def lines(at):
    return at.printed.splitlines()


CLAIMS = [
    # -- the lock has no end --
    ("setnx", "The next command ends it after 600 ms (`PEXPIRE`), should its holder"
     " die.", lambda at: at.lock["B"].ttl == 600
     and [command[0] for command in at.lock["B"].locks_by()] == ["SETNX", "PEXPIRE"]),
    ("setnx", "Never. After four seconds `S1` still holds `lock=A#1`, `A` is dead, and no timer"
     " will end it.", lambda at: at.lock["S1"].keys == {"lock": ("A#1", None)}
     and told(*at.lock.ops) == [(ADD, None, "unknown")] * 2 and at.lock.now > 4000
     and "S1: primary, lock=A#1, alive timer" in at.shown and "A: crashed" in at.shown),
    ("doctor", "The last line we shall need soon.", lambda at: "✓ Redis server" in at.printed
     or "~ Redis server" in at.printed),
    ("one-command", "−1 means: no end.", lambda at: "PTTL lock: -1. The key has no end." in
     at.printed and at.printed.count("B has it.") == 1
     and "nobody ever has it again" in at.printed),
    ("one-command", "(`B`, asked at 45 ms, is answered at 725)",
     lambda at: "B: x+=1, asked at 45 ms, answered at 725 ms: 1" in at.printed),
    # -- it is another's --
    ("deletes", "Two. `A` ended the lock of `B` and let the next one in; on the model it is `A`"
     " itself, with a new task.", lambda at: lines(at)[:2] == ["tokens in force: {'A': 3, 'B': 2}",
     "at S1, A ends B#6"] and lines(at)[-1] == "4. C gets it, and works beside B."),
    ("deletes", "Nobody had died or stood still.", lambda at: not at.blind.acted("Crash")
     and not at.blind.acted("Pause")),
    ("compare", "Whoever ends the lock compares first, and in one step", lambda at: lines(at)[:3]
     == ["[True, False]", "[False, 'A#1']", "[True, True, None]"]
     and lines(at)[-1] == "4. C does not get it: it is B's."),
    ("compare", "such as 20 random bytes",
     lambda at: len(new_owner("A").partition("#")[2]) == 40),
    # -- from when it counts --
    ("counts", "It does so when a third is over",
     lambda at: rl.real.Lease(None, ttl=600).renew_every == 200),
    ("counts", "From the answer: two holders, for as long as the answer took, less the margin. From"
     " the question: none", lambda at: lines(at)[:2] == [
         "redis-lock!counts-from-reply: tokens in force [1, 2]",
         "redis-lock: tokens in force [None, 2]"]
     and at.printed.count("A still believes to hold it.") == 1
     and at.printed.count("A has stopped before.") == 1),
    ("counts", "400 ms on the model, 300 on a real server", lambda at: "the answer takes 300 ms" in
     at.printed and "by 400" in find("redis/counts-from-reply").text),
    # -- held is not exclusion --
    ("paused", "Both are told *1*: one addition is lost; and job 7 runs twice.",
     lambda at: told(*at.paused.ops) == [(ADD, 1, "ok")] * 2 and at.paused["disk"].data == {"x": 1}
     and lines(at)[-1].endswith("is let in: job 7 runs twice.")),
    ("paused", "Neither Redis nor the clock of `A` did anything wrong.",
     lambda at: rl.linearizable(at.runs["paused"].run).ok is False),
    ("fenced", "Two holders still, 1 and 2; but only the newer can do anything.",
     lambda at: lines(at)[0] == "tokens in force: {'A': 1, 'B': 2}"
     and told(*at.fenced.ops) == [(ADD, LATE, "fail"), (ADD, 1, "ok")] and not at.fenced.verdicts
     and one_holder(at.runs["fenced"].run).ok is False and lines(at)[-1].endswith("is refused.")),
    # -- the primary --
    ("lost", "Two holders, and every rule was kept. The fence holds: the disk counts by itself, so"
     " `A` has 1 and `B` 2.", lambda at: lines(at)[0] == "tokens in force: {'A': 1, 'B': 2}"
     and told(*at.lost.ops) == [(ADD, LATE, "fail"), (ADD, 1, "ok")] and not at.lost.verdicts
     and lines(at)[-1].endswith("A and B both hold it.")),
    ("lost", "a *Sentinel* hears nothing for 300 ms",
     lambda at: at.lost["sentinel"].down_after == 300),
    ("counted-in-redis", "`A` may give the lock back if none has",
     lambda at: "No replica has it: A gives it back." in at.printed),
    ("counted-in-redis", "1 and 1. **The counter was lost together with the lock**",
     lambda at: "A and B both have the token 1" in at.printed
     and "by INCR the token 1.\n2. S2" in at.printed and "lets in both: they are the same."
     in at.printed and "4. The store lets in B, and refuses A." in at.printed),
    ("redlock-assumes", "It survives two crashes.", lambda at: lines(at)[0].endswith("[1, 2]")),
    ("redlock-assumes", "Three times both held it, and three times *the disk* refused `A`.",
     lambda at: [line.split(": ", 1)[1] for line in lines(at)[1:4]] == [f"[{LATE!r}, 1]"] * 3
     and all(one_holder(scene(story)).ok is False for story in
             ("redlock-restart", "redlock-clock-jumps", "redlock-pause"))
     and one_holder(scene("redlock-two-down")).ok is True),
    ("redlock-assumes", "A disk cures the restart. Against the jump nothing helps that Redlock has:"
     " both hold the lock, and the store has to compare their numbers.",
     lambda at: ["A and B both hold it" in one for one in at.printed.split("\n\n")[1:]]
     == [True, False, True, True] and "no token: both assign" in at.printed
     and at.printed.strip().endswith("B assigns the job, and A is refused.")),
    # -- jobs --
    ("duplicates", "nearly every run has its doubles with both of the first two",
     lambda at: "19 of 20" in at.shown.splitlines()[1]
     and "20 of 20" in at.shown.splitlines()[2]),
    ("duplicates", "Many, few, fewer, none", lambda at: sorted(
        (one["twice"] for one in at.value.summary()), reverse=True)
     == [one["twice"] for one in at.value.summary()] and at.value.summary()[-1]["twice"] == 0
     and at.value.summary()[-2]["twice"] > 0),
    ("naive", "The old scheduler assigns job 300, and goes on to 1,000. So does the new one: 701"
     " jobs twice.",
     lambda at: [(one.done, one.twice, one.refused)
     for one in (at.names["naive"],)] == [(1000, 701, 0)]),
    ("variants", "With a token, job 300 itself, and no other.", lambda at: (at.value["token"].twice,
     at.value["token"].accepted) == (1, 1001)
     and [one.job for one in at.value["token"].assignments if one.late] == [300]
     and at.value["token"].reigns[0].why == "its lease is over"),
    ("variants", "With an epoch, none: the database refuses the late one. The last two do not"
     " differ", lambda at: [(one.done, one.twice, one.refused, one.duplicate)
                            for one in at.value[1:]] == [(1000, 0, 1, 0)] * 2),
    ("failover-jobs", "with an owner token alone, and with epochs that Redis counts (1 and 1), two"
     " assign until all is done. Only epochs of the database stop the old one.",
     lambda at: [one.twice > 0 for one in at.names["promoted"]] == [True, False, True]
     and [[reign.epoch for reign in one.reigns[:2]] for one in at.names["promoted"]]
     == [[1, 2], [1, 2], [1, 1]] and at.names["promoted"][1].refused >= 1
     and at.names["promoted"][0].refused == at.names["promoted"][2].refused == 0),
    ("gaps", "between 400 and 650 ms", lambda at: at.printed.count(
        "to be expected 400 to 650") == 5),
    ("gaps", "Never less than 600 ms lie between the last renewal and the heir.", lambda at: all(
        float(line.split("; ")[1].split(" ms")[0]) >= 600 for line in lines(at))),
    # -- clients --
    ("clients", "It happened after all", lambda at: "B reads 8: True" in at.printed
     and "A: x=8, asked at" in at.printed and "no answer" in at.printed
     and "linearizable: there is an order of all" in at.printed),
    ("clients", "The read at the replica is **stale**, with correct servers.",
     lambda at: at.value.ok is False and "only 2 could be the answer" in at.shown),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


# -- what the things to try in the lab show -------------------------------------------------


def story():
    """The lab's run where it stands, without the future that is recorded in it."""
    return rl.scenario("redis/lost-with-the-primary").copy()


def until_b_has_it(run):
    began = run.now
    run.request(ADD, to="B")
    run.until(lambda run: run["B"].token)
    return round(run.now - began)


def test_a_failover_has_two_holders_as_soon_as_the_sentinel_has_waited():
    assert "310 ms after the crash: the Sentinel waits for 300 ms." in prose(HERE)
    run = story()
    run.crash("S1")
    assert until_b_has_it(run) == 310 and run["A"].token == 1
    run.run(1000)
    assert told(*run.operations()) == [(ADD, LATE, "fail"), (ADD, 1, "ok")]


def test_a_replica_that_has_heard_of_the_lock_keeps_it():
    assert "`S2` hears of the lock when `A` renews it. `B` has to wait" in prose(HERE)
    run = story()
    run.heal()
    run.run(250)
    assert run["S2"].keys["lock"][0] == "A#1"
    run.crash("S1")
    assert until_b_has_it(run) > 600 and one_holder(run).ok is True
    run.run(600)
    assert told(*run.operations()) == [(ADD, 1, "ok"), (ADD, 2, "ok")]


def test_a_clock_that_jumps_makes_two_holders_without_a_crash():
    assert "Two holders 40 ms after the jump, without a crash." in prose(HERE)
    run = story()
    run.fire("S1", "lock")
    assert until_b_has_it(run) == 40 and run["A"].token == 1
    run.run(800)
    assert run.operations()[0].status == "fail" and "lease ran out" in str(run.operations()[0])


def test_the_search_needs_eleven_events_for_two_holders_and_finds_no_stale_deed():
    assert "11 events; none: everything within the bounds was seen." in prose(HERE)
    assert len(rl.explore("redis-lock", against="one_holder", progress=False).actions) == 11
    assert rl.explore("redis-lock", progress=False).ok is True
    assert "a stale deed takes 17" in prose(HERE)
    assert len(rl.explore("redis-lock!takes-any-token", progress=False).actions) == 17


def test_a_lock_twice_as_long_has_bounds_that_lie_further_out():
    assert "It lies between 800 and 1,250 ms" in prose(HERE)
    (gap,) = rl.real.schedule("token", "kill", ttl=1200, jobs=300, watch=False).gaps
    assert (gap.low, gap.high) == (800, 1250) and gap.after_renewal >= 1200


# -- on another machine -----------------------------------------------------------------------

ELSEWHERE = """
    import sys
    from claims import play
    from raftlab.real import found
    from raftlab.real.process import home

    for how in sys.argv[1].split():
        found._SEARCHED[how] = lambda: None
    moments = play("30-redis-leader-election")
    print(home(), found.redis_server().how)
    told = "".join(one.printed for one in moments.values())
    print(told.count("Recorded on redis 7.0.15: here is a stand-in"))
"""


@pytest.mark.parametrize("without, how, recorded", [
    ("", "wheel", 0), ("installed wheel", "stand-in", 7),
])  # fmt: skip
def test_every_cell_runs_where_no_redis_is_installed_and_nothing_is_left(without, how, recorded):
    """The PATH is empty, so that nothing can be found on it."""
    env = {**os.environ, "PATH": "", "PYTHONPATH": str(Path(__file__).parent)}
    for name in (found.STRICT, found.BINARY):
        env.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ELSEWHERE), without], env=env, timeout=300,
        capture_output=True, text=True, cwd=Path(__file__).parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder, kind), (count,) = (line.split() for line in done.stdout.splitlines()[-2:])
    assert (kind, int(count)) == (how, recorded)
    assert not Path(folder).exists()
    assert not [one for one in psutil.process_iter(["cwd"])
                if str(one.info["cwd"]).startswith(folder)]  # fmt: skip

"""The lock on a Redis as a model: commands, replica and Sentinel, holders, Redlock, scheduler."""

from itertools import pairwise

import pytest

import raftlab as rl
from raftlab.core import Fire, read_command, write_command
from raftlab.protocols.redis_lock import RedisLock
from raftlab.protocols.systems import LOCKS
from raftlab.scenarios import JUDGES


def alone():
    """A server without replicas, booted by hand."""
    node = RedisLock("S1", ("S1",))
    node.boot()
    return node


def asked(node, *texts, client=None):
    """The results of commands, one after the other."""
    found = []
    for text in texts:
        effects = node.request(read_command(text), client)
        found += [effect.result for effect in effects if hasattr(effect, "result")]
    return found


def lock(servers=2, jitter=0, **more):
    return rl.cluster("redis-lock", servers=servers, seed=1, jitter=jitter, **more)


def held(run, server):
    return run.state.observe(server).fields.get("lock")


# -- the server ---------------------------------------------------------------------------


def test_commands_answer_as_redis_answers():
    node = alone()
    told = asked(
        node, "SET lock A#1 NX PX 600", "SET lock B#1 NX PX 600", "GET lock",
        "SET lock B#1 IFEQ B#1 PX 600", "SET lock A#1 IFEQ A#1 PX 600",
        "DELEX lock IFEQ B#1", "DELEX lock IFEQ A#1", "GET lock",
    )  # fmt: skip
    assert told == ["OK", None, "A#1", None, "OK", 0, 1, None]
    told = asked(node, "SETNX lock A#2", "SETNX lock B#2", "PEXPIRE lock 600", "DEL lock",
                 "DEL lock", "PEXPIRE lock 600", "INCR tokens", "INCR tokens")  # fmt: skip
    assert told == [1, 0, 1, 1, 0, 0, 1, 2]
    for command in (("SET", "lock"), ("INCR", "x"), ("set", "x", 1), "hello", 5):
        node.keys = {"x": ("text", None)}
        [result] = [e.result for e in node.request(command) if hasattr(e, "result")]
        assert "is no command of this Redis" in result.why


@pytest.mark.parametrize("text", [
    "SET lock A#1 NX PX 600", "SET lock A#1 IFEQ A#1 PX 600", "GET lock", "DELEX lock IFEQ A#1",
    "PEXPIRE lock 600", "INCR tokens",
])  # fmt: skip
def test_a_command_of_redis_is_read_as_it_is_written(text):
    assert write_command(read_command(text)) == text


def test_a_key_with_an_end_goes_when_its_time_is_over_and_one_without_stays():
    run = lock()
    run.request(read_command("SET lock me NX PX 600"), to="S1")
    run.request(read_command("SETNX other me"), to="S1")
    run.run(599)
    assert held(run, "S1") == "me"
    run.run(1)
    assert held(run, "S1") is None and run.state.observe("S1").fields == {"other": "me"}


def test_the_clock_that_counts_is_the_servers_own():
    run = lock()
    run.drift("S1", 2)
    run.request(read_command("SET lock me NX PX 600"), to="S1")
    run.run(301)
    assert held(run, "S1") is None
    run.request(read_command("SET lock me NX PX 600"), to="S1")
    run.rearm("S1", 5, timer="lock")
    run.run(6)
    assert held(run, "S1") is None


def test_the_primary_answers_before_its_replica_has_heard():
    run = lock()
    run.request(read_command("SET lock me NX PX 600"), to="S1")
    assert run.operations()[-1].result == "OK" and held(run, "S2") is None
    run.run(10)
    assert held(run, "S2") == "me"


def test_a_replica_is_read_only():
    run = lock()
    run.request(read_command("SET lock me NX PX 600"), to="S2")
    assert run.operations()[-1].status == "fail"
    run.request(read_command("GET lock"), to="S2")
    assert run.operations()[-1].status == "ok"


def test_a_replica_that_has_missed_something_is_sent_all():
    """At once if more comes, else when it says how far it has got."""
    for later in (1, 0):
        run = lock()
        run.request(read_command("SET a 1"), to="S1")
        run.drop("Feed", "S1", "S2")
        for _ in range(later):
            run.request(read_command("SET b 2"), to="S1")
        run.run(100 if later else 1100)
        assert run.state.observe("S2").fields == run.state.observe("S1").fields
        assert run["S2"].offset == 1 + later


def test_a_replica_shows_no_key_whose_time_is_over_and_waits_for_the_word():
    run = lock()
    run.request(read_command("SET lock me NX PX 600"), to="S1")
    run.run(20)
    run.rearm("S2", 1, timer="lock")
    run.run(2)
    assert held(run, "S2") is None and "lock" in run["S2"].keys
    run.request(read_command("PEXPIRE lock 600"), to="S1")
    run.run(20)
    assert held(run, "S2") == "me"


def test_what_is_on_disk_outlives_a_crash_and_its_time_begins_anew():
    run = lock()
    run.request(read_command("SET lock me NX PX 600"), to="S1")
    run.run(100)
    run.crash("S1")
    run.restart("S1")
    run.run(590)
    assert held(run, "S1") == "me"
    run.run(20)
    assert held(run, "S1") is None


# -- the Sentinel -------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["crash", "pause"])
def test_a_primary_that_is_silent_is_replaced_after_300_ms_and_not_before(fault):
    run = lock()
    run.run(500)
    getattr(run, fault)("S1")
    began = run.now
    run.until(lambda run: run.state.observe("S2").role == "primary")
    assert 300 - 50 <= run.now - began <= 300 + 50
    run.run(50)
    assert run["A"].primary == run["B"].primary == "S2"


def test_who_comes_back_is_a_replica_and_has_lost_what_only_it_had():
    run = lock()
    run.cut("S1", "S2")
    run.request(read_command("SET mine 1"), to="S1")
    run.crash("S1")
    run.run(500)
    run.request(read_command("SET theirs 2"), to="S2")
    run.heal()
    run.restart("S1")
    run.run(200)
    seen = run.state.observe("S1")
    assert seen.role == "replica" and seen.leader == "S2" and seen.fields == {"theirs": 2}


def test_nobody_is_promoted_who_is_down_until_somebody_is_up():
    run = lock(servers=3)
    run.run(100)
    for id in ("S1", "S2", "S3"):
        run.crash(id)
    run.run(1000)
    assert run["sentinel"].down == ("S1", "S2", "S3")
    run.restart("S2")
    run.run(200)
    assert run["sentinel"].primary == "S2" and run["sentinel"].down == ("S1", "S3")
    assert run.state.observe("S2").role == "primary"


def test_a_client_that_has_missed_the_news_asks_the_sentinel():
    run = lock()
    run.run(100)
    run.cut("sentinel", "A")
    run.crash("S1")
    run.run(500)
    run.heal()
    run.request(("add", "x", 1), to="A")
    run.run(400)
    assert run["A"].primary == "S2" and run.operations()[-1].result == 1


# -- the holders --------------------------------------------------------------------------


def test_a_lock_in_use_loses_no_update():
    run = lock(jitter=10)
    for _ in range(3):
        run.request(("add", "x", 1), to="A")
        run.request(("add", "x", 1), to="B")
    run.run(4000)
    assert run["disk"].data == {"x": 6} and run.verdicts == ()
    assert JUDGES["one_holder"](run).ok is True


def test_a_holder_renews_at_a_third_and_keeps_the_lock():
    run = lock()
    run.request(("add", "x", 1), to="A")
    run.until(lambda run: run["A"].token)
    run.delay("Read", "A", "disk", 3000)
    run.run(2500)
    assert run["A"].token == 1 and held(run, "S1") == "A#1"
    asked = [step.state.time for step in run.steps if step.action == Fire("A", "renew")]
    assert {round(b - a) for a, b in pairwise(asked)} == {200}


def test_a_holder_that_is_cut_off_stops_before_redis_lets_go_of_its_lock():
    run = lock()
    run.request(("add", "x", 1), to="A")
    run.until(lambda run: run["A"].token)
    run.delay("Read", "A", "disk", 3000)
    run.cut("A", "S1")
    run.until(lambda run: run["A"].token is None)
    assert run.now == 500 and held(run, "S1") == "A#1"


def test_an_answer_to_an_earlier_renewal_does_not_count_for_a_later_one():
    """Its time would run from the later one, and Redis has counted from the earlier."""
    run = lock()
    run.request(("add", "x", 1), to="A")
    run.until(lambda run: run["A"].token)
    run.delay("Read", "A", "disk", 3000)
    run.until(lambda run: any(e.src == "S1" and e.dst == "A" for e in run.state.network))
    run.delay("ClientReply", "S1", "A", 205)
    run.until(lambda run: any(e.src == "A" and e.dst == "S1" for e in run.state.network))
    run.drop("ClientRequest", "A", "S1")
    run.until(lambda run: run["A"].token is None or run.now > 1500)
    assert run.now < 800


def test_a_lock_that_came_too_late_is_given_back():
    run = lock()
    run.tune(retry_after=2000)
    run.request(("add", "x", 1), to="A")
    run.run(15)
    run.delay("ClientReply", "S1", "A", 560)
    run.run(580)
    assert run["A"].token is None
    run.run(1000)
    assert run.operations()[0].result == 1 and run.verdicts == ()


def test_the_number_of_a_lease_is_given_once_and_to_one():
    run = lock()
    run.request(("add", "x", 1), to="A")
    run.until(lambda run: any(type(e.message).__name__ == "Enter" for e in run.state.network))
    run.duplicate("Enter", "A", "disk")
    run.run(1000)
    assert run["disk"].newest == 1 and run.operations()[0].result == 1


def test_a_lock_comes_free_after_its_holder_died():
    run = lock()
    run.request(("add", "x", 1), to="A")
    run.until(lambda run: run["A"].token)
    run.crash("A")
    run.request(("add", "x", 1), to="B")
    run.run(4000)
    assert JUDGES["free_again"](run).ok is True


@pytest.mark.parametrize("happens, ok, why", [
    (lambda run: run.run(100), None, "it takes 3000 ms to tell"),
    (lambda run: (run.run(3500), run.pause("A")), None, "somebody interfered"),
    (lambda run: (run.cut("A", "S1"), run.run(3500)), None, "a link was cut"),
    (lambda run: run.run(3500), True, "nobody waits"),
])  # fmt: skip
def test_whether_a_lock_comes_free_is_not_said_of_every_run(happens, ok, why):
    run = lock()
    happens(run)
    verdict = JUDGES["free_again"](run)
    assert verdict.ok is ok and why in verdict.why


def test_of_a_lock_on_a_cluster_nobody_asks_whether_it_comes_free():
    assert JUDGES["free_again"](rl.cluster("raft")).ok is None


# -- Redlock ------------------------------------------------------------------------------


def redlock(**more):
    return rl.cluster("redlock", servers=5, seed=1, **more)


def test_redlock_works_while_a_majority_is_up():
    run = redlock(jitter=10)
    run.crash("S1")
    run.crash("S4")
    for id in "AB":
        run.request(("add", "x", 1), to=id)
    run.run(3000)
    assert run["disk"].data == {"x": 2} and run.verdicts == ()
    run.crash("S2")
    run.request(("add", "x", 1), to="A")
    run.run(3000)
    assert run.operations()[-1].status == "unknown"


def test_who_gets_no_majority_ends_what_it_has_got():
    run = redlock(jitter=0)
    run.partition(["A", "S1", "S2"])
    run.request(("add", "x", 1), to="A")
    run.run(105)
    assert run["A"].granted == {"S1", "S2"} and run["A"].token is None
    run.run(20)
    assert [held(run, f"S{n}") for n in range(1, 6)] == [None] * 5


def test_redlock_is_renewed_by_a_majority_and_given_up_without_one():
    run = redlock(jitter=0)
    run.request(("add", "x", 1), to="A")
    run.until(lambda run: run["A"].token)
    run.delay("Read", "A", "disk", 5000)
    run.run(2000)
    assert run["A"].token == 1
    for id in ("S1", "S2", "S3"):
        run.crash(id)
    run.run(520)
    assert run["A"].token is None


# -- runs like any other ------------------------------------------------------------------


@pytest.mark.parametrize("base", LOCKS)
def test_a_lock_is_a_run_like_any_other(base):
    run = rl.cluster(base, servers=3, seed=1, clients=1)
    assert run.state.config.clients == (*LOCKS[base][0].company, "C1")
    run.run(700)
    run.request(("set", "x", 1), to="C1")
    run.run(300)
    assert rl.load(run.dump()).digest() == run.digest() == rl.load(run.code()).digest()
    text = rl.show.ring(run).text
    assert all(f"\n{id}: " in text for id in run.state.config.clients)
    assert str(rl.show.spacetime(run)) and rl.show.feed(run, last=None).text


def test_a_ring_shows_keys_with_their_owner_and_the_time_left():
    run = lock()
    run.request(("add", "x", 1), to="A")
    run.run(50)
    text = rl.show.ring(run).text
    assert "S1: primary, lock=A#1, alive timer in 50 ms, lock timer in 560 ms" in text
    assert "S2: replica, believes S1 leads, lock=A#1" in text
    assert "A: holder, token 1, jobs=1, owner=A#1" in text


def test_the_stage_names_the_roles_that_there_are():
    from raftlab.widgets.stage import about

    made = about(lock().state, title="", properties=[])
    assert made["roles"] == ["primary", "replica", "holder", "store", "sentinel"]
    assert about(rl.cluster("raft").state, "", [])["roles"] == ["follower", "candidate", "leader"]

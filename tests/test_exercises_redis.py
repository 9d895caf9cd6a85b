"""The seed's exercise 4: a lock on Redis, the leader that rests on it, and the database.

That each starter, reference and wrong answer is told apart is tested with all exercises
(test_exercises.py); here, that what the exercises claim is so on the model. On real servers:
test_exercises_redis_real.py.
"""

import re
import subprocess
import sys

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import exercise as ex
from raftlab.lessons import redis_asked
from raftlab.lessons import redis_stories as stories
from raftlab.lessons.exercise import exercise, judged
from raftlab.lessons.judging import Trouble
from raftlab.lessons.parts import redis_scheduler as taken
from raftlab.lessons.parts import redis_scheduler_kept as kept
from raftlab.lessons.parts import redis_scheduler_leader as leader
from raftlab.lessons.parts import redis_scheduler_store as store
from raftlab.lessons.parts import redis_scheduler_whole as whole
from raftlab.lessons.redis_asked import ASKS, GIVES, command_of, said
from raftlab.lessons.redis_desk import Desk
from raftlab.lessons.redis_own import scheduling
from raftlab.lessons.redis_rules import RIGHT


def check(name, given, seed=0):
    return judged(exercise(f"redis-scheduler/{name}"), given, seed)


# -- the client of the model ------------------------------------------------------------------


def test_a_function_goes_on_from_the_answers_that_have_come():
    given = "lock", "A#1", 600
    assert said(taken.sets_then_expires, (), *given) == (ASKS, ("SETNX", "lock", "A#1"))
    assert said(taken.sets_then_expires, (1,), *given) == (ASKS, ("PEXPIRE", "lock", 600))
    assert said(taken.sets_then_expires, (1, 1), *given) == (GIVES, True)
    assert said(taken.sets_then_expires, (0,), *given) == (GIVES, False)


def test_the_client_answers_as_redis_py_does():
    """True or None from SET, bool from PEXPIRE, numbers from DEL and EXISTS, text from GET."""

    def asks(client):
        return [
            client.set("a", "x", nx=True, px=500), client.set("a", "y", nx=True), client.get("a"),
            client.set("b", "y", xx=True), client.setex("b", 2, "z"), client.exists("a", "b", "c"),
            client.pexpire("a", 700), client.expire("c", 1), client.delete("b", "c"),
            client.get("b"), client.execute_command("SET", "a", "w", "IFEQ", "x", "PX", 9),
        ]  # fmt: skip

    desk = Desk()
    assert desk.plays(asks, "A") == [
        True, None, "x", None, True, 2, True, False, 1, None, True,
    ]  # fmt: skip
    assert desk.holds("a") == ("w", 9) and desk.holds("b") is None


@pytest.mark.parametrize("words, told", [
    (("SET", "a", "x", "EX", 0.6), "times as whole numbers, and 0.6 is none"),
    (("SET", "a", "x", "PX", 0), "invalid expire time"),
    (("SET", "a", "x", "IFDEQ", "x"), "SET knows no option IFDEQ on the model"),
    (("EXPIRE", "a"), "EXPIRE needs more words"),
    (("PTTL", "a"), "PTTL a is no command of the model's Redis"),
])  # fmt: skip
def test_a_command_that_is_none_is_told(words, told):
    with pytest.raises(Impossible, match=told):
        command_of(*words)


@pytest.mark.parametrize("script, told", [
    ("while true do end", "it does not come to an end"),
    ("return redis.call('GET'", "cannot run this script: .*expected near"),
    ("return redis.call('KEYS', '*')", r"KEYS \* is no command of the model's Redis"),
    ("return os.time()", "cannot run this script: .*os"),
])  # fmt: skip
def test_a_script_that_cannot_be_run_is_told_at_once(script, told):
    with pytest.raises(Impossible, match=told):
        Desk().ask("A", command_of("EVAL", script, 1, "lock"))


def test_a_script_sees_what_redis_shows_it():
    """Its arguments are texts; nothing is False; what it gives becomes a whole number or None."""
    desk = Desk()
    for script, answer in [
        ("return redis.call('GET', KEYS[1]) == false", 1),
        ("return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])", "OK"),
        ("return type(ARGV[2])", "string"),
        ("return redis.call('GET', KEYS[1])", "A#1"),
        ("return tonumber(ARGV[2]) / 7", 85),
        ("return false", None),
        ("local x = 1", None),
    ]:
        assert desk.ask("A", command_of("EVAL", script, 1, "lock", "A#1", 600)) == answer, script
    assert desk.holds("lock") == ("A#1", 600)


def test_scripts_run_beside_those_of_fakeredis():
    """Two versions of Lua in one process bring it down."""
    code = """
import fakeredis
assert fakeredis.FakeStrictRedis().eval("return 7", 0) == 7
from raftlab.lessons.exercise import exercise, judged
task = exercise("redis-scheduler/release")
print(judged(task, task.reference).level)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "right\n"), done.stderr


def test_without_a_lua_the_commands_that_compare_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "lupa.lua51", None)
    redis_asked._lua.cache_clear()
    verdict = check("release", RIGHT["release"])
    redis_asked._lua.cache_clear()
    assert verdict.level == ex.NOT_YET and "DELEX key IFEQ owner" in verdict.told


# -- answers that are right in another way --------------------------------------------------------


def asks_who_has_it(client, key, owner, ttl):
    client.set(key, owner, nx=True, px=ttl)
    return client.get(key) == owner


def by_a_command(client, key, owner, ttl):
    return bool(client.execute_command("SET", key, owner, "IFEQ", owner, "PX", ttl))


def by_a_command_of_redis(client, key, owner):
    return client.execute_command("DELEX", key, "IFEQ", owner) == 1


def by_a_command_of_valkey(client, key, owner):
    return client.execute_command("delifeq", key, owner)


def by_a_registered_script(client, key, owner):
    script = client.register_script("if redis.call('GET', KEYS[1]) == ARGV[1] then return "
                                    "redis.call('DEL', KEYS[1]) else return 0 end")  # fmt: skip
    return script(keys=[key], args=[owner])


@pytest.mark.parametrize("name, given", [
    ("acquire", asks_who_has_it), ("renew", by_a_command), ("release", by_a_command_of_redis),
    ("release", by_a_command_of_valkey), ("release", by_a_registered_script),
])  # fmt: skip
def test_there_is_more_than_one_right_answer(name, given):
    assert check(name, given).level == ex.RIGHT


# -- what no answer may do ------------------------------------------------------------------------


def raises(client, key, owner):
    return client.get(key)["owner"]


def loops(client, key, owner):
    while True:
        pass


def asks_for_ever(client, key, owner):
    while client.get(key) == owner:
        pass


drawn = []


def new_each_time(client, key, owner):
    drawn.append(1)
    return bool(client.delete(f"{key}{len(drawn)}"))


def by_a_pipeline(client, key, owner):
    return client.pipeline().get(key)


@pytest.mark.parametrize("given, told", [
    (raises, "raises raises TypeError.*get"),
    (loops, "did not come to an end"),
    (asks_for_ever, "asks_for_ever asks Redis for more than 12 things"),
    (new_each_time, "asks for something else when it is called again with the same"),
    (by_a_pipeline, "has no pipeline; it has set, setnx"),
])  # fmt: skip
def test_whatever_a_function_does_is_told_and_nothing_hangs(monkeypatch, given, told):
    monkeypatch.setattr("raftlab.lessons.judging.SECONDS", 0.2)
    verdict = check("release", given)
    assert verdict.level == ex.NOT_YET and verdict.points < verdict.of
    assert re.search(told, verdict.told), verdict.told


@pytest.mark.parametrize("rules, told", [
    ({"lead": lambda *six: "assign"}, "lead gives 'assign'; it must give"),
    ({"lead": lambda *six: ("assign", "1", 1)}, "it must give"),
    ({"admit": lambda *four: "accepted"}, "admit gives 'accepted'; it must give"),
    ({"held_until": lambda *six: None}, "held_until gives None, which is no time"),
    ({"renew": lambda *four: True}, "asks Redis for nothing"),
])  # fmt: skip
def test_a_rule_that_gives_another_kind_of_thing_is_told(rules, told):
    with pytest.raises(Trouble, match=told):
        run = rl.cluster(scheduling(rules), servers=1, seed=1)
        run.run(2000)


# -- the runs that show what goes wrong -----------------------------------------------------------

SHOWN = [
    ("acquire", "two"), ("acquire", "looks"), ("acquire", "no-end"), ("acquire", "over"),
    ("acquire", "seconds"), ("renew", "blindly"), ("renew", "looks"), ("renew", "anew"),
    ("renew", "there"), ("release", "blindly"), ("release", "looks"), ("release", "there"),
    ("release", "script"), ("held", "answer"), ("held", "margin"), ("held", "yes"),
    ("held", "longer"), ("lead", "clock"), ("lead", "moment"), ("lead", "no-epoch"),
    ("lead", "time"), ("admit", "no-fence"), ("admit", "often"), ("admit", "newer"),
    ("admit", "down"),
]  # fmt: skip


@pytest.mark.parametrize("name, wrong", SHOWN)
def test_what_a_wrong_rule_costs_is_seen_in_a_short_run_of_it(name, wrong):
    verdict = check(name, exercise(f"redis-scheduler/{name}").wrong[wrong].answer)
    seen = verdict.missed.seen
    assert 0 < verdict.run.position <= 500 and (seen.endswith(".") or "Own Lock Only" in seen)


@pytest.mark.parametrize("story", [
    stories.all_is_well, stories.dies, stories.dies_early, stories.cut_off, stories.slow_to_lead,
    stories.lost_answer, stories.still, stories.late, stories.slow_clock,
])  # fmt: skip
def test_no_story_harms_who_keeps_the_rules(story):
    run = stories.schedulers()
    assert story(run) is None and run.verdicts == () and run["jobs"].done


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_a_rule_that_nobody_hands_over_is_the_models_own_and_does_the_same(name):
    """By ours or by the answer, a leader that hears no more of Redis fares the same to the end."""
    ours, theirs = (stories.schedulers(**rules) for rules in ({}, {name: RIGHT[name]}))
    for run in (ours, theirs):
        assert stories.cut_off(run) is None
    assert ours["jobs"].done == theirs["jobs"].done and len(ours) == len(theirs)


def test_neither_does_a_failover_though_two_lead_then():
    run = stories.schedulers(2)
    assert stories.failover(run, 2) is None and run.verdicts == ()
    leaders = [
        [id for id in stories.LEADERS if step.state.observe(id).role == "scheduler"]
        for step in run.steps
    ]
    assert ["K1", "K2"] in leaders


def test_the_stories_happen():
    """A story in which nothing happens would harm nobody."""
    run = stories.schedulers()
    stories.still(run)
    notes = " ".join(str(run.why(at)) for at in range(len(run.steps)))
    assert "K1 goes on where it stood" in notes and "refused" in notes
    run = stories.schedulers()
    stories.late(run)
    assert "'refused'" in str([step.effects for step in run.steps]) and run["jobs"].newest == 2
    run = stories.schedulers()
    stories.lost_answer(run)
    assert "'duplicate'" in str([step.effects for step in run.steps])


@pytest.mark.parametrize("rules", [
    {"lead": leader.without_a_clock, "admit": store.no_fence},
    {"admit": store.as_often_as_it_comes}, {"renew": kept.extends_blindly},
])  # fmt: skip
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_whole_is_told_by_every_draw(rules, seed):
    verdict = check("whole", whole._but(**rules), seed)
    assert verdict.level == ex.ALMOST or verdict.level == ex.NOT_YET
    assert verdict.run is not None and verdict.parts[-1].told.startswith("not run yet")


def test_whoever_hands_over_something_else_is_told_what_is_missing():
    lacking = check("whole", lambda: {"acquire": RIGHT["acquire"]})
    assert "renew, release, held_until, lead, admit are missing" in lacking.missed.told
    assert check("whole", lambda: [1]).missed.told == "give a dict, {name: function}"

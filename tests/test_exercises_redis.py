"""The seed's exercise 4: a lock on Redis, the leader that rests on it, and the database.

That each starter, reference and wrong answer is told apart is tested with all exercises
(test_exercises.py); here, that what the exercises claim is so, on the model and on real servers.
"""

import json

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import exercise as ex
from raftlab.lessons import redis_asked, redis_real
from raftlab.lessons import redis_stories as stories
from raftlab.lessons.duplicates import DESIGNS
from raftlab.lessons.exercise import exercise, judged, known
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
from raftlab.lessons.refresh import NOTEBOOKS
from raftlab.real import found
from raftlab.real.process import home
from raftlab.real.reaper import inside

TASKS = [id for id in known() if id.startswith("redis-scheduler/")]
NOTEBOOK = NOTEBOOKS / "47-redis-job-scheduler.ipynb"


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


def test_without_a_lua_the_commands_that_compare_are_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lupa", None)
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
    import re

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
    assert (
        0 < verdict.run.position <= 500
        and verdict.missed.seen.endswith(".")
        or ("Own Lock Only" in verdict.missed.seen)
    )


@pytest.mark.parametrize("story", [
    stories.all_is_well, stories.dies, stories.dies_early, stories.cut_off, stories.slow_to_lead,
    stories.lost_answer, stories.still, stories.late, stories.slow_clock,
])  # fmt: skip
def test_no_story_harms_who_keeps_the_rules(story):
    run = stories.schedulers()
    assert story(run) is None and run.verdicts == () and run["jobs"].done


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


# -- on a real Redis ------------------------------------------------------------------------------

SCRIPT = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


def helped(client, *given):
    return client.eval(SCRIPT, 1, *given)


def by_a_helper(client, key, owner):
    return bool(helped(client, key, owner))


def careless_lead(now, until, epoch, assigned, jobs, last):
    for job in range(1, jobs + 1):
        if job not in assigned:
            return ("assign", job, epoch)
    return ("wait",)


def accepts_all(newest, assigned, job, epoch):
    return "accepted", newest


def schedule(rules, fault):
    options = {"jobs": 100, "workers": 3, "ttl": 400, "watch": False}
    return rl.real.schedule(rl.real.own({**RIGHT, **rules}), fault, **options)


def nothing_is_left():
    return inside(home()) == [] and list(home().iterdir()) == []


def test_the_naive_answer_does_on_real_servers_what_the_model_says():
    """From job 30 on all run twice: 71 of 100 (E47)."""
    naive = {"lead": careless_lead, "admit": accepts_all, "renew": kept.extends_blindly}
    course = schedule(naive, "pause")
    assert (course.done, course.twice, course.refused) == (100, 71, 0)
    assert nothing_is_left()


def test_own_is_a_function_whatever_was_imported_before():
    """A file of that name would stand in its place once a check has read it."""
    import raftlab.real.handed  # noqa: F401

    assert callable(rl.real.own) and rl.real.own(RIGHT).own.endswith("admit}\n")


def test_a_function_goes_to_the_workers_with_all_that_it_names():
    name, told = redis_real.judged_on_real({**RIGHT, "release": by_a_helper})
    assert told == "" and name.startswith("on a real Redis")
    assert nothing_is_left()


def with_an_error(now, until, epoch, assigned, jobs, last):
    if len(assigned) == 5:
        raise KeyError("five")
    return careless_lead(now, until, epoch, assigned, jobs, last)


def without_an_end(now, until, epoch, assigned, jobs, last):
    while len(assigned) == 5:
        pass
    return careless_lead(now, until, epoch, assigned, jobs, last)


@pytest.mark.parametrize("lead, told", [
    (with_an_error, r'raise KeyError\("five"\)'),
    (without_an_end, "without_an_end did not come to an end within 3 s: does it loop"),
])  # fmt: skip
def test_a_rule_that_fails_among_the_workers_is_told_with_its_line(lead, told):
    with pytest.raises(Impossible, match=told):
        schedule({"lead": lead}, "pause")
    assert nothing_is_left()


def test_where_no_server_is_it_costs_nothing_unless_one_is_required(monkeypatch):
    def none(how=None):
        raise Impossible("there is no Redis; this installs one: …")

    monkeypatch.setattr(found, "redis_server", none)
    monkeypatch.delenv(found.STRICT, raising=False)
    verdict = check("whole", exercise("redis-scheduler/whole").reference)
    assert verdict.level == ex.RIGHT and verdict.points == verdict.of == 15
    assert "not run, and it costs nothing (there is no Redis" in verdict.parts[-1].name
    monkeypatch.setenv("RAFTLAB_REQUIRE_REAL", "1")
    verdict = check("whole", exercise("redis-scheduler/whole").reference)
    assert verdict.points == 13 and "RAFTLAB_REQUIRE_REAL is set" in verdict.missed.told


class Client:
    """A client of a server that is old, or that refuses."""

    def __init__(self, says):
        self.says = says

    def set(self, *words, **more):
        return True

    def eval(self, *words):
        from redis import ResponseError

        raise ResponseError(self.says)


def test_a_server_that_lacks_a_command_costs_nothing_and_one_that_refuses_does():
    from raftlab.real.handed import TooOld, tried

    with pytest.raises(TooOld, match="unknown command.*a script does it on every Redis"):
        tried(RIGHT, Client("unknown command 'DELEX'"))
    with pytest.raises(Impossible, match="Redis refuses what renew asks for: Error compiling"):
        tried(RIGHT, Client("Error compiling script"))
    with pytest.raises(Impossible, match="acquire gives None where it has succeeded"):
        tried({**RIGHT, "acquire": lambda *four: None}, Client(""))


@pytest.mark.parametrize("given, told", [
    (lambda client, key, owner: True, "write it with def"),
    (len, "len cannot be handed to another process"),
])  # fmt: skip
def test_what_cannot_be_handed_over_is_told(given, told):
    with pytest.raises(Impossible, match=told):
        rl.real.own({**RIGHT, "release": given})


def test_neither_can_what_another_process_has_not():
    def outer():
        mine = 5

        def release(client, key, owner):
            return mine

        return release

    with pytest.raises(Impossible, match="release uses mine of the function around it"):
        rl.real.own({**RIGHT, "release": outer()})
    with pytest.raises(Impossible, match="uses drawn_by, which cannot be handed"):
        rl.real.own({**RIGHT, "release": by_an_object})
    with pytest.raises(Impossible, match="renew, admit are not there yet"):
        rl.real.own({**RIGHT, "renew": None, "admit": 3})


drawn_by = object()


def by_an_object(client, key, owner):
    return drawn_by


# -- the notebook -------------------------------------------------------------------------------


def cells():
    """(id, tags, source, what is shown as text) of each code cell."""
    for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            shown = [out.get("text") or out.get("data", {}).get("text/plain", "")
                     for out in cell["outputs"]]  # fmt: skip
            tags = cell["metadata"].get("tags", [])
            yield cell["id"], tags, "".join(cell["source"]), "".join(map("".join, shown))


def test_a_cell_to_fill_in_is_the_starter_of_what_judges_it():
    code, there = list(cells()), []
    for (_, before, yours, _), (_, tags, judges, told) in zip(code, code[1:], strict=False):
        for id in (tag.removeprefix("check:") for tag in tags if tag.startswith("check:")):
            task = exercise(id)
            there.append(id)
            assert before == ["exercise"] and yours == task.starter
            assert judges == f'rl.check("{id}", {task.reference.__name__})'
            assert told.startswith("… Nothing to check yet")
    assert sorted(there) == sorted(TASKS)


def test_solved_it_is_right_from_top_to_bottom():
    space = {"rl": rl}
    for _, tags, source, _ in cells():
        for tag in tags:
            if tag.startswith("check:"):
                task = exercise(tag.removeprefix("check:"))
                space[task.reference.__name__] = task.reference
                assert eval(source, space).level == ex.RIGHT, source


def test_twelve_e_mails_leave_for_six_jobs():
    told = next(shown for id, _, _, shown in cells() if id == "naive").split()
    assert sorted(told) == sorted(f"job{job}@{who}" for job in range(1, 7)
                                  for who in ("K1/1", "K2/2"))  # fmt: skip
    left_out = ("renews-blindly", "never-steps-down", "takes-old-orders", "runs-unclaimed",
                "writes-blindly")  # fmt: skip
    assert len(left_out) == 5 and set(left_out) == set(DESIGNS["naive"])


def driven():
    run = rl.cluster("redis-scheduler", servers=2, seed=1, jitter=0)
    run.tune(last_job=12)
    return run


def test_what_one_finds_when_one_drives():
    run = driven()
    run.until(lambda run: run["W1"].done)
    began = run.now
    run.pause("K1")
    run.until(lambda run: run["K2"].token)
    assert run.now - began == 670
    at = run.position
    run.resume("K1")
    run.run(30)
    told = " ".join(str(run.why(one)) for one in range(at, len(run)))
    assert "K1 hears from W1 that job 1 is done" in told and "it stops (lease 1)" in told
    run = driven()
    run.cut("S1", "S2")
    run.until(lambda run: run["W1"].done)
    began = run.now
    run.crash("S1")
    run.until(lambda run: run["K2"].token)
    assert run.now - began == 320 and (run["K1"].token, run["K2"].token) == (1, 2)
    run.until(lambda run: run["K2"].token is None)
    assert "another has gone past job 7" in str(run.why())
    run.run(1500)
    done = [deed.partition("@")[0] for id in ("W1", "W2") for deed in run[id].done]
    assert len(done) == len(set(done)) == 12

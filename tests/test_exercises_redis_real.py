"""The seed's exercise 4 on real servers: a learner's functions do among real processes what the
model says, whatever is handed over is told, and nothing is left behind."""

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import exercise as ex
from raftlab.lessons import redis_real
from raftlab.lessons.exercise import exercise, judged
from raftlab.lessons.parts import redis_scheduler_kept as kept
from raftlab.lessons.redis_rules import RIGHT
from raftlab.real import found
from raftlab.real.process import home
from raftlab.real.reaper import inside

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
    whole = exercise("redis-scheduler/whole")
    verdict = judged(whole, whole.reference)
    assert verdict.level == ex.RIGHT and verdict.points == verdict.of == 15
    assert "not run, and it costs nothing (there is no Redis" in verdict.parts[-1].name
    monkeypatch.setenv(found.STRICT, "1")
    verdict = judged(whole, whole.reference)
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

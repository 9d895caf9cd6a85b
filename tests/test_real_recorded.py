"""What was recorded on a real Redis, for machines that have a stand-in only: it is what happens,
and it says that it was recorded."""

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.real import clock, found, recorded, scheduler

SAYS = "Recorded on redis {}: here is a stand-in, which has no {}."
NO_CLOCK = "Recorded on redis 7.0.15: here is nothing that lets the clock of one server jump"
VERSION = "7.0.15"


@pytest.fixture
def standin(monkeypatch):
    """Nothing but the stand-in is here."""
    monkeypatch.delenv(found.STRICT, raising=False)
    for how in (found.INSTALLED, found.WHEEL):
        monkeypatch.setitem(found._SEARCHED, how, lambda: None)


@pytest.mark.parametrize("name, mended", recorded.ACCIDENTS)
def test_a_recorded_accident_is_the_one_that_happens(name, mended):
    one = rl.real.accident(name, mended=mended)
    assert one.note == "" and (one.lines, one.harm, one.facts) == recorded.accident(name, mended)


@pytest.mark.parametrize("name", rl.real.ACCIDENTS)
@pytest.mark.parametrize("mended", [False, True])
def test_with_a_stand_in_every_accident_is_shown(name, mended, standin):
    one = rl.real.accident(name, mended=mended)
    if (name, mended) not in recorded.ACCIDENTS:
        assert one.note == ""
        return
    lacks = recorded.ACCIDENTS[name, mended]
    says = f"{NO_CLOCK} (libfaketime)." if lacks == recorded.CLOCK else SAYS.format(VERSION, lacks)
    assert str(one).startswith(f"{says}\n{name}, with")


def test_where_no_clock_can_be_set_a_jump_is_shown_and_where_all_is_required_it_fails(monkeypatch):
    monkeypatch.delenv(found.STRICT, raising=False)
    for module in (recorded, clock):
        monkeypatch.setattr(module, "clock_library", lambda: None)
    one = rl.real.accident("redlock-clock-jumps")
    assert one.note.startswith(NO_CLOCK) and one.harm
    monkeypatch.setenv(found.STRICT, "1")
    with pytest.raises(Impossible, match="takes libfaketime, .* this installs it: "):
        rl.real.accident("redlock-clock-jumps")


def test_with_a_stand_in_a_failover_of_the_scheduler_is_shown_and_drawn(standin):
    table = rl.real.schedules("failover", jobs=1000)
    assert str(table).splitlines()[0] == SAYS.format(VERSION, "replicas")
    assert [one.variant for one in table] == list(scheduler.VARIANTS)
    assert all(one.done == one.jobs == 300 for one in table)
    assert [one.twice > 0 for one in table] == [True, True, False, False, True]
    assert [reign.epoch for reign in table["epoch from Redis"].reigns[:2]] == [1, 1]
    assert SAYS.format(VERSION, "replicas") in str(table[0])
    scene = rl.show.leaders(table["token"]).scene
    assert SAYS.format(VERSION, "replicas") in scene.marks[0].title


def test_what_is_named_or_not_recorded_is_still_impossible(standin):
    own = rl.real.Variant("compared", "redis", once=True)
    for asked in ({"variant": own}, {"variant": "token", "server": found.STANDIN}):
        with pytest.raises(Impossible, match="stand-in .* and it has no replicas"):
            rl.real.schedule(fault="failover", jobs=20, watch=False, **asked)


STALE = [("A", 1), ("A", 2), ("B", 1)]


def seen(ops):
    return [(op.client, op.result) for op in ops]


def test_a_stale_read_is_one_here_and_as_recorded(standin, capsys):
    ops = rl.real.stale_read()
    assert seen(ops) == STALE and not rl.linearizable(ops).ok
    assert capsys.readouterr().out == SAYS.format(VERSION, "replicas") + "\n"


def test_a_stale_read_happens_on_real_servers(capsys):
    ops = rl.real.stale_read()
    assert seen(ops) == STALE
    assert not rl.linearizable(ops).ok and capsys.readouterr().out == ""

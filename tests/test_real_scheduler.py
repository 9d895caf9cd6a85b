"""The job scheduler of real processes: what each variant loses by which fault, and that nothing is
left. TTL 400 ms where it matters; numbers of jobs, not times, decide when something happens."""

import os
import re
import signal
from contextlib import contextmanager, suppress

import psutil
import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.real import course, found, scheduler
from raftlab.real.process import home
from raftlab.real.reaper import inside
from raftlab.real.store import ACCEPTED, DUPLICATE, REFUSED, Store

NAIVE, TOKEN, EPOCH, ALL, REDIS = scheduler.VARIANTS


def schedule(variant, fault, **options):
    options = {"jobs": 100, "workers": 3, "ttl": 400, "watch": False, **options}
    return rl.real.schedule(variant, fault, **options)


def nothing_is_left():
    return inside(home()) == [] and list(home().iterdir()) == []


def told(one, *words):
    return any(all(word in str(event) for word in words) for event in one.events)


# -- without luck -----------------------------------------------------------------------------


def test_without_a_fault_even_the_naive_one_does_each_job_once():
    one = schedule(NAIVE, "none")
    assert (one.done, one.twice, one.accepted, one.refused) == (100, 0, 100, 0)
    assert one.leaders_at_once == len(one.reigns) == 1 and one.gaps == []
    assert sorted(one.per_worker.values()) == [33, 33, 34]
    assert nothing_is_left()


@pytest.mark.parametrize("variant, twice, refused", [
    (NAIVE, 71, 0),  # both assign to the end: jobs 30 to 100
    (TOKEN, 1, 0),  # the one that was about to be assigned
    (EPOCH, 0, 1), (ALL, 0, 1), (REDIS, 0, 1),
])  # fmt: skip
def test_a_scheduler_that_stands_still_before_it_writes(variant, twice, refused):
    """It goes on when another has long begun: the lock was not exclusion."""
    one = schedule(variant, "pause", ttl=1000)  # long, so that a busy machine loses no lease before
    assert (one.done, one.twice, one.refused) == (100, twice, refused)
    assert one.leaders_at_once == 2 and one.overlap > 0
    first, second = one.reigns[:2]
    assert first.who != second.who and len(first.stills) == 1
    assert told(one, first.who, "stands still: before it assigns job 30")
    assert [late.job for late in one.assignments if late.late][0] == 30
    ends = {NAIVE: "", TOKEN: "its lease is over"}
    assert first.why == ends.get(variant, "the store knows a newer epoch")


@pytest.mark.parametrize("variant", [NAIVE, EPOCH])
def test_a_killed_scheduler_has_an_heir_when_its_lock_has_run_out(variant):
    """The gap cannot be shorter than what was left of the lock."""
    one = schedule(variant, "kill", at=20)
    assert (one.done, one.twice, one.leaders_at_once) == (100, 0, 1)
    (gap,) = one.gaps
    assert (gap.who, gap.heir) == tuple(reign.who for reign in one.reigns[:2])
    assert gap.after_renewal >= 400 and gap.low == pytest.approx(400 - 400 / 3)
    assert gap.high == 450 and gap.ms > gap.low - 100
    assert told(one, gap.who, "is killed") and told(one, gap.who, "is started again")


def test_a_redis_that_forgets_the_lock_does_no_harm_where_the_store_knows_the_epoch():
    one = schedule(EPOCH, "restart", ttl=600)
    assert (one.done, one.twice, one.refused + one.accepted) == (100, 0, len(one.assignments))
    assert told(one, "S1", "was killed, and starts empty")


@pytest.mark.parametrize("variant, harmed", [(NAIVE, True), (TOKEN, True), (EPOCH, False)])
def test_a_failover_gives_the_lock_to_a_second_one(variant, harmed):
    one = schedule(variant, "failover")
    assert one.done == 100 and (one.twice > 0) == harmed and (one.refused > 0) != harmed
    assert [reign.epoch for reign in one.reigns[:2]] == [1, 2]


def test_epochs_that_redis_counts_go_back_and_the_fence_lets_both_in():
    one = schedule(REDIS, "failover")
    assert [reign.epoch for reign in one.reigns[:2]] == [1, 1]
    assert one.refused == 0 and one.twice > 0 and one.leaders_at_once == 2


def test_a_store_that_takes_each_job_once_bears_even_that():
    one = schedule(rl.real.Variant("compared", "redis", once=True), "failover")
    assert (one.done, one.twice, one.refused) == (100, 0, 0) and one.duplicate > 0


@pytest.mark.parametrize("how", [found.WHEEL, found.STANDIN])
def test_it_runs_on_other_servers(how):
    one = schedule(TOKEN, "pause", server=how)
    assert (one.done, one.twice) == (100, 1)


def test_a_stand_in_has_no_failover():
    with pytest.raises(Impossible, match="stand-in .* and it has no replicas"):
        schedule(TOKEN, "failover", server=found.STANDIN)
    assert nothing_is_left()


def test_variants_side_by_side_are_a_table():
    some = rl.real.schedules("pause", (NAIVE, EPOCH), jobs=1000, watch=False)
    assert [one.done for one in some] == [1000] * 2
    assert some["naive"].twice == 701 and some[1].table().rows() == [some[1].row()]
    lines = [line.split() for line in str(some).splitlines()]
    assert re.split(" {2,}", str(some).splitlines()[0]) == [
        "variant", "done", "accepted", "refused (old epoch)", "refused (there already)",
        "run twice", "leaders at once",
    ]  # fmt: skip
    assert lines[1] == ["naive", "1,000", "1,701", "0", "0", "701", "2"]
    assert lines[2] == ["token", "+", "epoch", "1,000", "1,000", "1", "0", "0", "2"]


# -- bad luck -----------------------------------------------------------------------------------


def interfering(monkeypatch, act):
    """Let `act(done, more)` happen whenever the picture of what goes on is renewed."""

    @contextmanager
    def progress(things, total, wanted):
        named.append(things)
        yield lambda done, note="", more="": act(done, more)

    named = []
    monkeypatch.setattr(scheduler, "progress", progress)
    monkeypatch.setattr("raftlab.real.board.EVERY", 10)
    return named


def test_interrupted_it_ends_everything_in_order(monkeypatch):
    def interrupt(done, more):
        if done >= 10:
            raise KeyboardInterrupt

    interfering(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        schedule(TOKEN, "pause", watch=True)
    assert nothing_is_left()
    [shown] = caught.value._render_traceback_()
    at = re.fullmatch(r"stopped at job (\d+) of 100; no process is left", shown)
    assert 10 <= int(at[1]) <= 100


def test_a_worker_that_ends_by_itself_is_named(monkeypatch):
    def end_one(done, more):
        for process in inside(home()):
            with suppress(psutil.Error, ProcessLookupError):  # it may have ended since
                if "W2" in process.cmdline():
                    os.kill(process.pid, signal.SIGKILL)

    interfering(monkeypatch, end_one)
    with pytest.raises(Impossible, match="W2 has ended by itself"):
        schedule(TOKEN, "none", jobs=2000, watch=True)
    assert nothing_is_left()


def test_a_redis_that_dies_is_waited_for_but_not_for_ever(monkeypatch):
    def end_it(done, more):
        for process in inside(home()):
            with suppress(psutil.Error, ProcessLookupError):
                if "redis" in process.name() or "valkey" in process.name():
                    os.kill(process.pid, signal.SIGKILL)

    interfering(monkeypatch, end_it)
    monkeypatch.setattr(scheduler, "STUCK", 1000)
    with pytest.raises(Impossible, match="nobody has assigned anything for 1 s"):
        schedule(TOKEN, "none", jobs=2000, watch=True)
    assert nothing_is_left()


def test_words_that_name_nothing_are_answered_with_what_there_is():
    for wrong, words in [
        (("mine", "pause"), "no variant 'mine'; there are naive, token, token"),
        ((TOKEN, "fire"), "no fault 'fire'; there are none, pause, kill, restart, failover"),
    ]:
        with pytest.raises(Impossible, match=words):
            schedule(*wrong)
    for wrong in [
        {"jobs": 5},
        {"workers": 1},
        {"ttl": 10},
        {"retry": 0},
        {"jobs": "many"},
        {"at": 90},
    ]:
        with pytest.raises(Impossible, match="must be a number from"):
            schedule(TOKEN, "none", **wrong)


# -- watched ------------------------------------------------------------------------------------


def test_it_shows_who_leads_for_how_long_and_who_did_what(monkeypatch):
    seen = []
    named = interfering(monkeypatch, lambda done, more: seen.append((done, more)))
    schedule(TOKEN, "pause", watch=True)
    assert named == ["jobs (token, pause)"]
    assert seen[0][0] == 0  # there is something to see from the start
    assert all(more.count("<tr>") == 4 for _, more in seen)  # three workers and the head
    assert any("★ to lead</b>, epoch 2" in more for _, more in seen)
    assert any("stands still" in more for _, more in seen)
    assert any(more.count("★") == 2 for _, more in seen)  # and one of them stands still
    assert "assignments in the last second" in seen[-1][1]
    assert not any("color" in more or "<script" in more for _, more in seen)


# -- the store, and what is told of it ------------------------------------------------------------


@pytest.fixture
def store(tmp_path):
    made = []

    def make(fences=False, once=False):
        made.append(Store(tmp_path / f"{len(made)}.db", fences, once))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_who_takes_office_gets_a_newer_epoch_and_the_next_job(store):
    one = store()
    assert one.enter("W1") == (1, 1)
    one.assign(1, "W2", "W1", 1)
    assert one.enter("W2") == (2, 2) and one.enter("W3", epoch=1) == (1, 2)


def test_a_fence_refuses_what_is_older_than_the_newest_epoch_that_it_was_told(store):
    for fences, verdict in [(True, REFUSED), (False, ACCEPTED)]:
        one = store(fences)
        one.enter("W1"), one.enter("W2")
        assert one.assign(1, "W1", "W1", 1) == verdict
        assert one.assign(2, "W1", "W2", 2) == ACCEPTED


def test_a_job_is_accepted_once_where_that_is_asked_for(store):
    for once, verdict in [(True, DUPLICATE), (False, ACCEPTED)]:
        one = store(once=once)
        assert [one.assign(7, worker, "W1", 1) for worker in ("W1", "W2")] == [ACCEPTED, verdict]
        one.run_all("W1"), one.run_all("W2")
        assert one.first("SELECT count(*) FROM assignments WHERE run_at IS NOT NULL") == 2 - once


def test_a_change_that_fails_half_way_leaves_nothing(store, monkeypatch):
    one = store()
    with monkeypatch.context() as broken:
        broken.setattr(one, "is_new", lambda job: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            one.assign(1, "W1", "W1", 1)
    assert one.assign(1, "W1", "W1", 1) == ACCEPTED
    assert one.first("SELECT count(*) FROM assignments") == 1


class Told:
    """A course by hand: W1 stands still from 100 to 900, W2 takes office at 700."""

    began, ended = 1000, 2500
    story = [
        (1000, "W1", "takes office", "1"), (1100, "W1", "stands still", ""),
        (1700, "W2", "takes office", "2"), (1900, "W1", "goes on", ""),
        (1950, "W1", "leaves office", "its lease is over"), (2100, "W2", "is killed", ""),
        (2400, "W1", "takes office", "3"),
    ]  # fmt: skip
    assigned = [
        (1, "W1", "W1", 1, 1050, ACCEPTED), (2, "W2", "W2", 2, 1800, ACCEPTED),
        (2, "W2", "W1", 1, 1910, ACCEPTED), (3, "W1", "W1", 3, 2450, DUPLICATE),
    ]  # fmt: skip
    runs = [(1, "W1"), (2, "W2"), (2, "W2")]
    leases = [("W1", 1000), ("W1", 1090), ("W2", 1690), ("W2", 2090), ("W1", 2390)]


def test_a_course_counts_what_was_written_down():
    one = course.Course("token", "pause", 3, ["W1", "W2"], Told, (600, 200, 50))
    assert [(r.who, r.began, r.ended, r.stills) for r in one.reigns] == [
        ("W1", 0, 950, ((100, 900),)), ("W2", 700, 1100, ()), ("W1", 1400, 1500, ()),
    ]  # fmt: skip
    assert (one.leaders_at_once, one.overlap, one.done, one.twice) == (2, 250, 2, 1)
    assert (one.accepted, one.refused, one.duplicate) == (3, 0, 1)
    assert [late.job for late in one.assignments if late.late] == [2]
    assert [(g.who, g.heir, g.ended, g.ms, g.after_renewal, g.is_within) for g in one.gaps] == [
        ("W1", "W2", 700, 600, 610, True), ("W2", "W1", 1400, 300, 310, True),
    ]  # fmt: skip
    assert (one.gaps[0].low, one.gaps[0].high) == (400, 650)
    assert str(one.gaps[0]).startswith(
        "W1 to W2: nobody for 600 ms, to be expected 400 to 650; 610"
    )
    assert not course.Gap("W1", "W2", 700, 299, 600, 400, 650).is_within
    assert not course.Gap("W1", "W2", 900, 751, 600, 400, 650).is_within
    assert "token, pause: 2 of 3 jobs done in 1.5 s, 1 of them twice." in str(one)
    assert "    950 ms  W1  leaves office: its lease is over" in str(one)

"""The rules of a lock on Redis, each left out on purpose; and what the search says of all.

The schedules are scenarios, `sim/catalog/redis`; that they play as written is tested with all the
others (test_scenarios.py).
"""

import pickle

import pytest

import raftlab as rl
from raftlab.checks.invariants import ASKED, TITLES
from raftlab.protocols import name_of
from raftlab.protocols.composed import replaced, shelf, whose
from raftlab.protocols.redis_lock import FAILOVER, RedisLease
from raftlab.protocols.systems import LOCKS
from raftlab.scenarios import JUDGES, catalog, find, played

PAIRS = [(base, name) for base, (_, breaks) in LOCKS.items() for name in breaks]
NAMES = [*dict.fromkeys(name for _, name in PAIRS)]
SEARCHED = [(base, name) for base, name in PAIRS if LOCKS[base][1][name].bounds]
# Harmless alone: shown on a system that is broken otherwise, and does not harm it further there.
ON_TOP = {
    "takes-old-orders": "redis-scheduler!runs-unclaimed",
    "writes-blindly": "redis-scheduler!runs-unclaimed!takes-old-orders",
}


def base_of(name):
    return next(base for base, other in PAIRS if other == name)


def right(name):
    return ON_TOP.get(name, base_of(name))


def breaks_of(run, costs):
    """How often a run breaks a property."""
    if costs in JUDGES:
        return int(JUDGES[costs](run).ok is False)
    return sum(verdict.name == costs for verdict in run.verdicts)


# -- each break ---------------------------------------------------------------------------


@pytest.mark.parametrize("base, name", PAIRS)
def test_a_break_replaces_exactly_one_thing_of_whom_it_says(base, name):
    kind = LOCKS[base][1][name]
    told = {"breaks", "source", "bounds", "of"}
    new = [n for n in vars(kind) if n[:2] != "__" and n not in told]
    assert new == [replaced(kind)] and new[0] in dir(whose(LOCKS[base][0], kind))
    assert kind.__doc__ and kind.source and kind.breaks in {**TITLES, **ASKED}
    assert shelf(base) == "redis" and f"redis/{name}" in catalog()
    assert f'rl.scenario("redis/{name}")' in repr(rl.diff(f"{base}!{name}"))
    broken = whose(rl.broken(base, name), kind)
    assert vars(kind)[new[0]] == getattr(broken, new[0])


@pytest.mark.parametrize("name", NAMES)
def test_its_schedule_does_harm_and_none_where_the_rule_is_kept(name):
    found, costs = find(f"redis/{name}"), LOCKS[base_of(name)][1][name].breaks
    assert found.about["protocol"].endswith(f"!{name}") and f"({name})" not in found.title
    assert f"expect broken {costs}" in found.text.splitlines()
    worse, safe = played(found).run, played(found, right(name)).run
    if name == "writes-blindly":  # the rule does not prevent the first job that runs twice
        assert breaks_of(worse, costs) > 3 and breaks_of(safe, costs) == 1
    elif name in ("takes-any-token",):  # A stands still, so that there are two in any case
        assert breaks_of(worse, costs) == 1 and safe.verdicts == ()
    else:
        assert breaks_of(worse, costs) and not breaks_of(safe, costs)
        assert name in ON_TOP or safe.verdicts == ()


@pytest.mark.parametrize("base, name", SEARCHED)
def test_the_search_finds_it(base, name):
    kind = LOCKS[base][1][name]
    found = rl.explore(f"{base}!{name}", progress=False)
    assert found.ok is False and {verdict.name for verdict in found.verdicts} == {kind.breaks}


def test_a_break_of_a_class_that_several_programs_extend_is_of_all_of_them():
    lock, jobs = (rl.broken(base, "renews-blindly") for base in ("redis-lock", "redis-scheduler"))
    for kind, ids in ((lock, "AB"), (jobs, ("K1", "K2"))):
        for id in ids:
            assert issubclass(kind.company[id], RedisLease)
            assert kind.company[id].renews_by is not RedisLease.renews_by
    run = rl.cluster("redis-lock!renews-blindly!takes-any-token", servers=1)
    for id in ("A", "B", "disk"):
        assert type(pickle.loads(pickle.dumps(run[id]))) is type(run[id])
    assert name_of(type(run["S1"])) == "redis-lock!renews-blindly!takes-any-token"


# -- what the search says of all -----------------------------------------------------------


def test_where_all_is_right_the_search_finds_two_holders_and_no_harm():
    """So `one_holder` can be asked for and not promised."""
    found = rl.explore("redis-lock", against="one_holder", progress=False)
    [verdict] = found.verdicts
    assert verdict.name == "one_holder" and set(verdict.evidence) == {"A", "B"}
    assert len(found.actions) == 11 and found.run.verdicts == ()
    asked = ("no_stale_deed", "token_once", "own_lock_only", "linearizability")
    whole = rl.explore("redis-lock", against=asked, progress=False)
    assert whole.ok is True and whole.states > 1000


def test_the_stale_write_is_found_shortest_first():
    found = rl.explore("redis-lock!takes-any-token", progress=False)
    assert len(found.actions) == 17
    assert [verdict.name for verdict in found.verdicts] == ["no_stale_deed"]


def test_who_compares_before_it_renews_touches_nobody_elses_lock():
    """Holders try for ever, so there is no end to these bounds; this is well beyond the harm."""
    bounds = LOCKS["redis-lock"][1]["renews-blindly"].bounds
    found = rl.explore("redis-lock", progress=False, depth=12, **bounds)
    assert found.verdicts == () and found.depth == 12


@pytest.mark.slow
def test_no_failover_makes_the_disk_give_a_number_twice():
    """Within the bounds in which a counter in Redis does."""
    found = rl.explore("redis-lock", progress=False, **FAILOVER)
    assert found.ok is True and found.states > 100_000


@pytest.mark.slow
def test_redlock_has_two_holders_where_all_is_right_and_the_disk_is_not_harmed():
    found = rl.explore("redlock", against="one_holder", progress=False)
    assert found.ok is False and len(found.actions) == 15
    assert rl.explore("redlock", progress=False).ok is True


def test_within_the_same_bounds_claimed_jobs_run_once_and_all_was_seen():
    assert rl.explore("redis-scheduler", progress=False).ok is True


def test_what_takes_time_is_not_searched_for():
    with pytest.raises(rl.Impossible, match="expect not broken free_again"):
        rl.explore("redis-lock", against="free_again", progress=False)
    with pytest.raises(rl.Impossible, match="redis/sets-then-expires"):
        rl.explore("redis-lock!sets-then-expires", progress=False)

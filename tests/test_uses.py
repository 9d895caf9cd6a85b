"""What leaders are for: leases, and the four systems that use them; each failure with its fence.

The schedules are scenarios, `sim/catalog/uses`; that they play as written is tested with all the
others (test_scenarios.py).
"""

import pickle
from functools import partial

import pytest

import raftlab as rl
from raftlab.checks.invariants import ASKED, TITLES
from raftlab.core import execute, lease_of, read_command, write_command
from raftlab.protocols import mended, name_of
from raftlab.protocols.composed import replaced, shelf, whose
from raftlab.protocols.systems import SYSTEMS
from raftlab.scenarios import JUDGES, catalog, find, played

BREAKS = {name: (base, kind) for base, (_, breaks) in SYSTEMS.items()
          for name, kind in breaks.items()}  # fmt: skip
SEARCHED = [name for name, (_, kind) in BREAKS.items() if kind.bounds]
# Harmless alone: shown on a system that is broken otherwise, and safe there without them.
ON_TOP = {
    "takes-old-orders": "scheduler!runs-unclaimed",
    "takes-older-versions": "config!answers-from-memory",
}
# What takes more than a second to find, or more than that search sees.
LONG = {"starts-with-what-it-has", "answers-alone", "answers-from-memory"}
UNFOUND = {"obeys-old-primaries"}


def right(name):
    return ON_TOP.get(name) or BREAKS[name][0]


def elected(system, jitter=0, **more):
    """A system of three servers of which S1 leads."""
    run = rl.cluster(system, servers=3, seed=1, jitter=jitter, **more)
    run.fire("S1")
    run.run(30)
    assert run.leader == "S1"
    return run


# -- each break ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_replaces_exactly_one_thing_of_whom_it_says(name):
    base, kind = BREAKS[name]
    told = {"breaks", "source", "bounds", "of"}
    new = [n for n in vars(kind) if n[:2] != "__" and n not in told]
    assert new == [replaced(kind)] and new[0] in dir(whose(SYSTEMS[base][0], kind))
    assert kind.__doc__ and kind.source and kind.breaks in {**TITLES, **ASKED}
    assert shelf(base) == "uses" and f"uses/{name}" in catalog()
    told = repr(rl.diff(f"{base}!{name}"))
    assert f'rl.scenario("uses/{name}")' in told and repr(rl.diff(name)) == told
    broken = whose(rl.broken(base, name), kind)
    assert vars(kind)[new[0]] is getattr(broken, new[0])


@pytest.mark.parametrize("name", BREAKS)
def test_its_schedule_does_harm_and_none_where_the_rule_is_mended(name):
    found, costs = find(f"uses/{name}"), BREAKS[name][1].breaks
    assert found.about["protocol"] == f"{right(name)}!{name}"
    assert f"expect broken {costs}" in found.text.splitlines()
    safe = played(found, right(name)).run
    assert JUDGES["linearizability"](safe).ok is not False or costs != "linearizability"
    assert costs not in [verdict.name for verdict in safe.verdicts]
    if name not in ON_TOP:
        assert safe.verdicts == () and JUDGES["linearizability"](safe).ok is not False


@pytest.mark.parametrize("name", [
    pytest.param(n, marks=pytest.mark.slow if n in LONG else ()) for n in SEARCHED
    if n not in UNFOUND
])  # fmt: skip
def test_the_search_finds_it(name):
    base, kind = BREAKS[name]
    found = rl.explore(f"{base}!{name}", progress=False)
    assert found.ok is False and {verdict.name for verdict in found.verdicts} == {kind.breaks}


def test_within_the_same_bounds_the_fenced_lock_is_safe_and_was_seen_whole():
    against = ("no_stale_deed", "linearizability")
    found = rl.explore("lock", against=against, progress=False)
    assert found.ok is True and found.states > 1000


@pytest.mark.slow
def test_within_the_same_bounds_claimed_jobs_run_once_and_all_was_seen():
    assert rl.explore("scheduler", against="each_job_once", progress=False).ok is True


def test_no_fence_sees_to_it_that_there_is_one_holder():
    """So it is found broken where all is right; nobody watches it, and it can be asked."""
    found = rl.explore("lock", against="one_holder", progress=False)
    [verdict] = found.verdicts
    assert verdict.name == "one_holder" and set(verdict.evidence) == {"A", "B"}
    assert found.run.verdicts == () and JUDGES["one_holder"](found.run).ok is False
    whole = elected("lock")
    whole.run(1000)
    assert JUDGES["one_holder"](whole).ok is True


def test_what_alone_does_no_harm_says_where_it_is_shown():
    with pytest.raises(rl.Impossible, match="rl.scenario\\('uses/takes-old-orders'\\) shows it"):
        rl.explore("scheduler!takes-old-orders", progress=False)
    assert rl.explore("scheduler!runs-unclaimed!takes-old-orders", progress=False).ok is False


# -- leases -------------------------------------------------------------------------------


def test_a_lease_has_a_number_that_grows_with_every_holder():
    data, first = execute({}, ("acquire", "lock", "A"))
    assert data == {"lock": "A/1"} and first == 1
    assert execute(data, ("acquire", "lock", "B")) == (data, False)
    assert execute(data, ("release", "lock", "A/2")) == (data, False)
    data, freed = execute(data, ("release", "lock", "A/1"))
    assert freed is True and lease_of(data["lock"]) == ("-", 1)
    assert execute(data, ("acquire", "lock", "B"))[1] == 2
    # Who asks again has forgotten that it held it: what it did before must be told apart.
    assert execute({"lock": "A/1"}, ("acquire", "lock", "A"))[1] == 2
    assert lease_of(5) is None and lease_of("blue") is None
    for command in (("acquire", "lock", "A"), ("release", "lock", "A/2")):
        assert read_command(write_command(command)) == command


def test_a_lease_that_nobody_renews_ends_after_its_time_and_not_before():
    run = elected("lock")
    run.request(("add", "x", 1), to="A")
    run.run(45)
    run.pause("A")
    began = next(s.state.time for s in run.steps
                 if s.state.observe("S1").machine.get("lock") == "A/1")  # fmt: skip
    run.until(lambda run: run["S1"].machine.data["lock"] == "-/1")
    assert began + 500 <= run.now <= began + 500 + 25


def test_a_holder_renews_and_keeps_its_office():
    run = elected("primary")
    run.until(lambda run: run["D1"].token)
    run.run(5000)
    assert run["D1"].token == 1 and run["S1"].machine.data["primary"] == "D1/1"
    assert len(run["S1"].log) < 8  # a renewal is a read, and no entry


def test_a_holder_that_is_cut_off_stops_before_the_cluster_gives_its_lease_away():
    run = elected("primary")
    run.until(lambda run: run["D1"].token)
    run.run(200)
    run.partition(["D1"], ["S1", "S2", "S3", "D2", "D3"])
    run.until(lambda run: run["D1"].token is None)
    assert run["S1"].machine.data["primary"] == "D1/1"
    run.until(lambda run: run["D2"].token)
    assert JUDGES["one_holder"](run).ok is True


def test_a_renewal_that_is_asked_for_again_runs_from_the_first_time():
    """The answer that comes may be one to the first; the cluster counts from there."""
    run = elected("primary")
    run.until(lambda run: run["D1"].asked is not None)
    asked, before = run.now, run["D1"].counting
    run.until(lambda run: [e for e in run.state.network if (e.src, e.dst) == ("S1", "D1")])
    run.drop("ClientReply", "S1", "D1")
    run.until(lambda run: run["D1"].counting != before)
    assert run.now > asked + run["D1"].lease_time / 2  # so it had asked twice
    run.partition(["D1"], ["S1", "S2", "S3", "D2", "D3"])
    run.until(lambda run: run["D1"].token is None)
    assert run.now <= asked + run["D1"].lease_time


def test_a_new_leader_counts_a_lease_anew_and_a_deposed_one_renews_nothing():
    run = elected("primary")
    run.until(lambda run: run["D1"].token)
    run.run(200)
    run.partition(["S1", "D1"], ["S2", "S3", "D2", "D3"])
    run.until(lambda run: run.leader != "S1")
    chosen = run.now
    run.until(lambda run: run["D1"].token is None)
    assert run.now < chosen + 500
    run.until(lambda run: any(run[id].token for id in ("D2", "D3")))
    assert run.now >= chosen + 500 and JUDGES["one_holder"](run).ok is True


def test_a_lease_whose_grant_is_so_late_that_it_may_be_over_is_given_back():
    run = elected("lock")
    run.tune(retry_after=2000)
    run.request(("add", "x", 1), to="A")
    run.until(lambda run: any(e.dst == "A" for e in run.state.network))
    run.delay("ClientReply", "S1", "A", 400)
    run.run(1500)
    assert run.operations()[0].result == 1 and run["disk"].newest == 2


def test_who_is_refused_a_lease_leaves_no_entry_and_asks_again():
    run = elected("lock")
    run.request(("add", "x", 1), to="A")
    run.run(45)
    run.pause("A")
    entries = len(run["S1"].log)
    run.request(("add", "x", 1), to="B")
    run.run(400)
    asked = [s for s in run.steps if getattr(s.action, "src", "") == "B"]
    assert len(asked) > 2 and len(run["S1"].log) == entries and run["B"].serial <= 1


# -- the systems, with nothing wrong ------------------------------------------------------


def test_a_lock_in_use_loses_no_update():
    run = elected("lock", jitter=10)
    for _ in range(3):
        run.request(("add", "x", 1), to="A")
        run.request(("add", "x", 1), to="B")
    run.run(4000)
    assert run["disk"].data == {"x": 6} and run.verdicts == ()
    assert sorted(op.result for op in run.operations()) == [1, 2, 3, 4, 5, 6]


def test_a_database_outlives_its_primary():
    run = elected("primary", jitter=10)
    run.until(lambda run: any(run[id].token for id in ("D1", "D2", "D3")))
    run.run(200)
    first = next(id for id in ("D1", "D2", "D3") if run[id].token)
    run.request(("set", "x", 5), to=first)
    run.run(100)
    run.crash(first)
    others = [id for id in ("D1", "D2", "D3") if id != first]
    run.until(lambda run: any(run[id].token for id in others))
    second = next(id for id in others if run[id].token)
    run.request(("get", "x"), to=second)
    run.run(100)
    assert [op.result for op in run.operations()] == [5, 5]
    run.restart(first)
    run.request(("set", "x", 6), to=second)
    run.run(1000)
    assert run[first].data == {"x": 6} and run[first].token is None and run.verdicts == ()


def test_jobs_are_done_in_their_order_and_each_once():
    run = elected("scheduler", jitter=10)
    run.run(3000)
    done = [text.partition("@")[0] for id in ("W1", "W2") for text in run[id].done]
    assert sorted(done) == ["job1", "job2", "job3"] and run["S1"].machine.data["done"] == 3
    assert run.verdicts == ()


def test_who_asks_for_something_else_meanwhile_keeps_its_lease():
    run = elected("scheduler", jitter=10)
    run.run(6000)
    assert run["S1"].machine.data["scheduler"] in ("K1/1", "K2/1")


def test_a_slow_worker_is_given_up_and_its_job_still_runs_once():
    run = elected("scheduler")
    run.pause("W1")
    run.pause("W2")
    run.run(900)
    run.resume("W1")
    run.resume("W2")
    run.run(2500)
    done = [text.partition("@")[0] for id in ("W1", "W2") for text in run[id].done]
    assert sorted(done) == ["job1", "job2", "job3"] and run.verdicts == ()


def test_watchers_see_each_version_soon():
    run = elected("config")
    run.request(("set", "config", 1), to="S1")
    run.run(200)
    assert run["V1"].version == run["V2"].version == 1
    assert run.request(("cas", "config", 1, 2), to="S1") and run.run(200)
    assert run["V1"].version == 2 and run.verdicts == ()


# -- in one cluster with the servers ------------------------------------------------------


@pytest.mark.parametrize("base", SYSTEMS)
def test_a_system_is_a_run_like_any_other(base):
    run = rl.cluster(base, servers=3, seed=1, clients=1)
    company = SYSTEMS[base][0].company
    assert run.state.config.clients == (*company, "C1") and run.about["protocol"] == base
    assert all(type(run[id]) is kind for id, kind in company.items())
    run.run(700)
    again = rl.load(run.dump())
    assert again.digest() == run.digest() == rl.load(run.code()).digest()
    text = rl.show.ring(run).text
    assert all(f"\n{id}: " in text for id in company)
    assert str(rl.show.spacetime(run)) and rl.show.feed(run, last=None).text
    assert name_of(type(run["S1"])) == base and mended(type(run["S1"])) is type(run["S1"])


def test_nodes_of_a_broken_company_are_found_by_pickle():
    run = rl.cluster("lock!takes-any-token!fences-writes-only", servers=1)
    again = pickle.loads(pickle.dumps(run["disk"]))
    assert type(again) is type(run["disk"]) and again.admits(-1)
    assert type(run["A"]) is SYSTEMS["lock"][0].company["A"]


def test_two_programs_of_a_company_can_be_parted():
    run = rl.scenario("cluster lock servers=3 seed=1\n\nisolate A\n----\n", at="end")
    assert ("A", "disk") in run.state.cuts and ("A", "B") in run.state.cuts
    lab = rl.lab("lock", servers=3)
    lab.act("isolate", node="A")
    assert {("A", "disk"), ("S1", "A")} <= lab.run.state.cuts
    assert ("B", "disk") not in lab.run.state.cuts


def test_a_lab_of_a_system_knows_its_roles_and_words():
    from raftlab.widgets.stage import about

    told = partial(about, title="", properties=[])
    made = told(rl.cluster("lock", servers=3).state)
    assert made["roles"][-2:] == ["holder", "store"] and made["company"] is True
    assert made["words"] == ["term"] * 3 + ["token"] * 3
    plain = told(rl.cluster("raft", servers=3, clients=1).state)
    assert plain["roles"] == ["follower", "candidate", "leader"] and plain["company"] is False


def test_a_search_asks_only_whom_it_may():
    found = rl.explore("lock", requests=[("add", "x", 1)], asked="B", acts="S1", servers=1,
                       by="messages", duplicates=False, progress=False,
                       sometimes={"A has a job": lambda state: state["A"].jobs,
                                  "B has a job": lambda state: state["B"].jobs})  # fmt: skip
    assert found.sometimes["A has a job"] is None and found.sometimes["B has a job"]
    assert "only B may be asked" in str(found.bounds)
    with pytest.raises(rl.Impossible, match="asked names 'Z'"):
        rl.explore("lock", asked="Z", progress=False)

"""Sweeps: the same numbers whoever computes them, tidy, with intervals that hold what they say."""

import csv
import io
from concurrent.futures import ProcessPoolExecutor

import pytest

import raftlab as rl
from raftlab.core import Node
from raftlab.protocols import protocol
from raftlab.sim.trials import MEASURES, Plan, trial, trials
from raftlab.sweeps import Sweep


def sweep(*args, **options):
    return rl.sweep(*args, progress=False, **options)


@pytest.fixture(scope="module")
def crashes():
    return sweep(runs=40, fault=[None, "crash"], servers=3)


def test_rows_are_tidy_one_for_each_cluster(crashes):
    assert len(crashes.rows) == 80
    assert list(crashes.rows[0]) == ["fault", "run", *MEASURES]
    read = list(csv.DictReader(io.StringIO(crashes.csv())))
    assert len(read) == 80 and float(read[3]["latency"]) == crashes.rows[3]["latency"]


def test_a_crash_costs_answers_and_an_election(crashes):
    """§5.2: between the crash and the next leader nothing is answered; clients wait and retry."""
    calm, crashed = (
        {one["measure"]: one for one in crashes.summary() if one["fault"] == fault}
        for fault in (None, "crash")
    )
    assert calm["latency"]["high"] < crashed["latency"]["low"]
    assert calm["availability"]["mean"] >= crashed["availability"]["mean"] > 0.9
    assert 100 < crashed["election_time"]["mean"] < 400 and crashed["election_time"]["missing"] == 0
    assert calm["messages_per_commit"]["mean"] > 4  # two AppendEntries and their answers at least
    assert 30 < calm["latency"]["median"] < 80  # four messages of 10 to 20 ms, two of them inside


def test_a_trial_agrees_with_the_same_run_as_a_history():
    """The same seed in a history: its first leader comes when the trial says."""
    found = trial(Plan(protocol("raft"), servers=3, ms=1000, every=5000), 12345)
    run = rl.cluster("raft", servers=3, seed=12345, clients=1)
    run.run(round(1000 / 6, 3))
    run.request(("add", "x", 1), to="C1", serial=1)
    run.until(lambda run: run.leader)
    assert found["election_time"] == run.now
    run.run(1000 - run.now)
    (op,) = run.operations()
    assert found["latency"] == round(op.completed_at - op.invoked_at, 3)
    assert found["availability"] == 1


def test_who_never_elects_is_missing_and_comes_last():
    found = sweep(runs=10, election_timeout=(150, 150), ms=1000)
    (elections,) = [one for one in found.summary() if one["measure"] == "election_time"]
    assert elections["missing"] == 10 and elections["mean"] is elections["median"] is None
    assert "–" in repr(found)


def test_an_executor_changes_nothing_and_progress_counts_every_cluster():
    plan, seen = Plan(protocol("raft"), servers=3, ms=600), []
    alone = trials(plan, 45, seed=3, tick=seen.append)
    assert sum(seen) == 45 and len(seen) == 3
    with ProcessPoolExecutor(2) as executor:
        assert trials(plan, 45, 3, executor) == alone
        assert sweep(runs=45, seed=3, servers=3, ms=600, executor=executor).rows == [
            {"run": number, **found} for number, found in enumerate(alone, 1)
        ]


@pytest.mark.slow
def test_a_dask_cluster_computes_the_same():
    """Any executor: a local Dask cluster stands for one of many machines."""
    import distributed  # only here, because it takes long

    local = {"n_workers": 1, "threads_per_worker": 2, "processes": False}
    with (
        distributed.LocalCluster(**local, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        found = sweep(runs=25, servers=3, ms=600, executor=executor)
        pair = ["raft!votes-twice", "raft"]
        searched = rl.explore(pair, executor=executor, terms=1, progress=False)
    assert found.rows == sweep(runs=25, servers=3, ms=600).rows
    assert [one.ok for one in searched] == [False, True]


def test_a_broken_protocol_and_a_class_of_ones_own_are_swept_like_any_other():
    class Slow(protocol("raft")):
        heartbeat_interval = 80

    found = sweep([Slow, "raft!votes-twice"], runs=3, servers=3, ms=900)
    assert {row["protocol"] for row in found.rows} == {"Slow", "raft!votes-twice"}


def test_every_dial_may_vary_and_the_same_seeds_serve_all_groups():
    found = sweep(runs=4, loss=[0, 0.2], election_timeout=[(150, 300), (200, 300)], ms=800)
    assert found.varied == ("loss", "election_timeout") and len(found.rows) == 16
    assert len(found.values("latency", loss=0.2, election_timeout=(200, 300))) == 4
    alone = sweep(runs=4, loss=0.2, ms=800)
    assert alone.values("latency") == found.values("latency", loss=0.2, election_timeout=(150, 300))


def test_an_interval_holds_the_mean_of_many_in_nineteen_of_twenty_cases():
    plan = Plan(protocol("raft"), servers=3, ms=1500, every=5000)
    many = [one["election_time"] for one in trials(plan, 800, seed=9)]
    mean = sum(many) / len(many)
    inside = 0
    for at in range(0, 800, 40):
        part = Sweep([{"run": n, **dict.fromkeys(MEASURES, t)} for n, t in
                      enumerate(many[at : at + 40])], ())  # fmt: skip
        one = part.summary()[0]
        inside += one["low"] <= mean <= one["high"]
    assert 17 <= inside <= 20


def test_a_dial_that_is_measured_as_well_keeps_a_column_of_its_own():
    found = sweep(runs=3, latency=[5, 20], servers=3, ms=1500)
    assert found.varied == ("latency_dial",) and len(found.summary()) == 2 * len(MEASURES)
    assert list(found.rows[0]) == ["latency_dial", "run", *MEASURES]
    assert max(found.values("latency", latency=5)) < min(found.values("latency", latency_dial=20))


def test_it_shows_itself_as_a_table_and_says_how_to_read_it(crashes):
    told = repr(crashes).splitlines()
    assert told[0].split()[:4] == ["fault", "measure", "missing", "mean"]
    assert told[-1] == "40 clusters in each of 2 groups."
    html = crashes._repr_html_()
    assert html.count("<tr>") == 9 and "40 clusters in each of 2 groups." in html
    available = next(line for line in told if "availability" in line)
    assert available.split()[-1] == "1", "its median; that 99 % are within 1 says nothing"
    never = repr(sweep(runs=10, election_timeout=(150, 150), ms=1000))
    assert "10 clusters.\nMissing: those where nobody led" in never


@pytest.mark.parametrize("options, says", [
    ({"runs": 0}, "runs is how many clusters"),
    ({"fault": "fire"}, "no fault 'fire'; there are None, 'crash', 'pause', 'cut off'"),
    ({"servers": [3, 0]}, "servers must be a number from 1 to 25, not 0"),
    ({"loss": []}, "loss is an empty list"),
    ({"speed": 3}, "no dial 'speed'; there are latency"),
    ({"executor": 4}, "an executor is an open one, such as ProcessPoolExecutor.*, not 4"),
    ({"executor": ProcessPoolExecutor}, "an executor is an open one"),
    ({"ms": -1}, "ms is a time in ms above 0"),
    ({"seed": "x"}, "a seed is a whole number"),
    ({"election_timeout": 5}, "election_timeout must be"),
])  # fmt: skip
def test_a_sweep_that_cannot_be_is_refused_before_anything_runs(options, says):
    with pytest.raises(rl.Impossible, match=says):
        sweep(**options)


def test_a_measure_that_does_not_exist_is_answered_with_those_that_do(crashes):
    with pytest.raises(rl.Impossible, match="no measure 'speed'; there are election_time"):
        crashes.values("speed")
    assert issubclass(Plan(Node).kind, Node)

"""The sweep of Figure 16: the real Raft, the paper's worst case, the same numbers every time."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.protocols import protocol
from raftlab.sim import Dials
from raftlab.sim.elections import downtime, downtimes
from raftlab.views import style
from raftlab.views.cdf import LOOKS, points, ticks

RAFT = protocol("raft")


def test_the_same_seed_gives_the_same_elections_and_another_seed_others():
    first = downtimes(RAFT, (150, 200), 60, seed=3)
    assert first == downtimes(RAFT, (150, 200), 60, seed=3)
    assert first != downtimes(RAFT, (150, 200), 60, seed=4)
    assert first[:20] == downtimes(RAFT, (150, 200), 20, seed=3)


def test_an_executor_changes_nothing_and_progress_counts_every_trial():
    told = []
    with ThreadPoolExecutor(2) as executor:
        spread = downtimes(RAFT, (150, 175), 120, executor=executor, tick=told.append)
    assert spread == downtimes(RAFT, (150, 175), 120)
    assert sum(told) == 120 and len(told) > 1


def test_nobody_is_elected_before_half_the_shortest_timeout_has_passed():
    """§9.3: the crash comes at most that long after the last heartbeat."""
    found = downtimes(RAFT, (150, 300), 200)
    assert min(found) > 75
    assert max(found) < 2000


def test_two_of_the_four_survivors_cannot_win():
    """§9.3: the servers' logs differ in length, the crashed leader's is the longest."""
    ids = ("S1", "S2", "S3", "S4", "S5")
    winners = set()
    for seed in range(40):
        nodes = [
            RAFT(id, ids, current_term=1, log=[(1, "x")] * (5 - at), election_timeout=(150, 155))
            for at, id in enumerate(ids)
        ]
        run = rl.cluster(servers=nodes, seed=seed, latency=0.5, jitter=5.5)
        run.crash("S1")
        run.until(lambda run: run.leader)
        winners.add(run.leader)
    assert winners == {"S2", "S3"}


@pytest.mark.slow
def test_the_curves_agree_with_the_numbers_the_paper_prints():
    """§9.3. Half within 287 ms at 150–155 ms: ours within 10 %. Worst of 1,000 at 150–200 ms is
    513 ms; a worst case varies from seed to seed (490 to 720 ms here), so 40 % is allowed."""
    sweep = rl.elections([(150, 155), (150, 200)], trials=1000, progress=False)
    assert sweep.percentile((150, 155), 50) == pytest.approx(287, rel=0.10)
    assert sweep.percentile((150, 200), 100) == pytest.approx(513, rel=0.40)


def test_ten_times_faster_timers_give_the_papers_ten_times_shorter_downtime():
    """§9.3: 12–24 ms, mean 35 ms, worst 152 ms."""
    found = downtimes(RAFT, (12, 24), 400)
    assert 25 < sum(found) / len(found) < 40
    assert max(found) < 250


def test_without_any_randomness_nobody_is_ever_elected():
    """§5.2: the timers stay together for ever, and every vote is split."""
    assert downtimes(RAFT, (150, 150), 3, horizon=5000) == [None] * 3


def test_randomness_is_what_helps_up_to_a_point():
    half = {
        high: sorted(downtimes(RAFT, (150, high), 101, horizon=9000), key=lambda t: t or 9e9)[50]
        for high in (151, 155, 175)
    }
    assert half[151] > 2 * half[155] > 3 * half[175]


def test_servers_that_never_stand_are_a_cluster_without_a_leader():
    """The sweep reports what the class does: it holds no belief of its own about elections."""

    class Patient(RAFT):
        def may_start_election(self):
            return False

    assert downtime(Patient, (150, 300), 1, delays=Dials(1, 1), horizon=3000) is None


def test_percentiles_count_the_elections_that_never_ended():
    from raftlab.lessons.figure16 import Elections

    made = Elections({(150, 151): [30.0, 10.0, None, 20.0]})
    found = [made.percentile((150, 151), percent) for percent in (25, 50, 75, 76, 100)]
    assert found == [10, 20, 30, None, None]
    assert "> 20 s" in made.text and "> 20 s" not in made.text.splitlines()[1][:50]
    with pytest.raises(Impossible, match="they ran with"):
        made.percentile((1, 2), 50)


def test_the_picture_the_chart_and_the_words_say_the_same():
    sweep = rl.elections([(150, 155), (150, 150)], trials=30, progress=False)
    half = sweep.percentile((150, 155), 50)
    assert f"{half:,.0f} ms" in sweep.text and f"{half:.0f} ms" in sweep.svg
    figure = sweep._json()
    json.dumps(figure)
    assert figure["layout"]["xaxis"]["type"] == "log"
    names = [trace.get("name", "") for trace in figure["data"]]
    assert any(f"half in {half:.0f} ms" in name for name in names)
    assert "none of 3 within 20 s" in sweep.svg and any("none of 3" in name for name in names)
    assert sweep.svg == rl.elections([(150, 155), (150, 150)], trials=30, progress=False).svg
    bundle = sweep._repr_mimebundle_()
    assert len(json.dumps(bundle)) < 80_000 and bundle["text/plain"] == sweep.text
    assert "application/vnd.plotly.v1+json" not in sweep.still()._repr_mimebundle_()
    assert sweep.dark().svg != sweep.svg


def test_a_thinned_curve_keeps_its_ends_and_never_falls():
    times = [float(t) for t in range(1, 1001)]
    line = points(times)
    assert len(line) < 150 and line[0] == (1, 0.001) and line[-1] == (1000, 1)
    assert line == sorted(line)
    assert ticks(50, 2000) == [50, 100, 200, 500, 1000, 2000]


def test_every_curve_can_be_told_from_its_card_and_its_number_read():
    for colour, _ in LOOKS:
        assert all(style.contrast(colour, theme["card"]) >= 3 for theme in style.THEMES.values())
        assert style.contrast(colour, style.ink_on(colour)) >= 4.5


def test_wrong_arguments_are_told_what_is_right():
    for wrong in (
        {"timeout": (300, 150)}, {"timeout": "fast"}, {"timeout": [(1, 2, 3)]}, {"trials": 0},
        {"servers": 2}, {"protocol": "nothing"}, {"seed": "x"},
    ):  # fmt: skip
        with pytest.raises(Impossible):
            rl.elections(**{"timeout": (150, 300), "trials": 1, "progress": False, **wrong})

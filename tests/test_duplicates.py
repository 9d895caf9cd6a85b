"""`rl.duplicates`: jobs that ran twice, by design of their scheduler (E47)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import raftlab as rl


@pytest.fixture(scope="module")
def counted():
    return rl.duplicates(runs=12, seed=1, progress=False)


def test_each_fence_leaves_fewer_jobs_that_run_twice_and_the_last_none(counted):
    twice = [one["twice"] for one in counted.summary()]
    assert twice == sorted(twice, reverse=True) and len(set(twice)) == 4 and twice[-1] == 0
    assert all(row["done"] == 20 for row in counted.rows)


def test_without_a_scheduler_a_cluster_is_as_long_as_the_lock_lasts_and_the_next_try_takes(counted):
    """Between ttl - renewal and ttl + retry (facts), and what messages take on their way."""
    assert 600 - 200 <= counted.gaps[0] and counted.gaps[-1] <= 600 + 100 + 6 * 16


def test_the_table_tells_all_four(counted):
    told = repr(counted)
    assert [line.split("  ")[0] for line in told.splitlines()[1:-1]] == [
        "naive", "token", "token + epoch", "token + epoch + idempotent",
    ]  # fmt: skip
    assert "ms until another was at work" in told
    assert counted._repr_html_().count("<tr>") == 5


def test_the_numbers_are_the_same_on_an_executor(counted):
    with ThreadPoolExecutor(2) as executor:
        again = rl.duplicates(runs=12, seed=1, executor=executor, progress=False)
    assert again.rows == counted.rows


@pytest.mark.parametrize("options, says", [
    ({"runs": 0}, "runs is a whole number from 1 to 10,000, not 0"),
    ({"jobs": True}, "jobs is a whole number"),
    ({"seed": "x"}, "a seed is a whole number, not 'x'"),
])  # fmt: skip
def test_a_slip_is_answered(options, says):
    with pytest.raises(rl.Impossible, match=says):
        rl.duplicates(**options)

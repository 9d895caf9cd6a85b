"""Six small histories, each on a cluster that brings it about: `sim/catalog/histories`.

Abstractly they stand in `test_linearizable.py`; here real servers answer, and in five of the six
nothing is wrong with their logs. What differs is only what the clients were promised.
"""

import pytest

import raftlab as rl
from raftlab.core import write_command
from raftlab.scenarios import catalog

# {name: (asked by whom, and answered how, in the order of the calls; linearizable; sequential)}.
SIX = {
    "told-by-telephone": (["A x=0 0", "A x=1 1", "B x? 0"], False, True),
    "back-in-time": (["A x=0 0", "A x=1 1", "B x? 1", "B x? 0"], False, False),
    "new-then-old": (["C1 x=0 0", "C1 x=1 1", "A x? 1", "B x? 0"], False, True),
    "late-write": (["C1 x=0 0", "C1 x=1 unknown", "B x? 0", "B x? 1"], True, True),
    "held-twice": (["A x=0 0", "A x: 0->1 True", "B x: 0->1 True"], False, False),
    "second-write-first": (
        ["A x=0 0", "A y=0 0", "A x=1 1", "A y=1 1", "B y? 1", "B x? 0"], False, False,
    ),
}  # fmt: skip


def seen(name, protocol=None):
    return rl.linearizable(rl.scenario(f"histories/{name}", at="end", protocol=protocol))


def asked(picture):
    return [
        f"{op.client} {write_command(op.call)} {op.result if op.status == 'ok' else op.status}"
        for op in picture.judgement.operations
    ]


def test_the_folder_holds_these_six():
    names = [name for name in catalog() if name.startswith("histories/")]
    assert names == [f"histories/{name}" for name in sorted(SIX)]


@pytest.mark.parametrize("name", SIX)
def test_a_history_is_what_it_is_said_to_be(name):
    history, at_one_instant, in_one_order = SIX[name]
    picture = seen(name)
    assert asked(picture) == history
    assert (picture.ok, picture.sequential.ok) == (at_one_instant, in_one_order)


@pytest.mark.parametrize("name", [name for name in SIX if name != "held-twice"])
def test_inside_all_is_well_whatever_the_clients_see(name):
    assert rl.scenario(f"histories/{name}", at="end").verdicts == ()


@pytest.mark.parametrize("name", ["told-by-telephone", "back-in-time", "second-write-first"])
def test_reads_that_go_through_the_log_are_never_stale(name):
    """Followers do not answer then, so some reads of these stories are refused."""
    picture = seen(name, protocol="raft")
    assert picture.ok and picture.sequential.ok
    assert "fail" in {op.status for op in picture.judgement.operations}


def test_where_half_is_no_majority_nobody_takes_the_lock():
    run = rl.scenario("histories/held-twice", at="end", protocol="raft")
    assert asked(rl.linearizable(run)) == ["A x=0 0", "A x: 0->1 unknown", "B x: 0->1 fail"]
    assert run.verdicts == ()


def test_the_weaker_verdict_is_about_the_same_moments_as_the_stronger():
    """Up to the cursor of the run when it was judged, however the run goes on."""
    run = rl.scenario("histories/back-in-time", at=4)  # behind the first of the two reads
    picture = rl.linearizable(run)
    run.goto(len(run))
    assert picture.ok and picture.sequential.ok
    assert len(picture.sequential.operations) == len(picture.judgement.operations) == 3
    assert not rl.linearizable(run).sequential.ok
    assert picture.plotly().sequential.ok

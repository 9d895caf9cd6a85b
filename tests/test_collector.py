"""What nobody wants any more is gone at once, without Python's garbage collector."""

import gc
import weakref

import pytest

import raftlab as rl
from raftlab.checks.explore import explore


@pytest.fixture
def no_collector():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("design", ["raft", "raft!votes-twice"])
@pytest.mark.parametrize("by", ["rounds", "messages", "walks"])
def test_a_search_leaves_nothing_behind(design, by, no_collector):
    """A search keeps up to a million objects, and the next must not pay for walking them."""
    found = explore(rl.cluster(design, servers=3, seed=1), by, terms=1, states=2000)
    engine = weakref.ref(found._search.engine)
    node = weakref.ref(engine().locals[0][-1].node)
    assert node().id == "S1"
    del found
    assert engine() is None and node() is None


def test_a_run_leaves_nothing_behind(no_collector):
    run = rl.cluster("raft", servers=3, seed=1)
    run.run(500)
    node = weakref.ref(run.state["S1"])
    assert node().id == "S1"
    del run
    assert node() is None

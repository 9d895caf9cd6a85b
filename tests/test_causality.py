"""Lamport's happened-before, compared with a definition by vector clocks."""

import pytest

import raftlab as rl
from raftlab.sim import actor, begun, causal_past, random_walk
from raftlab.sim.network import find


def by_vector_clocks(steps):
    """For each step the set of steps before it, forwards: what a node knows travels with what
    it sends. A second definition, to compare with."""
    nodes = dict.fromkeys(steps[0].state.config.places, frozenset({0}))
    carried = {id(envelope): frozenset({0}) for envelope in steps[0].state.network}
    pasts = [frozenset()]
    for at, step in enumerate(steps[1:], 1):
        action, who, before = begun(step.action), actor(step.action), steps[at - 1].state.network
        mail = frozenset()
        if type(action).__name__ in ("Deliver", "Drop", "Duplicate", "Delay"):
            mail = carried[id(before[find(before, action)])]
        past = mail | (nodes[who] if who else frozenset())
        pasts.append(past)
        if who:
            nodes[who] = past | {at}
        for envelope in step.state.network:
            copies = type(action).__name__ in ("Duplicate", "Delay")
            carried.setdefault(id(envelope), mail if copies else past | {at})
    return pasts


@pytest.mark.parametrize("seed", range(12))
def test_the_past_of_every_step_is_what_vector_clocks_say(seed):
    run = rl.cluster("raft", servers=3 + seed % 3, clients=seed % 2, seed=seed, duplicate=0.2)
    random_walk(run, 160)
    pasts = by_vector_clocks(run.steps)
    assert max(map(len, pasts)) > 20
    for at in range(len(run.steps)):
        assert causal_past(run.steps, at) == tuple(sorted(pasts[at]))

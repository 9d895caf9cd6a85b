"""100,000 random steps with everything that can go wrong: no property of Raft breaks.

And the same walks on servers with a broken rule do break them, so that we know they look.
"""

import pytest

import raftlab as rl
from raftlab.core import ACTIONS, Impossible, Node
from raftlab.sim import WEIGHTS, random_walk

WALKS, LENGTH = 14, 2400  # for each of three sizes: 100,800 steps in total


def walked(kind, servers, seed, steps, **dials):
    """A run after a random walk, which stops early once a property breaks."""
    run = rl.cluster(kind, servers=servers, seed=seed, **dials)
    while len(run) < steps and not run.verdicts:
        random_walk(run, min(200, steps - len(run)), seed)
    return run


def report(run, servers, seed):
    first = run.verdicts[0]
    lines = [f"servers={servers} seed={seed}: {first.why} at step {first.at_step}"]
    for at in range(max(0, first.at_step - 12), first.at_step + 1):
        lines.append(f"{at}: {rl.sim.headline(run.steps[at].action)}")
    return "\n".join(lines)


@pytest.mark.parametrize("servers", [3, 5, 7])
def test_no_property_breaks_in_a_random_walk(servers):
    committed = terms = 0
    for seed in range(WALKS):
        run = walked("raft", servers, seed, LENGTH, loss=0.03, duplicate=0.03)
        assert not run.verdicts, report(run, servers, seed)
        assert len(run) == LENGTH
        seen = [run.state.observe(id) for id in run.state.config.servers]
        committed += max(one.commit_index for one in seen)
        terms += max(one.term for one in seen)
    # The walks got somewhere: leaders came and went, and commands were executed.
    assert committed > 20 * WALKS and terms > 10 * WALKS


@pytest.mark.parametrize("servers", [3, 5, 7])
def test_the_same_walk_breaks_election_safety_on_servers_that_vote_twice(servers):
    found = set()
    for seed in range(WALKS):
        run = rl.cluster("raft!votes-twice", servers=servers, seed=seed, loss=0.03, duplicate=0.03)
        while len(run) < LENGTH and "election_safety" not in found:
            random_walk(run, 200, seed)
            found |= {verdict.name for verdict in run.verdicts}
    assert "election_safety" in found


@pytest.mark.parametrize("name, steps", [
    ("forgets-its-vote", 3000), ("forgets-its-term", 3000), ("forgets-its-log", 3000),
    ("compares-length-only", 40_000), ("always-truncates", 20_000),
    ("never-checks-the-previous-entry", 20_000),
])  # fmt: skip
def test_chance_finds_broken_rules(name, steps):
    total = seed = 0
    while total < steps:
        run = walked(f"raft!{name}", 3, seed, LENGTH)
        if run.verdicts:
            return
        total += len(run)
        seed += 1
    pytest.fail(f"{name} was safe for {total} steps of walks 0 to {seed - 1}")


def test_half_of_four_is_found_by_chance():
    assert any(walked("raft!wins-with-half", 4, seed, LENGTH).verdicts for seed in range(10))


def test_a_walk_with_clients_executes_each_request_once():
    """§8: whatever is lost, doubled and crashed, x counts each request at most once."""
    for seed in range(6):
        run = rl.cluster("raft", servers=3, seed=seed, clients=2, loss=0.05, duplicate=0.05)
        random_walk(run, 1500, seed)
        operations = run.operations()
        done = [op for op in operations if op.status == "ok"]
        results = [op.result for op in done]
        assert len(set(results)) == len(results) and not run.verdicts
        best = max(run.state.observe(id).machine.get("x", 0) for id in run.state.config.servers)
        assert max(results, default=0) <= best <= len(operations)


def test_a_walk_can_be_repeated_and_continued_in_parts():
    runs = [rl.cluster("raft", servers=3, seed=1) for _ in range(3)]
    assert random_walk(runs[0], 600, seed=5) == 600
    for part in (100, 1, 499):
        random_walk(runs[1], part, seed=5)
    random_walk(runs[2], 600, seed=6)
    assert runs[0].digest() == runs[1].digest() != runs[2].digest()


def test_a_walk_does_everything_there_is():
    run = rl.cluster("raft", servers=3, seed=1)
    everything = {kind: weight or 4 for kind, weight in WEIGHTS.items()}
    random_walk(run, 6000, seed=1, weights=everything)
    done = {type(step.action).__name__ for step in run.steps[1:]}
    assert done == set(ACTIONS) - {"Tune", "Wait", "Rearm"}


def test_a_walk_leaves_disks_and_clocks_alone_unless_asked():
    run = rl.cluster("raft", servers=3, seed=1)
    random_walk(run, 6000, seed=1)
    done = {type(step.action).__name__ for step in run.steps[1:]}
    outside = {"CrashDuring", "Unsync", "Sync", "Wipe", "Drift"}
    assert done == set(ACTIONS) - {"Tune", "Wait", "Rearm"} - outside


def test_kinds_left_out_of_the_weights_never_happen():
    run = rl.cluster("raft", servers=3, seed=1)
    random_walk(run, 500, weights={"time": 5, "Request": 1})
    assert {type(step.action).__name__ for step in run.steps[1:]} == {"Deliver", "Fire", "Request"}


@pytest.mark.parametrize("weights", [{"Explode": 1}, {}, {"time": 0}])
def test_weights_that_mean_nothing_are_refused(weights):
    with pytest.raises(Impossible, match="a walk mixes time, Deliver"):
        random_walk(rl.cluster(), 1, weights=weights)


def test_a_walk_ends_where_nothing_can_ever_happen():
    class Stone(Node):
        """Neither speaks nor waits."""

    run = rl.cluster(Stone, servers=2)
    assert random_walk(run, 10, weights={"time": 1}) == 0
    assert random_walk(run, 10, weights=WEIGHTS) == 10

"""Lamport's happened-before, compared with a definition by vector clocks."""

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.sim import actor, begun, causal_past, random_walk
from raftlab.sim.network import find
from raftlab.views import scene as scenes
from raftlab.views import style


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


def served():
    run = rl.cluster("raft", servers=5, seed=7)
    run.until(lambda run: run.leader)
    run.request(("set", "x", 5))
    run.run(120)
    run.crash(run.leader)
    run.run(300)
    return run


def test_the_diagram_makes_faint_what_a_step_does_not_rest_on():
    run = served()
    at = next(i for i in range(len(run), 0, -1) if rl.sim.actor(run.steps[i].action) == "S3")
    past = {at, *causal_past(run.steps, at)}
    picture = rl.show.spacetime(run, past=at)
    marks = {int(mark.title.split()[1].rstrip(",")): mark for mark in picture.scene.of("event")}
    for i, mark in marks.items():
        inks = {shape.fill for shape in mark.shapes if type(shape) is scenes.Circle}
        assert ("faint" in inks) <= (i not in past)
        assert f"  {i:4}  {'*' if i in past else ' '} " in picture.text
    count = len(past) - 2
    assert f"step {at} rests on {count} of the {at - 1} steps before it" in picture.text
    ways = [mark for mark in picture.scene.of("message") if mark.shapes[0].stroke != "faint"]
    received = [i for i in past if type(run.steps[i].action).__name__ == "Deliver"]
    assert len(ways) == len(received) > 20
    assert "faint" not in {shape.stroke for mark in rl.show.spacetime(run).scene.of("message")
                           for shape in mark.shapes}  # fmt: skip


@pytest.mark.parametrize("past", [True, 1.0, -1, 10_000, 4])
def test_what_came_before_is_refused_of_a_step_outside_the_diagram(past):
    run = served()
    with pytest.raises(Impossible, match="one of the steps 5 to"):
        rl.show.spacetime(run, first=5, past=past)


def boxes(scene):
    for mark in scene.marks:
        for shape in mark.shapes:
            if type(shape) is scenes.Text and mark.kind != "header":
                wide = style.text_width(shape.text, shape.size, shape.bold)
                left = shape.x - {"start": 0, "middle": wide / 2, "end": wide}[shape.anchor]
                yield mark.kind, left, shape.y - 5, left + wide, shape.y + 5, shape.text


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("servers, seed", [(3, 1), (5, 7), (5, 2), (9, 4), (20, 3)])
def test_no_label_of_the_diagram_lies_on_another(servers, seed):
    run = rl.cluster("raft", servers=servers, seed=seed, loss=0.2, election_timeout=(30, 60))
    run.run(900)
    found = [
        box for box in boxes(rl.show.spacetime(run).scene) if box[0] in ("term", "note", "ticks")
    ]
    assert sum(box[0] == "term" for box in found) >= servers / 2
    for at, (_, left, top, right, bottom, words) in enumerate(found):
        for _, a, b, c, d, others in found[at + 1 :]:
            clear = right <= a or c <= left or bottom <= b or d <= top
            assert clear, (words, others)


def test_hiding_heartbeats_keeps_those_that_change_something():
    """A candidate steps down because of a heartbeat; a follower learns by one what is committed."""
    run = served()
    shown = rl.show.spacetime(run, heartbeats=False).text
    numbers = {int(line.split()[2]) for line in shown.splitlines()}
    for at in range(1, len(run.steps)):
        assert at in numbers or not run.is_interesting(at)
    assert len(numbers) < len(run.steps) - 10

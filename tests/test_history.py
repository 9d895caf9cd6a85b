"""The history: stepping, travelling, forking, and the same run in the same bytes."""

import warnings

import pytest
from hand import THREE, elected, started
from hypothesis import given, settings
from hypothesis import strategies as st

import raftlab as rl
from raftlab.core import Crash, Fire, Impossible, Node, Request, Wait
from raftlab.sim import next_action, random_walk


def told(run, branch=None):
    """What a branch holds, as comparable lines."""
    return [rl.sim.canonical(step) for step in (branch or run.branch).steps]


# -- Letting time run ---------------------------------------------------------------------


def test_a_step_is_one_event_and_says_why():
    run = rl.cluster("raft", servers=3, seed=1)
    assert run.step() == 1 and (run.position, len(run)) == (1, 1)
    assert run.steps[1].action == next_action(run.steps[0].state)
    assert "stands in term 1" in run.why()[0] and "§5.2" in run.why()[0]
    assert run.step(5) == 5 and run.position == 6
    assert run.step(0) == 0 and run.position == 6


def test_time_never_runs_backwards_and_events_come_in_their_order():
    run = rl.cluster("raft", servers=5, seed=2)
    run.run(1000)
    times = [step.state.time for step in run.steps]
    assert times == sorted(times) and times[-1] == 1000
    assert [step.state.step_no for step in run.steps] == list(range(len(run.steps)))


@pytest.mark.parametrize("parts", [[1000], [250] * 4, [0.5] * 2000, [333.3, 333.3, 333.4], [0]])
def test_exactly_so_much_time_passes_as_was_asked_for(parts):
    run = rl.cluster("raft", servers=3, seed=4)
    for ms in parts:
        start, mark = run.now, len(run)
        events = run.run(ms)
        assert run.now == round(start + ms, 3)
        assert events == sum(type(step.action) is not Wait for step in run.steps[mark + 1 :])
        assert run.state.next[0] > run.now  # nothing that was due is left undone


def test_the_next_interesting_event_changes_more_than_timers():
    run = elected()
    run.run(500)
    mark = run.position
    run.request(("set", "x", 1))
    run.crash(next(id for id in THREE if id != run.leader))
    before = run.position
    run.next_interesting()
    assert run.position > before
    seen = run.state.observe(rl.sim.actor(run.steps[-1].action))
    was = run.steps[-2].state.observe(seen.id)
    assert (seen.log, seen.commit_index, seen.role) != (was.log, was.commit_index, was.role)
    assert all(not run.is_interesting(at) for at in range(mark - 5, mark))  # idle heartbeats


def test_until_stops_at_the_first_moment_it_is_true():
    run = rl.cluster("raft", servers=3, seed=1)
    count = run.until(lambda run: run.leader)
    assert count == run.position and run.leader
    run.undo()
    assert run.leader is None
    assert elected().until(lambda run: True) == 0


def test_until_gives_up_with_a_sentence():
    with pytest.raises(Impossible, match="not reached within 50 events"):
        rl.cluster().until(lambda run: False, limit=50)


@pytest.mark.parametrize("act", [
    lambda run: run.step(-1), lambda run: run.step(1.5), lambda run: run.step("3"),
    lambda run: run.run(-1), lambda run: run.run(float("nan")), lambda run: run.run(float("inf")),
    lambda run: run.run("long"), lambda run: run.undo(-1), lambda run: run.redo(0.5),
    lambda run: run.until(lambda run: False, limit=-1), lambda run: run.goto(99),
    lambda run: run.goto(-1), lambda run: run.goto(1.0), lambda run: run.goto(0, "elsewhere"),
    lambda run: run.goto(0, 7), lambda run: run.fork("main"), lambda run: run.fork(""),
    lambda run: run.fork(3),
])  # fmt: skip
def test_a_journey_that_cannot_be_made_is_refused_and_nothing_moves(act):
    run = started()
    before = run.position, len(run), len(run.branches), run.digest()
    with pytest.raises(Impossible):
        act(run)
    assert (run.position, len(run), len(run.branches), run.digest()) == before


def test_there_is_an_end_to_a_world_in_which_time_stands_still():
    class Frantic(Node):
        def start(self):
            self.set_timer("now", 0)

        def on_timer(self, name):
            self.set_timer("now", 0)

    with pytest.raises(Impossible, match="time did not move on"):
        rl.cluster(Frantic, servers=1).run(10)


# -- Travelling ---------------------------------------------------------------------------


def test_undo_and_redo_move_the_cursor_and_lose_nothing():
    run = rl.cluster("raft", servers=3, seed=1)
    run.step(30)
    lines, end = told(run), run.digest()
    run.undo(10)
    assert (run.position, len(run)) == (20, 30)
    assert run.digest() != end
    run.redo(4)
    assert run.position == 24
    run.redo(99)
    assert run.position == 30 and run.digest() == end
    run.undo(99)
    assert run.position == 0 and told(run) == lines and len(run.branches) == 1


def test_stepping_in_the_past_follows_what_happened_there():
    run = started()
    run.crash("S2")
    run.step(10)
    lines = told(run)
    run.goto(0)
    run.step(12)
    assert told(run) == lines and len(run.branches) == 1 and run.position == 12


def test_the_same_action_in_the_past_goes_forward_and_another_forks():
    run = started()
    run.crash("S2")
    run.step(5)
    run.goto(1)
    run.crash("S2")
    assert (run.position, len(run.branches)) == (2, 1)
    run.goto(1)
    run.crash("S3")
    assert len(run.branches) == 2 and run.branch.name == "fork 1" and len(run) == 2
    assert (run.branch.parent, run.branch.forked_at) == (0, 1)
    assert len(run.branches[0].steps) == 8  # the old branch is kept, whole


def test_branches_can_be_revisited_by_name_number_or_themselves():
    run = started()
    run.step(9)
    run.goto(5)
    run.crash("S1")
    first = run.branch
    run.goto(10, "main")
    assert run.position == 10 and run.state.host("S1").mode == "up"
    for way in ("fork 1", 1, first):
        run.goto(6, way)
        assert run.branch is first and run.state.host("S1").mode == "down"
        run.goto(0, 0)
        assert run.branch.name == "main"
    run.goto(2, first)
    run.crash("S2")  # a fork of a fork
    assert (run.branch.parent, run.branch.forked_at, len(run.branches)) == (1, 2, 3)


def test_a_fork_can_be_made_and_named_before_anything_differs():
    run = started()
    run.step(9)
    run.goto(4)
    run.fork("what if")
    assert (run.branch.name, len(run), run.position) == ("what if", 4, 4)
    run.step(6)
    assert told(run) == told(run, run.branches[0])


def test_names_made_up_for_forks_avoid_those_given():
    run = started()
    run.fork("fork 2")
    run.goto(0)
    run.crash("S1")
    run.goto(0)
    run.crash("S2")
    names = [branch.name for branch in run.branches]
    assert len(set(names)) == len(names) == 4


@pytest.mark.parametrize("at", [0, 3, 20, 57])
def test_a_fork_in_which_nothing_differs_ends_the_same(at):
    """Luck is named by place, not used up: the same steps draw the same lots."""
    run = rl.cluster("raft", servers=5, seed=9, loss=0.1, duplicate=0.1)
    run.step(120)
    lines = told(run)
    run.goto(at)
    run.fork()
    run.step(120 - at)
    assert told(run) == lines and len(run.branches) == 2


def test_every_state_ever_reached_is_still_what_it_was():
    run = rl.cluster("raft", servers=3, seed=5)
    random_walk(run, 80, seed=1)
    digests = []
    for at in range(len(run) + 1):
        run.goto(at)
        digests.append(run.digest())
    for seed in range(6):
        run.goto(13 * seed, "main")
        random_walk(run, 60, seed=10 + seed)
    for at in range(0, 81, 4):
        run.goto(at, "main")
        assert run.digest() == digests[at]


# -- The same run in the same bytes -------------------------------------------------------


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    a, b, c = (rl.cluster("raft", servers=5, seed=seed) for seed in (7, 7, 8))
    for run in (a, b, c):
        run.run(1000)
    assert told(a) == told(b) and a.digest() == b.digest() != c.digest()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(), walk=st.integers(0, 999), servers=st.integers(1, 5),
       loss=st.sampled_from([0, 0.2]), cut=st.integers(0, 60))  # fmt: skip
def test_any_walk_can_be_replayed_action_by_action(seed, walk, servers, loss, cut):
    run = rl.cluster("raft", servers=servers, seed=seed, loss=loss)
    random_walk(run, 60, seed=walk)
    again = rl.cluster("raft", servers=servers, seed=seed, loss=loss)
    for step in run.steps[1:]:
        again.take(step.action)
    assert told(again) == told(run)
    again.goto(min(cut, len(again)))
    again.fork("again")
    for step in run.steps[again.position + 1 :]:
        again.take(step.action)
    assert told(again) == told(run) and not run.verdicts


def test_dials_that_lose_nothing_yet_change_nothing():
    """With 0 or 1e-300 loss, the same draws are made."""
    runs = [rl.cluster("raft", servers=5, seed=3, loss=loss) for loss in (0, 1e-300)]
    for run in runs:
        run.run(600)
    assert runs[0].digest() == runs[1].digest()


def test_a_dial_turned_and_turned_back_leaves_the_luck_of_later_steps():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runs = [rl.cluster("raft", servers=5, seed=3) for _ in range(2)]
        for run, other in zip(runs, (30, 90), strict=True):
            run.tune(latency=other)
            run.tune(latency=10)
            run.run(600)
    # Only the first Tune differs in what it says; all that followed is equal.
    lines = [[line for line in told(run) if "Tune" not in line] for run in runs]
    assert lines[0] == lines[1]


def test_the_digest_sees_every_field_of_who_acts_and_every_action():
    run = started()
    seen = {run.digest()}
    for act in (lambda: run.take(Crash("S2")), lambda: run.take(Fire("S1", "election")),
                lambda: run.take(Request("S1", "x"))):  # fmt: skip
        act()
        seen.add(run.digest())
    assert len(seen) == 4


def test_a_history_describes_itself_in_a_line():
    run = started()
    assert repr(run) == f"<raft cluster of 3, step 1 of 1, {run.now:.1f} ms, leader none>"
    run.goto(0)
    run.crash("S1")
    assert "1 other branch>" in repr(run)

"""What a search finds is a real run, in stages too, and for a learner's node as well."""

import pytest
from searched import Trips, X, cluster, explore, leaders, s1_leads, two_lead

import raftlab as rl
from raftlab.checks import explore as checks_explore
from raftlab.checks.replay import shortened
from raftlab.core import Fire

# -- what is found is real -----------------------------------------------------------------


@pytest.mark.parametrize("by", ["rounds", "messages", "walks"])
def test_what_is_found_is_a_run_whose_last_step_breaks_the_property(by):
    found = explore("raft!votes-twice", by=by, terms=2, requests=0, steps=60)
    assert found.ok is False and found.run.position == len(found.run)
    assert [verdict.name for verdict in found.verdicts] == ["election_safety"]
    last = found.run.steps[-1].known.broken
    assert "election_safety" in [v.name for v in last]
    assert "election_safety" not in [v.name for v in found.run.steps[-2].known.broken]
    again = cluster("raft!votes-twice")
    for action in found.actions:
        again.take(action)
    assert again.verdicts[-1].name == "election_safety"


def test_what_is_found_is_written_down_as_a_scenario_that_plays():
    found = explore("raft!votes-twice", requests=0, terms=1)
    again = rl.scenario(found.scenario(), at="end")
    assert again.digest() == found.run.digest()
    assert again.verdicts == found.run.verdicts


def test_what_is_found_opens_in_the_lab_at_its_last_step_with_what_broke():
    found = explore("raft!votes-twice", requests=0, terms=1)
    lab = rl.lab(found.run)
    assert lab.run is found.run and lab.run.position == len(found.run) == 6
    row = lab._track.held[lab.run.position]
    assert [verdict.name for verdict in row.known.broken][-1] == "election_safety"


def test_the_start_is_left_as_it_was():
    run = cluster("raft!votes-twice")
    run.run(100)
    digest = run.digest()
    found = explore(run, terms=2, requests=0, against="election_safety")
    assert run.digest() == digest and len(run.branches) == 1
    assert found.run.steps[: len(run.steps)] == run.steps


def test_figure_8_needs_four_terms():
    """§5.4.2 and the lesson of the bounded check: with one term too few nothing is found."""
    three = explore("raft!commits-old-terms", terms=3, requests=2, cut=False)
    assert three.ok is True
    four = explore("raft!commits-old-terms", terms=4, requests=2, cut=False)
    assert four.ok is False and four.verdicts[0].name == "leader_completeness"
    right = explore("raft+without-no-op", terms=4, requests=2, cut=False)
    assert right.ok is True


def test_a_search_goes_on_from_where_another_stopped():
    """Staged: first two leaders at once, then from there whatever breaks."""
    first = explore("raft!commits-old-terms", terms=3, requests=1, cut=False, against=(),
                    until=lambda state: len(leaders(state)) == 2)  # fmt: skip
    assert first.reached and first.ok is None and len(leaders(first.run.state)) == 2
    second = explore(first.run, terms=4, requests=2, cut=False, against="leader_completeness")
    assert second.ok is False
    assert len(second.run) > len(first.run)


def test_stages_begin_each_at_the_run_of_the_one_before():
    """Figure 8: somebody leads, then two do, then what is committed is lost."""
    stages = [{"terms": 1, "until": s1_leads}, {"terms": 3, "until": two_lead},
              {"terms": 4, "requests": 2}]  # fmt: skip
    found = explore(cluster("raft!commits-old-terms"), cut=False, stages=stages)
    second, first = found.before, found.before.before
    assert found.ok is False and first.before is None
    assert second.start is first.run and found.start is second.run
    assert "Reached after 3 events: S1 leads.\n" in repr(found)
    assert repr(found).count("From there:") == 2
    again = explore(first.run, cut=False, **stages[1])
    assert again.run.digest() == second.run.digest()


def test_a_goal_that_is_not_reached_ends_the_stages():
    stages = [{"terms": 1, "until": two_lead}, {"terms": 2}]
    found = explore("raft", requests=0, stages=stages)
    assert found.ok is True and not found.reached and found.before is None


def test_a_staged_break_is_searched_without_its_stages_within_bounds_of_ones_own():
    found = explore("raft!counts-learners", terms=1, requests=0, depth=1)
    assert found.before is None and found.goal is None and len(found.start.state.hosts) == 5
    both = explore("raft!counts-learners!forgets-its-vote", depth=0)
    assert both.before is None and both.bounds.crashes == 1 and both.bounds.terms == 2


@pytest.mark.parametrize("stages, says", [
    ([], "stages is a list of dicts"),
    ([1], "stages is a list of dicts"),
    ([{"terms": 1}, {"terms": 2}], "stage 1 has no goal"),
])  # fmt: skip
def test_stages_that_lead_nowhere_are_refused_in_a_sentence(stages, says):
    with pytest.raises(rl.Impossible, match=says):
        explore("raft", stages=stages)


def test_what_clients_saw_before_the_search_began_counts():
    """A read of what was written before is no stale read; one of what was there before that is."""
    for name, ok in (("raft+read-index", True), ("raft+local-reads", False)):
        run = cluster(name)
        run.run(600)
        run.request(X)
        run.run(100)
        assert run.operations()[0].status == "ok"
        found = explore(run, terms=run.state.observe(run.leader).term + 1, cut=False,
                        requests=[("set", "x", 2), ("get", "x")],
                        against="linearizability")  # fmt: skip
        assert found.ok is ok
        assert ok or len(found.run.operations()) == 3


def test_late_messages_may_be_of_certain_kinds_only():
    """Fewer states, the same find; and with another kind no find at all."""
    options = {"terms": 1, "requests": 1}
    every, one, none = (
        explore("raft!always-truncates", late=late, **options)
        for late in (1, ["AppendEntries"], ["RequestVote"])
    )
    assert every.ok is one.ok is False and none.ok is True
    assert one.states < every.states
    assert "1 late message (AppendEntries)" in repr(one)
    two = checks_explore.Bounds(late=["AppendEntries", "RequestVote"])
    left = two.charged(two.budget, ("late", "AppendEntries"))
    assert two.charged(left, ("late", "AppendEntries")) is None
    assert two.charged(left, ("late", "RequestVote"))[2] == ()


@pytest.mark.parametrize("by", ["messages", "rounds"])
def test_only_those_who_may_act_begin_anything(by):
    found = explore("raft", by=by, terms=1, requests=0, acts=["S2"], sometimes={
        "S2 leads": lambda state: "S2" in leaders(state),
        "another stands": lambda state: {state.observe(id).role for id in ("S1", "S3")}
        != {"follower"},
    })  # fmt: skip
    assert found.sometimes["S2 leads"] and found.sometimes["another stands"] is None
    with_, without = (
        explore("raft", by=by, terms=1, requests=0, acts=["S2"], symmetry=symmetry)
        for symmetry in (None, False)
    )
    assert with_.ok is without.ok is True and with_.states < without.states


def test_the_goal_may_be_where_it_begins():
    run = cluster()
    found = explore(run, until=lambda state: True)
    assert found.reached and found.actions == () and found.run.digest() == run.digest()


def test_a_stale_read_of_a_deposed_leader_is_found():
    """§8: who believes that it leads must not answer from its own state."""
    found = explore("raft+local-reads", requests=[X, ("get", "x")], against="linearizability")
    assert found.ok is False and "x?" in found.verdicts[0].why
    asked = explore("raft+read-index", requests=[X, ("get", "x")], against="linearizability",
                    cut=False)  # fmt: skip
    assert asked.ok is True


def test_rounds_crash_between_two_writes_too():
    run = rl.cluster("raft!cuts-the-log-first", servers=3, seed=1, snapshot_after=1)
    found = explore(run, terms=2, requests=1, crashes=1, disk=True, against="machine_agreement")
    assert found.ok is False and "CrashDuring" in [type(a).__name__ for a in found.actions]


def test_a_crash_between_two_writes_is_found():
    found = explore("raft!writes-vote-and-term-apart", by="messages", requests=0, terms=2,
                    crashes=1, disk=True)  # fmt: skip
    assert found.ok is False and "CrashDuring" in [type(a).__name__ for a in found.actions]
    whole = explore("raft!writes-vote-and-term-apart", by="messages", requests=0, terms=2,
                    crashes=1, disk=False, depth=found.depth)  # fmt: skip
    assert whole.ok is None and not whole.verdicts  # a crash before or after all writes is safe


# -- a learner's node ----------------------------------------------------------------------


@pytest.mark.parametrize("by", ["rounds", "messages", "walks"])
def test_a_handler_that_raises_is_told_with_the_run_that_leads_to_it(by):
    found = explore(rl.cluster(Trips, servers=2, seed=1), by=by, requests=0, terms=None)
    assert found.ok is False and isinstance(found.raised, ValueError)
    assert found.verdicts[0].why.endswith("handler raises ValueError: too many")
    assert found.run[found.verdicts[0].evidence[0]].heard == 2


def test_a_shorter_run_is_looked_for_until_nothing_can_be_left_out():
    run = cluster()
    long = run.copy()
    for action in [Fire("S2", "election")] * 3 + [Fire("S3", "election"), Fire("S1", "election")]:
        long.take(action)
    actions = [item.action for item in long.steps[1:]]
    history = shortened(run, actions, lambda run: run["S2"].current_term == 2)
    assert [item.action for item in history.steps[1:]] == [Fire("S2", "election")] * 2
    assert shortened(run, actions[:1], lambda run: run["S2"].current_term == 1) is None

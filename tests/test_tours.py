"""Tours: scenarios told step by step. Each sentence is played, and what it claims is expected."""

import pytest

import raftlab as rl
from raftlab.scenarios import catalog, find
from raftlab.widgets.scenarios import tour_of

TOURS = [name for name in catalog() if name.startswith("tours/")]


def test_election_replication_leader_failure_and_split_brain_have_a_tour():
    assert {f"tours/{name}" for name in (
        "election", "replication", "leader-failure", "split-brain")} <= set(TOURS)  # fmt: skip


@pytest.mark.parametrize("name", TOURS)
def test_each_stop_is_one_short_idea_whose_claim_is_checked(name):
    """`expect` lines are asserted whenever the scenario is played (test_scenarios.py)."""
    for block in find(name).blocks:
        assert block.story and len(block.story) <= 125 and block.story.count(". ") <= 1
        assert block.claims, f"nothing is claimed: {block.story}"


@pytest.mark.parametrize("name", TOURS)
def test_a_tour_goes_forward_and_begins_where_the_scenario_begins(name):
    run = rl.scenario(name)
    tour = tour_of(run)
    places = [position for _, position in tour["stops"]]
    assert places == sorted(places) and places[-1] == len(run)
    assert tour["begins"] == places[0] == run.position and tour["starts"]


def test_a_claim_that_does_not_hold_is_refused():
    """A tour cannot tell what does not happen."""
    text = find("tours/election").text.replace("expect S5 votes S5", "expect S5 votes S1")
    with pytest.raises(rl.Impossible, match="it is not so"):
        rl.scenario(text)


def test_every_scenario_with_a_story_is_a_tour_too():
    run = rl.scenario("split-vote")
    tour = tour_of(run)
    assert [text for text, _ in tour["stops"]][0] == "Two timers run out at the same moment."
    assert not tour["starts"]


def test_blocks_without_a_word_belong_to_what_was_said_before():
    run = rl.scenario("leader-failure")
    told = [block.story for block in run.scenario.blocks if block.story]
    run.stops = (*run.stops, ("The end.", len(run)))
    assert [text for text, _ in tour_of(run)["stops"]] == [*told, "The end."]


def test_whoever_acts_leaves_the_tour_and_undo_leads_back():
    lab = rl.lab(rl.scenario("tours/election"))
    assert tour_of(lab.run)
    lab.act("crash", node="S1")
    assert tour_of(lab.run) is None
    lab.act("undo")
    assert tour_of(lab.run) and lab.run.position == tour_of(lab.run)["begins"]

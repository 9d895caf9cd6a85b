"""The scenarios that the stage offers, and where Reset leads: without a browser."""

import json

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.scenarios import catalog
from raftlab.widgets.queries import answer
from raftlab.widgets.scenarios import SITUATIONS


class Echo(rl.Node):
    """A node as a learner writes it first: it elects nobody."""

    def on_message(self, src, message):
        pass


def groups(lab):
    return {group["name"]: group["items"] for group in shelf(lab)["groups"]}


def shelf(lab):
    return answer(lab, {"what": "catalog", "at": 0})


def test_every_situation_and_scenario_is_offered_once_with_what_to_watch_for():
    found = groups(rl.lab("raft", servers=5))
    items = [item for group in found.values() for item in group]
    names = [item["name"] for item in items]
    assert sorted(names) == sorted([*SITUATIONS, *catalog()])
    assert [item["name"] for item in found["Situations"]] == list(SITUATIONS)
    assert all(item["title"] and item["watch"] and item["off"] == "" for item in items)
    assert {"Lessons", "Broken rules", "Simplified Raft"} <= set(found)
    assert len(json.dumps(shelf(rl.lab("raft", servers=5)))) < 60_000  # it travels when asked for


def test_what_needs_more_servers_is_offered_with_the_reason():
    lab = rl.lab("raft", servers=1)
    off = {item["name"]: item["off"] for item in groups(lab)["Situations"]}
    assert off["split vote"] == "it takes 2 servers or more, and there are 1"
    assert off["leader crash"] == ""
    before = lab.run
    for name, why in off.items():
        if why:
            with pytest.raises(Impossible, match="servers or more"):
                lab.act("begin", name=name)
    assert lab.run is before


def test_what_is_about_another_protocol_is_offered_with_the_reason():
    lab = rl.lab(Echo, servers=3)
    found = groups(lab)
    assert {item["off"] for item in found["Situations"]} == {"Echo elects nobody"}
    assert {item["off"] for item in found["Lessons"]} == {
        "it is about raft, and this lab about Echo"
    }


@pytest.mark.parametrize("protocol", ["raft", "raft+pre-vote", "raft!votes-twice", "simplified"])
def test_all_editions_of_raft_are_one_family(protocol):
    lab = rl.lab(protocol, servers=3)
    assert {item["off"] for item in groups(lab)["Lessons"]} == {""}


def test_a_situation_refuses_what_it_says_it_cannot_be_played_on():
    """Each `least` is the truth: with one server fewer the situation itself fails."""
    for name, situation in SITUATIONS.items():
        for servers in range(1, situation.least):
            with pytest.raises(Impossible):
                situation.play(rl.cluster("raft", servers=servers, seed=1))
        assert situation.play(rl.cluster("raft", servers=situation.least, seed=1)), name


@pytest.mark.parametrize("text, wrong", [
    ("x=5", ""), ("x: 1->2", ""), ("members S1 S2", ""), ("x==5", "'x==5' is no command"),
    ("", "'' is no command"),
])  # fmt: skip
def test_a_text_is_judged_before_it_is_asked(text, wrong):
    told = answer(rl.lab("raft", servers=3), {"what": "command", "at": 0, "text": text})
    assert told["wrong"].startswith(wrong) and bool(told["wrong"]) == bool(wrong)


# -- Reset --------------------------------------------------------------------------------------


def ahead(lab):
    return [step.action for step in lab.run.steps[lab.run.position + 1 :]]


def test_reset_leads_to_where_a_scenario_begins_with_its_script_ahead():
    lab = rl.lab(rl.scenario("split-vote"))
    position, script = lab.run.position, ahead(lab)
    assert position > 0 and script
    lab.run.goto(len(lab.run))
    lab.refresh()
    lab.act("crash", node="S1")  # behind the script, on the same branch
    lab.act("reset")
    assert (lab.run.position, ahead(lab)) == (position, script)
    lab.act("crash", node="S2")
    lab.act("reset")
    assert (lab.run.position, ahead(lab)) == (position, script)


def test_reset_leads_to_where_a_situation_begins_and_then_time_alone_decides():
    lab = rl.lab("raft", servers=5, seed=7)
    lab.act("begin", name="leader crash")
    position, down = lab.run.position, lab.run.steps[lab.run.position].action.node
    lab.act("restart", node=down)
    lab.act("reset")
    assert lab.run.position == position and lab.run.state.host(down).mode == "down"
    assert ahead(lab) == []
    lab.act("undo")
    assert lab.run.state.host(down).mode == "up"


def test_after_the_choice_of_a_scenario_is_undone_reset_leads_to_the_boot_again():
    lab = rl.lab("raft", servers=5, seed=7)
    lab.act("begin", name="leader crash")
    lab.act("undo")
    lab.act("crash", node="S1")
    lab.act("reset")
    assert lab.run.position == 0 and lab.run.now == 0

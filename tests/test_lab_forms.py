"""What the lab says and keeps around its stage, without a browser: scenarios, branches, forms."""

import json

import pytest
from ipywidgets.widgets.widget import _instances

import raftlab as rl
from raftlab.core import Impossible
from raftlab.widgets.histories import tree


class Echo(rl.Node):
    """A node as a learner writes it first: it elects nobody."""

    heard = 0

    def start(self):
        self.set_timer("call", 10, 20)

    def on_timer(self, name):
        self.broadcast("hello")

    def on_message(self, src, message):
        self.heard += 1


@pytest.fixture
def lab():
    return rl.lab("raft", servers=5, seed=7)


def sent(lab):
    return json.loads(lab.stage.patch)


# -- a scenario takes the place of what was there ------------------------------------------


def forked(lab):
    """Two branches, the second with a crash."""
    lab.run.step(20)
    lab.refresh()
    lab.act("crash", node="S2")
    lab.act("undo")
    lab.act("crash", node="S3")
    return lab.run, [branch.name for branch in lab.run.branches]


@pytest.mark.parametrize("name, servers", [("leader crash", 5), ("split-vote", 4)])
def test_undo_brings_back_what_a_scenario_took_the_place_of(lab, name, servers):
    """With every branch, and with what could be undone there; also from another cluster."""
    run, names = forked(lab)
    position, now = run.position, run.now
    lab.begin(name)
    assert lab.run is not run and len(lab.run.state.config.servers) == servers
    assert json.loads(lab.stage.get_state()["track"])["question"]
    lab.act("undo")
    assert lab.run is run and [branch.name for branch in run.branches] == names
    assert (run.position, run.now) == (position, now)
    assert sent(lab)["question"] == "" and "every branch of it" in sent(lab)["note"]["text"]
    assert lab.run.state.host("S3").mode == "down"
    lab.act("undo")
    assert lab.run.state.host("S3").mode == "up"


def test_acts_within_a_scenario_are_undone_before_the_choice_of_it(lab):
    first = lab.run
    lab.begin("fresh start")
    lab.act("crash", node="S1")
    lab.act("undo")
    assert lab.run is not first and lab.run.state.host("S1").mode == "up"
    lab.act("undo")
    assert lab.run is first
    with pytest.raises(Impossible, match="nothing to undo"):
        lab.act("undo")


def test_what_is_kept_for_undo_is_limited(lab):
    for _ in range(12):
        lab.begin("fresh start")
    for _ in range(8):
        lab.act("undo")
    with pytest.raises(Impossible, match="nothing to undo"):
        lab.act("undo")


def test_what_is_said_of_an_act_goes_with_the_next_event_and_a_question_stays(lab):
    lab.begin("leader crash")
    question = sent(lab)["question"]
    assert question.startswith("The leader S5 has just crashed")
    lab.act("crash", node="S1")
    lab.act("undo")
    note = sent(lab)["note"]
    assert note["text"].startswith("Undone: S1 crashes") and note["at"] == lab.run.position
    lab.stage.rest = [note["at"] + 1, 999.0, 1]
    lab.stage.asks = [{"n": 99, "do": "more", "at": note["at"] + 1, "t": 999.0}]
    assert sent(lab)["note"] == {} and sent(lab)["question"] == question


# -- scenarios for whom ---------------------------------------------------------------------


def test_a_node_that_elects_nobody_has_no_signs_of_raft():
    about = rl.lab(Echo, servers=3).stage.about
    assert about["signs"] == ["message"]
    assert not about["roles"] and not about["terms"] and not about["elects"]


def test_a_raft_of_ones_own_that_elects_nobody_is_told_what_a_situation_needs():
    class NobodyVotes(rl.protocols.protocol("raft")):
        def may_vote_for(self, *_):
            return False

        def has_vote_for(self, *_):
            return False

    lab = rl.lab(NobodyVotes, servers=3)
    before = lab.run
    with pytest.raises(Impossible, match="this begins with a leader, and none is elected here"):
        lab.begin("leader crash")
    assert lab.run is before


def test_the_key_has_the_messages_that_can_be_sent_and_no_others():
    def signs(*args, **more):
        return set(rl.lab(*args, **more).stage.about["signs"])

    plain = signs("raft", servers=3)
    assert plain == {"vote-request", "vote-yes", "vote-no", "heartbeat", "entries", "ack", "nack"}
    assert signs("raft", servers=3, clients=1) - plain == {"request", "answer", "refusal"}
    assert signs("raft+snapshots", servers=3) - plain == {"snapshot"}


# -- branches and forms ---------------------------------------------------------------------


def test_a_branch_is_told_by_what_was_done_in_it(lab):
    def told():
        return [branch["told"] for branch in tree(lab, {})["branches"]]

    assert told() == ["nobody has interfered"]
    lab.run.step(20)
    lab.refresh()
    lab.act("crash", node="S2")
    lab.act("undo")
    lab.act("crash", node="S3")
    lab.act("crash", node="S4")
    now = f"{lab.run.now:.0f} ms"
    assert told() == [f"S2 crashes at {now}", f"S3 crashes at {now} and 1 more"]
    assert tree(lab, {})["branches"][1]["from"] == 20


def test_the_dials_are_made_when_they_are_opened_and_show_how_things_stand(lab):
    """Their widgets need not travel before that."""
    made = len(_instances)
    fold, bottom = lab.controls.fold, lab.controls.bottom
    lab.run.tune(latency=25)
    lab.refresh()
    assert len(_instances) == made and bottom.children == (fold,)
    fold.value = True
    assert bottom.children == (fold, lab.controls.dials) and lab.controls.dials.children
    assert lab.controls.dials.sliders["latency"].value == 25
    fold.value = False
    assert bottom.children == (fold,)
    fold.value = True
    assert bottom.children == (fold, lab.controls.dials)
    assert len(lab.run) == 1, "opening the dials turns nothing"


def test_each_dial_says_its_unit_and_what_it_means():
    dials = rl.lab("raft+snapshots", servers=3).controls.dials.sliders
    named = {name: dial.description for name, dial in dials.items()}
    assert named["latency"] == "latency, ms" and named["election_timeout"] == "election timeout, ms"
    assert named["snapshot_after"] == "snapshot after"  # entries, not ms
    assert dials["loss"].readout_format == dials["duplicate"].readout_format == ".0%"
    assert all(dial.tooltip for dial in dials.values())
    assert "longer than the latency" in dials["jitter"].tooltip


def test_a_turned_dial_is_told_in_words(lab):
    lab.controls.dials.sliders["election_timeout"].value = (200, 200)
    assert rl.sim.headline(lab.run.steps[-1].action) == "election timeout is now 200 ms"

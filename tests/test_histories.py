"""The tree of histories in the lab: what is told of it, travelling, naming, comparing."""

import json

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.widgets.histories import comparison, tree
from raftlab.widgets.track import Track


def forked():
    """main; S4 crashes at event 30, and restarts; S2 alone from event 10 on."""
    run = rl.cluster("raft", servers=5, seed=7)
    run.run(420)
    run.goto(30)
    run.crash("S4")
    run.run(200)
    run.restart("S4")
    run.run(100)
    run.goto(10, 0)
    run.partition(["S2"], ["S1", "S3", "S4", "S5"])
    run.run(350)
    run.goto(40, 0)
    return run


@pytest.fixture
def lab():
    return rl.lab(forked())


def ask(lab, do, **more):
    number = max([a["n"] for a in lab.stage.asks], default=0) + 1
    at, t = lab._at
    lab.stage.asks = [*lab.stage.asks, {"n": number, "do": do, "at": at, "t": t, **more}][-20:]


def sent(lab):
    return json.loads(lab.stage.patch)


def branches(lab):
    return tree(lab, {})["branches"]


# -- what is told -------------------------------------------------------------------------


def test_each_branch_tells_where_it_left_which_and_what_was_done_there(lab):
    main, crash, alone = branches(lab)
    assert [main["parent"], crash["parent"], alone["parent"]] == [None, 0, 0]
    assert main["told"] == "nobody has interfered" and main["acts"] == []
    assert crash["told"].startswith("S4 crashes at ") and crash["told"].endswith(" and 1 more")
    assert [words for _, _, words in crash["acts"]] == ["S4 crashes", "S4 restarts"]
    assert crash["acts"][0][0] == crash["from"] + 1 == 31
    assert alone["told"].startswith("partition S2 | S1 S3 S4 S5 at ")
    run = lab.run
    for branch, told in zip(run.branches, branches(lab), strict=True):
        assert told["end"] == len(branch.steps) - 1
        for position, step in enumerate(branch.steps):
            if position >= told["from"]:
                term = [t for at, t in told["terms"] if at <= position][-1]
                seen = [step.state.observe(id).term for id in step.state.config.servers]
                assert term >= max(seen)


def test_a_branch_in_which_only_the_order_differs_is_told_by_what_came_first():
    lab = rl.lab("raft", servers=5, seed=7)
    lab.run.step(20)
    lab.run.goto(0)
    lab.run.fire("S3")
    assert branches(lab)[1]["told"] == "S3 election timer at 0 ms" or (
        branches(lab)[1]["told"] == "S3 election timer first"
    )


def test_new_steps_are_added_to_what_was_told_and_another_run_begins_anew(lab):
    before = branches(lab)
    lab.run.goto(len(lab.run))
    lab.run.crash("S1")
    after = branches(lab)
    assert after[0]["acts"][-1][2] == "S1 crashes" and after[1:] == before[1:]
    lab.show(rl.cluster("raft", servers=5, seed=7))
    assert len(branches(lab)) == 1 and branches(lab)[0]["end"] == 0


def test_a_broken_property_is_marked_where_it_breaks():
    run = rl.scenario("breaks/votes-twice")
    lab = rl.lab(run)
    [told] = branches(lab)
    assert told["broken"] == next(
        at for at, step in enumerate(run.steps) if step.known and step.known.broken
    )


# -- travelling and naming ----------------------------------------------------------------


def test_any_event_of_any_branch_is_travelled_to(lab):
    ask(lab, "visit", branch=1, position=35)
    assert (lab.run.branch.name, lab.run.position) == ("fork 1", 35)
    assert sent(lab)["cursor"][0] == 35 and sent(lab)["tree"][0] == 1
    ask(lab, "visit", branch=0, position=5)
    assert sent(lab)["tree"][0] == 0 and lab.run.position == 5
    ask(lab, "visit", branch=0, position=10**9)
    assert lab.run.position == len(lab.run)
    assert len(lab.run.branches) == 3


def test_a_branch_gets_a_name_in_the_lab_and_a_bad_one_is_refused(lab):
    told = json.loads(lab._whole())["tree"]
    ask(lab, "name", branch=1, name="S4 fails")
    assert lab.run.branches[1].name == "S4 fails" and lab.stage.trouble == {}
    assert sent(lab)["tree"][0] == told[0] and sent(lab)["tree"] != told
    before = lab.run.dump()
    for bad, words in (("", "named by a word"), ("main", "already"), ("x" * 99, "at most 60")):
        ask(lab, "name", branch=1, name=bad)
        assert words in lab.stage.trouble["text"] and lab.run.dump() == before
    ask(lab, "name", branch=1, name="S4 fails")
    assert lab.stage.trouble == {}


# -- comparing ----------------------------------------------------------------------------


def test_two_branches_come_as_two_tracks_around_the_first_difference(lab):
    found = comparison(lab, {"one": 0, "other": 1})
    assert found["names"] == ["main", "fork 1", "fork 2"] and found["pair"] == [0, 1]
    assert found["at"] == (31, 31) and "S4 crashes" in found["why"]
    for side, pick in ((0, 0), (1, 1)):
        track = found["sides"][side]
        steps = [row[pick] for row in found["rows"] if row[pick] is not None]
        assert track["first"] <= steps[0] and steps[-1] < track["first"] + len(track["rows"])
        times = [track["rows"][at - track["first"]]["t"] for at in steps]
        assert times == sorted(times)
    assert len(json.dumps(found)) < 80_000
    assert comparison(lab, {})["pair"] == [0, 2]
    lab.run.goto(31, "fork 1")
    assert comparison(lab, {})["pair"] == [1, 0]


def test_with_one_history_there_is_nothing_to_compare():
    assert comparison(rl.lab("raft", servers=3), {}) == {"names": ["main"]}


def test_an_undone_act_is_compared_with_what_time_alone_brings():
    lab = rl.lab("raft", servers=3, seed=1)
    lab.run.step(10)
    lab.refresh()
    lab.act("crash", node="S1")
    lab.act("undo")
    found = comparison(lab, {"one": 0, "other": 1})
    assert found["at"] == (11, 11) and "S1 crashes" in found["why"]


def test_another_run_or_protocol_is_put_beside_the_present_history(lab):
    before = lab.run.dump()
    lab.compare("raft+pre-vote")
    assert lab.run.dump() == before
    assert sent(lab)["pane"] == ["Compare", 0]
    found = comparison(lab, {})
    assert found["names"][-1] == "raft+pre-vote" and found["pair"] == [0, 3]
    assert "is the first that cannot happen here" in found["replayed"]
    same = rl.cluster("raft", servers=5, seed=7)
    same.run(420)
    lab.compare(same, name="nobody acts")
    assert sent(lab)["pane"] == ["Compare", 1] and comparison(lab, {})["at"] is None
    with pytest.raises(Impossible, match="the same ones"):
        lab.compare(rl.cluster("raft", servers=3))
    lab.show(rl.cluster("raft", servers=3))
    assert lab.beside is None


def test_looking_at_the_tree_changes_nothing(lab):
    before = lab.run.dump()
    comparison(lab, {"one": 1, "other": 2})
    branches(lab)
    assert lab.run.dump() == before
    assert Track(lab.run).patch()["from"] == 0

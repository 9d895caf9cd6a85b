"""A history in a file: it comes back whole, and what is no such file is refused in a sentence."""

import json

import pytest
from hand import elected, started, three
from hypothesis import given, settings
from hypothesis import strategies as st

import raftlab as rl
from raftlab.core import Impossible, Node
from raftlab.sim import random_walk


def same(a, b):
    """Whether two histories are the same: branches, steps, cursor, verdicts."""
    assert [branch.name for branch in a.branches] == [branch.name for branch in b.branches]
    for one, other in zip(a.branches, b.branches, strict=True):
        assert (one.parent, one.forked_at) == (other.parent, other.forked_at)
        assert list(map(rl.sim.canonical, one.steps)) == list(map(rl.sim.canonical, other.steps))
    assert (a.branch.name, a.position, a.verdicts) == (b.branch.name, b.position, b.verdicts)
    assert a.digest() == b.digest() and a.dump() == b.dump()
    return True


def test_a_run_with_faults_and_branches_comes_back_whole(tmp_path):
    run = elected(servers=5, clients=2, loss=0.05)
    run.request(("set", "x", 5), to="C1")
    run.run(300)
    run.crash("S1")
    run.partition(["S2", "S3"])
    run.cut("S4", "S5")
    run.tune(latency=15, election_timeout=(200, 400))
    run.run(300)
    run.goto(12)
    run.pause("S2")
    run.run(100)
    run.goto(20, "main")
    run.fork("named by hand")
    run.heal()
    run.goto(3)
    run.save(tmp_path / "run.json")
    back = rl.load(tmp_path / "run.json")
    assert same(run, back)
    assert same(run, rl.load(run.dump())) and same(run, rl.load(str(tmp_path / "run.json")))
    back.goto(12)
    back.step(5)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(-(2**70), 2**70), st.sampled_from([0, 0.1, 0.5]),
       st.integers(0, 2),
       st.lists(st.tuples(st.integers(0, 80), st.integers(1, 25), st.integers(0, 99)), max_size=5),
       st.integers(0, 60))  # fmt: skip
def test_any_run_comes_back_whole(servers, seed, chance, clients, walks, end):
    run = rl.cluster("raft", servers=servers, seed=seed, clients=clients, loss=chance,
                     duplicate=chance)  # fmt: skip
    random_walk(run, 30, seed=1)
    for at, steps, walk in walks:
        run.goto(min(at, len(run)))
        random_walk(run, steps, seed=walk)
    run.goto(min(end, len(run)))
    assert same(run, rl.load(run.dump()))


def test_servers_built_by_hand_are_saved_too():
    run = rl.cluster("raft", servers=three(), seed=3)
    run.run(200)
    back = rl.load(run.dump())
    assert same(run, back) and back.state.observe("S1").commit_index == 2


def test_a_protocol_of_ones_own_is_loaded_with_its_class():
    class Mine(Node):
        count = 0

        def on_request(self, request):
            self.count += 1
            self.broadcast(("count", self.count))

    run = rl.cluster(Mine, servers=2)
    run.request({"any": ["thing", 1.5, None]}, to="S1")
    run.deliver("count", "S1", "S2")
    assert same(run, rl.load(run.dump(), protocol=Mine))
    with pytest.raises(Impossible, match="no protocol 'Mine'"):
        rl.load(run.dump())


def test_the_file_is_small_because_it_holds_only_what_time_does_not_explain():
    run = rl.cluster("raft", servers=5, seed=1)
    run.run(5000)
    assert len(run) > 500 and len(run.dump()) < 500


@pytest.mark.parametrize("command", [{1: "x"}, {"a", "b"}, b"bytes", object(), ("set", {3})],
                         ids=lambda command: type(command).__name__)  # fmt: skip
def test_a_command_that_a_file_cannot_hold_is_refused_when_saving(command, tmp_path):
    run = elected()
    run.request(command)
    run.run(100)
    (tmp_path / "run.json").write_text("what was there")
    with pytest.raises(Impossible, match="cannot be written to a file"):
        run.save(tmp_path / "run.json")
    assert (tmp_path / "run.json").read_text() == "what was there"


def test_any_letter_can_be_saved(tmp_path):
    run = elected()
    for text in ("ümlaut", "→", "\ud800 alone", '"quoted"\n'):
        run.request(("set", text, text))
    run.fork("Verzweigung →")
    run.save(tmp_path / "run.json")
    assert same(run, rl.load(tmp_path / "run.json"))


def test_a_place_that_cannot_be_written_or_read_is_named(tmp_path):
    with pytest.raises(Impossible, match="cannot be written: "):
        started().save(tmp_path / "no such folder" / "run.json")
    with pytest.raises(Impossible, match="cannot be read: "):
        rl.load(tmp_path / "nothing.json")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(Impossible, match="cannot be read: "):
        rl.load(tmp_path / "picture.png")


# -- What is no history -------------------------------------------------------------------


def changed(**changes):
    """The text of a good file with some of its parts replaced; None leaves a part out."""
    run = started()
    run.step(4)
    run.goto(2)
    run.crash("S3")
    found = json.loads(run.dump())
    for name, part in changes.items():
        if part is None:
            del found[name]
        else:
            found[name] = part
    return json.dumps(found)


def branch(*steps, parent=None, forked_at=0, name="main"):
    return {"name": name, "parent": parent, "forked_at": forked_at, "steps": list(steps)}


GOOD = {"protocol": "raft", "servers": 3, "seed": 1, "clients": 0, "dials": {}}


@pytest.mark.parametrize("text, says", [
    ("{", "not a raftlab history: it is not JSON"),
    ("{'single': 'quotes'}", "it is not JSON"),
    ('{"a":' * 100_000, "it is not JSON"),
    ("{}", 'it has no "format"'),
    ('{"format": "another"}', 'it has no "format": "raftlab history"'),
    ('{"cells": [], "nbformat": 4}', 'it has no "format"'),
    (changed(version=None), "no valid version, but None"),
    (changed(version="1"), "no valid version"),
    (changed(version=0), "no valid version"),
    (changed(version=2), "format version 2; this raftlab reads up to 1: update raftlab"),
    (changed(about=None), "damaged"),
    (changed(about=[]), "damaged"),
    (changed(about={**GOOD, "seed": "x"}), "a seed is a whole number"),
    (changed(about={**GOOD, "servers": 0}), "servers must be a number from 1 to 99"),
    (changed(about={**GOOD, "protocol": "rift"}), "no protocol 'rift'"),
    (changed(about={**GOOD, "dials": {"speed": 1}}), "no dial 'speed'"),
    (changed(about={**GOOD, "dials": {"loss": 3}}), "loss must be"),
    (changed(about={**GOOD, "extra": 1}), "there is no dial 'extra'|damaged"),
    (changed(branches=None), "damaged"),
    (changed(branches=[]), "it has no branches"),
    (changed(branches=7), "damaged"),
    (changed(branches=[{}]), "damaged"),
    (changed(branches=[branch(0)]), "step 1"),
    (changed(branches=[branch(-5)]), "step 1"),
    (changed(branches=[branch("Crash")]), "step 1|damaged"),
    (changed(branches=[branch(["Explode", "S1"])]), "step 1: 'Explode' is not an action"),
    (changed(branches=[branch(["Crash"])]), "step 1: Crash takes node"),
    (changed(branches=[branch(["Crash", "S9"])]), "step 1: there is no node 'S9'"),
    (changed(branches=[branch(2, ["Crash", "S1"], ["Crash", "S1"])]), "step 4: S1 is already down"),
    (changed(branches=[branch(["Deliver", "S1", "S2", "Hello()", 0])]), "step 1: .* not in flight"),
    (changed(branches=[branch(1), branch(1, parent=5, forked_at=0, name="b")]), "no branch 5"),
    (changed(branches=[branch(1), branch(1, parent=0, forked_at=9, name="b")]), "no step 9"),
    (changed(branches=[branch(1), branch(1, parent=0, name="main")]), "a branch 'main' already"),
    (changed(position=None), "damaged"),
    (changed(position=99), "there is no step 99"),
    (changed(position="1"), "there is no step '1'"),
    (changed(branch=4), "there is no branch 4"),
    (changed(digest=None), "damaged"),
], ids=lambda given: given[-60:] if len(given) < 5000 else "deep")  # fmt: skip
def test_what_is_no_history_is_refused_in_a_sentence(text, says):
    with pytest.raises(Impossible, match=says):
        rl.load(text)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 10_000))
def test_a_file_cut_short_is_never_taken_for_a_whole_one(length):
    text = changed()
    with pytest.raises(Impossible):
        rl.load(text[: length % len(text)] or "{")


@pytest.mark.filterwarnings("ignore:.*other rules", "ignore:.*§5")
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_file_with_a_wrong_value_anywhere_is_loaded_or_refused_never_a_crash(data):
    found = json.loads(changed())
    place, key = found, None
    for _ in range(data.draw(st.integers(1, 5))):
        if not isinstance(place, (dict, list)) or not place:
            break
        parent = place
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict)
                                        else range(len(place))))  # fmt: skip
        place = parent[key]
    parent[key] = data.draw(st.sampled_from(
        [None, -1, 3, 1.5, "", "S1", "Crash", [], {}, ["Crash", "S2"], True, [[]], {"S1": 1}]
    ))  # fmt: skip
    try:
        rl.load(json.dumps(found))
    except Impossible as error:
        assert len(str(error)) > 10


def test_a_run_that_ends_otherwise_under_todays_rules_is_loaded_with_a_warning():
    with pytest.warns(UserWarning, match="saved by other rules"):
        run = rl.load(changed(digest="0" * 64))
    assert len(run) == 3


def test_servers_of_a_class_of_ones_own_are_saved_under_its_name():
    """Left out, the protocol is the class of the servers, also in a file and on a loaded run."""

    class Mine(Node):
        count = 0

    run = rl.cluster(servers=[Mine("S1", ["S1"], count=3)])
    assert run.about["protocol"] == "Mine"
    with pytest.raises(Impossible, match="no protocol 'Mine'.*: protocol=Mine"):
        rl.load(run.dump())
    again = rl.load(run.dump(), protocol=Mine)
    assert again.digest() == run.digest() and again.state["S1"].count == 3

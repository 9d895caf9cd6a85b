"""What a newcomer mistakes is answered with the name that was meant, or what to hand over."""

import re

import pytest

import raftlab as rl
from raftlab.core import nearest


@pytest.mark.parametrize("name, says", [
    ("votes-twice", "'votes-twice' is a break of raft: 'raft!votes-twice'"),
    ("pre-vote", "'pre-vote' is a part of raft: 'raft+pre-vote'"),
    ("raft+votes-twice", "no part 'votes-twice'; 'votes-twice' is a break of raft: 'raft!votes-"),
    ("raft!pre-vote", "no break 'pre-vote'; 'pre-vote' is a part of raft: 'raft+pre-vote'"),
    ("raft!clears-vote", "'clears-vote' is a part of simplified: 'simplified+clears-vote'"),
    ("raft!vote-twice", "no break 'vote-twice'; did you mean 'votes-twice'? rl.diff() lists all"),
    ("raft+prevote", "no part 'prevote'; did you mean 'pre-vote'? There are without-no-op"),
    ("raft!moon", "no break 'moon'; there are votes-twice, takes-its-vote-back, "),
    ("simplified!votes-twice", "is a break of raft, not of simplified; there are none"),
])  # fmt: skip
def test_a_name_of_another_kind_is_told_from_a_slip(name, says):
    with pytest.raises(rl.Impossible, match=re.escape(says)) as refused:
        rl.cluster(name)
    assert len(str(refused.value)) < 280, "nobody reads a wall of names"


@pytest.mark.parametrize("name, says", [
    ("votes-twice", "such as breaks/votes-twice"),
    ("c1", "such as C1,"),
    ("figure8", "such as figure-8,"),
    ("moon", r"no scenario 'moon' among \d+, such as split-vote; rl.scenario\(\) lists them"),
])  # fmt: skip
def test_a_scenario_that_is_not_there_brings_those_near_it(name, says):
    with pytest.raises(rl.Impossible, match=says):
        rl.scenario(name)


def test_what_is_no_scenario_is_not_read_as_one():
    with pytest.raises(rl.Impossible, match=r"the path of a .txt file, .* no History"):
        rl.scenario(rl.cluster())


def test_neither_capitals_nor_folders_make_a_name_distant():
    assert nearest("b/xyz", ["a/xyz", "other"]) == ["a/xyz"]
    assert nearest("TWICE", ["once", "twice"])[0] == "twice" and nearest("moon", ["sun"]) == []


def test_what_holds_a_run_is_not_taken_for_a_protocol():
    class Found:
        run = rl.cluster()

    for what in (rl.cluster, rl.explore):
        with pytest.raises(rl.Impossible, match="Found is no protocol; hand over its run: ….run"):
            what(Found())
        with pytest.raises(rl.Impossible, match="a search that finds nothing has no run"):
            what(None)


def test_help_tells_of_every_name_that_a_notebook_uses():
    told = {*re.findall(r"rl\.(\w+)", rl.__doc__)}
    assert told == {name for name in dir(rl) if name.islower()}


def test_a_script_that_has_imported_a_kernel_is_no_notebook(capsys):
    import ipykernel  # as widgets do

    assert ipykernel and rl.explore("raft!votes-twice").ok is False
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("options, says", [
    ({"server": 5}, "a search has no option 'server'; did you mean 'servers'? There are requests"),
    ({"term": 5}, "no option 'term'; did you mean 'terms'?"),
    ({"until": "leader"}, "until is a goal, such as lambda state: state.leader == 'S1', not 'lea"),
    ({"sometimes": lambda state: True}, "sometimes is {name: predicate}, such as"),
    ({"always": 3}, "always is {name: predicate}, such as"),
    ({"states": "many"}, "states is a whole number from 0, not 'many'"),
    ({"depth": -1}, "depth is a whole number from 0, not -1"),
    ({"by": "walks", "walks": -1}, "walks is a whole number from 0, not -1"),
    ({"by": "walks", "seed": "x"}, "seed is a whole number from 0, not 'x'"),
])  # fmt: skip
def test_an_option_that_no_search_has_is_answered_before_anything_is_searched(options, says):
    with pytest.raises(rl.Impossible, match=re.escape(says)):
        rl.explore("raft", **options)


def test_each_of_several_results_says_what_was_searched():
    told = repr(rl.explore(["raft!votes-twice", "raft"], servers=1, terms=1, progress=False))
    assert "of raft!votes-twice with 1 server, " in told and "of raft with 1 server, " in told

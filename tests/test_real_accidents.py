"""Accidents with a real lock: certain on every run, harmless with the rule, nothing left behind.
Redis documentation, *Distributed locks with Redis*; experiments E39 to E44."""

from pathlib import Path

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.real import accidents, found
from raftlab.real.process import home
from raftlab.real.reaper import inside

LACKS = {  # of a stand-in
    "lost-with-the-primary": "has no replicas", "counts-in-redis": "has no replicas",
    "redlock-clock-jumps": "goes by this machine's clock",
}  # fmt: skip


# What is certain of each, without the rule (experiment) and with it.
FACTS = {
    "sets-then-expires": ({"ttl": -1, "free_again": False}, {"free_again": True}),  # E39
    "deletes-blindly": ({"entered": True, "owner": "C"}, {"entered": False, "owner": "B"}),  # E40
    "takes-any-token": (
        {"assignments": [("B", 2, "accepted"), ("A", 1, "accepted")]},
        {"assignments": [("B", 2, "accepted"), ("A", 1, "refused")]},
    ),  # E41
    "lost-with-the-primary": ({"holders": ["A", "B"]}, {"holders": ["B"]}),  # E42
    "counts-in-redis": ({"tokens": {"A": 1, "B": 1}}, {"tokens": {"A": 1, "B": 2}}),  # E42 b
    "redlock-restart": ({"granted": {"A": 3, "B": 3}}, {"granted": {"A": 3, "B": 2}}),  # E43
    "redlock-clock-jumps": (
        {"granted": {"A": 3, "B": 3}, "verdicts": {"B": "accepted", "A": "accepted"}},
        {"granted": {"A": 3, "B": 3}, "verdicts": {"B": "accepted", "A": "refused"}},
    ),  # E43
    "counts-from-reply": ({}, {"overlap": 0}),  # E44
}


@pytest.mark.parametrize("name", rl.real.ACCIDENTS)
def test_an_accident_does_harm_on_every_run(name):
    runs = [rl.real.accident(name) for _ in range(5)]
    assert [run.harm for run in runs] == [True] * 5
    assert all(run.facts | FACTS[name][0] == run.facts for run in runs)
    assert len({str(run) for run in runs}) == 1  # so that a notebook may keep what it printed
    if name == "counts-from-reply":  # by the round trip, less the margin
        assert all(0 < run.facts["overlap"] < accidents.ROUND_TRIP for run in runs)
    assert inside(home()) == [] and list(home().iterdir()) == []


@pytest.mark.parametrize("name", rl.real.ACCIDENTS)
def test_with_the_rule_there_is_no_harm(name):
    run = rl.real.accident(name, mended=True)
    assert not run.harm and run.facts | FACTS[name][1] == run.facts
    assert str(run).startswith(f"{name}, with the rule:\n1. ")


@pytest.mark.parametrize("how", [found.WHEEL, found.STANDIN])
@pytest.mark.parametrize("name", rl.real.ACCIDENTS)
def test_it_happens_on_other_servers_where_they_can(name, how):
    if name in LACKS and how == found.STANDIN:
        with pytest.raises(Impossible, match=f"stand-in .* and it {LACKS[name]}"):
            rl.real.accident(name, server=how)
    else:
        assert rl.real.accident(name, server=how).harm


def test_a_stand_in_keeps_nothing_on_a_disk():
    with pytest.raises(Impossible, match="stand-in .* and it keeps nothing on a disk"):
        rl.real.accident("redlock-restart", mended=True, server=found.STANDIN)
    assert inside(home()) == [] and list(home().iterdir()) == []


def test_every_accident_has_its_story_on_the_model():
    stories = Path(rl.__file__).parent / "sim" / "catalog" / "redis"
    assert set(rl.real.ACCIDENTS) <= {story.stem for story in stories.glob("*.txt")}


def test_a_name_that_is_none_is_answered_with_those_there_are():
    with pytest.raises(Impossible, match="no accident 'delete-blindly'; there are sets-then.*"):
        rl.real.accident("delete-blindly")

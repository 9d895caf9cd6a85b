"""The questions about the simplified Raft: the holes are those of its page, the checker judges."""

import re
from pathlib import Path

import pytest

import raftlab as rl
from raftlab.lessons.about_audit import _AS_GOOD, HOLES, RUNGS, judged
from raftlab.protocols import LADDER

PAGE = (Path(rl.__file__).parent / "protocols" / "simplified.md").read_text("utf-8")
FAMILY = {number: family for family, holes in HOLES.items() for number in holes}


def test_each_of_the_22_holes_of_the_page_is_asked_about_once():
    listed = re.findall(r"^\| (C\d+) \|", PAGE, re.M)
    assert sorted(FAMILY) == sorted(listed) and len(listed) == 22
    told = [part for holes in HOLES.values() for hole in holes.values() for part in hole]
    assert len(set(told)) == 44


def test_a_wrong_rule_is_of_another_family_and_would_not_have_done_as_well():
    rules = {rule: number for holes in HOLES.values() for number, (rule, _) in holes.items()}
    asked = set()
    for seed in range(60):
        question = rl.predict("missing", seed)
        numbers = [rules[o.text[:1].lower() + o.text[1:]] for o in question.options]
        right = numbers["abcd".index(question.answer)]
        asked.add(right)
        for number in numbers:
            if number != right:
                assert FAMILY[number] != FAMILY[right]
                assert number not in _AS_GOOD.get(right, ())
    assert len(asked) > 15


@pytest.mark.parametrize("number", ["C8", "C20"])
def test_a_lesson_that_begins_at_its_end_is_told_from_the_boot(number):
    run = rl.scenario(number)
    outcome = next(holes[number][1] for holes in HOLES.values() if number in holes)
    question = next(q for q in (rl.predict("missing", s) for s in range(200)) if outcome in q.ask)
    assert question.asked_at < question.ends == len(run) and question.replay().text


def test_the_checker_says_which_repair_ends_it_and_that_the_others_do_not():
    by_words = {rung.mends: rung for rung in LADDER}
    rungs = set()
    for seed in range(24):
        question = rl.predict("repair", seed)
        protocol = question.run.about["protocol"]
        rung = next(rung for rung in RUNGS if rung.protocol == protocol)
        rungs.add(rung.part)
        for letter, option in zip("abc", question.options, strict=True):
            part = by_words[option.text].part
            assert judged(rung.part, part).ok is (letter == question.answer)
        question.run.goto(question.ends)
        assert rung.breaks in [verdict.name for verdict in question.run.verdicts]
    assert rungs == {rung.part for rung in RUNGS} and len(rungs) == 4


def test_figure_8_begins_where_the_scenario_leaves_off_and_needs_four_terms():
    """§5.4.2: the rule of commitment is the difference."""
    start = rl.scenario("simplified/figure-8-begins")
    more = {"requests": [("set", "x", 3)], "progress": False}
    assert rl.explore(start, terms=3, **more).ok is True
    found = rl.explore(start, terms=4, **more)
    assert found.ok is False and found.verdicts[0].name == "leader_completeness"

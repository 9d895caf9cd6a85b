"""`rl.diff`: the rule and its broken twin side by side, as text and in a notebook."""

import re

import pytest

import raftlab as rl
from raftlab.checks.invariants import ASKED, TITLES
from raftlab.protocols import BREAKS


def lines(column):
    return [line for line in column if line is not None]


@pytest.mark.parametrize("name", BREAKS)
def test_each_break_stands_beside_what_it_replaces(name):
    seen = rl.diff(name)
    rule = BREAKS[name]
    assert seen.lesson and seen.source == rule.source
    assert seen.property in (*TITLES.values(), *ASKED.values())
    left, right, marks = zip(*seen.rows, strict=True)
    assert lines(left) == seen.right and lines(right) == seen.wrong
    assert any(has for _, has in marks) or any(lacks for lacks, _ in marks)
    for one, other, (lacks, has) in seen.rows:
        assert (not lacks or one is not None) and (not has or one != other)
        assert lacks or has or one is None or other in (None, one)
    text, html = repr(seen), seen._repr_html_()
    assert all(max(len(row.partition(" | ")[0]), 61) == 61 for row in text.splitlines()
               if " | " in row)  # fmt: skip
    assert f"breaks/{name}" in text and rule.source in text
    assert (f"raft!{name}" in text.partition("\ntry:")[2].partition("\n")[0]) == bool(rule.bounds)
    assert html.count("<tr ") == len(seen.rows) + 1 and html.count("<th ") == 2


def test_two_methods_with_the_difference_marked():
    seen = rl.diff("votes-twice")
    assert seen.titles == ("Rules.has_vote_for (§5.2)", "VotesTwice.has_vote_for")
    assert seen.rows[0] == ("def has_vote_for(self, candidate_id):",) * 2 + (("", ""),)
    assert seen.rows[1][1:] == (None, ("", "")) and '"""' in seen.rows[1][0]  # its docstring
    assert seen.rows[2][1:] == ("    return True", ("-", "+"))
    told = repr(seen).splitlines()
    assert told[0] == "votes-twice: Forgets to look whether its vote is still free."
    assert any(re.fullmatch(r"-     return self.voted_for .* \| \+     return True", line)
               for line in told)  # fmt: skip


def test_a_twin_that_calls_the_rule_lacks_nothing_of_it():
    seen = rl.diff("takes-its-vote-back")
    assert seen.extends and {lacks for *_, (lacks, _) in seen.rows} == {""}
    assert "super():  is what stands on the left" in repr(seen)
    assert not rl.diff("votes-twice").extends


def test_lines_of_data_stand_side_by_side_as_well():
    seen = rl.diff("forgets-its-vote")
    assert seen.right == ["persistent = (", '    "current_term",', '    "voted_for",',
                          '    "log",', ")"]  # fmt: skip
    assert [one for one, other, _ in seen.rows if other is None] == ['    "voted_for",']
    assert rl.diff("cuts-the-log-first").right[1] == '    ("current_term", "voted_for"),'
    machines = rl.diff("ignores-sessions")
    assert machines.titles == ("machine: KeyValue", "machine: Sessionless")
    assert any("sessions.get" in one for one, _, (lacks, _) in machines.rows if lacks)


def test_in_a_notebook_nothing_is_said_by_colour_and_all_is_escaped():
    for name in BREAKS:
        html = rl.diff(name)._repr_html_()
        assert not re.search(r"#[0-9a-f]{3}|rgb|color:(?!inherit)", re.sub(r"\w#\d+", "", html))
        marked = re.findall(r">([-+]) <(del|ins)", html)
        assert marked and all((mark == "-") == (tag == "del") for mark, tag in marked)
    assert ">=" not in rl.diff("compares-length-only")._repr_html_()


def test_without_a_name_all_breaks_are_listed():
    table = rl.diff()
    assert len(table) == len(BREAKS)
    told = repr(table).splitlines()
    assert told[0].split(maxsplit=1) == [
        "votes-twice", "Forgets to look whether its vote is still free.",
    ]  # fmt: skip
    assert told[1].strip().startswith("costs Election Safety; Figure 2")
    starred = [BREAKS[name].bounds is None for name in BREAKS]
    assert [" *; " in line for line in told[1 : 2 * len(BREAKS) : 2]] == starred
    assert 'rl.explore("raft!NAME")' in " ".join(told[-3:])
    html = table._repr_html_()
    assert html.count('<th scope="row"') == len(BREAKS) and "<td" in html
    assert "Election Safety</td>" in html and "Progress *</td>" in html


def test_the_name_of_a_broken_protocol_will_do_and_a_slip_is_answered():
    assert rl.diff("raft!votes-twice").name == "votes-twice"
    with pytest.raises(rl.Impossible, match="no break 'vote-twice'; did you mean 'votes-twice'"):
        rl.diff("vote-twice")
    with pytest.raises(rl.Impossible, match="no break 'moon'; there are votes-twice, takes-its"):
        rl.diff("moon")
    with pytest.raises(rl.Impossible, match="'pre-vote' is a part of raft: 'raft.pre-vote'"):
        rl.diff("pre-vote")
    with pytest.raises(rl.Impossible, match="one break at a time: rl.diff\\('votes-twice'\\), rl"):
        rl.diff("raft!votes-twice!commits-old-terms")
    for what in (["votes-twice"], 3, "", "!"):
        with pytest.raises(rl.Impossible, match="a break goes by its name"):
            rl.diff(what)

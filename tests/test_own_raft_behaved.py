"""Whatever is no node at all, among Rafts of one's own, is told what it does, and what does not end
is ended."""

import random
import re

import pytest
from own_checks import CHECKS

from raftlab.lessons import own_reference as reference
from raftlab.lessons import raft_skeleton as own
from raftlab.lessons.checking import Shown
from raftlab.lessons.exercise import NOT_YET, Part, Verdict, exercise
from raftlab.lessons.grading import grade
from raftlab.lessons.grading.behaved import behaved
from raftlab.lessons.grading.check import asked

seen = []


class Raises(reference.Election):
    def on_append_entries(self, src, append):
        return self.members[7]


class ChangesMessages(reference.Election):
    def on_append_entries(self, src, append):
        super().on_append_entries(src, append)
        object.__setattr__(append, "leader_commit", append.leader_commit + 1)


class CountsOnTheClass(reference.Election):
    elections = 0

    def start_election(self):
        super().start_election()
        type(self).elections += 1


class KeepsAGlobal(reference.Election):
    def on_request_vote(self, src, ask):
        seen.append(ask.term)
        super().on_request_vote(src, ask)


class KeepsADefault(reference.Election):
    def wins_election(self, times=[]):  # noqa: B006
        times.append(self.current_term)
        return super().wins_election()


def _remembering():
    heard = {}

    class KeepsItAround(reference.Election):
        def on_append_entries(self, src, append):
            heard[src] = heard.get(src, 0) + 1
            super().on_append_entries(src, append)

    return KeepsItAround


class DrawsLots(reference.Election):
    def restart_election_timer(self):
        self.set_timer(own.ELECTION, random.randint(150, 300))


class LooksChange(reference.Election):
    looks = 0

    def observe(self):
        self.looks += 1
        return super().observe()


class ShowsOtherWords(reference.Election):
    def lead(self):
        super().lead()
        self.role = "boss"


class FallsOverLateMessages(reference.Replication):
    def on_append_entries_reply(self, src, reply):
        self.match_index[src] = max(self.match_index[src], reply.match_index)


ILL = [
    (Raises, "never_raises", r"on_message raises IndexError.*line \d+: return self.members\[7\]"),
    (ChangesMessages, "leaves_messages_alone",
     r"changes the AppendEntries it gets from S\d: .* has become .*, 1\)"),
    (CountsOnTheClass, "remembers_in_fields",
     r"class attribute CountsOnTheClass.elections was 0 and is \d+.*Declare a field"),
    (KeepsAGlobal, "remembers_in_fields", r"the global seen was \(.*\) and is \("),
    (KeepsADefault, "remembers_in_fields", r"a default argument of KeepsADefault.wins_election"),
    (_remembering(), "remembers_in_fields", r"heard, which stands around KeepsItAround.on_append"),
    (DrawsLots, "repeats_itself", r"twice in the same state: once .*, once .*It uses random\."),
    (LooksChange, "looks_are_free", r"observe\(\) changes S1"),
    (ShowsOtherWords, "shows_itself", r"the role of S\d is 'boss'"),
    (FallsOverLateMessages, "survives_any_message", r"raises KeyError: 'S2' \(line"),
]  # fmt: skip


@pytest.mark.parametrize("kind, id, told", ILL, ids=[kind.__name__ for kind, _, _ in ILL])
def test_whoever_is_no_node_is_told_what_it_does(kind, id, told):
    stage = "replication" if issubclass(kind, reference.Replication) else "election"
    part, goes_on = asked(CHECKS[id][1], kind, 0, stage)
    assert not part.is_met and goes_on and re.search(told, part.told), part.told


def test_every_check_of_good_behaviour_has_been_seen_to_fail():
    assert {check.id for check in behaved.checks} == {id for _, id, _ in ILL}


def test_in_a_later_stage_nothing_else_is_asked_of_whoever_is_no_node():
    class Remembers(reference.Replication):
        count = 0

        def on_append_entries(self, src, append):
            type(self).count += 1
            super().on_append_entries(src, append)

    first, *others = grade(Remembers, "replication")
    assert "Remembers.count" in first.told
    assert {part.told for part in others} == {f"not asked: first “{first.name}” must be met"}
    assert first.asked and not any(part.asked or part.is_met for part in others)


def test_what_was_not_asked_is_marked_so_and_counted():
    parts = [Part("one", 2), Part("two", 3, "no"), Part("three", 1, "not asked: no", asked=False)]
    shown = Shown(Verdict(exercise("own-raft/election"), NOT_YET, "no", parts))
    for text in (shown.text, shown.html()):
        assert "2 of 6 points; 1 of 3 checks, marked –, were not asked" in text
    assert [line.split() for line in shown.text.splitlines()[4:7]] == [
        ["✓", "one", "2", "of", "2"], ["✗", "two", "0", "of", "3"], ["–", "three", "0", "of", "1"],
    ]  # fmt: skip


class AddsInPlace(reference.Election):
    def on_request_vote(self, src, ask):
        self.votes_granted.add(src)


class DoesNotWait(reference.Election):
    def start(self):
        pass


def test_a_run_that_does_not_show_what_goes_wrong_says_where_it_stands():
    """What raises does not happen, so the run ends before it; and a boot is no event."""
    part, _ = asked(behaved.checks[0], AddsInPlace)
    assert "on_message raises AttributeError" in part.told
    assert part.seen.startswith("it ends just before the event in which that happens")
    assert part.run.position == len(part.run.steps) - 1 > 0
    part, _ = asked(CHECKS["stands"][1], DoesNotWait)
    assert part.run.position == 0 and part.seen.startswith("it stands at event 0")
    part, _ = asked(CHECKS["stands"][1], NeverStands)
    assert part.run.position == 1 and part.seen == ""


class NeverStands(reference.Election):
    def start_election(self):
        pass


def test_what_loops_costs_seconds_and_ends_the_questions(monkeypatch):
    class Loops(reference.Election):
        def on_append_entries(self, src, append):
            while True:
                pass

    monkeypatch.setattr("raftlab.lessons.grading.check.SECONDS", dict.fromkeys(
        ("clause", "story", "search"), 0.3))  # fmt: skip
    parts = grade(Loops, "election")
    assert re.search(r"S\d's on_message did not come to an end within 0.3 s", parts[0].told)
    assert {part.told for part in parts[1:]} == {"not asked: something loops, and would again"}


def test_messages_without_end_are_told(monkeypatch):
    monkeypatch.setattr("raftlab.lessons.grading.story.MOST", 200)
    part, _ = asked(CHECKS["first_election"][1], reference.Election, 0)
    assert "events, most of them messages; it sends without end" in part.told

"""Expose and fix: what a learner may hand over instead of an honest schedule, or of a method, and
what is said of it."""

import re
from inspect import getsource
from textwrap import dedent

import pytest

import raftlab as rl
from raftlab.lessons import exercise as ex
from raftlab.lessons.exercise import exercise, judged, known
from raftlab.protocols import BREAKS, protocol
from raftlab.protocols.composed import replaced
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_log import Log
from raftlab.scenarios import find

EXPOSED = sorted(id for id in known() if id.startswith("expose/") and id != "expose/suite")
TWICE = "cluster raft!votes-twice servers=3 seed=1 jitter=0\n\n"


def verdict(id, given):
    return judged(exercise(id), given)


# -- expose -------------------------------------------------------------------------------


@pytest.mark.parametrize("id", EXPOSED)
def test_the_stored_schedule_of_a_break_exposes_it(id):
    """So a learner who has read the catalog is right, and the judge asks for nothing else."""
    name = id.partition("/")[2]
    told = verdict(id, rl.scenarios.find(f"breaks/{name}").text)
    assert told.level == ex.RIGHT, told.told
    assert BREAKS[name].breaks


@pytest.mark.parametrize("id", EXPOSED)
def test_a_right_schedule_is_told_what_fell_and_at_which_step(id):
    parts = verdict(id, exercise(id).reference).parts
    assert re.search(r"with the broken rule falls: .* \(step \d+: ", parts[1].name)


@pytest.mark.parametrize("verbs, told", [
    ("fire S1\nfly S2", r"line 4: fly S2: there is no verb 'fly'"),
    ("fire S1\n\ndeliver RequestVote S1->S9", r"line 5: .*S9"),
    ("deliver AppendEntries S1->S2", r"line 3: deliver AppendEntries S1->S2: .*in flight"),
    ("elect S1 ; elect S1", "line 3: elect S1: .*S1 still leads term 1: a leader stands"),
    ("fire S1 ; deliver RequestVote S1->S2\ncrash S1 S2\nelect S3", "line 5: .*finds S2 down"),
    ("until broken election_safety within 500", "line 3: .*not so within 500"),
    ("run 1000000", "line 3: run 1000000: a schedule has 2,000 events at most"),
    ("repeat 100000 { fire S1 }", "a schedule has 2,000 events at most"),
    ("repeat 3 { fire S1", "line 3: .*opened and not closed"),
])  # fmt: skip
def test_a_schedule_that_cannot_be_played_is_told_its_line(verbs, told):
    found = verdict("expose/votes-twice", TWICE + verbs)
    assert found.level == ex.NOT_YET and found.points == 0
    assert re.search(told, found.told), found.told


def test_settling_that_never_ends_is_told_from_a_schedule_that_is_long():
    found = verdict(
        "expose/always-truncates",
        """
cluster raft!always-truncates servers=3 seed=1 jitter=0
elect S1 with S2 ; request x=1 ; delay AppendEntries S1->S2 by 5000
request x=2 ; deliver AppendEntries S1->S2 ; deliver AppendEntries S1->S2
deliver all replies ; fire S1 heartbeat ; settle among S1 S2
""",
    )
    assert found.told == (
        "line 5: settle among S1 S2: a schedule has 2,000 events at most, and this is one more. S1 "
        "and S2 never fall silent here: pass messages on one by one, with deliver, and not with "
        "settle"
    )
    long = verdict("expose/votes-twice", f"{TWICE}repeat 999 {{ fire S1 }}\nsettle")
    assert "2,000 events at most" in long.told and "silent" not in long.told


def test_what_comes_behind_the_violation_does_not_matter():
    text = exercise("expose/votes-twice").reference + "\ncrash S9\n"
    assert verdict("expose/votes-twice", text).level == ex.RIGHT


def test_a_schedule_that_repeats_nothing_for_ever_is_given_up(monkeypatch):
    monkeypatch.setattr("raftlab.lessons.judging.SECONDS", 0.1)
    found = verdict("expose/votes-twice", TWICE + "repeat 1000000000 { show all }")
    assert "it did not come to an end: does it repeat something for ever?" in found.told


@pytest.mark.parametrize("text, told", [
    ("cluster raft!votes-twice servers=3 seed=1\nserver S2 term=1 voted=S1\n\nfire S1",
     "server lines set fields by hand"),
    ("cluster raft!wins-with-half servers=4 seed=1\n\nfire S1", "for another protocol, raft!wins"),
    ("cluster mine servers=3 seed=1\n\nfire S1", "for another protocol, mine"),
    ("fire S1", "a scenario begins with its cluster"),
    (TWICE + "fire S1 ; lose all ; crash S2 ; wipe S2 ; restart S2", "nothing falls"),
])  # fmt: skip
def test_a_schedule_that_cheats_is_told_so(text, told):
    found = verdict("expose/votes-twice", text)
    assert found.level == ex.NOT_YET and told in found.told, found.told


@pytest.mark.parametrize("id", EXPOSED)
def test_a_lost_disk_is_no_way_to_break_a_rule(id):
    """Whatever falls: it says which verb is not for this task."""
    text = exercise(id).reference
    head, _, rest = text.partition("\n")
    found = verdict(id, f"{head}\n\nunsync S3 ; sync S3\n{rest}")
    assert found.level == ex.NOT_YET and "unsync is not for this task" in found.told


def by_hand(protocol="raft!votes-twice", **more):
    run = rl.cluster(protocol, servers=3, seed=1, jitter=0, **more)
    run.fire("S1")
    run.fire("S3")
    for candidate in ("S1", "S3"):
        run.deliver("RequestVote", candidate, "S2")
        run.deliver("RequestVoteReply", "S2", candidate)
    return run


def test_a_run_made_by_hand_is_a_schedule_too():
    assert rl.check("expose/votes-twice", by_hand()).level == ex.RIGHT


def test_a_run_that_shows_a_schedule_is_not_called_one_with_code_in_it():
    run = by_hand()
    run.undo(1)
    shown = rl.check("expose/votes-twice", run)
    assert "The run: Here S1 leads term 1." in shown.text and "your code" not in shown.html()


def test_a_run_counts_up_to_its_cursor():
    run = by_hand()
    run.undo(1)
    assert "not yet this: Election Safety" in verdict("expose/votes-twice", run).missed.told


class Mine(rl.Node):
    """Somebody's own."""


def tampered():
    run = by_hand("raft")
    run.state["S3"].role = "leader"
    return run


def built():
    kind = type(rl.cluster("raft")["S1"])
    ids = ["S1", "S2", "S3"]
    return rl.cluster(servers=[kind(id, ids, current_term=3) for id in ids], seed=1)


def endless():
    run = rl.cluster("raft!votes-twice", servers=3, seed=1)
    run.run(30_000)
    return run


@pytest.mark.parametrize("make, told", [
    (built, "its servers were built by hand"),
    (tampered, "something was set by hand"),
    (lambda: rl.cluster(Mine, servers=3), "for another protocol, Mine"),
    (endless, "events at most; this run has"),
    (lambda: 7, "a text is wanted, not a number"),
])  # fmt: skip
def test_a_run_that_did_not_come_about_by_its_events_is_refused(make, told):
    found = verdict("expose/votes-twice", make())
    assert found.points == 0 and found.level in (ex.KIND, ex.NOT_YET)
    assert told in found.told, found.told


# -- the suite ----------------------------------------------------------------------------


@pytest.mark.parametrize("text, told, points", [
    (TWICE + "fire S1", "schedule 1: it begins with 'cluster raft!votes-twice", 0),
    ("cluster raft servers=3 seed=1\nserver S1 term=3\nfire S1", "server lines set fields", 0),
    ("cluster raft servers=3 seed=1\nfly S1", "schedule 1: line 2: fly S1: there is no verb", 0),
    ("cluster raft servers=3 seed=1\nelect S1\n" * 2,
     "^none of 2 schedules breaks votes-twice: Election Safety holds in all$", 2),
    ("cluster raft servers=3 seed=1\nelect S1\n",
     "^the schedule does not break votes-twice: Election Safety holds in it$", 2),
    ("cluster raft servers=3 seed=1\nfire S1\n" * 11, "10 schedules at most", 0),
    ("fire S1", "each schedule of a suite begins with", 0),
])  # fmt: skip
def test_a_suite_that_proves_nothing_is_told_so(text, told, points):
    found = verdict("expose/suite", text)
    assert re.search(told, found.told) and found.points == points, found.told


def test_a_suite_of_which_nothing_counts_is_told_so_of_each():
    parts = verdict("expose/suite", f"{TWICE}fire S1").parts
    told = "no schedule is left that could break wins-with-half: Election Safety"
    assert told in [part.told for part in parts]


def test_a_suite_loses_no_point_for_what_only_a_broken_raft_can_play():
    """The second reply of a voter that votes twice: the right one sends none that says yes."""
    text = exercise("expose/suite").reference
    first = "cluster raft servers=3 seed=1\nfire S1\nlose all\ndeliver RequestVoteReply S2->S1\n"
    assert verdict("expose/suite", text).level == ex.RIGHT
    with_slip = verdict("expose/suite", text.replace("fire S1 ; fire S2", "fire S1 ; fire S5"))
    assert "schedule 2: line 2" in with_slip.told
    assert verdict("expose/suite", first).points == 0  # nobody could


# -- fix ----------------------------------------------------------------------------------

FIXED = sorted(id for id in known() if id.startswith("fix/"))


@pytest.mark.parametrize("id", FIXED)
def test_the_method_as_it_stands_in_raft_is_a_right_answer(id):
    """Whatever the reference looks like."""
    rule = replaced(BREAKS[id.partition("/")[2]])
    assert verdict(id, getattr(protocol("raft"), rule)).level == ex.RIGHT


@pytest.mark.parametrize("id", FIXED)
def test_the_starter_is_the_broken_method_in_full(id):
    """And is judged as broken when it has another name, so that it is not taken for untouched."""
    twin = BREAKS[id.partition("/")[2]]
    broken = getattr(twin, replaced(twin))
    assert exercise(id).starter == dedent(getsource(broken)).strip()
    parts = exercise(id).judge(broken, 0)
    assert not all(part.is_met for part in parts)


def test_a_method_that_nobody_has_touched_is_to_be_mended():
    space = {}
    exec(exercise("fix/commits-old-terms").starter, space)
    found = verdict("fix/commits-old-terms", space["may_commit"])
    assert found.told == "may_commit is still as it was given to you: mend it"


def test_a_mended_method_that_is_wrong_is_shown_by_the_shortest_run_on_it():
    """§5.3: with the learner's own code, and shorter than the schedule that told on it."""
    wrong = exercise("fix/always-truncates").wrong["unless-empty"].answer
    found = verdict("fix/always-truncates", wrong)
    assert type(found.run["S1"]).__name__ == "YourRaft" and found.run.verdicts
    assert found.run.position < len(rl.scenario("breaks/always-truncates", at="end"))
    assert "a committed entry never changes" in found.missed.seen


def test_a_lock_is_no_safety():
    """Who refuses every candidate is safe, and of no use."""
    found = verdict("fix/compares-length-only", lambda self, ask: False)
    assert "none of them has led" in found.told and found.points == 2


def as_new(self, append):
    """Right, and gives a log of its own every time."""
    return Log([*Raft.merged(self, append)])


def never_back(self, append):
    return max(self.commit_index, Raft.commit_index_from(self, append))


@pytest.mark.parametrize("id, given", [
    ("fix/always-truncates", as_new), ("fix/trusts-leader-commit", never_back),
])  # fmt: skip
def test_another_way_to_say_the_same_is_right(id, given):
    assert verdict(id, given).level == ex.RIGHT


def in_pairs(self, append):
    """As far as Raft goes, but for an entry that nobody follows."""
    index = Raft.commit_index_from(self, append)
    return index if index % 2 == 0 else max(index - 1, self.commit_index)


def test_what_breaks_no_property_is_told_beside_what_raft_does():
    found = verdict("fix/trusts-leader-commit", in_pairs)
    told = (
        r"in the scenario basic-agreement: Until event \d+ both did the same\. Then, at "
        r"AppendEntries S1→S\d \([\d.]+ ms\), in Raft: S\d applies entry 1, .*; in yours: nothing"
    )
    assert found.level == ex.NOT_YET and re.match(told, found.missed.told), found.missed.told
    run = found.run
    assert type(run["S1"]).__name__ == "YourRaft" and run.steps[run.position].action.message.entries


@pytest.mark.parametrize("seed", range(3))
def test_runs_that_the_seed_draws_tell_what_no_scenario_does(monkeypatch, seed):
    """Every known slip that no search and no schedule finds."""
    monkeypatch.setattr("raftlab.lessons.fixing.find", lambda name: find("alone"))
    monkeypatch.setattr("raftlab.lessons.fixing.STATES", 1)
    for id, name in (("applies-out-of-order", "beyond"), ("trusts-leader-commit", "late"),
                     ("commits-old-terms", "next"), ("always-truncates", "only-adds")):  # fmt: skip
        task = exercise(f"fix/{id}")
        told = judged(task, task.wrong[name].answer, seed).parts[-1].told
        assert told.startswith("in a run with crashes and cuts: Until event"), (id, name)


tosses = []


def raises(self, ask):
    return self.logs.last_term


def loops(self, ask):
    while True:
        pass


def leaves(self, ask):
    raise SystemExit


def by_chance(self, ask):
    tosses.append(ask)
    return len(tosses) % 3 > 0


def changes_the_message(self, ask):
    ask.last_log_term = 0
    return True


@pytest.mark.parametrize("given, told", [
    (raises, r"S\d's on_message raises AttributeError: .*no attribute 'logs' \(line \d+: return .*"
             r"\. That is at RequestVote S\d→S\d, where in Raft: S\d .*refuses S\d its vote"),
    (loops, r"did not come to an end within .* s: does it loop\?"),
    (leaves, "raises SystemExit"),
    (by_chance, "the same events gave two different runs: it may use no chance"),
    (changes_the_message, "raises .*last_log_term"),
    (lambda self, ask: None, "is_up_to_date must give True or False, and gives None: does it lack"),
    (lambda self: True, r"it must take \(self, ask\)"),
    ("True", "a function is wanted"),
])  # fmt: skip
def test_a_method_that_does_what_none_may_do_is_told_so(monkeypatch, given, told):
    monkeypatch.setattr("raftlab.lessons.judging.SECONDS", 1.0)
    found = verdict("fix/compares-length-only", given)
    assert found.points == 0 and found.level in (ex.NOT_YET, ex.KIND)
    assert re.search(told, found.told), found.told


@pytest.mark.parametrize("id, given, told", [
    ("trusts-leader-commit", lambda self, append: append.leader_commit,
     r"S\d's on_message raises IndexError: no entry \d; the log .* Also, in a run with crashes"),
    ("always-truncates", lambda self, append: self.log,
     r"IndexError: no entry 1; the log is empty\. Also, in the scenario figure-7: Until "),
    ("always-truncates", lambda self, append: [], r"merged must give a log, and gives \[\]$"),
])  # fmt: skip
def test_where_a_mended_method_raises_one_reads_what_raft_does_there(id, given, told):
    found = verdict(f"fix/{id}", given)
    assert found.points == 0 and re.search(told, found.told), found.told

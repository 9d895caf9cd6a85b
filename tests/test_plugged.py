"""A learner's rule in a whole Raft: what it costs is found, and of a right one nothing is."""

import pytest

import raftlab as rl
from raftlab.checks.stalls import progress
from raftlab.lessons.exercise import exercise, judged
from raftlab.lessons.parts import logs, logs_leader, snapshots, snapshots_installed, wholes
from raftlab.lessons.plugged import (
    MOST_STEPS,
    broken_by,
    in_scenario,
    raft_with,
    refusals,
    searched,
    stuck,
)
from raftlab.protocols import BREAKS


class Right:
    """§5.4.1, written once more."""

    def is_up_to_date(self, ask):
        if ask.last_log_term != self.log.last_term:
            return ask.last_log_term > self.log.last_term
        return ask.last_log_index >= self.log.last_index


class Raises:
    def is_up_to_date(self, ask):
        return self.log[0]


class NeverVotes:
    def is_up_to_date(self, ask):
        return False


@pytest.mark.parametrize("name", [
    "compares-length-only", "trusts-leader-commit", "keeps-its-vote", "trusts-its-clock",
    "counts-stale-replies", "ignores-sessions",
])  # fmt: skip
def test_a_rule_that_costs_what_a_break_does_is_shown_doing_so(name):
    """By a search, by a schedule, by waiting, by what clients saw."""
    run, seen = broken_by(BREAKS[name], name)
    assert run.state[run.state.config.servers[0]].__class__.__name__ == "YourRaft"
    assert seen.endswith(")") and "§" in seen


def test_a_rule_that_is_right_is_not_shown_to_be_wrong():
    assert broken_by(Right, "compares-length-only", "waits-for-any-candidate") is None
    assert stuck(raft_with(Right)) is None


def test_who_never_votes_is_stuck():
    run, seen = stuck(raft_with(NeverVotes))
    assert "none of them has led" in seen and run.leader is None


def test_a_rule_that_raises_is_shown_before_it_does():
    run, seen = searched(raft_with(Raises), terms=1, requests=0)
    assert "IndexError" in seen and run.position < 3


def test_a_scenario_that_does_not_fit_shows_nothing():
    assert in_scenario("breaks/installs-old-snapshots", raft_with(Right)) is None


# -- the units ----------------------------------------------------------------------------

SHOWN = {
    "quorums/majority": ("half", "rounded-up", "two-thirds"),
    "quorums/tolerated": ("half", "all-but-one"),
    "quorums/stored-by-majority": ("all", "one", "common"),
    "elections/up-to-date": ("length", "term", "ahead", "both", "anybody"),
    "elections/vote": ("again", "reply-first", "keeps", "log"),
    "elections/timer": ("message", "call", "leader", "leaders", "once"),
    "elections/higher-term": ("role", "vote", "same", "any"),
    "elections/timeout": ("no-low", "same"),
    "elections/won": ("old", "answered", "half", "refusals"),
    "logs/follows-from": ("length", "zero"),
    "logs/merged": ("cuts", "starts-over"),
    "logs/follower-commit": ("leader", "length", "new"),
    "logs/commit": ("any-term", "one-by-one", "all"),
    "logs/match-index": ("length", "next"),
    "logs/back-off": ("step",),
    "logs/next-index": ("again",),
    "clients/once": ("every-time",),
    "clients/in-order": ("once-more", "not-last", "all"),
    "clients/answer": ("index", "newer"),
    "clients/outcome": ("failure",),
    "snapshots/term-at": ("plain", "base", "off-by-one"),
    "snapshots/send": ("early", "entries", "base-term"),
    "snapshots/install": ("any", "nothing", "rest", "longer", "last"),
    "leases/until": ("answer", "margin", "longer", "middle"),
    "leases/read": ("leader", "time"),
    "leases/fence": ("anybody", "forgets", "writes", "remembers"),
}


@pytest.mark.parametrize("id", SHOWN)
def test_what_a_wrong_rule_costs_is_shown_in_a_run_with_that_rule(id):
    task = exercise(id)
    for name in SHOWN[id]:
        missed = judged(task, task.wrong[name].answer).missed
        assert missed.run is not None and missed.seen, name
        assert 0 < missed.run.position <= MOST_STEPS, name


SCHEDULES = [
    logs.SHORTER, logs.STORED_BY_TWO, logs_leader.INHERITED, logs_leader.OLD_ONE_FIRST,
    *snapshots.LAGGARDS, snapshots_installed.ACKNOWLEDGED, snapshots_installed.LONG_AND_WRONG,
]  # fmt: skip


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_schedules_of_the_units_do_no_harm_to_raft(schedule):
    run = rl.scenario(schedule, at="end")
    assert not run.verdicts and run.leader and progress(run).ok is not False


def test_all_units_make_one_raft():
    """Each in the place of ours at once; and as few refusals and as much safety as ours."""
    plugs = {**wholes.CLIENTS, **wholes.ELECTIONS, **wholes.LOGS}
    rules = {**wholes.my_service(), **wholes.my_elections(), **wholes.my_log()}
    kind = raft_with(wholes.plugged_together(rules, plugs))
    assert stuck(kind) is None and refusals(kind) is None
    assert searched(kind, terms=2, requests=1, cut=False) is None
    run = rl.cluster(kind, servers=5, seed=3, clients=1)
    run.until(lambda run: run.leader)
    run.crash(run.leader)
    run.request(("set", "x", 1), to="C1")
    run.run(2000)
    assert run.operations()[-1].result == 1 and not run.verdicts

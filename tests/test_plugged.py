"""A learner's rule in a whole Raft: what it costs is found, and of a right one nothing is."""

import pytest

from raftlab.lessons.plugged import broken_by, in_scenario, raft_with, searched, stuck
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

"""Membership changes with one rule broken: as in `breaks.py`, of which this is a part.

All of these are quiet most of the time. They need servers that go by different configurations, and
then two majorities that do not meet. Fewer than four servers seldom have those, and with more a
search has too much to do: servers differ by more than their names, so none stands for another.
So some are found in stages: the goals that follow the bounds are what a reader would say of how
the story begins, and the mended protocol gets there, too.
"""

from ..core import committed_index, is_majority, majority

# -- how these stories begin: goals of a cluster state --


def voters(state, *ids):
    """How many voters each of these servers goes by."""
    return [len(state.observe(id).members[0]) for id in ids]


def leads(state, id, term):
    seen = state.observe(id)
    return seen.role == "leader" and seen.term == term


def has_committed_all(state, id):
    seen = state.observe(id)
    return seen.commit_index == seen.log.last_index


def s1_alone_goes_by_five(state):
    return leads(state, "S1", 1) and voters(state, "S1", "S2", "S3", "S4") == [5, 4, 4, 4]


def s2_has_removed_s1(state):
    return (
        leads(state, "S2", 2) and voters(state, "S1", "S2") == [5, 3]
        and has_committed_all(state, "S2")
    )  # fmt: skip


def s4_alone_goes_by_three(state):
    return leads(state, "S4", 1) and voters(state, "S1", "S2", "S3", "S4") == [4, 4, 4, 3]


def s1_has_overwritten_that(state):
    log = state.observe("S4").log
    return leads(state, "S1", 2) and log.term_at(log.last_index) == 2


def s1_has_added_s5_behind_the_back_of_s3_and_s4(state):
    last = [state.observe(id).log.last_index for id in ("S1", "S3", "S4")]
    return (
        leads(state, "S1", 2) and voters(state, "S1", "S3") == [5, 4] and max(last[1:]) < last[0]
        and has_committed_all(state, "S1")
    )  # fmt: skip


def s1_is_removed_but_for_s2(state):
    return leads(state, "S1", 1) and voters(state, "S1", "S2", "S3", "S4") == [3, 4, 3, 3]


def s4_and_s5_learn_from_s1(state):
    seen = state.observe("S1")
    return (
        leads(state, "S1", 1) and has_committed_all(state, "S1")
        and seen.fields["members"] == "S1 S2 S3 learners S4 S5"
    )  # fmt: skip


def s4_and_s5_alone_hold_what_s1_does(state):
    last = [state.observe(id).log.last_index for id in ("S1", "S4", "S5", "S2", "S3")]
    return last == [4, 4, 4, 3, 3]


class ChangesBeforeOwnCommit:
    """Changes the members before an entry of its own term is committed."""

    breaks = "leader_completeness"
    source = "Ongaro on raft-dev, 10 July 2015: the bug in the dissertation's single-server change"
    needs = ("single-server",)
    bounds = {
        "servers": 5, "initial_members": 4,
        "stages": [
            {"terms": 1, "requests": [("members", ("S1", "S2", "S3", "S4", "S5"))],
             "until": s1_alone_goes_by_five},
            {"terms": 2, "requests": [("members", ("S2", "S3", "S4"))],
             "until": s2_has_removed_s1},
            {"terms": 3, "requests": 0, "crashes": 1, "cut": False, "acts": ("S1",)},
        ],
    }  # fmt: skip

    def has_committed_in_its_term(self):
        return True


class ChangesSeveralAtOnce:
    """Takes any step for a step of one server."""

    breaks = "election_safety"
    source = "§6, Figure 10; dissertation §4.1"
    needs = ("single-server",)
    bounds = {
        "servers": 4, "initial_members": 3, "terms": 2, "cut": False,
        "requests": [("members", ("S3", "S4"))],
    }  # fmt: skip

    def may_change_to(self, target):
        return True


class OverlapsChanges:
    """Begins a change before the one before it is committed."""

    breaks = "election_safety"
    source = "dissertation §4.1: overlapping changes"
    needs = ("single-server",)
    bounds = {
        "terms": 2, "crashes": 1, "cut": False,
        "requests": [("members", ("S2", "S3")), ("members", ("S3",))],
    }  # fmt: skip

    def configuration_is_committed(self):
        return True


class SwitchesDirectly:
    """Goes from the old voters to the new ones without a joint configuration between."""

    breaks = "election_safety"
    source = "§6, Figure 10: switching directly"
    needs = ("joint-consensus",)
    bounds = {
        "servers": 4, "initial_members": 3, "terms": 2, "cut": False,
        "requests": [("members", ("S3", "S4"))],
    }  # fmt: skip

    def step_toward(self, target):
        return target


class ElectsByTheNewSideOnly:
    """In a joint configuration lets a majority of the new voters elect a leader."""

    breaks = "election_safety"
    source = "§6: separate majorities of both, for elections too"
    needs = ("joint-consensus",)
    bounds = {
        "servers": 4, "initial_members": 3, "terms": 2, "cut": False,
        "requests": [("members", ("S3", "S4"))],
    }  # fmt: skip

    def is_quorum(self, ids):
        return is_majority(ids, self.configuration.voters)


class UsesCommittedConfigurationOnly:
    """Goes by a configuration only when it knows it to be committed."""

    breaks = "election_safety"
    source = "dissertation §4.1: the commit index would have to be on disk for that"
    needs = ("single-server",)
    bounds = {
        "initial_members": 1, "terms": 2, "crashes": 1, "cut": False,
        "requests": [("members", ("S1", "S2")), ("members", ("S1", "S2", "S3"))],
    }  # fmt: skip

    def governing_index(self):
        return self.commit_index


class NeverFallsBack:
    """Keeps a configuration whose entry is gone from its log."""

    breaks = "leader_completeness"
    source = "dissertation §4.1: a server must be prepared to fall back"
    needs = ("single-server",)
    bounds = {
        "servers": 5, "initial_members": 4,
        "stages": [
            {"terms": 1, "requests": [("members", ("S2", "S3", "S4"))],
             "until": s4_alone_goes_by_three},
            {"terms": 2, "requests": 0, "until": s1_has_overwritten_that},
            {"terms": 2, "requests": [("members", ("S1", "S2", "S3", "S4", "S5"))],
             "until": s1_has_added_s5_behind_the_back_of_s3_and_s4},
            {"terms": 3, "requests": 0, "cut": False},
        ],
    }  # fmt: skip

    def falls_back(self, held):
        return False


class CountsItselfThoughRemoved:
    """A leader outside its configuration counts its own copy towards a majority of the others."""

    breaks = "leader_completeness"
    source = "§6; dissertation §4.2.2: it does not count itself in majorities"
    needs = ("single-server",)
    bounds = {
        "servers": 4,
        "stages": [
            {"terms": 1, "requests": [("members", ("S2", "S3", "S4"))],
             "until": s1_is_removed_but_for_s2},
            {"terms": 2, "requests": 1},
        ],
    }  # fmt: skip

    def stored_by_majority(self):
        copies = sorted([self.log.last_index, *self.match_index.values()], reverse=True)
        return copies[majority(len(self.members)) - 1]


class CountsLearners:
    """Counts the copies of those who do not vote."""

    breaks = "leader_completeness"
    source = "dissertation §4.2.1: a non-voting member is counted in no majority"
    needs = ("learners",)
    bounds = {
        "servers": 5, "initial_members": 3,
        "stages": [
            {"terms": 1, "requests": [("learner", "S4"), ("learner", "S5")], "cut": False,
             "acts": ("S1",), "until": s4_and_s5_learn_from_s1},
            {"terms": 1, "requests": 1, "acts": ("S1",), "cut": False,
             "until": s4_and_s5_alone_hold_what_s1_does},
            {"terms": 2, "requests": 0, "acts": ("S1", "S2"), "cut": False},
        ],
    }  # fmt: skip

    def stored_by_majority(self):
        return committed_index([self.log.last_index, *self.match_index.values()])


BREAKS = {
    "changes-before-own-commit": ChangesBeforeOwnCommit,
    "changes-several-at-once": ChangesSeveralAtOnce,
    "overlaps-changes": OverlapsChanges,
    "switches-directly": SwitchesDirectly,
    "elects-by-the-new-side-only": ElectsByTheNewSideOnly,
    "uses-committed-configuration-only": UsesCommittedConfigurationOnly,
    "never-falls-back": NeverFallsBack,
    "counts-itself-though-removed": CountsItselfThoughRemoved,
    "counts-learners": CountsLearners,
}

"""The grading of a Raft of one's own is held against broken ones: each loses the points of the
clause that names what is broken, and no others than those that hang on it.

All clauses are asked of each mutant (`own_mutants.py`), and of stories and searches those that the
break must not survive: `LOST` says which.
"""

import pytest
from own_checks import CHECKS
from own_mutants import MUTANTS, Whole
from own_slips import SLIPS

from raftlab.lessons.grading.behaved import behaved
from raftlab.lessons.grading.check import CLAUSE, asked

# mutant → (the clauses that it does not meet, stories and searches that it must not survive).
LOST = {
    "votes-twice": (
        "votes_once candidate_has_voted does_not_wait_for_refused vote_survives own_vote_survives",
        "two_never_lead",
    ),
    "takes-its-vote-back": ("keeps_its_vote", "two_never_lead"),
    "counts-stale-votes": ("ignores_stale_votes", "two_never_lead"),
    "wins-with-half": ("half_is_not_enough", "two_never_lead_four"),
    "never-steps-down": (
        "candidate_takes_over_terms leader_takes_over_terms waits_after_leading "
        "no_beats_after_leading refused_because_of_the_term",
        "paused_leader two_never_lead",
    ),
    "obeys-old-leaders": (
        "refuses_old_leaders does_not_wait_for_old_leaders", "leaders_are_complete"
    ),
    "keeps-its-vote": ("adopts_first fresh_vote", "re_election"),
    "decides-before-it-adopts": (
        "adopts_first fresh_vote votes_once waits_for_whom_it_votes later_term_beats_length "
        "same_term_longer_wins equal_log_will_do vote_survives",
        "re_election",
    ),
    "waits-for-any-candidate": ("does_not_wait_for_refused refusal_costs_no_vote", ""),
    "waits-for-later-terms": ("refusal_costs_no_vote", ""),
    "waits-for-old-leaders": ("does_not_wait_for_old_leaders", ""),
    "stands-once": ("stands_again draws_its_timeout ignores_stale_votes", ""),
    "never-varies-its-timeout": ("draws_its_timeout", "first_election split_vote"),
    "counts-a-voter-twice": ("counts_each_voter_once", ""),
    "tells-nobody-at-once": ("tells_everybody", ""),
    "always-truncates": (
        "late_messages_undo_nothing passes_over_what_it_has", "logs_never_part"
    ),
    "starts-over": (
        "overwrites_conflicts keeps_the_rest unwanted_tail_is_cut removal_survives",
        "logs_never_part",
    ),
    "never-checks-the-previous-entry": (
        "refuses_other_terms checks_heartbeats refusal_names_the_term checks_at_the_base",
        "figure_7",
    ),
    "agrees-to-heartbeats": (
        "checks_heartbeats refusal_names_the_term checks_at_the_base", ""
    ),
    "trusts-leader-commit": ("commits_only_what_was_checked", ""),
    "acknowledges-all-it-holds": ("says_what_was_checked", ""),
    "credits-all-it-sent": (
        "counts_what_was_said counts_own_term_only", "lossy_agreement"
    ),
    "counts-stale-replies": ("ignores_stale_answers ignores_stale_snapshot_answers", ""),
    "ignores-the-term-of-entries": (
        "follower_takes_over_terms candidate_takes_over_terms leader_takes_over_terms "
        "term_survives",
        "",
    ),
    "commits-with-half": (
        "waits_for_a_majority half_does_not_commit counts_each_follower_once counts_what_was_said "
        "answers_with_the_result ignores_stale_answers counts_own_term_only begins_afresh "
        "tells_what_is_gone goes_on_behind_it",
        "two_are_missing minority_never_decides",
    ),
    "applies-twice": ("executes_in_order", "five_at_once answers_are_right"),
    "applies-out-of-order": ("executes_in_order starts_from_it", ""),
    "never-backs-up": (
        "goes_back goes_back_to_the_end goes_past_a_term sends_its_snapshot", ""
    ),
    "backs-up-one-by-one": ("goes_back_to_the_end goes_past_a_term", "wrong_entries_fast"),
    "compares-length-only": ("later_term_beats_length", "leaders_are_complete"),
    "votes-for-anybody": (
        "later_term_beats_length same_term_longer_wins refusal_costs_no_vote",
        "leaders_are_complete",
    ),
    "commits-old-terms": ("counts_own_term_only", ""),
    "answers-by-index": ("tells_what_is_gone", "answers_are_right_whoever_leads"),
    "answers-by-a-later-term": ("tells_what_is_gone", ""),
    "ignores-sessions": ("executes_repeats_once snapshot_has_sessions", "lost_answers"),
    "without-no-op": ("opens_its_term", ""),
    "keeps-old-matches": ("begins_afresh", ""),
    "forgets-its-vote": (
        "vote_survives own_vote_survives no_second_vote", "no_two_leaders_after_a_crash"
    ),
    "forgets-its-term": (
        "term_survives vote_survives own_vote_survives nothing_half_done",
        "no_two_leaders_after_a_crash",
    ),
    "forgets-its-log": (
        "log_survives leaders_log_survives removal_survives executes_again nothing_half_done "
        "starts_from_it torn_compaction",
        "all_crash",
    ),
    "writes-vote-and-term-apart": ("no_second_vote", "complete_after_a_crash"),
    "installs-old-snapshots": ("ignores_older", "never_goes_back"),
    "leaves-sessions-out": ("snapshot_has_sessions", ""),
    "cuts-the-log-first": ("torn_compaction", "never_goes_back_torn"),
    "drops-what-follows": ("keeps_what_follows", ""),
    "forgets-the-snapshot": ("starts_from_it torn_compaction", "snapshot_survives"),
}  # fmt: skip


def lost(kind, ids):
    """{id: Part} of the checks among `ids` that a class does not meet."""
    found = {}
    for id in ids:
        stage, check = CHECKS[id]
        part, _ = asked(check, kind, 0, stage)
        if not part.is_met:
            found[id] = part
    return found


CLAUSES = [id for id, (_, check) in CHECKS.items() if check.way == CLAUSE]


def test_each_mutant_says_what_it_loses():
    assert set(LOST) == set(MUTANTS) and len(MUTANTS) >= 20
    for clauses, others in LOST.values():
        assert {*clauses.split(), *others.split()} <= set(CHECKS) and clauses


def test_the_unbroken_one_loses_nothing():
    assert lost(Whole, CLAUSES) == {}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_loses_the_clause_that_names_it_and_what_hangs_on_it(name):
    found = lost(MUTANTS[name], CLAUSES)
    assert sorted(found) == sorted(LOST[name][0].split())
    for part in found.values():
        assert part.run is not None and part.section and len(part.told) > 20


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MUTANTS if LOST[name][1]])
def test_a_mutant_does_not_survive_what_must_break_it(name):
    ids = LOST[name][1].split()
    found = lost(MUTANTS[name], ids)
    assert sorted(found) == sorted(ids)
    assert all(part.run is not None for part in found.values())


@pytest.mark.parametrize("id", SLIPS)
def test_a_clause_sees_the_slip_that_it_is_there_for(id):
    assert id in lost(SLIPS[id], [id])


def test_every_clause_has_been_seen_to_fail():
    """A check that never fails is no check. Those of good behaviour: test_own_raft_behaved.py."""
    by_mutants = {id for clauses, _ in LOST.values() for id in clauses.split()}
    ill = {check.id for check in behaved.checks}
    assert set(CLAUSES) == by_mutants | set(SLIPS) | ill

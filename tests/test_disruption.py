"""Who may disturb a leader: the famous stories, with and without the rules against them.

The follower that comes back (E25), two half-connected clusters (E26) and the server that does not
know that it was removed. Sections are those of Ongaro's dissertation unless they say "paper".
"""

import pytest
from hand import FIVE, mutant, named, reigns, told, with_leader

import raftlab as rl

# -- The server that was removed (§4.2.3) --------------------------------------------------


def disturbed(kind):
    """A server gets no heartbeats any more and stands for election ten times.

    It is what a removed server does: the leader no longer sends to it (§4.2.3). The leaderships
    before, those in all, and how far its term got.
    """
    run = with_leader(kind)
    run.run(100)
    outsider = next(id for id in FIVE if id != run.leader)
    before = reigns(run)
    run.cut(run.leader, outsider)
    run.run(1500)
    return before, reigns(run), run[outsider].current_term


def test_a_server_that_was_removed_deposes_nobody():
    """§4.2.3, disruptive servers: with plain Raft its terms depose every leader."""
    before, after, term = disturbed(("sticky-leader",))
    assert before == after and term > 5
    before, after, _ = disturbed(())
    assert len(after) > len(before)


# -- E25: the follower that comes back ----------------------------------------------------


def comes_back(kind):
    """A follower is cut off for ten election timeouts; then all is well again.

    How far its term ran ahead meanwhile, the leaders there were, and the highest term at last.
    """
    run = with_leader(kind)
    run.run(100)
    away = next(id for id in FIVE if id != run.leader)
    before = run[run.leader].current_term
    run.partition([away])
    run.run(2250)
    ahead = run[away].current_term - before
    run.heal()
    run.run(1000)
    assert not run.verdicts
    return ahead, reigns(run), max(run[id].current_term for id in FIVE)


def test_a_follower_that_comes_back_deposes_a_healthy_leader():
    """E25: its term has grown by about one per timeout, and an answer to the leader carries it."""
    ahead, leaders, term = comes_back(())
    assert 7 <= ahead <= 15 and len(leaders) == 2 and term > ahead


def test_with_pre_vote_nobody_notices_that_it_was_away():
    """E25, §9.6: the term stays as it is, and so does the leader."""
    ahead, leaders, term = comes_back(("pre-vote",))
    assert (ahead, len(leaders), term) == (0, 1, 1)


def test_the_sticky_leader_alone_is_deposed_all_the_same():
    """§9.6: the term also comes in the answer to AppendEntries, which nobody may ignore."""
    ahead, leaders, _ = comes_back(("sticky-leader",))
    assert ahead >= 7 and len(leaders) == 2


def test_a_pre_vote_that_raises_the_term_at_once_is_found_out():
    class RaisesItsTermAtOnce:
        def ask_around(self):
            self.start_election()

    ahead, leaders, _ = comes_back(mutant(RaisesItsTermAtOnce, "pre-vote"))
    assert ahead >= 7 and len(leaders) == 2


def test_a_pre_vote_that_looks_at_logs_alone_is_found_out():
    """§4.2.3: the first idea; the log of whoever was removed can still be good enough."""

    class LooksAtLogsAlone:
        def believes_in_leader(self):
            return False

    before, after, _ = disturbed(mutant(LooksAtLogsAlone, "pre-vote"))
    assert len(after) > len(before)
    before, after, term = disturbed(("pre-vote",))
    assert before == after and term == 1


# -- E26: half-connected clusters (Howard and Abraham, 2020) ------------------------------


def connect_only(run, *links):
    """Cut every link between servers but these, which work both ways."""
    kept = {frozenset(link.split("-")) for link in links}
    for a in FIVE:
        for b in FIVE:
            if a != b and {a, b} not in kept:
                run.cut(a, b)


def led_by(leader, parts, seed):
    """Five servers with a leader of our choice, and all of them quiet again."""
    run = rl.cluster(named(*parts), servers=5, seed=seed)
    run.fire(leader)
    run.until(lambda run: run.leader == leader)
    run.run(200)
    return run


def on_the_rim(parts, seed):
    """Topology 1: S1, S2, S3 reach each other, S4 only S2, S5 only S3; S3 leads at first.

    How often leadership changed in each of the last four seconds of ten.
    """
    run = led_by("S3", parts, seed)
    connect_only(run, "S1-S2", "S1-S3", "S2-S3", "S2-S4", "S3-S5")
    run.run(6000)
    changes = []
    for _ in range(4):
        begins = len(run)
        run.run(1000)
        changes.append(len(reigns(run, begins)) - 1)
    assert not run.verdicts
    return changes


def deaf_leader(parts, seed):
    """Topology 2: S5 has failed; S4 leads and then reaches only S2; S1, S2, S3 reach each other.

    The leaderships of the next ten seconds, and whether a request is then executed.
    """
    run = led_by("S4", parts, seed)
    run.crash("S5")
    connect_only(run, "S1-S2", "S1-S3", "S2-S3", "S2-S4")
    begins = len(run)
    run.run(10_000)
    leaders = reigns(run, begins)
    run.request(("set", "x", 1), to=run.leader)
    run.run(100)
    assert not run.verdicts
    return leaders, run.operations()[-1].status == "ok"


SEEDS = range(1, 6)


def test_servers_on_the_rim_keep_plain_raft_from_ever_settling():
    """E26, topology 1: whoever leads, S4 or S5 does not hear it and raises its term."""
    for seed in SEEDS:
        assert min(on_the_rim((), seed)) >= 1


@pytest.mark.parametrize("parts", [("pre-vote",), ("pre-vote", "check-quorum")], ids=told)
def test_with_pre_vote_the_rim_is_quiet(parts):
    """E26, topology 1: nobody promises S4 or S5 a majority, so no term rises."""
    for seed in SEEDS:
        assert on_the_rim(parts, seed) == [0, 0, 0, 0]


def test_plain_raft_replaces_the_deaf_leader_and_settles_by_luck():
    """E26, topology 2: S4 deposes every leader it cannot hear, until it is S2's turn."""
    told = [deaf_leader((), seed) for seed in SEEDS]
    assert all(executed and leaders[-1][0] == "S2" for leaders, executed in told)
    passing = [id for leaders, _ in told for id, _ in leaders[1:-1]]
    assert {"S1", "S3"} <= set(passing)


def test_pre_vote_alone_keeps_a_leader_that_can_commit_nothing():
    """E26, topology 2: S2 hears S4 and therefore promises S1 and S3 nothing. For ever."""
    for seed in SEEDS:
        assert deaf_leader(("pre-vote",), seed) == ([("S4", 1)], False)


def test_pre_vote_with_check_quorum_replaces_it_once_and_for_all():
    """E26, topology 2: S4 gives up, S2 is free to promise, and the next leader stays."""
    for seed in SEEDS:
        leaders, executed = deaf_leader(("pre-vote", "check-quorum"), seed)
        assert executed and len(leaders) == 2 and leaders[-1][0] in ("S1", "S2", "S3")


def test_the_sticky_leader_alone_stalls_like_pre_vote_alone():
    """It protects S4 for the same reason, and check-quorum frees it in the same way."""
    for seed in SEEDS:
        assert not deaf_leader(("sticky-leader",), seed)[1]
        assert deaf_leader(("sticky-leader", "check-quorum"), seed)[1]

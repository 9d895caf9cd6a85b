"""The ladder from the simplified Raft to Raft: each rung mends a rule and uncovers the next."""

import pytest
from hand import THREE
from test_simplified import leaders, what_was_done

import raftlab as rl
from raftlab.protocols import LADDER, REPAIRS, protocol
from raftlab.protocols.raft import Raft
from raftlab.protocols.simplified import Simplified
from raftlab.scenarios import catalog
from raftlab.sim import random_walk

SAFETY = [rung for rung in LADDER if rung.bounds]
WALKS, LENGTH = 8, 2500  # 20,000 steps for each size


def below(rung):
    """The rung that comes next."""
    return LADDER[LADDER.index(rung) + 1]


def searched(rung, bounds, **more):
    options = {**bounds.bounds, "against": bounds.breaks, "progress": False, **more}
    return rl.explore(rung.protocol, **options)


def test_each_rung_adds_one_part_and_the_last_is_raft():
    assert [rung.part for rung in LADDER] == ["", *REPAIRS, ""]
    assert LADDER[0].protocol == "simplified" and LADDER[-1].protocol == "raft"
    assert LADDER[3].protocol == "simplified+clears-vote+steps-down+keeps-on-disk"
    assert all(rung.shown in catalog() for rung in LADDER if rung.shown)
    assert all(rung.mends[-1] == rung.uncovers[-1] == "." for rung in LADDER)
    assert [rung.breaks for rung in LADDER if not rung.bounds] == ["progress"] * 4 + [""]


# As many actions as where a call is one event.
@pytest.mark.parametrize("part, actions", [
    ("clears-vote", 2), ("steps-down", 3), ("calls-at-once", 2), ("stores-entries", 3),
    ("compares-length", 5),
])  # fmt: skip
def test_a_rung_is_broken_by_what_the_one_before_had_hidden(part, actions):
    [rung] = [rung for rung in SAFETY if rung.part == part]
    found = searched(rung, rung)
    assert found.ok is False and found.verdicts[0].name == rung.breaks
    assert len(what_was_done(found)) == actions


@pytest.mark.slow
@pytest.mark.parametrize("part", [r.part for r in SAFETY if r.part != "compares-terms"])
def test_the_next_rung_is_safe_within_the_same_bounds(part):
    [rung] = [rung for rung in SAFETY if rung.part == part]
    found = searched(below(rung), rung)
    assert found.ok is True and found.stopped is None


def test_the_first_rungs_are_the_same_in_every_order_of_events():
    """Also when a call is given up, and arrives after all: the search by messages has that."""
    more = {"by": "messages", "duplicates": False}
    assert searched(LADDER[1], LADDER[1], **more).depth == 10
    assert not searched(LADDER[2], LADDER[1], depth=10, **more).verdicts
    more["terms"] = 1
    assert searched(LADDER[0], LADDER[1], **more).ok is True
    assert searched(LADDER[2], LADDER[2], **more).depth == 9
    assert searched(LADDER[3], LADDER[2], **more).ok is True


def test_elections_are_safe_once_a_higher_term_is_followed():
    """Until servers may restart."""
    assert searched(LADDER[2], LADDER[1]).ok is True
    assert searched(LADDER[2], LADDER[1], terms=3, cut=False).ok is True


def test_figure_8_is_looked_for_from_where_two_servers_hold_what_nobody_else_does():
    """§5.4.2: in two stages, which is quick. In one, it takes 51,559 states, and 246,955 to see
    that the next rung is safe. Of actions it takes six: eight where a new leader gives its log,
    and commits, in events of their own; here both belong to the election."""

    def begun(state):
        return len({log[1] for log in (state[id].log for id in THREE) if log.last_index}) == 2

    for rung, ok in ((LADDER[7], False), (LADDER[8], True)):
        first = searched(rung, LADDER[7], terms=2, until=begun)
        assert first.reached
        second = rl.explore(first.run, against="leader_completeness", requests=0, terms=4,
                            cut=False, progress=False)  # fmt: skip
        assert second.ok is ok and "up to 4 terms with a leader" in repr(second)
        if not ok:
            assert len(what_was_done(first)) + len(what_was_done(second)) == 6


def test_comparing_lengths_commits_two_commands_at_one_index():
    """With the right rule of commitment, too: three terms, three commands, six actions. It is 8
    where giving and committing are events of their own."""
    name = "simplified+keeps-on-disk+calls-at-once+stores-entries+compares-length+commits-own-term"
    found = rl.explore(name, against="state_machine_safety", requests=3, terms=3, cut=False,
                       progress=False)  # fmt: skip
    assert found.ok is False and len(what_was_done(found)) == 6


def test_elections_become_possible_again():
    """The first rung: with all votes spent and S1 gone, S2 leads when its vote may be renewed."""
    for rung, again in ((LADDER[0], False), (LADDER[1], True)):
        run = rl.cluster(rung.protocol, servers=3, seed=1, latency=1, jitter=0)
        run.until(lambda run: run["S3"].log.last_index and run["S1"].call is None)
        run.pause("S1")
        found = rl.explore(run, requests=0, terms=4, against="election_safety", progress=False,
                           until=lambda state: len(leaders(state)) == 2)  # fmt: skip
        assert found.reached is again and (again or found.finished)


def test_a_server_that_hangs_keeps_nobody_from_being_asked():
    for rung, asked in ((LADDER[3], False), (LADDER[4], True)):
        run = rl.scenario("C18", protocol=rung.protocol)
        assert run["S2"].role == "candidate" and (run["S3"].voted_for == "S2") is asked


def test_a_leader_lasts_once_heartbeats_go_on():
    for rung, lasts in ((LADDER[8], False), (LADDER[9], True)):
        run = rl.cluster(rung.protocol, servers=3, seed=1)
        run.run(5000)
        assert (max(run[id].current_term for id in THREE) == 1) is lasts


def test_raft_waits_for_nobody():
    for rung, dials in ((LADDER[9], {"call_timeout": 3_600_000}), (LADDER[10], {})):
        run = rl.cluster(rung.protocol, servers=3, seed=1, **dials)
        run.crash("S1")
        run.run(20_000)
        assert (run.leader is not None) is (rung.protocol == "raft")


def walked(name, servers):
    """(what broke in 20,000 random steps with crashes, losses and doubles; what was committed)."""
    broken, committed = set(), 0
    for seed in range(WALKS):
        run = rl.cluster(name, servers=servers, seed=seed, loss=0.03, duplicate=0.03)
        while len(run) < LENGTH and not run.verdicts:
            random_walk(run, min(500, LENGTH - len(run)), seed)
        broken |= {verdict.name for verdict in run.verdicts}
        committed += max(run.state.observe(id).commit_index for id in run.state.config.servers)
        if broken:
            break
    return broken, committed


@pytest.mark.parametrize("servers", [3, 5, 7])
@pytest.mark.parametrize("rung", LADDER[8:], ids=lambda rung: rung.part or "raft")
def test_the_last_rungs_are_safe_in_a_random_walk(rung, servers):
    broken, committed = walked(rung.protocol, servers)
    assert broken == set()
    # Where heartbeats end after the first, a cluster gets nowhere.
    assert committed > 5 * WALKS or rung.part == "commits-own-term"


@pytest.mark.parametrize("rung", LADDER[:8], ids=lambda rung: rung.part or "listing")
def test_the_rungs_below_them_break_in_one(rung):
    assert walked(rung.protocol, 3)[0]


def test_the_rungs_are_classes_of_one_base():
    for rung in LADDER[:-1]:
        kind = protocol(rung.protocol)
        assert issubclass(kind, Simplified) and kind.replaces_values
    assert protocol(LADDER[-1].protocol) is Raft

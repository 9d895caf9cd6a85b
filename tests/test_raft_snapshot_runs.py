"""Snapshots on disk and in clusters (§7): crashes, by schedule, by chance, wrong on purpose."""

import pytest
from hand import FIVE, THREE, carry, elect, heartbeat, lose_all, reboot
from schedules_snapshot import (
    ADD,
    KIND,
    STORE,
    UP_TO_5,
    adding,
    agree,
    beat,
    behind_5,
    bounds,
    node,
)

import raftlab as rl
from raftlab.core import Impossible, Note
from raftlab.protocols.machine import EMPTY
from raftlab.protocols.raft_log import Log
from raftlab.protocols.raft_snapshot import Snapshots
from raftlab.sim import random_walk

# -- Crashes, and the order of writing ----------------------------------------------------


def test_after_a_crash_the_machine_begins_at_the_snapshot():
    """§7: index and term of the last entry, and the state, are on disk."""
    one = behind_5(3, 3, commit_index=7)
    again = one.reborn()
    assert (again.machine, again.last_applied) == (EMPTY, 0)  # nothing but its disk, as yet
    again.boot()
    assert (again.machine, again.last_applied, again.commit_index) == (STORE, 5, 5)
    assert bounds(again) == (5, 2, 7)
    again.receive("S2", heartbeat(3, 7, 3, commit=7))
    assert again.machine.data == {"x": 7}  # each entry executed once


def test_the_snapshot_is_on_disk_before_the_shorter_log():
    assert KIND.write_groups() == (("current_term", "voted_for"), ("snapshot",), ("log",))
    assert {"snapshot", "log"} < set(KIND.persistent) and "snapshot_after" in KIND.settings


@pytest.mark.parametrize("log, then", [
    ([1, 1, 2, 2, 2], (5, 2, 5)),  # its own snapshot
    ([1, 1, 2, 2, 2, 3], (5, 2, 6)),
    ([1], (5, 2, 5)),  # the leader's
    ([1, 1, 1, 1, 1, 1, 1], (5, 2, 5)),
])  # fmt: skip
def test_a_crash_between_the_two_writes_costs_nothing(log, then):
    """§7: the same decision as when a snapshot comes, made once more at the start."""
    one = node(log=adding(*log))
    one = one.reborn({"current_term": 3, "snapshot": UP_TO_5, "log": one.log})
    one.boot()
    assert bounds(one) == then and (one.machine, one.last_applied) == (STORE, 5)


# -- Built by hand ------------------------------------------------------------------------


def test_a_server_built_with_a_snapshot_has_executed_it():
    one = node(snapshot=UP_TO_5)
    assert bounds(one) == (5, 2, 5) and (one.machine, one.commit_index) == (STORE, 5)
    one = node(snapshot=UP_TO_5, log=adding(1, 1, 2, 2, 2, 3), commit_index=6)
    assert bounds(one) == (5, 2, 6) and one.machine.data == {"x": 6}
    assert node(snapshot=(5, 2, ({"x": 5}, {"C1": [3, 5]}))).snapshot == UP_TO_5


def test_a_compacted_log_without_its_snapshot_is_refused():
    with pytest.raises(Impossible, match=r"give it snapshot=Snapshot\(5, 2, machine\)"):
        node(log=Log([], 5, 2))


@pytest.mark.parametrize("setting", [0, -1, "often", (1, 2), None])
def test_the_dial_takes_a_number_of_entries(setting):
    with pytest.raises(Impossible, match="snapshot_after must be a number above 0, not"):
        rl.cluster(KIND, snapshot_after=setting)


# -- By schedule --------------------------------------------------------------------------


def test_a_log_does_not_grow_beyond_what_was_agreed():
    """§7: the point of it all."""
    run = rl.cluster(KIND, servers=3, seed=1, snapshot_after=4)
    run.until(lambda run: run.leader)
    longest = 0
    for _ in range(40):
        run.request(ADD)
        run.run(60)
        longest = max(longest, *(len(run[id].log) for id in THREE))
    assert longest <= 6 and run[run.leader].log.base_index > 30 and run.verdicts == ()


def test_the_dial_can_be_turned_while_a_cluster_runs():
    run = rl.cluster(KIND, servers=3, seed=1)
    run.until(lambda run: run.leader)
    run.tune(snapshot_after=2)
    for _ in range(4):
        run.request(ADD)
        run.run(60)
    assert run[run.leader].log.base_index >= 3 and rl.load(run.dump()).digest() == run.digest()


def test_every_server_may_crash_at_once():
    """MIT 6.5840 3D, all crash: what was committed is there again, and the log goes on."""
    run = rl.cluster(KIND, servers=3, seed=2, snapshot_after=3)
    for rounds in range(1, 5):
        run.until(lambda run: run.leader)
        for _ in range(5):
            run.request(ADD)
            run.run(100)
        assert run[run.leader].machine.data == {"x": 5 * rounds}
        for id in THREE:
            reboot(run, id)
    assert run.verdicts == () and min(run[id].log.base_index for id in THREE) > 10


def test_a_server_that_was_away_is_brought_up_by_a_snapshot():
    """§7. MIT 6.5840 3D, install snapshots (disconnect)."""
    run = rl.cluster(KIND, servers=3, seed=1, snapshot_after=3)
    elect(run, "S1", "S2")
    agree(run, "S2", times=6)
    beat(run, "S3")
    told = [why for step in run.steps for why in rl.sim.why(step)]
    assert any(said.startswith("S1 sends S3 its snapshot of the entries up to") for said in told)
    assert any(said.startswith("S3 takes over S1's snapshot of the entries") for said in told)
    beat(run, "S2", "S3")
    assert [run[id].machine.data for id in THREE] == [{"x": 6}] * 3 and run.verdicts == ()


def test_a_request_is_executed_once_though_the_first_time_is_only_in_a_snapshot():
    """§8: its client asks again after the entry was compacted, and asks a server that never
    saw that entry. The answer is that of the first time."""
    run = rl.cluster(KIND, servers=3, seed=1, snapshot_after=2)
    elect(run, "S1", "S2")
    run.request(ADD, to="S1", client="C9", serial=1)
    agree(run, "S2", times=5)
    for _ in range(2):
        beat(run, "S3")
    assert run["S3"].log.first_index > 3  # entry 2, the request, is in its snapshot only
    lose_all(run)
    elect(run, "S3", "S2")
    run.request(ADD, to="S3", client="C9", serial=1)
    carry(run, "S3", "S2")
    assert run["S3"].machine.data == {"x": 6}
    (op,) = [op for op in run.operations() if op.client == "C9"]
    assert (op.status, op.result) == ("ok", 1) and run.verdicts == ()


def test_a_configuration_outlives_the_entry_that_brought_it():
    """§7: the latest configuration belongs to the snapshot, also to one that is sent; and to one
    from which a server starts again."""
    run = rl.cluster("raft+joint-consensus+snapshots", servers=5, seed=3, snapshot_after=2,
                     initial_members=3)  # fmt: skip
    run.until(lambda run: run.leader)
    run.request(("members", ("S2", "S3", "S4", "S5")))
    run.run(500)
    for _ in range(8):
        run.request(ADD)
        run.run(100)
    lead = run.leader
    for id in ("S2", "S3", "S4", "S5"):
        assert run[id].log.base_index > 5  # the entries of the change are gone
        assert run[id].snapshot.configuration[1].voters == ("S2", "S3", "S4", "S5")
        if id != lead:
            reboot(run, id)
            assert run[id].members == ("S2", "S3", "S4", "S5")
    assert rl.load(run.dump()).digest() == run.digest() and run.verdicts == ()
    away = next(id for id in ("S4", "S5") if id != lead)
    run.partition([away])
    run.request(("members", ("S2", "S3", "S4", "S5", "S1")))
    run.run(400)
    for _ in range(6):
        run.request(ADD, to=lead)
        run.run(100)
    run.heal()
    run.run(1500)
    assert run[away].members == run[run.leader].members == tuple(FIVE) and run.verdicts == ()


# -- By chance ----------------------------------------------------------------------------

WALKS, LENGTH = 10, 2000  # 20,000 steps for each of two sizes


@pytest.mark.parametrize("servers", [3, 5])
def test_no_property_breaks_in_a_random_walk(servers):
    """20,000 steps of everything that can go wrong, with logs compacted all the time."""
    notes, compacted = set(), 0
    for seed in range(WALKS):
        run = rl.cluster(KIND, servers=servers, seed=seed, loss=0.03, duplicate=0.03,
                         snapshot_after=1 + seed % 5)  # fmt: skip
        random_walk(run, LENGTH, seed)
        assert len(run) == LENGTH and run.verdicts == ()
        notes |= {effect.code for step in run.steps for effect in step.effects
                  if type(effect) is Note}  # fmt: skip
        compacted += min(run[id].log.base_index for id in run.state.config.servers)
    assert notes >= set(Snapshots.says) - {"cannot-answer"} and compacted > 20 * WALKS


def test_a_walk_with_clients_executes_each_request_once():
    """§8: whatever is lost, doubled, crashed and compacted, each request counts at most once."""
    for seed in range(4):
        run = rl.cluster(KIND, servers=3, seed=seed, clients=2, loss=0.05, duplicate=0.05,
                         snapshot_after=2)  # fmt: skip
        random_walk(run, 1500, seed)
        operations = run.operations()
        results = [op.result for op in operations if op.status == "ok"]
        assert len(set(results)) == len(results) > 5 and not run.verdicts
        assert max(results) <= len(operations)


# -- Wrong on purpose ---------------------------------------------------------------------


class Unchecked:
    """Keeps what follows without looking whether its own entry there is the same."""

    def is_in_log(self, snapshot, log):
        return log.term_at(snapshot.last_included_index) is not None


class DropsAll:
    """Takes over every snapshot whole, also one of what its log holds."""

    def install(self, src, snapshot):
        self.snapshot = snapshot
        self.log = Log((), snapshot.last_included_index, snapshot.last_included_term)
        self.reset_machine()


class ForgetsTheTerm:
    """Installs a snapshot and keeps only the index of its last entry."""

    def what_follows(self, snapshot, log):
        kept = super().what_follows(snapshot, log)
        return Log(kept, kept.base_index, log.base_term) if kept.base_index else kept


def cluster_of(mixin, **fields):
    """Three servers with `mixin`, of which only S1 compacts soon."""
    kind = type(mixin.__name__, (mixin, KIND), {"replaces_values": True}) if mixin else KIND
    servers = [kind(id, THREE, snapshot_after=2 if id == "S1" else 50) for id in THREE]
    return rl.cluster(kind, servers=servers, seed=1)


def a_tail_of_another_term(run):
    elect(run, "S3", "S1", "S2")
    lose_all(run)
    for _ in range(4):
        run.request(("set", "x", "lost"), to="S3")  # nobody hears of it
    lose_all(run)
    elect(run, "S1", "S2")
    agree(run, "S2", times=3)
    beat(run, "S3")


def a_server_far_behind(run):
    elect(run, "S1", "S2")
    agree(run, "S2", times=5)
    beat(run, "S3")


def a_snapshot_of_what_is_held(run):
    """S1 sends it before it hears that S3 has those entries; it comes when S3 has more."""
    elect(run, "S1", "S2")
    agree(run, "S2", times=1)
    run.deliver("AppendEntries", "S1", "S3", nth=1)
    run.delay("AppendEntriesReply", "S3", "S1", 2000)
    agree(run, "S2", times=1)
    run.fire("S1", "heartbeat")
    run.delay("InstallSnapshot", "S1", "S3", 4000)
    run.deliver("AppendEntriesReply", "S3", "S1")
    agree(run, "S2", "S3", times=3)
    run.deliver("InstallSnapshot", "S1", "S3")


MUTANTS = [
    (Unchecked, a_tail_of_another_term, "state_machine_safety"),
    (DropsAll, a_snapshot_of_what_is_held, "commit_never_changes"),
    (ForgetsTheTerm, a_server_far_behind, "state_machine_safety"),
]


@pytest.mark.parametrize("mixin, schedule, property", MUTANTS)
def test_a_rule_left_out_breaks_a_property(mixin, schedule, property):
    """Beside the breaks of breaks_snapshot.py, which test_breaks.py tests."""
    right, wrong = cluster_of(None), cluster_of(mixin)
    schedule(right)
    schedule(wrong)
    assert right.verdicts == () and property in [verdict.name for verdict in wrong.verdicts]

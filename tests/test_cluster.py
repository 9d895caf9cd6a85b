"""The cluster: what each kind of action does to messages, servers, links and dials."""

import pytest
from hand import THREE, elected, reboot, started

import raftlab as rl
from raftlab.core import Deliver, Drop, Impossible, Node
from raftlab.protocols.raft import Raft
from raftlab.sim import loss_of

# -- Making one ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, -1, -(10**30), 2**64, 2**200 + 1, 10**400])
def test_any_whole_number_is_a_seed(seed):
    first, second = elected(seed=seed), elected(seed=seed)
    assert first.digest() == second.digest() != elected(seed=seed + 1).digest()


@pytest.mark.parametrize("servers, clients", [(1, 0), (1, 3), (2, 1), (99, 0)])
def test_clusters_of_any_size_elect_a_leader(servers, clients):
    run = rl.cluster("raft", servers=servers, seed=2, clients=clients)
    run.until(lambda run: run.leader)
    assert len(run.state.hosts) == servers + clients
    if clients:
        run.request(("set", "x", 1), to="C1")
        run.run(2000)
        assert run.operations()[0].status == "ok"


# -- Messages -----------------------------------------------------------------------------


def test_a_chosen_message_can_be_delivered_out_of_turn_and_time_stands_still():
    run = started()
    last, now = run.state.network[-1], run.now
    run.deliver("RequestVote", "S1", last.dst)
    assert run.now == now < last.deliver_at and run[last.dst].voted_for == "S1"
    assert last not in run.state.network


def test_an_event_in_its_turn_takes_the_clock_along():
    run = started()
    first = run.state.network[0]
    run.deliver("RequestVote", first.src, first.dst)
    assert run.now == first.deliver_at


def test_a_timer_fired_out_of_turn_leaves_the_clock_alone():
    class TwoTimers(Node):
        def start(self):
            self.set_timer("soon", 10)
            self.set_timer("late", 500)

    run = rl.cluster(TwoTimers, servers=1)
    run.fire("S1", "late")
    assert run.now == 0
    run.fire("S1", "soon")
    assert run.now == 10


def test_a_dropped_message_never_arrives():
    run = started()
    run.drop("RequestVote", "S1", "S2")
    run.drop("RequestVote", "S1", "S3")
    assert run.state.network == () and run["S2"].voted_for is None
    assert run.why() == ("RequestVote S1→S3 is dropped by hand",)


def test_a_duplicated_message_arrives_twice():
    run = started()
    run.duplicate("RequestVote", "S1", "S2")
    twins = [e for e in run.state.network if e.dst == "S2"]
    assert len(twins) == 2 and twins[0].deliver_at == twins[1].deliver_at
    run.deliver("RequestVote", "S1", "S2")
    run.deliver("RequestVote", "S1", "S2")
    replies = [e for e in run.state.network if e.src == "S2"]
    assert [e.message.vote_granted for e in replies] == [True, True]


def test_a_delayed_message_comes_so_much_later():
    run = started()
    due = next(e.deliver_at for e in run.state.network if e.dst == "S2")
    run.delay("RequestVote", "S1", "S2", 500)
    assert run.state.network[-1].dst == "S2"
    assert run.state.network[-1].deliver_at == round(due + 500, 3)


def test_equal_messages_on_a_link_are_told_apart():
    run = started()
    run.duplicate("RequestVote", "S1", "S2")
    run.delay("RequestVote", "S1", "S2", 100, nth=1)
    first, second = [e for e in run.state.network if e.dst == "S2"]
    run.drop("RequestVote", "S1", "S2", nth=1)
    assert first in run.state.network and second not in run.state.network


@pytest.mark.parametrize("asked, says", [
    (("RequestVote", "S2", "S1"), "no such RequestVote is in flight S2→S1; in flight there: no"),
    (("Hello", "S1", "S2"), "in flight there: RequestVote"),
    (("RequestVote", "S9", "S1"), "no node 'S9'"),
    (("RequestVote", "S1", "S2", 3), "no such RequestVote"),
    (("RequestVote", "S1", "S2", -1), "no such RequestVote"),
])  # fmt: skip
def test_a_message_named_wrongly_is_answered_with_what_is_in_flight(asked, says):
    with pytest.raises(Impossible, match=says):
        started().deliver(*asked)


def test_loss_and_duplication_follow_their_dials():
    run = elected(seed=4)
    run.tune(loss=1)
    run.run(100)
    assert run.state.network and all(e.fate == "loss" for e in run.state.network)
    run.tune(loss=0, duplicate=1)
    mark = len(run.state.network)
    run.request("x")
    flying = [e for e in run.state.network if e.sent_step == run.state.step_no]
    assert len(flying) == 4 and len(run.state.network) == mark + 4
    assert all(loss_of(run.state, e) is None for e in flying)


def test_latency_is_between_its_bounds():
    run = started(servers=9, latency=30, jitter=5)
    delays = [e.deliver_at - e.sent_at for e in run.state.network]
    assert len(delays) == 8 and all(30 <= delay <= 35 for delay in delays)
    assert len(set(delays)) == 8


# -- Faults -------------------------------------------------------------------------------


def test_a_crash_loses_memory_and_timers_and_a_restart_begins_anew():
    run = elected()
    leader = run.leader
    run.run(200)
    run.crash(leader)
    host = run.state.host(leader)
    assert (host.mode, host.timers, host.node.role) == ("down", (), "follower")
    assert (host.node.commit_index, len(host.node.log)) == (0, 1) and run.leader is None
    run.restart(leader)
    assert [name for _, name in run.state.host(leader).timers] == ["election"]


def test_a_pause_forgets_nothing_and_is_not_a_crash():
    run = elected()
    leader = run.leader
    run.run(200)
    fields = run[leader].fields()
    run.pause(leader)
    run.run(1500)
    assert run[leader].fields() == fields  # still believes to lead
    successor = next(id for id in THREE if id != leader and run[id].role == "leader")
    assert run[successor].current_term > fields["current_term"] and run.leader == successor
    waiting = [e for e in run.state.network if e.dst == leader]
    assert len(waiting) > 5  # messages wait for it; a crashed server would have lost them
    run.resume(leader)
    assert run.now == run.state.time and run.state.host(leader).mode == "up"
    run.run(300)
    assert run[leader].role == "follower" and run[leader].leader_id == successor


def test_messages_to_a_crashed_server_are_lost_when_they_arrive():
    run = started()
    run.crash("S2")
    run.run(25)
    lost = [step for step in run.steps if type(step.action) is Drop]
    assert [step.action.dst for step in lost] == ["S2"]
    assert rl.sim.why(lost[0]) == ("RequestVote S1→S2 finds S2 down",)


def test_a_server_restarted_in_time_still_gets_the_message():
    run = started()
    reboot(run, "S2")
    run.run(25)
    assert run["S2"].voted_for == "S1"


def test_a_partition_separates_groups_and_its_rest_until_healed():
    run = started(servers=5)
    run.partition(["S1", "S2"], ["S3"])
    apart = {(a, b) for a, b in run.state.cuts}
    assert ("S1", "S3") in apart and ("S3", "S4") in apart and ("S4", "S3") in apart
    assert ("S1", "S2") not in apart and ("S4", "S5") not in apart
    run.run(30)
    assert run["S2"].voted_for == "S1" and run["S4"].voted_for is None
    run.heal()
    assert run.state.cuts == frozenset()


def test_a_minority_commits_nothing_and_catches_up_after_healing():
    run = elected(servers=5, seed=3)
    run.run(200)
    old = run.leader
    friend = next(id for id in run.state.config.servers if id != old)
    run.partition([old, friend])
    run.request(("set", "x", "lost"), to=old)
    run.run(2000)
    assert run[old].commit_index == 1 and run[old].role == "leader"
    new = run.leader
    assert new not in (old, friend)
    run.request(("set", "x", "kept"), to=new)
    run.run(500)
    assert run[new].machine.data == {"x": "kept"}
    run.heal()
    run.run(1000)
    assert all(run[id].machine.data == {"x": "kept"} for id in run.state.config.servers)
    assert not run.verdicts


def test_a_client_in_no_group_reaches_everybody():
    run = rl.cluster("raft", servers=3, clients=2)
    run.partition(["S1", "C1"], ["S2", "S3"])
    assert ("C1", "S2") in run.state.cuts and ("C2", "S2") not in run.state.cuts
    assert ("C2", "S1") not in run.state.cuts


def test_a_cut_stops_one_direction_only():
    run = elected(seed=2)
    run.run(200)
    leader = run.leader
    other = next(id for id in THREE if id != leader)
    run.cut(leader, other)
    mark = len(run)
    run.until(lambda run: run[other].role == "candidate")  # hears no heartbeat
    run.run(60)
    seen = [step.action for step in run.steps[mark:]]
    assert not [a for a in seen if type(a) is Deliver and (a.src, a.dst) == (leader, other)]
    assert [a for a in seen if type(a) is Deliver and (a.src, a.dst) == (other, leader)]
    assert run[leader].current_term == run[other].current_term  # it was heard
    run.heal(leader, other)
    assert run.state.cuts == frozenset()


def test_what_was_sent_into_a_cut_is_lost_even_if_it_is_healed_before_it_is_due():
    run = rl.cluster("raft", servers=3, seed=1)
    run.cut("S1", "S2")
    run.fire("S1")
    run.heal()
    fates = {e.dst: e.fate for e in run.state.network}
    assert fates == {"S2": "cut", "S3": None}
    run.run(25)
    assert run["S2"].voted_for is None and run["S3"].voted_for == "S1"


def test_what_was_in_flight_when_the_cut_came_is_lost_unless_healed_in_time():
    for heal in (False, True):
        run = started()
        run.cut("S1", "S2")
        if heal:
            run.heal("S1", "S2")
        run.run(25)
        assert (run["S2"].voted_for == "S1") == heal


# -- Dials --------------------------------------------------------------------------------


def test_a_dial_turned_does_not_disturb_the_luck_of_anything_else():
    """Draws are named by their place, so a run with loss is the same run with messages missing."""
    calm, rough = started(servers=9), started(servers=9, loss=0.5, duplicate=0.5)
    due = {(e.src, e.dst): e.deliver_at for e in calm.state.network}
    first = {}
    for e in rough.state.network:
        first.setdefault((e.src, e.dst), e.deliver_at)
    assert first == due
    assert {e.fate for e in rough.state.network} == {None, "loss"}
    timers = [h.timers for h in calm.state.hosts]
    assert timers == [h.timers for h in rough.state.hosts]


def test_more_servers_do_not_change_the_luck_of_the_first():
    few, many = rl.cluster(servers=3, seed=5), rl.cluster(servers=7, seed=5)
    assert [h.timers for h in few.state.hosts] == [h.timers for h in many.state.hosts[:3]]


def test_settings_reach_every_server_and_also_those_built_by_hand():
    run = rl.cluster("raft", servers=3, election_timeout=(400, 500), heartbeat_interval=30)
    assert all(400 <= host.timers[0][0] <= 500 for host in run.state.hosts)
    mine = [Raft(id, THREE) for id in THREE]
    run = rl.cluster("raft", servers=mine, election_timeout=(400, 500))
    assert all(400 <= host.timers[0][0] <= 500 for host in run.state.hosts)
    assert mine[0].election_timeout == (150, 300)  # the nodes given are left as they were


@pytest.mark.filterwarnings("ignore:.*§5")
@pytest.mark.parametrize("dials, says", [
    ({"heartbeat_interval": 200}, "a healthy leader will be deposed"),
    ({"latency": 100}, "elections may never end"),
    ({"election_timeout": (200, 200)}, "split the vote"),
])  # fmt: skip
def test_timing_that_cannot_work_is_warned_of_with_its_section(dials, says):
    with pytest.warns(UserWarning, match=says):
        run = rl.cluster("raft", servers=3, **dials)
    assert any("§5." in sentence for sentence in run.warnings())
    with pytest.warns(UserWarning, match=says) as told:
        rl.cluster("raft", servers=3).tune(**dials)
    # The place in a notebook's cell would be another one in each session.
    assert {(one.filename, one.lineno) for one in told} == {("raftlab", 0)}


@pytest.mark.filterwarnings("ignore:.*§5")
def test_good_timing_and_other_protocols_are_not_warned_of():
    class OneTimeout(Node):
        settings = ("election_timeout", "heartbeat_interval")
        election_timeout = 100
        heartbeat_interval = 50

    assert rl.cluster().warnings() == []
    assert isinstance(rl.cluster(OneTimeout).warnings(), list)


def test_turning_several_dials_is_all_or_nothing():
    run = rl.cluster()
    with pytest.raises(Impossible):
        run.tune(latency=20, loss=7)
    assert len(run) == 0 and run.state.dials.latency == 10

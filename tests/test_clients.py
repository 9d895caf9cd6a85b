"""Clients: redirects, retries, exactly-once, and what a client can know of its own request."""

import pytest
from hand import THREE, elected, sent

import raftlab as rl
from raftlab.core import (
    ClientReply,
    ClientRequest,
    Deliver,
    Fire,
    Impossible,
    NotLeader,
    Op,
    Superseded,
)
from raftlab.sim import Client


def asking(seed=1, clients=1, **dials):
    """A cluster with a leader, and clients that have not asked anything."""
    run = rl.cluster("raft", servers=3, seed=seed, clients=clients, **dials)
    run.until(lambda run: run.leader)
    run.run(100)
    return run


def statuses(run):
    return [(op.call, op.result, op.status) for op in run.operations()]


# -- One client by hand -------------------------------------------------------------------


def test_a_client_asks_one_request_after_the_other():
    client = Client("C1", THREE)
    assert sent(client.request("a")) == {"S1": ClientRequest("C1", 1, "a")}
    assert not sent(client.request("b"))
    effects = client.receive("S1", ClientReply(1, "done"))
    assert sent(effects) == {"S1": ClientRequest("C1", 2, "b")}


def test_a_client_follows_a_redirect_and_remembers_who_answered():
    client = Client("C1", THREE)
    client.request("a")
    again = sent(client.receive("S1", ClientReply(1, NotLeader("S3"))))
    assert again == {"S3": ClientRequest("C1", 1, "a")}
    client.receive("S3", ClientReply(1, "done"))
    assert set(sent(client.request("b"))) == {"S3"}


def test_a_client_without_an_answer_asks_the_next_server_the_same_again():
    client = Client("C1", THREE)
    client.request("a")
    asked = [sent(client.fire("retry")) for _ in range(3)]
    assert asked == [{id: ClientRequest("C1", 1, "a")} for id in ("S2", "S3", "S1")]


def test_a_client_told_that_nobody_leads_waits_for_its_timer():
    client = Client("C1", THREE)
    client.request("a")
    assert not sent(client.receive("S1", ClientReply(1, NotLeader(None))))
    assert client.waiting


def test_a_client_whose_entry_was_superseded_asks_again_under_the_same_serial():
    client = Client("C1", THREE)
    client.request("a")
    assert sent(client.receive("S1", ClientReply(1, Superseded(4)))) == {
        "S1": ClientRequest("C1", 1, "a")
    }


@pytest.mark.parametrize("serial", [0, 1, 3])
def test_an_answer_to_another_request_is_ignored(serial):
    client = Client("C1", THREE)
    client.request("a")
    client.receive("S1", ClientReply(1, "done"))
    client.request("b")
    assert not sent(client.receive("S1", ClientReply(serial, "other"))) and client.waiting


def test_a_client_understands_replies_only():
    with pytest.raises(Impossible, match="client C1 knows no message str"):
        Client("C1", THREE).receive("S1", "hello")


def test_a_client_that_crashes_never_uses_a_serial_twice():
    client = Client("C1", THREE)
    client.request("a")
    back = client.reborn()
    assert (back.serial, back.waiting) == (1, ())
    assert sent(back.request("b")) == {"S1": ClientRequest("C1", 2, "b")}


# -- Clients in a cluster -----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_a_client_finds_the_leader_and_gets_its_answer(seed):
    run = asking(seed)
    run.request(("set", "x", 5), to="C1")
    run.run(400)
    assert statuses(run) == [(("set", "x", 5), 5, "ok")]
    redirects = [s for at in range(len(run) + 1) for s in run.why(at) if "leads and asks" in s]
    assert bool(redirects) == (run.leader != "S1")
    op = run.operations()[0]
    assert op.client == "C1" and 0 < op.invoked_at < op.completed_at <= run.now


def test_a_lost_answer_is_asked_for_again_and_the_command_executed_once():
    """§8: without serial numbers a retry after a lost reply would execute twice."""
    run = asking()
    run.request(("add", "x", 1), to="C1")
    lost = 0
    while not lost:
        run.step()
        for e in run.state.network:
            if type(e.message) is ClientReply and e.message.result == 1:
                run.drop("ClientReply", e.src, e.dst)
                lost += 1
    run.run(2000)
    assert statuses(run) == [(("add", "x", 1), 1, "ok")]
    commands = [entry.command for entry in run[run.leader].log]
    assert commands.count(("add", "x", 1)) == 2  # it stands in the log twice …
    assert all(run[id].machine.data == {"x": 1} for id in THREE)  # … and was executed once


@pytest.mark.parametrize("seed", range(5))
def test_every_request_is_executed_exactly_once_under_loss_and_doubling(seed):
    run = asking(seed, clients=2, loss=0.15, duplicate=0.15)
    for _ in range(6):
        for client in ("C1", "C2"):
            run.request(("add", "x", 1), to=client)
    run.run(30_000)
    operations = run.operations()
    assert [op.status for op in operations] == ["ok"] * 12
    assert sorted(op.result for op in operations) == list(range(1, 13))
    assert run[run.leader].machine.data == {"x": 12}


def test_a_request_survives_the_crash_of_the_leader_that_took_it():
    run = asking()
    run.request(("add", "x", 1), to="C1")
    run.until(lambda run: run.leader and len(run[run.leader].log) == 2)
    run.crash(run.leader)
    run.run(5000)
    assert statuses(run) == [(("add", "x", 1), 1, "ok")]


def test_two_answers_do_not_answer_two_requests():
    run = asking()
    run.request(("add", "x", 1), to="C1")
    run.request(("add", "x", 1), to="C1")
    run.tune(duplicate=1)
    run.run(1000)
    assert [result for _, result, _ in statuses(run)] == [1, 2]


# -- What clients saw ---------------------------------------------------------------------


def test_no_answer_means_unknown_and_not_failed():
    run = asking()
    leader = run.leader
    run.partition([leader])
    run.request(("set", "x", 1), to=leader)
    run.run(500)
    (op,) = run.operations()
    assert (op.status, op.completed_at, op.result) == ("unknown", None, None)


def test_a_refusal_means_it_surely_did_not_happen():
    run = asking()
    follower = next(id for id in THREE if id != run.leader)
    run.request("x", to=follower)
    (op,) = run.operations()
    assert (op.status, op.result, op.completed_at) == ("fail", NotLeader(run.leader), run.now)


def test_an_attempt_refused_elsewhere_leaves_the_first_one_open():
    """One attempt may still take effect, so the operation has not failed."""
    run = asking()
    leader = run.leader
    follower = next(id for id in THREE if id != leader)
    run.request(("set", "x", 1), to=leader, client="alice", serial=1)
    run.request(("set", "x", 1), to=follower, client="alice", serial=1)
    assert [op.status for op in run.operations()] == ["unknown"]
    run.run(200)
    (op,) = run.operations()
    assert (op.status, op.result) == ("ok", 1)


def test_trying_again_after_a_refusal_is_the_same_operation():
    run = asking()
    follower = next(id for id in THREE if id != run.leader)
    run.request(("set", "x", 1), to=follower, client="alice", serial=1)
    assert [op.status for op in run.operations()] == ["fail"]
    run.request(("set", "x", 1), to=run.leader, client="alice", serial=1)
    assert [op.status for op in run.operations()] == ["unknown"]
    run.run(200)
    assert [op.status for op in run.operations()] == ["ok"]


def test_what_a_server_tells_a_client_node_is_not_yet_the_clients_answer():
    """The world's first request of C1 and C1's own first serial are both number 1."""
    run = rl.cluster("raft", servers=3, seed=1, clients=1)
    run.request(("set", "x", 1), to="C1")
    run.until(lambda run: any(type(e.message) is ClientReply for e in run.state.network))
    assert [op.status for op in run.operations()] == ["unknown"]
    run.run(3000)
    (op,) = run.operations()
    answered = [step for step in run.steps if type(step.action) is Deliver
                and type(step.action.message) is ClientReply]  # fmt: skip
    assert op.status == "ok" and op.completed_at == answered[-1].state.time


def test_operations_are_those_up_to_the_cursor_in_order_of_their_start():
    run = asking(clients=2)
    run.request("first", to="C2")
    run.request("second", to="C1")
    run.run(1000)
    assert [op.client for op in run.operations()] == ["C2", "C1"]
    assert all(isinstance(op, Op) and op.status == "ok" for op in run.operations())
    run.undo(len(run))
    assert run.operations() == []


def test_requests_without_a_client_are_told_apart_by_their_step():
    run = elected()
    for _ in range(3):
        run.request(("add", "x", 1))
    run.run(300)
    assert [op.result for op in run.operations()] == [1, 2, 3]


def test_the_retry_timer_of_a_client_can_be_turned_and_fired():
    run = asking()
    run.tune(retry_after=100)
    run.request("x", to="C1")
    assert run.state.host("C1").timers == ((round(run.now + 100, 3), "retry"),)
    run.take(Fire("C1", "retry"))
    assert run.why()[0].startswith("C1 has no answer after 100 ms and asks S2")

"""What clients see of Raft is linearizable (§8), and what they see of a broken Raft is not."""

from random import Random

import pytest

import raftlab as rl
from raftlab.checks.linearizable import linearizable
from raftlab.core import execute
from raftlab.protocols.raft import Raft
from raftlab.sim import UP


class AnswersReadsAlone(Raft):
    """A leader that answers reads from its own state, without the log: it may be deposed."""

    def on_request(self, request):
        if self.role == "leader" and request.command[0] == "get":
            self.respond(request, execute(self.machine.data, request.command)[1])
        else:
            super().on_request(request)


class ForgetsSessions(Raft):
    """Executes a repeated request again."""

    def on_request(self, request):
        super().on_request(type(request)(None, request.serial, request.command))
        for index, (term, asked) in self.waiting.items():
            if asked.client is None:
                self.waiting = {**self.waiting, index: (term, request)}


def troubled(kind, seed):
    """Five servers and three clients among loss, crashes and partitions that never end long."""
    chance = Random(seed)
    run = rl.cluster(kind, servers=5, seed=seed, clients=3, loss=0.04, duplicate=0.03)
    ids = run.state.config.servers
    for number in range(24):
        key = chance.choice("xy")
        call = chance.choice([("set", key, number), ("get", key), ("get", key), ("add", key, 1),
                              ("cas", key, number - 1, number), ("del", key)])  # fmt: skip
        run.request(call, to=chance.choice(run.state.config.clients))
        leader = run.leader or ids[0]
        down = [id for id in ids if run.state.host(id).mode != UP]
        event = chance.randrange(6)
        if event == 0 and len(down) < 2 and leader not in down:
            run.crash(leader)
        elif event == 1 and down:
            run.restart(down[0])
        elif event == 2:
            run.heal()
            run.partition(sorted({leader, chance.choice(ids)}))
        elif event == 3:
            run.heal()
        run.run(chance.choice((60, 200, 450)))
    return run


@pytest.mark.slow
def test_clients_of_raft_see_one_copy_through_loss_crashes_and_partitions():
    """§8, on 40 seeded runs; the last requests may still be under way."""
    answered = unanswered = elections = 0
    for seed in range(40):
        run = troubled("raft", seed)
        judged = linearizable(run)
        assert judged.ok is True, (seed, judged.why)
        assert not run.verdicts
        statuses = [one.status for one in run.operations()]
        answered += statuses.count("ok")
        unanswered += statuses.count("unknown")
        elections += max(run.state.observe(id).term for id in run.state.config.servers)
    # The runs got somewhere, and were in trouble.
    assert answered > 40 * 12 and unanswered > 40 and elections > 2 * 40


@pytest.mark.slow
def test_the_same_runs_catch_a_leader_that_answers_reads_alone():
    """§8: before it answers, a leader must know that it has not been deposed."""
    judged = [linearizable(troubled(AnswersReadsAlone, seed)) for seed in range(40)]
    caught = [one for one in judged if one.ok is False]
    assert caught  # by chance it takes many runs: a deposed leader must be asked in time
    for one in caught:
        bad = next(part for part in one.parts if part.ok is False)
        assert one.operations[bad.impossible].call[0] == "get" and bad.core


def deposed(kind):
    """A leader, cut off with its client, and its successor; x=1 was set by the one, x=2 by the
    other: (run, the old leader)."""
    run = rl.cluster(kind, servers=3, seed=2)
    run.until(lambda run: run.leader)
    old = run.leader
    run.run(100)
    run.request(("set", "x", 1), to=old, client="A", serial=1)
    run.run(100)
    run.partition([old])
    run.until(lambda run: run.leader not in (old, None))
    run.run(100)
    run.request(("set", "x", 2), to=run.leader, client="B", serial=1)
    run.run(100)
    run.request(("get", "x"), to=old, client="A", serial=2)
    run.run(20)
    return run, old


def test_a_stale_read_of_a_deposed_leader_is_caught_and_shown():
    run, _ = deposed(AnswersReadsAlone)
    picture = rl.linearizable(run)
    assert picture.ok is False
    assert "A's x? → 1" in picture.why and "only 2 could be the answer" in picture.why
    (bad,) = picture.scene.of("impossible")
    assert bad.about == "A" and bad.shapes[0].text == "x? → 1  IMPOSSIBLE: only 2"
    assert [mark.about for mark in picture.scene.of("contradicts")] == ["B"]


def test_the_same_deposed_leader_does_not_answer_if_reads_go_through_the_log():
    run, _ = deposed("raft")
    assert [one.status for one in run.operations()] == ["ok", "ok", "unknown"]
    run.heal()
    run.run(500)
    assert linearizable(run).ok and [one.status for one in run.operations()][2] == "fail"


def test_a_retry_that_is_executed_again_is_caught():
    """§8: an answer is lost, the client asks again, and what it added is added twice."""
    for kind, ok in (("raft", True), (ForgetsSessions, False)):
        run = rl.cluster(kind, servers=3, seed=1, clients=1)
        run.until(lambda run: run.leader)
        run.run(100)
        run.request(("add", "x", 1), to="C1")
        lost = False
        while not lost:
            run.step()
            for one in run.state.network:
                if type(one.message).__name__ == "ClientReply" and one.message.result == 1:
                    run.drop("ClientReply", one.src, one.dst)
                    lost = True
        run.run(3000)
        judged = linearizable(run)
        assert judged.ok is ok
    assert judged.parts[0].possible == (1,) and "C1's x+=1 → 2" in judged.why

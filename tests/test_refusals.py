"""Bad input gets a sentence that says what exists instead, and nothing is half-applied."""

import math

import pytest
from hand import THREE, started

import raftlab as rl
from raftlab.core import (
    ACTIONS,
    Crash,
    CrashDuring,
    Cut,
    Delay,
    Deliver,
    Drift,
    Drop,
    Duplicate,
    Fire,
    Heal,
    Impossible,
    Partition,
    Pause,
    Rearm,
    Request,
    Restart,
    Resume,
    Sync,
    Tune,
    Unsync,
    Wait,
    Wipe,
)
from raftlab.protocols.raft import Raft


def everything(run):
    """All there is to a state, to be compared before and after."""
    state = run.state
    hosts = [(h.node.fields(), h.timers, h.mode, h.hardware) for h in state.hosts]
    return (run.position, len(run), len(run.branches), state.time, state.step_no, hosts,
            list(state.network), state.cuts, state.dials, run.verdicts, run.digest())  # fmt: skip


ASK = rl.cluster("raft", servers=3, seed=1).fire("S1").state.network[0].message

REFUSED = [
    (Deliver("S1", "S2", "no such"), "no no such S1→S2 with that content is in flight; there are "
                                     "RequestVote S1→S2, RequestVote S1→S3"),
    (Deliver("S2", "S1", ASK), "there are RequestVote"),
    (Deliver("S9", "S2", ASK), "there are RequestVote"),
    (Deliver("S1", "S2", ASK, 1), "in flight"),
    (Deliver("S1", "S2", ASK, -1), "in flight"),
    (Drop("S1", "S2", None), "in flight"),
    (Duplicate("S1", "S2", ASK, 7), "in flight"),
    (Delay("S1", "S2", ASK, 0, 0), "a delay is a number of ms above 0, not 0"),
    (Delay("S1", "S2", ASK, 0, -5), "above 0"),
    (Delay("S1", "S2", ASK, 0, math.nan), "above 0"),
    (Delay("S1", "S2", ASK, 0, math.inf), "above 0"),
    (Delay("S1", "S2", ASK, 0, "5"), "above 0"),
    (Delay("S1", "S2", "gone", 0, 5), "in flight"),
    (Fire("S9", "election"), "there is no node 'S9'; there are S1, S2, S3"),
    (Fire("S1", "nap"), "S1 has no timer 'nap' running; it has election"),
    (Fire(None, "election"), "there is no node None"),
    (Fire(["S1"], "election"), "there is no node"),
    (Request("S9", "x"), "there is no node 'S9'"),
    (Request("S1", "x", ["C1"], 1), "a client is named by a word"),
    (Request("S1", "x", "C1", "1"), "a serial is a whole number"),
    (Crash("S9"), "there is no node 'S9'"),
    (Crash(["S1"]), "there is no node"),
    (Restart("S1"), "S1 is running; only a crashed node restarts"),
    (Restart("S9"), "there is no node"),
    (Pause("S9"), "there is no node"),
    (Resume("S1"), "S1 is running, not paused"),
    (Partition(()), "a group is empty"),
    (Partition(((),)), "a group is empty"),
    (Partition((("S1",), ())), "a group is empty"),
    (Partition((("S1", "S9"),)), "there is no node 'S9'"),
    (Partition((("S1", "S2"), ("S2",))), "S2 stands in two groups"),
    (Partition((("S1", "S1"),)), "S1 stands in two groups"),
    (Partition((("S1", "S2", "S3"),)), "one group of everybody is no partition"),
    (Partition(5), "groups of node ids"),
    (Partition((5,)), "groups of node ids"),
    (Partition(((["S1"],),)), "groups of node ids"),
    (Partition(("S1",)), "groups of node ids"),
    (Cut("S1", "S9"), "there is no node 'S9'"),
    (Cut("S9", "S1"), "there is no node 'S9'"),
    (Cut("S1", "S1"), "S1 has no link to itself"),
    (Heal("S1", "S2"), "the link S1→S2 is not cut; cut are: none"),
    (Heal("S1"), "both ends"),
    (Heal(None, "S2"), "both ends"),
    (Tune("speed", 3), "there is no dial 'speed'; there are latency, jitter, loss, duplicate, "
                       "election_timeout, heartbeat_interval"),
    (Tune("loss", 1.5), "loss must be a number from 0 to 1, not 1.5"),
    (Tune("loss", math.nan), "from 0 to 1"),
    (Tune("loss", "much"), "from 0 to 1"),
    (Tune("latency", -1), "from 0 to 60000"),
    (Tune("latency", None), "from 0 to 60000"),
    (Tune("heartbeat_interval", 0), "heartbeat_interval must be a number of ms above 0, not 0"),
    (Tune("heartbeat_interval", (10, 20)), "heartbeat_interval must be"),
    (Tune("election_timeout", 200), r"election_timeout must be .*\(low, high\)"),
    (Tune("election_timeout", (300, 150)), "election_timeout must be"),
    (Tune("election_timeout", (1, 2, 3)), "election_timeout must be"),
    (Tune("election_timeout", ()), "election_timeout must be"),
    (Tune(["loss"], 1), "there is no dial"),
    (Wait(-1), "-1 ms is past"),
    (Wait(math.nan), "until a number of ms"),
    (Wait(math.inf), "until a number of ms"),
    (Wait("noon"), "until a number of ms"),
    (Wait(10_000), "something happens at"),
    (CrashDuring(Fire("S9", "election")), "there is no node 'S9'"),
    (CrashDuring(Fire("S1", "nap")), "S1 has no timer 'nap' running"),
    (CrashDuring(Fire("S1", "election"), 1), "S1 writes current_term with voted_for, in one: 0 of "
                                             "these can be on disk when it crashes, not 1"),
    (CrashDuring(Fire("S1", "election"), -1), "can be on disk when it crashes, not -1"),
    (CrashDuring(Fire("S1", "election"), True), "can be on disk when it crashes, not True"),
    (CrashDuring(Fire("S1", "election"), "all"), "can be on disk when it crashes, not 'all'"),
    (CrashDuring(Deliver("S2", "S1", ASK)), "there are RequestVote"),
    (CrashDuring(Request("S1", "x")), "S1 writes nothing in the middle of request at S1; crash it "
                                      "before or after that"),
    (CrashDuring(Restart("S1")), "S1 is running; only a crashed node restarts"),
    (CrashDuring(Crash("S1")), "in the middle of a Deliver, Fire, Request or Restart, not"),
    (CrashDuring(CrashDuring(Fire("S1", "election"))), "in the middle of a Deliver"),
    (CrashDuring(None), "in the middle of a Deliver, Fire, Request or Restart, not of None"),
    (CrashDuring("S1"), "in the middle of a Deliver"),
    (Unsync("S9"), "there is no node 'S9'"),
    (Sync("S1"), "S1's disk does not lie: there is nothing to write down"),
    (Sync(None), "there is no node None"),
    (Wipe("S1"), "S1 is running; crash it, and then its disk can be lost"),
    (Wipe("S9"), "there is no node 'S9'"),
    (Drift("S9", 2), "there is no node 'S9'"),
    (Drift("S1", 0), "a clock's rate is a number from 0.1 to 10, and 1 is right; not 0"),
    (Drift("S1", -1), "a clock's rate is a number"),
    (Drift("S1", 10.1), "a clock's rate is a number"),
    (Drift("S1", math.nan), "a clock's rate is a number"),
    (Drift("S1", math.inf), "a clock's rate is a number"),
    (Drift("S1", "fast"), "a clock's rate is a number"),
    (Drift("S1", True), "a clock's rate is a number"),
    (Rearm("S9", "election", 5), "there is no node 'S9'"),
    (Rearm("S1", "nap", 5), "S1 has no timer 'nap' running; it has election"),
    (Rearm("S1", "election", -1), "a timer runs out in a number of ms from 0 on, not in -1"),
    (Rearm("S1", "election", math.nan), "a timer runs out in a number of ms"),
    (Rearm("S1", "election", math.inf), "a timer runs out in a number of ms"),
    (Rearm("S1", "election", "soon"), "a timer runs out in a number of ms"),
    (Rearm("S1", "election", True), "a timer runs out in a number of ms"),
    ("crash S1", "'crash S1' is not an action; actions are Deliver, Fire"),
    (None, "is not an action"),
    (Crash, "is not an action"),
]  # fmt: skip


@pytest.mark.parametrize("action, says", REFUSED, ids=lambda given: repr(given)[:60])
def test_what_cannot_be_done_is_refused_in_a_sentence_and_changes_nothing(action, says):
    run = started()
    before = everything(run)
    with pytest.raises(Impossible, match=says):
        run.take(action)
    assert everything(run) == before
    run.step(20)
    run.goto(1)
    with pytest.raises(Impossible, match=says):  # nor does it fork the past
        run.take(action)
    assert everything(run) == before[:1] + (21,) + before[2:]


def test_every_kind_of_action_is_refused_when_it_makes_no_sense():
    assert {type(action).__name__ for action, _ in REFUSED if type(action).__name__ in ACTIONS} == {
        *ACTIONS
    }


@pytest.mark.parametrize("prepare, action, says", [
    (lambda run: run.crash("S2"), Crash("S2"), "S2 is already down; restart it first"),
    (lambda run: run.crash("S2"), Pause("S2"), "S2 is down and cannot be paused"),
    (lambda run: run.crash("S2"), Resume("S2"), "S2 is down, not paused"),
    (lambda run: run.crash("S2"), Fire("S2", "election"), "S2 is down; its timers stand still"),
    (lambda run: run.crash("S2"), Rearm("S2", "election", 5), "is down; its timers stand still"),
    (lambda run: run.pause("S2"), Rearm("S2", "election", 5), "is paused; its timers stand still"),
    (lambda run: run.crash("S2"), Request("S2", "x"), "S2 is down and takes no request"),
    (lambda run: run.crash("S2"), Deliver("S1", "S2", ASK), "S2 is down and receives nothing"),
    (lambda run: run.pause("S2"), Pause("S2"), "S2 is paused and cannot be paused"),
    (lambda run: run.pause("S2"), Restart("S2"), "S2 is paused; only a crashed node restarts"),
    (lambda run: run.pause("S2"), Fire("S2", "election"), "S2 is paused; its timers stand still"),
    (lambda run: run.pause("S2"), Request("S2", "x"), "S2 is paused and takes no request"),
    (lambda run: run.pause("S2"), Deliver("S1", "S2", ASK), "S2 is paused and receives nothing"),
    (lambda run: run.crash("S2"), Unsync("S2"), "S2 is down and writes nothing; restart it first"),
    (lambda run: run.crash("S2"), Sync("S2"), "S2 is down; what its disk had only cached is gone"),
    (lambda run: run.crash("S2"), CrashDuring(Deliver("S1", "S2", ASK)), "S2 is down and receives"),
    (lambda run: run.crash("S2"), CrashDuring(Restart("S2")), "S2 writes nothing in the middle of"),
    (lambda run: run.unsync("S2"), Unsync("S2"), "S2's disk lies already; sync it or crash S2"),
    (lambda run: run.unsync("S2"), CrashDuring(Deliver("S1", "S2", ASK), 1),
     "its disk lies and keeps none of it: 0 of these can be on disk"),
    (lambda run: run.pause("S2"), Wipe("S2"), "S2 is paused; crash it, and then its disk can be"),
    (lambda run: run.cut("S1", "S2"), Deliver("S1", "S2", ASK), "the link S1→S2 is cut; heal it"),
    (lambda run: run.cut("S1", "S2"), Heal("S2", "S1"), "cut are: S1→S2"),
])  # fmt: skip
def test_what_a_fault_makes_impossible_is_refused_and_changes_nothing(prepare, action, says):
    run = started()
    prepare(run)
    before = everything(run)
    with pytest.raises(Impossible, match=says):
        run.take(action)
    assert everything(run) == before


@pytest.mark.parametrize("given, says", [
    ({"protocol": "rift"}, "no protocol 'rift'; there is raft, simplified, .*with parts"),
    ({"protocol": int}, "int is no Node"),
    ({"protocol": ["raft"]}, "no protocol"),
    ({"servers": 0}, "servers must be a number from 1 to 99, not 0"),
    ({"servers": -3}, "from 1 to 99"),
    ({"servers": 100}, "from 1 to 99"),
    ({"servers": 2.5}, "servers must be"),
    ({"servers": "5"}, "servers must be"),
    ({"servers": None}, "servers must be"),
    ({"servers": True}, "servers must be"),
    ({"servers": []}, "at least one server"),
    ({"servers": ["S1", "S2"]}, "servers must be"),
    ({"servers": [Raft("S1", THREE), Raft("S1", THREE)]}, "two nodes share an id: S1, S1"),
    ({"servers": [Raft("S1", THREE), rl.Node("S2", THREE)]}, "S2 is a server of Node, not of raft"),
    ({"servers": [Raft("S1", THREE)], "protocol": "raft+pre-vote"},
     "S1 is a server of raft, not of raft.pre-vote: build all servers of one class"),
    ({"clients": -1}, "clients must be a number from 0 to 99"),
    ({"clients": "two"}, "clients must be"),
    ({"seed": 1.5}, "a seed is a whole number, not 1.5"),
    ({"seed": "7"}, "a seed is a whole number"),
    ({"seed": None}, "a seed is a whole number"),
    ({"speed": 1}, "no dial 'speed'; there are latency, jitter, loss, duplicate, election_timeout"),
    ({"loss": 2}, "loss must be a number from 0 to 1"),
    ({"election_timeout": 200}, "election_timeout must be"),
    ({"heartbeat_interval": -1}, "heartbeat_interval must be"),
])  # fmt: skip
def test_a_cluster_that_cannot_be_is_refused_in_a_sentence(given, says):
    with pytest.raises(Impossible, match=says):
        rl.cluster(**given)

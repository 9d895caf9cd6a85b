"""Progress: when a cluster is stuck, when it goes on, and when nothing can be asked of it."""

import pytest
from hand import elect

import raftlab as rl
from raftlab.checks.stalls import TIMEOUTS, progress
from raftlab.core import Impossible, Node

# As long as ten of the longest election timeouts, in ms.
LONG = TIMEOUTS * 300


def judged(run):
    verdict = progress(run)
    assert verdict.name == "progress" and verdict.at_step == run.position
    return verdict.ok, verdict.why


def test_a_cluster_that_elects_and_answers_goes_on():
    run = rl.cluster("raft", servers=3, seed=1, clients=1)
    run.request(("set", "x", 1), to="C1")
    run.run(LONG)
    assert judged(run) == (True, "S1, S2 and S3 have been up and connected for 3000 ms, and they"
                           " go on")  # fmt: skip


def test_a_cluster_that_only_waits_for_its_clients_goes_on():
    run = rl.cluster("raft", servers=3, seed=1)
    run.run(2 * LONG)
    assert judged(run)[0] is True


def test_a_cluster_in_which_nobody_leads_is_stuck():
    run = rl.cluster("raft!keeps-its-vote", servers=3, seed=1)
    elect(run, "S1", "S2", "S3")
    run.crash("S1")
    run.run(LONG)
    assert judged(run) == (False, "S2 and S3 have been up and connected for 3000 ms, and none of"
                           " them has led")  # fmt: skip
    run.goto(run.position - 60)
    assert judged(run)[0] is None  # not yet


def test_a_cluster_that_leaves_its_client_waiting_is_stuck():
    """A client node repeats what it asks, so the request cannot have got lost."""
    run = rl.cluster("raft!ignores-the-term-of-entries", servers=3, seed=1, clients=1)
    run.fire("S1")
    run.deliver("RequestVote", "S1", "S2")
    run.deliver("RequestVoteReply", "S2", "S1")
    run.drop("RequestVote", "S1", "S3")
    run.crash("S2")
    run.request(("set", "x", 1), to="C1")
    run.run(LONG + 1000)
    ok, why = judged(run)
    assert ok is False and why.endswith("C1 still waits for an answer, like all others")


def test_a_request_that_may_have_got_lost_is_no_reason():
    """Nobody repeats what S1 was asked, and S1 leads no longer: the cluster need not answer it."""
    run = rl.cluster("raft", servers=3, seed=1)
    elect(run, "S1", "S2", "S3")
    run.partition(["S1"])
    run.request(("set", "x", 1), to="S1")
    run.until(lambda run: run.leader != "S1")
    run.heal()
    run.run(LONG + 300)
    assert run.operations()[-1].status != "ok" and judged(run)[0] is True


@pytest.mark.parametrize("interfere, why", [
    (lambda run: run.fire("S2"), "somebody interfered within the last 3000 ms"),
    (lambda run: run.crash("S2"), "somebody interfered within the last 3000 ms"),
    (lambda run: run.tune(loss=0.5), "somebody interfered within the last 3000 ms"),
])  # fmt: skip
def test_who_interferes_learns_nothing(interfere, why):
    run = rl.cluster("raft", servers=3, seed=1)
    run.run(LONG)
    interfere(run)
    run.run(LONG - 100)
    assert judged(run) == (None, why)


def test_without_a_connected_majority_nothing_can_be_asked():
    for spoil in (
        lambda run: run.crash("S1") and run.crash("S2"),
        lambda run: run.pause("S1") and run.pause("S2"),
        lambda run: run.partition(["S1"], ["S2"], ["S3"]),
        lambda run: run.tune(loss=1.0),
    ):
        run = rl.cluster("raft", servers=3, seed=1)
        spoil(run)
        run.run(LONG + 1)
        assert judged(run) == (None, "no majority was up and connected for 3000 ms")


def test_a_leader_outside_the_connected_majority_is_none_for_it():
    run = rl.scenario("breaks/waits-for-old-leaders", at="end")
    assert run.leader == "S1"
    assert judged(run)[1].startswith("S2 and S3 have been up") and judged(run)[0] is False


def test_before_long_enough_has_passed_nothing_is_said():
    run = rl.cluster("raft", servers=3, seed=1)
    run.run(100)
    assert judged(run) == (None, "it takes 3000 ms to tell, and only 100 ms have passed")
    slow = rl.cluster("raft", servers=3, seed=1, election_timeout=(150, 900))
    slow.run(LONG)
    assert judged(slow)[1].startswith("it takes 9000 ms")
    nodes = rl.cluster(Node, servers=3)
    assert judged(nodes)[1].startswith("this protocol has no election timeout")


# -- in a scenario ------------------------------------------------------------------------

STUCK = """\
# Nobody leads.
cluster raft!never-varies-its-timeout servers=3 seed=1 jitter=0

run 3200
----
expect {}
"""


def test_a_scenario_may_expect_it_either_way():
    rl.scenario(STUCK.format("broken progress"))
    with pytest.raises(Impossible, match="it is not so: S1, S2 and S3 have been up and connected"):
        rl.scenario(STUCK.format("not broken progress"))
    rl.scenario(STUCK.format("not broken progress").replace("!never-varies-its-timeout", ""))


def test_a_scenario_may_expect_linearizability_either_way():
    text = (
        "cluster raft{} servers=3 seed=1 jitter=0\n\nelect S1 ; request x+=1 as C8#1 ; settle\n"
        "request x+=1 as C9#1 ; settle\n----\nexpect{} broken linearizability\n"
    )
    rl.scenario(text.format("!applies-twice", " not"))  # these have sessions
    text = text.replace(" as C8#1", "").replace(" as C9#1", "")
    rl.scenario(text.format("!applies-twice", ""))
    rl.scenario(text.format("", " not"))
    with pytest.raises(Impossible, match="it is not so: not linearizable: "):
        rl.scenario(text.format("!applies-twice", " not"))


def test_an_unknown_property_is_answered_with_all_there_are():
    with pytest.raises(Impossible, match="no property 'goodness'; there are .*, linearizability, "):
        rl.scenario(STUCK.format("broken goodness"))


def test_a_scenario_of_the_catalog_passes_over_what_another_protocol_makes_impossible():
    name = "breaks/compares-length-only"  # ends with: elect S1 with S3
    run = rl.scenario(name, at="end", protocol="raft")
    assert run["S1"].role == "candidate" and run.verdicts == ()
    text = run.scenario.text
    with pytest.raises(Impossible, match="elect S1 with S3\n  S1 is not elected"):
        rl.scenario(text, protocol="raft")  # a text of one's own may be wrong: it is told

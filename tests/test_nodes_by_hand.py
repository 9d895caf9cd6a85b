"""A node driven by hand: built in any state, told something, and asked what it then does."""

import pytest
from hand import THREE, log_of, server

import raftlab as rl
from raftlab.core import ClientRequest, Impossible, Node, Respond, Send, SetTimer, rule
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_messages import RequestVote

# -- Built in any state -------------------------------------------------------------------


def test_a_raft_server_can_be_built_in_any_state():
    node = Raft("S2", THREE, current_term=3, voted_for=None, log=[(1, "x"), (2, ("set", "y", 2))],
                commit_index=2)  # fmt: skip
    assert (node.current_term, node.log.last_term, node.log.last_index) == (3, 2, 2)
    assert (node.last_applied, node.machine.data) == (2, {"y": 2})
    assert node.peers == ("S1", "S3") and node.members == tuple(THREE)


def test_a_leader_built_by_hand_knows_its_followers():
    node = server("leader", current_term=2, log=log_of(1, 2))
    assert node.next_index == {"S2": 3, "S3": 3} and node.match_index == {"S2": 0, "S3": 0}
    assert node.leader_id == "S1"


def test_a_leader_built_by_hand_leads_in_a_cluster():
    nodes = [server("leader", current_term=2, log=log_of(2)),
             *(server(id=id, current_term=2) for id in THREE[1:])]  # fmt: skip
    run = rl.cluster("raft", servers=nodes)
    run.run(500)
    assert run.leader == "S1" and [run[id].commit_index for id in THREE] == [1, 1, 1]
    assert run["S1"].current_term == 2 and not run.verdicts


@pytest.mark.parametrize("fields, says", [
    ({"comit_index": 1}, "has no field 'comit_index'; it has current_term, voted_for, log"),
    ({"commit_index": 3, "log": [(1, "x")]}, "commit_index 3 is beyond the log, which ends at 1"),
])  # fmt: skip
def test_a_state_that_cannot_be_is_refused(fields, says):
    with pytest.raises(Impossible, match=says):
        Raft("S1", THREE, **fields)


@pytest.mark.parametrize("message", ["hello", ("vote", 3), {"term": 9}, None, 5])
def test_raft_refuses_a_message_it_does_not_know(message):
    with pytest.raises(Impossible, match="S1 knows no message"):
        server().receive("S2", message)


def test_observing_a_node_driven_by_hand_shows_its_present_state():
    node = server(current_term=1)
    for act, term in ((lambda: None, 1), (lambda: node.fire("election"), 2),
                      (lambda: node.receive("S2", RequestVote(7, "S2", 0, 0)), 7)):  # fmt: skip
        act()
        assert node.observation().term == term
    leader = server("leader", current_term=1)
    assert leader.observation().log.last_index == 0
    leader.request("x")
    assert leader.observation().log.last_index == 1


def test_each_act_gives_its_own_effects_only():
    node = server()
    assert [type(e).__name__ for e in node.boot()] == ["SetTimer"]
    first, second = node.request("x"), node.request("y")
    assert len(first) == len(second) == 2 and first is not second


def test_servers_do_not_share_a_log():
    a, b = (Raft(id, THREE, role="leader", current_term=1) for id in ("S1", "S2"))
    a.request("a")
    b.request("b")
    a.request("c")
    assert [e.command for e in a.log] == ["a", "c"] and [e.command for e in b.log] == ["b"]
    assert len(Raft("S3", THREE).log) == 0


# -- Effects ------------------------------------------------------------------------------


def test_the_helpers_ask_for_effects_and_do_nothing_else():
    node = Node("S1", THREE)
    asked = ClientRequest("C1", 1, "x")
    node.send("S2", "a")
    node.broadcast("b")
    node.set_timer("t", 5)
    node.set_timer("t", 5, 9)
    node.respond(asked, 1)
    assert node.outbox == [
        Send("S2", "a"), Send("S2", "b"), Send("S3", "b"), SetTimer("t", 5, 5),
        SetTimer("t", 5, 9), Respond(asked, 1),
    ]  # fmt: skip


def test_a_quorum_is_a_majority_of_the_configured_servers():
    node = Node("S1", THREE)
    assert node.is_quorum({"S1", "S3"}) and not node.is_quorum({"S1"})
    assert not node.is_quorum({"S1", "S8", "S9"})


def test_rules_are_found_with_their_sections():
    class Mine(Node):
        @rule("4.2")
        def may(self):
            return True

    assert Mine.rules() == {"may": "4.2"} and Mine("S1", []).may()
    assert Raft.rules()["may_commit"] == "5.4.2"

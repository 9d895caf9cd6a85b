"""A node of one's own: what its handlers may do, and that a history never feels it.

The node classes here are the ones learners write: lists changed in place, fields that nobody
declared, messages that are words, tuples or dicts, methods kept in a table.
"""

from collections import deque
from dataclasses import dataclass

import pytest
from hand import THREE, log_of, server

import raftlab as rl
from raftlab.core import ClientRequest, Impossible, Node, Respond, Send, SetTimer, rule
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_messages import AppendEntries, RequestVote


def stable(run):
    """Everything every step of a history holds, as one text."""
    return [
        repr([(host.node.fields(), host.mode, host.timers) for host in step.state.hosts])
        + repr(step.state.network) + repr(step.action)
        for step in run.steps
    ]  # fmt: skip


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


def test_driving_what_a_history_shows_leaves_the_history_alone():
    run = rl.cluster("raft", servers=3, seed=1)
    run.run(400)
    before = stable(run), run.digest()
    node = run["S1"]
    node.receive("S2", AppendEntries(99, "S2", 0, 0))
    node.fire("election")
    assert node.current_term == 100
    assert (stable(run), run.digest()) == before and run["S1"].current_term < 99


# -- Handlers that change things in place -------------------------------------------------


class Bag:
    """A mutable thing of a learner's own."""

    def __init__(self):
        self.things = []


class Hoarder(Node):
    """Changes whatever it can lay hands on, also the message it was given."""

    persistent = ("kept",)
    kept = []
    by_name = {"seen": {"deep": []}}
    known = set()
    line = deque()
    bag = Bag()
    pair = ([], "fixed")
    _private = []

    def start(self):
        self.undeclared = {"list": []}
        self.same = self.kept
        self.handlers = {"note": self.remember}
        if self.id == "S1":
            self.set_timer("go", 10)

    def on_timer(self, name):
        message = {"hops": 0, "path": [self.id]}
        self.broadcast(message)
        message["path"].append("changed after sending")
        self.set_timer("go", 30)

    def on_message(self, src, message):
        message["hops"] += 1
        message["path"].append(self.id)
        self.handlers["note"](message)
        if message["hops"] < 4:
            self.send(self.peers[0], message)

    def on_request(self, request):
        request.command.append(self.id)
        self.respond(request, request.command)

    def remember(self, message):
        hops = message["hops"]
        self.kept.append(hops)
        self.by_name["seen"]["deep"].append(hops)
        self.known.add(hops)
        self.line.append(hops)
        self.bag.things.append(hops)
        self.pair[0].append(hops)
        self._private.append(hops)
        self.undeclared["list"].append(message)
        self.note("remembers", hops)


def test_a_handler_that_changes_things_in_place_never_changes_the_past():
    run = rl.cluster(Hoarder, servers=3, seed=3)
    texts = []
    for _ in range(60):
        texts.append(stable(run)[-1])
        run.step()
    assert stable(run)[:-1] == texts
    held = run["S2"]
    assert held.kept and held.line and held.bag.things and held.pair[0] and held._private
    assert Hoarder.kept == [] and Hoarder._private == [] and Bag().things == []


def test_two_nodes_never_share_a_mutable_first_value():
    a, b = Hoarder("S1", THREE), Hoarder("S2", THREE)
    for name in ("kept", "by_name", "known", "line", "bag", "pair", "_private"):
        assert getattr(a, name) is not getattr(b, name) is not getattr(Hoarder, name)


def test_a_message_changed_after_sending_arrives_as_it_was_when_the_handler_ended():
    """The handler is one instant: what it sends leaves at its end, and then stays as it is."""
    run = rl.cluster(Hoarder, servers=3, seed=3)
    run.until(lambda run: run["S2"].kept)
    sent = [e.message for step in run.steps for e in step.state.network if e.src == "S1"]
    assert all(message["path"] == ["S1", "changed after sending"] for message in sent[:2])


def test_fields_that_are_one_object_stay_one_and_methods_stay_the_nodes_own():
    run = rl.cluster(Hoarder, servers=3, seed=3)
    run.until(lambda run: len(run["S3"].kept) > 2)
    node = run.state["S3"]
    assert node.same is node.kept and node.same
    assert node.handlers["note"].__self__ is node


def test_a_command_changed_by_its_handler_stays_as_it_was_asked():
    run = rl.cluster(Hoarder, servers=3)
    for id in ("S1", "S2"):
        run.request(["x"], to=id)
    assert [step.action.command for step in run.steps[1:]] == [["x"], ["x"]]
    assert [op.result for op in run.operations()] == [["x", "S1"], ["x", "S2"]]


def test_the_same_learners_run_gives_the_same_digest():
    digests = set()
    for _ in range(2):
        run = rl.cluster(Hoarder, servers=3, seed=3)
        run.run(500)
        digests.add(run.digest())
    assert len(digests) == 1


def test_a_subclass_does_not_inherit_the_promise_to_replace_values():
    """A learner who adds a list to Raft has never heard of it."""

    class Nosy(Raft):
        heard = []

        def start(self):
            self.undeclared = 0
            super().start()

        def on_message(self, src, message):
            self.heard.append(type(message).__name__)
            self.undeclared += 1
            super().on_message(src, message)

    run = rl.cluster(Nosy, servers=3, seed=1)
    run.run(400)
    heard = [step.state["S2"].heard for step in run.steps]
    assert heard[0] == [] and [len(h) for h in heard] == [
        s.state["S2"].undeclared for s in run.steps
    ]
    plain = rl.cluster("raft", servers=3, seed=1)
    plain.run(400)
    assert [s.state.time for s in plain.steps] == [s.state.time for s in run.steps]


# -- What a node need not have ------------------------------------------------------------


def test_a_node_without_any_field_or_handler_runs():
    class Nothing(Node):
        pass

    run = rl.cluster(Nothing, servers=2)
    assert run.step() == 0 and run.run(100) == 0 and run.now == 100
    run.crash("S1")
    run.restart("S1")
    assert run.state["S1"].fields() == {} and run.why() == (
        "S1 starts again with what its disk holds",
    )


def test_fields_may_be_made_in_the_constructor_and_still_be_persistent():
    class OwnInit(Node):
        persistent = ("count", "never_set")

        def __init__(self, id, members):
            super().__init__(id, members)
            self.count = 0
            self.lost = 0

        def on_request(self, request):
            self.count += 1
            self.lost += 1

    run = rl.cluster(OwnInit, servers=1)
    run.request("x", to="S1")
    run.crash("S1")
    run.restart("S1")
    assert (run["S1"].count, run["S1"].lost) == (1, 0)


def test_nothing_persistent_means_everything_is_lost():
    class Forgetful(Raft):
        persistent = ()

    run = rl.cluster(Forgetful, servers=3, seed=1)
    run.run(500)
    leader = run.leader
    run.crash(leader)
    assert (run[leader].current_term, len(run[leader].log)) == (0, 0)
    run.restart(leader)
    run.run(2000)
    assert run.leader


def test_settings_survive_a_crash_though_no_disk_holds_them():
    run = rl.cluster("raft", servers=3, seed=1, heartbeat_interval=20)
    run.tune(election_timeout=(200, 400))
    run.crash("S1")
    assert (run["S1"].heartbeat_interval, run["S1"].election_timeout) == (20, (200, 400))


def test_a_misspelt_persistent_field_is_found_when_the_class_is_made():
    with pytest.raises(TypeError, match="lists 'vote' as persistent or a setting but declares no"):
        type("Typo", (Node,), {"persistent": ("vote",), "voted_for": None})


@dataclass
class Ping:
    count: int


class Opaque:
    """No repr, no equality: a message as a beginner writes it."""

    def __init__(self, tags):
        self.tags = tags


@pytest.mark.parametrize("message, name", [
    ("ping", "ping"), (("ping", 3), "ping"), ({"type": "x"}, "dict"), (Ping(1), "Ping"), (7, "int"),
    (None, "NoneType"), (frozenset("abcdef"), "frozenset"), (Opaque({"b", "a"}), "Opaque"),
], ids=lambda given: type(given).__name__)  # fmt: skip
def test_a_message_may_be_anything(message, name):
    class Talker(Node):
        heard = None

        def on_request(self, request):
            self.broadcast(message)

        def on_message(self, src, message):
            self.heard = message

    def played():
        run = rl.cluster(Talker, servers=3, seed=5)
        run.request("go", to="S1")
        run.duplicate(name, "S1", "S2")
        run.delay(name, "S1", "S3", 50)
        run.deliver(name, "S1", "S2", nth=1)
        run.drop(name, "S1", "S2")
        run.run(200)
        return run

    run = played()
    assert run["S2"].heard is not None or message is None
    assert any(f"{name} S1→S3" in rl.sim.headline(step.action) for step in run.steps)
    assert [sentence for at in range(len(run) + 1) for sentence in run.why(at)]
    again = rl.load(run.dump(), protocol=Talker)
    assert again.digest() == run.digest() == played().digest()
    assert again.dump() == run.dump()


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


def test_a_handler_that_raises_leaves_the_history_as_it_was():
    class Clumsy(Node):
        count = 0

        def on_request(self, request):
            self.count += 1
            self.send("S2", "lost with the rest")
            raise RuntimeError("a learner's mistake")

    run = rl.cluster(Clumsy, servers=2)
    before = stable(run)
    with pytest.raises(RuntimeError, match="a learner's mistake"):
        run.request("x", to="S1")
    assert stable(run) == before and run.position == 0 and run["S1"].count == 0


def test_a_node_that_writes_to_a_stranger_is_told_who_there_is():
    class Lost(Node):
        def on_request(self, request):
            self.send("S9", "hello?")

    run = rl.cluster(Lost, servers=2)
    with pytest.raises(Impossible, match="no node 'S9'; there are S1, S2"):
        run.request("x", to="S1")
    assert len(run) == 0

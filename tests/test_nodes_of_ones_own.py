"""A node of one's own: what its handlers may do, and that a history never feels it.

The node classes here are the ones learners write: lists changed in place, fields that nobody
declared, messages that are words, tuples or dicts, methods kept in a table.
"""

from collections import deque
from dataclasses import dataclass

import pytest
from hand import THREE

import raftlab as rl
from raftlab.core import Impossible, Node
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_messages import AppendEntries


def stable(run):
    """Everything every step of a history holds, as one text."""
    return [
        repr([(host.node.fields(), host.mode, host.timers) for host in step.state.hosts])
        + repr(step.state.network) + repr(step.action)
        for step in run.steps
    ]  # fmt: skip


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


# -- What goes wrong ----------------------------------------------------------------------


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

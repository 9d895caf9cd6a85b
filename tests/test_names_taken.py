"""A learner's node that calls something of its own as a Node calls something is told so."""

import pytest

import raftlab as rl
from raftlab.core import Impossible, Node
from raftlab.core.node import _TAKEN

HANDLERS = ("start", "on_message", "on_timer", "on_request", "observe")


@pytest.mark.parametrize("name", sorted(_TAKEN - {"outbox", "observed"}))
def test_a_field_that_hides_what_a_node_has_is_refused_when_the_class_is_made(name):
    with pytest.raises(TypeError, match=f"Mine calls something of its own '{name}', but every"):
        type("Mine", (Node,), {name: None})


def test_a_method_that_takes_something_else_is_refused():
    with pytest.raises(TypeError, match="its own 'request'.*choose another name"):

        class Mine(Node):
            def request(self, votes, of, whom, when):
                """Ask for votes: an obvious name, and every client's way to a node."""


def test_a_mixin_is_looked_at_too():
    class Part:
        fire = 3

    with pytest.raises(TypeError, match="Mine calls something of its own 'fire'"):
        type("Mine", (Part, Node), {})


@pytest.mark.parametrize("name", ["send", "peers", "id", "members", "on_timer", "rules"])
def test_a_field_made_in_a_handler_is_refused_where_it_is_made(name):
    class Mine(Node):
        def on_request(self, request):
            setattr(self, name, [])

    run = rl.cluster(Mine, servers=2)
    before = run.digest()
    with pytest.raises(Impossible, match=f"Mine calls something of its own '{name}'"):
        run.request("now", to="S1")
    assert run.digest() == before


def test_what_a_node_is_asked_to_do_may_be_replaced_on_purpose():
    """Handlers are there for it; a helper is replaced by one that takes the same."""

    class Mine(Node):
        sent = 0

        def start(self):
            self.members, self.peers = ("S1", "S2"), ("S2",)

        def on_request(self, request):
            self.broadcast("hello")

        def broadcast(self, message):
            self.sent += 1
            super().broadcast(message)

        def is_quorum(self, ids):
            return True

    run = rl.cluster(Mine, servers=3)
    run.request("now", to="S1")
    assert run.state["S1"].sent == 1


def test_every_handler_is_a_name_that_a_field_must_not_have():
    assert set(HANDLERS) < _TAKEN


def test_who_promises_to_replace_values_pays_nothing_for_it():
    assert rl.cluster("raft").state["S1"].__class__.__setattr__ is object.__setattr__

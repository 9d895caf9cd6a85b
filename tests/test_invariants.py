"""The monitor sees what is broken, and only that.

Servers that are plainly absurd show that each of the five properties and three delta checks can
fire, with its name, step and servers. Raft with one rule broken is in test_breaks.py.
"""

import pytest
from hand import elect, log_of

import raftlab as rl
from raftlab.checks.invariants import TITLES
from raftlab.core import Node, Observation
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_log import Log

ALL = tuple(TITLES)


class Puppet(Node):
    """Does what it is told: a request's command is a dict of fields to set."""

    properties = ALL
    role = "follower"
    term = 1
    log = Log()
    commit_index = 0
    last_applied = 0
    voted_for = None

    def on_request(self, request):
        for name, given in request.command.items():
            setattr(self, name, Log(given) if name == "log" else given)

    def observe(self):
        return Observation(
            self.id, self.role, self.term, None, self.log, self.commit_index, self.last_applied,
            self.voted_for,
        )  # fmt: skip


def told(*orders, servers=3, kind=Puppet):
    """A cluster of puppets that were given (id, field=value, …) one after the other."""
    run = rl.cluster(kind, servers=servers)
    for id, fields in orders:
        run.request(fields, to=id)
    return run


def broken(run):
    return [(verdict.name, verdict.at_step, verdict.evidence) for verdict in run.verdicts]


AB, AC = [(1, "a"), (1, "b")], [(1, "a"), (2, "c")]


@pytest.mark.parametrize("name, orders, at_step, servers", [
    ("election_safety", [("S1", {"role": "leader"}), ("S2", {"role": "leader"})], 2, ("S1", "S2")),
    ("leader_append_only", [("S1", {"log": AB}), ("S1", {"role": "leader"}), ("S1", {"log": AC})],
     3, ("S1",)),
    ("leader_append_only", [("S1", {"log": AB}), ("S1", {"role": "leader"}),
                            ("S1", {"log": AB[:1]})], 3, ("S1",)),
    ("log_matching", [("S1", {"log": AB}), ("S2", {"log": [(1, "a"), (1, "z")]})], 2, ("S2", "S1")),
    ("log_matching", [("S1", {"log": [(1, "a"), (3, "b")]}), ("S3", {"log": [(2, "a"), (3, "b")]})],
     2, ("S3", "S1")),
    ("leader_completeness", [("S1", {"log": AB, "commit_index": 2}),
                             ("S2", {"role": "leader", "term": 2})], 2, ("S2",)),
    ("leader_completeness", [("S2", {"role": "leader", "term": 2}),
                             ("S1", {"role": "leader", "log": AB, "commit_index": 1})],
     2, ("S2",)),
    ("state_machine_safety", [("S1", {"log": AB, "last_applied": 2}),
                              ("S2", {"log": AC, "last_applied": 2})], 2, ("S2",)),
    ("state_machine_safety", [("S1", {"log": AB, "commit_index": 2}),
                              ("S2", {"log": AC, "commit_index": 2})], 2, ("S2",)),
    ("term_never_falls", [("S3", {"term": 5}), ("S3", {"term": 4})], 2, ("S3",)),
    ("vote_never_changes", [("S3", {"voted_for": "S1"}), ("S3", {"voted_for": "S2"})], 2, ("S3",)),
    ("vote_never_changes", [("S3", {"voted_for": "S1"}), ("S3", {"voted_for": None})], 2, ("S3",)),
    ("commit_never_changes", [("S1", {"log": AB, "commit_index": 2}), ("S1", {"log": AC})],
     2, ("S1",)),
    ("commit_never_changes", [("S1", {"log": AB, "commit_index": 2}), ("S1", {"log": AB[:1]})],
     2, ("S1",)),
])  # fmt: skip
def test_each_check_fires_and_names_property_step_and_servers(name, orders, at_step, servers):
    run = told(*orders)
    assert (name, at_step, servers) in broken(run)
    verdict = next(v for v in run.verdicts if v.name == name)
    assert verdict.ok is False and all(id in verdict.why for id in servers)
    run.goto(at_step - 1)
    assert run.verdicts == ()


@pytest.mark.parametrize("orders", [
    [("S1", {"role": "leader"}), ("S2", {"role": "leader", "term": 2})],
    [("S1", {"role": "leader"}), ("S1", {"role": "follower"}), ("S1", {"role": "leader"})],
    [("S1", {"log": AB, "commit_index": 1}), ("S1", {"log": AB[:1]}), ("S1", {"log": AC})],
    [("S1", {"log": AB}), ("S2", {"log": AC})],
    [("S1", {"voted_for": "S1"}), ("S1", {"voted_for": "S2", "term": 2})],
    [("S1", {"log": AB, "commit_index": 2}), ("S2", {"log": AC, "commit_index": 1})],
    [("S1", {"role": "leader", "log": AB}), ("S1", {"log": [*AB, (1, "c")]})],
])  # fmt: skip
def test_what_is_allowed_raises_no_alarm(orders):
    assert told(*orders).verdicts == ()


def test_the_same_violation_is_told_once():
    two = [("S1", {"role": "leader"}), ("S2", {"role": "leader"})]
    again = [("S2", {"role": "follower"}), ("S2", {"role": "leader"})]
    assert len(told(*two, *again).verdicts) == 1


def test_a_property_a_protocol_does_not_claim_is_not_held_against_it():
    class Modest(Puppet):
        properties = ("log_matching",)

    assert told(("S1", {"role": "leader"}), ("S2", {"role": "leader"}), kind=Modest).verdicts == ()


def test_a_protocol_without_terms_or_without_a_log_can_be_watched():
    class Bare(Puppet):
        log = None

    run = told(*[(id, {"commit_index": 1, "last_applied": 1}) for id in ("S1", "S2")], kind=Bare)
    run.request({"log": AB}, to="S1")
    assert run.verdicts == ()

    class Silent(Node):
        """Shows nothing but its fields."""

    assert rl.cluster(Silent).request("x", to="S1") and rl.cluster(Silent).verdicts == ()


def test_knowledge_forks_with_the_history():
    run = told(("S1", {"role": "leader"}), ("S2", {"role": "leader"}))
    run.goto(1)
    run.request({"role": "leader", "term": 2}, to="S2")
    assert run.verdicts == () and len(run.branches) == 2
    run.goto(2, "main")
    assert len(run.verdicts) == 1


def test_what_servers_built_by_hand_bring_along_is_known_from_the_start():
    ids = ["S1", "S2", "S3"]
    nodes = [Raft("S1", ids, role="leader", current_term=3, log=log_of(3, 3), commit_index=2),
             Raft("S2", ids, current_term=3), Raft("S3", ids, current_term=3)]  # fmt: skip
    run = rl.cluster("raft", servers=nodes)
    assert run.verdicts == () and run.steps[0].known.committed == 2
    run.fire("S2")
    run.deliver("RequestVote", "S2", "S3")
    run.deliver("RequestVoteReply", "S3", "S2")
    assert broken(run) == [("leader_completeness", 3, ("S2",))]

    two = [Raft(id, ids, role="leader", current_term=3) for id in ids[:2]]
    two.append(Raft("S3", ids, current_term=3))
    assert broken(rl.cluster("raft", servers=two)) == [("election_safety", 0, ("S1", "S2"))]


def test_a_late_winner_of_an_old_term_need_not_hold_what_a_later_term_committed():
    """Leader Completeness speaks of *later* leaders; this one's votes were long on their way."""
    run = rl.cluster("raft", servers=3)
    run.fire("S3")
    run.deliver("RequestVote", "S3", "S2")
    run.delay("RequestVoteReply", "S2", "S3", 5000)
    run.drop("RequestVote", "S3", "S1")
    elect(run, "S1", "S2")  # in term 1 S2's vote is given away; the next term wins
    assert run["S1"].current_term == 2 and run["S1"].commit_index == 1
    run.deliver("RequestVoteReply", "S2", "S3")
    assert (run["S3"].role, run["S3"].current_term) == ("leader", 1)
    assert run.verdicts == ()

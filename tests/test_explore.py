"""The search is as good as a plain one, with symmetry, bags and rounds as far as they claim."""

import pytest
from searched import cluster, explore

import raftlab as rl
from raftlab.core import Envelope, Fire, Node, Observation, Request
from raftlab.protocols import protocol
from raftlab.sim import step
from raftlab.sim.state import State
from raftlab.sim.story import stable

# -- beside a plain search -----------------------------------------------------------------


class Plain:
    """The same search without any of its cleverness: whole states, compared by their text, moved
    by the cluster's own `step`. Messages are a set; any timer may fire; requests in their order."""

    def __init__(self, run, requests, terms):
        self.run, self.terms = run, terms
        self.requests = [Request(None, ("set", "x", n), None, n) for n in range(1, requests + 1)]
        known = run.steps[run.position].known
        start = (run.state.hosts, frozenset(), known, 0)
        self.levels, self.broken = [1], None
        seen, level = {self.key(start)}, [start]
        while level and self.broken is None:
            found = []
            for here in level:
                for there in self.after(here):
                    key = self.key(there)
                    if key not in seen:
                        seen.add(key)
                        found.append(there)
                    if there[2].broken and self.broken is None:
                        self.broken = len(self.levels)
            level = found
            self.levels += [len(level)] if level else []

    def key(self, here):
        hosts, messages, known, asked = here
        nodes = [
            (stable(h.node.fields()), sorted(name for _, name in h.timers), h.mode) for h in hosts
        ]
        seen = [getattr(known, n) for n in known.__slots__]
        told = [sorted(seen[0].items()), *map(stable, seen[1:])]
        return stable((nodes, sorted(messages), told, asked))

    def after(self, here):
        hosts, messages, known, asked = here
        for src, dst, text in sorted(messages):
            envelope = Envelope(src, dst, self.texts[text], 0, 0, 0)
            yield from self.moved(here, rl.core.Deliver(src, dst, envelope.message), (envelope,))
        for host in hosts:
            for _, name in host.timers:
                yield from self.moved(here, Fire(host.node.id, name), ())
            if asked < len(self.requests):
                one = self.requests[asked]
                act = Request(host.node.id, one.command, None, one.serial)
                yield from self.moved(here, act, (), 1)

    texts = {}

    def moved(self, here, action, network, asks=0):
        hosts, messages, known, asked = here
        base = self.run.state
        before = State(base.config, 0, 0.0, hosts, network, base.cuts, base.dials)
        state, effects = step(before, action)
        item = rl.sim.history.Step(action, state, effects, None)
        sent = set(messages)
        for e in state.network:
            self.texts[stable(e.message)] = e.message
            sent.add((e.src, e.dst, stable(e.message)))
        who = rl.sim.actor(action)
        if state.observe(who).term > self.terms:
            return
        unchanged = stable(state[who].fields()) == stable(before[who].fields())
        if asks and unchanged and not state.network:
            return  # a refused request is no event
        known = self.run.monitor(known, before, item)
        yield state.hosts, frozenset(sent), known, asked + asks


@pytest.mark.parametrize("name, servers, bounds", [
    ("raft", 2, {"terms": 2, "requests": 0}),
    ("raft", 2, {"terms": 1, "requests": 1}),
    ("raft+plain-heartbeats", 2, {"terms": 1, "requests": 1}),
])  # fmt: skip
def test_it_finds_the_same_states_at_the_same_depths_as_a_plain_search(name, servers, bounds):
    run = cluster(name, servers)
    plain = Plain(run, bounds["requests"], bounds["terms"])
    found = explore(run, by="messages", symmetry=False, **bounds)
    assert found.ok is True and plain.broken is None
    assert found.levels == tuple(plain.levels) and sum(found.levels) == found.states


@pytest.mark.parametrize("name", ["votes-twice", "counts-stale-votes"])
def test_it_finds_a_violation_at_the_depth_at_which_a_plain_search_does(name):
    run = cluster(f"raft!{name}", 3)
    bounds = {"terms": 1 if name == "votes-twice" else 2, "requests": 0}
    found = explore(run, by="messages", **bounds)
    assert found.ok is False
    if name == "votes-twice":  # the other one is too deep for a plain search
        assert Plain(run, **bounds).broken == found.depth == len(found.actions)


def test_a_class_that_changes_its_fields_in_place_is_searched_just_as_well():
    class Learners(protocol("raft")):
        """A subclass does not inherit Raft's promise: it is copied deeply and compared so."""

    assert not Learners.replaces_values
    for symmetry in (False, True):
        one = explore(cluster("raft"), terms=1, requests=1, symmetry=symmetry)
        other = explore(cluster(Learners), terms=1, requests=1, symmetry=symmetry)
        assert one.states == other.states > 300 and other.ok is True


# -- symmetry, bags, rounds ----------------------------------------------------------------


@pytest.mark.parametrize("by", ["messages", "rounds"])
def test_symmetry_saves_states_and_changes_no_verdict(by):
    for name, ok in (("raft", True), ("raft!votes-twice", False)):
        with_, without = (
            explore(cluster(name), by=by, terms=1, requests=1, symmetry=symmetry)
            for symmetry in (True, False)
        )
        assert with_.ok is without.ok is ok
        assert with_.depth == without.depth or ok
        assert with_.states < without.states
        if ok and by == "messages":
            assert without.states <= 6 * with_.states


def test_symmetry_is_exact_on_messages():
    """Every state that the plain search finds has its representative among those kept."""
    run = cluster("raft")
    kept = explore(run, by="messages", terms=1, requests=0)
    all_of_them = explore(run, by="messages", terms=1, requests=0, symmetry=False)
    engine, canonical = kept._search.engine, kept._search.symmetry.canonical
    # Numbers differ between two engines; so the states are found again in one of them.
    seen, level = {engine.start}, [engine.start]
    while level:
        level = [there for here in level for _, there in engine.successors(here)
                 if there not in seen and not seen.add(there)]  # fmt: skip
    assert len(seen) == all_of_them.states
    assert {canonical(state) for state in seen} == set(kept._search.order)


@pytest.mark.parametrize("by", ["messages", "rounds"])
@pytest.mark.parametrize("id", ["S1", "S2", "S3"])
def test_a_goal_that_names_a_server_is_reached_for_each(by, id):
    """Renaming servers would leave one of them, and not the one that was asked about."""
    found = explore("raft", by=by, terms=1, requests=0,
                    until=lambda state: state.observe(id).role == "leader")  # fmt: skip
    assert found.reached and found.run.leader == id


def test_requests_that_name_servers_are_left_alone_by_symmetry():
    """S3 is asked to take over: of the six renamings two leave it what it is."""
    with_, without = (
        explore(cluster("raft+transfer"), terms=2, cut=False, requests=[("transfer", "S3")],
                symmetry=symmetry)
        for symmetry in (None, False)
    )  # fmt: skip
    assert with_.ok is without.ok is True
    assert len(with_._search.symmetry._allowed) == 2
    assert with_.states < without.states


def test_without_duplicates_each_message_arrives_at_most_once():
    class Counts(Node):
        heard = 0

        def start(self):
            self.set_timer("send", 10)

        def on_timer(self, name):
            self.broadcast("hello")

        def on_message(self, src, message):
            self.heard += 1

        def observe(self):
            return Observation(self.id, fields={"heard": self.heard})

    twice = {"twice": lambda state: all(state[id].heard < 2 for id in state.config.servers)}
    run = rl.cluster(Counts, servers=2, seed=1)
    once = explore(run, by="messages", requests=0, terms=None, duplicates=False, always=twice)
    assert once.ok is True
    again = explore(run, by="messages", requests=0, terms=None, always=twice)
    assert again.ok is False and len(again.actions) == 4  # fire, doubled, delivered, delivered
    assert [type(action).__name__ for action in again.actions] == [
        "Fire", "Duplicate", "Deliver", "Deliver",
    ]  # fmt: skip


def test_rounds_say_what_a_round_is_and_that_they_cover_rounds_only():
    found = explore("raft", terms=1)
    assert found.ok is True and "Covered: rounds only. A round is one event and what" in repr(found)
    assert "up to any moment, and all other messages are lost." in repr(found)
    late = explore("raft", terms=1, cut=False, late=1, depth=1)
    assert "until all is quiet, and all other messages are lost, or late." in repr(late)
    every = explore("raft", by="messages", terms=1, requests=0)
    assert "Covered: every order of events." in repr(every)


@pytest.mark.parametrize("by, says", [
    ("rounds", "Shortest in rounds (2); none of its events can be left out. by=\"messages\" finds"),
    ("messages", "Shortest in events: no run within the bounds has fewer."),
    ("walks", "Not the shortest, but one of many walks; none of its events can be left out."),
])  # fmt: skip
def test_it_says_in_which_sense_what_it_found_is_the_shortest(by, says):
    assert says in repr(explore("raft!votes-twice", by=by, terms=1, requests=0))
    assert "hortest" not in repr(explore("raft", by=by, terms=1, requests=0, depth=1))


def test_a_history_brings_no_bounds_and_says_so():
    """It may be far beyond those of its broken rules already."""
    found = explore(cluster("raft!forgets-its-vote"))
    assert found.ok is True and found.bounds.crashes == 0
    assert repr(found).endswith("come with the name: rl.explore('raft!forgets-its-vote').")
    for run, options in (("raft!forgets-its-vote", {"depth": 1}),
                         (cluster("raft!forgets-its-vote"), {"terms": 1}),
                         (cluster("raft!stands-once"), {}), (cluster(), {})):  # fmt: skip
        assert explore(run, **options).aside == ""

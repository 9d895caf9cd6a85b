"""The search: as good as a plain one, honest about what it covered, and its finds are real runs."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

import raftlab as rl
from raftlab.checks import explore as checks_explore
from raftlab.checks.engine import SetEngine
from raftlab.checks.replay import shortened
from raftlab.core import Envelope, Fire, Node, Observation, Request
from raftlab.protocols import protocol
from raftlab.sim import step
from raftlab.sim.state import State
from raftlab.sim.story import stable

X = ("set", "x", 1)


def cluster(name="raft", servers=3):
    return rl.cluster(name, servers=servers, seed=1)


def explore(run="raft", **options):
    return rl.explore(run, progress=False, **options)


def leaders(state):
    return [id for id in state.config.servers if state.observe(id).role == "leader"]


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
    one = explore(cluster("raft"), terms=1, requests=1, symmetry=False)
    other = explore(cluster(Learners), terms=1, requests=1, symmetry=False)
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


# -- what is found is real -----------------------------------------------------------------


@pytest.mark.parametrize("by", ["rounds", "messages", "walks"])
def test_what_is_found_is_a_run_whose_last_step_breaks_the_property(by):
    found = explore("raft!votes-twice", by=by, terms=2, requests=0, steps=60)
    assert found.ok is False and found.run.position == len(found.run)
    assert [verdict.name for verdict in found.verdicts] == ["election_safety"]
    last = found.run.steps[-1].known.broken
    assert "election_safety" in [v.name for v in last]
    assert "election_safety" not in [v.name for v in found.run.steps[-2].known.broken]
    again = cluster("raft!votes-twice")
    for action in found.actions:
        again.take(action)
    assert again.verdicts[-1].name == "election_safety"


def test_what_is_found_is_written_down_as_a_scenario_that_plays():
    found = explore("raft!votes-twice", requests=0, terms=1)
    again = rl.scenario(found.scenario(), at="end")
    assert again.digest() == found.run.digest()
    assert again.verdicts == found.run.verdicts


def test_what_is_found_opens_in_the_lab_at_its_last_step_with_what_broke():
    found = explore("raft!votes-twice", requests=0, terms=1)
    lab = rl.lab(found.run)
    assert lab.run is found.run and lab.run.position == len(found.run) == 6
    row = lab._track.held[lab.run.position]
    assert [verdict.name for verdict in row.known.broken][-1] == "election_safety"


def test_the_start_is_left_as_it_was():
    run = cluster("raft!votes-twice")
    run.run(100)
    digest = run.digest()
    found = explore(run, terms=2, requests=0, against="election_safety")
    assert run.digest() == digest and len(run.branches) == 1
    assert found.run.steps[: len(run.steps)] == run.steps


def test_figure_8_needs_four_terms():
    """§5.4.2 and the lesson of the bounded check: with one term too few nothing is found."""
    three = explore("raft!commits-old-terms", terms=3, requests=2, cut=False)
    assert three.ok is True
    four = explore("raft!commits-old-terms", terms=4, requests=2, cut=False)
    assert four.ok is False and four.verdicts[0].name == "leader_completeness"
    right = explore("raft+without-no-op", terms=4, requests=2, cut=False)
    assert right.ok is True


def test_a_search_goes_on_from_where_another_stopped():
    """Staged: first two leaders at once, then from there whatever breaks."""
    first = explore("raft!commits-old-terms", terms=3, requests=1, cut=False, against=(),
                    until=lambda state: len(leaders(state)) == 2)  # fmt: skip
    assert first.reached and first.ok is None and len(leaders(first.run.state)) == 2
    second = explore(first.run, terms=4, requests=2, cut=False, against="leader_completeness")
    assert second.ok is False
    assert len(second.run) > len(first.run)


def s1_leads(state):
    return "S1" in leaders(state)


def two_lead(state):
    return len(leaders(state)) == 2


def test_stages_begin_each_at_the_run_of_the_one_before():
    """Figure 8: somebody leads, then two do, then what is committed is lost."""
    stages = [{"terms": 1, "until": s1_leads}, {"terms": 3, "until": two_lead},
              {"terms": 4, "requests": 2}]  # fmt: skip
    found = explore(cluster("raft!commits-old-terms"), cut=False, stages=stages)
    second, first = found.before, found.before.before
    assert found.ok is False and first.before is None
    assert second.start is first.run and found.start is second.run
    assert "Reached after 3 events: S1 leads.\n" in repr(found)
    assert repr(found).count("From there:") == 2
    again = explore(first.run, cut=False, **stages[1])
    assert again.run.digest() == second.run.digest()


def test_a_goal_that_is_not_reached_ends_the_stages():
    stages = [{"terms": 1, "until": two_lead}, {"terms": 2}]
    found = explore("raft", requests=0, stages=stages)
    assert found.ok is True and not found.reached and found.before is None


def test_a_staged_break_is_searched_without_its_stages_within_bounds_of_ones_own():
    found = explore("raft!counts-learners", terms=1, requests=0, depth=1)
    assert found.before is None and found.goal is None and len(found.start.state.hosts) == 5
    both = explore("raft!counts-learners!forgets-its-vote", depth=0)
    assert both.before is None and both.bounds.crashes == 1 and both.bounds.terms == 2


@pytest.mark.parametrize("stages, says", [
    ([], "stages is a list of dicts"),
    ([1], "stages is a list of dicts"),
    ([{"terms": 1}, {"terms": 2}], "stage 1 has no goal"),
])  # fmt: skip
def test_stages_that_lead_nowhere_are_refused_in_a_sentence(stages, says):
    with pytest.raises(rl.Impossible, match=says):
        explore("raft", stages=stages)


def test_what_clients_saw_before_the_search_began_counts():
    """A read of what was written before is no stale read; one of what was there before that is."""
    for name, ok in (("raft+read-index", True), ("raft+local-reads", False)):
        run = cluster(name)
        run.run(600)
        run.request(X)
        run.run(100)
        assert run.operations()[0].status == "ok"
        found = explore(run, terms=run.state.observe(run.leader).term + 1, cut=False,
                        requests=[("set", "x", 2), ("get", "x")],
                        against="linearizability")  # fmt: skip
        assert found.ok is ok
        assert ok or len(found.run.operations()) == 3


def test_late_messages_may_be_of_certain_kinds_only():
    """Fewer states, the same find; and with another kind no find at all."""
    options = {"terms": 1, "requests": 1}
    every, one, none = (
        explore("raft!always-truncates", late=late, **options)
        for late in (1, ["AppendEntries"], ["RequestVote"])
    )
    assert every.ok is one.ok is False and none.ok is True
    assert one.states < every.states
    assert "1 late message (AppendEntries)" in repr(one)
    two = checks_explore.Bounds(late=["AppendEntries", "RequestVote"])
    left = two.charged(two.budget, ("late", "AppendEntries"))
    assert two.charged(left, ("late", "AppendEntries")) is None
    assert two.charged(left, ("late", "RequestVote"))[2] == ()


@pytest.mark.parametrize("by", ["messages", "rounds"])
def test_only_those_who_may_act_begin_anything(by):
    found = explore("raft", by=by, terms=1, requests=0, acts=["S2"], sometimes={
        "S2 leads": lambda state: "S2" in leaders(state),
        "another stands": lambda state: {state.observe(id).role for id in ("S1", "S3")}
        != {"follower"},
    })  # fmt: skip
    assert found.sometimes["S2 leads"] and found.sometimes["another stands"] is None
    with_, without = (
        explore("raft", by=by, terms=1, requests=0, acts=["S2"], symmetry=symmetry)
        for symmetry in (None, False)
    )
    assert with_.ok is without.ok is True and with_.states < without.states


def test_the_goal_may_be_where_it_begins():
    run = cluster()
    found = explore(run, until=lambda state: True)
    assert found.reached and found.actions == () and found.run.digest() == run.digest()


def test_a_stale_read_of_a_deposed_leader_is_found():
    """§8: who believes that it leads must not answer from its own state."""
    found = explore("raft+local-reads", requests=[X, ("get", "x")], against="linearizability")
    assert found.ok is False and "x?" in found.verdicts[0].why
    asked = explore("raft+read-index", requests=[X, ("get", "x")], against="linearizability",
                    cut=False)  # fmt: skip
    assert asked.ok is True


def test_rounds_crash_between_two_writes_too():
    run = rl.cluster("raft!cuts-the-log-first", servers=3, seed=1, snapshot_after=1)
    found = explore(run, terms=2, requests=1, crashes=1, disk=True, against="machine_agreement")
    assert found.ok is False and "CrashDuring" in [type(a).__name__ for a in found.actions]


def test_a_crash_between_two_writes_is_found():
    found = explore("raft!writes-vote-and-term-apart", by="messages", requests=0, terms=2,
                    crashes=1, disk=True)  # fmt: skip
    assert found.ok is False and "CrashDuring" in [type(a).__name__ for a in found.actions]
    whole = explore("raft!writes-vote-and-term-apart", by="messages", requests=0, terms=2,
                    crashes=1, disk=False, depth=found.depth)  # fmt: skip
    assert whole.ok is None and not whole.verdicts  # a crash before or after all writes is safe


# -- predicates, and what it says ----------------------------------------------------------


def test_a_claim_of_ones_own_is_broken_with_its_name():
    claim = {"nobody leads": lambda state: not leaders(state)}
    for by in ("rounds", "messages", "walks"):
        found = explore(cluster(), by=by, always=claim)
        assert found.ok is False and found.verdicts[0].name == "nobody leads"
        assert leaders(found.run.state)


def test_a_pass_is_worth_little_if_what_should_be_possible_was_never_seen():
    found = explore("raft", terms=1, sometimes={
        "somebody leads": leaders, "three lead": lambda state: len(leaders(state)) == 3,
    })  # fmt: skip
    assert found.sometimes["somebody leads"] and found.sometimes["three lead"] is None
    assert found.ok is None and "never seen, so this says little: three lead" in repr(found)
    first = repr(found).splitlines()[0]
    assert first.endswith("within the bounds, but not all that should be possible was seen:")
    assert explore("raft", terms=1, sometimes={"somebody leads": leaders}).ok is True


def test_it_says_what_it_saw_on_the_way():
    assert "up to 1 term with a leader and 2 entries committed" in repr(explore("raft", terms=1))
    alone = explore("raft", terms=1, depth=1, requests=0)
    assert alone.ok is None and "Stopped by 1 round: not everything was seen" in repr(alone)


def test_limits_stop_it_and_it_can_search_on():
    found = explore("raft", by="messages", terms=1, requests=0, states=200)
    assert found.ok is None and found.stopped == "200 states" and 200 <= found.states < 937
    assert repr(found).splitlines()[0].endswith("not everything was seen; .more() searches on.")
    for counts in ({"states": -1}, {"depth": 0.5}):
        with pytest.raises(rl.Impossible, match="is a whole number from 0"):
            found.more(**counts)
    assert found.more() is found
    assert found.ok is True and found.states == 937 and found.stopped is None
    with pytest.raises(rl.Impossible, match="within the bounds was seen; give wider ones"):
        found.more()


def test_what_goes_on_counts_in_total_and_shows_how_far_it_is(monkeypatch):
    """A million states more than now if nobody says; `depth` only if somebody does."""
    told = []
    bar = contextmanager(lambda *about: (yield lambda *seen: told.append((about, *seen))))
    monkeypatch.setattr("raftlab.explorer.progress_of", bar)
    found = rl.explore("raft", by="messages", requests=0, states=200)
    assert told[-1] == (("states", None, True), found.states, "")
    told.clear()
    assert found.more(states=4000, depth=5).depth == 5 and found.stopped == "5 events"
    found.more(states=4000)
    assert 4000 <= found.states < 5000 and found.stopped == "4,000 states"
    assert told[0][0] == ("states", None, True) and told[-1][1] == found.states
    monkeypatch.setattr(checks_explore, "STATES", 1000)
    before = found.states
    assert before + 1000 <= found.more().states < before + 2000
    several = rl.explore(["raft"], by="messages", requests=0, states=200)
    told.clear()
    assert several[0].more(states=300) and told


def test_walks_that_are_all_taken_do_not_go_on():
    found = explore("raft", by="walks", walks=3, steps=10)
    assert repr(found).startswith("Nothing broke so far. Stopped by the end of 3 walks: not every")
    assert "more()" not in repr(found)
    with pytest.raises(rl.Impossible, match="give more walks, or another seed"):
        found.more()


def test_an_interrupt_keeps_what_there_is():
    def interrupt(states, depth):
        raise KeyboardInterrupt

    run = cluster()
    found = checks_explore.explore(run, by="messages", terms=2, requests=0, tick=interrupt)
    assert found.ok is None and found.stopped == "an interrupt" and found.states > 1
    assert found.more(states=3000).states >= 3000


def test_the_same_search_gives_the_same_result_whatever_the_hash_seed():
    code = (
        "import raftlab as rl\n"
        "for by in ('rounds', 'messages', 'walks'):\n"
        "    r = rl.explore('raft!votes-twice', by=by, terms=2, requests=1)\n"
        "    print(r.states, r.transitions, r.run.digest())\n"
    )
    told = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."}).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(told) == 1


# -- a learner's node ----------------------------------------------------------------------


class Trips(Node):
    """Falls over its third message."""

    heard = 0

    def start(self):
        self.set_timer("send", 10)

    def on_timer(self, name):
        self.broadcast("hello")
        self.set_timer("send", 10)

    def on_message(self, src, message):
        self.heard += 1
        if self.heard == 3:
            raise ValueError("too many")


@pytest.mark.parametrize("by", ["rounds", "messages", "walks"])
def test_a_handler_that_raises_is_told_with_the_run_that_leads_to_it(by):
    found = explore(rl.cluster(Trips, servers=2, seed=1), by=by, requests=0, terms=None)
    assert found.ok is False and isinstance(found.raised, ValueError)
    assert found.verdicts[0].why.endswith("handler raises ValueError: too many")
    assert found.run[found.verdicts[0].evidence[0]].heard == 2


def test_a_shorter_run_is_looked_for_until_nothing_can_be_left_out():
    run = cluster()
    long = run.copy()
    for action in [Fire("S2", "election")] * 3 + [Fire("S3", "election"), Fire("S1", "election")]:
        long.take(action)
    actions = [item.action for item in long.steps[1:]]
    history = shortened(run, actions, lambda run: run["S2"].current_term == 2)
    assert [item.action for item in history.steps[1:]] == [Fire("S2", "election")] * 2
    assert shortened(run, actions[:1], lambda run: run["S2"].current_term == 1) is None


# -- many searches, and bad input ----------------------------------------------------------


@pytest.mark.parametrize("pool", [ProcessPoolExecutor, ThreadPoolExecutor])
def test_an_executor_searches_several_starts_and_changes_nothing(pool):
    starts = ["raft!votes-twice", cluster("raft!wins-with-half", 4), "raft"]
    alone = explore(starts, terms=1, requests=0)
    with pool(2) as executor:
        spread = explore(starts, executor=executor, terms=1, requests=0)
    assert [repr(one) for one in spread] == [repr(one) for one in alone]
    assert [one.ok for one in spread] == [False, False, True]
    assert spread[0].run.digest() == alone[0].run.digest()


@pytest.mark.parametrize("name, terms", [("raft!votes-for-anybody", 3), ("raft", 2)])
@pytest.mark.parametrize("walks", [1, 40, 70])
def test_an_executor_shares_out_walks_and_changes_nothing(name, terms, walks):
    options = {"by": "walks", "terms": terms, "walks": walks, "steps": 30, "requests": 1,
               "sometimes": {"S1 leads": s1_leads, "two lead": two_lead}}  # fmt: skip
    alone = explore(cluster(name), **options)
    for workers in (1, 2):
        with ProcessPoolExecutor(workers) as executor:
            spread = explore(cluster(name), executor=executor, **options)
        assert repr(spread) == repr(alone) and spread.transitions == alone.transitions
        assert spread.actions == alone.actions and spread.sometimes == alone.sometimes
    with pytest.raises(rl.Impossible, match="on an executor and is gone"):
        spread.more()


def test_walks_that_are_shared_out_are_not_counted_together():
    with ThreadPoolExecutor(2) as executor, pytest.raises(rl.Impossible, match="raise states"):
        explore("raft", by="walks", executor=executor, states=100)


@pytest.mark.parametrize("options, says", [
    ({"by": "magic"}, "by rounds, messages, walks, not by 'magic'"),
    ({"terms": 0}, "terms is the highest term"),
    ({"requests": -1}, "requests is a number or a list of commands"),
    ({"crashes": 1.5}, "crashes is how many"),
    ({"late": {"AppendEntries"}}, "late is a number or a list of kinds"),
    ({"late": ["AppendEntry"]}, "nobody sends; did you mean 'AppendEntries'. There are RequestV"),
    ({"disk": True}, "without crashes there is none; crashes=1 allows one"),
    ({"disk": 2, "crashes": 1}, "True or False, not 2"),
    ({"disk": "S1", "crashes": 1}, "True or False, not 'S1'"),
    ({"executor": 4}, r"an executor is an open one, such as ProcessPoolExecutor\(\), not 4"),
    ({"acts": ["S9"]}, "acts names 'S9', which does not exist"),
    ({"late": 1, "by": "messages"}, "late messages are bounded in a search by rounds"),
    ({"against": "goodness"}, "no property 'goodness'; there are election_safety"),
    ({"symmetry": True, "by": "walks"}, "a random walk does not look at all states"),
    ({"executor": ThreadPoolExecutor()}, "runs on one core; an executor is for walks"),
])  # fmt: skip
def test_a_search_that_cannot_be_is_refused_in_a_sentence(options, says):
    with pytest.raises(rl.Impossible, match=says):
        explore("raft", **options)


def test_late_kinds_are_those_that_somebody_sends_if_that_is_known():
    options = {"depth": 0, "requests": 0, "terms": None, "late": ["ClientRequest"]}
    with pytest.raises(rl.Impossible, match="'ClientRequest', a kind of message that nobody sends"):
        explore("raft", **options)
    assert explore(rl.cluster("raft", servers=3, clients=1), **options).bounds.late == 1
    assert explore(rl.cluster(Trips, servers=2), **options).bounds.late == 1  # nobody knows


def test_a_list_needs_an_open_executor():
    with pytest.raises(rl.Impossible, match="an executor is an open one"):
        explore(["raft", "raft"], executor=4)


def test_symmetry_asked_for_where_it_cannot_be_is_refused():
    with pytest.raises(rl.Impossible, match="Trips does not say that it is symmetric"):
        explore(rl.cluster(Trips, servers=2), symmetry=True)
    with pytest.raises(rl.Impossible, match="a history has its servers already"):
        explore(cluster(), servers=3)


def test_paused_servers_and_cut_links_stay_so_during_the_search():
    run = cluster()
    run.pause("S3")
    run.cut("S1", "S2")
    engine = SetEngine(run.state, run.steps[-1].known, checks_explore.Bounds(terms=1), ())
    done = {str(engine.actions(*happened)[0]) for happened, _ in engine.successors(engine.start)}
    assert not [action for action in done if "S3" in action]
    found = explore(run, terms=1, until=lambda state: state.observe("S1").role == "leader")
    assert not found.reached and found.ok is True
    run.resume("S3")
    run.unsync("S3")
    with pytest.raises(rl.Impossible, match="S3's disk lies; sync it"):
        explore(run)

"""E27: a deposed leader is asked for x, which it last knew as 1 and which is 2 by now.

A read is stale if it misses something that was answered before it was asked. Each way of reading
meets the fault that it is made for, and the ones that it is not; every rule of ReadIndex and of
leases is broken once, and then the same story has the wrong end (dissertation §6.4).
"""

import pytest
from hand import THREE, mutant, with_leader

import raftlab as rl
from raftlab.core import NotLeader
from raftlab.protocols.raft_reads import lease_of
from raftlab.sim import WEIGHTS, random_walk

GET = ("get", "x")


# -- E27: a deposed leader is asked -------------------------------------------------------

QUICK = {"latency": 5, "jitter": 0}  # so that an election and a write fit into one lease


def wrote_one(parts, seed=2, **dials):
    """Three servers of which all know x = 1: (the run, the leader, the others)."""
    kind = parts if isinstance(parts, type) else f"raft+{parts}"
    run = with_leader(kind, seed=seed, servers=3, **{**QUICK, **dials})
    run.run(30)
    run.request(("set", "x", 1))
    run.run(120)
    first = run.leader
    return run, first, [id for id in THREE if id != first]


def write_two(run, others):
    """Let one of the others be elected and write x = 2 there."""
    run.until(lambda run: run.leader in others)
    run.request(("set", "x", 2))
    run.until(lambda run: run.operations()[-1].status == "ok")


def ask(run, id, ms=40):
    """What the client hears that asks `id` for x, within `ms`; None is no answer."""
    run.request(GET, to=id)
    run.run(ms)
    assert not run.verdicts
    return run.operations()[-1].result


def after_a_partition(parts):
    run, first, others = wrote_one(parts)
    run.partition([first])
    write_two(run, others)
    assert run[first].role == "leader" and run[run.leader].machine.data == {"x": 2}
    return run, first


def test_a_deposed_leader_that_asks_nobody_gives_an_old_answer():
    """E27, §6.4: x was 2 before the read was asked for; the answer is 1."""
    run, first = after_a_partition("local-reads")
    assert ask(run, first) == 1
    write, stale = run.operations()[-2:]
    assert (write.result, stale.result) == (2, 1) and write.completed_at <= stale.invoked_at


def test_a_deposed_leader_that_must_ask_gives_no_answer_and_then_a_refusal():
    """E27, §6.4: it cannot find a majority; when it hears of the new leader it refuses."""
    run, first = after_a_partition("read-index")
    assert ask(run, first, 200) is None
    run.heal()
    run.run(100)
    assert run.operations()[-1].result == NotLeader(None)
    assert ask(run, run.leader) == 2


def test_with_check_quorum_the_refusal_needs_no_healing():
    """§6.2: so that the client asks elsewhere."""
    run, first, others = wrote_one("read-index+check-quorum")
    run.partition([first])
    assert ask(run, first, 320) == NotLeader(None)


def test_a_lease_bridges_a_partition_while_nobody_else_can_lead():
    """E27, §6.4.1: first it answers alone, rightly; then the lease is over and it does not."""
    run, first, others = wrote_one("lease-reads")
    run.partition([first])
    assert run[first].holds_lease() and ask(run, first) == 1
    write_two(run, others)
    assert not run[first].holds_lease() and ask(run, first) is None


def test_a_follower_answers_what_it_has_even_while_a_leader_is_well():
    """§6.4: no deposed leader is needed to read the past."""
    run, first, others = wrote_one("follower-reads")
    run.cut(first, others[0])
    run.request(("set", "x", 2), to=first)
    run.run(20)
    assert run.operations()[-1].result == 2
    assert (ask(run, others[0], 0), ask(run, first, 0)) == (1, 2)


# -- What may go wrong with ReadIndex -----------------------------------------------------


class AsksNobody:
    """Takes its own word for a majority's."""

    def is_confirmed(self):
        return True


class WaitsForNoEntry:
    """Reads at its commit index as soon as it is elected."""

    def knows_what_is_committed(self):
        return True


def test_a_read_index_without_the_round_is_found_out():
    run, first, others = wrote_one(mutant(AsksNobody, "read-index"))
    run.partition([first])
    write_two(run, others)
    assert ask(run, first) == 1


@pytest.mark.parametrize("mixin, found", [(WaitsForNoEntry, 1), (None, None)])
def test_a_read_index_without_the_own_entry_is_found_out(mixin, found):
    """§6.4, step 1: x = 2 was answered, but the new leader does not know yet that it may."""
    run, first, others = wrote_one(mutant(mixin, "read-index") if mixin else "read-index")
    run.request(("set", "x", 2))
    run.until(lambda run: run.operations()[-1].status == "ok")
    run.partition([first])
    run.until(lambda run: run.leader in others)
    new, last = run.leader, next(id for id in others if id != run.leader)
    run.delay("AppendEntries", new, last, 200)  # its no-op, and with it all it would learn
    assert ask(run, new) == found
    if not mixin:
        run.run(300)
        assert run.operations()[-1].result == 2


# -- What may go wrong with a lease -------------------------------------------------------

# Followers that wait hardly longer than they must: in one run or the other a new leader comes soon.
SOON = {"election_timeout": (150, 200)}
SEEDS = range(1, 7)


class CountsFromTheAnswers:
    """Lets the time of the lease begin when the answers have come."""

    def end_round(self):
        if self.offered is not None:
            self.set_timer(lease_of(self.offered), self.lease_time())
        super().end_round()


class AnswersAtOnce:
    """Trusts that its timers have run out when their time was over."""

    def serve(self):
        self.serve_now()


class ForgetsThePromise:
    """Helps to elect anybody once it has restarted."""

    def start(self):
        super().start()
        self.heard_leader = False


class KeepsItsLease:
    """Goes on with leases in the term in which it has told another to stand."""

    def holds_lease(self):
        return self.lease is not None


def slow_answers(run, first, others):
    """The answers to a round take 100 ms; nothing else of the leader comes through any more."""
    run.until(lambda run: run[first].confirmed_by and len(run[first].confirmed_by) == 1)
    run.run(5.1)
    for other in others:
        run.delay("ConfirmLeaderReply", other, first, 100)
        run.cut(first, other)
    run.run(110)
    assert run[first].holds_lease()
    run.partition([first])
    write_two(run, others)


def stands_still(run, first, others):
    """The leader's process is stopped, by a garbage collector say, until another leads."""
    run.pause(first)
    write_two(run, others)
    run.resume(first)


def restarts(run, first, others):
    """One follower no longer hears the leader; the other crashes before it is asked to vote."""
    voter, candidate = others
    run.cut(first, candidate)
    run.cut(candidate, first)
    run.until(lambda run: run[candidate].role == "candidate")
    run.crash(voter)
    run.restart(voter)
    run.partition([first])
    write_two(run, others)


def a_late_word(run, first, others):
    """A word to stand arrives after the transfer was given up."""
    target = others[0]
    run.request(("transfer", target))
    run.delay("TimeoutNow", first, target, 300)
    while run[first].transfer_to is not None:
        run.step()
        flying = [e for e in run.state.network if type(e.message).__name__ == "TimeoutNow"]
        for _ in flying[:-1]:  # it is repeated with every answer, but only the late one arrives
            run.drop("TimeoutNow", first, target)
    run.run(55)
    run.deliver("TimeoutNow", first, target)
    run.partition([first])
    write_two(run, others)


@pytest.mark.parametrize("mixin, parts, happens", [
    (CountsFromTheAnswers, ("lease-reads",), slow_answers),
    (AnswersAtOnce, ("lease-reads",), stands_still),
    (ForgetsThePromise, ("lease-reads",), restarts),
    (KeepsItsLease, ("lease-reads", "transfer"), a_late_word),
])  # fmt: skip
def test_each_rule_of_a_lease_saves_a_read(mixin, parts, happens):
    """§6.4.1: broken, the deposed leader answers 1; unbroken, it has no answer for a client."""

    def told(kind, seed):
        run, first, others = wrote_one(kind, seed, **SOON)
        happens(run, first, others)
        return ask(run, first)

    assert 1 in [told(mutant(mixin, *parts), seed) for seed in SEEDS]
    assert {told("+".join(parts), seed) for seed in SEEDS} <= {None, NotLeader(None)}


def drifted(slow, fast, seed, **dials):
    """What a deposed leader with a lease answers whose clock is slow, or the others' fast."""
    run, first, others = wrote_one("lease-reads", seed, **SOON, **dials)
    run.drift(first, slow)
    for other in others:
        run.drift(other, fast)
    run.run(300)
    assert run.leader == first and run[first].holds_lease()
    run.partition([first])
    write_two(run, others)
    return ask(run, first)


@pytest.mark.parametrize("slow, fast", [(1, 1), (1 / 1.1, 1), (1, 1.1), (2, 2.2)])
def test_a_lease_is_good_while_clocks_keep_to_the_bound(slow, fast):
    """E27, §6.4.1: by default no clock may run more than 1.1 times as fast as another."""
    assert [drifted(slow, fast, seed) for seed in SEEDS] == [None] * len(SEEDS)


@pytest.mark.parametrize("slow, fast", [(0.5, 1), (1, 2), (0.75, 1.4)])
def test_beyond_the_bound_a_lease_outlives_the_promise_it_rests_on(slow, fast):
    """E27, §6.4.1: then a read can be as old as it likes, and nobody notices."""
    assert 1 in [drifted(slow, fast, seed) for seed in SEEDS]


def test_a_wider_bound_makes_the_same_clocks_safe():
    """§6.4.1: at the price of a shorter lease."""
    assert {drifted(0.5, 1, seed, clock_drift_bound=2) for seed in SEEDS} == {None}


# -- By chance ----------------------------------------------------------------------------

WAYS = ("local-reads", "follower-reads", "read-index", "lease-reads")
ELECTIONS = ("pre-vote", "check-quorum", "sticky-leader", "transfer")
EVERYTHING = (*ELECTIONS, "snapshots", "joint-consensus", "learners")


@pytest.mark.parametrize("servers", [3, 5, 7])
@pytest.mark.parametrize("others", [(), ELECTIONS, EVERYTHING],
                         ids=["alone", "with elections", "with everything"])  # fmt: skip
@pytest.mark.parametrize("way", WAYS)
def test_no_property_breaks_in_a_random_walk(way, others, servers):
    """5,000 steps of everything that can go wrong; nothing that the log promises depends on
    reads."""
    kind = "+".join(("raft", way, *others))
    run = rl.cluster(kind, servers=servers, seed=servers, loss=0.03, duplicate=0.03)
    for part in range(25):
        command = (("add", "x", 1), GET, ("transfer", "S2"), ("members", ("S1", "S2")),
                   GET, ("members", ("S1", "S2", "S3")))[part % 6]  # fmt: skip
        random_walk(run, 200, seed=servers, command=command)
    assert len(run) == 5000 and run.verdicts == ()
    if servers == 3:
        assert all(run.why(at) for at in range(len(run) + 1))  # every decision has its words
    asked = [op for op in run.operations() if op.call == GET]
    assert any(op.status == "ok" for op in asked)


def stale(run):
    """The reads of a counter that missed an addition or a value that was known before them."""
    done = [op for op in run.operations() if op.status == "ok"]
    return [
        op for op in done
        if op.call == GET
        and any(o.completed_at < op.invoked_at and o.result > (op.result or 0)
                for o in done if o.result is not None)
    ]  # fmt: skip


def walked(way, seed, steps=2500):
    """A walk of additions and reads. No timer runs out before its time, except by chance of the
    network: a lease is only as good as the clocks."""
    weights = {kind: often for kind, often in WEIGHTS.items() if kind != "Fire"}
    run = rl.cluster(f"raft+{way}", servers=3, seed=seed, loss=0.02)
    while len(run) < steps:
        for command in (("add", "x", 1), GET):
            random_walk(run, 10, seed, weights={**weights, "Partition": 4}, command=command)
    return run


@pytest.mark.parametrize("way", ["read-index", "lease-reads"])
def test_no_read_of_a_random_walk_is_stale(way):
    """§6.4: with every fault there is, and pauses among them."""
    answered = 0
    for seed in range(10):
        run = walked(way, seed)
        assert not stale(run)
        answered += sum(op.call == GET and op.status == "ok" for op in run.operations())
    assert answered > 50


@pytest.mark.parametrize("way", ["local-reads", "follower-reads"])
def test_the_same_walks_find_stale_reads_where_nobody_asks(way):
    assert any(stale(walked(way, seed)) for seed in range(20))

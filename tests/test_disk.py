"""The disk as a fault domain: what is written in which order, and crashes between two writes.

What a server has promised must be on disk before anybody hears of it (Figure 2). A crash at any
moment keeps that promise. For a disk that does not, see `test_lying_disk.py`.
"""

import json

import pytest
from hand import carry, elect, lose_all, reboot, started

import raftlab as rl
from raftlab.core import CrashDuring, Deliver, Fire, Impossible, Node
from raftlab.protocols import protocol
from raftlab.protocols.composed import _write_order
from raftlab.protocols.raft import Raft
from raftlab.sim import DOWN, UP, WEIGHTS, crashes_during, random_walk

TOGETHER = ("current_term", "voted_for")


class Notebook(Node):
    """Three fields on disk, each written by itself; pages are added to in place."""

    persistent = ("title", "pages", "count")
    writes = (("count",), ("pages",))
    title = "blank"
    pages = []
    count = 0

    def start(self):
        self.title = f"opened {self.count}"
        self.set_timer("nap", 50)

    def on_request(self, request):
        self.count += 1
        self.pages.append(request.command)
        self.broadcast(("page", request.command))
        self.respond(request, "noted")

    def on_message(self, src, message):
        self.pages.append(message[1])

    def on_timer(self, name):
        self.title = "slept"
        self.pages.append("nap")
        self.set_timer("nap", 50)


def notebooks(**more):
    return rl.cluster(Notebook, servers=2, seed=1, **more)


def on_disk(run, id):
    node = run[id]
    return node.title, node.pages, node.count


# -- what is written, and in which order --------------------------------------------------


def test_raft_writes_term_and_vote_in_one_and_the_log_after_them():
    assert Raft.write_groups() == (TOGETHER, ("log",))


def test_what_no_group_names_is_written_last_and_all_at_once_by_default():
    assert Notebook.write_groups() == (("count",), ("pages",), ("title",))

    class Plain(Notebook):
        writes = ()

    assert Plain.write_groups() == (("title", "pages", "count"),)
    assert Node.write_groups() == ()


def test_what_a_break_keeps_in_memory_is_not_written():
    assert protocol("raft!forgets-its-vote").write_groups() == (("current_term",), ("log",))
    assert protocol("raft!forgets-its-term").write_groups() == (("log",),)


@pytest.mark.parametrize("groups, says", [
    ((("count",), ("color",)), "writes 'color' but declares no such field; declared are title"),
    ((("count",), ("pages", "count")), "writes 'count' twice; a field is in one group"),
    (("count", "pages"), "must be groups of fields"),
])  # fmt: skip
def test_writes_that_mean_nothing_are_refused_when_the_class_is_made(groups, says):
    with pytest.raises(TypeError, match=says):
        type("Wrong", (Notebook,), {"writes": groups})


class Part:
    def __init__(self, *writes):
        self.writes = writes


@pytest.mark.parametrize("parts, order", [
    ([], (TOGETHER, ("log",))),
    ([Part()], (TOGETHER, ("log",))),
    ([Part(("a",), ("log",))], (TOGETHER, ("a",), ("log",))),
    ([Part(("a",))], (TOGETHER, ("log",), ("a",))),
    ([Part(("a",), ("b",), ("log",))], (TOGETHER, ("a",), ("b",), ("log",))),
    ([Part(("a",), ("log",), ("b",))], (TOGETHER, ("a",), ("log",), ("b",))),
    ([Part(("a",), TOGETHER, ("b",), ("log",))], (("a",), TOGETHER, ("b",), ("log",))),
    ([Part(("a",), ("log",)), Part(("b",), ("a",))], (TOGETHER, ("b",), ("a",), ("log",))),
    ([Part(("a",), ("log",)), Part(("a",))], (TOGETHER, ("a",), ("log",))),
])  # fmt: skip
def test_a_part_puts_its_groups_before_those_it_names(parts, order):
    assert _write_order(Raft.writes, parts) == order


def test_a_snapshot_is_written_before_the_log_whose_beginning_it_replaces():
    """§7. Also when a break parts what it does not know of."""
    assert protocol("raft+snapshots").write_groups() == (TOGETHER, ("snapshot",), ("log",))
    broken = protocol("raft+snapshots!writes-vote-and-term-apart")
    assert broken.write_groups() == (("voted_for",), ("current_term",), ("snapshot",), ("log",))


# -- a crash in the middle of something ---------------------------------------------------


def test_a_crash_before_the_first_write_leaves_the_disk_as_it_was_and_sends_nothing():
    run = started()
    message = run.state.network[0]
    run.crash_during("deliver", "RequestVote", "S1", message.dst, written=0)
    host = run.state.host(message.dst)
    assert (host.mode, host.timers, run.now) == (DOWN, (), message.deliver_at)
    assert (host.node.current_term, host.node.voted_for) == (0, None)
    assert len(run.state.network) == 1 and message not in run.state.network
    run.restart(message.dst)
    run.run(1000)
    assert run.leader and not run.verdicts


def test_a_crash_between_two_writes_leaves_a_beginning():
    """A follower that hears of term 1 by its first entries writes the term, then the entries."""
    run = rl.cluster("raft", servers=3, seed=1)
    elect(run, "S1", "S2")
    run.drop("RequestVote", "S1", "S3")
    run.crash_during("deliver", "AppendEntries", "S1", "S3")
    assert (run["S3"].current_term, run["S3"].log.last_index) == (1, 0)
    assert run.why() == (
        "S3 crashes between two writes: current_term and voted_for are on its disk, log is as "
        "before; it has sent nothing",
    )


@pytest.mark.parametrize("act, written, disk", [
    (("request", "x", "S1"), 0, ("opened 0", [], 0)),
    (("request", "x", "S1"), 1, ("opened 0", [], 1)),
    (("fire", "S1", "nap"), 0, ("opened 0", [], 0)),
    (("fire", "S1", "nap"), 1, ("opened 0", ["nap"], 0)),
])  # fmt: skip
def test_only_the_groups_that_change_count(act, written, disk):
    """A request writes count and pages, the timer pages and title; neither writes all three."""
    run = notebooks()
    run.crash_during(*act, written=written)
    assert on_disk(run, "S1") == disk
    assert run.state.host("S1").mode == DOWN and run.state.network == ()
    with pytest.raises(Impossible, match="0 or 1 of these can be on disk when it crashes, not 2"):
        notebooks().crash_during(*act, written=2)


def test_a_crash_can_come_in_the_middle_of_starting_again():
    run = notebooks()
    run.request("x", to="S1")
    run.crash("S1")
    run.crash_during("restart", "S1", written=0)
    assert on_disk(run, "S1") == ("opened 0", ["x"], 1) and run.state.host("S1").mode == DOWN
    run.restart("S1")
    assert on_disk(run, "S1") == ("opened 1", ["x"], 1) and run.state.host("S1").mode == UP


def test_unless_said_otherwise_all_but_the_last_group_is_on_disk():
    run = notebooks()
    assert run.crash_during("request", "x", to="S1").action.written == 1
    run.fire("S2", "nap")  # from now on its title stays as it is
    assert run.crash_during(Fire("S2", "nap")).action == CrashDuring(Fire("S2", "nap"), 0)


def test_every_point_at_which_a_server_can_crash_is_listed():
    run = started()
    vote = run.state.network[0]
    ask = Deliver("S1", vote.dst, vote.message)
    assert crashes_during(run.state, ask) == (CrashDuring(ask, 0),)
    nap = Fire("S1", "nap")
    assert crashes_during(notebooks().state, nap) == (CrashDuring(nap, 0), CrashDuring(nap, 1))
    run = rl.cluster("raft", servers=3, seed=1)
    elect(run, "S1", "S2")
    carry(run, "S1", "S2")
    run.fire("S1", "heartbeat")
    beat = next(e for e in run.state.network if e.dst == "S2")
    assert crashes_during(run.state, Deliver("S1", "S2", beat.message)) == ()


def test_a_request_during_which_the_server_crashes_may_or_may_not_have_happened():
    run = notebooks(clients=1)
    run.crash_during("request", "x", to="S1", client="me", serial=1)
    (op,) = run.operations()
    assert (op.client, op.status, op.completed_at) == ("me", "unknown", None)


def test_an_object_that_does_not_say_when_it_is_equal_is_compared_by_what_it_holds():
    class Box:
        def __init__(self):
            self.held = []

    class Holder(Node):
        persistent = ("box", "count")
        writes = (("box",), ("count",))
        box = Box()
        count = 0

        def on_request(self, request):
            self.count += 1

    run = rl.cluster(Holder, servers=1)
    ask = run.request("x").action
    assert crashes_during(run.state, ask) == (CrashDuring(ask, 0),)


def test_a_crash_in_the_middle_is_undone_repeated_and_saved_like_any_action():
    run = notebooks()
    run.request("x", to="S1")
    step = run.crash_during("deliver", "page", "S1", "S2", written=0)
    digest = run.digest()
    run.undo()
    assert run.state.host("S2").mode == UP
    assert run.take(step.action) is step and len(run.branches) == 1
    run.undo()
    run.crash("S2")
    assert len(run.branches) == 2
    run.goto(2, "main")
    assert run.digest() == digest
    back = rl.load(run.dump(), protocol=Notebook)
    assert back.digest() == digest and back.dump() == run.dump()
    assert back.steps[2].action == step.action


@pytest.mark.parametrize("kind", ["raft", Notebook])
def test_a_walk_with_everything_there_is_comes_back_from_its_file(kind):
    run = rl.cluster(kind, servers=3, seed=2, loss=0.05, clients=1)
    random_walk(run, 800, 2, {name: weight or 8 for name, weight in WEIGHTS.items()})
    done = {type(step.action).__name__ for step in run.steps}
    assert {"CrashDuring", "Unsync", "Sync", "Wipe", "Drift"} <= done
    back = rl.load(run.dump(), protocol=kind)
    assert back.digest() == run.digest() and back.dump() == run.dump()
    assert [s.action for s in back.steps] == [s.action for s in run.steps]


@pytest.mark.parametrize("change, says", [
    (lambda crash: crash.__setitem__(1, ["Nap", "S1"]), "'Nap' is not an action"),
    (lambda crash: crash.__setitem__(1, ["Crash", "S2"]), "in the middle of a Deliver"),
    (lambda crash: crash.__setitem__(1, "Crash"), "."),
    (lambda crash: crash.__setitem__(2, 5), "can be on disk when it crashes, not 5"),
    (lambda crash: crash.pop(), "CrashDuring takes action, written"),
])  # fmt: skip
def test_a_file_that_holds_an_impossible_crash_is_refused(change, says):
    run = notebooks()
    run.request("x", to="S1")
    run.crash_during("deliver", "page", "S1", "S2")
    found = json.loads(run.dump())
    change(found["branches"][0]["steps"][-1])
    with pytest.raises(Impossible, match=says):
        rl.load(json.dumps(found), protocol=Notebook)


@pytest.mark.parametrize("verb", ["crash", "pause", "wipe", "heal", "explode"])
def test_only_what_a_node_does_can_be_crashed_in(verb):
    with pytest.raises(Impossible, match="deliver, fire, request or restart, not of"):
        started().crash_during(verb, "S1")


# -- Raft under crashes between its writes ------------------------------------------------


def two_leaders_if_a_vote_is_lost(run):
    """S1 leads term 2 with S2 and S3; S5 stands in term 2 and has S4. S4, in term 3 and without
    the entry that S2 has, asks S2, which refuses it and forgets its vote."""
    elect(run, "S1", "S3", "S5", "S2")
    lose_all(run)
    reboot(run, "S1")
    run.fire("S1")
    for voter in ("S2", "S3"):
        run.deliver("RequestVote", "S1", voter)
        run.deliver("RequestVoteReply", voter, "S1")
    run.fire("S5")
    run.deliver("RequestVote", "S5", "S4")
    run.deliver("RequestVoteReply", "S4", "S5")
    run.fire("S4")
    run.crash_during("deliver", "RequestVote", "S4", "S2")
    run.restart("S2")
    run.deliver("RequestVote", "S5", "S2")
    run.deliver("RequestVoteReply", "S2", "S5")


def raft_that_writes(*groups):
    return type("Other", (Raft,), {"replaces_values": True, "writes": groups})


def test_a_vote_on_disk_before_its_term_makes_two_leaders():
    """hashicorp/raft#661, the plain protocol: a follower forgets whom it has elected."""
    run = rl.cluster(raft_that_writes(("voted_for",), ("current_term",)), servers=5, seed=1)
    two_leaders_if_a_vote_is_lost(run)
    assert (run["S2"].current_term, run["S2"].voted_for) == (2, "S5")
    assert "election_safety" in [verdict.name for verdict in run.verdicts]


@pytest.mark.parametrize("groups, disk", [
    ((TOGETHER, ("log",)), (2, "S1")),
    ((("current_term",), ("voted_for",), ("log",)), (3, "S1")),
])  # fmt: skip
def test_both_at_once_or_the_term_first_elect_one_leader(groups, disk):
    """A new term with an old vote serves but one candidate, so nobody is elected beside it."""
    run = rl.cluster(raft_that_writes(*groups), servers=5, seed=1)
    two_leaders_if_a_vote_is_lost(run)
    assert (run["S2"].current_term, run["S2"].voted_for) == disk
    assert run.verdicts == ()


def walked(kind, servers, seed, steps, **weights):
    run = rl.cluster(kind, servers=servers, seed=seed, loss=0.03, duplicate=0.03)
    while len(run) < steps and not run.verdicts:
        random_walk(run, min(200, steps - len(run)), seed, {**WEIGHTS, **weights})
    return run


# Crashes between writes often, and up again soon, so that the cluster gets somewhere.
_TORN = {"CrashDuring": 40, "Restart": 200, "Request": 100}


@pytest.mark.parametrize("servers", [3, 5])
def test_no_property_breaks_when_servers_crash_between_their_writes(servers):
    """30,000 steps on three servers and as many on five."""
    crashes, committed = [0, 0], 0
    for seed in range(12):
        run = walked("raft", servers, seed, 2500, **_TORN)
        assert not run.verdicts, f"servers={servers} seed={seed}: {run.verdicts[0]}"
        for step in run.steps:
            if type(step.action) is CrashDuring:
                crashes[step.action.written] += 1
        committed += max(run.state.observe(id).commit_index for id in run.state.config.servers)
    assert crashes[0] > 800 and crashes[1] > 5 and committed > 400


@pytest.mark.parametrize("servers", [3, 5])
def test_the_term_may_be_written_before_the_vote(servers):
    kind = raft_that_writes(("current_term",), ("voted_for",), ("log",))
    torn = 0
    for seed in range(6):
        run = walked(kind, servers, seed, 2500, **_TORN)
        assert not run.verdicts, f"servers={servers} seed={seed}: {run.verdicts[0]}"
        torn += sum(type(s.action) is CrashDuring and s.action.written > 0 for s in run.steps)
    assert torn > 50


@pytest.mark.parametrize("servers", [3, 5])
def test_the_same_walk_finds_the_vote_that_is_written_before_its_term(servers):
    run = walked("raft!writes-vote-and-term-apart", servers, 0, 2500, **_TORN)
    assert "vote_never_changes" in [verdict.name for verdict in run.verdicts]

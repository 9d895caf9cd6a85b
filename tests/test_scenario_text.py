"""Any history as a scenario's text: playing it gives the same history, byte for byte."""

import pytest

import raftlab as rl
from raftlab.core import Deliver, Impossible, Request
from raftlab.golden import Gossip
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_messages import RequestVote
from raftlab.scenarios import find, played, text_of
from raftlab.sim import random_walk
from raftlab.sim.scenario import difference, read
from raftlab.sim.schedule import WEIGHTS

FAILING = {**WEIGHTS, "CrashDuring": 30, "Unsync": 10, "Sync": 10, "Wipe": 5, "Drift": 10}


def again(run, protocol=None, **how):
    """`run`, written and played."""
    text = text_of(run, **how)
    twin = rl.scenario(text, at="end", protocol=protocol)
    assert twin.digest() == run.digest()
    assert len(twin) == run.position
    return text


@pytest.mark.parametrize("fold", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_a_random_walk_comes_back_the_same(seed, fold):
    run = rl.cluster(
        "raft", servers=3 + seed % 3, seed=seed * 7919 - 5, clients=seed % 3, loss=0.05,
        duplicate=0.05,
    )  # fmt: skip
    random_walk(run, 250, seed=seed)
    again(run, fold=fold)


@pytest.mark.parametrize("seed", range(5))
def test_so_does_a_walk_with_failing_disks_and_clocks(seed):
    run = rl.cluster("raft+snapshots", servers=3, seed=seed, snapshot_after=3)
    random_walk(run, 400, seed=seed, weights=FAILING)
    again(run)


def test_so_does_a_learners_own_node_with_the_class_at_hand():
    run = rl.cluster(Gossip, servers=4, seed=3)
    run.request("it's; a 'secret'", to="S1")
    random_walk(run, 200, seed=3, command="news")
    text = again(run, Gossip)
    assert "cluster Gossip servers=4 seed=3" in text and "deliver rumours" in text


def test_servers_built_by_hand_are_written_field_by_field():
    log = [(1, None), (1, ("set", "x", 5)), (2, ("del", "y")), (2, ("cas", "x", 5, 6)), (3, "odd")]
    nodes = [
        Raft("S1", ["S1", "S2"], current_term=3, log=log, role="leader", voted_for="S1",
             commit_index=2, next_index={"S2": 4}, match_index={"S2": 1}),
        Raft("S2", ["S1", "S2"], current_term=3, log=log[:1], votes_granted=frozenset(["S2"])),
    ]  # fmt: skip
    run = rl.cluster(servers=nodes, seed=9, election_timeout=(200, 400), loss=1e-05)
    run.run(300)
    text = again(run)
    assert "cluster raft servers=2 seed=9 election_timeout=200..400 loss=1e-05" in text
    assert "server S1 term=3" in text and "log=1,1:x=5,2:(del y),2:x:5->6" not in text
    named = [
        Raft(id, ["left", "right"], current_term=at) for at, id in enumerate(("left", "right"))
    ]
    assert "servers=left,right" in again(rl.cluster(servers=named))


def test_a_log_of_plain_commands_is_written_in_short():
    log = [(1, None), (1, ("set", "x", 5)), (2, ("del", "y")), (2, ("cas", "x", 5, 6))]
    log += [(2, ("add", "x", 1))] * 9 + [(3, ("members", ("S1", "S2")))]
    run = rl.cluster(servers=[Raft("S1", ["S1"], current_term=3, log=log)])
    assert "log=1,1:x=5,2:(del y),2:x:5->6,2:x+=1×9,3:{S1 S2}" in again(run)


def test_of_several_messages_of_a_kind_on_a_link_each_has_its_number():
    run = rl.cluster("raft", servers=3, seed=1)
    run.fire("S1")
    assert "deliver RequestVote S1->S2\n" in text_of_after(run, "deliver", "RequestVote", 0)
    run.fire("S1")
    for nth in (1, 0):
        assert f"deliver RequestVote S1->S2 #{nth + 1}\n" in text_of_after(
            run, "deliver", "RequestVote", nth
        )


def text_of_after(run, verb, kind, nth):
    position = run.position
    getattr(run, verb)(kind, "S1", "S2", nth)
    text = again(run)
    run.goto(position)
    return text


def test_requests_keep_their_names_and_commands():
    run = rl.cluster("raft", servers=3, seed=1, clients=1)
    run.fire("S1")
    run.step(4)
    for command in (("set", "x", "at home; as ever"), ("get", "x"), "hello", 5, None, ["a", 1],
                    ("set", "x", "don't"), ("set", "x", "(")):  # fmt: skip
        run.request(command, to="S1")
    run.request(("add", "x", 1), to="S1", client="C9", serial=4)
    run.take(Request("S1", ("get", "x"), None, 77))
    text = again(run)
    assert "request x? at S1\n" in text and "request 'hello' at S1\n" in text
    assert "request x+=1 at S1 as C9#4" in text and "request x? at S1 as #77" in text


def test_only_the_present_branch_up_to_the_cursor_is_written():
    run = rl.cluster("raft", servers=3, seed=1)
    run.run(400)
    run.goto(5)
    run.crash("S2")
    run.step(9)
    run.undo(2)
    assert text_of(run).count("crash S2") == 1
    again(run)


def test_what_happened_by_itself_is_folded_only_when_asked():
    run = rl.cluster("raft", servers=3, seed=1)
    run.run(300)
    assert "step " not in text_of(run)
    assert "step " in text_of(run, fold=True) and "deliver " not in text_of(run, fold=True)


def test_each_change_of_a_server_ends_a_block():
    found = read(text_of(rl.scenario("split-vote", at="end")))
    assert [block.verbs[0][1] for block in found.blocks[1:4]] == [
        "fire S1", "fire S2", "deliver RequestVote S1->S3",
    ]  # fmt: skip
    assert difference(found, played(found)) == ""


def test_a_written_scenario_can_be_saved_and_found(tmp_path):
    path = tmp_path / "shared.txt"
    path.write_text(text_of(rl.scenario("figure-8", at="end"), "What I\n found."), "utf-8")
    assert find(path).title == "What I found."


@pytest.mark.parametrize("action, says", [
    (Request("S1", {"a": object()}, None, 1), "the command .* cannot be written"),
    (Request("S1", ("get", "x"), "C 1", 1), "cannot be written into a scenario"),
])  # fmt: skip
def test_what_cannot_be_written_is_refused(action, says):
    run = rl.cluster("raft", servers=1, seed=1)
    run.take(action)
    with pytest.raises(Impossible, match=says):
        text_of(run)


def test_an_action_that_only_looks_alike_is_refused():
    """1 and True are equal, and not the same in a digest."""
    run = rl.cluster("raft", servers=3, seed=1)
    run.fire("S1")
    run.take(Deliver("S1", "S2", RequestVote(True, "S1", 0, 0)))
    with pytest.raises(Impossible, match="cannot be written into a scenario"):
        text_of(run)


def test_nodes_that_hold_more_than_plain_values_are_refused():
    class Odd(rl.Node):
        thing = None

    run = rl.cluster(servers=[Odd("S1", ["S1"], thing=object())])
    with pytest.raises(Impossible, match="more than plain values"):
        text_of(run)

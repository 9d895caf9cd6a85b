"""Where two runs part, names of branches, and the replay of a run on another cluster."""

import json

import pytest

import raftlab as rl
from raftlab.core import Crash, Impossible, Restart
from raftlab.sim import random_walk
from raftlab.sim.compare import compare, replay


def compare_end(run):
    """Every property that is broken at the end of a run."""
    return run.steps[-1].known.broken


def walked(seed, count=150, servers=3):
    run = rl.cluster("raft", servers=servers, seed=seed)
    random_walk(run, count, seed)
    return run


class Silent(rl.Node):
    """A learner's first node: no role, no term, no log; it elects nobody."""

    def start(self):
        self.set_timer("election", 150, 300)

    def on_timer(self, name):
        self.broadcast(("vote?", self.id))


# -- where two runs part ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_equal_runs_do_not_differ(seed):
    found = compare(walked(seed), walked(seed))
    assert found.at is None and found.why.startswith("No difference") and found.servers == {}
    assert found.pairs[-1] == (150, 150)


@pytest.mark.parametrize("seed", range(8))
def test_a_run_and_its_own_fork_part_exactly_at_the_fork(seed):
    run = walked(seed)
    at = 15 * seed + 7
    run.goto(at)
    up = [host.node.id for host in run.state.hosts if host.mode == "up"]
    acts = [Crash(id) for id in up] if up else [Restart("S1"), Restart("S2")]
    run.take(next(act for act in acts if act != run.steps[at + 1].action))  # not what the walk did
    run.step(20)
    found = compare(*run.branches)
    assert found.at == (at + 1, at + 1) and len(found.pairs) == at + 1
    assert f"Until event {at} both did the same" in found.why or at == 0
    other_way = compare(*reversed(run.branches))
    assert other_way.at == found.at


def test_a_run_that_only_goes_on_is_no_difference_but_said():
    one, other = rl.cluster(seed=3), rl.cluster(seed=3)
    one.step(30)
    other.step(40)
    found = compare(one, other, names=("short", "long"))
    assert found.at is None and "in all 30 events that both have; long goes on" in found.why
    assert found.ends[1].startswith("10 more events")


def test_time_that_merely_passes_is_no_difference():
    one, other = rl.cluster(seed=3, jitter=0), rl.cluster(seed=3, jitter=0)
    one.run(50)
    one.crash("S1")
    other.crash("S1")
    assert compare(one, other).at is None


def test_other_chance_is_found_at_the_first_event_that_differs():
    one, other = rl.cluster(seed=1), rl.cluster(seed=2)
    for run in (one, other):
        run.run(400)
    found = compare(one, other)
    assert found.names == ("seed 1", "seed 2") and found.at == (1, 1)
    assert found.why.startswith("Both begin alike. Then came, in seed 1: ")


@pytest.mark.parametrize("name, here, there", [
    ("votes-twice", "S2 votes for S3 in term 1", "S2 refuses S3 its vote: it already voted for S1"),
    ("compares-length-only", "S3 votes for S1", "S3 refuses S1"),
    ("always-truncates", "S2 stores S1's entry 2", "S2 hears its leader S1"),
    ("commits-old-terms", "", ""),
    ("forgets-its-vote", "", ""),
    ("obeys-old-leaders", "", ""),
])  # fmt: skip
def test_a_broken_rule_is_found_at_its_first_other_decision(name, here, there):
    """The schedule is the same up to there, and the rule's own node is the one that decides."""
    wrong = rl.scenario(f"breaks/{name}")
    found = compare(wrong, rl.scenario(f"breaks/{name}", protocol="raft"))
    i, j = found.at
    assert here in found.why and there in found.why
    assert found.names == (f"raft!{name}", "raft")
    for at, other in found.pairs:
        assert found.first[at].action == found.second[other].action
    assert all(verdict.at_step >= i for verdict in compare_end(wrong))
    assert found.first[i].action == found.second[j].action or found.servers


def test_rows_put_the_two_side_by_side_in_the_order_of_time():
    run = rl.cluster("raft", servers=5, seed=7)
    run.run(600)
    run.goto(40)
    run.crash("S3")
    run.run(300)
    found = compare(*run.branches)
    rows = found.rows(3, 12)
    assert rows[:5] == [(38, 38), (39, 39), (40, 40), (None, 41), (41, 42)] and len(rows) == 16
    assert found.parting(3) == 3 and found.moment == (40, 41) and list(found.servers) == ["S3"]
    times = [min(steps[at].state.time for steps, at in
                 zip((found.first, found.second), row, strict=True) if at is not None)
             for row in rows[4:]]  # fmt: skip
    assert times == sorted(times)
    for side in (0, 1):
        told = [row[side] for row in rows if row[side] is not None]
        assert told == list(range(told[0], told[0] + len(told)))


def test_runs_of_other_nodes_cannot_be_compared():
    with pytest.raises(Impossible, match="they need the same ones"):
        compare(rl.cluster(servers=3), rl.cluster(servers=5))
    with pytest.raises(Impossible, match="compared are runs"):
        compare(rl.cluster(servers=3), "raft")


# -- the same schedule elsewhere ----------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_a_replay_on_the_same_cluster_does_everything(seed):
    run, on = walked(seed), rl.cluster("raft", servers=3, seed=seed)
    done = replay(run, on)
    assert done.impossible is None and done.told == "" and on.digest() == run.digest()


def test_a_replay_names_the_first_thing_that_cannot_happen_and_goes_on_with_what_was_done():
    run = rl.scenario("disruptive-server")
    run.goto(len(run))
    on = rl.cluster("raft+pre-vote", servers=3, seed=1)
    done = replay(run, on)
    assert done.impossible[0] == 2
    assert done.told.startswith("Of what happened there, event 2 (RequestVote S1→S2) is the first")
    acts = [type(step.action).__name__ for step in on.steps]
    assert {"Request", "Partition", "Heal"} <= set(acts) and on.now == run.now


def test_a_replay_says_what_differs_in_the_message_that_is_there_instead():
    run = rl.cluster("raft!votes-for-anybody", servers=3, seed=1)
    run.fire("S1")
    for kind, src, dst in (("RequestVote", "S1", "S3"), ("RequestVoteReply", "S3", "S1"),
                           ("AppendEntries", "S1", "S3")):  # fmt: skip
        run.deliver(kind, src, dst)
    run.fire("S2")
    run.drop("RequestVote", "S2", "S3")
    run.fire("S2")
    run.deliver("RequestVote", "S2", "S3")
    run.deliver("RequestVoteReply", "S3", "S2")
    done = replay(run, rl.cluster("raft", servers=3, seed=1))
    assert done.told.endswith("in flight is RequestVoteReply S3→S2 with vote_granted False, not "
                              "True.")  # fmt: skip


def test_what_only_one_of_two_protocols_shows_is_no_difference():
    run = rl.cluster("raft", servers=3, seed=1)
    run.run(300)
    on = rl.cluster(Silent, servers=3, seed=1)
    replay(run, on)
    found = compare(run, on)
    assert found.at == (1, 1) and found.names == ("raft", "Silent")
    assert not {what for told in found.servers.values() for what, *_ in told} & {"term", "role"}


# -- as a picture -------------------------------------------------------------------------


def test_where_two_lead_in_the_end_both_are_named():
    dead = rl.cluster("primary-without-quorum", servers=3, seed=1)
    dead.until(lambda run: run.leader)
    slow = dead.copy()
    dead.crash("S1")
    slow.pause("S1")
    for run in (dead, slow):
        run.until(lambda run: run["S2"].role == "leader")
    found = compare(dead, slow)
    assert [end.split("; ")[-1] for end in found.ends] == ["S2 leads", "S1 and S2 lead"]


def test_the_picture_marks_the_first_difference_and_says_all_of_it():
    wrong = rl.scenario("breaks/votes-twice")
    picture = rl.compare(wrong, "raft")
    assert picture.at == (5, 5) and picture.servers == {"S2": [("vote", "S3", "S1")]}
    assert picture.why in picture.text and picture.why in str(picture.scene.of("parting")[0].title)
    assert [mark.about for mark in picture.scene.of("differs")] == ["S2", "S2"]
    assert len(picture.scene.of("parting")) == 1 and len(picture.scene.of("server")) == 6
    lines = picture.text.splitlines()
    assert [line.count("≠") for line in lines if "  ≠  " in line] == [1]
    assert "<table>" in picture.html() and len(picture.html()) < 40_000
    assert "No difference" in rl.compare(wrong, wrong).text
    assert rl.compare(wrong, wrong).scene.of("parting") == []
    assert picture.dark().theme == "dark" and picture.dark().at == picture.at


def test_a_run_is_compared_with_the_branch_it_left_or_with_a_replay():
    run = forked()
    assert rl.compare(run).at == (6, 6)
    assert rl.compare(run.branches[1], run.branches[0]).at == (6, 6)
    mine = rl.compare(run, Silent, names=("reference", "mine"))
    assert "Of what happened there, event" in mine.text and "mine" in mine.text
    with pytest.raises(Impossible, match="left no other"):
        rl.compare(rl.cluster())
    with pytest.raises(Impossible, match="no protocol 'nonsense'|nonsense"):
        rl.compare(run, "nonsense")


@pytest.mark.parametrize("servers", [1, 5, 9, 20])
def test_the_picture_stays_within_its_width(servers):
    run = rl.cluster("raft", servers=servers, seed=1)
    run.run(400)
    run.goto(2)
    run.crash("S1")
    for mark in rl.compare(run).scene.of("server"):
        assert 20 < mark.x < 660


# -- names --------------------------------------------------------------------------------


def forked():
    run = rl.cluster("raft", servers=3, seed=2)
    run.run(300)
    run.goto(5)
    run.crash("S1")
    return run


def test_a_branch_is_renamed_and_its_name_is_kept_in_the_file():
    run = forked()
    run.rename("  S1 fails early ")
    run.rename("nothing happens", "main")
    assert [branch.name for branch in run.branches] == ["nothing happens", "S1 fails early"]
    run.goto(3, "nothing happens")
    again = rl.load(run.dump())
    assert [branch.name for branch in again.branches] == ["nothing happens", "S1 fails early"]
    assert again.branch.name == "nothing happens" and again.position == 3
    run.goto(2)
    run.pause("S2")
    assert run.branch.name == "fork 2"


@pytest.mark.parametrize("name, told", [
    ("", "named by a word"), ("   ", "named by a word"), (None, "named by a word"),
    (7, "named by a word"), ("main", "'main' already"), ("x" * 61, "at most 60 letters"),
    ("two\nlines", "one line"),
])  # fmt: skip
def test_a_bad_name_is_refused_and_changes_nothing(name, told):
    run = forked()
    before = run.dump()
    with pytest.raises(Impossible, match=told):
        run.rename(name)
    assert run.dump() == before


def test_a_file_with_names_that_are_longer_than_now_allowed_still_loads():
    text = json.loads(forked().dump())
    text["branches"][1]["name"] = "x" * 200
    assert rl.load(json.dumps(text)).branches[1].name == "x" * 200

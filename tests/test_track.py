"""What travels to the stage: rows for what has happened and what would, and patches of them."""

import json

import raftlab as rl
from raftlab.protocols.raft import Raft
from raftlab.widgets.track import Track


def rebuilt(patches):
    """The rows the browser has after these patches."""
    rows = []
    for patch in patches:
        assert patch["from"] <= len(rows)
        rows = rows[: patch["from"]] + patch["rows"]
    return rows


def test_looking_ahead_leaves_the_history_alone():
    run = rl.cluster("raft", servers=5, seed=7)
    before = run.dump()
    Track(run).patch()
    assert run.dump() == before


def test_what_was_seen_ahead_is_what_happens():
    run = rl.cluster("raft", servers=5, seed=11, loss=0.2, duplicate=0.1)
    track = Track(run, 200)
    seen = track.patch()["rows"]
    run.step(200)
    assert [step.state.time for step in run.steps] == [row["t"] for row in seen[:201]]
    assert track.patch()["from"] == len(seen)  # nothing the browser had was wrong


def test_patches_add_up_to_the_whole():
    run = rl.cluster("raft", servers=3, seed=2, clients=1)
    track = Track(run, 50)
    patches = [track.patch()]
    run.until(lambda run: run.leader)
    run.request(("set", "x", 1), to="C1")
    patches.append(track.patch())
    run.partition(["S1"], ["S2", "S3"])
    parted = run.position
    run.run(400)
    run.goto(parted + 20)
    run.crash("S2")
    patches.append(track.patch())
    assert rebuilt(patches) == rebuilt([track.whole()])
    assert patches[2]["from"] == parted  # what came before the wall is still right


def test_a_row_says_only_what_changed():
    run = rl.cluster("raft", servers=5, seed=7)
    track = Track(run, 300)
    rows = track.patch()["rows"]
    assert len(rows[0]["n"]) == 5
    assert all(len(row.get("n", [])) <= 1 for row in rows[1:])
    assert len(json.dumps(rows[200:], separators=(",", ":"))) < 130 * len(rows[200:])


def test_a_log_travels_as_what_was_cut_and_what_came():
    old = [(1, "a"), (1, "b"), (2, "c")]
    nodes = [
        Raft("S1", ["S1", "S2"], current_term=3, log=[(1, "a"), (3, "z")], role="leader"),
        Raft("S2", ["S1", "S2"], current_term=3, log=old),
    ]
    run = rl.cluster(servers=nodes)
    run.request("y", to="S1")
    run.run(100)
    track = Track(run, 0)
    patch = track.patch()
    words = patch["words"]
    changes = [dict(row.get("n", [])).get(1, {}) for row in patch["rows"][1:]]
    cut = next(change["L"] for change in changes if "L" in change)
    assert [cut[0], [(term, words[word]) for term, word in cut[1:]]] == [1, [(3, "z"), (3, "y")]]

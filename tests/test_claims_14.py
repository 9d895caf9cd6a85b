"""What "Split-brain and quorums" says has happened, has happened (as `claims.py`)."""

import pytest
from claims import Seen, claimed, told, whole

import raftlab as rl
from raftlab.core import majority
from raftlab.sim import History

HERE = "14-split-brain-and-quorums"
FREE, LOOK = ("set", "x", 0), ("get", "x")
ANN, BOB = ("cas", "x", 0, "A"), ("cas", "x", 0, "B")


def held(seen):
    """What each server's state machine holds as the seat."""
    return {id: seen[id].machine.data.get("x") for id in seen.ids}


def leaders(seen):
    return {id: seen[id].current_term for id in seen.ids if seen[id].role == "leader"}


CLAIMS = [
    # -- half is enough --
    ("half-is-enough", "`S4` leads, the seat is free, and both clients have had their answer.",
     lambda at: at.half.leader == "S4"
     and told(*at.half.ops) == [(FREE, 0, "ok"), (LOOK, 0, "ok")]),
    ("both-buy", "Both: each was told `True`.",
     lambda at: told(*at.half.ops[2:]) == [(ANN, True, "ok"), (BOB, True, "ok")]
     and at.value.ok is False and "only False could be the answer" in at.value.why),
    ("healed-halves", "All four logs are equal: Ann's purchase is gone from them and Bob's is"
     " there.", lambda at: len(at.half.logs()) == 1 and "x: 0->A" not in str(at.half.logs())
     and at.half.log("S1")[-1][1] == "x: 0->B"),
    ("healed-halves", "Two servers say `A`, two say `B`",
     lambda at: held(at.half) == {"S1": "A", "S2": "B", "S3": "B", "S4": "A"}
     and at.shown.count("holds x=A") == 2),
    ("healed-halves", "`S1` and `S4` executed Ann's entry before it was taken out of their logs",
     lambda at: [v.why[:2] for v in at.half.verdicts if v.name == "commit_never_changes"]
     and {who for _, who, _ in at.half.told("overwrites")} == {"S1", "S4"}),
    ("rule", "`S1` and `S4` are half of the servers, `S2` and `S3` the other half",
     lambda at: len({"S1", "S4"}) * 2 == 4 and "is_quorum" in str(at.value)),
    ("four", "an even cluster survives no more failures than one of a server less",
     lambda at: all(n - majority(n) == n - 1 - majority(n - 1) for n in (4, 6, 8))),
    ("four", "`S1` still believes that it leads and cannot commit; `S4` has both votes of its side"
     " and needs three.", lambda at: (lambda seen: leaders(seen) == {"S1": 1}
     and seen["S1"].commit_index < len(seen["S1"].log)
     and seen["S4"].votes_granted == {"S3", "S4"} and not seen.verdicts)(whole("even-cluster"))
     and "2 of 4 votes (S3, S4)" in at.shown),
    # -- three and two --
    ("three", "`S5` leads.", lambda at: at.five.leader == "S5"
     and told(*at.five.ops) == [(FREE, 0, "ok"), (LOOK, 0, "ok")]),
    ("three", "`S5` goes on as if nothing had happened, and Bob has the seat.",
     lambda at: leaders(at.three) == {"S5": 1} and at.three.ops[3].result is True
     and held(at.three)["S5"] == "B"),
    ("three", "On the other side `S1` and `S2` stand again and again, in ever higher terms",
     lambda at: at.three["S1"].current_term == at.three["S2"].current_term == 8
     and {at.three[id].role for id in ("S1", "S2")} <= {"candidate", "follower"}),
    ("three", "Ann's client is told *nothing*", lambda at: at.three.ops[2].status == "unknown"
     and "'C1': 'unknown'" in at.printed),
    ("three-healed", "`False`: the seat is taken.", lambda at: at.three.ops[2].result is False),
    ("three-healed", "They could not win themselves, for they lack Bob's entry (§5.4.1): `S4` leads"
     " now.", lambda at: at.three.leader == "S4" and at.three.told("refuses-vote-log")
     and at.three["S4"].current_term > 8),
    ("two", "Two leaders: `S5` in term 1, and `S4` in term 2, elected by the three.",
     lambda at: leaders(at.two) == {"S5": 1, "S4": 2}
     and at.two["S4"].votes_granted == {"S2", "S3", "S4"}),
    ("two", "Ann's stands in two logs, three times, because her client asked again after 500 ms and"
     " after 1000.", lambda at: [[c for _, c in at.two.log(id)].count("x: 0->A")
                                 for id in at.two.ids] == [3, 0, 0, 0, 3]
     and at.two["S5"].commit_index == 3 and at.two.ops[2].status == "unknown"),
    ("two", "only one may *acknowledge* them", lambda at: told(*at.two.ops[2:])
     == [(ANN, None, "unknown"), (BOB, True, "ok")]),
    ("two-healed", "`S5` met the higher term, stepped down, and its tail was replaced by the"
     " entries of `S4` (§5.3).", lambda at: leaders(at.two) == {"S4": 2} and len(at.two.logs()) == 1
     and "S5" in [who for _, who, _ in at.two.told("overwrites")]),
    ("two-healed", "Ann's request stands again *behind* Bob's",
     lambda at: [c for _, c in at.two.log("S5")].index("x: 0->B") == 4
     and {c for _, c in at.two.log("S5")[5:]} == {"x: 0->A"}
     and set(held(at.two).values()) == {"B"}),
    ("two-healed", "the checker finds an order of all answers, Bob first",
     lambda at: "linearizable: there is an order of all 4" in at.printed
     and told(*at.two.ops[2:]) == [(ANN, False, "ok"), (BOB, True, "ok")]),
    # -- what a client may be told --
    ("ask-the-smaller-side", "No answer; refused at once; and 0, which is wrong",
     lambda at: [(told(ops[-1])[0][1:], ok) for _, *ops, ok in at.value][::2]
     == [((None, "unknown"), True), ((0, "ok"), False)]
     and at.value[1][2].status == "fail"
     and at.value[1][2].completed_at == at.value[1][2].invoked_at),
    ("votes-only", "Sold twice again, though every leader had a majority of votes.",
     lambda at: told(*at.votes.ops[2:]) == [(ANN, True, "ok"), (BOB, True, "ok")]
     and all(len(at.votes[id].votes_granted) >= 3 for id in leaders(at.votes))
     and len(leaders(at.votes)) == 2 and at.value.ok is False),
    ("search", "Six events, and neither.", lambda at: [
         row[2].split()[-2 if "timer" in row[2] else 0] for row in at.value.found
     ] == ["election", "RequestVote", "RequestVoteReply"] * 2),
    # -- no walls --
    ("bridge", "`S3`, in term 5.", lambda at: leaders(whole("bridge")) == {"S3": 5}
     and not whole("bridge").verdicts and "S3: leader, term 5" in at.shown),
    ("bridge", "`S3` voted for `S4`, and brought the new term back to `S1` with its next answer",
     lambda at: ("S3", ("S4", 2)) in [f[1:] for f in whole("bridge").told("votes")]
     and ("S1", (2, 1, "leader")) in [f[1:] for f in whole("bridge").told("adopts-term")]),
    ("deaf-cured", "Plain Raft is stuck for good",
     lambda at: "raft: S1 leads term 1, x=2 committed: False" in at.printed),
    ("deaf-cured", "each of its terms deposes whoever leads",
     lambda at: "raft+check-quorum: S3 leads term 13, x=2 committed: True" in at.printed
     and len(whole("one-way-cut", protocol="raft+check-quorum").told("wins")) > 5),
    ("deaf-cured", "With both rules there is one new leader, and peace.",
     lambda at: "+pre-vote: S2 leads term 2, x=2 committed: True" in at.printed
     and len(whole("one-way-cut", protocol="raft+check-quorum+pre-vote").told("wins")) == 2),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


def test_any_two_quorums_of_nine_servers_in_three_rooms_share_a_server():
    """Question 2 of the bank: two of three servers in two of three rooms are four, and meet."""
    from itertools import combinations

    rooms = [{1, 2, 3}, {4, 5, 6}, {7, 8, 9}]
    quorums = [
        {*one, *other}
        for first, second in combinations(rooms, 2)
        for one in combinations(sorted(first), 2)
        for other in combinations(sorted(second), 2)
    ]
    assert len(quorums) == 27 and all(len(quorum) == 4 for quorum in quorums)
    assert all(one & other for one in quorums for other in quorums)


# -- what there is to find in the lab --


def lab():
    """The lab's run, with nothing ahead of its first moment."""
    return rl.scenario("minority-leader").copy()


def statuses(run):
    return {op.call: op.status for op in run.operations()}


def test_the_lab_opens_on_the_second_cut():
    run = rl.scenario("minority-leader")
    assert isinstance(run, History) and run.leader == "S1"
    assert not run.verdicts and run.operations()[-1].status == "unknown"


def test_one_more_write_on_the_smaller_side_breaks_nothing():
    run = lab()
    run.request(("set", "x", 9), to="S1")
    run.run(200)
    assert leaders(Seen(run)) == {"S1": 1, "S3": 2}
    run.run(2000)
    assert not run.verdicts and statuses(run)["set", "x", 9] == "unknown"
    assert [len(run[id].log) for id in ("S1", "S2")] == [4, 4] and run["S1"].commit_index == 2


@pytest.mark.parametrize("waited, told, also", [
    (0, "ok", "ok"), (100, "ok", "ok"), (200, "fail", "unknown"), (1500, "fail", "unknown"),
])  # fmt: skip
def test_a_third_server_commits_the_entries_if_it_comes_in_time(waited, told, also):
    run = lab()
    run.request(("set", "x", 9), to="S1")
    run.run(waited)
    is_late = len(leaders(Seen(run))) == 2
    run.heal()
    run.partition(["S1", "S2", "S3"], ["S4", "S5"])
    run.run(1500)
    assert statuses(run)["set", "x", 2] == told and statuses(run)["set", "x", 9] == also
    assert is_late is (told == "fail") and not run.verdicts
    assert (run.leader == "S1") is (waited == 0)  # at 100 ms S3 had begun to stand


def test_in_a_cut_of_two_two_and_one_nobody_commits():
    run = lab()
    run.heal()
    run.partition(["S1", "S2"], ["S3", "S4"], ["S5"])
    run.request(("set", "x", 9), to="S1")
    run.run(3000)
    assert max(run[id].commit_index for id in run.state.config.servers) == 2  # x=1, as before
    assert statuses(run)["set", "x", 9] == "unknown" and not run.verdicts


def test_one_direction_of_one_link_deposes_a_leader():
    run = lab()
    run.heal()
    run.run(200)
    assert run.leader == "S1"
    run.cut("S1", "S5")
    run.until(lambda run: run["S1"].role != "leader")
    assert run["S1"].current_term == 2
    assert {who for _, who, facts in Seen(run).told("starts-election") if facts[0] == 2} == {"S5"}

"""What "How well do you know Raft?" says has happened, has happened (as the other claims)."""

from claims import Seen, claimed

import raftlab as rl
from raftlab.lessons import study
from raftlab.lessons.study import STUDENTS, TOTALS

HERE = "19-how-well-do-you-know-raft"


def scored(item, points):
    """How many of the students had exactly so many points in an item."""
    return study.of_item(item).count(points)


def blindly(item):
    """What one gets on average in an item who does not read it."""
    return rl.quiz(item).by_chance


def stood_first(id):
    """Figure 8 from where the lab stands: S1 crashes and `id` stands first. (who leads, what `id`
    has committed before and after it is asked for something)"""
    run = rl.scenario("figure-8", at=4).copy()
    run.crash("S1")
    run.fire(id)
    run.run(300)
    before = Seen(run).log(id)[1:], run[id].commit_index
    run.request(("set", "x", 5), to=id)
    run.run(200)
    return run.leader, before, run[id].commit_index


def after_one_request():
    """Who votes for S5 once S1 has brought one entry of its own term to S2 and S3."""
    run = rl.scenario("figure-8", at=4).copy()
    run.partition(["S1", "S2", "S3"], ["S4", "S5"])
    run.request(("set", "x", 4), to="S1")
    run.run(100)
    run.crash("S1")
    run.restart("S5")
    run.heal()
    voters = set()
    for _ in range(3):
        run.fire("S5")
        run.run(40)
        voters |= run["S5"].votes_granted
    assert run["S5"].role == "candidate" and run["S2"].log.last_term == 4
    return voters


def after_s5_has_won_and_crashed(id):
    """S5 wins and crashes before anybody has its entry; then `id` stands: what does it hold?"""
    run = rl.scenario("figure-8", at=4).copy()
    run.crash("S1")
    run.restart("S5")
    run.fire("S5")  # term 4 is taken
    run.fire("S5")
    for voter in ("S2", "S3"):
        run.deliver("RequestVote", "S5", voter, nth=1)
        run.deliver("RequestVoteReply", voter, "S5")
    assert run.leader == "S5"
    run.crash("S5")
    if id == "S5":
        run.restart("S5")
    run.fire(id)
    run.run(60)
    assert run.leader == id
    run.request(("set", "x", 6), to=id)
    run.run(200)
    assert run[id].commit_index == 3
    return Seen(run).log("S4")[1]


CLAIMS = [
    ("marks", "They got 43 % of the points.",
     lambda at: round(100 * sum(TOTALS) / STUDENTS / 60) == 43),
    ("three-of-five", "without the no-op that our leaders otherwise append", lambda at: [
        command for term, command in at.run.log("S1") if term > 1] == ["x=2"]
     and at.run.run.about["protocol"] == "raft+without-no-op"),
    ("three-of-five", "`S1` leads term 4 and has spread an old entry, `x=2` of term 2, to `S2` and"
     " `S3`.", lambda at: at.run.leader == "S1" and at.run["S1"].current_term == 4
     and [id for id in at.run.ids if (2, "x=2") in at.run.log(id)] == ["S1", "S2", "S3"]),
    ("lost", "It is gone from all five: `S5`, whose last entry was of term 3, won an election with"
     " the votes of `S2` and `S3`, who held `x=2`, and overwrote it.",
     lambda at: "x=2" not in str(at.run.logs()) and at.run.leader == "S5"
     and at.run["S5"].votes_granted == {"S2", "S3", "S5"}),
    ("lost", "Nothing is broken, because nobody had been told that `x=2` was done.",
     lambda at: not at.run.verdicts and not [op for op in at.run.ops
                                             if op.call == ("set", "x", 2) and op.status == "ok"]),
    ("lost", "18 of the 45 got one point of six", lambda at: scored(2, 1) == 18),
    ("marks", "30 of 45 had nothing, one had everything.",
     lambda at: scored(8, 0) == 30 and scored(8, 10) == 1),
    ("marks", "Who chooses blindly gets 19.6 of 60 on average, and in items 2 and 8 more than the"
     " students had.", lambda at: round(sum(map(blindly, range(1, 9))), 1) == 19.6
     and [n for n in range(1, 9) if blindly(n) > sum(study.of_item(n)) / STUDENTS] == [2, 8]),
    ("marks", "The mean is 25.7 of 60, and the best student had 46.5",
     lambda at: round(sum(TOTALS) / STUDENTS, 1) == 25.7 and max(TOTALS) == 46.5),
    ("marks", "The two items that brought least, for their points, are *who leaves when* (8) and"
     " *what is committed* (2).", lambda at: sorted(
         range(1, 9), key=lambda n: sum(study.of_item(n)) / study.MOST[n - 1])[:2] == [8, 2]),
    ("counts-all", "A committed entry lost, and two servers that apply different entries at one"
     " index", lambda at: at.printed.startswith("raft []\n")
     and "['leader_completeness', 'state_machine_safety'" in at.printed),
    ("marks", "The students had about half of the points.",
     lambda at: 0.5 <= sum(study.of_item(3)) / STUDENTS / 10 < 0.55),
    ("figure-7", "once the leader `S1`, with 10 entries, has repaired them",
     lambda at: at.printed.startswith("6 [10, ")),
    ("figure-7", "`S4` and `S5` keep more than the leader has",
     lambda at: "6 [10, 10, 10, 11, 12, 10, 10]" in at.printed),
    ("figure-7", "Only when the leader writes again, in the second line, are their tails replaced.",
     lambda at: "end [11, 11, 11, 11, 11, 11, 11]" in at.printed
     and len(at.figure.logs()) == 1),
    ("marks", "a third of the students had nothing here.", lambda at: scored(5, 0) == 16),
    ("world", "having a leader does (§5.6)", lambda at: "(150, 300) leader None" in at.printed
     and "(1500, 3000) leader S1 in term 1" in at.printed and not at.world.verdicts),
    ("marks", "15 of 45 had nothing", lambda at: scored(7, 0) == 15),
    ("late", "Three servers hold the entry, three voted for the new leader, and of five they must"
     " share one: here the new leader itself.",
     lambda at: (lambda hold, voted: len(hold) == len(voted) == 3 and hold & voted == {"S3"})(
         {id for id in at.late.ids if len(at.late.log(id))}, at.late["S3"].votes_granted)
     and at.late["S3"].role == "leader" and at.late["S1"].commit_index == 1),
    # -- what the things to try in the lab show --
    ("three-of-five", "at most `S4` votes for it", lambda at: after_one_request() <= {"S4", "S5"}),
    ("three-of-five", "It stays, and is still not committed: `S2` has no entry of its own term. Ask"
     " it for something, and both commit.",
     lambda at: stood_first("S2") == ("S2", ([(2, "x=2")], 0), 3)),
    ("three-of-five", "If `S2` is elected, `x=2` stays, and commits with the next entry.",
     lambda at: after_s5_has_won_and_crashed("S2") == (2, "x=2")),
    ("three-of-five", "If `S5` restarts and wins once more, it is overwritten.",
     lambda at: after_s5_has_won_and_crashed("S5") == (3, "x=3")),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)

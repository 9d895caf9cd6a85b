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
    """From where the lab stands: S1 crashes and `id` stands first. (who leads, what `id` has
    committed before and after it is asked for something)"""
    run = rl.scenario("look-alike", at=4).copy()
    run.crash("S1")
    run.fire(id)
    run.run(300)
    before = Seen(run).log(id)[1:], run[id].commit_index
    run.request(("set", "x", 5), to=id)
    run.run(200)
    return run.leader, before, run[id].commit_index


def votes_of_those_who_lack_it():
    """Who votes for S4 and S5 when they stand in turn, before anybody else wins."""
    run = rl.scenario("look-alike", at=4).copy()
    run.crash("S1")
    run.restart("S5")
    voters = set()
    for id in ("S4", "S5") * 4:
        run.fire(id)
        run.run(20)
        voters |= run[id].votes_granted
        assert run.leader is None
    return voters


def figure_8_made_of_it():
    """(who has x=2 before S5 comes back, and who of those that are up in the end)"""
    run = rl.scenario("look-alike", at=3).copy()
    assert run.leader == "S5" and run["S5"].current_term == 3
    run.partition(["S5"], ["S1", "S2", "S3", "S4"])
    run.request(("set", "x", 3), to="S5")
    run.crash("S5")
    run.heal()
    run.restart("S1")
    run.fire("S1")
    run.fire("S1")
    run.run(100)
    assert run.leader == "S1" and run["S1"].current_term == 4
    had = holding(run)
    run.crash("S1")
    run.restart("S5")
    run.fire("S5")
    run.fire("S5")
    run.run(100)
    assert run.leader == "S5" and not run.verdicts
    return had, holding(run)


def holding(run):
    seen = Seen(run)
    return {id for id in seen.up if (2, "x=2") in seen.log(id)}


CLAIMS = [
    ("marks", "They got 43 % of the points.",
     lambda at: round(100 * sum(TOTALS) / STUDENTS / 60) == 43),
    ("three-of-five", "without the no-op that our leaders otherwise append", lambda at: [
        command for term, command in at.run.log("S1") if term > 1] == ["x=2"]
     and at.run.run.about["protocol"] == "raft+without-no-op"),
    ("three-of-five", "`S1` leads term 4 and has spread an old entry, `x=2` of term 2, to `S2` and"
     " `S3`. Three of five have it. `S5` led term 3, and is down.",
     lambda at: at.run.leader == "S1" and at.run["S1"].current_term == 4
     and [id for id in at.run.ids if (2, "x=2") in at.run.log(id)] == ["S1", "S2", "S3"]
     and ("S5", 3) in [(who, facts[0]) for _, who, facts in at.run.told("wins")]
     and "S5" not in at.run.up),
    ("lost", "`S5` led term 3 and was asked for nothing, so no log ends later than those with"
     " `x=2`", lambda at: [3 not in {term for term, _ in at.run.log(id)} for id in at.run.ids]
     == [True] * 5 and not [op for op in at.run.ops if op.call == ("set", "x", 3)]),
    ("lost", "`S2` and `S3` refuse `S4` and `S5`, who are two of five.",
     lambda at: votes_of_those_who_lack_it() == {"S4", "S5"}),
    ("lost", "`S1` could not know that, and did not call `x=2` committed; `S2` did, with its own"
     " `x=4`.", lambda at: rl.scenario("look-alike", at=4)["S1"].commit_index == 0
     and at.run.leader == "S2" and at.run["S2"].commit_index == 3
     and at.run.log("S2")[1:] == [(2, "x=2"), (6, "x=4")]),
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
    ("counts-all", "Nothing, and then a committed entry is lost and servers apply different"
     " entries at one index.", lambda at: at.printed == "look-alike []\nfigure-8"
     " ['leader_completeness', 'state_machine_safety']\n"),
    ("marks", "The students had about half of the points.",
     lambda at: 0.5 <= sum(study.of_item(3)) / STUDENTS / 10 < 0.55),
    ("longer", "`S2`, which led term 6, has five entries, and `S1` has four.", lambda at:
     at.printed.startswith("S1 [[1, 3, 3, 5], [1, 6, 6, 6, 6]]\n")),
    ("longer", "now `S1` is elected, by those that have none", lambda at:
     at.three["S1"].role == "leader" and "S2" not in at.three["S1"].votes_granted),
    ("longer", "One, the shared one.", lambda at:
     at.printed.endswith("S1 [[1, 3, 3, 5], [1, 3, 3, 5]]\n")),
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
    ("three-of-five", "They vote for each other, nobody else does.",
     lambda at: votes_of_those_who_lack_it() == {"S4", "S5"}),
    ("three-of-five", "It stays, and is still not committed: `S2` has no entry of its own term. Ask"
     " it for something, and both commit.",
     lambda at: stood_first("S2") == ("S2", ([(2, "x=2")], 0), 3)),
    ("three-of-five", "four of five have it. Crash it, restart `S5`, let that stand twice: it is"
     " elected, and `x=2` is gone.",
     lambda at: figure_8_made_of_it() == ({"S1", "S2", "S3", "S4"}, set())),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)

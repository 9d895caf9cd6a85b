"""What "Raft: log replication" says has happened, has happened (as `claims.py`)."""

from claims import Seen, claimed, whole

import raftlab as rl

HERE = "11-raft-log-replication"


def commits(seen):
    return [seen[id].commit_index for id in seen.ids]


def refusals(seen):
    """How often each server has refused entries for what comes before them."""
    told = [who for _, who, _ in seen.told("refuses-entries-gap")]
    return {who: told.count(who) for who in told}


def terms(seen, id):
    return [term for term, _ in seen.log(id)]


def electable(run, *down):
    """The servers that would get a majority of votes if each stood alone, `down` being crashed."""
    up = [id for id in run.state.config.servers if id not in down]
    last = {id: (run[id].log.last_term, run[id].log.last_index) for id in up}
    needed = len(run.state.config.servers) // 2 + 1
    return [id for id in up if sum(last[id] >= last[other] for other in up) >= needed]


CLAIMS = [
    # -- a failure you cause --
    ("hasty", "half of the three servers, rounded down, for enough. That is one, itself.",
     lambda at: at.hasty["S1"].commit_index == 2 and at.hasty["S1"].match_index == {
         "S2": 1, "S3": 1}),
    ("hasty", "Answered: the client knows that `x` is 5.",
     lambda at: [(op.result, op.status) for op in at.hasty.ops] == [(5, "ok")]),
    ("lost", "`None`: there is no `x`.",
     lambda at: at.hasty.ops[1].result is None and at.hasty.ops[1].status == "ok"
     and at.printed == "x is None\n"),
    ("lost", "It is on the disk of `S1` alone; the other two elected `S2`, whose own entry stands"
     " at index 2.", lambda at: at.hasty.log("S1")[1] == (1, "x=5") and at.hasty.leader == "S2"
     and at.shown.count("x=5") == 1 and at.hasty.log("S2")[1] == (4, "no-op")),
    ("lost", "`S2` will overwrite `x=5` there as well", lambda at: (lambda run: (
        run.restart("S1"), run.run(1000), "x=5" not in str(Seen(run).logs()))[2])(
            at.hasty.run.copy())),
    # -- one write --
    ("one-copy-more", "`x=5` is dashed everywhere. It is on a majority",
     lambda at: max(commits(at.one)) == 1
     and [len(at.one.log(id)) for id in at.one.ids] == [2, 2, 1]),
    ("committed", "the entry is **committed**. Its `commit_index` goes to 2, it *applies* the entry"
     " (executes it on its data), and answers the client",
     lambda at: at.one["S1"].commit_index == at.one["S1"].last_applied == 2
     and [op.result for op in at.one.ops] == [5]),
    ("committed", "It did not wait for `S3`.", lambda at: len(at.one.log("S3")) == 1),
    ("followers-learn", "The next AppendEntries tells them, be it an empty one",
     lambda at: at.printed.count("'S1': 2") == 3 and "'S3': 1}" in at.printed
     and "{'S1': 2, 'S2': 1, 'S3': 0}" in at.printed
     and "{'S1': 2, 'S2': 2, 'S3': 2}" in at.printed
     and "AppendEntries" in {type(a.message).__name__ for a in at.one.acted("Deliver")[-4:]}),
    # -- the check --
    ("blind-run", "`S3` led term 1 and wrote an entry that nobody else has.",
     lambda at: at.blind.log("S3")[0] == (1, "no-op")
     and {at.blind.log(id)[0] for id in ("S1", "S2")} == {(2, "no-op")}),
    ("blind-run", "The last entries agree: index 2, term 3, on all three.",
     lambda at: {(len(log), log[-1]) for log in at.blind.logs()} == {(2, (3, "no-op"))}
     and len(at.blind.logs()) == 2),
    ("blind-run", "its leader believes that they are equal", lambda at: (lambda run: (
        run.run(100), run["S1"].match_index["S3"] == 2 and len(Seen(run).logs()) == 2)[1])(
            at.blind.run.copy())),
    ("careful-run", "`S1` went one entry back and sent more; now the check passed, and `S3` put the"
     " leader's entries in the place of its own.",
     lambda at: refusals(at.careful) == {"S3": 1} and len(at.careful.logs()) == 1
     and at.careful.told("backs-up")[-1][2] == ("S3", 1)),
    ("careful-run", "Nothing that `S3` dropped was committed.", lambda at: not at.careful.verdicts),
    # -- Figure 7 --
    ("six-logs", "Some lack entries, some have entries that the leader does not have, some both.",
     lambda at: (lambda own: [
         (own[: len(log)] == log, len(log) > len(own)) for log in
         (terms(at.seven, id) for id in at.seven.ids[1:])
     ])(terms(at.seven, "S1")) == [(True, False), (True, False), (False, True), (False, True),
                                   (False, False), (False, True)]),
    ("six-logs", "Four of them voted for it, `S4` and `S5` did not: their logs end later.",
     lambda at: {id for id in at.seven.ids if at.seven[id].voted_for != "S1"} == {"S4", "S5"}
     == {id for id in at.seven.ids if (at.seven[id].log.last_term, at.seven[id].log.last_index)
         > (6, 10)}),
    ("six-logs", "led term 2, appended three entries, crashed, came back, led term 3, appended"
     " five", lambda at: terms(at.seven, "S7") == [1] * 3 + [2] * 3 + [3] * 5),
    ("six-logs", "`next_index` is 11 for everybody",
     lambda at: set(at.seven["S1"].next_index.values()) == {11}),
    ("refusals", "Four: three are too short, and `S7` holds term 3 at index 10. `S4` and `S5`"
     " agree", lambda at: refusals(at.seven) == dict.fromkeys(("S2", "S3", "S6", "S7"), 1)
     and [facts[3] for _, _, facts in at.seven.told("refuses-entries-gap")] == [None] * 3 + [3]),
    ("back-up", "To `S3` from 5: one refusal, and it was right. To `S7` from 7, and then from 4:"
     " two refusals for eight wrong entries",
     lambda at: [f[1] for _, _, f in at.seven.told("backs-up") if f[0] == "S7"] == [7, 4]
     and refusals(at.seven) == {"S2": 1, "S3": 1, "S6": 2, "S7": 2} and "'S3': 5" in at.printed
     and [f[:2] for _, who, f in at.seven.told("overwrites") if who == "S7"] == [(4, 11)]),
    ("back-up", "All hold the leader's ten entries. What `S4` and `S5` have beyond them is still"
     " there.", lambda at: {at.seven.run[id].log.starts_with(at.seven["S1"].log)
                            for id in at.seven.ids} == {True}
     and [len(at.seven.log(id)) for id in ("S4", "S5")] == [11, 12]),
    ("conflict", "They conflicted, so they went: same index, other term.",
     lambda at: [f[:3] for _, who, f in at.seven.told("overwrites") if who == "S5"]
     == [(11, 12, 7)] and len(at.seven.logs()) == 1 and not at.seven.verdicts),
    ("conflict", "Figure 7 again; the first answers are under way.",
     lambda at: (lambda run: {run[id].current_term for id in at.seven.ids} == {8} and {
         type(sent.message).__name__ for sent in run.state.network} == {"AppendEntriesReply"})(
             rl.scenario("figure-7", at=3))),
    ("conflict", "Who can be elected, and who never?", lambda at: electable(
        rl.scenario("figure-7", at=3), "S1") == ["S2", "S4", "S5"]),
    ("conflict", "Let `S5` be elected, and start `S1` again.", lambda at: (lambda run: (
        run.crash("S1"), run.fire("S5"), run.until(lambda run: run.leader), run.restart("S1"),
        run.run(200), run.leader == "S5" and not run.verdicts
        and terms(Seen(run), "S1") == [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7])[-1])(
            rl.scenario("figure-7", at=3).copy())),
    # -- a guess and a fact --
    ("small-things", "one of the five breaks no promise",
     lambda at: [line.partition(": [")[2][:1] for line in at.printed.splitlines()]
     == ["]", "", "'", "'", "'", "'"]),
    ("small-things", "after three seconds `S3` still holds nothing, but nobody was lied to",
     lambda at: "S3 holds 0 entries, its leader 3" in at.printed
     and whole("breaks/never-backs-up").now > 3000),
    ("small-things", "it was called committed, and the next leader does not have it",
     lambda at: "acknowledges-all-it-holds: ['S3 leads term 3 without entry 1" in at.printed),
    ("small-things", "took an *older* message that came late, and was shorter, for an order to cut",
     lambda at: (lambda seen: "x=2" not in str(seen.log("S2"))
                 and seen.acted("Deliver")[-1].message.entries[-1].command == ("set", "x", 1))(
         whole("breaks/always-truncates"))),
    ("small-things", "Raft itself, in the same five stories, broke nothing (`()`).",
     lambda at: at.printed.count("Raft ()") == 5),
    # -- clients --
    ("two-crashes", "it sees the same", lambda at: at.value[0] == at.value[1]
     and at.value[0][0].status == "unknown"),
    ("two-ends", "In the first, nobody but the leader had the entry, and `y=7` took its place.",
     lambda at: whole("crash-before-commit-lost").told("overwrites")[0][1] == "S1"
     and "crash-before-commit-lost: {'y': 7}" in at.printed),
    ("two-ends", "In the second one follower had it, was elected, and committed it.",
     lambda at: "crash-before-commit-kept: {'x': 5}" in at.printed
     and rl.scenario("crash-before-commit-kept", at=4)["S2"].machine.data == {"x": 5}),
    ("twice", "2 without the rule, 1 with it.",
     lambda at: at.printed == "raft!ignores-sessions: x is 2\nraft: x is 1\n"),
    ("in-the-log", "No: `x+=1` is there twice, and was *executed* once.",
     lambda at: [command for _, command in at.once.log("S3")].count("x+=1") == 2
     and at.once["S3"].machine.data == {"x": 1}),
    ("in-the-log", "Request 1 of `C1` was executed, with the answer 1. Entry 4 is that request"
     " again", lambda at: at.once["S3"].machine.sessions == {"C1": (1, 1)}
     and at.once["S3"].log[4].serial == at.once["S3"].log[2].serial == 1),
    ("in-the-log", "So every server that may lead later has the same.",
     lambda at: at.once["S2"].machine == at.once["S3"].machine),
    ("in-the-log", "a client that does not number its requests is still served twice",
     lambda at: whole("asked-twice-anonymously")["S2"].machine.data == {"x": 2}),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)

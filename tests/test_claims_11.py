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


def to_s7():
    """The lab's Figure 7 after four messages between S1 and S7."""
    run = rl.scenario("figure-7", at=3)
    for _ in range(2):
        run.deliver("AppendEntriesReply", "S7", "S1")
        run.deliver("AppendEntries", "S1", "S7")
    return Seen(run)


CLAIMS = [
    # -- a failure you cause --
    ("hasty", "half of the three servers, rounded down, for enough. That is one, itself.",
     lambda at: at.hasty["S1"].commit_index == 2 and at.hasty["S1"].match_index == {
         "S2": 1, "S3": 1}),
    ("hasty", "Answered: the client knows that `x` is 5.",
     lambda at: [(op.result, op.status) for op in at.hasty.ops] == [(5, "ok")]),
    ("lost", "`None`: the client was told that its write is done, and the write is gone.",
     lambda at: at.hasty.ops[1].result is None and at.hasty.ops[1].status == "ok"
     and at.printed == "x is None\n"),
    ("lost", "It is on the disk of `S1` alone; the other two elected `S2`, whose own entry stands"
     " at index 2.", lambda at: at.hasty.log("S1")[1] == (1, "x=5") and at.hasty.leader == "S2"
     and at.shown.count("x=5") == 1 and at.hasty.log("S2")[1] == (4, "no-op")),
    ("lost", "`S2` will overwrite `x=5` there as well", lambda at: (lambda run: (
        run.restart("S1"), run.run(1000), "x=5" not in str(Seen(run).logs()))[2])(
            at.hasty.run.copy())),
    # -- one write --
    ("one-copy-more", "The leader's entry is **committed** now. But nobody *knows*",
     lambda at: max(commits(at.one)) == 1
     and [len(at.one.log(id)) for id in at.one.ids] == [2, 2, 1]),
    ("committed", "*knows* that the entry is committed. Its `commit_index` goes to 2, it *applies*"
     " the entry (executes it on its data), and answers the client",
     lambda at: at.one["S1"].commit_index == at.one["S1"].last_applied == 2
     and [op.result for op in at.one.ops] == [5]),
    ("committed", "It did not wait for `S3`.", lambda at: len(at.one.log("S3")) == 1),
    ("followers-learn", "Not before the next AppendEntries, be it an empty one",
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
    ("blind-run", "So in Raft, which breaks nothing here (`()`)",
     lambda at: "Raft: ()" in at.printed and refusals(at.right)["S3"] == 1),
    # -- Figure 7 --
    ("six-logs", "Some lack entries, some have entries that the leader does not have, some both.",
     lambda at: (lambda own: [
         (own[: len(log)] == log, len(log) > len(own)) for log in
         (terms(at.seven, id) for id in at.seven.ids[1:])
     ])(terms(at.seven, "S1")) == [(True, False), (True, False), (False, True), (False, True),
                                   (False, False), (False, True)]),
    ("six-logs", "(`S7` led terms 2 and 3, and crashed both times before anybody had its entries.)",
     lambda at: terms(at.seven, "S7") == [1] * 3 + [2] * 3 + [3] * 5),
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
    ("back-up", "All hold the leader's ten entries now; `S4` and `S5` have more.",
     lambda at: {at.seven.run[id].log.starts_with(at.seven["S1"].log)
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
    ("small-things", "A wrong *fact* costs an entry: it was called committed, and the next leader"
     " does not have it.", lambda at: at.printed.splitlines()[0] == "acknowledges-all-it-holds:"
     " ['S3 leads term 3 without entry 1, which is committed'], Raft ()"),
    ("small-things", "after three seconds `S3` still holds nothing, but nobody was lied to",
     lambda at: at.printed.splitlines()[1:] == ["never-backs-up: [], Raft ()",
                                                "   S3 holds 0 entries, its leader 3"]
     and whole("breaks/never-backs-up").now > 3000),
    ("more-mistakes-run", "None. The first took an *older* message that came late, and was"
     " shorter, for an order to cut.",
     lambda at: at.printed.count(": ['S") == at.printed.count("Raft ()") == 3
     and (lambda seen: "x=2" not in str(seen.log("S2"))
          and seen.acted("Deliver")[-1].message.entries[-1].command == ("set", "x", 1))(
         whole("breaks/always-truncates"))),
    ("more-mistakes-run", "The last two called entries of their own committed, because their"
     " leader's were.", lambda at: at.printed.count("commits another entry") == 2),
    ("predict-logs", "Now you are the follower:",
     lambda at: at.value.answer == "b"),
    # -- clients --
    ("two-ends", "It sees the same. In the first story `y=7` took the place of the entry",
     lambda at: (lambda lines: len({line.partition(": ")[2] for line in lines[::2]}) == 1
                 and "no answer" in lines[0] and lines[1].endswith("{'y': 7}"))(
                     at.printed.splitlines())
     and whole("crash-before-commit-lost").told("overwrites")[0][1] == "S1"),
    ("two-ends", "in the second that one follower was elected, and committed it",
     lambda at: at.printed.splitlines()[3].endswith("{'x': 5}")
     and rl.scenario("crash-before-commit-kept", at=4)["S2"].machine.data == {"x": 5}),
    ("twice", "2 without the rule, 1 with it.",
     lambda at: at.printed == "raft!ignores-sessions: x is 2\nraft: x is 1\n"),
    ("in-the-log", "No: `x+=1` is there twice, and was *executed* once.",
     lambda at: [command for _, command in at.once.log("S3")].count("x+=1") == 2
     and at.once["S3"].machine.data == {"x": 1}),
    ("in-the-log", "Request 1 of `C1` was executed, with the answer 1; entry 4 is that request"
     " again", lambda at: at.once["S3"].machine.sessions == {"C1": (1, 1)}
     and at.once["S3"].log[4].serial == at.once["S3"].log[2].serial == 1),
    ("in-the-log", "So every server that may lead later has the same.",
     lambda at: at.once["S2"].machine == at.once["S3"].machine),
    # -- now you drive --
    ("conflict", "Four: `S7`'s refusal; a message with entries from 7 on, which it refuses too (at"
     " 6 it holds term 2, not 5)", lambda at: to_s7().told("refuses-entries-gap")[-1][1:3]
     == ("S7", ("S1", 6, 5, 2)) and terms(to_s7(), "S7") == terms(to_s7(), "S1")),
    ("conflict", "`S2`, `S4` and `S5` find four votes of seven or more, their own included.",
     lambda at: electable(rl.scenario("figure-7", at=3), "S1") == ["S2", "S4", "S5"]),
    ("conflict", "Nothing of it is dropped, because `S5`'s log begins with all of it.",
     lambda at: at.seven.run.steps[0].state["S5"].log.starts_with(
         at.seven.run.steps[0].state["S1"].log)),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)

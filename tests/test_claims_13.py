"""What "Raft in practice" says has happened, has happened (as `claims.py`)."""

from functools import cache

from claims import claimed, told, whole

import raftlab as rl
from raftlab.core import majority

HERE = "13-raft-in-practice"
BOTH = "raft+pre-vote+check-quorum"


def in_peace():
    """How long the slowest of ten writes takes while no cable is cut, in ms."""
    run = rl.cluster("raft", servers=5, seed=1, clients=10)
    run.until(lambda run: run.leader)
    run.run(200)
    for number in range(1, 11):
        run.request(("set", "x", number), to=f"C{number}")
        run.run(400)
    return max(op.completed_at - op.invoked_at for op in run.operations())


def without_a_leader(seed):
    """For how long nobody leads if the leader crashes, and if it hands over, in ms."""
    stopped = rl.cluster("raft+transfer", servers=5, seed=seed)
    stopped.until(lambda run: run.leader)
    stopped.run(200)
    asked, old = stopped.copy(), stopped.leader
    stopped.crash(old)
    asked.request(("transfer", "S1" if old != "S1" else "S2"))
    took = []
    for run in (stopped, asked):
        run.until(lambda run: not run.leader)
        since = run.now
        run.until(lambda run: run.leader)
        took.append(round(run.now - since))
    return took


CLAIMS = [
    # -- cables --
    ("cables", "Nine to twelve, and each cluster lets somebody wait for more than a second. Safe it"
     " was, as always.", lambda at: (lambda lines: len(lines) == 6
     and {int(line.split()[2]) for line in lines} == {9, 10, 12}
     and all(int(line.split()[-2]) > 1000 for line in lines))(at.printed.splitlines())
     and not at.run.acted("Crash") and not at.run.verdicts),
    ("cables", "in peace a write takes 100 ms", lambda at: 50 < in_peace() < 110),
    ("churn", "In term 24, where `S5` stands, and so `S2` is about to be deposed.",
     lambda at: at.value[1] == ("S2", "leader", 23) and at.value[4] == ("S5", "candidate", 24)
     and at.run["S3"].current_term == 24),
    ("churn", "It cannot win, but its term is higher, and that deposes the leader (§5.1), who"
     " hears of it from `S2` or `S3`.",
     lambda at: {who for _, who, _ in at.run.told("wins")[1:]} == {"S1", "S2", "S3"}
     and {"S4", "S5"} <= {who for _, who, _ in at.run.told("starts-election")}
     and deposed_by(at.run) <= {"S2", "S3"}),
    ("which-cure", "(So it also keeps out a server that was removed, whose log may be as good as"
     " any.)", lambda at: after_a_removal("raft+single-server+pre-vote") == ("S1", 1)
     and after_a_removal("raft+single-server") != ("S1", 1)),
    ("which-cure", "Fifty terms without a cure; with pre-vote `S1` leads on in term 1; with"
     " check-quorum alone little is gained",
     lambda at: at.value["raft"][1] == 50 and at.value["raft+pre-vote"] == ("S1", 1)
     and at.value["raft+check-quorum"][1] > 40 and at.value[BOTH] == ("S1", 1)),
    ("stuck", "Now pre-vote is the one that fails, worse than no cure: `S4` leads for ever and"
     " commits nothing.",
     lambda at: {name: op.status for name, (_, op) in at.value.items()}
     == {"raft": "ok", "raft+pre-vote": "unknown", "raft+check-quorum": "ok", BOTH: "ok"}
     and at.value["raft+pre-vote"][0] == "S4"),
    ("stuck", "`S2` still hears it and so refuses `S1` and `S3`.",
     lambda at: {facts[0] for _, who, facts
                 in whole("stuck-leader").told("would-not-vote-leader") if who == "S2"}
     == {"S1", "S3"}),
    ("stuck", "With check-quorum `S4` notices that nobody but `S2` answers, and gives up.",
     lambda at: whole("stuck-leader", protocol=BOTH).told("gives-up")[0][1:]
     == ("S4", (("S2",), 150, 5))),
    # -- reads --
    ("deposed", "`x=2` was done 72 ms before the read began: a **stale read**.",
     lambda at: at.value.ok is False
     and round(at.run.ops[2].invoked_at - at.run.ops[1].completed_at) == 72
     and told(*at.run.ops)[2] == (("get", "x"), 1, "ok") and not at.run.verdicts),
    ("read-cures", "Nothing, both times (`True`: linearizable).",
     lambda at: [(op.status, ok) for op, ok in at.value.values()]
     == [("ok", False), ("unknown", True), ("unknown", True)]),
    ("read-costs", "Through the log: there and back, 20 ms, and an entry for good.",
     lambda at: took(at.value["raft"]) == (20, 3)),
    ("read-costs", "20 ms, no entry, and one round can serve many reads.",
     lambda at: took(at.value["raft+read-index"]) == (20, 2)),
    ("read-costs", "The lease: at once.", lambda at: took(at.value["raft+lease-reads"]) == (0, 2)),
    ("read-costs", "The lease counts from when the leader *asked*, because the promises are older"
     " than the answers; and it lasts 150/1.1 = 136 ms",
     lambda at: (lambda run: {facts[1] for _, _, facts in run.told("holds-lease")} == {136}
     and run["S1"].election_timeout[0] == 150)(whole("lease-broken-by-clock"))),
    ("slow-clock", "It answers 1. By that clock a lease lasts five times as long, and meanwhile"
     " `S3` was elected and wrote `x=2`.",
     lambda at: at.value.ok is False and at.run.leader == "S3"
     and at.run.ops[-1].result == 1 and at.run.told("reads-by-lease")[0][1] == "S1"
     and [a.rate for a in at.run.acted("Drift")] == [0.2]),
    # -- snapshots --
    ("laggard", "First run: all 41 (the no-op is one)",
     lambda at: "S3 stores S2's entries 1 to 41" in at.printed),
    ("laggard", "so it sends its snapshot (**InstallSnapshot**), then what follows",
     lambda at: at.printed.index("takes over S2's snapshot of the entries up to 40")
     < at.printed.index("S3 stores S2's entry 41")),
    ("between-two-writes", "Three equal logs, all executed to entry 4, and `S2` holds `x=2` where"
     " the others hold 3.",
     lambda at: len({str(list(at.run[id].log)) for id in at.run.ids}) == 1
     and [at.run[id].last_applied for id in at.run.ids]
     == [4, 4, 4] and data(at.run) == [3, 2, 3]),
    ("between-two-writes", "Written the right way round, a crash leaves a log that begins too"
     " early",
     lambda at: data(at.right) == [3, 3, 3]),
    # -- members --
    ("two-majorities", "Elect a leader of their own: two stars, both of term 2.",
     lambda at: {id: at.run[id].current_term for id in at.run.ids if at.run[id].role == "leader"}
     == {"S1": 2, "S3": 2} and "election_safety" in [v.name for v in at.run.verdicts]),
    ("two-majorities", "`S3` restarted, and `S3`, `S4` and `S5` elected it again",
     lambda at: [a.node for a in at.run.acted("Restart")] == ["S3"]
     and at.run["S3"].votes_granted == {"S3", "S4", "S5"}),
    ("joint", "The same three, and it stays a candidate: of the old three it has one vote,"
     " its own.",
     lambda at: at.value == ("candidate", ["S3", "S4", "S5"], ())
     and at.joint["S3"].current_term == at.joint["S1"].current_term == 2),
    ("bug-of-2015", "Let the search find it, in three stages.",
     lambda at: at.printed == "[4864, 9806, 17] states looked at\n"
     "S1 leads term 3 without entry 1, which is committed\n" and found().before.reached
     and found().before.before.reached),
    ("bug-of-2015", "goes by five; `S4` and `S5`, whose logs are empty, make it leader of term 3",
     lambda at: (lambda run: run["S1"].current_term == 3 and run.leader == "S1"
     and run["S1"].votes_granted == {"S1", "S4", "S5"} and not run["S4"].log.last_index
     and not run["S5"].log.last_index)(found().run)),
    ("bug-of-2015", "`S2`, leader of the next term, removes `S1`, and commits that with `S3`",
     lambda at: (lambda run: run["S2"].commit_index == run["S3"].log.last_index == 2
     and run["S2"].observe().fields["members"] == "S2 S3 S4")(found().run)),
    ("refused", "Three of the *four* must hold that", lambda at: majority(4) == 3),
    ("refused", "`S2` refuses, and nothing is broken",
     lambda at: at.value[0].status == "fail" and at.value[1] == ()),
    # -- handing over --
    ("handed-over", "202 ms against 14", lambda at: at.printed == "S1 202\nS1 14\n"),
    ("handed-over", "(On seeds 1 to 20: 193 to 568 against 5 to 17.)",
     lambda at: [(min(took), max(took)) for took in zip(*map(without_a_leader, range(1, 21)),
                                                        strict=True)] == [(193, 568), (5, 17)]),
    ("handed-over", "`S4` leads until it hears of `S1`'s term",
     lambda at: steps_of_a_transfer(at.asked)
     == ["TimeoutNow", "PermittedRequestVote", "RequestVoteReply"]),
]  # fmt: skip


# -- what there is to find in the lab --

EVERYTHING = "raft+pre-vote+check-quorum+read-index+snapshots+single-server+learners+transfer"
FOUR = ("members", ("S1", "S2", "S3", "S4"))


def lab():
    """The lab's cluster once S1 leads and everybody has heard it."""
    run = rl.cluster(EVERYTHING, servers=4, seed=1, initial_members=3)
    run.until(lambda run: run.leader)
    run.run(200)
    assert run.leader == "S1"
    return run


def test_a_spare_must_learn_before_it_votes():
    run = lab()
    run.request(FOUR, to="S1")
    assert run.operations()[-1].result.why.startswith("S4 has not caught up")
    run.request(("learner", "S4"), to="S1")
    run.run(200)
    learned = run.operations()[-1]
    assert learned.status == "ok" and 20 < learned.completed_at - learned.invoked_at < 30
    assert run["S4"].log == run["S1"].log
    run.request(FOUR, to="S1")
    run.run(100)
    assert run.operations()[-1].status == "ok"
    assert run["S1"].observe().fields["members"] == "S1 S2 S3 S4"


def test_with_a_server_down_a_learner_is_no_danger_and_an_empty_voter_is():
    run = lab()
    run.crash("S2")
    for asked in ("learner", "S4"), FOUR, ("set", "x", 1):
        run.request(asked, to="S1")
        run.run(200)
    assert [op.status for op in run.operations()] == ["ok"] * 3
    empty = rl.cluster("raft+single-server", servers=4, seed=1, initial_members=3)
    empty.until(lambda run: run.leader)
    empty.run(200)
    empty.crash("S2")
    empty.cut("S1", "S4")  # as if the log were so long that it never comes to an end
    for asked in FOUR, ("set", "x", 1):
        empty.request(asked, to="S1")
    empty.run(1000)
    assert [op.status for op in empty.operations()] == ["unknown"] * 2


def test_a_follower_that_hears_nobody_deposes_nobody():
    run = lab()
    run.cut("S1", "S2")
    run.cut("S2", "S1")
    run.run(3000)
    assert (run.leader, run["S1"].current_term, run["S2"].current_term) == ("S1", 1, 1)


def test_a_leader_that_is_cut_off_gives_up_and_refuses_what_it_was_asked():
    run = lab()
    run.partition(["S1"], ["S2", "S3", "S4"])
    begun = run.now
    run.request(("get", "x"), to="S1")
    run.until(lambda run: run["S1"].role != "leader")
    assert 150 <= run.now - begun <= 300 and run.operations()[-1].status == "fail"
    run.run(1000)
    assert run.leader in ("S2", "S3")


def test_a_transfer_is_one_election():
    run = lab()
    run.request(("transfer", "S2"), to="S1")
    run.run(300)
    assert run.leader == "S2" and {run[id].current_term for id in ("S1", "S2", "S3")} == {2}


def deposed_by(seen):
    """Whose messages brought `S1`, `S2` or `S3` a higher term while it led."""
    told = set()
    for before, step in zip(seen.steps, seen.steps[1:], strict=False):
        if type(step.action).__name__ == "Deliver" and step.action.dst in ("S1", "S2", "S3"):
            was, is_now = (s.state[step.action.dst] for s in (before, step))
            if was.role == "leader" and is_now.current_term > was.current_term:
                told.add(step.action.src)
    return told


def after_a_removal(protocol):
    """(leader, term) three seconds after S3 was removed, and has not been told."""
    run = rl.cluster(protocol, servers=3, seed=1)
    run.until(lambda run: run.leader)
    run.run(100)
    run.cut("S1", "S3")
    run.request(("members", ("S1", "S2")), to="S1")
    run.run(100)
    run.heal()
    run.run(3000)
    return run.leader, run["S1"].current_term


def took(found):
    """(ms of the read, entries of the log) of a way to read."""
    op, entries = found
    return round(op.completed_at - op.invoked_at), entries


def data(seen):
    return [seen[id].machine.data["x"] for id in seen.ids]


@cache
def found():
    return rl.explore("raft!changes-before-own-commit", progress=False)


def steps_of_a_transfer(seen):
    """The kinds of message that arrived after the word to stand, each where it came first."""
    kinds = [type(action.message).__name__ for action in seen.acted("Deliver")]
    after = kinds[kinds.index("TimeoutNow") :]
    return [kind for kind in dict.fromkeys(after) if not kind.startswith("AppendEntries")]


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)

"""What "Three common mistakes" says has happened, has happened (as `claims.py`)."""

from claims import Seen, claimed, played, prose, told

import raftlab as rl

HERE = "17-three-common-mistakes"


def leaders(seen):
    return {id: seen[id].current_term for id in seen.ids if seen[id].role == "leader"}


def arrivals(run, kind, dst):
    """When messages of a kind reached `dst`, in ms, in their order."""
    return [
        step.state.time for step in run.steps
        if type(step.action).__name__ == "Deliver" and step.action.dst == dst
        and type(step.action.message).__name__ == kind
    ]  # fmt: skip


def when_committed(run, id, index):
    return next(step.state.time for step in run.steps if step.state[id].commit_index >= index)


CLAIMS = [
    # -- to write your own --
    ("two-terms", "Three servers, up to two terms, one request, nobody crashes",
     lambda at: len(at.value.start.state.config.servers) == 3 and str(at.value.bounds).startswith(
         "terms up to 2, 1 request, no crashes") and "rounds only" in at.shown),
    ("two-terms", "does not compare the term of the entry before",
     lambda at: "prev_log_index <= self.log.last_index"
     in repr(rl.diff("never-checks-the-previous-entry"))),
    ("two-terms", "*Nothing broke, and everything within the bounds was seen.*",
     lambda at: at.value.ok is True
     and "Nothing broke, and everything within the bounds was seen." in at.shown),
    ("one-term-more", "Two logs have the same entry 2 and differ before it: Log Matching is gone.",
     lambda at: at.value.ok is False and at.value.verdicts[0].name == "log_matching"
     and (lambda one, other: one[1] == other[1] and one[0] != other[0])(
         *(Seen(at.value.run).log(id) for id in at.value.verdicts[0].evidence))),
    ("one-term-more", "`rl.diff()` lists more than 50 rules that can be broken",
     lambda at: len(rl.diff()) > 50),
    # -- no answer to split-brain --
    ("pair", "A pause looks like a crash to everybody but the one who pauses",
     lambda at: [(op.call[0], op.result) for op in at.pair.ops]
     == [("set", 0), ("cas", True), ("cas", True)]
     and leaders(at.pair) == {"S1": 1, "S2": 2} and not at.pair.acted("Cut")
     and [op.client for op in at.pair.ops] == ["A", "B", "A"] and at.value.ok is False),
    ("pair", "says yes before any message can tell it otherwise",
     lambda at: at.pair.ops[2].completed_at == at.pair.ops[2].invoked_at),
    ("three-pause", "Again two servers believe that they lead",
     lambda at: at.printed == "['S1', 'S2']\n"),
    ("three-pause", "the request is refused", lambda at: at.value[1].call == ("set", "x", 2)
     and at.value[1].status == "fail" and leaders(at.woken) == {"S2": 2}),
    # -- consensus and consistency --
    ("telephone", "`x` is 0. A writes", lambda at: told(at.call.ops[0])
     == [(("set", "x", 0), 0, "ok")]),
    ("telephone", "The old value, 0, and no verdict `()`: not one property of Raft is broken.",
     lambda at: at.printed == "0 ()\n" and at.call.ops[-1].client == "B"
     and at.call.ops[-1].invoked_at > at.call.ops[-2].completed_at),
    ("telephone", "`S1` commits at 298.7 ms. *Outside*, `S3` is asked 10 ms later.",
     lambda at: round(when_committed(at.call, "S1", 3), 1) == 298.7
     and round(at.call.ops[-1].invoked_at, 1) == 308.7),
    ("telephone", "It holds the entry and does not know yet that it is committed",
     lambda at: len(at.call["S3"].log) == 3 and at.call["S3"].commit_index == 2),
    ("telephone-outside", "B's read breaks the first promise.", lambda at: at.value.ok is False),
    ("telephone-sequential", "It does not: put B's read before A's write",
     lambda at: at.value.ok is True and at.value.parts[0].order == (0, 2, 1)),
    ("back", "Neither. B itself saw 1 and then 0",
     lambda at: not at.value.ok and not at.value.sequential.ok
     and [op.result for op in at.value.judgement.operations if op.client == "B"] == [1, 0]),
    ("inversion", "Not linearizable, and sequentially consistent.",
     lambda at: at.value.ok is False and at.printed == "sequentially consistent: True\n"),
    ("late", "Linearizable. It never failed: it had no answer",
     lambda at: at.value.ok is True and at.value.sequential.ok is True
     and [op.status for op in at.value.judgement.operations] == ["ok", "unknown", "ok", "ok"]),
    ("second", "Neither: A's order puts `x` first, and B's order asks for `x` last.",
     lambda at: not at.value.ok and not at.value.sequential.ok),
    ("all-six", "The lock is wrong everywhere: no order lets both find a 0.",
     lambda at: "held-twice          False          False        False\n" in at.printed),
    ("all-six", "Five times the inside is right, and four of these five show clients something that"
     " a single copy would not.", lambda at: [line.split()[1:] for line in
                                              at.printed.splitlines()[1:]]
     == [["False", "True", "True"], ["False", "False", "True"], ["False", "True", "True"],
         ["True", "True", "True"], ["False", "False", "False"], ["False", "False", "True"]]),
    ("mended-reads", "No value by `S3`, which names the leader; and 1 by that.",
     lambda at: at.printed.count("[NotLeader(leader_id='S1'), 1] True") == 2),
    ("alone", "One. A single server needs nobody's agreement and is perfectly consistent",
     lambda at: at.value.ok is True and len(at.alone.ids) == 1
     and not arrivals(at.alone, "AppendEntries", "S1")),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


def test_a_key_alone_would_show_nothing_in_the_last_history():
    """ "Per key nothing would be wrong with it, in some order; together no order exists." """
    from raftlab.checks.sequential import sequential

    sentence = "Per key nothing would be wrong with it, in some order; together no order exists."
    assert sentence in prose(HERE)
    operations = played(HERE)["second"].value.judgement.operations
    for key in ("x", "y"):
        assert sequential([op for op in operations if op.call[1] == key]).ok
    assert not sequential(list(operations)).ok


def test_with_one_more_entry_to_remember_a_client_of_followers_never_goes_back():
    """The cure in "B remembers how far in the log it has seen": `S3` was one entry short."""
    at = rl.scenario("histories/back-in-time", at="end")
    assert at["S1"].last_applied == 3 and at["S3"].last_applied == 2 == len(at["S3"].log) - 1


# -- what the things to try in the lab show -------------------------------------------------


def asked(run, *servers):
    """What these servers say one after the other, 3 ms apart, when B asks for x."""
    said = []
    for id in servers:
        run.request(("get", "x"), to=id, client="B")
        said.append(run.operations()[-1].result)
        run.run(3)
    return said


def lab():
    return rl.scenario("histories/new-then-old").copy()


def test_while_a_write_is_under_way_one_can_see_it_and_then_not_and_then_again():
    sentence = "in the 10 ms after `S1` has committed it and before `C1` hears of it"
    assert sentence in prose(HERE)
    run = lab()
    run.request(("set", "x", 1), to="C1")
    began = run.now
    run.until(lambda run: run["S1"].commit_index == 3)
    committed = run.now - began
    assert asked(run, "S1", "S3", "S1") == [1, 0, 1]
    assert run.operations()[1].status == "unknown" and not rl.linearizable(run).ok
    run.until(lambda run: run.operations()[1].status == "ok")
    assert round(run.now - began - committed) == 10


def test_once_a_write_is_answered_the_leader_has_it_and_the_others_not_yet():
    run = lab()
    run.request(("set", "x", 1), to="C1")
    run.until(lambda run: run.operations()[1].status == "ok")
    assert asked(run, "S1", "S2", "S3") == [1, 0, 0]
    run.run(50)
    assert asked(run, "S1", "S2", "S3") == [1, 1, 1]


def test_a_deposed_leader_goes_on_to_answer_from_its_own_copy():
    run = lab()
    run.partition(["S1"], ["S2", "S3", "C1"])
    run.until(lambda run: run.leader in ("S2", "S3"))
    run.request(("set", "x", 7), to=run.leader, client="A")
    run.run(300)
    assert asked(run, "S1", "S2", "S3") == [0, 7, 7]
    assert run["S1"].role == "leader" and not rl.linearizable(run).ok and not run.verdicts

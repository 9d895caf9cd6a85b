"""What "Why agreement is hard" says has happened, has happened (as `claims.py`)."""

import re

from claims import Seen, claimed, told

import raftlab as rl
from raftlab.core import majority

HERE = "01-why-agreement-is-hard"
SET_5, GET, ADD = ("set", "x", 5), ("get", "x"), ("add", "x", 1)


def nights(printed):
    """{(messengers, copies): (one alone, both)} as the cell prints it."""
    rows = [[int(n) for n in re.findall(r"\d+", line)] for line in printed.splitlines()]
    return {(m, copies): (alone, both) for m, copies, alone, both in rows}


def falls(pairs):
    """Whether both numbers of pairs fall."""
    return all(sorted(row, reverse=True) == [*row] for row in zip(*pairs, strict=True))


def holding(shown):
    """The bits that the game says the servers hold."""
    return re.findall(r"holds (\d), round", shown)


def leading(seen):
    return [id for id in seen.ids if seen[id].role == "leader"]


def knows(seen, *ids):
    return [seen[id].fields() for id in ids]


CLAIMS = [
    ("import", "The write was answered after 25 ms.",
     lambda at: told(*at.boss.ops) == [(SET_5, 5, "ok")]
     and round(at.boss.ops[0].completed_at) == 25 and at.boss.leader == "S1"),
    ("boss-dies", "It is sent to `S1`, again and again, by a server that does not know that `S1` is"
     " gone.", lambda at: at.boss.ops[1].status == "unknown" and at.boss.up == ["S2", "S3"]
     and [f for _, who, f in at.boss.told("is-redirected")] == [("S1",)] * 3),
    ("boss-dies", "The answer is on the disk of a dead machine.",
     lambda at: at.boss["S1"].on_disk()["data"].data == {"x": 5}),
    ("lost-answer", "Two. The client heard nothing for 500 ms and asked again",
     lambda at: at.add["S1"].data.data == {"x": 2} and told(*at.add.ops) == [(ADD, 2, "ok")]
     and at.add.told("asks-again")[0][0] == 500),
    ("one-caught", "`S2`, alone: it did not know that its messenger was caught.",
     lambda at: (at.night["S1"].decided, at.night["S2"].decided) == ("retreat", "attack")
     and [v.name for v in at.night.verdicts] == ["agreement"]),
    ("search-nights", "No number is enough, and no cleverer plan.",
     lambda at: len(at.printed.splitlines()) == 8 and all(
         "attack" in line and "retreat" in line for line in at.printed.splitlines())),
    ("search-nights", "Had the *last* been caught, its sender could not know", lambda at: all(
        len(rl.explore("two-generals", messengers=n, progress=False).actions) == n + 1
        for n in range(1, 5))),
    ("two-worlds", "The only difference is inside `S1`: all that `S2` and `S3` know is the same"
     " (`True`, `True`)", lambda at: [*at.value.servers] == ["S1"]
     and at.printed == "[True, True]\n"
     and knows(at.dead, "S2", "S3") == knows(at.slow, "S2", "S3")),
    ("two-worlds", "`S2` takes over, rightly in `dead`, wrongly in `slow`",
     lambda at: at.dead.now == at.slow.now
     and (leading(at.dead), leading(at.slow)) == (["S2"], ["S1", "S2"])),
    ("two-worlds", "No message is lost.",
     lambda at: not at.slow.acted("Drop") and not at.slow.state.cuts),
    ("both-lead", "Both lead, and both answer. `S1` says that `x=1` is stored; a millisecond later"
     " `S2` says that there is no `x`. No single copy gives these two answers.",
     lambda at: told(*at.slow.ops) == [(("set", "x", 1), 1, "ok"), (GET, None, "ok")]
     and round(at.slow.ops[1].invoked_at - at.slow.ops[0].completed_at, 3) == 1
     and leading(at.slow) == ["S1", "S2"] and rl.linearizable(at.slow.run).ok is False),
    ("a-minute", "`S1` came back with its disk",
     lambda at: at.value[0] == "unknown" and at.boss["S1"].data.data == {"x": 5}),
    ("a-minute", "the answer came after more than a minute",
     lambda at: told(at.value[1]) == [(GET, 5, "ok")]
     and at.value[1].completed_at - at.value[1].invoked_at > 60_000),
    ("bad-play", "both proposed 1, and with two proposals `S2` decided, after 3 choices",
     lambda at: at.names["bad"].over == "S2 decides 1, after 3 of your choices"
     and "S2 sees 1 proposed by 2: it decides 1" in at.names["bad"].run.why()),
    ("bad-play", "(in the picture `x=1!`; a `?` is still open, and circles are messages under way)",
     lambda at: all(f">{mark}</text>" in at.value.svg for mark in ("x=0?", "x=1!", "x=1?"))),
    ("good-play", "Nothing (`bit=None`), for each has seen a 0 and a 1; so each keeps its bit.",
     lambda at: at.printed.count("Proposal(round=1, bit=None)") == 6
     and at.printed.count("Report(round=1") == 3),
    ("good-play", "Every message has arrived, and 12 choices are gone.",
     lambda at: holding(at.shown) == holding(rl.adversary().text) == ["0", "1", "1"]
     and at.shown.startswith("12 choices so far; nobody has decided")
     and at.shown.count("Report(round=2") == 6),
    ("for-ever", "after 18 choices it stands where 12 more lead back to, a round later",
     lambda at: at.printed == "for ever: 18 choices, and then 12 that repeat\n"
     and rl.adversary().best().rounds == 1
     and at.shown.startswith("1,012 choices so far; nobody has decided")),
    ("for-ever", "nobody decided wrongly", lambda at: not at.value.run.verdicts),
    ("thousand-nights", "More confirmations make it rarer that one attacks alone, but also that"
     " both do", lambda at: falls([nights(at.printed)[m, 1] for m in (1, 4, 16)])),
    ("thousand-nights", "One message in four copies gets through on all thousand nights.",
     lambda at: nights(at.printed)[1, 4] == (0, 1000)),
    ("thousand-nights", "the last line is a night on which all four are caught",
     lambda at: at.value == "S2 decides retreat, and S1 has decided attack"),
    ("wait-for-all", "All see the same three reports and decide in the first round",
     lambda at: at.printed == "S1 decides 1, after 10 of your choices\n"
     and rl.adversary(wait_for=3).play(1000).rounds == 0),
    ("wait-for-all", "one crash is enough, and those who are left wait for ever",
     lambda at: at.value == "you have won: nothing is under way, and nobody will ever decide"),
    ("tie-rule", "with one start the order of messages alone decides whether 1 or 0 comes out",
     lambda at: "decides 1, after 3" in at.printed and "decides 0, after 15" in at.printed),
    ("tie-rule", "Where only `S2` proposes, `S3` sees that and `S1` does not, there is one.",
     lambda at: at.value.score == 1200 and not at.value.over
     and holding(at.shown) == ["0", "1", "1"]
     and {who for _, who, _ in Seen(at.value.run).told("has-majority")} == {"S2"}
     and {who for _, who, _ in Seen(at.value.run).told("gives-in")} == {"S1"}),
    ("tournament", "in one round of four. You survive each round after the first with"
     " a chance of 3/4: 75 % after two rounds, 42 % after four, 13 % after eight.",
     lambda at: [round(100 * 0.75**n) for n in (1, 3, 7)] == [75, 42, 13]
     and at.value.undecided(1) == 300 and abs(at.value.undecided(2) / 300 - 0.75) < 0.05
     and abs(at.value.undecided(4) / 300 - 0.42) < 0.05
     and abs(at.value.undecided(8) / 300 - 0.13) < 0.05),
    ("quorums", "Of majorities none: each row is a group of three",
     lambda at: "every pair has at least 1 in common" in at.shown
     and len(at.value.scene.of("group")) == 10),
    ("quorums", "Of halves three: either half could decide on its own.",
     lambda at: at.printed.count("and S") == 3 and "3 pairs have no server" in at.printed),
    ("quorums", "there must be `2f+1` servers: 3 for one, 5 for two. A fourth only adds one more",
     lambda at: [n - majority(n) for n in (3, 4, 5)] == [1, 1, 2]),
    ("predict-size", "(A write that *commits* is decided for good.)",
     lambda at: "so that a write still commits" in at.value.ask),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


# -- now you drive ---------------------------------------------------------------------------


def decides(bit):
    return lambda state: any(state[id].decided in bit for id in state.config.servers)


def test_nobody_need_decide_in_the_first_round():
    game = rl.adversary().deliver("S1→S2", "S1→S3", "S2→S1", "S2→S3", "S3→S1", "S3→S2")
    game.deliver("S1→S2", "S1→S3", "S2→S1", "S2→S3", "S3→S1", "S3→S2")
    assert game.text.startswith("12 choices so far; nobody has decided.")


def test_no_decision_is_faster_than_three_choices():
    found = rl.explore(rl.adversary().run, by="messages", requests=0, terms=None, progress=False,
                       until=decides((0, 1)))  # fmt: skip
    assert found.reached and len(found.actions) == 3


def test_nobody_can_be_made_to_decide_0():
    """In two rounds by search; and no 0 is ever proposed, so no round is any different."""
    run = rl.adversary(last_round=2).run
    found = rl.explore(run, by="messages", requests=0, terms=None, progress=False,
                       until=decides((0,)))  # fmt: skip
    assert found.finished and not found.reached

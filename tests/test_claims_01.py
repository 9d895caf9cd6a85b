"""What "Why agreement is hard" says has happened, has happened (as `claims.py`)."""

import re

from claims import claimed, told

import raftlab as rl
from raftlab.core import majority

HERE = "01-why-agreement-is-hard"
SET_5, GET, ADD = ("set", "x", 5), ("get", "x"), ("add", "x", 1)


def nights(printed):
    """{messengers: (one alone, both)} as the cell prints it."""
    rows = [line.replace(",", "").split() for line in printed.splitlines()]
    return {int(row[0]): (int(row[4]), int(row[6])) for row in rows}


def holding(shown):
    """The bits that the game says the servers hold."""
    return re.findall(r"holds (\d), round", shown)


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
    ("one-caught", "`S2` attacks alone.",
     lambda at: (at.night["S1"].decided, at.night["S2"].decided) == ("retreat", "attack")
     and [v.name for v in at.night.verdicts] == ["agreement"]),
    ("search-nights", "No number is enough: for each there is a night on which one attacks alone.",
     lambda at: len(at.printed.splitlines()) == 8 and all(
         "attack" in line and "retreat" in line for line in at.printed.splitlines())),
    ("search-nights", "It is always the same one.", lambda at: all(
        len(rl.explore("two-generals", messengers=n, progress=False).actions) == n + 1
        for n in range(1, 5))),
    ("thousand-nights", "More confirmations make it rarer that one attacks alone, but also that"
     " both do", lambda at: [*nights(at.printed)] == [1, 2, 4, 8, 16]
     and sorted(nights(at.printed).values(), reverse=True) == [*nights(at.printed).values()]
     and sorted((both for _, both in nights(at.printed).values()), reverse=True)
     == [both for _, both in nights(at.printed).values()]),
    ("thousand-nights", "Nothing makes it zero.",
     lambda at: all(alone for alone, _ in nights(at.printed).values())),
    ("two-worlds", "The only difference is inside `S1`; all that `S2` and `S3` know is the same"
     " (`True`, `True`)", lambda at: [*at.value.servers] == ["S1"]
     and at.printed == "[True, True]\n"
     and knows(at.dead, "S2", "S3") == knows(at.slow, "S2", "S3")),
    ("two-worlds", "in both worlds `S2`'s timer runs out at 488 ms and it takes over",
     lambda at: round(at.dead.now) == round(at.slow.now) == 488
     and at.dead["S2"].role == at.slow["S2"].role == "leader"),
    ("two-worlds", "Nothing is lost, nothing is cut.",
     lambda at: not at.slow.acted("Drop") and not at.slow.state.cuts),
    ("both-lead", "Both, for the moment, and both answer. `S1` says that `x=1` is stored; a"
     " millisecond later `S2` says that there is no `x`.",
     lambda at: told(*at.slow.ops) == [(("set", "x", 1), 1, "ok"), (GET, None, "ok")]
     and round(at.slow.ops[1].invoked_at - at.slow.ops[0].completed_at, 3) == 1
     and at.slow["S1"].role == at.slow["S2"].role == "leader" and at.value.ok is False),
    ("predict-restart", "Another one that was asleep",
     lambda at: "was paused" in at.value.ask and at.value.options["abc".index(at.value.answer)].text
     == "leader"),
    ("a-minute", "the answer came after more than a minute",
     lambda at: at.value[0] == "unknown" and told(at.value[1]) == [(GET, 5, "ok")]
     and at.value[1].completed_at - at.value[1].invoked_at > 60_000),
    ("bad-play", "two proposals, decided after 3 choices",
     lambda at: at.value.over == "S2 decides 1, after 3 of your choices"
     and "S2 sees 1 proposed by 2: it decides 1" in at.value.run.why()),
    ("good-play", "Nothing, all three (`bit=None`): each has seen a 0 and a 1.",
     lambda at: at.shown.count("Proposal(round=1, bit=None)") == 6
     and at.shown.count("Report(round=1") == 3),
    ("whole-round", "Where we began, a round later. Every message has arrived, nobody has crashed,"
     " and 12 choices are gone.",
     lambda at: holding(at.shown) == holding(rl.adversary().text) == ["0", "1", "1"]
     and at.shown.startswith("12 choices so far; nobody has decided")
     and at.shown.count("Report(round=2") == 6),
    ("for-ever", "It goes on for ever: a way was found that leads back to where it has been.",
     lambda at: at.printed.startswith("for ever")
     and at.shown.startswith("1,012 choices so far; nobody has decided")),
    ("for-ever", "In all those rounds nobody decided wrongly.",
     lambda at: not at.value.run.verdicts),
    ("wait-for-all", "decided in the first round",
     lambda at: at.value.rounds == 0 and "decides 1" in at.value.over),
    ("wait-and-crash", "one crash is enough, and those who are left wait for ever",
     lambda at: at.value.over == "you have won: nothing is under way, and nobody will ever decide"),
    ("tournament", "that happens in one round of four. You survive each round after the first with"
     " a chance of 3/4: 75 % after two rounds, 42 % after four, 13 % after eight.",
     lambda at: [round(100 * 0.75**n) for n in (1, 3, 7)] == [75, 42, 13]
     and at.value.undecided(1) == 300 and abs(at.value.undecided(2) / 300 - 0.75) < 0.05
     and abs(at.value.undecided(4) / 300 - 0.42) < 0.05
     and abs(at.value.undecided(8) / 300 - 0.13) < 0.05),
    ("quorums", "None. Each row is a group of three",
     lambda at: "every pair has at least 1 in common" in at.shown
     and len(at.value.scene.of("group")) == 10),
    ("halves", "Three pairs do not (×)",
     lambda at: at.shown.count("and S") == 3 and "3 pairs have no server" in at.shown),
    ("halves", "there must be `2f+1` of them: 3 for one, 5 for two. A fourth server adds nothing",
     lambda at: [n - majority(n) for n in (3, 4, 5)] == [1, 1, 2]),
]  # fmt: skip


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


def test_how_long_a_message_may_be_held_for_the_game_to_go_on_for_ever():
    """What the fourth task of the lab finds."""
    plans = {patience: rl.adversary(patience=patience).best() for patience in (6, 8)}
    assert plans[8].endless and not plans[6].endless and plans[6].sure

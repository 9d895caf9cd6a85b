"""What "The simplified Raft, audited" says has happened, has happened (as
`claims.py`). What the checker finds on each rung is tested in `test_simplified_ladder.py`.
"""

import re

import pytest
from claims import Seen, claimed, read, told, whole

import raftlab as rl

HERE = "15-the-simplified-raft-audited"
pytestmark = pytest.mark.slow


def option(question):
    """The repair, or the rule, that the model says is right."""
    return question.options["abcd".index(question.answer)].text


CLAIMS = [
    ("demo", "`S1` leads term 1, with the votes of the others.",
     lambda at: at.run.leader == "S1"
     and [at.run[id].voted_for for id in at.run.ids] == ["S1"] * 3),
    ("ten-seconds", "`S1` still leads term 1, and nobody follows it: the others have stood about a"
     " hundred times each.",
     lambda at: at.run["S1"].role == "leader" and at.run["S1"].current_term == 1
     and min(at.run[id].current_term for id in ("S2", "S3")) >= 98
     and told(*at.value) == [(("set", "x", 5), None, "unknown")]),
    ("ten-seconds", "The cluster destroyed itself, without any fault.",
     lambda at: not [kind for kind in ("Crash", "Drop", "Cut", "Partition")
                     if at.run.acted(kind)]),
    ("ten-seconds", "without a fault, nobody follows 300 ms after the election",
     lambda at: max(first_stand(at.run, id) for id in ("S2", "S3"))
     < 300 + at.run.told("wins")[0][0]),
    ("fifty-elections", "None. Whoever has voted votes for nobody else any more, only for itself",
     lambda at: "candidate, term 51" in at.shown and "leader" not in at.shown),
    ("lost-heartbeat", "`x=1` is entry 3 for `S2`, entry 2 for `S3`, and the leader has none",
     lambda at: (lambda run: [[c for _, c in run.log(id)].index("x=1") + 1 for id in ("S2", "S3")]
     == [3, 2] and not run.log("S1"))(whole("C9"))),
    ("lost-write", "Yes: nobody compares logs (§5.4.1). `S3` leads without `x=1`",
     lambda at: at.run.leader == "S3" and "x=1" not in str(at.run.log("S3"))
     and at.run["S2"].voted_for == "S3" and at.run.ops[0].result == "acknowledged"),
    ("lost-write", "`x=1` was acknowledged: `S2` took it, and `S1` counts itself.",
     lambda at: at.run.log("S2")[0] == (1, "x=1") and not at.run.log("S1")),
    ("safe-listing", "No: Election Safety holds, in all of 4,427 states.",
     lambda at: at.value.ok is True and at.value.states == 4427),
    ("safe-listing", "A cluster in which hardly anybody can be elected is safe.",
     lambda at: 0 < at.value.seen[0] <= 2),
    ("first-repair", "`S1` leads term 1, hears of term 2, votes for `S2` with its fresh vote, and"
     " goes on leading, now in term 2.",
     lambda at: (lambda run: leaders(run) == {"S1": 2, "S2": 2}
     and ("S2", 2) in [facts for _, who, facts in run.told("votes") if who == "S1"]
     and ("S1", 1) in [(who, facts[0]) for _, who, facts in run.told("wins")])(
         Seen(at.value.run))),
    ("repair-two", "With `steps-down` (§5.1) the search finds nothing",
     lambda at: option(at.value).startswith("Who hears of a higher term")),
    ("one-crash", "Two leaders of term 1, one after the other: `S1` led, restarted, had forgotten"
     " its vote, and gave it to `S2` in the same term.",
     lambda at: (lambda run: [(who, facts[0]) for _, who, facts in run.told("wins")]
     == [("S1", 1), ("S2", 1)] and [a.node for a in run.acted("Restart")] == ["S1"]
     and run["S1"].voted_for == "S2")(Seen(at.value.run))),
    ("repair-three", "With the disk, and one crash, the search finds nothing.",
     lambda at: option(at.value) == "Term, vote and log survive a crash (Figure 2)."),
    ("repair-five", "The checker has found C9 by itself.",
     lambda at: "their logs differ up to there" in at.value.ask),
    ("repair-five", "A leader has a log now, entries have terms, and the others make theirs like"
     " it: one rung for several rules",
     lambda at: option(at.value).startswith("A leader has a log of its own")),
    ("repair-six", "The length, says the checker",
     lambda at: option(at.value) == "A candidate's log must be as long as the voter's."),
    ("three-terms", "`x=2` of term 2 is committed, by `S2` with `S3`. But `S1` leads term 3: its"
     " `x=1`, an entry of term 1 that nobody else has, is just as long.",
     lambda at: "S1 leader term 3: [1:t1 x=1]" in at.shown
     and "S2 follower term 3: [1:t2 x=2] committed to 1" in at.shown
     and "S3 follower term 3: [1:t2 x=2]" in at.shown),
    ("figure-8", "it takes four to see that `x=1`, once it is on a majority, is taken for committed"
     " although its term is over",
     lambda at: "up to term 3: () up to term 4: S3 leads term 4 without entry 1" in at.printed
     and "S1 follower term 4: [1:t1 x=1] committed to 1" in at.shown
     and "S2 follower term 4: [1:t1 x=1]" in at.shown and "S3 leader term 4: [1:t2" in at.shown),
    ("own-term", "Nothing, and leaders of all four terms, and entries committed, were among what"
     " was seen", lambda at: at.value.ok is True and at.value.seen[0] == 4
     and at.value.seen[1] >= 1),
    ("progress", "Without heartbeats, 8 terms in five seconds, and leaders that come and go. With"
     " them, and calls that wait, one dead server stops everything (C18).",
     lambda at: at.value[0] == [8, 1, 1] and at.value[1][1:] == [None, "S3"]),
]  # fmt: skip


def leaders(seen):
    return {id: seen[id].current_term for id in seen.ids if seen[id].role == "leader"}


def first_stand(seen, id):
    """The ms at which a server first stood."""
    return next(ms for ms, who, _ in seen.told("starts-election") if who == id)


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE)


def test_its_tables_hold_all_22_holes_once():
    tables = "\n".join("".join(c["source"]) for c in read(HERE) if c["cell_type"] == "markdown")
    rows = re.findall(r"^\| (C\d+) \|", tables, re.M)
    assert sorted(rows) == sorted(f"C{number}" for number in range(1, 23))


def test_c12_does_not_come_of_entries_without_terms():
    """C20: without terms in entries C12 ends (`steps-down` adopts the term), C7 and C9 do not."""
    mended = "simplified+clears-vote+steps-down"
    for name, more, terms in (
        ("C12", "", [1, 2, 1]), ("C12", mended, [1, 2]),
        ("C9", mended, [1, 1]), ("C10", mended, [1, 1, 1]), ("C11", mended, [1]),
    ):  # fmt: skip
        run = whole(name, protocol=more or None)
        assert [term for term, _ in run.log("S5" if name == "C12" else "S3")] == terms, name
    for name in ("C9", "C10"):
        assert "log_matching" in [v.name for v in whole(name, protocol=mended).verdicts]
    assert "x=1" not in str(whole("C7", protocol=mended).log("S3"))
    assert whole("C7", protocol=mended).leader == "S3"
    assert [c for _, c in whole("C11", protocol=mended).log("S2")].count("x+=1") == 2


# -- what there is to find in the lab --


def split(protocol=None):
    run = rl.scenario("C5", protocol=protocol).copy()
    assert run.leader == "S1"
    run.request(("set", "x", 5), to="S1")
    run.run(5000)
    return run


def test_of_the_listing_neither_side_can_go_on_and_healing_does_not_help():
    run = split()
    assert leaders(Seen(run)) == {"S1": 1} and run.operations()[-1].status == "unknown"
    assert [c for _, c in Seen(run).log("S2")] == ["heartbeat", "x=5"]
    run.request(("set", "x", 6), to="S3")
    assert run.operations()[-1].status == "fail"
    run.heal()
    run.run(3000)
    assert leaders(Seen(run)) == {"S1": 1} and run["S3"].current_term > 50
    run.request(("set", "x", 7), to="S1")
    run.run(1000)
    assert run.operations()[-1].status == "unknown"


def test_of_raft_the_three_go_on_in_term_2_and_the_old_leader_follows():
    run = split("raft")
    assert leaders(Seen(run)) == {"S1": 1, "S3": 2}
    run.request(("set", "x", 6), to="S3")
    run.run(200)
    assert run.operations()[-1].status == "ok"
    run.heal()
    run.run(1000)
    assert leaders(Seen(run)) == {"S3": 2} and run["S1"].current_term == 2
    assert run.operations()[0].status == "fail"


def test_without_the_disk_the_search_notices_when_one_crash_is_allowed():
    name = "simplified+clears-vote+steps-down+calls-at-once"
    name += "+stores-entries+compares-terms+commits-own-term"
    for ok, bounds in (True, {"terms": 2}), (False, {"terms": 1, "crashes": 1}):
        found = rl.explore(name, against="election_safety", requests=0, progress=False, **bounds)
        assert found.ok is ok


def test_with_raft_in_place_of_the_listing_the_opening_does_not_fail():
    """A claim that holds of anything would be none: ten seconds of Raft are one term."""
    run = rl.cluster("raft", servers=3, seed=1, latency=1, jitter=0)
    run.run(10_000)
    assert {run[id].current_term for id in ("S1", "S2", "S3")} == {1}

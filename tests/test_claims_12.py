"""What "Raft: safety and Figure 8" says has happened, has happened (as `claims.py`).

The three searches for Figure 8 take seconds: nbval compares what they print, and the claims about
them read what is printed.
"""

from functools import cache

from claims import Seen, claimed, play, read, saved, whole

import raftlab as rl
from raftlab.protocols.breaks_log import CommitsOldTerms
from raftlab.protocols.raft import Raft

# Raft with its no-op, and without §5.4.2: a break alone would take the no-op away.
COUNTS_ALL = type("CountsAll", (CommitsOldTerms, Raft), {})
HERE = "12-raft-safety-and-figure-8"
SLOW = "commits-old-terms", 'raft+without-no-op", terms'
NOTHING = "Nothing broke, and everything within the bounds was seen."


@cache
def played():
    def quick(source):
        return "None" if "rl.explore(" in source and any(w in source for w in SLOW) else source

    return play(HERE, quick)


def leaders(seen):
    return {id: seen[id].current_term for id in seen.ids if seen[id].role == "leader"}


def names(seen):
    return list(dict.fromkeys(verdict.name for verdict in seen.verdicts))


def on(seen, entry):
    """Which servers' logs hold an entry (term, command)."""
    return [id for id in seen.ids if entry in seen.log(id)]


def terms(seen, id):
    return [term for term, _ in seen.log(id)]


# -- what one can do in the lab -----------------------------------------------------------


def on_three():
    """The tour where x=2 is on three servers, without what follows there."""
    return rl.scenario("tours/commit-rule", at=4).copy()


def with_a_request():
    run = on_three()
    run.request(("set", "x", 9))
    for id in ("S2", "S3"):
        run.deliver("AppendEntries", "S1", id)
    run.crash("S1")
    run.restart("S5")
    run.fire("S5")
    run.fire("S5")
    run.run(60)
    return Seen(run)


def two_down(*standing):
    run = on_three()
    run.crash("S2")
    run.crash("S3")
    run.restart("S5")
    for id in standing:
        run.fire(id)
    run.run(400)
    return Seen(run)


def all_down():
    """What all five know to be committed when they are back, later, and after a request; and x."""
    run = rl.scenario("tours/commit-rule", at="end")
    ids = run.state.config.servers
    for act in (run.crash, run.restart):
        for id in ids:
            act(id)
    known = [[run[id].commit_index for id in ids]]
    run.run(1500)
    known.append([run[id].commit_index for id in ids])
    run.request(("set", "y", 1))
    run.run(200)
    known.append([run[id].commit_index for id in ids])
    return [*known, [run[id].machine.data["x"] for id in ids]]


CLAIMS = [
    # -- a failure you cause --
    ("open-door", "`x=5` is on a majority of three and answered",
     lambda at: at.door.ops[0].status == "ok"
     and ("S1", (2, 2, "leader")) in [told[1:] for told in at.door.told("commits")]),
    ("open-door", "Answered, and gone. Two of three had the entry, and one of the two, `S2`, is"
     " up.", lambda at: [op.result for op in at.door.ops] == [5, None]
     and at.door.up == ["S2", "S3"] and on(at.door, (1, "x=5")) == ["S1"]),
    ("compare", "Here `S2` voted for it; then it threw away its own copy, because its leader said"
     " so.",
     lambda at: "S2 votes for S3" in at.value.why and at.door.leader == "S3"
     and "S2" in [who for _, who, _ in at.door.told("overwrites")]),
    ("compare", "In Raft `S2` refuses, is elected itself a few terms later, and `x=5` lives.",
     lambda at: "raft: S2 refuses S3 its vote" in at.value.why and "S2 leads term 6" in at.shown
     and (lambda run: run.operations()[-1].result == 5)(on_raft(at.door.run))),
    ("explore-longest", "A few hundred states: three servers, three terms.",
     lambda at: "Searched 757 states" in at.printed and "with 3 servers" in at.printed
     and leaders(longest())["S1"] == 3),
    ("explore-longest", "`S1` wrote `x=1` in term 1, and nobody else ever had it. In term 2 the"
     " others committed an entry at the same index. In term 3 a log as long as theirs won",
     lambda at: on(longest(), (1, "x=1")) == ["S1"] and longest().log("S2")[1][0] == 2
     and longest()["S2"].commit_index == 2 and lengths_at_the_vote() == [2, 2]
     and names(longest()) == ["leader_completeness"]),
    # -- Figure 8 --
    ("figure-8", "`x=2` is on three of five. (And dashed: `S1` does not call it committed.)",
     lambda at: on(at.eight, (2, "x=2")) == ["S1", "S2", "S3"] and at.eight.leader == "S1"
     and at.eight["S1"].commit_index < 2),
    ("overwrite", "Everybody but `S1` voted for it, and rightly: `S5`'s last entry is of term 3,"
     " theirs of term 2 or 1.",
     lambda at: [at.eight[id].voted_for for id in at.eight.ids] == ["S1"] + ["S5"] * 4
     and at.eight.leader == "S5" and at.eight["S5"].current_term == 5),
    ("overwrite", "Then `S5` wrote `x=3` over `x=2`, which had been on a majority. And no promise"
     " is broken (`()`)", lambda at: on(at.eight, (2, "x=2")) == ["S1"] and not at.eight.verdicts),
    ("overwrite", "`x=3` is now on four of five, and dashed as well.",
     lambda at: len(on(at.eight, (3, "x=3"))) == 4
     and not any(at.eight[id].commit_index for id in at.eight.ids)),
    ("wrong-rule", "`S1` counted to three, called `x=2` committed and executed it.",
     lambda at: at.shown and "S1 has executed {'x': 2}" in at.printed),
    ("wrong-rule", "The light goes red when `S5` is elected", lambda at: at.wrong.verdicts[0].why
     == "S5 leads term 5 without entry 2, which is committed"
     and at.wrong.verdicts[0].at_step == next(
         n for n, step in enumerate(at.wrong.steps) if step.state["S5"].role == "leader"
         and step.state["S5"].current_term == 5)),
    ("wrong-rule", "at index 2 `S1` has executed `x=2`, and four servers `x=3`",
     lambda at: [at.wrong[id].machine.data for id in at.wrong.ids[1:]] == [{"x": 3}] * 4),
    ("right-end", "`x=4` committed, and `x=2` in front of it with it.",
     lambda at: "up to 3" in at.printed and at.settled.log("S2")[1:] == [(2, "x=2"), (4, "x=4")]),
    ("right-end", "Now `S2` and `S3` end in term 4, and `S5` cannot get past them.",
     lambda at: {who for _, who, _ in at.settled.told("refuses-vote-log")} == {"S2", "S3"}
     and not leaders(at.settled).get("S5")),
    ("overwrite", "no server that could still be elected lacks it. `x=3` was, on four of five",
     lambda at: [id for id in at.eight.ids if sum(
         at.eight[id].log.last_term >= at.eight[other].log.last_term for other in at.eight.ids
     ) >= 3] == on(at.eight, (3, "x=3")) == ["S2", "S3", "S4", "S5"]),
    ("with-no-op", "(Who always sends it along with the older entries, as ours does, may count all"
     " copies", lambda at: (lambda found: found.ok is True and found.seen[0] == 3)(rl.explore(
         rl.cluster(COUNTS_ALL, servers=3, seed=1), terms=3, requests=1, cut=False,
         acts=("S1", "S2"), progress=False))),
    ("with-no-op", "In Raft each of the two leaders added a no-op",
     lambda at: [command for _, command in whole("no-op", protocol="raft").log("S2")][::2]
     == ["no-op"] * 2),
    ("with-no-op", "`S2` has just been elected and holds a write of the term before",
     lambda at: "+without-no-op: S2's log ends at 1 and is committed up to 0" in at.printed
     and "raft: S2's log ends at 3 and is committed up to 3" in at.printed),
    # -- the searches --
    ("explore", "Three are enough, and one entry in each log.",
     lambda at: "with 3 servers" in printed("explore")
     and printed("explore").startswith("Broken after 21 events")
     and saved(HERE, "explore").count("S1 follower term 4: [1:t1 x=1] committed to 1") == 1),
    ("explore", "In term 4 `S2`, whose entry is of term 2, was elected all the same, with the vote"
     " of `S1` itself.", lambda at: "S2 leads term 4 without entry 1" in printed("explore")
     and "S2 leader term 4: [1:t2 x=2]" in saved(HERE, "explore")
     and "S3 follower term 3: [1:t1 x=1]" in saved(HERE, "explore")),
    ("one-term-less", "True, and the protocol is wrong.",
     lambda at: saved(HERE, "one-term-less").startswith(NOTHING)
     and "of raft!commits-old-terms" in saved(HERE, "one-term-less")
     and "terms up to 3" in saved(HERE, "one-term-less")),
    ("with-the-rule", "That is enough to find the mistake, too, if there is one.",
     lambda at: rl.explore("raft!commits-old-terms", terms=4, requests=2, cut=False,
                           acts=("S1", "S2"), progress=False).ok is False),
    ("with-the-rule", "The same sentence, to the word.",
     lambda at: saved(HERE, "with-the-rule").startswith(NOTHING)
     and "of raft+without-no-op" in saved(HERE, "with-the-rule")
     and "terms up to 4" in saved(HERE, "with-the-rule")),
    # -- the disk --
    ("power-cut", "At first nobody knows, and the data is gone as well. Both come back",
     lambda at: at.printed.splitlines() == [str([(0, {})] * 3), str([(3, {"x": 5})] * 3)]),
    ("power-cut", "a leader is elected, its no-op is committed",
     lambda at: at.dark.leader and at.dark.log("S1")[2] == (2, "no-op")),
    ("torn", "`S1` had voted for itself in term 1.", lambda at: at.torn.told("wins")[0][1] == "S1"),
    ("torn", "that reached the disk, the term did not. So `S1` was in term 1 with a free vote.",
     lambda at: leaders(at.torn) == {"S2": 1} and at.torn["S1"].voted_for == "S2"
     and names(at.torn)[-1] == "election_safety"
     and not whole("breaks/writes-vote-and-term-apart", protocol="raft+without-no-op").verdicts),
    ("lying", "Two leaders of one term, with all rules kept.",
     lambda at: leaders(at.lying) == {"S1": 1, "S3": 1}
     and at.lying.run.about["protocol"] == "raft"),
    ("lost-disk", "`x=1` is on `S1` and `S2`, committed and answered; `S3` is cut off.",
     lambda at: at.empty.ops[0].status == "ok"),
    ("lost-disk", "The copy that `S2` lost was one of the two that made the majority, and its vote"
     " now goes to a log without the entry", lambda at: at.empty.leader == "S3"
     and on(at.empty, (1, "x=1")) == ["S1"] and at.empty["S2"].voted_for == "S3"
     and "leader_completeness" in names(at.empty)),
    ("lost-disk", "Ours trusts `match_index` and never does.", lambda at: not caught_up()),
    # -- five lights --
    ("lost-disk", "In these notebooks you have made all five red but one.",
     lambda at: "election_safety" in names(whole("breaks/forgets-its-vote"))
     and {"leader_completeness", "state_machine_safety"} <= set(names(at.wrong))
     and names(whole("breaks/never-checks-the-previous-entry")) == ["log_matching"]),
    # -- now you drive --
    ("lost-disk", "No. `S2` and `S3` end in term 4 now and refuse; `S5` has its own vote and"
     " `S4`'s.", lambda at: (lambda seen: seen["S5"].role == "candidate"
     and seen["S5"].votes_granted == {"S4", "S5"}
     and [terms(seen, id)[-1] for id in ("S2", "S3")] == [4, 4])(with_a_request())),
    ("lost-disk", "If `S1` reaches `S5` first, `x=2` takes the place of `x=3` there.",
     lambda at: terms(two_down(), "S5") == [1, 2] and not two_down()["S1"].commit_index),
    ("lost-disk", "If `S5` stands before that (twice), `S1` and `S4` elect it, and `x=3` takes the"
     " place of `x=2`.", lambda at: (lambda seen: seen["S5"].votes_granted == {"S1", "S4", "S5"}
     and terms(seen, "S1") == [1, 3] and not seen["S5"].commit_index)(two_down("S5", "S5"))),
    ("lost-disk", "At first nothing is known to be committed, and later nothing either: this Raft"
     " has no no-op. With the request all in front of it is committed",
     lambda at: all_down() == [[0] * 5, [0] * 5, [4] * 5, [4] * 5]),
]  # fmt: skip


def printed(id):
    """The lines that a cell has printed, as saved."""
    (cell,) = [cell for cell in read(HERE) if cell["id"] == id]
    return "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")


def on_raft(run):
    """What becomes of the same schedule on Raft, given more time."""
    from raftlab.comparer import played as replayed

    there, _ = replayed(run, "raft")
    there.goto(len(there))
    there.run(2000)
    return there


def lengths_at_the_vote():
    """How long the logs of the leader of term 3 and of its voter were when that one voted."""
    seen = longest()
    at = next(n for n, step in enumerate(seen.steps) for note in step.effects
              if getattr(note, "code", "") == "votes" and note.facts == ("S1", 3)
              and step.action.dst != "S1")  # fmt: skip
    return [len(seen.steps[at].state[id].log) for id in ("S1", seen.steps[at].action.dst)]


def caught_up():
    run = rl.scenario("lost-disk", at=2).copy()  # without the crash of S1 that followed
    run.crash("S2")
    run.wipe("S2")
    run.restart("S2")
    run.run(3000)
    assert run.leader == "S1" and run["S1"].match_index["S2"] == 2
    return "x=1" in str(Seen(run).log("S2"))


@cache
def longest():
    return Seen(rl.explore("raft!compares-length-only", progress=False).run)


test_what_the_notebook_says_is_what_happens = claimed(CLAIMS, HERE, played)

"""Questions about sides of a cut and sizes of clusters. The real Raft decides, as everywhere.

The wrong options are what learners believe: that each side of a cut counts for itself, that there
is never more than one server that leads, that four servers survive more than three.
"""

from ..core import majority
from ..views import show
from .predict import kind
from .question import Option
from .situation import listed, new_cluster

_OUTCOMES = [[True, False], [False, True], [True, True], [False, False]]  # on which of two sides

# -- split --------------------------------------------------------------------------------


@kind("split")
def split(luck):
    """The network is cut in two. On which side is there a leader, or a write that commits?"""
    wanted = luck.wanted(4)
    writes = luck.below(2) == 0 and wanted != 2
    count = luck.pick((3, 4, 5, 5, 6, 7))
    run = new_cluster(count, luck)
    run.until(lambda run: run.leader)
    run.run(100)
    old = run.leader
    if old is None:
        return None
    ids = luck.shuffled(run.state.config.servers)
    down = [ids.pop() for _ in range(luck.pick((0, 0, 1)))]
    at = luck.between(1, len(ids) - 1)
    sides = sorted((sorted(ids[:at]), sorted(ids[at:])))
    likely = [len(side) >= majority(count) or old in side and not writes for side in sides]
    if _OUTCOMES.index(likely) != wanted:
        return None  # a second of it need not be run
    for id in down:
        run.crash(id)
    run.partition(*sides)
    here = run.position
    run.run(1000)
    leads = [[id for id in side if run[id].role == "leader"] for side in sides]
    found = [bool(leaders) for leaders in leads]
    if writes:
        asked = [(leaders or side)[0] for side, leaders in zip(sides, leads, strict=True)]
        for id in asked:
            run.request(("set", "x", 1), to=id)
        run.run(200)
        done = [op.client for op in run.operations() if op.status == "ok"]
        found = [id in done for id in asked]
    ends = run.position
    outcome = _OUTCOMES.index(found)
    if outcome != wanted:
        return None
    run.goto(here)

    said = [_side(*one, old, count) for one in zip(sides, leads, strict=True)]
    both = " ".join(said)
    one, other = said
    reasons = [[both, other, other, one], [one, both, one, other], [other, one, both, both],
               [one, other, both, both]][outcome]  # fmt: skip
    if writes:
        reasons[2] = f"two majorities of {count} share a server, and no server is on both sides."
    names = [listed(side) for side in sides]
    texts = [f"Only on the side of {names[0]}", f"Only on the side of {names[1]}",
             "On both sides", "On neither side"]  # fmt: skip
    ask = "then clients ask both sides for a write. Where is it committed" if writes else (
        "where does a server believe then that it leads"
    )  # fmt: skip
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": f"{old} led {count} servers.{f' {down[0]} has crashed.' if down else ''} A cut parts"
        f" {names[0]} from {names[1]}. 1,000 ms pass; {ask}?",
        "facts": (("side", "servers"), [(name, f"{len(side)} of {count}")
                                        for name, side in zip(names, sides, strict=True)]),
        "options": [Option(text, at == outcome, reasons[at]) for at, text in enumerate(texts)],
    }  # fmt: skip


def _side(side, leads, old, count):
    """What became of one side, and why, as a sentence."""
    need, who = majority(count), listed(side)
    if len(side) >= need:
        lead = f"{old} leads on" if old in side else f"they elected {leads[0]}" if leads else (
            "they have not elected anybody yet"
        )  # fmt: skip
        return f"{who} are {len(side)} of {count}, a majority, and {lead}."
    few = f"{who} {'is' if len(side) == 1 else 'are'} {len(side)} of {count}, and a majority is"
    few += f" {need}"
    if leads:
        return f"{few}: {old} leads on, because nobody told it otherwise, but commits nothing."
    return f"{few}: nobody is elected, however often somebody stands, and nothing commits."


# -- size ---------------------------------------------------------------------------------


@kind("size")
def size(luck):
    """Servers crash one after the other. How many may, until nothing is committed any more?"""
    count = luck.between(3, 9)
    run = new_cluster(count, luck)
    run.until(lambda run: run.leader)
    run.run(100)
    ids = luck.shuffled(run.state.config.servers)
    down = [ids.pop() for _ in range(luck.between(0, (count - 1) // 2))]
    for id in down:
        run.crash(id)
    _wait_for_leader(run)
    if not run.leader:
        return None
    here, more = run.position, 0
    while True:
        run.crash(run.leader)
        _wait_for_leader(run)
        up = [id for id in run.state.config.servers if run.state.host(id).mode == "up"]
        if not up:
            return None
        run.request(("set", "x", more), to=run.leader or up[0])
        run.run(100)
        if run.operations()[-1].status != "ok":
            break
        more += 1
    ends = run.position
    run.goto(here)
    alive, need = count - len(down), majority(count)
    left = alive - more
    known = f"{need} of {count} must be up, however many are left; {left} are after {more} more."
    if more == 0:
        known = f"{need} of {count} must be up, and no more than {alive} are."
    half, all_in_all = count // 2 - len(down), count - need
    beliefs = {
        half: f"that would leave {alive - half} of {count}: half, and the other half could decide"
        " just as well.",
        all_in_all: f"{all_in_all} of {count} may be down in all, and {len(down)} are already.",
        alive - 1: f"one server alone decides nothing: it cannot know that the other {count - 1}"
        " are gone and not just out of reach.",
        more + 1: f"{alive - more - 1} of {count} are no majority, which is {need}.",
        more - 1: f"{alive - more + 1} of {count} are left then, and {need} are enough.",
        0: f"{alive} are up, and {need} are enough.",
    }
    guesses = [guess for guess in beliefs if 0 <= guess < alive and guess != more]
    if len(guesses) < 2:
        return None
    offered = {guess: beliefs[guess] for guess in luck.shuffled(guesses)[:3]} | {more: known}
    gone = f"{listed(sorted(down))} {'are' if len(down) > 1 else 'is'} down for good."
    gone = gone if down else "All are up."
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": f"{gone} Of this cluster of {count} servers, how many more may crash, one after the"
        " other, always the leader, so that a write still commits in the end?",
        "facts": (("servers", "how many"), [("configured", count), ("down", len(down)),
                                            ("running", alive)]),
        "options": [
            Option(f"{guess} more" if guess else "none", guess == more, offered[guess])
            for guess in sorted(offered)
        ],
    }  # fmt: skip


def _wait_for_leader(run):
    """A second at most, or until somebody leads."""
    for _ in range(10):
        if run.leader:
            return
        run.run(100)

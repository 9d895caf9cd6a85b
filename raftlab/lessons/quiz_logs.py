"""Items 1 to 3 of the quiz: logs to be judged. The model tries to bring each about.

A log is possible if there is a run that leads to it. So the model is asked for the entries, one
after the other, by leaders of the wanted terms; what is in the logs then is compared with what was
drawn. Which entries may be applied it finds out by holding the next election for each server.
"""

from ..core import majority
from ..protocols import protocol
from .about_logs import election
from .quiz import Choice, Part, item
from .situation import entries, ids_of, listed, new_cluster

_PLAIN = "raft+without-no-op"


def _told(terms):
    return " ".join("·" if term is None else str(term) for term in terms)


# -- 1: which logs can be -----------------------------------------------------------------


def grown(wanted, luck):
    """(what the log of a server becomes that is led through the terms of `wanted`, the run)."""
    run = new_cluster(1, luck, _PLAIN)
    for term in wanted:
        while run["S1"].current_term < (term or 0) or run["S1"].role != "leader":
            if run["S1"].role == "leader":  # its next term begins with its next election
                run.crash("S1")
                run.restart("S1")
            run.fire("S1")
        if term is not None:
            run.request(("set", "x", 1), to="S1")
    return [entry.term for entry in run["S1"].log], run


@item(1)
def legal(luck):
    ones = [1] * luck.between(1, 2)
    skips = luck.between(1, 2)
    falls = ones + [3] + [2] * luck.between(1, 2)
    plain = ones + [2] * luck.between(2, 3) + [3]
    leaps = ones + [1 + skips] * 2 + [3 + skips]
    holed = ones + [None] + [2] * luck.between(3, 4)
    parts, shown = [], None
    for name, wanted in zip("ABCD", luck.shuffled([falls, plain, leaps, holed]), strict=True):
        came, run = grown(wanted, luck)
        possible = came == wanted
        if not possible and None not in wanted:
            shown = run
        got = f"The model, asked for this log, gets {_told(came)}."
        fell = (
            "After an entry of term 3 its server is in term 3 or a later one, and a leader writes"
        )
        fell += " entries of its own term."
        hole = "A leader appends behind its last entry, and a follower takes nothing that does not"
        hole += " follow on what it has (§5.3)."
        why = got if possible else f"{got} {hole if None in wanted else fell}"
        worth = (
            (1, 0, 0, 0) if possible else (0, 0.5, 1, 0.5) if None in wanted else (0, 1, 0.5, 0.5)
        )
        parts.append(Part(f"Log {name}: {_told(wanted)}", [
            Choice(text, points, why) for text, points in zip((
                "It can occur",
                "It cannot: terms never fall along a log",
                "It cannot: a log has no holes",
                "It cannot: a term in between has no entry",
            ), worth, strict=True)
        ]))  # fmt: skip
    return {
        "story": "Four logs, each to be judged alone. The numbers are the terms of the entries,"
        " from index 1 on; a dot is a place without an entry. Can a Raft server have such a log?",
        "parts": parts, "run": shown, "shown": (0, len(shown)),
        "lesson": "A term need not leave an entry: it may pass without a leader, or with one that"
        " was asked for nothing. But a log grows at its end only, and terms only grow.",
    }  # fmt: skip


# -- 2: which entries may be applied ------------------------------------------------------


@item(2)
def applied(luck):
    ones, twos = luck.between(2, 3), luck.between(3, 4)
    ids = ids_of(5)
    leader, rival, third, fourth, fifth = luck.shuffled(ids)
    logs = {
        leader: [1] * ones + [2] * twos + [4], rival: [1] * (ones + 1) + [3],
        third: [1] * ones + [2] * (twos - 1), fourth: [1], fifth: [1] * ones + [2] * twos,
    }  # fmt: skip
    node = protocol(_PLAIN)
    built = [node(id, ids, current_term=4, log=entries(logs[id])) for id in ids]
    run = new_cluster(built, luck, _PLAIN)
    ended = {id: election(run, id, ids) for id in ids}
    winners = [id for id in ids if ended[id][id].role == "leader"]
    whole = logs[leader]
    holds = {
        index: [id for id in ids if logs[id][:index] == whole[:index]]
        for index in range(1, len(whole) + 1)
    }
    safe = max(index for index in holds if set(winners) <= set(holds[index]))
    stored = max(index for index in holds if len(holds[index]) >= majority(5))
    lacking = [id for id in winners if id not in holds[safe + 1]]
    shown = ended[lacking[0]]
    threat = f"{listed(lacking)} can win an election without entry {safe + 1}, and then others go"
    threat += " where the later entries are."
    sizes = {safe, stored, ones + twos, len(whole), safe - 1}
    sizes = sorted(sizes - {luck.pick((safe - 1, len(whole)))})
    return {
        "story": f"Five servers; {leader} leads term 4. The numbers are the terms of the entries."
        " Up to which index may entries be applied to the state machines?",
        "facts": (("server", "terms of the entries"),
                  [(f"{id}, leader" if id == leader else id, _told(logs[id])) for id in ids]),
        "parts": [
            Part("May be applied:", [
                Choice(f"entries 1 to {size}" if size > 1 else "entry 1", 3 * (size == safe),
                       threat if size >= safe else
                       f"Entry {safe} is safe as well: whoever can win has it.")
                for size in sizes
            ]),
            Part("Why not more? Say what is at risk, not which rule forbids it:", luck.shuffled([
                Choice("these entries are on a majority, so they are committed", 1,
                       f"They must be, but that is not enough: entry {stored} is on"
                       f" {len(holds[stored])} of 5. {threat}"),
                Choice("whoever can be elected next has them, and not the entries behind", 3,
                       f"{threat} Each of {listed(winners)} has entries 1 to {safe}."),
                Choice("an older term's entries commit only behind one of the leader's own term",
                       1.5, f"That is the rule (§5.4.2); asked for was its reason: {threat}"),
                Choice("the leader tells the followers its commit index", 0,
                       "That is how they learn of it, not why it is so."),
            ])),
        ],
        "run": shown, "shown": (0, len(shown)),
        "lesson": "“On a majority” is not “committed”. 18 of the 45 students had exactly one point"
        " here, which is what the rubric gives for that answer. rl.scenario(\"figure-8\") plays"
        " it.",
    }  # fmt: skip


# -- 3: which followers can be ------------------------------------------------------------


def together(one, other, luck):
    """(whether two servers of six can come to have these logs, the run that tried).

    Term after term: whoever is to have more entries of a term leads it, with the votes of four
    servers that keep nothing; what the other is to have of them it is sent, if it follows.
    """
    run = new_cluster(6, luck, _PLAIN)
    wanted = {"S1": list(one), "S2": list(other)}
    for term in sorted({*one, *other}):
        counts = {id: log.count(term) for id, log in wanted.items()}
        leader, follower = sorted(counts, key=lambda id: (-counts[id], id))
        _elect(run, leader, term)
        for number in range(1, counts[leader] + 1):
            run.request(("set", "x", number), to=leader)
            _lose(run)
            if number == counts[follower]:
                _send(run, leader, follower)
    return all([entry.term for entry in run[id].log] == log for id, log in wanted.items()), run


def _elect(run, id, term):
    """Let `id` lead `term`, with the votes of S3 to S6."""
    if run[id].role == "leader":
        run.crash(id)
        run.restart(id)
    while run[id].current_term < term and run[id].role != "leader":
        run.fire(id)
        if run[id].current_term < term:
            _lose(run)
    for voter in ("S3", "S4", "S5", "S6"):
        run.deliver("RequestVote", id, voter)
        run.deliver("RequestVoteReply", voter, id)
    _lose(run)


def _send(run, leader, follower):
    """Let the follower have all that the leader has, if it will."""
    run.fire(leader, "heartbeat")
    while any((e.src, e.dst) == (leader, follower) for e in run.state.network):
        run.deliver("AppendEntries", leader, follower)
        if any((e.src, e.dst) == (follower, leader) for e in run.state.network):
            run.deliver("AppendEntriesReply", follower, leader)
    _lose(run)


def _lose(run):
    while run.state.network:
        sent = run.state.network[0]
        run.drop(type(sent.message).__name__, sent.src, sent.dst)


@item(3)
def followers(luck):
    ones, threes = luck.between(1, 2), luck.between(2, 3)
    base = [1] * ones
    leader = base + [3] * threes + [5]
    logs = [
        base + [2] * (threes - 1) + [3],  # the entry of term 3 at the same index, another past
        base + [2] * (threes - 1) + [4, 5],  # the same of the entry of term 5
        base + [6] * luck.between(3, 5),
        base + [3] * 2 + [2] * luck.between(1, 2),
        [1] * (ones + luck.between(3, 4)),
    ]
    parts, shown = [], None
    for name, log in zip("ABCDE", luck.shuffled(logs), strict=True):
        possible, run = together(leader, log, luck)
        falls = sorted(log) != log
        shares = next((n for n, (a, b) in enumerate(zip(leader, log, strict=False), 1)
                       if a == b and leader[:n] != log[:n]), None)  # fmt: skip
        if possible:
            shown = run
            why = f"The model has brought it about: as leader of term {log[-1]} this server wrote"
            why += " entries that nobody else heard of."
        elif falls:
            why = f"After an entry of term {max(log)} a server writes none of term {log[-1]}."
        else:
            why = f"Entry {shares} of term {log[shares - 1]} is in both logs, and before it they"
            why += " differ. It was written by one leader behind one log, and a follower takes it"
            why += " behind the same entries only (Log Matching, §5.3)."
        worth = (2, 0, 0, 0) if possible else (0, 1, 2, 1) if falls else (0, 2, 1, 1)
        parts.append(Part(f"Follower {name}: {_told(log)}", [
            Choice(text, points, why) for text, points in zip((
                "It can be: it wrote entries as a leader that the others never got",
                "It cannot: it shares an entry with the leader, and not what stands before it",
                "It cannot: terms never fall along a log",
                "It cannot: it has entries that the leader has not",
            ), worth, strict=True)
        ]))  # fmt: skip
    return {
        "story": f"Six servers. One has just been elected in term 7; its log is {_told(leader)}"
        " (the terms of its entries). Can one of the others have each of these logs?",
        "parts": parts, "run": shown, "shown": (0, len(shown)),
        "lesson": "Log Matching is a tool: one shared entry fixes everything before it. What stands"
        " behind the last shared entry may differ as it likes, and may be longer.",
    }  # fmt: skip

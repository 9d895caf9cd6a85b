"""Questions about entries: stored, committed, overwritten. The real Raft decides, as everywhere.

The wrong options are what learners believe: that what a majority stores is committed, that a
follower just takes what it is sent, that an old leader's entries must be lost or must be kept.
"""

from ..core import majority
from ..protocols import protocol
from .predict import kind
from .question import Option
from .situation import entries, ids_of, listed, new_cluster, terms_of, told_at, two_logs

# Old entries can stand on a majority uncommitted only where a new leader opens no term of its own.
_PLAIN = "raft+without-no-op"


def _built(luck, logs, term, leader=None, **fields):
    """Servers in `term` with these logs (lists of terms); `leader` leads, with more `fields`."""
    node = protocol(_PLAIN)
    made = []
    for id in sorted(logs):
        its = {"role": "leader", **fields} if id == leader else {}
        voted = {"voted_for": leader} if leader else {}
        its = {"current_term": term, **voted, **its}
        made.append(node(id, sorted(logs), log=entries(logs[id]), **its))
    return new_cluster(made, luck, _PLAIN)


# -- commit -------------------------------------------------------------------------------


@kind("commit")
def commit(luck):
    """A follower's answer reaches the leader. Is a certain entry committed then?"""
    wanted = luck.wanted(4)
    count = luck.pick((3, 5, 5))
    ids = ids_of(count)
    leader, follower, *others = luck.shuffled(ids)
    term = luck.between(2, 4)
    old = sorted(luck.between(1, term - 1) for _ in range(luck.between(2, 3)))
    log = old + [term] * luck.between(0, 2)
    held = {id: luck.between(1, len(log)) for id in others}
    held[follower] = luck.between(1, len(log) - 1)
    run = _built(
        luck, {leader: log} | {id: log[:far] for id, far in held.items()}, term, leader,
        match_index=held, next_index={id: far + 1 for id, far in held.items()},
        commit_index=_counted(log, held, term),
    )  # fmt: skip
    run.deliver("AppendEntries", leader, follower)
    for _ in range(luck.below(2)):
        run.request(("set", "x", 9), to=leader)
    for sent in [one for one in run.state.network if one.dst != leader]:
        run.drop("AppendEntries", sent.src, sent.dst)
    here, before = run.position, run[leader].commit_index
    stored = {id: len(run[id].log) for id in ids}
    index = luck.between(2, stored[leader])
    run.deliver("AppendEntriesReply", follower, leader)
    after, ends = run[leader].commit_index, run.position
    run.goto(here)

    has = [id for id in ids if stored[id] >= index]
    need = majority(count)
    outcome = 0 if index <= before else 1 if index <= after else 2 if len(has) >= need else 3
    if outcome != wanted:
        return None
    its = run[leader].log[index].term
    on = f"{listed(has)} {'store' if len(has) > 1 else 'stores'} it: {len(has)} of {count}"
    few = f"only {on}, and a majority is {need}."
    done = f"{leader} had committed up to {before} before the answer came, and a commit index never"
    done += " falls."
    late = f"{leader}'s commit index was {before} until then, which is below {index}."
    if its == term:
        enough = f"entry {index} is of {leader}'s own term {term}, and {on}."
    else:
        enough = f"entry {index} is of term {its}, but one of {leader}'s own term {term} behind it"
        enough += " is on a majority, and commits with it all that stands before (§5.4.2)."
    own = f"entry {index} is of term {its}, and {leader} leads term {term}: it counts copies of"
    own += (
        " entries of its own term only (§5.4.2). A server whose last entry has a later term could"
    )
    own += " still win an election and overwrite it (Figure 8)."
    reasons = {
        0: (done, done, enough if outcome == 1 else done, f"{on}, and it is committed."),
        1: (late, "", enough, f"{on}, a majority."),
        2: (late, own, own, f"{on}, which is a majority."),
        3: (late, few, few, few),
    }[outcome]
    right = {0: done, 1: f"{told_at(run, ends)} {enough[0].upper()}{enough[1:]}", 2: own, 3: few}
    texts = (
        "It was committed before this answer came",
        f"Yes: with this answer {leader} commits it",
        "No, although a majority stores it",
        "No: no majority stores it",
    )
    known = run[leader].match_index
    return {
        "run": run, "ends": ends,
        "ask": f"{leader} leads term {term}; its commit index is {before}. {follower}'s answer"
        f" reaches it: “I store up to {stored[follower]}.” Is entry {index} committed then?",
        "facts": (
            ("server", "terms of the entries in its log", f"{leader} knows it stores up to"),
            [(f"{id}, leader" if id == leader else id, terms_of(run[id].log),
              "its own log" if id == leader else known[id]) for id in ids],
        ),
        "options": [
            Option(text, at == outcome, right[outcome] if at == outcome else reasons[at])
            for at, text in enumerate(texts)
        ],
    }  # fmt: skip


def _counted(log, held, term):
    """What a leader with these `held` has committed: by counting in its term, else entry 1."""
    far = sorted([len(log), *held.values()])[len(held) // 2]
    return far if log[far - 1] == term else 1


# -- logs ---------------------------------------------------------------------------------


@kind("logs")
def logs(luck):
    """An AppendEntries arrives. What does the follower's log look like afterwards?"""
    leader, follower, other = luck.shuffled(("S1", "S2", "S3"))
    mine, theirs = two_logs(luck)
    term = max(mine + theirs) + luck.below(2)
    if theirs.count(term) > mine.count(term):
        term += 1  # whoever leads a term holds every entry of it
    prev = luck.between(0, len(mine))
    late = luck.below(4) == 0 and prev < len(mine)
    run = _built(
        luck, {leader: mine, follower: theirs, other: mine}, term, leader,
        next_index={follower: prev + 1, other: len(mine) + 1},
    )  # fmt: skip
    if luck.below(5) == 0 and not late:
        run.fire(follower)  # it is in a later term now, and has not told anybody yet
    elif late:
        run.request(("set", "x", 9), to=leader)
        run.deliver("AppendEntries", leader, follower, nth=1)
    sent = next(
        one.message for one in run.state.network
        if one.dst == follower and type(one.message).__name__ == "AppendEntries"
    )  # fmt: skip
    here, before = run.position, [entry.term for entry in run[follower].log]
    its_term = run[follower].current_term
    run.deliver("AppendEntries", leader, follower)
    ends, after = run.position, [entry.term for entry in run[follower].log]
    answer = next(
        one.message for one in reversed(run.state.network)
        if one.src == follower and type(one.message).__name__ == "AppendEntriesReply"
    )  # fmt: skip
    new = [entry.term for entry in sent.entries]
    right = _told(after, before, answer.success)
    run.goto(here)

    reasons = _why_not(leader, follower, sent, before, its_term, answer.success)
    wrong = {}
    for name, log in (
        ("no", before), ("yes", before), ("cut", before[:prev] + new), ("append", before + new),
        ("merge", before[:prev] + new + before[prev + len(new) :]), ("leader", mine),
    ):  # fmt: skip
        text = _told(log, before, name != "no")
        if text != right and text not in wrong and reasons[name]:
            wrong[text] = reasons[name]
    if len(wrong) < 2:
        return None
    chosen = luck.shuffled(wrong)[:3]
    told = told_at(run, ends)
    if answer.success and after == before:
        told += " Nothing conflicts with its log, so nothing is removed."
    options = [Option(right, True, told)]
    options += [Option(text, False, wrong[text]) for text in chosen]
    place = f"index {prev} (term {sent.prev_log_term})" if prev else "index 0, the beginning,"
    what = f"entries of terms {' '.join(map(str, new))}" if new else "no entries: a heartbeat"
    overtaken = " A later message has overtaken it." if late else ""
    return {
        "run": run, "ends": ends,
        "ask": f"{leader}'s AppendEntries of term {sent.term} reaches {follower}. It names {place}"
        f" as the one before, and brings {what}.{overtaken} What does {follower} do?",
        "facts": (
            ("server", "term", "terms of the entries in its log"),
            [(f"{leader}, leader", term, terms_of(run[leader].log)),
             (follower, its_term, terms_of(run[follower].log))],
        ),
        "options": luck.shuffled(options),
    }  # fmt: skip


def _told(log, before, success):
    held = " ".join(map(str, log)) or "nothing"
    does = "keeps its log" if log == before else "has"
    return f"It {does} {held}, and answers {'yes' if success else 'no'}"


def _why_not(leader, follower, sent, before, its_term, success):
    """{what one may believe: why it is not so here}."""
    prev, held = sent.prev_log_index, dict(enumerate(before, 1)).get(sent.prev_log_index)
    stale = f"{leader} sends in term {sent.term}, and {follower} is in term {its_term} already:"
    stale += " it obeys nobody whose term is over (§5.1)."
    gap = f"the message follows an entry of term {sent.prev_log_term} at index {prev}, and there"
    gap += f" {follower} holds {f'one of term {held}' if held else 'nothing'} (§5.3)."
    no = stale if its_term > sent.term else gap
    if not success:
        return {
            "no": "",
            "yes": f"{no} A yes would tell {leader} that the logs agree.",
            "cut": f"{no} What does not follow is not taken, and nothing is removed for it.",
            "append": f"{no} Entries belong to one place, not to the end of whatever is there.",
            "merge": f"{no} Nothing is taken, so nothing is replaced.",
            "leader": f"{no} {leader} hears the no; what was missing comes with a later message.",
        }
    same = f"term {held} at index {prev} is what the message says" if prev else (
        "before index 1 nothing need stand"
    )  # fmt: skip
    return {
        "no": f"{same}, so the entries follow, and the answer is yes.",
        "yes": f"{same}, so what the message brings is stored.",
        "cut": "only a conflict removes entries (§5.3), and there is none: to cut off the rest"
        " would lose what this server may have acknowledged.",
        "append": f"the entries go to the place that the message names, behind index {prev}.",
        "merge": f"from the first conflict on all goes: what stood behind it in {follower}'s log"
        " came from the same leader as the wrong entry, or after it (§5.3).",
        "leader": f"a message brings what stands behind index {prev}, and no more.",
    }


# -- overwrite ----------------------------------------------------------------------------


@kind("overwrite")
def overwrite(luck):
    """The leader has crashed. What can become of an entry that some servers hold?"""
    wanted = luck.wanted(4)
    count = luck.pick((3, 5, 5))
    ids = ids_of(count)
    author, rival, *rest = luck.shuffled(ids)
    holders = [author, *rest[: luck.below(len(rest) + 1)]]
    logs = {id: [1, 2] if id in holders else [1] for id in ids}
    term, leader = 2, author
    if luck.below(3):  # Figure 8 (b) and (c): a rival led term 3 alone, and the author term 4
        logs[rival] = [1, 3]
        term = 3
        leader = rival
        if luck.below(2):
            term, leader = 4, author
            if luck.below(3) == 0:
                for id in holders[: luck.between(1, len(holders))]:
                    logs[id] = [1, 2, 4]
    run = _built(luck, logs, term)
    others = luck.shuffled([id for id in ids if id != leader])
    down = sorted([leader, *others[: luck.pick((0, 0, 1, 1, 2))]])
    up = [id for id in ids if id not in down]
    if not up or not any(id in holders for id in up):
        return None
    for id in down:
        run.crash(id)
    here = run.position
    ended = {id: election(run, id, up) for id in up}
    winners = {id: one for id, one in ended.items() if one[id].role == "leader"}
    having = [id for id in winners if logs[id][1:2] == [2]]
    lacking = [id for id in winners if id not in having]
    outcome = 3 if not winners else 0 if not lacking else 1 if not having else 2
    if outcome != wanted:
        return None
    shown = luck.pick(lacking or having or up)
    run = ended[shown]
    if run.leader:
        run.request(("set", "x", 9))
    run.run(60)  # what the winner sends arrives
    ends = run.position
    run.goto(here)

    keeps = f"{listed(having)} can win, with the entry." if having else ""
    loses = f"{listed(lacking)} can win without the entry; then another takes its place." if (
        lacking
    ) else ""  # fmt: skip
    none = f"{listed(up)} {'are' if len(up) > 1 else 'is'} running, of {count}, and no majority of"
    none += f" {majority(count)} votes comes together"
    none += "." if len(up) < majority(count) else ": whoever stands lacks what a voter holds."
    log_rule = "A server votes only for a log at least as up to date as its own (§5.4.1)."
    if outcome == 3:
        why = [f"{none} Nothing is decided about it.", f"{none} Nothing overwrites it.", none, none]
    else:
        why = [loses, keeps, f"{keeps or loses} {log_rule}", f"{keeps or loses} {log_rule}"]
        why[outcome] = f"{keeps} {loses}".strip() + f" {log_rule}"
    texts = (
        "It survives: each server that can win has it",
        "It is lost: no server that can win has it",
        "It depends on which of them wins",
        "Neither: no server can win",
    )
    gone = f"{leader}, the leader, is down and stays down."
    if len(down) > 1:
        gone = f"{listed(down)} are down and stay down; {leader} was the leader."
    kept = listed(sorted(id for id in ids if logs[id][1:2] == [2]))
    return {
        "run": run, "ends": ends,
        "ask": f"{gone} Entry 2 of term 2 is on {kept}. Whichever of the running servers is elected"
        " next, if any, stays up and takes a request. What becomes of that entry?",
        "facts": (
            ("server", "condition", "terms of the entries in its log"),
            [(id, "down" if id in down else "running", terms_of(run[id].log)) for id in ids],
        ),
        "options": [
            Option(text, at == outcome, why[at]) for at, text in enumerate(texts)
        ],
    }  # fmt: skip


def election(run, candidate, voters):
    """A copy of the run in which `candidate` stands and every one of `voters` answers it."""
    run = run.copy()
    run.fire(candidate)
    for id in voters:
        if id != candidate:
            run.deliver("RequestVote", candidate, id)
            run.deliver("RequestVoteReply", id, candidate)
    return run

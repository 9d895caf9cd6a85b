"""Questions about votes. Each function draws a situation and lets the real Raft decide.

The wrong options are what learners believe: that the longest log should win, that a vote binds
for ever or is forgotten in a crash, that whoever is first to stand is sure to win.
"""

from ..core import majority
from ..views import show
from .predict import kind
from .question import Option
from .situation import RAFT, entries, new_cluster, terms_of, told_at, two_logs, votes_of

# -- vote ---------------------------------------------------------------------------------


@kind("vote")
def vote(luck):
    """One candidate asks one server. Every refusal has exactly one reason, or it is not asked."""
    candidate, voter, other = luck.shuffled(("S1", "S2", "S3"))
    log_of, voter_log = two_logs(luck)
    last = max([1, *log_of, *voter_log])
    term = last + luck.between(0, 2)  # the candidate's, before it stands for the next one
    asked_in = term + 1
    voter_term = max([luck.pick((term, term, asked_in, asked_in, asked_in + luck.between(1, 2))),
                      *voter_log])  # fmt: skip
    voted_for = luck.pick((None, other, other))
    other_term = voter_term if voted_for else max([term, 1])
    nodes = [
        RAFT(candidate, ("S1", "S2", "S3"), current_term=term, log=entries(log_of)),
        RAFT(voter, ("S1", "S2", "S3"), current_term=voter_term, voted_for=voted_for,
             log=entries(voter_log)),
        RAFT(other, ("S1", "S2", "S3"), current_term=other_term, log=entries(voter_log),
             voted_for=other if voted_for else None),
    ]  # fmt: skip
    run = new_cluster(sorted(nodes, key=lambda node: node.id), luck)
    restarted = luck.below(3) == 0
    if restarted:
        run.crash(voter)
        run.restart(voter)
    run.fire(candidate)
    ask = next(e.message for e in run.state.network if e.dst == voter)

    # Each rule asked alone, of the voter as it will be once it has seen the term.
    judge = run[voter].clone()
    judge.outbox = []
    if judge.is_newer(ask.term):
        judge.adopt_term(ask.term)
    against = [judge.is_stale(ask.term), not judge.has_vote_for(candidate),
               not judge.is_up_to_date(ask)]  # fmt: skip
    if sum(against) > 1:
        return None
    here = run.position
    answered = run.deliver("RequestVote", candidate, voter)
    ends = run.position
    told = told_at(run, ends)
    run.goto(here)
    decided = ("votes", "refuses-vote-stale", "refuses-vote-given", "refuses-vote-log")
    outcome = next(decided.index(e.code) for e in answered.effects if e.code in decided)

    mine, theirs = _last(voter_log), _last(log_of)
    ours = f"{candidate}'s log ends with term {theirs[0]} at index {theirs[1]}, {voter}'s with"
    ours += f" term {mine[0]} at index {mine[1]}"
    if mine[0] != theirs[0]:
        compare = f"{ours}. The later last term wins; length counts only between equal terms."
    else:
        compare = f"{ours}: {'equal is' if mine == theirs else 'longer is'} good enough."
    free = f"{voter} has given no vote in term {asked_in}."
    if voted_for and voter_term < asked_in:
        free = f"the vote for {voted_for} was given in term {voter_term}, and a vote binds for"
        free += " one term only."
    newer = f"term {asked_in} is not below {voter}'s term {voter_term}"
    if voter_term < asked_in:
        newer += " but above it, so the server adopts it first"
    newer += "."
    reasons = (told, newer, free, compare)
    texts = (
        f"Yes: its vote in term {asked_in} is free and {candidate}'s log is good enough",
        f"No: for {voter} term {asked_in} is already over",
        f"No: {voter} has already voted for another server in term {asked_in}",
        f"No: {voter}'s own log is more up to date than {candidate}'s",
    )
    options = [
        Option(text, at == outcome, told if at == outcome else reasons[at])
        for at, text in enumerate(texts)
    ]
    since = " It has crashed and started again since it last voted." if restarted else ""
    return {
        "run": run, "ends": ends,
        "ask": f"{candidate}'s election timer has run out, and its RequestVote for term {asked_in}"
        f" reaches {voter}.{since} Does {voter} grant its vote, and why?",
        "facts": (
            ("server", "term", "voted for", "terms of the entries in its log"),
            [(f"{candidate}, candidate", asked_in, candidate, terms_of(run[candidate].log)),
             (f"{voter}, asked", voter_term, voted_for or "nobody", terms_of(run[voter].log))],
        ),
        "options": options,
    }  # fmt: skip


def _last(terms):
    return (terms[-1], len(terms)) if terms else (0, 0)


# -- winner -------------------------------------------------------------------------------


@kind("winner")
def winner(luck):
    """The timers are on the table: who wins the first election from here?"""
    count = luck.pick((3, 5))
    spread = luck.pick((20, 40, 150, 150))
    ids = [f"S{number}" for number in range(1, count + 1)]
    lengths = [1] * count
    if luck.below(2):  # some servers missed the newest entry
        lengths = [2 if luck.below(count) <= count // 2 else 1 for _ in ids]
        if lengths.count(2) < majority(count):
            return None
    nodes = [
        RAFT(id, ids, current_term=1, log=entries([1] * length),
             election_timeout=(150, 150 + spread))
        for id, length in zip(ids, lengths, strict=True)
    ]  # fmt: skip
    run = new_cluster(nodes, luck)
    run.run(120)
    left = {host.node.id: min(host.timers)[0] - run.now for host in run.state.hosts}
    order = sorted(ids, key=lambda id: (left[id], id))
    here = run.position
    run.until(lambda run: run.leader or max(run[id].current_term for id in ids) > 2)
    first = run.leader if run.leader and run[run.leader].current_term == 2 else None
    ends = run.position
    offered = [id for id in order if id == first or id in order[:3]]
    options = [
        Option(f"{id} wins it", id == first, _winner_because(run, ends, id, first, left, order))
        for id in sorted(offered)
    ]
    if first:
        got = ", ".join(sorted(run[first].votes_granted))
        nobody = f"{first} gets {len(run[first].votes_granted)} of {count} votes ({got})."
    else:
        stood = [f"{id} had {votes_of(len(votes))}" for id, votes in _stood(run, ends)]
        nobody = f"{'; '.join(stood)}; a majority of {count} is {majority(count)}."
    options.append(Option("nobody wins it: a second election is needed", not first, nobody))
    run.goto(here)
    same = len(set(lengths)) == 1
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": "No leader is left, and all servers are in term 1. A message takes 10 to 20 ms. Who"
        " wins the first election from here, the one of term 2?",
        "facts": (
            ("server", "its timer runs out in", "entries in its log"),
            [(id, f"{left[id]:.1f} ms", f"{length}{'' if same or length > 1 else ' (one missing)'}")
             for id, length in zip(ids, lengths, strict=True)],
        ),
        "options": options,
    }  # fmt: skip


def _winner_because(run, ends, id, first, left, order):
    """Why `id` did or did not win term 2: its own election, its vote, or its log."""
    if id == first:
        at = next(at for at in range(ends, 0, -1) if any("leads term 2" in w for w in run.why(at)))
        return told_at(run, at)
    stood = dict(_stood(run, ends))
    if id in stood:
        refused = _refusals(run, ends, id)
        told = f"{id} stands {left[id] - left[order[0]]:.0f} ms after the first timer" if (
            id != order[0]
        ) else f"{id} stands first"  # fmt: skip
        told += f" and has {votes_of(len(stood[id]))} when it is decided"
        return f"{told}; {refused[0]}." if refused else f"{told}."
    wait = left[id] - left[order[0]]
    for at in range(ends, 0, -1):
        for word in run.why(at):
            if word.startswith(f"{id} votes for"):
                return f"Its timer has {wait:.0f} ms more than the first. {word}."
    return f"Its timer has {wait:.0f} ms more than the first, and it never stands in this election."


def _stood(run, ends):
    """Who stood in term 2, with the votes it had in the end of it: (id, votes) each."""
    votes = {}
    for step in run.steps[: ends + 1]:
        for id in run.state.config.servers:
            seen = step.state.observe(id)
            if seen.role in ("candidate", "leader") and seen.term == 2:
                votes[id] = seen.votes
    return sorted(votes.items())


def _refusals(run, ends, candidate):
    """The sentences by which servers refused `candidate`, earliest first."""
    found = [word for at in range(1, ends + 1) for word in run.why(at)]
    return [word for word in found if f" refuses {candidate} its vote" in word]

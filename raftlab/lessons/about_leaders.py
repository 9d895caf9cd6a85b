"""Questions about leaders that come and go. The real Raft decides, as everywhere.

The wrong options are what learners believe: that the servers within reach are the ones to
count, that a crash is noticed at once, that a new leader carries the old term on, that a server
which comes back fits in quietly.
"""

from ..core import majority
from ..views import show
from .predict import kind
from .question import Option
from .situation import first_leader, listed, new_cluster, told_at, votes_of

# -- majority -----------------------------------------------------------------------------


@kind("majority")
def majority_needed(luck):
    """Some servers are down for good. With how many votes is the next leader elected?"""
    count = luck.between(3, 9)
    down = luck.between(1, count - 1)
    alive = count - down
    run = new_cluster(count, luck)
    run.until(lambda run: run.leader)
    run.run(100)
    old = run.leader
    others = luck.shuffled([id for id in run.state.config.servers if id != old])
    for id in sorted([old, *others[: down - 1]]):
        run.crash(id)
    here = run.position
    run.run(4000)
    won = first_leader(run, here)
    votes = len(run.steps[won].state.observe(run.steps[won].state.leader).votes) if won else None
    ends = won or here + min(14, len(run) - here)
    run.goto(here)
    need = majority(count)
    none = f"a majority of {count} is {need}, and only {alive} {'runs' if alive == 1 else 'run'}"
    reachable = (
        f"the majority is that of all {count} configured servers, {need}. Counting only those"
        " within reach is how the two halves of a split network elect a leader each."
    )
    few = f"{alive} of {count} servers run, and a majority of {count} is {need}."
    everybody = (
        f"not everybody must agree: {need} of {count} are enough, and one slow server would hold"
        " up all the others."
    )
    because = {
        count // 2: f"two groups of {count // 2} can exist side by side among {count} servers, and"
        f" each could elect its own leader; any two groups of {need} share a server.",
        alive: everybody if won else few,
        majority(alive): reachable,
    }
    wrong = [size for size in (majority(alive), count // 2, alive) if 0 < size <= alive]
    sizes = sorted({size for size in [*wrong, votes] if size})
    if len(sizes) < 2:
        return None
    right = told_at(run, won) if won else f"{none}. Candidates stand again and again."
    options = [
        Option(f"with {votes_of(size)}", size == votes,
               right if size == votes else because[size])
        for size in sizes
    ]  # fmt: skip
    options.append(
        Option("no leader can be elected any more", votes is None, few if won else right)
    )
    crashed = [id for id in run.state.config.servers if run.state.host(id).mode == "down"]
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": f"A cluster of {count} servers has lost {listed(crashed)}, among them the leader"
        f" {old}. With how many votes, its own included, does the next leader win?"
        if down > 1 else
        f"A cluster of {count} servers has lost its leader {old}. With how many votes, its own"
        " included, does the next leader win?",
        "facts": (("servers", "how many"), [("configured", count), ("down", down),
                                            ("running", alive)]),
        "options": options,
    }  # fmt: skip


# -- crash --------------------------------------------------------------------------------


@kind("crash")
def crash(luck):
    """The leader is gone. Is there another one so many ms later?"""
    count = luck.pick((3, 5))
    more = luck.pick((0, 0, 1, 2)) if count == 5 else luck.pick((0, 0, 1))
    window = luck.pick((150, 200, 250, 300, 400))
    run = new_cluster(count, luck)
    run.until(lambda run: run.leader)
    run.run(luck.between(100, 250))
    old = run.leader
    if old is None:
        return None
    others = luck.shuffled([id for id in run.state.config.servers if id != old])
    for id in sorted(others[:more]):
        run.crash(id)
    run.crash(old)
    term = run[old].current_term
    here, start = run.position, run.now
    timers = {h.node.id: min(h.timers)[0] - start for h in run.state.hosts if h.timers}
    if any(e.src == old and e.dst in timers for e in run.state.network):
        return None  # its last heartbeats would still move the timers on the table
    run.run(4000)
    won = first_leader(run, here)
    took = run.steps[won].state.time - start if won else None
    if took is not None and abs(took - window) < 25:
        return None  # nobody could tell
    outcome = "never" if won is None else "yes" if took <= window else "later"
    ends = won or here + min(14, len(run) - here)
    leader = run.steps[won].state.leader if won else None
    first = min(timers, key=timers.get)
    alive, need = count - 1 - more, majority(count)
    run.goto(here)
    if won:
        new = run.steps[won].state.observe(leader).term
        settled = f"{leader} leads {took:.0f} ms after the crash, in term {new}."
    else:
        settled = f"{alive} of {count} servers run, and a majority of {count} is {need}."
    reasons = {
        "yes": settled if won else f"{settled} Whoever stands is never elected.",
        "same": "a new leader never has the old one's term: to stand, a server first raises its"
        f" own term, here to {term + 1} or more (§5.2).",
        "later": f"{settled} The first timer, {first}'s, runs out after {timers[first]:.0f} ms; a"
        " request and its answer take 20 to 40 ms more.",
        "never": f"{settled} {alive} of {count} servers run, which is enough for {need} votes."
        if won else settled,
    }  # fmt: skip
    down = [id for id in run.state.config.servers if id not in timers]
    options = [
        Option(f"Yes, in a later term than {term}", outcome == "yes", reasons["yes"]),
        Option(f"Yes, and it carries term {term} on", False, reasons["same"]),
        Option("Not yet, but a little later", outcome == "later", reasons["later"]),
        Option(
            f"No, and never while {listed(down)} {'is' if more == 0 else 'are'} down",
            outcome == "never",
            reasons["never"],
        ),
    ]
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": f"{old}, the leader of term {term}, has just crashed. Messages take 10 to 20 ms."
        f" Does the cluster have a leader again {window} ms from now?",
        "facts": (
            ("server", "condition", "its timer runs out in"),
            [(id, "running" if id in timers else "down",
              f"{timers[id]:.0f} ms" if id in timers else "never")
             for id in run.state.config.servers],
        ),
        "options": options,
    }  # fmt: skip


# -- term ---------------------------------------------------------------------------------


@kind("term")
def term_after_heal(luck):
    """One server was cut off for a while. What is the term once it is back?"""
    count = luck.pick((3, 5))
    run = new_cluster(count, luck)
    run.until(lambda run: run.leader)
    run.run(100)
    old = run.leader
    began = run[old].current_term
    lost = old if luck.below(3) == 0 else luck.pick(run[old].peers)
    run.partition([lost])
    away = luck.pick((100, 300, 500, 800, 1200))
    run.run(away)
    others = [run[id] for id in run.state.config.servers if id != lost]
    leading = [node for node in others if node.role == "leader"]
    if len(leading) != 1:
        return None
    lead, inside, apart = leading[0].id, leading[0].current_term, run[lost].current_term
    here = run.position
    run.heal()
    run.run(1500)
    after = run[run.leader].current_term if run.leader else None
    if after is None or any(run[id].current_term != after for id in run.state.config.servers):
        return None
    ends = next(at for at in range(here + 1, len(run) + 1) if _settled(run, at, after))
    new = run.leader
    run.goto(here)
    if apart > inside:
        reasons = {
            inside: f"{lost} comes back in term {apart} and follows nobody of a lower one. As soon"
            f" as {lead} hears of the higher term it steps down (§5.1).",
            inside + 1: f"{lost} did not stand once but {apart - inside} times while it was cut"
            " off, and raised its term each time. Terms are never handed back.",
            apart: f"in term {apart} {lost} stood alone and got no majority. To win it must stand"
            f" again, and so must anybody else: each new election is a new term above {apart}.",
            apart + 1: f"the first election above term {apart} did not settle it.",
        }
        told = f"{new} leads it: {lost}'s term {apart} ended the old leadership, and the election"
        told += " after it counted on from there."
    else:
        calm = f"{lost} comes back with term {apart}, which is not above {lead}'s term {inside}:"
        reasons = {
            inside: "an election was held after all.",
            inside + 1: f"{calm} nothing deposes {lead}, and no election is held.",
            inside + 2: f"{calm} nobody stands, let alone twice.",
        }
        if began < inside:
            reasons[began] = f"the others have elected {lead} in term {inside} meanwhile, and a"
            reasons[began] += f" server's term never falls. {lost} follows when it hears of it."
        told = f"{lead} leads on: {lost} has no higher term to depose it with, and follows."
    offered = sorted({*reasons, after})
    options = [
        Option(f"term {term}" + (f": {lead} leads on" if term == inside else ""), term == after,
               told if term == after else reasons[term])
        for term in offered
    ]  # fmt: skip
    meanwhile = f"{old} went on leading the others" if lost != old else (
        f"the others, hearing nothing, elected {lead}"
    )  # fmt: skip
    who = f"{lost}, the leader," if lost == old else lost
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": f"{who} was cut off for {away} ms; {meanwhile}. Now the network heals. In which"
        " term is the cluster when it is quiet again?",
        "facts": (
            ("server", "role", "term"),
            [(id, run.state.observe(id).role, run.state.observe(id).term)
             for id in run.state.config.servers],
        ),
        "options": options,
    }  # fmt: skip


def _settled(run, at, term):
    """Whether everybody is in `term` after step `at`, and one of them leads it."""
    seen = [run.steps[at].state.observe(id) for id in run.state.config.servers]
    return all(one.term == term for one in seen) and any(one.role == "leader" for one in seen)

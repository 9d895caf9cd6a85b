"""What several tests share: servers built in any state, and what they asked for."""

from itertools import combinations

import raftlab as rl
from raftlab.core import Respond, Send, SetTimer
from raftlab.protocols import protocol
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_log import Entry
from raftlab.protocols.raft_messages import AppendEntries

THREE = ["S1", "S2", "S3"]
FIVE = ["S1", "S2", "S3", "S4", "S5"]
ROLES = ("follower", "candidate", "leader")


def server(role="follower", members=THREE, id="S1", kind=Raft, **fields):
    """A server in any state; a candidate has voted for itself, as starting makes it."""
    if role == "candidate":
        fields = {"voted_for": id, "votes_granted": frozenset([id]), **fields}
    return kind(id, members, role=role, **fields)


def log_of(*terms):
    """A log with an entry of each term; the commands name their place."""
    return [(term, f"{term}@{index}") for index, term in enumerate(terms, 1)]


def three():
    """Three servers in the middle of things: a leader, a follower, a candidate of an old term."""
    return [
        Raft("S1", THREE, role="leader", current_term=3, log=log_of(1, 3), commit_index=1),
        Raft("S2", THREE, current_term=3, voted_for="S1", log=log_of(1)),
        Raft("S3", THREE, current_term=2, role="candidate", votes_granted=frozenset("ab")),
    ]


def terms(node):
    return [entry.term for entry in node.log]


def sent(effects, kind=None):
    """{receiver: message} of what was sent, of one kind if given."""
    return {e.dst: e.message for e in effects
            if type(e) is Send and (kind is None or type(e.message) is kind)}  # fmt: skip


def timers(effects):
    """The names of the timers (re)started."""
    return [effect.name for effect in effects if type(effect) is SetTimer]


def answers(effects):
    """The results given to clients."""
    return [effect.result for effect in effects if type(effect) is Respond]


def heartbeat(term, prev=0, prev_term=0, entries=(), commit=0, leader="S2"):
    """AppendEntries with `entries` as (term, command) behind (prev, prev_term)."""
    entries = tuple(Entry(*entry) for entry in entries)
    return AppendEntries(term, leader, prev, prev_term, entries, commit)


def exchange(nodes, src, effects):
    """Deliver what `src` sent, and every answer to it, at once; nodes: id → node."""
    flying = [(src, e.dst, e.message) for e in effects if type(e) is Send]
    while flying:
        src, dst, message = flying.pop(0)
        if dst in nodes:
            answer = nodes[dst].receive(src, message)
            flying += [(dst, e.dst, e.message) for e in answer if type(e) is Send]


# -- Clusters, and schedules for them -----------------------------------------------------


def started(servers=3, seed=1, **dials):
    """A cluster in which S1 has just stood for election: two requests are in flight."""
    run = rl.cluster("raft", servers=servers, seed=seed, **dials)
    run.fire("S1")
    return run


def elected(servers=3, seed=1, **dials):
    run = rl.cluster("raft", servers=servers, seed=seed, **dials)
    run.until(lambda run: run.leader)
    return run


def carry(run, a, b):
    """Deliver whatever flies between two servers, either way, until nothing does."""
    for _ in range(60):
        for e in run.state.network:
            if {e.src, e.dst} == {a, b} and e.deliver_at < run.now + 1000:
                run.deliver(type(e.message).__name__, e.src, e.dst)
                break
        else:
            return


def elect(run, candidate, *voters):
    """Let `candidate` stand, some terms long, until it leads; only `voters` hear of it."""
    for _ in range(6):
        if run[candidate].role == "leader":
            break
        run.fire(candidate)
        for voter in voters:
            carry(run, candidate, voter)


def lose_all(run):
    """Drop every message in flight."""
    for e in run.state.network:
        run.drop(type(e.message).__name__, e.src, e.dst)


def reboot(run, id):
    run.crash(id)
    run.restart(id)


# -- Raft with parts ----------------------------------------------------------------------

PARTS = ("pre-vote", "check-quorum", "sticky-leader", "transfer")
SUBSETS = [subset for size in range(5) for subset in combinations(PARTS, size)]


def named(*parts):
    """The name of plain Raft with `parts`."""
    return "+".join(("raft", *parts))


def told(parts):
    """A subset of the parts as the name of a test."""
    return "+".join(parts) or "plain"


def mutant(mixin, *parts):
    """A class in which `mixin` comes before everything."""
    return type(mixin.__name__, (mixin, protocol(named(*parts))), {"replaces_values": True})


def with_leader(kind, seed=1, servers=5, **dials):
    """A cluster as soon as it has a leader; `kind` is a class or a tuple of parts."""
    kind = named(*kind) if isinstance(kind, tuple) else kind
    run = rl.cluster(kind, servers=servers, seed=seed, **dials)
    run.until(lambda run: run.leader)
    return run


def reigns(run, start=0):
    """(leader, its term) of every leadership there was from step `start` on, in order."""
    found = []
    for step in run.steps[start : run.position + 1]:
        for id in step.state.config.servers:
            seen = step.state.observe(id)
            if seen.role == "leader" and (id, seen.term) not in found:
                found.append((id, seen.term))
    return found

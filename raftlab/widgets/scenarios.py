"""What a learner can choose to begin with: situations for a cluster of any size, and the catalog.

A situation is a function of a history at its boot. It acts through the history's own verbs,
leaves the cursor where the learner should start, and gives one line: what to watch for. It takes
the cluster as it is, of any size; a scenario of the catalog brings its own (`raftlab.scenarios`).
"""

from typing import NamedTuple

from ..core import Impossible


def fresh_start(run):
    return (
        "Nobody leads yet. The arc round each server is its election timer: whose runs out first? "
        "Press Play, or choose a server and let its timer run out."
    )


def split_vote(run):
    """The fewest candidates that leave nobody a majority; each voter hears its own one first."""
    servers = run.state.config.servers
    count = len(servers)
    if count < 2:
        raise Impossible("one server cannot split its vote; take two or more")
    run.run(100)
    standing = servers[: 2 if count % 2 == 0 else 3]
    for id in standing:
        run.fire(id)
    for place, voter in enumerate(servers[len(standing) :]):
        first = standing[place % len(standing)]
        for other in standing:
            if other != first:
                run.delay("RequestVote", other, voter, 40)
    return (
        f"{' and '.join(', '.join(standing).rsplit(', ', 1))} stand at the same moment in the same "
        "term. Can one of them still win? What ends it?"
    )


def leader_crash(run):
    leader = _elected(run)
    run.run(60)
    run.crash(leader)
    return (
        f"The leader {leader} has just crashed, and nobody knows yet. How does the cluster find "
        f"out, and what becomes of {leader} when you restart it?"
    )


def split_leader_in_minority(run):
    """The leader on the smaller side, with a request that it can no longer commit."""
    servers = run.state.config.servers
    if len(servers) < 3:
        raise Impossible("a side with a majority and one without take three servers or more")
    leader = _elected(run)
    run.run(60)
    others = [id for id in servers if id != leader]
    beside = others[: (len(servers) - 1) // 2 - 1]
    run.partition([leader, *beside], others[len(beside) :])
    run.request(("set", "x", 1), to=leader)
    return (
        f"The network is split, and the leader {leader} is on the smaller side with a fresh "
        "request. Can it commit? What does the other side do? Heal the network and watch its entry."
    )


def lagging_follower(run):
    """A follower comes back after its leader has gone on without it."""
    servers = run.state.config.servers
    if len(servers) < 3:
        raise Impossible("with a follower down a majority must remain; take three servers or more")
    leader = _elected(run)
    run.run(60)
    behind = next(id for id in reversed(servers) if id != leader)
    run.crash(behind)
    for number in (1, 2, 3):
        run.request(("set", "x", number), to=leader)
        run.run(40)
    run.restart(behind)
    return (
        f"{behind} was down while {leader} took three requests, and has just started again. How "
        "does the leader find out what it lacks?"
    )


def _elected(run):
    """The leader, once there is one and everybody has heard of it."""
    try:
        run.until(lambda run: run.leader, limit=20_000)
    except Impossible as error:
        raise Impossible(f"this begins with a leader, and none is elected here: {error}") from None
    run.run(80)
    return run.leader


class Situation(NamedTuple):
    """What one can begin with on a cluster of any size from `least` servers on. `play` takes a
    history at its boot and gives what to ask; title and `watch` are what a list says of it."""

    play: object
    title: str
    watch: str
    least: int = 1

    def begin(self, run):
        """Play it on `run`, and give what to ask; Impossible if it cannot be played there."""
        off = self.why_not(run)
        if off:
            raise Impossible(f"{self.title.rstrip('.')}: {off}")
        return self.play(run)

    def why_not(self, run):
        """Why it cannot be played on this cluster, or ""."""
        servers = len(run.state.config.servers)
        settings = (host.node.settings for host in run.state.hosts)
        if not any("election_timeout" in names for names in settings):
            return f"{run.about.get('protocol', 'this node')} elects nobody"
        if servers < self.least:
            return f"it takes {self.least} servers or more, and there are {servers}"
        return ""


SITUATIONS = {
    "fresh start": Situation(
        fresh_start, "A fresh start: nothing has happened yet.",
        "whose timer runs out first, and what it does then.",
    ),
    "split vote": Situation(
        split_vote, "A split vote: several stand at once, and nobody can win.",
        "what ends it.", 2,
    ),
    "leader crash": Situation(
        leader_crash, "The leader has just crashed, and nobody knows yet.",
        "how the others find out, and what becomes of it when it restarts.",
    ),
    "split, leader in the minority": Situation(
        split_leader_in_minority, "The network is split, with the leader on the smaller side.",
        "whether it can still commit, and what the other side does.", 3,
    ),
    "lagging follower": Situation(
        lagging_follower, "A follower comes back that has missed three requests.",
        "how the leader finds out what it lacks.", 3,
    ),
}  # fmt: skip

# What is a simpler or harder edition of another protocol counts as that, or what stands on it.
_EDITIONS = dict.fromkeys(
    ("simplified", "lock", "primary", "scheduler", "config", "watched"), "raft"
)
# So does what people build before they have heard of it.
_EDITIONS |= dict.fromkeys(
    ("coordinator", "write-to-one", "write-to-all", "primary-without-quorum", "reachable-quorum",
     "configured-quorum", "two-generals", "agree"), "raft",
)  # fmt: skip
# And what does without it.
_EDITIONS |= dict.fromkeys(("redis-lock", "redis-scheduler", "redlock"), "raft")


def base_of(protocol):
    """The family of a protocol's name: without its parts and breaks, "raft" for any Raft."""
    base = protocol.partition("+")[0].partition("!")[0]
    return _EDITIONS.get(base, base)


def note_of(run):
    """What to say of a history on which a scenario was played: its title, what to look for."""
    if run.scenario is None:
        return ""
    watch = f" Watch: {run.scenario.watch}" if run.scenario.watch else ""
    return run.scenario.title + watch


def tour_of(run):
    """A history on which a scenario was played as a tour: its title, what to watch for, where it
    `begins`, its `stops` as [sentence, position behind it], and whether it `starts` by itself; None
    if it has no story, or if somebody has gone another way since."""
    if run.branch is not run.branches[0] or len([text for text, _ in run.stops if text]) < 2:
        return None
    begins, stops = 0, []
    for text, position in run.stops:
        if text:
            stops.append([text, position])
        elif stops:
            stops[-1][1] = position  # what is told of in silence belongs to what was said before
        else:
            begins = position
    found = run.scenario
    starts = found.name.startswith("tours/")
    if starts:  # its first sentence is about how things stand
        begins = stops[0][1]
    return {"title": found.title, "watch": found.watch, "begins": begins, "stops": stops,
            "starts": starts}  # fmt: skip

"""The same run in the same bytes, on every Python: digests stored once and computed anew.

    python -m raftlab.golden              compares; the exit code is 1 if any differs
    python -m raftlab.golden --rewrite    stores what this Python computes

A digest may change only when the rules do, and then whoever rewrites it can say why. The
standard library is enough, so that this runs on a Python that has nothing else.
"""

import json
import sys
from pathlib import Path

from . import cluster
from .core import Impossible, Node
from .sim import WEIGHTS, random_walk

STORED = Path(__file__).with_name("golden.json")


class Gossip(Node):
    """A learner's sort of node: sets and dicts changed in place, messages that are tuples."""

    persistent = ("known",)
    known = set()
    heard = {}

    def start(self):
        self.set_timer("tell", 20, 60)

    def on_timer(self, name):
        self.broadcast(("rumours", frozenset(self.known), dict(self.heard)))
        self.set_timer("tell", 20, 60)

    def on_request(self, request):
        self.known.add(f"{request.command}-{len(self.known)}")

    def on_message(self, src, message):
        self.known |= message[1]
        self.heard[src] = self.heard.get(src, 0) + 1


def _plain(run):
    run.run(700)


def _crash(run):
    run.until(lambda run: run.leader)
    run.request(("set", "x", 1))
    run.run(200)
    run.crash(run.leader)
    run.run(600)


def _partition(run):
    ids = run.state.config.servers
    run.run(400)
    run.partition(ids[: len(ids) // 2])
    run.cut(ids[-1], ids[-2])
    run.run(500)
    run.heal()
    run.run(400)


def _clients(run):
    for number in range(8):
        run.request(("add", "x", number), to=run.state.config.clients[number % 2])
    run.run(1200)


def _walk(run):
    random_walk(run, 500, seed=run.state.config.seed)


def _disk(run):
    """A disk that lies, one that is flushed in time, one that is lost, a crash before a write."""
    one, two, *_ = run.state.config.servers
    run.run(300)
    for id in (one, two):
        run.unsync(id)
    for number in range(4):
        run.request(("set", "x", number), to=one)
    run.run(200)
    run.sync(two)
    for id in (one, two):
        run.crash(id)
        run.run(100)
        if id == two:
            run.wipe(two)
        run.restart(id)
        run.run(300)
    run.crash_during("fire", one, sorted(run.state.host(one).timers)[0][1])
    run.run(300)


def _clocks(run):
    one, two, *_ = run.state.config.servers
    run.drift(one, 3)
    run.run(300)
    run.drift(two, 0.3)
    run.drift(one, 1.1)
    run.run(600)


def _worst(run):
    """A walk with everything there is, disks and clocks too."""
    random_walk(run, 500, run.state.config.seed, {k: w or 4 for k, w in WEIGHTS.items()})


def _fork(run):
    run.run(400)
    run.goto(len(run) // 2)
    run.pause(run.state.config.servers[0])
    run.run(600)


# What befalls the cluster: name → (what is done to it, dials).
FAULTS = {
    "none": (_plain, {}),
    "loss": (_plain, {"loss": 0.1, "duplicate": 0.1, "jitter": 25.5}),
    "crash": (_crash, {}),
    "partition": (_partition, {}),
    "clients": (_clients, {"clients": 2, "loss": 0.05}),
    "fork": (_fork, {}),
    "walk": (_walk, {"loss": 0.03, "duplicate": 0.03}),
    "disk": (_disk, {}),
    "clocks": (_clocks, {}),
    "worst": (_worst, {"loss": 0.03, "duplicate": 0.03}),
}
# Name → (protocol, its dials).
PROTOCOLS = {
    "raft": ("raft", {}),
    "gossip": (Gossip, {}),
    "snapshots": ("raft+snapshots", {"snapshot_after": 2}),
}


def cases():
    """Every (protocol, servers, seed, faults) with a stored digest."""
    found = [("raft", servers, seed, "none") for servers in (1, 3, 5, 7) for seed in (0, 7)]
    found += [("raft", 5, seed, faults) for faults in FAULTS for seed in (1, -(2**70))]
    found += [("raft", 3, 11, faults) for faults in ("loss", "walk", "clients")]
    found += [("gossip", 4, 3, faults) for faults in ("none", "loss", "walk", "clocks", "worst")]
    found += [("snapshots", 3, 4, faults) for faults in ("clients", "walk", "worst")]
    return found


def digest(protocol, servers, seed, faults):
    """The fingerprint of one case, computed now; all branches and the saved file count."""
    happen, dials = FAULTS[faults]
    kind, more = PROTOCOLS[protocol]
    run = cluster(kind, servers=servers, seed=seed, **dials, **more)
    happen(run)
    return f"{run.digest()[:32]} {len(run)} steps, {run.now} ms, {len(run.dump())} characters"


def computed():
    """{case: digest} as this Python computes it, with the words `stored` uses."""
    return {" ".join(map(str, case)): digest(*case) for case in cases()}


def differences(stored, now):
    """What differs between two such tables, one sentence each."""
    found = []
    for case in {**stored, **now}:
        if case not in now:
            found.append(f"{case}: is stored but no longer computed")
        elif case not in stored:
            found.append(f"{case}: is computed but not stored")
        elif stored[case] != now[case]:
            found.append(f"{case}: stored is {stored[case]}; now it is {now[case]}")
    return found


def stored():
    """The digests on disk."""
    try:
        return json.loads(STORED.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Impossible(f"{STORED.name} cannot be read: {error}") from None


def main(arguments):
    python = ".".join(map(str, sys.version_info[:3]))
    if arguments not in ([], ["--rewrite"]):
        print("usage: python -m raftlab.golden [--rewrite]")
        return 2
    now = computed()
    if arguments:
        STORED.write_text(json.dumps(now, indent=1) + "\n", "utf-8")
        print(f"{len(now)} digests stored, computed by Python {python}")
        return 0
    try:
        found = differences(stored(), now)
    except Impossible as error:
        found = [str(error)]
    if found:
        print(f"Python {python} runs differently:", *found, sep="\n  ")
        return 1
    print(f"{len(now)} runs are the same on Python {python}, byte for byte")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

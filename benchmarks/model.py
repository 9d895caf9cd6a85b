"""How fast the model runs, beside RaftScope's own rules and a bare SimPy event loop.

    python benchmarks/model.py [--raftscope DIR] [--simpy] [--commands 1000] [--rounds 5]

One job for all: 5 servers with RaftScope's timing (10-15 ms one way, heartbeats every 50 ms,
timeouts 100-200 ms), a command every 50 ms, then the leader crashes and another is elected.
DIR is a checkout of RaftScope (its util.js, raft.js and state.js run under node; nothing of
it is kept here). SimPy (pip install simpy) moves the same number of messages and timers and
knows nothing of Raft and no history: a floor for event loops in Python.

Contenders take turns in processes of their own, CPU time is counted, medians are compared.
"""

import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

OURS = {
    "history": "raftlab, every state kept",
    "checked": "raftlab, every state kept, all invariants at each step",
    "forgetful": "raftlab, no history (as sweeps run it)",
}


def timing():
    return {"latency": 10, "jitter": 5, "election_timeout": (100, 200), "heartbeat_interval": 50}


def play(commands, checked):
    import raftlab as rl

    run = rl.cluster("raft", servers=5, seed=7, **timing())
    if not checked:
        run.monitor = None
    run.until(lambda run: run.leader)
    first = run.leader
    for number in range(commands):
        run.request(("set", "x", number), to=first)
        run.run(50)
    run.crash(first)
    run.until(lambda run: run.leader)
    run.run(500)
    assert run[run.leader].commit_index >= commands, "the job was not done"
    return run


def forgetful(commands):
    """The same job on bare states: (events, entries committed)."""
    import raftlab as rl
    from raftlab.core import Crash, Request
    from raftlab.sim import advance, step

    state, events = rl.cluster("raft", servers=5, seed=7, **timing()).state, 0

    def until_leader():
        nonlocal state, events
        while not state.leader:
            _, state, _ = advance(state)
            events += 1

    def pass_time(ms):
        nonlocal state, events
        end = state.time + ms
        while state.next[0] <= end:
            _, state, _ = advance(state)
            events += 1

    until_leader()
    first = state.leader
    for number in range(commands):
        state, _ = step(state, Request(first, ("set", "x", number)))
        pass_time(50)
    state, _ = step(state, Crash(first))
    until_leader()
    pass_time(500)
    return events, state[state.leader].commit_index


def ours(kind, commands):
    import raftlab  # noqa: F401  not part of the job

    begun = time.process_time()
    if kind == "forgetful":
        events, committed = forgetful(commands)
    else:
        run = play(commands, kind == "checked")
        events, committed = len(run), run[run.leader].commit_index
    return {"events": events, "cpu_s": time.process_time() - begun, "committed": committed}


def simpy_loop(commands):
    """As many messages and timers as the job has, through SimPy's cheapest form: callbacks."""
    import random

    import simpy

    world, chance, events = simpy.Environment(), random.Random(7), 0

    def after(delay, then):
        world.timeout(delay).callbacks.append(lambda _: then())

    def beat(rounds):
        nonlocal events
        events += 1
        for _ in range(4):
            after(10 + 5 * chance.random(), arrive)
        if rounds:
            after(25, lambda: beat(rounds - 1))

    def arrive():
        nonlocal events
        events += 1
        after(10 + 5 * chance.random(), answered)

    def answered():
        nonlocal events
        events += 1

    begun = time.process_time()
    beat(2 * commands)
    world.run()
    return {"events": events, "cpu_s": time.process_time() - begun, "committed": 0}


def memory(commands):
    import tracemalloc

    import raftlab as rl

    play(10, True)  # what is made once (code, tables) is not counted
    tracemalloc.start()
    run = play(commands, True)
    held, _ = tracemalloc.get_traced_memory()
    assert rl.__version__
    return {"bytes_per_step": held / len(run), "steps": len(run)}


def import_cost():
    """Median CPU ms that `import raftlab` adds to starting Python."""

    def cpu(code):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    pairs = [(cpu("import raftlab"), cpu("pass")) for _ in range(11)]
    return 1000 * statistics.median(ours - bare for ours, bare in pairs)


def child(*words):
    out = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return json.loads(out.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raftscope", metavar="DIR", help="a checkout of RaftScope")
    parser.add_argument("--simpy", action="store_true", help="SimPy is installed: measure it")
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.job:
        job = {"memory": memory, "simpy": simpy_loop}.get(chosen.job)
        found = job(chosen.commands) if job else ours(chosen.job, chosen.commands)
        print(json.dumps(found))
        return

    here = [sys.executable, __file__, "--commands", str(chosen.commands), "--job"]
    contenders = {title: [*here, kind] for kind, title in OURS.items()}
    if chosen.simpy:
        contenders["SimPy callbacks, no Raft, no history"] = [*here, "simpy"]
    if chosen.raftscope:
        driver = ["node", str(HERE / "raftscope_driver.js"), chosen.raftscope]
        contenders["RaftScope, no time travel"] = [*driver, "without", str(chosen.commands)]
    seen = {title: [] for title in contenders}
    for number in range(chosen.rounds):
        for title, words in contenders.items():
            print(f"round {number + 1}: {title} …", end="\r", file=sys.stderr)
            seen[title].append(child(*words))
    if chosen.raftscope:  # it takes minutes and grows with the square of the job: once
        words = [*driver, "with", str(chosen.commands)]
        seen["RaftScope, with time travel"] = [child(*words)]
    report(seen)
    held = child(*here, "memory")
    print(f"\nremembered per step, invariants on: {held['bytes_per_step']:.0f} bytes"
          f"\nimport raftlab: {import_cost():.0f} ms of CPU beyond starting Python")  # fmt: skip


def report(seen):
    base = statistics.median(run["cpu_s"] for run in seen[OURS["history"]])
    print(f"{'':55} {'CPU s':>8} {'events':>8} {'events/s':>9} {'CPU / ours':>11}   (min-max)")
    for title, runs in seen.items():
        spent = [run["cpu_s"] for run in runs]
        median = statistics.median(spent)
        print(f"{title:55} {median:8.3f} {runs[0]['events']:8} {runs[0]['events'] / median:9.0f} "
              f"{median / base:11.2f}   ({min(spent):.3f}-{max(spent):.3f})")  # fmt: skip


if __name__ == "__main__":
    main()

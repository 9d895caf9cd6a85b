"""How fast the search is, and how soon it finds each broken rule, beside a Murphi checker.

    python benchmarks/checker.py [--rumur] [--rounds 3] [--most 60] [NAME …]

First the exhaustive search: distinct states a second, message by message, without symmetry.
Then, for every break that has bounds (or the NAMEs), CPU time to its counterexample, replayed on
the real cluster and shortened; and correct Raft within the bounds of the textbook breaks.
--rumur (Debian: apt-get install rumur gcc) compiles benchmarks/raft.m, our own Murphi model of
Raft, into a program in C and searches the same three textbook bugs and correct Raft with it,
breadth-first on one thread, for at most --most seconds each. Its model knows less of Raft than
ours and its states are not ours; what compares is time to the bug and states a second.

Contenders take turns in processes of their own, CPU time is counted, medians are compared.
"""

import argparse
import json
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

EXHAUSTIVE = {"by": "messages", "terms": 2, "requests": 0, "symmetry": False, "states": 1_000_000}
TEXTBOOK = {
    "votes-twice": "VOTES_TWICE",
    "votes-for-anybody": "VOTES_FOR_ANYBODY",
    "commits-old-terms": "COMMITS_OLD_TERMS",
}
SIZES = {"commits-old-terms": {"TERMS": 4, "ENTRIES": 2}}


def ours(name, options):
    """One search in this process: what came of it, and its CPU seconds."""
    import raftlab as rl

    rl.cluster(name)  # the imports are not part of the job
    begun = time.process_time()
    found = rl.explore(name, progress=False, **options)
    spent = time.process_time() - begun
    return {
        "cpu_s": spent, "states": found.states, "depth": f"{found.depth} {found.unit}",
        "events": len(found.actions), "ok": found.ok,
    }  # fmt: skip


def breaks(names):
    """{break: bounds} of those that the search finds."""
    from raftlab.protocols import BREAKS

    known = {name: getattr(rule, "bounds", None) for name, rule in BREAKS.items()}
    return {name: held for name, held in known.items() if held and (not names or name in names)}


def murphi(switch, sizes, most):
    """Compile and run the Murphi model with one rule off (None: with all its rules)."""
    text = (HERE / "raft.m").read_text("utf-8")
    for constant, number in {**sizes, **({switch: 1} if switch else {})}.items():
        text = re.sub(rf"\b{constant}: \d+;", f"{constant}: {number};", text, count=1)
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "raft.m").write_text(text, "utf-8")
        words = ["rumur", "--threads", "1", "--deadlock-detection", "off"]
        words += ["--symmetry-reduction", "off", "--counterexample-trace", "off"]
        words += ["--output", "raft.c", "raft.m"]
        subprocess.run(words, cwd=place, check=True, capture_output=True)
        words = ["gcc", "-std=c11", "-O3", "raft.c", "-o", "raft", "-lpthread", "-latomic"]
        subprocess.run(words, cwd=place, check=True, capture_output=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        program = subprocess.Popen([place / "raft"], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)  # fmt: skip
        try:
            out, stopped = program.communicate(timeout=most)[0], False
        except subprocess.TimeoutExpired:
            program.kill()
            out, stopped = program.communicate()[0], True
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    states = [int(found) for found in re.findall(r"(\d+) states", out)]
    return {
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "states": max(states, default=0), "depth": "", "events": 0,
        "ok": None if stopped else "invariant" not in out,
    }  # fmt: skip


def child(job):
    words = [sys.executable, __file__, "--job", json.dumps(job)]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def jobs(chosen):
    """{title: a job as `run` takes it}, in the order of the table."""
    found = {}
    if not chosen.names:
        found["correct Raft, every order of events"] = ["ours", "raft", EXHAUSTIVE]
        if chosen.rumur:
            found["  rumur: correct Raft"] = ["murphi", None, {"TERMS": 2, "ENTRIES": 2}]
    for name, bounds in breaks(chosen.names).items():
        found[name] = ["ours", f"raft!{name}", {}]
        if name in TEXTBOOK:
            right = {key: held for key, held in bounds.items() if key != "servers"}
            found[f"  mended: {name}"] = ["mended", name, right]
            if chosen.rumur:
                found[f"  rumur: {name}"] = ["murphi", TEXTBOOK[name], SIZES.get(name, {})]
    return found


def run(job, most):
    kind, name, options = job
    if kind == "murphi":
        return murphi(name, options, most)
    if kind == "mended":
        from raftlab.protocols import broken, mended, name_of

        name = name_of(mended(broken("raft", name)))
    return ours(name, options)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="breaks; left out, all of them")
    parser.add_argument("--rumur", action="store_true", help="measure the Murphi checker too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=float, default=60, metavar="SECONDS")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.job:
        most, job = json.loads(chosen.job)
        print(json.dumps(run(job, most)))
        return
    if chosen.rumur and not (shutil.which("rumur") and shutil.which("gcc")):
        parser.error("rumur and gcc are needed for --rumur (Debian: apt-get install rumur gcc)")
    work = jobs(chosen)
    seen = {title: [] for title in work}
    for number in range(chosen.rounds):
        for title, job in work.items():
            if seen[title] and seen[title][0]["ok"] is None and job[0] == "murphi":
                continue  # it did not end the first time
            print(f"round {number + 1}: {title.strip()} …".ljust(70), end="\r", file=sys.stderr)
            seen[title].append(child([chosen.most, job]))
    print(f"{'':38} {'CPU s':>8} {'states':>9} {'states/s':>9}  outcome")
    for title, runs in seen.items():
        spent, one = statistics.median(found["cpu_s"] for found in runs), runs[0]
        outcome = {True: "exhausted, nothing broken", None: "stopped, nothing found"}.get(one["ok"])
        outcome = outcome or f"broken: {one['events'] or 'some'} events, {one['depth']}".rstrip(
            ", "
        )
        print(f"{title:38} {spent:8.2f} {one['states']:9,} {one['states'] / max(spent, 1e-9):9,.0f}"
              f"  {outcome}")  # fmt: skip


if __name__ == "__main__":
    main()

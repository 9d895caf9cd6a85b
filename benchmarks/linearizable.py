"""How long it takes to judge a client history, beside the published search as it stands.

    python benchmarks/linearizable.py [--operations 2000] [--clients 5] [--seeds 5] [--budget N]

Histories of clients that ask one key as fast as they are answered, made by a store without any
cluster: so all are linearizable, except those in which one read is given an answer that nobody
ever wrote. Contenders: ours; Wing, Gong and Lowe's search as published (entries lifted out of a
doubly linked list, every pair of operations done and state remembered); and without memory.
The latter two know nothing but the verdict. No package for Python was found that does the same.

CPU seconds, the median over seeds (least to most); "states" are those visited, and a contender
stops at the budget. The contenders' verdicts are compared.
"""

import argparse
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from client_histories import busy_history, read  # noqa: E402

from raftlab.checks.linearizable import linearizable  # noqa: E402
from raftlab.core import execute  # noqa: E402

FIVE = ("set", "get", "add", "cas", "del")
CASES = {
    "set and get": {"kinds": ("set", "get")},
    "five commands": {"kinds": FIVE},
    "five commands, 2 % without an answer": {"kinds": FIVE, "unknown": 0.02},
    "five commands, 10 % without an answer": {"kinds": FIVE, "unknown": 0.1},
    "set and get, a read impossible": {"kinds": ("set", "get"), "lie": True},
    "five commands, a read impossible": {"kinds": FIVE, "lie": True},
    "set and get, 2 % no answer, a read imp.": {
        "kinds": ("set", "get"), "unknown": 0.02, "lie": True,
    },
    "five commands, 2 % no answer, a read imp.": {"kinds": FIVE, "unknown": 0.02, "lie": True},
}  # fmt: skip


def history(seed, operations, clients, kinds, unknown=0.0, lie=False):
    made = busy_history(seed, operations, clients, kinds, unknown)
    if lie:
        asked = (at for at, one in enumerate(made) if one.call[0] == "get" and one.status == "ok")
        at = list(asked)[-3]
        one = made[at]
        made[at] = read(one.client, "nobody wrote this", one.invoked_at, one.completed_at)
    return made


def ours(operations, budget):
    judged = linearizable(operations, budget=budget)
    return judged.ok, judged.parts[0].visited


class Entry:
    """A call or an answer in the list; `answer` is the call's answer's entry, else None."""

    def __init__(self, number, answer):
        self.number, self.answer = number, answer
        self.before = self.after = None


def published(operations, budget, remembers=True):
    """Lowe's algorithm in the form in which it is usually printed. An operation without an answer
    ends after all others, with any answer."""
    events = []
    for number, one in enumerate(operations):
        end = one.completed_at if one.status == "ok" else float("inf")
        events += [(one.invoked_at, 0, number), (end, 1, number)]
    head = last = Entry(None, None)
    calls = {}
    for _, answers, number in sorted(events):
        entry = Entry(number, None)
        if answers:
            calls[number].answer = entry
        else:
            calls[number] = entry
        last.after, entry.before = entry, last
        last = entry
    done, state, undo, seen, visited = 0, {}, [], set(), 0
    entry = head.after
    while head.after:
        if entry.answer is None:  # an answer: somebody must be placed before it and cannot be
            if not undo:
                return False, visited
            entry, done, state = undo.pop()
            unlift(entry)
            entry = entry.after
            continue
        one = operations[entry.number]
        following, result = execute(state, one.call)
        if one.status != "ok" or result == one.result:
            new = done | 1 << entry.number
            key = (new, tuple(following.items()))
            if not remembers or key not in seen:
                if visited == budget:
                    return None, visited
                visited += 1
                if remembers:
                    seen.add(key)
                undo.append((entry, done, state))
                done, state = new, following
                lift(entry)
                entry = head.after
                continue
        entry = entry.after
    return True, visited


def lift(call):
    for entry in (call, call.answer):
        entry.before.after = entry.after
        if entry.after:
            entry.after.before = entry.before


def unlift(call):
    for entry in (call.answer, call):
        entry.before.after = entry
        if entry.after:
            entry.after.before = entry


def forgetful(operations, budget):
    return published(operations, budget, remembers=False)


CONTENDERS = {"ours": ours, "as published": published, "without memory": forgetful}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=200_000)
    chosen = parser.parse_args()
    print(f"{chosen.operations} operations, {chosen.clients} clients, one key, "
          f"{chosen.seeds} seeds, at most {chosen.budget:,} states\n")  # fmt: skip
    print(f"{'':42}{'':16}{'CPU s':>8} {'(min-max)':>16} {'states':>9}  verdicts")
    for title, about in CASES.items():
        made = [history(seed, chosen.operations, chosen.clients, **about)
                for seed in range(chosen.seeds)]  # fmt: skip
        known = [set() for _ in made]
        for name, contender in CONTENDERS.items():
            spent, states, verdicts = [], [], []
            for at, operations in enumerate(made):
                start = time.process_time()
                ok, visited = contender(operations, chosen.budget)
                spent.append(time.process_time() - start)
                states.append(visited)
                verdicts.append({True: "yes", False: "no", None: "?"}[ok])
                known[at].add(ok)
            span = f"({min(spent):.2f}-{max(spent):.2f})"
            print(f"{title:42}{name:16}{statistics.median(spent):8.2f} {span:>16} "
                  f"{statistics.median(states):9.0f}  {' '.join(verdicts)}")  # fmt: skip
            title = ""
        assert all(len(found - {None}) <= 1 for found in known), "the contenders disagree"


if __name__ == "__main__":
    main()

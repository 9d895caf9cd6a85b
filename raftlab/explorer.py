"""`rl.explore`: the search of `raftlab.checks.explore`, with names, bounds and a bar.

A protocol with broken rules brings bounds within which the search finds what breaks, so that
`rl.explore("raft!commits-old-terms")` needs no more.
"""

from functools import partial

from . import cluster
from .checks.explore import STATES, Explored
from .checks.explore import explore as search
from .core import Impossible
from .progress import progress as progress_of
from .protocols import breaks_in
from .sim import History

__all__ = ["Explored", "explore"]


def explore(run="raft", servers=None, executor=None, progress=True, states=STATES, **options):
    """Is there any run, within bounds, in which a property breaks? The shortest one, if so.

    `run` is a history (the search begins at its cursor), or what `rl.cluster` takes as a
    protocol; `servers` then says how many (3). A list of these is searched one after the other,
    or side by side on `executor`, any `concurrent.futures.Executor`; a list comes back.

    Bounds: `requests` (how many, or a list of commands; 1), `terms` (2), `crashes` (0), `late`
    (lost messages that arrive after all; 0), `disk` (crashes between two writes), `states` and
    `depth`. Ways: `by="rounds"`, "messages" or "walks" (with `walks`, `steps`, `seed`). What to
    look for: `against` a property, `until` a goal, `always`, `sometimes`. More in
    `raftlab.checks.explore`. The result tells what it covered; `rl.lab(result.run)` opens the
    run it found at its last step, `result.scenario()` writes it down.
    """
    if isinstance(run, (list, tuple)):
        jobs = [partial(_one, *_prepared(one, servers, options), states) for one in run]
        with progress_of("searches", len(jobs), progress) as tick:
            found = []
            for done, result in enumerate(executor.map(_called, jobs) if executor
                                          else map(_called, jobs), 1):  # fmt: skip
                found.append(result)
                tick(done)
        return found
    if executor is not None:
        raise Impossible(
            "one search goes on one processor; an executor is for a list of runs to begin from"
        )
    with progress_of("states", None, progress) as tick:
        run, options = _prepared(run, servers, options)

        def told(states, depth):
            tick(states, f"{depth} deep")

        found = _one(run, options, states, told)
        tick(found.states)
        return found


def _prepared(run, servers, options):
    """(the history to begin from, the options with what its broken rules bring along)."""
    if isinstance(run, History):
        if servers is not None:
            raise Impossible("a history has its servers already; leave `servers` out")
        return run, options
    brought = {}
    for rule in breaks_in(type(cluster(run, servers=1)["S1"])):
        brought |= {"against": rule.breaks, **getattr(rule, "bounds", {})}
    brought |= options
    if servers is None:
        servers = brought.get("servers", 3)
    brought.pop("servers", None)
    return cluster(run, servers=servers, seed=1), brought


def _one(run, options, states, tick=None):
    return search(run, states=states, tick=tick, **options)


def _called(job):
    return job()

"""`rl.explore`: the search of `raftlab.checks.explore`, with names, bounds and a bar.

A protocol with broken rules brings bounds within which the search finds what breaks, so that
`rl.explore("raft!commits-old-terms")` needs no more.
"""

from contextlib import closing, contextmanager
from functools import partial

from . import _protocol, cluster
from .bar import progress as progress_of
from .checks.bounds import BOUNDS
from .checks.explore import STATES, STEPS, WALKS, Explored, staged
from .checks.explore import explore as search
from .checks.invariants import TAKE_TIME
from .core import Impossible
from .protocols import breaks_in
from .protocols.composed import known_as
from .sim import DIALS, History

__all__ = ["Explored", "explore"]

_BOUNDING = {*BOUNDS, "stages", "until"}
_SHARES = 8  # of the walks of one start: each share compiles the cluster anew, so not too many


def explore(run="raft", servers=None, executor=None, progress=True, states=STATES, **options):
    """Is there any run, within bounds, in which a property breaks? A shortest one, if so.

    `run` is a history (the search begins at its cursor), or what `rl.cluster` takes as a
    protocol; `servers` then says how many (3), and the protocol's own settings may be given, too.
    The name of a protocol with broken rules brings along what finds what they break: bounds,
    `against` and perhaps `stages`; what you give takes their place. A history brings nothing, for
    it may be far beyond such bounds already.
    A list of these is searched one after the other, or side by side on `executor`, any
    `concurrent.futures.Executor`; a list comes back. An executor shares out the walks of one
    start too, and changes nothing about what they find. A breadth-first search (by rounds, by
    messages) always runs on one core.

    Ways: by="rounds", the usual one, takes many events at a step. A round is one event (a timer
    runs out, a request comes, somebody crashes) and what it sets off: its messages, the answers to
    them and so on arrive among some of the nodes, and all other messages are lost. Deep bugs are
    few rounds away; a run that is no such rounds is not looked at. `cut=False` lets each round go
    on until all is quiet, which is faster; else it may end after any event. by="messages" looks at
    every order of single events, and by="walks" at `walks` random runs of `steps` events, from
    `seed`. What is found is shortest in rounds, and then freed of each event that it can do
    without; by messages, shortest in events; by walks, not the shortest.
    Bounds: `requests` (how many, or a list of commands; 1), `terms` (2), `crashes` (0), `late`
    (lost messages that arrive after all, rounds later, or their kinds; 0), `acts` (the servers
    that do something by themselves; all), `disk` (True: a crash may come between two writes),
    `states` (a million) and `depth`.
    What to look for: `against` a property, `until` a goal, `always`, `sometimes`. `stages` is a
    list of dicts of all these: each search begins at the run that the one before found. More in
    `raftlab.checks.explore`.

    The result tells what it covered; `rl.lab(result.run)` opens the run it found at its last step,
    `result.scenario()` writes it down. `result.more()` searches on where a limit or an interrupt
    stopped it: a million states more, or as `states` and `depth` say.
    """
    if executor is not None and (isinstance(executor, type) or not hasattr(executor, "map")):
        raise Impossible(
            f"an executor is an open one, such as ProcessPoolExecutor(), not {executor!r}"
        )
    if isinstance(run, (list, tuple)):
        jobs = [partial(_one, *_prepared(one, servers, options), states) for one in run]
        with progress_of("searches", len(jobs), progress) as tick:
            found = []
            for done, result in enumerate(executor.map(_called, jobs) if executor
                                          else map(_called, jobs), 1):  # fmt: skip
                result.watched = partial(_watched, progress)
                found.append(result)
                tick(done)
        return found
    if executor is not None:
        run, options = _prepared(run, servers, options)
        return _walked(run, options, states, executor, progress)
    begun = run
    run, options = _prepared(run, servers, options)
    with _watched(progress) as tick:
        found = _one(run, options, states, tick)
        tick(found.states)
    found.watched = partial(_watched, progress)
    if begun is run and found.run is None and _BOUNDING.isdisjoint(options):
        found.aside = _told_of_bounds(run)
    return found


@contextmanager
def _watched(progress):
    """A bar for one search: gives tick(states, depth)."""
    with progress_of("states", None, progress) as tick:
        yield lambda states, depth=None: tick(states, "" if depth is None else f"{depth} deep")


def _told_of_bounds(run):
    """What to say if a history of a broken protocol was searched in nobody's bounds."""
    kind = type(run.state[run.state.config.servers[0]])
    if not any(rule.bounds for rule in breaks_in(kind)):
        return ""
    return (
        "A history brings no bounds along; those within which its broken rules show come with the "
        f"name: rl.explore({run.about['protocol']!r})."
    )


def _prepared(run, servers, options):
    """(the history to begin from, the options with what its broken rules bring along)."""
    if isinstance(run, History):
        if servers is not None:
            raise Impossible("a history has its servers already; leave `servers` out")
        return run, options
    kind, _ = _protocol(run)
    options = _brought(kind, options) | options
    brought = options.pop("servers", 3)
    dials = {name: options.pop(name) for name in (*DIALS, *kind.settings) if name in options}
    return cluster(run, servers=brought if servers is None else servers, seed=1, **dials), options


def _brought(kind, options):
    """What the broken rules of a protocol bring along: the properties they break, and bounds that
    do for each of them. How to search is theirs to say only where they agree."""
    rules = breaks_in(kind)
    if not rules:  # a design that is wrong as it is says itself where it goes wrong
        return dict(getattr(kind, "bounds", ()))
    bounds = [rule.bounds for rule in rules if rule.bounds]
    bounds = [one for at, one in enumerate(bounds) if one not in bounds[:at]]
    if rules and not bounds and not options:
        name, shown = known_as(kind)[0]
        raise Impossible(
            f"no quick search is known to find what {name!r} breaks: {rules[0].breaks}. "
            f"rl.scenario({shown!r}) shows it; to search all the same, give bounds, such as terms=2"
        )
    if len(bounds) == 1 and {"until", "by", *BOUNDS}.isdisjoint(options):
        brought = dict(bounds[0])
    else:  # stages lead to what one break needs, within its own bounds
        brought = _for_all(bounds)
    # Progress takes time, and a search has none.
    against = dict.fromkeys(rule.breaks for rule in rules if rule.breaks not in TAKE_TIME)
    return brought | ({"against": tuple(against)} if against else {})


def _for_all(bounds):
    """One set of bounds that does for all these, without any stages."""
    brought = {}
    for one in [part for held in bounds for part in (held, *held.get("stages", ()))]:
        for name, held in one.items():
            if name not in ("stages", "until", "acts", "asked"):
                brought[name] = _wider(brought.get(name, 0), held)
    for name in ("by", "cut"):
        if len({one.get(name) for one in bounds}) > 1:
            brought.pop(name, None)
    return brought


def _wider(one, other):
    """Of two numbers the larger; a list of requests rather than a number; else the second."""
    if type(one) is type(other) is int:
        return max(one, other)
    return one if type(other) is int and isinstance(one, list) else other


def _walked(run, options, states, executor, progress):
    """The random walks from one start, shared out; as if they had been taken one by one."""
    if options.get("by") != "walks" or "stages" in options:
        raise Impossible(
            "a breadth-first search runs on one core; an executor is for walks, or for a list of "
            "runs to begin from"
        )
    walks = options.get("walks", WALKS)
    if walks * options.get("steps", STEPS) > states:
        raise Impossible("walks that are shared out cannot be counted together; raise states")
    size = max(1, walks // _SHARES)
    shares = [range(first, min(first + size, walks)) for first in range(0, walks, size)]
    jobs = [partial(_one, run, options | {"walks": share}, states) for share in shares]
    found = []
    with progress_of("walks", walks, progress) as tick, closing(executor.map(_called, jobs)) as all:
        for share, part in zip(shares, all, strict=True):
            found.append(part)
            tick(share.stop)
            if part.run is not None:
                break
    found[-1].start = run
    return found[-1].joined(found[:-1])


def _one(run, options, states, tick=None):
    if "stages" in options:
        return staged(run, states=states, tick=tick, **options)
    return search(run, states=states, tick=tick, **options)


def _called(job):
    return job()

"""Everything that may happen to a learner's servers within bounds, and the shortest run in which a
property breaks.

The bounds are such that the reference takes less than a second; what is deeper begins where the
check has led the cluster.
"""

from ... import cluster
from ...checks.explore import explore
from ...checks.invariants import TITLES
from ...core import Impossible
from .check import Unmet

# In all that may happen to the reference there are at most 4,000 states. Of a class that counts
# something there is no end of them, and what is seen first is seen in rounds, shortest first.
STATES = 6_000


def search(case, servers, bounds):
    """Not met if anything breaks within `bounds` (as `rl.explore` has them). `begin(run)` may take
    the fresh cluster to where the search is to begin, and `dials` are given to the cluster."""
    begin, dials = bounds.pop("begin", None), bounds.pop("dials", {})
    run = cluster(case.kind, servers=servers, seed=case.seed + 1, **dials)
    case.run = run
    if begin:
        begin(run)
    try:
        found = explore(run, **{"states": STATES, **bounds})
    except AssertionError:
        raise Unmet(
            "played again, a run went otherwise: it rests on more than its fields", run
        ) from None
    except Impossible as error:
        raise Unmet(str(error), run) from None
    case.run = found.run or run
    if found.verdicts:
        broken = found.verdicts[0]
        events = len(found.actions)
        raise Unmet(
            f"{events} event{'s' * (events != 1)} suffice, and {broken.why} "
            f"({TITLES.get(broken.name, broken.name)})",
            found.run,
        )
    return found

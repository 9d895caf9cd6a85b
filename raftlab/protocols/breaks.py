"""Raft with one rule broken: a mixin for each documented bug, and nothing in `raft.py` about it.

Each class replaces exactly one thing that exists: a rule of `raft_rules.py` (or of a part), a
handler where no rule fits, or a line of data. `broken("raft", "votes-twice")` puts one together.
A class says in its docstring what its servers do, and:

`breaks`   what that costs: a property of `checks/invariants.py`, "linearizability", "progress"
`source`   where the bug was seen, or the sentence it goes against
`needs`    on which Raft it shows: parts, see `raft_variants.py`; left out, on plain Raft
`bounds`   within which `rl.explore` finds it, perhaps in stages; None if no search can, and why

Each has a schedule that kills it and leaves the unbroken protocol unharmed: the scenario of its
name in `sim/catalog/breaks`. `rl.diff("votes-twice")` shows the rule and its broken twin.

What is no break here: a leader that decrements next_index when it is refused because of a higher
term. It has stepped down by then (`on_message`), and next_index, made anew with each leadership,
is a guess that may be wrong (`backed_up` never goes below what is known to match).
"""

from . import (
    breaks_clients,
    breaks_disk,
    breaks_elections,
    breaks_log,
    breaks_membership,
    breaks_progress,
    breaks_reads,
    breaks_snapshot,
)

BREAKS = {
    **breaks_elections.BREAKS,
    **breaks_disk.BREAKS,
    **breaks_log.BREAKS,
    **breaks_clients.BREAKS,
    **breaks_reads.BREAKS,
    **breaks_progress.BREAKS,
    **breaks_membership.BREAKS,
    **breaks_snapshot.BREAKS,
}

"""What a lab says of its cluster as a whole: its name, and what is watched."""

from ..checks.invariants import TITLES


def title_of(run):
    """What a cluster is called: "raft cluster of 5, seed 7"."""
    config = run.state.config
    kind = run.about.get("protocol", "cluster")
    return f"{kind} cluster of {len(config.servers)}, seed {config.seed}"


def properties_of(run):
    """[name, title] of each safety property that the run's monitor watches."""
    claimed = getattr(run.monitor, "properties", ())
    if not claimed:
        return []
    always = ()
    if "election_safety" in claimed:  # else there are no terms, and no votes
        always = ("term_never_falls", "vote_never_changes", "commit_never_changes")
    return [[name, title] for name, title in TITLES.items() if name in (*claimed, *always)]

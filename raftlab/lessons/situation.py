"""What the questions share: clusters drawn by lot, and a few words."""

from ..protocols import protocol

RAFT = protocol("raft")


def new_cluster(servers, luck, kind="raft", **dials):
    """A fresh Raft cluster, or one of servers built by hand, with a seed drawn by lot."""
    from .. import cluster  # the front door joins protocols and clusters

    return cluster(kind, servers, seed=luck.below(1_000_000), **dials)


def ids_of(count):
    return [f"S{number}" for number in range(1, count + 1)]


def entries(terms):
    """A log with entries of these terms; equal beginnings are equal entries."""
    return [(term, ("set", "x", index)) for index, term in enumerate(terms, 1)]


def two_logs(luck):
    """Two logs, as lists of terms, that one history can have left: equal up to a point, and
    after it entries of different terms."""
    shared = sorted(luck.between(1, 2) for _ in range(luck.between(1, 2)))
    low = shared[-1]
    one, two = luck.shuffled((low + 1, low + 2))
    tails = [[one] * luck.between(0, 2), [two] * luck.between(0, 3)]
    if luck.below(3) == 0:
        tails[1] = [one] * luck.between(0, 3)  # the same leader, one further than the other
    first, second = luck.shuffled(tails)
    return shared + first, shared + second


def terms_of(log):
    return " ".join(str(entry.term) for entry in log) or "empty"


def told_at(run, at):
    """The reasons of step `at`, as sentences."""
    return " ".join(f"{sentence}." for sentence in run.why(at))


def votes_of(count):
    return f"{count} vote{'s' * (count != 1)}"


def listed(names):
    """Names as one says them: "S1, S2 and S3"; one may have a comma in it."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def first_leader(run, after):
    """The position of the first step after `after` in which somebody leads, or None."""
    later = range(after + 1, len(run) + 1)
    return next((at for at in later if run.steps[at].state.leader), None)


def are(names):
    """ "a is", "a, b and c are"."""
    told = [str(name) for name in names]
    return f"{listed(told)} {'are' if told[1:] else 'is'}"

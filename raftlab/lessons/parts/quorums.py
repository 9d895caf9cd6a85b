"""Quorums: how many are enough."""

from ..exercise import Exercise, Wrong, by_cases


def majority(count):
    """How many of `count` servers are a majority of them."""
    return count // 2 + 1


def half(count):
    return count // 2


def rounded_up(count):
    return (count + 1) // 2


def two_thirds(count):
    return 2 * count // 3 + 1


def _odd(luck):
    return [(1,), (3,), (5,), (7,), (2 * luck.below(50) + 1,)]


def _even(luck):
    return [(2,), (4,), (6,), (2 * luck.below(50) + 2,)]


def two_halves(arguments, given):
    """Servers cut in two halves, each of which is enough by `given`: a leader on either side."""
    from ... import broken, cluster

    count = arguments[0]
    if count % 2 or not 2 <= count <= 8 or given(count) > count // 2:
        return None
    run = cluster(broken("raft", "wins-with-half"), servers=count, seed=1)
    ids = list(run.state.config.servers)
    run.partition(ids[: count // 2], ids[count // 2 :])
    run.run(3000)
    return run


Exercise(
    id="quorums/majority",
    asks="How many of `count` servers are a majority?",
    starter='''
        def majority(count):
            """How many of `count` servers are a majority of them."""
            ...
    ''',
    hints=(
        "Any two majorities must have a server in common. What does that ask of their sizes?",
        "Two groups of size k out of n have none in common if k + k ≤ n. So you want k + k > n.",
        "The smallest whole number above n / 2. Python's // rounds down.",
    ),
    reference=majority,
    wrong={
        "half": Wrong(half, "half of the servers is not more than the other half: with four, two "
                            "and two could decide differently"),
        "rounded-up": Wrong(rounded_up, "with an odd number you are right, but of an even number "
                                        "this is only the half"),
        "two-thirds": Wrong(two_thirds, "two thirds are asked for where servers may lie "
                                        "(Byzantine faults); where they only fail, that many wait "
                                        "for servers they do not need"),
    },
    judge=by_cases(
        majority,
        ("an odd number of servers", 1, "§5.1", _odd),
        ("an even number of servers", 1, "§5.1", _even),
        shows=two_halves,
    ),
    why="any two majorities of the same servers share at least one, so that two leaders of one "
        "term, or two values in one place, would need a server that said yes to both",
    read="10-raft-leader-election, “Two leaders at once”",
    minutes=5,
    misconceptions=("M4", "M5"),
)  # fmt: skip

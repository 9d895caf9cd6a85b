"""Quorums: how many are enough, and how many may be missing."""

from ..exercise import Exercise, Wrong, by_cases
from ..plugged import raft_with, searched, stuck


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


def candidates_that_count_so(arguments, given):
    """Too few votes, and two may lead a term; too many, and one that is down hinders all."""

    class Theirs:
        def wins_election(self):
            return len(self.votes_granted) >= given(len(self.members))

    kind = raft_with(Theirs)
    few = (searched(kind, servers=servers, terms=1, requests=0) for servers in (3, 4))
    return next(filter(None, few), None) or stuck(kind)


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
        shows=candidates_that_count_so,
    ),
    why="any two majorities of the same servers share at least one, so that two leaders of one "
        "term, or two values in one place, would need a server that said yes to both",
    read="10-raft-leader-election, “Two leaders at once”",
    minutes=5,
    misconceptions=("M4", "M5"),
)  # fmt: skip


# -- how many may fail ----------------------------------------------------------------------


def tolerated(count):
    """How many of `count` servers may fail while the others still decide."""
    return (count - 1) // 2


def half_may_fail(count):
    return count // 2


def all_but_one(count):
    return count - 1


def a_third(count):
    return (count - 1) // 3


def one_too_many(arguments, given):
    """So many have crashed as may by `given`, and the rest cannot decide."""
    from ... import cluster

    count = arguments[0]
    failed = given(count)
    if not 2 <= count <= 9 or not tolerated(count) < failed < count:
        return None
    run = cluster(servers=count, seed=1)
    run.until(lambda run: run.leader)
    run.run(100)
    leader = run.leader
    for id in [id for id in run.state.config.servers if id != leader][:failed]:
        run.crash(id)
    run.request(("set", "x", 1))
    run.run(1000)
    left = count - failed
    return (
        run,
        f"{failed} of {count} have crashed. {left} cannot outvote the others, and x=1 waits.",
    )


Exercise(
    id="quorums/tolerated",
    asks="How many of `count` servers may fail?",
    starter='''
        def tolerated(count):
            """How many of `count` servers may fail while the others still decide."""
            ...
    ''',
    hints=(
        "Those who are left must be a majority of all servers, not of those that are left.",
        "With 3 servers a majority is 2, so 1 may fail. With 4 it is 3. How many may fail then?",
        "count minus a majority: count - (count // 2 + 1).",
    ),
    reference=tolerated,
    wrong={
        "half": Wrong(half_may_fail, "with an even number the half that is left is no majority: "
                                     "a fourth server makes the cluster no safer than three"),
        "all-but-one": Wrong(all_but_one, "one server alone cannot know whether the others have "
                                          "failed or are only cut off from it and decide"),
        "third": Wrong(a_third, "that is what may *lie* (Byzantine faults); of servers that only "
                                "stop, more may fail"),
    },
    judge=by_cases(
        tolerated,
        ("an odd number of servers", 1, "§5.1", _odd),
        ("an even number of servers", 1, "§5.1", _even),
        shows=one_too_many,
    ),
    why="a majority must remain of the servers that are configured; with 2f + 1 of them f may "
        "fail, and one more changes nothing, because the majority grows with it",
    read="14-split-brain-and-quorums",
    minutes=5,
    misconceptions=("M4", "M5"),
)  # fmt: skip


# -- what a majority stores -----------------------------------------------------------------


def stored_by_majority(stored):
    """The highest index that a majority of the servers store, by the last index of each."""
    return sorted(stored, reverse=True)[len(stored) // 2]


def middle_upwards(stored):
    return sorted(stored)[len(stored) // 2]


def stored_by_all(stored):
    return min(stored)


def stored_by_one(stored):
    return max(stored)


def most_common(stored):
    return max(stored, key=stored.count)


def unsorted(stored):
    return list(stored)[len(stored) // 2]


def _odd_stored(luck):
    drawn = [([luck.below(99) for _ in range(count)],) for count in (5, 7)]
    return [([3, 3, 3],), ([5, 0, 2],), ([7, 7, 4, 1, 0],), *drawn]


def _even_stored(luck):
    return [([4, 3, 2, 1],), ([1, 0],), ([9, 9, 2, 2],), (luck.shuffled([8, 6, 5, 3, 1, 0]),)]


def a_leader_that_counts_so(arguments, given):
    """Whoever commits too much is found out by a search; too little, by a crash and waiting."""

    class Theirs:
        def stored_by_majority(self):
            return given([self.log.last_index, *self.match_index.values()])

    kind = raft_with(Theirs)
    return searched(kind, terms=2, requests=1, cut=False) or stuck(kind)


Exercise(
    id="quorums/stored-by-majority",
    asks="Up to which index does a majority store the log?",
    starter='''
        def stored_by_majority(stored):
            """The highest index that a majority of the servers store.

            `stored` lists the last index of each server that is known to agree with the leader's
            log, the leader's own included: [7, 7, 4, 1, 0].
            """
            ...
    ''',
    hints=(
        "Whoever stores index 7 stores 1 to 6 as well. So sort the list: what does each place say?",
        "Sorted downwards, the second is what two servers reach, the third what three reach.",
        "A majority of n servers are n // 2 + 1, and the first place of a list is number 0.",
    ),
    reference=stored_by_majority,
    wrong={
        "upwards": Wrong(middle_upwards, "with an odd number that is the same, but of four servers "
                                         "the third smallest is stored by two only, and two are "
                                         "no majority"),
        "all": Wrong(stored_by_all, "that waits for the slowest server: one that is down would "
                                    "stop everything"),
        "one": Wrong(stored_by_one, "one server that stores it is not enough: it may crash, and "
                                    "the others elect a leader without it"),
        "common": Wrong(most_common, "who stores more stores this too, so it is not about equal "
                                     "numbers"),
        "unsorted": Wrong(unsorted, "nobody promised that the list is in order"),
    },
    judge=by_cases(
        stored_by_majority,
        ("an odd number of servers", 1, "§5.3", _odd_stored),
        ("an even number of servers", 1, "§5.3", _even_stored),
        shows=a_leader_that_counts_so,
    ),
    why="sorted downwards, the entry at place n // 2 (counted from 0) is reached by n // 2 + 1 "
        "servers. Whether the leader may *commit* it is another question (§5.4.2): “logs/commit”",
    read="11-raft-log-replication",
    minutes=10,
    misconceptions=("M1",),
)  # fmt: skip

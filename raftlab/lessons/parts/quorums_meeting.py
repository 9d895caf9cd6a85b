"""Quorums: which of them meet. All that safety needs is that any two do (§5.1)."""

from itertools import combinations

from ..exercise import Exercise, Wrong, by_cases
from ..situation import ids_of

# -- do any two meet ------------------------------------------------------------------------


def always_meet(reading, writing):
    """Whether every group of `reading` shares a server with every group of `writing`."""
    return all(any(id in other for id in one) for one in reading for other in writing)


def some_meet(reading, writing):
    return any(any(id in other for id in one) for one in reading for other in writing)


def one_by_one(reading, writing):
    return all(any(id in other for id in one) for one, other in zip(reading, writing, strict=False))


def large_enough(reading, writing):
    servers = {id for one in (*reading, *writing) for id in one}
    return all(len(one) + len(other) > len(servers) for one in reading for other in writing)


def meet_among_themselves(reading, writing):
    return all(any(id in other for id in one) for one in reading for other in reading)


def _groups(count, size):
    return [list(one) for one in combinations(ids_of(count), size)]


def _majorities(luck):
    odd = 3 + 2 * luck.below(2)
    return [(_groups(odd, odd // 2 + 1),) * 2, (_groups(4, 3), _groups(4, 2))]


def _apart(luck):
    return [
        (_groups(4, 2), _groups(4, 2)),
        ([["S1", "S2"], ["S2", "S3"]], [["S2", "S3"], ["S1", "S3"], ["S3", "S4"]]),
        ([["S1"], ["S2"]], [["S1"], ["S2"]]),
    ]


def _grids(luck):
    """Rows against columns: nobody has a majority, rows do not meet each other, and all is well."""
    rows = [["S1", "S2", "S3"], ["S4", "S5", "S6"], ["S7", "S8", "S9"]]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return [(luck.shuffled(rows), luck.shuffled(columns)), (rows, rows), ([["S1"]], [["S1"]])]


Exercise(
    id="quorums/always-meet",
    asks="Does every quorum for reading meet every quorum for writing?",
    starter='''
        def always_meet(reading, writing):
            """Whether every group of `reading` shares a server with every group of `writing`.

            Both are lists of groups, and a group is a list of ids: [["S1", "S2"], ["S2", "S3"]].
            """
            ...
    ''',
    hints=(
        "Safety asks it of *every* pair: one group of `reading` and one of `writing`.",
        "Two loops, one inside the other. A single pair without a common server is enough for no.",
        "all(set(one) & set(other) for …) is nearly there: it must be True or False, as all gives.",
    ),
    reference=always_meet,
    wrong={
        "some": Wrong(some_meet, "that some pair meets is not enough: a reader and a writer may be "
                                 "the pair that does not"),
        "one-by-one": Wrong(one_by_one, "you compare the first with the first, the second with the "
                                        "second; nobody arranges that they choose so"),
        "sizes": Wrong(large_enough, "large groups must meet, but small ones may too: a row and a "
                                     "column of a grid always share one server"),
        "themselves": Wrong(meet_among_themselves, "whether two groups for reading meet does not "
                                                   "matter: readers undo nothing"),
    },
    judge=by_cases(
        always_meet,
        ("majorities meet", 1, "§5.1", _majorities),
        ("one pair that does not is enough for no", 1, "§5.1", _apart),
        ("a row and a column, without any majority", 1, "Flexible Paxos", _grids),
    ),
    why="what safety needs is that they meet, not that they are majorities; majorities are the "
        "simplest groups of which all meet. Where the two kinds may differ, only *different* kinds "
        "must meet",
    read="14-split-brain-and-quorums",
    minutes=10,
    misconceptions=("M4",),
)  # fmt: skip


# -- R + W > N ------------------------------------------------------------------------------


def reads_see_writes(count, reads, writes):
    """Whether any `reads` of `count` servers include one of any `writes` of them."""
    return reads + writes > count


def at_least(count, reads, writes):
    return reads + writes >= count


def both_majorities(count, reads, writes):
    return reads > count // 2 and writes > count // 2


def enough_writers(count, reads, writes):
    return writes > count // 2


def _more(luck):
    count = luck.between(4, 9)
    return [(3, 2, 2), (5, 1, 5), (5, 5, 1), (count, 2, count - 1)]


def _fewer(luck):
    count = luck.between(4, 9)
    return [(3, 1, 2), (4, 2, 2), (5, 1, 3), (count, 1, count - 1)]


Exercise(
    id="quorums/reads-see-writes",
    asks="Asking `reads` servers, does one surely see what `writes` servers stored?",
    starter='''
        def reads_see_writes(count, reads, writes):
            """Whether any `reads` of `count` servers include one of any `writes` of them."""
            ...
    ''',
    hints=(
        "Let the writer have any `writes` servers. How many are left that know nothing of it?",
        "count - writes are left. The reader must ask more than these.",
        "reads > count - writes, which is the same as reads + writes > count.",
    ),
    reference=reads_see_writes,
    wrong={
        "at-least": Wrong(at_least, "with reads + writes = count the reader may ask exactly those "
                                    "whom the writer left out"),
        "majorities": Wrong(both_majorities, "two majorities do meet, but one may be small if the "
                                             "other is large: who writes to all can read anywhere"),
        "writers": Wrong(enough_writers, "a majority of writers makes writes meet each other; "
                                         "whether a reader meets them depends on how many it asks"),
    },
    judge=by_cases(
        reads_see_writes,
        ("they overlap", 1, "§5.1", _more),
        ("they may miss each other", 1, "§5.1", _fewer),
    ),
    why="of count servers, count - writes have not stored it, and whoever asks more than these has "
        "asked one that has. That one knows the value does not yet say which of two values is the "
        "later one, so this alone is not linearizable",
    read="14-split-brain-and-quorums",
    minutes=5,
    misconceptions=("M14",),
)  # fmt: skip

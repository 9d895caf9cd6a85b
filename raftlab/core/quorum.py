"""Which sets of servers may decide. All that safety needs is that any two of them meet."""


def majority(count):
    """The size of a majority of `count` servers: floor(count / 2) + 1."""
    return count // 2 + 1


def tolerated(count):
    """How many of `count` servers may fail while a majority remains."""
    return count - majority(count)


def is_majority(voters, members):
    """Whether `voters` holds a majority of `members`, the *configured* servers.

    Counting the servers one can reach instead is how a cluster splits in two.
    """
    return sum(member in voters for member in members) >= majority(len(members))


def committed_index(match_index):
    """The highest index that a majority has reached, given every server's index.

    Sorted downwards, the entry at position majority-1 is one that a majority meets or
    exceeds.
    """
    ordered = sorted(match_index, reverse=True)
    return ordered[majority(len(ordered)) - 1]

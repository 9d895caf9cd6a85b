"""Quorums: by table, and against slow twins that count."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftlab.core import committed_index, is_majority, majority, tolerated


@pytest.mark.parametrize("count, needed, may_fail", [
    (1, 1, 0), (2, 2, 0), (3, 2, 1), (4, 3, 1), (5, 3, 2), (6, 4, 2), (7, 4, 3), (99, 50, 49),
])  # fmt: skip
def test_a_majority_is_more_than_half(count, needed, may_fail):
    assert (majority(count), tolerated(count)) == (needed, may_fail)


@pytest.mark.parametrize("count", range(1, 8))
def test_any_two_majorities_meet(count):
    """This is all that safety needs of them."""
    members = range(count)
    quorums = [set(q) for size in range(count + 1) for q in combinations(members, size)
               if is_majority(q, members)]  # fmt: skip
    assert quorums and all(a & b for a in quorums for b in quorums)


@pytest.mark.parametrize("voters, members, is_one", [
    ((), ("S1",), False),
    (("S1",), ("S1",), True),
    (("S1",), ("S1", "S2"), False),
    (("S1", "S2"), ("S1", "S2", "S3"), True),
    (("S1", "X", "Y"), ("S1", "S2", "S3"), False),  # strangers do not count
    (("S1", "S2"), ("S1", "S2", "S3", "S4"), False),  # half is no majority
    (["S1", "S1", "S1"], ("S1", "S2", "S3"), False),  # one voter counts once
])  # fmt: skip
def test_only_members_count_and_each_once(voters, members, is_one):
    assert is_majority(voters, members) == is_one


@pytest.mark.parametrize("indexes, index", [
    ([4], 4), ([4, 0], 0), ([4, 3], 3), ([5, 3, 1], 3), ([5, 5, 0, 0], 0), ([9, 7, 5, 3, 1], 5),
    ([2, 2, 2, 0, 0], 2),
])  # fmt: skip
def test_the_committed_index_is_what_a_majority_has_reached(indexes, index):
    assert committed_index(indexes) == index


@given(st.lists(st.integers(0, 20), min_size=1, max_size=9))
def test_the_committed_index_agrees_with_counting(indexes):
    """The slow twin: try each index, count who has it."""
    slow = max(n for n in range(21) if sum(i >= n for i in indexes) > len(indexes) / 2)
    assert committed_index(indexes) == slow


@given(st.lists(st.integers(0, 20), min_size=1, max_size=9), st.randoms())
def test_the_order_of_servers_does_not_matter(indexes, chance):
    shuffled = list(indexes)
    chance.shuffle(shuffled)
    assert committed_index(shuffled) == committed_index(indexes)

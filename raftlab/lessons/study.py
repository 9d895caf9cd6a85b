"""The Raft quiz of the user study of 2013: what 45 students scored, item by item and in all.

D. Ongaro, "Consensus: Bridging Theory and Practice" (2014), chapter 7 and appendix A; its source
is public under CC-BY 4.0. The numbers were read off the vector graphics of its figures 7.3
(totals) and of the CDFs by question: every step is a whole number of students. The two agree:
the items add up to the same mean as the totals, 25.72 of 60, which is the one printed there.
"""

STUDENTS = 45
MOST = (4, 6, 10, 5, 5, 10, 10, 10)  # points of the items 1 to 8
SUBJECTS = (
    "which logs can be", "which entries may be applied", "which followers can be",
    "a wrong nextIndex", "around the world", "a disk that forgets", "the old leader's last entry",
    "a leader that leaves early",
)  # fmt: skip

TOTALS = (
    5, 5.5, 6, 7, 14, 15.75, 16, 16.5, 16.5, 16.75, 17.75, 18, 19.5, 20, 21.5, 21.5, 22, 22.5, 23,
    23, 23.5, 26, 27, 27.5, 28, 28, 28, 28.5, 28.5, 30, 31, 32, 32, 33.5, 33.5, 35, 35, 36, 36.25,
    36.5, 41.5, 41.5, 42, 42.5, 46.5,
)  # fmt: skip

# {points: students} of each item.
ITEMS = (
    {2.75: 1, 3: 1, 3.5: 13, 3.75: 3, 4: 27},
    {0: 14, 1: 18, 2: 1, 4.5: 3, 5: 1, 6: 8},
    {0: 4, 1: 3, 2: 4, 3: 1, 4: 5, 4.5: 1, 5: 4, 6: 11, 8: 3, 9: 1, 9.5: 3, 10: 5},
    {0: 8, 1: 5, 1.5: 1, 3: 6, 4: 8, 5: 17},
    {0: 16, 2: 2, 3: 1, 3.5: 2, 5: 24},
    {0: 11, 1.5: 1, 2: 2, 3: 4, 4: 3, 4.5: 1, 5: 14, 6: 1, 8: 1, 9: 1, 10: 6},
    {0: 15, 1: 3, 2: 6, 2.5: 2, 3: 1, 3.5: 1, 4: 2, 4.5: 1, 5: 4, 6: 1, 8: 2, 10: 7},
    {0: 30, 1: 7, 2: 2, 5: 2, 6: 2, 8: 1, 10: 1},
)


def of_item(number):
    """What each of the students scored in item `number`, in ascending order."""
    return tuple(points for points, who in sorted(ITEMS[number - 1].items()) for _ in range(who))

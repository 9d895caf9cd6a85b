"""Expose a broken election: a schedule that breaks it, and not the right one."""

from ..exercise import Wrong
from ..exposing import expose

expose(
    "votes-twice",
    asks="Make two servers lead one term, where a voter does not look whether its vote is free.",
    hints=(
        "Two candidates must ask in the same term: let the timers of both run out first.",
        "With three servers one voter is left. It has to hear both candidates.",
        "fire S1 ; fire S3, then RequestVote S1->S2 and its reply, then RequestVote S3->S2.",
    ),
    reference="""
        fire S1 ; fire S3
        deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1
        deliver RequestVote S3->S2 ; deliver RequestVoteReply S2->S3
    """,
    wrong={
        "next-term": Wrong("""
            elect S1 ; settle
            elect S3
        """, "two leaders of two terms are allowed: S3 had heard of term 1 and stood in term 2. "
             "Both must stand before either of them is heard"),
        "one-reply": Wrong("""
            fire S1 ; fire S3
            deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1
            deliver RequestVote S3->S2
        """, "a vote given twice is only half of it: S3 must hear of the second one"),
        "disk": Wrong("""
            unsync S2 ; fire S1 ; fire S3
            deliver RequestVote S1->S2 ; reboot S2 ; deliver RequestVote S3->S2
            deliver all replies
        """, "that breaks the disk, and not the rule: any voter that forgets votes again"),
    },
    why="one voter in both majorities is all that parts two leaders of a term; if it votes twice "
        "nothing does (§5.2)",
    read="10-raft-leader-election",
)  # fmt: skip

expose(
    "wins-with-half",
    servers=4,
    asks="Make two servers lead one term, where half of the servers are enough to win.",
    hints=(
        "Whose votes would two winners need? Draw four servers and two halves.",
        "Each candidate has its own vote, so each needs but one more, and not the same one.",
        "fire S1 ; fire S2, then S3 hears S1 only, and S4 hears S2 only.",
    ),
    reference="""
        fire S1 ; fire S2
        deliver RequestVote S1->S3 ; deliver RequestVoteReply S3->S1
        deliver RequestVote S2->S4 ; deliver RequestVoteReply S4->S2
    """,
    wrong={
        "three": Wrong(
            "cluster raft!wins-with-half servers=3 seed=1 jitter=0\n\nfire S1 ; fire S3\n"
            "deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1\n"
            "deliver RequestVote S3->S2 ; deliver RequestVoteReply S2->S3\n",
            "with an odd number of servers nobody can have half of the votes and no more: keep "
            "the four of the first line",
        ),
        "one-voter": Wrong("""
            fire S1 ; fire S2
            deliver RequestVote S1->S3 ; deliver RequestVoteReply S3->S1
            deliver RequestVote S2->S3 ; deliver RequestVoteReply S3->S2
        """, "S3 has one vote, and S1 has got it: S2 needs that of somebody else"),
        "later": Wrong("""
            fire S1 ; settle
            fire S2 ; settle
        """, "S2 had heard of the first winner, and stood one term later: both must stand before "
             "either of them is heard"),
    },
    why="two halves need not have a server in common, two majorities must: that, and not the "
        "number, is what a quorum is for (§5.2)",
    read="14-split-brain-and-quorums",
    misconceptions=("M5",),
)  # fmt: skip

expose(
    "votes-for-anybody",
    asks="Lose a committed entry, where a voter does not look at the candidate's log.",
    hints=(
        "First an entry that is committed, on two of three servers. Who lacks it?",
        "The third stands, and asks one of the two that hold the entry.",
        "elect S1 with S2 ; request x=1 ; settle among S1 S2, then S3 stands in a term above 1 "
        "(its first try may be too low: fire it twice), and S2 votes for it.",
    ),
    reference="""
        elect S1 with S2 ; request x=1 ; settle among S1 S2
        lose all ; fire S3
        elect S3 with S2
    """,
    wrong={
        "uncommitted": Wrong("""
            fire S1 ; deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1
            request x=1 at S1 ; lose all ; fire S3
            elect S3 with S2
        """, "x=1 was on one server only, so it was not committed, and may be lost"),
        "heard": Wrong("""
            elect S1 ; request x=1 ; settle
            elect S3 with S2
        """, "S3 had heard everything: whoever wins without the entry must lack it"),
        "alone": Wrong("""
            elect S1 with S2 ; request x=1 ; settle among S1 S2
            crash S1 S2 ; fire S3 ; run 1000
        """, "nobody is left to vote for S3: one of those who hold the entry must be up, and "
             "give it away"),
    },
    why="a committed entry is on a majority, and a majority elects. The server in both must refuse "
        "whoever lacks the entry (§5.4.1)",
    read="12-raft-safety-and-figure-8",
    misconceptions=("M9",),
)  # fmt: skip

expose(
    "forgets-its-vote",
    asks="Make two servers lead one term, where a vote is kept in memory only.",
    hints=(
        "What does a server lose in a crash that it must not? Let it crash between two questions.",
        "Two candidates of one term, one voter: the voter crashes after its first vote.",
        "fire S1 ; fire S3 ; deliver RequestVote S1->S2 ; reboot S2, and then S3 asks.",
    ),
    reference="""
        fire S1 ; fire S3
        deliver RequestVote S1->S2
        reboot S2
        deliver RequestVote S3->S2 ; deliver all replies
    """,
    wrong={
        "candidate": Wrong("""
            fire S1 ; fire S3
            deliver RequestVote S1->S2
            reboot S1
            deliver RequestVote S3->S2 ; deliver all replies
        """, "a candidate that forgets stands no more, and that is one leader less: the voter must "
             "forget"),
        "nobody-asks": Wrong("""
            elect S1 with S2
            reboot S2
        """, "the vote is forgotten, and nobody makes use of it: another candidate must ask in "
             "the same term"),
        "later-term": Wrong("""
            fire S1 ; deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1
            lose all ; reboot S2 ; fire S3 ; lose all
            elect S3 with S2
        """, "S3 stood once more, in term 2, and there S2's vote was free anyway: it must "
             "ask in term 1"),
        "disk": Wrong("""
            unsync S2 ; fire S1 ; fire S3
            deliver RequestVote S1->S2 ; reboot S2 ; deliver RequestVote S3->S2
            deliver all replies
        """, "a disk that lies loses what the right rule has written, so this shows nothing about "
             "what the broken rule does not write"),
    },
    why="the vote, with its term, is on disk before anybody hears of it; else a restart gives "
        "the voter a second one (Figure 2)",
    read="10-raft-leader-election#vote-on-disk",
    misconceptions=("M16",),
)  # fmt: skip

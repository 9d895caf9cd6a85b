"""Expose a broken log, commit rule, session or membership: a schedule that breaks only that."""

from ..exercise import Wrong
from ..exposing import expose

_TWO_LEADERS_BEFORE = """
    elect S1 with S3 ; request x=1 ; lose all
    elect S3 with S2 ; request x=2 at S3 ; lose all
"""
_S1_AGAIN = "    reboot S1 ; fire S1 ; lose all ; elect S1 with S2\n"

expose(
    "commits-old-terms",
    asks="Play Figure 8: an entry of an old term is counted as committed, and then overwritten.",
    hints=(
        "Four terms, two servers that take turns. What must the last winner's last entry be, so "
        "that it gets votes against the entry that is counted?",
        "Term 1: S1 takes x=1 alone. Term 2: S3 takes x=2 alone. Term 3: S1 sends x=1 to S2.",
        "A leader that is to stand again: reboot it, fire it until its term is high enough "
        "(lose all between), then elect it with S2. In term 4 it is S3.",
    ),
    reference=_TWO_LEADERS_BEFORE + _S1_AGAIN + """
    lose all ; reboot S3 ; fire S3 ; lose all ; elect S3 with S2
""",
    wrong={
        "own-entry": Wrong(_TWO_LEADERS_BEFORE + _S1_AGAIN + """
    request y=1 at S1 ; settle among S1 S2
    lose all ; reboot S3 ; fire S3 ; lose all ; fire S3 ; settle among S2 S3
""", "with y=1 an entry of term 3 is on a majority too, and protects x=1: S2 refuses S3. The old "
     "entry must be alone"),
        "nothing-newer": Wrong("""
    elect S1 with S3 ; request x=1 ; lose all
    elect S3 with S2 ; lose all
""" + _S1_AGAIN + """
    lose all ; reboot S3 ; fire S3 ; lose all ; fire S3 ; settle among S2 S3
""", "S3 took no request in its term, so its log is behind that of S2, and S2 refuses it"),
        "unfinished": Wrong(_TWO_LEADERS_BEFORE + _S1_AGAIN,
            "x=1 is taken for committed, and so far nobody has overwritten it: somebody with a "
            "later last term has to lead again"),
    },
    why="a later term beats any number of copies. Only an entry of its own term tells a leader "
        "that nobody with a later one can come (§5.4.2)",
    read="12-raft-safety-and-figure-8",
    minutes=20,
    misconceptions=("M1", "M12"),
)  # fmt: skip

expose(
    "always-truncates",
    asks="Undo a committed entry by an old message, where every message cuts the log.",
    hints=(
        "Two messages, the second with more entries than the first. Which of them comes last?",
        "Hold the first back with delay AppendEntries S1->S2 by 5000, and let the second arrive.",
        "S2 must know the second entry to be committed: a heartbeat after the reply tells it.",
    ),
    reference="""
        elect S1 with S2 ; request x=1 ; delay AppendEntries S1->S2 by 5000
        request x=2 ; deliver AppendEntries S1->S2 ; deliver all replies
        fire S1 heartbeat ; deliver AppendEntries S1->S2
        deliver AppendEntries S1->S2
    """,
    wrong={
        "in-order": Wrong("""
            elect S1 with S2
            request x=1 ; settle among S1 S2
            request x=2 ; settle among S1 S2
            fire S1 heartbeat ; settle among S1 S2
        """, "in the order in which they were sent messages only add: an older one must come after "
             "a newer one"),
        "uncounted": Wrong("""
            elect S1 with S2 ; request x=1 ; delay AppendEntries S1->S2 by 5000
            request x=2 ; deliver AppendEntries S1->S2
            deliver AppendEntries S1->S2
        """, "x=2 is cut off again before anybody has counted it, so nothing committed is gone: "
             "first deliver S2's answer, and tell S2 by a heartbeat"),
        "same-twice": Wrong("""
            elect S1 with S2 ; request x=1 ; duplicate AppendEntries S1->S2 ; settle among S1 S2
            fire S1 heartbeat ; settle among S1 S2
        """, "a message that comes twice puts back what it cuts off: the late one must be shorter"),
    },
    why="only a conflict may remove entries. A message that is merely old says nothing of what "
        "came since (§5.3)",
    read="11-raft-log-replication",
    minutes=15,
)  # fmt: skip

expose(
    "acknowledges-all-it-holds",
    asks="Lose an answered request, where a follower reports all that it holds.",
    hints=(
        "Who holds more than the leader has sent? Somebody who took requests as a leader, alone.",
        "S3 leads term 1 and takes two entries that nobody gets; S1 leads term 2, its log empty.",
        "S3 says yes to S1's first, empty message. S1 takes y=1 alone and counts S3's copy of it. "
        "Then S3 is elected with S2.",
    ),
    reference="""
        elect S3 with S2 ; request x=1 at S3 ; request x=2 at S3 ; lose all
        fire S1 ; lose all ; elect S1 with S2
        deliver AppendEntries S1->S3 ; deliver AppendEntriesReply S3->S1
        request y=1 at S1 ; lose all
        elect S3 with S2
    """,
    wrong={
        "nothing-extra": Wrong("""
            elect S1 with S2
            deliver AppendEntries S1->S3 ; deliver AppendEntriesReply S3->S1
            request y=1 at S1 ; lose all
            fire S3 ; elect S3 with S2
        """, "S3 holds nothing of its own, so what it reports is what was checked"),
        "sent": Wrong("""
            elect S3 with S2 ; request x=1 at S3 ; request x=2 at S3 ; lose all
            fire S1 ; lose all ; elect S1 with S2
            request y=1 at S1 ; settle
        """, "S1's request reached S3, and its entries of term 1 gave way: y=1 must be lost on its "
             "way"),
        "unanswered": Wrong("""
            elect S3 with S2 ; request x=1 at S3 ; request x=2 at S3 ; lose all
            fire S1 ; lose all ; elect S1 with S2
            deliver AppendEntries S1->S3
            request y=1 at S1 ; lose all
            elect S3 with S2
        """, "S3 has told S1 nothing, so S1 has not counted it: its answer must arrive"),
    },
    why="that the entries before it match is all that a message can check; a follower answers "
        "for so much and no more (§5.3)",
    read="11-raft-log-replication",
    minutes=20,
    misconceptions=("M1", "M11"),
)  # fmt: skip

expose(
    "ignores-sessions",
    dials=" clients=1",
    asks="Let one request happen twice, where nobody looks whether it was asked before.",
    hints=(
        "Why does a client ask twice? It was done, and the answer is lost.",
        "C1 asks again by itself when it has waited long enough. Cut the way of the answer.",
        "until leader ; run 100 ; cut leader->C1 ; request x+=1 at C1 ; until commit 2, and then "
        "the leader crashes.",
    ),
    reference="""
        until leader ; run 100
        cut leader->C1 ; request x+=1 at C1
        until commit 2
        crash leader
        until answered C1
    """,
    wrong={
        "nobody-asks": Wrong("""
            until leader ; run 100
            cut leader->C1 ; request x+=1
            until commit 2
            crash leader ; run 2000
        """, "request x+=1 goes straight to the leader, from nobody who would ask again: write "
             "request x+=1 at C1"),
        "two-wishes": Wrong("""
            elect S1 ; settle
            request x+=1 at S1 as C9#1 ; settle
            request x+=1 at S1 as C9#2 ; settle
        """, "two numbers are two requests, and both may happen: the same one must come again"),
        "never-done": Wrong("""
            until leader ; run 100
            request x+=1 at C1 ; crash leader
            until answered C1
        """, "the first request was never executed: it must be committed, and only its answer be "
             "lost"),
        "unasked": Wrong("""
            until leader ; run 100
            cut leader->C1 ; request x+=1 at C1
            until commit 2
        """, "nobody has been told anything yet, so nobody was told anything wrong: wait until C1 "
             "asks again and is answered"),
    },
    why="who hears nothing asks again. Only a number that stays with the request tells the servers "
        "that it is the same (§8)",
    read="13-raft-in-practice",
    minutes=15,
    misconceptions=("M6",),
)  # fmt: skip

_ADDS_S5 = """
    elect S1 with S2 S3 ; fire S1 heartbeat ; settle among S1 S2 S3 ; lose all
    request members S1 S2 S3 S4 S5 at S1 ; settle among S1 S5 ; lose all
"""
_REMOVES_S1 = """
    fire S2 ; deliver RequestVote S2->S3 ; deliver RequestVote S2->S4
    deliver all replies ; lose all
    request members S2 S3 S4 at S2 ; fire S2 heartbeat ; settle among S2 S3 ; lose all
"""

expose(
    "changes-before-own-commit",
    servers=5,
    dials=" initial_members=4",
    asks="Play the bug of 2015: two changes of one server, and two majorities that do not meet.",
    hints=(
        "Four members S1 to S4. S1 adds S5 and only S5 hears of it: who is a majority of five?",
        "S2 leads term 2, knows nothing of S5, and removes S1: S2 and S3 are a majority of three.",
        "S1 comes back and stands in term 3 (reboot, fire, lose all, then elect S1 with S4 S5). "
        "S4 must not have got any entry of S2.",
    ),
    reference=_ADDS_S5 + _REMOVES_S1 + "    reboot S1 ; fire S1 ; lose all ; elect S1 with S4 S5\n",
    wrong={
        "everybody": Wrong("""
    elect S1 with S2 S3 ; fire S1 heartbeat ; settle among S1 S2 S3 ; lose all
    request members S1 S2 S3 S4 S5 at S1 ; settle
    elect S2 ; request members S2 S3 S4 S5 at S2 ; settle
""", "the first change was committed before the second began, and then any two majorities meet"),
        "s4-knows": Wrong(_ADDS_S5 + """
    fire S2 ; deliver RequestVote S2->S3 ; deliver RequestVote S2->S4
    deliver all replies ; lose all
    request members S2 S3 S4 at S2 ; fire S2 heartbeat ; settle among S2 S3 S4 ; lose all
    reboot S1 ; fire S1 ; lose all ; fire S1 ; settle among S1 S4 S5
""", "S4 holds an entry of term 2, so it refuses S1, whose last one is of term 1: leave S4 out"),
        "no-return": Wrong(_ADDS_S5 + _REMOVES_S1,
            "two configurations have each a majority of their own, and only one has decided so "
            "far: S1 has to lead again, by S4 and S5"),
    },
    why="S2 changed the members while an earlier change was still open, unknown to it. An entry "
        "of its own term, committed first, would have closed that (raft-dev, 10 July 2015)",
    read="13-raft-in-practice",
    minutes=25,
)  # fmt: skip

"""Split-brain in one's own words, and the rubric to mark them by."""

from ..rubric import Demand, Model, Rubric

_PAPER, _THESIS = "Raft paper", "Ongaro's dissertation"

Rubric(
    id="split-brain/explain",
    asks="A five-server cluster is cut into three and two. Who leads, who accepts writes, what are "
         "clients told, and what happens when the network heals?",
    demands=(
        Demand("A majority is counted against all five configured servers, so only the three can "
               "elect.", f"{_PAPER} §5.2"),
        Demand("It distinguishes where the old leader is: among the three it leads on, among the "
               "two the three elect another in a later term.", f"{_PAPER} §5.2"),
        Demand("An old leader among the two goes on believing that it leads: two leaders at once, "
               "in different terms, are possible.", f"{_PAPER} §5.1; {_THESIS} §6.2"),
        Demand("It keeps apart accepting a request (into a log) and committing it (on a majority): "
               "the two commit nothing.", f"{_PAPER} §5.3"),
        Demand("A client of the two gets no answer, or is refused; it must not take silence for "
               "failure.", f"{_PAPER} §8"),
        Demand("After healing the higher term wins, and the uncommitted tail of the old leader is "
               "replaced.", f"{_PAPER} §5.1, §5.3"),
        Demand("What the three committed survives: any later leader needs the vote of a server "
               "that holds it.", f"{_PAPER} §5.4.1"),
        Demand("It names the price or a limit: the two are out of service; reads need a quorum "
               "too; or a deposed leader may still act outside and must be fenced.",
               f"{_THESIS} §6.4; {_PAPER} §2"),
    ),
    costs=(
        Demand("“Raft guarantees one leader at any time.”", f"{_PAPER} Figure 3",
               "It is one a term; a deposed one may not know it yet."),
        Demand("“Both sides accept writes, and they are merged later.”", f"{_PAPER} §5.3",
               "Nothing is merged: one log wins."),
        Demand("“The two notice that they are the minority and stop.”", f"{_THESIS} §6.2",
               "In plain Raft nothing tells them; a leader needs check-quorum for that."),
        Demand("“Majority of the votes is all it takes.”", f"{_PAPER} §5.3",
               "A majority must also store what is committed."),
    ),
    models=(
        Model("Good", """
            A majority of five is three, counted against the configuration and not against whoever
            is reachable. So at most one side can elect or commit. If the leader is among the
            three, it goes on; the two hear nobody, stand in ever higher terms and win nothing. If
            it is among the two, the three elect another in a later term. The old one still
            believes that it leads: it writes requests into its log and that of its one follower,
            but never commits them, so its clients wait in doubt, and may not conclude that the
            write failed. When the network heals, the higher term makes the old leader step down.
            Its uncommitted entries conflict with those of the new leader and are replaced. What
            the three committed stays, because whoever wins later needs the vote of one who has
            it. The price: two healthy servers serve nobody. And the old leader may still answer
            reads from its copy, unless reads ask a quorum too.
            """, "1 2 3 4 5 6 7 8"),
        Model("Middling", """
            Only the side with three servers has a majority of five, so only it can elect a leader
            and commit. If the old leader is in the group of two it keeps leading there, but can
            not commit anything, because two acknowledgements are not enough. After the partition
            heals it sees a higher term and becomes a follower, and its extra entries are
            overwritten with the log of the new leader. So there is one leader at any time that
            matters, and Raft guarantees one leader at any time.
            """, "1 3 4 6 a"),
        Model("Poor", """
            Each group holds an election because it no longer hears the leader. The group of three
            gets a majority, so it has the leader, and the other group notices that it is the
            minority and stops. Writes go to the leader. When the network comes back, the nodes
            exchange what they have and the data of both sides is merged, so that everyone has
            the same log again.
            """, "1 b c"),
    ),
    misconceptions=("M2", "M3", "M6", "M12"),
)  # fmt: skip

"""Split-brain: what becomes of five servers that are cut into three and two, foretold."""

from ..exercise import Wrong
from ..foretold import Cell, foretell
from ..situation import listed, new_cluster

LEADS = "leader"
CUT = 1000  # ms that the cut lasts before the three are asked: some three election timeouts


class Case:
    """Five servers, of which `old` led when the cut came, and its positions in `run`: `began`,
    `asked` (the two have been asked), `late` (just before healing) and the end."""

    def __init__(self, run, old, three, two):
        self.run, self.old, self.three, self.two = run, old, three, two
        self.told = f"{old} led. The cut parts {listed(three)} from {listed(two)}."

    def at(self, position):
        return self.run.steps[position].state

    def first(self, holds, begin):
        """The first position from `begin` on at which `holds(state)`, or that of the healing."""
        found = (at for at in range(begin, len(self.run) + 1) if holds(self.at(at)))
        return next(found, self.late)


def _drawn(luck, among):
    """A case in which the old leader is on the side of `among`; None if an election took long."""
    run = new_cluster(5, luck)
    run.until(lambda run: run.leader)
    run.run(100)
    run.request(("set", "x", 0))
    run.run(200)
    old = run.leader
    others = luck.shuffled([id for id in run.state.config.servers if id != old])
    three, two = sorted([old, *others[:2]]), sorted(others[2:])
    if among == 2:
        three, two = sorted(others[:3]), sorted([old, others[3]])
    case = Case(run, old, three, two)
    run.partition(three, two)
    case.began = run.position
    run.run(100)
    run.request(("set", "few", 1), to=old if old in two else two[0])
    case.asked = run.position
    run.run(CUT)
    leader = next((id for id in three if run[id].role == LEADS), None)
    if leader is None:
        return None
    run.request(("set", "many", 1), to=leader)
    run.run(200)
    case.late = run.position
    run.heal()
    run.run(1500)
    return case if run.leader and run["S1"].current_term == run[run.leader].current_term else None


def leader_among_the_three(luck):
    return _drawn(luck, 3)


def leader_among_the_two(luck):
    return _drawn(luck, 2)


def _posed(case):
    """What a learner is told of the drawn case before the run."""
    return (
        f"{case.told} {CUT + 300:,} ms later it is mended.",
        "Meanwhile a client asks each side for a write: the two soon after the cut, the three "
        "when they have had time to elect.",
    )


# -- what one sees ------------------------------------------------------------------------------


def _leads_on(case):
    return case.at(case.late).observe(case.old).role == LEADS, case.late


def _elected_by_the_two(case):
    def leads(state):
        return any(state.observe(id).role == LEADS for id in case.two if id != case.old)

    at = case.first(leads, case.began)
    return at < case.late, at


def _terms_of_the_two(case):
    before = case.at(case.began).observe(case.two[0]).term
    risen = all(case.at(case.late).observe(id).term > before for id in case.two)
    return "rise" if risen else "stay", case.late


def _told_to(key, late):
    def seen(case):
        """By the operations as they were known at the end of the cut."""
        run = case.run.copy()
        run.goto(case.late)
        op = next(op for op in run.operations() if op.call[1] == key)
        told = {"ok": "done", "fail": "refused", "unknown": "nothing"}[op.status]
        return told, case.late if late else case.asked

    return seen


def _term_after(case):
    end = len(case.run)
    before = case.at(case.late).observe(case.old).term
    return "higher" if case.at(end).observe(case.old).term > before else "the same", end


def _write_of_the_three(case):
    end = len(case.run)
    kept = all(case.at(end).observe(id).machine.get("many") == 1 for id in case.three + case.two)
    return "kept" if kept else "lost", end


def _elected_by_the_three(case):
    def leads(state):
        return any(state.observe(id).role == LEADS for id in case.three)

    at = case.first(leads, case.began)
    return at < case.late, at


def _leaders(state):
    seen = [state.observe(id) for id in state.config.servers]
    return [one for one in seen if one.role == LEADS]


def _how_many_lead(case):
    return len(_leaders(case.at(case.late))), case.late


def _terms_of_leaders(case):
    terms = {one.term for one in _leaders(case.at(case.late))}
    return "different terms" if len(terms) > 1 else "one term", case.late


def _holds_few(log):
    return any(entry.command == ("set", "few", 1) for entry in log)


def _in_its_log(case):
    return _holds_few(case.at(case.asked).observe(case.old).log), case.asked


def _old_leader_after(case):
    at = case.first(lambda state: state.observe(case.old).role != LEADS, case.late)
    return "follows" if at > case.late else "leads on", at


def _entry_after(case):
    end = len(case.run)
    if any(case.at(end).observe(id).machine.get("few") for id in case.three):
        return "is committed", end
    at = case.first(lambda state: not _holds_few(state.observe(case.old).log), case.late)
    return "is removed" if at > case.late else "stays uncommitted", at


# -- the leader among the three -------------------------------------------------------------------

THREE = (
    Cell("the old leader leads on", {
        True: "",
        False: "It still reaches two others, and with them it is three of five, a majority: "
               "nobody there has a reason to stand.",
    }, "§5.2", _leads_on),
    Cell("the two elect a leader", {
        False: "",
        True: "Votes are counted against all five that are configured, not against those within "
              "reach: two are no majority, however often they stand.",
    }, "§5.2", _elected_by_the_two),
    Cell("the terms of the two", {
        "rise": "",
        "stay": "They hear no leader, so each stands when its timer runs out, and every time "
                "in a new term.",
    }, "§5.2", _terms_of_the_two),
    Cell("a client of the three is told", {
        "done": "",
        "refused": "Three of five are a quorum to commit as well: two servers that are away do "
                   "not hinder it.",
        "nothing": "Three of five are a quorum to commit as well: it need not wait for the two.",
    }, "§5.3", _told_to("many", True)),
    Cell("a client of the two is told", {
        "refused": "",
        "done": "Nobody there leads, and only a leader takes requests. What two servers say "
                "would bind nobody.",
        "nothing": "It asked a server that does not lead, and that says so at once (§8). Left "
                   "without an answer is who asks a leader that cannot commit.",
    }, "§8", _told_to("few", False)),
    Cell("after healing, the term is", {
        "higher": "",
        "the same": "The two come back with a higher term, and it spreads with the first message "
                    "or answer: the healthy leader steps down, and there is an election.",
    }, "§5.1", _term_after),
    Cell("after healing, what the three wrote is", {
        "kept": "",
        "lost": "It is committed, so a majority holds it, and whoever wins needs the vote of one "
                "that does: a log without it is not up to date.",
    }, "§5.4.1", _write_of_the_three),
)  # fmt: skip

RIGHT_OF_THREE = {
    "the old leader leads on": True,
    "the two elect a leader": False,
    "the terms of the two": "rise",
    "a client of the three is told": "done",
    "a client of the two is told": "refused",
    "after healing, the term is": "higher",
    "after healing, what the three wrote is": "kept",
}

foretell(
    "split-brain/leader-with-three",
    table="with_three",
    cells=THREE,
    kind="leader-with-three",
    draw=leader_among_the_three,
    poses=_posed,
    asks="Three and two, the leader among the three: what happens?",
    hints=(
        "Count on each side, and always against five. Which sentences need a majority?",
        "What does a server do that hears no leader? It cannot know why it hears none. Do it "
        "again and again, and look at its term. And a client that asks one: what does a server "
        "know of itself that it can say at once (§8)?",
        "A term travels with every message and answer, and the lower one gives way (§5.1). What "
        "happens to a leader that meets a higher one?",
    ),
    reference=RIGHT_OF_THREE,
    wrong={
        "each side is a cluster": Wrong(
            {**RIGHT_OF_THREE, "the two elect a leader": True,
             "a client of the two is told": "done"},
            "you let each side count for itself. Then each is a cluster of its own, and that is "
            "what split-brain means: a majority is one of all that are configured",
        ),
        "all stop": Wrong(
            {**RIGHT_OF_THREE, "the old leader leads on": False,
             "a client of the three is told": "nothing", "the terms of the two": "stay"},
            "you let the cut stop everybody. A majority that is connected goes on as if the "
            "others had crashed: it could not tell the difference",
        ),
        "nothing to repair": Wrong(
            {**RIGHT_OF_THREE, "after healing, the term is": "the same"},
            "all right but the return: the two have counted terms up all the time, and the "
            "first higher term that a leader meets deposes it. Pre-vote is there to spare it that",
        ),
        "waits in silence": Wrong(
            {**RIGHT_OF_THREE, "a client of the two is told": "nothing"},
            "one cell: silence comes from a leader that cannot commit; who does not lead says so",
        ),
    },
    why="a majority goes on, because it cannot tell a cut from two crashes; a minority can do "
        "nothing but stand, and its terms are all that it brings home",
    read="14-split-brain-and-quorums, “Five servers, three and two”",
    minutes=8,
    misconceptions=("M2", "M4"),
)  # fmt: skip


# -- the leader among the two ---------------------------------------------------------------------

TWO = (
    Cell("the three elect a leader", {
        True: "",
        False: "They hear no leader any more, and three votes of five are a majority. That the "
               "old one still runs somewhere, they cannot know.",
    }, "§5.2", _elected_by_the_three),
    Cell("servers that lead at once", {
        2: "",
        1: "The old leader hears of no later term, for nobody of the three reaches it, so "
           "nothing makes it stop. Raft promises one leader *a term*.",
        0: "The three elect one: three of five are a majority.",
    }, "§5.2", _how_many_lead),
    Cell("they lead", {
        "different terms": "",
        "one term": "The new one was elected in a later term: one vote a server and term, and "
                    "two majorities of five share a server.",
    }, "§5.2", _terms_of_leaders),
    Cell("the old leader writes a request into its log", {
        True: "",
        False: "It believes that it leads, so it does what a leader does: it appends the entry "
               "and sends it out. Its one follower takes it, too.",
    }, "§5.3", _in_its_log),
    Cell("its client is told", {
        "nothing": "",
        "done": "Two of five store the entry: that is no majority, so it is not committed, and "
                "only of a committed entry the client is told.",
        "refused": "Plain Raft waits for answers that do not come: to refuse, it would have to "
                   "know that it is cut off. A leader that asks itself that needs check-quorum.",
    }, "§5.3", _told_to("few", True)),
    Cell("a client of the three is told", {
        "done": "",
        "refused": "They have a leader by then, and with three of five it commits.",
        "nothing": "They have a leader by then, and with three of five it commits.",
    }, "§5.3", _told_to("many", True)),
    Cell("after healing, the old leader", {
        "follows": "",
        "leads on": "It meets a later term with the first message of the new leader, or the first "
                    "answer to its own, and steps down.",
    }, "§5.1", _old_leader_after),
    Cell("after healing, what it wrote", {
        "is removed": "",
        "is committed": "Another entry of a later term stands at its place in a majority, and a "
                        "leader never gives up its own: followers copy the leader's log.",
        "stays uncommitted": "Where a follower's log conflicts with the leader's, the "
                                "follower's is cut and the leader's put there.",
    }, "§5.3", _entry_after),
)  # fmt: skip

RIGHT_OF_TWO = {
    "the three elect a leader": True,
    "servers that lead at once": 2,
    "they lead": "different terms",
    "the old leader writes a request into its log": True,
    "its client is told": "nothing",
    "a client of the three is told": "done",
    "after healing, the old leader": "follows",
    "after healing, what it wrote": "is removed",
}

foretell(
    "split-brain/leader-with-two",
    table="with_two",
    cells=TWO,
    kind="leader-with-two",
    draw=leader_among_the_two,
    poses=_posed,
    asks="Three and two, the leader among the two: what happens?",
    hints=(
        "What would make the old leader stop? Does any of that reach it while the cut lasts?",
        "To *accept* a request is to write it into a log; to *commit* it takes a majority. Which "
        "of the two does the client hear of?",
        "Two leaders, in two terms; one of them with a majority. When they meet, the term decides, "
        "and then the consistency check (§5.3) compares the logs.",
    ),
    reference=RIGHT_OF_TWO,
    wrong={
        "one at a time": Wrong(
            {**RIGHT_OF_TWO, "servers that lead at once": 1,
             "the old leader writes a request into its log": False,
             "its client is told": "refused"},
            "you let the old leader know that it is deposed. It cannot: two leaders at once, in "
            "two terms, are quite possible, and harmless, because only one can commit",
        ),
        "each side is a cluster": Wrong(
            {**RIGHT_OF_TWO, "its client is told": "done",
             "after healing, what it wrote": "is committed"},
            "you let both sides acknowledge writes. That would be the split brain: two of five "
            "commit nothing",
        ),
        "merged": Wrong(
            {**RIGHT_OF_TWO, "after healing, what it wrote": "is committed"},
            "all right but the end: nothing is merged. One log wins, whole, and it is that of the "
            "leader whom a majority elected",
        ),
        "no successor": Wrong(
            {**RIGHT_OF_TWO, "the three elect a leader": False, "servers that lead at once": 1,
             "they lead": "one term", "a client of the three is told": "nothing",
             "after healing, the old leader": "leads on",
             "after healing, what it wrote": "is committed"},
            "you let the three wait for the old leader. A leader that is not heard is replaced: "
            "to tell slow from dead nobody can",
        ),
    },
    why="both sides may take a write, and one may acknowledge it. A deposed leader does not know "
        "it, so Raft sees to it that it does no harm: what it cannot commit, it promises to nobody",
    read="14-split-brain-and-quorums, “Five servers, three and two”",
    minutes=10,
    misconceptions=("M2", "M4", "M12"),
)  # fmt: skip

"""Stage 3, as a cluster lives through it: leaders come and go, logs part and are put right."""

from ...protocols.raft_messages import AppendEntriesReply
from ..situation import ids_of
from .bench import log_of
from .recovery import recovery

story, search = recovery.story, recovery.search


@story("what a leader committed is there when it is gone", 4, "§5.4",
       "CommitsWithLeaderDisconnects", "TestLeaderFailure3B (one)", gate=True)  # fmt: skip
def leader_is_gone(case):
    story = case.story(servers=3).elect()
    old = story.run.leader
    story.tell("x=1 is committed, and its leader is cut off", "request x=1 ; until committed x=1 "
               "within 1000 ; run 100 ; count ; isolate leader ; "
               "until new leader within 10 timeouts")  # fmt: skip
    new = story.run.leader
    story.tell("the next has it and goes on",
               f"expect {new} holds x=1 ; request x=2 at {new} ; "
               "until committed x=2 within 1000")  # fmt: skip
    story.tell("the old one is back", "heal")
    story.agree("x=3", f"{old} is back and has what the others have")
    story.safe()


@story("with a second one gone nothing is committed", 2, "§5.3", "TestLeaderFailure3B")
def two_leaders_gone(case):
    story = case.story(servers=3).elect()
    first = story.run.leader
    story.tell("a leader is cut off, and then the next",
               "count ; isolate leader ; until new leader within 10 timeouts ; run 100 ; "
               "isolate leader")  # fmt: skip
    story.tell("x=9 is asked of all", "request x=9 at S1 ; request x=9 at S2 ; request x=9 at S3 ; "
               "run 1500 ; expect not committed x=9")  # fmt: skip
    story.tell("all are back", "heal")
    story.agree("x=1", f"{first} and the others agree")
    story.safe()


@story("a follower comes back, having stood alone", 2, "§5.2, §5.4.1", "TestFailAgree3B",
       "DuelingCandidates")  # fmt: skip
def comes_back_with_a_high_term(case):
    story = case.story(servers=3).elect()
    gone = story.others()[0]
    story.tell("a follower is cut off and stands again and again; the others get four entries",
               f"isolate {gone} ; repeat 4 {{ request x+=1 ; run 300 }} ; heal")  # fmt: skip
    story.agree("y=1", f"{gone} is back")
    story.tell("nothing is lost", "expect all holds x=4")
    story.safe()


@story("three of five gone, and back with another term", 2, "§5.3, §5.4", "TestFailNoAgree3B")
def no_agreement(case):
    story = case.story(servers=5).elect()
    leader, gone = story.run.leader, story.others()[:3]
    story.tell("three of five are cut off, and x=1 is asked for", f"isolate {' '.join(gone)} ; "
               f"request x=1 at {leader} ; run 1500 ; expect not committed x=1")  # fmt: skip
    story.tell("they are back", "heal")
    story.agree("x=2", "three of five were gone and are back")
    story.safe()


@story("a leader that was alone comes back with entries nobody wants", 3, "§5.3", "TestRejoin3B",
       "DisconnectLeaderBriefly")  # fmt: skip
def rejoins(case):
    story = case.story(servers=3).elect()
    old = story.run.leader
    story.tell("x=1 is committed; then the leader is alone and takes three more",
               f"request x=1 ; run 200 ; isolate {old} ; request x=2 at {old} ; "
               f"request x=3 at {old} ; request x=4 at {old}")  # fmt: skip
    story.tell("another leads and commits y=1",
               "count ; until new leader within 10 timeouts ; run 100 ; "
               "request y=1 ; until committed y=1 within 1000")  # fmt: skip
    new = story.run.leader
    story.tell("now that one is cut off, and the first is back", f"heal ; isolate {new} ; run 1500")
    story.tell("all are back", "heal")
    story.agree("z=1", "a leader was alone with three entries")
    story.tell("what was committed is there, what was not is gone", "expect all holds x=1 y=1")
    story.safe()


def _fifty_wrong(case):
    """A story in which two of five hold fifty entries that were never committed, and the others
    fifty that were."""
    story = case.story(servers=5, jitter=0).elect()
    old = story.run.leader
    friend, *others = story.others()
    story.tell("a leader and one follower are cut off and take fifty entries",
               f"partition {old} {friend} | {' '.join(others)} ; rearm {friend} in 60000 ; "
               f"repeat 50 {{ request x+=1 at {old} }} ; run 100")  # fmt: skip
    story.tell("the other three elect a leader and commit fifty others",
               "count ; until new leader within 10 timeouts ; run 100 ; repeat 50 { request y+=1 "
               "at leader } ; run 300 ; expect leader holds y=50")  # fmt: skip
    return story, old


@story("fifty wrong entries are put right", 2, "§5.3", "TestBackup3B (in the end)")
def wrong_entries_are_put_right(case):
    story, _ = _fifty_wrong(case)
    story.tell("all are back", "heal")
    story.agree("z=1", "two of five came back with fifty entries nobody else had")
    story.tell("", "expect all holds y=50")
    story.safe()


@story("and that takes few round trips", 3, "§5.3: the optimisation", "TestBackup3B")
def wrong_entries_fast(case):
    """A leader elected only now knows nobody's log, and begins with the end of its own."""
    story, old = _fifty_wrong(case)
    second, at = story.run.leader, story.run.position
    others = " ".join(id for id in story.ids if id != second)
    story.tell("the two are back, the leader of the three is cut off, another is elected",
               f"count ; heal ; isolate {second} ; "
               "until new leader within 20 timeouts")  # fmt: skip
    story.tell("within a second these four have the same logs",
               f"until same logs on {others} within 1000")  # fmt: skip
    replies = [e.message for e in story.sent(at, AppendEntriesReply) if e.src == old]
    refused = sum(not reply.success for reply in replies)
    story.must(refused <= 6, f"in the log of {old} one term was wrong, and it refused {refused} "
               "times before that was mended")  # fmt: skip
    story.safe()


@story("the six followers of Figure 7 become like their leader", 3, "§5.3, Figure 7")
def figure_7(case):
    logs = (
        (1, 1, 1, 4, 4, 5, 5, 6, 6, 6), (1, 1, 1, 4, 4, 5, 5, 6, 6), (1, 1, 1, 4),
        (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6), (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7),
        (1, 1, 1, 4, 4, 4, 4), (1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3),
    )  # fmt: skip
    ids = ids_of(len(logs))
    nodes = [case.kind(id, ids, current_term=7, log=log_of(*log))
             for id, log in zip(ids, logs, strict=True)]  # fmt: skip
    story = case.story(servers=nodes)
    story.tell("S1, whose log is 1 1 1 4 4 5 5 6 6 6, stands first", "fire S1")
    story.agree("z=1", "the logs were those of Figure 7")
    story.safe()


@story("two leaders at once do not both commit", 3, "§5.2, §5.4", "OnePartition", "split brain")
def two_leaders(case):
    story = case.story(servers=5).elect()
    old = story.run.leader
    friend, *others = story.others()
    story.tell("two are on this side with the leader, three on that",
               f"partition {old} {friend} | {' '.join(others)} ; count ; "
               "until new leader within 10 timeouts ; run 100")  # fmt: skip
    story.tell("both leaders are asked", f"request x=1 at {old} ; request x=2 at leader ; run 400")
    story.tell(
        "three of five commit, two do not", "expect committed x=2 ; expect not committed x=1"
    )
    story.tell("all are back", "heal")
    story.agree("z=1", "there were two leaders")
    story.tell("", "expect all holds x=2")
    story.safe()


@story("leaders are cut off again and again, and messages lost", 4, "§5.4, Figure 8",
       "TestFigure8Unreliable3C")  # fmt: skip
def leaders_come_and_go(case):
    story = case.story(servers=5).elect()
    cut, told = [], "leaders are cut off as soon as they have been asked, messages get lost"
    for number in range(40):
        story.ask("x+=1")
        leader = story.run.leader
        story.tell(told, f"run {20 + case.luck.below(160)}")
        if leader and leader not in cut and case.luck.below(3) and len(cut) < 2:
            cut.append(leader)
        elif cut:
            cut.pop(0)
        story.tell("", "heal" + (f" ; isolate {' '.join(cut)}" if cut else ""))
        if number == 10:
            story.tell("", "tune loss=0.1 jitter=40")
    story.safe()
    story.tell("all is well again", "heal ; tune loss=0 jitter=10 ; run 600")
    story.agree("z=1", "leaders came and went")
    story.safe()


@story("clients see one copy while servers are cut off", 4, "§8, linearizability",
       "ManyPartitionsManyClients", "DSLabs 17: constant repartitioning")  # fmt: skip
def clients_see_one_copy(case):
    story = case.story(servers=5, clients=3, loss=0.02)
    story.tell("", "until leader within 20 timeouts")
    for _ in range(8):
        for client in ("C1", "C2", "C3"):
            story.tell("clients count while servers are cut off",
                       f"request {case.luck.pick(['x+=1', 'x+=1', 'x?'])} at {client}")  # fmt: skip
        away = case.luck.shuffled(story.ids)[: 1 + case.luck.below(2)]
        story.tell("", f"isolate {' '.join(away)} ; run 500 ; heal ; run 100")
    story.tell("all is well again", "heal ; tune loss=0 ; run 4000")
    story.tell("each answer is one that a single copy could have given",
               "expect not broken linearizability")  # fmt: skip
    open_ones = [op for op in story.run.operations() if op.status != "ok"]
    story.must(not open_ones, f"all is well for 4 s, and {len(open_ones)} of "
               f"{len(story.run.operations())} requests were never answered")  # fmt: skip
    story.safe()


@story("an answer that is lost makes nothing happen twice", 3, "§8", "AppendLinearizableAfterDelay",
       "client retries")  # fmt: skip
def lost_answers(case):
    story = case.story(servers=3, clients=1, loss=0.15).elect()
    story.tell("a client counts to ten and asks again when it hears nothing",
               "repeat 10 { request x+=1 at C1 } ; run 12000 ; tune loss=0 ; run 6000")  # fmt: skip
    told = story.answers()
    story.must(told == list(range(1, 11)), f"x+=1 ten times, one after the other, must be answered "
               f"1 to 10, and is answered {told}")  # fmt: skip
    story.safe()


@search("in no order of events a leader lacks what is committed", 5,
        "§5.4, Leader Completeness; Figure 3")  # fmt: skip
def leaders_are_complete(case):
    case.search(servers=3, terms=2, requests=1, cut=False, acts=("S1",), late=["AppendEntries"])
    case.search(servers=3, terms=3, requests=1, cut=False, acts=("S1", "S2"), asked=("S1",))


@search("Figure 8 loses nothing that was committed", 4, "§5.4.2, Figure 8",
        "DSLabs 23: staged search")  # fmt: skip
def figure_8(case):
    """From (c) on: S1 leads again, and its entry of term 2 is on three of five."""
    logs = {"S1": (1, 2), "S2": (1, 2), "S3": (1,), "S4": (1,), "S5": (1, 3)}
    nodes = [case.kind(id, ids_of(5), current_term=3, log=log_of(*log)) for id, log in logs.items()]

    def begin(run):
        run.fire("S1")
        for id in ("S2", "S3", "S4"):
            run.deliver("RequestVote", "S1", id)
        for id in ("S2", "S3"):
            run.deliver("RequestVoteReply", id, "S1")
        case.must(run.leader == "S1", "S1 stands in term 4 with log 1 2, the logs of S2 and S3 are "
                  "no longer than that, and it does not lead")  # fmt: skip
        for envelope in run.state.network:
            if (envelope.src, envelope.dst) not in (("S1", "S2"), ("S1", "S3")):
                run.drop(type(envelope.message).__name__, envelope.src, envelope.dst)

    case.search(servers=nodes, terms=5, requests=0, acts=("S5",), begin=begin, cut=False)


@search("in no order of events is an answer wrong, whoever leads", 3, "§8, linearizability",
        "DSLabs 22: two clients, sequential appends visible")  # fmt: skip
def answers_are_right_whoever_leads(case):
    case.search(servers=3, terms=2, requests=[("add", "x", 1)] * 2, cut=False,
                against="linearizability", acts=("S1", "S2"), asked=("S1",))  # fmt: skip


@search("many walks by chance break nothing", 3, "Figure 3", "DSLabs 25, 26: random search",
        "TestChurn")  # fmt: skip
def walks(case):
    case.search(servers=3, by="walks", walks=8, steps=80, requests=4, terms=12, seed=case.seed)
    case.search(servers=5, by="walks", walks=4, steps=100, requests=4, terms=12, seed=case.seed)

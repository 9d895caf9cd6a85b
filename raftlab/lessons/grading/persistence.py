"""Stage 4: what must be on disk, clause by clause and crash by crash (Figure 2; §5.2, §5.4)."""

from ...core import CrashDuring, Deliver
from ...protocols.raft_messages import AppendEntries, RequestVote, RequestVoteReply
from ...sim.cluster import crashes_during
from .bench import ME, entries_of, log_of, terms_of
from .check import Stage
from .election import asks_vote
from .replication import WRITE

persistence = Stage("persistence")
clause, story, search = persistence.clause, persistence.story, persistence.search


def reboots(bench):
    """S1 crashes, and starts again with what its disk holds."""
    bench.run.crash(ME)
    bench.run.restart(ME)
    return bench


# -- Figure 2: currentTerm, votedFor, log[] -----------------------------------------------


@clause("its term survives a crash", 3, "Figure 2: persistent state",
        "Bug_BecomeFollowerMissingPersist", "RawNodeRestart")  # fmt: skip
def term_survives(case):
    bench = case.server(current_term=case.term)
    bench.appended(case.a, case.term + 2)
    reboots(bench)
    bench.must(bench.seen.term == case.term + 2, f"it was in term {case.term + 2}, crashes, and is "
               f"in term {bench.seen.term}")  # fmt: skip


@clause(
    "so does the vote it gave", 3, "Figure 2: persistent state", "SameTermDoubleVotePrevented4C"
)
def vote_survives(case):
    bench = case.server(current_term=case.term)
    bench.answer(case.a, asks_vote(case.term + 1, case.a), RequestVoteReply)
    reboots(bench)
    reply = bench.answer(case.b, asks_vote(case.term + 1, case.b), RequestVoteReply)
    bench.must(not reply.vote_granted, f"it votes for {case.a} in term {case.term + 1}, crashes, "
               f"and votes for {case.b} in the same term")  # fmt: skip


@clause(
    "and the vote for itself", 3, "Figure 2: persistent state", "Bug_StartElectionMissingPersist"
)
def own_vote_survives(case):
    bench = case.server(current_term=case.term)
    bench.fires("election")
    reboots(bench)
    reply = bench.answer(case.a, asks_vote(case.term + 1, case.a), RequestVoteReply)
    bench.must(not reply.vote_granted, f"it stands in term {case.term + 1}, crashes, and votes for "
               f"{case.a} in that term; its own vote may count already")  # fmt: skip


@clause(
    "and the entries that it says it stores", 3, "Figure 2: persistent state", "CrashFollower4C"
)
def log_survives(case):
    bench = case.server(current_term=3)
    bench.appended(case.a, 3, 0, 0, entries_of(3, 3))
    reboots(bench)
    bench.must(terms_of(bench.seen.log) == [3, 3], "it says that it stores two entries, crashes, "
               f"and has {terms_of(bench.seen.log) or 'none'}")  # fmt: skip


@clause("a leader's own entries as well", 2, "Figure 2: persistent state", "CrashAfterSubmit")
def leaders_log_survives(case):
    bench = case.elected()
    bench.asks(WRITE)
    reboots(bench)
    held = [entry.command for entry in bench.seen.log]
    bench.must(
        WRITE in held, f"it takes a request, sends it out, crashes, and its log holds {held}"
    )


@clause("what was removed does not come back", 1, "Figure 2: persistent state")
def removal_survives(case):
    bench = case.server(current_term=4, log=log_of(1, 2, 2))
    bench.appended(case.a, 4, 1, 1, entries_of(4, first=2))
    reboots(bench)
    bench.must(terms_of(bench.seen.log) == [1, 4],
               f"its log was 1 4, it crashes, and has {terms_of(bench.seen.log)}")  # fmt: skip


@clause("whoever starts again follows and waits", 2, "§5.2", "RawNodeRestart2AC")
def starts_as_a_follower(case):
    bench = reboots(case.elected())
    seen = bench.seen
    bench.must((seen.role, seen.leader) == ("follower", None), "it led, crashed and starts again "
               f"as a {seen.role} that follows {seen.leader}")  # fmt: skip
    bench.must(bench.runs("election"), "it starts again and sets no election timer")
    bench.must(not seen.votes, f"it starts again with the votes of {sorted(seen.votes)}")


@clause("what it executed is executed again, from the first entry on", 2,
        "Figure 2: commitIndex and lastApplied are volatile", "RestartReplay")  # fmt: skip
def executes_again(case):
    entries = tuple(type(e)(3, ("add", "x", 1)) for e in entries_of(3, 3))
    bench = case.server(current_term=3)
    bench.appended(case.a, 3, 0, 0, entries, commit=2)
    reboots(bench)
    seen = bench.seen
    bench.must(seen.last_applied == 0 or dict(seen.machine) == {"x": 2}, "its disk says that "
               f"{seen.last_applied} entries are executed, and what they did is gone")  # fmt: skip
    bench.appended(case.a, 3, 2, 3, commit=2)
    bench.must(dict(bench.seen.machine) == {"x": 2}, "x+=1 twice is committed; it crashes, learns "
               f"so again, and holds {dict(bench.seen.machine)}")  # fmt: skip


# -- A crash between two writes -----------------------------------------------------------


def torn(bench, src, message):
    """A history for each place in the middle of `message` at which S1 can crash."""
    bench.later(laid=[(src, message)])
    action = Deliver(src, ME, message)
    for crash in crashes_during(bench.run.state, action):
        twin = bench.run.copy()
        twin.take(CrashDuring(crash.action, crash.written))
        twin.restart(ME)
        yield twin


@clause("a crash between two writes gives no second vote", 3,
        "Figure 2; term and vote belong together", "hashicorp/raft#661")  # fmt: skip
def no_second_vote(case):
    """It has voted for one; the other asks in the next term, and it crashes as it answers."""
    bench = case.server(current_term=case.term, voted_for=case.a)
    for twin in torn(bench, case.b, asks_vote(case.term + 1, case.b)):
        seen = twin.state.observe(ME)
        free = seen.term == case.term and seen.voted_for != case.a
        case.run = twin
        case.must(not free, f"it voted for {case.a} in term {case.term}; {case.b} asks in "
                  f"the next, it crashes as it writes that, and is in term {seen.term} "
                  f"again with a vote for {seen.voted_for or 'nobody'}: it could vote "
                  "twice in it")  # fmt: skip


@clause("nor is anything else half done", 2, "Figure 2: before responding", "crash at every write")
def nothing_half_done(case):
    """What it had acknowledged before is still there, wherever it crashes."""
    bench = case.server(current_term=3, voted_for=case.a, log=log_of(1, 3))
    for message in (
        AppendEntries(4, case.b, 2, 3, entries_of(4, first=3), 0),
        RequestVote(5, case.b, 9, 4),
    ):  # fmt: skip
        for twin in torn(bench, case.b, message):
            seen = twin.state.observe(ME)
            case.run = twin
            case.must(terms_of(seen.log)[:2] == [1, 3], "it stored entries of terms 1 and 3; it "
                      f"crashes in the middle of a {type(message).__name__} and has "
                      f"{terms_of(seen.log)}")  # fmt: skip
            case.must(seen.term >= 3, f"it was in term 3, crashes and is in term {seen.term}")


# -- In a cluster -------------------------------------------------------------------------


@story("all crash, start again, and have what was committed", 4, "Figure 2",
       "TestPersist13C", "CrashThenRestartAll", gate=True)  # fmt: skip
def all_crash(case):
    story = case.story(servers=3).elect()
    story.tell("x=11 is committed", "request x=11 ; until committed x=11 within 1000 ; run 200")
    story.tell("all three crash and start again", "crash S1 S2 S3 ; restart S1 S2 S3")
    story.agree("y=1", "all three crashed and are back")
    story.tell("x=11 is not lost", "expect all holds x=11")
    story.tell("the leader crashes and starts again", "reboot leader")
    story.agree("y=2", "the leader crashed and is back")
    gone = next(id for id in story.ids if id != story.run.leader)
    story.tell("a follower is down while something is committed",
               f"crash {gone} ; request y=3 ; run 400 ; restart {gone}")  # fmt: skip
    story.agree("y=4", f"{gone} is back")
    story.safe()


@story("crashed one by one, so that only overlapping majorities live", 3, "§5.3, Figure 2",
       "TestPersist23C")  # fmt: skip
def rotating(case):
    story = case.story(servers=5).elect()
    count = 0
    for _ in range(5):
        story.tell("two are down while something is committed", f"run 300 ; crash "
                   f"{' '.join(case.luck.shuffled(story.ids)[:2])}")  # fmt: skip
        story.tell("", "until leader within 20 timeouts ; run 200")
        count += 1
        for _ in range(8):
            if story.holds(f"committed x={count}"):
                break
            story.ask(f"x={count}").tell("", "run 300")
        story.tell("", f"expect committed x={count}")
        down = story.down
        up = [id for id in story.ids if id not in down]
        story.tell("the three others crash, the two are back", f"crash {' '.join(up)} ; "
                   f"restart {' '.join(story.ids)}")  # fmt: skip
    story.agree("z=1", "all have crashed again and again")
    story.tell("", f"expect all holds x={count}")
    story.safe()


@story("a leader and a follower crash, and the third was away", 2, "Figure 2", "TestPersist33C")
def third_was_away(case):
    story = case.story(servers=3).elect()
    leader = story.run.leader
    away, third = story.others()
    story.tell("one is cut off while x=1 is committed",
               f"isolate {away} ; request x=1 ; until committed x=1 within 1000")  # fmt: skip
    story.tell("the two that have it crash; one of them and the third elect a leader",
               f"crash {leader} {third} ; heal ; restart {leader} ; run 1500")  # fmt: skip
    story.tell("all are back", f"restart {third}")
    story.agree("z=1", "all are back")
    story.tell("x=1 is not lost", "expect all holds x=1")
    story.safe()


@story("leaders crash as soon as they have been asked", 4, "§5.4, Figure 8", "TestFigure83C",
       "CrashThenRestartLeader")  # fmt: skip
def crashing_leaders(case):
    story = case.story(servers=5).elect()
    for _ in range(30):
        story.ask("x+=1")
        leader = story.run.leader
        story.tell("leaders crash as soon as they have been asked", f"run {case.luck.below(90)}")
        down = story.down
        if leader and story.run.state.host(leader).mode == "up" and len(down) < 2:
            story.tell("", f"crash {leader}")
        elif down:
            story.tell("", f"restart {case.luck.pick(down)}")
        story.tell("", "run 250")
    if story.down:
        story.tell("", f"restart {' '.join(story.down)}")
    story.safe()
    story.agree("z=1", "leaders crashed again and again")
    story.safe()


def _churn(case, loss):
    story = case.story(servers=5, clients=3, loss=loss)
    told = "clients count while servers crash and are cut off"
    for _ in range(7):
        for client in ("C1", "C2", "C3"):
            story.tell(told, f"request x+=1 at {client}")
        first, second = case.luck.shuffled(story.ids)[:2]
        story.tell("", f"run 200 ; reboot {first} ; isolate {second} ; run 450 ; heal ; "
                   f"crash {second} ; run 250 ; restart {second} ; run 100")  # fmt: skip
    story.safe()
    story.tell("all is well again", "tune loss=0 ; run 5000")
    told = sorted(story.answers())
    story.must(told == list(range(1, 22)), "three clients counted together, seven times each; "
               f"their answers must be 1 to 21, and are {told}")  # fmt: skip
    story.safe()


@story("clients count while servers crash", 3, "§8, Figure 2", "TestReliableChurn3C",
       "PersistPartition", "AppendLinearizableAfterCrash")  # fmt: skip
def churn(case):
    _churn(case, 0)


@story("and while messages get lost", 3, "§8, Figure 2", "TestUnreliableChurn3C",
       "PersistPartitionUnreliable")  # fmt: skip
def lossy_churn(case):
    _churn(case, 0.08)


@search("with a crash at any moment two never lead one term", 5, "§5.2, Figure 2",
        "crash at every event boundary")  # fmt: skip
def no_two_leaders_after_a_crash(case):
    case.search(servers=3, terms=1, requests=0, crashes=1, disk=True)


@search("and no leader lacks what is committed", 5, "§5.4, Figure 2", "crash between each write")
def complete_after_a_crash(case):
    case.search(servers=3, terms=2, requests=0, crashes=1, disk=True, cut=False,
                acts=("S1", "S2"))  # fmt: skip


@search("walks by chance with crashes break nothing", 2, "Figure 3", "DSLabs 26: random search")
def walks_with_crashes(case):
    case.search(servers=3, by="walks", walks=8, steps=80, requests=3, terms=12, crashes=4,
                disk=True, seed=case.seed)  # fmt: skip

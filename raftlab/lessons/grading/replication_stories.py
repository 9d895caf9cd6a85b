"""Stage 2, as a cluster lives through it: agreement with servers missing and messages lost."""

from ...protocols.raft_messages import AppendEntries
from .replication import replication

story, search = replication.story, replication.search

# Elections are the next stage's affair: whoever hears nothing has patience here.
PATIENT = "rearm {} in 60000"
RARELY = {"election_timeout": (2000, 4000)}  # ms


@story("what is asked is committed and executed by all", 4, "§5.3", "TestBasicAgree3B",
       "CommitOneCommand", "LogReplication", "RawNodeStart", gate=True)  # fmt: skip
def basic_agreement(case):
    story = case.story(servers=3).elect()
    for number in (1, 2, 3):
        story.tell(f"x={number} is asked for",
                   f"request x={number} ; until committed x={number} within 1000")  # fmt: skip
    story.tell("all execute it", "run 300 ; expect all holds x=3 ; expect same logs")
    story.safe()


@story("with one of three gone the others go on", 2, "§5.3", "TestFollowerFailure3B (one)",
       "CrashFollower")  # fmt: skip
def one_is_missing(case):
    story = case.story(servers=3).elect()
    gone = story.others()[0]
    story.tell("a follower is cut off, and x=1 is asked for",
               f"isolate {gone} ; request x=1 ; until committed x=1 within 1000")  # fmt: skip
    story.safe()


@story("with two of three gone nothing is committed", 3, "§5.3", "TestFollowerFailure3B",
       "NoCommitWithNoQuorum")  # fmt: skip
def two_are_missing(case):
    story = case.story(servers=3).elect()
    leader = story.run.leader
    story.tell("the leader is alone, and x=1 is asked of it",
               f"isolate {leader} ; request x=1 at {leader} ; run 900")  # fmt: skip
    story.tell("nobody but it has x=1", f"expect not committed x=1 on {leader}")
    story.safe()


@story("a follower that was away catches up", 3, "§5.3", "TestFailAgree3B (no election)",
       "CommitWithDisconnectionAndRecover")  # fmt: skip
def catches_up(case):
    story = case.story(servers=3).elect()
    gone = story.others()[0]
    story.tell("a follower is cut off, and others get four entries",
               f"isolate {gone} ; {PATIENT.format(gone)} ; "
               "repeat 4 { request x+=1 ; run 60 }")  # fmt: skip
    story.tell("it is back, and before long it has all of them",
               f"heal ; run 600 ; expect {gone} holds x=4 ; expect same logs")  # fmt: skip
    story.tell("the others go on with it", "request x=9 ; run 300 ; expect all holds x=9")
    story.safe()


@story("three of five gone, and back", 3, "§5.3", "TestFailNoAgree3B (no election)")
def three_are_missing(case):
    story = case.story(servers=5).elect()
    leader, gone = story.run.leader, story.others()[:3]
    patient = " ; ".join(map(PATIENT.format, gone))
    story.tell("three of five are cut off, and x=1 is asked for",
               f"isolate {' '.join(gone)} ; {patient} ; request x=1 at {leader} ; run 900 ; "
               "expect not committed x=1")  # fmt: skip
    story.tell("they are back, and it is committed after all",
               "heal ; run 600 ; expect all holds x=1 ; expect same logs")  # fmt: skip
    story.safe()


@story("five requests at once are all executed, in one order", 2, "§5.3", "TestConcurrentStarts3B",
       "CommitMultipleCommands", "MultipleCommands")  # fmt: skip
def five_at_once(case):
    story = case.story(servers=3).elect()
    story.tell("five are asked for at one instant", "repeat 5 { request x+=1 } ; run 400 ; "
               "expect all holds x=5 ; expect same logs")  # fmt: skip
    told = sorted(story.answers())
    story.must(told == [1, 2, 3, 4, 5], f"x+=1 five times must be answered 1 to 5, and is {told}")
    story.safe()


@story("each entry is sent to each server once", 2, "§5.3", "TestRPCBytes3B")
def each_entry_once(case):
    story = case.story(servers=3, latency=5, jitter=0).elect()
    at = story.run.position
    story.tell("", "repeat 10 { request x+=1 ; run 30 } ; run 100 ; expect all holds x=10")
    entries = sum(len(e.message.entries) for e in story.sent(at, AppendEntries))
    # Whoever also tells at once what is committed may send an entry a second time to the slower.
    story.must(entries <= 32, "ten entries for two others, each asked for when the one before is "
               f"stored, are 20; it sends {entries}")  # fmt: skip


@story("a batch of requests takes few messages", 2, "§5.3", "TestCount3B (agreement)")
def batch_budget(case):
    story = case.story(servers=3, latency=5, jitter=0).elect()
    at = story.run.position
    story.tell("", "repeat 12 { request x+=1 } ; run 200 ; expect all holds x=12")
    sent = len(story.sent(at))
    story.must(sent <= 120, f"twelve requests at once among three took {sent} messages")


@story("a leader with a slow follower does not wait for it", 1, "§5.3: a minority of slow servers")
def slow_follower(case):
    story = case.story(servers=3).elect()
    slow = next(id for id in ("S1", "S2", "S3") if id != story.run.leader)
    story.tell("a follower stands still, and x=1 is asked for", f"{PATIENT.format(slow)} ; "
               f"pause {slow} ; request x=1 ; until committed x=1 within 200")  # fmt: skip
    story.tell("it goes on", f"resume {slow} ; run 600 ; expect {slow} holds x=1")
    story.safe()


@story("with messages lost all is executed, and once", 3, "§5.5", "TestUnreliableAgree3C",
       "Unreliable")  # fmt: skip
def lossy_agreement(case):
    story = case.story(servers=5, **RARELY).elect()
    story.tell("a message in five is lost, and one in ten doubled", "tune loss=0.2 duplicate=0.1")
    story.tell("", "repeat 25 { request x+=1 ; request y+=1 ; run 60 }")
    story.tell("the network is whole again", "tune loss=0 duplicate=0 ; run 1000")
    story.tell("each request is executed once", "expect all holds x=25 y=25 ; expect same logs")
    story.safe()


@story("late, doubled and overtaking messages part no logs", 3, "§5.3, Log Matching",
       "UnreliableAgree, reordered")  # fmt: skip
def stormy_agreement(case):
    story = case.story(servers=3, **RARELY).elect()
    story.tell("messages come late, twice and in any order", "tune jitter=300 duplicate=0.3")
    story.tell("", "repeat 25 { request x+=1 ; run 40 } ; run 500")
    story.tell("the network calms down", "tune jitter=10 duplicate=0 ; run 1000")
    story.tell("each request is executed once", "expect all holds x=25 ; expect same logs")
    story.safe()


@search("in no order of events do logs part", 5, "§5.3, Log Matching; Figure 3",
        "DSLabs search: logs consistent")  # fmt: skip
def logs_never_part(case):
    case.search(servers=3, terms=1, requests=2, cut=False, acts=("S1",),
                late=["AppendEntries"])  # fmt: skip
    case.search(servers=3, terms=2, requests=1, against="log_matching", cut=False,
                acts=("S1", "S2"))  # fmt: skip


@search("in no order of events is an answer wrong", 4, "§5.3, §8; linearizability",
        "DSLabs 20: single client, simple operations")  # fmt: skip
def answers_are_right(case):
    case.search(servers=3, terms=1, requests=[("add", "x", 1)] * 2, against="linearizability",
                acts=("S1",), cut=False)  # fmt: skip


@search("in no order of events does a minority decide", 4, "§5.3",
        "DSLabs 21: no progress in minority")  # fmt: skip
def minority_never_decides(case):
    def begin(run):
        run.fire("S1")
        for _ in range(100):
            if run.leader != "S1":
                run.step()
        case.must(run.leader == "S1", "S1 stood first, everything arrived, and it does not lead")
        run.partition(["S1", "S2"], ["S3", "S4", "S5"])

    def nothing_decided(state):
        return not any(
            entry.command == ("set", "x", 1)
            for id in ("S1", "S2")
            for entry in list(state.observe(id).log)[: state.observe(id).commit_index]
        )

    case.search(servers=5, terms=2, requests=[("set", "x", 1)], begin=begin, acts=("S1", "S2"),
                always={"two of five decide nothing": nothing_decided}, cut=False)  # fmt: skip

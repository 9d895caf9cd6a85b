"""Stage 1, as a cluster lives through it: elections in calm and storm, within logical time."""

from ...protocols.raft_messages import AppendEntries
from .election import election

story, search = election.story, election.search


@story("one of three is elected, and stays", 4, "§5.2", "TestInitialElection3A", "ElectionBasic",
       "LeaderCycle", gate=True)  # fmt: skip
def first_election(case):
    story = case.story(servers=3)
    story.tell("three servers boot, and one is elected", "until one leader within 10 timeouts")
    story.tell("", "run 300")
    at, leader = story.run.position, story.run.leader
    story.tell("nothing disturbs them for ten election timeouts", "run 3000 ; expect one leader")
    story.must(story.terms(at)[0] == story.terms(at)[1] and story.run.leader == leader,
               "nothing disturbed them, and yet there was an election: the term went from "
               f"{story.terms(at)[0]} to {story.terms(at)[1]}")  # fmt: skip
    story.tell("all follow it", f"expect all term {story.terms()[1]}")
    story.safe()


@story("a leader that is gone is replaced, and disturbs nobody when it is back", 3, "§5.2",
       "TestReElection3A", "ElectionLeaderDisconnect", "ElectionFollowerComesBack")  # fmt: skip
def re_election(case):
    story = case.story(servers=3).elect()
    story.tell("the leader is cut off, and another follows",
               "count ; isolate leader ; until new leader within 10 timeouts ; run 200"
    )  # fmt: skip
    term = story.terms()[1]
    story.tell("it is back and follows the new one", "heal ; run 600 ; expect one leader")
    story.must(story.terms()[1] == term, f"it is back, and for that there is an election: term "
               f"{term} went to {story.terms()[1]}, though a leader was there")  # fmt: skip
    story.safe()


@story("without a majority nobody is elected, and with one somebody is", 3, "§5.2",
       "ElectionLeaderAndAnotherDisconnect", "ElectionDisconnectAllThenRestore")  # fmt: skip
def no_majority_no_leader(case):
    story = case.story(servers=3).elect()
    old = story.run.leader
    story.tell("all are alone", "partition S1 | S2 | S3")
    at = story.run.position
    story.tell("", "run 3000")
    led = story.led(at) - {old}
    story.must(not led, f"{' and '.join(sorted(led))} leads, and hears nobody")
    story.tell("all hear each other again", "heal ; run 1000 ; until one leader within 20 timeouts")
    story.safe()


@story("seven servers, nine times three cut off", 3, "§5.2", "TestManyElections3A",
       "ElectionDisconnectLoop")  # fmt: skip
def many_elections(case):
    story = case.story(servers=7).elect()
    for _ in range(9):
        ids = case.luck.shuffled(story.run.state.config.servers)
        story.tell("three of seven are cut off", f"isolate {' '.join(ids[:3])}")
        at = story.run.position
        for _ in range(20):
            story.tell("", "run 300")
            if story.led(at) - set(ids[:3]):
                break
        else:
            story.must(False, "four of seven hear each other for twenty election timeouts, and "
                       "none of them leads")  # fmt: skip
        story.tell("all are back", "heal ; run 300")
    story.tell("in the end one leads", "until one leader within 20 timeouts")
    story.safe()


@story("a split vote is settled by the next election", 2, "§5.2", "SplitVote")
def split_vote(case):
    story = case.story(servers=4, jitter=0)
    story.tell("two of four stand at once, and each has two votes",
               "fire S1 ; fire S2 ; deliver RequestVote S1->S3 ; deliver RequestVote S2->S4 ; "
               "settle")  # fmt: skip
    story.tell("chance lets one be first next time", "until one leader within 20 timeouts")
    story.safe()


@story("a message in ten is lost, and still somebody leads", 2, "§5.2")
def lossy_elections(case):
    story = case.story(servers=5, loss=0.1)
    story.tell("messages get lost", "until leader within 20 timeouts ; run 3000")
    led = sum(any(step.state.observe(id).role == "leader" for id in step.state.config.servers)
              for step in story.run.steps)  # fmt: skip
    story.must(2 * led > len(story.run.steps), "with a message in ten lost it is without a leader "
               f"at {len(story.run.steps) - led} of {len(story.run.steps)} steps")  # fmt: skip
    story.safe()


@story("late, doubled and overtaking messages elect nobody twice", 3, "§5.2",
       "ElectionSafetyStress")  # fmt: skip
def stormy_elections(case):
    story = case.story(servers=5, jitter=400, duplicate=0.3, loss=0.05)
    story.tell("messages come late, twice and in any order", "run 6000")
    story.safe()
    story.tell("the network calms down", "tune jitter=10 duplicate=0 loss=0 ; run 1500 ; "
               "until one leader within 20 timeouts")  # fmt: skip
    story.safe()


@story("a leader that stood still learns that it no longer leads", 2, "§5.1",
       "pause makes two leaders")  # fmt: skip
def paused_leader(case):
    story = case.story(servers=3).elect()
    old = story.run.leader
    story.tell("the leader stands still, and another is elected",
               f"count ; pause {old} ; until new leader within 10 timeouts ; run 100")  # fmt: skip
    story.tell("it goes on, and follows", f"resume {old} ; run 400 ; expect {old} follower")
    story.tell("", "expect one leader")
    story.safe()


@story("a leader that hears nothing but is heard keeps the others quiet", 1, "§5.2", "deaf server")
def deaf_leader(case):
    story = case.story(servers=3).elect()
    leader = story.run.leader
    for other in story.run.state.config.servers:
        if other != leader:
            story.run.cut(other, leader)
    at = story.run.position
    story.tell("answers to the leader are lost, its heartbeats are not", "run 1500")
    story.must(story.terms(at)[0] == story.terms(at)[1], "heartbeats arrive, and somebody stands")


@story("an election takes few messages", 2, "§5.2", "TestCount3B (elections)")
def election_budget(case):
    story = case.story(servers=3, latency=5, jitter=0)
    story.tell("", "until leader within 10 timeouts ; settle")
    elections = max(1, story.terms()[1])
    sent = len(story.sent(0))
    story.must(sent <= 30 * elections, f"{elections} elections among three took {sent} messages")


@story("a leader at rest sends a heartbeat at a time", 2, "§5.2", "TestCount3B (idle)")
def idle_budget(case):
    story = case.story(servers=3, latency=5, jitter=0).elect()
    at = story.run.position
    story.tell("", "run 1000")
    beats = len(story.sent(at, AppendEntries))
    story.must(36 <= beats <= 44, "in a second at rest, with heartbeat_interval 50 ms, two others "
               f"are sent 40 AppendEntries; it sends {beats}")  # fmt: skip


@search("in no order of events two lead one term", 5, "§5.2, Election Safety; Figure 3",
        "DSLabs search: election safety")  # fmt: skip
def two_never_lead(case):
    case.search(servers=3, terms=2, requests=0, cut=False)
    case.search(servers=3, terms=1, requests=0)
    case.search(servers=3, terms=2, requests=0, by="messages", states=13_000,
                acts=("S1", "S2"), depth=9)  # fmt: skip


@search("in no order of events two lead four servers", 2, "§5.2, Election Safety")
def two_never_lead_four(case):
    case.search(servers=4, terms=1, requests=0, cut=False, acts=("S1", "S2"))


@search("in no order of events a minority elects anybody", 3, "§5.2",
        "DSLabs 21: no progress in minority")  # fmt: skip
def minority_never_elects(case):
    def begin(run):
        run.partition(["S1", "S2"], ["S3", "S4", "S5"])

    def nobody_leads(state):
        return not any(state.observe(id).role == "leader" for id in ("S1", "S2"))

    case.search(servers=5, terms=3, requests=0, begin=begin, acts=("S1", "S2"),
                always={"two of five elect nobody": nobody_leads})  # fmt: skip

"""The scenario language: every verb, everything that can be expected, how a file is read."""

import pytest

import raftlab as rl
from raftlab.core import (
    Crash,
    CrashDuring,
    Cut,
    Delay,
    Deliver,
    Drift,
    Drop,
    Duplicate,
    Fire,
    Heal,
    Impossible,
    Partition,
    Pause,
    Rearm,
    Request,
    Restart,
    Resume,
    Sync,
    Tune,
    Unsync,
    Wait,
    Wipe,
)
from raftlab.protocols.raft_messages import RequestVote
from raftlab.scenarios import played
from raftlab.sim.scenario import read
from raftlab.sim.scenario_claims import CLAIMS
from raftlab.sim.scenario_macros import MACROS
from raftlab.sim.scenario_verbs import ACTIONS

VOTE = RequestVote(1, "S1", 0, 0)


def after(*lines, cluster="raft servers=3 seed=1 jitter=0"):
    """The history after these lines."""
    return rl.scenario("\n".join([f"cluster {cluster}", *lines]), at="end")


def taken(run, count):
    return [step.action for step in run.steps[len(run.steps) - count :]]


# -- actions ------------------------------------------------------------------------------

# What was done before, the verb, the actions it means.
DONE = [
    ("wait 1", "fire S1", [Fire("S1", "election")]),
    ("wait 1", "fire S2 election", [Fire("S2", "election")]),
    ("fire S1", "deliver RequestVote S1->S2", [Deliver("S1", "S2", VOTE)]),
    ("fire S1", "deliver RequestVote S1→S3", [Deliver("S1", "S3", VOTE)]),
    ("fire S1", "drop RequestVote S1->S2", [Drop("S1", "S2", VOTE)]),
    ("fire S1", "duplicate RequestVote S1->S2 #1", [Duplicate("S1", "S2", VOTE)]),
    ("fire S1", "delay RequestVote S1->S2 by 40", [Delay("S1", "S2", VOTE, 0, 40)]),
    ("fire S1 ; fire S1", "drop RequestVote S1->S2 #2",
     [Drop("S1", "S2", RequestVote(2, "S1", 0, 0))]),
    ("fire S1 ; duplicate RequestVote S1->S2", "delay RequestVote S1->S2 #2 by 0.5",
     [Delay("S1", "S2", VOTE, 1, 0.5)]),
    ("elect S1", "request x=5", [Request("S1", ("set", "x", 5), None, 10)]),
    ("elect S1", "request x=5 at S2", [Request("S2", ("set", "x", 5), None, 10)]),
    ("elect S1", "request x=5 at leader as C9#1", [Request("S1", ("set", "x", 5), "C9", 1)]),
    ("elect S1", "request x+=1 as #7", [Request("S1", ("add", "x", 1), None, 7)]),
    ("elect S1", "request 'two words' at S1", [Request("S1", "two words", None, 10)]),
    ("elect S1", "request x=a; b", None),
    ("elect S1", "request members S1 S2", [Request("S1", ("members", ("S1", "S2")), None, 10)]),
    ("wait 1", "crash S1", [Crash("S1")]),
    ("wait 1", "crash S1 S2", [Crash("S1"), Crash("S2")]),
    ("elect S2", "crash leader", [Crash("S2")]),
    ("wait 1", "crash during fire S1", [CrashDuring(Fire("S1", "election"), 0)]),
    ("fire S1", "crash during deliver RequestVote S1->S2",
     [CrashDuring(Deliver("S1", "S2", VOTE), 0)]),
    ("elect S1 with S2 ; lose all ; fire S1 heartbeat",
     "crash during deliver AppendEntries S1->S3 with 1 written", CrashDuring),
    ("crash S1", "restart S1", [Restart("S1")]),
    ("wait 1", "pause S1 S3", [Pause("S1"), Pause("S3")]),
    ("pause S1", "resume S1", [Resume("S1")]),
    ("wait 1", "unsync S1", [Unsync("S1")]),
    ("unsync S1", "sync S1", [Sync("S1")]),
    ("crash S1", "wipe S1", [Wipe("S1")]),
    ("wait 1", "drift S1 1.5", [Drift("S1", 1.5)]),
    ("wait 1", "rearm S1 in 40", [Rearm("S1", "election", 40)]),
    ("elect S1", "rearm S1 heartbeat in 0.5", [Rearm("S1", "heartbeat", 0.5)]),
    ("wait 1", "partition S1 | S2 S3", [Partition((("S1",), ("S2", "S3")))]),
    ("wait 1", "partition S1 S2", [Partition((("S1", "S2"),))]),
    ("wait 1", "cut S1->S2", [Cut("S1", "S2")]),
    ("wait 1", "cut S1<->S2 S3->S1", [Cut("S1", "S2"), Cut("S2", "S1"), Cut("S3", "S1")]),
    ("cut S1<->S2", "heal", [Heal()]),
    ("cut S1<->S2", "heal S1->S2", [Heal("S1", "S2")]),
    ("wait 1", "tune loss=0.1", [Tune("loss", 0.1)]),
    ("wait 1", "tune loss=0 election_timeout=200..300",
     [Tune("loss", 0), Tune("election_timeout", (200, 300))]),
    ("wait 1", "wait 50", [Wait(51.0)]),
    ("wait 1", "wait until 50", [Wait(50)]),
]  # fmt: skip


@pytest.mark.parametrize("before, verb, actions", DONE)
def test_a_verb_means_an_action(before, verb, actions):
    if actions is None:
        with pytest.raises(Impossible):
            after(before, verb)
    elif actions is CrashDuring:
        [action] = taken(after(before, verb), 1)
        assert type(action) is CrashDuring and action.written == 1
    else:
        assert taken(after(before, verb), len(actions)) == actions


def test_every_verb_for_an_action_is_tested():
    assert {verb.split()[0] for _, verb, _ in DONE} == set(ACTIONS)


# -- macros -------------------------------------------------------------------------------


def links(run, name="RequestVote"):
    return [f"{e.src}->{e.dst}" for e in run.state.network if type(e.message).__name__ == name]


@pytest.mark.parametrize("which, left", [
    ("", []),
    ("RequestVote", []),
    ("requests", []),
    ("from S1", ["S3->S1", "S3->S2"]),
    ("to S2", ["S1->S3", "S3->S1"]),
    ("S1<->S3", ["S1->S2", "S3->S2"]),
    ("S1->S3", ["S1->S2", "S3->S1", "S3->S2"]),
    ("RequestVote from S3 to S1", ["S1->S2", "S1->S3", "S3->S2"]),
])  # fmt: skip
@pytest.mark.parametrize("verb", ["deliver", "lose"])
def test_all_of_what_matches_is_delivered_or_lost(verb, which, left):
    run = after("fire S1 ; fire S3", f"{verb} all {which}")
    assert links(run) == left
    assert bool(links(run, "RequestVoteReply")) == (verb == "deliver")


def test_what_is_delivered_is_what_was_in_flight_and_not_what_follows():
    run = after("fire S1 ; deliver all ; deliver all replies")
    assert run.leader == "S1" and links(run, "AppendEntries") == ["S1->S2", "S1->S3"]


def test_what_cannot_arrive_is_lost_instead_and_what_waits_waits():
    run = after("fire S1 ; crash S2 ; pause S3 ; deliver all")
    assert links(run) == ["S1->S3"]
    assert run.why()[0].startswith("RequestVote S1→S2 finds S2 down")


def test_settle_goes_on_until_nothing_moves_and_touches_no_timer():
    run = after("fire S1 ; settle")
    assert run.leader == "S1" and not run.state.network
    assert not any(type(step.action) is Fire for step in run.steps[2:])


def test_settle_among_some_leaves_the_rest_in_flight():
    run = after("fire S1 ; settle among S1 S2")
    assert run.leader == "S1" and links(run) == ["S1->S3"]


def test_settle_gives_up_on_messages_without_end():
    class Echo(rl.Node):
        def start(self):
            self.broadcast("hello")

        def on_message(self, src, message):
            self.send(src, message)

    with pytest.raises(Impossible, match="after 10000 deliveries there are still messages"):
        rl.scenario("cluster Echo servers=2 seed=1\nsettle", protocol=Echo)


def test_elect_is_a_timeout_and_what_follows_from_it():
    assert after("elect S1 with S2").leader == "S1"
    assert after("elect S1 with S2")["S3"].current_term == 0
    with pytest.raises(Impossible, match="S1 is not elected: it is a candidate in term 1"):
        after("crash S2 S3", "elect S1")


def test_isolate_keeps_what_was_cut_before():
    run = after("isolate S1")
    assert [type(action) for action in taken(run, 1)] == [Partition] and len(run.state.cuts) == 4
    assert len(after("isolate S1 ; isolate S2").state.cuts) == 6
    assert len(after("isolate S1 S1").state.cuts) == 4


def test_time_runs_by_ms_by_events_and_until_something_is_so():
    assert after("run 500").now == 500
    assert len(after("step 3 ; step")) == 4
    run = after("until leader within 2 timeouts")
    assert run.leader and len(run) == after("until leader within 600").position
    assert not after("until quiet", "fire S1 ; until quiet").state.network
    assert after("until not S1 follower").state.observe("S1").role == "candidate"
    with pytest.raises(Impossible, match="it was not so within 100 ms: nobody leads"):
        after("until leader within 100")


def test_reboot_repeat_begin_count_and_show():
    assert taken(after("reboot S1 S2"), 4) == [
        Crash("S1"), Restart("S1"), Crash("S2"), Restart("S2"),
    ]  # fmt: skip
    run = after(
        "elect S1", "repeat 3 { request x+=1 ;", "  repeat 2 { settle }", "fire S1 heartbeat }"
    )
    assert run["S1"].machine.data == {"x": 3}
    assert rl.scenario("cluster raft servers=3 seed=1\nfire S1 ; begin ; fire S2").position == 1
    text = "cluster raft servers=3 seed=1 jitter=0\nfire S1 ; show time all flight\n----\n"
    assert played(read(text)).lines == ((
        "at 168.711 ms", "S1     candidate  t1  votes {S1}", "S2 S3  follower   t0",
        "in flight: RequestVote t1 S1->S2, S1->S3",
    ),)  # fmt: skip
    text = (
        "cluster raft servers=3 seed=1 jitter=0\nelect S1 ; request x=2 ; settle ; show next data"
    )
    assert played(read(f"{text}\n----\n")).lines[0][2:] == (
        "S1 sends S2 S3 from 3 (up to 2 stored)", "S1 holds x=2", "S2 S3 hold nothing",
        "S1: x=2 answered 2",
    )  # fmt: skip


def test_every_macro_is_documented_and_has_a_test_here():
    assert set(MACROS) == {
        "deliver", "lose", "settle", "elect", "isolate", "run", "step", "until", "reboot",
        "repeat", "begin", "count", "show", "expect",
    }  # fmt: skip


# -- what can be expected -----------------------------------------------------------------

ELECTED = "elect S1 ; request x=5 ; settle"
TWO = "elect S1 ; isolate S1 ; elect S2 with S3"
BROKEN = "raft!votes-twice servers=3 seed=1 jitter=0"
SHOUT = "fire S1 ; fire S3 ; deliver all RequestVote to S2 ; deliver all replies from S2"

# What was done, a claim that then holds, a claim that does not.
CLAIMED = [
    ("elect S1", "leader", "no leader"),
    ("elect S1", "leader S1", "leader S2"),
    ("wait 1", "no leader", "leader"),
    ("elect S1", "one leader", "no leader in t1"),
    (TWO, "leaders S1 S2", "one leader"),
    (TWO, "leaders S2 S1", "leaders S2"),
    ("elect S1 ; crash S1", "no leader", "no leader in t1"),
    ("fire S1", "no leader in t1", "S1 leads"),
    ("elect S1 ; count ; isolate S1 ; elect S2 with S3", "new leader", "term 1"),
    ("elect S1 ; count", "leader", "new leader"),
    ("elect S1", "term 1", "term 2"),
    (TWO, "S2 S3 term 2", "all term 2"),
    (ELECTED, "commit 2", "commit 3"),
    (ELECTED, "S2 commit 1", "S2 commit 2"),
    (ELECTED, "committed x=5", "committed x=6"),
    (ELECTED, "committed x=5 on S1", "committed x=5 on S1 S2"),
    (ELECTED, "same logs", "not same logs"),
    (TWO, "same logs on S2 S3", "same logs"),
    ("elect S1", "safe", "broken election_safety"),
    ("wait 1", "quiet", "1 messages in flight"),
    ("fire S1", "2 RequestVote in flight", "quiet"),
    ("fire S1", "2 messages in flight", "2 AppendEntries in flight"),
    (ELECTED, "answered S1 5", "answered S1 6"),
    ("elect S1 ; request x? as C1#1 ; settle", "answered C1 nothing", "answered C1 0"),
    ("elect S1 ; request x=5 as C1#1", "unanswered C1", "answered C1"),
    ("elect S1 ; request x=5 at S2 as C1#1", "refused C1", "unanswered C1"),
    ("elect S1 ; request x=5 as C1#1", "not refused C1", "refused C1"),
    ("count ; elect S1", "at most 8 messages", "at most 7 messages"),
    ("elect S1", "at least 8 messages", "at least 9 messages"),
    ("elect S1", "at most 2 RequestVote", "at most 1 RequestVote"),
    ("elect S1 ; count", "at most 0 messages", "at least 1 messages"),
    (ELECTED, "at most 4 entries", "at most 3 entries"),
    ("count ; run 600", "at most 2 timeouts", "at most 1 timeouts"),
    ("run 100 ; count ; run 10", "at most 10 ms", "at least 11 ms"),
    (TWO, "S1 S2 leads", "S1 S3 leads"),
    (ELECTED, "all log 1 1:x=5", "all log 1 1:x=6"),
    (ELECTED, "all log 1 1", "all log 1 2"),
    ("wait 1", "all log empty", "S1 log 1"),
    ("elect S1 ; request x=5 as C1#1", "S1 log 1 1:x=5[C1#1]", "S1 log 1 1:x=5[C1#2]"),
    ("elect S1 ; repeat 9 { request x+=1 }", "S1 log 1 1:x+=1×9", "S1 log 1 1:x+=1×8"),
    ("elect S1", "S1 keeps at most 1 entries", "S1 keeps at most 0 entries"),
    (ELECTED, "S1 holds x=5", "S1 holds x=6"),
    (ELECTED, "S2 S3 holds nothing", "all holds nothing"),
    ("elect S1", "S2 S3 voted S1", "S2 voted S3"),
    ("elect S1", "leader voted S1", "S1 voted nobody"),
    ("fire S1", "S1 votes S1", "S1 votes S1 S2"),
    ("elect S1", "all follows S1", "S2 follows S3"),
    ("elect S1", "S2 S3 follower", "all follower"),
    ("fire S1", "S1 candidate", "S1 leader"),
    ("crash S1", "S1 down", "S1 up"),
    ("crash S1", "S2 S3 up", "S2 down"),
    ("elect S1 ; pause S1", "S1 paused", "S1 up"),
    ("elect S1 ; pause S1", "S1 leader", "S1 follower"),
]  # fmt: skip


@pytest.mark.parametrize("before, true, false", CLAIMED)
def test_a_claim_holds_or_does_not(before, true, false):
    after(before, f"expect {true}", f"expect not {false}")
    for wrong in (false, f"not {true}"):
        with pytest.raises(Impossible, match="it is not so: ."):
            after(before, f"expect {wrong}")


def test_broken_properties_are_expected_by_name():
    after(SHOUT, "expect broken election_safety", cluster=BROKEN)
    with pytest.raises(Impossible, match="not so: .*; election_safety: S1 and S3 both lead"):
        after(SHOUT, "expect safe", cluster=BROKEN)
    with pytest.raises(
        Impossible, match="there is no property 'safety'; there are election_safety"
    ):
        after("expect broken safety")


def test_every_kind_of_claim_is_tested():
    tested = {name for _, *claims in CLAIMED for claim in claims for name in _kinds(claim)}
    assert set(CLAIMS) == tested


def _kinds(claim):
    from raftlab.sim.scenario_claims import _COMPILED

    claim = claim.removeprefix("not ")
    pattern = next(p for p, _ in _COMPILED if p.fullmatch(claim))
    return [name for name, (p, _) in zip(CLAIMS, _COMPILED, strict=True) if p is pattern]


# -- the file -----------------------------------------------------------------------------


def test_a_file_is_read_as_it_is_meant():
    found = read("""\
# A title. (§5)
# More about it,
# and more.
# watch: this
# and that.
# also: One, Two
cluster raft servers=2 seed=-7 clients=1 loss=0.1 election_timeout=150..300
server S1 term=3 log=1,2:x=5 voted_for=S2 commit=1 role=leader
server S2 term=2 votes_granted=['S1', 'S2']
----
S1  leader

# Story,
# told.
fire S2 ; crash S1
restart S1
expect S1 up
----
expect S1 up
expect safe
""")
    assert found.title == "A title. (§5)" and found.told == "More about it, and more."
    assert found.watch == "this and that." and found.also == ("One", "Two")
    assert found.about == {
        "protocol": "raft", "seed": -7, "clients": 1,
        "dials": {"loss": 0.1, "election_timeout": (150, 300)},
        "nodes": [
            ["S1", {"current_term": 3, "log": [[1, None, None, 0], [2, ("set", "x", 5), None, 0]],
                    "voted_for": "S2", "commit_index": 1, "role": "leader"}],
            ["S2", {"current_term": 2, "votes_granted": ["S1", "S2"]}],
        ],
    }  # fmt: skip
    boot, block = found.blocks
    assert boot.verbs == () and boot.lines == ("S1  leader",) and boot.story == ""
    assert block.story == "Story, told." and block.lines == ()
    assert block.verbs == (
        (15, "fire S2"), (15, "crash S1"), (16, "restart S1"), (17, "expect S1 up"),
    )  # fmt: skip
    assert block.claims == ((19, "expect S1 up"), (20, "expect safe"))


def test_servers_may_have_other_names_and_only_some_be_described():
    run = after("elect right", cluster="raft servers=left,right seed=1\nserver right term=4")
    assert run.state.config.servers == ("left", "right") and run["right"].current_term == 5


def test_a_snapshot_and_failing_hardware_show():
    run = after("elect S1 ; unsync S2 ; drift S3 0.5", cluster="raft servers=3 seed=1")
    text = "cluster raft+snapshots servers=1 seed=1 snapshot_after=2\nelect S1 ; request x=1 ; "
    found = played(read(f"{text}request x=2 ; expect S1 log [2] 1:x=2\n----\n"))
    assert found.lines == (("S1  leader  t1  log [2] 1:x=2  commit 3",
                            "S1: x=1 answered 1", "S1: x=2 answered 2"),)  # fmt: skip
    from raftlab.sim.scenario_lines import lines

    told = lines(run.steps, run.position)
    assert told[1].endswith("log 1            disk lies") and told[2].endswith("clock ×0.5")

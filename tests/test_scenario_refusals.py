"""Whatever is wrong with a scenario is said with its line, and with what there is instead."""

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.scenarios import played
from raftlab.sim.scenario import read
from raftlab.sim.scenario_macros import Play

# The text, then what is said: the line's number, the line, and what exists instead.
WRONG = [
    ("", "line 1: the end\n  a scenario begins with its cluster, such as: cluster raft servers=3"),
    ("# only\n\nfire S1", "line 3: fire S1\n  a scenario begins with its cluster"),
    ("cluster", "line 1: cluster\n  name the protocol: cluster raft servers=3 seed=1"),
    ("cluster rift servers=3", "line 1: cluster rift servers=3\n  there is no protocol 'rift'"),
    ("cluster raft moon=3", "line 1: cluster raft moon=3\n  there is no dial 'moon'; there are"),
    ("cluster raft servers", "write servers with its setting, such as servers=3 or loss=0.1"),
    ("cluster raft servers=0", "servers must be a number from 1 to 99, not 0"),
    (
        "cluster raft servers=3\nserver S4 term=1",
        "line 2: .*\n  there is no server S4; there are S1",
    ),
    ("cluster raft servers=3\nserver S1 term", "line 2: .*\n  write term with its value, such as"),
    ("cluster raft servers=3\nserver S1 log=1,x", "line 2: .*\n  'x' is no entry; write its term"),
    ("cluster raft servers=3\nserver S1 moon=1", "Raft has no field 'moon'; it has current_term"),
    ("cluster raft servers=3\nserver ", "name the server: server S1 term=3"),
    ("fly S1", "line 2: fly S1\n  there is no verb 'fly'; there are fire, deliver, "),
    ("delivr S1->S2", "line 2: delivr S1->S2\n  there is no verb 'delivr'; did you mean deliver"),
    ("fire S9", "line 2: fire S9\n  there is no node 'S9'; there are S1, S2, S3"),
    ("fire S1 moon", "S1 has no timer 'moon' running; it has election"),
    ("fire", "write: fire S1 \\[timer\\]"),
    ("crash leader", "nobody leads now; name a server"),
    ("deliver RequestVote", "write: deliver RequestVote S1->S3"),
    ("deliver RequestVote S1", "'RequestVote'|write"),
    ("deliver RequestVote S1 S2", "'S1' is no link; write S1->S2, or S1<->S2"),
    ("deliver RequestVote S1->S2", "no such RequestVote is in flight S1→S2; in flight there: n"),
    ("fire S1 ; deliver RequestVote S1->S2 #2", "no such RequestVote is in flight S1→S2"),
    ("fire S1 ; deliver RequestVote S1->S2 #0", "'0' is no whole number from 1"),
    ("fire S1 ; deliver RequestVote S1->S2 now", "write: deliver RequestVote"),
    ("fire S1 ; delay RequestVote S1->S2", "write: delay RequestVote S1->S3 \\[#2\\] by 40"),
    ("deliver all replies", "nothing in flight is that; in flight: nothing"),
    ("fire S1 ; lose all RequstVote", "nothing in flight is that; in flight: RequestVote S1->S2"),
    ("lose RequestVote", "say of all what: all, all RequestVote, all replies to S1"),
    ("request x=5", "nobody leads now; name a server"),
    ("request x at S1", "'x' is no command; write x=5"),
    ("request x=5 at S1 as C9", "write: request x=5"),
    ("request", "write: request x=5"),
    ("crash during crash S1", "write: crash S1 or crash during fire S1 \\[with 1 written\\]"),
    ("crash during fire S1 with x written", "'x' is no whole number from 0"),
    ("drift S1", "write: drift S1 1.5"),
    ("drift S1 fast", "write: drift S1 1.5"),
    ("rearm S1", "write: rearm S1 .timer. in 40"),
    ("rearm S1 election 40", "write: rearm S1 .timer. in 40"),
    ("rearm S1 in soon", "a timer runs out in a number of ms from 0 on, not in 'soon'"),
    ("partition", "write: partition S1 S2 | S3 S4 S5"),
    ("partition S1 | S9", "there is no node 'S9'"),
    ("cut", "write: cut S1->S2"),
    ("heal S1->S2", "the link S1→S2 is not cut; cut are: none"),
    ("tune", "write: tune loss=0.1"),
    ("tune moon=1", "there is no dial 'moon'; there are latency"),
    ("wait", "write: wait 50"),
    ("wait long", "write: wait 50"),
    ("wait 5000", "something happens at .* before 5000"),
    ("run", "write: run 500 \\(ms\\)"),
    ("run fast", "write: run 500 \\(ms\\)"),
    ("step x", "'x' is no whole number from 1"),
    ("crash S1 S2 S3 ; step 3", "only 0 of 3 events happen"),
    ("settle S1", "write: settle \\[among S1 S2 S3\\]"),
    ("settle among", "write: settle \\[among S1 S2 S3\\]"),
    ("elect", "write: elect S1 \\[with S2 S3\\]"),
    ("elect S1 S2", "write: elect S1 \\[with S2 S3\\]"),
    ("isolate", "write: isolate S1"),
    ("reboot", "write: reboot S1"),
    ("repeat 3", "write: repeat 5 { verb ; verb }"),
    ("repeat 0 { fire S1 }", "'0' is no whole number from 1"),
    ("repeat 2 { fire S1", "a bracket is opened and not closed"),
    ("repeat 2 fire S1 }", "'}' closes nothing"),
    ("begin ; begin", "the scenario has begun already"),
    ("show moon", "there is no 'moon' to show; there are all, time, flight, next, data"),
    ("show", "there is no '' to show"),
    ("until leader within", "write how long: within 500, or within 3 timeouts"),
    ("until leader within 5 moons", "write how long: within 500, or within 3 timeouts"),
    ("expect moon", "'moon' cannot be expected; what can: leader; one leader; new leader"),
    ("expect", "'nothing' cannot be expected"),
    ("expect S9 leads", "there is no node 'S9'"),
    ("expect answered C9 1", "C9 has asked for nothing yet"),
    ("----\nexpect leader", "line 3: expect leader\n  it is not so: nobody leads"),
    ("----\nexpect safe\nS1 leader", "line 4: .*\n  behind the first expect only others may stand"),
    ("fire S1\nfire S2 ; fire S8", "line 3: fire S8\n  there is no node"),
]


@pytest.mark.parametrize("text, says", WRONG)
def test_what_is_wrong_is_said_with_its_line_and_what_there_is_instead(text, says):
    if "cluster" not in text and text and not text.startswith("#"):
        text = f"cluster raft servers=3 seed=1 jitter=0\n{text}"
    with pytest.raises(Impossible, match=f"(?s){says}"):
        played(read(text))


def test_the_name_of_the_file_is_said_too():
    with pytest.raises(Impossible, match="mine, line 2: fly"):
        played(read("cluster raft servers=1 seed=1\nfly", "mine"))


def test_a_timeout_is_no_measure_where_nobody_has_one():
    class Plain(rl.Node):
        pass

    with pytest.raises(Impossible, match="this protocol has no election timeout; give ms"):
        rl.scenario(
            "cluster Plain servers=1 seed=1\nuntil leader within 2 timeouts", protocol=Plain
        )


def test_a_verb_that_fails_leaves_the_history_as_it_was():
    run = rl.cluster("raft", servers=3, seed=1)
    before = run.dump()
    for verb in ("fire S9", "tune moon=1", "deliver all x", "request x", "drift S1 99"):
        with pytest.raises(Impossible):
            Play(run).do(verb)
    assert run.dump() == before

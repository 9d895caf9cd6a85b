"""What a learner reads of a step: short headlines, and sentences that say more than those."""

import warnings
from types import SimpleNamespace

import pytest
from IPython.lib.pretty import pretty

import raftlab as rl
from raftlab.core import Impossible


def elected(**more):
    run = rl.cluster("raft", servers=5, seed=7, **more)
    run.until(lambda run: run.leader)
    return run


@pytest.mark.parametrize("act, headline, sentence", [
    (lambda run: run.delay("AppendEntries", "S5", "S1", 40), "AppendEntries S5→S1 put off by 40 ms",
     "it arrives 40 ms later than it would have; others may overtake it"),
    (lambda run: run.duplicate("AppendEntries", "S5", "S1"), "AppendEntries S5→S1 doubled",
     "a copy of it is under way as well: its receiver will get it twice"),
    (lambda run: run.cut("S1", "S5"), "cut S1→S5",
     "messages from S1 to S5 are lost from now on; those back still pass"),
    (lambda run: (run.cut("S5", "S1"), run.cut("S1", "S5")), "cut S1→S5",
     "messages from S1 to S5 are lost from now on; those back are lost as well"),
    (lambda run: (run.cut("S1", "S5"), run.heal("S1", "S5")), "link S1→S5 healed",
     "messages from S1 to S5 pass again; what was sent while it was cut stays lost"),
    (lambda run: run.heal(), "all links healed",
     "every link passes messages again; what was sent while it was cut stays lost"),
    (lambda run: run.tune(election_timeout=(200, 300)), "election timeout is now 200 to 300 ms",
     "each node goes by it from the next time that it needs it"),
    (lambda run: run.tune(loss=0.25), "loss is now 25 %",
     "so many of the messages sent from now on never arrive, by chance"),
    (lambda run: run.run(1), "time passes, now 224.6 ms",
     "meanwhile no message arrives and no timer runs out"),
])  # fmt: skip
def test_the_sentence_of_an_act_says_more_than_its_headline(act, headline, sentence):
    run = elected()
    act(run)
    assert rl.sim.headline(run.steps[-1].action) == headline
    assert run.why() == (sentence,)


def test_what_is_sent_over_a_cut_link_stays_lost_after_the_link_is_healed():
    """As the sentence claims."""
    run = elected()
    run.partition([run.leader])
    run.fire(run.leader, "heartbeat")
    run.heal()
    here = run.position
    run.run(30)
    lost = [step.effects[0].code for step in run.steps[here:] if type(step.action) is rl.core.Drop]
    assert lost == ["lost-cut"] * 4


def test_one_entry_is_one_entry_and_two_are_two():
    """§5.3: what is stored and what is applied."""
    run = elected()
    run.run(40)
    for x in (1, 2):
        run.request(("set", "x", x))
    run.run(300)
    told = {sentence for at in range(len(run) + 1) for sentence in run.why(at)}
    assert any(said.startswith("S1 stores S5's entry 1 (") for said in told)
    assert any(said.startswith("S1 stores S5's entries 2 to 3 (") for said in told)
    assert "S5 applies entry 1, which it now knows to be committed (§5.3, §5.4.2)" in told
    assert not any("entries 1 to 1" in said for said in told)


def test_a_request_is_told_as_a_person_writes_it():
    run = rl.cluster("raft", servers=3, seed=7, clients=1)
    run.request(("set", "x", 5), to="C1")
    assert run.why() == ("C1 asks S1 for x=5 (request 1)",)
    run.request(("get", "x"), to="S2")
    assert run.why() == ("S2 does not lead and knows of no leader: the client must ask again (§8)",)


def test_operations_in_a_notebook_are_lines_that_fit():
    run = rl.cluster("raft", servers=3, seed=7, clients=2)
    run.request(("set", "x", 5), to="C1")
    run.run(800)
    run.request(("get", "x"), to="C1")
    run.request(("get", "y"), to="S2" if run.leader != "S2" else "S1")
    done, waiting, refused = pretty(run.operations()).splitlines()
    assert done.startswith("[C1: x=5, asked at 0 ms, answered at ") and done.endswith(" ms: 5,")
    assert waiting.strip() == "C1: x?, asked at 800 ms, no answer: it may or may not have happened,"
    assert "y?, asked at 800 ms, refused at 800 ms: NotLeader" in refused
    assert max(map(len, (done, waiting, refused))) < 90
    assert [str(op) for op in run.operations()] == [
        line.strip(" [],") for line in (done, waiting, refused)
    ]


def test_to_crash_the_leader_where_nobody_leads_says_so():
    run = rl.cluster("raft", servers=3)
    with pytest.raises(Impossible, match="no node None; there are S1, S2, S3 .while nobody leads"):
        run.crash(run.leader)


def test_in_a_notebook_a_bad_timing_is_told_below_the_cell_and_not_as_an_accident(monkeypatch):
    """Elsewhere it is a Python warning, which others can silence."""
    published = []

    class Shell:
        kernel = True
        display_pub = SimpleNamespace(publish=published.append)

    monkeypatch.setattr("IPython.get_ipython", Shell)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = rl.cluster("raft", servers=3, election_timeout=(200, 200))
        run.tune(election_timeout=(210, 210))
    assert [told["text/plain"].split(":")[0] for told in published] == ["Timing", "Timing"]
    assert "every election timeout is 200 ms" in published[0]["text/html"]
    monkeypatch.undo()
    with pytest.warns(UserWarning, match="every election timeout is 200 ms"):
        rl.cluster("raft", servers=3, election_timeout=(200, 200))

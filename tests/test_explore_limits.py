"""A search is honest about what it covered and where it stopped, and refuses what it cannot do."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from searched import Trips, cluster, explore, leaders, s1_leads, two_lead

import raftlab as rl
from raftlab.checks import explore as checks_explore
from raftlab.checks.engine import SetEngine

# -- predicates, and what it says ----------------------------------------------------------


def test_a_claim_of_ones_own_is_broken_with_its_name():
    claim = {"nobody leads": lambda state: not leaders(state)}
    for by in ("rounds", "messages", "walks"):
        found = explore(cluster(), by=by, always=claim)
        assert found.ok is False and found.verdicts[0].name == "nobody leads"
        assert leaders(found.run.state)


def test_a_pass_is_worth_little_if_what_should_be_possible_was_never_seen():
    found = explore("raft", terms=1, sometimes={
        "somebody leads": leaders, "three lead": lambda state: len(leaders(state)) == 3,
    })  # fmt: skip
    assert found.sometimes["somebody leads"] and found.sometimes["three lead"] is None
    assert found.ok is None and "never seen, so this says little: three lead" in repr(found)
    first = repr(found).splitlines()[0]
    assert first.endswith("within the bounds, but not all that should be possible was seen:")
    assert explore("raft", terms=1, sometimes={"somebody leads": leaders}).ok is True


def test_it_says_what_it_saw_on_the_way():
    assert "up to 1 term with a leader and 2 entries committed" in repr(explore("raft", terms=1))
    alone = explore("raft", terms=1, depth=1, requests=0)
    assert alone.ok is None and "Stopped by 1 round: not everything was seen" in repr(alone)


def test_limits_stop_it_and_it_can_search_on():
    found = explore("raft", by="messages", terms=1, requests=0, states=200)
    assert found.ok is None and found.stopped == "200 states" and 200 <= found.states < 937
    assert repr(found).splitlines()[0].endswith("not everything was seen; .more() searches on.")
    for counts in ({"states": -1}, {"depth": 0.5}):
        with pytest.raises(rl.Impossible, match="is a whole number from 0"):
            found.more(**counts)
    assert found.more() is found
    assert found.ok is True and found.states == 937 and found.stopped is None
    with pytest.raises(rl.Impossible, match="within the bounds was seen; give wider ones"):
        found.more()


def test_what_goes_on_counts_in_total_and_shows_how_far_it_is(monkeypatch):
    """A million states more than now if nobody says; `depth` only if somebody does."""
    told = []
    bar = contextmanager(lambda *about: (yield lambda *seen: told.append((about, *seen))))
    monkeypatch.setattr("raftlab.explorer.progress_of", bar)
    found = rl.explore("raft", by="messages", requests=0, states=200)
    assert told[-1] == (("states", None, True), found.states, "")
    told.clear()
    assert found.more(states=4000, depth=5).depth == 5 and found.stopped == "5 events"
    found.more(states=4000)
    assert 4000 <= found.states < 5000 and found.stopped == "4,000 states"
    assert told[0][0] == ("states", None, True) and told[-1][1] == found.states
    monkeypatch.setattr(checks_explore, "STATES", 1000)
    before = found.states
    assert before + 1000 <= found.more().states < before + 2000
    several = rl.explore(["raft"], by="messages", requests=0, states=200)
    told.clear()
    assert several[0].more(states=300) and told


def test_walks_that_are_all_taken_do_not_go_on():
    found = explore("raft", by="walks", walks=3, steps=10)
    assert repr(found).startswith("Nothing broke so far. Stopped by the end of 3 walks: not every")
    assert "more()" not in repr(found)
    with pytest.raises(rl.Impossible, match="give more walks, or another seed"):
        found.more()


def test_an_interrupt_keeps_what_there_is():
    def interrupt(states, depth):
        raise KeyboardInterrupt

    run = cluster()
    found = checks_explore.explore(run, by="messages", terms=2, requests=0, tick=interrupt)
    assert found.ok is None and found.stopped == "an interrupt" and found.states > 1
    assert found.more(states=3000).states >= 3000


def test_the_same_search_gives_the_same_result_whatever_the_hash_seed():
    code = (
        "import raftlab as rl\n"
        "for by in ('rounds', 'messages', 'walks'):\n"
        "    r = rl.explore('raft!votes-twice', by=by, terms=2, requests=1)\n"
        "    print(r.states, r.transitions, r.run.digest())\n"
    )
    told = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."}).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(told) == 1


# -- many searches, and bad input ----------------------------------------------------------


@pytest.mark.parametrize("pool", [ProcessPoolExecutor, ThreadPoolExecutor])
def test_an_executor_searches_several_starts_and_changes_nothing(pool):
    starts = ["raft!votes-twice", cluster("raft!wins-with-half", 4), "raft"]
    alone = explore(starts, terms=1, requests=0)
    with pool(2) as executor:
        spread = explore(starts, executor=executor, terms=1, requests=0)
    assert [repr(one) for one in spread] == [repr(one) for one in alone]
    assert [one.ok for one in spread] == [False, False, True]
    assert spread[0].run.digest() == alone[0].run.digest()


@pytest.mark.parametrize("name, terms", [("raft!votes-for-anybody", 3), ("raft", 2)])
@pytest.mark.parametrize("walks", [1, 40, 70])
def test_an_executor_shares_out_walks_and_changes_nothing(name, terms, walks):
    options = {"by": "walks", "terms": terms, "walks": walks, "steps": 30, "requests": 1,
               "sometimes": {"S1 leads": s1_leads, "two lead": two_lead}}  # fmt: skip
    alone = explore(cluster(name), **options)
    for workers in (1, 2):
        with ProcessPoolExecutor(workers) as executor:
            spread = explore(cluster(name), executor=executor, **options)
        assert repr(spread) == repr(alone) and spread.transitions == alone.transitions
        assert spread.actions == alone.actions and spread.sometimes == alone.sometimes
    with pytest.raises(rl.Impossible, match="on an executor and is gone"):
        spread.more()


def test_walks_that_are_shared_out_are_not_counted_together():
    with ThreadPoolExecutor(2) as executor, pytest.raises(rl.Impossible, match="raise states"):
        explore("raft", by="walks", executor=executor, states=100)


@pytest.mark.parametrize("options, says", [
    ({"by": "magic"}, "by rounds, messages, walks, not by 'magic'"),
    ({"terms": 0}, "terms is the highest term"),
    ({"requests": -1}, "requests is a number or a list of commands"),
    ({"crashes": 1.5}, "crashes is how many"),
    ({"late": {"AppendEntries"}}, "late is a number or a list of kinds"),
    ({"late": ["AppendEntry"]}, "nobody sends; did you mean 'AppendEntries'. There are RequestV"),
    ({"disk": True}, "without crashes there is none; crashes=1 allows one"),
    ({"disk": 2, "crashes": 1}, "True or False, not 2"),
    ({"disk": "S1", "crashes": 1}, "True or False, not 'S1'"),
    ({"executor": 4}, r"an executor is an open one, such as ProcessPoolExecutor\(\), not 4"),
    ({"acts": ["S9"]}, "acts names 'S9', which does not exist"),
    ({"late": 1, "by": "messages"}, "late messages are bounded in a search by rounds"),
    ({"against": "goodness"}, "no property 'goodness'; there are election_safety"),
    ({"symmetry": True, "by": "walks"}, "a random walk does not look at all states"),
    ({"executor": ThreadPoolExecutor()}, "runs on one core; an executor is for walks"),
])  # fmt: skip
def test_a_search_that_cannot_be_is_refused_in_a_sentence(options, says):
    with pytest.raises(rl.Impossible, match=says):
        explore("raft", **options)


def test_late_kinds_are_those_that_somebody_sends_if_that_is_known():
    options = {"depth": 0, "requests": 0, "terms": None, "late": ["ClientRequest"]}
    with pytest.raises(rl.Impossible, match="'ClientRequest', a kind of message that nobody sends"):
        explore("raft", **options)
    assert explore(rl.cluster("raft", servers=3, clients=1), **options).bounds.late == 1
    assert explore(rl.cluster(Trips, servers=2), **options).bounds.late == 1  # nobody knows


def test_a_list_needs_an_open_executor():
    with pytest.raises(rl.Impossible, match="an executor is an open one"):
        explore(["raft", "raft"], executor=4)


def test_symmetry_asked_for_where_it_cannot_be_is_refused():
    with pytest.raises(rl.Impossible, match="Trips does not say that it is symmetric"):
        explore(rl.cluster(Trips, servers=2), symmetry=True)
    with pytest.raises(rl.Impossible, match="a history has its servers already"):
        explore(cluster(), servers=3)


def test_paused_servers_and_cut_links_stay_so_during_the_search():
    run = cluster()
    run.pause("S3")
    run.cut("S1", "S2")
    engine = SetEngine(run.state, run.steps[-1].known, checks_explore.Bounds(terms=1), ())
    done = {str(engine.actions(*happened)[0]) for happened, _ in engine.successors(engine.start)}
    assert not [action for action in done if "S3" in action]
    found = explore(run, terms=1, until=lambda state: state.observe("S1").role == "leader")
    assert not found.reached and found.ok is True
    run.resume("S3")
    run.unsync("S3")
    with pytest.raises(rl.Impossible, match="S3's disk lies; sync it"):
        explore(run)

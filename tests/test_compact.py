"""A history as a text that fits a message: it comes back whole, and what is none is refused."""

import textwrap
import warnings
from random import Random

import pytest
from hand import elected, started, three
from hypothesis import given, settings
from hypothesis import strategies as st

import raftlab as rl
from raftlab.core import Impossible, Node
from raftlab.sim import WEIGHTS, compact, random_walk

EVERYTHING = {kind: max(5, often) for kind, often in WEIGHTS.items()}


def same(a, b):
    """Whether two histories are the same: branches, steps, cursor."""
    return a.dump() == b.dump() and a.digest() == b.digest()


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["raft", "simplified", "raft+snapshots"]), st.integers(1, 6),
       st.integers(-(2**70), 2**70), st.sampled_from([0, 0.1]), st.integers(0, 2),
       st.lists(st.tuples(st.integers(0, 80), st.integers(1, 25), st.integers(0, 99)), max_size=4),
       st.integers(0, 60))  # fmt: skip
def test_any_run_comes_back_whole(protocol, servers, seed, chance, clients, walks, end):
    """Every kind of action, in any order, on several branches."""
    run = rl.cluster(protocol, servers=servers, seed=seed, clients=clients, loss=chance,
                     duplicate=chance)  # fmt: skip
    random_walk(run, 40, seed=1, weights=EVERYTHING)
    run.tune(latency=15)
    run.run(33.3)
    for at, steps, walk in walks:
        run.goto(min(at, len(run)))
        random_walk(run, steps, seed=walk, weights=EVERYTHING)
    run.goto(min(end, len(run)))
    assert same(run, rl.load(run.code(True)))
    one = rl.load(run.code(False))
    assert one.digest() == run.digest() and len(one) == len(run) and len(one.branches) == 1


def test_what_only_a_file_words_comes_back_too():
    """A timer waited for by a whole number, a command that no scenario can word."""
    run = elected(servers=3)
    run.request({"any": ["thing", 1.5, None]})
    run.request(("set", "ümlaut →", "\n"))
    run.fork("Verzweigung →")
    run.partition(["S1"], ["S2", "S3"])
    assert same(run, rl.load(run.code()))
    run.request(object())
    with pytest.raises(Impossible, match="command .* cannot be written"):
        run.code()


def session(seed, acts=10):
    """Ten acts of somebody at a lab, at no round times."""
    chance = Random(seed)
    run = rl.cluster("raft", servers=5, seed=seed)
    run.until(lambda run: run.leader)
    while acts:
        run.run(round(chance.uniform(20, 200), 3))
        ids = list(run.state.config.servers)
        chance.shuffle(ids)
        act = chance.choice([
            lambda ids=ids: run.crash(ids[0]), lambda ids=ids: run.restart(ids[0]),
            lambda ids=ids: run.request(("set", "x", chance.randint(1, 9)), to=ids[0]),
            lambda ids=ids: run.partition(ids[:2], ids[2:]), run.heal,
            lambda ids=ids: run.fire(ids[0]),
        ])  # fmt: skip
        try:
            act()
        except Impossible:
            continue
        acts -= 1
    run.run(500)
    return run


@pytest.mark.parametrize("seed", range(6))
def test_a_session_of_ten_acts_fits_a_message(seed):
    run = session(seed)
    assert len(run.code()) <= 300 and same(run, rl.load(run.code()))


def test_what_time_alone_brings_takes_no_room():
    run = rl.cluster("raft", seed=1)
    run.run(5000)
    assert len(run) > 500 and len(run.code()) < 60


def test_all_branches_are_in_it_if_they_fit():
    run = session(3)
    run.goto(50)
    run.crash("S2")
    assert len(rl.load(run.code()).branches) == 2
    for at in range(60):  # until that makes more than a link
        run.goto(at)
        run.fork()
        random_walk(run, 40, seed=at, weights=EVERYTHING)
    assert len(run.code(True)) > compact.FITS
    assert run.code() == run.code(False) and len(rl.load(run.code()).branches) == 1
    with pytest.raises(Impossible, match="branches is True, False or None"):
        run.code("all")


def test_a_text_is_found_in_a_link_and_through_the_breaks_of_a_message():
    run = session(1)
    text = run.code()
    for around in (f"  {text}\n", f"look: <{text}>, please.", f"https://example.org/lab#{text}",
                   "\n".join(textwrap.wrap(text, 60)), f"`{text}`"):  # fmt: skip
        assert same(run, rl.load(around))


def test_a_file_named_like_a_text_is_a_file(tmp_path):
    run = started()
    run.save(tmp_path / "rl1.a-long-name-of-a-run.json")
    assert same(run, rl.load(tmp_path / "rl1.a-long-name-of-a-run.json"))
    assert not compact.is_compact("rl1.a-long-name-of-a-run.json")


def test_a_damaged_text_is_refused_and_says_what_to_do():
    text = session(2).code()
    for at in range(0, len(text), 7):
        cut = text[:at] + text[at + 1 :]
        changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        for bad in (cut, changed, text[:at]) if at > 20 else (changed,) if at > 4 else ():
            with pytest.raises(Impossible, match="copy the whole of it again"):
                rl.load(bad)
    with pytest.raises(Impossible, match="has version 2.* update raftlab"):
        rl.load(text.replace("rl1.", "rl2."))


def test_a_text_that_no_longer_fits_says_at_which_event():
    """The rules have changed since: here, another cluster than the one that was played."""
    run = started()
    run.step(4)
    run.crash("S3")
    run.about = {**run.about, "servers": 2}
    with pytest.raises(Impossible, match=r"branch 'main', step 6: there is no node 'S3'"):
        rl.load(run.code())


def test_a_text_of_other_rules_that_fits_is_loaded_with_a_warning():
    run = rl.cluster("raft", servers=3, seed=1)
    run.step(1)
    run.about = {**run.about, "seed": 2}
    with pytest.warns(UserWarning, match="saved by other rules"):
        assert rl.load(run.code()).about["seed"] == 2


def test_a_class_of_ones_own_must_be_given():
    class Mine(Node):
        def on_request(self, request):
            self.broadcast(("count", 1))

    run = rl.cluster(Mine, servers=2)
    run.request("go", to="S1")
    run.deliver("count", "S1", "S2")
    assert same(run, rl.load(run.code(), protocol=Mine))
    with pytest.raises(Impossible, match="no protocol 'Mine'.* protocol=Mine"):
        rl.load(run.code())


def test_servers_built_by_hand_travel_if_they_are_plain():
    run = rl.cluster("raft", servers=three(), seed=3)
    run.run(200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same(run, rl.load(run.code()))
    run.about["nodes"] = None  # as for nodes that hold more than that
    with pytest.raises(Impossible, match="has no compact text"):
        run.code()

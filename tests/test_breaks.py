"""Each break: one thing replaced, a schedule that kills it and not its mended twin, and a search.

The schedules are scenarios, `sim/catalog/breaks/NAME.txt`; that they play as written is tested with
all the others (test_scenarios.py).
"""

import pickle
from itertools import combinations

import pytest

import raftlab as rl
from raftlab.checks.invariants import ASKED, TITLES
from raftlab.protocols import BASES, BREAKS, PARTS, mended, name_of, protocol
from raftlab.protocols.composed import replaced
from raftlab.protocols.raft import Raft
from raftlab.protocols.raft_rules import Rules
from raftlab.scenarios import JUDGES, catalog, find, played

# What `rl.explore` finds within the bounds of each break …
SEARCHED = [name for name, kind in BREAKS.items() if kind.bounds is not None]
# … and what takes over a second there (on one idle core).
LONG = {"overlaps-changes", "commits-old-terms", "counts-stale-replies", "counts-old-rounds"}
# Where the mended protocol has so many states within these bounds that not all are visited here.
MANY = {
    "counts-stale-votes", "writes-vote-and-term-apart", "credits-all-it-sent", "commits-old-terms",
    "applies-out-of-order", "reads-before-own-commit", "counts-old-rounds",
    "counts-itself-though-removed",
}  # fmt: skip
ENOUGH = 30_000
# Within whose bounds the mended protocol is exhausted in under a second.
QUICK = {
    "votes-twice", "takes-its-vote-back", "wins-with-half", "votes-for-anybody",
    "never-steps-down", "obeys-old-leaders", "forgets-its-vote", "forgets-its-term",
    "forgets-its-log", "starts-over", "commits-with-half", "commits-among-those-who-answer",
    "applies-twice", "changes-several-at-once", "uses-committed-configuration-only",
    "cuts-the-log-first", "changes-before-own-commit", "ignores-the-term-of-entries",
}  # fmt: skip
# Found in so many stages, each but the last with a goal.
STAGES = {
    "changes-before-own-commit": 3, "never-falls-back": 4, "counts-itself-though-removed": 2,
    "counts-learners": 3, "counts-stale-replies": 4, "ignores-the-term-of-entries": 3,
}  # fmt: skip


def slow(names, quick):
    """The names as test parameters, all but the quick ones marked as slow."""
    return [pytest.param(n, marks=() if n in quick else pytest.mark.slow) for n in names]


def right(name):
    """The name of the protocol with the rule mended, the parts that the break needs kept."""
    return name_of(mended(rl.broken("raft", name)))


# -- each break ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_replaces_exactly_one_thing_that_exists(name):
    """So that a rename in raft.py cannot silently disarm it."""
    kind = BREAKS[name]
    told = {"breaks", "source", "needs", "bounds"}
    new = [n for n in vars(kind) if not n.startswith("__") and n not in told]
    assert new == [replaced(kind)] and hasattr(protocol(right(name)), new[0])
    assert kind.__doc__ and kind.source and kind.breaks in {**TITLES, **ASKED}
    assert "bounds" in vars(kind)


def test_there_is_a_break_for_each_rule_of_raft():
    """All but two: what comes of a newer term is `adopt_term`'s, and to open a term otherwise
    than with a no-op is a part, which is safe."""
    broken = {replaced(kind) for kind in BREAKS.values()}
    rules = {name for name in Rules.rules() if name in vars(Rules)}
    assert rules - broken == {"is_newer", "open_term"}


def test_every_break_has_its_scenario_and_every_scenario_its_break():
    files = {name.partition("/")[2] for name in catalog() if name.startswith("breaks/")}
    assert files == set(BREAKS)


@pytest.mark.parametrize("name", BREAKS)
def test_its_scenario_breaks_the_property_that_it_names(name):
    found = find(f"breaks/{name}")
    assert found.about["protocol"] == f"raft!{name}"
    assert ("expect broken " + BREAKS[name].breaks) in found.text.splitlines()
    run = played(found).run  # what is expected in there is so, or this raises
    if BREAKS[name].breaks in TITLES:
        assert BREAKS[name].breaks in [verdict.name for verdict in run.verdicts]
    else:
        assert run.verdicts == () and JUDGES[BREAKS[name].breaks](run).ok is False


@pytest.mark.parametrize("name", BREAKS)
def test_the_same_schedule_is_safe_where_the_rule_is_mended(name):
    """What the right protocol makes impossible is passed over: an answer that it does not give."""
    run = played(find(f"breaks/{name}"), right(name)).run
    assert run.verdicts == ()
    assert JUDGES["linearizability"](run).ok is not False
    if BREAKS[name].breaks in JUDGES:
        assert JUDGES[BREAKS[name].breaks](run).ok is True


# -- the search ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", slow(SEARCHED, {*SEARCHED} - LONG))
def test_the_search_finds_what_breaks_within_the_bounds_of_the_break(name):
    found = rl.explore(f"raft!{name}", progress=False)
    assert found.ok is False and found.raised is None
    assert {verdict.name for verdict in found.verdicts} == {BREAKS[name].breaks}


@pytest.mark.parametrize("name", slow(SEARCHED, QUICK))
def test_within_the_same_bounds_nothing_is_found_where_the_rule_is_mended(name):
    kind = BREAKS[name]
    found = rl.explore(right(name), against=kind.breaks, states=ENOUGH, progress=False,
                       **kind.bounds)  # fmt: skip
    assert found.verdicts == () and found.run is None
    if name in MANY:
        assert found.ok is None and found.stopped == "30,000 states", "it can be exhausted"
    else:
        assert found.ok is True, "not everything within the bounds was seen"


def stages_of(found):
    return [*stages_of(found.before), found] if found else []


@pytest.mark.parametrize("name", slow(STAGES, {*STAGES} - {"counts-stale-replies"}))
def test_a_long_story_is_found_in_stages_that_the_mended_protocol_gets_through_too(name):
    """Dissertation §4.1, §4.2; for one of them Ongaro on raft-dev, 2015. The mended protocol
    fails to reach a goal only where that goal is what the break makes possible."""
    found = stages_of(rl.explore(f"raft!{name}", progress=False))
    assert [one.reached for one in found] == [True] * (STAGES[name] - 1) + [False]
    assert found[-1].ok is False and len(found[-1].run) == sum(len(one.actions) for one in found)
    safe = stages_of(rl.explore(right(name), states=ENOUGH, progress=False, **BREAKS[name].bounds))
    goals = STAGES[name] - 1 - (name == "counts-stale-replies")
    assert [one.reached for one in safe] == [True] * goals + [False]
    assert safe[-1].verdicts == ()


def test_what_no_search_finds_is_answered_with_its_scenario():
    unsearched = sorted(set(BREAKS) - set(SEARCHED))
    assert len(unsearched) == 10  # time and clocks: see the comments there
    for name in unsearched:
        with pytest.raises(rl.Impossible, match=rf"breaks: {BREAKS[name].breaks}. rl.scenario"):
            rl.explore(f"raft!{name}", progress=False)
    safe = rl.explore("raft!keeps-its-vote", terms=2, progress=False)  # no progress, but safe
    assert safe.ok is True
    with pytest.raises(rl.Impossible, match="progress is a matter of time"):
        rl.explore("raft", against="progress", progress=False)


def test_two_breaks_are_searched_within_bounds_that_do_for_both():
    found = rl.explore("raft!ignores-sessions!forgets-its-vote", depth=0, progress=False)
    assert str(found.bounds) == "terms up to 2, 2 requests, 1 crash, no late messages"
    both = rl.explore("raft!commits-old-terms!keeps-its-vote!votes-twice", progress=False)
    assert both.ok is False and both.verdicts[0].name == "election_safety"
    assert both.bounds.terms == 4


def test_a_linearizability_find_is_written_down_as_a_scenario_that_expects_it():
    found = rl.explore("raft!applies-twice", progress=False)
    assert found.scenario().endswith("\nexpect broken linearizability\n")
    again = rl.scenario(found.scenario(), at="end")
    assert again.digest() == found.run.digest()


# -- put together -------------------------------------------------------------------------


def test_any_two_breaks_are_put_together_and_run_or_are_refused_in_words():
    refused = 0
    for one, other in combinations(BREAKS, 2):
        try:
            kind = rl.broken("raft", one, other)
        except rl.Impossible as error:
            same = replaced(BREAKS[one]) == replaced(BREAKS[other])
            assert ("both replace" if same else "two ways of doing one thing") in str(error)
            refused += 1
            continue
        for name in (one, other):  # neither hides the other
            by = replaced(BREAKS[name])
            own = next(c for c in kind.__mro__[by in ("persistent", "writes") :] if by in vars(c))
            assert own in (kind, BREAKS[name])
        run = rl.cluster(kind, servers=3, seed=1)
        run.run(300)
        run.request(("set", "x", 1), to="S1")
        run.crash("S2")
        run.run(100)
        run.restart("S2")
        run.run(200)
    assert refused == 28


def test_two_breaks_of_one_thing_are_refused_with_its_name():
    says = "'votes-for-anybody' and 'compares-length-only' both replace is_up_to_date"
    with pytest.raises(rl.Impossible, match=says):
        rl.broken("raft", "votes-for-anybody", "compares-length-only")


def test_what_a_part_keeps_on_disk_stays_there_when_a_break_leaves_something_out():
    kind = protocol("raft+snapshots!forgets-its-vote")
    assert kind.persistent == ("current_term", "log", "snapshot")
    assert protocol("raft+snapshots").persistent == ("current_term", "voted_for", "log", "snapshot")


def test_a_name_means_the_same_class_everywhere():
    """Also in another process: pickle finds it by its name."""
    kind = rl.broken("raft", "votes-twice", "forgets-its-log")
    assert kind is protocol(" raft ! votes-twice!forgets-its-log")
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert name_of(kind) == "raft!votes-twice!forgets-its-log"
    assert protocol("raft") is Raft and name_of(Raft) == "raft"
    assert mended(protocol("raft!commits-old-terms")) is protocol("raft+without-no-op")
    assert mended(protocol("raft!votes-twice")) is Raft


def test_parts_are_composed_in_one_order():
    one, other = PARTS if len(PARTS) == 2 else list(PARTS)[:2]
    assert protocol(f"raft+{one}+{other}") is protocol(f"raft+{other}+{one}")


def made_by(part):
    """What a part brings by name: {name: (the class that has it, what it is)}."""
    about = {"says", "settings", "derived", "messages", "needs", "rivals", "persistent", "writes"}
    return {
        name: (kind, held) for kind in reversed(part.__mro__[:-1])
        for name, held in vars(kind).items() if name[:2] != "__" and name not in about
    }  # fmt: skip


@pytest.mark.parametrize("inner, outer", list(combinations(PARTS, 2)))
def test_no_part_hides_by_accident_what_another_brings(inner, outer):
    """A name that both made up is one thing of a common base, or the outer goes on to the inner."""
    rivals = (*getattr(PARTS[inner], "rivals", ()), *getattr(PARTS[outer], "rivals", ()))
    if inner in getattr(PARTS[outer], "needs", ()) or {inner, outer} & {*rivals}:
        return  # the outer knows what it replaces, or the two never meet
    mine, its = made_by(PARTS[inner]), made_by(PARTS[outer])
    for name in mine.keys() & its.keys() - set(dir(Raft)):
        (a, one), (b, other) = mine[name], its[name]
        common = a in PARTS[outer].__mro__ or b in PARTS[inner].__mro__
        same_field = not callable(one) and one == other
        assert common or same_field or "super" in other.__code__.co_names, name


@pytest.mark.parametrize("name, says", [
    ("rift", "there is no protocol 'rift'; there is raft"),
    ("", "there is no protocol ''"),
    ("raft+", "no protocol 'raft+'"),
    ("raft+moon", "there is no part 'moon'; there are without-no-op"),
    ("raft!moon", "there is no break 'moon'; there are votes-twice"),
])  # fmt: skip
def test_a_name_that_means_nothing_is_answered_with_what_there_is(name, says):
    with pytest.raises(rl.Impossible, match=says.replace("+", r"\+")):
        rl.cluster(name)


def test_a_run_of_a_broken_protocol_is_saved_by_name():
    run = rl.cluster("raft!votes-twice", servers=3, seed=1)
    run.run(400)
    again = rl.load(run.dump())
    assert again.digest() == run.digest() and type(again["S1"]) is type(run["S1"])
    assert {"raft", "simplified"} <= set(BASES)

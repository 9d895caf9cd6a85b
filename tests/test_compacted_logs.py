"""Logs that begin behind a base: the value itself, and all who read one.

The log is compared with a slow twin that does by the book what `Log` does by sharing; the monitor
must neither accuse nor excuse because something is gone; pictures show what is gone as gone.
"""

import pytest
from hand import THREE, carry, elect, lose_all
from hypothesis import given
from hypothesis import strategies as st
from schedules_snapshot import KIND, UP_TO_5, agree, behind_5, node
from test_invariants import AB, AC, Puppet, broken, told

import raftlab as rl
from raftlab.core import Impossible
from raftlab.protocols.machine import KeyValue
from raftlab.protocols.raft_log import Entry, Log
from raftlab.protocols.raft_snapshot import Snapshot

# -- The log ------------------------------------------------------------------------------


class Slow:
    """A log by the book: its entries by index, and what is known of the base."""

    def __init__(self, entries, base=(0, 0)):
        self.entries, self.base = entries, base

    @property
    def last(self):
        return max(self.entries, default=self.base[0])

    def term_at(self, index):
        held = self.entries.get(index)
        return held.term if held else self.base[1] if index == self.base[0] else None

    def indexes_of(self, term):
        known = [i for i in (self.base[0], *self.entries) if i and self.term_at(i) == term]
        return (min(known), max(known)) if known else (None, None)

    def extended(self, terms):
        new = {self.last + n: Entry(term, n) for n, term in enumerate(terms, 1)}
        return Slow({**self.entries, **new}, self.base)

    def truncated(self, end):
        return Slow({i: e for i, e in self.entries.items() if i <= end}, self.base)

    def compacted(self, end):
        kept = {i: e for i, e in self.entries.items() if i > end}
        return Slow(kept, (end, self.term_at(end)))

    def starts_with(self, other):
        if other.last > self.last:
            return False
        both = [i for i in range(max(self.base[0], other.base[0]), other.last + 1) if i]
        return all(
            self.entries[i] == other.entries[i] if i in self.entries and i in other.entries
            else self.term_at(i) == other.term_at(i) for i in both
        )  # fmt: skip


def same(log, slow):
    """Whether a log shows what its twin shows, question by question."""
    base, last = slow.base[0], slow.last
    assert (log.base_index, log.base_term, log.last_index) == (*slow.base, last)
    assert (log.first_index, len(log), log.last_term) == (base + 1, last - base, slow.term_at(last))
    assert list(log) == [slow.entries[i] for i in range(base + 1, last + 1)]
    for index in range(last + 3):
        assert log.term_at(index) == slow.term_at(index)
        if base < index <= last:
            assert log[index] == slow.entries[index]
        else:
            with pytest.raises(IndexError, match="compacted" if 0 < index <= base else "no entry"):
                log[index]
        if index >= base:
            assert log.after(index) == tuple(slow.entries[i] for i in range(index + 1, last + 1))
        else:
            with pytest.raises(IndexError, match="is compacted; the log begins behind index"):
                log.after(index)
            with pytest.raises(IndexError, match="is compacted; the log begins behind index"):
                log.truncate(index)
    for term in range(1, 5):
        found = log.first_index_of_term(term), log.last_index_of_term(term)
        assert found == slow.indexes_of(term)
    again = Log(list(log), *slow.base)
    assert log == again and hash(log) == hash(again) and repr(log) == repr(again)
    return True


_steps = st.lists(
    st.tuples(st.sampled_from(["extend", "truncate", "compact"]), st.integers(0, 9),
              st.lists(st.integers(1, 4), max_size=4)),
    max_size=12,
)  # fmt: skip


@given(_steps, st.sampled_from([(0, 0), (1, 1), (6, 3)]))
def test_a_log_is_what_its_slow_twin_is_whatever_is_done_to_it(steps, base):
    """Each step begins at any log made so far, so that many share a list and some have to part."""
    made = [(Log((), *base), Slow({}, base))]
    for what, where, terms in steps:
        log, slow = made[where % len(made)]
        place = slow.base[0] + where % (slow.last - slow.base[0] + 1)
        if what == "extend":
            entries = [Entry(term, n) for n, term in enumerate(terms, 1)]
            made.append((log.extend(entries), slow.extended(terms)))
        elif what == "truncate":
            made.append((log.truncate(place), slow.truncated(place)))
        else:
            made.append((log.compact(place), slow.compacted(place)))
    for log, slow in made:
        assert same(log, slow)
        for other, twin in made:
            assert log.starts_with(other) == slow.starts_with(twin)
            equal = (slow.entries, slow.base) == (twin.entries, twin.base)
            assert (log == other) == equal


def test_a_compacted_log_shows_what_is_gone():
    log = Log([(1, "a"), (2, "b"), (2, "c")]).compact(2)
    assert repr(log) == "[1…2 compacted at term 2, (2, 'c')]"
    assert log.compact(2) is log and len(log.compact(3)) == 0 and bool(log)


@pytest.mark.parametrize("index", [1, 5, -1])
def test_only_what_is_held_can_be_compacted(index):
    with pytest.raises(IndexError):
        Log([(3, "c")], 2, 2).compact(index)


@pytest.mark.parametrize("base", [(-1, 0), (0, 1), (2, -1)])
def test_a_base_that_cannot_be_is_refused(base):
    with pytest.raises(Impossible, match="a log begins behind index 0, which has term 0, or"):
        Log([], *base)


# -- The monitor --------------------------------------------------------------------------


class Compacting(Puppet):
    """A puppet whose log may be given as (entries, base index, base term), with a machine."""

    machine = {}

    def on_request(self, request):
        for name, held in request.command.items():
            setattr(self, name, Log(*held) if name == "log" else held)

    def observe(self):
        seen = super().observe()
        seen.machine = self.machine
        return seen


def log(entries, base=0, term=0):
    return {"log": (entries, base, term)}


@pytest.mark.parametrize("orders", [
    # Compaction removes nothing that was not committed.
    [("S1", {**log(AB), "commit_index": 2}), ("S1", log(AB[1:], 1, 1))],
    [("S1", {**log(AB), "role": "leader", "commit_index": 2}), ("S1", log([], 2, 1)),
     ("S1", log([(1, "c")], 2, 1))],
    # A snapshot takes the place of entries that were never committed.
    [("S1", {**log(AC), "commit_index": 1}), ("S1", {**log([], 2, 1), "commit_index": 2})],
    [("S1", {**log(AB), "commit_index": 2}), ("S2", log(AC)),
     ("S2", {**log([], 2, 1), "commit_index": 2, "last_applied": 2})],
    # A later leader has compacted what was committed before it.
    [("S1", {**log(AB), "commit_index": 2}),
     ("S2", {**log([], 2, 1), "role": "leader", "term": 2})],
    # Below a base nothing can be said.
    [("S1", log([(2, "c")], 1, 1)), ("S2", log([(1, "z"), (2, "c")]))],
])  # fmt: skip
def test_nobody_is_accused_because_something_is_gone(orders):
    assert told(*orders, kind=Compacting).verdicts == ()


@pytest.mark.parametrize("name, orders", [
    # The base is of another term than what was committed there.
    ("state_machine_safety", [("S1", {**log(AB), "commit_index": 2}),
                              ("S2", {**log([], 2, 2), "commit_index": 2})]),
    ("leader_completeness", [("S1", {**log(AB), "commit_index": 2}),
                             ("S2", {**log([], 2, 2), "role": "leader", "term": 3})]),
    # Entries behind the base are missing, or others.
    ("leader_completeness", [("S1", {**log(AB), "commit_index": 2}),
                             ("S2", {**log([], 1, 1), "role": "leader", "term": 2})]),
    ("log_matching", [("S1", log(AB)), ("S2", log([(1, "z")], 1, 1))]),
    ("commit_never_changes", [("S1", {**log(AB), "commit_index": 2}), ("S1", log([], 1, 1))]),
    ("commit_never_changes", [("S1", {**log(AB), "commit_index": 2}),
                              ("S1", {**log([], 1, 1), "commit_index": 1})]),
    ("leader_append_only", [("S1", {**log(AB), "role": "leader"}), ("S1", log([], 1, 1))]),
    # S1 has compacted what it committed; what S3 then executes is compared all the same.
    ("state_machine_safety", [("S1", {**log(AB), "commit_index": 1}), ("S1", {"commit_index": 2}),
                              ("S1", log([], 2, 1)), ("S1", {**log([(1, "c")], 2, 1),
                                                             "commit_index": 3}),
                              ("S3", {**log([(1, "a"), (1, "B")]), "commit_index": 2})]),
    ("state_machine_safety", [("S1", {**log(AB), "last_applied": 2}), ("S1", log([], 2, 1)),
                              ("S1", {**log([(1, "c")], 2, 1), "last_applied": 3}),
                              ("S3", {**log([(1, "a"), (1, "B")]), "last_applied": 2})]),
    # Executed and compacted in one step: the log from before tells what it was.
    ("state_machine_safety", [("S1", {**log(AB), "commit_index": 2}),
                              ("S2", log([(1, "A"), (1, "b")])),
                              ("S2", {**log([], 2, 1), "commit_index": 2})]),
    ("snapshot_never_falls", [("S1", log([], 2, 1)), ("S1", log([], 1, 1))]),
    ("machine_agreement", [("S1", {**log(AB), "last_applied": 2, "machine": {"x": 1, "y": 2}}),
                           ("S2", {**log(AB), "last_applied": 2, "machine": {"x": 1}})]),
    ("machine_agreement", [("S1", {**log(AB), "last_applied": 2, "machine": {"x": 1}}),
                           ("S2", {**log(AB), "last_applied": 2, "machine": {"x": 1}}),
                           ("S2", {"machine": {"x": 2}})]),
])  # fmt: skip
def test_nobody_is_excused_because_something_is_gone(name, orders):
    run = told(*orders, kind=Compacting)
    assert name in [verdict for verdict, _, _ in broken(run)]
    run.goto(len(run) - 1)
    assert name not in [verdict for verdict, _, _ in broken(run)]


def test_two_machines_that_differ_are_told_of_once():
    orders = [("S1", {**log(AB), "last_applied": 1, "machine": {"x": 1}}),
              ("S2", {**log(AB), "last_applied": 1, "machine": {"x": 2}}),
              ("S1", {"last_applied": 2, "machine": {"x": 3}}),
              ("S2", {"last_applied": 2, "machine": {"x": 4}})]  # fmt: skip
    run = told(*orders, kind=Compacting)
    assert [v.why for v in run.verdicts if v.name == "machine_agreement"] == [
        "S2 and S1 have applied the same entries, up to 1, but S2 holds x=2 and S1 x=1"
    ]


def test_machines_that_were_built_apart_are_found_at_the_start():
    other = Snapshot(5, 2, KeyValue({"x": 6}, {}))
    nodes = [node(id="S1", snapshot=UP_TO_5), node(id="S2", snapshot=other), node(id="S3")]
    run = rl.cluster(KIND, servers=nodes)
    assert broken(run) == [("machine_agreement", 0, ("S1", "S2"))]


def test_what_was_committed_stays_on_record_through_any_compaction():
    """The record is a log of its own from entry 1 on, whoever has dropped what since."""
    run = rl.cluster(KIND, servers=3, seed=5, snapshot_after=1)
    run.until(lambda run: run.leader)
    for number in range(30):
        run.request(("set", "x", number))
        run.run(70)
    known = run.steps[-1].known
    commands = [entry.command for entry in known.log][: known.committed]
    assert [c for c in commands if c] == [("set", "x", n) for n in range(30)]
    assert known.log.base_index == known.applied_log.base_index == 0
    assert min(run[id].log.base_index for id in THREE) > 20


# -- Files --------------------------------------------------------------------------------


def test_servers_built_with_a_compacted_log_are_saved_too():
    store = KeyValue({"x": (1, 2), "y": "z"}, {"C1": (3, (1, 2)), "C2": (1, None)})
    snapshot = Snapshot(5, 2, store)
    nodes = [
        node("leader", log=Log([(3, ("add", "x", 1)), (3,)], 5, 2), snapshot=snapshot),
        node(id="S2", log=Log([], 5, 2), snapshot=snapshot, commit_index=5),
        node(id="S3"),
    ]
    run = rl.cluster(KIND, servers=nodes, seed=3)
    run.run(300)
    back = rl.load(run.dump())
    assert back.digest() == run.digest() and back.dump() == run.dump()
    assert back["S3"].machine == run["S3"].machine == back["S1"].machine
    assert back["S3"].log == run["S3"].log and back["S3"].log.base_index == 5
    assert run.verdicts == back.verdicts == ()


def test_what_a_file_would_change_is_refused():
    numbers = Snapshot(5, 2, KeyValue({1: "a key that is no word"}, {}))
    run = rl.cluster(KIND, servers=[node(snapshot=numbers, members=["S1"])])
    with pytest.raises(Impossible, match="cannot be written to a file"):
        run.dump()


# -- Pictures -----------------------------------------------------------------------------


def compacted():
    """S1 and S2 have compacted entries that S3 lacks; a snapshot is on its way to it."""
    run = rl.cluster(KIND, servers=3, seed=1, snapshot_after=4)
    elect(run, "S1", "S2")
    agree(run, "S2", times=6)
    lose_all(run)
    run.fire("S1", "heartbeat")
    return run


def test_what_is_gone_is_one_block_with_a_word():
    """Which entries are there no more, and what is left to know of them?"""
    run = compacted()
    base = run["S1"].log.base_index
    scene = rl.show.logs(run).scene
    blocks = [mark for mark in scene.marks if mark.kind == "compacted"]
    assert [mark.about for mark in blocks] == [f"S1[1…{base}]", f"S2[1…{base}]"]
    words = [shape.text for shape in blocks[0].shapes if hasattr(shape, "text")]
    assert words == ["t1", f"entries 1 to {base} compacted"]
    assert f"S1 has compacted entries 1 to {base} into a snapshot" in blocks[0].title
    cells = [mark.about for mark in scene.marks if mark.kind in ("committed", "uncommitted")]
    assert f"S1[{base + 1}]" in cells and f"S1[{base}]" not in cells
    assert "sends its snapshot next" in next(
        mark.title for mark in scene.marks if mark.about == "S1→S3"
    )
    text = rl.show.logs(run).text
    assert f"S1 leader term 1: [1…{base} compacted at t1, {base + 1}:t1 x+=1" in text
    assert "S3 stores up to 0, next 1 (the snapshot)" in text


def test_a_block_that_is_narrow_says_at_least_how_far_it_goes():
    run = compacted()
    base = run["S1"].log.base_index
    narrow = rl.show.logs(run, first=base, last=base + 8).scene
    block = next(mark for mark in narrow.marks if mark.kind == "compacted")
    assert [s.text for s in block.shapes if hasattr(s, "text")] == ["t1", f"1…{base}"]
    beyond = rl.show.logs(run, first=base + 1, last=base + 3).scene
    assert not [mark for mark in beyond.marks if mark.kind == "compacted"]
    inside = rl.show.logs(run, first=1, last=2).scene
    assert len([mark for mark in inside.marks if mark.kind == "compacted"]) == 2


def test_a_snapshot_on_its_way_has_a_sign_and_words():
    run = compacted()
    assert "snapshot (1)" in rl.show.ring(run).svg
    assert "data: x=3" in rl.show.ring(run).text and "compacted to" in rl.show.ring(run).text
    carry(run, "S1", "S3")
    base = run["S3"].log.base_index
    lines = rl.show.spacetime(run, first=len(run) - 3).svg
    assert f"S3 installs snapshot {base}" in lines and 'stroke-width="2.6"' in lines
    assert f"S3 takes over S1's snapshot of the entries up to {base}" in rl.show.feed(run).text


def test_a_restart_is_no_compaction():
    nodes = [behind_5(3, id=id, commit_index=6) for id in THREE]
    run = rl.cluster(KIND, servers=nodes, seed=1)
    run.crash("S2")
    run.restart("S2")
    assert "installs" not in rl.show.spacetime(run).svg
    assert "S2 starts with the state machine of its snapshot" in " ".join(run.why())

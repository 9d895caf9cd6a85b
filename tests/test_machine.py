"""The state machine: what each command does, sessions, and the log it executes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raftlab.core import Impossible, execute, read_command, write_command
from raftlab.protocols.machine import EMPTY, KeyValue
from raftlab.protocols.raft_log import Entry, Log

keys = st.sampled_from(["x", "y", "key_1"])
numbers = st.integers(-99, 99)
SERVERS = ("S1", "S2", "S10")
ids = st.lists(st.sampled_from(SERVERS), min_size=1).map(tuple)
commands = st.one_of(
    st.tuples(st.just("set"), keys, numbers), st.tuples(st.just("get"), keys),
    st.tuples(st.just("add"), keys, numbers), st.tuples(st.just("del"), keys),
    st.tuples(st.just("cas"), keys, numbers, numbers),
    st.tuples(st.just("members"), ids), st.tuples(st.just("members"), ids, ids),
    st.tuples(st.just("joint"), ids, ids), st.tuples(st.just("joint"), ids, ids, ids),
    st.tuples(st.sampled_from(["learner", "forget"]), st.sampled_from(SERVERS)),
    st.just(("heartbeat",)),
)  # fmt: skip


# -- Commands -----------------------------------------------------------------------------


@pytest.mark.parametrize("command, after, result", [
    (("set", "x", 5), {"x": 5, "y": 1}, 5),
    (["set", "x", 5], {"x": 5, "y": 1}, 5),  # as a file gives it back
    (("set", "y", "text"), {"y": "text"}, "text"),
    (("get", "y"), {"y": 1}, 1),
    (("get", "x"), {"y": 1}, None),
    (("add", "y", 2), {"y": 3}, 3),
    (("add", "x", -2), {"y": 1, "x": -2}, -2),
    (("cas", "y", 1, 9), {"y": 9}, True),
    (("cas", "y", 2, 9), {"y": 1}, False),
    (("cas", "x", None, 9), {"y": 1, "x": 9}, True),
    (("del", "y"), {}, 1),
    (("del", "x"), {"y": 1}, None),
])  # fmt: skip
def test_each_command_does_what_it_says(command, after, result):
    data = {"y": 1}
    assert execute(data, command) == (after, result) and data == {"y": 1}


@pytest.mark.parametrize("command", [
    None, "anything", 7, (), ("set", "x"), ("add", "word", 1), ("add", "y", "1"), ("add", "y", 1j),
    ("set", ["list"], 1), ("get", {}), ("add", [], 1), ("cas", [], 1, 2), ("del", {}), {"set": "x"},
], ids=repr)  # fmt: skip
def test_a_command_that_makes_no_sense_changes_nothing_and_breaks_nothing(command):
    """Every replica must refuse alike: an exception would stop them all at the same entry."""
    data = {"y": 1, "word": "abc"}
    assert execute(data, command) == (data, None) and data == {"y": 1, "word": "abc"}


@pytest.mark.parametrize("text, command", [
    ("x=5", ("set", "x", 5)), (" x = five ", ("set", "x", "five")), ("x+=1", ("add", "x", 1)),
    ("x -= 3", ("add", "x", -3)), ("x += -3", ("add", "x", -3)), ("x?", ("get", "x")),
    ("del x", ("del", "x")), ("x: 1->2", ("cas", "x", 1, 2)), ("x : a->b", ("cas", "x", "a", "b")),
    ("key=a b c", ("set", "key", "a b c")), ("learner S4", ("learner", "S4")),
    ("members S1  S2", ("members", ("S1", "S2"))), ("forget S4", ("forget", "S4")),
    ("members S1 S2 learners S3", ("members", ("S1", "S2"), ("S3",))),
    ("joint S1 S2 and S2 S3", ("joint", ("S1", "S2"), ("S2", "S3"))),
    ("joint S1 and S2 learners S3", ("joint", ("S1",), ("S2",), ("S3",))),
    ("heartbeat", ("heartbeat",)),
])  # fmt: skip
def test_what_a_person_types_is_read(text, command):
    assert read_command(text) == command


@pytest.mark.parametrize("text", [
    "", "x", "5", "= 5", "x=", "x+=y", "del", "x: 1", "a b = 3", "members", "learner",
    "learner S1 S2", "joint S1 S2", "x==5", "y=7; z=1", "x=1=2", "x: 1->2; y=1",
])  # fmt: skip
def test_what_is_no_command_is_answered_with_what_is(text):
    with pytest.raises(Impossible, match=r"is no command; write x=5, x\+=1, x-=1, x\?, del x or"):
        read_command(text)


@given(commands)
def test_a_command_written_and_read_is_the_same(command):
    assert read_command(write_command(command)) == command


@pytest.mark.parametrize("command, text", [(None, "no-op"), ("free text", "free text"), (7, "7")])
def test_what_is_no_store_command_is_written_as_it_is(command, text):
    assert write_command(command) == text


# -- Sessions (§8) ------------------------------------------------------------------------


def applied(*entries):
    """The store after the entries, and the result of each."""
    store, results = EMPTY, []
    for entry in entries:
        store, result = store.apply(entry)
        results.append(result)
    return store, results


def add(client, serial, amount=1):
    return Entry(1, ("add", "x", amount), client, serial)


def test_a_repeat_changes_nothing_and_gets_the_first_answer():
    store, results = applied(add("C1", 1), add("C1", 2), add("C1", 2, 50))
    assert results == [1, 2, 2] and store.data == {"x": 2}


def test_an_older_repeat_changes_nothing_either():
    store, results = applied(add("C1", 1), add("C1", 2), add("C1", 1))
    assert results == [1, 2, None] and store.data == {"x": 2}


def test_clients_have_a_session_each():
    store, results = applied(add("C1", 1), add("C2", 1), add("C1", 1))
    assert results == [1, 2, 1] and store.sessions == {"C1": (1, 1), "C2": (1, 2)}


def test_requests_without_a_client_are_executed_each_time():
    store, results = applied(add(None, 0), add(None, 0))
    assert results == [1, 2] and store.sessions == {}


def test_a_no_op_changes_nothing():
    store, results = applied(add("C1", 1), Entry(2))
    assert store.apply(Entry(2))[0] is store and results == [1, None]


def test_a_store_is_a_value():
    store, _ = applied(add("C1", 1))
    before = repr(store)
    after, _ = store.apply(add("C1", 2))
    other, _ = store.apply(add("C2", 9, 40))  # another branch of history
    assert repr(store) == before and after.data == {"x": 2} and other.data == {"x": 41}
    assert store.apply(add("C1", 2))[0] == after and EMPTY.data == {}


@given(st.lists(st.tuples(commands, st.sampled_from([None, "C1", "C2"]), st.integers(1, 4))))
def test_replicas_that_apply_the_same_entries_hold_the_same(asked):
    entries = [Entry(1, *each) for each in asked]
    shared = applied(*entries)
    alone = applied(*[Entry(e.term, e.command, e.client, e.serial) for e in entries])
    assert shared == alone == applied(*entries)
    data, slow = {}, []  # the slow twin: a dictionary and a list of what was done
    seen = {}
    for e in entries:
        if e.client is None or e.serial > seen.get(e.client, (0, None))[0]:
            data, result = execute(data, e.command)
            if e.client is not None:
                seen[e.client] = (e.serial, result)
        else:
            last, result = seen[e.client]
            result = result if last == e.serial else None
        slow.append(result)
    assert shared == (KeyValue(data, seen), slow)


# -- The log ------------------------------------------------------------------------------


def test_a_log_counts_from_one_and_index_0_is_before_everything():
    log = Log([(1, "a"), (1, "b"), (3, "c")])
    assert (log.last_index, log.last_term, len(log)) == (3, 3, 3)
    assert [log.term_at(index) for index in range(5)] == [0, 1, 1, 3, None]
    assert log[1] == Entry(1, "a") and log.after(1) == (Entry(1, "b"), Entry(3, "c"))
    assert (log.first_index_of_term(1), log.last_index_of_term(1)) == (1, 2)
    assert (log.first_index_of_term(2), log.last_index_of_term(2)) == (None, None)
    assert (Log().last_index, Log().last_term, Log().term_at(0)) == (0, 0, 0)


@pytest.mark.parametrize("index", [0, -1, 4])
def test_there_is_no_entry_outside_the_log(index):
    with pytest.raises(IndexError, match=f"no entry {index}; the log holds 1…3"):
        Log([(1, "a"), (1, "b"), (3, "c")])[index]
    assert Log([(1, "a")]).term_at(-1) is None


changes = st.lists(st.one_of(
    st.tuples(st.just("append"), st.integers(0, 5), st.integers(1, 3)),
    st.tuples(st.just("extend"), st.integers(0, 5), st.integers(0, 4)),
    st.tuples(st.just("truncate"), st.integers(0, 5), st.integers(0, 6)),
), max_size=25)  # fmt: skip


@given(changes)
def test_a_log_is_a_value_however_many_grow_from_it(changes):
    """Against a slow twin of tuples: logs share a list, and nobody must ever notice."""
    logs, twins = [Log()], [()]
    for what, which, number in changes:
        at = which % len(logs)
        log, twin = logs[at], twins[at]
        new = tuple(Entry(1, f"{len(logs)}.{n}") for n in range(number))
        if what == "append":
            log, twin = log.append(Entry(number)), (*twin, Entry(number))
        elif what == "extend":
            log, twin = log.extend(new), twin + new
        else:
            log, twin = log.truncate(number), twin[:number]
        logs.append(log)
        twins.append(twin)
    for log, twin in zip(logs, twins, strict=True):
        assert tuple(log) == twin and log == Log(twin) and log.last_index == len(twin)
        for other, slow in zip(logs, twins, strict=True):
            assert log.starts_with(other) == (twin[: len(slow)] == slow)
            assert (log == other) == (twin == slow)
            assert log != other or hash(log) == hash(other)

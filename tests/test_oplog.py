"""Operations as JSON: what is written comes back, and bad input is answered in a sentence."""

import json

import pytest
from client_histories import op, random_history, read, write

import raftlab as rl
from raftlab.checks.linearizable import dump_operations, linearizable, load_operations
from raftlab.checks.oplog import plain, told
from raftlab.core import Impossible, NotLeader, Op, write_command

GOOD = {"client": "C1", "call": ["get", "x"], "invoked_at": 1, "completed_at": 2.5, "result": None,
        "status": "ok"}  # fmt: skip


def test_operations_come_back_from_json_as_they_were(tmp_path):
    history = random_history(3, count=40)
    text = dump_operations(history)
    assert load_operations(text) == history == load_operations("\n " + text)
    path = tmp_path / "log.json"
    path.write_text(text, "utf-8")
    assert load_operations(path) == load_operations(str(path)) == history
    assert linearizable(path).ok is linearizable(history).ok is linearizable(text).ok
    assert len(text.splitlines()) == 40 and json.loads(text)[0]["client"] == history[0].client
    assert load_operations(dump_operations([])) == []


def test_nested_values_come_back_as_tuples_and_dicts():
    history = [write("A", (1, ("a", {"b": (2,)})), 0, 1)]
    assert load_operations(dump_operations(history)) == history
    assert plain([1, [2, {"a": [3]}]]) == (1, (2, {"a": (3,)}))


def test_the_reason_of_a_failure_is_written_in_words():
    failed = Op("C1", ("get", "x"), 1, 2, NotLeader("S2"), "fail")
    (back,) = load_operations(dump_operations([failed]))
    assert (back.status, back.result) == ("fail", "NotLeader(leader_id='S2')")


def test_what_a_run_saw_can_be_written_and_judged_elsewhere():
    run = rl.cluster("raft", servers=3, seed=1, clients=2)
    for number in range(4):
        run.request(("add", "x", 1), to=f"C{number % 2 + 1}")
    run.run(1500)
    text = dump_operations(run.operations())
    assert load_operations(text) == run.operations() and linearizable(text).ok


def test_what_need_not_be_said_may_be_left_out():
    unknown = {"client": "C1", "call": ["get", "x"], "invoked_at": 1, "status": "unknown"}
    assert load_operations(json.dumps([unknown])) == [read("C1", None, 1, None)]
    gave_up = {**unknown, "completed_at": 500}
    assert linearizable(json.dumps([gave_up])).ok


@pytest.mark.parametrize("change, sentence", [
    ({"status": "OK"}, "operation 0, .*, has the status 'OK'; there are ok, fail, unknown"),
    ({"client": 1}, "has a client that is no word"),
    ({"invoked_at": "soon"}, "was invoked at 'soon'; a time is a number of ms"),
    ({"invoked_at": True}, "was invoked at True; a time is a number of ms"),
    ({"completed_at": [1]}, r"was completed at \(1,\); a time is a number of ms"),
    ({"completed_at": 0}, "was completed at 0 ms, before it began"),
    ({"completed_at": None}, "was answered but does not say when"),
    ({"id": 7}, "operation 0 has a field 'id'; there are client, call, invoked_at"),
])  # fmt: skip
def test_a_field_that_cannot_be_is_named(change, sentence):
    with pytest.raises(Impossible, match=sentence):
        load_operations(json.dumps([{**GOOD, **change}]))


@pytest.mark.parametrize("field", GOOD)
def test_a_field_that_is_missing_is_named(field):
    item = {name: held for name, held in GOOD.items() if name != field}
    with pytest.raises(Impossible, match=f"operation 1 has no '{field}'"):
        load_operations(json.dumps([GOOD, item]))


@pytest.mark.parametrize("text, sentence", [
    ("[{]", "these are no operations: it is not JSON"),
    ("[NaN]", "not JSON .NaN is not a number"),
    ("[" * 100_000, "not JSON"),
    ("[7]", "operation 0 should be an object, not 7"),
    ("no/such/file.json", "no/such/file.json cannot be read: .*a file's path or JSON text"),
])  # fmt: skip
def test_what_is_no_list_of_operations_is_refused(text, sentence):
    with pytest.raises(Impossible, match=sentence):
        load_operations(text)


def test_a_file_without_a_list_is_refused(tmp_path):
    path = tmp_path / "log.json"
    path.write_text('{"operations": []}', "utf-8")
    with pytest.raises(Impossible, match="a list is wanted, not {'operations'"):
        load_operations(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Impossible, match="cannot be read"):
        load_operations(path)


@pytest.mark.parametrize("given", [7, [7], [None], [("A", "get")]])
def test_a_list_of_anything_else_is_refused(given):
    with pytest.raises(Impossible, match="a list of Op|is no Op"):
        linearizable(given)


@pytest.mark.parametrize("new", [{1: 2}, float("nan"), {1, 2}, object()])
def test_what_json_cannot_hold_is_refused(new):
    with pytest.raises(Impossible, match="operation 0, .*cannot be written to a file"):
        dump_operations([write("A", new, 0, 1)])


@pytest.mark.parametrize("one, words", [
    (write("C1", 5, 10, 20.25), "C1's x=5 → 5 (10–20.2 ms)"),
    (read("C1", None, 0, 1), "C1's x? → nothing (0–1 ms)"),
    (write("C1", 5, 10, None), "C1's x=5 (from 10 ms, no answer)"),
    (Op("C1", ("del", "x"), 3, None, None, "fail"), "C1's del x (from 3 ms, failed)"),
    (op("C1", ("get", "x"), 0, 1, "long " * 20), f"C1's x? → {('long ' * 20)[:39]}… (0–1 ms)"),
])  # fmt: skip
def test_an_operation_is_told_in_a_few_words(one, words):
    assert told(one, write_command) == words

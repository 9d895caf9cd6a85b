"""Linearizability: the six histories of E46, agreement with brute force, evidence, other services.

M. Herlihy and J. Wing 1990; the search is J. Wing and C. Gong's (1993) with G. Lowe's memory
(2017).
"""

import pytest
from client_histories import (
    busy_history,
    has_order,
    known_at,
    loosened,
    op,
    random_history,
    read,
    write,
)

import raftlab as rl
from raftlab.checks.linearizable import Spec, key_value, linearizable, lock
from raftlab.checks.sequential import sequential
from raftlab.core import Impossible, Op, execute

ZERO = key_value({"x": 0, "y": 0})

# Six histories, x and y at first 0: (operations, linearizable, sequentially consistent).
SIX = {
    "a read behind a finished write gives the old value": (
        [write("A", 1, 0, 10), read("B", 0, 20, 30)], False, True),
    "a read gives the new value, the next one the old": (
        [write("A", 1, 0, 10), read("B", 1, 20, 30), read("B", 0, 40, 50)], False, False),
    "new-old inversion during a write": (
        [write("W", 1, 0, 60), read("A", 1, 20, 30), read("B", 0, 40, 50)], False, True),
    "a write without an answer takes effect late": (
        [write("A", 1, 0, None), read("B", 0, 20, 30), read("B", 1, 40, 50)], True, True),
    "a lock taken twice": (
        [op("A", ("cas", "x", 0, 1), 0, 10, True), op("B", ("cas", "x", 0, 1), 5, 15, True)],
        False, False),
    "effects of one client seen in the wrong order": (
        [write("A", 1, 0, 10), write("A", 1, 20, 30, "y"), read("B", 1, 40, 50, "y"),
         read("B", 0, 60, 70)], False, False),
}  # fmt: skip


@pytest.mark.parametrize("name", SIX)
def test_the_six_histories_are_judged_as_they_should_be(name):
    """E46: linearizability and sequential consistency part where real time decides."""
    history, real_time, some_order = SIX[name]
    assert linearizable(history, ZERO).ok is real_time
    assert sequential(history, ZERO).ok is some_order


# -- against brute force ------------------------------------------------------------------


@pytest.mark.slow
def test_it_agrees_with_brute_force_on_10_000_small_histories():
    """Every verdict; and all evidence is checked by the slow twin too."""
    good = 0
    for seed in range(10_000):
        history = random_history(seed)
        judged = linearizable(history)
        assert judged.ok is has_order(history), seed
        good += judged.ok
        for part in judged.parts:
            if part.ok:
                explains(history, part)
            else:
                contradicts(history, part)
    assert 4000 < good < 6000  # the share of each verdict


def explains(history, part):
    """The order gives every answer, each operation at an instant between call and answer."""
    assert {at for at, one in enumerate(history) if one.status == "ok"} <= set(part.order)
    data, now = {}, -1
    for number, point in zip(part.order, part.points, strict=True):
        one = history[number]
        data, result = execute(data, one.call)
        assert one.status == "unknown" or result == one.result
        assert max(now, one.invoked_at) <= point
        assert one.status == "unknown" or point <= one.completed_at
        now = point


def contradicts(history, part):
    number = part.impossible
    last = history[number]
    known = known_at(history, number)
    everything = list(known.values())
    place = list(known).index(number)

    def answered(result):
        other = Op(last.client, last.call, last.invoked_at, last.completed_at, result, "ok")
        return has_order(everything[:place] + [other] + everything[place + 1 :])

    # Up to this answer there is no order, but for this answer there would be one.
    assert not has_order(everything)
    assert has_order(everything[:place] + [loosened(last)] + everything[place + 1 :])
    # Exactly the possible answers would have been possible.
    assert part.possible and all(answered(result) for result in part.possible)
    others = [None, True, False, *range(10)]
    assert all(any(a == b for b in part.possible) for a in others if answered(a))
    # The core contradicts itself, whatever the others did, and only by the impossible answer.
    core = [list(known).index(at) for at in part.core]
    assert number in part.core and not has_order(everything, set(core))
    assert not has_order([known[at] for at in part.core])
    assert has_order([known[at] if at != number else loosened(last) for at in part.core])


def test_some_contradictions_take_several_operations():
    sizes = [len(part.core) for seed in range(600)
             for part in linearizable(random_history(seed)).parts if part.ok is False]  # fmt: skip
    assert {1, 2, 3, 4} <= set(sizes)


# -- evidence -----------------------------------------------------------------------------


def test_a_stale_read_of_a_deposed_leader_is_named_with_what_contradicts_it():
    """§8: a deposed leader that answers reads from its own state has not heard of x=2."""
    history = [
        write("C1", 1, 0, 10), write("C2", 2, 100, 130), read("C2", 2, 140, 150),
        read("C1", 1, 145, 146), read("C2", 2, 160, 170),
    ]  # fmt: skip
    judged = linearizable(history)
    assert (judged.parts[0].impossible, judged.parts[0].possible) == (3, (2,))
    assert judged.parts[0].core == (1, 3) and judged.parts[0].order == (0, 1)
    assert judged.why == (
        "not linearizable: C1's x? → 1 (145–146 ms) is impossible: only 2 could be the answer. "
        "No order holds these 2, whatever the others did: C2's x=2 → 2 (100–130 ms); C1's x? → 1 "
        "(145–146 ms)."
    )


def test_a_counter_added_to_twice_by_one_request_is_caught():
    """§8: without serial numbers a retry after a lost answer executes twice."""
    add = ("add", "x", 10)
    history = [op("A", add, 0, 10, 10), op("B", add, 20, 90, 20), op("A", add, 100, 110, 40)]
    judged = linearizable(history)
    assert judged.ok is False and judged.parts[0].possible == (30,)
    assert linearizable([*history[:2], op("A", add, 100, 110, 30)]).ok
    assert linearizable([*history, op("C", add, 5, None)]).ok  # unless somebody else asked too


def test_two_who_got_the_same_number_contradict_each_other():
    add = ("add", "x", 1)
    history = [op("A", add, 0, 10, 1), op("B", add, 20, 40, 2), op("C", add, 25, 45, 2)]
    (part,) = linearizable(history).parts
    assert (part.core, part.impossible, part.possible) == ((1, 2), 2, (3,))


def test_an_answer_that_nothing_leads_to_stands_alone():
    judged = linearizable([write("A", 5, 0, 10), read("B", 7, 20, 30)])
    assert judged.parts[0].core[-1] == 1 and judged.parts[0].possible == (5,)
    judged = linearizable([read("B", 7, 20, 30)])
    assert judged.why.endswith("only nothing could be the answer. Nothing that was asked leads to"
                               " it.")  # fmt: skip


def test_an_operation_without_an_answer_may_take_effect_late_or_never():
    lost = write("A", 1, 0, None)
    assert linearizable([lost, read("B", None, 10, 20)]).parts[0].order == (1,)
    late = linearizable([lost, read("B", None, 10, 20), read("B", 1, 30, 40)])
    assert late.parts[0].order == (1, 0, 2)
    assert late.why == ("linearizable: there is an order of all 2 answered operations on x; of 1 "
                        "without an answer 1 took effect in it")  # fmt: skip
    assert linearizable([lost, read("B", 1, 10, 20), read("B", None, 30, 40)]).ok is False


def test_what_failed_did_not_happen():
    failed = Op("A", ("set", "x", 1), 0, 10, "refused", "fail")
    assert linearizable([failed, read("B", None, 20, 30)]).ok
    assert linearizable([failed, read("B", 1, 20, 30)]).ok is False


def test_keys_are_judged_one_by_one():
    history = [write("A", 1, 0, 10), read("B", None, 20, 30), write("A", 1, 0, 10, "y"),
               read("B", 1, 20, 30, "y"), read("B", 3, 20, 30, "z")]  # fmt: skip
    judged = linearizable(history)
    assert [(part.part, part.ok) for part in judged.parts] == [
        ("x", False), ("y", True), ("z", False)
    ]  # fmt: skip
    assert judged.why.endswith("What was asked of z is not linearizable either.")


def test_what_touches_at_one_instant_overlaps_in_a_list():
    assert linearizable([write("A", 1, 0, 10), read("B", None, 10, 20)]).ok
    assert linearizable([write("A", 1, 0, 10), read("B", None, 10.001, 20)]).ok is False


def test_a_run_knows_what_came_first_at_one_instant():
    """A Node that answers at once, and forgets: the second request begins behind the first."""

    class Forgetful(rl.Node):
        def on_request(self, request):
            self.respond(request, execute({}, request.command)[1])

    run = rl.cluster(Forgetful, servers=1)
    run.request(("set", "x", 1))
    run.request(("get", "x"))
    assert run.now == 0 and linearizable(run).ok is False
    assert linearizable(run.operations()).ok
    assert linearizable(run, at=1).ok


def test_a_command_without_a_key_makes_the_history_undecidable():
    for call in ("hello", None, ("get",), ("frob", "x"), ("get", ["x"])):
        judged = linearizable([write("A", 1, 0, 10), op("B", call, 5, 15)])
        assert judged.ok is None and "touches no key of a key/value store" in judged.why
        assert judged.why.startswith("undecided: B's ")
        assert sequential([op("B", call, 5, 15)]).ok is None
    refused = Op("B", "hello", 5, 15, None, "fail")
    assert linearizable([write("A", 1, 0, 10), refused]).ok


def test_nothing_is_linearizable():
    judged = linearizable([])
    assert judged.ok and repr(judged) == "linearizable: there is nothing to put in order"
    assert sequential([]).ok


# -- size ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [("set", "get", "add", "cas", "del"), ("set", "get"), ("add",)])
@pytest.mark.parametrize("seed", range(3))
def test_a_history_of_2000_operations_takes_few_states(kinds, seed):
    """5 clients on a single key: about one state for each operation."""
    history = busy_history(seed, kinds=kinds)
    judged = linearizable(history)
    assert judged.ok and judged.parts[0].visited < 8000
    explains(history, judged.parts[0])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_so_does_one_with_many_operations_never_answered(seed):
    judged = linearizable(busy_history(seed, unknown=0.1))
    assert judged.ok and judged.parts[0].visited < 60_000


@pytest.mark.parametrize("seed", range(3))
def test_a_false_answer_in_2000_is_found_and_explained_by_few(seed):
    history = busy_history(seed)
    number = max(at for at, one in enumerate(history[:1900]) if one.call[0] == "get")
    one = history[number]
    history[number] = read(one.client, "never", one.invoked_at, one.completed_at)
    (part,) = linearizable(history).parts
    assert part.ok is False and part.impossible == number
    assert part.possible and 0 < len(part.core) <= 8


def test_a_budget_that_runs_out_leaves_it_undecided():
    judged = linearizable(busy_history(1, 200), budget=20)
    assert judged.ok is None and judged.why == (
        "undecided: 20 states of x were visited without finding an order, and more are left; give "
        "a larger budget"
    )
    assert sequential(busy_history(1, 60), budget=5).ok is None
    with pytest.raises(Impossible, match="a budget is how many states to visit, from 1, not 0"):
        linearizable([], budget=0)


def test_what_the_end_of_a_history_refutes_needs_no_search_of_all_of_it():
    history = busy_history(0, 400, kinds=("set", "get"), unknown=0.05)
    reads = [at for at, one in enumerate(history) if one.call[0] == "get" and one.status == "ok"]
    one = history[reads[-1]]
    history[reads[-1]] = read(one.client, "never", one.invoked_at, one.completed_at)
    (part,) = linearizable(history, budget=1500).parts
    assert (part.ok, part.visited, part.impossible) == (False, 1500, reads[-1])


# -- sequential consistency ---------------------------------------------------------------


def test_sequential_consistency_cannot_be_asked_key_by_key():
    """Each key alone has an order that both clients can believe, and both together none."""
    history = [write("A", 1, 0, 10), read("A", 0, 20, 30, "y"),
               write("B", 1, 0, 10, "y"), read("B", 0, 20, 30)]  # fmt: skip
    for key in ("x", "y"):
        assert sequential([one for one in history if one.call[1] == key], ZERO).ok
    assert sequential(history, ZERO).ok is False


def test_an_order_that_every_client_can_believe_is_told():
    judged = sequential(SIX["a read behind a finished write gives the old value"][0], ZERO)
    assert judged.parts[0].order == (1, 0)
    assert judged.why == ("sequentially consistent, in this order: B's x? → 0 (20–30 ms); A's x=1 "
                          "→ 1 (0–10 ms)")  # fmt: skip


def test_what_is_linearizable_is_sequentially_consistent():
    both = [(linearizable(history).ok, sequential(history).ok)
            for history in map(random_history, range(400))]  # fmt: skip
    assert (True, False) not in both and {(True, True), (False, True), (False, False)} == set(both)


# -- other services -----------------------------------------------------------------------


def take(owner, begin, end, result=True):
    return op(owner, ("acquire", "L", owner), begin, end, result)


def give(owner, begin, end, result=True):
    return op(owner, ("release", "L", owner), begin, end, result)


def test_two_holders_of_a_lock_are_not_linearizable():
    """A lease that ran out under its holder: both believe that they hold the lock."""
    assert linearizable([take("A", 0, 10), give("A", 20, 30), take("B", 25, 40)], lock()).ok
    judged = linearizable([take("A", 0, 10), take("B", 50, 60), give("A", 90, 95)], lock())
    assert judged.ok is False and judged.parts[0].core == (0, 1)
    assert "B's B acquires L → True (50–60 ms) is impossible: only False" in judged.why


def test_a_lock_is_refused_while_held_and_released_by_its_holder_only():
    history = [take("A", 0, 10), take("A", 11, 12, False), take("B", 15, 20, False),
               give("B", 25, 30, False), give("A", 40, None), take("B", 50, 60)]  # fmt: skip
    assert linearizable(history, lock()).ok
    assert linearizable(history[:4] + history[5:], lock()).ok is False
    assert linearizable([op("A", ("steal", "L", "A"), 0, 1)], lock()).ok is None


def queued(items, call):
    if call[0] == "put":
        return (*items, call[1]), None
    return items[1:], items[0] if items else None


QUEUE = Spec("queue", queued, lambda call: "queue", lambda part: ())


def test_a_queue_is_a_spec_of_three_lines():
    history = [op("A", ("put", 1), 0, 10), op("B", ("put", 2), 5, 15), op("A", ("get",), 20, 30, 2),
               op("B", ("get",), 25, 35, 1)]  # fmt: skip
    assert linearizable(history, QUEUE).ok
    later = [history[0], op("B", ("put", 2), 11, 15), *history[2:]]
    assert linearizable(later, QUEUE).ok  # the two who take overlap
    judged = linearizable([*later[:3], op("B", ("get",), 31, 35, 1)], QUEUE)
    assert judged.ok is False and judged.parts[0].possible == (1,)


def fenced(state, call):
    """A lock whose grants carry growing numbers: a new one takes over from the old."""
    holder, token = state
    if call[0] == "grant":
        return (call[1], token + 1), token + 1
    return state, call[2] == token


FENCED = Spec("fenced lock", fenced, lambda call: "lock", lambda part: (None, 0))


def test_fencing_tokens_can_be_checked():
    history = [op("A", ("grant", "A"), 0, 1, 1), op("B", ("grant", "B"), 2, 3, 2)]
    assert linearizable([*history, op("A", ("write", "A", 1), 4, 5, False)], FENCED).ok
    assert linearizable([*history, op("A", ("write", "A", 1), 4, 5, True)], FENCED).ok is False


def test_a_broken_promise_of_a_spec_is_told():
    liar = Spec("liar", queued, lambda call: 0, lambda part: (), reads=lambda call, answer: True)
    with pytest.raises(Impossible, match="promises that .*put.* only reads, but it changes"):
        linearizable([op("A", ("put", 1), 0, 10)], liar)


def test_states_and_answers_may_be_any_plain_values():
    history = [write("A", [1, {"a": [2]}], 0, 10), read("B", (1, {"a": (2,)}), 20, 30)]
    assert linearizable(history).ok
    assert linearizable([write("A", True, 0, 1), op("B", ("add", "x", 1), 2, 3, 2)]).ok is False
    with pytest.raises(Impossible, match="neither a plain value nor hashable"):
        linearizable([write("A", bytearray(b"1"), 0, 10)])

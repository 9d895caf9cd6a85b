"""What clients of a real Redis saw is told by the same list, and judged by the same check."""

import raftlab as rl


def test_a_record_of_real_clients_is_judged_like_the_models():
    with rl.real.Redis() as redis:
        record = rl.real.Record(redis, timeout=10_000)
        asked = [("A", "x=5"), ("B", "x?"), ("B", ("cas", "x", 5, 6)), ("A", ("cas", "x", 5, 7)),
                 ("A", ("cas", "y", None, 1)), ("B", "y+=2"), ("B", "del y"), ("A", "y?"),
                 ("A", "x=word"), ("B", "x?")]  # fmt: skip
        got = [record.ask(client, command) for client, command in asked]
        assert got == [5, 5, True, False, True, 3, 3, None, "word", "word"]
        assert all(op.status == "ok" for op in record.ops)
        assert rl.linearizable(record.ops).ok


def test_a_call_without_an_answer_may_have_happened_all_the_same():
    """The server stood still, not the network: it carries out later what it was sent."""
    with rl.real.Redis() as redis:
        record = rl.real.Record(redis, timeout=100)
        record.ask("A", "x?")
        while record.ops[-1].status != "ok":  # so that its connection stands
            record.ask("A", "x?")
        redis.pause("S1")
        assert record.ask("A", "x=8") is None and record.ops[-1].status == "unknown"
        redis.resume("S1")
        assert any(record.ask("B", "x?") == 8 for _ in range(1000))
        assert rl.linearizable(record.ops).ok


def test_a_stale_read_from_a_replica_is_caught_by_the_same_checker():
    with rl.real.Redis(replicas=1) as redis:
        record = rl.real.Record(redis)
        redis.cut("S2")
        record.ask("A", "x=1")
        assert record.ask("B", "x?", server="S2") is None
        assert not rl.linearizable(record.ops).ok


def test_what_the_server_turned_down_surely_did_not_happen():
    with rl.real.Redis(replicas=1) as redis:
        record = rl.real.Record(redis)
        assert record.ask("A", "x=1", server="S2") is None
        assert record.ops[0].status == "fail" and "read only" in record.ops[0].result
        record.ask("A", "x=word")
        record.ask("A", "x+=1")
        assert record.ops[2].status == "fail"

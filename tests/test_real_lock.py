"""Locks on a real Redis: what each idea keeps and what it does not. Redis documentation,
*Distributed locks with Redis*."""

import pytest
import redis as library

import raftlab as rl
from raftlab.core import Impossible
from raftlab.real import found, lock

HOWS = [None, found.WHEEL, found.STANDIN]


@pytest.fixture(scope="module", params=HOWS, ids=["found", "wheel", "stand-in"])
def client(request):
    with rl.real.Redis(server=request.param) as redis:
        yield redis.client()


@pytest.fixture(autouse=True)
def free(request):
    if "client" in request.fixturenames:
        request.getfixturevalue("client").delete("lock", "other")


class Clock:
    """ms, moved by hand."""

    now = 1000.0

    def __call__(self):
        return self.now


class Slow:
    """A client whose every answer takes `ms` of a clock, and which does not answer if `silent`."""

    silent = False

    def __init__(self, client, clock, ms):
        self.client, self.clock, self.ms = client, clock, ms
        self.connection_pool = client.connection_pool

    def __getattr__(self, name):
        def asked(*words, **options):
            answer = getattr(self.client, name)(*words, **options)
            self.clock.now += self.ms
            if self.silent:
                raise library.TimeoutError
            return answer

        return asked


# -- the ideas ------------------------------------------------------------------------------


def test_setnx_excludes_and_never_ends(client):
    assert rl.real.setnx(client, "lock", "A") and not rl.real.setnx(client, "lock", "B")
    assert client.pttl("lock") == -1


def test_between_two_commands_there_is_a_lock_without_an_end(client):
    seen = []
    assert rl.real.setnx_then_expire(
        client, "lock", "A", 60_000, between=lambda: seen.append(client.pttl("lock"))
    )
    assert seen == [-1] and client.pttl("lock") > 0
    assert not rl.real.setnx_then_expire(client, "lock", "B", 60_000)


def test_with_one_command_there_never_is(client):
    assert rl.real.set_nx_px(client, "lock", "A", 60_000)
    assert not rl.real.set_nx_px(client, "lock", "B", 60_000)
    assert client.get("lock") == "A" and client.pttl("lock") > 0


def test_who_does_not_compare_ends_and_extends_the_lock_of_another(client):
    rl.real.set_nx_px(client, "lock", "B", 30_000)
    assert rl.real.extend(client, "lock", 60_000) and client.pttl("lock") > 30_000
    assert rl.real.delete(client, "lock") and client.get("lock") is None


@pytest.mark.parametrize("delete", [rl.real.compare_and_delete, lock.delete_by_script])
def test_a_lock_is_deleted_by_its_owner_only_be_it_by_command_or_by_script(client, delete):
    rl.real.set_nx_px(client, "lock", "B", 60_000)
    assert not delete(client, "lock", "A") and client.get("lock") == "B"
    assert delete(client, "lock", "B") and client.get("lock") is None
    assert not delete(client, "lock", "B")


@pytest.mark.parametrize("extend", [rl.real.compare_and_extend, lock.extend_by_script])
def test_a_lock_is_extended_by_its_owner_only_be_it_by_command_or_by_script(client, extend):
    rl.real.set_nx_px(client, "lock", "B", 30_000)
    assert not extend(client, "lock", "A", 60_000) and client.pttl("lock") <= 30_000
    assert extend(client, "lock", "B", 60_000) and client.pttl("lock") > 30_000
    assert client.get("lock") == "B"
    assert not extend(client, "other", "B", 60_000) and client.get("other") is None


def test_the_servers_own_commands_are_used_where_it_has_them():
    with rl.real.Redis(server=found.WHEEL) as redis:
        assert lock.commands(redis.client()) == ("DELIFEQ", "SET IFEQ")
    with rl.real.Redis(server=found.STANDIN) as redis:
        assert lock.commands(redis.client()) == ("EVAL", "EVAL")


def test_the_commands_of_redis_8_4_are_spelt_as_its_documentation_has_them():
    sent = []

    class Client:
        def execute_command(self, *words):
            sent.append(words)
            return 1

    assert lock._DELETES["DELEX"](Client(), "lock", "A")
    assert sent == [("DELEX", "lock", "IFEQ", "A")]


# -- the lease ------------------------------------------------------------------------------


def test_a_lease_excludes_and_lets_go(client):
    a, b = (rl.real.Lease(client, ttl=60_000, name=name) for name in "AB")
    assert a.renew() is False and a.release() is False and not a.keep()
    assert a.acquire() and not b.acquire()
    assert a.owner.startswith("A#") and len(a.owner) == 42 and client.get("lock") == a.owner
    assert a.release() and not a.is_held() and a.left == 0
    assert b.acquire() and a.release() is False and b.is_held()


def test_a_lease_counts_from_before_it_asks_and_stops_before_redis_does(client):
    clock = Clock()
    lease = rl.real.Lease(Slow(client, clock, 40), ttl=6000, clock=clock)
    assert lease.acquire() and lease.left == 6000 - 1000 - 40
    assert lease.left < client.pttl("lock")
    clock.now += 4960
    assert not lease.is_held() and client.get("lock")


def test_a_lease_is_renewed_when_a_third_of_it_is_over(client):
    clock = Clock()
    lease = rl.real.Lease(client, ttl=6000, clock=clock)
    lease.acquire()
    clock.now += 1999
    assert lease.keep() and lease.left == 3001
    clock.now += 1
    assert lease.keep() and lease.left == 5000


def test_a_lease_that_was_lost_is_over_as_soon_as_one_hears_of_it(client):
    lease = rl.real.Lease(client, ttl=60_000)
    lease.acquire()
    client.delete("lock")
    assert lease.is_held() and lease.renew() is False and not lease.is_held()


def test_a_renewal_without_an_answer_leaves_the_lease_its_old_end(client):
    clock = Clock()
    slow = Slow(client, clock, 10)
    lease = rl.real.Lease(slow, ttl=6000, clock=clock)
    lease.acquire()
    end, slow.silent = lease.until, True
    clock.now += 2000
    assert lease.renew() is None and lease.until == end and lease.is_held()


def test_what_nobody_answered_is_not_had_and_is_ended_at_the_next_attempt(client):
    clock = Clock()
    slow = Slow(client, clock, 10)
    slow.silent = True
    lease = rl.real.Lease(slow, ttl=60_000, clock=clock)
    assert not lease.acquire() and not lease.is_held() and client.get("lock") == lease.owner
    slow.silent = False
    assert lease.acquire() and client.get("lock") == lease.owner


def test_a_lock_that_is_granted_too_late_is_given_back(client):
    clock = Clock()
    lease = rl.real.Lease(Slow(client, clock, 5000), ttl=6000, clock=clock)
    assert not lease.acquire() and client.get("lock") is None


def test_a_margin_must_leave_something(client):
    with pytest.raises(Impossible, match="of 600 ms a margin of 600 ms leaves nothing"):
        rl.real.Lease(client, ttl=600, margin=600)


def test_a_lock_that_its_replica_does_not_have_in_time_is_not_held():
    """WAIT 1 returns 0 when the link is cut."""
    with rl.real.Redis(replicas=1) as redis:
        lease = rl.real.Lease(redis.client(timeout=20_000), ttl=60_000)
        assert lease.acquire(replicas=1, within=10_000) and lease.release()
        redis.cut("S2")
        assert not lease.acquire(replicas=1, within=50) and redis.client().get("lock") is None
        assert lease.acquire()


def test_a_replica_grants_no_lock():
    with rl.real.Redis(replicas=1) as redis:
        lease = rl.real.Lease(redis.client("S2"))
        assert not lease.acquire() and lease.owner is None


# -- on several servers ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def five():
    servers = [rl.real.Redis() for _ in range(5)]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def clients(five):
    for server in five:
        if not server.process("S1").is_running():
            server.restart("S1")
    asking = [server.client(timeout=400) for server in five]
    for one in asking:
        one.delete("lock")
    return asking


def test_redlock_is_held_by_whoever_has_a_majority(clients, five):
    a, b = (rl.real.Redlock(clients, ttl=60_000, name=name) for name in "AB")
    assert a.acquire() and a.granted == 5
    assert not b.acquire() and b.granted == 0
    assert a.release() and b.acquire() and b.release()
    for server in five[:2]:
        server.kill("S1")
    assert a.acquire() and a.granted == 3 and a.renew()


def test_redlock_is_not_held_by_a_minority_which_gives_back_what_it_got(clients, five):
    for server in five[:3]:
        server.kill("S1")
    lease = rl.real.Redlock(clients)
    assert not lease.acquire() and lease.granted == 2
    assert [one.get("lock") for one in clients[3:]] == [None, None]


def test_redlock_that_took_too_long_is_not_held(clients):
    clock = Clock()
    slow = [Slow(one, clock, 200) for one in clients]
    lease = rl.real.Redlock(slow, ttl=990, clock=clock)
    assert not lease.acquire() and lease.granted == 5
    assert [one.get("lock") for one in clients] == [None] * 5

"""Real servers on 127.0.0.1: they serve, fail on demand, and nothing of them is left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.real import found
from raftlab.real.process import Process, answers, free_port, home, patience
from raftlab.real.reaper import inside


@pytest.fixture
def pair():
    with rl.real.Redis(replicas=1) as redis:
        yield redis


def shown(holds, within=10):
    """Whether something comes true; the servers do their part in their own time."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.01)
    return False


# -- serving and failing ------------------------------------------------------------------


def test_a_primary_serves_and_its_replica_follows(pair):
    assert pair.names == ["S1", "S2"] and pair.primary == "S1"
    assert pair.client().set("x", 5)
    assert shown(lambda: pair.client("S2").get("x") == "5")


def test_a_cut_link_keeps_from_the_replica_what_the_primary_acknowledges(pair):
    pair.client().set("x", 1)
    assert shown(lambda: pair.client("S2").get("x") == "1")
    pair.cut("S2")
    assert pair.client().set("x", 2)
    assert pair.client("S2").get("x") == "1"
    pair.heal("S2")
    assert shown(lambda: pair.client("S2").get("x") == "2")


def test_a_delayed_link_loses_nothing(pair):
    pair.delay("S2")
    assert pair.client().set("x", 2)
    assert pair.client("S2").get("x") is None
    pair.heal("S2")
    assert shown(lambda: pair.client("S2").get("x") == "2")


def test_a_promoted_replica_forgets_what_it_was_never_told(pair):
    """Asynchronous replication: the lock that A was granted is gone, and B gets it too."""
    pair.cut("S2")
    assert pair.client().set("lock", "A", nx=True, px=60_000)
    old = pair.primary
    pair.promote("S2")
    assert pair.primary == "S2"
    assert pair.client().set("lock", "B", nx=True, px=60_000)
    assert (pair.client(old).get("lock"), pair.client().get("lock")) == ("A", "B")


def test_the_old_primary_loses_on_its_return_what_only_it_had(pair):
    pair.cut("S2")
    pair.client().set("x", "only here")
    pair.promote("S2")
    pair.follow("S1", "S2")
    assert pair.client("S1").get("x") is None


def test_the_link_of_an_old_primary_that_has_become_a_replica_can_be_cut(pair):
    pair.promote("S2")
    pair.follow("S1")
    pair.cut("S1")
    assert pair.client().set("x", 2) and pair.client("S1").get("x") is None
    pair.heal("S1")
    assert shown(lambda: pair.client("S1").get("x") == "2")


def test_a_replica_may_follow_again_whom_it_was_promoted_over(pair):
    pair.promote("S2")
    pair.follow("S2", "S1")
    pair.cut("S2")
    assert pair.client("S1").set("x", 2) and pair.client("S2").get("x") is None


def test_a_promoted_replica_that_is_killed_starts_again_as_a_primary(pair):
    pair.promote("S2")
    pair.kill("S2")
    pair.restart("S2")
    assert pair.client("S2").set("x", 1)


@pytest.mark.parametrize("disk, kept", [("none", None), ("always", "5")])
def test_what_a_killed_server_still_knows_is_what_its_disk_holds(disk, kept):
    with rl.real.Redis(disk=disk) as redis:
        redis.client().set("x", 5)
        redis.kill("S1")
        assert repr(redis) == "<Redis: S1 down>"
        redis.restart("S1")
        assert redis.client().get("x") == kept


def test_a_paused_server_answers_nobody_and_goes_on_as_if_nothing_had_been():
    with rl.real.Redis() as redis:
        redis.client().set("x", 5)
        redis.pause("S1")
        assert repr(redis) == "<Redis: S1 paused>"
        record = rl.real.Record(redis, timeout=100)
        assert record.ask("A", "x?") is None
        assert [op.status for op in record.ops] == ["unknown"]
        redis.resume("S1")
        assert shown(lambda: record.ask("A", "x?") == 5)


@pytest.mark.parametrize("how", [found.INSTALLED, found.WHEEL])
def test_the_clock_of_one_server_jumps_and_nothing_else_does(how):
    with rl.real.Redis(clock=True, disk="always", server=how) as redis, rl.real.Redis() as other:
        for client in (redis.client(), other.client()):
            client.set("lock", "A", px=60_000)
        redis.jump("S1", 30_000)
        assert 0 < redis.client().pttl("lock") <= 30_000 < other.client().pttl("lock")
        redis.kill("S1")
        redis.restart("S1")  # its clock is no part of its memory
        redis.jump("S1", 31_000)
        assert redis.client().get("lock") is None and other.client().get("lock") == "A"
        redis.jump("S1", -61_000)
        ahead = redis.client().time()[0] - other.client().time()[0]
        assert abs(ahead) <= 1
        redis.pause("S1")  # the process is the server's, and no wrapper
        assert redis.process("S1").is_paused()
        redis.resume("S1")
    with rl.real.Redis() as redis, pytest.raises(Impossible, match=r"S1 .* Redis\(clock=True\)"):
        redis.jump("S1", 1000)


@pytest.mark.parametrize("how", [found.WHEEL, found.STANDIN])
def test_without_an_installed_server_there_is_another(how):
    """And it does what a lock needs: SET NX PX that runs out, and Lua."""
    with rl.real.Redis(server=how) as redis:
        client = redis.client()
        assert client.set("lock", "A", nx=True, px=60_000)
        assert client.set("lock", "B", nx=True, px=60) is None
        assert client.eval("return redis.call('GET', KEYS[1])", 1, "lock") == "A"
        client.delete("lock")
        assert client.set("lock", "A", nx=True, px=60)
        assert shown(lambda: client.set("lock", "B", nx=True, px=60))
        redis.pause("S1")
        redis.kill("S1")
        assert redis.server.is_real == (how == found.WHEEL)
        assert ("stand-in" in str(redis.server)) == (how == found.STANDIN)
        assert "is installed" not in str(redis.server)  # it may well be: this one was asked for


# -- bad luck -----------------------------------------------------------------------------


def script(tmp_path, text):
    """A program of that text which can be run as if it were a server."""
    path = tmp_path / "redis-server"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("text, told", [
    ("echo Redis server v=5.0.7", "is Redis 5.0.7, and 6.2 or newer is needed"),
    ("echo hello", "is no Redis server: asked for its version it said 'hello"),
    ("exit 127", "is no Redis server"),
])  # fmt: skip
def test_a_server_of_another_kind_or_age_is_named(tmp_path, monkeypatch, text, told):
    monkeypatch.setenv(found.BINARY, script(tmp_path, text))
    with pytest.raises(Impossible, match=told):
        rl.real.Redis()


def test_a_server_that_dies_while_starting_shows_the_end_of_its_log(tmp_path, monkeypatch):
    dying = 'case "$1" in --version) echo Redis server v=7.0.0;; *) echo out of luck; exit 3; esac'
    monkeypatch.setenv(found.BINARY, script(tmp_path, dying))
    with pytest.raises(Impossible) as raised:
        rl.real.Redis()
    assert "S1 could not be started: it ended with exit code 3. Its log ends:\n    out of luck" in (
        str(raised.value)
    )
    assert inside(home()) == []


def test_a_machine_that_sleeps_does_not_use_up_the_patience(monkeypatch):
    now, slept = [0.0], iter([0.02, 3600, 0.02, 4, 3600, 3600, 9])

    def sleep(seconds):
        now[0] += next(slept)

    monkeypatch.setattr("raftlab.real.process.time", SimpleNamespace(
        monotonic=lambda: now[0], sleep=sleep))  # fmt: skip
    waited = [round(seconds, 2) for seconds in patience(20)]
    assert waited == [0, 0.02, 5.02, 5.04, 9.04, 14.04, 19.04]


def test_a_server_that_never_serves_is_ended():
    with pytest.raises(Impossible, match="did not serve within 0.3 s. It wrote no log"):
        Process("slow", lambda port, folder: ["sleep", "60"], within=0.3)
    assert inside(home()) == [] and list(home().glob("slow-*")) == []


def test_a_program_without_permission_is_named(tmp_path):
    path = tmp_path / "server"
    path.write_text("no program")
    path.chmod(0o644)
    with pytest.raises(Impossible, match="server could not be started: .*Permission denied"):
        Process("server", lambda port, folder: [path])


def test_a_port_in_use_is_named_if_there_is_no_other_and_else_another_is_taken(monkeypatch):
    server = found.redis_server()
    with rl.real.Redis() as redis:
        taken = redis.process("S1").port

        def command(port, folder):
            return [*server.command, "--port", port, "--bind", "127.0.0.1", "--dir", folder]

        monkeypatch.setattr("raftlab.real.process.free_port", lambda: taken)
        with pytest.raises(Impossible, match=f"port {taken} is in use by another program"):
            Process("second", command)
        ports = iter([taken, free_port()])
        monkeypatch.setattr("raftlab.real.process.free_port", lambda: next(ports))
        second = Process("second", command)
        assert second.port != taken and answers(second.port)
        second.stop()


def test_a_server_that_dies_in_the_middle_is_told_apart_from_a_slow_one():
    with rl.real.Redis() as redis:
        record = rl.real.Record(redis, timeout=100)
        os.kill(redis.process("S1").pid, signal.SIGKILL)  # not by us: it simply dies
        assert shown(lambda: repr(redis) == "<Redis: S1 down>")
        record.ask("A", "x=1")
        assert record.ops[0].status == "fail" and "refused" in record.ops[0].result
        with pytest.raises(Impossible, match=r"S1 is not running; start\(\) starts it again"):
            redis.pause("S1")


def test_words_that_name_nothing_are_answered_with_what_there_is(pair):
    with rl.real.Redis() as gone:
        pass
    for wrong, told in [
        (lambda: pair.kill("S3"), "no server S3; there are S1, S2"),
        (lambda: gone.client(), r"no server S1: they were stopped. Make new ones .*Redis\(\)"),
        (lambda: pair.cut("S1"), "S1 was started as a primary: no link leads to it"),
        (lambda: pair.follow("S1"), "S1 cannot be a replica of itself"),
        (lambda: pair.restart("S1"), "S1 is running"),
        (lambda: rl.real.Redis(disk="ram"), "no disk 'ram'; there are none, everysec, always"),
        (lambda: rl.real.Redis(replicas=9), "replicas must be a number from 0 to 5"),
        (lambda: rl.real.Redis(server="mine"), "no server 'mine'; there are installed, wheel"),
        (lambda: rl.real.Redis(1, server=found.STANDIN), "stand-in .* and it has no replicas"),
        (
            lambda: rl.real.Redis(disk="always", server=found.STANDIN),
            "stand-in .* and it keeps nothing on a disk",
        ),
        (lambda: rl.real.Record(pair).ask("A", ("acquire", "x", "A")), "Redis is asked for set"),
    ]:
        with pytest.raises(Impossible, match=told):
            wrong()


# -- nothing is left behind ---------------------------------------------------------------

STARTS = """
    import time
    import raftlab as rl
    from raftlab.real.process import home
    redis = rl.real.Redis(replicas=1)
    redis.pause("S2")  # a paused process hears of no polite request
    print(home(), *[redis.process(name).pid for name in redis.names], flush=True)
"""


def gone(folder, pids):
    return not Path(folder).exists() and not any(map(psutil.pid_exists, map(int, pids)))


@pytest.mark.parametrize("ending", ["", "1 / 0", "import os; os._exit(1)"])
def test_a_program_that_ends_leaves_no_server(ending):
    code = textwrap.dedent(STARTS) + ending
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    folder, *pids = told.split()
    assert len(pids) == 2 and shown(lambda: gone(folder, pids))


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_a_program_that_is_interrupted_or_killed_leaves_no_server(sign):
    code = textwrap.dedent(STARTS) + "time.sleep(60)"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    folder, *pids = child.stdout.readline().split()
    assert all(map(psutil.pid_exists, map(int, pids)))
    child.send_signal(getattr(signal, sign))
    child.wait()
    child.stdout.close()
    assert len(pids) == 2 and shown(lambda: gone(folder, pids))


@pytest.mark.parametrize("how", ["restart", "kill"])
def test_a_kernel_that_is_restarted_or_killed_leaves_no_server(how):
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel()
    try:
        printed = []
        client.execute_interactive(
            textwrap.dedent(STARTS), timeout=60,
            output_hook=lambda message: printed.append(message["content"].get("text", "")),
        )  # fmt: skip
        folder, *pids = "".join(printed).split()
        if how == "restart":
            manager.restart_kernel(now=True)
        else:
            os.kill(manager.provisioner.process.pid, signal.SIGKILL)
        assert len(pids) == 2 and shown(lambda: gone(folder, pids))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_interrupted_while_it_waits_for_a_server_it_ends_what_it_has_begun(monkeypatch):
    def interrupted(port):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Process("sleeper", lambda port, folder: ["sleep", "60"], ready=interrupted)
    assert inside(home()) == [] and list(home().glob("sleeper-*")) == []


@pytest.mark.slow
def test_two_hundred_starts_kills_and_stops_leave_no_process_port_or_file():
    """Each third one is paused, each third killed, before it is stopped."""
    before = set(psutil.Process().children())
    files = psutil.Process().num_fds() if os.name == "posix" else 0
    ports = []
    for number in range(200):
        redis = rl.real.Redis()
        ports.append(redis.process("S1").port)
        if number % 3 == 1:
            redis.pause("S1")
        elif number % 3 == 2:
            redis.kill("S1")
        redis.stop()
    assert set(psutil.Process().children()) <= before | {psutil.Process(reaper())}
    assert inside(home()) == [] and list(home().iterdir()) == []
    assert not any(map(answers, ports))
    if os.name == "posix":
        assert psutil.Process().num_fds() <= files + 2  # the pipe to the reaper


def reaper():
    from raftlab.real import process

    return process._home.reaper.pid

"""What run.py starts: the tests end with pytest's own words, and a lab leaves nothing behind."""

import contextlib
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import time

import pytest
from small_project import load, posix_only

# run.py with this test's own Python in place of a fresh .venv, which would take a minute.
WITHOUT_INSTALLING = """
import importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("run", "run.py")
run = importlib.util.module_from_spec(spec)
spec.loader.exec_module(run)
run.VENV.mkdir(exist_ok=True)
run.PYTHON, run.prepare = pathlib.Path(sys.executable), lambda extras: None
sys.exit(run.main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_the_tests_end_with_pytests_own_summary_and_its_exit_code(project):
    (project / "tests").mkdir()
    (project / "tests" / "test_two.py").write_text(
        "def test_good(): pass\ndef test_bad(): assert False\n"
    )
    command = [sys.executable, "-c", WITHOUT_INSTALLING, "test", "-q", "-p", "no:cacheprovider"]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert result.returncode == 1
    assert "1 failed, 1 passed" in result.stdout.splitlines()[-1]


@contextlib.contextmanager
def terminal(project, *words):
    """run.py in a terminal of its own: its process id and the terminal's other end."""
    import pty

    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(project)
        os.execv(sys.executable, [sys.executable, "-c", WITHOUT_INSTALLING, *words])
    try:
        yield pid, screen
    finally:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.close(screen)


def read_until(screen, pattern, seconds=60):
    shown, end = "", time.monotonic() + seconds
    while time.monotonic() < end and not re.search(pattern, shown):
        if select.select([screen], [], [], 0.2)[0]:
            try:
                shown += os.read(screen, 65536).decode()
            except OSError:  # the last process on this terminal has ended
                break
    assert re.search(pattern, shown), shown[-2000:]
    return shown


def has_ended(pid):
    """Gone, or a zombie that only waits for its new parent to notice."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return state.stdout.strip() == "" or state.stdout.startswith("Z")


@posix_only
@pytest.mark.slow
@pytest.mark.parametrize("end", ["ctrl-c", "kill", "closed terminal"])
def test_a_lab_answers_at_the_address_it_shows_and_leaves_nothing_behind(project, end):
    import urllib.request

    from jupyter_client import BlockingKernelClient

    (project / "notebooks" / "00-start-here.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    with terminal(project, "lab", "--no-browser") as (pid, screen):
        shown = read_until(screen, r"token=\w+\s")
        url = re.search(r"http://127\.0\.0\.1:\d+/\S+", shown).group()
        assert "lab/tree/notebooks/00-start-here.ipynb?token=" in url
        assert shown.strip().endswith(url)  # the address is the last thing said
        with urllib.request.urlopen(url, timeout=20) as page:
            assert page.status == 200

        base, token = re.match(r"(.*?/)lab/tree/.*token=(\w+)", url).groups()
        style = urllib.request.urlopen(base + "custom/custom.css?token=" + token, timeout=20)
        assert b"Run the cell" in style.read()  # in place of the answers that are folded

        # A kernel in the middle of an endless loop, so that asking it to end is not enough.
        request = urllib.request.Request(
            base + "api/kernels", b"{}", {"Authorization": "token " + token}
        )
        kernel = json.loads(urllib.request.urlopen(request, timeout=20).read())["id"]
        (connection,) = pathlib.Path("/tmp").glob(f"raftlab-*/kernel-{kernel}.json")
        assert json.loads(connection.read_text())["transport"] == "ipc"
        client = BlockingKernelClient(connection_file=str(connection))
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=30)
        client.execute("import os; print('at', os.getcwd(), os.getpid())\nwhile True: pass")
        printed = ""
        while "at " not in printed:
            message = client.get_iopub_msg(timeout=20)
            printed = message["content"].get("text", "")
        _, place, kernel_pid = printed.split()
        client.stop_channels()
        assert place == str(project)

        processes = [*load(project).below(pid), int(kernel_pid)]
        assert len(processes) >= 2
        if end == "ctrl-c":
            os.write(screen, b"\x03")
        elif end == "kill":
            os.kill(pid, signal.SIGTERM)
        else:
            os.close(screen)
        if end != "closed terminal":
            read_until(screen, "Stopping")
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status == 0
        assert all(has_ended(process) for process in processes)
        assert not connection.parent.exists()

"""Sets raftlab up and starts it; needs Python 3.11 or newer and nothing else.

    python3 run.py lab  [--no-browser] [--port N] [NOTEBOOK]    open the notebooks in JupyterLab
    python3 run.py test [anything pytest takes]                 run the complete test suite
    python3 run.py doctor                                       what is here, and what is missing

Everything is installed into .venv beside this file, once, and again only when pyproject.toml,
constraints.txt or the Python changed. A .venv that is incomplete, was moved, or was made by
another tool is replaced.
"""

import sys

# This file stays readable for Python 2.7 (no f-strings, no annotations), because a Python that is
# too old must get as far as this sentence instead of a syntax error.
if sys.version_info < (3, 11):
    sys.exit(
        "raftlab needs Python 3.11 or newer and this is Python %d.%d: install a newer one and "
        "start again with it, for example: python3.13 run.py lab" % sys.version_info[:2]
    )

import argparse
import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import webbrowser

ROOT = pathlib.Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "raftlab.json"  # written when an installation is complete, and only then
INSTALL_LOG, LAB_LOG = VENV / "install.log", VENV / "lab.log"
START = "notebooks/00-start-here.ipynb"
# Looked for at each start, because a .venv can be damaged; by extra.
MODULES = {"lab": ["jupyterlab", "ipykernel", "anywidget"], "test": ["pytest", "nbval"]}
# Of an output that is folded, because it answers a question, JupyterLab shows the first line.
FOLDED = """.jp-OutputPlaceholder .jp-PlaceholderText { visibility: hidden }
.jp-OutputPlaceholder .jp-PlaceholderText::before
  { visibility: visible; content: "Run the cell, and see" }
"""
SIGNALS = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]
NO_VENV = (
    "this Python cannot make virtual environments: install its venv module (on Debian and "
    "Ubuntu: apt-get install python%d.%d-venv), then run this again" % sys.version_info[:2]
)
# What pip, venv and the operating system say, and what to do about it; the first match counts.
REMEDIES = (
    (
        "No space left|Errno 28|not enough space",
        "the disk is full: make about 1 GB free, then run this again",
    ),
    (
        r"Permission denied|Read-only file system|Errno 13\b|Errno 30\b|WinError 5\b",
        "%s cannot be written: move the project into a directory of yours, then run this again"
        % ROOT,
    ),
    (
        "Retrying |Connection|getaddrinfo|name resolution|timed out|SSLError",
        "the package registry cannot be reached: check the network or the proxy, then run this "
        "again",
    ),
    ("ensurepip", NO_VENV),
    ("", "the installation failed: the reason stands at the end of %s" % INSTALL_LOG),
)


class Advice(Exception):
    """What went wrong, in one sentence that says what to do."""


class Stopped(Exception):
    """Ctrl-C, a closed terminal, or somebody's `kill`; carries the signal's number."""


def on_signal(number, frame):
    for one in SIGNALS:  # the first is enough: nothing may interrupt the tidying up
        signal.signal(one, signal.SIG_IGN)
    raise Stopped(number)


def say(text, end="\n", to=None):
    with contextlib.suppress(OSError):  # the terminal may be gone, and tidying up must go on
        (to or sys.stdout).write(text + end)
        (to or sys.stdout).flush()


class Progress:
    """One line that moves, so that nobody wonders whether anything still happens."""

    def __init__(self, doing):
        self.doing, self.began, self.turn = doing, time.monotonic(), 0

    def tick(self):
        text = "%s  %d s" % (self.doing, time.monotonic() - self.began)
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns - 1
            say("\r" + ("|/-\\"[self.turn % 4] + " " + text)[:width].ljust(width), end="")
        elif self.turn % 100 == 0:  # every ten seconds: a log wants lines, and few of them
            say(text)
        self.turn += 1
        time.sleep(0.1)

    def close(self):
        if sys.stdout.isatty():
            say("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r", end="")


def below(pid):
    """The processes below pid, from ps, because each kernel leads a process group of its own."""
    try:
        table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True).stdout
    except OSError:  # Windows, or a very small Linux
        return []
    pairs, found = [tuple(map(int, row.split())) for row in table.splitlines()], [pid]
    for parent in found:
        found += [child for child, its_parent in pairs if its_parent == parent]
    return found[1:]


def stop(child, ask):
    """End a child and all below it: politely, by the signal `ask`; after 15 seconds by force."""
    family = below(child.pid)
    if ask and os.name == "posix" and child.poll() is None:  # on Windows Ctrl-C reached it too
        child.send_signal(ask)
    try:
        child.wait(timeout=15)
    except subprocess.TimeoutExpired:
        family += below(child.pid)
        if os.name == "nt":
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(child.pid)], capture_output=True)
        child.kill()
        child.wait()
    for pid in family if os.name == "posix" else []:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def quietly(command, doing):
    """Run a part of the installation behind a moving line; if it fails, say what to do."""
    progress, printed = Progress(doing), []
    environment = dict(
        os.environ, PIP_USER="0", PIP_NO_INPUT="1", PIP_PROGRESS_BAR="off", PYTHONUNBUFFERED="1"
    )
    environment.setdefault("PIP_RETRIES", "2")  # pip's own five take a minute without a network
    child = subprocess.Popen(
        command, cwd=str(ROOT), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", start_new_session=True,
    )  # fmt: skip

    def listen():
        for line in child.stdout:
            printed.append(line)
            name = re.match(r"Collecting ([\w.-]+)", line)
            if name:
                progress.doing = "Fetching packages, now " + name.group(1)
            elif line.startswith("Installing collected"):
                progress.doing = "Unpacking %d packages" % (line.count(",") + 1)
            elif "Retrying " in line:
                progress.doing = "The network does not answer, trying again"

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        while child.poll() is None:
            progress.tick()
    finally:
        stop(child, signal.SIGTERM)
        progress.close()
        listener.join(timeout=5)
        with contextlib.suppress(OSError):
            with INSTALL_LOG.open("a", encoding="utf-8") as log:
                log.writelines(printed)
    if child.returncode:
        raise Advice(remedy("".join(printed)))


def remedy(output):
    return next(sentence for signs, sentence in REMEDIES if re.search(signs, output))


def prepare(extras):
    """Make .venv fit: these extras, from the present files, for the present Python and place."""
    # A .venv holds absolute paths: moving the project or changing the Python spoils it.
    maker = [str(ROOT), sys.version, sys.base_prefix]
    files = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        whole = stamp["maker"] == maker and is_importable(stamp["extras"])
    except (OSError, ValueError, LookupError, TypeError):  # no stamp, or none of ours
        whole = False
    extras = sorted(set(extras) | set(stamp["extras"] if whole else []))
    fit = {"maker": maker, "files": hashlib.sha256(b"".join(files)).hexdigest(), "extras": extras}
    if whole and stamp == fit:
        return
    if whole:
        STAMP.unlink()
    else:
        if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
            raise Advice(NO_VENV)
        say("Setting raftlab up in %s: once, about a minute and 500 MB." % VENV)
        if VENV.is_symlink() or VENV.is_file():
            VENV.unlink()
        elif VENV.exists():
            shutil.rmtree(str(VENV))
        # The Python behind an activated environment, which may be the very .venv just removed.
        base = getattr(sys, "_base_executable", None) or sys.executable
        quietly([base, "-m", "venv", str(VENV)], "Making .venv")
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    target = ".[%s]" % ",".join(extras)
    quietly(pip + ["-c", "constraints.txt", "-e", target], "Asking for packages")
    STAMP.write_text(json.dumps(fit), encoding="utf-8")


def is_importable(extras):
    names = [name for extra in extras for name in MODULES[extra]]
    code = "import sys, importlib.util as u; sys.exit(not all(map(u.find_spec, sys.argv[1:])))"
    try:
        look = subprocess.run([str(PYTHON), "-c", code] + names, capture_output=True)
    except OSError:
        return False
    return look.returncode == 0


@contextlib.contextmanager
def one_at_a_time():
    """Two runs started together must not install into each other's .venv."""
    with open(os.path.abspath(__file__), "rb") as this_file:
        with contextlib.suppress(ImportError, OSError):  # no such lock: Windows, some network disks
            import fcntl

            try:
                fcntl.flock(this_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Waiting for another run.py, which is setting up ...")
                fcntl.flock(this_file, fcntl.LOCK_EX)
        yield


def lab(python, notebook, port, browser):
    """Serve the project until a signal comes."""
    # A directory of our own holds the server's address and the kernels' sockets, and goes with it.
    # Directly in /tmp, because the path of a socket may have about 100 characters.
    short = "/tmp" if os.name == "posix" and os.access("/tmp", os.W_OK) else None
    runtime = tempfile.mkdtemp(prefix="raftlab-", dir=short)
    command = [
        str(python), "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1",
        "--ServerApp.root_dir=" + str(ROOT), "--LabApp.default_url=/lab/tree/" + notebook,
        "--ServerApp.port=%d" % (port or 8888), "--ServerApp.port_retries=%d" % (0 if port else 50),
        "--LabApp.workspaces_dir=" + str(VENV / "workspaces"),  # no tabs of other projects
        "--LabApp.custom_css=True",
    ]  # fmt: skip
    if os.name == "posix" and len(runtime) < 50:
        command.append("--KernelManager.transport=ipc")  # over TCP, each kernel prints a warning
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    child, progress = None, Progress("Starting JupyterLab")
    try:
        with LAB_LOG.open("wb"), LAB_LOG.open("ab") as log:
            child = subprocess.Popen(
                command, cwd=str(ROOT), env=set_for_a_learner(runtime),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        url = None
        while not url and child.poll() is None:
            progress.tick()
            url = address(runtime, notebook)
        progress.close()
        # On a Linux without a screen a text browser would open, inside this very terminal.
        screen = any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))
        if url and browser and (screen or sys.platform in ("win32", "darwin")):
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        if url:
            say("\nraftlab is running; Ctrl-C stops it. If no browser opens, go to\n")
            say("    %s\n" % url)
        while child.poll() is None:
            time.sleep(0.2)
        if child.returncode:
            raise Advice("JupyterLab stopped: the reason stands at the end of %s" % LAB_LOG)
    except Stopped:
        progress.close()
        say("\nStopping JupyterLab and its kernels ...")
    finally:
        if child:
            stop(child, signal.SIGTERM)
        shutil.rmtree(runtime, ignore_errors=True)
    return 0


def set_for_a_learner(runtime):
    """Write what our JupyterLab does otherwise than others; gives the environment it runs in."""
    # Its own questions about news and updates are not what a learner came for.
    settings = VENV / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    text = json.dumps({"@jupyterlab/apputils-extension:notification": quiet})
    (settings / "overrides.json").write_text(text, encoding="utf-8")
    # custom.css is taken from the first directory of configurations only: that is ours, and the
    # user's own comes second, where their settings (a dark theme, say) go on to count.
    custom = VENV / "etc" / "raftlab" / "custom"
    custom.mkdir(parents=True, exist_ok=True)
    (custom / "custom.css").write_text(FOLDED, encoding="utf-8")
    own = os.environ.get("JUPYTER_CONFIG_DIR") or os.path.expanduser("~/.jupyter")
    further = filter(None, [own, os.environ.get("JUPYTER_CONFIG_PATH")])
    theirs = {"JUPYTERLAB_SETTINGS_DIR": os.path.join(own, "lab", "user-settings")}
    return dict(
        dict(theirs, **os.environ), JUPYTER_RUNTIME_DIR=runtime,
        JUPYTER_CONFIG_DIR=str(custom.parent), JUPYTER_CONFIG_PATH=os.pathsep.join(further),
    )  # fmt: skip


def address(runtime, notebook):
    """Where the server answers; None as long as it does not."""
    for path in pathlib.Path(runtime).glob("jpserver-*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            server = json.loads(path.read_text(encoding="utf-8"))
            no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            no_proxy.open(server["url"] + "api", timeout=2).close()
            token = "?token=" + server["token"] if server["token"] else ""
            return server["url"] + "lab/tree/" + urllib.parse.quote(notebook) + token


def test(python, arguments):
    """One pytest run: the tests, then all notebooks (pyproject.toml says so). All of them go over
    as many processes as there are cores, a file or notebook to each."""
    arguments = arguments or ["-n", "auto", "--dist", "loadscope"]
    hang_up = getattr(signal, "SIGHUP", signal.SIGTERM)
    signal.signal(hang_up, signal.SIG_IGN)  # inherited: pytest stops at our word, after tidying up
    child = subprocess.Popen([str(python), "-m", "pytest"] + arguments, cwd=str(ROOT))
    try:
        signal.signal(hang_up, on_signal)
        while child.poll() is None:
            time.sleep(0.1)
    except Stopped as stopped:  # Ctrl-C in the terminal has reached pytest by itself
        stop(child, None if stopped.args[0] == signal.SIGINT else signal.SIGINT)
        return 128 + stopped.args[0]
    return child.returncode


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Advice("%s; see python3 run.py --help" % message)


def a_port(text):
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise Advice("%s is not a port: give a number from 1024 to 65535" % text)
    with socket.socket() as probe:
        if os.name == "posix":  # as the server does: a port whose last user just left is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            what = "taken" if error.errno == errno.EADDRINUSE else "not open to you"
            raise Advice("port %s is %s: choose another, or leave --port out" % (text, what))
    return int(text)


def a_notebook(name):
    for path in (pathlib.Path(name), ROOT / name, ROOT / "notebooks" / (name + ".ipynb")):
        if path.is_file() and ROOT in path.resolve().parents:
            return path.resolve().relative_to(ROOT).as_posix()
    there = sorted(path.stem for path in ROOT.glob("notebooks/*.ipynb"))
    raise Advice("there is no notebook %s: there are %s" % (name, ", ".join(there) or "none yet"))


def parse(argv):
    parser = Parser(
        prog="run.py",
        usage=argparse.SUPPRESS,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["lab", "test", "doctor"])
    parser.add_argument("notebook", nargs="?", type=a_notebook, help="else %s" % START)
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=a_port, help="on 127.0.0.1 (else 8888 or the next free one)")
    return parser.parse_intermixed_args(argv)  # the notebook may also come after the options


def main(argv):
    for one in SIGNALS:
        signal.signal(one, on_signal)
    try:
        testing = argv[:1] == ["test"]  # what follows is pytest's to understand
        options = None if testing else parse(argv)
        with one_at_a_time():
            prepare(["lab", "test"] if testing else ["lab"])
        if testing:
            return test(PYTHON, argv[1:])
        if options.command == "doctor":
            return subprocess.call([str(PYTHON), "-m", "raftlab.real.doctor"], cwd=str(ROOT))
        return lab(PYTHON, options.notebook or START, options.port, not options.no_browser)
    except Advice as advice:
        say("run.py: %s." % advice, to=sys.stderr)
        return 1
    except OSError as error:
        say("run.py: %s." % remedy("[Errno %s] %s" % (error.errno, error)), to=sys.stderr)
        return 1
    except Stopped as stopped:
        say("\nrun.py: stopped before it was done; run it again to go on.", to=sys.stderr)
        return 128 + stopped.args[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

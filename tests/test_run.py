"""run.py as a newcomer meets it: what it says when something is wrong, what it installs and when.
What it starts: test_run_starts.py."""

import ast
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys

import pytest
from small_project import ROOT, load, posix_only


def run(project, *arguments, before="", **environment):
    """run.py in a process of its own, after the statements `before`."""
    code = f"import runpy, sys; sys.argv = ['run.py', *sys.argv[1:]]\n{before}\n"
    code += f"runpy.run_path({str(project / 'run.py')!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=project, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def assert_one_sentence(result, *parts):
    """A failure is one line that says what to do: no traceback, no success."""
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1 and "Traceback" not in result.stdout, result.stderr
    for part in parts:
        assert part in lines[0]


# ---- one sentence that says what to do -------------------------------------------------------


def test_a_python_that_is_too_old_can_read_the_file():
    """Words younger than Python 2.7 would end in a syntax error in place of the sentence."""
    source = (ROOT / "run.py").read_bytes()
    assert source.isascii()  # Python 2 asks for a declaration otherwise
    young = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.Nonlocal, ast.Starred,
             ast.AsyncFunctionDef, ast.YieldFrom)  # fmt: skip
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, young), ast.dump(node)
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None and not node.args.kwonlyargs
            assert not any(argument.annotation for argument in node.args.args)
        if isinstance(node, ast.Raise):
            assert node.cause is None


def old_pythons():
    names = ("2.7", "3.6", "3.8", "3.10")
    homes = [f".pyenv/versions/{name}.*/bin/python" for name in names]
    found = [shutil.which("python" + name) for name in names]
    found += [path for home in homes for path in pathlib.Path.home().glob(home)]
    # A pyenv shim may stand for a version that is not selected: it does not run at all.
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return [str(path) for path in found if path and not subprocess.call([path, "-V"], **silent)]


@pytest.mark.parametrize("python", [None, *old_pythons()])
def test_a_python_that_is_too_old_is_told_so(project, python):
    if python:
        result = subprocess.run(
            [python, "run.py", "lab"], cwd=project, capture_output=True, text=True
        )
    else:
        result = run(project, "lab", before="sys.version_info = (3, 9, 1)")
    assert_one_sentence(result, "Python 3.11 or newer", "install a newer one")


@pytest.mark.parametrize(
    "words, part",
    [
        ([], "command"),
        (["fly"], "'fly'"),
        (["lab", "--prot", "9000"], "--prot"),
        (["lab", "--port", "many"], "many is not a port"),
        (["lab", "--port", "70000"], "70000 is not a port"),
        (["lab", "90-missing"], "there are 00-start-here"),
        (["lab", "../elsewhere.ipynb"], "there is no notebook"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(project, words, part):
    (project / "notebooks" / "00-start-here.ipynb").write_text("{}")
    assert_one_sentence(run(project, *words), part)
    assert not (project / ".venv").exists()


def test_a_notebook_may_be_named_before_the_options_or_after_them(project):
    (project / "notebooks" / "07-ours.ipynb").write_text("{}")
    for words in (["lab", "07-ours", "--no-browser"], ["lab", "--no-browser", "07-ours"]):
        parsed = load(project).parse(words)
        assert parsed.notebook == "notebooks/07-ours.ipynb" and parsed.no_browser


def test_a_taken_port_is_said_before_anything_is_installed(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_one_sentence(run(project, "lab", "--port", port), port + " is taken", "another")
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_without_venv_debian_is_told_which_package(project, missing):
    hide = (
        "import importlib.util as u; real = u.find_spec\n"
        f"u.find_spec = lambda name, *more: None if name == {missing!r} else real(name, *more)"
    )
    assert_one_sentence(run(project, "test", before=hide), "-venv", "run this again")


@pytest.mark.slow
def test_without_a_network_nothing_is_taken_for_installed(project):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    result = run(
        project, "lab", PIP_INDEX_URL=nobody, PIP_EXTRA_INDEX_URL="", PIP_FIND_LINKS="",
        PIP_CONFIG_FILE=os.devnull, PIP_RETRIES="1", PIP_NO_CACHE_DIR="1",
    )  # fmt: skip
    assert_one_sentence(result, "cannot be reached", "network")
    assert not (project / ".venv" / "raftlab.json").exists()
    assert "Retrying" in (project / ".venv" / "install.log").read_text()


@pytest.mark.parametrize(
    "output, part",
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left", "full"),
        ("[Errno 13] Permission denied: '/x/.venv'", "cannot be written"),
        ("[Errno 30] Read-only file system: '/x/.venv'", "cannot be written"),
        ("WARNING: Retrying (Retry(total=4, connect=None)) after connection broken", "network"),
        ("The virtual environment was not created because ensurepip is not available.", "-venv"),
        ("[Errno 130] Something of its own", "install.log"),
    ],
)
def test_what_pip_and_the_system_say_becomes_what_to_do(project, output, part):
    assert part in load(project).remedy(output)


def test_a_directory_that_cannot_be_written_is_named(project):
    refuse = (
        "import subprocess\n"
        "def refuse(*a, **k): raise PermissionError(13, 'Permission denied')\n"
        "subprocess.Popen = refuse"
    )
    result = run(project, "lab", before=refuse)
    assert_one_sentence(result, str(project), "cannot be written")


# ---- installing when, and only when, something changed ---------------------------------------


class Installer:
    """Stands for venv and pip: notes what is asked of it and leaves what they would leave."""

    def __init__(self, module, monkeypatch):
        self.module, self.asked = module, []
        monkeypatch.setattr(module, "quietly", self.install)
        monkeypatch.setattr(module, "is_importable", lambda extras: module.PYTHON.exists())

    def install(self, command, doing):
        self.asked.append(command[-1] if "pip" in command else "venv")
        self.module.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        self.module.PYTHON.touch()

    def prepare(self, *extras):
        self.asked.clear()
        self.module.prepare(extras)
        return self.asked


@pytest.fixture
def installer(project, monkeypatch):
    return Installer(load(project), monkeypatch)


def test_a_second_start_installs_nothing(installer):
    assert installer.prepare("lab") == ["venv", ".[lab]"]
    assert installer.prepare("lab") == []


def test_the_lab_starts_from_what_the_tests_installed(installer):
    assert installer.prepare("lab", "test") == ["venv", ".[lab,test]"]
    assert installer.prepare("lab") == []


def test_the_tests_are_added_to_what_the_lab_installed(installer):
    installer.prepare("lab")
    assert installer.prepare("lab", "test") == [".[lab,test]"]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_dependencies_are_installed_with_all_extras_kept(installer, project, name):
    installer.prepare("lab", "test")
    with (project / name).open("a") as file:
        file.write("# changed\n")
    assert installer.prepare("lab") == [".[lab,test]"]
    assert installer.prepare("lab") == []


def test_another_python_gets_a_new_environment(installer, monkeypatch):
    installer.prepare("lab")
    monkeypatch.setattr(sys, "version", "3.99.0 (a newer one)")
    assert installer.prepare("lab") == ["venv", ".[lab]"]


def test_a_moved_project_gets_a_new_environment(project, tmp_path_factory, monkeypatch):
    Installer(load(project), monkeypatch).prepare("lab")
    moved = tmp_path_factory.mktemp("elsewhere") / "raftlab"
    project.rename(moved)
    assert Installer(load(moved), monkeypatch).prepare("lab") == ["venv", ".[lab]"]


@pytest.mark.parametrize("damage", ["no python", "no stamp", "bad stamp", "odd stamp"])
def test_a_damaged_environment_is_replaced(installer, damage):
    installer.prepare("lab")
    stamp = installer.module.STAMP
    if damage == "no python":
        installer.module.PYTHON.unlink()
    elif damage == "no stamp":
        stamp.unlink()
    else:
        stamp.write_text("{" if damage == "bad stamp" else '["lab"]')
    leftover = installer.module.VENV / "leftover"
    leftover.touch()
    assert installer.prepare("lab") == ["venv", ".[lab]"]
    assert not leftover.exists()


def test_a_link_in_place_of_the_environment_is_removed_and_its_target_kept(installer, tmp_path):
    target = tmp_path / "precious"
    target.mkdir()
    installer.module.VENV.symlink_to(target, target_is_directory=True)
    assert installer.prepare("lab") == ["venv", ".[lab]"]
    assert target.is_dir() and not installer.module.VENV.is_symlink()


def test_an_interrupted_installation_is_not_taken_for_a_complete_one(installer, monkeypatch):
    installer.prepare("lab")
    complete = installer.install

    def interrupted(command, doing):
        raise installer.module.Stopped(signal.SIGINT)

    monkeypatch.setattr(installer.module, "quietly", interrupted)
    with pytest.raises(installer.module.Stopped):
        installer.prepare("lab", "test")
    monkeypatch.setattr(installer.module, "quietly", complete)
    assert installer.prepare("lab") == ["venv", ".[lab]"]


@posix_only
def test_a_second_run_waits_for_the_one_that_is_setting_up(project):
    import fcntl

    with (project / "run.py").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code = "import runpy; runpy.run_path('run.py')['one_at_a_time']().__enter__(); print('in')"
        waiting = subprocess.Popen(
            [sys.executable, "-c", code], cwd=project, stdout=subprocess.PIPE, text=True
        )
        assert waiting.stdout.readline().startswith("Waiting for another run.py")
    assert waiting.communicate(timeout=30)[0] == "in\n"

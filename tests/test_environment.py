"""One list of dependencies, and everything else (lock, conda, Binder, README) agrees with it.

This file reads the project as a newcomer's tools do; it does not import raftlab.
"""

import functools
import itertools
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PLATFORMS = [("linux", "posix", "x86_64"), ("win32", "nt", "AMD64"), ("darwin", "posix", "arm64")]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


@functools.cache
def project_files():
    """What is, or would be, committed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, so what is committed cannot be told from the rest")
    paths = [ROOT / os.fsdecode(name) for name in names.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def requirements(*extras):
    return [Requirement(r) for e in extras for r in EXTRAS[e]] + [
        Requirement(r) for r in PROJECT["dependencies"]
    ]


def machine_of(python, sys_platform, os_name, machine):
    """What the markers of requirements ask about."""
    return {
        "python_version": python,
        "python_full_version": python + ".9",
        "sys_platform": sys_platform,
        "os_name": os_name,
        "platform_machine": machine,
        "implementation_name": "cpython",
    }


def pins(python, sys_platform, os_name, machine):
    """The versions constraints.txt gives one kind of machine."""
    place = machine_of(python, sys_platform, os_name, machine)
    found = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        pin = Requirement(line)
        if pin.marker is None or pin.marker.evaluate(place):
            assert canonicalize_name(pin.name) not in found, f"pinned twice for {place}: {line}"
            (version,) = pin.specifier
            found[canonicalize_name(pin.name)] = Version(version.version)
    return found


# ---- the lock --------------------------------------------------------------------------------


@pytest.mark.parametrize("python, platform", list(itertools.product(PYTHONS, PLATFORMS)))
def test_constraints_pin_what_pyproject_allows(python, platform):
    pinned = pins(python, *platform)
    for wanted in requirements(*EXTRAS):
        if wanted.marker and not wanted.marker.evaluate(machine_of(python, *platform)):
            continue
        name = canonicalize_name(wanted.name)
        assert name in pinned, f"{wanted.name} is not pinned: see CONTRIBUTING, “Dependencies”"
        assert pinned[name] in wanted.specifier, f"{wanted} but pinned {pinned[name]}"


def test_constraints_hold_names_and_versions_and_nothing_else():
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+( ; [\w .<>=!'()-]+)?", line), line


def test_every_python_we_name_is_one_we_allow():
    named = [c.rsplit(" ", 1)[1] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert named == PYTHONS
    assert PROJECT["requires-python"] == ">=" + PYTHONS[0]


# ---- conda and Binder ------------------------------------------------------------------------


def conda_file(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_both_environment_files_hold_python_pip_and_one_editable_install():
    local, binder = conda_file("environment.yml"), conda_file("binder/environment.yml")
    assert local["dependencies"] == ["python=3.12", "pip", {"pip": ["-e .[lab]"]}]
    assert binder["dependencies"] == ["python=3.12", "pip", {"pip": ["-e ..[lab]"]}]
    assert {**local, "dependencies": 0} == {**binder, "dependencies": 0}


@functools.cache
def dockerfile():
    """What repo2docker would build from this project; needs neither docker nor a network."""
    if sys.platform == "win32":
        pytest.skip("repo2docker does not run on Windows")
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug"]
    command += ["--user-id", "1000", "--user-name", "learner"]
    command += ["--Repo2Docker.default_buildpack=None", str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout + run.stderr


def test_binder_builds_python_3_12_from_the_binder_folder():
    assert "Building conda environment for python=3.12" in dockerfile()
    assert '--file "binder/environment.yml"' in dockerfile()


def test_binder_has_the_sources_before_it_installs_them():
    """`-e ..` would find nothing in an image layer made before the project is copied."""
    assert re.search(r"COPY [^\n]* src/ .* env update ", dockerfile(), re.DOTALL)
    assert not re.search(r" env update .*COPY [^\n]* src/ ", dockerfile(), re.DOTALL)


def test_binders_frozen_base_is_admitted_as_it_is():
    """Otherwise pip would replace parts of the JupyterLab the image has just been given."""
    import repo2docker

    locks = pathlib.Path(repo2docker.__file__).parent / "buildpacks" / "conda"
    lock = (locks / "environment.py-3.12-linux-64.lock").read_text(encoding="utf-8")
    base = dict(re.findall(r"/([\w.-]+)-([\w.]+)-[\w.]+\.(?:conda|tar\.bz2)", lock))
    base = {canonicalize_name(name): version for name, version in base.items()}
    assert {"jupyterlab", "notebook", "ipywidgets", "ipykernel"} <= set(base)
    for wanted in requirements("lab"):
        version = base.get(canonicalize_name(wanted.name))
        assert version is None or version in wanted.specifier, f"{wanted}, Binder has {version}"


# ---- what is committed -----------------------------------------------------------------------


def test_no_committed_file_names_a_package_registry_or_a_machine():
    """The hosts are spelt with brackets so that this file passes its own test."""
    host = r"\b(py[p]i|python[h]osted|npm[j]s|d[e]bian|ana[c]onda)\.(org|com|io)\b"
    places = host + r"|/w[o]rk/(main|\.)|/f[a]rm/|/roo[t]/\.pyenv"
    for path in project_files():
        found = re.search(places.encode(), path.read_bytes())
        assert not found, f"{path.relative_to(ROOT)} names {found.group().decode()}"


def test_files_that_tools_would_obey_in_place_of_ours_are_absent():
    """uv.lock names hosts; .python-version makes uv download an interpreter from a code host."""
    names = {path.name for path in project_files()}
    assert not names & {"uv.lock", "pylock.toml", ".python-version", "requirements.txt"}


def test_the_wheel_contains_every_file_of_the_package(tmp_path):
    """Also the stage's JavaScript, the scenarios and the questions, not just *.py."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("raftlab/")}
    names = {path.relative_to(ROOT).as_posix() for path in project_files()}
    assert packed == {name for name in names if name.startswith("raftlab/")}


@pytest.mark.parametrize("words", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_has_nothing_to_say(words):
    """Mended by `ruff check --fix` and `ruff format`, so that nobody discusses it in review."""
    command = [sys.executable, "-m", "ruff", *words, "."]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr


def test_nothing_is_misspelt():
    texts = [path for path in project_files() if path.suffix in {".md", ".py", ".ipynb", ".txt"}]
    command = [sys.executable, "-m", "codespell_lib", "--toml", "pyproject.toml"]
    run = subprocess.run(command + texts, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


# ---- what README and CONTRIBUTING tell people to type ----------------------------------------


def console_lines():
    for name in ("README.md", "CONTRIBUTING.md"):
        if (ROOT / name).exists():
            text = (ROOT / name).read_text(encoding="utf-8")
            for fence in re.findall(r"```(?:console|bash|sh|shell)\n(.*?)```", text, re.DOTALL):
                for line in fence.splitlines():
                    line = line.removeprefix("$ ").split(" #")[0].strip()
                    if line and not line.startswith("#"):
                        yield pytest.param(line, id=f"{name}: {line}")
            for line in re.findall(r"`(python3? (?:run\.py|-m) [^`]*)`", text):
                yield pytest.param(line, id=f"{name}: {line}")


@pytest.mark.parametrize("line", list(console_lines()))
def test_commands_that_are_documented_exist(line):
    """The program is there, the files it names are there, run.py knows the command."""
    words = shlex.split(line)
    while "=" in words[0]:  # NAME=value before the command
        words.pop(0)
    program, *arguments = words
    program = program.removeprefix(".venv/bin/")
    if re.fullmatch(r"python3?(\.\d+)?", program) and arguments[0] == "run.py":
        usage = subprocess.run(
            [sys.executable, "run.py", "--help"], cwd=ROOT, capture_output=True, text=True
        ).stdout
        assert arguments[1] in re.search(r"{([\w,]+)}", usage)[1].split(",")
        if arguments[1] == "lab":
            assert {word for word in arguments if word.startswith("-")} <= set(usage.split())
    elif re.fullmatch(r"python3?(\.\d+)?", program) and arguments[0] == "-m":
        look = f"import importlib.util as u; u.find_spec({arguments[1]!r}).name"
        found = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True)
        assert found.returncode == 0, f"no module {arguments[1]}"
    elif program == "cd":
        return
    else:
        # What comes from elsewhere than our own environment is listed here on purpose.
        inside = pathlib.Path(sys.executable).parent
        elsewhere = {"git", "conda", "mamba", "uv", "pip", "python3", "python", "bash", "apt-get"}
        assert program in elsewhere or shutil.which(program, path=str(inside)), program
    for word in arguments:
        if re.fullmatch(r"[\w./-]+\.(py|toml|txt|yml|ipynb|md)", word) and "N" not in word:
            assert (ROOT / word).exists(), f"{word} does not exist"

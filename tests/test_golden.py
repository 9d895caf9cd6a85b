"""Same seed, same bytes: stored digests, under every Python here and any hash seed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from raftlab import golden

ROOT = Path(__file__).parent.parent
NAMES = ("python3.11", "python3.12", "python3.13", "python3.14")


def interpreters():
    """Other Pythons on this machine that the package supports: {version: path}."""
    candidates = [shutil.which(name) for name in NAMES]
    for series in ("3.11", "3.12", "3.13", "3.14"):
        candidates += sorted(Path.home().glob(f".pyenv/versions/{series}*/bin/python"))
    found = {}
    for path in filter(None, candidates):
        done = subprocess.run([path, "-c", "import sys; print(*sys.version_info[:3], sep='.')"],
                              capture_output=True, text=True)  # fmt: skip
        if done.returncode == 0:  # a shim may stand for a Python that is not there
            found.setdefault(done.stdout.strip(), str(path))
    found.pop(".".join(map(str, sys.version_info[:3])), None)
    return found


OTHERS = interpreters()


def run_golden(python, *arguments, **environment):
    return subprocess.run(
        [python, "-m", "raftlab.golden", *arguments], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


@pytest.fixture(scope="module")
def now():
    return golden.computed()


def test_every_stored_run_is_computed_anew_byte_for_byte(now):
    assert golden.differences(golden.stored(), now) == []


def test_no_two_cases_are_the_same_run(now):
    assert len(set(now.values())) == len(now) == len(golden.cases()) > 20


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_the_hash_seed_of_the_process_does_not_matter(seed):
    done = run_golden(sys.executable, PYTHONHASHSEED=seed)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "the same on Python" in done.stdout


@pytest.mark.parametrize("version", sorted(OTHERS) or ["none"])
def test_every_other_python_here_computes_the_same(version, capsys):
    if not OTHERS:
        pytest.skip(f"no other Python here; looked for {', '.join(NAMES)} and in ~/.pyenv/versions")
    done = run_golden(OTHERS[version])
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert f"the same on Python {version}" in done.stdout
    with capsys.disabled():
        print(f" [Python {version}: {OTHERS[version]}]", end="")


def test_a_difference_is_told_in_a_sentence_and_by_the_exit_code(
    now, tmp_path, monkeypatch, capsys
):
    case = next(iter(now))
    table = {**now, case: "another digest", "gone 3 1 none": "x"}
    (tmp_path / "golden.json").write_text(json.dumps(table))
    monkeypatch.setattr(golden, "STORED", tmp_path / "golden.json")
    monkeypatch.setattr(golden, "computed", lambda: {**now, "new 3 1 none": "y"})
    assert golden.main([]) == 1
    told = capsys.readouterr().out
    assert f"{case}: stored is another digest; now it is {now[case]}" in told
    assert "gone 3 1 none: is stored but no longer computed" in told
    assert "new 3 1 none: is computed but not stored" in told


@pytest.mark.parametrize("text", [None, "no JSON"])
def test_stored_digests_that_cannot_be_read_are_a_failure(text, now, tmp_path, monkeypatch, capsys):
    if text:
        (tmp_path / "golden.json").write_text(text)
    monkeypatch.setattr(golden, "STORED", tmp_path / "golden.json")
    monkeypatch.setattr(golden, "computed", lambda: now)
    assert golden.main([]) == 1 and "golden.json cannot be read" in capsys.readouterr().out


def test_rewriting_stores_what_is_computed(now, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(golden, "STORED", tmp_path / "golden.json")
    monkeypatch.setattr(golden, "computed", lambda: now)
    assert golden.main(["--rewrite"]) == 0 and golden.main([]) == 0
    assert golden.stored() == now


def test_another_argument_is_answered_with_the_usage(capsys):
    assert golden.main(["--rewrit"]) == 2 and "usage:" in capsys.readouterr().out

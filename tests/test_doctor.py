"""The doctor says what is here, what makes do, what is missing, and the line that brings it."""

import subprocess
import sys

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.real import found


@pytest.fixture
def without(monkeypatch):
    """Take away servers: "installed", "wheel", "stand-in"."""

    def take_away(*ways):
        for way in ways:
            monkeypatch.setitem(found._SEARCHED, way, lambda: None)
        if found.INSTALLED in ways:
            monkeypatch.setattr(found, "_installed", lambda: None)

    monkeypatch.delenv(found.STRICT, raising=False)
    return take_away


def line(name):
    return next(part for part in rl.real.doctor().parts if part.name == name)


def test_what_is_here_is_told_with_its_version():
    told = rl.real.doctor()
    assert told.is_well and "✓ JupyterLab" in str(told) and "✓ Python" in repr(told)
    assert line("Redis server").state == "ok"


def test_a_server_from_a_wheel_is_enough(without):
    without(found.INSTALLED)
    assert line("Redis server").state == "ok" and "from its wheel" in line("Redis server").told


def test_a_stand_in_is_called_one_with_the_line_that_installs_the_real_thing(without, monkeypatch):
    without(found.INSTALLED, found.WHEEL)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    part = line("Redis server")
    assert part.state == "less" and part.told.startswith("a stand-in (fakeredis")
    assert part.told.endswith("): no Redis server is installed, and none comes as a wheel")
    assert part.remedy == "brew install redis"
    assert rl.real.doctor().is_well and "~ make do" in str(rl.real.doctor())


def test_without_any_server_it_says_so(without):
    without(found.INSTALLED, found.WHEEL, found.STANDIN)
    assert line("Redis server").state == "missing" and not rl.real.doctor().is_well
    with pytest.raises(Impossible, match="there is no Redis; this installs one: "):
        rl.real.Redis()


def test_where_the_real_thing_is_required_no_other_will_do(without, monkeypatch):
    without(found.INSTALLED)
    monkeypatch.setenv(found.STRICT, "1")
    with pytest.raises(Impossible, match="no Redis server is installed, and RAFTLAB_REQUIRE_REAL"):
        rl.real.Redis()


@pytest.mark.parametrize("platform, conda, line", [
    ("darwin", "", "brew install redis"),
    ("darwin", "/opt/conda", "conda install -c conda-forge redis-server"),
    ("linux", "", "sudo apt-get install redis-server"),
])  # fmt: skip
def test_each_kind_of_machine_has_its_line(monkeypatch, platform, conda, line):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(found.shutil, "which", lambda name: "/usr/bin/" + name)
    monkeypatch.setenv("CONDA_PREFIX", conda)
    assert found.install_line() == line


def test_a_missing_package_is_named_with_what_it_is_for(monkeypatch):
    from raftlab.real import doctor

    module = sys.modules["raftlab.real.doctor"]
    monkeypatch.setattr(module, "_PACKAGES", (("Abacus", "no_such_module", "counting"),))
    part = doctor().parts[1]
    assert (part.state, part.told) == ("missing", "not there; it is for counting")
    assert "pip install" in part.remedy and "✗ Abacus" in str(doctor())


def test_without_a_clock_that_can_be_set_every_notebook_runs(monkeypatch):
    assert line("libfaketime").state == "ok" and line("libfaketime").remedy == ""
    monkeypatch.setattr(found, "clock_library", lambda: None)
    monkeypatch.setattr(found.shutil, "which", lambda name: "/usr/bin/" + name)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    part = line("libfaketime")
    assert (part.state, part.remedy) == ("less", "sudo apt-get install faketime")
    assert "shown as it was recorded" in part.told and rl.real.doctor().is_well
    monkeypatch.setattr(sys, "platform", "darwin")
    assert line("libfaketime").remedy == "" and "Linux only" in line("libfaketime").told


def test_in_a_terminal_the_exit_code_says_whether_all_is_well():
    done = subprocess.run(
        [sys.executable, "-m", "raftlab.real.doctor"], capture_output=True, text=True
    )
    assert done.returncode == 0 and "Redis server" in done.stdout

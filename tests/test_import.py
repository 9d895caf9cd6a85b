"""`import raftlab`: what it loads, and the names a notebook may use."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import raftlab as rl

ROOT = Path(__file__).parent.parent
LOADED = """
import sys
old = set(sys.modules)
{}
new = set(sys.modules) - old
import json
print(json.dumps(sorted(new)))
"""
# Methods whose names say it all.
PLAIN = {"crash", "restart", "pause", "resume", "heal", "fire", "drop", "duplicate", "send",
         "broadcast", "respond", "cancel_timer"}  # fmt: skip


def loaded_by(statement):
    """The modules that a fresh Python loads for `statement`."""
    done = subprocess.run([sys.executable, "-c", LOADED.format(statement)], cwd=ROOT, text=True,
                          capture_output=True, check=True)  # fmt: skip
    return set(json.loads(done.stdout.splitlines()[-1]))


def foreign(modules):
    known = sys.stdlib_module_names | {"raftlab", "__mp_main__"}
    return sorted({name.split(".")[0] for name in modules} - known)


def test_importing_raftlab_loads_the_standard_library_only():
    modules = loaded_by("import raftlab")
    assert foreign(modules) == [] and "raftlab.sim.history" in modules
    assert not {name for name in modules if name.startswith(("raftlab.views", "raftlab.widgets"))}


def test_so_does_running_a_cluster():
    modules = loaded_by("import raftlab as rl; run = rl.cluster(); run.run(500); run.why()")
    assert foreign(modules) == []
    assert not modules & {"asyncio", "random", "typing_extensions", "numpy"}


def test_the_check_above_would_see_a_foreign_module():
    assert foreign(loaded_by("import raftlab, pytest")) != []


def public():
    return sorted(name for name in vars(rl) if not name.startswith("_")
                  and not inspect.ismodule(getattr(rl, name)))  # fmt: skip


def test_there_are_few_public_names_and_each_is_documented():
    names = set(dir(rl))  # what completion shows, and a notebook uses
    assert {"cluster", "load", "Node", "Impossible", "show", "lab"} <= names
    assert len(names) <= 30
    for name in public():
        given = getattr(rl, name)
        if callable(given):
            assert inspect.getdoc(given), f"rl.{name} says nothing about itself"


def test_each_public_method_of_a_history_and_a_node_is_documented():
    for kind in (rl.History, rl.Node):
        for name, given in vars(kind).items():
            if callable(given) and not name.startswith("_"):
                assert inspect.getdoc(given) or name in PLAIN, f"{kind.__name__}.{name}"


def test_a_name_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match="module 'raftlab' has no attribute 'clusters'"):
        _ = rl.clusters


def test_a_verb_of_a_run_is_not_looked_for_in_vain():
    with pytest.raises(AttributeError, match="crash belongs to a run, as in .*; run.crash$"):
        _ = rl.crash


def test_completion_shows_what_a_notebook_uses_and_nothing_else():
    names = dir(rl)
    assert {"cluster", "lab", "show", "predict", "elections", "scenario", "Node"} <= set(names)
    assert not {"warnings", "import_module", "boot", "built_nodes"} & set(names)
    for name in names:
        assert getattr(rl, name) is not None


def test_completion_in_a_notebook_shows_the_same():
    """IPython asks jedi, which could as well read the file."""
    from IPython.core.completer import IPCompleter, provisionalcompleter

    completer = IPCompleter(namespace={"rl": rl})
    with provisionalcompleter():
        found = {one.text.removeprefix(".") for one in completer.completions("rl.", 3)}
    assert {name for name in found if not name.startswith("_")} == set(dir(rl))


def test_a_class_that_is_no_node_is_told_how_to_become_one():
    class Ping:
        pass

    with pytest.raises(rl.Impossible, match="Ping is no Node; let it be one: class Ping.rl.Node."):
        rl.cluster(Ping)


def test_the_help_on_a_node_names_each_handler_and_its_arguments():
    told = inspect.getdoc(rl.Node)
    for name in ("start", "on_message", "on_timer", "on_request", "observe"):
        handler = getattr(rl.Node, name)
        assert f"{name}{inspect.signature(handler)}" in told

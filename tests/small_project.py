"""What the tests of run.py share: a project in which nothing is installed yet."""

import importlib.util
import os
import pathlib
import shutil

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of Unix")


def small_project(folder):
    """Our run.py and our dependencies in a folder."""
    for name in ("run.py", "pyproject.toml", "constraints.txt", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    (folder / "README.md").write_text("A project for a test.\n")
    (folder / "raftlab").mkdir()
    (folder / "raftlab" / "__init__.py").write_text("")
    (folder / "notebooks").mkdir()
    return folder


def load(project):
    """The project's run.py as a module."""
    spec = importlib.util.spec_from_file_location("run", project / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

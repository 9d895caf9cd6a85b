"""Which layer may import which, and the standard library alone below the pictures (house 4.2)."""

import ast
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "raftlab"

# layer → the layers it may import, itself left out. "" is raftlab/__init__.py, which joins them.
ALLOWED = {
    "core": set(),
    "protocols": {"core"},
    "sim": {"core"},
    "checks": {"core", "sim"},
    "real": {"core", "bar"},
    "views": {"core", "sim", "checks"},
    # the lab makes a cluster or opens a scenario by its name
    "widgets": {"core", "sim", "checks", "views", "scenarios", "comparer", ""},
    "lessons": {
        "",
        "core",
        "protocols",
        "sim",
        "checks",
        "real",
        "views",
        "widgets",
        "scenarios",
        "bar",
    },  # fmt: skip
    "": {"core", "protocols", "sim", "checks", "views", "widgets", "lessons"},
    "golden": {"", "core", "protocols", "sim", "checks"},
    "scenarios": {"", "core", "protocols", "sim", "checks"},
    "explorer": {"", "core", "protocols", "sim", "checks", "bar"},
    "comparer": {"", "core", "sim", "views"},
    "sweeps": {"", "core", "protocols", "sim", "bar"},
    "bar": set(),
}

# layer → the packages from outside it may import, beyond the standard library.
OUTSIDE = {
    "bar": {"IPython", "tqdm"},
    "real": {"fakeredis", "psutil", "redis"},
    "views": {"plotly", "networkx"},
    "widgets": {"plotly", "networkx", "ipywidgets", "anywidget", "traitlets", "IPython"},
    "lessons": {
        "plotly",
        "networkx",
        "ipywidgets",
        "anywidget",
        "traitlets",
        "IPython",
        "nbformat",
        "nbclient",
        "lupa",
    },  # fmt: skip
}


def layer_of(path, package):
    """The layer a file belongs to: its folder, its name, or "" for the package itself."""
    parts = path.relative_to(package).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imported(path, package):
    """Every module a file imports, anywhere in it, as an absolute dotted name."""
    inside = path.relative_to(package.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(inside[: -node.level]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            if module == package.name:  # from . import sim: the names are modules
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield module
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and not argument.value.startswith("."):
                    yield argument.value


def violations(package):
    """Each import that goes the wrong way, as a sentence."""
    for path in sorted(package.rglob("*.py")):
        layer = layer_of(path, package)
        for module in imported(path, package):
            name = module.split(".")
            here = f"{path.relative_to(package.parent)} imports {module}"
            if name[0] != package.name:
                if name[0] not in sys.stdlib_module_names | OUTSIDE.get(layer, set()):
                    yield f"{here}, which {layer or package.name} may not need"
                continue
            target = name[1] if len(name) > 1 else ""
            target = target if (package / target).is_dir() or target in ALLOWED else ""
            if layer not in ALLOWED:
                yield f"{here}, but no layer {layer!r} is known"
            elif target != layer and target not in ALLOWED[layer]:
                yield f"{here}: {layer or package.name} may not use {target or package.name}"


def test_every_import_goes_the_permitted_way():
    assert list(violations(PACKAGE)) == []


def test_every_folder_is_a_layer_and_every_file_short():
    for path in PACKAGE.rglob("*.py"):
        assert layer_of(path, PACKAGE) in ALLOWED, path
        assert len(path.read_text("utf-8").splitlines()) <= 400, f"{path} is over 400 lines"


@pytest.mark.parametrize("file, line", [
    ("core/node.py", "from ..sim import boot"),
    ("core/node.py", "import plotly.graph_objects"),
    ("protocols/raft.py", "from ..sim.history import History"),
    ("protocols/raft.py", "import numpy as np"),
    ("sim/cluster.py", "from ..protocols.raft import Raft"),
    ("sim/cluster.py", "from ..protocols import raft"),
    ("sim/cluster.py", "from .. import protocols"),
    ("sim/cluster.py", "import raftlab.checks"),
    ("sim/cluster.py", "def later():\n    from ..views import show"),
    ("checks/invariants.py", "from ..protocols import Raft"),
    ("checks/invariants.py", "from importlib import import_module\nimport_module('networkx')"),
    ("views/ring.py", "from ..protocols.raft import Raft"),
    ("views/ring.py", "from raftlab import cluster"),
    ("views/ring.py", "import ipywidgets"),
    ("widgets/lab.py", "from ..lessons import check"),
    ("widgets/lab.py", "from ..protocols import protocol"),
    ("real/redis.py", "from ..sim import boot"),
    ("helpers/extra.py", "from ..core import Node"),
    ("__init__.py", "import plotly"),
])  # fmt: skip
def test_a_planted_violation_is_caught(tmp_path, file, line):
    package = tmp_path / "raftlab"
    for layer in ALLOWED:
        (package / layer).mkdir(parents=True, exist_ok=True)
    (package / file).parent.mkdir(exist_ok=True)
    (package / file).write_text(line + "\n")
    assert len(list(violations(package))) == 1


@pytest.mark.parametrize("file, line", [
    ("protocols/raft.py", "from ..core import Node"),
    ("sim/cluster.py", "import math\nfrom . import story\nfrom .story import why"),
    ("views/ring.py", "import networkx\nfrom ..sim import History\nfrom raftlab.core import Node"),
    ("__init__.py", "from .protocols import protocol"),
    ("lessons/quiz.py", "import raftlab as rl\nfrom ..widgets import lab"),
])  # fmt: skip
def test_a_permitted_import_is_let_through(tmp_path, file, line):
    package = tmp_path / "raftlab"
    for layer in ALLOWED:
        (package / layer).mkdir(parents=True, exist_ok=True)
    (package / file).write_text(line + "\n")
    assert list(violations(package)) == []


def test_the_map_of_lessons_names_every_file():
    """Its folder is flat: the docstring of `raftlab.lessons` says which files belong together."""
    names = re.findall(r"\b[a-z_]+[a-z0-9*]*", ast.get_docstring(ast.parse(
        (PACKAGE / "lessons" / "__init__.py").read_text("utf-8"))))  # fmt: skip
    for path in (PACKAGE / "lessons").glob("[!_]*.py"):
        assert any(fnmatch(path.stem, name) for name in names if name != "*"), path

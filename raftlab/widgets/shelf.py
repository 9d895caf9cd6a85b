"""What the stage's panel of scenarios offers: the situations and the catalog, in groups.

A situation takes the cluster as it is; what is in the catalog brings its own. What does not fit
what is on the stage is offered all the same, with the reason why it cannot be chosen here.
"""

from ..core import Impossible, read_command
from ..scenarios import catalog
from .scenarios import SITUATIONS, base_of

# Folder of the catalog → (name of the group, what is in it), in the order in which they are shown.
_SHELVES = {
    "tours": ("Tours", "one idea, told step by step"),
    "": ("Lessons", "what the papers say, played; each brings its cluster"),
    "histories": ("What clients saw", "six small histories, and how each of them came about"),
    "breaks": ("Broken rules", "one rule of Raft replaced, and what that costs"),
    "simplified": ("Simplified Raft", "what goes wrong where rules are left out"),
}


def catalogued(lab, ask):
    """{"groups": [{"name", "told", "items": [{"name", "title", "watch", "off"}]}]}: `off` says
    why something cannot be chosen here, and is "" if it can."""
    run = lab.run
    situations = [
        {"name": name, "title": found.title, "watch": found.watch, "off": found.why_not(run)}
        for name, found in SITUATIONS.items()
    ]
    groups, shelves = [], {folder: [] for folder in _SHELVES}
    for name, found in catalog().items():
        folder = name.rpartition("/")[0]
        shelves.setdefault(folder, []).append({
            "name": name, "title": found.title, "watch": found.watch, "off": _misfit(run, found),
        })  # fmt: skip
    for folder, items in shelves.items():
        name, told = _SHELVES.get(folder, (folder.capitalize(), ""))
        if items:
            groups.append({"name": name, "told": told, "items": items})
    told = "from the cluster that is on the stage"
    groups.insert(1, {"name": "Situations", "told": told, "items": situations})  # behind the tours
    return {"groups": groups}


def _misfit(run, found):
    """Why a scenario of the catalog is not for what is on the stage, or ""."""
    mine, theirs = run.about.get("protocol", "this node"), found.about["protocol"]
    if base_of(mine) == base_of(theirs):
        return ""
    return f"it is about {base_of(theirs)}, and this lab about {mine}"


def judged(lab, ask):
    """{"wrong": why the text of an ask is no command, or ""}."""
    try:
        read_command(ask["text"])
    except Impossible as error:
        return {"wrong": str(error)}
    return {"wrong": ""}

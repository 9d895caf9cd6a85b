"""What the stage's panel of scenarios offers: the situations and the catalog, in groups.

A situation takes the cluster as it is; what is in the catalog brings its own. What does not fit
what is on the stage is offered all the same, with the reason why it cannot be chosen here.
"""

from ..core import Impossible, read_command
from ..scenarios import shelved
from .scenarios import SITUATIONS, base_of


def catalogued(lab, ask):
    """{"groups": [{"name", "told", "items": [{"name", "title", "watch", "off"}]}]}: `off` says
    why something cannot be chosen here, and is "" if it can."""
    run = lab.run
    situations = [
        {"name": name, "title": found.title, "watch": found.watch, "off": found.why_not(run)}
        for name, found in SITUATIONS.items()
    ]
    groups = [
        {"name": name, "told": told, "items": [
            {"name": one.name, "title": one.title, "watch": one.watch, "off": _misfit(run, one)}
            for one in held
        ]}
        for name, told, held in shelved()
    ]  # fmt: skip
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

"""The page that says where our Raft differs speaks of things that exist."""

import re
from inspect import getmembers, isclass
from pathlib import Path

from raftlab.core import Impossible, read_command
from raftlab.protocols import BREAKS, PARTS, composed, protocol
from raftlab.sim import History

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "raftlab/protocols/divergence.md").read_text("utf-8")


def existing():
    """Every name that the page may set in code font: parts, breaks, classes and their members."""
    names = {*PARTS, *BREAKS, *(f"raft+{part}" for part in PARTS)}
    kinds = {History, *PARTS.values(), *map(protocol, ("raft", *(f"raft+{p}" for p in PARTS)))}
    for kind in list(kinds):
        kinds |= set(kind.__mro__) | set(getattr(kind, "messages", ()))
    for kind in kinds:
        names.add(kind.__name__)
        for name, _ in getmembers(kind):
            names |= {name, f"{kind.__name__}.{name}"}
        for message in filter(isclass, getattr(kind, "messages", ())):
            names |= set(message.__match_args__)
    return names


def is_there(name, names):
    if name in names or (ROOT / name).exists() or (ROOT / "raftlab/protocols" / name).exists():
        return True
    try:
        return bool(read_command(name))
    except Impossible:
        return False


def test_every_name_in_code_font_exists():
    named = re.findall(r"`([^`\n]+)`", PAGE)
    names = existing()
    missing = [name for name in named if name != "like this" and not is_there(name, names)]
    assert len(named) > 60 and missing == []
    assert not is_there("PreVote.was_renamed", names) and not is_there("pre-votes", names)


def test_every_part_is_mentioned():
    assert [part for part in composed.parts() if f"`{part}`" not in PAGE] == []


def test_every_row_has_as_many_fields_as_its_table():
    """And none of them says nothing about us."""
    columns = 0
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if line.startswith("| question"):
            columns = len(cells)
        elif line.startswith("|") and not line.startswith("|---"):
            assert len(cells) == columns and cells[0].endswith("?") and all(cells[1:3]), line


def test_the_topics_have_a_table_each():
    sections = re.split(r"^## ", PAGE, flags=re.M)[1:]
    tables = [text.splitlines()[0] for text in sections if "\n| question" in text]
    assert [text.splitlines()[0] for text in sections] == [*tables, "Sources"]
    assert len(tables) == 9

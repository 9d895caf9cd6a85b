"""The bank of recall questions: one text file a topic, read by people and by `rl.recall`.

`bank/TOPIC.md`; the topic is the notebook's name without its number. A question begins with the
topic and its number, counted from 1, and has these six parts in this order, each on lines of its
own; a part goes on until the next one begins, and an empty line makes a paragraph:

    ## raft-leader-election/1
    level: junior | mid | senior
    ask: the question
    short: what one says first
    full: the whole of it
    wrong: the common wrong answer, and why it is wrong
    show: where one sees it

`show` is a scenario of the catalog ("split-vote"), a cell of a notebook that does it
("10-raft-leader-election#vote-on-disk"), or a kind of prediction ("predict vote"). What stands
before the first question is for people only. Tests play all that is shown.
"""

import re
from pathlib import Path

from ..core import Impossible, nearest, value

BANK = Path(__file__).with_name("bank")
LEVELS = ("junior", "mid", "senior")
PARTS = ("level", "ask", "short", "full", "wrong", "show")


@value
class Card:
    """One question of the bank. `id` is "topic/number"; the other fields are as in the file."""

    id: str
    level: str
    ask: str
    short: str
    full: str
    wrong: str
    show: str


def topics():
    """The names of all topics, in alphabetical order."""
    return sorted(path.stem for path in BANK.glob("*.md"))


def cards(topic):
    """The questions of a topic, in their order."""
    known = topics()
    if not isinstance(topic, str) or topic not in known:
        near = nearest(topic, known) if isinstance(topic, str) else []
        told = f"there is no topic {topic!r} in the bank of recall questions; there are "
        raise Impossible(told + ", ".join(near or known))
    return read(topic, (BANK / f"{topic}.md").read_text("utf-8"))


def read(topic, text):
    """The questions in the `text` of a bank file. Raises Impossible with the line that is wrong."""
    found, parts, part = [], None, None
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        where = f"bank/{topic}.md, line {number}"
        if line.startswith("## "):
            if parts:
                found.append(_card(topic, parts))
            id = f"{topic}/{len(found) + 1}"
            if line[3:].strip() != id:
                raise Impossible(f"{where}: this is question {id}, not {line[3:].strip()!r}")
            parts, part = {"id": id}, None
            continue
        if parts is None:
            continue
        name = re.match(r"([a-z]+):(?: |$)", line)
        if name and name[1] in PARTS:
            part = name[1]
            if part in parts:
                raise Impossible(f"{where}: {parts['id']} has its {part!r} twice")
            parts[part] = line[len(name[0]) :].strip()
        elif part:
            parts[part] = f"{parts[part]}\n{line.strip()}"
        elif line.strip():
            raise Impossible(
                f"{where}: {line.strip()!r} belongs to no part; there are {', '.join(PARTS)}"
            )
    if parts:
        found.append(_card(topic, parts))
    if not found:
        raise Impossible(f"bank/{topic}.md has no question; one begins with “## {topic}/1”")
    return tuple(found)


def _card(topic, parts):
    """A card of its parts, each part's lines joined to paragraphs."""
    for name in PARTS:
        told = re.split(r"\n\s*\n", parts.get(name, "").strip())
        parts[name] = "\n\n".join(" ".join(one.split()) for one in told)
        if not parts[name]:
            raise Impossible(f"bank/{topic}.md: {parts['id']} has no {name!r}")
    if parts["level"] not in LEVELS:
        raise Impossible(
            f"bank/{topic}.md: {parts['id']} is of level {parts['level']!r}; there are "
            f"{', '.join(LEVELS)}"
        )
    return Card(**parts)

"""Scenario files: each is at once a golden test, a lesson and documentation.

    # Two candidates, two votes each: nobody wins, and the term is over. (§5.2)
    # watch: each candidate has half of the votes. Who could still give it one more?
    # also: SplitVote
    cluster raft servers=4 seed=1

    # Both time out at the same moment.
    fire S1 ; fire S2
    ----
    S1  candidate  t1  votes {S1}
    S2  candidate  t1  votes {S2}

    settle
    ----
    …
    expect no leader in t1

The first line is the title; `watch` says what to look for, `also` other names. `server` lines
behind `cluster` build servers in any state: `server S1 term=8 log=1,1,4 voted_for=S2 commit=3`.
Then come blocks: what happens (`scenario_verbs.py`, `scenario_macros.py`), `----`, and what is to
be seen (`scenario_lines.py`); `expect` lines (`scenario_claims.py`) say why it matters. A comment
above a block tells the story. This file reads, plays, compares and renews; it knows no protocol:
`make(about)` builds the cluster.
"""

import difflib
import re

from ..core import Impossible, value
from .scenario_lines import lines
from .scenario_macros import Play
from .scenario_words import Unclosed, parts, read_entries, read_value

RULE = "----"
_NAMES = {"term": "current_term", "commit": "commit_index", "voted": "voted_for"}
_NUMBERS = ("servers", "seed", "clients")


@value
class Block:
    """`verbs` and `claims` are ((line number, text), …); `lines` the golden lines, or None.

    `golden` tells where those stand: the first line of the file, counted from 0, that is one
    or would be, and the line behind the last.
    """

    story: str
    verbs: tuple
    lines: tuple | None
    claims: tuple
    golden: tuple


@value
class Scenario:
    """A scenario file that was read. `about` says how to make its cluster."""

    name: str
    title: str
    watch: str
    also: tuple
    told: str
    about: dict
    blocks: tuple
    text: str


@value
class Played:
    """What came of playing a scenario: its history at the end, the position where a lab should
    begin, for each block the position behind it and the lines to be seen there, and what was
    passed over because it was impossible, each as (line number, text, why)."""

    run: object
    begin: int
    marks: tuple
    lines: tuple
    passed: tuple


def read(text, name=""):
    """The `Scenario` that `text` describes; Impossible, with the line, if it describes none."""
    rows = text.splitlines()
    at = next((at for at, row in enumerate(rows) if row.strip() and row[0] != "#"), len(rows))
    title, notes = _header(rows[:at])
    about, at = _cluster(rows, at, name)
    blocks = []
    while at < len(rows):
        if rows[at].strip():
            block, at = _block(rows, at, name)
            blocks.append(block)
        else:
            at += 1
    also = tuple(parts(notes["also"], ","))
    return Scenario(
        name, title, notes["watch"], also, notes["told"], about, tuple(blocks), text
    )  # fmt: skip


def play(scenario, make, expecting=True, passing=False, judges=None):
    """Play a scenario on the cluster that `make(about)` gives: a `Played`.

    Raises Impossible, with the line, if something cannot be done (with `passing` that is passed
    over) or, unless `expecting` is False, is not as expected. `judges` maps a property that no
    monitor watches to what judges it: a function of a history that gives a verdict. The golden
    lines are not compared: `difference` does that.
    """
    rows = scenario.text.splitlines()
    at = next(at for at, row in enumerate(rows) if row.startswith("cluster"))
    run = _at_line(scenario.name, at + 1, rows[at], make, scenario.about)
    playing, before, marks, shown, passed = Play(run, expecting, judges), None, [], [], []
    for block in scenario.blocks:
        playing.shows = set()
        for number, text in block.verbs:
            try:
                playing.do(text)
            except Impossible as error:
                if not passing:
                    raise _wrong(scenario.name, number, text, error) from None
                passed.append((number, text, str(error)))
        marks.append(run.position)
        shown.append(tuple(lines(run.steps, run.position, before, playing.shows)))
        if block.lines is not None:
            before = run.position
        for number, text in block.claims:
            _at_line(scenario.name, number, text, playing.do, text)
    run.scenario = scenario
    run.stops = tuple((b.story, at) for b, at in zip(scenario.blocks, marks, strict=True))
    begin = run.position if playing.begin is None else playing.begin
    return Played(run, begin, tuple(marks), tuple(shown), tuple(passed))


def renewed(scenario, played):
    """The scenario's text with the lines that are to be seen now."""
    rows = scenario.text.splitlines()
    for block, shown in reversed(list(zip(scenario.blocks, played.lines, strict=True))):
        first, behind = block.golden
        if block.lines is not None:
            rows[first:behind] = shown
    return "\n".join(rows) + "\n"


def difference(scenario, played):
    """What is seen now and was not written, or the other way round: a diff, "" if nothing."""
    old, new = scenario.text.splitlines(), renewed(scenario, played).splitlines()
    found = difflib.unified_diff(old, new, "as written", "as it is now", lineterm="")
    return "\n".join(found)


# -- reading --------------------------------------------------------------------------------


def _wrong(name, number, text, error):
    where = f"{name}, line {number}" if name else f"line {number}"
    return Impossible(f"{where}: {text}\n  {error}")


def _at_line(name, number, text, work, *given):
    """Do `work`; an error gets the line it happened in."""
    try:
        return work(*given)
    except Impossible as error:
        raise _wrong(name, number, text, error) from None


def _header(rows):
    """(the title, {"watch": …, "also": …, "told": …}) of the comments at the head of a file."""
    notes, now = {"watch": "", "also": "", "told": ""}, "told"
    said = [row.lstrip("#").strip() for row in rows if row.startswith("#")]
    for row in said[1:]:
        key, sign, more = row.partition(":")
        if sign and key in ("watch", "also"):
            now, row = key, more.strip()
        notes[now] = f"{notes[now]} {row}".strip()
    return said[0] if said else "", notes


def _cluster(rows, at, name):
    """(about, the line behind it): from the `cluster` line and the `server` lines."""
    if at == len(rows) or not rows[at].startswith("cluster"):
        text = rows[at].strip() if at < len(rows) else "the end"
        told = "a scenario begins with its cluster, such as: cluster raft servers=3 seed=1"
        raise _wrong(name, at + 1, text, told)
    about = _at_line(name, at + 1, rows[at], _about, parts(rows[at])[1:])
    at, given = at + 1, {}
    while at < len(rows) and rows[at].startswith("server "):
        id, fields = _at_line(name, at + 1, rows[at], _server, parts(rows[at])[1:])
        given[id] = fields
        at += 1
    count = about["servers"]
    if given or type(count) is str:
        ids = [f"S{n}" for n in range(1, count + 1)] if type(count) is int else count.split(",")
        for id in given:
            if id not in ids:
                told = f"there is no server {id}; there are {', '.join(ids)}"
                raise _wrong(name, at, rows[at - 1], told)
        about["nodes"] = [[id, given.get(id, {})] for id in ids]
        del about["servers"]
    return about, at


def _about(words):
    """How to make a cluster: protocol, servers (how many, or names as in A,B,C), seed, dials."""
    if not words:
        raise Impossible("name the protocol: cluster raft servers=3 seed=1")
    about = {"protocol": words[0], "servers": 5, "seed": 0, "clients": 0, "dials": {}}
    for word in words[1:]:
        dial, sign, setting = word.partition("=")
        if not sign or not setting:
            raise Impossible(f"write {word} with its setting, such as servers=3 or loss=0.1")
        (about if dial in _NUMBERS else about["dials"])[dial] = read_value(setting)
    return about


def _server(words):
    fields = {}
    for word in words[1:]:
        field, sign, held = word.partition("=")
        if not sign:
            raise Impossible(f"write {word} with its value, such as term=3 or log=1,1:x=5")
        field = _NAMES.get(field, field)
        if field == "log" and not held.startswith("["):
            fields[field] = read_entries(parts(held, ","))
        else:
            fields[field] = read_value(held)
    if not words:
        raise Impossible("name the server: server S1 term=3")
    return words[0], fields


def _block(rows, at, name):
    """(the Block that begins at line `at`, the line behind it)."""
    story, verbs = [], []
    while at < len(rows) and rows[at].startswith("#"):
        story.append(rows[at].lstrip("#").strip())
        at += 1
    while at < len(rows) and rows[at].strip() and rows[at].strip() != RULE:
        at, number, text = at + 1, at + 1, rows[at].strip()
        while True:
            try:
                verbs += [(number, one) for one in parts(text, ";")]
                break
            except Unclosed as error:  # a block in braces may go on for lines
                if at == len(rows) or not rows[at].strip():
                    raise _wrong(name, number, text, error) from None
                at, text = at + 1, f"{text} ; {rows[at].strip()}"
            except Impossible as error:
                raise _wrong(name, number, text, error) from None
    if at == len(rows) or rows[at].strip() != RULE:
        return Block(" ".join(story), tuple(verbs), None, (), (at, at)), at
    first = at = at + 1
    while at < len(rows) and rows[at].strip() and not rows[at].startswith("expect "):
        at += 1
    behind, claims = at, []
    while at < len(rows) and rows[at].strip():
        if not re.match("expect ", rows[at]):
            raise _wrong(name, at + 1, rows[at], "behind the first expect only others may stand")
        claims.append((at + 1, rows[at].strip()))
        at += 1
    block = Block(
        " ".join(story), tuple(verbs), tuple(rows[first:behind]), tuple(claims), (first, behind)
    )
    return block, at

"""A suite: a handful of schedules that kill many broken Rafts, and never a right one."""

import re

from ...core import Impossible
from ...protocols import BREAKS
from ..exercise import Exercise, Part, Wrong
from ..schedules import Schedule, disk_verbs, title

FAMILY = (
    "votes-twice", "forgets-its-vote", "wins-with-half", "votes-for-anybody", "forgets-its-log",
    "compares-length-only", "commits-with-half", "always-truncates", "obeys-old-leaders",
    "commits-old-terms",
)  # fmt: skip
MOST = 10  # schedules in a suite


def schedules_of(text):
    """The schedules that a text has one behind the other: each begins with its cluster line."""
    rows, found = text.splitlines(), []
    for row in rows:
        if row.startswith("cluster"):
            found.append([])
        if found:
            found[-1].append(row)
    if not found:
        raise Impossible("each schedule of a suite begins with: cluster raft servers=3 seed=1")
    if len(found) > MOST:
        raise Impossible(f"a suite has {MOST} schedules at most, and this one has {len(found)}")
    return ["\n".join(one) for one in found]


def _judge(given, seed):
    texts = schedules_of(given)
    told, run, harmless = "", None, []
    for number, text in enumerate(texts, 1):
        harm, shown = _harm(text)
        if not harm:
            harmless.append(text)
        elif not told:
            told, run = f"schedule {number}: {harm}", shown
    parts = [Part("each schedule can be played, and the right Raft survives it", 2, told, run)]
    for name in FAMILY:
        killed = any(_killed(text, name) for text in harmless)
        parts.append(Part(f"kills {name}", 1, "" if killed else _spared(name, len(harmless))))
    return parts


def _spared(name, count):
    """What is told of a broken Raft that so many schedules leave whole."""
    holds = title(BREAKS[name].breaks)
    if not count:
        return f"no schedule is left that could break {name}: {holds}"
    if count == 1:
        return f"the schedule does not break {name}: {holds} holds in it"
    return f"none of {count} schedules breaks {name}: {holds} holds in all"


def _harm(text):
    """(what is told, what shows it) of a schedule that no Raft survives, or none can play."""
    if not re.match(r"cluster\s+raft\s", text):
        told = "a suite is written for the right one, cluster raft …, and played on all"
        return f"it begins with {text.splitlines()[0]!r}; {told}", None
    try:
        outcome = Schedule(text, "raft").on_right()
    except Impossible as error:
        return str(error), None
    disks, first = disk_verbs(outcome), outcome.first()
    if disks:
        return f"it says {disks[0]}, and with disks that forget no Raft is safe", None
    if first:
        name, position, why = first
        run = outcome.shown(position), f"{why.rstrip('.')}."
        return f"step {position} breaks this with the right rules as well: {title(name)}", run
    return outcome.stuck or _slip(text, outcome), None


def _slip(text, outcome):
    """The first line that none of the family can play, or "": one that means something only where a
    rule is broken is no slip."""
    passed = dict.fromkeys(outcome.passed)
    for name in FAMILY:
        if passed:
            there = {one[:2] for one in _on(text, name).passed}
            passed = {one: None for one in passed if one[:2] in there}
    return next((f"line {line}: {what}: {why}" for line, what, why in passed), "")


def _on(text, name):
    return Schedule(text, f"raft!{name}").on_broken(strictly=False)


def _killed(text, name):
    return BREAKS[name].breaks in [verdict.name for verdict in _on(text, name).verdicts]


_TWO_CANDIDATES = """
cluster raft servers=3 seed=1 jitter=0
fire S1 ; fire S3
deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1
{}deliver RequestVote S3->S2 ; deliver RequestVoteReply S2->S3
"""
_HALVES = """
cluster raft servers=4 seed=1 jitter=0
fire S1 ; fire S2
deliver RequestVote S1->S3 ; deliver RequestVoteReply S3->S1
deliver RequestVote S2->S4 ; deliver RequestVoteReply S4->S2
"""
_LOST = """
cluster raft servers=3 seed=1 jitter=0
elect S1 with S2 ; request x=1 ; settle among S1 S2
{}lose all ; fire S3 ; lose all ; fire S3 ; settle among S2 S3
"""
_ALONE = """
cluster raft servers=3 seed=1 jitter=0
fire S1 ; deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1 ; lose all
request x=1 at S1 ; lose all ; crash S1
fire S3 ; lose all ; fire S3 ; settle among S2 S3
"""
_LENGTH = """
cluster raft servers=3 seed=1 jitter=0
elect S1 with S2 ; request x=1 ; request x=2 ; request x=3 ; lose all
elect S2 with S3 ; lose all
reboot S1 ; fire S1 ; lose all ; fire S1 ; settle among S1 S3
"""
_LATE = """
cluster raft servers=3 seed=1 jitter=0
elect S1 with S2 ; request x=1 ; delay AppendEntries S1->S2 by 5000
request x=2 ; deliver AppendEntries S1->S2 ; deliver all replies
fire S1 heartbeat ; deliver AppendEntries S1->S2
deliver AppendEntries S1->S2
"""
_OVER = """
cluster raft servers=3 seed=1 jitter=0
elect S1 ; settle ; isolate S1 ; request x=1 at S1
elect S2 with S3 ; request y=1 at S2 ; settle among S2 S3
fire S2 heartbeat ; settle among S2 S3
lose all ; heal ; fire S1 heartbeat ; deliver AppendEntries S1->S3
"""
_FIGURE_8 = """
cluster raft servers=3 seed=1 jitter=0
elect S1 with S3 ; request x=1 ; lose all
elect S3 with S2 ; request x=2 at S3 ; lose all
reboot S1 ; fire S1 ; lose all ; elect S1 with S2 ; lose all
reboot S3 ; fire S3 ; lose all ; fire S3 ; settle among S2 S3
"""
_ELECTIONS = _TWO_CANDIDATES.format("reboot S2\n") + _HALVES + _LOST.format("reboot S2 ; ")
_LOGS = _ALONE + _LENGTH + _LATE + _OVER

Exercise(
    id="expose/suite",
    asks=f"Write up to {MOST} schedules of which each broken Raft of a family fails one.",
    starter="""
        # Schedules one behind the other, each with its cluster line. All are played on all.
        cluster raft servers=3 seed=1 jitter=0

        # fire S1 …
    """,
    hints=(
        "Begin with the schedules of the single tasks: each kills at least the one it is for.",
        "One schedule may kill several: with a crash of the voter between its two votes, both "
        "votes-twice and forgets-its-vote fall.",
        "Figure 8 kills commits-old-terms; a leader that counts its own copy only, and crashes, "
        "kills commits-with-half; an old leader behind a wall, heard again, obeys-old-leaders.",
    ),
    reference=_ELECTIONS + _LOGS + _FIGURE_8,
    wrong={
        "elections": Wrong(_ELECTIONS, "elections are one half of Raft: nothing here looks at what "
                                       "becomes of a log"),
        "no-figure-8": Wrong(_ELECTIONS + _LOGS, "one is left, and it is the one that its own "
                             "authors missed at first: an old entry, counted, and overwritten"),
        "reboots": Wrong(_ELECTIONS.replace("reboot S2\n", "").replace("reboot S2 ; ", "") + _LOGS
                         + _FIGURE_8, "no voter crashes at a bad moment, so nobody sees what was "
                         "not on disk"),
        "disks": Wrong(_ELECTIONS + _LOGS + _FIGURE_8.replace("elect S1 with S3", "unsync S2 ; "
                       "elect S1 with S3"), "a schedule that the right Raft may not survive "
                       "proves nothing, and does not count"),
    },
    judge=_judge,
    why="a suite is worth what it kills, and nothing if it harms what is right. Ten schedules find "
        "what a thousand lucky runs may miss",
    read="12-raft-safety-and-figure-8",
    minutes=40,
)  # fmt: skip

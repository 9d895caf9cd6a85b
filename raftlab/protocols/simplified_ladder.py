"""From the listing to Raft, rung by rung: each mends one rule, and uncovers what that had hidden.

A rung's `bounds` are for the search: within them `rl.explore(rung.protocol, against=rung.breaks,
**rung.bounds)` finds the property `rung.breaks` broken on this rung, and on the next one nothing,
with everything within the bounds seen. “progress” is no property that a search of states can find
broken; the scenario `shown` lets one see it.

The search cuts rounds off anywhere unless `cut` is False, which it is where rounds would otherwise
be too many. `tests/test_simplified_ladder.py` walks the ladder.
"""

from ..core import value


@value
class Rung:
    """`mends`: what this rung adds. `uncovers`: what is wrong still. `breaks`: a property,
    "progress", or "" for nothing."""

    part: str
    protocol: str
    mends: str
    uncovers: str
    breaks: str
    bounds: dict
    shown: str


_RUNGS = (
    ("", "Nothing: this is the listing.",
     "Who got every vote was the last leader: a vote is free once. Election Safety holds, but only"
     " because hardly anybody can be elected.",
     "progress", {}, "simplified/c01-vote-never-cleared"),
    ("clears-vote", "A new term brings a fresh vote (§5.1).",
     "A leader that votes for another in a higher term goes on leading, now in that term: there are"
     " two. While its vote was its own for ever, that could not happen.",
     "election_safety", {"requests": 0, "terms": 2}, ""),
    ("steps-down", "Who hears of a higher term, in a call or an answer, follows in it (§5.1).",
     "A restart forgets the vote, and one server elects two leaders.",
     "election_safety", {"requests": 0, "terms": 2, "crashes": 1},
     "simplified/c13-nothing-on-disk"),
    ("keeps-on-disk", "Term, vote and log survive a crash (Figure 2).",
     "Who is elected is safe now. Yet one server that is down can hold up every election: those"
     " behind it in the list are asked late, or never.",
     "progress", {}, "simplified/c18-call-that-hangs"),
    ("calls-at-once", "All peers are called at once.",
     "What a leader gives is stored wherever a log ends, and heartbeats with it: logs differ.",
     "log_matching", {"requests": [("heartbeat",), ("set", "x", 1)], "terms": 1},
     "simplified/c09-heartbeat-in-the-log"),
    ("stores-entries", "A leader has a log of its own, and the others make theirs like it (§5.3).",
     "Nobody compares logs before he votes: a server can lead that lacks what is committed.",
     "leader_completeness", {"requests": 1, "terms": 2}, "simplified/c07-log-never-compared"),
    ("compares-length", "A candidate's log must be as long as the voter's.",
     "A log can be as long, and hold what nobody committed instead of what everybody should.",
     "leader_completeness", {"requests": 2, "terms": 3, "cut": False}, "last-term-beats-length"),
    ("compares-terms", "The later last term decides, length only among equals (§5.4.1).",
     "Figure 8: an entry of an old term is on a majority, is taken for committed, and overwritten."
     " With three terms nothing is found; it takes four.",
     "leader_completeness", {"requests": 2, "terms": 4, "cut": False}, "breaks/commits-old-terms"),
    ("commits-own-term", "A leader counts copies of its own term's entries only (§5.4.2).",
     "Safe. But heartbeats end after the first, so no leader lasts longer than a timeout.",
     "progress", {}, "simplified/c04-no-more-heartbeats"),
    ("keeps-time", "Heartbeats go on, and each wait is drawn afresh (§5.2).",
     "Safe, and steady. But who waits for an answer hears nobody, and a server that never answers"
     " is waited for.",
     "progress", {}, "simplified/c18-call-that-hangs"),
)  # fmt: skip


def _ladder():
    name = "simplified"
    for part, *told in _RUNGS:
        name += f"+{part}" if part else ""
        yield Rung(part, name, *told)
    yield Rung(
        "", "raft", "Nobody waits: an answer counts when it comes, if it is of this term. That is"
        " `raft.py`.", "Nothing.", "", {}, "",
    )  # fmt: skip


LADDER = tuple(_ladder())

"""Lose what is committed: by a quorum that is none, and by a disk that lies. As short as can be."""

from functools import lru_cache

from ...core import Sync, Unsync, Wipe
from ..exercise import Exercise, Part, Wrong
from ..schedules import Schedule, as_text, condition, disk_verbs, leaders, standing
from .games import _VERBS, _by_how_much, _ended, _unplayed

# -- two servers, one index, two entries ----------------------------------------------------

HALF = "raft!commits-with-half"
APART = "state_machine_safety"


@lru_cache
def fewest_events():
    """The fewest events after which two servers of three disagree."""
    from ... import explore

    found = explore(HALF, 3, by="messages", requests=0, against=APART, progress=False)
    return len(found.actions)


def _judge_disagree(given, seed):
    schedule = Schedule(given, HALF)
    broken, right = schedule.on_broken(), schedule.on_right()
    fell, disks = broken.fell(APART), disk_verbs(broken)
    asked = "two servers hold different entries to be committed at one index"
    safe, short = "a right Raft survives it", "in as few events as can be"
    if broken.stuck and not fell:
        return _unplayed(broken, (asked, 2), (safe, 1), (short, 1))
    parts = [Part("it can be played to its end", 1)]
    if not fell:
        told, run = _not_yet(broken)
        parts.append(Part(asked, 2, told, run, "§5.4.3"))
        parts.append(Part(safe, 1, "first the broken one must not"))
        return [*parts, Part(short, 1, "first they must disagree")]
    position, why = fell
    parts.append(Part(f"{asked} (step {position}: {why.rstrip('.')})", 2))
    harm = right.first()
    told = f"{disks[0]} is not for this game: the quorum is what is broken" if disks else ""
    run = (right.shown(harm[1]), harm[2]) if harm else None
    parts.append(Part(f"{safe}, on disks that keep all", 1, told, run))
    return [*parts, _by_how_much(position, fewest_events())]


def _not_yet(outcome):
    """(what is told where they do not disagree, the run)."""
    first = outcome.first()
    if first is None:
        return _ended(outcome, "no two servers have committed different entries at one index")
    run = outcome.shown(first[1])
    told = f"step {first[1]}: {first[2].rstrip('.')}. But nobody has committed another entry there"
    return f"{told}; {condition(outcome.shown())}", (run, f"Here {standing(run)}.")


_HEAD = f"cluster {HALF} servers=3 seed=1 jitter=0\n\n"
_S1_LEADS = "fire S1 ; deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1\n"
_S2_LEADS = "fire S2 ; deliver RequestVote S2->S3 ; deliver RequestVoteReply S3->S2\n"

Exercise(
    id="games/disagree",
    asks="Make two servers commit different entries at one index, where one copy of three is "
         "enough, in as few events as you can.",
    starter=_HEAD + _VERBS,
    hints=(
        "What does a new leader write first, and how many copies of it are there at that moment?",
        "Its own no-op, in its own log: here that is committed at once. So let two servers lead.",
        "S1 wins by S2's vote, and sends nothing that arrives. Then S2 wins term 2 by S3's vote.",
    ),
    reference=_HEAD + _S1_LEADS + _S2_LEADS,
    wrong={
        "longer": Wrong(_HEAD + _S1_LEADS + "request x=1 at S1 ; lose all\n" + _S2_LEADS,
                        "they disagree, and no request was needed: a no-op is an entry, too"),
        "one-leader": Wrong(_HEAD + _S1_LEADS + "request x=1 at S1 ; settle\n", "S1's entries "
                            "came to all, so nobody can hold others: S1 must stay alone with them"),
        "heard": Wrong(_HEAD + "elect S1 ; settle\nelect S2\n", "S2 had S1's entry when it stood, "
                       "so it went on from it: let S2 lead before it has heard anything"),
        "disk": Wrong(_HEAD + "unsync S3\n" + _S1_LEADS + _S2_LEADS, "the quorum does it alone: "
                      "leave the disk out"),
    },
    judge=_judge_disagree,
    takes=as_text,
    why="two leaders in one moment are harmless as long as only one of them can commit: it takes "
        "a majority, and the other has none. By the right rule a search of all rounds in two terms "
        "finds nobody who disagrees, and beyond its bounds the argument holds (§5.3, §5.4.3)",
    read="14-split-brain-and-quorums",
    misconceptions=("M4", "M5"),
)  # fmt: skip


# -- an acknowledged write, and a disk that lies ----------------------------------------------


def _answered_writes(run):
    """The commands of the writes that somebody was told are done."""
    return [
        op.call
        for op in run.operations()
        if op.status == "ok" and op.call[0] in ("set", "add", "cas")
    ]


def _lost(run):
    """The last leader, if a write that was answered is not in its log; or ""."""
    told = leaders(run.state)
    if not told:
        return ""
    id, _ = max(told, key=lambda one: one[1])
    held = [entry.command for entry in run.state.observe(id).log]
    return id if any(call not in held for call in _answered_writes(run)) else ""


def _fair_disks(outcome):
    """What was done to disks that this game does not allow, or ""."""
    lying = {step.action.node for step in outcome.steps if type(step.action) is Unsync}
    for step in outcome.steps:
        if type(step.action) is Wipe:
            return f"wipe takes all that {step.action.node} has: a disk that lies loses the last"
        if type(step.action) is Sync:
            return "a disk that is synced lies no longer: then nothing is lost"
    if len(lying) > 1:
        return f"{' and '.join(sorted(lying))} lie: one disk is enough"
    return "" if lying else "no disk lies in it: without one nothing acknowledged is ever lost"


def _judge_lost(given, seed):
    outcome = Schedule(given, "raft").on_right(strictly=True)
    one, done = "one disk lies, and no more", "a client was told that its write is done"
    if outcome.stuck:
        return _unplayed(outcome, (one, 1), (done, 1), ("a leader's log lacks the write", 2))
    parts = [Part("it can be played to its end", 1), Part(one, 1, _fair_disks(outcome))]
    run = outcome.shown()
    writes = _answered_writes(run)
    told = "" if writes else f"nobody was told that a write is done; {condition(run)}"
    parts.append(Part(done, 1, told, run, "§5.3"))
    if _lost(run):
        return [*parts, Part(f"{_lost(run)} leads, and its log lacks the write", 2)]
    told = f"nobody leads without it; {condition(run)}" if writes else "first one must be answered"
    return [*parts, Part("a leader's log lacks the write", 2, told, run, "§5.4")]


_RAFT = "cluster raft servers=3 seed=1 jitter=0\n\n"
_WRITTEN = "elect S1 ; settle\n{}request x=1 at S1 as C9#1 ; settle among S1 S2\nlose all\n"
_S3_LEADS = "elect S3 with S2\n"

Exercise(
    id="games/lost-write",
    asks="Lose a write that a client was told is done, on a right Raft with one disk that lies.",
    starter=_RAFT + "# unsync S2 makes a disk lie: a crash then brings back what it held before\n",
    hints=(
        "A write is done when two of three store it. One of the two must forget it.",
        "unsync S2 before the request, reboot S2 after the answer: it comes back without.",
        "S3 never had it. With the vote of S2, who forgot it, S3 is elected in term 2.",
    ),
    reference=_RAFT + _WRITTEN.format("unsync S2 ; ") + "reboot S2\n" + _S3_LEADS,
    wrong={
        "wipe": Wrong(_RAFT + _WRITTEN.format("") + "crash S2 ; wipe S2 ; restart S2\n" + _S3_LEADS,
                      "a disk that is gone is a server that is gone, and it must come back as a "
                      "new one: the game is about a disk that lies"),
        "two": Wrong(_RAFT + _WRITTEN.format("unsync S1 S2 ; ") + "reboot S1 S2\n" + _S3_LEADS,
                     "one copy of two that is lost is enough: a single disk undoes a majority"),
        "late": Wrong(_RAFT + _WRITTEN.format("") + "unsync S2 ; reboot S2\n"
                      "fire S3 ; settle among S2 S3\n", "what was written before the disk began to "
                      "lie is there: S2 holds the write and refuses S3"),
        "unanswered": Wrong(_RAFT + "elect S1 ; settle ; unsync S2 ; request x=1 at S1 as C9#1\n"
                            "lose all ; reboot S2\n" + _S3_LEADS, "nobody was promised anything: "
                            "the write must be committed and answered before S2 forgets it"),
        "no-disk": Wrong(_RAFT + _WRITTEN.format("") + "reboot S2 ; fire S3 ; settle among S2 "
                         "S3\n", "a crash alone loses nothing: what is acknowledged is on disk"),
    },
    judge=_judge_lost,
    takes=as_text,
    why="a majority of acknowledgements is a majority of disks. Raft's promises begin where fsync "
        "tells the truth (Figure 2: on stable storage before responding)",
    read="10-raft-leader-election#vote-on-disk",
    misconceptions=("M16", "M18"),
)  # fmt: skip

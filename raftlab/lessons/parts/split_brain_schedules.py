"""Split-brain: schedules by which a miscounted quorum diverges, and a counted one does not."""

import re

from ... import scenario
from ...core import Impossible
from ...protocols import mended, name_of
from ...protocols import protocol as named
from ...scenarios import find, played
from ...views.text import entry
from ..exercise import Exercise, Part, Wrong
from ..judging import Trouble, called, shown
from ..question import Luck
from ..situation import ids_of

DIVERGED = ("state_machine_safety", "commit_never_changes")
_HEAD = "# Two sides, two histories.\ncluster {} servers={} seed=1 jitter=0\n----\n"
HALVES = "raft!wins-with-half!commits-with-half"
BY_HALF = "raft!commits-with-half"
REACHED = "raft+check-quorum!commits-among-those-who-answer"


def head(protocol, servers):
    """The first lines of a schedule, which must stay as they are."""
    return _HEAD.format(protocol, servers)


def judged_by_playing(protocol, servers):
    """A judge of schedules: played on `protocol`, two sides must commit different entries, and
    played on the same protocol mended, nothing may break."""

    def judge(given, seed):
        return _parts(given, protocol, servers)

    return judge


def _parts(text, protocol, servers):
    about = find(text if "\n" in text else f"{text}\n").about
    if about["protocol"] != protocol or about.get("servers") != servers or "nodes" in about:
        raise Trouble(
            f"leave the line of the cluster as it was: cluster {protocol} servers={servers} … It "
            "begins with empty logs, and what they hold in the end your schedule must bring about"
        )
    broken = scenario(text, protocol=protocol)  # as if by another: what it expects is left out
    broken.goto(len(broken))
    answered = [op for op in broken.operations() if op.status == "ok"]
    two = [verdict for verdict in broken.verdicts if verdict.name in DIVERGED]
    right = mended(named(protocol))
    whole = played(find(text), right, passing=True).run
    told = "" if answered else (
        f"nobody has been told that a write is done. {_reached(broken)}. Written is not "
        "committed: messages must arrive, as with settle among S1 S2"
    )  # fmt: skip
    other = (
        ""
        if two
        else (f"no two servers have committed different entries at one index. {_reached(broken)}")
    )
    if two and (alike := _looks_the_same(broken)):
        other = alike
    worse = "there is nothing yet that it could survive" if not two else ""
    if whole.verdicts:
        worse = (
            f"{name_of(right)}, which counts rightly, breaks by your schedule as well: "
            f"{whole.verdicts[0].why}. So it shows nothing of the quorum: do without what Raft "
            "does not promise to survive, such as a disk that forgets"
        )
    return [
        Part("a client is told that its write is done", 1, told, broken, "§5.3"),
        Part("another entry is committed in the same place", 2, other, broken, "§5.4.3"),
        Part("a quorum counted rightly survives the same", 1, worse, whole, "§5.4"),
    ]


def _looks_the_same(run):
    """The sentence for whoever lets both sides commit the same write in one term: two entries,
    for two requests, that no picture tells apart. "" if some two look different."""
    committed = {}  # {index: {entry}}, by any server at any time
    before = {}
    for step in run.steps[: run.position + 1]:
        for host in step.state.hosts:
            if before.get(host.node.id) is host.node:
                continue
            before[host.node.id] = host.node
            seen = step.state.observe(host.node.id)
            for index, held in zip(range(1, seen.commit_index + 1), seen.log, strict=False):
                committed.setdefault(index, set()).add(held)
    several = {index: held for index, held in committed.items() if len(held) > 1}
    for index, held in several.items():
        if len({(one.term, one.command) for one in held}) > 1:
            return ""
        told = entry(index, held.pop())
    if not several:
        return ""
    return (
        f"two entries are committed in one place and look the same ({told}). They differ in "
        "nothing but the client's request that each is for, and that no picture shows: ask the "
        "two sides for different writes, such as x=1 and x=2"
    )


def _reached(run):
    """Who leads and what is committed, at the end."""
    seen = [run.state.observe(id) for id in run.state.config.servers]
    leads = [f"{one.id} (term {one.term})" for one in seen if one.role == "leader"]
    commits = ", ".join(f"{one.id} {one.commit_index}" for one in seen)
    lead = " and ".join(leads) + (" lead" if len(leads) > 1 else " leads")
    return f"At the end {lead if leads else 'nobody leads'}; committed: {commits}"


def schedule(protocol, servers, verbs):
    return f"{head(protocol, servers)}\n{verbs.strip()}\n"


WIPED = """
elect S1 with S2 S3 ; request x=1 at S1 ; settle among S1 S2 S3
crash S2 ; crash S3 ; wipe S2 ; wipe S3 ; restart S2 ; restart S3
isolate S1 ; elect S4 with S2 S3 ; request x=2 at S4 ; settle
"""
_HINT = (
    "The verbs: elect S1 [with S2] ; partition S1 S2 | S3 S4 ; request x=1 at S1 ; "
    "settle among S1 S2 ; fire S1 ; deliver RequestVote S1->S2 ; heal. One a line, or more with ; "
    "between them. rl.lab(rl.scenario(schedule)) plays what you have so far."
)

# -- two halves -------------------------------------------------------------------------------

Exercise(
    id="split-brain/two-halves",
    asks="Make two halves of four servers commit different entries in one place.",
    starter=head(HALVES, 4) + "\n...\n",
    hints=(
        _HINT,
        "First let one be elected by all. Cut the network into two halves; its half goes on as it "
        "is. What does the other half need?",
        "On each side: a leader, a request for a write of its own (x=1 here, x=2 there), and "
        "messages that arrive (settle among the two).",
    ),
    reference=schedule(HALVES, 4, """
elect S1 ; settle ; partition S1 S2 | S3 S4
request x=1 at S1 ; settle among S1 S2
elect S3 with S4 ; request x=2 at S3 ; settle among S3 S4
"""),
    wrong={
        "not delivered": Wrong(schedule(HALVES, 4, """
elect S1 ; settle ; partition S1 S2 | S3 S4
request x=1 at S1 ; fire S3
"""), "a request in a leader's log is an entry, and no more. Let time or messages pass"),
        "one leader": Wrong(schedule(HALVES, 4, """
elect S1 ; settle ; partition S1 S2 | S3 S4
request x=1 at S1 ; settle among S1 S2 ; heal ; run 500
"""), "one leader has one history. The other half must elect somebody while the cut lasts"),
        "healed first": Wrong(schedule(HALVES, 4, """
elect S1 ; settle ; partition S1 S2 | S3 S4 ; heal
elect S3 with S4 ; settle ; request x=2 at S3 ; settle
"""), "the halves must not hear of each other between the two commits: heal later"),
        "same write": Wrong(schedule(HALVES, 4, """
partition S1 S2 | S3 S4 ; elect S1 ; elect S3
request x=1 at S1 ; request x=1 at S3 ; settle
"""), "they have diverged, and nobody can see it: let the clients write different things"),
        "wiped": Wrong(schedule(HALVES, 4, WIPED),
                       "a server that forgets what it has promised breaks every quorum, however "
                       "large: you have found another bug, the lost disk (§5.1)"),
    },
    judge=judged_by_playing(HALVES, 4),
    why="two and two need not have a server in common, so nobody can say: I have stored, or voted "
        "for, something else. Three of four must meet",
    read='14-split-brain-and-quorums, and rl.diff("commits-with-half")',
    minutes=12,
    misconceptions=("M4", "M5"),
)  # fmt: skip


# -- votes counted rightly, copies not ----------------------------------------------------------

Exercise(
    id="split-brain/votes-are-not-enough",
    asks="Five servers elect by a majority and commit with two copies: make them diverge.",
    starter=head(BY_HALF, 5) + "\n...\n",
    hints=(
        _HINT,
        "A leader of this cluster needs three votes, so two servers cannot elect. But two may keep "
        "the leader that all five elected.",
        "Leader and one follower on one side. There an entry is committed with two copies. The "
        "three elect somebody who has never heard of it.",
    ),
    reference=schedule(BY_HALF, 5, """
elect S1 ; settle ; partition S1 S2 | S3 S4 S5
request x=1 at S1 ; settle among S1 S2
elect S3 with S4 S5 ; request x=2 at S3 ; settle among S3 S4 S5
"""),
    wrong={
        "leader among the three": Wrong(schedule(BY_HALF, 5, """
elect S3 ; settle ; partition S1 S2 | S3 S4 S5
request x=2 at S3 ; settle among S3 S4 S5 ; fire S1 ; fire S2 ; run 300
"""), "two cannot elect here: votes are counted rightly. Let the old leader be one of the two"),
        "not delivered": Wrong(schedule(BY_HALF, 5, """
elect S1 ; settle ; partition S1 S2 | S3 S4 S5 ; request x=1 at S1
elect S3 with S4 S5
"""), "both leaders are there, and the entry of the first is in its own log only: one copy of "
      "five is too few even here"),
        "one leader": Wrong(schedule(BY_HALF, 5, """
elect S1 ; settle ; partition S1 S2 | S3 S4 S5 ; request x=1 at S1 ; settle among S1 S2
heal ; run 1000
"""), "healed too early: the three get the entry before they have a leader of their own"),
        "wiped": Wrong(schedule(BY_HALF, 5, WIPED),
                       "with disks that forget, three copies are not enough either"),
    },
    judge=judged_by_playing(BY_HALF, 5),
    why="every leader had a majority of votes, and still the record split: what commits must meet "
        "what elects. That is why a quorum guards both, and reads as well",
    read='14-split-brain-and-quorums, “A quorum of votes is not enough”',
    minutes=10,
    misconceptions=("M3",),
)  # fmt: skip


# -- whoever answers -----------------------------------------------------------------------------

Exercise(
    id="split-brain/who-answers",
    asks="A leader counts a majority of those who answer: make five servers diverge.",
    starter=head(REACHED, 5) + "\n...\n",
    hints=(
        _HINT + " This cluster has the timer quorum too: at each turn of it (fire S1 quorum) a "
        "leader forgets who has answered.",
        "A leader steps down if at that turn no majority had answered since the last. So: a round "
        "of heartbeats first (fire S1 heartbeat ; settle), then fire S1 quorum, then the cut.",
        "Just behind that turn nobody has answered yet, and the leader counts itself alone: one of "
        "one. Then let the three elect.",
    ),
    reference=schedule(REACHED, 5, """
elect S1 ; settle ; fire S1 heartbeat ; settle ; fire S1 quorum
partition S1 S2 | S3 S4 S5
request x=1 at S1 ; settle among S1 S2
elect S3 with S4 S5 ; request x=2 at S3 ; settle among S3 S4 S5
"""),
    wrong={
        "all have answered": Wrong(schedule(REACHED, 5, """
elect S1 ; settle ; fire S1 heartbeat ; settle
partition S1 S2 | S3 S4 S5
request x=1 at S1 ; settle among S1 S2
"""), "since the last turn of its timer all four have answered, so it still counts five. Let it "
      "forget them just before the cut: fire S1 quorum"),
        "two turns": Wrong(schedule(REACHED, 5, """
elect S1 ; settle ; fire S1 heartbeat ; settle ; fire S1 quorum
partition S1 S2 | S3 S4 S5
run 600
"""), "you waited: at the next turn of its timer S1 finds that no majority answers, and gives up. "
      "The time between two turns is the gap"),
        "one side": Wrong(schedule(REACHED, 5, """
elect S1 ; settle ; fire S1 heartbeat ; settle ; fire S1 quorum
partition S1 S2 | S3 S4 S5
request x=1 at S1 ; settle among S1 S2
"""), "half of it: S1 has committed what the three have never seen. Now let them elect"),
    },
    judge=judged_by_playing(REACHED, 5),
    why="who does not answer may be alive and well on the other side, counting as you do. The "
        "number that counts is that of the configured servers, and only agreement changes it (§6)",
    read='14-split-brain-and-quorums, “A majority of whom?”',
    minutes=15,
    misconceptions=("M4",),
)  # fmt: skip


# -- any sides, endlessly --------------------------------------------------------------------------


def diverge(here, there):
    """The lines of a schedule in which the servers `here` and those `there` commit different
    entries in one place."""
    one, other = here[0], there[0]
    return "\n".join([
        f"elect {one} ; settle",
        f'partition {" ".join(here)} | {" ".join(there)}',
        f'request x=1 at {one} ; settle among {" ".join(here)}',
        f'elect {other} with {" ".join(there[1:])}',
        f'request x=2 at {other} ; settle among {" ".join(there)}',
    ])  # fmt: skip


def always_the_same(here, there):
    return diverge(["S1", "S2"], ["S3", "S4"])


def elects_after_the_cut(here, there):
    """Which two of four can, and two of five cannot."""
    one, other = here[0], there[0]
    return "\n".join([
        f'partition {" ".join(here)} | {" ".join(there)}',
        f'elect {one} with {" ".join(here[1:])}',
        f'request x=1 at {one} ; settle among {" ".join(here)}',
        f'elect {other} with {" ".join(there[1:])}',
        f'request x=2 at {other} ; settle among {" ".join(there)}',
    ])  # fmt: skip


def forgets_the_messages(here, there):
    return diverge(here, there).replace(f"; settle among {' '.join(here)}", "")


def heals_between(here, there):
    first, second = diverge(here, there).rsplit("elect", 1)
    return f"{first}heal ; run 300 ; elect{second}"


_DRAWN = {
    "four servers, two and two": (HALVES, 4, 2),
    "six servers, three and three": (HALVES, 6, 3),
    "five servers, two and three": (BY_HALF, 5, 2),
    "seven servers, three and four": (BY_HALF, 7, 3),
}


def _judge_any(given, seed):
    return [_played_part(name, given, seed) for name in _DRAWN]


def _played_part(name, given, seed):
    protocol, servers, few = _DRAWN[name]
    ids = Luck(seed, 0, name).shuffled(ids_of(servers))
    here, there = sorted(ids[:few]), sorted(ids[few:])
    lines = called(given, here, there)
    asked = f"diverge({here}, {there})"
    if not isinstance(lines, str):
        raise Trouble(f"{asked} gives {shown(lines)}; it must give the lines of a schedule, a text")
    try:
        parts = _parts(schedule(protocol, servers, lines), protocol, servers)
    except Impossible as error:
        return Part(name, told=f"{asked}, on {protocol}: {_as_given(error, lines)}")
    missed = next((part for part in parts if part.told), None)
    if missed is None:
        return Part(name, section="§5.4")
    return Part(name, 1, f"{asked}, on {protocol}: {missed.told}", missed.run, missed.section)


def _as_given(error, lines):
    """An error with the number that its line has in what was given: it was played with a head
    above it that the learner does not see, and without the empty lines at its beginning."""
    above = head("", 0).count("\n") + 1
    empty = lines[: len(lines) - len(lines.lstrip())].count("\n")
    return re.sub(r"^line (\d+)", lambda at: f"line {int(at[1]) - above + empty}", str(error))


Exercise(
    id="split-brain/any-sides",
    asks="Write the schedule once for any two sides.",
    starter='''
        def diverge(here, there):
            """The lines of a schedule in which `here` and `there` commit different entries.

            Both are lists of servers, four to seven in all, and `here` is never the larger side:
            here=["S1", "S4"], there=["S2", "S3"]. What counts wrongly is drawn: half of the votes
            and copies, or half of the copies only.
            """
            ...
    ''',
    hints=(
        "An f-string with three quotes holds several lines, and ' '.join(here) is S1 S4.",
        "Begin with a leader whom all elect: that serves also where two alone could not. It should "
        "be one of `here`, for `here` is never the larger side.",
        "elect, settle, partition; request and settle among `here`; elect with the others of "
        "`there`, request, settle among `there`.",
    ),
    reference=diverge,
    wrong={
        "same": Wrong(always_the_same, "the names stand in what you were given: other sides, other "
                                       "servers"),
        "after the cut": Wrong(elects_after_the_cut, "halves can elect after the cut. Where only "
                                                     "copies are miscounted two of five cannot: "
                                                     "elect the first before it"),
        "no messages": Wrong(forgets_the_messages, "without messages between the two commits the "
                                                   "first entry stays where it was written"),
        "healed": Wrong(heals_between, "healed before the other side has elected, it hears of the "
                                       "first entry, or deposes whoever wrote it"),
    },
    judge=_judge_any,
    why="one schedule for every cut: a leader on one side, an entry that its miscounted quorum "
        "commits, and a quorum on the other side that has no server in common with it",
    read="14-split-brain-and-quorums",
    minutes=15,
    misconceptions=("M3", "M4", "M5"),
)  # fmt: skip

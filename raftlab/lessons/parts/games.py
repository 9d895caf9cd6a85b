"""Break it, where it can be broken, and learn where it cannot: games on a Raft that is right."""

import re
from functools import lru_cache

from ...core import Deliver, Fire, Impossible, Rearm, Wait
from ..exercise import Exercise, Part, Wrong
from ..schedules import Schedule, as_text, condition, disk_verbs, leaders, standing

_VERBS = "# What happens, in which order: a verb a line, such as fire S1\n"


def _head(servers):
    return f"cluster raft servers={servers} seed=1 jitter=0\n\n"


def _first(outcome, holds):
    """The first position whose state `holds`, or None."""
    return next((at for at, step in enumerate(outcome.steps) if holds(step.state)), None)


def _ended(outcome, lacking):
    """(what is lacking, and what is so at the end; the run)."""
    run = outcome.shown()
    told = f"{lacking}. At the end {standing(run)}: {condition(run)}"
    return told, (run, f"Here {standing(run)}.")


def _unplayed(outcome, *parts):
    """The parts of what is no schedule, or stops before anything was shown: none is met.
    `parts` are (name, points) each."""
    asked = [Part("it can be played to its end", 1, outcome.stuck)]
    return asked + [Part(name, points, "it could not be played") for name, points in parts]


def _by_how_much(events, fewest):
    """The part for as few events as there can be."""
    name = f"in as few events as can be, {fewest}"
    more = events - fewest
    told = f"{events} events, and {fewest} are enough: {more} longer than the shortest"
    return Part(name, 1, told if more else "")


# -- split votes ----------------------------------------------------------------------------

FAIR = (Fire, Deliver, Wait, Rearm)
TERMS = 3


def _unfair(outcome):
    """What was done that is more than timers and messages, or what was left undone; or ""."""
    for at, step in enumerate(outcome.steps[1:], 1):
        if type(step.action) not in FAIR:
            what = type(step.action).__name__.lower()
            return f"step {at} is a {what}: only timers and deliveries are yours in this game"
    left = len(outcome.steps[-1].state.network)
    return f"{left} messages are still under way: all must arrive (settle)" if left else ""


def _judge_split(given, seed):
    outcome = Schedule(given, "raft").on_right(strictly=True)
    led = _first(outcome, leaders)
    fair, spent = "every message arrives, and nobody is stopped", f"{TERMS} terms are spent"
    if outcome.stuck and led is None:
        return _unplayed(outcome, (fair, 1), ("nobody ever leads", 1), (spent, 2))
    parts = [Part("it can be played to its end", 1), Part(fair, 1, _unfair(outcome))]
    if led is not None:
        run = outcome.shown(led)
        told = f"step {led}: {standing(run)}"
        parts.append(Part("nobody ever leads", 1, told, (run, f"Here {standing(run)}."), "§5.2"))
    else:
        parts.append(Part("nobody ever leads", 1))
    final = outcome.steps[-1].state
    terms = max(final.observe(id).term for id in final.config.servers)
    told = "" if terms >= TERMS else f"the highest term is {terms}, and you are to spend {TERMS}"
    return [*parts, Part(spent, 2, told, _ended(outcome, told)[1], "§5.2")]


_ALL_AT_ONCE = "fire S1 ; fire S2 ; fire S3 ; fire S4 ; fire S5"

Exercise(
    id="games/split-votes",
    asks="Keep five servers of a right Raft without a leader for three terms. All messages arrive.",
    starter=_head(5) + _VERBS,
    hints=(
        "A term ends without a leader if nobody gets three votes. Who can have votes of their own?",
        "Whoever stands votes for itself. Let enough of them stand before anything is delivered.",
        "All five timers, then settle: five candidates, a vote each. And that three times.",
    ),
    reference=_head(5) + f"repeat 3 {{ {_ALL_AT_ONCE} ; settle }}\n",
    wrong={
        "one-stands": Wrong(_head(5) + "fire S1 ; settle\n", "whoever stands alone wins: others "
                            "must stand before they have heard of it"),
        "one-term": Wrong(_head(5) + f"{_ALL_AT_ONCE} ; settle\n", "one split vote is an accident: "
                          "let the timers run out together again"),
        "loses": Wrong(_head(5) + "repeat 3 { fire S1 ; lose all }\n", "losing messages keeps any "
                       "protocol from anything: here all must arrive"),
        "leaves": Wrong(_head(5) + "fire S1 ; fire S1 ; fire S1\n", "what is under way must arrive "
                        "in the end, and then it elects somebody"),
        "two-stand": Wrong(_head(5) + "repeat 3 { fire S1 ; fire S2 ; settle }\n", "three voters "
                           "are left for two candidates, and who is heard first gets all three"),
    },
    judge=_judge_split,
    takes=as_text,
    why="nothing in Raft forbids this for ever, as nothing can. That timeouts are random makes it "
        "unlikely that timers run out together again (§5.2)",
    read="10-raft-leader-election",
    misconceptions=("M7", "M10"),
)  # fmt: skip


# -- two leaders in one moment --------------------------------------------------------------


@lru_cache
def fewest_events():
    """The fewest events after which two servers of three lead."""
    from ... import explore

    found = explore("raft", by="messages", requests=0, until=_two_lead, progress=False)
    return len(found.actions)


def _two_lead(state):
    return len(leaders(state)) > 1


def _judge_two(given, seed):
    outcome = Schedule(given, "raft").on_right(strictly=True)
    at = _first(outcome, _two_lead)
    disks = disk_verbs(outcome)
    kept, both = "all disks keep what they acknowledge", "two servers lead in one moment"
    short = "in as few events as can be"
    if outcome.stuck and at is None:
        return _unplayed(outcome, (kept, 1), (both, 2), (short, 1))
    parts = [Part("it can be played to its end", 1)]
    honest = f"{disks[0]} is not needed: a right Raft on right disks does it" if disks else ""
    parts.append(Part(kept, 1, honest))
    if at is None:
        told, run = _ended(outcome, "no two servers ever led at once")
        parts.append(Part(both, 2, told, run, "§5.1"))
        return [*parts, Part(short, 1, "first two must lead")]
    parts.append(Part(f"{both}: {standing(outcome.shown(at))}", 2))
    return [*parts, _by_how_much(at, fewest_events())]


Exercise(
    id="games/two-leaders",
    asks="Make two servers of a right Raft lead in one moment, in as few events as you can.",
    starter=_head(3) + _VERBS,
    hints=(
        "At most one leader in a term; nothing says that the first one has heard of the second.",
        "Let S1 win by S2's vote alone, and hold back all that it sends. Who may stand next?",
        "S2: it is in term 1, so it stands in term 2 at once. Three events for each leader.",
    ),
    reference=_head(3) + """fire S1 ; deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1
fire S2 ; deliver RequestVote S2->S3 ; deliver RequestVoteReply S3->S2
""",
    wrong={
        "longer": Wrong(_head(3) + "elect S1 ; settle ; isolate S1\nfire S2 ; settle\n", "right, "
                        "and long: a wall is not needed where messages are merely late"),
        "heard": Wrong(_head(3) + "elect S1 ; settle ; elect S2 ; settle\n", "S1 hears of term 2 "
                       "before S2 has won: hold back what would tell it"),
        "crash": Wrong(_head(3) + "elect S1 ; settle ; crash S1\nfire S2 ; settle\n", "a server "
                       "that is down leads nobody: S1 must be up, and know nothing"),
        "disk": Wrong(_head(3) + """unsync S2 ; fire S1 ; fire S3
deliver RequestVote S1->S2 ; reboot S2 ; deliver RequestVote S3->S2 ; deliver all replies
""", "that breaks a promise of Raft; two leaders of two terms break none"),
    },
    judge=_judge_two,
    takes=as_text,
    why="a leader learns that it is one no more when somebody tells it. What protects the log is "
        "that the older one can commit nothing: a majority is in a higher term (§5.1, §5.4)",
    read="14-split-brain-and-quorums",
    misconceptions=("M2", "M3"),
)  # fmt: skip


# -- two leaders in one term ----------------------------------------------------------------

STATES = 4000
_BOUNDS = {"servers": (1, 7), "terms": (1, 9), "requests": (0, 9), "crashes": (0, 9)}
_WRITE = "write impossible: servers=… terms=… requests=… crashes=…, with a number for each …"


def _stated(text):
    """The bounds of a statement, {name: number}; None if the text is a schedule."""
    lines = (line.strip() for line in text.splitlines())
    line = next((line for line in lines if line.startswith("impossible")), None)
    if line is None:
        return None
    words = re.sub(r"^impossible\W*", "", line).split()
    bounds = {}
    for word in words:
        name, sign, number = word.partition("=")
        low, high = _BOUNDS.get(name, (1, 0))
        if not (sign and number.isdigit() and low <= int(number) <= high):
            ranges = ", ".join(f"{name} from {a} to {b}" for name, (a, b) in _BOUNDS.items())
            raise Impossible(f"{word!r} is no bound of this search; there are {ranges}: {_WRITE}")
        bounds[name] = int(number)
    if "terms" not in bounds or "servers" not in bounds:
        raise Impossible(f"impossible within which bounds? {_WRITE}")
    return bounds


@lru_cache(maxsize=32)
def searched(servers, terms, requests=0, crashes=0):
    """The search for two leaders of one term within these bounds."""
    from ... import explore

    return explore(
        "raft", servers, by="messages", terms=terms, requests=requests, crashes=crashes,
        against="election_safety", states=STATES, progress=False,
    )  # fmt: skip


def _judge_term(given, seed):
    names = (
        "it is said what is so", "the search within the bounds has seen everything",
        "servers may crash in it, and there are three or more",
    )  # fmt: skip
    bounds = _stated(given)
    if bounds is None:
        told, run = _why_not(given)
        rest = [Part(name, 1, "there are no bounds yet") for name in names[1:]]
        return [Part(names[0], 2, told, run, "§5.2"), *rest]
    found = searched(**bounds)
    told = ""
    if not found.ok:
        told = (
            f"it stopped at {found.states:,} states and had not seen everything: that says nothing "
            "about the rest. Choose less"
        )
    weak = ""
    if not bounds.get("crashes"):
        weak = "without a crash nobody can forget its vote, and that is what there is to fear"
    elif bounds["servers"] < 3:
        weak = "one or two servers are a majority only together: that is no test of majorities"
    seen = f"{names[1]}: {found.states:,} states" if found.ok else names[1]
    return [Part(names[0], 2), Part(seen, 1, told), Part(names[2], 1, weak)]


def _why_not(text):
    """(why a schedule does not make two servers lead one term, the run)."""
    outcome = Schedule(text, "raft").on_right(strictly=True)
    disks = disk_verbs(outcome)
    if disks:
        return f"with {disks[0]} it is no right Raft: a disk must keep what it acknowledges", None
    if not outcome.steps:
        return outcome.stuck, None
    told, run = _ended(outcome, "no two servers ever led at once")
    at = _first(outcome, _two_lead)
    if at is not None:
        run = outcome.shown(at)
        return f"step {at}: {standing(run)}, and these are two terms", (run, f"{standing(run)}.")
    return outcome.stuck or f"{told}. If nothing does it, say so: {_WRITE}", run


Exercise(
    id="games/one-term",
    asks="Make two servers of a right Raft lead one term; or say within which bounds it is "
         "impossible, and let a search bear you out.",
    starter="""
        # Either a schedule, from its line cluster raft servers=3 … on, or one line with bounds:
        # impossible: servers=… terms=… requests=… crashes=…
    """,
    hints=(
        "Try it: two candidates, one voter. What would the voter have to do?",
        "It would have to vote twice. Only a crash could make it forget, and its vote is on disk.",
        "So it is impossible: three servers, one term, one crash. More, and the search takes long.",
    ),
    reference="impossible: servers=3 terms=1 requests=0 crashes=1\n",
    wrong={
        "two-terms": Wrong(_head(3) + "elect S1 with S2\nlose all ; fire S2 ; "
                           "deliver RequestVote S2->S3 ; deliver RequestVoteReply S3->S2\n",
                           "two leaders, and two terms: that is allowed, and harmless"),
        "disk": Wrong(_head(3) + """unsync S2 ; fire S1 ; fire S3
deliver RequestVote S1->S2 ; reboot S2 ; deliver RequestVote S3->S2 ; deliver all replies
""", "Raft promises nothing on a disk that lies: this shows what the promise rests on"),
        "no-crash": Wrong("impossible: servers=3 terms=1 crashes=0\n", "true, and too little: the "
                          "vote is on disk because servers crash"),
        "too-far": Wrong("impossible: servers=3 terms=3 requests=1 crashes=2\n", "it is so, but "
                         "this search does not end in time, so it says nothing: choose bounds that "
                         "it can exhaust"),
        "split": Wrong(_head(3) + "fire S1 ; fire S3 ; settle\n", "one voter, one vote: who is "
                       "heard second is refused"),
    },
    judge=_judge_term,
    takes=as_text,
    why="two majorities share a server, its vote is on disk, and it has one a term (§5.2). "
        "The search has seen all within the bounds; that it holds beyond them, the argument says",
    read="10-raft-leader-election",
    misconceptions=("M2",),
)  # fmt: skip

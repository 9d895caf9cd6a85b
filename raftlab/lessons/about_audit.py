"""Questions about the “simplified Raft” of tutorials: what is missing, and what mends it?

“missing” plays one of its 22 scenarios and asks for the rule that would have prevented it. The
wrong options are rules that it lacks as well, and that cost something else.

“repair” shows what the checker finds on a rung of the ladder, and offers three repairs. The
checker is the referee: it searches the listing with each of them, within the same bounds.
"""

from functools import cache

from ..checks.explore import explore
from ..core import write_command
from ..protocols import LADDER, REPAIRS, name_of, protocol
from ..scenarios import scenario
from ..views import show
from .predict import kind
from .question import Option
from .situation import listed

# -- missing ------------------------------------------------------------------------------

# What Raft has and the listing has not; what comes of that; by scenario. What is nearest in kind
# stands together, so that the wrong options can be drawn from elsewhere.
HOLES = {
    "votes": {
        "C1": ("a new term brings a fresh vote", "S1 had all votes and crashed. Fifty elections"
               " later nobody leads"),
        "C2": ("a vote given in an earlier term binds nobody", "each server was alone for one"
               " timeout. Now all can talk, and nobody is ever elected"),
        "C13": ("term and vote are on disk", "S2 voted, crashed and started again. Two servers"
                " lead term 1"),
        "C15": ("a repeated question in the same term gets the same answer", "S2's yes was lost,"
                " S1 asked once more, and was refused"),
    },
    "terms": {
        "C3": ("an answer carries a term, and who hears a higher one follows in it", "S2 stood"
               " once while it was cut off. It refuses its leader ever after"),
        "C5": ("a leader that hears of a higher term steps down",
               "a cluster of five is split, its leader among the two. Neither side gets anything"
               " done, nor do all five after the split is mended"),
        "C6": ("any answer of a follower tells an old leader that its term is over", "two servers"
               " lead, in terms 1 and 2, and five seconds change nothing about it"),
        "C12": ("who takes an entry adopts the term it came with", "S5's log goes from term 2 back"
                " to term 1"),
        "C22": ("a term has one leader, so that its heartbeats can depose none", "two leaders of"
                " term 1 deposed each other"),
    },
    "logs": {
        "C7": ("who votes compares the candidate's log with its own", "x=1 was acknowledged, and"
               " S3, elected after that, has never heard of it"),
        "C8": ("a leader stores an entry before it counts itself", "x=1 was acknowledged. One disk"
               " is lost, and nobody has it any more"),
        "C9": ("a heartbeat is no entry", "one heartbeat was lost, and x=1 is entry 2 for S3 and"
               " entry 3 for S2"),
        "C10": ("an entry says which one it follows", "S1 gave x=1 and then y=1; S3 holds them the"
                " other way round"),
        "C11": ("an entry has its place, so that what comes twice is stored once", "a client asked"
                " once more for the same thing, and S2 holds it twice"),
        "C19": ("a leader commits, and gives the others what they miss", "all servers hold x=1, and"
                " none has executed it"),
        "C20": ("entries have terms, so that a conflict can be seen and removed", "S2 keeps an"
                " entry that its new leader has never seen, and puts the leader's behind it"),
    },
    "time": {
        "C4": ("a leader sends heartbeats again and again", "nothing fails, and after 420 ms"
               " nobody follows the leader any more"),
        "C16": ("each wait is drawn afresh", "S1 and S2 stand at the same moment, again and"
                " again, for 49 terms"),
        "C17": ("a candidate that fails waits before it stands again", "S2 stood once, alone for"
                " 100 ms. It has gone through ten terms since and refuses its leader in each"),
        "C21": ("only how much time has passed counts, and not what time it is", "S2's clock runs"
                " ahead. It deposes a leader with whom there is nothing wrong"),
    },
    "calls": {
        "C14": ("all servers know all members before the first election", "three servers have"
                " just started, and all three lead term 1"),
        "C18": ("all are asked at once, and nobody waits for one answer before the next question",
                "S1 is down. S2 and S3 would be a majority, and neither is ever asked"),
    },
}  # fmt: skip

# Rules of other families that would have prevented it, too, or say the same: no wrong options.
_AS_GOOD = {
    "C5": {"C1", "C2"}, "C12": {"C20"}, "C13": {"C22"}, "C14": {"C22"},
    "C17": {"C3", "C5", "C6"}, "C22": {"C13", "C14"},
}  # fmt: skip


@kind("missing")
def missing(luck):
    """One scenario of the listing; the rule that would have prevented it, among others."""
    family, name = luck.pick([(family, name) for family in HOLES for name in HOLES[family]])
    rule, outcome = HOLES[family][name]
    elsewhere = [hole for other in HOLES if other != family for number, hole in
                 HOLES[other].items() if number not in _AS_GOOD.get(name, ())]  # fmt: skip
    run = scenario(name)
    ends = len(run)
    begins = run.position if run.position < ends else 0  # some lessons begin at their end
    run.goto(ends)
    seen = [run.state.observe(id) for id in run.state.config.servers]
    rows = [(one.id, one.role, one.term, one.voted_for or "nobody", _log(one.log)) for one in seen]
    modes = {host.node.id: host.mode for host in run.state.hosts}
    rows = [(id, "down" if modes[id] == "down" else role, *rest) for id, role, *rest in rows]
    picture = show.ring(run)
    run.goto(begins)
    title = run.scenario.title.rstrip(".").replace(". (", " (")
    options = [Option(_said(rule), True, f"that is {name} of the list. {title}.")]
    for other, costs in luck.shuffled(elsewhere)[:3]:
        told = f"the listing lacks that as well, but it shows in another way: {costs}."
        options.append(Option(_said(other), False, told))
    return {
        "run": run, "ends": ends, "picture": picture,
        "ask": f"The listing, at work: {outcome}. Which rule of Raft is missing?",
        "facts": (("server", "role", "term", "voted for", "log"), rows),
        "options": luck.shuffled(options),
    }  # fmt: skip


def _log(log):
    entries = [f"{entry.term}:{write_command(entry.command)}" for entry in log]
    if len(entries) > 6:
        entries = [*entries[:3], f"and {len(entries) - 3} more"]
    return " ".join(entries) or "empty"


def _said(rule):
    return rule[:1].upper() + rule[1:]


# -- repair -------------------------------------------------------------------------------

# The rungs whose bugs, and their absence, a search finds in a second or two.
RUNGS = tuple(rung for rung in LADDER[:6] if rung.bounds)
_LESS = {"steps-down": {"terms": 1}}  # two leaders of term 1 will do

# Why a repair is beside the point, where it is; the checker's verdict follows.
_BESIDE = {
    "keeps-on-disk": "Nobody restarts in this run",
    "calls-at-once": "In which order the peers are asked makes no difference here",
    "stores-entries": "No entry takes part in this",
    "compares-length": "To compare logs prevents some votes, but not these",
    "compares-terms": "The terms in the logs prevent some votes, but not these",
    "commits-own-term": "Which entries a leader counts makes no difference to this",
    "keeps-time": "This is no matter of time: any timer may run out at any moment",
}


@cache
def judged(last, part=""):
    """What the checker finds when the ladder is mended up to the repair `last`, and with `part` as
    well if one is given, within the bounds of that rung."""
    from .. import cluster  # the front door joins protocols and clusters

    rung = _rung_of(last)
    name = f"{rung.protocol}+{part}" if part else rung.protocol
    bounds = rung.bounds | _LESS.get(rung.part, {})
    return explore(cluster(name, servers=3, seed=1), against=rung.breaks, **bounds)


@kind("repair")
def repair(luck):
    """What the checker finds on a rung; which of three repairs makes it find nothing?"""
    rung = luck.pick(RUNGS)
    right = LADDER[LADDER.index(rung) + 1]
    found, mended = judged(rung.part), judged(rung.part, right.part)
    has = {*rung.protocol.split("+"), right.part}
    others = [
        part
        for part in luck.shuffled(list(REPAIRS))
        if part not in has and right.part not in _whole(part)
    ]
    wrong = [part for part in others[:4] if judged(rung.part, part).ok is False][:2]
    if len(wrong) < 2 or mended.ok is not True:
        return None
    run = found.run.copy()
    ends = run.position
    run.goto(found.start.position)
    settled = f"{right.mends} Within the same bounds the checker has now seen everything,"
    settled += f" {mended.states:,} states, and nothing breaks."
    options = [Option(right.mends, True, settled)]
    for part in wrong:
        why = judged(rung.part, part).verdicts[0].why
        told = f"{_BESIDE[part]}. With it the checker still finds: {why}."
        options.append(Option(_rung_of(part).mends, False, told))
    done = [one.part for one in LADDER[1 : LADDER.index(rung) + 1]]
    why = found.verdicts[0].why
    return {
        "run": run, "ends": ends, "picture": show.spacetime(run, at=ends),
        "ask": f"The listing with {listed(done)}: the checker finds that {why}. Which repair"
        " ends that?",
        "facts": (("mended so far", ""), [(one.part, one.mends) for one in LADDER[1:]
                                         if one.part in done]),
        "options": luck.shuffled(options),
    }  # fmt: skip


def _rung_of(part):
    return next(rung for rung in LADDER if rung.part == part)


def _whole(part):
    """A repair and what it needs, which comes along with it."""
    return name_of(protocol(f"simplified+{part}")).split("+")

"""Questions about what a crash leaves. The real Raft decides, as everywhere.

The wrong options are what learners believe: that a server which comes back is as it was, that it
knows at once what happened meanwhile, that one with an empty disk is a harmless newcomer.
"""

from ..views import show
from .predict import kind
from .question import Option
from .situation import listed, new_cluster

_DISK = ("term", "vote", "log")
_KEPT = {
    "term": "its current term", "vote": "its vote", "log": "its log",
    "commit": "its commit index", "x": "its copy of x", "role": "its role",
}  # fmt: skip


@kind("restart")
def restart(luck):
    """A server crashed, lost its disk or was paused. What does it know when it is back?"""
    wanted = luck.wanted(3)
    count = luck.pick((3, 5))
    run = new_cluster(count, luck)
    run.until(lambda run: run.leader)
    for value in luck.shuffled((4, 5, 6, 7))[: luck.between(1, 3)]:
        run.request(("set", "x", value))
        run.run(luck.between(60, 150))
    old = run.leader
    if old is None:
        return None
    gone = old if luck.below(2) else luck.pick(run[old].peers)
    before = _known(run[gone])
    what = luck.pick(("crash", "crash", "wipe", "pause"))
    run.pause(gone) if what == "pause" else run.crash(gone)
    if what == "wipe":
        run.wipe(gone)
    run.run(luck.between(100, 200))
    if gone == old:
        run.until(lambda run: run.leader not in (None, old))
    for value in luck.shuffled((1, 2, 3))[: luck.between(1, 3)]:
        run.request(("set", "x", value))
        run.run(luck.between(60, 150))
    leader = run.leader
    if leader in (None, gone):
        return None
    here = run.position
    run.resume(gone) if what == "pause" else run.restart(gone)
    heard = luck.below(2) and what != "wipe"
    if heard:
        at = run.position
        run.run(250)
        at = next((n for n in range(at, len(run) + 1) if _level(run, n, gone, leader)), None)
        if at is None or run.leader != leader:
            return None
        run.goto(at)
    ends, after, now = run.position, _known(run[gone]), _known(run[leader])
    run.goto(here)
    nothing = {"term": 0, "vote": "nobody", "log": 0, "commit": 0, "x": "nothing",
               "role": "follower"}  # fmt: skip
    fields = [
        name for name in nothing
        if len({before[name], nothing[name], now[name]}) == 3 or name == "role" and gone == old
        if name != "vote" or not heard
    ]  # fmt: skip
    if not fields:
        return None
    field = luck.pick(fields)
    outcomes = (before[field], nothing[field], now[field])
    if field == "role":
        outcomes = ("leader", "follower", "candidate")
    if after[field] != outcomes[wanted]:
        return None
    reasons = _reasons(field, what, heard, gone, leader)
    options = [
        Option(_worded(field, value), value == after[field], reasons[at])
        for at, value in enumerate(outcomes)
    ]
    did = {
        "crash": "crashed", "wipe": "crashed, and its disk was replaced by an empty one",
        "pause": "was paused, as by a busy machine",
    }[what]  # fmt: skip
    back = "goes on" if what == "pause" else "starts again"
    moment = f"once it has heard from {leader}" if heard else "at once, before anybody speaks to it"
    rows = [("role", "role"), ("term", "term"), ("voted for", "vote"), ("entries", "log"),
            ("commit index", "commit"), ("x", "x")]  # fmt: skip
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": f"{gone} {did}. Meanwhile {listed(run[gone].peers)} went on under {leader}. Now"
        f" {gone} {back}. What is {_KEPT[field]} {moment}?",
        "facts": (
            ("", f"{gone} before", f"{leader} now"),
            [(name, before[key], now[key]) for name, key in rows],
        ),
        "options": luck.shuffled(options),
    }  # fmt: skip


def _known(node):
    return {
        "role": node.role, "term": node.current_term, "vote": node.voted_for or "nobody",
        "log": len(node.log), "commit": node.commit_index,
        "x": node.machine.data.get("x", "nothing"),
    }  # fmt: skip


def _level(run, at, id, leader):
    """Whether after step `at` the server has all that its leader has committed."""
    one, other = run.steps[at].state[id], run.steps[at].state[leader]
    return (
        one.commit_index == other.commit_index and one.log == other.log
        and one.current_term == other.current_term
    )  # fmt: skip


def _worded(field, value):
    if field == "log":
        return f"{value} {'entry' if value == 1 else 'entries'}" if value else "empty"
    return {"term": f"term {value}", "commit": f"index {value}"}.get(field, str(value))


def _reasons(field, what, heard, gone, leader):
    """Why (it is as before, it is as in the beginning, it is what the leader has)."""
    disk = field in _DISK
    mine = _KEPT[field]
    if what == "pause":
        asleep = "a pause loses nothing: memory and disk are as they were."
    elif what == "wipe":
        asleep = "what was on its disk is gone, and its memory with the crash."
    elif disk:
        asleep = f"a server has {mine} on disk before it answers anybody (Figure 2)."
    else:
        asleep = f"{mine} is only in memory: what is committed one can learn again (Figure 2)."
    if field == "role":
        asleep = f"that {gone} led was only in memory. Whoever starts, starts as a follower (§5.2)."
        if what == "pause":
            asleep = f"{gone} does not know that it was away, and leads on, as it believes."
    if heard:
        came = f"{leader}'s AppendEntries has brought the missing entries, and said how far the log"
        came += " is committed (§5.3)."
        if field in ("term", "role"):
            came = f"{leader}'s term is higher, and ends whatever {gone} was in (§5.1)."
        soon = f"that was so only until {leader} was heard. {came}"
        never = f"it never was: {asleep}"
        if field == "role":
            stands = "it stands only when its election timer has run out, and it hears a leader."
            return soon if what == "pause" else asleep, came, stands
        return (soon, never, came) if disk or what == "pause" else (never, soon, came)
    unheard = f"nobody has told {gone} yet what happened meanwhile. {asleep[0].upper()}{asleep[1:]}"
    if field == "role":
        unheard = "it stands only when its election timer has run out, and none has."
    if what == "wipe" and field == "vote":
        asleep += " And that is not harmless: it may vote a second time in one term."
    return asleep, asleep, unheard

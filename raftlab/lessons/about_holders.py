"""A question about a lock on Redis: something happens, some time goes by. Who believes to hold it?

The wrong options are what learners believe: that a lock excludes, that it goes at once when its
holder is gone, that nobody but Redis can know when it is over, that a replica knows what its
primary knew.
"""

from ..views import show
from .predict import kind
from .question import Option
from .situation import new_cluster

ADD = ("add", "x", 1)
_A, _B, _BOTH, _NOBODY = range(4)
_TEXTS = ("A, and nobody else", "B, and nobody else", "A and B", "Nobody")

# What happens → after how many ms it is asked, for which outcome.
_STORIES = {
    "pause": {_A: (200, 400), _BOTH: (800, 1200)},
    "cut": {_A: (300, 400), _NOBODY: (510, 530), _B: (750, 900)},
    "crash": {_NOBODY: (250, 450), _B: (750, 900)},
    "failover": {_BOTH: (380, 430)},
    "told": {_A: (380, 430)},
}


_PROMOTES = "S1 crashes; the Sentinel waits for {} ms, and makes S2 the primary"
_TOLD = {
    "pause": "A stands still", "cut": "What A sends to S1 is lost from now on",
    "crash": "A crashes", "failover": _PROMOTES, "told": _PROMOTES,
}  # fmt: skip


@kind("holder")
def holder(luck):
    """Who takes itself for the holder some time after an accident?"""
    wanted = luck.wanted(4)
    story = luck.pick([name for name, outcomes in _STORIES.items() if wanted in outcomes])
    low, high = _STORIES[story][wanted]
    after = 10 * luck.between(low // 10, high // 10)
    run = new_cluster(2, luck, "redis-lock")
    if story == "failover":
        run.cut("S1", "S2")
    run.request(ADD, to="A")
    run.until(lambda run: run["A"].token)
    run.delay("Read", "A", "disk", 5000)
    if story != "failover":
        run.until(lambda run: run["S2"].keys)
    facts = [("S1", "the primary", run["S1"].keys["lock"][0]),
             ("S2", "its replica", run["S2"].keys.get("lock", ("nothing",))[0])]  # fmt: skip
    ttl, mine, here = run["A"].ttl, run["A"].lease_time, run.position
    if story == "pause":
        run.pause("A")
    elif story == "cut":
        run.cut("A", "S1")
    elif story == "crash":
        run.crash("A")
    else:
        run.crash("S1")
    run.request(ADD, to="B")
    _work_long(run, after)
    holders = tuple(id for id in ("A", "B") if run[id].token and _is_there(run, id))
    outcome = {("A",): _A, ("B",): _B, ("A", "B"): _BOTH, (): _NOBODY}[holders]
    if outcome != wanted:
        return None
    ends = run.position
    run.goto(here)
    told = _TOLD[story].format(run["sentinel"].down_after)
    right = _reason(story, outcome, ttl, mine)
    against = {
        _A: {"crash": "A is dead, and believes nothing", "failover": "S2 gives it to B",
             "cut": f"A hears nothing, and stops when its {mine} ms are over",
             }.get(story, "B has it by then, too"),
        _B: f"Redis keeps the lock until {ttl} ms are over, whoever is gone"
        if outcome == _NOBODY else "Nobody has told A anything",
        _BOTH: "A is no longer there to believe it" if story == "crash" else
        f"A stops {mine} ms after it last got its way, and Redis counts {ttl}"
        if story == "cut" else "B has to wait until the lock is over",
        _NOBODY: "A still believes it" if outcome in (_A, _BOTH) else
        "B asks until it gets the lock",
    }  # fmt: skip
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": f"A has the lock for {ttl} ms, works on, and renews it every {ttl // 3} ms; by its"
        f" own clock it stops {mine} ms after it last asked. {told}. B wants the lock, and asks for"
        f" it again and again. Who believes to hold it {after} ms later?",
        "facts": (("server", "is", "lock"), facts),
        "options": [
            Option(text, at == outcome, f"{'' if at == outcome else against[at] + '. '}{right}.")
            for at, text in enumerate(_TEXTS)
        ],
    }  # fmt: skip


def _work_long(run, ms):
    """Let `ms` pass, in which whoever gets the lock has more to do than that."""
    slow = True
    for _ in range(ms // 10):
        run.run(10)
        if slow and any(e.src == "B" and e.dst == "disk" and hasattr(e.message, "key")
                        for e in run.state.network):  # fmt: skip
            run.delay("Read", "B", "disk", 5000)
            slow = False


def _is_there(run, id):
    return run.state.host(id).mode != "down"


def _reason(story, outcome, ttl, mine):
    """Why it is so in this run."""
    if story == "pause":
        return (
            f"A stands still and still believes to hold it; its {ttl} ms are not over, so B has to"
            " wait" if outcome == _A else
            f"Its {ttl} ms were over and B got it; A stands still and has noticed nothing"
        )  # fmt: skip
    if story == "cut":
        return {
            _A: f"A got no answer to its renewal, but its {mine} ms have not run out",
            _NOBODY: f"A stopped after its {mine} ms; Redis waits for {ttl}",
            _B: f"A stopped after its {mine} ms, and Redis let go of the lock after {ttl}",
        }[outcome]
    if story == "crash":
        return (
            f"A is dead, and Redis keeps its lock until {ttl} ms are over" if outcome == _NOBODY
            else f"A is dead; {ttl} ms after it last got its way the lock was free"
        )  # fmt: skip
    if story == "failover":
        return "S2 had not heard of the lock, so it gave it to B; and A has been told nothing"
    return "S2 had heard of the lock before it became the primary, so B has to wait"

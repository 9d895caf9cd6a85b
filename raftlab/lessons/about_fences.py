"""A question about fencing: a holder of a lock goes on late. What becomes of what it writes?

The wrong options are what learners believe: that a lock that is held excludes others, that whoever
has lost a lease knows it, that a lease which is over makes its holder's deeds harmful, or void.
"""

from ..views import show
from .predict import kind
from .question import Option
from .situation import new_cluster

_RULES = {
    "lock": "The disk refuses whoever comes with an older token than it has seen",
    "lock!takes-any-token": "The disk does not look at tokens",
}
_STORED, _REFUSED, _LOST, _STOPPED = range(4)


@kind("fence")
def fence(luck):
    """A has read x under the lock, and is late. What becomes of its write?"""
    wanted = luck.wanted(4)
    way = "lock!takes-any-token" if wanted == _LOST else "lock" if wanted == _REFUSED else (
        luck.pick(tuple(_RULES)))  # fmt: skip
    first, more, others = luck.between(2, 9), luck.between(1, 4), luck.between(5, 8)
    run = new_cluster(3, luck, way)
    run.until(lambda run: run.leader)
    run.request(("set", "x", first), to="B")
    run.run(600)
    run.request(("add", "x", more), to="A")
    run.until(lambda run: any(e.src == "disk" for e in run.state.network))
    token, ttl, mine = run["A"].token, run[run.leader].ttl, run["A"].lease_time
    if run["disk"].data != {"x": first} or token is None:
        return None
    if wanted == _STOPPED:
        late = luck.pick((600, 800))
        run.delay("ReadReply", "disk", "A", late)
        told = f"The answer of the disk will come {late} ms late; A runs on, and can reach the"
        told += f" disk but no server any more. It stops {mine} ms after it last asked for a lease"
        run.partition(["A", "B", "disk"], ["S1", "S2", "S3"])
        here = run.position
        run.run(late + 100)
    else:
        run.pause("A")
        came = wanted != _STORED
        if came:
            run.request(("add", "x", others), to="B")
        gone = luck.pick((1200, 1500))
        run.run(gone)
        if came and run.operations()[-1].status != "ok":
            return None
        told = f"Then A stands still for {gone} ms; a lease lasts {ttl} ms. Meanwhile "
        told += f"B got the lock, added {others} to x, and was answered. " if came else (
            "nobody else asks for the lock. ")  # fmt: skip
        told += "Now A goes on, and the answer of the disk reaches it"
        here = run.position
        run.resume("A")
        run.run(60)
    asked = [op for op in run.operations() if op.client == "A"][-1]
    wrote = f"x={first + more}@A/{token}" in run["disk"].done
    outcome = (_LOST if wanted == _LOST else _STORED) if wrote else (
        _STOPPED if wanted == _STOPPED else _REFUSED)  # fmt: skip
    if outcome != wanted or asked.status == "unknown":
        return None
    newest, ends = run["disk"].newest, run.position
    run.goto(here)
    unaware = "A has not noticed: what waited for it comes before its own timer"
    right = {
        _STORED: f"No token above {token} has been at the disk, and nobody has acted since: that"
        " the lease is over harms nobody",
        _REFUSED: f"A writes with token {token}, and the disk has seen {newest}",
        _LOST: f"A writes what it has computed from x={first}, and nothing stops it: x should be"
        f" {first + more + others}",
        _STOPPED: f"Nothing stood still: A's own timer runs out {mine} ms after it asked for the"
        " lease, and from then on it begins nothing more",
    }[outcome]
    against = {
        _STORED: {_REFUSED: "Only if the disk did not look", _LOST: f"B has added {others} to x",
                  _STOPPED: "The disk would: but nothing is sent to it"}.get(outcome),
        _REFUSED: "This disk does not look" if way != "lock" else
        "That a lease is over does not make its number older",
        _LOST: "B did nothing that could be lost" if outcome in (_STORED, _STOPPED) else
        "That is what this disk is there to prevent",
        _STOPPED: unaware,
    }  # fmt: skip
    texts = (
        f"The disk stores x={first + more}, and no harm is done",
        "The disk refuses it: a newer token has been there",
        f"The disk stores x={first + more}, and what B did is lost",
        "There is none: by then A knows that its lease is over",
    )
    holders = [(id, run[id].token or "none", "") for id in ("A", "B")]
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": f"{_RULES[way]}. A holds the lock by lease {token}: it is to add {more} to x, and"
        f" has asked the disk for x, which was {first}. {told}. What becomes of A's write?",
        "facts": (
            ("node", "token", "x"),
            [*holders, ("disk", f"has seen {run['disk'].newest}", run["disk"].data["x"])],
        ),
        "options": [
            Option(text, at == outcome, f"{right}." if at == outcome else
                   f"{against[at]}. {right}.")
            for at, text in enumerate(texts)
        ],
    }  # fmt: skip

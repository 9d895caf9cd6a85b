"""A question about reads. The real Raft decides, as everywhere, with one part or another for reads.

The wrong options are what learners believe: that a leader may answer because it leads, that
consensus inside makes every read fresh, that a read which is not answered was refused.
"""

from ..core import majority
from ..views import show
from .predict import kind
from .question import Option
from .situation import listed, new_cluster

_WAYS = {
    "raft": "A read is an entry of the log, like a write",
    "raft+local-reads": "A server that leads, as it believes, answers reads from its own copy",
    "raft+read-index": "Before it answers a read, a leader asks a majority whether it still leads",
    "raft+follower-reads": "Every server answers reads from its own copy",
}
_COPIES = ("raft+local-reads", "raft+follower-reads")
_ASKS = ("raft", "raft+read-index")
_WAIT = 300  # ms that the client waits for its answer


@kind("read")
def read(luck):
    """A client reads, perhaps from a server that is cut off. What does it get, and is it fresh?"""
    wanted = luck.wanted(4)
    # To draw towards what is wanted saves time; what comes of it the model says.
    way = luck.pick((_COPIES, _COPIES, tuple(_WAYS), _ASKS)[wanted])
    count = luck.pick((3, 5))
    old_x, new_x = luck.shuffled((3, 4, 5, 6, 7))[:2]
    run = new_cluster(count, luck, way)
    run.until(lambda run: run.leader)
    run.request(("set", "x", old_x))
    run.run(150)
    old = run.leader
    if old is None:
        return None
    apart = [old, *luck.shuffled(run[old].peers)][: luck.between(1, majority(count) - 1)]
    cut = wanted in (0, 3) or luck.below(4) > 0
    if cut:
        run.partition(sorted(apart), [id for id in run[old].members if id not in apart])
        run.run({0: 20, 1: 700}.get(wanted) or luck.pick((20, 700)))
    others = [id for id in run.state.config.servers if id not in apart]
    leading = [id for id in others if run[id].role == "leader"]
    writer = leading[0] if leading else old
    run.request(("set", "x", new_x), to=writer)
    run.run(luck.pick((60, 120)))
    status = run.operations()[-1].status
    asked = luck.pick([old, old, *leading])
    if way == "raft+follower-reads":
        asked = luck.pick(run.state.config.servers)
    elif run[asked].role != "leader":
        return None
    here = run.position
    run.request(("get", "x"), to=asked)
    run.run(_WAIT)
    op, ends = run.operations()[-1], run.position
    run.goto(here)
    value = op.result if op.status == "ok" else None
    if (
        op.status == "fail"
        or value not in (None, old_x, new_x)
        or run.operations()[-1].status != (status)
    ):
        return None
    committed = status == "ok"
    if not committed and not (cut and writer == old):
        return None  # it may still be on its way
    outcome = 3 if value is None else 2 if value == new_x else 1 if committed else 0
    if outcome != wanted:
        return None

    done = f"x={new_x} was committed by {writer} before the read began"
    open_ = f"x={new_x} is on no majority: {writer} cannot reach one, and nobody was told of it"
    lonely = f"{asked} reaches {len(apart)} of {count} servers, and {majority(count)} are needed"
    fresh_why = {
        "raft": f"the read is an entry behind x={new_x}, and has gone through the log.",
        "raft+read-index": f"a majority has told {asked} that it still leads.",
        "raft+local-reads": f"{asked}'s own copy holds it.",
        "raft+follower-reads": f"{asked} has heard of it already.",
    }[way]
    own = f"{asked} answers from its own copy and asks nobody"
    if outcome == 3:
        how = "commit the read as an entry" if way == "raft" else "confirm that it leads"
        right = f"{lonely} to {how}: it waits, and the client with it."
        reasons = [right, f"{right} That is why it does not answer with an old value.",
                   f"{right} It does not know that x={new_x} is committed." if committed else
                   f"{right} And {open_}.", right]  # fmt: skip
    elif outcome == 2:
        right = f"{done}, and {fresh_why}"
        reasons = [f"{done}.", f"{fresh_why[0].upper()}{fresh_why[1:]}", right,
                   f"{asked} can do all that it has to do: {fresh_why}"]  # fmt: skip
    elif outcome == 1:
        right = f"{own}; {done}, and {asked} has not heard of it: a stale read (dissertation §6.4)."
        reasons = [f"{done}.", right, f"{asked} has not heard of x={new_x} yet; {own}.",
                   f"{own}: nothing keeps it waiting."]  # fmt: skip
    else:
        right = f"{own}; {open_}. So {old_x} is the newest value that was committed."
        reasons = [right, f"{open_}: no newer value was committed.", f"{open_}.",
                   f"{own}: nothing keeps it waiting."]  # fmt: skip
    texts = (
        f"x={old_x}, and no newer value was committed before",
        f"x={old_x}, an old value: x={new_x} was committed before",
        f"x={new_x}",
        f"Nothing: {_WAIT} ms later it is still waiting",
    )
    told = f"A cut parts {listed(sorted(apart))} from {listed(others)}." if cut else (
        "All can talk to all."
    )  # fmt: skip
    return {
        "run": run, "ends": ends, "picture": show.ring(run),
        "ask": f"{_WAYS[way]}. {told} x={old_x} was committed before; then {writer} took x={new_x}."
        f" Now a client reads x at {asked}. What does it get?",
        "facts": (
            ("server", "role, as it believes", "term", "last entry", "committed up to"),
            [(id, run[id].role, run[id].current_term, len(run[id].log), run[id].commit_index)
             for id in run.state.config.servers],
        ),
        "options": [
            Option(text, at == outcome, reasons[at])
            for at, text in enumerate(texts)
        ],
    }  # fmt: skip

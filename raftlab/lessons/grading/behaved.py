"""Whether a class behaves as a node must, before anybody asks whether it is Raft.

A handler that raises, loops, changes a message or keeps something outside of the fields of its
server makes nonsense of everything else: copies of a server, searches and grades rest on it. So
this is asked first in every stage, and told exactly: what was changed, or kept where.

The servers live through a bad second and a half (messages lost, doubled and late, and from stage 2
on requests, from stage 4 on crashes), and each event of it is then repeated in the very state in
which it happened. What comes of it must be the same, or it rests on something else.
"""

import inspect

from ... import cluster
from ...core import Crash, Deliver, Impossible, Request, Restart, Tune
from ...sim.cluster import step
from ...sim.state import DOWN, next_action
from ...sim.story import headline, stable
from .. import raft_skeleton as own
from .check import Stage, Unmet, asked

behaved = Stage("behaved")  # asked in each stage; its points count in the first
STEPS = 260
_SOUND = ("raftlab.", "builtins")  # where what cannot change comes from
_BY_CHANCE = {"random", "time", "datetime", "secrets", "uuid", "os", "id", "hash"}


def lived(kind, seed, stage):
    """A run of three servers through bad weather, and what its handlers did to the messages: the
    history, and "" or a sentence. Raises what a handler raises."""
    run = cluster(kind, servers=3, seed=seed + 1)
    for dial, setting in (("loss", 0.05), ("duplicate", 0.2), ("jitter", 60.0)):
        run.take(Tune(dial, setting))
    level = own.STAGES.index(stage) + 1 if stage in own.STAGES else 1
    told = ""
    while len(run) < STEPS:
        action = _acted(run.state, len(run), level) or next_action(run.state)
        if action is None:
            break
        before = stable(action.message) if type(action) is Deliver else ""
        try:
            run.take(action)
        except Exception as error:
            error.history = run
            raise
        if before and stable(action.message) != before and not told:
            told = (
                f"{action.dst} changes the {type(action.message).__name__} it gets from "
                f"{action.src}: {before} has become {stable(action.message)}. Whoever sent it, and "
                "whoever else gets it, still needs it as it was"
            )
    return run, told


def _acted(state, count, level):
    """A request now and then, and late in the course a crash, where the stage has such things."""
    if level >= 2 and count % 20 == 15:
        host = state.hosts[(count // 20) % 3]
        if host.mode != DOWN:
            return Request(host.node.id, ("add", "x", 1), None, count)
    if level >= 4 and count % 60 == 50:
        down = next((host for host in state.hosts if host.mode == DOWN), None)
        return Restart(down.node.id) if down else Crash(state.hosts[count // 60 % 3].node.id)
    return None


def repeated(run):
    """ "" if each event of a run has the same outcome when it happens again in the same state, or
    the first that has not, in words. The cursor of `run` is put there."""
    for position in range(1, len(run.steps)):
        here, there = run.steps[position - 1], run.steps[position]
        again, effects = step(here.state, there.action)
        one, two = _outcome(there.state, there.effects), _outcome(again, effects)
        if one != two:
            run.goto(position)
            first = next((a, b) for a, b in zip(one, two, strict=True) if a != b)
            return f"{headline(there.action)}, twice in the same state: {_differ(*first)}"
    return ""


def _outcome(state, effects):
    """What is the same if nothing but the state and the event decides."""
    hosts = [f"{h.node.id} {stable(h.node.fields())} {h.timers}" for h in state.hosts]
    sent = [f"{e.src}→{e.dst} {stable(e.message)} {e.deliver_at}" for e in state.network]
    return (*hosts, "; ".join(sent), stable(effects))


def _differ(one, two):
    """Where two texts part, with a little of what stands there in each."""
    at = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), 0)
    start = max(0, one.rfind(" ", 0, max(0, at - 24)))
    return f"once …{one[start : at + 30]}…, once …{two[start : at + 30]}…"


def outside(kind):
    """{where: text} of all that a class could remember beside the fields of its servers: its
    attributes, the default arguments of its methods, and the globals that they use."""
    found = {}
    for base in kind.__mro__:
        if base.__module__.startswith(_SOUND):
            continue
        for name, held in vars(base).items():
            function = inspect.unwrap(held) if callable(held) else None
            if inspect.isfunction(function):
                found |= _beside(f"{base.__name__}.{name}", function)
            elif not name.startswith("__") and name != "declared" and name != "_twin":
                found[f"the class attribute {base.__name__}.{name}"] = stable(held)
    return found


def _beside(name, function):
    found = {}
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    if defaults:
        found[f"a default argument of {name}"] = stable(defaults)
    if function.__dict__:
        found[f"an attribute of the function {name}"] = stable(function.__dict__)
    for cell, word in zip(function.__closure__ or (), function.__code__.co_freevars, strict=True):
        if word != "__class__":
            found[f"{word}, which stands around {name},"] = _text(cell.cell_contents)
    for word in function.__code__.co_names:
        held = function.__globals__.get(word)
        if held is not None and not callable(held) and not inspect.ismodule(held):
            found[f"the global {word}"] = _text(held)
    return found


def _text(held):
    return getattr(held, "__name__", None) or stable(held)


def chance_in(kind):
    """The names of modules and functions that bring chance or the clock into a class's methods."""
    found = set()
    for base in kind.__mro__:
        for held in vars(base).values():
            if inspect.isfunction(held) and not base.__module__.startswith(_SOUND):
                found |= _BY_CHANCE & set(held.__code__.co_names)
    return sorted(found)


# -- the checks ---------------------------------------------------------------------------


def _lived(case):
    run, told = lived(case.kind, case.seed, case.stage)
    case.run = run
    return told


@behaved.clause("no handler raises", 1, "what a node is")
def never_raises(case):
    try:
        _lived(case)
    except Exception as error:
        case.run = getattr(error, "history", None)
        raise


@behaved.clause("a message stays as it was sent", 1, "what a node is")
def leaves_messages_alone(case):
    told = _lived(case)
    case.must(not told, told)


@behaved.clause("what a server remembers stands in its own fields", 1, "what a node is")
def remembers_in_fields(case):
    before = outside(case.kind)
    _lived(case)
    case.run = None
    after = outside(case.kind)
    for where, text in after.items():
        if where in before and before[where] != text:
            raise Unmet(
                f"{where} was {_short(before[where])} and is {_short(text)} after a run: all "
                "servers share it and no crash clears it. Declare a field and use self"
            )


def _short(text):
    return text if len(text) <= 60 else f"{text[:59]}…"


@behaved.clause("the same event in the same state has the same outcome", 2, "what a node is")
def repeats_itself(case):
    _lived(case)
    told = repeated(case.run)
    if told:
        guess = chance_in(case.kind)
        told += f". It uses {', '.join(guess)}" if guess else ""
        raise Unmet(
            f"{told}. Only fields and the message may decide; chance is set_timer's", case.run
        )


@behaved.clause("looking at a server changes nothing", 1, "what a node is")
def looks_are_free(case):
    _lived(case)
    for id in case.run.state.config.servers:
        node = case.run[id]
        before = stable(node.fields())
        node.observe(), node.observe()
        case.must(stable(node.fields()) == before, f"observe() changes {id}: it is called for "
                  "every picture and every check")  # fmt: skip


@behaved.clause("shows what a picture needs: role, term, log", 1, "what a node is")
def shows_itself(case):
    _lived(case)
    for id in case.run.state.config.servers:
        seen = case.run.state.observe(id)
        case.must(seen.role in (own.FOLLOWER, own.CANDIDATE, own.LEADER),
                  f"the role of {id} is {seen.role!r}; it is a follower, candidate or "
                  "leader")  # fmt: skip
        case.must(type(seen.term) is int, f"the term of {id} is {seen.term!r}, not a whole number")
        case.must(type(seen.log) is own.Log, f"the log of {id} is a {type(seen.log).__name__}, not "
                  "a Log: log.append, extend and truncate give one")  # fmt: skip


@behaved.clause("survives any message at any time", 1, "§5.5: requests may come late, or twice")
def survives_any_message(case):
    """Also in a role, or of a term, in which nobody would send it now."""
    log = [(1, "a"), (2, "b")]
    for message in (
        own.RequestVoteReply(2, True), own.AppendEntriesReply(2, True, 2),
        own.AppendEntriesReply(2, False, 0, 1, None), own.AppendEntries(2, "S2", 0, 0),
        own.RequestVote(2, "S2", 2, 2),
    ):  # fmt: skip
        for stands in (0, 1):
            bench = case.server(current_term=2, log=log)
            for _ in range(stands):
                bench.fires("election")
            bench.gets("S2", message)


def misbehaves(kind, seed, stage):
    """(the `Part` of the first of these checks that a class does not meet in a stage, whether it
    is worth while to ask anything else); None if it meets all."""
    for check in behaved.checks:
        part, goes_on = asked(check, kind, seed, stage)
        if not part.is_met:
            return part, goes_on
    return None


COMPACTED = ("snapshot", "snapshot_after"), ("snapshot_never_falls", "machine_agreement")


def fits(kind, stage):
    """Impossible, unless a class has the fields and properties by which it will be judged."""
    fields, properties = COMPACTED if stage == "compaction" else ((), ())
    for name in (*own.Server.declared, *fields):
        if name not in kind.declared:
            raise Impossible(
                f"{kind.__name__} has no field {name!r}: "
                + (f"declare it, as the starter of {stage} does" if name in fields else
                   f"begin with class {kind.__name__}(rl.own.Server):, which declares it")
            )  # fmt: skip
    for name in (*own.Server.properties, *properties):
        if name not in kind.properties:
            raise Impossible(
                f"{kind.__name__}.properties leaves out {name!r}, which is watched in every run"
            )

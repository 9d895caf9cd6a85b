"""The lines that a scenario shows of a cluster: who is what, holds what and knows what.

    S1     leader    t2  log 1 2:x=5  commit 2
    S2 S3  follower  t2  voted S1     log 1 2:x=5  commit 1
    S4     down      t1  log 1

One line for servers that are in the same condition; `t2` is the term, an entry of the log is
term:command (a term alone is a no-op). Only servers whose condition has changed since the
lines before are shown: a change nobody expected then shows as a line too many.
"""

import re

from ..core import NotLeader, Refused, write_command
from .clients import operations
from .scenario_words import entry_word, folded
from .state import DOWN, PAUSED, loss_of
from .story import message_name

_LONG = 70  # characters of a log that are told in full
_COLUMNS = ("role", "term", "vote", "log", "commit", "more")


def conditions(state):
    """{id: the cells of its line}, for every server and client."""
    return {host.node.id: _cells(host) for host in state.hosts}


def lines(steps, position, before=None, shows=()):
    """The lines for the state at `position`; those before were of `before`, or there were none.

    `shows` names what else is asked for: "all" servers, the "time", the messages in "flight",
    the leaders' "next" indexes, the "data" of the state machines.
    """
    state = steps[position].state
    now = conditions(state)
    old = {} if before is None or "all" in shows else conditions(steps[before].state)
    shown = {id: cells for id, cells in now.items() if cells != old.get(id)}
    told = [f"at {state.time:g} ms"] if "time" in shows else []
    for ids in (state.config.servers, state.config.clients):
        told += _aligned({id: shown[id] for id in ids if id in shown})
    told += _next(state) if "next" in shows else []
    told += _data(state) if "data" in shows else []
    told += flight(state) if "flight" in shows else []
    first = 0 if before is None else before
    return told + _answers(steps, first, position) + _broken(steps, first, position)


def flight(state):
    """What is under way, a line for each kind and term: "in flight: RequestVote t1 S1->S2"."""
    kinds = {}
    for envelope in state.network:
        term = getattr(envelope.message, "term", None)
        kind = message_name(envelope.message) + ("" if term is None else f" t{term}")
        kinds.setdefault(kind, []).append(_flying(state, envelope))
    told = [f"in flight: {kind} {', '.join(links)}" for kind, links in kinds.items()]
    return told or ["in flight: nothing"]


def role_of(host):
    """follower, candidate, leader …, "down", or "paused leader"."""
    if host.mode == DOWN:
        return "down"
    role = host.node.observation().role
    return f"paused {role}".strip() if host.mode == PAUSED else role


def log_words(log):
    """The entries of a log as words, equal ones in a row folded; `[5]` stands for a snapshot.

    Of a long log only the terms are told: 3:… is an entry of term 3 with a command.
    """
    first = getattr(log, "base_index", 0) + 1
    words = [entry_word(log[index]) for index in range(first, log.last_index + 1)]
    told = folded(words)
    if len(" ".join(told)) > _LONG:
        told = folded([re.sub(":.*", ":…", word) for word in words], 2)
    return [f"[{first - 1}]", *told] if first > 1 else told


def ids_in_order(ids):
    """S2 before S10."""
    return sorted(ids, key=lambda id: (len(id), id))


def _cells(host):
    node = host.node
    seen = node.observation()
    term = "" if seen.term is None else f"t{seen.term}"
    if seen.term is not None and "term" in node.words:
        term = f"{node.words['term']} {seen.term}"
    vote = ""
    if host.mode != DOWN and seen.votes and seen.role != "leader":
        vote = f"votes {{{' '.join(ids_in_order(seen.votes))}}}"
    if seen.voted_for is not None and (seen.voted_for != seen.id or seen.role == "follower"):
        vote = f"{vote} voted {seen.voted_for}".strip()
    log = (
        "log " + " ".join(log_words(seen.log))
        if seen.log is not None and seen.log.last_index
        else ""
    )
    commit = f"commit {seen.commit_index}" if seen.commit_index else ""
    if seen.commit_index != seen.last_applied and commit:
        commit += f" applied {seen.last_applied}"
    more = "  ".join(_field(name, held) for name, held in seen.fields.items() if held is not False)
    if seen.role == "client" and seen.leader is not None:
        more = f"asks {seen.leader} {more}"
    return role_of(host), term, vote, log, commit, f"{more}  {_hardware(host.hardware)}".strip()


def _hardware(hardware):
    """What is wrong with a clock or a disk."""
    rate = f"clock ×{hardware.rate:g}" if hardware.rate != 1 else ""
    return f"{rate}  {'disk lies' if hardware.disk is not None else ''}".strip()


def _field(name, held):
    """What a node shows besides: "serial 3", or the name alone of what is simply so."""
    name = name.replace("_", " ")
    if held is True:
        return name
    if isinstance(held, (set, frozenset, tuple)):
        held = ids_in_order(map(str, held)) if not isinstance(held, tuple) else map(str, held)
        return f"{name} {{{' '.join(held)}}}"
    return f"{name} {held}"


def _aligned(shown):
    """A line for each group of equal cells, in columns."""
    groups = {}
    for id, cells in shown.items():
        groups.setdefault(cells, []).append(id)
    rows = [[" ".join(ids), *cells] for cells, ids in groups.items()]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_COLUMNS) + 1)] if rows else []
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width)
        .rstrip()
        for row in rows
    ]  # fmt: skip


def _next(state):
    """Where each leader will send from next, and what it knows to be stored there."""
    told = []
    for host in state.hosts:
        seen = host.node.observation()
        if seen.next_index and host.mode != DOWN:
            groups = {}
            for peer, index in seen.next_index.items():
                groups.setdefault((index, seen.match_index.get(peer, 0)), []).append(peer)
            places = [f"{' '.join(peers)} from {index} (up to {stored} stored)"
                      for (index, stored), peers in groups.items()]  # fmt: skip
            told.append(f"{seen.id} sends {', '.join(places)}")
    return told


def _data(state):
    """What the state machines hold, servers with the same data together."""
    groups = {}
    for host in state.hosts:
        seen = host.node.observation()
        if seen.log is not None:
            groups.setdefault(data_words(seen), []).append(seen.id)
    return [f"{' '.join(ids)} {'hold' if ids[1:] else 'holds'} {words}"
            for words, ids in groups.items()]  # fmt: skip


def data_words(seen):
    """The applied data of a server: "x=5 y=1" by key, or "nothing"."""
    return " ".join(f"{key}={seen.machine[key]}" for key in sorted(seen.machine)) or "nothing"


def _flying(state, envelope):
    message = envelope.message
    told = f"{envelope.src}->{envelope.dst}"
    entries = getattr(message, "entries", ())
    if entries:
        told += f" ({' '.join(folded([entry_word(entry) for entry in entries]))})"
    for name in ("vote_granted", "success"):
        if hasattr(message, name):
            told += " yes" if getattr(message, name) else " no"
    if hasattr(message, "last_included_index"):
        told += f" (up to {message.last_included_index})"
    return f"{told} lost" if loss_of(state, envelope) else told


def _answers(steps, first, position):
    """What clients were told since step `first`; the same said several times in a row once."""
    old = operations(steps[: first + 1])
    told = {}
    for at, op in enumerate(operations(steps[: position + 1])):
        if op.status != "unknown" and (at >= len(old) or old[at].status != op.status):
            said, result = _answer(op)
            told.setdefault(f"{op.client}: {said}", []).append(result)
    return [said + _together(results) for said, results in told.items()]


def _together(results):
    if results[0] is None:
        return f" ×{len(results)}" if results[1:] else ""
    if len(results) > 6:
        return f" {results[0]}, {results[1]} … {results[-1]} (×{len(results)})"
    return " " + ", ".join(map(str, results))


def _answer(op):
    """(what a client was told, the result if it is one)."""
    asked = write_command(op.call)
    if op.status == "ok":
        if op.result is None and op.call[0] in ("members", "learner", "forget"):
            return f"{asked} done", None
        return f"{asked} answered", "nothing" if op.result is None else op.result
    match op.result:
        case NotLeader(leader_id):
            return f"{asked} refused, {leader_id or 'nobody'} leads", None
        case Refused(why):
            return f"{asked} refused: {why}", None
    return f"{asked} superseded by another entry", None


def _broken(steps, first, position):
    """The properties broken since step `first`, each with its sentence."""
    old, new = ((steps[at].known.broken if steps[at].known else ()) for at in (first, position))
    return [f"broken {verdict.name}: {verdict.why}" for verdict in new[len(old) :]]

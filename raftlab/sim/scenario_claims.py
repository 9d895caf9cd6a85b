"""What a scenario may expect, and may wait for: claims about the cluster as it is now.

`CLAIMS` maps how a claim is written to a test of it. A test gives (whether it holds, what is
the case instead); `not` in front of any claim turns it round.
"""

import re

from ..core import Impossible
from .clients import operations
from .scenario_lines import data_words, flight, log_words, role_of
from .scenario_words import node, number, parts, read_asked, read_entries
from .state import DOWN
from .story import message_name, stable

# Time (ms) that `until` gives a cluster if the scenario does not say.
_PATIENCE = 20_000


def claimed(play, text):
    """Raise Impossible, with what is the case instead, unless the claim `text` holds."""
    holds, found = judged(play, text)
    if not holds:
        raise Impossible(f"it is not so: {found}")


def judged(play, text):
    """(whether the claim holds now, what is the case)."""
    if text.startswith("not "):
        holds, found = judged(play, text[4:])
        return not holds, found
    for pattern, test in _COMPILED:
        given = pattern.fullmatch(text)
        if given:
            return test(play, *given.groups())
    raise Impossible(f"{text or 'nothing'!r} cannot be expected; what can: {'; '.join(CLAIMS)}")


def reached(play, words):
    """Let time run until a claim holds, but no longer than it says: "leader within 3 timeouts"."""
    patience = _PATIENCE
    if "within" in words:
        at = words.index("within")
        patience = _span(play, words[at + 1 :])
        words = words[:at]
    text, end = " ".join(words), play.run.now + patience
    while not judged(play, text)[0]:
        if play.run.state.next[0] > end:
            raise Impossible(f"it was not so within {patience:g} ms: {judged(play, text)[1]}")
        play.run.step()


def _span(play, words):
    """Ms from words such as 500 or 3 timeouts."""
    if not 1 <= len(words) <= 2 or words[1:] not in ([], ["ms"], ["timeouts"], ["timeout"]):
        raise Impossible("write how long: within 500, or within 3 timeouts")
    count = number(words[0], 1)
    return count * _timeout(play) if words[1:2] in (["timeouts"], ["timeout"]) else count


def _timeout(play):
    """The longest election timeout of any server, in ms: logical time for "soon"."""
    nodes = [host.node for host in play.run.state.hosts]
    given = [n.election_timeout for n in nodes if "election_timeout" in n.settings]
    if not given:
        raise Impossible("this protocol has no election timeout; give ms instead")
    return max(one[-1] if isinstance(one, tuple) else one for one in given)


# -- of the whole cluster -------------------------------------------------------------------


def _leading(play):
    return _leading_in(play.run.state)


def _leading_in(state):
    """[(term, id)] of the running servers that take themselves for leaders."""
    seen = [state.observe(id) for id in state.config.servers if state.host(id).mode != DOWN]
    return [(one.term, one.id) for one in seen if one.role == "leader"]


def _who_leads(play):
    told = [f"{id} leads" + f" term {term}" * (term is not None) for term, id in _leading(play)]
    return ", ".join(told) or "nobody leads"


def _a_leader(play):
    return bool(_leading(play)), _who_leads(play)


def _one_leader(play):
    return len(_leading(play)) == 1, _who_leads(play)


def _the_leader(play, id):
    return play.run.leader == node(play.run.state, id), _who_leads(play)


def _leaders(play, ids):
    wanted = {node(play.run.state, id) for id in ids.split()}
    return {id for _, id in _leading(play)} == wanted, _who_leads(play)


def _new_leader(play):
    """Of a later term than any when counting began."""
    then = play.run.steps[max(play.counted_from, 0)].state
    known = max([term for term, _ in _leading_in(then)], default=0)
    return any(term > known for term, _ in _leading(play)), _who_leads(play)


def _no_leader(play):
    return not _leading(play), _who_leads(play)


def _no_leader_in(play, term):
    """Neither now nor earlier in this history."""
    for position, step in enumerate(play.run.steps[: play.run.position + 1]):
        for host in step.state.hosts:
            seen = host.node.observation()
            if seen.role == "leader" and seen.term == int(term):
                return False, f"{seen.id} leads term {term} at step {position}"
    return True, f"nobody has led term {term}"


def _safe(play):
    told = [f"{verdict.name}: {verdict.why}" for verdict in play.run.verdicts]
    return not told, "; ".join(told) or "no property is broken"


def _broken(play, name):
    if name in play.judges:
        verdict = play.judges[name](play.run)
        return verdict.ok is False, verdict.why
    names = [verdict.name for verdict in play.run.verdicts]
    known = getattr(play.run.monitor, "properties", ())
    if name not in names and name not in known and not name.endswith(("_falls", "_changes")):
        known = ", ".join((*known, *play.judges))
        raise Impossible(f"there is no property {name!r}; there are {known}")
    return name in names, f"broken: {', '.join(names) or 'nothing'}"


def _servers(play, ids):
    """The observations of the servers that words such as "S1 S2", "all" or "leader" mean."""
    state = play.run.state
    words = state.config.servers if ids in ("all", "everybody") else ids.split()
    return [state.observe(node(state, word)) for word in words]


def _highest(name):
    def test(play, count):
        found = max(getattr(seen, name) or 0 for seen in _servers(play, "all"))
        fits = found == int(count) if name == "term" else found >= int(count)
        return fits, f"the highest {name.replace('_', ' ')} is {found}"

    return test


def _committed(play, said, on=None):
    """Known to be committed by each server named, or else by any."""
    command = stable(read_asked(said))
    asked = _servers(play, on or "all")
    held = [
        seen.id for seen in asked
        if any(stable(seen.log[at].command) == command for at in _committed_indexes(seen))
    ]  # fmt: skip
    fits = len(held) == len(asked) if on else bool(held)
    return fits, f"{said} is known to be committed by {' '.join(held) or 'no server asked about'}"


def _committed_indexes(seen):
    return range(getattr(seen.log, "base_index", 0) + 1, seen.commit_index + 1)


def _same_logs(play, ids=None):
    logs = {seen.id: seen.log for seen in _servers(play, ids or "all")}
    told = "; ".join(f"{id} {' '.join(log_words(log)) or 'empty'}" for id, log in logs.items())
    first, *others = logs.values()
    same = all(log.last_index == first.last_index and log.starts_with(first) for log in others)
    return same, told


# -- of some servers ------------------------------------------------------------------------


def _each(told):
    """A claim about each of the servers named: `told(play, seen, …)` gives (holds, found)."""

    def test(play, ids, *given):
        found = [(seen.id, *told(play, seen, *given)) for seen in _servers(play, ids)]
        against = [one for one in found if not one[1]]
        words = ", ".join(f"{id} {what}" for id, _, what in against or found)
        return not against, words

    return test


@_each
def _leads(play, seen):
    running = play.run.state.host(seen.id).mode != DOWN
    return seen.role == "leader" and running, f"is {role_of(play.run.state.host(seen.id))}"


@_each
def _is(play, seen, role):
    host = play.run.state.host(seen.id)
    found = role_of(host)
    fits = role in (host.mode, found) or found == f"paused {role}"
    return fits, f"is {found}" + (" and up" if host.mode == "up" else "")


@_each
def _term(play, seen, count):
    return seen.term == int(count), f"is in term {seen.term}"


@_each
def _commit(play, seen, count):
    return seen.commit_index >= int(count), f"knows {seen.commit_index} committed"


@_each
def _log(play, seen, said):
    words = [] if said == "empty" else parts(said)
    base = getattr(seen.log, "base_index", 0)
    if base and words[:1] == [f"[{base}]"]:
        words, base = words[1:], 0
    wanted, held = read_entries(words), list(seen.log)
    same = (
        not base
        and len(wanted) == len(held)
        and all(
            term == entry.term
            and (command is None or stable(command) == stable(entry.command))
            and (client is None or (client, serial) == (entry.client, entry.serial))
            for (term, command, client, serial), entry in zip(wanted, held, strict=True)
        )
    )
    return same, f"holds {' '.join(log_words(seen.log)) or 'nothing'}"


@_each
def _keeps(play, seen, count):
    """Of how many entries the log itself consists; what a snapshot stands for is not counted."""
    held = len(seen.log)
    return held <= int(count), f"keeps {held} entries"


@_each
def _holds(play, seen, said):
    found = data_words(seen)
    return set(said.split()) <= set(found.split()), f"holds {found}"


@_each
def _voted(play, seen, whom):
    wanted = None if whom == "nobody" else node(play.run.state, whom)
    return seen.voted_for == wanted, f"voted for {seen.voted_for or 'nobody'}"


@_each
def _votes(play, seen, ids):
    return set(seen.votes) == set(ids.split()), f"has the votes of {' '.join(sorted(seen.votes))}"


@_each
def _follows(play, seen, whom):
    return seen.leader == node(play.run.state, whom), f"follows {seen.leader or 'nobody'}"


# -- of clients and messages ----------------------------------------------------------------


def _last(play, client):
    """The last request of a client, or of those that a server was asked without one."""
    asked = [op for op in operations(play.run.steps[: play.run.position + 1])
             if op.client == client]  # fmt: skip
    if not asked:
        raise Impossible(f"{client} has asked for nothing yet")
    return asked[-1]


def _answered(play, client, result=None):
    op = _last(play, client)
    found = "nothing" if op.result is None else str(op.result)
    fits = op.status == "ok" and result in (None, found)
    return fits, f"{client}'s last request: {op.status}" + f", {found}" * (op.status == "ok")


def _refused(play, client):
    op = _last(play, client)
    return op.status == "fail", f"{client}'s last request: {op.status}"


def _unanswered(play, client):
    op = _last(play, client)
    return op.status == "unknown", f"{client}'s last request: {op.status}"


def _quiet(play):
    return not play.run.state.network, "; ".join(flight(play.run.state))


def _in_flight(play, count, kind):
    found = [e for e in play.run.state.network if kind in ("messages", message_name(e.message))]
    return len(found) == int(count), "; ".join(flight(play.run.state))


def _at_most(play, word, count, what):
    """What there was since `count`, or since the boot."""
    run, first = play.run, play.counted_from
    if what in ("ms", "timeouts"):
        began = run.steps[max(first, 0)].state.time
        found = (run.now - began) / (1 if what == "ms" else _timeout(play))
    else:
        found = sum(_sent(step, what) for step in run.steps[first + 1 : run.position + 1])
    fits = found <= int(count) if word == "at most" else found >= int(count)
    return fits, f"it was {found:g} {what}"


def _sent(step, what):
    """How many messages (or entries in them, or messages of one kind) a step sent."""
    new = [e.message for e in step.state.network if e.sent_step == step.state.step_no]
    if what == "entries":
        return sum(len(getattr(message, "entries", ())) for message in new)
    return sum(what in ("messages", message_name(message)) for message in new)


# How a claim is written → its test. In capitals: ID one server or client, IDS some servers or
# "all", N a whole number, REST anything.
CLAIMS = {
    "leader": _a_leader,
    "one leader": _one_leader,
    "new leader": _new_leader,
    "no leader": _no_leader,
    "no leader in tN": _no_leader_in,
    "leader ID": _the_leader,
    "leaders IDS": _leaders,
    "term N": _highest("term"),
    "commit N": _highest("commit_index"),
    "committed REST on IDS": _committed,
    "committed REST": _committed,
    "same logs on IDS": _same_logs,
    "same logs": _same_logs,
    "safe": _safe,
    "broken ID": _broken,
    "quiet": _quiet,
    "answered ID REST": _answered,
    "answered ID": _answered,
    "refused ID": _refused,
    "unanswered ID": _unanswered,
    "N ID in flight": _in_flight,
    "at most N ID": lambda *given: _at_most(given[0], "at most", *given[1:]),
    "at least N ID": lambda *given: _at_most(given[0], "at least", *given[1:]),
    "IDS leads": _leads,
    "IDS term N": _term,
    "IDS commit N": _commit,
    "IDS log REST": _log,
    "IDS keeps at most N entries": _keeps,
    "IDS holds REST": _holds,
    "IDS voted ID": _voted,
    "IDS votes IDS": _votes,
    "IDS follows ID": _follows,
    "IDS follower|candidate|leader|holder|primary|scheduler|up|down|paused": _is,
}
_GAPS = {"IDS": r"(\S+(?: \S+)*?)", "ID": r"(\S+)", "N": r"(\d+)", "REST": r"(\S.*?)"}


def _pattern(written):
    written = re.sub(r"\b\w+(\|\w+)+", r"(\g<0>)", written)
    return re.compile(re.sub(r"\b(IDS|ID|REST)\b|N\b", lambda gap: _GAPS[gap[0]], written))


_COMPILED = [(_pattern(written), test) for written, test in CLAIMS.items()]

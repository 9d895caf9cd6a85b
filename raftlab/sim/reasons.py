"""Why is it so? Where a vote, a role, a log entry or a message came from: a look at the past.

Each answer is a list of `Reason`, a sentence and the step that it speaks of, found by walking
backwards over observations and actions. So it holds for any protocol that shows a role, a vote or
a log, and says only what happened: what a rule asks for is in that step's own `why`.
"""

from ..core import Deliver, Impossible, majority, value, write_command
from .state import DOWN
from .story import actor, begun, headline, message_name, why


@value
class Reason:
    """A sentence and the position of the step that it speaks of (None for the present)."""

    text: str
    at: int | None = None


class Reasons(tuple):
    """Reasons in the order in which things happened; printed as lines."""

    def __repr__(self):
        return "\n".join(
            reason.text if reason.at is None else f"{reason.text}  [step {reason.at}]"
            for reason in self
        )


def of_node(steps, position, id):
    """Why `id` has the role, the term and the vote that it has at `position`."""
    seen = steps[position].state.observe(id)
    if seen.term is None and not seen.role:
        raise Impossible(f"{id} shows no role and no term; ask for one of its entries instead")
    told = []
    term_at = _since(steps, position, lambda at: _observe(steps, at, id).term == seen.term)
    told.append(Reason(f"{id} is in term {seen.term}: {_cause(steps, term_at)}", term_at))
    voted = seen.voted_for
    if voted == id:
        at = _since(steps, position, lambda at: _vote(steps, at, id) == (seen.term, voted))
        if at != term_at:
            told.append(Reason(f"{id} has voted for itself: {_cause(steps, at)}", at))
    elif voted is not None:
        at = _since(steps, position, lambda at: _vote(steps, at, id) == (seen.term, voted))
        cause = "the same message" if at == term_at else _cause(steps, at)
        told.append(Reason(f"{id} has voted for {voted} in this term: {cause}", at))
    elif seen.term:
        told.append(Reason(f"{id} has given its vote to nobody in term {seen.term}"))
    told += _refusals(steps, term_at, position, id, voted)
    if seen.role:
        at = _since(steps, position, lambda at: _observe(steps, at, id).role == seen.role)
        if at != term_at:
            told.append(Reason(f"{id} is {seen.role}: {_cause(steps, at)}", at))
        if seen.role in ("leader", "candidate"):
            told += _votes_for(steps, term_at, position, id, seen)
    return Reasons(sorted(told, key=lambda reason: (reason.at is None, reason.at or 0)))


def of_entry(steps, position, id, index):
    """Why `id` holds the entry that it holds at `index`, and whether it is committed."""
    seen = steps[position].state.observe(id)
    term = _term_at(seen, index)
    if term is None:
        raise Impossible(_nothing_at(id, seen, index))
    if index <= seen.log.base_index:
        at = _since(steps, position, lambda at: _base(steps, at, id) >= index)
        return Reasons([Reason(
            f"entry {index} of {id} stands in its snapshot, which ends at entry "
            f"{seen.log.base_index}: only what is committed is ever compacted (§7). "
            f"{_cause(steps, at)}", at)])  # fmt: skip
    command = write_command(seen.log[index].command)
    name = f"entry {index} ({command}, term {term})"
    told = []
    first, author = _origin(steps, position, index, seen.log[index])
    if first:
        told.append(Reason(f"{name} began at {author}: {_cause(steps, first)}", first))
    mine = _since(steps, position, lambda at: _term_at(_observe(steps, at, id), index) == term)
    if not (first and mine == first and author == id):
        told.append(Reason(f"{id} holds {name} since then: {_cause(steps, mine)}", mine))
    before = _observe(steps, mine - 1, id) if mine else None
    old = before and _term_at(before, index)
    if old is not None and old != term and index > before.log.base_index:
        lost = write_command(before.log[index].command)
        known = "had never known to be" if before.commit_index < index else "knew to be"
        told.append(Reason(f"it took the place of {lost} of term {old}, which {id} {known} "
                           "committed", mine))  # fmt: skip
    told += _commitment(steps, position, id, index, term)
    return Reasons(told)


def of_message(steps, position, place):
    """Why the message at `place` in flight was sent, and what will become of it."""
    state = steps[position].state
    if not isinstance(place, int) or not 0 <= place < len(state.network):
        raise Impossible(f"no message number {place!r} is under way; {len(state.network)} are")
    envelope = state.network[place]
    name = f"{message_name(envelope.message)} {envelope.src}→{envelope.dst}"
    at = min(envelope.sent_step, position)
    told = [Reason(f"{name} was sent at {envelope.sent_at:.1f} ms: {_cause(steps, at)}", at)]
    if envelope.fate == "cut" or (envelope.src, envelope.dst) in state.cuts:
        told.append(Reason("it will not arrive: the link is cut"))
    elif envelope.fate:
        told.append(Reason("it will not arrive: the network loses it on the way"))
    elif state.host(envelope.dst).mode == DOWN:
        told.append(Reason(f"it will find nobody: {envelope.dst} is down"))
    else:
        told.append(Reason(f"it will arrive at {envelope.deliver_at:.1f} ms, in "
                           f"{max(0, envelope.deliver_at - state.time):.1f} ms"))  # fmt: skip
    return Reasons(told)


# -- looking back ---------------------------------------------------------------------------


def _observe(steps, at, id):
    return steps[at].state.observe(id)


def _since(steps, position, holds):
    """The step from which on `holds` has held without a break, at the latest `position`."""
    while position and holds(position - 1):
        position -= 1
    return position


def _cause(steps, at):
    """What happened in a step and why, as one sentence without its full stop."""
    step = steps[at]
    if step.action is None:
        return "so it began"
    reasons = "; ".join(why(step))
    return f"at {step.state.time:.1f} ms, {headline(step.action)}: {reasons}"


def _vote(steps, at, id):
    seen = _observe(steps, at, id)
    return seen.term, seen.voted_for


def _term_at(seen, index):
    """The term of the entry at `index`, None where this log knows of none."""
    log = seen.log
    if log is None or not isinstance(index, int) or index < 1:
        return None
    return log.term_at(index) if index >= log.base_index else log.base_term


def _base(steps, at, id):
    log = _observe(steps, at, id).log
    return log.base_index if log is not None else 0


def _refusals(steps, first, position, id, voted):
    """The requests for a vote that `id` answered in this term without giving it."""
    told = []
    for at in range(max(first, 1), position + 1):
        action = begun(steps[at].action)
        if type(action) is Deliver and action.dst == id and _asks_for_vote(action.message):
            if action.src != voted and _vote(steps, at, id)[1] == _vote(steps, at - 1, id)[1]:
                told.append(Reason(f"{id} gave {action.src} no vote: {_cause(steps, at)}", at))
    return told[-4:]


def _asks_for_vote(message):
    name = message_name(message)
    return "Vote" in name and "PreVote" not in name and not name.endswith("Reply")


def _votes_for(steps, first, position, id, seen):
    """How the votes for `id` came in, one after the other, and whether they suffice."""
    told = []
    for at in range(max(first, 1), position + 1):
        now, before = _observe(steps, at, id), _observe(steps, at - 1, id)
        known = before.votes if before.term == now.term else frozenset()
        for voter in sorted(now.votes - known - {id}):
            told.append(Reason(f"the vote of {voter} for {id} has arrived", at))
    return told


def _origin(steps, position, index, entry):
    """(the first step in which any server held just this entry at `index`, that server)."""
    found = (0, None)
    for at in range(position, -1, -1):
        state = steps[at].state
        holders = [id for id in state.config.servers if _holds(state.observe(id), index, entry)]
        if not holders:
            break
        who = actor(steps[at].action)
        found = at, who if who in holders else holders[0]
    return found


def _holds(seen, index, entry):
    log = seen.log
    return log is not None and log.base_index < index <= log.last_index and log[index] == entry


def _commitment(steps, position, id, index, term):
    """Who holds the entry, since when it is known to be committed, or why it is not yet."""
    state = steps[position].state
    servers = state.config.servers
    seen = {server: state.observe(server) for server in servers}
    holders = [server for server in servers if _term_at(seen[server], index) == term]
    copies = Reason(f"now it is on {len(holders)} of {len(servers)} servers: {' '.join(holders)}")
    knows = [s for s in holders if seen[s].commit_index >= index]
    if not knows:
        # Of what a server has compacted before this index it no longer knows the term.
        instead = [s for s in servers if seen[s].commit_index >= index
                   and seen[s].log.base_index <= index
                   and _term_at(seen[s], index) not in (None, term)]  # fmt: skip
        if instead:
            other = _term_at(seen[instead[0]], index)
            return [copies, Reason(f"it is not committed, and entry {index} of term {other} is, in "
                                   f"its place: that is known to {' '.join(instead)}")]  # fmt: skip
        leader = state.leader
        sides = (seen[leader].members if leader else None) or [servers]
        need = " and ".join(f"{majority(len(side))} of {' '.join(sorted(side))}" for side in sides)
        enough = all(len({*side} & {*holders}) >= majority(len(side)) for side in sides)
        short = f"nobody knows it to be committed: that takes {need}"
        if enough and leader and seen[leader].term != term:
            short = (
                "nobody knows it to be committed, though a majority holds it: it is of term "
                f"{term}, and {leader} may count copies of its own term {seen[leader].term} only "
                "(§5.4.2)"
            )
        elif enough:
            short += ", and the leader has not yet heard from so many that they hold it"
        return [copies, Reason(short)]
    first = min(
        (_since(steps, position, lambda at, s=s: _observe(steps, at, s).commit_index >= index), s)
        for s in knows
    )
    told = [Reason(f"{first[1]} was the first to know that it is committed: "
                   f"{_cause(steps, first[0])}", first[0])]  # fmt: skip
    if id in knows and id != first[1]:
        mine = _since(steps, position, lambda at: _observe(steps, at, id).commit_index >= index)
        told.append(Reason(f"{id} knows since then: {_cause(steps, mine)}", mine))
    elif id not in knows:
        told.append(Reason(f"{id} itself does not know that yet"))
    return [*told, copies]


def _nothing_at(id, seen, index):
    if seen.log is None:
        return f"{id} keeps no log"
    last = seen.log.last_index
    held = f"it holds 1 to {last}" if last else "its log is empty"
    return f"{id} has no entry {index!r}; {held}"

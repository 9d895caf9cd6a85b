"""One line of text for each thing a picture shows: entry, message, node, step, instant.

Tooltips, text twins and the feed use these; the sentences of a step are the simulator's own
(`sim.why`). Nothing here knows a protocol: what a node or message shows of itself is read.
"""

from ..core import Impossible, Request
from ..core import write_command as command
from ..sim import DOWN, PAUSED, headline, loss_of, message_name, speed

WHY_LOST = {
    "loss": "the network will lose it",
    "cut": "its link is cut",
    "down": "its receiver is down",
}
MODES = {DOWN: "crashed", PAUSED: "paused"}


def moment(run, at=None):
    """(the steps of the present branch, the position asked for); `at` None is the cursor."""
    try:
        steps, position = run.steps, run.position
    except AttributeError:
        raise Impossible(
            f"a picture is of a run, as rl.cluster makes one, not of {type(run).__name__}"
        ) from None
    if at is None:
        return steps, position
    if isinstance(at, bool) or not isinstance(at, int) or not 0 <= at < len(steps):
        raise Impossible(f"there is no step {at!r}; this branch has steps 0 to {len(steps) - 1}")
    return steps, at


def instant(steps, position):
    """Where a picture stands: "step 25 of 68, 212.9 ms"."""
    return f"step {position} of {len(steps) - 1}, {ms(steps[position].state.time)}"


def ms(time):
    """A time or span in ms: "212.9 ms"."""
    return f"{time:.1f} ms".replace(".0 ms", " ms")


def entry(index, held):
    """An entry of a log: "entry 3: x=5, term 2"."""
    return f"entry {index}: {command(held.command)}, term {held.term}"


def message(held):
    """A message with its content: "RequestVote(term=1, candidate_id=S4, …)"."""
    names = getattr(type(held), "__match_args__", ())
    told = []
    for name in names:
        inside = getattr(held, name)
        if name == "entries":
            told.append(f"{len(inside)} {'entry' if len(inside) == 1 else 'entries'}")
        elif name == "command":
            told.append(command(inside))
        elif name == "data" and hasattr(inside, "data"):
            told.append(f"data: {pairs(inside.data) or 'nothing'}")
        elif name == "configuration":
            told += [f"configuration: {inside[1]}"] if inside else []
        else:
            told.append(f"{name}={inside}")
    return f"{message_name(held)}({', '.join(told)})" if told else str(held)


def glyph_of(held):
    """Which sign of `style.GLYPHS` stands for a message, judged by its name and content."""
    name = message_name(held)
    if name == "ClientRequest":
        return "request"
    if name == "ClientReply":
        refused = type(getattr(held, "result", None)).__name__ in (
            "NotLeader", "Superseded", "Refused",
        )  # fmt: skip
        return "refusal" if refused else "answer"
    if "Vote" in name:
        granted = getattr(held, "vote_granted", None)
        return "vote-request" if granted is None else "vote-yes" if granted else "vote-no"
    if "Append" in name:
        success = getattr(held, "success", None)
        if success is not None:
            return "ack" if success else "nack"
        return "entries" if getattr(held, "entries", ()) else "heartbeat"
    if "Snapshot" in name:
        match_index = getattr(held, "match_index", None)
        return "snapshot" if match_index is None else "ack" if match_index else "nack"
    return "message"


def flight(state, envelope):
    """A message under way: its content, its link, when it is due or why it never comes."""
    left = max(0.0, envelope.deliver_at - state.time)
    told = f"{message(envelope.message)} {envelope.src}→{envelope.dst}, due in {ms(left)}"
    lost = loss_of(state, envelope)
    if lost:
        return f"{told}, but never arrives: {WHY_LOST.get(lost, lost)}"
    if state.host(envelope.dst).mode == PAUSED:
        return f"{told}, waits until {envelope.dst} goes on"
    return told


def node(state, id):
    """A node at an instant: "S4: leader, term 1, voted for S4, log to 2, committed to 1 …"."""
    host, seen = state.host(id), state.observe(id)
    words = {"term": "term", "role": "role", **getattr(host.node, "words", {})}
    told = [MODES[host.mode]] if host.mode in MODES else []
    if seen.role:
        told.append(f"on disk: {seen.role}" if host.mode == DOWN else seen.role)
    if seen.term is not None:
        told.append(f"{words['term']} {seen.term}")
    if seen.role == "candidate":
        told.append(votes(state, seen))
    if seen.voted_for is not None:
        told.append(f"voted for {seen.voted_for}")
    if seen.leader not in (None, id):
        told.append(f"believes {seen.leader} leads")
    if seen.log is not None:
        told.append(f"log to {seen.log.last_index}")
        if compacted(seen):
            told.append(f"compacted to {compacted(seen)}")
        told.append(f"committed to {seen.commit_index}, applied to {seen.last_applied}")
    if seen.machine:
        told.append("holds " + pairs(seen.machine))
    if seen.fields:
        told.append(pairs(seen.fields))
    for deadline, name in sorted(host.timers):
        left = ms(max(0.0, deadline - state.time))
        told.append(f"{name} timer {'stands at' if host.mode == PAUSED else 'in'} {left}")
    told += [words for _, words in hardware(host)]
    return f"{id}: {', '.join(told)}" if told else id


def term_word(node):
    """What a node calls its term: "term", or a word of its own such as "epoch"."""
    return getattr(node, "words", {}).get("term", "term")


def longest(host, name):
    """The longest time (ms) that the timer `name` can be given, by the node's setting for it and
    its clock; None without such a setting."""
    node = host.node
    for setting in (f"{name}_timeout", f"{name}_interval", f"{name}_after"):
        if setting in node.settings:
            given = getattr(node, setting)
            return (given[-1] if isinstance(given, tuple) else given) / host.hardware.rate
    return None


def span(steps, position, host, timer):
    """What a full arc of a timer stands for: the longest time (ms) it can be given, or, if nothing
    says so, the time it was given when it was set."""
    deadline, name = timer
    most = longest(host, name)
    if most is not None:
        return most
    since = position
    while since and timer in steps[since - 1].state.host(host.node.id).timers:
        since -= 1
    return deadline - steps[since].state.time


def compacted(seen):
    """Up to which index a server has replaced its log by a snapshot; 0 if it has not."""
    return seen.log.base_index if seen.log is not None else 0


def hardware(host):
    """What is wrong with what a node runs on: a list of (a sign, the words for it)."""
    found = []
    if host.hardware.rate != 1:
        found.append((f"×{host.hardware.rate:g}", f"its clock runs {speed(host.hardware.rate)}"))
    if host.hardware.disk is not None:
        found.append(("disk?", "its disk lies"))
    return found


def votes(state, seen):
    """What a candidate has: "2 of 5 votes (S1, S4)", counted by the configuration it goes by;
    "2 of 3 and 1 of 3 votes (S1, S4)" where it needs a majority of each of two sets."""
    told = ", ".join(sorted(seen.votes, key=lambda id: (len(id), id)))
    sides = seen.members or (state.config.servers,)
    counts = [f"{sum(id in seen.votes for id in side)} of {len(side)}" for side in sides]
    return f"{' and '.join(counts)} votes ({told})"


def voters(state, seen):
    """The servers whose votes count for a node, by the configuration it goes by."""
    sides = seen.members or (state.config.servers,)
    return [id for id in state.config.servers if any(id in side for side in sides)]


def pairs(held):
    """A mapping as "x=5, y=7"; a long value is cut."""
    shown = {name: str(inside) for name, inside in held.items()}
    return ", ".join(f"{k}={v if len(v) <= 40 else v[:39] + '…'}" for k, v in shown.items())


def cuts(state):
    """The broken links in words, or None: groups if the cuts part the servers into some."""
    if not state.cuts:
        return None
    parts = groups(state)
    if parts:
        return "the network is split: " + " | ".join(" ".join(part) for part in parts)
    return "cut: " + ", ".join(f"{a}→{b}" for a, b in sorted(state.cuts))


def groups(state):
    """The groups of servers that a partition leaves, or () if the cuts are not exactly that.

    Two servers are in one group if neither direction between them is cut; a partition cuts
    every link between groups, both ways.
    """
    servers, found = state.config.servers, []
    if not state.cuts:
        return ()
    for id in servers:
        for part in found:
            if (id, part[0]) not in state.cuts and (part[0], id) not in state.cuts:
                part.append(id)
                break
        else:
            found.append([id])
    home = {id: number for number, part in enumerate(found) for id in part}
    pairs = {(a, b) for a in servers for b in servers if home[a] != home[b]}
    known = {cut for cut in state.cuts if cut[0] in home and cut[1] in home}
    return tuple(map(tuple, found)) if len(found) > 1 and pairs == known else ()


def happened(step):
    """A step in a few words: "request at S4: x=5", "S4 election timer"."""
    action = step.action
    if type(action) is Request:
        return f"{headline(action)}: {command(action.command)}"
    return headline(action)

"""A step in words, and what makes one worth stopping at.

Steps keep facts (actions, notes); sentences are made here, when somebody reads them.
"""

from ..core import (
    Crash,
    Cut,
    Delay,
    Deliver,
    Drop,
    Duplicate,
    Fire,
    Heal,
    Note,
    Partition,
    Pause,
    Request,
    Restart,
    Resume,
    Tune,
    Wait,
)

_LOST = {
    "lost-loss": "is lost on the way",
    "lost-cut": "cannot pass: the link is cut",
    "lost-down": "finds {1} down",
    "lost-by hand": "is dropped by hand",
}


def actor(action):
    """The id of the node that acts or is acted on, or None."""
    kind = type(action)
    if kind is Deliver:
        return action.dst
    if kind in (Fire, Request, Crash, Restart, Pause, Resume):
        return action.node
    return None


def message_name(message):
    """How a message is called: its class, or the word that it is or begins with."""
    if type(message) is tuple and message:
        message = message[0]
    return message if isinstance(message, str) else type(message).__name__


def headline(action):
    """What happened, in a few words: "RequestVote S1→S3", "S1 election timer", "S1 crashes"."""
    match action:
        case None:
            return "boot"
        case Deliver(src, dst, message):
            return f"{message_name(message)} {src}→{dst}"
        case Drop(src, dst, message):
            return f"{message_name(message)} {src}→{dst} lost"
        case Duplicate(src, dst, message):
            return f"{message_name(message)} {src}→{dst} doubled"
        case Delay(src, dst, message, _, ms):
            return f"{message_name(message)} {src}→{dst} put off by {ms:g} ms"
        case Fire(node, timer):
            return f"{node} {timer} timer"
        case Request(node):
            return f"request at {node}"
        case Crash(node):
            return f"{node} crashes"
        case Restart(node):
            return f"{node} restarts"
        case Pause(node):
            return f"{node} pauses"
        case Resume(node):
            return f"{node} resumes"
        case Partition(groups):
            return "partition " + " | ".join(" ".join(group) for group in groups)
        case Cut(src, dst):
            return f"cut {src}→{dst}"
        case Heal(None):
            return "all links healed"
        case Heal(src, dst):
            return f"link {src}→{dst} healed"
        case Tune(dial, setting):
            return f"{dial} = {setting}"
        case Wait(until):
            return f"nothing until {until:g} ms"
    return str(action)


def why(item):
    """What the step did and why, one sentence for each decision, as a tuple of strings."""
    action, state = item.action, item.state
    who = actor(action)
    told = []
    for effect in item.effects:
        if type(effect) is Note:
            told.append(_sentence(effect, who, state))
    if told:
        return tuple(told)
    match action:
        case None:
            return ("every node starts, nothing has happened yet",)
        case Crash(node):
            kept = ", ".join(state[node].persistent) or "nothing"
            return (f"{node} crashes: its disk keeps {kept}; the rest is gone",)
        case Restart(node):
            return (f"{node} starts again with what its disk holds",)
        case Pause(node):
            return (f"{node} stands still: it forgets nothing, but answers nobody",)
        case Resume(node):
            return (f"{node} goes on where it stood; it does not know that time has passed",)
        case Partition(groups):
            groups = " | ".join(" ".join(group) for group in groups)
            return (f"the network splits: {groups} cannot reach each other",)
        case Deliver(src, dst, message):
            return (f"{dst} receives {message_name(message)} from {src}",)
        case Fire(node, timer):
            return (f"{node}'s {timer} timer runs out",)
        case Request(node, command):
            return (f"{node} is asked for {command!r}",)
    return (headline(action),)


def _sentence(note, who, state):
    if note.code in _LOST:
        src, dst, name = note.facts
        return f"{name} {src}→{dst} {_LOST[note.code].format(src, dst)}"
    says = state[who].says.get(note.code)
    if says is None:
        return " ".join([who, note.code.replace("-", " "), *map(str, note.facts)])
    return f"{who} {says.format(*map(_plain, note.facts))}"


def _plain(fact):
    """A fact as a sentence has it: absence is a word, a tuple of ids a list."""
    if fact is None:
        return "nothing"
    if isinstance(fact, tuple) and all(isinstance(item, str) for item in fact):
        return ", ".join(fact)
    return fact


_SEEN = ("role", "term", "leader", "voted_for", "votes", "commit_index", "fields")


def is_interesting(steps, position):
    """Whether the step changed a role, term, leader, vote, log or commit index.

    Faults and requests count as well; heartbeats, acknowledgements and losses do not.
    """
    action = steps[position].action
    if type(action) in (Drop, Wait, Delay, Duplicate):
        return False
    who = actor(action)
    if position == 0 or who is None or type(action) not in (Deliver, Fire):
        return True
    before = steps[position - 1].state.observe(who)
    after = steps[position].state.observe(who)
    if any(getattr(before, name) != getattr(after, name) for name in _SEEN):
        return True
    return before.log is not after.log and before.log != after.log


def timing_warnings(state):
    """What §5.6 says against the present timing, one sentence each: a list, mostly empty."""
    found = []
    slowest = state.dials.latency + state.dials.jitter
    for host in state.hosts:
        node = host.node
        if not {"election_timeout", "heartbeat_interval"} <= set(node.settings):
            continue
        timeout, beat = node.election_timeout, node.heartbeat_interval
        low, high = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        if beat + slowest >= low:
            found.append(
                f"a heartbeat can take {beat + slowest:g} ms to come ({beat:g} ms apart, "
                f"{slowest:g} ms on the way) but followers may wait only {low:g} ms: a healthy "
                "leader will be deposed (§5.6); raise election_timeout or lower heartbeat_interval"
            )
        if 2 * slowest >= low:
            found.append(
                f"a vote can take {2 * slowest:g} ms there and back but a candidate may wait only "
                f"{low:g} ms: elections may never end (§5.6); raise election_timeout"
            )
        if low == high and len(state.config.servers) > 1:
            found.append(
                f"every election timeout is {low:g} ms: servers will stand together and split "
                "the vote (§5.2); give a range (low, high)"
            )
        break
    return found


# -- the same run in the same bytes -------------------------------------------------------


def canonical(item):
    """One line that names a step and the state of whoever acted, the same on every Python."""
    state = item.state
    who = actor(item.action)
    nodes = [state[who]] if who else [host.node for host in state.hosts]
    told = " ".join(f"{node.id} {stable(node.fields())}" for node in nodes)
    return f"{state.step_no} {state.time} {stable(item.action)} {told}\n"


def stable(held):
    """`repr`, but the same in every process and on every Python: sets and dicts in a fixed
    order, no addresses, and no letters that only a newer Python takes for printable."""
    if isinstance(held, dict):
        inside = sorted(f"{stable(k)}: {stable(v)}" for k, v in held.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(held, (set, frozenset)):
        return f"{{{', '.join(sorted(map(stable, held)))}}}"
    if isinstance(held, (list, tuple)):
        return f"({', '.join(map(stable, held))})"
    names = getattr(type(held), "__match_args__", None)
    if names:
        return f"{type(held).__name__}({', '.join(stable(getattr(held, n)) for n in names)})"
    if callable(held):
        return getattr(held, "__qualname__", type(held).__name__)
    if type(held).__repr__ is object.__repr__:
        return f"{type(held).__name__}({stable(getattr(held, '__dict__', {}))})"
    return ascii(held)

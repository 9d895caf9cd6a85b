"""A step in words, and what makes one worth stopping at.

Steps keep facts (actions, notes); sentences are made here, when somebody reads them.
"""

import re

from ..core import (
    Crash,
    CrashDuring,
    Cut,
    Delay,
    Deliver,
    Drift,
    Drop,
    Duplicate,
    Fire,
    Heal,
    Note,
    Partition,
    Pause,
    Rearm,
    Request,
    Restart,
    Resume,
    Sync,
    Tune,
    Unsync,
    Wait,
    Wipe,
    write_command,
)

_LOST = {
    "lost-loss": "is lost on the way",
    "lost-cut": "cannot pass: the link is cut",
    "lost-down": "finds {1} down",
    "lost-by hand": "is dropped by hand",
}


def begun(action):
    """What a node began to do: of a crash in the middle of something, that something."""
    return action.action if type(action) is CrashDuring else action


def actor(action):
    """The id of the node that acts or is acted on, or None."""
    action = begun(action)
    kind = type(action)
    if kind is Deliver:
        return action.dst
    if kind in _ON_ONE:
        return action.node
    return None


_ON_ONE = frozenset(
    (Fire, Request, Crash, Restart, Pause, Resume, Unsync, Sync, Wipe, Drift, Rearm)
)


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
        case CrashDuring(inner):
            return f"{headline(inner)}: {actor(inner)} crashes in the middle of it"
        case Unsync(node):
            return f"{node}'s disk begins to lie"
        case Sync(node):
            return f"{node}'s disk is flushed"
        case Wipe(node):
            return f"{node} loses its disk"
        case Drift(node, rate):
            return f"{node}'s clock runs {speed(rate)}"
        case Rearm(node, timer, ms):
            return f"{node}'s {timer} timer now runs out in {ms:g} ms"
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
            return f"{dial.replace('_', ' ')} is now {amount(dial, setting)}"
        case Wait(until):
            return f"time passes, now {f'{until:.1f}'.removesuffix('.0')} ms"
    return str(action)


def why(item):
    """What the step did and why, one sentence for each decision, as a tuple of strings."""
    action, state = item.action, item.state
    who = actor(action)
    told = []
    for effect in item.effects:
        if type(effect) is Note and action is not None:  # at the boot all act at once
            told.append(_sentence(effect, who, state))
    if told:
        return tuple(told)
    match action:
        case None:
            own = dict.fromkeys(host.node.caution for host in state.hosts)
            return ("every node starts, nothing has happened yet", *filter(None, own))
        case Crash(node):
            kept = ", ".join(state[node].persistent) or "nothing"
            return (f"its disk keeps {kept}; the rest is gone",)
        case Restart(node):
            return (f"{node} starts again with what its disk holds",)
        case Unsync(node):
            return (
                f"{node}'s disk acknowledges what is written but only caches it: a crash will "
                "bring back what it holds now",
            )
        case Sync(node):
            return (f"{node}'s disk writes down all it has acknowledged, and lies no longer",)
        case Wipe(node):
            gone = _listed(state[node].persistent, "or") or "anything"
            return (
                f"{node} does not know its {gone} any more: what it has promised is forgotten. "
                f"It must not come back as {node}, but as a new server under a new name "
                "(Ongaro's dissertation, §3.8)",
            )
        case Drift(node, rate):
            return (
                f"{node}'s clock runs {speed(rate)}: each of its timers takes {1 / rate:.3g} "
                "times as long as it should"
                if rate != 1
                else f"{node}'s clock runs right again",
            )
        case Rearm(node, timer):
            return (f"somebody has set {node}'s {timer} timer: chance would have chosen otherwise",)
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
            return (f"{node} is asked for {write_command(command)}",)
        case Delay(ms=ms):
            return (f"it arrives {ms:g} ms later than it would have; others may overtake it",)
        case Duplicate():
            return ("a copy of it is under way as well: its receiver will get it twice",)
        case Cut(src, dst):
            back = "are lost as well" if (dst, src) in state.cuts else "still pass"
            return (f"messages from {src} to {dst} are lost from now on; those back {back}",)
        case Heal(None):
            return (f"every link passes messages again{_BUT_LOST}",)
        case Heal(src, dst):
            return (f"messages from {src} to {dst} pass again{_BUT_LOST}",)
        case Tune(dial):
            return (_TURNED.get(dial, "each node goes by it from the next time that it needs it"),)
        case Wait():
            return ("meanwhile no message arrives and no timer runs out",)
    return (headline(action),)


_BUT_LOST = "; what was sent while it was cut stays lost"
_TURNED = {
    "latency": "each message sent from now on takes at least so long, one way",
    "jitter": "each message sent from now on takes up to so much longer, by chance",
    "loss": "so many of the messages sent from now on never arrive, by chance",
    "duplicate": "so many of the messages sent from now on arrive twice, by chance",
}


def unit(dial):
    """The unit of a dial's or setting's numbers: "ms", "%" (of messages), or "" for a count."""
    if dial in ("loss", "duplicate"):
        return "%"
    return "ms" if dial in ("latency", "jitter") or dial.endswith(("_timeout", "_interval")) else ""


def amount(dial, setting):
    """A dial's setting with its unit: "200 to 300 ms", "25 %", "20"."""
    parts = setting if isinstance(setting, (tuple, list)) else (setting,)
    if not all(isinstance(part, (int, float)) for part in parts):
        return str(setting)
    share = 100 if unit(dial) == "%" else 1
    told = " to ".join(f"{share * part:g}" for part in dict.fromkeys(parts))
    return f"{told} {unit(dial)}".rstrip()


def _sentence(note, who, state):
    if note.code in _LOST:
        src, dst, name = note.facts
        return f"{name} {src}→{dst} {_LOST[note.code].format(src, dst)}"
    if note.code == "crashes-during":
        node, there, missing = note.facts
        done = f"between two writes: {_listed(there)} {_are(there)} on its disk" if there else (
            "before anything is on its disk"
        )  # fmt: skip
        as_before = f"{_listed(missing)} {_are(missing)} as before"
        return f"{node} crashes {done}{', ' if there else ': '}{as_before}; it has sent nothing"
    if note.code == "crashes-unsynced":
        node, lost = note.facts
        back = f"{_listed(lost)} {_are(lost)} as when that began" if lost else "it missed nothing"
        return f"{node} crashes, and its disk had lied: {back}"
    sentences = state[who].says
    says = sentences.get(note.code)
    if says is None:
        return " ".join([who, note.code.replace("-", " "), *map(str, note.facts)])
    if note.facts and note.facts[0] is None:
        says = sentences.get(f"{note.code}-nobody", says)
    told = f"{who} {says.format(*map(_plain, note.facts))}"
    return _ONE_ENTRY.sub(r"entry \1", told)


_ONE_ENTRY = re.compile(r"\bentries (\d+) to \1\b")


def speed(rate):
    """How a clock runs: "right", "2 times as fast", "half as fast"."""
    return {1: "right", 0.5: "half as fast"}.get(rate) or f"{rate:g} times as fast"


def _listed(names, word="and"):
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def _are(names):
    return "is" if len(names) == 1 else "are"


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

    Faults and requests count as well; heartbeats, acknowledgements, losses and what only comes
    sooner or later do not.
    """
    action = steps[position].action
    if type(action) in (Drop, Wait, Delay, Duplicate, Rearm):
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

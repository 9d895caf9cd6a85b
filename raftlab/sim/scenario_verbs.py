"""The verbs of a scenario: one for each action of the model.

`ACTIONS` maps a verb to how it is written and to what reads its words, in a state, and gives the
actions they mean. A new verb is a line. What stands for many actions is in `scenario_macros.py`.
"""

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
    Impossible,
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
)
from .network import named
from .scenario_words import link, node, number, parts, read_asked, read_value
from .state import rank


def read_actions(state, text):
    """The actions that a verb of `ACTIONS` with its words means in `state`."""
    verb, *words = parts(text)
    written, read = ACTIONS[verb]
    actions = read(state, words)
    if not actions:
        raise Impossible(f"write: {written}")
    return actions


def links(state, word):
    return tuple((node(state, src), node(state, dst)) for src, dst in link(word))


def _message(state, words):
    """(the envelope named by words such as RequestVote S1->S3 #2, the words after it)."""
    kind, where, *more = words
    [(src, dst)] = links(state, where)
    nth = 1
    if more and more[0].startswith("#"):
        nth = number(more.pop(0)[1:], 1)
    kind = kind if kind[0] not in "'\"" else read_value(kind)
    return named(state, kind, src, dst, nth - 1), more


def _on_message(kind):
    def read(state, words):
        if len(words) < 2:
            return ()
        found, more = _message(state, words)
        action = kind(found.src, found.dst, found.message, rank(state.network, found))
        return () if more else (action,)

    return read


def _delay(state, words):
    if len(words) < 4 or words[-2] != "by":
        return ()
    found, _ = _message(state, words[:-2])
    nth, ms = rank(state.network, found), read_value(words[-1])
    return (Delay(found.src, found.dst, found.message, nth, ms),)


def _fire(state, words):
    if not 1 <= len(words) <= 2:
        return ()
    id = node(state, words[0])
    return (Fire(id, *words[1:]) if words[1:] else Fire(id, "election"),)


def _request(state, words):
    client, serial, to = None, state.step_no + 1, "leader"
    if words[-2:-1] == ["as"]:
        client, sign, text = words[-1].partition("#")
        client, serial = client or None, number(text) if sign else 0
        words = words[:-2]
        if not sign:
            return ()
    if words[-2:-1] == ["at"]:
        to, words = words[-1], words[:-2]
    if not words:
        return ()
    return (Request(node(state, to), read_asked(" ".join(words)), client, serial),)


def _crash(state, words):
    """Servers that crash, or one that does in the middle of an action, some of it written."""
    if words[:1] != ["during"]:
        return _on_nodes(Crash)(state, words)
    written = 0
    if words[-3:-2] == ["with"] and words[-1] == "written":
        written, words = number(words[-2]), words[:-3]
    if words[1:2] not in (["deliver"], ["fire"], ["request"], ["restart"]):
        return ()
    [action] = read_actions(state, " ".join(words[1:])) or [None]
    return (CrashDuring(action, written),)


def _drift(state, words):
    rate = read_value(words[1]) if len(words) == 2 else None
    return (Drift(node(state, words[0]), rate),) if type(rate) in (int, float) else ()


def _rearm(state, words):
    if not 3 <= len(words) <= 4 or words[-2] != "in":
        return ()
    timer = words[1] if words[3:] else "election"
    return (Rearm(node(state, words[0]), timer, read_value(words[-1])),)


def _on_nodes(kind):
    def read(state, words):
        return tuple(kind(node(state, word)) for word in words)

    return read


def _partition(state, words):
    if not words:
        return ()
    groups = [group.split() for group in " ".join(words).split("|")]
    return (Partition(tuple(tuple(node(state, id) for id in group) for group in groups)),)


def _cut(state, words):
    return tuple(Cut(*one) for word in words for one in links(state, word))


def _heal(state, words):
    return tuple(Heal(*one) for word in words for one in links(state, word)) or (Heal(),)


def _tune(state, words):
    turns = [word.partition("=") for word in words]
    if not all(sign and setting for _, sign, setting in turns):
        return ()
    return tuple(Tune(dial, read_value(setting)) for dial, _, setting in turns)


def _wait(state, words):
    if len(words) not in (1, 2) or words[:-1] not in ([], ["until"]):
        return ()
    ms = read_value(words[-1])
    if type(ms) not in (int, float):
        return ()
    return (Wait(ms if words[1:] else round(state.time + ms, 3)),)


ACTIONS = {
    "fire": ("fire S1 [timer]", _fire),
    "deliver": ("deliver RequestVote S1->S3 [#2]", _on_message(Deliver)),
    "drop": ("drop RequestVote S1->S3 [#2]", _on_message(Drop)),
    "duplicate": ("duplicate RequestVote S1->S3 [#2]", _on_message(Duplicate)),
    "delay": ("delay RequestVote S1->S3 [#2] by 40", _delay),
    "request": ("request x=5 [at S1] [as C9#1]", _request),
    "crash": ("crash S1 or crash during fire S1 [with 1 written]", _crash),
    "restart": ("restart S1", _on_nodes(Restart)),
    "pause": ("pause S1", _on_nodes(Pause)),
    "resume": ("resume S1", _on_nodes(Resume)),
    "partition": ("partition S1 S2 | S3 S4 S5", _partition),
    "cut": ("cut S1->S2", _cut),
    "heal": ("heal [S1->S2]", _heal),
    "tune": ("tune loss=0.1", _tune),
    "unsync": ("unsync S1", _on_nodes(Unsync)),
    "sync": ("sync S1", _on_nodes(Sync)),
    "wipe": ("wipe S1", _on_nodes(Wipe)),
    "drift": ("drift S1 1.5", _drift),
    "rearm": ("rearm S1 [timer] in 40", _rearm),
    "wait": ("wait 50", _wait),
}

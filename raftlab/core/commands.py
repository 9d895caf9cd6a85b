"""The commands of a key/value service: how a person writes one, and what it does.

    x=5   x+=1   x-=1   x?   del x   x: 1->2

A command is a tuple: ("set", key, value), ("get", key), ("add", key, amount), ("del", key),
("cas", key, expected, value). Buttons, scenarios and pictures read and write them here; the
replicated state machine and the check of what its clients saw both execute them here.

Two more are for programs that stand beside the cluster (`protocols/leases.py`): ("acquire", key,
who) writes that somebody holds the key, as "A/3": A does, the third holder that it has; what comes
back is that number. ("release", key, "A/3") makes it free, "-/3", if it is held so.

    acquire primary for A   release primary of A/3

Some commands are not for the service but for the protocol under it, and say who is in the cluster
(`protocols/raft_membership.py`): ("members", ("S1", "S2")), ("learner", "S5"), ("forget", "S5"), or
who is to lead it (`protocols/raft_transfer.py`): ("transfer", "S2"). The last two lines are what a
change of members puts into a log. A server of `protocols/simplified.py` has to be told to send
heartbeats.

    members S1 S2   learner S5   forget S5   transfer S2   heartbeat
    members S1 S2 learners S5
    joint S1 S2 and S2 S3

The commands of Redis (`protocols/redis.py`) are written as there, each word one of the tuple:

    SET lock A#1 NX PX 600   GET lock   DEL lock
"""

import re

from .errors import Impossible

FREE = "-"  # who holds what nobody holds
_REDIS = ("SET", "SETNX", "GET", "DEL", "DELEX", "PEXPIRE", "INCR")

_FORMS = (
    (re.compile(r"(\w+)\s*\+=\s*(-?\d+)"), lambda key, n: ("add", key, int(n))),
    (re.compile(r"(\w+)\s*-=\s*(\d+)"), lambda key, n: ("add", key, -int(n))),
    # A value with = or ; in it is a slip, x==5 or two commands in one, and is not stored as a text.
    (re.compile(r"(\w+)\s*=\s*([^\s=;][^=;]*)"), lambda key, text: ("set", key, _literal(text))),
    (re.compile(r"(\w+)\s*\?"), lambda key: ("get", key)),
    (re.compile(r"del\s+(\w+)"), lambda key: ("del", key)),
    (re.compile(r"(\w+)\s*:\s*([^\s=;]+)\s*->\s*([^\s=;]+)"),
     lambda key, old, new: ("cas", key, _literal(old), _literal(new))),
    (re.compile(r"(learner|forget|transfer)\s+(\w+)"), lambda word, id: (word, id)),
    (re.compile(r"(acquire)\s+(\w+)\s+for\s+(\w+)"), lambda word, key, who: (word, key, who)),
    (re.compile(r"(release)\s+(\w+)\s+of\s+(\S+)"), lambda word, key, held: (word, key, held)),
    (re.compile(r"(heartbeat)"), lambda word: (word,)),
    (re.compile(rf"({'|'.join(_REDIS)})((?:\s+[^\s=;]+)+)"),
     lambda word, more: (word, *map(_literal, more.split()))),
    (re.compile(r"(members)((?:\s+\w+)+?)(?:\s+learners((?:\s+\w+)+))?"),
     lambda word, *sets: (word, *_ids(sets))),
    (re.compile(r"(joint)((?:\s+\w+)+?)\s+and((?:\s+\w+)+?)(?:\s+learners((?:\s+\w+)+))?"),
     lambda word, *sets: (word, *_ids(sets))),
)  # fmt: skip


def read_command(text):
    """A command from what a person types: x=5, x+=1, x-=1, x?, del x, x: 1->2, members S1 S2 …"""
    for pattern, make in _FORMS:
        found = pattern.fullmatch(text.strip())
        if found:
            return make(*found.groups())
    raise Impossible(
        f"{text!r} is no command; write x=5, x+=1, x-=1, x?, del x or x: 1->2, one at a time, or "
        "members S1 S2"
    )


def write_command(command):
    """The short text of a command, the inverse of `read_command`."""
    match command:
        case None:
            return "no-op"
        case ("set", key, new):
            return f"{key}={new}"
        case ("get", key):
            return f"{key}?"
        case ("add", key, int(amount)):
            return f"{key}{'-' if amount < 0 else '+'}={abs(amount)}"
        case ("cas", key, expected, new):
            return f"{key}: {expected}->{new}"
        case ("del", key):
            return f"del {key}"
        case ("learner" | "forget" | "transfer" as word, str(id)):
            return f"{word} {id}"
        case ("acquire", key, who):
            return f"acquire {key} for {who}"
        case ("release", key, held):
            return f"release {key} of {held}"
        case ("heartbeat",):
            return "heartbeat"
        case (word, *_) if word in _REDIS:
            return _words(command)
        case ("members", voters):
            return f"members {_words(voters)}"
        case ("members", voters, learners):
            return f"members {_words(voters)} learners {_words(learners)}"
        case ("joint", old, new):
            return f"joint {_words(old)} and {_words(new)}"
        case ("joint", old, new, learners):
            return f"joint {_words(old)} and {_words(new)} learners {_words(learners)}"
    return str(command)


def _words(ids):
    return " ".join(map(str, ids)) if isinstance(ids, (tuple, list)) else str(ids)


def _ids(sets):
    """Each text of ids as a tuple; what was not written is left out."""
    return (tuple(text.split()) for text in sets if text)


def _literal(text):
    try:
        return int(text)
    except ValueError:
        return text


def execute(data, command):
    """(the data after `command`, its result); `data` itself is left alone.

    A command that makes no sense, such as one with a list as its key, changes nothing: every
    replica must refuse it alike, and none may fall over it.
    """
    try:
        return _execute(data, command)
    except TypeError:
        return data, None


def _execute(data, command):
    match command:
        case ("set", key, new):
            return {**data, key: new}, new
        case ("get", key):
            return data, data.get(key)
        case ("add", key, amount):
            held = data.get(key, 0)
            if type(held) is not int or type(amount) is not int:
                return data, None
            return {**data, key: held + amount}, held + amount
        case ("cas", key, expected, new):
            if data.get(key) != expected:
                return data, False
            return {**data, key: new}, True
        case ("del", key):
            return {k: v for k, v in data.items() if k != key}, data.get(key)
        case ("acquire", key, who):
            holder, number = lease_of(data.get(key)) or (FREE, 0)
            if holder not in (FREE, who):
                return data, False
            return {**data, key: f"{who}/{number + 1}"}, number + 1
        case ("release", key, held):
            if data.get(key) != held or lease_of(held) is None:
                return data, False
            return {**data, key: f"{FREE}/{lease_of(held)[1]}"}, True
    return data, None


def lease_of(held):
    """(who holds it, or "-" for nobody; the number of this lease) of what ("acquire", …) wrote
    under a key, such as "A/3"; None if it is something else."""
    found = re.fullmatch(r"(\w+|-)/(\d+)", held) if isinstance(held, str) else None
    return found and (found[1], int(found[2]))

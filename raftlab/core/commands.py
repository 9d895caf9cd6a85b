"""How a person writes a command to a key/value service, and how it is shown.

    x=5   x+=1   x-=1   x?   del x   x: 1->2

The tuples stand for what a service executes (`protocols/machine.py`); buttons, scenarios and
pictures all read and write them here.
"""

import re

from .errors import Impossible

_FORMS = (
    (re.compile(r"(\w+)\s*\+=\s*(-?\d+)"), lambda key, n: ("add", key, int(n))),
    (re.compile(r"(\w+)\s*-=\s*(\d+)"), lambda key, n: ("add", key, -int(n))),
    (re.compile(r"(\w+)\s*=\s*(\S.*)"), lambda key, text: ("set", key, _literal(text))),
    (re.compile(r"(\w+)\s*\?"), lambda key: ("get", key)),
    (re.compile(r"del\s+(\w+)"), lambda key: ("del", key)),
    (re.compile(r"(\w+)\s*:\s*(\S+)\s*->\s*(\S+)"),
     lambda key, old, new: ("cas", key, _literal(old), _literal(new))),
)  # fmt: skip


def read_command(text):
    """A command from what a person types: x=5, x+=1, x-=1, x?, del x, x: 1->2."""
    for pattern, make in _FORMS:
        found = pattern.fullmatch(text.strip())
        if found:
            return make(*found.groups())
    raise Impossible(f"{text!r} is no command; write x=5, x+=1, x-=1, x?, del x or x: 1->2")


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
    return str(command)


def _literal(text):
    try:
        return int(text)
    except ValueError:
        return text

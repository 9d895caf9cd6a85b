"""A scheduler whose rules are somebody's own functions, handed to the workers as text.

    rl.real.schedule(rl.real.own(rules), "pause")

`rules` has the functions by name: acquire, renew, release, held_until, lead and admit. What each
takes and gives, the exercises say (notebook 47). The workers are other processes, so a function
goes there with all that it names: other functions, modules, and what can be written down.
"""

import ast
import builtins
import dis
import inspect
import textwrap
import types

import redis

from ..core import Impossible
from .scheduler import Variant

_OLD = ("unknown command", "syntax error", "wrong number of arguments")  # to commands it lacks

NAMES = ("acquire", "renew", "release", "held_until", "lead", "admit")
RULES = "RULES"  # the dict of them, at the end of the text


def own(rules):
    """A `Variant` for `schedule` that goes by these functions, {name: function}. Impossible if one
    is missing or cannot be handed over; the sentence says which, and why."""
    lacking = [name for name in NAMES if not callable((rules or {}).get(name))]
    if lacking:
        raise Impossible(f"{', '.join(lacking)} {'are' if lacking[1:] else 'is'} not there yet")
    return Variant("compared", "store", once=True, own=text_of(rules))


class TooOld(Impossible):
    """A server has not the command that somebody asks it for."""


def tried(rules, client):
    """See that acquire, renew and release of `rules` do with a real client what they are to, when
    nobody else wants the lock; TooOld or Impossible says what does not fit."""
    key, owner = "tried", "A#1"
    for name, more in (("acquire", (60_000,)), ("renew", (60_000,)), ("release", ())):
        try:
            given = rules[name](client, key, owner, *more)
        except redis.ResponseError as error:
            if any(words in str(error).lower() for words in _OLD):
                raise TooOld(f"{error}; a script does it on every Redis") from None
            raise Impossible(f"Redis refuses what {name} asks for: {error}") from None
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            raise Impossible(f"with a real client {name} raises {told}") from error
        if not given:
            raise Impossible(f"with a real client {name} gives {given!r} where it has succeeded")


def text_of(rules):
    """A text that defines the functions of `rules` again, and a dict of them."""
    lines = {}
    for name in NAMES:
        _add(rules[name], lines)
    held = ", ".join(f"{name!r}: {rules[name].__name__}" for name in NAMES)
    return "\n\n".join([*lines.values(), f"{RULES} = {{{held}}}"]) + "\n"


def _add(function, lines):
    """Put a function into `lines`, {name: text}, and all that it names before it."""
    name = getattr(function, "__name__", "it")
    if not isinstance(function, types.FunctionType) or name == "<lambda>":
        raise Impossible(f"{name} cannot be handed to another process: write it with def")
    if function.__closure__:
        inner = ", ".join(function.__code__.co_freevars)
        raise Impossible(
            f"{name} uses {inner} of the function around it, which another process has not: write "
            "it at the margin of a cell"
        )
    try:
        text = textwrap.dedent(inspect.getsource(function)).rstrip()
    except (OSError, TypeError):
        raise Impossible(
            f"the text of {name} cannot be had: write it in a cell or a file"
        ) from None
    if name in lines:
        if lines[name] not in ("", text):
            raise Impossible(f"two of your functions are called {name}")
        return
    lines[name] = ""  # it may name itself
    for other in _named_in(function.__code__):
        if other in function.__globals__ and other not in (name, *lines):
            _add_value(name, other, function.__globals__[other], lines)
    del lines[name]
    lines[name] = text


def _add_value(user, name, held, lines):
    """The same with something that a function names: `user` is who does."""
    if isinstance(held, types.ModuleType):
        lines[name] = f"import {held.__name__} as {name}"
    elif isinstance(held, types.FunctionType) and held.__name__ == name:
        _add(held, lines)
    else:
        try:
            ast.literal_eval(repr(held))
        except (ValueError, SyntaxError):
            raise Impossible(
                f"{user} uses {name}, which cannot be handed to another process: define it inside"
            ) from None
        lines[name] = f"{name} = {held!r}"


def _named_in(code):
    """The names from outside that a piece of code uses, those of functions in it too."""
    found = [one.argval for one in dis.get_instructions(code) if one.opname == "LOAD_GLOBAL"]
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            found += _named_in(inner)
    return [name for name in dict.fromkeys(found) if not hasattr(builtins, name)]

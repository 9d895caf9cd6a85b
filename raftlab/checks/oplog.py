"""What clients saw, as text: the JSON form of a list of `core.Op`, and sentences about one.

The JSON form is a list of objects, one for each operation, in any order:

    [{"client": "C1", "call": ["set", "x", 5], "invoked_at": 10, "completed_at": 20.5,
      "result": 5, "status": "ok"},
     {"client": "C2", "call": ["get", "x"], "invoked_at": 12, "completed_at": null,
      "result": null, "status": "unknown"}]

`client` is a word. `call` is what was asked for; for a key/value store it is one of
["set", key, value], ["get", key], ["add", key, amount], ["del", key] and
["cas", key, expected, value]. Times are in ms from any common origin. `status` is

    "ok"        it was answered, with `result`, at `completed_at`;
    "fail"      it surely did not happen; `result` may say why;
    "unknown"   nobody can tell: it may take effect at any time after `invoked_at`, or never.
                A time at which the client gave up may stand as `completed_at`.

For "fail" and "unknown", `completed_at` and `result` may be left out. A list in a call or
result is read as a tuple, which is what commands are in Python.
"""

import json
from math import isfinite
from os import PathLike

from ..core import Impossible, Op
from ..sim import operations as seen

STATUSES = ("ok", "fail", "unknown")
_FIELDS = Op.__match_args__
_NEEDED = ("client", "call", "invoked_at", "status")


def dump_operations(operations):
    """A list of `Op` as JSON text, a line for each; `load_operations` reads it."""
    lines = []
    for number, op in enumerate(checked(operations)):
        fields = {name: getattr(op, name) for name in _FIELDS}
        if op.status == "fail" and op.result is not None:
            fields["result"] = str(op.result)  # a reason; nobody compares it with anything
        try:
            line = json.dumps(fields, ensure_ascii=False, allow_nan=False)
            if plain(json.loads(line)) != plain(fields):
                raise ValueError("it comes back as something else")
        except (TypeError, ValueError) as error:
            raise Impossible(
                f"operation {number}, {op!r}, cannot be written to a file ({error}); words, "
                "numbers, tuples and dicts with words as keys can"
            ) from None
        lines.append(line)
    return "[" + ",\n ".join(lines) + "]\n"


def load_operations(source):
    """The operations in the file `source`, or in JSON text that starts with a bracket."""
    text = str(source)
    if not text.lstrip().startswith("["):
        try:
            with open(source, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise Impossible(
                f"{source} cannot be read: {error}; operations are a file's path or JSON text "
                "that starts with ["
            ) from None
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Impossible(f"these are no operations: it is not JSON ({error})") from None
    if not isinstance(found, list):
        raise Impossible(f"these are no operations: a list is wanted, not {_short(found)}")
    return checked([_read(item, number) for number, item in enumerate(found)])


def _no_number(word):
    raise ValueError(f"{word} is not a number")


def _read(item, number):
    if not isinstance(item, dict):
        raise Impossible(f"operation {number} should be an object, not {_short(item)}")
    for name in item:
        if name not in _FIELDS:
            raise Impossible(f"operation {number} has a field {name!r}; there are "
                             f"{', '.join(_FIELDS)}")  # fmt: skip
    for name in _NEEDED if item.get("status") != "ok" else _FIELDS:
        if name not in item:
            raise Impossible(f"operation {number} has no {name!r}: {_short(item)}")
    return Op(**{name: plain(item.get(name)) for name in _FIELDS})


def checked(operations):
    """`operations` as a list, or Impossible with what is wrong with which."""
    try:
        found = list(operations)
    except TypeError:
        raise Impossible(f"operations are a list of Op, not {_short(operations)}") from None
    for number, op in enumerate(found):
        if not isinstance(op, Op):
            raise Impossible(f"operation {number} is no Op: {_short(op)}")
        wrong = _wrong(op)
        if wrong:
            raise Impossible(f"operation {number}, {_short(op)}, {wrong}")
    return found


def _wrong(op):
    if not isinstance(op.client, str):
        return "has a client that is no word"
    if op.status not in STATUSES:
        return f"has the status {op.status!r}; there are {', '.join(STATUSES)}"
    if not _is_time(op.invoked_at):
        return f"was invoked at {op.invoked_at!r}; a time is a number of ms"
    if op.completed_at is None:
        return "was answered but does not say when" if op.status == "ok" else None
    if not _is_time(op.completed_at):
        return f"was completed at {op.completed_at!r}; a time is a number of ms"
    if op.completed_at < op.invoked_at:
        return f"was completed at {op.completed_at} ms, before it began"
    return None


def _is_time(held):
    return type(held) in (int, float) and isfinite(held)


def _short(held):
    return short(repr(held), 120)


def short(text, most):
    """`text`, or its first characters and an ellipsis: `most` in all."""
    return text if len(text) <= most else text[: most - 1] + "…"


def taken(source, at=None):
    """(the operations of `source`, the moments of each as (invoked, completed), the unit of the
    operations' times: "ms" or "step").

    `source` is a history (up to step `at`, the cursor if left out), a list of `Op`, the path of
    a file, or JSON text. Moments only say what came before what: ms for a list, step numbers
    for a history, which knows the order of two things at one instant. Where time stood still
    while a request was answered, as in a run that a search found, ms would show no more of an
    operation than an instant; there the operations, too, are dated by steps.
    """
    unit = "ms"
    if hasattr(source, "steps") and hasattr(source, "position"):
        end = source.position if at is None else at
        steps = source.steps[: end + 1]
        found = seen(steps)
        dated = seen(steps, stamp=lambda item: item.state.step_no)
        if any(map(_took_no_time, found, dated)):
            found, unit = dated, "step"
    else:
        text = isinstance(source, (str, PathLike))
        dated = found = load_operations(source) if text else checked(source)
    return tuple(found), tuple((op.invoked_at, op.completed_at) for op in dated), unit


def _took_no_time(op, dated):
    """Whether an answer came some steps after the call (as `dated` says) and yet no ms later."""
    answered = op.status == "ok" and op.invoked_at == op.completed_at
    return answered and dated.invoked_at != dated.completed_at


def plain(held):
    """`held` with every list in it as a tuple."""
    if isinstance(held, (list, tuple)):
        return tuple(map(plain, held))
    if isinstance(held, dict):
        return {name: plain(inside) for name, inside in held.items()}
    return held


def told(op, words=str, unit="ms"):
    """An operation in a few words: "C1's x=5 → 5 (10–20 ms)", or "… (steps 4–9)"."""
    asked = f"{op.client}'s {short(words(op.call), 60)}"
    if op.status == "ok":
        begun, ended = _number(op.invoked_at), _number(op.completed_at)
        span = f"{begun}–{ended} ms" if unit == "ms" else f"steps {begun}–{ended}"
        span = moment(op.invoked_at, unit) if unit != "ms" and begun == ended else span
        return f"{asked} → {answer(op.result)} ({span})"
    end = "failed" if op.status == "fail" else "no answer"
    return f"{asked} (from {moment(op.invoked_at, unit)}, {end})"


def moment(time, unit="ms"):
    """ "212.9 ms", "step 7"."""
    return f"{_number(time)} ms" if unit == "ms" else f"step {_number(time)}"


def answer(result):
    """A result as a word: "nothing" for None."""
    return "nothing" if result is None else short(str(result), 40)


def _number(time):
    return f"{time:.1f}".removesuffix(".0")

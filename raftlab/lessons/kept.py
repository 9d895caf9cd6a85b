"""What the learners' edition knows of the answers that it keeps back: `kept.txt` beside this file.

`learners.py` writes that edition. Where an answer stood, a judge may still need some of it: what it
gives to the questions of seed 0, how many points it gets, and how each known wrong answer fails.
That is the record. In the whole package there is no such file, and everything here does nothing.
"""

from ast import literal_eval
from functools import cache, wraps
from pathlib import Path

from ..core import Impossible
from .judging import Trouble

FILE = "kept.txt"
_TOLD = "this edition keeps the answers back: whoever has handed it out has them"


@cache
def record():
    """{"points": {id: points}, "wrong": {id: {name: how it fails}}, "gives": {id: {arguments: what
    the answer gives}}}, or None in the whole package."""
    try:
        return literal_eval(Path(__file__).with_name(FILE).read_text("utf-8"))
    except FileNotFoundError:
        return None


def kept_back(id):
    """Stands on the function whose body was the answer to `id`: it gives what is on record."""

    def on(function):
        @wraps(function)
        def gives(*arguments):
            there = record()["gives"].get(id, {})
            if repr(arguments) not in there:
                raise Impossible(f"{function.__name__}: {_TOLD}")
            return there[repr(arguments)]

        return gives

    return on


def knows(id):
    """Whether the answer to the exercise `id` is kept back here."""
    return bool(record()) and id in record()["points"]


def refuse_answer(id):
    """Impossible where it is kept back."""
    if knows(id):
        raise Impossible(f"{id}: {_TOLD}")


def refuse_seed(id, seed):
    """Impossible where the draws of that seed are judged by an answer that is kept back."""
    if seed and record() and id in record()["gives"]:
        raise Impossible(
            f"{id}: this edition asks the draws of seed 0 only, because what is right with others "
            "only the answer says; whoever has handed it out can ask them"
        )


def points(id):
    """What a right answer gets, if that is on record; else None."""
    return record()["points"][id] if knows(id) else None


def missed(exercise, name, seed=0):
    """[(part, what is told)] of the known wrong answer `name`, by record as of seed 0; None if it
    is told something else."""
    if knows(exercise.id):
        return record()["wrong"][exercise.id][name]
    try:
        parts = exercise.judge(exercise.wrong[name].answer, seed)
    except (Trouble, Impossible, NotImplementedError):
        return None
    return [(part.name, part.told) for part in parts if part.told]

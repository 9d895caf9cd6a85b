"""Exercises: a task with a starter, three hints, a reference, known wrong answers, and a judge.

Each is a record, an `Exercise` made in a file of `parts/`; making it enters it.

What a learner hands over is judged by the same code in every edition: `rl.check` in a notebook and
the graded cells that `edition.py` makes of it. A verdict is a list of `Part`s, each a named
demand with its points; the first one that is not met is what the learner reads about.
"""

import builtins
import inspect
import json
import textwrap
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path

from ..core import Impossible, nearest
from ..sim.notice import tell
from . import kept
from . import parts as topics
from .judging import Raised, Trouble, called, listening, raised, same, shown, within
from .rubric import RUBRICS

MISSING, KIND, ALMOST, NOT_YET, RIGHT = "missing", "wrong kind", "almost", "not yet", "right"
EXERCISES = {}  # id → Exercise; filled by the modules that `known` imports


class Part:
    """One demand: its name, its points, and "" or a sentence on how it is not met. `run` is a
    history, at whose cursor one sees that, or a function that finds it, called when somebody wants
    to see it: a history, or a pair of one and of what is `seen` there. `section` is the paper's.
    What was not `asked` is not met either, and `told` says why."""

    def __init__(self, name, points=1, told="", run=None, section="", asked=True):
        self.name, self.points, self.told, self._run = name, points, told, run
        self.section, self.asked = section, asked

    @property
    def is_met(self):
        return not self.told

    @property
    def run(self):
        return self._found()[0]

    @property
    def seen(self):
        """What one sees at the cursor of the run, in a sentence; "" if it speaks for itself."""
        return self._found()[1]

    def _found(self):
        if callable(self._run):
            self._run = self._run()
        return self._run if isinstance(self._run, tuple) else (self._run, "")

    def __repr__(self):
        became = "met" if self.is_met else "not met" if self.asked else "not asked"
        return f"<{became}: {self.name}>"


class Wrong:
    """A plausible wrong answer, and the sentence with which whoever gives it is met."""

    def __init__(self, answer, says):
        self.answer, self.says = answer, says


class Exercise:
    """A task.

    `id` is "topic/name". `asks` says in a sentence what is wanted; `starter` is the text of the
    cell one begins with; `hints` are three, each saying more. `reference` is a right answer (a
    function, a class, a text, or a dict whose starter has … where something is to be filled in),
    and `wrong` a dict of plausible wrong ones by name. `judge(given, seed)` gives the `Part`s.
    `why` is read by who is right, and `read` says where it goes on. `minutes` and `misconceptions`
    (M1 to M18) are for instructors. Where the seed draws what
    one must know to answer, `poses(seed)` says it in words. `takes(given)` makes what is judged of
    what may be handed over instead, such as a text of a run; or it raises Impossible. `names` are
    what the starter's cell finds, made by cells before it. Where judging takes long, `worth` are
    the points, and `fails(answer, name, seed)` what is told of one part alone.
    """

    def __init__(
        self, id, asks, starter, hints, reference, wrong, judge, why, read="", minutes=10,
        misconceptions=(), poses=None, takes=None, names=None, worth=None,
        fails=None,
    ):  # fmt: skip
        self.id, self.asks, self.hints = id, asks, tuple(hints)
        self.starter = textwrap.dedent(starter).strip("\n")
        self.reference, self.wrong, self.judge = reference, dict(wrong), judge
        self.why, self.read, self.minutes = why, read, minutes
        self.misconceptions = tuple(misconceptions)
        self.poses, self.takes = poses, takes
        self.names, self.worth, self.fails = dict(names or {}), worth, fails
        if id in EXERCISES:
            raise ValueError(f"there are two exercises {id!r}")
        EXERCISES[id] = self

    @cached_property
    def points(self):
        """What a right answer gets."""
        there = self.worth or kept.points(self.id)
        return there or sum(part.points for part in self.judge(self.reference, 0))


def known():
    """All exercises, by id: each file in `parts` enters its own. Of a file that cannot be read,
    perhaps half-written, nothing is entered, and that is told: the others count."""
    for folder in topics.__path__:
        for path in sorted(Path(folder).glob("[!_]*.py")):
            before = [(entries, dict(entries)) for entries in (EXERCISES, RUBRICS)]
            try:
                import_module(f"{topics.__name__}.{path.stem}")
            except Exception as error:  # whatever stands in it
                for entries, held in before:
                    entries.clear()
                    entries.update(held)
                _left_out(path, error)
    return EXERCISES


_told = set()  # of these files one has heard


def _left_out(path, error):
    told = f"{path.name} cannot be read, so its exercises are missing: {raised(error)}"
    if told not in _told:
        _told.add(told)
        tell(told, "Exercises")


def exercise(id):
    """The exercise of that id, or Impossible with those that there are."""
    found = known().get(id) if isinstance(id, str) else None
    if found is None:
        near = nearest(str(id), EXERCISES)
        there = ", ".join(near or EXERCISES)
        raise Impossible(f"there is no exercise {id!r}; {'did you mean' if near else 'there are'} "
                         f"{there}{'?' if near else ''}")  # fmt: skip
    return found


# -- judging ------------------------------------------------------------------------------


class Verdict:
    """What became of an answer: the `level`, the `told` sentence, the `parts`, and of the first
    that is not met the `run` that shows it; and what it `printed` meanwhile."""

    printed = ""

    def __init__(self, exercise, level, told, parts=()):
        self.exercise, self.level, self.told = exercise, level, told
        self.parts = tuple(parts)

    @property
    def points(self):
        return sum(part.points for part in self.parts if part.is_met)

    @property
    def of(self):
        return sum(part.points for part in self.parts) or self.exercise.points

    @property
    def missed(self):
        """The first part that is not met, or None."""
        return next((part for part in self.parts if not part.is_met), None)

    @property
    def run(self):
        return self.missed.run if self.missed else None


def judged(exercise, given, seed=0):
    """The `Verdict` on `given`. Whatever it does, this comes back, and soon."""
    with listening() as heard:
        verdict = _judged(exercise, given, seed)
    verdict.printed = heard.text
    return verdict


def _judged(exercise, given, seed):
    try:
        given = exercise.takes(given) if exercise.takes else given
    except Impossible as error:
        return Verdict(exercise, KIND, str(error))
    if is_starter(exercise, given):
        return Verdict(exercise, MISSING, _missing(exercise, given))
    wrong_kind = _wrong_kind(exercise, given)
    if wrong_kind:
        return Verdict(exercise, KIND, wrong_kind)
    try:
        parts = list(exercise.judge(given, seed))
    except NotImplementedError as error:
        told = "a part of it is not written yet" + (f": {error}" if str(error) else "")
        return Verdict(exercise, MISSING, told)
    except Trouble as trouble:
        return Verdict(exercise, NOT_YET, str(trouble))
    except Impossible as error:
        return Verdict(exercise, NOT_YET, str(error))
    if all(part.is_met for part in parts):
        return Verdict(exercise, RIGHT, exercise.why, parts)
    said = _known_wrong(exercise, given, parts, seed)
    if said:
        return Verdict(exercise, ALMOST, said, parts)
    return Verdict(exercise, NOT_YET, next(p.told for p in parts if p.told), parts)


def _missing(exercise, given):
    if isinstance(given, str):
        return "there is nothing yet but what stood there at the beginning: write your answer"
    if isinstance(given, dict):
        return "every … is still there: put your answers in their places"
    todo = "replace the … by your answer" if "..." in exercise.starter else "mend it"
    return f"{given.__name__} is still as it was given to you: {todo}"


def _wrong_kind(exercise, given):
    """Why `given` cannot be judged at all, or ""."""
    wanted = exercise.reference
    if isinstance(wanted, type):
        if not isinstance(given, type):
            return f"a class is wanted, not {_a(given)}: hand over {wanted.__name__} itself"
        base = wanted.__mro__[-2]
        if not issubclass(given, base):
            return f"{given.__name__} is no {base.__name__}: begin with class {given.__name__}" + (
                f"({base.__name__}):"
            )
        return ""
    if callable(wanted):
        if not callable(given):
            return (
                f"a function is wanted, not {_a(given)}: hand over {wanted.__name__} itself, "
                "without brackets behind it"
            )
        try:
            inspect.signature(given).bind(*inspect.signature(wanted).parameters)
        except TypeError:
            takes = ", ".join(inspect.signature(wanted).parameters)
            return f"it must take ({takes}), and takes {inspect.signature(given)}"
        except ValueError:
            pass  # a built-in one says nothing of what it takes
        return ""
    if type(given) is not type(wanted):
        return f"{_WORDS[type(wanted).__name__]} is wanted, not {_a(given)}"
    return ""


_WORDS = {
    "str": "a text", "int": "a number", "float": "a number", "NoneType": "nothing",
    "list": "a list", "dict": "a dict", "tuple": "a tuple", "bool": "True or False",
    "function": "a function", "type": "a class", "ellipsis": "…",
}  # fmt: skip


def _a(given):
    name = type(given).__name__
    return f"{_WORDS.get(name, 'a ' + name)} ({shown(given)})" if name in _WORDS else f"a {name}"


def is_starter(exercise, given):
    """Whether nothing but names and spaces differs from what the learner was given."""
    if isinstance(given, str):
        return _plain(given) in ("", _plain(exercise.starter), "...")
    if given is None or given is ...:
        return False
    if isinstance(given, dict):
        return same(given, _starter_of(exercise, given))
    return callable(given) and _code(given) == _code(_starter_of(exercise, given))


def _starter_of(exercise, given):
    """What the starter's text defines under the name that `given` has; the dict there; or None."""
    import raftlab as rl

    # A class is compared with the starter on its own bases: what those have is no part of it.
    bases = {base.__name__: base for base in reversed(getattr(given, "__mro__", ())[1:])}
    names = {**exercise.names, **bases}
    space = {"__builtins__": builtins, "__name__": "starter", "rl": rl, **names}
    try:
        exec(compile(exercise.starter, f"<starter {exercise.id}>", "exec"), space)
    except Exception:  # a starter that is a schedule, say
        return None
    if isinstance(given, dict):
        return next((held for name, held in space.items() if name[:2] != "__" and
                     isinstance(held, dict)), None)  # fmt: skip
    return space.get(getattr(given, "__name__", None))


def _code(held):
    """What a function, or a class's own functions and data, are: the same for the same text."""
    if inspect.isfunction(held):
        held = held.__code__
    if inspect.iscode(held):
        consts = tuple(_code(one) if inspect.iscode(one) else one for one in held.co_consts)
        # A docstring may have been reworded, and nothing else of the text counts.
        return held.co_code, held.co_names, tuple(c for c in consts if not isinstance(c, str))
    if isinstance(held, type):
        own = {name: _code(each) for name, each in vars(held).items() if inspect.isfunction(each)}
        data = {name: repr(each) for name, each in vars(held).items()
                if not callable(each) and name[:2] != "__" and name != "declared"}  # fmt: skip
        return tuple(sorted(own.items())), tuple(sorted(data.items()))
    return None


def written_out(held):
    """A dict as one writes it in a cell, an entry a line."""
    lines = (f"    {_literal(key)}: {_literal(each)},\n" for key, each in held.items())
    return "{\n" + "".join(lines) + "}"


def _literal(held):
    if isinstance(held, str):
        return json.dumps(held, ensure_ascii=False)
    if isinstance(held, tuple):
        return f"({', '.join(map(_literal, held))}{',' * (len(held) == 1)})"
    if isinstance(held, list):
        return f"[{', '.join(map(_literal, held))}]"
    return repr(held)


def _plain(text):
    return "\n".join(line.strip() for line in text.strip().splitlines() if line.strip())


def _known_wrong(exercise, given, parts, seed):
    """What is said to whoever gives a wrong answer that we know, or "". It is known by what it
    does: it fails the same parts in the same words."""
    for wrong in exercise.wrong.values():
        if wrong.answer is given:
            return wrong.says
    missed = [(part.name, part.told) for part in parts if part.told]
    first, told = missed[0]
    for name, wrong in exercise.wrong.items():
        slow = not kept.knows(exercise.id) and exercise.fails
        if slow and slow(wrong.answer, first, seed) != told:
            continue
        if kept.missed(exercise, name, seed) == missed:
            return wrong.says
    return ""


# -- the commonest judge: a function beside the reference -------------------------------------


def by_cases(reference, *groups, shows=None):
    """A judge of functions: each group is (name, points, section, cases), where `cases(luck)` lists
    tuples of arguments. A case on which the answer differs from the reference's is told, and
    `shows(arguments, given)` may give a run that shows what comes of it, or a pair of one and of
    what is seen there.
    """

    def judge(given, seed):
        from .question import Luck

        parts, first = [], None
        for name, points, section, cases in groups:
            told, run = "", None
            for arguments in cases(Luck(seed, 0, name)):
                wanted = reference(*arguments)
                try:
                    got = called(given, *arguments)
                except Raised as error:  # at this question; the other groups are still asked
                    told = f"{error}; it must be {shown(wanted)}"
                else:
                    first = first or (arguments, got)
                    if same(got, wanted):
                        continue
                    told = f"{_call(reference, arguments)} gives {shown(got)}; it must be "
                    told += shown(wanted)
                run = partial(_run_of, shows, arguments, given)
                break
            parts.append(Part(name, points, told, run, section))
        if first:
            arguments, before = first
            now = called(given, *arguments)
            if not same(now, before):
                raise Trouble(
                    f"{_call(reference, arguments)} was {shown(before)} at first and is "
                    f"{shown(now)} after other questions: it remembers something"
                )
        return parts

    return judge


def _call(function, arguments):
    return f"{function.__name__}({', '.join(map(shown, arguments))})"


def _run_of(shows, arguments, given):
    """A run with the learner's own function in it; there is none if that falls over."""
    try:
        return within(lambda: shows(arguments, given)) if shows else None
    except Exception:
        return None

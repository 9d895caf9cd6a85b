"""Tables that a learner fills in before the run: what will happen, cell by cell.

A cell is a claim about a kind of situation, not about one run: who led and where the network is
cut, the seed draws, and what is right each run says itself. So one filled-in table is judged under
any seed, and a wrong cell brings the run, its cursor where one sees it.
"""

from functools import lru_cache

from ..core import Impossible
from .exercise import Exercise, Part, same
from .judging import Trouble, shown
from .question import Luck
from .situation import are

_ATTEMPTS = 50


class Cell:
    """One thing to foretell.

    `says` maps each possible answer to the sentence for whoever gives it and is wrong (for the
    right one ""). `seen(case)` gives what happened in a case, the position where one sees it, and
    what has the `run` and is `told`, if that is not the case itself.
    """

    def __init__(self, name, says, section, seen):
        self.name, self.says, self.section, self.seen = name, says, section, seen

    @property
    def answers(self):
        """What may be answered, in an order that does not tell which is right."""
        told = sorted(map(written, self.says), reverse=set(self.says) == {True, False})
        return " or ".join([", ".join(told[:-1]), told[-1]])


def written(answer):
    """An answer as one writes it in a cell."""
    return f'"{answer}"' if isinstance(answer, str) else repr(answer)


def foretell(id, table, cells, kind, draw, poses=lambda case: (case.told,), **said):
    """The exercise to fill in the table of these cells, under the name `table`, for the case that
    `draw(luck)` makes; `kind` names its lots, `poses(case)` says what one is told before the run.
    """
    return Exercise(
        id=id,
        starter=_starter(table, cells),
        judge=_judge(cells, kind, draw),
        poses=lambda seed: poses(_case(seed, kind, draw)),
        **said,
    )


def _starter(name, cells):
    """The text of the cell in which the table is filled in: with what may be answered."""
    lines = (f'    "{cell.name}": ...,  # {cell.answers}' for cell in cells)
    return "\n".join([f"{name} = {{", *lines, "}"])


@lru_cache(maxsize=8)  # one verdict asks for it several times, and nobody moves its runs
def _case(seed, kind, draw):
    """The first draw of `draw(luck)` that is worth looking at: it gives None for others."""
    for attempt in range(_ATTEMPTS):
        case = draw(Luck(seed, attempt, kind))
        if case:
            return case
    raise Impossible(f"seed {seed} draws no case of {kind}; try another")


def _judge(cells, kind, draw):
    """A judge of tables: each cell is a part, and what is right in it the drawn run says. One
    that is still open is not asked; the others are."""

    def judge(given, seed):
        _check_keys(given, cells)
        case = _case(seed, kind, draw)
        left = [cell for cell in cells if given[cell.name] is ...]
        filled = [_part(cell, given[cell.name], case) for cell in cells if cell not in left]
        told = f"{are(_quoted(cell.name) for cell in left)} still open" if left else ""
        # Behind the others, so that a wrong cell is told first, and its run shown.
        return filled + [Part(cell.name, told=told, asked=False) for cell in left]

    return judge


def _quoted(name):
    """The name of a cell in a sentence: it may end in a verb, or have a comma in it."""
    return f"“{name}”"


def _check_keys(given, cells):
    names = [cell.name for cell in cells]
    lost, new = [n for n in names if n not in given], [n for n in given if n not in names]
    if lost or new:
        told = [f"{are(map(_quoted, lost))} missing"] if lost else []
        told += [f"{are(map(_quoted, new))} not asked"] if new else []
        raise Trouble(f"fill in the table as it is, and change no name in it: {'; '.join(told)}")
    for cell in cells:
        answer = given[cell.name]
        if answer is not ... and not any(same(answer, each) for each in cell.says):
            raise Trouble(f"“{cell.name}” is {cell.answers}, not {shown(answer)}")


def _part(cell, answer, case):
    right, at, *other = cell.seen(case)
    if same(answer, right):
        return Part(cell.name, section=cell.section)
    told = (
        f"“{cell.name}” is {written(right)} in this run, and you say {written(answer)}. "
        f"{cell.says[answer]}"
    )

    def run():
        of = other[0] if other else case
        run = of.run.copy()
        run.goto(at)
        return run, f"{of.told} At this place: “{cell.name}” is {written(right)}."

    return Part(cell.name, told=told, run=run, section=cell.section)

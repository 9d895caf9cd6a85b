"""What the tests of notebooks with exercises share: their tasks, and the notebook solved."""

import ast
from functools import cache

from claims import play, read

from raftlab.lessons import edition
from raftlab.lessons.exercise import exercise

BOOKS = [path.stem for path in edition.exercise_notebooks().values()]


def tasks(notebook):
    """(the exercise, the learner's cell, the cell that judges it) of each, in their order."""
    code = [cell for cell in read(notebook) if cell["cell_type"] == "code"]
    for yours, judges in zip(code, code[1:], strict=False):
        for tag in judges["metadata"].get("tags", ()):
            if tag.startswith("check:"):
                yield exercise(tag.removeprefix("check:")), yours, judges


def defined(source):
    """The name that a learner's cell defines, the last one if there are several."""
    last = ast.parse(source).body[-1]
    return last.targets[0].id if isinstance(last, ast.Assign) else last.name


@cache
def solved(notebook):
    """The cells run with the answers in the place of what is given, and nothing else changed."""
    answers = {}
    for task, yours, _ in tasks(notebook):
        source = "".join(yours["source"])
        answers[source] = (
            "from raftlab.lessons.exercise import exercise\n"
            f"{defined(source)} = exercise({task.id!r}).reference"
        )
    return play(notebook, lambda source: answers.get(source, source))

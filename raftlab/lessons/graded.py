"""What is graded where a notebook lies: `raftlab-graded.txt` beside it, an id a line.

`edition.py` writes it beside each assignment, and nbgrader hands it out with the notebook. As long
as it lies there `rl.answer` keeps the answers of these exercises back; hints go on. It is a word
among honest people: the package is open, and whoever wants to read its source can.
"""

from pathlib import Path

from ..core import Impossible

FILE = "raftlab-graded.txt"
_HEAD = """# Graded: rl.answer keeps the answers to these exercises back, and rl.hint still helps.
# When the work has been given back, delete this file, and rl.answer answers.
"""


def write(folder, ids):
    """Put the list beside an assignment."""
    (Path(folder) / FILE).write_text(_HEAD + "".join(f"{id}\n" for id in ids), "utf-8")


def is_kept_back(id):
    """Whether the exercise `id` is graded here and not yet given back. Where nbgrader grades,
    nothing is: whoever marks what is written there needs to see it."""
    try:
        lines = Path(FILE).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return False
    except (OSError, UnicodeDecodeError) as error:
        raise Impossible(f"{FILE}, the list of what is graded, cannot be read: {error}") from None
    return not student() and id in (line.strip() for line in lines)


def student():
    """The name of whoever is graded here, by nbgrader's folders (autograded/STUDENT/ASSIGNMENT), or
    "" elsewhere."""
    here = Path.cwd()
    return here.parent.name if here.parent.parent.name == "autograded" else ""

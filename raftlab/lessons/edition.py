"""Exercise notebooks as nbgrader wants them: `python -m raftlab.lessons.edition COURSE [NUMBERS]`.

    python -m raftlab.lessons.edition course 40 41     source/40-…/40-….ipynb in the folder course
    cd course && nbgrader generate_assignment 40-…     the release, without solutions

There is one source of an exercise: the notebook that a learner opens, and the record in `parts/`.
What nbgrader needs besides is put together from both: the learner's cell gets the reference's lines
between its marks for solutions, and behind each check comes a graded cell, whose last line is a
number of points, so that a part of an answer gets a part of them. Its hidden half asks the same
questions with other draws: of the course's own secret, and of each student, so that no two are
asked quite the same. To write it twice writes the same bytes.

What is handed out is the learner's notebook again, with a comment where an answer belongs: nothing
raises there, so a stage that is passed over does not break the cells after it. Beside it lies a
list of what is graded (`graded.py`), whose answers are kept back.

A notebook says by tags which cells are which: `exercise` for the learner's, `check:topic/name` for
the one that judges, `essay:5` for free text that a person marks, with so many points.
"""

import argparse
import ast
import hashlib
import re
import secrets
import sys
import textwrap
import zlib
from importlib.util import find_spec
from inspect import getsource
from pathlib import Path

from ..core import Impossible
from . import graded
from .checking import check
from .exercise import exercise, known, written_out
from .refresh import NOTEBOOKS
from .rubric import RUBRICS

# nbgrader's own stub raises: what a class or a table of somebody who passes it over needs would
# then be missing in all cells after it.
STUB = 'c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}'
CONFIG = f"""# Written once by raftlab.lessons.edition; yours to change.
import os

os.environ["RAFTLAB_PROGRESS"] = "off"  # or what is given back has a file of answers beside it
c = get_config()
c.CourseDirectory.course_id = "raftlab"
c.Execute.timeout = 120  # s that a cell may take: one that grades a whole Raft needs half a minute
{STUB}
"""
SECRET = "secret.txt"  # in the course's folder, of which nbgrader hands out nothing but release/
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"


def source(notebook):
    """An exercise notebook (nbformat's) made into nbgrader source, in place; says how many points
    it has."""
    from nbformat.v4 import new_code_cell

    cells, waiting, total = [], None, 0
    for cell in notebook.cells:
        check, essay = tagged(cell, "check"), tagged(cell, "essay")
        cell.metadata.pop("jupyter", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cells.append(cell)
        if "exercise" in cell.metadata.get("tags", ()) and cell.cell_type == "code":
            waiting = cell
        elif essay:
            if cell.cell_type == "code":
                cell.source = with_text(cell.source, notebook)
            _mark(cell, cell.id, solution=True, grade=True, points=float(essay))
            total += float(essay)
        elif check:
            if waiting is None:
                raise Impossible(f"the check of {check} has no cell tagged `exercise` before it")
            task = exercise(check)
            waiting.source = with_solution(waiting.source, task)
            _mark(waiting, f"answer-{_plain(check)}", solution=True)
            points = task.points
            judging = new_code_cell(_graded(check, _handed(cell.source, check)))
            judging.id = f"graded-{_plain(check)}"[:64]
            _mark(judging, judging.id, grade=True, locked=True, points=points)
            cells.append(judging)
            total, waiting = total + points, None
    notebook.cells = cells
    return total


def tagged(cell, kind):
    """What stands behind `kind:` among the tags of a cell, or None."""
    tags = cell.metadata.get("tags", ())
    return next((tag.partition(":")[2] for tag in tags if tag.startswith(f"{kind}:")), None)


def _plain(id):
    return re.sub(r"[^a-z0-9]+", "-", id.lower())


def _mark(cell, grade_id, solution=False, grade=False, locked=False, points=None):
    told = {
        "schema_version": 3, "grade_id": grade_id, "solution": solution, "grade": grade,
        "locked": locked, "task": False, "cell_type": cell.cell_type,
    }  # fmt: skip
    if points is not None:
        told["points"] = points
    cell.metadata["nbgrader"] = told


def _handed(source, id):
    """What the learner's check hands over, as it stands in the call."""
    for asked, handed in _checks(source):
        if asked == id:
            return handed
    raise Impossible(f"the cell tagged check:{id} does not call rl.check({id!r}, …)")


def _checks(source):
    """(id, what is handed over) of each call of rl.check with two arguments."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "rl.check":
            if len(node.args) == 2:
                yield getattr(node.args[0], "value", None), ast.unparse(node.args[1])


def graded_in(notebook):
    """The ids of what is graded in an exercise notebook: its checks, and its rubrics."""
    checks = [tagged(cell, "check") for cell in notebook.cells]
    essays = any(tagged(cell, "essay") for cell in notebook.cells)
    return [*filter(None, checks), *(_rubrics(notebook) if essays else ())]


def _rubrics(notebook):
    """{id: the name of the text} of the rubrics that a notebook shows."""
    known()
    code = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    return {id: name for source in code for id, name in _checks(source) if id in RUBRICS}


def _graded(id, handed):
    """The graded cell. Both halves demand the same; only the draws of the second are hidden."""
    return textwrap.dedent(f'''
        points = rl.check("{id}", {handed}).points
        ### BEGIN HIDDEN TESTS
        from raftlab.lessons.edition import hidden_points

        points = hidden_points("{id}", {handed}, points, seed=SEED)
        ### END HIDDEN TESTS
        points
    ''').strip("\n")  # fmt: skip


def hidden_seed(seed, student=None):
    """The assignment's seed, and the student's name (of whoever is graded here, where nbgrader
    grades): the same for the same student, whenever and wherever it is graded."""
    student = graded.student() if student is None else student
    return zlib.crc32(f"{seed}/{student}".encode()) or 1


def hidden_points(id, given, points, seed):
    """What counts: `points`, of the draws that are shown, or those of the hidden ones if they are
    fewer. Then the verdict on them is printed, for whoever reads what is given back."""
    verdict = check(id, given, seed=hidden_seed(seed))
    if verdict.points < points:
        print(f"With other draws:\n{verdict}")
    return min(points, verdict.points)


def seed_of(course, assignment):
    """The seed of one assignment, made of the course's secret. nbgrader's feedback shows hidden
    cells, and what is given back must not tell the seed of what is still to come: that needs a
    secret that nobody guesses."""
    return int(hashlib.sha256(f"{course}/{assignment}".encode()).hexdigest()[:8], 16)


# -- the solution in its place ------------------------------------------------------------


def with_solution(starter, task):
    """The learner's cell with the answer between nbgrader's marks, above what the starter does:
    above the ellipsis of each function that has one, and if none has, above all that is to be
    mended. Without the answer it is the starter again. For a text, a dict or a class's data the
    answer comes below the starter: one needs its first lines, its keys, or what is said of each.
    """
    if isinstance(task.reference, dict):
        name = ast.parse(starter).body[-1].targets[0].id
        return f"{starter}\n{_BEGIN}\n{name} = {written_out(task.reference)}\n{_END}"
    if isinstance(task.reference, str):
        name = ast.parse(starter).body[-1].targets[0].id
        text = task.reference.strip("\n").replace('"""', "'''")
        return f'{starter}\n{_BEGIN}\n{name} = """\n{text}\n"""\n{_END}'
    answer = ast.parse(textwrap.dedent(getsource(task.reference)))
    lines = textwrap.dedent(getsource(task.reference)).splitlines()
    bodies = {name: _body(node, lines) for name, node in _functions(answer)}
    given = starter.splitlines()
    there = list(_functions(ast.parse(starter)))
    left_open = [each for each in there if _is_open(each[1].body[-1])]
    for name, node in reversed(left_open or [each for each in there if each[0] in bodies]):
        if name not in bodies:
            raise Impossible(
                f"{task.id}: the reference has no {name}, which the starter leaves open"
            )
        first = node.body[-1] if left_open else _done(node)[0]
        indent = " " * first.col_offset
        # What is to be mended stays below, and must not be done after the answer.
        ends = [] if left_open or bodies[name][-1].startswith("return") else ["return"]
        body = [_BEGIN, *bodies[name], *ends, _END]
        given[first.lineno - 1 : first.lineno - 1] = [indent + one if one else "" for one in body]
    if not there and isinstance(answer.body[-1], ast.ClassDef):  # data alone
        given += ["    " + one for one in (_BEGIN, *_body(answer.body[-1], lines), _END)]
    text = "\n".join(given)
    if _BEGIN not in text:
        raise Impossible(f"{task.id}: its starter leaves nothing open, so nothing can be graded")
    return text


def with_text(starter, notebook):
    """The cell of an essay with a good one below what one begins with. nbgrader empties a cell
    that has no marks, and the text's name would be missing in the next."""
    name = ast.parse(starter).body[-1].targets[0].id
    asked = [id for id, text in _rubrics(notebook).items() if text == name]
    if not asked:
        raise Impossible(f"no cell calls rl.check with a rubric and {name}, which is free text")
    good = textwrap.fill(RUBRICS[asked[0]].models[0].text, 96)
    return f'{starter}\n{_BEGIN}\n{name} = """\n{good}\n"""\n{_END}'


def _functions(tree):
    """(name, node) of every function and method, in their order."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node)  # by its own name: the learner's class may have another
        elif isinstance(node, ast.FunctionDef):
            yield node.name, node


def _is_open(statement):
    return isinstance(statement, ast.Expr) and getattr(statement.value, "value", None) is ...


def _done(node):
    """The statements of a function without its docstring."""
    said = isinstance(node.body[0], ast.Expr) and isinstance(
        getattr(node.body[0].value, "value", None), str
    )
    return node.body[said:]


def _body(node, lines):
    """The lines of a function without its docstring, as if they stood at the margin."""
    body = _done(node)
    if not body:
        return ["pass"]
    found = lines[body[0].lineno - 1 : node.end_lineno]
    return textwrap.dedent("\n".join(found)).splitlines()


# -- writing a course ---------------------------------------------------------------------


def exercise_notebooks():
    """{number: path} of the notebooks with something to check."""
    import nbformat

    found = {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        if any(tagged(cell, "check") for cell in cells):
            found[path.name[:2]] = path
    return found


def secret(course, given=None):
    """The course's secret, of which all hidden draws are made. It is kept in the course's folder;
    the first time it is what is `given`, or drawn. Impossible if another one is given later."""
    file = Path(course) / SECRET
    held = file.read_text("utf-8").strip() if file.exists() else ""
    if held and given not in (None, held):
        raise Impossible(
            f"{file} holds another secret, and what was graded was asked by that. To ask all anew: "
            "delete the file, then this again with --force, generate_assignment --force and "
            "autograde --force"
        )
    if not held:
        held = given or secrets.token_hex(16)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{held}\n", "utf-8")
    return held


def _chosen(numbers):
    """The paths of the exercise notebooks of these numbers, or of all."""
    there = exercise_notebooks()
    unknown = [number for number in numbers if number not in there]
    if unknown:
        raise Impossible(f"no exercises in {', '.join(unknown)}; there are {', '.join(there)}")
    return [there[number] for number in numbers or there]


def write(folder, numbers=(), seed=0, force=False):
    """Write nbgrader source into `folder`, of a `seed` (a number or a text) that students do not
    know; gives [(assignment, points)]. What is there already and is not the same is written anew
    with `force` only: Impossible."""
    import nbformat

    folder, written = Path(folder), []
    for path in _chosen(numbers):
        notebook = nbformat.read(path, as_version=4)
        points = source(notebook)
        drawn = f"points, seed={seed_of(seed, path.stem)})"
        for cell in notebook.cells:
            cell.source = cell.source.replace("points, seed=SEED)", drawn)
        target = folder / "source" / path.stem / path.name
        text = nbformat.writes(notebook) + "\n"
        if not force and target.exists() and target.read_text("utf-8") != text:
            raise Impossible(
                f"{target} is not as it would be written: somebody has changed it, or it is of "
                "another version. --force writes it anew; then generate_assignment --force"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        graded.write(target.parent, graded_in(notebook))
        written.append((path.stem, points))
    config = folder / "nbgrader_config.py"
    if not config.exists():
        config.write_text(CONFIG, "utf-8")
    return written


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m raftlab.lessons.edition",
        description="Write exercise notebooks as source of an nbgrader course.",
    )
    parser.add_argument("course", help="the folder of the course; made if it is not there")
    parser.add_argument("numbers", nargs="*", help="of the notebooks, such as 40; all if left out")
    parser.add_argument("--seed", help="the secret of the hidden draws; drawn if left out")
    parser.add_argument("--force", action="store_true", help="write anew what was changed")
    given = parser.parse_args(arguments)
    try:
        _refuse_folder(given.course)
        _chosen(given.numbers)  # before anything is written
        written = write(given.course, given.numbers, secret(given.course, given.seed), given.force)
    except ModuleNotFoundError as error:
        print(_lacks(error.name), file=sys.stderr)
        return 1
    except (Impossible, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for name, points in written:
        print(f"{name}: {points:g} points")
    if STUB not in (Path(given.course) / "nbgrader_config.py").read_text("utf-8"):
        print(f"nbgrader_config.py is yours. Put in it, or what is left out raises:\n  {STUB}")
    install = "" if find_spec("nbgrader") else "pip install nbgrader && "
    print(f"The hidden draws are made of {Path(given.course) / SECRET}: keep that to yourself.")
    print(f"Next: {install}cd {given.course} && nbgrader generate_assignment {written[0][0]}")
    return 0


def _refuse_folder(course):
    """Impossible if a folder is named that nobody means."""
    folder = Path(course)
    if course in exercise_notebooks() and not folder.exists():
        raise Impossible(f"{course} is a notebook; first comes the folder of the course")
    if folder.exists() and not folder.is_dir():
        raise Impossible(f"{course} is a file, and a folder is wanted")
    if Path("nbgrader_config.py").exists() and folder.resolve() != Path.cwd():
        raise Impossible("you are in the folder of a course already: give `.` for it, or leave it")


def _lacks(package):
    return (
        f"{sys.executable} has no package {package}: first `source .venv/bin/activate` (Windows: "
        "`.venv\\Scripts\\activate`) in the folder of the project, then this again"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The project as learners get it, without the answers: `python -m raftlab.lessons.learners FOLDER`.

FOLDER, which must be new or empty, then holds all that a learner needs: `python3 run.py lab` there.
Not in it are tests, benchmarks, what is for instructors (`edition.py`, `contents.py` and this
file), and the answers. `rl.check` says the same there, in the same words, of whatever is handed
over, and `rl.hint` helps; `rl.answer` says who has the answers. To write it twice writes the same
bytes.

How: of every exercise the reference and all known wrong answers (they are the reference but for a
line) are cut out of the source, of free text the marked answers, and with them whatever served
nothing else. What a judge needs of them is written down in `kept.txt` (`kept.py`): the points, how
each wrong answer fails, and where the judge compares with the reference what that gives to the
cases of seed 0. So such an exercise can be asked with no other seed there; all others can.

What stays, because it is what judges: the protocols of the package (whoever reads `raft.py` sees
every rule of Raft), the model's own scheduler (`redis_own.py`), the catalog with a schedule for
each break, the table of "discovery/choose" and the sentences of what is foretold. The hints stay
too, and the third says nearly all.
"""

import argparse
import ast
import pprint
import subprocess
import sys
from pathlib import Path
from types import FunctionType

from ..core import Impossible
from . import kept
from .exercise import known

PROJECT = Path(__file__).parents[2]
PACKAGE = "raftlab/lessons"
_OURS = ("tests/", "benchmarks/", ".ci/", f"{PACKAGE}/edition.py", f"{PACKAGE}/contents.py",
         f"{PACKAGE}/learners.py")  # fmt: skip
_ANSWERS = (f"{PACKAGE}/redis_rules.py", f"{PACKAGE}/own_reference.py")
_CACHES = {"__pycache__", "build", "dist", "node_modules"}
_MAKERS = ("Exercise", "expose", "fix", "foretell", "_stage")


def write(folder, project=PROJECT):
    """Write the learners' edition of `project` into `folder`; gives how many files it has."""
    folder = Path(folder).resolve()
    if not (project / "run.py").is_file():
        raise Impossible(f"{project} is not the project: this is written from a copy of it with "
                         "run.py and notebooks/, not from an installed package")  # fmt: skip
    if folder.is_relative_to(project):
        raise Impossible(f"{folder} is in the project itself: choose a folder outside of it")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Impossible(f"{folder} is not empty: choose a new folder")
    names = files(project)
    cut = without_answers({name: (project / name).read_text("utf-8") for name in names
                           if has_answers(name)})  # fmt: skip
    cut[f"{PACKAGE}/{kept.FILE}"] = pprint.pformat(record(), width=100, sort_dicts=True) + "\n"
    names = sorted({*names, *cut})
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = cut.get(name)
        target.write_bytes((project / name).read_bytes() if text is None else text.encode())
        if text is None:
            target.chmod((project / name).stat().st_mode & 0o777)
    return len(names)


def files(project=PROJECT):
    """The names of what a learner gets, with `/`: of what git knows, so that nothing of the
    instructor's own is handed out; where there is no git, of all but caches and courses."""
    told = None
    if (project / ".git").exists():
        words = ["git", "ls-files", "-z", "--cached"]
        told = subprocess.run(words, cwd=project, capture_output=True, text=True, check=True).stdout
        names = told.split("\0")
    else:
        courses = [path.parent for path in project.rglob("nbgrader_config.py")]
        paths = (path.relative_to(project) for path in project.rglob("*")
                 if not any(course in path.parents for course in courses))  # fmt: skip
        names = [path.as_posix() for path in paths if not _CACHES & {*path.parts}
                 and not any(part.startswith(".") for part in path.parts[:1])]  # fmt: skip
    there = (name for name in names if name and (project / name).is_file())
    return sorted({name for name in there if not name.startswith(_OURS)})


def has_answers(name):
    """Whether answers to exercises stand in the file of that name."""
    return name in _ANSWERS or name.startswith(f"{PACKAGE}/parts/") and name.endswith(".py")


# -- what is written down of them -----------------------------------------------------------------


def record():
    """What a judge needs of the answers: see `kept.record`."""
    there = known()
    return {
        "points": {id: task.points for id, task in there.items()},
        "wrong": {
            id: {name: kept.missed(task, name) for name in task.wrong} for id, task in there.items()
        },
        "gives": record_of_gives(),
    }


def record_of_gives():
    """{id: {arguments: what the reference gives}} of the exercises whose judge asks it."""
    gives = {id: _given(task) for id, task in known().items()}
    return {id: found for id, found in gives.items() if found}


def _given(task):
    """{arguments: what the reference gives} of each time that the judge itself asks it, at seed 0.
    It asks for all cases when it judges the reference, because none of them ends a group."""
    found, waiting = {}, []
    answer = task.reference

    def watch(frame, event, result):
        if frame.f_code is not answer.__code__:
            return
        if event == "call":
            code = frame.f_code
            arguments = tuple(frame.f_locals[name] for name in code.co_varnames[: code.co_argcount])
            waiting.append(repr(arguments))
        elif event == "return":
            found[waiting.pop()] = result

    if isinstance(answer, FunctionType):
        before = sys.getprofile()
        sys.setprofile(watch)  # of this thread; what is handed over is called in others
        try:
            task.judge(answer, 0)
        finally:
            sys.setprofile(before)
    return found


# -- cutting them out -----------------------------------------------------------------------------


def without_answers(texts):
    """{name: its text without answers} of the files with answers in them."""
    tasks = known()
    bodies = {}  # (module, name) → id of the answer that stands there
    for id, task in tasks.items():
        if isinstance(task.reference, (type, FunctionType)):
            bodies[task.reference.__module__, task.reference.__qualname__] = id
    modules = {}
    for name, text in texts.items():
        module = Module(name, text)
        module.cut(tasks, bodies)
        modules[module.name] = module
    needed = _reached(modules)
    return {each.file: each.pruned(needed) for each in modules.values()}


class Module:
    """A file with answers. Its text is changed where the answers stand, and read again."""

    def __init__(self, file, text):
        self.file, self.text = file, text
        self.name = file.removesuffix(".py").replace("/", ".")

    def cut(self, tasks, bodies):
        """Take out the answers: values that were handed over, and the bodies of functions."""
        tree, changes, stubs = ast.parse(self.text), [], False
        for node in tree.body:
            id = bodies.get((self.name, getattr(node, "name", None)))
            if id:
                said = ast.get_docstring(node, clean=False) is not None
                body = node.body[said:]
                if said:
                    changes.append((_end(node.body[0]), _end(body[-1]), ""))
                else:
                    changes.append((_start(body[0]), _end(body[-1]), "..."))
                if not isinstance(node, ast.ClassDef):
                    changes.append((_start(node), _start(node), f'@kept_back("{id}")\n'))
                    stubs = True
        for node in tree.body:  # free text: the answers that show how the rubric is meant
            if isinstance(node, ast.Expr) and _called(node.value) == "Rubric":
                held = [word.value for word in node.value.keywords if word.arg == "models"]
                changes += [(_start(one), _end(one), "()") for one in held]
        for call in _calls(tree):
            task = _task(call, tasks)
            if task is None:
                continue
            wrong = [one for one in ast.walk(call) if _called(one) == "Wrong"]
            if len(wrong) != len(task.wrong):
                raise Impossible(f"{task.id}: write each wrong answer as Wrong(answer, …) in "
                                 f"{self.file}, so that it can be left out")  # fmt: skip
            empty = {str: '""', dict: "{}"}.get(type(task.reference), "None")
            changes += [(_start(one.args[0]), _end(one.args[0]), empty) for one in wrong]
            for word in call.keywords:
                held = word.value
                if word.arg == "reference" and empty != "None":
                    changes.append((_start(held), _end(held), empty))
                if word.arg == "names" and isinstance(held, ast.Call):  # of the answer
                    changes.append((_start(held), _end(held), "{}"))
        if stubs:
            line = f"from {'..' if '/parts/' in self.file else '.'}kept import kept_back"
            imports = [one for one in tree.body if isinstance(one, (ast.Import, ast.ImportFrom))]
            if imports:
                changes.append((_start(imports[0]), _start(imports[0]), f"{line}\n"))
            else:
                changes.append((_end(tree.body[0]), _end(tree.body[0]), f"\n\n{line}"))
        self.text = _changed(self.text, changes)

    def pruned(self, needed):
        """The text without what nothing needs any more."""
        tree, changes = ast.parse(self.text), []
        for node in tree.body:
            there = _defined(node)
            if there and not any((self.name, one) in needed for one in there):
                changes.append((_start(node), _end(node), ""))
        text = _changed(self.text, changes)
        tree, changes = ast.parse(text), []
        used = _names(tree)
        for node in tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                left = [one for one in node.names if (one.asname or one.name) in used]
                if left and len(left) < len(node.names):
                    node.names = left
                    changes.append((_start(node), _end(node), ast.unparse(node)))
                elif not left:
                    changes.append((_start(node), _end(node), ""))
        return _squeezed(_changed(text, changes))


def _calls(tree):
    """The calls that make an exercise, at the top of a file."""
    for node in tree.body:
        if isinstance(node, ast.Expr) and _called(node.value) in _MAKERS:
            yield node.value


def _called(node):
    """The name of the function that is called, or ""."""
    return getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""


def _task(call, tasks):
    """The exercise that a call makes."""
    first = call.args[0] if call.args else None
    first = getattr(first, "value", first) if isinstance(first, ast.Constant) else first
    said = next((word.value.value for word in call.keywords if word.arg == "id"), first)
    if isinstance(said, ast.Attribute):  # a stage: reference.Election
        said = f"own-raft/{said.attr.lower()}"
    name = _called(call)
    id = f"{name}/{said}" if name in ("expose", "fix") else said
    return tasks.get(id)


# -- what is needed still -------------------------------------------------------------------------


def _reached(modules):
    """{(module, name)} of all that the statements at the top of these files, and the rest of the
    package, make use of."""
    where = {name: _places(module, modules) for name, module in modules.items()}
    waiting = [(f"{PACKAGE}/redis_rules".replace("/", "."), "RIGHT")]
    defined = {}
    for name, module in modules.items():
        for node in ast.parse(module.text).body:
            for one in _defined(node):
                defined.setdefault((name, one), []).append(node)
            if not _defined(node) and not isinstance(node, (ast.Import, ast.ImportFrom)):
                waiting += _uses(node, where[name])
        if module.file in _ANSWERS:
            waiting += [place for place in defined if place[0] == name]
    found = set()
    while waiting:
        place = waiting.pop()
        if place in found:
            continue
        found.add(place)
        for node in defined.get(place, ()):
            waiting += _uses(node, where[place[0]])
    return found


def _places(module, modules):
    """{a name at the top of a module: (the module where it is defined, its name there, or None if
    it is a module itself)}."""
    found = {}
    for node in ast.parse(module.text).body:
        for one in _defined(node):
            found[one] = module.name, one
        if isinstance(node, ast.ImportFrom) and node.level:
            base = module.name.rsplit(".", node.level)[0]
            base = f"{base}.{node.module}" if node.module else base
            for one in node.names:
                if base in modules:
                    found[one.asname or one.name] = base, one.name
                elif f"{base}.{one.name}" in modules:
                    found[one.asname or one.name] = f"{base}.{one.name}", None
    return found


def _uses(node, where):
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and one.id in where:
            yield where[one.id]
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            module, name = where.get(one.value.id, ("", ""))
            if name is None:
                yield module, one.attr


def _defined(node):
    """The names that a statement gives to a function, a class or a value."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        targets = getattr(node, "targets", None) or [node.target]
        return [one.id for target in targets for one in ast.walk(target)
                if isinstance(one, ast.Name)]  # fmt: skip
    return []


def _names(tree):
    return {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}


# -- text, by places (line, byte) -----------------------------------------------------------------


def _start(node):
    decorators = getattr(node, "decorator_list", None)
    return (decorators[0].lineno, 0) if decorators else (node.lineno, node.col_offset)


def _end(node):
    return node.end_lineno, node.end_col_offset


def _changed(text, changes):
    """The text with other words in these places: (from, to, what)."""
    lines = text.encode().splitlines(keepends=True)
    begins = [0]
    for line in lines:
        begins.append(begins[-1] + len(line))
    data = text.encode()
    for start, end, new in sorted(changes, reverse=True):
        at, to = (begins[line - 1] + column for line, column in (start, end))
        data = data[:at] + new.encode() + data[to:]
    return data.decode()


def _squeezed(text):
    """At most two empty lines in a row, and none at the end."""
    lines, empty = [], 0
    for line in text.splitlines():
        empty = 0 if line.strip() else empty + 1
        if empty <= 2:
            lines.append(line.rstrip())
    return "\n".join(lines).strip("\n") + "\n"


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m raftlab.lessons.learners",
        description="Write the project as learners get it: without the answers.",
    )
    parser.add_argument("folder", help="where to; new or empty")
    given = parser.parse_args(arguments)
    print("All known wrong answers are judged once, which takes about a minute ...", flush=True)
    try:
        count = write(given.folder)
    except (Impossible, OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count} files. Next: hand out {given.folder}; learners run python3 run.py lab in it")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

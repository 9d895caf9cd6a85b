"""A whole course through nbgrader, in a process of its own: `python nbgrader_course.py grade`, in
the folder of the course.

nbgrader's programs take seconds to start, and there is an assignment for each notebook and four
submissions to each; so they are asked by their Python names here, with the course's own
configuration, and what they say is printed as JSON.

    release      all assignments are generated, twice; whether the bytes were the same
    grade        autograde, generate_feedback and export; what nbgrader validates is told, too
"""

import json
import sys
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from nbgrader.apps.exportapp import ExportApp
from nbgrader.validator import Validator
from traitlets.config import PyFileConfigLoader

VALIDATED = ("right", "empty")  # it executes a notebook once more, which is what all this costs


def assignments():
    return sorted(path.name for path in Path("source").iterdir())


def done(result):
    """What the API did, which catches all errors and tells them."""
    assert result["success"], result.get("error") or result.get("log")


def held(folder):
    return {path.name: path.read_bytes() for path in Path("release", folder).iterdir()}


def release(api):
    same = {}
    for name in assignments():
        done(api.generate_assignment(name, create=True))
        first = held(name)
        done(api.generate_assignment(name, force=True))
        same[name] = first == held(name)
    return same


def grade(api, config):
    validated = {}
    for name in assignments():
        for path in sorted(Path("submitted").glob(f"*/{name}")):
            student = path.parent.name
            done(api.autograde(name, student))
            done(api.generate_feedback(name, student))
            if student in VALIDATED:
                told = Validator(config=config).validate(str(path / f"{name}.ipynb"))
                validated[f"{student}/{name}"] = [
                    one["source"] for kind in told.values() for one in kind
                ]
    export = ExportApp.instance(config=config)
    export.initialize([])
    export.start()
    return {"validated": validated, "grades": list(grades(api))}


def grades(api):
    """(student, assignment, graded cell, its points or None, whether a person is to mark it)."""
    with api.gradebook as book:
        for assignment in book.assignments:
            for submission in book.assignment_submissions(assignment.name):
                for grade in (grade for each in submission.notebooks for grade in each.grades):
                    yield (submission.student_id, assignment.name, grade.cell.name,
                           grade.auto_score, bool(grade.needs_manual_grade))  # fmt: skip


if __name__ == "__main__":
    config = PyFileConfigLoader("nbgrader_config.py", path=".").load_config()
    api = NbGraderAPI(config=config)
    print("\n" + json.dumps(release(api) if sys.argv[1] == "release" else grade(api, config)))

"""What a raftlab says to answers that come from outside of it, as lines of JSON: run by
test_learners.py on the whole package and on the learners' edition.

    python tests/learners_outside.py ANSWERS ID …      with the raftlab to be asked on PYTHONPATH

ANSWERS is a folder with copies of `parts/`, `own_reference.py` and `redis_rules.py` of the whole
package. They are imported from there as modules of their own, so that what is handed over is no
part of the raftlab that judges it, as with a learner's cell.
"""

import importlib
import json
import pkgutil
import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import exercise as exercises
from raftlab.lessons import kept
from raftlab.lessons.rubric import RUBRICS

kept.missed = cache(kept.missed)  # else each answer is compared with each by judging both


def answers_of(folder):
    """{id: the whole exercise}, imported from copies."""
    for found in pkgutil.walk_packages(rl.__path__, "raftlab."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "raftlab" and not name.startswith("raftlab.lessons.parts"):
            sys.modules["outside" + name.removeprefix("raftlab")] = module
    lessons = sys.modules["raftlab.lessons"]
    there = {name: getattr(lessons, name) for name in ("own_reference", "redis_rules")}
    for name in there:
        spec = spec_from_file_location(f"outside.lessons.{name}", folder / f"{name}.py")
        sys.modules[spec.name] = module = module_from_spec(spec)
        spec.loader.exec_module(module)
        setattr(lessons, name, module)
    parts = ModuleType("outside.lessons.parts")
    parts.__path__ = [str(folder / "parts")]
    sys.modules[parts.__name__] = parts
    entries = (exercises.EXERCISES, RUBRICS)
    before = [dict(one) for one in entries]
    for one in entries:
        one.clear()
    for path in sorted((folder / "parts").glob("[!_]*.py")):
        importlib.import_module(f"{parts.__name__}.{path.stem}")
    found = dict(exercises.EXERCISES)
    for one, held in zip(entries, before, strict=True):
        one.clear()
        one.update(held)
    for name, module in there.items():
        setattr(lessons, name, module)
    return found


def said(task, given, seed=0, looks=False):
    """All that a verdict says, and which run shows it if one `looks` for it, which takes long."""
    try:
        verdict = rl.check(task.id, given, seed).verdict
    except Impossible as error:
        return {"refused": str(error)}
    missed, run = (verdict.missed, verdict.run) if looks else (None, None)
    return {
        "level": verdict.level, "told": verdict.told, "points": [verdict.points, verdict.of],
        "parts": [[part.name, part.points, part.told] for part in verdict.parts],
        "run": run and run.digest(), "position": run and run.position,
        "seen": missed and missed.seen, "text": repr(rl.check(task.id)) if task.poses else "",
    }  # fmt: skip


def handed(task, whole):
    """(name, answer) of all that is handed over."""
    starter = exercises._starter_of(task, whole.reference)
    yield "starter", task.starter if isinstance(whole.reference, str) else starter
    yield "reference", whole.reference
    for name, wrong in whole.wrong.items():
        yield f"wrong: {name}", wrong.answer


def main(folder, *ids):
    known = dict(exercises.known())
    outside = answers_of(Path(folder))
    for id in ids:
        looks = True  # until one has been seen
        for name, given in handed(known[id], outside[id]):
            told = said(known[id], given, looks=looks)
            looks = looks and not told.get("run")
            print(json.dumps([id, name, told]), flush=True)
        later = said(known[id], outside[id].reference, 1)
        print(json.dumps([id, "seed 1", later]), flush=True)
        try:
            answer = repr(rl.answer(id))
        except Impossible as error:
            answer = {"refused": str(error)}
        print(json.dumps([id, "answer", answer]), flush=True)
        print(json.dumps([id, "hint", repr(rl.hint(id))]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

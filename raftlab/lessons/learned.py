"""What a learner has answered, in a small file of their own that they can see, export and delete.

`.raftlab-progress.json` in the working directory of the notebook, unless the environment's
RAFTLAB_PROGRESS names another; "off" keeps nothing. Only an answer writes it. It holds the answers
in their order and nothing else: no name, no time, no machine; and it goes nowhere.

Several notebooks may be open: each answer is added to what the file holds by then, under a lock,
and the file is replaced whole, so that it is never half written.
"""

import json
import os
from contextlib import contextmanager
from pathlib import Path

from ..core import Impossible
from ..sim.notice import tell

FILE = ".raftlab-progress.json"
_FORMAT = 1


def place():
    """The path of the file, or None if nothing is to be kept."""
    named = os.environ.get("RAFTLAB_PROGRESS") or FILE
    return None if named == "off" else Path(named)


def keep(asked, **answer):
    """Add one answer to a question of the sort `asked`: "predict", "recall", "quiz", "exercise"…
    What comes back is "", or why it could not be kept: an answer must not fail for that."""
    path = place()
    if path is None:
        return ""
    try:
        with _alone(path):
            _write(path, [*answers(path), {"asked": asked, **answer}])
    except OSError as error:
        return f"The answer counts, but it could not be kept in {path}: {error.strerror or error}"
    return ""


def answers(path=None):
    """All answers kept so far, in their order. A damaged file is put aside, and that is said."""
    path = path or place()
    try:
        held = json.loads(path.read_text("utf-8")) if path else {"answers": []}
        found = held["answers"]
        if not all(isinstance(one, dict) and isinstance(one["asked"], str) for one in found):
            raise ValueError
        return found
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError):
        aside = _free_name(path)
        os.replace(path, aside)
        tell(f"{path} was damaged. It is kept as {aside.name}, and a new one begins.", "Progress")
        return []


def forget():
    """Delete the file; what comes back says whether there was one."""
    path = place()
    if path is None or not path.exists():
        return "Nothing was kept, so nothing is deleted."
    path.unlink()
    _lock_of(path).unlink(missing_ok=True)
    return f"{path} is deleted."


def write_to(path, answers):
    """Write answers as a file of the same form elsewhere."""
    path = Path(path)
    if path.is_dir():
        raise Impossible(f"{path} is a folder; name a file in it, such as {path / 'progress.json'}")
    try:
        _write(path, answers)
    except OSError as error:
        raise Impossible(f"{path} cannot be written: {error.strerror or error}") from None


def _write(path, answers):
    text = json.dumps({"raftlab": _FORMAT, "answers": answers}, ensure_ascii=False, indent=1)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(text + "\n", "utf-8")
    os.replace(new, path)


def _free_name(path):
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    return aside


def _lock_of(path):
    return path.with_name(path.name + ".lock")


@contextmanager
def _alone(path):
    """Nobody else adds to the file meanwhile. The system gives the lock back if we die."""
    with open(_lock_of(path), "a+b") as lock:
        try:
            import fcntl
        except ImportError:  # Windows
            import msvcrt

            lock.seek(0)
            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""What leaves a lab as a text or a file, and how such a text comes back in: the pane "Keep"."""

import warnings

import raftlab

from ..core import Impossible
from ..scenarios import find, played, text_of
from ..sim import compact, record
from .histories import TRAVEL
from .replay import replay
from .scenarios import note_of


def kept(lab, ask):
    """What the pane asks for, by its `kind`: {"text", "name" of a file, "told"}, or {"error"}."""
    run = lab.here()
    stem = f"{run.about.get('protocol', 'cluster')}-seed-{run.state.config.seed}"
    stem = "".join(letter if letter.isalnum() else "-" for letter in stem)
    try:
        text, kind, told = _KINDS[ask["kind"]](run)
    except Impossible as error:
        return {"error": str(error)}
    return {"text": text, "name": f"{stem}.{kind}", "told": told}


def _code(run):
    text = run.code()
    if len(run.branches) == 1:
        told = ""
    elif text == run.code(True):
        told = f"all {len(run.branches)} branches are in it"
    else:
        told = f"of {len(run.branches)} branches the present one is in it; a file has them all"
    return text, "txt", told


def _scenario(run):
    return text_of(run), "txt", "the present branch, from the boot to this event"


def _history(run):
    branches = len(run.branches)
    return run.dump(), "json", f"all {branches} branches" if branches > 1 else "all that happened"


def _replay(run):
    return replay(run).html, "html", "it plays in any browser, without a kernel or a network"


_KINDS = {"code": _code, "scenario": _scenario, "history": _history, "replay": _replay}


def open_text(lab, text):
    """Put the run that `text` holds on the lab's stage: a compact text, a scenario (or the name
    of one), or a history. Impossible, with the reason, if it is none; undo brings back what was
    there."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        run = opened(text, lab.run)
    lab.show(run, note_of(run))
    branches = len(run.branches)
    told = [f"Opened: event {run.position} of {len(run)}"
            + (f", {branches} branches." if branches > 1 else ".")]  # fmt: skip
    told += [f"But {warning.message}." for warning in heard]
    lab._say(" ".join([*told, "Undo brings back what was here."]))
    lab.stage.patch = lab._whole()  # with what is said


TRAVEL["open"] = open_text


def opened(text, like):
    """The history that `text` holds. A node class of somebody's own is taken from `like`, a
    history of the same protocol."""
    text = text.strip()
    kind, name = type(like.state.hosts[0].node), like.about.get("protocol")

    def make(about):
        try:
            return raftlab._made(about)
        except Impossible:
            if about.get("protocol") != name:
                raise
            return raftlab._made(about, kind)

    if text.startswith("{"):
        return record.load(text, make)
    if compact.is_compact(text):
        return compact.load(text, make)
    if "\n" not in text and not text.startswith("cluster ") and text.endswith(".txt"):
        raise Impossible("that is a file's name; choose the file instead, or paste what is in it")
    if not text or ("\n" not in text and " " in text and not text.startswith("cluster ")):
        raise Impossible(
            "there is no run in this: paste a compact text (rl1.…), a scenario (it says: cluster "
            "raft …) or a history (run.save)"
        )
    found = find(text)
    mine = found.about.get("protocol") == name and raftlab.name_of(kind) is None
    done = played(found, kind if mine else None)
    done.run.goto(done.begin)
    return done.run

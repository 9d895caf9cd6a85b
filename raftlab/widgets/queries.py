"""What the stage wants to know and cannot tell from its track: questions that change nothing."""

from ..core import Impossible
from ..sim import reasons
from . import histories, shelf
from .keep import kept


def _why(lab, ask):
    """Why an entry, a server or a message is as it is at the event that the stage shows."""
    steps, position = lab.shown(ask["at"])
    if ask["of"] == "entry":
        found = reasons.of_entry(steps, position, ask["node"], ask["index"])
    elif ask["of"] == "node":
        found = reasons.of_node(steps, position, ask["node"])
    else:
        found = reasons.of_message(steps, position, ask["place"])
    return {"reasons": [{"text": reason.text, "at": reason.at} for reason in found]}


def _still(lab, ask):
    """The stage has come to rest: time to renew what a saved notebook shows."""
    return lab.still.renew()


# What is asked → a function from the lab and the ask to the answer, a dict for JSON.
QUERIES = {
    "why": _why, "tree": histories.tree, "compare": histories.comparison,
    "catalog": shelf.catalogued, "command": shelf.judged, "keep": kept, "still": _still,
}  # fmt: skip


def answer(lab, ask):
    """The answer to `ask`, whose "what" names the question."""
    work = QUERIES.get(ask["what"])
    if work is None:
        raise Impossible(f"the lab cannot answer {ask['what']!r}")
    return work(lab, ask)

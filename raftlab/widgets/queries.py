"""What the stage wants to know and cannot tell from its track: questions that change nothing."""

from ..core import Impossible

# What is asked → a function from the lab and the ask to the answer, a dict for JSON.
QUERIES = {}


def answer(lab, ask):
    """The answer to `ask`, whose "what" names the question."""
    work = QUERIES.get(ask["what"])
    if work is None:
        raise Impossible(f"the lab cannot answer {ask['what']!r}")
    return work(lab, ask)

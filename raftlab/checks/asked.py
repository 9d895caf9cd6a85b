"""What is asked of a search, before it begins: a slip is answered in words, not by a traceback."""

from ..core import ClientReply, ClientRequest, Impossible, nearest
from .bounds import BOUNDS

_WAYS = ("by", "cut", "duplicates", "symmetry", "walks", "steps", "seed", "states", "depth")
_LOOKS = ("against", "until", "always", "sometimes")
_AROUND = ("servers", "executor", "progress", "stages")  # what `rl.explore` takes besides


def refuse_slips(bounds, until, always, sometimes, **counts):
    """Raise Impossible for a bound that does not exist, a goal that nobody can call, predicates
    without names, or a count that is none."""
    for name in bounds:
        if name not in BOUNDS:
            known = (*BOUNDS, *_WAYS, *_LOOKS)
            near = nearest(name, (*known, *_AROUND))
            hint = f"did you mean {near[0]!r}? There" if near else "there"
            raise Impossible(f"a search has no option {name!r}; {hint} are {', '.join(known)}")
    if until is not None and not callable(until):
        raise Impossible(
            f"until is a goal, such as lambda state: state.leader == 'S1', not {until!r}"
        )
    for name, held in (("always", always), ("sometimes", sometimes)):
        if held is not None and not (isinstance(held, dict) and all(map(callable, held.values()))):
            raise Impossible(
                f'{name} is {{name: predicate}}, such as {{"a leader": lambda state: state.leader}}'
                f", not {held!r}"
            )
    refuse_counts(**counts)


def refuse_counts(**counts):
    """Raise Impossible for a count that is none (but `depth` may be None, without end)."""
    for name, held in counts.items():
        # Walks that are shared out are known by their numbers.
        fits = (name == "depth" and held is None) or (name == "walks" and type(held) is range)
        if not fits and (type(held) is not int or held < 0):
            raise Impossible(f"{name} is a whole number from 0, not {held!r}")


def refuse_unknown_kinds(kinds, state):
    """Raise Impossible for a kind of late message that no server of `state` sends. A class of
    one's own need not say what it sends; then any word may be right."""
    servers = [type(state[id]) for id in state.config.servers]
    if not all(hasattr(kind, "messages") for kind in servers):
        return
    sent = [message for kind in servers for message in kind.messages]
    sent += [type(envelope.message) for envelope in state.network]
    sent += [ClientRequest, ClientReply] if state.config.clients else []
    known = list(dict.fromkeys(message.__name__ for message in sent))
    for kind in kinds:
        if kind not in known:
            near = nearest(kind, known)
            hint = f"did you mean {near[0]!r}? There" if near else "there"
            raise Impossible(
                f"late names {kind!r}, a kind of message that nobody sends; {hint} are "
                f"{', '.join(known)}"
            )

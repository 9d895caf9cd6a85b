"""What the network does to a message, and the dials that decide it.

The network may lose, delay, double and reorder; it never alters a message. All times in ms.
"""

from bisect import insort_right
from operator import attrgetter

from ..core import Envelope, Impossible, replace, value
from .chance import draw
from .state import unknown
from .story import message_name, stable


@value
class Dials:
    """`latency` + up to `jitter` ms one way; `loss` and `duplicate` as probabilities."""

    latency: float = 10.0
    jitter: float = 10.0
    loss: float = 0.0
    duplicate: float = 0.0

    def turned(self, name, setting):
        """These dials with one of them set, or an error that names them."""
        if name not in DIALS:
            raise Impossible(f"there is no dial {name!r}; there are {', '.join(DIALS)}")
        high = 1 if name in ("loss", "duplicate") else 60_000
        if not isinstance(setting, (int, float)) or not 0 <= setting <= high:
            raise Impossible(f"{name} must be a number from 0 to {high}, not {setting!r}")
        return replace(self, **{name: float(setting)})


DIALS = Dials.__match_args__


_deliver_at = attrgetter("deliver_at")

# Draws of one step: the first few for its timers, then three for each message.
TIMER_DRAWS, _DELAY, _LOSS, _DOUBLING, _PER_MESSAGE = 8, 0, 1, 2, 3


def posted(state, network, luck, step_no, now, src, sends):
    """`network`, the messages in flight, and `sends` that `src` sends now; earliest first.

    Three draws belong to each message (delay, loss, doubling) whether or not a dial asks
    for them. A message on a cut link, or lost by chance, still travels: it is seen to
    vanish when it is due, as nobody knows earlier in a real network either.
    """
    flying = list(network)
    cuts, places, dials = state.cuts, state.config.places, state.dials
    latency, jitter, loss, duplicate = dials.latency, dials.jitter, dials.loss, dials.duplicate
    at = TIMER_DRAWS
    for send in sends:
        dst, message = send.dst, send.message
        if dst not in places:
            raise Impossible(unknown(state.config, dst))
        due = now + latency
        if jitter:
            due += jitter * draw(luck, at + _DELAY)
        due = round(due, 3)
        fate = None
        if cuts and (src, dst) in cuts:
            fate = "cut"
        elif loss and draw(luck, at + _LOSS) < loss:
            fate = "loss"
        insert(flying, Envelope(src, dst, message, now, due, step_no, fate))
        if duplicate and draw(luck, at + _DOUBLING) < duplicate:
            due = round(due + latency + jitter, 3)
            insert(flying, Envelope(src, dst, message, now, due, step_no, fate))
        at += _PER_MESSAGE
    return tuple(flying)


def insert(flying, envelope):
    """Put `envelope` in its place in a list ordered by arrival; ties keep their order."""
    insort_right(flying, envelope, key=_deliver_at)


def find(network, action):
    """The place in `network` of the message that `action` names, or an error that helps."""
    src, dst, message, nth = action.src, action.dst, action.message, action.nth
    for at, envelope in enumerate(network):
        if envelope.src == src and envelope.dst == dst:
            if envelope.message is message or envelope.message == message:
                if not nth:
                    return at
                nth -= 1
    for envelope in network:
        if (envelope.src, envelope.dst) == (src, dst) and type(envelope.message) is type(message):
            if apart := _apart(message, envelope.message):
                raise Impossible(f"in flight is {message_name(message)} {src}→{dst} with {apart}")
    there = [f"{message_name(e.message)} {e.src}→{e.dst}" for e in network]
    raise Impossible(
        f"no {message_name(message)} {src}→{dst} with that content is in flight; "
        + (f"there {'is' if len(there) == 1 else 'are'} {', '.join(there)}" if there
           else "nothing is in flight now")
    )  # fmt: skip


def _apart(asked, there):
    """The fields in which a message differs from the one asked for: "term 2, not 1"."""
    return ", ".join(
        f"{name} {stable(getattr(there, name))}, not {stable(getattr(asked, name))}"
        for name in getattr(type(asked), "__match_args__", ())
        if getattr(there, name) != getattr(asked, name)
    )


def named(state, kind, src, dst, nth=0):
    """The (nth) message called `kind` in flight on the link src→dst, or an error that helps."""
    kind = kind if isinstance(kind, str) else type(kind).__name__
    there = [e for e in state.network if e.src == src and e.dst == dst]
    fits = [e for e in there if message_name(e.message) == kind]
    if not isinstance(nth, int) or not 0 <= nth < len(fits):
        state.host(src), state.host(dst)
        flying = ", ".join(message_name(e.message) for e in there) or "nothing"
        raise Impossible(f"no such {kind} is in flight {src}→{dst}; in flight there: {flying}")
    return fits[nth]


def whole_groups(config, groups):
    """The groups as tuples, with the servers that none of them names as one more group."""
    listed = isinstance(groups, (tuple, list)) and all(isinstance(g, (tuple, list)) for g in groups)
    named = [id for group in groups for id in group] if listed else [None]
    if not all(isinstance(id, str) for id in named):
        raise Impossible(f'a partition is groups of node ids, like (("S1", "S2"),), not {groups!r}')
    groups = [tuple(group) for group in groups]
    for id in named:
        if id not in config.places:
            raise Impossible(unknown(config, id))
        if named.count(id) > 1:
            raise Impossible(f"{id} stands in two groups; a node belongs to one")
    if not all(groups) or not groups:
        raise Impossible("a group is empty; name at least one server in each")
    rest = tuple(id for id in config.servers if id not in named)
    if rest:
        groups.append(rest)
    if len(groups) < 2:
        raise Impossible("one group of everybody is no partition; leave some servers out of it")
    return groups

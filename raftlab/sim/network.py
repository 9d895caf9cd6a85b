"""What the network does to a message, and the dials that decide it.

The network may lose, delay, double and reorder; it never alters a message. All times in ms.
"""

from ..core import Envelope, Impossible, replace, value
from .chance import draw


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


def posted(network, dials, cuts, chance, step_no, now, src, sends):
    """The messages in flight after `src` has sent `sends`, earliest first.

    Three draws belong to each message (delay, loss, doubling) whether or not a dial asks
    for them. A message on a cut link, or lost by chance, still travels: it is seen to
    vanish when it is due, as nobody knows earlier in a real network either.
    """
    flying = list(network)
    for nth, send in enumerate(sends):
        at = 3 * nth
        delay = dials.latency
        if dials.jitter:
            delay += dials.jitter * draw(chance, step_no, at)
        fate = None
        if cuts and (src, send.dst) in cuts:
            fate = "cut"
        elif dials.loss and draw(chance, step_no, at + 1) < dials.loss:
            fate = "loss"
        due = round(now + delay, 3)
        insert(flying, Envelope(src, send.dst, send.message, now, due, step_no, fate))
        if dials.duplicate and draw(chance, step_no, at + 2) < dials.duplicate:
            due = round(due + dials.latency + dials.jitter, 3)
            insert(flying, Envelope(src, send.dst, send.message, now, due, step_no, fate))
    return tuple(flying)


def insert(flying, envelope):
    """Put `envelope` in its place in a list ordered by arrival; ties keep their order."""
    at, due = len(flying), envelope.deliver_at
    while at and flying[at - 1].deliver_at > due:
        at -= 1
    flying.insert(at, envelope)


def find(network, action):
    """The place in `network` of the message that `action` names, or an error that helps."""
    src, dst, message, nth = action.src, action.dst, action.message, action.nth
    for at, envelope in enumerate(network):
        if envelope.src == src and envelope.dst == dst:
            if envelope.message is message or envelope.message == message:
                if not nth:
                    return at
                nth -= 1
    there = [f"{type(e.message).__name__} {e.src}→{e.dst}" for e in network]
    raise Impossible(
        f"no {type(message).__name__} {src}→{dst} with that content is in flight; "
        + (f"there {'is' if len(there) == 1 else 'are'} {', '.join(there)}" if there
           else "nothing is in flight now")
    )  # fmt: skip

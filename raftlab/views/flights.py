"""The ways of messages in a stretch of a run, and which of them are only heartbeats."""

from ..core import Deliver, Drop, Fire
from ..sim import begun, is_interesting
from ..sim.network import find
from . import text


class Flight:
    """A message's way: who sent it when (ms), and what became of it: "arrives", "lost" or
    "under way" at `ended` ms, in step `position` (None while under way)."""

    __slots__ = ("envelope", "fate", "ended", "position")

    def __init__(self, envelope, fate, ended, position):
        self.envelope = envelope
        self.fate = fate
        self.ended = ended
        self.position = position


def flights(steps, first, last, heartbeats=True):
    """Every message that arrived or was lost in a step behind `first` up to `last`, and those
    still under way then, as a list of Flight. Without `heartbeats` those are left out that
    change nothing where they arrive, and the answers to them."""
    found = []
    for position in range(first + 1, last + 1):
        action = begun(steps[position].action)
        if type(action) in (Deliver, Drop):
            network = steps[position - 1].state.network
            envelope = network[find(network, action)]
            if heartbeats or not _beats(steps, envelope) or is_interesting(steps, position):
                fate = "arrives" if type(action) is Deliver else "lost"
                found.append(Flight(envelope, fate, steps[position].state.time, position))
    now = steps[last].state
    for envelope in now.network:
        if heartbeats or not _beats(steps, envelope):
            found.append(Flight(envelope, "under way", now.time, None))
    return found


def shown_steps(steps, first, last, heartbeats, ways):
    """The steps of a diagram with these `ways`: without `heartbeats` not those that are only
    about heartbeats, unless they send one of the ways."""
    if heartbeats:
        return list(range(first, last + 1))
    senders = {way.envelope.sent_step - steps[0].state.step_no for way in ways}
    return [i for i in range(first, last + 1) if i in senders or not is_beat(steps, i)]


def is_beat(steps, i):
    """Whether a step is only about heartbeats: sending, hearing or losing one, which changes
    nothing but timers."""
    action = steps[i].action
    if type(action) in (Deliver, Drop):
        network = steps[i - 1].state.network
        beats = _beats(steps, network[find(network, action)])
    else:
        beats = type(action) is Fire and action.timer == "heartbeat"
    return beats and not is_interesting(steps, i)


def _beats(steps, envelope):
    """Whether a message is a heartbeat or the answer to one."""
    if text.glyph_of(envelope.message) == "heartbeat":
        return True
    sent = envelope.sent_step - steps[0].state.step_no
    cause = steps[sent].action if 0 <= sent < len(steps) else None
    answers = text.glyph_of(envelope.message) == "ack" and type(cause) is Deliver
    return answers and text.glyph_of(cause.message) == "heartbeat"

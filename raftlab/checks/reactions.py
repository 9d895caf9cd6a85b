"""What a node of a compiled cluster does: each reaction computed once, from numbers to numbers.

A node's handler is a pure function of (its state, its input). Local states and messages get
numbers by their content, so the handler runs once for each pair that ever meets and is looked up
from then on. Hosts are named by their place; an *event* of a host is ("m", message), ("t",
timer), ("r", request), ("reboot",), ("torn", event, groups written) or ("up",).
"""

from ..core import (
    REFUSALS,
    CancelTimer,
    ClientReply,
    Crash,
    CrashDuring,
    Deliver,
    Fire,
    Impossible,
    Note,
    Request,
    Respond,
    Restart,
    Send,
    SetTimer,
    copied,
)
from ..sim.hardware import crash_points
from ..sim.state import DOWN, PAUSED, UP, Host
from .ghosts import Ghosts
from .invariants import Verdict
from .keys import Keys

RAISES = "handlers_never_raise"


class Raised(Exception):
    """A node's handler raised; its own exception is the `__cause__`. `trail` are the events that
    led to it within one step of a search: [(place of the host, event)]."""

    def __init__(self, at, event):
        super().__init__(at, event)
        self.trail = [(at, event)]

    def verdict(self, ids):
        who, error = ids[self.trail[-1][0]], self.__cause__
        told = f"{who}'s handler raises {type(error).__name__}: {error}"
        return Verdict(RAISES, False, 0, told, (who,))


class Local:
    """What one host is: its node, the names of the timers that run, up or down; and the number
    of what the properties can see of it."""

    __slots__ = ("node", "timers", "mode", "shows")

    def __init__(self, node, timers, mode, shows):
        self.node = node
        self.timers = timers
        self.mode = mode
        self.shows = shows


class Reactions:
    """Local states and messages of each host by number, and what comes of them."""

    def __init__(self, state, known, bounds, properties, against):
        self.config = state.config
        self.dials = state.dials
        self.cuts = state.cuts
        self.bounds = bounds
        self.keys = Keys()
        self.ids = (*state.config.servers, *state.config.clients)
        self.places = state.config.places
        self.ghosts = Ghosts(self, known, properties, against)
        # For each host, by number:
        self.locals = [[] for _ in self.ids]
        self.messages = [[] for _ in self.ids]  # (sender, message) addressed to it
        self._local_numbers = [{} for _ in self.ids]
        self._message_numbers = [{} for _ in self.ids]
        self._reactions = [{} for _ in self.ids]

    # -- numbers for things --

    def local(self, at, node, timers, mode):
        key = (mode, timers, self.keys.of_node(node))
        number = self._local_numbers[at].get(key)
        if number is None:
            number = self._local_numbers[at][key] = len(self.locals[at])
            self.locals[at].append(Local(node, timers, mode, self.ghosts.shown(node)))
        return number

    def message(self, at, src, message):
        key = (src, self.keys.of(message))
        numbers = self._message_numbers[at]
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(self.messages[at])
            self.messages[at].append((src, message))
        return number

    # -- what a handler does --

    def react(self, at, local, event):
        """(local state after, ((receiver, message) …), answers), or None if nothing comes of
        it or a bound forbids it. Remembered."""
        reactions = self._reactions[at]
        key = (local, event)
        if key not in reactions:
            try:
                reactions[key] = self._react(at, self.locals[at][local], local, event)
            except Impossible:
                raise
            except Exception as error:
                raise Raised(at, event) from error
        return reactions[key]

    def _react(self, at, host, local, event):
        if host.mode == PAUSED or (host.mode == DOWN and event[0] != "up"):
            return None
        node = host.node.clone()
        effects, timers = self._handled(at, node, host.timers, event)
        sends, answers = [], []
        for effect in effects:
            kind = type(effect)
            if kind is Note:
                continue
            if kind is Send:
                sends.append(self._sent(node, effect.dst, effect.message))
            elif kind is SetTimer:
                timers = timers | {effect.name}
            elif kind is CancelTimer:
                timers = timers - {effect.name}
            elif kind is Respond:
                asked = effect.request
                answers.append(((asked.command, asked.client, asked.serial), effect.result))
                if asked.client in self.places:
                    reply = ClientReply(asked.serial, effect.result)
                    sends.append(self._sent(node, asked.client, reply))
        node.outbox = ()
        seen = node.observation()
        if seen.term is not None and self.bounds.terms and seen.term > self.bounds.terms:
            return None
        after = self.local(at, node, timers, UP)
        if after == local and not sends and all(type(a[1]) in REFUSALS for a in answers):
            return None
        return after, tuple(sends), tuple(answers)

    def _sent(self, node, dst, message):
        if dst not in self.places:
            raise Impossible(f"{node.id} sends to {dst!r}, which does not exist")
        message = message if node.replaces_values else copied(message)
        return self.places[dst], self.message(self.places[dst], node.id, message)

    def _handled(self, at, node, timers, event):
        """(the effects of an event, the timers that run on); `node` is changed."""
        match event:
            case ("m", number):
                src, message = self.messages[at][number]
                message = message if node.replaces_values else copied(message)
                return node.receive(src, message), timers
            case ("t", timer):
                return node.fire(timer), timers - {timer}
            case ("r", number):
                command, client, serial = self.bounds.requests[number]
                command = command if node.replaces_values else copied(command)
                return node.request(command, client, serial), timers
            case ("reboot",):
                return _rebooted(node, node.on_disk())
            case ("torn", inner, written):
                disk, after = node.on_disk(), node.clone()
                self._handled(at, after, timers, inner)
                groups, _ = crash_points(Host(node), after)
                held = after.on_disk()
                disk |= {name: held[name] for group in groups[:written] for name in group}
                return _rebooted(node, disk)
        return node.boot(), frozenset()

    def actions(self, at, event):
        """What to do to a real cluster for `event` to happen to the host at place `at`."""
        id = self.ids[at]
        match event:
            case ("m", number):
                src, message = self.messages[at][number]
                return (Deliver(src, id, message),)
            case ("t", timer):
                return (Fire(id, timer),)
            case ("r", number):
                return (Request(id, *self.bounds.requests[number]),)
            case ("reboot",):
                return (Crash(id), Restart(id))
            case ("torn", inner, written):
                return (CrashDuring(self.actions(at, inner)[0], written), Restart(id))
        return (Restart(id),)


def _rebooted(node, disk):
    """(effects, timers) of `node` crashing with `disk` on its disk and starting again."""
    fresh = node.reborn(disk)
    node.__dict__.clear()
    node.__dict__.update(fresh.__dict__)
    return node.boot(), frozenset()

"""Everything a node can ask for, and everything that can happen to it.

A node never sends, waits or draws lots itself. It puts *effects* in its outbox, and the
cluster carries them out. What the cluster does is one of a closed list of *actions*: the
same list is a search's alphabet, a scenario's verbs, a history's records and a learner's
buttons. Times are in milliseconds.
"""

from typing import Any

from .values import record, value

# -- effects: what a node asks for --------------------------------------------------------


@record
class Send:
    """Send `message` to `dst`; it may be late, lost, doubled or overtaken."""

    dst: str
    message: Any


@record
class SetTimer:
    """(Re)start the timer `name`: it fires once, after a time drawn from [low, high) ms."""

    name: str
    low: float
    high: float


@record
class CancelTimer:
    """Stop the timer `name`, whether or not it runs."""

    name: str


@record
class Respond:
    """Answer `request` with `result`: the service's word to its client."""

    request: "ClientRequest"
    result: Any


class Note(tuple):
    """A fact worth telling: which rule decided, on which facts.

    Words are made only when somebody reads them: `code` picks a sentence from the node
    class's `says` table and `facts` fill its gaps. It is one tuple, (code, *facts), because
    a history keeps more notes than anything else.
    """

    __slots__ = ()

    def __new__(cls, code, facts=()):
        return tuple.__new__(cls, (code, *facts))

    def __getnewargs__(self):
        return self.code, self.facts

    @property
    def code(self):
        return self[0]

    @property
    def facts(self):
        return self[1:]

    def __repr__(self):
        return f"Note({self.code!r}, {self.facts!r})"


# -- between clients and servers ----------------------------------------------------------


@value
class ClientRequest:
    """A client's command. (client, serial) names it, so a repeat can be recognised (§8)."""

    client: str | None
    serial: int
    command: Any


@value
class ClientReply:
    """The answer to the request `serial`."""

    serial: int
    result: Any


@value
class NotLeader:
    """The result a server gives when it cannot take a request: ask `leader_id` (§8)."""

    leader_id: str | None


@value
class Superseded:
    """The result for a request whose log slot went to another entry: it did not happen."""

    index: int


@value
class Refused:
    """The result for a request that a server will not carry out: it did not happen, and why."""

    why: str


REFUSALS = (NotLeader, Superseded, Refused)  # results that say: it surely did not happen


# -- actions: what can happen -------------------------------------------------------------
# A message in flight is named by its content, not by a running number, so that a stored
# schedule still fits after the code has changed. `nth` tells equal messages on one link
# apart: 0 is the one due first.


@record
class Deliver:
    src: str
    dst: str
    message: Any
    nth: int = 0


@record
class Drop:
    src: str
    dst: str
    message: Any
    nth: int = 0


@record
class Duplicate:
    src: str
    dst: str
    message: Any
    nth: int = 0


@record
class Delay:
    """Put a message in flight off by `ms` more milliseconds."""

    src: str
    dst: str
    message: Any
    nth: int
    ms: float


@record
class Fire:
    node: str
    timer: str


@record
class Request:
    """The outside world asks `node` (a server, or a client that knows the servers)."""

    node: str
    command: Any
    client: str | None = None
    serial: int = 0


@record
class Crash:
    """All but the node's `persistent` fields is lost."""

    node: str


@record
class Restart:
    node: str


@record
class CrashDuring:
    """The node crashes in the middle of `action` (a Deliver, Fire, Request or Restart).

    Of the groups of persistent fields that `action` changes (`Node.writes`), the first
    `written` are on disk and the others are as they were; nothing was sent, no timer set.
    """

    action: Any
    written: int = 0


@record
class Unsync:
    """The node's disk lies from now on: it acknowledges what is written and only caches it.
    A crash brings back what was on it when it began to lie."""

    node: str


@record
class Sync:
    """The node's disk writes down what it has cached, and lies no longer."""

    node: str


@record
class Wipe:
    """A crashed node loses its disk as well; its settings stay."""

    node: str


@record
class Drift:
    """From now on the node's clock runs `rate` times as fast as time does (1: right)."""

    node: str
    rate: float


@record
class Rearm:
    """The node's running timer `timer` now runs out in `ms` ms, whatever time it had left."""

    node: str
    timer: str
    ms: float


@record
class Pause:
    """The process stands still (garbage collection, SIGSTOP) and forgets nothing."""

    node: str


@record
class Resume:
    node: str


@record
class Partition:
    """Only nodes of one group can talk; a client in no group reaches everybody."""

    groups: tuple


@record
class Cut:
    """Messages from `src` to `dst` no longer arrive; the other direction still works."""

    src: str
    dst: str


@record
class Heal:
    """Mend every cut, or only that from `src` to `dst`."""

    src: str | None = None
    dst: str | None = None


@record
class Tune:
    """Turn a dial of the network or of every node's timing."""

    dial: str
    setting: Any


@record
class Wait:
    """Nothing happens until `until` (ms)."""

    until: float


ON_MESSAGES = (Deliver, Drop, Duplicate, Delay)
ACTIONS = {
    cls.__name__: cls
    for cls in (
        *ON_MESSAGES, Fire, Request, Crash, Restart, Pause, Resume,
        Partition, Cut, Heal, Tune, Wait, CrashDuring, Unsync, Sync, Wipe, Drift, Rearm,
    )
}  # fmt: skip


@record
class Envelope:
    """A message in flight, due at `deliver_at` ms.

    `fate` is None, or why the network will lose it: "loss" or "cut". `sent_step` is the
    number of the step that sent it.
    """

    src: str
    dst: str
    message: Any
    sent_at: float
    deliver_at: float
    sent_step: int
    fate: str | None = None

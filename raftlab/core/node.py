"""A node of a distributed program: a few fields and a handler for each thing that happens.

A protocol, or a learner's first attempt, is a subclass with `on_message`, `on_timer`,
`on_request` and `observe`. Handlers change `self` and call the helpers below; they do no
input or output, never look at a clock and draw no lots, so the same input in the same
state always gives the same effects.

What is on disk is one line, `persistent`: a crash keeps those fields and no others. They are
written when a handler is done, before anything it sends leaves; `writes` says what is written
at once and in which order, for a crash may come in between.
"""

from copy import deepcopy
from operator import is_

from .errors import Impossible
from .events import CancelTimer, ClientRequest, Note, Respond, Send, SetTimer
from .observe import Observation
from .quorum import is_majority

_new_tuple = tuple.__new__  # a Note without its Python constructor: the hottest call there is

# What a copy may share, because nothing can change it. Values and logs say so themselves:
# their `__deepcopy__` gives back the very same object.
_SHARED = frozenset((int, float, str, bool, bytes, type(None), frozenset))


def rule(section):
    """Mark a method as one rule of the paper, with its section. Changes nothing else.

    A break replaces exactly one such method; notebooks list them; tests insist that each
    has both.
    """

    def mark(function):
        function.section = section
        return function

    return mark


class Node:
    """Base of every protocol: what happens to a node comes to its handlers.

    start(self)                       it boots, for the first time or after a crash
    on_message(self, src, message)    `message` has arrived from the node `src`
    on_timer(self, name)              the timer `name` has run out
    on_request(self, request)         a client wants `request.command` (answer with `respond`)
    observe(self)                     gives what pictures and checks may see, an `Observation`

    Each is optional. In them `self` may be changed and asked for what is to happen:
    send(dst, message), broadcast(message), set_timer(name, low, high) in ms, cancel_timer(name),
    respond(request, result), note(code, *facts), is_quorum(voters). `self.id`, `self.peers` and
    `self.members` say who is there.

    Class attributes that are not methods declare the node's fields and their first
    values. `persistent` names those the disk keeps, `settings` those that are
    configuration (given from outside, kept over a crash); one whose first value is None is
    settled when a cluster is made and cannot be turned later. `writes` is a tuple of groups of
    persistent fields: a group is written whole or not at all, one group after the other; what
    no group names is written last, in one. `replaces_values = True`
    promises that every field is declared and that handlers assign new values instead of
    changing a list, dict or set in place; copying a node is then cheaper. A subclass does
    not inherit the promise: who writes one may not know of it.
    """

    # `outbox` and `observed` are not state: they live outside __dict__, so that a copy of
    # the state is a copy of __dict__.
    __slots__ = ("outbox", "observed", "__dict__")

    persistent: tuple = ()
    writes: tuple = ()
    settings: tuple = ()
    derived: tuple = ()  # fields that follow from the others and need not be given or saved
    replaces_values = False
    words: dict = {}  # another name for a column: {"term": "ballot"}
    says: dict = {}  # a sentence for each Note: {"votes": "votes for {0} (§5.2)"}
    caution = ""  # what to bear in mind when one reads those sentences, told at the first step
    properties: tuple = ()  # the safety properties this protocol claims
    company: dict = {}  # who stands beside servers of this class, as their clients: {id: class}
    declared: dict = {}  # made for each class: its fields and their first values

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.replaces_values = vars(cls).get("replaces_values", False)
        # Who promises to replace values is tuned for speed; a first attempt wants its slips named.
        cls.__setattr__ = object.__setattr__ if cls.replaces_values else _set_unless_taken
        declared = {}
        for base in reversed(cls.__mro__):
            if base in (Node, object):
                continue
            for name, given in vars(base).items():
                if name in _TAKEN and not _replaces(given, getattr(Node, name, None)):
                    raise TypeError(_taken(cls, name))
                if not (
                    name.startswith("__")
                    or name in _ABOUT
                    or callable(given)
                    or isinstance(given, (property, classmethod, staticmethod))
                ):
                    declared[name] = given
        cls.declared = declared
        if cls.replaces_values:
            cls._twin = _field_by_field(("id", "members", "peers", *declared))
        unknown = [name for name in (*cls.persistent, *cls.settings) if name not in declared]
        if unknown and declared:
            raise TypeError(
                f"{cls.__name__} lists {unknown[0]!r} as persistent or a setting but declares no "
                f"such field; declared are {', '.join(declared)}"
            )
        cls._check_writes()

    def __init__(self, id, members, **fields):
        self.id = id
        self.members = tuple(members)
        self.peers = tuple(member for member in members if member != id)
        for name, given in self.declared.items():
            setattr(self, name, copied(given))
        for name, given in fields.items():
            if name not in self.declared and self.declared:
                raise Impossible(
                    f"{type(self).__name__} has no field {name!r}; "
                    f"it has {', '.join(self.declared)}"
                )
            setattr(self, name, given)
        self.outbox = []
        self.observed = None

    # -- what a protocol writes --

    def start(self):
        """Boot, and boot again after a crash."""

    def on_message(self, src, message):
        """`message` arrived from `src`."""

    def on_timer(self, name):
        """The timer `name` ran out."""

    def on_request(self, request):
        """A client asks for `request.command`."""

    def observe(self):
        """What checks and pictures may know. By default: every field, by name."""
        return Observation(self.id, fields=self.fields())

    # -- what a handler may ask for --

    def send(self, dst, message):
        self.outbox.append(Send(dst, message))

    def broadcast(self, message):
        for peer in self.peers:
            self.outbox.append(Send(peer, message))

    def set_timer(self, name, low, high=None):
        """(Re)start a timer that fires once, after `low` to `high` ms (exactly `low` if alone)."""
        self.outbox.append(SetTimer(name, low, low if high is None else high))

    def cancel_timer(self, name):
        self.outbox.append(CancelTimer(name))

    def respond(self, request, result):
        self.outbox.append(Respond(request, result))

    def note(self, *told):
        """Tell why: note(code, *facts); `code` names a sentence in `says`, facts fill its gaps."""
        self.outbox.append(_new_tuple(Note, told))

    def is_quorum(self, voters):
        """Whether `voters` is a majority of the configured servers."""
        return is_majority(voters, self.members)

    # -- driving a node by hand, without a cluster --

    def boot(self):
        """Run `start` and give its effects."""
        self.outbox, self.observed = [], None
        self.start()
        return self.outbox

    def receive(self, src, message):
        """Give the node a message; the list of effects comes back."""
        self.outbox, self.observed = [], None
        if type(message) is ClientRequest:
            self.on_request(message)
        else:
            self.on_message(src, message)
        return self.outbox

    def fire(self, timer):
        """Let a timer run out; the list of effects comes back."""
        self.outbox, self.observed = [], None
        self.on_timer(timer)
        return self.outbox

    def request(self, command, client=None, serial=0):
        """Ask the node for `command`; the list of effects comes back."""
        self.outbox, self.observed = [], None
        self.on_request(ClientRequest(client, serial, command))
        return self.outbox

    # -- state as a value --

    def clone(self):
        """A node in the same state that can act without changing this one."""
        twin = object.__new__(type(self))
        if self.replaces_values:
            self._twin(twin)
        else:
            memo = {id(self): twin}  # what refers to the node, such as its methods, follows it
            for name, held in self.__dict__.items():
                twin.__dict__[name] = copied(held, memo)
        twin.observed = None
        return twin

    def on_disk(self):
        """The persistent fields by name, as an honest disk holds them between two handlers."""
        return {name: getattr(self, name) for name in self.persistent if hasattr(self, name)}

    def __getstate__(self):
        return self.__dict__

    def __setstate__(self, held):
        self.__dict__.update(held)
        self.outbox, self.observed = (), None

    def reborn(self, disk=None):
        """The node as its disk holds it: what a crash leaves, before it starts again. `disk`
        is what the disk holds if that is not all it should: {field: value}."""
        node = type(self)(self.id, self.members)
        disk = self.on_disk() if disk is None else disk
        kept = {name: getattr(self, name) for name in self.settings if hasattr(self, name)}
        for name, held in (*disk.items(), *kept.items()):
            setattr(node, name, held)
        return node

    @classmethod
    def write_groups(cls):
        """The groups of persistent fields, each written at once, in the order of writing."""
        groups = [tuple(n for n in group if n in cls.persistent) for group in cls.writes]
        named = [name for group in groups for name in group]
        groups.append(tuple(name for name in cls.persistent if name not in named))
        return tuple(group for group in groups if group)

    @classmethod
    def _check_writes(cls):
        if not all(isinstance(group, tuple) for group in cls.writes):
            raise TypeError(
                f'{cls.__name__}.writes must be groups of fields, like (("term", "vote"), '
                f'("log",)), not {cls.writes!r}'
            )
        named = [name for group in cls.writes for name in group]
        for name in named:
            if cls.declared and name not in cls.declared:
                raise TypeError(
                    f"{cls.__name__} writes {name!r} but declares no such field; declared are "
                    f"{', '.join(cls.declared)}"
                )
            if named.count(name) > 1:
                raise TypeError(f"{cls.__name__} writes {name!r} twice; a field is in one group")

    def fields(self):
        """Every field by name, in the order of declaration; id and members left out."""
        if self.replaces_values:
            return {name: getattr(self, name) for name in self.declared}
        return {k: v for k, v in self.__dict__.items() if k not in ("id", "members", "peers")}

    def observation(self):
        """`observe()`, made once per state."""
        seen = self.observed
        if seen is None:
            seen = self.observed = self.observe()
        return seen

    @classmethod
    def rules(cls):
        """Each rule of the protocol: {method name: paper section}."""
        return {
            name: getattr(cls, name).section
            for name in dir(cls)
            if hasattr(getattr(cls, name), "section")
        }


_ABOUT = {"persistent", "writes", "settings", "derived", "replaces_values", "words", "says",
          "properties", "company", "declared", "messages", "breaks", "source", "needs",
          "rivals", "symmetric", "bounds", "caution"}  # fmt: skip


# What a Node has, from `send` to `rules`; a field or method so called would hide it.
_TAKEN = {name for name, held in vars(Node).items() if callable(held) or name in ("outbox",
          "observed") or isinstance(held, classmethod) if not name.startswith("__")}  # fmt: skip
_TAKEN |= {"id", "members", "peers"}


def _replaces(given, own):
    """Whether a method takes what the Node's own method takes, so that it stands in for it."""
    one, other = getattr(given, "__code__", None), getattr(own, "__code__", None)
    if one is None or other is None:
        return False
    many = 0x04 | 0x08  # the flags of *args and **kwargs
    return bool(one.co_flags & many) or (
        one.co_argcount == other.co_argcount and not other.co_flags & many
    )


def _taken(kind, name):
    return (
        f"{kind.__name__} calls something of its own {name!r}, but every Node has that already and "
        "needs it; choose another name"
    )


def _set_unless_taken(self, name, given):
    """`self.send = 3` would leave the node without `send`, and nobody would say so."""
    if name in _TAKEN and name not in ("outbox", "observed"):
        # Members may change (§6), but stay a tuple; the rest is for good.
        changes = name in ("members", "peers") and type(given) is tuple
        if not (changes or (name == "id" and self.__dict__.get("id", given) == given)):
            raise Impossible(_taken(type(self), name))
    object.__setattr__(self, name, given)


def _field_by_field(names):
    """A function that copies the named fields of one node to another.

    Written out, because this is what every event begins with: plain assignments are several
    times faster than a loop, and an object that never shows its __dict__ needs none.
    """
    scope = {}
    lines = "".join(f"    twin.{name} = self.{name}\n" for name in names)
    exec(f"def copy_fields(self, twin):\n{lines}", scope)
    return scope["copy_fields"]


def copied(held, memo=None):
    """A copy that shares nothing that can be changed in place.

    `memo` maps the id of what was copied to its copy, as `copy.deepcopy` has it: what was one
    object in two fields stays one.
    """
    kind = type(held)
    if kind in _SHARED:
        return held
    memo = {} if memo is None else memo
    if id(held) in memo:
        return memo[id(held)]
    if kind is list:
        twin = memo[id(held)] = []
        twin.extend([copied(item, memo) for item in held])
    elif kind is dict:
        twin = memo[id(held)] = {}
        twin.update({key: copied(item, memo) for key, item in held.items()})
    elif kind is tuple:
        twin = tuple([copied(item, memo) for item in held])
        if all(map(is_, twin, held)):
            return held
    else:
        return deepcopy(held, memo)
    return twin

"""raftlab: a cluster one can step, rewind, fork, break and check.

    import raftlab as rl
    run = rl.cluster("raft", servers=5, seed=7)
    run.until(lambda run: run.leader)
    run.why()

    rl.cluster, rl.scenario, rl.load    a run: a fresh one, one of a story, one that was kept
    rl.lab, rl.show, rl.compare         to operate it, to draw it, to see where two part
    rl.replay                           a page that plays it without Python
    rl.broken, rl.diff                  Raft with a rule broken, beside the rule; all the breaks
    rl.suspect                          the same, and you find out which
    rl.explore, rl.linearizable         what can go wrong, and what clients saw of it
    rl.sweep, rl.elections              thousands of runs, in numbers
    rl.duplicates                       jobs that ran twice, by design of their scheduler
    rl.adversary                        a game: you are the network, and they must not decide
    rl.predict, rl.recall               questions: what comes next; what you remember
    rl.check, rl.hint, rl.answer        exercises: judged, helped with, solved
    rl.own                              what a Raft of your own begins with
    rl.quiz, rl.progress                a published quiz; what you have answered so far
    rl.real                             real servers on this machine, to use and to break

Each has its help, such as help(rl.explore). Importing this loads the standard library only;
pictures and widgets load when first used.
"""

from importlib import import_module

from .checks import Monitor
from .core import Impossible, Node
from .protocols import broken, name_of
from .protocols import protocol as _named
from .sim import DIALS, Client, Dials, History, boot
from .sim import load as _load
from .sim.cluster import checked_setting
from .sim.compact import is_compact
from .sim.compact import load as _load_compact
from .sim.notice import tell
from .sim.record import built_nodes, plain_nodes

__version__ = "0.1.0"

_LAZY = {
    "show": "raftlab.views",
    "lab": "raftlab.widgets",
    "replay": "raftlab.widgets",
    "scenario": "raftlab.scenarios",
    "compare": "raftlab.comparer",
    "explore": "raftlab.explorer",
    "sweep": "raftlab.sweeps",
    "diff": "raftlab.lessons.diff",
    "predict": "raftlab.lessons.predict",
    "recall": "raftlab.lessons.recall",
    "quiz": "raftlab.lessons.quiz",
    "check": "raftlab.lessons.checking",
    "hint": "raftlab.lessons.checking",
    "answer": "raftlab.lessons.checking",
    "progress": "raftlab.lessons.standing",
    "elections": "raftlab.lessons.figure16",
    "duplicates": "raftlab.lessons.duplicates",
    "adversary": "raftlab.lessons.adversary",
    "own": "raftlab.lessons.raft_skeleton",
    "suspect": "raftlab.lessons.suspects",
    "linearizable": "raftlab.views.timeline",
    "real": "raftlab.real",
}
_OPEN = ("Client", "Dials", "History", "Impossible", "Node", "broken", "cluster", "load")


class _LeftOut(str):
    """The protocol if nobody names one: help shows what it will be."""


_RAFT = _LeftOut("raft")


def cluster(protocol=_RAFT, servers=5, seed=0, clients=0, **dials):
    """A fresh cluster as a `History` at its boot.

    `protocol` is a name or a Node class of your own, left out "raft"; `servers` a number (ids S1,
    S2 …) or a list of nodes of one class, already built in any state, which then is the
    protocol; `clients` a number of `Client` nodes C1, C2 ….
    Dials: `latency`, `jitter` (ms), `loss`, `duplicate` (probabilities), and the protocol's
    own settings, for Raft `election_timeout=(low, high)` and `heartbeat_interval` (ms).
    The same arguments give the same run, byte for byte, everywhere.
    """
    built = isinstance(servers, (list, tuple)) and all(isinstance(node, Node) for node in servers)
    if protocol is _RAFT and built and servers:
        protocol = type(servers[0])
    kind, name = _protocol(protocol)
    if not isinstance(seed, int):
        raise Impossible(f"a seed is a whole number, not {seed!r}")
    network = Dials()
    settings = {}
    for dial, setting in dials.items():
        if dial in DIALS:
            network = network.turned(dial, setting)
        elif dial in kind.settings:
            settings[dial] = checked_setting(dial, setting, getattr(kind, dial))
        else:
            raise Impossible(
                f"there is no dial {dial!r}; there are {', '.join([*DIALS, *kind.settings])}"
            )
    if built:
        for node in servers:
            if type(node) is not kind:
                _, its = _protocol(type(node))
                raise Impossible(
                    f"{node.id} is a server of {its}, not of {name}: build all servers of one "
                    "class, and leave the protocol out or give that class"
                )
        nodes = [node.clone() for node in servers]
        ids = [node.id for node in nodes]
        about = {"nodes": plain_nodes(nodes)}
        for node in nodes:
            for dial, setting in settings.items():
                setattr(node, dial, setting)
    else:
        ids = _ids("S", servers, 1, 99, "servers")
        nodes = [kind(id, ids, **settings) for id in ids]
        about = {"servers": servers}
    asking = [beside(id, ids) for id, beside in kind.company.items()]
    asking += [Client(id, ids) for id in _ids("C", clients, 0, 99, "clients")]
    about = {"protocol": name, **about, "seed": seed, "clients": clients, "dials": dials}
    run = History(*boot(nodes, asking, seed, network), about, Monitor(kind.properties))
    for warning in run.warnings():
        tell(warning)
    return run


def load(source, protocol=None):
    """The history saved in the file `source`; or that of a compact text (`run.code()`), alone or
    in a link or message; or of JSON text that starts with a brace.

    A history of a Node class of your own needs that class as `protocol`. Raises Impossible,
    saying where, if what is saved does not fit or is damaged.
    """
    text = str(source)
    if is_compact(text):
        return _load_compact(text, lambda about: _made(about, protocol))
    if not text.lstrip().startswith("{"):
        try:
            with open(source, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise Impossible(f"{source} cannot be read: {error}") from None

    return _load(text, lambda about: _made(about, protocol))


def _made(about, protocol=None):
    """The fresh cluster that a history's or scenario's `about` describes."""
    about = dict(about)
    dials = {k: tuple(v) if isinstance(v, list) else v for k, v in about.pop("dials").items()}
    given = protocol or _known(about.pop("protocol"))
    about.pop("protocol", None)
    if "nodes" in about:
        about["servers"] = built_nodes(_protocol(given)[0], about.pop("nodes"))
    return cluster(given, **about, **dials)


def _known(name):
    """`name`, which must be that of a protocol of ours: any other is a class we do not have."""
    try:
        _named(name)
    except Impossible as error:
        raise Impossible(f"{error}: protocol={name}") from None
    return name


def _protocol(protocol):
    """(the node class, its name) of a name or a class."""
    kind = protocol if isinstance(protocol, type) and issubclass(protocol, Node) else None
    if kind is None and isinstance(protocol, type):
        name = protocol.__name__
        raise Impossible(f"{name} is no Node; let it be one: class {name}(rl.Node)")
    if protocol is None:
        raise Impossible("None is no protocol and no run; a search that finds nothing has no run")
    if kind is None and isinstance(getattr(protocol, "run", None), History):
        raise Impossible(f"{type(protocol).__name__} is no protocol; hand over its run: ….run")
    kind = kind or _named(protocol if isinstance(protocol, str) else repr(protocol))
    return kind, name_of(kind) or kind.__name__


def _ids(letter, count, low, high, what):
    if type(count) is not int or not low <= count <= high:
        raise Impossible(f"{what} must be a number from {low} to {high}, not {count!r}")
    return [f"{letter}{number}" for number in range(1, count + 1)]


def __getattr__(name):
    if name in _LAZY:
        module = import_module(_LAZY[name])
        return module if name in ("real", "own") else getattr(module, name)
    told = f"module 'raftlab' has no attribute {name!r}"
    if not name.startswith("_") and hasattr(History, name):
        told += f": {name} belongs to a run, as in run = rl.cluster(); run.{name}"
    raise AttributeError(told)


def __dir__():
    """What a notebook uses: so that completion shows these names and no others."""
    return sorted([*_OPEN, *_LAZY])

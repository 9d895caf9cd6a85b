"""Any history as a scenario file: how a counterexample is exported, read and shared.

What is written for an action is what `scenario_verbs` reads back as just that action, so that
playing the file gives the same history, digest and all; what cannot be written so is refused.
"""

from ..core import (
    Crash,
    CrashDuring,
    Cut,
    Delay,
    Deliver,
    Drift,
    Drop,
    Duplicate,
    Fire,
    Heal,
    Impossible,
    Partition,
    Pause,
    Rearm,
    Request,
    Restart,
    Resume,
    Sync,
    Tune,
    Unsync,
    Wait,
    Wipe,
)
from .network import find
from .scenario import RULE
from .scenario_lines import lines
from .scenario_verbs import read_actions
from .scenario_words import (
    entry_word,
    folded,
    parts,
    read_entries,
    write_asked,
    write_value,
)
from .state import next_action
from .story import message_name, stable

_SHORT = {"current_term": "term", "commit_index": "commit"}


def text_of(history, title="", watch="", fold=False, broken=()):
    """The present branch of `history`, from its boot to the cursor, as a scenario's text.

    Each change of a server ends a block, with its lines; `fold` writes events that came by
    themselves as `step N` instead of naming each. `broken` names what is known to be broken
    beside what its verdicts say. A history of a Node class of your own needs that class when it
    is played: `rl.scenario(text, protocol=…)`.
    """
    steps = history.steps[: history.position + 1]
    told = [f"# {' '.join((title or _title(history)).split())}"]
    told += [f"# watch: {' '.join(watch.split())}"] if watch else []
    told += [*_cluster(history.about), RULE, *lines(steps, 0)]
    before, verbs, came = 0, [], 0
    for position in range(1, len(steps)):
        state, action = steps[position - 1].state, steps[position].action
        if fold and action == next_action(state):
            came += 1
            verbs = [*verbs[: len(verbs) - (came > 1)], f"step {came}"]
        else:
            came = 0
            verbs.append(written(state, action))
        shown = lines(steps, position, before)
        if position == len(steps) - 1 or (shown and not fold):
            told += ["", *verbs, RULE, *shown]
            before, verbs = position, []
    told += _claims(history, broken)
    return "\n".join(told) + "\n"


def written(state, action):
    """The verb, with its words, that means `action` in `state`."""
    text = _write(state, action)
    try:
        same = stable(read_actions(state, text)) == stable((action,))
    except Impossible:
        same = False
    if not same:
        raise Impossible(f"{action!r} cannot be written into a scenario")
    return text


def _title(history):
    protocol = history.about.get("protocol", "a cluster")
    if history.verdicts:
        first = history.verdicts[0]
        return f"{protocol} breaks {first.name}: {first.why}"
    return f"{history.position} steps of {protocol}"


def _claims(history, broken):
    """What the end of the file expects: the properties that are broken, or none."""
    broken = dict.fromkeys((*(verdict.name for verdict in history.verdicts), *broken))
    return [f"expect broken {name}" for name in broken] or ["expect safe"]


# -- the cluster ----------------------------------------------------------------------------


def _cluster(about):
    """The lines that say how the cluster is made."""
    nodes = about.get("nodes", ())
    if nodes is None:
        raise Impossible(
            "this history began with nodes built by hand that hold more than plain values; "
            "it cannot be written as a scenario"
        )
    servers = about.get("servers")
    if servers is None:
        ids = [id for id, _ in nodes]
        usual = ids == [f"S{number}" for number in range(1, len(ids) + 1)]
        servers = len(ids) if usual else ",".join(ids)
    words = ["cluster", about["protocol"], f"servers={servers}", f"seed={about['seed']}"]
    if about["clients"]:
        words.append(f"clients={about['clients']}")
    words += [f"{dial}={write_value(held)}" for dial, held in about["dials"].items()]
    return [" ".join(words), *(_server(id, fields) for id, fields in nodes if fields)]


def _server(id, fields):
    words = [f"{_SHORT.get(name, name)}={_field(name, held)}" for name, held in fields.items()]
    return " ".join(["server", id, *words])


class _Entry:
    """A log's entry as `plain_nodes` lists it."""

    def __init__(self, term, command=None, client=None, serial=0):
        self.term, self.client, self.serial = term, client, serial
        self.command = tuple(command) if isinstance(command, list) else command


def _field(name, held):
    if name == "log":
        try:
            text = ",".join(folded([entry_word(_Entry(*entry)) for entry in held]))
            if stable(read_entries(parts(text, ","))) == stable(held):
                return text
        except (Impossible, TypeError):
            pass
    return write_value(held)


# -- actions --------------------------------------------------------------------------------


def _write(state, action):
    return _WRITE[type(action)](state, action)


def _message(verb):
    def write(state, action):
        chosen = state.network[find(state.network, action)]
        kind = message_name(chosen.message)
        same = [e for e in state.network if (e.src, e.dst) == (chosen.src, chosen.dst)
                and message_name(e.message) == kind]  # fmt: skip
        nth = next(at for at, e in enumerate(same, 1) if e is chosen)
        kind = kind if kind.isidentifier() else repr(kind)
        words = [verb, kind, f"{chosen.src}->{chosen.dst}"]
        return " ".join([*words, f"#{nth}"] if len(same) > 1 else words)

    return write


def _delay(state, action):
    return f"{_message('delay')(state, action)} by {action.ms!r}"


def _fire(state, action):
    return f"fire {action.node}" + f" {action.timer}" * (action.timer != "election")


def _request(state, action):
    text = f"request {write_asked(action.command)} at {action.node}"
    if action.client is None and action.serial == state.step_no + 1:
        return text
    return f"{text} as {action.client or ''}#{action.serial}"


def _crash_during(state, action):
    written = f" with {action.written} written" if action.written else ""
    return f"crash during {_write(state, action.action)}{written}"


def _drift(state, action):
    return f"drift {action.node} {action.rate!r}"


def _rearm(state, action):
    timer = "" if action.timer == "election" else f" {action.timer}"
    return f"rearm {action.node}{timer} in {action.ms!r}"


def _plain(verb):
    return lambda state, action: f"{verb} {action.node}"


def _partition(state, action):
    return "partition " + " | ".join(" ".join(group) for group in action.groups)


def _cut(state, action):
    return f"cut {action.src}->{action.dst}"


def _heal(state, action):
    return "heal" if action.src is None else f"heal {action.src}->{action.dst}"


def _tune(state, action):
    return f"tune {action.dial}={write_value(action.setting)}"


def _wait(state, action):
    return f"wait until {action.until!r}"


_WRITE = {
    Deliver: _message("deliver"), Drop: _message("drop"), Duplicate: _message("duplicate"),
    Delay: _delay, Fire: _fire, Request: _request, Crash: _plain("crash"),
    Restart: _plain("restart"), Pause: _plain("pause"), Resume: _plain("resume"),
    Partition: _partition, Cut: _cut, Heal: _heal, Tune: _tune, Wait: _wait,
    CrashDuring: _crash_during, Unsync: _plain("unsync"), Sync: _plain("sync"),
    Wipe: _plain("wipe"), Drift: _drift, Rearm: _rearm,
}  # fmt: skip

"""Where two runs part: the first event after which they differ, and why.

Two runs are walked side by side, matched by what happens and not by its number: time that passes
by itself counts for nothing. They differ where another thing happens, or where the same thing
leads to something else that can be seen: in an observation, a message sent, an answer given.
What one of two protocols does not show at all is no difference. This file makes no picture.
"""

from ..core import ON_MESSAGES, Impossible, Respond, Wait, replace, write_command
from .history import Branch
from .state import DOWN, PAUSED, next_action
from .story import actor, headline, stable, why


class Comparison:
    """Two runs, `first` and `second` (lists of steps), called `names`.

    `at` is where they part: the position in each of the first event that differs, or None.
    `pairs` are the positions of the events before it that are the same in both; `servers` maps a
    node's id to its differences after that event, [(what, here, there)]; `sent` has the messages
    that the event caused in each, in words; `why` says it all in sentences, and `ends` how each
    of the two goes on. `replayed` is a sentence if one run is a replay that got stuck, else "".
    """

    def __init__(self, first, second, names, replayed=""):
        self.first, self.second, self.names = first, second, names
        self.replayed = replayed
        ignored = _unseen(first[0].state, second[0].state)
        self.pairs, self.at = _walk(first, second, ignored)
        i, j = self.at or self.pairs[-1]
        self.servers = _everywhere(first[i].state, second[j].state, ignored) if self.at else {}
        self.sent = tuple(
            [_message(envelope) for envelope in _sent(step)] for step in (first[i], second[j])
        )
        self.why = _parted(self) if self.at else _alike(self)
        self.ends = tuple(_end(steps, at) for steps, at in ((first, i), (second, j)))

    def rows(self, before=5, after=10):
        """The events around the difference side by side, as (position here, position there):
        up to `before` that are alike, the two that differ, then `after` of either in the order of
        time, where None stands for a run in which nothing happens at that time."""
        rows = self.pairs[-before:] if before else []
        if self.at is None:
            return rows
        i, j = self.at
        rows.append((i, j))
        while len(rows) < before + 1 + after and (i + 1 < len(self.first)
                                                  or j + 1 < len(self.second)):  # fmt: skip
            times = [steps[at + 1].state.time if at + 1 < len(steps) else None
                     for steps, at in ((self.first, i), (self.second, j))]  # fmt: skip
            soonest = min(time for time in times if time is not None)
            i, j = i + (times[0] == soonest), j + (times[1] == soonest)
            rows.append((i if times[0] == soonest else None, j if times[1] == soonest else None))
        return rows

    def __repr__(self):
        return " ".join(filter(None, (self.why, self.replayed)))


def compare(one, other, names=None, replayed=""):
    """Where two runs part, as a `Comparison`. Each is a history (its present branch to its end)
    or a `Branch`; `names` says what to call them. Impossible if they have other nodes."""
    for run in (one, other):
        if not hasattr(run, "steps"):
            raise Impossible(
                f"compared are runs, as rl.cluster makes them, or branches of one, not {run!r}"
            )
    ids = [tuple(host.node.id for host in run.steps[0].state.hosts) for run in (one, other)]
    if ids[0] != ids[1]:
        raise Impossible(
            f"one run has the nodes {', '.join(ids[0])}, the other {', '.join(ids[1])}; to be "
            "compared they need the same ones"
        )
    return Comparison(one.steps, other.steps, tuple(names or _names(one, other)), replayed)


class Replay:
    """What came of doing again, on `run`, what happened in another run.

    `impossible` is the first thing that could not be done, as (its position in the other run,
    the action, why not), or None; `passed` all that could not, in the same form.
    """

    def __init__(self, run):
        self.run = run
        self.passed = []

    @property
    def impossible(self):
        return self.passed[0] if self.passed else None

    @property
    def told(self):
        """What was the first impossible thing, as a sentence; "" if all could be done."""
        if not self.passed:
            return ""
        position, action, reason = self.passed[0]
        return f"Of what happened there, event {position} ({headline(action)}) is the first that " \
               f"cannot happen here: {reason}."  # fmt: skip


def replay(run, on):
    """Let happen `on` another history, at its boot, what happened in `run`: a `Replay`.

    Event by event, the messages named by their content, until one is impossible. From there on
    time decides, and what somebody did in `run` (not what came by itself) is done at its time, as
    far as it is possible, until the time at which `run` ends.
    """
    done, steps = Replay(on), run.steps
    for position in range(1, len(steps)):
        step, before = steps[position], steps[position - 1]
        action = step.action
        if done.passed:
            if type(action) is Wait or action == next_action(before.state):
                continue
            _until(on, step.state.time)
        try:
            on.take(_fitting(on.state, action))
        except Impossible as error:
            done.passed.append((position, action, str(error)))
    if done.passed:
        _until(on, steps[-1].state.time)
    return done


def _until(run, time):
    if run.now < time:
        run.run(time - run.now)


def _fitting(state, action):
    """The action with the message that is in flight here, which may be of another class."""
    if type(action) not in ON_MESSAGES:
        return action
    for envelope in state.network:
        if (envelope.src, envelope.dst) == (action.src, action.dst):
            if _same(envelope.message, action.message):
                return replace(action, message=envelope.message)
    return action


# -- walking side by side -----------------------------------------------------------------


def _walk(first, second, ignored):
    """(the positions of what is alike, those of the first events that differ, or None)."""
    if _differs(first[0], second[0], ignored):
        return [], (0, 0)
    pairs, i, j = [(0, 0)], 1, 1
    while i < len(first) and j < len(second):
        one, other = first[i], second[j]
        if one is not other:
            waits = type(one.action) is Wait, type(other.action) is Wait
            if waits[0] != waits[1]:
                i, j = i + waits[0], j + waits[1]
                continue
            if not waits[0] and (
                not _same(one.action, other.action) or _differs(one, other, ignored)
            ):
                return pairs, (i, j)
        pairs.append((i, j))
        i, j = i + 1, j + 1
    return pairs, None


def _same(one, other):
    return one == other or stable(one) == stable(other)


def _differs(one, other, ignored):
    """Whether the same event has led to something else that can be seen."""
    who = actor(one.action)
    if one.action is not None and who is None:
        return False
    ids = [who] if who else [host.node.id for host in one.state.hosts]
    if any(_seen(one.state, other.state, id, ignored) for id in ids):
        return True
    mine, theirs = ([(e.dst, e.message) for e in _sent(step)] for step in (one, other))
    return not (_same(mine, theirs) and _same(_answers(one), _answers(other)))


def _sent(step):
    number = step.state.step_no
    sent = [envelope for envelope in step.state.network if envelope.sent_step == number]
    return sorted(sent, key=lambda envelope: (envelope.dst, stable(envelope.message)))


def _answers(step):
    return [(e.request.command, e.result) for e in step.effects if type(e) is Respond]


def _message(envelope):
    return f"{stable(envelope.message)} {envelope.src}→{envelope.dst}"


# -- what a node shows --------------------------------------------------------------------

_SHOWN = {
    "role": "role", "term": "term", "leader": "leader it knows", "voted_for": "vote",
    "votes": "votes it has", "members": "configuration", "log": "log",
    "commit_index": "committed to", "last_applied": "applied to", "next_index": "next index",
    "match_index": "match index", "machine": "state machine",
}  # fmt: skip
_OF_LOG = ("commit_index", "last_applied", "next_index", "match_index")
_MODES = {DOWN: "crashed", PAUSED: "paused"}


def _unseen(one, other):
    """What the nodes of only one of two runs show, and is therefore no difference."""
    pairs = [(a.node.observation(), b.node.observation())
             for a, b in zip(one.hosts, other.hosts, strict=True)]  # fmt: skip
    ignored = {name for name, blank in (("role", ""), ("term", None), ("log", None),
                                        ("members", None))
               if all((getattr(a, name) == blank) != (getattr(b, name) == blank)
                      for a, b in pairs)}  # fmt: skip
    return ignored.union(_OF_LOG) if "log" in ignored else ignored


def _seen(one, other, id, ignored=()):
    """How a node differs in two states, as a list of (what, here, there) in words."""
    host, twin = one.host(id), other.host(id)
    found = []
    if host.mode != twin.mode:
        found.append(("condition", _MODES.get(host.mode, "up"), _MODES.get(twin.mode, "up")))
    here, there = host.node.observation(), twin.node.observation()
    if here is there:
        return found
    for name, words in _SHOWN.items():
        mine, theirs = getattr(here, name), getattr(there, name)
        if mine is theirs or name in ignored or mine == theirs:
            continue
        if name == "log":
            found += _logs(mine, theirs)
        elif stable(mine) != stable(theirs):
            found.append((words, _words(mine), _words(theirs)))
    for name in here.fields:
        if name in there.fields and not _same(here.fields[name], there.fields[name]):
            found.append((name, _words(here.fields[name]), _words(there.fields[name])))
    return found


def _everywhere(one, other, ignored):
    found = {host.node.id: _seen(one, other, host.node.id, ignored) for host in one.hosts}
    return {id: differences for id, differences in found.items() if differences}


def _logs(one, other):
    """Two logs from the first entry on that differs; nothing if only classes do."""
    entries = [_entries(log) for log in (one, other)]
    first = next((at for at in sorted({*entries[0], *entries[1]})
                  if entries[0].get(at) != entries[1].get(at)), None)  # fmt: skip
    if first is None:
        return []
    told = [" ".join(entry for at, entry in held.items() if at >= first) or "nothing"
            for held in entries]  # fmt: skip
    return [(f"log from entry {first}", *told)]


def _entries(log):
    if not hasattr(log, "after"):
        return dict(enumerate(map(str, log or ()), 1))
    begin = log.base_index
    return {at: f"{entry.term}:{write_command(entry.command)}"
            for at, entry in enumerate(log.after(begin), begin + 1)}  # fmt: skip


def _words(held):
    """A value in a few words."""
    if held is None or held == "":
        return "none"
    if isinstance(held, (set, frozenset, tuple, list)):
        parts = held if isinstance(held, (tuple, list)) else sorted(held, key=stable)
        return ", ".join(map(_words, parts)) or "none"
    if hasattr(held, "items"):
        return ", ".join(f"{name}={_words(inside)}" for name, inside in held.items()) or "none"
    return str(held)


# -- in sentences -------------------------------------------------------------------------


def _names(one, other):
    """What to call two runs: by their branch, protocol or seed, whichever tells them apart."""
    if isinstance(one, Branch) and isinstance(other, Branch):
        return one.name, other.name
    about = [getattr(run, "about", {}) for run in (one, other)]
    ways = [[run.get("protocol") for run in about]]
    ways.append([getattr(run, "branch", run).name for run in (one, other)])
    ways.append([f"seed {run.get('seed')}" for run in about])
    for found in ways:
        if all(found) and found[0] != found[1]:
            return tuple(found)
    return "the first", "the second"


def _alike(found):
    count = len(found.pairs) - 1
    told = f"No difference: {found.names[0]} and {found.names[1]} do the same in all {count} events"
    i, j = found.pairs[-1]
    longer = [name for name, steps, at in zip(found.names, (found.first, found.second), (i, j),
                                              strict=True)
              if any(type(step.action) is not Wait for step in steps[at + 1 :])]  # fmt: skip
    return f"{told}{f' that both have; {longer[0]} goes on' if longer else ''}."


def _parted(found):
    (i, j), (name, other) = found.at, found.names
    one, two = found.first[i], found.second[j]
    if i == 0:
        begin = "They differ from the beginning"
    elif len(found.pairs) == 1:
        begin = "Both begin alike"
    else:
        begin = f"Until event {found.pairs[-1][0]} both did the same"
    if i and not _same(one.action, two.action):
        heads = [_short(step) for step in (one, two)]
        if heads[0] == heads[1]:  # of one kind on one link: only the content differs
            heads = [stable(step.action.message) if type(step.action) in ON_MESSAGES
                     else stable(step.action) for step in (one, two)]  # fmt: skip
        return f"{begin}. Then came, in {name}: {heads[0]}; in {other}: {heads[1]}."
    reasons = [list(why(step)) for step in (one, two)]
    own = [[said for said in mine if said not in theirs]
           for mine, theirs in (reasons, reversed(reasons))]  # fmt: skip
    what = f" Then, at {_short(one)}" if i else ""
    if own[0] or own[1]:
        told = [", and ".join(said) or "nothing of the kind" for said in own]
    else:
        told = _effects(found, one, two)
    return f"{begin}.{what}, in {name}: {told[0]}; in {other}: {told[1]}.".replace(".,", ":")


def _effects(found, one, two):
    """The difference in what an event led to, where no reason is given for it."""
    who = actor(one.action)
    for id, differences in found.servers.items():
        if who in (None, id):
            what, here, there = differences[0]
            return f"{id}'s {what} is {here}", f"it is {there}"
    if found.sent[0] != found.sent[1]:
        only = [[said for said in mine if said not in theirs]
                for mine, theirs in (found.sent, reversed(found.sent))]  # fmt: skip
        return tuple(f"{who} sends {', '.join(said) or 'nothing of the kind'}" for said in only)
    return tuple(", ".join(f"{who} answers {_words(result)}" for _, result in _answers(step))
                 or "no answer" for step in (one, two))  # fmt: skip


def _short(step):
    return f"{headline(step.action)} ({_ms(step.state.time)})"


def _ms(time):
    return f"{time:.1f} ms".replace(".0 ms", " ms")


def _end(steps, at):
    """How a run goes on from `at`, in words."""
    last = steps[-1].state
    more = len(steps) - 1 - at
    who = last.leader
    leads = f"{who} leads term {last.observe(who).term}" if who else "nobody leads"
    shown = [last.observe(id) for id in last.config.servers]
    if not any(one.role for one in shown):
        leads = ""
    most = max((one.commit_index for one in shown), default=0)
    told = [f"{more} more event{'s' * (more != 1)}, to {_ms(last.time)}", leads]
    if any(one.log is not None for one in shown):
        told.append(f"committed to {most}" if most else "nothing committed")
    known = steps[-1].known
    broken = getattr(known, "broken", ())
    told += [f"{broken[0].name.replace('_', ' ')} broken"] if broken else []
    return "; ".join(filter(None, told))

"""Where two runs part: the first event after which they differ, and why.

Two runs are walked side by side, matched by what happens and not by its number: time that passes
by itself counts for nothing. They differ where another thing happens, or where the same thing
leads to something else that can be seen: in an observation, a message sent, an answer given.
What one of two protocols does not show at all is no difference. This file makes no picture.
"""

from ..core import ON_MESSAGES, Impossible, Respond, Wait, replace
from .contrast import everywhere, same, seen, unseen, words
from .history import Branch
from .state import DOWN, NEVER, next_action
from .story import actor, headline, stable, why


class Comparison:
    """Two runs, `first` and `second` (lists of steps), called `names`.

    `at` is where they part: the position in each of the first event that differs, or None.
    `pairs` are the positions of the events before it that are the same in both; `servers` maps a
    node's id to its differences at that moment, [(what, here, there)]; `sent` has the messages
    that the event caused in each, in words; `why` says it all in sentences, and `ends` how each
    of the two goes on. `replayed` is a sentence if one run is a replay that got stuck, else "".
    """

    def __init__(self, first, second, names, replayed=""):
        self.first, self.second, self.names = first, second, names
        self.replayed = replayed
        ignored = unseen(first[0].state, second[0].state)
        self.pairs, self.at = _walk(first, second, ignored)
        i, j = self.at or self.pairs[-1]
        self.servers = {}
        if self.at:
            states = [steps[at] for steps, at in zip((first, second), self.moment, strict=True)]
            self.servers = everywhere(states[0].state, states[1].state, ignored)
        self.sent = tuple(
            [_message(envelope) for envelope in _sent(step)] for step in (first[i], second[j])
        )
        self.why = _parted(self) if self.at else _alike(self)
        self.ends = tuple(_end(steps, at) for steps, at in ((first, i), (second, j)))

    def rows(self, before=5, after=10):
        """The events around the difference side by side, as (position here, position there): up to
        `before` that are alike, then those from the difference on in the order of time, at most
        `after` more, where None stands for a run in which nothing happens then. The first of these
        is `rows(…)[parting(before)]`."""
        rows = self.pairs[-before:] if before else []
        if self.at is None:
            return rows
        i, j = self.apart
        rows.append((i, j))
        i, j = (self.at[side] - 1 if at is None else at for side, at in enumerate(self.apart))
        most = len(rows) + after
        while len(rows) < most and (i + 1 < len(self.first) or j + 1 < len(self.second)):
            here, there = _next(self.first, i), _next(self.second, j)
            row = (i + 1 if here <= there else None, j + 1 if there <= here else None)
            i, j = (at if now is None else now for at, now in zip((i, j), row, strict=True))
            rows.append(row)
        return rows

    def parting(self, before=5):
        """Which of `rows(before)` is the first that differs; None if none does."""
        return min(before, len(self.pairs)) if self.at else None

    @property
    def moment(self):
        """The position in each at the moment when they part: where `apart` has None, the last event
        before. Without a difference that of the last event that both have."""
        if self.at is None:
            return self.pairs[-1]
        return tuple(last - 1 if at is None else at
                     for last, at in zip(self.at, self.apart, strict=True))  # fmt: skip

    @property
    def apart(self):
        """The first events that differ as a row: where two things happen at different times, only
        the earlier, with None for the run in which nothing happens then."""
        i, j = self.at
        if i == 0 or same(self.first[i].action, self.second[j].action):
            return i, j
        here, there = self.first[i].state.time, self.second[j].state.time
        return (i if here <= there else None, j if there <= here else None)

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
            if same(envelope.message, action.message):
                return replace(action, message=envelope.message)
    return action


# -- walking side by side -----------------------------------------------------------------


def _next(steps, at):
    """When the event behind `at` happens; never, if there is none."""
    return steps[at + 1].state.time if at + 1 < len(steps) else NEVER


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
                not same(one.action, other.action) or _differs(one, other, ignored)
            ):
                return pairs, (i, j)
        pairs.append((i, j))
        i, j = i + 1, j + 1
    return pairs, None


def _differs(one, other, ignored):
    """Whether the same event has led to something else that can be seen."""
    who = actor(one.action)
    if one.action is not None and who is None:
        return False
    ids = [who] if who else [host.node.id for host in one.state.hosts]
    if any(seen(one.state, other.state, id, ignored) for id in ids):
        return True
    mine, theirs = ([(e.dst, e.message) for e in _sent(step)] for step in (one, other))
    return not (same(mine, theirs) and same(_answers(one), _answers(other)))


def _sent(step):
    number = step.state.step_no
    sent = [envelope for envelope in step.state.network if envelope.sent_step == number]
    return sorted(sent, key=lambda envelope: (envelope.dst, stable(envelope.message)))


def _answers(step):
    return [(e.request.command, e.result) for e in step.effects if type(e) is Respond]


def _message(envelope):
    return f"{stable(envelope.message)} {envelope.src}→{envelope.dst}"


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
    if i and not same(one.action, two.action):
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
    return tuple(", ".join(f"{who} answers {words(result)}" for _, result in _answers(step))
                 or "no answer" for step in (one, two))  # fmt: skip


def _short(step):
    return f"{headline(step.action)} ({_ms(step.state.time)})"


def _ms(time):
    return f"{time:.1f} ms".replace(".0 ms", " ms")


def _leads(state, shown):
    """Who leads in the end, in words; where there are no terms, there may be several."""
    leader = state.leader
    if leader is None:
        return "nobody leads"
    term = state.observe(leader).term
    if term:
        return f"{leader} leads term {term}"
    who = [one.id for one in shown if one.role == "leader" and state.host(one.id).mode != DOWN]
    return f"{' and '.join(who)} lead{'s' * (len(who) == 1)}"


def _end(steps, at):
    """How a run goes on from `at`, in words."""
    last = steps[-1].state
    more = len(steps) - 1 - at
    shown = [last.observe(id) for id in last.config.servers]
    leads = _leads(last, shown)
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

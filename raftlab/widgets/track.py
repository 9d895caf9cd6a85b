"""A history as the browser gets it: a frame does not travel, a history travels.

A *track* is a list of rows, one for each step, and each row says only what its step
changed. The browser builds every state from them and then owns the clock: playing,
scrubbing and stepping need no kernel. Row 0 is the boot, in full.

A row is an object with these keys; all but the first three appear only when needed.
Nodes are named by their place in `State.hosts`, texts by their place in the list of words,
which grows and is sent once. Times are in ms.

    t  time                     h  headline (word)          w  sentences (words)
    k  kind of action (word)    a  the node that acts       i  1 if interesting
    n  [[node, changes] …]      c  every cut link [[src, dst] …]
    -  [[place, how] …]         messages gone; how: 0 delivered, else the reason (word)
    +  [[place, src, dst, name, term, sign, count, due, fate, detail] …]   new messages
    ~  [[old place, new place, due]]                                       a message put off
    =  place of the message of which the new one is a copy
    b  [[property, sentence, nodes] …]   safety properties broken by this step
    d  dials (word)

"place" of a message is its place in `State.network`, so that both sides mean the same one.
`sign` is one of `style.GLYPHS`; `count` says how many log entries a message carries.

Changes of a node: r role, T term, l leader, v voted for, V votes, M whose votes count, as one
or two sets of servers (null: all servers, in one), c commit index, a last applied, m mode (0 up,
1 down, 2 paused), q how many times as fast its clock runs (1 if never told), d whether its disk
lies (0, 1), e timers [[name, deadline, span] …], L the log as [last index kept, [term, text] …],
B its base as [index, term], x next and y match index [[peer, index] …], s the machine, f other
fields. A timer's span is what a full arc stands for; null if it ran before.
"""

from ..core import Drop, Duplicate, write_command
from ..sim import DOWN, SOUND, UP, History, actor, is_interesting, message_name, why
from ..sim.network import find
from ..views import text
from .guard import within

# How far the kernel looks ahead of what has happened: half a minute of play at the usual speed.
AHEAD = 300
_PATIENCE = 1.0  # seconds that looking ahead may take, if some handler does not end
_LONGEST = 120  # characters of a detail


def beyond(run, last, count):
    """(up to `count` steps that time alone brings after the step `last` of `run`, what a node's
    handler raised instead of going on, or None). The run itself does not grow."""
    scratch = History(last.state, last.effects, run.about, run.monitor)
    scratch.steps[0].known = last.known
    try:
        with within(_PATIENCE):
            scratch.step(count)
    except Exception as error:  # a learner's handler: the lab shows it when play gets there
        return scratch.steps[1:], error
    return scratch.steps[1:], None


class Track:
    """What the browser holds of `run`, and the patches that keep it true.

    `patch` gives only what differs from what was sent before; `whole` gives everything.
    """

    def __init__(self, run, ahead=AHEAD):
        self.words = {}
        self.follow(run, ahead)

    def follow(self, run, ahead=AHEAD):
        """Start again with another history; nothing of the old one is kept."""
        self.run = run
        self.ahead = ahead
        self.held = []  # the steps the browser knows
        self.failure = None  # what a node's handler raised, when looking ahead met it
        self.ends = False  # whether time alone brings nothing after the last step

    def look_ahead(self, at_least=0):
        """The steps of the present branch and `ahead` more that time alone would bring.

        The further ones are simulated in a scratch history: the run itself does not grow, and
        because chance is a function of seed and step, what is seen is what will happen.
        """
        steps = list(self.run.steps)
        count = max(self.ahead, at_least - len(steps))
        more, self.failure = beyond(self.run, steps[-1], count)
        self.ends = not self.failure and len(more) < count
        return steps + more

    def patch(self, at_least=0):
        """{"from": first row that differs, "rows": …, "words": …, "at": first new word}."""
        steps = self.look_ahead(at_least)
        same = 0
        for mine, theirs in zip(steps, self.held, strict=False):
            # From equal states equal actions lead to equal states.
            if mine is not theirs and mine.action != theirs.action:
                break
            same += 1
        at = len(self.words)
        rows = [self._row(steps, position) for position in range(same, len(steps))]
        self.held = steps
        return {"from": same, "rows": rows, "words": list(self.words)[at:], "at": at}

    def whole(self):
        """The same for a browser that knows nothing yet."""
        if not self.held:
            self.patch()
        rows = [self._row(self.held, position) for position in range(len(self.held))]
        return {"from": 0, "rows": rows, "words": list(self.words), "at": 0}

    # -- one step --

    def word(self, said):
        return self.words.setdefault(said, len(self.words))

    def _row(self, steps, position):
        step = steps[position]
        state, action = step.state, step.action
        before = steps[position - 1] if position else None
        row = {
            "t": state.time,
            "h": self.word(text.happened(step)),
            "w": [self.word(sentence) for sentence in why(step)],
        }
        if position:
            row["k"] = self.word(type(action).__name__)
            if is_interesting(steps, position):
                row["i"] = 1
        who = actor(action)
        if who is not None:
            row["a"] = state.config.places[who]
        old = before.state if before else None
        if old is None or state.hosts is not old.hosts:
            changed = self._hosts(old, step)
            if changed:
                row["n"] = changed
        if old is None or state.network is not old.network:
            self._network(row, old, step)
        if state.cuts != (old.cuts if old else frozenset()):
            places = state.config.places
            row["c"] = sorted([places[src], places[dst]] for src, dst in state.cuts)
        if old is None or state.dials is not old.dials:
            row["d"] = self.word(_dials(state.dials))
        broken = _broken(step)[len(_broken(before)) :]
        if broken:
            row["b"] = [[v.name, v.why, [state.config.places[e] for e in v.evidence]]
                        for v in broken]  # fmt: skip
        return row

    def _hosts(self, old, step):
        state, changed = step.state, []
        for place, host in enumerate(state.hosts):
            was = old.hosts[place] if old else None
            if host is not was:
                changes = self._host(state.config.places, was, host, state.time)
                if changes:
                    changed.append([place, changes])
        return changed

    def _host(self, places, was, host, now):
        """What differs between two conditions of one node; everything if there was none."""
        seen = host.node.observation()
        old = was.node.observation() if was else None
        changes = {}
        if seen is not old:
            for key, name, tell in _TOLD:
                held = getattr(seen, name)
                if old is None or held != getattr(old, name):
                    changes[key] = tell(self, places, held)
            if seen.log is not None and (old is None or seen.log is not old.log):
                self._log(changes, old and old.log, seen.log)
        if was is None or host.mode != was.mode:
            changes["m"] = 0 if host.mode == UP else 1 if host.mode == DOWN else 2
        sound = was.hardware if was else SOUND
        if host.hardware is not sound:
            changes["q"] = host.hardware.rate
            changes["d"] = int(host.hardware.disk is not None)
        if was is None or host.timers != was.timers:
            changes["e"] = [
                [self.word(timer[1]), timer[0], _span(host, timer, was, now)]
                for timer in host.timers
            ]
        return changes

    def _log(self, changes, held, log):
        kept = max(_shared(held, log), log.base_index)
        if held is None or not kept == held.last_index == log.last_index:
            changes["L"] = [kept]
            for entry in log.after(kept):
                changes["L"].append([entry.term, self.word(_short(write_command(entry.command)))])
        base = [log.base_index, log.base_term]
        if base != ([held.base_index, held.base_term] if held else [0, 0]):
            changes["B"] = base

    def _network(self, row, old, step):
        flying = step.state.network
        before = old.network if old else ()
        there = {id(envelope) for envelope in flying}
        known = {id(envelope) for envelope in before}
        gone = [at for at, envelope in enumerate(before) if id(envelope) not in there]
        new = [at for at, envelope in enumerate(flying) if id(envelope) not in known]
        if len(gone) == len(new) == 1 and type(step.action).__name__ == "Delay":
            row["~"] = [[gone[0], new[0], flying[new[0]].deliver_at]]
            return
        if type(step.action) is Duplicate:
            row["="] = find(before, step.action)
        if gone:
            how = self._fate(step)
            row["-"] = [[at, how] for at in gone]
        if new:
            row["+"] = [[at, *self._message(step.state.config.places, flying[at])] for at in new]

    def _fate(self, step):
        if type(step.action) is not Drop:
            return 0
        return self.word(step.effects[0].code.removeprefix("lost-"))

    def _message(self, places, envelope):
        message = envelope.message
        return [
            places[envelope.src],
            places[envelope.dst],
            self.word(message_name(message)),
            getattr(message, "term", None),
            self.word(text.glyph_of(message)),
            len(getattr(message, "entries", ())),
            envelope.deliver_at,
            self.word(envelope.fate) if envelope.fate else 0,
            self.word(_short(text.message(message))),
        ]


def _plain(track, places, held):
    return held


def _word(track, places, held):
    return track.word(held)


def _node(track, places, held):
    return places.get(held, -1)


def _nodes(track, places, held):
    return sorted(places[id] for id in held)


def _sets(track, places, held):
    return held and [_nodes(track, places, one) for one in held]


def _indexes(track, places, held):
    return [[places[id], index] for id, index in held.items()]


def _pairs(track, places, held):
    return track.word(_short(text.pairs(held)))


# Key in a row, name in an observation, how it is told.
_TOLD = (
    ("r", "role", _word), ("T", "term", _plain), ("l", "leader", _node),
    ("v", "voted_for", _node), ("V", "votes", _nodes), ("M", "members", _sets),
    ("c", "commit_index", _plain), ("a", "last_applied", _plain), ("x", "next_index", _indexes),
    ("y", "match_index", _indexes), ("s", "machine", _pairs), ("f", "fields", _pairs),
)  # fmt: skip


def _broken(step):
    return step.known.broken if step and step.known else ()


def _span(host, timer, was, now):
    """The longest time (ms) a timer can be given, or, if nothing says so, the time it has just been
    given (None if that was earlier)."""
    deadline, name = timer
    most = text.longest(host, name)
    if most is not None:
        return most
    return None if was and timer in was.timers else deadline - now


def _shared(held, log):
    """Up to which index the browser, which knows `held`, need not be told what `log` holds."""
    if held is None or log.base_index < held.base_index:
        return 0
    if log.starts_with(held):
        return held.last_index
    most = min(held.last_index, log.last_index)
    both = range(log.base_index + 1, most + 1)
    return next((at - 1 for at in both if held[at] != log[at]), most)


def _dials(dials):
    """The network's dials in words, those at rest left out."""
    told = [f"{dials.latency:g} to {dials.latency + dials.jitter:g} ms one way"]
    for name in ("loss", "duplicate"):
        if getattr(dials, name):
            told.append(f"{name} {100 * getattr(dials, name):g} %")
    return ", ".join(told)


def _short(said):
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"

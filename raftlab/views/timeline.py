"""Did each operation take effect at one instant? What every client asked, from call to answer.

A lane for each client, time to the right (steps, if answers took no time, as in a run that a search
found); a bar for each operation, from its call to its answer, open at the end if no answer came,
crossed out if it failed. If the history is linearizable, a numbered mark on the bar says when the
operation may have taken effect and as which. If it is not, the marks go as far as any order goes,
the impossible answer is crossed and named, and the bars of the operations that contradict it are
bold.
"""

from ..checks.linearizable import BUDGET, KEY_VALUE
from ..checks.linearizable import linearizable as judged
from ..checks.oplog import answer, moment, short, told
from ..checks.sequential import of_taken as judged_in_any_order
from ..core import Impossible
from . import text
from .picture import Picture
from .timeline_scene import scene

MOST = 60  # operations in a picture
_STILL = "dated by steps, as an answer took no time"


def timeline(source, at=None, spec=KEY_VALUE, budget=BUDGET):
    """The operations of `source` (a run up to step `at`, a list of `Op`, a file or JSON text),
    held against `spec`; at most `budget` states are visited for each key."""
    rest = ""
    if hasattr(source, "steps"):
        _, at = text.moment(source, at)
        if at < len(source):
            rest = f"up to step {at} of {len(source)}: what the run holds later is left out"
    elif at is not None:
        raise Impossible(f"a step such as {at!r} can be chosen in a run only, not in a list")
    return Timeline(judged(source, spec, budget, at), rest=rest)


def linearizable(source, spec=KEY_VALUE, budget=BUDGET):
    """Did it look to its clients as if there were one copy, and each request took effect at once?

    `source` is a run (its operations up to the cursor, so of a scenario those up to where the
    lesson begins; `rl.scenario(name, at="end")` has them all), a list of `Op`, or JSON as
    `raftlab.checks.oplog` describes it, in a file or as text. The answer is a picture with
    `ok` (True, False, or None: undecided), `why` (a sentence) and `judgement` (all of it), and with
    `sequential`, the verdict on the weaker question whether one order of all explains the answers
    and keeps what each client did in its own order, whatever the clock says.
    `spec` says what the service does alone, by default a key/value store; at most `budget` states
    are visited for each key.
    """
    return timeline(source, None, spec, budget)


class Timeline(Picture):
    """A picture with the verdict: `ok` True, False or None, `why` a sentence, `judgement` all of
    it (`raftlab.checks.linearizable.Judgement`)."""

    def __init__(self, judgement, theme="light", interactive=False, rest=""):
        self.judgement = judgement
        self.rest = rest  # of a run: which part of it was not looked at, in words
        numbers, left_out = shown(judgement)
        still = _STILL if judgement.unit == "step" else ""
        left_out = "; ".join(filter(None, (left_out, rest, still)))
        every = seen(judgement)
        ops = sorted((every[number] for number in numbers), key=lambda one: one.op.invoked_at)
        words = twin(judgement, ops, left_out)
        super().__init__(scene(judgement, ops, left_out, words), words, interactive, theme)

    @property
    def ok(self):
        return self.judgement.ok

    @property
    def why(self):
        return self.judgement.why

    @property
    def sequential(self):
        """Whether one order of all explains the answers and keeps each client's own, whatever the
        clock says: a Judgement, with `ok` and `why`. Soon undecided (None) for many operations."""
        found = self.judgement
        return judged_in_any_order(found.operations, found.moments, found.unit, found.spec)

    def plotly(self):
        return Timeline(self.judgement, self.theme, True, self.rest)

    def still(self):
        return Timeline(self.judgement, self.theme, False, self.rest)

    def dark(self):
        return Timeline(self.judgement, "dark", self.interactive, self.rest)


class Seen:
    """One operation as the picture tells of it: its `kind`, three wordings (`said` has its times,
    `label` is short, `effect` says what became of it), and its `place`: (as which it takes
    effect, when) or None."""

    def __init__(self, op, kind, said, label, effect, place):
        self.op = op
        self.said = said
        self.kind = kind
        self.label = label
        self.effect = effect
        self.place = place


def seen(judgement):
    """Every operation of a judgement as a Seen, in the order of the operations."""
    placed = sorted(
        ((at, number) for part in judgement.parts
         for number, at in zip(part.order, part.points, strict=True)),
        key=lambda pair: pair[0],
    )  # fmt: skip
    places = {number: (nth, at) for nth, (at, number) in enumerate(placed, 1)}
    home = {part.impossible: part for part in judgement.parts if part.ok is False}
    core = {number for part in judgement.parts for number in part.core}
    stuck = {number for part in judgement.parts for number in part.stuck}
    found = []
    for number, op in enumerate(judgement.operations):
        kind, effect = op.status, ""
        label = short(judgement.spec.words(op.call), 60)
        label += f" → {answer(op.result)}" if kind == "ok" else " failed" if kind == "fail" else ""
        place = places.get(number)
        if place:
            effect = f"takes effect as number {place[0]}"
            effect += f", at {text.ms(place[1])}" if judgement.unit == "ms" else ""
        elif kind == "unknown" and judgement.ok:
            effect = "need not have taken effect"
        elif number in stuck:
            effect = "cannot come next"
        if number in home:
            possible = [answer(result) for result in home[number].possible]
            kind, effect, place = "impossible", "IMPOSSIBLE", None
            effect += f": only {' or '.join(possible[:4])}" if 0 < len(possible) <= 4 else ""
        elif number in core:
            kind = "contradicts"
            effect += f"{', ' if effect else ''}contradicts the impossible answer"
        said = told(op, judgement.spec.words, judgement.unit)
        found.append(Seen(op, kind, said, label, effect, place))
    return found


def shown(judgement):
    """(numbers of the operations to show, why these): all, or, of many, the most telling."""
    operations = judgement.operations
    count = len(operations)
    if count <= MOST:
        return range(count), ""
    bad = [part for part in judgement.parts if part.ok is False]
    if not bad:
        by_call = sorted(range(count), key=lambda number: operations[number].invoked_at)
        return sorted(by_call[-MOST:]), f"the last {MOST} of {count:,} operations are shown"
    part = min(bad, key=lambda part: operations[part.impossible].completed_at)
    last = operations[part.impossible]
    mine = {*part.core, *part.order, *part.stuck}

    def distance(number):
        op = operations[number]
        end = op.completed_at if op.status == "ok" else op.invoked_at
        apart = max(0, last.invoked_at - end, op.invoked_at - last.completed_at)
        return number not in part.core, number not in mine, apart, number

    near = sorted(range(count), key=distance)[:MOST]
    return sorted(near), (f"{MOST} of {count:,} operations are shown: those that contradict each "
                          "other, and those nearest to them")  # fmt: skip


def twin(judgement, ops, left_out):
    """The timeline in words: the verdict, then a line for each operation, by its call."""
    lines = [judgement.why, *([left_out] if left_out else [])]
    widest = max((len(one.label) for one in ops), default=0)
    lane = max((len(one.op.client) for one in ops), default=0)
    unit = judgement.unit
    for one in ops:
        op = one.op
        ended = "no answer" if op.status == "unknown" else ""
        if not ended and op.completed_at is not None:
            ended = f"{op.completed_at:.1f} ms" if unit == "ms" else moment(op.completed_at, unit)
        begun = f"{op.invoked_at:.1f}" if unit == "ms" else moment(op.invoked_at, unit)
        line = f"{begun:>9} – {ended:>12}  {op.client:{lane}}  {one.label:{widest}}"
        lines.append(f"{line}  {one.effect}".rstrip())
    return "\n".join(lines)

"""The exercises that hand over one method of a broken Raft, to be mended.

What comes back is plugged in where the broken method was. A short search within the bounds in which
the broken one fails comes first, then the schedule that is known to break it, and then runs in
which a Raft must do something: who refuses everything is safe, too. Not all that is wrong breaks a
property: so last each server must do what it does with Raft's own method, in runs of the catalog
and in runs that the seed draws. What is shown is the shortest run that a longer search finds with
the learner's own code, when somebody wants to see it.
"""

from functools import partial, wraps
from inspect import getsource
from textwrap import dedent

from ..core import Impossible
from ..protocols import BREAKS, protocol
from ..protocols.composed import replaced
from ..protocols.raft_log import Log
from ..scenarios import find
from ..sim.compare import compare
from ..sim.scenario import play
from ..sim.story import headline
from .exercise import Exercise, Part
from .judging import Trouble, in_handler, raised, shown, within
from .plugged import broken_by, first, in_scenario, raft_with, stuck
from .question import Luck
from .schedules import title

STATES = 250  # of the search that judges: it takes 0.2 s, the one for what is shown more
DRAWN = 3  # runs of some 5 s of simulated time
# What each method gives, if it gives anything at all.
GIVES = {
    "is_up_to_date": (object, "True or False"),
    "may_commit": (object, "True or False"),
    "stored_by_majority": (int, "an index"),
    "commit_index_from": (int, "an index"),
    "merged": (Log, "a log"),
}


def fix(name, reference, alike=(), **said):
    """The exercise to mend the break `name`. `alike` are scenarios in which its rule is seen at
    work."""
    method = replaced(BREAKS[name])
    return Exercise(
        id=f"fix/{name}",
        starter=dedent(getsource(getattr(BREAKS[name], method))),
        reference=reference,
        judge=_judge(name, method, alike),
        **said,
    )


def _judge(name, method, alike):
    rule = BREAKS[name]
    needs = getattr(rule, "needs", ())
    section = rule.source.partition(";")[0] if rule.source.startswith("§") else ""

    def judge(given, seed):
        mixin = type("Yours", (), {method: _giving(method, given)})
        kind = raft_with(mixin, *needs)
        looks = (
            (f"the first {STATES} states break nothing", 1, lambda: _search(kind, rule)),
            ("the schedule that broke it is harmless", 1, lambda: _schedule(kind, name, mixin)),
            ("a Raft with it goes on", 1, lambda: stuck(kind)),
            ("each server does what it does in Raft", 2, lambda: _unlike(kind, needs, alike, seed)),
        )
        _looked(partial(_refuse_chance, kind, method), method)
        *others, last = looks
        unlike = _looked(last[2], method)  # first, as it tells most of what raises
        parts = []
        for asked, points, look in others:
            try:
                run, seen = _looked(look, method) or (None, "")
            except Trouble as trouble:
                before = f". Also, {unlike[1]}" if unlike else ""
                raise Trouble(f"{trouble}{before}") from None
            parts.append(Part(asked, points, seen, run, section))
        run, seen = unlike or (None, "")
        return [*parts, Part(*last[:2], seen, run, section)]

    return judge


def _giving(method, given):
    """The learner's method, and what it gives looked at: an answer that is none is no answer."""
    if method not in GIVES:
        return given
    kind, words = GIVES[method]

    @wraps(given)
    def asks(self, *more):
        told = given(self, *more)
        if told is None or not isinstance(told, kind):
            end = ": does it lack a return?" if told is None else ""
            raise Trouble(f"{method} must give {words}, and gives {shown(told)}{end}")
        # Raft takes the log itself for "nothing new", and an equal one is as good.
        return self.log if kind is Log and told == self.log else told

    return asks


def _looked(look, method):
    """What `look()` finds with the learner's code in it; whatever that does is told."""
    try:
        return within(look)
    except (Trouble, NotImplementedError):
        raise
    except (Exception, SystemExit) as error:
        raise Trouble(_raising(error, method)) from None


def _raising(error, method):
    return f"{in_handler(error) or method} raises {raised(error)}"


def _refuse_chance(kind, method):
    """Every verdict rests on a run being the same when it is played again."""
    if _digest(kind) != _digest(kind):
        raise Trouble(
            f"with this {method} the same events gave two different runs: it may use no chance, no "
            "clock, and nothing but the message and the fields of the server"
        )


def _digest(kind):
    from .. import cluster

    run = cluster(kind, servers=5, seed=1)
    try:
        for verb in (run.crash, run.restart, run.pause):
            run.run(400)
            verb("S1")
        run.run(600)
    except Exception:  # told of where it can be compared with what Raft does there
        pass
    return run.digest()


def _search(kind, rule):
    from .. import explore

    if not rule.bounds or "stages" in rule.bounds:
        return None
    found = explore(kind, progress=False, states=STATES, against=rule.breaks, **rule.bounds)
    if found.raised:
        raise found.raised
    if found.run is None:
        return None
    verdict = found.verdicts[0]
    return found.run, f"after {len(found.actions)} events {verdict.why.rstrip('.')}"


def _schedule(kind, name, mixin):
    """What the known schedule still breaks. It is long: what is shown is the shortest run."""
    falls = BREAKS[name].breaks
    if not in_scenario(f"breaks/{name}", kind, falls):
        return None
    return partial(broken_by, mixin, name), f"played with yours, it still breaks: {title(falls)}"


# -- beside Raft's own ----------------------------------------------------------------------


def _unlike(kind, needs, alike, seed):
    """(the run of `kind`, where one of its servers first does something else than in Raft, and
    what), or None."""
    raft = protocol("".join(["raft", *(f"+{part}" for part in needs)]))
    stories = [(f"in the scenario {name}", partial(_played, name)) for name in alike]
    for number in range(DRAWN):
        drawn = Luck(seed, number, "fix").below(10**6)
        stories.append(("in a run with crashes and cuts", partial(_drawn, drawn)))
    return first(_parted(where, story, kind, raft) for where, story in stories)


def _parted(where, story, kind, raft):
    """Where the run that `story(kind)` makes parts from that of `raft`."""
    (theirs, error), (ours, _) = story(kind), story(raft)
    said = compare(ours, theirs, ("Raft", "yours"))
    if said.at:
        theirs.goto(said.moment[1])
        return theirs, f"{where}: {repr(said).rstrip('.')}"
    if error:
        step = ours.steps[min(len(theirs) + 1, len(ours))]
        why = " and ".join(ours.why(min(len(theirs) + 1, len(ours))))
        raise Trouble(
            f"{_raising(error, 'it')}. That is at {headline(step.action)}, where in Raft: {why}"
        ) from None
    return None


def _played(name, kind):
    """(the run of a scenario, which may end where something is raised; what was)."""
    from .. import _made

    made = []

    def make(about):
        made.append(_made(about, kind))
        return made[0]

    return _caught(made, lambda: play(find(name), make, expecting=False, passing=True))


def _drawn(number, kind):
    """The same of a run with requests in a hurry, whose servers crash and are cut off."""
    from .. import cluster

    luck = Luck(number, 0, "fix")
    run = cluster(kind, servers=luck.between(4, 5), seed=number)
    servers = run.state.config.servers

    def asked(times):
        for _ in range(times):
            if run.leader:
                run.request(("add", "x", 1), to=run.leader)
            run.run(luck.between(1, 15))

    def lives():
        for _ in range(8):
            run.run(luck.between(150, 450))
            asked(luck.between(1, 3))
            alone, *others = luck.shuffled(servers)
            if run.leader and luck.below(2):  # old leaders have most to be mended
                alone, others = run.leader, [id for id in servers if id != run.leader]
            down = luck.pick(others)
            run.crash(down)
            run.partition([alone], [id for id in servers if id != alone])
            asked(luck.between(1, 3))
            run.run(luck.between(100, 600))
            run.restart(down)
            run.heal()

    return _caught([run], lives)


def _caught(made, work):
    """(the run that `work()` brings about in `made`, the error that ended it or None)."""
    try:
        work()
    except (Impossible, Trouble, NotImplementedError):
        raise
    except (Exception, SystemExit) as error:
        return made[0], error
    return made[0], None

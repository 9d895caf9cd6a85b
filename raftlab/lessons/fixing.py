"""The exercises that hand over one method of a broken Raft, to be mended.

What comes back is plugged in where the broken method was. A short search within the bounds in which
the broken one fails comes first, then the schedule that is known to break it, and then scenarios in
which a Raft must do something: who refuses everything is safe, too. What is shown is the shortest
run that a longer search finds with the learner's own code, when somebody wants to see it.
"""

from functools import partial
from inspect import getsource
from textwrap import dedent

from ..checks.linearizable import linearizable
from ..core import Impossible
from ..protocols import BREAKS
from ..protocols.composed import replaced
from ..scenarios import JUDGES, catalog
from ..sim.scenario import play
from .exercise import Exercise, Part
from .judging import Trouble, in_handler, raised, within
from .plugged import at_first_verdict, broken_by, first, in_scenario, raft_with, stuck
from .schedules import on_one_line

STATES = 250  # of the search that judges: it takes 0.2 s, the one for what is shown more


def fix(name, reference, does=(), **said):
    """The exercise to mend the break `name`. `does` are scenarios of the catalog in which a Raft
    with its rule is seen at work."""
    method = replaced(BREAKS[name])
    return Exercise(
        id=f"fix/{name}",
        starter=dedent(getsource(getattr(BREAKS[name], method))),
        reference=reference,
        judge=_judge(name, method, does),
        **said,
    )


def _judge(name, method, does):
    rule = BREAKS[name]

    def judge(given, seed):
        mixin = type("Yours", (), {method: given})
        kind = raft_with(mixin, *getattr(rule, "needs", ()))
        section = rule.source.partition(";")[0] if rule.source.startswith("§") else ""
        looks = (
            (f"the first {STATES} states break nothing", 1, lambda: _search(kind, rule)),
            ("the schedule that broke it is harmless", 2, lambda: _schedule(kind, name, rule)),
            ("a Raft with it goes on", 1, lambda: stuck(kind)),
            ("it does what the rule is for", 1, lambda: first(_seen(kind, one) for one in does)),
        )
        _looked(partial(_refuse_chance, kind, method), method)
        parts = []
        for asked, points, look in looks:
            run, seen = _looked(look, method) or (None, "")
            parts.append(Part(asked, points, seen, run, section))
        if not parts[1].is_met:  # the schedule is long: shortest first
            parts[1] = Part(
                parts[1].name, 2, parts[1].told, partial(broken_by, mixin, name), section
            )
        return parts

    return judge


def _looked(look, method):
    """What `look()` finds with the learner's code in it; whatever that does is told."""
    try:
        return within(look)
    except (Trouble, NotImplementedError):
        raise
    except (Exception, SystemExit) as error:
        raise Trouble(f"{in_handler(error) or method} raises {raised(error)}") from None


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
    for verb in (run.crash, run.restart, run.pause):
        run.run(400)
        verb("S1")
    run.run(600)
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
    return found.run, f"after {len(found.actions)} events {_sentence(verdict.why)}"


def _schedule(kind, name, rule):
    return in_scenario(f"breaks/{name}", kind, rule.breaks)


def _seen(kind, name):
    """(the run, what is not as it must be) of a scenario that expects something, or None."""
    from .. import _made

    made = []

    def make(about):
        made.append(_made(about, kind))
        return made[0]

    try:
        play(catalog()[name], make, judges=JUDGES)
    except Impossible as error:
        return made[0], f"in the scenario {on_one_line(error)}"
    found = at_first_verdict(made[0])
    if found:
        return found[0], f"in the scenario {name}: {found[1]}"
    verdict = linearizable(made[0])
    return (made[0], f"in the scenario {name}: {verdict.why}") if verdict.ok is False else None


def _sentence(why):
    return why.rstrip(".")

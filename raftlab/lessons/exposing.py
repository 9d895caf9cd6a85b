"""The exercises that ask for a schedule: break this Raft by it, and not the right one."""

import textwrap

from ..protocols import BREAKS
from .exercise import Exercise, Part
from .schedules import Schedule, as_text, condition, disk_verbs, standing, title

_VERBS = "# What happens, in which order: a verb a line, such as fire S1"


def expose(name, servers=3, dials="", **said):
    """The exercise to expose the break `name` by a schedule on so many servers."""
    head = f"cluster raft!{name} servers={servers} seed=1 jitter=0{dials}"

    def whole(verbs):
        return verbs if verbs.startswith("cluster") else f"{head}\n\n{textwrap.dedent(verbs)}"

    said["reference"] = whole(said["reference"])
    for wrong in said["wrong"].values():
        wrong.answer = whole(wrong.answer)
    return Exercise(
        id=f"expose/{name}",
        starter=f"{head}\n\n{_VERBS}",
        judge=_judge(name),
        takes=as_text,
        **said,
    )


def _judge(name):
    rule = BREAKS[name]
    falls, section = title(rule.breaks), _section(rule)

    def judge(given, seed):
        schedule = Schedule(given, f"raft!{name}")
        broken, right = schedule.on_broken(), schedule.on_right()
        fell, stuck = broken.fell(rule.breaks), broken.stuck
        asked = f"with the broken rule falls: {falls}"
        parts = [Part("it can be played to its end", 1, "" if fell else stuck)]
        if fell:
            position, why = fell
            parts.append(Part(f"{asked} (step {position}: {why.rstrip('.')})", 2))
        elif not broken.steps:
            parts.append(Part(asked, 2, "nothing could be played"))
        else:
            told, shown = _short_of(broken, falls)
            parts.append(Part(asked, 2, told, (shown, f"Here {standing(shown)}."), section))
        return [*parts, _harmless(broken, right, rule.breaks)]

    return judge


def _short_of(broken, falls):
    """(what is told of a schedule on which `falls` does not fall, the run that shows it)."""
    first = broken.first()
    if first:
        other, position, why = first
        told = (
            f"step {position} breaks this: {title(other)} ({why.rstrip('.')}). But not yet this: "
            f"{falls}. Go on from there"
        )
        return told, broken.shown(position)
    shown = broken.shown()
    return f"nothing falls. At the end: {condition(shown)}", shown


def _harmless(broken, right, breaks):
    """The part that asks for no harm where the rule is mended."""
    name = "with the right rule nothing falls"
    disks = disk_verbs(right)
    harm = right.fell(breaks)
    harm = (breaks, *harm) if harm else right.first()
    if harm or disks:
        told, run = "", None
        if disks:
            told = f"{disks[0]} is not for this task: a disk that forgets breaks what is right, too"
        if harm:
            other, position, why = harm
            told = f"{told}. " if told else ""
            told += f"Step {position} breaks this with the right rule as well: {title(other)}"
            run = (right.shown(position), f"{why.rstrip('.')}.")
        return Part(name, 1, told, run)
    if not broken.fell(breaks):
        return Part(name, 1, "with the broken rule it does not either: there is nothing to compare")
    passed = len(right.passed)
    lines = f"{passed} line{'s' * (passed > 1)} of it cannot happen there"
    return Part(f"{name} ({lines})" if passed else name, 1)


def _section(rule):
    """The paper's section that a break's source names, or ""."""
    first = rule.source.partition(";")[0].partition(",")[0]
    return first if first.startswith("§") else ""

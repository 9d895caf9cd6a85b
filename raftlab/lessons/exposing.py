"""The exercises that ask for a schedule: break this Raft by it, and not the right one."""

import textwrap

from ..core import Request
from ..protocols import BREAKS
from ..sim.scenario import read
from ..sim.scenario_words import write_asked
from ..sim.story import begun
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
        judge=_judge(name, head),
        takes=as_text,
        **said,
    )


def _judge(name, head):
    rule = BREAKS[name]
    falls, section = title(rule.breaks), _section(rule)

    def judge(given, seed):
        schedule = Schedule(given, f"raft!{name}")
        broken, right = schedule.on_broken(), schedule.on_right()
        fell, stuck = broken.fell(rule.breaks), broken.stuck
        asked = f"with the broken rule falls: {falls}"
        moved = "" if fell else _moved(given, head)
        told = f"{stuck}. {moved}" if stuck and moved else stuck
        parts = [Part("it can be played to its end", 1, "" if fell else told)]
        if fell:
            position, why = fell
            parts.append(Part(f"{asked} (step {position}: {why.rstrip('.')})", 2))
        elif not broken.steps:
            parts.append(Part(asked, 2, "nothing could be played"))
        else:
            told, shown = _short_of(broken, falls, moved)
            parts.append(Part(asked, 2, told, (shown, f"Here {standing(shown)}."), section))
        return [*parts, _harmless(broken, right, rule.breaks)]

    return judge


def _short_of(broken, falls, moved):
    """(what is told of a schedule on which `falls` does not fall, the run that shows it); `moved`
    is what is told of its first line."""
    disks, first = disk_verbs(broken), broken.first()
    notes = [*([_forgets(disks)] if disks else ()), *([moved] if moved else ())]
    if first:
        other, position, why = first
        notes.append(
            f"step {position} breaks this: {title(other)} ({why.rstrip('.')}). But not yet this: "
            f"{falls}" + ("" if disks else ". Go on from there")
        )
        return _sentences(notes), broken.shown(position)
    shown = broken.shown()
    return _sentences([
        "nothing falls", *notes, *_silent_clients(broken), f"At the end: {condition(shown)}"
    ]), shown  # fmt: skip


def _sentences(notes):
    """One behind the other: the first goes on in small letters behind what the card says."""
    return ". ".join([notes[0], *(note[0].upper() + note[1:] for note in notes[1:])])


def _moved(text, head):
    """What is told where the schedule's cluster is not the task's, or "". It is no mistake in
    itself, for the text is played as it stands. Seed and jitter are left to chance: a run made by
    hand need not have the task's."""
    mine, ours = (_cluster(read(one).about) for one in (text, head))
    return "" if mine == ours else f"leave the line of the cluster as it was: {head}"


def _cluster(about):
    servers = [id for id, _ in about["nodes"]] if "nodes" in about else about["servers"]
    if servers == [f"S{number + 1}" for number in range(len(about.get("nodes", ())))]:
        servers = len(servers)
    dials = {dial: setting for dial, setting in about["dials"].items() if dial != "jitter"}
    return about["protocol"], servers, about["clients"], dials


def _silent_clients(broken):
    """What is told where the cluster has clients and not one of them has asked for anything."""
    clients = broken.run.state.config.clients
    asked = [begun(step.action) for step in broken.steps]
    asked = [action for action in asked if type(action) is Request]
    if not clients or any(action.node in clients for action in asked):
        return []
    wish = write_asked(asked[0].command) if asked else "x+=1"
    told = f"{' and '.join(clients)} {'have' if clients[1:] else 'has'} asked nothing"
    return [f"{told}: write request {wish} at {clients[0]}"]


def _forgets(disks):
    return f"{disks[0]} is not for this task: a disk that forgets breaks what is right, too"


def _harmless(broken, right, breaks):
    """The part that asks for no harm where the rule is mended."""
    name = "with the right rule nothing falls"
    disks = disk_verbs(right)
    harm = right.fell(breaks)
    harm = (breaks, *harm) if harm else right.first()
    if harm or disks:
        told, run = "", None
        if disks:
            told = _forgets(disks)
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

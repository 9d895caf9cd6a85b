"""Who led when, for how long did nobody or more than one, and what did each of them do?

A lane for each worker of a job scheduler (`raftlab/real/scheduler.py`), time to the right. A bar
says that it believes to be the scheduler, and by which epoch; the bar is hollow while it stands
still. Below it stands what it assigned: a line for jobs, a thick broken one for jobs that had been
accepted before, a cross for each that was refused. On top, when nobody led and when two did.
"""

from . import style
from .picture import Picture
from .scene import Mark, Poly, Rect, Scene, Text, sign, wrap

LEFT, RIGHT = 52, style.WIDTH - 18
LANE, BAR = 48, 17  # heights
TOP = 92
NEAR = 40  # ms: what is assigned within that time of each other is one line
_STEPS = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


def leaders(course):
    """The picture of a `Course`."""
    return Picture(scene(course), str(course))


def scene(course):
    place = _Place(course)
    marks = [_header(course), *_axis(place), *_lanes(place)]
    marks += [*_gaps(place), *_overlaps(place)]
    marks += [_reign(reign, place) for reign in course.reigns]
    marks += [mark for id in course.workers for mark in _deeds(id, place)]
    marks += _elsewhere(place)
    legend, bottom = _legend(place.low + 32 + 15 * len(course.elsewhere))
    title = f"Leaders: {course.variant}, {course.fault}"
    return Scene(style.WIDTH, bottom, title, str(course), (*marks, *legend))


class _Place:
    """Where times and workers stand."""

    def __init__(self, course):
        self.course = course
        self.low = TOP + LANE * len(course.workers)

    def x(self, at):
        part = min(1, max(0, at / (self.course.length or 1)))
        return round(LEFT + (RIGHT - LEFT) * part, 1)

    def y(self, id):
        return TOP + LANE * self.course.workers.index(id)


def _header(course):
    refused = course.refused + course.duplicate
    said = (
        f"{course.done:,} of {course.jobs:,} jobs done, {course.twice:,} of them twice; "
        f"{refused:,} assignment{'s' * (refused != 1)} refused"
    )
    said += f". {course.note}" if course.note else ""
    lines = wrap(said, style.SIZES["note"], style.WIDTH - 32)
    return Mark("header", "", said, 16, 22, (
        Text(16, 22, f"{course.variant}, {course.fault}", style.SIZES["title"], bold=True),
        *(Text(16, 44 + 16 * at, line, style.SIZES["note"]) for at, line in enumerate(lines)),
    ))  # fmt: skip


def _axis(place):
    tiny, length = style.SIZES["tiny"], place.course.length
    step = next((step for step in _STEPS if length / step <= 10), _STEPS[-1])
    for at in range(0, int(length) + 1, step):
        x = place.x(at)
        yield Mark("axis", "", "", x, place.low, (
            Poly(((x, TOP - 6), (x, place.low)), stroke="faint", width=1),
            Text(x, place.low + 10, f"{at:,}", tiny, "muted", "middle"),
        ))  # fmt: skip
    yield Mark("axis", "", "", 16, place.low, (Text(16, place.low + 10, "ms", tiny, "muted"),))


def _lanes(place):
    for id in place.course.workers:
        y = place.y(id)
        yield Mark("lane", id, id, LEFT, y, (
            Poly(((16, y - 6), (RIGHT, y - 6)), stroke="faint", width=1),
            Text(16, y + BAR / 2, id, style.SIZES["label"], bold=True),
        ))  # fmt: skip


def _gaps(place):
    for gap in place.course.gaps:
        said = f"nobody: {gap.ms:.0f} ms"
        title = f"{said}, to be expected {gap.low:.0f} to {gap.high:.0f} ms"
        yield _span("gap", place, gap.ended - gap.ms, gap.ended, said, title, "dotted", "ink")


def _overlaps(place):
    for began, ended in place.course.overlaps:
        said = f"two: {ended - began:.0f} ms"
        title = f"from {began:.0f} to {ended:.0f} ms more than one believed to be the scheduler"
        yield _span("overlap", place, began, ended, said, title, "solid", "lost")


def _span(kind, place, began, ended, said, title, dash, ink):
    """A bracket over a stretch of time, with words."""
    left, right, y = place.x(began), place.x(ended), TOP - 14
    size = style.SIZES["small"]
    half = style.text_width(said, size) / 2
    middle = min(RIGHT - half, max(LEFT + half, (left + right) / 2))
    return Mark(kind, "", title, left, y, (
        Poly(((left, y + 5), (left, y), (right, y), (right, y + 5)), stroke=ink, width=1.5,
             dash=dash),
        Text(middle, y - 9, said, size, ink, "middle", halo=True),
    ))  # fmt: skip


def _reign(reign, place):
    y, shapes = place.y(reign.who), []
    colour = style.term_colour(reign.epoch)
    edges = [reign.began, *(edge for still in reign.stills for edge in still), reign.ended]
    for at, (began, ended) in enumerate(zip(edges, edges[1:], strict=False)):
        left, width = place.x(began), max(1.5, place.x(ended) - place.x(began))
        if at % 2 == 0:
            shapes.append(Rect(left, y, width, BAR, colour, "ink", 1, round=2))
        else:
            shapes.append(Rect(left, y, width, BAR, None, "ink", 1, "dashed", 2))
            shapes += sign(style.BARS, left + width / 2, y + BAR / 2, 9, "ink", 2)
    left, right = place.x(reign.began), place.x(edges[1])
    said, size = f"epoch {reign.epoch}", style.SIZES["small"]
    if right - left < style.text_width(said, size) + 6:
        said = str(reign.epoch)
    if right - left >= style.text_width(said, size) + 6:
        ink = style.ink_on(colour)
        shapes.append(Text((left + right) / 2, y + BAR / 2, said, size, ink, "middle"))
    if reign.why == "is killed":
        shapes += sign(style.CROSS, place.x(reign.ended), y + BAR / 2, 8, "lost", 2.5)
    title = f"{reign.who}, epoch {reign.epoch}: {reign.began:.0f} to {reign.ended:.0f} ms"
    title += f", then {reign.why}" if reign.why else ""
    return Mark("reign", reign.who, title, left, y, tuple(shapes))


def _deeds(id, place):
    """What a worker assigned, first, again, and in vain."""
    y = place.y(id) + BAR + 9
    first, again, refused = place.course.deeds(id)
    for kind, times, width, dash, ink in [
        ("assigned", first, 2, "solid", "ink"), ("again", again, 5, "dashed", "lost"),
    ]:  # fmt: skip
        for began, ended, count in _runs(times):
            left, right = place.x(began), max(place.x(ended), place.x(began) + 4)
            said = f"{id} assigned {count:,} {'jobs' if count > 1 else 'job'}"
            said += " that had been accepted before" if kind == "again" else ""
            shapes = [Poly(((left, y), (right, y)), stroke=ink, width=width, dash=dash)]
            if kind == "again":
                words = f"{count:,} again"
                anchor = "end" if left > style.WIDTH / 2 + 100 else "start"
                at = right if anchor == "end" else left
                shapes.append(Text(at, y + 11, words, style.SIZES["tiny"], ink, anchor))
            yield Mark(kind, id, said, left, y, tuple(shapes))
    for at, words in refused:
        x = place.x(at)
        yield Mark("refused", id, f"{id}: {words}, refused", x, y,
                   sign(style.CROSS, x, y, 6, "lost", 2))  # fmt: skip


def _runs(times):
    """Times that lie close together, as (first, last, how many)."""
    found = []
    for at in times:
        if found and at - found[-1][1] <= NEAR:
            found[-1][1:] = [at, found[-1][2] + 1]
        else:
            found.append([at, at, 1])
    return found


def _elsewhere(place):
    """What happened to servers, below the axis."""
    y = place.low + 26
    for event in place.course.elsewhere:
        x = place.x(event.at)
        said = f"{event.who} {event.what}"
        anchor = "end" if x > style.WIDTH / 2 else "start"
        yield Mark("event", event.who, f"{said}, {event.at:.0f} ms", x, y, (
            Poly(((x, TOP - 6), (x, y - 8)), stroke="line", width=1.5, dash="dotted"),
            Text(x, y, said, style.SIZES["small"], "ink", anchor),
        ))  # fmt: skip
        y += 15


def _legend(y):
    small = style.SIZES["small"]
    parts = [
        ("believes to lead", lambda x: (Rect(x, y - 6, 20, 12, style.term_colour(1), round=2),)),
        ("stands still", lambda x: (Rect(x, y - 6, 20, 12, None, dash="dashed", round=2),)),
        ("assigns", lambda x: (Poly(((x, y), (x + 20, y)), width=2),)),
        ("again", lambda x: (Poly(((x, y), (x + 20, y)), stroke="lost", width=5, dash="dashed"),)),
        ("refused", lambda x: sign(style.CROSS, x + 10, y, 6, "lost", 2)),
    ]
    marks, x = [], LEFT
    for words, drawn in parts:
        marks.append(Mark("legend", words, "", x, y, (*drawn(x), Text(x + 26, y, words, small))))
        x += 26 + style.text_width(words, small) + 18
    return marks, round(y + 20)

"""The drawing of a timeline: lanes, bars and marks. What they say is said in `timeline.py`."""

from bisect import bisect_right
from statistics import median

from . import style, text
from .scene import Circle, Mark, Poly, Rect, Scene, Text, cut_short, sign, wrap

LEFT, RIGHT = 66, style.WIDTH - 18
ROW, BAR = 34, 11  # heights
TAIL = 46  # how far an operation without an answer is drawn
LABEL = 190  # of a label at most
IDLE = 4  # a gap is drawn as at most so many times the median gap
_TITLES = {True: "Linearizable", False: "Not linearizable", None: "Undecided"}


def scene(judgement, ops, left_out, words):
    """The scene of `ops` (a list of `timeline.Seen`, by their calls)."""
    marks, y = _header(judgement, left_out)
    clock = _Clock(ops)
    rows, lanes = _rows(ops, clock)
    top = y + 24
    low = top + ROW * len(rows) + 6
    if ops:
        marks += _axis(clock, top, low, judgement.unit)
    marks += _lanes(lanes, top)
    for nth, row in enumerate(rows):
        for one, at in row:
            marks.append(_bar(one, at, top + ROW * nth, clock))
    for nth, row in enumerate(rows):
        for one, _ in row:
            if one.place:
                marks.append(_point(one, clock.x(one.place[1]), top + ROW * nth))
    legend, bottom = _legend(ops, low + 18)
    marks += legend
    title = f"Client operations: {_TITLES[judgement.ok].lower()}"
    return Scene(style.WIDTH, round(bottom + 18), title, words, tuple(marks))


def _header(judgement, left_out):
    size = style.SIZES["note"]
    signs = {True: [[[-0.6, 0.05], [-0.15, 0.5], [0.7, -0.5]]], False: style.CROSS}
    shapes, x = [], 16
    if judgement.ok is not None:
        ink = "ink" if judgement.ok else "lost"
        shapes += sign(signs[judgement.ok], 24, 22, 9, ink, 2.5)
        x = 40
    title = _TITLES[judgement.ok]
    shapes.append(Text(x, 22, title, style.SIZES["title"], bold=True))
    y = 44
    said = judgement.why.partition(": ")[2]
    lines = wrap(said[:1].upper() + said[1:], size, style.WIDTH - 32)
    for line in lines[:8]:
        shapes.append(Text(16, y, line, size))
        y += 16
    if left_out:
        shapes.append(Text(16, y, left_out, size, "muted"))
        y += 16
    return [Mark("header", "", judgement.why, 16, 22, tuple(shapes))], y


class _Clock:
    """Where on the picture a time stands. In idle stretches time runs faster, and what happens
    within a moment is kept a little apart: the picture is not to scale."""

    def __init__(self, ops):
        times = {one.op.invoked_at for one in ops}
        times.update(one.op.completed_at for one in ops if one.op.status != "unknown")
        times.update(one.place[1] for one in ops if one.place and one.op.status == "unknown")
        self.times = sorted(times - {None})
        gaps = [b - a for a, b in zip(self.times, self.times[1:], strict=False)]
        self.most = IDLE * median(gaps) if gaps else 0
        width = RIGHT - LEFT - (TAIL if ops and ops[-1].op.status == "unknown" else 12)
        least = min(8, 0.5 * width / max(1, len(gaps)))
        drawn = [min(gap, self.most) for gap in gaps]
        scale = (width - least * len(gaps)) / (sum(drawn) or 1)
        self.places = [LEFT + 4]
        for gap in drawn:
            self.places.append(round(self.places[-1] + least + gap * scale, 1))

    def x(self, time):
        times, places = self.times, self.places
        after = bisect_right(times, time)
        if after == len(times):
            return places[-1]
        part = (time - times[after - 1]) / (times[after] - times[after - 1])
        return places[after - 1] + part * (places[after] - places[after - 1])

    def breaks(self):
        """The shortened stretches: (from, to, x)."""
        for at in range(1, len(self.times)):
            a, b = self.times[at - 1], self.times[at]
            if b - a > 1.5 * self.most:
                yield a, b, (self.places[at - 1] + self.places[at]) / 2


def _span(one, clock):
    """(left, right) of an operation's bar."""
    left = clock.x(one.op.invoked_at)
    if one.op.status == "unknown":
        point = clock.x(one.place[1]) + 16 if one.place else 0
        return left, min(RIGHT, max(left + TAIL, point))
    ended = one.op.invoked_at if one.op.completed_at is None else one.op.completed_at
    return left, max(left + 5, clock.x(ended))


def _label(one):
    said = one.label
    if one.kind == "impossible":
        said += f"  {one.effect}"
    size = style.SIZES["small"]
    bold = one.kind in ("impossible", "contradicts")
    said = cut_short(said, size * (1.15 if bold else 1), LABEL + (110 if bold else 0))
    return said, style.text_width(said, size, bold), bold


def _rows(ops, clock):
    """(rows of (operation, x of its label), [(client, its first row, how many)]).

    In a row no bar and no label lies on another; a client has as many rows as that takes.
    """
    rows, lanes = [], []
    clients = sorted({one.op.client for one in ops}, key=lambda id: (len(id), id))
    for client in clients:
        first, free = len(rows), []
        for one in ops:
            if one.op.client != client:
                continue
            left, right = _span(one, clock)
            width = _label(one)[1]
            at = max(LEFT, min(left, RIGHT - width))
            begin, end = min(left, at) - 9, max(right, at + width) + 9
            row = next((nth for nth, until in enumerate(free) if until <= begin), len(free))
            if row == len(free):
                free.append(0)
                rows.append([])
            free[row] = end
            rows[first + row].append((one, at))
        lanes.append((client, first, len(free)))
    return rows, lanes


def _axis(clock, top, low, unit):
    tiny = style.SIZES["tiny"]
    shapes, last = [Text(LEFT - 22, top - 10, unit, tiny, "muted", "end")], None
    for time, x in zip(clock.times, clock.places, strict=True):
        said = text.ms(time).removesuffix(" ms")
        if last is None or x - last > style.text_width(said, tiny) + 14:
            middle = min(x, style.WIDTH - 4 - style.text_width(said, tiny) / 2)
            shapes.append(Poly(((x, top - 2), (x, low)), stroke="faint", width=1))
            shapes.append(Text(middle, top - 10, said, tiny, "muted", "middle"))
            last = x
    marks = [Mark("axis", "", "", LEFT, top - 10, tuple(shapes))]
    for a, b, x in clock.breaks():
        zigzag = tuple((x - 5 + 2.5 * i, low - 3 + (3 if i % 2 else -3)) for i in range(5))
        span = text.ms(b - a) if unit == "ms" else f"{b - a} steps"
        said = f"{span} in which nothing begins or ends are shortened"
        marks.append(Mark("break", "", said, x, low, (Poly(zigzag, stroke="line"),)))
    return marks


def _lanes(lanes, top):
    marks = []
    for client, first, count in lanes:
        y = top + ROW * first
        size = max(9, min(style.SIZES["label"], (LEFT - 20) / (0.7 * len(client))))
        name = cut_short(client, 1.15 * size, LEFT - 20)
        shapes = (
            Poly(((12, y), (style.WIDTH - 12, y)), stroke="edge", width=1),
            Text(14, y + 21, name, round(size, 1), bold=True, halo=True),
        )
        said = f"{client}, {count} rows" if count > 1 else client
        marks.append(Mark("lane", client, said, 14, y + 21, shapes))
    return marks


def _bar(one, at, y, clock):
    left, right = _span(one, clock)
    words, width, bold = _label(one)
    high = y + 17
    ink = "lost" if one.kind == "impossible" else "muted" if one.kind == "fail" else "ink"
    line = 2.6 if bold else 1.2
    shapes = [Text(at, y + 9, words, style.SIZES["small"], ink, bold=bold, halo=True)]
    if one.op.status == "unknown":
        solid = left + 14
        shapes.append(Poly(((solid, high), (left, high), (left, high + BAR), (solid, high + BAR)),
                           fill="panel", stroke=ink, width=line))  # fmt: skip
        shapes += [Poly(((solid, edge), (right, edge)), stroke=ink, width=line, dash="dashed")
                   for edge in (high, high + BAR)]  # fmt: skip
    elif one.op.status == "fail":
        shapes.append(Rect(left, high, right - left, BAR, "down", "line", 1.2, round=2))
        shapes += sign(style.CROSS, (left + right) / 2, high + BAR / 2, 9, "downink", 2)
        shapes.append(Poly(((at, y + 9), (at + 0.86 * width, y + 9)), stroke="muted", width=1))
    else:
        shapes.append(Rect(left, high, right - left, BAR, "panel", ink, line, round=2))
    if one.kind == "impossible":
        shapes += sign(style.CROSS, (left + right) / 2, high + BAR / 2, 10, "lost", 3)
    said = f"{one.said}: {one.effect}" if one.effect else one.said
    return Mark(one.kind, one.op.client, said, (left + right) / 2, high + BAR / 2, tuple(shapes))


def _point(one, x, y):
    """The instant of an operation: a numbered mark on its bar."""
    tiny, number = style.SIZES["tiny"], str(one.place[0])
    wide = max(14, style.text_width(number, tiny) + 7)
    middle = y + 17 + BAR / 2
    body = Rect(x - wide / 2, middle - 7, wide, 14, "ink", "card", 1.2, round=7)
    shapes = (
        body if len(number) > 2 else Circle(x, middle, 7.5, "ink", "card", 1.2),
        Text(x, middle, number, tiny, "card", "middle", True),
    )
    return Mark("point", one.op.client, f"{one.label}: {one.effect}", x, middle, shapes)


def _legend(ops, y):
    """(the legend of what is there, where it ends)."""
    kinds = {one.kind for one in ops}
    small, shapes, x = style.SIZES["tiny"], [], 20
    items = [
        (any(one.place for one in ops), "n", "takes effect as number n"),
        ("unknown" in {one.op.status for one in ops}, "unknown", "no answer"),
        ("fail" in kinds, "fail", "failed: did not happen"),
        ("contradicts" in kinds, "contradicts", "contradicts the impossible answer"),
        ("impossible" in kinds, "impossible", "impossible"),
    ]
    for present, kind, words in items:
        if not present:
            continue
        wide = 28 + style.text_width(words, small)
        if x + wide > style.WIDTH - 8:
            x, y = 20, y + 20
        if kind == "n":
            shapes += [Circle(x + 11, y, 7, "ink", None),
                       Text(x + 11, y, "n", small, "card", "middle", True)]  # fmt: skip
        elif kind == "unknown":
            shapes.append(Poly(((x + 8, y - 5), (x, y - 5), (x, y + 5), (x + 8, y + 5)),
                               fill="panel", width=1.2))  # fmt: skip
            shapes += [Poly(((x + 8, y + d), (x + 22, y + d)), width=1.2, dash="dashed")
                       for d in (-5, 5)]  # fmt: skip
        else:
            look = {"fail": ("down", "line", 1.2), "contradicts": ("panel", "ink", 2.6),
                    "impossible": ("panel", "lost", 2.6)}[kind]  # fmt: skip
            shapes.append(Rect(x, y - 5, 22, 10, look[0], look[1], look[2], round=2))
            if kind != "contradicts":
                ink = {"fail": "downink", "impossible": "lost"}[kind]
                shapes += sign(style.CROSS, x + 11, y, 8, ink, 2)
        shapes.append(Text(x + 28, y, words, small, "muted"))
        x += wide + 16
    return [Mark("legend", "", "", 20, y, tuple(shapes))], y

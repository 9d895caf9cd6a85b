"""Where do two runs part, and why? The events of both in two columns, the first that differs
marked, and below each what its cluster looks like then; a server that differs is marked ≠."""

from html import escape

from ..sim.compare import Comparison
from . import style, text
from .picture import Picture
from .ring import drawn
from .scene import Circle, Mark, Poly, Rect, Scene, Text, cut_short, ring_layout, wrap

BEFORE, AFTER = 4, 8  # events shown before the one that differs, and after it
_HALF = style.WIDTH / 2


def compared(found):
    """The picture of a `sim.compare.Comparison`."""
    return Compared(found)


class Compared(Picture):
    """A picture with the comparison: `at` the position of the first event that differs in each run
    (None if none does), `why` in a sentence, `servers` what differs then, `sent`, `ends`, and
    `comparison`, all of it (`raftlab.sim.compare.Comparison`)."""

    def __init__(self, found, theme="light"):
        self.comparison = found
        self.at, self.why, self.servers = found.at, found.why, found.servers
        self.sent, self.ends = found.sent, found.ends
        super().__init__(scene(found), twin(found), theme=theme)

    def still(self):
        return Compared(self.comparison, self.theme)

    def plotly(self):
        return self.still()

    def dark(self):
        return Compared(self.comparison, "dark")

    def html(self):
        """Two columns of events as a table, for those who read it, below the picture."""
        found = self.comparison
        rows = []
        for number, row in enumerate(found.rows(BEFORE, AFTER)):
            cells = [_cell(steps, at) for steps, at in
                     zip((found.first, found.second), row, strict=True)]  # fmt: skip
            parts = number == found.parting(BEFORE)
            told = [f"<b>{escape(cell)}</b>" if parts else escape(cell) for cell in cells]
            rows.append(f"<tr><td {_LEFT}>{told[0]}</td><td>{_mark(found, number)}</td>"
                        f"<td {_LEFT}>{told[1]}</td></tr>")  # fmt: skip
        head = "".join(f'<th scope="col" {_LEFT}>{escape(name)}</th>' for name in
                       (found.names[0], "", found.names[1]))  # fmt: skip
        table = (f"<table><caption>{escape(found.why)}</caption><thead><tr>{head}</tr></thead>"
                 f"<tbody>{''.join(rows)}</tbody></table>")  # fmt: skip
        return super().html() + f"<details><summary>the events in words</summary>{table}</details>"


_LEFT = 'style="text-align:left"'


def _mark(found, number):
    """What stands between the events of a row: alike, the first that differ, or just later."""
    parts = found.parting(BEFORE)
    return "≠" if number == parts else "=" if parts is None or number < parts else ""


def _cell(steps, at):
    if at is None:
        return ""
    return f"event {at}, {text.ms(steps[at].state.time)}: {text.happened(steps[at])}"


def twin(found: Comparison):
    """The comparison in words."""
    lines = [found.why, *([found.replayed] if found.replayed else [])]
    for id, differences in found.servers.items():
        lines.append(f"{id}: " + "; ".join(f"{what} {here} | {there}"
                                           for what, here, there in differences))  # fmt: skip
    lines += [f"{name}: {end}" for name, end in zip(found.names, found.ends, strict=True)]
    rows = [[_cell(steps, at) for steps, at in zip((found.first, found.second), row, strict=True)]
            for row in found.rows(BEFORE, AFTER)]  # fmt: skip
    wide = min(60, max((len(row[0]) for row in rows), default=0))
    lines.append("")
    for number, row in enumerate(rows):
        lines.append(f"{row[0]:{wide}}  {_mark(found, number):1}  {row[1]}".rstrip())
    return "\n".join(lines)


# -- the picture --------------------------------------------------------------------------


def scene(found):
    """Two clusters side by side at the first event that differs (or the last that both have), the
    differences in words, and the events around it in two columns."""
    note, small = style.SIZES["note"], style.SIZES["small"]
    title = "Where two runs part" if found.at else "Two runs that do the same"
    shapes = [Text(16, 21, title, style.SIZES["title"], bold=True)]
    y = 42
    for line in wrap(" ".join(filter(None, (found.why, found.replayed))), note, 740):
        shapes.append(Text(16, y, line, note))
        y += 16
    marks = [Mark("header", "", "", 16, 21, tuple(shapes))]
    y += 10
    sides = tuple(zip((found.first, found.second), found.moment, strict=True))
    bottom = y
    for side, (steps, at) in enumerate(sides):
        made, low = _cluster(found, steps, at, side * _HALF, y, found.names[side])
        marks += made
        bottom = max(bottom, low)
    marks.append(Mark("rule", "", "", _HALF, y, (
        Poly(((_HALF, y), (_HALF, bottom)), stroke="faint", width=1),)))  # fmt: skip
    y = bottom + 8
    for id, differences in found.servers.items():
        told = f"{id}  " + "; ".join(f"{what}: {a} | {b}" for what, a, b in differences)
        for line in wrap(told, small, 740)[:3]:
            marks.append(Mark("difference", id, told, 16, y, (Text(16, y, line, small),)))
            y += 15
    y += 10
    for number, row in enumerate(found.rows(BEFORE, AFTER)):
        marks += _row(found, number, row, y)
        y += 20
    low = y
    for side, end in enumerate(found.ends):
        x = 16 + side * _HALF
        lines = wrap(f"… {end}", small, _HALF + 10)
        shapes = tuple(Text(x, y + 4 + 15 * at, line, small, "muted")
                       for at, line in enumerate(lines))  # fmt: skip
        marks.append(Mark("end", found.names[side], end, x, y + 4, shapes))
        low = max(low, y + 15 * len(lines))
    return Scene(style.WIDTH, round(low + 8), title, twin(found), tuple(marks))


def _cluster(found, steps, at, left, top, name):
    """(the marks of one cluster, where they end)."""
    state = steps[at].state
    sizes = style.ring_sizes(len(state.config.servers))
    reach = sizes["radius"] + style.REACH * sizes["node"] + style.VOTE_GAP + 5
    shrink = min(1, 128 / reach)
    for part in ("radius", "node", "text", "subtext", "glyph"):
        sizes[part] = round(sizes[part] * shrink, 1)
    x, y = left + _HALF / 2, top + 26 + reach * shrink
    sizes |= {"x": x, "y": y}
    ids = state.config.servers
    places = {id: (x + sizes["radius"] * a, y + sizes["radius"] * b)
              for id, (a, b) in zip(ids, ring_layout(len(ids)), strict=True)}  # fmt: skip
    words = f"{name}, event {at}, {text.ms(state.time)}"
    label = Text(left + 16, top + 6, cut_short(words, style.SIZES["label"], _HALF - 24),
                 style.SIZES["label"], bold=True)  # fmt: skip
    marks = [Mark("name", name, words, left + 16, top + 6, (label,))]
    marks += drawn(steps, at, places, sizes)
    for id in found.servers:
        if id in places:
            px, py = (side - 0.95 * sizes["node"] for side in places[id])
            marks.append(Mark("differs", id, f"{id} differs", px, py, (
                Circle(px, py, 8, "card", "focus", 1.8),
                Text(px, py, "≠", 12, "ink", "middle", True),
            )))  # fmt: skip
    return marks, y + reach * shrink + 8


def _row(found, number, row, y):
    """One line of the two columns of events."""
    small, parts = style.SIZES["small"], number == found.parting(BEFORE)
    marks = []
    if parts:
        box = Rect(8, y - 10, style.WIDTH - 16, 20, "panel", "ink", 1.2, round=4)
        marks.append(Mark("parting", "", found.why, 8, y, (box,)))
    for side, (steps, at) in enumerate(zip((found.first, found.second), row, strict=True)):
        if at is None:
            continue
        x = 16 + side * (_HALF + 6)
        shapes = (
            Text(x + 26, y, str(at), small, "muted", "end"),
            Text(x + 82, y, f"{steps[at].state.time:.1f}", small, "muted", "end"),
            Text(x + 92, y, cut_short(text.happened(steps[at]), small, _HALF - 128), small,
                 bold=parts),
        )  # fmt: skip
        marks.append(Mark("event", f"{found.names[side]} {at}", _cell(steps, at), x, y, shapes))
    if _mark(found, number):
        marks.append(Mark("sign", "", "", _HALF, y, (
            Text(_HALF, y, _mark(found, number), small, "ink", "middle", parts),)))  # fmt: skip
    return marks

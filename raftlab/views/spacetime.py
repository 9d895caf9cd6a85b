"""Who knew what when? Process lines and the messages between them: a Lamport diagram.

Time runs downwards, so that a long run is a long picture, not a wide one. A line's colour is
the term and its width the role: thin follower, broken-edged candidate, broad leader; a crash
is a gap. A message carries its sign of the ring where there is room; questions are solid lines,
answers broken ones. Stretches in which nothing happens are shortened and marked. What did not
happen before a chosen step, and so cannot have influenced it, can be made faint. The pane
"Space-time" of a lab is the live twin; there time runs to the right.
"""

from ..core import (
    Crash,
    CrashDuring,
    Deliver,
    Drop,
    Fire,
    Impossible,
    Pause,
    Request,
    Restart,
    Resume,
)
from ..sim import DOWN, PAUSED, actor, why
from . import style, text
from .flights import flights, is_beat, shown_steps  # noqa: F401 (is_beat: for glance)
from .past import Past, faint
from .picture import Picture
from .scene import Circle, Mark, Poly, Rect, Room, Scene, Text, cut_short, glyph, outline, sign

MOST = 300  # steps shown if nobody says where to begin
LEFT, RIGHT, COLUMN, TOP = 86, 462, 486, 76
SCALE = 3.5  # pixels a ms, if there is room
IDLE = 22  # ms without an event that are drawn at full length
WIDTHS = {"leader": 13, "candidate": 9}
_KINDS = {
    "vote-request": ("ink", 1.4, "solid"), "vote-yes": ("ink", 1.4, "dashed"),
    "vote-no": ("line", 1.2, "dotted"), "entries": ("ink", 1.8, "solid"),
    "heartbeat": ("line", 1, "solid"), "ack": ("line", 1, "dashed"),
    "nack": ("line", 1.2, "dotted"), "request": ("ink", 1.4, "solid"),
    "snapshot": ("ink", 2.6, "solid"),
}  # fmt: skip


def spacetime(run, at=None, first=None, heartbeats=True, past=None):
    """The run from step `first` to step `at` (the cursor if left out), time running downwards;
    with `past`, a step, all that did not happen before that step is faint."""
    steps, position = text.moment(run, at)
    first = max(0, position - MOST) if first is None else first
    if isinstance(first, bool) or not isinstance(first, int) or not 0 <= first <= position:
        raise Impossible(f"a diagram up to step {position} begins at a step from 0 to {position}, "
                         f"not at {first!r}")  # fmt: skip
    if past is not None and (type(past) is not int or not first <= past <= position):
        raise Impossible(f"what came before is shown of one of the steps {first} to {position} "
                         f"that the diagram shows, not of {past!r}")  # fmt: skip
    made = scene(steps, first, position, heartbeats, past)
    return Picture(made, made.words)


def scene(steps, first, last, heartbeats=True, past=None):
    """The scene of steps `first` to `last` of a list of steps."""
    state = steps[last].state
    ways = flights(steps, first, last, heartbeats)
    shown = shown_steps(steps, first, last, heartbeats, ways)
    begin = steps[first].state.time
    times = {begin, state.time, *(steps[i].state.time for i in shown)}
    times.update(max(begin, way.envelope.sent_at) for way in ways)
    place, breaks, bottom = _clock(sorted(times), len(shown))
    ids = [*state.config.servers, *state.config.clients]
    gap = (RIGHT - LEFT) / max(1, len(ids) - 1)
    lanes = {id: LEFT + gap * i if len(ids) > 1 else (LEFT + RIGHT) / 2
             for i, id in enumerate(ids)}  # fmt: skip
    rests = None if past is None else Past(steps, past, shown)
    room = Room()
    marks = [_header(steps, first, last, heartbeats, rests)]
    marks += _ticks(sorted(times), place, breaks, room)
    marks += _names(state, lanes)
    events, noted = _events(steps, shown, lanes, place, rests)
    column = _column(noted, bottom, room)
    terms, signs = [], _Signs(bottom - TOP > 4 * len(shown), room)
    for id in ids:
        line, named = _line(steps, first, last, id, lanes[id], place, room, rests)
        marks += line
        terms += named
    held = [way for way in ways if not rests or rests.joins(way)]
    above = [_message(way, lanes, place, begin, signs) for way in held]
    for way in ways:
        if rests and not rests.joins(way):
            marks.append(faint(_message(way, lanes, place, begin, signs)))
    marks += above + events + terms + column
    height = round(bottom + 46)
    marks.append(_legend(height - 20))
    words = twin(steps, shown, rests)
    title = f"Space-time diagram of steps {first} to {last}"
    return Scene(style.WIDTH, height, title, words, tuple(marks))


def _clock(times, count):
    """(a function from ms to pixels, the shortened stretches, the last pixel).

    The same everywhere but in idle stretches, so that slopes can be compared.
    """
    spans = [min(b - a, IDLE) for a, b in zip(times, times[1:], strict=False)]
    room = max(300, min(14 * count, 1300), 3 * count)
    scale = min(SCALE, room / (sum(spans) or 1))
    y, known, breaks = TOP + 8, {times[0]: TOP + 8}, []
    for (a, b), span in zip(zip(times, times[1:], strict=False), spans, strict=True):
        if b - a > span:
            breaks.append((a, b, y, y + span * scale))
        y += span * scale
        known[b] = y
    return (lambda time: known[time]), breaks, y


def _header(steps, first, last, heartbeats, rests):
    hidden = "" if heartbeats else ", heartbeats hidden"
    words = (f"steps {first} to {last} of {len(steps) - 1}, to "
             f"{text.ms(steps[last].state.time)}{hidden}; time runs downwards")  # fmt: skip
    return Mark("header", "", "", 16, 21, (
        Text(16, 18 if rests else 21, "Space-time diagram", style.SIZES["title"], bold=True),
        Text(16, 34 if rests else 40, words, style.SIZES["note"], "muted"),
        *([Text(16, 49, rests.words, style.SIZES["note"], "ink")] if rests else ()),
    ))  # fmt: skip


def _ticks(times, place, breaks, room):
    shapes, last = [], None
    for time in times:
        y = place(time)
        if last is None or y - last >= 26:
            shapes.append(Text(LEFT - 26, y, text.ms(time), style.SIZES["tiny"], "muted", "end"))
            shapes.append(Poly(((LEFT - 22, y), (LEFT - 17, y)), stroke="line", width=1))
            room.take((LEFT - 82, y - 6, LEFT - 17, y + 6))
            last = y
    marks = [Mark("ticks", "", "", 16, TOP, tuple(shapes))]
    for a, b, low, high in breaks:
        y = (low + high) / 2
        room.take((LEFT - 23, y - 7, LEFT - 15, y + 7))
        zigzag = tuple((LEFT - 21 + (4 if i % 2 else 0), y - 6 + 3 * i) for i in range(5))
        told = f"{text.ms(b - a)} in which nothing happens are shortened"
        marks.append(Mark("break", "", told, LEFT - 19, y, (Poly(zigzag, stroke="line"),)))
    return marks


def _names(state, lanes):
    size = round(min(style.SIZES["label"], (RIGHT - LEFT) / len(lanes) / 2.1), 1)
    return [
        Mark("name", id, text.node(state, id), x, TOP - 12,
             (Text(x, TOP - 12, id, size, "ink", "middle", True),))
        for id, x in lanes.items()
    ]  # fmt: skip


def _line(steps, first, last, id, x, place, room, rests):
    """(a process line: a piece for each stretch of one role, term and condition; the names of
    its terms, which lie above arrows and signs)."""
    pieces, marks, terms = [], [], []
    before = None
    for i in range(first, last + 1):
        state = steps[i].state
        host = state.host(id)
        if host is before:
            continue
        before, seen = host, state.observe(id)
        look = (seen.role, seen.term, host.mode)
        if not pieces or pieces[-1][0] != look:
            pieces.append((look, state.time, i))
    ends = [time for _, time, _ in pieces[1:]] + [steps[last].state.time]
    pieces = [(*piece, end) for piece, end in zip(pieces, ends, strict=True)]
    if rests:  # what lies behind the last step that counts is no part of it
        cut = steps[max(first, rests.last.get(id, first))].state.time
        pieces = [
            (look, low, i, high)
            for look, begin, i, end in pieces
            for low, high in ((begin, min(end, cut)), (max(begin, cut), end))
            if low < high
        ]
    term_before = None
    for (role, term, mode), begin, _, end in pieces:
        beyond = rests and begin >= cut
        top, low = place(begin), place(end)
        words = text.MODES.get(mode) or role or "running"
        told = f"{id}: {words}" + (f", term {term}" if term is not None else "")
        told += f", {text.ms(begin)} to {text.ms(end)}"
        shapes = []
        if mode == DOWN:
            shapes.append(Poly(((x, top), (x, low)), stroke="line", width=1, dash="dotted"))
        elif mode == PAUSED:
            shapes += [Poly(((x + d, top), (x + d, low)), stroke="line", width=1.5)
                       for d in (-2.5, 2.5)]  # fmt: skip
        elif low > top:
            wide = WIDTHS.get(role, 4)
            fill = style.term_colour(term) or "card"
            dash = "dashed" if role == "candidate" else "solid"
            shapes.append(Rect(x - wide / 2, top, wide, low - top, fill, "ink", 0.8, dash))
        if term and term != term_before and low - top > 9:
            label = _term(x, top + 12, term, room)
            if label:
                terms.append(faint(Mark("term", id, "", x, label.y, (label,)), beyond))
        term_before = term
        mark = Mark("stretch", id, told, x, (top + low) / 2, tuple(shapes))
        marks.append(faint(mark, beyond))
    return marks, terms


def _term(x, y, term, room):
    """The name of a term beside its line, where it hides nothing; None if it would."""
    wide = style.text_width(f"t{term}", style.SIZES["tiny"], True)
    left = x == LEFT  # where the first line's arrows do not begin
    for side, down in ((left, 0), (not left, 0), (left, 12), (not left, 12)):
        edge = x - 11 - wide if side else x + 11
        if room.take((edge, y + down - 5, edge + wide, y + down + 5)):
            return Text(x - 11 if side else x + 11, y + down, f"t{term}", style.SIZES["tiny"],
                        "ink", "end" if side else "start", True, True)  # fmt: skip
    return None


class _Signs:
    """Finds places for the signs on messages, so that none hides another; where lines lie too
    close for signs (not `wanted`) there are none."""

    R = 5.5
    PARTS = (0.42, 0.3, 0.56, 0.2, 0.7)  # of the way; not the middle, where lines of others run

    def __init__(self, wanted, room):
        self.wanted = wanted
        self.room = room

    def on(self, kind, term, x0, y0, x1, y1):
        """The sign of a message that goes from (x0, y0) to (x1, y1); () if there is no room."""
        if not self.wanted or abs(x1 - x0) < 5 * self.R:  # hardly on its way
            return ()
        for part in self.PARTS:
            x, y = x0 + part * (x1 - x0), y0 + part * (y1 - y0)
            r = 1.1 * self.R
            if self.room.take((x - r, y - r, x + r, y + r)):
                return glyph(kind, x, y, self.R, term)
        return ()


def _message(way, lanes, place, begin, signs):
    envelope = way.envelope
    x0, x1 = lanes[envelope.src], lanes[envelope.dst]
    kind = text.glyph_of(envelope.message)
    stroke, width, dash = _KINDS.get(kind, ("line", 1, "solid"))
    y0, y1 = place(max(begin, envelope.sent_at)), place(way.ended)
    span = way.ended - envelope.sent_at
    if envelope.sent_at < begin and span > 0:  # it was under way when the picture begins
        x0 += (x1 - x0) * (begin - envelope.sent_at) / span
    side = 1 if x1 > x0 else -1
    x1 -= side * 4
    told = f"{text.message(envelope.message)} {envelope.src}→{envelope.dst}"
    when = f"sent at {text.ms(envelope.sent_at)}"
    shapes = []
    if way.fate == "arrives":
        dx, dy = x1 - x0, y1 - y0
        length = (dx * dx + dy * dy) ** 0.5 or 1
        dx, dy = 7 * dx / length, 7 * dy / length
        head = ((x1, y1), (x1 - dx - 0.45 * dy, y1 - dy + 0.45 * dx),
                (x1 - dx + 0.45 * dy, y1 - dy - 0.45 * dx))  # fmt: skip
        shapes += [Poly(((x0, y0), (x1, y1)), stroke=stroke, width=width, dash=dash),
                   Poly(head, True, stroke, None)]  # fmt: skip
        shapes += signs.on(kind, getattr(envelope.message, "term", None), x0, y0, x1, y1)
        told += f", {when}, arrives at {text.ms(way.ended)}"
    else:
        lost = way.fate == "lost"
        due = envelope.deliver_at - envelope.sent_at
        part = 0.72 if lost else min(0.94, (way.ended - envelope.sent_at) / due) if due else 0.94
        x1 = x0 + (x1 - x0) * part
        stroke = "lost" if lost else "line"
        line = Poly(((x0, y0), (x1, y1)), stroke=stroke, width=1.3, dash="dashed")
        end = sign(style.CROSS, x1, y1, 5, "lost", 2) if lost else (
            Circle(x1, y1, 2.5, "card", "line", 1.2),)  # fmt: skip
        shapes += [line, *end]
        told += f", {when}, lost at {text.ms(way.ended)}" if lost else f", {when}, under way"
        shapes += signs.on(kind, getattr(envelope.message, "term", None), x0, y0, x1, y1)
    kind = {"arrives": "message", "lost": "lost", "under way": "flying"}[way.fate]
    return Mark(kind, f"{envelope.src}→{envelope.dst}", told, (x0 + x1) / 2, (y0 + y1) / 2,
                tuple(shapes))  # fmt: skip


def _events(steps, shown, lanes, place, rests):
    """(marks on the process lines, what stands in the column: (y, x, words, colour))."""
    marks, below, noted, broken = [], [], [], 0
    for i in shown:
        step = steps[i]
        action, y, who = step.action, place(step.state.time), actor(step.action)
        told = f"step {i}, {text.ms(step.state.time)}: {text.happened(step)}\n"
        told += "\n".join(why(step))
        short, shapes = None, ()
        x = lanes.get(who, COLUMN - 14)
        if who in lanes and i:
            before, after = steps[i - 1].state.observe(who), step.state.observe(who)
            if type(action) in (Crash, CrashDuring):
                shapes = sign(style.CROSS, x, y, 7, "ink", 2.5)
                short = text.happened(step)
            elif type(action) is Request:
                shapes = glyph("request", x, y, 6, None)
                short = text.happened(step)
            elif (before.role, before.term) != (after.role, after.term) and after.role in WIDTHS:
                shape = style.ROLE_SHAPES[after.role]
                fill = style.term_colour(after.term) or "card"
                shapes = (outline(shape, x, y, 6.5, fill=fill, width=1.5),)
                says = {"leader": "leads", "candidate": "stands in"}[after.role]
                short = f"{who} {says} term {after.term}"
                if after.term is None:  # a protocol without terms
                    short = f"{who} {says.split()[0]}"
            elif before.role in WIDTHS and after.role != before.role:
                short = f"{who} steps down"
                short += "" if after.term is None else f", term {after.term}"
            elif text.compacted(after) > text.compacted(before):
                foreign = text.compacted(after) > before.commit_index
                verb = "installs snapshot" if foreign else "compacts to"
                short = f"{who} {verb} {text.compacted(after)}"
            elif after.commit_index > before.commit_index and after.role == "leader":
                short = f"{who} commits to {after.commit_index}"
            elif type(action) not in (Deliver, Fire):
                short = text.happened(step)
            if type(action) is Pause:
                shapes = (Circle(x, y, 7, "card", "ink", 1.2), *sign(style.BARS, x, y, 7, "ink", 2))
            if type(action) in (Restart, Resume):
                shapes = (Circle(x, y, 5, "card", "ink", 2),)
            if not shapes:
                shapes = (Circle(x, y, 2.2, "ink", None),)
        elif i and type(action) not in (Deliver, Drop) and type(action).__name__ != "Wait":
            short = text.happened(step)
            y_line = ((LEFT - 14, y), (RIGHT + 14, y))
            shapes = (Poly(y_line, stroke="lost", width=1.2, dash="dashed"),)
        aside = rests and not rests.holds(i)
        mark = Mark("event", who or "", told, x, y, shapes)
        (below if aside else marks).append(faint(mark, aside))
        if short:
            noted.append((y, x, short, "muted" if aside else "ink"))
        news = step.known.broken[broken:] if step.known else ()
        if i == shown[0]:
            news = ()
        broken = len(step.known.broken) if step.known else 0
        noted += [(y, x, f"BROKEN: {verdict.name.replace('_', ' ')}", "lost") for verdict in news]
    return below + marks, noted


def _column(noted, bottom, room):
    """The turning points in words on the right, moved down where they would overlap."""
    marks, last, left_out = [], TOP - 12, 0
    for y, x, words, fill in noted:
        spot = max(y, last + 14)
        if spot > y + 42 or spot > bottom + 14:
            left_out += 1
            continue
        last = spot
        short = cut_short(words, style.SIZES["small"], style.WIDTH - COLUMN - 24)
        lead = Poly(((min(x + 8, COLUMN - 14), y), (COLUMN - 14, y), (COLUMN - 4, spot)),
                    stroke="faint", width=1)  # fmt: skip
        line = Text(COLUMN, spot, short, style.SIZES["small"], fill, bold=fill == "lost")
        room.take((COLUMN - 4, spot - 6, style.WIDTH, spot + 6))
        marks.append(Mark("note", "", words, COLUMN + 40, spot, (lead, line)))
    if left_out:
        more = Text(style.WIDTH - 12, TOP - 12, f"{left_out} more do not fit",
                    style.SIZES["tiny"], "muted", "end")  # fmt: skip
        marks.append(Mark("more", "", "", COLUMN, TOP - 12, (more,)))
    return marks


def _legend(y):
    shapes, x = [], 20
    for kind, words in (("vote-request", "vote request"), ("vote-yes", "granted"),
                        ("vote-no", "refused"), ("entries", "entries"),
                        ("heartbeat", "heartbeat"), ("ack", "answer")):  # fmt: skip
        stroke, width, dash = _KINDS[kind]
        shapes.append(Poly(((x, y), (x + 26, y)), stroke=stroke, width=width, dash=dash))
        shapes += glyph(kind, x + 13, y, _Signs.R, None)
        shapes.append(Text(x + 31, y, words, style.SIZES["tiny"], "muted"))
        x += 42 + style.text_width(words, style.SIZES["tiny"])
    shapes.append(Poly(((x, y), (x + 16, y)), stroke="lost", width=1.3, dash="dashed"))
    shapes += [*sign(style.CROSS, x + 20, y, 5, "lost", 2),
               Text(x + 30, y, "lost", style.SIZES["tiny"], "muted")]  # fmt: skip
    return Mark("legend", "", "", 20, y, tuple(shapes))


def twin(steps, shown, rests=None):
    """The diagram in words: a line for each step in it, with a star where it is not faint."""
    lines = [f"{rests.words}; they are marked *"] if rests else []
    for i in shown:
        star = "" if not rests else "* " if rests.holds(i) else "  "
        lines.append(f"{steps[i].state.time:9.1f} ms  {i:4}  {star}{text.happened(steps[i])}")
    return "\n".join(lines)

"""Who holds which entries, what is committed, and what could still be lost, at one instant?

One row for each server, one column for each index: term = colour and number, committed =
solid and shaded below, uncommitted = dashed, missing = dotted. A line behind the last committed
entry of each row; the leader's marks show where it believes its followers to be (▲ match,
▽ next). What a server has compacted into a snapshot is one block. On the right what the state
machine holds; entries committed but not applied are ringed as pending.
"""

from ..core import Impossible
from ..sim import DOWN, PAUSED
from . import style, text
from .picture import Picture
from .scene import Mark, Poly, Rect, Scene, Text, cut_short, outline

ROW, CELL_HEIGHT, TOP = 52, 26, 78
LEFT, RIGHT = 92, 150  # the servers' names; what the machine holds
NARROW, WIDE = 46, 78  # a cell shows at least the term; at most a short command


def logs(run, at=None, first=None, last=None):
    """The logs of all servers of `run` at step `at` (the cursor if left out), side by side.

    `first` and `last` choose the indexes shown; left out, as many of the newest as fit.
    """
    steps, position = text.moment(run, at)
    for index in (first, last):
        if index is not None and (not isinstance(index, int) or index < 1):
            raise Impossible(f"an index is a whole number from 1, not {index!r}")
    if first and last and first > last:
        raise Impossible(f"first must not lie behind last: {first} is above {last}")
    made = scene(steps, position, first, last)
    return Picture(made, made.words)


def has_logs(state):
    """Whether any server shows a log."""
    return any(state.observe(id).log is not None for id in state.config.servers)


def scene(steps, position, first=None, last=None):
    """The scene of the logs at `position` of a list of steps."""
    state = steps[position].state
    words = twin(steps, position)
    title = f"Logs at {text.instant(steps, position)}"
    header = Mark("header", "", "", 16, 21, (
        Text(16, 21, "Logs", style.SIZES["title"], bold=True),
        Text(60, 22, text.instant(steps, position), style.SIZES["note"], "muted"),
    ))  # fmt: skip
    if not has_logs(state):
        return _fields(state, header, title, words)
    seen = [state.observe(id) for id in state.config.servers]
    ends = [s.log.last_index if s.log is not None else 0 for s in seen]
    shown, width = _window(seen, max(ends), first, last)
    marks = [header, *_axis(shown, width, max(ends))]
    for row, one in enumerate(seen):
        marks += _row(state, one, TOP + ROW * row, shown, width)
    marks += _progress(state, seen, shown, width)
    height = TOP + ROW * len(seen) + 30
    marks.append(_legend(height - 18))
    return Scene(style.WIDTH, height, title, words, tuple(marks))


def _window(seen, end, first, last):
    """(the indexes shown, the width of a cell in pixels)."""
    room = style.WIDTH - LEFT - RIGHT
    last = last or min(max(end + 1, 3), (first or end + 1) + room // NARROW - 1)
    most = room // NARROW
    first = max(first or 1, last - most + 1)
    # The columns beside a cut are needed for the "…" that says so.
    shown = range(first, last + 1)
    longest = max(
        (len(text.command(one.log[i].command)) for one in seen if one.log is not None
         for i in shown if one.log.base_index < i <= one.log.last_index),
        default=1,
    )  # fmt: skip
    wanted = min(WIDE, max(NARROW, style.text_width("x" * longest, 11) + 10))
    return shown, min(wanted, room / len(shown))


def _x(index, shown, width):
    return LEFT + (index - shown[0]) * width


def _axis(shown, width, end):
    marks = [Text(LEFT - 12, TOP - 18, "index", style.SIZES["tiny"], "muted", "end")]
    marks += [
        Text(_x(i, shown, width) + width / 2, TOP - 18, str(i), style.SIZES["small"], "muted",
             "middle")
        for i in shown
    ]  # fmt: skip
    if shown[0] > 1:
        marks.append(Text(LEFT - 3, TOP - 18, "…", 12, "muted", "middle"))
    if end > shown[-1]:
        marks.append(Text(_x(shown[-1] + 1, shown, width) + 4, TOP - 18, "…", 12, "muted"))
    marks.append(Text(style.WIDTH - RIGHT + 14, TOP - 18, "state machine", style.SIZES["tiny"],
                      "muted"))  # fmt: skip
    return [Mark("axis", "", "", LEFT, TOP - 18, tuple(marks))]


def _row(state, seen, y, shown, width):
    marks = [_name(state, seen, y)]
    log = seen.log
    down = state.host(seen.id).mode == DOWN
    if text.compacted(seen) >= shown[0]:
        marks.append(_compacted(seen, y, shown, width, down))
    for index in shown:
        if index <= text.compacted(seen):
            continue
        x = _x(index, shown, width)
        if log is None or index > log.last_index:
            box = Rect(x + 2, y + 1, width - 4, CELL_HEIGHT - 2, None, "line", 1, "dotted", 3)
            marks.append(Mark("missing", f"{seen.id}[{index}]", "", x, y, (box,)))
        else:
            marks.append(_cell(seen, index, x, y, width, down))
    if log is not None and shown[0] - 1 <= seen.commit_index <= shown[-1]:
        x = _x(seen.commit_index + 1, shown, width)
        line = Poly(((x, y - 5), (x, y + CELL_HEIGHT + 5)), stroke="commit", width=3)
        told = f"{seen.id} knows entries up to {seen.commit_index} to be committed"
        marks.append(Mark("commit", seen.id, told, x, y + CELL_HEIGHT / 2, (line,)))
    if log is not None:
        x, held = style.WIDTH - RIGHT + 14, text.pairs(seen.machine) or "empty"
        pending = seen.commit_index - seen.last_applied
        shapes = [Text(x, y + 9, cut_short(held, 11, RIGHT - 26), 11)]
        applied = f"applied to {seen.last_applied}"
        if pending:
            applied += f", {pending} pending"
        shapes.append(Text(x, y + 24, applied, style.SIZES["tiny"], "muted"))
        told = f"{seen.id}'s state machine has {applied} and holds {held}"
        marks.append(Mark("machine", seen.id, told, x + 60, y + 13, tuple(shapes)))
    return marks


def _name(state, seen, y):
    host, middle = state.host(seen.id), y + CELL_HEIGHT / 2
    down = host.mode == DOWN
    fill = "down" if down else style.term_colour(seen.term) or "card"
    shape = "circle" if down else style.ROLE_SHAPES.get(seen.role, "circle")
    told = text.MODES.get(host.mode) or (f"term {seen.term}" if seen.term is not None else "")
    shapes = (
        outline(shape, 22, middle, 8, fill=fill, stroke="line" if down else "ink", width=1.5,
                dash="dashed" if down else "solid"),
        Text(38, middle - 6, seen.id, style.SIZES["label"], bold=True),
        Text(38, middle + 8, told, style.SIZES["tiny"], "muted"),
    )  # fmt: skip
    return Mark("server", seen.id, text.node(state, seen.id), 22, middle, shapes)


def _cell(seen, index, x, y, width, down):
    entry = seen.log[index]
    committed, applied = index <= seen.commit_index, index <= seen.last_applied
    fill = style.term_colour(entry.term) or "card"
    ink = style.ink_on(fill) if fill[0] == "#" else "ink"
    told = f"{seen.id} {text.entry(index, entry)}, "
    told += "not known to be committed" if not committed else "committed"
    told += ", not yet applied" if committed and not applied else ", applied" if applied else ""
    told += "; on the disk of a crashed server" if down else ""
    box = Rect(x + 2, y, width - 4, CELL_HEIGHT, fill, "ink", 2.4 if committed else 1.4,
               "solid" if committed else "dashed", 3)  # fmt: skip
    middle = x + width / 2
    word = cut_short(text.command(entry.command), style.SIZES["tiny"], width - 5)
    fits = len(word) >= min(3, len(text.command(entry.command)))
    shapes = [box, Text(middle, y + 8, f"t{entry.term}", style.SIZES["tiny"], ink, "middle", True)]
    if fits:
        shapes.append(Text(middle, y + 19, word, style.SIZES["tiny"], ink, "middle"))
    if committed and not applied:
        shapes.append(Poly(((x + 6, y + CELL_HEIGHT + 4), (x + width - 6, y + CELL_HEIGHT + 4)),
                           stroke="line", width=2, dash="dotted"))  # fmt: skip
    kind = "committed" if committed else "uncommitted"
    return Mark(kind, f"{seen.id}[{index}]", told, middle, y + CELL_HEIGHT / 2, tuple(shapes))


def _compacted(seen, y, shown, width, down):
    """Entries that are gone, as one block: committed, executed, and no longer to be seen."""
    base, term = seen.log.base_index, seen.log.base_term
    left, right = LEFT + 2, _x(min(base, shown[-1]) + 1, shown, width) - 2
    told = f"{seen.id} has compacted entries 1 to {base} into a snapshot; the last of them was of "
    told += f"term {term}" + ("; on the disk of a crashed server" if down else "")
    middle, room = (left + right) / 2, right - left - 4
    shapes = [
        Rect(left, y, right - left, CELL_HEIGHT, "panel", "ink", 2.4, "solid", 3),
        Text(middle, y + 8, f"t{term}", style.SIZES["tiny"], "ink", "middle", True),
    ]
    for words in (f"entries 1 to {base} compacted", f"1…{base} compacted", f"1…{base}"):
        if style.text_width(words, style.SIZES["tiny"]) <= room:
            shapes.append(Text(middle, y + 19, words, style.SIZES["tiny"], "ink", "middle"))
            break
    kind = f"{seen.id}[1…{base}]"
    return Mark("compacted", kind, told, middle, y + CELL_HEIGHT / 2, tuple(shapes))


def _progress(state, seen, shown, width):
    """Where each running leader believes its followers to be."""
    marks = []
    rows = {one.id: TOP + ROW * row for row, one in enumerate(seen)}
    newest = max((one.term for one in seen if one.next_index), default=None)
    for leader in seen:
        if not leader.next_index or leader.term != newest:
            continue
        for peer, next_index in leader.next_index.items():
            y = rows[peer] + CELL_HEIGHT + 10
            match = leader.match_index.get(peer, 0)
            shapes = []
            if shown[0] - 1 <= match <= shown[-1] and match:
                x = _x(match, shown, width) + width / 2
                x = max(x, LEFT - 6)
                shapes.append(Poly(((x, y - 5), (x + 5, y + 4), (x - 5, y + 4)), True, "ink"))
            if shown[0] <= next_index <= shown[-1] + 1:
                x = _x(next_index, shown, width) + width / 2
                x = min(x, style.WIDTH - RIGHT + 6)
                shapes.append(
                    Poly(((x, y - 5), (x + 5, y + 4), (x - 5, y + 4)), True, None, "ink", 1.3)
                )
            sends = "its snapshot" if next_index <= text.compacted(leader) else next_index
            told = f"{leader.id} knows that {peer} stores entries up to {match} and sends "
            told += f"{sends} next"
            marks.append(Mark("progress", f"{leader.id}→{peer}", told,
                              max(LEFT - 6, _x(min(next_index, shown[-1]), shown, width)), y,
                              tuple(shapes)))  # fmt: skip
    return marks


def _legend(y):
    shapes, x = [], 20
    for draw, words in (
        (lambda x: [Rect(x, y - 6, 18, 12, "faint", "ink", 2.4, "solid", 2)], "committed"),
        (lambda x: [Rect(x, y - 6, 18, 12, "faint", "ink", 1.4, "dashed", 2)], "not yet"),
        (lambda x: [Rect(x, y - 6, 18, 12, None, "line", 1, "dotted", 2)], "missing"),
        (lambda x: [Poly(((x + 9, y - 8), (x + 9, y + 8)), stroke="commit", width=3)],
         "commit index"),
        (lambda x: [Poly(((x + 9, y - 5), (x + 14, y + 4), (x + 4, y + 4)), True, "ink")],
         "leader: stored to"),
        (lambda x: [Poly(((x + 9, y - 5), (x + 14, y + 4), (x + 4, y + 4)), True, None, "ink",
                         1.3)], "leader: sends next"),
    ):  # fmt: skip
        shapes += draw(x)
        shapes.append(Text(x + 24, y, words, style.SIZES["tiny"], "muted"))
        x += 36 + style.text_width(words, style.SIZES["tiny"])
    return Mark("legend", "", "", 20, y, tuple(shapes))


def _fields(state, header, title, words):
    """For a protocol without a log: a row of words for each server."""
    marks = [header]
    y = 60
    for id in state.config.servers:
        line = cut_short(text.node(state, id), style.SIZES["note"], style.WIDTH - 40)
        marks.append(Mark("fields", id, text.node(state, id), 20, y,
                          (Text(20, y, line, style.SIZES["note"]),)))  # fmt: skip
        y += 24
    return Scene(style.WIDTH, y, title, words, tuple(marks))


def twin(steps, position):
    """The logs in words: a line for each server with its entries, runs of old ones shortened."""
    state = steps[position].state
    lines = [f"logs at {text.instant(steps, position)}"]
    for id in state.config.servers:
        seen, mode = state.observe(id), state.host(id).mode
        if seen.log is None:
            lines.append(text.node(state, id))
            continue
        base, end = seen.log.base_index, seen.log.last_index
        newest = [(i, seen.log[i]) for i in range(max(base + 1, end - 11), end + 1)]
        held = [f"{i}:t{entry.term} {text.command(entry.command)}" for i, entry in newest]
        if end - len(held) > base:
            held.insert(0, f"{base + 1}…{end - len(held)}")
        if base:
            held.insert(0, f"1…{base} compacted at t{seen.log.base_term}")
        entries = ", ".join(held)
        state_of = {DOWN: " (crashed)", PAUSED: " (paused)"}.get(mode, "")
        lines.append(
            f"{id}{state_of} {seen.role} term {seen.term}: [{entries}] "
            f"committed to {seen.commit_index}, applied to {seen.last_applied}, "
            f"holds {text.pairs(seen.machine) or 'nothing'}"
        )
        for peer, next_index in seen.next_index.items():
            by = " (the snapshot)" if next_index <= base else ""
            lines.append(f"  {id}: {peer} stores up to {seen.match_index.get(peer, 0)}, "
                         f"next {next_index}{by}")  # fmt: skip
    return "\n".join(lines)

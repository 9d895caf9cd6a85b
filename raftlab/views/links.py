"""Who can reach whom: the lines between the nodes of a ring.

A cut that parts the ring in pieces is a wall between them. Any other cut is seen best by what it
has left: the links that work are drawn strongly, the broken ones hardly. A client that is cut off
from some servers says in words whom it reaches, for its links would cross the whole picture.
"""

from itertools import combinations
from math import atan2, pi, tau

from . import style, text
from .scene import Curve, Mark, Poly, Text, along, around, bent

_MESH = 9  # servers: twenty of them have 190 links, and then the ring says enough
_MANY = 36  # broken links that are drawn of more servers


def links(state, at, sizes):
    """The marks of links, cuts and walls, each node at its place in `at`."""
    ids, cuts = state.config.servers, state.cuts
    marks = [_client(state, id, at, sizes) for id in at if id not in ids]
    among = [cut for cut in cuts if cut[0] in ids and cut[1] in ids]
    walls = _walls(state, sizes)
    pairs = [(a, b, _state(cuts, a, b)) for a, b in combinations(ids, 2)]
    broken = sum(way != "" for _, _, way in pairs)
    look = ("line", 2.2) if among and not walls else ("faint", 1)
    for a, b, way in pairs:
        if way and not walls and (len(ids) <= _MESH or broken <= _MANY):
            marks.append(_broken(a, b, way, at, sizes))
        elif not way and len(ids) <= _MESH:
            line = Poly((at[a], at[b]), stroke=look[0], width=look[1])
            marks.append(Mark("link", f"{a}–{b}", "", *_middle(at[a], at[b]), (line,)))
    if state.hosts[0].node.company:  # only such programs talk to each other
        clients = [id for id in at if id not in ids]
        marks += [_broken(a, b, way, at, sizes) for a, b in combinations(clients, 2)
                  if (way := _state(cuts, a, b))]  # fmt: skip
    return [mark for mark in marks if mark] + walls


def reach(state, id):
    """Whom a client reaches, if not all servers, in a few words: "only S1 S2", "not S3"."""
    ids, cuts = state.config.servers, state.cuts
    lost = [other for other in ids if _state(cuts, id, other)]
    left = [other for other in ids if other not in lost]
    if not lost or any(_state(cuts, id, other) != "both" for other in lost):
        return ""
    if not left:
        return "cut off"
    word, named = ("only", left) if len(left) <= len(lost) else ("not", lost)
    return f"{word} {' '.join(named)}" if len(named) <= 3 else f"only {len(left)} of {len(ids)}"


def _state(cuts, a, b):
    """Of a link: "" if it works, "both" if it is cut both ways, "out" if from `a` to `b` only,
    "back" if from `b` to `a` only."""
    return {(0, 0): "", (1, 1): "both", (1, 0): "out", (0, 1): "back"}[
        (a, b) in cuts, (b, a) in cuts
    ]


def _broken(a, b, way, at, sizes):
    """A link that is cut: hardly a line, with a bar across; or, if one way works, a line with an
    arrow that way and a bar where nothing comes out."""
    if way == "out":
        a, b = b, a  # what works goes from `a` to `b`
    (ax, ay), _, (bx, by) = bent(at[a], at[b], clear_of(sizes), 0)
    x, y = _middle((ax, ay), (bx, by))
    turn = atan2(by - ay, bx - ax)
    if way == "both":
        words = f"{a}–{b} is cut both ways"
        line = Poly(((ax, ay), (bx, by)), stroke="lost", width=1, dash="dotted")
        shapes = (line, _bar(x, y, turn))
    else:
        words = f"{a}–{b} is cut from {b} to {a}"
        line = Poly(((ax, ay), (bx, by)), stroke="line", width=2.2)
        head = [around(bx, by, 9, turn + pi + side) for side in (0.45, -0.45)]
        arrow = Poly((head[0], (bx, by), head[1]), stroke="line", width=2.2)
        shapes = (line, arrow, _bar(ax, ay, turn))
    kind = "cut" if way == "both" else "one-way"
    return Mark(kind, f"{b}–{a}" if way == "out" else f"{a}–{b}", words, x, y, shapes)


def _bar(x, y, turn, r=6):
    ends = around(x, y, r, turn + pi / 2), around(x, y, -r, turn + pi / 2)
    return Poly(ends, stroke="lost", width=3)


def _client(state, id, at, sizes):
    """What a client's cuts are, in words below it; a bar across the link if only one way is cut."""
    words, (x, y) = reach(state, id), at[id]
    if words:
        told = Text(x - 26, y + 27, words, 9.5, "lost", bold=True, halo=True)
        return Mark("reach", id, f"{id}: {words}", x, y + 27, (told,))
    shapes = []
    for a, b in sorted(state.cuts):
        other = b if a == id else a
        if id in (a, b) and other in state.config.servers:
            curve = bent(at[a], at[b], clear_of(sizes))
            turn = atan2(at[b][1] - at[a][1], at[b][0] - at[a][0])
            ends = [c for point in curve for c in point]
            shapes += [Curve(*ends, stroke="lost", width=1, dash="dotted"),
                       _bar(*along(curve, 0.5), turn)]  # fmt: skip
    told = ", ".join(f"{a}→{b}" for a, b in sorted(state.cuts) if id in (a, b))
    return Mark("cut", id, f"cut: {told}", x, y, tuple(shapes)) if shapes else None


def _walls(state, sizes):
    """Walls between neighbours of different groups; none if a group is not in one piece."""
    servers, parts = state.config.servers, text.groups(state)
    home = {id: number for number, part in enumerate(parts) for id in part}
    count = len(servers)
    gaps = [i for i in range(count if parts else 0)
            if home[servers[i]] != home[servers[(i + 1) % count]]]  # fmt: skip
    if not parts or len(gaps) != (len(parts) if len(parts) > 2 else 2):
        return []
    x, y = sizes["x"], sizes["y"]
    far = sizes["radius"] + style.REACH * sizes["node"] + 14
    lines = []
    for i in gaps:
        end = around(x, y, far, tau * (i + 0.5) / count - pi / 2)
        lines.append(Poly(((x, y), end), stroke="lost", width=3, dash="dashed"))
    return [Mark("wall", "network", text.cuts(state), x, y, tuple(lines))]


def clear_of(sizes):
    """How far from a server's place a link begins, clear of its timer."""
    return style.REACH * sizes["node"] + style.TIMER_GAP + style.TIMER_WIDTH + 3


def _middle(a, b):
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2

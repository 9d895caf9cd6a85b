"""Who leads, who stands, what is on its way, and who can reach whom, at one instant?

Servers stand on a circle: role = shape, term = colour and number, the election timer an arc
that shrinks, a candidate's votes a row of dots, messages where they are on their way.
"""

from math import atan2, hypot, pi, tau

from ..core import replace
from ..sim import DOWN, PAUSED, UP, loss_of
from . import style, text
from .links import links
from .picture import Picture
from .scene import (
    Arc,
    Circle,
    Curve,
    Mark,
    Poly,
    Rect,
    Scene,
    Text,
    along,
    around,
    bent,
    cut_short,
    first_part,
    glyph,
    outline,
    ring_layout,
    sign,
)


def ring(run, at=None):
    """The cluster of `run` at step `at` (the cursor if left out) as servers on a circle."""
    steps, position = text.moment(run, at)
    made = scene(steps, position)
    return Picture(
        made, made.words, interactive=True, graph=lambda: graph(steps[position].state, made)
    )


def scene(steps, position):
    """The ring's scene at `position` of a list of steps."""
    state = steps[position].state
    sizes = sizes_of(state)
    at = places(state, sizes)
    marks = drawn(steps, position, at, sizes)
    words = twin(steps, position)
    title = f"Cluster at {text.instant(steps, position)}"
    marks = _header(steps, position, sizes) + marks + _legend(state, marks, sizes)
    return Scene(sizes["width"], sizes["height"], title, words, tuple(marks))


def drawn(steps, position, at, sizes):
    """The marks of links, nodes and messages, each node at its place in `at`, without words around:
    for other pictures, too."""
    state = steps[position].state
    return [
        *links(state, at, sizes),
        *(_server(steps, position, id, at[id], sizes) for id in at),
        *_messages(state, at, sizes),
    ]


def sizes_of(state):
    """The sizes of the ring's picture; programs beside the servers stand on two lines, so that
    what they send each other does not pass over them."""
    config, company = state.config, state.hosts[0].node.company
    return style.ring_sizes(len(config.servers), len(config.clients), 48 if company else 0)


def places(state, sizes):
    """Where each node stands, in pixels: {id: (x, y)}. Clients that do not fit are left out."""
    ids = state.config.servers
    x, y, radius = sizes["x"], sizes["y"], sizes["radius"]
    found = {id: (x + radius * a, y + radius * b)
             for id, (a, b) in zip(ids, ring_layout(len(ids)), strict=True)}  # fmt: skip
    low, high = style.HEADER + 30, sizes["height"] - 30
    clients = state.config.clients[: int((high - low) // 58) + 1]
    gap = min(90, (high - low) / max(1, len(clients) - 1))
    top = y - gap * (len(clients) - 1) / 2
    found.update({id: (sizes["client"] + sizes["aside"] * (i % 2), top + gap * i)
                  for i, id in enumerate(clients)})  # fmt: skip
    return found


def graph(state, made):
    """The cluster as a networkx DiGraph: a node for each server and client, with `pos`, `role`,
    `term`, `mode`; an edge for each link between servers, and each other that is used or cut,
    with `cut` and `messages` (words). `marks` on both are what a figure draws."""
    from networkx import DiGraph

    net = DiGraph()
    mine = {}
    for mark in made.marks:
        mine.setdefault(mark.about, []).append(mark)
    for host in state.hosts:
        id, seen = host.node.id, state.observe(host.node.id)
        drawn = mine.get(id, [])
        net.add_node(
            id, role=seen.role, term=seen.term, mode=host.mode, words=text.node(state, id),
            pos=(round(drawn[-1].x, 1), round(drawn[-1].y, 1)) if drawn else None, marks=drawn,
        )  # fmt: skip
    servers = state.config.servers
    pairs = [(a, b) for a in servers for b in servers if a != b]
    pairs += [(e.src, e.dst) for e in state.network] + sorted(state.cuts)
    for src, dst in dict.fromkeys(pairs):
        flying = [e for e in state.network if (e.src, e.dst) == (src, dst)]
        marks = mine.get(f"{src}→{dst}", []) + (mine.get(f"{src}–{dst}", []))
        net.add_edge(
            src, dst, cut=(src, dst) in state.cuts,
            messages=[text.flight(state, e) for e in flying], marks=marks,
        )  # fmt: skip
    return net


def twin(steps, position):
    """The ring in words: a line for the instant, for each node, each message, the cuts."""
    state = steps[position].state
    lines = [f"{text.instant(steps, position)}: {text.happened(steps[position])}"]
    lines += [text.node(state, host.node.id) for host in state.hosts]
    if state.cuts:
        lines.append(text.cuts(state))
    lines += [text.flight(state, envelope) for envelope in state.network]
    return "\n".join(lines)


# -- servers and clients ------------------------------------------------------------------


def _server(steps, position, id, place, sizes):
    state = steps[position].state
    host, seen = state.host(id), state.observe(id)
    client = id in state.config.clients
    x, y = place
    r = 22 if client else sizes["node"]
    down = host.mode == DOWN
    shape = style.ROLE_SHAPES.get("follower" if down and not client else seen.role, "circle")
    fill = "down" if down else style.term_colour(seen.term) or "card"
    ink = "downink" if down else style.ink_on(fill) if fill[0] == "#" else "ink"
    shapes = [
        outline(shape, x, y, r, fill=fill, stroke="line" if down else "ink",
                width=2.5 if shape == "star" else 1.8, dash="dashed" if down else "solid")
    ]  # fmt: skip
    small = sizes["subtext"] - 1.5 * client
    below = ""
    if client and "waiting" in seen.fields:
        below = "waits" if seen.fields["waiting"] else "idle"
    elif not client or seen.term is not None:
        below = _second_line(text.term_word(host.node), seen, 2 * r - 8 * (not client), small)
    lift = 0.28 * r if below else 0
    large = style.fitting_size(id, 13, style.INSIDE * r) if client else sizes["text"]
    shapes.append(Text(x, y - lift, id, large, ink, "middle", True))
    if below:
        if seen.term is None:  # a term says little, and fits
            small = style.fitting_size(below, small, style.INSIDE * r)
        shapes.append(Text(x, y + 0.42 * r, below, small, ink, "middle"))
    if not down and not client:
        shapes += _timer(steps, position, host, x, y, r)
    if host.mode != UP:
        bx, by = x + 0.85 * r, y - 0.85 * r
        shapes.append(Circle(bx, by, 8, "card", "ink", 1.5))
        shapes += sign(style.CROSS if down else style.BARS, bx, by, 7, "ink", 2.5)
    if seen.role == "candidate" and not down:
        shapes += _votes(state, seen, x, y, r, sizes)
    for place, (mark, _) in enumerate(text.hardware(host)):
        shapes += _pill(mark, x + (1 - 2 * place) * r, y + 1.05 * r)
    return Mark("client" if client else "server", id, text.node(state, id), x, y, tuple(shapes))


def _pill(words, x, y):
    """A word or two in a frame of its own, where a sign would say too little."""
    width = style.text_width(words, style.SIZES["tiny"]) + 8
    box = Rect(x - width / 2, y - 7, width, 14, "card", "ink", 1.2, round=7)
    return box, Text(x, y, words, style.SIZES["tiny"], "ink", "middle", True)


def _second_line(word, seen, width, size):
    """The term, by the node's `word` for it; else the first of its own fields that fits."""
    if seen.term is not None:
        long = f"{word} {seen.term}"
        return long if style.text_width(long, size) <= width else f"{word[0]}{seen.term}"
    for name, held in seen.fields.items():
        words = f"{name}={held}"  # the name of a long one would leave no room for what it is
        fits = style.text_width(words, style.SMALLEST) <= width
        return words if fits else cut_short(str(held), style.SMALLEST, width)
    return seen.role if style.text_width(seen.role, size) <= width else ""


def _timer(steps, position, host, x, y, r):
    """The arc of the timer that runs out first: the share of its longest span that is left."""
    if not host.timers:
        return ()
    timer = min(host.timers)
    span = text.span(steps, position, host, timer)
    left = (timer[0] - steps[position].state.time) / span if span else 0
    left = min(1.0, max(0.0, left))
    reach = style.REACH * r + style.TIMER_GAP
    stroke = "line" if host.mode == PAUSED else "ink"
    back = Circle(x, y, reach, None, "faint", style.TIMER_WIDTH)
    if left < 0.01:
        return (back,)
    turn = min(left, 0.999) * tau
    return back, Arc(x, y, reach, -pi / 2, turn - pi / 2, stroke, style.TIMER_WIDTH)


def _votes(state, seen, x, y, r, sizes):
    """A slot for each voter, filled if its vote is here, on the side away from the middle."""
    servers = text.voters(state, seen)
    reach = style.REACH * r + style.VOTE_GAP
    alone = (x, y) == (sizes["x"], sizes["y"])
    outward = -pi / 2 if alone else atan2(y - sizes["y"], x - sizes["x"])
    apart = style.VOTE_STEP / reach
    first = outward - apart * (len(servers) - 1) / 2
    shapes = []
    for i, id in enumerate(servers):
        sx, sy = around(x, y, reach, first + apart * i)
        full = id in seen.votes
        radius = style.VOTE_RADIUS
        shapes.append(Circle(sx, sy, radius, "ink" if full else None, "ink" if full else "line",
                             1.2))  # fmt: skip
    return shapes


# -- messages -----------------------------------------------------------------------------


def _margin(sizes):
    return style.REACH * sizes["node"] + style.TIMER_GAP + style.TIMER_WIDTH + sizes["glyph"]


def _messages(state, at, sizes):
    margin, r = _margin(sizes), sizes["glyph"]
    marks, taken = [], []
    for envelope in state.network:
        if envelope.src not in at or envelope.dst not in at:
            continue
        curve = bent(at[envelope.src], at[envelope.dst], margin)
        span = envelope.deliver_at - envelope.sent_at
        part = min(1.0, max(0.0, (state.time - envelope.sent_at) / span)) if span > 0 else 1.0
        link = f"{envelope.src}→{envelope.dst}"
        x, y = _free(curve, part, r, taken, link)
        taken.append((x, y, link))
        ends = [c for point in first_part(curve, part) for c in point]
        doomed = loss_of(state, envelope)
        trail = Curve(*ends, stroke="lost" if doomed else "line", width=1.4,
                      dash="dashed" if doomed else "solid")  # fmt: skip
        kind = text.glyph_of(envelope.message)
        shapes = [*glyph(kind, x, y, r, getattr(envelope.message, "term", None))]
        if doomed:
            shapes += [Circle(x + r, y - r, 5, "card", "lost", 1.2)]
            shapes += sign(style.CROSS, x + r, y - r, 3.4, "lost", 1.8)
        told = text.flight(state, envelope)
        if part > 0.02:
            marks.insert(0, Mark("trail", link, "", x, y, (trail,)))
        marks.append(Mark("message", link, told, x, y, tuple(shapes)))
    return marks


def _free(curve, part, r, taken, link):
    """The place at `part` of the way, or beside it where another message's sign already is.

    If there is none free of all, one free of those on the same link.
    """
    x, y = along(curve, part)
    (ax, ay), _, (bx, by) = curve
    length = hypot(bx - ax, by - ay) or 1
    aside = (-(by - ay) / length, (bx - ax) / length)
    for others in (taken, [spot for spot in taken if spot[2] == link]):
        for shift in (0, 1, -1, 2, -2, 3, -3):
            move = shift * 1.1 * r
            spot = x + aside[0] * move, y + aside[1] * move
            if all(hypot(spot[0] - p, spot[1] - q) >= 2 * r for p, q, _ in others):
                return spot
    return x, y


# -- words around -------------------------------------------------------------------------


def _header(steps, position, sizes):
    title = cut_short(text.happened(steps[position]), style.SIZES["title"], sizes["width"] - 60)
    words = (
        Text(16, 21, title, style.SIZES["title"], bold=True),
        Text(16, 40, text.instant(steps, position), style.SIZES["note"], "muted"),
    )
    return [Mark("header", "", "", 16, 21, words)]


_FAULTS = (
    (DOWN, "crashed"),
    (PAUSED, "paused"),
)


def _legend(state, marks, sizes):
    """What the signs in *this* picture mean; nothing that is not in it."""
    rows = []
    up = [host.node.observation() for host in state.hosts if host.mode != DOWN]
    shapes = {}  # those that several roles share stand for what they have in common
    for role, shape in style.ROLE_SHAPES.items():
        if role != "client" and any(s.role == role for s in up):
            shapes.setdefault(shape, []).append(role)
    for shape, roles in shapes.items():
        for at in range(0, len(roles), 2):  # more do not fit into a line
            words = ", ".join(roles[at : at + 2])
            rows.append((outline(shape, 0, 0, 6.5, fill="card", width=1.5), words))
    for word, term in sorted({(text.term_word(state[s.id]), s.term) for s in up if s.term}):
        swatch = Rect(-7, -6, 14, 12, style.term_colour(term), "ink", 1, round=2)
        rows.append((swatch, f"{word} {term}"))
    if any(s.role == "candidate" for s in up):
        rows.append((Circle(0, 0, style.VOTE_RADIUS, "ink", "ink", 1.2), "a vote received"))
    if any(host.timers and host.mode != DOWN for host in state.hosts):
        rows.append((Arc(0, 0, 6, -pi / 2, pi, "ink", 3), "timer: time left"))
    kinds = [text.glyph_of(e.message) for e in state.network]
    for kind, sort in style.GLYPHS.items():
        if kind in kinds:
            rows.append((glyph(kind, 0, 0, 6, None), f"{sort['words']} ({kinds.count(kind)})"))
    doomed = sum(loss_of(state, e) is not None for e in state.network)
    if doomed:
        rows.append((sign(style.CROSS, 0, 0, 5, "lost", 1.8), f"will be lost ({doomed})"))
    for mode, word in _FAULTS:
        if any(host.mode == mode for host in state.hosts):
            marker = sign(style.CROSS if mode == DOWN else style.BARS, 0, 0, 7, "ink", 2.5)
            rows.append((marker, word))
    for mark, words in (("×", "a clock's speed"), ("?", "its disk lies")):
        if any(mark in sign for host in state.hosts for sign, _ in text.hardware(host)):
            rows.append((_pill(mark, 0, 0), words))
    if any(mark.kind == "wall" for mark in marks):
        rows.append((Poly(((-7, 0), (7, 0)), stroke="lost", width=3, dash="dashed"), "partition"))
    if any(mark.kind == "cut" for mark in marks):
        bar = Poly(((0, -5), (0, 5)), stroke="lost", width=3)
        line = Poly(((-8, 0), (8, 0)), stroke="lost", width=1, dash="dotted")
        rows.append(((line, bar), "link cut"))
    if any(mark.kind == "one-way" for mark in marks):
        lines = ((-7, -5), (-7, 5)), ((-7, 0), (8, 0)), ((3, -3), (8, 0), (3, 3))
        look = ({"stroke": "lost", "width": 3}, {"stroke": "line"}, {"stroke": "line"})
        shapes = tuple(Poly(line, **how) for line, how in zip(lines, look, strict=True))
        rows.append((shapes, "works one way only"))
    hidden = len(state.hosts) - sum(mark.kind in ("server", "client") for mark in marks)
    if hidden:
        rows.append(((), f"{hidden} more clients"))
    x = sizes["legend"] + 12
    gap = min(20, (sizes["height"] - style.HEADER - 24) / max(1, len(rows)))
    found = []
    for i, (shapes, words) in enumerate(rows):
        y = style.HEADER + 14 + gap * i
        shapes = shapes if isinstance(shapes, tuple) else (shapes,)
        drawn = [_moved(shape, x, y) for shape in shapes]
        drawn.append(Text(x + 15, y, words, style.SIZES["small"], "muted"))
        found.append(Mark("legend", words, "", x, y, tuple(drawn)))
    return found


def _moved(shape, x, y):
    """The same shape `x` to the right and `y` down."""
    if type(shape) is Poly:
        return replace(shape, points=tuple((a + x, b + y) for a, b in shape.points))
    return replace(shape, x=shape.x + x, y=shape.y + y)

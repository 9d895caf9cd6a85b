"""Do any two groups that may decide have a server in common?

Each group of `size` servers of a cluster of `count` is a row and a column; where two meet stands
which servers are in both. A cell marked × is two groups that can decide without each other.
"""

from itertools import combinations

from ..core import Impossible, majority
from .picture import Picture
from .scene import Circle, Mark, Rect, Scene, Text, sign
from .style import CROSS

_MOST = 20  # groups: more rows than that nobody reads
_CELL, _DOT, _LEFT, _TOP = 34, 7, 20, 66


def quorums(count, size=None):
    """The picture for `count` servers; `size` is how many may decide, left out a majority."""
    if type(count) is not int or not 1 <= count <= 7:
        raise Impossible(f"quorums are drawn of 1 to 7 servers, not of {count!r}")
    size = majority(count) if size is None else size
    if type(size) is not int or not 1 <= size <= count:
        raise Impossible(f"of {count} servers 1 to {count} may decide, not {size!r}")
    groups = tuple(combinations(range(1, count + 1), size))
    if len(groups) > _MOST:
        raise Impossible(f"{size} of {count} are {len(groups)} groups: too many; try fewer servers")
    words = told(count, size, groups)
    return Picture(scene(count, size, groups, words), words)


def told(count, size, groups):
    """The picture in words."""
    pairs = list(combinations(groups, 2))
    apart = [pair for pair in pairs if not set(pair[0]) & set(pair[1])]
    lines = [f"any {size} of {count} servers: {len(groups)} groups, {len(pairs)} pairs of them"]
    if apart:
        lines.append(f"{len(apart)} pairs have no server in common:")
        lines += [f"  {_ids(one)} and {_ids(other)}" for one, other in apart]
    else:
        least = min((len(set(a) & set(b)) for a, b in pairs), default=size)
        lines.append(f"every pair has at least {least} in common")
    return "\n".join(lines)


def scene(count, size, groups, words):
    label = _LEFT + count * (2 * _DOT + 2)
    side = len(groups) * _CELL
    title = f"Any {size} of {count} servers, and what two such groups have in common"
    marks = [Mark("header", "", "", _LEFT, 21, (
        Text(16, 21, f"Any {size} of {count}", 15, bold=True),
        Text(16, 40, words.splitlines()[1].rstrip(":"), 12, "muted"),
    ))]  # fmt: skip
    for row, group in enumerate(groups):
        y = _TOP + row * _CELL + _CELL / 2
        dots = [Circle(_LEFT + (id - 0.5) * (2 * _DOT + 2), y, _DOT - 1,
                       "ink" if id in group else None, "line", 1.2)
                for id in range(1, count + 1)]  # fmt: skip
        marks.append(Mark("group", _ids(group), _ids(group), _LEFT, y, tuple(dots)))
        for column, other in enumerate(groups[: row + 1]):
            x = label + 10 + column * _CELL
            marks.append(_cell(group, other, x, y - _CELL / 2))
    width = max(round(label + 10 + side + 16), 420)
    return Scene(width, _TOP + side + 14, title, words, tuple(marks))


def _cell(group, other, x, y):
    both = sorted(set(group) & set(other))
    if group == other:
        mine = Text(x + (_CELL - 3) / 2, y + (_CELL - 3) / 2, _numbers(group), 9, "muted", "middle")
        shapes = (Rect(x, y, _CELL - 3, _CELL - 3, "panel", None), mine)
        return Mark("same", _ids(group), _ids(group), x, y, shapes)
    told = f"{_ids(other)} and {_ids(group)} share {_ids(both) if both else 'nobody'}"
    dash = "solid" if both else "dashed"
    shapes = [Rect(x, y, _CELL - 3, _CELL - 3, None, "line" if both else "lost", 1.2, dash)]
    middle = x + (_CELL - 3) / 2, y + (_CELL - 3) / 2
    if both:
        size = 12 if len(both) < 3 else 9
        shapes.append(Text(*middle, _numbers(both), size, "ink", "middle"))
    else:
        shapes += sign(CROSS, *middle, 7, "lost", 2.2)
    return Mark("pair", f"{_ids(other)}|{_ids(group)}", told, x, y, tuple(shapes))


def _ids(group):
    return " ".join(f"S{id}" for id in group)


def _numbers(group):
    return " ".join(map(str, group))

"""`rl.diff`: a rule beside its broken twin; without a name, the list of all breaks.

    rl.diff("votes-twice")    the two methods, or lines of data, with what the difference costs
    rl.diff()                 every break, with its lesson, property and source

What differs is marked by - and + and not by colour alone; colours are those of the page, so that it
reads as well on a dark one.
"""

import re
from difflib import SequenceMatcher
from html import escape
from inspect import cleandoc, getsource, isfunction
from itertools import zip_longest
from textwrap import dedent, wrap

from ..checks.invariants import ASKED, TITLES
from ..core import Impossible
from ..protocols import broken, mended, name_of
from ..protocols.composed import bases_with_breaks, breaks, replaced, shelf, whose

_WIDTH = 58  # characters of a column of text
_TABLE = "width:100%;table-layout:fixed;border-collapse:collapse;color:inherit"
_CELL = "text-align:left;vertical-align:top;padding:0 6px"
_CODE = f"{_CELL};font-family:monospace;white-space:pre-wrap;border:0;background:none"
_MARKED = "font-weight:bold;border-left:3px solid currentColor"
_ROW = '<tr style="background:none">'  # a page's stripes would part the lines of one method


def diff(name=None):
    """A rule beside its broken twin: diff("votes-twice"); without a name, the list of all breaks.

    `name` is that of a break, alone or behind its protocol, as in "raft!votes-twice". Below the
    two stand what the break costs, where it was seen, and the calls that show it at work.
    """
    if name is None:
        return Breaks(breaks())
    if not isinstance(name, str) or not name.strip(" !"):
        raise Impossible(f'a break goes by its name, such as rl.diff("votes-twice"), not {name!r}')
    base, *words = re.split(r"\s*!\s*", name.strip())
    if len(words) > 1:
        each = ", ".join(f"rl.diff({word!r})" for word in words)
        raise Impossible(f"one break at a time: {each}")
    word = words[0] if words else base
    of = [one for one in bases_with_breaks() if word in breaks(one)]
    if not of:
        broken("raft", word)  # which says what there is instead
    base = base if base in of else of[0]
    return Difference(word, breaks(base)[word], base)


class Difference:
    """A break beside the rule that it replaces. `right` and `wrong` are their lines of source,
    `lesson` says what the broken one does, `property` what that costs, `source` where it was seen.
    A twin that `extends` the rule calls it by `super()`, so that nothing of it is gone.
    """

    def __init__(self, name, rule, base="raft"):
        self.name, self.base = name, base
        self.lesson = cleandoc(rule.__doc__)
        self.property = _title(rule.breaks)
        self.source = rule.source
        wrong, about = broken(base, name), replaced(rule)
        right = mended(wrong)
        self.protocol = name_of(right)
        sides = whose(right, rule), whose(wrong, rule)
        self.titles, self.right, self.wrong = _sides(about, *sides)
        self.extends = any(f"super().{about}(" in line for line in self.wrong)
        self._searched = rule.bounds is not None

    @property
    def rows(self):
        """(line of the rule, line of its twin, their marks) …: a line that is missing is None, a
        mark is "-" for what the twin lacks, "+" for what it has instead or besides, or "". A
        docstring is not marked, and has nothing beside it: it does nothing."""
        found, said = [], _docstring(self.right)
        for what, a, b, c, d in SequenceMatcher(None, self.right, self.wrong, False).get_opcodes():
            differs = what != "equal"
            beside = [None] * sum(differs and at in said for at in range(a, b))
            for at, other in zip_longest(range(a, b), [*beside, *self.wrong[c:d]]):
                lacks = differs and at is not None and at not in said and not self.extends
                has = differs and other is not None
                one = None if at is None else self.right[at]
                found.append((one, other, ("-" * lacks, "+" * has)))
        return found

    def _facts(self):
        """(what, words) of all that is told beside the source."""
        see = f'rl.scenario("{shelf(self.base)}/{self.name}")'
        if self._searched:
            see += f', rl.explore("{self.base}!{self.name}")'
        told = [("costs", self.property), ("seen", self.source), ("protocol", self.protocol)]
        told += [("super()", "is what stands on the left")] * self.extends
        return [*told, ("try", see)]

    def __repr__(self):
        lines = [f"{self.name}: {self.lesson}"]
        lines += [f"{what + ':':<10}{words}" for what, words in self._facts()]
        lines += ["", *_beside([(*self.titles, ("", "")), ("", "", ("", "")), *self.rows])]
        return "\n".join(lines)

    def _repr_html_(self):
        lesson = "".join(f"<p>{escape(part)}</p>" for part in self.lesson.split("\n\n"))
        facts = "<br>".join(f"<em>{what}:</em> {escape(words)}" for what, words in self._facts())
        head = "".join(f'<th scope="col" style="{_CELL}">{escape(title)}</th>'
                       for title in self.titles)  # fmt: skip
        body = "".join(f"{_ROW}{_code(one, marks[0])}{_code(other, marks[1])}</tr>"
                       for one, other, marks in self.rows)  # fmt: skip
        return (
            f"<div><strong>{escape(self.name)}</strong>{lesson}"
            f'<table style="{_TABLE}"><thead>{_ROW}{head}</tr></thead><tbody>{body}</tbody></table>'
            f"<p>{facts}</p></div>"
        )


class Breaks:
    """All breaks. `rows`: name, lesson, property and source of each, and whether a search finds
    in a short time what it breaks."""

    _LEGEND = (
        'rl.diff(NAME) shows a rule beside its broken twin, rl.scenario("breaks/NAME") a run in '
        'which that costs something; rl.explore("raft!NAME") searches for the shortest one, but '
        "(*) some are beyond a short search."
    )

    def __init__(self, known):
        self.rows = [
            (name, " ".join(cleandoc(rule.__doc__).partition("\n\n")[0].split()), rule.breaks,
             rule.source, rule.bounds is not None)
            for name, rule in known.items()
        ]  # fmt: skip

    def __len__(self):
        return len(self.rows)

    def _told(self):
        """(name, lesson, what it costs, source) of each, as it is shown."""
        for name, lesson, costs, source, searched in self.rows:
            yield name, lesson, _title(costs).partition(":")[0] + " *" * (not searched), source

    def __repr__(self):
        width = max(len(name) for name, *_ in self.rows) + 2
        lines = []
        for name, lesson, costs, source in self._told():
            lines += [f"{name:<{width}}{lesson}", f"{'':<{width}}costs {costs}; {source}"]
        return "\n".join([*lines, "", *wrap(self._LEGEND, 100)])

    def _repr_html_(self):
        names = ("break", "what its servers do, and where that was seen", "what it costs")
        head = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in names)
        body = "".join(
            f'<tr><th scope="row" style="{_CELL}">{escape(name)}</th>'
            f'<td style="{_CELL}">{escape(lesson)}<br><em>{escape(source)}</em></td>'
            f'<td style="{_CELL}">{escape(costs)}</td></tr>'
            for name, lesson, costs, source in self._told()
        )
        table = f'<table style="color:inherit"><thead><tr>{head}</tr></thead>'
        return f"<div><p>{escape(self._LEGEND)}</p>{table}<tbody>{body}</tbody></table></div>"


def _title(name):
    return {**TITLES, **ASKED}[name]


# -- the two sides ------------------------------------------------------------------------


def _sides(about, right, wrong):
    """((title, title), lines of the right one, lines of the wrong one) of what is replaced."""
    one, other = getattr(right, about), getattr(wrong, about)
    if isfunction(one):
        return (_named(one), _named(other)), _source(one), _source(other)
    if isinstance(one, tuple):
        titles = f"{name_of(right)}: {about}", f"{name_of(wrong)}: {about}"
        return titles, _data(about, one), _data(about, other)
    # An object of another class, such as a state machine: the methods that the class has anew.
    old, new = type(one), type(other)
    anew = [name for name in vars(new) if isfunction(vars(new)[name]) and name[:2] != "__"]
    before, after = ([line for name in anew for line in _source(getattr(kind, name))]
                     for kind in (old, new))  # fmt: skip
    return (f"{about}: {old.__name__}", f"{about}: {new.__name__}"), before, after


def _named(function):
    """The name of a method, and the section of the paper if it is a rule."""
    section = re.sub(r"^(dissertation |)(\d)", r"\1§\2", getattr(function, "section", ""))
    return function.__qualname__ + (f" ({section})" if section else "")


def _source(function):
    """The lines of a method, its decorator left out."""
    lines = dedent(getsource(function)).rstrip().splitlines()
    return lines[next(at for at, line in enumerate(lines) if line[:1] != "@") :]


def _docstring(lines):
    """The numbers of the lines that a method's docstring takes."""
    quotes = [at for at, line in enumerate(lines) for _ in range(line.count('"""'))]
    return range(quotes[0], quotes[1] + 1) if quotes else ()


def _data(name, held):
    """A tuple as a line for each of its members."""
    return [f"{name} = (", *(f"    {one!r},".replace("'", '"') for one in held), ")"]


# -- as text and as HTML ------------------------------------------------------------------


def _beside(rows):
    """Rows as lines of text in two columns, long ones folded."""
    told = []
    for one, other, (lacks, has) in rows:
        for left, right in zip_longest(_folded(one), _folded(other), fillvalue=""):
            marks = lacks if left else "", has if right else ""
            told.append(f"{marks[0]:1} {left:<{_WIDTH}} | {marks[1]:1} {right}".rstrip())
    return told


def _folded(line):
    """A line in pieces that fit a column, broken between words; what follows is set further in."""
    if line is None:
        return [""]
    pieces, indent = [], " " * (len(line) - len(line.lstrip()) + 4)
    while len(line) > _WIDTH:
        at = line.rfind(" ", len(indent) + 1, _WIDTH + 1)
        at = at if at > 0 else _WIDTH
        pieces.append(line[:at])
        line = indent + line[at:].lstrip()
    return [*pieces, line]


def _code(line, mark):
    """A cell with a line of source; a line that differs begins with its mark and has an edge. What
    does not fit is set further in than the line."""
    if line is None:
        return f'<td style="{_CODE}"></td>'
    hang = len(line) - len(line.lstrip()) + 6
    style = f"{_CODE};padding-left:calc({hang}ch + 6px);text-indent:-{hang}ch"
    if not mark:
        return f'<td style="{style}">  {escape(line)}</td>'
    tag = "del" if mark == "-" else "ins"
    return (
        f'<td style="{style};{_MARKED}">{mark} <{tag} style="text-decoration:none">{escape(line)}'
        f"</{tag}></td>"
    )

"""Protocols put together: a base, parts that extend it, breaks that each replace one rule.

A name says what was put together: "raft", "raft+pre-vote+check-quorum", "raft!votes-twice".
`+` adds a part, `!` a break; each base has its own. Parts are mixins over the base that call
`super()`; a part that `needs` others brings them along, and one that has `rivals` stands with none
of them. A break is a mixin that replaces exactly one thing. No flag ever enters the base: it does
not know that any of this exists. The same name gives the same class, so a run, a file and another
process mean the same protocol by it.

A system is a base whose servers have `company`: programs that stand beside them and use them
(`uses_lock.py`). A break of a system says in `of` whose rule it replaces, if not the servers': a
class of the company, or one that several of them extend.
"""

import re
from itertools import chain

from ..core import Impossible, nearest

# By the name of the base: its class, {name: mixin} of its parts and of its breaks, its shelf.
_BASES, _PARTS, _BREAKS, _SHELVES = {}, {}, {}, {}
_MADE = {}
# What a break says of itself beside the one thing that it replaces.
_SAID = ("breaks", "source", "needs", "bounds", "of")


def register(name, base, parts=(), breaks=(), shelf="breaks"):
    """Make a base known by its name, with the parts and breaks that belong to it, {name: mixin}
    each; parts are always composed in the order given here. `shelf` is the folder of the catalog
    where the breaks are shown."""
    _BASES[name] = base
    _SHELVES[name] = shelf
    _PARTS[name] = dict(parts)
    _BREAKS[name] = dict(breaks)


def protocol(name):
    """The node class that `name` describes, such as "raft+pre-vote!votes-twice"."""
    base, parts, broken = _read(name)
    parts = _with_needs(base, parts)
    needed = chain.from_iterable(_needs(_BREAKS[base][word]) for word in broken)
    wanted = _with_needs(base, [*parts, *needed])
    if not wanted and not broken:
        return _BASES[base]
    name = canonical(base, parts, broken)
    if name not in _MADE:
        mixins = [mixin for part, mixin in _PARTS[base].items() if part in wanted]
        breaking = {word: _BREAKS[base][word] for word in broken}
        _check_apart(breaking)
        _MADE[name] = _compose(name, _BASES[base], mixins, [*breaking.values()])
    return _MADE[name]


def canonical(base, parts=(), broken=()):
    """The one name of a composition: parts in their own order, breaks as given."""
    parts = [part for part in _PARTS[base] if part in parts]
    return "".join([base, *(f"+{part}" for part in parts), *(f"!{name}" for name in broken)])


def name_of(kind):
    """The name under which `protocol` gives `kind`, or None for a class of somebody's own."""
    if kind.__module__ == __name__:
        return kind.__qualname__
    return next((name for name, base in _BASES.items() if base is kind), None)


def mended(kind):
    """The composition `kind` with its breaks taken out again, their needs kept."""
    base, parts, broken = _read(name_of(kind) or "")
    needed = chain.from_iterable(_needs(_BREAKS[base][word]) for word in broken)
    return protocol(canonical(base, {*parts, *needed}))


def breaks_in(kind):
    """The breaks in the composition `kind`, in their order; () for a class of one's own."""
    name = name_of(kind)
    base, _, broken = _read(name) if name else ("", (), ())
    return tuple(_BREAKS[base][word] for word in broken)


def known_as(kind):
    """((name, the scenario that shows it), …) of the breaks in the composition `kind`."""
    base, _, broken = _read(name_of(kind))
    return tuple((word, f"{shelf(base)}/{word}") for word in broken)


def shelf(base):
    """The folder of the catalog where the breaks of a base are shown."""
    return _SHELVES[base]


def broken(base, *breaks):
    """The class of `base` (a name, parts included) with the named rules broken."""
    return protocol("!".join([base, *breaks]))


def replaced(mixin):
    """The name of the one thing, a method or a line of data, that a break replaces."""
    return next(name for name in vars(mixin) if name[:2] != "__" and name not in _SAID)


def parts(base="raft"):
    """{name: mixin} of every part of a base, in the order of composition."""
    return dict(_PARTS[base])


def breaks(base="raft"):
    """{name: mixin} of every break of a base."""
    return dict(_BREAKS[base])


def bases_with_breaks():
    """The names of the bases of which rules can be broken, raft first."""
    return [base for base in _BASES if _BREAKS[base]]


def _read(name):
    """(base, parts, breaks) of a name, or an error that lists what there is."""
    found = re.fullmatch(r"\s*([\w-]+)((?:\s*[+!]\s*[\w-]+)*)\s*", name) if name else None
    if not found or found[1] not in _BASES:
        raise Impossible(_no_protocol(name, found[1] if found else ""))
    base, added, broken = found[1], [], []
    for sign, word in re.findall(r"([+!])\s*([\w-]+)", found[2]):
        of, listed = (_PARTS, added) if sign == "+" else (_BREAKS, broken)
        if word not in of[base]:
            raise Impossible(_not_among(base, sign, word))
        if word not in listed:
            listed.append(word)
    return base, added, broken


# -- what is said to whoever mistook a name -----------------------------------------------

_SIGNED = {"+": (_PARTS, "part"), "!": (_BREAKS, "break")}
_FEW = 20  # names that one still reads to the end


def _no_protocol(name, first):
    """Why `name`, which begins with the word `first`, names no protocol."""
    shown = name if len(name) < 80 else f"{name[:80]}…"
    return next(_known_as(first), "") or (
        f"there is no protocol {shown!r}; there is {', '.join(_BASES)}, with parts as in "
        "'raft+pre-vote' and broken rules as in 'raft!votes-twice', or give a Node class"
    )


def _not_among(base, sign, word):
    """Why `word`, which stands behind `sign`, is none of the parts or breaks of `base`."""
    of, what = _SIGNED[sign]
    known = [*of[base]]
    told = f"there is no {what} {word!r}"
    if any(word in other for other in of.values()):
        owner = next(other for other in of if word in of[other])
        told = f"{word!r} is a {what} of {owner}, not of {base}"
    elif meant := next(_known_as(word), ""):
        return f"{told}; {meant}"
    elif near := nearest(word, known):
        told += f"; did you mean {near[0]!r}?"
        many = len(known) > _FEW
        return f"{told} {'rl.diff() lists all' if many else 'There are ' + ', '.join(known)}"
    if len(known) > _FEW:
        return f"{told}; there are {', '.join(known[:3])} and more: rl.diff() lists all"
    return f"{told}; there are {', '.join(known) or 'none'}"


def _known_as(word):
    """What `word` is a name of, in words: of a part, of a break, or of neither."""
    for sign, (of, what) in _SIGNED.items():
        for base in of:
            if word in of[base]:
                yield f"{word!r} is a {what} of {base}: {base + sign + word!r}"


def _with_needs(base, asked):
    """The parts asked for with all that they need; parts that exclude each other are refused."""
    known = _PARTS[base]
    wanted, open = set(), list(asked)
    while open:
        part = open.pop()
        if part not in wanted:
            wanted.add(part)
            open += _needs(known[part])
    for part in known:
        for rival in getattr(known[part], "rivals", ()):
            if part in wanted and rival in wanted:
                raise Impossible(
                    f"{part!r} and {rival!r} are two ways of doing one thing; choose one of them"
                )
    return wanted


def _needs(mixin):
    """The parts without which a part or a break means nothing."""
    return getattr(mixin, "needs", ())


def _check_apart(breaking):
    """Refuse two breaks of one thing: a server has one of it, so one would undo the other."""
    by = {}
    for word, mixin in breaking.items():
        other = by.setdefault(replaced(mixin), word)
        if other != word:
            raise Impossible(
                f"{other!r} and {word!r} both replace {replaced(mixin)}, and a server has but one; "
                "choose one of them"
            )


def _compose(name, base, mixins, breaking):
    """The class: breaks before parts before base, so that each finds the next by `super()`.

    What a part declares for itself (fields on disk, settings, messages, words …) is added to
    the base's; the `persistent` or `writes` of a break take the place of the base's. `writes`,
    whose order matters, see `_write_order`.
    """
    stated, merged = {"persistent": base.persistent, "writes": base.writes}, {}
    for mixin in breaking:
        stated |= {about: vars(mixin)[about] for about in stated if about in vars(mixin)}
    for about in ("persistent", "settings", "derived", "messages", "properties"):
        told = [vars(mixin).get(about, ()) for mixin in mixins]
        first = stated.get(about, getattr(base, about, ()))
        merged[about] = (*first, *dict.fromkeys(chain.from_iterable(told)))
    told = (base.says, *(vars(mixin).get("says", {}) for mixin in mixins))
    merged["says"] = {code: says for one in told for code, says in one.items()}
    merged["writes"] = _write_order(stated["writes"], mixins)
    merged |= _company(name, base, breaking)
    breaking = [mixin for mixin in breaking if not hasattr(mixin, "of")]
    namespace = {
        **merged, "__module__": __name__, "__qualname__": name, "replaces_values": True,
        "__doc__": f"{name}: put together by `raftlab.protocols.composed`.",
    }  # fmt: skip
    return type(base.__name__, (*breaking, *reversed(mixins), base), namespace)


def _company(name, base, breaking):
    """The company of servers of `base`, with the rules that are broken there; {} if none is.

    The classes made here are also attributes of the servers' class, where pickle finds them.
    """
    made = {}
    for kind in dict.fromkeys(base.company.values()):
        mixins = [mixin for mixin in breaking if issubclass(kind, getattr(mixin, "of", ()))]
        if not mixins:
            continue
        namespace = {
            "__module__": __name__, "__qualname__": f"{name}.{kind.__name__}",
            "__doc__": kind.__doc__, "replaces_values": kind.replaces_values,
        }  # fmt: skip
        made[kind] = type(kind.__name__, (*mixins, kind), namespace)
    if not made:
        return {}
    company = {id: made.get(kind, kind) for id, kind in base.company.items()}
    return {"company": company, **{kind.__name__: twin for kind, twin in made.items()}}


def whose(base, mixin):
    """The class whose rule a break of `base` replaces, as it stands in `base`, a node class."""
    of = getattr(mixin, "of", None)
    return base if of is None else next(k for k in base.company.values() if issubclass(k, of))


def _write_order(order, parts):
    """`order`, the base's `writes` or a break's, with the groups of `parts` put in.

    A part names its own groups and, behind them, the group before which they must be on disk:
    (("snapshot",), ("log",)) puts the snapshot just before the log; a group with none behind it
    is written last. It may as well state the whole order. What is already in the order stays
    where it is and as it is grouped: so a break can take a part's groups apart, too.
    """
    order = list(order)
    for part in parts:
        at = len(order)
        for group in reversed(vars(part).get("writes", ())):
            fresh = tuple(name for name in group if not any(name in other for other in order))
            if fresh:
                order.insert(at, fresh)
            else:
                at = next(i for i, other in enumerate(order) if group[0] in other)
    return tuple(order)


def __getattr__(name):
    """So that pickle finds a composed class by its name, in any process."""
    try:
        return protocol(name)
    except Impossible as error:
        raise AttributeError(str(error)) from None

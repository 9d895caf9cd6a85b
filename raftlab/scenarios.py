"""The scenario files by name, played on clusters that this package makes.

    python -m raftlab.scenarios                      plays all and compares; fails if any differs
    python -m raftlab.scenarios figure-8             plays one, or the several that are named
    python -m raftlab.scenarios --rewrite [names]    stores what is seen now
    python -m raftlab.scenarios --verbs              says what a scenario can do and expect

A golden line may change only when the rules do, and then whoever rewrites it can say why.
"""

import sys
from functools import cache
from html import escape
from pathlib import Path
from textwrap import wrap

from . import _made, _protocol
from .checks.holding import free_again, one_holder
from .checks.invariants import LINEARIZABILITY, PROGRESS
from .checks.linearizable import linearizable
from .checks.stalls import progress
from .checks.uses import FREE_AGAIN, ONE_HOLDER
from .core import Impossible, nearest
from .sim import DIALS
from .sim.scenario import difference, play, read, renewed
from .sim.scenario_claims import CLAIMS
from .sim.scenario_macros import usages
from .sim.scenario_text import text_of

CATALOG = Path(__file__).with_name("sim") / "catalog"
JUDGES = {
    LINEARIZABILITY: linearizable,
    PROGRESS: progress,
    ONE_HOLDER: one_holder,
    FREE_AGAIN: free_again,
}

# Tours build upon each other; all else is in the order of its names.
TOURS = ("election", "replication", "leader-failure", "split-brain", "commit-rule")

# Folder of the catalog → (name of the group, what is in it), in the order in which they are shown.
SHELVES = {
    "tours": ("Tours", "one idea, told step by step"),
    "": ("Lessons", "what the papers say, played; each brings its cluster"),
    "histories": ("What clients saw", "six small histories, and how each of them came about"),
    "breaks": ("Broken rules", "one rule of Raft replaced, and what that costs"),
    "uses": ("What leaders are for", "four uses of a lease, each with its failure and its fence"),
    "redis": ("A lock on Redis", "the same lock without consensus, and what is usually left out"),
    "naive": ("Before Raft", "designs that fail, two generals, and agreement on one bit"),
    "simplified": ("Simplified Raft", "what goes wrong where rules are left out"),
}

__all__ = ["SHELVES", "Listed", "catalog", "find", "played", "scenario", "shelved", "text_of"]


def scenario(source="", at=None, protocol=None):
    """A scenario as a `History`, played to its end, with the cursor where the lesson begins; left
    out, the list of all that there are, in groups.

    `source` is a name of the catalog ("split-vote", or another name the file gives itself,
    such as "TestFigure83C"), the path of a .txt file, or the text of a scenario. `at` puts the
    cursor elsewhere: "boot", "end", or the number of a block, counted from 1, behind which to
    stand. `protocol`, a name or a Node class, takes the place of the one the file names; what
    the file expects is then not required, and of a scenario in the catalog what that protocol
    does not have or makes impossible (a dial, the delivery of an answer it does not give) is
    passed over: `rl.scenario("breaks/votes-twice", protocol="raft")` is how the
    unbroken protocol fares.
    """
    if isinstance(source, str) and not source:
        return Listed()
    done = played(find(source), protocol)
    places = {None: done.begin, "boot": 0, "end": len(done.run), **dict(enumerate(done.marks, 1))}
    if at not in places or at is True:
        raise Impossible(
            f'there is no place {at!r} in it; there are "boot", "end" and blocks 1 to '
            f"{len(done.marks)}"
        )
    done.run.goto(places[at])
    return done.run


def catalog():
    """Every scenario of the catalog, in the order of their names: {name: Scenario}."""
    return dict(_catalog())


def shelved():
    """The catalog in groups, as it is shown: (name of the group, what is in it, [Scenario …])."""
    shelves = {folder: [] for folder in SHELVES}
    for name, found in _catalog().items():
        shelves.setdefault(name.rpartition("/")[0], []).append(found)
    places = {f"tours/{name}": place for place, name in enumerate(TOURS)}
    shelves["tours"].sort(key=lambda found: places.get(found.name, len(places)))
    groups = ((*SHELVES.get(folder, (folder.capitalize(), "")), held)
              for folder, held in shelves.items())  # fmt: skip
    return [group for group in groups if group[2]]


class Listed:
    """All scenarios: `rows` has the group, name and title of each."""

    _LEGEND = "rl.scenario(NAME) plays one, rl.lab(rl.scenario(NAME)) opens it in the lab."
    _CELL = 'style="text-align:left;vertical-align:top;padding:0 6px"'

    def __init__(self):
        self._groups = shelved()
        self.rows = [(group, one.name, one.title) for group, _, held in self._groups
                     for one in held]  # fmt: skip

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        width = max(len(name) for _, name, _ in self.rows) + 4
        lines = []
        for group, told, held in self._groups:
            lines += ["", f"{group}: {told}" if told else group]
            for one in held:
                first, *rest = wrap(one.title, max(60, 100 - width))
                lines.append(f"  {one.name:<{width - 2}}{first}")
                lines += [" " * width + line for line in rest]
        return "\n".join([*lines[1:], "", self._LEGEND])

    def _repr_html_(self):
        row = '<tr style="background:none">'
        body = []
        for group, told, held in self._groups:
            told = f": {escape(told)}" if told else ""
            body.append(f'{row}<th scope="rowgroup" colspan="2" {self._CELL}>{escape(group)}'
                        f'<span style="font-weight:normal">{told}</span></th></tr>')  # fmt: skip
            body += [
                f'{row}<td {self._CELL}><code style="background:none;color:inherit">'
                f"{escape(one.name)}</code></td><td {self._CELL}>{escape(one.title)}</td></tr>"
                for one in held
            ]
        return (
            f'<div><p>{escape(self._LEGEND)}</p><table style="color:inherit"><tbody>'
            f"{''.join(body)}</tbody></table></div>"
        )


def find(source):
    """The `Scenario` of a name, an alias, a path or a text."""
    if not isinstance(source, (str, Path)):
        raise Impossible(
            "a scenario is a name, the path of a .txt file, or a text such as that of "
            f"rl.explore(…).scenario(), no {type(source).__name__}"
        )
    text = str(source)
    if "\n" in text or text.startswith("cluster "):
        return read(text)
    if text.endswith(".txt"):
        try:
            return read(Path(text).read_text("utf-8"), Path(text).stem)
        except (OSError, UnicodeDecodeError) as error:
            raise Impossible(f"{text} cannot be read: {error}") from None
    known = _catalog()
    for name, found in known.items():
        if text == name or text in found.also:
            return found
    near = nearest(text, [name for found in known.values() for name in (found.name, *found.also)])
    if near:
        raise Impossible(f"there is no scenario {text!r}; there are {len(known)}, such as "
                         f"{', '.join(near)}")  # fmt: skip
    raise Impossible(
        f"there is no scenario {text!r} among {len(known)}, such as split-vote; rl.scenario() "
        "lists them"
    )


def played(scenario, protocol=None, passing=None):
    """What comes of a `Scenario` that was read: a `Played`.

    With another protocol than its own, what is impossible is passed over if the scenario is of the
    catalog: that is known to be right, so it is the protocol's doing and no slip. `passing` is for
    who knows that of another scenario.
    """
    if passing is None:
        passing = protocol is not None and _catalog().get(scenario.name) is scenario

    def make(about):
        return _made(_known_to(protocol, about) if passing else about, protocol)

    return play(scenario, make, protocol is None, passing, JUDGES)


def _known_to(protocol, about):
    """`about` without the dials and the fields that another protocol does not have."""
    kind, _ = _protocol(protocol)
    dials = {k: v for k, v in about["dials"].items() if k in (*DIALS, *kind.settings)}
    about = {**about, "dials": dials}
    if "nodes" in about:
        about["nodes"] = [[id, {k: v for k, v in fields.items() if k in (kind.declared or fields)}]
                          for id, fields in about["nodes"]]  # fmt: skip
    return about


@cache
def _catalog():
    names = [
        path.relative_to(CATALOG).with_suffix("").as_posix() for path in CATALOG.rglob("*.txt")
    ]
    names.sort(key=lambda name: ("/" in name, name))  # what lies in a folder, such as breaks/, last
    return {name: read((CATALOG / f"{name}.txt").read_text("utf-8"), name) for name in names}


def _compared(found, rewrite):
    """(what is wrong with a scenario, "" if nothing; its text as it should be)."""
    try:
        done = played(found)
    except Impossible as error:
        return str(error), found.text
    return ("" if rewrite else difference(found, done)), renewed(found, done)


def main(arguments):
    rewrite = "--rewrite" in arguments
    names = [word for word in arguments if word != "--rewrite"]
    if names == ["--verbs"]:
        print("A scenario can:", *usages(), "", "and expect, or wait until:", *CLAIMS, sep="\n  ")
        return 0
    try:
        chosen = [find(name) for name in names] or list(_catalog().values())
    except Impossible as error:
        print(error)
        return 2
    failed = 0
    for found in chosen:
        wrong, text = _compared(found, rewrite)
        if wrong:
            failed += 1
            print(f"{found.name}: {found.title}", wrong, "", sep="\n")
        elif rewrite and text != found.text:
            (CATALOG / f"{found.name}.txt").write_text(text, "utf-8")
            print(f"{found.name}: rewritten")
    print(f"{len(chosen) - failed} of {len(chosen)} scenarios are as they are written")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

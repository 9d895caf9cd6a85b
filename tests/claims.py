"""What a notebook's sentences say has happened, has happened: how that is tested.

nbval compares what the cells print; here the prose is held to it. The cells of a notebook run
again, and after the one that a claim names, the claim must be true of the model, and what it
calls to witness must stand in what that cell shows. A claim quotes its sentence, so it fails
with it; a quotation that the notebook no longer holds fails too.
"""

import ast
import contextlib
import io
import json
import warnings
from functools import cache

import pytest

import raftlab as rl
from raftlab.core import Note, write_command
from raftlab.lessons.refresh import NOTEBOOKS
from raftlab.sim import History

# A lab shows the future, not a fact. Figure 16 takes a minute: nbval compares what it prints,
# and the claims about it read what is printed.
_LEFT_OUT = ("rl.lab(", "rl.elections(")


# -- running the cells again --------------------------------------------------------------


@cache
def read(notebook):
    return json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text("utf-8"))["cells"]


@cache
def prose(notebook):
    """All text cells in one line of words."""
    text = " ".join("".join(c["source"]) for c in read(notebook) if c["cell_type"] == "markdown")
    return " ".join(text.split())


class Seen:
    """A run as it was when a cell was done; later cells go on with it."""

    def __init__(self, run):
        self.run = run
        self.steps = run.steps[: run.position + 1]
        self.state = self.steps[-1].state
        self.now, self.leader, self.ops = run.now, run.leader, run.operations()
        self.ids = self.state.config.servers
        self.up = [host.node.id for host in self.state.hosts if host.mode == "up"
                   and host.node.id in self.ids]  # fmt: skip
        self.verdicts = run.verdicts

    def __getitem__(self, id):
        return self.state[id]

    def log(self, id):
        """A server's entries as [(term, command)]."""
        log = self[id].log
        return [(log[i].term, write_command(log[i].command)) for i in range(1, len(log) + 1)]

    def logs(self, *ids):
        """The different logs that some servers, or all, hold."""
        return {tuple(self.log(id)) for id in ids or self.ids}

    def told(self, *codes):
        """Every Note with one of these codes: (ms, who acts, the facts), in their order."""
        found = []
        for step in self.steps:
            who = getattr(step.action, "dst", None) or getattr(step.action, "node", None)
            notes = [note for note in step.effects if type(note) is Note]
            found += [(step.state.time, who, n.facts) for n in notes if n.code in codes]
        return found

    def acted(self, kind):
        """Every action of a kind, by its name, in their order."""
        return [s.action for s in self.steps if type(s.action).__name__ == kind]


class Moment:
    """What there is when a cell is done: the runs of its names, its last value, what it shows."""

    def __init__(self, names, value, printed, warned):
        self.runs = {name: Seen(run) for name, run in names.items() if isinstance(run, History)}
        self.names = dict(names)
        self.value, self.printed, self.warned = value, printed, warned
        self.shown = getattr(value, "text", None) or (repr(value) if value is not None else printed)

    def __getattr__(self, name):
        try:
            return self.__dict__["runs"][name]
        except KeyError:
            raise AttributeError(name) from None


def cells_of(notebook, change=lambda source: source):
    for cell in read(notebook):
        source = change("".join(cell["source"]))
        if cell["cell_type"] == "code" and not source.startswith(_LEFT_OUT):
            yield cell["id"], source


def play(notebook, change=lambda source: source):
    """The cells run from top to bottom: {id of the cell: Moment}."""
    names, found = {}, {}
    for id, source in cells_of(notebook, change):
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        printed, value = io.StringIO(), None
        with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(printed):
            warnings.simplefilter("always")
            exec(compile(tree, id, "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), id, "eval"), names)
        found[id] = Moment(names, value, printed.getvalue(), [str(w.message) for w in warned])
    return found


played = cache(play)


def saved(notebook, id):
    """The words that a cell has shown last, as saved."""
    cell = next(cell for cell in read(notebook) if cell["id"] == id)
    shown = cell["outputs"][-1]
    return "".join(shown["text"] if "text" in shown else shown["data"]["text/plain"])


# -- what claims are made of ---------------------------------------------------------------


def told(*ops):
    """Operations without their times."""
    return [(op.call, op.result, op.status) for op in ops]


def whole(name, **more):
    """A scenario, seen at its end."""
    return Seen(rl.scenario(name, at="end", **more))


def claimed(claims, notebook, cells=None):
    """The test of a notebook's claims, each (the cell after which, the sentence, what must be true
    of the Moment after that cell). `cells` gives the moments, if not all cells are to run."""

    @pytest.mark.parametrize("claim", claims, ids=lambda claim: claim[0])
    def test(claim):
        cell, sentence, holds = claim
        assert sentence in prose(notebook), f"{notebook} no longer says so: {sentence}"
        moments = cells() if cells else played(notebook)
        assert holds(moments[cell]), f"after cell {cell}: {sentence}"

    return test

"""Every small slip in a reference is no right answer: `>` for `>=`, one more or less, half of a
condition left out. What is right all the same is listed, and says why."""

import ast
import inspect
import textwrap

import pytest

from raftlab.lessons.exercise import RIGHT, exercise, judged, known

FUNCTIONS = sorted(id for id, task in known().items() if inspect.isfunction(task.reference))
OTHERS = {
    ast.GtE: (ast.Gt, ast.Eq), ast.Gt: (ast.GtE,), ast.LtE: (ast.Lt, ast.Eq), ast.Lt: (ast.LtE,),
    ast.Eq: (ast.GtE, ast.LtE), ast.NotEq: (ast.Gt, ast.Lt), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,), ast.Mult: (ast.Add,),
}  # fmt: skip
# {exercise: {what stands in the line then: why it is right}}
AS_GOOD = {
    "clients/once": {
        "if serial <= last:": "equality has been answered above",
        "last, result = sessions.get(client, (-1, None))": "serials begin with 1",
    },
    "elections/timer": {
        "if event <= 'AppendEntries':": "of the three events it is the first in the alphabet",
        "return term >= current_term": "a later term has been adopted before",
    },
    "elections/vote": {
        "granted = asked_term >= term and voted_for in (None, candidate) and up_to_date":
            "a later term has been adopted before",
    },
    "elections/won": {
        "granted = {voter for voter, of, yes in votes if of >= term and yes and (voter in "
        "members)}": "whoever hears of a later term is no candidate any more",
    },
    "fix/always-truncates": {
        "if False:": "a log cut behind its end is the same log",
        "return log.truncate(index - offset).extend(append.entries[offset:])":
            "whoever backs up by whole terms sends a conflict as the first entry",
    },
    "fix/commits-old-terms": {
        "return self.log.term_at(index) >= self.current_term": "no entry is of a later term",
    },
    "leases/read": {
        "return role >= 'leader' and committed_term == term and (now < until)":
            "of the three roles it is the last in the alphabet",
        "return role == 'leader' and committed_term >= term and (now < until)":
            "nothing is committed of a later term than the leader's",
    },
    "logs/commit": {
        "if index > commit_index and log[index - 1] >= current_term:":
            "no entry is of a later term",
    },
    "logs/follows-from": {"if prev_index <= 0:": "no index is below 0"},
    "logs/merged": {
        "if at == len(log) or log[at][0] != term:": "entry by entry one is never farther behind",
    },
    "logs/next-index": {
        "if sent_in < current_term or reply_term != current_term:": "nobody asks in a later term",
        "if sent_in != current_term or reply_term > current_term:":
            "to a question of this term nobody answers from an earlier one",
    },
    "snapshots/install": {"if end < base_index:": "then nothing is left to be cut"},
    "snapshots/term-at": {
        "if base_index <= index <= base_index + len(log):": "the base has been answered above",
    },
    "split-brain/any-sides": {
        "one, other = (here[1], there[0])": "any of the side may lead it",
        "one, other = (here[-1], there[0])": "any of the side may lead it",
        "{' '.join(there[0:])}": "nobody asks itself",
    },
}  # fmt: skip


def slips(tree):
    """Each time the tree with one slip in it, undone afterwards."""
    for node in list(ast.walk(tree)):
        for field, other in changes(node):
            held = getattr(node, field)
            setattr(node, field, other)
            yield tree
            setattr(node, field, held)


def changes(node):
    """[(the field of a node, what may stand there by a slip)]."""
    match node:
        case ast.Compare(ops=[*ops]):
            for at, op in enumerate(ops):
                for other in OTHERS.get(type(op), ()):
                    yield "ops", [*ops[:at], other(), *ops[at + 1 :]]
        case ast.Constant(value=bool(value)):
            yield "value", not value
        case ast.Constant(value=int(value)):
            yield from (("value", value + 1), ("value", value - 1))
        case ast.BinOp(op=op):
            yield from (("op", other()) for other in OTHERS.get(type(op), ()))
        case ast.BoolOp(op=op, values=[*values]):
            yield "op", ast.Or() if isinstance(op, ast.And) else ast.And()
            for at in range(len(values)):
                yield "values", values[:at] + values[at + 1 :]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "op", ast.Not()
            yield "operand", ast.UnaryOp(ast.Not(), operand)
        case ast.Call(func=ast.Name(id="max" | "min" as name)):
            yield "func", ast.Name("min" if name == "max" else "max")
        case ast.If():
            yield from (("test", ast.Constant(True)), ("test", ast.Constant(False)))


def told_apart(source, slipped):
    """The first line that differs, of each."""
    pairs = zip(source.splitlines(), slipped.splitlines(), strict=False)
    return next(other.strip() for line, other in pairs if line != other)


@pytest.mark.parametrize("id", FUNCTIONS)
def test_a_small_slip_is_no_right_answer(id):
    task = exercise(id)
    tree = ast.parse(textwrap.dedent(inspect.getsource(task.reference)))
    source, right = ast.unparse(tree), []
    for slipped in slips(tree):
        text = ast.unparse(slipped)
        if text == source:
            continue
        space = dict(task.reference.__globals__)
        exec(compile(text, "<slip>", "exec"), space)
        if judged(task, space[task.reference.__name__]).level == RIGHT:
            right.append(told_apart(source, text))
    good = AS_GOOD.get(id, ())
    assert [line for line in right if not any(one in line for one in good)] == []
    assert [one for one in good if not any(one in line for line in right)] == []

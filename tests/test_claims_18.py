"""What "Build your own Raft" says of a right Raft and of the starters is so; solved it is right."""

import linecache
import re
import runpy
from functools import partial
from inspect import getsource

import pytest
from claims import claimed, prose, read
from tasks import solved as solved_notebook
from tasks import tasks

import raftlab as rl
from raftlab.lessons import edition, own_reference
from raftlab.lessons.exercise import NOT_YET, RIGHT, exercise, judged

HERE = "18-build-your-own-raft"
TASKS = [exercise(f"own-raft/{stage}") for stage in rl.own.STAGES]
pytestmark = pytest.mark.slow
solved = partial(solved_notebook, HERE)


def test_solved_it_is_right_from_top_to_bottom():
    """That its cells and its records fit is tested in test_exercise_notebooks.py."""
    asked = [(judges["id"], task) for task, _, judges in tasks(HERE)]
    assert asked == [(f"{task.id.partition('/')[2]}-check", task) for task in TASKS]
    verdicts = [solved()[f"{stage}-check"].value for stage in rl.own.STAGES]
    assert [one.level for one in verdicts] == [RIGHT] * 5
    assert [one.points for one in verdicts] == [task.points for task in TASKS]


def test_its_plan_has_the_points_and_minutes_of_the_records():
    text = "".join(next(cell for cell in read(HERE) if cell["id"] == "given")["source"])
    rows = re.findall(r"^\| \d.*?\| `(\w+)` \|[^|]*\| (\d+) \| (\d+) \|", text, re.MULTILINE)
    assert rows == [
        (task.reference.__name__, str(task.points), str(task.minutes)) for task in TASKS
    ]


def test_a_handler_that_loops_is_given_up_and_named():
    class Loops(own_reference.Election):
        def on_request_vote(self, src, ask):
            while True:
                pass

    Loops.__module__ = "__main__"
    verdict = judged(exercise("own-raft/election"), Loops)
    assert "is given up after some seconds, and you read which" in prose(HERE)
    assert verdict.level == NOT_YET and verdict.points == 0
    assert re.search(r"S\d's on_message did not come to an end within 3 s", verdict.told)


def test_a_class_in_a_file_beside_it_is_as_good_and_its_mistakes_have_a_line(tmp_path):
    """Also where the whole project lies in a folder of the package's name."""
    text = "import raftlab as rl\nown = rl.own\n" + getsource(own_reference.Election)
    path = tmp_path / "raftlab" / "notebooks" / "my_raft.py"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    task = exercise("own-raft/election")
    assert "put the one line `%run my_raft.py` into the cell of your stage" in prose(HERE)
    assert judged(task, runpy.run_path(path)["Election"]).level == RIGHT
    path.write_text(text.replace("votes_granted |= {src}", "votes_granted.add(src)"), "utf-8")
    linecache.checkcache()
    verdict = judged(task, runpy.run_path(path)["Election"])
    assert verdict.told.endswith(": self.votes_granted.add(src))"), verdict.told


def test_a_nbgrader_edition_can_be_made_of_it(tmp_path):
    import nbformat

    assert edition.write(tmp_path, ["18"]) == [(HERE, sum(task.points for task in TASKS))]
    book = nbformat.read(tmp_path / "source" / HERE / f"{HERE}.ipynb", as_version=4)
    names = {"own": rl.own}
    for cell in book.cells:
        if cell.id.endswith("-yours"):
            exec(cell.source, names)
    assert names["Compaction"].writes == own_reference.Compaction.writes
    assert names["Persistence"].persistent == own_reference.Persistence.persistent


def test_it_has_no_more_cells_than_a_notebook_may_have():
    assert len(read(HERE)) <= 45


_NUMBERS = {"Fifteen": 15, "Twelve": 12, "Six": 6, "ten": 10}

CLAIMS = [
    ("three-leaders", "All three, each of term 1, and none knows of another.",
     lambda at: {(at.attempt[id].role, at.attempt[id].current_term) for id in at.attempt.ids}
     == {("leader", 1)} and at.attempt.verdicts[0].name == "election_safety"),
    ("demands", "More than 180 named checks grade it", lambda at: 180 < len(at.value) < 190),
    ("demands", "what the labs of MIT, TinyKV, DSLabs and others call it",
     lambda at: "TestFigure8Unreliable3C" in at.value._repr_html_()),
    ("replication-search", "nine events suffice",
     lambda at: at.value.ok is False and len(at.value.actions) == 9),
    ("replication-search", "`S2` wins the next election with an empty log",
     lambda at: at.value.run.leader == "S2"
     and at.value.verdicts[0].why == "S2 leads term 2 without entry 1, which is committed"),
    ("recovery-searched", "“Nothing broke, and everything within the bounds was seen”",
     lambda at: at.value.ok and "Nothing broke, and everything within the bounds was seen"
     in at.shown and at.value.states > 1000),
    ("no-disk", "two lead term 1: `S2` has forgotten its vote",
     lambda at: ("election_safety", "S1 and S3 both lead term 1") in at.value),
    ("figure-8", "`x=3`, if your stage is right.",
     lambda at: all((3, "x=3") in at.eight.log(id) and (2, "x=2") not in at.eight.log(id)
                    for id in at.eight.ids)),
    ("figure-8", "No promise is broken: nobody was told that `x=2` is done.",
     lambda at: not at.eight.verdicts and at.eight.ops[0].status == "unknown"),
    ("figure-8", "`S3`, which holds that of `S5`, refuses `S1` in term 4",
     lambda at: not any(s.state["S1"].role == "leader" and s.state["S1"].current_term == 4
                        for s in at.eight.steps)
     and any(s.state["S3"].current_term == 4 and s.state["S3"].log.last_term == 3
             and s.state["S3"].voted_for is None for s in at.eight.steps)),
    ("compared", "the two above do not part at all, in 381 events",
     lambda at: at.shown.startswith("No difference") and "in all 381 events" in at.shown),
    ("compacted", "Seven writes, and a snapshot after each three.",
     lambda at: {at.short[id].log.base_index for id in at.short.ids} == {6}
     and at.short["S1"].machine.data == {"x": 7}),
]  # fmt: skip

test_what_is_said_of_a_right_raft_is_so = claimed(CLAIMS, HERE, solved)


@pytest.mark.parametrize(
    "stage, said",
    [
        ("election", "Fifteen methods, most of one to five lines."),
        ("replication", "Twelve methods."),
        ("recovery", "Six methods, few lines"),
        ("compaction", "ten methods are to be written"),
    ],
)
def test_a_stage_has_as_many_methods_as_are_said(stage, said):
    assert said in prose(HERE)
    assert len(rl.own.METHODS[stage]) == _NUMBERS[said.split()[0]]


STARTED = [
    ("election-check", "With the starter nothing moves",
     lambda at: not any(h.timers for h in rl.cluster(at.names["Election"]).state.hosts)),
    ("replication-search", "(The starter does nothing, so nothing breaks.)",
     lambda at: at.value.ok and "Searched 1 state" in at.shown),
]  # fmt: skip

test_what_is_said_of_the_starters_is_so = claimed(STARTED, HERE)

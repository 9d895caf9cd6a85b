"""The notebooks of the seed's exercises 2 to 4: what they say of their runs is so, and free text is
asked for as nbgrader wants it.

That their cells and their records fit is tested in test_exercise_notebooks.py.
"""

import nbformat
import pytest
from claims import saved

import raftlab as rl
from raftlab.lessons import edition
from raftlab.lessons.duplicates import DESIGNS
from raftlab.lessons.exercise import exercise, known
from raftlab.lessons.parts.discovery import ROWS
from raftlab.lessons.refresh import NOTEBOOKS
from raftlab.lessons.rubric import RUBRICS

TOPICS = {"45-split-brain": "split-brain", "46-zookeeper-or-etcd": "discovery"}
by_notebook = pytest.mark.parametrize("name", TOPICS)


@by_notebook
def test_free_text_has_a_prompt_of_its_own_and_as_many_points_as_its_rubric(name):
    """nbgrader replaces the cell of the text, so the task stands in the one before it."""
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    tagged = [(at, tag) for at, cell in enumerate(cells) for tag in cell.metadata.get("tags", ())
              if tag.startswith("essay:")]  # fmt: skip
    [(at, tag)] = tagged
    known()  # the rubrics are entered with the exercises
    assert cells[at - 1].cell_type == "markdown" and "words" in cells[at - 1].source
    [rubric] = [one for id, one in RUBRICS.items() if id.split("/")[0] == TOPICS[name]]
    assert tag == f"essay:{rubric.points}"
    assert cells[at + 1].source.startswith(f'rl.check("{rubric.id}", ')


@by_notebook
def test_an_edition_keeps_what_one_must_know_beside_the_solution(name, tmp_path):
    """Of a table the names, of a schedule its first lines: both are needed to answer."""
    [(_, points)] = edition.write(tmp_path, [name[:2]])
    ids = [id for id in known() if id.split("/")[0] == TOPICS[name]]
    essay = sum(one.points for id, one in RUBRICS.items() if id.split("/")[0] == TOPICS[name])
    assert points == sum(exercise(id).points for id in ids) + essay
    book = nbformat.read(tmp_path / "source" / name / f"{name}.ipynb", as_version=4)
    for cell in book.cells:
        if "### BEGIN SOLUTION" in cell.source and cell.metadata.nbgrader.solution:
            rest = cell.source.split("### BEGIN SOLUTION")[0]
            assert "def " in rest or "..." in rest, cell.id


# -- what is said of the runs ---------------------------------------------------------------


def test_whoever_counts_those_within_reach_has_two_primaries_and_two_truths():
    told = saved("45-split-brain", "both-answer")
    assert "S2: x?, asked at 1600 ms, answered at 1620 ms: 1" in told
    assert "S3: x?, asked at 1600 ms, answered at 1620 ms: 2" in told


def test_the_longest_log_is_that_of_the_old_leader_and_nothing_of_it_is_committed():
    told = saved("45-split-brain", "run-it").splitlines()
    assert "S2 leader term 1: [1:t1 no-op, 2:t1 x=1, 3:t1 x=2] committed to 1" in "\n".join(told)
    assert any(line.startswith("S1 leader term 3: [1:t1 no-op, 2:t3 no-op]") for line in told)


def test_the_search_saw_all_within_its_bounds():
    assert "everything within the bounds was seen" in saved("45-split-brain", "searched")
    assert rl.explore("raft!commits-with-half", progress=False).ok is False


def test_of_four_quick_changes_one_watcher_saw_the_last_and_the_other_all():
    assert saved("46-zookeeper-or-etcd", "two-watchers") == "[(3,), (1, 2, 1, 3)]"


def test_a_read_from_a_leaders_own_copy_was_outdated():
    told = saved("46-zookeeper-or-etcd", "stale")
    assert told.startswith("not linearizable") and "C2's x? → 1" in told


def test_the_decision_table_is_the_one_that_answers_are_judged_by():
    """Each row by its name, with both columns and its source, as it stands in the record."""
    cells = nbformat.read(NOTEBOOKS / "46-zookeeper-or-etcd.ipynb", as_version=4).cells
    [text] = [cell.source for cell in cells if cell.id == "table"]
    lines = text.splitlines()
    for name, (one, other, source) in ROWS.items():
        assert f"| `{name}` | {one} | {other} | {source} |" in lines
    assert len([line for line in lines if line.startswith("| `")]) == len(ROWS)


def test_who_stood_still_past_its_lease_acts_although_another_is_listed():
    assert saved("46-zookeeper-or-etcd", "still-listed") == "('D2/2', ['D1', 'D2'])"


def test_twelve_e_mails_leave_for_six_jobs():
    told = saved("47-redis-job-scheduler", "naive").split()
    assert sorted(told) == sorted(f"job{job}@{who}" for job in range(1, 7)
                                  for who in ("K1/1", "K2/2"))  # fmt: skip
    left_out = ("renews-blindly", "never-steps-down", "takes-old-orders", "runs-unclaimed",
                "writes-blindly")  # fmt: skip
    assert len(left_out) == 5 and set(left_out) == set(DESIGNS["naive"])


def driven():
    run = rl.cluster("redis-scheduler", servers=2, seed=1, jitter=0)
    run.tune(last_job=12)
    return run


def test_what_one_finds_when_one_drives():
    run = driven()
    run.until(lambda run: run["W1"].done)
    began = run.now
    run.pause("K1")
    run.until(lambda run: run["K2"].token)
    assert run.now - began == 670
    at = run.position
    run.resume("K1")
    run.run(30)
    told = " ".join(str(run.why(one)) for one in range(at, len(run)))
    assert "K1 hears from W1 that job 1 is done" in told and "it stops (lease 1)" in told
    run = driven()
    run.cut("S1", "S2")
    run.until(lambda run: run["W1"].done)
    began = run.now
    run.crash("S1")
    run.until(lambda run: run["K2"].token)
    assert run.now - began == 320 and (run["K1"].token, run["K2"].token) == (1, 2)
    run.until(lambda run: run["K2"].token is None)
    assert "another has gone past job 7" in str(run.why())
    run.run(1500)
    done = [deed.partition("@")[0] for id in ("W1", "W2") for deed in run[id].done]
    assert len(done) == len(set(done)) == 12

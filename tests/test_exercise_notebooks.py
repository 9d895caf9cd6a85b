"""Every notebook with exercises: its cells and their records fit, and solved it is right.

What else such a notebook says is tested in files of their own (test_unit_notebooks.py and others).
"""

from collections import Counter

import pytest
from tasks import BOOKS, defined, solved, tasks

from raftlab.lessons.exercise import RIGHT, known

OWN_RAFT = "18-build-your-own-raft"
# Where each topic is asked: the numbers of its notebooks.
PLACES = {
    "own-raft": "18", "quorums": "40", "elections": "40", "logs": "41", "clients": "42",
    "snapshots": "42", "leases": "42", "wholes": "40 41 42", "find": "43", "expose": "43",
    "fix": "43", "games": "44", "split-brain": "45", "discovery": "46", "redis-scheduler": "47",
}  # fmt: skip


def test_every_exercise_is_asked_once_in_a_notebook_of_its_topic():
    asked = [(task.id, name) for name in BOOKS for task, _, _ in tasks(name)]
    assert Counter(id for id, _ in asked) == Counter(list(known()))
    for id, name in asked:
        assert name[:2] in PLACES[id.partition("/")[0]].split(), (id, name)


@pytest.mark.parametrize("name", BOOKS)
def test_a_cell_to_fill_in_is_the_starter_of_what_judges_it(name):
    for task, yours, judges in tasks(name):
        source = "".join(yours["source"])
        variable = defined(source)
        starter = task.starter
        if isinstance(task.reference, str):
            starter = f'{variable} = """\n{starter}\n"""'
        elif not isinstance(task.reference, dict):
            assert variable == task.reference.__name__
        assert yours["metadata"]["tags"] == ["exercise"] and source == starter
        assert judges["metadata"]["tags"] == [f"check:{task.id}"]
        assert "".join(judges["source"]) == f'rl.check("{task.id}", {variable})'
        told = "".join(judges["outputs"][0]["data"]["text/plain"])
        assert told.startswith("… Nothing to check yet")


# That of one's own Raft takes ten seconds: test_claims_18.py does it, and needs it for its claims.
@pytest.mark.parametrize("name", [name for name in BOOKS if name != OWN_RAFT])
def test_solved_it_is_right_from_top_to_bottom(name):
    moments = solved(name)
    for task, _, judges in tasks(name):
        assert moments[judges["id"]].value.level == RIGHT, task.id

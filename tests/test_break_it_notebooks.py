"""What notebooks 43 and 44 list, and say of their first runs, is so.

That their cells and their records fit is tested in test_exercise_notebooks.py.
"""

import re

from claims import cells_of, played, read, saved
from tasks import tasks

import raftlab as rl
from raftlab.lessons.suspects import RULES

FIND, BREAK_IT = "43-find-expose-fix", "44-break-it"


def lines_of_prose():
    return "\n".join("".join(one["source"]) for one in read(FIND) if one["cell_type"] != "code")


def test_a_broken_method_stands_in_the_prose_too():
    """A course leaves the learner's cell empty, and one must know what is to be mended."""
    for task, _, _ in tasks(FIND):
        if task.id.startswith("fix/"):
            assert f"```python\n{task.starter}\n```" in lines_of_prose()


def test_the_lists_in_the_prose_are_complete():
    told = lines_of_prose()
    assert set(RULES) <= set(re.findall(r"`(\w+)`", told))
    from raftlab.lessons.parts.expose_suite import FAMILY

    assert "The ten: " + ", ".join(f"`{name}`" for name in FAMILY) + "." in told
    assert all(name in told for name in type(rl.cluster()["S1"]).properties)


def test_the_verbs_in_the_table_can_be_played():
    table = [line for line in lines_of_prose().splitlines() if line.startswith("| `")]
    verbs = {verb.split()[0] for line in table for verb in re.findall(r"`([^`]+)`", line)}
    from raftlab.sim.scenario_macros import usages

    assert len(table) == 9 and verbs <= {usage.split()[0] for usage in usages()}


# -- what is said of the first runs -------------------------------------------------------


def test_the_demo_goes_well_and_a_run_of_two_terms_does_not():
    demo, found = played(FIND)["demo"].demo, saved(FIND, "found")
    assert len(demo.logs("S1", "S2", "S3")) == 1 and not demo.verdicts
    assert "Leader Completeness" in found and "terms up to 2" in found


def test_a_kind_network_gives_the_majority_its_wish():
    assert "S1 decides 1, after 65 of your choices" in saved(BREAK_IT, "oldest")
    assert "(1, 1, 1, 0, 0), patience=60" in dict(cells_of(BREAK_IT))["oldest"]

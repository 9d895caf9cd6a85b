"""Expose: what is told of a schedule on which nothing falls, where its reason can be seen."""

import pytest

from raftlab.lessons import exercise as ex
from raftlab.lessons.exercise import exercise, judged

TWICE = "cluster raft!votes-twice servers=3 seed=1 jitter=0\n\n"


def verdict(id, given):
    return judged(exercise(id), given)


LINE = "eave the line of the cluster as it was: " + TWICE.strip()
ONE_STANDS = "\n\nfire S1 ; settle\n"


@pytest.mark.parametrize("line, is_told", [
    ("cluster raft servers=3 seed=1 jitter=0", True),
    ("cluster raft!votes-twice servers=5 seed=1 jitter=0", True),
    ("cluster raft!votes-twice servers=A,B,S1 seed=1 jitter=0", True),
    ("cluster raft!votes-twice servers=3 seed=1 jitter=0 clients=1", True),
    ("cluster raft!votes-twice servers=3 seed=1 jitter=0 loss=0.5", True),
    ("cluster raft!votes-twice servers=S1,S2,S3 seed=1 jitter=0", False),
    ("cluster raft!votes-twice servers=3 seed=7", False),
    (TWICE.strip(), False),
])  # fmt: skip
def test_another_line_of_the_cluster_is_told_where_nothing_falls(line, is_told):
    found = verdict("expose/votes-twice", line + ONE_STANDS)
    assert (f"nothing falls. L{LINE}. " in found.told) == is_told
    assert "nothing falls. " in found.told
    stuck = verdict("expose/votes-twice", f"{line}\n\nfire S1 ; fire S9")
    assert ("there is no node 'S9'" in stuck.told) and (f". l{LINE}" in stuck.told) == is_told


@pytest.mark.parametrize("line", ["raft servers=3", "raft!votes-twice servers=5"])
def test_another_line_of_the_cluster_may_break_the_rule_all_the_same(line):
    """It is played as it stands, on the broken Raft: what falls there falls."""
    fifth = "deliver RequestVote S1->S4 ; deliver RequestVoteReply S4->S1\n" * ("=5" in line)
    fifth += fifth.replace("S1", "S3")
    _, _, verbs = exercise("expose/votes-twice").reference.partition("\n")
    text = f"cluster {line} seed=1 jitter=0\n{verbs}{fifth}"
    assert verdict("expose/votes-twice", text).level == ex.RIGHT


@pytest.mark.parametrize("verb, fault", [("wipe", "crash S1 ; wipe S1"), ("unsync", "unsync S1")])
def test_a_disk_that_forgets_is_told_of_at_once(verb, fault):
    found = verdict("expose/votes-twice", TWICE + fault)
    told = f"{verb.capitalize()} is not for this task: a disk that forgets breaks what is right"
    assert f"nothing falls. {told}, too. At the end: " in found.told


def test_from_a_disk_that_forgets_nobody_is_told_to_go_on():
    found = verdict("expose/votes-twice", f"{TWICE}fire S1 ; crash S1 ; wipe S1")
    assert found.told.startswith("wipe is not for this task: ")
    assert ". Step 3 breaks this: a server's term never falls" in found.told
    assert found.told.endswith("But not yet this: Election Safety")


def test_clients_of_whom_none_has_asked_are_told_of():
    """A request without a client goes to the leader, from nobody who would ask again."""
    head = exercise("expose/ignores-sessions").reference.partition("\n")[0]
    for verbs, wish in (("until leader", "x+=1"), ("until leader ; request y=2", "y=2")):
        found = verdict("expose/ignores-sessions", f"{head}\n\n{verbs}")
        assert f"nothing falls. C1 has asked nothing: write request {wish} at C1. " in found.told
    found = verdict("expose/ignores-sessions", f"{head}\n\nuntil leader ; request x=1 at C1")
    assert "nothing falls. At the end: " in found.told

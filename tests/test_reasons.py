"""Where a vote, a role, an entry or a message came from (`sim/reasons.py`)."""

import pytest

import raftlab as rl
from raftlab.sim import reasons


def texts(run, *what):
    return [reason.text for reason in run.explain(*what)]


def test_a_leader_is_explained_by_its_timer_and_the_votes_it_got():
    """§5.2"""
    run = rl.cluster("raft", servers=5, seed=7)
    run.until(lambda run: run.leader)
    told = texts(run, run.leader)
    assert any("election timeout: it stands in term 1" in text for text in told)
    votes = [text for text in told if text.startswith("the vote of")]
    assert len(votes) == len(run.state.observe(run.leader).votes) - 1
    assert any("a majority of 5" in text for text in told)


def test_a_refused_vote_is_explained_by_the_vote_given_before():
    """§5.2: one vote a term."""
    run = rl.scenario("one-vote-a-term", at="end")
    told = "\n".join(text for id in run.state.config.servers for text in texts(run, id))
    assert "no vote" in told and "already voted for" in told


def test_each_reason_names_the_step_in_which_it_came_true():
    run = rl.scenario("figure-8", at="end")
    for id in run.state.config.servers:
        for index in range(1, run.state.observe(id).log.last_index + 1):
            for reason in run.explain(id, index):
                if reason.at is None or "holds" not in reason.text:
                    continue
                entry = run.state.observe(id).log[index]
                log = run.steps[reason.at].state.observe(id).log
                assert log[index] == entry
                if reason.at:
                    before = run.steps[reason.at - 1].state.observe(id).log
                    assert before.last_index < index or before[index] != entry


def test_an_entry_of_an_old_term_on_a_majority_is_not_committed_and_it_says_why():
    """§5.4.2, Figure 8 (c)."""
    run = rl.scenario("figure-8", at=4)
    told = texts(run, "S3", 2)
    assert "now it is on 3 of 5 servers: S1 S2 S3" in told
    assert "of its own term 4 only (§5.4.2)" in told[-1]


def test_an_overwritten_entry_is_named():
    """§5.3"""
    run = rl.scenario("figure-8", at="end")
    assert any("took the place of x=2 of term 2" in text for text in texts(run, "S1", 2))


def test_who_knows_that_an_entry_is_committed_is_told_apart_from_who_does_not():
    """§5.3: followers hear of it with the next AppendEntries."""
    run = rl.cluster("raft", servers=3, seed=1)
    run.until(lambda run: run.leader)
    leader = run.leader
    run.request(("set", "x", 5), to=leader)
    run.until(lambda run: run.state.observe(leader).commit_index == 2)
    others = [id for id in run.state.config.servers if id != leader]
    assert any("was the first to know" in text for text in texts(run, leader, 2))
    behind = [id for id in others if run.state.observe(id).log.last_index >= 2]
    assert any("does not know that yet" in text for text in texts(run, behind[0], 2))


def test_a_compacted_entry_is_explained_by_its_snapshot():
    """§7"""
    run = rl.cluster("raft+snapshots", servers=3, seed=1, snapshot_after=3)
    run.until(lambda run: run.leader)
    for number in range(6):
        run.request(("set", "x", number))
        run.run(60)
    assert "stands in its snapshot" in texts(run, run.leader, 1)[0]


def test_a_message_is_explained_by_the_step_that_sent_it_and_by_its_fate():
    run = rl.cluster("raft", servers=3, seed=1)
    run.until(lambda run: run.leader)
    for place, envelope in enumerate(run.state.network):
        told = reasons.of_message(run.steps, run.position, place)
        assert told[0].at == envelope.sent_step
        assert "will arrive" in told[1].text
    first = run.state.network[0]
    run.cut(first.src, first.dst)
    assert "link is cut" in reasons.of_message(run.steps, run.position, 0)[1].text


@pytest.mark.parametrize("what", [("S9",), ("S1", 5), ("S1", 0), ("S1", "x")])
def test_what_is_not_there_cannot_be_explained(what):
    run = rl.cluster("raft", servers=3, seed=1)
    with pytest.raises(rl.Impossible):
        run.explain(*what)


def test_a_node_without_roles_says_so():
    class Echo(rl.Node):
        def on_message(self, src, message):
            pass

        def observe(self):
            from raftlab.core import Observation

            return Observation(self.id, fields={"heard": 0})

    run = rl.cluster(Echo, servers=2)
    with pytest.raises(rl.Impossible, match="no role"):
        run.explain("S1")

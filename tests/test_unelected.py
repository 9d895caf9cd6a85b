"""Who is not elected is told who stood in the way, and how; and what settles never is told so."""

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.protocols.raft import Raft

HEAD = "cluster {} servers={} seed=1 jitter=0\n"
S1_HAS_S2 = "fire S1 ; deliver RequestVote S1->S2 ; deliver RequestVoteReply S2->S1 ; lose all\n"
LEADS = "elect S1 ; settle ; fire S1 heartbeat ; settle\n"


def told(verbs, protocol="raft", servers=3):
    with pytest.raises(Impossible) as error:
        rl.scenario(HEAD.format(protocol, servers) + verbs)
    return str(error.value).splitlines()[-1].strip()


# What happened; what is told between who is not elected and the advice for whom that suits.
AGAINST = [
    ("raft", f"{S1_HAS_S2}elect S3 with S2", "a candidate in term 1",
     "S2 refuses S3 its vote: it already voted for S1 in term 1 (§5.2). S3 needs a higher term, so "
     "fire S3 once more first", " among S3 S2"),
    ("raft", "repeat 3 { fire S1 ; lose all }\nelect S3 with S1", "a follower in term 3",
     "S1 refuses S3 its vote: term 1 is over, this is term 3 (§5.1). S3 needs a higher term, so "
     "let it hear of that first: fire S3 ; settle among S3 S1", " among S3 S1"),
    ("raft", "elect S1 with S2 ; settle among S1 S2 ; lose all\nelect S3 with S2",
     "a candidate in term 1",
     "S2 refuses S3 its vote: it already voted for S1 in term 1 (§5.2). S3 needs a higher term, "
     "and even then: S2 refuses S3 its vote: S3's log ends with term 0 at index 0, its own with "
     "term 1 at index 1 (§5.4.1)", " among S3 S2"),
    ("raft", "elect S1 with S2 ; settle among S1 S2 ; lose all\nfire S3 ; lose all\nelect S3",
     "a candidate in term 2",
     "S1 refuses S3 its vote: S3's log ends with term 0 at index 0, its own with term 1 at index 1 "
     "(§5.4.1); S2 refuses S3 its vote: S3's log ends with term 0 at index 0, its own with term 1 "
     "at index 1 (§5.4.1)", ""),
    ("raft", "crash S1 ; cut S3->S2\nelect S3", "a candidate in term 1",
     "RequestVote S3→S1 finds S1 down; RequestVote S3→S2 cannot pass: the link is cut", ""),
    ("raft", "pause S1 ; cut S2->S3\nelect S3", "a candidate in term 1",
     "S2 votes for S3, but RequestVoteReply S2→S3 cannot pass: the link is cut; S1 is paused and "
     "hears nothing", ""),
    ("raft", "tune loss=1.0\nelect S1 with S2", "a candidate in term 1",
     "RequestVote S1→S2 is lost on the way; RequestVote S1→S3 is lost on the way", " among S1 S2"),
    ("raft+pre-vote", f"{LEADS}elect S3", "a follower in term 1",
     "S1 would not vote for S3 in term 2: it hears its leader S1 (dissertation §9.6); S2 would not "
     "vote for S3 in term 2: it hears its leader S1 (dissertation §9.6)", ""),
]  # fmt: skip


@pytest.mark.parametrize("protocol, verbs, condition, why, among", AGAINST)
def test_who_is_not_elected_is_told_who_stood_in_the_way(protocol, verbs, condition, why, among):
    if "loss=1.0" in verbs:  # what is lost is dropped only among those who settle
        why = why.partition(";")[0]
    id = verbs.rpartition("elect ")[2][:2]
    assert told(verbs, protocol) == (
        f"{id} is not elected: it is {condition}. {why}. If it should fail, write it out: "
        f"fire {id} ; settle{among}"
    )


@pytest.mark.parametrize("verbs, first", [
    (f"{S1_HAS_S2}fire S3\nelect S3 with S2", "fire S3 once more first"),
    ("repeat 3 { fire S1 ; lose all }\nfire S3 ; settle among S3 S1\nelect S3 with S1", "let it"),
])  # fmt: skip
def test_with_what_is_advised_it_is_elected(verbs, first):
    assert rl.scenario(HEAD.format("raft", 3) + verbs, at="end").leader == "S3"
    rows = verbs.splitlines()
    assert first in told("\n".join([*rows[:-2], rows[-1]]))


def test_too_few_voters_are_told_from_too_few_votes():
    assert ". S1, S2, S5 have not heard of it. If" in told("elect S3 with S4", servers=5)
    assert rl.scenario(HEAD.format("raft", 5) + "elect S3 with S4 S5", at="end").leader == "S3"


def test_who_gives_up_is_told_what_ended_it():
    """S1 leads term 2 and says so before it crashes; S3 stands in that term as well."""
    leads = "fire S1 ; fire S3 ; lose all\nelect S1 with S2\ncrash S1 S2\nelect S3"
    assert told(leads).partition(". If it")[0] == (
        "S3 is not elected: it is a follower in term 2. RequestVote S3→S1 finds S1 down; "
        "RequestVote S3→S2 finds S2 down; S3 gives up its candidacy: S1 already leads term 2 "
        "(§5.2)"
    )


def test_who_was_elected_and_leads_no_more_is_told_so():
    """S1's request of term 4 is late: it comes when S3 has won term 1."""
    late = "fire S1 ; fire S1 ; fire S1 ; drop RequestVote S1->S2 ; drop RequestVote S1->S2\n"
    late += "drop RequestVote S1->S3 ; drop RequestVote S1->S3 ; delay RequestVote S1->S3 by 15\n"
    late += "drop RequestVote S1->S2\n"
    assert "S3 was elected, and then S3 learns of term 3" in told(f"{late}crash S1\nelect S3")


def test_a_node_that_notes_nothing_is_told_of_by_its_vote():
    class Mute(Raft):
        def note(self, *facts):
            pass

    with pytest.raises(Impossible, match="S2 gives S3 no vote: in term 1 it has voted for S1. S3 "
                                         "needs a higher term, so fire S3 once more"):  # fmt: skip
        rl.scenario(f"{HEAD.format('Mute', 3)}{S1_HAS_S2}elect S3 with S2", protocol=Mute)


@pytest.mark.parametrize("verb", ["elect S1", "elect S1 with S2", "fire S1", "rearm S1 in 40"])
def test_a_leader_that_should_stand_is_told_that_it_leads(verb):
    assert told(f"elect S1\n{verb}") == (
        "S1 has no timer 'election' running; it has heartbeat. S1 still leads term 1: a leader "
        "stands again only after a reboot (a crash and a restart), or when it has heard of a "
        "later term"
    )


def test_a_timer_that_nobody_has_says_nothing_of_leading():
    assert told("elect S1\nfire S1 nap") == "S1 has no timer 'nap' running; it has heartbeat"
    assert told("fire S1 heartbeat") == "S1 has no timer 'heartbeat' running; it has election"


def test_messages_that_go_round_are_told_from_those_that_are_many():
    cut = HEAD.format("raft!always-truncates", 3) + (
        "elect S1 with S2 ; request x=1 ; delay AppendEntries S1->S2 by 5000\n"
        "request x=2 ; deliver AppendEntries S1->S2 ; deliver all replies\n"
        "fire S1 heartbeat ; deliver AppendEntries S1->S2\n"
        "deliver AppendEntries S1->S2 ; fire S1 heartbeat\n"
    )
    with pytest.raises(Impossible) as error:
        rl.scenario(f"{cut}settle")
    assert str(error.value).endswith(
        "settle\n  after 10000 deliveries there are still messages in flight. S1 and S2 never fall "
        "silent here: pass messages on one by one, with deliver, and not with settle"
    )

    class Counts(rl.Node):
        """Never the same message twice."""

        def start(self):
            self.broadcast(1)

        def on_message(self, src, message):
            self.send(src, message + 1)

    text = HEAD.format("Counts", 2)
    with pytest.raises(Impossible, match="still messages in flight$"):
        rl.scenario(f"{text}settle", protocol=Counts)

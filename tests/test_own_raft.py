"""A Raft of the learner's own: what is right gets everything, also in another style, and what is
half done gets its part. What is no node at all: test_own_raft_behaved.py."""

import pytest
from own_checks import CHECKS

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import exercise as ex
from raftlab.lessons import own_reference as reference
from raftlab.lessons import raft_skeleton as own
from raftlab.lessons.edition import with_solution
from raftlab.lessons.exercise import exercise, judged
from raftlab.lessons.grading import asking, demands, grade, worth
from raftlab.lessons.grading.check import CLAUSE, SEARCH, asked
from raftlab.protocols import protocol
from raftlab.protocols.raft import Raft

MIT = """
    TestInitialElection3A TestReElection3A TestManyElections3A TestBasicAgree3B TestRPCBytes3B
    TestFollowerFailure3B TestLeaderFailure3B TestFailAgree3B TestFailNoAgree3B
    TestConcurrentStarts3B TestRejoin3B TestBackup3B TestCount3B TestPersist13C TestPersist23C
    TestPersist33C TestFigure83C TestUnreliableAgree3C TestFigure8Unreliable3C TestReliableChurn3C
    TestUnreliableChurn3C TestSnapshotBasic3D TestSnapshotInstall3D TestSnapshotInstallUnreliable3D
    TestSnapshotInstallCrash3D TestSnapshotInstallUnCrash3D TestSnapshotAllCrash3D
    TestSnapshotInit3D
""".split()

TINYKV_2A = """
    FollowerUpdateTermFromMessage CandidateUpdateTermFromMessage LeaderUpdateTermFromMessage
    StartAsFollower LeaderBcastBeat FollowerStartElection CandidateStartNewElection
    LeaderElectionInOneRoundRPC FollowerVote CandidateFallback FollowerElectionTimeoutRandomized
    CandidateElectionTimeoutRandomized FollowersElectionTimeoutNonconflict
    CandidatesElectionTimeoutNonconflict Voter LeaderElection LeaderCycle VoteFromAnyState
    SingleNodeCandidate RecvMessageType_MsgRequestVote CandidateResetTermMessageType_MsgHeartbeat
    CandidateResetTermMessageType_MsgAppend DisruptiveFollower RecvMessageType_MsgBeat
    CampaignWhileLeader SplitVote LeaderStartReplication LeaderCommitEntry LeaderAcknowledgeCommit
    LeaderCommitPrecedingEntries FollowerCommitEntry FollowerCheckMessageType_MsgAppend
    FollowerAppendEntries LeaderSyncFollowerLog VoteRequest LeaderOnlyCommitsLogFromCurrentTerm
    ProgressLeader LeaderElectionOverwriteNewerLogs LogReplication SingleNodeCommit
    CommitWithoutNewTermEntry CommitWithHeartbeat DuelingCandidates CandidateConcede OldMessages
    Proposal HandleMessageType_MsgAppend AllServerStepdown HeartbeatUpdateCommit LeaderIncreaseNext
    RawNodeStart RawNodeRestart
""".split()


def unmet(kind, stage, seed=0, only=None):
    """The ids of the checks that a class does not meet."""
    parts = grade(kind, stage, seed, only)
    names = {check.name: check.id for check in asking(stage)}
    return [names.get(part.name, part.name) for part in parts if not part.is_met]


def points(kind, stage, **more):
    return sum(part.points for part in grade(kind, stage, **more) if part.is_met)


# -- what is asked ------------------------------------------------------------------------


def test_there_are_as_many_checks_as_promised_and_each_says_what_it_is():
    assert len(CHECKS) >= 150
    assert sum(len(asking(stage)) for stage in own.STAGES) == len(CHECKS)
    names = [check.name for _, check in CHECKS.values()]
    assert len(set(names)) == len(names)
    for _, check in CHECKS.values():
        assert 1 <= check.points <= 5 and check.section and 5 <= len(check.name) <= 75


def test_the_tests_of_other_labs_are_among_them_under_their_names():
    also = {alias.partition(" (")[0] for _, check in CHECKS.values() for alias in check.aliases}
    assert [name for name in MIT if name not in also] == [] and len(MIT) == 28
    assert [name for name in TINYKV_2A if name not in also] == [] and len(TINYKV_2A) == 52
    dslabs = " ".join(alias for alias in also if alias.startswith("DSLabs"))
    searches = {number for number in range(20, 27) if str(number) in dslabs}
    assert searches == {20, 21, 22, 23, 25, 26}  # 24 is of holes in a log, which Paxos has


def test_the_list_is_published_with_points():
    table = rl.own.demands()
    assert len(table) == len(CHECKS)
    assert f"election: {worth('election')} points" in repr(table)
    assert "gives one vote a term" in repr(rl.own.demands("election"))
    assert "TestBackup3B" in demands("recovery")._repr_html_()
    with pytest.raises(Impossible, match="no stage 'elections'; there are election, replication"):
        rl.own.demands("elections")


def test_its_points_are_those_that_the_exercise_says():
    for stage in own.STAGES:
        task = exercise(f"own-raft/{stage}")
        assert task.points == worth(stage) == sum(c.points for c in asking(stage))


# -- what is right ------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("stage", own.STAGES)
@pytest.mark.parametrize("kind", ["reference", "ours"])
def test_two_independent_rafts_get_everything(stage, kind):
    """The reference, and `protocols/raft.py`, which shares no code with it."""
    if kind == "reference":
        chosen = reference.Compaction
    else:
        chosen = protocol("raft+snapshots") if stage == "compaction" else Raft
    assert unmet(chosen, stage, seed=7) == []


class TellsAtOnce(reference.Compaction):
    """Sends the new commit index as soon as there is one."""

    def advance_commit_index(self):
        before = self.commit_index
        super().advance_commit_index()
        if self.commit_index > before:
            self.replicate()


class Batches(reference.Compaction):
    """Sends entries with the next heartbeat only."""

    def on_request(self, request):
        if self.role != own.LEADER:
            super().on_request(request)
            return
        entry = own.Entry(self.current_term, request.command, request.client, request.serial)
        self.log = self.log.append(entry)
        self.waiting[self.log.last_index] = self.current_term, request
        self.advance_commit_index()


class InPlace(reference.Compaction):
    """Keeps its votes in a set that it changes, and counts acknowledgements of its own."""

    votes_granted = set()
    heard = {}

    def on_request_vote_reply(self, src, reply):
        if self.counts_vote(reply) and reply.vote_granted:
            self.votes_granted = set(self.votes_granted)
            self.votes_granted.add(src)
            if self.wins_election():
                self.lead()

    def on_append_entries_reply(self, src, reply):
        self.heard[src] = self.heard.get(src, 0) + 1
        super().on_append_entries_reply(src, reply)


class OneByOne(reference.Compaction):
    """Without the optimisation of §5.3, which the paper calls unnecessary."""

    snapshot_after = 1000

    def refuse(self, src, append):
        own.Server.refuse(self, src, append)

    def backed_up(self, peer, reply):
        return own.Server.backed_up(self, peer, reply)


class WithoutNoOp(reference.Compaction):
    """Figure 2 alone: old entries wait for the first request of the new term."""

    def begin_term(self):
        reference.Replication.begin_term(self)


STYLES = [
    (TellsAtOnce, set()),
    (InPlace, set()),
    (Batches, {"sends_requests_at_once"}),
    (OneByOne, {"refusal_names_the_end", "refusal_names_the_term", "goes_back_to_the_end",
                "goes_past_a_term", "wrong_entries_fast"}),
    (WithoutNoOp, {"opens_its_term"}),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind, costs", STYLES, ids=[kind.__name__ for kind, _ in STYLES])
def test_another_style_costs_nothing_but_what_it_leaves_out(kind, costs):
    asked_of_it = [id for id, (_, check) in CHECKS.items() if check.way != SEARCH]
    found = {id for stage in own.STAGES for id in unmet(kind, stage, only=asked_of_it)}
    assert found == costs


def test_a_search_ends_also_where_there_is_no_end_of_states():
    """A class that counts what it has heard is never twice in one state."""
    for id in ("leaders_are_complete", "no_two_leaders_after_a_crash"):
        part, _ = asked(CHECKS[id][1], InPlace, 0, CHECKS[id][0])
        assert part.is_met, part.told


@pytest.mark.parametrize("stage", own.STAGES)
def test_a_clause_does_not_depend_on_the_seed(stage):
    clauses = [check for check in asking(stage) if check.way == CLAUSE]
    for seed in range(20, 26):
        for check in clauses:
            part, _ = asked(check, reference.Compaction, seed, stage)
            assert part.is_met, (seed, part.told)


def test_another_seed_is_another_schedule_and_the_same_seed_the_same():
    from raftlab.lessons.grading.check import Case

    def digest(seed):
        case = Case(reference.Persistence, seed, "crashing_leaders")
        CHECKS["crashing_leaders"][1].asks(case)
        return case.run.digest()

    assert digest(1) == digest(1) != digest(2)


# -- what is half done --------------------------------------------------------------------


class CountsNoVotes(reference.Election):
    """Everything but the last method."""

    def on_request_vote_reply(self, src, reply): ...


class FollowsOnly(reference.Replication):
    """The follower is there; of the leader nothing but that it takes requests."""

    def on_append_entries_reply(self, src, reply): ...

    def advance_commit_index(self): ...


class TwoRules(reference.Replication):
    """The two rules of safety, and nothing that only makes it faster."""

    is_up_to_date = reference.Recovery.is_up_to_date
    may_commit = reference.Recovery.may_commit


def test_whoever_counts_no_votes_yet_gets_the_points_of_the_others():
    parts = grade(CountsNoVotes, "election")
    told = [part.told for part in parts if part.told.startswith("not asked")]
    assert "“one of three is elected, and stays” is met" in told[0] and len(told) >= 10
    got = sum(part.points for part in parts if part.is_met)
    assert got == 50 and worth("election") == 107


def test_whoever_has_the_follower_only_gets_the_followers_points():
    missed = unmet(FollowsOnly, "replication")
    followers = [id for id, (_, check) in CHECKS.items()
                 if check.asks.__module__.endswith("replication_followers")]  # fmt: skip
    assert not set(missed) & set(followers) and "waits_for_a_majority" in missed
    assert points(FollowsOnly, "replication") == 53 and worth("replication") == 107


@pytest.mark.slow
def test_whoever_has_the_two_rules_of_safety_loses_only_what_is_fast_and_friendly():
    missed = set(unmet(TwoRules, "recovery"))
    assert missed >= {"opens_its_term", "refusal_names_the_end", "tells_what_is_gone"}
    assert not missed & {"later_term_beats_length", "counts_own_term_only", "leaders_are_complete",
                         "figure_8", "figure_7"}  # fmt: skip
    assert points(TwoRules, "recovery") == 68 and worth("recovery") == 85


@pytest.mark.parametrize("stage", own.STAGES)
def test_nothing_of_a_stage_is_nothing_yet(stage):
    class Nothing(own.Server):
        pass

    verdict = judged(exercise(f"own-raft/{stage}"), Nothing)
    assert verdict.level == ex.MISSING and stage in verdict.told


def test_what_is_not_written_is_named():
    class Begun(own.Server):
        def start(self):
            self.set_timer(own.ELECTION, 150, 300)

    verdict = judged(exercise("own-raft/election"), Begun)
    assert verdict.level == ex.NOT_YET and 0 < verdict.points < 10
    assert "on_timer is not written yet; help(rl.own.Server.on_timer)" in verdict.told


def test_a_known_slip_is_met_with_its_sentence_whoever_makes_it():
    class Mine(reference.Election):
        def wins_election(self):
            return len(self.votes_granted) * 2 >= len(self.members)

    verdict = judged(exercise("own-raft/election"), Mine)
    assert verdict.level == ex.ALMOST and "half of the servers is not a majority" in verdict.told
    assert verdict.missed.section == "§5.2" and verdict.run.state["S1"].role == "leader"
    assert "it leads with 2 votes of 4" in verdict.missed.told


def test_a_search_brings_the_shortest_run():
    """Stage 2 alone loses what was committed: nine events are enough."""
    _, check = CHECKS["leaders_are_complete"]
    part, _ = asked(check, reference.Replication, 0)
    assert "9 events suffice, and S2 leads term 2 without entry 1" in part.told
    assert part.run.verdicts and part.run.position == len(part.run)


def test_it_must_be_a_server_with_the_fields_that_are_judged():
    class Other(rl.Node):
        term = 0

    class Unwatched(reference.Election):
        properties = ()

    task = exercise("own-raft/election")
    assert "begin with class Other(rl.own.Server):" in judged(task, Other).told
    assert "leaves out 'election_safety'" in judged(task, Unwatched).told
    assert "no field 'snapshot': declare it" in judged(
        exercise("own-raft/compaction"), type("Early", (reference.Persistence,), {})
    ).told  # fmt: skip


# -- the answer in its place --------------------------------------------------------------


def test_the_solved_cells_of_all_stages_make_a_whole_raft():
    """The edition for instructors, cell by cell; it must get every clause."""
    space = {"rl": rl, "own": own, "__name__": "solved"}
    for stage in own.STAGES:
        task = exercise(f"own-raft/{stage}")
        exec(with_solution(task.starter, task), space)
    for stage in own.STAGES:
        for check in asking(stage):
            if check.way == CLAUSE:
                part, _ = asked(check, space["Compaction"], 0, stage)
                assert part.is_met, (check.id, part.told)

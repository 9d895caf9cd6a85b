"""The reference Raft of `own-raft` with one rule broken each time: the breaks of
`raftlab/protocols/breaks.py` that can be said on the learner's skeleton, under their names.

`MUTANTS` maps a name to a class. Each overrides one method, or one line of data, of the whole
reference, so that whatever a check finds is that.
"""

from raftlab.core import execute
from raftlab.lessons import raft_skeleton as own
from raftlab.lessons.own_reference import Compaction

MUTANTS = {}


class Whole(Compaction):
    """The whole reference; checks of snapshots ask for few entries themselves, and no others
    should be helped by one."""

    snapshot_after = 1000


def mutant(name):
    def enter(kind):
        MUTANTS[name] = kind
        return kind

    return enter


# -- Elections (breaks_elections.py, breaks_progress.py) ---------------------------------


@mutant("votes-twice")
class VotesTwice(Whole):
    def has_vote_for(self, candidate_id):
        return True


@mutant("takes-its-vote-back")
class TakesItsVoteBack(Whole):
    def follow(self, leader_id):
        super().follow(leader_id)
        self.voted_for = None


@mutant("counts-stale-votes")
class CountsStaleVotes(Whole):
    def counts_vote(self, reply):
        return self.role == own.CANDIDATE


@mutant("wins-with-half")
class WinsWithHalf(Whole):
    def wins_election(self):
        return 2 * len(self.votes_granted) >= len(self.members)


@mutant("never-steps-down")
class NeverStepsDown(Whole):
    def adopt_term(self, term):
        self.current_term = term
        self.voted_for = None


@mutant("obeys-old-leaders")
class ObeysOldLeaders(Whole):
    def on_append_entries(self, src, append):
        self.follow(append.leader_id)
        self.restart_election_timer()
        self.store(src, append)


@mutant("keeps-its-vote")
class KeepsItsVote(Whole):
    def adopt_term(self, term):
        self.current_term = term
        self.follow(None)


@mutant("decides-before-it-adopts")
class DecidesBeforeItAdopts(Whole):
    def on_message(self, src, message):
        self.handle(src, message)
        if message.term > self.current_term:
            self.adopt_term(message.term)


@mutant("waits-for-any-candidate")
class WaitsForAnyCandidate(Whole):
    def on_request_vote(self, src, ask):
        super().on_request_vote(src, ask)
        if self.role != own.LEADER:
            self.restart_election_timer()


@mutant("waits-for-later-terms")
class WaitsForLaterTerms(Whole):
    def follow(self, leader_id):
        super().follow(leader_id)
        self.restart_election_timer()


@mutant("waits-for-old-leaders")
class WaitsForOldLeaders(Whole):
    def on_append_entries(self, src, append):
        super().on_append_entries(src, append)
        if self.role != own.LEADER:
            self.restart_election_timer()


@mutant("stands-once")
class StandsOnce(Whole):
    def on_timer(self, name):
        if name != own.ELECTION or self.role == own.FOLLOWER:
            super().on_timer(name)


@mutant("never-varies-its-timeout")
class NeverVariesItsTimeout(Whole):
    def restart_election_timer(self):
        self.set_timer(own.ELECTION, self.election_timeout[0])


@mutant("counts-a-voter-twice")
class CountsAVoterTwice(Whole):
    def on_request_vote_reply(self, src, reply):
        if self.counts_vote(reply) and reply.vote_granted:
            self.votes_granted |= {f"{src}, once more" if src in self.votes_granted else src}
            if len(self.votes_granted) > len(self.members) // 2:
                self.lead()


@mutant("tells-nobody-at-once")
class TellsNobodyAtOnce(Whole):
    def lead(self):
        self.role = own.LEADER
        self.leader_id = self.id
        self.cancel_timer(own.ELECTION)
        self.begin_term()
        self.set_timer(own.HEARTBEAT, self.heartbeat_interval)


# -- Replication and commitment (breaks_log.py, breaks_clients.py) ------------------------


@mutant("always-truncates")
class AlwaysTruncates(Whole):
    def merged(self, append):
        return self.log.truncate(append.prev_log_index).extend(append.entries)


@mutant("starts-over")
class StartsOver(Whole):
    def merged(self, append):
        log = super().merged(append)
        if log.starts_with(self.log):
            return log
        return self.log.truncate(self.log.base_index).extend(append.entries)


@mutant("never-checks-the-previous-entry")
class NeverChecksThePreviousEntry(Whole):
    def follows_from(self, append):
        return append.prev_log_index <= self.log.last_index


@mutant("agrees-to-heartbeats")
class AgreesToHeartbeats(Whole):
    def follows_from(self, append):
        return super().follows_from(append) or (
            not append.entries and append.prev_log_index <= self.log.last_index
        )


@mutant("trusts-leader-commit")
class TrustsLeaderCommit(Whole):
    def commit_index_from(self, append):
        return min(append.leader_commit, self.log.last_index)


@mutant("acknowledges-all-it-holds")
class AcknowledgesAllItHolds(Whole):
    def send(self, dst, message):
        if type(message) is own.AppendEntriesReply and message.success:
            message = own.AppendEntriesReply(message.term, True, self.log.last_index)
        super().send(dst, message)


@mutant("credits-all-it-sent")
class CreditsAllItSent(Whole):
    def on_append_entries_reply(self, src, reply):
        if reply.success:
            reply = own.AppendEntriesReply(reply.term, True, self.log.last_index)
        super().on_append_entries_reply(src, reply)


@mutant("counts-stale-replies")
class CountsStaleReplies(Whole):
    def on_append_entries_reply(self, src, reply):
        if reply.term < self.current_term:
            reply = own.AppendEntriesReply(self.current_term, reply.success, reply.match_index)
        super().on_append_entries_reply(src, reply)


@mutant("ignores-the-term-of-entries")
class IgnoresTheTermOfEntries(Whole):
    def on_message(self, src, message):
        if type(message) is own.AppendEntries:
            self.handle(src, message)
        else:
            super().on_message(src, message)


@mutant("commits-with-half")
class CommitsWithHalf(Whole):
    def stored_by_majority(self):
        copies = sorted([self.log.last_index, *self.match_index.values()], reverse=True)
        return copies[max(0, len(self.members) // 2 - 1)]


@mutant("applies-twice")
class AppliesTwice(Whole):
    def apply_committed(self):
        self.last_applied = max(self.log.base_index, self.last_applied - 1)
        super().apply_committed()


@mutant("applies-out-of-order")
class AppliesOutOfOrder(Whole):
    def apply_committed(self):
        for index in range(self.commit_index, self.last_applied, -1):
            self.machine, result = self.machine.apply(self.log[index])
            if index in self.waiting:
                self.answer(index, self.log[index], result)
        self.last_applied = self.commit_index


@mutant("never-backs-up")
class NeverBacksUp(Whole):
    def backed_up(self, peer, reply):
        return self.next_index[peer]


@mutant("backs-up-one-by-one")
class BacksUpOneByOne(Whole):
    def backed_up(self, peer, reply):
        return max(self.match_index[peer] + 1, self.next_index[peer] - 1)


# -- Recovery -----------------------------------------------------------------------------


@mutant("compares-length-only")
class ComparesLengthOnly(Whole):
    def is_up_to_date(self, ask):
        return ask.last_log_index >= self.log.last_index


@mutant("votes-for-anybody")
class VotesForAnybody(Whole):
    def is_up_to_date(self, ask):
        return True


@mutant("commits-old-terms")
class CommitsOldTerms(Whole):
    def may_commit(self, index):
        return True


@mutant("answers-by-index")
class AnswersByIndex(Whole):
    def answer(self, index, entry, result):
        _, request = self.waiting.pop(index)
        self.respond(request, result)


class Sessionless(own.KeyValue):
    """A key/value store that executes whatever comes, repeats too."""

    __slots__ = ()

    def _executed(self, entry):
        data, result = execute(self.data, entry.command)
        return Sessionless(data, self.sessions), result


@mutant("answers-by-a-later-term")
class AnswersByALaterTerm(Whole):
    def answer(self, index, entry, result):
        term, request = self.waiting.pop(index)
        self.respond(request, result if term >= entry.term else own.Superseded(index))


@mutant("ignores-sessions")
class IgnoresSessions(Whole):
    machine = Sessionless({}, {})


@mutant("without-no-op")
class WithoutNoOp(Whole):
    def begin_term(self):
        self.next_index = dict.fromkeys(self.peers, self.log.last_index + 1)
        self.match_index = dict.fromkeys(self.peers, 0)


@mutant("keeps-old-matches")
class KeepsOldMatches(Whole):
    def begin_term(self):
        known = dict(self.match_index)
        super().begin_term()
        self.match_index |= known


# -- Disk and snapshots (breaks_disk.py, breaks_snapshot.py) ------------------------------


@mutant("forgets-its-vote")
class ForgetsItsVote(Whole):
    persistent = ("current_term", "log", "snapshot")


@mutant("forgets-its-term")
class ForgetsItsTerm(Whole):
    persistent = ("log", "snapshot")


@mutant("forgets-its-log")
class ForgetsItsLog(Whole):
    persistent = ("current_term", "voted_for", "snapshot")


@mutant("writes-vote-and-term-apart")
class WritesVoteAndTermApart(Whole):
    writes = (("voted_for",), ("current_term",), ("snapshot",), ("log",))


@mutant("installs-old-snapshots")
class InstallsOldSnapshots(Whole):
    def is_news(self, install):
        return True


@mutant("leaves-sessions-out")
class LeavesSessionsOut(Whole):
    def commit(self, index):
        super().commit(index)
        held = self.snapshot
        data = own.KeyValue(held.machine.data, {})
        self.snapshot = own.Snapshot(held.last_included_index, held.last_included_term, data)


@mutant("cuts-the-log-first")
class CutsTheLogFirst(Whole):
    writes = (("current_term", "voted_for"), ("log",), ("snapshot",))


@mutant("drops-what-follows")
class DropsWhatFollows(Whole):
    def what_follows(self, snapshot):
        return own.Log((), snapshot.last_included_index, snapshot.last_included_term)


@mutant("forgets-the-snapshot")
class ForgetsTheSnapshot(Whole):
    persistent = ("current_term", "voted_for", "log")

"""Replication and commitment with one rule broken. As in `breaks.py`.

A follower that says it stores what it does not, a leader that takes more for stored than is: in
the end somebody is told that an entry is safe, and it is not.
"""

from ..core import committed_index
from .raft_messages import AppendEntries, AppendEntriesReply
from .raft_rules import LEADER


class AlwaysTruncates:
    """Cuts its log after prev_log_index, conflict or not."""

    breaks = "commit_never_changes"
    source = "Students' Guide to Raft: a delayed, shorter AppendEntries"
    bounds = {"terms": 1, "requests": 1, "late": 1}

    def merged(self, append):
        return self.log.truncate(append.prev_log_index).extend(append.entries)


class StartsOver:
    """When an entry conflicts, goes back to the beginning and puts the leader's entries there."""

    breaks = "commit_never_changes"
    source = "Maelstrom's guide, ch. 6: nodes may roll back and append entries at 0"
    bounds = {"terms": 2, "requests": 1, "cut": False}

    def merged(self, append):
        log = super().merged(append)
        if log.starts_with(self.log):
            return log
        return self.log.truncate(self.log.base_index).extend(append.entries)


class NeverChecksThePreviousEntry:
    """Stores entries behind an entry of another term."""

    breaks = "log_matching"
    source = "§5.3, the consistency check left out"
    bounds = {"terms": 3, "requests": 0}

    def follows_from(self, append):
        return append.prev_log_index <= self.log.last_index


class AgreesToHeartbeats:
    """Answers an empty message with yes if its log is long enough, whatever it holds there."""

    breaks = "state_machine_safety"
    source = "Students' Guide to Raft: heartbeats are not special"
    needs = ("plain-heartbeats",)
    bounds = {"terms": 3, "requests": 0}

    def follows_from(self, append):
        if append.entries:
            return super().follows_from(append)
        return append.prev_log_index <= self.log.last_index


class TrustsLeaderCommit:
    """Takes leader_commit as it comes, beyond the entries that were checked."""

    breaks = "state_machine_safety"
    source = "Students' Guide to Raft: min(leaderCommit, index of last new entry)"
    needs = ("plain-heartbeats",)
    bounds = {"terms": 2, "requests": 1}

    def commit_index_from(self, append):
        return min(append.leader_commit, self.log.last_index)


class AcknowledgesAllItHolds:
    """Reports the length of its log as what matches the leader's."""

    breaks = "leader_completeness"
    source = "Students' Guide to Raft: matchIndex is not len(log)"
    needs = ("without-no-op",)
    bounds = {"terms": 3, "requests": 2, "cut": False}

    def matched_up_to(self, append):
        return self.log.last_index


class CreditsAllItSent:
    """A leader takes any yes for a yes to all that it holds by now.

    The answer is to an older message. What the request said must be in the answer, or be
    remembered with the call; next_index - 1, too, is what the leader hopes for by now.
    """

    breaks = "leader_completeness"
    source = "Students' Guide to Raft: matchIndex set to nextIndex - 1 or to len(log)"
    bounds = {"terms": 2, "requests": 1, "by": "messages"}

    def on_append_entries_reply(self, src, reply):
        if reply.success:
            reply = AppendEntriesReply(reply.term, True, self.log.last_index)
        super().on_append_entries_reply(src, reply)


def terms_of_logs(state):
    return [[entry.term for entry in state.observe(id).log] for id in state.config.servers]


def s2_alone_has_the_entries_of_s1(state):
    return state.observe("S1").commit_index == 0 and terms_of_logs(state) == [
        [1, 1], [1, 1], [], [], [],
    ]  # fmt: skip


def they_are_overwritten(state):
    return terms_of_logs(state) == [[2]] * 5


def s1_commits_what_s2_lacks(state):
    return state.observe("S1").commit_index == 2 and terms_of_logs(state)[:4] == [
        [2, 3], [2], [2], [2],
    ]  # fmt: skip


class CountsStaleReplies:
    """Takes an answer to what it sent in an earlier term for an answer in this one.

    Of three servers the two that know of an answered entry are a majority, and it stays where it
    was. With five it can be gone from the one that answered, and the answer still be on its way.
    """

    breaks = "leader_completeness"
    source = "Students' Guide to Raft, “Term confusion”: drop a reply of another term"
    bounds = {
        "servers": 5, "terms": 4, "requests": 0,
        "stages": [
            {"terms": 1, "requests": 1, "acts": ("S1",), "until": s2_alone_has_the_entries_of_s1},
            {"terms": 2, "acts": ("S3",), "until": they_are_overwritten},
            {"terms": 3, "acts": ("S1",), "late": ["AppendEntriesReply"],
             "until": s1_commits_what_s2_lacks},
            {"acts": ("S2",), "cut": False},
        ],
    }  # fmt: skip

    def counts_reply(self, reply):
        return self.role == LEADER


def s1_leads_without_having_sent_its_entry(state):
    return state.observe("S1").role == "leader" and terms_of_logs(state) == [[1], [], [], [], []]


def s2_hears_from_s3_what_is_committed(state):
    seen = {id: state.observe(id) for id in ("S1", "S2", "S3")}
    leads = [seen[id].role == "leader" and seen[id].term for id in ("S1", "S3")]
    return leads == [1, 2] and seen["S2"].commit_index == seen["S3"].commit_index == 1


class IgnoresTheTermOfEntries:
    """Takes a leader's entries and stays in the term it was in.

    Its leader never counts what it answers, for that is of an old term. Worse, it goes on taking
    entries from whoever led before: with five servers one can lead without those who voted for
    the other, and then what it knows to be committed is overwritten.
    """

    breaks = "commit_never_changes"
    source = "§5.1; Figure 2, all servers: a term in any message counts"
    bounds = {
        "servers": 5, "terms": 2, "requests": 0,
        "stages": [
            {"terms": 1, "acts": ("S1",), "until": s1_leads_without_having_sent_its_entry},
            {"acts": ("S3",), "cut": False, "until": s2_hears_from_s3_what_is_committed},
            {"acts": ("S1",), "cut": False, "late": ["AppendEntries"]},
        ],
    }  # fmt: skip

    def on_message(self, src, message):
        if type(message) is AppendEntries:
            self.handle(src, message)
        else:
            super().on_message(src, message)


class CommitsOldTerms:
    """Commits entries of earlier terms by counting copies."""

    breaks = "leader_completeness"
    source = "§5.4.2, Figure 8; found by David Mazières in an early version"
    needs = ("without-no-op",)
    bounds = {"terms": 4, "requests": 2, "cut": False}

    def may_commit(self, index):
        return True


class CommitsWithHalf:
    """Commits what n // 2 servers store: half of an even cluster, less than that of an odd one."""

    breaks = "leader_completeness"
    source = "DSLabs, IncorrectSingleInstancePaxos: a majority one short"
    bounds = {"terms": 2, "requests": 0}

    def stored_by_majority(self):
        copies = sorted([self.log.last_index, *self.match_index.values()], reverse=True)
        return copies[len(self.members) // 2 - 1]


class CommitsAmongThoseWhoAnswer:
    """Counts a majority of the servers that it can reach, not of all there are.

    A leader that reaches nobody is then a majority by itself, and on each side of a partition
    somebody commits.
    """

    breaks = "leader_completeness"
    source = "§5.3; the split brain of counting live nodes"
    needs = ("check-quorum",)
    bounds = {"terms": 2, "requests": 0}

    def stored_by_majority(self):
        reached = [self.match_index[peer] for peer in self.peers if peer in self.answered]
        return committed_index([self.log.last_index, *reached])


BREAKS = {
    "always-truncates": AlwaysTruncates,
    "starts-over": StartsOver,
    "never-checks-the-previous-entry": NeverChecksThePreviousEntry,
    "agrees-to-heartbeats": AgreesToHeartbeats,
    "trusts-leader-commit": TrustsLeaderCommit,
    "acknowledges-all-it-holds": AcknowledgesAllItHolds,
    "credits-all-it-sent": CreditsAllItSent,
    "counts-stale-replies": CountsStaleReplies,
    "ignores-the-term-of-entries": IgnoresTheTermOfEntries,
    "commits-old-terms": CommitsOldTerms,
    "commits-with-half": CommitsWithHalf,
    "commits-among-those-who-answer": CommitsAmongThoseWhoAnswer,
}

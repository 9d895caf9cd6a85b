"""What a learner's own Raft begins with: the state of Figure 2, the messages, and what is wanted.

    own = rl.own

    class Election(own.Server):
        def start(self):
            ...

A whole Raft is written in five stages, each a class that extends the one before: election (§5.1,
§5.2), replication (§5.3), recovery from a leader's failure (§5.4, §8), persistence (Figure 2) and
compaction (§7). Its methods are the rules of the paper, named as the small exercises name them, so
that what was solved there can be put in here. `own.demands()` lists what will be asked of it.

Given are the log and its entries, the key/value machine that executes them, the messages, and how
a server shows itself. Everything else is the learner's.
"""

from ..core import Impossible, Node, NotLeader, Observation, Superseded, committed_index
from ..protocols.machine import EMPTY, KeyValue
from ..protocols.raft_log import Entry, Log
from ..protocols.raft_messages import (
    AppendEntries,
    AppendEntriesReply,
    RequestVote,
    RequestVoteReply,
)
from ..protocols.raft_rules import CANDIDATE, FOLLOWER, LEADER
from ..protocols.raft_snapshot import InstallSnapshot, InstallSnapshotReply, Snapshot

ELECTION, HEARTBEAT = "election", "heartbeat"  # what the two timers are called
STAGES = ("election", "replication", "recovery", "persistence", "compaction")

__all__ = [
    "CANDIDATE", "ELECTION", "EMPTY", "FOLLOWER", "HEARTBEAT", "LEADER", "STAGES",
    "AppendEntries", "AppendEntriesReply", "Entry", "InstallSnapshot", "InstallSnapshotReply",
    "KeyValue", "Log", "METHODS", "NotLeader", "RequestVote", "RequestVoteReply", "Server",
    "Snapshot", "Superseded", "committed_index", "demands",
]  # fmt: skip


class Server(Node):
    """A server that does nothing yet. Each method says what is wanted of it, and where that stands.

    Fields may be added: declare them on the class with their first value, as here. Those named here
    keep their meaning, for pictures and checks read them. `self.members` are all servers,
    `self.peers` the others; `self.is_quorum(ids)` says whether they are a majority.
    """

    settings = ("election_timeout", "heartbeat_interval")
    derived = ("last_applied", "machine")
    properties = (
        "election_safety", "leader_append_only", "log_matching",
        "leader_completeness", "state_machine_safety",
    )  # fmt: skip

    # Persistent state on all servers (Figure 2); stage 4 puts it on disk.
    current_term = 0
    voted_for = None
    log = Log()  # a value: log.append, extend and truncate give another one; indexes from 1

    # Volatile state on all servers.
    commit_index = 0
    last_applied = 0
    machine = EMPTY  # a value: machine.apply(entry) gives (the next one, the result)
    role = FOLLOWER
    leader_id = None  # whom clients are sent to

    # Volatile state on candidates and leaders.
    votes_granted = frozenset()
    next_index = {}  # peer → the next entry to send
    match_index = {}  # peer → the highest entry known to be stored there
    waiting = {}  # index → (term, request): whom to answer when that entry is executed

    # In ms (§5.6).
    election_timeout = (150, 300)
    heartbeat_interval = 50

    def __init__(self, id, members, **fields):
        """A server as it boots, or in any state: its log may be a list of (term, command)."""
        super().__init__(id, members, **fields)
        if type(self.log) is not Log:
            self.log = Log(self.log)
        while self.last_applied < self.commit_index:
            self.last_applied += 1
            self.machine, _ = self.machine.apply(self.log[self.last_applied])

    # -- Stage 1: election (§5.1, §5.2) --

    def start(self):
        """It boots, or boots again after a crash: as a follower that waits for a leader."""
        raise _unwritten("start")

    def restart_election_timer(self):
        """Set ELECTION to a time drawn from `election_timeout`: set_timer(name, low, high)."""
        raise _unwritten("restart_election_timer")

    def on_timer(self, name):
        """ELECTION or HEARTBEAT has run out. Whoever leads has no use for the first, and whoever
        does not lead none for the second."""
        raise _unwritten("on_timer")

    def on_message(self, src, message):
        """A term higher than one's own comes first (`adopt_term`), then the message itself
        (`handle`): Figure 2, rules for all servers."""
        raise _unwritten("on_message")

    def handle(self, src, message):
        """Given: each kind of message to its method."""
        match message:
            case RequestVote():
                self.on_request_vote(src, message)
            case RequestVoteReply():
                self.on_request_vote_reply(src, message)
            case AppendEntries():
                self.on_append_entries(src, message)
            case AppendEntriesReply():
                self.on_append_entries_reply(src, message)
            case InstallSnapshot():
                self.on_install_snapshot(src, message)
            case InstallSnapshotReply():
                self.on_install_snapshot_reply(src, message)
            case _:
                raise Impossible(f"{self.id} knows no message {type(message).__name__}")

    def adopt_term(self, term):
        """§5.1: a higher term. It is the server's from now on, with a fresh vote, and whatever it
        was in the old one, it follows."""
        raise _unwritten("adopt_term")

    def follow(self, leader_id):
        """§5.2: be a follower of `leader_id` (None: of nobody yet) in the present term, without
        a vote being lost. Whoever led until now has no election timer running."""
        raise _unwritten("follow")

    def start_election(self):
        """§5.2: the next term, a vote for oneself, the timer anew, and a RequestVote to all."""
        raise _unwritten("start_election")

    def has_vote_for(self, candidate_id):
        """§5.2: is the vote of this term free, or this very candidate's?"""
        raise _unwritten("has_vote_for")

    def on_request_vote(self, src, ask):
        """Figure 2, RequestVote: answer with RequestVoteReply(term, vote_granted). A term that is
        over gets no vote; who gives one waits anew."""
        raise _unwritten("on_request_vote")

    def counts_vote(self, reply):
        """§5.2: is this an answer to the election under way?"""
        raise _unwritten("counts_vote")

    def wins_election(self):
        """§5.2: do `votes_granted` suffice?"""
        raise _unwritten("wins_election")

    def on_request_vote_reply(self, src, reply):
        """Count the vote, and lead if it was the one that was missing."""
        raise _unwritten("on_request_vote_reply")

    def lead(self):
        """§5.2: the election is won. Make what leading needs (`begin_term`), and tell everybody
        at once (`replicate`)."""
        raise _unwritten("lead")

    def replicate(self):
        """§5.2: `replicate_to` each of `peers`, and do it again in `heartbeat_interval` ms (timer
        HEARTBEAT)."""
        raise _unwritten("replicate")

    def on_append_entries(self, src, append):
        """§5.2: whoever sends this in the present term leads it; wait anew, and see to the entries
        (`store`). In an old term nobody leads any more: refuse, with your own term."""
        raise _unwritten("on_append_entries")

    # What later stages fill in; until then it is this.

    def begin_term(self):
        """Stages 2 and 3: what a new leader makes anew."""

    def replicate_to(self, peer):
        """Stage 2: send `peer` what it lacks. Until then, a heartbeat without entries."""
        self.send(peer, AppendEntries(self.current_term, self.id, 0, 0))

    def store(self, src, append):
        """Stage 2: the entries of the present leader. Until then: agree, there are none."""
        self.send(src, AppendEntriesReply(self.current_term, True))

    def is_up_to_date(self, ask):
        """Stage 3: may a candidate with such a log win? Until then all logs are alike."""
        return True

    def may_commit(self, index):
        """Stage 3: may a leader commit up to `index`, which a majority stores?"""
        return True

    # -- Stage 2: replication (§5.3) --

    def on_request(self, request):
        """§5.3: a leader puts Entry(term, request.command, request.client, request.serial) into
        its log, remembers in `waiting` whom to answer, and sends it to all at once. Anybody else:
        respond(request, NotLeader(leader_id))."""
        raise _unwritten("on_request")

    def follows_from(self, append):
        """§5.3: does the log hold the entry just before those of `append`?"""
        raise _unwritten("follows_from")

    def merged(self, append):
        """§5.3: the log with the entries of `append` in it."""
        raise _unwritten("merged")

    def commit_index_from(self, append):
        """§5.3: up to where the leader's word makes entries committed here."""
        raise _unwritten("commit_index_from")

    def on_append_entries_reply(self, src, reply):
        """§5.3: `reply.match_index` is stored at `src`; or it refused, and must be sent more."""

    def stored_by_majority(self):
        """§5.3: up to which index a majority of all servers stores the log."""
        raise _unwritten("stored_by_majority")

    def advance_commit_index(self):
        """§5.3, §5.4.2: commit what a majority stores, if `may_commit` allows it."""
        raise _unwritten("advance_commit_index")

    def commit(self, index):
        """§5.3: what is committed stays so; what is new in it is executed."""
        raise _unwritten("commit")

    def apply_committed(self):
        """§5.3: execute what is committed and was not yet, in order, and answer who waits."""
        raise _unwritten("apply_committed")

    # -- Stage 3: recovery (§5.3, §5.4, §8) --

    def refuse(self, src, append):
        """§5.3: AppendEntriesReply(term, False, 0, conflict_index, conflict_term), so that the
        leader need not go back entry by entry. conflict_term is that of the entry which is at
        prev_log_index instead, conflict_index the first of that term; or None, and where the log
        ends."""
        self.send(src, AppendEntriesReply(self.current_term, False))

    def backed_up(self, peer, reply):
        """§5.3: the next_index of `peer` after it refused. Never behind what it surely stores."""
        return max(self.match_index[peer] + 1, self.next_index[peer] - 1)

    def answer(self, index, entry, result):
        """Answer who waits for the entry at `index`, now that `entry` was executed there. If that
        is another entry than it asked for (of another term): Superseded(index)."""
        _, request = self.waiting.pop(index)
        self.respond(request, result)

    # -- Stage 5: compaction (§7); stage 4 is a matter of `persistent` and `writes` --

    def restore(self):
        """§7: the machine is that of the snapshot; what it holds is executed and committed."""
        raise _unwritten("restore")

    def what_follows(self, snapshot):
        """§7: the log behind a snapshot: log.compact(index), if it holds the snapshot's last
        entry; or else Log((), index, term), which holds nothing and begins there."""
        raise _unwritten("what_follows")

    def is_news(self, install):
        """§7: does a snapshot hold anything that is not executed here?"""
        raise _unwritten("is_news")

    def install(self, snapshot):
        """Figure 13: take over a snapshot, the log behind it, and its machine."""
        raise _unwritten("install")

    def on_install_snapshot(self, src, install):
        """Figure 13: answer with InstallSnapshotReply(term, last_included_index)."""

    def on_install_snapshot_reply(self, src, reply):
        """`reply.match_index` is stored at `src`."""

    # -- Given: what pictures and checks see --

    def observe(self):
        return Observation(
            self.id, self.role, self.current_term, self.leader_id, self.log, self.commit_index,
            self.last_applied, self.voted_for, frozenset(self.votes_granted),
            dict(self.next_index), dict(self.match_index), self.machine.data,
        )  # fmt: skip


def _unwritten(name):
    return NotImplementedError(f"{name} is not written yet; help(rl.own.Server.{name}) says what "
                               "is wanted")  # fmt: skip


# stage → the methods of `Server` that its starter leaves open.
METHODS = {
    "election": (
        "start", "restart_election_timer", "on_timer", "on_message", "adopt_term", "follow",
        "start_election", "has_vote_for", "on_request_vote", "counts_vote", "wins_election",
        "on_request_vote_reply", "lead", "replicate", "on_append_entries",
    ),
    "replication": (
        "begin_term", "on_request", "replicate_to", "store", "follows_from", "merged",
        "commit_index_from", "on_append_entries_reply", "stored_by_majority",
        "advance_commit_index", "commit", "apply_committed",
    ),
    "recovery": (
        "is_up_to_date", "may_commit", "begin_term", "refuse", "backed_up", "answer",
    ),
    "persistence": (),
    "compaction": (
        "start", "restore", "what_follows", "commit", "replicate_to", "on_install_snapshot",
        "is_news", "install", "on_install_snapshot_reply", "store",
    ),
}  # fmt: skip


def demands(stage=None):
    """What is asked of a server, stage by stage, with points and sections: a table."""
    from .grading import demands as table

    return table(stage)

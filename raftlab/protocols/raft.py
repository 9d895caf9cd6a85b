"""Raft as Figure 2 of the extended paper has it: election, replication, safety.

Hold beside it: D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus
Algorithm", §5 and §8 (section numbers below are the paper's). This file does not know
about time, networks, disks or pictures: it sets fields and asks for effects. The rules on which
safety or progress rests (who gets a vote, what counts, what may be committed) are short methods
in `raft_rules.py`; here is who calls them when.

Indexes count from 1; term 0 and index 0 are "before everything".
"""

from ..core import Impossible, NotLeader, Observation, Superseded, committed_index
from .machine import EMPTY
from .raft_log import Entry, Log
from .raft_messages import (
    MESSAGES,
    AppendEntries,
    AppendEntriesReply,
    RequestVote,
    RequestVoteReply,
)
from .raft_rules import CANDIDATE, FOLLOWER, LEADER, Rules
from .raft_words import SAYS

ELECTION, HEARTBEAT = "election", "heartbeat"


class Raft(Rules):
    persistent = ("current_term", "voted_for", "log")
    writes = (("current_term", "voted_for"), ("log",))  # a vote means nothing without its term
    settings = ("election_timeout", "heartbeat_interval")
    derived = ("last_applied", "machine")
    replaces_values = True
    symmetric = True
    messages = MESSAGES
    says = SAYS
    properties = (
        "election_safety", "leader_append_only", "log_matching",
        "leader_completeness", "state_machine_safety",
    )  # fmt: skip

    # Persistent state on all servers: on disk before any answer leaves (Figure 2).
    current_term = 0  # latest term this server has seen; never falls
    voted_for = None  # the candidate that has this server's vote in current_term
    log = Log()

    # Volatile state on all servers.
    commit_index = 0  # highest entry known to be committed; never falls
    last_applied = 0  # highest entry the machine has executed; never above commit_index
    machine = EMPTY
    role = FOLLOWER
    leader_id = None  # whom to send clients to

    # Volatile state on candidates and leaders, made anew at each election.
    votes_granted = frozenset()
    next_index = {}  # peer → index of the next entry to send: a guess, made for speed
    match_index = {}  # peer → highest index known to be stored there: a fact, for safety
    waiting = {}  # index → (term, request): whom to answer when that entry is applied

    # Configuration, in ms. §5.6: broadcast time ≪ election timeout ≪ time between failures.
    election_timeout = (150, 300)
    heartbeat_interval = 50

    def __init__(self, id, members, **fields):
        super().__init__(id, members, **fields)
        if type(self.log) is not Log:
            self.log = Log(self.log)
        if self.commit_index > self.log.last_index:
            raise Impossible(
                f"commit_index {self.commit_index} is beyond the log, which ends at "
                f"{self.log.last_index}"
            )
        if self.role == LEADER:
            self.leader_id = self.id
            self.next_index = self.next_index or self.expected_next_index()
            self.match_index = self.match_index or dict.fromkeys(self.peers, 0)
        self.apply_committed()

    # -- Starting, timers, clients --

    def start(self):
        if self.role == LEADER:  # only a server built by hand starts as one
            self.replicate()
        else:
            self.restart_election_timer()

    def on_timer(self, name):
        if name == HEARTBEAT and self.role == LEADER:
            self.note("heartbeat")
            self.replicate()
        elif name == ELECTION and self.may_start_election():
            self.start_election()

    def on_request(self, request):
        if self.role != LEADER:
            self.note("redirects", self.leader_id)
            self.respond(request, NotLeader(self.leader_id))
            return
        self.log = self.log.append(
            Entry(self.current_term, request.command, request.client, request.serial)
        )
        index = self.log.last_index
        self.waiting = {**self.waiting, index: (self.current_term, request)}
        self.note("appends", index, self.current_term, request.command)
        self.replicate()
        self.advance_commit_index()

    # -- Roles --

    def start_election(self):
        self.current_term += 1
        self.role = CANDIDATE
        self.leader_id = None
        self.voted_for = self.id
        self.votes_granted = frozenset((self.id,))
        self.note("starts-election", self.current_term)
        self.restart_election_timer()
        last = self.log
        self.broadcast(RequestVote(self.current_term, self.id, last.last_index, last.last_term))
        self.lead_if_elected()

    def lead_if_elected(self):
        if not self.wins_election():
            return
        self.note("wins", self.current_term, tuple(sorted(self.votes_granted)), len(self.members))
        self.role = LEADER
        self.leader_id = self.id
        self.next_index = self.expected_next_index()
        self.match_index = dict.fromkeys(self.peers, 0)
        self.cancel_timer(ELECTION)
        self.open_term()
        self.replicate()
        self.advance_commit_index()

    def step_down(self):
        was_leader = self.role == LEADER
        self.role = FOLLOWER
        self.leader_id = None
        self.votes_granted = frozenset()
        if was_leader:
            self.next_index = self.match_index = {}
            self.cancel_timer(HEARTBEAT)
            self.restart_election_timer()

    # -- Messages --

    def on_message(self, src, message):
        """A higher term first, then the message itself (Figure 2, rules for all servers)."""
        if self.is_newer(getattr(message, "term", 0)):
            self.adopt_term(message.term)
        self.handle(src, message)

    def handle(self, src, message):
        match message:
            case AppendEntries():
                self.on_append_entries(src, message)
            case AppendEntriesReply():
                self.on_append_entries_reply(src, message)
            case RequestVote():
                self.on_request_vote(src, message)
            case RequestVoteReply():
                self.on_request_vote_reply(src, message)
            case _:
                raise Impossible(f"{self.id} knows no message {type(message).__name__}")

    def on_request_vote(self, src, ask):
        granted = False
        if self.is_stale(ask.term):
            self.note("refuses-vote-stale", src, ask.term, self.current_term)
        elif not self.has_vote_for(ask.candidate_id):
            self.note("refuses-vote-given", src, self.voted_for, self.current_term)
        elif not self.is_up_to_date(ask):
            self.note("refuses-vote-log", src, ask.last_log_term, ask.last_log_index,
                      self.log.last_term, self.log.last_index)  # fmt: skip
        else:
            granted = True
            self.note("votes", src, self.current_term)
            self.voted_for = ask.candidate_id
            self.restart_election_timer()
        self.send(src, RequestVoteReply(self.current_term, granted))

    def on_request_vote_reply(self, src, reply):
        if not self.counts_vote(reply):
            self.note("ignores-vote", src, reply.term, self.role, self.current_term)
        elif not reply.vote_granted:
            self.note("vote-denied", src, self.current_term)
        else:
            self.votes_granted |= {src}
            self.note("vote-arrives", src, len(self.votes_granted), len(self.members))
            self.lead_if_elected()

    def on_append_entries(self, src, append):
        if self.is_stale(append.term):
            self.note("refuses-entries-stale", src, append.term, self.current_term)
            self.send(src, AppendEntriesReply(self.current_term, False))
            return
        if self.role != FOLLOWER:
            self.note("concedes", src, self.current_term)
            self.step_down()
        self.leader_id = append.leader_id
        self.restart_election_timer()
        if not self.follows_from(append):
            self.refuse_entries(src, append)
            return
        log = self.merged(append)
        if log is not self.log:
            self.log = log
            self.note("stores", src, append.prev_log_index + 1, log.last_index)
        else:
            self.note("hears-leader", src, self.current_term)
        commit_index = self.commit_index_from(append)
        if commit_index > self.commit_index:
            self.commit(commit_index)
        match_index = self.matched_up_to(append)
        self.send(src, AppendEntriesReply(self.current_term, True, match_index))

    def refuse_entries(self, src, append):
        """Say no, with where our log parts from the leader's so that it can back up (§5.3)."""
        index = append.prev_log_index
        held = self.log.term_at(index)
        self.note("refuses-entries-gap", src, index, append.prev_log_term, held)
        first = self.log.last_index + 1 if held is None else self.log.first_index_of_term(held)
        self.send(src, AppendEntriesReply(self.current_term, False, 0, first, held))

    def on_append_entries_reply(self, src, reply):
        if not self.counts_reply(reply):
            self.note("ignores-reply", src, reply.term, self.role, self.current_term)
        elif not reply.success:
            self.next_index = {**self.next_index, src: self.backed_up(src, reply)}
            self.note("backs-up", src, self.next_index[src])
            self.replicate_to(src)
        elif reply.match_index > self.match_index[src]:
            self.match_index = {**self.match_index, src: reply.match_index}
            self.next_index = {**self.next_index, src: reply.match_index + 1}
            self.note("stored-by", src, reply.match_index)
            self.advance_commit_index()
        else:
            self.note("hears-follower", src)

    # -- Helpers --

    def restart_election_timer(self):
        """§5.2: drawn afresh each time, so that ties between servers do not repeat."""
        self.set_timer(ELECTION, *self.election_timeout)

    def expected_next_index(self):
        return dict.fromkeys(self.peers, self.log.last_index + 1)

    def replicate(self):
        for peer in self.peers:
            self.replicate_to(peer)
        self.set_timer(HEARTBEAT, self.heartbeat_interval)

    def replicate_to(self, peer):
        self.send(peer, self.news_for(peer))

    def news_for(self, peer):
        """What `peer` seems to lack; when that is nothing, this is a heartbeat."""
        prev = self.next_index[peer] - 1
        return AppendEntries(
            self.current_term, self.id, prev, self.log.term_at(prev),
            self.log.after(prev), self.commit_index,
        )  # fmt: skip

    def stored_by_majority(self):
        """The highest index that a majority stores, this leader included."""
        return committed_index([self.log.last_index, *self.match_index.values()])

    def advance_commit_index(self):
        index = self.stored_by_majority()
        if index > self.commit_index and self.may_commit(index):
            self.commit(index)

    def commit(self, index):
        self.note("commits", self.commit_index + 1, index, self.role)
        self.commit_index = index
        self.apply_committed()

    def apply_committed(self):
        """Execute committed entries in order and answer whoever waits for them (§5.3)."""
        while self.last_applied < self.commit_index:
            self.last_applied += 1
            entry = self.log[self.last_applied]
            self.machine, result = self.machine.apply(entry)
            if self.last_applied in self.waiting:
                self.answer(self.last_applied, entry.term, result)

    def answer(self, index, term, result):
        """Another leader's entry may have taken the slot: then the request did not happen."""
        asked_in, request = self.waiting[index]
        self.waiting = {at: asked for at, asked in self.waiting.items() if at != index}
        self.respond(request, result if term == asked_in else Superseded(index))

    def observe(self):
        return Observation(
            self.id, self.role, self.current_term, self.leader_id, self.log,
            self.commit_index, self.last_applied, self.voted_for, self.votes_granted,
            self.next_index, self.match_index, self.machine.data,
        )  # fmt: skip

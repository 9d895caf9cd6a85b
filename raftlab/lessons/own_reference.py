"""A whole Raft on the skeleton of `raft_skeleton.py`: the answer to "own-raft", stage by stage.

Written as a learner would who has Figure 2 beside it: fields are changed in place, and nothing is
there that no check asks for. It shares no code with `protocols/raft.py`, which is the second
opinion: the same checks are held against both. Not in the edition that learners get.
"""

from . import raft_skeleton as own


class Election(own.Server):
    """Stage 1: terms, votes, and who leads (§5.1, §5.2)."""

    def start(self):
        self.restart_election_timer()

    def restart_election_timer(self):
        self.set_timer(own.ELECTION, *self.election_timeout)

    def on_timer(self, name):
        if name == own.ELECTION and self.role != own.LEADER:
            self.start_election()
        elif name == own.HEARTBEAT and self.role == own.LEADER:
            self.replicate()

    def on_message(self, src, message):
        if message.term > self.current_term:
            self.adopt_term(message.term)
        self.handle(src, message)

    def adopt_term(self, term):
        self.current_term = term
        self.voted_for = None
        self.follow(None)

    def follow(self, leader_id):
        if self.role == own.LEADER:
            self.cancel_timer(own.HEARTBEAT)
            self.restart_election_timer()  # it had none while it led
        self.role = own.FOLLOWER
        self.leader_id = leader_id
        self.votes_granted = frozenset()

    def start_election(self):
        self.current_term += 1
        self.role = own.CANDIDATE
        self.leader_id = None
        self.voted_for = self.id
        self.votes_granted = frozenset([self.id])
        self.restart_election_timer()
        log = self.log
        self.broadcast(own.RequestVote(self.current_term, self.id, log.last_index, log.last_term))
        if self.wins_election():  # it is alone
            self.lead()

    def has_vote_for(self, candidate_id):
        return self.voted_for in (None, candidate_id)

    def on_request_vote(self, src, ask):
        granted = (
            ask.term == self.current_term
            and self.has_vote_for(ask.candidate_id)
            and self.is_up_to_date(ask)
        )
        if granted:
            self.voted_for = ask.candidate_id
            self.restart_election_timer()
        self.send(src, own.RequestVoteReply(self.current_term, granted))

    def counts_vote(self, reply):
        return self.role == own.CANDIDATE and reply.term == self.current_term

    def wins_election(self):
        return self.is_quorum(self.votes_granted)

    def on_request_vote_reply(self, src, reply):
        if self.counts_vote(reply) and reply.vote_granted:
            self.votes_granted |= {src}
            if self.wins_election():
                self.lead()

    def lead(self):
        self.role = own.LEADER
        self.leader_id = self.id
        self.cancel_timer(own.ELECTION)
        self.begin_term()
        self.replicate()

    def replicate(self):
        for peer in self.peers:
            self.replicate_to(peer)
        self.set_timer(own.HEARTBEAT, self.heartbeat_interval)

    def on_append_entries(self, src, append):
        if append.term < self.current_term:
            self.send(src, own.AppendEntriesReply(self.current_term, False))
            return
        self.follow(append.leader_id)
        self.restart_election_timer()
        self.store(src, append)


class Replication(Election):
    """Stage 2: entries get into all logs, and what a majority stores is executed (§5.3)."""

    def begin_term(self):
        self.next_index = dict.fromkeys(self.peers, self.log.last_index + 1)
        self.match_index = dict.fromkeys(self.peers, 0)

    def on_request(self, request):
        if self.role != own.LEADER:
            self.respond(request, own.NotLeader(self.leader_id))
            return
        entry = own.Entry(self.current_term, request.command, request.client, request.serial)
        self.log = self.log.append(entry)
        self.waiting[self.log.last_index] = self.current_term, request
        self.replicate()
        self.advance_commit_index()

    def replicate_to(self, peer):
        prev = self.next_index[peer] - 1
        self.send(peer, own.AppendEntries(
            self.current_term, self.id, prev, self.log.term_at(prev), self.log.after(prev),
            self.commit_index,
        ))  # fmt: skip

    def store(self, src, append):
        if not self.follows_from(append):
            self.refuse(src, append)
            return
        self.log = self.merged(append)
        self.commit(self.commit_index_from(append))
        match_index = append.prev_log_index + len(append.entries)
        self.send(src, own.AppendEntriesReply(self.current_term, True, match_index))

    def follows_from(self, append):
        return self.log.term_at(append.prev_log_index) == append.prev_log_term

    def merged(self, append):
        log = self.log
        for index, entry in enumerate(append.entries, append.prev_log_index + 1):
            held = log.term_at(index)
            if held != entry.term:
                log = log.truncate(index - 1).append(entry)
        return log

    def commit_index_from(self, append):
        return min(append.leader_commit, append.prev_log_index + len(append.entries))

    def on_append_entries_reply(self, src, reply):
        if self.role != own.LEADER or reply.term != self.current_term:
            return
        if reply.success:
            self.match_index[src] = max(self.match_index[src], reply.match_index)
            self.next_index[src] = self.match_index[src] + 1
            self.advance_commit_index()
        else:
            self.next_index[src] = self.backed_up(src, reply)
            self.replicate_to(src)

    def stored_by_majority(self):
        return own.committed_index([self.log.last_index, *self.match_index.values()])

    def advance_commit_index(self):
        index = self.stored_by_majority()
        if self.may_commit(index):
            self.commit(index)

    def commit(self, index):
        self.commit_index = max(self.commit_index, index)
        self.apply_committed()

    def apply_committed(self):
        while self.last_applied < self.commit_index:
            self.last_applied += 1
            entry = self.log[self.last_applied]
            self.machine, result = self.machine.apply(entry)
            if self.last_applied in self.waiting:
                self.answer(self.last_applied, entry, result)


class Recovery(Replication):
    """Stage 3: what a leader leaves behind when it fails, and how the next puts it right."""

    def is_up_to_date(self, ask):
        mine = self.log.last_term, self.log.last_index
        return (ask.last_log_term, ask.last_log_index) >= mine

    def may_commit(self, index):
        return self.log.term_at(index) == self.current_term

    def begin_term(self):
        super().begin_term()
        self.log = self.log.append(own.Entry(self.current_term))
        self.advance_commit_index()  # it may be alone

    def refuse(self, src, append):
        index, log = append.prev_log_index, self.log
        held = log.term_at(index)
        first = log.last_index + 1 if held is None else log.first_index_of_term(held)
        self.send(src, own.AppendEntriesReply(self.current_term, False, 0, first, held))

    def backed_up(self, peer, reply):
        index = reply.conflict_index
        if reply.conflict_term is not None:
            mine = self.log.last_index_of_term(reply.conflict_term)
            index = index if mine is None else mine + 1
        return max(self.match_index[peer] + 1, min(index, self.next_index[peer] - 1))

    def answer(self, index, entry, result):
        term, request = self.waiting.pop(index)
        self.respond(request, result if term == entry.term else own.Superseded(index))


class Persistence(Recovery):
    """Stage 4: a crash takes what is not on disk (Figure 2)."""

    persistent = ("current_term", "voted_for", "log")
    writes = (("current_term", "voted_for"), ("log",))


class Compaction(Persistence):
    """Stage 5: a log need not grow for ever (§7)."""

    persistent = (*Persistence.persistent, "snapshot")
    writes = (("current_term", "voted_for"), ("snapshot",), ("log",))
    settings = (*Persistence.settings, "snapshot_after")
    properties = (*Persistence.properties, "snapshot_never_falls", "machine_agreement")

    snapshot = own.Snapshot(0, 0, own.EMPTY)
    snapshot_after = 10

    def start(self):
        if self.snapshot.last_included_index > self.log.base_index:  # a crash between two writes
            self.log = self.what_follows(self.snapshot)
        if self.last_applied < self.log.base_index:
            self.restore()
        super().start()

    def restore(self):
        self.machine = self.snapshot.machine
        self.commit_index = self.last_applied = self.snapshot.last_included_index

    def what_follows(self, snapshot):
        end, term = snapshot.last_included_index, snapshot.last_included_term
        if self.log.term_at(end) == term:
            return self.log.compact(end)
        return own.Log((), end, term)

    def commit(self, index):
        if self.last_applied - self.log.base_index >= self.snapshot_after:
            end = self.last_applied
            self.snapshot = own.Snapshot(end, self.log.term_at(end), self.machine)
            self.log = self.log.compact(end)
        super().commit(index)

    def replicate_to(self, peer):
        if self.next_index[peer] > self.log.base_index:
            super().replicate_to(peer)
            return
        held = self.snapshot
        self.send(peer, own.InstallSnapshot(
            self.current_term, self.id, held.last_included_index, held.last_included_term,
            held.machine,
        ))  # fmt: skip

    def on_install_snapshot(self, src, install):
        if install.term < self.current_term:
            self.send(src, own.InstallSnapshotReply(self.current_term))
            return
        self.follow(install.leader_id)
        self.restart_election_timer()
        if self.is_news(install):
            self.install(own.Snapshot(
                install.last_included_index, install.last_included_term, install.data
            ))  # fmt: skip
        self.send(src, own.InstallSnapshotReply(self.current_term, install.last_included_index))

    def is_news(self, install):
        return install.last_included_index > self.commit_index

    def install(self, snapshot):
        self.snapshot = snapshot
        self.log = self.what_follows(snapshot)
        self.restore()
        end = snapshot.last_included_index
        self.waiting = {at: asked for at, asked in self.waiting.items() if at > end}

    def on_install_snapshot_reply(self, src, reply):
        self.on_append_entries_reply(
            src, own.AppendEntriesReply(reply.term, True, reply.match_index)
        )

    def store(self, src, append):
        covered = self.log.base_index - append.prev_log_index
        if covered > 0:  # committed, and so the same everywhere
            append = own.AppendEntries(
                append.term, append.leader_id, self.log.base_index, self.log.base_term,
                append.entries[covered:], append.leader_commit,
            )  # fmt: skip
        super().store(src, append)


STAGES = (Election, Replication, Recovery, Persistence, Compaction)

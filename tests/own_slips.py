"""For each clause that no mutant of `own_mutants.py` breaks, a slip that does: {id of the check:
a class}. A slip may cost other clauses as well; its own it must cost."""

from own_mutants import Whole

from raftlab.lessons import raft_skeleton as own
from raftlab.lessons.own_reference import Persistence

SLIPS = {}


def slip(kind):
    """Named by the check that must see it."""
    SLIPS[kind.__name__] = kind
    return kind


# -- Election -----------------------------------------------------------------------------


@slip
class begins_as_follower(Whole):
    role = own.CANDIDATE


@slip
class stands(Whole):
    def broadcast(self, message):
        self.send(self.peers[0], message)


@slip
class asks_with_its_log(Whole):
    def broadcast(self, message):
        super().broadcast(own.RequestVote(message.term, self.id, self.commit_index, 0))


@slip
class alone_it_leads(Whole):
    def lead(self):
        if self.peers:
            super().lead()


@slip
class leader_does_not_stand(Whole):
    def cancel_timer(self, name):
        """None is ever stopped."""

    def on_timer(self, name):
        self.start_election() if name == own.ELECTION else super().on_timer(name)


@slip
class needs_a_majority(Whole):
    def wins_election(self):
        return len(self.votes_granted) >= 2


@slip
class refusal_is_no_vote(Whole):
    def on_request_vote_reply(self, src, reply):
        super().on_request_vote_reply(src, own.RequestVoteReply(reply.term, True))


@slip
class late_vote_changes_nothing(Whole):
    def counts_vote(self, reply):
        return self.role != own.LEADER and reply.term == self.current_term


@slip
class goes_on_sending(Whole):
    def replicate(self):
        for peer in self.peers:
            self.replicate_to(peer)
        if self.role == own.LEADER and not self.log.last_index:
            self.set_timer(own.HEARTBEAT, self.heartbeat_interval)


@slip
class refuses_old_requests(Whole):
    def on_request_vote(self, src, ask):
        super().on_request_vote(
            src, own.RequestVote(self.current_term, src, ask.last_log_index, ask.last_log_term)
        )


@slip
class repeats_its_vote(Whole):
    def has_vote_for(self, candidate_id):
        return self.voted_for is None


@slip
class candidate_gives_way(Whole):
    def follow(self, leader_id):
        if self.role != own.CANDIDATE or leader_id is None:
            super().follow(leader_id)


@slip
class waits_for_its_leader(Whole):
    def on_append_entries(self, src, append):
        self.follow(append.leader_id)
        self.store(src, append)


# -- Replication: the leader ---------------------------------------------------------------


@slip
class appends_requests(Whole):
    def on_request(self, request):
        self.log = self.log.append(own.Entry(0, request.command))


@slip
class sends_requests_at_once(Whole):
    def on_request(self, request):
        if self.role == own.LEADER:
            entry = own.Entry(self.current_term, request.command, request.client, request.serial)
            self.log = self.log.append(entry)


@slip
class entries_name_their_request(Whole):
    def on_request(self, request):
        self.log = self.log.append(own.Entry(self.current_term, request.command))
        self.replicate()


@slip
class redirects(Whole):
    def on_request(self, request):
        if self.role == own.LEADER:
            super().on_request(request)


@slip
class names_the_previous(Whole):
    def replicate_to(self, peer):
        prev = self.next_index[peer] - 1
        self.send(peer, own.AppendEntries(
            self.current_term, self.id, prev, self.current_term, self.log.after(prev)
        ))  # fmt: skip


@slip
class alone_it_commits(Whole):
    def advance_commit_index(self):
        if self.peers:
            super().advance_commit_index()


@slip
class tells_what_is_committed(Whole):
    def send(self, dst, message):
        if type(message) is own.AppendEntries:
            message = own.AppendEntries(
                message.term, self.id, message.prev_log_index, message.prev_log_term,
                message.entries,
            )  # fmt: skip
        super().send(dst, message)


@slip
class late_answer_takes_nothing_back(Whole):
    def on_append_entries_reply(self, src, reply):
        self.match_index[src] = reply.match_index
        self.next_index[src] = reply.match_index + 1
        self.advance_commit_index()


@slip
class followers_count_no_answers(Whole):
    def on_append_entries_reply(self, src, reply):
        self.match_index[src] = reply.match_index
        self.commit(self.stored_by_majority())


@slip
class goes_on_from_there(Whole):
    def replicate_to(self, peer):
        self.next_index[peer] = 1
        super().replicate_to(peer)


@slip
class sends_again(Whole):
    def replicate_to(self, peer):
        super().replicate_to(peer)
        self.next_index[peer] = self.log.last_index + 1


@slip
class never_removes(Whole):
    def on_append_entries_reply(self, src, reply):
        if not reply.success:
            self.log = self.log.truncate(reply.conflict_index - 1)


# -- Replication: the follower ----------------------------------------------------------------


@slip
class stores_entries(Whole):
    def merged(self, append):
        return self.log.extend(append.entries[:1])


@slip
class refuses_gaps(Whole):
    def follows_from(self, append):
        return self.log.term_at(append.prev_log_index) in (None, append.prev_log_term)


@slip
class stores_repeats_once(Whole):
    def merged(self, append):
        return self.log.extend(append.entries)


@slip
class follows_the_commit_index(Whole):
    def commit_index_from(self, append):
        return append.leader_commit if append.entries else 0


@slip
class commit_index_never_falls(Whole):
    def commit(self, index):
        self.commit_index = index
        self.apply_committed()


# -- Recovery and persistence ------------------------------------------------------------------


@slip
class commits_those_before(Whole):
    def commit(self, index):
        if self.role != own.LEADER or index == self.commit_index + 1:
            super().commit(index)


@slip
class refusal_names_the_end(Whole):
    def refuse(self, src, append):
        self.send(src, own.AppendEntriesReply(self.current_term, False))


@slip
class late_refusal(Whole):
    def backed_up(self, peer, reply):
        return reply.conflict_index


@slip
class starts_as_a_follower(Whole):
    persistent = (*Whole.persistent, "role", "leader_id")


# -- Compaction -----------------------------------------------------------------------------


@slip
class drops_entries(Whole):
    def commit(self, index):
        Persistence.commit(self, index)


@slip
class keeps_what_is_not_executed(Whole):
    def commit(self, index):
        super().commit(index)
        self.log = self.log.truncate(max(self.log.base_index, index))


@slip
class snapshot_is_the_state(Whole):
    def commit(self, index):
        before = self.snapshot
        super().commit(index)
        if self.snapshot is not before:
            end, term = self.snapshot.last_included_index, self.snapshot.last_included_term
            self.snapshot = own.Snapshot(end, term, self.machine)


@slip
class stands_with_the_base(Whole):
    def broadcast(self, message):
        held = len(self.log)
        super().broadcast(own.RequestVote(message.term, self.id, held, message.last_log_term))


@slip
class sends_entries_where_it_can(Whole):
    def replicate_to(self, peer):
        if self.log.base_index:
            self.next_index[peer] = 1
        super().replicate_to(peer)


@slip
class takes_it_over(Whole):
    def restore(self):
        self.machine = self.snapshot.machine


@slip
class drops_what_does_not_follow(Whole):
    def what_follows(self, snapshot):
        end = snapshot.last_included_index
        return (
            self.log.compact(end) if end <= self.log.last_index else super().what_follows(snapshot)
        )


@slip
class refuses_old_snapshots(Whole):
    def on_install_snapshot(self, src, install):
        self.install(own.Snapshot(
            install.last_included_index, install.last_included_term, install.data
        ))  # fmt: skip
        self.send(src, own.InstallSnapshotReply(self.current_term, install.last_included_index))


@slip
class snapshot_is_a_sign_of_life(Whole):
    on_install_snapshot = refuses_old_snapshots.on_install_snapshot


@slip
class recognises_repeats(Whole):
    def install(self, snapshot):
        end, term = snapshot.last_included_index, snapshot.last_included_term
        super().install(own.Snapshot(end, term, own.KeyValue(snapshot.machine.data, {})))

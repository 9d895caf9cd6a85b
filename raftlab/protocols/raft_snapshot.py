"""Log compaction: each server replaces what it has executed by a snapshot of the result.

Hold beside it: §7 and Figure 13 of the extended paper. A part, a mixin over `Raft`. A log that
only grows fills every disk, and takes ever longer to execute after a crash. The machine's state
says the same in less, so a server may forget the entries that led to it; what it must keep of
them is index and term of the last, for the consistency check of the next one (the base of
`Log`). A leader that has forgotten what a follower lacks sends it the snapshot instead.

As a message here may be of any size, a snapshot travels whole: there are no offset and done.
"""

from ..core import Impossible, rule, value
from .machine import EMPTY, KeyValue
from .raft import FOLLOWER
from .raft_configuration import Configuration
from .raft_log import Log
from .raft_messages import AppendEntries, AppendEntriesReply


@value
class Snapshot:
    """What the machine holds when the entries up to `last_included_index` are executed, its
    client sessions included (§8): without them a repeat would be executed twice.

    `configuration` is the latest among those entries and its index, where a part lets the
    members change (`raft_membership.py`); else None.
    """

    last_included_index: int
    last_included_term: int
    machine: KeyValue
    configuration: tuple | None = None


@value
class InstallSnapshot:
    """The leader's snapshot, for a follower that lacks what the leader no longer has; `data`
    is the machine, `configuration` as in `Snapshot`."""

    term: int
    leader_id: str
    last_included_index: int
    last_included_term: int
    data: KeyValue
    configuration: tuple | None = None


@value
class InstallSnapshotReply:
    """`match_index`: how far the logs now surely agree. The paper's reply is the term alone,
    because there a caller knows which call is answered; a message must say it."""

    term: int
    match_index: int = 0


class Snapshots:
    """Each server compacts its own log; InstallSnapshot brings up who fell too far behind (§7)."""

    persistent = ("snapshot",)
    # The snapshot must be on disk before the entries it stands for are gone from there. After a
    # crash between the two the log merely begins too early, which `start` puts right. In the other
    # order nothing would be left of what those entries did.
    writes = (("snapshot",), ("log",))
    settings = ("snapshot_after",)
    messages = (InstallSnapshot, InstallSnapshotReply)
    properties = ("snapshot_never_falls", "machine_agreement")
    says = {
        "takes-snapshot": "takes a snapshot of its state machine, which has executed {0} entries,"
        " and drops those from its log (§7)",
        "starts-from-snapshot": "starts with the state machine of its snapshot, in which the"
        " entries up to {0} are executed (§7)",
        "sends-snapshot": "sends {0} its snapshot of the entries up to {1}: it no longer has"
        " entry {2}, which {0} needs (§7)",
        "refuses-snapshot-stale": "refuses {0}'s snapshot: term {1} is over, this is term {2}"
        " (§5.1)",
        "ignores-snapshot": "ignores {0}'s snapshot of the entries up to {1}: its own reaches {2},"
        " and its state machine does not go back (§7)",
        "keeps-what-follows": "holds the last entry of {0}'s snapshot, {1}, itself: it drops that"
        " and all before it, and keeps what follows (§7)",
        "installs-snapshot": "takes over {0}'s snapshot of the entries up to {1}, machine and all,"
        " and drops its whole log, which does not hold entry {1} of term {2} (§7)",
        "cannot-answer": "cannot tell whether the requests it took at {0} are among the entries"
        " of the snapshot: their clients must ask again (§8)",
        "passes-over": "passes over {0}'s entries up to {1}: its snapshot covers them (§7)",
    }

    snapshot = Snapshot(0, 0, EMPTY)  # its end is the log's base, except between two writes

    snapshot_after = 10  # a server compacts when its log holds so many executed entries

    def __init__(self, id, members, **fields):
        """A server built by hand has executed what its snapshot covers; (index, term, (data,
        sessions)) stands for one. A log with base 0 is taken to begin with entry 1."""
        snapshot = _as_snapshot(fields.get("snapshot", self.snapshot))
        log = fields.get("log", self.log)
        log = log if type(log) is Log else Log(log)
        end = snapshot.last_included_index
        if log.base_index > end:
            raise Impossible(
                f"the log of {id} is compacted up to {log.base_index}, but its snapshot covers "
                f"entries up to {end}; give it snapshot=Snapshot({log.base_index}, "
                f"{log.base_term}, machine)"
            )
        if end:
            committed = max(end, fields.get("commit_index", 0))
            fields |= {
                "snapshot": snapshot, "log": self.what_follows(snapshot, log), "last_applied": end,
                "machine": snapshot.machine, "commit_index": committed,
            }  # fmt: skip
        super().__init__(id, members, **fields)

    def start(self):
        """A crash leaves the disk: the machine begins at the snapshot, not at entry 1."""
        if self.snapshot.last_included_index > self.log.base_index:  # it came between two writes
            self.log = self.what_follows(self.snapshot, self.log)
        if self.last_applied < self.log.base_index:
            self.note("starts-from-snapshot", self.log.base_index)
            self.reset_machine()
        super().start()

    # -- Taking a snapshot: each server by itself, for what it holds is agreed on --

    def commit(self, index):
        """Compact what was executed before, then execute more.

        Not the other way round: so the answer to the new entries does not wait for a snapshot,
        the newest entries stay in the log for followers who are but little behind, and whoever
        watches the logs sees each entry at the moment it is executed.
        """
        if self.is_snapshot_due():
            end = self.last_applied
            self.note("takes-snapshot", end)
            self.save(Snapshot(
                end, self.log.term_at(end), self.state_to_keep(), self.configuration_at(end)
            ))  # fmt: skip
        super().commit(index)

    @rule("7")
    def is_snapshot_due(self):
        """When the log is much longer than what it led to; here simply at a number of entries."""
        return self.last_applied - self.log.base_index >= self.snapshot_after

    @rule("8")
    def state_to_keep(self):
        """All of it: the data, and which request of each client was executed last."""
        return self.machine

    def save(self, snapshot):
        self.snapshot = snapshot
        self.log = self.what_follows(snapshot, self.log)

    @rule("7")
    def what_follows(self, snapshot, log):
        """What is left of `log`: the entries behind the snapshot, or none if another entry (or
        none) stands where it ends, for then they do not follow from it."""
        end, term = snapshot.last_included_index, snapshot.last_included_term
        return log.compact(end) if self.is_in_log(snapshot, log) else Log((), end, term)

    @rule("7")
    def is_in_log(self, snapshot, log):
        """Does `log` hold the very entry with which the snapshot ends? Then it describes a
        prefix of it (Log Matching)."""
        return log.term_at(snapshot.last_included_index) == snapshot.last_included_term

    def reset_machine(self):
        """The state of the snapshot is that at the log's base; committed is what it executed."""
        self.machine = self.snapshot.machine
        self.commit_index = self.last_applied = self.log.base_index

    # -- The leader: whom the log can no longer help --

    def news_for(self, peer):
        needs, snapshot = self.next_index[peer], self.snapshot
        if not self.has_discarded(needs):
            return super().news_for(peer)
        self.note("sends-snapshot", peer, snapshot.last_included_index, needs)
        return InstallSnapshot(
            self.current_term, self.id, snapshot.last_included_index, snapshot.last_included_term,
            snapshot.machine, snapshot.configuration,
        )  # fmt: skip

    @rule("7")
    def has_discarded(self, index):
        return index <= self.log.base_index

    def on_install_snapshot_reply(self, src, reply):
        """It says what the answer to entries says: up to where the logs agree."""
        stored = AppendEntriesReply(reply.term, True, reply.match_index)
        self.on_append_entries_reply(src, stored)

    # -- The follower --

    def handle(self, src, message):
        match message:
            case InstallSnapshot():
                self.on_install_snapshot(src, message)
            case InstallSnapshotReply():
                self.on_install_snapshot_reply(src, message)
            case _:
                super().handle(src, message)

    def on_install_snapshot(self, src, install):
        """Like `on_append_entries`: it is a sign of life of the leader, too."""
        if self.is_stale(install.term):
            self.note("refuses-snapshot-stale", src, install.term, self.current_term)
            self.send(src, InstallSnapshotReply(self.current_term))
            return
        if self.role != FOLLOWER:
            self.note("concedes", src, self.current_term)
            self.step_down()
        self.leader_id = install.leader_id
        self.restart_election_timer()
        self.install(src, Snapshot(
            install.last_included_index, install.last_included_term, install.data,
            install.configuration,
        ))  # fmt: skip
        self.send(src, InstallSnapshotReply(self.current_term, install.last_included_index))

    def install(self, src, snapshot):
        """Only the last of three cases touches the machine; the others hold all it says."""
        end, term = snapshot.last_included_index, snapshot.last_included_term
        if self.is_outdated(snapshot):
            self.note("ignores-snapshot", src, end, self.log.base_index)
        elif self.is_in_log(snapshot, self.log):
            self.note("keeps-what-follows", src, end)
            if end > self.commit_index:
                self.commit(end)  # a snapshot holds nothing else
            self.save(snapshot)
        else:
            self.note("installs-snapshot", src, end, term)
            self.save(snapshot)
            self.reset_machine()
            self.forget_waiting(end)
            self.take_up_configuration()

    @rule("7")
    def is_outdated(self, snapshot):
        """A late or repeated message: our own snapshot reaches as far."""
        return snapshot.last_included_index <= self.log.base_index

    def forget_waiting(self, end):
        """Nobody saw which entries led to the snapshot: theirs may be among them, or not."""
        lost = tuple(str(index) for index in self.waiting if index <= end)
        if lost:
            self.note("cannot-answer", lost)
            self.waiting = {at: asked for at, asked in self.waiting.items() if at > end}

    def on_append_entries(self, src, append):
        super().on_append_entries(src, self.beyond_base(append))

    @rule("7")
    def beyond_base(self, append):
        """`append` without what our snapshot covers. That was committed, so whoever leads now
        has the same there (§5.4.3), and the check at the base is passed already."""
        log = self.log
        covered = log.base_index - append.prev_log_index
        if covered <= 0:
            return append
        if append.entries:
            self.note("passes-over", append.leader_id, log.base_index)
        return AppendEntries(
            append.term, append.leader_id, log.base_index, log.base_term,
            append.entries[covered:], append.leader_commit,
        )  # fmt: skip

    # -- Beside a part that lets the members change, which finds configurations in the log --

    def configuration_at(self, index):
        """§7: the latest configuration up to `index` goes into the snapshot."""
        latest = getattr(self, "latest_configuration", None)
        return latest and latest(index)

    def configuration_before_log(self):
        return self.snapshot.configuration or super().configuration_before_log()

    def take_up_configuration(self):
        read = getattr(self, "read_configuration", None)
        if read:
            before = self.configured_at
            read()
            if self.configured_at != before:
                self.note("goes-by", self.configured_at, self.configuration)


def _as_snapshot(held):
    """A snapshot, also from what a file has in its place."""
    if type(held) is Snapshot:
        return held
    index, term, (data, sessions), *configured = held
    machine = KeyValue(_frozen(data), _frozen(sessions))
    if any(configured):
        at, sets = configured[0]
        return Snapshot(index, term, machine, (at, Configuration(*sets)))
    return Snapshot(index, term, machine)


def _frozen(held):
    """Lists made tuples, however deep: a file knows only lists, a machine holds tuples."""
    if isinstance(held, dict):
        return {key: _frozen(inside) for key, inside in held.items()}
    return tuple(map(_frozen, held)) if isinstance(held, (list, tuple)) else held

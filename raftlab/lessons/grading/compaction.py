"""Stage 5, clause by clause: a snapshot in place of the entries that led to it (§7, Figure 13)."""

from ...protocols.machine import KeyValue
from ...protocols.raft_messages import AppendEntries, AppendEntriesReply
from ...protocols.raft_snapshot import InstallSnapshot, InstallSnapshotReply
from .bench import ME, entries_of, log_of, terms_of
from .check import Stage
from .persistence import reboots, torn
from .replication import spread

compaction = Stage("compaction")
clause = compaction.clause
STATE = KeyValue({"x": 40}, {"C1": (4, 40)})  # request 4 of C1 was executed last


def counted(term, count, first=1):
    """Entries that each count x on, as requests 1, 2 … of C1."""
    made = entries_of(term)[0]
    return tuple(
        type(made)(term, ("add", "x", 1), "C1", serial) for serial in range(first, first + count)
    )


def compacted(case, count=8, keep=3, **more):
    """A follower in term 3 that has executed `count` entries, told so one after the other, and
    compacts after `keep`."""
    bench = case.server(current_term=3, snapshot_after=keep, **more)
    for index, entry in enumerate(counted(3, count)):
        bench.appended(case.a, 3, index, 3 if index else 0, (entry,), commit=index + 1)
    bench.must(bench.seen.log.base_index > 0, f"it has executed {bench.seen.last_applied} entries, "
               f"snapshot_after is {keep}, and its log still begins with entry 1")  # fmt: skip
    return bench


def installs(bench, src, term, index, last_term, state=STATE):
    """Its answer to an InstallSnapshot."""
    return bench.answer(src, InstallSnapshot(term, src, index, last_term, state),
                        InstallSnapshotReply)  # fmt: skip


# -- Taking one ---------------------------------------------------------------------------


@clause("drops executed entries when there are snapshot_after of them", 3, "§7", "LogGC")
def drops_entries(case):
    bench = compacted(case)
    log = bench.seen.log
    bench.must(len(log) <= 5, f"snapshot_after is 3; it keeps {len(log)} entries of 8")
    bench.must(dict(bench.seen.machine) == {"x": 8} and log.last_index == 8,
               f"8 entries are executed; it holds {dict(bench.seen.machine)}, and its log ends at "
               f"{log.last_index}")  # fmt: skip


@clause("keeps every entry that is not executed", 3, "§7: committed entries only")
def keeps_what_is_not_executed(case):
    bench = case.server(current_term=3, snapshot_after=2)
    bench.appended(case.a, 3, 0, 0, counted(3, 9), commit=4)
    bench.appended(case.a, 3, 9, 3, commit=5)
    log = bench.seen.log
    bench.must(log.base_index <= 5 and log.last_index == 9, "it stores 9 entries, 5 are committed, "
               f"and its log holds {log.base_index + 1} to {log.last_index}")  # fmt: skip


@clause("its snapshot is what the dropped entries did", 2, "§7, Figure 12")
def snapshot_is_the_state(case):
    bench = compacted(case)
    held, base = bench.node.snapshot, bench.seen.log.base_index
    bench.must((held.last_included_index, held.last_included_term) == (base, 3),
               f"its log begins behind entry {base} of term 3; its snapshot says that it ends at "
               f"{held.last_included_index} of term {held.last_included_term}")  # fmt: skip
    bench.must(held.machine.data == {"x": base}, f"entries 1 to {base} each count x on; the "
               f"machine in its snapshot holds {held.machine.data}")  # fmt: skip


@clause("and which requests were executed", 3, "§8; duplicate detection in the state machine")
def snapshot_has_sessions(case):
    bench = compacted(case)
    held, base = bench.node.snapshot, bench.seen.log.base_index
    bench.must(held.machine.sessions.get("C1", (0, 0))[0] == base, f"request {base} of C1 is "
               f"in the snapshot; as the last of C1 it has {held.machine.sessions.get('C1')}: "
               "a repeat would be executed again")  # fmt: skip


# -- A log that begins later --------------------------------------------------------------


@clause("the entry before is checked at the snapshot's end, too", 2, "§7: consistency check")
def checks_at_the_base(case):
    bench = compacted(case)
    bench.appended(case.a, 3, 8, 3, counted(3, 4, first=9), commit=12)
    base = bench.seen.log.base_index
    reply = bench.appended(case.a, 3, base, 3, tuple(bench.seen.log))
    bench.must(reply.success and reply.match_index == 12, f"it has a snapshot up to {base} of "
               f"term 3; entries behind just that are answered {reply.success}, "
               f"{reply.match_index}")  # fmt: skip
    reply = bench.appended(case.a, 3, 12, 2)
    bench.must(not reply.success, "its last entry is of term 3, its leader's of term 2, and "
               "it says yes")  # fmt: skip


@clause("a late message about what is in the snapshot does no harm", 2, "§7")
def passes_over_what_it_has(case):
    bench = compacted(case)
    before = bench.seen.log
    reply = bench.appended(case.a, 3, 0, 0, counted(3, 6), commit=6)
    bench.must(reply.success and reply.match_index >= 6, "an old message brings entries 1 to "
               f"6, which are in its snapshot or log; it answers {reply.success}, "
               f"{reply.match_index}")  # fmt: skip
    seen = bench.seen
    bench.must(seen.log.starts_with(before) and dict(seen.machine) == {"x": 8},
               f"an old message changes its log to {seen.log!r}, its data to "
               f"{dict(seen.machine)}")  # fmt: skip


@clause("stands with its log's end, also if nothing is left of it", 1, "§5.4.1, §7")
def stands_with_the_base(case):
    bench = case.server(current_term=3)
    installs(bench, case.a, 3, 40, 2)
    asks = [m for _, m in bench.fires("election") if type(m).__name__ == "RequestVote"]
    bench.must(asks and (asks[0].last_log_index, asks[0].last_log_term) == (40, 2),
               "its log is a snapshot up to 40 of term 2 "
               "and nothing else; it asks for votes with "
               f"{(asks[0].last_log_index, asks[0].last_log_term) if asks else 'nothing'}"
    )  # fmt: skip


# -- Sending one --------------------------------------------------------------------------


def _leads_compacted(case):
    bench = compacted(case)
    bench.term = 4
    return bench.elected()


@clause("sends a snapshot to whoever needs what is gone", 3, "§7, Figure 13", "ProvideSnap")
def sends_its_snapshot(case):
    bench = _leads_compacted(case)
    refusal = AppendEntriesReply(bench.term, False, 0, 1, None)
    sent = []
    for _ in range(12):
        sent += bench.gets(case.b, refusal) + bench.fires("heartbeat")
    found = [m for dst, m in sent if dst == case.b and type(m) is InstallSnapshot]
    bench.must(found, f"{case.b} has nothing, entry 1 is gone from the log, and it is never "
               "sent an InstallSnapshot")  # fmt: skip
    held = bench.node.snapshot
    told = found[-1].term, found[-1].leader_id, found[-1].last_included_index
    bench.must(told == (bench.term, "S1", held.last_included_index)
               and found[-1].last_included_term == held.last_included_term
               and found[-1].data == held.machine,
               f"its snapshot ends at {held.last_included_index} of term {held.last_included_term} "
               f"with {held.machine.data}; it sends {found[-1]}")  # fmt: skip


@clause("and entries to whoever is but little behind", 1, "§7")
def sends_entries_where_it_can(case):
    bench = _leads_compacted(case)
    last = bench.seen.log.last_index
    bench.stored_by(case.a)
    sent = spread(bench, case.a)
    bench.must(sent.prev_log_index == last, f"{case.a} stores everything up to {last} and lacks "
               f"what is new; it is sent what comes behind {sent.prev_log_index}")  # fmt: skip


@clause("goes on behind a snapshot that has arrived", 2, "§7", "SlowNodeRestore")
def goes_on_behind_it(case):
    bench = _leads_compacted(case)
    bench.gets(case.b, AppendEntriesReply(bench.term, False, 0, 1, None))
    end = bench.node.snapshot.last_included_index
    bench.gets(case.b, InstallSnapshotReply(bench.term, end))
    sent = [m for dst, m in bench.fires("heartbeat") if dst == case.b]
    bench.must(sent and type(sent[-1]) is AppendEntries and sent[-1].prev_log_index >= end,
               f"{case.b} has taken over the snapshot up to {end}, and is then sent "
               f"{sent[-1] if sent else 'nothing'}")  # fmt: skip


@clause("an answer of an earlier term counts for nothing, here too", 1, "§5.1")
def ignores_stale_snapshot_answers(case):
    bench = _leads_compacted(case)
    bench.asks()
    index = bench.seen.commit_index
    for peer in (case.a, case.b):
        bench.gets(peer, InstallSnapshotReply(bench.term - 1, bench.seen.log.last_index))
    bench.must(bench.seen.commit_index == index, "answers to a snapshot sent in an earlier term "
               f"arrive, and it takes {bench.seen.commit_index} for committed")  # fmt: skip


# -- Taking one over ----------------------------------------------------------------------


@clause("takes over a snapshot, and says so", 3, "Figure 13", "RestoreSnapshot",
        "RestoreFromSnapMsg", "HandleSnapshot")  # fmt: skip
def takes_it_over(case):
    bench = case.server(current_term=3, log=log_of(1, 1))
    reply = installs(bench, case.a, 3, 40, 2)
    seen = bench.seen
    bench.must(reply.match_index == 40, f"it takes over a snapshot up to 40 and answers "
               f"{reply.match_index}")  # fmt: skip
    bench.must(dict(seen.machine) == {"x": 40}, "the snapshot holds x=40, it holds "
               f"{dict(seen.machine)}")  # fmt: skip
    bench.must((seen.commit_index, seen.last_applied) == (40, 40), "a snapshot up to 40 is "
               f"executed and committed; it knows {seen.commit_index} committed, "
               f"{seen.last_applied} executed")  # fmt: skip
    log = seen.log
    bench.must((log.base_index, log.base_term, len(log)) == (40, 2, 0),
               "nothing of its log is left but entry 40 of term 2 as its base; it is "
               f"{log!r}")  # fmt: skip


@clause("an older one is ignored", 3, "§7; the service must not go back", "RestoreIgnoreSnapshot")
def ignores_older(case):
    bench = compacted(case)
    base = bench.seen.log.base_index
    reply = installs(bench, case.a, 3, 2, 3, KeyValue({"x": 2}, {"C1": (2, 2)}))
    seen = bench.seen
    bench.must(dict(seen.machine) == {"x": 8} and seen.last_applied == 8,
               "8 entries are executed, a snapshot up to 2 arrives late, and it holds "
               f"{dict(seen.machine)}")  # fmt: skip
    bench.must(seen.log.base_index >= base, f"its own snapshot reached {base}, now it reaches "
               f"{seen.log.base_index}")  # fmt: skip
    bench.must(
        reply.match_index <= 8, f"it answers that everything up to {reply.match_index} is here"
    )


@clause("keeps what follows the snapshot in its log", 2, "Figure 13, 6")
def keeps_what_follows(case):
    bench = case.server(current_term=3, log=log_of(3, 3, 3, 3))
    installs(bench, case.a, 3, 2, 3, KeyValue({"x": "3@2"}, {}))
    log = bench.seen.log
    bench.must(log.last_index == 4, "it holds the entry with which the snapshot ends, 2, and two "
               "more, which it has acknowledged; its log then ends at "
               f"{log.last_index}")  # fmt: skip


@clause("drops what does not follow from it", 2, "Figure 13, 7")
def drops_what_does_not_follow(case):
    bench = case.server(current_term=3, log=log_of(1, 1, 1, 1))
    installs(bench, case.a, 3, 2, 2)
    log = bench.seen.log
    bench.must(len(log) == 0 and log.base_index == 2, "the snapshot ends with entry 2 of term "
               f"2, its own entry 2 is of term 1, and it keeps {terms_of(log)}")  # fmt: skip


@clause("a snapshot of an old term is refused", 1, "Figure 13, 1")
def refuses_old_snapshots(case):
    bench = case.server(current_term=5)
    reply = installs(bench, case.a, 4, 40, 2)
    bench.must(reply.term == 5 and bench.seen.last_applied == 0,
               "in term 5 it takes over a snapshot of term 4, and answers in term "
               f"{reply.term}")  # fmt: skip


@clause("a snapshot is a sign of life of the leader", 1, "§5.2, Figure 13")
def snapshot_is_a_sign_of_life(case):
    bench = case.server(current_term=2)
    bench.fires("election")
    installs(bench, case.a, 3, 40, 2)
    seen = bench.seen
    bench.must((seen.role, seen.leader) == ("follower", case.a), f"{case.a} leads its term and "
               f"sends a snapshot; it is a {seen.role} that follows {seen.leader}")  # fmt: skip
    bench.must(
        bench.restarted("election"), "its leader sends a snapshot, and it does not wait anew"
    )


@clause("recognises repeats of requests in a snapshot", 2, "§8")
def recognises_repeats(case):
    bench = case.server(current_term=3)
    installs(bench, case.a, 3, 40, 3)
    entry = type(entries_of(3)[0])(3, ("add", "x", 1), "C1", 4)
    bench.appended(case.a, 3, 40, 3, (entry,), commit=41)
    bench.must(dict(bench.seen.machine) == {"x": 40}, "request 4 of C1 was executed before the "
               f"snapshot; repeated behind it, x is {dict(bench.seen.machine).get('x')}, "
               "not 40")  # fmt: skip


# -- On disk ------------------------------------------------------------------------------


@clause(
    "starts again from its snapshot", 3, "§7", "RawNodeRestartFromSnapshot", "TestSnapshotInit3D"
)
def starts_from_it(case):
    bench = compacted(case)
    base = bench.seen.log.base_index
    reboots(bench)
    seen = bench.seen
    bench.must(seen.log.base_index == base and dict(seen.machine) == {"x": base},
               f"its snapshot says x={base}; it crashes, starts again and holds "
               f"{dict(seen.machine)}")  # fmt: skip
    bench.must(seen.last_applied == base,
               "what the snapshot holds is executed; it notes "
               f"{seen.last_applied} of {base}")  # fmt: skip
    bench.appended(case.a, 3, 8, 3, commit=8)
    bench.must(dict(bench.seen.machine) == {"x": 8}, "it is told again that 8 entries are "
               f"committed, and holds {dict(bench.seen.machine)}")  # fmt: skip
    reboots(reboots(bench))
    bench.appended(case.a, 3, 8, 3, commit=8)
    bench.must(dict(bench.seen.machine) == {"x": 8}, "it crashes twice in a row, is told "
               f"again that 8 are committed, and holds {dict(bench.seen.machine)}")  # fmt: skip


@clause("a crash between writing snapshot and log loses nothing", 3, "§7; which is written first")
def torn_compaction(case):
    bench = case.server(current_term=3, snapshot_after=3)
    for index, entry in enumerate(counted(3, 8)):
        message = AppendEntries(3, case.a, index, 3 if index else 0, (entry,), index + 1)
        for twin in torn(bench, case.a, message):
            seen, case.run = twin.state.observe(ME), twin
            case.must(seen.log.base_index == dict(seen.machine).get("x", 0), "it crashes as it "
                      f"writes; what is left is a log from entry {seen.log.base_index + 1} on, and "
                      f"a machine that holds {dict(seen.machine)}")  # fmt: skip
            case.must(seen.log.last_index >= index, f"it had acknowledged {index} entries, crashes "
                      f"as it writes, and its log ends at {seen.log.last_index}")  # fmt: skip
        bench.gets(case.a, message)

"""Stage 2, the follower's clauses: what it stores, says, commits and executes (§5.3; Figure 2)."""

from ...protocols.raft_log import Entry
from .bench import entries_of, log_of, terms_of
from .replication import replication

clause = replication.clause


# -- The follower stores (Figure 2, AppendEntries) ----------------------------------------


@clause("a follower stores entries and says up to where", 2, "§5.3", "FollowerAppendEntries",
        "HandleMessageType_MsgAppend")  # fmt: skip
def stores_entries(case):
    bench = case.server(current_term=3, log=log_of(1, 1))
    reply = bench.appended(case.a, 3, 2, 1, entries_of(2, 3, first=3))
    bench.must(reply.success, "the entry before is there, and it refuses the entries behind it")
    bench.must(terms_of(bench.seen.log) == [1, 1, 2, 3], "its log should have the terms 1 1 2 "
               f"3 and has {terms_of(bench.seen.log)}")  # fmt: skip
    bench.must(reply.match_index == 4, "it stores everything up to entry 4 as its leader has it, "
               f"and says {reply.match_index}")  # fmt: skip


@clause("entries behind a gap are refused", 2, "§5.3; Figure 2, AppendEntries 2",
        "FollowerCheckMessageType_MsgAppend")  # fmt: skip
def refuses_gaps(case):
    bench = case.server(current_term=3, log=log_of(1))
    reply = bench.appended(case.a, 3, 3, 1, entries_of(3, first=4))
    bench.must(not reply.success, "it holds 1 entry, gets the one behind entry 3, and says yes")
    bench.must(terms_of(bench.seen.log) == [1],
               f"it refuses, and yet its log is now {terms_of(bench.seen.log)}")  # fmt: skip


@clause("entries behind an entry of another term are refused", 3,
        "§5.3; Figure 2, AppendEntries 2")  # fmt: skip
def refuses_other_terms(case):
    bench = case.server(current_term=3, log=log_of(1, 1))
    reply = bench.appended(case.a, 3, 2, 2, entries_of(3, first=3))
    bench.must(not reply.success, "its entry 2 is of term 1, its leader's of term 2, and it says "
               "yes to what comes behind")  # fmt: skip


@clause("a heartbeat is checked like any other", 3, "Figure 2, AppendEntries 2; heartbeats are "
        "not special", "RecvMessageType_MsgBeat2AB")  # fmt: skip
def checks_heartbeats(case):
    bench = case.server(current_term=3, log=log_of(1, 1))
    reply = bench.appended(case.a, 3, 2, 2)
    bench.must(not reply.success, "a heartbeat asks whether entry 2 is of term 2; it is of term 1, "
               "and it says yes: now its leader counts on what it does not have")  # fmt: skip
    reply = bench.appended(case.a, 3, 5, 2)
    bench.must(not reply.success, "a heartbeat asks for entry 5; it holds 2, and it says yes")


@clause("a conflict is resolved as the leader has it", 2, "Figure 2, AppendEntries 3",
        "LeaderElectionOverwriteNewerLogs", "ReplaceMultipleLogEntries")  # fmt: skip
def overwrites_conflicts(case):
    bench = case.server(current_term=4, log=log_of(1, 2, 2, 2))
    bench.appended(case.a, 4, 1, 1, entries_of(3, first=2))
    bench.must(terms_of(bench.seen.log) == [1, 3], "entries 2 to 4 are of term 2, its "
               "leader's second and last is of term 3; its log is then "
               f"{terms_of(bench.seen.log)}")  # fmt: skip


@clause("what does not conflict stays", 2, "Figure 2, AppendEntries 3")
def keeps_the_rest(case):
    bench = case.server(current_term=4, log=log_of(1, 1, 2, 2))
    bench.appended(case.a, 4, 0, 0, entries_of(1, 1, 3))
    log = bench.seen.log
    bench.must(terms_of(log) == [1, 1, 3] and log[2].command == ("set", "x", "1@2"),
               "it held 1 1 2 2, its leader has 1 1 3, and it now has "
               f"{terms_of(log)}")  # fmt: skip
    bench = case.server(current_term=4, log=log_of(1, 1, 2, 2))
    bench.appended(case.a, 4, 2, 1, entries_of(3, first=3))
    bench.must(terms_of(bench.seen.log) == [1, 1, 3], "it held 1 1 2 2, its leader has 1 1 3, "
               f"and it now has {terms_of(bench.seen.log)}")  # fmt: skip


@clause("a late message undoes nothing", 3, "Figure 2, AppendEntries 3: only if they conflict",
        "OldMessages")  # fmt: skip
def late_messages_undo_nothing(case):
    bench = case.server(current_term=3, log=log_of(3, 3, 3))
    bench.appended(case.a, 3, 0, 0, entries_of(3))
    bench.must(terms_of(bench.seen.log) == [3, 3, 3], "it stores three entries and has said so; an "
               "older message with the first alone arrives, and its log is "
               f"{terms_of(bench.seen.log)}")  # fmt: skip
    bench.appended(case.a, 3, 1, 3)
    bench.must(terms_of(bench.seen.log) == [3, 3, 3], "a heartbeat behind entry 1 leaves "
               f"{terms_of(bench.seen.log)} of three entries")  # fmt: skip


@clause("the same entries twice are stored once", 1, "§5.5")
def stores_repeats_once(case):
    bench = case.server(current_term=3)
    for _ in range(2):
        reply = bench.appended(case.a, 3, 0, 0, entries_of(3, 3))
    bench.must(terms_of(bench.seen.log) == [3, 3],
               f"two entries arrive twice, and its log has {terms_of(bench.seen.log)}")  # fmt: skip
    bench.must(reply.success and reply.match_index == 2,
               f"to a repeat it answers {reply.success}, {reply.match_index}")  # fmt: skip


@clause("says what was checked, not what it holds", 3, "§5.3; match_index is not the log's length")
def says_what_was_checked(case):
    bench = case.server(current_term=3, log=log_of(1, 1, 2))
    reply = bench.appended(case.a, 3, 1, 1, entries_of(1, first=2))
    bench.must(reply.success and reply.match_index == 2, "it was asked about entries 1 and "
               f"2 and answers {reply.match_index}; what it holds behind may not be its "
               "leader's")  # fmt: skip
    reply = bench.appended(case.a, 3, 2, 1)
    bench.must(reply.success and reply.match_index == 2,
               f"to a heartbeat behind entry 2 it answers {reply.match_index}")  # fmt: skip


# -- The follower commits and executes (§5.3) ---------------------------------------------


@clause("a follower learns from its leader what is committed", 2, "Figure 2, AppendEntries 5",
        "FollowerCommitEntry", "CommitWithHeartbeat", "HeartbeatUpdateCommit")  # fmt: skip
def follows_the_commit_index(case):
    bench = case.server(current_term=3, log=log_of(3, 3))
    bench.appended(case.a, 3, 2, 3, commit=2)
    bench.must(bench.seen.commit_index == 2, "a heartbeat says that 2 entries are committed, it "
               f"stores both, and it knows {bench.seen.commit_index}")  # fmt: skip


@clause("but only of what was checked", 3, "Figure 2, AppendEntries 5: index of last new entry")
def commits_only_what_was_checked(case):
    bench = case.server(current_term=3, log=log_of(1, 2, 2))
    bench.appended(case.a, 3, 1, 1, commit=3)
    bench.must(bench.seen.commit_index <= 1, "its leader has committed 3 entries, of its own "
               f"only the first was checked, and it takes {bench.seen.commit_index} for "
               "committed")  # fmt: skip


@clause("what is committed stays so", 1, "Figure 2: commitIndex increases monotonically")
def commit_index_never_falls(case):
    bench = case.server(current_term=3, log=log_of(3, 3))
    bench.appended(case.a, 3, 2, 3, commit=2)
    bench.appended(case.a, 3, 2, 3, commit=1)
    bench.appended(case.a, 3, 0, 0, commit=2)
    bench.must(bench.seen.commit_index == 2, "2 were committed; after late messages it knows "
               f"{bench.seen.commit_index}")  # fmt: skip


@clause("executes each committed entry once and in order", 3, "Figure 2, rules for all servers")
def executes_in_order(case):
    bench = case.server(current_term=3)
    commands = ("set", "x", 2), ("add", "x", 3), ("cas", "x", 5, 9), ("add", "y", 1)
    entries = tuple(Entry(3, command) for command in commands)
    bench.appended(case.a, 3, 0, 0, entries, commit=1)
    first = dict(bench.seen.machine)
    bench.must(first == {"x": 2}, f"x=2 is committed, the rest is not; it holds {first}")
    bench.appended(case.a, 3, 4, 3, commit=4)
    bench.appended(case.a, 3, 4, 3, commit=4)
    seen = bench.seen
    bench.must(dict(seen.machine) == {"x": 9, "y": 1}, "x=2, x+=3, x: 5->9 and y+=1 are committed, "
               f"in this order; it holds {dict(seen.machine)}")  # fmt: skip
    bench.must(seen.last_applied == 4, f"4 entries are executed and it notes {seen.last_applied}")

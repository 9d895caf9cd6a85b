"""Stage 2, the leader's clauses: requests become entries, a majority commits them (§5.3)."""

from ...core import NotLeader
from ...protocols.raft_messages import AppendEntries, AppendEntriesReply
from .bench import entries_of, log_of, terms_of
from .check import Stage

replication = Stage("replication")
clause = replication.clause
WRITE = ("set", "y", 7)


def sent_to(sent, peer):
    """The AppendEntries among what was sent to one server."""
    return [m for dst, m in sent if dst == peer and type(m) is AppendEntries]


def spread(bench, peer):
    """The last AppendEntries that `peer` is sent when something is asked for: at once, or with the
    next heartbeat."""
    sent = sent_to(bench.asks(WRITE), peer) or sent_to(bench.fires("heartbeat"), peer)
    bench.must(sent, f"it is asked, and sends {peer} no AppendEntries, not even as a heartbeat")
    return sent[-1]


# -- The leader takes a request (§5.3) ----------------------------------------------------


@clause("a leader puts a request into its log, in its term", 2, "§5.3", "Proposal",
        "LeaderStartReplication")  # fmt: skip
def appends_requests(case):
    bench = case.elected()
    before = bench.seen.log.last_index
    bench.asks(WRITE)
    log = bench.seen.log
    bench.must(log.last_index == before + 1,
               f"asked once, its log grew by {log.last_index - before} entries")  # fmt: skip
    entry = log[log.last_index]
    bench.must(entry.command == WRITE, f"asked for {WRITE}, it stores {entry.command}")
    bench.must(entry.term == bench.term,
               f"it leads term {bench.term} and gives the entry term {entry.term}")  # fmt: skip


@clause("and sends it to all at once", 1, "§5.3", "LeaderStartReplication2AB")
def sends_requests_at_once(case):
    bench = case.elected()
    sent = bench.asks(WRITE)
    for peer in bench.peers:
        bench.must(any(e.command == WRITE for m in sent_to(sent, peer) for e in m.entries),
                   f"it is asked and sends {peer} nothing of it before its next "
                   "heartbeat")  # fmt: skip


@clause("an entry says whose request it is", 2, "§8")
def entries_name_their_request(case):
    bench = case.elected()
    bench.asks(WRITE, "C1", 4)
    entry = bench.seen.log[bench.seen.log.last_index]
    bench.must((entry.client, entry.serial) == ("C1", 4), "request 4 of C1 becomes an entry of "
               f"{entry.client}, {entry.serial}: a repeat could not be recognised")  # fmt: skip


@clause("whoever does not lead says who does", 1, "§8", "SubmitNonLeaderFails")
def redirects(case):
    bench = case.server(current_term=case.term)
    bench.asks(WRITE)
    bench.must(NotLeader(None) in bench.answers, "it follows nobody yet; asked, it must answer "
               f"NotLeader(None), and answers {bench.answers or 'nothing'}")  # fmt: skip
    bench.appended(case.a, case.term)
    bench.asks(WRITE)
    bench.must(NotLeader(case.a) in bench.answers, f"it follows {case.a}; asked, it must answer "
               f"NotLeader({case.a!r}), and answers {bench.answers or 'nothing'}")  # fmt: skip
    bench.must(bench.seen.log.last_index == 0, "it does not lead and puts the request in its log")


@clause("an AppendEntries names the entry just before", 2, "Figure 2, AppendEntries")
def names_the_previous(case):
    bench = case.elected(log=log_of(1, 2))
    log = bench.seen.log
    sent = spread(bench, case.a)
    wanted = log.term_at(sent.prev_log_index)
    bench.must(sent.prev_log_term == wanted, "it says that the entry before, "
               f"{sent.prev_log_index}, is of term {sent.prev_log_term}; in its log it is of term "
               f"{wanted}")  # fmt: skip
    first = sent.prev_log_index + 1
    held = tuple(bench.seen.log.after(first - 1))[: len(sent.entries)]
    bench.must(tuple(sent.entries) == held, f"what it sends behind entry {first - 1} is not "
               "what its log holds there")  # fmt: skip


# -- What is committed, and when (§5.3) ---------------------------------------------------


@clause("nothing is committed or answered before a majority stores it", 3, "§5.3",
        "LeaderCommitEntry")  # fmt: skip
def waits_for_a_majority(case):
    bench = case.elected(members=5)
    bench.stored_by(*bench.peers)
    bench.asks(WRITE)
    index = bench.seen.log.last_index
    bench.must(bench.seen.commit_index < index and not bench.answers,
               "it alone of five stores the entry, and takes it for committed")  # fmt: skip
    first, second = case.luck.shuffled(bench.peers)[:2]
    bench.stored_by(first)
    bench.must(bench.seen.commit_index < index and not bench.answers, f"it and {first} of five "
               "store the entry, and it takes it for committed")  # fmt: skip
    bench.stored_by(second)
    bench.must(bench.seen.commit_index == index, "three of five store the entry of its term, and "
               f"it knows {bench.seen.commit_index} committed, not {index}")  # fmt: skip


@clause("half of an even number does not commit", 2, "§5.3")
def half_does_not_commit(case):
    bench = case.elected(members=4)
    bench.stored_by(*bench.peers)
    bench.asks(WRITE)
    bench.stored_by(case.a)
    bench.must(bench.seen.commit_index < bench.seen.log.last_index,
               "two of four store the entry, and it takes it for committed")  # fmt: skip


@clause("the same answer twice is one server, not two", 2, "§5.3")
def counts_each_follower_once(case):
    bench = case.elected(members=5)
    bench.stored_by(*bench.peers)
    bench.asks(WRITE)
    bench.stored_by(case.a, case.a, case.a)
    bench.must(bench.seen.commit_index < bench.seen.log.last_index,
               f"{case.a} said three times that it stores the entry; two of five store it, and it "
               "takes it for committed")  # fmt: skip


@clause("an answer counts for what it says, not for what was sent since", 3,
        "§5.3; match_index is a fact, next_index a guess")  # fmt: skip
def counts_what_was_said(case):
    bench = case.elected()
    bench.stored_by(*bench.peers)
    bench.asks(("add", "x", 1))
    bench.asks(("add", "x", 1))
    last = bench.seen.log.last_index
    bench.stored_by(case.a, index=last - 1)
    bench.must(bench.seen.commit_index == last - 1, f"{case.a} says that it stores everything up "
               f"to {last - 1}, and the leader, whose log ends at {last}, takes "
               f"{bench.seen.commit_index} for committed")  # fmt: skip


@clause("the client is answered with the result, once it is executed", 2, "§5.3")
def answers_with_the_result(case):
    bench = case.elected()
    bench.stored_by(*bench.peers)
    bench.asks(("add", "x", 5), "C1", 1)
    bench.stored_by(case.a)
    bench.must(bench.answers == [5], "x+=5 is committed; its client must be told 5, and is told "
               f"{bench.answers or 'nothing'}")  # fmt: skip
    bench.stored_by(case.b)
    bench.must(not bench.answers, "it answers the same request twice")


@clause("alone in its cluster it commits at once", 1, "§5.3", "SingleNodeCommit")
def alone_it_commits(case):
    bench = case.server(members=1)
    bench.fires("election")
    bench.asks(("add", "x", 1))
    bench.must(bench.answers == [1], "of one server it is a majority itself; asked for x+=1 "
               f"it answers {bench.answers}")  # fmt: skip


@clause("tells the others what is committed", 2, "§5.3", "LeaderAcknowledgeCommit",
        "LeaderCommitPrecedingEntries2AB")  # fmt: skip
def tells_what_is_committed(case):
    bench = case.elected()
    bench.asks(WRITE)
    bench.stored_by(*bench.peers)
    index = bench.seen.commit_index
    sent = sent_to(bench.fires("heartbeat"), case.b)
    bench.must(sent and sent[-1].leader_commit == index, f"it knows {index} committed and tells "
               f"{[m.leader_commit for m in sent] or 'nobody'}")  # fmt: skip


@clause("an answer of an earlier term counts for nothing", 2, "§5.3")
def ignores_stale_answers(case):
    bench = case.elected(log=log_of(1, 1))
    bench.asks(WRITE)
    last = bench.seen.log.last_index
    for peer in bench.peers:
        bench.gets(peer, AppendEntriesReply(bench.term - 1, True, last))
    bench.must(bench.seen.commit_index == 0, "answers to what it sent in an earlier term arrive, "
               f"and it takes entry {bench.seen.commit_index} for stored")  # fmt: skip


@clause("a late answer takes nothing back", 1, "§5.3")
def late_answer_takes_nothing_back(case):
    bench = case.elected(log=log_of(1, 1, 1))
    bench.asks(WRITE)
    last = bench.seen.log.last_index
    bench.stored_by(case.a)
    committed = bench.seen.commit_index
    bench.stored_by(case.a, index=1)
    sent = spread(bench, case.a)
    bench.must(bench.seen.commit_index >= committed, f"{committed} were committed, and when a late "
               f"answer arrives only {bench.seen.commit_index}")  # fmt: skip
    bench.must(sent.prev_log_index >= last, f"{case.a} stores {last} entries; an "
               "older answer of it arrives, and it is sent again what it has")  # fmt: skip


@clause("only a leader counts answers", 1, "§5.3")
def followers_count_no_answers(case):
    bench = case.server(current_term=case.term, log=log_of(case.term))
    for peer in bench.peers:
        bench.gets(peer, AppendEntriesReply(case.term, True, 1))
    bench.must(bench.seen.commit_index == 0, "it follows, gets answers meant for a leader, and "
               "takes entry 1 for committed")  # fmt: skip


# -- The leader brings others up to date (§5.3) -------------------------------------------


@clause("whoever refuses is sent something earlier", 3, "§5.3", "LeaderSyncFollowerLog")
def goes_back(case):
    bench = case.elected(log=log_of(1, 1, 1))
    sent = [spread(bench, case.a)]
    for _ in range(6):
        before = sent[-1].prev_log_index
        if before == 0:
            break
        sent = sent_to(bench.gets(case.a, AppendEntriesReply(bench.term, False)), case.a)
        sent = sent or sent_to(bench.fires("heartbeat"), case.a)
        bench.must(sent, f"{case.a} refuses, and is sent nothing any more")
        bench.must(sent[-1].prev_log_index < before, f"{case.a} refuses what comes behind entry "
                   f"{before} and is sent what comes behind {sent[-1].prev_log_index}")  # fmt: skip
    bench.must(sent[-1].prev_log_index == 0 and sent[-1].entries == bench.seen.log.after(0),
               f"{case.a} refuses everything and is never sent the log from its "
               "beginning")  # fmt: skip


@clause("whoever has stored something is sent what follows", 2, "§5.3", "LeaderIncreaseNext",
        "ProgressLeader")  # fmt: skip
def goes_on_from_there(case):
    bench = case.elected(log=log_of(1))
    bench.stored_by(*bench.peers)
    last = bench.seen.log.last_index
    sent = spread(bench, case.a)
    bench.must(sent.prev_log_index == last and len(sent.entries) == 1,
               f"{case.a} stores everything up to {last}; asked for one thing more, it is sent "
               f"{len(sent.entries)} entries behind {sent.prev_log_index}")  # fmt: skip


@clause("what was lost is sent again", 2, "§5.3: retries indefinitely")
def sends_again(case):
    bench = case.elected()
    bench.asks(WRITE)
    sent = sent_to(bench.fires("heartbeat"), case.a)
    sent += sent_to(bench.let_pass(110), case.a)
    bench.must(any(e.command == WRITE for m in sent for e in m.entries),
               f"{case.a} has not answered, and three heartbeats later has not been sent it "
               "again")  # fmt: skip


@clause("a leader never removes an entry of its own", 1, "§5.3, Leader Append-Only; Figure 3")
def never_removes(case):
    bench = case.elected(log=log_of(1, 2, 2))
    before = bench.seen.log
    for peer in bench.peers:
        bench.gets(peer, AppendEntriesReply(bench.term, False))
    bench.appended(case.a, bench.term - 1, 0, 0, entries_of(1))
    bench.must(bench.seen.log.starts_with(before), "it leads, and its log went from "
               f"{terms_of(before)} to {terms_of(bench.seen.log)}")  # fmt: skip


@clause("a refusal because of the term ends its leadership, and no more", 1, "§5.1, §5.3")
def refused_because_of_the_term(case):
    bench = case.elected(log=log_of(1))
    sent = bench.gets(case.a, AppendEntriesReply(bench.term + 1, False))
    bench.must(bench.seen.role == "follower", "it is told of a higher term and goes on leading")
    bench.must(not sent_to(sent, case.a), "it no longer leads, and sends entries again as if "
               "its log had been refused")  # fmt: skip

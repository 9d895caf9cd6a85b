"""Stage 3, clause by clause: what a failed leader leaves behind, and who may put it right (§5.3,
§5.4, §8)."""

from ...core import Superseded
from ...protocols.raft_messages import AppendEntriesReply, RequestVote, RequestVoteReply
from .bench import entries_of, log_of, terms_of
from .check import Stage
from .replication import WRITE, sent_to

recovery = Stage("recovery")
clause = recovery.clause


def vote_of(case, terms, last_index, last_term):
    """Whether S1, whose log has entries of `terms`, votes for a candidate whose log ends so."""
    bench = case.server(current_term=9, log=log_of(*terms))
    reply = bench.answer(case.a, RequestVote(10, case.a, last_index, last_term), RequestVoteReply)
    return bench, reply.vote_granted


# -- Who may win (§5.4.1) -----------------------------------------------------------------


@clause("a later last term beats any length", 3, "§5.4.1", "Voter", "VoteRequest")
def later_term_beats_length(case):
    bench, granted = vote_of(case, [1, 1, 1, 1], 1, 2)
    bench.must(granted, "its log is 1 1 1 1, the candidate's ends at index 1 with term 2, which is "
               "later: it must vote for it, and refuses")  # fmt: skip
    bench, granted = vote_of(case, [1, 2], 9, 1)
    bench.must(not granted, "its log is 1 2, the candidate's is longer but ends with term 1: what "
               "was committed in term 2 would be lost, and it votes for it")  # fmt: skip


@clause("with the same last term the longer log wins", 2, "§5.4.1", "Voter2AB")
def same_term_longer_wins(case):
    bench, granted = vote_of(case, [1, 1, 1], 2, 1)
    bench.must(not granted, "it holds 3 entries of term 1, the candidate 2, and it votes for it")
    bench, granted = vote_of(case, [1, 1], 3, 1)
    bench.must(granted, "it holds 2 entries of term 1, the candidate 3, and it refuses")


@clause("an equal log is good enough", 1, "§5.4.1: at least as up-to-date")
def equal_log_will_do(case):
    bench, granted = vote_of(case, [1, 2, 2], 3, 2)
    bench.must(granted, "the candidate's log ends as its own does, and it refuses: then of servers "
               "with equal logs none could win")  # fmt: skip


@clause("whoever is refused costs no vote and no waiting", 1, "§5.4.1, §5.2")
def refusal_costs_no_vote(case):
    bench, granted = vote_of(case, [1, 2], 1, 1)
    bench.must(not bench.restarted("election"), f"{case.a} has a later term and a worse log; it "
               "refuses it and waits anew: so who cannot win keeps back who can")  # fmt: skip
    bench.must(bench.seen.voted_for is None,
               f"it refuses {case.a} and notes a vote for {bench.seen.voted_for}")  # fmt: skip
    reply = bench.answer(case.b, RequestVote(10, case.b, 2, 2), RequestVoteReply)
    bench.must(reply.vote_granted, f"it refused {case.a}, its vote is free, and it refuses "
               f"{case.b}, whose log is as good as its own")  # fmt: skip


# -- What counts as committed (§5.4.2) ----------------------------------------------------


@clause("an entry of an earlier term is not committed by counting", 4, "§5.4.2, Figure 8",
        "LeaderOnlyCommitsLogFromCurrentTerm")  # fmt: skip
def counts_own_term_only(case):
    bench = case.elected(current_term=4, log=log_of(1, 2))
    bench.stored_by(*bench.peers, index=2)
    bench.must(bench.seen.commit_index == 0, "it leads term 4, and all store its entry 2, "
               "which is of term 2. A server whose last entry is of term 3 could still win "
               f"and remove it; it takes {bench.seen.commit_index} for committed")  # fmt: skip


@clause("with one of its own term, those before are", 2, "§5.4.2", "LeaderCommitPrecedingEntries")
def commits_those_before(case):
    bench = case.elected(current_term=4, log=log_of(1, 2))
    bench.asks(WRITE)
    last = bench.seen.log.last_index
    bench.stored_by(case.a)
    bench.must(bench.seen.commit_index == last, f"a majority stores its entry {last} of its own "
               f"term, and it knows {bench.seen.commit_index} committed")  # fmt: skip


@clause("a new leader commits what it found without waiting for a request", 3, "§8: a no-op",
        "CommitWithoutNewTermEntry")  # fmt: skip
def opens_its_term(case):
    bench = case.elected(current_term=4, log=log_of(1, 2))
    bench.stored_by(*bench.peers)
    bench.must(bench.seen.commit_index >= 2, "it leads, all store all it has, nobody asks for "
               "anything, and what its predecessors left is never committed: a no-op (command "
               "None) of its own term would do it")  # fmt: skip
    log = bench.seen.log
    own = [log[index].command for index in range(3, log.last_index + 1)]
    bench.must(own == [None], f"to open its term it appends {own}, not one entry with command None")


@clause("each leadership begins afresh", 2, "Figure 2: reinitialized after election")
def begins_afresh(case):
    bench = case.server(members=5, current_term=2, log=log_of(*[1] * 8)).elected()
    bench.stored_by("S2")  # of five, with its own, two: nothing is committed
    bench.appended("S3", 4, 1, 1, entries_of(4, first=2))
    bench.elected()
    bench.asks(WRITE)
    bench.stored_by("S3")
    last = bench.seen.log.last_index
    bench.must(bench.seen.commit_index < last, "in an earlier term S2 stored 8 entries of it; "
               "since then its log was cut. Now it leads again, its new entry is on two of "
               f"five, and it takes {bench.seen.commit_index} for committed")  # fmt: skip


# -- Putting logs right, fast (§5.3, the optimisation) ------------------------------------


@clause("a refusal says where the log ends", 2, "§5.3: the optimisation", "XLen")
def refusal_names_the_end(case):
    bench = case.server(current_term=5, log=log_of(1, 1))
    reply = bench.appended(case.a, 5, 7, 3)
    bench.must((reply.success, reply.conflict_term) == (False, None) and reply.conflict_index == 3,
               "its log ends at 2, it is asked about entry 7, and should refuse with "
               f"conflict_index 3 and conflict_term None; it says {reply.conflict_index}, "
               f"{reply.conflict_term}")  # fmt: skip


@clause("a refusal names the term that is wrong, and where it begins", 2,
        "§5.3: the optimisation", "XTerm, XIndex")  # fmt: skip
def refusal_names_the_term(case):
    bench = case.server(current_term=5, log=log_of(1, 2, 2, 2))
    reply = bench.appended(case.a, 5, 4, 3)
    bench.must(not reply.success and (reply.conflict_index, reply.conflict_term) == (2, 2),
               "its entry 4 is of term 2, which begins at index 2; it should refuse with these, "
               f"and says {reply.conflict_index}, {reply.conflict_term}")  # fmt: skip


def _next_after(case, refusal):
    """What a leader whose log is 1 1 1 4 4 4 sends next to whoever answers so."""
    bench = case.elected(current_term=5, log=log_of(1, 1, 1, 4, 4, 4))
    bench.asks(WRITE)
    sent = sent_to(bench.gets(case.a, refusal(5)), case.a)
    sent = sent or sent_to(bench.fires("heartbeat"), case.a)
    bench.must(sent, f"{case.a} refuses and is sent nothing any more")
    return bench, sent[-1].prev_log_index


@clause("a leader goes back to the end of a short log at once", 2, "§5.3: the optimisation",
        "SlowLeaderSync")  # fmt: skip
def goes_back_to_the_end(case):
    bench, prev = _next_after(case, lambda term: AppendEntriesReply(term, False, 0, 2, None))
    bench.must(prev == 1, f"{case.a} says that its log ends at 1; it is sent what comes behind "
               f"entry {prev}, not behind 1")  # fmt: skip


@clause("and past a whole term that it does not have", 2, "§5.3: the optimisation")
def goes_past_a_term(case):
    bench, prev = _next_after(case, lambda term: AppendEntriesReply(term, False, 0, 3, 2))
    bench.must(prev <= 2, f"{case.a} holds term 2 from index 3 on, the leader has none of it; "
               f"it is sent what comes behind entry {prev}, which cannot fit either")  # fmt: skip


@clause("but not before what is known to be stored", 2, "§5.3; a late refusal")
def late_refusal(case):
    bench = case.elected(current_term=5, log=log_of(1, 1, 1))
    bench.asks(WRITE)
    last = bench.seen.log.last_index
    bench.stored_by(case.a)
    bench.gets(case.a, AppendEntriesReply(5, False, 0, 1, None))
    sent = sent_to(bench.fires("heartbeat"), case.a)
    bench.must(sent and sent[-1].prev_log_index >= last, f"{case.a} stores everything up to "
               f"{last}; a refusal from before arrives late, and it is sent "
               f"{len(sent[-1].entries) if sent else 0} entries that it has")  # fmt: skip


# -- What clients are told (§8) -----------------------------------------------------------


@clause("who asked for an entry that is gone is not told that it was done", 3,
        "§8; the same index is not the same request", "DisconnectAfterSubmit")  # fmt: skip
def tells_what_is_gone(case):
    for term in (5, 3):  # who leads next may hold entries of an earlier term than this one led
        bench = case.elected(current_term=4)
        bench.asks(("add", "x", 5), "C1", 1)
        index = bench.seen.log.last_index
        bench.appended(case.a, 5, 0, 0, entries_of(*[term] * index), commit=index)
        bench.must(bench.seen.commit_index == index, f"its leader has committed {index} entries, "
                   f"it stores them and knows {bench.seen.commit_index}")  # fmt: skip
        bench.must(5 not in bench.answers, "it took x+=5 as the leader of term 4; an entry of term "
                   f"{term} took that place and was executed, and the client is told that x+=5 "
                   "was")  # fmt: skip
        bench.must(bench.answers == [Superseded(index)], "x+=5 will never be executed; its "
                   f"client should be told Superseded({index}), and is told "
                   f"{bench.answers or 'nothing'}")  # fmt: skip


@clause("a repeated request is executed once", 3, "§8", "duplicate detection",
        "SameRequestTwice")  # fmt: skip
def executes_repeats_once(case):
    bench = case.elected()
    bench.asks(("add", "x", 5), "C1", 1)
    bench.stored_by(*bench.peers)
    bench.asks(("add", "x", 5), "C1", 1)
    told = list(bench.answers)
    bench.stored_by(case.a)
    told += bench.answers
    bench.must(dict(bench.seen.machine) == {"x": 5}, "C1 repeats its request 1, x+=5, and the data "
               f"are {dict(bench.seen.machine)}: it was executed twice")  # fmt: skip
    bench.must(
        told == [5], f"the repeat must be answered like the first time, 5, and is answered {told}"
    )


@clause("a tail that nobody else has is cut", 1, "§5.3", "Rejoin")
def unwanted_tail_is_cut(case):
    bench = case.elected(current_term=4, log=log_of(1))
    for _ in range(3):
        bench.asks(WRITE)
    bench.appended(case.a, 6, 1, 1, entries_of(5, 6, first=2))
    bench.must(terms_of(bench.seen.log) == [1, 5, 6],
               f"its leader's log is 1 5 6, its own is {terms_of(bench.seen.log)}")  # fmt: skip

"""Stage 1, clause by clause: terms, votes, timers (§5.1, §5.2; Figure 2)."""

from ...protocols.raft_messages import (
    AppendEntries,
    AppendEntriesReply,
    RequestVote,
    RequestVoteReply,
)
from .check import Stage

election = Stage("election")
clause = election.clause
ROLES = ("follower", "candidate", "leader")


def in_role(case, role):
    """S1 in `case.term` as a follower, candidate or leader, by the way that leads there."""
    if role == "follower":
        return case.server(current_term=case.term)
    bench = case.server(current_term=case.term - 1)
    if role == "leader":
        return bench.elected()
    bench.fires("election")
    return bench


def asks_vote(term, candidate):
    """A request of a candidate whose log nobody could refuse."""
    return RequestVote(term, candidate, 99, max(term - 1, 0))


def answer_to(bench, src, ask):
    return bench.answer(src, ask, RequestVoteReply)


# -- Starting and standing (§5.2) ---------------------------------------------------------


@clause("begins as a follower in term 0 that waits for a leader", 1, "§5.2", "StartAsFollower")
def begins_as_follower(case):
    bench = case.server()
    seen = bench.seen
    bench.must(seen.role == "follower", f"at its boot it is a {seen.role}, not a follower")
    bench.must(seen.term == 0, f"at its boot its term is {seen.term}, not 0")
    bench.must(bench.runs("election"), "at its boot it sets no election timer, and waits for ever")


@clause("stands in the next term when it hears of no leader", 2, "§5.2", "FollowerStartElection",
        "LeaderElectionInOneRoundRPC")  # fmt: skip
def stands(case):
    bench = case.server(current_term=case.term)
    sent = bench.fires("election")
    seen = bench.seen
    bench.must(seen.role == "candidate", f"its timer ran out, and it is a {seen.role}")
    bench.must(
        seen.term == case.term + 1,
        f"it was in term {case.term} and stands in term {seen.term}, not the next one",
    )
    bench.must(seen.voted_for == "S1", f"it stands and votes for {seen.voted_for}, not for itself")
    asked = sorted(dst for dst, m in sent if type(m) is RequestVote and dst != "S1")
    bench.must(asked == ["S2", "S3"], f"it asks {', '.join(asked) or 'nobody'} for a vote, not all")


@clause("asks for votes with its term, its id and its log's end", 1, "Figure 2, RequestVote")
def asks_with_its_log(case):
    bench = case.server(current_term=case.term, log=[(1, "a"), (2, "b")])
    asks = [m for _, m in bench.fires("election") if type(m) is RequestVote]
    bench.must(asks, "it asks nobody for a vote")
    bench.must(asks[0].term == case.term + 1 and asks[0].candidate_id == "S1",
               f"it stands in term {case.term + 1} as S1 and asks in term {asks[0].term} for "
               f"{asks[0].candidate_id}")  # fmt: skip
    wants = asks[0].last_log_index, asks[0].last_log_term
    bench.must(wants == (2, 2), "its log ends at index 2 with term 2, and it says index "
               f"{wants[0]}, term {wants[1]}")  # fmt: skip


@clause("a candidate that hears nothing stands again", 2, "§5.2", "CandidateStartNewElection",
        "CandidateStartNewElection2AA")  # fmt: skip
def stands_again(case):
    bench = case.server(current_term=case.term)
    bench.fires("election")
    bench.must(bench.runs("election"), "it stands and sets no timer: a split vote is never settled")
    sent = bench.fires("election")
    bench.must(bench.seen.term == case.term + 2 and any(type(m) is RequestVote for _, m in sent),
               "its timer ran out again while it was a candidate, and it does not stand "
               "anew")  # fmt: skip


@clause("draws each waiting time from election_timeout", 2, "§5.2, §9.3",
        "FollowerElectionTimeoutRandomized", "CandidateElectionTimeoutRandomized",
        "FollowersElectionTimeoutNonconflict", "CandidatesElectionTimeoutNonconflict")  # fmt: skip
def draws_its_timeout(case):
    bench = case.server(current_term=case.term, election_timeout=(200, 400))
    waits = []
    for _ in range(6):
        ends = {name: ends for ends, name in bench.run.state.host("S1").timers}
        bench.must("election" in ends, "it has no election timer")
        waits.append(round(ends["election"] - bench.run.now, 3))
        bench.fires("election")
    bench.must(all(200 <= wait < 400 for wait in waits),
               f"election_timeout is (200, 400), and it waits {waits} ms")  # fmt: skip
    bench.must(len(set(waits)) > 3, f"it waits {waits} ms: always alike, so all stand together")


@clause("alone in its cluster it elects itself", 1, "§5.2", "SingleNodeCandidate")
def alone_it_leads(case):
    bench = case.server(members=1, current_term=case.term)
    bench.fires("election")
    seen = bench.seen
    bench.must(
        seen.role == "leader", f"of one server its own vote is a majority; it is a {seen.role}"
    )


@clause("a leader does not stand against itself", 1, "§5.2", "CampaignWhileLeader")
def leader_does_not_stand(case):
    bench = case.elected()
    for _ in range(3):
        if bench.runs("election"):
            bench.fires("election")
    seen = bench.seen
    bench.must((seen.role, seen.term) == ("leader", bench.term),
               f"it led term {bench.term}; its election timer ran out, and it is a {seen.role} of "
               f"term {seen.term}")  # fmt: skip


# -- Winning (§5.2) -----------------------------------------------------------------------


@clause("leads with the votes of a majority, and not before", 3, "§5.2", "LeaderElection",
        "quorum of configured servers")  # fmt: skip
def needs_a_majority(case):
    bench = case.server(members=5, current_term=case.term)
    bench.fires("election")
    first, second = case.luck.shuffled(bench.peers)[:2]
    bench.gets(first, RequestVoteReply(case.term + 1, True))
    bench.must(bench.seen.role == "candidate", f"it has 2 votes of 5 and is a {bench.seen.role}")
    bench.gets(second, RequestVoteReply(case.term + 1, True))
    bench.must(bench.seen.role == "leader", f"it has 3 votes of 5 and is a {bench.seen.role}")


@clause("half of an even number is no majority", 2, "§5.2")
def half_is_not_enough(case):
    bench = case.server(members=4, current_term=case.term)
    bench.fires("election")
    bench.gets(case.luck.pick(bench.peers), RequestVoteReply(case.term + 1, True))
    bench.must(bench.seen.role != "leader", "it leads with 2 votes of 4; the other two may as well")


@clause("counts each voter once", 2, "§5.2")
def counts_each_voter_once(case):
    bench = case.server(members=5, current_term=case.term)
    bench.fires("election")
    for _ in range(3):
        bench.gets(case.a, RequestVoteReply(case.term + 1, True))
    bench.must(bench.seen.role != "leader", f"the same vote of {case.a} arrived three times, "
               "and it leads with 2 of 5")  # fmt: skip


@clause("a refusal is no vote", 1, "§5.2")
def refusal_is_no_vote(case):
    bench = in_role(case, "candidate")
    for peer in (case.a, case.b):
        bench.gets(peer, RequestVoteReply(case.term, False))
    bench.must(bench.seen.role == "candidate",
               f"both others refused it, and it is a {bench.seen.role}")  # fmt: skip


@clause("a vote of an earlier election does not count", 3, "§5.2", "StaleVoteReplyIgnored")
def ignores_stale_votes(case):
    bench = case.server(current_term=case.term)
    bench.fires("election")
    bench.fires("election")
    bench.gets(case.a, RequestVoteReply(case.term + 1, True))
    bench.must(bench.seen.role == "candidate", f"it stands in term {case.term + 2}, a vote of term "
               f"{case.term + 1} arrives late, and it leads")  # fmt: skip


@clause("a vote that comes too late changes nothing", 1, "§5.2")
def late_vote_changes_nothing(case):
    bench = in_role(case, "candidate")
    bench.appended(case.a, case.term)
    for peer in (case.a, case.b):
        bench.gets(peer, RequestVoteReply(case.term, True))
    bench.must(bench.seen.role == "follower", f"it had given way to {case.a}, who leads the term; "
               f"then votes arrive, and it is a {bench.seen.role}")  # fmt: skip


@clause("whoever wins tells everybody at once", 2, "§5.2", "LeaderBcastBeat")
def tells_everybody(case):
    bench = in_role(case, "candidate")
    sent = bench.gets(case.a, RequestVoteReply(case.term, True))
    told = sorted({dst for dst, m in sent if type(m) is AppendEntries and m.term == case.term})
    bench.must(told == ["S2", "S3"], "it has won and sends AppendEntries of its term to "
               f"{', '.join(told) or 'nobody'}, not to all")  # fmt: skip
    bench.must(bench.seen.leader == "S1", f"it leads and names {bench.seen.leader} as the leader")


@clause("a leader goes on sending heartbeats", 2, "§5.2", "LeaderBcastBeat2AA")
def goes_on_sending(case):
    bench = case.elected(heartbeat_interval=40)
    sent = bench.let_pass(130)
    beats = sum(type(m) is AppendEntries and dst == case.a for dst, m in sent)
    bench.must(2 <= beats <= 4, f"heartbeat_interval is 40 ms; in 130 ms it sends {case.a} {beats}")


# -- Terms (§5.1) -------------------------------------------------------------------------


def _takes_over(role, name, *aliases):
    def asks(case):
        for message in (
            asks_vote(case.term + 2, case.a), RequestVoteReply(case.term + 2, False),
            AppendEntries(case.term + 2, case.a, 0, 0), AppendEntriesReply(case.term + 2, False),
        ):  # fmt: skip
            bench = in_role(case, role)
            bench.gets(case.a, message)
            kind, seen = type(message).__name__, bench.seen
            bench.must(seen.term == case.term + 2, f"as a {role} of term {case.term} it gets a "
                       f"{kind} of term {case.term + 2} and is in term {seen.term}")  # fmt: skip
            bench.must(seen.role == "follower", f"as a {role} it learns of a higher term from a "
                       f"{kind} and is a {seen.role}, not a follower")  # fmt: skip

    asks.__name__ = f"{role}_takes_over_terms"
    clause(name, 2, "§5.1", *aliases)(asks)


_takes_over("follower", "a follower takes over a higher term from any message",
            "FollowerUpdateTermFromMessage")  # fmt: skip
_takes_over("candidate", "so does a candidate, and follows", "CandidateUpdateTermFromMessage")
_takes_over("leader", "so does a leader, and follows", "LeaderUpdateTermFromMessage",
            "AllServerStepdown")  # fmt: skip


@clause("a higher term comes first, then the message", 3, "§5.1", "VoteFromAnyState",
        "RecvMessageType_MsgRequestVote")  # fmt: skip
def adopts_first(case):
    for role in ROLES:
        bench = in_role(case, role)
        reply = answer_to(bench, case.a, asks_vote(case.term + 1, case.a))
        bench.must(reply.term == case.term + 1, f"as a {role} of term {case.term} it answers "
                   f"a request of term {case.term + 1} in term {reply.term}: nobody counts "
                   "that")  # fmt: skip
        bench.must(reply.vote_granted, f"as a {role} it gets a request of a later term and refuses "
                   "it, though it has not voted in that term")  # fmt: skip


@clause("a new term brings a fresh vote", 2, "§5.1", "BecomeFollowerHigherTermResetsVotedFor")
def fresh_vote(case):
    bench = case.server(current_term=case.term, voted_for=case.a)
    reply = answer_to(bench, case.b, asks_vote(case.term + 1, case.b))
    bench.must(reply.vote_granted, f"it voted for {case.a} in term {case.term}, and refuses "
               f"{case.b} in term {case.term + 1}")  # fmt: skip
    bench.must(bench.seen.voted_for == case.b,
               f"it votes for {case.b} and notes {bench.seen.voted_for}")  # fmt: skip


@clause(
    "a request of an old term is refused, in one's own term", 2, "§5.1; Figure 2, RequestVote 1"
)
def refuses_old_requests(case):
    for role in ROLES:
        bench = in_role(case, role)
        reply = answer_to(bench, case.a, asks_vote(case.term - 1, case.a))
        bench.must(not reply.vote_granted, f"as a {role} of term {case.term} it votes in term "
                   f"{case.term - 1}, which is over")  # fmt: skip
        bench.must(reply.term == case.term, f"it refuses an old term with term {reply.term}; its "
                   f"own, {case.term}, would tell the candidate")  # fmt: skip
        seen = bench.seen
        bench.must((seen.role, seen.term) == (role, case.term), "a message of an old term "
                   f"makes it a {seen.role} of term {seen.term}")  # fmt: skip


@clause("a leader of an old term is refused, in one's own term", 2,
        "§5.1; Figure 2, AppendEntries 1", "RecvMessageType_MsgBeat")  # fmt: skip
def refuses_old_leaders(case):
    for role in ROLES:
        bench = in_role(case, role)
        reply = bench.appended(case.a, case.term - 1)
        bench.must(not reply.success, f"as a {role} of term {case.term} it obeys a leader of term "
                   f"{case.term - 1}")  # fmt: skip
        bench.must(reply.term == case.term,
                   f"it refuses with term {reply.term}; its own is {case.term}")  # fmt: skip
        seen = bench.seen
        bench.must(seen.role == role and seen.leader != case.a, "a leader of an old term "
                   f"makes it a {seen.role} that follows {seen.leader}")  # fmt: skip


# -- Votes (§5.2) -------------------------------------------------------------------------


@clause("gives one vote a term", 3, "§5.2; Figure 2, RequestVote 2", "FollowerVote",
        "SameTermDoubleVotePrevented")  # fmt: skip
def votes_once(case):
    bench = case.server(current_term=case.term)
    first = answer_to(bench, case.a, asks_vote(case.term + 1, case.a))
    bench.must(first.vote_granted, "its vote is free, and it refuses it")
    second = answer_to(bench, case.b, asks_vote(case.term + 1, case.b))
    bench.must(not second.vote_granted, f"it voted for {case.a} in term {case.term + 1} and "
               f"votes for {case.b} as well")  # fmt: skip


@clause("a candidate has given its vote to itself", 2, "§5.2")
def candidate_has_voted(case):
    bench = in_role(case, "candidate")
    reply = answer_to(bench, case.a, asks_vote(case.term, case.a))
    bench.must(not reply.vote_granted, f"it stands in term {case.term} and votes for {case.a} "
               "in the same term")  # fmt: skip


@clause("answers a repeated request as before", 1, "Figure 2, RequestVote 2: or candidateId")
def repeats_its_vote(case):
    bench = case.server(current_term=case.term, voted_for=case.a)
    reply = answer_to(bench, case.a, asks_vote(case.term, case.a))
    bench.must(reply.vote_granted, f"its vote for {case.a} may have got lost; asked again by "
               f"{case.a}, it refuses")  # fmt: skip


@clause("giving way in the same term keeps the vote", 3, "§5.2",
        "BecomeFollowerSameTermPreservesVotedFor")  # fmt: skip
def keeps_its_vote(case):
    bench = in_role(case, "candidate")
    bench.appended(case.a, case.term)
    bench.must(bench.seen.voted_for == "S1", f"it voted for itself in term {case.term}; giving way "
               f"to {case.a} it forgets that, and could vote again")  # fmt: skip


@clause("a candidate gives way to whoever leads its term", 2, "§5.2", "CandidateFallback",
        "CandidateConcede", "CandidateResetTermMessageType_MsgHeartbeat",
        "CandidateResetTermMessageType_MsgAppend")  # fmt: skip
def candidate_gives_way(case):
    bench = in_role(case, "candidate")
    bench.appended(case.a, case.term)
    bench.must(bench.seen.role == "follower", f"{case.a} leads the term in which it stands, "
               f"and it is a {bench.seen.role}")  # fmt: skip
    bench.must(bench.seen.leader == case.a,
               f"{case.a} leads, and it sends clients to {bench.seen.leader}")  # fmt: skip


# -- When the timer is restarted (§5.2; the commonest mistakes) ---------------------------


@clause("waits anew when its leader is heard", 2, "§5.2")
def waits_for_its_leader(case):
    bench = case.server(current_term=case.term)
    bench.appended(case.a, case.term)
    bench.must(bench.restarted("election"), "it hears its leader and does not wait anew: it stands "
               "against a leader that works")  # fmt: skip


@clause("waits anew when it gives its vote", 1, "§5.2")
def waits_for_whom_it_votes(case):
    bench = case.server(current_term=case.term)
    answer_to(bench, case.a, asks_vote(case.term + 1, case.a))
    bench.must(bench.restarted("election"), "it gives its vote and does not wait anew: it may "
               "stand before the winner is heard")  # fmt: skip


@clause("does not wait for a candidate it refuses", 2, "§5.2", "DisruptiveFollower")
def does_not_wait_for_refused(case):
    bench = case.server(current_term=case.term, voted_for=case.a)
    answer_to(bench, case.b, asks_vote(case.term, case.b))
    bench.must(not bench.restarted("election"), f"it refuses {case.b} and waits anew: whoever "
               "cannot win keeps those from standing who can")  # fmt: skip


@clause("does not wait for a leader of an old term", 2, "§5.2")
def does_not_wait_for_old_leaders(case):
    bench = case.server(current_term=case.term)
    bench.appended(case.a, case.term - 1)
    bench.must(not bench.restarted("election"), f"in term {case.term} it waits anew for a "
               f"leader of term {case.term - 1}")  # fmt: skip


@clause("whoever stops leading waits for a leader again", 2, "§5.1, §5.2", "LeaderStepdown")
def waits_after_leading(case):
    bench = case.elected()
    bench.gets(case.a, AppendEntriesReply(case.term + 1, False))
    bench.must(bench.runs("election"), "it no longer leads and has no election timer: if nobody "
               "else stands, nobody ever will")  # fmt: skip


@clause("whoever stops leading sends no more heartbeats", 1, "§5.1")
def no_beats_after_leading(case):
    bench = case.elected()
    bench.gets(case.a, RequestVoteReply(case.term + 1, False))
    sent = bench.let_pass(120)
    bench.must(not any(type(m) is AppendEntries for _, m in sent),
               f"it follows in term {case.term + 1} and still sends heartbeats")  # fmt: skip

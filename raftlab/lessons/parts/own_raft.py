"""A whole Raft of the learner's own, in five stages: `rl.own` is what it begins with."""

import inspect
from functools import cache, partial
from textwrap import indent, wrap

from .. import own_reference as reference
from .. import raft_skeleton as own
from ..exercise import Exercise, Wrong
from ..grading import asking, grade, worth

# What the cells of the notebook before a stage have made.
_NAMES = {"own": own, **{stage.__name__: stage for stage in reference.STAGES}}


def judge(stage, given, seed):
    """The `Part`s of a stage. What is ours is judged once: it does not change."""
    if given.__module__.startswith("raftlab."):
        return list(_judged(stage, given, seed))
    if given is not own.Server and not _has_begun(given, stage):
        raise NotImplementedError(f"{given.__name__} has nothing of {stage} yet")
    return grade(given, stage, seed, watched=True)


@cache
def _judged(stage, given, seed):
    return tuple(grade(given, stage, seed))


@cache
def fails(stage, given, name, seed):
    """What is told of one check alone: whoever fails that otherwise makes another mistake, and the
    rest, which takes seconds, need not be asked."""
    only = [check.id for check in asking(stage) if check.name == name]
    parts = grade(given, stage, seed, only)
    return next((part.told for part in parts if part.name == name), "")


def _has_begun(given, stage):
    if stage == "persistence":
        return bool(given.persistent)
    return any(
        getattr(given, name, None) is not getattr(own.Server, name) for name in own.METHODS[stage]
    )


def _stage(answer, **said):
    """The exercise to write the stage that `answer` is one of."""
    name = answer.__name__.lower()
    return Exercise(
        id=f"own-raft/{name}",
        reference=answer,
        judge=partial(judge, name),
        fails=partial(fails, name),
        worth=worth(name),
        names=_NAMES,
        **said,
    )


def starter(name, base, head="", instead=None):
    """The cell in which a stage is written, as a class of this name: its methods, each with what
    `help(own.Server)` says of it; `instead` has other words where a later stage wants something
    else of one."""
    methods = []
    for method in own.METHODS[name.lower()]:
        given = getattr(own.Server, method)
        said = (instead or {}).get(method) or inspect.getdoc(given)
        said = "\n    ".join(wrap(said, 88))
        methods.append(f'def {method}{inspect.signature(given)}:\n    """{said}"""\n    ...')
    body = "\n\n".join([head, *methods] if head else methods)
    return f"class {name}({base}):\n{indent(body, '    ')}"


_SNAPSHOT = """
persistent = (*Persistence.persistent, "snapshot")
writes = (("current_term", "voted_for"), ("snapshot",), ("log",))  # in this order: why?
settings = (*Persistence.settings, "snapshot_after")
properties = (*Persistence.properties, "snapshot_never_falls", "machine_agreement")
snapshot = own.Snapshot(0, 0, own.EMPTY)
snapshot_after = 10  # so many executed entries in the log, and it is time for a snapshot
""".strip()
_WITH_SNAPSHOTS = {
    "start": "§7: after a crash the machine is that of the snapshot. Does the snapshot reach "
             "further than log.base_index? Then the crash came between the two writes, and the log "
             "is what follows.",
    "commit": "§7: before more is committed, are there `snapshot_after` executed entries in the "
              "log? Then take a snapshot, and keep of the log what follows.",
    "replicate_to": "§7: the snapshot as an InstallSnapshot, if what `peer` needs is gone from the "
                    "log; else entries, as before.",
    "store": "§7: entries up to log.base_index are in the snapshot: pass over them, and store the "
             "rest as before.",
}  # fmt: skip


# -- wrong in one thing, as learners are ----------------------------------------------------------


class CountsHalf(reference.Election):
    def wins_election(self):
        return 2 * len(self.votes_granted) >= len(self.members)


class VotesTwice(reference.Election):
    def has_vote_for(self, candidate_id):
        return True


class CountsAnyVote(reference.Election):
    def counts_vote(self, reply):
        return self.role == own.CANDIDATE


class StandsOnce(reference.Election):
    def on_timer(self, name):
        if name == own.ELECTION and self.role == own.CANDIDATE:
            return
        super().on_timer(name)


class CutsTheLog(reference.Replication):
    def merged(self, append):
        return self.log.truncate(append.prev_log_index).extend(append.entries)


class AgreesToHeartbeats(reference.Replication):
    def follows_from(self, append):
        return not append.entries or super().follows_from(append)


class TrustsTheLeader(reference.Replication):
    def commit_index_from(self, append):
        return min(append.leader_commit, self.log.last_index)


class ExecutesTwice(reference.Replication):
    def apply_committed(self):
        self.last_applied = max(0, self.last_applied - 1)
        super().apply_committed()


class LongestLogWins(reference.Recovery):
    def is_up_to_date(self, ask):
        return ask.last_log_index >= self.log.last_index


class CountsOldTerms(reference.Recovery):
    def may_commit(self, index):
        return True


class WaitsForARequest(reference.Recovery):
    def begin_term(self):
        reference.Replication.begin_term(self)


class AnswersByIndex(reference.Recovery):
    def answer(self, index, entry, result):
        _, request = self.waiting.pop(index)
        self.respond(request, result)


class ForgetsTheVote(reference.Persistence):
    persistent = ("current_term", "log")
    writes = ()


class ForgetsTheLog(reference.Persistence):
    persistent = ("current_term", "voted_for")
    writes = ()


class WritesTheVoteFirst(reference.Persistence):
    writes = (("voted_for",), ("current_term",), ("log",))


class KeepsWhatItExecuted(reference.Persistence):
    persistent = ("current_term", "voted_for", "log", "last_applied", "commit_index")


class GoesBack(reference.Compaction):
    def is_news(self, install):
        return True


class LeavesSessionsOut(reference.Compaction):
    def commit(self, index):
        super().commit(index)
        held = self.snapshot
        data = own.KeyValue(held.machine.data, {})
        self.snapshot = own.Snapshot(held.last_included_index, held.last_included_term, data)


class CutsTheLogFirst(reference.Compaction):
    writes = (("current_term", "voted_for"), ("log",), ("snapshot",))


class DropsAll(reference.Compaction):
    def what_follows(self, snapshot):
        return own.Log((), snapshot.last_included_index, snapshot.last_included_term)


_stage(
    reference.Election,
    asks="Write the first stage of a Raft server: terms, votes, timers, and who leads.",
    starter=starter("Election", "own.Server"),
    hints=(
        "Write start, restart_election_timer and start_election first, and watch a cluster: "
        "rl.lab(Election, servers=3). Then the two answers: to a request, to a vote.",
        "on_message is three lines: is the term of the message higher than yours? Then adopt_term "
        "it. Then handle the message. No handler needs to think of higher terms again.",
        "The timer is restarted in three places only: where an election begins, where a vote is "
        "given, and where the leader of your own term is heard.",
    ),
    wrong={
        "counts-half": Wrong(CountsHalf, "half of the servers is not a majority: of four, two and "
                                         "two would each have a leader"),
        "votes-twice": Wrong(VotesTwice, "a vote, once given, is gone until the next term; you "
                                         "give it to whoever asks"),
        "any-vote": Wrong(CountsAnyVote, "a vote for an earlier election of yours arrives late, "
                                         "and you count it in this one"),
        "stands-once": Wrong(StandsOnce, "a candidate whose timer runs out must stand again, or a "
                                         "split vote is for ever"),
    },
    why="a majority, one vote a term, on a term that only grows: that is all of Election Safety. "
        "Everything about timers is for progress alone",
    read="10-raft-leader-election, “Who may lead”",
    minutes=60,
    misconceptions=("M2", "M4", "M10", "M11"),
)  # fmt: skip

_stage(
    reference.Replication,
    asks="Write the second stage: entries get into every log, and what a majority stores is "
         "executed and answered.",
    starter=starter("Replication", "Election"),
    hints=(
        "Three things follow each other: the leader appends and sends, a follower checks and "
        "stores, the leader counts. Write them in that order, and look at each in a cluster.",
        "A follower may speak only of what was checked: the entry before, and those that came. So "
        "both its answer and its commit index end at prev_log_index + len(entries).",
        "merged goes through the entries one by one: is there none at that index, append; is there "
        "one of another term, cut the log there and append; else leave it alone.",
    ),
    wrong={
        "cuts-the-log": Wrong(CutsTheLog, "you cut the log behind prev_log_index each time; a late "
                                          "message then removes what you said you store"),
        "agrees-to-heartbeats": Wrong(AgreesToHeartbeats, "a heartbeat asks for the entry before, "
                                                          "too; with your yes the leader counts on "
                                                          "entries that you do not have"),
        "trusts-the-leader": Wrong(TrustsTheLeader, "the leader has committed its entries, not "
                                                    "yours: behind those that were checked, yours "
                                                    "may be other ones"),
        "executes-twice": Wrong(ExecutesTwice, "last_applied is executed already: begin behind it"),
    },
    why="a follower that holds the entry before holds the same log up to there (Log Matching), so "
        "one number for each follower, match_index, is enough to know what a majority stores",
    read="11-raft-log-replication",
    minutes=90,
    misconceptions=("M1", "M11", "M12"),
)  # fmt: skip

_stage(
    reference.Recovery,
    asks="Write the third stage: leaders fail, and whoever follows puts everything right.",
    starter=starter("Recovery", "Replication"),
    hints=(
        "Two rules keep what is committed: who may win (§5.4.1), and what a leader may commit by "
        "counting (§5.4.2). Each is a line.",
        "Compare pairs: (last term, last index). And look at Figure 8 until you see why an entry "
        "of term 2 on three of five servers can still be lost.",
        "A new leader appends Entry(current_term) in begin_term. When it is committed, so is "
        "everything before it, and may_commit never had to allow an old term.",
    ),
    wrong={
        "longest-log": Wrong(LongestLogWins, "a long log may be full of entries nobody committed; "
                                             "the later last term decides first"),
        "old-terms": Wrong(CountsOldTerms, "an entry of an earlier term on a majority may still be "
                                           "overwritten: Figure 8"),
        "no-no-op": Wrong(WaitsForARequest, "what your predecessors left is committed only with an "
                                            "entry of your own term, and you wait for somebody to "
                                            "ask for one"),
        "by-index": Wrong(AnswersByIndex, "another leader's entry was executed at that index, and "
                                          "you tell the client that its request was"),
    },
    why="a committed entry is on a majority, a winner has the votes of a majority, and whoever is "
        "in both refuses every candidate without the entry (Leader Completeness)",
    read="12-raft-safety-and-figure-8",
    minutes=90,
    misconceptions=("M1", "M6", "M9", "M12"),
)  # fmt: skip

_stage(
    reference.Persistence,
    asks="The fourth stage: say what must be on disk, and what is written at once.",
    starter="""
        class Persistence(Recovery):
            persistent = ()  # names of fields that a crash does not take
            writes = ()  # groups of these, each written whole or not at all, one after the other
    """,
    hints=(
        "What would a server promise twice, or forget that it has, if it lost a field? Go through "
        "the fields of Figure 2 one by one.",
        "Three fields are persistent. What is committed and executed can be learnt again from the "
        "leader.",
        "A vote means nothing without its term: written apart, a crash in between can leave the "
        "vote of one term in another. So they are one group, and the log is another.",
    ),
    wrong={
        "forgets-the-vote": Wrong(ForgetsTheVote, "a server that votes, crashes and has forgotten "
                                                  "it votes twice in one term"),
        "forgets-the-log": Wrong(ForgetsTheLog, "what a majority says it stores is gone when the "
                                                "majority crashes"),
        "vote-first": Wrong(WritesTheVoteFirst, "a crash between the two leaves the new term's "
                                                "vote in the old one, where it has voted already"),
        "keeps-too-much": Wrong(KeepsWhatItExecuted, "the disk says that entries are executed, and "
                                                     "what they did was in memory and is gone"),
    },
    why="a server must not forget what others count on: its term, its vote, and the entries that "
        "it said it stores",
    read="10-raft-leader-election, “What must be on disk”",
    minutes=20,
    misconceptions=("M16",),
)  # fmt: skip

_stage(
    reference.Compaction,
    asks="The fifth stage: replace what is executed by a snapshot, and send that to whoever needs "
         "what is gone.",
    starter=starter("Compaction", "Persistence", _SNAPSHOT, _WITH_SNAPSHOTS),
    hints=(
        "First take them: before you commit more, are there snapshot_after executed entries in the "
        "log? Then the snapshot is the machine as it is, and the log what follows.",
        "Then a crash: start with what the snapshot says is executed. And a follower that needs an "
        "entry up to log.base_index gets an InstallSnapshot.",
        "Last the follower: a snapshot of nothing new is ignored. Else the machine is that of the "
        "snapshot, and the log keeps what follows only if it holds the snapshot's last entry.",
    ),
    wrong={
        "goes-back": Wrong(GoesBack, "an old snapshot that arrives late sets the machine back"),
        "no-sessions": Wrong(LeavesSessionsOut, "which requests were executed belongs into the "
                                                "snapshot, or a repeat is executed again"),
        "log-first": Wrong(CutsTheLogFirst, "a crash between the two leaves a log whose beginning "
                                            "is gone and no snapshot of it"),
        "drops-all": Wrong(DropsAll, "the entries behind the snapshot were acknowledged: they must "
                                     "stay"),
    },
    why="what is executed is the same everywhere, so each server may forget how it came about by "
        "itself; what it must keep is index and term of the last entry, and who was answered",
    read="13-raft-in-practice",
    minutes=90,
    misconceptions=("M16",),
)  # fmt: skip

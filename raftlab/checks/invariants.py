"""The safety properties of Figure 3, watched at every step, plus three that see change.

Each check looks only at what the step changed: the acting node's observation before and
after. What must be remembered from earlier steps (who led which term, what is committed)
is a small value, `Known`, kept beside each step, so that rewinding and forking a history
rewinds and forks the knowledge too.
"""

from ..core import Observation, value
from ..sim import actor

TITLES = {
    "election_safety": "Election Safety: at most one leader in a term (§5.2)",
    "leader_append_only": "Leader Append-Only: a leader never overwrites its own log (§5.3)",
    "log_matching": "Log Matching: same index and term, same log up to there (§5.3)",
    "leader_completeness": "Leader Completeness: later leaders hold what is committed (§5.4)",
    "state_machine_safety": "State Machine Safety: no two servers apply different entries"
    " at one index (§5.4.3)",
    "term_never_falls": "a server's term never falls (§5.1)",
    "vote_never_changes": "a server's vote in a term never changes (§5.2)",
    "commit_never_changes": "a committed entry never changes (§5.3)",
}


@value
class Verdict:
    """A property and what became of it: `ok` True, False or None (cannot be decided).

    `at_step` is the number of the step that broke it, `why` a sentence, `evidence` the ids
    of the servers that show it.
    """

    name: str
    ok: bool | None
    at_step: int
    why: str
    evidence: tuple = ()


class Known:
    """What the past has established. `leaders`: term → id. The first `committed` entries of
    `log` are committed, the first `applied` of `applied_log` executed somewhere; `commits` has
    (term, up to which index) for each term in which entries became committed. `broken` lists
    the violations so far."""

    __slots__ = ("leaders", "log", "committed", "commits", "applied_log", "applied", "broken")

    def __init__(self, leaders, log, committed, commits, applied_log, applied, broken):
        self.leaders = leaders
        self.log = log
        self.committed = committed
        self.commits = commits
        self.applied_log = applied_log
        self.applied = applied
        self.broken = broken

    def but(self, **changes):
        return Known(*(changes.get(name, getattr(self, name)) for name in self.__slots__))

    def committed_before(self, term):
        """How many entries were committed in terms before `term`: what its leader must hold.

        A candidate of an old term may win late, by votes that were long on their way. It
        need not hold what a later term has committed since, and can do no harm.
        """
        return max((end for earlier, end in self.commits if earlier < term), default=0)


_NOTHING = Known({}, None, 0, (), None, 0, ())


class Monitor:
    """Watches the properties named (a protocol's `properties`) in any history it is given."""

    def __init__(self, properties):
        self.properties = tuple(properties)

    def __call__(self, known, before, item):
        """What is known after `item`, given what was known and the state before it."""
        if before is None:
            return self._at_boot(item.state)
        who = actor(item.action)
        if who is None or who not in before.config.servers:
            return known
        state = item.state
        node, was = state[who], before[who]
        if node is was:
            return known
        old, new = was.observation(), node.observation()
        was.observed = None  # looked at for the last time, most likely: a history grows long
        if new.term is None:
            return known
        found = []
        if new.term < old.term:
            found.append(
                ("term_never_falls", f"{who} fell from term {old.term} to {new.term}", who)
            )
        elif new.term == old.term and old.voted_for not in (None, new.voted_for):
            changed = f"{who} voted for {old.voted_for} in term {old.term}, now for {new.voted_for}"
            found.append(("vote_never_changes", changed, who))
        if new.role == "leader":
            known = self._leader(known, state, old, new, found)
        if new.log is not old.log and old.log is not None:
            self._log(state, old, new, found)
        if new.commit_index > old.commit_index:
            known = self._commit(known, state, old, new, found)
        if new.last_applied > old.last_applied:
            known = self._apply(known, old, new, found)
        if found:
            known = self._broken(known, state, found)
        return known

    def _at_boot(self, state):
        """What servers built by hand bring along: leaders, and what they know committed."""
        known, found = _NOTHING, []
        seen = [state.observe(id) for id in state.config.servers]
        seen = [new for new in seen if new.term is not None]
        for new in seen:
            old = Observation(new.id)
            if new.commit_index:
                known = self._commit(known, state, old, new, found)
            if new.last_applied:
                known = self._apply(known, old, new, found)
        for new in seen:
            if new.role == "leader":
                known = self._leader(known, state, Observation(new.id), new, found)
        return self._broken(known, state, found) if found else known

    def _leader(self, known, state, old, new, found):
        if old.role == "leader" and old.term == new.term:
            if new.log is not old.log and not new.log.starts_with(old.log):
                found.append(("leader_append_only", f"{new.id} leads term {new.term} and removed "
                              "entries from its own log", new.id))  # fmt: skip
            return known
        first = known.leaders.get(new.term)
        if first not in (None, new.id):
            found.append(("election_safety", f"{first} and {new.id} both lead term {new.term}",
                          first, new.id))  # fmt: skip
        missing = _first_difference(known.log, new.log, 1, known.committed_before(new.term))
        if missing:
            found.append(_incomplete(new, missing))
        if first is None:
            known = known.but(leaders={**known.leaders, new.term: new.id})
        return known

    def _log(self, state, old, new, found):
        log, start = new.log, old.log.last_index + 1
        if not log.starts_with(old.log):
            start = _first_difference(old.log, log, 1, min(old.log.last_index, log.last_index))
            start = start or log.last_index + 1
            if start <= min(old.commit_index, new.commit_index or old.commit_index):
                gone = (
                    f"{new.id} removed entry {start}, which it knew to be committed "
                    f"(up to {old.commit_index})"
                )
                found.append(("commit_never_changes", gone, new.id))
        for host in state.hosts:
            other = host.node.observation()
            if other.id == new.id or other.log is None:
                continue
            theirs = other.log
            for index in range(start, min(log.last_index, theirs.last_index) + 1):
                mine, its = log[index], theirs[index]
                if mine.term != its.term:
                    continue
                if mine != its or log.term_at(index - 1) != theirs.term_at(index - 1):
                    found.append(("log_matching", f"{new.id} and {other.id} both hold an entry "
                                  f"{index} of term {mine.term}, but their logs differ up to there",
                                  new.id, other.id))  # fmt: skip
                    break

    def _commit(self, known, state, old, new, found):
        end = min(new.commit_index, known.committed)
        wrong = _first_difference(known.log, new.log, old.commit_index + 1, end)
        if wrong:
            found.append(("state_machine_safety", f"{new.id} commits another entry {wrong} than "
                          "the one already committed there", new.id))  # fmt: skip
            return known
        if new.commit_index <= known.committed:
            return known
        earlier = tuple(mark for mark in known.commits if mark[0] != new.term)
        commits = (*earlier, (new.term, new.commit_index))
        known = known.but(log=new.log, committed=new.commit_index, commits=commits)
        if new.role == "leader":
            for host in state.hosts:
                other = host.node.observation()
                if other.role == "leader" and other.term > new.term:
                    missing = _first_difference(new.log, other.log, 1, new.commit_index)
                    if missing:
                        found.append(_incomplete(other, missing))
        return known

    def _apply(self, known, old, new, found):
        end = min(new.last_applied, known.applied)
        wrong = _first_difference(known.applied_log, new.log, old.last_applied + 1, end)
        if wrong:
            found.append(("state_machine_safety", f"{new.id} applies {new.log[wrong].command!r} at "
                          f"index {wrong}, another server applied "
                          f"{known.applied_log[wrong].command!r} there", new.id))  # fmt: skip
        elif new.last_applied > known.applied:
            known = known.but(applied_log=new.log, applied=new.last_applied)
        return known

    def _broken(self, known, state, found):
        told = {verdict.why for verdict in known.broken}
        fresh = [
            Verdict(name, False, state.step_no, why, tuple(servers))
            for name, why, *servers in found
            if why not in told and (name in self.properties or name not in _CLAIMED)
        ]
        return known.but(broken=(*known.broken, *fresh))


_CLAIMED = frozenset(
    ("election_safety", "leader_append_only", "log_matching", "leader_completeness",
     "state_machine_safety")
)  # fmt: skip


def _incomplete(leader, index):
    return ("leader_completeness", f"{leader.id} leads term {leader.term} without entry {index}, "
            "which is committed", leader.id)  # fmt: skip


def _first_difference(one, other, start, end):
    """The first index from `start` to `end` at which two logs differ, or None.

    A protocol without a log has nothing to compare.
    """
    if one is None or other is None:
        return None
    for index in range(start, end + 1):
        if index > other.last_index or one[index] != other[index]:
            return index
    return None

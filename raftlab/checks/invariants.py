"""The safety properties of Figure 3, watched at every step, with three that see change and two that
watch what snapshots bring.

Each check looks only at what the step changed: the acting node's observation before and
after. What must be remembered from earlier steps (who led which term, what is committed)
is a small value, `Known`, kept beside each step, so that rewinding and forking a history
rewinds and forks the knowledge too.

A compacted log (§7) no longer shows what it began with. Logs are compared where both hold
entries, and at a base by its term; what a server commits is compared before it is compacted,
with a record of what was ever committed that is never compacted itself.
"""

from ..core import Observation, value, write_command
from ..sim import actor
from . import uses

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
    "snapshot_never_falls": "a server's snapshot never goes back (§7)",
    "machine_agreement": "Machine Agreement: who applied the same entries holds the same data (§7)",
    "agreement": "Agreement: no two servers decide differently",
    **uses.TITLES,
}

# What no single step breaks, so that no monitor watches it: it is asked of a whole run, of what its
# clients saw (`linearizable.py`) or of what has not happened for long (`stalls.py`); nor is what a
# correct cluster cannot promise (`holding.py`).
LINEARIZABILITY, PROGRESS = "linearizability", "progress"
ASKED = {
    LINEARIZABILITY: "Linearizability: to its clients the service looks like one copy (§8)",
    PROGRESS: "Progress: while a majority is up and connected somebody leads, and clients are"
    " answered (§5.6)",
    **uses.ASKED,
}
TAKE_TIME = (PROGRESS, uses.FREE_AGAIN)  # a search leaves out time, so none can look for these


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

    def position(self, steps):
        """Where in `steps` of a run it came about."""
        return next(at for at, step in enumerate(steps) if step.state.step_no == self.at_step)


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
        self._watches_machines = "machine_agreement" in self.properties
        self._watches_decisions = "agreement" in self.properties
        watched = {**uses.TITLES, **uses.ASKED}.keys()
        self._watches_uses = not watched.isdisjoint(self.properties)

    def __call__(self, known, before, item):
        """What is known after `item`, given what was known and the state before it."""
        if before is None:
            return self._at_boot(item.state)
        who = actor(item.action)
        if who is None or who not in before.config.servers:
            return self._beside(known, before, item.state, who) if self._watches_uses else known
        state = item.state
        node, was = state[who], before[who]
        if node is was:
            return known
        old, new = was.observation(), node.observation()
        was.observed = None  # looked at for the last time, most likely: a history grows long
        found = uses.done_to_locks(self.properties, old, new) if self._watches_uses else []
        if self._watches_decisions and new.decided != old.decided:
            _compare_decisions(state, new, found)
        if new.term is None:
            return self._broken(known, state, found) if found else known
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
        if self._watches_machines and (
            new.last_applied != old.last_applied or new.machine is not old.machine
        ):
            _compare_machines(known, state, new, found)
        if found:
            known = self._broken(known, state, found)
        return known

    def _beside(self, known, before, state, who):
        """What holds of those who use the servers (`uses.py`)."""
        if who is None or state[who] is before[who]:
            return known
        old, new = before[who].observation(), state[who].observation()
        found = uses.violations(self.properties, state, old, new)
        return self._broken(known, state, found) if found else known

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
            if self._watches_machines:
                _compare_machines(known, state, new, found)
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
            if start <= old.commit_index:
                gone = (
                    f"{new.id} removed entry {start}, which it knew to be committed "
                    f"(up to {old.commit_index})"
                )
                found.append(("commit_never_changes", gone, new.id))
        # A crash takes a machine back as far as its snapshot; nothing takes it back further.
        if log.base_index < old.log.base_index:
            fell = f"{new.id} had a snapshot of the entries up to {old.log.base_index}, now it has "
            fell += f"one up to {log.base_index}"
            found.append(("snapshot_never_falls", fell, new.id))
        start = max(start, log.base_index + 1)
        for host in state.hosts:
            other = host.node.observation()
            if other.id == new.id or other.log is None:
                continue
            theirs = other.log
            first = start if start > theirs.base_index else theirs.base_index + 1
            for index in range(first, min(log.last_index, theirs.last_index) + 1):
                mine, its = log[index], theirs[index]
                if mine.term != its.term:
                    continue
                if mine != its or log.term_at(index - 1) != theirs.term_at(index - 1):
                    found.append(("log_matching", f"{new.id} and {other.id} both hold an entry "
                                  f"{index} of term {mine.term}, but their logs differ up to there",
                                  new.id, other.id))  # fmt: skip
                    break

    def _commit(self, known, state, old, new, found):
        log = new.log
        if log is not None and log.base_index > old.commit_index:
            log = _as_executed(log, old.log, new.commit_index)
        end = min(new.commit_index, known.committed)
        wrong = _first_difference(known.log, log, old.commit_index + 1, end)
        if wrong:
            found.append(("state_machine_safety", f"{new.id} commits another entry {wrong} than "
                          "the one already committed there", new.id))  # fmt: skip
            return known
        if new.commit_index <= known.committed:
            return known
        earlier = tuple(mark for mark in known.commits if mark[0] != new.term)
        commits = (*earlier, (new.term, new.commit_index))
        record = log
        if log is not None and log.base_index:
            record = _recorded(known.log, known.committed, log, new.commit_index)
        known = known.but(log=record, committed=new.commit_index, commits=commits)
        if new.role == "leader":
            for host in state.hosts:
                other = host.node.observation()
                if other.role == "leader" and other.term > new.term:
                    missing = _first_difference(record, other.log, 1, new.commit_index)
                    if missing:
                        found.append(_incomplete(other, missing))
        return known

    def _apply(self, known, old, new, found):
        log = new.log
        if log is not None and log.base_index > old.last_applied:
            log = _as_executed(log, old.log, new.last_applied)
        end = min(new.last_applied, known.applied)
        wrong = _first_difference(known.applied_log, log, old.last_applied + 1, end)
        if wrong:
            found.append(("state_machine_safety", f"{new.id} applies {_named(log, wrong)} at "
                          f"index {wrong}, another server applied "
                          f"{_named(known.applied_log, wrong)} there", new.id))  # fmt: skip
        elif new.last_applied > known.applied:
            record = log
            if log is not None and log.base_index:
                record = _recorded(known.applied_log, known.applied, log, new.last_applied)
            known = known.but(applied_log=record, applied=new.last_applied)
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
     "state_machine_safety", "agreement")
)  # fmt: skip


def _incomplete(leader, index):
    return ("leader_completeness", f"{leader.id} leads term {leader.term} without entry {index}, "
            "which is committed", leader.id)  # fmt: skip


def _first_difference(one, other, start, end):
    """The first index from `start` to `end` at which two logs surely differ, or None.

    Below a base a log says nothing, at its base only the term. A protocol without a log has
    nothing to compare.
    """
    if one is None or other is None:
        return None
    both = one.base_index if one.base_index > other.base_index else other.base_index
    last = end if end < other.last_index else other.last_index
    if start <= both <= last and one.term_at(both) != other.term_at(both):
        return both
    for index in range(max(start, both + 1), last + 1):
        if one[index] != other[index]:
            return index
    return max(start, last + 1) if last < end else None


def _as_executed(log, before, end):
    """The log that shows the entries up to `end` which a step executed and compacted at once.

    That happens to who is sent a snapshot of what it holds already: the log from `before` shows
    what it was, if it is the same at the base. Whoever took over the snapshot executed nothing.
    """
    if before is None or before.last_index < end:
        return log
    return before if before.term_at(log.base_index) == log.base_term else log


def _recorded(record, count, log, end):
    """The first `end` entries as far as they are known, if `log` is compacted: the `count`
    entries on `record` and behind them those of `log`."""
    if record is None or not record.base_index < log.base_index <= count:
        return log
    return record.truncate(count).extend(log.after(count)[: end - count])


def _named(log, index):
    """What stands at `index` of a log, in words."""
    term = log.term_at(index)
    if term is None:
        return "nothing"
    # With its term, because two entries that differ may hold the same command.
    seen = log.base_index < index <= log.last_index
    return f"{write_command(log[index].command) if seen else 'an entry'} of term {term}"


def _compare_machines(known, state, new, found):
    """Machine Agreement. A server computes its state from entries, and those are compared; but
    what came with a snapshot it never computed. Each pair of servers is told of once."""
    for host in state.hosts if new.last_applied else ():
        other = host.node.observation()
        one, its = new.machine, other.machine
        if other.last_applied != new.last_applied or its is one or its == one:
            continue
        told = [v.evidence for v in known.broken if v.name == "machine_agreement"]
        told += [pair for name, _, *pair in found if name == "machine_agreement"]
        if {new.id, other.id} in map(set, told):
            continue
        key = next(k for k in {**one, **its} if k not in one or k not in its or one[k] != its[k])
        held = f"{new.id} holds {_held(one, key)} and {other.id} {_held(its, key)}"
        found.append(("machine_agreement", f"{new.id} and {other.id} have applied the same entries,"
                      f" up to {new.last_applied}, but {held}", new.id, other.id))  # fmt: skip


def _compare_decisions(state, new, found):
    """Agreement. A decision is for good and on disk, so it is compared with all that stand."""
    for host in state.hosts if new.decided is not None else ():
        its = host.node.observation().decided
        if its not in (None, new.decided):
            told = f"{new.id} decides {new.decided}, and {host.node.id} has decided {its}"
            found.append(("agreement", told, new.id, host.node.id))


def _held(store, key):
    return f"{key}={store[key]!r}" if key in store else f"no {key}"

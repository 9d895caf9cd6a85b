"""What a search must remember besides the cluster: what the properties know, what is left of the
bounds, and what clients have seen. Each combination is a *ghost* with a number.

The properties are those of any other run: the same `Monitor` looks at the same observations.
But it is asked only when a move shows something, and once for all moves that show the same.
"""

from ..core import REFUSALS, Fire, Op
from ..sim.state import Host, State
from . import uses
from .invariants import LINEARIZABILITY, Monitor, Verdict
from .linearizable import linearizable

_WIDTH = 24  # bits for a number that says what a host shows


class Watch:
    """What a move shows: of which host, from which node to which, what it costs, and which
    requests it answers: ((command, client, serial), result) …. `found` remembers the ghost after
    it, by the ghost before and, if `looks_around`, what the other hosts show."""

    __slots__ = ("host", "old", "new", "cost", "answers", "looks_around", "found")

    def __init__(self, host, old, new, cost, answers, looks_around):
        self.host = host
        self.old = old
        self.new = new
        self.cost = cost
        self.answers = answers
        self.looks_around = looks_around
        self.found = {}


class Ghosts:
    """`broken` maps the number of a ghost to the verdicts that are new in it."""

    def __init__(self, engine, known, properties, against):
        # Not the engine itself: the two would hold each other, and a search that nobody wants any
        # more, a million objects, would wait for the garbage collector.
        self.ids, self.config = engine.ids, engine.config
        self.cuts, self.dials = engine.cuts, engine.dials
        self.bounds = engine.bounds
        self.keys = engine.keys
        self.monitor = Monitor([name for name in properties if name != LINEARIZABILITY])
        self.against = frozenset(against)
        self.judges_answers = LINEARIZABILITY in (*properties, *against)
        self.past = ()  # the operations that clients saw before the search began
        self.broken = {}
        self._held = []
        self._numbers = {}
        self._shown = {}
        self._watches = {}
        self.start = self.number(known, self.bounds.budget, ())

    def __len__(self):
        return len(self._held)

    def __getitem__(self, number):
        """(what the monitor knows, what is left of the bounds, what clients saw)."""
        return self._held[number]

    def number(self, known, budget, seen):
        key = (self.keys.of_known(known), budget, seen)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._held)
            self._held.append((known, budget, seen))
        return number

    def shown(self, node):
        """The number of what the properties look at in a node that does not act itself."""
        seen = node.observation()
        leads = seen.term if seen.role == "leader" else None
        if node.replaces_values:
            machine = self.keys.of_lasting(seen.machine)
        else:
            machine = self.keys.of(dict(seen.machine))
        log = self.keys.of(seen.log)
        deeds = self.keys.of(uses.shown(seen))
        key = (leads, log, seen.commit_index, seen.last_applied, machine, seen.decided, deeds)
        return self._shown.setdefault(key, len(self._shown))

    def watch(self, at, old, new, cost, answers):
        """A Watch for a move of the host at `at` between two local states, or None if neither a
        property nor a bound can notice it."""
        answers = answers if self.judges_answers else ()
        was, seen = old.node.observation(), new.node.observation()
        wrong = None not in (seen.term, was.term) and (
            seen.term < was.term
            or (seen.term == was.term and was.voted_for not in (None, seen.voted_for))
        )
        if not (wrong or cost or answers or old.shows != new.shows):
            return None
        # Moves that show the same share what is remembered of them.
        shows = (was.term, was.voted_for, seen.voted_for) if wrong else ()
        key = (at, old.shows, new.shows, seen.term, shows, cost, answers)
        if key not in self._watches:
            around = (
                seen.log is not was.log or seen.commit_index != was.commit_index
                or seen.last_applied != was.last_applied or seen.machine is not was.machine
                or seen.decided != was.decided or at >= len(self.config.servers)
            )  # fmt: skip
            self._watches[key] = Watch(at, old.node, new.node, cost, answers, around)
        return self._watches[key]

    def after(self, number, watch, here):
        """The number of the ghost after a watched move, or None if a bound forbids the move.

        `here` are the local states of all hosts before it. A new violation goes into `broken`.
        """
        key = number
        if watch.looks_around:
            for local in here:
                key = key << _WIDTH | local.shows
        if key in watch.found:
            return watch.found[key]
        known, budget, seen = self._held[number]
        found = None
        budget = self.bounds.charged(budget, watch.cost)
        if budget is not None:
            known, fresh = self._known_after(known, watch, here)
            if self.judges_answers:
                seen, wrong = self._seen_after(seen, watch)
                fresh = (*fresh, *wrong)
            found = self.number(known, budget, (*seen, "broken") if fresh else seen)
            if fresh:
                self.broken.setdefault(found, fresh)
        watch.found[key] = found
        return found

    def spent(self, number, cost):
        """The number of the ghost that has paid `cost`, or None if it cannot."""
        known, budget, seen = self._held[number]
        budget = self.bounds.charged(budget, cost)
        return None if budget is None else self.number(known, budget, seen)

    def _known_after(self, known, watch, here):
        """(what the monitor knows after the move, the verdicts that are new and count)."""
        if known is None:
            return None, ()
        nodes = [local.node for local in here]
        nodes[watch.host] = watch.old
        before = self._state(nodes)
        nodes[watch.host] = watch.new
        # The monitor looks at who acts and at what it was before and after, not at what it did.
        there = self.monitor(known, before, _Step(self.ids[watch.host], self._state(nodes)))
        if there is known:
            return there, ()
        old = len(known.broken)
        fresh = tuple(v for v in there.broken[old:] if not self.against or v.name in self.against)
        if len(there.broken) > old + len(fresh):
            there = there.but(broken=(*known.broken, *fresh))
        return there, fresh

    def _state(self, nodes):
        hosts = tuple(map(Host, nodes))
        return State(self.config, 0, 0.0, hosts, (), self.cuts, self.dials)

    # -- what clients see: calls ("call", number) and answers ("answer", number, result) --

    def _seen_after(self, seen, watch):
        """(what clients saw up to now, verdicts on it). Calls that follow each other without an
        answer between them are kept in the order of their numbers: which came first nobody can
        tell apart."""
        requests = self.bounds.requests
        if watch.cost and watch.cost[0] == "r":
            number = requests.index(requests[watch.cost[1]])  # the first of equal ones: a repeat
            if ("call", number) not in seen:
                calls = [("call", number)]
                while seen and seen[-1][0] == "call":
                    calls.append(seen[-1])
                    seen = seen[:-1]
                seen = (*seen, *sorted(calls))
        for asked, result in watch.answers:
            if asked not in requests or ("call", requests.index(asked)) not in seen:
                continue
            number = requests.index(asked)
            if type(result) in REFUSALS:
                seen = tuple(event for event in seen if event != ("call", number))
            elif not any(event[:2] == ("answer", number) for event in seen):
                seen = (*seen, ("answer", number, result))
                judged = linearizable(self._operations(seen))
                if judged.ok is False:
                    return seen, (Verdict(LINEARIZABILITY, False, 0, judged.why),)
        return seen, ()

    def _operations(self, seen):
        found = {}
        for moment, (what, number, *result) in enumerate(seen):
            command, client, _ = self.bounds.requests[number]
            if what == "call":
                client = client or f"client {number + 1}"
                found[number] = [client, command, float(moment), None, None, "unknown"]
            else:
                found[number][3:] = float(moment), result[0], "ok"
        return [*self.past, *(Op(*op) for op in found.values())]


class _Step:
    """As much of a step as a monitor looks at."""

    __slots__ = ("action", "state", "effects")

    def __init__(self, id, state):
        self.action = Fire(id, "")
        self.state = state
        self.effects = ()


def broken_claim(name):
    """The verdict on a predicate of the caller's own (`always`) that has ceased to hold."""
    return Verdict(name, False, 0, f"“{name}” holds no more")

"""A run that remembers everything: step it, rewind it, fork it, keep every branch.

A `History` is a cursor on a tree of steps. Acting at the end of a branch makes it longer;
acting in its past starts another branch and keeps the old one. Every state ever reached is
still there, so going back costs nothing.
"""

import hashlib

from ..core import Impossible, Wait
from . import reasons, record, story
from .clients import operations
from .cluster import advance, step
from .collector import collector_resting
from .state import NEVER
from .verbs import Verbs

# So many events without any time passing are taken for endless.
_AT_ONCE = 50_000
_LONGEST_NAME = 60


def _whole(count):
    if not isinstance(count, int) or count < 0:
        raise Impossible(f"a number of steps is a whole number from 0, not {count!r}")
    return count


class Step:
    """What happened (`action`; None for the boot), the state after it, the effects it had,
    and `known`: what the monitor knew then."""

    __slots__ = ("action", "state", "effects", "known")

    def __init__(self, action, state, effects, known):
        self.action = action
        self.state = state
        self.effects = effects
        self.known = known

    def __repr__(self):
        told = "".join(f"\n  {sentence}" for sentence in story.why(self))
        return f"{self.state.time:g} ms  {story.headline(self.action)}{told}"


class Branch:
    """One line of steps from the boot on. It left branch `parent` behind step `forked_at`."""

    __slots__ = ("name", "steps", "parent", "forked_at")

    def __init__(self, name, steps, parent=None, forked_at=0):
        self.name = name
        self.steps = steps
        self.parent = parent
        self.forked_at = forked_at


class History(Verbs):
    """A cluster one can step. `about` says how to make it again (protocol, servers, seed …).

    `monitor(known, before, step)` looks at each new step and gives what is known after it;
    `raftlab.checks` supplies one that watches the safety properties.
    """

    def __init__(self, state, effects, about, monitor=None):
        self.about = about
        self.monitor = monitor
        boot = Step(None, state, effects, None)
        if monitor:
            boot.known = monitor(None, None, boot)
        self.branches = [Branch("main", [boot])]
        self.branch = self.branches[0]
        self.position = 0
        self.scenario = None  # the `Scenario` that was played on it, if one was
        self.stops = ()  # of that scenario: (what a block tells, the position behind it), …

    # -- looking --

    @property
    def steps(self):
        """The steps of the present branch, to its end; steps[0] is the boot."""
        return self.branch.steps

    @property
    def state(self):
        return self.branch.steps[self.position].state

    @property
    def now(self):
        """Simulated time at the cursor, in ms."""
        return self.state.time

    @property
    def leader(self):
        """The id of the running leader with the highest term, or None."""
        return self.state.leader

    def __getitem__(self, id):
        """The node `id` as it is at the cursor: a copy, to look at or to try things on."""
        return self.state[id].clone()

    def __len__(self):
        """How many steps the present branch has, the boot not counted."""
        return len(self.branch.steps) - 1

    @property
    def verdicts(self):
        """Every property broken up to the cursor, in the order it happened."""
        known = self.branch.steps[self.position].known
        return known.broken if known else ()

    # -- one action --

    def take(self, action):
        """Do `action` at the cursor and give the Step. If it cannot be done, Impossible is
        raised and nothing has changed. Acting in the past starts a new branch, unless the
        action is the very one that followed there."""
        here = self.branch.steps[self.position]
        if self.position < len(self):
            following = self.branch.steps[self.position + 1]
            if following.action == action:
                self.position += 1
                return following
        new = self._seen(here, action, *step(here.state, action))
        if self.position < len(self):
            self._fork()
        self.branch.steps.append(new)
        self.position += 1
        return new

    def _seen(self, here, action, state, effects):
        """The Step after `here`, with what the monitor then knows."""
        new = Step(action, state, effects, None)
        if self.monitor is not None:
            new.known = self.monitor(here.known, here.state, new)
        return new

    def _fork(self):
        old = self.branch
        taken = {branch.name for branch in self.branches}
        number = len(self.branches)
        while f"fork {number}" in taken:
            number += 1
        name = f"fork {number}"
        kept = old.steps[: self.position + 1]
        self.branch = Branch(name, kept, self.branches.index(old), self.position)
        self.branches.append(self.branch)

    # -- letting time run --

    def step(self, count=1):
        """Let the next `count` events happen; give how many there were."""
        return self._run(None, _whole(count))

    def run(self, ms):
        """Let `ms` of simulated time pass; give how many events that took."""
        if not isinstance(ms, (int, float)) or not 0 <= ms < NEVER:
            raise Impossible(f"time runs forwards, in ms: {ms!r} cannot pass")
        end, count, more = round(self.now + ms, 3), 0, _AT_ONCE
        while more == _AT_ONCE:
            now = self.now
            more = self._run(limit=_AT_ONCE, end=end)
            count += more
            if more == _AT_ONCE and self.now == now:
                raise Impossible(
                    f"{more} events happened at {now} ms and time did not move on: some timer "
                    "takes 0 ms, or messages do"
                )
        if self.now < end:
            self.take(Wait(end))
        return count

    def until(self, predicate, limit=100_000):
        """Let events happen until `predicate(history)` is true; give how many it took.

        Raises Impossible, with the cursor where it stopped, after `limit` events.
        """
        count = self._run(lambda: predicate(self), _whole(limit))
        if not predicate(self):
            raise Impossible(f"not reached within {count} events ({self.now} ms)")
        return count

    def next_interesting(self, limit=100_000):
        """Go on to the next event that changes a role, term, vote, log, commit index or fate."""
        start = self.position
        return self._run(
            lambda: self.position > start and self.is_interesting(self.position), limit
        )

    def is_interesting(self, position):
        """Whether the step at `position` changed more than timers and messages."""
        return story.is_interesting(self.branch.steps, position)

    def _run(self, reached=None, limit=None, end=None):
        """Take next events until `reached()`, `limit` of them, time `end`, or no more come."""
        steps = self.branch.steps
        count = 0
        with collector_resting():
            while count != limit and not (reached and reached()):
                here = steps[self.position]
                if end is not None and here.state.next[0] > end:
                    break
                if here is not steps[-1]:
                    self.position += 1
                else:
                    moved = advance(here.state)
                    if moved is None:
                        break
                    steps.append(self._seen(here, *moved))
                    self.position += 1
                count += 1
        return count

    # -- travelling --

    def undo(self, count=1):
        """Go `count` steps back. Nothing is lost: `goto` and `redo` lead forward again."""
        self.goto(max(0, self.position - _whole(count)))

    def redo(self, count=1):
        """Go `count` steps forward on the present branch."""
        self.goto(min(len(self), self.position + _whole(count)))

    def goto(self, position, branch=None):
        """Put the cursor on step `position` of a branch (its name, number or itself)."""
        chosen = self._branch(branch)
        if not isinstance(position, int) or not 0 <= position < len(chosen.steps):
            raise Impossible(
                f"there is no step {position!r}; branch {chosen.name!r} has steps 0 to "
                f"{len(chosen.steps) - 1}"
            )
        self.branch, self.position = chosen, position

    def fork(self, name=None):
        """Start another branch at the cursor, even without acting differently yet."""
        name = name if name is None else self._free_name(name)
        self._fork()
        self.branch.name = name or self.branch.name

    def rename(self, name, branch=None):
        """Give a branch (its name, number or itself; the present one if left out) another name."""
        chosen = self._branch(branch)
        if name != chosen.name:
            chosen.name = self._free_name(name)

    def _free_name(self, name):
        """`name` as a branch may be called: a few words on a line that no other branch has."""
        if not isinstance(name, str) or not name.strip():
            raise Impossible(f"a branch is named by a word, not {name!r}")
        name = name.strip()
        if len(name) > _LONGEST_NAME or not name.isprintable():
            raise Impossible(
                f"a branch has a name of one line and at most {_LONGEST_NAME} letters: choose a "
                f"shorter one than {name[:_LONGEST_NAME]!r}…"
            )
        if name in [branch.name for branch in self.branches]:
            raise Impossible(f"there is a branch {name!r} already; choose another name")
        return name

    def copy(self):
        """Another history of the same run: the present branch up to the cursor, nothing else."""
        twin = object.__new__(type(self))
        twin.about, twin.monitor, twin.scenario = self.about, self.monitor, None
        twin.stops = ()
        twin.branches = [Branch("main", self.branch.steps[: self.position + 1])]
        twin.branch, twin.position = twin.branches[0], self.position
        return twin

    def _branch(self, branch):
        if branch is None:
            return self.branch
        for at, candidate in enumerate(self.branches):
            if (
                branch is candidate
                or branch == candidate.name
                or (branch == at and branch is not True)
            ):
                return candidate
        names = ", ".join(repr(candidate.name) for candidate in self.branches)
        raise Impossible(f"there is no branch {branch!r}; there are {names}")

    # -- what came of it --

    def operations(self):
        """Every request made of a node up to the cursor, as its client saw it: a list of Op."""
        return operations(self.branch.steps[: self.position + 1])

    def why(self, position=None):
        """What the step at `position` (the cursor's) did and why: a tuple of sentences."""
        return story.why(self.branch.steps[self.position if position is None else position])

    def explain(self, node, entry=None):
        """Where the role, term and vote of `node` come from, or its log's entry number `entry`:
        sentences in the order in which it happened, each with its step (`reasons.py`)."""
        self.state.host(node)  # an unknown name is refused here
        if entry is None:
            return reasons.of_node(self.steps, self.position, node)
        return reasons.of_entry(self.steps, self.position, node, entry)

    def warnings(self):
        """What §5.6 has against the present timing: a list of sentences."""
        return story.timing_warnings(self.state)

    def dump(self):
        """The whole history, all branches, as JSON text; `raftlab.load` reads it."""
        return record.dump(self)

    def save(self, path):
        """Write the history to the file `path`."""
        text = self.dump()
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise Impossible(f"{path} cannot be written: {error.strerror}") from None

    def code(self, branches=None):
        """The history as a text that fits a link or a message; `raftlab.load` reads it.

        It holds what `rl.cluster` was given, and what somebody did; what time alone brings is
        played again. Some 30 characters for a run that nobody touched, 190 to 240 for a session
        of ten acts. `branches`: True puts all in, False the present one alone; left out, all of
        them if that makes at most 2,000 characters. Raises Impossible for commands that are no
        plain values.
        """
        from . import compact  # which uses the scenarios' words, and those a history

        return compact.dump(self, branches)

    def digest(self):
        """A fingerprint (hex) of the present branch up to the cursor: same run, same digest."""
        seen = hashlib.sha256()
        for item in self.branch.steps[: self.position + 1]:
            seen.update(story.canonical(item).encode())
        return seen.hexdigest()

    def __repr__(self):
        others = len(self.branches) - 1
        forks = f", {others} other branch{'es' * (others > 1)}" if others else ""
        return (
            f"<{self.about.get('protocol', 'cluster')} cluster of "
            f"{len(self.state.config.servers)}, step {self.position} of {len(self)}, "
            f"{self.now:.1f} ms, leader {self.leader or 'none'}{forks}>"
        )

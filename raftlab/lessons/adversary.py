"""`rl.adversary()`: you are the network. Keep the servers from deciding as long as you can.

The game of M. Fischer, N. Lynch and M. Paterson (1985), on the protocols of `protocols/agree.py`.
A choice is one delivery. The referee is a function of the run alone, so it does not matter whether
one plays in cells, in a lab on `game.run`, or lets `checks/adversary.py` play.
"""

import re

from .. import cluster
from ..checks.adversary import plan
from ..core import Crash, Deliver, Drop, Duplicate, Fire, Impossible, Pause
from ..sim import DOWN
from ..views.text import message as written

COINS = ("heads", "tails")
_HURRIED = 5000  # positions that `play` looks at


def adversary(protocol="agree", inputs=(0, 1, 1), patience=12, crashes=0, seed=1, **settings):
    """A game in which you are the network: you choose which message arrives next.

    Each server of `protocol` ("agree", "agree+coin", "agree+zero") was asked for a bit of `inputs`.
    Every message must be delivered within `patience` choices of its being sent; up to `crashes`
    servers may crash, and messages to them need not arrive. The score is the number of your choices
    until somebody decides. `game.deliver("S1→S2", "S2→S3")` chooses, `game.play(100)` lets the best
    known play choose, `game.crash("S3")` crashes a server; `game.run` is the run, for `rl.lab`.
    """
    run = cluster(protocol, servers=len(inputs), seed=seed, **settings)
    if not hasattr(type(run["S1"]), "seen_from"):
        raise Impossible("this game is for protocols that decide once: agree, or agree+coin")
    if type(patience) is not int or patience < 1:
        raise Impossible(f"patience is a number of choices from 1, not {patience!r}")
    for id, bit in zip(run.state.config.servers, inputs, strict=True):
        if bit not in (0, 1):
            raise Impossible(f"an input is 0 or 1, not {bit!r}")
        run.request(("set", "x", bit), to=id)
    return Game(run, patience, crashes)


class Game:
    """What `rl.adversary` gives. `score` and `over` (a sentence once the game is over, else "")
    are read off `run` up to its cursor."""

    def __init__(self, run, patience, crashes):
        self.run, self.patience, self.crashes = run, patience, crashes
        self.begins = run.position
        self._plan, self._done = None, 0  # what `play` goes by, and how much of it is done

    # -- choosing --

    def deliver(self, *links):
        """Deliver the oldest message on each of these links, in their order: "S1→S2" (or "S1 S2").
        A number is that message in the game's own list. Gives the game."""
        for link in links:
            if self.over:
                raise Impossible(f"the game is over: {self.over}")
            self._choose(self._message(link))
        return self

    def crash(self, id):
        """Crash a server, if the rules allow it. That is no choice; messages to it are void."""
        if self._judged()[2] >= self.crashes:
            raise Impossible(
                f"the rules allow {self.crashes or 'no'} crashes: crashes=1 changes it"
            )
        self.run.crash(id)
        return self

    def play(self, choices=1):
        """Let the best known play make so many choices, or fewer if the game ends. Gives the
        game."""
        for _ in range(choices):
            if self.over:
                break
            self._choose(self._best())
        return self

    def best(self):
        """The `Plan` of the best known play from here: `endless` if it can go on for ever."""
        return plan(self.run.state, self.waited(), self.patience)

    def waited(self):
        """For each message under way, how many choices it has waited."""
        done = self.score
        sent = self._judged()[3]
        return [done - sent[id(envelope)] for envelope in self.run.state.network]

    def tournament(self, games=200):
        """The best known play, on the seeds 1, 2 … : how many of these games are still undecided
        after each round?"""
        about = dict(self.run.about)
        boot = [step.action.command[-1] for step in self.run.steps[1 : self.begins + 1]]
        settings = about["dials"]
        ends = []
        for seed in range(1, games + 1):
            game = adversary(about["protocol"], boot, self.patience, 0, seed, **settings)
            while not game.over and len(ends) < games:
                game.play()
            ends.append(game.rounds)
        return Tournament(ends)

    def _best(self):
        """The envelope that the best play delivers next; the oldest where all is lost."""
        network = {(e.src, e.dst, e.message): e for e in reversed(self.run.state.network)}
        move = self._plan and self._plan.move(self._done)
        if move not in network:
            self._plan, self._done = self._planned(), 0
            move = self._plan and self._plan.move(0)
        self._done += 1
        return network[move] if move else self._open()[0]

    def _planned(self):
        if self._is_lost():
            return None
        return plan(self.run.state, self.waited(), self.patience, _HURRIED)

    def _is_lost(self):
        """Whether all servers begin one round with the same bit: then they decide it."""
        nodes = [host.node for host in self.run.state.hosts]
        return len({(node.bit, node.round, node.phase) for node in nodes}) == 1

    def _choose(self, envelope):
        due = [e for e in self._open() if self._left(e) <= 1]
        if due and envelope not in due:
            late = due[0]
            raise Impossible(
                f"{late.src}→{late.dst} has waited {self.patience - 1} choices: it comes next"
            )
        same = [
            e
            for e in self.run.state.network
            if (e.src, e.dst, e.message) == (envelope.src, envelope.dst, envelope.message)
        ]
        self.run.take(Deliver(envelope.src, envelope.dst, envelope.message, same.index(envelope)))
        self._toss()

    def _toss(self):
        """Coins fall at once, and as they fall: of two timers the one that runs out first."""
        for host in self.run.state.hosts:
            if host.timers:
                self.run.fire(host.node.id, min(host.timers)[1])

    def _open(self):
        """The messages that must still arrive, the oldest first."""
        network = self.run.state.network
        up = [e for e in network if self.run.state.host(e.dst).mode != DOWN]
        sent = self._judged()[3]
        return sorted(up, key=lambda e: (sent[id(e)], e.src, e.dst))

    def _left(self, envelope):
        return self.patience - (self.score - self._judged()[3][id(envelope)])

    def _message(self, link):
        listed = self._open()
        if isinstance(link, int) and not isinstance(link, bool):
            if not 1 <= link <= len(listed):
                raise Impossible(f"there is no message {link}; there are 1 to {len(listed)}")
            return listed[link - 1]
        ends = re.fullmatch(r"\s*(\w+)\W+(\w+)\s*", str(link))
        for envelope in listed:
            if ends and (envelope.src, envelope.dst) == ends.groups():
                return envelope
        ids = self.run.state.config.servers
        if not ends or not set(ends.groups()) <= set(ids):
            raise Impossible(
                f"{link!r} is no link: write S1->S2, from a server to another; there are "
                f"{', '.join(ids)}"
            )
        to = [f"{e.src}→{e.dst}" for e in listed if e.dst == ends.group(2)]
        raise Impossible(
            f"no message is under way on {link!r}; to {ends.group(2)} there is "
            f"{', '.join(to) or 'none'}"
        )

    # -- the referee --

    @property
    def score(self):
        """How many choices nobody has decided for."""
        return self._judged()[0]

    @property
    def over(self):
        """How the game ended; "" as long as it goes on."""
        return self._judged()[1]

    @property
    def rounds(self):
        """How many rounds every server has finished without anybody deciding."""
        nodes = [h.node for h in self.run.state.hosts if h.mode != DOWN]
        done = [n.round - 1 if n.decided is None else n.decided_in - 1 for n in nodes]
        return min(done)

    def _judged(self):
        """(choices, how it ended or "", crashes, {id of a message under way: the choice behind
        which it was sent}) of the run up to its cursor."""
        steps = self.run.steps[: self.run.position + 1]
        if getattr(self, "_seen", (None,))[0] is steps[-1]:
            return self._seen[1]
        score, crashes, sent, over = 0, 0, {}, ""
        for at in range(self.begins, len(steps)):
            step, state = steps[at], steps[at].state
            if at > self.begins and not over:
                before = steps[at - 1].state
                if type(step.action) is Deliver and before.host(step.action.dst).mode != DOWN:
                    score += 1
                crashes += type(step.action) is Crash
                over = self._foul(before, step.action, crashes)
            sent = {id(e): sent.get(id(e), score) for e in state.network}
            over = over or self._end(state, score, sent)
        found = score, over, crashes, sent
        self._seen = steps[-1], found
        return found

    def _foul(self, before, action, crashes):
        if type(action) is Fire:
            others = [t for t in before.host(action.node).timers if t[1] in COINS]
            if others and action.timer != min(others)[1]:
                return f"foul: you have turned the coin of {action.node}"
        if type(action) is Drop and before.host(action.dst).mode != DOWN:
            return f"foul: you have lost a message, {action.src}→{action.dst}"
        if type(action) in (Duplicate, Pause):
            return "foul: the network can only deliver"
        return "foul: one crash too many" if crashes > self.crashes else ""

    def _end(self, state, score, sent):
        for host in state.hosts:
            if host.node.decided is not None:
                who, bit = host.node.id, host.node.decided
                return f"{who} decides {bit}, after {score} of your choices"
        open_ = [e for e in state.network if state.host(e.dst).mode != DOWN]
        late = [e for e in open_ if score - sent[id(e)] >= self.patience]
        if late:
            told = f"{late[0].src}→{late[0].dst} has waited {self.patience} choices"
            return f"foul: {told}, after {score} of your choices"
        tossing = any(host.timers for host in state.hosts if host.mode != DOWN)
        if not open_ and not tossing:
            return "you have won: nothing is under way, and nobody will ever decide"
        return ""

    # -- in words --

    @property
    def text(self):
        score, over, *_ = self._judged()
        lines = [f"{_counted(score, 'choice')} so far; {over or 'nobody has decided'}."]
        for host in self.run.state.hosts:
            node = host.node
            told = f"holds {node.bit}, round {node.round}, {_WAITS[node.phase]}"
            if node.decided is not None:
                told = f"has decided {node.decided}"
            lines.append(f"{node.id}  {'crashed' if host.mode == DOWN else told}")
        rows = [] if over else self._open()
        for number, e in enumerate(rows, 1):
            left = self._left(e)
            lines.append(f"{number:>3}  {e.src}→{e.dst}  {written(e.message)}, within {left}")
        return "\n".join(lines)

    def __repr__(self):
        return self.text


_WAITS = {
    "report": "waits for reports", "propose": "waits for proposals", "toss": "tosses",
    "done": "is done",
}  # fmt: skip


class Tournament:
    """`rounds`: of each game, how many rounds it went undecided."""

    def __init__(self, rounds):
        self.rounds = tuple(rounds)

    def undecided(self, round):
        """How many games were undecided after this round."""
        return sum(rounds >= round for rounds in self.rounds)

    def __repr__(self):
        lines = [f"{len(self.rounds)} games, the longest {_counted(max(self.rounds), 'round')}"]
        for round in (1, 2, 4, 8, 16, 32):
            share = 100 * self.undecided(round) / len(self.rounds)
            lines.append(f"undecided after {round:>2}: {self.undecided(round):>4}  {share:5.1f} %")
        return "\n".join(lines)


def _counted(count, thing):
    return f"{count:,} {thing}{'s' * (count != 1)}"

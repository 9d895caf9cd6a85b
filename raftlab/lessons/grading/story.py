"""A cluster of a learner's servers to which something happens, told in a scenario's words.

    story = case.story(servers=5)
    story.tell("a leader is elected", "until one leader within 5 timeouts")
    story.tell("it is cut off, and another follows", "count ; isolate leader ; until new leader")

The words are those of the scenario files: verbs, `until` and `expect`. Time is the model's, in ms
or in election timeouts (the longest, 300 ms), so that the verdict is the same on every machine.
"""

from ... import cluster
from ...core import Impossible, Tune
from ...scenarios import JUDGES
from ...sim import DIALS
from ...sim.scenario_claims import judged
from ...sim.scenario_macros import Play
from ...sim.scenario_words import parts
from ...sim.state import DOWN
from .check import Unmet

MOST = 20_000  # events in a story; five servers and three clients have some 5,000 in 10 s


class Story:
    def __init__(self, case, servers, dials):
        self.case = case
        network = {name: setting for name, setting in dials.items() if name in DIALS}
        given = {name: setting for name, setting in dials.items() if name not in network}
        self.run = case.run = cluster(case.kind, servers=servers, seed=case.seed + 1, **given)
        for name, setting in network.items():  # turned here, nobody is warned of a bad network
            self.run.take(Tune(name, setting))
        self.playing = Play(self.run, True, JUDGES)
        self.said = ""

    def tell(self, said, text=""):
        """`said` is what happens and what is wanted of it, `text` the same as verbs and claims."""
        self.said = said or self.said
        for one in parts(text, ";"):
            try:
                self.playing.do(one)
            except Impossible as error:
                raise Unmet(f"{self.said} ({one}): {error}", self.run) from None
            self.must(len(self.run) < MOST, f"{self.said} ({one}): {len(self.run)} events, most of "
                      "them messages; it sends without end")  # fmt: skip
        return self

    def must(self, holds, told):
        if not holds:
            raise Unmet(told, self.run)

    def holds(self, claim):
        return judged(self.playing, claim)[0]

    def safe(self):
        """No property of Figure 3 was broken on the way."""
        if self.run.verdicts:
            first = self.run.verdicts[0]
            self.run.goto(first.position(self.run.steps))
            raise Unmet(f"{self.said}: {first.why}", self.run)

    def elect(self):
        """The usual beginning."""
        return self.tell("a leader is elected", "until leader within 10 timeouts ; run 200")

    def agree(self, command, said="all have the same"):
        """`command`, such as x=9, is asked for until all servers have executed it and have the same
        log; the leader of the moment may be gone before that, so it is asked for again."""
        self.said = said
        for _ in range(12):
            if self.run.leader:
                self.playing.do(f"request {command} at {self.run.leader}")
            self.run.run(600)
            if self.holds(f"all holds {command}") and self.holds("same logs"):
                return self
        held = judged(self.playing, f"all holds {command}")[1]
        logs = judged(self.playing, "same logs")[1]
        self.must(False, f"{said}: all are up and connected, {command} was asked for again and "
                  f"again, and it is not so. They hold: {held}. Their logs: {logs}")  # fmt: skip

    def ask(self, command):
        """`command` is asked for, if anybody leads."""
        if self.run.leader:
            self.tell("", f"request {command} at {self.run.leader}")
        return self

    # -- who there is --

    @property
    def ids(self):
        return self.run.state.config.servers

    @property
    def down(self):
        return [id for id in self.ids if self.run.state.host(id).mode == DOWN]

    def others(self):
        """The servers beside the leader of the moment, in an order drawn by lot."""
        return [id for id in self.case.luck.shuffled(self.ids) if id != self.run.leader]

    # -- what was sent, and what clients were told --

    def answers(self):
        """The results that clients were given, in the order in which they asked."""
        return [op.result for op in self.run.operations() if op.status == "ok"]

    def sent(self, since, kind=None):
        """The messages that servers sent behind step `since`, of one kind if given."""
        found = []
        for step in self.run.steps[since + 1 : self.run.position + 1]:
            for envelope in step.state.network:
                if envelope.sent_step == step.state.step_no:
                    if kind is None or type(envelope.message) is kind:
                        found.append(envelope)
        return found

    def led(self, since):
        """Who led behind step `since`, even for a moment."""
        steps = self.run.steps[since + 1 : self.run.position + 1]
        return {
            id for step in steps for id in step.state.config.servers
            if step.state.host(id).mode != DOWN and step.state.observe(id).role == "leader"
        }  # fmt: skip

    def terms(self, since=0):
        """The highest term at `since`, and now."""
        return tuple(
            max(state.observe(id).term for id in state.config.servers)
            for state in (self.run.steps[since].state, self.run.state)
        )

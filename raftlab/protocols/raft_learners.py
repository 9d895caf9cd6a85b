"""Learners: servers that are sent the log and decide nothing, until they have caught up.

Hold beside it: D. Ongaro, "Consensus: Bridging Theory and Practice" (2014), §4.2.1, where they are
called non-voting members. The word "learner", and that one is promoted by a change of its own,
are etcd's. An empty server added as a voter counts towards the majority from the first moment on,
but can help to commit nothing until it has the whole log; a learner costs nobody anything.
"""

from ..core import rule
from .raft_configuration import Configuration, in_order
from .raft_membership import SAYS, Membership

ROUND = "round of "  # a timer for each learner: the time its present round may take


class Learners(Membership):
    """("learner", "S4") sends S4 the log, ("forget", "S4") no longer does; ("members", …) with S4
    among them makes a voter of it, once it has caught up. Needs "single-server" or
    "joint-consensus" for that last step only.

    Catching up goes in rounds. A round begins with what the leader's log holds at that moment and
    ends when the learner has it; what came meanwhile is the next round's. A server has no clock,
    so a timer tells whether a round took less than a minimum election timeout.
    """

    settings = Membership.settings
    derived = Membership.derived
    says = {
        **SAYS,
        "catches-up": "hears that {0} has all up to entry {1}, within {2} ms: as close behind as"
        " one gets (dissertation §4.2.1)",
        "lags": "has waited {2} ms for {0} to have all up to entry {1}: it is too far behind, or"
        " cut off (dissertation §4.2.1)",
    }

    rounds = {}  # learner → (the index that ends its present round, whether it is still in time)
    caught_up = frozenset()  # learners whose last whole round was in time, and the present one is

    # -- Rules --

    @rule("dissertation 4.2.1")
    def has_caught_up(self, server):
        """Its last round took less than a minimum election timeout, so little is missing that a
        cluster waiting for it would not wait longer than for an election, which clients put up
        with anyway. The dissertation's leader waits for ten rounds and then gives the change up;
        ours says no at once, and whoever asks may ask again. (etcd looks at the log instead: a
        learner must have a certain share of what the leader has.)
        """
        return server in self.caught_up

    def broadcast(self, message):
        """Elections are for those who vote; a learner that is asked would answer, for it may have
        been promoted without knowing it yet, but nobody who knows it for a learner asks."""
        for member in self.members:
            if member != self.id:
                self.send(member, message)

    # -- Changes --

    def target_of(self, command):
        now = self.configuration
        match command:
            case ("learner", str(server)):
                return Configuration(now.voters, in_order((*now.learners, server)))
            case ("forget", str(server)):
                return Configuration(now.voters, tuple(id for id in now.learners if id != server))
        return super().target_of(command)

    def objection_to(self, target, command):
        why = super().objection_to(target, command)
        if why is not None:
            return why
        for server in target.learners:
            if server in target.voters:
                return f"{server} votes: a voter learns anyway"
        for server in target.voters:
            if server not in self.members and not self.has_caught_up(server):
                return (
                    f"{server} has not caught up: ask for learner {server} first, and again when "
                    "it is less than an election timeout behind (dissertation §4.2.1)"
                )
        return None

    # -- Rounds --

    def replicate_to(self, peer):
        if peer in self.configuration.learners and peer not in self.rounds:
            self.begin_catch_up_round(peer)
        super().replicate_to(peer)

    def begin_catch_up_round(self, learner):
        self.rounds = {**self.rounds, learner: (self.log.last_index, True)}
        self.set_timer(ROUND + learner, self.election_timeout[0])

    def on_append_entries_reply(self, src, reply):
        super().on_append_entries_reply(src, reply)
        if src in self.rounds and self.match_index[src] >= self.rounds[src][0]:
            self.end_catch_up_round(src)

    def end_catch_up_round(self, learner):
        end, in_time = self.rounds[learner]
        if in_time and learner not in self.caught_up:
            self.note("catches-up", learner, end, self.election_timeout[0])
            self.caught_up |= {learner}
        self.begin_catch_up_round(learner)

    def on_timer(self, name):
        learner = name.removeprefix(ROUND)
        if learner == name:
            super().on_timer(name)
        elif learner in self.rounds:
            end, _ = self.rounds[learner]
            self.note("lags", learner, end, self.election_timeout[0])
            self.rounds = {**self.rounds, learner: (end, False)}
            self.caught_up -= {learner}

    def use_configuration(self, index, configuration):
        super().use_configuration(index, configuration)
        self.keep_rounds_of(configuration.learners)

    def step_down(self):
        super().step_down()
        self.keep_rounds_of(())

    def keep_rounds_of(self, learners):
        """Only a leader counts rounds, and only of learners."""
        for learner in self.rounds:
            if learner not in learners:
                self.cancel_timer(ROUND + learner)
        self.rounds = {id: held for id, held in self.rounds.items() if id in learners}
        self.caught_up &= frozenset(learners)

    def observe(self):
        seen = super().observe()
        if self.caught_up:
            seen.fields = {**seen.fields, "caught up": " ".join(in_order(self.caught_up))}
        return seen

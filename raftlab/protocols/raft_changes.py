"""Two ways to change who votes: by joint consensus, and one server at a time.

Hold beside it: §6 of the extended Raft paper; §4.1 and §4.3 of D. Ongaro, "Consensus: Bridging
Theory and Practice" (2014); and his posting on the mailing list raft-dev of 10 July 2015, which
corrects §4.1. Servers take up a new configuration at different times, so for a while some decide
by the old voters and some by the new. Both ways see to it that the two can never decide without
each other. What is common to them stands in `raft_membership.py`.
"""

from ..core import rule
from .raft_configuration import Configuration, configuration_of
from .raft_membership import SAYS, Membership


class JointConsensus(Membership):
    """From any set of voters to any other, through a configuration that needs both (§6).

    The client asks for ("members", ("S1", "S2", "S3")) and is answered when that is committed.
    First C_old,new goes into the log; while a server goes by it, every election and every
    commitment needs a majority of the old voters and a majority of the new. Once it is committed
    nobody without it can be elected, so C_new may follow. At no time can the old voters and the
    new ones decide without each other.
    """

    rivals = ("single-server",)
    settings = Membership.settings
    derived = Membership.derived
    says = {
        **SAYS,
        "wins": "leads term {0}: {1} voted for it, a majority of its configuration, or of both"
        " sides of a joint one (§5.2, §6)",
        "leaves-joint": "knows entry {0}, the joint configuration, to be committed: the new voters"
        " can decide alone now (§6)",
    }

    def may_change_to(self, target):
        return True

    @rule("6")
    def step_toward(self, target):
        """First C_old,new: servers take up a configuration at different times, and those who have
        must not decide without those who have not."""
        now = self.configuration
        if target.voters == now.voters:
            return target
        return Configuration(target.voters, target.learners, old_voters=now.voters)

    def finish_change(self):
        if not self.configuration.is_joint:
            super().finish_change()
            return
        self.note("leaves-joint", self.configured_at)
        _, asked = self.waiting.get(self.configured_at, (0, None))
        self.waiting = {at: held for at, held in self.waiting.items() if at != self.configured_at}
        now = self.configuration
        self.append_configuration(Configuration(now.voters, now.learners), asked)

    def answer(self, index, term, result):
        """A client hears of its change when C_new is committed, not when C_old,new is."""
        asked_in, _ = self.waiting[index]
        held = configuration_of(self.log[index].command)
        if held is None or not held.is_joint or asked_in != term:
            super().answer(index, term, result)


class SingleServer(Membership):
    """One server is added or removed at a time, directly (dissertation §4.1).

    Then a majority of the old voters and a majority of the new always share a server, which is
    all that safety needs; joint configurations are not.
    """

    settings = Membership.settings
    derived = Membership.derived
    says = SAYS

    @rule("dissertation 4.1")
    def may_change_to(self, target):
        """Two added at once to three, and two of the old could decide without three of the new."""
        return len(set(self.configuration.voters) ^ set(target.voters)) <= 1

    @rule("raft-dev, 10 July 2015")
    def has_committed_in_its_term(self):
        """The dissertation lacked this. Two leaders of different terms can each start from the same
        committed configuration with a change that shares a majority with it, but not with the
        other's. Once an entry of this term is committed, no configuration of an earlier
        term can be committed any more: those who hold the entry elect nobody who lacks it.
        """
        return self.log.term_at(self.commit_index) == self.current_term

    def objection_to(self, target, command):
        why = super().objection_to(target, command)
        if why is None and not self.has_committed_in_its_term():
            why = f"no entry of term {self.current_term} is committed yet (raft-dev, 10 July 2015)"
        return why

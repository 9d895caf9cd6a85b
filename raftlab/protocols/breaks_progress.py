"""Rules that keep a cluster going, broken. As in `breaks.py`.

No wrong answer ever comes of these: there is none at all. A search for violations cannot find them,
because what they need is time; each has a schedule after which a majority is up and connected for
ten election timeouts, and yet nobody leads or nobody is answered (`checks/stalls.py`).
"""

from .raft import ELECTION
from .raft_rules import FOLLOWER, LEADER


class KeepsItsVote:
    """Has one vote in its life, not one in each term."""

    breaks = "progress"
    source = "§5.1: a new term brings a fresh vote"
    bounds = None  # time

    def adopt_term(self, term):
        self.note("adopts-term", term, self.current_term, self.role)
        self.current_term = term
        self.step_down()


class DecidesBeforeItAdopts:
    """Handles a message first, and then looks whether its term is new.

    It answers in its old term, so the answer counts nowhere; and by the time it would answer in
    the new one, nobody asks any more.
    """

    breaks = "progress"
    source = "Students' Guide to Raft: adopt the higher term before processing the RPC"
    bounds = None  # time

    def on_message(self, src, message):
        self.handle(src, message)
        if self.is_newer(getattr(message, "term", 0)):
            self.adopt_term(message.term)


class WaitsForAnyCandidate:
    """Restarts its election timer for each candidate, also for those it refuses."""

    breaks = "progress"
    source = "Students' Guide to Raft: reset the timer only when granting a vote"
    bounds = None  # time

    def on_request_vote(self, src, ask):
        super().on_request_vote(src, ask)
        if self.role != LEADER:
            self.restart_election_timer()


class WaitsForOldLeaders:
    """Restarts its election timer for each leader, also for one whose term is over."""

    breaks = "progress"
    source = "Students' Guide to Raft: reset the timer only for the current leader"
    bounds = None  # time

    def on_append_entries(self, src, append):
        super().on_append_entries(src, append)
        if self.role != LEADER:
            self.restart_election_timer()


class StandsOnce:
    """A candidate whose timer runs out waits on, and does not stand again."""

    breaks = "progress"
    source = "Students' Guide to Raft: a candidate must start another election"
    bounds = None  # time

    def may_start_election(self):
        return self.role == FOLLOWER


class NeverVariesItsTimeout:
    """Waits as long as all the others, every time."""

    breaks = "progress"
    source = "§5.2, §9.3: the randomness left out"
    bounds = None  # time

    def restart_election_timer(self):
        self.set_timer(ELECTION, self.election_timeout[0])


class NeverBacksUp:
    """Sends again what was refused, from the same index."""

    breaks = "progress"
    source = "§5.3: the leader decrements nextIndex and retries"
    bounds = None  # time

    def backed_up(self, peer, reply):
        return self.next_index[peer]


BREAKS = {
    "keeps-its-vote": KeepsItsVote,
    "decides-before-it-adopts": DecidesBeforeItAdopts,
    "waits-for-any-candidate": WaitsForAnyCandidate,
    "waits-for-old-leaders": WaitsForOldLeaders,
    "stands-once": StandsOnce,
    "never-varies-its-timeout": NeverVariesItsTimeout,
    "never-backs-up": NeverBacksUp,
}

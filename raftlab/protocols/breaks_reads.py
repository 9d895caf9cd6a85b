"""Reads beside the log with one rule broken. As in `breaks.py`.

Each of these answers from a copy that may be old, as "local-reads" does and in fewer cases: that
is what makes them last.
"""


class ReadsWithoutAsking:
    """Answers a read before anybody has confirmed that it still leads."""

    breaks = "linearizability"
    source = "dissertation §6.4, step 3 left out"
    needs = ("read-index",)
    bounds = {"terms": 2, "cut": False, "requests": [("set", "x", 1), ("get", "x")]}

    def is_confirmed(self):
        return True


class ReadsBeforeOwnCommit:
    """A new leader answers reads before an entry of its own term is committed."""

    breaks = "linearizability"
    source = "dissertation §6.4, step 1 left out"
    needs = ("read-index",)
    bounds = {"terms": 2, "requests": [("set", "x", 1), ("get", "x")]}

    def knows_what_is_committed(self):
        return True


class CountsOldRounds:
    """Takes an answer to an earlier round for one to the round under way."""

    breaks = "linearizability"
    source = "dissertation §6.4: the round must begin after the read has come"
    needs = ("read-index",)
    bounds = {
        "terms": 2, "cut": False, "late": ["ConfirmLeaderReply"],
        "requests": [("get", "x"), ("set", "x", 1), ("get", "x")],
    }  # fmt: skip

    def counts_confirmation(self, reply):
        return bool(self.confirmed_by) and reply.term == self.current_term


class TrustsItsClock:
    """Takes its lease for as long as a follower's promise, as if all clocks ran alike."""

    breaks = "linearizability"
    source = "dissertation §6.4.1: a lease needs a bound on clock drift"
    needs = ("lease-reads",)
    bounds = None  # a search has no clocks: any lease may outlive any promise there

    def lease_time(self):
        return self.election_timeout[0]


class KeepsItsLease:
    """Holds on to its lease when it has told somebody else to stand."""

    breaks = "linearizability"
    source = "dissertation §6.4.1: a transfer ends the leases of the old leader"
    needs = ("lease-reads", "transfer")
    bounds = None  # as above

    def holds_lease(self):
        return self.lease is not None


class ForgetsItsPromise:
    """Starts again after a crash as if it had heard no leader before."""

    breaks = "linearizability"
    source = "dissertation §6.4.1: a lease rests on promises, and these are in memory"
    needs = ("lease-reads",)
    bounds = None  # as above

    def start(self):
        super().start()
        self.heard_leader = False
        self.cancel_timer("heard-leader")


BREAKS = {
    "reads-without-asking": ReadsWithoutAsking,
    "reads-before-own-commit": ReadsBeforeOwnCommit,
    "counts-old-rounds": CountsOldRounds,
    "trusts-its-clock": TrustsItsClock,
    "keeps-its-lease": KeepsItsLease,
    "forgets-its-promise": ForgetsItsPromise,
}

"""Leases: for how long one may rely on what one was promised (dissertation §6.4.1)."""

from functools import wraps

from ...core import Respond
from ...protocols.machine import execute
from ...protocols.raft_reads import is_read
from ..exercise import Exercise, Wrong, by_cases
from ..plugged import broken_by, in_scenario, raft_with

# -- until when a lease lasts ---------------------------------------------------------------


def lease_until(sent_at, answered_at, promise, drift):
    """Until when a leader may rely on a promise, in ms of its own clock."""
    return sent_at + promise / drift


def from_the_answer(sent_at, answered_at, promise, drift):
    return answered_at + promise / drift


def without_a_margin(sent_at, answered_at, promise, drift):
    return sent_at + promise


def longer_for_drift(sent_at, answered_at, promise, drift):
    return sent_at + promise * drift


def from_the_middle(sent_at, answered_at, promise, drift):
    return (sent_at + answered_at) / 2 + promise / drift


def less_the_way(sent_at, answered_at, promise, drift):
    return sent_at + promise / drift - (answered_at - sent_at)


def _equal_clocks(luck):
    sent = 10 * luck.between(1, 90)
    return [(sent, sent + 20, 150, 1.0), (0, 0, 100, 1.0), (sent, sent + 140, 150, 1.0)]


def _drifting(luck):
    sent = 10 * luck.between(1, 90)
    return [(sent, sent + 20, 150, 1.25), (sent, sent + 40, 300, 1.5), (0, 30, 110, 1.1)]


def to_a_microsecond(function):
    """The same to three places: sums of decimal fractions differ in the last bit by their order."""

    @wraps(function)
    def rounded(*given):
        found = function(*given)
        return round(float(found), 3) if type(found) in (int, float) else found

    return rounded


def leaders_that_rely_so(arguments, given):
    class Theirs:
        def lease_time(self):
            """As if the answer always came 20 ms after the question."""
            return given(0, 20, self.election_timeout[0], self.clock_drift_bound)

    return broken_by(Theirs, "trusts-its-clock")


_by_ms = by_cases(
    to_a_microsecond(lease_until),
    ("clocks that run alike", 1, "dissertation §6.4.1", _equal_clocks),
    ("clocks that do not", 2, "dissertation §6.4.1", _drifting),
    shows=leaders_that_rely_so,
)

Exercise(
    id="leases/until",
    asks="Until when may a leader rely on its lease?",
    starter='''
        def lease_until(sent_at, answered_at, promise, drift):
            """Until when a leader may rely on a promise, in ms of its own clock.

            At sent_at it asked, and at answered_at it heard that a majority will elect nobody else
            for `promise` ms of their clocks, counted from when they were asked. Any clock may run
            up to `drift` times as fast as another (1.1: by a tenth).
            """
            ...
    ''',
    hints=(
        "When did they begin to count? The leader does not know; what is the earliest moment?",
        "At the earliest when it was sent. So the lease counts from sent_at, not from the answer.",
        "Theirs may be the fast clocks: then `promise` of theirs is promise / drift of its own.",
    ),
    reference=lease_until,
    wrong={
        "answer": Wrong(from_the_answer, "they began to count before you heard of it: the lease "
                                         "runs from when you *asked*"),
        "margin": Wrong(without_a_margin, "their clocks may be faster than yours: leave a margin "
                                          "for that"),
        "longer": Wrong(longer_for_drift, "the margin goes the other way: your lease must end "
                                          "before their promise does, by any clock"),
        "middle": Wrong(from_the_middle, "that it arrived half way is a guess; a promise may "
                                         "have begun as soon as you asked"),
        "way": Wrong(less_the_way, "safe, but it takes the way off twice: the answer has come, "
                                   "and the lease counts from the question already"),
    },
    judge=lambda given, seed: _by_ms(to_a_microsecond(given), seed),
    why="counted from the question, and shortened by what clocks may differ: so it ends before "
        "the promise does, whenever that began. Against a clock that errs more there is no rule",
    read="13-raft-in-practice",
    minutes=10,
    misconceptions=("M8",),
)  # fmt: skip


# -- may it answer a read -------------------------------------------------------------------


def may_serve_read(role, term, committed_term, now, until):
    """Whether a server may answer a read from its own copy, without asking anybody."""
    return role == "leader" and committed_term == term and now < until


def any_leader(role, term, committed_term, now, until):
    return role == "leader"


def whoever_has_a_lease(role, term, committed_term, now, until):
    return now < until


def before_its_own_commit(role, term, committed_term, now, until):
    return role == "leader" and now < until


def without_a_look_at_the_time(role, term, committed_term, now, until):
    return role == "leader" and committed_term == term


def to_the_last_moment(role, term, committed_term, now, until):
    return role == "leader" and committed_term == term and now <= until


def _may(luck):
    term, now = luck.between(1, 9), luck.between(100, 900)
    return [("leader", term, term, now, now + 50), ("leader", 1, 1, 0, 1)]


def _over(luck):
    term, now = luck.between(1, 9), luck.between(100, 900)
    return [("leader", term, term, now, now), ("leader", term, term, now, now - 20)]


def _new(luck):
    term, now = luck.between(2, 9), luck.between(100, 900)
    return [("leader", term, term - 1, now, now + 50), ("leader", 3, 0, 10, 90)]


def _follower(luck):
    term, now = luck.between(2, 9), luck.between(100, 900)
    return [("follower", term, term, now, now + 50), ("candidate", term, term - 1, now, now + 50)]


def leaders_that_read_so(arguments, given):
    class Locally:
        """Without any lease."""

        def on_request(self, request):
            at = self.log.term_at(self.commit_index)
            if is_read(request.command) and given(self.role, self.current_term, at, 1, 0):
                _, found = execute(self.machine.data, request.command)
                self.outbox.append(Respond(request, found))
            else:
                super().on_request(request)

    class New:
        """With a lease."""

        def knows_what_is_committed(self):
            term, at = self.current_term, self.log.term_at(self.commit_index)
            return given("leader", term, at, 0, 1)

    return in_scenario("stale-read", raft_with(Locally), "linearizability") or broken_by(
        New, "reads-before-own-commit"
    )


Exercise(
    id="leases/read",
    asks="May a server answer a read from its own copy?",
    starter='''
        def may_serve_read(role, term, committed_term, now, until):
            """Whether a server may answer a read from its own copy, without asking anybody.

            `role` is "follower", "candidate" or "leader", in `term`. The last entry that it knows
            to be committed is of committed_term. Its lease lasts until `until`, and it is `now`.
            """
            ...
    ''',
    hints=(
        "Three conditions: that it leads, that nobody else can lead, and that its copy is fresh.",
        "Nobody else can lead as long as the lease lasts, and no longer.",
        "A new leader holds all that is committed but knows it only with an entry of its own term.",
    ),
    reference=may_serve_read,
    wrong={
        "leader": Wrong(any_leader, "it *was* elected; whether it has been deposed since it "
                                    "cannot know without asking or a lease"),
        "lease": Wrong(whoever_has_a_lease, "a lease belongs to a leader, and ends with its "
                                            "office"),
        "new": Wrong(before_its_own_commit, "its commit index may be behind what its predecessor "
                                            "has answered, until an entry of its own is committed"),
        "time": Wrong(without_a_look_at_the_time, "when the lease is over another may lead and "
                                                  "have answered a write"),
        "moment": Wrong(to_the_last_moment, "at `until` the promise may be over, and another "
                                            "elected"),
    },
    judge=by_cases(
        may_serve_read,
        ("it may", 1, "dissertation §6.4.1", _may),
        ("the lease is over", 1, "dissertation §6.4.1", _over),
        ("nothing of its term is committed yet", 1, "dissertation §6.4", _new),
        ("it does not lead", 1, "dissertation §6.4", _follower),
        shows=leaders_that_read_so,
    ),
    why="to lead is not enough: nobody else may be able to (the lease), and the copy must hold "
        "all that was answered (an entry of its own term is committed)",
    read="13-raft-in-practice",
    minutes=10,
    misconceptions=("M8", "M14"),
)  # fmt: skip


# -- when to renew --------------------------------------------------------------------------


def renew_after(lease, tries, patience):
    """After how many ms a holder must begin to renew, so that all its tries fit into the lease."""
    wait = lease - tries * patience
    return wait if wait >= 0 else None


def at_the_end(lease, tries, patience):
    return lease


def one_try(lease, tries, patience):
    return lease - patience if lease >= patience else None


def half_way(lease, tries, patience):
    return lease / 2


def share(lease, tries, patience):
    return lease / (tries + 1)


def below_nothing(lease, tries, patience):
    return lease - tries * patience


def at_once(lease, tries, patience):
    return max(0, lease - tries * patience)


def _enough_time(luck):
    lease = 10 * luck.between(40, 90)
    return [(lease, 3, 100), (lease, 1, 50), (600, 2, 150), (lease, 2, 10 * luck.between(1, 9))]


def _tight(luck):
    tries = luck.between(2, 4)
    return [(tries * 100, tries, 100), (tries * 100 - 10, tries, 100), (50, 1, 100),
            (99, 1, 100)]  # fmt: skip


Exercise(
    id="leases/renewal",
    asks="When must a holder begin to renew its lease?",
    starter='''
        def renew_after(lease, tries, patience):
            """After how many ms, from its beginning, a holder must begin to renew a lease.

            Each try is given up after `patience` ms, and then the next begins. `tries` of them
            must fit in before the lease of `lease` ms is over. As late as possible, since each
            costs messages; None if they do not fit at all.
            """
            ...
    ''',
    hints=(
        "The last try must be *answered* before the end, so it begins `patience` before that.",
        "And the one before it `patience` earlier. What do `tries` of them take together?",
        "lease - tries * patience. What if that is less than nothing?",
    ),
    reference=renew_after,
    wrong={
        "end": Wrong(at_the_end, "then it is over: somebody else may hold it before you have "
                                 "asked"),
        "one": Wrong(one_try, "there is time for one try, and if its answer gets lost the lease "
                              "is over"),
        "half": Wrong(half_way, "half of it is a habit, and not what was asked: whether the tries "
                                "fit depends on how long each takes"),
        "share": Wrong(share, "equal shares are a common habit; how long a try takes does not "
                              "occur in it"),
        "negative": Wrong(below_nothing, "less than 0 ms from the beginning is before it: the "
                                         "tries do not fit, and nobody should take such a lease"),
        "at-once": Wrong(at_once, "even from the beginning not all tries fit: say so (None), and "
                                  "do not pretend"),
    },
    judge=by_cases(
        renew_after,
        ("as late as possible", 2, "Redis documentation, distributed locks", _enough_time),
        ("just enough time, and too little", 1, "Redis documentation, distributed locks", _tight),
    ),
    why="a lease is for the case that its holder dies, so it should be short; it must be long "
        "enough for some tries, or one lost message costs the office",
    read="16-what-leaders-are-for",
    minutes=10,
    misconceptions=("M6",),
)  # fmt: skip

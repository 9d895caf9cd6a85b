"""Elections: terms, timeouts, and when one has won."""

from ...protocols.raft import ELECTION, FOLLOWER
from ..exercise import Exercise, Part, Wrong, by_cases
from ..judging import called, shown
from ..plugged import broken_by, in_scenario, raft_with, searched, stuck
from ..question import Luck

# -- a term in a message --------------------------------------------------------------------


def heard_term(role, term, voted_for, heard):
    """Role, term and vote after a message of term `heard` has come, before it is handled."""
    if heard > term:
        return "follower", heard, None
    return role, term, voted_for


def keeps_role(role, term, voted_for, heard):
    return (role, heard, None) if heard > term else (role, term, voted_for)


def keeps_vote(role, term, voted_for, heard):
    return ("follower", heard, voted_for) if heard > term else (role, term, voted_for)


def same_term_too(role, term, voted_for, heard):
    return ("follower", heard, None) if heard >= term else (role, term, voted_for)


def any_term(role, term, voted_for, heard):
    return ("follower", heard, None) if heard != term else (role, term, voted_for)


def unless_leader(role, term, voted_for, heard):
    return (role, term, voted_for) if role == "leader" else heard_term(role, term, voted_for, heard)


def _roles(luck):
    term = luck.between(2, 8)
    return [("follower", term, "S2"), ("candidate", term, "S1"), ("leader", term, "S1"),
            ("follower", 1, None)]  # fmt: skip


def _higher(luck):
    by = luck.between(1, 4)
    return [(role, term, vote, term + by) for role, term, vote in _roles(luck)]


def _equal(luck):
    return [(role, term, vote, term) for role, term, vote in _roles(luck)]


def _lower(luck):
    return [(role, term, vote, term - 1) for role, term, vote in _roles(luck)]


def plugged_heard_term(given):
    class Theirs:
        def on_message(self, src, message):
            role, term, vote = given(self.role, self.current_term, self.voted_for, message.term)
            self.current_term, self.voted_for = term, vote
            if role == FOLLOWER and self.role != FOLLOWER:
                self.step_down()
            self.handle(src, message)

    return Theirs


def servers_that_hear_so(arguments, given):
    theirs = plugged_heard_term(given)
    return broken_by(theirs, "never-steps-down", "votes-twice", "keeps-its-vote") or stuck(
        raft_with(theirs)
    )


Exercise(
    id="elections/higher-term",
    asks="What does a term in a message change?",
    starter='''
        def heard_term(role, term, voted_for, heard):
            """(role, term, voted_for) after a message of term `heard`, before it is handled.

            `role` is "follower", "candidate" or "leader"; `voted_for` an id or None.
            """
            ...
    ''',
    hints=(
        "heard is higher than term, equal to it, or lower. Two of the three change nothing.",
        "A higher term ends whatever this server was doing, whichever role it has.",
        "And the vote it has given was a vote in the old term. In the new one it is free.",
    ),
    reference=heard_term,
    wrong={
        "role": Wrong(keeps_role, "nobody has elected it in the new term: a leader or candidate "
                                  "that takes over the term becomes a follower"),
        "vote": Wrong(keeps_vote, "the vote belonged to the old term; who keeps it can never "
                                  "vote for another"),
        "same": Wrong(same_term_too, "in the same term nothing is new: who clears its vote there "
                                     "votes twice"),
        "any": Wrong(any_term, "a lower term is an old message: terms never fall"),
        "leader": Wrong(unless_leader, "a leader too: it has been away, and another has been "
                                       "elected meanwhile"),
    },
    judge=by_cases(
        heard_term,
        ("a higher term", 2, "§5.1", _higher),
        ("the same term", 1, "§5.1", _equal),
        ("a lower term", 1, "§5.1", _lower),
        shows=servers_that_hear_so,
    ),
    why="a higher term ends what this server was doing and brings a fresh vote, before the "
        "message itself is looked at; everything else about terms follows",
    read="10-raft-leader-election",
    minutes=10,
    misconceptions=("M2",),
)  # fmt: skip


# -- a timeout from a draw ------------------------------------------------------------------


def election_timeout(draw, low, high):
    """A timeout in ms between `low` and `high`, by a number drawn from 0 to below 1."""
    return low + draw * (high - low)


def without_low(draw, low, high):
    return draw * high


def beyond_high(draw, low, high):
    return low + draw * high


def always_the_same(draw, low, high):
    return (low + high) / 2


def one_of_two(draw, low, high):
    return low if draw < 0.5 else high


def _judge_timeout(given, seed):
    luck = Luck(seed, 0, "timeout")
    low = 10 * luck.between(5, 30)
    high = low + 10 * luck.between(5, 30)
    draws = [0.0, 0.015625, 0.25, 0.5, 0.75, 0.984375, luck.below(1024) / 1024]
    times = [(draw, called(given, draw, low, high)) for draw in draws]
    asked = f"election_timeout({{}}, {low}, {high}) gives"
    no_number = next((t for t in times if type(t[1]) not in (int, float)), None)
    inside = no_number or next((t for t in times if not low <= t[1] <= high), None)
    told = [f"{asked.format(inside[0])} {shown(inside[1])}"] if inside else []
    if told:
        told[0] += ", which is no number" if no_number else f"; it must be from {low} to {high}"
    spread = "" if no_number else _spread(times, asked, low, high)

    def run():
        return servers_that_draw_so(given)

    return [
        Part("between the bounds", 1, "".join(told), run, "§5.2"),
        Part("spread over all of it", 1, "".join(told) if no_number else spread, run, "§9.3"),
    ]


def _spread(times, asked, low, high):
    """How far the timeouts are from filling the range evenly, or ""."""
    draws = dict(times)
    if draws[0.0] == draws[0.25]:
        return f"{asked.format(0.25)} {shown(draws[0.25])}, like that of 0.0: two servers would tie"
    for draw, wanted in ((0.0, low), (0.5, (low + high) / 2), (0.984375, high)):
        if abs(draws[draw] - wanted) > (high - low) / 16:
            return f"{asked.format(draw)} {shown(draws[draw])}; about {wanted:g} would be even"
    return ""


def servers_that_draw_so(given):
    """The model draws between two bounds: here those of the learner's own timeouts."""
    low, high = given(0.0, 150, 300), given(0.999, 150, 300)

    class Theirs:
        def restart_election_timer(self):
            self.set_timer(ELECTION, max(1, low), max(1, low, high))

    kind = raft_with(Theirs)
    return in_scenario("breaks/never-varies-its-timeout", kind, "progress") or _disturbed(kind)


def _disturbed(kind):
    """Two seconds in which nobody fails, and yet terms end."""
    from ... import cluster

    run = cluster(kind, servers=5, seed=1)
    run.until(lambda run: run.leader)
    first = run.state.observe(run.leader).term
    run.run(2000)
    last = max(run.state.observe(id).term for id in run.state.config.servers)
    if last == first:
        return None
    return (
        run,
        f"Nobody has failed, and term {first} has become term {last}: some wait too briefly.",
    )


Exercise(
    id="elections/timeout",
    asks="How long does a server wait before it stands?",
    starter='''
        def election_timeout(draw, low, high):
            """A timeout in ms from `low` to `high`, spread evenly over all of it.

            `draw` is a number from 0 to below 1, another one each time.
            """
            ...
    ''',
    hints=(
        "For draw = 0 it should be low, and for a draw close to 1 nearly high.",
        "How wide is the range? That, times draw, is how far above low you are.",
        "low + draw * (high - low)",
    ),
    reference=election_timeout,
    wrong={
        "no-low": Wrong(without_low, "low is missing: some wait for less than a heartbeat takes, "
                                     "and depose a leader that is well"),
        "too-long": Wrong(beyond_high, "the range begins at low, so it is high - low wide; as it "
                                       "is, some wait longer than high"),
        "same": Wrong(always_the_same, "if all wait equally long they stand together, again and "
                                       "again, and nobody wins"),
        "two": Wrong(one_of_two, "with only two timeouts among five servers, three have the same"),
    },
    judge=_judge_timeout,
    why="drawn afresh each time, over a range that is wide beside the time a message takes, so "
        "that mostly one stands alone and has won before the next wakes up",
    read="10-raft-leader-election",
    minutes=5,
    misconceptions=("M10",),
)  # fmt: skip


# -- who has won ----------------------------------------------------------------------------


def has_won(votes, term, members):
    """Whether a candidate of `term` has won, by the (voter, term, granted) that have come."""
    granted = {voter for voter, of, yes in votes if of == term and yes and voter in members}
    return len(granted) > len(members) // 2


def counts_answers(votes, term, members):
    granted = [voter for voter, of, yes in votes if of == term and yes]
    return len(granted) > len(members) // 2


def counts_old_terms(votes, term, members):
    granted = {voter for voter, of, yes in votes if yes and voter in members}
    return len(granted) > len(members) // 2


def of_those_who_answer(votes, term, members):
    answered = {voter for voter, of, yes in votes if of == term}
    granted = {voter for voter, of, yes in votes if of == term and yes}
    return len(granted) > len(answered) // 2


def with_half(votes, term, members):
    granted = {voter for voter, of, yes in votes if of == term and yes and voter in members}
    return 2 * len(granted) >= len(members)


def counts_refusals(votes, term, members):
    return len({voter for voter, of, yes in votes if of == term}) > len(members) // 2


FIVE = ["S1", "S2", "S3", "S4", "S5"]


def _counted(luck):
    of = luck.between(2, 9)
    three = [("S1", of, True), ("S3", of, True), ("S4", of, True)]
    return [(three, of, FIVE), (three[:2], of, FIVE), (three[:2], of, FIVE[:4]),
            (three[:1], of, ["S1"]), (luck.shuffled(three), of, FIVE)]  # fmt: skip


def _refused(luck):
    return [([("S1", 3, True), ("S2", 3, False), ("S3", 3, False)], 3, FIVE[:3]),
            ([("S1", 3, True), ("S2", 3, False), ("S3", 3, True)], 3, FIVE[:3])]  # fmt: skip


def _old(luck):
    of = luck.between(3, 9)
    return [([("S1", of, True), ("S2", of - 1, True)], of, FIVE[:3])]


def _repeated(luck):
    return [([("S1", 2, True), ("S2", 2, True), ("S2", 2, True)], 2, FIVE),
            ([("S1", 2, True), ("S2", 2, True), ("S9", 2, True)], 2, FIVE)]  # fmt: skip


def plugged_has_won(given):
    class Theirs:
        came = ()  # (voter, term, granted), in the order of arrival

        def start_election(self):
            self.came = ()
            super().start_election()

        def on_request_vote_reply(self, src, reply):
            if self.role == "candidate":
                self.came = (*self.came, (src, reply.term, reply.vote_granted))
                self.votes_granted |= {src} if reply.vote_granted else set()
                self.lead_if_elected()

        def wins_election(self):
            own = (self.id, self.current_term, True)
            return given([own, *self.came], self.current_term, list(self.members))

    return Theirs


def candidates_that_count_so(arguments, given):
    kind = raft_with(plugged_has_won(given))
    for bounds in (
        {"servers": 3, "terms": 1, "requests": 0},
        {"servers": 4, "terms": 1, "requests": 0},
        {"servers": 3, "terms": 2, "requests": 0, "by": "messages"},
        {"servers": 4, "terms": 1, "requests": 0, "by": "messages", "acts": ("S1", "S3")},
    ):
        found = searched(kind, **bounds)
        if found:
            return found
    return None


Exercise(
    id="elections/won",
    asks="Has a candidate won?",
    starter='''
        def has_won(votes, term, members):
            """Whether a candidate of `term` has won.

            `votes` are the answers that have come, its own included, as (voter, term, granted);
            a message may come twice, or late. `members` are the ids of all configured servers.
            """
            ...
    ''',
    hints=(
        "Does it grant? Of which term is it? Is it a member's? Has that member been counted yet?",
        "Put the *voters* whose answer counts into a set: who is in it twice is in it once.",
        "More than half of members, not of those who answered.",
    ),
    reference=has_won,
    wrong={
        "answers": Wrong(counts_answers, "you count answers, and one may come twice; count "
                                         "voters, each once, and only those who are members"),
        "old": Wrong(counts_old_terms, "a vote of an earlier election is none in this one; its "
                                       "voter may have voted for another since"),
        "answered": Wrong(of_those_who_answer, "a majority of those who answered is not a "
                                               "majority of all: on both sides of a cut somebody "
                                               "would win"),
        "half": Wrong(with_half, "half is not more than half: of four, two may elect one and two "
                                 "another"),
        "refusals": Wrong(counts_refusals, "an answer may be a no"),
    },
    judge=by_cases(
        has_won,
        ("a majority of the members", 1, "§5.2", _counted),
        ("refusals do not count", 1, "§5.2", _refused),
        ("votes of an earlier term do not count", 1, "§5.2", _old),
        ("each member counts once, strangers never", 1, "§5.2", _repeated),
        shows=candidates_that_count_so,
    ),
    why="votes of this term, of configured servers, each counted once, and more than half of all: "
        "two candidates of a term would need a server that voted for both",
    read="14-split-brain-and-quorums",
    minutes=15,
    misconceptions=("M4",),
)  # fmt: skip

"""The simplified Raft: it behaves as the listing does, and goes wrong as it does."""

import random
import re
from pathlib import Path

import pytest
from hand import THREE

import raftlab as rl
from raftlab.core import Deliver, Drop, Duplicate, Fire, Impossible, Restart, Send, majority
from raftlab.protocols import REPAIRS, protocol
from raftlab.protocols.simplified import Simplified
from raftlab.scenarios import catalog

BEAT, X = ("heartbeat",), ("set", "x", 1)
NAMES = {name: found for name, found in catalog().items() if name.startswith("simplified/")}
PAGE = (Path(rl.__file__).parent / "protocols/simplified.md").read_text("utf-8")


# -- beside the listing --------------------------------------------------------------------


class Listing:
    """The listing once more, as short as can be: calls that take no time and meet a fate each."""

    def __init__(self, id):
        self.id, self.peers, self.role, self.term, self.vote, self.log = (
            id, [], "follower", 0, None, [],
        )  # fmt: skip

    def each(self, fates, ask):
        """How many peers said yes: a call is lost, or it arrives and its answer may be lost."""
        yes = 0
        for peer, fate in zip(self.peers, fates, strict=True):
            said = fate != "lost" and ask(peer)
            yes += fate == "ok" and said
        return yes

    def stand(self, fates, more):
        if self.role == "leader":
            return
        self.role, self.term, self.vote = "candidate", self.term + 1, self.id
        votes = 1 + self.each(fates, lambda peer: peer.asked(self.term, self.id))
        self.role = "leader" if votes >= majority(len(self.peers) + 1) else "follower"
        self.give(BEAT, more)

    def asked(self, term, candidate):
        granted = term > self.term and self.vote in (None, candidate)
        if granted:
            self.term, self.vote = term, candidate
        return granted

    def give(self, entry, fates):
        if self.role == "leader":
            self.each(fates, lambda peer: peer.given(self.term, entry))

    def given(self, term, entry):
        if term < self.term:
            return False
        self.role = "follower"
        self.log.append(entry)
        return True


def called(nodes, id, effects, fates):
    """Let every call of `id`, and what follows from its return, meet the next of the fates."""
    while sent := [effect for effect in effects if type(effect) is Send]:
        [call], fate, effects = sent, fates.pop(0), []
        if fate != "lost":
            effects = nodes[call.dst].receive(id, call.message)
        if fate == "ok":
            effects = nodes[id].receive(call.dst, effects[-1].message)
        else:
            effects = nodes[id].fire("call")


def difference(kind, servers, seeds):
    """(seed, server) of the first difference from the listing, or None: elections, heartbeats and
    commands, with calls and answers lost by chance."""
    ids = [f"S{number}" for number in range(1, servers + 1)]
    for seed in range(seeds):
        lots = random.Random(f"{servers} {seed}")
        nodes = {id: kind(id, ids) for id in ids}
        plain = {id: Listing(id) for id in ids}
        for id in ids:
            plain[id].peers = [plain[other] for other in ids if other != id]
        for _ in range(25):
            id, what = lots.choice(ids), lots.choice(["stand", "stand", "heartbeat", "command"])
            fates, more = (lots.choices(["ok", "ok", "lost", "half"], k=servers - 1) for _ in "12")
            if what == "stand":
                plain[id].stand(fates, more)
                called(nodes, id, nodes[id].fire("election"), [*fates, *more])
            else:
                command = BEAT if what == "heartbeat" else X
                plain[id].give(command, fates)
                called(nodes, id, nodes[id].request(command), [*fates])
            for one in ids:
                node, its = nodes[one], plain[one]
                log = [entry.command for entry in node.log]
                mine = (node.role, node.current_term, node.voted_for, log, node.call)
                if mine != (its.role, its.term, its.vote, its.log, None) or node.commit_index:
                    return seed, one
    return None


@pytest.mark.parametrize("servers", [3, 5])
def test_every_handler_does_what_the_listing_does(servers):
    """Ten thousand events each."""
    assert difference(Simplified, servers, 400) is None


@pytest.mark.parametrize("part", ["clears-vote", "steps-down", "stores-entries"])
def test_a_rule_more_is_a_difference(part):
    assert difference(protocol(f"simplified+{part}"), 3, 20) is not None


@pytest.mark.parametrize("rule, wrong", [
    ("may_vote_for", lambda self, ask: ask.term > self.current_term),
    ("has_vote_for", lambda self, candidate: self.voted_for is None),
    ("may_hear", lambda self, append: append.term > self.current_term),
    ("is_majority", lambda self, count: count >= 2),
    ("is_majority", lambda self, count: count >= 4),
])  # fmt: skip
def test_a_rule_that_is_another_is_a_difference(rule, wrong):
    kind = type("Wrong", (Simplified,), {rule: wrong, "replaces_values": True})
    assert difference(Simplified, 4, 50) is None and difference(kind, 4, 50) is not None


def test_the_demo_ends_as_it_does_in_the_listing():
    """Leader, follower, follower; all in term 1; one heartbeat in each log but the leader's."""
    run = rl.scenario("C9", at=2)
    seen = [run[id] for id in THREE]
    assert [node.role for node in seen] == ["leader", "follower", "follower"]
    assert [node.current_term for node in seen] == [1, 1, 1]
    assert [[entry.command for entry in node.log] for node in seen] == [[], [BEAT], [BEAT]]


def test_a_server_that_waits_for_an_answer_hears_nobody_and_looks_at_no_clock():
    node, other = Simplified("S1", THREE), Simplified("S2", THREE)
    node.fire("election")
    ask = [effect.message for effect in other.fire("election") if type(effect) is Send][0]
    before = node.fields()
    assert not [e for e in node.receive("S2", ask) if type(e) is Send]
    assert not [e for e in node.fire("election") if type(e) is Send]
    assert node.fields() == before


def test_an_answer_that_comes_too_late_is_for_nobody():
    node, other = Simplified("S1", THREE), Simplified("S2", THREE)
    ask = [e.message for e in node.fire("election") if type(e) is Send][0]
    yes = [e.message for e in other.receive("S1", ask) if type(e) is Send][0]
    node.fire("call")  # S2 is given up, S3 is called
    node.receive("S2", yes)
    assert node.said_yes == {"S1"} and node.called() == ("S3",)


def test_it_is_put_together_of_its_own_parts_only():
    kind = protocol("simplified+clears-vote+steps-down")
    assert type(rl.cluster("simplified+steps-down+clears-vote", servers=3)["S1"]) is kind
    for name, says in [
        ("simplified+pre-vote", "'pre-vote' is a part of raft, not of simplified; .* clears-vote"),
        ("simplified!votes-twice", "'votes-twice' is a break of raft, not of simplified; .* none"),
        ("raft+clears-vote", "'clears-vote' is a part of simplified, not of raft; there are with"),
        ("simplified+moon", "there is no part 'moon'; there are clears-vote"),
    ]:
        with pytest.raises(Impossible, match=says.replace("+", r"\+")):
            protocol(name)


# -- the table -----------------------------------------------------------------------------


def test_each_of_the_22_has_its_scenario_and_stands_on_the_page():
    by_number = {alias: name for name, found in NAMES.items() for alias in found.also}
    assert sorted(by_number) == sorted(f"C{number}" for number in range(1, 23))
    rows = re.findall(r"^\| (C\d+) \|.*\| `([a-z0-9-]+)` \|$", PAGE, re.M)
    assert {number: f"simplified/{name}" for number, name in rows} == by_number
    assert len(PAGE.splitlines()) < 45
    for number, name in by_number.items():
        assert name.startswith(f"simplified/c{int(number[1:]):02}-")
        assert NAMES[name].about["protocol"] == "simplified"


def test_every_name_in_code_font_on_the_page_exists():
    known = {*(name.removeprefix("simplified/") for name in NAMES), *REPAIRS, "raft"}
    folder = Path(rl.__file__).parent / "protocols"
    calls = {'rl.scenario("simplified/c01-vote-never-cleared")', 'rl.scenario("C1")'}
    named = re.findall(r"`([^`\n]+)`", PAGE)
    assert [n for n in named if n not in known | calls and not (folder / n).exists()] == []
    assert len(named) > 30


def leaders(state):
    seen = [state.observe(id) for id in state.config.servers]
    return [one for one in seen if one.role == "leader"]


def votes(state):
    return {id: state[id].voted_for for id in state.config.servers}


def waits(state):
    return [id for id in state.config.servers if state[id].call is not None]


def all_voted_for_the_leader(state):
    return leaders(state) and set(votes(state).values()) == {leaders(state)[0].id}


def all_voted_for_themselves(state):
    return not leaders(state) and not waits(state) and all(a == b for a, b in votes(state).items())


def orphan(state):
    lost = [id for id, vote in votes(state).items() if id == vote and state[id].role == "follower"]
    first = [one.term for one in leaders(state)]
    return not waits(state) and first and any(state[id].current_term > first[0] for id in lost)


def both_followers_gone(state):
    terms = [state[id].current_term for id in state.config.servers]
    return leaders(state) and sorted(terms) == [1, 2, 2] and votes(state) == {i: i for i in THREE}


def two_lead(state):
    return len(leaders(state)) == 2


def acknowledged_and_missing(state):
    """By the leader of an earlier term, in the log of a leader of a later one."""
    return any(
        command not in [entry.command for entry in one.log]
        for id in state.config.servers for command in state[id].acknowledged
        for one in leaders(state) if one.term > state[id].current_term
    )  # fmt: skip


def acknowledged_and_stored_once(state):
    logs = [[entry.command for entry in state[id].log] for id in state.config.servers]
    told = [command for id in state.config.servers for command in state[id].acknowledged]
    return any(sum(command in log for log in logs) == 1 for command in told)


def terms_fall_in_a_log(state):
    logs = [[entry.term for entry in state[id].log] for id in state.config.servers]
    return any(terms != sorted(terms) for terms in logs)


def what_was_done(found):
    """The actions that are no arrivals: elections, restarts, requests. What a call meets belongs
    to it; in the search, to give it up is a round of its own."""
    chosen = [a for a in found.actions if type(a) not in (Deliver, Duplicate, Drop, Restart)]
    return [action for action in chosen if not (type(action) is Fire and action.timer == "call")]


# What to look for, within which bounds, and how many actions it takes. In three cases that is less
# than where a call is one event, as the comments say; everywhere else it is just as many.
DEPTHS = {
    "C1": (all_voted_for_the_leader, {"requests": 0}, 1),  # and the crash is the second
    "C2": (all_voted_for_themselves, {"requests": 0, "terms": 1}, 3),
    "C3": (orphan, {"requests": 0}, 2),
    "C4": (both_followers_gone, {"requests": 0}, 3),
    "C6": (two_lead, {"requests": 0}, 2),
    "C7": (acknowledged_and_missing, {"requests": [X]}, 3),
    "C8": (acknowledged_and_stored_once, {"requests": [X]}, 2),
    # 3 where the heartbeat that is lost is not the one that goes with the election.
    "C9": ("log_matching", {"requests": [BEAT, X], "terms": 1}, 2),
    # 4 with commands; the heartbeats of two elections do as well.
    "C12": (terms_fall_in_a_log, {"requests": 0, "servers": 5, "cut": False}, 2),
    "C13": ("election_safety", {"requests": 0, "terms": 1, "crashes": 1}, 3),
}


@pytest.mark.parametrize("number", DEPTHS)
def test_as_few_actions_bring_it_about_as_the_table_says(number):
    wanted, bounds, depth = DEPTHS[number]
    if isinstance(wanted, str):
        found = rl.explore("simplified", against=wanted, progress=False, **bounds)
        assert [verdict.name for verdict in found.verdicts] == [wanted]
    else:
        found = rl.explore("simplified", against="election_safety", until=wanted, progress=False,
                           **bounds)  # fmt: skip
        assert found.reached
    assert len(what_was_done(found)) == depth


def can_be_elected(votes, among):
    """Whether anybody among these servers could get a majority: itself and every vote it may."""
    return any(
        1 + sum(votes[other] in (None, id) for other in among if other != id) >= 2 for id in among
    )


def test_nobody_has_two_leaders_in_a_term_and_many_can_have_none():
    """C2: 8 of 90 states can elect nobody; without their leader, 39 of 57 could not."""
    found = rl.explore("simplified", against="election_safety", requests=0, terms=2, cut=False,
                       progress=False)  # fmt: skip
    assert found.ok is True
    engine, seen = found._search.engine, {}
    for state in map(engine.view, found._search.order):
        if not waits(state):
            nodes = [state[id] for id in THREE]
            seen[tuple((n.role, n.current_term, n.voted_for) for n in nodes)] = state
    lost, left = [], []
    for state in seen.values():
        first = [one.id for one in leaders(state)]
        if not first:
            lost.append(not can_be_elected(votes(state), THREE))
        elif len(first) == 1:
            left.append(not can_be_elected(votes(state), [i for i in THREE if i != first[0]]))
    assert (len(seen), sum(lost), sum(left), len(left)) == (90, 8, 39, 57)


@pytest.mark.parametrize("servers", [3, 5])
def test_no_round_of_elections_gives_another_leader(servers):
    """C1: fifty rounds of each survivor, and every vote is spent."""
    run = rl.cluster("simplified", servers=servers, seed=1, latency=1, jitter=0)
    run.until(lambda run: run["S2"].log.last_index and run["S1"].call is None)
    run.crash("S1")
    for _ in range(50):
        for id in run.state.config.servers[1:]:
            run.fire(id)
            run.until(lambda run, id=id: run[id].call is None)
    assert run.leader is None and run["S2"].current_term >= 51
    assert not [v for v in run.verdicts if v.name != "term_never_falls"]

"""Designs that fail, two generals, and agreement on a bit: each is what it claims, and no more."""

import pytest

import raftlab as rl
from raftlab.checks.adversary import plan
from raftlab.core import majority
from raftlab.protocols.naive_primary import DESIGNS
from raftlab.scenarios import catalog, find

# How many events the history takes that refutes a design, by its own bounds; None: there is none.
EVENTS = {
    "coordinator": None, "write-to-one": 2, "write-to-all": 3, "primary-without-quorum": 4,
    "reachable-quorum": 6, "configured-quorum": 6,
}  # fmt: skip


def test_every_design_has_its_count():
    assert EVENTS.keys() == DESIGNS.keys()


@pytest.mark.parametrize("design", DESIGNS)
def test_a_design_is_refuted_by_a_short_history_or_never_says_anything_wrong(design):
    found = rl.explore(design, progress=False)
    if EVENTS[design] is None:
        assert found.ok is True
        return
    assert found.ok is False and found.verdicts[0].name == "linearizability"
    assert len(found.actions) == EVENTS[design]
    assert rl.linearizable(found.run).ok is False  # on the real cluster, too
    assert found.states < 20_000


def test_a_majority_of_all_servers_leads_to_two_primaries_first():
    found = rl.explore("configured-quorum", progress=False)
    assert found.before.reached and len(found.before.actions) == 9


def test_raft_stands_where_a_majority_without_terms_falls():
    """§5.2, §5.4: two leaders, yes, but never two that may answer."""
    asked = {"requests": [("set", "x", 1), ("get", "x")], "cut": False, "progress": False}
    assert rl.explore("configured-quorum", **asked).ok is False
    found = rl.explore("raft", terms=2, against="linearizability", **asked)
    assert found.ok is True and found.states > 4000


@pytest.mark.parametrize("name", [name for name in catalog() if name.startswith("naive/")])
def test_each_story_is_about_its_protocol(name):
    about = catalog()[name].about["protocol"]
    assert about in (*DESIGNS, "agree", "two-generals")


def test_a_write_to_all_is_answered_when_all_hold_it():
    run = rl.cluster("write-to-all", servers=3, seed=1)
    run.request(("add", "x", 2), to="S1")
    run.deliver("Write", "S1", "S2")
    run.deliver("Stored", "S2", "S1")
    assert run.operations()[0].status == "unknown"
    run.run(100)
    assert run.operations()[0].result == 2
    assert [run[id].data.data for id in ("S1", "S2", "S3")] == [{"x": 2}] * 3


def test_of_two_primaries_the_busier_stays_and_what_the_other_answered_is_gone():
    run = rl.scenario("naive/primary-without-quorum", at="end")
    assert run.leader == "S3" and rl.show.ring(run).text.count("x=3") == 5
    assert [op.status for op in run.operations()] == ["ok"] * 3


def test_a_cut_leaves_no_second_primary_where_all_servers_are_counted():
    for design, expected in (("reachable-quorum", 2), ("configured-quorum", 1)):
        run = rl.cluster(design, servers=5, seed=1)
        run.run(500)
        run.partition(["S1", "S2"], ["S3", "S4", "S5"])
        run.run(1000)
        leading = [id for id in run.state.config.servers if run[id].role == "leader"]
        assert len([id for id in leading if run[id].may_decide(run[id].reachable)]) == expected


# -- two generals -------------------------------------------------------------------------


@pytest.mark.parametrize("messengers", range(1, 9))
def test_one_messenger_caught_is_enough_for_any_number_of_them(messengers):
    found = rl.explore("two-generals", messengers=messengers, progress=False)
    assert found.ok is False and found.verdicts[0].name == "agreement"
    # All but the last arrive, and dawn comes twice: no shorter night does it.
    assert len(found.actions) == messengers + 1


def test_if_all_messengers_come_both_generals_attack():
    for messengers in range(1, 9):
        run = rl.cluster("two-generals", servers=2, messengers=messengers, seed=1)
        run.run(1100)
        assert [run[id].decided for id in ("S1", "S2")] == ["attack"] * 2


def test_several_copies_of_a_messenger_are_likelier_to_get_through_and_can_all_be_caught():
    lost = [0, 0]
    for copies in (1, 3):
        for seed in range(200):
            run = rl.cluster(
                "two-generals", servers=2, messengers=1, copies=copies, loss=0.3, seed=seed
            )
            run.run(1100)
            lost[copies == 3] += run["S2"].decided == "retreat"
    assert 40 < lost[0] < 80 and lost[1] < 15  # 0.3 and 0.027 of 200
    found = rl.explore("two-generals", messengers=1, copies=3, progress=False)
    assert found.verdicts[0].name == "agreement"


def test_a_third_general_is_refused():
    with pytest.raises(rl.Impossible, match="servers=2"):
        rl.cluster("two-generals", servers=3)


# -- agreement on a bit -------------------------------------------------------------------


def asked(protocol, *bits, **settings):
    run = rl.cluster(protocol, servers=len(bits), **{"seed": 1, **settings})
    for id, bit in zip(run.state.config.servers, bits, strict=True):
        run.request(("set", "x", bit), to=id)
    return run


@pytest.mark.parametrize("protocol", ["agree", "agree+coin", "agree+zero"])
@pytest.mark.parametrize("wait_for", [None, 3])
def test_in_two_rounds_nobody_decides_differently_in_any_order(protocol, wait_for):
    run = asked(protocol, 0, 1, 1, wait_for=wait_for, last_round=2)
    found = rl.explore(run, by="messages", requests=0, terms=None, progress=False)
    assert found.ok is True and found.states > 500


def test_two_reports_taken_for_a_majority_of_five_break_agreement():
    """The rule that a majority is one of all servers, and not of those heard."""

    class Hasty(type(rl.cluster("agree", servers=3)["S1"])):
        replaces_values = True

        def count_proposals(self, bits):
            self.decided = self.bit = next((b for b in bits if b is not None), self.bit)
            self.next_round()

    run = asked(Hasty, 0, 1, 1, last_round=1)
    found = rl.explore(run, by="messages", requests=0, terms=None, progress=False)
    assert found.ok is False and found.verdicts[0].name == "agreement"
    assert found.verdicts[0].why.startswith("S") and " has decided " in found.verdicts[0].why


@pytest.mark.parametrize("bits", [(0, 0, 0), (1, 1, 1), (1, 1, 1, 1, 1)])
def test_what_all_want_is_decided_in_the_first_round(bits):
    run = asked("agree", *bits)
    run.run(1000)
    nodes = [run[id] for id in run.state.config.servers]
    assert {(node.decided, node.decided_in) for node in nodes} == {(bits[0], 1)}
    assert not run.state.network, "everybody is done one round later"


def test_with_coins_all_decide_the_same_whatever_the_network_does():
    for seed in range(40):
        run = asked("agree+coin", 0, 1, 0, 1, 1, seed=seed, jitter=40)
        run.run(5000)
        assert len({run[id].decided for id in run.state.config.servers} - {None}) == 1
        assert not run.verdicts


def test_a_coin_falls_on_either_side_about_equally_often():
    fallen = []
    for seed in range(400):
        run = asked("agree+coin", 0, 1, 1, seed=seed)
        run.deliver("Report", "S2", "S1")
        run.deliver("Report", "S1", "S2")
        run.deliver("Proposal", "S1", "S2")
        run.until(lambda run: run["S2"].round == 2)
        fallen.append(run["S2"].bit)
    assert 160 < sum(fallen) < 240


def test_waiting_for_fewer_than_a_majority_is_refused():
    with pytest.raises(rl.Impossible, match="wait_for"):
        rl.cluster("agree", servers=5, wait_for=majority(5) - 1)


# -- the network as an adversary ----------------------------------------------------------


@pytest.mark.parametrize(
    "bits, patience, settings, endless, moves",
    [
        ((0, 1, 1), 12, {}, True, None),
        ((0, 1, 1), 8, {}, True, None),
        ((0, 1, 1), 6, {}, False, 6),
        ((1, 1, 1), 12, {}, False, 6),
        ((0, 1, 1), 12, {"wait_for": 3}, False, 9),
    ],
)
def test_the_network_can_go_on_for_ever_exactly_if(bits, patience, settings, endless, moves):
    """Fischer, Lynch, Paterson: not if all want the same, nor if servers wait for everybody."""
    found = plan(asked("agree", *bits, **settings).state, [0] * 6, patience)
    assert found.endless is endless
    assert moves is None or len(found.moves) == moves


def test_if_who_is_in_doubt_takes_0_either_bit_may_come_out_and_the_network_can_still_go_on():
    """Fischer, Lynch, Paterson: a start that is open, and a round that leaves it open."""
    assert "decides 1" in rl.adversary("agree+zero").deliver("S3→S2", "S2→S3", "S3→S2").over
    game = rl.adversary("agree+zero").deliver("S1→S2", "S1→S3", "S2→S1")
    game.deliver("S2→S3", "S3→S1", "S3→S2")
    game.deliver("S1→S2", "S1→S3", "S2→S1", "S2→S3", "S3→S1", "S3→S2", "S1→S2", "S2→S1", "S1→S2")
    assert game.over == "S2 decides 0, after 15 of your choices"
    game = rl.adversary("agree+zero")
    for _ in range(20):
        game.deliver("S2→S1", "S3→S2", "S1→S3", "S3→S1", "S1→S2", "S2→S3")
        game.deliver("S3→S1", "S2→S3", "S1→S2", "S2→S1", "S3→S2", "S1→S3")
    assert game.score == 240 and not game.over
    assert [game.run[id].bit for id in ("S1", "S2", "S3")] == [0, 1, 1]


def test_an_endless_plan_is_played_and_stays_within_the_rules():
    game = rl.adversary(patience=8).play(400)
    assert game.score == 400 and not game.over and game.rounds > 25
    assert not [step for step in game.run.steps if type(step.action).__name__ in ("Drop", "Crash")]


def test_a_choice_is_refused_when_another_message_has_waited_to_the_end():
    game = rl.adversary(patience=6)
    with pytest.raises(rl.Impossible, match="S1→S2 has waited 5 choices"):
        game.deliver("S3→S2", "S3→S1", "S2→S1", "S2→S3", "S1→S3", "S3→S1")


def test_the_referee_judges_what_happens_outside_of_its_own_hands():
    game = rl.adversary()
    game.run.drop("Report", "S1", "S2")
    assert game.over == "foul: you have lost a message, S1→S2"
    game = rl.adversary(patience=3)
    for src, dst in (("S2", "S1"), ("S2", "S3"), ("S3", "S1")):
        game.run.deliver("Report", src, dst)
    assert "has waited 3 choices" in game.over
    game = rl.adversary("agree+coin")
    game.run.deliver("Report", "S2", "S1")
    game.run.deliver("Report", "S1", "S2")
    game.run.deliver("Proposal", "S1", "S2")
    slow = max(game.run.state.host("S2").timers)[1]
    game.run.fire("S2", slow)
    assert game.over == "foul: you have turned the coin of S2"


def test_a_decision_ends_the_game_and_undo_reopens_it():
    game = rl.adversary()
    game.run.run(2000)
    assert "decides 1" in game.over and game.text.count("has decided 1") == 3
    with pytest.raises(rl.Impossible, match="the game is over"):
        game.deliver(1)
    game.run.goto(game.begins)
    assert game.score == 0 and not game.over and len(game.text.splitlines()) == 10


def test_a_crash_stops_those_who_wait_for_everybody_and_nobody_else():
    waits = rl.adversary(wait_for=3, crashes=1).crash("S3").play(100)
    assert waits.over.startswith("you have won: nothing is under way") and waits.score == 6
    goes_on = rl.adversary(crashes=1).crash("S3").play(100)
    assert goes_on.score == 100 and not goes_on.over
    with pytest.raises(rl.Impossible, match="no crashes"):
        rl.adversary().crash("S1")


def test_coins_end_the_game_and_three_in_four_rounds_go_on():
    """All three coins fall alike in one round of four; else the network knows how to go on."""
    found = rl.adversary("agree+coin").tournament(100)
    assert found.undecided(1) == 100  # the inputs differ
    assert 64 <= found.undecided(2) <= 86
    assert found.undecided(32) == 0
    assert "100 games" in repr(found)


def test_what_is_no_game_is_refused():
    for slip in ({"protocol": "raft"}, {"inputs": (0, 2, 1)}, {"patience": 0}):
        with pytest.raises(rl.Impossible):
            rl.adversary(**slip)
    for link, told in (
        ("S1→S9", "'S1→S9' is no link: write S1->S2, .* there are S1, S2, S3$"),
        ("S1→S1", "no message is under way on 'S1→S1'; to S1 there is S2→S1, S3→S1$"),
    ):
        with pytest.raises(rl.Impossible, match=told):
            rl.adversary().deliver(link)


# -- quorums ------------------------------------------------------------------------------


def test_majorities_meet_and_halves_need_not():
    assert "45 pairs" in rl.show.quorums(5).text
    assert "every pair has at least 1 in common" in rl.show.quorums(5).text
    halves = rl.show.quorums(4, 2)
    assert "3 pairs have no server in common" in halves.text and "S1 S2 and S3 S4" in halves.text
    apart = [mark for mark in halves.scene.of("pair") if "share nobody" in mark.title]
    assert len(apart) == 3 and len(halves.scene.of("pair")) == 15
    with pytest.raises(rl.Impossible, match="too many"):
        rl.show.quorums(7)


def test_a_failed_expectation_says_nothing_of_terms_where_there_are_none():
    text = find("naive/configured-quorum").text + "\nrun 1\n----\nexpect no leader\n"
    with pytest.raises(rl.Impossible, match=r"S\d leads(,|$)"):
        rl.scenario(text)

"""Find the broken rule, and the games: what a learner may hand over instead, and what is said."""

from ast import literal_eval
from inspect import getsource

import pytest

import raftlab as rl
from raftlab.lessons import exercise as ex
from raftlab.lessons.exercise import exercise, judged
from raftlab.lessons.parts import find, games, games_agree, games_lost
from raftlab.lessons.plugged import in_scenario
from raftlab.lessons.suspects import CAUTION, MUTANTS, RULES, culprit
from raftlab.protocols import BREAKS, protocol
from raftlab.protocols.composed import replaced


def verdict(id, given):
    return judged(exercise(id), given)


# -- find ---------------------------------------------------------------------------------


def test_a_suspect_is_the_same_one_whenever_it_is_asked_for_and_ten_are_ten():
    assert rl.suspect(3) is rl.suspect(3) and rl.suspect(3).__name__ == "Suspect3"
    for begin in (1, 11, 101):
        assert {culprit(number) for number in range(begin, begin + 10)} == set(MUTANTS)
    with pytest.raises(rl.Impossible, match="numbered from 1, not 0"):
        rl.suspect(0)


@pytest.mark.parametrize("number", range(1, 11))
def test_nothing_that_one_sees_of_a_suspect_names_its_break(number):
    """Neither its class, nor the source of any rule, nor a run, its feed, picture or text."""
    kind, name = rl.suspect(number), culprit(number)
    run, _ = in_scenario(f"breaks/{name}", kind)
    run = run.copy()
    twin = BREAKS[name]
    told = [repr(kind), repr(kind.__mro__), str(run), str(run["S1"]), rl.scenarios.text_of(run)]
    told += [repr(rl.show.feed(run)), rl.show.ring(run).svg, run.dump()]
    told += [getsource(getattr(kind, rule)) for rule in RULES]
    for text in told:
        assert name not in text and twin.__name__ not in text
    assert len({getsource(getattr(kind, rule)) for rule in RULES}) == 1
    assert kind.rules() == protocol("raft").rules()


@pytest.mark.parametrize("number", range(1, 11))
def test_a_suspect_goes_wrong_as_its_break_does_and_nowhere_else(number):
    name = culprit(number)
    run = rl.scenario(f"breaks/{name}", at="end", protocol=rl.suspect(number))
    assert BREAKS[name].breaks in [verdict.name for verdict in run.verdicts]
    for other in set(MUTANTS) - {name}:
        if replaced(BREAKS[other]) != replaced(BREAKS[name]):
            ours = rl.scenario(f"breaks/{other}", at="end", protocol=rl.suspect(number))
            right = rl.scenario(f"breaks/{other}", at="end", protocol=f"raft!{name}")
            assert ours.digest() == right.digest()


@pytest.mark.parametrize("number", range(1, 11))
def test_the_bounds_of_the_first_hint_find_it_in_their_order(number):
    """None of the searches on the way is long, or gives up; and what falls in the run that is
    found is taken for right."""
    for words in find.BOUNDS:
        bounds = {"servers": 3, **dict(word.split("=") for word in words.split(", "))}
        bounds = {word: literal_eval(str(held)) for word, held in bounds.items()}
        found = rl.explore(rl.suspect(number), progress=False, states=20_000, **bounds)
        if not found.ok:
            break
    assert found.ok is False
    later = next(n for n in range(11, 21) if culprit(n) == culprit(number))
    fell = {one.name for one in found.run.verdicts}
    for name in fell:
        answer = {later: (replaced(BREAKS[culprit(number)]), name)}
        assert verdict("find/another", answer).level == ex.RIGHT
    assert fell


@pytest.mark.parametrize("id", ["find/suspects", "find/another"])
def test_the_first_hint_names_the_bounds_in_their_order(id):
    hint = exercise(id).hints[0]
    assert [hint.index(words) for words in find.BOUNDS] == sorted(map(hint.index, find.BOUNDS))
    assert ("suspect(2)" in hint) == (id == "find/suspects")


def test_what_falls_in_another_shortest_run_is_right_as_well():
    """With two terms and a late message the shortest run of one suspect ends elsewhere."""
    number = next(n for n in range(11, 21) if culprit(n) == "always-truncates")
    found = rl.explore(rl.suspect(number), terms=2, requests=1, late=1, progress=False)
    assert {one.name for one in found.run.verdicts} == {"leader_completeness"}
    answer = {number: ("merged", "leader_completeness")}
    assert verdict("find/another", answer).level == ex.RIGHT
    answer = {2: ("has_vote_for", "vote_never_changes"), 6: ..., 10: ...}
    assert verdict("find/suspects", answer).points == 3


def test_a_suspect_says_that_its_sentences_are_raft_s():
    """Suspect 20 goes on leading where they say that it follows."""
    found = rl.explore(rl.suspect(20), terms=2, requests=1, progress=False)
    assert CAUTION in found.run.why(0) and CAUTION in repr(rl.show.feed(found.run))
    assert CAUTION in rl.suspect(20).__doc__
    told = [sentence for at in range(len(found.run) + 1) for sentence in found.run.why(at)]
    assert told.count(CAUTION) == 1
    assert "S1 learns of term 2 (it was leader in term 1): it follows, with a fresh" in str(told)
    assert found.run["S1"].role == "leader" and found.run["S1"].current_term == 2
    assert CAUTION not in rl.cluster("raft", servers=3, seed=1).why(0)


@pytest.mark.parametrize("number", range(11, 31))
def test_any_suspect_can_be_found(number):
    twin = BREAKS[culprit(number)]
    answer = {number: (replaced(twin), rl.checks.invariants.TITLES[twin.breaks].partition(":")[0])}
    if ":" in rl.checks.invariants.TITLES[twin.breaks]:  # "Election Safety" does as well
        assert verdict("find/another", answer).level == ex.RIGHT
    right = verdict("find/another", {number: (replaced(twin), twin.breaks)})
    assert right.level == ex.RIGHT and "there is another to find: there is no last" in right.told


@pytest.mark.parametrize("given, told", [
    ({2: ("has_votes_for", "election_safety"), 6: ..., 10: ...}, "did you mean has_vote_for"),
    ({2: ("has_vote_for", "safety of elections"), 6: ..., 10: ...}, "there is no property"),
    ({2: ("has_vote_for", "election_safety"), 6: ..., 10: ...}, "suspect 6 is still open"),
    ({2: ("has_vote_for", "election_safety")}, "nothing is said of suspect 6"),
    ({2: ("has_vote_for",), 6: ..., 10: ...}, "write two names"),
    ({2: (None, None), 6: ..., 10: ...}, "Raft has no rule None"),
    ({2: ("is_up_to_date", "election_safety"), 6: ..., 10: ...}, "it breaks all the same"),
    ({2: ("has_vote_for", "log_matching"), 6: ..., 10: ...}, "this holds: Log Matching"),
    ({2: ("has_vote_for", ...), 6: ..., 10: ...}, "suspect 2: what falls is still open"),
    ({2: (..., "election_safety"), 6: ..., 10: ...}, "suspect 2: the rule is still open"),
    ({2: ("Election Safety", "has_vote_for"), 6: ..., 10: ...}, "the method comes first"),
    ({2: ("has_vote_for", "wins_election"), 6: ..., 10: ...}, "the method comes first, then what"),
    ([1, 2], "a dict is wanted"),
])  # fmt: skip
def test_a_finding_that_is_none_is_answered(given, told):
    found = verdict("find/suspects", given)
    assert found.level in (ex.NOT_YET, ex.KIND) and told in found.told, found.told


@pytest.mark.parametrize("given, told", [
    ({11: ..., 12: ...}, "one suspect at a time, and here are 2"), ({}, "here are 0"),
    ({5: ("has_vote_for", "election_safety")}, "suspect 5 is one of the first 10: take 11 or more"),
    ({"17": ("has_vote_for", "election_safety")}, "a suspect is a number, 11 or more, not '17'"),
])  # fmt: skip
def test_another_suspect_is_one_and_no_early_one(given, told):
    found = verdict("find/another", given)
    assert found.level == ex.NOT_YET and told in found.told, found.told


def test_a_wrong_rule_is_answered_with_a_run_that_names_no_scenario():
    found = verdict("find/suspects", exercise("find/suspects").wrong["commit"].answer)
    assert found.run.scenario is None and found.run.verdicts
    assert found.run.about["protocol"] == "Suspect6"
    assert found.missed.seen.startswith("Suspect 6 goes wrong here, and may_commit answers as")


# -- games --------------------------------------------------------------------------------

RAFT = "cluster raft servers={} seed=1 jitter=0\n\n"


@pytest.mark.parametrize("id", ["games/split-votes", "games/two-leaders", "games/one-term",
                                "games/lost-write"])  # fmt: skip
@pytest.mark.parametrize("text, told", [
    ("cluster raft!votes-twice servers=3 seed=1\nfire S1", "for another protocol, raft!votes-"),
    ("cluster raft servers=3 seed=1\nserver S1 term=4\nfire S1", "server lines set fields by"),
    ("cluster raft servers=3 seed=1\nfly S1", "line 2: fly S1: there is no verb"),
    ("cluster raft servers=3 seed=1\nrepeat 9999 { fire S1 }", "has 2,000 events at most"),
])  # fmt: skip
def test_a_game_on_a_right_raft_is_played_on_a_right_raft(id, text, told):
    found = verdict(id, text)
    assert found.level == ex.NOT_YET and told in found.told, found.told


def test_a_game_may_be_played_by_hand():
    run = rl.cluster(servers=3, seed=4)
    for candidate, voter in (("S1", "S2"), ("S2", "S3")):
        run.fire(candidate)
        run.deliver("RequestVote", candidate, voter)
        run.deliver("RequestVoteReply", voter, candidate)
    assert verdict("games/two-leaders", run).level == ex.RIGHT


@pytest.mark.parametrize("id", ["games/split-votes", "games/two-leaders", "games/disagree",
                                "games/lost-write"])  # fmt: skip
@pytest.mark.parametrize("text", ["delivr RequestVote S1->S2", "fire S1\ndelivr S1->S2"])
def test_what_cannot_be_played_gets_no_points(id, text):
    head = exercise(id).starter.partition("\n")[0]
    found = verdict(id, f"{head}\n{text}")
    assert "there is no verb 'delivr'; did you mean deliver?" in found.told
    assert found.points == 0 and found.of == exercise(id).points


def test_what_is_lacking_comes_first():
    """§5.1: one leads at the end, and that is not what is asked for."""
    found = verdict("games/two-leaders", RAFT.format(3) + "elect S1")
    assert found.told.startswith("no two servers ever led at once. At the end S1 leads term 1: S1")
    half = exercise("games/disagree").starter + "\nfire S1"
    assert verdict("games/disagree", half).told.startswith(
        "no two servers have committed different entries at one index. At the end nobody leads: "
    )


def test_what_is_longer_than_the_shortest_is_told_by_how_much():
    """§5.1: two leaders in one moment, six events by the search."""
    text = exercise("games/two-leaders").reference
    longer = text.replace("fire S2", "drop RequestVote S1->S3 ; fire S2", 1)
    found = verdict("games/two-leaders", longer)
    assert found.told == "7 events, and 6 are enough: 1 longer than the shortest"
    assert found.points == found.of - 1
    apart = exercise("games/disagree").reference
    assert "6 are enough: 1 longer" in verdict(
        "games/disagree", apart.replace("fire S2", "drop AppendEntries S1->S3 ; fire S2", 1)
    ).told  # fmt: skip


def test_the_shortest_is_the_search_s_and_the_right_rule_leaves_nothing_to_find():
    assert games.fewest_events() == games_lost.fewest_events() == 6
    found = rl.explore("raft", requests=0, against=games_lost.APART, progress=False)
    assert found.ok is True and found.bounds.terms == 2


@pytest.mark.parametrize("verb, told", [
    ("crash S1", "a crash: only timers"), ("pause S1", "a pause: only timers"),
    ("partition S1 S2 | S3 S4 S5", "a partition: only timers"), ("tune loss=1", "a tune: only"),
    ("lose all", "a drop: only timers"), ("duplicate RequestVote S1->S2", "a duplicate: only"),
])  # fmt: skip
def test_splitting_votes_by_force_is_no_game(verb, told):
    text = RAFT.format(5) + f"fire S1\n{verb}\nsettle\n"
    assert any(told in part.told for part in verdict("games/split-votes", text).parts)


@pytest.mark.parametrize("text, told", [
    ("impossible", "impossible within which bounds?"),
    ("impossible: servers=3 terms=x", "'terms=x' is no bound of this search; there are servers"),
    ("impossible: servers=8 terms=1", "from 1 to 7, terms from 1 to 9, requests from 0 to 9"),
    ("impossible: servers=3 terms=1 luck=1", "'luck=1' is no bound"),
    ("impossible: servers=2 terms=1 crashes=1", "no test of majorities"),
    ("impossible: servers=3 terms=1 crashes=0", "true, and too little"),
    ("I think it is impossible", "a scenario begins with its cluster"),
    (RAFT.format(3) + "elect S1", "If nothing does it, say so: write impossible: servers=…"),
])  # fmt: skip
def test_a_statement_is_as_good_as_its_bounds(text, told):
    """What is asked for is not said in the place of the learner."""
    found = verdict("games/one-term", text)
    assert exercise("games/one-term").reference.strip() not in found.told
    assert found.points < found.of and told in found.told, found.told


def test_other_bounds_that_the_search_exhausts_do_as_well():
    text = "# I have tried.\nimpossible: servers=3 terms=1 requests=0 crashes=1"
    found = verdict("games/one-term", text)
    assert found.level == ex.RIGHT and found.parts[1].name.endswith("3,542 states")


def test_a_game_of_adversary_is_handed_over_as_it_is():
    """Also one that is not over: what was chosen so far counts."""
    game = rl.adversary("agree", games_agree.INPUTS, patience=games_agree.PATIENCE)
    for link in exercise("games/undecided").reference.split():
        game.deliver(link)
    assert game.score == 120 and rl.check("games/undecided", game).level == ex.RIGHT
    game.run.undo(100)
    assert verdict("games/undecided", game).points == 1


def other_inputs():
    return rl.adversary("agree", (0, 0, 0, 0, 0), patience=60)


def crashed():
    game = rl.adversary("agree", games_agree.INPUTS, patience=60, crashes=1)
    return game.crash("S1")


def patient():
    return rl.adversary("agree", games_agree.INPUTS, patience=1000)


@pytest.mark.parametrize("make, told", [
    (other_inputs, "this is another game"), (patient, "this is another game"),
    (crashed, "a choice is a message that is delivered"),
    (lambda: "S1->S9", "choice 1, S1->S9: 'S1->S9' is no link: write S1->S2, from a server to "
                       "another; there are S1, S2, S3, S4, S5"),
    (lambda: "S1 -> S2", "choice 1, S1: 'S1' is no link: write S1->S2"),
    (lambda: "S1->S2 " * 9, "choice 2, S1->S2: no message is under way on 'S1->S2'; to S2 there "
                            "is S3→S2, S4→S2, S5→S2"),
    (lambda: "S1->S2 " * 500, "400 choices are looked at, and these are 500"),
    (lambda: [1], "a text is wanted, not a list"),
])  # fmt: skip
def test_another_game_is_not_this_one(make, told):
    found = verdict("games/undecided", make())
    assert found.points == 0 and told in found.told, found.told


def test_a_message_that_is_held_back_too_long_ends_the_game():
    links = exercise("games/undecided").reference.split()
    held = [link for link in links if link != "S3->S5"]
    told = verdict("games/undecided", " ".join(held)).told
    assert told == "choice 60, S4->S3: S3→S5 has waited 59 choices: it comes next"

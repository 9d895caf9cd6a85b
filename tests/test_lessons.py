"""Predictions: the model answers, exactly one option is right, and every other is answered too."""

import json
import subprocess
import sys

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons.predict import _known
from raftlab.lessons.question import LETTERS, Luck, Option, Question

KINDS = list(_known())
SEEDS = range(16)


def right(question):
    return question.options[LETTERS.index(question.answer)].text


def again(question):
    """The same situation, made again from the saved history, with its future still open."""
    run = rl.load(question.run.dump())
    run.goto(question.asked_at)
    run.fork()
    return run


@pytest.mark.parametrize("kind", KINDS)
def test_exactly_one_option_is_right_and_all_are_distinct(kind):
    for seed in SEEDS:
        question = rl.predict(kind, seed)
        texts = [option.text for option in question.options]
        assert len(set(texts)) == len(texts) >= 3
        assert [option.right for option in question.options].count(True) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_wrong_option_has_a_reason_of_its_own(kind):
    for seed in SEEDS:
        question = rl.predict(kind, seed)
        reasons = [option.because for option in question.options]
        assert all(len(reason) > 20 for reason in reasons)
        wrong = [option.because for option in question.options if not option.right]
        assert len(set(wrong)) >= min(2, len(wrong))
        told = question.choose(next(x for x in LETTERS if x != question.answer)).text
        assert told.startswith("Not this time.") and f"model says {question.answer}" in told
        assert ".." not in told.replace("…", "")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_asks_the_same_question_and_the_next_another(kind):
    one, same = rl.predict(kind, 5), rl.predict(kind, 5)
    assert one.text == same.text and one.html() == same.html() and one.answer == same.answer
    assert one.next().seed == 6 and one.next().text == rl.predict(kind, 6).text
    assert len({rl.predict(kind, seed).text for seed in SEEDS}) > 12


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_spread_over_the_options(kind):
    """Nobody passes by always saying the same."""
    answers = [rl.predict(kind, seed).answer for seed in range(30)]
    assert max(answers.count(letter) for letter in set(answers)) <= 24
    assert len(set(answers)) >= 2


def test_a_vote_is_predicted_as_figure_2_says():
    """§5.1, §5.2, §5.4.1, written down once more by hand from what the table shows."""
    outcomes = set()
    for seed in range(120):
        question = rl.predict("vote", seed)
        state = question.run.state
        sent = next(e for e in state.network if e.dst in question.ask.split(" reaches ")[1][:2])
        ask, voter = sent.message, state[sent.dst]
        free = ask.term > voter.current_term or voter.voted_for in (None, sent.src)
        last = voter.log[len(voter.log)].term if len(voter.log) else 0
        good = (ask.last_log_term, ask.last_log_index) >= (last, len(voter.log))
        stale = ask.term < voter.current_term
        expected = "a" if free and good and not stale else "b" if stale else "d" if free else "c"
        assert question.answer == expected, question.text
        assert stale + (not free and not stale) + (not good) <= 1, "two reasons, two answers"
        outcomes.add(expected)
    assert outcomes == set("abcd")


def test_the_winner_is_the_one_who_wins_when_it_is_run_again():
    for seed in SEEDS:
        question = rl.predict("winner", seed)
        run = again(question)
        leaders = set()
        for _ in range(400):
            run.step()
            leaders |= {id for id in run.state.config.servers
                        if run.state.observe(id).role == "leader"
                        and run.state.observe(id).term == 2}  # fmt: skip
        assert right(question).split()[0] in (leaders or {"nobody"})


def test_a_majority_is_one_of_all_configured_servers():
    for seed in SEEDS:
        question = rl.predict("majority", seed)
        run = again(question)
        count = len(run.state.config.servers)
        alive = sum(host.mode == "up" for host in run.state.hosts)
        run.run(4000)
        assert bool(run.leader) == (alive > count / 2)
        need = f"with {count // 2 + 1} vote"
        assert right(question).startswith(need if run.leader else "no leader"), question.text


def test_after_a_crash_there_is_a_leader_when_the_model_has_one():
    for seed in SEEDS:
        question = rl.predict("crash", seed)
        run = again(question)
        window = int(question.ask.split(" ms from now")[0].split()[-1])
        run.run(window)
        soon = run.leader
        run.run(5000)
        expected = "Yes, in a later" if soon else "Not yet" if run.leader else "No, and never"
        assert right(question).startswith(expected), question.text


def test_the_option_never_names_those_who_are_down():
    for seed in SEEDS:
        question = rl.predict("crash", seed)
        down = [h.node.id for h in question.run.state.hosts if h.mode == "down"]
        never = question.options[-1].text
        assert all(id in never for id in down)
        assert never.endswith("is down" if len(down) == 1 else "are down")


def test_who_holds_a_lock_on_redis_is_who_the_model_shows_to_hold_it():
    outcomes = set()
    for seed in range(40):
        question = rl.predict("holder", seed)
        question.run.goto(question.ends)
        state = question.run.state
        holders = [id for id in "AB" if state.observe(id).role == "holder"
                   and state.host(id).mode != "down"]  # fmt: skip
        told = {"A": "A, and nobody else", "B": "B, and nobody else", "AB": "A and B"}
        assert right(question) == told.get("".join(holders), "Nobody"), question.text
        outcomes.add((question.answer, question.ask.split(" asked. ")[1].split(".")[0]))
    assert len(outcomes) == 9  # every outcome of every story


def test_after_healing_everybody_is_in_the_predicted_term():
    for seed in SEEDS:
        question = rl.predict("term", seed)
        run = again(question)
        run.heal()
        run.run(1500)
        terms = {run[id].current_term for id in run.state.config.servers}
        assert terms == {int(right(question).split()[1].strip(":"))}


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_keeps_its_answer_to_itself_until_it_is_asked_for(kind):
    question = rl.predict(kind, 2)
    assert question.options[LETTERS.index(question.answer)].because not in question.text
    assert question.run.position == question.asked_at < question.ends <= len(question.run)
    assert "<details><summary>The model’s answer</summary>" in question.html()
    feedback = question.choose(question.answer.upper())
    assert feedback.right and feedback.text.startswith("Right.")
    assert "What happened" in feedback.text and question.replay().text in feedback.text
    bundle = feedback._repr_mimebundle_()
    assert bundle["text/plain"] == feedback.text and "<table>" in bundle["text/html"]


def test_the_replay_shows_what_decided():
    question = rl.predict("vote", 3)
    assert "refuses S2 its vote" in question.replay().text
    seeds = (s for s in range(20) if "leads it" in rl.predict("term", s).choose("a").text)
    question = rl.predict("term", next(seeds))
    assert f"leads {right(question)}" in question.replay().text


def test_what_cannot_be_answered_says_what_can():
    question = rl.predict("vote", 1)
    for wrong in ("e", "", "ab", 1, None):
        with pytest.raises(Impossible, match="choose one of a, b, c, d"):
            question.choose(wrong)
    with pytest.raises(Impossible, match="vote"):
        rl.predict("nonsense")
    with pytest.raises(Impossible, match="whole number"):
        rl.predict("vote", "x")
    assert rl.predict("vote", -3).text != rl.predict("vote", 3).text


def test_a_kind_with_two_right_options_is_refused():
    run = rl.cluster(servers=3)
    two = [Option("one", True, "because"), Option("two", True, "because")]
    with pytest.raises(ValueError, match="2 right of 2"):
        Question("new", 1, run, "?", (("a",), []), two, 0)


def test_lots_are_drawn_alike_everywhere():
    """The seeds of the notebooks must mean the same on every Python."""
    luck = Luck(7)
    assert [luck.below(100) for _ in range(6)] == [42, 55, 35, 84, 19, 54]
    assert sorted(luck.shuffled("abcde")) == list("abcde")
    assert {luck.between(2, 4) for _ in range(60)} == {2, 3, 4}


# -- the live card ------------------------------------------------------------------------


def card(kind="vote", seed=3):
    from raftlab.lessons.card import Card

    return Card(rl.predict(kind, seed))


def test_the_card_holds_all_that_the_browser_needs():
    made = card()
    packed = made.face.card
    json.dumps(packed)
    assert len(packed["verdicts"]) == len(packed["options"]) == 4
    for at, told in enumerate(packed["verdicts"]):
        assert ("Right." in told) == (at == packed["right"])
    assert (
        made.bundle()["text/plain"] == "<question: vote, seed 3; run this cell to answer it here>"
    )


def test_another_question_comes_when_the_browser_asks():
    made = card()
    made.face.chosen = 1
    made.face.more += 1
    assert made.question.seed == 4 and made.face.chosen == -1
    assert made.face.card["ask"] == rl.predict("vote", 4).ask


def test_what_happened_can_be_played_in_a_lab():
    made = card("crash", 2)
    made.face.play += 1
    assert made.face.trouble == "" and len(made.children) == 2
    lab = made.children[1]
    assert lab.run.position == made.question.asked_at and len(lab.run) >= made.question.ends
    made.face.more += 1
    assert len(made.children) == 1


def test_an_error_behind_the_card_is_shown_on_it():
    made = card()
    made.question.seed = "broken"
    made.face.more += 1
    assert "TypeError" in made.face.trouble


def test_lessons_load_nothing_heavy_before_they_are_used():
    code = (
        "import sys, raftlab as rl; rl.predict, rl.elections; rl.predict('vote', 1).html();"
        "print([n for n in ('plotly', 'ipywidgets', 'anywidget', 'networkx', 'IPython')"
        " if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"

"""The quiz of the user study: what the model says is what appendix A of the dissertation says."""

import json

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import study
from raftlab.lessons.question import LETTERS, Luck
from raftlab.lessons.quiz import Choice, Part, Score, quiz
from raftlab.lessons.quiz_logs import grown, together
from raftlab.lessons.quiz_worlds import late_commit, leaving
from raftlab.lessons.study import ITEMS, MOST, STUDENTS, TOTALS
from raftlab.views.crowd import crowd, standing

NUMBERS = range(1, 9)
SEEDS = range(8)


def words_of(item):
    return [part.choices[part.right].text for part in item.parts]


# -- the study ----------------------------------------------------------------------------


def test_the_numbers_of_the_study_agree_with_each_other_and_with_what_is_printed():
    """Dissertation §7.4: 45 quizzes, mean 25.72, standard deviation 10.33."""
    mean = sum(TOTALS) / STUDENTS
    spread = (sum((one - mean) ** 2 for one in TOTALS) / (STUDENTS - 1)) ** 0.5
    assert len(TOTALS) == STUDENTS and (round(mean, 2), round(spread, 2)) == (25.72, 10.33)
    assert sum(sum(study.of_item(number)) for number in NUMBERS) == sum(TOTALS)
    for number in NUMBERS:
        points = study.of_item(number)
        assert len(points) == STUDENTS and max(points) == MOST[number - 1]
    assert sum(MOST) == 60 and ITEMS[1][1] == 18 and ITEMS[7][0] == 30


def test_the_hard_items_are_those_of_the_study():
    """Dissertation §7.4: 7.94 of 30 on average over all 49, of whom four did not take it."""
    assert round(sum(sum(study.of_item(n)) for n in (6, 7, 8)) / 49, 2) == 7.94


# -- the items ----------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_an_item_is_worth_what_it_was_and_each_choice_is_answered(number):
    for seed in SEEDS:
        item = quiz(number, seed)
        assert item.most == MOST[number - 1] == item.choose(item.right).points
        for part in item.parts:
            assert 3 <= len(part.choices) <= 6
            assert all(len(choice.because) > 20 for choice in part.choices)
            assert sum(choice.points == part.most for choice in part.choices) == 1
        half = [c for part in item.parts for c in part.choices if 0 < c.points < part.most]
        assert half or number == 4, "something is worth a part of the points"


@pytest.mark.parametrize("number", NUMBERS)
def test_the_same_seed_asks_the_same_and_answers_are_not_in_one_place(number):
    assert quiz(number, 3).text == quiz(number, 3).text
    assert len({quiz(number, seed).right for seed in SEEDS}) >= 3


def test_a_log_can_be_if_its_terms_do_not_fall_and_it_has_no_hole():
    for seed in SEEDS:
        for part, right in zip(quiz(1, seed).parts, words_of(quiz(1, seed)), strict=True):
            terms = part.ask.partition(": ")[2].split()
            if "·" in terms:
                assert right.endswith("a log has no holes")
            else:
                fine = list(map(int, terms)) == sorted(map(int, terms))
                assert right == (
                    "It can occur" if fine else "It cannot: terms never fall along a log"
                )


def test_the_model_grows_a_log_that_skips_terms():
    assert grown([1, 1, 4, 9], Luck(1))[0] == [1, 1, 4, 9]
    assert grown([1, 3, 2], Luck(1))[0] == [1, 3, 3]
    assert grown([1, None, 2], Luck(1))[0] == [1, 2]


def test_the_study_s_own_figures_are_judged_as_its_rubric_does():
    """Appendix A.1: the four logs of item 1, the five followers of item 3."""
    legal = [[1, 1, 3, 2, 2], [1, 1, 2, 2, 2, 3], [1, 1, 3, 3, 5], [1, 1, None, 2, 2, 2, 2]]
    assert [grown(log, Luck(2))[0] == log for log in legal] == [False, True, True, False]
    leader = [1, 1, 3, 3, 3, 5]
    followers = [[1, 1, 2, 2, 3], [1, 1, 2, 2, 4, 5], [1, 1, 6, 6, 6, 6, 6], [1, 1, 3, 3, 2, 2],
                 [1, 1, 1, 1, 1, 1]]  # fmt: skip
    found = [together(leader, log, Luck(2))[0] for log in followers]
    assert found == [False, False, True, False, True]


def possible(one, other):
    """Two logs can stand side by side if no term falls and each term has one beginning."""
    if sorted(one) != one or sorted(other) != other:
        return False
    for term in set(one) & set(other):
        first, second = one.index(term), other.index(term)
        if one[:first] != other[:second]:
            return False
    return True


def test_two_logs_that_the_model_brings_about_are_those_that_can_be():
    """Log Matching (Figure 3), by a rule of its own: one leader a term, one log behind which."""
    luck, seen = Luck(5), set()
    for _ in range(60):
        one, other = ([luck.between(1, 4) for _ in range(luck.between(1, 5))] for _ in "ab")
        one.sort()
        other.sort() if luck.below(4) else None
        can = together(one, other, luck)[0]
        assert can == possible(one, other), (one, other)
        seen.add(can)
    assert seen == {True, False}


def test_what_may_be_applied_is_what_everybody_who_can_win_has():
    for seed in SEEDS:
        item = quiz(2, seed)
        logs = {row[0].split(",")[0]: list(map(int, row[1].split())) for row in item.facts[1]}
        leader = next(row[0] for row in item.facts[1] if "leader" in row[0]).split(",")[0]
        votes = {id: sum((log[-1], len(log)) >= (v[-1], len(v)) for v in logs.values())
                 for id, log in logs.items()}  # fmt: skip
        winners = [logs[id] for id in logs if votes[id] >= 3]
        safe = max(n for n in range(len(logs[leader]) + 1)
                   if all(log[:n] == logs[leader][:n] for log in winners))  # fmt: skip
        assert words_of(item)[0] == f"entries 1 to {safe}"


def test_who_believes_in_majorities_gets_one_point_in_item_2():
    """18 of 45 did."""
    item = quiz(2)
    texts = [[choice.text for choice in part.choices] for part in item.parts]
    wrong = max(at for at, text in enumerate(texts[0]) if at != item.parts[0].right)
    believed = next(at for at, text in enumerate(texts[1]) if "on a majority" in text)
    marked = item.choose(LETTERS[wrong] + LETTERS[believed])
    assert marked.points == 1 and "14 had fewer than you, 18 as many, 13 more" in marked.text


def test_points_are_taken_away_but_never_below_nothing():
    """Item 4: followers that truncate cost a point."""
    item = quiz(4)
    worst = "".join(
        LETTERS[min(range(len(part.choices)), key=lambda at: part.choices[at].points)]
        for part in item.parts
    )
    assert item.choose(worst).points == 0
    lost = worst[:1] + worst[1] + item.right[2]
    assert item.choose(lost).points == 1


def test_the_old_leader_commits_after_it_was_deposed_and_no_harm_is_done():
    for seed in SEEDS:
        run, elected, old, new, _ = late_commit(Luck(seed))
        assert run.steps[elected].state[old].commit_index == 0 < run[old].commit_index
        assert run[old].current_term < run[new].current_term and run[new].role == "leader"
        chosen = words_of(quiz(7, seed))[0]
        assert "has not heard of the new term takes it, and a voter" in chosen
        run.run(1000)
        assert not run.verdicts and run[old].log.starts_with(run[new].log.truncate(1))


def test_leaders_that_leave_early_cost_time_and_nothing_else():
    for seed in SEEDS:
        left, run = leaving(Luck(seed))
        assert left and set(left) <= {"S1", "S2", "S3", "S4", "S5"} and not run.verdicts


# -- answering ----------------------------------------------------------------------------


def test_what_cannot_be_answered_says_what_can():
    with pytest.raises(Impossible, match="no item 9; there are 1 to 8"):
        quiz(9)
    with pytest.raises(Impossible, match="whole number"):
        quiz(1, "x")
    for wrong in ("a", "aaaaa", "aaaz", 3, None):
        with pytest.raises(Impossible, match="give 4 letters .*, such as 'aaaa'"):
            quiz(1).choose(wrong)


def test_a_part_with_two_right_answers_is_refused():
    with pytest.raises(ValueError, match="has 2 right answers"):
        Part("?", [Choice("a", 1, "because"), Choice("b", 1, "because")])


@pytest.mark.parametrize("number", NUMBERS)
def test_an_item_keeps_its_answers_folded(number):
    item = quiz(number)
    right = item.parts[-1].choices[item.parts[-1].right]
    before, _, folded = item.html().partition("<details>")
    assert folded.count(">The model’s answers<") == 1
    assert right.because not in item.text and "✓" not in before
    assert "The 45 students of 2013" in folded
    json.dumps(item.packed())
    assert item.replay().text and item.run.verdicts == () or number == 6


def test_marks_are_kept_and_stand_beside_the_students(tmp_path, monkeypatch):
    monkeypatch.setenv("RAFTLAB_PROGRESS", str(tmp_path / "mine.json"))
    assert quiz().points is None and "You" not in quiz().text
    for number in NUMBERS:
        item = quiz(number)
        item.choose(item.right if number < 5 else "a" * len(item.parts))
    score = quiz()
    assert score.marks[2] == 6 and score.points == sum(score.marks.values()) >= 25
    one = standing(TOTALS, score.points)
    assert f"You: {score.points:g}. {one.below} of them have fewer" in score.text
    assert "you" in score.html() and rl.progress().rows[0][1] == "8 of 8 items"
    quiz(2).choose("aa")
    assert quiz().marks[2] < 6, "the latest mark counts"


def test_the_card_keeps_the_mark_and_brings_the_run_to_a_lab(tmp_path, monkeypatch):
    from raftlab.lessons.quiz_card import QuizCard
    from raftlab.widgets import Lab

    monkeypatch.setenv("RAFTLAB_PROGRESS", str(tmp_path / "mine.json"))
    card = QuizCard(quiz(7))
    card.face.chosen = [part.right for part in card.item.parts]
    assert quiz().marks == {7: 10}
    card.face.play += 1
    assert card.face.trouble == "" and isinstance(card.children[1], Lab)
    card.face.more += 1
    assert card.item.seed == 2 and card.face.chosen == [] and len(card.children) == 1
    assert quiz().marks == {7: 10}


# -- the crowd ----------------------------------------------------------------------------


def test_a_crowd_has_a_dot_each_and_a_line_for_oneself():
    picture = crowd((1, 2, 2, 5), 6, "A test", "points", "people", 2)
    assert len(picture.scene.of("one")) == 4 and len(picture.scene.of("mine")) == 1
    assert picture.text == (
        "A test: 4 people, on average 2.5 of 6 points, from 1 to 5. You: 2. 1 of them have fewer,"
        " 2 as many, 1 more."
    )
    places = {(mark.x, mark.y) for mark in picture.scene.of("one")}
    assert len(places) == 4, "equal results are piled up"
    assert not crowd((1, 2), 6, "A test", "points", "people").scene.of("mine")


def test_a_crowd_refuses_what_lies_outside():
    with pytest.raises(Impossible, match="results lie between 0 and 6"):
        crowd((1, 7), 6, "A test", "points", "people")
    with pytest.raises(Impossible, match="not at 9"):
        crowd((1, 2), 6, "A test", "points", "people", 9)


def test_the_students_are_shown_without_a_mark_before_all_items_are_answered():
    score = Score([{"asked": "quiz", "item": 1, "points": 4, "of": 4}])
    assert score.points is None and score.rows[0][1] == "4" and score.rows[-1][1] == "4"


@pytest.mark.parametrize("number, points", [
    (1, 1.5), (2, 2.125), (3, 4), (4, 1.140625), (5, 1.7), (6, 3.5), (7, 3), (8, 2.6667),
])  # fmt: skip
def test_who_chooses_blindly_gets_something_whatever_the_seed(number, points):
    """Such marks stand beside those of students who had nothing to choose from."""
    for seed in SEEDS:
        assert round(quiz(number, seed).by_chance, 3) == round(points, 3)
    assert Score([]).rows[number - 1][3] == f"{points:.1f}"

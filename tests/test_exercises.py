"""Every exercise: its starter is "nothing yet", its reference right, each wrong answer is told
apart; and whatever else a learner may hand over gets a sentence, soon."""

import re
import sys

import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.lessons import exercise as ex
from raftlab.lessons import judging
from raftlab.lessons.exercise import exercise, judged, known

ALL = sorted(known())


def starter(task):
    """What the starter's text defines, under the reference's name; the text itself if it is one."""
    if isinstance(task.reference, str):
        return task.starter
    space = {"rl": rl, "__name__": "starter", **task.names}
    exec(task.starter, space)
    if isinstance(task.reference, dict):
        return list(space.values())[-1]
    return space[task.reference.__name__]


@pytest.mark.parametrize("id", ALL)
def test_a_starter_is_nothing_yet(id):
    assert judged(exercise(id), starter(exercise(id))).level == ex.MISSING


@pytest.mark.parametrize("id", ALL)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_reference_is_right_for_every_seed(id, seed):
    verdict = judged(exercise(id), exercise(id).reference, seed)
    assert verdict.level == ex.RIGHT and verdict.points == verdict.of == exercise(id).points, (
        verdict.told
    )


@pytest.mark.parametrize("id", ALL)
def test_each_wrong_answer_has_a_message_of_its_own(id):
    task = exercise(id)
    verdicts = {name: judged(task, wrong.answer) for name, wrong in task.wrong.items()}
    assert len(verdicts) >= 3
    for name, verdict in verdicts.items():
        assert verdict.level in (ex.ALMOST, ex.NOT_YET), (name, verdict.told)
        assert verdict.points < verdict.of, name
    assert len({verdict.told for verdict in verdicts.values()}) == len(verdicts)


@pytest.mark.parametrize("id", ALL)
def test_it_says_all_that_an_exercise_must(id):
    task = exercise(id)
    assert len(task.hints) == 3 and len(set(task.hints)) == 3 and all(task.hints)
    assert task.asks and task.why and 3 <= task.minutes <= 240
    assert all(part.points > 0 and part.name for part in task.judge(task.reference, 0))


def test_an_id_that_is_none_is_answered_with_what_there_is():
    with pytest.raises(Impossible, match="no exercise 'quorums/majorty'; did you mean quorums/maj"):
        rl.check("quorums/majorty", len)


@pytest.mark.parametrize("id", ALL)
def test_asked_without_an_answer_it_says_what_is_asked_and_how_to_answer(id):
    task = exercise(id)
    told = repr(rl.check(id, seed=3)).splitlines()
    drawn = [f"  {line}" for line in task.poses(3)] if task.poses else []
    assert told == [task.asks, *drawn, f"  Hand over your answer: rl.check('{id}', …, seed=3)."]
    assert repr(rl.check(id)).endswith(f"rl.check('{id}', …).")


# -- whatever is handed over --------------------------------------------------------------

calls = []


def raises(count):
    return 1 // (count - count)


def loops(count):
    while True:
        pass


def loops_and_catches(count):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass


def remembers(count):
    calls.append(count)
    return count // 2 + (1 if len(calls) < 7 else 2)


def by_chance(count, state=[0]):  # noqa: B006
    state[0] += 1
    return state[0]


def leaves(count):
    raise SystemExit


class Always:
    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize("given, told", [
    (raises, r"majority\(1\) raises ZeroDivisionError.*line \d+: return 1 // \(count - count\)"),
    (leaves, "raises SystemExit"),
    (loops, r"majority\(1\) did not come to an end within .* s: does it loop\?"),
    (loops_and_catches, "did not come to an end"),
    (remembers, "it remembers something|the same question must have the same answer"),
    (by_chance, "the same question must have the same answer"),
    (lambda count: Always(), "it must be 1"),
    (lambda count: float(count // 2 + 1), r"gives 1.0; it must be 1"),
    (lambda count: None, "gives None; it must be 1"),
])  # fmt: skip
def test_what_no_answer_may_do_is_told(monkeypatch, given, told):
    monkeypatch.setattr("raftlab.lessons.judging.SECONDS", 0.2)
    given.__name__ = "majority"
    verdict = judged(exercise("quorums/majority"), given)
    assert verdict.level == ex.NOT_YET and verdict.points < verdict.of
    assert re.search(told, verdict.told), verdict.told


def test_who_raises_at_one_question_keeps_the_points_of_the_others():
    def tolerated(count):
        if count % 2 == 0:
            raise ValueError("an even number")
        return (count - 1) // 2

    verdict = judged(exercise("quorums/tolerated"), tolerated)
    assert verdict.level == ex.NOT_YET and verdict.points == 1
    assert "raises ValueError: an even number" in verdict.missed.told
    assert verdict.missed.told.endswith("it must be 0")


def talks(count):
    print("count is", count)
    return count // 2 + 1


def talks_without_end(count):
    while True:
        print("again")


def test_what_a_learners_code_prints_stands_below_the_verdict(kept, capsys):
    talks.__name__ = "majority"
    shown = rl.check("quorums/majority", talks)
    assert shown.level == ex.RIGHT and capsys.readouterr().out == ""
    assert (
        "Your code printed:\n    count is 1\n" in repr(shown) and "<pre>count is 1" in shown.html()
    )


def test_of_what_a_loop_prints_the_beginning_is_kept(monkeypatch, capsys):
    monkeypatch.setattr("raftlab.lessons.judging.SECONDS", 0.2)
    verdict = judged(exercise("quorums/majority"), talks_without_end)
    assert "did not come to an end" in verdict.told and capsys.readouterr().out == ""
    assert re.search(r"again\n… and [\d,]+ more lines$", verdict.printed)
    assert len(verdict.printed) < 1100


def test_of_what_a_rule_prints_each_time_it_is_asked_ten_lines_are_kept():
    """A rule is asked hundreds of times, and the verdict stands above what it prints."""
    rule = exercise("fix/compares-length-only").reference

    def is_up_to_date(self, ask):
        print("asked")
        return rule(self, ask)

    verdict = judged(exercise("fix/compares-length-only"), is_up_to_date)
    *lines, more = verdict.printed.splitlines()
    assert verdict.level == ex.RIGHT and lines == ["asked"] * 10
    assert int(re.fullmatch(r"… and ([\d,]+) more lines", more)[1].replace(",", "")) > 100
    heard = judging.Printed()
    heard.write("line\n" * 10)
    assert heard.text.splitlines() == ["line"] * 10
    heard.write("line\n")
    assert heard.text.splitlines() == ["line"] * 10 + ["… and 1 more line"]


def test_functions_that_an_answer_makes_anew_each_time_are_the_same_answer():
    task = exercise("wholes/elections")
    rules = task.reference()

    def made_inside():
        def vote(*given):
            return rules[name](*given)

        name = next(iter(rules))
        return {**rules, name: vote}

    assert judged(task, made_inside).level == ex.RIGHT


def test_changing_what_one_was_given_is_told():
    from raftlab.lessons.judging import Trouble, called

    with pytest.raises(
        Trouble, match=r"changes what it was given: \[1, 2\] has become \[1, 2, 3\]"
    ):
        called(lambda log: log.append(3), [1, 2])


@pytest.mark.parametrize("given, told", [
    (3, r"a function is wanted, not a number \(3\): hand over majority itself"),
    ("text", "a function is wanted, not a text"),
    (lambda: 3, r"it must take \(count\), and takes \(\)"),
])  # fmt: skip
def test_the_wrong_kind_of_thing_is_told(given, told):
    verdict = judged(exercise("quorums/majority"), given)
    import re

    assert verdict.level == ex.KIND and re.search(told, verdict.told), verdict.told


@pytest.fixture
def table(monkeypatch):
    """An exercise that asks for a dict, for the time of a test."""
    monkeypatch.setattr(ex, "EXERCISES", dict(known()))
    right = {"who leads": "S1", "how sure": (1, ['a "b"'])}

    def judge(given, seed):
        if any(each is ... for each in given.values()):
            raise NotImplementedError("how sure")
        return [ex.Part("who leads", told="" if given == right else "no")]

    return ex.Exercise(
        "tests/table", "Who?", 'answers = {\n    "who leads": ...,\n    "how sure": ...,\n}', "abc",
        right, {}, judge, "so it is", poses=lambda seed: (f"Five servers, seed {seed}.",),
    )  # fmt: skip


def test_a_dict_is_filled_in(table):
    """With every … it is the starter, with some of them a part is missing, and whole it counts."""
    assert judged(table, starter(table)).told == (
        "every … is still there: put your answers in their places"
    )
    part = judged(table, {**table.reference, "how sure": ...})
    assert part.level == ex.MISSING and part.told.endswith("not written yet: how sure")
    assert judged(table, table.reference).level == ex.RIGHT
    assert judged(table, {"who leads": "S2", "how sure": 1}).level == ex.NOT_YET
    wrong_kind = judged(table, [1])
    assert (wrong_kind.level, wrong_kind.told) == (ex.KIND, "a dict is wanted, not a list ([1])")


def test_a_dict_is_written_as_in_a_cell_and_stands_below_the_starter_in_an_edition(table):
    from raftlab.lessons.edition import with_solution

    told = ex.written_out(table.reference)
    assert told == '{\n    "who leads": "S1",\n    "how sure": (1, ["a \\"b\\""]),\n}'
    cell = with_solution(table.starter, table)
    assert cell.startswith(table.starter + "\n### BEGIN SOLUTION\nanswers = {")
    exec(cell, space := {})
    assert space["answers"] == table.reference


def test_what_the_seed_draws_is_told_to_who_hands_over_nothing(table):
    told = "Who?\n  Five servers, seed 4.\n  Hand over your answer: "
    told += "rl.check('tests/table', …, seed=4)."
    assert repr(rl.check("tests/table", seed=4)) == told


# -- as it is shown -----------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("RAFTLAB_PROGRESS", str(tmp_path / "progress.json"))


def half(count):
    return count // 2


def test_a_verdict_says_what_is_missing_and_shows_a_run_of_it(kept):
    half.__name__ = "majority"
    shown = rl.check("quorums/majority", half)
    assert shown.points == 0 and "~ A known slip: half of the servers is not more" in repr(shown)
    assert "<strong>~ A known slip.</strong>" in shown.html()
    assert "majority(1) gives 0; it must be 1" in repr(shown) and "See §5.1." in repr(shown)
    assert "<details>" in shown.html() and "rl.hint" in shown.html()
    nearer = rl.check("quorums/majority", exercise("quorums/majority").wrong["rounded-up"].answer)
    assert nearer.points == 1 and "~ Almost: with an odd number you are right" in repr(nearer)


def test_a_run_is_looked_for_when_somebody_wants_to_see_it(kept):
    """And once: it may take a search."""
    looked = []

    def found():
        looked.append(1)
        return rl.cluster(), "two lead."

    part = ex.Part("one leader", told="it has two", run=found)
    assert not looked and part.run.now == 0 and part.seen == "two lead." and looked == [1]
    assert ex.Part("one leader", run=part.run).run is part.run
    verdict = ex.Verdict(exercise("quorums/majority"), ex.NOT_YET, "it has two", [part])
    shown = rl.lessons.checking.Shown(verdict)
    assert "The run with your code in it: two lead." in shown.text
    assert "two lead." in shown.html()


def test_the_answer_comes_after_the_hints_or_to_whoever_is_right(kept):
    with pytest.raises(Impossible, match=r"first the hints: rl.hint\('quorums/majority'\) has 3"):
        rl.answer("quorums/majority")
    told = [repr(rl.hint("quorums/majority")) for _ in range(4)]
    assert [one.partition("\n")[0][:14] for one in told[:3]] == [
        "Hint 1 of 3 (2", "Hint 2 of 3 (1", "Hint 3 of 3 (t",
    ]  # fmt: skip
    assert "There were three hints" in told[3]
    assert "return count // 2 + 1" in repr(rl.answer("quorums/majority"))


def test_whoever_is_right_may_see_the_answer_at_once(kept):
    assert rl.check("quorums/majority", exercise("quorums/majority").reference).level == ex.RIGHT
    assert "def majority(count)" in repr(rl.answer("quorums/majority"))
    assert "quorums/majority" in repr(rl.check())
    assert "exercise" in repr(rl.progress()) and "2 of 2" in repr(rl.progress())


def test_a_half_written_file_is_named_and_the_others_count(tmp_path, monkeypatch):
    """One has written half an exercise, or half a line; all others are still checked."""
    from raftlab.lessons import parts

    half = tmp_path / "half.py"
    record = """
from ..exercise import Exercise

Exercise(id="half/entered", asks="Half.", starter="", hints=(), reference=len, wrong={},
         judge=None, why="")
"""
    monkeypatch.setattr(parts, "__path__", [*parts.__path__, str(tmp_path)])
    before = dict(known())
    for text, said in (
        (record + "def unfinished(\n", "SyntaxError: '(' was never closed"),
        (record + "nobody_made_this()\n", "NameError: name 'nobody_made_this' is not defined"),
    ):
        half.write_text(text, "utf-8")
        with pytest.warns(UserWarning) as warned:
            assert known() == before and known() == before
        (told,) = [str(each.message) for each in warned]  # once, though it was looked at twice
        assert told.startswith(f"half.py cannot be read, so its exercises are missing: {said}")
        assert repr(rl.check("quorums/majority", lambda count: count)).startswith("✗")
    half.write_text(record, "utf-8")
    try:
        assert "half/entered" in known()
    finally:
        ex.EXERCISES.pop("half/entered")
        sys.modules.pop("raftlab.lessons.parts.half")

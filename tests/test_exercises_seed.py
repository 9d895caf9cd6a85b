"""The seed's exercises 2 and 3: split-brain foretold and brought about; ZooKeeper or etcd chosen.

That each starter, reference and wrong answer is told apart is tested with all exercises
(test_exercises.py); here, that what the exercises claim is so.
"""

from html import escape

import pytest

import raftlab as rl
from raftlab.lessons import exercise as ex
from raftlab.lessons.exercise import exercise, judged, known
from raftlab.lessons.parts import discovery, discovery_foretold, split_brain, split_brain_schedules
from raftlab.lessons.rubric import LEAST, RUBRICS
from raftlab.scenarios import played

TABLES = {
    "split-brain/leader-with-three": split_brain.THREE,
    "split-brain/leader-with-two": split_brain.TWO,
    "discovery/foretell": discovery_foretold.CELLS,
}

# -- tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize("id", TABLES)
def test_every_wrong_cell_is_told_why_and_shown_where(id):
    """Each answer that could be given to each cell, in turn."""
    right = exercise(id).reference
    for cell in TABLES[id]:
        assert len(cell.says) >= 2 and cell.section
        for answer, said in cell.says.items():
            verdict = judged(exercise(id), {**right, cell.name: answer}, seed=5)
            if answer == right[cell.name] and type(answer) is type(right[cell.name]):
                assert verdict.level == ex.RIGHT and said == ""
                continue
            assert said and said in verdict.missed.told and verdict.points == verdict.of - 1
            assert verdict.missed.name == cell.name
            assert 0 < verdict.run.position <= len(verdict.run) and verdict.missed.seen


@pytest.mark.parametrize("id", TABLES)
def test_the_same_table_is_right_wherever_the_network_is_cut(id):
    """The claims are about a kind of case; the drawn servers differ."""
    told = set()
    for seed in range(25):
        verdict = judged(exercise(id), exercise(id).reference, seed)
        assert verdict.level == ex.RIGHT, (seed, verdict.missed.told)
        told.add(exercise(id).poses(seed)[0])
    assert len(told) > 12


def test_the_run_of_a_wrong_cell_stands_where_one_sees_it():
    """Two lead, in two terms; and behind the healing the entry of the old leader goes."""
    id = "split-brain/leader-with-two"
    right = exercise(id).reference
    run = judged(exercise(id), {**right, "servers that lead at once": 1}).run
    leaders = [run[s].current_term for s in run.state.config.servers if run[s].role == "leader"]
    assert len(leaders) == len(set(leaders)) == 2
    run = judged(exercise(id), {**right, "after healing, what it wrote": "is committed"}).run
    holders = [s for s in run.state.config.servers
               if any(e.command == ("set", "few", 1) for e in run[s].log)]  # fmt: skip
    run.undo()
    before = [s for s in run.state.config.servers
              if any(e.command == ("set", "few", 1) for e in run[s].log)]  # fmt: skip
    assert len(before) == len(holders) + 1


def test_a_table_that_was_changed_or_says_something_else_is_told():
    id = "split-brain/leader-with-two"
    right = exercise(id).reference
    lost = judged(exercise(id), {k: v for k, v in right.items() if k != "they lead"})
    assert lost.level == ex.NOT_YET and "“they lead” is missing" in lost.told
    new = judged(exercise(id), {**right, "who wins": "S1"})
    assert "“who wins” is not asked" in new.told
    odd = judged(exercise(id), {**right, "servers that lead at once": True})
    assert odd.told == "“servers that lead at once” is 0, 1 or 2, not True"
    two = {name: right[name] for name in list(right)[2:]}
    first, second = list(right)[:2]
    assert f"“{first}” and “{second}” are missing" in judged(exercise(id), two).told
    foretell, (first, *_) = "discovery/foretell", exercise("discovery/foretell").reference
    held = {k: v for k, v in exercise(foretell).reference.items() if k != first}
    assert ", " in first and f"“{first}” is missing" in judged(exercise(foretell), held).told


@pytest.mark.parametrize("id", TABLES)
def test_of_a_table_that_is_half_filled_in_the_filled_cells_are_judged(id):
    """What is open is named, and a wrong cell comes before it, with its run."""
    right = exercise(id).reference
    first, *_, last = right
    half = judged(exercise(id), {**right, first: ..., last: ...})
    assert half.level == ex.NOT_YET and half.points == half.of - 2
    assert half.told == f"“{first}” and “{last}” are still open"
    assert [part.name for part in half.parts if not part.asked] == [first, last]
    assert repr(rl.check(id, {**right, first: ...})).count("✓") == len(right) - 1
    wrong = next(said for cell in TABLES[id] if cell.name == last for said in cell.says.values()
                 if said)  # fmt: skip
    given = next(answer for cell in TABLES[id] if cell.name == last
                 for answer, said in cell.says.items() if said)  # fmt: skip
    both = judged(exercise(id), {**right, first: ..., last: given})
    assert wrong in both.told and both.run is not None and both.points == both.of - 2
    assert judged(exercise(id), dict.fromkeys(right, ...)).level == ex.MISSING
    odd = judged(exercise(id), {**right, first: ..., last: "perhaps"})
    assert odd.told.startswith(f"“{last}” is ") and "not 'perhaps'" in odd.told


def test_a_hint_of_the_first_table_is_about_who_refuses():
    hints = exercise("split-brain/leader-with-three").hints
    assert any("say at once (§8)" in hint for hint in hints)


# -- schedules ------------------------------------------------------------------------------

SCHEDULES = ["split-brain/two-halves", "split-brain/votes-are-not-enough",
             "split-brain/who-answers"]  # fmt: skip


@pytest.mark.parametrize("id", SCHEDULES)
def test_the_reference_diverges_and_the_mended_quorum_does_not(id):
    text = exercise(id).reference
    run = rl.scenario(text, at="end")
    assert "state_machine_safety" in {verdict.name for verdict in run.verdicts}
    assert len([op for op in run.operations() if op.status == "ok"]) == 2
    right = played(rl.scenarios.find(text), "raft+check-quorum", passing=True).run
    assert right.verdicts == () and len([o for o in right.operations() if o.status == "ok"]) <= 1


@pytest.mark.parametrize("change, told", [
    (("servers=4", "servers=5"), "leave the line of the cluster as it was"),
    (("!commits-with-half", ""), "leave the line of the cluster as it was"),
    (("jitter=0\n", "jitter=0\nserver S1 term=1 log=1\n"), "leave the line of the cluster"),
    (("settle among S1 S2", "settle amongst S1 S2"), "line 6: settle amongst S1 S2"),
    (("elect S3", "elect S9"), "line 7"),
])  # fmt: skip
def test_a_schedule_that_cannot_be_played_is_told_with_its_line(change, told):
    text = exercise(SCHEDULES[0]).reference.replace(*change)
    verdict = judged(exercise(SCHEDULES[0]), text)
    assert verdict.level == ex.NOT_YET and told in verdict.told and verdict.points == 0


def test_what_the_right_quorum_does_not_survive_either_shows_nothing():
    """§5.1: what a server has promised it must not forget."""
    wiped = exercise(SCHEDULES[0]).wrong["wiped"].answer
    verdict = judged(exercise(SCHEDULES[0]), wiped)
    assert verdict.missed.run.verdicts and "breaks by your schedule as well" in verdict.missed.told


def test_a_function_that_gives_no_text_is_told():
    verdict = judged(exercise("split-brain/any-sides"), lambda here, there: [*here, *there])
    assert verdict.level == ex.NOT_YET and "must give the lines of a schedule" in verdict.told


SAME_WRITE = exercise(SCHEDULES[0]).wrong["same write"].answer


def test_two_entries_that_look_the_same_are_not_two_histories():
    """Two requests for one write, in one term: the logs differ, and nobody can see it."""
    run = rl.scenario(SAME_WRITE, at="end")
    assert "state_machine_safety" in {verdict.name for verdict in run.verdicts}
    assert repr(list(run["S1"].log)) != repr(list(run["S3"].log))
    assert str(run["S1"].log) == str(run["S3"].log)
    verdict = judged(exercise(SCHEDULES[0]), SAME_WRITE)
    assert verdict.level == ex.ALMOST and verdict.points == 2
    assert "look the same (entry 2: x=1, term 1)" in verdict.missed.told
    other = SAME_WRITE.replace("x=1 at S3", "x=2 at S3")
    assert judged(exercise(SCHEDULES[0]), other).level == ex.RIGHT


def test_the_same_write_in_another_term_is_seen_in_the_logs():
    text = exercise(SCHEDULES[0]).reference.replace("x=2", "x=1")
    run = rl.scenario(text, at="end")
    assert str(run["S1"].log) != str(run["S3"].log)
    assert judged(exercise(SCHEDULES[0]), text).level == ex.RIGHT


@pytest.mark.parametrize("lines, told", [
    ("elect S1\nfly S1", "line 2: fly S1"),
    ("\n\nelect S1\n\nfly S1", "line 5: fly S1"),
    ("cluster raft servers=3", "line 1: cluster raft servers=3"),
    ("elect S1 ; settle\nelect S1", "line 2: elect S1"),
])  # fmt: skip
def test_a_line_is_numbered_as_the_function_gave_it(lines, told):
    verdict = judged(exercise("split-brain/any-sides"), lambda here, there: lines)
    assert told in verdict.told and lines.split("\n")[int(told[5]) - 1] == told[8:]
    assert "See §" not in repr(rl.check("split-brain/any-sides", lambda here, there: lines))


def test_the_text_says_which_sides_are_drawn():
    drawn = split_brain_schedules._DRAWN.values()
    assert {servers for _, servers, _ in drawn} == {4, 5, 6, 7}
    assert all(2 * here <= servers for _, servers, here in drawn)
    starter = exercise("split-brain/any-sides").starter
    assert "four to seven in all, and `here` is never the larger side" in starter


def test_the_sides_of_a_schedule_are_drawn():
    asked = set()

    def diverge(here, there):
        asked.add((*here, "|", *there))
        return split_brain_schedules.diverge(here, there)

    for seed in range(6):
        assert judged(exercise("split-brain/any-sides"), diverge, seed).level == ex.RIGHT
    assert len(asked) > 12


# -- watches ---------------------------------------------------------------------------------


def test_a_one_shot_watch_misses_what_is_between_and_a_stream_misses_nothing():
    """And when both were cut off, the stream gets what it missed; both end with the latest."""
    for seed in range(5):
        run = rl.cluster("watched", servers=3, seed=seed)
        run.until(lambda run: run.leader)
        run.run(500)
        for new in (1, 2, 3, 4):
            run.request(("set", "config", new))
            run.run(3)
        run.run(300)
        once, stream = (run.state.observe(id).fields["seen"] for id in ("once", "stream"))
        assert stream == (1, 2, 3, 4) and once[-1] == 4 and len(once) < 4
        run.partition(["S1", "S2", "S3"], ["once", "stream"])
        for new in (5, 6):
            run.request(("set", "config", new))
            run.run(60)
        assert run.state.observe("stream").fields["seen"] == stream
        run.heal()
        run.run(1000)
        assert run.state.observe("stream").fields["seen"] == (1, 2, 3, 4, 5, 6)
        assert run.state.observe("once").fields["seen"] == (*once, 6) and not run.verdicts


def test_slow_changes_reach_both_watchers():
    run = rl.cluster("watched", servers=3, seed=1)
    run.until(lambda run: run.leader)
    run.run(500)
    for new in (1, 2, 3):
        run.request(("set", "config", new))
        run.run(200)
    assert {run.state.observe(id).fields["seen"] for id in ("once", "stream")} == {(1, 2, 3)}


# -- ZooKeeper or etcd ------------------------------------------------------------------------

CHOOSE = "discovery/choose"


def chosen(**more):
    return judged(exercise(CHOOSE), {**exercise(CHOOSE).reference, **more})


def test_each_row_has_a_source_and_each_situation_a_fact_against_each_wrong_choice():
    assert all(len(row) == 3 and all(row) for row in discovery.ROWS.values())
    rights = [set(one.right) for one in discovery.SITUATIONS.values()]
    assert {discovery.NEITHER} in rights and {discovery.EITHER} in rights
    assert {discovery.ZK, discovery.ETCD, discovery.EITHER} in rights
    for one in discovery.SITUATIONS.values():
        assert set(one.right) | set(one.against) == set(discovery.CHOICES)
        assert not set(one.right) & set(one.against)
        for needed, allowed in one.right.values():
            assert {*needed, *allowed} <= set(discovery.ROWS) and set(needed) <= set(one.why)


@pytest.mark.parametrize("name", list(discovery.SITUATIONS))
@pytest.mark.parametrize("choice", discovery.CHOICES)
def test_each_choice_is_right_with_its_rows_or_met_with_a_fact(name, choice):
    one = discovery.SITUATIONS[name]
    if choice in one.right:
        needed, allowed = one.right[choice]
        assert chosen(**{name: (choice, [*needed, *allowed])}).level == ex.RIGHT
        verdict = chosen(**{name: (choice, needed[1:])})
        assert one.why[needed[0]] in verdict.told and verdict.points == verdict.of - 1
    else:
        verdict = chosen(**{name: (choice, list(discovery.ROWS))})
        assert one.against[choice][1:] in verdict.missed.told
        assert verdict.points == verdict.of - 2


def test_one_needless_row_is_forgiven_and_two_are_not():
    assert chosen(search=("ZooKeeper", ["stack", "size"])).level == ex.RIGHT
    assert "decide nothing here" in chosen(search=("ZooKeeper", ["stack", "size", "history"])).told


@pytest.mark.parametrize("answer, told", [
    ("etcd", "audit: answer with a choice and a list of rows"),
    (("Consul", ["reads"]), "audit: the choice is ZooKeeper, etcd, either, neither; not 'Consul'"),
    (("etcd", ["speed"]), "audit: rows of the table are reads, "),
    (("etcd", 3), "audit: rows of the table are reads, "),
])  # fmt: skip
def test_an_answer_that_is_no_choice_is_told(answer, told):
    verdict = chosen(audit=answer)
    assert verdict.level == ex.NOT_YET and verdict.told.startswith(told)
    assert chosen(audit=...).level == ex.MISSING
    assert "berlin is none of them" in chosen(berlin=("etcd", [])).told
    rest = {name: exercise(CHOOSE).reference[name] for name in ("search", "web")}
    told = judged(exercise(CHOOSE), {**rest, "audit": "etcd"}).told
    assert told.startswith("primary, catalogue and dispatcher are missing; audit: answer with a ")
    open_ = judged(exercise(CHOOSE), {**exercise(CHOOSE).reference, "web": ..., "audit": "etcd"})
    assert open_.level == ex.NOT_YET and open_.told.startswith("audit: answer with a choice")


def test_numbers_and_order_of_the_situations_are_drawn():
    posed = [exercise(CHOOSE).poses(seed) for seed in range(8)]
    assert len({tuple(one) for one in posed}) == 8
    assert len({tuple(line.split(":")[0] for line in one) for one in posed}) > 4
    assert all("{" not in line for one in posed for line in one)


# -- free text ------------------------------------------------------------------------------

known()
TEXT = "word " * LEAST


@pytest.mark.parametrize("id", sorted(RUBRICS))
def test_a_rubric_has_sources_and_three_answers_of_three_grades(id):
    rubric = RUBRICS[id]
    assert 6 <= rubric.points <= 8 and len(rubric.costs) >= 3
    assert all(one.says and one.source for one in (*rubric.demands, *rubric.costs))
    assert all(one.why for one in rubric.costs)
    worth = [rubric.worth(model.marks) for model in rubric.models]
    assert len(worth) == 3 and worth == sorted(worth, reverse=True)
    assert worth[0] == rubric.points > worth[1] >= 2 > worth[2]
    assert all(len(model.text.split()) > LEAST for model in rubric.models)


@pytest.mark.parametrize("id", sorted(RUBRICS))
def test_free_text_is_not_read_by_the_machine(id):
    """Blank or short, it is nothing yet and the rubric stays covered; any other is the writer's
    to mark."""
    for text in ("", "...", "I know that."):
        told = repr(rl.check(id, text))
        assert "Nothing to mark yet" in told and RUBRICS[id].demands[0].says not in told
        assert repr(rl.check(id, text).tick("1 2")) == told and rl.check(id, text).points == 0
    marking = rl.check(id, TEXT)
    assert repr(marking) == repr(rl.check(id, "other " * LEAST))
    bundle = marking._repr_mimebundle_()
    assert "<input" not in bundle["text/html"] and "[ ]" not in bundle["text/plain"]
    assert f"rl.check('{id}', …).tick(\"1 2 a\")" in bundle["text/plain"]
    for mark, says, _ in RUBRICS[id].rows:
        assert f"\n  {mark}  {says} (" in bundle["text/plain"]
        assert f"<strong>{mark}</strong> {escape(says)}" in bundle["text/html"]
    assert RUBRICS[id].models[0].text not in str(bundle)
    assert "in your own words" in repr(rl.check(id))


def test_ticked_marks_are_counted_and_what_is_missing_is_told():
    marked = rl.check("split-brain/explain", TEXT).tick("1, 2 4 4 b")
    assert marked.points == 2 and "2 of 8 points" in marked.head
    told = repr(marked)
    assert "3  An old leader among the two" in told and "Good: 8 of 8 points" in told
    assert "  1  A majority is counted" not in told
    assert "It should not say" in told and "merged" in marked.html()
    assert rl.check("split-brain/explain", TEXT).tick("a b c").points == 0
    assert "should not say" not in repr(rl.check("split-brain/explain", TEXT).tick("1"))


def test_marks_that_are_none_and_texts_that_are_none_are_told():
    with pytest.raises(rl.Impossible, match="'9' is no mark; there are 1, 2, "):
        rl.check("split-brain/explain", TEXT).tick("1 9")
    with pytest.raises(rl.Impossible, match="write the marks as a text"):
        rl.check("split-brain/explain", TEXT).tick([1, 2])
    with pytest.raises(rl.Impossible, match="a text is wanted"):
        rl.check("split-brain/explain", 5)


@pytest.mark.parametrize("id", sorted(RUBRICS))
def test_free_text_has_no_hints_and_no_answer_and_that_is_told(id):
    for asked, lacks in ((rl.hint, "no hints"), (rl.answer, "not one answer")):
        told = repr(asked(id))
        assert told.startswith(f"{id} is answered in your own words: it has {lacks}.")
        assert f"rl.check('{id}', text) shows the rubric" in told and "three answers" in told
    assert repr(rl.check(id).tick("1")) == repr(rl.check(id))


def test_what_one_marked_is_kept_and_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("RAFTLAB_PROGRESS", str(tmp_path / "progress.json"))
    assert "split-brain/explain" in repr(rl.check())
    rl.check("split-brain/explain", TEXT).tick("1 2 3 4 5 6")
    assert ("free text", "split-brain/explain", "6 of 8 points, by yourself", "–") in (
        rl.progress().rows
    )

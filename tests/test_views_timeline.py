"""The timeline: lanes, bars, instants and the impossible answer; words for all of it."""

import inspect
import json
import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from client_histories import busy_history, op, read, write
from pictured import counted, elected, shapes_of, troubled

import raftlab as rl
from raftlab.checks.linearizable import dump_operations, linearizable, lock
from raftlab.core import Impossible, Op
from raftlab.views import scene as scenes
from raftlab.views import style
from raftlab.views import timeline_scene as drawn
from raftlab.views.timeline import MOST, seen, shown, timeline

PLOTLY = "application/vnd.plotly.v1+json"
FAILED = Op("C", ("add", "x", 3), 2, 5, None, "fail")
STALE = [
    write("A", 1, 0, 10), write("A", 2, 15, 22), write("C", 3, 12, None), FAILED,
    read("B", 1, 30, 38), read("B", None, 18, 20, "y"),
]  # fmt: skip
LATE = [write("A", 1, 0, None), read("B", None, 10, 20), read("B", 1, 30, 40), FAILED]


def bars(scene):
    kinds = ("ok", "unknown", "fail", "impossible", "contradicts")
    return [mark for kind in kinds for mark in scene.of(kind)]


def test_each_operation_is_a_bar_from_call_to_answer():
    scene = timeline(LATE).scene
    assert [mark.about for mark in scene.of("ok")] == ["B", "B"]
    first, second = (mark.shapes[1] for mark in scene.of("ok"))
    assert first.x + first.w < second.x and type(first) is scenes.Rect
    assert [mark.title for mark in scene.of("ok")] == [
        "B's x? → nothing (10–20 ms): takes effect as number 1, at 15 ms",
        "B's x? → 1 (30–40 ms): takes effect as number 3, at 35 ms",
    ]


def test_an_operation_without_an_answer_is_open_and_dashed_at_its_end():
    (mark,) = timeline(LATE).scene.of("unknown")
    assert [shape.dash for shape in mark.shapes[1:]] == ["solid", "dashed", "dashed"]
    assert not any(type(shape) is scenes.Rect for shape in mark.shapes)
    (point,) = [one for one in timeline(LATE).scene.of("point") if one.about == "A"]
    assert mark.shapes[2].points[1][0] > point.x  # it reaches beyond its instant


def test_what_failed_is_crossed_out():
    (mark,) = timeline(LATE).scene.of("fail")
    crossing = [shape for shape in mark.shapes if type(shape) is scenes.Poly]
    assert len(crossing) == 3  # a cross on the bar, a line through the words
    assert mark.title == "C's x+=3 (from 2 ms, failed)" and "x+=3 failed" in timeline(LATE).text


def test_instants_are_numbered_in_their_order_and_lie_on_their_bars():
    judged = timeline(busy_history(3, 40))
    points = sorted(judged.scene.of("point"), key=lambda mark: mark.x)
    assert judged.ok and [mark.shapes[1].text for mark in points] == [
        str(nth) for nth in range(1, len(points) + 1)
    ]
    for point in points:
        over = [bar for bar in bars(judged.scene) if bar.y == point.y]
        rects = [shape for bar in over for shape in bar.shapes if type(shape) is scenes.Rect]
        assert any(rect.x - 0.1 <= point.x <= rect.x + rect.w + 0.1 for rect in rects)


def test_the_impossible_answer_is_marked_by_sign_word_and_colour():
    picture = timeline(STALE)
    (bad,) = picture.scene.of("impossible")
    assert bad.shapes[0].text == "x? → 1  IMPOSSIBLE: only 2 or 3"
    assert bad.shapes[0].bold and bad.shapes[0].fill == "lost"
    assert sum(type(shape) is scenes.Poly for shape in bad.shapes) == 2  # the cross
    (other,) = picture.scene.of("contradicts")
    assert other.shapes[0].bold and other.shapes[1].width > 2
    assert other.title.endswith("contradicts the impossible answer")
    assert not picture.ok and picture.why in picture.text
    assert [mark.about for mark in picture.scene.of("point")] == ["A", "A", "B"]


def test_what_was_under_way_and_cannot_come_next_is_told():
    history = [write("A", 1, 0, 10), read("B", 7, 20, 30), read("C", 8, 25, 60)]
    told = [one.effect for one in seen(linearizable(history))]
    assert told[1:] == ["IMPOSSIBLE: only 1", "cannot come next"]


def test_the_text_twin_has_the_verdict_and_a_line_for_each_operation():
    lines = timeline(STALE).text.splitlines()
    assert lines[0] == linearizable(STALE).why and len(lines) == 1 + len(STALE)
    assert lines[1:3] == [
        "      0.0 –      10.0 ms  A  x=1 → 1       takes effect as number 1, at 5 ms",
        "      2.0 –       5.0 ms  C  x+=3 failed",
    ]
    assert lines[3] == "     12.0 –    no answer  C  x=3"
    assert timeline(LATE).text.splitlines()[1].endswith("takes effect as number 2, at 23.3 ms")


@pytest.mark.parametrize("history", [
    STALE, LATE, busy_history(1, 60), busy_history(2, 60, unknown=0.2), busy_history(4, 60, 12),
    [read("a-very-long-client-name", "a long answer " * 9, 100, 100.2), write("C1", 1, 100, 1e6)],
    [write(f"C{n}", n, 5, 5) for n in range(9)], [write("C1", n, 0, n + 1) for n in range(20)], [],
])  # fmt: skip
def test_bars_and_labels_never_overlap_and_stay_inside(history):
    picture = timeline(history)
    scene = picture.scene
    assert scene.width <= 700 and len(bars(scene)) == len(history)
    boxes = []
    for mark in bars(scene):
        label = mark.shapes[0]
        wide = style.text_width(label.text, label.size, label.bold)
        left, right = label.x, label.x + wide
        for shape in mark.shapes[1:]:
            for x in ([shape.x, shape.x + shape.w] if type(shape) is scenes.Rect
                      else [x for x, _ in shape.points]):  # fmt: skip
                left, right = min(left, x), max(right, x)
        assert drawn.LEFT - 8 <= left and right <= scene.width - 4
        boxes.append((mark.y, left, right))
    for (y, left, right), (other, begin, end) in combinations(boxes, 2):
        assert y != other or right < begin or end < left
        assert y == other or abs(y - other) >= drawn.ROW - 0.1
    lanes = [mark.y for mark in scene.of("lane")]
    assert lanes == sorted(set(lanes))
    for label in shapes_of(scene, scenes.Text):
        assert 0 < label.y < scene.height and label.x >= 0
        wide = style.text_width(label.text, label.size, label.bold)
        shift = {"start": 0, "middle": wide / 2, "end": wide}[label.anchor]
        assert label.x - shift + wide <= scene.width


def test_a_client_with_two_operations_under_way_has_two_rows():
    scene = timeline([write("C1", 1, 0, 50), write("C1", 2, 10, 20), write("C2", 3, 0, 9)]).scene
    first, second = scene.of("lane")
    assert first.title == "C1, 2 rows" and second.y - first.y == 2 * drawn.ROW


def test_time_runs_to_the_right_in_ms_and_idle_stretches_are_marked():
    history = [write("A", n, 10 * n, 10 * n + 5) for n in range(6)] + [write("A", 9, 5000, 5005)]
    scene = timeline(history).scene
    words = [label.text for label in shapes_of(scene, scenes.Text)]
    assert "ms" in words and {"0", "20", "5000"} <= set(words)
    (idle,) = scene.of("break")
    assert idle.title == "4945 ms in which nothing begins or ends are shortened"
    places = [mark.x for mark in scene.of("ok")]
    assert places == sorted(places)


def test_of_a_long_history_the_failure_and_what_is_near_it_is_shown():
    history = busy_history(0, 500)
    number = [at for at, one in enumerate(history[:250]) if one.call[0] == "get"][-1]
    one = history[number]
    history[number] = read(one.client, "never", one.invoked_at, one.completed_at)
    judged = linearizable(history)
    numbers, left_out = shown(judged)
    assert len(numbers) == MOST and {number, *judged.parts[0].core} <= set(numbers)
    assert all(abs(history[n].invoked_at - one.invoked_at) < 200 for n in numbers)
    picture = timeline(history)
    assert len(bars(picture.scene)) == MOST and left_out in picture.text
    assert left_out.startswith("60 of 500 operations are shown: those that contradict each other")
    assert left_out in [label.text for label in shapes_of(picture.scene, scenes.Text)]


def test_of_a_long_linearizable_history_the_end_is_shown():
    picture = timeline(busy_history(0, 200))
    assert "the last 60 of 200 operations are shown" in picture.text
    numbers = sorted(int(mark.shapes[1].text) for mark in picture.scene.of("point"))
    assert len(numbers) == MOST and numbers[-1] == 200


@pytest.mark.parametrize("make", [elected, troubled, counted, lambda: rl.cluster(servers=1)])
def test_every_run_has_a_timeline(make):
    run = make()
    for picture in (rl.show.timeline(run), rl.show.timeline(run, 0), rl.linearizable(run)):
        for one in (picture, picture.dark(), picture.plotly(), picture.plotly().dark().still()):
            root = ElementTree.fromstring(one.svg)
            assert root.get("role") == "img" and root[0].text and root[1].text
            assert one.ok is picture.ok and one.judgement is picture.judgement
        bundle = picture._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html"}
        assert bundle["text/plain"] == picture.text == repr(picture)
        assert json.loads(json.dumps(picture.plotly()._repr_mimebundle_()[PLOTLY]))["data"]
    assert rl.show.timeline(counted()).ok is None


def test_a_command_that_no_store_knows_is_drawn_without_instants():
    picture = rl.show.timeline(counted())
    assert picture.why.startswith("undecided: S1's go") and not picture.scene.of("point")
    assert "Undecided" in [label.text for label in shapes_of(picture.scene, scenes.Text)]


def test_only_operations_up_to_the_step_are_shown():
    run = elected(clients=1)
    run.request(("set", "x", 1), to="C1")
    step = run.position
    run.run(2000)
    assert [one.kind for one in seen(rl.show.timeline(run).judgement)] == ["ok"]
    assert [one.kind for one in seen(rl.show.timeline(run, step).judgement)] == ["unknown"]
    with pytest.raises(Impossible, match="there is no step 9999"):
        rl.show.timeline(run, 9999)
    with pytest.raises(Impossible, match="a step such as 3 can be chosen in a run only"):
        rl.show.timeline(run.operations(), 3)


def test_it_takes_lists_json_and_files_and_saves_pictures(tmp_path):
    text = dump_operations(STALE)
    (tmp_path / "log.json").write_text(text, "utf-8")
    found = [rl.linearizable(given) for given in (STALE, text, tmp_path / "log.json")]
    assert len({picture.svg for picture in found}) == 1
    found[0].save(tmp_path / "stale.svg")
    assert (tmp_path / "stale.svg").read_text("utf-8") == found[0].svg
    assert len(found[0].svg) < 15_000 and "rl.show.timeline(run) — Did each" in repr(rl.show)


def test_other_services_are_held_against_their_own_spec():
    history = [op("A", ("acquire", "L", "A"), 0, 9, True),
               op("B", ("acquire", "L", "B"), 20, 30, True)]  # fmt: skip
    picture = rl.linearizable(history, spec=lock())
    assert picture.ok is False and "B acquires L → True" in picture.text
    assert rl.linearizable(busy_history(0, 90), budget=5).ok is None


def test_the_picture_is_the_same_each_time():
    one, other = (timeline(busy_history(5, 60, unknown=0.1)) for _ in range(2))
    assert one.svg == other.svg and one.text == other.text
    assert re.search(r'<g class="point"><title>', one.svg)


def test_of_a_run_that_goes_on_it_says_how_far_was_looked():
    """§8: of the stale read all but the last step is in order, and that step is the lesson."""
    run = rl.scenario("stale-read")
    seen_so_far = rl.linearizable(run)
    told = f"up to step {run.position} of {len(run)}: what the run holds later is left out"
    assert seen_so_far.ok and seen_so_far.text.splitlines()[1].startswith(told)
    for other in (seen_so_far.dark(), seen_so_far.plotly(), seen_so_far.plotly().still()):
        assert told in other.text
    whole = rl.linearizable(rl.scenario("stale-read", at="end"))
    assert whole.ok is False and "left out" not in whole.text


def test_help_names_the_service_and_no_place_in_memory():
    assert "spec=<key/value store>" in str(inspect.signature(rl.linearizable))


def test_where_time_stood_still_the_axis_is_one_of_steps():
    """In a search no time passes: in ms all operations would lie on one another."""
    found = rl.explore("raft+local-reads", requests=[("set", "x", 1), ("get", "x")],
                       against="linearizability", progress=False)  # fmt: skip
    picture = rl.linearizable(found.run)
    assert picture.ok is False and picture.why == found.verdicts[0].why
    assert re.search(r"x=1 → 1 \(steps \d+–\d+\)", picture.why) and " ms" not in picture.text
    assert re.search(r"x\? → nothing \(step \d+\)", picture.why)
    assert picture.text.splitlines()[1] == "dated by steps, as an answer took no time"
    (axis,) = picture.scene.of("axis")
    assert axis.shapes[0].text == "step"
    write, read = (mark.shapes[1] for kind in ("contradicts", "impossible")
                   for mark in picture.scene.of(kind))  # fmt: skip
    assert write.w > 20 and write.x + write.w < read.x
    assert "(steps " in picture.sequential.why


def test_where_time_passes_it_stays_on_the_axis():
    """Also if somebody answers at once: one step, one instant."""
    run = rl.cluster("raft", servers=1, seed=1)
    run.until(lambda run: run.leader)
    run.request(("set", "x", 1))
    run.run(50)
    run.request(("get", "x"))
    picture = rl.linearizable(run)
    assert picture.judgement.unit == "ms" and "ms" in picture.text and picture.ok

"""Who led when, of real processes: the picture says what the course says."""

import raftlab as rl
from raftlab.real.course import Course
from raftlab.real.store import ACCEPTED, REFUSED


class Told:
    """W1 stands still from 100 to 900 and is refused; W2 takes office at 700 and is killed."""

    began, ended = 1000, 2500
    story = [
        (1000, "W1", "takes office", "1"), (1100, "W1", "stands still", ""),
        (1700, "W2", "takes office", "2"), (1900, "W1", "goes on", ""),
        (1950, "W1", "leaves office", "its lease is over"),
        (2000, "S1", "was killed, and starts empty", ""), (2100, "W2", "is killed", ""),
        (2400, "W1", "takes office", "3"),
    ]  # fmt: skip
    assigned = [
        (1, "W1", "W1", 1, 1050, ACCEPTED), (2, "W2", "W2", 2, 1800, ACCEPTED),
        (2, "W2", "W1", 1, 1910, REFUSED), (1, "W1", "W2", 2, 1920, ACCEPTED),
    ]  # fmt: skip
    runs = [(1, "W1"), (2, "W2"), (1, "W1")]
    leases = [("W1", 1090), ("W2", 2090)]


def course():
    return Course("token", "pause", 3, ["W1", "W2"], Told, (600, 200, 50))


def test_leaders_are_bars_and_what_they_assigned_stands_below():
    scene = rl.show.leaders(course()).scene
    titles = [mark.title for mark in scene.of("reign")]
    assert titles == [
        "W1, epoch 1: 0 to 950 ms, then its lease is over",
        "W2, epoch 2: 700 to 1100 ms, then is killed", "W1, epoch 3: 1400 to 1500 ms",
    ]  # fmt: skip
    assert [mark.title for mark in scene.of("assigned")] == [
        "W1 assigned 1 job", "W2 assigned 1 job",
    ]  # fmt: skip
    assert [mark.title for mark in scene.of("again")] == [
        "W2 assigned 1 job that had been accepted before"
    ]
    assert [mark.title for mark in scene.of("refused")] == ["W1: job 2, epoch 1, refused"]


def test_when_nobody_led_and_when_two_did_stands_on_top():
    scene = rl.show.leaders(course()).scene
    assert [mark.title for mark in scene.of("gap")] == [
        "nobody: 600 ms, to be expected 400 to 650 ms",
        "nobody: 300 ms, to be expected 400 to 650 ms",
    ]
    assert [mark.title for mark in scene.of("overlap")] == [
        "from 700 to 950 ms more than one believed to be the scheduler"
    ]
    assert [mark.title for mark in scene.of("event")] == [
        "S1 was killed, and starts empty, 1000 ms"
    ]


def test_a_gap_ends_where_its_heir_takes_over_though_that_one_has_led_before():
    class Late(Told):
        story = [
            (1000, "W1", "takes office", "1"), (1500, "W1", "leaves office", "its lease is over"),
            (1600, "W2", "takes office", "2"), (1800, "W2", "leaves office", "its lease is over"),
            (1900, "W1", "takes office", "3"), (2100, "W1", "is killed", ""),
            (2400, "W2", "takes office", "4"),
        ]  # fmt: skip

    scene = rl.show.leaders(Course("token", "kill", 3, ["W1", "W2"], Late, (600, 200, 50))).scene
    (gap,), reigns = scene.of("gap"), scene.of("reign")
    bracket = gap.shapes[0].points
    assert (bracket[0][0], reigns[-1].x) == (gap.x, bracket[-1][0]) and gap.x > reigns[-2].x


def test_who_stands_still_is_hollow_and_nothing_leaves_the_picture():
    scene = rl.show.leaders(course()).scene
    first = scene.of("reign")[0]
    boxes = [shape for shape in first.shapes if hasattr(shape, "h")]
    assert [(box.fill is None, box.dash) for box in boxes] == [
        (False, "solid"), (True, "dashed"), (False, "solid"),
    ]  # fmt: skip
    assert all(0 <= mark.x <= scene.width and 0 <= mark.y <= scene.height for mark in scene.marks)


def test_its_twin_in_words_is_the_course_itself():
    picture = rl.show.leaders(course())
    assert picture.text == str(course()) and "2 of 3 jobs done" in picture.scene.words
    assert "<svg" in picture.dark().svg and picture.plotly()._json()["data"]

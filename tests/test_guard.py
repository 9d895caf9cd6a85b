"""A handler that never ends is stopped, named, and the lab goes on (`widgets/guard.py`)."""

import threading

import pytest

import raftlab as rl
from raftlab.core import Observation
from raftlab.widgets import guard, track
from raftlab.widgets.guard import within


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.3)
    monkeypatch.setattr(track, "_PATIENCE", 0.2)


class Loops(rl.Node):
    """Loops for ever as soon as it hears the word "loop"."""

    heard = 0
    persistent = ()

    def on_request(self, request):
        if request.command == ("set", "x", 9):
            while True:
                self.heard += 1
        self.heard += 1

    def observe(self):
        return Observation(self.id, fields={"heard": self.heard})


def test_a_handler_that_loops_is_stopped_and_named():
    run = rl.cluster(Loops, servers=2)
    with pytest.raises(rl.Impossible, match="S1's on_request did not come to an end"):
        with within(0.2):
            run.request(("set", "x", 9), to="S1")
    assert len(run) == 0, "nothing of it has happened"
    run.request(("set", "x", 1), to="S1")
    assert run["S1"].heard == 1


def test_what_ends_in_time_is_left_alone():
    for _ in range(20):
        with within(5):
            pass
    timers = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    assert all(one.finished.is_set() for one in timers)


def test_the_lab_says_so_and_goes_on():
    lab = rl.lab(Loops, servers=2)
    lab.stage.asks = [
        {"n": 1, "do": "request", "at": 0, "t": 0.0, "node": "S1", "text": "x=9"},
    ]
    assert "S1's on_request did not come to an end" in lab.stage.trouble["text"]
    lab.stage.asks = [
        {"n": 2, "do": "request", "at": 0, "t": 0.0, "node": "S1", "text": "x=1"},
    ]
    assert lab.stage.trouble == {} and lab.run["S1"].heard == 1


def test_a_loop_that_lies_ahead_does_not_keep_the_lab_from_opening():
    class Later(Loops):
        def start(self):
            self.set_timer("alarm", 20, 20)

        def on_timer(self, name):
            while True:
                pass

    lab = rl.lab(Later, servers=1)
    assert "S1's on_timer did not come to an end" in lab._about_now()["ending"]


class Breaks(Loops):
    """Raises in a handler, or as soon as it is looked at."""

    def on_request(self, request):
        if request.command == ("set", "x", 5):
            raise ValueError("no fives")
        self.heard += 1

    def observe(self):
        if self.heard > 1:
            raise KeyError("heard")
        return super().observe()


def asks(lab, number, text):
    lab.stage.asks = [
        {"n": number, "do": "request", "at": len(lab.run), "t": 0.0, "node": "S1", "text": text},
    ]
    return lab.stage.trouble.get("text", "")


def test_a_handler_or_observation_that_raises_is_named_and_nothing_of_it_happens():
    lab = rl.lab(Breaks, servers=2)
    assert asks(lab, 1, "x=5") == "S1's on_request fails: ValueError: no fives"
    assert "raise ValueError" in lab.stage.trouble["trace"]
    assert asks(lab, 2, "x=1") == "" and len(lab.run) == 1
    assert asks(lab, 3, "x=1") == "S1's observe fails: KeyError: 'heard'"
    assert len(lab.run) == 1 and lab.run["S1"].heard == 1


def test_a_question_of_the_stage_does_not_hide_an_error_that_one_reads():
    lab = rl.lab(Breaks, servers=2)
    asks(lab, 1, "x=5")
    lab.stage.asks = [{"n": 2, "do": "query", "at": 0, "t": 0.0, "what": "still"}]
    lab.stage.asks = [{"n": 3, "do": "more", "at": 0, "t": 0.0}]
    assert "no fives" in lab.stage.trouble["text"]


def test_where_time_stops_ahead_the_node_and_its_handler_are_named():
    class HalfDone(rl.Node):
        def start(self):
            self.set_timer("election", 10, 20)

        def on_timer(self, name):
            raise NotImplementedError("my part 2")

    lab = rl.lab(HalfDone, servers=1)
    ending = lab._about_now()["ending"]
    assert ending == "Here time stops: S1's on_timer fails: NotImplementedError: my part 2"

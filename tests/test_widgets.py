"""The lab without a browser and without a kernel: traits in, history and traits out."""

import json
import subprocess
import sys

import nbformat
import pytest

import raftlab as rl
from raftlab.core import Impossible
from raftlab.protocols.raft import Raft
from raftlab.widgets.histories import tree
from raftlab.widgets.scenarios import SITUATIONS
from raftlab.widgets.track import Track


@pytest.fixture
def lab():
    return rl.lab("raft", servers=5, seed=7)


def ask(lab, do, at=None, t=None, **more):
    """What the stage sends when the learner does something at its clock."""
    number = max([a["n"] for a in lab.stage.asks], default=0) + 1
    at = lab._at[0] if at is None else at
    t = lab._at[1] if t is None else t
    lab.stage.asks = [*lab.stage.asks, {"n": number, "do": do, "at": at, "t": t, **more}][-20:]


def sent(lab):
    return json.loads(lab.stage.patch)


# -- acting -------------------------------------------------------------------------------


def test_an_act_happens_at_the_moment_the_stage_shows(lab):
    ahead = Track(lab.run, 5).look_ahead()
    between = (ahead[3].state.time + ahead[4].state.time) / 2 + 0.0001
    ask(lab, "crash", at=3, t=between, node="S3")
    crash = next(s for s in lab.run.steps if type(s.action).__name__ == "Crash")
    assert crash.state.time == round(between, 3) > ahead[3].state.time
    assert lab.run.state.host("S3").mode == "down"
    assert sent(lab)["cursor"] == [lab.run.position, lab.run.now]
    assert sent(lab)["done"] == 1


def test_asks_that_arrive_together_are_each_answered_once(lab):
    both = [
        {"n": 1, "do": "crash", "at": 0, "t": 0, "node": "S1"},
        {"n": 2, "do": "pause", "at": 1, "t": 0, "node": "S2"},
    ]
    lab.stage.asks = both
    lab.stage.asks = [*both, {"n": 3, "do": "restart", "at": 2, "t": 0, "node": "S1"}]
    assert [type(s.action).__name__ for s in lab.run.steps[1:]] == ["Crash", "Pause", "Restart"]


def test_acts_reach_the_model_as_the_front_end_sends_them(lab):
    lab.stage._handle_msg({
        "content": {"data": {
            "method": "update",
            "state": {"asks": [{"n": 1, "do": "fire", "at": 0, "t": 10, "node": "S2",
                                "timer": "election"}]},
        }},
        "buffers": [],
    })  # fmt: skip
    assert lab.run["S2"].role == "candidate"


@pytest.mark.parametrize("kind, what, shown", [
    ("crash", {"node": "S9"}, "there is no node 'S9'; there are S1, S2, S3, S4, S5"),
    ("restart", {"node": "S1"}, "S1 is running; only a crashed node restarts"),
    ("request", {"node": "S1", "text": "hello?!"}, "'hello?!' is no command"),
    ("fire", {"node": "S1", "timer": "heartbeat"}, "has no timer 'heartbeat' running"),
    ("deliver", {"src": "S1", "dst": "S2", "place": 0}, "no longer on its way"),
    ("dance", {}, "cannot 'dance'"),
    ("undo", {}, "nothing to undo"),
])  # fmt: skip
def test_what_cannot_be_done_is_shown_and_changes_nothing(lab, kind, what, shown):
    before = lab.run.dump()
    ask(lab, kind, t=5.5, **what)
    assert shown in lab.stage.trouble["text"]
    assert lab.stage.trouble["trace"] == ""
    assert lab.run.dump() == before
    ask(lab, "crash", node="S1")
    assert lab.stage.trouble == {}


def test_a_handler_that_raises_ends_the_look_ahead_and_is_named():
    class Fails(Raft):
        def on_request_vote(self, src, ask):
            raise ZeroDivisionError("votes / 0")

    broken = rl.lab(Fails, servers=3, seed=1)
    ask(broken, "more", at=0)
    assert "ZeroDivisionError: votes / 0" in sent(broken)["ending"]


def test_an_error_nobody_foresaw_is_shown_with_its_place(lab):
    def fails():
        raise KeyError("lost")

    lab.when_still(fails)
    assert lab.stage.trouble["text"] == "KeyError: 'lost'"
    assert "in fails" in lab.stage.trouble["trace"]


@pytest.mark.parametrize("kind", ["drop", "duplicate", "delay", "deliver"])
def test_a_chosen_message_is_dropped_doubled_put_off_or_delivered(lab, kind):
    lab.run.step(1)
    lab.refresh()
    chosen = lab.run.state.network[2]
    ask(lab, kind, src=chosen.src, dst=chosen.dst, place=2, ms=50)
    assert type(lab.run.steps[-1].action).__name__.lower() == kind
    same = [e for e in lab.run.state.network if e.message == chosen.message and e.dst == chosen.dst]
    assert len(same) == {"drop": 0, "duplicate": 2, "delay": 1, "deliver": 0}[kind]
    if kind == "delay":
        assert same[0].deliver_at == pytest.approx(chosen.deliver_at + 50)


def test_isolating_and_mending_a_server(lab):
    ask(lab, "isolate", node="S2")
    assert len(lab.run.state.cuts) == 8 and all("S2" in cut for cut in lab.run.state.cuts)
    ask(lab, "rejoin", node="S2")
    assert not lab.run.state.cuts


def test_undo_leaves_what_was_done_as_a_branch(lab):
    lab.run.until(lambda run: run.leader)
    lab.refresh()
    leader, position, now = lab.run.leader, lab.run.position, lab.run.now
    ask(lab, "crash", node=leader)
    ask(lab, "undo")
    assert (lab.run.leader, lab.run.position, lab.run.now) == (leader, position, now)
    assert len(lab.run.branches) == 2 and len(lab.run) == position
    assert "crashes" in sent(lab)["note"]["text"] and sent(lab)["note"]["at"] == position
    ask(lab, "visit", branch=0, position=len(lab.run.branches[0].steps) - 1)
    assert lab.run.leader is None and lab.run.branch.name == "main"


def test_acting_in_the_past_keeps_the_old_branch(lab):
    lab.run.step(30)
    lab.refresh()
    ask(lab, "crash", at=10, t=lab.run.steps[10].state.time, node="S1")
    assert [len(branch.steps) for branch in lab.run.branches] == [31, 12]
    told = [branch["told"] for branch in tree(lab, {})["branches"]]
    assert len(told) == 2 and "S1 crashes" in told[1]


def test_reset_is_the_same_cluster_again(lab):
    first = [step.state.time for step in Track(lab.run, 30).look_ahead()]
    ask(lab, "crash", at=5, t=0, node="S1")
    ask(lab, "reset")
    assert lab.run.position == 0 and len(lab.run.branches) == 2
    assert [step.state.time for step in Track(lab.run, 30).look_ahead()] == first


# -- the controls -------------------------------------------------------------------------


@pytest.mark.parametrize("servers", [3, 4, 5, 7])
@pytest.mark.parametrize("name", SITUATIONS)
def test_each_scenario_begins_where_its_line_says(lab, name, servers):
    lab = rl.lab("raft", servers=servers, seed=3)
    ask(lab, "begin", name=name)
    assert lab.stage.trouble == {}
    run, question = lab.run, sent(lab)["question"]
    assert question.endswith(("?", "."))
    roles = [run.state.observe(id).role for id in run.state.config.servers]
    if name == "split vote":
        term = run["S1"].current_term
        run.until(lambda run: all("Vote" not in repr(e.message) for e in run.state.network))
        assert run.leader is None and term == 1
        assert max(len(run.state.observe(id).votes) for id in run.state.config.servers) <= (
            servers // 2
        )
    elif name == "leader crash":
        assert "leader" not in roles and [h.mode for h in run.state.hosts].count("down") == 1
    elif name == "lagging follower":
        assert len({len(run[id].log) for id in run.state.config.servers}) > 1
    elif name == "split, leader in the minority":
        old = run.leader
        run.run(900)
        assert run.leader != old and run[old].role == "leader" and run[old].commit_index == 1
    assert not run.verdicts


def test_a_scenario_that_needs_more_servers_says_so():
    lab = rl.lab("raft", servers=1)
    ask(lab, "begin", name="split vote")
    assert "it takes 2 servers or more, and there are 1" in lab.stage.trouble["text"]


def test_a_scenario_of_the_catalog_brings_its_own_cluster(lab):
    """The stage and its controls are made anew; the old ones are closed and not heard any more."""
    stage, controls = lab.stage, lab.controls
    ask(lab, "begin", name="split-vote")
    assert lab.stage is not stage and lab.children[1] is lab.stage
    assert lab.stage.about["servers"] == ["S1", "S2", "S3", "S4"]
    assert lab.run.scenario.name == "split-vote"
    whole = json.loads(lab.stage.get_state()["track"])
    assert whole["cursor"][0] == lab.run.position == 2 < whole["real"]
    assert whole["question"].startswith("Two candidates, two votes each")
    assert "Watch: " in whole["question"] and whole["note"] == {}
    assert stage.comm is None and controls.speed.comm is None
    stage.rest = [0, 0.0, 9]
    assert lab.run.position == 2
    ask(lab, "crash", node="S4")
    assert lab.run.state.host("S4").mode == "down" and len(lab.run.branches) == 2
    ask(lab, "begin", name="fresh start")
    assert len(lab.run.state.config.servers) == 4 and lab.run.scenario is None


def test_a_scenario_of_the_same_cluster_stays_on_its_stage():
    lab = rl.lab(rl.scenario("split-vote"))
    stage = lab.stage
    ask(lab, "begin", name="split-vote")
    assert lab.stage is stage and sent(lab)["cursor"] == [2, lab.run.now]
    assert sent(lab)["question"].startswith("Two candidates, two votes each")


def test_dials_turn_the_cluster_and_a_bad_timing_is_said(lab):
    lab.controls.dials.sliders["loss"].value = 0.25
    lab.controls.dials.sliders["heartbeat_interval"].value = 200
    lab.controls.dials.sliders["election_timeout"].value = (150, 160)
    assert lab.run.state.dials.loss == 0.25
    assert lab.run["S3"].heartbeat_interval == 200 and lab.run["S3"].election_timeout == (150, 160)
    assert "§5.6" in sent(lab)["warnings"][0]
    ask(lab, "undo")
    assert lab.controls.dials.sliders["election_timeout"].value == (150, 300)


def test_dials_start_as_the_cluster_stands():
    lab = rl.lab("raft", servers=3, latency=3, election_timeout=(900, 2000))
    assert lab.controls.dials.sliders["latency"].value == 3
    assert lab.controls.dials.sliders["election_timeout"].value == (900, 2000)
    assert len(lab.run) == 0


def test_while_time_runs_a_dial_waits_for_the_stage_to_say_when(lab):
    lab.stage.playing = True
    lab.controls.dials.sliders["loss"].value = 0.5
    assert len(lab.run) == 0 and lab.stage.call == 1
    ask(lab, "call", at=4, t=210.0, call=1)
    assert type(lab.run.steps[-1].action).__name__ == "Tune"
    assert lab.run.position >= 5


# -- cells, pages, notebooks --------------------------------------------------------------


def test_resting_puts_the_history_where_the_stage_stands(lab):
    lab.stage.rest = [12, 205.0, 1]
    assert lab.run.position == 12
    lab.stage.rest = [3, 200.0, 2]
    assert lab.run.position == 3 and len(lab.run) == 12


def test_what_a_cell_does_to_the_run_is_shown(lab):
    lab.run.until(lambda run: run.leader)
    lab.refresh()
    assert sent(lab)["cursor"] == [lab.run.position, lab.run.now]
    before = lab.stage.patch
    lab.refresh()
    assert lab.stage.patch == before


def test_a_lab_of_a_history_starts_at_its_cursor():
    run = rl.cluster("raft", servers=3, seed=4)
    run.run(400)
    run.goto(10)
    lab = rl.lab(run)
    assert lab.run is run
    whole = json.loads(lab.stage.get_state()["track"])
    assert whole["cursor"] == [10, run.now] and whole["real"] == len(run)
    with pytest.raises(Impossible, match="takes nothing else"):
        rl.lab(run, servers=3)


def test_a_page_that_opens_later_gets_the_present_track(lab):
    ask(lab, "crash", at=3, t=0, node="S3")
    state = lab.stage.get_state()
    rows = json.loads(state["track"])["rows"]
    assert len(rows) > len(lab.run) and state["patch"] == b""
    assert json.loads(state["track"])["cursor"] == [lab.run.position, lab.run.now]


def test_a_node_of_ones_own_needs_no_more_than_a_class():
    class Echo(rl.Node):
        heard = 0

        def start(self):
            self.set_timer("call", 10, 20)

        def on_timer(self, name):
            self.broadcast("hello")

        def on_message(self, src, message):
            self.heard += 1

    lab = rl.lab(Echo, servers=3)
    ask(lab, "more", at=0)
    words = sent(lab)["words"] + json.loads(lab.stage.get_state()["track"])["words"]
    assert "heard=1" in words and "hello" in words
    assert lab.stage.about["properties"] == []
    assert "Nothing more will happen" in sent(lab)["ending"]


def test_the_first_state_that_travels_is_small():
    lab = rl.lab("raft", servers=5, seed=7)
    state = lab.stage.get_state()
    size = sum(len(v) if isinstance(v, bytes) else len(json.dumps(v)) for v in state.values())
    assert size < 90_000


def test_a_saved_lab_shows_picture_and_words_and_nbval_passes_strictly(tmp_path):
    """Runs a notebook once, then compares it with itself, output for output."""
    from nbclient import NotebookClient

    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import raftlab as rl\nrl.lab('raft', servers=3, seed=7)")]
    )
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    NotebookClient(book, timeout=60).execute()
    still, live = book.cells[0].outputs
    assert "<img src=" in still.data["text/html"] and "alt=" in still.data["text/html"]
    assert "S2: follower, term 0" in still.data["text/plain"]
    assert live.data["text/plain"].startswith("<lab: raft cluster of 3, seed 7")
    path = tmp_path / "lab.ipynb"
    nbformat.write(book, path)
    checked = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider",
         "-c", "/dev/null", "--rootdir", str(tmp_path), str(path)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout[-2000:]

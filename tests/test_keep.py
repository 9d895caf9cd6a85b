"""What leaves a lab and comes back: texts, files, pictures, a page that plays, a still picture."""

import base64
import json
import re
import zlib

import pytest

import raftlab as rl
from raftlab.core import Impossible, Node
from raftlab.views.glance import glance
from raftlab.widgets.keep import kept
from raftlab.widgets.still import Still


def played():
    """A leader, an entry, and its crash."""
    run = rl.cluster("raft", servers=5, seed=7)
    run.until(lambda run: run.leader)
    run.request(("set", "x", 5))
    run.run(60)
    run.crash(run.leader)
    run.run(30)
    return run


# -- what the kernel answers --------------------------------------------------------------


def test_each_text_brings_back_the_run_it_was_made_of():
    run = played()
    lab = rl.lab(run)
    code, history, scenario = (
        kept(lab, {"kind": kind}) for kind in ("code", "history", "scenario")
    )
    assert rl.load(code["text"]).digest() == run.digest() and code["name"] == "raft-seed-7.txt"
    assert rl.load(history["text"]).dump() == run.dump() and history["name"].endswith(".json")
    assert rl.scenario(scenario["text"], at="end").digest() == run.digest()
    assert kept(lab, {"kind": "replay"})["text"].startswith("<!doctype html>")


def test_how_many_branches_a_text_has_is_said():
    run = played()
    run.goto(10)
    run.crash("S1")
    assert kept(rl.lab(run), {"kind": "code"})["told"] == "all 2 branches are in it"
    assert kept(rl.lab(run), {"kind": "history"})["told"] == "all 2 branches"


def test_what_cannot_be_kept_is_an_answer_with_the_reason():
    run = played()
    run.request(object(), to="S1")
    assert "cannot be written" in kept(rl.lab(run), {"kind": "code"})["error"]


@pytest.mark.parametrize("kind", ["code", "history", "scenario"])
def test_a_text_is_opened_and_undo_brings_back_what_was_there(kind):
    text = kept(rl.lab(played()), {"kind": kind})["text"]
    lab = rl.lab("raft", servers=3, seed=1)
    before = lab.run
    lab.act("open", text=f"\n {text}\n")
    assert lab.run.digest() == played().digest() or kind == "scenario"
    assert len(lab.run.state.config.servers) == 5 and len(lab.run) == len(played())
    assert lab._note["text"].startswith("Opened: event ")
    lab.act("undo")
    assert lab.run is before


@pytest.mark.parametrize("text, told", [
    ("", "there is no run in this"), ("hello there", "there is no run in this"),
    ("rl1.AAAAAAAAAAAAAAAAAAAAAAAA", "copy the whole of it again"), ("{}", "not a raftlab history"),
    ("nothing-of-the-kind", "there is no scenario"), ("notes.txt", "choose the file instead"),
    ("cluster raft servers=3\nnonsense", "nonsense"),
])  # fmt: skip
def test_what_is_no_run_is_refused_and_nothing_is_lost(text, told):
    lab = rl.lab(played())
    run, position = lab.run, lab.run.position
    with pytest.raises(Impossible, match=told):
        lab.act("open", text=text)
    assert lab.run is run and run.position == position and not lab._past


def test_the_class_of_ones_own_that_is_on_the_stage_is_used_again():
    class Mine(Node):
        def on_request(self, request):
            self.broadcast(("count", 1))

    run = rl.cluster(Mine, servers=2)
    run.request("go", to="S1")
    lab = rl.lab(rl.cluster(Mine, servers=3))
    lab.act("open", text=run.code())
    assert lab.run.digest() == run.digest()
    with pytest.raises(Impossible, match="no protocol 'Mine'"):
        rl.lab("raft").act("open", text=run.code())


def test_a_run_of_other_rules_is_opened_and_that_is_said():
    run = rl.cluster("raft", servers=3, seed=1)
    run.step(1)
    run.about = {**run.about, "seed": 2}
    lab = rl.lab("raft")
    lab.act("open", text=run.code())
    assert "saved by other rules" in lab._note["text"]


# -- the still picture --------------------------------------------------------------------


def test_a_glance_at_the_boot_is_the_ring_alone():
    run = rl.cluster("raft", servers=3, seed=1)
    assert glance(run).svg == rl.show.ring(run).svg


def test_a_glance_later_shows_the_ring_and_the_last_events_in_picture_and_words():
    run = played()
    picture, ring = glance(run), rl.show.ring(run)
    assert picture.text.startswith(ring.text) and "The last events:" in picture.text
    assert "crashes" in picture.text.partition("The last events:")[2]
    assert picture.scene.height > ring.scene.height
    lowest = max(mark.y for mark in picture.scene.marks)
    assert ring.scene.height < lowest < picture.scene.height
    assert glance(run, 5).text.startswith(rl.show.ring(run, 5).text)


def published(monkeypatch, lab):
    told = []
    monkeypatch.setattr("IPython.display.publish_display_data",
                        lambda data, **more: told.append((data, more)))  # fmt: skip
    lab.still = Still(lab)
    return told


def test_the_still_picture_is_renewed_only_after_it_was_shown_and_the_run_has_moved(monkeypatch):
    lab = rl.lab("raft", servers=3, seed=1)
    told = published(monkeypatch, lab)
    lab.still.renew()
    lab.act("crash", node="S2")
    assert told == []  # nobody has shown it yet
    lab._ipython_display_()
    [(first, more), _] = told
    assert "S2: crashed" in first["text/plain"] and more["update"] is False
    lab.still.renew()
    assert len(told) == 2  # nothing has moved
    lab.act("restart", node="S2")
    assert len(told) == 2  # an act waits for no picture
    lab.still.renew()
    again, renewed = told[2]
    assert "S2: crashed" not in again["text/plain"] and renewed["update"] is True
    assert renewed["transient"] == more["transient"]
    assert (
        "restarts" in json.loads(lab.stage.track)["words"]
        or "S2 restarts" in lab.stage.track.decode()
    )


def test_a_picture_says_what_draws_png(tmp_path):
    picture = rl.show.ring(played())
    picture.save(tmp_path / "ring.svg")
    assert (tmp_path / "ring.svg").read_text("utf-8") == picture.svg
    with pytest.raises(Impossible, match="the pane Keep of a lab draws PNG"):
        picture.save(tmp_path / "ring.png")


def test_the_code_survives_in_a_notebook_that_saves_its_widgets():
    """Only an anywidget's model keeps bytes there: others are copied as JSON, which has none."""
    assert rl.lab("raft").stage.code.get_state()["_model_module"] == "anywidget"


# -- a page that plays --------------------------------------------------------------------


def inside(page, id):
    found = re.search(rf'id="{id}">([^<]*)<', page)[1]
    letters = found.translate(str.maketrans(":.", "<&"))
    return json.loads(zlib.decompress(base64.b85decode(letters)))


def test_a_replay_holds_the_branch_its_words_and_a_way_back():
    run = played()
    run.goto(0)
    page = rl.replay(run, title="A <leader> crashes").html
    held = inside(page, "run")
    assert len(held["track"]["rows"]) == len(run) + 1 and held["about"]["recording"]
    assert held["track"]["cursor"] == [0, 0.0]
    assert "<title>A &lt;leader&gt; crashes</title>" in page
    assert page.count("<li>") > 30 and 'alt="step' in page
    code = re.search(r"rl1\.[\w-]+", page)[0]
    assert len(rl.load(code)) == len(run)


def test_a_replay_of_five_hundred_events_is_small_and_names_no_other_place():
    run = played()
    run.step(500 - len(run))
    page = rl.replay(run).html
    assert len(page.encode()) <= 120_000
    outside = re.sub(r"http://www\.w3\.org/\S+", "", page)
    assert not re.search(r"(src|href)=\"(?!data:)|https?://|@import|plotly", outside)


def test_a_replay_is_shown_in_a_frame_without_access_and_saved_as_a_page(tmp_path):
    replay = rl.replay(played())
    bundle = replay._repr_mimebundle_()
    assert 'sandbox="allow-scripts allow-downloads"' in bundle["text/html"]
    assert "allow-same-origin" not in bundle["text/html"]
    replay.save(tmp_path / "run.html")
    assert (tmp_path / "run.html").read_text("utf-8") == replay.html
    with pytest.raises(Impossible, match="should end in .html"):
        replay.save(tmp_path / "run.svg")
    with pytest.raises(Impossible, match="cannot be written"):
        replay.save(tmp_path / "nowhere" / "run.html")
    with pytest.raises(Impossible, match="a replay is of a run"):
        rl.replay("raft")

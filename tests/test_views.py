"""The pictures: what is in them, in which words, the same bytes each time. No browser."""

import json
import re
import subprocess
import sys
from base64 import b64decode
from html import unescape
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pictured import counted, elected, shapes_of, troubled

import raftlab as rl
from raftlab.core import Impossible
from raftlab.sim import is_interesting
from raftlab.views import feed as feed_view
from raftlab.views import scene as scenes
from raftlab.views import spacetime as spacetime_view
from raftlab.views import svg, text

PLOTLY = "application/vnd.plotly.v1+json"
VIEWS = ("ring", "logs", "spacetime", "feed")


# -- logs ---------------------------------------------------------------------------------


def test_every_entry_is_a_cell_committed_or_not():
    run = elected(seed=7)
    run.run(60)
    run.request(("set", "x", 5))
    run.run(25)
    scene = rl.show.logs(run).scene
    seen = [run.state.observe(id) for id in run.state.config.servers]
    assert len(scene.of("committed")) == sum(s.commit_index for s in seen) > 0
    uncommitted = scene.of("uncommitted")
    assert len(uncommitted) == sum(s.log.last_index - s.commit_index for s in seen) > 0
    assert all(mark.shapes[0].dash == "solid" for mark in scene.of("committed"))
    assert all(mark.shapes[0].dash == "dashed" for mark in uncommitted)
    assert all(mark.shapes[0].dash == "dotted" for mark in scene.of("missing"))
    assert len(scene.of("progress")) == 4
    assert any("x=5, term 1" in mark.title for mark in uncommitted)


def test_a_long_log_shows_its_end_or_the_part_asked_for():
    run = elected(seed=7)
    for number in range(300):
        run.request(("set", "key", number))
        run.run(2)
    newest = rl.show.logs(run)
    assert newest.scene.width <= 700
    assert any(mark.title.startswith(f"{run.leader} entry 301") for mark in newest.scene.marks)
    part = rl.show.logs(run, first=5, last=8).scene
    cells = {mark.about for mark in part.of("committed")}
    assert cells == {f"S{s}[{i}]" for s in range(1, 6) for i in range(5, 9)}
    assert "…" in [label.text for label in shapes_of(part, scenes.Text)]
    assert rl.show.logs(run, first=290, last=100_000).scene.width <= 700


# -- space-time ---------------------------------------------------------------------------


def test_every_message_is_drawn_with_its_fate():
    run = rl.cluster("raft", servers=5, seed=5, loss=0.2)
    run.run(400)
    scene = rl.show.spacetime(run).scene
    kinds = [type(step.action).__name__ for step in run.steps]
    assert len(scene.of("message")) == kinds.count("Deliver") > 0
    assert len(scene.of("lost")) == kinds.count("Drop") > 0
    assert len(scene.of("flying")) == len(run.state.network)
    assert len(scene.of("event")) == len(run.steps)


def test_time_runs_downwards_and_idle_stretches_are_marked():
    run = elected()
    run.run(100)
    scene = rl.show.spacetime(run).scene
    heights = [mark.y for mark in scene.of("event")]
    assert heights == sorted(heights) and scene.of("break")
    assert heights[-1] <= scene.height


def test_heartbeats_can_be_hidden():
    run = elected()
    run.run(500)
    all_, fewer = rl.show.spacetime(run), rl.show.spacetime(run, heartbeats=False)
    assert any("0 entries" in mark.title for mark in all_.scene.of("message"))
    beats = [mark for mark in fewer.scene.of("message") if "0 entries" in mark.title]
    assert len(beats) == 4  # those from which the followers learn what is committed
    assert len(fewer.scene.of("message")) < len(all_.scene.of("message")) / 2
    assert fewer.text.count("heartbeat timer") == 1 < all_.text.count("heartbeat timer")


def test_a_message_carries_its_sign_and_no_sign_hides_another():
    """Line weights alone are hard to tell apart: diamonds are votes, squares entries."""
    run = elected()
    run.request(("set", "x", 5))
    run.run(60)
    scene, places, signed = rl.show.spacetime(run).scene, [], 0
    for mark in scene.of("message"):
        outlines = [
            s for s in mark.shapes if type(s) is scenes.Poly and s.closed and s.width == 1.2
        ]
        if outlines:
            signed += 1
            assert ("Vote" in mark.title) == (
                len(outlines[0].points) == 4
                and outlines[0].points[0][0] == outlines[0].points[2][0]
            )
            places.append(tuple(sum(side) / 4 for side in zip(*outlines[0].points, strict=True)))
    assert signed > 0.8 * len(scene.of("message"))
    size = spacetime_view._Signs.R
    for one, other in combinations(places, 2):
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) > 2 * size


def test_the_name_of_a_term_lies_above_what_it_stands_beside():
    order = [mark.kind for mark in rl.show.spacetime(elected()).scene.marks]
    assert order.index("term") > max(at for at, kind in enumerate(order)
                                     if kind in ("message", "event"))  # fmt: skip
    assert order.count("term") == 5


def test_a_crash_is_a_gap_and_a_leader_a_broad_line():
    run = elected()
    leader = run.leader
    run.run(30)
    run.crash(leader)
    run.run(400)
    scene = rl.show.spacetime(run).scene
    line = [mark for mark in scene.of("stretch") if mark.about == leader]
    leads, down = (next(m for m in line if word in m.title) for word in ("leader", "crashed"))
    assert leads.shapes[0].w == spacetime_view.WIDTHS["leader"]
    assert down.shapes[0].dash == "dotted" and type(down.shapes[0]) is scenes.Poly
    notes = [mark.title for mark in scene.of("note")]
    assert f"{leader} leads term 1" in notes and f"{leader} crashes" in notes


def test_a_diagram_of_two_thousand_events_stays_small():
    run = elected()
    run.step(2000)
    picture = rl.show.spacetime(run, first=len(run) - 2000)
    assert len(picture.scene.of("event")) == 2001
    assert len(picture.svg) < 1_500_000
    assert len(rl.show.spacetime(run).scene.of("event")) == spacetime_view.MOST + 1


def test_a_broken_property_is_marked_where_it_breaks():
    run = elected()
    verdict = rl.checks.Verdict("election_safety", False, 3, "S1 and S2 both lead term 1")
    known = run.steps[3].known.but(broken=(verdict,))
    for step in run.steps[3:]:
        step.known = known
    notes = [m for m in rl.show.spacetime(run).scene.of("note") if "BROKEN" in m.title]
    assert [note.title for note in notes] == ["BROKEN: election safety"]


# -- feed ---------------------------------------------------------------------------------


def test_the_feed_tells_every_interesting_event_with_its_reason():
    run = elected()
    run.run(200)
    only = feed_view.told(run.steps, run.position, interesting=True)
    wanted = [i for i in range(len(run.steps)) if is_interesting(run.steps, i)]
    assert [position for position, *_ in only] == wanted
    feed = rl.show.feed(run, last=None)
    for position in wanted:
        for sentence in run.why(position):
            assert sentence in feed.text and sentence in unescape(feed.html())
    assert len(rl.show.feed(run, last=3).found) == 3
    assert len(rl.show.feed(run, last=None, interesting=False).found) == len(run.steps)


# -- every view ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("make", [elected, troubled, counted, lambda: rl.cluster(servers=1)])
def test_every_view_shows_every_run(name, make):
    """Also a learner's own node, which has neither role nor term nor log."""
    run = make()
    for picture in (getattr(rl.show, name)(run), getattr(rl.show, name)(run, 0)):
        for drawn in (picture, picture.dark()):
            root = ElementTree.fromstring(drawn.svg)
            assert root.get("role") == "img" and root[0].text and root[1].text
        bundle = picture._repr_mimebundle_()
        assert bundle["text/plain"] == picture.text == repr(picture)
        assert "<script" not in bundle["text/html"] and "<svg" not in bundle["text/html"]
        assert json.loads(json.dumps(picture.plotly()._repr_mimebundle_()[PLOTLY]))["data"]


@pytest.mark.parametrize("name", VIEWS)
def test_the_text_twin_tells_what_the_picture_tells(name):
    run = troubled()
    picture = getattr(rl.show, name)(run)
    for mark in picture.scene.marks:
        if mark.kind in ("server", "client", "message") and name == "ring":
            assert mark.title in picture.text
        if mark.kind == "event" and name == "feed":
            assert mark.title.split(":")[0] in picture.text
        if mark.kind == "server" and name == "logs":
            assert re.search(rf"^{mark.about}\b", picture.text, re.M)
    if name == "spacetime":
        assert len(picture.text.splitlines()) == len(picture.scene.of("event"))


def test_a_learners_fields_are_shown():
    run = counted()
    assert "S3: count=1" in rl.show.ring(run).text and "S3: count=1" in rl.show.logs(run).text
    words = [label.text for label in shapes_of(rl.show.ring(run).scene, scenes.Text)]
    assert words.count("count=0") == 2 and words.count("count=1") == 1
    assert "hello S1→S2" in rl.show.ring(run).text


def test_the_ring_is_interactive_by_default_and_carries_its_still_picture():
    bundle = rl.show.ring(elected())._repr_mimebundle_()
    assert set(bundle) == {PLOTLY, "text/html", "text/plain"}
    found = re.fullmatch(r'<img src="data:image/svg\+xml;base64,([^"]+)" width="\d+" '
                         r'alt="([^"]+)">', bundle["text/html"], re.S)  # fmt: skip
    assert ElementTree.fromstring(b64decode(found[1]).decode()).tag.endswith("svg")
    assert unescape(found[2]) == bundle["text/plain"]
    assert set(rl.show.logs(elected())._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert len(json.dumps(bundle)) < 40_000


@pytest.mark.parametrize("name", ["ring", "logs", "spacetime"])
def test_on_a_dark_page_a_picture_is_its_own_dark_twin(name):
    """What the style sheet inside turns is what `dark()` writes out."""
    picture = getattr(rl.show, name)(troubled())
    both, dark = (
        b64decode(re.search('base64,([^"]+)', made.html())[1]).decode()
        for made in (picture, picture.dark())
    )
    sheet = re.search("<style>@media .prefers-color-scheme:dark.{(.*)}</style>", both)
    turned = both.replace(sheet[0], "")
    assert turned == svg.render(picture.scene, words=False), "no style sheet: the light picture"
    turns = re.findall(r'\[(\w+="#\w+")\]{(\w+):(#\w+)}', sheet[1])
    for light, kind, colour in turns:  # at once: no colour is turned twice
        turned = turned.replace(light, f'{kind}="@{colour}"')
    assert turned.replace('"@', '"') == dark
    assert len(both) < len(dark) + 900


def test_a_plotly_figure_is_small_rounded_and_says_everything_under_the_pointer():
    picture = rl.show.ring(elected())
    made = picture._json()
    told = made["data"][-1]["hovertext"]
    assert len(told) == sum(bool(mark.title) for mark in picture.scene.marks)
    assert made["layout"]["template"] == {}
    numbers = [n for trace in made["data"] for axis in "xy" for n in trace[axis] if n is not None]
    assert all(n == round(n, 1) for n in numbers)
    figure = picture.figure()
    assert len(figure.data) == len(made["data"]) and type(figure).__name__ == "Figure"
    words = {label.text for label in shapes_of(picture.scene, scenes.Text)}
    drawn = {re.sub("</?b>", "", w) for t in made["data"] for w in t.get("text", ())}
    assert drawn == words


def test_each_header_of_a_feed_stands_as_its_column_does():
    """Notebooks set tables flush right, which puts a header far from words set to the left."""
    table = rl.show.feed(elected()).html()
    heads, rows = table.split("</thead>")
    sides = re.findall(r'<th scope="col" style="text-align:(\w+)"', heads)
    first = rows.split("</tr>")[0]
    assert sides == ["right", "right", "left", "left"]
    assert re.findall(r'<t[dh] .*?text-align:(\w+)"', first) == sides


def test_looking_changes_nothing():
    run = troubled()
    before = run.digest(), run.position, run.dump()
    for name in VIEWS:
        picture = getattr(rl.show, name)(run)
        picture.plotly()._repr_mimebundle_()
        assert picture.svg == getattr(rl.show, name)(run).svg
    assert (run.digest(), run.position, run.dump()) == before


_PRINT = """
import hashlib, json, raftlab as rl
run = rl.cluster("raft", servers=5, seed=7, clients=2, loss=0.1)
run.run(260); run.partition(["S1", "S2"]); run.crash("S4"); run.run(5)
seen = hashlib.sha256()
for view in (rl.show.ring, rl.show.logs, rl.show.spacetime, rl.show.feed):
    seen.update((view(run).svg + json.dumps(view(run).plotly()._repr_mimebundle_())).encode())
print(seen.hexdigest())
"""


@pytest.mark.slow
def test_the_bytes_are_the_same_in_every_process():
    root = Path(__file__).parents[1]
    printed = {
        subprocess.run(
            [sys.executable, "-c", _PRINT], env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(printed) == 1


def test_still_pictures_need_neither_plotly_nor_networkx():
    root = Path(__file__).parents[1]
    code = (
        "import sys, raftlab as rl; run = rl.cluster(); rl.show.ring(run).svg\n"
        "for view in (rl.show.logs, rl.show.spacetime, rl.show.feed):\n"
        "    view(run)._repr_mimebundle_()\n"
        "assert not {'plotly', 'networkx', 'numpy', 'IPython'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, check=True)


def test_pictures_are_kept_in_files(tmp_path):
    picture = rl.show.ring(elected())
    kinds = {"svg": "<svg", "html": "<svg", "txt": "leader", "json": '"data"'}
    for ending, inside in kinds.items():
        picture.save(tmp_path / f"x.{ending}")
        assert inside in (tmp_path / f"x.{ending}").read_text(encoding="utf-8")
    with pytest.raises(Impossible, match=".svg, .html, .txt or .json"):
        picture.save(tmp_path / "x.pdf")


@pytest.mark.parametrize("name", VIEWS)
def test_errors_say_what_there_is(name):
    run = elected()
    view = getattr(rl.show, name)
    for wrong in (-1, len(run) + 1, "3", True, 1.5):
        with pytest.raises(Impossible, match=f"steps 0 to {len(run)}"):
            view(run, wrong)
    with pytest.raises(Impossible, match="not of int"):
        view(3)


def test_errors_of_the_views_own_options():
    run = elected()
    for call in (
        lambda: rl.show.logs(run, first=0), lambda: rl.show.logs(run, first=3, last=2),
        lambda: rl.show.spacetime(run, first=len(run) + 1), lambda: rl.show.feed(run, last=0),
    ):  # fmt: skip
        with pytest.raises(Impossible):
            call()


def test_commands_and_messages_in_short():
    shorts = [text.command(c) for c in (None, ("set", "x", 5), ("add", "x", -2), ("get", "x"),
                                        ("cas", "x", 1, 2), ("del", "x"), "go")]  # fmt: skip
    assert shorts == ["no-op", "x=5", "x-=2", "x?", "x: 1->2", "del x", "go"]
    assert text.glyph_of("hello") == "message"


def test_show_says_what_it_has():
    assert all(f"rl.show.{name}(run)" in repr(rl.show) for name in VIEWS)

"""The ring: who stands where, what is on its way, and nothing overlaps. No browser."""

from itertools import combinations
from math import hypot

import pytest
from pictured import elected, shapes_of, troubled

import raftlab as rl
from raftlab.sim import loss_of
from raftlab.views import scene as scenes
from raftlab.views import style, text


@pytest.mark.parametrize("count", range(1, 21))
@pytest.mark.parametrize("clients", [0, 2])
def test_servers_never_overlap_and_stay_inside(count, clients):
    run = rl.cluster("raft", servers=count, seed=count, clients=clients)
    sizes = style.ring_sizes(count, clients)
    picture = rl.show.ring(run)
    places = [(mark.x, mark.y) for mark in picture.scene.of("server")]
    assert len(places) == count and picture.scene.width <= 700
    reach = style.REACH * sizes["node"] + style.TIMER_GAP + style.TIMER_WIDTH / 2
    for (ax, ay), (bx, by) in combinations(places, 2):
        assert hypot(ax - bx, ay - by) >= 2 * reach
    for x, y in places:
        assert reach <= x <= sizes["legend"] - reach and style.HEADER <= y - reach
        assert y + reach <= picture.scene.height
    for mark in picture.scene.of("client"):
        assert all(hypot(mark.x - x, mark.y - y) > reach + 22 for x, y in places)


@pytest.mark.parametrize("count", [1, 3, 5, 9, 20])
def test_all_words_lie_inside_the_picture(count):
    run = rl.cluster("raft", servers=count, seed=3, clients=1)
    run.run(215)
    for name in ("ring", "logs", "spacetime"):
        scene = getattr(rl.show, name)(run).scene
        for label in shapes_of(scene, scenes.Text):
            width = style.text_width(label.text, label.size, label.bold)
            left = label.x - {"start": 0, "middle": width / 2, "end": width}[label.anchor]
            assert left >= 0 and left + width <= scene.width, (name, label)
            assert 0 < label.y < scene.height


@pytest.mark.parametrize("count", range(3, 10))
def test_signs_of_messages_on_one_link_do_not_overlap(count):
    run = rl.cluster("raft", servers=count, seed=1, duplicate=0.4)
    run.run(240)
    sizes = style.ring_sizes(count)
    for at in range(0, len(run), 5):
        marks = rl.show.ring(run, at).scene.of("message")
        for a, b in combinations(marks, 2):
            if a.about == b.about:
                assert hypot(a.x - b.x, a.y - b.y) >= 1.9 * sizes["glyph"]


def test_a_message_moves_from_its_sender_to_its_receiver():
    run = rl.cluster("raft", servers=3, seed=1)
    run.until(lambda run: run.state.network)
    envelope = run.state.network[-1]
    link = f"{envelope.src}→{envelope.dst}"
    distances = []
    while envelope in run.state.network:
        scene = rl.show.ring(run).scene
        spot = next(m for m in scene.of("message") if m.about == link)
        end = next(m for m in scene.of("server") if m.about == envelope.dst)
        distances.append(hypot(spot.x - end.x, spot.y - end.y))
        run.step()
    assert len(distances) > 1 and distances == sorted(distances, reverse=True)


def test_the_timer_arc_is_the_share_of_time_left():
    run = rl.cluster("raft", servers=3, seed=1)
    arc = next(s for m in rl.show.ring(run).scene.of("server") if m.about == "S1"
               for s in m.shapes if type(s) is scenes.Arc)  # fmt: skip
    deadline = run.state.host("S1").timers[0][0]
    assert (arc.end - arc.start) / 6.283185 == pytest.approx(deadline / 300, abs=0.001)


def test_a_learners_timer_has_an_arc_too():
    class Clock(rl.Node):
        ticks = 0

        def start(self):
            self.set_timer("tick", 40, 80)

        def on_timer(self, name):
            self.ticks += 1
            self.set_timer("tick", 10, 20)

    run = rl.cluster(Clock, servers=1)
    run.step(2)
    run.request("x", to="S1")
    (timer,) = run.state.host("S1").timers
    span = text.span(run.steps, run.position, run.state.host("S1"), timer)
    assert span == pytest.approx(timer[0] - run.now) and 10 <= span <= 20
    assert shapes_of(rl.show.ring(run).scene, scenes.Arc)


def test_a_candidate_has_a_slot_for_each_server_and_its_votes_filled():
    run = rl.cluster("raft", servers=5, seed=7)
    run.until(lambda run: any(len(run[id].votes_granted) == 2 for id in run.state.config.servers))
    candidate = next(i for i in run.state.config.servers if len(run[i].votes_granted) == 2)
    mark = next(m for m in rl.show.ring(run).scene.of("server") if m.about == candidate)
    slots = [s for s in mark.shapes if type(s) is scenes.Circle and s.r == style.VOTE_RADIUS]
    assert len(slots) == 5 and [s.fill for s in slots].count("ink") == 2
    assert "2 of 5 votes" in mark.title


@pytest.mark.parametrize("log, slots, words", [
    ([], 3, "1 of 3 votes (S1)"),
    ([(1, ("members", ("S1", "S2", "S3", "S5"), ("S4",)))], 4, "1 of 4 votes (S1)"),
    ([(1, ("joint", ("S1", "S2", "S3"), ("S3", "S4")))], 4, "1 of 3 and 0 of 2 votes (S1)"),
])  # fmt: skip
def test_votes_are_counted_by_the_configuration_that_the_candidate_goes_by(log, slots, words):
    kind = type(rl.cluster("raft+joint-consensus")["S1"])
    ids = ["S1", "S2", "S3", "S4", "S5"]
    nodes = [kind(id, ids, initial_members=3, log=log, current_term=1) for id in ids]
    run = rl.cluster(kind, nodes)
    run.fire("S1")
    mark = next(m for m in rl.show.ring(run).scene.of("server") if m.about == "S1")
    drawn = [s for s in mark.shapes if type(s) is scenes.Circle and s.r == style.VOTE_RADIUS]
    assert len(drawn) == slots and [s.fill for s in drawn].count("ink") == 1
    assert words in mark.title


def test_the_ring_shows_crash_pause_partition_and_doom():
    run = troubled()
    picture = rl.show.ring(run)
    titles = {mark.about: mark.title for mark in picture.scene.of("server")}
    assert "crashed" in titles["S1"] and "paused" in titles["S3"]
    assert len(picture.scene.of("wall")[0].shapes) == 2
    legend = {mark.about for mark in picture.scene.of("legend")}
    assert {"crashed", "paused", "partition"} <= legend
    doomed = [e for e in run.state.network if loss_of(run.state, e)]
    told = [m for m in picture.scene.of("message") if "never arrives" in m.title]
    assert doomed and len(told) == len(doomed)


def test_of_cuts_that_are_no_partition_the_links_that_still_work_are_drawn_strongly():
    run = elected()
    assert strong(rl.show.ring(run).scene) == []
    for a, b in ("S1", "S2"), ("S2", "S1"), ("S4", "S3"):
        run.cut(a, b)
    scene = rl.show.ring(run).scene
    assert [(mark.about, mark.title) for mark in scene.of("cut")] == [
        ("S1–S2", "S1–S2 is cut both ways")
    ]
    assert [(mark.about, mark.title) for mark in scene.of("one-way")] == [
        ("S3–S4", "S3–S4 is cut from S4 to S3")
    ]
    assert len(strong(scene)) == 8 and not scene.of("wall")
    legend = {mark.about for mark in scene.of("legend")}
    assert {"link cut", "works one way only"} <= legend


def strong(scene):
    """The links that are drawn strongly."""
    return [mark.about for mark in scene.of("link") if mark.shapes[0].stroke == "line"]


def test_an_arrow_points_where_messages_still_arrive():
    run = elected()
    run.cut("S4", "S3")
    scene = rl.show.ring(run).scene
    (_, arrow, bar), at = scene.of("one-way")[0].shapes, {m.about: m for m in scene.of("server")}
    tip, across = arrow.points[1], bar.points[0]
    for place, near, far in ((tip, "S4", "S3"), (across, "S3", "S4")):
        distances = [hypot(place[0] - at[id].x, place[1] - at[id].y) for id in (near, far)]
        assert distances == sorted(distances), near


def test_groups_that_are_no_neighbours_are_seen_by_their_links():
    run = elected()
    run.partition(["S1", "S3"])  # no wall can part them
    scene = rl.show.ring(run).scene
    assert len(scene.of("cut")) == 6 and not scene.of("wall")
    assert strong(scene) == ["S1–S3", "S2–S4", "S2–S5", "S4–S5"]
    assert "the network is split: S1 S3 | S2 S4 S5" in rl.show.ring(run).text


@pytest.mark.parametrize("servers, words", [
    (["S1", "S2"], "only S1 S2"), (["S1", "S2", "S3"], "not S4 S5"), ([], "cut off"),
])  # fmt: skip
def test_a_client_that_is_cut_off_says_in_words_whom_it_reaches(servers, words):
    run = rl.cluster("raft", servers=5, seed=1, clients=1)
    assert not rl.show.ring(run).scene.of("reach")
    whole = rl.show.ring(run).graph.nodes["C1"]["pos"]
    run.partition([*servers, "C1"], [id for id in run.state.config.servers if id not in servers])
    scene = rl.show.ring(run).scene
    assert [mark.shapes[0].text for mark in scene.of("reach")] == [words]
    assert not scene.of("cut") and rl.show.ring(run).graph.nodes["C1"]["pos"] == whole


def test_a_client_of_many_servers_counts_them_and_one_that_is_half_deaf_shows_it():
    run = rl.cluster("raft", servers=9, seed=1, clients=1)
    run.partition(["S1", "S2", "S3", "S4", "C1"], ["S5", "S6", "S7", "S8", "S9"])
    assert rl.show.ring(run).scene.of("reach")[0].shapes[0].text == "only 4 of 9"
    run.heal()
    run.cut("S2", "C1")
    scene = rl.show.ring(run).scene
    assert not scene.of("reach") and scene.of("cut")[0].title == "cut: S2→C1"


def test_programs_that_talk_to_each_other_show_their_cut_links():
    run = rl.scenario("uses/answers-with-a-majority", at="boot")
    first, second = run.state.config.clients[:2]
    run.cut(first, second)
    assert [mark.about for mark in rl.show.ring(run).scene.of("one-way")] == [f"{first}–{second}"]


@pytest.mark.parametrize("name", ["lost-with-the-primary", "redlock-pause", "claimed-jobs"])
def test_words_of_their_own_stay_inside_nodes_and_legend(name):
    scene = rl.show.ring(rl.scenario(f"redis/{name}")).scene
    for mark in (*scene.of("server"), *scene.of("client")):
        outline, *_ = mark.shapes
        wide = 2 * outline.r if isinstance(outline, scenes.Circle) else (
            max(x for x, _ in outline.points) - min(x for x, _ in outline.points)
        )  # fmt: skip
        for label in (shape for shape in mark.shapes if isinstance(shape, scenes.Text)):
            assert style.text_width(label.text, label.size) <= wide, label.text
    legend = [label.text for label in shapes_of(scene, scenes.Text) if label.anchor == "start"]
    assert max(map(len, legend[2:])) <= len("works one way only")  # behind the title


def test_a_value_that_fits_without_its_name_stands_alone():
    scene = rl.show.ring(rl.scenario("redis/claimed-jobs")).scene
    words = {mark.about: [s.text for s in mark.shapes if isinstance(s, scenes.Text)]
             for mark in scene.of("server")}  # fmt: skip
    assert words["S1"] == ["S1", "K1#1"]  # scheduler=K1#1
    legend = [label.text for label in shapes_of(scene, scenes.Text)]
    assert {"primary, scheduler", "store, worker", "sentinel"} <= set(legend)


def test_the_ring_is_a_networkx_graph():
    import networkx

    run = troubled()
    graph = rl.show.ring(run).graph
    assert set(graph) == {"S1", "S2", "S3", "S4", "S5", "C1"}
    assert graph.nodes["S1"]["mode"] == "down" and len(graph.nodes["S2"]["pos"]) == 2
    assert {edge for edge in graph.edges if graph.edges[edge]["cut"]} == set(run.state.cuts)
    words = [word for _, _, held in graph.edges(data="messages") for word in held]
    assert len(words) == len(run.state.network)
    servers = graph.subgraph(run.state.config.servers)
    working = networkx.subgraph_view(
        servers, filter_edge=lambda a, b: not servers.edges[a, b]["cut"]
    )
    parts = sorted(map(sorted, networkx.strongly_connected_components(working)))
    assert parts == [["S1", "S2"], ["S3", "S4", "S5"]]

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


def test_cuts_that_are_no_partition_are_drawn_one_by_one():
    run = elected()
    run.cut("S1", "S2")
    run.cut("S4", "S3")
    scene = rl.show.ring(run).scene
    assert [mark.about for mark in scene.of("cut")] == ["S1→S2", "S4→S3"]
    assert not scene.of("wall")
    run.heal()
    run.partition(["S1", "S3"])  # not neighbours: no wall can part them
    scene = rl.show.ring(run).scene
    assert len(scene.of("cut")) == 12 and not scene.of("wall")
    assert "the network is split: S1 S3 | S2 S4 S5" in rl.show.ring(run).text


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

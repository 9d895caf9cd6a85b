"""The stage and the static picture say the same about who can reach whom."""

import pytest

import raftlab as rl

HALVES = (["S1", "S2", "C1"], ["S3", "S4", "S5", "C2"])


def cut_links(run):
    for link in ("S1 S2", "S2 S1", "S4 S3", "S5 C1"):
        run.cut(*link.split())


def apart(run):
    run.partition(["S1", "S3", "C1"], ["S2", "S4", "S5"])


@pytest.mark.browser
@pytest.mark.parametrize("cuts", [
    lambda run: None, lambda run: run.partition(*HALVES), cut_links, apart,
], ids=["none", "halves", "links", "apart"])  # fmt: skip
def test_the_stage_draws_the_links_that_the_static_picture_draws(open_stage, cuts):
    run = rl.cluster("raft", servers=5, seed=1, clients=2)
    cuts(run)
    scene = rl.show.ring(run).scene
    page = open_stage(rl.lab(run))

    def count(what):
        return page.locator(f".rl-ring {what}").count()

    strong = [mark for mark in scene.of("link") if mark.shapes[0].stroke == "line"]
    assert count(".rl-links .rl-works") == len(strong)
    assert count(".rl-walls path.rl-works") == 2 * len(scene.of("one-way"))  # a line, an arrow
    assert count(".rl-walls .rl-cut") == len(scene.of("cut"))
    assert count(".rl-walls .rl-dashed") == sum(len(mark.shapes) for mark in scene.of("wall"))
    told = [mark.shapes[0].text for mark in scene.of("reach")]
    assert page.locator(".rl-ring .rl-reach").all_text_contents() == told

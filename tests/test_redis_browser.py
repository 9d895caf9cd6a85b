"""The lock on a Redis on the stage: keys with their owner, roles that are not Raft's, failover."""

import pytest
from browser import stage_page

import raftlab as rl

pytestmark = pytest.mark.browser


def test_the_stage_shows_who_has_the_lock_by_whom(browser):
    run = rl.scenario("redis/lost-with-the-primary", at=3)
    page = stage_page(browser, rl.lab(run), reduced_motion="reduce")
    labels = [node.get_attribute("aria-label") for node in page.locator(".rl-node").all()]
    told = [label.split(", ")[:2] for label in labels]
    assert told[1:4] == [["S2", "primary"], ["A", "holder"], ["B", "holder"]]
    assert told[4:] == [["disk", "store"], ["sentinel", "sentinel"]]
    words = page.locator(".rl-node .rl-words").all_text_contents()
    assert words[:5] == ["lock=A#1", "lock=B#1", "token 1", "token 2", "token 2"]
    key = page.locator(".rl-key li").all_inner_texts()
    assert key[:2] == ["primary, holder", "store, sentinel"] and "follower" not in key
    assert page.errors == []
    page.close()

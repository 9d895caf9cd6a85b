"""A system on the stage: programs beside the servers, with roles, words and links of their own."""

import pytest
from browser import stage_page

import raftlab as rl

pytestmark = pytest.mark.browser


def test_the_stage_of_a_system_shows_holders_and_lets_their_links_be_cut(browser):
    run = rl.scenario("uses/obeys-old-primaries", at=4)
    page = stage_page(browser, rl.lab(run), reduced_motion="reduce")
    labels = [node.get_attribute("aria-label") for node in page.locator(".rl-node").all()]
    assert [label.split(", version")[0] for label in labels[3:]] == [
        "D1, primary, epoch 1", "D2, primary, epoch 2", "D3, copy, epoch 2",
    ]  # fmt: skip
    assert page.locator(".rl-key li").all_inner_texts()[3:5] == ["primary", "copy"]
    words = page.locator(".rl-node .rl-words").all_text_contents()
    assert words[3:] == ["epoch 1", "epoch 2", "epoch 2"]
    page.locator('.rl-node[aria-label^="D1,"]').click()
    menu = page.locator(".rl-menu")
    assert menu.get_by_role("button", name="Mend all its links").count() == 1
    assert menu.get_by_role("button", name="Link to D3…").count() == 1
    assert page.errors == []
    page.close()

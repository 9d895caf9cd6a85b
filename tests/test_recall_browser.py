"""The recall questions alone in Chromium, with a fake model: unfold, mark, and see it happen."""

import pytest
from browser import card_page

import raftlab as rl
from raftlab.lessons.recall_card import RecallCard

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser):
    return card_page(browser, RecallCard(rl.recall("raft-leader-election")).face)


def test_an_answer_unfolds_and_is_marked(page):
    first = page.get_by_role("group", name="Question 1")
    knew, not_yet = (first.get_by_role("button", name=name) for name in ("I knew it", "Not yet"))
    assert page.locator("details").count() == 5 and not knew.is_visible()
    first.locator("summary").click()
    assert "share a server" in first.inner_text()
    not_yet.click()
    assert "↻ not yet" in first.inner_text() and not_yet.get_attribute("aria-pressed") == "true"
    knew.click()
    assert "✓ knew it" in first.inner_text() and not_yet.get_attribute("aria-pressed") == "false"
    assert page.evaluate("window.model.get('marks')") == {"0": True}
    assert page.get_by_role("status").inner_text() == "Knew 1 of 1; 5 questions."


def test_what_is_shown_is_asked_of_the_kernel_and_keys_stay_here(page):
    second = page.get_by_role("group", name="Question 2")
    second.locator("summary").focus()
    page.keyboard.press("Enter")
    second.get_by_role("button", name="See it happen").click()
    assert page.evaluate("window.model.get('play')") == [1, 1]
    assert page.locator("[data-lm-suppress-shortcuts]").count() > 0
    fifth = page.get_by_role("group", name="Question 5")
    fifth.locator("summary").click()
    assert fifth.get_by_role("button", name="See it happen").count() == 0

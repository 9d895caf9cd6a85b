"""The recall questions alone in Chromium, with a fake model: unfold, mark, and see it happen."""

import json
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("anywidget", reason="anywidget is not installed")

from browser import chromium
from playwright.sync_api import sync_playwright

import raftlab as rl
from raftlab.lessons import recall_card

pytestmark = pytest.mark.browser

_HERE = Path(recall_card.__file__).parent
_FAKE = """
const traits = { card: CARD, marks: {}, play: [0, 0], trouble: "" };
const heard = {};
window.model = {
  get: (name) => traits[name],
  set: (name, value) => {
    traits[name] = value;
    for (const hear of heard["change:" + name] || []) hear();
  },
  save_changes: () => {},
  on: (event, hear) => (heard[event] = heard[event] || []).push(hear),
  off: () => {},
};
const url = URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }));
const { default: face } = await import(url);
face.render({ model: window.model, el: document.getElementById("here") });
window.ready = true;
"""


@pytest.fixture(scope="module")
def page():
    card = recall_card.RecallCard(rl.recall("raft-leader-election")).face.card
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page(viewport={"width": 900, "height": 900})
        page.set_content(
            f"<style>{(_HERE / 'card.css').read_text('utf-8')}</style><div id=here></div>"
        )
        source = json.dumps((_HERE / "recall.js").read_text("utf-8"))
        script = _FAKE.replace("SOURCE", source).replace("CARD", json.dumps(card))
        page.add_script_tag(type="module", content=script)
        page.wait_for_function("window.ready")
        yield page
        browser.close()


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

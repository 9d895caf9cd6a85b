"""An item of the quiz alone in Chromium, with a fake model: choose, be marked, ask again."""

import json
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("anywidget", reason="anywidget is not installed")

from browser import chromium
from playwright.sync_api import sync_playwright

import raftlab as rl
from raftlab.lessons import quiz_card

pytestmark = pytest.mark.browser

_HERE = Path(quiz_card.__file__).parent
_FAKE = """
const traits = { card: CARD, chosen: [], more: 0, play: 0, trouble: "" };
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
    card = quiz_card.QuizCard(rl.quiz(2)).face.card
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page(viewport={"width": 900, "height": 900})
        page.set_content(
            f"<style>{(_HERE / 'card.css').read_text('utf-8')}</style><div id=here></div>"
        )
        source = json.dumps((_HERE / "quiz.js").read_text("utf-8"))
        script = _FAKE.replace("SOURCE", source).replace("CARD", json.dumps(card))
        page.add_script_tag(type="module", content=script)
        page.wait_for_function("window.ready")
        yield page
        browser.close()


def test_an_item_is_marked_part_by_part_beside_the_students(page):
    item = rl.quiz(2)
    check = page.get_by_role("button", name="Mark my answers")
    first, second = (page.locator("fieldset").nth(at) for at in (0, 1))
    assert check.is_disabled()
    first.locator("input").nth(item.parts[0].right).check()
    assert check.is_disabled(), "each part wants an answer"
    wrong = next(at for at, choice in enumerate(item.parts[1].choices) if choice.points == 1)
    second.locator("input").nth(wrong).check()
    check.click()
    assert page.evaluate("window.model.get('chosen')") == [item.parts[0].right, wrong]
    assert "3 of 3 points." in first.inner_text() and "1 of 3 points." in second.inner_text()
    assert "✗ your answer" in second.inner_text() and "✓" in first.inner_text()
    assert "4 of 6 points." in page.get_by_role("status").inner_text()
    assert "← you" in page.locator(".rc-crowd .rc-mine").inner_text()
    assert "18 students" in page.locator(".rc-crowd").inner_text()
    assert not check.is_visible() and page.locator("input:enabled").count() == 0


def test_the_same_item_with_other_logs_starts_afresh(page):
    page.get_by_role("button", name="The same with other logs").click()
    assert page.evaluate("window.model.get('more')") == 1
    packed = quiz_card.QuizCard(rl.quiz(3)).face.card
    page.evaluate("(card) => { model.set('chosen', []); model.set('card', card); }", packed)
    assert page.locator("fieldset").count() == 5 and page.locator(".rc-crowd").count() == 0
    assert page.get_by_role("button", name="Mark my answers").is_disabled()

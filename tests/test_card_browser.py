"""A question's card alone in Chromium, with a fake model: where the reason for an answer stands."""

import json
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("anywidget", reason="anywidget is not installed")

from browser import chromium
from playwright.sync_api import sync_playwright

import raftlab as rl
from raftlab.lessons import card

pytestmark = pytest.mark.browser

_HERE = Path(card.__file__).parent
_FAKE = """
const traits = { card: CARD, chosen: -1, tally: [0, 0], more: 0, play: 0, trouble: "" };
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
def browser():
    with sync_playwright() as playwright:
        running = chromium(playwright)
        yield running
        running.close()


@pytest.fixture
def asked(browser):
    """(the question, the page that shows it, 900 pixels high), with a wrong answer chosen."""
    question = rl.predict("vote", 3)
    page = browser.new_page(viewport={"width": 900, "height": 900})
    page.set_content(
        f"<style>{(_HERE / 'card.css').read_text('utf-8')}</style><div style='height: 300px'></div>"
        "<div id=here></div><div style='height: 2000px'></div>"
    )
    source = json.dumps((_HERE / "card.js").read_text("utf-8"))
    script = _FAKE.replace("SOURCE", source).replace("CARD", json.dumps(question.packed()))
    page.add_script_tag(type="module", content=script)
    page.wait_for_function("window.ready")
    wrong = next(at for at, option in enumerate(question.options) if not option.right)
    page.locator("input[type=radio]").nth(wrong).check()
    page.get_by_role("button", name="Check my prediction").click()
    yield question, page
    page.close()


def box(page, selector):
    return page.locator(selector).first.bounding_box()


def test_the_reason_stands_between_the_answers_and_the_buttons_in_sight(asked):
    question, page = asked
    said, bar = box(page, ".rc-said"), box(page, ".rc-bar")
    assert "Not this time." in page.locator(".rc-said").inner_text()
    last = page.locator("fieldset label").last.bounding_box()
    assert last["y"] + last["height"] <= said["y"] < bar["y"]
    assert 0 <= said["y"] and said["y"] + said["height"] <= 900


def test_the_mark_stands_beside_the_answer_it_marks(asked):
    _, page = asked
    for kind, words in (("rc-right", "✓ the model’s answer"), ("rc-wrong", "✗ your answer")):
        mark, text = box(page, f".{kind} .rc-mark"), box(page, f".{kind} span")
        assert page.locator(f".{kind} .rc-mark").inner_text() == words
        assert 0 <= mark["x"] - text["x"] - text["width"] < 30


def test_another_question_starts_afresh(asked):
    question, page = asked
    page.evaluate(
        "(card) => { model.set('chosen', -1); model.set('card', card); }", question.next().packed()
    )
    assert page.locator(".rc-said").inner_text() == ""
    assert page.locator(".rc-right, .rc-wrong").count() == 0
    assert page.locator("legend").inner_text() == question.next().ask

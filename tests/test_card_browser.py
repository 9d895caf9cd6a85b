"""A question's card alone in Chromium, with a fake model: where the reason for an answer stands."""

import pytest
from browser import card_page

import raftlab as rl
from raftlab.lessons.card import Card

pytestmark = pytest.mark.browser


@pytest.fixture
def asked(browser):
    """(the question, the page that shows it, 900 pixels high), with a wrong answer chosen."""
    question = rl.predict("vote", 3)
    above, below = "<div style='height: 300px'></div>", "<div style='height: 2000px'></div>"
    page = card_page(browser, Card(question).face, above, below)
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

"""An item of the quiz alone in Chromium, with a fake model: choose, be marked, ask again."""

import pytest
from browser import card_page

import raftlab as rl
from raftlab.lessons.quiz_card import QuizCard

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser):
    return card_page(browser, QuizCard(rl.quiz(2)).face)


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
    packed = QuizCard(rl.quiz(3)).face.card
    page.evaluate("(card) => { model.set('chosen', []); model.set('card', card); }", packed)
    assert page.locator("fieldset").count() == 5 and page.locator(".rc-crowd").count() == 0
    assert page.get_by_role("button", name="Mark my answers").is_disabled()

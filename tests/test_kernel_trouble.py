"""A kernel that is busy, silent, gone, or that answers with an error: what the stage says then; and
a page that was hidden for a while."""

import pytest
from browser import answer

import raftlab as rl

pytestmark = pytest.mark.browser


@pytest.fixture
def open_stage(open_stage):
    """A stage, and a clock of the page that the test winds."""

    def open_one(lab):
        page = open_stage(lab)
        page.evaluate("""() => {
            const due = [];
            window.setTimeout = (work, ms = 0) => due.push([window.passed + ms, work]);
            window.clearTimeout = (n) => { if (due[n - 1]) due[n - 1][1] = () => {}; };
            window.passed = 0;
            window.wait = (ms) => {
                window.passed += ms;
                for (let at = 0; at < due.length; at++) {
                    const [time, work] = due[at];
                    if (time <= window.passed) { due[at] = [Infinity, () => {}]; work(); }
                }
            };
        }""")
        return page

    return open_one


def press(page, name):
    page.get_by_role("button", name=name, exact=True).first.click()


def crash(page, id):
    page.locator(f'.rl-node[aria-label^="{id},"]').click()
    press(page, "Crash")


def event(page):
    return int(page.locator(".rl-clock").inner_text().rpartition(" ")[2])


def test_an_act_waits_for_a_busy_kernel_says_so_and_then_happens(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    told = page.locator(".rl-kernel")
    crash(page, "S2")
    page.evaluate("window.wait(500)")
    assert told.is_hidden(), "an answer that comes soon needs no words"
    page.evaluate("window.wait(500)")
    assert told.inner_text().startswith("Waiting for the kernel, which is busy.")
    assert told.inner_text() == page.locator("[aria-live]").inner_text()
    answer(page, lab)
    assert told.is_hidden() and page.locator('.rl-node[aria-label^="S2, crashed"]').count() == 1
    page.evaluate("window.wait(20_000)")
    assert told.is_hidden()


def test_of_a_kernel_that_does_not_answer_one_is_told_what_to_do(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    told = page.locator(".rl-kernel")
    crash(page, "S2")
    for _ in range(2):
        page.evaluate("window.wait(5500)")
    assert "does not answer" in told.inner_text() and "run this cell again" in told.inner_text()
    press(page, "Step ▶")
    press(page, "Step ▶")
    assert event(page) == 2, "looking on needs no kernel"
    page.get_by_role("button", name="Scenarios…").first.click()
    assert "does not answer" in page.locator(".rl-shelf").inner_text()
    page.keyboard.press("Escape")
    lab.stage.asks = []
    answer(page, lab)
    assert told.is_hidden(), "it was just busy for long"


def test_one_is_told_at_once_where_the_front_end_knows_that_the_kernel_is_gone(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    told = page.locator(".rl-kernel")
    page.evaluate("() => { window.model.comm_live = false; window.happens('comm_live_update'); }")
    told.wait_for(state="visible")
    assert "is gone: run this cell again" in told.inner_text()
    page.get_by_role("button", name="Scenarios…").first.click()
    page.evaluate("window.wait(1)")
    assert "is gone" in page.locator(".rl-shelf").inner_text()
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Histories").click()
    press(page, "Step ▶")
    crash(page, "S2")
    page.evaluate("window.wait(1)")
    press(page, "Step ▶")
    assert event(page) == 2 and told.is_visible()
    page.evaluate("() => { window.model.comm_live = true; window.happens('comm_live_update'); }")
    told.wait_for(state="hidden")


def test_a_question_that_fails_in_the_kernel_keeps_nobody_waiting(open_stage, monkeypatch):
    from raftlab.widgets import queries

    def fails(lab, ask):
        raise RuntimeError("no idea")

    monkeypatch.setitem(queries.QUERIES, "why", fails)
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    page.locator('.rl-node[aria-label^="S1,"]').click()
    press(page, "Why this role, term and vote?")
    answer(page, lab)
    assert "RuntimeError: no idea" in page.locator(".rl-trouble").inner_text()
    page.evaluate("window.wait(20_000)")
    assert page.locator(".rl-kernel").is_hidden()


def test_play_that_has_come_to_the_end_of_what_is_known_says_what_it_waits_for(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    page.evaluate("window.model.set('speed', 100000)")
    press(page, "▶ Play")
    last = "+document.querySelector('.rl-scrub input').value > 20"
    page.wait_for_function(last)
    page.wait_for_timeout(100)
    page.evaluate("window.wait(1000)")
    assert "Waiting for the kernel" in page.locator(".rl-kernel").inner_text()
    before = event(page)
    answer(page, lab)
    page.wait_for_function(f"+document.querySelector('.rl-scrub input').value > {before}")


def test_a_page_that_was_hidden_goes_on_where_it_stopped(open_stage):
    """A hidden page is given no pictures to draw; what nobody saw is not leapt over."""
    page = open_stage(rl.lab("raft", servers=3, seed=7))
    page.evaluate("""() => {
        window.drawing = [];
        window.requestAnimationFrame = (work) => window.drawing.push(work);
        window.picture = (now) => { for (const work of window.drawing.splice(0)) work(now); };
    }""")
    press(page, "▶ Play")
    time = """() => {
        const { textContent } = document.querySelector(".rl-clock");
        return parseFloat(textContent);
    }"""
    for now in range(1000, 2000, 16):
        page.evaluate("(now) => window.picture(now)", now)
    page.evaluate("(now) => window.picture(now)", 600_000)
    press(page, "❚❚ Pause")
    assert 38 < page.evaluate(time) < 46, "40 ms of the model for the second, and one picture"

"""Where a lab runs and what befalls it there: the same notebook in JupyterLab and in Notebook 7,
with the lab shown twice, its kernel restarted, the notebook opened again."""

import re

import browser as where
import pytest
from playwright.sync_api import expect, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = [
    "import raftlab as rl\nlab = rl.lab('raft', servers=3, seed=7)\nlab",
    "lab",
    """class Echo(rl.Node):
    heard = 0
    def on_request(self, request):
        if request.command == ("set", "x", 5):
            raise ValueError("no fives")
        self.broadcast(request.command)
    def on_message(self, src, message):
        self.heard += 1
        while message == ("set", "x", 6):
            pass
    def observe(self):
        return rl.core.Observation(self.id, fields={"heard": self.heard})
rl.lab(Echo, servers=3)""",
    "print('the end')",
]


@pytest.fixture(scope="module", params=[where.JupyterLab, where.Notebook])
def page(request, tmp_path_factory):
    with sync_playwright() as playwright:
        browser = where.chromium(playwright)
        lab = request.param(browser, tmp_path_factory.mktemp("lab"), CELLS)
        lab.page.errors = []
        # What the stage raises; the front end has errors of its own.
        lab.page.on(
            "pageerror",
            lambda error: "blob:" in f"{error.stack}" and lab.page.errors.append(str(error)),
        )
        try:
            lab.open()
            lab.run_all()
            over = lab.page.locator(".jp-OutputArea-output").get_by_text("the end", exact=True)
            expect(over).to_be_attached(timeout=60_000)
            yield lab.page
        finally:
            lab.close()
            browser.close()


def stage(page, at):
    found = page.locator(".raftlab-stage").nth(at)
    found.scroll_into_view_if_needed()
    return found


def press(stage, name):
    stage.get_by_role("button", name=name, exact=True).first.click()


def server(stage, id):
    return stage.locator(f'.rl-node[aria-label^="{id},"]')


def request(stage, text):
    server(stage, "S1").click()
    stage.get_by_label("request to S1").fill(text)
    stage.page.keyboard.press("Enter")


def clock(stage, event):
    expect(stage.locator(".rl-clock")).to_have_text(re.compile(f"event {event}$"))


def test_a_lab_is_operated_and_the_same_lab_shown_twice_is_one(page):
    expect(page.locator(".raftlab-stage")).to_have_count(3)
    assert page.locator(".raftlab-static:visible").count() == 0
    first, second = stage(page, 1), stage(page, 0)
    press(second, "Step ▶")
    clock(second, 1)
    clock(first, 1)
    server(second, "S2").click()
    press(second, "Crash")
    for view in (first, second):
        expect(server(view, "S2")).to_have_attribute("aria-label", re.compile("S2, crashed"))
    clock(stage(page, 2), 0)  # the other lab of the notebook has seen nothing of it
    press(second, "Undo")
    expect(server(first, "S2")).not_to_have_attribute("aria-label", re.compile("crashed"))


def test_a_node_just_written_that_raises_or_loops_is_named_and_the_lab_goes_on(page):
    view = stage(page, 2)
    assert view.locator(".rl-values thead th").all_inner_texts()[:2] == ["server", "heard"]
    request(view, "x=5")
    trouble = view.locator(".rl-trouble")
    expect(trouble).to_contain_text("S1's on_request fails: ValueError: no fives")
    page.wait_for_timeout(1800)  # longer than the stage's own questions take
    expect(trouble).to_be_visible()
    request(view, "x=6")
    clock(view, 1)
    press(view, "Step ▶")
    expect(trouble).to_contain_text(re.compile("Here time stops: S[23]'s on_message did not"))
    press(view, "Undo")
    request(view, "x=1")
    clock(view, 1)
    press(view, "Step ▶")
    clock(view, 2)
    expect(view.locator(".rl-node[aria-label$='heard=1']")).to_have_count(1)


def test_after_a_restart_the_picture_says_so_and_a_new_run_brings_it_back(page):
    page.evaluate("""() => window.jupyterapp.shell.currentWidget.context.sessionContext
        .session.kernel.restart()""")
    view = stage(page, 0)
    told = view.locator(".rl-kernel")
    expect(told).to_contain_text("is gone: run this cell again")
    server(view, "S3").click()
    press(view, "Crash")
    press(view, "Reset")
    expect(told).to_be_visible()
    before = view.locator(".rl-clock").inner_text()
    press(view, "◀ Back")
    expect(view.locator(".rl-clock")).not_to_have_text(before)
    page.evaluate("""() => {
        const { content } = window.jupyterapp.shell.currentWidget;
        content.activeCellIndex = 0;
        return window.jupyterapp.commands.execute("notebook:run-cell");
    }""")
    view = stage(page, 0)
    expect(view.locator(".rl-kernel")).to_be_hidden()
    server(view, "S3").click()
    press(view, "Crash")
    expect(server(view, "S3")).to_have_attribute("aria-label", re.compile("crashed"))
    assert stage(page, 1).locator(".rl-kernel").is_visible(), "the old one is still gone"


def test_a_notebook_that_is_opened_again_finds_its_lab_while_the_kernel_lives(page):
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    expect(page.locator(".raftlab-stage")).to_have_count(1, timeout=30_000)
    view = stage(page, 0)
    expect(server(view, "S3")).to_have_attribute("aria-label", re.compile("crashed"))
    press(view, "Undo")
    expect(server(view, "S3")).not_to_have_attribute("aria-label", re.compile("crashed"))
    # Of the others, whose kernel is gone, the still pictures stand there.
    assert page.locator(".raftlab-static:visible").count() == 2
    assert page.errors == []

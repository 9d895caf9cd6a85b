"""The lab from end to end: a notebook in a real JupyterLab in Chromium, and what is shown there."""

import base64
import re
from pathlib import Path

import nbformat
import pytest
from browser import JupyterLab, chromium
from playwright.sync_api import expect, sync_playwright

from raftlab.views import style

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LESSON = Path(__file__).parent.parent / "notebooks" / "10-raft-leader-election.ipynb"

# Cells behind the lesson's own: what a lesson has no reason to do, but a lab must stand.
FAILS = """
import raftlab as rl
tested = rl.lab("raft", servers=5, seed=7)
def fails(_):
    raise RuntimeError("this callback fails")
failing = tested.controls.dials.sliders["loss"]
failing.unobserve_all("value")
failing.observe(lambda change: tested.when_still(lambda: fails(change)), "value")
tested
"""


def lesson():
    """The code cells of notebook 10, and then our own."""
    book = nbformat.read(LESSON, 4)
    cells = [cell.source for cell in book.cells if cell.cell_type == "code"]
    other = "import raftlab as rl\nrl.lab('raft', servers=3, seed=1)"
    return [*cells, other, FAILS, "tested.run.crash('S4')", "print('the end')"]


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        lab = JupyterLab(browser, tmp_path_factory.mktemp("lab"), lesson())
        try:
            lab.open()
            lab.run_all()
            page = lab.page
            over = page.locator(".jp-OutputArea-output").get_by_text("the end", exact=True)
            failed = page.locator(".jp-OutputArea-output[data-mime-type*=error]")
            expect(over.or_(failed).first).to_be_attached(timeout=60_000)
            assert failed.all_inner_texts() == []
            yield page
        finally:
            lab.close()
            browser.close()


@pytest.fixture
def stage(notebook):
    """The last lab of the notebook, back at its beginning."""
    stage = notebook.locator(".raftlab-stage").last
    stage.scroll_into_view_if_needed()
    stage.get_by_role("button", name="Reset").click()
    expect(stage.locator(".rl-clock")).to_have_text("0.0 ms · event 0")
    expect(stage.locator(".rl-trouble")).to_be_hidden()
    return stage


def press(stage, name):
    stage.get_by_role("button", name=name, exact=True).click()


def event(stage):
    return int(re.search(r"event (\d+)", stage.locator(".rl-clock").inner_text())[1])


def test_no_cell_of_the_notebook_fails(notebook):
    """A progress bar that has cleared itself leaves an empty line of the error stream."""
    told = notebook.locator("[data-mime-type*=stderr]").all_inner_texts()
    assert [text for text in told if text.strip()] == []
    assert notebook.get_by_text("Error displaying widget").count() == 0


def test_the_static_picture_gives_way_to_the_living_one(notebook, stage):
    still = notebook.locator(".raftlab-static").last
    expect(still).to_be_attached()
    expect(still).to_be_hidden()
    assert stage.locator(".rl-node").count() == 5


def test_step_crash_and_undo_show_what_happens(stage):
    for at in range(1, 4):
        press(stage, "Step ▶")
        expect(stage.locator(".rl-clock")).to_contain_text(f"event {at}")
    assert "election" in stage.locator(".rl-feed").inner_text()
    before = stage.locator(".rl-node[aria-label^=S2]").get_attribute("aria-label")
    stage.locator(".rl-node[aria-label^=S2]").click()
    press(stage, "Crash")
    expect(stage.locator(".rl-node[aria-label^=S2]")).to_have_attribute(
        "aria-label", re.compile("S2, crashed")
    )
    expect(stage.locator(".rl-said")).to_contain_text("Its disk keeps current_term")
    press(stage, "Undo")
    expect(stage.locator(".rl-node[aria-label^=S2]")).to_have_attribute("aria-label", before)
    expect(stage.locator(".rl-said")).to_contain_text("Undone: S2 crashes")


def test_played_far_enough_somebody_leads(stage):
    press(stage, "Next change ▶▶")
    stage.page.keyboard.press("p")
    expect(stage.locator(".rl-node[aria-label*=leader]")).to_have_count(1, timeout=15_000)
    press(stage, "❚❚ Pause")
    assert event(stage) > 5


def test_a_click_in_the_lab_reaches_no_shortcut_of_jupyterlab(notebook, stage):
    """Two d's delete a cell, an a or b adds one."""
    sources = """() => window.jupyterapp.shell.currentWidget.model.toJSON()
        .cells.map((cell) => cell.source)"""
    before = notebook.evaluate(sources)
    for place in (".rl-node[aria-label^=S1]", ".rl-strong", ".rl-scrub input"):
        stage.locator(place).first.focus()
        for key in "ddxbam":
            notebook.keyboard.press(key)
        assert notebook.evaluate(sources) == before


def test_a_callback_that_raises_is_seen(notebook, stage):
    lab = notebook.locator(".jp-OutputArea").filter(has=notebook.locator(".raftlab-stage")).last
    lab.get_by_role("button", name="Dials").click()
    lab.get_by_role("slider").nth(4).press("ArrowRight")  # behind speed, event, latency, jitter
    expect(stage.locator(".rl-trouble")).to_contain_text("RuntimeError: this callback fails")
    stage.get_by_text("where it happened").click()
    expect(stage.locator(".rl-trouble pre")).to_contain_text("in fails")
    lab.get_by_role("button", name="Dials").click()


def test_a_scenario_brings_the_cluster_that_it_needs(notebook):
    """In the last lab but one: its stage is replaced by one of four servers, where it begins."""
    lab = notebook.locator(".jp-OutputArea").filter(has=notebook.locator(".raftlab-stage")).nth(-2)
    lab.scroll_into_view_if_needed()
    expect(lab.locator(".rl-node")).to_have_count(3)
    lab.get_by_role("button", name="Scenarios…").click()
    lab.get_by_label("search the scenarios").fill("two votes each")
    lab.get_by_role("button", name="Two candidates, two votes each: nobody").click()
    expect(lab.locator(".rl-node")).to_have_count(4)
    expect(lab.locator(".raftlab-stage")).to_have_count(1)
    expect(lab.locator(".rl-clock")).to_contain_text("event 2")
    expect(lab.locator(".rl-asked")).to_contain_text("Watch: each has half of the votes")
    lab.get_by_role("button", name="Step ▶", exact=True).click()
    expect(lab.locator(".rl-clock")).to_contain_text("event 3")
    assert lab.locator(".rl-trouble").is_hidden()
    lab.get_by_role("button", name="Undo", exact=True).click()
    expect(lab.locator(".rl-node")).to_have_count(3)  # the cluster that was there before
    expect(lab.locator(".rl-said")).to_contain_text("What you had before is back")


def test_a_still_picture_follows_the_theme_of_jupyterlab(notebook):
    """It is an `<img>`, which no style sheet of the page reaches."""
    still = notebook.locator(".jp-OutputArea-output img[src*=svg]:visible").first
    corner = """async (shot) => {
        const seen = new Image();
        seen.src = "data:image/png;base64," + shot;
        await seen.decode();
        const place = new OffscreenCanvas(1, 1).getContext("2d");
        place.drawImage(seen, -5, -12);
        return [...place.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    }"""

    def ground(theme):
        change = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
        notebook.evaluate(change, f"JupyterLab {theme.capitalize()}")
        notebook.wait_for_function(
            f"document.body.dataset.jpThemeName.endsWith('{theme.capitalize()}')"
        )
        still.scroll_into_view_if_needed()
        shot = base64.b64encode(still.screenshot()).decode()
        return "#" + bytes(notebook.evaluate(corner, shot)).hex()

    assert ground("dark") == style.THEMES["dark"]["card"]
    assert ground("light") == style.THEMES["light"]["card"]


def test_an_act_reaches_the_model_while_a_cell_runs(notebook, stage):
    """A button of ipywidgets would wait for the cell; the stage does not."""
    notebook.evaluate("""() => {
        const { context } = window.jupyterapp.shell.currentWidget;
        window.busy = context.sessionContext.session.kernel
            .requestExecute({ code: 'import time; time.sleep(4)' });
        window.over = false;
        window.busy.done.then(() => { window.over = true; });
    }""")
    press(stage, "Step ▶")
    stage.locator(".rl-node[aria-label^=S3]").click()
    press(stage, "Crash")
    expect(stage.locator(".rl-node[aria-label^=S3]")).to_have_attribute(
        "aria-label", re.compile("crashed"), timeout=3000
    )
    assert notebook.evaluate("window.over") is False
    notebook.evaluate("window.busy.done")

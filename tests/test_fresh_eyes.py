"""What a newcomer stumbled over in the lab, once mended, stays mended."""

import re
from functools import partial

import pytest
from browser import answer
from playwright.sync_api import expect

import raftlab as rl
from raftlab.scenarios import TOURS, shelved


@pytest.fixture
def open_stage(open_stage):
    """With motion: some of what is tested here happens while something moves."""
    return partial(open_stage, reduced_motion="no-preference")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def clock(page):
    """(ms, event) as the stage shows them."""
    ms, event = re.match(
        r"([\d.]+) ms · event (\d+)", page.locator(".rl-clock").inner_text()
    ).groups()
    return float(ms), int(event)


def led(**how):
    """A lab whose cluster has a leader that everybody has heard."""
    lab = rl.lab("raft", servers=5, seed=2, **how)
    lab.run.until(lambda run: run.leader)
    lab.run.run(100)
    lab.refresh()
    return lab


def seek(page, lab):
    """Press Next change and answer until the stage asks for nothing more."""
    press(page, "Next change ▶▶")
    for _ in range(40):
        if not page.evaluate("window.saved.some(([name, asks]) => name === 'asks' && asks.length)"):
            return
        answer(page, lab)


@pytest.mark.browser
def test_next_change_gives_up_where_nothing_changes_and_says_so(open_stage):
    """A leader that is heard changes nothing for ever; what follows a crash is found as before."""
    lab = led()
    page = open_stage(lab, reduced_motion="reduce")
    answer(page, lab)
    seek(page, lab)  # the no-op's last answers
    before, _ = clock(page)
    seek(page, lab)
    now, _ = clock(page)
    assert 2000 <= now - before < 4000
    said = page.locator(".rl-said")
    assert "Nothing has changed for" in said.inner_text()
    assert "Next change looks further" in said.inner_text()
    assert "Nothing has changed for" in page.locator("[aria-live=polite]").first.text_content()
    press(page, "◀ Back")
    assert "Nothing has changed" not in said.inner_text()

    lab.run.crash(lab.run.leader)
    lab.refresh()
    answer(page, lab)
    seek(page, lab)
    assert "it stands in term 2" in said.inner_text()
    assert "Nothing has changed" not in said.inner_text()


@pytest.mark.browser
def test_what_was_cut_short_while_time_ran_is_told_in_full_after_a_pause(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    lab.run.until(lambda run: run.leader)
    lab.refresh()
    answer(page, lab)
    shown = page.locator(".rl-coming li .rl-time")
    feed = page.locator(".rl-feed li")
    press(page, "▶ Play")
    page.wait_for_function("document.querySelectorAll('.rl-feed li').length <= 6")
    press(page, "❚❚ Pause")
    expect(page.locator(".rl-next > ol")).not_to_have_class(re.compile("rl-short"))
    title = page.locator(".rl-coming h4").inner_text()
    assert shown.count() == int(title.rpartition(" ")[2])
    assert feed.count() > 6


@pytest.mark.browser
def test_now_you_drive_stops_the_clock_of_the_tour(open_stage):
    lab = rl.lab(rl.scenario("tours/election"))
    page = open_stage(lab)
    answer(page, lab)
    assert page.locator(".rl-tour-text").inner_text() == (
        "How five servers choose a leader. Watch: the terms are the colours, the rings are the "
        "timers, the small dots are the votes."
    )
    press(page, "Start ▶")
    assert (
        page.locator(".rl-tour-place").inner_text() == "How five servers choose a leader · 1 of 8"
    )
    press(page, "Continue ▶")
    page.wait_for_function("parseFloat(document.querySelector('.rl-clock').textContent) > 0")
    press(page, "Now you drive")
    stood = clock(page)
    page.wait_for_function("() => new Promise((done) => setTimeout(() => done(true), 300))")
    assert clock(page) == stood


@pytest.mark.browser
def test_a_crash_is_told_with_the_name_of_the_server(open_stage):
    lab = led()
    page = open_stage(lab, reduced_motion="reduce")
    lab.run.crash("S1")
    lab.refresh()
    answer(page, lab)
    assert (
        page.locator(".rl-feed li")
        .first.inner_text()
        .split("\n")[-1]
        .startswith("S1 crashes: its disk")
    )


@pytest.mark.browser
def test_a_name_above_the_space_time_diagram_leads_there_and_its_past_is_told(open_stage):
    lab = led()
    page = open_stage(lab, reduced_motion="reduce", width=900)
    answer(page, lab)
    page.get_by_role("tab", name="Space-time").click()
    name = page.locator(".rl-st-label").get_by_text("S4 commits to 1")
    box = name.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "S4 applies entry 1" in page.locator(".rl-said").inner_text()
    # The pointer still rests on it: what one has just asked for is told all the same.
    assert "This commit rests on" in page.locator(".rl-st-said").inner_text()
    page.mouse.click(box["x"] + box["width"] + 60, box["y"] + 3)  # beside every name: nothing
    assert "S4 applies entry 1" in page.locator(".rl-said").inner_text()


@pytest.mark.browser
def test_a_download_does_not_leave_what_was_copied_before_in_sight(open_stage):
    lab = led()
    page = open_stage(lab, reduced_motion="reduce")
    answer(page, lab)
    page.get_by_role("tab", name="Keep").click()
    press(page, "Scenario")
    answer(page, lab)
    expect(page.get_by_label("what was copied")).to_be_visible()
    press(page, "SVG")
    expect(page.locator(".rl-keep-said")).to_contain_text("Downloaded")
    expect(page.get_by_label("what was copied")).to_be_hidden()


@pytest.mark.browser
def test_every_entry_is_as_wide_as_its_column(open_stage):
    """Or the sign of what is stored stands beside the entry and not on it."""
    lab = led()
    run, old = lab.run, lab.run.leader
    run.partition([old], [id for id in run.state.config.servers if id != old])
    page = open_stage(lab, reduced_motion="reduce")
    run.request(("set", "x", 5), to=old)
    run.run(1000)  # on the other side a no-op takes its place
    lab.refresh()
    answer(page, lab)
    gaps = page.locator(".rl-logs td > .rl-cell").evaluate_all(
        "all => all.map((one) => one.parentNode.clientWidth - one.offsetWidth)"
    )
    assert gaps and max(gaps) <= 1


def test_the_tours_begin_with_the_easiest():
    name, _, held = shelved()[0]
    assert name == "Tours"
    assert [one.name for one in held] == [f"tours/{tour}" for tour in TOURS]


def test_an_entry_in_whose_place_another_is_committed_says_so():
    """The leader on the smaller side of a split has taken x=6; the other side goes on."""
    run = rl.cluster("raft", servers=5, seed=7)
    run.until(lambda run: run.leader)
    run.run(100)
    old = run.leader
    run.partition([old], [id for id in run.state.config.servers if id != old])
    run.request(("set", "x", 6), to=old)
    assert "that takes 3 of S1 S2 S3 S4 S5" in run.explain(old, 2)[-1].text
    run.run(1000)
    text = run.explain(old, 2)[-1].text
    assert text.startswith("it is not committed, and entry 2 of term 2 is, in its place")
    voter = next(id for id in run.state.config.servers
                 if run.state.observe(id).voted_for not in (None, id)
                 and run.state.observe(id).term == 2)  # fmt: skip
    told = [reason.text for reason in run.explain(voter)]
    assert any(text.endswith("in this term: the same message") for text in told)

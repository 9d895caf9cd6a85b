"""The stage for everybody, in Chromium: what axe-core finds, what is large enough for a finger,
what is said, and whether a table tells what a picture shows."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import answer, broken_lab

import raftlab as rl

pytestmark = pytest.mark.browser

# What the colours of a theme can change; everything else is the same in all of them.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
ELSEWHERE = ("as it is", "Space-time", "Compare", "the menu of a server", "the scenarios")
EVERYTHING = {"rules": {"target-size": {"enabled": True}}}


def found(page, options):
    """What axe-core finds wrong with the stage, a line each."""
    said = Axe().run(page, ".raftlab-stage", {"resultTypes": ["violations"], **options}).response
    return [
        f"{one['id']}: {node['html'][:120]}: {node['failureSummary']}"
        for one in said["violations"] for node in one["nodes"]
    ]  # fmt: skip


def busy_lab(servers=5):
    """Entries, a leader, messages under way and a wall: something of everything."""
    lab = rl.lab("raft", servers=servers, seed=7)
    lab.run.until(lambda run: run.leader)
    lab.run.request(("set", "x", 1))
    lab.run.run(60)
    lab.run.partition(["S1", "S2"])
    lab.run.request(("set", "x", 2))
    lab.run.crash("S1")
    lab.refresh()
    return lab


def press(page, name):
    page.get_by_role("button", name=name, exact=True).first.click()


def asked(page, lab, of):
    """Wait until the page shows `of`, which the kernel has to tell it."""
    for _ in range(50):
        answer(page, lab)
        if page.locator(of).first.is_visible():
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"{of} does not come")


def everything(page, lab):
    """Each thing that can be open on the stage, opened: yields what it is."""
    yield "as it is"
    lab.compare("raft+pre-vote")
    asked(page, lab, ".rl-compare, .rl-pane table")
    for tab in page.get_by_role("tab").all():
        tab.click()
        name = tab.inner_text()
        if name == "Changes":
            press(page, "Mark this event")
            press(page, "◀ Back")
        elif name == "Space-time":
            page.locator(".rl-st-twin summary").click()
        elif name == "Histories":
            asked(page, lab, ".rl-branch")
        answer(page, lab)
        yield name
    page.locator(".rl-node").first.click()
    yield "the menu of a server"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Request…").first.click()
    yield "the form of a request"
    page.keyboard.press("Escape")
    for group in page.locator(".rl-can summary").all():
        group.click()
    yield "all that can be done"
    press(page, "keys")
    yield "the keys"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Scenarios…").first.click()
    asked(page, lab, ".rl-book")
    yield "the scenarios"
    page.keyboard.press("Escape")
    page.evaluate("window.receive(null, { text: 'this cannot be done', trace: 'here', n: 99 })")
    yield "an error"


# -- what axe-core finds -----------------------------------------------------------------------


@pytest.mark.slow
def test_axe_finds_nothing_wrong_with_anything_that_can_be_open(open_stage):
    """All its rules, none switched off, and the size of targets, which it leaves out otherwise."""
    lab = busy_lab()
    page = open_stage(lab, width=700)
    for what in everything(page, lab):
        assert found(page, EVERYTHING) == [], what


@pytest.mark.slow
@pytest.mark.parametrize(
    "look",
    [
        {"theme": "dark", "width": 1000},
        {"theme": "light", "forced_colors": "active", "width": 700},
        {"theme": "dark", "contrast": "more", "width": 420},
    ],
    ids=["dark", "forced", "contrast"],
)
def test_words_stand_out_in_every_look(open_stage, look):
    lab = busy_lab()
    page = open_stage(lab, **look)
    for what in everything(page, lab):
        if look["theme"] == "dark" and "contrast" not in look or what in ELSEWHERE:
            assert found(page, COLOURS) == [], what


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_tour_nor_where_a_property_is_broken(open_stage, theme):
    page = open_stage(rl.lab(rl.scenario("tours/election")), theme=theme)
    press(page, "Start ▶")
    assert page.locator(".rl-tour").is_visible() and found(page, EVERYTHING) == []
    page = open_stage(broken_lab(), theme=theme)
    assert page.locator(".rl-broken li").first.is_visible() and found(page, EVERYTHING) == []


def test_axe_would_have_found_something(open_stage):
    """A check that never fails is no check."""
    page = open_stage(rl.lab("raft", servers=3, seed=7))
    page.evaluate("""() => {
        document.querySelector(".rl-strong").textContent = "";
        document.querySelector(".rl-strong").title = "";
        document.querySelector(".rl-headline").style.color = "#ddd";
        document.querySelector("[role=tab]").removeAttribute("aria-selected");
    }""")
    names = {line.split(":")[0] for line in found(page, EVERYTHING)}
    assert {"button-name", "color-contrast"} <= names


# -- for a finger --------------------------------------------------------------------------------


def test_whatever_one_can_hit_is_large_enough_for_a_finger(open_stage):
    """At least 24 by 24 pixels (WCAG 2.2, 2.5.8), or as much room around it; for a coarse pointer
    what is in lists and menus has 36."""
    lab = busy_lab()
    page = open_stage(lab, width=420, has_touch=True, is_mobile=True)
    small = """() => [...document.querySelectorAll(".raftlab-stage :is(button, summary, input,"
        + " select, textarea, a, label, [role=button], .rl-hit)")].filter((one) => {
        const box = one.getBoundingClientRect(), shown = getComputedStyle(one);
        if (!box.width || shown.visibility === "hidden" || shown.clipPath !== "none") return false;
        // A check box is hit by its label, a mark of the picture by what is near it (ring.js).
        if (one.matches("label input, .rl-letter")) return false;
        // A link is a long line: what counts is how far beside it one may be.
        if (one.matches(".rl-hit")) return parseFloat(shown.strokeWidth) < 20;
        return box.height < 23.5 || box.width < 23.5;
    }).map((one) => one.className.baseVal || one.className + " " + one.textContent.slice(0, 20)
        + " " + Object.values(one.getBoundingClientRect().toJSON()).slice(2, 4).join("×"))"""
    missed = {what: page.evaluate(small) for what in everything(page, lab)}
    assert {what: names for what, names in missed.items() if names} == {}
    press(page, "dismiss")
    page.locator(".rl-node").first.tap()
    lines = page.locator(".rl-menu .rl-line").all()
    assert lines and min(line.bounding_box()["height"] for line in lines) > 35.9


# -- words ---------------------------------------------------------------------------------------


def test_what_is_said_is_said_once_and_while_time_runs_only_now_and_then(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    live = page.locator("[aria-live]")
    assert live.count() == 1
    said = []
    for at in range(1, 6):
        press(page, "Step ▶")
        said.append(live.inner_text())
        assert lab.run.position == 0 and page.locator(".rl-clock").inner_text().endswith(f" {at}")
        assert page.locator(".rl-headline").inner_text() in said[-1]
    assert len(set(said)) == 5
    page.evaluate("""() => {
        window.said = [];
        new MutationObserver(() => window.said.push(performance.now())).observe(
            document.querySelector("[aria-live]"),
            { childList: true, characterData: true, subtree: true });
        window.model.set("speed", 400);
    }""")
    press(page, "▶ Play")
    for _ in range(40):
        answer(page, lab)
        page.wait_for_timeout(50)
    times = page.evaluate("window.said")
    assert page.locator(".rl-strong").first.inner_text() == "❚❚ Pause"
    assert all(b - a > 2400 for a, b in zip(times, times[1:], strict=False))


def test_a_tour_and_a_mark_speak_through_the_same_region(open_stage):
    page = open_stage(rl.lab(rl.scenario("tours/election")))
    live = page.locator("[aria-live]")
    assert live.count() == 1
    press(page, "Start ▶")
    assert page.locator(".rl-tour-text").inner_text() in live.inner_text()
    page.keyboard.press("m")
    assert "Marked event" in live.inner_text()


def test_the_tables_tell_what_the_picture_shows(open_stage):
    """Every server's role, term, vote, log and commit index, in words alone."""
    lab = busy_lab()
    page = open_stage(lab)
    page.get_by_role("tab", name="State").click()
    head = page.locator(".rl-pane .rl-values thead th").all_inner_texts()
    for row in page.locator(".rl-pane .rl-values tbody tr").all():
        id = row.locator("th").inner_text().split()[0]
        cells = row.locator("td span").all_inner_texts()
        told = dict(zip(head[1:], cells, strict=True))
        seen = lab.run.state.observe(id)
        assert told["term"] == str(seen.term) and told["commit index"] == str(seen.commit_index)
        assert told["voted for"] == (seen.voted_for or "")
        picture = page.locator(f'.rl-node[aria-label^="{id},"]').get_attribute("aria-label")
        if id == "S1":
            assert "crashed" in picture and "crashed" in row.locator("th").inner_text()
        else:
            assert seen.role in picture and told["role"] == seen.role
        entries = page.locator(f'.rl-logs .rl-cell[data-node="{id}"]')
        names = entries.all_inner_texts()
        assert len(names) == seen.log.last_index
        for index, name in enumerate(names, 1):
            assert f"term {seen.log[index].term}" in name
            assert ("uncommitted" in name) == (index > seen.commit_index)
    assert page.get_by_role("table", name=re.compile("log", re.I)).count() >= 1


# -- motion ----------------------------------------------------------------------------------------


def test_who_wants_no_motion_sees_none_but_the_clocks_while_it_runs(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    moving = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
    page = open_stage(lab)
    for _ in range(4):
        press(page, "Step ▶")
        assert page.evaluate(moving) == 0
    before = page.locator(".rl-letters").inner_html()
    page.evaluate("() => new Promise((done) => setTimeout(done, 120))")
    assert page.locator(".rl-letters").inner_html() == before
    # Who wants motion sees the clock glide to the next event; who does not is there at once.
    step = """() => {
        const all = [...document.querySelectorAll("button")];
        all.find((one) => one.textContent === "Step ▶").click();
        return document.querySelector(".rl-clock").textContent;
    }"""
    assert page.evaluate(step).endswith("event 5")
    assert open_stage(lab, reduced_motion="no-preference").evaluate(step).endswith("event 0")

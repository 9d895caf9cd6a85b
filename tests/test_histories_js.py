"""The panes Histories, Compare and Changes in Chromium, with a fake model."""

import pytest
from browser import answer
from test_histories import forked

import raftlab as rl

pytestmark = pytest.mark.browser


def tab(page, lab, name):
    page.get_by_role("tab", name=name, exact=True).click()
    told(page, lab)


def told(page, lab):
    """What the page asks reaches the lab, until it asks nothing more."""
    for _ in range(4):
        answer(page, lab)
        page.evaluate("new Promise((go) => setTimeout(go, 10))")


def inside(page, selector):
    """Whether nothing of it sticks out of the stage."""
    return page.evaluate(
        """(selector) => {
        const root = document.querySelector('.raftlab-stage').getBoundingClientRect();
        return [...document.querySelectorAll(selector)].map((e) => e.getBoundingClientRect())
            .every((b) => !b.width || (b.right <= root.right + 1 && b.left >= root.left - 1));
    }""",
        selector,
    )


def test_histories_are_a_tree_one_travels_and_names_by_keyboard(open_stage):
    lab = rl.lab(forked())
    page = open_stage(lab, width=560)
    tab(page, lab, "Histories")
    rows = page.locator(".rl-branch")
    assert rows.count() == 3 and inside(page, ".rl-tree *")
    assert page.locator(".rl-branch[aria-current] .rl-name").inner_text() == "main"
    assert page.locator(".rl-name").all_inner_texts() == ["main", "fork 1", "fork 2"]
    assert "S4 crashes at" in rows.nth(1).inner_text() and "and 1 more" in rows.nth(1).inner_text()
    # Each begins where it left the other, to the pixel of the same scale.
    boxes = [page.locator(".rl-path").nth(at).bounding_box() for at in range(3)]
    span = max(len(branch.steps) - 1 for branch in lab.run.branches)
    scale = page.locator(".rl-branch-line").first.bounding_box()["width"] / span
    for box, branch in zip(boxes, lab.run.branches, strict=True):
        assert abs(box["x"] - boxes[0]["x"] - scale * branch.forked_at) < 1.5
    # By keyboard: from line to line, to the next thing that was done, and there.
    page.locator(".rl-travel-to").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("PageDown")
    slider = page.locator(".rl-travel-to").nth(1)
    assert slider.get_attribute("aria-valuetext").startswith("event 31: S4 crashes, ")
    assert page.locator(".rl-how").first.inner_text().startswith("fork 1, event 31: S4 crashes")
    page.keyboard.press("Enter")
    told(page, lab)
    assert (lab.run.branch.name, lab.run.position) == ("fork 1", 31)
    assert page.locator(".rl-branch[aria-current] .rl-name").inner_text() == "fork 1"
    assert page.evaluate("document.activeElement.className") == "rl-travel-to"
    page.keyboard.press("ArrowRight")
    assert page.locator(".rl-clock").inner_text().endswith("event 32")
    told(page, lab)
    assert lab.run.position == 32
    # By click: the middle of main's line.
    box = page.locator(".rl-travel-to").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    told(page, lab)
    assert lab.run.branch.name == "main" and abs(lab.run.position - len(lab.run) / 2) <= 2
    # A name is written in place; a bad one is refused with a sentence, and nothing is lost.
    page.get_by_role("button", name="fork 1", exact=True).click()
    field = page.locator(".rl-naming input")
    field.fill("main")
    field.press("Enter")
    told(page, lab)
    assert "'main' already" in page.locator(".rl-naming .rl-warning").inner_text()
    assert field.input_value() == "main" and field.get_attribute("aria-invalid") == "true"
    field.fill("S4 fails")
    field.press("Enter")
    told(page, lab)
    assert lab.run.branches[1].name == "S4 fails"
    assert page.locator(".rl-name").all_inner_texts() == ["main", "S4 fails", "fork 2"]
    assert page.evaluate("document.activeElement.textContent") == "S4 fails"
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator(".rl-naming").count() == 0
    # Another act makes another line, without the pane being opened again.
    lab.act("crash", node="S1")
    told(page, lab)
    assert page.locator(".rl-branch").count() == 4


def test_two_histories_are_stepped_side_by_side_from_their_first_difference(open_stage):
    lab = rl.lab(forked())
    page = open_stage(lab)
    tab(page, lab, "Histories")
    page.locator(".rl-branch").nth(1).get_by_role("button", name="Compare").click()
    told(page, lab)
    why = page.locator(".rl-parting").inner_text()
    assert why.startswith("Until event 30 both did the same.") and "S4 crashes" in why
    assert page.locator(".rl-choice").evaluate_all("all => all.map((one) => one.value)") == [
        "0", "1",
    ]  # fmt: skip
    titles = page.locator(".rl-side-head .rl-title")
    assert titles.nth(0).inner_text().startswith("main · event 30, ")
    assert titles.nth(1).inner_text().startswith("fork 1 · event 31, ")
    assert page.locator(".rl-little .rl-node").count() == 10
    assert page.locator(".rl-little").nth(1).locator(".rl-down").count() == 1
    differ = page.locator(".rl-compare .rl-table-of").first
    ids = differ.locator("th[scope=row]").all_inner_texts()
    assert "S4" in ids and page.locator(".rl-differs").count() == 2 * len(ids)
    assert "condition" in differ.inner_text()
    assert page.locator(".rl-parts .rl-same").inner_text() == "≠"
    assert inside(page, ".rl-compare *")
    assert (
        ids == ["S4"] and "nothing happens here meanwhile" in page.locator(".rl-both").inner_text()
    )
    page.get_by_role("button", name="Step both ▶").click()
    assert titles.nth(0).inner_text().startswith("main · event 31, ")
    assert titles.nth(1).inner_text().startswith("fork 1 · event 32, ")
    assert page.locator(".rl-events [aria-current] .rl-same").inner_text() == ""
    page.get_by_role("button", name="≠ First").click()
    page.get_by_role("button", name="◀ Both back").click()
    assert page.locator(".rl-differs").count() == 0
    assert "No server differs" in differ.inner_text()
    page.locator(".rl-two").focus()
    page.keyboard.press("ArrowDown")
    assert titles.nth(1).inner_text().startswith("fork 1 · event 31, ")
    page.get_by_role("button", name="Go there").nth(1).click()
    told(page, lab)
    assert (lab.run.branch.name, lab.run.position) == ("fork 1", 31)
    # A cell puts another run beside it, and the pane shows it.
    tab(page, lab, "What happened")
    lab.compare("raft+pre-vote")
    told(page, lab)
    assert page.locator(".rl-choice").nth(1).input_value() == "3"
    assert "is the first that cannot happen here" in page.locator(".rl-parting").inner_text()
    assert page.get_by_role("button", name="Go there").count() == 1


def test_with_one_history_the_panes_say_how_to_begin_another(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    tab(page, lab, "Histories")
    assert (
        "You have not interfered with the past yet"
        in page.locator(".rl-pane")
        .nth(page.get_by_role("tab").all_inner_texts().index("Histories"))
        .inner_text()
    )
    tab(page, lab, "Compare")
    assert "to compare takes two" in page.locator(".rl-compare").inner_text()
    assert page.locator(".rl-parting").is_hidden()
    tab(page, lab, "Changes")
    assert "Mark an event (key m)" in page.locator(".rl-changes").inner_text()
    # From one event to another, forwards and back.
    page.get_by_role("button", name="Step ▶", exact=True).click()
    page.keyboard.press("m")
    assert "Marked: event 1 " in page.locator(".rl-changes").inner_text()
    assert page.locator("[aria-live=polite]", has_text="Marked event 1").count() == 1
    run = lab.run
    run.until(lambda run: run.leader)
    leader, at = run.leader, run.position
    lab.refresh()
    told(page, lab)
    words = page.locator(".rl-differences").inner_text()
    assert f"{leader} became leader" in words
    head = page.locator(".rl-changes-bar").inner_text()
    assert f"to event {at}" in head and f"{at - 1} events" in head
    changed = page.locator(f".rl-changes tr:has(th:text-is('{leader}')) .rl-moved")
    assert "candidate → leader" in changed.first.inner_text()
    page.locator(".rl-scrub input").fill("0")
    assert "From event 0 " in page.locator(".rl-changes-bar").inner_text()
    assert "became candidate in term 1" in page.locator(".rl-differences").inner_text()
    page.get_by_role("button", name="◂ to the mark").click()
    assert page.locator(".rl-clock").inner_text().endswith("event 1")

"""A whole session in the lab without a pointer: after each key the focus is somewhere in the stage,
in sight and marked."""

import base64
import re

import pytest
from browser import stage_page

import raftlab as rl
from raftlab.core import Crash

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Where the focus is: its name, or what is wrong with it.
FOCUS = """() => {
    const now = document.activeElement, stage = document.querySelector(".raftlab-stage");
    if (!stage.contains(now)) return { lost: now.outerHTML.slice(0, 80) };
    if (now.closest("[hidden]")) return { lost: "hidden: " + now.outerHTML.slice(0, 80) };
    const box = now.getBoundingClientRect(), style = getComputedStyle(now);
    const inner = now.querySelector(".rl-focus, .rl-paper");
    const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1
        || inner && getComputedStyle(inner).stroke !== "none";
    const seen = box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0
        && box.left < innerWidth && box.top < innerHeight;
    const label = now.labels && now.labels[0];
    return { name: now.getAttribute("aria-label") || label && label.textContent || now.textContent,
             marked: !!marked, seen, whole: now === stage };
}"""


class Hands:
    """Somebody at a keyboard, who looks where the focus is after each key."""

    def __init__(self, page, lab):
        self.page, self.lab, self.told = page, lab, lab.stage.patch

    def __call__(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.settle()
            now = self.page.evaluate(FOCUS)
            assert "lost" not in now, f"{key}: the focus went to {now['lost']}"
            assert now["marked"] and now["seen"] and not now["whole"], (key, now)
        return self.name

    def settle(self):
        """Carry questions to the lab, and its answers to the page, until nobody asks more. What
        the page has already been told it is not told again."""
        for _ in range(3):
            for name, held in self.page.evaluate("window.saved.splice(0)"):
                self.lab.stage.set_trait(name, held)
            stage = self.lab.stage
            patch = None if stage.patch is self.told else base64.b64encode(stage.patch).decode()
            self.told = stage.patch
            said = [patch, stage.trouble, stage.answer]
            self.page.evaluate(
                """(said) => {
                window.receive(...said);
                return new Promise((done) => setTimeout(done));
            }""",
                said,
            )

    def write(self, text):
        self.page.keyboard.type(text)
        self.settle()

    @property
    def name(self):
        return re.sub(r"\s+", " ", self.page.evaluate(FOCUS)["name"]).strip()

    def to(self, wanted, key="Tab", most=90):
        """Press `key` until what is named so has the focus."""
        passed = []
        for _ in range(most):
            if re.match(wanted, self.name):
                return
            passed.append(self(key))
        raise AssertionError(f"{wanted!r} is not reached with {key}, but {passed}")


def test_a_whole_session_with_the_keyboard_alone(browser):
    lab = rl.lab("raft", servers=5, seed=7)
    page = stage_page(browser, lab, width=800, reduced_motion="no-preference")
    hands = Hands(page, lab)
    said = page.locator("[aria-live]")

    def clock():
        return int(page.locator(".rl-clock").inner_text().rpartition(" ")[2])

    def run():
        return lab.run

    def last():
        return run().steps[run().position].action

    page.keyboard.press("Tab")

    # A tour, chosen by its words.
    hands.to("Scenarios…")
    hands("Enter")
    assert hands.name == "search the scenarios"
    hands.write("five servers choose")
    hands("ArrowDown", "Enter")
    assert hands.name.startswith("Scenarios…")
    assert page.locator(".rl-tour").is_visible()
    hands.to("Start ▶", "Shift+Tab")
    hands("Enter")
    assert page.locator(".rl-tour-text").inner_text() in said.inner_text()
    for _ in range(2):
        hands("Enter")
        page.wait_for_function("() => !document.querySelector('.rl-running')")
    hands.to("Now you drive")
    hands("Enter")
    assert hands.name.startswith("S1,")

    # Step by step; the events are said.
    page.wait_for_timeout(600)
    before = clock()
    hands(".", ".")
    page.wait_for_timeout(1200)
    assert clock() == before + 2 and page.locator(".rl-headline").inner_text() in said.inner_text()
    hands(",")
    assert clock() == before + 1

    # A server is crashed.
    hands.to("S2,")
    hands("Enter")
    hands.to("Crash$|Crash R$", "ArrowDown")
    hands("Enter")
    assert last() == Crash("S2") and hands.name.startswith("S2, crashed")

    # A message is dropped.
    while not run().state.network:
        hands(".")
        page.wait_for_timeout(500)
    hands.to(r"\w+ S\d→S\d")
    hands("ArrowRight", "Enter")
    hands.to("Drop", "ArrowDown")
    hands("Enter")
    assert type(last()).__name__ == "Drop" and "Drop" not in hands.name

    # A link is cut and a value asked for, both from a server.
    hands.to("S3,", "Shift+Tab")
    hands("Enter")
    hands.to("Link to S4…")
    hands("Enter")
    hands.to("Cut", "ArrowDown")
    hands("Enter")
    assert {("S3", "S4"), ("S4", "S3")} & set(run().state.cuts)
    assert hands.name.startswith("S3,")
    hands("Enter")
    hands.to("request to S3")
    hands("Control+a")
    hands.write("y=7")
    hands("Enter")
    assert last().command == ("set", "y", 7) and hands.name.startswith("S3,")

    # And taken back.
    hands("u")
    assert "Undone" in page.locator(".rl-said").inner_text()

    # In space and time, back to where a message came from.
    hands.to("What happened")
    hands("ArrowRight", "ArrowRight")
    assert hands.name == "Space-time"
    hands.to("event ")
    there = clock()
    hands("ArrowLeft", "ArrowUp", "Enter")
    assert clock() < there and hands.name.startswith(f"event {clock()}")

    # The histories, and back to the first.
    hands.to("Space-time", "Shift+Tab")
    hands("ArrowRight")
    assert hands.name == "Histories"
    hands.to("events of ")
    branch = run().branch
    first = page.locator(".rl-branch").first.get_attribute("aria-current")
    hands("ArrowDown" if first else "ArrowUp")
    hands("Enter")
    assert run().branch is not branch

    # And a text to take along.
    hands.to("Histories", "Shift+Tab")
    hands.to("Keep", "ArrowRight")
    hands.to("Compact text")
    hands("Enter")
    assert page.locator(".rl-keep textarea").last.input_value() == run().code()
    assert page.errors == []
    page.close()


def test_a_focus_that_is_lost_is_noticed(browser):
    lab = rl.lab("raft", servers=3, seed=7)
    page = stage_page(browser, lab, width=800)
    hands = Hands(page, lab)
    hands("Tab")
    page.evaluate("document.activeElement.addEventListener('keydown', (e) => e.target.blur())")
    with pytest.raises(AssertionError, match="the focus went to <body"):
        hands(".")
    page.add_style_tag(content=".raftlab-stage :focus-visible { outline: none !important }")
    with pytest.raises(AssertionError):
        hands("Tab")
    page.close()

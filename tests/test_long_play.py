"""Ten thousand steps of play: what page and kernel remember of them, and what they forget."""

import base64
import gc
import tracemalloc

import pytest
from browser import stage_page

import raftlab as rl

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STEPS = 10_000


class Watched:
    """A lab that plays, with scales for the page's memory and the kernel's."""

    def __init__(self, browser):
        self.lab = rl.lab("raft", servers=5, seed=7)
        self.page = stage_page(browser, self.lab, reduced_motion="reduce")
        self.devtools = self.page.context.new_cdp_session(self.page)
        self.told = self.lab.stage.patch
        self.page.evaluate("window.model.set('speed', 10000)")

    def play(self, until):
        """Play until so many events have been shown; the longest patch that travelled, in bytes."""
        stage, most = self.lab.stage, 0
        self.page.get_by_role("button", name="▶ Play").click()
        for _ in range(5000):
            for name, held in self.page.evaluate("window.saved.splice(0)"):
                stage.set_trait(name, held)
            if stage.patch is not self.told:
                self.told, most = stage.patch, max(most, len(stage.patch))
                packed = base64.b64encode(stage.patch).decode()
                self.page.evaluate("(patch) => window.receive(patch, {}, null)", packed)
            if self.event >= until:
                self.page.get_by_role("button", name="❚❚ Pause").click()
                return most
            self.page.evaluate("() => new Promise(requestAnimationFrame)")
        raise AssertionError(f"it does not get further than event {self.event}")

    @property
    def event(self):
        return int(self.page.locator(".rl-clock").inner_text().rpartition(" ")[2])

    def page_holds(self):
        """(bytes of the page's heap, elements of the page), after two collections."""
        for _ in range(2):
            self.devtools.send("HeapProfiler.collectGarbage")
        elements = self.page.evaluate("document.querySelectorAll('*').length")
        return self.devtools.send("Runtime.getHeapUsage")["usedSize"], elements

    def kernel_holds(self):
        gc.collect()
        return tracemalloc.get_traced_memory()[0]


def test_ten_thousand_steps_of_play_cost_little_and_looking_back_nothing(browser):
    watched = Watched(browser)
    tracemalloc.start()
    try:
        watched.play(1000)
        (heap, elements), kernel = watched.page_holds(), watched.kernel_holds()
        most = watched.play(STEPS)
        (heap2, elements2), kernel2 = watched.page_holds(), watched.kernel_holds()
        passed = watched.event - 1000
        page_step, kernel_step = (heap2 - heap) / passed, (kernel2 - kernel) / passed
        # Back and forth in what is known: nothing more is kept.
        watched.page.evaluate("""async () => {
            const range = document.querySelector(".rl-scrub input");
            for (let round = 0; round < 2; round++)
                for (let at = 0; at <= +range.max; at += 7) {
                    range.value = at;
                    range.dispatchEvent(new Event("input"));
                    if (at % 100 === 0) await new Promise(requestAnimationFrame);
                }
            range.dispatchEvent(new Event("change"));
        }""")
        heap3, elements3 = watched.page_holds()
    finally:
        tracemalloc.stop()
        errors = watched.page.errors
        watched.page.close()
    assert errors == []
    print(f"a step: page {page_step:.0f} B, kernel {kernel_step:.0f} B; longest patch {most} B")
    print(f"back and forth {heap3 - heap2:+} B; elements {elements}, {elements2}, {elements3}")
    assert page_step < 1500, "bytes of the page's heap for each step of the history"
    assert kernel_step < 1500, "bytes of the kernel's memory for each step of the history"
    assert most < 100_000, "a patch is as long as what is new, not as what has been"
    assert elements2 < elements + 300 and elements3 < elements + 300
    assert heap3 - heap2 < 1_500_000

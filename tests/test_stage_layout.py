"""Where things stand on the stage, in Chromium: what shares a screen, what moves, what scrolls."""

import pytest
from browser import answer

import raftlab as rl

pytestmark = pytest.mark.browser

# JupyterLab in a window of 1280 × 900, its side bar open: the width of a cell, and the height of
# what one sees of a notebook.
CELL, SEEN = 848, 779


def box(page, selector):
    return page.locator(selector).first.bounding_box()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def with_entries(count, servers=5):
    """A lab whose servers hold `count` entries, the no-op with them."""
    lab = rl.lab("raft", servers=servers, seed=7)
    run = lab.run
    run.until(lambda run: run.leader)
    for number in range(1, count):
        run.request(("set", "x", number))
    run.run(200)
    lab.refresh()
    return lab


# -- one screen ------------------------------------------------------------------------------


@pytest.mark.parametrize("servers", [3, 5, 9])
def test_play_ring_logs_what_comes_next_and_lights_share_a_screen(open_stage, servers):
    page = open_stage(with_entries(3, servers), width=CELL)
    assert box(page, ".raftlab-stage")["height"] <= SEEN - 40, "and the tabs below begin there too"
    ring, coming, logs = (box(page, name) for name in (".rl-ring", ".rl-next", ".rl-scroll"))
    assert ring["x"] + ring["width"] < min(coming["x"], logs["x"])
    assert coming["y"] + coming["height"] <= ring["y"] + ring["height"] + 30


def test_a_long_list_of_what_can_happen_scrolls_in_its_own_box(open_stage):
    lab = with_entries(3)
    page = open_stage(lab, width=CELL)
    before = box(page, ".raftlab-stage")["height"]
    for id in lab.run.state.config.servers:
        lab.run.request(("set", "y", 1), to=id)
        if lab.run.leader != id:
            lab.run.fire(id)
    lab.refresh()
    answer(page, lab)
    shown = page.locator(".rl-next li").count()
    assert shown == len(lab.run.state.network) + 5 > 15
    assert page.get_by_role("heading", name=f"What can happen next: {shown}").count() == 1
    inside = page.locator(".rl-next")
    assert inside.evaluate("e => e.scrollHeight > e.clientHeight + 100")
    assert box(page, ".raftlab-stage")["height"] == before
    last = page.locator(".rl-next li").last
    last.scroll_into_view_if_needed()
    assert last.locator("button").first.is_visible()


def test_whom_a_message_goes_to_is_never_cut_off(open_stage):
    page = open_stage(with_entries(3), width=600)
    for link in page.locator(".rl-next .rl-link").all():
        assert link.evaluate("e => e.scrollWidth <= e.clientWidth + 1")


# -- nothing jumps ---------------------------------------------------------------------------


@pytest.mark.parametrize("width", [CELL, 460])
def test_the_ring_stays_where_it_is_whatever_is_said(open_stage, width):
    lab = with_entries(4)
    page = open_stage(lab, width=width)
    place = box(page, ".rl-ring")
    for at in range(0, lab.run.position, 5):
        page.locator(".rl-scrub input").fill(str(at))
        assert box(page, ".rl-ring") == place
    page.evaluate("window.receive(null, { text: 'this cannot be done. '.repeat(12), n: 1 })")
    assert page.locator(".rl-trouble").is_visible() and box(page, ".rl-ring") == place
    lab.controls.dials.sliders["heartbeat_interval"].value = 300
    answer(page, lab)
    assert page.locator(".rl-standing").inner_text().startswith("Timing: ")
    assert box(page, ".rl-ring") == place


# -- what is said, and until when --------------------------------------------------------------


def test_a_scenarios_line_is_marked_as_what_was_asked_at_the_beginning(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    asked = page.locator(".rl-asked")
    assert asked.is_hidden()
    lab.begin("leader crash")
    answer(page, lab)
    assert asked.inner_text().startswith("At the beginning: The leader S5 has just crashed")
    press(page, "Next change ▶▶")
    assert "crashed" not in page.locator(".rl-said").inner_text()
    assert asked.inner_text().startswith("At the beginning: ")


def test_what_was_undone_is_said_until_the_next_event(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    for kind in ({"kind": "crash", "node": "S1"}, {"kind": "undo"}):
        lab.act(**kind)
        answer(page, lab)
    assert "Undone: S1 crashes" in page.locator(".rl-said").inner_text()
    press(page, "Step ▶")
    assert "Undone" not in page.locator(".rl-said").inner_text()
    press(page, "◀ Back")
    assert "Undone" not in page.locator(".rl-said").inner_text()


def test_an_error_goes_when_one_moves_on(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    page.evaluate("window.receive(null, { text: 'S1 is running', n: 1 })")
    assert page.locator(".rl-trouble").inner_text().startswith("S1 is running")
    press(page, "Step ▶")
    assert page.locator(".rl-trouble").is_hidden()
    press(page, "▶ Play")
    press(page, "❚❚ Pause")
    assert page.locator(".rl-trouble").is_hidden()


# -- the logs ----------------------------------------------------------------------------------


def in_sight(page):
    """The indexes of the columns that one sees."""
    return page.evaluate("""() => {
        const box = document.querySelector(".rl-scroll").getBoundingClientRect();
        const [name, ...columns] = document.querySelectorAll(".rl-logs thead th");
        const edge = name.getBoundingClientRect().right;
        return columns.slice(0, -1)
            .filter((th) => { const b = th.getBoundingClientRect();
                              return b.left >= edge - 5 && b.right <= box.right; })
            .map((th) => +th.textContent);
    }""")


def test_a_short_log_hides_nothing(open_stage):
    page = open_stage(with_entries(4), width=CELL)
    assert in_sight(page) == [1, 2, 3, 4]
    assert page.locator(".rl-table .rl-more").is_hidden()
    assert page.locator(".rl-logs th i").all_inner_texts() == [""] * 5


def test_of_a_long_log_the_newest_entries_are_in_sight_and_the_others_counted(open_stage):
    """And a server that holds only old ones does not look empty."""
    lab = with_entries(1)
    lab.run.crash("S1")
    for number in range(1, 20):
        lab.run.request(("set", "x", number))
    lab.run.run(200)
    lab.refresh()
    page = open_stage(lab, width=CELL)
    seen = in_sight(page)
    assert seen[-1] == 20 and 1 not in seen
    more = page.locator(".rl-table .rl-more")
    assert more.inner_text() == f"← {seen[0] - 1} earlier"
    assert page.locator(".rl-logs th i").all_inner_texts() == ["‹"] * 5
    more.click()
    assert in_sight(page)[0] == 1 and more.inner_text() == "newest →"
    more.click()
    assert in_sight(page) == seen


def test_who_looks_at_old_entries_is_left_there(open_stage):
    lab = with_entries(20)
    page = open_stage(lab, width=CELL)
    page.locator(".rl-table .rl-more").click()
    lab.run.request(("set", "x", 99))
    lab.run.run(100)
    lab.refresh()
    answer(page, lab)
    assert in_sight(page)[0] == 1
    page.locator(".rl-table .rl-more").click()
    assert in_sight(page)[-1] == 21


# -- the key -----------------------------------------------------------------------------------


def test_the_key_has_every_sign_and_colours_only_the_terms(open_stage):
    page = open_stage(rl.lab("raft", servers=3, seed=7), width=CELL)
    words = page.locator(".rl-key li").all_inner_texts()
    assert {"votes: 1 of 2", "crashed", "paused", "message lost", "link cut", "partition"} <= {
        word.strip() for word in words
    }
    coloured = page.locator(":is(.rl-term1, .rl-term2, .rl-term3)")
    named = page.locator(".rl-key li", has=coloured)
    assert [word.strip() for word in named.all_inner_texts()] == ["terms 1, 2, 3"]


def test_the_key_of_a_node_of_ones_own_has_nothing_of_raft(open_stage):
    class Echo(rl.Node):
        def on_timer(self, name):
            self.broadcast("hello")

    page = open_stage(rl.lab(Echo, servers=3), width=CELL)
    words = " ".join(page.locator(".rl-key li").all_inner_texts())
    assert "message" in words
    for foreign in ("leader", "vote", "term", "entries", "heartbeat"):
        assert foreign not in words
    assert page.locator(".rl-table").is_hidden()

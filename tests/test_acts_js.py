"""Acting on the picture, by pointer, by keyboard and by touch, in Chromium with a fake model."""

import re
from pathlib import Path

import pytest
from browser import answer

import raftlab as rl
from raftlab.sim import DOWN, UP
from raftlab.widgets import stage
from raftlab.widgets.lab import Lab

pytestmark = pytest.mark.browser


def focused(page):
    return page.evaluate(
        "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
    )


def pick(page, words, lab=None):
    """Choose a line of the open menu."""
    page.locator(".rl-menu").get_by_role("button", name=words).first.click()
    if lab:
        answer(page, lab)


def server(page, id):
    return page.locator(f'.rl-node[aria-label^="{id},"]')


def last(lab):
    return rl.sim.headline(lab.run.steps[lab.run.position].action)


def voting(servers=3, **more):
    """Two messages at least are under way."""
    lab = rl.lab("raft", servers=servers, seed=7, **more)
    lab.run.fire("S1")
    lab.refresh()
    return lab


def test_every_act_that_a_lab_knows_is_somewhere_on_the_stage():
    folder = Path(stage.__file__).with_name("front")
    written = "\n".join((folder / f"{name}.js").read_text("utf-8") for name in stage._SCRIPTS)
    known = set(re.findall(r'"([a-z-]+)"', Lab.act.__doc__))
    assert {"crash", "rearm", "spread", "align", "cut", "mend", "begin"} <= known
    assert {kind for kind in known if f'"{kind}"' not in written} == set()


def test_messages_take_the_focus_in_the_order_of_their_arrival(open_stage):
    lab = voting(5)
    page = open_stage(lab)
    server(page, "S5").focus()
    page.keyboard.press("Tab")
    order = [f"{type(e.message).__name__} {e.src}→{e.dst}" for e in lab.run.state.network]
    for name in [*order, order[0]]:
        assert focused(page) == name
        page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    assert focused(page) == order[-1]
    page.keyboard.press("Enter")
    assert focused(page) == "Deliver now"
    page.keyboard.press("Escape")
    assert focused(page) == order[-1], "the menu gives the focus back"
    page.keyboard.press(" ")
    page.keyboard.press("Enter")
    answer(page, lab)
    assert last(lab) == order[-1]
    assert focused(page) in order, "and when it has arrived, to one that is under way"
    page.keyboard.press(".")
    assert len(lab.run) == 2 and "→" in focused(page)


def test_a_link_is_cut_one_way_and_healed_by_pointer_and_by_keyboard(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    place = page.locator('.rl-hit[data-a="2"][data-b="3"]').bounding_box()
    assert place["height"] >= 20 or place["width"] >= 20
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    assert page.locator(".rl-menu-title").inner_text() == "Link S3–S4"
    assert page.locator(".rl-menu button").last.inner_text() == "Heal it (it is not cut)"
    pick(page, "Cut S3→S4", lab)
    assert lab.run.state.cuts == {("S3", "S4")}
    server(page, "S4").focus()
    page.keyboard.press("Enter")
    page.locator(".rl-menu").get_by_label("Link to S3…").focus()
    page.keyboard.press("Enter")
    assert page.locator(".rl-menu-title").inner_text() == "Link S3–S4, cut from S3 to S4" or (
        page.locator(".rl-menu-title").inner_text() == "Link S4–S3, cut from S3 to S4"
    )
    pick(page, "Cut it both ways", lab)
    assert len(lab.run.state.cuts) == 2
    server(page, "S3").click()
    page.locator(".rl-menu").get_by_label("Link to S4…").click()
    pick(page, "Heal it", lab)
    assert not lab.run.state.cuts


def test_the_keys_do_what_the_help_says(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)

    def press(key):
        page.keyboard.press(key)
        answer(page, lab)

    page.get_by_role("button", name="▶ Play").focus()
    page.keyboard.press("r")
    assert "Crash the leader: nobody leads" in page.locator(".rl-trouble").inner_text()
    press("a")
    assert len({due for h in lab.run.state.hosts for due, _ in h.timers}) == 1
    page.keyboard.press("a")
    assert "they run out together already" in page.locator(".rl-trouble").inner_text()
    press("t")
    due = [h.timers[0][0] for h in lab.run.state.hosts]
    assert due == sorted(due) and len(set(due)) == 3
    press("u")
    assert len({due for h in lab.run.state.hosts for due, _ in h.timers}) == 1
    press("t")
    lab.run.until(lambda run: run.leader)
    lab.run.run(50)
    lab.refresh()
    answer(page, lab)
    press("c")
    page.keyboard.type("y=7")
    press("Enter")  # which first asks whether that is a command
    answer(page, lab)
    assert last(lab) == f"request at {lab.run.leader}"
    leader = lab.run.leader
    page.get_by_role("button", name="▶ Play").focus()
    press("r")
    assert lab.run.state.host(leader).mode == DOWN
    press("r")
    assert last(lab) == f"{leader} restarts"
    press("u")
    press("b")
    assert {h.mode for h in lab.run.state.hosts} == {UP}
    page.keyboard.press("b")
    assert "nobody is down or paused" in page.locator(".rl-trouble").inner_text()
    page.keyboard.press("?")
    told = page.locator(".rl-keys").inner_text()
    for word in ("Space", "the next event", "no split vote", "restart and resume", "Esc"):
        assert word in told
    page.keyboard.press("Escape")
    assert page.locator(".rl-keys").is_hidden() and focused(page).endswith("Play")


def test_a_request_is_judged_where_it_is_typed_kept_and_counted_up(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    lab.run.until(lambda run: run.leader)
    lab.refresh()
    page = open_stage(lab)
    ask = page.get_by_role("button", name="Request…").first
    form = page.locator(".rl-menu .rl-ask")
    ask.click()
    assert "(leads)" in form.locator("option:checked").inner_text()
    text = form.locator("input")
    assert text.input_value() == "x=5" and "del x" in form.inner_text()
    text.fill("x==6")
    answer(page, lab)
    assert "'x==6' is no command" in form.inner_text()
    assert text.get_attribute("aria-invalid") == "true"
    before = len(lab.run)
    page.keyboard.press("Enter")
    answer(page, lab)
    assert len(lab.run) == before and text.input_value() == "x==6", "nothing is lost"
    for typed, after in (("x=6", "x=7"), ("x: 1->2", "x: 2->3"), ("x+=1", "x+=1"), ("x?", "x?")):
        text.fill(typed)
        answer(page, lab)
        assert "del x" in form.inner_text()
        page.keyboard.press("Enter")
        answer(page, lab)
        command = rl.sim.story.write_command(lab.run.steps[lab.run.position].action.command)
        assert command == typed
        ask.click()
        assert text.input_value() == after
    page.keyboard.press("Escape")
    lab.act("crash", node="S2")
    answer(page, lab)
    ask.click()
    off = form.locator("option:disabled").all_inner_texts()
    assert off == [f"S2{' (leads)' if lab.run.leader == 'S2' else ''} (down)"]


def test_the_list_has_all_that_can_be_done_and_filters_it(open_stage):
    lab = voting(3)
    lab.act("crash", node="S3")
    page = open_stage(lab)
    coming = page.locator(".rl-next > ol > li")
    assert coming.count() == len(lab.run.state.network) + sum(
        len(host.timers) for host in lab.run.state.hosts
    )
    groups = page.locator(".rl-can")
    assert groups.locator("summary").all_inner_texts() == ["All of them", "S1", "S2", "S3", "Links"]
    groups.nth(3).locator("summary").click()
    groups.nth(3).locator(".rl-deed").first.wait_for()  # what is opened is written a moment later
    listed = groups.nth(3).locator(".rl-deed").all_inner_texts()
    server(page, "S3").click()
    offered = page.locator(".rl-menu .rl-deed").all_inner_texts()
    assert [one for one in listed if not one.startswith("Request")] == [
        one for one in offered if not one.startswith("Why")
    ], "with the same reasons"
    assert "Pause (S3 is down)" in listed
    page.keyboard.press("Escape")
    groups.nth(0).locator("summary").click()
    groups.nth(0).locator("kbd").first.wait_for()
    keys = groups.nth(0).locator("kbd").all_inner_texts()
    assert keys == ["C", "R", "T", "A", "B"]
    assert "Crash the leader (nobody leads)" not in groups.nth(0).inner_text(), "S3 crashed last"
    field = page.get_by_label("show only what has these words in it")
    field.fill("pause")
    shown = page.locator(".rl-next .rl-line:visible").all_inner_texts()
    assert shown == ["Pause", "Pause", "Pause (S3 is down)"]
    field.fill("restart s3")
    page.locator(".rl-next .rl-line:visible").filter(has_text="Restart").first.click()
    answer(page, lab)
    assert lab.run.state.host("S3").mode == UP
    field.fill("no such thing")
    assert page.locator(".rl-next .rl-none").is_visible()
    field.fill("")
    assert coming.count() > 0 and page.locator(".rl-next .rl-none").is_hidden()


def test_the_focus_stays_in_the_list_when_what_it_was_on_has_happened(open_stage):
    lab = voting(3)
    page = open_stage(lab)
    page.locator(".rl-next .rl-line").nth(1).focus()
    page.keyboard.press("Enter")
    answer(page, lab)
    assert page.evaluate("document.activeElement.closest('.rl-next') !== null")


def test_a_wall_is_raised_between_two_sides(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    page.get_by_role("button", name="Network…").click()
    pick(page, "Partition: two sides…")
    raise_it = page.locator(".rl-menu .rl-deed")
    assert raise_it.inner_text() == "Partition (choose somebody first)" and raise_it.is_disabled()
    for id in ("S1", "S5"):
        page.locator(".rl-menu").get_by_role("button", name=id, exact=True).click()
    assert raise_it.inner_text() == "Partition: S1 S5 | S2 S3 S4"
    raise_it.click()
    answer(page, lab)
    assert last(lab) == "partition S1 S5 | S2 S3 S4"


def test_a_scenario_is_searched_for_and_begun_by_keyboard(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    reset = page.get_by_role("button", name="Reset")
    assert "the same cluster at 0 ms" in reset.get_attribute("title")
    page.get_by_role("button", name="▶ Play").focus()
    page.keyboard.press("s")
    answer(page, lab)
    page.wait_for_selector(".rl-book")
    assert page.locator(".rl-books[open]").count() == 1
    assert page.locator(".rl-book:visible").count() == 5
    page.keyboard.type("follower comes back")
    assert (
        "Watch for: how the leader finds out" in page.locator(".rl-book:visible").first.inner_text()
    )
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    answer(page, lab)
    assert lab.run.position > 0 and "was down while" in page.locator(".rl-asked").inner_text()
    assert page.locator(".rl-shelf").is_hidden()
    assert "where the scenario begins" in reset.get_attribute("title")


def test_it_works_by_touch(open_stage):
    """What can be touched is large enough, and menus stay inside of the view."""
    lab = voting(5)
    page = open_stage(lab, has_touch=True, width=420)
    letter = page.locator(".rl-letters .rl-letter").first.bounding_box()
    x, y = letter["x"] + letter["width"] / 2, letter["y"] + letter["height"] / 2
    page.touchscreen.tap(x + 6, y + 6)
    assert page.locator(".rl-menu-title").inner_text().startswith("RequestVote S1→")
    page.keyboard.press("Escape")
    for id in ("S1", "S2", "S3", "S4", "S5"):
        server(page, id).tap()
        menu, around = (page.locator(at).bounding_box() for at in (".rl-menu", ".raftlab-stage"))
        assert menu["x"] >= around["x"] and menu["y"] >= around["y"]
        assert menu["x"] + menu["width"] <= around["x"] + around["width"]
        assert menu["y"] + menu["height"] <= around["y"] + around["height"]
        small = page.evaluate("""() => [...document.querySelectorAll(
            '.rl-menu button, .rl-acts button, .rl-next button, .rl-can summary, .rl-bar button')]
            .filter((one) => one.offsetParent && !one.closest('.rl-hidden'))
            .map((one) => [one.textContent, one.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24)
            .map(([words, box]) => `${words} ${box.width}×${box.height}`)""")
        assert small == []
        page.keyboard.press("Escape")

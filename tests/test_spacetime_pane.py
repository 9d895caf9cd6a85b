"""The space-time pane in Chromium: what is drawn, keys, what came before, filters, speed."""

import re

import pytest
from browser import answer, stage_page

import raftlab as rl
from raftlab.sim import causal_past, random_walk

pytestmark = pytest.mark.browser


def opened(browser, lab, at=None, **how):
    page = stage_page(browser, lab, reduced_motion="reduce", **how)
    page.get_by_role("tab", name="Space-time").click()
    if at is not None:
        page.locator(".rl-scrub input").fill(str(at))
    return page


def cursor(page):
    return page.locator(".rl-st-cursor")


def event_under(page):
    """The number of the event on which the focus stands, from its words."""
    return int(re.match(r"event (\d+)", cursor(page).get_attribute("aria-label"))[1])


def position(page):
    return int(re.search(r"event (\d+)", page.locator(".rl-clock").inner_text())[1])


def committed(run):
    """The position of the last step by which a leader's commit index rises."""
    for at in range(len(run.steps) - 1, 0, -1):
        who = rl.sim.actor(run.steps[at].action)
        if who is None:
            continue
        before, after = (run.steps[i].state.observe(who) for i in (at - 1, at))
        if after.role == "leader" and after.commit_index > before.commit_index:
            return at
    raise AssertionError("nothing was committed")


def busy(**how):
    run = rl.cluster("raft", servers=5, seed=7, **how)
    run.until(lambda run: run.leader)
    run.request(("set", "x", 5))
    run.run(80)
    return run


def test_what_came_before_is_the_same_in_the_browser_and_in_python(browser):
    """Lamport 1978. Duplicated, delayed, lost messages and crashes included; the words count it."""
    run = rl.cluster("raft", servers=5, clients=1, seed=2, duplicate=0.2)
    random_walk(run, 160, 2)
    page = opened(browser, rl.lab(run))
    wrong = []
    for at in range(1, len(run.steps), 4):
        page.locator(".rl-scrub input").fill(str(at))
        cursor(page).focus()
        if event_under(page) != at:  # nothing is drawn where time only passes
            continue
        if not page.locator(".rl-st-past").count():
            page.keyboard.press("b")
        told = page.locator(".rl-st-past").inner_text()
        page.keyboard.press("b")
        found = re.search(r"rests on (\d+) of the (\d+) event", told)
        past = set(causal_past(run.steps, at)) - {0}
        whole = rl.sim.actor(run.steps[at].action) is None and not past
        if whole and "whole network" in told:
            continue
        if (int(found[1]), int(found[2])) != (len(past), at - 1):
            wrong.append((at, told, len(past)))
        for id, count in re.findall(r"\b([SC]\d) (\d+)(?=[,;.])", told):
            mine = [i for i in past if rl.sim.actor(run.steps[i].action) == id]
            if "This commit" not in told and len(mine) != int(count):
                wrong.append((at, told, id, len(mine)))
    assert wrong == []
    assert page.errors == []
    page.close()


def test_a_commit_shows_what_it_rests_on_and_everything_else_is_faint(browser):
    run = busy()
    at = committed(run)
    page = opened(browser, rl.lab(run), at)
    past = causal_past(run.steps, at)
    told = page.locator(".rl-st-past").inner_text()
    assert f"This commit rests on {len(past) - 1} of the {at - 1} events before it" in told
    leader = run.steps[at].state.leader
    known = {**run.steps[at].state.observe(leader).match_index, leader: 2}
    held = [id for id in run.state.config.servers if known.get(id, 0) >= 2]
    assert f"held by {' '.join(held)};" in told and f"votes of {leader}" not in told.split(";")[1]
    assert page.locator(".rl-st-picture .rl-st-rest .rl-st-way").count()
    page.get_by_role("button", name="What came before").click()
    assert page.locator(".rl-st-past, .rl-st-rest").count() == 0
    # While time runs nothing is greyed: one wants to see what happens.
    page.get_by_role("button", name="What came before").click()
    assert page.locator(".rl-st-past").count() == 1
    assert page.errors == []
    page.close()


def test_keys_move_along_a_line_and_across_a_message_and_enter_travels(browser):
    run = busy()
    page = opened(browser, rl.lab(run), len(run))
    cursor(page).focus()
    places = [rl.sim.actor(step.action) for step in run.steps]
    for at in range(len(run), 0, -1):
        if type(run.steps[at].action).__name__ == "Deliver" and places[at] == "S3":
            break
    page.locator(".rl-scrub input").fill(str(at))
    cursor(page).focus()
    page.keyboard.press("ArrowLeft")
    before = max(i for i in range(1, at) if places[i] == "S3")
    assert event_under(page) == before
    page.keyboard.press("ArrowRight")
    assert event_under(page) == at
    src = run.steps[at].action.src
    page.keyboard.press("ArrowUp" if src < "S3" else "ArrowDown")
    there = event_under(page)
    assert places[there] is not None and (places[there] < "S3") == (src < "S3")
    assert position(page) == at  # so far only the focus has moved
    page.keyboard.press("Enter")
    assert position(page) == there
    page.keyboard.press("Home")
    assert event_under(page) == places.index(places[there])
    assert page.errors == []
    page.close()


def test_a_click_travels_and_the_pointer_is_told_what_is_there(browser):
    run = busy()
    page = opened(browser, rl.lab(run), len(run))
    page.locator(".rl-scrub input").fill("12")
    box = cursor(page).bounding_box()
    page.locator(".rl-scrub input").fill("16")
    page.mouse.move(box["x"] + 13, box["y"] + 13)
    assert page.locator(".rl-st-said b").inner_text().startswith("event 12 ")
    page.mouse.click(box["x"] + 13, box["y"] + 13)
    assert position(page) == 12
    assert page.errors == []
    page.close()


def test_heartbeats_and_servers_can_be_hidden_and_stay_so(browser):
    run = busy()
    run.run(300)
    page = opened(browser, rl.lab(run), len(run))
    page.locator(".rl-st-twin summary").click()
    lines = page.locator(".rl-st-twin li")
    lines.first.wait_for()  # what is opened is written a moment later
    shown = [i for i in range(1, len(run.steps)) if type(run.steps[i].action).__name__ != "Wait"]
    assert lines.count() == len(shown)
    page.locator(".rl-st-check input").uncheck()
    fewer = lines.all_inner_texts()
    assert 0 < len(fewer) < len(shown)
    numbers = {int(re.match(r"event (\d+)", line)[1]) for line in fewer}
    still = rl.show.spacetime(run, heartbeats=False, first=0).text  # the static view hides the same
    assert numbers == {int(line.split()[2]) for line in still.splitlines()} & set(shown)
    page.get_by_role("button", name="hide S2 and its messages").click()
    assert page.locator(".rl-st-names button").all_inner_texts() == ["S1", "S3", "S4", "S5"]
    assert not any(re.search(r" ms: [^.]*\bS2\b", line) for line in lines.all_inner_texts())
    page.get_by_role("tab", name="What happened").click()
    page.get_by_role("tab", name="Space-time").click()
    page.get_by_role("button", name="show S2 again").click()
    assert lines.count() == len(fewer)
    assert page.errors == []
    page.close()


def test_a_broken_property_and_an_act_are_marked_and_named(browser):
    run = busy()
    run.crash("S2")
    at = len(run)
    verdict = rl.checks.Verdict("election_safety", False, at, "S1 and S2 both lead term 1")
    known = run.steps[at].known.but(broken=(verdict,))
    run.steps[at].known = known
    page = opened(browser, rl.lab(run), at)
    assert page.locator(".rl-st-loud").all_text_contents() == ["BROKEN: election safety"]
    assert "Broken: election safety." in cursor(page).get_attribute("aria-label")
    assert page.locator(".rl-st-broken").count() >= 1 and page.locator(".rl-st-act").count() >= 1
    page.locator(".rl-scrub input").fill(str(at - 1))
    assert page.locator(".rl-st-loud").count() == 1  # it was seen already
    assert page.errors == []
    page.close()


def test_no_label_lies_on_another_whatever_the_scale(browser):
    run = rl.cluster("raft", servers=5, seed=5, loss=0.1)
    run.run(1500)
    for id in ("S1", "S3"):
        run.crash(id)
        run.run(200)
    page = opened(browser, rl.lab(run), len(run))
    crowded = 0
    for _ in range(4):
        boxes = page.locator(".rl-st-label").evaluate_all(
            "all => all.map((one) => { const b = one.getBoundingClientRect();"
            "  return [b.left, b.top + 3, b.right, b.bottom - 3]; })"
        )
        crowded = max(crowded, len(boxes))
        for i, (left, top, right, bottom) in enumerate(boxes):
            for a, b, c, d in boxes[i + 1 :]:
                assert right <= a or c <= left or bottom <= b or d <= top
        page.get_by_role("button", name="more time at once").click()
    assert crowded > 6
    assert page.errors == []
    page.close()


def test_an_act_in_the_past_replaces_what_followed(browser):
    run = busy()
    lab = rl.lab(run)
    page = opened(browser, lab, len(run))
    page.locator(".rl-scrub input").fill("10")
    page.locator('.rl-node[aria-label^="S2,"]').click()
    page.locator(".rl-menu button", has_text=re.compile("^Crash")).first.click()
    answer(page, lab)
    assert position(page) == 11 and event_under(page) == 11
    assert "S2 crashes" in page.locator(".rl-st-label").all_text_contents()
    assert "S2 crashes" in cursor(page).get_attribute("aria-label")
    assert page.errors == []
    page.close()


def test_three_thousand_events_are_no_more_elements_than_sixty(browser):
    counts = []
    for steps in (60, 3000):
        run = rl.cluster("raft", servers=5, seed=7)
        run.step(steps)
        page = opened(browser, rl.lab(run), steps)
        page.locator(".rl-st-roll").evaluate("one => { one.scrollLeft = one.scrollWidth / 2; }")
        page.evaluate("() => new Promise(requestAnimationFrame)")
        counts.append(page.locator(".rl-st *").count())
        # What is seen now is drawn, wherever one has scrolled to.
        left, right = page.locator(".rl-st-picture").first.evaluate(
            "one => { const a = one.getBoundingClientRect(), b = one.closest('.rl-st-roll')"
            ".getBoundingClientRect(); return [a.left - b.left, a.right - b.right]; }"
        )
        assert left <= 0 <= right
        assert page.errors == []
        page.close()
    assert max(counts) < 140, counts

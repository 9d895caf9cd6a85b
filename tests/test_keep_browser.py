"""The pane "Keep" and a replay in Chromium: what is copied and downloaded, and what plays."""

import re

import pytest
from browser import answer, stage_page
from playwright.sync_api import expect

import raftlab as rl

pytestmark = pytest.mark.browser


def played():
    run = rl.cluster("raft", servers=5, seed=7)
    run.until(lambda run: run.leader)
    run.request(("set", "x", 5))
    run.run(60)
    run.crash("S2")
    run.run(30)
    return run


def test_texts_are_copied_pictures_downloaded_and_a_text_is_opened(browser):
    lab = rl.lab(played())
    page = stage_page(browser, lab, theme="dark", width=900)
    page.get_by_role("tab", name="Keep").click()
    said, box = page.locator(".rl-keep-said"), page.locator(".rl-keep > textarea")
    page.get_by_role("button", name="Compact text").click()
    answer(page, lab)
    expect(said).to_contain_text(re.compile(r"\d+ characters"))
    assert rl.load(box.input_value()).digest() == lab.run.digest()

    # Pictures need no kernel; one for slides is light on a dark page, too.
    files = {}
    for kind, light in (("SVG", False), ("SVG", True), ("PNG", True)):
        page.get_by_label("light, for slides").set_checked(light)
        with page.expect_download() as caught:
            page.get_by_role("button", name=kind, exact=True).click()
        files[kind, light] = open(caught.value.path(), "rb").read()
        assert caught.value.suggested_filename == f"event-{lab.run.position}.{kind.lower()}"
    light, dark = files["SVG", True].decode(), files["SVG", False].decode()
    for picture in (light, dark):
        assert ">S5<" in picture and ">x=5<" in picture and "raft cluster of 5" in picture
        assert not re.search(r'var\(|class=|href=|<script|style="', picture)
    assert 'fill="#ffffff"' in light and 'fill="#ffffff"' not in dark
    size = re.search(r'width="(\d+)" height="(\d+)"', light)
    png = files["PNG", True]
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") == 2 * int(size[1])
    assert page.locator(".rl-still").count() == 0  # nothing is left behind

    # What cannot be read is said in the lab, and stays where it was typed.
    lost = page.get_by_label("a text to open")
    lost.fill("rl1.AAAAAAAAAAAAAAAAAAAAAAAAAA")
    page.get_by_role("button", name="This text").click()
    answer(page, lab)
    expect(page.locator(".rl-trouble")).to_contain_text("copy the whole of it again")
    assert lost.input_value().startswith("rl1.AAAA")
    other = rl.cluster("raft", servers=5, seed=7)
    other.run(100)
    other.crash("S4")
    lost.fill(other.code())
    page.get_by_role("button", name="This text").click()
    answer(page, lab)
    assert lab.run.digest() == other.digest()
    expect(page.locator(".rl-node[aria-label^='S4, crashed']")).to_be_attached()
    expect(page.locator(".rl-said .rl-note")).to_contain_text("Undo brings back what was here")

    # A kernel that does not answer is said to be busy.
    page.clock.install()
    page.get_by_role("button", name="History", exact=True).click()
    page.clock.run_for(7000)
    expect(said).to_contain_text("The kernel does not answer")
    assert page.errors == []
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_replay_plays_from_a_file_to_its_end_and_asks_nobody(browser, theme, tmp_path):
    run = played()
    path = tmp_path / "run.html"
    rl.replay(run).save(path)
    page = browser.new_page(viewport={"width": 900, "height": 900}, color_scheme=theme)
    page.set_default_timeout(8000)
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(path.as_uri())
    clock = page.locator(".rl-clock")
    expect(page.locator(".rl-node").first).to_be_visible()
    assert page.locator("html").get_attribute("theme") == theme
    assert page.locator("#still").count() == 0
    assert not page.get_by_role("button", name="Undo").is_visible()

    # By keyboard: step, back, play to the end.
    page.get_by_role("button", name="▶ Play").focus()
    page.keyboard.press("n")
    expect(clock).not_to_contain_text("event 0")
    page.locator("#speed").evaluate(
        "(one) => { one.value = 3; one.dispatchEvent(new Event('input')); }"
    )
    page.get_by_role("button", name="▶ Play").focus()
    page.keyboard.press("p")
    expect(clock).to_contain_text(f"event {len(run)}")
    expect(page.locator(".rl-standing")).to_contain_text("This is the end of the recording")
    expect(page.get_by_role("button", name="▶ Play")).to_be_visible()
    page.keyboard.press(",")
    expect(clock).to_contain_text(f"event {len(run) - 1}")

    # Nobody can act, and is told so; panes that need a kernel are not there.
    page.locator(".rl-node").first.click()
    expect(page.locator(".rl-menu")).to_contain_text("this is a recording")
    page.keyboard.press("Escape")
    assert page.get_by_role("tab", name="Compare").count() == 0
    page.get_by_role("tab", name="Keep").click()
    assert page.get_by_role("button", name="Compact text").count() == 0
    with page.expect_download():
        page.get_by_role("button", name="SVG").click()
    page.get_by_role("button", name="Reset").click()
    expect(clock).to_contain_text("event 0")
    assert wrong == []
    assert [url for url in asked if not url.startswith(("blob:", "data:", path.as_uri()))] == []
    page.close()


def test_a_replay_without_javascript_is_a_picture_and_a_list_of_events(browser, tmp_path):
    rl.replay(played()).save(tmp_path / "run.html")
    page = browser.new_page(java_script_enabled=False)
    page.goto((tmp_path / "run.html").as_uri())
    assert page.locator("#still img").is_visible()
    assert "S2 crashes" in page.locator("#events").inner_text()
    assert not page.locator("#speed").is_visible()
    page.close()

"""The stage's JavaScript alone in Chromium, with a fake model: what is drawn, keys, themes.

No kernel and no Jupyter: `answer` plays the kernel's part where one is needed.
"""

import json
import math
import re

import pytest
from browser import answer

import raftlab as rl
from raftlab.views import scene, style

pytestmark = pytest.mark.browser


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def position(page):
    return int(re.search(r"event (\d+)", page.locator(".rl-clock").inner_text())[1])


def server(page, id):
    return page.locator(f'.rl-node[aria-label^="{id},"]')


def test_the_first_picture_shows_every_server_and_its_timer(open_stage):
    page = open_stage(rl.lab("raft", servers=5, seed=7))
    assert page.locator(".rl-node").count() == 5
    drawn = page.locator(".rl-timer").evaluate_all("all => all.map(one => one.getAttribute('d'))")
    assert len([d for d in drawn if d]) == 5 + 1  # the legend has one too
    assert page.locator(".rl-letters .rl-letter").count() == 0
    assert position(page) == 0
    assert page.locator(".rl-logs tbody td").get_by_text("empty").count() == 5
    assert page.locator(".rl-headline").inner_text().startswith("Press Play or Step")


@pytest.mark.parametrize("servers", [3, 7, 20])
def test_each_event_draws_as_many_messages_votes_and_entries_as_there_are(open_stage, servers):
    lab = rl.lab("raft", servers=servers, seed=5, loss=0.1)
    page = open_stage(lab)
    run = lab.run
    run.until(lambda run: run.leader)
    run.request(("set", "x", 5))
    run.run(40)
    lab.refresh()
    answer(page, lab)
    for at in range(0, len(run) + 1, max(1, len(run) // 12)):
        page.locator(".rl-scrub input").fill(str(at))
        state = run.steps[at].state
        seen = page.evaluate("""() => ({
            messages: document.querySelectorAll('.rl-letters .rl-letter').length,
            votes: document.querySelectorAll('.rl-ring .rl-vote').length,
            entries: document.querySelectorAll('tbody .rl-cell').length,
            committed: document.querySelectorAll('tbody .rl-committed').length,
            terms: [...document.querySelectorAll('.rl-node .rl-words')].map((t) => t.textContent),
        })""")
        observed = [state.observe(id) for id in state.config.servers]
        assert position(page) == at
        assert seen["messages"] == len(state.network)
        assert seen["votes"] == sum(len(o.votes) for o in observed if o.role == "candidate")
        assert seen["entries"] == sum(len(o.log) for o in observed)
        assert seen["committed"] == sum(o.commit_index for o in observed)
        assert [int(re.sub(r"\D", "", t)) for t in seen["terms"]] == [o.term for o in observed]


def test_a_candidate_has_a_slot_for_each_voter_of_its_configuration(open_stage):
    kind = type(rl.cluster("raft+joint-consensus")["S1"])
    ids, log = ["S1", "S2", "S3", "S4", "S5"], [(1, ("joint", ("S1", "S2", "S3"), ("S3", "S4")))]
    nodes = [kind(id, ids, log=log if id == "S1" else [], initial_members=2) for id in ids]
    run = rl.cluster(kind, nodes)
    run.fire("S1")
    run.fire("S2")
    page = open_stage(rl.lab(run))
    page.locator(".rl-scrub input").fill("2")
    for candidate, slots, needs in (("S1", 4, "2 of S1 S2 S3 and 2 of S3 S4"), ("S2", 2, "2")):
        node = page.locator(f".rl-node[aria-label^='{candidate},']")
        assert node.locator(".rl-vote").count() == 1
        assert node.locator(".rl-slot").count() == slots - 1
        assert f"1 vote, needs {needs}, voted" in node.get_attribute("aria-label")


def test_step_and_back_tell_what_the_history_tells(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    lab.run.step(6)
    for at in range(1, 7):
        press(page, "Step ▶")
        assert position(page) == at
        shown = page.locator(".rl-said").inner_text()
        for sentence in lab.run.why(at):
            assert sentence[1:] in shown
    press(page, "◀ Back")
    assert position(page) == 5


def test_a_message_stands_where_the_static_picture_has_it(open_stage):
    """`bent` and `along` exist twice, in Python and in JavaScript."""
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    run = lab.run
    run.step(4)
    for _ in range(4):
        press(page, "Step ▶")
    look, at = lab.stage.look, run.state.config.places
    wanted = []
    for envelope in run.state.network:
        curve = scene.bent(
            look["places"][at[envelope.src]], look["places"][at[envelope.dst]], look["margin"]
        )
        part = (run.now - envelope.sent_at) / (envelope.deliver_at - envelope.sent_at)
        wanted.append(scene.along(curve, part))
    moved = page.locator(".rl-letters .rl-letter").evaluate_all(
        "all => all.map((one) => one.getAttribute('transform').match(/[-\\d.]+/g).map(Number))"
    )
    assert len(moved) == len(wanted) > 3
    for here, there in zip(sorted(moved), sorted(wanted), strict=True):
        assert math.dist(here, there) < 0.2


def test_playing_needs_no_kernel_and_pausing_says_where_one_stands(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    page.evaluate("window.model.set('speed', 1000)")
    press(page, "▶ Play")
    page.wait_for_function("document.querySelector('.rl-clock').textContent.match(/event [1-9]/)")
    said = page.evaluate("window.saved.map(([name]) => name)")
    assert "rest" not in said
    press(page, "❚❚ Pause")
    assert position(page) > 0
    names = dict(page.evaluate("window.saved"))
    assert names["rest"][0] == position(page)


def test_a_server_is_operated_by_keyboard_alone(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    server(page, "S2").focus()
    ring = server(page, "S2").locator(".rl-focus")
    assert ring.evaluate("e => getComputedStyle(e).stroke") != "none"
    page.keyboard.press("Enter")
    menu = page.locator(".rl-menu")
    assert menu.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Let its election timer run out"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "Crash"
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("S2,")
    page.keyboard.press(" ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    answer(page, lab)
    assert lab.run.state.host("S2").mode == "down"
    assert "crashed" in server(page, "S2").get_attribute("aria-label")
    assert "S2 crashes" in page.locator(".rl-said").inner_text()
    server(page, "S2").click()
    assert page.get_by_role("button", name="Restart").is_enabled()
    assert page.get_by_role("button", name="Pause (S2 is down)").is_disabled()


_FOCUSED = """() => {
    const here = document.activeElement;
    return here.getAttribute('aria-label') || here.textContent;
}"""


def test_every_control_is_reached_with_the_tab_key(open_stage):
    page = open_stage(rl.lab("raft", servers=3, seed=7))
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(_FOCUSED))
    for wanted in ("Reset", "Undo", "◀ Back", "▶ Play", "Step ▶", "Next change ▶▶", "event"):
        assert wanted in reached
    assert {name[:2] for name in reached if re.match(r"S\d,", name)} == {"S1", "S2", "S3"}


def test_a_message_is_dropped_delayed_doubled_and_delivered(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    press(page, "Step ▶")
    choices = {"Duplicate": 1, "Delay by 50 ms": 0, "Drop": -1, "Deliver now": 0}
    for choice, change in choices.items():
        before = len(lab.run.state.network) if lab.run.position else 2
        page.locator(".rl-next .rl-dots").first.click()
        page.get_by_role("button", name=choice).click()
        answer(page, lab)
        assert page.locator(".rl-letters .rl-letter").count() == len(lab.run.state.network)
        assert len(lab.run.state.network) == before + change


def choices(page):
    """What the open menu offers: {words: whether it can be chosen}."""
    items = page.locator(".rl-menu button").all()
    return {re.split(r"\s*\(", item.inner_text())[0]: item.is_enabled() for item in items}


def test_a_disk_and_a_clock_are_operated_by_keyboard_alone(open_stage):
    """Each choice is offered where it is possible, and its effect is seen and told."""
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)

    def choose(words):
        server(page, "S2").focus()
        page.keyboard.press("Enter")
        for _ in range(20):
            if page.evaluate("document.activeElement.textContent") == words:
                page.keyboard.press("Enter")
                answer(page, lab)
                return
            page.keyboard.press("ArrowDown")
        raise AssertionError(f"{words!r} is not offered, but {choices(page)}")

    def seen():
        return server(page, "S2").locator(".rl-pill").all_text_contents()

    assert seen() == []
    choose("2× faster")
    assert lab.run.state.host("S2").hardware.rate == 2 and seen() == ["×2"]
    choose("Its disk lies from now on")
    assert lab.run.state.host("S2").hardware.disk is not None and seen() == ["×2", "disk?"]
    told = server(page, "S2").get_attribute("aria-label")
    assert told.endswith("its clock runs 2 times as fast, its disk lies")
    choose("half as fast")
    choose("Flush its disk: it lies no longer")
    choose("right")
    assert seen() == [] and lab.run.state.host("S2").hardware is rl.sim.SOUND
    choose("Crash as its election timer runs out")
    assert "S2 crashes before anything is on its disk" in page.locator(".rl-said").inner_text()
    choose("Lose its disk")
    assert "It must not come back as S2" in page.locator(".rl-said").inner_text()
    choose("Restart")
    choose("Crash and lose its disk")
    assert [type(step.action).__name__ for step in lab.run.steps[-2:]] == ["Crash", "Wipe"]
    server(page, "S2").click()
    offered = choices(page)
    assert offered["Restart"] and offered["Lose its disk"] and offered["2× faster"]
    assert not offered["Its disk lies from now on"] and "right" not in offered
    assert "Crash as its election timer runs out" not in offered


def test_a_server_crashes_in_the_middle_of_a_message(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    press(page, "Step ▶")
    page.locator(".rl-next .rl-dots").first.click()
    chosen = lab.run.state.network[0] if lab.run.position else None
    (words,) = [choice for choice in choices(page) if choice.endswith("in the middle of it")]
    page.get_by_role("button", name=words).click()
    answer(page, lab)
    step = lab.run.steps[lab.run.position]
    assert type(step.action).__name__ == "CrashDuring" and chosen not in step.state.network
    assert words == f"Crash {step.action.action.dst} in the middle of it"
    assert "it has sent nothing" in page.locator(".rl-said").inner_text()


def test_what_cannot_be_done_is_said_in_the_lab(open_stage):
    lab = rl.lab("raft", servers=3, seed=7)
    page = open_stage(lab)
    server(page, "S1").click()
    page.get_by_label("request to S1").fill("nonsense")
    page.get_by_role("button", name="Request", exact=True).click()
    answer(page, lab)
    assert "'nonsense' is no command" in page.locator(".rl-ask-help").inner_text()
    assert page.get_by_label("request to S1").input_value() == "nonsense"
    press(page, "Step ▶")
    assert position(page) == 1


def test_what_can_happen_next_is_in_order_of_time_and_can_be_picked(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    listed = page.locator(".rl-next .rl-line span:last-child").all_inner_texts()
    timers = sorted((host.timers[0][0], host.node.id) for host in lab.run.state.hosts)
    assert listed == [f"{id} election timer" for _, id in timers]
    page.locator(".rl-next .rl-line").nth(3).click()
    answer(page, lab)
    assert lab.run.state.observe(timers[3][1]).role == "candidate"
    assert f"{timers[3][1]} election timer" in page.locator(".rl-said").inner_text()


def test_while_playing_what_comes_next_counts_down_with_the_clock_but_not_at_every_picture(
    open_stage,
):
    lab = rl.lab("raft", servers=5, seed=7)
    page = open_stage(lab)
    due = sorted(host.timers[0][0] for host in lab.run.state.hosts)
    page.evaluate("""() => {
        window.told = [];
        new MutationObserver(() => window.told.push(performance.now())).observe(
            document.querySelector('.rl-next'),
            { childList: true, characterData: true, subtree: true });
        window.model.set('speed', 60);
    }""")
    press(page, "▶ Play")
    page.wait_for_function("window.told.length > 3")
    press(page, "❚❚ Pause")
    assert position(page) == 0, "the list has changed though nothing has happened"
    now = float(page.locator(".rl-clock").inner_text().split()[0])
    left = [float(text) for text in page.locator(".rl-next .rl-time").all_inner_texts()]
    assert left == pytest.approx([time - now for time in due], abs=0.11)
    told = page.evaluate("window.told")[:-1]  # the last is the pause, which is told at once
    assert min(b - a for a, b in zip(told, told[1:], strict=False)) > 120


def test_a_broken_property_turns_its_light_red_and_says_why(open_stage):
    class VotesTwice(rl.protocols.protocol("raft")):
        def has_vote_for(self, candidate_id):
            return True

    lab = rl.lab(VotesTwice, servers=3, seed=1)
    page = open_stage(lab)
    assert page.locator(".rl-red").count() == 0
    for id in ("S1", "S2"):
        lab.run.fire(id)
    lab.run.run(80)
    lab.refresh()
    answer(page, lab)
    verdict = lab.run.verdicts[0]
    assert page.locator(".rl-red").first.inner_text().startswith("✗")
    assert verdict.why in page.locator(".rl-broken").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_stand_out_from_their_ground_in_both_themes(open_stage, theme):
    page = open_stage(rl.lab("raft", servers=3, seed=7), theme=theme)
    colours = page.evaluate("""() => {
        const root = getComputedStyle(document.querySelector('.raftlab-stage'));
        return [root.backgroundColor, root.color];
    }""")
    card, ink = ("#" + "".join(f"{int(n):02x}" for n in re.findall(r"\d+", c)) for c in colours)
    assert card == style.THEMES[theme]["card"]
    assert style.contrast(card, ink) > 7


@pytest.mark.parametrize("servers, clients, width", [(5, 0, 700), (9, 0, 700), (5, 2, 420)])
def test_nothing_sticks_out_of_its_cell(open_stage, servers, clients, width):
    page = open_stage(rl.lab("raft", servers=servers, seed=7, clients=clients), width=width)
    out = page.evaluate("""() => {
        const root = document.querySelector('.raftlab-stage').getBoundingClientRect();
        return [...document.querySelectorAll('.raftlab-stage *:not(.rl-hidden):not(option)')]
            .map((e) => [e.getAttribute('class'), e.getBoundingClientRect()])
            .filter(([, b]) => b.width && (b.right > root.right + 1 || b.left < root.left - 1))
            .map(([name]) => name);
    }""")
    assert out == []


def test_two_views_share_one_clock_and_leave_nothing_behind(open_stage):
    page = open_stage(rl.lab("raft", servers=3, seed=7))
    page.evaluate("window.leave()")
    page.evaluate("document.getElementById('here').replaceChildren()")
    page.evaluate("""async () => {
        const source = document.getElementById('source').textContent;
        const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
        const { default: stage } = await import(url);
        const el = document.getElementById('here');
        for (let i = 0; i < 2; i++) stage.render({ model: window.model, el });
    }""")
    assert page.locator(".raftlab-stage").count() == 2
    page.get_by_role("button", name="Step ▶").first.click()
    assert page.locator(".rl-clock").all_inner_texts()[1].endswith("event 1")


def test_a_reader_hears_the_step_and_not_every_picture(open_stage):
    page = open_stage(rl.lab("raft", servers=3, seed=7))
    live = page.locator("[aria-live=polite]")
    assert live.count() == 1
    press(page, "Step ▶")
    assert "election timer" in live.inner_text()
    page.evaluate("""() => {
        window.told = 0;
        new MutationObserver(() => window.told++).observe(document.querySelector('[aria-live]'),
            { childList: true, characterData: true, subtree: true });
        window.model.set('speed', 1000);
    }""")
    press(page, "▶ Play")
    page.wait_for_function(
        "+document.querySelector('.rl-clock').textContent.match(/event (\\d+)/)[1] > 20"
    )
    assert page.evaluate("window.told") <= 2


def test_the_script_that_travels_is_small(open_stage):
    stage = rl.lab("raft", servers=5, seed=7).stage
    assert len(stage._esm) + len(stage.code.packed) + len(json.dumps(stage.look)) < 72_000

"""What the stage lets one see: effects, quorums, the time line, the state of every server."""

import re

import pytest
from browser import broken_lab

import raftlab as rl

pytestmark = pytest.mark.browser


@pytest.fixture
def open_stage(open_stage):
    def open_one(lab, **how):
        page = open_stage(lab, **how)
        page.set_default_timeout(15_000)
        return page

    return open_one


def go(page, at):
    page.locator(".rl-scrub input").fill(str(at))


def moving(page):
    return page.evaluate("document.getAnimations().length")


def elected(servers=5, entries=3):
    lab = rl.lab("raft", servers=servers, seed=7)
    run = lab.run
    run.until(lambda run: run.leader)
    for number in range(entries):
        run.request(("set", "x", number))
    run.run(200)
    return lab


# -- effects ---------------------------------------------------------------------------------


def test_what_happens_is_seen_once_when_time_goes_on_by_an_event(open_stage):
    lab = rl.lab("raft", servers=5, seed=7)
    run = lab.run
    run.until(lambda run: run.leader)
    won = run.position
    run.run(60)
    lab.refresh()
    page = open_stage(lab, reduced_motion="no-preference")
    go(page, won - 1)
    assert moving(page) == 0
    page.evaluate("""() => {
        const { animate } = Element.prototype;
        window.effects = [];
        Element.prototype.animate = function (...all) {
            window.effects.push(this.getAttribute("class"));
            return animate.apply(this, all);
        };
    }""")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Step ▶").click()
    page.wait_for_function("window.effects.length > 3")
    seen = " ".join(page.evaluate("window.effects"))
    for effect in ("rl-shape", "rl-halo", "rl-pulse rl-yes", "rl-voted", "rl-majority rl-enough"):
        assert effect in seen
    page.wait_for_function("document.getAnimations().length === 0")
    assert page.locator(".rl-effects > *").count() == 0, "nothing stays"

    page.evaluate("window.effects = []")
    for at in range(won - 5, won + 6):
        go(page, at)
    assert page.evaluate("window.effects") == [], "who travels is not shown what moves"


def test_nothing_moves_for_who_asked_for_calm(open_stage):
    lab = elected()
    lab.refresh()
    page = open_stage(lab)
    go(page, 0)
    for _ in range(12):
        page.get_by_role("button", name="Step ▶").click()
        assert moving(page) == 0


def test_a_lost_message_says_why_where_it_is_lost(open_stage):
    lab = elected()
    run = lab.run
    leader, other = run.leader, next(id for id in ("S1", "S2") if id != run.leader)
    run.partition([other], [id for id in run.state.config.servers if id != other])
    run.fire(leader, "heartbeat")
    run.run(40)
    lab.refresh()
    page = open_stage(lab)
    lost = next(at for at in range(len(run) + 1) if type(run.steps[at].action).__name__ == "Drop")
    go(page, lost - 1)
    assert page.locator(".rl-reason").is_hidden()
    go(page, lost)
    assert page.locator(".rl-reason").text_content() == "link cut"
    assert page.locator(".rl-burst").get_attribute("d")


def test_an_overwritten_entry_is_struck_out_and_swept_away(open_stage):
    kind = rl.protocols.protocol("raft")
    ids = ["S1", "S2", "S3"]
    logs = {"S1": [(1, ("set", "x", 1)), (2, ("set", "x", 2))], "S2": [(1, ("set", "x", 1)),
            (1, ("set", "y", 9))], "S3": [(1, ("set", "x", 1)), (2, ("set", "x", 2))]}  # fmt: skip
    run = rl.cluster(kind, [kind(id, ids, log=logs[id], current_term=2) for id in ids])
    run.fire("S1")
    run.run(150)

    def held(at):
        log = run.steps[at].state.observe("S2").log
        return [log[index].term for index in range(1, log.last_index + 1)]

    overwritten = next(at for at in range(1, len(run)) if held(at)[1:2] == [2])
    assert held(overwritten - 1)[1] == 1
    page = open_stage(rl.lab(run), reduced_motion="no-preference")
    go(page, overwritten - 1)
    page.evaluate("""() => {
        window.swept = [];
        new MutationObserver((all) => all.forEach(({ addedNodes }) => addedNodes.forEach((one) => {
            if (one.matches && one.matches(".rl-swept")) window.swept.push(one.textContent);
            const inside = one.querySelector && one.querySelector(".rl-swept");
            if (inside) window.swept.push(inside.textContent);
        }))).observe(document.querySelector(".rl-logs"), { childList: true, subtree: true });
    }""")
    page.get_by_role("button", name="Step ▶").click()
    page.wait_for_function("window.swept.length")
    assert set(page.evaluate("window.swept")) == {"y=9"}
    page.wait_for_function("!document.querySelector('.rl-swept')")


# -- quorums ---------------------------------------------------------------------------------


def test_quorums_are_drawn_and_told_and_their_meeting_is_marked(open_stage):
    lab = elected()
    lab.run.crash(lab.run.leader)
    lab.run.run(250)
    lab.refresh()
    run = lab.run
    page = open_stage(lab)
    place = page.locator(".rl-ring").bounding_box()
    page.locator(".rl-node").first.focus()
    page.keyboard.press("q")
    assert page.get_by_role("button", name="Quorums").get_attribute("aria-pressed") == "true"
    assert page.locator(".rl-ring").bounding_box() == place
    leader = run.state.observe(run.leader)
    won = next(at for at in range(len(run)) if (o := run.steps[at].state.observe(run.leader)).role
               == "leader" and o.term == leader.term)  # fmt: skip
    voters = sorted(run.steps[won].state.observe(run.leader).votes)
    assert len(voters) == 3 < len(leader.votes) or voters == sorted(leader.votes)
    stored = [
        id for id in run.state.config.servers
        if run.state.observe(id).log.last_index >= leader.commit_index
    ]  # fmt: skip
    both = [id for id in voters if id in stored]
    said = page.locator(".rl-quorum-words p span").all_inner_texts()
    assert said[0] == f"{run.leader} leads term {leader.term} by the votes of {' '.join(voters)}"
    assert said[1].startswith(f"entry {leader.commit_index} ")
    assert said[1].endswith(f"is stored on {' '.join(stored)}")
    assert said[2] == f"{', '.join(both[:-1])} and {both[-1]} are in both"
    assert page.locator(".rl-ring .rl-meets").count() == len(both)
    assert all(
        page.locator(".rl-hulls > .rl-hull").evaluate_all("a => a.map(o => o.getAttribute('d'))")
    )
    told = page.locator(f".rl-node[aria-label^='{both[0]},']").get_attribute("aria-description")
    assert told == f"in the election quorum, stores entry {leader.commit_index}"
    page.get_by_role("button", name="‹").click()
    assert page.locator(".rl-quorum-words p span").nth(1).inner_text().startswith(
        f"entry {leader.commit_index - 1} "
    )  # fmt: skip
    page.locator(".rl-node").first.focus()
    page.keyboard.press("q")
    assert page.locator(".rl-quorum-words").is_hidden()
    assert page.locator(".rl-ring .rl-meets").count() == 0


def test_a_candidate_needs_majorities_of_both_configurations(open_stage):
    kind = type(rl.cluster("raft+joint-consensus")["S1"])
    ids, log = ["S1", "S2", "S3", "S4", "S5"], [(1, ("joint", ("S1", "S2", "S3"), ("S3", "S4")))]
    nodes = [kind(id, ids, log=log if id == "S1" else [], initial_members=2) for id in ids]
    run = rl.cluster(kind, nodes)
    run.fire("S1")
    page = open_stage(rl.lab(run))
    page.get_by_role("button", name="Quorums").click()
    said = page.locator(".rl-quorum-words p span").first.inner_text()
    assert said == "S1 stands in term 1: votes of S1, needs 2 of S1 S2 S3 and 2 of S3 S4"


# -- the time line ---------------------------------------------------------------------------


def test_the_time_line_marks_what_mattered_in_one_path_for_each_sort(open_stage):
    lab = elected()
    run = lab.run
    run.crash(run.leader)
    crashed = run.position
    run.run(600)
    for number in range(60):
        run.request(("set", "y", number))
        run.run(60)
    lab.refresh()
    page = open_stage(lab)

    def drawn(sort):
        return page.locator(f".rl-at-{sort}").get_attribute("d") or ""

    assert drawn("elected").count("M") == 2 and drawn("crash") and drawn("commit")
    assert not drawn("broken") and not drawn("fork")
    assert drawn("commit").count("M") <= 700 / 9, "what would overlap is one"
    assert page.locator(".rl-paint *").count() < 30
    assert page.locator(".rl-paint text").all_text_contents() == ["1", "2"]
    page.locator(".rl-scrub input").focus()
    go(page, crashed - 1)
    page.keyboard.press("PageUp")
    assert re.search(rf"event {crashed}\b", page.locator(".rl-clock").inner_text())
    width = page.locator(".rl-scrub").bounding_box()["width"]
    spot = 4 + (width - 8) * crashed / len(run)
    page.locator(".rl-scrub input").hover(position={"x": spot, "y": 12})
    hint = page.locator(".rl-hint").inner_text()
    assert "crashes" in hint and f"{run.steps[crashed].state.time:.1f} ms" in hint


def test_the_time_line_shows_where_branches_part(open_stage):
    lab = elected()
    run = lab.run
    run.goto(30)
    lab.act("crash", node="S1")
    page = open_stage(lab)
    assert page.locator(".rl-at-fork").get_attribute("d").count("M") >= 1


# -- the state of every server ---------------------------------------------------------------


def rows(page, table):
    return page.locator(f"{table} tbody tr").evaluate_all(
        """all => all.map((row) => [...row.children].map(
            (cell) => cell.firstChild.textContent.trim()))"""
    )


def test_the_table_of_all_values_equals_what_the_servers_show(open_stage):
    lab = elected()
    lab.refresh()
    run = lab.run
    page = open_stage(lab, width=1100)
    page.get_by_role("tab", name="State").click()
    names = page.locator(".rl-pane .rl-values thead th").all_inner_texts()
    shown = rows(page, ".rl-pane .rl-values")
    for id, row in zip(run.state.config.servers, shown, strict=True):
        told, seen = dict(zip(names, row, strict=True)), run.state.observe(id)
        assert told["server"] == id and told["role"] == seen.role
        assert told["term"] == str(seen.term) and told["voted for"] == (seen.voted_for or "")
        assert told["commit index"] == str(seen.commit_index)
        assert told["last applied"] == str(seen.last_applied)
        if id == run.leader:
            for peer in seen.next_index:
                both = f"{seen.next_index[peer]} · {seen.match_index[peer]}"
                assert told[f"→{peer}"] == both
    changed = next(
        at for at in range(1, len(run)) if run.steps[at].state.observe(run.leader).commit_index
    )
    go(page, changed)
    assert page.locator(".rl-pane .rl-changed small").first.inner_text().strip().startswith("was ")


@pytest.mark.parametrize("protocol", ["redis-lock", "redis-scheduler"])
def test_the_table_has_the_columns_that_these_nodes_have_and_they_fit(open_stage, protocol):
    """A token and an epoch are no term, and nobody votes for who has one."""
    run = rl.cluster(protocol, servers=2, seed=1, jitter=0)
    run.request(("add", "x", 1), to="A") if protocol == "redis-lock" else None
    run.run(400)
    lab = rl.lab(run)
    page = open_stage(lab, width=700)
    page.get_by_role("tab", name="State").click()
    names = page.locator(".rl-pane .rl-values thead th").all_inner_texts()
    word = {"redis-lock": "token", "redis-scheduler": "epoch"}[protocol]
    assert names[:4] == ["server", "role", word, "leader"]
    box = page.locator(".rl-pane .rl-scroll").filter(has=page.locator(".rl-values"))
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_a_protocol_of_ones_own_has_its_fields_beside_the_ring(open_stage):
    class Counter(rl.Node):
        heard = 0
        mood = "quiet"

        def start(self):
            self.set_timer("tick", 20, 40)

        def on_timer(self, name):
            self.mood = "loud"
            self.broadcast("hello")

        def on_message(self, src, message):
            self.heard += 1

        def observe(self):
            return rl.core.Observation(self.id, fields={"heard": self.heard, "mood": self.mood})

    lab = rl.lab(Counter, servers=3)
    page = open_stage(lab)
    table = ".rl-own .rl-values"
    assert page.locator(f"{table} thead th").all_inner_texts() == ["server", "heard", "mood"]
    assert rows(page, table) == [[id, "0", "quiet"] for id in ("S1", "S2", "S3")]
    assert page.get_by_role("button", name="Quorums").count() == 0
    page.get_by_role("button", name="Step ▶").click()
    changed = page.locator(f"{table} .rl-changed")
    assert changed.count() == 1 and changed.inner_text() == "loud was quiet"


# -- contrast --------------------------------------------------------------------------------


def test_more_contrast_and_forced_colours_are_honoured(open_stage):
    lab = elected(3)
    lab.refresh()
    value = "getComputedStyle(document.querySelector('.raftlab-stage')).getPropertyValue('--rl-%s')"
    plain, more = open_stage(lab), open_stage(lab, contrast="more")
    forced = open_stage(lab, forced_colors="active")
    assert plain.evaluate(value % "line") != plain.evaluate(value % "ink")
    assert more.evaluate(value % "line") == more.evaluate(value % "ink")
    assert forced.evaluate(value % "ink").strip() == "CanvasText"
    begins = forced.locator(".rl-logs td[data-term]")
    assert begins.count() == 3, "terms have numbers where their colours begin"


def test_the_lights_share_a_line_until_one_goes_out(open_stage):
    page = open_stage(elected(3))
    assert page.locator(".rl-safety summary").inner_text().startswith("✓")
    assert "all 8 safety properties hold" in page.locator(".rl-safety").inner_text()
    assert not page.locator(".rl-lights").is_visible()

    broken = open_stage(broken_lab())
    assert broken.locator(".rl-red").first.is_visible()
    assert broken.locator(".rl-at-broken").get_attribute("d")
    go(broken, 0)
    assert not broken.locator(".rl-lights").is_visible()

"""The lab in a real browser, beside a plain Plotly `FigureWidget` of the same cluster.

    python benchmarks/browser.py            about two minutes
    python benchmarks/browser.py --minutes 10   and ten minutes of play for the memory

One JupyterLab, one headless Chromium, one notebook page with both. A picture counts when
something in it has moved since the last animation frame; an act counts as painted when the
frame after its change to the page is done; bytes are those of the kernel's web socket. Medians
of `--repeat` runs. Other work on the machine makes every figure worse, for both alike.
"""

import argparse
import statistics
import sys
import tempfile
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser import JupyterLab, chromium, stage_page
from playwright.sync_api import sync_playwright

import raftlab as rl

# The peer: the ring as anybody would draw it with FigureWidget, fed by the kernel.
PEER = """
import time
import ipywidgets
import plotly.graph_objects as go
from raftlab.views import ring as _ring, style as _style

class Peer:
    def __init__(self, run):
        self.run = run
        self.places = _ring.places(run.state, _style.ring_sizes(len(run.state.config.servers)))
        nodes = go.Scatter(mode="markers+text", textposition="middle center", marker_size=52)
        mail = go.Scatter(mode="markers", marker_size=12)
        self.figure = go.FigureWidget([nodes, mail])
        self.figure.update_layout(width=560, height=460, showlegend=False)
        self.draw(run.state, run.now)

    def draw(self, state, now):
        seen = [state.observe(id) for id in state.config.servers]
        down = [state.host(o.id).mode == "down" for o in seen]
        xs, ys = [], []
        for e in state.network:
            part = min(1, (now - e.sent_at) / max(1, e.deliver_at - e.sent_at))
            a, b = self.places[e.src], self.places[e.dst]
            xs.append(a[0] + part * (b[0] - a[0]))
            ys.append(a[1] + part * (b[1] - a[1]))
        with self.figure.batch_update():
            nodes, mail = self.figure.data
            nodes.x, nodes.y = zip(*(self.places[o.id] for o in seen))
            nodes.text = [f"{o.id}<br>{'down' if d else o.term}" for o, d in zip(seen, down)]
            nodes.marker.color = ["#ccc" if d else _style.term_colour(o.term) or "#fff"
                                  for o, d in zip(seen, down)]
            mail.x, mail.y = xs, ys

    def play(self, seconds, speed=40, hertz=30):
        end = time.monotonic() + seconds
        now, at = self.run.now, self.run.position
        steps = self.run.steps
        while time.monotonic() < end:
            now += speed / hertz
            while at + 1 < len(steps) and steps[at + 1].state.time <= now:
                at += 1
            self.draw(steps[at].state, now)
            time.sleep(1 / hertz)

    def toggle(self, _):
        up = self.run.state.host("S2").mode == "up"
        (self.run.crash if up else self.run.restart)("S2")
        self.draw(self.run.state, self.run.now)
"""
SMALL = "servers=5, seed=7"
LARGE = ("servers=20, seed=7, latency=150, jitter=60, election_timeout=(1500, 3000), "
         "heartbeat_interval=30")  # fmt: skip
# An elected leader, and enough of a heartbeat's life for the network to be as full as it gets.
READY = "run.until(lambda run: run.leader); run.run({}); print(len(run.state.network), 'in flight')"

COUNT = """async ([box, seconds]) => {
    const root = document.querySelector(box);
    let moved = false, frames = 0, all = 0;
    const watch = new MutationObserver(() => { moved = true; });
    watch.observe(root, { subtree: true, childList: true, attributes: true });
    const start = performance.now();
    await new Promise((done) => {
        const tick = (now) => {
            all++;
            if (moved) frames++;
            moved = false;
            now - start > seconds * 1000 ? done() : requestAnimationFrame(tick);
        };
        requestAnimationFrame(tick);
    });
    watch.disconnect();
    const passed = (performance.now() - start) / 1000;
    return [frames / passed, all / passed];
}"""
RUN_CELL = """async ([cell, mark]) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    content.activeCellIndex = cell;
    const start = performance.now();
    void window.jupyterapp.commands.execute('notebook:run-cell');
    const node = content.widgets[cell].node;
    while (!node.querySelector(mark)) {
        if (performance.now() - start > 60000) throw new Error('nothing painted: ' + mark);
        await new Promise(requestAnimationFrame);
    }
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""
# Somebody drags the scrubber back and forth; a position counts when the frame showing it is done.
SCRUB = """async ([box, seconds]) => {
    const range = document.querySelector(box + ' .rl-scrub input'), most = +range.max;
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < seconds * 1000) {
        const part = (performance.now() - start) / 1500, to = 1 - Math.abs(1 - part % 2);
        range.value = Math.round(to * most);
        range.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise(requestAnimationFrame);
        count++;
    }
    return [most, count / ((performance.now() - start) / 1000)];
}"""
CLICK = """async ([press, box, mark]) => {
    const root = document.querySelector(box);
    const marked = () => root.innerHTML.includes(mark);
    const was = marked();
    let seen;
    const change = new Promise((done, fail) => {
        seen = new MutationObserver(() => { if (marked() !== was) done(); });
        const all = { subtree: true, childList: true, attributes: true, characterData: true };
        seen.observe(root, all);
        setTimeout(() => fail(new Error('never painted: ' + mark)), 10000);
    });
    const start = performance.now();
    document.querySelector(press).click();
    await change;
    seen.disconnect();
    await new Promise(requestAnimationFrame);
    // A task queued inside a frame's callback runs when that frame has been handed on.
    await new Promise((done) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = done;
        port2.postMessage(0);
    });
    return performance.now() - start;
}"""

SCROLL = """async () => {
    const roll = document.querySelector('.rl-st-roll'), far = roll.scrollWidth - roll.clientWidth;
    const start = performance.now();
    let count = 0, passed = 0;
    while (passed < 4000) {
        const now = await new Promise(requestAnimationFrame);
        passed = now - start;
        count++;
        roll.scrollLeft = (0.5 - 0.5 * Math.cos(passed / 4000 * 2 * Math.PI)) * far;
    }
    return count / passed * 1000;
}"""
ZOOM = """async () => {
    const [out, into] = document.querySelectorAll('.rl-st-bar [aria-label]'), took = [];
    for (let i = 0; i < 12; i++) {
        const start = performance.now();
        (i % 4 < 2 ? out : into).click();
        await new Promise(requestAnimationFrame);
        await new Promise((done) => setTimeout(done));
        took.push(performance.now() - start);
    }
    return took.sort((a, b) => a - b)[6];
}"""


class Bench:
    def __init__(self, lab, repeat):
        self.lab, self.page, self.repeat = lab, lab.page, repeat
        self.bytes, self.kernel = 0, set()
        self.devtools = lab.page.context.new_cdp_session(lab.page)
        self.devtools.send("Network.enable")
        self.devtools.on("Network.webSocketCreated", self._opened)
        for event in ("Received", "Sent"):
            self.devtools.on(f"Network.webSocketFrame{event}", self._frame)

    def _opened(self, socket):
        """Only the kernel's own socket: the server has another on which it talks of itself."""
        if "/channels" in socket["url"]:
            self.kernel.add(socket["requestId"])

    def _frame(self, frame):
        if frame["requestId"] not in self.kernel:
            return
        data = frame["response"]
        size = len(data["payloadData"])
        self.bytes += size * 3 // 4 if data["opcode"] == 2 else size  # binary comes as base64

    def spent(self, work, *args):
        """(what `work` gave, bytes on the web sockets meanwhile)."""
        self.page.wait_for_timeout(700)  # let the last news arrive
        before = self.bytes
        result = work(*args)
        self.page.wait_for_timeout(100)
        return result, self.bytes - before

    def cell(self, number, mark):
        """Milliseconds from running a cell to its `mark` being painted."""
        return self.page.evaluate(RUN_CELL, [number, mark])

    def word(self, number, words):
        """Run a cell and wait for the words it prints."""
        self.page.evaluate(RUN_CELL, [number, "[data-mime-type$=stdout]"])
        found = self.page.locator(".jp-Cell").nth(number).locator("[data-mime-type$=stdout]")
        return found.inner_text().strip()

    def pictures(self, box, seconds=4):
        return self.page.evaluate(COUNT, [box, seconds])

    def play(self, box, on):
        words = "▶ Play" if on else "❚❚ Pause"
        self.page.locator(box).get_by_role("button", name=words).click()

    def heap(self):
        self.devtools.send("HeapProfiler.collectGarbage")
        return self.devtools.send("Runtime.getHeapUsage")["usedSize"]


def stage(servers):
    """A selector of the lab that draws so many servers."""
    last, more = (f":has(.rl-node[aria-label^='S{n},'])" for n in (servers, servers + 1))
    return f".raftlab-stage{last}:not({more})"


CELLS = [
    "import raftlab as rl\n" + PEER + "\nprint('ready')",
    f"lab = rl.lab('raft', {SMALL})\nlab",
    f"run = rl.cluster('raft', {SMALL})\npeer = Peer(run)\npeer.figure",
    READY.format(400) + "\nrun.goto(1)",
    "print('playing', flush=True)\npeer.play(9)",
    "button = ipywidgets.Button(description='act')\nbutton.add_class('peer-act')\n"
    "button.on_click(peer.toggle)\nbutton",
    f"run = rl.cluster('raft', {LARGE})\n" + READY.format(400) + "\nrun20 = run",
    "lab20 = rl.lab(run20)\nlab20.stage.speed = 60\nlab20",
    "run20.run(700)\nrun20.undo(900)\npeer = Peer(run20)\npeer.figure",
    "print('playing', flush=True)\npeer.play(9, speed=60)",
    "long = rl.cluster('raft', servers=7, seed=7)\nlong.step(10_000)\nrl.lab(long)",
    f"more = [rl.lab('raft', {SMALL}) for _ in range(4)]\nfor one in more:\n    display(one)",
]


def measured(bench, minutes):
    """Each figure as (what, goal, ours, peer, ratio's direction)."""
    page, repeat = bench.page, bench.repeat
    small, large, plot = stage(5), stage(20), ".js-plotly-plot"
    bench.word(0, "ready")

    first, first_bytes = bench.spent(bench.cell, 1, ".rl-node")
    peer_first, peer_bytes = bench.spent(bench.cell, 2, ".js-plotly-plot .scatterlayer .point")
    yield "first lab painted, ms", "≤ 1000", first, peer_first, "less"
    yield "bytes until then, kB", "≤ 150", first_bytes / 1000, peer_bytes / 1000, "less"
    bench.word(3, "in flight")

    rates, sent = [], []
    for _ in range(repeat):
        bench.play(small, True)
        rate, spent = bench.spent(bench.pictures, small)
        rates.append(rate[0])
        sent.append(spent / (4 * rate[0]))
        bench.play(small, False)
    bench.word(4, "playing")
    peer, spent = bench.spent(bench.pictures, plot)
    yield "playing, pictures/s", "≥ 55", statistics.median(rates), peer[0], "more"
    yield "bytes a picture", "0", statistics.median(sent), spent / (4 * peer[0] or 1), "less"
    page.wait_for_timeout(6000)

    bench.cell(5, ".peer-act")
    acts = []
    for _ in range(5 * repeat):
        page.locator(f"{small} .rl-node[aria-label^=S2]").click()
        page.evaluate(f"""() => [...document.querySelectorAll("{small} .rl-menu button")]
            .find((one) => /^(Crash|Restart)/.test(one.textContent)).classList.add('bench-act')""")
        acts.append(page.evaluate(CLICK, [".bench-act", small + " .rl-ring", "S2, crashed"]))
    peer_acts = [
        page.evaluate(CLICK, [".peer-act", plot + " .scatterlayer", "down"])
        for _ in range(5 * repeat)
    ]
    yield "act → painted, ms", "≤ 60", statistics.median(acts), statistics.median(peer_acts), "less"

    flying = bench.word(6, "in flight")
    bench.cell(7, ".rl-node")
    page.wait_for_timeout(1500)
    rates = []
    for _ in range(repeat):
        bench.play(large, True)
        rates.append(bench.pictures(large)[0])
        bench.play(large, False)
    bench.cell(8, ".js-plotly-plot .scatterlayer .point")
    bench.word(9, "playing")
    last = page.locator(plot).last.evaluate("(one) => one.id = 'peer20'")
    peer = bench.pictures(f"#{last}")
    what = f"20 servers, {flying}: pictures/s"
    yield what, "≥ 50", statistics.median(rates), peer[0], "more"
    page.wait_for_timeout(6000)

    bench.cell(10, ".rl-node")
    page.wait_for_timeout(1500)
    most, rate = page.evaluate(SCRUB, [stage(7), 4])
    yield f"dragging through {most} events, positions/s", "≥ 30", rate, None, "more"

    bench.play(small, True)
    page.wait_for_timeout(5000)
    heaps = [bench.heap()]
    for _ in range(max(1, round(minutes * 4))):
        page.wait_for_timeout(15_000)
        heaps.append(bench.heap())
    bench.play(small, False)
    passed = (len(heaps) - 1) / 4
    grown = (heaps[-1] - heaps[0]) / 1e6
    yield f"heap of the page after {passed:g} min of play, MB more", "flat", grown, None, "less"
    yield "that makes in 10 minutes, MB", "flat", grown / passed * 10, None, "less"
    yield "heap of the page, MB", "", heaps[-1] / 1e6, None, "less"

    _, four_bytes = bench.spent(bench.cell, 11, ".rl-node ~ .rl-node")
    total = (first_bytes + four_bytes) / 1000
    yield "a notebook with five labs, kB", "≤ 500", total, None, "less"


def diagrams(browser, repeat):
    """The space-time pane of long runs, scrolled from end to end and back in four seconds."""
    for events in (2000, 10_000):
        run = rl.cluster("raft", servers=5, seed=7)
        run.step(events)
        page = stage_page(browser, rl.lab(run))
        page.get_by_role("tab", name="Space-time").click()
        rates = [page.evaluate(SCROLL) for _ in range(repeat)]
        what = f"space-time, {events} events: pictures/s"
        yield what, "≥ 50", statistics.median(rates), None, "more"
        yield "the same: zoomed after, ms", "≤ 100", page.evaluate(ZOOM), None, "less"
        page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=0.5, help="of play for the memory")
    given = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = chromium(playwright)
        lab = JupyterLab(browser, Path(folder), CELLS)
        try:
            bench = Bench(lab, given.repeat)
            lab.open()
            print(f"{'':46}{'goal':>8}{'lab':>10}{'FigureWidget':>14}{'ratio':>8}")
            figures = chain(measured(bench, given.minutes), diagrams(browser, given.repeat))
            for what, goal, ours, peer, better in figures:
                line = f"{what:46}{goal:>8}{ours:10.1f}"
                if peer is not None:
                    ratio = (peer / ours if ours else float("inf")) if better == "less" else (
                        ours / peer if peer else float("inf")
                    )  # fmt: skip
                    line += f"{peer:14.1f}{ratio:7.1f}×"
                print(line, flush=True)
        finally:
            lab.close()
            browser.close()


if __name__ == "__main__":
    main()

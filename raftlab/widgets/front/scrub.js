// The time line: one travels by it. A band is painted with the highest term of each event and its
// number; above it stand elections and what somebody did, below it commits, broken properties and
// the places where other branches part. Each sort is one path, whatever the number of events.

// In units of a mark's radius, `row` -1 above the band and 1 below it; later sorts win a place.
const MARKS = {
  act: { words: "somebody acts", row: -1, d: "M0,-.9V.9" },
  cut: { words: "links cut", row: -1, d: "M-.45,-1V1M.45,-1V1M-1,0H1" },
  heal: { words: "links healed", row: -1, d: "M-1,0H1M-1,-.7V.7M1,-.7V.7" },
  pause: { words: "paused", row: -1, d: "M-.5,-.9V.9M.5,-.9V.9" },
  restart: { words: "restarts", row: -1, d: "M.9,0A.9,.9 0 1 1 -.9,0A.9,.9 0 1 1 .9,0" },
  crash: { words: "crashes", row: -1, d: "M-.85,-.85L.85,.85M-.85,.85L.85,-.85" },
  elected: { words: "leader elected", row: -1, full: true },
  commit: { words: "newly committed", row: 1, d: "M-.7,-.8H.7V.2H-.7Z", full: true },
  fork: { words: "branches part", row: 1, d: "M0,-1V0L-.9,.9M0,0L.9,.9" },
  broken: { words: "property broken", row: 1, d: "M0,-1.2L1.1,0L0,1.2L-1.1,0Z", full: true },
};
const ACTS = {
  Crash: "crash", CrashDuring: "crash", Wipe: "crash", Restart: "restart", Resume: "restart", Pause: "pause",
  Partition: "cut", Cut: "cut", Heal: "heal", Deliver: "", Fire: "", Drop: "", Wait: "", "": "",
};
const EDGE = 4, HALF = 4; // half a thumb's width; a mark's radius

class Scrubber {
  constructor(view, parent) {
    this.view = view;
    const line = this.line = el("div", "rl-scrub", parent);
    this.picture = svg("svg", { class: "rl-paint", "aria-hidden": "true" }, line);
    this.bands = svg("g", {}, this.picture);
    this.paths = {};
    for (const sort in MARKS) this.paths[sort] = svg("path", { class: `rl-mark rl-at-${sort}${MARKS[sort].full ? " rl-full" : ""}` }, this.picture);
    this.range = el("input", "", line, undefined, { type: "range", min: 0, step: 1, "aria-label": "event",
      "aria-description": "Page Up and Page Down go to the marks: elections, crashes, commits" });
    this.hint = el("div", "rl-hint", line, "", { "aria-hidden": "true" });
    this.hint.hidden = true;
    this.range.addEventListener("input", () => this.travel(+this.range.value));
    this.range.addEventListener("change", () => this.arrive());
    this.range.addEventListener("keydown", (event) => this.jump(event));
    this.range.addEventListener("pointermove", (event) => this.tell(event));
    this.range.addEventListener("pointerleave", () => { this.hint.hidden = true; });
    this.forget();
    this.width = 0;
    this.sized = new ResizeObserver(([{ contentRect }]) => {
      if (this.width === Math.round(contentRect.width)) return;
      this.width = Math.round(contentRect.width);
      this.painted = null;
      this.draw();
    });
    this.sized.observe(line);
  }

  get seen() { return Math.min(this.view.player.seen, this.view.player.last); }

  gone() { this.sized.disconnect(); clearTimeout(this.later); }

  travel(to) {
    this.travelling = true; // nothing moves that is not carried by the hand
    this.view.player.play(false);
    this.view.player.go(to);
    this.travelling = false;
    // Who holds still for a moment wants to read.
    clearTimeout(this.later);
    this.later = setTimeout(() => this.settle(), 150);
  }

  settle() {
    clearTimeout(this.later);
    this.view.logs.settle();
    this.view.draw();
  }

  arrive() {
    this.settle();
    this.view.player.rest();
  }

  forget() {
    this.marks = []; // [event, sort]
    this.terms = []; // [first event, highest term]
    this.read = []; // the frames looked at so far
    this.commit = 0;
  }

  // What has happened since the last look. Frames never change, so each is looked at once.
  look(frames, seen) {
    const known = this.read.length, last = known - 1;
    if (known && (last >= frames.length || this.read[last] !== frames[last])) this.forget();
    for (let at = this.read.length; at <= seen; at++) {
      const frame = frames[at], before = frames[at - 1];
      this.read.push(frame);
      if (!before || frame.term !== before.term) this.terms.push([at, frame.term]);
      if (!before) continue;
      const act = frame.kind in ACTS ? ACTS[frame.kind] : "act";
      if (act) this.marks.push([at, act]);
      const host = frame.hosts[frame.actor], was = before.hosts[frame.actor];
      if (host !== was) {
        if (host.role === "leader" && was.role !== "leader") this.marks.push([at, "elected"]);
        if (host.commit > this.commit) { this.commit = host.commit; this.marks.push([at, "commit"]); }
      }
      if (frame.broken.length > before.broken.length) this.marks.push([at, "broken"]);
    }
  }

  x(at) { return EDGE + (this.width - 2 * EDGE) * at / Math.max(1, this.seen); }

  draw() {
    const { player } = this.view, { frames } = player.track;
    if (this.range.max !== String(this.seen)) this.range.max = this.seen;
    this.range.value = player.position;
    this.range.setAttribute("aria-valuetext", `event ${player.position} of ${this.seen}, ${ms(player.t)}: ${player.frame.headline}`);
    const newest = frames[this.seen];
    if (!this.width || this.painted === newest && this.forks === player.forks) return;
    this.painted = newest;
    this.forks = player.forks;
    this.look(frames, this.seen);
    this.band();
    this.places = {};
    const drawn = {};
    for (const [at, sort] of this.all()) {
      // Those that would lie on each other are one.
      const x = this.x(at), spot = Math.round(x / (2 * HALF + 1.5)) * MARKS[sort].row;
      if (drawn[spot] === undefined || rankOf(sort) > rankOf(drawn[spot][1])) drawn[spot] = [x, sort];
    }
    const paths = {};
    for (const spot in drawn) {
      const [x, sort] = drawn[spot], y = MARKS[sort].row < 0 ? 4.8 : 23;
      paths[sort] = (paths[sort] || "") + moved(sort, x, y);
    }
    for (const sort in this.paths)
      if (this.paths[sort].was !== paths[sort]) this.paths[sort].setAttribute("d", this.paths[sort].was = paths[sort] || "");
  }

  all() { return [...this.marks, ...(this.forks || []).filter((at) => at <= this.seen).map((at) => [at, "fork"])]; }

  band() {
    const made = [], y = 10, height = 8.5, ends = this.terms.slice(1).map(([at]) => at);
    let from = 0;
    this.terms.forEach(([at, term], i) => {
      const x = i ? this.x(at) : 0, to = i < ends.length ? this.x(ends[i]) : this.width;
      if (to - Math.max(x, from) < 1) return; // too thin to be seen
      made.push(svg("rect", { class: `rl-band rl-term${term ? (term - 1) % 6 + 1 : 0}`, x: x.toFixed(1), y, width: (to - x).toFixed(1), height }));
      from = to;
      if (!term || to - x < 8 + 6 * String(term).length) return;
      const label = svg("text", { class: `rl-term${(term - 1) % 6 + 1}`, x: (x + 3).toFixed(1), y: y + height / 2 + 0.3 });
      label.textContent = term;
      made.push(label);
    });
    made.push(svg("rect", { class: "rl-frame", x: 0.5, y, width: Math.max(0, this.width - 1), height, rx: 2 }));
    this.bands.replaceChildren(...made);
  }

  // Time and headline of the event under the pointer; a mark nearby draws it to itself.
  tell(event) {
    const { player } = this.view, x = event.offsetX, part = (x - EDGE) / (this.width - 2 * EDGE);
    let at = Math.max(0, Math.min(this.seen, Math.round(part * this.seen))), sort = "";
    if (event.buttons) at = +this.range.value;
    else {
      let least = HALF + 1;
      for (const [place, kind] of this.all()) {
        const far = Math.abs(this.x(place) - x);
        if (far < least || far === least && rankOf(kind) > rankOf(sort)) [at, sort, least] = [place, kind, far];
      }
    }
    const frame = player.track.frames[at];
    if (!frame) return;
    const broken = sort === "broken" ? ` · ${frame.broken[frame.broken.length - 1].name.replace(/_/g, " ")}` : "";
    const words = `${ms(frame.t)} · event ${at}: ${frame.headline || "the beginning"}${sort && sort !== "act" ? ` (${MARKS[sort].words}${broken})` : ""}`;
    if (this.hint.textContent !== words) this.hint.textContent = words;
    this.hint.hidden = false;
    const side = x > this.width / 2;
    this.hint.style.left = side ? "auto" : `${Math.max(0, x - 8)}px`;
    this.hint.style.right = side ? `${Math.max(0, this.width - x - 8)}px` : "auto";
  }

  jump(event) {
    const way = { PageUp: 1, PageDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const { player } = this.view, places = this.all().map(([at]) => at).sort((a, b) => a - b);
    const to = way > 0 ? places.find((at) => at > player.position) : places.reverse().find((at) => at < player.position);
    this.travel(to === undefined ? (way > 0 ? this.seen : 0) : to);
    this.arrive();
  }
}

const rankOf = (sort) => Object.keys(MARKS).indexOf(sort);

// A mark's path at its place: the numbers of its outline come in pairs but after V and H and in A.
function moved(sort, x, y, r = HALF) {
  if (sort === "elected") return path(STAR, x, y, r, true);
  return MARKS[sort].d.replace(/([MLVHAZ])([^MLVHAZ]*)/g, (whole, command, said) => {
    const n = (said.match(/-?[\d.]+/g) || []).map(Number), px = (v) => (x + r * v).toFixed(1), py = (v) => (y + r * v).toFixed(1);
    if (command === "H") return "H" + px(n[0]);
    if (command === "V") return "V" + py(n[0]);
    if (command === "A") return `A${r * n[0]},${r * n[1]} ${n[2]} ${n[3]} ${n[4]} ${px(n[5])},${py(n[6])}`;
    return command + (n.length ? `${px(n[0])},${py(n[1])}` : "");
  });
}

const STAR = Array.from({ length: 10 }, (_, i) => {
  const r = i % 2 ? 0.55 : 1.25, angle = Math.PI * (i / 5 - 0.5);
  return [r * Math.cos(angle), r * Math.sin(angle)];
});

// The clock: where one is in a track, and what moves it. One for all views of a lab.
class Player {
  constructor(model) {
    this.model = model;
    this.track = new Track();
    this.position = 0;
    this.t = 0;
    this.seen = 0; // the furthest position that was shown: the scrubber's end
    this.waiting = false; // for the kernel's answer to an act
    this.views = new Set();
    this.done = 0; // the last ask the kernel has answered
    this.rests = model.get("rest")[2];
    this.asked = model.get("asks").reduce((most, ask) => Math.max(most, ask.n), 0);
    this.tick = this.tick.bind(this);
    this.questions = new Map(); // number of an ask → what takes its answer
    this.patience = new Patience(this);
    this.take(unpacked(model.get("track")));
    model.on("change:patch", () => this.take(unpacked(model.get("patch"))));
    model.on("change:playing", () => this.wake());
    model.on("change:answer", () => this.hear(model.get("answer")));
    model.on("change:trouble", () => this.fail(model.get("trouble") || {}));
    model.on("change:call", () => this.ask("call", { call: model.get("call") }));
    this.wake();
  }

  get frame() { return this.track.frames[this.position]; }
  // What is to be said of the last act: gone for good as soon as one is elsewhere.
  get note() {
    if (this.said.at !== this.position) this.said = {};
    return this.said.text || "";
  }
  get last() { return this.track.frames.length - 1; }
  get playing() { return this.model.get("playing"); }

  take(patch) {
    if (!patch) return;
    const fits = this.track.merge(patch);
    if (!fits) { this.ask("whole"); return; }
    this.more = false;
    this.done = patch.done || 0;
    this.said = patch.note || {};
    this.question = patch.question || "";
    this.warnings = patch.warnings || [];
    this.ending = patch.ending || "";
    if (patch.forks && patch.forks.join() !== (this.forks || []).join()) this.forks = patch.forks;
    if ("tour" in patch) this.tour = patch.tour;
    if (patch.tree) this.tree = patch.tree.join(" "); // changes with the present branch and all names
    if (patch.pane && patch.pane.length) this.pane = patch.pane; // a pane that a cell asks for
    if (patch.real !== undefined) this.real = patch.real;
    if (patch.real !== undefined) this.seen = Math.max(patch.real, Math.min(this.seen, patch.from - 1));
    if (patch.cursor) {
      this.waiting = false;
      this.glide = null;
      this.seeking = null;
      [this.position, this.t] = patch.cursor;
      this.seen = Math.max(this.seen, this.position);
      if (this.views.size) this.settle();
    }
    if (this.seeking) this.interesting(...this.seeking);
    this.patience.heard();
    this.wake();
    this.draw(true);
  }

  // -- moving --

  play(on) {
    if (on === this.playing) return;
    this.model.set("playing", on);
    this.model.save_changes();
    if (!on) this.rest();
  }

  go(position, t) {
    this.glide = null;
    this.position = Math.max(0, Math.min(this.last, position));
    this.t = t === undefined ? this.frame.t : t;
    this.seen = Math.max(this.seen, this.position);
    this.draw();
  }

  // The next event: the clock glides there, so that one sees the message arrive.
  step() {
    if (this.glide) this.go(this.glide.to);
    if (this.last - this.position < 15) this.wantMore();
    if (this.position >= this.last) {
      if (this.ending) for (const view of this.views) view.complain(this.ending);
      else if (this.more) this.patience.start();
      return;
    }
    const to = this.position + 1;
    const far = this.track.frames[to].t - this.t;
    if (calm() || far <= 0) { this.go(to); this.rest(); return; }
    this.glide = { to, from: this.t, start: 0, ms: Math.min(450, 120 + 12 * far) };
    this.wake();
  }

  // On to a later event, past all those between: as fast as one can follow, idle stretches faster.
  travel(to) {
    const { frames } = this.track, way = [[this.t, 0]];
    for (let at = this.position + 1; at <= to; at++) {
      const [t, felt] = way[way.length - 1];
      if (frames[at].t > t) way.push([frames[at].t, felt + Math.min(frames[at].t - t, 25)]);
    }
    const felt = way[way.length - 1][1];
    if (calm() || !felt) { this.go(to); this.rest(); return; }
    this.glide = { to, way, start: 0, ms: Math.max(900, Math.min(9000, 30 * felt)) };
    this.wake();
  }

  // Where the clock stands at a share of a glide.
  along(glide, share) {
    if (!glide.way) return glide.from + share * (this.track.frames[glide.to].t - glide.from);
    const { way } = glide, felt = share * way[way.length - 1][1];
    const next = Math.max(1, way.findIndex(([, there]) => there >= felt));
    const [[t, from], [end, to]] = [way[next - 1], way[next]];
    return t + (end - t) * (felt - from) / (to - from);
  }

  back() { this.play(false); this.go(this.t > this.frame.t ? this.position : this.position - 1); this.rest(); }

  // How long to look for a change, in ms: what a running timer brings comes sooner, and a leader
  // that is heard changes nothing for ever.
  get quiet() {
    const spans = this.frame.hosts.flatMap((host) => host.timers.map((timer) => timer.span));
    return 10 * Math.max(200, ...spans);
  }

  // On to the next event that changes something; what lies behind the track is asked for.
  interesting(from = this.t, until = from + this.quiet) {
    const { frames } = this.track;
    let to = this.position + 1;
    while (to <= this.last && !frames[to].interesting && frames[to].t < until) to++;
    this.seeking = to > this.last && !this.ending ? [from, until] : null;
    if (to <= this.last && !frames[to].interesting)
      this.said = { at: to, text: `Nothing has changed for ${(frames[to].t - from).toFixed(0)} ms: no role, term, vote, log or commit index. Next change looks further.` };
    this.go(to);
    if (this.seeking) { this.wantMore(); this.patience.start(); }
    else this.rest();
  }

  wake() {
    if (!this.running && this.views.size && (this.playing || this.glide)) {
      this.running = true;
      this.then = 0;
      requestAnimationFrame(this.tick);
    }
  }

  tick(now) {
    this.running = false;
    // A tab that was hidden goes on where it stopped: nobody saw what would be skipped.
    const passed = this.then ? Math.min(100, now - this.then) : 0;
    const glide = this.glide;
    if (glide) {
      glide.start = glide.start || now;
      const share = Math.min(1, (now - glide.start) / glide.ms);
      if (share === 1) { this.go(glide.to); this.rest(); } else {
        this.t = this.along(glide, share);
        while (this.position + 1 < glide.to && this.track.frames[this.position + 1].t <= this.t) this.position++;
        this.seen = Math.max(this.seen, this.position);
        this.draw();
      }
    } else if (this.playing && !this.waiting) {
      this.t += passed * this.model.get("speed") / 1000;
      const frames = this.track.frames;
      while (this.position < this.last && frames[this.position + 1].t <= this.t) this.position++;
      this.seen = Math.max(this.seen, this.position);
      if (this.position === this.last) { this.t = this.frame.t; this.wantMore(); if (this.more) this.patience.start(); }
      else if (this.last - this.position < 120) this.wantMore();
      this.draw();
    }
    if (this.running || !(this.playing || this.glide) || !this.views.size) return;
    this.running = true;
    this.then = now;
    requestAnimationFrame(this.tick);
  }

  wantMore() {
    if (this.ending && this.position === this.last) this.play(false);
    else if (!this.more) { this.more = true; this.ask("more"); }
  }

  // -- talking to the kernel --
  // Traits, not messages: these reach the kernel even while a cell runs. Unanswered asks stay in
  // the list, because a front end that waits for the kernel sends only the newest value.

  ask(what, more = {}) {
    const kept = this.model.get("asks").filter((ask) => ask.n > this.done);
    const ask = { n: ++this.asked, do: what, at: this.position, t: this.t, ...more };
    this.model.set("asks", [...kept, ask].slice(-20));
    this.model.save_changes();
  }

  // Ask the kernel something that changes nothing; a promise of the answer (queries.py).
  query(what, more = {}) {
    return new Promise((resolve) => {
      this.ask("query", { what, ...more });
      this.questions.set(this.asked, resolve);
      this.patience.start();
    });
  }

  hear(answer) {
    const resolve = this.questions.get(answer.n);
    this.questions.delete(answer.n);
    if (resolve) resolve(answer);
    this.patience.heard();
  }

  // A question that the kernel could not answer; the view shows why.
  fail({ n, text }) {
    if (text) this.waiting = false;
    if (text && this.questions.has(n)) this.hear({ n, error: text });
    else this.patience.heard();
  }

  // The clock waits no longer; from a kernel that is `gone`, for some reason, nothing will be heard.
  release(gone) {
    this.waiting = false;
    this.seeking = null;
    if (gone) {
      for (const [n, resolve] of this.questions) resolve({ n, error: gone });
      this.questions.clear();
      if (this.position === this.last) this.play(false);
    }
    this.draw();
  }

  // Something the learner does: the clock stands still until the kernel has answered.
  act(what, more) {
    if (this.glide) this.go(this.glide.to);
    this.waiting = true;
    this.ask(what, more);
    this.patience.start();
    this.draw();
  }

  rest() {
    this.model.set("rest", [this.position, this.t, ++this.rests]);
    this.model.save_changes();
    this.settle();
  }

  // When nothing has moved for a while the kernel draws what a saved notebook will show (still.py).
  settle() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => { if (!this.playing) this.ask("query", { what: "still" }); }, 1500);
  }

  draw(all) { for (const view of this.views) view.draw(all); }
}

const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

// Patches travel as bytes: a text would be escaped once more inside the message.
const unpacked = (view) => view && view.byteLength ? JSON.parse(new TextDecoder().decode(view)) : null;

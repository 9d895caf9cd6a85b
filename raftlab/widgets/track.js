// The track in the browser: rows of differences become whole frames (track.py says what a row
// holds). Frames share whatever did not change, so that any position is there at once and ten
// thousand of them stay small.

const UP = 0, DOWN = 1, PAUSED = 2;

class Track {
  constructor() {
    this.words = [];
    this.frames = [];
    this.born = 0;
  }

  // Takes a patch in; false if an earlier one is missing and the whole must be asked for.
  merge(patch) {
    if (patch.from > this.frames.length || patch.at > this.words.length) return false;
    this.words.length = patch.at;
    this.words.push(...patch.words);
    this.frames.length = patch.from;
    const last = this.frames[patch.from - 1];
    if (last) for (const message of last.flying) message.end = null; // that future is gone
    for (const row of patch.rows) this.frames.push(this.frame(row, this.frames[this.frames.length - 1]));
    return true;
  }

  frame(row, before) {
    const word = (at) => this.words[at];
    const frame = {
      t: row.t,
      headline: word(row.h),
      why: row.w.map(word),
      kind: row.k === undefined ? "" : word(row.k),
      actor: row.a === undefined ? -1 : row.a,
      interesting: !!row.i,
      term: before ? before.term : 0, // the highest so far
      hosts: before ? before.hosts : [],
      flying: before ? before.flying : [],
      lost: null,
      cuts: row.c || (before ? before.cuts : []),
      dials: row.d === undefined ? before.dials : word(row.d),
      broken: before ? before.broken : [],
    };
    if (row.n) {
      frame.hosts = frame.hosts.slice();
      for (const [at, changes] of row.n) {
        frame.hosts[at] = this.host(frame.hosts[at], changes);
        frame.term = Math.max(frame.term, frame.hosts[at].term || 0);
      }
    }
    if (row["-"] || row["+"] || row["~"]) this.mail(frame, row);
    if (row.b) {
      frame.broken = frame.broken.concat(
        row.b.map(([name, why, nodes]) => ({ name, why, nodes, at: this.frames.length })));
    }
    return frame;
  }

  mail(frame, row) {
    const flying = frame.flying.slice();
    for (const [old, now, due] of row["~"] || []) {
      const [message] = flying.splice(old, 1);
      // It glides on from where it is, only slower.
      flying.splice(now, 0, { ...message, due, since: row.t, gone: progress(message, row.t) });
    }
    for (const [at, how] of (row["-"] || []).reverse()) {
      const [message] = flying.splice(at, 1);
      message.end = { t: row.t, how: how ? this.words[how] : "" };
      if (how) frame.lost = message;
    }
    for (const [at, src, dst, name, term, glyph, count, due, fate, detail] of row["+"] || []) {
      flying.splice(at, 0, {
        id: ++this.born, src, dst, name: this.words[name], term, glyph: this.words[glyph], count,
        sent: row.t, since: row.t, gone: 0, due, fate: fate ? this.words[fate] : "",
        detail: this.words[detail], end: null,
      });
    }
    frame.flying = flying;
  }

  host(old, changes) {
    const host = { rate: 1, lies: 0, ...old };
    const names = { T: "term", l: "leader", v: "voted", V: "votes", M: "members", c: "commit", a: "applied",
                    m: "mode", q: "rate", d: "lies", x: "next", y: "match" };
    for (const key in names) if (key in changes) host[names[key]] = changes[key];
    const texts = { r: "role", s: "machine", f: "fields" };
    for (const key in texts) if (key in changes) host[texts[key]] = this.words[changes[key]];
    if (changes.e) {
      host.timers = changes.e.map(([at, to, span]) => {
        const name = this.words[at];
        const ran = span === null && old.timers.find((timer) => timer.name === name && timer.to === to);
        return ran || { name, to, span };
      });
    }
    if (changes.L) {
      const [kept, ...entries] = changes.L;
      host.log = old && old.log ? old.log.slice(0, kept) : [];
      while (host.log.length < kept) host.log.push(null); // compacted before it was ever seen
      host.log.push(...entries.map(([term, at]) => ({ term, text: this.words[at] })));
    } else if (!old) host.log = null;
    if (changes.B) host.base = changes.B;
    else if (!old) host.base = [0, 0];
    return host;
  }
}

// How far a message has come at time t, from 0 at its sender to 1 at its receiver.
function progress(message, t) {
  const due = message.end && !message.end.how ? message.end.t : message.due;
  if (t >= due) return 1;
  return message.gone + (1 - message.gone) * Math.max(0, t - message.since) / (due - message.since);
}

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
    this.take(unpacked(model.get("track")));
    model.on("change:patch", () => this.take(unpacked(model.get("patch"))));
    model.on("change:playing", () => this.wake());
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
    if (patch.real !== undefined) this.seen = Math.max(patch.real, Math.min(this.seen, patch.from - 1));
    if (patch.cursor) {
      this.waiting = false;
      this.glide = null;
      this.seeking = 0;
      [this.position, this.t] = patch.cursor;
      this.seen = Math.max(this.seen, this.position);
    }
    if (this.seeking) this.interesting(this.seeking);
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
    if (this.position >= this.last) return;
    const to = this.position + 1;
    const far = this.track.frames[to].t - this.t;
    if (calm() || far <= 0) { this.go(to); this.rest(); return; }
    this.glide = { to, from: this.t, start: 0, ms: Math.min(450, 120 + 12 * far) };
    this.wake();
  }

  back() { this.play(false); this.go(this.t > this.frame.t ? this.position : this.position - 1); this.rest(); }

  // On to the next event that changes something; what lies behind the track is asked for.
  interesting(rounds = 30) {
    let to = this.position + 1;
    while (to <= this.last && !this.track.frames[to].interesting) to++;
    this.seeking = to > this.last && !this.ending ? rounds - 1 : 0;
    this.go(to);
    if (this.seeking) this.wantMore();
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
      this.t = glide.from + share * (this.track.frames[glide.to].t - glide.from);
      if (share === 1) { this.go(glide.to); this.rest(); } else this.draw();
    } else if (this.playing && !this.waiting) {
      this.t += passed * this.model.get("speed") / 1000;
      const frames = this.track.frames;
      while (this.position < this.last && frames[this.position + 1].t <= this.t) this.position++;
      this.seen = Math.max(this.seen, this.position);
      if (this.position === this.last) { this.t = this.frame.t; this.wantMore(); }
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

  // Something the learner does: the clock stands still until the kernel has answered.
  act(what, more) {
    if (this.glide) this.go(this.glide.to);
    this.waiting = true;
    this.ask(what, more);
    this.draw();
  }

  rest() {
    this.model.set("rest", [this.position, this.t, ++this.rests]);
    this.model.save_changes();
  }

  draw(all) { for (const view of this.views) view.draw(all); }
}

const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

// Patches travel as bytes: a text would be escaped once more inside the message.
const unpacked = (view) => view && view.byteLength ? JSON.parse(new TextDecoder().decode(view)) : null;

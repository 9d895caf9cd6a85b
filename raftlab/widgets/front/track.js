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
      mail: null, // the message that this is about: received, lost, doubled or put off
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
      frame.mail = { ...message, due, since: row.t, gone: progress(message, row.t) };
      flying.splice(now, 0, frame.mail);
    }
    for (const [at, how] of (row["-"] || []).reverse()) {
      const [message] = flying.splice(at, 1);
      message.end = { t: row.t, how: how ? this.words[how] : "", at: this.frames.length };
      frame.mail = message;
      if (how) frame.lost = message;
    }
    if ("=" in row) frame.mail = flying[row["="]];
    const from = "=" in row ? frame.mail.from : this.frames.length; // the event that sent it
    for (const [at, src, dst, name, term, glyph, count, due, fate, detail] of row["+"] || []) {
      flying.splice(at, 0, {
        id: ++this.born, src, dst, name: this.words[name], term, glyph: this.words[glyph], count,
        sent: row.t, since: row.t, gone: 0, due, fate: fate ? this.words[fate] : "",
        detail: this.words[detail], end: null, from,
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

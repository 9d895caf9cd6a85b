// Who knew what when, without a picture: where every event stands in a diagram whose time runs to
// the right, which messages join them, and what happened before what. It grows with the track.

// The positions of all events that happened before one: the twin of causal_past in sim/causality.py.
function causalPast(frames, position) {
  const past = new Set(), nodes = new Set(), wanted = new Set([position]);
  for (let at = position; at >= 0; at--) {
    const { actor, mail } = frames[at];
    if (!wanted.has(at) && !nodes.has(actor) && (at || !nodes.size)) continue;
    past.add(at);
    if (actor >= 0) nodes.add(actor);
    if (mail) wanted.add(mail.from);
  }
  past.delete(position);
  return past;
}

// A leader's event by which its commit index rises.
function commits(frames, at) {
  const { actor } = frames[at], host = at > 0 && actor >= 0 && frames[at].hosts[actor];
  return !!host && host.role === "leader" && host.commit > frames[at - 1].hosts[actor].commit;
}

// What somebody did, as opposed to what time brings.
const isAct = ({ kind, mail }) =>
  !["Deliver", "Fire", "Wait", "", "Drop"].includes(kind) || kind === "Drop" && mail.end.how === "by hand";

const IDLE_MS = 22; // ms without an event that are drawn at full length
const LABEL_ROWS = 3, LABEL_ROW = 13, LETTER_WIDTH = 5.7, SIGN_SIZE = 5.5;
const SIGN_PLACES = [0.42, 0.3, 0.56, 0.2, 0.7, 0.36, 0.62, 0.26]; // of the way: where a sign may stand

class Diagram {
  constructor(nodes) {
    this.nodes = nodes;
    this.set({ beats: true, hidden: new Set(), scale: 3 });
  }

  // Begin again: what is hidden, and how many pixels a ms has.
  set(how) {
    Object.assign(this, how);
    this.frames = [];
    this.x = [];
    this.show = [];
    this.ways = []; // messages that arrived or were lost, in the order of their ends
    this.out = new Map(); // event → the ways that begin there
    this.into = new Map(); // event → the way that ends there
    this.breaks = []; // stretches that are shortened
    this.labels = [];
    this.taken = new Map(); // where signs stand
    this.span = 0; // the widest way
    this.last = undefined; // the last shown event, once it is known
    this.pieces = this.nodes.map(() => []); // each line: where role, term or condition changes
    const seen = this.nodes.map((_, at) => at).filter((at) => !this.hidden.has(at));
    this.gap = seen.length <= 5 ? 30 : seen.length <= 9 ? 25 : 18;
    this.top = LABEL_ROWS * LABEL_ROW + 18;
    this.lanes = new Map(seen.map((at, row) => [at, this.top + row * this.gap]));
    this.network = this.top + (seen.length - 1) * this.gap + 25; // what happens to no node
    this.axis = this.network + 13;
    this.height = this.axis + 15;
  }

  // Take over what the track holds now; gives the first event that is new (Infinity: none).
  sync(frames) {
    let same = Math.min(this.frames.length, frames.length);
    while (same && this.frames[same - 1] !== frames[same - 1]) same--;
    if (same === this.frames.length && same === frames.length) return Infinity;
    if (same < this.frames.length) this.cut(same);
    for (let at = same; at < frames.length; at++) this.add(frames, at);
    return same;
  }

  cut(to) {
    for (const list of [this.frames, this.x, this.show]) list.length = to;
    while (this.ways.length && this.ways[this.ways.length - 1].to >= to) {
      const way = this.ways.pop();
      this.out.get(way.from).pop();
      this.into.delete(way.to);
      if (way.woke) this.show[way.from] = false;
      if (way.sign) this.taken.delete(way.cell);
    }
    for (const list of [this.breaks, ...this.pieces])
      while (list.length && list[list.length - 1].at >= to) this.taken.delete(list.pop().cell);
    while (this.labels.length && this.labels[this.labels.length - 1].at >= to) {
      const label = this.labels.pop();
      if (label.instead) label.instead.gone = false;
    }
    this.last = undefined;
  }

  // The last shown event, and where the last one of each line stands.
  ends() {
    this.last = 0;
    this.lastOf = this.nodes.map(() => -1e9);
    const found = new Set();
    for (let at = this.x.length - 1; at > 0 && found.size < this.nodes.length; at--) {
      if (!this.show[at]) continue;
      this.last = this.last || at;
      const { actor } = this.frames[at];
      if (actor >= 0 && !found.has(actor)) { found.add(actor); this.lastOf[actor] = this.x[at]; }
    }
  }

  add(frames, at) {
    const frame = frames[at], before = frames[at - 1], { actor, mail } = frame;
    this.frames.push(frame);
    if (!before) { this.x.push(8); this.show.push(false); this.lines(frame, at); return; }
    if (this.last === undefined) this.ends();
    const shown = this.shows(frames, at);
    const lastX = this.x[this.last], passed = frame.t - frames[this.last].t;
    let x = lastX + Math.min(passed, IDLE_MS) * this.scale;
    if (shown && actor >= 0) x = Math.max(x, this.lastOf[actor] + Math.min(9, 4 * this.scale));
    x = Math.max(x, this.x[at - 1]);
    this.x.push(x);
    this.show.push(shown);
    if (shown) {
      if (passed > IDLE_MS) this.breaks.push({ at, from: lastX, to: x, ms: passed });
      this.last = at;
      if (actor >= 0) this.lastOf[actor] = x;
      if (mail && mail.end && mail.end.at === at) this.way(mail, at);
    }
    this.lines(frame, at);
    if (shown) this.label(frames, at);
  }

  shows(frames, at) {
    const { actor, mail, kind, interesting, broken } = frames[at], breaks = broken.length > frames[at - 1].broken.length;
    if (kind === "Wait" && !breaks || actor >= 0 && this.hidden.has(actor)) return false;
    if (mail && (this.hidden.has(mail.src) || this.hidden.has(mail.dst))) return false;
    if (this.beats || interesting || breaks) return true;
    if (mail) return !this.beat(frames, mail);
    return !(kind === "Fire" && / heartbeat timer$/.test(frames[at].headline));
  }

  // A heartbeat, or the answer to one.
  beat(frames, mail) {
    const cause = frames[mail.from];
    return mail.glyph === "heartbeat" || mail.glyph === "ack" && cause.kind === "Deliver" && cause.mail.glyph === "heartbeat";
  }

  way(mail, at) {
    const [x0, y0] = [this.x[mail.from], this.lanes.get(mail.src)], end = this.lanes.get(mail.dst);
    const lost = !!mail.end.how, y1 = lost ? y0 + 0.72 * (end - y0) : end;
    const way = { mail, from: mail.from, to: at, lost, x0, y0, x1: this.x[at], y1, woke: false };
    this.sign(way);
    if (!this.show[way.from] && way.from) way.woke = this.show[way.from] = true;
    if (!this.out.has(way.from)) this.out.set(way.from, []);
    this.out.get(way.from).push(way);
    this.into.set(at, way);
    this.ways.push(way);
    this.span = Math.max(this.span, way.x1 - x0);
  }

  // A place for the sign of a message at which it hides no other and lies on no line.
  sign(way) {
    const dx = way.x1 - way.x0, dy = way.y1 - way.y0;
    way.sign = null;
    if (Math.hypot(dx, dy) < 4 * SIGN_SIZE) return;
    for (const part of SIGN_PLACES) {
      const x = way.x0 + part * dx, y = way.y0 + part * dy;
      const row = (y - this.top) / this.gap;
      if (this.gap >= 24 && Math.abs(row - Math.round(row)) * this.gap < SIGN_SIZE + 3.5) continue;
      way.cell = this.room(x, y);
      if (way.cell === null) continue;
      way.sign = [x, y];
      return;
    }
  }

  // Take the room of a sign at a place; null if another stands there, else its name.
  room(x, y) {
    const size = 2.2 * SIGN_SIZE, a = Math.floor(x / size), b = Math.floor(y / size);
    for (let i = a - 1; i <= a + 1; i++)
      for (let j = b - 1; j <= b + 1; j++) {
        const other = this.taken.get(i * 1000 + j);
        if (other && Math.abs(other[0] - x) <= size && Math.abs(other[1] - y) <= size) return null;
      }
    this.taken.set(a * 1000 + b, [x, y]);
    return a * 1000 + b;
  }

  lines(frame, at) {
    frame.hosts.forEach((host, node) => {
      const list = this.pieces[node], last = list[list.length - 1];
      if (last && last.host === host) return;
      if (last && last.role === host.role && last.term === host.term && last.mode === host.mode) { last.host = host; return; }
      const piece = { at, host, role: host.role, term: host.term, mode: host.mode, name: null, cell: null };
      list.push(piece);
      if (host.term && (!last || last.term !== host.term) && this.lanes.has(node)) this.nameTerm(piece, node, this.x[at] + 8);
    });
  }

  // A line's new term in print, above the line or below it, or not at all.
  nameTerm(piece, node, x) {
    for (const y of [-10, 10.5]) {
      piece.cell = this.room(x, this.lanes.get(node) + y);
      if (piece.cell === null) continue;
      piece.name = [x, this.lanes.get(node) + y];
      return;
    }
  }

  // Turning points have names, in rows above the lines. One that finds no room is left out, but
  // what breaks a property takes its room from what does not.
  label(frames, at) {
    const broken = frames[at].broken.slice(frames[at - 1].broken.length);
    for (const { name } of broken) this.put(at, "BROKEN: " + name.replaceAll("_", " "), true);
    const words = this.turn(frames, at);
    if (words) this.put(at, words, false);
  }

  put(at, words, loud) {
    const x = this.x[at] - 3, short = words.length > 34 ? words.slice(0, 33) + "…" : words;
    const made = { at, words, short, loud, x, end: x + short.length * LETTER_WIDTH * (loud ? 1.15 : 1) + 9, row: 0, gone: false };
    const tails = Array(LABEL_ROWS).fill(null);
    for (let i = this.labels.length - 1, left = LABEL_ROWS; i >= 0 && left && this.labels[i].x > x - 400; i--) {
      const other = this.labels[i];
      if (!other.gone && !tails[other.row]) { tails[other.row] = other; left--; }
    }
    let row = LABEL_ROWS - 1;
    while (row >= 0 && tails[row] && tails[row].end > x) row--;
    if (row < 0) {
      row = loud ? tails.findIndex((one) => !one.loud) : -1;
      if (row < 0) return;
      made.instead = tails[row];
      tails[row].gone = true;
    }
    made.row = row;
    this.labels.push(made);
  }

  turn(frames, at) {
    const frame = frames[at], { actor, kind } = frame;
    if (actor < 0) return kind === "Drop" && frame.mail.end.how !== "by hand" ? "" : frame.headline;
    const before = frames[at - 1].hosts[actor], after = frame.hosts[actor], name = this.nodes[actor];
    if (["Crash", "CrashDuring", "Request"].includes(kind)) return frame.headline;
    const none = after.term === null || after.term === undefined;  // a protocol without terms
    if (before.role !== after.role || before.term !== after.term) {
      if (after.role === "leader") return `${name} leads${none ? "" : ` term ${after.term}`}`;
      if (after.role === "candidate") return `${name} stands${none ? "" : ` in term ${after.term}`}`;
    }
    if (before.role !== after.role && ["leader", "candidate"].includes(before.role)) return `${name} steps down${none ? "" : `, term ${after.term}`}`;
    if (after.base[0] > before.base[0]) return `${name} ${after.base[0] > before.commit ? "installs snapshot" : "compacts to"} ${after.base[0]}`;
    if (commits(frames, at)) return `${name} commits to ${after.commit}`;
    return ["Deliver", "Fire"].includes(kind) ? "" : frame.headline;
  }

  // -- asking --

  // Where an event stands.
  place(at) {
    const { actor, mail } = this.frames[at], way = this.into.get(at);
    if (way && way.lost) return [way.x1, way.y1];
    if (actor >= 0) return [this.x[at], this.lanes.get(actor) ?? this.network];
    if (mail && this.lanes.has(mail.src) && this.lanes.has(mail.dst)) return [this.x[at], (this.lanes.get(mail.src) + this.lanes.get(mail.dst)) / 2];
    return [this.x[at], this.network];
  }

  // The x of a time between two events.
  now(position, t) {
    const { t: from } = this.frames[position], next = this.frames[position + 1], x = this.x[position];
    if (!next) return x + Math.min(t - from, IDLE_MS) * this.scale;
    return next.t > from ? x + (this.x[position + 1] - x) * Math.max(0, Math.min(1, (t - from) / (next.t - from))) : x;
  }

  // The first of `list` (or of the events) whose `of` is not left of x; all are in that order.
  first(x, list = this.x, of = (one) => one) {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (of(list[middle]) < x) low = middle + 1; else high = middle;
    }
    return low;
  }

  // Every message of which some part lies between two x.
  between(x0, x1) {
    const found = [];
    for (let i = this.first(x0, this.ways, (way) => way.x1); i < this.ways.length && this.ways[i].x1 < x1 + this.span; i++)
      if (this.ways[i].x0 <= x1) found.push(this.ways[i]);
    return found;
  }

  // The shown event nearest to an event on the same line (-1: of the network), in a direction.
  along(at, step, end, line = this.frames[at].actor) {
    for (let i = at + step; i > 0 && i <= end; i += step) if (this.show[i] && this.frames[i].actor === line) return i;
    return -1;
  }

  // Across a message, up (-1) or down (1); else to the nearest event of the next line there.
  across(at, step, end) {
    const y = this.place(at)[1], ends = (this.out.get(at) || []).filter((way) => way.to <= end).map((way) => way.to);
    const into = this.into.get(at), far = (other) => (this.place(other)[1] - y) * step;
    if (into && into.from && this.show[into.from]) ends.push(into.from);
    const there = ends.filter((other) => far(other) > 0).sort((a, b) => far(a) - far(b));
    if (there.length) return there[0];
    const lines = [...this.lanes.entries(), [-1, this.network]].filter(([, lane]) => (lane - y) * step > 1).sort((a, b) => (a[1] - b[1]) * step);
    for (const [line] of lines) {
      const left = this.show[at] && this.along(at, -1, end, line), right = this.along(at, 1, end, line);
      if (left > 0 || right > 0)
        return right < 0 || left > 0 && this.x[at] - this.x[left] <= this.x[right] - this.x[at] ? left : right;
    }
    return -1;
  }

  // The event whose name stands above the picture at a point.
  named(x, y, end) {
    const row = Math.round((y - 8) / LABEL_ROW);
    for (let i = this.first(x - 260, this.labels, (one) => one.x); i < this.labels.length && this.labels[i].x <= x; i++) {
      const label = this.labels[i];
      if (label.row === row && !label.gone && label.at <= end && x < label.end) return { at: label.at };
    }
    return null;
  }

  // The shown event, or the message, that is nearest to a point and close to it.
  hit(x, y, end) {
    if (y < this.top - 13) return this.named(x, y, end);
    let best = -1, least = 11;
    for (let at = this.first(x - 12); at <= end && this.x[at] < x + 12; at++) {
      if (!this.show[at]) continue;
      const [a, b] = this.place(at), far = Math.hypot(a - x, b - y);
      if (far < least) { least = far; best = at; }
    }
    if (best >= 0) return { at: best };
    let way = null;
    least = 6;
    for (const one of this.between(x - 6, x + 6)) {
      const dx = one.x1 - one.x0, dy = one.y1 - one.y0, size = dx * dx + dy * dy || 1;
      const part = Math.max(0, Math.min(1, ((x - one.x0) * dx + (y - one.y0) * dy) / size));
      const far = Math.hypot(one.x0 + part * dx - x, one.y0 + part * dy - y);
      if (far < least && one.from <= end) { least = far; way = one; }
    }
    return way ? { way } : null;
  }
}

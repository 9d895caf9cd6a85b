// The ring, live: servers, timers, votes, messages, walls. Shapes, sizes and places come from
// views/style.py through the trait `look`, colours through CSS, so that the static picture and
// this one cannot disagree.

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, parent) {
  const node = document.createElementNS(SVG, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (parent) parent.append(node);
  return node;
}

const path = (points, x, y, r, close) =>
  "M" + points.map(([a, b]) => `${(x + r * a).toFixed(1)},${(y + r * b).toFixed(1)}`).join("L") +
  (close ? "Z" : "");

// The curve of a link and a place on it: the twins of `bent` and `along` in views/scene.py.
function bent(a, b, margin, bend) {
  const dx = b[0] - a[0], dy = b[1] - a[1], length = Math.hypot(dx, dy) || 1;
  const clear = Math.min(margin, 0.38 * length) / length;
  const aside = Math.min(4, length * bend / 2) / length;
  const sx = -dy * aside, sy = dx * aside;
  return [
    [a[0] + dx * clear + sx, a[1] + dy * clear + sy],
    [(a[0] + b[0]) / 2 - dy * bend, (a[1] + b[1]) / 2 + dx * bend],
    [b[0] - dx * clear + sx, b[1] - dy * clear + sy],
  ];
}

function along([a, c, b], part) {
  const rest = 1 - part, p = rest * rest, q = 2 * rest * part, r = part * part;
  return [p * a[0] + q * c[0] + r * b[0], p * a[1] + q * c[1] + r * b[1]];
}

class Ring {
  constructor(view, parent) {
    this.view = view;
    this.look = view.look;
    const { box, places } = this.look;
    this.svg = svg("svg", {
      class: "rl-ring", viewBox: box.join(" "), width: box[2], height: box[3], role: "group",
      "aria-label": "the cluster: Tab to a server, Enter to act on it",
    }, parent);
    this.links = new Links(this);
    this.nodes = places.map((place, at) => this.node(place, at));
    this.letters = svg("g", { class: "rl-letters", "aria-hidden": "true" }, this.svg); // in words: Next
    this.listen();
    this.burst = svg("path", { class: "rl-burst", d: "" }, this.svg);
    this.reason = svg("text", { class: "rl-reason", "font-size": 11, "aria-hidden": "true" }, this.svg);
    this.effects = new Effects(this);
    this.drawn = new Map(); // message → its element
    this.curves = new Map();
  }

  node(where, at) {
    if (!where) return null; // a client for whom the picture has no room
    const [x, y] = where, look = this.look, group = svg("g", {
      class: "rl-node", tabindex: 0, role: "button", "aria-haspopup": "menu", transform: `translate(${x},${y})`,
    }, this.svg);
    const client = at >= this.view.about.servers.length;
    const r = client ? look.client : look.node, timer = r * look.reach + look.timerGap;
    const node = { group, x, y, r, client, timer, was: null, word: this.view.about.words[at] };
    svg("circle", { class: "rl-focus", r: timer + 4 }, group);
    if (!client) {
      node.track = svg("circle", { class: "rl-timer-track", r: timer, "stroke-width": look.timerWidth }, group);
      node.arc = svg("path", { class: "rl-timer", "stroke-width": look.timerWidth }, group);
      node.slots = svg("g", { class: "rl-votes" }, group);
    }
    node.shape = svg("path", { class: "rl-shape" }, group);
    const name = this.view.name(at), large = client ? fittingSize(look, name, 13, r) : look.text;
    node.id = svg("text", { "font-size": large, class: "rl-id" }, group);
    node.id.textContent = name;
    node.term = svg("text", { y: 0.42 * r, class: "rl-words" }, group);
    node.badge = svg("g", { class: "rl-badge", transform: `translate(${0.85 * r},${-0.85 * r})` }, group);
    svg("circle", { r: 8 }, node.badge);
    node.sign = svg("path", {}, node.badge);
    node.pills = svg("g", {}, group);
    group.addEventListener("click", (event) => this.view.menu.server(at, group, event));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.view.menu.server(at, group);
    });
    return node;
  }

  curve(src, dst) {
    const key = src * 100 + dst;
    if (!this.curves.has(key)) {
      const { places, margin, bend } = this.look;
      this.curves.set(key, places[src] && places[dst] ? bent(places[src], places[dst], margin, bend) : null);
    }
    return this.curves.get(key);
  }

  // Everything that depends on the frame alone: drawn when the position has changed. If `lively`,
  // what has just happened is seen happening.
  frame(frame, lively) {
    this.lively = lively;
    frame.hosts.forEach((host, at) => {
      const node = this.nodes[at];
      if (!node) return;
      const crowned = host.role === "leader" && this.crowned(frame, at);
      if (node.was !== host || node.crowned !== crowned) this.host(node, host, at, crowned);
    });
    const acted = this.nodes[frame.actor] || null;
    if (acted !== this.acted) {
      if (this.acted) this.acted.group.classList.remove("rl-acted");
      this.acted = acted;
    }
    if (acted) acted.group.classList.add("rl-acted");
    if (this.cuts !== frame.cuts) this.links.draw(this.cuts = frame.cuts);
    const flying = new Set(frame.flying);
    this.effects.crowd(flying.size);
    for (const [message, element] of this.drawn) {
      if (flying.has(message)) continue;
      if (lively && message.end) this.ended(message, element);
      else element.remove();
      this.drawn.delete(message);
    }
    for (const message of frame.flying)
      if (!this.drawn.has(message) && this.curve(message.src, message.dst)) this.letter(message);
    const lost = frame.lost && this.curve(frame.lost.src, frame.lost.dst);
    this.cross = lost && along(this.curve(frame.lost.src, frame.lost.dst), place(frame.lost, frame, frame.t)[0]);
    this.crossAt = frame.t;
    this.reason.textContent = lost ? WHY_LOST[frame.lost.end.how] || frame.lost.end.how : "";
    if (!lost) return;
    const left = this.cross[0] < this.look.middle[0]; // towards the middle, where there is room
    this.reason.setAttribute("x", this.cross[0] + (left ? 14 : -14));
    this.reason.setAttribute("y", this.cross[1]);
    this.reason.style.textAnchor = left ? "start" : "end";
  }

  ended(message, element) {
    const { end } = message, at = end.how && along(this.curve(message.src, message.dst), place(message, this.view.player.frame, end.t)[0]);
    if (end.how) element.remove();
    if (end.how) this.effects.lost(element, at);
    else this.effects.arrived(element, this.nodes[message.dst]);
  }

  // Whether a leader has been one for so short a time that the votes it got are still shown.
  crowned(frame, at) {
    const won = this.view.quorums.election(frame, at);
    return !!won && frame.t - won.t < 12;
  }

  host(node, host, at, crowned = false) {
    const look = this.look, down = host.mode === DOWN, before = node.was;
    node.was = host;
    node.crowned = crowned;
    const label = this.view.tell(at, host);
    if (label !== node.label) node.group.setAttribute("aria-label", node.label = label);
    const drawn = [host.role, host.term, host.mode, host.fields, host.votes.join(), host.rate, host.lies, crowned].join("|");
    if (drawn === node.drawn) return; // most messages change a timer and nothing that is drawn here
    node.drawn = drawn;
    const turned = this.lively && before && (before.role !== host.role || before.term !== host.term || before.mode !== host.mode);
    node.shape.setAttribute("d", outlineOf(look, down && !node.client ? "follower" : host.role, node.r));
    node.group.setAttribute("class", `rl-node ${down ? "rl-down" : termClass(host.term)}` +
      (host.mode === PAUSED ? " rl-paused" : "") + (node.client ? " rl-client" : ""));
    const below = node.term.textContent = secondLine(node, host);
    const small = node.client ? 9.5 : look.subtext; // a term says little, and fits
    node.term.setAttribute("font-size", host.term === null ? fittingSize(look, below, small, node.r) : small);
    node.id.setAttribute("y", node.term.textContent ? -0.28 * node.r : 0);
    const lines = host.mode === UP ? [] : down ? look.cross : look.bars;
    node.badge.style.display = host.mode === UP ? "none" : "";
    node.sign.setAttribute("d", lines.map((line) => path(line, 0, 0, 7)).join(""));
    if (node.slots) this.votes(node, host, at);
    if (turned) this.effects.changed(node, before, host);
    this.pills(node, [host.rate !== 1 && `×${host.rate}`, host.lies && "disk?"].filter(Boolean));
  }

  // What is wrong with what a node runs on, a word or two each: a clock that drifts, a disk that lies.
  pills(node, signs) {
    node.pills.replaceChildren();
    signs.forEach((words, at) => pill(words, (1 - 2 * at) * node.r, 1.05 * node.r, node.pills));
  }

  // A candidate's vote slots, one for each voter, filled as votes arrive; the mark over them lights
  // when they suffice. They stay for a moment when it leads.
  votes(node, host, at) {
    const before = node.votes || [];
    node.slots.replaceChildren();
    node.votes = null;
    if (host.role !== "candidate" && !node.crowned || host.mode === DOWN) return;
    node.votes = host.votes;
    const sides = this.view.sides(host), look = this.look;
    const voters = this.view.about.servers.map((_, at) => at).filter((at) => sides.some((side) => side.includes(at)));
    const count = voters.length;
    const r = node.r * look.reach + look.voteGap, [mx, my] = look.middle;
    const alone = this.view.about.servers.length === 1, step = look.voteStep / r;
    const out = alone ? -Math.PI / 2 : Math.atan2(node.y - my, node.x - mx);
    for (let i = 0; i < count; i++) {
      const angle = out + (i - (count - 1) / 2) * step;
      const has = host.votes.includes(voters[i]), sort = !has ? "rl-slot" : node.crowned ? "rl-voted" : "rl-vote";
      const slot = svg("circle", { cx: r * Math.cos(angle), cy: r * Math.sin(angle), r: look.voteRadius, class: sort }, node.slots);
      if (has && this.lively && !before.includes(voters[i])) this.effects.popped(slot);
    }
    const enough = wins(sides, host.votes), half = (count - 1) / 2 * step + 0.04, far = r + look.voteRadius + 3;
    const ends = [out - half, out + half].map((angle) => `${(far * Math.cos(angle)).toFixed(2)},${(far * Math.sin(angle)).toFixed(2)}`);
    const mark = svg("path", { class: enough ? "rl-majority rl-enough" : "rl-majority",
      d: `M${ends[0]}A${far},${far} 0 ${half > Math.PI / 2 ? 1 : 0} 1 ${ends[1]}` }, node.slots);
    if (enough && this.lively) this.effects.lit(mark);
  }

  // As few elements as will do: with hundreds of messages each of them counts.
  letter(message) {
    const look = this.look, r = look.glyph, sort = look.glyphs[message.glyph] || look.glyphs.message;
    const element = svg("g", { class: `rl-letter ${sort.filled ? termClass(message.term) : "rl-open"}` }, this.letters);
    svg("path", { d: path(sort.outline, 0, 0, r, true), class: "rl-paper" }, element);
    if (sort.signs.length) svg("path", { d: sort.signs.map((sign) => path(sign, 0, 0, r)).join(""), class: "rl-ink" }, element);
    element.message = message;
    this.drawn.set(message, element);
    if (this.lively) this.effects.sent(element);
  }

  stuck(element, stuck) {
    element.stuck = stuck;
    element.classList.toggle("rl-stuck", stuck);
    if (element.cross) element.cross.remove();
    element.cross = stuck && svg("path", { class: "rl-lost",
      d: this.look.cross.map((line) => path(line, 0, 0, this.look.glyph * 1.3)).join("") }, element);
  }

  // The message nearest to the pointer, if one is near enough for a finger.
  nearest(event) {
    const box = this.svg.getBoundingClientRect(), scale = this.look.box[2] / box.width;
    const x = (event.clientX - box.left) * scale + this.look.box[0];
    const y = (event.clientY - box.top) * scale + this.look.box[1];
    let best = null, least = 15;
    for (const element of this.drawn.values()) {
      const far = element.at ? Math.hypot(element.at[0] - x, element.at[1] - y) : least;
      if (far < least) [best, least] = [element, far];
    }
    return best;
  }

  listen() {
    this.svg.addEventListener("click", (event) => {
      const found = !event.target.closest(".rl-node") && this.nearest(event);
      if (found) this.view.menu.message(found.message, found);
      else if (event.target.matches(".rl-hit")) {
        const { a, b } = event.target.dataset;
        this.view.menu.link(+a, +b, event.target, event);
      }
    });
    this.letters.addEventListener("pointerover", (event) => {
      const letter = event.target.closest(".rl-letter");
      if (!letter || letter.querySelector("title")) return;
      const { name, src, dst, detail } = letter.message;
      svg("title", {}, letter).textContent = `${name} ${this.view.name(src)}→${this.view.name(dst)}\n${detail}`;
    });
  }

  // What moves with the clock: timers and messages. Called for every picture.
  move(frame, t) {
    frame.hosts.forEach((host, at) => {
      const node = this.nodes[at];
      if (!node || !node.arc) return;
      const timer = host.mode === DOWN ? null : soonest(host.timers);
      // A paused server's timer stands still only for itself: its deadline passes all the same.
      const ending = !!timer && timer.to - t < 25 && timer.span > 100;
      if (node.ending !== ending) node.arc.classList.toggle("rl-ending", node.ending = ending);
      const share = timer ? Math.min(1, Math.max(0, timer.to - t) / (timer.span || 1)) : 0;
      const said = share.toFixed(3);
      if (node.share === said) return;
      node.share = said;
      node.arc.setAttribute("d", arc(node.timer, share));
    });
    for (const message of frame.flying) {
      const element = this.drawn.get(message);
      if (!element) continue;
      const [part, stuck] = place(message, frame, t);
      const [x, y] = element.at = along(this.curve(message.src, message.dst), part);
      element.setAttribute("transform", `translate(${x.toFixed(1)},${y.toFixed(1)})`);
      if (stuck !== (element.stuck || false)) this.stuck(element, stuck);
    }
    const fresh = this.cross && t - this.crossAt < 4;
    const d = fresh ? this.look.cross.map((line) => path(line, ...this.cross, this.look.glyph * 1.4)).join("") : "";
    if (d !== this.burstWas) this.burst.setAttribute("d", this.burstWas = d);
    const told = !!d && !this.view.player.playing;
    if (told !== this.reasonTold) this.reason.style.display = (this.reasonTold = told) ? "" : "none";
  }
}

function outlineOf(look, role, r) {
  const outline = look.shapes[look.roles[role] || "circle"];
  return outline ? path(outline, 0, 0, r, true) : `M${r},0A${r},${r} 0 1 1 ${-r},0A${r},${r} 0 1 1 ${r},0Z`;
}

function pill(words, x, y, parent) {
  const made = svg("g", { class: "rl-pill", transform: `translate(${x},${y})` }, parent);
  const width = 8 + 6 * words.length;
  svg("rect", { x: -width / 2, y: -7, width, height: 14, rx: 7 }, made);
  svg("text", { "font-size": 10 }, made).textContent = words;
}

// The term; for a node without one, the first of its own fields.
// The first of a node's own fields; of a long one what it is, without its name.
function ownLine(host) {
  const words = (host.fields || host.role || "").split(", ")[0];
  return (words.length > 10 ? words.slice(words.indexOf("=") + 1) : words).slice(0, 10);
}

// The twin of views/style.py's `fitting_size`: words too long for an outline shrink.
function fittingSize(look, words, size, r) {
  return Math.min(size, Math.max(look.smallest, look.inside * r / (0.61 * (words.length || 1)))).toFixed(1);
}

function secondLine(node, host) {
  if (host.fields.includes("waiting=")) return host.fields.includes("waiting=0") ? "idle" : "waits";
  if (node.client) return host.term === null ? "" : node.word.length + `${host.term}`.length < 8 ? `${node.word} ${host.term}` : node.word[0] + host.term;
  if (host.term === null) return ownLine(host);
  return node.r >= 20 ? `term ${host.term}` : `t${host.term}`;
}

const soonest = (timers) => timers.reduce((best, timer) => !best || timer.to < best.to ? timer : best, null);

const WALL = 0.5;

// [how far along its link a message is drawn, whether it is stuck there]. What is doomed comes
// as far as the wall, or a little further if the network just loses it.
function place(message, frame, t) {
  const part = progress(message, t);
  const end = message.fate === "cut" ? WALL : message.fate ? 0.62 : 0.97;
  return [Math.min(part, end), part > end && (message.fate !== "" || message.due > t + 1)];
}

function arc(r, share) {
  if (share <= 0) return "";
  if (share > 0.999) return `M0,${-r}A${r},${r} 0 1 1 0,${r}A${r},${r} 0 1 1 0,${-r}`;
  const angle = share * 2 * Math.PI - Math.PI / 2;
  return `M0,${-r}A${r},${r} 0 ${share > 0.5 ? 1 : 0} 1 ${(r * Math.cos(angle)).toFixed(2)},${(r * Math.sin(angle)).toFixed(2)}`;
}

const termClass = (term) => term ? `rl-term${(term - 1) % 6 + 1}` : "rl-term0";

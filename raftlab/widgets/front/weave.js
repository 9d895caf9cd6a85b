// The space-time diagram as the text of an SVG: thousands of events make no more elements than
// ten, because all that looks alike is one path. spacetime.js says when and where it is shown.

const BREADTHS = { leader: 11, candidate: 8 };
const STYLED = ["vote-request", "vote-yes", "vote-no", "entries", "heartbeat", "ack", "nack", "request", "answer", "refusal", "snapshot"];

// Paths by layer and look, as text.
class Sketch {
  constructor() {
    this.layers = Array.from({ length: 7 }, () => new Map());
    this.words = "";
  }

  add(layer, look, d) { this.layers[layer].set(look, (this.layers[layer].get(look) || "") + d); }

  word(x, y, words, look) {
    this.words += `<text x="${x.toFixed(1)}" y="${y}" class="${look}">${words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
  }

  glyph(look, { glyph, term }, x, y, r) {
    const sort = look.glyphs[glyph] || look.glyphs.message, kind = termClass(sort.filled ? term : 0);
    this.add(5, `rl-paper ${kind}`, path(sort.outline, x, y, r, true));
    if (sort.signs.length) this.add(6, `rl-ink ${kind}`, sort.signs.map((sign) => path(sign, x, y, r)).join(""));
  }

  text() {
    return this.layers.map((layer) => [...layer].map(([look, d]) => `<path class="${look}" d="${d}"/>`).join("")).join("") + this.words;
  }
}

const round = (x, y, r) => `M${(x + r).toFixed(1)},${y.toFixed(1)}a${r},${r} 0 1 1 ${-2 * r},0a${r},${r} 0 1 1 ${2 * r},0Z`;

function outlineAt(look, role, x, y, r) {
  const outline = look.shapes[look.roles[role] || "circle"];
  return outline ? path(outline, x, y, r, true) : round(x, y, r);
}

class Weave {
  constructor(look, diagram) {
    this.look = look;
    this.diagram = diagram;
  }

  // The past of an event, with the last event of each line in it.
  reach(about) {
    const { frames, nodes } = this.diagram, past = causalPast(frames, about), last = nodes.map(() => 0);
    for (const at of [...past, about]) if (frames[at].actor >= 0) last[frames[at].actor] = Math.max(last[frames[at].actor], at);
    return { past, last, about, holds: (at) => at === about || past.has(at) };
  }

  // Everything between two x; what is not in `reach` is faint.
  picture(x0, x1, reach) {
    const { diagram } = this, { frames, x, show } = diagram, here = new Sketch(), rest = new Sketch();
    const into = (at) => !reach || reach.holds(at) ? here : rest;
    for (const [node, y] of diagram.lanes) this.line(node, y, x0, x1, reach, here, rest);
    for (const way of diagram.between(x0, x1)) this.way(way, into(way.from) === here && into(way.to) === here ? here : rest);
    const last = frames[frames.length - 1];
    for (const mail of last.flying) this.flying(mail, last.t, reach ? rest : here);
    const from = diagram.first(x0 - 12), to = Math.min(x.length - 1, diagram.first(x1 + 12));
    for (let at = Math.max(1, from); at <= to; at++) if (show[at]) this.event(at, into(at), here);
    this.time(Math.max(1, from), to, here);
    return (reach ? `<g class="rl-st-rest">${rest.text()}</g>` : "") + here.text();
  }

  // The pieces of a line that are seen; what lies behind the last event of a past is no part of it.
  line(node, y, x0, x1, reach, here, rest) {
    const { x, pieces } = this.diagram, list = pieces[node], known = reach ? x[reach.last[node]] : Infinity;
    for (let i = Math.max(0, this.diagram.first(x0, list, (piece) => x[piece.at]) - 1); i < list.length && x[list[i].at] <= x1; i++) {
      const { role, term, mode, name, at } = list[i], a = x[at], b = i + 1 < list.length ? x[list[i + 1].at] : x[x.length - 1];
      for (const [from, to, into] of [[a, Math.min(b, known), here], [Math.max(a, known), b, rest]]) {
        if (to <= from) continue;
        const line = (dy) => `M${from.toFixed(1)},${y + dy}H${to.toFixed(1)}`;
        if (mode === DOWN) into.add(0, "rl-st-down", line(0));
        else if (mode === PAUSED) into.add(0, "rl-st-paused", line(-2.5) + line(2.5));
        else {
          const wide = (BREADTHS[role] || 4) / 2, kind = role === "candidate" ? "rl-st-lane rl-dashed" : "rl-st-lane";
          into.add(0, `${kind} ${termClass(term)}`, `M${from.toFixed(1)},${y - wide}H${to.toFixed(1)}V${y + wide}H${from.toFixed(1)}Z`);
        }
      }
      if (name && mode !== DOWN) (a <= known ? here : rest).word(...name, `t${term}`, "rl-st-term");
    }
  }

  way({ mail, lost, x0, y0, x1, y1, sign }, into) {
    const kind = STYLED.includes(mail.glyph) ? mail.glyph : "other", side = Math.sign(y1 - y0);
    if (lost) {
      into.add(1, "rl-st-lost", `M${x0.toFixed(1)},${y0}L${x1.toFixed(1)},${y1.toFixed(1)}`);
      into.add(5, "rl-lost", this.look.cross.map((line) => path(line, x1, y1, 5)).join(""));
    } else {
      const end = y1 - 4 * side, dx = x1 - x0, dy = end - y0, size = Math.hypot(dx, dy) || 1, a = 6.5 * dx / size, b = 6.5 * dy / size;
      into.add(1, `rl-st-way rl-st-${kind}`, `M${x0.toFixed(1)},${y0}L${x1.toFixed(1)},${end}`);
      into.add(2, `rl-st-head rl-st-${kind}`, `M${x1.toFixed(1)},${end}l${(-a - 0.42 * b).toFixed(1)},${(-b + 0.42 * a).toFixed(1)}l${(0.84 * b).toFixed(1)},${(-0.84 * a).toFixed(1)}Z`);
    }
    if (sign) into.glyph(this.look, mail, ...sign, SIGN_SIZE);
  }

  flying(mail, t, into) {
    const { lanes, x } = this.diagram, y0 = lanes.get(mail.src), end = lanes.get(mail.dst);
    if (y0 === undefined || end === undefined) return;
    const part = Math.min(0.94, Math.max(0, progress(mail, t))), x1 = x[x.length - 1] + 14, y1 = y0 + part * (end - y0);
    into.add(1, "rl-st-flying", `M${x[mail.from].toFixed(1)},${y0}L${x1.toFixed(1)},${y1.toFixed(1)}`);
    into.add(2, "rl-st-open", round(x1, y1, 2.5));
  }

  event(at, into, always = into) {
    const { diagram, look } = this, frame = diagram.frames[at], before = diagram.frames[at - 1];
    const { actor, kind } = frame, [x, y] = diagram.place(at), mine = actor >= 0 && frame.hosts[actor];
    if (frame.broken.length > before.broken.length) always.add(4, "rl-st-broken", round(x, y, 11));
    if (isAct(frame)) {
      into.add(5, "rl-st-act", `M${x.toFixed(1)},${y - 9}l-4.5,-7h9Z`);
      if (actor < 0 && !frame.mail) into.add(0, "rl-st-world", `M${x.toFixed(1)},${diagram.top - 12}V${diagram.network}`);
    }
    const was = mine && before.hosts[actor];
    if (kind === "Crash" || kind === "CrashDuring") into.add(5, "rl-st-cross", look.cross.map((line) => path(line, x, y, 7)).join(""));
    else if (kind === "Request") into.glyph(look, { glyph: "request" }, x, y, 6);
    else if (kind === "Pause") {
      into.add(4, "rl-st-open", round(x, y, 7));
      into.add(5, "rl-st-strong", look.bars.map((line) => path(line, x, y, 7)).join(""));
    } else if (kind === "Restart" || kind === "Resume") into.add(4, "rl-st-open rl-st-strong", round(x, y, 5));
    else if (mine && BREADTHS[mine.role] && (mine.role !== was.role || mine.term !== was.term))
      into.add(4, `rl-shape ${termClass(mine.term)}`, outlineAt(look, mine.role, x, y, 6.5));
    else if (kind !== "Drop") into.add(3, commits(diagram.frames, at) ? "rl-st-dot rl-st-commit" : "rl-st-dot", `M${x.toFixed(1)},${y.toFixed(1)}h.01`);
  }

  // The axis: what the time is, and where nothing happened for long.
  time(from, to, into) {
    const { diagram } = this, { x, frames, breaks, axis } = diagram;
    let end = -1e9;
    // The same ticks wherever one begins to draw: none depends on what lies further left.
    for (let at = Math.max(1, from); at <= to; at++) {
      if (!diagram.show[at] || Math.floor(x[at] / 70) === Math.floor(x[at - 1] / 70) || x[at] < end) continue;
      const words = `${frames[at].t.toFixed(frames[at].t % 1 ? 1 : 0)} ms`;
      into.add(1, "rl-st-tick", `M${x[at].toFixed(1)},${axis - 5}v5`);
      into.word(x[at], axis + 8, words, "rl-st-time");
      end = x[at] + words.length * LETTER_WIDTH + 10;
    }
    for (let i = diagram.first(x[from], breaks, (one) => one.to); i < breaks.length && breaks[i].from <= x[to]; i++) {
      const middle = (breaks[i].from + breaks[i].to) / 2;
      into.add(1, "rl-st-break", `M${(middle - 6).toFixed(1)},${axis - 2}l3,-5l3,5l3,-5l3,5`);
    }
  }

  // The names of the turning points up to event `end`, and the event at which the clock stands.
  names(x0, x1, end, present, reach) {
    const { diagram } = this, { x, labels, show } = diagram, made = new Sketch();
    for (let i = diagram.first(x0 - 260, labels, (one) => one.x); i < labels.length && labels[i].x < x1; i++) {
      const { at, short, loud, row, gone } = labels[i];
      if (gone || at > end) continue;
      const top = 8 + row * LABEL_ROW, dim = reach && !reach.holds(at) ? " rl-st-rest" : "";
      made.add(0, "rl-st-lead" + dim, `M${x[at].toFixed(1)},${top + 6}V${(diagram.place(at)[1] - 8).toFixed(1)}`);
      made.word(x[at] - 3, top, short, (loud ? "rl-st-label rl-st-loud" : "rl-st-label") + dim);
    }
    if (present && show[present]) this.event(present, made);
    return made.text();
  }
}

// What an event rests on, in words.
function restsOn(view, frames, at, past) {
  const frame = frames[at], { actor } = frame, name = (node) => view.name(node);
  const count = past.size - past.has(0), all = Math.max(0, at - 1);
  if (actor < 0 && !frame.mail) return `Event ${at} happens to the whole network: nothing has to come before it.`;
  const sum = `rests on ${count} of the ${many(all, "event")} before it`;
  const rest = all - count ? `; the other ${all - count} cannot have influenced it.` : ".";
  if (!commits(frames, at)) {
    const each = view.about.nodes.map((_, node) => [node, [...past].filter((one) => frames[one].actor === node).length]).filter(([, many]) => many);
    return `Event ${at} ${sum}${each.length ? ": " + each.map(([node, many]) => `${name(node)} ${many}`).join(", ") : ""}${rest}`;
  }
  const host = frame.hosts[actor], votes = new Set([actor]), told = [];
  for (const one of [...past, at]) {
    const { mail, actor: who, kind } = frames[one];
    if (who === actor && kind === "Deliver" && mail.glyph === "vote-yes" && mail.term === host.term) votes.add(mail.src);
  }
  const list = (nodes) => [...nodes].sort((a, b) => a - b).map(name).join(" ");
  if (votes.size > 1) told.push(`votes of ${list(votes)} in term ${host.term}`);
  const holds = (host.match || []).filter(([, index]) => index >= host.commit).map(([node]) => node);
  if (holds.length) told.push(`entry ${host.commit} held by ${list(new Set([actor, ...holds]))}`);
  return `This commit ${sum}${told.length ? ": " + told.join("; ") : ""}${rest}`;
}

// What the eye is told once, when the clock moves on by itself or by one event: a message is sent,
// arrives or is lost; a vote arrives; a role or a term changes. Each ends by itself, and there are
// never more than a few at a time, so that a crowded ring plays as smoothly as an empty one. Outlines
// change and strokes fade, for what is transformed or made transparent gets a layer of its own.

const WHY_LOST = { cut: "link cut", loss: "lost", down: "receiver down", "by hand": "dropped" };

class Effects {
  constructor(ring) {
    this.ring = ring;
    this.running = 0;
    this.most = 14; // of a crowd, in which nobody could follow them, far fewer
    this.layer = svg("g", { class: "rl-effects", "aria-hidden": "true" }, ring.svg);
  }

  crowd(messages) {
    this.crowded = messages > 60;
    this.most = this.crowded ? 4 : 14;
  }

  // `done` is called in any case, at once if too much moves already.
  run(element, frames, duration, done, easing = "ease-out") {
    if (this.running >= this.most) { if (done) done(); return false; }
    this.running++;
    const over = element.animate(frames, { duration, easing });
    over.onfinish = over.oncancel = () => { this.running--; if (done) done(); };
    return true;
  }

  sent(element) {
    if (this.crowded) return;
    const { outline, r } = this.shape(element.message), size = (part) => `path("${path(outline, 0, 0, part * r, true)}")`;
    this.run(element.firstChild, [{ d: size(0.15) }, { d: size(1.35), offset: 0.7 }, { d: size(1) }], 220);
  }

  shape(message) {
    const { glyphs, glyph: r } = this.ring.look;
    return { outline: (glyphs[message.glyph] || glyphs.message).outline, r };
  }

  // The letter opens at its receiver, whose ring answers: green for yes, red for no.
  arrived(element, node) {
    const { message } = element, { glyph, term } = message;
    if (this.running >= this.most || this.crowded && !/vote|entries|snapshot/.test(glyph)) { element.remove(); return; }
    const tint = /yes|^ack|answer/.test(glyph) ? " rl-yes" : /no$|nack|refusal/.test(glyph) ? " rl-no" : "";
    element.setAttribute("class", `rl-arrived ${termClass(term)}${tint}`);
    while (element.children.length > 1) element.lastChild.remove();
    this.layer.append(element);
    const { outline, r } = this.shape(message), size = (part) => `path("${path(outline, 0, 0, part * r, true)}")`;
    this.run(element.firstChild, [{ d: size(1), strokeOpacity: 1 }, { d: size(2.3), strokeOpacity: 0 }], 380, () => element.remove());
    if (!node || node.pulsing) return;
    node.pulse = node.pulse || svg("circle", { r: node.timer }, node.group);
    node.pulse.setAttribute("class", "rl-pulse" + tint);
    const wide = (part) => `${(part * node.timer).toFixed(1)}px`;
    node.pulsing = this.run(node.pulse, [{ strokeOpacity: 0.9, r: wide(1) }, { strokeOpacity: 0, r: wide(1.13) }], 420,
      () => { node.pulsing = false; });
  }

  // It bursts where it is lost, and falls.
  lost(element, [x, y]) {
    const { message } = element, { outline, r } = this.shape(message);
    const made = svg("g", { class: `rl-falls ${termClass(message.term)}`, transform: `translate(${x.toFixed(1)},${y.toFixed(1)})` }, this.layer);
    const rays = svg("path", { class: "rl-rays" }, made), paper = element.firstChild.cloneNode();
    made.append(paper);
    let left = 2;
    const done = () => { if (!--left) made.remove(); };
    const burst = (from, to) => `path("${RAYS.map(([a, b]) => `M${from * r * a},${from * r * b}L${to * r * a},${to * r * b}`).join("")}")`;
    const fallen = (turn, far) => {
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      return `path("${path(outline.map(([a, b]) => [a * c - b * s, a * s + b * c]), 0, far * r, r, true)}")`;
    };
    this.run(rays, [{ d: burst(1, 1.5), strokeOpacity: 1 }, { d: burst(2.4, 3.3), strokeOpacity: 0 }], 480, done);
    const faded = { strokeOpacity: 0, fillOpacity: 0 };
    this.run(paper, [{ d: fallen(0, 0), strokeOpacity: 1, fillOpacity: 0.9 }, { d: fallen(1.2, 4.5), ...faded }], 750, done, "ease-in");
  }

  // From one outline to the other; both as polygons of as many corners, which alone can turn into
  // each other. And a halo, once.
  changed(node, from, to) {
    const { look } = this.ring, r = node.r, of = (role, part = 1) => `path("${path(sampled(look, role), 0, 0, part * r, true)}")`;
    if (from.role !== to.role && from.mode === UP && to.mode === UP) this.run(node.shape, [{ d: of(from.role) }, { d: of(to.role) }], 340);
    node.halo = node.halo || svg("path", { class: "rl-halo" }, node.group);
    const role = to.mode === DOWN ? "follower" : to.role;
    this.run(node.halo, [{ d: of(role), strokeOpacity: 1 }, { d: of(role, 1.42), strokeOpacity: 0 }], 560);
  }

  popped(slot) {
    const r = +slot.getAttribute("r"), wide = (part) => `${(part * r).toFixed(1)}px`;
    this.run(slot, [{ r: wide(0.2) }, { r: wide(1.9), offset: 0.55 }, { r: wide(1) }], 380);
  }

  lit(mark) { this.run(mark, [{ strokeOpacity: 0, strokeWidth: 7 }, { strokeOpacity: 1, strokeWidth: 2.5 }], 450); }
}

const RAYS = Array.from({ length: 7 }, (_, i) => [Math.cos(i * 2 * Math.PI / 7 - 0.4), Math.sin(i * 2 * Math.PI / 7 - 0.4)]
  .map((side) => +side.toFixed(3)));

// An outline as the 48 points where rays from its middle meet it.
function sampled(look, role) {
  const outline = look.shapes[look.roles[role] || "circle"];
  return Array.from({ length: 48 }, (_, i) => {
    const angle = i * Math.PI / 24 - Math.PI / 2, x = Math.cos(angle), y = Math.sin(angle);
    if (!outline) return [x, y];
    let far = 1;
    outline.forEach(([ax, ay], at) => {
      const [bx, by] = outline[(at + 1) % outline.length], ex = bx - ax, ey = by - ay, cross = x * ey - y * ex;
      if (Math.abs(cross) < 1e-9) return;
      const ray = (ax * ey - ay * ex) / cross, part = (ax * y - ay * x) / cross;
      if (ray > 0 && part > -1e-6 && part < 1 + 1e-6) far = ray;
    });
    return [x * far, y * far];
  });
}

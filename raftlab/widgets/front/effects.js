// What the eye is told once, when the clock moves on by itself or by one event: a message is sent,
// arrives or is lost; a vote arrives; a role or a term changes. Each ends by itself, and there are
// never more than a few at a time, so that a crowded ring plays as smoothly as an empty one.

const WHY_LOST = { cut: "link cut", loss: "lost", down: "receiver down", "by hand": "dropped" };

class Effects {
  constructor(ring) {
    this.ring = ring;
    this.running = 0;
    this.most = 14;
    this.layer = svg("g", { class: "rl-effects", "aria-hidden": "true" }, ring.svg);
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
    const grow = [{ transform: "scale(.2)", opacity: 0 }, { transform: "scale(1.25)", opacity: 1, offset: 0.7 }, { transform: "scale(1)" }];
    for (const part of element.children) this.run(part, grow, 220);
  }

  // The letter opens at its receiver, whose ring answers: green for yes, red for no.
  arrived(element, node) {
    const { glyph, term } = element.message;
    const tint = /yes|^ack|answer/.test(glyph) ? " rl-yes" : /no$|nack|refusal/.test(glyph) ? " rl-no" : "";
    element.setAttribute("class", `rl-arrived ${termClass(term)}${tint}`);
    while (element.children.length > 1) element.lastChild.remove();
    this.layer.append(element);
    this.run(element.firstChild, [{ transform: "scale(1)", opacity: 1 }, { transform: "scale(2.3)", opacity: 0 }], 380, () => element.remove());
    if (!node || node.pulsing) return;
    node.pulse = node.pulse || svg("circle", { r: node.timer }, node.group);
    node.pulse.setAttribute("class", "rl-pulse" + tint);
    node.pulsing = this.run(node.pulse, [{ opacity: 0.9, transform: "scale(1)" }, { opacity: 0, transform: "scale(1.13)" }], 420,
      () => { node.pulsing = false; });
  }

  // It bursts where it is lost, and falls.
  lost(element, [x, y]) {
    const { term } = element.message, r = this.ring.look.glyph;
    const made = svg("g", { class: `rl-falls ${termClass(term)}`, transform: `translate(${x.toFixed(1)},${y.toFixed(1)})` }, this.layer);
    const paper = element.firstChild.cloneNode();
    const rays = svg("path", { class: "rl-rays", d: RAYS.map(([a, b]) => `M${2 * r * a},${2 * r * b}L${2.9 * r * a},${2.9 * r * b}`).join("") }, made);
    made.append(paper);
    let left = 2;
    const done = () => { if (!--left) made.remove(); };
    this.run(rays, [{ opacity: 1, transform: "scale(.5)" }, { opacity: 0, transform: "scale(1.25)" }], 480, done);
    this.run(paper, [{ opacity: 0.9, transform: "none" }, { opacity: 0, transform: `translate(3px,${4.5 * r}px) rotate(70deg)` }], 750, done, "ease-in");
  }

  // From one outline to the other; both as polygons of as many corners, which alone can turn into
  // each other.
  changed(node, from, to) {
    const { look } = this.ring, r = node.r;
    if (from.role !== to.role && from.mode === UP && to.mode === UP)
      this.run(node.shape, [from.role, to.role].map((role) => ({ d: `path("${path(sampled(look, role), 0, 0, r, true)}")` })), 340);
    node.halo = node.halo || svg("path", { class: "rl-halo" }, node.group);
    node.halo.setAttribute("d", node.shape.getAttribute("d"));
    this.run(node.halo, [{ opacity: 1, transform: "scale(1)" }, { opacity: 0, transform: "scale(1.42)" }], 560);
  }

  popped(slot) { this.run(slot, [{ transform: "scale(.2)" }, { transform: "scale(1.9)", offset: 0.55 }, { transform: "scale(1)" }], 380); }

  lit(mark) { this.run(mark, [{ opacity: 0, strokeWidth: 7 }, { opacity: 1, strokeWidth: 2.5 }], 450); }
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

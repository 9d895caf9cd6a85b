// One light for each safety property. As long as all of them hold they share one short line, which
// opens at a click; what is broken is always in sight, with the reason.
class Lights {
  constructor(view, parent) {
    this.box = el("details", "rl-safety", parent);
    this.line = el("summary", "", this.box);
    this.lamp = el("span", "rl-lamp", this.line, "✓", { "aria-hidden": "true" });
    this.words = el("span", "", this.line);
    const list = el("ul", "rl-lights", this.box, undefined, { "aria-label": "safety properties" });
    this.lights = view.about.properties.map(([name, title]) => {
      const light = el("li", "", list, undefined, { title });
      el("span", "rl-lamp", light, "✓", { "aria-hidden": "true" });
      el("span", "", light, title.split(":")[0].replace(/ \(§.*/, "").replace(/^a (server's )?/, ""));
      const state = el("span", "rl-hidden", light, ": holds");
      return { name, title, light, state };
    });
    this.box.hidden = !this.lights.length;
    this.why = el("ul", "rl-broken", parent);
  }

  draw(frame) {
    if (this.of === frame.broken) return;
    const before = this.of;
    this.of = frame.broken;
    let red = 0;
    for (const { name, title, light, state } of this.lights) {
      const broken = frame.broken.find((verdict) => verdict.name === name);
      if (broken) red++;
      light.classList.toggle("rl-red", !!broken);
      light.firstChild.textContent = broken ? "✗" : "✓";
      state.textContent = broken ? ": broken" : ": holds";
      light.title = broken ? `${title} Broken at step ${broken.at}: ${broken.why}` : title;
    }
    const all = this.lights.length;
    this.line.classList.toggle("rl-bad", red > 0);
    this.lamp.textContent = red ? "✗" : "✓";
    this.words.textContent = red
      ? `${red} of ${many(all, "safety property", "safety properties")} broken` : `all ${many(all, "safety property", "safety properties")} hold`;
    if (!before || !before.length !== !red) this.box.open = red > 0;
    this.why.replaceChildren(...frame.broken.slice(0, 4).map((verdict) => {
      const item = el("li");
      const property = this.lights.find((light) => light.name === verdict.name);
      el("b", "", item, (property ? property.title.split(":")[0] : verdict.name) + " is broken");
      item.append(` at step ${verdict.at}: ${verdict.why}.`);
      return item;
    }));
  }
}

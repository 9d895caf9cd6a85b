// One light for each safety property.
class Lights {
  constructor(view, parent) {
    const list = el("ul", "rl-lights", parent, undefined, { "aria-label": "safety properties" });
    this.lights = view.about.properties.map(([name, title]) => {
      const light = el("li", "", list, undefined, { title });
      el("span", "rl-lamp", light, "✓", { "aria-hidden": "true" });
      el("span", "", light, title.split(":")[0].replace(/ \(§.*/, "").replace(/^a (server's )?/, ""));
      const state = el("span", "rl-hidden", light, ": holds");
      return { name, title, light, state };
    });
    this.why = el("ul", "rl-broken", parent);
  }

  draw(frame) {
    if (this.of === frame.broken) return;
    this.of = frame.broken;
    for (const { name, title, light, state } of this.lights) {
      const broken = frame.broken.find((verdict) => verdict.name === name);
      light.classList.toggle("rl-red", !!broken);
      light.firstChild.textContent = broken ? "✗" : "✓";
      state.textContent = broken ? ": broken" : ": holds";
      light.title = broken ? `${title} Broken at step ${broken.at}: ${broken.why}` : title;
    }
    this.why.replaceChildren(...frame.broken.slice(0, 4).map((verdict) => {
      const item = el("li");
      const property = this.lights.find((light) => light.name === verdict.name);
      el("b", "", item, (property ? property.title.split(":")[0] : verdict.name) + " is broken");
      item.append(` at step ${verdict.at}: ${verdict.why}.`);
      return item;
    }));
  }
}

// What the signs of the picture mean, each drawn as it is drawn there.

class Legend {
  constructor(view, parent) {
    const { about, look } = view, box = el("details", "rl-key", parent, undefined, { open: "" });
    el("summary", "", box, "What the signs mean");
    const list = el("ul", "", box);
    const line = (words, draw) => {
      const item = el("li", "", list), picture = svg("svg", { viewBox: "-10 -10 20 20", width: 20, height: 20, "aria-hidden": "true" }, item);
      draw(picture);
      item.append(words);
      return item;
    };
    const strokes = (lines, classes) => (into) => svg("path", { class: classes, d: lines.map((one) => path(one, 0, 0, 7)).join("") }, into);
    // Hollow, but for the terms: colour means a term and nothing else.
    // A shape that several roles share stands for what they have in common.
    const shapes = new Map();
    for (const role of about.roles) {
      const outline = outlineOf(look, role, 7);
      shapes.set(outline, [...(shapes.get(outline) || []), role]);
    }
    for (const [outline, roles] of shapes)
      line(roles.join(", "), (into) => svg("path", { class: "rl-shape rl-term0", d: outline }, into));
    if (about.terms)
      line("terms 1, 2, 3", (into) => [1, 2, 3].forEach((term) => svg("rect", { class: `rl-shape rl-term${term}`, x: 6 * term - 15, y: -5, width: 6, height: 10 }, into)));
    line("timer: time left", (into) => svg("path", { class: "rl-timer", d: arc(7, 0.7), "stroke-width": 3 }, into));
    if (about.elects)
      line("votes: 1 of 2", (into) => {
        ["rl-vote", "rl-slot"].forEach((kind, at) => svg("circle", { class: kind, cx: 9 * at - 4.5, r: look.voteRadius }, into));
        svg("path", { class: "rl-majority", d: "M-9,-5A15,15 0 0 1 9,-5" }, into);
      }).title = "the line over the votes is dashed as long as they do not suffice, solid when they do";
    for (const kind of about.signs) {
      const sort = look.glyphs[kind];
      line(sort.words, (into) => {
        const group = svg("g", { class: "rl-letter rl-open" }, into);
        svg("path", { class: "rl-paper", d: path(sort.outline, 0, 0, 7, true) }, group);
        for (const sign of sort.signs) svg("path", { class: "rl-ink", d: path(sign, 0, 0, 7) }, group);
      });
    }
    line("message lost", strokes(look.cross, "rl-lost"));
    line("link cut", (into) => svg("line", { class: "rl-wall", x1: 0, y1: -8, x2: 0, y2: 8 }, into))
      .title = "an arrow with a bar behind it: messages arrive this way only";
    line("partition", (into) => svg("line", { class: "rl-wall rl-dashed", x1: -8, y1: 0, x2: 8, y2: 0 }, into));
    for (const [words, lines] of [["crashed", look.cross], ["paused", look.bars]])
      line(words, (into) => {
        const badge = svg("g", { class: "rl-badge" }, into);
        svg("circle", { r: 8 }, badge);
        strokes(lines, "")(badge);
      });
    line("clock's speed", (into) => pill("×", 0, 0, into));
    line("disk lies", (into) => pill("?", 0, 0, into));
  }
}

// The present moment as a picture of its own, for slides: the ring as it stands, the newest log
// entries beside it, and what has just happened. It needs no kernel. All that the style sheet says
// is written into it; `light` takes the light theme, whatever the page's is.

const DRAWN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "opacity",
               "fill-opacity", "stroke-opacity", "font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"];

function pictureOf(view, light) {
  const { player, look, about } = view, { frame } = player;
  let told = player.position;
  while (told && player.track.frames[told].kind === "Wait") told--; // time that passes is no news
  const { headline } = player.track.frames[told];
  // Computed styles need a place in the page: beside the stage, out of sight and still.
  const stage = el("section", "raftlab-stage rl-still", view.root.parentNode, undefined, { "aria-hidden": "true" });
  if (light) for (const [name, value] of lightTheme()) stage.style.setProperty(name, value);
  const ring = stage.appendChild(view.ring.svg.cloneNode(true));
  const themed = (classes, name) => {
    const probe = el("i", classes, stage), value = getComputedStyle(probe).getPropertyValue(name).trim();
    probe.remove();
    return value;
  };
  const colour = (name) => themed("", `--rl-${name}`), font = colour("font"), mono = colour("mono");
  for (const node of ring.querySelectorAll("*")) {
    const style = getComputedStyle(node);
    if (style.display === "none" || style.visibility === "hidden" || node.matches(".rl-focus, title")) { node.setAttribute("gone", ""); continue; }
    for (const name of DRAWN) node.setAttribute(name, style.getPropertyValue(name));
  }
  for (const node of ring.querySelectorAll("[gone]")) node.remove();
  for (const node of ring.querySelectorAll("*"))
    for (const { name } of [...node.attributes]) if (/^(class|style|tabindex|role|data-|aria-)/.test(name)) node.removeAttribute(name);

  const [x, y, wide, high] = look.box, rows = about.servers.filter((_, at) => frame.hosts[at].log).length;
  const longest = Math.max(1, ...about.servers.map((_, at) => (frame.hosts[at].log || []).length));
  const first = Math.max(0, longest - 6), side = rows ? Math.max(200, 60 + 56 * (longest - first)) : 0;
  const width = Math.round(Math.max(wide + side + 40, 480)), top = 62, height = Math.round(top + Math.max(high, 26 * rows + 40) + 12);
  const made = svg("svg", { xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height, "font-family": font, role: "img" });
  svg("title", {}, made).textContent = `${about.title}, ${ms(player.t)}: ${headline}`;
  const text = (words, x, y, size, more) => {
    svg("text", { x, y, "font-size": size, fill: colour("ink"), ...more }, made).textContent = words;
  };
  svg("rect", { width, height, fill: colour("card") }, made);
  text(about.title, 18, 26, 15, { "font-weight": 700 });
  text(`${ms(player.t)} · event ${player.position}: ${headline}`, 18, 45, 12, { fill: colour("muted") });
  svg("g", { transform: `translate(${18 - x},${top - y})` }, made).append(...ring.childNodes);
  const left = wide + 42;
  if (rows) for (let index = first; index < longest; index++)
    text(index + 1, left + 44 + 56 * (index - first), top + 14, 11, { fill: colour("muted"), "text-anchor": "middle" });
  let down = top + 24;
  about.servers.forEach((name, at) => {
    const { log, base, commit, mode } = frame.hosts[at];
    if (!log) return;
    const faint = mode === DOWN ? 0.55 : 1;
    text(name, left, down + 15, 12, { "font-weight": 700, "text-anchor": "middle", opacity: faint });
    log.slice(first).forEach((entry, nth) => {
      const index = first + nth + 1, gone = index <= base[0] || !entry, classes = gone ? "" : termClass(entry.term);
      svg("rect", { x: left + 19 + 56 * nth, y: down, width: 50, height: 20, rx: 3, "stroke-width": 1.6, opacity: faint, stroke: colour("ink"),
                    fill: gone ? colour("panel") : themed(classes, "--rl-fill"), "stroke-dasharray": index <= commit ? "none" : "4 3" }, made);
      const words = gone ? "…" : entry.text.length > 7 ? `${entry.text.slice(0, 6)}…` : entry.text;
      text(words, left + 44 + 56 * nth, down + 14, 10.5, { "font-family": mono, "text-anchor": "middle", opacity: faint, fill: gone ? colour("ink") : themed(classes, "--rl-on") });
    });
    down += 26;
  });
  if (rows) text("solid: committed, dashed: not yet", left - 8, down + 12, 10.5, { fill: colour("muted") });
  stage.remove();
  return { text: new XMLSerializer().serializeToString(made), width, height };
}

// The stage's own variables for a light page, from its style sheet.
function lightTheme() {
  const found = [];
  for (const sheet of document.styleSheets) {
    let rules = [];
    try { rules = sheet.cssRules; } catch { continue; } // somebody else's, from another origin
    for (const { selectorText, style } of rules)
      if (selectorText === ".raftlab-stage")
        for (const name of style) if (name.startsWith("--rl-")) found.push([name, style.getPropertyValue(name)]);
  }
  return found;
}

// The same in pixels, twice as many as it is wide: a promise of a blob.
async function pixelsOf({ text, width, height }) {
  const image = new Image(), canvas = el("canvas", "", null, undefined, { width: 2 * width, height: 2 * height });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  canvas.getContext("2d").drawImage(image, 0, 0, 2 * width, 2 * height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

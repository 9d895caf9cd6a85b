// Who can reach whom: links, cuts and walls. The twin of views/links.py: a cut that parts the ring
// in pieces is walls; of any other the links that still work are drawn strongly, the broken ones
// hardly. A client that is cut off says in words whom it reaches.

class Links {
  constructor(ring) {
    this.ring = ring;
    const { view, look } = ring, count = view.about.servers.length;
    this.parent = svg("g", { class: "rl-links", "aria-hidden": "true" }, ring.svg);
    this.walls = svg("g", { class: "rl-walls", "aria-hidden": "true" }, ring.svg);
    this.lines = [];
    for (let a = 0; a < (count <= 9 ? count : 0); a++)
      for (let b = a + 1; b < count; b++) {
        const [[x1, y1], [x2, y2]] = [look.places[a], look.places[b]], ends = { x1, y1, x2, y2 };
        this.lines.push([a, b, svg("line", ends, this.parent)]);
        svg("line", { ...ends, class: "rl-hit", "data-a": a, "data-b": b }, this.parent); // what a finger can hit
      }
  }

  draw(cuts) {
    this.walls.replaceChildren();
    const { view, look } = this.ring, count = view.about.servers.length, all = look.places.length;
    this.cut = new Set(cuts.map(([a, b]) => a * 100 + b));
    const gaps = this.gaps(cuts, count), among = !gaps.length && cuts.some(([a, b]) => a < count && b < count);
    for (const gap of gaps) this.wall(2 * Math.PI * (gap + 0.5) / count - Math.PI / 2);
    for (const [a, b, line] of this.lines)
      line.setAttribute("class", this.way(a, b) ? "rl-gone" : among ? "rl-works" : "");
    const broken = among ? pairs(0, count).filter(([a, b]) => this.way(a, b)) : [];
    if (count <= 9 || broken.length <= 36) broken.forEach(([a, b]) => this.broken(a, b));
    if (look.talk) pairs(count, all).forEach(([a, b]) => this.way(a, b) && this.broken(a, b));
    for (let at = count; at < all; at++) if (look.places[at]) this.client(at, count);
  }

  // "" if a link works, "both" if it is cut both ways, "out" if from `a` to `b` only, "back" if from `b` to `a`.
  way(a, b) {
    const out = this.cut.has(a * 100 + b), back = this.cut.has(b * 100 + a);
    return out && back ? "both" : out ? "out" : back ? "back" : "";
  }

  // The places behind which a wall stands, or none if the cuts are no partition in neighbours.
  gaps(cuts, count) {
    const home = groups(cuts, count), gaps = [];
    if (home) for (let i = 0; i < count; i++) if (home[i] !== home[(i + 1) % count]) gaps.push(i);
    const parts = home ? Math.max(...home) + 1 : 0;
    return gaps.length === (parts > 2 ? parts : 2) ? gaps : [];
  }

  wall(angle) {
    const { middle: [x, y], reach, node, radius } = this.ring.look, far = radius + reach * node + 14;
    svg("line", { class: "rl-wall rl-dashed", x1: x, y1: y, x2: x + far * Math.cos(angle), y2: y + far * Math.sin(angle) }, this.walls);
  }

  broken(a, b) {
    const { places, margin, glyph } = this.ring.look, way = this.way(a, b);
    if (!places[a] || !places[b]) return;
    const [from, to] = way === "out" ? [b, a] : [a, b];
    const [p, middle, q] = bent(places[from], places[to], margin - glyph + 3, 0);
    const turn = Math.atan2(q[1] - p[1], q[0] - p[0]);
    svg("path", { class: way === "both" ? "rl-cut" : "rl-works", d: `M${p}L${q}` }, this.walls);
    if (way !== "both") svg("path", { class: "rl-works", d: arrow(q, turn) }, this.walls);
    this.bar(way === "both" ? middle : p, turn);
  }

  bar([x, y], turn) {
    const dx = 6 * Math.cos(turn + Math.PI / 2), dy = 6 * Math.sin(turn + Math.PI / 2);
    svg("line", { class: "rl-wall", x1: x + dx, y1: y + dy, x2: x - dx, y2: y - dy }, this.walls);
  }

  // In words below it; a bar across a link of which only one way is cut.
  client(at, count) {
    const { places } = this.ring.look, ways = [...Array(count).keys()].map((other) => this.way(at, other));
    const lost = ways.filter((way) => way).length, one = ways.some((way) => way && way !== "both");
    if (lost && !one) {
      const few = count - lost <= lost, names = ways.map((way, other) => !way === few && this.ring.view.name(other)).filter(Boolean);
      const words = lost === count ? "cut off" : names.length <= 3 ? `${few ? "only" : "not"} ${names.join(" ")}` : `only ${count - lost} of ${count}`;
      svg("text", { class: "rl-reach", x: places[at][0] - 26, y: places[at][1] + 27, "font-size": 9.5 }, this.walls).textContent = words;
    } else
      ways.forEach((way, other) => {
        for (const [a, b, cut] of [[at, other, way !== "back"], [other, at, way !== "out"]]) {
          const curve = way && cut && this.ring.curve(a, b);
          if (!curve) continue;
          const [p, q, r] = curve;
          svg("path", { class: "rl-cut", d: `M${p}Q${q} ${r}` }, this.walls);
          this.bar(along(curve, WALL), Math.atan2(r[1] - p[1], r[0] - p[0]));
        }
      });
  }
}

function pairs(first, behind) {
  const found = [];
  for (let a = first; a < behind; a++) for (let b = a + 1; b < behind; b++) found.push([a, b]);
  return found;
}

function arrow([x, y], turn) {
  const ends = [0.45, -0.45].map((side) => [x - 9 * Math.cos(turn + side), y - 9 * Math.sin(turn + side)]);
  return `M${ends[0]}L${x},${y}L${ends[1]}`;
}

// The group of each server if the cuts are exactly a partition, else null.
function groups(cuts, count) {
  const servers = cuts.filter(([a, b]) => a < count && b < count);
  const cut = new Set(servers.map(([a, b]) => a * 100 + b)), first = [], home = [];
  if (!cut.size) return null;
  for (let i = 0; i < count; i++) {
    let part = first.findIndex((other) => !cut.has(i * 100 + other) && !cut.has(other * 100 + i));
    if (part < 0) part = first.push(i) - 1;
    home.push(part);
  }
  let links = 0;
  for (let a = 0; a < count; a++) for (let b = 0; b < count; b++) if (home[a] !== home[b]) {
    links++;
    if (!cut.has(a * 100 + b)) return null;
  }
  return links === cut.size ? home : null;
}

// Who counts towards a quorum, and where two of them meet: a hull round the servers whose votes
// made the leader, another round those that store an entry, and a sign on each server in both.

class Quorums {
  constructor(view, ring, parent) {
    this.view = view;
    this.known = new Map(); // leader and term → the frame at which it was elected
    this.on = false;
    this.chosen = 0; // the entry asked for; 0: the newest that is committed
    if (!view.about.elects) return; // a protocol without elections has no such quorums
    this.toggle = button(parent, "Quorums", "whose votes count, where an entry is stored, and who is in both  (key: q)",
      () => this.show(!this.on), "rl-quorums");
    this.toggle.setAttribute("aria-pressed", "false");
    this.group = svg("g", { class: "rl-hulls", "aria-hidden": "true" });
    ring.svg.prepend(this.group);
    const id = `rl-hatch-${++Quorums.made}`, fill = { votes: ["M0,8L8,0", 8], stored: ["M3,3h1", 6] };
    const defs = svg("defs", {}, this.group);
    this.hulls = {};
    for (const sort of ["votes", "stored"]) {
      const [d, width] = fill[sort];
      const pattern = svg("pattern", { id: `${id}-${sort}`, width, height: width, patternUnits: "userSpaceOnUse" }, defs);
      svg("path", { d, class: `rl-hatch rl-of-${sort}` }, pattern);
      this.hulls[sort] = svg("path", { class: `rl-hull rl-of-${sort}`, fill: `url(#${id}-${sort})` }, this.group);
    }
    this.both = svg("g", { "aria-hidden": "true" }, ring.svg);
    this.said = el("div", "rl-quorum-words", parent);
    this.said.hidden = true;
    this.words = {};
    for (const sort of ["votes", "stored", "both"]) {
      const line = el("p", "", this.said);
      const sample = svg("svg", { viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true" }, line);
      if (sort === "both") meets(12, 6, 5.5, sample);
      else svg("rect", { class: `rl-hull rl-of-${sort}`, x: 1.5, y: 1.5, width: 21, height: 9, rx: 4.5, fill: `url(#${id}-${sort})` }, sample);
      this.words[sort] = el("span", "", line);
      if (sort === "both") line.title = "any two majorities of the same servers share one at least: it knows what the other has decided";
      if (sort !== "stored") continue;
      button(line, "‹", "the entry before", () => this.choose(-1), "rl-dots");
      button(line, "›", "the next entry", () => this.choose(1), "rl-dots");
    }
  }

  show(on) {
    if (!this.toggle) return;
    this.on = on;
    this.chosen = 0;
    this.toggle.setAttribute("aria-pressed", on);
    this.said.hidden = !on;
    this.view.root.classList.toggle("rl-with-quorums", on);
    this.clear();
    this.draw(this.view.player.frame);
  }

  choose(step) {
    const newest = Math.max(0, ...this.view.player.frame.hosts.map((host) => host.log ? host.log.length : 0));
    this.chosen = Math.max(1, Math.min(newest, this.entry(this.view.player.frame) + step));
    this.draw(this.view.player.frame);
  }

  entry(frame) { return this.chosen || Math.max(0, ...frame.hosts.map((host) => host.commit)); }

  // Where the leader `at` was elected: its frame, or null. One walk back for each leader and term.
  election(frame, at) {
    const { player } = this.view, { frames } = player.track, { term } = frame.hosts[at], key = `${at} ${term}`;
    const held = this.known.get(key);
    if (held && held.at <= player.position && frames[held.at] === held.frame) return held.at ? held.frame : null;
    const leads = (before) => before.hosts[at].role === "leader" && before.hosts[at].term === term;
    let from = player.position;
    while (from > 0 && leads(frames[from - 1])) from--;
    this.known.set(key, { at: from, frame: frames[from] });
    return from ? frames[from] : null;
  }

  // Who leads or stands in the highest term; -1 for nobody.
  heads(frame) {
    const rank = (host) => host.mode === DOWN ? 0 : host.role === "leader" ? 3 : host.role === "candidate" ? 2 : 0;
    let best = -1;
    frame.hosts.forEach((host, at) => {
      const than = best < 0 ? null : frame.hosts[best];
      if (rank(host) && (!than || host.term > than.term || host.term === than.term && rank(host) * 100 + host.votes.length > rank(than) * 100 + than.votes.length)) best = at;
    });
    return best;
  }

  draw(frame) {
    if (!this.on) return;
    const { view } = this, head = this.heads(frame), index = this.entry(frame);
    const votes = this.voters(frame, head), stored = this.stored(frame, index);
    const key = [head, votes, index, stored, this.chosen, head < 0 ? "" : frame.hosts[head].role + frame.hosts[head].term].join("|");
    if (key === this.was) return;
    this.was = key;
    const r = view.look.node * view.look.reach;
    this.hulls.votes.setAttribute("d", this.hull(votes, r + 16.5));
    this.hulls.stored.setAttribute("d", this.hull(stored, r + 10.5));
    const both = votes.filter((at) => stored.includes(at));
    this.both.replaceChildren();
    view.ring.nodes.forEach((node, at) => {
      if (!node) return;
      const told = [votes.includes(at) && "in the election quorum", stored.includes(at) && `stores entry ${index}`].filter(Boolean).join(", ");
      if (told) node.group.setAttribute("aria-description", told); else node.group.removeAttribute("aria-description");
      if (both.includes(at)) meets(node.x - 0.85 * node.r - 2, node.y - 0.85 * node.r - 2, 8, this.both);
    });
    this.tell(frame, head, votes, index, stored, both);
  }

  clear() {
    this.was = null;
    for (const sort in this.hulls) this.hulls[sort].setAttribute("d", "");
    this.both.replaceChildren();
    for (const node of this.view.ring.nodes) if (node) node.group.removeAttribute("aria-description");
  }

  voters(frame, head) {
    if (head < 0) return [];
    const won = frame.hosts[head].role === "leader" && this.election(frame, head);
    return won ? won.hosts[head].votes : frame.hosts[head].votes;
  }

  // Who has the entry that is committed at an index, or the leader's, on its disk.
  stored(frame, index) {
    const at = (host) => host.base[0] >= index ? "kept" : host.log && host.log[index - 1] ? host.log[index - 1].term : null;
    const logs = frame.hosts.slice(0, this.view.about.servers.length), leader = this.view.leader(frame);
    const owner = logs.find((host) => host.commit >= index && host.base[0] < index) || logs[leader] || logs.find((host) => at(host) !== null);
    const term = owner && index ? at(owner) : null;
    this.held = owner && owner.log && owner.log[index - 1];
    return term === null ? [] : logs.map((host, server) => ["kept", term].includes(at(host)) ? server : -1).filter((server) => server >= 0);
  }

  tell(frame, head, votes, index, stored, both) {
    const { view } = this, host = frame.hosts[head], count = view.about.servers.length;
    const names = (all) => all.length === count && count > 3 ? `all ${count} servers` : all.map((at) => view.name(at)).join(" ");
    const needs = host && view.needs(host), sides = view.sides(host || frame.hosts[0]);
    const enough = (all) => wins(sides, all);
    this.words.votes.textContent = !host ? "nobody leads or stands for election"
      : host.role === "leader" ? votes.length ? `${view.name(head)} leads term ${host.term} by the votes of ${names(votes)}` : `${view.name(head)} leads term ${host.term} from the beginning`
      : `${view.name(head)} stands in term ${host.term}: votes of ${names(votes)}, needs ${needs}`;
    const committed = frame.hosts.some((one) => one.commit >= index), what = this.held ? ` (${this.held.text})` : "";
    this.words.stored.textContent = !stored.length ? "no entry is committed yet"
      : `entry ${index}${what} is stored on ${names(stored)}${committed ? "" : enough(stored) ? ", not known as committed" : `, needs ${needs || view.needs(frame.hosts[0])}`}`;
    const quorums = stored.length && enough(votes) && enough(stored);
    this.words.both.textContent = !stored.length || !votes.length ? "where two majorities meet is marked"
      : both.length ? `${listed(both.map((at) => view.name(at)))} ${both.length > 1 ? "are" : "is"} in both`
      : quorums ? "no server is in both: these two quorums do not know of each other" : "no server is in both";
  }

  // A line round the servers that leaves out those between them: an arc round each, a straight
  // line to a neighbour, and from the last of a run through the ring to the next run.
  hull(servers, room) {
    const { places } = this.view.look, count = this.view.about.servers.length, turn = 2 * Math.PI / count, points = [];
    const all = servers.filter((at) => at < count && places[at]).sort((a, b) => a - b);
    for (const at of all) {
      const out = at * turn - Math.PI / 2, neighbour = (step) => count > 2 && all.includes((at + step + count) % count);
      const from = neighbour(-1) ? turn / 2 : ROUND, to = neighbour(1) ? turn / 2 : ROUND;
      for (let i = 0; i <= 24; i++) {
        const angle = out - from + (from + to) * i / 24;
        points.push([places[at][0] + room * Math.cos(angle), places[at][1] + room * Math.sin(angle)]);
      }
    }
    return points.length ? path(points, 0, 0, 1, true) : "";
  }
}

const ROUND = 2.3; // how far round a server that has no neighbour on a side, in radians

Quorums.made = 0;

const listed = (names) => names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;

// Whether `votes` hold a majority of each side.
const wins = (sides, votes) => sides.every((side) => 2 * side.filter((at) => votes.includes(at)).length > side.length);

function meets(x, y, r, parent) {
  const made = svg("g", { class: "rl-meets", transform: `translate(${x.toFixed(1)},${y.toFixed(1)})` }, parent);
  svg("circle", { r }, made);
  const a = 0.5 * r;
  svg("path", { d: `M${-a},${a}V0A${a},${a} 0 0 1 ${a},0V${a}` }, made);
}

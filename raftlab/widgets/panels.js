// What stands round the ring, in words and tables: the logs, what happened, what can happen
// next, the lights. Each is rebuilt only where the frame differs from the one drawn before.

function el(tag, classes, parent, text, attributes) {
  const node = document.createElement(tag);
  if (classes) node.className = classes;
  if (text !== undefined) node.textContent = text;
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (parent) parent.append(node);
  return node;
}

function button(parent, text, title, press, classes = "") {
  const node = el("button", "rl-button " + classes, parent, text, { type: "button", title });
  node.addEventListener("click", press);
  return node;
}

const ms = (time) => `${time.toFixed(1)} ms`;

// The logs, aligned by index: committed entries have a solid frame, others a dashed one. The newest
// are in sight, and how many are hidden before them is said, for all and in each row.
class Logs {
  constructor(view, parent) {
    this.view = view;
    this.most = 30; // columns drawn; what lies before them can be seen in rl.show.logs
    const title = el("h4", "rl-title", parent, "Logs");
    this.earlier = button(title, "", "back to the first entries", () => this.turn(), "rl-more");
    this.box = el("div", "rl-scroll", parent, undefined, { tabindex: 0, role: "region", "aria-label": "logs" });
    this.box.addEventListener("scroll", () => this.hidden(), { passive: true });
    this.table = el("table", view.about.servers.length > 7 ? "rl-logs rl-dense" : "rl-logs", this.box);
    this.head = el("tr", "", el("thead", "", this.table));
    const body = el("tbody", "", this.table);
    this.rows = view.about.servers.map((id) => {
      const row = el("tr", "", body);
      el("i", "", el("th", "", row, id, { scope: "row" }), "", { title: "it has entries further left" });
      return row;
    });
    this.was = [];
    this.legend = el("p", "rl-legend", parent);
    this.legend.innerHTML = "<span class='rl-cell rl-term0 rl-committed'>x=1</span> committed " +
      "<span class='rl-cell rl-term0'>x=1</span> not yet <b>●</b> leader knows it is stored there";
  }

  draw(frame) {
    const hosts = frame.hosts.slice(0, this.rows.length);
    const has = hosts.some((host) => host.log);
    if (this.has !== has) this.view.root.classList.toggle("rl-logless", !(this.has = has));
    if (!has) return;
    const longest = Math.max(1, ...hosts.map((host) => host.log ? host.log.length : 0));
    // Columns of which nobody has anything but a snapshot are not worth their place.
    const gone = Math.min(...hosts.map((host) => host.log ? host.base[0] : 0));
    const first = Math.max(1, gone, longest - this.most + 1);
    const leader = frame.hosts.findIndex((host, at) => at === this.view.leader(frame));
    const known = leader < 0 ? [] : frame.hosts[leader].match;
    const match = Object.fromEntries(known);
    const grown = this.first !== first || this.longest !== longest;
    const atEnd = grown && this.box.scrollLeft >= this.box.scrollWidth - this.box.clientWidth - 4;
    if (grown) {
      this.head.replaceChildren(el("th", "", null, "", { "aria-label": "server" }));
      for (let index = first; index <= Math.max(longest, first + 2); index++)
        el("th", "", this.head, index, { scope: "col" });
      el("th", "rl-kept", this.head, "applied");
      this.was = [];
    }
    this.first = first;
    this.longest = longest;
    let changed = false;
    hosts.forEach((host, at) => {
      const was = this.was[at], now = [host.log, host.base, host.commit, host.machine, host.fields, host.mode, match[at]];
      if (was && now.every((held, place) => held === was[place])) return;
      this.was[at] = now;
      changed = true;
      this.row(this.rows[at], host, first, Math.max(longest, first + 2), match[at]);
    });
    if (atEnd) this.box.scrollLeft = this.box.scrollWidth; // who looks at old entries is left alone
    if (grown) this.hidden(); // which asks the browser where things are: not at every event
    else if (changed) this.mark();
  }

  // To the first entries drawn, and from there back to the newest.
  turn() {
    const start = this.box.scrollLeft > 4;
    this.box.scrollTo({ left: start ? 0 : this.box.scrollWidth, behavior: calm() ? "auto" : "smooth" });
  }

  // How many columns lie out of sight on the left; a row that has entries there is marked.
  hidden() {
    const edge = this.box.getBoundingClientRect().left + this.head.firstChild.offsetWidth;
    const before = [...this.head.children].slice(1, -1).filter((cell) => cell.getBoundingClientRect().left < edge - 4).length;
    const count = this.count = this.first - 1 + before;
    this.earlier.hidden = !count && !(this.box.scrollWidth > this.box.clientWidth + 4);
    this.earlier.textContent = count ? `← ${count} earlier` : "newest →";
    this.earlier.title = before || !count ? "to the first entries, and back to the newest" : "in rl.show.logs";
    this.mark();
  }

  mark() {
    this.rows.forEach((row, at) => {
      const log = this.view.player.frame.hosts[at].log, mark = this.count && log && log.length ? "‹" : "";
      if (row.firstChild.lastChild.textContent !== mark) row.firstChild.lastChild.textContent = mark;
    });
  }

  row(row, host, first, last, match) {
    while (row.children.length > 1) row.lastChild.remove();
    row.className = host.mode === DOWN ? "rl-off" : "";
    const base = Math.min(host.log ? host.base[0] : 0, last);
    if (base >= first) this.compacted(row, host.base, base - first + 1, match);
    for (let index = Math.max(first, base + 1); index <= last; index++) {
      const entry = host.log && host.log[index - 1], cell = el("td", "", row);
      if (!entry) continue;
      const committed = index <= host.commit;
      const box = el("span", `rl-cell ${termClass(entry.term)} ${committed ? "rl-committed" : ""}`, cell, entry.text);
      box.title = `entry ${index}: ${entry.text}, term ${entry.term}, ${committed ? "committed" : "not committed as far as this server knows"}`;
      el("span", "rl-hidden", box, ` term ${entry.term} ${committed ? "committed" : "uncommitted"}`);
      if (match === index) this.match(cell);
    }
    if (host.log && !host.log.length && !base) row.children[1].append(el("span", "rl-none", null, "empty"));
    el("td", "rl-kept", row, host.machine, { title: host.fields || "" });
  }

  // What a snapshot stands for: one block, as wide as the columns of the entries that are gone.
  compacted(row, [base, term], columns, match) {
    const cell = el("td", "", row, undefined, { colspan: columns });
    const box = el("span", "rl-cell rl-compacted rl-committed", cell, columns > 1 ? `1…${base} compacted` : `…${base}`);
    box.title = `entries 1 to ${base} are compacted into a snapshot; the last of them was of term ${term}`;
    if (match === base) this.match(cell);
  }

  match(cell) {
    el("b", "rl-match", cell, "●", { title: "the leader knows that this server holds the log up to here (match index)" });
  }
}

// The last events, newest first; one click travels there.
class Feed {
  constructor(view, parent) {
    this.view = view;
    el("h4", "rl-title", parent, "What happened");
    this.list = el("ol", "rl-feed", parent);
  }

  draw(player) {
    if (this.at === player.position && this.of === player.frame) return;
    this.at = player.position;
    this.of = player.frame;
    const items = [];
    for (let at = player.position; at >= 0 && items.length < 5; at--) {
      const frame = player.track.frames[at];
      if (frame.kind === "Wait") continue;
      const item = el("li", frame.interesting ? "rl-notable" : "");
      if (at === player.position) item.setAttribute("aria-current", "step");
      const travel = button(item, "", "travel to this event", () => { player.play(false); player.go(at); player.rest(); }, "rl-line");
      el("span", "rl-time", travel, frame.t.toFixed(1));
      el("span", "", travel, frame.headline);
      items.push(item);
    }
    this.list.replaceChildren(...items);
  }
}

// Everything that can happen next, in order of time. Picking one makes it happen now. The list
// scrolls in its own box; while time runs only what is in sight is written.
class Next {
  constructor(view, parent) {
    this.view = view;
    this.title = el("h4", "rl-title", parent, "What can happen next");
    this.list = el("ol", "rl-next", parent);
  }

  draw(player) {
    const { frame } = player, most = player.playing ? 10 : 200;
    if (this.of === frame && this.most === most) return;
    this.of = frame;
    this.most = most;
    this.times = [];
    const coming = pending(frame), items = [];
    const title = `What can happen next${coming.length ? `: ${coming.length}` : ""}`;
    if (this.title.textContent !== title) this.title.textContent = title;
    for (const [order, event] of coming.slice(0, most).entries()) {
      const item = el("li", order ? "" : "rl-first");
      const { message } = event, name = (at) => this.view.name(at);
      const words = message ? `${message.name} ${name(message.src)}→${name(message.dst)}`
        : `${name(event.node)} ${event.timer} timer`;
      const pick = button(item, "", order ? "make this happen now, before everything else" : "the next in time: step", () => {
        player.play(false);
        if (!order) player.step();
        else if (message) this.view.mail("deliver", message);
        else player.act("fire", { node: name(event.node), timer: event.timer });
      }, "rl-line");
      const time = el("span", "rl-time", pick, "waits");
      if (event.due !== null) this.times.push([time, event.due]);
      // Where there is little room the name gives way, not who sends to whom.
      el("span", "rl-what", pick, message ? message.name : words);
      if (message) el("span", "rl-link", pick, words.slice(message.name.length + 1) + (message.glyph.endsWith("-yes") ? " ✓" : message.glyph.endsWith("-no") ? " ✗" : ""));
      if (message && doomed(message, frame)) el("em", "rl-doom", pick, doomed(message, frame));
      if (message) button(item, "⋯", `drop, delay or double ${words}`, (event) => this.view.menu.message(message, event.currentTarget, event), "rl-dots");
      items.push(item);
    }
    if (!items.length) items.push(el("li", "", null, "nothing: no message is under way and no timer runs"));
    this.list.replaceChildren(...items);
    this.tell(player.t);
  }

  // How far each of them is from the clock.
  tell(t) {
    for (const [time, due] of this.times) {
      const left = `+${Math.max(0, due - t).toFixed(1)}`;
      if (time.textContent !== left) time.textContent = left;
    }
  }
}

// What is due in a frame: messages and running timers, earliest first.
function pending(frame) {
  const found = frame.flying.map((message) => ({
    due: frame.hosts[message.dst].mode === PAUSED ? null : message.due, message }));
  frame.hosts.forEach((host, node) => {
    if (host.mode === UP) for (const timer of host.timers) found.push({ due: timer.to, timer: timer.name, node });
  });
  const time = (event) => event.due === null ? Infinity : event.due;
  return found.sort((a, b) => time(a) - time(b) || (a.message ? 0 : 1) - (b.message ? 0 : 1));
}

// Why a message will not arrive as things stand, or "".
function doomed(message, frame) {
  if (message.fate) return message.fate === "cut" ? "link cut" : "will be lost";
  if (frame.cuts.some(([src, dst]) => src === message.src && dst === message.dst)) return "link cut";
  return frame.hosts[message.dst].mode === DOWN ? "receiver down" : "";
}

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

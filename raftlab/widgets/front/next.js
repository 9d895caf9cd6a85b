// Everything that can happen next: the messages and timers in order of time, of which picking one
// makes it happen now, and below them all that one can do oneself (deeds.js). The list scrolls in
// its own box; while time runs only what is in sight is written.
class Next {
  constructor(view, parent) {
    this.view = view;
    const head = el("div", "rl-coming-head", parent);
    this.title = el("h4", "rl-title", head, "What can happen next");
    this.filter = el("input", "rl-filter", head, undefined, {
      type: "search", placeholder: "filter", "aria-label": "show only what has these words in it" });
    this.filter.addEventListener("input", () => { this.of = null; this.draw(view.player); });
    this.box = el("div", "rl-next", parent, undefined, { role: "group", "aria-label": "what can happen next" });
    this.list = el("ol", "", this.box);
    this.groups = [];
    if (!view.about.recording) this.group();
    this.none = el("p", "rl-none", this.box, "nothing that can happen or be done has these words in it");
  }

  // What one can do: to all of them, to each node, to each link.
  group() {
    const { view } = this, { deeds } = view;
    const add = (title, find) => {
      const box = el("details", "rl-can", this.box), words = el("summary", "", box, title);
      const group = { title, box, words, find, list: el("ul", "", box), was: null, mine: false };
      box.addEventListener("toggle", () => { if (box.open) this.fill(group); });
      words.addEventListener("click", () => { group.mine = !box.open; });
      this.groups.push(group);
    };
    add("All of them", () => deeds.network());
    view.about.nodes.forEach((node, at) => add(node, () => [
      ...deeds.server(at),
      deeds.deed("Request…", deeds.deaf(at), () => view.ring.nodes[at] ? view.menu.server(at, view.ring.nodes[at].group) : view.menu.ask()),
    ]));
    if (view.about.nodes.length > 1)
      add("Links", () => deeds.links().map(([a, b]) => ({ row: `${deeds.tellLink(a, b)}: `, deeds: deeds.link(a, b) })));
  }

  get wanted() { return this.filter.value.trim().toLowerCase(); }

  fits(words) { return this.wanted.split(" ").every((word) => words.toLowerCase().includes(word)); }

  // Write the deeds of an open group, if they are not those that it shows; the focus stays.
  fill(group) {
    const { wanted } = this, { title, list } = group;
    const deeds = group.find().filter((deed) => this.fits([title, deed.row || deed.words, ...(deed.deeds || []).map((one) => one.words)].join(" ")));
    const now = wanted + JSON.stringify(deeds, (_, held) => typeof held === "function" ? undefined : held);
    group.found = deeds.length;
    if (group.was === now) return;
    group.was = now;
    const at = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    list.replaceChildren(...deeds.map((deed) => {
      const item = el("li");
      (deed.row ? deedRow : deedLine)(item, deed, () => {});
      return item;
    }));
    if (at >= 0) focusNear([...list.querySelectorAll("button")], at);
  }

  drawGroups() {
    const { wanted } = this;
    for (const group of this.groups) {
      if (wanted || group.box.open) this.fill(group);
      const hidden = !!wanted && !group.found, open = wanted ? !hidden : group.mine;
      if (group.box.hidden !== hidden) group.box.hidden = hidden;
      if (group.box.open !== open) group.box.open = open;
    }
  }

  draw(player) {
    const { frame } = player, most = player.playing ? 10 : 200, { wanted } = this;
    if (this.of === frame && this.most === most) return;
    this.of = frame;
    this.most = most;
    this.times = [];
    const coming = pending(frame), items = [];
    const title = `What can happen next${coming.length ? `: ${coming.length}` : ""}`;
    if (this.title.textContent !== title) this.title.textContent = title;
    this.list.classList.toggle("rl-short", player.playing); // what stands below stays where it is
    for (const [order, event] of coming.slice(0, most).entries()) {
      const { message } = event, name = (at) => this.view.name(at);
      const words = message ? `${message.name} ${name(message.src)}→${name(message.dst)}`
        : `${name(event.node)} ${event.timer} timer`;
      if (!this.fits(words)) continue;
      const item = el("li", order ? "" : "rl-first");
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
    if (!coming.length) items.push(el("li", "", null, "nothing: no message is under way and no timer runs"));
    const at = [...this.list.querySelectorAll(".rl-line")].indexOf(document.activeElement);
    this.list.replaceChildren(...items);
    if (at >= 0) focusNear([...this.list.querySelectorAll(".rl-line")], at);
    this.tell(player.t);
    this.drawGroups();
    this.none.hidden = !wanted || items.length > 0 || this.groups.some(({ box }) => !box.hidden);
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

// The focus goes to the button that has taken the place of one that is gone.
function focusNear(buttons, at) {
  const able = (one) => one && !one.disabled;
  const next = able(buttons[at]) ? buttons[at] : buttons.slice(at).find(able) || buttons.filter(able).pop();
  if (next) next.focus({ preventScroll: true });
}

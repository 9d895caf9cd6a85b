// Who knew what when: a line for each node, time to the right, every message from its sending to
// its end. The live twin of views/spacetime.py, with its signs. That one runs downwards, to be as
// long as a page; a pane is wide and short, so here time runs the way the scrubber does, and a
// wheel, a finger or Tab reach the rest.

const AROUND = 500; // pixels drawn on either side of what is seen

class Spacetime {
  constructor(view, parent) {
    this.view = view;
    // What is hidden stays hidden when the pane, or another view of the lab, is opened again.
    this.how = view.player.spacetime ||= { beats: true, hidden: new Set(), scale: 3 };
    this.diagram = new Diagram(view.about.nodes);
    this.weave = new Weave(view.look, this.diagram);
    this.pin = null; // the event whose past somebody asked for
    this.waved = null; // the commit whose past somebody did not want to see
    this.at = 0; // the event that keys and pointer are on
    this.drawn = null;
    this.scroll = 0;
    this.wide = 600;
    this.follow = true;
    this.turned = -1e9;
    this.bar(el("div", "rl-st-bar", parent));
    const box = this.box = el("div", "rl-st", parent, undefined, { role: "group",
      "aria-label": "space-time diagram: left and right move along a line, up and down across a message, Enter travels there, b shows what came before" });
    this.names = el("div", "rl-st-names", box);
    this.roll = el("div", "rl-st-roll", box, undefined, { tabindex: -1 });
    const sheet = this.sheet = el("div", "rl-st-sheet", this.roll);
    this.svg = svg("svg", { class: "rl-st-picture", "aria-hidden": "true" }, null);
    sheet.append(this.svg);
    this.veil = el("div", "rl-st-veil", sheet);
    this.curtain = el("div", "rl-st-curtain", sheet);
    this.now = el("div", "rl-st-now", sheet);
    this.front = svg("svg", { class: "rl-st-picture rl-st-front", "aria-hidden": "true" }, null);
    sheet.append(this.front);
    this.cursor = button(sheet, "", "", () => this.travel(this.at), "rl-st-cursor");
    this.cursor.removeAttribute("title");
    this.said = el("div", "rl-st-said", parent);
    this.twin = el("details", "rl-st-twin", parent);
    el("summary", "", this.twin, "The same as a list");
    this.list = el("ol", "", this.twin, undefined, { tabindex: 0, "aria-label": "the events of the diagram" });
    this.twin.addEventListener("toggle", () => this.tell());
    this.listen();
    this.set({});
  }

  bar(bar) {
    const { how } = this;
    const label = el("label", "rl-st-check", bar);
    const box = el("input", "", label, undefined, { type: "checkbox" });
    box.checked = how.beats;
    label.append("heartbeats");
    label.title = "show heartbeats that change nothing, and the answers to them";
    box.addEventListener("change", () => this.set({ beats: box.checked }));
    this.past = button(bar, "What came before", "everything that happened before this event and so can have influenced it  (key: b)", () => this.before(), "rl-small");
    el("span", "rl-gap", bar);
    button(bar, "−", "more time at once  (key: -)", () => this.zoom(1 / 1.6), "rl-small").setAttribute("aria-label", "more time at once");
    button(bar, "+", "less time, more room  (key: +)", () => this.zoom(1.6), "rl-small").setAttribute("aria-label", "less time, more room");
    button(bar, "Now", "back to the present", () => { this.follow = true; this.stood = -1; this.draw(this.view.player); this.show(this.x, true); }, "rl-small");
    this.hidden = el("span", "rl-st-gone", bar);
    el("span", "rl-st-key", bar, "solid question · dashed answer · ✕ lost · ▾ act");
  }

  listen() {
    const { roll, sheet, cursor } = this;
    const place = (event) => {
      const box = sheet.getBoundingClientRect();
      return this.diagram.hit(event.clientX - box.left, event.clientY - box.top, this.end);
    };
    roll.addEventListener("scroll", () => {
      this.scroll = roll.scrollLeft;
      if (!this.covers()) this.paint();
    }, { passive: true });
    for (const kind of ["wheel", "touchmove", "pointerdown"])
      roll.addEventListener(kind, () => { this.follow = false; }, { passive: true });
    sheet.addEventListener("pointermove", (event) => {
      const found = place(event);
      sheet.classList.toggle("rl-st-over", !!found);
      this.say(found);
    });
    sheet.addEventListener("pointerleave", () => this.say(null));
    sheet.addEventListener("click", (event) => {
      const found = event.target !== cursor && place(event);
      if (found) this.travel(found.way ? (found.way.to <= this.end ? found.way.to : found.way.from) : found.at);
    });
    cursor.addEventListener("keydown", (event) => this.key(event));
    cursor.addEventListener("focus", () => this.say(null));
    this.size = new ResizeObserver(() => {
      this.wide = roll.clientWidth || this.wide;
      if (!this.covers()) this.paint();
    });
    this.size.observe(roll);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { diagram, at, end } = this;
    const to = {
      ArrowLeft: () => diagram.along(at, -1, end), ArrowRight: () => diagram.along(at, 1, end),
      ArrowUp: () => diagram.across(at, -1, end), ArrowDown: () => diagram.across(at, 1, end),
      Home: () => diagram.along(0, 1, end, diagram.frames[at].actor), End: () => diagram.along(end + 1, -1, end, diagram.frames[at].actor),
    }[event.key];
    const does = { b: () => this.before(), "+": () => this.zoom(1.6), "=": () => this.zoom(1.6), "-": () => this.zoom(1 / 1.6) }[event.key];
    if (!to && !does) return;
    event.preventDefault();
    event.stopPropagation();
    if (does) { does(); return; }
    const found = to();
    if (found > 0) this.select(found);
    else this.view.live.textContent = "no event further that way";
  }

  gone() { this.size.disconnect(); }

  // -- what somebody wants --

  set(how) {
    Object.assign(this.how, how);
    const { diagram } = this;
    diagram.set(this.how);
    this.drawn = null;
    for (const [node, height] of [[this.box, diagram.height + 12], [this.sheet, diagram.height]]) node.style.height = `${height}px`;
    for (const node of [this.veil, this.curtain, this.now]) {
      node.style.top = `${diagram.top - 15}px`;
      node.style.height = `${diagram.axis - diagram.top + 10}px`;
    }
    this.curtain.style.height = `${diagram.height - diagram.top + 15}px`;
    this.names.replaceChildren();
    for (const [at, y] of diagram.lanes) this.name(this.names, at, `top:${y}px`);
    el("i", "", this.names, "network", { style: `top:${diagram.network}px` });
    this.hidden.replaceChildren();
    if (this.how.hidden.size) {
      this.hidden.append("hidden: ");
      for (const at of this.how.hidden) this.name(this.hidden, at);
    }
    this.draw(this.view.player);
    if (this.x !== undefined) this.show(this.x, true);
  }

  name(parent, at, style) {
    const hidden = this.how.hidden.has(at), name = this.view.name(at);
    const made = button(parent, name, hidden ? `show ${name} again` : `hide ${name} and its messages`, () => {
      const now = new Set(this.how.hidden);
      if (hidden) now.delete(at); else now.add(at);
      if (now.size === this.view.about.nodes.length) return; // one line stays
      this.set({ hidden: now });
      (hidden ? this.names.firstChild : this.hidden.lastChild).focus();
    }, "rl-st-name");
    if (style) made.setAttribute("style", style);
    made.setAttribute("aria-label", made.title);
  }

  zoom(by) {
    const scale = Math.max(0.3, Math.min(12, this.how.scale * by));
    if (scale !== this.how.scale) this.set({ scale });
  }

  before() {
    const at = this.subject();
    if (at !== null && at === this.at) { this.pin = null; this.waved = at; } else { this.pin = this.at; this.waved = null; }
    this.draw(this.view.player);
    this.view.live.textContent = this.words;
  }

  travel(at) {
    const { player } = this.view;
    this.at = at;
    player.play(false);
    player.go(at);
    player.rest();
  }

  select(at) {
    this.at = at;
    this.point();
    this.show(this.diagram.x[at]);
    this.view.live.textContent = this.tellOf(at);
  }

  // -- drawing --

  // The event whose past is shown: the one asked for, or a commit at which the clock rests.
  subject() {
    const { player } = this.view, { frames } = player.track, at = player.position;
    if (this.pin !== null && this.pin <= player.seen) return this.pin;
    return !player.playing && this.waved !== at && commits(frames, at) ? at : null;
  }

  // The event on which the focus stands while the clock stands at another one that is not drawn.
  standing(position) {
    let at = position;
    while (at > 0 && !this.diagram.show[at]) at--;
    return at;
  }

  draw(player) {
    const { diagram } = this, { frames } = player.track;
    const fresh = diagram.sync(frames);
    if (fresh !== Infinity && this.drawn && (diagram.x[fresh - 1] || 0) < this.drawn[1] + diagram.span) this.drawn = null;
    this.end = player.seen;
    if (this.at > this.end || this.stood !== player.position || fresh <= this.at) this.at = this.standing(player.position);
    if (this.stood !== player.position && !player.playing) this.follow = true;
    this.stood = player.position;
    if (player.playing && !this.played) this.follow = true;
    this.played = player.playing;
    if (this.pin !== null && this.pin > this.end) this.pin = null;
    const about = this.subject(), subject = about === null ? null : frames[about];
    if (subject !== this.of || about !== null && fresh !== Infinity) {
      this.of = subject;
      this.reach = about === null ? null : this.weave.reach(about);
      this.words = about === null ? "" : restsOn(this.view, frames, about, this.reach.past);
      this.drawn = null;
    }
    this.past.setAttribute("aria-pressed", about !== null && about === this.at);
    const width = Math.ceil(diagram.x[this.end] + Math.max(60, 0.25 * this.wide));
    if (width !== this.width) this.sheet.style.width = `${this.width = width}px`;
    const seen = diagram.x[this.end];
    if (seen !== this.seenAt) this.seenAt = seen;
    if (!this.drawn || !this.covers()) this.paint(); else this.write();
    this.move(player);
    if (!player.playing && this.follow) this.show(this.x);
    this.point();
    this.tell();
  }

  // What moves with the clock: nothing but three places.
  move(player) {
    const x = this.x = this.diagram.now(player.position, player.t), end = Math.max(x, this.seenAt);
    this.now.style.transform = `translateX(${x.toFixed(1)}px)`;
    this.veil.style.transform = `translateX(${x.toFixed(1)}px)`;
    this.curtain.style.transform = `translateX(${end.toFixed(1)}px)`;
    // The picture stands still while the line of the present crosses it, and is then turned.
    if (player.playing && this.follow && (x > this.scroll + 0.92 * this.wide || x < this.scroll) && performance.now() - this.turned > 900) this.show(x, true);
  }

  // Scroll so that x is seen: in the left part of the pane if the picture is to be turned.
  show(x, turn) {
    if (x > this.scroll + 24 && x < this.scroll + this.wide - 60 && !turn) return;
    const left = Math.max(0, x - (turn && this.view.player.playing ? 0.3 : 0.6) * this.wide);
    this.scroll = Math.min(left, Math.max(0, this.width - this.wide));
    this.turned = performance.now();
    this.roll.scrollTo({ left, behavior: turn && this.view.player.playing && !calm() ? "smooth" : "instant" });
    if (!this.covers()) this.paint();
  }

  covers() { return this.drawn && this.drawn[0] <= this.scroll && this.drawn[1] >= this.scroll + this.wide; }

  // Everything near what is seen, also what is still behind the curtain.
  paint() {
    const { diagram, scroll, wide } = this, x0 = Math.max(0, scroll - AROUND), x1 = scroll + wide + AROUND;
    if (!diagram.frames.length) return;
    this.drawn = [x0 || -1e9, x1];
    this.svg.innerHTML = this.weave.picture(x0, x1, this.reach);
    for (const one of [this.svg, this.front]) {
      one.style.left = `${x0}px`;
      for (const [key, value] of [["viewBox", `${x0} 0 ${x1 - x0} ${diagram.height}`], ["width", x1 - x0], ["height", diagram.height]]) one.setAttribute(key, value);
    }
    this.wrote = null;
    this.write();
  }

  // In front of the curtain: the names of the turning points up to what was seen, and the event
  // at which the clock stands.
  write() {
    const { end, drawn, view: { player } } = this, key = `${end} ${player.position}`;
    if (this.wrote === key || !drawn) return;
    this.wrote = key;
    this.front.innerHTML = this.weave.names(drawn[0], drawn[1], end, player.position, this.reach);
  }

  // The one element that has the focus stands on the event in question.
  point() {
    const { diagram, at, cursor } = this, label = this.tellOf(at);
    const [x, y] = diagram.place(at);
    cursor.style.transform = `translate(${x.toFixed(1)}px,${y.toFixed(1)}px)`;
    if (cursor.label !== label) cursor.setAttribute("aria-label", cursor.label = label);
    this.say(this.over || null);
  }

  // -- words --

  tellOf(at) {
    const { t, headline, why, broken } = this.diagram.frames[at], before = at ? this.diagram.frames[at - 1].broken.length : 0;
    const news = broken.slice(before).map(({ name }) => ` Broken: ${name.replaceAll("_", " ")}.`).join("");
    return `event ${at}, ${ms(t)}: ${headline}. ${why.join(". ")}.${news}`;
  }

  say(found) {
    this.over = found;
    const way = found && found.way, at = found && !way ? found.at : this.at, frame = this.diagram.frames[at];
    if (!frame) return;
    let head, lines;
    if (way) {
      const { mail } = way, name = (node) => this.view.name(node), over = way.to <= this.end;
      head = `${mail.detail || mail.name} ${name(mail.src)}→${name(mail.dst)}`;
      lines = [`sent at ${ms(mail.sent)}${over ? `, ${way.lost ? "lost" : "arrives"} at ${ms(mail.end.t)}` : ", under way"}`];
    } else {
      head = `event ${at} · ${ms(frame.t)} · ${frame.headline}`;
      lines = [...frame.why];
    }
    const past = (!found || !way && at === this.at) && this.words ? this.words : "";
    const key = head + lines.join() + past;
    if (key === this.saying) return;
    this.saying = key;
    const rows = [el("b", "", null, head), el("span", "", null, " " + lines.join(". "))];
    if (past) rows.splice(1, 0, el("p", "rl-st-past", null, past));
    this.said.replaceChildren(...rows);
  }

  // The list that says what the picture shows; it is made when somebody opens it.
  tell() {
    if (!this.twin.open) return;
    const { diagram, list, end } = this, key = [end, diagram.frames[end] === this.listed, this.how.beats, ...this.how.hidden].join();
    if (key === this.listKey) return;
    this.listed = diagram.frames[end];
    this.listKey = [end, true, this.how.beats, ...this.how.hidden].join();
    const made = document.createDocumentFragment();
    for (let at = 1; at <= end; at++)
      if (diagram.show[at]) el("li", "", made, this.tellOf(at) + (isAct(diagram.frames[at]) ? " (somebody's act)" : ""));
    list.replaceChildren(made);
  }
}

PANES.push({ name: "Space-time", hint: "who knew what when: every message from its sending to its end", pane: Spacetime });

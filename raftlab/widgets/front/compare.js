// Two histories side by side, from the first event that differs: two branches, or the present one
// and a run that a cell has put beside it (lab.compare). The kernel finds where they part and sends
// the events around it; stepping through them needs no kernel.

class Compare {
  constructor(view, parent) {
    this.view = view;
    parent.classList.add("rl-compare");
    this.empty = el("p", "rl-how", parent);
    this.body = el("div", "", parent);
    const bar = el("div", "rl-bar", this.body, undefined, { role: "toolbar", "aria-label": "compare" });
    this.choices = ["compare", "with"].map((words, side) => {
      const label = el("label", "", bar, `${words} `), select = el("select", "rl-choice", label);
      select.addEventListener("change", () => this.choose(...this.choices.map((one) => +one.value)));
      return select;
    });
    el("span", "rl-gap", bar);
    this.first = button(bar, "≠ First", "the first event that differs", () => this.go(this.parts()));
    this.back = button(bar, "◀ Both back", "one event back in both", () => this.go(this.at - 1));
    this.on = button(bar, "Step both ▶", "the next event in time, in whichever of the two it is", () => this.go(this.at + 1), "rl-strong");
    this.why = el("p", "rl-parting", this.body);
    const both = el("div", "rl-both", this.body);
    this.sides = [0, 1].map(() => this.side(el("div", "rl-side-by", both)));
    this.differ = el("table", "rl-table-of", el("div", "rl-scroll", this.body, undefined, { tabindex: 0, role: "region", "aria-label": "what differs" }));
    this.events = el("table", "rl-table-of rl-events", el("div", "rl-scroll rl-two", this.body, undefined, { tabindex: 0, role: "region", "aria-label": "the events of both; the arrow keys step through them" }));
    this.events.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-at]");
      if (row) this.go(+row.dataset.at);
    });
    this.body.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step || !event.target.closest(".rl-two")) return;
      event.preventDefault();
      this.go(this.at + step);
    });
    this.body.hidden = true;
  }

  // One of the two: its picture, drawn as the large one is, but only to look at.
  side(parent) {
    const side = { player: { frame: null, t: 0, playing: false, track: new Track() } };
    const head = el("div", "rl-side-head", parent);
    side.title = el("h4", "rl-title", head);
    side.go = button(head, "Go there", "travel to this event in the large picture", () => this.visit(side), "rl-compare-with");
    const { view } = this, quiet = () => {};
    const own = Object.create(view, Object.fromEntries(Object.entries({
      player: side.player, menu: { server: quiet, message: quiet, link: quiet }, quorums: { election: () => null },
    }).map(([key, value]) => [key, { value }])));
    const box = el("div", "rl-little", parent, undefined, { inert: "", "aria-hidden": "true" });
    box.style.setProperty("--rl-width", `${Math.min(view.look.box[2], 250)}px`);
    side.ring = new Ring(own, box);
    side.words = el("p", "rl-then", parent);
    return side;
  }

  choose(one, other) {
    this.wanted = { one, other };
    this.ask();
  }

  draw(player) {
    const key = `${player.tree} ${player.pane}`;
    if (key === this.key) return;
    this.key = key;
    if (this.pane !== `${player.pane}`) this.wanted = null; // a cell has put another run beside it
    this.pane = `${player.pane}`;
    this.ask();
  }

  async ask() {
    const number = this.number = (this.number || 0) + 1;
    const found = await this.view.player.query("compare", this.wanted || {});
    if (number !== this.number) return;
    this.body.hidden = !found.pair;
    this.empty.hidden = !!found.pair;
    if (!found.pair) {
      this.empty.textContent = found.error || "There is one history so far, and to compare takes two. Go back and act on the past: a second history begins there. " +
        "Or put another run beside this one from a cell: lab.compare(other_run), lab.compare(MyNode).";
      return;
    }
    this.take(found);
  }

  take(found) {
    const { view } = this;
    this.found = found;
    this.choices.forEach((select, side) => {
      select.replaceChildren(...found.names.map((name, at) => el("option", "", null, name, { value: at })));
      select.value = found.pair[side];
    });
    this.why.textContent = [found.why, found.replayed].filter(Boolean).join(" ");
    found.sides.forEach((side, at) => {
      const { player } = this.sides[at];
      player.track = new Track();
      player.track.merge(side);
      player.first = side.first;
      this.sides[at].name = found.names[found.pair[at]];
      this.sides[at].own = found.pair[at] !== found.beside; // the other is no branch to travel to
    });
    this.first.disabled = !found.at;
    this.table();
    this.go(this.parts());
    view.live.textContent = found.why;
  }

  // The row in which the two part; without one, the last that both have.
  parts() { return this.found.parting ?? this.found.rows.length - 1; }

  frame(side, position) { return side.player.track.frames[position - side.player.first]; }

  table() {
    const parts = this.parts(), body = el("tbody", "", null), head = el("tr", "", null);
    el("th", "", head, this.sides[0].name, { scope: "col" });
    el("span", "rl-hidden", el("th", "", head, "", { scope: "col" }), "the same or not");
    el("th", "", head, this.sides[1].name, { scope: "col" });
    this.found.rows.forEach((pair, at) => {
      const row = el("tr", at === parts && this.found.at ? "rl-parts" : "", body, undefined, { "data-at": at });
      const sign = at === parts && this.found.at ? "≠" : at < parts || !this.found.at ? "=" : "";
      pair.forEach((position, side) => {
        const cell = el("td", "", row);
        if (side) row.insertBefore(el("td", "rl-same", null, sign), cell);
        if (position === null) return;
        const frame = this.frame(this.sides[side], position);
        el("span", "rl-time", cell, frame.t.toFixed(1));
        cell.append(frame.headline);
      });
    });
    this.events.replaceChildren(el("thead", "", null), body);
    this.events.firstChild.append(head);
  }

  go(row) {
    const { rows } = this.found;
    this.at = Math.max(0, Math.min(rows.length - 1, row));
    this.back.disabled = this.at === 0;
    this.on.disabled = this.at === rows.length - 1;
    const t = Math.max(...rows[this.at].map((position, side) => position === null ? -1 : this.frame(this.sides[side], position).t));
    this.sides.forEach((side, at) => {
      let from = this.at;
      while (from > 0 && rows[from][at] === null) from--;
      const position = rows[from][at], frame = this.frame(side, position), idle = rows[this.at][at] === null;
      side.position = position;
      side.player.frame = frame;
      side.player.t = Math.max(frame.t, Math.min(t, this.soonest(side, position)));
      side.ring.frame(frame);
      side.ring.move(frame, side.player.t);
      side.title.textContent = `${side.name} · event ${position}, ${ms(frame.t)}`;
      side.words.textContent = idle ? "nothing happens here meanwhile" : [frame.headline, ...frame.why].map((said) => said[0].toUpperCase() + said.slice(1)).join(". ");
      side.go.hidden = !side.own;
    });
    this.compared();
    const all = this.events.querySelectorAll("tr[data-at]");
    all.forEach((one, at) => { if (at === this.at) one.setAttribute("aria-current", "true"); else one.removeAttribute("aria-current"); });
    const box = this.events.parentElement, top = all[this.at].offsetTop;
    if (top < box.scrollTop + 24 || top > box.scrollTop + box.clientHeight - 40) box.scrollTop = top - box.clientHeight / 2;
  }

  // When a side's next event is: its clock must not run past it.
  soonest(side, position) {
    const next = this.frame(side, position + 1);
    return next ? next.t : Infinity;
  }

  // What differs between the two clusters now.
  compared() {
    const { view } = this, [a, b] = this.sides.map((side) => side.player.frame), rows = [];
    a.hosts.forEach((one, at) => {
      const found = differences(one, b.hosts[at], (place) => view.name(place));
      this.sides.forEach(({ ring }) => { if (ring.nodes[at]) ring.nodes[at].group.classList.toggle("rl-differs", found.length > 0); });
      found.forEach(([what, here, there], place) => {
        const row = el("tr", "", null);
        if (!place) el("th", "", row, view.name(at), { scope: "row", rowspan: found.length });
        el("td", "", row, what);
        el("td", "", row, here);
        el("td", "", row, there);
        rows.push(row);
      });
    });
    const head = el("tr", "", null);
    for (const words of ["≠", "what", ...this.sides.map(({ name }) => name)]) el("th", "", head, words, { scope: "col" });
    const none = el("tr", "", null);
    el("td", "", none, "No server differs from its twin here.");
    this.differ.replaceChildren(...rows.length ? [head, ...rows] : [none]);
  }

  visit(side) {
    const at = this.sides.indexOf(side);
    this.view.player.play(false);
    this.view.player.act("visit", { branch: this.found.pair[at], position: side.position });
  }
}

PANES.push({ name: "Compare", hint: "two histories side by side, from the first event that differs", pane: Compare, kernel: true });

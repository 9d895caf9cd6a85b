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
    const count = view.about.servers.length;
    this.table = el("table", "rl-logs" + (count > 7 ? " rl-dense" : "") + (count > 12 ? " rl-crowded" : ""), this.box, undefined, { "aria-label": "every server's log, by index" });
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

  // If `lively`, what has just changed is seen changing: entries come, turn solid, are swept away.
  draw(frame, lively) {
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
    const hurried = this.view.scrubber.travelling;
    const atEnd = grown && !hurried && this.box.scrollLeft >= this.box.scrollWidth - this.box.clientWidth - 4;
    if (grown) {
      this.head.replaceChildren(el("th", "", null));
      el("span", "rl-hidden", this.head.firstChild, "server");
      for (let index = first; index <= Math.max(longest, first + 2); index++)
        el("th", "", this.head, index, { scope: "col" });
      el("th", "rl-kept", this.head, "applied");
      this.was = [];
    }
    this.first = first;
    this.longest = longest;
    let changed = false;
    const before = lively && this.hosts || [];
    this.hosts = hosts;
    hosts.forEach((host, at) => {
      const was = this.was[at], now = [host.log, host.base, host.commit, host.machine, host.fields, host.mode, match[at]];
      if (was && now.every((held, place) => held === was[place])) return;
      this.was[at] = now;
      changed = true;
      this.row(this.rows[at], host, first, Math.max(longest, first + 2), match[at], before[at]);
    });
    if (atEnd) this.box.scrollLeft = this.box.scrollWidth; // who looks at old entries is left alone
    this.unsettled = this.unsettled || grown && hurried;
    if (grown && !hurried) this.hidden(); // which asks the browser where things are: not at every event
    else if (changed) this.mark();
  }

  // After a journey: where things are now, and the newest entries in sight.
  settle() {
    if (!this.unsettled) return;
    this.unsettled = false;
    this.box.scrollLeft = this.box.scrollWidth;
    this.hidden();
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

  row(row, host, first, last, match, before) {
    while (row.children.length > 1) row.lastChild.remove();
    row.className = host.mode === DOWN ? "rl-off" : "";
    const base = Math.min(host.log ? host.base[0] : 0, last);
    if (base >= first) this.compacted(row, host.base, base - first + 1, match);
    for (let index = Math.max(first, base + 1); index <= last; index++) {
      const entry = host.log && host.log[index - 1], cell = el("td", "", row);
      const held = before && before.log && host.log && before.log[index - 1];
      if (held && held !== entry && (!entry || held.term !== entry.term)) this.swept(cell, held);
      if (!entry) continue;
      const committed = index <= host.commit;
      const box = el("span", `rl-cell ${termClass(entry.term)} ${committed ? "rl-committed" : ""}`, cell, entry.text);
      Object.assign(box.dataset, { node: this.view.name(this.rows.indexOf(row)), index });
      for (const [key, value] of [["tabindex", index === 1 ? 0 : -1], ["role", "button"]]) box.setAttribute(key, value);
      if (before && before.log && !held) box.classList.add("rl-new");
      else if (held && committed && index > before.commit) box.classList.add("rl-turned");
      box.title = `entry ${index}: ${entry.text}, term ${entry.term}, ${committed ? "committed" : "not committed as far as this server knows"}`;
      // Where a term begins its number stands beside its colour.
      const left = index > first && host.log[index - 2];
      if (!left || left.term !== entry.term) cell.dataset.term = entry.term;
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

  // An entry that another has taken the place of, or none: struck out, and gone in a moment.
  swept(cell, entry) {
    const ghost = el("span", `rl-cell rl-swept ${termClass(entry.term)}`, cell, entry.text, { "aria-hidden": "true" });
    ghost.addEventListener("animationend", () => ghost.remove());
  }

  match(cell) {
    el("b", "rl-match", cell, "●", { title: "the leader knows that this server holds the log up to here (match index)" });
  }
}

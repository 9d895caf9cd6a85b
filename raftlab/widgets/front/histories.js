// The tree of histories: each branch is a line, painted with terms, that begins where it left
// another. What the kernel knows of them is asked for when the pane is opened and whenever an act,
// a name or another branch has made it old (histories.py).

class Histories {
  constructor(view, parent) {
    this.view = view;
    this.rows = [];
    this.hint = el("p", "rl-how", parent);
    this.list = el("ol", "rl-tree", parent, undefined, { "aria-label": "histories, each from where it left another" });
    this.heard = () => this.refused();
    view.model.on("change:trouble", this.heard);
  }

  draw(player) {
    const key = `${player.tree} ${player.real}`;
    if (key !== this.key) this.ask(this.key = key);
    else this.place();
  }

  async ask(key) {
    const { branches } = await this.view.player.query("tree");
    if (key !== this.key || !branches) return; // older than what is known by now
    this.branches = branches;
    const edit = this.edit;
    if (edit && edit.asked && this.view.player.done >= edit.asked) this.edit = null;
    if (this.edit) return; // who is writing a name is not interrupted
    this.build(edit && !this.edit ? edit.branch : this.focused());
  }

  get present() { return +this.view.player.tree.split(" ")[0]; }

  // Children right below what they left, the latest first: so no line crosses another.
  order() {
    const found = [], under = (parent) => {
      this.branches.map((branch, at) => ({ ...branch, at })).filter((branch) => branch.parent === parent)
        .sort((a, b) => b.from - a.from || b.at - a.at).forEach((branch) => { found.push(branch); under(branch.at); });
    };
    under(null);
    return found;
  }

  // [branch, which of its controls] that has the focus, so that it can be given back.
  focused() {
    const row = this.rows.find(({ item }) => item.contains(document.activeElement));
    return row ? [row.at, document.activeElement.className.split(" ")[0]] : null;
  }

  build(focus) {
    const order = this.order(), places = new Map(order.map((branch, row) => [branch.at, row]));
    this.span = Math.max(1, ...order.map((branch) => branch.end));
    this.rows = order.map((branch, row) => this.row(branch, row - places.get(branch.parent)));
    this.list.replaceChildren(...this.rows.map(({ item }) => item));
    this.place();
    if (!focus) return;
    const [at, part] = Array.isArray(focus) ? focus : [focus, "rl-name"];
    const row = this.rows.find((one) => one.at === at);
    const to = row && row.item.querySelector(`.${part}`);
    if (to) to.focus();
  }

  row(branch, below) {
    const { player } = this.view, item = el("li", "rl-branch"), row = { at: branch.at, branch, item };
    const head = el("div", "rl-branch-head", item);
    row.name = button(head, branch.name, "give it another name", () => this.rename(row), "rl-line");
    row.name.className = "rl-name rl-button rl-line";
    el("span", "rl-told", head, branch.told, { title: branch.told });
    const line = el("div", "rl-branch-line", item), part = (at) => `${(100 * at / this.span).toFixed(2)}%`;
    if (branch.parent !== null) el("i", "rl-stem", line, "", { style: `left:${part(branch.from)};--rl-rows:${below}` });
    row.paint = el("i", "rl-path", line, "", { style: `left:${part(branch.from)};width:${part(branch.end - branch.from)};background:${this.paint(branch)}` });
    for (const [at, t, words] of branch.acts.slice(0, 80)) el("i", "rl-act", line, "", { style: `left:${part(at)}`, title: `${words}, ${ms(t)}` });
    if (branch.broken !== null) el("b", "rl-fault", line, "✗", { style: `left:${part(branch.broken)}`, title: "a safety property is broken here" });
    let told = -9;
    for (const [at, term] of branch.terms) {
      if (!term || at <= branch.from && branch.parent !== null || 100 * (at - told) / this.span < 4) continue;
      el("small", "rl-at-term", line, `t${term}`, { style: `left:${part(at)}` });
      told = at;
    }
    row.range = el("input", "rl-travel-to", line, undefined, { type: "range", min: branch.from, max: Math.max(branch.end, branch.from + 1), step: 1,
      "aria-label": `events of ${branch.name}`, style: `left:calc(${part(branch.from)} - 5px);width:calc(${part(Math.max(branch.end - branch.from, this.span / 60))} + 10px)` });
    row.range.value = branch.from;
    this.listen(row);
    row.compare = button(item, "Compare", `compare ${branch.name} with the history one is in`, () => {
      this.view.tabs.open("Compare").choose(this.present, branch.at);
    }, "rl-compare-with");
    row.here = el("span", "rl-here", item, "you are here");
    return row;
  }

  paint({ terms, from, end }) {
    const stops = [], at = (position) => `${(100 * (position - from) / Math.max(1, end - from)).toFixed(2)}%`;
    terms.forEach(([position, term], place) => {
      const next = terms[place + 1];
      stops.push(`${colourOf(term)} ${at(position)}`, `${colourOf(term)} ${next ? at(next[0]) : "100%"}`);
    });
    return `linear-gradient(to right, ${stops.join(", ")})`;
  }

  listen(row) {
    const { range, branch } = row, { player } = this.view;
    range.addEventListener("input", () => {
      if (row.at === this.present) { player.play(false); player.go(+range.value); }
      this.point(row);
    });
    range.addEventListener("focus", () => this.point(row));
    range.addEventListener("blur", () => this.point(null));
    range.addEventListener("pointerup", () => setTimeout(() => this.visit(row)));
    range.addEventListener("change", () => { if (row.at === this.present) player.rest(); });
    range.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key], page = { PageUp: -1, PageDown: 1 }[event.key];
      if (step) {
        const next = this.rows[this.rows.indexOf(row) + step];
        if (next) next.range.focus();
      } else if (page) { // to the act before or after, which is what one looks for
        const acts = branch.acts.map(([at]) => at), here = +range.value;
        const to = page > 0 ? acts.find((at) => at > here) : acts.reverse().find((at) => at < here);
        range.value = to === undefined ? (page > 0 ? branch.end : branch.from) : to;
        range.dispatchEvent(new Event("input"));
        range.dispatchEvent(new Event("change"));
      } else if (event.key === "Enter") this.visit(row);
      else return;
      event.preventDefault();
    });
  }

  // Say which event a slider points to.
  point(row) {
    this.pointed = row;
    if (!row) { this.say(); return; }
    const { branch, range, at } = row, { player } = this.view, here = +range.value;
    const act = branch.acts.find(([position]) => position === here), frame = at === this.present && player.track.frames[here];
    const words = `event ${here}` + (act ? `: ${act[2]}, ${ms(act[1])}` : frame ? `: ${frame.headline}, ${ms(frame.t)}` : "");
    const how = at === this.present ? "" : "; Enter travels there";
    range.setAttribute("aria-valuetext", words + how);
    this.say(`${branch.name}, ${words}${how}`);
  }

  say(words) {
    const { branches } = this;
    this.hint.textContent = words || (branches && branches.length > 1
      ? "Click a line to travel there, a name to change it; a mark is an act. Keys: Up and Down between histories, Left and Right along one, Page Down to the next mark, Enter to travel."
      : "You have not interfered with the past yet: go back, act on a server, and a second history begins there. Both are kept.");
  }

  visit(row) {
    if (row.at === this.present) return;
    this.view.player.play(false);
    this.view.player.act("visit", { branch: row.at, position: +row.range.value });
  }

  // What depends on where one is.
  place() {
    const { present } = this, { player } = this.view;
    for (const row of this.rows) {
      const here = row.at === present;
      if (here) row.item.setAttribute("aria-current", "true");
      else row.item.removeAttribute("aria-current");
      row.item.classList.toggle("rl-present", here);
      row.compare.hidden = here;
      row.here.hidden = !here;
      if (here) row.range.value = player.position;
    }
    if (!this.pointed) this.say();
  }

  // -- names --

  rename(row) {
    const form = el("form", "rl-naming"), input = el("input", "", form, undefined, {
      type: "text", maxlength: 80, "aria-label": `another name for ${row.branch.name}`, value: row.branch.name });
    const wrong = el("small", "rl-warning", form, "", { id: `rl-wrong-${++Histories.made}`, role: "alert" });
    input.setAttribute("aria-describedby", wrong.id);
    row.name.replaceWith(form);
    input.focus();
    input.select();
    this.edit = { branch: row.at, input, wrong };
    const done = () => { this.edit = null; this.build(row.at); };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value === row.branch.name) { done(); return; }
      this.view.player.ask("name", { branch: row.at, name: input.value });
      this.edit.asked = this.view.player.asked;
    });
    input.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); done(); } });
    input.addEventListener("blur", () => { if (this.edit && this.edit.input === input && !this.edit.asked) done(); });
  }

  refused() {
    const trouble = this.view.model.get("trouble") || {}, { edit } = this;
    if (!edit || !edit.asked || trouble.n !== edit.asked || !trouble.text) return;
    edit.wrong.textContent = trouble.text;
    edit.input.setAttribute("aria-invalid", "true");
    edit.asked = 0;
    edit.input.focus();
  }

  gone() { this.view.model.off("change:trouble", this.heard); }
}

Histories.made = 0;

PANES.push({ name: "Histories", hint: "what has happened, and what else has: every branch and every event of it", pane: Histories, kernel: true });

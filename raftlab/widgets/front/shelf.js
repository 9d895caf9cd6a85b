// The scenarios, to choose one: situations, lessons and whatever else the kernel has in its
// catalog, which it is asked for when the panel opens first (shelf.py).

class Shelf {
  constructor(view) {
    this.view = view;
    this.panel = new Panel(view, "Scenarios");
    this.panel.box.classList.add("rl-shelf");
    this.find = el("input", "rl-filter", null, undefined, {
      type: "search", placeholder: "search in titles", "aria-label": "search the scenarios" });
    this.panel.head.insertBefore(this.find, this.panel.shut);
    this.find.addEventListener("input", () => this.draw());
    this.find.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      this.walk(null, 1);
    });
    this.panel.body.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !event.target.matches(".rl-book")) return;
      event.preventDefault();
      this.walk(event.target, step);
    });
  }

  async open(group) {
    const body = this.panel.open();
    this.panel.ready(this.find);
    if (!this.groups) {
      this.line = el("p", "rl-none", body, this.view.player.patience.words || "asking the kernel …", { role: "status" });
      const { groups, error } = await this.view.player.query("catalog");
      if (!groups) { this.wait(error); return; }
      this.groups = groups;
    }
    this.draw(group);
  }

  // What there is to say as long as the kernel has not answered.
  wait(words) { if (words && this.line && !this.groups) this.line.textContent = words; }

  // From one to the next with the arrows; above the first is the search field.
  walk(from, step) {
    const all = [...this.panel.body.querySelectorAll(".rl-book:not(:disabled)")].filter((one) => one.offsetParent);
    const at = all.indexOf(from) + step;
    (at < 0 ? this.find : all[Math.min(at, all.length - 1)] || this.find).focus();
  }

  draw(shown) {
    const { body } = this.panel, words = this.find.value.trim().toLowerCase().split(/\s+/);
    const opened = new Set([...body.querySelectorAll("details[open]")].map((one) => one.dataset.name));
    const searching = !!words[0];
    body.replaceChildren();
    const first = this.groups.findIndex(({ items }) => items.some(({ off }) => !off));
    let count = 0;
    this.groups.forEach(({ name, told, items }, at) => {
      const found = items.filter((item) => words.every((word) => `${item.name} ${item.title} ${item.watch}`.toLowerCase().includes(word)));
      if (!found.length) return;
      count += found.length;
      const box = el("details", "rl-books", body);
      box.dataset.name = name;
      const head = el("summary", "", box, name);
      el("small", "", head, ` ${found.length}`);
      if (told) el("span", "rl-books-told", head, told);
      for (const item of found) this.book(box, item);
      box.open = searching || opened.has(name) || (shown ? shown === name : !opened.size && at === Math.max(0, first));
    });
    if (!count) el("p", "rl-none", body, `no scenario has “${this.find.value.trim()}” in it`);
  }

  book(parent, { name, title, watch, off }) {
    const made = el("button", "rl-book", parent, undefined, { type: "button" });
    el("b", "", made, title);
    if (watch) el("span", "", made, "Watch for: ").append(watch);
    el("small", "", made, off ? `not here: ${off}` : name);
    made.disabled = !!off;
    made.addEventListener("click", () => this.begin(name));
  }

  begin(name) {
    this.panel.close();
    // The scenario may bring a stage of its own, and with it another view: which takes the focus.
    Shelf.chosenAt = performance.now();
    this.view.player.act("begin", { name });
  }
}

Shelf.chosenAt = -Infinity;

// The view of a scenario takes the focus, as soon as it stands in the page.
Shelf.follow = (view) => {
  if (performance.now() - Shelf.chosenAt > 5000) return;
  if (view.root.isConnected) { Shelf.chosenAt = -Infinity; view.acts.focus({ preventScroll: true }); }
  else requestAnimationFrame(() => Shelf.follow(view));
};

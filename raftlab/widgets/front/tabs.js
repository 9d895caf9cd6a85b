// The panes under the picture, one of them open: what happened, and others that files of this
// folder put in PANES. A pane is made when it is opened first and drawn only while it is open.

// {name, hint, pane: a class with draw(player), made as new pane(view, parent); kernel: true if it
// is of no use without one, and so left out of a recording}
const PANES = [];

class Tabs {
  constructor(view, parent) {
    this.view = view;
    const strip = el("div", "rl-tabs", parent, undefined, { role: "tablist", "aria-label": "more about this run" });
    this.panes = PANES.filter(({ kernel }) => !(kernel && view.about.recording));
    this.tabs = this.panes.map(({ name, hint }, at) => {
      const id = `rl-${++Tabs.made}`;
      const tab = button(strip, name, hint, () => this.open(at), "rl-tab");
      const pane = el("div", "rl-pane", parent, undefined, { role: "tabpanel", id, "aria-labelledby": `${id}-tab` });
      for (const [key, value] of [["role", "tab"], ["id", `${id}-tab`], ["aria-controls", id]]) tab.setAttribute(key, value);
      return { name, tab, pane, shows: null };
    });
    strip.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.open((this.at + step + this.tabs.length) % this.tabs.length);
      this.tabs[this.at].tab.focus();
    });
    this.open(0, false);
  }

  // `which` is a place or a name.
  open(which, draw = true) {
    this.at = typeof which === "number" ? which : this.tabs.findIndex((one) => one.name === which);
    this.tabs.forEach(({ tab, pane }, at) => {
      const open = at === this.at;
      tab.setAttribute("aria-selected", open);
      tab.tabIndex = open ? 0 : -1;
      pane.hidden = !open;
    });
    const now = this.tabs[this.at];
    if (!now.shows) now.shows = new this.panes[this.at].pane(this.view, now.pane);
    if (draw) this.draw();
    return now.shows;
  }

  draw() {
    const { pane } = this.view.player;
    if (pane && pane[1] !== this.met) {
      this.met = pane[1];
      if (this.panes.some(({ name }) => name === pane[0])) this.open(pane[0], false);
    }
    this.tabs[this.at].shows.draw(this.view.player);
  }

  // What moves with the clock, in every picture.
  move() {
    const { shows } = this.tabs[this.at];
    if (shows.move) shows.move(this.view.player);
  }

  gone() { for (const { shows } of this.tabs) if (shows && shows.gone) shows.gone(); }
}

Tabs.made = 0;

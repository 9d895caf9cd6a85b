// What belongs to no single server, below the picture: a request, the network, scenarios, the keys.

class Acts {
  constructor(view, parent) {
    const row = el("div", "rl-acts", parent, undefined, { role: "toolbar", "aria-label": "what you can do" });
    const one = (words, hint, press, key) => {
      const made = button(row, words, hint, press);
      if (key) el("kbd", "", made, key);
      return made;
    };
    if (!view.about.recording) {
      this.request = one("Request…", "ask the leader, or whom you choose, for something  (key: c)", (event) => view.menu.ask(event.currentTarget), "C");
      this.network = one("Network…", "timers, walls, links, everybody", (event) => view.menu.network(event.currentTarget));
      this.scenarios = one("Scenarios…", "start from a situation, or with a scenario and its cluster  (key: s)", () => view.shelf.open(), "S");
    }
    one("?", "the keys of this picture  (key: ?)", () => view.keys.help()).setAttribute("aria-label", "keys");
    view.acts = this.request || row.firstChild;
  }
}

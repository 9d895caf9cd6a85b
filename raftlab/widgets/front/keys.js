// The keys of the stage, and the help that names them (key ?).

class Keys {
  constructor(view) {
    this.view = view;
    const { player } = view, still = (work) => () => { player.play(false); work(); };
    const play = () => player.play(!player.playing);
    this.all = [
      [["p", " "], "play or pause", play],
      [["."], "the next event", still(() => player.step())],
      [[","], "one event back", () => player.back()],
      [["n"], "on to the next change", still(() => player.interesting())],
      [["m"], "mark this event, to see what changes from here", () => view.tabs.open("Changes").mark()],
      [["q"], "show who counts towards a quorum", () => view.quorums.show(!view.quorums.on)],
      ...view.about.recording ? [] : [
        ...view.deeds.network().filter((deed) => deed.key).map(({ key }) => [[key.toLowerCase()], Keys.WORDS[key], () => this.do(key)]),
        [["u"], "undo what you did", () => player.act("undo")],
        [["s"], "choose a scenario", () => view.shelf.open()],
      ],
      [["?"], "these keys", () => this.help()],
    ];
    this.panel = new Panel(view, "Keys");
  }

  press(event) {
    // Within JupyterLab Enter does not send a form by itself.
    if (event.key === "Enter" && event.target.matches("form input")) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    // Enter and Space press whatever has the focus.
    if (event.key === " " && event.target.closest("button, summary, a, [role=button]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const found = this.all.find(([keys]) => keys.includes(key));
    if (!found) return;
    event.preventDefault();
    found[2]();
  }

  // One of the deeds that have a key, or the reason why it cannot be done now.
  do(key) {
    const deed = this.view.deeds.network().find((other) => other.key === key);
    if (deed.off) this.view.complain(`${deed.words}: ${deed.off}`);
    else deed.press();
  }

  help() {
    const list = this.panel.open(), table = el("table", "rl-keys", list);
    list.tabIndex = 0; // in a narrow cell it scrolls, and nothing else in it takes the keys
    const line = (keys, words) => {
      const row = el("tr", "", table), cell = el("th", "", row, undefined, { scope: "row" });
      keys.forEach((key, at) => { if (at) cell.append(" or "); el("kbd", "", cell, key === " " ? "Space" : key.length === 1 && key > "Z" ? key.toUpperCase() : key); });
      el("td", "", row, words);
    };
    for (const [keys, words] of this.all) line(keys, words);
    line(["Tab"], "to a server, to the messages, to each control");
    line(["←", "→"], "from message to message, in the order of their arrival");
    line(["Enter"], "what can be done to it");
    line(["Esc"], "close a menu");
    this.panel.ready();
  }
}

Keys.WORDS = {
  C: "a request to the leader", R: "crash the leader; without one, restart who crashed last",
  T: "spread the election timers: no split vote", A: "align the election timers: a split vote",
  B: "restart and resume everybody",
};

// Something to read or choose from, over the picture: Escape or ✕ closes it and gives the focus back.
class Panel {
  constructor(view, title) {
    this.view = view;
    this.box = el("div", "rl-panel", view.root, undefined, { role: "dialog", "aria-label": title });
    this.box.hidden = true;
    const head = el("div", "rl-panel-head", this.box);
    el("h3", "", head, title);
    this.head = head;
    this.shut = button(head, "✕", `close (key: Esc)`, () => this.close(), "rl-dots");
    this.shut.setAttribute("aria-label", "close");
    this.body = el("div", "rl-panel-body", this.box, undefined, { tabindex: -1 });
    this.box.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the keys of the stage are not meant
      if (event.key === "Escape") this.close();
    });
  }

  open() {
    if (this.box.hidden) this.owner = document.activeElement;
    this.view.menu.close(false);
    this.view.player.play(false);
    this.box.hidden = false;
    this.body.replaceChildren();
    return this.body;
  }

  ready(first = this.shut) { first.focus({ preventScroll: true }); }

  close() {
    this.box.hidden = true;
    const back = this.view.root.contains(this.owner) && this.owner !== this.box ? this.owner : this.view.playing;
    back.focus({ preventScroll: true });
  }
}

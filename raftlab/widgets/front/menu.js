// What one can do to a server or a message, where it stands. Opened by click, Enter or Space;
// Escape closes it and gives the focus back.

class Menu {
  constructor(view) {
    this.view = view;
    this.box = el("div", "rl-menu", view.root, undefined, { role: "group" });
    this.box.hidden = true;
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); this.close(true); }
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const all = [...this.box.querySelectorAll("button:not(:disabled), input")];
        const at = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
        all[(at + all.length) % all.length].focus();
      }
    });
    this.outside = (event) => {
      if (!this.box.hidden && !this.box.contains(event.target) && event.target !== this.owner &&
          !(this.owner && this.owner.contains(event.target))) this.close(false);
    };
    document.addEventListener("pointerdown", this.outside);
  }

  server(at, owner) {
    const { view } = this, { player } = view, host = player.frame.hosts[at], node = view.name(at);
    const client = at >= view.about.servers.length;
    this.open(owner, view.tell(at, host));
    const up = host.mode === UP, off = up ? "" : host.mode === DOWN ? `${node} is down` : `${node} is paused`;
    const elects = view.about.elects && !client ? ["election"] : [];
    for (const timer of new Set([...elects, ...host.timers.map((other) => other.name)])) {
      const runs = host.timers.some((other) => other.name === timer);
      this.item(`Let its ${timer} timer run out`,
        "fire", { node, timer }, off || (runs ? "" : `${node} has no ${timer} timer running`));
    }
    const down = host.mode === DOWN;
    this.item(down ? "Restart" : "Crash", down ? "restart" : "crash", { node });
    for (const { name: timer } of up ? host.timers : [])
      if (timer !== "heartbeat") // which writes nothing: there is no middle to crash in
        this.item(`Crash as its ${timer} timer runs out`, "crash-during", { node, timer });
    this.item(down ? "Lose its disk" : "Crash and lose its disk", "wipe", { node });
    if (host.lies) this.item("Flush its disk: it lies no longer", "sync", { node });
    else this.item("Its disk lies from now on", "unsync", { node }, down ? `${node} is down` : "");
    const clock = el("p", "rl-menu-row", this.box, "Its clock: ");
    for (const rate of [0.5, 1, 2])
      if (rate !== host.rate) this.small(clock, rate === 2 ? "2× faster" : speed(rate), "drift", { node, rate });
    if (host.mode === PAUSED) this.item("Resume", "resume", { node });
    else this.item("Pause", "pause", { node }, off);
    if (!client) {
      const cut = player.frame.cuts.some((link) => link.includes(at));
      const alone = view.about.servers.length < 2;
      if (cut) this.item("Mend all its links", "rejoin", { node });
      else this.item("Isolate from everybody", "isolate", { node }, alone ? "there is nobody else" : "");
    }
    if (host.role) this.choice("Why this role, term and vote?", "", () => view.explain.node(node, owner));
    this.request(node, off);
    this.ready();
  }

  request(node, off) {
    const form = el("form", "rl-ask", this.box);
    const text = el("input", "", form, undefined, { type: "text", value: "x=5", size: 6, "aria-label": `request to ${node}` });
    el("button", "rl-button", form, "Request", { type: "submit" });
    for (const part of form.children) part.disabled = !!off;
    if (off) form.title = off;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.close(true);
      this.view.player.act("request", { node, text: text.value });
    });
  }

  message(message, owner) {
    const { view } = this, name = (at) => view.name(at), { frame } = view.player;
    this.open(owner, `${message.name} ${name(message.src)}→${name(message.dst)}: ${message.detail}`);
    const doom = doomed(message, frame), to = frame.hosts[message.dst];
    const off = to.mode === PAUSED ? `${name(message.dst)} is paused` : doom && doom !== "will be lost" ? doom : "";
    const item = (words, what, not, more) => this.choice(words, not || "", () => view.mail(what, message, more));
    item("Deliver now", "deliver", off);
    item(`Crash ${name(message.dst)} in the middle of it`, "crash-during", off);
    item("Drop", "drop");
    item("Delay by 50 ms", "delay", "", { ms: 50 });
    item("Duplicate", "duplicate");
    this.choice("Why was it sent?", "", () => view.explain.message(message, owner));
    this.ready();
  }

  // One of several on a line.
  small(row, words, what, more) {
    button(row, words, row.firstChild.textContent + words, () => { this.close(true); this.view.player.act(what, more); });
  }

  item(words, what, more, off = "") {
    this.choice(words, off, () => this.view.player.act(what, more));
  }

  // One line of the menu; what is not possible stays visible, with the reason.
  choice(words, off, press) {
    const line = button(this.box, words, off, () => { this.close(true); press(); }, "rl-line");
    line.disabled = !!off;
    if (off) el("small", "", line, ` (${off})`);
  }

  open(owner, title) {
    this.box.className = "rl-menu";
    this.box.replaceChildren(el("p", "rl-menu-title", null, title));
    this.box.setAttribute("aria-label", title);
    this.owner = owner;
    this.box.hidden = false;
  }

  ready() {
    const root = this.view.root.getBoundingClientRect(), at = this.owner.getBoundingClientRect();
    const box = this.box.getBoundingClientRect();
    const left = Math.max(4, Math.min(at.right - root.left + 6, root.width - box.width - 8));
    const top = Math.max(4, Math.min(at.top - root.top, root.height - box.height - 8));
    this.box.style.left = `${left}px`;
    this.box.style.top = `${top}px`;
    const first = this.box.querySelector("button:not(:disabled)");
    if (first) first.focus();
  }

  close(back) {
    if (this.box.hidden) return;
    this.box.hidden = true;
    if (back && this.owner && this.owner.isConnected) this.owner.focus();
  }

  gone() { document.removeEventListener("pointerdown", this.outside); }
}

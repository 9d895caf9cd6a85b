// What one can do to a server, a link, a message or the network, where it stands. Opened by click,
// Enter or Space; Escape closes it and gives the focus back. What there is to do says deeds.js.

class Menu {
  constructor(view) {
    this.view = view;
    this.box = el("div", "rl-menu", view.root, undefined, { role: "group" });
    this.box.hidden = true;
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); this.close(true); }
      const chooses = event.target.matches("select");
      if (!chooses && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        const all = [...this.box.querySelectorAll("button:not(:disabled), input:not(:disabled), select")];
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
    const { view } = this, host = view.player.frame.hosts[at], node = view.name(at);
    this.open(owner, view.tell(at, host));
    this.deeds(view.deeds.server(at));
    const client = at >= view.about.servers.length;
    const others = view.about.nodes.map((_, other) => other).filter((other) => other !== at && !(client && other >= view.about.servers.length && !view.about.company));
    if (others.length) {
      const row = el("p", "rl-menu-row", this.box, "Its link to: ");
      for (const other of others)
        button(row, view.name(other), `link to ${view.name(other)}: cut it, heal it`, () => this.link(at, other, owner))
          .setAttribute("aria-label", `Link to ${view.name(other)}…`);
    }
    if (host.role) this.choice("Why this role, term and vote?", "", () => view.explain.node(node, owner));
    new Ask(view, this.box, at, () => this.close(true));
    this.ready();
  }

  link(a, b, owner, event) {
    this.open(owner, `Link ${this.view.deeds.tellLink(a, b)}`, event);
    this.deeds(this.view.deeds.link(a, b));
    this.ready();
  }

  message(message, owner) {
    const { view } = this;
    this.open(owner, `${message.name} ${view.name(message.src)}→${view.name(message.dst)}: ${message.detail}`);
    this.deeds(view.deeds.message(message));
    this.choice("Why was it sent?", "", () => view.explain.message(message, owner));
    this.ready();
  }

  network(owner = this.here()) {
    this.open(owner, "The network and everybody in it");
    this.deeds(this.view.deeds.network());
    this.ready();
  }

  // A request, to whom one chooses.
  ask(owner) {
    this.open(owner instanceof Element ? owner : this.here(), "A request");
    const { text } = new Ask(this.view, this.box, null, () => this.close(true));
    this.ready();
    text.focus();
    text.select();
  }

  // A partition: whoever is chosen stands on one side of a wall, the rest on the other.
  wall() {
    const { view } = this, { nodes, servers } = view.about;
    this.open(this.here(), "A wall: who stands on one side of it?");
    const row = el("p", "rl-menu-row", this.box);
    const sides = nodes.map((id) => button(row, id, "", (event) => {
      const mine = event.currentTarget.getAttribute("aria-pressed") !== "true";
      event.currentTarget.setAttribute("aria-pressed", mine);
      chosen();
    }));
    sides.forEach((side) => { side.setAttribute("aria-pressed", false); side.removeAttribute("title"); });
    const raise = this.choice("Partition", "", () => view.player.act("partition", { groups: groups() }));
    const groups = () => {
      const mine = nodes.filter((_, at) => sides[at].getAttribute("aria-pressed") === "true");
      const rest = servers.filter((id) => !mine.includes(id));
      return rest.length ? [mine, rest] : [mine];
    };
    const chosen = () => {
      const [mine, rest] = groups(), off = !mine.length ? "choose somebody first" : !rest ? "somebody must stand on the other side" : "";
      raise.disabled = !!off;
      raise.firstChild.replaceChildren(off ? "Partition" : `Partition: ${mine.join(" ")} | ${rest.join(" ")}`);
      if (off) el("small", "", raise.firstChild, ` (${off})`);
    };
    chosen();
    this.ready();
  }

  // Where the focus is, if it is in the picture: there a menu opened by a key belongs.
  here() {
    const { root, acts } = this.view, now = document.activeElement;
    return root.contains(now) && now !== root && !this.box.contains(now) ? now : acts || root;
  }

  deeds(all) {
    for (const deed of all) (deed.row ? deedRow : deedLine)(this.box, deed, () => this.close(true));
  }

  // One more line of the menu.
  choice(words, off, press) {
    return deedLine(this.box, { words, off, press }, () => this.close(true));
  }

  open(owner, title, event) {
    this.box.className = "rl-menu";
    this.box.replaceChildren(el("p", "rl-menu-title", null, title));
    this.box.setAttribute("aria-label", title);
    this.owner = owner;
    // At the pointer, if there is one: a link is long, and may lie behind others.
    this.point = event && event.detail ? { left: event.clientX, right: event.clientX, top: event.clientY } : null;
    this.box.hidden = false;
  }

  // Beside its owner, inside of the stage and, as far as that goes, of the window.
  ready() {
    const root = this.view.root.getBoundingClientRect(), at = this.point || this.owner.getBoundingClientRect();
    this.box.style.maxHeight = `${Math.max(160, Math.min(root.height, window.innerHeight) - 16)}px`;
    const box = this.box.getBoundingClientRect();
    const least = Math.max(root.left + 4, 4), most = Math.min(root.right, window.innerWidth) - box.width - 6;
    const high = Math.max(root.top + 4, 4), low = Math.min(root.bottom, window.innerHeight) - box.height - 6;
    const left = at.right + 6 > most && at.left - box.width - 6 > least ? at.left - box.width - 6 : at.right + 6;
    this.box.style.left = `${Math.max(least, Math.min(left, most)) - root.left}px`;
    this.box.style.top = `${Math.max(high, Math.min(at.top, low)) - root.top}px`;
    const first = this.box.querySelector("button:not(:disabled)");
    if (first) first.focus({ preventScroll: true });
  }

  close(back) {
    if (this.box.hidden) return;
    this.box.hidden = true;
    if (back && this.owner && this.owner.isConnected) this.owner.focus({ preventScroll: true });
  }

  gone() { document.removeEventListener("pointerdown", this.outside); }
}

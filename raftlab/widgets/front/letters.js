// Messages by keyboard: one of those under way takes the focus, the arrows go from one to the next
// in the order of their arrival, Enter or Space opens its menu.

class Letters {
  constructor(view) {
    this.view = view;
    this.group = view.ring.letters;
    this.group.removeAttribute("aria-hidden");
    this.group.setAttribute("role", "group");
    this.group.setAttribute("aria-label", "messages under way, in the order of their arrival");
    // On an element of HTML: a group of SVG that listens for focus could have it itself.
    const picture = view.ring.svg.parentNode, holds = () => { this.held = this.group.contains(document.activeElement); };
    picture.addEventListener("focusin", holds);
    // One that has just arrived is gone a moment later: then the next one is to have the focus.
    picture.addEventListener("focusout", (event) => queueMicrotask(() => { if (event.target.isConnected) holds(); }));
    picture.addEventListener("keydown", (event) => { if (this.held) this.key(event); });
  }

  get order() {
    const { drawn } = this.view.ring;
    return pending(this.view.player.frame).filter(({ message }) => drawn.has(message)).map(({ message }) => message);
  }

  // After the ring has drawn a frame: whoever had the focus may have arrived.
  draw() {
    const { player } = this.view, { frame } = player;
    if (this.of === frame || player.playing && !this.held) return; // while time runs nobody can Tab that fast
    this.of = frame;
    if (this.chosen && this.view.ring.drawn.has(this.chosen)) this.choose(this.chosen, false);
    else this.choose(this.order[0], this.held);
  }

  choose(message, focus) {
    const element = message && this.view.ring.drawn.get(message);
    if (element !== this.element) {
      if (this.element) this.element.removeAttribute("tabindex");
      this.element = element;
    }
    this.chosen = message;
    if (!element) {
      // Nothing is under way: the focus stays in the picture.
      if (focus && this.held) { this.held = false; this.view.ring.nodes[0].group.focus({ preventScroll: true }); }
      return;
    }
    if (!element.hasAttribute("tabindex")) {
      const { name, src, dst } = message, doom = doomed(message, this.view.player.frame);
      const says = message.glyph.endsWith("-yes") ? ", granted" : message.glyph.endsWith("-no") ? ", refused" : "";
      element.setAttribute("role", "button");
      element.setAttribute("aria-haspopup", "true");
      element.setAttribute("aria-label", `${name} ${this.view.name(src)}→${this.view.name(dst)}${says}${doom ? `, ${doom}` : ""}`);
      element.setAttribute("tabindex", 0);
    }
    if (focus) element.focus({ preventScroll: true });
  }

  key(event) {
    const { order } = this, at = order.indexOf(this.chosen), last = order.length - 1;
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) this.choose(order[(to + order.length) % order.length], true);
    else if (event.key === "Enter" || event.key === " ") this.view.menu.message(this.chosen, this.element);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

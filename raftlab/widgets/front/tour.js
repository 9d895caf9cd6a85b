// A scenario told step by step: one sentence, then the events it speaks of. Its stops came with the
// track, so nothing of this needs the kernel. Whoever acts has left the path, and Undo leads back.

class Tour {
  constructor(view, parent) {
    this.view = view;
    this.at = -1; // the stop that is told: before the first one its title
    this.sentence = ""; // what is told, if a tour is open
    this.box = el("section", "rl-tour", parent, undefined, { "aria-label": "tour" });
    this.place = el("p", "rl-tour-place", this.box);
    this.text = el("p", "rl-tour-text", this.box);
    const row = el("div", "rl-tour-row", this.box);
    this.back = button(row, "◀ Back", "to the sentence before", () => this.tell(this.at - 1));
    this.on = button(row, "Continue ▶", "the next sentence, and what it tells", () => this.tell(this.at + 1), "rl-strong");
    this.dots = el("span", "rl-tour-dots", row, "", { "aria-hidden": "true" });
    this.leave = button(row, "Now you drive", "leave the tour here: everything is yours to try", () => this.drive());
    this.offer = button(null, "Tell it step by step ▸", "a tour of this scenario: one sentence at a time", () => this.start(), "rl-offer");
    view.asked.prepend(this.offer);
    this.box.hidden = true;
  }

  // What the kernel says of the present history: {title, watch, stops: [[text, position]], starts}.
  draw(player) {
    const { tour } = player;
    if (this.of !== tour) {
      const same = this.of && tour && this.of.title === tour.title;
      this.of = tour;
      if (tour && !same) {
        this.at = -1;
        this.open = tour.starts;
      }
      if (tour && this.open) this.show();
    }
    this.box.hidden = !(tour && this.open);
    this.offer.hidden = !tour || this.open;
    if (!this.box.hidden) return;
    this.sentence = "";
    this.name("");
  }

  start() {
    this.open = true;
    this.at = -1;
    this.tell(-1);
    this.on.focus();
  }

  // Back goes there at once; Continue lets happen what the sentence tells.
  tell(at) {
    const { player } = this.view, { stops, begins } = this.of;
    const forward = at > this.at && at >= 0;
    this.at = Math.max(-1, Math.min(stops.length - 1, at));
    const from = this.at > 0 ? stops[this.at - 1][1] : begins, to = this.at < 0 ? begins : stops[this.at][1];
    player.play(false);
    if (player.position !== from && forward) player.go(from);
    this.show();
    if (forward) player.travel(to);
    else { player.go(to); player.rest(); }
  }

  show() {
    const { title, watch, stops } = this.of, last = this.at === stops.length - 1;
    this.place.textContent = this.at < 0 ? "Tour" : `${title.replace(/\.$/, "")} · ${this.at + 1} of ${stops.length}`;
    this.text.textContent = this.sentence = this.at < 0 ? `${title.replace(/\.?$/, ".")}${watch && ` Watch: ${watch}`}` : stops[this.at][0];
    this.on.textContent = this.at < 0 ? "Start ▶" : "Continue ▶";
    this.back.disabled = this.at < 0;
    this.on.disabled = last;
    this.leave.classList.toggle("rl-strong", last);
    if (last && document.activeElement === this.on) this.leave.focus();
    this.dots.replaceChildren(...stops.map((_, at) => el("i", at <= this.at ? "rl-past" : "")));
    this.box.hidden = false;
    this.offer.hidden = true;
    this.name(this.at < 0 ? "" : this.text.textContent);
  }

  // Who is spoken of is marked in the picture.
  name(text) {
    this.view.ring.nodes.forEach((node, at) => {
      if (node) node.group.toggleAttribute("data-named", new RegExp(`\\b${this.view.name(at)}\\b`).test(text));
    });
  }

  // What is being told stops where it is: from here on the clock obeys nobody else.
  drive() {
    const { player } = this.view;
    if (player.glide) { player.go(player.position, player.t); player.rest(); }
    this.open = false;
    this.draw(player);
    const first = this.view.ring.nodes.find(Boolean);
    if (first) first.group.focus();
  }
}

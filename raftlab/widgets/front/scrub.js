// The scrubber: one travels by it. It is painted with the highest term of each event, and marked
// where somebody did something.

class Scrubber {
  constructor(view, parent) {
    this.view = view;
    const line = el("div", "rl-scrub", parent);
    this.paint = el("div", "rl-paint", line, undefined, { "aria-hidden": "true" });
    this.range = el("input", "", line, undefined, { type: "range", min: 0, step: 1, "aria-label": "event" });
    this.range.addEventListener("input", () => { view.player.play(false); view.player.go(+this.range.value); });
    this.range.addEventListener("change", () => view.player.rest());
  }

  draw() {
    const { player } = this.view;
    if (this.range.max !== String(player.seen)) this.range.max = player.seen;
    this.range.value = player.position;
    this.range.setAttribute("aria-valuetext", `event ${player.position} of ${player.seen}, ${ms(player.t)}: ${player.frame.headline}`);
    // Painted with the highest term of each event, and a mark at what somebody did.
    const newest = player.track.frames[player.seen];
    if (this.painted === newest) return;
    this.painted = newest;
    const stops = [], marks = [], { frames } = player.track, end = Math.max(1, player.seen);
    let was = -1;
    for (let at = 0; at <= player.seen; at++) {
      const term = frames[at].term;
      const x = (100 * at / end).toFixed(2);
      if (term !== was) {
        if (was >= 0) stops.push(`${colourOf(was)} ${x}%`);
        stops.push(`${colourOf(term)} ${x}%`);
        was = term;
      }
      if (at && !["Deliver", "Fire", "Drop", "Wait", ""].includes(frames[at].kind)) marks.push([x, frames[at].headline]);
    }
    this.paint.style.background = `linear-gradient(to right, ${stops.join(", ")}, ${colourOf(was)} 100%)`;
    this.paint.replaceChildren(...marks.slice(-60).map(([x, title]) => el("i", "", null, "", { style: `left:${x}%`, title })));
  }
}

// The story so far, newest first: of an event that changed something what was decided and by which
// section, of another just what it was. One click travels there.
class Feed {
  constructor(view, parent) {
    this.view = view;
    const label = el("label", "rl-only", parent);
    this.only = el("input", "", label, undefined, { type: "checkbox" });
    label.append("only what changed something");
    this.only.addEventListener("change", () => { this.of = null; this.draw(view.player); });
    this.list = el("ol", "rl-feed", parent, undefined, { tabindex: 0, "aria-label": "what happened, newest first" });
  }

  draw(player) {
    // While time runs only what is in sight is written.
    const most = player.playing || player.glide ? 6 : 150;
    if (this.at === player.position && this.of === player.frame && this.most === most) return;
    [this.at, this.of, this.most] = [player.position, player.frame, most];
    const items = [], { view } = this;
    for (let at = player.position; at >= 0 && items.length < most; at--) {
      const frame = player.track.frames[at];
      if (frame.kind === "Wait" || (this.only.checked && !frame.interesting)) continue;
      const item = el("li", frame.interesting ? "rl-notable" : "");
      if (at === player.position) item.setAttribute("aria-current", "step");
      const why = frame.why.join("; "), named = frame.actor < 0 || why.includes(view.name(frame.actor));
      const told = !frame.interesting || !at ? frame.headline : named ? why : `${frame.headline}: ${why}`;
      const travel = button(item, "", `event ${at}: ${frame.headline}. ${frame.why.join(". ")}`,
        () => { player.play(false); player.go(at); player.rest(); }, "rl-line");
      el("span", "rl-time", travel, frame.t.toFixed(1));
      el("span", "", travel, told);
      items.push(item);
    }
    this.list.replaceChildren(...items);
    this.list.scrollTop = 0;
  }
}

// What happened, and what the signs mean: both are wanted at the first look.
class Story {
  constructor(view, parent) {
    parent.classList.add("rl-story");
    this.feed = new Feed(view, el("div", "", parent));
    new Legend(view, parent);
  }

  draw(player) { this.feed.draw(player); }
}

PANES.push({ name: "What happened", hint: "the last events, and what the signs mean", pane: Story });

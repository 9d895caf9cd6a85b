// The last events, newest first; one click travels there.
class Feed {
  constructor(view, parent) {
    this.view = view;
    this.list = el("ol", "rl-feed", parent);
  }

  draw(player) {
    if (this.at === player.position && this.of === player.frame) return;
    this.at = player.position;
    this.of = player.frame;
    const items = [];
    for (let at = player.position; at >= 0 && items.length < 5; at--) {
      const frame = player.track.frames[at];
      if (frame.kind === "Wait") continue;
      const item = el("li", frame.interesting ? "rl-notable" : "");
      if (at === player.position) item.setAttribute("aria-current", "step");
      const travel = button(item, "", "travel to this event", () => { player.play(false); player.go(at); player.rest(); }, "rl-line");
      el("span", "rl-time", travel, frame.t.toFixed(1));
      el("span", "", travel, frame.headline);
      items.push(item);
    }
    this.list.replaceChildren(...items);
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

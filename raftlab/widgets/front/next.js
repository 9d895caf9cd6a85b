// Everything that can happen next, in order of time. Picking one makes it happen now. The list
// scrolls in its own box; while time runs only what is in sight is written.
class Next {
  constructor(view, parent) {
    this.view = view;
    this.title = el("h4", "rl-title", parent, "What can happen next");
    this.list = el("ol", "rl-next", parent);
  }

  draw(player) {
    const { frame } = player, most = player.playing ? 10 : 200;
    if (this.of === frame && this.most === most) return;
    this.of = frame;
    this.most = most;
    this.times = [];
    const coming = pending(frame), items = [];
    const title = `What can happen next${coming.length ? `: ${coming.length}` : ""}`;
    if (this.title.textContent !== title) this.title.textContent = title;
    for (const [order, event] of coming.slice(0, most).entries()) {
      const item = el("li", order ? "" : "rl-first");
      const { message } = event, name = (at) => this.view.name(at);
      const words = message ? `${message.name} ${name(message.src)}→${name(message.dst)}`
        : `${name(event.node)} ${event.timer} timer`;
      const pick = button(item, "", order ? "make this happen now, before everything else" : "the next in time: step", () => {
        player.play(false);
        if (!order) player.step();
        else if (message) this.view.mail("deliver", message);
        else player.act("fire", { node: name(event.node), timer: event.timer });
      }, "rl-line");
      const time = el("span", "rl-time", pick, "waits");
      if (event.due !== null) this.times.push([time, event.due]);
      // Where there is little room the name gives way, not who sends to whom.
      el("span", "rl-what", pick, message ? message.name : words);
      if (message) el("span", "rl-link", pick, words.slice(message.name.length + 1) + (message.glyph.endsWith("-yes") ? " ✓" : message.glyph.endsWith("-no") ? " ✗" : ""));
      if (message && doomed(message, frame)) el("em", "rl-doom", pick, doomed(message, frame));
      if (message) button(item, "⋯", `drop, delay or double ${words}`, (event) => this.view.menu.message(message, event.currentTarget, event), "rl-dots");
      items.push(item);
    }
    if (!items.length) items.push(el("li", "", null, "nothing: no message is under way and no timer runs"));
    this.list.replaceChildren(...items);
    this.tell(player.t);
  }

  // How far each of them is from the clock.
  tell(t) {
    for (const [time, due] of this.times) {
      const left = `+${Math.max(0, due - t).toFixed(1)}`;
      if (time.textContent !== left) time.textContent = left;
    }
  }
}

// What is due in a frame: messages and running timers, earliest first.
function pending(frame) {
  const found = frame.flying.map((message) => ({
    due: frame.hosts[message.dst].mode === PAUSED ? null : message.due, message }));
  frame.hosts.forEach((host, node) => {
    if (host.mode === UP) for (const timer of host.timers) found.push({ due: timer.to, timer: timer.name, node });
  });
  const time = (event) => event.due === null ? Infinity : event.due;
  return found.sort((a, b) => time(a) - time(b) || (a.message ? 0 : 1) - (b.message ? 0 : 1));
}

// Why a message will not arrive as things stand, or "".
function doomed(message, frame) {
  if (message.fate) return message.fate === "cut" ? "link cut" : "will be lost";
  if (frame.cuts.some(([src, dst]) => src === message.src && dst === message.dst)) return "link cut";
  return frame.hosts[message.dst].mode === DOWN ? "receiver down" : "";
}

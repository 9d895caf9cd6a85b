// Everything that one can do in the picture, and why not, if not: the one place that knows. The
// menus and the list of what can happen next show what stands here.

// A deed: {words, off: why it cannot be done, or "", press, key: its key, if it has one,
// short: its words in a row}; a row of several: {row: the words before them, deeds}.
class Deeds {
  constructor(view) { this.view = view; }

  get frame() { return this.view.player.frame; }

  deed(words, off, press, key) {
    return { words, off: this.view.about.recording ? "this is a recording" : off || "", press, key };
  }

  act(words, off, what, more, key) {
    return this.deed(words, off, () => this.view.player.act(what, more), key);
  }

  // -- to a server or client --

  server(at) {
    const { view } = this, host = this.frame.hosts[at], node = view.name(at);
    const client = at >= view.about.servers.length, down = host.mode === DOWN, all = [];
    const off = host.mode === UP ? "" : `${node} is ${down ? "down" : "paused"}`;
    const running = host.timers.map((timer) => timer.name);
    for (const timer of new Set([...view.about.elects && !client ? ["election"] : [], ...running])) {
      const none = off || (running.includes(timer) ? "" : `${node} has no ${timer} timer running`);
      all.push(this.act(`Let its ${timer} timer run out`, none, "fire", { node, timer }));
    }
    all.push(down ? this.act("Restart", "", "restart", { node })
      : this.act("Crash", "", "crash", { node }, view.leader(this.frame) === at ? "R" : ""));
    all.push(host.mode === PAUSED ? this.act("Resume", "", "resume", { node })
      : this.act("Pause", off, "pause", { node }));
    if (!client || view.about.company) {
      const cut = this.frame.cuts.some((link) => link.includes(at));
      const alone = (view.about.company ? view.about.nodes : view.about.servers).length < 2;
      all.push(cut ? this.act("Mend all its links", "", "rejoin", { node })
        : this.act("Isolate from everybody", alone ? "there is nobody else" : "", "isolate", { node }));
    }
    for (const timer of running)
      all.push({ row: `Its ${timer} timer in ms: `, deeds: [10, 100, 300].map((ms) =>
        this.act(`${ms}`, off, "rearm", { node, timer, ms })) });
    for (const timer of off ? [] : running)
      if (timer !== "heartbeat") // which writes nothing: there is no middle to crash in
        all.push(this.act(`Crash as its ${timer} timer runs out`, "", "crash-during", { node, timer }));
    all.push(this.act(down ? "Lose its disk" : "Crash and lose its disk", "", "wipe", { node }));
    all.push(host.lies ? this.act("Flush its disk: it lies no longer", "", "sync", { node })
      : this.act("Its disk lies from now on", down ? off : "", "unsync", { node }));
    all.push({ row: "Its clock: ", deeds: [0.5, 1, 2].filter((rate) => rate !== host.rate).map((rate) =>
      this.act(rate === 2 ? "2× faster" : speed(rate), "", "drift", { node, rate })) });
    return all;
  }

  // Why a node takes no request now, or "".
  deaf(at) {
    const { mode } = this.frame.hosts[at];
    return mode === UP ? "" : `${this.view.name(at)} is ${mode === DOWN ? "down" : "paused"}`;
  }

  // -- to a link --

  cut(src, dst) { return this.frame.cuts.some(([a, b]) => a === src && b === dst); }

  // Its state in words: "S1–S2", "S1–S2, cut from S1 to S2".
  tellLink(a, b) {
    const [one, other] = [this.view.name(a), this.view.name(b)], there = this.cut(a, b), back = this.cut(b, a);
    const told = there && back ? ", cut both ways" : there ? `, cut from ${one} to ${other}` : back ? `, cut from ${other} to ${one}` : "";
    return `${one}–${other}${told}`;
  }

  link(a, b) {
    const ids = [this.view.name(a), this.view.name(b)], ways = [ids, [ids[1], ids[0]]];
    const is = [this.cut(a, b), this.cut(b, a)], both = is[0] && is[1], all = [];
    const add = (short, words, off, what, links) => all.push({ ...this.act(words, off, what, { links }), short });
    add("cut", "Cut it both ways", both ? "it is cut" : "", "cut", ways);
    ways.forEach((way, at) => add(`cut ${"→←"[at]}`, `Cut ${way.join("→")}`, is[at] ? both ? "it is cut" : "that way is cut" : "", "cut", [way]));
    add("heal", "Heal it", is[0] || is[1] ? "" : "it is not cut", "mend", ways);
    if (both) ways.forEach((way, at) => add(`heal ${"→←"[at]}`, `Heal ${way.join("→")}`, "", "mend", [way]));
    return all;
  }

  // Every link: all pairs in which one is a server; programs beside the servers have links of their own.
  links() {
    const { nodes, servers, company } = this.view.about, found = [];
    for (let a = 0; a < (company ? nodes : servers).length; a++) for (let b = a + 1; b < nodes.length; b++) found.push([a, b]);
    return found;
  }

  // -- to all of them --

  network() {
    const { view, frame } = this, { hosts } = frame, lame = hosts.some((host) => host.mode !== UP);
    const leads = view.leader(frame), all = [];
    if (view.about.roles.length) {
      all.push(this.deed("Request to the leader…", leads < 0 ? "nobody leads" : this.deaf(leads), () => view.menu.ask(leads), "C"));
      const fallen = leads < 0 ? this.fallen() : -1;
      all.push(fallen < 0
        ? this.act(`Crash the leader${leads < 0 ? "" : " " + view.name(leads)}`, leads < 0 ? "nobody leads" : "", "crash", { node: view.name(leads) }, "R")
        : this.act(`Restart ${view.name(fallen)}`, "", "restart", { node: view.name(fallen) }, "R"));
    }
    if (view.about.elects) {
      const timers = hosts.filter((host) => host.mode === UP).flatMap((host) => host.timers.filter((timer) => timer.name === "election"));
      const few = timers.length > 1 ? "" : timers.length ? "only one runs" : "none runs";
      const same = timers.every((timer) => timer.to === timers[0].to) ? "they run out together already" : "";
      all.push(this.act("Spread election timers: no split vote", few, "spread", {}, "T"));
      all.push(this.act("Align election timers: a split vote", few || same, "align", {}, "A"));
    }
    all.push(this.act("Restart and resume everybody", lame ? "" : "nobody is down or paused", "revive", {}, "B"));
    const alone = view.about.nodes.length < 2 ? "there is nobody else" : "";
    all.push(this.deed("Partition: two sides…", alone, () => view.menu.wall()));
    all.push(this.act("Heal all links", frame.cuts.length ? "" : "no link is cut", "heal"));
    return all;
  }

  // Who crashed last and is still down, or -1.
  fallen() {
    const { player } = this.view, { hosts } = this.frame;
    for (let at = player.position; at > 0; at--) {
      const { kind, actor } = player.track.frames[at];
      if (kind.startsWith("Crash") && hosts[actor].mode === DOWN) return actor;
    }
    return hosts.findIndex((host) => host.mode === DOWN);
  }

  // -- to a message --

  message(message) {
    const { view, frame } = this, to = view.name(message.dst), doom = doomed(message, frame);
    const off = frame.hosts[message.dst].mode === PAUSED ? `${to} is paused` : doom && doom !== "will be lost" ? doom : "";
    const mail = (words, what, not, more) => this.deed(words, not, () => view.mail(what, message, more));
    return [
      mail("Deliver now", "deliver", off), mail(`Crash ${to} in the middle of it`, "crash-during", off),
      mail("Drop", "drop"), mail("Delay by 50 ms", "delay", "", { ms: 50 }), mail("Duplicate", "duplicate"),
    ];
  }
}

// A deed as a line: what is not possible stays in sight, with the reason. `press` is what is done first.
function deedLine(parent, deed, first) {
  const line = button(parent, "", "", () => { first(); deed.press(); }, "rl-line rl-deed");
  line.removeAttribute("title");
  line.disabled = !!deed.off;
  const words = el("span", "", line, deed.words);
  if (deed.off) el("small", "", words, ` (${deed.off})`);
  if (deed.key) el("kbd", "", line, deed.key);
  return line;
}

// Several short deeds behind common words; the reasons of those that are not possible at the end.
function deedRow(parent, { row, deeds }, first) {
  const line = el("p", "rl-menu-row", parent, row);
  for (const deed of deeds) {
    const made = button(line, deed.short || deed.words, row + deed.words, () => { first(); deed.press(); });
    made.setAttribute("aria-label", row + deed.words);
    made.disabled = !!deed.off;
  }
  const reasons = [...new Set(deeds.map((deed) => deed.off).filter(Boolean))];
  if (reasons.length) el("small", "", line, `(${reasons.join(", ")})`);
  return line;
}

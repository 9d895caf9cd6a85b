// The live stage: the ring, the logs, what happened and why, and the controls of the clock.
// stage.py puts the other files of this folder in front of this one.

class View {
  constructor(player, model, host) {
    this.player = player;
    this.model = model;
    this.about = model.get("about");
    this.look = model.get("look");
    this.root = el("section", "raftlab-stage", host, undefined, {
      "aria-label": `${this.about.title}: a live picture with controls`, tabindex: -1, // so that a click anywhere gives it the keys
    });
    // Or JupyterLab takes our keys for its own: "d" twice would delete the cell. It looks at the
    // focused element first, so the mark must be there and not only on what holds it.
    this.root.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
    this.root.classList.toggle("rl-recording", !!this.about.recording); // replay.js
    this.bar();
    this.undo.hidden = !!this.about.recording;
    // What a scenario asks, marked as such: later events may answer it, or make it untrue.
    this.asked = el("p", "rl-asked", this.root);
    el("b", "", this.asked, "At the beginning: ");
    el("span", "", this.asked);
    this.tour = new Tour(this, this.root);
    this.scrubber = new Scrubber(this, this.root);
    this.words();
    const main = el("div", "rl-main", this.root);
    main.style.setProperty("--rl-width", `${Math.min(this.look.box[2], this.look.width || Infinity)}px`);
    this.deeds = new Deeds(this);
    this.menu = new Menu(this);
    this.explain = new Explain(this);
    const picture = el("div", "rl-picture", main);
    this.ring = new Ring(this, picture);
    this.quorums = new Quorums(this, this.ring, picture);
    this.letters = new Letters(this);
    this.shelf = new Shelf(this);
    this.keys = new Keys(this);
    new Acts(this, picture);
    const side = el("div", "rl-side", main);
    this.logs = new Logs(this, el("div", "rl-table", side));
    this.own = new Values(this, el("div", "rl-own", side)); // in the place of logs, if there are none
    this.next = new Next(this, el("div", "rl-coming", side));
    this.tabs = new Tabs(this, this.root);
    this.standing = el("div", "rl-standing", this.root);
    this.lights = new Lights(this, this.root);
    this.root.addEventListener("keydown", (event) => this.keys.press(event));
    this.heard = () => this.trouble();
    model.on("change:trouble", this.heard);
    model.on("change:playing", this.heard);
    player.views.add(this);
    player.wake();
    this.draw(true);
    this.trouble();
    Shelf.follow(this);
  }

  name(at) { return this.about.nodes[at]; }

  leader(frame) {
    let best = -1;
    frame.hosts.forEach((host, at) => {
      if (host.role === "leader" && host.mode !== DOWN && (best < 0 || host.term > frame.hosts[best].term)) best = at;
    });
    return best;
  }

  // The sets of servers each of which must give a majority, by the configuration that a node uses.
  sides(host) { return host.members || [this.about.servers.map((_, at) => at)]; }

  needs(host) {
    const sides = this.sides(host), majorities = sides.map((side) => Math.floor(side.length / 2) + 1);
    if (sides.length < 2) return majorities[0];
    return sides.map((side, i) => `${majorities[i]} of ${side.map((at) => this.name(at)).join(" ")}`).join(" and ");
  }

  // A node in words, for those who hear the picture.
  tell(at, host) {
    const told = [this.name(at)];
    if (host.mode === DOWN) told.push("crashed");
    if (host.mode === PAUSED) told.push("paused");
    if (host.role && host.mode !== DOWN) told.push(host.role);
    if (host.term !== null) told.push(`${this.about.words[at]} ${host.term}`);
    if (host.role === "candidate" && host.mode !== DOWN) told.push(`${many(host.votes.length, "vote")}, needs ${this.needs(host)}`);
    if (host.voted >= 0) told.push(`voted for ${this.name(host.voted)}`);
    const gone = host.log && host.base[0] ? `, ${host.base[0]} of them compacted` : "";
    if (host.log) told.push(`${many(host.log.length, "entry", "entries")}${gone}, ${host.commit} committed`);
    if (host.fields) told.push(host.fields);
    if (host.rate !== 1) told.push(`its clock runs ${speed(host.rate)}`);
    if (host.lies) told.push("its disk lies");
    return told.join(", ");
  }

  bar() {
    const { player } = this, bar = el("div", "rl-bar", this.root, undefined, { role: "toolbar", "aria-label": "clock" });
    this.reset = button(bar, "Reset", "", () => player.act("reset"));
    this.undo = button(bar, "Undo", "take back the last thing you did, or the choice of a scenario; what it led to stays under Histories", () => player.act("undo"));
    el("span", "rl-gap", bar);
    button(bar, "◀ Back", "one event back  (key: ,)", () => player.back());
    this.playing = button(bar, "▶ Play", "let time run  (key: p)", () => player.play(!player.playing), "rl-strong");
    button(bar, "Step ▶", "the next event  (key: .)", () => { player.play(false); player.step(); });
    button(bar, "Next change ▶▶", "on to the next event that changes a role, term, vote, log or commit index  (key: n)",
      () => { player.play(false); player.interesting(); });
    this.clock = el("output", "rl-clock", bar);
  }

  // Errors and sentences share a place of one height: whatever is said, the ring stays where it is.
  words() {
    const place = el("div", "rl-tell", this.root, undefined, { tabindex: -1 });
    this.kernel = el("p", "rl-kernel", place, ""); // what there is to say of it
    this.kernel.hidden = true;
    this.wrong = el("div", "rl-trouble", place, undefined, { role: "alert" });
    this.said = el("div", "rl-said", place);
    // Not the visible words: a reader that speaks each of them while time runs helps nobody.
    this.live = el("div", "rl-hidden", this.root, "", { "aria-live": "polite" });
    this.spoken = [null, "", 0];
    this.clockAt = this.toldAt = this.leftAt = 0;
  }

  // A message is named by its place in flight at this event; the kernel checks that it fits.
  mail(what, message, more) {
    const place = this.player.frame.flying.indexOf(message);
    if (place < 0) { this.complain(`this ${message.name} is no longer on its way`); return; }
    this.player.act(what, { place, src: this.name(message.src), dst: this.name(message.dst), ...more });
  }

  trouble() {
    const now = this.model.get("trouble") || {};
    if (now.text) this.player.waiting = false;
    if (now !== this.over) this.complain(now.text, now.trace);
    this.playing.textContent = this.player.playing ? "❚❚ Pause" : "▶ Play";
    this.root.classList.toggle("rl-running", this.player.playing);
    this.draw();
  }

  complain(text, trace) {
    this.wrong.replaceChildren();
    this.wrong.hidden = !text;
    this.wrongAt = this.player.frame;
    if (!text) return;
    el("p", "", this.wrong, text);
    if (trace) {
      const fold = el("details", "", this.wrong);
      el("summary", "", fold, "where it happened");
      el("pre", "", fold, trace);
    }
    button(this.wrong, "✕", "dismiss", () => { this.wrong.hidden = true; this.playing.focus(); }, "rl-dots").setAttribute("aria-label", "dismiss");
  }

  // -- drawing --

  draw(all) {
    const { player } = this, { frame } = player;
    if (!frame) return;
    // Whoever has moved on has read what was wrong.
    if (!this.wrong.hidden && this.wrongAt !== frame && !player.playing) {
      this.wrong.hidden = true;
      this.over = this.model.get("trouble");
    }
    if (all || this.shown !== frame) {
      const lively = this.lively(all);
      this.shown = frame;
      this.shownAt = player.position;
      this.ring.frame(frame, lively);
      this.quorums.draw(frame);
      this.logs.draw(frame, lively);
      this.lights.draw(frame);
    }
    this.letters.draw();
    // Words that change with every picture are read by nobody and cost more than the ring.
    const now = performance.now();
    const hurried = player.playing || this.scrubber.travelling;
    const stopped = this.hurried && !hurried; // what was cut short while time ran is told in full
    this.hurried = hurried;
    if (all || stopped || this.told !== frame && (!hurried || now - this.toldAt > 130)) {
      this.told = frame;
      this.toldAt = this.leftAt = now;
      this.next.draw(player);
      this.tabs.draw();
      this.tellWhy(frame);
      this.scrubber.draw();
      if (!this.logs.has) this.own.draw(player);
    }
    if (!this.scrubber.travelling) this.speak(frame);
    this.gliding = player.glide;
    this.ring.move(frame, player.t);
    this.tabs.move();
    const moving = hurried || player.glide;
    if (all || !moving || now - this.leftAt > 200) {
      this.leftAt = now;
      this.next.tell(player.t);
    }
    if (!player.playing || all || now - this.clockAt > 60) {
      this.clockAt = now;
      this.clock.textContent = `${ms(player.t)} · event ${player.position}`;
    }
    if (player.patience.words !== this.patience) this.tellKernel(this.patience = player.patience.words);
    if (this.root.classList.contains("rl-waiting") !== player.waiting) this.root.classList.toggle("rl-waiting", player.waiting);
  }

  tellKernel(words) {
    this.kernel.hidden = !words;
    this.kernel.textContent = words;
    if (words) this.live.textContent = words;
    this.shelf.wait(words);
    if (words) this.kernel.parentNode.scrollTop = 0;
  }

  // Whether what has just happened is to be seen happening: when time plays, or goes on by one
  // event, but not while one travels.
  lively(all) {
    const { player } = this, gone = player.position - this.shownAt;
    if (!(gone > 0 && gone < 5) || this.scrubber.travelling || calm()) return false;
    const { glide } = player, came = this.gliding && this.gliding.to === player.position;
    return gone === 1 || player.playing || !!glide || !!came || !!all;
  }

  tellWhy(frame) {
    const { player } = this, lines = [], { note } = player;
    // Time that passed on its own is no news.
    for (let at = player.position; frame.kind === "Wait" && at > 0;) frame = player.track.frames[--at];
    const first = note || (this.about.recording ? "Press Play or Step" : "Press Play or Step, or click a server to act on it");
    lines.push(el("p", "rl-headline", null, player.position ? frame.headline : first));
    for (const sentence of frame.why) lines.push(el("p", "", null, sentence[0].toUpperCase() + sentence.slice(1) + "."));
    if (note && player.position) lines.push(el("p", "rl-note", null, note));
    this.said.replaceChildren(...lines);
    this.tour.draw(player);
    const begin = player.question ? "where the scenario begins" : "the same cluster at 0 ms";
    if (this.began !== begin) this.reset.title = `start again: ${this.began = begin}; what happened stays under Histories`;
    this.asked.hidden = !player.question || !this.tour.box.hidden;
    if (player.question && this.asked.lastChild.textContent !== player.question) this.asked.lastChild.textContent = player.question;
    const standing = (player.warnings || []).map((warning) => "Timing: " + warning);
    if (player.position === player.last && player.ending) standing.push(player.ending);
    if (standing.join() !== this.stood) {
      this.stood = standing.join();
      this.standing.replaceChildren(...standing.map((text) => el("p", "rl-warning", null, text)));
    }
  }

  // The event, and before it the sentence of a tour: at rest each of them, else only now and then.
  speak(frame) {
    const { player, tour: { sentence } } = this, now = performance.now();
    if (this.spoken[0] === frame && this.spoken[1] === sentence) return;
    if ((player.playing || player.glide) && now - this.spoken[2] < 2500) return;
    this.spoken = [frame, sentence, now];
    this.live.textContent = `${sentence && `${sentence} `}${frame.headline}. ${frame.why.join(". ")}${player.note && `. ${player.note}`}`;
  }

  gone() {
    this.player.views.delete(this);
    this.menu.gone();
    this.tabs.gone();
    this.scrubber.gone();
    this.model.off("change:trouble", this.heard);
    this.model.off("change:playing", this.heard);
  }
}

const players = new Map(); // one clock for all views of a lab

function playerOf(model) {
  const key = model.get("key");
  if (!players.has(key)) players.set(key, new Player(model));
  return players.get(key);
}

// The player listens through the model given here, which outlives every view.
function initialize({ model }) { playerOf(model); }

function render({ model, el: host }) {
  const view = new View(playerOf(model), model, host);
  return () => view.gone();
}

export default { initialize, render };

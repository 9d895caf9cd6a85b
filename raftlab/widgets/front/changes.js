// What differs between two conditions of a server, in words: between two events of a history
// (the pane below) and between two histories (compare.js).

// [[what, there, here, in a sentence or "" if that is only for a table], …] of one node; `name`
// gives the name of a place.
function differences(was, now, name) {
  const found = [], add = (what, a, b, told) => found.push([what, a, b, told === undefined ? `${what} ${a} → ${b}` : told]);
  const mode = ({ mode }) => ["up", "crashed", "paused"][mode], node = (at) => at >= 0 ? name(at) : "nobody";
  const nodes = (all) => all.map(name).join(" ") || "none";
  if (was.mode !== now.mode) add("condition", mode(was), mode(now), { 0: was.mode === DOWN ? "restarted" : "went on", 1: "crashed", 2: "paused" }[now.mode]);
  const grown = was.term !== now.term;
  if (was.role !== now.role) add("role", was.role || "none", now.role || "none", `became ${now.role}${grown ? ` in term ${now.term}` : ""}`);
  if (grown) add("term", was.term, now.term, was.role !== now.role && now.role ? "" : undefined);
  if (was.voted !== now.voted) add("vote", node(was.voted), node(now.voted), now.voted < 0 ? "its vote is free" : `voted for ${name(now.voted)}`);
  if (was.votes.join() !== now.votes.join()) add("votes it has", nodes(was.votes), nodes(now.votes), now.votes.length ? `has the votes of ${nodes(now.votes)}` : "counts no votes");
  if (was.leader !== now.leader) add("leader it knows", node(was.leader), node(now.leader), now.leader < 0 ? "knows no leader" : `follows ${name(now.leader)}`);
  if (was.log && now.log) logs(was, now, add);
  if (was.commit !== now.commit) add("committed to", was.commit, now.commit, now.commit > was.commit
    ? `committed ${now.commit - was.commit > 1 ? `entries ${was.commit + 1} to ${now.commit}` : `entry ${now.commit}`}` : `forgot that it had committed beyond ${now.commit}`);
  if (was.applied !== now.applied) add("applied to", was.applied, now.applied, "");
  if (was.machine !== now.machine) add("state machine", was.machine || "empty", now.machine || "empty");
  for (const [key, what] of [["next", "next index"], ["match", "match index"]]) {
    const told = (host) => (host[key] || []).map(([at, index]) => `${name(at)} ${index}`).join(", ") || "none";
    if (told(was) !== told(now)) add(what, told(was), told(now), "");
  }
  if (was.fields !== now.fields) own(was.fields || "", now.fields || "", add);
  if (was.rate !== now.rate) add("clock", speed(was.rate), speed(now.rate), `its clock runs ${speed(now.rate)}`);
  if (was.lies !== now.lies) add("disk", was.lies ? "lies" : "honest", now.lies ? "lies" : "honest");
  return found;
}

function logs(was, now, add) {
  const at = (log, place) => log[place] && `${log[place].term}:${log[place].text}`;
  let same = 0;
  while (same < was.log.length && same < now.log.length && at(was.log, same) === at(now.log, same)) same++;
  const tail = (log) => log.slice(same, same + 4).map((_, i) => at(log, same + i) || "…").join(" ") + (log.length > same + 4 ? " …" : "") || "nothing";
  const which = (log) => log.length - same > 1 ? `entries ${same + 1} to ${log.length}` : `entry ${same + 1}`;
  const told = [];
  if (was.log.length > same) told.push(`lost ${which(was.log)} (${tail(was.log)})`);
  if (now.log.length > same) told.push(`got ${which(now.log)} (${tail(now.log)})`);
  if (told.length) add(`log from entry ${same + 1}`, tail(was.log), tail(now.log), told.join(" and "));
  if (was.base[0] !== now.base[0]) add("compacted to", was.base[0], now.base[0]);
}

// A node's own fields, which come as one text: "a=1, b=2".
function own(was, now, add) {
  const parts = (text) => new Map(text.split(/, (?=\w[\w ]*=)/).filter(Boolean).map((part) => [part.split("=")[0], part.slice(part.indexOf("=") + 1)]));
  const before = parts(was), after = parts(now);
  for (const key of new Set([...before.keys(), ...after.keys()]))
    if (before.get(key) !== after.get(key)) add(key, before.get(key) ?? "none", after.get(key) ?? "none");
}

// From the frame `a` to the frame `b`: how long a server's timers have still to run.
function timers(frame, at) {
  const { hosts, t } = frame;
  return hosts[at].mode === DOWN ? "" : hosts[at].timers.map((timer) => `${timer.name} ${Math.max(0, timer.to - t).toFixed(1)}`).join(", ");
}

// What changed between a marked event and the one that is shown.
class Changes {
  constructor(view, parent) {
    this.view = view;
    parent.classList.add("rl-changes");
    const bar = el("p", "rl-changes-bar", parent);
    button(bar, "Mark this event", "at any other the changes since are shown  (key: m)", () => this.mark());
    this.back = button(bar, "◂ to the mark", "travel to the marked event", () => {
      this.view.player.play(false);
      this.view.player.go(this.marked.position);
      this.view.player.rest();
    });
    this.title = el("span", "", bar);
    this.told = el("ul", "rl-differences", parent);
    const box = el("div", "rl-scroll", parent, undefined, { tabindex: 0, role: "region", "aria-label": "what changed, as a table" });
    this.table = el("table", "rl-table-of", box);
  }

  mark() {
    const { player } = this.view;
    this.marked = { frame: player.frame, position: player.position };
    this.view.live.textContent = `Marked event ${player.position}. Go to any other event to see what changed.`;
    this.of = null;
    this.draw(player);
  }

  draw(player) {
    const { frame } = player, { marked } = this;
    if (this.of === frame) return;
    this.of = frame;
    const known = marked && player.track.frames[marked.position] === marked.frame;
    this.back.hidden = !known || marked.frame === frame;
    this.table.hidden = !marked || marked.frame === frame;
    this.told.replaceChildren();
    if (!marked) { this.title.textContent = "Mark an event (key m), then go to any other: what changed on each server is shown here."; return; }
    const at = (one, position) => `event ${position} (${ms(one.t)})`;
    if (marked.frame === frame) {
      this.title.textContent = `Marked: ${at(frame, marked.position)}, ${frame.headline}. Go to any other event.`;
      return;
    }
    const later = !known || marked.position <= player.position;
    const [a, b] = later ? [marked.frame, frame] : [frame, marked.frame];
    const [i, j] = later ? [marked.position, player.position] : [player.position, marked.position];
    this.title.textContent = `From ${at(a, i)}${known ? "" : " of another history"} to ${at(b, j)}${known ? `, ${many(j - i, "event")}` : ""}`;
    this.show(a, b);
  }

  show(a, b) {
    const { view } = this, name = (at) => view.name(at), items = [], rows = [];
    a.hosts.forEach((was, at) => {
      const now = b.hosts[at];
      if (!now) return;
      const found = was === now ? [] : differences(was, now, name);
      const said = found.map(([, , , told]) => told).filter(Boolean);
      if (said.length) {
        const item = el("li", "", null);
        el("b", "", item, name(at));
        item.append(` ${said.join("; ")}.`);
        items.push(item);
      }
      rows.push(this.row(at, was, now, found, timers(a, at), timers(b, at)));
    });
    if (!items.length) items.push(el("li", "", null, "Nothing has changed on any server but its timers."));
    this.told.replaceChildren(...items);
    const head = el("tr", "", null);
    for (const words of ["server", "role", "term", "vote", "entries", "committed", "timers, ms left", "else"]) el("th", "", head, words, { scope: "col" });
    this.table.replaceChildren(el("caption", "rl-hidden", null, this.title.textContent), head, ...rows);
  }

  row(at, was, now, found, ticked, ticks) {
    const { view } = this, row = el("tr", "", null), node = (one) => one >= 0 ? view.name(one) : "–";
    el("th", "", row, view.name(at), { scope: "row" });
    const cell = (a, b) => {
      const box = el("td", a === b ? "" : "rl-moved", row, a === b ? `${b ?? "–"}` : "");
      if (a === b) return;
      el("s", "", box, `${a ?? "–"}`);
      box.append(" → ");
      el("b", "", box, `${b ?? "–"}`);
    };
    const role = (host) => host.mode === DOWN ? "crashed" : (host.role || "–") + (host.mode === PAUSED ? ", paused" : "");
    cell(role(was), role(now));
    cell(was.term, now.term);
    cell(node(was.voted), node(now.voted));
    cell(was.log && was.log.length, now.log && now.log.length);
    cell(was.log && was.commit, now.log && now.commit);
    cell(ticked, ticks);
    const shown = /^(condition|role|term|vote|committed to|log from)/;
    el("td", "", row, found.filter(([what]) => !shown.test(what)).map(([what, a, b]) => `${what}: ${a} → ${b}`).join("; "));
    return row;
  }
}

PANES.push({ name: "Changes", hint: "what changed on each server between two events", pane: Changes });

// All that every server shows of itself, in a table: the picture for those who cannot see it, and
// for a protocol without logs the only place where its own fields stand. What this event has
// changed is marked, and says what it was.
class Values {
  constructor(view, parent) {
    this.view = view;
    this.title = el("h4", "rl-title", parent, "State of every server");
    this.key = el("span", "rl-note", this.title, "; →S1: the leader's next · match index for S1");
    const box = this.box = el("div", "rl-scroll", parent, undefined, { tabindex: 0, role: "region", "aria-label": "state of every server" });
    this.table = el("table", "rl-values", box, undefined, { "aria-label": "state of every server" });
    this.head = el("tr", "", el("thead", "", this.table));
    this.body = el("tbody", "", this.table);
    this.names = null;
  }

  draw(player) {
    const { frame } = player, before = player.track.frames[player.position - 1];
    if (this.of === frame) return;
    this.of = frame;
    const columns = this.columns(frame.hosts), names = columns.map(([name]) => name).join("|");
    if (names !== this.names) this.build(columns, names);
    frame.hosts.forEach((host, at) => {
      const row = this.rows[at], was = before && before.hosts[at];
      if (row.host === host && row.was === was) return;
      const same = row.host === host && was === host && !row.marked;
      row.host = host;
      row.was = was;
      if (same) return;
      row.marked = false;
      const mode = MODES[host.mode];
      if (row.mode.textContent !== mode) row.mode.textContent = mode;
      columns.forEach(([, tell], column) => {
        const cell = row.cells[column], words = tell(host), old = was && was !== host ? tell(was) : words;
        if (cell.said !== words) cell.firstChild.textContent = cell.said = words;
        const told = old === words ? "" : ` was ${old || "nothing"}`;
        if (cell.told === told) { row.marked = row.marked || !!told; return; }
        row.marked = row.marked || !!told;
        cell.lastChild.textContent = cell.told = told;
        cell.className = told ? "rl-changed" : "";
      });
    });
  }

  build(columns, names) {
    this.names = names;
    this.box.hidden = this.title.hidden = !columns.length;
    this.key.hidden = !columns.some(([name]) => name.startsWith("→"));
    this.head.replaceChildren(el("th", "", null, "server", { scope: "col" }),
      ...columns.map(([name]) => el("th", "", null, name, { scope: "col" })));
    this.rows = this.view.about.nodes.map((id) => {
      const line = el("tr"), name = el("th", "", line, id + " ", { scope: "row" });
      const mode = el("small", "", name);
      const cells = columns.map(() => {
        const cell = el("td", "", line);
        el("span", "", cell);
        el("small", "", cell);
        return cell;
      });
      return { line, mode, cells };
    });
    this.body.replaceChildren(...this.rows.map(({ line }) => line));
  }

  // [name, how a host tells it] of what at least one of them has.
  columns(hosts) {
    const { view } = this, id = (at) => at >= 0 ? view.name(at) : "", found = [];
    const add = (name, has, tell) => { if (hosts.some(has)) found.push([name, tell]); };
    add("role", (host) => host.role, (host) => host.role);
    // Only terms are voted for; a token or an epoch is another number, and has another name.
    const terms = hosts.flatMap((host, at) => host.term === null ? [] : [view.about.words[at]]);
    add([...new Set(terms)].join(" / "), (host) => host.term !== null, (host) => host.term === null ? "" : String(host.term));
    add("voted for", (host) => host.voted >= 0 || terms.includes("term"), (host) => id(host.voted));
    add("votes", (host) => host.votes.length, (host) => host.votes.map(id).join(" "));
    add("leader", (host) => host.term !== null || host.leader >= 0, (host) => id(host.leader));
    add("log", (host) => host.log, (host) => host.log ? lastEntry(host) : "");
    add("commit index", (host) => host.log, (host) => host.log ? String(host.commit) : "");
    add("last applied", (host) => host.log, (host) => host.log ? String(host.applied) : "");
    const own = new Set(hosts.flatMap((host) => Object.keys(fieldsOf(host))));
    for (const name of own) found.push([name, (host) => fieldsOf(host)[name] || ""]);
    add("state machine", (host) => host.machine, (host) => host.machine);
    for (const peer of view.about.servers.keys())
      add(`→${id(peer)}`, (host) => indexOf(host.next, peer) !== undefined || indexOf(host.match, peer) !== undefined,
        (host) => [indexOf(host.next, peer), indexOf(host.match, peer)].filter((one) => one !== undefined).join(" · "));
    return found;
  }
}

const MODES = { [UP]: "", [DOWN]: "crashed", [PAUSED]: "paused" };

const indexOf = (pairs, peer) => { const found = pairs.find(([at]) => at === peer); return found && found[1]; };

const lastEntry = ({ log, base }) => !log.length ? "empty"
  : `to ${log.length}${log[log.length - 1] ? `, term ${log[log.length - 1].term}` : `, compacted, term ${base[1]}`}`;

// "a=1, b=2" as {a: "1", b: "2"}; read once for each text.
function fieldsOf({ fields }) {
  if (!fieldsOf.known) fieldsOf.known = new Map();
  if (!fieldsOf.known.has(fields)) {
    if (fieldsOf.known.size > 500) fieldsOf.known.clear();
    const parts = (fields || "").split(/, (?=[A-Za-z_]\w*=)/).filter(Boolean).map((part) => [part.split("=")[0], part.slice(part.indexOf("=") + 1)]);
    fieldsOf.known.set(fields, Object.fromEntries(parts));
  }
  return fieldsOf.known.get(fields);
}

PANES.push({ name: "State", hint: "every value of every server, and what this event has changed", pane: Values });

// The form of a request: to whom, and what, in the words of core/commands.py. What was asked last
// is kept and counted up; what is no command is said in the form, and nothing of it is lost.

class Ask {
  // `to` is a place among the nodes, or null if one may choose; `done` is called before it is sent.
  constructor(view, parent, to, done) {
    this.view = view;
    this.to = to;
    const { player } = view, deeds = view.deeds, fixed = to !== null;
    this.form = el("form", "rl-ask", parent);
    if (!fixed) this.choose();
    const name = fixed ? view.name(to) : "whom you choose";
    const id = `rl-ask${++Ask.made}`;
    this.text = el("input", "", this.form, undefined, {
      type: "text", size: 8, spellcheck: "false", autocomplete: "off", "aria-label": `request to ${name}`, "aria-describedby": id });
    this.text.value = player.nextRequest || "x=5";
    this.known = this.text.value; // what was asked before, or is known to be a command
    this.send = el("button", "rl-button", this.form, "Request", { type: "submit" });
    this.told = el("small", "rl-ask-help", this.form, "", { id, role: "status" });
    this.tell();
    const off = fixed ? view.about.recording ? "this is a recording" : deeds.deaf(to) : "";
    for (const part of [this.text, this.send]) part.disabled = !!off;
    if (off) this.told.textContent = off;
    this.text.addEventListener("input", () => this.check());
    this.form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = this.text.value;
      if (this.known !== text && !(await this.check())) { this.text.focus(); return; }
      const whom = fixed ? to : +this.whom.value;
      player.nextRequest = Ask.after(text);
      done();
      player.act("request", { node: view.name(whom), text });
    });
  }

  choose() {
    const { view } = this, { frame } = view.player, leader = view.leader(frame), from = view.deeds;
    this.whom = el("select", "", this.form, undefined, { "aria-label": "request to whom" });
    view.about.nodes.forEach((node, at) => {
      const off = from.deaf(at), option = el("option", "", this.whom, node + (at === leader ? " (leads)" : "") + (off ? ` (${off.split(" ").pop()})` : ""), { value: at });
      option.disabled = !!off;
    });
    const able = view.about.nodes.findIndex((_, at) => !from.deaf(at));
    this.whom.value = leader >= 0 && !from.deaf(leader) ? leader : able;
  }

  // Ask the kernel, which alone knows the language; true if it is a command.
  async check() {
    const text = this.text.value, { wrong, error } = await this.view.player.query("command", { text });
    if (error) { this.told.textContent = error; return false; }
    if (this.text.value !== text) return false; // somebody has typed on
    this.tell(wrong);
    this.form.classList.toggle("rl-wrong", !!wrong);
    this.text.setAttribute("aria-invalid", !!wrong);
    if (!wrong) this.known = text;
    return !wrong;
  }

  // What is wrong, or what one can ask: an example and what it does stay on one line.
  tell(wrong) {
    this.told.textContent = wrong || "";
    if (wrong) return;
    for (const [text, does] of Ask.HELP) {
      el("span", "", this.told, ` ${does}`).prepend(el("code", "", null, text));
      this.told.append(" ");
    }
  }

  // What to propose next: x=5 → x=6, x: 1->2 → x: 2->3, anything else again.
  static after(text) {
    const cas = text.match(/^(\s*\w+\s*:\s*)(\d+)(\s*->\s*)(\d+)\s*$/);
    if (cas) return cas[1] + cas[4] + cas[3] + (+cas[4] + 1);
    return text.replace(/^(\s*\w+\s*=\s*)(\d+)\s*$/, (_, left, number) => left + (+number + 1));
  }
}

Ask.HELP = [["x=5", "write"], ["x?", "read"], ["x+=1", "add"], ["x-=1", "subtract"], ["del x", "delete"], ["x: 1->2", "write 2 if it is 1"]];
Ask.made = 0;

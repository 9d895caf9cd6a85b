// "Why?" of an entry, a server or a message: the kernel looks back (reasons.py), and each sentence
// leads to the event that it speaks of.

class Explain {
  constructor(view) {
    this.view = view;
    const cellOf = (event) => event.target.closest(".rl-cell[data-index]");
    view.root.addEventListener("click", (event) => { if (cellOf(event)) this.entry(cellOf(event)); });
    view.root.addEventListener("keydown", (event) => {
      const cell = cellOf(event);
      if (!cell) return;
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (step) this.walk(cell, ...step);
      else if (event.key === "Enter" || event.key === " ") this.entry(cell);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  entry(cell) {
    const { node, index } = cell.dataset;
    this.show(cell, `Entry ${index} of ${node}`, { of: "entry", node, index: +index });
  }

  node(node, owner) { this.show(owner, `Why is ${node} as it is?`, { of: "node", node }); }

  message(message, owner) {
    const { view } = this, place = view.player.frame.flying.indexOf(message);
    const title = `${message.name} ${view.name(message.src)}→${view.name(message.dst)}`;
    if (place >= 0) this.show(owner, title, { of: "message", place });
  }

  // From cell to cell of the logs: rows are servers, columns indexes.
  walk(cell, down, right) {
    const rows = [...cell.closest("tbody").rows], at = rows.indexOf(cell.closest("tr"));
    const index = +cell.dataset.index + right;
    for (let row = at + down; row >= 0 && row < rows.length; row += down || rows.length) {
      const next = rows[row].querySelector(`.rl-cell[data-index="${index}"]`);
      if (next) { next.focus(); return; }
    }
  }

  async show(owner, title, what) {
    const { view } = this, { player, menu } = view;
    player.play(false);
    const frame = player.frame, { reasons } = await player.query("why", what);
    if (!reasons || player.frame !== frame || !owner.isConnected) return; // who has moved on asked of another moment
    menu.open(owner, title);
    menu.box.classList.add("rl-wide");
    const list = el("ol", "rl-reasons", menu.box);
    for (const { text, at } of reasons) {
      const item = el("li", "", list, text[0].toUpperCase() + text.slice(1) + ". ");
      if (at === null) continue;
      button(item, `event ${at} ▸`, "travel to this event", () => {
        menu.close(true);
        player.go(at);
        player.rest();
      }, "rl-travel");
    }
    menu.choice("Close", "", () => {});
    menu.ready();
  }
}

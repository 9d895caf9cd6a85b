// An item of the quiz: one choice for each of its parts, then what each was worth and why, and where
// one stands among the students. All of it is in the trait `card`: marking needs no kernel.

// How many students had each mark, one's own marked, as a table that a screen reader reads as one.
function crowd(parent, pairs, mine) {
  const rows = pairs.some(([points]) => points === mine) ? pairs : [...pairs, [mine, 0]].sort((a, b) => a[0] - b[0]);
  const most = Math.max(...rows.map(([, who]) => who));
  const body = el("tbody", el("table", parent, undefined, { class: "rc-crowd" }));
  for (const [points, who] of rows) {
    const row = el("tr", body, undefined, points === mine ? { class: "rc-mine" } : {});
    el("th", row, `${points} points`, { scope: "row" });
    el("span", el("td", row), undefined, { class: "rc-bar-of", style: `width:${(120 * who) / most}px` });
    el("td", row, who === 1 ? "1 student" : `${who} students`);
    el("td", row, points === mine ? "← you" : "");
  }
}

function render({ model, el: host }) {
  const root = cardIn(host, "A quiz item");
  const name = `raftlab-quiz-${cards += 1}`;

  function draw() {
    root.replaceChildren();
    const card = model.get("card");
    const form = el("form", root);
    el("div", form, undefined, { class: "rc-situation" }).innerHTML = card.situation;
    const parts = card.parts.map((part, number) => {
      const set = el("fieldset", form);
      el("legend", set, card.parts.length > 1 ? `${number + 1}. ${part.ask}` : part.ask);
      const labels = part.choices.map(([text], at) => {
        const label = el("label", set);
        el("input", label, undefined, { type: "radio", name: `${name}-${number}`, value: at });
        el("span", label, `${LETTERS[at]}) ${text}`);
        el("b", label, "", { class: "rc-mark" });
        return label;
      });
      return { part, labels, said: el("div", set, undefined, { class: "rc-said" }) };
    });
    const bar = el("div", form, undefined, { class: "rc-bar" });
    const check = el("button", bar, "Mark my answers", { type: "submit", class: "rc-strong" });
    const again = el("button", bar, "The same with other logs and names", { type: "button" });
    const play = el("button", bar, "Play the model’s run in a lab", { type: "button", hidden: "" });
    const told = el("div", form, undefined, { role: "status" });
    const replay = el("details", root, undefined, { hidden: "" });
    el("summary", replay, "What the model did, event by event");
    el("div", replay, undefined, { class: "rc-replay" }).innerHTML = card.replay;
    const picked = () => parts.map(({ labels }) => labels.findIndex((label) => label.firstChild.checked));
    check.disabled = true;
    form.addEventListener("change", () => { check.disabled = picked().includes(-1); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (picked().includes(-1) || model.get("chosen").length) return;
      model.set("chosen", picked());
      model.save_changes();
    });
    for (const [button, wanted] of [[again, "more"], [play, "play"]]) {
      button.addEventListener("click", () => wish(model, wanted));
    }
    root.marked = () => {
      const chosen = model.get("chosen");
      if (!chosen.length) return;
      let sum = 0;
      parts.forEach(({ part, labels, said }, number) => {
        const [, points, because] = part.choices[chosen[number]];
        sum += points;
        labels.forEach((label, at) => {
          label.firstChild.disabled = true;
          label.firstChild.checked = at === chosen[number];
          label.className = at === part.right ? "rc-right" : at === chosen[number] ? "rc-wrong" : "";
          label.querySelector(".rc-mark").textContent = at === part.right ? "✓ the model’s answer" : at === chosen[number] ? "✗ your answer" : "";
        });
        said.replaceChildren();
        el("p", said, `${points} of ${part.most} points. ${because}`);
        if (chosen[number] !== part.right && part.choices[part.right][2] !== because) el("p", said, part.choices[part.right][2]);
      });
      sum = Math.max(sum, 0);
      told.replaceChildren();
      el("p", told, `${sum} of ${card.most} points. ${card.lesson}`);
      el("p", told, card.words);
      crowd(told, card.crowd, sum);
      check.hidden = true;
      play.hidden = !card.plays;
      replay.hidden = !card.replay;
    };
    root.marked();
  }

  const marked = () => { if (model.get("chosen").length) root.marked(); else draw(); };
  draw();
  return listen(model, root, { card: draw, chosen: marked });
}

export default { render };

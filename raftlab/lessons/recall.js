// The recall questions, alive: an answer unfolds, and then one says whether one knew it. All is in
// the trait `card`, so it works while the kernel is busy; the kernel only keeps the marks.

function render({ model, el: host }) {
  const root = cardIn(host, "Recall");
  el("p", root, "Answer aloud first, then unfold.");
  const redraws = model.get("card").questions.map((question, at) => {
    const part = el("div", root, undefined, { class: "rc-recall", role: "group", "aria-label": `Question ${at + 1}` });
    const asked = el("p", part);
    el("strong", asked).innerHTML = `${at + 1}. ${question.ask}`;
    el("small", asked, ` (${question.level})`);
    const details = el("details", part);
    el("summary", details, "Answer");
    el("div", details).innerHTML = question.answer;
    const bar = el("div", details, undefined, { class: "rc-bar" });
    const mark = (text, knew) => {
      const button = el("button", bar, text, { type: "button", "aria-pressed": "false" });
      button.addEventListener("click", () => {
        model.set("marks", { ...model.get("marks"), [at]: knew });
        model.save_changes();
      });
      return [button, knew];
    };
    const buttons = [mark("I knew it", true), mark("Not yet", false)];
    if (question.plays) {
      el("button", bar, "See it happen", { type: "button" }).addEventListener("click", () => {
        model.set("play", [at, model.get("play")[1] + 1]);
        model.save_changes();
      });
    }
    const told = el("b", asked, "", { class: "rc-mark" });
    return () => {
      const marked = model.get("marks")[at];
      for (const [button, knew] of buttons) button.setAttribute("aria-pressed", String(marked === knew));
      told.textContent = marked === undefined ? "" : marked ? "✓ knew it" : "↻ not yet";
      part.classList.toggle("rc-right", marked === true);
      part.classList.toggle("rc-wrong", marked === false);
    };
  });
  const tally = el("p", root, "", { role: "status" });
  const redraw = () => {
    redraws.forEach((one) => one());
    const marks = Object.values(model.get("marks"));
    tally.textContent = marks.length ? `Knew ${marks.filter(Boolean).length} of ${marks.length}; ${redraws.length} questions.` : "";
  };
  redraw();
  return listen(model, root, { marks: redraw });
}

export default { render };

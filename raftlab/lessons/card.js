// A question with its answers. Everything it shows is in the trait `card`, so choosing works
// while the kernel is busy, and without any.

function render({ model, el: host }) {
  const root = cardIn(host, "A prediction");
  const name = `raftlab-card-${cards += 1}`;

  function draw() {
    root.replaceChildren();
    const card = model.get("card");
    const form = el("form", root);
    const set = el("fieldset", form);
    el("legend", set, card.ask);
    el("div", set, undefined, { class: "rc-situation" }).innerHTML = card.situation;
    card.options.forEach((text, at) => {
      const label = el("label", set);
      const radio = el("input", label, undefined, { type: "radio", name, value: at });
      radio.addEventListener("change", () => { check.disabled = false; });
      el("span", label, `${LETTERS[at]}) ${text}`);
      el("b", label, "", { class: "rc-mark" });
    });
    // Between what was chosen and the buttons, where one looks after a click.
    const said = el("div", form, undefined, { class: "rc-said", role: "status" });
    const bar = el("div", form, undefined, { class: "rc-bar" });
    const check = el("button", bar, "Check my prediction", { type: "submit", class: "rc-strong" });
    check.disabled = true;
    const again = el("button", bar, "Another question", { type: "button" });
    const play = el("button", bar, "Play it in a lab", { type: "button", hidden: "" });
    const tally = el("span", bar, "", { class: "rc-tally" });
    const replay = el("details", root, undefined, { hidden: "" });
    el("summary", replay, "What happened, event by event");
    el("div", replay, undefined, { class: "rc-replay" });

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = form.querySelector("input:checked");
      if (!chosen || model.get("chosen") >= 0) return;
      const [right, answered] = model.get("tally");
      model.set("chosen", Number(chosen.value));
      model.set("tally", [right + (Number(chosen.value) === card.right), answered + 1]);
      model.save_changes();
    });
    again.addEventListener("click", () => {
      again.disabled = true;
      again.textContent = "Waiting for the kernel …";
      wish(model, "more");
    });
    play.addEventListener("click", () => wish(model, "play"));
    answered();

    function answered() {
      const chosen = model.get("chosen"), [right, all] = model.get("tally");
      tally.textContent = all ? `${right} of ${all} right` : "";
      if (chosen < 0) return;
      form.querySelectorAll("label").forEach((label, at) => {
        label.querySelector("input").checked = at === chosen;
        label.querySelector("input").disabled = true;
        const mark = at === card.right ? "✓ the model’s answer" : at === chosen ? "✗ your answer" : "";
        label.querySelector(".rc-mark").textContent = mark;
        label.className = at === card.right ? "rc-right" : at === chosen ? "rc-wrong" : "";
      });
      check.hidden = true;
      play.hidden = replay.hidden = false;
      said.innerHTML = card.verdicts[chosen];
      replay.querySelector(".rc-replay").innerHTML = card.replay;
    }
    root.answered = answered;
  }

  const redraw = () => {
    const focused = root.contains(document.activeElement);
    draw();
    if (focused) root.querySelector("input")?.focus({ preventScroll: true });
  };
  const feedback = () => {
    if (model.get("chosen") < 0) { redraw(); return; }
    const here = root.contains(document.activeElement);
    root.answered();
    if (!here) return;
    root.querySelector(".rc-bar button:not([hidden])").focus({ preventScroll: true });
    // The page has grown below the button that was pressed: show why, if it is out of sight.
    root.querySelector(".rc-said").scrollIntoView({ block: "nearest" });
  };
  draw();
  return listen(model, root, { card: redraw, chosen: feedback });
}

export default { render };

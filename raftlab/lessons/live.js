// What the live cards share. live.py puts it in front of each of them.

const LETTERS = "abcdefgh";
let cards = 0; // on this page: names of groups must differ

function el(tag, parent, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
}

// The card itself, in whose keys JupyterLab has no part.
function cardIn(host, label) {
  const root = el("section", host, undefined, { class: "raftlab-card", "aria-label": label });
  // JupyterLab would take our keys for its own; it looks at the focused element first.
  root.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  root.addEventListener("keydown", (event) => { if (event.key !== "Escape") event.stopPropagation(); });
  return root;
}

// Count one more wish of somebody, for the kernel to hear.
function wish(model, name) {
  model.set(name, model.get(name) + 1);
  model.save_changes();
}

// Hear of changes, {trait: what is done then}, and of trouble, which is shown below the card; gives
// what ends that.
function listen(model, root, heard) {
  const failed = () => {
    root.querySelector(".rc-trouble")?.remove();
    if (model.get("trouble")) el("pre", root, model.get("trouble"), { class: "rc-trouble", role: "alert" });
  };
  const all = Object.entries({ ...heard, trouble: failed });
  for (const [trait, work] of all) model.on(`change:${trait}`, work);
  failed();
  return () => { for (const [trait, work] of all) model.off(`change:${trait}`, work); };
}

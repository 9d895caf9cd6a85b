// The few lines with which everything else makes elements.

function el(tag, classes, parent, text, attributes) {
  const node = document.createElement(tag);
  if (classes) node.className = classes;
  if (text !== undefined) node.textContent = text;
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (parent) parent.append(node);
  return node;
}

function button(parent, text, title, press, classes = "") {
  const node = el("button", "rl-button " + classes, parent, text, { type: "button", title });
  node.addEventListener("click", press);
  return node;
}

const ms = (time) => `${time.toFixed(1)} ms`;

const speed = (rate) => rate === 1 ? "right" : rate === 0.5 ? "half as fast" : `${rate} times as fast`;
const many = (count, one, more = one + "s") => `${count} ${count === 1 ? one : more}`;
const colourOf = (term) => term ? `var(--rl-term${(term - 1) % 6 + 1})` : "var(--rl-faint)";

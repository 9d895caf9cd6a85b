// A recording without a kernel: the page of replay.py. It unpacks the stage's own code and a track
// and stands in for the model that a notebook would give. Nothing is ever fetched.

// Five letters are four bytes; the same letters in the same order as in replay.py.
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%.()*+-;:=>?@^_`{|}~";
const held = (id) => {
  const text = document.getElementById(id).textContent, bytes = new DataView(new ArrayBuffer(4 * Math.ceil(text.length / 5)));
  const worth = Object.fromEntries([...LETTERS].map((letter, at) => [letter, at]));
  for (let at = 0; at < text.length; at += 5) {
    let number = 0;
    for (let i = at; i < at + 5; i++) number = 85 * number + (i < text.length ? worth[text[i]] : 84);
    bytes.setUint32(at / 5 * 4, number);
  }
  return new Uint8Array(bytes.buffer, 0, Math.floor(text.length * 4 / 5));
};
const inflated = async (bytes) => {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
};
const bytesOf = (patch) => new TextEncoder().encode(JSON.stringify(patch));

const RECORDING = "This is a recording: one can look, but not act. To act, open the run in a lab.";

// What the stage needs of a model, and the answers of a kernel that is not there.
function modelOf({ track, ...traits }) {
  const heard = {}, fresh = new Set(), end = { from: track.rows.length, rows: [], words: [], at: track.words.length };
  const { cursor, ...always } = track;
  Object.assign(traits, { key: "recording", track: bytesOf(track), patch: null, playing: false, asks: [],
                          rest: [...cursor, 0], call: 0, trouble: {}, answer: {} });
  const tell = (name, value) => {
    traits[name] = value;
    for (const hear of [...heard[`change:${name}`] || []]) hear();
  };
  let done = 0;
  const hear = (ask) => {
    if (ask.n <= done) return;
    done = ask.n;
    if (ask.do === "more" || ask.do === "whole" || ask.do === "call") return;
    if (ask.do === "reset") tell("patch", bytesOf({ ...always, ...end, done, cursor: [0, 0] }));
    else if (ask.do === "query")
      tell("answer", { n: ask.n, error: RECORDING, reasons: [{ text: RECORDING, at: ask.at }] });
    else tell("trouble", { text: RECORDING, trace: "", n: ask.n });
  };
  return {
    get: (name) => traits[name],
    set: (name, value) => { if (traits[name] !== value) { fresh.add(name); tell(name, value); } },
    save_changes: () => {
      if (fresh.delete("asks")) for (const ask of traits.asks) queueMicrotask(() => hear(ask));
      fresh.clear();
    },
    on: (event, hear) => (heard[event] ||= []).push(hear),
    off: (event, hear) => { heard[event] = (heard[event] || []).filter((other) => other !== hear); },
  };
}

// Light or dark as the reader's system is, until the reader says otherwise.
function themed() {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)"), press = document.getElementById("theme");
  const show = (theme) => { root.setAttribute("theme", theme); press.textContent = theme === "dark" ? "☀ light" : "☾ dark"; };
  const follow = () => show(dark.matches ? "dark" : "light");
  follow();
  dark.addEventListener("change", follow);
  press.addEventListener("click", () => {
    dark.removeEventListener("change", follow);
    show(root.getAttribute("theme") === "dark" ? "light" : "dark");
  });
}

function paced(model) {
  const range = document.getElementById("speed"), said = document.getElementById("pace");
  const set = () => {
    const speed = Math.round(10 ** +range.value);
    said.textContent = `${speed} ms/s`;
    range.setAttribute("aria-valuetext", `${speed} simulated milliseconds a second`);
    model.set("speed", speed);
  };
  range.value = Math.log10(model.get("speed"));
  range.addEventListener("input", set);
  set();
}

themed();
const { script, styles } = await inflated(held("code"));
const sheet = document.createElement("style");
sheet.textContent = styles;
document.head.append(sheet);
const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
const stage = (await import(url)).default;
URL.revokeObjectURL(url);
const model = modelOf(await inflated(held("run")));
paced(model);
await stage.initialize({ model });
await stage.render({ model, el: document.getElementById("stage") });
document.getElementById("still").remove();
document.getElementById("events").open = false;
document.body.classList.add("live");

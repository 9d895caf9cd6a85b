// All of the stage's code that the front end is handed as text. The rest comes deflated, a fifth as
// large, in a model that all labs of a kernel share, and is unpacked once for all labs of a page.

const unpacked = async (packed) => {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const { script, styles } = JSON.parse(await new Response(stream).text());
  const sheet = document.createElement("style");
  sheet.textContent = styles;
  document.head.append(sheet);
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try { return (await import(url)).default; } finally { URL.revokeObjectURL(url); }
};

const stageOf = async (model) => {
  const shared = await model.widget_manager.get_model(model.get("code").slice("IPY_MODEL_".length));
  const packed = shared.get("packed"), known = globalThis.raftlabStages ||= new Map();
  const bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  const key = `${bytes.length} ${bytes.slice(-4)}`; // it ends in a checksum
  if (!known.has(key)) known.set(key, unpacked(bytes));
  return known.get(key);
};

export default {
  async initialize(given) { (await stageOf(given.model)).initialize(given); },
  async render(given) { return (await stageOf(given.model)).render(given); },
};

// What one takes along from a lab, and what one brings back: texts, files, pictures. Texts are the
// kernel's (keep.py); pictures need none, and a recording offers only these.

const PATIENCE = 6000; // ms until a kernel that says nothing is taken for busy

class Keep {
  constructor(view, parent) {
    this.view = view;
    parent.classList.add("rl-keep");
    const row = (words, box) => {
      const line = el("p", "rl-keep-row", box);
      el("b", "", line, words);
      return line;
    };
    const take = el("div", "", parent);
    if (!view.about.recording) {
      const copy = row("Copy", take), file = row("Download", take);
      button(copy, "Compact text", "the whole history as a text that fits a message or a link", () => this.copy("code"));
      button(copy, "Scenario", "this branch as a scenario: text that one can read, change and play", () => this.copy("scenario"));
      button(file, "History", "the whole history as a file for rl.load", () => this.file("history"));
      button(file, "Replay", "a page that plays this branch without a kernel", () => this.file("replay"));
    }
    const draw = row("Picture", take);
    button(draw, "SVG", "this moment as a picture of any size", () => this.picture("svg"));
    button(draw, "PNG", "this moment as a picture, twice as fine as on the screen", () => this.picture("png"));
    const label = el("label", "", draw);
    this.light = el("input", "", label, undefined, { type: "checkbox" });
    label.append(" light, for slides");
    if (!view.about.recording) this.bring(el("form", "", parent));
    this.said = el("p", "rl-keep-said", parent, "", { role: "status" });
    this.text = el("textarea", "", parent, undefined, { readonly: "", rows: 3, "aria-label": "what was copied" });
    this.text.hidden = true;
  }

  // A text or a file that takes the place of what the stage shows.
  bring(form) {
    const line = el("p", "rl-keep-row", form), file = el("input", "", form, undefined, { type: "file", "aria-label": "a file to open" });
    el("b", "", line, "Open");
    button(line, "A file…", "a history, a scenario or a compact text", () => file.click());
    el("button", "rl-button", line, "This text", { type: "submit", title: "open what is pasted below; Undo brings back what is here" });
    const text = el("textarea", "", form, undefined, {
      rows: 2, "aria-label": "a text to open", placeholder: "paste a compact text, a scenario or a history, or drop a file here", spellcheck: "false",
    });
    file.hidden = true;
    const open = async (from) => {
      const words = typeof from === "string" ? from : await from.text();
      if (!words.trim()) { this.tell("There is nothing to open yet: paste a text, or choose a file."); text.focus(); return; }
      this.tell("");
      this.text.hidden = true;
      this.view.player.play(false);
      this.view.player.act("open", { text: words });
    };
    form.addEventListener("submit", (event) => { event.preventDefault(); open(text.value); });
    file.addEventListener("change", () => { if (file.files[0]) open(file.files[0]); file.value = ""; });
    for (const kind of ["dragover", "dragleave", "drop"])
      form.addEventListener(kind, (event) => {
        const [dropped] = event.dataTransfer.files;
        if (kind !== "drop" || dropped) { event.preventDefault(); event.stopPropagation(); }
        form.classList.toggle("rl-over", kind === "dragover");
        if (kind === "drop" && dropped) open(dropped);
      });
  }

  tell(words, wrong = false) {
    this.said.textContent = words;
    this.said.classList.toggle("rl-warning", wrong);
  }

  // A text that only the kernel can write, of the moment that the stage shows; null if none came.
  async ask(kind) {
    const { player, model } = this.view;
    player.play(false);
    if (player.glide) player.go(player.glide.to);
    player.rest();
    this.text.hidden = true; // what was copied before is no longer what is spoken of
    this.tell("…");
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
    const answer = await Promise.race([player.query("keep", { kind }), late]);
    if (answer) model.set("answer", {}); // or a notebook that saves its widgets saves it, too
    if (!answer) this.tell("The kernel does not answer: it is busy, or gone. Try again when it is idle; a picture needs no kernel.", true);
    else if (answer.error) this.tell(answer.error, true);
    return answer && !answer.error ? answer : null;
  }

  async copy(kind) {
    const answer = await this.ask(kind);
    if (!answer) return;
    this.text.hidden = false;
    this.text.value = answer.text;
    this.text.select();
    let done = false;
    try { await navigator.clipboard.writeText(answer.text); done = true; } catch { done = document.execCommand("copy"); }
    const size = many(answer.text.length, "character"), more = answer.told && `; ${answer.told}`;
    this.tell(done ? `Copied: ${size}${more}.` : `The browser lets nobody copy here; copy it from the box below (${size}${more}).`, !done);
  }

  async file(kind) {
    const answer = await this.ask(kind);
    if (answer) this.hand(new Blob([answer.text], { type: "text/plain" }), answer.name, answer.told);
  }

  async picture(kind) {
    this.text.hidden = true;
    const { player } = this.view, drawn = pictureOf(this.view, this.light.checked);
    const blob = kind === "png" ? await pixelsOf(drawn) : new Blob([drawn.text], { type: "image/svg+xml" });
    this.hand(blob, `event-${player.position}.${kind}`, `${drawn.width} × ${drawn.height}${kind === "png" ? ", doubled" : ""}`);
  }

  hand(blob, name, told) {
    const href = URL.createObjectURL(blob), link = el("a", "", document.body, "", { href, download: name });
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
    this.tell(`Downloaded: ${name}${told && ` (${told})`}.`);
  }

  draw() {}
}

PANES.push({ name: "Keep", hint: "copy, download and open runs; pictures for slides", pane: Keep });

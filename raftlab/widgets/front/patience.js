// A kernel that is busy, silent or gone: the stage says so, and nothing waits for ever. What is in
// the track can be played and looked at all the same.

const BUSY = 700, SILENT = 6000; // ms without an answer until that is said

class Patience {
  constructor(player) {
    this.player = player;
    this.words = ""; // what there is to say of the kernel
    this.gone = false;
    player.model.on("comm_live_update", () => this.look());
  }

  // Somebody waits for the kernel from now on.
  start() {
    const { player } = this;
    if (this.timer || player.model.get("about").recording) return;
    if (this.gone || this.silent) { this.timer = setTimeout(() => this.end(), this.gone ? 0 : BUSY); return; }
    this.timer = setTimeout(() => {
      this.say(Patience.BUSY);
      this.timer = setTimeout(() => this.end(), SILENT - BUSY);
    }, BUSY);
  }

  // The kernel has said something.
  heard() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.silent = this.gone = false;
    this.say("");
    if (this.player.waiting || this.player.questions.size) this.start();
  }

  // Enough waited: the clock goes on. Of a kernel that is just busy an answer may still come.
  end() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.silent = true;
    this.say(this.gone ? Patience.GONE : Patience.SILENT);
    this.player.release(this.gone && this.words);
  }

  // Where the front end tells whether the kernel still knows its widgets, it need not be waited for.
  async look() {
    const { model } = this.player, id = `${model.get("code")}`.slice("IPY_MODEL_".length);
    const known = await model.widget_manager.get_model(id).catch(() => ({ comm_live: false }));
    if (known.comm_live === !this.gone) return;
    this.gone = !known.comm_live;
    if (this.gone) this.end(); else this.heard();
  }

  say(words) {
    if (words === this.words) return;
    this.words = words;
    this.player.draw();
  }
}

Patience.BUSY = "Waiting for the kernel, which is busy. What you asked for happens as soon as it is idle.";
Patience.SILENT = "The kernel does not answer. If a cell is running, what you asked for happens when it ends. "
  + "If the kernel was restarted, run this cell again; what is here can still be played and looked at.";
Patience.GONE = "The kernel that made this picture is gone: run this cell again to act on it. "
  + "What is here can still be played and looked at.";

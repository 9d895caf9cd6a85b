"""What the browser tests share: a Chromium, a page with the stage alone and a fake model, and a
JupyterLab."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

import raftlab as rl

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium(playwright):
    """A running headless Chromium. Where there is none the test is skipped, but on CI it fails."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        words = "no Chromium found; install one (Debian: apt-get install chromium)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(words)
    return playwright.chromium.launch(executable_path=path, args=list(_FLAGS))


# The least a widget needs of its model; `saved` keeps what the stage wanted the kernel to know.
_FAKE = """
const traits = JSON.parse(document.getElementById("traits").textContent);
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
for (const name of ["track", "patch", "packed"]) traits[name] = bytes(traits[name]);
const heard = {}, fresh = {};
const tell = (name, value) => {
  if (traits[name] === value) return false;
  traits[name] = value;
  for (const hear of heard["change:" + name] || []) hear();
  return true;
};
window.saved = [];
window.model = {
  widget_manager: { get_model: async () => window.model },
  get: (name) => traits[name],
  set: (name, value) => { if (tell(name, value)) fresh[name] = value; },
  save_changes: () => {
    for (const name in fresh) { window.saved.push([name, fresh[name]]); delete fresh[name]; }
  },
  on: (event, hear) => (heard[event] = heard[event] || []).push(hear),
  off: (event, hear) => { heard[event] = (heard[event] || []).filter((other) => other !== hear); },
};
window.happens = (event) => { for (const hear of heard[event] || []) hear(); };
window.receive = (patch, trouble, answer) => {
  if (patch) tell("patch", bytes(patch));
  tell("trouble", trouble);
  if (answer) tell("answer", answer);
};
const source = document.getElementById("source").textContent;
const stage = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
await stage.default.initialize({ model: window.model });
const here = document.getElementById("here");
window.leave = await stage.default.render({ model: window.model, el: here });
window.ready = true;
"""


def stage_page(browser, lab, theme="light", width=700, **context):
    """A page that shows the stage of `lab` alone; what the stage asks reaches the lab, and the
    lab's answer the stage, when `answer(page, lab)` is called."""
    state = lab.stage.get_state()
    traits = {name: state[name] for name in (
        "key", "code", "about", "look", "playing", "speed", "asks", "rest", "call", "trouble",
        "answer")}  # fmt: skip
    state["packed"] = lab.stage.code.packed
    for name in ("track", "patch", "packed"):
        traits[name] = base64.b64encode(bytes(state[name])).decode()

    def script(kind, id, text):
        text = text.replace("</", "<\\/")
        return f'<script type="{kind}" id="{id}">{text}</script>'

    light = "true" if theme == "light" else "false"
    page = browser.new_page(viewport={"width": width + 20, "height": 900}, **context)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.set_default_timeout(5000)
    page.set_content(
        f'<!doctype html><html lang="en"><title>stage</title><body data-jp-theme-light="{light}">'
        f'<div id="here" style="width:{width}px"></div>'
        + script("application/json", "traits", json.dumps(traits))
        + script("text/plain", "source", lab.stage._esm)
        + script("module", "fake", _FAKE)
    )
    page.wait_for_function("window.ready")
    return page


def broken_lab():
    """A lab whose cluster has two leaders in one term."""
    lab = rl.lab("raft!votes-twice", servers=3, seed=1)
    for id in ("S1", "S2"):
        lab.run.fire(id)
    lab.run.run(80)
    lab.refresh()
    assert lab.run.verdicts
    return lab


# The least a card of the lessons needs of its model.
_CARD = """
const traits = TRAITS, heard = {};
window.model = {
  get: (name) => traits[name],
  set: (name, value) => {
    traits[name] = value;
    for (const hear of heard["change:" + name] || []) hear();
  },
  save_changes: () => {},
  on: (event, hear) => (heard[event] = heard[event] || []).push(hear),
  off: () => {},
};
const url = URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }));
const { default: face } = await import(url);
face.render({ model: window.model, el: document.getElementById("here") });
window.ready = true;
"""


def card_page(browser, face, above="", below=""):
    """A page, 900 pixels wide and high, that shows a card of the lessons between two pieces of
    HTML; no kernel hears of what is done there."""
    from ipywidgets import DOMWidget

    own = face.trait_names(sync=True)
    own = [name for name in own if name[0] != "_" and not DOMWidget.class_traits().get(name)]
    traits = json.dumps({name: getattr(face, name) for name in own})
    page = browser.new_page(viewport={"width": 900, "height": 900})
    page.set_content(f"<style>{face._css}</style>{above}<div id=here></div>{below}")
    source = _CARD.replace("TRAITS", traits).replace("SOURCE", json.dumps(face._esm))
    page.add_script_tag(type="module", content=source)
    page.wait_for_function("window.ready")
    return page


def answer(page, lab):
    """Carry what the page has saved to the lab, and what the lab then says back to the page."""
    for name, held in page.evaluate("window.saved.splice(0)"):
        lab.stage.set_trait(name, held)
    patch = base64.b64encode(lab.stage.patch).decode()
    page.evaluate("(said) => window.receive(...said)", [patch, lab.stage.trouble, lab.stage.answer])


class JupyterLab:
    """A JupyterLab of its own on a free port of this machine, in an empty home, with one notebook
    of the given code cells open in it. `page` is Playwright's."""

    module, place = "jupyterlab", "lab/tree"

    def __init__(self, browser, folder, cells, theme="light", width=1280):
        import nbformat

        self.folder = folder
        cells = [nbformat.v4.new_code_cell(source) for source in cells]
        book = nbformat.v4.new_notebook(cells=cells)
        book.metadata["kernelspec"] = {
            "name": "python3", "display_name": "Python 3", "language": "python",
        }  # fmt: skip
        nbformat.write(book, folder / "book.ipynb")
        self._settings(theme)
        self._serve()
        self.page = browser.new_page(viewport={"width": width, "height": 1000})
        self.page.set_default_timeout(20_000)

    def _settings(self, theme):
        chosen = self.folder / "settings" / "@jupyterlab" / "apputils-extension"
        chosen.mkdir(parents=True)
        name = f"JupyterLab {theme.capitalize()}"
        (chosen / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}))
        quiet = json.dumps({"fetchNews": "false", "checkForUpdates": False})
        (chosen / "notification.jupyterlab-settings").write_text(quiet)

    def _serve(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        homes = {"JUPYTER_CONFIG_DIR": "config", "JUPYTERLAB_SETTINGS_DIR": "settings",
                 "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "JUPYTER_RUNTIME_DIR": "runtime",
                 "IPYTHONDIR": "ipython"}  # fmt: skip
        self.server = subprocess.Popen(
            [sys.executable, "-m", self.module, "--no-browser", "--allow-root",
             "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
             "--IdentityProvider.token=", "--expose-app-in-browser",
             f"--ServerApp.root_dir={self.folder}"],
            env={**os.environ, **{key: str(self.folder / name) for key, name in homes.items()}},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder,
        )  # fmt: skip

    def open(self):
        """Wait for server, notebook and kernel; a cell that runs sooner meets a dialog."""
        for _ in range(300):
            try:
                self.page.goto(f"{self.url}/{self.place}/book.ipynb", wait_until="domcontentloaded")
                break
            except Exception:
                if self.server.poll() is not None:
                    raise
                self.page.wait_for_timeout(100)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        self.page.evaluate("""async () => {
            const { context } = window.jupyterapp.shell.currentWidget;
            await context.ready;
            await context.sessionContext.ready;
            await context.sessionContext.session.kernel.info;
        }""")

    def run_all(self):
        """Start all cells; does not wait for them."""
        command = "notebook:run-all-cells"
        self.page.evaluate(f"void window.jupyterapp.commands.execute('{command}')")

    def close(self):
        """Stop the server, which stops its kernel."""
        self.page.close()
        self.server.terminate()
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()


class Notebook(JupyterLab):
    """The same in Notebook 7, which shows one document a page."""

    module, place = "notebook", "notebooks"

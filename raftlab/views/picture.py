"""A picture as a notebook shows it: one answer as a drawing, as an interactive figure, in words.

What is published with each: `text/plain`, the text twin; `text/html`, an `<img>` of the static
picture, which also notebooks that are not trusted and pages without a kernel show; and, for an
interactive picture, Plotly's own JSON, which JupyterLab prefers where it can draw it. No script
is ever published.
"""

from base64 import b64encode
from html import escape

from ..core import Impossible
from . import style, svg

PLOTLY = "application/vnd.plotly.v1+json"


ALT = 2000  # characters of alternative text at most


class Picture:
    """An answer one can look at, read and keep. Never changed; `dark()` makes another.

    `text` is the same answer in words. `graph` is the networkx graph of a ring, else None.
    """

    def __init__(self, scene, text, interactive=False, theme="light", graph=None):
        self.scene = scene
        self.text = text
        self.interactive = interactive
        self.theme = theme
        self._graph = graph

    @property
    def svg(self):
        """The static picture as SVG text."""
        return svg.render(self.scene, self.theme)

    @property
    def graph(self):
        """The cluster as a networkx graph, with positions and attributes; None but for a ring."""
        return self._graph and self._graph()

    def plotly(self):
        """The same picture as an interactive Plotly figure: zoom, and words under the pointer."""
        return Picture(self.scene, self.text, True, self.theme, self._graph)

    def still(self):
        """The same picture without interaction."""
        return Picture(self.scene, self.text, False, self.theme, self._graph)

    def dark(self):
        """The same picture, dark on every page. The still one follows its page by itself."""
        return Picture(self.scene, self.text, self.interactive, "dark", self._graph)

    def figure(self):
        """A `plotly.graph_objects.Figure` of one's own, to change or to export."""
        from plotly.graph_objects import Figure

        made = self._json()
        return Figure(made["data"], made["layout"])

    def _json(self):
        from . import plotly

        scene = plotly.scene_of(self.graph, self.scene) if self._graph else self.scene
        return plotly.figure(scene, self.theme)

    def save(self, path):
        """Write the picture to `path`, which ends in .svg, .html, .txt, or .json (Plotly)."""
        kind = str(path).rpartition(".")[2].lower()
        if kind == "svg":
            content = self.svg
        elif kind == "txt":
            content = self.text + "\n"
        elif kind == "html":
            content = self._page()
        elif kind == "json":
            import json

            content = json.dumps(self._json(), ensure_ascii=False, separators=(",", ":"))
        else:
            raise Impossible(
                f"{path} should end in .svg, .html, .txt or .json; a browser prints .svg to PDF, "
                "and the pane Keep of a lab draws PNG"
            )
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)

    def _page(self):
        card = style.THEMES[self.theme]["card"]
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8">'
            f"<title>{escape(self.scene.title)}</title>"
            f'<body style="background:{card}">{self.svg}</body></html>'
        )

    def html(self):
        """An `<img>` that holds the picture itself, dark on a dark page. Its alternative text is
        the text twin, or, where that is long, its beginning: nobody wants 300 lines read out
        unasked."""
        light = self.theme == "light"
        image = svg.render(self.scene, self.theme, words=False, adapts=light)
        data = b64encode(image.encode()).decode()
        words = self.text
        if len(words) > ALT:
            words = f"{self.scene.title}\n{words[:ALT].rpartition(chr(10))[0]}\n…"
        return (
            f'<img src="data:image/svg+xml;base64,{data}" width="{self.scene.width}" '
            f'alt="{escape(words)}">'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": self.text, "text/html": self.html()}
        if self.interactive:
            bundle[PLOTLY] = self._json()
        return bundle

    def __repr__(self):
        return self.text

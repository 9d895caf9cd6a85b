"""What happened, and why? The last events in words, newest below."""

from html import escape

from ..core import Impossible
from ..sim import is_interesting, why
from . import style, text
from .picture import Picture
from .scene import Mark, Poly, Scene, Text, wrap


def feed(run, at=None, last=20, interesting=True):
    """The `last` events of `run` up to step `at` (the cursor if left out), with their reasons."""
    steps, position = text.moment(run, at)
    if last is not None and (isinstance(last, bool) or not isinstance(last, int) or last < 1):
        raise Impossible(f"last is how many events to tell, from 1, or None for all; not {last!r}")
    found = told(steps, position, last, interesting)
    return Feed(scene(steps, position, found), twin(found), found)


def told(steps, position, last=None, interesting=True):
    """The events to tell, oldest first: a list of (position, ms, headline, sentences)."""
    found = []
    for i in range(position, -1, -1):
        if last is not None and len(found) == last:
            break
        if not interesting or is_interesting(steps, i):
            step = steps[i]
            found.append((i, step.state.time, text.happened(step), why(step)))
    return found[::-1]


def twin(found):
    """The feed in words: a line for each event, its reasons below."""
    lines = []
    for position, time, headline, sentences in found:
        lines.append(f"{time:9.1f} ms  {position:4}  {headline}")
        lines += [f"{'':20}{sentence}" for sentence in sentences]
    return "\n".join(lines)


def scene(steps, position, found):
    """The feed as a picture, for slides; a notebook shows it as a table."""
    small, note = style.SIZES["small"], style.SIZES["note"]
    marks, y = [], 52
    marks.append(Mark("header", "", "", 16, 21, (
        Text(16, 21, "What happened", style.SIZES["title"], bold=True),
        Text(152, 22, f"up to {text.instant(steps, position)}", note, "muted"),
    )))  # fmt: skip
    for number, (at, time, headline, sentences) in enumerate(found):
        lines = [line for said in sentences for line in wrap(said, small, 380)]
        heads = wrap(headline, note, 150)
        shapes = [Text(76, y, text.ms(time), small, "muted", "end")]
        if number:
            shapes.append(Poly(((16, y - 14), (style.WIDTH - 16, y - 14)), stroke="faint", width=1))
        shapes += [Text(90, y + 15 * i, line, note, bold=True) for i, line in enumerate(heads)]
        shapes += [Text(270, y + 15 * i, line, small) for i, line in enumerate(lines)]
        marks.append(Mark("event", str(at), f"{headline}: {' '.join(sentences)}", 90, y,
                          tuple(shapes)))  # fmt: skip
        y += 15 * max(len(heads), len(lines), 1) + 14
    title = f"What happened up to {text.instant(steps, position)}"
    return Scene(style.WIDTH, y, title, twin(found), tuple(marks))


_LEFT = 'style="text-align:left"'  # notebooks set tables flush right, most pages do not
_RIGHT = 'style="text-align:right"'


class Feed(Picture):
    """A picture that a notebook shows as a table, which a screen reader can walk through."""

    def __init__(self, scene, text, found, theme="light"):
        super().__init__(scene, text, theme=theme)
        self.found = found

    def dark(self):
        return Feed(self.scene, self.text, self.found, "dark")

    def html(self):
        rows = []
        for position, time, headline, sentences in self.found:
            reasons = "<br>".join(escape(sentence) for sentence in sentences)
            rows.append(
                f"<tr><td {_RIGHT}>{position}</td><td {_RIGHT}>{time:.1f}</td>"
                f'<th scope="row" {_LEFT}>'
                f"{escape(headline)}</th><td {_LEFT}>{reasons}</td></tr>"
            )
        # Each name stands as its column does: numbers to the right, words to the left.
        head = "".join(
            f'<th scope="col" {side}>{name}</th>'
            for name, side in (("step", _RIGHT), ("ms", _RIGHT), ("event", _LEFT), ("why", _LEFT))
        )
        return (
            f"<table><caption>{escape(self.scene.title)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )

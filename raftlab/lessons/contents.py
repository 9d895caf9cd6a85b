"""The map of the notebooks, and the way from one to the next: `python -m raftlab.lessons.contents`.

Everything comes from the notebooks themselves: their names, first headings, the question on top,
what stands in their cells, and one thing in their metadata, `"raftlab": {"needs": ["10"]}`: the
numbers of those they build on. Written from that, and only that:

  - in each notebook a line below the title (minutes, and what comes before) and a last cell,
    tagged `navigation`, with the links to the previous and the next one and to the map;
  - the map itself, between two comments, in the first notebook and in README.md.

To write it twice changes nothing. A test compares; nobody writes these lines by hand.

A section whose heading ends in ◇ may be left out at a first reading. The minutes are reckoned
from the cells (`reckoned`) and the records of exercises, for a first reading and for everything, so
that they stay true when a notebook grows.
"""

import re
import sys

from ..core import Impossible, value
from .edition import tagged
from .exercise import exercise
from .refresh import NOTEBOOKS, tidy

README = NOTEBOOKS.parent / "README.md"
BEGIN, END = "<!-- the map: python -m raftlab.lessons.contents -->", "<!-- end of the map -->"
ANCHOR = "#The-map"  # the heading above it in the first notebook
LATER = "◇"  # at the end of a heading: a first reading may leave this section out
# Each part of the map, and the numbers of its notebooks.
PARTS = (
    ("The story", [*range(18), 19]),
    ("Real servers", range(30, 40)),
    ("Practice, with feedback", [18, *range(40, 100)]),
)
_TIME = re.compile(r"\n\n\*About \d+ minutes[.,][^\n]*\*(?=\n|$)")
# Not reckoned: the map, because what we write must not change what we write; and folded answers,
# because to compare one's own with them is part of driving the lab.
_NOT_READ = re.compile(f"{BEGIN}.*?{END}|<details>.*?</details>", re.DOTALL)
_SAYS = '"raftlab": {"needs": ["10"]}'
# What takes how many minutes: guesses that the estimates of the notebooks' authors and readers
# agreed with, and not measurements.
_WORDS_A_MINUTE = 170
_IN_TEXT = ((r"\*\*Predict", 0.5),)  # to make up one's mind
_IN_CODE = (
    (r"", 0.4),  # to run it and look
    (r"rl\.(predict|quiz)\(", 1.5),
    (r"rl\.lab\(", 5),
    (r"rl\.recall\(", 4),
)


@value
class Chapter:
    """What the map says of a notebook. `minutes` are for a first reading, `whole` with what it may
    leave out; `needs` are the numbers of those that come before it."""

    file: str
    title: str
    question: str
    minutes: int
    whole: int
    needs: tuple

    @property
    def number(self):
        return self.file[:2]

    def link(self, folder="", anchor=""):
        return f"[{self.number} {self.title}]({folder}{self.file}{anchor})"


def chapters(notebooks):
    """The chapters of {file name: notebook}, in the order of their names."""
    found = [_chapter(name, notebooks[name]) for name in sorted(notebooks)]
    if not found:
        raise Impossible("there is no notebook")
    numbers = [chapter.number for chapter in found]
    for chapter in found:
        for need in chapter.needs:
            if need not in numbers or need >= chapter.number:
                raise Impossible(
                    f"{chapter.file} needs {need!r}; before it come "
                    f"{', '.join(one for one in numbers if one < chapter.number) or 'none'}"
                )
    return found


def _chapter(name, notebook):
    needs = notebook.metadata.get("raftlab", {}).get("needs")
    if not isinstance(needs, list):
        raise Impossible(f"{name} does not say what it needs: put {_SAYS} into its metadata")
    top = _TIME.sub("", notebook.cells[0].source, count=1)
    title = re.match(r"# (.+)", top)
    if not title:
        raise Impossible(f"{name} does not begin with a title, such as “# Raft: the log”")
    question = re.search(r"^\*\*(?:The question|Question)[:.]\*\* *(.+)$", top, re.MULTILINE)
    question = question or re.search(r"\*\*(.+?)\*\*", top)
    if not question:
        raise Impossible(f"{name} does not say its question on top: “**The question:** …?”")
    asked = question[1].strip()
    asked = asked[0].upper() + asked[1:]
    return Chapter(name, title[1].strip(), asked, *reckoned(notebook.cells), tuple(needs))


def reckoned(cells):
    """(minutes of a first reading, minutes of everything), each a multiple of five."""
    first = later = 0
    skipped = None  # the level of the heading whose section a first reading leaves out
    for cell in cells:
        text = cell.source
        if "navigation" in cell.metadata.get("tags", ()):
            continue
        if cell.cell_type == "markdown":
            heading = re.match(r"(#+) (.*)", text)
            if heading:
                level = len(heading[1])
                if skipped and level <= skipped:
                    skipped = None
                if heading[2].rstrip().endswith(LATER):
                    skipped = skipped or level
            text = _NOT_READ.sub("", _TIME.sub("", text))
            took = len(re.findall(r"\w+", text)) / _WORDS_A_MINUTE + _of(_IN_TEXT, text)
        else:
            took = _of(_IN_CODE, text) + _exercise(cell)
        if skipped:
            later += took
        else:
            first += took
    return _fives(first), _fives(first + later)


def _exercise(cell):
    """The minutes of the exercise that a cell checks, as its record says."""
    id = tagged(cell, "check")
    return exercise(id).minutes if id else 0


def _of(signs, text):
    return sum(minutes for sign, minutes in signs if re.search(sign, text))


def _fives(minutes):
    return max(5, 5 * round(minutes / 5))


def duration(minutes):
    """Minutes as one says them: "50 minutes", "5 hours 40 minutes"."""
    hours, rest = divmod(minutes, 60)
    told = [f"{hours} hour{'s' * (hours > 1)}"] if hours else []
    return " ".join(told + ([f"{rest} minutes"] if rest or not told else []))


def table(all, folder=""):
    """The map, as Markdown, with its links into `folder`: a table for each part."""
    lines = [BEGIN, ""]
    for title, numbers in PARTS:
        part = [one for one in all if int(one.number) in numbers]
        if part:
            lines += [f"**{title}**, together {_together(part)}.", ""]
            lines += ["| notebook | the question | time | after |", "|---|---|---|---|"]
            lines += [_row(one, folder) for one in part] + [""]
    return "\n".join([*lines, END])


def _row(one, folder):
    asked = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", one.question).replace("|", "\\|")
    return f"| {one.link(folder)} | {asked} | {_minutes(one)} | {', '.join(one.needs) or '–'} |"


def _together(part):
    first = duration(sum(one.minutes for one in part))
    whole = duration(sum(one.whole for one in part))
    if whole == first:
        return f"about {first}"
    return f"about {first} at a first reading, {whole} with the parts marked {LATER}"


def _minutes(chapter):
    more = f" ({chapter.whole} with {LATER})" if chapter.whole > chapter.minutes else ""
    return f"{chapter.minutes} min{more}"


def with_map(text, all, folder, where):
    """`text` with the map between its two comments as it should be."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise Impossible(f"{where} must hold the lines {BEGIN} and {END} once each, for the map")
    before, rest = text.split(BEGIN)
    return before + table(all, folder) + rest.split(END)[1]


def dress(notebook, at, all):
    """Put into a notebook, `at` in `all` chapters, what is written from the others."""
    from nbformat import from_dict

    chapter, first = all[at], all[0]
    by_number = {one.number: one for one in all}
    needed = ", ".join(by_number[need].link() for need in chapter.needs)
    needed = f"It builds on {needed}." if needed else "You need nothing but a little Python."
    top = notebook.cells[0]
    title, _, rest = _TIME.sub("", top.source, count=1).partition("\n")
    more = f", {chapter.whole} with the parts marked {LATER}"
    time = f"{chapter.minutes} minutes{more if chapter.whole > chapter.minutes else ''}"
    top.source = f"{title}\n\n*About {time}. {needed}*\n{rest}".rstrip("\n")

    ways = [f"**Contents:** [the map]({first.file if at else ''}{ANCHOR})"]
    if at:
        ways.insert(0, f"**Previous:** {all[at - 1].link()}")
    if at + 1 < len(all):
        ways.append(f"**Next:** {all[at + 1].link()}")
    cells = [one for one in notebook.cells if "navigation" not in one.metadata.get("tags", ())]
    last = {
        "cell_type": "markdown", "id": "navigation", "metadata": {"tags": ["navigation"]},
        "source": " · ".join(ways),
    }  # fmt: skip
    notebook.cells = [*cells, from_dict(last)]
    if not at:
        for cell in notebook.cells:
            if BEGIN in cell.source:
                cell.source = with_map(cell.source, all, "", first.file)
                return
        with_map("", all, "", first.file)


def generated():
    """{path: text} of all notebooks and the README as they should be."""
    import nbformat

    notebooks = {p.name: nbformat.read(p, as_version=4) for p in sorted(NOTEBOOKS.glob("*.ipynb"))}
    all = chapters(notebooks)
    texts = {}
    for at, chapter in enumerate(all):
        notebook = notebooks[chapter.file]
        dress(notebook, at, all)
        tidy(notebook)
        texts[NOTEBOOKS / chapter.file] = nbformat.writes(notebook) + "\n"
    readme = README.read_text("utf-8")
    return texts | {README: with_map(readme, all, "notebooks/", README.name)}


def main():
    try:
        texts = generated()
    except Impossible as error:
        print(error)
        return 1
    for path, text in texts.items():
        if path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What holds for every notebook without running it: its shape, its links, its saved outputs.

That the outputs are true is nbval's part (pyproject.toml: `--nbval`); that they are small,
complete and the same on every machine is asked here. Style: the house's section on notebooks.
"""

import ast
import json
import re
from pathlib import Path

import pytest

from raftlab.lessons.refresh import NOTEBOOKS, tidy

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(NOTEBOOKS.glob("*.ipynb"))
MOST_BYTES = 400_000
MOST_LINES = 15  # of code in a cell
MOST_WORDS = 130  # of prose in a cell; tables, lists and folded answers left out

pytestmark = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def cells(path, kind):
    """(id, source) of each cell of a kind."""
    for cell in read(path)["cells"]:
        if cell["cell_type"] == kind:
            yield cell["id"], "".join(cell["source"])


def is_a_class_to_write(cell):
    tagged = "exercise" in cell["metadata"].get("tags", ())
    return tagged and "".join(cell["source"]).startswith("class ")


def headings(path):
    """(level, title) of each heading outside code fences."""
    found = []
    for _, text in cells(path, "markdown"):
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        found += re.findall(r"^(#+) +(.*?) *$", prose, re.MULTILINE)
    return [(len(marks), title) for marks, title in found]


def test_its_name_sorts_and_links(path):
    assert re.fullmatch(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*\.ipynb", path.name)


def test_it_begins_with_one_title_and_no_heading_skips_a_level(path):
    found = headings(path)
    assert found[0][0] == 1 and [level for level, _ in found].count(1) == 1
    for (before, _), (level, title) in zip(found, found[1:], strict=False):
        assert level <= before + 1, title


def test_outputs_are_left_uncompared_where_real_servers_make_them_and_nowhere_else(path):
    """By their numbers: what a machine has, and how many ms it took. Their claims are tested."""
    for cell in read(path)["cells"]:
        if "nbval-ignore-output" in cell["metadata"].get("tags", ()):
            assert "rl.real." in "".join(cell["source"]), cell["id"]


def test_cells_are_short(path):
    """But for a class that a learner writes whole, which is as long as what it has to do."""
    written = [cell["id"] for cell in read(path)["cells"] if is_a_class_to_write(cell)]
    for name, text in cells(path, "code"):
        assert len(text.splitlines()) <= (80 if name in written else MOST_LINES), name
    for name, text in cells(path, "markdown"):
        told = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
        prose = [line for line in told.splitlines() if not re.match(r"\s*(\||[-*] |\d+\. )", line)]
        if not any(line.startswith("**Sources.") for line in prose):
            assert len(" ".join(prose).split()) <= MOST_WORDS, name


def test_prose_stands_between_any_four_cells_of_code(path):
    kinds = "".join(cell["cell_type"][0] for cell in read(path)["cells"])
    assert "cccc" not in kinds


def test_ids_are_words(path):
    """The random ids of tools would change with every tool that touches the file."""
    ids = [cell["id"] for cell in read(path)["cells"]]
    assert len(set(ids)) == len(ids)
    for name in ids:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name), name


def test_code_imports_raftlab_once_and_defines_nothing(path):
    """Definitions belong to the package, or to the learner, whose cells are tagged."""
    imports = 0
    for cell in read(path)["cells"]:
        if cell["cell_type"] != "code":
            continue
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            imports += isinstance(node, (ast.Import, ast.ImportFrom))
            if "exercise" not in cell["metadata"].get("tags", ()):
                assert not isinstance(node, (ast.FunctionDef, ast.ClassDef)), cell["id"]
    assert imports == 1


def test_links_lead_somewhere(path):
    for name, text in cells(path, "markdown"):
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"https?://", target):
                continue
            file, _, anchor = target.partition("#")
            there = (path.parent / file).resolve() if file else path
            assert there.is_file(), f"{name}: {target}"
            if anchor:  # as JupyterLab makes them
                titles = [title.replace(" ", "-") for _, title in headings(there)]
                assert anchor in titles, f"{name}: {target}"


def test_every_cell_has_run_and_none_failed(path):
    code = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    counts = [cell["execution_count"] for cell in code]
    assert counts == list(range(1, len(code) + 1)), "run it from top to bottom"
    for cell in code:
        assert not [o for o in cell["outputs"] if o["output_type"] == "error"], cell["id"]


def test_outputs_are_small_and_have_words(path):
    """A picture without words is nothing to a screen reader, nor on a page that drops it."""
    assert path.stat().st_size < MOST_BYTES
    for cell in read(path)["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {"text/plain": ""})
            assert "text/plain" in data, cell["id"]
            for image in re.findall(r"<img[^>]*>", "".join(data.get("text/html", ""))):
                assert re.search(r'alt="[^"]+"', image), cell["id"]


def test_nothing_saved_differs_from_machine_to_machine(path):
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    before = nbformat.writes(notebook)
    tidy(notebook)
    assert nbformat.writes(notebook) == before, "write it with python -m raftlab.lessons.refresh"


def test_readme_and_the_map_of_the_first_notebook_list_it(path):
    assert f"](notebooks/{path.name})" in (ROOT / "README.md").read_text(encoding="utf-8")
    first = FILES[0]
    if path != first:
        assert any(f"]({path.name})" in text for _, text in cells(first, "markdown"))

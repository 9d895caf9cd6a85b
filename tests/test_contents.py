"""The map of the notebooks and the way from each to the next are generated, and are up to date."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from raftlab.core import Impossible
from raftlab.lessons import contents
from raftlab.lessons.contents import BEGIN, END, README, chapters, dress, duration, with_map
from raftlab.lessons.exercise import exercise
from raftlab.lessons.refresh import NOTEBOOKS


def real():
    return {p.name: nbformat.read(p, as_version=4) for p in sorted(NOTEBOOKS.glob("*.ipynb"))}


def book(title, minutes=30, needs=(), question="**The question:** why?", map=False, later=0):
    """A notebook that takes so many minutes, and `later` more with what may be left out."""
    cells = [new_markdown_cell(f"# {title}\n\n{question}"), new_code_cell("import raftlab as rl")]
    cells.append(new_markdown_cell("word " * 170 * (minutes - 1)))
    if later:
        cells += [new_markdown_cell("## More ◇"), new_markdown_cell("word " * 170 * later)]
    if map:
        cells.append(new_markdown_cell(f"## The map\n\n{BEGIN}\n{END}\n\nMore."))
    return new_notebook(cells=cells, metadata={"raftlab": {"needs": list(needs)}})


def three():
    return {
        "00-one.ipynb": book("One", 10, map=True),
        "05-two.ipynb": book("Two", 20, ["00"], "In front. **Who | whom?** More."),
        "10-three.ipynb": book("Three", 45, ["00", "05"]),
    }


def dressed(books):
    all = chapters(books)
    for at, name in enumerate(sorted(books)):
        dress(books[name], at, all)
    return books


# -- what is committed --------------------------------------------------------------------


def test_all_notebooks_and_the_readme_are_as_generated():
    stale = [path.name for path, text in contents.generated().items()
             if path.read_text("utf-8") != text]  # fmt: skip
    assert stale == [], "write them with python -m raftlab.lessons.contents"


def test_the_minutes_on_the_map_are_those_of_the_notebooks_and_sum_up():
    all = {one.number: one for one in chapters(real())}
    told = README.read_text("utf-8").split(BEGIN)[1].split(END)[0]
    parts = re.split(r"\*\*(.+?)\*\*, together about ", told)[1:]
    seen = []
    for text in parts[1::2]:
        rows = re.findall(r"\| \[(\d\d) .*?\| (\d+) min[ |]", text)
        assert [int(minutes) for _, minutes in rows] == [all[number].minutes for number, _ in rows]
        total = re.match(r"(?:(\d+) hours? ?)?(?:(\d+) minutes)?", text)
        in_all = sum(int(minutes) for _, minutes in rows)
        assert 60 * int(total[1] or 0) + int(total[2] or 0) == in_all
        seen += [number for number, _ in rows]
    assert sorted(seen) == sorted(all), "each notebook belongs to a part, and to one"


def test_the_story_takes_five_to_six_hours_at_a_first_reading():
    story = [one.minutes for one in chapters(real()) if one.number < "18" or one.number == "19"]
    assert len(story) >= 12 and 300 <= sum(story) <= 360


def test_what_a_notebook_needs_exists_and_comes_before_it():
    """And who reads them in the order of their numbers lacks nothing."""
    seen = set()
    for one in chapters(real()):
        assert set(one.needs) <= seen, one.file
        seen.add(one.number)
    assert len(seen) == len(real()), "two notebooks with one number"


def test_estimates_are_such_as_one_sits_through():
    for one in chapters(real()):
        assert len(one.question) <= 240 and one.minutes >= 5, one.file
        if not one.number.startswith("4") and one.number != "18":  # exercises take their time
            assert one.minutes <= 45 and one.whole <= 60, one.file


# -- how it is made -----------------------------------------------------------------------


def test_to_write_it_twice_changes_nothing():
    once = dressed(three())
    texts = [nbformat.writes(one) for one in once.values()]
    assert [nbformat.writes(one) for one in dressed(once).values()] == texts


def test_each_notebook_links_to_its_neighbours_and_to_the_map():
    books = dressed(three())
    ends = {name: one.cells[-1] for name, one in books.items()}
    assert all(cell.metadata.tags == ["navigation"] for cell in ends.values())
    assert ends["00-one.ipynb"].source == (
        "**Contents:** [the map](#The-map) · **Next:** [05 Two](05-two.ipynb)"
    )
    assert ends["05-two.ipynb"].source == (
        "**Previous:** [00 One](00-one.ipynb) · **Contents:** [the map](00-one.ipynb#The-map)"
        " · **Next:** [10 Three](10-three.ipynb)"
    )
    assert "Next" not in ends["10-three.ipynb"].source


def test_below_the_title_stand_the_minutes_and_what_comes_before():
    books = dressed(three())
    assert books["10-three.ipynb"].cells[0].source.splitlines() == [
        "# Three", "",
        "*About 45 minutes. It builds on [00 One](00-one.ipynb), [05 Two](05-two.ipynb).*", "",
        "**The question:** why?",
    ]  # fmt: skip
    assert "You need nothing" in books["00-one.ipynb"].cells[0].source


def test_a_notebook_put_between_two_others_changes_both():
    books = dressed(three())
    books["07-new.ipynb"] = book("New", 60, ["05"])
    dressed(books)
    assert "**Next:** [07 New](07-new.ipynb)" in books["05-two.ipynb"].cells[-1].source
    assert "**Previous:** [07 New](07-new.ipynb)" in books["10-three.ipynb"].cells[-1].source
    assert sum("navigation" in c.metadata.get("tags", ()) for c in books["05-two.ipynb"].cells) == 1
    assert "together about 2 hours 15 minutes." in books["00-one.ipynb"].cells[-2].source


def test_the_map_has_a_row_each_and_leaves_what_stands_round_it():
    books = dressed(three())
    told = books["00-one.ipynb"].cells[-2].source
    assert "| [05 Two](05-two.ipynb) | Who \\| whom? | 20 min | 00 |" in told
    assert "| [10 Three](10-three.ipynb) | Why? | 45 min | 00, 05 |" in told
    assert told.startswith("## The map") and told.endswith("More.")
    readme = with_map(f"a\n{BEGIN}old{END}\nz", chapters(three()), "notebooks/", "README")
    assert readme.startswith("a\n") and readme.endswith("\nz") and "old" not in readme
    assert "](notebooks/05-two.ipynb)" in readme


def cells(*texts):
    """Cells as in a notebook: Markdown, or code where a text begins with rl."""
    make = {True: new_code_cell, False: new_markdown_cell}
    return [make[text.startswith("rl.")](text) for text in texts]


MINUTES = "word " * 170 * 10  # ten of them


@pytest.mark.parametrize("these, first, whole", [
    ((MINUTES,), 10, 10),
    ((MINUTES, "rl.recall('a')", "rl.lab()"), 20, 20),
    ((MINUTES, "## A ◇", MINUTES, "### B", MINUTES, "## C", MINUTES), 20, 40),
    ((MINUTES, "## A", MINUTES, "### B ◇", MINUTES, "## C", MINUTES), 30, 40),
    ((MINUTES, "## A ◇", MINUTES, "### B ◇", MINUTES, "## C ◇", MINUTES), 10, 40),
    (("**Predict:** what?",) * 10, 5, 5),
    ((MINUTES, f"{BEGIN}{MINUTES}{END}"), 10, 10),
    ((MINUTES, f"<details><summary>Well?</summary>\n\n{MINUTES}\n</details>"), 10, 10),
])  # fmt: skip
def test_the_minutes_are_those_of_the_parts_a_reading_takes(these, first, whole):
    assert contents.reckoned(cells(*these)) == (first, whole)


def test_an_exercise_takes_as_long_as_its_record_says():
    task = exercise("quorums/majority")
    asked = new_code_cell("", metadata={"tags": ["check:quorums/majority"]})
    assert contents.reckoned([*cells(MINUTES * 2), asked]) == (20 + task.minutes,) * 2


def test_what_a_first_reading_may_leave_out_is_said_where_minutes_are():
    books = dressed(three() | {"17-deep.ipynb": book("Deep", 30, later=10)})
    top = books["17-deep.ipynb"].cells[0].source
    assert "*About 30 minutes, 40 with the parts marked ◇. You need" in top
    told = books["00-one.ipynb"].cells[-2].source
    assert "| 30 min (40 with ◇) |" in told
    assert "1 hour 45 minutes at a first reading, 1 hour 55 minutes with the parts" in told


@pytest.mark.parametrize("minutes, told", [
    (5, "5 minutes"), (60, "1 hour"), (75, "1 hour 15 minutes"), (340, "5 hours 40 minutes"),
])  # fmt: skip
def test_a_duration_is_said_in_hours_and_minutes(minutes, told):
    assert duration(minutes) == told


@pytest.mark.parametrize("name, made, told", [
    ("10-three.ipynb", new_notebook(cells=[new_markdown_cell("# A")]), "does not say what it n"),
    ("10-three.ipynb", book("A", 40, ["07"]), "needs '07'; before it come 00, 05"),
    ("05-two.ipynb", book("A", 40, ["10"]), "needs '10'; before it come 00"),
    ("05-two.ipynb", book("A", question="no"), "does not say its question on top"),
])  # fmt: skip
def test_what_is_missing_is_told(name, made, told):
    with pytest.raises(Impossible, match=told):
        chapters(three() | {name: made})


def test_a_place_for_the_map_must_be_there():
    books = three() | {"00-one.ipynb": book("One")}
    with pytest.raises(Impossible, match="00-one.ipynb must hold the lines"):
        dressed(books)

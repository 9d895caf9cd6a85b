"""Plotly's figures as Chromium draws them, and as the picture that JupyterLab adds on saving.

JupyterLab asks Plotly for an image as wide as the cell, not as the figure (plotly's
mimeExtension.ts), and shows it when the notebook is opened again, until the pointer comes.
"""

import re
from pathlib import Path

import plotly
import pytest
from pictured import elected, troubled

import raftlab as rl

pytestmark = pytest.mark.browser

SCRIPT = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page(viewport={"width": 900, "height": 900})
    page.set_content("<div id=here style='width: 833px'></div>")
    page.add_script_tag(path=str(SCRIPT))
    return page


def drawn(page, picture, **layout):
    figure = picture.plotly()._json()
    figure["layout"] |= layout
    page.evaluate("""async ({ data, layout, config }) => {
        window.figure = await Plotly.newPlot(document.getElementById("here"), data, layout, config);
    }""", figure)  # fmt: skip


def scales(page):
    """Pixels per unit of the scene, across and down."""
    return page.evaluate("""() => {
        const { xaxis: x, yaxis: y } = window.figure._fullLayout;
        return [x, y].map(({ _length, range: [a, b] }) => _length / Math.abs(b - a));
    }""")


@pytest.mark.parametrize("make", [elected, troubled, lambda: elected(servers=9, seed=3)])
@pytest.mark.parametrize("width", [None, 833, 500])
def test_a_ring_is_round_at_every_width(page, make, width):
    """833 is what JupyterLab asks for in a window of 1280 pixels."""
    drawn(page, rl.show.ring(make()), **({"width": width} if width else {}))
    across, down = scales(page)
    assert across == pytest.approx(down, rel=1e-3)
    if width != 500:
        assert across == pytest.approx(1, abs=0.01), "as large as the still picture"


def test_arcs_are_curves_and_no_polygons(page):
    drawn(page, rl.show.ring(elected()))
    timers = page.evaluate("""() => [...document.querySelectorAll(".scatterlayer .js-line")]
        .filter((line) => line.style.strokeWidth === "4px").map((line) => line.getAttribute("d"))
    """)
    assert timers
    for path in timers:
        assert re.search("[CQ]", path), "straight pieces only"


@pytest.mark.parametrize("make", [
    lambda: rl.show.ring(troubled()),
    lambda: rl.elections([(150, 300)], trials=5, progress=False),
])  # fmt: skip
def test_a_figure_lets_the_page_shine_through_and_a_dark_one_does_not(page, make):
    """The corner of the image that JupyterLab would keep."""
    corner = """async () => {
        const seen = new Image();
        seen.src = await Plotly.toImage(window.figure, { format: "png", width: 833, height: 438 });
        await seen.decode();
        const place = new OffscreenCanvas(1, 1).getContext("2d");
        place.drawImage(seen, -3, -3);
        return [...place.getImageData(0, 0, 1, 1).data];
    }"""
    picture = make()
    drawn(page, picture)
    assert page.evaluate(corner)[3] == 0
    drawn(page, picture.dark())
    assert page.evaluate(corner)[3] == 255


def test_a_measured_point_says_for_which_curve_it_stands(page):
    """Figure 16: 287 ms belongs to 150–155 ms, 513 ms to 150–200 ms; the numbers tell."""
    chart = rl.elections([(150, 155), (150, 200), (150, 300)], trials=20, progress=False)
    drawn(page, chart)
    words = page.locator(".scatterlayer .textpoint").all_text_contents()
    assert sorted(words) == ["1", "1", "2", "2", "3"]
    assert page.locator(".ytitle").text_content() == "share of trials over by then"
    known = chart.scene.of("known")
    assert [mark.shapes[1].text for mark in known] == ["1", "2", "n"]
    assert [mark.title.split(" in ")[0] for mark in known[:2]] == ["150–155 ms", "150–200 ms"]

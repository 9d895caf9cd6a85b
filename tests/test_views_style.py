"""Everybody can read the pictures: contrast, colour-vision deficiencies, shapes. No browser."""

from itertools import combinations

import pytest

from raftlab.views import style


@pytest.mark.parametrize("theme", style.THEMES)
def test_words_and_shapes_contrast_with_what_they_lie_on(theme):
    """WCAG 2 AA: 4.5 to 1 for words, 3 to 1 for shapes that carry meaning."""
    colours = style.THEMES[theme]
    for ground in ("card", "panel"):
        for ink in ("ink", "muted", "lost", "focus", "commit"):
            assert style.contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert style.contrast(colours["downink"], colours["down"]) >= 4.5
    assert style.contrast(colours["line"], colours["card"]) >= 3
    for colour in style.TERM_COLOURS:
        assert style.contrast(style.ink_on(colour), colour) >= 4.5


@pytest.mark.parametrize("page", ["#ffffff", style.THEMES["dark"]["card"], "#111111"])
def test_a_figure_that_cannot_know_its_page_is_readable_on_both(page):
    """No colour has more than about 4.5 to 1 to white and to black-grey at once."""
    for ink in ("ink", "muted", "commit", "lost"):
        assert style.contrast(style.EITHER[ink], page) >= 4, ink
    assert style.contrast(style.EITHER["line"], page) >= 3
    assert style.contrast(style.EITHER["downink"], style.EITHER["down"]) >= 4.5
    assert style.EITHER.keys() == style.THEMES["light"].keys()


def test_contrast_is_what_wcag_says():
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert style.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
DEFICIENCIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                   (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def seen_as(colour, matrix):
    """The place of a hex colour in Oklab (distances times 100) for somebody with that eye."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    rgb = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    rgb = [min(1, max(0, sum(a * b for a, b in zip(row, rgb, strict=True)))) for row in matrix]
    cones = ((0.4122214708, 0.5363325363, 0.0514459929), (0.2119034982, 0.6806995451, 0.1073969566),
             (0.0883024619, 0.2817188376, 0.6299787005))  # fmt: skip
    lab = ((0.2104542553, 0.7936177850, -0.0040720468), (1.9779984951, -2.4285922050, 0.4505937099),
           (0.0259040371, 0.7827717662, -0.8086757660))  # fmt: skip
    roots = [sum(a * b for a, b in zip(row, rgb, strict=True)) ** (1 / 3) for row in cones]
    return [100 * sum(a * b for a, b in zip(row, roots, strict=True)) for row in lab]


@pytest.mark.parametrize("eye", DEFICIENCIES)
def test_term_colours_differ_for_every_eye(eye):
    """Neighbouring terms stand side by side, so they must be farther apart than any two."""
    places = [seen_as(colour, DEFICIENCIES[eye]) for colour in style.TERM_COLOURS]

    def apart(a, b):
        return sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5

    assert min(apart(a, b) for a, b in combinations(places, 2)) > 8
    assert min(apart(a, b) for a, b in zip(places, places[1:] + places[:1], strict=True)) > 11


def test_meaning_never_rests_on_colour_alone():
    told_apart = ("follower", "candidate", "leader", "client", "holder")
    assert len({style.ROLE_SHAPES[role] for role in told_apart}) == len(told_apart)
    assert set(style.ROLE_SHAPES.values()) == {style.ROLE_SHAPES[role] for role in told_apart}
    drawn = [(str(g["outline"]), str(g["signs"]), g["filled"]) for g in style.GLYPHS.values()]
    assert len(set(drawn)) == len(drawn)

"""The colours of the pictures for those who see fewer of them, and their contrast."""

import math

import pytest

from raftlab.views import style

# What is left of linear RGB without one of the three kinds of cones, after Machado, Oliveira and
# Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009).
SEEN = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}  # fmt: skip


def linear(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def lab(rgb):
    """CIE L*a*b* of linear RGB: distances in it are about as far as they look."""
    r, g, b = rgb
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one, other, eyes):
    def seen(colour):
        rows = [sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in eyes]
        return lab([min(1, max(0, part)) for part in rows])

    return math.dist(seen(one), seen(other))


@pytest.mark.parametrize("eyes", SEEN)
def test_terms_differ_for_every_eye_and_following_terms_differ_much(eyes):
    terms = style.TERM_COLOURS
    pairs = [(a, b) for i, a in enumerate(terms) for b in terms[:i]]
    assert min(distance(a, b, SEEN[eyes]) for a, b in pairs) > 15
    following = zip(terms, (*terms[1:], terms[0]), strict=True)
    assert min(distance(a, b, SEEN[eyes]) for a, b in following) > 50


def test_red_and_green_that_look_bright_would_be_found_out():
    """The check finds what it is for: these two are one to many."""
    assert distance("#c05050", "#7c7c3f", SEEN["deuteranopia"]) < 20
    assert distance("#c05050", "#7c7c3f", ((1, 0, 0), (0, 1, 0), (0, 0, 1))) > 50


@pytest.mark.parametrize("theme", style.THEMES)
def test_words_have_4_5_to_1_and_shapes_3_to_1(theme):
    colours = style.THEMES[theme]
    for ground in ("card", "panel"):
        for words in ("ink", "muted", "lost", "downink"):
            assert style.contrast(colours[words], colours[ground]) >= 4.5
        for shapes in ("line", "focus", "commit"):
            assert style.contrast(colours[shapes], colours[ground]) >= 3
    assert style.contrast(colours["downink"], colours["down"]) >= 4.5
    good = style.TERM_COLOURS[2]  # the lamp of a property that holds
    assert style.contrast(good, colours["card"]) >= 3
    for term in style.TERM_COLOURS:
        assert style.contrast(style.ink_on(term), term) >= 4.5

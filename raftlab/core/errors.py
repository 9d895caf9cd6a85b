"""The one error a person meets: what was asked for is not possible, and what is."""


class Impossible(ValueError):
    """The cluster cannot do that now. The text says what exists instead."""


def nearest(word, known):
    """The names of `known` for which `word` may be a slip, the likeliest first. Capitals do not
    matter, nor does the folder that a name stands in: "c1" is near "C1", "x" near "folder/x"."""
    from difflib import get_close_matches  # only a slip needs it

    plain = {}
    for name in known:
        for form in (name.lower(), name.lower().rpartition("/")[2]):
            plain.setdefault(form, name)
    return list(dict.fromkeys(plain[one] for one in get_close_matches(word.lower(), plain)))

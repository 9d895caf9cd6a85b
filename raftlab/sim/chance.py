"""Chance that can be repeated: each draw is a pure function of where it happens.

A draw is named by (seed, step number, which draw of that step). Nothing is used up, so a
dial that makes one draw needless never shifts the others, and a fork draws exactly what its
original drew. Whole numbers only, so it is the same on every machine and Python: SplitMix64's
mixing function for the step, and within a step a 64-bit linear congruential sequence
(Knuth's constants), of which any member can be had directly.
"""

_MASK = (1 << 64) - 1
_FACTOR, _ADDEND = 6364136223846793005, 1442695040888963407


def stream(seed):
    """The start of a seed's sequence: a 64-bit number for any whole number."""
    low, high = seed & _MASK, (seed >> 64) & _MASK
    return _mixed(low ^ _mixed(high ^ 0x5851F42D4C957F2D))


def luck(start, step_no):
    """The luck of one step, from which `draw` draws: a 64-bit number."""
    x = start + step_no * 0x9E3779B97F4A7C15 & _MASK  # `_mixed`, written out: each step calls it
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def draw(luck, nth):
    """A number in [0, 1), the `nth` draw of a step."""
    try:
        factor, addend = _JUMPS[nth]
    except IndexError:
        _extend(nth)
        factor, addend = _JUMPS[nth]
    return ((luck * factor + addend & _MASK) >> 11) * 2**-53


def _mixed(x):
    x &= _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


# (factor, addend) that leads from a step's luck straight to its nth number. A table of
# constants, grown on demand: what it holds never depends on who asked.
_JUMPS = [(_FACTOR, _ADDEND)]


def _extend(nth):
    while len(_JUMPS) <= nth:
        factor, addend = _JUMPS[-1]
        _JUMPS.append((factor * _FACTOR & _MASK, addend * _FACTOR + _ADDEND & _MASK))


_extend(64)

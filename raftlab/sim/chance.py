"""Chance that can be repeated: each draw is a pure function of where it happens.

A draw is named by (seed, step number, which draw of that step). Nothing is used up, so a
dial that makes one draw needless never shifts the others, and a fork draws exactly what its
original drew. Integers only (SplitMix64's mixing function): the same on every machine and
Python.
"""

_MASK = (1 << 64) - 1


def stream(seed):
    """The start of a seed's sequence: a 64-bit number for any whole number."""
    return _mixed(seed & _MASK) ^ _mixed((seed >> 64) & _MASK ^ 0x5851F42D4C957F2D)


def draw(start, step_no, nth):
    """A number in [0, 1), the `nth` draw of step `step_no`."""
    return (_mixed(start + step_no * 0x9E3779B97F4A7C15 + nth * 0xD1B54A32D192ED03) >> 11) * 2**-53


def _mixed(x):
    x &= _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)

"""The one error a person meets: what was asked for is not possible, and what is."""


class Impossible(ValueError):
    """The cluster cannot do that now. The text says what exists instead."""

"""The clock by which all goes here: nobody sets it, and all processes of a machine share it."""

import time


def now():
    """ms of the monotonic clock."""
    return time.monotonic() * 1000

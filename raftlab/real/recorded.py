"""What a real Redis did, written down, to be shown where a stand-in cannot do it.

A stand-in has no replicas and keeps nothing on a disk, and not every machine can let the clock of
one program jump. Whoever asks for that and names no server gets what `recorded.json` holds, with a
sentence that says so. `python -m raftlab.real.recorded` lets it all happen again, and writes it
anew.
"""

import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from ..core import Op
from .found import clock_library, is_strict, redis_server

FILE = Path(__file__).with_suffix(".json")
REPLICAS, DISK, CLOCK = "replicas", "disk", "clock"
ACCIDENTS = {  # (name, mended) → what it takes that is not on every machine
    ("lost-with-the-primary", False): REPLICAS, ("lost-with-the-primary", True): REPLICAS,
    ("counts-in-redis", False): REPLICAS, ("counts-in-redis", True): REPLICAS,
    ("redlock-restart", True): DISK,
    ("redlock-clock-jumps", False): CLOCK, ("redlock-clock-jumps", True): CLOCK,
}  # fmt: skip
FAULT = "failover"
SETTINGS = {"jobs": 300, "workers": 4, "ttl": 600, "retry": 50}


def is_needed(server, needs=REPLICAS):
    """Whether nobody has named a `server`, and what is here has not what is needed."""
    if server is not None:
        return False
    return not redis_server().is_real or (
        needs == CLOCK and clock_library() is None and not is_strict()
    )


@cache
def _held():
    return json.loads(FILE.read_text("utf-8"))


def sentence(needs):
    """What is to be said of all that comes from here, as it needs what is not here."""
    lacks = f"a stand-in, which has no {needs}"
    if needs == CLOCK:
        lacks = "nothing that lets the clock of one server jump (libfaketime)"
    return f"Recorded on {_held()['server']}: here is {lacks}."


def accident(name, mended):
    """(lines, harm, facts) of an accident."""
    one = _held()["accidents"][f"{name}{' mended' * mended}"]
    return one["lines"], one["harm"], one["facts"]


def course(variant):
    """What a store held after a failover: what a `Course` is made of."""
    return SimpleNamespace(**_held()["courses"][variant])


def stale_read():
    """The `Op`s of a stale read from a replica."""
    return [Op(client, tuple(call), *rest) for client, call, *rest in _held()["stale read"]]


def main():
    from .accidents import accident
    from .ops import stale_read
    from .scheduler import VARIANTS, schedule

    def rounded(row, origin):
        return [round(held - origin, 1) if isinstance(held, float) else held for held in row]

    def told(variant):
        course = schedule(variant, FAULT, **SETTINGS, server="installed", watch=False)
        origin = course.began
        lists = {name: held for name, held in vars(course.told).items() if type(held) is list}
        held = {name: [rounded(row, origin) for row in rows] for name, rows in lists.items()}
        return {"began": 0, "ended": round(course.length, 1), **held}

    accidents = {}
    for name, mended in ACCIDENTS:
        one = accident(name, mended, server="installed")
        accidents[f"{name}{' mended' * mended}"] = {
            "lines": one.lines, "harm": one.harm, "facts": one.facts,
        }  # fmt: skip
    ops = stale_read(server="installed")
    held = {
        "server": redis_server("installed").name,
        "accidents": accidents,
        "stale read": [[getattr(op, name) for name in op.__slots__] for op in ops],
        "courses": {variant: told(variant) for variant in VARIANTS},
    }
    FILE.write_text(json.dumps(held, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()

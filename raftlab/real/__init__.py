"""Real servers on 127.0.0.1, beside the model: `rl.real`.

    rl.real.doctor()            what this machine has, and how to get the rest
    rl.real.Redis(replicas=1)   a primary and a replica, to use, kill, pause, cut off and promote
    rl.real.Record(redis)       what clients saw, for rl.linearizable; stale_read(): of a replica
    rl.real.Lease(client)       a lock that knows how long it is held; Redlock(clients): on several
    rl.real.setnx, setnx_then_expire, set_nx_px, delete, extend, compare_and_delete,
    compare_and_extend          the ideas that it is made of, each on its own; commands(client):
                                by which of its commands a server compares
    rl.real.accident("deletes-blindly")  the lock with a rule left out; mended=True: with it
    rl.real.schedule("naive", "pause")   a job scheduler at work, while something goes wrong
    rl.real.schedules("pause")           the same for all its variants, as a table
    rl.real.own(rules)                   a variant that goes by functions of your own

They are no `Node`s: a real process cannot be stepped or rewound, and there is no seed. What they
share with the model are names and verbs, and what clients saw of them: lists of `Op`, for the same
check and the same picture.
"""

from importlib import import_module

# Loaded when first used: `python -m raftlab.real.doctor` must run where a package is missing.
_LAZY = {
    "Redis": ".redis", "Record": ".ops", "stale_read": ".ops", "doctor": ".doctor",
    **dict.fromkeys(
        ("Lease", "Redlock", "setnx", "setnx_then_expire", "set_nx_px", "delete", "extend",
         "compare_and_delete", "compare_and_extend", "commands"), ".lock",
    ),
    **dict.fromkeys(("accident", "ACCIDENTS"), ".accidents"),
    **dict.fromkeys(("schedule", "schedules", "Variant"), ".scheduler"),
    "own": ".handed",
}  # fmt: skip


def __getattr__(name):
    if name in _LAZY:
        found = getattr(import_module(_LAZY[name], __name__), name)
        globals()[name] = found  # over the module of the same name, as with doctor
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(_LAZY)

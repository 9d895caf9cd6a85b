"""Log compaction with one rule broken: as in `breaks.py`, of which this is a part."""

from .machine import KeyValue


class InstallsOldSnapshots:
    """Takes over any snapshot it is sent, also one that came late."""

    breaks = "snapshot_never_falls"
    source = "MIT 6.5840, lab 3D: an old snapshot must not set the service back"
    needs = ("snapshots",)
    bounds = {"snapshot_after": 1, "terms": 1, "requests": 2, "late": 1, "cut": False}

    def is_outdated(self, snapshot):
        return False


class LeavesSessionsOut:
    """Keeps the data in a snapshot, but not which requests were executed."""

    breaks = "machine_agreement"
    source = "Students' Guide to Raft: duplicate detection belongs into the state machine (§8)"
    needs = ("snapshots",)
    bounds = {
        "snapshot_after": 1, "terms": 1, "cut": False,
        "requests": [*[(("add", "x", 1), "C9", 1)] * 2, ("set", "y", 1)],
    }  # fmt: skip

    def state_to_keep(self):
        return KeyValue(self.machine.data, {})


class CutsTheLogFirst:
    """Writes the shorter log to its disk before the snapshot."""

    breaks = "machine_agreement"
    source = "Students' Guide to Raft: a crash between writing snapshot and log"
    needs = ("snapshots",)
    bounds = {
        "snapshot_after": 1, "terms": 1, "requests": 2, "crashes": 1, "disk": True, "cut": False,
    }  # fmt: skip
    writes = (("current_term", "voted_for"), ("log",), ("snapshot",))


BREAKS = {
    "installs-old-snapshots": InstallsOldSnapshots,
    "leaves-sessions-out": LeavesSessionsOut,
    "cuts-the-log-first": CutsTheLogFirst,
}

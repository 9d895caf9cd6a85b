"""A schedule for each break of `breaks_snapshot.py`. In all of them S3 hears nothing until the
others have compacted what it lacks."""

from hand import carry, elect, lose_all

ADD = ("add", "x", 1)


def agree(run, *others, times):
    """S1, which leads, commits so many requests with the others alone."""
    for _ in range(times):
        run.request(ADD, to="S1")
        for other in others:
            carry(run, "S1", other)


def beat(run, *others):
    """A heartbeat of S1 that the others hear; what else is under way is lost."""
    lose_all(run)
    run.fire("S1", "heartbeat")
    for other in others:
        carry(run, "S1", other)


def a_snapshot_comes_late(run):
    elect(run, "S1", "S2")
    agree(run, "S2", times=4)
    lose_all(run)
    run.fire("S1", "heartbeat")
    run.duplicate("InstallSnapshot", "S1", "S3")
    run.delay("InstallSnapshot", "S1", "S3", 5000)
    carry(run, "S1", "S3")
    agree(run, "S2", "S3", times=4)  # now S3 has a later snapshot of its own
    run.deliver("InstallSnapshot", "S1", "S3")


def a_request_is_repeated_after_compaction(run):
    elect(run, "S1", "S2")
    run.request(ADD, to="S1", client="C9", serial=1)
    agree(run, "S2", times=4)
    beat(run, "S3")  # by snapshot
    run.request(ADD, to="S1", client="C9", serial=1)
    for _ in range(2):
        beat(run, "S2", "S3")


def a_crash_comes_between_snapshot_and_log(run):
    elect(run, "S1", "S2")
    agree(run, "S2", times=2)
    run.request(ADD, to="S1")
    run.crash_during("deliver", "AppendEntries", "S1", "S2", written=1)
    run.restart("S2")
    for _ in range(2):
        beat(run, "S2", "S3")


SCHEDULES = [
    ("installs-old-snapshots", a_snapshot_comes_late, "applied_never_falls"),
    ("leaves-sessions-out", a_request_is_repeated_after_compaction, "machine_agreement"),
    ("cuts-the-log-first", a_crash_comes_between_snapshot_and_log, "machine_agreement"),
]

CLUSTERS = {schedule: {"servers": 3, "snapshot_after": 2} for _, schedule, _ in SCHEDULES}

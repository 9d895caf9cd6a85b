"""What is not Redis: a database in which the assigned jobs stand, and where an assignment takes
effect. So here, if anywhere, one that comes too late can be told and refused.

An SQLite file that several processes write to, each change in a transaction of its own. All times
are those of `clock.py`.
"""

import sqlite3

from .clock import now

ACCEPTED, REFUSED, DUPLICATE = "accepted", "refused", "duplicate"

_TABLES = """
    CREATE TABLE rules (fences INTEGER, once INTEGER);
    CREATE TABLE epochs (newest INTEGER);
    INSERT INTO epochs VALUES (0);
    CREATE TABLE assignments (number INTEGER PRIMARY KEY, job INTEGER, worker TEXT, by TEXT,
                              epoch INTEGER, at REAL, verdict TEXT, run_at REAL);
    CREATE INDEX by_job ON assignments (job);
    CREATE TABLE offices (who TEXT PRIMARY KEY, epoch INTEGER, first INTEGER, until REAL,
                          is_held INTEGER);
    CREATE TABLE leases (who TEXT, asked REAL, until REAL);
    CREATE TABLE story (at REAL, who TEXT, what TEXT, detail TEXT);
"""


class Store:
    """The database at `path`. Whoever makes it says by `fences` whether it refuses an epoch older
    than one it knows, and by `once` whether it accepts a job a second time; others open it."""

    def __init__(self, path, fences=None, once=None):
        # No waiting for the disk: nobody asks what a power cut would leave of this file.
        self.base = sqlite3.connect(path, timeout=10, isolation_level=None)
        self.base.execute("PRAGMA synchronous = OFF")
        if fences is not None:
            self.base.execute("PRAGMA journal_mode = WAL")
            self.base.executescript(_TABLES)
            self.base.execute("INSERT INTO rules VALUES (?, ?)", (fences, once))
        self.fences, self.once = map(bool, self.base.execute("SELECT * FROM rules").fetchone())

    def close(self):
        self.base.close()

    # -- the rules, each within a transaction --

    def admits(self, epoch):
        """Fencing: since there is a newer scheduler, nothing of an older one is let in."""
        return not self.fences or epoch >= self._newest()

    def is_new(self, job):
        """Idempotence: a job's number is accepted once, whoever assigns it."""
        return (
            not self.once
            or not self.base.execute(
                "SELECT 1 FROM assignments WHERE job = ? AND verdict = ?", (job, ACCEPTED)
            ).fetchone()
        )

    def verdict(self, job, epoch):
        """What is said to an assignment."""
        verdict = ACCEPTED if self.is_new(job) else DUPLICATE
        return verdict if self.admits(epoch) else REFUSED

    # -- what schedulers and workers ask --

    def enter(self, who, epoch=None):
        """Let `who` take office: (its epoch, the next job). The epoch is one more than any before,
        or the `epoch` that it brings along; older ones are over from now on."""
        with _Change(self.base):
            epoch = self._newest() + 1 if epoch is None else epoch
            self.base.execute("UPDATE epochs SET newest = max(newest, ?)", (epoch,))
            job = self.highest() + 1
            self.base.execute("REPLACE INTO offices VALUES (?, ?, ?, 0, 1)", (who, epoch, job))
            self.note(who, "takes office", str(epoch))
            return epoch, job

    def leave(self, who, why="", what="leaves office"):
        with _Change(self.base):
            self.base.execute("UPDATE offices SET is_held = 0 WHERE who = ?", (who,))
            self.note(who, what, why)

    def assign(self, job, worker, by, epoch):
        """Write down that `worker` is to run a `job`: the verdict, written down as well."""
        with _Change(self.base):
            verdict = self.verdict(job, epoch)
            self.base.execute(
                "INSERT INTO assignments VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL)",
                (job, worker, by, epoch, now(), verdict),
            )
            return verdict

    def run_all(self, worker):
        """Run what was assigned to `worker`. To have run it and to have written that down is one
        transaction here; an e-mail and its mark would be two."""
        self.base.execute(
            "UPDATE assignments SET run_at = ? WHERE worker = ? AND verdict = ? AND run_at IS NULL",
            (now(), worker, ACCEPTED),
        )

    def holds(self, who, asked, until):
        """`who` asked for its lease at `asked`, and believes to have it `until`."""
        with _Change(self.base):
            self.base.execute("UPDATE offices SET until = ? WHERE who = ?", (until, who))
            self.base.execute("INSERT INTO leases VALUES (?, ?, ?)", (who, asked, until))

    def note(self, who, what, detail=""):
        """Write down something that happens now."""
        self.base.execute("INSERT INTO story VALUES (?, ?, ?, ?)", (now(), who, what, detail))

    # -- what those ask who look on --

    def rows(self, question, *more):
        return self.base.execute(question, more).fetchall()

    def first(self, question, *more):
        """What stands first in the first row."""
        return self.base.execute(question, more).fetchone()[0]

    def highest(self):
        """The highest job that was accepted, or 0."""
        return self.first("SELECT max(job) FROM assignments WHERE verdict = ?", ACCEPTED) or 0

    def _newest(self):
        return self.first("SELECT newest FROM epochs")


class _Change:
    """A transaction that has the file for itself from its beginning."""

    def __init__(self, base):
        self.base = base

    def __enter__(self):
        self.base.execute("BEGIN IMMEDIATE")

    def __exit__(self, *failed):
        self.base.execute("ROLLBACK" if failed[0] else "COMMIT")

"""The leader of a job scheduler: until when it may act, and what it does next (notebook 30)."""

from ..exercise import Exercise, Wrong, by_cases
from ..redis_rules import held_until, lead
from ..redis_stories import (
    DOCUMENT,
    FENCING,
    all_is_well,
    cut_off,
    holders,
    no_answers,
    schedulers,
    slow_answer,
)

# -- until when one holds a lock --------------------------------------------------------------


def from_the_answer(until, asked, answered, answer, ttl, margin):
    if answer is None:
        return until
    return answered + ttl - margin if answer else 0


def without_a_margin(until, asked, answered, answer, ttl, margin):
    return asked + ttl if answer else held_until(until, asked, answered, answer, ttl, margin)


def silence_is_a_yes(until, asked, answered, answer, ttl, margin):
    return 0 if answer is False else asked + ttl - margin


def silence_is_a_no(until, asked, answered, answer, ttl, margin):
    return asked + ttl - margin if answer else 0


def until_it_would_have_ended(until, asked, answered, answer, ttl, margin):
    return asked + ttl - margin if answer else until


def longer_by_the_margin(until, asked, answered, answer, ttl, margin):
    return (
        asked + ttl + margin if answer else held_until(until, asked, answered, answer, ttl, margin)
    )


def from_where_it_would_end(until, asked, answered, answer, ttl, margin):
    return (
        until + ttl - margin if answer else held_until(until, asked, answered, answer, ttl, margin)
    )


def _granted(luck):
    asked, ttl = 10 * luck.between(50, 90), 100 * luck.between(4, 9)
    return [
        (0, asked, asked + 10, True, ttl, 100), (asked + 90, asked, asked + 10, True, ttl, 50),
        (asked + 300, asked, asked + 120, True, ttl, 100),
    ]  # fmt: skip


def _granted_late(luck):
    asked, ttl = 10 * luck.between(50, 90), 100 * luck.between(4, 9)
    return [
        (0, asked, asked + ttl - 20, True, ttl, 100),
        (0, asked, asked + ttl + 50, True, ttl, 10),
    ]


def _refused(luck):
    asked = 10 * luck.between(50, 90)
    return [
        (asked + 300, asked, asked + 10, False, 600, 100),
        (0, asked, asked + 5, False, 600, 100),
    ]


def _unanswered(luck):
    asked = 10 * luck.between(50, 90)
    return [
        (asked + 300, asked, asked + 200, None, 600, 100), (0, asked, asked + 200, None, 600, 100),
        (asked + 150, asked, asked + 200, None, 600, 100),
    ]  # fmt: skip


def holders_that_count_so(arguments, given):
    return slow_answer(holders(held_until=given)) or no_answers(holders(held_until=given))


Exercise(
    id="redis-scheduler/held",
    asks="Until when may the holder of a lock act?",
    starter='''
        def held_until(until, asked, answered, answer, ttl, margin):
            """Until when one may act by a lock, after an attempt to get or to renew it.

            All times are ms of one's own clock, which nobody sets. One asked Redis at `asked` to
            keep the lock for `ttl` ms, and had the `answer` at `answered`: True, False (it is not
            one's own), or None (nobody answered, and one gave up then). Before that, one held it
            until `until`. A `margin` is for clocks that differ. Give 0 if it is not held at all.
            """
            ...
    ''',
    hints=(
        "When did Redis begin to count? Not before it was asked, and not after it has answered.",
        "Stop before Redis does: count from the earliest moment at which it may have begun.",
        "And if nobody answered? It may be renewed, or not: what you may rely on is what you knew.",
    ),
    reference=held_until,
    wrong={
        "answer": Wrong(from_the_answer, "Redis has counted since it carried out the command: by "
                                         "the answer a part of the time is over"),
        "margin": Wrong(without_a_margin, "your clock may be slower than that of Redis: stop "
                                          "`margin` ms before it does"),
        "yes": Wrong(silence_is_a_yes, "no answer is no yes: the command may never have arrived"),
        "no": Wrong(silence_is_a_no, "no answer is no *no* either: you hold it as long as you did. "
                                     "Two renewals may get lost before the lock does"),
        "kept": Wrong(until_it_would_have_ended, "False means that it is another's, or over: stop "
                                                 "at once"),
        "longer": Wrong(longer_by_the_margin, "the margin goes the other way: stop earlier, not "
                                              "later"),
        "on-top": Wrong(from_where_it_would_end, "a renewal lets the time begin anew, from when "
                                                 "you asked; it does not add to what was left"),
    },
    judge=by_cases(
        held_until,
        ("it was granted", 2, DOCUMENT, _granted),
        ("the answer took long", 1, DOCUMENT, _granted_late),
        ("it was refused", 1, DOCUMENT, _refused),
        ("nobody answered", 2, DOCUMENT, _unanswered),
        shows=holders_that_count_so,
    ),
    why="from before you asked, less a margin, on a clock that nobody sets; what nobody answered "
        "changes nothing. So you stop before another can begin, as long as you do not stand still",
    read="30-redis-leader-election",
    minutes=15,
    misconceptions=("M6", "M13"),
)  # fmt: skip


# -- what a leader does -------------------------------------------------------------------------


def without_a_clock(now, until, epoch, assigned, jobs, last):
    return lead(0, 1, epoch, assigned, jobs, last)


def to_the_last_moment(now, until, epoch, assigned, jobs, last):
    return lead(now, until + 1, epoch, assigned, jobs, last)


def tries_again(now, until, epoch, assigned, jobs, last):
    return lead(now, until, epoch, assigned, jobs, None)


def behind_the_last(now, until, epoch, assigned, jobs, last):
    told = lead(now, until, epoch, assigned, jobs, last)
    job = max(assigned, default=0) + 1
    return told if told == ("stop",) else ("assign", job, epoch) if job <= jobs else ("wait",)


def by_their_number(now, until, epoch, assigned, jobs, last):
    told = lead(now, until, epoch, assigned, jobs, last)
    return told if told[0] != "assign" else ("assign", len(assigned) + 1, epoch)


def without_an_epoch(now, until, epoch, assigned, jobs, last):
    told = lead(now, until, epoch, assigned, jobs, last)
    return told if told[0] != "assign" else ("assign", told[1], 0)


def with_the_time(now, until, epoch, assigned, jobs, last):
    told = lead(now, until, epoch, assigned, jobs, last)
    return told if told[0] != "assign" else ("assign", told[1], now)


def stops_at_a_duplicate(now, until, epoch, assigned, jobs, last):
    return ("stop",) if last == "duplicate" else lead(now, until, epoch, assigned, jobs, last)


def stops_when_all_is_assigned(now, until, epoch, assigned, jobs, last):
    told = lead(now, until, epoch, assigned, jobs, last)
    return ("stop",) if told == ("wait",) else told


def _next(luck):
    done, epoch = luck.between(1, 5), luck.between(1, 9)
    return [
        (0, 500, epoch, (), 6, None), (100, 500, epoch, tuple(range(1, done + 1)), 6, "accepted"),
        (100, 200, epoch + 3, tuple(range(1, done + 1)), 6, None),
    ]  # fmt: skip


def _holes(luck):
    hole, now = luck.between(2, 4), luck.between(0, 90)
    there = luck.shuffled([job for job in range(1, 7) if job != hole])
    return [(now, 200, 3, tuple(there), 6, "accepted"), (now, 200, 3, (2, 3), 6, None),
            (now, 200, 3, (2, 1), 6, None)]  # fmt: skip


def _nothing_left(luck):
    jobs = luck.between(2, 6)
    return [(10, 200, 2, tuple(range(1, jobs + 1)), jobs, "accepted"), (0, 9, 1, (2, 1), 2, None)]


def _over(luck):
    until = luck.between(100, 900)
    return [(until, until, 3, (1,), 6, "accepted"), (until + 40, until, 3, (1,), 6, None),
            (until + 1, until, 1, (1, 2), 2, "accepted"), (700, 0, 1, (), 6, None)]  # fmt: skip


def _told_no(luck):
    now = luck.between(10, 90)
    return [(now, 500, 3, (1, 2), 6, "refused"), (now, 500, 3, (1, 2), 2, "refused")]


def _told_that_it_is_there(luck):
    now = luck.between(10, 90)
    return [(now, 500, 3, (1, 2), 6, "duplicate"), (now, 500, 3, (2, 1, 3), 4, "duplicate")]


def leaders_that_act_so(arguments, given):
    return cut_off(schedulers(lead=given)) or all_is_well(schedulers(lead=given))


Exercise(
    id="redis-scheduler/lead",
    asks="What does the leader of a job scheduler do next, and what must an assignment carry?",
    starter='''
        def lead(now, until, epoch, assigned, jobs, last):
            """What whoever believes to be the leader does now: ("assign", job, epoch), ("stop",),
            or ("wait",) if there is nothing to assign.

            It is `now` on its own clock, and by that clock it holds the lock until `until`. The
            database has numbered its leadership: `epoch`. `assigned` are the jobs that it knows
            to stand there, in any order; there are jobs 1 to `jobs`, and the lowest comes first.
            `last` is what the database said to its last assignment: "accepted", "duplicate" (the
            job was there already), "refused" (there is a newer epoch), or None (no answer yet).
            """
            ...
    ''',
    hints=(
        "First of all: may it still act? At `until` another may have begun.",
        "\"refused\" says that another leads: whatever one's own clock says, it is over.",
        "The lowest job that is not in `assigned`: so a job that nobody has answered for is "
        "assigned again, under the same number. And each carries the epoch.",
    ),
    reference=lead,
    wrong={
        "clock": Wrong(without_a_clock, "whoever does not look at its clock leads on when its lock "
                                        "is another's"),
        "moment": Wrong(to_the_last_moment, "at `until` itself it is over"),
        "again": Wrong(tries_again, "“refused” means that there is a newer leader: stop, and do "
                                    "not try the next job"),
        "behind": Wrong(behind_the_last, "a job may have got lost on its way while a later one "
                                         "arrived: then there is a hole, and nobody fills it"),
        "count": Wrong(by_their_number, "how many there are does not say which: some numbers may "
                                        "be missing"),
        "no-epoch": Wrong(without_an_epoch, "without the epoch of its leader nobody can tell a "
                                            "late assignment from a new one"),
        "time": Wrong(with_the_time, "clocks of two leaders cannot be compared: only the number "
                                     "that the database gave says who is newer"),
        "duplicate": Wrong(stops_at_a_duplicate, "a duplicate says that the job is there, perhaps "
                                                 "by an answer of yours that got lost: go on"),
        "done": Wrong(stops_when_all_is_assigned, "more jobs may come: whoever leads waits, and "
                                                  "keeps the lock"),
    },
    judge=by_cases(
        lead,
        ("the next job, with the epoch", 1, FENCING, _next),
        ("also if some are missing", 1, FENCING, _holes),
        ("nothing is left", 1, FENCING, _nothing_left),
        ("its time is over", 2, DOCUMENT, _over),
        ("it was refused", 2, FENCING, _told_no),
        ("the job was there already", 1, FENCING, _told_that_it_is_there),
        shows=leaders_that_act_so,
    ),
    why="it acts only while its own clock allows it, and believes the database more than the "
        "clock. What it sends says which job and which leadership, so that a repeat and a late "
        "one can be told",
    read="30-redis-leader-election",
    minutes=15,
    misconceptions=("M2", "M13"),
)  # fmt: skip

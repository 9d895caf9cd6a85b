"""The database with the jobs of a scheduler: what it says to an assignment (notebook 30)."""

from ..exercise import Exercise, Wrong, by_cases
from ..redis_rules import admit
from ..redis_stories import FENCING, late, lost_answer, schedulers

# -- what the database says -----------------------------------------------------------------------


def no_fence(newest, assigned, job, epoch):
    return "duplicate" if job in assigned else "accepted", max(newest, epoch)


def as_often_as_it_comes(newest, assigned, job, epoch):
    return admit(newest, {}, job, epoch)


def once_in_an_epoch(newest, assigned, job, epoch):
    return admit(newest, {} if assigned.get(job) != epoch else assigned, job, epoch)


def forgets_the_newest(newest, assigned, job, epoch):
    return admit(newest, assigned, job, epoch)[0], newest


def newer_only(newest, assigned, job, epoch):
    return admit(newest, assigned, job, epoch if epoch > newest else newest - 1)


def goes_down(newest, assigned, job, epoch):
    return admit(newest, assigned, job, epoch)[0], epoch


def a_repeat_first(newest, assigned, job, epoch):
    return ("duplicate", max(newest, epoch)) if job in assigned else admit(newest, {}, job, epoch)


def in_order_only(newest, assigned, job, epoch):
    verdict, newest = admit(newest, {}, job, epoch)
    is_old = verdict == "accepted" and job <= max(assigned, default=0)
    return "duplicate" if is_old else verdict, newest


def _first_time(luck):
    epoch, done = luck.between(1, 9), luck.between(1, 5)
    there = dict.fromkeys(range(1, done + 1), epoch)
    return [(epoch, there, done + 1, epoch), (epoch, {}, 1, epoch), (epoch, there, done + 4, epoch)]


def _newer(luck):
    epoch = luck.between(1, 9)
    return [(epoch, {1: epoch}, 2, epoch + 1), (epoch, {}, 1, epoch + luck.between(2, 5)),
            (epoch, {1: epoch, 3: epoch}, 2, epoch + 1)]  # fmt: skip


def _older(luck):
    epoch = luck.between(3, 9)
    return [(epoch, {1: 1}, 2, epoch - 1), (epoch, {1: 1}, 1, 1), (epoch, {}, 1, epoch - 2)]


def _repeat(luck):
    epoch = luck.between(2, 9)
    return [(epoch, {1: epoch}, 1, epoch), (epoch, {1: epoch - 1, 2: epoch}, 1, epoch),
            (epoch, {2: 1}, 2, epoch + 1)]  # fmt: skip


def databases_that_admit_so(arguments, given):
    return lost_answer(schedulers(admit=given)) or late(schedulers(admit=given))


Exercise(
    id="redis-scheduler/admit",
    asks="What does a database say to an assignment, so that no job is accepted twice?",
    starter='''
        def admit(newest, assigned, job, epoch):
            """("accepted", "refused" or "duplicate", the newest epoch that it knows afterwards).

            A leader of `epoch` assigns `job`. `newest` is the highest epoch that the database has
            met: older ones are refused, whatever they bring. `assigned` has {job: epoch} of all
            that was accepted: what is there is a duplicate. What is accepted sends an e-mail.
            """
            ...
    ''',
    hints=(
        "Two questions: is there a newer leader? And is the job there already?",
        "In this order: an older leader must hear that it is over, also if its job is there.",
        "An epoch that is newer than `newest` is the newest from now on, and it never falls.",
    ),
    reference=admit,
    wrong={
        "no-fence": Wrong(no_fence, "a leader that has stood still comes late: its epoch is older, "
                                    "and it must hear that it leads no more"),
        "often": Wrong(as_often_as_it_comes, "an answer got lost, and the same leader asks again "
                                             "for the same job: it must not run twice"),
        "per-epoch": Wrong(once_in_an_epoch, "the next leader may assign a job again that stands "
                                             "there: it is the job that must be unique, not the "
                                             "job in its epoch"),
        "forgets": Wrong(forgets_the_newest, "a newer epoch has been here: remember it, or the "
                                             "older one is let in again"),
        "newer": Wrong(newer_only, "a leader assigns many jobs in its epoch: the same number is "
                                   "let in again"),
        "down": Wrong(goes_down, "a late one must not lower the fence for others that are late, "
                                 "too"),
        "repeat-first": Wrong(a_repeat_first, "whoever is late must hear that it is over; if it "
                                              "hears “duplicate” it believes to lead on"),
        "order": Wrong(in_order_only, "a job with a lower number may be missing: what counts is "
                                      "whether it is there"),
    },
    judge=by_cases(
        admit,
        ("what comes for the first time", 1, FENCING, _first_time),
        ("the next leader", 1, FENCING, _newer),
        ("an older leader", 2, FENCING, _older),
        ("a job that is there", 2, "notebook 30, idempotence", _repeat),
        shows=databases_that_admit_so,
    ),
    why="here, where the deed takes effect, is the only place that can tell who is late. The fence "
        "stops old leaders; that each job is accepted once bears even a repeat of the right one",
    read="30-redis-leader-election",
    minutes=15,
    misconceptions=("M3", "M13"),
)  # fmt: skip

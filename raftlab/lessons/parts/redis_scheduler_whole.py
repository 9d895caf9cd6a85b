"""The rules of a job scheduler put together: on the model, where things go wrong when and where one
wants it, and among real processes with a real Redis."""

from collections.abc import Hashable
from functools import lru_cache, partial

from .. import redis_stories as stories
from ..exercise import Exercise, Part, Wrong
from ..judging import Trouble, called, raised, within
from ..question import Luck
from ..redis_real import NAME, judged_on_real
from ..redis_rules import RIGHT, acquire, admit, held_until, lead, release, renew
from ..redis_stories import DOCUMENT, FENCING, schedulers
from . import redis_scheduler as taken
from . import redis_scheduler_kept as kept
from . import redis_scheduler_leader as leader
from . import redis_scheduler_store as store


def my_scheduler():
    """The rules of a scheduler, by name."""
    return {
        "acquire": acquire,
        "renew": renew,
        "release": release,
        "held_until": held_until,
        "lead": lead,
        "admit": admit,
    }


# (what is demanded, points, where it is said, stories: `new` makes another run by the same rules,
# with one server or as many as it is told; what can begin after any job begins after so many jobs).
DEMANDS = (
    ("all jobs are assigned, also if the leader dies", 2, DOCUMENT, lambda new, jobs:
     stories.all_is_well(new()) or stories.dies(new(), jobs) or stories.dies_early(new())),
    ("nobody touches the lock of another", 2, DOCUMENT, lambda new, jobs:
     stories.slow_clock(new())),
    ("two lead at once only if one stands still", 3, DOCUMENT, lambda new, jobs:
     stories.cut_off(new()) or stories.slow_to_lead(new())),
    ("one that stands still, or comes late, does no harm", 2, FENCING, lambda new, jobs:
     stories.still(new(), jobs) or stories.late(new(), jobs)),
    ("an answer that gets lost does no harm", 1, FENCING, lambda new, jobs:
     stories.lost_answer(new(), jobs)),
    ("a failover does no harm", 2, FENCING, lambda new, jobs: stories.failover(new(2), jobs)),
)  # fmt: skip
REAL = 2  # points


def _judge(given, seed):
    rules = called(given)
    told = _incomplete(rules)
    parts = [Part("all of them are there", 1, told)]
    for number, (name, points, section, _) in enumerate(DEMANDS):
        run, seen = None, "not looked at while one is missing"
        if not told:
            run, seen = _found(number, tuple(rules[one] for one in RIGHT), seed)
        parts.append(Part(name, points, seen, run and run.copy, section))
    name, seen = NAME, "not run yet: first on the model"
    if all(part.is_met for part in parts):
        name, seen = judged_on_real(rules)
    return [*parts, Part(name, REAL, seen, None, FENCING)]


def _incomplete(rules):
    if not isinstance(rules, dict):
        return "give a dict, {name: function}"
    there = [name for name in RIGHT if callable(rules.get(name))]
    lacking = [name for name in RIGHT if name not in there or not isinstance(rules[name], Hashable)]
    return f"{', '.join(lacking)} {'are' if lacking[1:] else 'is'} missing" if lacking else ""


@lru_cache(maxsize=128)
def _found(number, rules, seed):
    """(a run in which a demand is not met, what is seen there); (None, "") if there is none. The
    same functions fare the same: a wrong answer is compared with all that are known, and those
    need to be played but once."""
    name, _, _, looks = DEMANDS[number]
    jobs = Luck(seed, 0, name).between(1, 4)
    new = partial(schedulers, **dict(zip(RIGHT, rules, strict=True)))
    try:
        return within(lambda: looks(new, jobs)) or (None, "")
    except Trouble as trouble:
        return None, str(trouble)
    except Exception as error:
        return None, f"a rule raises {raised(error)}"


def _but(**others):
    """The answer with other functions in the place of some."""

    def my_scheduler():
        return {**RIGHT, **others}

    return my_scheduler


Exercise(
    id="redis-scheduler/whole",
    asks="Put your rules together: does a scheduler assign each job once, whatever happens?",
    starter='''
        def my_scheduler():
            """The functions of this notebook of which a scheduler can be made: {name: function}.

            acquire, renew, release, held_until, lead and admit; all else is ours.
            """
            ...
    ''',
    hints=(
        "A dict: the name as a text, and the function itself, without brackets behind it.",
        'return {"acquire": acquire, …}',
        "If a run goes wrong, check the single rules again: one of them was not right yet.",
    ),
    reference=my_scheduler,
    wrong={
        "two-steps": Wrong(_but(acquire=taken.sets_then_expires),
                           "your acquire takes two commands, and its caller dies in between"),
        "looks-first": Wrong(_but(acquire=taken.looks_first),
                             "your acquire looks first: both see a free lock"),
        "blindly": Wrong(_but(renew=kept.extends_blindly),
                         "your renew extends the lock of whoever has it"),
        "from-answer": Wrong(_but(held_until=leader.from_the_answer),
                             "your held_until counts from the answer; Redis counts from before it"),
        "no-clock": Wrong(_but(lead=leader.without_a_clock),
                          "your lead does not stop when its time is over"),
        "no-epoch": Wrong(_but(lead=leader.without_an_epoch),
                          "your lead sends no epoch, and the database takes it for an old one"),
        "no-fence": Wrong(_but(admit=store.no_fence), "your admit lets old leaders in"),
        "naive": Wrong(_but(lead=leader.without_a_clock, renew=kept.extends_blindly,
                            admit=lambda newest, assigned, job, epoch: ("accepted", newest)),
                       "a lock with an end, and nothing else: no clock, no owner, no fence"),
        "often": Wrong(_but(admit=store.as_often_as_it_comes),
                       "your admit accepts a job as often as it comes"),
    },
    judge=_judge,
    why="a lock saves work; what keeps jobs from running twice is the database that looks at the "
        "epoch and at the job. What was tried too late was refused, on the model and on real "
        "processes alike",
    read="30-redis-leader-election",
    minutes=20,
    misconceptions=("M3", "M13"),
    names=RIGHT,
)  # fmt: skip

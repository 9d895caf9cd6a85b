"""Stories that happen to a lock on Redis and to a scheduler, by a learner's own functions.

    found = cut_off(schedulers(lead=lead))     (a run, its cursor where it goes wrong; what one
                                               sees there), or None if all is as it must be

Nothing in them is left to chance: no message is late by itself, and when what happens is said here.
"""

from .. import cluster
from ..core import Request
from .redis_own import LEADERS, locking, scheduling

DOCUMENT = "Redis documentation, distributed locks"
FENCING = "notebook 30, fencing"
LAST = 6  # jobs
MANY = 40  # jobs that keep a leader busy for as long as a story lasts


def holders(**rules):
    """Two who want a lock, A and B."""
    return cluster(locking(rules), servers=1, seed=1, jitter=0)


def schedulers(servers=1, **rules):
    """Two who would lead, K1 and K2, and the database `jobs`."""
    return cluster(scheduling(rules), servers=servers, seed=1, jitter=0)


def wants(run, who):
    """Let `who` have something to do for which it needs the lock."""
    run.take(Request(who, ("add", "x", 1), None, run.state.step_no + 1))


def reached(run, holds, ms=3000):
    """Let time pass until it holds; whether it did within `ms`."""
    end = run.now + ms
    while not holds(run):
        if run.now >= end or not run.step():
            return False
    return True


def both_hold(run, ms=3000):
    if not reached(run, lambda run: run["A"].token and run["B"].token, ms):
        return None
    return run, f"A and B both hold the lock, by leases {run['A'].token} and {run['B'].token}."


def leading(run):
    """The ids of those who believe to lead."""
    return [id for id in LEADERS if run[id].token is not None]


def both_lead(run, ms=1500):
    if not reached(run, lambda run: len(leading(run)) == 2, ms):
        return None
    first, second = (f"{id} (epoch {run[id].token})" for id in LEADERS)
    return run, f"{first} and {second} both believe to lead."


def at_work(run, jobs=1, many=MANY):
    """The one who leads, when so many jobs are assigned; None if nobody gets so far."""
    run.tune(last_job=many)
    if not reached(run, lambda run: len(run["jobs"].done) >= jobs):
        return None
    return next(iter(leading(run)), None)


def is_under_way(run, kind, src, dst):
    return any(
        (one.src, one.dst, type(one.message).__name__) == (src, dst, kind)
        for one in run.state.network
    )


# -- of two holders --------------------------------------------------------------------------


def slow_answer(run):
    """What Redis answers to A takes 400 ms longer, and then A hears nothing more."""
    run.tune(retry_after=2000, again_after=10)
    wants(run, "A")
    reached(run, lambda run: is_under_way(run, "ClientReply", "S1", "A"))
    run.delay("ClientReply", "S1", "A", 400)
    return no_answers(run)


def no_answers(run):
    """A has the lock, and hears nothing more of Redis; its clock is a little slow."""
    if not run["A"].jobs:
        run.drift("A", 0.9)
        run.tune(again_after=10)
        wants(run, "A")
    if not reached(run, lambda run: run["A"].token, 700):
        return None
    run.delay("Read", "A", "disk", 3000)
    run.cut("A", "S1")
    wants(run, "B")
    return both_hold(run)


# -- of two who would lead ----------------------------------------------------------------------


def all_is_well(run):
    """Nothing goes wrong: all jobs are to be assigned."""
    reached(run, lambda run: len(run["jobs"].done) == LAST, 2500)
    return _lacking(run)


def dies(run, jobs=2):
    """The leader dies when so many jobs are assigned; it is started again later."""
    first = at_work(run, jobs, LAST)
    if first:
        run.crash(first)
        run.run(1500)
        run.restart(first)
    reached(run, lambda run: len(run["jobs"].done) == LAST, 4000)
    return _lacking(run, f"{first} has died after job {jobs}. ")


def dies_early(run):
    """Who has just changed the key dies at once, and stays dead."""
    reached(run, lambda run: run["S1"].keys)
    owner = str(next(iter(run["S1"].keys.values()), ("K1", None))[0]).partition("#")[0]
    first = owner if owner in LEADERS else "K1"
    run.crash(first)
    reached(run, lambda run: len(run["jobs"].done) == LAST, 4000)
    return _lacking(run, f"{first} has died when the key was set. ")


def _lacking(run, told=""):
    lacking = LAST - len(set(run["jobs"].assigned))
    if not lacking:
        return None
    return run, f"{told}After {run.now:,.0f} ms {lacking} of {LAST} jobs are still not assigned."


def cut_off(run):
    """The leader hears nothing more of Redis; its clock is a little slow."""
    for id in LEADERS:
        run.drift(id, 0.9)
    run.tune(again_after=10)
    first = at_work(run)
    if first:
        run.cut(first, "S1")
    return both_lead(run)


def slow_to_lead(run):
    """What Redis answers to K1 takes 400 ms longer, and then K1 hears nothing more. It is started
    once more, so that it waits for so long."""
    run.tune(retry_after=2000, again_after=10, last_job=MANY)
    for id in LEADERS:
        run.crash(id)
        if is_under_way(run, "ClientRequest", id, "S1"):
            run.drop("ClientRequest", id, "S1")
    run.restart("K1")
    if reached(run, lambda run: is_under_way(run, "ClientReply", "S1", "K1"), 100):
        run.delay("ClientReply", "S1", "K1", 400)
    run.restart("K2")
    if not reached(run, leading, 700):
        return None
    run.cut("K1", "S1")
    return both_lead(run)


def lost_answer(run, jobs=1):
    """What the database says to an assignment gets lost."""
    first = at_work(run, jobs, LAST)
    if first and is_under_way(run, "Told", "jobs", first):
        run.drop("Told", "jobs", first)
    reached(run, lambda run: len(run["jobs"].done) > LAST or run.verdicts, 1500)
    return accepted_wrongly(run) or _lacking(run)


def still(run, jobs=2):
    """The leader stands still before an assignment until the next one has made some."""
    first = at_work(run, jobs)
    if not first:
        return _lacking(run)
    reached(run, lambda run: run[first].last is not None, 100)
    run.pause(first)
    reached(run, lambda run: len(run["jobs"].done) >= jobs + 3)
    run.resume(first)
    run.run(400)
    return accepted_wrongly(run)


def late(run, jobs=2):
    """An assignment is on its way until there is a newer leader, which has assigned nothing yet."""
    first = at_work(run, jobs)
    if not first:
        return _lacking(run)
    reached(run, lambda run: is_under_way(run, "Assign", first, "jobs"))
    run.delay("Assign", first, "jobs", 5000)
    run.pause(first)
    reached(run, lambda run: run["jobs"].entered.partition("#")[0] != first)
    run.deliver("Assign", first, "jobs")
    run.resume(first)
    run.run(400)
    return accepted_wrongly(run)


def failover(run, jobs=2):
    """What S1 sends to its replica S2 gets lost, S1 crashes, and S2 becomes the primary: the other
    one gets the lock as well. `run` has two servers."""
    run.cut("S1", "S2")
    if not at_work(run, jobs):
        return _lacking(run)
    run.crash("S1")
    reached(run, lambda run: len(leading(run)) == 2, 1500)
    run.run(800)
    return accepted_wrongly(run)


def accepted_wrongly(run):
    """(the run where the database first accepts what it must not, what is seen there), or None: a
    job that it has accepted before, or an assignment of an older epoch than it has given."""
    newest, known = 0, ()
    for position, step in enumerate(run.steps):
        seen = step.state.observe("jobs")
        done = seen.fields["done"]
        for deed in done[len(known) :]:
            job, _, by = deed.partition("@")
            before = [one for one in known if one.partition("@")[0] == job]
            if before:
                run.goto(position)
                return (
                    run,
                    f"{job} of {by} is accepted; it was before, of {before[0][len(job) + 1 :]}.",
                )
            if int(by.rpartition("/")[2]) < newest:
                run.goto(position)
                return run, f"{job} of {by} is accepted, and epoch {newest} had begun."
        newest, known = max(newest, seen.term or 0), done
    return None


# -- whose lock ------------------------------------------------------------------------------


def slow_clock(run):
    """The leader's clock is slow: it comes with its renewal when the lock is another's."""
    for id in LEADERS:
        run.drift(id, 0.33)
    return touched(run)


def touched(run, ms=3000):
    """(the run where somebody ends or renews a lock that is another's, what is seen), or None."""
    reached(run, lambda run: run["S1"].wronged, ms)
    if not run["S1"].wronged:
        return None
    return run, f"At S1, {run['S1'].wronged[0]}: the lock is another's."
